//! Bytes → a file, standard output, or a device; the only place that writes.
//!
//! The naive way opens the file, which empties it, and writes. A full disk, a signal or a pulled plug in between and both the old and
//! the new contents are gone. Here a regular file is at every moment the old one or the new one: the bytes go to a
//! temporary file beside it, reach the disk, and take its name in one step. A failure leaves no temporary file behind, and
//! neither does a process that calls [`abandon`] before it ends.
//!
//! To make one file reach the disk costs milliseconds (`fsync`), and a thousand files as much each; to make a whole file
//! system reach it (`syncfs`) costs hardly more than one. So the temporary files of a few hundred documents are synced at
//! once, and only then renamed: 10,000 files of 4 KB took 2.1 s one by one, and 0.5 s so.

use std::borrow::Cow;
use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use tempfile::{Builder, TempPath};

use crate::error::{Error, shown};

/// What the names of temporary files begin with.
const TEMPORARY: &str = ".jianfan-";
/// How many letters and digits follow, as tempfile chooses them.
const RANDOM: usize = 6;

/// Returns whether a name is one that a temporary file has.
pub(super) fn is_temporary(name: &OsStr) -> bool {
    let random = name.as_encoded_bytes().strip_prefix(TEMPORARY.as_bytes());
    random.is_some_and(|random| {
        random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric)
    })
}

/// The temporary files that exist now.
static TEMPORARIES: Mutex<Option<BTreeSet<PathBuf>>> = Mutex::new(None);
/// Held by whoever makes or renames a file; closed for ever by [`abandon`].
static GATE: RwLock<()> = RwLock::new(());

fn temporaries() -> MutexGuard<'static, Option<BTreeSet<PathBuf>>> {
    TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all temporary files, and keeps every thread from making or renaming another; for a process that is about to end
/// because of a signal. Files that are finished stay.
pub fn abandon() {
    // Never given back: the process ends with it.
    std::mem::forget(GATE.write());
    for path in temporaries().take().unwrap_or_default() {
        // There is nobody left to tell.
        drop(fs::remove_file(path));
    }
}

/// A temporary file with its contents in it, which has yet to take the name of the file it replaces.
#[derive(Debug)]
pub(super) struct Prepared {
    temporary: Temporary,
    /// Where it goes, and what the user called that.
    end: PathBuf,
    told: PathBuf,
    backup: Option<PathBuf>,
}

/// The path of a temporary file; removes the file when dropped.
#[derive(Debug)]
struct Temporary(Option<TempPath>);

impl Temporary {
    fn path(&self) -> &Path {
        self.0.as_ref().map_or(Path::new(""), AsRef::as_ref)
    }

    fn rename(&mut self, end: &Path) -> io::Result<()> {
        let _open = GATE.read();
        let Some(path) = self.0.take() else { return Ok(()) };
        let name = path.to_path_buf();
        let result = path.persist(end).map_err(|error| {
            // The file goes with the path that comes back.
            error.error
        });
        forget(&name);
        result
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let name = path.to_path_buf();
            drop(path);
            forget(&name);
        }
    }
}

fn forget(name: &Path) {
    if let Some(names) = &mut *temporaries() {
        names.remove(name);
    }
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
/// so is a read-only file: it was not meant to be written.
pub(super) fn prepare<T>(
    path: &Path,
    backup_suffix: Option<&OsStr>,
    fill: impl FnOnce(&mut File) -> Result<T, Error>,
) -> Result<(T, Prepared), Error> {
    let failed = |error| Error::io(path, "write", error);
    let (end, old) = end_of(path).map_err(failed)?;
    let backup = match backup_suffix {
        Some(suffix) if old.is_some() => Some(backup_of(&end, suffix).map_err(failed)?),
        _ => None,
    };
    let (mut file, temporary) = temporary_beside(&end).map_err(failed)?;
    let filled = fill(&mut file)?;
    if let Some(old) = old {
        inherit(&file, &old).map_err(failed)?;
    }
    Ok((filled, Prepared { temporary, end, told: path.to_owned(), backup }))
}

/// Returns where a file really lies, and what is known of the one that is there.
fn end_of(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    match fs::metadata(path) {
        Ok(old) if !old.is_file() => Err(refusal("it exists and is not a regular file")),
        Ok(old) if old.permissions().readonly() => Err(refusal("it is read-only")),
        #[cfg(unix)]
        Ok(_) if !is_writable(path) => Err(refusal("you may not write to it")),
        Ok(old) if path.is_symlink() => Ok((fs::canonicalize(path)?, Some(old))),
        Ok(old) => Ok((path.to_owned(), Some(old))),
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => {
            Err(refusal("it is a symbolic link that leads nowhere"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok((path.to_owned(), None)),
        Err(error) => Err(error),
    }
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
        Ok(_) => {
            let told = shown(&backup);
            Err(io::Error::new(ErrorKind::AlreadyExists, format!("the backup {told} exists")))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(backup),
        Err(error) => Err(error),
    }
}

/// Gives a new file the mode of the old one, and its owner where this is allowed.
fn inherit(file: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

        let new = file.metadata()?;
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
    file.set_permissions(old.permissions())
}

/// Returns a new file in the directory of `path`, with the mode that any new file would have.
fn temporary_beside(path: &Path) -> io::Result<(File, Temporary)> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => Cow::Borrowed(parent),
        _ => Cow::Borrowed(Path::new(".")),
    };
    let create = || {
        // tempfile's own way makes files that only their owner may read.
        let open = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
        Builder::new().prefix(TEMPORARY).make_in(&directory, open)
    };
    let _open = GATE.read();
    let created = match create() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(&directory)?;
            create()
        }
        result => result,
    };
    let (file, path) = created?.into_parts();
    temporaries().get_or_insert_default().insert(path.to_path_buf());
    Ok((file, Temporary(Some(path))))
}

impl Prepared {
    /// Returns whether the file that it is to replace has the same contents already.
    pub(super) fn is_same(&self) -> bool {
        let compare = || -> io::Result<bool> {
            let [mut old, mut new] = [File::open(&self.end)?, File::open(self.temporary.path())?];
            if old.metadata()?.len() != new.metadata()?.len() {
                return Ok(false);
            }
            let (mut a, mut b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
            loop {
                let read = old.read(&mut a)?;
                if read == 0 {
                    return Ok(true);
                }
                new.read_exact(&mut b[..read])?;
                if a[..read] != b[..read] {
                    return Ok(false);
                }
            }
        };
        compare().unwrap_or(false)
    }

    /// Makes the file reach the disk, and then take its name.
    pub(super) fn commit(self) -> Result<(), Error> {
        commit_all(vec![self]).pop().unwrap_or(Ok(()))
    }

    fn take_name(mut self) -> Result<(), Error> {
        let failed = |error| Error::io(&self.told, "write", error);
        if let Some(backup) = &self.backup {
            // A second name for the old file; the first is about to get another.
            fs::hard_link(&self.end, backup)
                .or_else(|_| copy_new(&self.end, backup))
                .map_err(failed)?;
        }
        self.temporary.rename(&self.end).map_err(failed)
    }
}

/// Copies a file to a name that must be free.
fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = File::open(from)?;
    let mut to = OpenOptions::new().write(true).create_new(true).open(to)?;
    io::copy(&mut from, &mut to)?;
    to.set_permissions(from.metadata()?.permissions())?;
    to.sync_all()
}

/// Makes all these files reach the disk, then gives each its name; returns what became of each.
pub(super) fn commit_all(prepared: Vec<Prepared>) -> Vec<Result<(), Error>> {
    let synced = sync(&prepared);
    let commit = |(prepared, synced): (Prepared, io::Result<()>)| match synced {
        Ok(()) => prepared.take_name(),
        Err(error) => Err(Error::io(&prepared.told, "write", error)),
    };
    prepared.into_iter().zip(synced).map(commit).collect()
}

/// Up to this many files are synced one by one.
const FEW: usize = 3;

fn sync(prepared: &[Prepared]) -> Vec<io::Result<()>> {
    let one = |prepared: &Prepared| File::open(prepared.temporary.path())?.sync_all();
    #[cfg(target_os = "linux")]
    if prepared.len() > FEW {
        return sync_file_systems(prepared);
    }
    prepared.iter().map(one).collect()
}

/// Syncs each file system that the files lie on.
#[cfg(target_os = "linux")]
fn sync_file_systems(prepared: &[Prepared]) -> Vec<io::Result<()>> {
    use std::os::unix::fs::MetadataExt;

    let mut synced = HashSet::new();
    let mut one = |prepared: &Prepared| -> io::Result<()> {
        let path = prepared.temporary.path();
        let device = fs::symlink_metadata(path)?.dev();
        if !synced.contains(&device) {
            rustix::fs::syncfs(File::open(path)?)?;
            synced.insert(device);
        }
        Ok(())
    };
    prepared.iter().map(&mut one).collect()
}

/// Writes to what is not a regular file: a device, a pipe, a descriptor of this process.
pub(super) fn through_stream<T>(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<T, Error>,
) -> Result<T, Error> {
    // Append, because what `/dev/fd/3` leads to may be a file with something in it.
    let file = OpenOptions::new().append(true).open(path);
    fill(&mut file.map_err(|error| Error::io(path, "write", error))?)
}

/// Writes to standard output.
pub(super) fn through_stdout<T>(
    fill: impl FnOnce(&mut File) -> Result<T, Error>,
) -> Result<T, Error> {
    let failed = |error| Error::io(Path::new("standard output"), "write", error);
    fill(&mut stdout().map_err(failed)?)
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
