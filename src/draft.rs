//! A part of a document while the passes work on it: its text, what of it is protected, and what was changed.
//!
//! In: edits of one pass, in the order of their places. Out: the text with the edits made, all ranges moved along, and, if
//! somebody asks, each change with its place in the text as it came. The naive way hands a `String` from pass to pass; the
//! places are then lost with the first edit, and a pass that has nothing to do copies the text all the same.

use std::borrow::Cow;
use std::ops::Range;

use crate::alignment::{self, Replaced};
use crate::han;

/// A part of a document between passes.
#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    text: Cow<'a, str>,
    /// Ranges that nothing may change, in order, none touching another's inside.
    pub(crate) frozen: Vec<Range<usize>>,
    /// Ranges whose marks and blanks carry meaning (code, tables): words may change there, marks may not.
    pub(crate) guarded: Vec<Range<usize>>,
    /// Corresponding places of the text as it is and as it came; empty while both are the same.
    anchors: Vec<Anchor>,
    record: Option<Vec<Step>>,
}

#[derive(Debug, Clone, Copy)]
struct Anchor {
    now: usize,
    origin: usize,
}

/// What one pass wants in the place of a range.
#[derive(Debug, Clone)]
pub(crate) struct Edit {
    pub(crate) range: Range<usize>,
    pub(crate) with: Cow<'static, str>,
    /// For people, if the pass alone does not say it.
    pub(crate) why: Option<String>,
}

/// What a pass did, or what it left and has to tell.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// In the text as it came.
    pub(crate) range: Range<usize>,
    pub(crate) before: String,
    /// `None`: it was left.
    pub(crate) after: Option<String>,
    pub(crate) why: Option<String>,
}

impl Edit {
    pub(crate) fn new(range: Range<usize>, with: impl Into<Cow<'static, str>>) -> Edit {
        Edit { range, with: with.into(), why: None }
    }

    pub(crate) fn because(self, why: String) -> Edit {
        Edit { why: Some(why), ..self }
    }
}

impl<'a> Draft<'a> {
    /// Starts with a text; `is_recording` keeps what is done to it.
    pub(crate) fn new(text: &'a str, is_recording: bool) -> Draft<'a> {
        Draft {
            text: Cow::Borrowed(text),
            frozen: Vec::new(),
            guarded: Vec::new(),
            anchors: Vec::new(),
            record: is_recording.then(Vec::new),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether any edit was made.
    pub(crate) fn has_changed(&self) -> bool {
        matches!(self.text, Cow::Owned(_))
    }

    /// Returns the frozen ranges as they are in a text in which this one begins at `start`.
    pub(crate) fn frozen_from(&self, start: usize) -> impl Iterator<Item = Range<usize>> + '_ {
        self.frozen.iter().map(move |range| start + range.start..start + range.end)
    }

    /// Adds what was replaced by something of another length, of a draft that records, whose text began as `source`; `at` is where it
    /// stands in its document, and `place` where the draft does.
    pub(crate) fn add_replaced(
        &self,
        source: &str,
        (at, place): (usize, usize),
        replaced: &mut Vec<Replaced>,
    ) {
        let end = Anchor { now: self.text.len(), origin: source.len() };
        let mut last = Anchor { now: 0, origin: 0 };
        for &anchor in self.anchors.iter().chain([&end]) {
            let (from, to) =
                (&source[last.origin..anchor.origin], &self.text[last.now..anchor.now]);
            if from != to {
                alignment::add(replaced, (from, at + last.origin), (to, place + last.now));
            }
            last = anchor;
        }
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.record.is_some()
    }

    /// Takes what was recorded since the last time.
    pub(crate) fn take_steps(&mut self) -> Vec<Step> {
        self.record.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Returns whether nothing may change the byte at `at`.
    pub(crate) fn is_frozen(&self, at: usize) -> bool {
        holds(&self.frozen, at)
    }

    /// Returns whether a range touches what is frozen, from outside.
    pub(crate) fn is_beside_frozen(&self, range: &Range<usize>) -> bool {
        let next = self.frozen.partition_point(|frozen| frozen.end < range.start);
        self.frozen.get(next).is_some_and(|frozen| frozen.start <= range.end)
    }

    /// Returns whether the mark or blank at `at` is to stay.
    pub(crate) fn is_guarded(&self, at: usize) -> bool {
        holds(&self.frozen, at) || holds(&self.guarded, at)
    }

    /// Notes that a pass left something that it could not mend.
    pub(crate) fn leave(&mut self, range: Range<usize>) {
        if self.record.is_some() {
            let step = Step {
                range: self.origin(range.start)..self.origin_of_end(range.end),
                before: self.text[range].to_owned(),
                after: None,
                why: None,
            };
            self.record.iter_mut().for_each(|record| record.push(step.clone()));
        }
    }

    /// Makes edits, which are in the order of their places; those that would touch what is frozen or what an edit before them
    /// has taken, or change nothing, are dropped. Returns whether any was made.
    pub(crate) fn apply(&mut self, mut edits: Vec<Edit>) -> bool {
        let mut free = 0;
        edits.retain(|edit| {
            let is_made = edit.range.start >= free
                && self.text[edit.range.clone()] != *edit.with
                && !touches(&self.frozen, &edit.range);
            if is_made {
                free = edit.range.end;
            }
            is_made
        });
        if edits.is_empty() {
            return false;
        }
        if self.record.is_some() {
            let steps: Vec<Step> = edits
                .iter()
                .map(|edit| Step {
                    range: self.origin(edit.range.start)..self.origin_of_end(edit.range.end),
                    before: self.text[edit.range.clone()].to_owned(),
                    after: Some(edit.with.clone().into_owned()),
                    why: edit.why.clone(),
                })
                .collect();
            self.record.iter_mut().for_each(|record| record.extend(steps.iter().cloned()));
            self.anchors = self.moved_anchors(&edits);
        }
        let mut text = String::with_capacity(self.text.len() + self.text.len() / 16 + 16);
        let mut at = 0;
        for edit in &edits {
            text.push_str(&self.text[at..edit.range.start]);
            text.push_str(&edit.with);
            at = edit.range.end;
        }
        text.push_str(&self.text[at..]);
        shift(&mut self.frozen, &edits);
        shift(&mut self.guarded, &edits);
        self.text = Cow::Owned(text);
        true
    }

    /// Returns where a place of the text was when it came.
    fn origin(&self, now: usize) -> usize {
        let behind = self.anchors.partition_point(|anchor| anchor.now <= now);
        let Some(before) = behind.checked_sub(1) else { return now };
        let place = self.anchors[before].origin + (now - self.anchors[before].now);
        self.anchors.get(behind).map_or(place, |next| place.min(next.origin))
    }

    /// As [`Draft::origin`], for the end of a range: what was dropped right behind it does not belong to it.
    fn origin_of_end(&self, now: usize) -> usize {
        let first = self.anchors.partition_point(|anchor| anchor.now < now);
        match self.anchors.get(first).filter(|anchor| anchor.now == now) {
            Some(anchor) => anchor.origin,
            None => self.origin(now),
        }
    }

    fn moved_anchors(&self, edits: &[Edit]) -> Vec<Anchor> {
        let mut moved = Vec::with_capacity(self.anchors.len() + 2 * edits.len());
        let mut old = self.anchors.iter().peekable();
        let mut shift = Shift::default();
        for edit in edits {
            while let Some(anchor) = old.next_if(|anchor| anchor.now < edit.range.start) {
                moved.push(Anchor { now: shift.of(anchor.now), origin: anchor.origin });
            }
            while old.next_if(|anchor| anchor.now <= edit.range.end).is_some() {}
            let start = shift.of(edit.range.start);
            moved.push(Anchor { now: start, origin: self.origin(edit.range.start) });
            shift.add(edit);
            let end = shift.of(edit.range.end);
            moved.push(Anchor { now: end, origin: self.origin(edit.range.end) });
        }
        moved.extend(old.map(|anchor| Anchor { now: shift.of(anchor.now), origin: anchor.origin }));
        moved
    }
}

/// How far places behind some edits have moved.
#[derive(Default)]
struct Shift {
    gained: usize,
    lost: usize,
}

impl Shift {
    fn of(&self, at: usize) -> usize {
        at + self.gained - self.lost
    }

    fn add(&mut self, edit: &Edit) {
        self.gained += edit.with.len();
        self.lost += edit.range.len();
    }
}

/// Moves ranges along; an edit within one makes it longer or shorter.
fn shift(ranges: &mut Vec<Range<usize>>, edits: &[Edit]) {
    let (mut starts, mut ends) = ((Shift::default(), 0), (Shift::default(), 0));
    let moved = |(shift, next): &mut (Shift, usize), at: usize, is_end: bool| {
        // What is put behind a range does not belong to it.
        let is_before = |edit: &&Edit| edit.range.end <= at && !(is_end && edit.range.start == at);
        while let Some(edit) = edits.get(*next).filter(is_before) {
            shift.add(edit);
            *next += 1;
        }
        match edits.get(*next).filter(|edit| edit.range.start < at) {
            // The place is within what was replaced.
            Some(edit) => shift.of(edit.range.start) + edit.with.len().min(at - edit.range.start),
            None => shift.of(at),
        }
    };
    for range in ranges.iter_mut() {
        *range = moved(&mut starts, range.start, false)..moved(&mut ends, range.end, true);
    }
    ranges.retain(|range| !range.is_empty());
}

fn holds(ranges: &[Range<usize>], at: usize) -> bool {
    let behind = ranges.partition_point(|range| range.start <= at);
    behind > 0 && ranges[behind - 1].end > at
}

fn touches(ranges: &[Range<usize>], range: &Range<usize>) -> bool {
    let next = ranges.partition_point(|other| other.end <= range.start);
    ranges.get(next).is_some_and(|other| other.start < range.end)
}

/// Returns each line with its end, and where it begins. `str::split_inclusive` took three times as many instructions.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1);
    ends.chain(std::iter::once(text.len())).filter_map(move |end| {
        let line = (start, &text[start..end]);
        start = end;
        (!line.1.is_empty()).then_some(line)
    })
}

/// Returns the first place from `at` on where a character begins with a byte that `leads` names; the length if there is none.
/// Three bytes at a step where they are an ideograph.
pub(crate) fn next_lead(text: &[u8], mut at: usize, leads: &[bool; 256]) -> usize {
    while let Some(&byte) = text.get(at) {
        if leads[usize::from(byte)] {
            return at;
        }
        at += if byte >= 0xE0 { 3 } else { 1 };
    }
    text.len()
}

/// Returns the table of [`next_lead`].
pub(crate) const fn leads(bytes: &[u8]) -> [bool; 256] {
    let mut leads = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        leads[bytes[at] as usize] = true;
        at += 1;
    }
    leads
}

/// Returns whether a character belongs to Chinese text: an ideograph, kana, bopomofo, or a mark of full width.
pub(crate) fn is_cjk(c: char) -> bool {
    han::is_han(c)
        || is_cjk_mark(c)
        || matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{312F}')
}

/// Returns whether it is a mark that stands in Chinese text and hardly elsewhere, or one of the quotes and dashes of both.
pub(crate) fn is_cjk_mark(c: char) -> bool {
    matches!(c, '、' | '。' | '〈'..='】' | '〔'..='〗' | '，' | '：' | '；' | '！' | '？' | '（' | '）'
        | '“' | '”' | '‘' | '’' | '…' | '—' | '·' | '～' | '％' | '／')
}

/// Returns whether it is a blank within a line.
pub(crate) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{A0}' | '\u{3000}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_as_they_were_at_first() {
        let mut draft = Draft::new("abcdef", true);
        assert!(draft.apply(vec![Edit::new(1..2, "XYZ"), Edit::new(3..5, "")]));
        assert_eq!(draft.text(), "aXYZcf");
        assert!(draft.apply(vec![Edit::new(4..5, "C"), Edit::new(5..6, "F")]));
        assert_eq!(draft.text(), "aXYZCF");
        let places: Vec<_> = draft.take_steps().into_iter().map(|step| step.range).collect();
        assert_eq!(places, [1..2, 3..5, 2..3, 5..6]);
        let mut replaced = Vec::new();
        draft.add_replaced("abcdef", (10, 20), &mut replaced);
        let ranges: Vec<_> =
            replaced.iter().map(|part| (part.source.clone(), part.result.clone())).collect();
        // `de` was dropped behind `c`, which another edit took then: both are one part.
        // A new sign of ASCII is told even where nothing became longer.
        assert_eq!(ranges, [(11..12, 21..24), (12..15, 24..25), (15..16, 25..26)]);
    }

    #[test]
    fn what_is_frozen_stays_and_moves_along() {
        let mut draft = Draft::new("abcdef", false);
        draft.frozen.push(2..4);
        assert!(draft.apply(vec![Edit::new(0..1, "xx"), Edit::new(3..5, "y")]));
        assert_eq!((draft.text(), draft.frozen.first()), ("xxbcdef", Some(&(3..5))));
        assert!(draft.apply(vec![Edit::new(3..3, "<"), Edit::new(5..5, ">")]));
        assert_eq!((draft.text(), draft.frozen.first()), ("xxb<cd>ef", Some(&(4..6))));
    }
}
