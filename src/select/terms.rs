//! Terms that are all searched for at once.
//!
//! In: terms, and a text. Out: where the terms are. What a general search gives takes time in proportion to the terms as
//! well as to the text where one is within another: with 头, 头头 and so on, each place of 头头头… has a match of each, or is
//! read up to the end of the longest. Here each place of the text is looked at once, and told is only the longest term there.

use std::ops::Range;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous;
use aho_corasick::{AhoCorasick, Anchored, BuildError, MatchKind, dfa};

/// Terms of more bytes are searched for from the end of a line.
const LONG: usize = 256;

/// Terms of which the longest is taken where several begin at one place, and none within another.
#[derive(Debug)]
pub(crate) enum Longest {
    /// Reads up to the longest term again behind each match.
    Forwards(AhoCorasick),
    Backwards(Ends),
}

impl Longest {
    pub(crate) fn new(terms: &[String]) -> Result<Longest, BuildError> {
        if terms.iter().all(|term| term.len() <= LONG) {
            let builder =
                AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(terms);
            return builder.map(Longest::Forwards);
        }
        let reversed = terms.iter().map(|term| term.bytes().rev().collect::<Vec<u8>>());
        Ends::new(&reversed.collect::<Vec<_>>()).map(Longest::Backwards)
    }

    /// Adds the ranges of the terms of a line that begins at `start`.
    pub(crate) fn find(&self, line: &str, start: usize, ranges: &mut Vec<Range<usize>>) {
        match self {
            Longest::Forwards(terms) => {
                let found = terms.find_iter(line);
                ranges.extend(found.map(|found| start + found.start()..start + found.end()));
            }
            Longest::Backwards(terms) => {
                let mut found: Vec<Range<usize>> = Vec::new();
                let len = line.len();
                terms.each(line.bytes().rev(), |range| {
                    found.push(len - range.end..len - range.start)
                });
                let mut free = 0;
                for range in found.into_iter().rev() {
                    if range.start >= free {
                        free = range.end;
                        ranges.push(start + range.start..start + range.end);
                    }
                }
            }
        }
    }
}

/// Terms of which the longest that ends at a place is taken.
#[derive(Debug)]
pub(crate) struct Ends {
    automaton: Box<Machine>,
    longest: usize,
}

#[derive(Debug)]
enum Machine {
    /// The faster one; its building takes time in proportion to the terms' length times their different bytes, or more
    /// where they repeat themselves.
    Dfa(dfa::DFA),
    Nfa(contiguous::NFA),
}

impl Ends {
    pub(crate) fn new(terms: &[impl AsRef<[u8]>]) -> Result<Ends, BuildError> {
        const FEW: usize = 4096;
        let bytes: usize = terms.iter().map(|term| term.as_ref().len()).sum();
        let automaton = if bytes <= FEW {
            Machine::Dfa(dfa::DFA::new(terms)?)
        } else {
            Machine::Nfa(contiguous::NFA::new(terms)?)
        };
        let longest = terms.iter().map(|term| term.as_ref().len()).max().unwrap_or(0);
        Ok(Ends { automaton: Box::new(automaton), longest })
    }

    /// Returns the length of the longest term in bytes.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// Returns the parts of a text that terms cover, in order, none touching another.
    pub(crate) fn covered(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut covered: Vec<Range<usize>> = Vec::new();
        self.each(text.iter().copied(), |mut range| {
            while let Some(last) = covered.pop_if(|last| last.end >= range.start) {
                range.start = range.start.min(last.start);
            }
            covered.push(range);
        });
        covered
    }

    /// Calls `f` with the longest term at each place where one ends.
    fn each(&self, text: impl Iterator<Item = u8>, f: impl FnMut(Range<usize>)) {
        match &*self.automaton {
            Machine::Dfa(dfa) => each(dfa, text, f),
            Machine::Nfa(nfa) => each(nfa, text, f),
        }
    }
}

fn each(
    automaton: &impl Automaton,
    text: impl Iterator<Item = u8>,
    mut f: impl FnMut(Range<usize>),
) {
    let Ok(mut state) = automaton.start_state(Anchored::No) else { return };
    for (at, byte) in text.enumerate() {
        state = automaton.next_state(Anchored::No, state, byte);
        if automaton.is_special(state) && automaton.is_match(state) {
            // The first term of a state is the one that leads to it; the others are its ends.
            let len = automaton.pattern_len(automaton.match_pattern(state, 0));
            f(at + 1 - len..at + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_is_found_at_each_place() {
        let mut state = 11_u64;
        let mut random = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % end
        };
        let mut matches = 0;
        for round in 0..300 {
            let mut letters = |count: usize| -> String {
                (0..count)
                    .map(|_| ['a', '头', '发'][random(if round % 2 == 0 { 2 } else { 3 })])
                    .collect()
            };
            let mut terms: Vec<String> = (1..12).map(|len| letters(1 + len % 5)).collect();
            let text = letters(200);
            let forwards = Longest::new(&terms).unwrap();
            let ends = Ends::new(&terms).unwrap();
            let naive = |at: usize| {
                let lens = terms.iter().filter(|term| text[..at].ends_with(*term)).map(String::len);
                lens.max().map(|len| at - len..at)
            };
            let mut found = Vec::new();
            ends.each(text.bytes(), |range| found.push(range));
            let places = (1..=text.len()).filter(|&at| text.is_char_boundary(at));
            assert_eq!(found, places.filter_map(naive).collect::<Vec<_>>());
            let covered = ends.covered(text.as_bytes());
            for at in 0..text.len() {
                let is_covered = found.iter().any(|range| range.contains(&at));
                assert_eq!(covered.iter().any(|range| range.contains(&at)), is_covered);
            }
            // One long term, and the search goes the other way.
            terms.push("头".repeat(LONG));
            let backwards = Longest::new(&terms).unwrap();
            assert!(matches!(backwards, Longest::Backwards(_)));
            let (mut some, mut same) = (Vec::new(), Vec::new());
            forwards.find(&text, 5, &mut some);
            backwards.find(&text, 5, &mut same);
            assert_eq!(some, same);
            matches += some.len();
        }
        assert!(matches > 1000);
    }
}
