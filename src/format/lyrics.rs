//! LRC: lyrics, a line each with the time when it is sung.
//!
//! In: lines as `[00:12.00]text`. Out: a run for each line's text. The naive way converts the file as plain text, which finds no word
//! that a time stands within. Times at the beginning or between words, as `<00:12.34>` or `[00:12.34]`, are transparent;
//! lines as `[ar:张三]`, by which players look for the song, stay.

use memchr::memchr2;

use super::lines::{Line, behind_last};
use super::{Format, Malformed, Memory, Runs};

/// Lyrics.
#[derive(Debug)]
pub(crate) struct Lyrics;

impl Format for Lyrics {
    fn name(&self) -> &str {
        "lrc"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let line = Line::at(bytes, at);
            at = line.next;
            let own = &bytes[line.range()];
            if !is_tag(own) {
                tell(bytes, line, runs);
            } else if own.starts_with(b"[#:") {
                runs.comment(line.start + 3..line.end);
            }
        }
        Ok(())
    }

    fn cut(&self, text: &[u8], _: &Memory) -> Option<usize> {
        behind_last(text, |_| true)
    }

    fn escape(&self, _: u8, text: &str, output: &mut String) -> bool {
        output.push_str(text);
        !text.contains(['\n', '\r', '[', '<'])
    }
}

/// Returns whether a line is one as `[ti:title]`.
fn is_tag(line: &[u8]) -> bool {
    let Some(inner) = line.trim_ascii().strip_prefix(b"[") else { return false };
    let len = inner.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'#').count();
    len > 0 && inner.get(len) == Some(&b':') && inner.last() == Some(&b']')
}

fn tell(bytes: &[u8], line: Line, runs: &mut Runs) {
    let bytes = &bytes[..line.end];
    let (mut start, mut at) = (line.start, line.start);
    while let Some(len) = memchr2(b'[', b'<', &bytes[at..]) {
        let found = at + len;
        at = found + 1;
        if let Some(len) = time(&bytes[found..]) {
            runs.prose(start..found);
            (start, at) = (found + len, found + len);
        }
    }
    runs.prose(start..line.end);
    runs.end();
}

/// Returns how long the time in brackets is that the text begins with.
fn time(text: &[u8]) -> Option<usize> {
    let close = if text.first() == Some(&b'[') { b']' } else { b'>' };
    // Hours would be possible; more is no time.
    let len =
        text[1..].iter().take(16).take_while(|byte| byte.is_ascii_digit() || b":.".contains(byte));
    let len = 1 + len.count();
    let is_time = text.get(1).is_some_and(u8::is_ascii_digit) && text[1..len].contains(&b':');
    (text.get(len) == Some(&close) && is_time).then_some(len + 1)
}
