//! What has been found further on in a line.
//!
//! In: questions of the kinds of span, in the order of their places. Out: the answers that a look at the rest of the line
//! would give. The naive way looks each time; on a line of openings without a closing, as `{{{{…`, that is once for each and
//! takes time in proportion to the square of the line's length. Here an answer is kept for as long as it holds.

use std::collections::HashMap;

use memchr::{memchr, memchr_iter, memchr2_iter, memmem};

use super::tokens::LONGEST;

/// The signs that are sought, each with an answer of its own.
const SIGNS: [&str; 10] = ["#", "$", ")", "]", "}", "-->", "$$", "}}", "%}", ">)"];

/// The answers for one line.
#[derive(Default)]
pub(super) struct Seen {
    next: [Next; SIGNS.len()],
    /// Before this place no slash is part of a path.
    pub(super) no_path_before: usize,
    is_timing: Option<bool>,
    trimmed: Option<usize>,
    backticks: Option<Backticks>,
    brackets: Option<Vec<(usize, usize)>>,
}

/// A sign is at `found`, or nowhere if that is `usize::MAX`, and at no place from `from` to there.
struct Next {
    from: usize,
    found: usize,
}

impl Default for Next {
    fn default() -> Next {
        Next { from: 1, found: 0 }
    }
}

impl Seen {
    /// Returns the next place of a sign of one byte, if it is less than [`LONGEST`] bytes from `from`.
    pub(super) fn find(&mut self, line: &str, from: usize, sign: u8) -> Option<usize> {
        let found = self.next(line, from, &[sign])?;
        (found - from < LONGEST).then_some(found)
    }

    /// Returns the next place of a sign of several bytes, however far.
    pub(super) fn find_text(&mut self, line: &str, from: usize, sign: &str) -> Option<usize> {
        self.next(line, from, sign.as_bytes())
    }

    fn next(&mut self, line: &str, from: usize, sign: &[u8]) -> Option<usize> {
        let kind = SIGNS.iter().position(|other| other.as_bytes() == sign)?;
        let next = &mut self.next[kind];
        // Places come in order, so what is looked through again is little.
        if from < next.from || next.found < from {
            let rest = &line.as_bytes()[from..];
            let found = match sign {
                &[sign] => memchr(sign, rest),
                _ => memmem::find(rest, sign),
            };
            *next = Next { from, found: found.map_or(usize::MAX, |found| from + found) };
        }
        (next.found < usize::MAX).then_some(next.found)
    }

    /// Returns whether a line with an arrow has the times of a subtitle, or at least no comment.
    pub(super) fn is_timing(&mut self, line: &str) -> bool {
        *self.is_timing.get_or_insert_with(|| {
            line.bytes().any(|byte| byte.is_ascii_digit()) && !line.contains("<!--")
        })
    }

    /// Returns the length of the line without the blanks at its end.
    pub(super) fn trimmed(&mut self, line: &str) -> usize {
        *self.trimmed.get_or_insert_with(|| line.trim_end().len())
    }

    /// Returns the runs of backticks.
    pub(super) fn backticks(&mut self, line: &str) -> &mut Backticks {
        self.backticks.get_or_insert_with(|| Backticks::new(line))
    }

    /// Returns the end of what is between the bracket `(` at `open` and its partner, both with it, if that is at most
    /// [`LONGEST`] bytes.
    pub(super) fn bracket_end(&mut self, line: &str, open: usize) -> Option<usize> {
        /// Nearly every target of a link is shorter.
        const NEAR: usize = 256;
        let mut depth = 0;
        for (offset, &byte) in line.as_bytes()[open..].iter().enumerate().take(NEAR) {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => return Some(open + offset + 1),
                b')' => depth -= 1,
                _ => {}
            }
        }
        let brackets = self.brackets.get_or_insert_with(|| brackets(line));
        let at = brackets.binary_search_by_key(&open, |&(open, _)| open).ok()?;
        let end = brackets[at].1.checked_add(1)?;
        (end - open <= LONGEST).then_some(end)
    }
}

/// Returns the places of all `(`, each with that of its partner, `usize::MAX` if it has none.
fn brackets(line: &str) -> Vec<(usize, usize)> {
    let (mut brackets, mut open) = (Vec::new(), Vec::new());
    for at in memchr2_iter(b'(', b')', line.as_bytes()) {
        if line.as_bytes()[at] == b'(' {
            open.push(brackets.len());
            brackets.push((at, usize::MAX));
        } else if let Some(index) = open.pop() {
            let bracket: &mut (usize, usize) = &mut brackets[index];
            bracket.1 = at;
        }
    }
    brackets
}

/// The runs of backticks of a line.
pub(super) struct Backticks {
    /// Where each begins and ends.
    runs: Vec<(usize, usize)>,
    /// The first run that ends behind the last place asked for.
    current: usize,
    index: Option<Index>,
}

/// What it takes to pass over runs of other lengths.
struct Index {
    /// The numbers of the runs of each length.
    by_len: HashMap<usize, Vec<usize>>,
    /// For each run the last one that can be reached from it without a gap of [`LONGEST`] bytes.
    last: Vec<usize>,
}

impl Backticks {
    fn new(line: &str) -> Backticks {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for at in memchr_iter(b'`', line.as_bytes()) {
            match runs.last_mut() {
                Some(run) if run.1 == at => run.1 += 1,
                _ => runs.push((at, at + 1)),
            }
        }
        Backticks { runs, current: 0, index: None }
    }

    /// Returns the code that the backticks from `at` on open, up to the next run of as many.
    pub(super) fn code(&mut self, at: usize) -> Option<std::ops::Range<usize>> {
        while self.runs.get(self.current)?.1 <= at {
            self.current += 1;
        }
        let (open, end) = (self.current, self.runs[self.current].1);
        let fence = end - at;
        let &next = self.runs.get(open + 1)?;
        if next.0 - end >= LONGEST {
            return None;
        }
        if next.1 - next.0 == fence {
            return Some(at..next.1);
        }
        let index = self.index.get_or_insert_with(|| Index::new(&self.runs));
        let same = index.by_len.get(&fence)?;
        let close = *same.get(same.partition_point(|&run| run <= open))?;
        let is_near = close <= index.last[open] && self.runs[close - 1].1 - at <= 4 * LONGEST;
        is_near.then(|| at..self.runs[close].1)
    }
}

impl Index {
    fn new(runs: &[(usize, usize)]) -> Index {
        let mut by_len: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, run) in runs.iter().enumerate() {
            by_len.entry(run.1 - run.0).or_default().push(number);
        }
        let mut last: Vec<usize> = (0..runs.len()).collect();
        for number in (1..runs.len()).rev() {
            if runs[number].0 - runs[number - 1].1 < LONGEST {
                last[number - 1] = last[number];
            }
        }
        Index { by_len, last }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator of small numbers.
    fn random(state: &mut u64, end: usize) -> usize {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(*state >> 33).unwrap() % end
    }

    /// As [`Backticks::code`] was before it kept anything.
    fn naive_code(line: &str, at: usize) -> Option<std::ops::Range<usize>> {
        let count = |from: usize| line[from..].bytes().take_while(|&byte| byte == b'`').count();
        let fence = count(at);
        let mut from = at + fence;
        while let Some(found) = line[from..].find('`').filter(|&found| found < LONGEST) {
            let (next, run) = (from + found, count(from + found));
            if run == fence {
                return Some(at..next + run);
            }
            from = next + run;
            if from - at > 4 * LONGEST {
                break;
            }
        }
        None
    }

    fn naive_bracket(line: &str, open: usize) -> Option<usize> {
        let mut depth = 0;
        for (offset, byte) in line[open..].bytes().enumerate().take(LONGEST) {
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => return Some(open + offset + 1),
                b')' => depth -= 1,
                _ => {}
            }
        }
        None
    }

    #[test]
    fn what_is_kept_is_what_a_look_would_give() {
        let mut state = 7;
        let (mut closed, mut open) = ([0; 3], [0; 3]);
        for round in 0..200 {
            // Some with gaps around the longest that is passed over.
            let pieces = ["`", "``", "```", "(", ")", "](", "#", "-->", "a", "头"];
            let mut line = String::new();
            for _ in 0..60 {
                match random(&mut state, 40) {
                    0 if round % 2 == 0 => {
                        line.push_str(&"b".repeat(LONGEST - 2 + random(&mut state, 4)));
                    }
                    other => line.push_str(pieces[other % pieces.len()]),
                }
            }
            let mut seen = Seen::default();
            let mut compare = |kind: usize, found: Option<usize>, expected: Option<usize>| {
                assert_eq!(found, expected, "{kind} {line:?}");
                (if found.is_some() { &mut closed } else { &mut open })[kind] += 1;
            };
            for (at, c) in line.char_indices() {
                match c {
                    '`' => {
                        let found = seen.backticks(&line).code(at).map(|range| range.end);
                        compare(0, found, naive_code(&line, at).map(|range| range.end));
                    }
                    '(' => compare(1, seen.bracket_end(&line, at), naive_bracket(&line, at)),
                    '#' => {
                        let found = seen.find(&line, at + 1, b'#');
                        let near = line[at + 1..].find('#').filter(|&found| found < LONGEST);
                        compare(2, found, near.map(|found| at + 1 + found));
                        let arrow = line[at..].find("-->").map(|found| at + found);
                        compare(2, seen.find_text(&line, at, "-->"), arrow);
                    }
                    _ => {}
                }
            }
        }
        assert!(closed.iter().chain(&open).all(|&count| count > 100), "{closed:?} {open:?}");
    }
}
