//! The naive engine: OpenCC's description, followed to the letter.
//!
//! In: a config, as OpenCC's JSON and text dictionaries or as values made in memory, and text. Out: the text that OpenCC gives.
//! It shares no line with the library: dictionaries are hash maps, the longest key is found by trying every length, groups
//! are asked when the text is there, and every step writes a new string. Slow and plain, it says what the library must
//! give, and the differential tests against libopencc say that it is right.
//!
//! ```text
//! text ─▶ normalization steps, over the whole text ─▶ segments ─▶ each through all steps of the chain ─▶ joined
//! ```

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::Value;

use super::json;

/// A config with its dictionaries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    /// The steps that the whole text passes first.
    pub(crate) normalization: Vec<Dict>,
    /// The words that cut the text into segments, if there are any.
    pub(crate) segmentation: Option<Dict>,
    /// The steps that each segment passes.
    pub(crate) chain: Vec<Dict>,
    /// The dictionaries of a user, the one that wins first; see [`Config::add_user_dictionary`].
    user: Vec<Dict>,
    /// What a line end does in a description sequence.
    pub(crate) line_end: LineEnd,
}

/// A dictionary as a config has it: one of its own, or several with a policy.
#[derive(Clone, Debug)]
pub(crate) enum Dict {
    /// Keys and values.
    Entries(Arc<Entries>),
    /// Dictionaries of which one answers.
    Group(Policy, Vec<Dict>),
}

/// Which dictionary of a group answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    /// The first that has any prefix of the text.
    ShortCircuit,
    /// The one with the longest prefix, the earlier on a tie.
    Union,
}

/// What a line end does in an ideographic description sequence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LineEnd {
    /// It closes the sequence, which is then incomplete: what the library means to do.
    #[default]
    Closes,
    /// It is an operand as any other character: what OpenCC does.
    IsOperand,
}

/// Keys with the value that a conversion gives each.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    values: HashMap<String, String>,
    /// The length in characters of the longest key that begins with a character.
    longest: HashMap<char, usize>,
}

impl Entries {
    /// Takes keys and values; of equal keys the first stays.
    pub(crate) fn new(entries: impl IntoIterator<Item = (String, String)>) -> Entries {
        let mut made = Entries::default();
        for (key, value) in entries {
            let Some(first) = key.chars().next() else { continue };
            let length = key.chars().count();
            let longest = made.longest.entry(first).or_default();
            *longest = length.max(*longest);
            made.values.entry(key).or_insert(value);
        }
        made
    }

    /// Reads OpenCC's text form; of several values the first counts.
    pub(crate) fn parse(text: &str) -> Entries {
        let lines = text.strip_prefix('\u{FEFF}').unwrap_or(text).split('\n');
        let lines = lines.map(|line| line.strip_suffix('\r').unwrap_or(line));
        let entries = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
            let (key, values) = line.split_once('\t').expect("a tab in a dictionary line");
            let value = values.split(' ').next().expect("split gives one piece at least");
            (key.to_owned(), value.to_owned())
        });
        Entries::new(entries)
    }

    /// Returns all keys and values, sorted.
    pub(crate) fn sorted(&self) -> Vec<(&str, &str)> {
        let mut entries: Vec<_> =
            self.values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        entries.sort_unstable();
        entries
    }

    /// Returns the longest key at the head of `text`, with its value, by trying every length.
    fn longest_prefix<'a>(&'a self, text: &'a str) -> Option<(&'a str, &'a str)> {
        let longest = *self.longest.get(&text.chars().next()?)?;
        let ends = text.char_indices().map(|(at, character)| at + character.len_utf8());
        let mut found = None;
        for end in ends.take(longest) {
            if let Some(value) = self.values.get(&text[..end]) {
                found = Some((&text[..end], value.as_str()));
            }
        }
        found
    }
}

impl Dict {
    /// Takes keys and values as one dictionary; of equal keys the first stays.
    pub(crate) fn of(entries: impl IntoIterator<Item = (String, String)>) -> Dict {
        Dict::Entries(Arc::new(Entries::new(entries)))
    }

    /// Returns the key that the dictionary finds at the head of `text`, with its value.
    fn match_prefix<'a>(&'a self, text: &'a str) -> Option<(&'a str, &'a str)> {
        match self {
            Dict::Entries(entries) => entries.longest_prefix(text),
            Dict::Group(Policy::ShortCircuit, dicts) => {
                dicts.iter().find_map(|dict| dict.match_prefix(text))
            }
            Dict::Group(Policy::Union, dicts) => {
                let mut best: Option<(&str, &str)> = None;
                for found in dicts.iter().filter_map(|dict| dict.match_prefix(text)) {
                    if best.is_none_or(|(key, _)| found.0.len() > key.len()) {
                        best = Some(found);
                    }
                }
                best
            }
        }
    }

    /// Returns all dictionaries of the tree, in the order of the config.
    pub(crate) fn leaves(&self) -> Vec<&Arc<Entries>> {
        match self {
            Dict::Entries(entries) => vec![entries],
            Dict::Group(_, dicts) => dicts.iter().flat_map(Dict::leaves).collect(),
        }
    }
}

/// A piece of the text between two cuts.
enum Segment<'a> {
    /// Passes the chain.
    Text(&'a str),
    /// Stands as it is: the value of a user's word.
    Final(&'a str),
}

impl Config {
    /// Opens one of OpenCC's configs, by its name, from the `data` folder.
    pub(crate) fn builtin(name: &str, include_tofu_risk: bool) -> Config {
        let path = data().join("config").join(name).with_extension("json");
        Config::from_file(&path, include_tofu_risk)
    }

    /// Opens a config file; its dictionaries lie beside it or in `data/dictionary`.
    pub(crate) fn from_file(path: &Path, include_tofu_risk: bool) -> Config {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let root = json::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let folder = path.parent().expect("a file is in a folder");
        let steps = |name: &str| -> Vec<Dict> {
            let steps = root[name].as_array().map_or(&[][..], Vec::as_slice);
            steps.iter().filter_map(|step| dict(&step["dict"], folder, include_tofu_risk)).collect()
        };
        Config {
            normalization: steps("normalization"),
            // Where words end does not depend on how they are shown: the segmentation keeps all its dictionaries.
            segmentation: root.get("segmentation").and_then(|s| dict(&s["dict"], folder, true)),
            chain: steps("conversion_chain"),
            ..Config::default()
        }
    }

    /// Adds a user's dictionary, which wins over those added before and over the config's own.
    ///
    /// Its keys are looked for in the normalized text, so they are normalized too; its values are final.
    pub(crate) fn add_user_dictionary(&mut self, entries: &[(String, String)]) {
        let normal = |(key, value): &(String, String)| (self.normalize(key), value.clone());
        let normalized: Vec<_> = entries.iter().map(normal).collect();
        self.user.insert(0, Dict::of(normalized));
    }

    /// Drops the entries whose key is that of an earlier one once both are normalized: which of the two wins is not said.
    pub(crate) fn without_twins(&self, entries: &[(String, String)]) -> Vec<(String, String)> {
        let mut seen = HashSet::new();
        entries.iter().filter(|(key, _)| seen.insert(self.normalize(key))).cloned().collect()
    }

    /// Returns the converted text.
    pub(crate) fn convert(&self, text: &str) -> String {
        let normal = self.normalize(text);
        let mut output = String::with_capacity(text.len() * 2);
        for segment in self.segments(&normal) {
            match segment {
                Segment::Text(text) => output.push_str(&self.run(&self.chain, text)),
                Segment::Final(value) => output.push_str(value),
            }
        }
        output
    }

    fn normalize(&self, text: &str) -> String {
        self.run(&self.normalization, text)
    }

    /// Sends `text` through each of `steps`.
    fn run(&self, steps: &[Dict], text: &str) -> String {
        steps.iter().fold(text.to_owned(), |text, step| self.replace(step, &text))
    }

    /// Replaces, from left to right, the longest keys of one step.
    fn replace(&self, step: &Dict, text: &str) -> String {
        let mut output = String::with_capacity(text.len() * 2);
        let mut rest = text;
        while !rest.is_empty() {
            let (key, value) = step.match_prefix(rest).unwrap_or_else(|| {
                let piece = self.unmatched(rest);
                (piece, piece)
            });
            output.push_str(value);
            rest = &rest[key.len()..];
        }
        output
    }

    /// Cuts the text by forward maximum matching: each word is a segment, and so is all that lies between two words.
    ///
    /// A user's words come before the config's. Where the config has no segmentation they are words among those of its
    /// one step; with several steps, or none, they alone cut.
    fn segments<'a>(&'a self, text: &'a str) -> Vec<Segment<'a>> {
        let words = match (&self.segmentation, self.chain.as_slice()) {
            (Some(words), _) => Some(words),
            (None, [step]) if !self.user.is_empty() => Some(step),
            (None, _) => None,
        };
        let mut segments = Vec::new();
        let mut begin = 0;
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let (len, segment) = if let Some((key, value)) =
                self.user.iter().find_map(|dict| dict.match_prefix(rest))
            {
                (key.len(), Some(Segment::Final(value)))
            } else if let Some((key, _)) = words.and_then(|dict| dict.match_prefix(rest)) {
                (key.len(), Some(Segment::Text(key)))
            } else {
                (self.unmatched(rest).len(), None)
            };
            if let Some(segment) = segment {
                if begin < at {
                    segments.push(Segment::Text(&text[begin..at]));
                }
                segments.push(segment);
                begin = at + len;
            }
            at += len;
        }
        if begin < at {
            segments.push(Segment::Text(&text[begin..]));
        }
        segments
    }

    /// Returns what is copied where no key matches: a whole description sequence or one character.
    fn unmatched<'a>(&self, text: &'a str) -> &'a str {
        let first = text.chars().next().expect("there is text");
        let mut code_points = 0;
        let sequence = match arity(first) {
            0 => None,
            _ => self.sequence(text, MAX_DEPTH, &mut code_points),
        };
        &text[..sequence.unwrap_or(first.len_utf8())]
    }

    /// Returns the length of the complete description sequence, or operand of one, at the head of `text`.
    fn sequence(&self, text: &str, depth_left: usize, code_points: &mut usize) -> Option<usize> {
        let first = text.chars().next()?;
        if depth_left == 0 || *code_points >= MAX_CODE_POINTS {
            return None;
        }
        if self.line_end == LineEnd::Closes && matches!(first, '\n' | '\r') {
            return None;
        }
        *code_points += 1;
        let mut len = first.len_utf8();
        for _ in 0..arity(first) {
            len += self.sequence(&text[len..], depth_left - 1, code_points)?;
        }
        Some(len)
    }
}

const MAX_DEPTH: usize = 16;
const MAX_CODE_POINTS: usize = 64;

/// Returns how many operands a description operator takes, 0 for every other character.
fn arity(character: char) -> usize {
    match character {
        '\u{2FF2}' | '\u{2FF3}' => 3,
        '\u{2FFE}' | '\u{2FFF}' => 1,
        '\u{2FF0}'..='\u{2FFD}' => 2,
        _ => 0,
    }
}

/// Reads the dictionary that a config describes; `None` where nothing of it is left without the risk of tofu.
fn dict(json: &Value, folder: &Path, include_tofu_risk: bool) -> Option<Dict> {
    if json["may_output_tofu"] == true && !include_tofu_risk {
        return None;
    }
    match json["type"].as_str().expect("a dictionary has a type") {
        "group" => {
            let dicts = json["dicts"].as_array().expect("a group has dictionaries");
            let dicts: Vec<Dict> =
                dicts.iter().filter_map(|json| dict(json, folder, include_tofu_risk)).collect();
            let policy = match json["match_policy"].as_str() {
                None | Some("short_circuit") => Policy::ShortCircuit,
                Some("union") => Policy::Union,
                Some(other) => panic!("unknown match policy {other}"),
            };
            (!dicts.is_empty()).then_some(Dict::Group(policy, dicts))
        }
        "inline" => {
            let entries = json["entries"].as_object().expect("an inline dictionary has entries");
            let text = |value: &Value| value.as_str().expect("a value is a string").to_owned();
            Some(Dict::of(entries.iter().map(|(key, value)| (key.clone(), text(value)))))
        }
        _ => {
            let file = Path::new(json["file"].as_str().expect("a dictionary has a file"));
            let file = file.with_extension("txt");
            let beside = folder.join(&file);
            let path =
                if beside.is_file() { beside } else { data().join("dictionary").join(&file) };
            Some(Dict::Entries(entries_of(&path)))
        }
    }
}

/// Reads a text dictionary of the `data` folder once, every other one each time.
fn entries_of(path: &Path) -> Arc<Entries> {
    static READ: LazyLock<Mutex<HashMap<PathBuf, Arc<Entries>>>> = LazyLock::new(Mutex::default);
    let read = || {
        let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        Arc::new(Entries::parse(&text))
    };
    if !path.starts_with(data()) {
        return read();
    }
    let mut cache = READ.lock().expect("no reader panics");
    Arc::clone(cache.entry(path.to_owned()).or_insert_with(read))
}

/// Returns the folder of OpenCC's configs and dictionaries.
pub(crate) fn data() -> &'static Path {
    // The fuzz targets, a package of their own, lie deeper.
    static DATA: LazyLock<PathBuf> = LazyLock::new(|| {
        let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let mut found = folders.map(|folder| folder.join("data")).filter(|data| data.is_dir());
        found.next().expect("the data folder of the repository")
    });
    &DATA
}
