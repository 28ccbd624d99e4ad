//! The stages between bytes and words: what is protected, and the passes in their order.
//!
//! In: a block of text that was cut where no pass looks across. Out: the text with the passes done, its frozen ranges, and
//! what was changed. All passes run before the conversion, which then finds words that a wrong mark had hidden, and every
//! change has its place in the text as it came.
//!
//! The naive way runs every pass over every text. Ours looks once which kinds of character there are, and a pass without
//! work is not asked. A change may give another pass work (or the same: `你好,A,B,世界`), so all are asked again
//! until none has any; that is what makes each list of passes idempotent.

use std::ops::Range;

use super::passes::{Pass, Passes, Region};
use crate::draft::{Draft, Edit};
use crate::normalize;
use crate::punctuate::{blanks, marks, quotes, runs};
use crate::select::{Lines, Protection};

/// Bytes of a block; a line that is longer is dealt with in pieces of about this length.
pub(super) const LONG: usize = 256 * 1024;
/// Rounds after which passes that go on changing are stopped; texts made to be hard need four.
const MOST_ROUNDS: usize = 12;

/// What one pass changed in one place, or left.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Where it begins, in bytes of the document; where that was transcoded, of its text as UTF-8.
    pub offset: u64,
    /// Its length in bytes, as it was.
    pub len: u64,
    /// The line, from 1.
    pub line: u64,
    /// The character in the line, from 1.
    pub column: u64,
    /// The pass.
    pub pass: Pass,
    /// What the pass found; of a change to what an earlier pass made, that.
    pub before: String,
    /// What stands there now; `None` if it was left because nobody can tell what is right, as a quotation mark without
    /// its partner.
    pub after: Option<String>,
}

/// Where a block begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Default for Place {
    fn default() -> Place {
        Place { offset: 0, line: 1, column: 1 }
    }
}

impl Place {
    /// Returns the place behind `text`.
    pub(super) fn behind(self, text: &[u8]) -> Place {
        let lines = memchr::memchr_iter(b'\n', text).count() as u64;
        let last = memchr::memrchr(b'\n', text).map_or(text, |at| &text[at + 1..]);
        let columns = last.iter().filter(|&&byte| byte & 0xC0 != 0x80).count() as u64;
        let column = if lines > 0 { 1 } else { self.column };
        Place {
            offset: self.offset + text.len() as u64,
            line: self.line + lines,
            column: column + columns,
        }
    }
}

/// What is protected, and which passes are on.
#[derive(Debug, Clone)]
pub(super) struct Prose {
    passes: Passes,
    protection: Protection,
    marks: Option<quotes::Marks>,
}

/// What became of a block.
pub(super) struct Normalized {
    pub(super) text: String,
    pub(super) frozen: Vec<Range<usize>>,
    pub(super) changes: Vec<Change>,
}

impl Prose {
    /// Returns `None` if there is nothing to do.
    pub(super) fn new(
        passes: Passes,
        protection: &Protection,
        conversion: Option<Region>,
    ) -> Option<Prose> {
        if passes.is_none() && protection.is_none() {
            return None;
        }
        let protection = protection.clone();
        // Marks of code and addresses are never prose.
        let protection = if passes.is_none() { protection } else { protection.with_common() };
        Some(Prose { passes, protection, marks: passes.region(conversion).map(Region::marks) })
    }

    /// Returns how much of the head of `text` can be dealt with by itself, and what is known of the lines behind it; `None` if
    /// it takes more to tell. `is_end`: nothing follows the text; `is_single`: not more than a line is wanted.
    pub(super) fn cut(
        &self,
        text: &[u8],
        lines: Lines,
        is_end: bool,
        is_single: bool,
    ) -> Option<(usize, Lines)> {
        let mut known = lines;
        let mut done = 0;
        while done < text.len() && done < LONG {
            let end = memchr::memchr(b'\n', &text[done..]).map(|at| done + at + 1);
            let len = end.unwrap_or(text.len()) - done;
            if len > LONG {
                if done == 0 && (is_end || text.len() >= 2 * LONG || end.is_some()) {
                    let piece = piece(&text[..len]);
                    known.next(&text[..piece]);
                    return Some((piece, known));
                }
                break;
            }
            if end.is_none() && !is_end {
                break;
            }
            let mut end = done + len;
            let group = if is_single { 1 } else { self.group(&text[done..], known, is_end) };
            if group == 0 {
                break;
            }
            known.next(&text[done..end]);
            for _ in 1..group {
                let next =
                    memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at + 1);
                known.next(&text[end..next]);
                end = next;
            }
            done = end;
            if is_single {
                break;
            }
        }
        (done > 0).then_some((done, known))
    }

    /// Returns how many lines at the head of `text` belong together; 0 if it takes more of them to tell.
    fn group(&self, text: &[u8], lines: Lines, is_end: bool) -> usize {
        let first = memchr::memchr(b'\n', text).map_or(text.len(), |at| at + 1);
        if !self.passes.has(Pass::Quotes) || !quotes::has_marks(&text[..first]) {
            return 1;
        }
        // Nearly always the first line is balanced.
        for count in [1, quotes::MOST_LINES + 1] {
            let head = head(text, count);
            let is_all = is_end && head.len() == text.len();
            // What is no text is no place for a quotation to go on.
            let Ok(head) = std::str::from_utf8(head) else { return 1 };
            let mut draft = Draft::new(head, false);
            self.protection.mark(&mut draft, &mut lines.clone());
            match quotes::group_len(&draft, is_all) {
                0 => {}
                len => return len,
            }
        }
        0
    }

    /// Does the passes over a block that was cut by [`Prose::cut`], and finds what is frozen in the outcome.
    pub(super) fn run(
        &self,
        text: &str,
        lines: Lines,
        place: Place,
        is_recording: bool,
    ) -> Normalized {
        let mut draft = Draft::new(text, is_recording);
        self.protection.mark(&mut draft, &mut lines.clone());
        let mut steps = Vec::new();
        let mut left = Vec::new();
        for _ in 0..MOST_ROUNDS {
            left.clear();
            if !self.round(&mut draft, &mut steps, &mut left) {
                break;
            }
            self.mark_again(&mut draft, lines);
        }
        steps.append(&mut left);
        steps.sort_by_key(|(_, step)| step.range.start);
        let mut changes = Vec::with_capacity(steps.len());
        let (mut at, mut here) = (0, place);
        for (pass, step) in steps {
            here = here.behind(&text.as_bytes()[at..step.range.start]);
            at = step.range.start;
            changes.push(Change {
                offset: here.offset,
                len: step.range.len() as u64,
                line: here.line,
                column: here.column,
                pass,
                before: step.before,
                after: step.after,
            });
        }
        let frozen = std::mem::take(&mut draft.frozen);
        Normalized { text: draft.into_text().into_owned(), frozen, changes }
    }

    /// Finds what is protected in the text that the passes made; what was protected stays it.
    fn mark_again(&self, draft: &mut Draft<'_>, lines: Lines) {
        let before = std::mem::take(&mut draft.frozen);
        self.protection.mark(draft, &mut lines.clone());
        let mut all = std::mem::take(&mut draft.frozen);
        all.extend(before);
        all.sort_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Range<usize>> = Vec::with_capacity(all.len());
        for range in all {
            match merged.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        draft.frozen = merged;
    }

    /// Asks every pass once; returns whether any changed something.
    fn round(
        &self,
        draft: &mut Draft<'_>,
        steps: &mut Vec<(Pass, crate::draft::Step)>,
        left: &mut Vec<(Pass, crate::draft::Step)>,
    ) -> bool {
        let mut has_changed = false;
        let mut census = census(draft.text());
        for pass in Pass::ALL.into_iter().filter(|&pass| self.passes.has(pass)) {
            if census & work(pass) == 0 {
                continue;
            }
            let edits = self.edits(pass, draft);
            if draft.apply(edits) {
                has_changed = true;
                census = self::census(draft.text());
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

/// Returns where to cut a line that is too long: behind a sentence or a blank, or at least between two characters.
fn piece(line: &[u8]) -> usize {
    let tail = &line[LONG..line.len().min(2 * LONG)];
    let stops: [&[u8]; 4] = ["。".as_bytes(), "！".as_bytes(), "？".as_bytes(), b" "];
    let found = stops
        .iter()
        .filter_map(|stop| memchr::memmem::find(tail, stop).map(|at| LONG + at + stop.len()))
        .min();
    let mut end = found.unwrap_or(LONG + tail.len());
    while end > LONG && end < line.len() && line[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    end
}

/// Kinds of character that give passes work.
mod kind {
    pub(super) const CONTROL: u32 = 1;
    pub(super) const ZERO_WIDTH: u32 = 1 << 1;
    pub(super) const COMPAT: u32 = 1 << 2;
    pub(super) const RADICAL: u32 = 1 << 3;
    pub(super) const WIDTH: u32 = 1 << 4;
    pub(super) const SYMBOL: u32 = 1 << 5;
    pub(super) const MARK: u32 = 1 << 6;
    pub(super) const QUOTE: u32 = 1 << 7;
    pub(super) const ASCII_QUOTE: u32 = 1 << 8;
    pub(super) const DOTS: u32 = 1 << 9;
    pub(super) const DASH: u32 = 1 << 10;
    pub(super) const INTERPUNCT: u32 = 1 << 11;
}

/// Returns the kinds that give a pass work.
fn work(pass: Pass) -> u32 {
    match pass {
        Pass::Control => kind::CONTROL,
        Pass::ZeroWidth => kind::ZERO_WIDTH,
        Pass::Compat => kind::COMPAT,
        Pass::Radicals => kind::RADICAL,
        Pass::Width => kind::WIDTH,
        Pass::WidthSymbols => kind::SYMBOL,
        Pass::Punct => kind::MARK,
        Pass::Quotes => kind::QUOTE,
        Pass::AsciiQuotes => kind::ASCII_QUOTE,
        Pass::Ellipsis => kind::DOTS,
        Pass::Dash => kind::DASH,
        Pass::Interpunct => kind::INTERPUNCT,
        Pass::Nfc | Pass::Spaces | Pass::Repeat | Pass::Spacing => u32::MAX,
    }
}

/// The kinds of the ASCII characters.
static ASCII: [u32; 128] = {
    let mut kinds = [0; 128];
    let mut at = 0u8;
    while at < 128 {
        kinds[at as usize] = match at {
            b'\t' | b'\n' | b'\r' => 0,
            0..=0x1F | 0x7F => kind::CONTROL,
            b'.' => kind::MARK | kind::DOTS,
            b',' | b';' | b':' | b'!' | b'?' | b'(' | b')' => kind::MARK,
            b'"' => kind::ASCII_QUOTE,
            b'-' => kind::DASH,
            _ => 0,
        };
        at += 1;
    }
    kinds
};

/// Returns the kinds of character in a text; all passes together need it once.
fn census(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut kinds = 1 << 31;
    let mut at = 0;
    while let Some(&lead) = bytes.get(at) {
        match lead {
            // Nearly all of prose: U+4000–U+9FFF has no kind.
            0xE4..=0xE9 => at += 3,
            0..0x80 => {
                kinds |= ASCII[usize::from(lead)];
                at += 1;
            }
            _ => {
                let Some(c) = text[at..].chars().next() else { break };
                let len = c.len_utf8();
                kinds |= rare(c, &bytes[at + len..]);
                at += len;
            }
        }
    }
    kinds
}

fn rare(c: char, rest: &[u8]) -> u32 {
    match c {
        '，' | '：' | '；' | '！' | '？' | '（' | '）' | '、' => 0,
        '。' if rest.starts_with("。".as_bytes()) || rest.starts_with("…".as_bytes()) => {
            kind::DOTS
        }
        '\u{80}'..='\u{9F}' | '\u{FEFF}' | '\u{FDD0}'..='\u{FDEF}' => kind::CONTROL,
        '\u{AD}' | '\u{200B}' | '\u{2060}' => kind::ZERO_WIDTH,
        '“' | '”' | '‘' | '’' | '「'..='』' => kind::QUOTE,
        '…' | '⋯' => kind::DOTS,
        '—' | '―' | '─' => kind::DASH,
        '‧' | '•' | '・' => kind::INTERPUNCT,
        '\u{2E80}'..='\u{2FDF}' => kind::RADICAL,
        '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}' => kind::COMPAT,
        '\u{FE10}'..='\u{FE6F}'
        | '０'..='９'
        | 'Ａ'..='Ｚ'
        | 'ａ'..='ｚ'
        | '．'
        | '\u{FF61}'..='\u{FF9F}' => kind::WIDTH,
        '\u{FF01}'..='\u{FF60}' => kind::SYMBOL,
        c if u32::from(c) & 0xFFFE == 0xFFFE => kind::CONTROL,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_that_is_not_asked_would_have_had_nothing_to_do() {
        let protection = Protection::none();
        let passes: Passes = "control,zero-width,compat,radicals,width,width-symbols,punct,quotes=tw,ascii-quotes,ellipsis,dash,interpunct"
            .parse()
            .unwrap();
        let prose = Prose::new(passes, &protection, None).unwrap();
        for c in ('\0'..=char::MAX).filter(|c| !c.is_alphanumeric() || *c > '\u{2E7F}') {
            for text in [format!("好{c}好"), format!("“好{c}{c}”"), format!("3{c}3{c}")] {
                let kinds = census(&text);
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
