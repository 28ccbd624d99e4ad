//! gettext PO: translations, and what they are translations of.
//!
//! In: entries of keywords and strings in quotes. Out: a run for each `msgstr` and `msgstr[n]`, across the quotes and line ends of its
//! strings. The naive way converts the file as plain text, and with it `msgid`, by which programs look for translations. Ours reads
//! the tokens that gettext reads. The header, which is the translation of the empty `msgid`, stays; so do comments, and with them
//! obsolete entries (`#~`), which no program shows. Fuzzy entries are converted: they become what is shown.

use std::ops::Range;

use memchr::{memchr, memchr3};

use super::lines::Line;
use super::{Format, Malformed, Memory, Runs, lang};

/// The style of a piece that was written as an escape.
const ESCAPED: u8 = 1;

/// Translations of a program.
#[derive(Debug)]
pub(crate) struct Po;

/// What the strings that come are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Nothing,
    Context,
    Id,
    Translation,
    Other,
}

impl Format for Po {
    fn name(&self) -> &str {
        "po"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let (mut at, mut of) = (0, Of::Nothing);
        // Of the entry: whether it has a context, and whether its id has text.
        let (mut has_context, mut has_id) = (false, false);
        let is_foreign = language(text).is_some_and(lang::is_foreign_root);
        while let Some(&byte) = bytes.get(at) {
            match byte {
                _ if byte.is_ascii_whitespace() || byte == 0x0B => at += 1,
                b'#' => {
                    let len = memchr(b'\n', &bytes[at..]);
                    let start = at;
                    at = len.map_or(bytes.len(), |len| at + len + 1);
                    runs.comment(start..at);
                }
                b'"' => {
                    if of == Of::Nothing {
                        return Err(Malformed::new(at, "a string without a keyword"));
                    }
                    let is_prose = of == Of::Translation && (has_context || has_id) && !is_foreign;
                    let start = at;
                    at = string(text, at, is_prose.then_some(&mut *runs))?;
                    if of == Of::Translation && !is_prose {
                        tell_charset(text, start..at, runs);
                    }
                    has_id |= of == Of::Id && at > start + 2;
                }
                _ if byte.is_ascii_alphabetic() => {
                    runs.end();
                    let is_of_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
                    let len = bytes[at..].iter().take_while(is_of_word).count();
                    let before = of;
                    of = match &text[at..at + len] {
                        "msgctxt" => Of::Context,
                        "msgid" => Of::Id,
                        "msgstr" => Of::Translation,
                        "msgid_plural" | "domain" => Of::Other,
                        word => {
                            let word: String = word.chars().take(20).collect();
                            return Err(Malformed::new(at, format!("no keyword of PO: '{word}'")));
                        }
                    };
                    if of == Of::Context || of == Of::Id && before != Of::Context {
                        (has_context, has_id) = (of == Of::Context, false);
                    }
                    at += len;
                    if of == Of::Translation {
                        at = behind_index(bytes, at)?;
                    }
                }
                _ => {
                    return Err(Malformed::new(at, "expected a keyword, a string or a comment"));
                }
            }
        }
        runs.end();
        Ok(())
    }

    /// The entry that comes.
    fn next(&self, text: &str, from: usize, _: &Memory) -> Option<Range<usize>> {
        let (mut start, mut end, mut has_translation) = (from, from, false);
        while end < text.len() {
            let line = Line::at(text.as_bytes(), end);
            let own = text[line.range()].trim_ascii_start();
            if own.is_empty() || own.starts_with('#') {
                if start < end {
                    break;
                }
                start = line.next;
            } else if own.starts_with("msgstr") {
                has_translation = true;
            } else if has_translation && own.starts_with("msg") {
                break;
            }
            end = line.next;
        }
        (start < end).then_some(start..end)
    }

    fn escape(&self, _: u8, text: &str, output: &mut String) -> bool {
        for c in text.chars() {
            match c {
                '"' => output.push_str("\\\""),
                '\\' => output.push_str("\\\\"),
                '\n' => output.push_str("\\n"),
                '\r' => output.push_str("\\r"),
                '\t' => output.push_str("\\t"),
                _ => output.push(c),
            }
        }
        true
    }
}

/// Tells where a string of the header names the charset.
fn tell_charset(text: &str, string: Range<usize>, runs: &mut Runs) {
    let line = text[string.clone()].to_ascii_lowercase();
    let Some(at) = line.find("content-type:") else { return };
    let end = line[at..].find("\\n").map_or(line.len(), |len| at + len);
    let Some(found) = line[at..end].find("charset=") else { return };
    let start = at + found + "charset=".len();
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
    let len = line[start..].find(|c: char| !is_of_name(c)).unwrap_or(line.len() - start);
    runs.charset(string.start + start..string.start + start + len);
}

/// Returns the language that the header names.
fn language(text: &str) -> Option<&str> {
    const HEAD: usize = 16 * 1024;
    const NAME: &str = "\"Language: ";
    let head = &text.as_bytes()[..text.len().min(HEAD)];
    let at = memchr::memmem::find(head, NAME.as_bytes())? + NAME.len();
    let len = text[at..].find(['\\', '"', '\n'])?;
    Some(&text[at..at + len])
}

/// Returns the place behind `[n]`, if that is here.
fn behind_index(bytes: &[u8], at: usize) -> Result<usize, Malformed> {
    let blanks =
        |at: usize| bytes[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let open = at + blanks(at);
    if bytes.get(open) != Some(&b'[') {
        return Ok(at);
    }
    let inner = open + 1;
    let len =
        bytes[inner..].iter().take_while(|&&byte| byte.is_ascii_digit() || byte == b' ').count();
    match bytes.get(inner + len) {
        Some(b']') if len > 0 => Ok(inner + len + 1),
        _ => Err(Malformed::new(open, "expected a number and ] behind [")),
    }
}

/// Takes a string, which begins here, and tells it if it is prose; returns the place behind it.
fn string(text: &str, start: usize, mut runs: Option<&mut Runs>) -> Result<usize, Malformed> {
    let bytes = text.as_bytes();
    let mut plain = start + 1;
    while let Some(len) = memchr3(b'"', b'\\', b'\n', &bytes[plain..]) {
        let found = plain + len;
        if let Some(runs) = &mut runs {
            runs.prose(plain..found);
        }
        match bytes[found] {
            b'"' => return Ok(found + 1),
            b'\\' => {
                let (end, c) = escape_at(text, found);
                if end == found + 1 {
                    break;
                }
                if let Some(runs) = &mut runs {
                    match c {
                        Some(c) => runs.escaped(found..end, c.encode_utf8(&mut [0; 4]), ESCAPED),
                        None => runs.object(found..end),
                    }
                }
                plain = end;
            }
            _ => break,
        }
    }
    Err(Malformed::new(start, "a string has no end on its line"))
}

/// Returns the end of the escape that begins here, and the character that it stands for, if it is one.
fn escape_at(text: &str, start: usize) -> (usize, Option<char>) {
    let rest = &text[start + 1..];
    let mut behind = rest.chars();
    let first = behind.next();
    let single = match first {
        Some('n') => Some('\n'),
        Some('t') => Some('\t'),
        Some('r') => Some('\r'),
        Some(c @ ('"' | '\\')) => Some(c),
        _ => None,
    };
    let end = start + 1 + first.map_or(0, char::len_utf8);
    match first {
        // The line ends in a backslash.
        Some('\n') | None => (start + 1, None),
        _ if single.is_some() => (end, single),
        Some('0'..='7') => {
            let len = rest.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            (start + 1 + len, None)
        }
        Some('x') => {
            let len = rest[1..].bytes().take_while(u8::is_ascii_hexdigit).count();
            (end + len, None)
        }
        // What other escapes stand for is no text, as a bell.
        Some(_) => (end, None),
    }
}
