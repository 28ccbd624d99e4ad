//! Bytes → a file, standard output, or a device; the only place that writes.
//!
//! The naive way opens the file, which empties it, and writes. A full disk, a signal or a pulled plug in between and both the old and
//! the new contents are gone. Here a regular file is at every moment the old one or the new one: the bytes go to a
//! [`temporary`] file beside it, reach the disk, and take its name in one step ([`commit`]). A failure leaves no temporary
//! file behind, and neither does a process that calls [`abandon`] before it ends; what a killed process leaves is
//! [`sweep`](temporary::sweep)-ed by a later run.
//!
//! To make one file reach the disk costs milliseconds (`fsync`), and a thousand files as much each; to make a whole file
//! system reach it (`syncfs`) costs hardly more than one. So the temporary files of a few hundred documents are synced at
//! once, and only then renamed: 10,000 files of 4 KB took 2.1 s one by one, and 0.5 s so. The directories are synced once, at
//! the end of a run: until then, a power cut may bring back the old file, whole.
//!
//! A file that changed since it was read (written to, replaced, removed, its mode or owner changed) is not replaced. What
//! cannot be excluded: a change in the microseconds between the last look at the file and the rename; a change that left
//! size and times as they were, which takes a second write of the same length within one tick of the clock of the file
//! system (up to 10 ms before Linux 6.13, much less since); and writes by a process that opened the old file before it was
//! replaced, and goes on writing to it.

mod commit;
mod inherit;
mod stamp;
mod temporary;

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use super::patient::Patient;
use crate::error::{Error, shown};
use inherit::{PRIVATE, inherit, make_directories, mode_for_new};
use temporary::Temporary;

pub(super) use commit::{commit_all, sync_directories};
pub(super) use stamp::Stamp;
pub use temporary::abandon;
pub(super) use temporary::{is_temporary, sweep};

/// A temporary file with its contents in it, which has yet to take the name of the file it replaces.
#[derive(Debug)]
pub(super) struct Prepared {
    temporary: Temporary,
    /// Where it goes, and what the user called that.
    end: PathBuf,
    shown_as: PathBuf,
    /// The file that it replaces; `None` if there was none.
    before: Option<Stamp>,
    backup: Option<PathBuf>,
    device: u64,
    /// A sync of the whole file system is fast and safe here.
    syncs_with_others: bool,
}

/// Returns whether a regular file of these contents is there already.
pub(super) fn is_same(path: &Path, bytes: &[u8]) -> bool {
    fs::metadata(path).is_ok_and(|old| old.is_file() && old.len() == bytes.len() as u64)
        && fs::read(path).is_ok_and(|old| old == bytes)
}

/// Makes a temporary file with the bytes that `fill` writes, to take the place of `path`; makes its directory where there is
/// none. Returns what `fill` returns.
///
/// A file that was there keeps its permissions, and a link to it stays a link. Anything else that was there is kept, and
/// so is a read-only file: it was not meant to be written. A new file, and a new directory that it is in, has the mode of
/// the `source`. At no time is a file wider open than it is in the end.
pub(super) fn prepare<T>(
    path: &Path,
    source: Option<&Path>,
    backup_suffix: Option<&OsStr>,
    fill: impl FnOnce(&mut File) -> Result<T, Error>,
) -> Result<(T, Prepared), Error> {
    let failed = |error| Error::io(path, "write", error);
    let (end, old) = end_of(path).map_err(failed)?;
    let backup = match backup_suffix {
        Some(suffix) if old.is_some() => Some(backup_of(&end, suffix).map_err(failed)?),
        _ => None,
    };
    let (mut temporary, new) = create(&end, source, old.as_ref()).map_err(failed)?;
    let file = temporary.file().map_err(failed)?;
    let filled = fill(file)?;
    if let Some(old) = &old {
        inherit(file, &new, old, &end).map_err(failed)?;
    }
    let syncs_with_others = commit::syncs_with_others(file);
    let before = old.as_ref().map(Stamp::of);
    let prepared = Prepared {
        temporary,
        end,
        shown_as: path.to_owned(),
        before,
        backup,
        device: device(&new),
        syncs_with_others,
    };
    Ok((filled, prepared))
}

/// Creates the temporary file for `end`.
fn create(
    end: &Path,
    source: Option<&Path>,
    old: Option<&Metadata>,
) -> io::Result<(Temporary, Metadata)> {
    let mode = match old {
        Some(_) => PRIVATE,
        None => mode_for_new(source_metadata(source)?.as_ref(), source),
    };
    let mut temporary = match Temporary::beside(end, mode) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let Some(directory) = end.parent() else { return Err(error) };
            make_directories(directory, source.and_then(Path::parent))?;
            Temporary::beside(end, mode)?
        }
        result => result?,
    };
    let metadata = temporary.file()?.metadata()?;
    Ok((temporary, metadata))
}

/// Returns what is known of the input: a path, or standard input where it is a file.
fn source_metadata(source: Option<&Path>) -> io::Result<Option<Metadata>> {
    match source {
        Some(path) => fs::metadata(path).map(Some),
        #[cfg(unix)]
        None => {
            let stdin = super::read::stdin().and_then(|stdin| stdin.metadata());
            Ok(stdin.ok().filter(Metadata::is_file))
        }
        #[cfg(not(unix))]
        None => Ok(None),
    }
}

#[cfg(unix)]
fn device(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::dev(metadata)
}

#[cfg(not(unix))]
fn device(_: &Metadata) -> u64 {
    0
}

/// Returns where a file really lies, and what is known of the one that is there.
fn end_of(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    let found = match fs::symlink_metadata(path) {
        Ok(link) if link.is_symlink() => match fs::metadata(path) {
            Ok(old) => (fs::canonicalize(path)?, old),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(refusal("it is a symbolic link that leads nowhere"));
            }
            Err(error) => return Err(error),
        },
        Ok(old) => (path.to_owned(), old),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((path.to_owned(), None)),
        Err(error) => return Err(error),
    };
    let (end, old) = found;
    if !old.is_file() {
        return Err(refusal("it exists and is not a regular file"));
    }
    if old.permissions().readonly() {
        return Err(refusal("it is read-only"));
    }
    #[cfg(unix)]
    if !is_writable(path) {
        return Err(refusal("you may not write to it"));
    }
    Ok((end, Some(old)))
}

/// Returns whether the file itself might be written to; to replace it, its directory would be enough.
#[cfg(unix)]
fn is_writable(path: &Path) -> bool {
    use rustix::fs::{Access, AtFlags, CWD, accessat};

    let access = accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS);
    !matches!(access, Err(rustix::io::Errno::ACCESS | rustix::io::Errno::PERM))
}

/// Returns the name of the backup, which must be free: it may be the only copy of what the file was before an earlier run.
fn backup_of(path: &Path, suffix: &OsStr) -> io::Result<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    let backup = PathBuf::from(name);
    match fs::symlink_metadata(&backup) {
        Ok(_) if is_backup_of(&backup, path) => Ok(backup),
        Ok(_) => Err(backup_exists(&backup)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(backup),
        Err(error) => Err(error),
    }
}

fn backup_exists(backup: &Path) -> io::Error {
    let told = shown(backup);
    io::Error::new(ErrorKind::AlreadyExists, format!("the backup {told} exists"))
}

/// Returns whether a backup holds what the file holds now: a run that was killed before it gave the file its new contents
/// has left it.
fn is_backup_of(backup: &Path, path: &Path) -> bool {
    let is_file = |path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file(backup)
        && File::open(backup)
            .and_then(|mut backup| have_same_contents(&mut backup, &mut File::open(path)?))
            .unwrap_or(false)
}

fn have_same_contents(a: &mut File, b: &mut File) -> io::Result<bool> {
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut of_a, mut of_b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let read = a.read(&mut of_a)?;
        if read == 0 {
            return Ok(true);
        }
        b.read_exact(&mut of_b[..read])?;
        if of_a[..read] != of_b[..read] {
            return Ok(false);
        }
    }
}

impl Prepared {
    /// Returns whether the file that it is to replace has the same contents already.
    pub(super) fn is_same(&mut self) -> bool {
        let mut compare = || -> io::Result<bool> {
            let mut old = File::open(&self.end)?;
            if !old.metadata()?.is_file() {
                return Ok(false);
            }
            let file = self.temporary.file()?;
            file.rewind()?;
            have_same_contents(&mut old, file)
        };
        compare().unwrap_or(false)
    }

    /// Says which state of the file was read: the earliest one counts.
    pub(super) fn read_at(&mut self, stamp: Option<Stamp>) {
        self.before = stamp.or(self.before.take());
    }

    /// Returns the directory that the file goes to.
    pub(super) fn directory(&self) -> &Path {
        self.end.parent().unwrap_or(Path::new(""))
    }

    /// Returns whether the file may wait for others, to reach the disk with them.
    pub(super) fn syncs_with_others(&self) -> bool {
        self.syncs_with_others
    }

    /// Gives the file its name, if what has the name is what was read, or has the new contents already: another run over the
    /// same file was faster.
    fn take_name(&mut self) -> io::Result<()> {
        if Stamp::of_path(&self.end)? != self.before {
            return self.accept_same();
        }
        if self.before.is_none() {
            return match self.temporary.take_free(&self.end) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => self.accept_same(),
                result => result,
            };
        }
        if let Some(backup) = &self.backup
            && keep(&self.end, backup)?
            && Stamp::of_path(&self.end)? != self.before
        {
            // A copy takes long, and the file changed meanwhile: it is no backup of what is there.
            fs::remove_file(backup)?;
            return self.accept_same();
        }
        self.temporary.replace(&self.end)
    }

    /// Fails unless the file that is there has the contents that it should have.
    fn accept_same(&self) -> io::Result<()> {
        let is_same = || -> io::Result<bool> {
            let mut there = File::open(&self.end)?;
            Ok(there.metadata()?.is_file()
                && have_same_contents(&mut there, &mut File::open(self.temporary.path())?)?)
        };
        match self.before {
            _ if is_same().unwrap_or(false) => Ok(()),
            Some(_) => Err(io::Error::other("changed while being converted")),
            None => {
                let reason = "another process created it while the input was converted";
                Err(io::Error::new(ErrorKind::AlreadyExists, reason))
            }
        }
    }
}

/// Keeps a file under a second name as well; returns whether that is a new copy.
fn keep(path: &Path, backup: &Path) -> io::Result<bool> {
    let kept = match fs::hard_link(path, backup) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // There are file systems without links.
        Err(_) => copy_to_free(path, backup),
        Ok(()) => return Ok(false),
    };
    match kept {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if is_backup_of(backup, path) {
                Ok(false)
            } else {
                Err(backup_exists(backup))
            }
        }
        result => result.map(|()| true),
    }
}

/// Copies a file to a name that must be free; nobody sees a part of the copy.
fn copy_to_free(from: &Path, to: &Path) -> io::Result<()> {
    let mut original = File::open(from)?;
    let mut temporary = Temporary::beside(to, PRIVATE)?;
    let file = temporary.file()?;
    io::copy(&mut original, file)?;
    inherit(file, &file.metadata()?, &original.metadata()?, from)?;
    file.sync_all()?;
    temporary.close()?;
    temporary.take_free(to)
}

/// Closes a file that was written to, and returns what the file system says about it.
#[cfg(unix)]
fn close(file: File) -> io::Result<()> {
    Ok(nix::unistd::close(file)?)
}

#[cfg(not(unix))]
fn close(file: File) -> io::Result<()> {
    drop(file);
    Ok(())
}

/// Writes to what is not a regular file: a device, a pipe, a descriptor of this process.
pub(super) fn through_stream<T>(
    path: &Path,
    fill: impl FnOnce(&mut Patient<File>) -> Result<T, Error>,
) -> Result<T, Error> {
    let failed = |error| Error::io(path, "write", error);
    // Append, because what `/dev/fd/3` leads to may be a file with something in it.
    let file = OpenOptions::new().append(true).open(path).map_err(failed)?;
    let mut stream = Patient(file);
    let filled = fill(&mut stream)?;
    close(stream.0).map_err(failed)?;
    Ok(filled)
}

/// Writes to standard output.
pub(super) fn through_stdout<T>(
    fill: impl FnOnce(&mut Patient<File>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut stream = Patient(stdout().map_err(Error::stdout)?);
    let filled = fill(&mut stream)?;
    // A network file system may refuse here what it was given.
    close(stream.0).map_err(Error::stdout)?;
    Ok(filled)
}

/// Returns standard output as a plain file: std's own handle takes one that cannot be written for a sink.
#[cfg(unix)]
pub(super) fn stdout() -> io::Result<File> {
    use std::os::fd::AsFd;

    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}

/// Returns standard output as a plain file.
#[cfg(windows)]
pub(super) fn stdout() -> io::Result<File> {
    use std::os::windows::io::AsHandle;

    Ok(File::from(io::stdout().as_handle().try_clone_to_owned()?))
}

fn refusal(reason: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, reason)
}
