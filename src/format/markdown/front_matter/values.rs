//! Values of front matter: strings in quotes, with their escapes, and lists in brackets.
//!
//! In: a place where a value begins. Out: what of it is prose. The naive way takes what is between two quotes, and `"头\"发"` ends in its
//! middle. Here quotes are read as YAML and TOML read them; an escape is written as one again.

use std::ops::Range;

use super::{DOUBLE, ESCAPE, ESCAPE_UPPER, LITERAL, PLAIN, SINGLE, is_address};

/// A value that is prose.
pub(in crate::format::markdown) type Value = Vec<Part>;

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::format::markdown) struct Part {
    pub(in crate::format::markdown) range: Range<usize>,
    pub(in crate::format::markdown) means: Means,
    pub(in crate::format::markdown) style: u8,
}

/// What a part stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format::markdown) enum Means {
    Itself,
    Char(char),
    Nothing,
}

/// Reads the values of a head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'t> {
    /// Up to the end of the head.
    pub(super) text: &'t str,
    pub(super) is_toml: bool,
}

impl Reader<'_> {
    fn byte(self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// Reads the string whose quote is at a place; returns its parts and the place behind it, `None` if it does not end on its line.
    pub(super) fn quoted(self, at: usize) -> Option<(Value, usize)> {
        let quote = self.byte(at)?;
        let style = match (quote, self.is_toml) {
            (b'"', _) => DOUBLE,
            (_, true) => LITERAL,
            (_, false) => SINGLE,
        };
        let (mut parts, mut from) = (Vec::new(), at + 1);
        let mut at = from;
        loop {
            let rest = &self.text.as_bytes()[at..];
            let is_sign = |byte: &u8| *byte == quote || matches!(byte, b'\n' | b'\r' | b'\\');
            at += rest.iter().position(is_sign)?;
            let (len, means, style) = match self.byte(at)? {
                b'\\' if style == DOUBLE => self.escape(at)?,
                b'\\' => {
                    at += 1;
                    continue;
                }
                b'\'' if style == SINGLE && self.byte(at + 1) == Some(b'\'') => {
                    (2, Means::Char('\''), style)
                }
                byte if byte == quote => break,
                _ => return None,
            };
            plain(&mut parts, from..at, style);
            parts.push(Part { range: at..at + len, means, style });
            at += len;
            from = at;
        }
        plain(&mut parts, from..at, style);
        Some((parts, at + 1))
    }

    /// Reads an escape; returns its length, what it means, and how that is written.
    fn escape(self, at: usize) -> Option<(usize, Means, u8)> {
        let sign = self.byte(at + 1)?;
        let digits = match sign {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        if digits > 0 {
            let digits = self.text.get(at + 2..at + 2 + digits)?;
            let value = u32::from_str_radix(digits, 16).ok()?;
            let means = char::from_u32(value).map_or(Means::Nothing, Means::Char);
            let is_upper = digits.contains(|c: char| c.is_ascii_uppercase());
            return Some((2 + digits.len(), means, if is_upper { ESCAPE_UPPER } else { ESCAPE }));
        }
        let means = match sign {
            b'"' | b'\\' | b'/' | b' ' => Means::Char(char::from(sign)),
            b'_' => Means::Char('\u{A0}'),
            b'0' | b'a' | b'b' | b'e' | b'f' | b'n' | b'N' | b'L' | b'P' | b'r' | b't' | b'v' => {
                Means::Nothing
            }
            _ => return None,
        };
        Some((2, means, DOUBLE))
    }

    /// Reads what is in brackets or braces from a place on; adds what is prose of it, and returns the place behind it. What has no end is
    /// no prose.
    pub(super) fn flow(self, mut at: usize, key: &str, values: &mut Vec<Value>) -> usize {
        let first = values.len();
        let sign = if self.is_toml { '=' } else { ':' };
        // Of each bracket, whether what it holds is addresses.
        let mut open: Vec<bool> = Vec::new();
        // What may be a key yet: its text, and the number of values before it.
        let mut last: Option<(Range<usize>, usize)> = None;
        let mut is_kept = is_address(key, "");
        while let Some(c) = self.text[at..].chars().next() {
            match c {
                '[' | '{' => {
                    open.push(is_kept);
                    (at, last) = (at + 1, None);
                }
                ']' | '}' => {
                    is_kept = open.pop().unwrap_or(false);
                    (at, last) = (at + 1, None);
                    if open.is_empty() {
                        return at;
                    }
                }
                ',' => {
                    is_kept = open.last().copied().unwrap_or(false);
                    (at, last) = (at + 1, None);
                }
                '#' => {
                    let end = memchr::memchr(b'\n', &self.text.as_bytes()[at..]);
                    at = end.map_or(self.text.len(), |len| at + len);
                }
                '"' | '\'' => {
                    let Some((value, end)) = self.quoted(at) else { break };
                    let inner = at + 1..end - 1;
                    last = Some((inner.clone(), values.len()));
                    if !is_kept && !is_address("", &self.text[inner]) {
                        values.push(value);
                    }
                    at = end;
                }
                _ if c == sign => {
                    // What was before it is a key.
                    if let Some((key, count)) = last.take() {
                        values.truncate(count);
                        is_kept |= is_address(&self.text[key], "");
                    }
                    at += 1;
                }
                _ if c.is_whitespace() => at += c.len_utf8(),
                _ => {
                    let rest = &self.text[at..];
                    let is_end = |c: char| ",[]{}\n\r".contains(c) || c == '=' && self.is_toml;
                    let end = rest.find(is_end).unwrap_or(rest.len());
                    let end = rest[..end].find(": ").unwrap_or(end);
                    let end = rest[..end].find(" #").unwrap_or(end);
                    let text = rest[..end].trim_end().trim_end_matches(':');
                    let range = at..at + text.len();
                    last = Some((range.clone(), values.len()));
                    let is_prose = !self.is_toml && !is_kept && is_word(text);
                    if is_prose && !is_address("", text) {
                        values.push(vec![Part { range, means: Means::Itself, style: PLAIN }]);
                    }
                    at += text.len().max(c.len_utf8());
                }
            }
        }
        values.truncate(first);
        self.text.len()
    }
}

fn plain(parts: &mut Value, range: Range<usize>, style: u8) {
    if !range.is_empty() {
        let style = if matches!(style, ESCAPE | ESCAPE_UPPER) { DOUBLE } else { style };
        parts.push(Part { range, means: Means::Itself, style });
    }
}

/// Returns whether a value without quotes is a string, and remains one: not a number, a date, or what fullwidth digits may become.
pub(super) fn is_word(text: &str) -> bool {
    let is_foreign =
        |c: char| c >= '\u{2E80}' && c.is_alphabetic() && !('\u{FF00}'..='\u{FFEF}').contains(&c);
    text.contains(is_foreign) && !text.starts_with(|c: char| "&*!%@`|>?-".contains(c))
}
