//! Finds and reads the files that a user's config or command line names.

use std::fs;
use std::path::{Path, PathBuf};

use super::builtin;
use super::config::{FileRef, Forest, Leaf, Plan, Spec};
use super::inspect::Words;
use crate::dictionary::lexicon::Lexicon;
use crate::error::{Error, shown};

/// Reads a config file and the dictionaries that it names.
///
/// A dictionary is looked for beside the config, then in the working directory, then, if it is a mere name, among the built-in ones,
/// by its stem.
/// A binary dictionary (`ocd2`, `ocd`) is never read: its text twin, of the same stem with `.txt`, stands in for it.
pub(crate) fn plan(path: &Path, include_tofu_risk: bool) -> Result<Plan<'static>, Error> {
    let text = read(path)?;
    let spec = Spec::parse(&text, path)?;
    let beside = path.parent().unwrap_or(Path::new(""));
    spec.plan(include_tofu_risk, &mut |file| match found(file, beside, path)? {
        Place::File(found) => dictionary(&found),
        Place::BuiltIn(stem, text) => Lexicon::parse(text, Path::new(stem)),
    })
}

/// Returns the config file and the files that it names, as far as they exist.
///
/// Dictionaries that are left out for their tofu risk are among them, and the binary ones beside their text twins.
///
/// # Errors
///
/// If the config cannot be read or is not well formed.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let spec = Spec::parse(&read(path)?, path)?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let mut files = vec![path.to_owned()];
    for file in spec.files() {
        if let Ok(Place::File(found)) = found(file, beside, path) {
            files.push(found);
        }
        let named = [beside.join(&file.file), PathBuf::from(&file.file)];
        files.extend(named.into_iter().find(|path| file.is_binary && path.is_file()));
    }
    Ok(files)
}

/// Reads a config file and its dictionaries with all their values, for [`Inspector`](super::Inspector).
pub(crate) fn forest(path: &Path, include_tofu_risk: bool) -> Result<Forest<Words>, Error> {
    let text = read(path)?;
    let beside = path.parent().unwrap_or(Path::new(""));
    Spec::parse(&text, path)?.forest(include_tofu_risk, &mut |leaf| match leaf {
        Leaf::Inline(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key.into(), value.into()));
            Ok(Words::new("inline", entries))
        }
        Leaf::File(file) => match found(file, beside, path)? {
            Place::File(found) => words(&found),
            Place::BuiltIn(stem, text) => Ok(Words::parse(stem, text.into())),
        },
    })
}

/// Reads a text dictionary with all its values.
pub(crate) fn words(path: &Path) -> Result<Words, Error> {
    let text = read(path)?;
    Lexicon::parse(&text, path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Words::parse(&name, text.into()))
}

/// Where a dictionary is.
enum Place {
    File(PathBuf),
    /// Stem and text.
    BuiltIn(&'static str, &'static str),
}

/// Reads a text dictionary.
pub(crate) fn dictionary(path: &Path) -> Result<Lexicon<'static>, Error> {
    Ok(Lexicon::parse(&read(path)?, path)?.into_owned())
}

fn found(file: &FileRef, beside: &Path, config: &Path) -> Result<Place, Error> {
    let named = Path::new(&file.file);
    let text = if file.is_binary { named.with_extension("txt") } else { named.to_owned() };
    // Joining an absolute path gives that path, so both candidates are then the same.
    let candidates: [PathBuf; 2] = [beside.join(&text), text.clone()];
    if let Some(found) = candidates.iter().find(|candidate| candidate.is_file()) {
        return Ok(Place::File(found.clone()));
    }
    if let Some(found) = candidates.iter().find(|candidate| candidate.exists()) {
        let message =
            format!("expected a text dictionary, and {} is no regular file", shown(found));
        return Err(Error::content(config, Some(file.line), message));
    }
    // A path that leads somewhere means that place.
    if text.components().count() > 1 {
        let message = format!("expected a text dictionary {}, and there is none", shown(&text));
        return Err(Error::content(config, Some(file.line), message));
    }
    let stem = named.file_stem().unwrap_or_default().to_string_lossy();
    builtin::text(&stem).map(|(stem, text)| Place::BuiltIn(stem, text)).ok_or_else(|| {
        let expected = if file.is_binary {
            format!(
                "expected a text dictionary {} in place of the binary {}, which is not read",
                shown(&text),
                shown(named)
            )
        } else {
            format!("expected a text dictionary {}", shown(&text))
        };
        let message = format!(
            "{expected}; it is neither beside the config nor in the working directory, and no built-in dictionary is called '{stem}'"
        );
        Error::content(config, Some(file.line), message)
    })
}

fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|source| Error::io(path, "read", source))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|&&byte| byte == b'\n').count();
        Error::content(path, Some(line), format!("expected UTF-8, found another byte at {valid}"))
    })
}
