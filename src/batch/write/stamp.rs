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

/// A new or a removed hard link changes the ctime too, and nothing that matters here: several names
/// of one file may be converted in one run, each with a backup that is a link for a moment. So the
/// time counts only where the file has one name.
#[cfg(unix)]
#[derive(Debug, Clone)]
struct Links {
    count: u64,
    ctime: (i64, i64),
}

#[cfg(unix)]
impl PartialEq for Links {
    fn eq(&self, other: &Links) -> bool {
        self.count > 1 || other.count > 1 || self.ctime == other.ctime
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{File, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_link_is_no_change_and_all_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let [path, link] = ["a", "b"].map(|name| directory.path().join(name));
        assert_eq!(Stamp::of_path(&path).unwrap(), None);
        let file = File::create(&path).unwrap();
        file.set_permissions(Permissions::from_mode(0o644)).unwrap();
        let before = Stamp::of_path(&path).unwrap();
        fs::hard_link(&path, &link).unwrap();
        assert_eq!(Stamp::of_path(&path).unwrap(), before);
        file.set_permissions(Permissions::from_mode(0o600)).unwrap();
        assert_ne!(Stamp::of_path(&path).unwrap(), before);
        file.set_permissions(Permissions::from_mode(0o644)).unwrap();
        assert_eq!(Stamp::of_path(&path).unwrap(), before);
        file.set_len(1).unwrap();
        assert_ne!(Stamp::of_path(&path).unwrap(), before);
        fs::remove_file(&path).unwrap();
        File::create(&path).unwrap().set_permissions(Permissions::from_mode(0o644)).unwrap();
        assert_ne!(Stamp::of_path(&path).unwrap(), before);
    }
}
