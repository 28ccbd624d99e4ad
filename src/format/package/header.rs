//! Headers and footers of Excel's sheets.
//!
//! In: such a text, in which `&L` begins a part, `&"Font,Bold"` names a font, `&12` is a size, `&K` a color and `&P` a number. Out: its
//! prose. The naive way takes all behind the codes for text that may become anything; a digit that a pass puts behind a size
//! makes it another size, and a `&` of its own begins a code.

use std::ops::Range;

use super::walk::TEXT;
use super::xml::{Part, parts};
use crate::format::Runs;

/// Text, in which a `&` has to be written twice.
pub(super) const HEADER: u8 = 8;
/// The character behind a number, which must not become a digit.
pub(super) const BEHIND: u8 = 9;
/// Characters that a header or a footer may have.
pub(super) const MOST: usize = 255;

/// Returns whether an element is a header or a footer.
pub(super) fn is_header(local: &str) -> bool {
    let ends = ["Header", "Footer"];
    let head = ends.iter().find_map(|end| local.strip_suffix(end));
    matches!(head, Some("odd" | "even" | "first"))
}

/// What the characters behind a `&` of a header are.
#[derive(Clone, Copy, PartialEq)]
enum Code {
    None,
    Sign,
    Digits,
    Font,
    /// Six characters, of which so many are there.
    Color(u8),
}

/// Tells the text of a header.
pub(super) fn header(text: &str, range: Range<usize>, runs: &mut Runs) {
    runs.begin_aside();
    let mut code = Code::None;
    let mut is_behind = false;
    let mut take = |c: char, range: Range<usize>, is_plain: bool, runs: &mut Runs| {
        code = match (code, c) {
            (Code::Font, '"') => Code::None,
            (Code::Font, _) => Code::Font,
            (Code::None | Code::Digits | Code::Color(_), '&') => {
                is_behind = false;
                Code::Sign
            }
            (Code::Sign | Code::Digits, '0'..='9') => Code::Digits,
            (Code::Sign, '"') => Code::Font,
            (Code::Sign, 'K') => Code::Color(0),
            (Code::Color(count @ 0..6), '+' | '-' | '0'..='9' | 'a'..='f' | 'A'..='F') => {
                is_behind = true;
                Code::Color(count + 1)
            }
            (Code::Sign, 'L' | 'C' | 'R') => {
                runs.end();
                Code::None
            }
            (Code::Sign, _) => {
                // A number, a date, or how what follows looks. To a number something may be added: `&P+1`.
                if "PNDTZFAG&".contains(c) {
                    runs.object(range);
                    is_behind = c != '&';
                }
                Code::None
            }
            (Code::None | Code::Digits | Code::Color(_), _) => {
                let is_first = std::mem::take(&mut is_behind) || code == Code::Digits;
                let style = if is_first { BEHIND } else { HEADER };
                // All of a number stays, if its first digit does.
                is_behind = is_first && c.is_numeric();
                if is_plain {
                    runs.prose_in(range, style);
                } else {
                    runs.escaped(range, c.encode_utf8(&mut [0; 4]), style);
                }
                Code::None
            }
        };
    };
    for part in parts(text, range) {
        match part {
            Part::Text(range) => {
                for (at, c) in text[range.clone()].char_indices() {
                    let at = range.start + at;
                    take(c, at..at + c.len_utf8(), true, runs);
                }
            }
            Part::Reference(range, Some(c)) => take(c, range, false, runs),
            Part::Reference(..) => {}
        }
    }
    runs.end_aside();
}

/// Appends text as it has to be written in a piece of a header; returns whether it can be.
pub(super) fn escape(style: u8, text: &str, output: &mut String) -> bool {
    let is_number = |c: char| c.is_ascii_hexdigit() || "+-".contains(c);
    if style == BEHIND && text.chars().next().is_none_or(is_number) {
        return false;
    }
    super::walk::escape(TEXT, &text.replace('&', "&&"), output)
}
