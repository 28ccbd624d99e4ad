//! Fields of JSON as a user names them: `items[].name`.
//!
//! In: the user's words. Out: the steps of the way to the values that are meant; and, where a document has none of them, the names of
//! those that it has. The naive way splits at dots, and a key that has one, as those of translations have, cannot be named.

use std::str::FromStr;

use crate::error::Error;
use crate::format::sought::Sought;

/// The way to a value: `a.b[].c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path(pub(super) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    /// Any key: `*`.
    AnyKey,
    /// Any place in an array: `[]`.
    Any,
    /// One place in an array: `[3]`.
    Index(usize),
}

impl Path {
    /// As many as a set of bits holds.
    pub(crate) const MOST: usize = 64;
}

impl FromStr for Path {
    type Err = Error;

    /// As jq has it: keys with dots between, `[]` behind an array; a key with dots or brackets stands in quotes, as `["a.b"]`, or has
    /// backslashes before them, as `a\\.b`.
    fn from_str(text: &str) -> Result<Path, Error> {
        let wrong = |what: &str| {
            Error::usage(format!(
                "bad field '{}': {what}; as in title, items[].name or [\"a.b\"]",
                text.escape_debug()
            ))
        };
        let mut steps = Vec::new();
        let mut rest = text.strip_prefix('.').unwrap_or(text);
        while !rest.is_empty() {
            if let Some(inner) = rest.strip_prefix("[\"") {
                let (key, behind) = quoted(inner).ok_or_else(|| wrong("a \" is missing"))?;
                steps.push(Step::Key(key));
                rest = behind.strip_prefix(']').ok_or_else(|| wrong("a ] is missing"))?;
            } else if let Some(inner) = rest.strip_prefix('[') {
                let (index, behind) =
                    inner.split_once(']').ok_or_else(|| wrong("a ] is missing"))?;
                steps.push(match index {
                    "" | "*" => Step::Any,
                    _ => Step::Index(index.parse().map_err(|_| wrong("no number in [ ]"))?),
                });
                rest = behind;
            } else if let Some(inner) = rest.strip_prefix('"') {
                let (key, behind) = quoted(inner).ok_or_else(|| wrong("a \" is missing"))?;
                steps.push(Step::Key(key));
                rest = behind;
            } else {
                let (key, len) = bare(rest);
                let is_any = &rest[..len] == "*";
                rest = &rest[len..];
                if key.is_empty() {
                    return Err(wrong("an empty key"));
                }
                steps.push(if is_any { Step::AnyKey } else { Step::Key(key) });
            }
            match rest.strip_prefix('.') {
                Some("") => return Err(wrong("it ends in a dot")),
                Some(behind) => rest = behind,
                None if rest.is_empty() || rest.starts_with('[') => {}
                None => return Err(wrong("a dot is missing")),
            }
        }
        if steps.is_empty() {
            return Err(wrong("it names nothing"));
        }
        Ok(Path(steps))
    }
}

/// Returns the key that ends at the next quote without a backslash, and what is behind that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut rest = text.chars();
    loop {
        match rest.next()? {
            '"' => return Some((key, rest.as_str())),
            '\\' => key.push(rest.next()?),
            c => key.push(c),
        }
    }
}

/// Returns the key that ends at the next dot or bracket without a backslash, and how long it is as it is written.
fn bare(text: &str) -> (String, usize) {
    let mut key = String::new();
    let mut rest = text.chars();
    loop {
        let len = text.len() - rest.as_str().len();
        match rest.next() {
            None | Some('.' | '[') => return (key, len),
            Some('\\') => key.extend(rest.next()),
            Some(c) => key.push(c),
        }
    }
}

/// The ways to the strings of a document.
pub(super) struct Names<'a> {
    sought: &'a Sought,
    /// The way to where the scanner is.
    way: Vec<String>,
    pub(super) seen: Vec<String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(sought: &'a Sought) -> Names<'a> {
        Names { sought, way: Vec::new(), seen: Vec::new() }
    }

    /// Goes on to a key of an object, or an element of an array, at this depth.
    pub(super) fn step(&mut self, depth: usize, key: Option<&str>) {
        // A way that is longer is of no use to anybody.
        if depth > 16 {
            return;
        }
        self.way.truncate(depth);
        let is_plain =
            |key: &str| !key.is_empty() && !key.contains(['.', '[', ']', '"', '*', '\\']);
        self.way.push(match key {
            None => "[]".to_owned(),
            Some(key) if is_plain(key) && depth == 0 => key.to_owned(),
            Some(key) if is_plain(key) => format!(".{key}"),
            Some(key) => format!("[\"{}\"]", key.replace('\\', "\\\\").replace('"', "\\\"")),
        });
    }

    /// Notes a string at the end of the way, which is of this depth.
    pub(super) fn string(&mut self, depth: usize) {
        if depth == self.way.len() && depth > 0 {
            self.sought.see(&mut self.seen, &self.way.concat());
        }
    }
}
