//! Inputs and an output → one task for each document: read this, write that.
//!
//! In: what the user named. Out: a list of [`Task`]s of which no two write one file and none writes what another reads, or
//! an error. Nothing is read but names and what the file system says about them, and nothing is written.
//!
//! The naive way decides for each file when its turn comes, and finds out about the second `a.txt` after the first is written.
//! Here all targets are known first; [`conflict`] then sees to it that no two of them are one.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf, is_separator};
use std::time::SystemTime;

use super::conflict;
use super::identity::Identity;
use super::repository::Repositories;
use super::walk::{Found, Selection, walk};
use super::{Input, Output};
use crate::document::Compression;
use crate::error::{Error, shown};
use crate::pipeline::Packing;

/// One document, or an entry that is known already not to become one.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) input: Input,
    /// Found in a directory, not named by the user.
    pub(super) is_found: bool,
    pub(super) action: Action,
    /// What the user should know once the file is replaced.
    pub(super) warning: Option<&'static str>,
}

/// What is to be done with a task.
#[derive(Debug)]
pub(super) enum Action {
    Convert(Target),
    Skip(String),
    Fail(Error),
}

impl Task {
    fn convert(input: Input, is_found: bool, target: Target) -> Task {
        Task { input, is_found, action: Action::Convert(target), warning: None }
    }

    /// Returns where the document goes, if there is one to convert.
    pub(super) fn target(&self) -> Option<&Target> {
        match &self.action {
            Action::Convert(target) => Some(target),
            _ => None,
        }
    }
}

/// What the user said about inputs and output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) inputs: &'a [Input],
    pub(super) output: &'a Output,
    pub(super) selection: &'a Selection,
    /// Keep the whole path of a relative input beneath the output directory.
    pub(super) keeps_paths: bool,
    /// Skip what has a result that is not older.
    pub(super) is_update: bool,
    /// Skip files that were modified at this time or later.
    pub(super) changed_before: Option<SystemTime>,
    /// Files that are read besides the documents.
    pub(super) read: &'a [PathBuf],
    /// A file that is written besides them.
    pub(super) written: Option<&'a Path>,
}

/// Where one document goes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// It is only looked at.
    Nowhere,
    Stdout,
    /// A device, a pipe or a descriptor: opened and written to.
    Stream(PathBuf),
    /// A regular file, there already or not: replaced as a whole.
    File(PathBuf),
    /// A file with the name of the input in another directory.
    Mirror(PathBuf),
    /// The input itself.
    InPlace,
}

impl Target {
    /// Returns the path that is written to, or what else that is called.
    pub(super) fn path<'a>(&'a self, input: &'a Input) -> &'a Path {
        match (self, input) {
            (Target::Nowhere | Target::Stdout, _) => Path::new("standard output"),
            (Target::Stream(path) | Target::File(path) | Target::Mirror(path), _) => path,
            (Target::InPlace, Input::Path(path)) => path,
            (Target::InPlace, Input::Stdin) => Path::new("standard input"),
        }
    }

    /// Returns the directory that a file is to be written to, as far as names tell.
    pub(super) fn directory<'a>(&'a self, input: &'a Input) -> Option<&'a Path> {
        match self {
            Target::File(_) | Target::Mirror(_) | Target::InPlace => self.path(input).parent(),
            Target::Nowhere | Target::Stdout | Target::Stream(_) => None,
        }
    }

    /// Returns the error of a failed write to this target. Only standard output can be left by its
    /// reader without a failure, under whatever name it was opened.
    pub(super) fn write_error(&self, input: &Input, error: io::Error) -> Error {
        match self {
            Target::Stdout => Error::stdout(error),
            Target::Stream(path)
                if error.kind() == io::ErrorKind::BrokenPipe && Identity::is_stdout(path) =>
            {
                Error::stdout(error)
            }
            _ => Error::io(self.path(input), "write", error),
        }
    }

    /// Returns the file that is replaced, if it is one other than the input.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Target::File(path) | Target::Mirror(path) => Some(path),
            _ => None,
        }
    }

    /// Returns the file that would be replaced, or added to, where there is one.
    pub(super) fn identity(&self) -> Option<Identity> {
        match self {
            Target::Stdout => Identity::of_stdout(),
            // A descriptor may lead to a file.
            Target::Stream(path) => Identity::of_regular_at(path),
            _ => self.file().and_then(Identity::of),
        }
    }

    /// Returns how the result is compressed: a file of a name of its own says so by that name, one with the name of the
    /// input is as the input was, and nobody pipes to a terminal what is packed.
    pub(super) fn packing(&self) -> Packing {
        match self {
            Target::Stdout | Target::Stream(_) | Target::Nowhere => Packing::As(None),
            Target::File(path) => Packing::As(Compression::of_name(path)),
            Target::Mirror(_) | Target::InPlace => Packing::AsInput,
        }
    }
}

/// Returns the tasks in the order of their inputs, or why the output is no place for them.
pub(super) fn plan(wish: Wish<'_>) -> Result<Vec<Task>, Error> {
    wish.selection.check()?;
    refuse_repositories(wish.inputs)?;
    let mut walked = Walked::new();
    let mut tasks = match (wish.inputs, wish.output) {
        ([input], Output::Stdout) if !is_directory(input) => {
            vec![Task::convert(input.clone(), false, Target::Stdout)]
        }
        (_, Output::Stdout) => {
            let reason = "it takes one document, not several";
            return Err(refuse(Path::new("standard output"), reason));
        }
        ([input], Output::Path(path)) if !is_directory(input) && !wish.keeps_paths => {
            vec![Task::convert(input.clone(), false, target_of_one(input, path)?)]
        }
        (_, Output::Path(directory)) => mirror(wish, directory, &mut walked)?,
        (_, Output::InPlace { .. }) => gather(wish, None, &mut walked, |input, _| match input {
            Input::Path(_) => Ok(Target::InPlace),
            Input::Stdin => {
                let reason = "it is no file that could be changed in place";
                Err(refuse(Path::new("standard input"), reason))
            }
        })?,
        (_, Output::Nowhere) => gather(wish, None, &mut walked, |_, _| Ok(Target::Nowhere))?,
    };
    tasks.sort_by(|a, b| a.input.cmp(&b.input));
    conflict::resolve(&mut tasks, wish, &walked)?;
    if wish.is_update {
        tasks.iter_mut().for_each(skip_if_up_to_date);
    }
    if let Some(time) = wish.changed_before {
        tasks.iter_mut().for_each(|task| skip_if_changed_since(task, time));
    }
    Ok(tasks)
}

/// The directories that were searched for documents, if results are written to others.
pub(super) type Walked = HashMap<Identity, PathBuf>;

/// Refuses to search a version control directory: nothing in it is a document, though much looks like one.
fn refuse_repositories(inputs: &[Input]) -> Result<(), Error> {
    let mut repositories = Repositories::default();
    for input in inputs {
        if let Input::Path(path) = input
            && is_directory(input)
            && let Some(found) = repositories.containing(path)
        {
            return Err(repository_error(path, "search", &found));
        }
    }
    Ok(())
}

/// Returns the error that a path is, or lies in, a version control directory.
pub(super) fn repository_error(path: &Path, action: &'static str, found: &Path) -> Error {
    let reason = if path == found {
        "it belongs to version control".to_owned()
    } else {
        format!("it lies in {}, which belongs to version control", shown(found))
    };
    Error::io(path, action, io::Error::new(io::ErrorKind::InvalidInput, reason))
}

/// Returns a task for each input and for all that is in those that are directories; `target` says where each goes, of the
/// directory it was found in.
fn gather(
    wish: Wish<'_>,
    output: Option<&Identity>,
    walked: &mut Walked,
    target: impl Fn(&Input, Option<&Path>) -> Result<Target, Error>,
) -> Result<Vec<Task>, Error> {
    let mut tasks = Vec::new();
    let is_mirrored = matches!(wish.output, Output::Path(_));
    for input in wish.inputs {
        let root = match input {
            Input::Path(root) if is_directory(input) => root,
            _ => {
                tasks.push(Task::convert(input.clone(), false, target(input, None)?));
                continue;
            }
        };
        let mut broken = None;
        walk(root, wish.selection, output, |found| {
            let (path, action) = match found {
                Found::Document(path) => {
                    let input = Input::Path(path);
                    match target(&input, Some(root)) {
                        Ok(target) => tasks.push(Task::convert(input, true, target)),
                        Err(error) => broken = Some(error),
                    }
                    return;
                }
                Found::Directory(path) => {
                    if is_mirrored && let Some(identity) = Identity::of(&path) {
                        walked.insert(identity, path);
                    }
                    return;
                }
                Found::Skipped(path, reason) => (path, Action::Skip(reason.to_owned())),
                Found::Lost(path, error) => (path, Action::Fail(error)),
            };
            tasks.push(Task { input: Input::Path(path), is_found: true, action, warning: None });
        })?;
        if let Some(error) = broken {
            return Err(error);
        }
    }
    Ok(tasks)
}

/// Passes a task over if its result is there and not older than its input.
fn skip_if_up_to_date(task: &mut Task) {
    let (Input::Path(input), Some(output)) = (&task.input, task.target().and_then(Target::file))
    else {
        return;
    };
    let time = |path: &Path| fs::metadata(path).and_then(|metadata: Metadata| metadata.modified());
    if let (Ok(input), Ok(output)) = (time(input), time(output))
        && output >= input
    {
        task.action = Action::Skip("up to date".to_owned());
    }
}

/// Skips a file that was modified at this time or later.
fn skip_if_changed_since(task: &mut Task, time: SystemTime) {
    let Input::Path(input) = &task.input else { return };
    let modified = fs::metadata(input).and_then(|metadata| metadata.modified());
    if task.target().is_some() && modified.is_ok_and(|modified| modified >= time) {
        task.action = Action::Skip("modified since then".to_owned());
    }
}

fn target_of_one(input: &Input, output: &Path) -> Result<Target, Error> {
    if output.is_dir() || ends_with_separator(output) {
        return Ok(Target::Mirror(output.join(file_name(input, output)?)));
    }
    // A descriptor may lead to a regular file, which must not be replaced beneath the shell that opened it.
    const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    if cfg!(unix) && STDOUT.iter().any(|name| output == Path::new(name)) {
        return Ok(Target::Stdout);
    }
    let is_descriptor = cfg!(unix) && is_descriptor(output);
    let path = output.to_owned();
    Ok(match fs::metadata(output) {
        Ok(metadata) if is_descriptor || !metadata.is_file() => Target::Stream(path),
        _ => Target::File(path),
    })
}

/// Returns whether a path is a name for a descriptor of a process: `/dev/fd/3`, `/proc/self/fd/3`, `/dev/stderr`.
fn is_descriptor(path: &Path) -> bool {
    let Some(parent) = path.parent() else { return false };
    path == Path::new("/dev/stderr")
        || parent == Path::new("/dev/fd")
        || (parent.starts_with("/proc") && parent.ends_with("fd"))
}

/// Plans what goes beneath `output`: the contents of a single directory, or several inputs under their own names.
fn mirror(wish: Wish<'_>, output: &Path, walked: &mut Walked) -> Result<Vec<Task>, Error> {
    if fs::metadata(output).is_ok_and(|metadata| !metadata.is_dir()) {
        return Err(refuse(output, "several documents need a directory, and this is none"));
    }
    let identity = Identity::of(output);
    for input in wish.inputs {
        if let Input::Path(root) = input
            && is_directory(input)
            && identity.is_some()
            && Identity::of(root) == identity
        {
            return Err(refuse(output, "it is one of the inputs; choose another directory"));
        }
    }
    let is_single = wish.inputs.len() == 1 && !wish.keeps_paths;
    gather(wish, identity.as_ref(), walked, |input, root| {
        let Input::Path(path) = input else { return Err(refuse_nameless(output)) };
        let below = match root {
            _ if wish.keeps_paths => relative(path)?,
            None => PathBuf::from(file_name(input, output)?),
            Some(root) => {
                let below = path.strip_prefix(root).unwrap_or(path);
                if is_single { below.to_owned() } else { directory_name(root)?.join(below) }
            }
        };
        Ok(Target::Mirror(output.join(below)))
    })
}

/// Returns a path as it can stand beneath a directory: without a root, and never leading out of it.
fn relative(path: &Path) -> Result<PathBuf, Error> {
    let mut below = PathBuf::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => below.push(name),
            Component::ParentDir => {
                return Err(refuse(
                    path,
                    "a path with '..' has no place beneath another directory",
                ));
            }
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    Ok(below)
}

fn is_directory(input: &Input) -> bool {
    match input {
        Input::Stdin => false,
        Input::Path(path) => path.is_dir(),
    }
}

fn ends_with_separator(path: &Path) -> bool {
    let last = path.as_os_str().as_encoded_bytes().last();
    last.is_some_and(|&byte| is_separator(char::from(byte)))
}

fn file_name<'a>(input: &'a Input, output: &Path) -> Result<&'a OsStr, Error> {
    match input {
        Input::Path(path) => path.file_name().ok_or_else(|| refuse(path, "it has no file name")),
        Input::Stdin => Err(refuse_nameless(output)),
    }
}

/// Returns the name that a directory has where it lies, also for `.` and `..`; the root has none.
fn directory_name(directory: &Path) -> Result<PathBuf, Error> {
    if let Some(name) = directory.file_name() {
        return Ok(PathBuf::from(name));
    }
    let resolved =
        fs::canonicalize(directory).map_err(|error| Error::io(directory, "read", error))?;
    Ok(resolved.file_name().map(PathBuf::from).unwrap_or_default())
}

pub(super) fn told(input: &Input) -> String {
    match input {
        Input::Stdin => "standard input".to_owned(),
        Input::Path(path) => shown(path),
    }
}

fn refuse_nameless(output: &Path) -> Error {
    refuse(output, "standard input has no file name to use in a directory")
}

pub(super) fn refuse(path: &Path, reason: impl Into<String>) -> Error {
    Error::io(path, "write", io::Error::new(io::ErrorKind::InvalidInput, reason.into()))
}
