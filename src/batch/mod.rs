//! Many documents: where each comes from, where it goes, and what became of it.
//!
//! In: a [`Pipeline`], the inputs, and one output. Out: every document that could be converted, written; and an [`Outcome`]
//! that tells the others, in the same order for any number of threads. This room is the only writer of files.
//!
//! The naive way is a loop: take a file, convert it, write it. It notices in the middle that two inputs go to one place, or
//! that it is about to overwrite what it still has to read. Here the paths, not the contents, are gathered first and
//! what would lose something is refused before a byte is written. Then each thread reads, converts and writes one small
//! document at a time, and at last the large ones and standard input are streamed, each on all threads, so that memory is
//! bounded whatever they hold. A failure is an entry in the outcome and no more.
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
//! let outcome = batch.run(&pipeline)?;
//! assert_eq!((outcome.converted, outcome.failures.len()), (1, 0));
//! assert_eq!(std::fs::read_to_string(&output)?, "頭髮\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod destination;
mod identity;
mod outcome;
mod read;
mod walk;
mod write;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::error::Error;
use crate::pipeline::{Broken, Pipeline};
use destination::{Plan, Target, Task};

pub use outcome::{Failure, Outcome, Skipped};

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
}

/// Inputs and an output, not yet looked at.
#[derive(Debug, Clone)]
pub struct Batch {
    inputs: Vec<Input>,
    output: Output,
    threads: Option<NonZeroUsize>,
}

impl Batch {
    /// Returns a batch that runs on as many threads as the machine has.
    pub fn new(inputs: Vec<Input>, output: Output) -> Batch {
        Batch { inputs, output, threads: None }
    }

    /// Sets the number of threads; results and their order do not depend on it.
    pub fn threads(mut self, threads: NonZeroUsize) -> Batch {
        self.threads = Some(threads);
        self
    }

    /// Converts every document, whatever becomes of the others.
    ///
    /// # Errors
    ///
    /// Fails, and has written nothing, where the output is no place for these inputs, where two of them would be
    /// written to one file, or where one would be written over an input. What happens to a single document is in the outcome.
    pub fn run(&self, pipeline: &Pipeline) -> Result<Outcome, Error> {
        let Plan { tasks, skipped, mut failures } = destination::plan(&self.inputs, &self.output)?;
        let planned = tasks.len();
        let failed = self.run_tasks(tasks, pipeline)?;
        let converted = planned - failed.len();
        failures.extend(failed);
        Ok(Outcome::sorted(converted, skipped, failures))
    }

    fn run_tasks(&self, tasks: Vec<Task>, pipeline: &Pipeline) -> Result<Vec<Failure>, Error> {
        let failure = |task: Task, result: Result<(), Error>| {
            result.err().map(|error| Failure { input: task.input, error })
        };
        let threads = self.threads.or_else(|| std::thread::available_parallelism().ok());
        let threads = threads.unwrap_or(NonZeroUsize::MIN);
        // Many small documents keep all threads busy, and so does one large one: first those, then these, one by one.
        let (large, tasks): (Vec<Task>, Vec<Task>) =
            tasks.into_iter().partition(|task| read::is_large(&task.input));
        let mut failures = self.run_small(tasks, threads, |task| {
            let result = convert(&task, pipeline);
            failure(task, result)
        })?;
        for task in large {
            let result = stream(&task, pipeline, threads);
            failures.extend(failure(task, result));
        }
        Ok(failures)
    }

    fn run_small(
        &self,
        tasks: Vec<Task>,
        threads: NonZeroUsize,
        run: impl Fn(Task) -> Option<Failure> + Sync + Send,
    ) -> Result<Vec<Failure>, Error> {
        // A pool costs more than a document.
        if tasks.len() <= 1 {
            return Ok(tasks.into_iter().filter_map(run).collect());
        }
        let threads = threads.get().min(tasks.len());
        let pool = ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
            Error::io(
                tasks[0].target.path(),
                "start threads to write",
                std::io::Error::other(error),
            )
        })?;
        Ok(pool.install(|| tasks.into_par_iter().filter_map(run).collect()))
    }
}

/// Takes a document of any length all the way, on several threads; a file is written only if all of it could be converted.
fn stream(task: &Task, pipeline: &Pipeline, threads: NonZeroUsize) -> Result<(), Error> {
    let input = read::open(&task.input)?;
    let (source, target) = (read::name(&task.input), task.target.path());
    let through = |output: &mut (dyn Write + Send)| {
        pipeline.stream_ends(input, output, threads).map_err(|broken| match broken {
            Broken::Read(error) => Error::io(source, "read", error),
            Broken::Write(error) => Error::io(target, "write", error),
            Broken::Document(error) => error,
        })
    };
    match &task.target {
        Target::Stdout => write::through_stdout(through),
        Target::Stream(path) => write::through_stream(path, through),
        Target::File(path) => write::replace_through(path, through),
    }
}

/// Takes one document all the way; nothing is written unless all of it could be converted.
fn convert(task: &Task, pipeline: &Pipeline) -> Result<(), Error> {
    let bytes = read::all(&task.input)?;
    let converted = pipeline.run(&bytes)?;
    drop(bytes);
    match &task.target {
        Target::Stdout => write::to_stdout(&converted),
        Target::Stream(path) => write::to_stream(path, &converted),
        Target::File(path) => write::replace(path, &converted),
    }
}
