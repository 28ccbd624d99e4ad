//! What became of a batch.

use std::path::PathBuf;

use super::Input;
use crate::error::Error;

/// What became of every document of a batch.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// How many documents were converted and written.
    pub converted: usize,
    /// What a directory held that is no document, by path.
    pub skipped: Vec<Skipped>,
    /// What could not be read, converted or written, by path.
    pub failures: Vec<Failure>,
}

/// A document that was not converted, or not written; what stood at its destination is still there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The input at fault, or the directory that could not be read.
    pub input: Input,
    /// Why.
    pub error: Error,
}

/// An entry of a directory that was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The entry.
    pub path: PathBuf,
    /// Why, as a part of a sentence: "neither a file nor a directory".
    pub reason: &'static str,
}

impl Outcome {
    /// Returns the outcome in an order that depends on the paths alone, not on which thread was first.
    pub(super) fn sorted(
        converted: usize,
        mut skipped: Vec<Skipped>,
        mut failures: Vec<Failure>,
    ) -> Outcome {
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        failures.sort_by(|a, b| a.input.cmp(&b.input));
        Outcome { converted, skipped, failures }
    }
}
