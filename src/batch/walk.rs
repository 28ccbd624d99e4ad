//! A directory → the documents in it.
//!
//! In: a directory and a [`Selection`]. Out: each regular file below it that ripgrep would search, and a reason for each
//! entry that is not a file. Hidden files and what ignore files name are left out silently, unless they are asked for.
//!
//! The naive recursion follows every link: it leaves the tree, so that a conversion in place changes files that nobody named,
//! and two directories that hold links to each other are endless. As in ripgrep, a symbolic link below the directory is not
//! followed unless that is asked for; it is skipped and counted. (A link that the user named is followed.) With
//! [`Selection::follows_links`], a link to a directory that contains it is skipped.
//!
//! Version control directories are never entered, whatever is asked for (see [`repository`](super::repository)), and
//! neither is the output directory. What is not a file (a pipe, a device) would block or never end, so it is read only
//! when it was named itself.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ignore::overrides::{Override, OverrideBuilder};
use ignore::{DirEntry, WalkBuilder};

use super::identity::Identity;
use super::repository::{Repositories, has_name, is_repository};
use super::write;
use crate::error::Error;
use crate::format::names_package;

/// Which files of a directory are documents.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    pub(super) globs: Vec<String>,
    pub(super) with_hidden: bool,
    pub(super) with_ignored: bool,
    pub(super) follows_links: bool,
    /// Names that end like this are backups.
    pub(super) backup_suffix: Option<OsString>,
}

/// What is found in a directory.
pub(super) enum Found {
    Document(PathBuf),
    /// A directory that is entered, the first one too.
    Directory(PathBuf),
    Skipped(PathBuf, &'static str),
    Lost(PathBuf, Error),
}

impl Selection {
    fn overrides(&self, root: &Path) -> Result<Override, Error> {
        let mut builder = OverrideBuilder::new(root);
        let wrong = |glob: &str, error: ignore::Error| {
            Error::content(Path::new(glob), None, format!("not a glob: {error}"))
        };
        for glob in &self.globs {
            builder.add(glob).map_err(|error| wrong(glob, error))?;
        }
        builder.build().map_err(|error| wrong("globs", error))
    }

    /// Fails if a glob is none.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.overrides(Path::new(".")).map(drop)
    }

    fn is_backup(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        let suffix = self.backup_suffix.as_ref().map(|suffix| suffix.as_encoded_bytes());
        let is_ours =
            suffix.is_some_and(|suffix| name.len() > suffix.len() && name.ends_with(suffix));
        // `a.txt.bak` beside `a.txt`, of an earlier run: it may be the only copy of what that was.
        let has_original = || path.with_extension("").is_file();
        is_ours || (path.extension().is_some_and(|ending| ending == "bak") && has_original())
    }
}

/// Returns whether a file only tells that an office program has another open: `~$a.docx`, `.~lock.a.odt#`.
fn is_lock(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    bytes.starts_with(b".~lock.") && bytes.ends_with(b"#")
        || bytes.starts_with(b"~$") && names_package(Path::new(name))
}

/// Calls `found` with each entry below `root`.
///
/// A directory that is `output` is not entered: what lies there is results.
pub(super) fn walk(
    root: &Path,
    selection: &Selection,
    output: Option<&Identity>,
    mut found: impl FnMut(Found),
) -> Result<(), Error> {
    let output = output.cloned();
    let is_output = move |entry: &DirEntry| {
        output.is_some()
            && entry.file_type().is_some_and(|kind| kind.is_dir())
            && Identity::of(entry.path()) == output
    };
    let is_temporary = |entry: &DirEntry| write::is_temporary(entry.file_name());
    let follows_links = selection.follows_links;
    let is_version_control = move |entry: &DirEntry| {
        let leads_into_one = || {
            follows_links
                && entry.path_is_symlink()
                && Repositories::default().containing(entry.path()).is_some()
        };
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        has_name(entry.file_name())
            || is_directory && is_repository(entry.path())
            || leads_into_one()
    };
    let mut builder = WalkBuilder::new(root);
    builder
        .standard_filters(!selection.with_ignored)
        .hidden(!selection.with_hidden)
        .follow_links(follows_links)
        .overrides(selection.overrides(root)?)
        .filter_entry(move |entry| {
            !is_output(entry) && !is_temporary(entry) && !is_version_control(entry)
        });
    // Directories whose ignore files could not be read: what they exclude is not known.
    let mut unknown: Vec<PathBuf> = Vec::new();
    for entry in builder.build() {
        match entry {
            Ok(entry)
                if unknown.last().is_some_and(|directory| entry.path().starts_with(directory)) => {}
            Ok(entry)
                if !selection.with_ignored
                    && let Some((file, error)) = unread_ignore_file(&entry) =>
            {
                unknown.push(entry.path().to_owned());
                let error = Error::io(&file, "read", error);
                found(Found::Lost(entry.into_path(), error));
            }
            Ok(entry) => match kind(&entry) {
                Kind::Document if selection.is_backup(entry.path()) => {
                    found(Found::Skipped(entry.into_path(), "a backup"));
                }
                Kind::Document if is_lock(entry.file_name()) => {
                    found(Found::Skipped(entry.into_path(), "a lock of an office program"));
                }
                Kind::Document => found(Found::Document(entry.into_path())),
                Kind::Directory => found(Found::Directory(entry.into_path())),
                Kind::Other(reason) => found(Found::Skipped(entry.into_path(), reason)),
                Kind::Lost(error) => {
                    let error = Error::io(entry.path(), "read", error);
                    found(Found::Lost(entry.into_path(), error));
                }
            },
            Err(error) if is_loop(&error) => {
                let path = path_of(&error).unwrap_or(root).to_owned();
                found(Found::Skipped(path, "a symbolic link to a directory that contains it"));
            }
            Err(error) => {
                let path = path_of(&error).unwrap_or(root).to_owned();
                let error = io_error(&error).unwrap_or(io::ErrorKind::Other.into());
                let error = Error::io(&path, "read", error);
                found(Found::Lost(path, error));
            }
        }
    }
    Ok(())
}

/// Returns what keeps an ignore file of a directory from being read, with its path. The crate takes
/// such a file for absent.
fn unread_ignore_file(entry: &DirEntry) -> Option<(PathBuf, io::Error)> {
    if !entry.file_type().is_some_and(|kind| kind.is_dir()) {
        return None;
    }
    [".ignore", ".gitignore"].into_iter().find_map(|name| {
        let file = entry.path().join(name);
        let read = File::open(&file).and_then(|mut file| io::copy(&mut file, &mut io::sink()));
        let error = read.err()?;
        // What is not there excludes nothing, and neither does a directory of that name.
        let is_absent = [io::ErrorKind::NotFound, io::ErrorKind::IsADirectory];
        (!is_absent.contains(&error.kind())).then_some((file, error))
    })
}

/// Returns the error of the system, whose message does not name the path again.
fn io_error(error: &ignore::Error) -> Option<io::Error> {
    let error = error.io_error()?;
    Some(error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error))
}

/// Returns the path that an error of the walk is about.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

fn is_loop(error: &ignore::Error) -> bool {
    match error {
        ignore::Error::WithPath { err, .. }
        | ignore::Error::WithDepth { err, .. }
        | ignore::Error::WithLineNumber { err, .. } => is_loop(err),
        ignore::Error::Loop { .. } => true,
        _ => false,
    }
}

enum Kind {
    Document,
    Directory,
    Other(&'static str),
    Lost(io::Error),
}

fn kind(entry: &DirEntry) -> Kind {
    const NO_DOCUMENT: &str = "neither a file nor a directory";

    let Some(kind) = entry.file_type() else { return Kind::Other(NO_DOCUMENT) };
    if kind.is_file() {
        Kind::Document
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() && entry.depth() == 0 {
        match fs::metadata(entry.path()) {
            Ok(end) if end.is_dir() => Kind::Directory,
            Ok(_) => Kind::Other(NO_DOCUMENT),
            Err(error) => Kind::Lost(error),
        }
    } else if kind.is_symlink() {
        Kind::Other("a symbolic link, not followed")
    } else {
        Kind::Other(NO_DOCUMENT)
    }
}
