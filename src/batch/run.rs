//! Tasks → reports.
//!
//! In: the tasks, in their order. Out: a report for each, in that order. The large ones come first, one by one, each on all
//! threads; then the small ones, each on one. Threads take the next task when they are free, so that they stay close
//! together, and few reports have to wait for an earlier one. A file that is finished waits in a [`Group`] until it is on
//! disk under its name, and is reported then.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Cursor, Read, Write};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rayon::ThreadPoolBuilder;

use super::backlog::{self, Backlog};
use super::destination::{Action, Target, Task};
use super::group::{Finished, Group, OpenFiles};
use super::outcome::{Detection, Outcome, Progress, Report, Totals};
use super::write::{self, Prepared, Stamp};
use super::{Input, read};
use crate::charset::Charset;
use crate::diff;
use crate::document::Compression;
use crate::error::Error;
use crate::format::package;
use crate::memory::{Budget, Lease};
use crate::pipeline::{
    Broken, Compared, Detected, Packing, Pipeline, Summary, detect_ends, read_all,
};

/// What all tasks have in common.
pub(super) struct Run<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) threads: NonZeroUsize,
    pub(super) is_comparing: bool,
    pub(super) backup_suffix: Option<&'a OsStr>,
    pub(super) progress: Arc<Progress>,
    /// What documents may hold together.
    pub(super) budget: &'a Budget,
    /// What standard input would be called.
    pub(super) stdin_name: Option<&'a Path>,
}

/// What was made of a document.
struct Done {
    summary: Summary,
    is_changed: bool,
    diff: Option<String>,
    /// A file that is still to take its name.
    prepared: Option<Prepared>,
}

impl Done {
    fn new(summary: Summary) -> Done {
        Done { is_changed: summary.is_changed, summary, diff: None, prepared: None }
    }
}

/// A document that was not converted.
enum Passed {
    Skipped(Cow<'static, str>),
    Failed(Error),
}

impl Passed {
    /// Skips what is not text and was found in a directory; what was named fails.
    fn of(self, is_found: bool) -> Passed {
        match self {
            Passed::Failed(error) if is_found && error.binary_kind().is_some() => {
                Passed::Skipped(Cow::Owned(error.to_string()))
            }
            passed => passed,
        }
    }
}

impl From<Error> for Passed {
    fn from(error: Error) -> Passed {
        Passed::Failed(error)
    }
}

/// Counts what is read of a large document.
struct Watched<'a, R> {
    input: R,
    progress: &'a Progress,
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.progress.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Brings reports into the order of their tasks.
struct InOrder<'a, F> {
    report: F,
    backlog: &'a Backlog<'a>,
    totals: Totals,
    next: usize,
    waiting: BTreeMap<usize, Report>,
}

impl<F: FnMut(Report)> InOrder<'_, F> {
    fn add(&mut self, index: usize, report: Report) {
        self.waiting.insert(index, report);
        while let Some(report) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.totals.add(&report);
            let size = backlog::size(&report);
            (self.report)(report);
            self.backlog.remove(size, self.next);
        }
    }
}

impl Run<'_> {
    /// Does all tasks.
    pub(super) fn all(
        &self,
        tasks: Vec<Task>,
        report: impl FnMut(Report),
    ) -> Result<Totals, Error> {
        let backlog = Backlog::new(self.budget);
        let totals = Totals::default();
        let mut in_order =
            InOrder { report, backlog: &backlog, totals, next: 0, waiting: BTreeMap::new() };
        let sizes: Vec<read::Size> = tasks.iter().map(|task| read::size(&task.input)).collect();
        let planned = sizes.iter().map(|size| size.known()).sum();
        self.progress.planned_bytes.store(planned, Ordering::Relaxed);
        self.progress.planned_files.store(tasks.len() as u64, Ordering::Relaxed);

        let (mut large, mut small) = (Vec::new(), Vec::new());
        for (at, (task, size)) in tasks.into_iter().zip(sizes).enumerate() {
            // A diff is made on one thread, and must not wait for those of small documents before it.
            let is_whole = self.is_comparing && matches!(size, read::Size::Known(_));
            let is_large = size.is_large() && task.target().is_some() && !is_whole;
            if is_large { &mut large } else { &mut small }.push((at, task, size.known()));
        }
        let open_files = OpenFiles::for_threads(self.threads.get().min(small.len()));
        let group = Group::new(open_files, Arc::clone(&self.progress));
        let mut add = |at, report| {
            backlog.add(&report);
            in_order.add(at, report);
        };
        for (at, task, _) in large {
            // Its bytes are counted as they are read.
            self.one_of_many((at, task, 0), self.threads, &group, &mut add);
            group.flush(&mut add);
        }
        let result = self.small(small, open_files.threads, &group, &mut in_order);
        group.sync_names().and(result)?;
        Ok(in_order.totals)
    }

    /// Does the small tasks on so many threads, one of which is this one.
    fn small(
        &self,
        tasks: Vec<(usize, Task, u64)>,
        threads: usize,
        group: &Group,
        in_order: &mut InOrder<'_, impl FnMut(Report)>,
    ) -> Result<(), Error> {
        let backlog = in_order.backlog;
        let mut add = |at, report| {
            backlog.add(&report);
            in_order.add(at, report);
        };
        if tasks.len() <= 1 {
            for task in tasks {
                self.one_of_many(task, NonZeroUsize::MIN, group, &mut add);
            }
            group.flush(&mut add);
            return Ok(());
        }
        let failed = |error| Error::io(Path::new("the files"), "start threads to convert", error);
        // Bounded, so that a slow reader of the reports slows the work and does not fill the memory.
        let (send, receive) = mpsc::sync_channel(1024);
        // If nobody receives, the other side has ended with a panic of its own.
        let told = |send: SyncSender<_>| {
            move |at, report| {
                backlog.add(&report);
                drop(send.send((at, report)));
            }
        };
        let worker = group.worker();
        let _guard = backlog.closes_with_panic();
        thread::scope(|scope| {
            let clock = thread::Builder::new().name("commit".to_owned());
            let of_clock = told(send.clone());
            clock.spawn_scoped(scope, move || group.keep_time(of_clock)).map_err(failed)?;
            // A pool costs more than a document.
            if threads <= 1 {
                for task in tasks {
                    self.one_of_many(task, NonZeroUsize::MIN, group, &mut |at, report| {
                        backlog.add(&report);
                        in_order.add(at, report);
                    });
                    // What the clock has committed.
                    receive.try_iter().for_each(|(at, report)| in_order.add(at, report));
                }
                group.flush(&mut |at, report| {
                    backlog.add(&report);
                    in_order.add(at, report);
                });
                drop((worker, send));
                receive.into_iter().for_each(|(at, report)| in_order.add(at, report));
                return Ok(());
            }
            let pool = ThreadPoolBuilder::new().num_threads(threads).build();
            let pool = pool.map_err(|error| failed(io::Error::other(error)))?;
            let tasks: Vec<_> = tasks.into_iter().map(|task| Mutex::new(Some(task))).collect();
            let next = AtomicUsize::new(0);
            let (tasks, next) = (&tasks, &next);
            pool.in_place_scope(|scope| {
                for _ in 0..threads {
                    let (worker, mut told) = (group.worker(), told(send.clone()));
                    scope.spawn(move |_| {
                        let _guard = backlog.closes_with_panic();
                        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                            let task = task.lock().unwrap_or_else(PoisonError::into_inner).take();
                            if let Some(task) = task {
                                if !backlog.is_open(task.0) {
                                    group.flush(&mut told);
                                    backlog.wait(task.0);
                                }
                                self.one_of_many(task, NonZeroUsize::MIN, group, &mut told);
                            }
                        }
                        group.flush(&mut told);
                        drop(worker);
                    });
                }
                drop((worker, send));
                receive.into_iter().for_each(|(at, report)| in_order.add(at, report));
            });
            Ok(())
        })
    }

    /// Does a task, and leaves a file that it made to reach the disk with others.
    fn one_of_many(
        &self,
        (at, task, bytes): (usize, Task, u64),
        threads: NonZeroUsize,
        group: &Group,
        told: &mut impl FnMut(usize, Report),
    ) {
        let slot = group.slot(told);
        let is_walked = task.is_found;
        if let Some(directory) = task.target().and_then(|target| target.directory(&task.input)) {
            group.sweep(directory, is_walked);
        }
        match self.one(task, threads) {
            (report, None) => {
                self.progress.count(1, bytes);
                drop(slot);
                told(at, report);
            }
            (report, Some(prepared)) => {
                // Not where the task said, if that is a link.
                group.sweep(prepared.directory(), is_walked);
                group.add(Finished { at, report, prepared, bytes }, slot, told);
            }
        }
    }

    /// Does one task, up to the file that has to take its name.
    fn one(&self, task: Task, threads: NonZeroUsize) -> (Report, Option<Prepared>) {
        let Task { input, is_found, action, warning } = task;
        let mut report = Report {
            input,
            output: None,
            summary: None,
            outcome: Outcome::Unchanged,
            warning: None,
            diff: None,
        };
        let target = match action {
            Action::Convert(target) => target,
            Action::Skip(reason) => {
                report.outcome = Outcome::Skipped(Cow::Owned(reason));
                return (report, None);
            }
            Action::Fail(error) => {
                report.outcome = Outcome::Failed(error);
                return (report, None);
            }
        };
        if !matches!(target, Target::Nowhere | Target::Stdout) {
            report.output = Some(target.path(&report.input).to_owned());
        }
        // Whatever changes after this moment was not read.
        let stamp = match (&target, &report.input) {
            (Target::InPlace, Input::Path(path)) => Stamp::of_path(path).ok().flatten(),
            _ => None,
        };
        match guarded(|| self.convert(&report.input, is_found, &target, threads)) {
            Ok(mut done) => {
                if let Some(prepared) = &mut done.prepared {
                    prepared.read_at(stamp);
                }
                report.summary = Some(done.summary);
                report.outcome =
                    if done.is_changed { Outcome::Changed } else { Outcome::Unchanged };
                report.warning = warning.filter(|_| done.is_changed);
                report.diff = done.diff;
                (report, done.prepared)
            }
            Err(passed) => {
                report.outcome = match passed.of(is_found) {
                    Passed::Skipped(reason) => Outcome::Skipped(reason),
                    Passed::Failed(error) => Outcome::Failed(error),
                };
                (report, None)
            }
        }
    }

    fn convert(
        &self,
        input: &Input,
        is_found: bool,
        target: &Target,
        threads: NonZeroUsize,
    ) -> Result<Done, Passed> {
        // What was read from a stream, or written to one, cannot be read or written again.
        let is_repeatable =
            matches!((input, read::size(input)), (Input::Path(_), read::Size::Known(_)))
                && !matches!(target, Target::Stdout | Target::Stream(_));
        if !is_repeatable {
            let lease = self.budget.lease_alone();
            return self.convert_within(input, is_found, target, threads, &lease);
        }
        let lease = self.budget.lease();
        match self.convert_within(input, is_found, target, threads, &lease) {
            Err(Passed::Failed(error)) if error.is_memory_busy() => {
                drop(lease);
                let lease = self.budget.lease_alone();
                self.convert_within(input, is_found, target, threads, &lease)
            }
            result => result,
        }
    }

    fn convert_within(
        &self,
        input: &Input,
        is_found: bool,
        target: &Target,
        threads: NonZeroUsize,
        lease: &Lease<'_>,
    ) -> Result<Done, Passed> {
        let size = read::size(input);
        let mut is_whole = self.is_comparing;
        if matches!(size, read::Size::Known(_)) && size.is_large() && !is_whole {
            let head = read::head(input)?;
            // What kind of zip file it is stands at its end.
            let most = self.pipeline.begins_package(self.name(input), &head);
            is_whole = is_found && most.is_some_and(|most| size.known() <= most);
            // Before anything is created at the destination.
            if most.is_none() {
                self.pipeline.refuse_binary(read::open(input)?, lease)?;
            }
        }
        if size.is_large() && !is_whole {
            let mut reader = Watched { input: read::open(input)?, progress: &self.progress };
            return Ok(self.stream(&mut reader, input, target, threads, lease)?);
        }
        let (bytes, _held) = read::all(input, lease)?;
        let compression = Compression::of(&bytes);
        if compression.is_some() {
            self.pipeline.refuse_binary(&bytes[..], lease)?;
        }
        if self.is_comparing {
            return Ok(self.compare(&bytes, input, lease)?);
        }
        if compression.is_some()
            || !matches!(target.packing(), Packing::AsInput | Packing::As(None))
        {
            let mut bytes = Cursor::new(bytes);
            return Ok(self.stream(&mut bytes, input, target, NonZeroUsize::MIN, lease)?);
        }
        Ok(self.whole(&bytes, input, target, lease)?)
    }

    /// Returns the name that may say what format an input has.
    fn name<'a>(&'a self, input: &'a Input) -> Option<&'a Path> {
        match input {
            Input::Path(path) => Some(path),
            Input::Stdin => self.stdin_name,
        }
    }

    /// Takes a document that is in memory all the way; nothing is written unless all of it could be converted.
    fn whole(
        &self,
        bytes: &[u8],
        input: &Input,
        target: &Target,
        lease: &Lease<'_>,
    ) -> Result<Done, Error> {
        let (converted, summary) = self.pipeline.whole_as(bytes, self.name(input), lease)?;
        let _held = lease.hold(converted.capacity() as u64)?;
        let mut done = Done::new(summary);
        let path = target.path(input);
        let write_all = |output: &mut dyn Write| {
            output.write_all(&converted).map_err(|error| target.write_error(input, error))
        };
        match target {
            Target::Nowhere => {}
            Target::Stdout => write::through_stdout(|output| write_all(output))?,
            Target::Stream(path) => write::through_stream(path, |output| write_all(output))?,
            Target::InPlace if !done.is_changed => {}
            Target::InPlace => {
                let (source, suffix) = (path_of(input), self.backup_suffix);
                let ((), prepared) =
                    write::prepare(path, source, suffix, |output| write_all(output))?;
                done.prepared = Some(prepared);
            }
            Target::File(_) | Target::Mirror(_) => {
                if !write::is_same(path, &converted) {
                    let ((), prepared) =
                        write::prepare(path, path_of(input), None, |output| write_all(output))?;
                    done.prepared = Some(prepared);
                }
            }
        }
        Ok(done)
    }

    /// Takes a document of any length all the way, on several threads; a file is written only if all of it could be converted.
    fn stream(
        &self,
        input: &mut (dyn Read + Send),
        source: &Input,
        target: &Target,
        threads: NonZeroUsize,
        lease: &Lease<'_>,
    ) -> Result<Done, Error> {
        let path = target.path(source);
        let mut through = |output: &mut (dyn Write + Send)| {
            let packing = target.packing();
            let name = self.name(source);
            self.pipeline.stream_ends(&mut *input, output, name, threads, packing, lease).map_err(
                |broken| match broken {
                    Broken::Read(error) => Error::io(read::name(source), "read", error),
                    Broken::Write(error) => target.write_error(source, error),
                    Broken::Document(error) => error,
                },
            )
        };
        Ok(match target {
            Target::Nowhere => Done::new(through(&mut io::sink())?),
            Target::Stdout => Done::new(write::through_stdout(|file| through(file))?),
            Target::Stream(path) => Done::new(write::through_stream(path, |file| through(file))?),
            Target::File(_) | Target::Mirror(_) | Target::InPlace => {
                let is_in_place = *target == Target::InPlace;
                let backup = self.backup_suffix.filter(|_| is_in_place);
                let (summary, mut prepared) =
                    write::prepare(path, path_of(source), backup, |file| through(file))?;
                let mut done = Done::new(summary);
                if (!is_in_place || done.is_changed) && !prepared.is_same() {
                    done.prepared = Some(prepared);
                }
                done
            }
        })
    }

    /// Converts a document and writes nothing, and tells what would change.
    fn compare(&self, bytes: &[u8], input: &Input, lease: &Lease<'_>) -> Result<Done, Error> {
        let (mut unpacked, mut held) = (Vec::new(), lease.nothing());
        let bytes = match Compression::of(bytes) {
            None => bytes,
            Some(compression) => {
                compression
                    .reader(bytes, lease)
                    .and_then(|mut reader| read_all(&mut *reader, &mut unpacked, &mut held))
                    .map_err(|error| {
                        Error::carried(error, |error| Error::io(read::name(input), "read", error))
                    })?;
                &unpacked
            }
        };
        let (_, summary) = self.pipeline.whole_as(bytes, self.name(input), lease)?;
        let mut done = Done::new(summary);
        if done.is_changed {
            let mut diff = String::new();
            let mut held = lease.nothing();
            let all = self.pipeline.before_and_after(bytes, self.name(input), lease)?;
            let lens = |text: &Compared| (text.before.len() + text.after.len()) as u64;
            let _texts = lease.hold(all.iter().map(lens).sum())?;
            for compared in all {
                let name = diff::name(read::name(input), compared.entry.as_deref());
                let more = diff::memory(&compared.before, &compared.after);
                held.resize(diff.len() as u64 + more)?;
                diff::unified(&name, &compared.before, &compared.after, &mut diff);
            }
            done.diff = Some(diff);
        }
        Ok(done)
    }
}

/// Does the work of one document; a panic in it is a failure of that document, and the others are
/// done all the same.
fn guarded<T>(work: impl FnOnce() -> Result<T, Passed>) -> Result<T, Passed> {
    // What unwinds through here is dropped with the document: its text, its temporary file. What
    // stays is only read.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|payload| Err(Passed::Failed(Error::panicked(&*payload))))
}

/// Tells what the document of a task is written in.
pub(super) fn detect(task: Task, charset: Option<Charset>, budget: &Budget) -> (Input, Detection) {
    let Task { input, is_found, action, .. } = task;
    let detection = match action {
        Action::Skip(reason) => Detection::Skipped(Cow::Owned(reason)),
        Action::Fail(error) => Detection::Failed(error),
        Action::Convert(_) => {
            match guarded(|| detect_one(&input, is_found, charset, &budget.lease_alone())) {
                Ok(detected) => Detection::Found(Box::new(detected)),
                Err(passed) => match passed.of(is_found) {
                    Passed::Skipped(reason) => Detection::Skipped(reason),
                    Passed::Failed(error) => Detection::Failed(error),
                },
            }
        }
    };
    (input, detection)
}

fn detect_one(
    input: &Input,
    is_found: bool,
    charset: Option<Charset>,
    lease: &Lease<'_>,
) -> Result<Detected, Passed> {
    let is_stream =
        matches!(input, Input::Stdin) || !matches!(read::size(input), read::Size::Known(_));
    if is_found || !is_stream {
        let head = read::head(input)?;
        if package::is_zip(&head)
            && read::size(input).known() <= package::MOST_PACKED
            && let Some(kind) = package::sniff(&read::all(input, lease)?.0)
        {
            let reason = format!("{}, a zip file of documents; convert reads it", kind.name());
            return Err(Passed::Skipped(reason.into()));
        }
    }
    let detected =
        detect_ends(read::open(input)?, charset, lease).map_err(|broken| match broken {
            Broken::Document(error) => error,
            Broken::Read(error) | Broken::Write(error) => {
                Error::io(read::name(input), "read", error)
            }
        })?;
    Ok(detected)
}

/// Returns the path of an input that has one.
fn path_of(input: &Input) -> Option<&Path> {
    match input {
        Input::Path(path) => Some(path),
        Input::Stdin => None,
    }
}
