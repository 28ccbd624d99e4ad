//! Counts the words of which the [`Lattice`](crate::lattice::Lattice) is made.
//!
//! In: texts in Simplified script with the right Traditional, and word lists. Out: the table of words with what they cost, and what the classes of
//! characters cost in them. Nobody has divided the texts into words. So they are divided by the longest words of the lists first, then by what those counts
//! make likeliest, and again; which class a character has in a word is counted in the last round.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::lattice::{
    BEGINNINGS, BUCKET, BUCKETS, ENTRIES, LONGEST, NO_WORD, UNKNOWN, UNSEEN, beginning, buckets,
    key, longer, with_class,
};

/// What a natural logarithm costs.
const UNIT: f32 = 8.0;
/// Times that the texts are divided by what was counted before.
const ROUNDS: usize = 2;
/// A word of a list is taken to have been seen half a time.
const FLOOR: f64 = 0.5;
/// How much of a character's classes elsewhere counts in each word.
const ELSEWHERE: f32 = 0.1;
/// The same for classes that it was never seen with.
const NEVER: f32 = 0.1;
/// A class of a smaller share is as one that was not seen.
const LEAST_SHARE: f32 = 0.02;
/// A word with no character of several classes, seen less often, changes no decision.
const LEAST_COUNT: f32 = 100.0;

type Map<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

/// For keys that are hashes.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are hashed");
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 29;
    }
}

/// What is known of a word.
#[derive(Default)]
struct Word {
    /// The hashes of what it begins with.
    beginnings: Vec<u64>,
    count: f32,
    characters: usize,
    /// What its characters were that have several.
    classes: Vec<Class>,
}

struct Class {
    offset: usize,
    class: usize,
    /// How many classes the character has.
    of: usize,
    count: f32,
    /// How much of that the lists say.
    listed: f32,
    own: char,
}

impl Word {
    fn count_class(&mut self, new: Class) {
        let is_it = |known: &&mut Class| (known.offset, known.class) == (new.offset, new.class);
        match self.classes.iter_mut().find(is_it) {
            Some(known) => {
                (known.count, known.listed) = (known.count + new.count, known.listed + new.listed)
            }
            None => self.classes.push(new),
        }
    }
}

/// A text, or the words of a list: in Simplified script and right.
struct Source {
    simplified: String,
    right: String,
    weight: f32,
}

/// What is to become the table.
pub(crate) struct Counter<C> {
    /// Returns the class of a Simplified character that is written so, and how many it has.
    class_of: C,
    words: Map<Word>,
    texts: Vec<Source>,
    total: f64,
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '〇')
}

fn hash(word: &[char]) -> u64 {
    word.iter().fold(NO_WORD, |hash, &c| longer(hash, u32::from(c)))
}

impl<C: Fn(char, char) -> Option<(usize, usize)>> Counter<C> {
    pub(crate) fn new(class_of: C) -> Counter<C> {
        Counter { class_of, words: Map::default(), texts: Vec::new(), total: 1.0 }
    }

    pub(crate) fn add_text(&mut self, simplified: &str, right: &str, weight: f32) {
        let [simplified, right] = [simplified, right].map(str::to_owned);
        self.texts.push(Source { simplified, right, weight });
    }

    /// Adds words, one a line. In each a character counts once as it is there.
    pub(crate) fn add_list(&mut self, simplified: &str, right: &str) {
        for (simplified, right) in simplified.lines().zip(right.lines()) {
            let [simplified, right] =
                [simplified, right].map(|word| word.chars().collect::<Vec<_>>());
            let fits = (1..=LONGEST).contains(&simplified.len())
                && simplified.len() == right.len()
                && simplified.iter().all(|&c| is_ideograph(c));
            if !fits {
                continue;
            }
            let word = self.words.entry(hash(&simplified)).or_default();
            word.characters = simplified.len();
            word.beginnings = (1..simplified.len()).map(|end| hash(&simplified[..end])).collect();
            // How often a character is a word by itself, and which, only texts tell.
            if simplified.len() > 1 {
                for (offset, (&own, &right)) in simplified.iter().zip(&right).enumerate() {
                    if let Some((class, of)) = (self.class_of)(own, right) {
                        let (count, listed) = (1.0, 1.0);
                        word.count_class(Class { offset, class, of, count, listed, own });
                    }
                }
            }
        }
    }

    /// Divides the texts.
    pub(crate) fn count(&mut self) {
        for round in 0..=ROUNDS {
            let mut counts: Map<(f32, usize)> = Map::default();
            let mut classes = Vec::new();
            for text in &self.texts {
                for (simplified, right) in text.simplified.lines().zip(text.right.lines()) {
                    let [simplified, right] =
                        [simplified, right].map(|line| line.chars().collect::<Vec<_>>());
                    let own: Vec<Option<(usize, usize)>> = if simplified.len() == right.len() {
                        let pairs = simplified.iter().zip(&right);
                        pairs.map(|(&own, &right)| (self.class_of)(own, right)).collect()
                    } else {
                        vec![None; simplified.len()]
                    };
                    let mut each = |start: usize, end: usize, word: u64| {
                        let counted = counts.entry(word).or_default();
                        *counted = (counted.0 + text.weight, end - start);
                        // What a longest word is taken for first is often none: 单于 in 名单于.
                        if round == 0 && end > start + 1 {
                            return;
                        }
                        for at in start..end {
                            if let Some((class, of)) = own[at] {
                                let own = simplified[at];
                                let (offset, count, listed) = (at - start, text.weight, 0.0);
                                let class = Class { offset, class, of, count, listed, own };
                                classes.push((word, class));
                            }
                        }
                    };
                    let mut start = 0;
                    while start < simplified.len() {
                        let run = simplified[start..].iter().take_while(|&&c| is_ideograph(c));
                        let end = start + run.count();
                        let (run, own) = (&simplified[start..end], &own[start..end]);
                        self.divide(run, own, round == 0, |from, to, word| {
                            each(start + from, start + to, word);
                        });
                        start = end + 1;
                    }
                }
            }
            for word in self.words.values_mut() {
                word.count = 0.0;
                word.classes.iter_mut().for_each(|class| class.count = class.listed);
            }
            for (hash, (count, characters)) in counts {
                let word = self.words.entry(hash).or_default();
                (word.count, word.characters) = (count, characters);
            }
            for (hash, class) in classes {
                let word = self.words.get_mut(&hash).expect("a word of the texts");
                word.count_class(class);
            }
            self.words.values_mut().for_each(|word| word.classes.retain(|class| class.count > 0.0));
            // In an order that is always the same.
            let mut counts: Vec<f32> = self.words.values().map(|word| word.count).collect();
            counts.sort_by(f32::total_cmp);
            self.total = counts.iter().map(|&count| f64::from(count) + FLOOR).sum();
        }
        self.texts.clear();
    }

    /// Calls `each` for the words of a run of ideographs: of the longest ones, or of the likeliest, given which classes the characters have.
    fn divide(
        &self,
        run: &[char],
        own: &[Option<(usize, usize)>],
        by_length: bool,
        mut each: impl FnMut(usize, usize, u64),
    ) {
        let mut best = vec![(f64::NEG_INFINITY, 0, NO_WORD); run.len() + 1];
        best[0].0 = 0.0;
        let mut next = 0;
        for start in 0..run.len() {
            let mut hash = NO_WORD;
            let mut longest = (start + 1, hash);
            for end in start + 1..=run.len().min(start + LONGEST) {
                hash = longer(hash, u32::from(run[end - 1]));
                let is_one = end == start + 1;
                let known = self.words.get(&hash);
                if known.is_some() || is_one {
                    longest = (end, hash);
                    let mut score = best[start].0 + self.likelihood(known);
                    if !by_length {
                        for at in start..end {
                            if let Some((class, of)) = own[at] {
                                let shares = self.shares(known, at - start, run[at], of);
                                score += f64::from(shares[class]).ln();
                            }
                        }
                    }
                    if score > best[end].0 {
                        best[end] = (score, start, hash);
                    }
                }
            }
            if by_length && start == next {
                each(start, longest.0, longest.1);
                next = longest.0;
            }
        }
        let mut end = if by_length { 0 } else { run.len() };
        while end > 0 {
            let (_, start, hash) = best[end];
            each(start, end, hash);
            end = start;
        }
    }

    /// Returns the shares of the classes of a character at an offset of a word.
    fn shares(&self, word: Option<&Word>, offset: usize, own: char, classes: usize) -> Vec<f32> {
        let mut shares = self.alone(hash(&[own]), classes);
        if let Some(word) = word.filter(|word| word.characters > 1) {
            let total: f32 = shares.iter().sum();
            shares.iter_mut().for_each(|share| *share *= ELSEWHERE / total);
            let here = word.classes.iter().filter(|known| known.offset == offset);
            here.for_each(|known| shares[known.class] += known.count);
        }
        let total: f32 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= total);
        shares
    }

    fn likelihood(&self, word: Option<&Word>) -> f64 {
        let count = word.map_or(0.0, |word| f64::from(word.count));
        ((count + FLOOR) / self.total).ln()
    }

    /// Returns the shares of a character's classes where it is a word by itself.
    fn alone(&self, own: u64, classes: usize) -> Vec<f32> {
        let mut shares = vec![NEVER; classes];
        for known in self.words.get(&own).iter().flat_map(|word| &word.classes) {
            shares[known.class] += known.count;
        }
        shares
    }

    /// Returns the table, as words of 32 bits.
    pub(crate) fn table(&self) -> Vec<u32> {
        // The most important first: what falls out of a bucket that is full is rare.
        let mut entries: Vec<(f32, u64, i32)> = Vec::new();
        let mut beginnings = vec![0_u32; BEGINNINGS / 32];
        for (&hash, word) in &self.words {
            if word.characters > 1 && word.classes.is_empty() && word.count < LEAST_COUNT {
                continue;
            }
            for bit in word.beginnings.iter().map(|&word| beginning(word)) {
                beginnings[bit / 32] |= 1 << (bit % 32);
            }
            let cost = (-self.likelihood(Some(word)) * f64::from(UNIT)).round() as i32;
            if word.characters > 1 || cost < UNKNOWN {
                entries.push((word.count, hash, cost.min(UNKNOWN)));
            }
            let mut offsets: Vec<usize> = word.classes.iter().map(|known| known.offset).collect();
            offsets.sort_unstable();
            offsets.dedup();
            for offset in offsets {
                let here = || word.classes.iter().filter(|known| known.offset == offset);
                let &Class { own, of, .. } = here().next().expect("one at each offset");
                let shares = self.shares(Some(word), offset, own, of);
                // Where it is always the first, nothing is said.
                if shares[1..].iter().all(|&share| share < LEAST_SHARE) {
                    continue;
                }
                for (class, share) in shares.into_iter().enumerate() {
                    if share >= LEAST_SHARE {
                        let cost = (-share.ln() * UNIT).round() as i32;
                        entries.push((
                            word.count,
                            with_class(hash, offset, class),
                            cost.min(UNSEEN),
                        ));
                    }
                }
            }
        }
        entries.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut table = vec![[0_u8; BUCKET]; BUCKETS];
        let mut held = vec![0; BUCKETS];
        let mut lost = 0;
        for &(_, hash, cost) in &entries {
            let [first, second] = buckets(hash);
            let at = if held[second] < held[first] { second } else { first };
            let entry = held[at];
            if entry == ENTRIES {
                lost += 1;
                continue;
            }
            held[at] += 1;
            table[at][2 * entry..2 * entry + 2].copy_from_slice(&key(hash).to_le_bytes());
            table[at][2 * ENTRIES + entry] = cost as u8 + 1;
        }
        eprintln!(
            "lattice: {} of {} words and classes, {lost} lost",
            entries.len(),
            self.words.len()
        );
        let words = table.as_flattened().chunks_exact(4);
        let words = words.map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        words.chain(beginnings).collect()
    }
}
