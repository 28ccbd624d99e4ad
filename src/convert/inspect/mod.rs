//! Why a text is converted as it is: segments, what each dictionary said of them, and what the context decided.
//!
//! In: a text and a config. Out: a [`Trace`]. The engine ([`super::program`]) has no names, no chain and no alternatives left: they
//! were compiled away. So this is OpenCC's description followed step by step over the text dictionaries, a hundred times as slow; the
//! places that the context decides come from the engine, and a test holds the two to the same text.

mod ambiguities;
mod words;

use std::borrow::Cow;

use super::config::{Forest, Tree};
use super::{Builder, Converter, Dictionary, Source, builtin, configs, has_guards, source};
use crate::context::Weighed;
use crate::error::Error;

pub use ambiguities::Ambiguities;
use ambiguities::{Run, compose};
pub(crate) use words::Words;
use words::{Match, unmatched};

/// A config that explains itself.
///
/// ```
/// use jianfan::Converter;
///
/// let inspector = Converter::builder("s2tw").context(true).inspector()?;
/// let trace = inspector.trace("师长发现了");
/// assert_eq!(trace.output, "師長發現了");
/// let segment = &trace.segments[1];
/// assert_eq!((segment.text.as_str(), segment.dictionary.as_deref()), ("长发", Some("STPhrases")));
/// assert_eq!(segment.decisions[0].chosen, '發');
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Debug)]
pub struct Inspector {
    converter: Converter,
    forest: Forest<Words>,
    /// The dictionaries of the user, the one that wins first.
    users: Vec<Words>,
}

/// How a text was converted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trace {
    /// What a [`Converter`] gives, always.
    pub output: String,
    /// The segments of the text, in order.
    pub segments: Vec<Segment>,
}

/// A part of a text that was converted by itself: a word of the segmentation, or what lies between two.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Segment {
    /// Where it begins, in bytes of the text.
    pub offset: usize,
    /// Its length in bytes of the text.
    pub len: usize,
    /// Its text after the normalization of compatibility ideographs.
    pub text: String,
    /// The dictionary that has it as a word; `None` if it lies between words.
    pub dictionary: Option<String>,
    /// What each step of the conversion chain made of it; one step for a word of the user.
    pub steps: Vec<Vec<Piece>>,
    /// The characters that may be written in several ways, if the context layer is on.
    pub decisions: Vec<Decision>,
    /// What it became.
    pub result: String,
}

/// What a step of the chain did with a piece of text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Piece {
    /// The key that matched, or text that no key matches.
    pub from: String,
    /// What stands there afterwards.
    pub to: String,
    /// The dictionary of the key; `None` if there was none.
    pub dictionary: Option<String>,
    /// The other values of the key, in the dictionary's order.
    pub alternatives: Vec<String>,
}

/// What the context layer said about a character.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// Where the character is, in bytes of the text.
    pub offset: usize,
    /// The character in Simplified script.
    pub character: char,
    /// What the dictionaries chose.
    pub by_dictionary: char,
    /// What was written.
    pub chosen: char,
    /// The candidates with their scores, natural logarithms of odds against the dictionary's choice, which has 0; the best first.
    pub candidates: Vec<(char, f64)>,
    /// How far another candidate must be ahead to be written. `None` where that does not count, as what stands beside the character settles it:
    /// there the dictionaries' choice was right throughout the texts that the model is made of (or, in Cantonese, 系 is 係).
    pub needed: Option<f64>,
}

impl Builder {
    /// Opens the config for explaining what it does, which takes a hundredth of a second.
    ///
    /// # Errors
    ///
    /// As [`Builder::build`].
    pub fn inspector(self) -> Result<Inspector, Error> {
        let converter = self.clone().build()?;
        let forest = match &self.source {
            Source::File(path) => source::forest(path, self.include_tofu_risk)?,
            Source::Name(name) => match configs().iter().find(|info| info.name == name) {
                Some(info) => builtin::forest(info, self.include_tofu_risk)?,
                None => return Err(Error::unknown_config(name, Vec::new())),
            },
        };
        let mut inspector = Inspector { converter, forest, users: Vec::new() };
        for dictionary in self.dictionaries.iter().rev() {
            let words = match dictionary {
                Dictionary::File(path) => source::words(path)?,
                Dictionary::Text { label, text } => {
                    Words::parse(&label.to_string_lossy(), Cow::Owned(text.clone()))
                }
            };
            inspector.add(words);
        }
        let info = configs()
            .iter()
            .find(|info| matches!(&self.source, Source::Name(name) if info.name == name));
        if self.has_context && info.is_some_and(has_guards) {
            inspector.add(Words::parse("context: guards", builtin::GUARDS.into()));
        }
        Ok(inspector)
    }
}

impl Inspector {
    fn add(&mut self, words: Words) {
        let words = words.with_keys(|key| self.normalized(key).0);
        self.users.push(words);
    }

    /// Returns how a text is converted. Segments are those of the whole text: give it line by line if it is long.
    pub fn trace(&self, text: &str) -> Trace {
        let (normal, runs) = self.normalized(text);
        let mut origins = Origins { runs: runs.iter(), from: 0, to: 0, run: None };
        let mut segments = Vec::new();
        for (range, dictionary, final_value) in self.segments(&normal) {
            let own = &normal[range.clone()];
            let (steps, result) = match final_value {
                Some(value) => {
                    let piece = Piece {
                        from: own.to_owned(),
                        to: value.to_owned(),
                        dictionary: dictionary.map(str::to_owned),
                        alternatives: Vec::new(),
                    };
                    (vec![vec![piece]], value.to_owned())
                }
                None => self.steps(own),
            };
            let (offset, end) = (origins.of(range.start), origins.of(range.end));
            segments.push(Segment {
                offset,
                len: end - offset,
                text: own.to_owned(),
                dictionary: dictionary.map(str::to_owned),
                steps,
                decisions: Vec::new(),
                result,
            });
        }
        self.decide(text, &mut segments);
        let output = segments.iter().map(|segment| segment.result.as_str()).collect();
        Trace { output, segments }
    }

    /// Adds what the context layer says of each segment.
    fn decide(&self, text: &str, segments: &mut [Segment]) {
        let mut segments = segments.iter_mut().scan(0, |place, segment| {
            let start = *place;
            *place += segment.result.len();
            Some((start, segment))
        });
        let mut current = segments.next();
        for weighed in self.converter.weigh(text) {
            let Weighed { at, place, own, by_dictionary, chosen, candidates, needed } = weighed;
            while let Some((_, segment)) = &current
                && segment.offset + segment.len <= at
            {
                current = segments.next();
            }
            let Some((start, segment)) = &mut current else { return };
            // Forms have the length of what they replace.
            let range = place.checked_sub(*start).map(|place| place..place + chosen.len_utf8());
            let Some(range) = range.filter(|range| segment.result.get(range.clone()).is_some())
            else {
                continue;
            };
            segment.result.replace_range(range, chosen.encode_utf8(&mut [0; 4]));
            segment.decisions.push(Decision {
                offset: at,
                character: own,
                by_dictionary,
                chosen,
                candidates,
                needed,
            });
        }
    }

    /// Returns the text after the normalization steps, and how the two correspond.
    fn normalized(&self, text: &str) -> (String, Vec<Run>) {
        let whole = Run { from: text.len(), to: text.len(), is_ambiguous: false };
        let (mut runs, mut normal) = (vec![whole], text.to_owned());
        for (index, step) in self.forest.normalization.iter().enumerate() {
            let matches = step.matches(&normal);
            let step: Vec<Run> = matches.iter().map(Run::of).collect();
            runs = if index == 0 { step } else { compose(&runs, &step) };
            normal = matches.iter().map(Match::to).collect();
        }
        (normal, runs)
    }

    /// Cuts the text by forward maximum matching: range, the dictionary of the word, and its final value if it is the user's.
    fn segments<'a>(
        &'a self,
        text: &str,
    ) -> Vec<(std::ops::Range<usize>, Option<&'a str>, Option<&'a str>)> {
        let words = match (&self.forest.segmentation, self.forest.chain.as_slice()) {
            (Some(words), _) => Some(words),
            // A user's words are then words among those of the one step.
            (None, [step]) if !self.users.is_empty() => Some(step),
            (None, _) => None,
        };
        let (mut segments, mut begin, mut at) = (Vec::new(), 0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let user = self.users.iter().find_map(|words| words.longest_prefix(rest));
            let found = user.or_else(|| words.and_then(|words| words.longest_prefix(rest)));
            let len = found.map_or_else(|| unmatched(rest), |found| found.len);
            if let Some(found) = found {
                if begin < at {
                    segments.push((begin..at, None, None));
                }
                let value = user.map(|user| user.first());
                segments.push((at..at + len, Some(found.dictionary), value));
                begin = at + len;
            }
            at += len;
        }
        if begin < at {
            segments.push((begin..at, None, None));
        }
        segments
    }

    /// Sends a segment through the chain.
    fn steps(&self, text: &str) -> (Vec<Vec<Piece>>, String) {
        let mut text = text.to_owned();
        let mut steps = Vec::new();
        for step in &self.forest.chain {
            let matches = step.matches(&text);
            let mut pieces: Vec<Piece> = Vec::new();
            for found in &matches {
                match (pieces.last_mut(), found.found) {
                    // What no key matches is one piece.
                    (Some(last), None) if last.dictionary.is_none() => {
                        last.from += found.from;
                        last.to += found.from;
                    }
                    _ => pieces.push(piece(found)),
                }
            }
            steps.push(pieces);
            text = matches.iter().map(Match::to).collect();
        }
        (steps, text)
    }

    fn chain(&self) -> &[Tree<Words>] {
        &self.forest.chain
    }
}

fn piece(found: &Match<'_>) -> Piece {
    let alternatives = found.found.iter().flat_map(|found| found.values.split(' ').skip(1));
    Piece {
        from: found.from.to_owned(),
        to: found.to().to_owned(),
        dictionary: found.found.map(|found| found.dictionary.to_owned()),
        alternatives: alternatives.map(str::to_owned).collect(),
    }
}

/// Finds the places in a text of places in its normalized form, which are asked for in their order.
struct Origins<'a> {
    runs: std::slice::Iter<'a, Run>,
    /// Where `run` begins in both.
    from: usize,
    to: usize,
    run: Option<&'a Run>,
}

impl Origins<'_> {
    fn of(&mut self, normal: usize) -> usize {
        loop {
            let Some(run) = self.run.or_else(|| self.runs.next()) else { return self.from };
            self.run = Some(run);
            if self.to + run.to > normal {
                return self.from + if run.from == run.to { normal - self.to } else { 0 };
            }
            self.from += run.from;
            self.to += run.to;
            self.run = None;
        }
    }
}
