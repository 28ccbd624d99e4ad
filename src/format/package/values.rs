//! Text in XML, in which characters may be written as references.
//!
//! In: text or the value of an attribute, as it stands in a document. Out: its parts, or what it means. The naive way asks a parser for
//! the value, and knows no more where a character of it stands.

use std::ops::Range;

use memchr::memchr;

/// Takes the reference at a place; `None` if there is none.
pub(super) fn reference(text: &str, at: usize, end: usize) -> Option<(Range<usize>, Option<char>)> {
    const LONGEST: usize = 64;
    let rest = &text.as_bytes()[at..end.min(at + LONGEST)];
    let len = memchr(b';', rest)?;
    let name = &text[at + 1..at + len];
    let is_name_like = |c: char| c.is_alphanumeric() || "#_.-:".contains(c);
    if name.is_empty() || !name.chars().all(is_name_like) {
        return None;
    }
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let c = match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => match name.strip_prefix('#') {
            Some(digits) => {
                let code = match digits.strip_prefix('x') {
                    Some(digits) => number(digits, 16),
                    None => number(digits, 10),
                };
                code.and_then(char::from_u32).filter(|&c| c != '\0')
            }
            None => None,
        },
    };
    Some((at..at + len + 1, c))
}

/// A part of a value: text that stands for itself, or a reference.
pub(super) enum Part {
    Text(Range<usize>),
    Reference(Range<usize>, Option<char>),
}

/// Returns the parts of the value of an attribute.
pub(super) fn parts(text: &str, value: Range<usize>) -> impl Iterator<Item = Part> + '_ {
    let (mut at, end) = (value.start, value.end);
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let start = at;
        let bytes = text.as_bytes();
        if bytes[at] == b'&' {
            if let Some((range, c)) = reference(text, at, end) {
                at = range.end;
                return Some(Part::Reference(range, c));
            }
            at += 1;
            return Some(Part::Reference(start..at, None));
        }
        at += memchr(b'&', &bytes[at..end]).unwrap_or(end - at);
        Some(Part::Text(start..at))
    })
}

/// Returns a value with its references read.
pub(super) fn decoded(text: &str, value: Range<usize>) -> String {
    let mut decoded = String::with_capacity(value.len());
    for part in parts(text, value) {
        match part {
            Part::Text(range) => decoded.push_str(&text[range]),
            Part::Reference(_, Some(c)) => decoded.push(c),
            Part::Reference(range, None) => decoded.push_str(&text[range]),
        }
    }
    decoded
}
