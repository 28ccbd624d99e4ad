//! What tells that a file changed.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Which file has a name, and in which state it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::batch) struct Stamp {
    /// Device and inode, size, mtime, mode, owner.
    #[cfg(unix)]
    state: (u64, u64, u64, (i64, i64), u32, (u32, u32)),
    /// ctime and the number of links.
    #[cfg(unix)]
    links: Links,
    #[cfg(not(unix))]
    state: (u64, Option<std::time::SystemTime>),
}

/// A new or a removed hard link changes the ctime too, and nothing that matters here: two names of one file may both be
/// converted in one run. So the time counts only where the number of links is the same.
#[cfg(unix)]
#[derive(Debug, Clone)]
struct Links {
    count: u64,
    ctime: (i64, i64),
}

#[cfg(unix)]
impl PartialEq for Links {
    fn eq(&self, other: &Links) -> bool {
        self.count != other.count || self.ctime == other.ctime
    }
}

#[cfg(unix)]
impl Eq for Links {}

impl Stamp {
    /// Returns the state of what `path` leads to, or `None` where there is nothing.
    pub(in crate::batch) fn of_path(path: &Path) -> io::Result<Option<Stamp>> {
        match fs::metadata(path) {
            Ok(metadata) => Ok(Some(Stamp::of(&metadata))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Stamp {
        use std::os::unix::fs::MetadataExt;

        Stamp {
            state: (
                metadata.dev(),
                metadata.ino(),
                metadata.size(),
                (metadata.mtime(), metadata.mtime_nsec()),
                metadata.mode(),
                (metadata.uid(), metadata.gid()),
            ),
            links: Links {
                count: metadata.nlink(),
                ctime: (metadata.ctime(), metadata.ctime_nsec()),
            },
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Stamp {
        Stamp { state: (metadata.len(), metadata.modified().ok()) }
    }
}
