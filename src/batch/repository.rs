//! Version control directories, which are never converted.
//!
//! `.git` and its like are full of text that looks like a document: with `--hidden`, a conversion in place would rename the
//! branches in `packed-refs`. So the walk never enters such a directory, no named directory may lie in one, and nothing is
//! written into one. The naive check compares names; a bare repository has any name, and a link can lead into one.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Names that mean version control wherever they occur. In a worktree or a submodule, `.git` is a file.
const NAMES: [&str; 8] = [".git", ".hg", ".svn", ".jj", ".sl", ".bzr", ".pijul", "_darcs"];

/// Messages that git leaves in its directory for the user, an editor or a hook to change.
const MESSAGES: [&str; 7] = [
    "COMMIT_EDITMSG",
    "EDIT_DESCRIPTION",
    "MERGE_MSG",
    "NOTES_EDITMSG",
    "PULLREQ_EDITMSG",
    "SQUASH_MSG",
    "TAG_EDITMSG",
];

/// Returns whether a path is itself a version control directory, or the file that stands for one.
pub(super) fn is_repository(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    has_name(name)
        // Anyone may call a directory CVS; only CVS itself keeps this file in it.
        || name.eq_ignore_ascii_case("CVS") && path.join("Entries").is_file()
        || is_bare(path)
}

/// Returns whether a name means version control, be it of a directory or of a file.
pub(super) fn has_name(name: &OsStr) -> bool {
    // On some file systems `.GIT` is `.git`; nobody has another use for that name.
    NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Returns whether a directory is what git itself takes for a repository, whatever its name.
fn is_bare(directory: &Path) -> bool {
    fs::symlink_metadata(directory.join("HEAD")).is_ok_and(|head| !head.is_dir())
        && directory.join("objects").is_dir()
        && directory.join("refs").is_dir()
}

/// Returns whether this is a commit message or the like, which a hook may convert by its name.
pub(super) fn is_message(name: &OsStr) -> bool {
    MESSAGES.iter().any(|known| name == *known)
}

/// Finds out what lies in version control directories; looks at each directory once.
#[derive(Debug, Default)]
pub(super) struct Repositories {
    known: HashMap<PathBuf, Option<PathBuf>>,
}

impl Repositories {
    /// Returns the version control directory that `path` is or lies in, by its name or by where it leads.
    pub(super) fn containing(&mut self, path: &Path) -> Option<PathBuf> {
        // By its name too, as `.git` may be a link to elsewhere.
        if !path.components().any(|component| component == Component::ParentDir)
            && let Some(found) = path.ancestors().find(|ancestor| is_repository(ancestor))
        {
            return Some(found.to_owned());
        }
        let existing = path.ancestors().find_map(|ancestor| {
            let is_empty = ancestor.as_os_str().is_empty();
            fs::canonicalize(if is_empty { Path::new(".") } else { ancestor }).ok()
        });
        self.containing_resolved(&existing?)
    }

    fn containing_resolved(&mut self, path: &Path) -> Option<PathBuf> {
        if let Some(known) = self.known.get(path) {
            return known.clone();
        }
        let found = if is_repository(path) {
            Some(path.to_owned())
        } else {
            path.parent().and_then(|parent| self.containing_resolved(parent))
        };
        self.known.insert(path.to_owned(), found.clone());
        found
    }
}
