//! Finished files that wait to reach the disk together, and how a run is stopped.
//!
//! All threads of a run put the files that they finish into one [`Group`]. It is committed by the thread that fills it (by
//! number or by bytes), or by a thread of its own ([`Group::keep_time`]) when its first file has waited for a quarter of a
//! second: an interrupted run would lose it otherwise while all threads are at long documents.
//!
//! A group also bounds the open files. Each temporary file stays open until it is synced, so a document needs a slot before
//! it is begun; when there is none, what waits is committed.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::outcome::{Outcome, Progress, Report};
use super::write::{self, Prepared};
use crate::error::Error;

/// Up to this many files wait for one sync.
const MAX_FILES: usize = 256;
/// Up to this many bytes wait for one sync.
const MAX_BYTES: u64 = 64 << 20;
/// No file waits longer than this for its sync to begin.
const MAX_WAIT: Duration = Duration::from_millis(250);

/// Up to this many names of a directory are looked at for one file.
const MAX_NAMES: usize = 10_000;

/// The groups of all runs of this process.
static GROUPS: Mutex<Vec<Weak<Group>>> = Mutex::new(Vec::new());
static IS_STOPPED: AtomicBool = AtomicBool::new(false);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Stops all batches of this process, which is about to end: no document is begun any more, files that are complete take
/// their names, and then all temporary files are removed and nothing more is written. Batches that were stopped never
/// return; [`Progress`] says how far they came.
///
/// This takes as long as one sync of the disk; call [`abandon`](super::abandon) from another thread if it must end at once.
pub fn stop() {
    IS_STOPPED.store(true, Ordering::SeqCst);
    let groups: Vec<_> = lock(&GROUPS).iter().filter_map(Weak::upgrade).collect();
    for group in groups {
        group.finish();
    }
    write::abandon();
}

/// Blocks for ever if the process is about to end.
fn stay_if_stopped() {
    while IS_STOPPED.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// How many files may be open at once, by the limit of the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenFiles {
    /// Threads that convert documents.
    pub(super) threads: usize,
    /// Temporary files.
    temporary: usize,
}

impl OpenFiles {
    /// What the thread that keeps the time opens, and whatever else is opened for a moment.
    const RESERVE: usize = 4;
    /// What a thread opens besides its temporary file: the input, and a file to compare with.
    const PER_THREAD: usize = 2;

    /// Returns what there is for a run that wants this many threads.
    pub(super) fn for_threads(wanted: usize) -> OpenFiles {
        let free = free_descriptors().saturating_sub(OpenFiles::RESERVE);
        let threads = wanted.min(free / (OpenFiles::PER_THREAD + 1)).max(1);
        let temporary = free.saturating_sub(threads * OpenFiles::PER_THREAD).max(1);
        OpenFiles { threads, temporary }
    }
}

/// Returns how many more files this process may open.
#[cfg(unix)]
fn free_descriptors() -> usize {
    use rustix::process::{Resource, getrlimit};

    let limit = getrlimit(Resource::Nofile).current;
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    // Far from the limit, nobody needs to count.
    let open = if limit > 4096 {
        1024
    } else {
        fs::read_dir("/dev/fd").map_or(8, |open| open.count().saturating_sub(1))
    };
    limit.saturating_sub(open)
}

#[cfg(not(unix))]
fn free_descriptors() -> usize {
    4096
}

/// A file that has yet to take its name, and what is to be reported then.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) at: usize,
    pub(super) report: Report,
    pub(super) prepared: Prepared,
    /// Of the input, to be counted when it is done.
    pub(super) bytes: u64,
}

/// The files of one run that are finished and not yet committed.
#[derive(Debug)]
pub(super) struct Group {
    state: Mutex<State>,
    /// A slot is free, or files are committed.
    room: Condvar,
    /// A file waits and none did, or a worker has ended.
    time: Condvar,
    limit: usize,
    progress: Arc<Progress>,
    /// Directories that were looked through for what dead processes left.
    swept: Mutex<HashSet<PathBuf>>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Finished>,
    /// Bytes of the files that wait.
    bytes: u64,
    /// When the first of them was finished.
    first: Option<Instant>,
    /// Slots that are taken.
    open: usize,
    /// How many threads are committing files.
    committing: usize,
    /// How many threads wait for room.
    blocked: usize,
    /// Directories that have new names in them.
    directories: BTreeSet<PathBuf>,
    /// Threads that may still finish files.
    workers: usize,
}

/// The right to have one temporary file open.
#[derive(Debug)]
pub(super) struct Slot<'a>(&'a Group);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.0.state);
        state.open -= 1;
        self.0.tell_blocked(state);
    }
}

/// A thread that finishes files.
#[derive(Debug)]
pub(super) struct Worker<'a>(&'a Group);

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).workers -= 1;
        self.0.time.notify_all();
    }
}

impl Group {
    pub(super) fn new(open_files: OpenFiles, progress: Arc<Progress>) -> Arc<Group> {
        let group = Arc::new(Group {
            state: Mutex::default(),
            room: Condvar::new(),
            time: Condvar::new(),
            limit: open_files.temporary,
            progress,
            swept: Mutex::default(),
        });
        let mut groups = lock(&GROUPS);
        groups.retain(|group| group.strong_count() > 0);
        groups.push(Arc::downgrade(&group));
        group
    }

    /// Registers a thread that finishes files; [`Group::keep_time`] returns when there is none left.
    pub(super) fn worker(&self) -> Worker<'_> {
        lock(&self.state).workers += 1;
        Worker(self)
    }

    /// Waits until a document may be begun.
    pub(super) fn slot(&self, report: &mut impl FnMut(usize, Report)) -> Slot<'_> {
        let mut state = lock(&self.state);
        loop {
            if IS_STOPPED.load(Ordering::SeqCst) {
                drop(state);
                stay_if_stopped();
                state = lock(&self.state);
            } else if state.open < self.limit {
                state.open += 1;
                return Slot(self);
            } else if state.waiting.is_empty() {
                state = self.wait_for_room(state);
            } else {
                let taken = state.take();
                drop(state);
                self.commit(taken, report);
                state = lock(&self.state);
            }
        }
    }

    /// Adds a finished file, and commits all if there are enough. Takes over its slot.
    pub(super) fn add(
        &self,
        file: Finished,
        slot: Slot<'_>,
        report: &mut impl FnMut(usize, Report),
    ) {
        std::mem::forget(slot);
        let is_alone = !file.prepared.syncs_with_others();
        let mut state = lock(&self.state);
        if IS_STOPPED.load(Ordering::SeqCst) {
            drop(state);
            stay_if_stopped();
            state = lock(&self.state);
        }
        if is_alone {
            state.committing += 1;
            drop(state);
            self.commit(vec![file], report);
            return;
        }
        state.bytes += file.report.summary.as_ref().map_or(0, |summary| summary.bytes_out);
        state.waiting.push(file);
        if state.waiting.len() >= MAX_FILES.min(self.limit) || state.bytes >= MAX_BYTES {
            let taken = state.take();
            drop(state);
            self.commit(taken, report);
        } else if state.first.is_none() {
            state.first = Some(Instant::now());
            drop(state);
            self.time.notify_all();
        }
    }

    /// Commits what waits.
    pub(super) fn flush(&self, report: &mut impl FnMut(usize, Report)) {
        let mut state = lock(&self.state);
        if !state.waiting.is_empty() {
            let taken = state.take();
            drop(state);
            self.commit(taken, report);
        }
    }

    /// Commits what has waited long enough, until no worker is left.
    pub(super) fn keep_time(&self, mut report: impl FnMut(usize, Report)) {
        let mut state = lock(&self.state);
        while state.workers > 0 {
            let Some(first) = state.first else {
                state = self.time.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = first.elapsed();
            if waited < MAX_WAIT {
                let result = self.time.wait_timeout(state, MAX_WAIT - waited);
                state = result.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let taken = state.take();
            drop(state);
            self.commit(taken, &mut report);
            state = lock(&self.state);
        }
    }

    /// Commits files that were taken from the state, which counts this thread as committing.
    fn commit(&self, files: Vec<Finished>, report: &mut impl FnMut(usize, Report)) {
        for (at, done) in self.commit_silently(files) {
            report(at, done);
        }
    }

    fn commit_silently(&self, files: Vec<Finished>) -> Vec<(usize, Report)> {
        let mut bytes = 0;
        let mut directories: BTreeSet<PathBuf> = BTreeSet::new();
        let (mut reports, mut prepared) = (Vec::new(), Vec::new());
        for file in files {
            bytes += file.bytes;
            let directory = file.prepared.directory();
            if !directories.contains(directory) {
                directories.insert(directory.to_owned());
            }
            reports.push((file.at, file.report));
            prepared.push(file.prepared);
        }
        let count = prepared.len();
        let results = write::commit_all(prepared);
        for ((_, report), result) in reports.iter_mut().zip(results) {
            if let Err(error) = result {
                report.outcome = Outcome::Failed(error);
            }
        }
        self.progress.count(count as u64, bytes);
        let mut state = lock(&self.state);
        state.open -= count;
        state.committing -= 1;
        state.directories.append(&mut directories);
        self.tell_blocked(state);
        reports
    }

    /// Commits what waits, and waits for what other threads are committing; for a process that is about to end.
    fn finish(&self) {
        let mut state = lock(&self.state);
        if !state.waiting.is_empty() {
            let taken = state.take();
            drop(state);
            self.commit_silently(taken);
            state = lock(&self.state);
        }
        while state.committing > 0 {
            state = self.wait_for_room(state);
        }
    }

    fn wait_for_room<'a>(&self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.blocked += 1;
        let mut state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        state.blocked -= 1;
        state
    }

    /// Wakes those who wait for room. It is a system call, even if nobody does.
    fn tell_blocked(&self, state: MutexGuard<'_, State>) {
        let is_heard = state.blocked > 0;
        drop(state);
        if is_heard {
            self.room.notify_all();
        }
    }

    /// Makes the new names reach the disk.
    pub(super) fn sync_names(&self) -> Result<(), Error> {
        let directories = std::mem::take(&mut lock(&self.state).directories);
        write::sync_directories(directories.iter().map(PathBuf::as_path))
    }

    /// Removes what dead processes left in a directory that this run writes to, the first time it is named. A directory that
    /// was not walked may be large, and the run for one file of it: not all of it is looked at then.
    pub(super) fn sweep(&self, directory: &Path, is_walked: bool) {
        let mut swept = lock(&self.swept);
        if !swept.contains(directory) {
            swept.insert(directory.to_owned());
            drop(swept);
            write::sweep(directory, if is_walked { usize::MAX } else { MAX_NAMES });
        }
    }
}

impl State {
    /// Takes what waits, for a thread that commits it.
    fn take(&mut self) -> Vec<Finished> {
        self.committing += 1;
        self.bytes = 0;
        self.first = None;
        std::mem::take(&mut self.waiting)
    }
}
