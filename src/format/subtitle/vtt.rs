//! WebVTT: a header, and blocks with blank lines between, of which some are cues.
//!
//! A block is a cue if its first or second line has an arrow; others (the header, `NOTE`, `STYLE`, `REGION`) are none, as the standard
//! has it. In cues tags are transparent, `<v 张三>` with the name of who speaks too; text in `<rt>` is a run of its own;
//! `&amp;` and its kin are what they stand for. A `<` without `>` is text, which players show and browsers do not.

use std::ops::Range;

use memchr::{memchr2, memchr3, memmem};

use super::{Line, behind_last, is_invisible};
use crate::format::{Format, Malformed, Memory, Runs};

/// The style of a piece that was written as an entity.
const ENTITY: u8 = 1;

/// What WebVTT names.
const ENTITIES: [(&str, &str); 6] = [
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", "\u{A0}"),
    ("&lrm;", "\u{200E}"),
    ("&rlm;", "\u{200F}"),
];

/// Subtitles of the web.
#[derive(Debug)]
pub(crate) struct Vtt;

impl Format for Vtt {
    fn name(&self) -> &str {
        "vtt"
    }

    fn scan(&self, text: &str, memory: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let is_cue = |line: Line| memmem::find(&bytes[line.range()], b"-->").is_some();
        let mut at = 0;
        let mut is_head = memory.of_format.is_none() && bytes.starts_with(b"WEBVTT");
        while at < bytes.len() {
            let first = Line::at(bytes, at);
            if first.start == first.end {
                at = first.next;
                continue;
            }
            let second = Line::at(bytes, first.next);
            let timing = match (is_cue(first), is_cue(second)) {
                (true, _) => Some(first),
                (false, true) if !std::mem::take(&mut is_head) => Some(second),
                _ => None,
            };
            is_head = false;
            let start = timing.map_or(first, |timing| timing).next;
            let (mut end, mut line) = (start, Line::at(bytes, start));
            // A further arrow begins a block without a blank line.
            while line.start < line.end && !is_cue(line) {
                (end, at) = (line.end, line.next);
                line = Line::at(bytes, line.next);
            }
            at = at.max(start);
            if timing.is_none()
                && let Some(rest) = text[first.range()].strip_prefix("NOTE")
                && (rest.is_empty() || rest.starts_with([' ', '\t']))
            {
                runs.comment(first.start + "NOTE".len()..end);
            }
            if timing.is_some() && start < end {
                Cue { text: &text[..end], is_ruby: false }.tell(start..end, runs);
                runs.end();
            }
        }
        Ok(())
    }

    fn cut(&self, text: &[u8], _: &Memory) -> Option<usize> {
        behind_last(text, <[u8]>::is_empty)
    }

    /// The block that comes behind the one of the pragma.
    fn next(&self, text: &str, from: usize, _: &Memory) -> Option<Range<usize>> {
        let lines = |from: usize, is_blank: bool| {
            let mut line = Line::at(text.as_bytes(), from);
            while line.start < text.len() && (line.start == line.end) == is_blank {
                line = Line::at(text.as_bytes(), line.next);
            }
            line.start
        };
        let start = lines(if from > 0 { lines(from, false) } else { from }, true);
        (start < text.len()).then(|| start..lines(start, false))
    }

    fn remember(&self, _: &[u8], memory: &mut Memory) {
        // The header has passed.
        memory.of_format.get_or_insert_with(|| [].into());
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        for c in text.chars() {
            match c {
                '&' => output.push_str("&amp;"),
                '<' => output.push_str("&lt;"),
                '>' => output.push_str("&gt;"),
                '\u{A0}' if style == ENTITY => output.push_str("&nbsp;"),
                '\n' | '\r' => return false,
                _ => output.push(c),
            }
        }
        true
    }
}

/// The text of a cue, or of a ruby in it.
struct Cue<'a> {
    text: &'a str,
    is_ruby: bool,
}

impl Cue<'_> {
    fn tell(&self, range: Range<usize>, runs: &mut Runs) {
        let bytes = &self.text.as_bytes()[..range.end];
        let (mut start, mut at) = (range.start, range.start);
        let mut has_more_tags = true;
        if let Some(end) = self.invisible_line(at, range.end) {
            (start, at) = (end, end);
        }
        while let Some(len) = memchr3(b'<', b'&', b'\n', &bytes[at..]) {
            let found = at + len;
            at = found + 1;
            match bytes[found] {
                b'<' if has_more_tags => {
                    let Some(end) = tag(bytes, found, &mut has_more_tags) else { continue };
                    runs.prose(start..found);
                    (start, at) = (end, end);
                    if !self.is_ruby && name(&bytes[found + 1..end]) == b"rt" {
                        let len = memmem::find(&bytes[end..], b"</r");
                        let inner = end..len.map_or(range.end, |len| end + len);
                        (start, at) = (inner.end, inner.end);
                        let ruby = Cue { text: self.text, is_ruby: true };
                        runs.aside(|runs| ruby.tell(inner, runs));
                    }
                }
                b'&' => {
                    let Some((end, text)) = entity(&self.text[found..range.end]) else { continue };
                    runs.prose(start..found);
                    runs.escaped(found..found + end, text.encode_utf8(&mut [0; 4]), ENTITY);
                    (start, at) = (found + end, found + end);
                }
                b'\n' => {
                    let Some(end) = self.invisible_line(at, range.end) else { continue };
                    runs.prose(start..at);
                    (start, at) = (end, end);
                }
                _ => {}
            }
        }
        runs.prose(start..range.end);
    }

    /// Returns the end of the line that begins here, if nothing of it is seen.
    fn invisible_line(&self, at: usize, end: usize) -> Option<usize> {
        let line = Line::at(&self.text.as_bytes()[..end], at);
        (line.start < line.end && is_invisible(&self.text[line.range()])).then_some(line.end)
    }
}

/// Returns the end of the tag that begins here.
fn tag(bytes: &[u8], start: usize, has_more: &mut bool) -> Option<usize> {
    let first = *bytes.get(start + 1)?;
    if !(first.is_ascii_alphanumeric() || matches!(first, b'/' | b'.' | b'>')) {
        return None;
    }
    let Some(len) = memchr2(b'>', b'<', &bytes[start + 1..]) else {
        *has_more = false;
        return None;
    };
    let close = start + 1 + len;
    (bytes[close] == b'>').then_some(close + 1)
}

/// Returns what a tag is called, without its classes.
fn name(tag: &[u8]) -> &[u8] {
    let len = tag.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    &tag[..len]
}

/// Returns how long the entity is that the text begins with, and what it stands for.
fn entity(text: &str) -> Option<(usize, char)> {
    if let Some(number) = text.strip_prefix("&#") {
        let (digits, radix) = match number.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (number, 10),
        };
        let len =
            digits.bytes().take(8).take_while(|&byte| char::from(byte).is_digit(radix)).count();
        let c = u32::from_str_radix(&digits[..len], radix).ok().and_then(char::from_u32)?;
        let is_text = digits[len..].starts_with(';') && !c.is_control();
        return is_text.then_some((text.len() - digits.len() + len + 1, c));
    }
    let (name, value) = ENTITIES.iter().find(|(name, _)| text.starts_with(name))?;
    Some((name.len(), value.chars().next()?))
}
