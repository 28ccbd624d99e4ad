//! Temporary files: their names, who owns them, and their removal.
//!
//! A killed process (`kill -9`, the OOM killer) leaves its temporary files behind. The next run over the same directory
//! removes them, and must never remove those of a process that is still running. So the name says who made the file:
//!
//! ```text
//! .jianfan-<machine><boot><namespaces>-<pid>-<start time>-<random>
//! ```
//!
//! `machine`, `boot` and `namespaces` are 8 hexadecimal digits each: a hash of /etc/machine-id, the beginning of the boot
//! id, and a hash of the PID and time namespaces; `random` has 16 digits; the others are decimal. A file is removed only if
//!
//! - its owner was in the same boot and namespaces as this process, and no process has its PID, or one that started at
//!   another time; or
//! - its owner ran in an earlier boot of the same machine, and the file system is a local one.
//!
//! Owners in other containers or on other hosts cannot be looked up, and their files are left alone; so are all files
//! where /proc does not say who we are (systems other than Linux). Should two machines with one machine-id share a
//! directory that is local to one of them (an export of an NFS server), a file in use may be removed: then its rename
//! fails, the document is reported as failed, and the original is still there.
//!
//! A lock on each file would need no look-up, but locks are not seen across NFS and FUSE, and a descriptor would have to be
//! open until after the rename.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

const PREFIX: &str = ".jianfan-";

/// The temporary files that exist now.
static TEMPORARIES: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
/// Held by whoever creates or renames a file; closed for ever by [`abandon`].
static GATE: RwLock<()> = RwLock::new(());
static IS_ABANDONED: AtomicBool = AtomicBool::new(false);
/// How many temporary files were opened before this one.
static OPENED: AtomicU64 = AtomicU64::new(0);

fn temporaries() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes all temporary files of this process and keeps every thread from creating or renaming another; for a process
/// that is about to end. Files that have taken their names stay.
pub fn abandon() {
    if IS_ABANDONED.swap(true, Ordering::SeqCst) {
        return;
    }
    // Never given back: the process ends with it.
    std::mem::forget(GATE.write());
    for path in std::mem::take(&mut *temporaries()) {
        // There is nobody left to tell.
        drop(fs::remove_file(path));
    }
}

/// A temporary file; removed when dropped, unless it was renamed.
#[derive(Debug)]
pub(super) struct Temporary {
    path: Option<PathBuf>,
    /// The descriptor that writes; `None` once it is closed.
    file: Option<File>,
    /// Its place in the order in which this process opened temporary files.
    order: u64,
}

impl Temporary {
    /// Creates an empty file in the directory of `path`. `mode` is what the system's mask is applied to.
    pub(super) fn beside(path: &Path, mode: u32) -> io::Result<Temporary> {
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => Cow::Borrowed(parent),
            _ => Cow::Borrowed(Path::new(".")),
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        #[cfg(not(unix))]
        let _ = mode;
        let owner = Owner::current();
        let _open = GATE.read();
        loop {
            let name = owner.name(random());
            let path = directory.join(name);
            // Before the file is opened: it is earlier than every write of a file with a higher number.
            let order = OPENED.fetch_add(1, Ordering::Relaxed);
            match options.open(&path) {
                Ok(file) => {
                    temporaries().insert(path.clone());
                    return Ok(Temporary { path: Some(path), file: Some(file), order });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.path.as_deref().unwrap_or(Path::new(""))
    }

    pub(super) fn order(&self) -> u64 {
        self.order
    }

    /// Returns the descriptor that writes the file.
    pub(super) fn file(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::Error::other("the file is closed"))
    }

    /// Closes the descriptor that wrote the file. Network file systems and quotas may report only here what went wrong.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), super::close)
    }

    /// Gives the file its name in place of what had it.
    pub(super) fn replace(&mut self, end: &Path) -> io::Result<()> {
        self.rename(|path| fs::rename(path, end))
    }

    /// Gives the file a name that nothing has; fails with [`ErrorKind::AlreadyExists`] if something does.
    pub(super) fn take_free(&mut self, end: &Path) -> io::Result<()> {
        self.rename(|path| rename_to_free(path, end))
    }

    fn rename(&mut self, rename: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
        let _open = GATE.read();
        let Some(path) = &self.path else { return Ok(()) };
        rename(path)?;
        temporaries().remove(path);
        self.path = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // What cannot be removed is swept by a later run.
            drop(fs::remove_file(&path));
            temporaries().remove(&path);
        }
    }
}

fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;

        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system has it.
            Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP) => {}
            result => return Ok(result?),
        }
    }
    match fs::hard_link(from, to) {
        Ok(()) => {
            // A second name of the same file would be left; a later run sweeps it.
            drop(fs::remove_file(from));
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        Err(_) if fs::symlink_metadata(to).is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

fn random() -> u64 {
    // Its keys come from the system.
    RandomState::new().build_hasher().finish()
}

/// Returns whether a file name has the exact form of our temporary files. `.jianfan-notes` does not.
pub(in crate::batch) fn is_temporary(name: &OsStr) -> bool {
    name.to_str().and_then(Owner::of_name).is_some()
}

/// Removes the temporary files that dead processes left in a directory, of which up to `limit` names are looked at.
pub(in crate::batch) fn sweep(directory: &Path, limit: usize) {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    // A directory that cannot be read is reported where its documents are.
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.take(limit).flatten() {
        let name = entry.file_name();
        if let Some(owner) = name.to_str().and_then(Owner::of_name)
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && owner.is_dead(directory)
        {
            // Another run may have removed it first.
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// The process that made a temporary file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    /// 0 where it is not known.
    machine: u32,
    /// 0 where it is not known who the owner is.
    boot: u32,
    namespaces: u32,
    pid: u32,
    /// In clock ticks since the boot.
    start: u64,
}

impl Owner {
    /// Returns this process.
    fn current() -> Owner {
        static CURRENT: Mutex<Option<Owner>> = Mutex::new(None);

        let pid = process::id();
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        match *current {
            // A fork has another PID, and the memory of its parent.
            Some(owner) if owner.pid == pid => owner,
            _ => {
                let unknown = Owner { machine: 0, boot: 0, namespaces: 0, pid, start: 0 };
                *current.insert(Owner::look_up(pid).unwrap_or(unknown))
            }
        }
    }

    /// Returns this process, if /proc is there and shows the processes of this namespace.
    fn look_up(pid: u32) -> Option<Owner> {
        let link = |path: &str| fs::read_link(path).ok();
        if link("/proc/self")? != Path::new(&pid.to_string()) {
            return None;
        }
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let boot = u32::from_str_radix(boot.get(..8)?, 16).ok().filter(|&boot| boot != 0)?;
        let mut namespaces = link("/proc/self/ns/pid")?.into_os_string();
        // Start times are those of a time namespace; kernels before 5.6 have only one.
        namespaces.push(link("/proc/self/ns/time").unwrap_or_default());
        let machine = fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let machine = Some(machine.trim()).filter(|id| id.len() == 32);
        Some(Owner {
            machine: machine.map_or(0, |id| fnv(id.as_bytes())),
            boot,
            namespaces: fnv(namespaces.as_encoded_bytes()),
            pid,
            start: start_of(&fs::read_to_string("/proc/self/stat").ok()?)?,
        })
    }

    fn name(&self, random: u64) -> String {
        let Owner { machine, boot, namespaces, pid, start } = self;
        format!("{PREFIX}{machine:08x}{boot:08x}{namespaces:08x}-{pid}-{start}-{random:016x}")
    }

    /// Returns the owner that a name tells, if the name has the exact form.
    fn of_name(name: &str) -> Option<Owner> {
        let parts: Vec<&str> = name.strip_prefix(PREFIX)?.split('-').collect();
        let [place, pid, start, random] = parts[..] else { return None };
        let hex = |range| u32::from_str_radix(place.get(range)?, 16).ok();
        let owner = Owner {
            machine: hex(0..8)?,
            boot: hex(8..16)?,
            namespaces: hex(16..24)?,
            pid: pid.parse().ok()?,
            start: start.parse().ok()?,
        };
        let random = u64::from_str_radix(random, 16).ok()?;
        // What is written another way (signs, upper case, leading zeros) is somebody else's.
        (owner.name(random) == name).then_some(owner)
    }

    fn is_dead(&self, directory: &Path) -> bool {
        let current = Owner::current();
        if self.boot == 0 || current.boot == 0 {
            return false;
        }
        if (self.machine, self.boot, self.namespaces)
            == (current.machine, current.boot, current.namespaces)
        {
            return has_ended(self.pid, self.start);
        }
        // A machine has one boot at a time.
        self.machine != 0
            && self.machine == current.machine
            && self.boot != current.boot
            && super::commit::is_local(directory)
    }
}

/// Returns whether no process of this namespace has this PID and start time.
fn has_ended(pid: u32, start: u64) -> bool {
    match fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => start_of(&stat).is_some_and(|other| other != start),
        // /proc may hide the processes of other users.
        Err(error) if error.kind() == ErrorKind::NotFound => !exists(pid),
        Err(_) => false,
    }
}

#[cfg(target_os = "linux")]
fn exists(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};

    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_none_or(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
}

#[cfg(not(target_os = "linux"))]
fn exists(_: u32) -> bool {
    true
}

/// Returns the start time in what /proc/PID/stat has: the 22nd field, where the second, in parentheses, may have anything.
fn start_of(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// FNV-1a: the same in every build, unlike the hashes of std.
fn fnv(bytes: &[u8]) -> u32 {
    let step = |hash: u32, &byte: &u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811c_9dc5, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_owner_and_other_names_are_no_temporary_files() {
        let owner =
            Owner { machine: 7, boot: 0xffff_0000, namespaces: 1, pid: 4711, start: 99_999 };
        let name = owner.name(0xabc);
        assert_eq!(name, ".jianfan-00000007ffff000000000001-4711-99999-0000000000000abc");
        assert_eq!(Owner::of_name(&name), Some(owner));
        assert!(is_temporary(name.as_ref()));
        for other in [
            ".jianfan-notes",
            ".jianfan-",
            ".jianfan-AbC123",
            &name.replace("4711", "+4711"),
            &name.replace("4711", "04711"),
            &name.to_uppercase(),
            &format!("{name}.txt"),
            &name[1..],
        ] {
            assert!(!is_temporary(other.as_ref()), "{other}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_files_of_processes_that_have_ended_are_swept() {
        let directory = tempfile::tempdir().unwrap();
        let this = Owner::current();
        assert_eq!(this.pid, process::id());
        assert_ne!(this.boot, 0);
        let mut child = process::Command::new("true").spawn().unwrap();
        let ended = child.id();
        child.wait().unwrap();
        let names = [
            (this.name(1), true),
            // The PID was given to another process.
            (Owner { start: this.start.wrapping_sub(1), ..this }.name(2), false),
            (Owner { pid: ended, ..this }.name(3), false),
            // Another container, another host, and who knows.
            (Owner { namespaces: this.namespaces ^ 1, pid: ended, ..this }.name(4), true),
            (Owner { machine: this.machine ^ 1, boot: this.boot ^ 1, ..this }.name(5), true),
            (Owner { boot: 0, pid: ended, ..this }.name(6), true),
            (".jianfan-mine".to_owned(), true),
        ];
        for (name, _) in &names {
            File::create(directory.path().join(name)).unwrap();
        }
        sweep(directory.path(), usize::MAX);
        for (name, stays) in &names {
            assert_eq!(directory.path().join(name).exists(), *stays, "{name}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let end = directory.path().join("end");
        let mut first = Temporary::beside(&end, 0o600).unwrap();
        let mut second = Temporary::beside(&end, 0o600).unwrap();
        first.take_free(&end).unwrap();
        assert_eq!(second.take_free(&end).unwrap_err().kind(), ErrorKind::AlreadyExists);
        drop((first, second));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
