//! The dictionaries of a config as a person knows them: with their names, all their values, and their groups.
//!
//! In: a config. Out: for a text, which dictionary has the longest key at its head, and what else it says there. The conversion
//! itself uses none of this: its tables hold one value a key, and no names.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::convert::config::Tree;
use crate::convert::ids;
use crate::dictionary::lexicon::MatchPolicy;

/// A dictionary with its name.
#[derive(Clone, Debug)]
pub(crate) struct Words {
    pub(crate) name: String,
    /// Values as they stand in the file, with blanks between them.
    values: HashMap<Cow<'static, str>, Cow<'static, str>>,
    /// Characters of the longest key that begins with a character.
    longest: HashMap<char, usize>,
}

/// What a dictionary says at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found<'a> {
    pub(crate) dictionary: &'a str,
    /// Bytes of the key.
    pub(crate) len: usize,
    /// All values, with blanks between them; the first is what a conversion writes.
    pub(crate) values: &'a str,
}

/// A stretch of text and what became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Match<'a> {
    pub(crate) from: &'a str,
    /// `None`: it is copied.
    pub(crate) found: Option<Found<'a>>,
}

impl<'a> Match<'a> {
    pub(crate) fn to(&self) -> &'a str {
        self.found.map_or(self.from, |found| found.first())
    }
}

impl<'a> Found<'a> {
    pub(crate) fn first(&self) -> &'a str {
        self.values.split(' ').next().unwrap_or_default()
    }
}

impl Words {
    /// Takes a text in OpenCC's form, which has been found to be well formed.
    pub(crate) fn parse(name: &str, text: Cow<'static, str>) -> Words {
        let entries: Vec<(Cow<'static, str>, Cow<'static, str>)> = match text {
            Cow::Borrowed(text) => {
                lines(text).map(|(key, values)| (key.into(), values.into())).collect()
            }
            Cow::Owned(text) => lines(&text)
                .map(|(key, values)| (key.to_owned().into(), values.to_owned().into()))
                .collect(),
        };
        Words::new(name, entries)
    }

    pub(crate) fn new(
        name: &str,
        entries: impl IntoIterator<Item = (Cow<'static, str>, Cow<'static, str>)>,
    ) -> Words {
        let (mut values, mut longest) = (HashMap::new(), HashMap::new());
        for (key, value) in entries {
            let first = key.chars().next().unwrap_or_default();
            let longest: &mut usize = longest.entry(first).or_default();
            *longest = key.chars().count().max(*longest);
            values.entry(key).or_insert(value);
        }
        Words { name: name.to_owned(), values, longest }
    }

    /// Returns the same with other keys.
    pub(crate) fn with_keys(self, change: impl Fn(&str) -> String) -> Words {
        let entries: Vec<_> =
            self.values.iter().map(|(key, values)| (change(key).into(), values.clone())).collect();
        Words::new(&self.name, entries)
    }

    /// Returns the longest key at the head of `text`.
    pub(crate) fn longest_prefix(&self, text: &str) -> Option<Found<'_>> {
        let longest = *self.longest.get(&text.chars().next()?)?;
        let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(longest);
        let found = ends.filter_map(|len| Some((len, self.values.get(&text[..len])?))).last();
        found.map(|(len, values)| Found { dictionary: &self.name, len, values })
    }
}

fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

impl Tree<Words> {
    /// Returns what the tree finds at the head of `text`, as its policies say.
    pub(crate) fn longest_prefix(&self, text: &str) -> Option<Found<'_>> {
        match self {
            Tree::Leaf(words) => words.longest_prefix(text),
            Tree::Group(MatchPolicy::ShortCircuit, trees) => {
                trees.iter().find_map(|tree| tree.longest_prefix(text))
            }
            Tree::Group(MatchPolicy::Union, trees) => {
                let mut best: Option<Found<'_>> = None;
                for found in trees.iter().filter_map(|tree| tree.longest_prefix(text)) {
                    if best.is_none_or(|best| found.len > best.len) {
                        best = Some(found);
                    }
                }
                best
            }
        }
    }

    /// Returns what the step makes of a text, piece by piece.
    pub(crate) fn matches<'a>(&'a self, text: &'a str) -> Vec<Match<'a>> {
        let mut matches = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let found = self.longest_prefix(rest);
            let len = found.map_or_else(|| unmatched(rest), |found| found.len);
            let (from, behind) = rest.split_at(len);
            matches.push(Match { from, found });
            rest = behind;
        }
        matches
    }
}

/// Returns the bytes that are copied where no key matches: a whole description sequence or one character.
pub(crate) fn unmatched(text: &str) -> usize {
    let first = text.chars().next().map_or(0, char::len_utf8);
    ids::sequence_len(text.as_bytes()).unwrap_or(first)
}
