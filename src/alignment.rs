//! Which part of a result came of which part of its source.
//!
//! In: the places where a stage replaced something by something of another length. Out: a map of offsets in both directions,
//! for those who lay a result back into a document, or who move annotations (the offsets of names, of words) across a
//! conversion. The naive way compares the two texts afterwards, and guesses wherever a character occurs twice. Here
//! the stage itself says what it replaced; between those places source and result go on in step, character by character, each
//! as many bytes long as its counterpart, so that a conversion that keeps lengths costs nothing.

use std::ops::Range;

/// A part of the source and what became of it: of another length, or with new signs of ASCII in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Where it was; empty where something was put in.
    pub source: Range<usize>,
    /// Where it is now; empty where something was dropped.
    pub result: Range<usize>,
}

impl Replaced {
    /// Returns the same part of longer texts, in which so many bytes come before.
    pub(crate) fn moved(&self, source: usize, result: usize) -> Replaced {
        let moved = |range: &Range<usize>, by: usize| range.start + by..range.end + by;
        Replaced { source: moved(&self.source, source), result: moved(&self.result, result) }
    }
}

/// How a result lies against its source: in step, but for some parts that were replaced as a whole.
///
/// Between two such parts source and result have equally many characters, each as long as its counterpart. Offsets are in bytes,
/// or, after [`in_characters`](Alignment::in_characters), in characters.
///
/// ```
/// let converter = jianfan::Converter::new("s2twp")?;
/// let text = "用闪存很快";
/// let (result, alignment) = converter.convert_aligned(text);
/// assert_eq!(result, "用快閃記憶體很快");
/// // 很 was the fourth character, at byte 9, and is the seventh.
/// assert_eq!(alignment.to_result(9), 18);
/// assert_eq!(alignment.in_characters(text, &result).to_result(3), 6);
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    replaced: Vec<Replaced>,
    source_len: usize,
    result_len: usize,
}

impl Alignment {
    /// Returns the alignment of two texts of these lengths, which differ in these parts, given in their order.
    pub(crate) fn new(replaced: Vec<Replaced>, source_len: usize, result_len: usize) -> Alignment {
        Alignment { replaced, source_len, result_len }
    }

    /// Returns the parts that were replaced as a whole, in order; none touches the inside of another.
    pub fn replaced(&self) -> &[Replaced] {
        &self.replaced
    }

    /// Returns the lengths of source and result.
    pub fn lens(&self) -> (usize, usize) {
        (self.source_len, self.result_len)
    }

    /// Returns where the place `at` of the source is in the result. What was inside a part that was replaced is at the
    /// beginning of its replacement; what is beyond the end, `usize::MAX` too, is at the end.
    pub fn to_result(&self, at: usize) -> usize {
        let side = |part: &Replaced| (part.source.clone(), part.result.clone());
        self.map(at, self.result_len, side)
    }

    /// Returns where the place `at` of the result was in the source; the other way round.
    pub fn to_source(&self, at: usize) -> usize {
        let side = |part: &Replaced| (part.result.clone(), part.source.clone());
        self.map(at, self.source_len, side)
    }

    fn map(
        &self,
        at: usize,
        len: usize,
        side: impl Fn(&Replaced) -> (Range<usize>, Range<usize>),
    ) -> usize {
        let behind = self.replaced.partition_point(|part| side(part).0.start <= at);
        let Some(last) = behind.checked_sub(1) else { return at.min(len) };
        let (from, to) = side(&self.replaced[last]);
        if at < from.end { to.start } else { to.end.saturating_add(at - from.end).min(len) }
    }

    /// Returns the alignment counted in characters; the texts are those that it is of.
    ///
    /// # Panics
    ///
    /// If they are not, an offset may lie within a character.
    pub fn in_characters(&self, source: &str, result: &str) -> Alignment {
        let (mut sources, mut results) = (Characters::new(source), Characters::new(result));
        let mut count = |part: &Replaced| Replaced {
            source: sources.before(part.source.start)..sources.before(part.source.end),
            result: results.before(part.result.start)..results.before(part.result.end),
        };
        let replaced: Vec<Replaced> = self.replaced.iter().map(&mut count).collect();
        let end = count(&Replaced {
            source: self.source_len..self.source_len,
            result: self.result_len..self.result_len,
        });
        // What is as long as before in characters, if not in bytes, is in step.
        let is_replaced = |part: &Replaced| part.source.len() != part.result.len();
        let replaced = replaced.into_iter().filter(is_replaced).collect();
        Alignment { replaced, source_len: end.source.end, result_len: end.result.end }
    }

    /// Returns the alignment of this one's source with `next`'s result, where this one's result was
    /// the source of `next`. Of two that do not follow each other, the result means nothing.
    ///
    /// ```
    /// let (first, second) = (jianfan::Converter::new("s2t")?, jianfan::Converter::new("t2tw")?);
    /// let (middle, one) = first.convert_aligned("这里");
    /// let (result, two) = second.convert_aligned(&middle);
    /// assert_eq!(one.then(&two).lens(), ("这里".len(), result.len()));
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn then(&self, next: &Alignment) -> Alignment {
        let mut replaced: Vec<Replaced> = Vec::new();
        // Parts of both in the order of their places in the text between; what overlaps becomes one.
        let (mut first, mut second) =
            (self.replaced.iter().peekable(), next.replaced.iter().peekable());
        // How far the text between is ahead of the source, and of the result.
        let (mut from, mut to) = (Drift::default(), Drift::default());
        loop {
            let (mut start, mut end) = match (first.peek(), second.peek()) {
                (None, None) => break,
                (Some(part), None) => (part.result.start, part.result.start),
                (None, Some(part)) => (part.source.start, part.source.start),
                (Some(one), Some(two)) => {
                    let start = one.result.start.min(two.source.start);
                    (start, start)
                }
            };
            let source_start = from.back(start);
            let result_start = to.forth(start);
            let mut is_first = true;
            loop {
                // What only touches stands beside and not within, but for what is put in or dropped at the very place.
                let joins = |part: &Range<usize>, start: usize, end: usize| {
                    part.start < end || (is_first && part.start == start)
                };
                if let Some(part) = first.peek()
                    && joins(&part.result, start, end)
                {
                    end = end.max(part.result.end);
                    from.add(part.source.len(), part.result.len());
                    first.next();
                } else if let Some(part) = second.peek()
                    && joins(&part.source, start, end)
                {
                    end = end.max(part.source.end);
                    to.add(part.result.len(), part.source.len());
                    second.next();
                } else {
                    break;
                }
                is_first = is_first && start == end;
                start = start.min(end);
            }
            let part = Replaced {
                source: source_start..from.back(end),
                result: result_start..to.forth(end),
            };
            replaced.push(part);
        }
        Alignment { replaced, source_len: self.source_len, result_len: next.result_len }
    }
}

/// How much longer one of two texts has become so far.
#[derive(Default)]
struct Drift {
    outer: usize,
    between: usize,
}

impl Drift {
    fn add(&mut self, outer: usize, between: usize) {
        self.outer += outer;
        self.between += between;
    }

    fn back(&self, at: usize) -> usize {
        // Only alignments that do not follow each other reach a place before the beginning.
        (at + self.outer).saturating_sub(self.between)
    }

    fn forth(&self, at: usize) -> usize {
        (at + self.outer).saturating_sub(self.between)
    }
}

/// Counts the characters before places that are asked for in their order.
struct Characters<'a> {
    text: &'a str,
    at: usize,
    count: usize,
}

impl Characters<'_> {
    fn new(text: &str) -> Characters<'_> {
        Characters { text, at: 0, count: 0 }
    }

    fn before(&mut self, at: usize) -> usize {
        self.count += self.text[self.at..at].chars().count();
        self.at = at;
        self.count
    }
}

/// Adds what of `result`, which begins at `place`, is out of step with `source`, which begins at `at`: single characters where
/// both have equally many, else all but what both have at their ends. So too if a sign of ASCII is new in it: a document's format may have
/// to escape it, or refuse it with the whole word.
pub(crate) fn add(
    replaced: &mut Vec<Replaced>,
    (source, at): (&str, usize),
    (result, place): (&str, usize),
) {
    let pairs = || source.chars().zip(result.chars());
    let has_sign = || pairs().any(|(from, to)| to.is_ascii() && from != to);
    if source.chars().count() != result.chars().count() || has_sign() {
        // Steps that run one after the other take a character or two more than they replace.
        let same = |pair: &(char, char)| pair.0 == pair.1;
        let head: usize = pairs().take_while(same).map(|(c, _)| c.len_utf8()).sum();
        let (source, result) = (&source[head..], &result[head..]);
        let tail = source.chars().rev().zip(result.chars().rev()).take_while(same);
        let tail: usize = tail.map(|(c, _)| c.len_utf8()).sum();
        let (at, place) = (at + head, place + head);
        let (end, place_end) = (at + source.len() - tail, place + result.len() - tail);
        return replaced.push(Replaced { source: at..end, result: place..place_end });
    }
    let (mut at, mut place) = (at, place);
    for (from, to) in pairs() {
        let (from, to) = (from.len_utf8(), to.len_utf8());
        if from != to {
            replaced.push(Replaced { source: at..at + from, result: place..place + to });
        }
        (at, place) = (at + from, place + to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(Range<usize>, Range<usize>)]) -> Vec<Replaced> {
        let part = |(source, result): &(Range<usize>, Range<usize>)| Replaced {
            source: source.clone(),
            result: result.clone(),
        };
        parts.iter().map(part).collect()
    }

    #[test]
    fn places_go_both_ways() {
        // abcdef → aXYZef
        let alignment = Alignment::new(parts(&[(1..4, 1..4)]), 6, 6);
        assert_eq!(
            (0..=7).map(|at| alignment.to_result(at)).collect::<Vec<_>>(),
            [0, 1, 1, 1, 4, 5, 6, 6]
        );
        // abc → a...bc, and then with something put in at the end
        let alignment = Alignment::new(parts(&[(1..1, 1..4), (3..3, 6..7)]), 3, 7);
        assert_eq!((0..=3).map(|at| alignment.to_result(at)).collect::<Vec<_>>(), [0, 4, 5, 7]);
        assert_eq!(
            (0..=7).map(|at| alignment.to_source(at)).collect::<Vec<_>>(),
            [0, 1, 1, 1, 1, 2, 3, 3]
        );
    }

    /// Any offset has an answer within the other text, and the order of offsets stays.
    #[test]
    fn places_beyond_the_end_are_the_end() {
        let huge = [usize::MAX, usize::MAX - 1, usize::MAX / 2, 1 << 32];
        for replaced in [
            parts(&[]),
            parts(&[(1..4, 1..4)]),
            parts(&[(0..3, 0..0)]),
            parts(&[(1..1, 1..6), (3..3, 8..9)]),
            parts(&[(4..6, 4..9)]),
        ] {
            let growth: usize = replaced.iter().map(|part| part.result.len()).sum();
            let loss: usize = replaced.iter().map(|part| part.source.len()).sum();
            let (source_len, result_len) = (6, 6 + growth - loss);
            let alignment = Alignment::new(replaced, source_len, result_len);
            let mut last = (0, 0);
            for at in (0..20).chain(huge.into_iter().rev()) {
                let now = (alignment.to_result(at), alignment.to_source(at));
                assert!(now.0 >= last.0 && now.1 >= last.1, "{alignment:?} {at}");
                assert!(now.0 <= result_len && now.1 <= source_len, "{alignment:?} {at}");
                last = now;
            }
            assert_eq!(last, (result_len, source_len));
        }
    }

    /// Alignments of different texts do not belong together, and do not panic either.
    #[test]
    fn unrelated_alignments_are_joined_without_a_panic() {
        let all = [
            Alignment::default(),
            Alignment::new(parts(&[(0..9, 0..0)]), 9, 0),
            Alignment::new(parts(&[(0..0, 0..9)]), 0, 9),
            Alignment::new(parts(&[(2..5, 2..9), (7..7, 11..13)]), 9, 15),
        ];
        for one in &all {
            for next in &all {
                let joined = one.then(next);
                assert_eq!(joined.lens(), (one.lens().0, next.lens().1));
                joined.to_result(usize::MAX);
            }
        }
    }

    /// Replaces parts of a text, which are given in order, and says where.
    fn replace(text: &str, edits: &[(Range<usize>, &str)]) -> (String, Alignment) {
        let (mut result, mut at, mut replaced) = (String::new(), 0, Vec::new());
        for (range, with) in edits {
            result.push_str(&text[at..range.start]);
            let place = result.len();
            result.push_str(with);
            replaced.push(Replaced { source: range.clone(), result: place..result.len() });
            at = range.end;
        }
        result.push_str(&text[at..]);
        let alignment = Alignment::new(replaced, text.len(), result.len());
        (result, alignment)
    }

    /// Everything between the replaced parts is the same in both texts.
    #[track_caller]
    fn holds(source: &str, result: &str, alignment: &Alignment) {
        assert_eq!(alignment.lens(), (source.len(), result.len()));
        let end =
            Replaced { source: source.len()..source.len(), result: result.len()..result.len() };
        let (mut at, mut place) = (0, 0);
        for part in alignment.replaced.iter().chain([&end]) {
            assert_eq!(
                source[at..part.source.start],
                result[place..part.result.start],
                "{alignment:?}"
            );
            (at, place) = (part.source.end, part.result.end);
        }
    }

    #[test]
    fn one_after_the_other_is_one() {
        let text = "abcdefghij";
        let mut state = 1_u64;
        let mut random = |most: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % most
        };
        let mut edits = |len: usize| {
            let (mut edits, mut at) = (Vec::new(), 0);
            while at <= len && edits.len() < 4 {
                let start = at + random(3);
                let end = start + random(4);
                if end > len {
                    break;
                }
                edits.push((start..end, ["", "X", "YZ", "UVW"][random(4)]));
                at = end + random(2);
            }
            edits
        };
        for _ in 0..20_000 {
            let (middle, first) = replace(text, &edits(text.len()));
            let (result, second) = replace(&middle, &edits(middle.len()));
            holds(text, &middle, &first);
            holds(text, &result, &first.then(&second));
        }
    }
}
