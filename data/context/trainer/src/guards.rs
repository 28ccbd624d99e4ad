//! Finds where a regional phrase would be cut out of other words: `的士` → `計程車` in `城堡的士兵`.
//!
//! In: texts and word lists in Simplified script, and a dictionary of regional phrases. Out: for each phrase the longer strings in
//! which it is not meant (`的士兵`), for a dictionary that is asked first. A list of exceptions by hand is the naive way; here
//! each word of the lists that begins or ends inside a phrase is laid beside it, and the frequencies of words decide between the
//! two ways to read both. And what a phrase means beside other words, the region's own texts tell ([`Kept`]).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use anyhow::Result;

/// Longer words are not looked at.
const LONGEST: usize = 5;
/// How much likelier the other reading must be, as a logarithm: 20 to 1.
pub(crate) const MARGIN: f64 = 3.0;
/// The same where the texts have it so: 5 to 1.
pub(crate) const LEAST_MARGIN: f64 = 1.6;
/// Words that are rarer are not laid beside phrases; nor are long ones, which the dictionaries have.
pub(crate) const LEAST_COUNT: f64 = 20.0;
/// A phrase is taken to stand so often at least: texts of another region lack it.
pub(crate) const LEAST_SHARE: f64 = 1e-5;
/// Two words are taken to meet if their shares make so much of all pairs at least.
const LEAST_MEETING: f64 = 1e-10;

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

    /// Returns the strings in which `phrase` is rather not meant, and how much rather; each has it at one end. It is taken to stand
    /// as often as `least_share` at least.
    pub(crate) fn guards(
        &self,
        phrase: &str,
        by_ends: &ByEnds,
        least_share: f64,
        margin: f64,
    ) -> BTreeMap<String, f64> {
        let phrase: Vec<char> = phrase.chars().collect();
        let count = phrase.len();
        let own = self.score(&phrase).unwrap_or(f64::MIN).max(least_share.ln());
        let mut guards = BTreeMap::new();
        let mut add = |guard: String, ahead: f64| {
            if ahead > margin {
                let known = guards.entry(guard).or_insert(ahead);
                *known = ahead.max(*known);
            }
        };
        for shared in 1..count {
            let (head, tail) = (&phrase[..shared], &phrase[count - shared..]);
            for word in by_ends.beginning(tail) {
                // 的 | 士兵 against 的士 | 兵.
                let other = self.likelihood(&phrase[..count - shared])
                    + self.score(word).unwrap_or(f64::MIN);
                let as_phrase = own + self.likelihood(&word[shared..]);
                add(phrase.iter().chain(&word[shared..]).collect(), other - as_phrase);
            }
            for word in by_ends.ending(head) {
                let other =
                    self.score(word).unwrap_or(f64::MIN) + self.likelihood(&phrase[shared..]);
                let as_phrase = self.likelihood(&word[..word.len() - shared]) + own;
                add(word.iter().chain(&phrase[shared..]).collect(), other - as_phrase);
            }
        }
        guards
    }

    /// Returns by how much a character in the middle of a phrase is likelier to be a word by itself.
    pub(crate) fn alone(&self, phrase: &str, character: char) -> f64 {
        let phrase: Vec<char> = phrase.chars().collect();
        let at = phrase.iter().position(|&c| c == character).unwrap_or(0);
        let own = self.score(&phrase).unwrap_or(f64::MIN).max(self.rarest().ln());
        let alone = self.score(&[character]).unwrap_or(f64::MIN);
        self.likelihood(&phrase[..at]) + alone + self.likelihood(&phrase[at + 1..]) - own
    }

    /// Returns the share of what was never seen in a text.
    pub(crate) fn rarest(&self) -> f64 {
        0.5 / self.total
    }

    /// Returns two words each that meet inside `phrase`, and often enough, where it is rather not meant: 改变 and 量子, for 变量.
    pub(crate) fn meetings(&self, phrase: &str, by_ends: &ByEnds) -> BTreeSet<[String; 2]> {
        let phrase: Vec<char> = phrase.chars().collect();
        let own = self.score(&phrase).unwrap_or(f64::MIN).max(LEAST_SHARE.ln());
        let known = |word: &[char]| self.score(word).unwrap_or(f64::MIN);
        let mut meetings = BTreeSet::new();
        for at in 1..phrase.len() {
            let (head, tail) = phrase.split_at(at);
            for right in by_ends.beginning(tail) {
                let as_phrase = own + self.likelihood(&right[tail.len()..]);
                for left in by_ends.ending(head) {
                    let both = known(left) + known(right);
                    let before = self.likelihood(&left[..left.len() - head.len()]);
                    if both > LEAST_MEETING.ln() && both > before + as_phrase + MARGIN {
                        meetings.insert([left, right].map(|word| word.iter().collect()));
                    }
                }
            }
        }
        meetings
    }

    pub(crate) fn by_ends(&self, is_taken: impl Fn(&str, f64) -> bool) -> ByEnds {
        let mut by_ends = ByEnds::default();
        for (word, count) in &self.counts {
            let is_taken = is_taken(word, *count);
            let word: Vec<char> = word.chars().collect();
            if !is_taken || !(2..=3).contains(&word.len()) {
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

/// A phrase in Simplified script, how the region writes it, and what the dictionary has for it.
pub(crate) struct Phrase {
    pub(crate) key: String,
    pub(crate) as_is: String,
    pub(crate) value: String,
}

/// Phrases that a region's own texts have too, in another sense than the dictionary's: 支持者, though 支持 of a computer is 支援.
pub(crate) struct Kept {
    phrases: Vec<Phrase>,
    finder: AhoCorasick,
    /// How often the texts keep the phrase in a string that has it and what stands beside it, and how often they have the value.
    strings: HashMap<[String; 3], [u32; 2]>,
}

/// A string has to be kept so often, and has the value at most once in so many.
const LEAST_KEPT: u32 = 8;
const EXCEPTIONS: u32 = 33;
/// Characters beside the phrase.
const BESIDE: usize = 2;

impl Kept {
    pub(crate) fn new(phrases: Vec<Phrase>) -> Result<Kept> {
        let mut finder = AhoCorasick::builder();
        let finder = finder.match_kind(MatchKind::LeftmostLongest);
        let finder = finder.build(phrases.iter().map(|phrase| &phrase.key))?;
        Ok(Kept { phrases, finder, strings: HashMap::new() })
    }

    /// Counts a line of the region in the words of the mainland, given the line. Where a clause has a phrase once and the line
    /// has it once as it is, or its value once, it is known which of the two is meant.
    pub(crate) fn count(&mut self, mainland: &str, right: &str, is_taken: impl Fn(char) -> bool) {
        let is_mark = |c: char| !c.is_alphanumeric();
        let clauses: Vec<[&str; 2]> =
            mainland.split(is_mark).zip(right.split(is_mark)).map(|(a, b)| [a, b]).collect();
        if mainland.split(is_mark).count() != right.split(is_mark).count() {
            return;
        }
        for [mainland, right] in clauses {
            let found: Vec<_> = self.finder.find_iter(mainland).collect();
            for one in &found {
                let phrase = &self.phrases[one.pattern().as_usize()];
                let times = found.iter().filter(|other| other.pattern() == one.pattern()).count();
                let counts =
                    [&phrase.as_is, &phrase.value].map(|text| right.matches(&**text).count());
                let place = match counts {
                    [kept, 0] if kept == times => 0,
                    [_, changed] if changed == times => 1,
                    _ => continue,
                };
                let before: Vec<char> =
                    mainland[..one.start()].chars().rev().take(BESIDE).collect();
                let behind: Vec<char> = mainland[one.end()..].chars().take(BESIDE).collect();
                for left in 0..=before.len() {
                    for right in 0..=behind.len().min(BESIDE - left) {
                        let beside = before[..left].iter().rev().chain(&behind[..right]);
                        if left + right == 0 || !beside.copied().all(&is_taken) {
                            continue;
                        }
                        let head: String = before[..left].iter().rev().collect();
                        let tail: String = behind[..right].iter().collect();
                        let string = [head, phrase.key.clone(), tail];
                        self.strings.entry(string).or_default()[place] += 1;
                    }
                }
            }
        }
    }

    /// Returns the shortest strings that the texts keep. Each is a word as a whole, or what stands beside the phrase is one, and is no such phrase:
    /// 支持者 and 服务对象, but not 的接口, 络设备 and 数据通信, which stand in other senses too.
    pub(crate) fn strings(&self, is_word: impl Fn(&str) -> bool) -> BTreeSet<String> {
        let is_phrase = |text: &str| self.phrases.iter().any(|phrase| phrase.key == text);
        let is_kept =
            |&[kept, changed]: &[u32; 2]| kept >= LEAST_KEPT && changed * EXCEPTIONS <= kept;
        let is_whole = |[head, key, tail]: &[String; 3]| {
            let beside = format!("{head}{tail}");
            let is_one_side = head.is_empty() || tail.is_empty();
            is_word(&format!("{head}{key}{tail}"))
                || is_one_side
                    && beside.chars().count() == BESIDE
                    && is_word(&beside)
                    && !is_phrase(&beside)
        };
        let all =
            self.strings.iter().filter(|(string, counts)| is_kept(counts) && is_whole(string));
        let all: HashSet<String> = all.map(|(string, _)| string.concat()).collect();
        let has_shorter = |string: &str| {
            let ends: Vec<usize> =
                string.char_indices().map(|(at, _)| at).chain([string.len()]).collect();
            let mut parts = ends.iter().flat_map(|&from| ends.iter().map(move |&to| (from, to)));
            parts.any(|(from, to)| {
                from < to && to - from < string.len() && all.contains(&string[from..to])
            })
        };
        all.iter().filter(|string| !has_shorter(string)).cloned().collect()
    }
}
