//! A directory → the documents in it.
//!
//! In: a directory. Out: each regular file below it, hidden ones too, and a reason for each entry that is passed over.
//!
//! The naive recursion follows every link, and two directories that hold links to each other are then endless. Links to files
//! are followed here, links to directories are not, and told: each document is met once, under one name. What is not a
//! file (a pipe, a device) would block or never end, so it is read only when it was named itself.

use std::fs;
use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::destination::Plan;
use super::identity::Identity;
use super::{Failure, Input, Skipped};
use crate::error::Error;

/// Calls `found` with each document below `root`, and notes in `plan` what was skipped and what could not be read.
///
/// A directory that is `output` is not entered: what lies there is results.
pub(super) fn walk(
    root: &Path,
    output: Option<&Identity>,
    plan: &mut Plan,
    mut found: impl FnMut(&mut Plan, &Path),
) {
    let is_output = |entry: &DirEntry| {
        output.is_some()
            && entry.file_type().is_dir()
            && Identity::of(entry.path()).as_ref() == output
    };
    for entry in WalkDir::new(root).into_iter().filter_entry(|entry| !is_output(entry)) {
        match entry {
            Ok(entry) => match kind(&entry) {
                Kind::Document => found(plan, entry.path()),
                Kind::Directory => {}
                Kind::Other(reason) => {
                    plan.skipped.push(Skipped { path: entry.into_path(), reason });
                }
                Kind::Lost(error) => plan.fail(entry.path(), error),
            },
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let error =
                    error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into());
                plan.fail(&path, error);
            }
        }
    }
}

enum Kind {
    Document,
    Directory,
    Other(&'static str),
    Lost(std::io::Error),
}

fn kind(entry: &DirEntry) -> Kind {
    const NO_DOCUMENT: &str = "neither a file nor a directory";

    let kind = entry.file_type();
    if kind.is_file() {
        Kind::Document
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() {
        match fs::metadata(entry.path()) {
            Ok(end) if end.is_file() => Kind::Document,
            Ok(end) if end.is_dir() && entry.depth() == 0 => Kind::Directory,
            Ok(end) if end.is_dir() => Kind::Other("a symbolic link to a directory"),
            Ok(_) => Kind::Other(NO_DOCUMENT),
            Err(error) => Kind::Lost(error),
        }
    } else {
        Kind::Other(NO_DOCUMENT)
    }
}

impl Plan {
    /// Notes that `path` could not be read.
    pub(super) fn fail(&mut self, path: &Path, error: std::io::Error) {
        let input = Input::Path(path.to_owned());
        self.failures.push(Failure { input, error: Error::io(path, "read", error) });
    }
}
