//! The ways to divide what stands around a character into words: a third opinion where the linear model is in doubt.
//!
//! In: the neighbours of a character. Out: for each class by how much it is ahead. The dictionary takes the longest word that begins
//! first, and so finds 长发 in 师长发现; here 师长 and 发现 are words too, and the two together are more frequent than 师,
//! 长发 and 现. A segmenter goes over the whole text for that, and hands on the one division that it likes best. Here the seven characters of
//! a window are divided, once for each class, with the words in which the character has this class: what is told is how much likelier one is.
//! A window of thirteen changes no decision on the development sets, and sums over all divisions in place of the likeliest change one.
//!
//! ```text
//! seven symbols → words that stand in them, with costs → the cheapest way up to each word with the character, and behind it
//!               → with what a class costs in that word: the cheapest for each class
//! ```
//!
//! Costs are negative logarithms of frequencies, in whole numbers. The table has words and what classes cost in them by a hash, as the linear
//! model has its weights; a string in five thousand is taken for a word that is none.
//!
//! The trainer (data/context/trainer) is built from this file too.

use super::features::{CANTONESE, DOT, REACH, Window};

/// Characters of the longest word.
pub(crate) const LONGEST: usize = 5;
/// What a character costs that was never seen alone, and the most that a word costs, in eighths of natural logarithms as all costs.
pub(crate) const UNKNOWN: i32 = 135;
/// What a class costs that a word was never seen with: one in 150.
pub(crate) const UNSEEN: i32 = 40;

/// Entries of a bucket, and bytes of it: keys of 16 bits, and behind them what each word costs, and one more; 0 is none.
pub(crate) const ENTRIES: usize = 8;
pub(crate) const BUCKET: usize = 24;
/// Buckets, a power of two.
pub(crate) const BUCKETS: usize = 1 << 14;

/// Characters of a window.
const WIDTH: usize = 2 * REACH + 1;

/// Bits for the beginnings of words, a power of two.
pub(crate) const BEGINNINGS: usize = 1 << 17;

/// A view of the words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lattice<'a> {
    pub(crate) buckets: &'a [[u8; BUCKET]; BUCKETS],
    /// A bit is set for each beginning of a word, by [`beginning`]: what is none need not be made longer. So at most places one or two strings are looked
    /// for in place of five.
    pub(crate) beginnings: &'a [u32; BEGINNINGS / 32],
}

impl Lattice<'_> {
    /// Returns by how much each class is ahead of the first, in eighths of natural logarithms.
    #[cold]
    #[inline(never)]
    pub(crate) fn scores(&self, window: &Window, classes: usize) -> [i32; 16] {
        if window.character >= CANTONESE {
            return [0; 16];
        }
        let (run, at) = run(window);
        let len = run.iter().position(|&symbol| symbol <= DOT).unwrap_or(WIDTH);
        let run = &run[..len];
        // What the cheapest words up to an offset cost, and those from it on.
        let (mut before, mut behind) = ([UNREACHED; WIDTH + 1], [UNREACHED; WIDTH + 1]);
        (before[0], behind[len]) = (0, 0);
        for start in 0..at {
            self.each_word(&run[..at], start, |end, _, cost| {
                before[end] = before[end].min(before[start] + cost);
            });
        }
        for start in (at + 1..len).rev() {
            let mut least = UNREACHED;
            self.each_word(run, start, |end, _, cost| least = least.min(behind[end] + cost));
            behind[start] = least;
        }
        let mut costs = [UNREACHED; 16];
        let first = (at + 1).saturating_sub(LONGEST);
        for (start, before) in before.into_iter().enumerate().take(at + 1).skip(first) {
            self.each_word(run, start, |end, word, cost| {
                if end > at {
                    let others = before + behind[end] + cost;
                    let own = self.classes(word, at - start, classes);
                    for (cost, own) in costs.iter_mut().zip(own).take(classes) {
                        *cost = (*cost).min(others + own);
                    }
                }
            });
        }
        costs.map(|cost| costs[0] - cost)
    }

    /// Calls `each` for the words that begin at `start`, with their end, their hash and what they cost; a character is always one.
    #[inline(always)]
    fn each_word(&self, run: &[u32], start: usize, mut each: impl FnMut(usize, u64, i32)) {
        let mut word = NO_WORD;
        for end in start + 1..=run.len().min(start + LONGEST) {
            word = longer(word, run[end - 1]);
            match self.find(word) {
                Some(cost) => each(end, word, cost),
                None if end == start + 1 => each(end, word, UNKNOWN),
                None => {}
            }
            let bit = beginning(word);
            if u32::from_le(self.beginnings[bit / 32]) >> (bit % 32) & 1 == 0 {
                break;
            }
        }
    }

    /// Returns what each class of the character at `offset` of a word costs.
    fn classes(&self, word: u64, offset: usize, classes: usize) -> [i32; 16] {
        let mut costs = [UNSEEN; 16];
        let mut is_known = false;
        for (class, cost) in costs.iter_mut().enumerate().take(classes) {
            if let Some(found) = self.find(with_class(word, offset, class)) {
                (*cost, is_known) = (found, true);
            }
        }
        if !is_known {
            costs[0] = 0;
        }
        costs
    }

    /// Returns what is filed under a hash.
    #[inline(always)]
    fn find(&self, hash: u64) -> Option<i32> {
        let key = key(hash);
        let mut found = 0;
        for bucket in buckets(hash).map(|bucket| &self.buckets[bucket]) {
            for entry in 0..ENTRIES {
                let is_it = u16::from_le_bytes([bucket[2 * entry], bucket[2 * entry + 1]]) == key;
                found |= if is_it { bucket[2 * ENTRIES + entry] } else { 0 };
            }
        }
        i32::from(found).checked_sub(1).filter(|&cost| cost >= 0)
    }
}

/// What cannot be reached; twice as much fits too.
const UNREACHED: i32 = 1 << 20;

/// Returns the ideographs around a character, and where it stands; behind them are zeros.
fn run(window: &Window) -> ([u32; WIDTH], usize) {
    let mut run = [0; WIDTH];
    let at = window.left.iter().position(|&symbol| symbol <= DOT).unwrap_or(REACH);
    for (place, symbol) in window.left[..at].iter().enumerate() {
        run[at - 1 - place] = *symbol;
    }
    run[at] = window.character;
    let right = window.right.iter().position(|&symbol| symbol <= DOT).unwrap_or(REACH);
    run[at + 1..at + 1 + right].copy_from_slice(&window.right[..right]);
    (run, at)
}

/// The hash of a word before its first character.
pub(crate) const NO_WORD: u64 = 1;

/// Returns the hash of a word with one more character.
#[inline(always)]
pub(crate) fn longer(word: u64, symbol: u32) -> u64 {
    (word ^ u64::from(symbol)).wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(23)
}

/// Returns the hash for the class of the character at an offset of a word.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "words are short and classes few")]
pub(crate) fn with_class(word: u64, offset: usize, class: usize) -> u64 {
    // No character has so high a number.
    longer(word, 1 << 24 | u32::from(offset as u8) << 8 | u32::from(class as u8))
}

/// Returns the two buckets of which one has what is filed under a hash: with one there is no room for 7% at four fifths of the entries.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a part is what is wanted")]
pub(crate) fn buckets(hash: u64) -> [usize; 2] {
    [hash >> (64 - BUCKETS.trailing_zeros()), hash >> 10].map(|bits| bits as usize % BUCKETS)
}

/// Returns which bit is set if longer words begin with one.
#[inline(always)]
pub(crate) fn beginning(word: u64) -> usize {
    (word >> 32) as usize % BEGINNINGS
}

/// Returns the bits that stand for a hash in its bucket.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a part is what is wanted")]
pub(crate) fn key(hash: u64) -> u16 {
    (hash >> 24) as u16
}

#[cfg(test)]
mod tests {
    use super::super::features::Window;
    use super::super::model::Model;
    use super::{CANTONESE, LONGEST, Lattice, NO_WORD, UNKNOWN, beginning, longer, run};

    /// Returns what the cheapest division of `run` costs that has the word of the character at `at` with a class: each division is
    /// looked at, word by word.
    fn naive(lattice: &Lattice<'_>, run: &[u32], at: usize, class: usize, of: usize) -> i32 {
        if run.is_empty() {
            return 0;
        }
        let mut least = i32::MAX / 2;
        for end in 1..=run.len().min(LONGEST) {
            let hash = |end: usize| run[..end].iter().fold(NO_WORD, |word, &s| longer(word, s));
            let word = hash(end);
            let begins = |end: usize| {
                let bit = beginning(hash(end));
                u32::from_le(lattice.beginnings[bit / 32]) >> (bit % 32) & 1 != 0
            };
            if !(1..end).all(begins) {
                continue;
            }
            let Some(cost) = lattice.find(word).or((end == 1).then_some(UNKNOWN)) else { continue };
            let is_there = at < end;
            let own = if is_there { lattice.classes(word, at, of)[class] } else { 0 };
            // Behind the word with the character nothing is asked of a class: the place is beyond the end.
            let rest = if is_there { usize::MAX } else { at - end };
            least = least.min(cost + own + naive(lattice, &run[end..], rest, class, of));
        }
        least
    }

    #[test]
    fn costs_are_those_of_the_cheapest_division() {
        let model = Model::built_in();
        let essay = include_str!("../../data/sample/essay-simplified.txt");
        let mut told = 0;
        for (at, c) in essay.char_indices() {
            let Some(candidates) = model.candidates(u32::from(c)) else { continue };
            let window = Window::around(essay.as_bytes(), at);
            let scores = model.lattice.scores(&window, candidates.classes());
            let (run, at) = run(&window);
            let len = run.iter().position(|&symbol| symbol == 0).unwrap_or(run.len());
            let costs: Vec<i32> = (0..candidates.classes())
                .map(|class| naive(&model.lattice, &run[..len], at, class, candidates.classes()))
                .collect();
            for (class, cost) in costs.iter().enumerate() {
                assert_eq!(scores[class], costs[0] - cost, "{c}, class {class}");
                told += usize::from(scores[class] != 0);
            }
        }
        assert!(told > 50, "{told}");
    }

    #[test]
    fn words_around_tell_the_class() {
        let model = Model::built_in();
        let second = |text: &str, own: char| {
            let at = text.find(own).unwrap();
            model.lattice.scores(&Window::around(text.as_bytes(), at), 2)[1]
        };
        // 髮 is the second of 发.
        assert!(second("师长发现", '发') < 0 && second("她的长发", '发') > 0);
        let window = Window::around("系".as_bytes(), 0);
        let cantonese = Window { character: window.character | CANTONESE, ..window };
        assert_eq!(model.lattice.scores(&cantonese, 2), [0; 16]);
    }
}
