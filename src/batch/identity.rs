//! Whether two names mean one file.
//!
//! The naive way compares paths; `a`, `./a`, a link to `a` and a hard link of `a` are then four files. Here, on Unix, it is
//! the device and the number of the file that are compared, elsewhere the canonical path.

use std::fs;
#[cfg(unix)]
use std::fs::Metadata;
use std::path::Path;
use std::time::SystemTime;

#[cfg(unix)]
use super::{read, write};

/// A file, whatever it was called; links are followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

    /// Returns the regular file that standard error was redirected to, where it was.
    #[cfg(unix)]
    pub(super) fn of_stderr() -> Option<Identity> {
        use std::os::fd::AsFd;

        let file = std::io::stderr().as_fd().try_clone_to_owned().map(fs::File::from);
        file.and_then(|file| file.metadata()).ok().and_then(Identity::of_regular)
    }

    #[cfg(not(unix))]
    pub(super) fn of_stderr() -> Option<Identity> {
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

/// What the file system says of a file.
#[derive(Debug)]
pub(super) struct Status {
    pub(super) identity: Identity,
    pub(super) is_file: bool,
    /// The names that it has.
    links: u64,
    length: u64,
    modified: Option<SystemTime>,
}

impl Status {
    /// Returns what is known of the file that `path` leads to, or `None` where there is nothing.
    pub(super) fn of(path: &Path) -> Option<Status> {
        let metadata = fs::metadata(path).ok()?;
        #[cfg(unix)]
        let (identity, links) =
            (Identity::of_metadata(&metadata), std::os::unix::fs::MetadataExt::nlink(&metadata));
        // There, hard links have identities of their own.
        #[cfg(not(unix))]
        let (identity, links) = (Identity::of(path)?, 1);
        Some(Status {
            identity,
            is_file: metadata.is_file(),
            links,
            length: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }

    /// Returns whether the file has more names than these.
    pub(super) fn has_more_names_than(&self, names: usize) -> bool {
        self.is_file && self.links > names as u64
    }

    /// Returns whether a file of the same identity is this one for want of another name: what two paths lead to is a
    /// bind mount. Some file systems have the same number for several files, so more than the number has to agree.
    pub(super) fn is_sole_name_of(&self, other: &Status) -> bool {
        self.links <= 1 && (self.length, self.modified) == (other.length, other.modified)
    }
}
