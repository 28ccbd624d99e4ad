//! Properties of Java: keys and values.
//!
//! In: lines as `key = value`, of which one that ends in a backslash goes on in the next. Out: a run for each value. The naive way
//! converts the file as plain text: keys change, by which programs look for values, and what is written as `\u53d1`, as everything
//! was before Java 9, does not. What was written so is written so again.

use std::ops::Range;

use memchr::memchr3;

use super::lines::Line;
use super::{Format, Malformed, Memory, Runs};

/// How the escape of a piece was written, beside 0 for text as it is.
const ESCAPED: u8 = 1;
const LOWER: u8 = 2;
const UPPER: u8 = 3;
/// Text as it is in a file of ASCII: older programs read another charset than UTF-8 there.
const ASCII_LOWER: u8 = 4;
const ASCII_UPPER: u8 = 5;

/// `.properties`.
#[derive(Debug)]
pub(crate) struct Properties;

impl Format for Properties {
    fn name(&self) -> &str {
        "properties"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let plain = match text.is_ascii() {
            false => 0,
            true if has_upper(bytes) => ASCII_UPPER,
            true => ASCII_LOWER,
        };
        let mut at = 0;
        while at < bytes.len() {
            at += blanks(&bytes[at..]);
            match bytes.get(at) {
                Some(b'#' | b'!') => {
                    let line = Line::at(bytes, at);
                    runs.comment(line.range());
                    at = line.next;
                }
                Some(b'\n' | b'\r') => at += 1,
                Some(_) => at = value(text, behind_key(bytes, at), plain, runs),
                None => {}
            }
        }
        Ok(())
    }

    /// The next line, and those that it goes on in.
    fn next(&self, text: &str, from: usize, _: &Memory) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let mut end = from;
        while end < bytes.len() {
            let line = Line::at(bytes, end);
            end = line.next;
            let signs = bytes[line.range()].iter().rev().take_while(|&&byte| byte == b'\\');
            if signs.count() % 2 == 0 {
                break;
            }
        }
        (from < end).then_some(from..end)
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        for (index, c) in text.chars().enumerate() {
            match c {
                '\\' => output.push_str("\\\\"),
                '\n' => output.push_str("\\n"),
                '\r' => output.push_str("\\r"),
                '\t' => output.push_str("\\t"),
                '\u{C}' => output.push_str("\\f"),
                // It would be taken for what stands before the value.
                ' ' if index == 0 => output.push_str("\\ "),
                _ if style > ESCAPED && !c.is_ascii() => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        output.push_str(&match style {
                            UPPER | ASCII_UPPER => format!("\\u{unit:04X}"),
                            _ => format!("\\u{unit:04x}"),
                        });
                    }
                }
                _ => output.push(c),
            }
        }
        true
    }
}

/// Returns whether the first escape of a character has digits in capitals.
fn has_upper(text: &[u8]) -> bool {
    memchr::memmem::find_iter(text, b"\\u")
        .any(|at| text[at..].iter().skip(2).take(4).any(u8::is_ascii_uppercase))
}

/// Returns how many blanks a text begins with.
fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\x0C')).count()
}

/// Returns where the value of the key that begins here begins.
fn behind_key(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at = behind_escape(bytes, at),
            b'=' | b':' | b' ' | b'\t' | b'\x0C' | b'\n' | b'\r' => break,
            _ => at += 1,
        }
    }
    at = behind_gap(bytes, at);
    if matches!(bytes.get(at), Some(b'=' | b':')) {
        at = behind_gap(bytes, at + 1);
    }
    at
}

/// Returns the place behind blanks and lines that go on.
fn behind_gap(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at += blanks(&bytes[at..]);
        if !(bytes.get(at) == Some(&b'\\') && matches!(bytes.get(at + 1), Some(b'\n' | b'\r'))) {
            return at;
        }
        at = Line::at(bytes, at).next;
    }
}

/// Returns the place behind a backslash and what belongs to it; a line end belongs to it with the blanks behind.
fn behind_escape(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at + 1) {
        Some(b'\n' | b'\r') => behind_gap(bytes, at),
        Some(_) => at + 2,
        None => at + 1,
    }
}

/// Tells the value that begins here; returns the place behind its line.
fn value(text: &str, start: usize, style: u8, runs: &mut Runs) -> usize {
    let bytes = text.as_bytes();
    // Of other escapes the same is said.
    let escaped = style.max(ESCAPED);
    let (mut plain, mut at) = (start, start);
    while let Some(len) = memchr3(b'\\', b'\n', b'\r', &bytes[at..]) {
        let found = at + len;
        runs.prose_in(plain..found, style);
        if bytes[found] != b'\\' {
            runs.end();
            return found + 1;
        }
        at = behind_escape(bytes, found);
        let single = match bytes.get(found + 1) {
            Some(b'u') => {
                at = match unicode(&bytes[found..]) {
                    Some((len, c, own)) => {
                        // Of digits alone nobody can tell; the file may.
                        let has_letter = bytes[found + 2..found + len]
                            .iter()
                            .any(|byte| matches!(byte, b'a'..=b'f' | b'A'..=b'F'));
                        let is_upper = !has_letter && style == ASCII_UPPER;
                        let own = if is_upper { UPPER } else { own };
                        runs.escaped(found..found + len, c.encode_utf8(&mut [0; 4]), own);
                        found + len
                    }
                    // No character, or half of one.
                    None => {
                        runs.object(found..at);
                        at
                    }
                };
                None
            }
            Some(b'n') => Some('\n'),
            Some(b't') => Some('\t'),
            Some(b'r') => Some('\r'),
            Some(b'f') => Some('\u{C}'),
            Some(b'\n' | b'\r') | None => None,
            Some(_) => {
                // Any other character stands for itself.
                let c = text[found + 1..].chars().next();
                at = found + 1 + c.map_or(0, char::len_utf8);
                c
            }
        };
        if let Some(c) = single {
            runs.escaped(found..at, c.encode_utf8(&mut [0; 4]), escaped);
        }
        plain = at;
    }
    runs.prose_in(plain..bytes.len(), style);
    runs.end();
    bytes.len()
}

/// Returns the character that the text begins with as `\u53d1`, how long that is, and its style.
fn unicode(text: &[u8]) -> Option<(usize, char, u8)> {
    let unit = |at: usize| -> Option<u32> {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(0)?;
    let style = |len: usize| {
        if text[..len].iter().any(u8::is_ascii_uppercase) { UPPER } else { LOWER }
    };
    if let Some(c) = char::from_u32(first) {
        return Some((6, c, style(6)));
    }
    let second = unit(6).filter(|second| (0xDC00..0xE000).contains(second) && first < 0xDC00)?;
    let c = char::from_u32(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))?;
    Some((12, c, style(12)))
}
