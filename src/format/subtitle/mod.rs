//! Subtitles: what is said, and not when, where, and in which letters.
//!
//! In: lines of SubRip, WebVTT, or (Advanced) SubStation Alpha. Out: a run for each cue. The naive way converts the file as plain
//! text, and with it the names of fonts and styles that other lines refer to; or reads cues and writes them anew, which loses
//! what the reader did not know. Ours tells lines apart by how they begin and takes tags for transparent. A line end within a cue
//! is part of its run, so that a quotation goes on across it; no word does.
//!
//! ```text
//! srt   cues behind blank lines      vtt   the same, with blocks of other kinds      ass   one line, one cue
//! ```

mod ass;
mod srt;
mod vtt;

use memchr::memmem;

use super::lines::{Line, behind_last};

pub(crate) use ass::Ass;
pub(crate) use srt::Srt;
pub(crate) use vtt::Vtt;

/// Returns whether a line says when a cue is shown: `00:00:01,000 --> 00:00:02,000`.
fn is_timing(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    if !line.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') {
        return false;
    }
    let Some(arrow) = memmem::find(line, b"-->") else { return false };
    let (from, to) = (line[..arrow].trim_ascii_end(), line[arrow + 3..].trim_ascii_start());
    let is_of_time = |byte: &u8| byte.is_ascii_digit() || b":,. -".contains(byte);
    from.contains(&b':')
        && from.iter().all(is_of_time)
        && to.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-')
}

/// Returns whether nothing of a line is seen. A pass could empty it, and end the cue by that: it is no prose.
fn is_invisible(line: &str) -> bool {
    let is = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
    };
    line.chars().all(is)
}

/// Returns the format that a text begins like, if it is one of subtitles; `Some(None)` if it is none, `None` if it takes more.
pub(super) fn by_content(text: &[u8], is_end: bool) -> Option<Option<&'static str>> {
    // Bounded, so that the answer does not depend on how much has arrived.
    const HEAD: usize = 512;
    let is_end = is_end || text.len() >= HEAD;
    let text = &text[..text.len().min(HEAD)];
    for (sign, name) in [(&b"WEBVTT"[..], "vtt"), (b"[Script Info]", "ass")] {
        if let Some(rest) = text.strip_prefix(sign) {
            match rest.first() {
                None if !is_end => return None,
                None | Some(b'\n' | b'\r' | b' ' | b'\t') => return Some(Some(name)),
                Some(_) => {}
            }
        } else if !is_end && sign.starts_with(text) {
            return None;
        }
    }
    // A number, and below it a time.
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&digits) {
        return Some(None);
    }
    let number = Line::at(text, 0);
    let time = Line::at(text, number.next);
    if !text[digits..number.end].trim_ascii().is_empty() {
        return Some(None);
    }
    // What a time can begin with, so that plain text is not waited for.
    let may_be = |byte: &u8| byte.is_ascii_digit() || b":,.-> ".contains(byte);
    if time.next == time.end && !is_end && text[time.range()].iter().all(may_be) {
        return None;
    }
    Some(is_timing(&text[time.range()]).then_some("srt"))
}
