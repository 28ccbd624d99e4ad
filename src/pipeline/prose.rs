//! The stages between bytes and words: what is protected, and the passes in their order.
//!
//! In: a block of text that was cut where no pass looks across. Out: the text with the passes done, its frozen ranges, and
//! what was changed. All passes run before the conversion, which then finds words that a wrong mark had hidden, and every
//! change has its place in the text as it came.
//!
//! The naive way runs every pass over every text. Ours goes by *units*: a line, or the lines over which a quotation goes. It
//! looks once which kinds of character a unit has; most have none that a pass could want, and are copied with their
//! neighbours. In the others a pass without work is not asked. A change may give another pass work (or the same:
//! `你好,A,B,世界`), so all are asked again until none has any; that is what makes each list of passes idempotent.
//! What is done to a unit depends on nothing but the unit and which lines above it are code, so it is the same wherever a
//! stream is cut.

use std::borrow::Cow;
use std::ops::Range;

use super::Sizes;
use super::census::{census, kind, work};
use super::change::{Change, Place, tell};
use super::passes::{Pass, Passes, Region};
use super::plain::PlainState;
use crate::alignment::Replaced;
use crate::draft::{Draft, Edit, Step};
use crate::format::pragma;
use crate::normalize;
use crate::punctuate::{blanks, marks, quotes, runs};
use crate::repair::Repairer;
use crate::select::{LineKind, Lines, Protection};

/// Rounds after which passes that go on changing are stopped; texts made to be hard need four.
const MOST_ROUNDS: usize = 12;

/// What is protected, and which passes are on.
#[derive(Debug, Clone)]
pub(super) struct Prose {
    passes: Passes,
    /// The kinds of character that any of the passes wants.
    work: u32,
    protection: Protection,
    marks: Option<quotes::Marks>,
    repairer: Option<Repairer>,
    sizes: Sizes,
}

/// What became of the head of a text.
pub(super) struct Normalized<'a> {
    /// How much of the text it is, in bytes.
    pub(super) len: usize,
    /// What is known of the lines behind it.
    pub(super) lines: Lines,
    /// Where it ends, if changes are recorded.
    pub(super) place: Place,
    pub(super) text: Cow<'a, str>,
    /// What the conversion must leave of it.
    pub(super) frozen: Vec<Range<usize>>,
    pub(super) changes: Vec<Change>,
    /// What has another length than in the text as it came, if that was asked for.
    pub(super) replaced: Vec<Replaced>,
}

/// What is to be told of the passes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wanted {
    pub(super) changes: bool,
    pub(super) alignment: bool,
}

/// Lines that are dealt with together; or a piece of one that is too long.
#[derive(Debug, Clone, Copy)]
struct Unit {
    /// In bytes.
    len: usize,
    kinds: u32,
    /// Nothing is known of the lines behind the first without looking at each.
    is_single: bool,
}

impl Prose {
    /// Returns `None` if there is nothing to do.
    pub(super) fn new(
        passes: Passes,
        protection: &Protection,
        conversion: Option<Region>,
        sizes: Sizes,
    ) -> Option<Prose> {
        if passes.is_none() && protection.is_none() {
            return None;
        }
        let protection = protection.clone();
        // Marks of code and addresses are never prose.
        let protection = if passes.is_none() { protection } else { protection.with_common() };
        let on = Pass::ALL.into_iter().filter(|&pass| passes.has(pass));
        let work = on.fold(0, |kinds, pass| kinds | work(pass));
        let marks = passes.region(conversion).map(Region::marks);
        let repairer = passes.characters().and_then(Repairer::new);
        Some(Prose { passes, work, protection, marks, repairer, sizes })
    }

    /// Returns how much of the head of `text` can be processed by itself, and what its lines determine about those after it;
    /// `None` if that takes more text. `is_end`: nothing follows the text; `is_single`: as little as possible is wanted.
    ///
    /// The answer depends on whole lines only, never on where a read ended.
    pub(super) fn cut(
        &self,
        text: &[u8],
        mut state: PlainState,
        is_end: bool,
        is_single: bool,
    ) -> Option<(usize, PlainState)> {
        // What decides about one line need not be looked for in all that has come.
        let few = if is_single { head(text, quotes::MOST_LINES + 2) } else { text };
        let (text, is_end) = (few, is_end && few.len() == text.len());
        let last = memchr::memrchr(b'\n', text).map_or(0, |end| end + 1);
        let mut done = 0;
        while done < text.len() && done < self.sizes.line && !(is_single && done > 0) {
            // Whether the last line is kept is known from its beginning.
            let is_known = is_end
                || text.len() - last.max(done) >= pragma::HEAD
                || done >= last && state.pragmas.is_within();
            let rest = &text[done..if is_known { text.len() } else { last.max(done) }];
            let (len, is_prose) = { state.pragmas }.segment(rest);
            let is_closed = is_end || len < rest.len();
            let segment = &rest[..len];
            let cut = match is_prose {
                true => self.cut_segment(segment, state.lines, is_closed, is_single),
                false => self.cut_kept(segment, state.lines, is_closed),
            };
            let Some((len, lines)) = cut else { break };
            state.pragmas.lines(&segment[..len]);
            state.lines = lines;
            done += len;
        }
        (done > 0).then_some((done, state))
    }

    /// As [`Prose::cut`], for lines of which none is kept.
    fn cut_segment(
        &self,
        text: &[u8],
        lines: Lines,
        is_end: bool,
        is_single: bool,
    ) -> Option<(usize, Lines)> {
        if !is_single && let Some(cut) = self.cut_at_line(text, lines, is_end) {
            return Some(cut);
        }
        let mut known = lines;
        let mut done = 0;
        while done < text.len() && done < self.sizes.line && !(is_single && done > 0) {
            let Some(unit) = self.unit(&text[done..], known, is_end) else { break };
            known.skip(&text[done..done + unit.len], unit.is_single);
            done += unit.len;
        }
        (done > 0).then_some((done, known))
    }

    /// As [`Prose::cut_segment`], for nearly all texts at a third of the cost: a quotation goes over so many lines at most, so that
    /// behind as many lines, each of which is a unit by itself, none can be open.
    fn cut_at_line(&self, text: &[u8], lines: Lines, is_end: bool) -> Option<(usize, Lines)> {
        let mut known = lines;
        let mut starts = Vec::new();
        let mut done = 0;
        for end in memchr::memchr_iter(b'\n', text) {
            if end + 1 - done > self.sizes.line {
                return None;
            }
            starts.push((done, known));
            known.next(&text[done..=end]);
            done = end + 1;
            if done >= self.sizes.line {
                break;
            }
        }
        if done > 0 && done == text.len() && is_end {
            return Some((done, known));
        }
        let lines = starts.iter().rev().take(quotes::MOST_LINES);
        let mut end = done;
        for &(start, above) in lines {
            // `None` if it may go on.
            self.unit(&text[start..end], above, false)?;
            end = start;
        }
        (done > 0).then_some((done, known))
    }

    /// Returns the length of what is dealt with together at the head of a text, and what is known of the lines behind it.
    pub(super) fn first(&self, text: &[u8], mut lines: Lines) -> (usize, Lines) {
        let unit = self.unit(text, lines, true);
        let (len, is_single) = unit.map_or((text.len(), false), |unit| (unit.len, unit.is_single));
        lines.skip(&text[..len], is_single);
        (len, lines)
    }

    /// As [`Prose::cut`], for lines that are kept.
    pub(super) fn cut_kept(
        &self,
        text: &[u8],
        mut lines: Lines,
        is_end: bool,
    ) -> Option<(usize, Lines)> {
        let mut done = 0;
        while done < text.len()
            && let Some((len, _)) = self.line(&text[done..], is_end)
        {
            lines.next(&text[done..done + len]);
            done += len;
        }
        (done > 0).then_some((done, lines))
    }

    /// Returns the length of the line at the head of `text`, or of a piece of it if it is too long, and whether it is such a piece;
    /// `None` if that takes more text.
    fn line(&self, text: &[u8], is_end: bool) -> Option<(usize, bool)> {
        let long = self.sizes.line;
        let head = &text[..text.len().min(2 * long + 1)];
        let end = memchr::memchr(b'\n', head).map(|at| at + 1);
        let len = end.unwrap_or(head.len());
        let is_known = is_end || end.is_some() || len > 2 * long;
        is_known.then(|| if len > long { (piece(&head[..len], long), true) } else { (len, false) })
    }

    /// Returns the unit at the head of `text`; `None` if it takes more of the text to tell.
    fn unit(&self, text: &[u8], lines: Lines, is_end: bool) -> Option<Unit> {
        let (len, is_piece) = self.line(text, is_end)?;
        let mut kinds = self.census(&text[..len]);
        if kinds & kind::QUOTE == 0 || is_piece || !self.passes.has(Pass::Quotes) {
            return Some(Unit { len, kinds, is_single: true });
        }
        if kinds & kind::OPEN == 0 && !self.protection.asks(kinds) {
            // All in pairs; if they are the target's too, there is nothing to do.
            if kinds & kind::WRONG == 0 {
                kinds &= !kind::QUOTE;
            }
            return Some(Unit { len, kinds, is_single: true });
        }
        let all = match self.group(text, len, kinds, lines, is_end) {
            0 => return None,
            1 => len,
            count => head(text, count).len(),
        };
        let is_single = all == len;
        let kinds = if is_single { kinds } else { kinds | self.census(&text[len..all]) };
        Some(Unit { len: all, kinds, is_single })
    }

    fn census(&self, text: &[u8]) -> u32 {
        census(text, self.marks)
    }

    /// Returns how many lines at the head of `text` belong together, the first of which has quotation marks; 0 if it takes
    /// more of them to tell.
    fn group(&self, text: &[u8], first: usize, kinds: u32, lines: Lines, is_end: bool) -> usize {
        // Nearly always the first line is balanced.
        for is_first in [true, false] {
            let (head, is_all) = if is_first { (first, false) } else { self.reach(text, is_end) };
            // What is not text is no place for a quotation to continue.
            let (head, is_all) = match simdutf8::compat::from_utf8(&text[..head]) {
                Ok(head) => (head, is_all),
                Err(error) => {
                    let valid = &text[..error.valid_up_to()];
                    let whole = memchr::memrchr(b'\n', valid).map_or(0, |end| end + 1);
                    (str::from_utf8(&valid[..whole]).unwrap_or_default(), true)
                }
            };
            if head.len() < first {
                return 1;
            }
            let mut draft = Draft::new(head, false);
            if head.len() > first || self.protection.asks(kinds) {
                self.protection.mark(&mut draft, &mut lines.clone());
            }
            match quotes::group_len(&draft, is_all) {
                0 => {}
                len => return len,
            }
        }
        0
    }

    /// Returns the length of the lines at the head of `text` over which a quotation may go on, and whether no further line belongs to
    /// them. A line that has not ended is none of them, nor one that is too long: it would have to be held as a whole.
    fn reach(&self, text: &[u8], is_end: bool) -> (usize, bool) {
        let mut end = 0;
        for _ in 0..=quotes::MOST_LINES {
            match self.line(&text[end..], is_end) {
                Some((len, false)) if len > 0 => end += len,
                Some(_) => return (end, true),
                None => return (end, false),
            }
        }
        (end, true)
    }

    /// Does the passes over the head of a text that ends where [`Prose::cut`] would cut, and finds what is frozen in the
    /// outcome.
    pub(super) fn run<'a>(
        &self,
        text: &'a str,
        mut lines: Lines,
        mut place: Place,
        wanted: Wanted,
    ) -> Normalized<'a> {
        let (mut changed, mut frozen, mut changes) = (String::new(), Vec::new(), Vec::new());
        let mut replaced = Vec::new();
        let is_recording = wanted.changes || wanted.alignment;
        // Up to where the text is in `changed`.
        let mut copied = 0;
        let mut done = 0;
        while done < text.len() && done < self.sizes.part {
            let rest = &text[done..];
            let rest_is_unit = || Unit { len: rest.len(), kinds: u32::MAX, is_single: false };
            let unit = self.unit(rest.as_bytes(), lines, true).unwrap_or_else(rest_is_unit);
            let body = &rest[..unit.len];
            let start = changed.len() + (done - copied);
            let above = lines;
            let kind = lines.skip(body.as_bytes(), unit.is_single);
            if unit.is_single && kind == LineKind::Frozen && self.protection.is_common() {
                frozen.push(start..start + unit.len);
            } else if unit.kinds & self.work != 0 {
                let mut draft = Draft::new(body, is_recording);
                let mut steps = self.settle(&mut draft, above, unit.kinds);
                if draft.has_changed() && self.protection.is_common() {
                    let mut below = above;
                    below.skip(draft.text().as_bytes(), unit.is_single);
                    if below != lines {
                        // It would open or close what makes code of the lines below, as `$$` with a control character
                        // behind it: it stays as it is.
                        draft = Draft::new(body, is_recording);
                        self.protection.mark(&mut draft, &mut above.clone());
                        steps.clear();
                    }
                }
                if wanted.changes {
                    tell(steps, body, place, &mut changes);
                }
                if draft.has_changed() {
                    changed.push_str(&text[copied..done]);
                    if wanted.alignment {
                        draft.add_replaced(body, (done, changed.len()), &mut replaced);
                    }
                    frozen.extend(draft.frozen_from(changed.len()));
                    changed.push_str(draft.text());
                    copied = done + unit.len;
                } else {
                    frozen.extend(draft.frozen_from(start));
                }
            } else if self.protection.asks(unit.kinds) {
                self.protection.lines(body, start, above, &mut frozen);
            }
            if wanted.changes {
                place = place.behind(body.as_bytes());
            }
            done += unit.len;
            // A cut may be here, and no word goes across it.
            if !body.ends_with('\n') {
                break;
            }
        }
        let text = if copied == 0 {
            Cow::Borrowed(&text[..done])
        } else {
            changed.push_str(&text[copied..done]);
            Cow::Owned(changed)
        };
        Normalized { len: done, lines, place, text, frozen, changes, replaced }
    }

    /// Does the passes over a unit until none has work; returns what they did, if that is recorded.
    fn settle(&self, draft: &mut Draft<'_>, lines: Lines, kinds: u32) -> Vec<(Pass, Step)> {
        if self.protection.asks(kinds) {
            self.protection.mark(draft, &mut lines.clone());
        }
        let (mut steps, mut left) = (Vec::new(), Vec::new());
        let mut kinds = kinds;
        for _ in 0..MOST_ROUNDS {
            left.clear();
            let before = (!draft.frozen.is_empty()).then(|| (draft.clone(), steps.len()));
            if !self.round(draft, kinds, None, &mut steps, &mut left) {
                break;
            }
            kinds = self.census(draft.text().as_bytes());
            if !self.mark_again(draft, kinds, lines) {
                // Once more, with a look at each pass.
                if let Some((before, count)) = before {
                    *draft = before;
                    steps.truncate(count);
                    left.clear();
                }
                kinds = u32::MAX;
                if !self.round(draft, kinds, Some(lines), &mut steps, &mut left) {
                    break;
                }
            }
            if kinds & self.work == 0 {
                break;
            }
        }
        steps.append(&mut left);
        steps.sort_by_key(|(_, step)| step.range.start);
        steps
    }

    /// Finds what is protected in the text that passes made. Returns whether what was protected still is: if not, as
    /// when `` `甲`…` `` loses what stands between two backticks, the text would be another the next time.
    fn mark_again(&self, draft: &mut Draft<'_>, kinds: u32, lines: Lines) -> bool {
        let before = std::mem::take(&mut draft.frozen);
        draft.guarded.clear();
        if self.protection.asks(kinds) {
            self.protection.mark(draft, &mut lines.clone());
        }
        let mut now = draft.frozen.iter().peekable();
        before.iter().all(|range| {
            while now.next_if(|now| now.end < range.end).is_some() {}
            now.peek().is_some_and(|now| now.start <= range.start)
        })
    }

    /// Asks every pass once; returns whether any changed something. With `lines` it undoes what would take from a text
    /// what protects it.
    fn round(
        &self,
        draft: &mut Draft<'_>,
        mut kinds: u32,
        lines: Option<Lines>,
        steps: &mut Vec<(Pass, Step)>,
        left: &mut Vec<(Pass, Step)>,
    ) -> bool {
        let mut has_changed = false;
        for pass in Pass::ALL.into_iter().filter(|&pass| self.passes.has(pass)) {
            if kinds & work(pass) == 0 {
                continue;
            }
            let edits = self.edits(pass, draft);
            // Never too few: what an edit drops may have been between a full stop and the next.
            let new = edits
                .iter()
                .fold(kind::DOTS, |kinds, edit| kinds | self.census(edit.with.as_bytes()));
            let is_changed = match lines {
                None => draft.apply(edits),
                Some(lines) => self.apply_with_care(draft, edits, lines),
            };
            if is_changed {
                has_changed = true;
                kinds |= new;
            }
            if draft.is_recording() {
                for step in draft.take_steps() {
                    let to = if step.after.is_some() { &mut *steps } else { &mut *left };
                    to.push((pass, step));
                }
            }
        }
        has_changed
    }

    /// Makes the edits of a pass if what is protected stays so; if not, those that do not touch it; if not, none.
    fn apply_with_care(&self, draft: &mut Draft<'_>, edits: Vec<Edit>, lines: Lines) -> bool {
        let apart = edits.iter().filter(|edit| !draft.is_beside_frozen(&edit.range)).cloned();
        for edits in [apart.collect(), edits].into_iter().rev() {
            let mut tried = draft.clone();
            if !tried.apply(edits) {
                return false;
            }
            if self.mark_again(&mut tried, u32::MAX, lines) {
                *draft = tried;
                return true;
            }
        }
        false
    }

    fn edits(&self, pass: Pass, draft: &mut Draft<'_>) -> Vec<Edit> {
        let passes = self.passes;
        match (pass, self.marks) {
            (Pass::Control, _) => normalize::control(draft, passes.keeps_form_feed),
            (Pass::ZeroWidth, _) => normalize::zero_width(draft),
            (Pass::Nfc, _) => normalize::nfc(draft),
            (Pass::Compat, _) => normalize::compat(draft),
            (Pass::Radicals, _) => normalize::radicals(draft),
            (Pass::Width, _) => normalize::width(draft),
            (Pass::WidthSymbols, _) => normalize::width_symbols(draft),
            (Pass::Characters, _) => {
                self.repairer.as_ref().map_or_else(Vec::new, |repairer| repairer.edits(draft))
            }
            (Pass::Spaces, _) => blanks::leftovers(draft),
            (Pass::Punct, _) => marks::edits(draft),
            (Pass::Quotes, Some(marks)) => {
                let (edits, stray) = quotes::edits(draft, marks);
                stray.into_iter().for_each(|range| draft.leave(range));
                edits
            }
            (Pass::AsciiQuotes, Some(marks)) => quotes::ascii(draft, marks),
            // `Pipeline` asks for a region before it starts.
            (Pass::Quotes | Pass::AsciiQuotes, None) => Vec::new(),
            (Pass::Ellipsis, _) => runs::ellipsis(draft),
            (Pass::Dash, _) => runs::dash(draft),
            (Pass::Interpunct, _) => runs::interpunct(draft),
            (Pass::Repeat, _) => runs::repeat(draft, passes.most_repeated()),
            (Pass::Spacing, _) => blanks::spacing(draft, passes.spacing()),
        }
    }

    /// Returns whether the marks of a region are wanted and none is known.
    pub(super) fn lacks_region(&self) -> bool {
        self.marks.is_none()
            && (self.passes.has(Pass::Quotes) || self.passes.has(Pass::AsciiQuotes))
    }
}

fn head(text: &[u8], lines: usize) -> &[u8] {
    let end = memchr::memchr_iter(b'\n', text).nth(lines - 1);
    end.map_or(text, |end| &text[..=end])
}

/// Returns where to cut a line that is longer than `long`: behind a sentence or a blank, or at least between two characters.
fn piece(line: &[u8], long: usize) -> usize {
    let tail = &line[long..line.len().min(2 * long)];
    let stops: [&[u8]; 4] = ["。".as_bytes(), "！".as_bytes(), "？".as_bytes(), b" "];
    let found = stops
        .iter()
        .filter_map(|stop| memchr::memmem::find(tail, stop).map(|at| long + at + stop.len()))
        .min();
    let mut end = found.unwrap_or(long + tail.len());
    while end > long && end < line.len() && line[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_is_not_asked_would_have_had_nothing_to_do() {
        let protection = Protection::none();
        let passes: Passes = "control,zero-width,compat,radicals,width,width-symbols,punct,quotes=tw,ascii-quotes,ellipsis,dash,interpunct,spaces,spacing,nfc"
            .parse()
            .unwrap();
        let prose = Prose::new(passes, &protection, None, Sizes::DEFAULT).unwrap();
        for c in ('\0'..=char::MAX).filter(|c| !c.is_alphanumeric() || *c > '\u{2E7F}') {
            for text in [format!("好{c}好"), format!("“好{c}{c}”"), format!("3{c}3{c}")] {
                let kinds = prose.census(text.as_bytes());
                for pass in Pass::ALL.into_iter().filter(|&pass| passes.has(pass)) {
                    if kinds & work(pass) == 0 {
                        let mut draft = Draft::new(&text, false);
                        let edits = prose.edits(pass, &mut draft);
                        assert!(!draft.apply(edits), "{pass} {text:?} U+{:04X}", u32::from(c));
                    }
                }
            }
        }
    }
}
