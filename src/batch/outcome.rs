//! What became of a batch, and of each of its documents.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Input;
use crate::error::Error;
use crate::pipeline::{Detected, Summary};

/// What became of one document, or of an entry that is none.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The input, or the directory that could not be read.
    pub input: Input,
    /// The file that has, or would have, the result; `None` for standard output and where nothing is written.
    pub output: Option<PathBuf>,
    /// What was learned about the document, if it was read.
    pub summary: Option<Summary>,
    /// What became of it.
    pub outcome: Outcome,
    /// What a user should know though nothing failed, as a part of a sentence.
    pub warning: Option<&'static str>,
    /// The changes in the unified form, if they were [asked for](super::Batch::compare). Names are
    /// quoted where they have to be, as git quotes them; the text is as it is in the document, so
    /// that `patch` can apply the changes.
    pub diff: Option<String>,
}

/// What became of one document.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It was converted and something in it changed.
    Changed,
    /// It was converted and nothing in it changed.
    Unchanged,
    /// It was passed over, for this reason: "neither a file nor a directory".
    Skipped(Cow<'static, str>),
    /// It could not be read, converted or written; what stood at its destination is still there.
    Failed(Error),
}

/// What was found out about a document by [`Batch::detect`](super::Batch::detect).
#[derive(Debug)]
pub enum Detection {
    /// What it is written in.
    Found(Box<Detected>),
    /// It was passed over, for this reason.
    Skipped(Cow<'static, str>),
    /// It could not be read, or its charset is not certain.
    Failed(Error),
}

/// How many documents became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// Documents that were converted, with changes.
    pub changed: u64,
    /// Documents that were converted, without.
    pub unchanged: u64,
    /// Entries that were passed over.
    pub skipped: u64,
    /// Documents that failed.
    pub failed: u64,
    /// Bytes read of documents that were converted.
    pub bytes_in: u64,
    /// Bytes that their conversions have.
    pub bytes_out: u64,
}

impl Totals {
    pub(super) fn add(&mut self, report: &Report) {
        *match report.outcome {
            Outcome::Changed => &mut self.changed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Skipped(_) => &mut self.skipped,
            Outcome::Failed(_) => &mut self.failed,
        } += 1;
        if let (Some(summary), Outcome::Changed | Outcome::Unchanged) =
            (&report.summary, &report.outcome)
        {
            self.bytes_in += summary.bytes_in;
            self.bytes_out += summary.bytes_out;
        }
    }

    /// Returns how many documents were converted.
    pub fn converted(&self) -> u64 {
        self.changed + self.unchanged
    }
}

/// How far a batch is, for another thread to look at while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    pub(super) planned_files: AtomicU64,
    pub(super) planned_bytes: AtomicU64,
    pub(super) files: AtomicU64,
    pub(super) bytes: AtomicU64,
}

impl Progress {
    /// Counts documents that are done, with the bytes of their inputs.
    pub(super) fn count(&self, files: u64, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.files.fetch_add(files, Ordering::Relaxed);
    }

    /// Returns how many files are done and how many there are. A file that is written is done when it has its name.
    pub fn files(&self) -> (u64, u64) {
        (self.files.load(Ordering::Relaxed), self.planned_files.load(Ordering::Relaxed))
    }

    /// Returns how many bytes of input are done and how many there are; standard input and pipes are not counted before.
    pub fn bytes(&self) -> (u64, u64) {
        (self.bytes.load(Ordering::Relaxed), self.planned_bytes.load(Ordering::Relaxed))
    }
}
