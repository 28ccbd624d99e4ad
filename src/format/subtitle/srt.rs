//! SubRip: a number, a time, lines of text, a blank line.
//!
//! Nobody wrote down what SubRip is, so that this is what players do: only a time, and a number right above it, are no text. `<i>`,
//! `<font …>` and the like, and `{\an8}`, are transparent; what else stands in such brackets is text.

use std::ops::Range;

use memchr::memchr3;

use super::{Line, behind_last, is_invisible, is_timing};
use crate::format::{Format, Malformed, Memory, Runs};

/// What players know, of which the attributes may be in any script.
const TAGS: [&str; 8] = ["b", "i", "u", "s", "font", "span", "ruby", "rt"];

/// Subtitles as SubRip wrote them.
#[derive(Debug)]
pub(crate) struct Srt;

impl Format for Srt {
    fn name(&self) -> &str {
        "srt"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let mut at = 0;
        // The text of a cue so far.
        let mut cue: Option<Range<usize>> = None;
        while at < bytes.len() {
            let line = Line::at(bytes, at);
            at = line.next;
            let own = &bytes[line.range()];
            let is_number = || {
                let number = own.trim_ascii();
                number.iter().all(u8::is_ascii_digit) && {
                    let next = Line::at(bytes, line.next);
                    is_timing(&bytes[next.range()])
                }
            };
            if own.trim_ascii().is_empty() || is_timing(own) || is_number() {
                if let Some(cue) = cue.take() {
                    tell(text, cue, runs);
                }
            } else {
                cue = Some(cue.map_or(line.start, |cue| cue.start)..line.end);
            }
        }
        if let Some(cue) = cue {
            tell(text, cue, runs);
        }
        Ok(())
    }

    fn cut(&self, text: &[u8], _: &Memory) -> Option<usize> {
        behind_last(text, |line| line.trim_ascii().is_empty())
    }

    fn escape(&self, _: u8, text: &str, output: &mut String) -> bool {
        output.push_str(text);
        !text.contains(['\n', '\r', '<', '{']) && !text.contains("-->")
    }
}

/// Tells the text of a cue as a run.
fn tell(text: &str, cue: Range<usize>, runs: &mut Runs) {
    let bytes = &text.as_bytes()[..cue.end];
    let (mut start, mut at) = (cue.start, cue.start);
    if let Some(end) = invisible_line(text, at, cue.end) {
        (start, at) = (end, end);
    }
    while let Some(len) = memchr3(b'<', b'{', b'\n', &bytes[at..]) {
        let found = at + len;
        at = found + 1;
        let tag = match bytes[found] {
            b'<' => tag(text, found, cue.end),
            b'{' => override_tag(bytes, found),
            _ => invisible_line(text, at, cue.end),
        };
        if let Some(end) = tag {
            let is_line = bytes[found] == b'\n';
            runs.prose(start..if is_line { at } else { found });
            // No word goes across what breaks a line.
            if bytes[found] == b'<' && is_break(&bytes[found..end]) {
                runs.object(found..end);
            }
            (start, at) = (end, end);
        }
    }
    runs.prose(start..cue.end);
    runs.end();
}

/// Returns the end of the line that begins here, if nothing of it is seen.
fn invisible_line(text: &str, at: usize, end: usize) -> Option<usize> {
    let line = Line::at(&text.as_bytes()[..end], at);
    (line.start < line.end && is_invisible(&text[line.range()])).then_some(line.end)
}

fn is_break(tag: &[u8]) -> bool {
    tag.get(1..3).is_some_and(|name| name.eq_ignore_ascii_case(b"br"))
        && !tag.get(3).is_some_and(u8::is_ascii_alphanumeric)
}

/// Returns the end of the tag that begins here.
fn tag(text: &str, start: usize, end: usize) -> Option<usize> {
    let bytes = &text.as_bytes()[..end];
    let name = start + 1 + usize::from(bytes.get(start + 1) == Some(&b'/'));
    if !bytes.get(name)?.is_ascii_alphabetic() {
        return None;
    }
    let len = memchr3(b'>', b'<', b'\n', &bytes[name..])?;
    let close = name + len;
    if bytes[close] != b'>' {
        return None;
    }
    let inner = &text[name..close];
    let len = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let is_known = TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(&inner[..len]));
    (is_known || inner.is_ascii()).then_some(close + 1)
}

/// Returns the end of `{\an8}` and the like.
fn override_tag(bytes: &[u8], start: usize) -> Option<usize> {
    if bytes.get(start + 1) != Some(&b'\\') {
        return None;
    }
    let len = memchr3(b'}', b'{', b'\n', &bytes[start + 1..])?;
    let close = start + 1 + len;
    (bytes[close] == b'}').then_some(close + 1)
}
