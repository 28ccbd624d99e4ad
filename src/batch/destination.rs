//! Inputs and an output → one task for each document: read this, write that.
//!
//! In: what the user named. Out: a [`Plan`] in which no two tasks write one file and no task writes what another reads, or
//! an error. Nothing is read but names and what the file system says about them, and nothing is written.
//!
//! The naive way decides for each file when its turn comes, and finds out about the second `a.txt` after the first is written.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf, is_separator};

use super::identity::Identity;
use super::walk::walk;
use super::{Failure, Input, Output, Skipped};
use crate::error::Error;

/// What is to be done, and what is known already not to be possible.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// In the order of their targets.
    pub(super) tasks: Vec<Task>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) failures: Vec<Failure>,
}

/// One document.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) input: Input,
    pub(super) target: Target,
}

/// Where one document goes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Stdout,
    /// A device, a pipe or a descriptor: opened and written to.
    Stream(PathBuf),
    /// A regular file, there already or not: replaced as a whole.
    File(PathBuf),
}

impl Target {
    pub(super) fn path(&self) -> &Path {
        match self {
            Target::Stdout => Path::new("standard output"),
            Target::Stream(path) | Target::File(path) => path,
        }
    }

    /// Returns the file that would be replaced, or added to, where there is one.
    fn identity(&self) -> Option<Identity> {
        match self {
            Target::Stdout => Identity::of_stdout(),
            Target::Stream(_) => None,
            Target::File(path) => Identity::of(path),
        }
    }
}

/// Returns the tasks for `inputs`, or why `output` is no place for them.
pub(super) fn plan(inputs: &[Input], output: &Output) -> Result<Plan, Error> {
    let mut plan = Plan::default();
    match (inputs, output) {
        ([input], Output::Stdout) if !is_directory(input) => {
            plan.tasks.push(Task { input: input.clone(), target: Target::Stdout });
        }
        (_, Output::Stdout) => {
            return Err(refuse(Target::Stdout.path(), "it takes one document, not several"));
        }
        ([input], Output::Path(path)) if !is_directory(input) => {
            plan.tasks.push(Task { input: input.clone(), target: target_of_one(input, path)? });
        }
        (_, Output::Path(directory)) => mirror(inputs, directory, &mut plan)?,
    }
    refuse_two_inputs_to_one_output(&mut plan.tasks)?;
    refuse_output_over_input(&plan.tasks)?;
    Ok(plan)
}

fn target_of_one(input: &Input, output: &Path) -> Result<Target, Error> {
    if output.is_dir() || ends_with_separator(output) {
        return Ok(Target::File(output.join(file_name(input, output)?)));
    }
    // A descriptor may lead to a regular file, which must not be replaced beneath the shell that opened it.
    const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    if cfg!(unix) && STDOUT.iter().any(|name| output == Path::new(name)) {
        return Ok(Target::Stdout);
    }
    let is_descriptor = cfg!(unix)
        && (["/dev/fd", "/proc"].iter().any(|directory| output.starts_with(directory))
            || output == Path::new("/dev/stderr"));
    let path = output.to_owned();
    Ok(match fs::metadata(output) {
        Ok(metadata) if is_descriptor || !metadata.is_file() => Target::Stream(path),
        _ => Target::File(path),
    })
}

/// Plans what goes beneath `output`: the contents of a single directory, or several inputs under their own names.
fn mirror(inputs: &[Input], output: &Path, plan: &mut Plan) -> Result<(), Error> {
    if fs::metadata(output).is_ok_and(|metadata| !metadata.is_dir()) {
        return Err(refuse(output, "several documents need a directory, and this is none"));
    }
    let output_identity = Identity::of(output);
    for input in inputs {
        let Input::Path(root) = input else {
            return Err(refuse_nameless(output));
        };
        if !is_directory(input) {
            let target = Target::File(output.join(file_name(input, output)?));
            plan.tasks.push(Task { input: input.clone(), target });
            continue;
        }
        if output_identity.is_some() && Identity::of(root) == output_identity {
            return Err(refuse(output, "it is one of the inputs; choose another directory"));
        }
        let base =
            if inputs.len() == 1 { output.to_owned() } else { output.join(directory_name(root)?) };
        walk(root, output_identity.as_ref(), plan, |plan, path| {
            let below = path.strip_prefix(root).unwrap_or(path);
            let target = Target::File(base.join(below));
            plan.tasks.push(Task { input: Input::Path(path.to_owned()), target });
        });
    }
    Ok(())
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

/// Brings the tasks into the order of their targets, where equal ones, and a file and what would lie below it, are
/// neighbours.
fn refuse_two_inputs_to_one_output(tasks: &mut [Task]) -> Result<(), Error> {
    tasks.sort_by(|a, b| (&a.target, &a.input).cmp(&(&b.target, &b.input)));
    for pair in tasks.windows(2) {
        let [a, b] = pair else { continue };
        if a.target == b.target {
            return Err(two_inputs(a, b));
        }
        if b.target.path().starts_with(a.target.path()) {
            let (file, below) = (told(&a.input), told(&b.input));
            let reason = format!("it would be a file for {file} and a directory for {below}");
            return Err(refuse(a.target.path(), reason));
        }
    }
    Ok(())
}

fn refuse_output_over_input(tasks: &[Task]) -> Result<(), Error> {
    let mut outputs: HashMap<Identity, &Task> = HashMap::new();
    for task in tasks {
        let Some(identity) = task.target.identity() else { continue };
        match outputs.entry(identity) {
            Entry::Vacant(entry) => {
                entry.insert(task);
            }
            // Hard links come apart when one is replaced; two names that lead to one place do not.
            Entry::Occupied(entry) => {
                let paths = [task.target.path(), entry.get().target.path()].map(fs::canonicalize);
                if matches!(paths, [Ok(a), Ok(b)] if a == b) {
                    return Err(two_inputs(entry.get(), task));
                }
            }
        }
    }
    if outputs.is_empty() {
        return Ok(());
    }
    for task in tasks {
        let identity = match &task.input {
            Input::Stdin => Identity::of_stdin(),
            Input::Path(path) => Identity::of(path),
        };
        if let Some(output) = identity.and_then(|identity| outputs.get(&identity)) {
            let reason = format!("it is the same file as the input {}", told(&task.input));
            return Err(refuse(output.target.path(), reason));
        }
    }
    Ok(())
}

fn two_inputs(a: &Task, b: &Task) -> Error {
    let reason = format!("both {} and {} would go there", told(&a.input), told(&b.input));
    refuse(a.target.path(), reason)
}

fn told(input: &Input) -> String {
    match input {
        Input::Stdin => "standard input".to_owned(),
        Input::Path(path) => path.display().to_string(),
    }
}

fn refuse_nameless(output: &Path) -> Error {
    refuse(output, "standard input has no file name to use in a directory")
}

fn refuse(path: &Path, reason: impl Into<String>) -> Error {
    Error::io(path, "write", io::Error::new(io::ErrorKind::InvalidInput, reason.into()))
}
