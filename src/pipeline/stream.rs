//! A document of any length through the stages, in memory that does not grow with it.
//!
//! In: a reader. Out: to a writer, what [`Pipeline::run`] would give for the whole, block by block and in order.
//!
//! The naive way cuts the input into blocks and converts each; a word that lies across a cut is then torn, as OpenCC's own
//! command tears it at each megabyte. Here a block ends behind a line end, which no word holds; where a line is longer
//! than a block, behind a character that is in no word; and where there is none either, as far as no further text can
//! change the outcome. What lies behind the cut is held back for the next block. Whatever a read brought is converted and written
//! at once, up to its last line end, so that a line typed or trickling through a pipe is answered without delay.
//!
//! ```text
//! reader ─▶ blocks ─▶ workers (decode, convert) ─▶ writer, in the order of the blocks
//! ```

use std::io::{self, ErrorKind, Read, Write};
use std::num::NonZeroUsize;
use std::sync::{Mutex, mpsc};
use std::thread;

use super::Pipeline;
use crate::decode;
use crate::document::BOM;
use crate::error::Error;

/// Bytes asked for in one read; a block is about as long. Block, result and the busy part of the tables fit into a
/// second-level cache of 1 MB.
const BLOCK: usize = 256 * 1024;
/// Bytes that the calling thread converts before it starts others.
const ALONE: u64 = 1 << 20;

/// What ended a stream early.
#[derive(Debug)]
pub(crate) enum Broken {
    Read(io::Error),
    Write(io::Error),
    Document(Error),
}

/// A part of the document on its way to a worker.
struct Block {
    bytes: Vec<u8>,
    /// Where it began in the document.
    offset: u64,
    /// The bytes are the outcome already.
    is_done: bool,
}

impl Pipeline {
    /// Converts a document of any length, on `threads` threads, in memory that depends on their number alone; unless a line of
    /// more than 256 KiB goes through libopencc, or through a config whose normalization or description operators do
    /// not allow to cut a line: such a line is held as a whole.
    ///
    /// Each read is answered by a write of all that it completed. If an error comes, what was converted before it has been
    /// written.
    ///
    /// # Errors
    ///
    /// If reading or writing fails, or the bytes are not UTF-8.
    ///
    /// ```
    /// use jianfan::{Converter, pipeline::Pipeline};
    ///
    /// let pipeline = Pipeline::new(Converter::new("t2s")?);
    /// let mut output = Vec::new();
    /// pipeline.stream("頭髮\r\n".as_bytes(), &mut output, 2.try_into().expect("not zero"))?;
    /// assert_eq!(output, "头发\r\n".as_bytes());
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn stream(
        &self,
        input: impl Read,
        output: impl Write + Send,
        threads: NonZeroUsize,
    ) -> Result<(), Error> {
        self.stream_ends(input, output, threads).map_err(|broken| match broken {
            Broken::Read(error) => Error::io("the input".as_ref(), "read", error),
            Broken::Write(error) => Error::io("the output".as_ref(), "write", error),
            Broken::Document(error) => error,
        })
    }

    /// As [`Pipeline::stream`], for callers that know the names of both ends.
    pub(crate) fn stream_ends(
        &self,
        input: impl Read,
        mut output: impl Write + Send,
        threads: NonZeroUsize,
    ) -> Result<(), Broken> {
        let mut window = Window::new(input);
        let mut converted = window.take_mark().map_err(Broken::Read)?.to_vec();
        while let Some(block) = window.next(self)? {
            // Threads cost more than a line, and than a page.
            if threads.get() > 1 && block.offset >= ALONE {
                return self.in_parallel(block, window, output, threads.get());
            }
            converted = self.convert(&block, converted).map_err(Broken::Document)?;
            output.write_all(&converted).and_then(|()| output.flush()).map_err(Broken::Write)?;
            converted.clear();
            window.give_back(block.bytes);
        }
        // The mark of an empty document is still there.
        output.write_all(&converted).and_then(|()| output.flush()).map_err(Broken::Write)
    }

    fn in_parallel(
        &self,
        first: Block,
        mut window: Window<impl Read>,
        mut output: impl Write + Send,
        threads: usize,
    ) -> Result<(), Broken> {
        type Converted = Result<(Vec<u8>, Vec<u8>), Error>;
        let (to_workers, work) =
            mpsc::sync_channel::<(Block, mpsc::SyncSender<Converted>)>(threads);
        let work = Mutex::new(work);
        let (to_writer, in_order) = mpsc::sync_channel::<mpsc::Receiver<Converted>>(2 * threads);
        let (used, unused) = mpsc::channel::<Vec<u8>>();
        let (spare, room) = mpsc::channel::<Vec<u8>>();
        let room = Mutex::new(room);
        let worker = || {
            loop {
                let Ok(Ok((block, result))) = work.lock().map(|work| work.recv()) else { return };
                let output = room.lock().ok().and_then(|room| room.try_recv().ok());
                let converted = self.convert(&block, output.unwrap_or_default());
                // The writer has gone if writing failed; then there is nothing to do but to come to the end.
                drop(result.send(converted.map(|converted| (converted, block.bytes))));
            }
        };
        let writer = || {
            for result in in_order {
                let Ok(result) = result.recv() else { break };
                let (mut converted, bytes) = result.map_err(Broken::Document)?;
                output
                    .write_all(&converted)
                    .and_then(|()| output.flush())
                    .map_err(Broken::Write)?;
                converted.clear();
                drop((used.send(bytes), spare.send(converted)));
            }
            Ok(())
        };
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(worker);
            }
            let writer = scope.spawn(writer);
            let mut block = Some(first);
            let mut read = Ok(());
            while let Some(next) = block.take() {
                let (result, receive) = mpsc::sync_channel(1);
                if to_writer.send(receive).is_err() || to_workers.send((next, result)).is_err() {
                    break;
                }
                while let Ok(bytes) = unused.try_recv() {
                    window.give_back(bytes);
                }
                match window.next(self) {
                    Ok(next) => block = next,
                    Err(broken) => read = Err(broken),
                }
            }
            drop((to_workers, to_writer));
            let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // What the writer met lies before what the reader met.
            written.and(read)
        })
    }

    fn convert(&self, block: &Block, mut output: Vec<u8>) -> Result<Vec<u8>, Error> {
        if block.is_done {
            output.extend_from_slice(&block.bytes);
            return Ok(output);
        }
        let text = decode::utf8(&block.bytes, block.offset)?;
        self.append(text, &mut output)?;
        Ok(output)
    }
}

/// What has been read and not yet handed on.
struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    /// Where `bytes` begin in the document.
    offset: u64,
    ended: bool,
    spare: Vec<Vec<u8>>,
}

impl<R: Read> Window<R> {
    fn new(input: R) -> Window<R> {
        Window { input, bytes: Vec::new(), offset: 0, ended: false, spare: Vec::new() }
    }

    /// Takes a byte order mark off the head of the document.
    fn take_mark(&mut self) -> io::Result<&'static [u8]> {
        let mark = BOM.as_bytes();
        while !self.ended && self.bytes.len() < mark.len() && mark.starts_with(&self.bytes) {
            self.read()?;
        }
        if !self.bytes.starts_with(mark) {
            return Ok(b"");
        }
        self.bytes.drain(..mark.len());
        self.offset += mark.len() as u64;
        Ok(mark)
    }

    /// Reads once.
    fn read(&mut self) -> io::Result<()> {
        let len = self.bytes.len();
        self.bytes.resize(len + BLOCK, 0);
        let result = loop {
            match self.input.read(&mut self.bytes[len..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let read = *result.as_ref().unwrap_or(&0);
        self.bytes.truncate(len + read);
        self.ended = result.is_ok() && read == 0;
        result.map(drop)
    }

    /// Returns the next block, `None` at the end.
    fn next(&mut self, pipeline: &Pipeline) -> Result<Option<Block>, Broken> {
        // Where no line end is: the first read comes with bytes that `take_mark` may have read.
        let mut searched = 0;
        loop {
            let fresh = &self.bytes[searched..];
            if let Some(last) = fresh.iter().rposition(|&byte| byte == b'\n') {
                if self.offset <= BOM.len() as u64 {
                    // Of a short document that is no text nothing is written, as far as the first read can tell.
                    decode::utf8_so_far(&self.bytes, self.offset).map_err(Broken::Document)?;
                }
                return Ok(Some(self.split(searched + last + 1)));
            }
            searched = self.bytes.len();
            if self.ended {
                return Ok((searched > 0).then(|| self.split(searched)));
            }
            if searched >= BLOCK
                && let Some(block) = self.part_of_line(pipeline)?
            {
                return Ok(Some(block));
            }
            self.read().map_err(Broken::Read)?;
        }
    }

    /// Returns a block of the line that the window holds a part of, if it can be cut.
    fn part_of_line(&mut self, pipeline: &Pipeline) -> Result<Option<Block>, Broken> {
        let text = decode::utf8_so_far(&self.bytes, self.offset).map_err(Broken::Document)?;
        if let Some(cut) = pipeline.last_cut(text) {
            return Ok(Some(self.split(cut)));
        }
        let mut converted = Vec::new();
        let decided = pipeline.append_decided(text, &mut converted);
        if decided == 0 {
            return Ok(None);
        }
        let mut block = self.split(decided);
        block.bytes = converted;
        block.is_done = true;
        Ok(Some(block))
    }

    /// Hands the first `len` bytes on and keeps the rest.
    fn split(&mut self, len: usize) -> Block {
        let mut rest = self.spare.pop().unwrap_or_default();
        rest.clear();
        rest.extend_from_slice(&self.bytes[len..]);
        let mut bytes = std::mem::replace(&mut self.bytes, rest);
        bytes.truncate(len);
        let offset = self.offset;
        self.offset += len as u64;
        Block { bytes, offset, is_done: false }
    }

    fn give_back(&mut self, bytes: Vec<u8>) {
        if self.spare.len() < 4 {
            self.spare.push(bytes);
        }
    }
}
