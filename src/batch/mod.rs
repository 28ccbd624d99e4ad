//! Many documents: where each comes from, where it goes, and what became of it.
//!
//! In: a [`Pipeline`], the inputs, and one output. Out: every document that could be converted, written; and a [`Report`]
//! for each, in the same order for any number of threads. This room is the only writer of files.
//!
//! The naive way is a loop: take a file, convert it, write it. It notices in the middle that two inputs go to one place, or
//! that it is about to overwrite what it still has to read. Here the paths, not the contents, are gathered first and
//! what would lose something is refused before a byte is written. Then the large ones and standard input are streamed, each
//! on all threads, and of the small ones each thread reads, converts and writes one after another, so that memory is
//! bounded whatever they hold. A failure is a report and no more.
//!
//! ```text
//! walk ─▶ destination ─▶ conflict ─▶ run: read ─▶ pipeline ─▶ write     outcome: what is reported
//! ```
//!
//! ```
//! use jianfan::batch::{Batch, Input, Output};
//! use jianfan::{Converter, pipeline::Pipeline};
//!
//! let directory = tempfile::tempdir()?;
//! let (input, output) = (directory.path().join("in.txt"), directory.path().join("out.txt"));
//! std::fs::write(&input, "头发\n")?;
//!
//! let pipeline = Pipeline::new(Converter::new("s2t")?);
//! let batch = Batch::new(vec![Input::Path(input)], Output::Path(output.clone()));
//! let totals = batch.run(&pipeline, |report| println!("{report:?}"))?;
//! assert_eq!((totals.changed, totals.failed), (1, 0));
//! assert_eq!(std::fs::read_to_string(&output)?, "頭髮\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backlog;
mod conflict;
mod destination;
mod group;
mod identity;
mod outcome;
mod patient;
mod place;
mod read;
mod repository;
mod run;
mod walk;
mod write;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::charset::Charset;
use crate::error::Error;
use crate::memory::Budget;
use crate::pipeline::Pipeline;
use destination::Wish;
use run::Run;
use walk::Selection;

pub use group::stop;
pub use outcome::{Detection, Outcome, Progress, Report, Totals};
#[doc(hidden)] // for the command's own messages
#[cfg(unix)]
pub use patient::Patient;
pub use write::abandon;

/// Where a document, or a directory full of them, comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// Standard input, read to its end.
    Stdin,
    /// A file, which may be a pipe or a device, or a directory.
    Path(PathBuf),
}

/// Where the results go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Standard output, for one document.
    Stdout,
    /// A file for one document; a directory for a directory or for several inputs.
    ///
    /// One document goes into this directory if it exists or if the path ends in a separator. A single directory is
    /// mirrored by its contents (`in/a/b` to `out/a/b`). Of several inputs each keeps its own name (`in/a/b` to `out/in/a/b`).
    Path(PathBuf),
    /// Each file takes the place of its input, if anything in it changes.
    InPlace {
        /// Keep the old file under its name with this behind it; a file for which that exists already fails.
        backup_suffix: Option<OsString>,
    },
    /// Nothing is written.
    Nowhere,
}

/// Inputs and an output, not yet looked at.
#[derive(Debug, Clone)]
pub struct Batch {
    inputs: Vec<Input>,
    output: Output,
    selection: Selection,
    keeps_paths: bool,
    is_update: bool,
    changed_before: Option<SystemTime>,
    is_comparing: bool,
    read: Vec<PathBuf>,
    written: Option<PathBuf>,
    threads: Option<NonZeroUsize>,
    progress: Arc<Progress>,
    stdin_name: Option<PathBuf>,
    memory: Option<u64>,
}

impl Batch {
    /// Returns a batch that runs on as many threads as the machine has.
    pub fn new(inputs: Vec<Input>, output: Output) -> Batch {
        let backup_suffix = match &output {
            Output::InPlace { backup_suffix } => backup_suffix.clone(),
            _ => None,
        };
        Batch {
            inputs,
            output,
            selection: Selection { backup_suffix, ..Selection::default() },
            keeps_paths: false,
            is_update: false,
            changed_before: None,
            is_comparing: false,
            read: Vec::new(),
            written: None,
            threads: None,
            progress: Arc::default(),
            stdin_name: None,
            memory: None,
        }
    }

    /// Sets the number of threads; results and their order do not depend on it.
    pub fn threads(mut self, threads: NonZeroUsize) -> Batch {
        self.threads = Some(threads);
        self
    }

    /// Of directories, takes only what one of these globs matches, as `.gitignore` has them; with `!` before it, a glob
    /// leaves out.
    pub fn globs(mut self, globs: Vec<String>) -> Batch {
        self.selection.globs = globs;
        self
    }

    /// Of directories, takes hidden files too.
    pub fn with_hidden(mut self, with_hidden: bool) -> Batch {
        self.selection.with_hidden = with_hidden;
        self
    }

    /// Of directories, takes also what `.gitignore`, `.ignore` and the like name.
    pub fn with_ignored(mut self, with_ignored: bool) -> Batch {
        self.selection.with_ignored = with_ignored;
        self
    }

    /// Follows symbolic links below directories; off at first. A link that is itself an input is always followed.
    pub fn follow_links(mut self, follows_links: bool) -> Batch {
        self.selection.follows_links = follows_links;
        self
    }

    /// Keeps the whole path of each input beneath the output directory, not only its name.
    pub fn keep_paths(mut self, keeps_paths: bool) -> Batch {
        self.keeps_paths = keeps_paths;
        self
    }

    /// Passes over what has a result already that is not older than its input.
    pub fn update(mut self, is_update: bool) -> Batch {
        self.is_update = is_update;
        self
    }

    /// Skips files that were modified at this time or later: an in-place run that was interrupted
    /// continues with those that it had not reached if this is the time when it began.
    pub fn changed_before(mut self, time: Option<SystemTime>) -> Batch {
        self.changed_before = time;
        self
    }

    /// Puts the changes of each document into its [`Report::diff`]; documents are held in memory for it.
    pub fn compare(mut self, is_comparing: bool) -> Batch {
        self.is_comparing = is_comparing;
        self
    }

    /// Says what standard input would be called as a file, which may say what format it has.
    pub fn stdin_name(mut self, name: Option<PathBuf>) -> Batch {
        self.stdin_name = name;
        self
    }

    /// Sets how many bytes of memory all documents that are under way may need together; the default is that of
    /// [`Pipeline::memory`]. A document waits while others have too much of it, and fails if it needs more than all of it. The
    /// process takes some ten MiB besides, and about two for each thread.
    pub fn memory(mut self, bytes: u64) -> Batch {
        self.memory = Some(bytes);
        self
    }

    /// Names files that are read besides the documents (config, dictionaries), and one that is written (a report): no document
    /// is written over them, and none is read from the latter.
    pub fn spare(mut self, read: Vec<PathBuf>, written: Option<PathBuf>) -> Batch {
        (self.read, self.written) = (read, written);
        self
    }

    /// Returns what tells, to any thread, how far the batch is.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// Tells of every document what it is written in, in the order of their paths.
    ///
    /// # Errors
    ///
    /// If a glob is none.
    pub fn detect(
        &self,
        charset: Option<Charset>,
        mut report: impl FnMut(Input, Detection),
    ) -> Result<(), Error> {
        let budget = Budget::new(self.memory);
        for task in destination::plan(self.wish(&Output::Nowhere))? {
            let (input, detection) = run::detect(task, charset, &budget);
            report(input, detection);
        }
        Ok(())
    }

    fn wish<'a>(&'a self, output: &'a Output) -> Wish<'a> {
        Wish {
            inputs: &self.inputs,
            output,
            selection: &self.selection,
            keeps_paths: self.keeps_paths,
            is_update: self.is_update,
            changed_before: self.changed_before,
            read: &self.read,
            written: self.written.as_deref(),
        }
    }

    /// Converts every document, whatever becomes of the others, and calls `report` for each, in the order of their paths.
    ///
    /// # Errors
    ///
    /// Fails, and has written nothing, where the output is no place for these inputs, where two of them would be
    /// written to one file, or where one would be written over an input. What happens to a single document is in its report.
    pub fn run(&self, pipeline: &Pipeline, report: impl FnMut(Report)) -> Result<Totals, Error> {
        let tasks = destination::plan(self.wish(&self.output))?;
        let available = || std::thread::available_parallelism().ok();
        let threads = self.threads.or_else(available).unwrap_or(NonZeroUsize::MIN);
        let budget =
            self.memory.map_or_else(|| pipeline.budget(), |bytes| Budget::new(Some(bytes)));
        let run = Run {
            pipeline,
            budget: &budget,
            threads,
            is_comparing: self.is_comparing,
            backup_suffix: self.selection.backup_suffix.as_deref(),
            progress: Arc::clone(&self.progress),
            stdin_name: self.stdin_name.as_deref(),
        };
        run.all(tasks, report)
    }
}
