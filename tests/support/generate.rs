//! Texts at which a converter may fail, made from the dictionaries by a seeded generator.
//!
//! In: a config of the naive engine and a seed. Out: one text after the other, the same ones for the same seed on every
//! machine. Words of the config side by side prove little; what breaks an engine is where two of them meet. So a text is a
//! row of pieces that are keys, parts of keys, keys that begin with the end of what stands before, sources of what a *later*
//! step looks for, description sequences around keys, compatibility twins of a key's characters, and what is no Chinese.

use std::collections::HashMap;

use super::naive::{Config, Dict};

/// A stream of numbers that depends on the seed alone (SplitMix64).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// Starts the stream of a seed and of what it is for.
    pub(crate) fn named(seed: u64, name: &str) -> Rng {
        // FNV-1a: all that is asked is that two names give two streams.
        let hash = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        Rng(name.bytes().fold(seed ^ 0xCBF2_9CE4_8422_2325, hash))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("below a usize")
    }

    /// Returns a number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    /// Returns true once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Returns an element of a list that has some.
    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Returns a string of a list that has some.
    pub(crate) fn word<'a, S: AsRef<str>>(&mut self, list: &'a [S]) -> &'a str {
        list[self.below(list.len())].as_ref()
    }

    /// Returns a character of a range without surrogates.
    pub(crate) fn char(&mut self, first: char, last: char) -> char {
        let code = self.between(first as usize, last as usize);
        u32::try_from(code).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}')
    }
}

/// What the texts of a config are made of.
#[derive(Debug)]
pub(crate) struct Material {
    /// The keys of each dictionary of the config.
    own: Vec<Vec<String>>,
    /// The keys of each step of the chain after the first, which only what the steps before make can match.
    later: Vec<Vec<String>>,
    /// The keys of other configs.
    other: Vec<String>,
    /// The keys that hold ASCII.
    ascii: Vec<String>,
    /// The keys by their first character.
    by_head: HashMap<char, Vec<String>>,
    /// The keys of the chain by the value they give, and by the last character of that value.
    by_value: HashMap<String, Vec<String>>,
    by_tail: HashMap<char, Vec<String>>,
    /// The characters that the normalization makes into a character.
    twins: HashMap<char, Vec<char>>,
    /// All of those, and all characters of keys.
    compatibility: Vec<char>,
    characters: Vec<char>,
}

impl Material {
    /// Takes a config apart; `others` lend their keys.
    pub(crate) fn new(config: &Config, others: &[&Dict]) -> Material {
        let steps = || config.normalization.iter().chain(&config.segmentation).chain(&config.chain);
        let mut own: Vec<Vec<String>> = Vec::new();
        let mut by_head: HashMap<char, Vec<String>> = HashMap::new();
        for entries in steps().flat_map(Dict::leaves) {
            let keys: Vec<String> =
                entries.sorted().iter().map(|(key, _)| (*key).to_owned()).collect();
            for key in &keys {
                let head = key.chars().next().expect("a key is not empty");
                by_head.entry(head).or_default().push(key.clone());
            }
            own.push(keys);
        }
        let mut by_value: HashMap<String, Vec<String>> = HashMap::new();
        let mut by_tail: HashMap<char, Vec<String>> = HashMap::new();
        for entries in config.chain.iter().flat_map(Dict::leaves) {
            for (key, value) in entries.sorted() {
                by_value.entry(value.to_owned()).or_default().push(key.to_owned());
                if let (Some(tail), true) = (value.chars().last(), value.chars().nth(1).is_some()) {
                    by_tail.entry(tail).or_default().push(key.to_owned());
                }
            }
        }
        let keys_of = |dict: &Dict| -> Vec<String> {
            let leaves = dict.leaves();
            leaves.iter().flat_map(|e| e.sorted()).map(|(key, _)| key.to_owned()).collect()
        };
        let later =
            config.chain.iter().skip(1).map(keys_of).filter(|keys| !keys.is_empty()).collect();
        let other: Vec<String> = others.iter().flat_map(|dict| keys_of(dict)).collect();
        let has_ascii = |key: &&String| key.bytes().any(|byte| byte.is_ascii());
        let ascii = own.iter().flatten().chain(&other).filter(has_ascii).cloned().collect();
        let mut twins: HashMap<char, Vec<char>> = HashMap::new();
        for entries in config.normalization.iter().flat_map(Dict::leaves) {
            for (key, value) in entries.sorted() {
                if let (Some(key), Some(value)) = (key.chars().next(), value.chars().next()) {
                    twins.entry(value).or_default().push(key);
                }
            }
        }
        let mut compatibility: Vec<char> = twins.values().flatten().copied().collect();
        compatibility.sort_unstable();
        let mut characters: Vec<char> = own.iter().flatten().flat_map(|key| key.chars()).collect();
        characters.sort_unstable();
        characters.dedup();
        own.retain(|keys| !keys.is_empty());
        Material {
            own,
            later,
            other,
            ascii,
            by_head,
            by_value,
            by_tail,
            twins,
            compatibility,
            characters,
        }
    }

    /// Returns the next text: mostly a line of a few pieces, now and then some thousand characters.
    pub(crate) fn text(&self, rng: &mut Rng) -> String {
        let pieces = match rng.below(200) {
            0 => rng.between(200, 600),
            1..20 => rng.between(13, 60),
            _ => rng.between(1, 12),
        };
        // Some texts keep to few kinds of piece, so that these meet more often.
        let kinds: Vec<usize> = (0..rng.between(2, 8)).map(|_| rng.below(WEIGHTS_SUM)).collect();
        let narrow = rng.once_in(3);
        let mut text = String::new();
        for _ in 0..pieces {
            let kind = if narrow { *rng.pick(&kinds) } else { rng.below(WEIGHTS_SUM) };
            self.piece(kind, &mut text, rng);
        }
        text
    }

    /// Returns a word of the config, a part of one, or a character.
    pub(crate) fn word(&self, rng: &mut Rng) -> String {
        match rng.below(6) {
            0 | 1 => self.key(rng).to_owned(),
            2 => part(self.key(rng), rng),
            3 => self.key(rng).chars().map(|c| self.twin(c, rng)).collect(),
            _ => rng.pick(&self.characters).to_string(),
        }
    }

    fn piece(&self, kind: usize, text: &mut String, rng: &mut Rng) {
        let mut left = kind;
        let kind = WEIGHTS.iter().position(|&(weight, _)| {
            let here = left < weight;
            left = left.saturating_sub(weight);
            here
        });
        match kind.map(|index| WEIGHTS[index].1) {
            Some(Piece::Key) => text.push_str(self.key(rng)),
            Some(Piece::OtherKey) if !self.other.is_empty() => text.push_str(rng.word(&self.other)),
            Some(Piece::PartOfKey) => text.push_str(&part(self.key(rng), rng)),
            Some(Piece::Overlap) => self.overlap(text, rng),
            Some(Piece::SourceOfLater) => self.source_of_later(text, rng),
            Some(Piece::TwinInKey) => {
                let key = self.key(rng);
                text.extend(key.chars().map(|c| self.twin(c, rng)));
            }
            Some(Piece::Compatibility) if !self.compatibility.is_empty() => {
                text.push(*rng.pick(&self.compatibility));
            }
            Some(Piece::AsciiKey) if !self.ascii.is_empty() => text.push_str(rng.word(&self.ascii)),
            Some(Piece::Description) => {
                let depth = rng.below(4);
                self.description(text, depth, rng);
            }
            Some(Piece::LongDescription) => self.long_description(text, rng),
            Some(Piece::Operator) => text.push(rng.char('\u{2FF0}', '\u{2FFF}')),
            Some(Piece::LineEnd) => text.push_str(rng.word(&["\n", "\r\n", "\r", "\n\n"])),
            Some(Piece::Foreign) => foreign(text, rng),
            _ => text.push(*rng.pick(&self.characters)),
        }
    }

    fn key(&self, rng: &mut Rng) -> &str {
        let keys = rng.pick(&self.own);
        rng.word(keys)
    }

    /// Goes on with a key that begins with the end of the text.
    fn overlap(&self, text: &mut String, rng: &mut Rng) {
        let back = rng.between(1, 3);
        let Some((at, head)) = text.char_indices().rev().take(back).last() else { return };
        let Some(keys) = self.by_head.get(&head) else { return };
        let tail = &text[at..];
        let fitting: Vec<&String> = keys.iter().filter(|key| key.starts_with(tail)).collect();
        if let Some(key) = fitting.get(rng.below(fitting.len().max(1))) {
            let rest = key[tail.len()..].to_owned();
            text.push_str(&rest);
        }
    }

    /// Adds what the steps before may make into a key of a later step, or into one with something in front.
    fn source_of_later(&self, text: &mut String, rng: &mut Rng) {
        if self.later.is_empty() {
            return;
        }
        let keys = rng.pick(&self.later);
        let mut rest = rng.word(keys);
        let head = rest.chars().next().expect("a key is not empty");
        // The end of a longer value may be the beginning of the key.
        if rng.once_in(4)
            && let Some(sources) = self.by_tail.get(&head)
        {
            text.push_str(rng.word(sources));
            rest = &rest[head.len_utf8()..];
        }
        while !rest.is_empty() {
            let most = rng.between(1, 4);
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).take(most);
            let ends: Vec<usize> = ends.collect();
            let known =
                ends.iter().rev().find_map(|&end| Some((end, self.by_value.get(&rest[..end])?)));
            let taken = match known {
                Some((end, sources)) if !rng.once_in(4) => {
                    text.push_str(rng.word(sources));
                    end
                }
                _ => {
                    text.push_str(&rest[..ends[0]]);
                    ends[0]
                }
            };
            rest = &rest[taken..];
            if rng.once_in(24) {
                return;
            }
        }
    }

    fn twin(&self, character: char, rng: &mut Rng) -> char {
        match self.twins.get(&character) {
            Some(twins) if !rng.once_in(3) => *rng.pick(twins),
            _ => character,
        }
    }

    /// Adds a description sequence that may lack operands, have too many, or hold keys.
    fn description(&self, text: &mut String, depth: usize, rng: &mut Rng) {
        let operator = rng.char('\u{2FF0}', '\u{2FFF}');
        text.push(operator);
        let operands = match operator {
            '\u{2FF2}' | '\u{2FF3}' => 3,
            '\u{2FFE}' | '\u{2FFF}' => 1,
            _ => 2,
        };
        let operands = if rng.once_in(8) { rng.below(operands + 1) } else { operands };
        for _ in 0..operands {
            match rng.below(8) {
                0..3 if depth > 0 => self.description(text, depth - 1, rng),
                0 => text.push_str(self.key(rng)),
                1 if !self.compatibility.is_empty() => text.push(*rng.pick(&self.compatibility)),
                2 => foreign(text, rng),
                3 if rng.once_in(4) => text.push('\n'),
                _ => text.push(*rng.pick(&self.characters)),
            }
        }
    }

    /// Adds a sequence about as deep, or about as long, as OpenCC follows.
    fn long_description(&self, text: &mut String, rng: &mut Rng) {
        let deep = rng.once_in(2);
        let operators = if deep { rng.between(13, 18) } else { rng.between(28, 34) };
        if deep {
            for _ in 0..operators {
                text.push(*rng.pick(&['⿰', '⿱', '⿾', '⿿']));
            }
        } else {
            for _ in 0..operators {
                text.push('⿰');
                text.push(*rng.pick(&self.characters));
                if rng.once_in(3) {
                    text.push('⿱');
                    text.push(*rng.pick(&self.characters));
                    text.push(*rng.pick(&self.characters));
                }
            }
        }
        for _ in 0..operators + rng.below(3) {
            text.push(*rng.pick(&self.characters));
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Piece {
    Key,
    OtherKey,
    PartOfKey,
    Overlap,
    SourceOfLater,
    TwinInKey,
    Compatibility,
    AsciiKey,
    Description,
    LongDescription,
    Operator,
    LineEnd,
    Foreign,
    Character,
}

const WEIGHTS: [(usize, Piece); 14] = [
    (28, Piece::Key),
    (8, Piece::OtherKey),
    (9, Piece::PartOfKey),
    (14, Piece::Overlap),
    (14, Piece::SourceOfLater),
    (5, Piece::TwinInKey),
    (3, Piece::Compatibility),
    (3, Piece::AsciiKey),
    (4, Piece::Description),
    (1, Piece::LongDescription),
    (1, Piece::Operator),
    (1, Piece::LineEnd),
    (9, Piece::Foreign),
    (10, Piece::Character),
];
const WEIGHTS_SUM: usize = 110;

/// Returns a beginning or an end of a key.
fn part(key: &str, rng: &mut Rng) -> String {
    let characters: Vec<char> = key.chars().collect();
    let cut = rng.between(0, characters.len());
    if rng.once_in(3) {
        characters[cut..].iter().collect()
    } else {
        characters[..cut].iter().collect()
    }
}

/// Adds what no dictionary is about: other scripts, marks, selectors, symbols, characters at the edges of ranges.
fn foreign(text: &mut String, rng: &mut Rng) {
    match rng.below(16) {
        0 => {
            text.push_str(rng.word(&[
                "，", "。", "、", "「", "」", "“", "”", "——", "……", "《", "》", "：", "　",
            ]))
        }
        1 => text.push_str(
            rng.word(&[" ", "  ", "\t", ".", ",", "-", "/", "(", ")", "<b>", "&amp;", "\"", "\\"]),
        ),
        2 => text.push_str(rng.word(&[
            "SQL",
            "PN",
            "B",
            "U",
            "A",
            "BMW",
            "PRC",
            "Rust 2024",
            "html",
            "K",
            "TVB",
        ])),
        3 => (0..rng.between(1, 40)).for_each(|_| text.push(rng.char(' ', '~'))),
        4 => text.push(rng.char('\u{FE00}', '\u{FE0F}')),
        5 => text.push(rng.char('\u{E0100}', '\u{E01EF}')),
        6 => text.push_str(rng.word(&["👩‍👩‍👧", "🀄", "🇹🇼", "1️⃣", "🈶", "😀"])),
        7 => text.push(rng.char('\u{1}', '\u{1F}')),
        8 => text.push_str(rng.word(&[
            "ひらがな",
            "カタカナ",
            "한글",
            "Ελλ",
            "Рус",
            "ไทย",
            "עבר",
            "é",
            "e\u{301}",
        ])),
        9 => text.push(rng.char('\u{4E00}', '\u{9FFF}')),
        10 => text.push(rng.char('\u{3400}', '\u{4DBF}')),
        11 => text.push(rng.char('\u{20000}', '\u{323AF}')),
        12 => text.push(rng.char('\u{F900}', '\u{FAFF}')),
        13 => text.push(rng.char('\u{2F800}', '\u{2FA1F}')),
        14 => text.push(rng.char('\u{80}', '\u{FFFF}')),
        _ => text.push_str(rng.word(&[
            "\u{7F}",
            "\u{80}",
            "\u{7FF}",
            "\u{800}",
            "\u{FFFD}",
            "\u{FEFF}",
            "\u{FFFF}",
            "\u{10000}",
            "\u{10FFFF}",
            "\u{2FEF}",
            "\u{3000}",
            "\u{D7FF}",
            "\u{E000}",
            "\u{31EF}",
            "\u{200B}",
        ])),
    }
}
