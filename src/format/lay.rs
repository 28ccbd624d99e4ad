//! Runs to text, and the converted text back into its places.
//!
//! In: a document and its runs; then what became of their text, with the alignment of the two. Out: the document with the result in
//! the ranges of the pieces, every other byte as it was. The naive way converts range by range, or splits a result by
//! guess. Here the runs of a document are converted as one text, a line for each (no word goes across a line end), and
//! the alignment says what belongs to which piece. A word that lies across two pieces goes letter by letter into both if
//! it keeps its length; otherwise the whole goes into the piece where it began, but for a letter each for those that must not be empty.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::Format;
use super::runs::{OBJECT, Piece, Runs, Text};
use crate::alignment::Replaced;

/// The text of all runs, one behind the other.
#[derive(Debug, Default)]
pub(crate) struct Joined {
    pub(crate) text: String,
    /// Where each run ends in the text; a line end stands behind it.
    pub(crate) ends: Vec<usize>,
    /// Where each piece begins in the text.
    starts: Vec<usize>,
}

impl Joined {
    /// Puts the runs of a document together.
    pub(crate) fn new(document: &str, runs: &Runs) -> Joined {
        let mut joined = Joined::default();
        joined.starts.reserve(runs.pieces.len());
        joined.ends.reserve(runs.ends.len());
        let mut first = 0;
        for &end in &runs.ends {
            for piece in &runs.pieces[first..end] {
                joined.starts.push(joined.text.len());
                runs.push_text(piece, document, &mut joined.text);
            }
            joined.ends.push(joined.text.len());
            joined.text.push('\n');
            first = end;
        }
        joined
    }

    /// Returns the ranges of the runs in the text.
    pub(crate) fn runs(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|end| end + 1));
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }

    /// Returns where a place of the text stands in the document.
    pub(crate) fn place(&self, runs: &Runs, at: usize, is_end: bool) -> usize {
        let behind =
            self.starts.partition_point(|&start| if is_end { start < at } else { start <= at });
        let Some(index) = behind.checked_sub(1) else { return 0 };
        let piece = &runs.pieces[index];
        let range = piece.range();
        match piece.is_verbatim() {
            true => (range.start + (at - self.starts[index])).min(range.end),
            false if is_end => range.end,
            false => range.start,
        }
    }
}

/// What became of a joined text.
pub(crate) struct Outcome<'a> {
    pub(crate) text: &'a str,
    pub(crate) replaced: &'a [Replaced],
}

/// Appends the document with the result in the places of its runs.
pub(crate) fn lay(
    document: &str,
    runs: &Runs,
    joined: &Joined,
    result: &Outcome<'_>,
    format: &dyn Format,
    output: &mut Vec<u8>,
) {
    let mut laid = Laid {
        document,
        runs,
        joined,
        result,
        format,
        output,
        at: 0,
        kept: BTreeSet::new(),
        shares: BTreeMap::new(),
    };
    let is_in_order = runs.pieces.windows(2).all(|two| two[0].range().end <= two[1].range().start);
    if is_in_order && runs.replacements.is_empty() && runs.conditions.is_empty() {
        // Nearly always; the parts that were replaced come in their order too.
        let mut next = 0;
        for index in 0..runs.pieces.len() {
            next = laid.piece(index, next);
        }
    } else {
        laid.sorted();
    }
    laid.up_to(document.len());
}

struct Laid<'a> {
    document: &'a str,
    runs: &'a Runs,
    joined: &'a Joined,
    result: &'a Outcome<'a>,
    format: &'a dyn Format,
    output: &'a mut Vec<u8>,
    /// Up to where the document is laid.
    at: usize,
    /// The replaced parts that cannot be written in their place, and are left.
    kept: BTreeSet<usize>,
    /// By their numbers, the pieces in which a word goes on, and what of it belongs there.
    shares: BTreeMap<usize, char>,
}

/// What comes next in a document; of several at one place, in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// The end of a condition's range.
    Condition(usize),
    /// Its start.
    Watch(usize),
    Piece(usize),
    Replacement(usize),
}

impl Laid<'_> {
    /// Copies the document up to a place.
    fn up_to(&mut self, end: usize) {
        if self.at < end {
            self.output.extend_from_slice(&self.document.as_bytes()[self.at..end]);
            self.at = end;
        }
    }

    /// Lays everything by its place in the document.
    fn sorted(&mut self) {
        let runs = self.runs;
        let mut order: Vec<(usize, Next)> = Vec::with_capacity(runs.pieces.len());
        order.extend(
            runs.pieces.iter().map(|piece| piece.range().start).zip((0..).map(Next::Piece)),
        );
        let others = runs.replacements.iter().map(|(range, _)| range.start);
        order.extend(others.zip((0..).map(Next::Replacement)));
        let watched = runs.conditions.iter().map(|(range, _)| range);
        order.extend(watched.clone().map(|range| range.start).zip((0..).map(Next::Watch)));
        order.extend(watched.map(|range| range.end).zip((0..).map(Next::Condition)));
        order.sort_unstable();
        let mut watches = vec![0; runs.conditions.len()];
        for (place, next) in order {
            self.up_to(place);
            match next {
                Next::Piece(index) => {
                    self.piece(index, 0);
                }
                Next::Replacement(index) => {
                    let (range, with) = &runs.replacements[index];
                    self.output.extend_from_slice(with.as_bytes());
                    self.at = range.end;
                }
                Next::Watch(index) => watches[index] = self.output.len(),
                Next::Condition(index) => {
                    let (range, [before, behind]) = &runs.conditions[index];
                    let start = watches[index];
                    if self.output[start..] != self.document.as_bytes()[range.clone()] {
                        self.output.splice(start..start, before.bytes());
                        self.output.extend_from_slice(behind.as_bytes());
                    }
                }
            }
        }
    }

    /// Returns what belongs into this piece of a replacement that goes on in others, and keeps
    /// what belongs into those; `None` if there is not enough of it, or it cannot be written there.
    fn shared<'t>(
        &mut self,
        index: usize,
        source: &Range<usize>,
        text: &'t str,
    ) -> Option<&'t str> {
        let (start, end) = (source.start, source.end);
        let starts = &self.joined.starts[index + 1..];
        let others = starts.partition_point(|&start| start < end);
        let (mut rest, mut shares) = (text, Vec::new());
        for other in (index + 1..index + 1 + others).rev() {
            let Piece { style, stays, .. } = self.runs.pieces[other];
            if !(stays || self.format.stays(style)) || self.in_joined(other).1 > end {
                continue;
            }
            let share = rest.chars().next_back()?;
            rest = &rest[..rest.len() - share.len_utf8()];
            let share_text = share.encode_utf8(&mut [0; 4]).to_owned();
            if !self.format.escape(style, &share_text, &mut String::new()) {
                return None;
            }
            shares.push((other, share));
        }
        let Piece { style, stays, .. } = self.runs.pieces[index];
        let is_emptied = stays && rest.is_empty() && self.in_joined(index).0 == start;
        if is_emptied || !self.format.escape(style, rest, &mut String::new()) {
            return None;
        }
        self.shares.extend(shares);
        Some(rest)
    }

    /// Lays a piece. Nothing that was replaced before number `next` reaches into it; returns the first of which that can be said for the
    /// next piece, if that comes behind this one.
    fn piece(&mut self, index: usize, next: usize) -> usize {
        let piece = &self.runs.pieces[index];
        let place = piece.range();
        self.up_to(place.start);
        self.at = place.end;
        if piece.is_object() {
            // It has one character in the text, which nothing changes.
            self.output.extend_from_slice(self.document[place].as_bytes());
            return next;
        }
        let replaced = self.result.replaced;
        let (start, end) = self.in_joined(index);
        let is_first = start == 0 || self.joined.text.as_bytes()[start - 1] == b'\n';
        let is_before = |part: &Replaced| {
            part.source.end < start
                || part.source.end == start
                    && !(part.source.is_empty() && (is_first || self.is_of_second(index, part)))
        };
        let first = match next {
            0 => replaced.partition_point(is_before),
            _ => next + replaced[next..].iter().take_while(|part| is_before(part)).count(),
        };
        let (mut from, mut place) = match first.checked_sub(1).map(|before| &replaced[before]) {
            Some(before) => (start, before.result.end + (start - before.source.end)),
            None => (start, start),
        };
        let mut number = first;
        while let Some(part) = replaced.get(number) {
            let (source, result) = (part.source.clone(), part.result.clone());
            if source.start > end || source.start == end && !source.is_empty() {
                break;
            }
            let is_at_border =
                source.start == end && self.joined.starts.get(index + 1) == Some(&end);
            if is_at_border && self.is_of_second(index + 1, part) {
                break;
            }
            let overlap = source.start.max(start)..source.end.min(end);
            if source.start >= start {
                self.in_step(index, from..source.start, place);
                let mut text = Some(&self.result.text[result.clone()]);
                if source.end > end {
                    text = text.and_then(|text| self.shared(index, &source, text));
                }
                if !text.is_some_and(|text| self.write(index, source, text)) {
                    self.kept.insert(number);
                    self.keep(index, overlap.clone());
                }
            } else if self.kept.contains(&number) {
                self.keep(index, overlap.clone());
            } else if let Some(share) = self.shares.remove(&index) {
                self.write(index, overlap.clone(), share.encode_utf8(&mut [0; 4]));
            }
            (from, place) = (overlap.end, result.end);
            if part.source.end > end {
                break;
            }
            number += 1;
        }
        if from < end {
            self.in_step(index, from..end, place);
        }
        number
    }

    /// Returns whether what is put in between this piece and the one before it, in the same run, belongs to this one: if that is less
    /// deep in markup, or if it cannot be written in the other.
    fn is_of_second(&self, index: usize, part: &Replaced) -> bool {
        let [first, second] = &self.runs.pieces[index - 1..=index] else { return false };
        let text = &self.result.text[part.result.clone()];
        let takes = |piece: &Piece| {
            !piece.is_object() && self.format.escape(piece.style, text, &mut String::new())
        };
        match second.level < first.level {
            true => takes(second) || !takes(first),
            false => !takes(first) && takes(second),
        }
    }

    /// Returns the range of a piece in the joined text.
    fn in_joined(&self, index: usize) -> (usize, usize) {
        let start = self.joined.starts[index];
        let piece = &self.runs.pieces[index];
        let len = match piece.text() {
            Text::Verbatim => piece.range().len(),
            Text::Decoded(range) => range.len(),
            Text::Object => OBJECT.len_utf8(),
        };
        (start, start + len)
    }

    /// Lays what is in step with a part of the joined text, from `place` of the result on.
    fn in_step(&mut self, index: usize, source: Range<usize>, place: usize) {
        if source.is_empty() {
            return;
        }
        let text = &self.result.text[place..place + source.len()];
        if self.runs.pieces[index].is_verbatim() {
            self.output.extend_from_slice(text.as_bytes());
        } else if !self.write(index, source.clone(), text) {
            self.keep(index, source);
        }
    }

    /// Lays what stands for a part of the joined text now; returns whether it can be written here.
    fn write(&mut self, index: usize, source: Range<usize>, text: &str) -> bool {
        let (start, end) = self.in_joined(index);
        let piece = &self.runs.pieces[index];
        if source == (start..end) && self.joined.text[source] == *text {
            self.output.extend_from_slice(self.document[piece.range()].as_bytes());
            return true;
        }
        let mut written = String::new();
        let can = self.format.escape(piece.style, text, &mut written);
        if can {
            self.output.extend_from_slice(written.as_bytes());
        }
        can
    }

    /// Lays a part of the joined text as it was.
    fn keep(&mut self, index: usize, source: Range<usize>) {
        let (start, end) = self.in_joined(index);
        let piece = &self.runs.pieces[index];
        let range = match piece.text() {
            Text::Verbatim => {
                let head = piece.range().start;
                head + (source.start - start)..head + (source.end - start)
            }
            _ if source == (start..end) => piece.range(),
            _ => {
                // A part of what is written as a whole, as a title in Markdown or a reference that stands for two characters.
                let mut written = String::new();
                let text = &self.joined.text[source];
                if !self.format.escape(piece.style, text, &mut written) {
                    text.clone_into(&mut written);
                }
                return self.output.extend_from_slice(written.as_bytes());
            }
        };
        self.output.extend_from_slice(&self.document.as_bytes()[range]);
    }
}
