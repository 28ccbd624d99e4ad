//! Lines of a text, whatever ends them.
//!
//! Subtitles and their kin come from all systems: LF, CR, or both end a line, also within one file. `str::lines` knows no CR alone, and
//! does not say where a line stands.

use std::ops::Range;

use memchr::memchr2;

/// A line, and where the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) next: usize,
}

impl Line {
    /// Returns the line that begins here; its end is LF, CR, or both.
    pub(super) fn at(text: &[u8], start: usize) -> Line {
        let Some(len) = memchr2(b'\n', b'\r', &text[start..]) else {
            return Line { start, end: text.len(), next: text.len() };
        };
        let end = start + len;
        let next = end + if text[end..].starts_with(b"\r\n") { 2 } else { 1 };
        Line { start, end, next }
    }

    pub(super) fn range(self) -> Range<usize> {
        self.start..self.end
    }
}

/// Returns the place behind the last line of which this is so, and that is known to have ended.
pub(super) fn behind_last(text: &[u8], is_so: impl Fn(&[u8]) -> bool) -> Option<usize> {
    let mut end = text.len();
    // Of a CR at the end nobody knows yet whether LF comes.
    if text.last() == Some(&b'\r') {
        end -= 1;
    }
    let mut next = memchr::memrchr2(b'\n', b'\r', &text[..end])? + 1;
    loop {
        let mut end = next - 1;
        if end > 0 && text[end] == b'\n' && text[end - 1] == b'\r' {
            end -= 1;
        }
        let before = memchr::memrchr2(b'\n', b'\r', &text[..end]);
        let start = before.map_or(0, |before| before + 1);
        if is_so(&text[start..end]) {
            return Some(next);
        }
        before?;
        next = start;
    }
}
