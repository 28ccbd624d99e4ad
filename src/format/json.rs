//! JSON, and lines of it.
//!
//! In: a value, or a value a line. Out: a run for each string that is a value, or for those that the user's fields name. The naive
//! way parses the document and writes it anew: numbers like `1.0` and `1e400`, escapes, the order of keys and double keys do
//! not survive that. Ours is a scanner over the bytes that checks the grammar of RFC 8259 as it goes and keeps its place in a stack of
//! its own, so that a hundred thousand brackets cost no more than as many bytes.

mod fields;

use std::ops::Range;

use super::sought::{AllSought, Sought};
use super::{Advice, Format, Malformed, Memory, Runs};
pub(crate) use fields::Path;
use fields::{Names, Step};

/// Brackets that may be open at once.
const DEEPEST: usize = 1_000_000;

/// What to do about a document that has comments and the like.
const LIKE_JSONC: Advice = Advice::To("with --format jsonc it is read");

/// How the escape of a piece was written, beside 0 for text as it is.
const ESCAPED: u8 = 1;
const LOWER: u8 = 2;
const UPPER: u8 = 3;

/// JSON documents.
#[derive(Debug)]
pub(crate) struct Json {
    fields: Vec<Path>,
    kind: Kind,
    sought: Sought,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Value,
    Lines,
    /// With comments, and commas behind the last element, as editors' settings are written.
    Commented,
}

impl Json {
    /// Returns the format of a document that is one value.
    pub(crate) fn new(fields: Vec<Path>, sought: &AllSought) -> Json {
        Json { fields, kind: Kind::Value, sought: sought.fields.clone() }
    }

    /// Returns the format of a document that is one value and may have comments.
    pub(crate) fn commented(fields: Vec<Path>, sought: &AllSought) -> Json {
        Json { fields, kind: Kind::Commented, sought: sought.fields.clone() }
    }

    /// Returns the format of a document that has a value a line.
    pub(crate) fn lines(fields: Vec<Path>, sought: &AllSought) -> Json {
        Json { fields, kind: Kind::Lines, sought: sought.fields.clone() }
    }
}

impl Json {
    /// Tells which fields a text has; and what others, if none of them was ever seen.
    fn tell_sought(&self, text: &str, found: u64) {
        if self.fields.is_empty() || text.is_empty() {
            return;
        }
        let mut seen = Vec::new();
        if found == 0 && !self.sought.is_known() {
            let is_lines = self.kind == Kind::Lines;
            let end = memchr::memchr(b'\n', text.as_bytes()).filter(|_| is_lines);
            let end = end.unwrap_or(text.len());
            let mut scanner = Scanner::new(text, &self.fields);
            scanner.has_comments = self.kind == Kind::Commented;
            scanner.names = Some(Names::new(&self.sought));
            // What is wrong was told before.
            drop(scanner.document(end, &mut Runs::new()));
            seen = scanner.names.map(|names| names.seen).unwrap_or_default();
        }
        self.sought.add(found, seen);
    }
}

impl Format for Json {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Value => "json",
            Kind::Lines => "jsonl",
            Kind::Commented => "jsonc",
        }
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mut scanner = Scanner::new(text, &self.fields);
        scanner.has_comments = self.kind == Kind::Commented;
        if self.kind != Kind::Lines {
            scanner.may_have_comments = true;
            scanner.document(text.len(), runs)?;
            self.tell_sought(text, scanner.found);
            return Ok(());
        }
        let mut start = 0;
        while start < text.len() {
            let end = memchr::memchr(b'\n', &text.as_bytes()[start..]);
            let end = end.map_or(text.len(), |end| start + end);
            scanner.at = start;
            let before = runs.mark();
            if !text[start..end].trim_ascii().is_empty()
                && let Err(wrong) = scanner.document(end, runs)
            {
                runs.back_to(before);
                runs.fault(wrong.at, wrong.message);
            }
            start = end + 1;
        }
        self.tell_sought(text, scanner.found);
        Ok(())
    }

    fn cut(&self, text: &[u8], _: &Memory) -> Option<usize> {
        let is_lines = self.kind == Kind::Lines;
        memchr::memrchr(b'\n', text).filter(|_| is_lines).map(|at| at + 1)
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        for c in text.chars() {
            match c {
                '"' => output.push_str("\\\""),
                '\\' => output.push_str("\\\\"),
                '\n' => output.push_str("\\n"),
                '\r' => output.push_str("\\r"),
                '\t' => output.push_str("\\t"),
                '\u{0}'..='\u{1F}' => hex(u32::from(c), false, output),
                _ if style == LOWER || style == UPPER => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        hex(u32::from(*unit), style == UPPER, output);
                    }
                }
                _ => output.push(c),
            }
        }
        true
    }
}

fn hex(unit: u32, is_upper: bool, output: &mut String) {
    output.push_str("\\u");
    for shift in [12, 8, 4, 0] {
        let digit = char::from_digit(unit >> shift & 0xF, 16).unwrap_or('0');
        output.push(if is_upper { digit.to_ascii_uppercase() } else { digit });
    }
}

/// Returns whether a line is an object, whole.
pub(super) fn is_object(line: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(line) else { return false };
    let mut scanner = Scanner::new(text, &[]);
    text.trim_ascii_start().starts_with('{')
        && scanner.document(text.len(), &mut Runs::new()).is_ok()
}

/// A place that is open: an object or an array.
#[derive(Clone, Copy, Debug)]
struct Level {
    is_object: bool,
    /// Something of it was taken, so that a comma comes before the rest.
    is_begun: bool,
    /// Where the elements of an array are counted.
    index: usize,
    /// The fields whose way led here, as bits.
    fields: u64,
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    end: usize,
    fields: &'a [Path],
    levels: Vec<Level>,
    key: String,
    has_comments: bool,
    /// What is wrong may be what a comment is for another kind.
    may_have_comments: bool,
    /// The fields that were found, as bits.
    found: u64,
    /// The names of all strings, if they are wanted.
    names: Option<Names<'a>>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str, fields: &'a [Path]) -> Scanner<'a> {
        let bytes = text.as_bytes();
        Scanner {
            text,
            bytes,
            at: 0,
            end: text.len(),
            fields,
            levels: Vec::new(),
            key: String::new(),
            has_comments: false,
            may_have_comments: false,
            found: 0,
            names: None,
        }
    }

    fn wrong<T>(&self, message: &str) -> Result<T, Malformed> {
        let at = self.at.min(self.end);
        let is_comment = matches!(self.bytes[at..self.end], [b'/', b'/' | b'*', ..]);
        if is_comment && self.may_have_comments && !self.has_comments {
            return Err(Malformed::new(at, "it has comments").advising(LIKE_JSONC));
        }
        Err(Malformed::new(at, message))
    }

    fn byte(&self) -> Option<u8> {
        (self.at < self.end).then(|| self.bytes[self.at])
    }

    fn blanks(&mut self, runs: &mut Runs) {
        loop {
            while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
                self.at += 1;
            }
            let rest = &self.bytes[self.at..self.end];
            let len = match rest {
                [b'/', b'/', ..] => memchr::memchr(b'\n', rest),
                // One that has no end is the rest.
                [b'/', b'*', ..] => memchr::memmem::find(&rest[2..], b"*/").map(|at| 2 + at + 2),
                _ => return,
            };
            if !self.has_comments {
                return;
            }
            let start = self.at;
            self.at += len.unwrap_or(rest.len());
            runs.comment(start..self.at);
        }
    }

    /// Takes one value from `at` on, behind which nothing comes before `end`.
    fn document(&mut self, end: usize, runs: &mut Runs) -> Result<(), Malformed> {
        self.end = end;
        self.levels.clear();
        let all = u64::MAX;
        self.blanks(runs);
        self.value(all, runs)?;
        while !self.levels.is_empty() {
            self.member(runs)?;
        }
        self.blanks(runs);
        if self.at < self.end { self.wrong("something stands behind the value") } else { Ok(()) }
    }

    /// Takes a value, or opens it.
    fn value(&mut self, fields: u64, runs: &mut Runs) -> Result<(), Malformed> {
        let depth = self.levels.len();
        let named = if self.fields.is_empty() { 0 } else { self.named(fields, depth) };
        self.found |= named;
        match self.byte() {
            Some(b'"') => {
                let is_wanted = self.fields.is_empty() || named != 0;
                if let Some(names) = &mut self.names {
                    names.string(depth);
                }
                let start = self.at;
                self.string(is_wanted.then_some(runs), None)?;
                debug_assert!(self.at > start, "a string has two quotes");
                Ok(())
            }
            Some(open @ (b'{' | b'[')) => {
                if self.levels.len() >= DEEPEST {
                    return self.wrong("too many brackets are open");
                }
                self.at += 1;
                let is_object = open == b'{';
                self.levels.push(Level { is_object, is_begun: false, index: 0, fields });
                self.blanks(runs);
                if self.byte() == Some(if is_object { b'}' } else { b']' }) {
                    self.at += 1;
                    self.levels.pop();
                }
                Ok(())
            }
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.wrong("no JSON value begins so"),
            None => self.wrong("a value is missing"),
        }
    }

    /// Takes what comes first in the innermost bracket, or a comma and what follows it, or the bracket that closes.
    fn member(&mut self, runs: &mut Runs) -> Result<(), Malformed> {
        self.blanks(runs);
        let Some(level) = self.levels.last_mut() else { return Ok(()) };
        if !std::mem::replace(&mut level.is_begun, true) {
            return self.element(runs);
        }
        let close = if level.is_object { b'}' } else { b']' };
        match self.bytes[..self.end].get(self.at) {
            Some(&byte) if byte == close => {
                self.at += 1;
                self.levels.pop();
                Ok(())
            }
            Some(b',') => {
                level.index += 1;
                self.at += 1;
                self.blanks(runs);
                if self.byte() == Some(close) {
                    if self.has_comments {
                        return Ok(());
                    }
                    let wrong = Malformed::new(self.at, "a comma stands before the end");
                    let is_document = self.may_have_comments;
                    return Err(if is_document { wrong.advising(LIKE_JSONC) } else { wrong });
                }
                self.element(runs)
            }
            Some(_) if level.is_object => self.wrong("expected , or }"),
            Some(_) => self.wrong("expected , or ]"),
            None if level.is_object => self.wrong("a } is missing"),
            None => self.wrong("a ] is missing"),
        }
    }

    /// Takes a key and its value, or an element.
    fn element(&mut self, runs: &mut Runs) -> Result<(), Malformed> {
        let depth = self.levels.len() - 1;
        let level = self.levels[depth];
        if !level.is_object {
            if let Some(names) = &mut self.names {
                names.step(depth, None);
            }
            return self.value(self.below(depth, level, None), runs);
        }
        if self.byte() != Some(b'"') {
            return self.wrong("expected a key in quotes");
        }
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        let wanted = (!self.fields.is_empty()).then_some(&mut key);
        self.string(None, wanted)?;
        let fields = self.below(depth, level, Some(&key));
        if let Some(names) = &mut self.names {
            names.step(depth, Some(&key));
        }
        self.key = key;
        self.blanks(runs);
        if self.byte() != Some(b':') {
            return self.wrong("expected : behind the key");
        }
        self.at += 1;
        self.blanks(runs);
        self.value(fields, runs)
    }

    /// Returns which fields lead to a value at this depth, by its key or its place in an array.
    fn below(&self, depth: usize, level: Level, key: Option<&str>) -> u64 {
        let leads = |path: &Path| match (path.0.get(depth), key) {
            (Some(Step::Key(own)), Some(key)) => own == key,
            (Some(Step::AnyKey), Some(_)) | (Some(Step::Any), None) => true,
            (Some(Step::Index(own)), None) => *own == level.index,
            _ => false,
        };
        let paths = self.fields.iter().enumerate();
        paths.fold(0, |bits, (index, path)| {
            bits | u64::from(level.fields >> index & 1 != 0 && leads(path)) << index
        })
    }

    /// Returns which of the fields name a value at this depth.
    fn named(&self, fields: u64, depth: usize) -> u64 {
        let paths = self.fields.iter().enumerate();
        paths.fold(0, |bits, (index, path)| {
            bits | u64::from(fields >> index & 1 != 0 && path.0.len() == depth) << index
        })
    }

    fn word(&mut self, word: &str) -> Result<(), Malformed> {
        if self.text[self.at..self.end].starts_with(word) {
            self.at += word.len();
            Ok(())
        } else {
            self.wrong("no JSON value begins so")
        }
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while matches!(self.byte(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { self.wrong("a digit is missing") } else { Ok(()) }
    }

    fn number(&mut self) -> Result<(), Malformed> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Takes a string; as a run, if it is prose, or as a key.
    fn string(
        &mut self,
        mut runs: Option<&mut Runs>,
        mut key: Option<&mut String>,
    ) -> Result<(), Malformed> {
        self.at += 1;
        let mut start = self.at;
        loop {
            let special = special(&self.bytes[self.at..self.end]);
            self.at += special;
            let Some(byte) = self.byte() else { return self.wrong("a string has no end") };
            let plain = start..self.at;
            if let Some(key) = &mut key {
                key.push_str(&self.text[plain.clone()]);
            }
            if let Some(runs) = &mut runs {
                runs.prose(plain);
            }
            match byte {
                b'"' => break,
                b'\\' => {
                    let (range, c, style) = self.escape()?;
                    if let Some(key) = &mut key {
                        key.push(c);
                    }
                    if let Some(runs) = &mut runs {
                        if c == char::REPLACEMENT_CHARACTER {
                            // Half a pair: no text can say it.
                            runs.object(range);
                        } else {
                            runs.escaped(range, c.encode_utf8(&mut [0; 4]), style);
                        }
                    }
                    start = self.at;
                }
                _ => return self.wrong("a control character in a string"),
            }
        }
        self.at += 1;
        if let Some(runs) = runs {
            runs.end();
        }
        Ok(())
    }

    /// Takes an escape; returns its range, what it stands for, and how it is written.
    fn escape(&mut self) -> Result<(Range<usize>, char, u8), Malformed> {
        let start = self.at;
        let simple = match self.bytes[..self.end].get(self.at + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let Some(high) = self.unit(start) else {
                    return self.wrong("\\u needs four digits");
                };
                let low = match high {
                    0xD800..=0xDBFF => self.unit(start + 6),
                    _ => None,
                };
                let pair = char::decode_utf16([Some(high), low].into_iter().flatten());
                let (c, len) = match pair.into_iter().next() {
                    Some(Ok(c)) => (c, 6 * c.len_utf16()),
                    _ => (char::REPLACEMENT_CHARACTER, 6),
                };
                self.at = start + len;
                let digits = &self.bytes[start + 2..start + 6];
                let is_upper = digits.iter().any(u8::is_ascii_uppercase);
                return Ok((start..self.at, c, if is_upper { UPPER } else { LOWER }));
            }
            _ => return self.wrong("no escape of JSON"),
        };
        self.at = start + 2;
        Ok((start..self.at, simple, ESCAPED))
    }

    /// Returns the number of an escape of four digits (`\u53D1`) at a place, if one stands there.
    fn unit(&self, at: usize) -> Option<u16> {
        let six = self.bytes[..self.end].get(at..at + 6)?;
        let digits = six.strip_prefix(b"\\u")?;
        let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
        is_hex.then(|| u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()).flatten()
    }
}

/// Returns how many bytes come before a quote, a backslash or a control character.
fn special(bytes: &[u8]) -> usize {
    let mut at = 0;
    // Eight bytes at once: of each, whether it is less than 0x20, or one of the two.
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = ONES << 7;
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    while let Some(eight) = bytes[at..].first_chunk::<8>() {
        let word = u64::from_le_bytes(*eight);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
        let found = control
            | has_zero(word ^ (ONES * u64::from(b'"')))
            | has_zero(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            break;
        }
        at += 8;
    }
    let rest = bytes[at..].iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\');
    at + rest.unwrap_or(bytes.len() - at)
}
