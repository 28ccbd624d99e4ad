//! Modes and owners: what a new file or directory has from an old one. Nobody may read a copy who may not read the original.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

/// The mode of a file that takes its mode from another in the end.
pub(super) const PRIVATE: u32 = 0o600;

/// Gives a new file the mode and the access control list of the old one, and its owner where this is allowed.
pub(super) fn inherit(
    file: &File,
    new: &Metadata,
    old: &Metadata,
    old_path: &Path,
) -> io::Result<()> {
    let mut permissions = old.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

        let is_same = (new.uid(), new.gid()) == (old.uid(), old.gid());
        // Only root may give a file away, and nobody else has to. Rights that come with an owner or group (setuid,
        // setgid) do not pass to another.
        if !is_same && fchown(file, Some(old.uid()), Some(old.gid())).is_err() {
            // A member of the group may give it to the group; elsewhere its rights would pass to
            // the group of whoever runs this.
            let has_group = new.gid() == old.gid() || fchown(file, None, Some(old.gid())).is_ok();
            let lost = if has_group { 0o6000 } else { 0o6070 };
            permissions.set_mode(permissions.mode() & !lost);
        }
        if !acl::inherit(file, old_path) {
            permissions.set_mode(acl::without_group(permissions.mode()));
        }
    }
    #[cfg(not(unix))]
    let _ = (new, old_path);
    file.set_permissions(permissions)
}

/// Returns the mode for a result that has no file to replace: that of its source, and its owner may write to it again.
#[cfg(unix)]
pub(super) fn mode_for_new(source: Option<&Metadata>, path: Option<&Path>) -> u32 {
    use std::os::unix::fs::MetadataExt;

    let mode = source.map_or(0o666, |source| source.mode() & 0o777 | 0o200);
    if path.is_some_and(acl::is_there) { acl::without_group(mode) } else { mode }
}

#[cfg(not(unix))]
pub(super) fn mode_for_new(_: Option<&Metadata>, _: Option<&Path>) -> u32 {
    0o666
}

/// Access control lists. Where a file has one, the group in its mode is no group, but the most that anybody in the list may
/// do; without the list, the mode would give that to the group.
#[cfg(target_os = "linux")]
mod acl {
    use std::fs::File;
    use std::path::Path;

    use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr, getxattr};
    use rustix::io::Errno;

    const NAME: &str = "system.posix_acl_access";
    /// What the kernel takes at most.
    const MAX_BYTES: usize = 1 << 16;

    /// Gives a new file the list of the old one, or none; returns whether it has it.
    pub(super) fn inherit(new: &File, old: &Path) -> bool {
        let mut few = [0; 512];
        let result = match getxattr(old, NAME, &mut few) {
            Ok(bytes) => fsetxattr(new, NAME, &few[..bytes], XattrFlags::empty()),
            Err(Errno::RANGE) => {
                let mut many = vec![0; MAX_BYTES];
                getxattr(old, NAME, many.as_mut_slice())
                    .and_then(|bytes| fsetxattr(new, NAME, &many[..bytes], XattrFlags::empty()))
            }
            // The directory may have given it one.
            Err(Errno::NODATA) => match fgetxattr(new, NAME, &mut few) {
                Ok(_) | Err(Errno::RANGE) => fremovexattr(new, NAME),
                Err(_) => Ok(()),
            },
            Err(_) => Ok(()),
        };
        result.is_ok()
    }

    pub(super) fn is_there(path: &Path) -> bool {
        matches!(getxattr(path, NAME, &mut [0; 512]), Ok(_) | Err(Errno::RANGE))
    }

    pub(super) fn without_group(mode: u32) -> u32 {
        mode & !0o070
    }
}

/// Elsewhere they are not part of the mode.
#[cfg(all(unix, not(target_os = "linux")))]
mod acl {
    use std::fs::File;
    use std::path::Path;

    pub(super) fn inherit(_: &File, _: &Path) -> bool {
        true
    }

    pub(super) fn is_there(_: &Path) -> bool {
        false
    }

    pub(super) fn without_group(mode: u32) -> u32 {
        mode
    }
}

/// Makes a directory and those above it. Where it is a copy of the directory of the source, and as far up as the names are
/// the same, each has the mode of its source, for its owner to write in.
#[cfg(unix)]
pub(super) fn make_directories(directory: &Path, source: Option<&Path>) -> io::Result<()> {
    use std::fs::{self, DirBuilder};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};

    let mode = source.map(|source| {
        let source = if source.as_os_str().is_empty() { Path::new(".") } else { source };
        fs::metadata(source).map(|source| source.mode() & 0o777 | 0o700)
    });
    let mut builder = DirBuilder::new();
    builder.mode(mode.transpose()?.unwrap_or(0o777));
    let result = match builder.create(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let Some(parent) = directory.parent().filter(|parent| !parent.as_os_str().is_empty())
            else {
                return Err(error);
            };
            let is_copy = |source: &&Path| source.file_name() == directory.file_name();
            make_directories(parent, source.filter(is_copy).and_then(Path::parent))?;
            builder.create(directory)
        }
        result => result,
    };
    match result {
        // Another thread was faster.
        Err(_) if directory.is_dir() => Ok(()),
        result => result,
    }
}

#[cfg(not(unix))]
pub(super) fn make_directories(directory: &Path, _: Option<&Path>) -> io::Result<()> {
    std::fs::create_dir_all(directory)
}
