//! Whether two paths are one name in one directory, though nothing may be there yet.
//!
//! The naive way compares paths, or what `canonicalize` makes of them. Neither sees that two directories are one through a
//! bind mount, that `A.txt` is `a.txt` on some file systems, or where a path leads whose directories have yet to be made.
//! Here a [`Place`] is the identity of the deepest directory on the way that exists, links followed, and the names
//! after it.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::identity::Identity;

/// As many links in a row are followed, as Linux does.
const MAX_LINKS: usize = 40;
/// As many entries of a directory are tried to find one whose name has letters.
const MAX_TRIED: usize = 64;

/// A name in a directory, whatever path leads to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    /// The deepest directory on the way that exists; `None` if there is none.
    directory: Option<Identity>,
    /// The names after it.
    rest: PathBuf,
}

impl Place {
    fn below(&self, name: &OsStr) -> Place {
        Place { directory: self.directory.clone(), rest: self.rest.join(name) }
    }

    /// Returns whether a file in the place of `other` would be in the way of this place.
    pub(super) fn is_below(&self, other: &Place) -> bool {
        self.directory == other.directory
            && self.rest != other.rest
            && self.rest.starts_with(&other.rest)
    }

    /// Returns the last name in lower case.
    pub(super) fn folded_name(&self) -> String {
        self.rest.file_name().unwrap_or_default().to_string_lossy().to_lowercase()
    }

    /// Returns this place with its names in lower case, if they have a lower case.
    pub(super) fn folded(&self) -> Option<Place> {
        let rest = self.rest.to_str()?.to_lowercase().into();
        Some(Place { directory: self.directory.clone(), rest })
    }
}

/// Finds the places of paths; looks at each directory once.
#[derive(Debug, Default)]
pub(super) struct Places {
    directories: HashMap<PathBuf, Place>,
    folding: HashMap<Option<Identity>, bool>,
}

impl Places {
    /// Returns the place of a file; if it is a link, that of what the link leads to.
    pub(super) fn of(&mut self, path: &Path) -> Place {
        self.of_file(path, MAX_LINKS)
    }

    fn of_file(&mut self, path: &Path, links: usize) -> Place {
        let Some((parent, name)) = split(path) else { return self.of_directory(path, links) };
        let directory = self.of_directory(parent, links);
        match link_at(&directory, path, links) {
            Some(link) => self.of_file(&parent.join(link), links - 1),
            None => directory.below(name),
        }
    }

    fn of_directory(&mut self, path: &Path, links: usize) -> Place {
        if let Some(known) = self.directories.get(path) {
            return known.clone();
        }
        let existing = or_here(path);
        let place = match (existing.is_dir().then(|| Identity::of(existing)).flatten(), split(path))
        {
            (Some(identity), _) => Place { directory: Some(identity), rest: PathBuf::new() },
            (None, Some((parent, name))) => {
                let directory = self.of_directory(parent, links);
                match link_at(&directory, path, links) {
                    Some(link) => self.of_directory(&parent.join(link), links - 1),
                    None => directory.below(name),
                }
            }
            (None, None) => self.of_parent(path, links),
        };
        self.directories.insert(path.to_owned(), place.clone());
        place
    }

    /// Returns the place of a path that ends in `..` after what does not exist.
    fn of_parent(&mut self, path: &Path, links: usize) -> Place {
        let mut components = path.components();
        if components.next_back() == Some(Component::ParentDir) {
            let mut place = self.of_directory(components.as_path(), links);
            if place.rest.pop() {
                return place;
            }
        }
        Place { directory: None, rest: path.to_owned() }
    }

    /// Returns whether two paths are one name, as the file system that they lie on compares names.
    pub(super) fn are_one(&mut self, a: &Path, b: &Path) -> bool {
        let places = [self.of(a), self.of(b)];
        let [first, second] = &places;
        if first == second {
            return true;
        }
        let [Some(x), Some(y)] = places.each_ref().map(Place::folded) else { return false };
        x == y
            && *self.folding.entry(first.directory.clone()).or_insert_with(|| folds_case_beside(a))
    }
}

/// Returns the directory and the name, or `None` for a path that ends in `..` or has no name.
fn split(path: &Path) -> Option<(&Path, &OsStr)> {
    let mut components = path.components();
    match components.next_back() {
        Some(Component::Normal(name)) => Some((components.as_path(), name)),
        _ => None,
    }
}

/// Returns where the link at `path` leads, if there is one; `directory` is the place of its directory.
fn link_at(directory: &Place, path: &Path, links: usize) -> Option<PathBuf> {
    // Where there is no directory, there is no link.
    let may_be =
        links > 0 && directory.directory.is_some() && directory.rest.as_os_str().is_empty();
    may_be.then(|| fs::read_link(path).ok()).flatten()
}

fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// Returns whether names that differ only by case are one name in the deepest existing directory above `path`.
fn folds_case_beside(path: &Path) -> bool {
    let existing =
        path.ancestors().skip(1).find_map(|ancestor| fs::canonicalize(or_here(ancestor)).ok());
    existing.is_some_and(|directory| folds_case(&directory))
}

fn folds_case(directory: &Path) -> bool {
    #[cfg(target_os = "linux")]
    if has_casefold_flag(directory) {
        return true;
    }
    // An empty directory tells nothing; what it lies in, on the same file system, mostly has the same rule.
    let on_same = directory.ancestors().take_while(|above| are_on_one_device(directory, above));
    for above in on_same {
        let Ok(entries) = fs::read_dir(above) else { continue };
        let names = entries.take(MAX_TRIED).filter_map(|entry| Some(entry.ok()?.file_name()));
        for name in names {
            if let Some(folds) = folds_name(above, &name) {
                return folds;
            }
        }
    }
    cfg!(any(windows, target_os = "macos", target_os = "ios"))
}

/// Returns whether an existing entry can be reached by its name in the other case; `None` if this one cannot tell.
fn folds_name(directory: &Path, name: &OsStr) -> Option<bool> {
    let name = name.to_str()?;
    let other: String =
        name.chars()
            .map(|c| {
                if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
            })
            .collect();
    if other == name {
        return None;
    }
    let [one, other] = [name, &other].map(|name| directory.join(name));
    match fs::symlink_metadata(&other) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(false),
        Err(_) => None,
        // Two files can be hard links that have such names, or links to one file; two directories are two.
        Ok(found) if found.is_dir() => Some(Identity::of(&one) == Identity::of(&other)),
        Ok(_) => None,
    }
}

/// Returns whether a directory of ext4, f2fs or tmpfs was made case-insensitive.
#[cfg(target_os = "linux")]
fn has_casefold_flag(directory: &Path) -> bool {
    // FS_CASEFOLD_FL, which rustix has no name for.
    const CASEFOLD: u32 = 0x4000_0000;

    let flags = fs::File::open(directory).map(|file| rustix::fs::ioctl_getflags(&file));
    matches!(flags, Ok(Ok(flags)) if u64::from(flags.bits()) & u64::from(CASEFOLD) != 0)
}

#[cfg(unix)]
fn are_on_one_device(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let [a, b] = [a, b].map(|path| fs::metadata(path).map(|metadata| metadata.dev()));
    matches!((a, b), (Ok(a), Ok(b)) if a == b)
}

#[cfg(not(unix))]
fn are_on_one_device(_: &Path, _: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn one_place_has_many_paths() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("a/b")).unwrap();
        fs::File::create(at("a/file")).unwrap();
        symlink("a", at("link")).unwrap();
        symlink("a/new", at("to-new")).unwrap();
        symlink("../link/file", at("a/to-file")).unwrap();
        symlink("round", at("round")).unwrap();
        let mut places = Places::default();
        for (one, other) in [
            ("a/file", "link/file"),
            ("a/file", "a/b/../file"),
            ("a/file", "link/to-file"),
            ("a/new/x", "link/./new/x"),
            ("a/new/x", "to-new/x"),
            ("a/new/x", "a/other/../new/x"),
            ("round", "a/../round"),
        ] {
            assert_eq!(places.of(&at(one)), places.of(&at(other)), "{one} {other}");
        }
        for (one, other) in [("a/file", "a/b/file"), ("a/new", "new"), ("a/new", "a/new/x")] {
            assert_ne!(places.of(&at(one)), places.of(&at(other)), "{one} {other}");
        }
        let [new, below] = ["a/new", "to-new/x"].map(|path| places.of(&at(path)));
        assert!(below.is_below(&new) && !new.is_below(&below) && !new.is_below(&new));
    }

    #[test]
    fn names_are_compared_as_the_file_system_compares_them() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir(at("Directory")).unwrap();
        // What the probe must find, found by opening.
        let folds = at("dIRECTORY").is_dir();
        for below in ["", "Directory", "Directory/new"] {
            let [a, b] = ["x.txt", "X.TXT"].map(|name| at(below).join(name));
            assert_eq!(Places::default().are_one(&a, &b), folds, "{below}");
        }
        assert!(!Places::default().are_one(&at("x"), &at("y")));
        assert_eq!(folds_name(root.path(), "Directory".as_ref()), Some(folds));
        assert_eq!(folds_name(root.path(), "123".as_ref()), None);
        if !folds {
            // Two files of such names tell nothing, as one may be a link to the other.
            fs::File::create(at("a")).unwrap();
            fs::hard_link(at("a"), at("A")).unwrap();
            assert_eq!(folds_name(root.path(), "a".as_ref()), None);
            fs::create_dir(at("dIRECTORY")).unwrap();
            assert_eq!(folds_name(root.path(), "Directory".as_ref()), Some(false));
        }
    }
}
