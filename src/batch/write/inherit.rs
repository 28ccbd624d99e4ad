//! Modes and owners: what a new file or directory has from an old one. Nobody may read a copy who may not read the original.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::path::Path;

/// The mode of a file that takes its mode from another in the end.
pub(super) const PRIVATE: u32 = 0o600;

/// Gives a new file the mode of the old one, and its owner where this is allowed.
pub(super) fn inherit(file: &File, new: &Metadata, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

        if (new.uid(), new.gid()) != (old.uid(), old.gid()) {
            // Only root may give a file away, and nobody else has to. Rights that come with an owner or group (setuid,
            // setgid) do not pass to another.
            if fchown(file, Some(old.uid()), Some(old.gid())).is_err() {
                let mut permissions = old.permissions();
                permissions.set_mode(permissions.mode() & !0o6000);
                return file.set_permissions(permissions);
            }
        }
    }
    #[cfg(not(unix))]
    let _ = new;
    file.set_permissions(old.permissions())
}

/// Returns the mode for a result that has no file to replace: that of its source, and its owner may write to it again.
#[cfg(unix)]
pub(super) fn mode_for_new(source: Option<&Metadata>) -> u32 {
    use std::os::unix::fs::MetadataExt;

    source.map_or(0o666, |source| source.mode() & 0o777 | 0o200)
}

#[cfg(not(unix))]
pub(super) fn mode_for_new(_: Option<&Metadata>) -> u32 {
    0o666
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
