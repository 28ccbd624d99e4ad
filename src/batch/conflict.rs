//! What the tasks of a batch would do to each other, settled before anything is written.
//!
//! In: tasks, in the order of their inputs. Out: the same tasks, of which no two write one file, none writes over what is
//! read (documents, dictionaries, lists) or written besides (a report, redirected streams), and each file is converted once;
//! or an error. Files are compared by identity and by [`Place`](super::place::Place), so that no spelling, link, bind mount
//! or case-insensitive name makes two files of one.
//!
//! Hard links are files of their own: to replace one leaves the others. If several names of one file are converted in
//! place, each is read from the old file and replaced by a new one, and none is converted twice.
//!
//! A link below the output directory that leads elsewhere is the user's and is followed, unless it leads into what is read.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::destination::{Action, Target, Task, Walked, Wish, refuse, repository_error, told};
use super::identity::{Identity, Status};
use super::place::{Place, Places};
use super::repository::{Repositories, has_name, is_message};
use super::{Input, Output};
use crate::error::{Error, shown};

/// Skips what would be converted twice, and refuses what would lose something.
pub(super) fn resolve(tasks: &mut [Task], wish: Wish<'_>, walked: &Walked) -> Result<(), Error> {
    let mut places = Places::default();
    let inputs: Vec<Option<Status>> = tasks.iter().map(|task| status(&task.input)).collect();
    if matches!(wish.output, Output::InPlace { .. }) {
        tasks.iter_mut().zip(&inputs).for_each(refuse_what_is_no_file);
    }
    if matches!(wish.output, Output::InPlace { .. } | Output::Nowhere) {
        convert_once(tasks, &inputs, &mut places);
    }
    refuse_repositories(tasks)?;
    refuse_one_output_for_two(tasks, &inputs, &mut places)?;
    // The files that would be replaced, as far as they are there.
    let targets: Vec<Option<Identity>> =
        tasks.iter().map(|task| task.target().and_then(Target::identity)).collect();
    refuse_walked_outputs(tasks, &targets, wish, walked)?;
    Spared::new(wish, &mut places)?.keep(tasks, (&inputs, &targets), wish, &mut places)?;
    refuse_output_over_input(tasks, &inputs, targets)
}

fn status(input: &Input) -> Option<Status> {
    match input {
        Input::Path(path) => Status::of(path),
        Input::Stdin => None,
    }
}

fn refuse_what_is_no_file((task, status): (&mut Task, &Option<Status>)) {
    // To open a pipe is to wait for somebody who writes to it.
    if let (Input::Path(path), Some(_), Some(status)) = (&task.input, task.target(), status)
        && !status.is_file
    {
        task.action = Action::Fail(refuse(path, "it exists and is not a regular file"));
    }
}

/// Skips every path but one to each file; hard links are files of their own.
fn convert_once(tasks: &mut [Task], inputs: &[Option<Status>], places: &mut Places) {
    let mut first: HashMap<&Identity, usize> = HashMap::new();
    let mut more: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, (task, status)) in tasks.iter_mut().zip(inputs).enumerate() {
        let (Some(target), Some(status)) = (task.target(), status) else { continue };
        if *target == Target::InPlace && status.has_more_names_than(1) {
            task.warning = Some("it had other names (hard links), which keep the old contents");
        }
        let first = *first.entry(&status.identity).or_insert(at);
        if first != at {
            more.entry(first).or_default().push(at);
        }
    }
    for (first, others) in more {
        let Some(status) = &inputs[first] else { continue };
        let names = names_of_one_file(tasks, inputs, (first, others), places);
        if names.len() > 1 && !status.has_more_names_than(names.len()) {
            let warning = "it had other names (hard links), which are separate files now";
            for at in names {
                tasks[at].warning = tasks[at].warning.and(Some(warning));
            }
        }
    }
}

/// Keeps one task for each name of a file, and returns those.
fn names_of_one_file(
    tasks: &mut [Task],
    inputs: &[Option<Status>],
    (first, others): (usize, Vec<usize>),
    places: &mut Places,
) -> Vec<usize> {
    let mut names: BTreeMap<Place, usize> = BTreeMap::new();
    let mut folded: HashMap<Option<Place>, Place> = HashMap::new();
    for at in [first].into_iter().chain(others) {
        let Input::Path(path) = &tasks[at].input else { continue };
        let place = places.of(path);
        let is_sole = match (&inputs[first], &inputs[at]) {
            (Some(a), Some(b)) => b.is_sole_name_of(a),
            _ => false,
        };
        let same = if names.contains_key(&place) {
            Some(place.clone())
        } else if is_sole {
            names.keys().next().cloned()
        } else {
            let other = folded.get(&place.folded()).filter(|other| {
                let Input::Path(other) = &tasks[names[other]].input else { return false };
                places.are_one(path, other)
            });
            other.cloned()
        };
        let Some(same) = same else {
            folded.insert(place.folded(), place.clone());
            names.insert(place, at);
            continue;
        };
        let known = names[&same];
        // The name of a file may say which format it has; that of a link says less.
        let is_link = |at: usize| match &tasks[at].input {
            Input::Path(path) => path.is_symlink(),
            Input::Stdin => false,
        };
        if is_link(known) && !is_link(at) {
            names.insert(same, at);
            skip_duplicate(tasks, known, at);
        } else {
            skip_duplicate(tasks, at, known);
        }
    }
    names.into_values().collect()
}

fn skip_duplicate(tasks: &mut [Task], skipped: usize, kept: usize) {
    let reason = format!("the same file as {}", told(&tasks[kept].input));
    tasks[skipped].action = Action::Skip(reason);
}

/// Refuses to write what version control has, or to put something beside it.
fn refuse_repositories(tasks: &[Task]) -> Result<(), Error> {
    let mut repositories = Repositories::default();
    let mut known: HashSet<&Path> = HashSet::new();
    for task in tasks {
        let path = match (task.target(), &task.input) {
            // What was found is in none.
            (Some(Target::InPlace), Input::Path(path)) if !task.is_found => path,
            (Some(Target::File(path) | Target::Mirror(path)), _) => path,
            _ => continue,
        };
        let (parent, name) = (path.parent(), path.file_name());
        if name.is_some_and(is_message) {
            continue;
        }
        // Of many files in a directory the first tells where that is.
        let is_new = parent.is_none_or(|parent| known.insert(parent));
        let found = if is_new || path.is_symlink() {
            repositories.containing(path)
        } else {
            name.is_some_and(has_name).then(|| path.clone())
        };
        if let Some(found) = found {
            return Err(repository_error(path, "write", &found));
        }
    }
    Ok(())
}

/// Refuses two inputs that would become one file, or one a directory where the other is a file; what is converted twice
/// to one place is converted once.
fn refuse_one_output_for_two(
    tasks: &mut [Task],
    inputs: &[Option<Status>],
    places: &mut Places,
) -> Result<(), Error> {
    let mut outputs: Vec<(Place, usize)> = Vec::new();
    for (at, task) in tasks.iter().enumerate() {
        if let Some(file) = task.target().and_then(Target::file) {
            outputs.push((places.of(file), at));
        }
    }
    if outputs.len() < 2 {
        return Ok(());
    }
    // Equal ones are neighbors then, and so are a file and what would lie below it.
    outputs.sort();
    let mut duplicates = Vec::new();
    for pair in outputs.windows(2) {
        let [(place, a), (next, b)] = pair else { continue };
        if place == next {
            if !is_same_input(tasks, inputs, (*a, *b), places) {
                return Err(two_inputs(&tasks[*a], &tasks[*b]));
            }
            duplicates.push((*a, *b));
        } else if next.is_below(place) {
            return Err(file_and_directory(&tasks[*a], &tasks[*b]));
        }
    }
    refuse_outputs_that_differ_by_case(tasks, &outputs, places)?;
    for (kept, skipped) in duplicates {
        let reason = format!("the same file as {}", told(&tasks[kept].input));
        tasks[skipped].action = Action::Skip(reason);
    }
    Ok(())
}

fn is_same_input(
    tasks: &[Task],
    inputs: &[Option<Status>],
    (a, b): (usize, usize),
    places: &mut Places,
) -> bool {
    let (Some(first), Some(second)) = (&inputs[a], &inputs[b]) else { return false };
    let (Input::Path(a), Input::Path(b)) = (&tasks[a].input, &tasks[b].input) else {
        return false;
    };
    first.identity == second.identity && places.of(a) == places.of(b)
}

fn refuse_outputs_that_differ_by_case(
    tasks: &[Task],
    outputs: &[(Place, usize)],
    places: &mut Places,
) -> Result<(), Error> {
    let mut known: HashMap<Place, usize> = HashMap::with_capacity(outputs.len());
    for (index, (place, at)) in outputs.iter().enumerate() {
        let Some(folded) = place.folded() else { continue };
        let Some(other) = known.insert(folded, index) else { continue };
        let (other, other_at) = &outputs[other];
        let (Some(a), Some(b)) = (tasks[*other_at].target(), tasks[*at].target()) else { continue };
        let (Some(a), Some(b)) = (a.file(), b.file()) else { continue };
        if other != place && places.are_one(a, b) {
            return Err(two_inputs(&tasks[*other_at], &tasks[*at]));
        }
    }
    Ok(())
}

/// Refuses to write into a directory that was searched for documents, whatever path leads there, and a file in the place of
/// a directory that others are written to.
fn refuse_walked_outputs(
    tasks: &[Task],
    targets: &[Option<Identity>],
    wish: Wish<'_>,
    walked: &Walked,
) -> Result<(), Error> {
    let Output::Path(output) = wish.output else { return Ok(()) };
    let mut looked_at: HashSet<&Path> = HashSet::new();
    let mut directories: HashMap<Identity, &Task> = HashMap::new();
    for task in tasks {
        let Some(Target::Mirror(file)) = task.target() else { continue };
        for directory in file.ancestors().skip(1).take_while(|above| above.starts_with(output)) {
            if !looked_at.insert(directory) {
                break;
            }
            let Some(identity) = Identity::of(directory) else { continue };
            if let Some(read) = walked.get(&identity) {
                let reason = format!("it lies in the input directory {}", shown(read));
                return Err(refuse(file, reason));
            }
            directories.entry(identity).or_insert(task);
        }
    }
    for (task, target) in tasks.iter().zip(targets) {
        let below = target.as_ref().and_then(|file| directories.get(file));
        if let (Some(Target::Mirror(_)), Some(below)) = (task.target(), below) {
            return Err(file_and_directory(task, below));
        }
    }
    Ok(())
}

/// Files that are read or written besides the documents.
struct Spared {
    files: HashMap<Identity, &'static str>,
    /// Where they are, or will be.
    places: HashMap<Place, &'static str>,
    /// Files that standard output and standard error are redirected to.
    streams: HashMap<Identity, &'static str>,
    /// The report, as far as it exists.
    report: Option<Identity>,
}

impl Spared {
    fn new(wish: Wish<'_>, places: &mut Places) -> Result<Spared, Error> {
        const READ: &str = "it is read as a config, dictionary or list";
        const REPORT: &str = "it is the report";

        let read = wish.read.iter().map(|path| (path.as_path(), READ));
        let written = wish.written.iter().map(|path| (*path, REPORT));
        let (mut files, mut at) = (HashMap::new(), HashMap::new());
        for (path, reason) in read.chain(written) {
            let identity = Identity::of_regular_at(path);
            let earlier = identity.and_then(|identity| files.insert(identity, reason));
            let same_place = at.insert(places.of(path), reason);
            if reason == REPORT && earlier.or(same_place) == Some(READ) {
                return Err(refuse(path, format!("{READ}, and would be replaced by the report")));
            }
        }
        let mut streams = HashMap::new();
        let stdout =
            Identity::of_stdout().map(|file| (file, "standard output is redirected to it"));
        let stderr = Identity::of_stderr().map(|file| (file, "standard error is redirected to it"));
        streams.extend(stdout.into_iter().chain(stderr));
        let report = wish.written.and_then(Identity::of_regular_at);
        Ok(Spared { files, places: at, streams, report })
    }

    /// Keeps documents off these files: fails if one would be replaced or was named as a document, and skips what was
    /// found in a directory.
    fn keep(
        &self,
        tasks: &mut [Task],
        (inputs, targets): (&[Option<Status>], &[Option<Identity>]),
        wish: Wish<'_>,
        places: &mut Places,
    ) -> Result<(), Error> {
        if self.files.is_empty() && self.places.is_empty() && self.streams.is_empty() {
            return Ok(());
        }
        let names: HashSet<String> = self.places.keys().map(Place::folded_name).collect();
        for ((task, status), identity) in tasks.iter_mut().zip(inputs).zip(targets) {
            let Some(target) = task.target() else { continue };
            let made = made(task, target, wish);
            let is_file = made.is_some();
            let backup = made.as_ref().filter(|_| *target == Target::InPlace);
            let backup = backup.and_then(|path| Identity::of(path));
            let reason = identity.as_ref().or(backup.as_ref()).and_then(|file| {
                // A result may go to the stream itself.
                let stream = self.streams.get(file).filter(|_| is_file);
                self.files.get(file).or(stream)
            });
            // Of other names the place need not be known: there may be a million.
            let is_known = |path: &PathBuf| {
                let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase());
                name.is_some_and(|name| names.contains(&name))
            };
            let at_place = || {
                let place = places.of(made.as_ref().filter(|path| is_known(path))?);
                self.places.get(&place)
            };
            if let Some(reason) = reason.or_else(at_place) {
                let path = made.as_deref().unwrap_or(target.path(&task.input));
                let reason = format!("{reason}, and would be replaced for {}", told(&task.input));
                return Err(refuse(path, reason));
            }
            let (Input::Path(path), Some(status)) = (&task.input, status) else { continue };
            let is_in_place = *target == Target::InPlace;
            let file = &status.identity;
            // What is only looked at is what a conversion in place would change.
            let is_looked_at = *target == Target::Nowhere && task.is_found;
            let is_changed = is_in_place || is_looked_at || self.report.as_ref() == Some(file);
            let spared = self.files.get(file).filter(|_| is_changed);
            let stream = self.streams.get(file).filter(|_| is_in_place || task.is_found);
            if let Some(reason) = spared.or(stream) {
                if !task.is_found {
                    return Err(refuse(path, *reason));
                }
                task.action = Action::Skip((*reason).to_owned());
            }
        }
        Ok(())
    }
}

/// Returns the file that a task makes besides its input: its result or, in place, the backup.
fn made(task: &Task, target: &Target, wish: Wish<'_>) -> Option<PathBuf> {
    match (target, wish.output, &task.input) {
        (Target::InPlace, Output::InPlace { backup_suffix: Some(suffix) }, Input::Path(path)) => {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            Some(PathBuf::from(name))
        }
        _ => target.file().map(Path::to_owned),
    }
}

fn refuse_output_over_input(
    tasks: &[Task],
    inputs: &[Option<Status>],
    targets: Vec<Option<Identity>>,
) -> Result<(), Error> {
    let mut outputs: HashMap<Identity, (&Target, &Task)> = HashMap::new();
    for (task, identity) in tasks.iter().zip(targets) {
        if let (Some(target), Some(identity)) = (task.target(), identity) {
            outputs.entry(identity).or_insert((target, task));
        }
    }
    if outputs.is_empty() {
        return Ok(());
    }
    for (task, status) in tasks.iter().zip(inputs) {
        let identity = match &task.input {
            Input::Stdin => Identity::of_stdin(),
            Input::Path(_) => status.as_ref().map(|status| status.identity.clone()),
        };
        if let Some((target, output)) = identity.and_then(|identity| outputs.get(&identity)) {
            let reason = format!("it is the same file as the input {}", told(&task.input));
            return Err(refuse(target.path(&output.input), reason));
        }
    }
    Ok(())
}

fn two_inputs(a: &Task, b: &Task) -> Error {
    let reason = format!("both {} and {} would go there", told(&a.input), told(&b.input));
    refuse(path_of(a), reason)
}

fn file_and_directory(file: &Task, directory: &Task) -> Error {
    let (a, b) = (told(&file.input), told(&directory.input));
    refuse(path_of(file), format!("it would be a file for {a} and a directory for {b}"))
}

fn path_of(task: &Task) -> &Path {
    task.target().map_or(Path::new(""), |target| target.path(&task.input))
}
