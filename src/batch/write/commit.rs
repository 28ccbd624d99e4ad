//! Prepared files reach the disk, and then take their names.
//!
//! The sync and the close go through the descriptors that wrote the bytes: an error of a disk is reported to descriptors
//! that were open when it happened, once, and some file systems (NFS, FUSE, quotas) report only when a file is closed. An
//! error of a sync fails every file that it was for, and the sync is not asked again: the second answer would be "fine".

use std::collections::BTreeMap;
#[cfg(unix)]
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;

use super::Prepared;
use crate::error::Error;

/// Up to this many files are synced one by one.
const FEW: usize = 3;

/// Makes all these files reach the disk, then gives each its name; returns what became of each.
pub(in crate::batch) fn commit_all(mut prepared: Vec<Prepared>) -> Vec<Result<(), Error>> {
    let mut by_device: BTreeMap<u64, Vec<&mut Prepared>> = BTreeMap::new();
    for one in &mut prepared {
        by_device.entry(one.device).or_default().push(one);
    }
    let mut failed: BTreeMap<u64, io::Error> = BTreeMap::new();
    for (device, mut files) in by_device {
        if let Err(error) = sync(&mut files) {
            failed.insert(device, error);
        }
    }
    let commit = |mut prepared: Prepared| {
        let result = match failed.get(&prepared.device) {
            Some(error) => Err(copy(error)),
            None => prepared.temporary.close().and_then(|()| prepared.take_name()),
        };
        result.map_err(|error| Error::io(&prepared.shown_as, "write", error))
    };
    prepared.into_iter().map(commit).collect()
}

/// Returns the same error for another file.
fn copy(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

/// Makes files of one device reach the disk.
fn sync(files: &mut [&mut Prepared]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if files.len() > FEW
        && files.iter().all(|file| file.syncs_with_others)
        && let Some(earliest) = files.iter_mut().min_by_key(|file| file.temporary.order())
    {
        // It was open before any of the bytes were written, so no error of theirs was reported before it watched.
        return Ok(rustix::fs::syncfs(earliest.temporary.file()?)?);
    }
    files.iter_mut().try_for_each(|file| file.temporary.file()?.sync_all())
}

/// Returns whether a sync of the whole file system that a file is on is fast and reports the errors of its files: it is a
/// known one on a local disk, and the kernel is 5.8 or later. Of an overlay (of a container), errors of the file system
/// below are not reported.
#[cfg(target_os = "linux")]
pub(super) fn syncs_with_others(file: &File) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|status| is_known(&status)) && reports_errors()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn syncs_with_others(_: &File) -> bool {
    false
}

/// Returns whether a directory is on a file system that only this machine has mounted.
#[cfg(target_os = "linux")]
pub(super) fn is_local(directory: &Path) -> bool {
    rustix::fs::statfs(directory).is_ok_and(|status| is_known(&status))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn is_local(_: &Path) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn is_known(status: &rustix::fs::StatFs) -> bool {
    /// ext2 to ext4, XFS, Btrfs, tmpfs, F2FS, ZFS: the numbers of statfs(2).
    const KNOWN: [u32; 6] =
        [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0xF2F5_2010, 0x2FC1_2FC1];

    // The type of the field differs from machine to machine, and so does its sign.
    KNOWN.iter().any(|&known| i128::from(status.f_type) & 0xFFFF_FFFF == i128::from(known))
}

/// Returns whether `syncfs` reports errors of writing back, as it does since Linux 5.8.
#[cfg(target_os = "linux")]
fn reports_errors() -> bool {
    use std::sync::OnceLock;

    static REPORTS: OnceLock<bool> = OnceLock::new();
    *REPORTS.get_or_init(|| {
        let uname = rustix::system::uname();
        let release = uname.release().to_string_lossy();
        let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
        let version = (numbers.next(), numbers.next());
        matches!(version, (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= (5, 8))
    })
}

/// Makes the names in these directories reach the disk.
#[cfg(unix)]
pub(in crate::batch) fn sync_directories<'a>(
    directories: impl Iterator<Item = &'a Path>,
) -> Result<(), Error> {
    use std::os::unix::fs::MetadataExt;

    let mut by_device: BTreeMap<u64, Vec<&Path>> = BTreeMap::new();
    for directory in directories {
        let path = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        // A directory that is gone has no names to keep.
        if let Ok(metadata) = fs::metadata(path) {
            by_device.entry(metadata.dev()).or_default().push(path);
        }
    }
    let mut first = Ok(());
    for directories in by_device.values() {
        for (at, path) in directories.iter().enumerate() {
            // A directory that may not be read cannot be synced.
            let Ok(file) = File::open(path) else { continue };
            let is_whole = at == 0 && directories.len() > FEW && syncs_with_others(&file);
            match sync_directory(&file, is_whole) {
                Err(error) if !is_unsupported(&error) => {
                    first = first.and(Err(Error::io(path, "sync", error)));
                }
                _ if is_whole => break,
                _ => {}
            }
        }
    }
    first
}

#[cfg(not(unix))]
pub(in crate::batch) fn sync_directories<'a>(
    _: impl Iterator<Item = &'a Path>,
) -> Result<(), Error> {
    Ok(())
}

#[cfg(unix)]
fn sync_directory(directory: &File, is_whole: bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    if is_whole {
        return Ok(rustix::fs::syncfs(directory)?);
    }
    let _ = is_whole;
    directory.sync_all()
}

/// Returns whether the file system has no way to sync a directory.
#[cfg(unix)]
fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;

    matches!(Errno::from_io_error(error), Some(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS))
}
