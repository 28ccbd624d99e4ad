//! A long document on several threads.
//!
//! In: blocks, read one after another. Out: their conversions, written in the same order.
//!
//! The naive way has a thread that reads, some that convert and one that writes, with channels between them; each block then
//! comes from another core's cache, twice, and two threads were 1.66 times as fast as one. Here each thread reads a block,
//! converts it and writes it: whoever has finished the block that is next writes it, and those behind it that wait. With
//! nothing to wait for but the file itself, two threads are 1.8 times as fast as one.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use super::Pipeline;
use super::buffer::Buffer;
use super::ends::Broken;
use super::ends::emptied;
use super::stream::{BIG, Block, Changes, Piece, Window};
use crate::encode::Encoder;
use crate::memory::Lease;

/// Converts `first` and what comes behind it in `window`.
pub(super) fn run(
    pipeline: &Pipeline,
    first: Block,
    window: &mut Window<'_>,
    encoder: &mut Encoder<impl Write + Send>,
    threads: usize,
) -> Result<Changes, Broken> {
    let work = Work {
        pipeline,
        lease: window.lease,
        source: Mutex::new(Source { window, first: Some(first), next: 0, is_ended: false }),
        finished: Mutex::new(Finished { most: 4 * threads, ..Finished::default() }),
        room: Condvar::new(),
        sink: Mutex::new(Sink { encoder, changes: Changes::default(), broken: None }),
        is_over: AtomicBool::new(false),
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            let thread = thread::Builder::new().name("convert".to_owned());
            // Where no more threads are to be had, those that are there do the work.
            if thread.spawn_scoped(scope, || work.go()).is_err() {
                break;
            }
        }
        work.go();
    });
    let sink = work.sink.into_inner().unwrap_or_else(PoisonError::into_inner);
    sink.broken.map_or(Ok(sink.changes), Err)
}

struct Work<'a, 'w, W> {
    pipeline: &'a Pipeline,
    lease: &'a Lease<'a>,
    source: Mutex<Source<'a, 'w>>,
    finished: Mutex<Finished>,
    /// There is room in `finished` again.
    room: Condvar,
    sink: Mutex<Sink<'a, W>>,
    /// Something failed, and nothing more is to be read.
    is_over: AtomicBool,
}

/// A block with its number, and, if it is to be alone, what keeps others from reading.
type Next<'s, 'a, 'w> = (u64, Result<Block, Broken>, Option<MutexGuard<'s, Source<'a, 'w>>>);

/// Where the blocks come from.
struct Source<'a, 'w> {
    window: &'a mut Window<'w>,
    first: Option<Block>,
    /// The number of the next block.
    next: u64,
    is_ended: bool,
}

/// Blocks that are converted and wait for those before them.
#[derive(Default)]
struct Finished {
    results: BTreeMap<u64, Result<Piece, Broken>>,
    /// The number of the block to be written next.
    next: u64,
    /// Rooms of results that are written.
    spare: Vec<Vec<u8>>,
    /// This many may wait.
    most: usize,
}

/// Where the conversions go.
struct Sink<'a, W> {
    encoder: &'a mut Encoder<W>,
    changes: Changes,
    broken: Option<Broken>,
}

/// Ends the work if its thread panics: the others would wait for its block.
struct EndsWithPanic<'a, 'b, 'w, W>(&'a Work<'b, 'w, W>);

impl<W> Drop for EndsWithPanic<'_, '_, '_, W> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Under the lock, or a thread that is about to wait would miss it.
            let finished = lock(&self.0.finished);
            self.0.is_over.store(true, Ordering::Relaxed);
            drop(finished);
            self.0.room.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, 'w, W: Write + Send> Work<'a, 'w, W> {
    fn go(&self) {
        let _guard = EndsWithPanic(self);
        let mut used = None;
        while let Some((number, block, source)) = self.next_block(used.take()) {
            let result = block.and_then(|mut block| {
                let room = lock(&self.finished).spare.pop().unwrap_or_default();
                let piece = self.pipeline.convert(&mut block, room, self.lease);
                used = Some(block.bytes);
                piece.map_err(Broken::Document)
            });
            self.finish(number, result);
            drop(source);
        }
    }

    /// Waits until all before a block is written.
    fn wait_for(&self, number: u64) {
        let mut finished = lock(&self.finished);
        while finished.next != number && !self.is_over.load(Ordering::Relaxed) {
            finished = self.room.wait(finished).unwrap_or_else(PoisonError::into_inner);
        }
        drop(finished);
        // Whoever took the last of it has the sink until it is written.
        drop(lock(&self.sink));
    }

    /// Returns the next block with its number, or what kept it from being read. A block that takes much memory is alone: all
    /// before it is written, and nothing is read until it is, too.
    fn next_block(&self, used: Option<Buffer>) -> Option<Next<'_, 'a, 'w>> {
        let mut source = lock(&self.source);
        if let Some(used) = used {
            source.window.give_back(used);
        }
        if source.is_ended || self.is_over.load(Ordering::Relaxed) {
            return None;
        }
        let block = match source.first.take() {
            Some(first) => Ok(first),
            None => match source.window.next(self.pipeline) {
                Ok(Some(block)) => Ok(block),
                Ok(None) => {
                    source.is_ended = true;
                    return None;
                }
                Err(broken) => {
                    source.is_ended = true;
                    Err(broken)
                }
            },
        };
        let number = source.next;
        source.next += 1;
        let is_alone = matches!(&block, Ok(block) if block.bytes.capacity() > BIG);
        if is_alone {
            self.wait_for(number);
        }
        Some((number, block, is_alone.then_some(source)))
    }

    fn finish(&self, number: u64, result: Result<Piece, Broken>) {
        let mut finished = lock(&self.finished);
        while finished.results.len() >= finished.most
            && number != finished.next
            && !self.is_over.load(Ordering::Relaxed)
        {
            finished = self.room.wait(finished).unwrap_or_else(PoisonError::into_inner);
        }
        finished.results.insert(number, result);
        drop(finished);
        // A thread that finds the sink taken leaves its block to the one that has it, which looks again when it is done.
        while self.is_next_there() {
            match self.sink.try_lock() {
                Ok(mut sink) => self.write(&mut sink),
                Err(TryLockError::WouldBlock) => return,
                Err(TryLockError::Poisoned(_)) => return,
            }
        }
    }

    fn is_next_there(&self) -> bool {
        let finished = lock(&self.finished);
        finished.results.contains_key(&finished.next)
    }

    /// Writes the blocks that are next.
    fn write(&self, sink: &mut Sink<'_, W>) {
        loop {
            let mut finished = lock(&self.finished);
            let number = finished.next;
            let Some(result) = finished.results.remove(&number) else { return };
            finished.next += 1;
            drop(finished);
            self.room.notify_all();
            // Behind a failure nothing is written.
            if sink.broken.is_some() {
                continue;
            }
            match result.and_then(|piece| sink.write(&piece).map(|()| piece)) {
                Ok(Piece { converted, changes, .. }) => {
                    sink.changes.add(changes);
                    lock(&self.finished).spare.push(emptied(converted));
                }
                Err(broken) => {
                    sink.broken = Some(broken);
                    self.is_over.store(true, Ordering::Relaxed);
                    self.room.notify_all();
                }
            }
        }
    }
}

impl<W: Write> Sink<'_, W> {
    fn write(&mut self, piece: &Piece) -> Result<(), Broken> {
        let written: io::Result<()> = self.encoder.text(&piece.converted, piece.origin);
        written.and_then(|()| self.encoder.flush()).map_err(Broken::write)
    }
}
