//! Whether two names mean one file.
//!
//! The naive way compares paths; `a`, `./a`, a link to `a` and a hard link of `a` are then four files. Here, on Unix, it is
//! the device and the number of the file that are compared, elsewhere the canonical path.

use std::fs;
#[cfg(unix)]
use std::fs::Metadata;
use std::path::Path;

#[cfg(unix)]
use super::{read, write};

/// A file, whatever it was called; links are followed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    #[cfg(unix)]
    device_and_inode: (u64, u64),
    #[cfg(not(unix))]
    canonical: std::path::PathBuf,
}

impl Identity {
    /// Returns what `path` leads to, or `None` where there is nothing yet.
    #[cfg(unix)]
    pub(super) fn of(path: &Path) -> Option<Identity> {
        fs::metadata(path).ok().map(|metadata| Identity::of_metadata(&metadata))
    }

    #[cfg(not(unix))]
    pub(super) fn of(path: &Path) -> Option<Identity> {
        fs::canonicalize(path).ok().map(|canonical| Identity { canonical })
    }

    /// Returns the regular file that standard input was redirected from, where it was.
    #[cfg(unix)]
    pub(super) fn of_stdin() -> Option<Identity> {
        read::stdin().ok().and_then(|file| file.metadata().ok()).and_then(Identity::of_regular)
    }

    #[cfg(not(unix))]
    pub(super) fn of_stdin() -> Option<Identity> {
        None
    }

    /// Returns the regular file that standard output was redirected to, where it was.
    #[cfg(unix)]
    pub(super) fn of_stdout() -> Option<Identity> {
        write::stdout().ok().and_then(|file| file.metadata().ok()).and_then(Identity::of_regular)
    }

    #[cfg(not(unix))]
    pub(super) fn of_stdout() -> Option<Identity> {
        None
    }

    /// Returns whether a path, as `/dev/stdout`, leads to what standard output is.
    #[cfg(unix)]
    pub(super) fn is_stdout(path: &Path) -> bool {
        let stdout = write::stdout().and_then(|file| file.metadata());
        stdout.is_ok_and(|stdout| Identity::of(path) == Some(Identity::of_metadata(&stdout)))
    }

    #[cfg(not(unix))]
    pub(super) fn is_stdout(_: &Path) -> bool {
        false
    }

    /// Returns the regular file that a path leads to, where it is one.
    #[cfg(unix)]
    pub(super) fn of_regular_at(path: &Path) -> Option<Identity> {
        fs::metadata(path).ok().and_then(Identity::of_regular)
    }

    #[cfg(not(unix))]
    pub(super) fn of_regular_at(path: &Path) -> Option<Identity> {
        Identity::of(path)
    }

    #[cfg(unix)]
    fn of_regular(metadata: Metadata) -> Option<Identity> {
        metadata.is_file().then(|| Identity::of_metadata(&metadata))
    }

    #[cfg(unix)]
    fn of_metadata(metadata: &Metadata) -> Identity {
        use std::os::unix::fs::MetadataExt;

        Identity { device_and_inode: (metadata.dev(), metadata.ino()) }
    }
}
