//! Finds where a regional phrase would be cut out of other words: `的士` → `計程車` in `城堡的士兵`.
//!
//! In: texts and word lists in Simplified script, and a dictionary of regional phrases. Out: for each phrase the longer strings in
//! which it is not meant (`的士兵`), for a dictionary that is asked first. A list of exceptions by hand is the naive way; here
//! each word of the lists that begins or ends inside a phrase is laid beside it, and the frequencies of words decide between the
//! two ways to read both.

use std::collections::{BTreeSet, HashMap};

/// Longer words are not looked at.
const LONGEST: usize = 5;
/// How much likelier the other reading must be, as a logarithm: 20 to 1.
const MARGIN: f64 = 3.0;
/// Words that are rarer are not laid beside phrases; nor are long ones, which the dictionaries have.
const LEAST_COUNT: f64 = 20.0;
/// A phrase is taken to stand so often at least: texts of another region lack it.
const LEAST_SHARE: f64 = 1e-5;

/// Words with their frequencies.
pub(crate) struct Words {
    counts: HashMap<String, f64>,
    total: f64,
}

impl Words {
    /// Counts words in a text: first by longest match, then by what the first counts make likeliest.
    pub(crate) fn count<'a>(words: impl Iterator<Item = &'a str>, text: &str) -> Words {
        let fits = |word: &&str| (2..=LONGEST).contains(&word.chars().count());
        let counts: HashMap<String, f64> =
            words.filter(fits).map(|word| (word.to_owned(), 0.5)).collect();
        let mut words = Words { counts, total: 1.0 };
        let mut first = words.counts.clone();
        let runs = |text: &str, each: &mut dyn FnMut(&[char])| {
            for run in text.split(|c: char| !('\u{4E00}'..='\u{9FFF}').contains(&c)) {
                each(&run.chars().collect::<Vec<char>>());
            }
        };
        runs(text, &mut |run| {
            let mut at = 0;
            while at < run.len() {
                let longest = (1..=LONGEST.min(run.len() - at)).rev();
                let mut word = String::new();
                for length in longest {
                    word = run[at..at + length].iter().collect();
                    if length == 1 || words.counts.contains_key(&word) {
                        at += length;
                        break;
                    }
                }
                *first.entry(word).or_insert(0.5) += 1.0;
            }
        });
        words.total = first.values().sum();
        words.counts = first;
        let mut second: HashMap<String, f64> =
            words.counts.keys().map(|word| (word.clone(), 0.5)).collect();
        runs(text, &mut |run| {
            for (start, end) in words.path(run) {
                let word: String = run[start..end].iter().collect();
                *second.entry(word).or_insert(0.5) += 1.0;
            }
        });
        words.total = second.values().sum();
        words.counts = second;
        words
    }

    fn score(&self, word: &[char]) -> Option<f64> {
        let count = match self.counts.get(&word.iter().collect::<String>()) {
            Some(count) => *count,
            None if word.len() == 1 => 0.5,
            None => return None,
        };
        Some((count / self.total).ln())
    }

    /// Returns the likeliest words of a run of ideographs.
    fn path(&self, run: &[char]) -> Vec<(usize, usize)> {
        let mut best = vec![(f64::MIN, 0); run.len() + 1];
        best[0] = (0.0, 0);
        for end in 1..=run.len() {
            for start in end.saturating_sub(LONGEST)..end {
                if let Some(score) = self.score(&run[start..end]) {
                    let score = score + best[start].0;
                    if score > best[end].0 {
                        best[end] = (score, start);
                    }
                }
            }
        }
        let mut path = Vec::new();
        let mut end = run.len();
        while end > 0 {
            path.push((best[end].1, end));
            end = best[end].1;
        }
        path.reverse();
        path
    }

    fn likelihood(&self, run: &[char]) -> f64 {
        self.path(run).into_iter().filter_map(|(start, end)| self.score(&run[start..end])).sum()
    }

    /// Returns the strings in which `phrase` is rather not meant; each has it at one end.
    pub(crate) fn guards(&self, phrase: &str, by_ends: &ByEnds) -> BTreeSet<String> {
        let phrase: Vec<char> = phrase.chars().collect();
        let count = phrase.len();
        let own = self.score(&phrase).unwrap_or(f64::MIN).max(LEAST_SHARE.ln());
        let mut guards = BTreeSet::new();
        for shared in 1..count {
            let (head, tail) = (&phrase[..shared], &phrase[count - shared..]);
            for word in by_ends.beginning(tail) {
                // 的 | 士兵 against 的士 | 兵.
                let other = self.likelihood(&phrase[..count - shared])
                    + self.score(word).unwrap_or(f64::MIN);
                let as_phrase = own + self.likelihood(&word[shared..]);
                if other > as_phrase + MARGIN {
                    guards.insert(phrase.iter().chain(&word[shared..]).collect());
                }
            }
            for word in by_ends.ending(head) {
                let other =
                    self.score(word).unwrap_or(f64::MIN) + self.likelihood(&phrase[shared..]);
                let as_phrase = self.likelihood(&word[..word.len() - shared]) + own;
                if other > as_phrase + MARGIN {
                    guards.insert(word.iter().chain(&phrase[shared..]).collect());
                }
            }
        }
        guards
    }

    pub(crate) fn by_ends(&self) -> ByEnds {
        let mut by_ends = ByEnds::default();
        for (word, count) in &self.counts {
            let word: Vec<char> = word.chars().collect();
            if !(2..=3).contains(&word.len()) || *count < LEAST_COUNT {
                continue;
            }
            for shared in 1..word.len() {
                let (head, tail) = (word[..shared].to_vec(), word[word.len() - shared..].to_vec());
                by_ends.heads.entry(head).or_default().push(word.clone());
                by_ends.tails.entry(tail).or_default().push(word.clone());
            }
        }
        by_ends
    }
}

/// Words by how they begin and end.
#[derive(Default)]
pub(crate) struct ByEnds {
    heads: HashMap<Vec<char>, Vec<Vec<char>>>,
    tails: HashMap<Vec<char>, Vec<Vec<char>>>,
}

impl ByEnds {
    fn beginning(&self, head: &[char]) -> &[Vec<char>] {
        self.heads.get(head).map_or(&[], Vec::as_slice)
    }

    fn ending(&self, tail: &[char]) -> &[Vec<char>] {
        self.tails.get(tail).map_or(&[], Vec::as_slice)
    }
}
