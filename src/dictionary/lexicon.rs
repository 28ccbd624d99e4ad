//! Text dictionaries, and what several of them in a group come to.
//!
//! In: OpenCC's text form, `key<TAB>value1 value2 …`, one entry a line. Out: a [`Lexicon`], sorted by key, with one value a
//! key. The first value of a line is the result of a conversion; the others are candidates that only a person or a context
//! model may choose, and are dropped here.
//!
//! OpenCC keeps a group as a list and asks its dictionaries one after the other at every position of the text. Both of its
//! match policies are properties of the *keys*, so a group is flattened here, once, into a single lexicon under which plain
//! longest-prefix matching gives the same answer:
//!
//! * `union`: the longest key of all wins, the earlier dictionary on a tie. So: all keys, the earlier value kept.
//! * `short_circuit`: the first dictionary with *any* match wins, with its own longest key. A key of a later dictionary can
//!   only win if no key of an earlier one is its prefix, and then every earlier match at that position is longer. So: drop
//!   the keys that have a prefix among the earlier keys, and the longest wins.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

use crate::error::Error;

/// How a group of dictionaries answers; see the module's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatchPolicy {
    /// The first dictionary with any match wins.
    ShortCircuit,
    /// The longest match wins.
    Union,
}

/// Keys with the one value that a conversion gives each, sorted by the bytes of the key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lexicon<'a> {
    entries: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Lexicon<'a> {
    /// Reads OpenCC's text form: a byte order mark, `#` lines, empty lines and CRLF are allowed as in OpenCC.
    ///
    /// # Errors
    ///
    /// Names `path` and the line where a tab, a key or a value is missing, or where a key stands again. OpenCC itself
    /// refuses a missing tab and a repeated key; an empty key can match nothing and an empty value deletes text, so both
    /// are taken for the accidents they are.
    pub(crate) fn parse(text: &'a str, path: &Path) -> Result<Lexicon<'a>, Error> {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let mut entries = Vec::with_capacity(text.len() / 20);
        let mut lines = Vec::new();
        for (index, line) in text.split('\n').enumerate() {
            let number = index + 1;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |message: &str| Error::content(path, Some(number), message);
            let Some((key, values)) = line.split_once('\t') else {
                return Err(fault("expected a key, a tab and a value, found no tab"));
            };
            let value = values.split(' ').next().unwrap_or("");
            if key.is_empty() {
                return Err(fault("expected a key before the tab, found none"));
            }
            if value.is_empty() {
                return Err(fault("expected a value right after the tab, found none"));
            }
            if line.contains('\r') {
                return Err(fault(
                    "a carriage return in the middle of a line; lines end in LF or CR LF",
                ));
            }
            entries.push((Cow::Borrowed(key), Cow::Borrowed(value)));
            lines.push(number);
        }
        if entries.is_sorted_by(|a, b| a.0 < b.0) {
            return Ok(Lexicon { entries });
        }
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|&a, &b| entries[a].0.cmp(&entries[b].0).then(a.cmp(&b)));
        for pair in order.windows(2) {
            let (first, second) = (pair[0], pair[1]);
            if entries[first].0 == entries[second].0 {
                let message = format!(
                    "the key '{}' stands already in line {}",
                    entries[second].0.escape_debug(),
                    lines[first]
                );
                return Err(Error::content(path, Some(lines[second]), message));
            }
        }
        let entries = order.into_iter().map(|i| entries[i].clone()).collect();
        Ok(Lexicon { entries })
    }

    /// Takes entries in any order; of equal keys the last one given stays.
    pub(crate) fn from_entries(mut entries: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Lexicon<'a> {
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        entries.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(later, earlier);
            }
            same
        });
        Lexicon { entries }
    }

    /// Flattens a group into one lexicon that gives the group's answers by plain longest-prefix matching.
    pub(crate) fn group(policy: MatchPolicy, lexicons: Vec<Lexicon<'a>>) -> Lexicon<'a> {
        let mut rest = lexicons.into_iter();
        let Some(mut flat) = rest.next() else { return Lexicon::default() };
        for later in rest {
            let known = flat.index();
            let live = |key: &str| match policy {
                MatchPolicy::Union => known.get(key).is_none(),
                MatchPolicy::ShortCircuit => !known.has_prefix_of(key),
            };
            let keep: Vec<bool> = later.entries.iter().map(|(key, _)| live(key)).collect();
            drop(known);
            let mut keep = keep.into_iter();
            flat.entries.extend(later.entries.into_iter().filter(|_| keep.next() == Some(true)));
            // Two sorted runs: the sort is a merge.
            flat.entries.sort_by(|a, b| a.0.cmp(&b.0));
        }
        flat
    }

    /// Iterates over keys and values in the order of the keys' bytes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries.iter().map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// Hands the entries out.
    pub(crate) fn into_entries(self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        self.entries
    }

    /// Drops the entries whose key does not hold.
    pub(crate) fn retain(&mut self, holds: impl Fn(&str) -> bool) {
        self.entries.retain(|(key, _)| holds(key));
    }

    /// Copies what is borrowed, so that the text can go.
    pub(crate) fn into_owned(self) -> Lexicon<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        let entries = self.entries.into_iter().map(|(key, value)| (own(key), own(value)));
        Lexicon { entries: entries.collect() }
    }

    /// Builds the index that answers prefix questions while a config is compiled.
    pub(crate) fn index(&self) -> Index<'_> {
        let mut index = Index {
            values: HashMap::with_capacity_and_hasher(self.entries.len(), <_>::default()),
            longest: HashMap::default(),
        };
        for (key, value) in self.iter() {
            index.values.insert(key, value);
            if let Some(first) = key.chars().next() {
                let longest = index.longest.entry(first).or_insert(0);
                *longest = key.len().max(*longest);
            }
        }
        index
    }
}

/// A lexicon by hash, for the compiler: what a key gives, and the longest key at the head of a text.
#[derive(Debug)]
pub(crate) struct Index<'a> {
    values: HashMap<&'a str, &'a str, BuildHasherDefault<Multiply>>,
    /// The length in bytes of the longest key that begins with a character.
    longest: HashMap<char, usize, BuildHasherDefault<Multiply>>,
}

impl<'a> Index<'a> {
    /// Returns the value of exactly this key.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        self.values.get(key).copied()
    }

    /// Returns the length in bytes and the value of the longest key at the head of `text`.
    pub(crate) fn longest_prefix(&self, text: &str) -> Option<(usize, &'a str)> {
        let longest = *self.longest.get(&text.chars().next()?)?;
        let mut end = longest.min(text.len());
        while end > 0 {
            if text.is_char_boundary(end)
                && let Some(value) = self.get(&text[..end])
            {
                return Some((end, value));
            }
            end -= 1;
        }
        None
    }

    /// Returns whether some key is a prefix of `key`, or `key` itself.
    fn has_prefix_of(&self, key: &str) -> bool {
        self.longest_prefix(key).is_some()
    }
}

/// A hash of one multiplication a word: the compiler asks for some hundred thousand short keys that nobody chose in order
/// to make them collide, and the standard hash would be a third of its time.
#[derive(Default)]
struct Multiply(u64);

impl Hasher for Multiply {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 ^= self.0 >> 29;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Lexicon, MatchPolicy};
    use std::path::Path;

    fn parse(text: &str) -> Result<Lexicon<'_>, String> {
        Lexicon::parse(text, Path::new("d.txt")).map_err(|e| e.to_string())
    }

    fn keys<'a>(lexicon: &'a Lexicon<'_>) -> Vec<(&'a str, &'a str)> {
        lexicon.iter().collect()
    }

    #[test]
    fn the_first_value_is_the_result() {
        let lexicon = parse("\u{FEFF}# note\r\n发\t發 髮\r\n\r\n中\t中\n").unwrap();
        assert_eq!(keys(&lexicon), [("中", "中"), ("发", "發")]);
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, message) in [
            ("a\tb\nc", "d.txt:2: expected a key, a tab and a value, found no tab"),
            ("\tb", "d.txt:1: expected a key before the tab, found none"),
            ("a\t", "d.txt:1: expected a value right after the tab, found none"),
            ("a\t b", "d.txt:1: expected a value right after the tab, found none"),
            ("b\tx\na\ty\nb\tz", "d.txt:3: the key 'b' stands already in line 1"),
        ] {
            assert_eq!(parse(text).unwrap_err(), message, "{text:?}");
        }
    }

    #[test]
    fn groups_flatten_to_longest_prefix() {
        let first = || parse("ab\t1\nabcd\t2\n").unwrap();
        let second = || parse("a\t3\nab\t4\nabc\t5\nx\t6\n").unwrap();
        let union = Lexicon::group(MatchPolicy::Union, vec![first(), second()]);
        assert_eq!(
            keys(&union),
            [("a", "3"), ("ab", "1"), ("abc", "5"), ("abcd", "2"), ("x", "6")]
        );
        let short = Lexicon::group(MatchPolicy::ShortCircuit, vec![first(), second()]);
        assert_eq!(keys(&short), [("a", "3"), ("ab", "1"), ("abcd", "2"), ("x", "6")]);
    }
}
