//! Which columns hold text, which of them are wanted, and the values of one.
//!
//! In: what a schema says, and what a user named. Out: the columns to convert; then their values, each different one once, to be
//! converted together. The naive way converts value by value, and the same word in each of a million rows anew.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::error::Error;

/// A column of text in a schema.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Its name; within others, their names before it with dots between. Lists and the values of maps have the name of what
    /// they are in.
    pub(super) name: String,
    /// The number from 1 of the outermost column that it is in.
    pub(super) number: usize,
}

/// Returns which of the columns are to be converted.
pub(super) fn choose(
    format: &str,
    wanted: &[String],
    columns: &[Column],
) -> Result<Vec<bool>, Error> {
    let mut chosen = vec![wanted.is_empty(); columns.len()];
    for name in wanted {
        let is_within = |column: &Column| {
            let rest = column.name.strip_prefix(&**name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let number = name.parse::<usize>().ok();
        let is_named = columns.iter().any(is_within);
        let is_meant = |column: &Column| match is_named {
            true => is_within(column),
            false => Some(column.number) == number,
        };
        let mut is_known = false;
        for (column, chosen) in columns.iter().zip(&mut chosen) {
            let is_meant = is_meant(column);
            (*chosen, is_known) = (*chosen || is_meant, is_known || is_meant);
        }
        if !is_known {
            return Err(Error::package(format, None, unknown(name, columns)));
        }
    }
    Ok(chosen)
}

fn unknown(name: &str, columns: &[Column]) -> String {
    let name = name.escape_debug();
    let mut names: Vec<String> =
        columns.iter().map(|column| column.name.escape_debug().to_string()).collect();
    names.dedup();
    match names.len() {
        0 => format!("it has no column of text '{name}', and no other"),
        _ => format!("it has no column of text '{name}'; it has {}", names.join(", ")),
    }
}

/// Bytes of different values that are held at once.
const MOST_TEXT: u64 = 4 << 30;

/// Different values of a column, in the order in which they were found.
#[derive(Debug)]
pub(crate) struct Values {
    /// The name of the column.
    pub(crate) column: String,
    /// All of them, a line end behind each.
    pub(crate) text: String,
    /// Where each ends in the text.
    pub(crate) ends: Vec<usize>,
    /// The row from 1 in which each was found first.
    pub(crate) rows: Vec<u64>,
    /// How often each was found.
    pub(crate) counts: Vec<u64>,
    /// By hash, the last of those that have it.
    by_hash: HashMap<u64, usize>,
    /// Of each, the one before with the same hash.
    before: Vec<Option<usize>>,
    hasher: RandomState,
}

impl Values {
    pub(super) fn new(column: &str) -> Values {
        Values {
            column: column.to_owned(),
            text: String::new(),
            ends: Vec::new(),
            rows: Vec::new(),
            counts: Vec::new(),
            by_hash: HashMap::new(),
            before: Vec::new(),
            hasher: RandomState::new(),
        }
    }

    /// Returns where a value stands in the text.
    pub(crate) fn range(&self, index: usize) -> std::ops::Range<usize> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] + 1);
        start..self.ends[index]
    }

    /// Returns the number of a value that was added.
    pub(super) fn find(&self, value: &[u8]) -> Option<usize> {
        self.with_hash(self.hasher.hash_one(value), value)
    }

    fn with_hash(&self, hash: u64, value: &[u8]) -> Option<usize> {
        let mut next = self.by_hash.get(&hash).copied();
        while let Some(index) = next {
            if self.text.as_bytes()[self.range(index)] == *value {
                return Some(index);
            }
            next = self.before[index];
        }
        None
    }

    /// Adds a value; returns its number.
    pub(super) fn add(&mut self, value: &[u8], row: u64) -> Result<usize, String> {
        let hash = self.hasher.hash_one(value);
        if let Some(index) = self.with_hash(hash, value) {
            self.counts[index] += 1;
            return Ok(index);
        }
        let Ok(text) = simdutf8::basic::from_utf8(value) else {
            return Err(format!("row {row}: it is not UTF-8"));
        };
        if (self.text.len() + text.len()) as u64 >= MOST_TEXT {
            return Err(format!("more than {} GiB of text at once", MOST_TEXT >> 30));
        }
        let index = self.ends.len();
        self.text.push_str(text);
        self.ends.push(self.text.len());
        self.text.push('\n');
        self.rows.push(row);
        self.counts.push(1);
        self.before.push(self.by_hash.insert(hash, index));
        Ok(index)
    }
}

/// What became of the values of a column.
#[derive(Debug)]
pub(crate) struct Converted {
    /// All of them, a line end behind each.
    pub(crate) text: String,
    /// Where each ends in the text.
    pub(crate) ends: Vec<usize>,
}

impl Converted {
    /// Returns where a value stands in the text.
    pub(crate) fn range(&self, index: usize) -> std::ops::Range<usize> {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] + 1);
        start..self.ends[index]
    }
}

/// Converts the values of a column; `None` if none changes.
pub(super) type Convert<'a> = dyn FnMut(&Values) -> Result<Option<Converted>, Error> + 'a;
