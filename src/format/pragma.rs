//! Pragmas: comments that keep a part of a document as it is.
//!
//! In: comments, as a format tells them. Out: the ranges that stay. `jianfan:off` keeps what is behind it up to `jianfan:on`, or the end;
//! `jianfan:ignore-next-line` keeps the next line. The naive way looks for these words anywhere, and then a page that explains
//! them is not converted. Here they count at the head of a comment, as in `<!-- jianfan:off -->`, or of a line of it; in plain
//! text on a line that has only signs of a comment besides.

use std::ops::Range;

use memchr::memmem;

use super::lines::Line;
use super::{Format, Memory, Runs};

const PREFIX: &str = "jianfan:";

/// Bytes at the beginning of a line of plain text in which a pragma counts. A bound lets a stream decide about a line that is too long to
/// be held.
pub(crate) const HEAD: usize = 256;

/// What pragmas before a place say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Open {
    is_off: bool,
    /// The next line is to be ignored.
    ignores_next: bool,
    /// A plain text was cut within a line, and whether that is prose.
    within: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Off,
    On,
    IgnoreNextLine,
}

/// Returns the pragma that the text begins with.
fn word(text: &str) -> Option<Word> {
    let rest = text.strip_prefix(PREFIX)?;
    let len = rest.bytes().take_while(|byte| byte.is_ascii_alphabetic() || *byte == b'-').count();
    // `-->` may stand right behind it.
    match rest[..len].trim_end_matches('-') {
        "off" => Some(Word::Off),
        "on" => Some(Word::On),
        "ignore-next-line" => Some(Word::IgnoreNextLine),
        _ => None,
    }
}

/// Returns whether a text may hold a pragma.
pub(crate) fn may_hold(text: &[u8]) -> bool {
    // The rarest byte of the prefix is looked for, sixteen and more at once.
    memmem::find(text, PREFIX.as_bytes()).is_some()
}

impl Open {
    /// Returns whether everything is converted from here on, as far as is known.
    pub(crate) fn is_none(self) -> bool {
        !self.is_off && !self.ignores_next && self.within != Some(false)
    }

    /// Takes the next line of a plain text, or a part of one; returns whether it is prose. The first part of a line is at least
    /// [`HEAD`] bytes.
    pub(crate) fn line(&mut self, line: &[u8]) -> bool {
        // A line is what it is from its beginning on.
        let is_prose = self.within.take().unwrap_or_else(|| self.whole_line(line));
        self.within = (line.last() != Some(&b'\n')).then_some(is_prose);
        is_prose
    }

    fn whole_line(&mut self, line: &[u8]) -> bool {
        let head = String::from_utf8_lossy(&line[..line.len().min(HEAD)]);
        let found = head.find(PREFIX).and_then(|at| Some((at, word(&head[at..])?)));
        let ignored = std::mem::take(&mut self.ignores_next);
        match found.filter(|&(at, _)| is_comment(&head[..at])) {
            None => return !self.is_off && !ignored,
            Some((_, Word::Off)) => self.is_off = true,
            Some((_, Word::On)) => self.is_off = false,
            Some((_, Word::IgnoreNextLine)) => self.ignores_next = true,
        }
        false
    }

    /// Returns whether a text that continues here is known to be prose throughout.
    pub(crate) fn is_prose(self, text: &[u8]) -> bool {
        self.is_none() && !may_hold(text)
    }

    /// Takes lines of a plain text up to the first that is different from those before; returns how many bytes that is, and whether they
    /// are prose. A line without its end is a line, or the part of one.
    pub(crate) fn segment(&mut self, text: &[u8]) -> (usize, bool) {
        if self.is_prose(text) {
            self.skip_prose(text);
            return (text.len(), true);
        }
        let (mut end, mut first) = (0, None);
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let before = *self;
            let is_prose = self.line(line);
            if *first.get_or_insert(is_prose) != is_prose {
                *self = before;
                break;
            }
            end += line.len();
        }
        (end, first.unwrap_or(true))
    }

    fn skip_prose(&mut self, text: &[u8]) {
        self.within = text.last().filter(|&&byte| byte != b'\n').map(|_| true);
    }

    /// Takes a part of a plain text.
    pub(crate) fn lines(&mut self, text: &[u8]) {
        if self.is_prose(text) {
            return self.skip_prose(text);
        }
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            self.line(line);
        }
    }

    /// Returns whether the kind of the line that continues here is known without its beginning.
    pub(crate) fn is_within(self) -> bool {
        self.within.is_some()
    }
}

/// Returns whether a line has signs of a comment before a place, and nothing else.
fn is_comment(before: &str) -> bool {
    let signs = before.trim();
    !signs.is_empty() && signs.chars().all(|c| "#/*<!-;%'\"(.".contains(c) || c == ' ')
}

/// Finds the pragmas of a comment: at its head or at the head of one of its lines, behind signs, several if they follow each other.
fn in_comment(text: &str, comment: Range<usize>, found: &mut Vec<(usize, Word)>) {
    let Some(text) = text.get(..comment.end) else { return };
    let mut start = comment.start;
    while start < text.len() {
        let line = Line::at(text.as_bytes(), start);
        let mut rest = &text[start..line.end];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || "#/*<!-;%.".contains(c));
            let Some(word) = word(rest) else { break };
            found.push((line.end - rest.len(), word));
            rest = rest[PREFIX.len()..]
                .trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '-');
        }
        start = line.next;
    }
}

/// Takes out of the prose what pragmas keep; `text` was scanned into `runs`.
pub(crate) fn apply(format: &dyn Format, text: &str, memory: &Memory, runs: &mut Runs) {
    if memory.pragmas.is_none() && !may_hold(text.as_bytes()) {
        return;
    }
    let (ranges, _) = kept(format, text, memory, runs);
    if !ranges.is_empty() {
        runs.exclude(&ranges);
    }
}

/// Returns what is open behind a part of a document, of which `memory` knows what was before.
pub(crate) fn behind(format: &dyn Format, part: &[u8], memory: &Memory) -> Open {
    if memory.pragmas.is_none() && !may_hold(part) {
        return memory.pragmas;
    }
    let (text, mut runs) = (String::from_utf8_lossy(part), Runs::new());
    // A part that is wrong is told when it is converted.
    match format.scan(&text, memory, &mut runs) {
        Ok(()) => kept(format, &text, memory, &runs).1,
        Err(_) => memory.pragmas,
    }
}

/// Returns the ranges that are kept, and what is open behind the text.
fn kept(
    format: &dyn Format,
    text: &str,
    memory: &Memory,
    runs: &Runs,
) -> (Vec<Range<usize>>, Open) {
    let mut found = Vec::new();
    for comment in &runs.comments {
        if may_hold(&text.as_bytes()[comment.clone()]) {
            in_comment(text, comment.clone(), &mut found);
        }
    }
    found.sort_unstable_by_key(|&(at, _)| at);
    let mut open = memory.pragmas;
    let (mut ranges, mut off) = (Vec::new(), open.is_off.then_some(0));
    if open.ignores_next {
        let next = format.next(text, 0, memory);
        open.ignores_next = next.is_none();
        ranges.extend(next);
    }
    let (mut line_end, mut next) = (0, None::<Option<Range<usize>>>);
    for (at, word) in found {
        match word {
            Word::Off if off.is_none() => off = Some(at),
            Word::On => ranges.extend(off.take().map(|start| start..at)),
            Word::IgnoreNextLine if off.is_none() => {
                // Many on a line, or in comments before an entry, mean the same, and must not each look for it.
                if at >= line_end {
                    line_end = Line::at(text.as_bytes(), at).next;
                }
                let is_known = match &next {
                    None => false,
                    Some(None) => true,
                    Some(Some(next)) => next.start >= line_end,
                };
                if !is_known {
                    let found = format.next(text, line_end, memory);
                    open.ignores_next = found.is_none();
                    ranges.extend(found.clone());
                    next = Some(found);
                }
            }
            Word::Off | Word::IgnoreNextLine => {}
        }
    }
    open.is_off = off.is_some();
    ranges.extend(off.map(|start| start..text.len()));
    ranges.sort_unstable_by_key(|range| range.start);
    // A line to be ignored may lie in what is off.
    ranges.dedup_by(|next, last| {
        let is_one = next.start <= last.end;
        if is_one {
            last.end = last.end.max(next.end);
        }
        is_one
    });
    (ranges, open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_plain_text_are_kept() {
        let lines = [
            ("头发", true),
            ("# jianfan:ignore-next-line", false),
            ("头发", false),
            ("头发", true),
            ("// jianfan:off 原文", false),
            ("头发", false),
            ("<!-- jianfan:on -->", false),
            ("头发写 jianfan:off 就行", true),
            ("jianfan:off", true),
            ("头发", true),
        ];
        let mut open = Open::default();
        for (line, is_prose) in lines {
            assert_eq!(open.line(format!("{line}\n").as_bytes()), is_prose, "{line}");
        }
    }
}
