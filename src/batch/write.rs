//! Bytes → a file, standard output, or a device; the only place that writes.
//!
//! The naive way opens the file, which empties it, and writes. A full disk, a signal or a pulled plug in between and both the old and
//! the new contents are gone. Here a regular file is at every moment the old one or the new one: the bytes go to a
//! temporary file beside it, reach the disk, and take its name in one step. A failure leaves no temporary file behind.

use std::borrow::Cow;
use std::fs::File;
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::Error;

/// Makes `path` a regular file with these bytes; makes its directory where there is none.
///
/// A file that was there keeps its permissions, and a link to it stays a link. Anything else that was there is kept, and
/// so is a read-only file: it was not meant to be written.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace_through(path, |file| {
        file.write_all(bytes).map_err(|error| Error::io(path, "write", error))
    })
}

/// As [`replace`], with the bytes that `fill` writes; if it fails, the old file stays.
pub(super) fn replace_through(
    path: &Path,
    fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |error| Error::io(path, "write", error);
    let (end, mut temporary) = prepare(path).map_err(failed)?;
    fill(temporary.as_file_mut())?;
    temporary.as_file_mut().sync_all().map_err(failed)?;
    temporary.persist(&end).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Returns where the file really lies, and a temporary file beside it with its permissions.
fn prepare(path: &Path) -> io::Result<(PathBuf, NamedTempFile)> {
    let (path, permissions) = match fs::metadata(path) {
        Ok(old) if !old.is_file() => return Err(refusal("it exists and is not a regular file")),
        Ok(old) if old.permissions().readonly() => return Err(refusal("it is read-only")),
        Ok(old) if path.is_symlink() => {
            (Cow::Owned(fs::canonicalize(path)?), Some(old.permissions()))
        }
        Ok(old) => (Cow::Borrowed(path), Some(old.permissions())),
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => {
            return Err(refusal("it is a symbolic link that leads nowhere"));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => (Cow::Borrowed(path), None),
        Err(error) => return Err(error),
    };
    let mut temporary = temporary_beside(&path)?;
    let file = temporary.as_file_mut();
    if let Some(permissions) = permissions {
        file.set_permissions(permissions)?;
    }
    Ok((path.into_owned(), temporary))
}

/// Returns a new file in the directory of `path`, with the mode that any new file would have.
fn temporary_beside(path: &Path) -> io::Result<NamedTempFile> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let create = || {
        // tempfile's own way makes files that only their owner may read.
        let open = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
        Builder::new().prefix(".jianfan-").make_in(directory, open)
    };
    match create() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(directory)?;
            create()
        }
        result => result,
    }
}

/// Writes to what is not a regular file: a device, a pipe, a descriptor of this process.
pub(super) fn to_stream(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    through_stream(path, |file| {
        file.write_all(bytes).map_err(|error| Error::io(path, "write", error))
    })
}

/// As [`to_stream`], with the bytes that `fill` writes.
pub(super) fn through_stream(
    path: &Path,
    fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), Error>,
) -> Result<(), Error> {
    // Append, because what `/dev/fd/3` leads to may be a file with something in it.
    let file = OpenOptions::new().append(true).open(path);
    fill(&mut file.map_err(|error| Error::io(path, "write", error))?)
}

/// Writes to standard output what `fill` writes.
pub(super) fn through_stdout(
    fill: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), Error>,
) -> Result<(), Error> {
    let failed = |error| Error::io(Path::new("standard output"), "write", error);
    fill(&mut stdout().map_err(failed)?)
}

/// Writes to standard output, and knows that it arrived.
pub(super) fn to_stdout(bytes: &[u8]) -> Result<(), Error> {
    stdout()
        .and_then(|mut stdout| {
            stdout.write_all(bytes)?;
            stdout.flush()
        })
        .map_err(|error| Error::io(Path::new("standard output"), "write", error))
}

/// Returns standard output as a plain file: std's own handle takes one that cannot be written for a sink.
#[cfg(unix)]
pub(super) fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd;

    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

fn refusal(reason: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, reason)
}
