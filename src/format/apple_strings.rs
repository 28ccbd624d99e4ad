//! Strings of Apple: `"key" = "value";`.
//!
//! In: pairs of strings, and comments as in C. Out: a run for each value. The naive way converts the file as plain text, and with it
//! the keys, by which programs look for values, and which often are the words of another language.

use memchr::{memchr, memchr2, memmem};

use super::{Format, Malformed, Memory, Runs};

/// The style of a piece that was written as an escape.
const ESCAPED: u8 = 1;

/// `.strings`.
#[derive(Debug)]
pub(crate) struct AppleStrings;

impl Format for AppleStrings {
    fn name(&self) -> &str {
        "strings"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let (mut at, mut is_value) = (0, false);
        let mut lists = 0_usize;
        while let Some(&byte) = bytes.get(at) {
            at = match byte {
                b'"' => {
                    let end = string(text, at, is_value.then_some(&mut *runs))?;
                    runs.end();
                    // Where a semicolon is missing, a key comes.
                    is_value &= lists > 0;
                    end
                }
                b'{' => {
                    is_value = false;
                    at + 1
                }
                b'(' => {
                    lists += 1;
                    at + 1
                }
                b')' => {
                    lists = lists.saturating_sub(1);
                    at + 1
                }
                b'/' if bytes[at..].starts_with(b"//") => {
                    let len = memchr(b'\n', &bytes[at..]);
                    let end = len.map_or(bytes.len(), |len| at + len + 1);
                    runs.comment(at..end);
                    end
                }
                b'/' if bytes[at..].starts_with(b"/*") => {
                    let Some(len) = memmem::find(&bytes[at + 2..], b"*/") else {
                        return Err(Malformed::new(at, "a comment has no end"));
                    };
                    runs.comment(at..at + len + 4);
                    at + len + 4
                }
                b'=' | b';' => {
                    runs.end();
                    is_value = byte == b'=';
                    at + 1
                }
                // A key without quotes, or whatever else: no value.
                _ => at + 1,
            };
        }
        runs.end();
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        for c in text.chars() {
            match c {
                '"' => output.push_str("\\\""),
                '\\' => output.push_str("\\\\"),
                '\n' if style == ESCAPED => output.push_str("\\n"),
                '\r' if style == ESCAPED => output.push_str("\\r"),
                '\t' if style == ESCAPED => output.push_str("\\t"),
                _ => output.push(c),
            }
        }
        true
    }
}

/// Takes a string, which begins here, and tells it if it is a value; returns the place behind it.
fn string(text: &str, start: usize, mut runs: Option<&mut Runs>) -> Result<usize, Malformed> {
    let bytes = text.as_bytes();
    let mut plain = start + 1;
    while let Some(len) = memchr2(b'"', b'\\', &bytes[plain..]) {
        let found = plain + len;
        if let Some(runs) = &mut runs {
            runs.prose(plain..found);
        }
        if bytes[found] == b'"' {
            return Ok(found + 1);
        }
        let Some(first) = text[found + 1..].chars().next() else { break };
        plain = found + 1 + first.len_utf8();
        let c = match first {
            'n' => Some('\n'),
            't' => Some('\t'),
            'r' => Some('\r'),
            '"' | '\\' | '\'' => Some(first),
            'U' | 'u' => {
                let hex = bytes[plain..].iter().take(4).take_while(|byte| byte.is_ascii_hexdigit());
                let digits = plain..plain + hex.count();
                plain = digits.end;
                u32::from_str_radix(&text[digits], 16).ok().and_then(char::from_u32)
            }
            _ => None,
        };
        if let Some(runs) = &mut runs {
            match c {
                Some(c) => runs.escaped(found..plain, c.encode_utf8(&mut [0; 4]), ESCAPED),
                None => runs.object(found..plain),
            }
        }
    }
    Err(Malformed::new(start, "a string has no end"))
}
