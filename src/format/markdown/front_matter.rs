//! Front matter: the YAML or TOML at the head of a Markdown document.
//!
//! In: the document. Out: where its body begins, and the values of its head that are strings. The naive way parses and writes
//! anew, and comments, quotes and order go. Here keys, numbers, dates and addresses are left, line by line.

use std::fmt::Write;
use std::ops::Range;

use super::style::FRONT_MATTER;

mod values;

pub(super) use values::{Means, Part, Value};
use values::{Reader, is_word};

const PLAIN: u8 = FRONT_MATTER;
const SINGLE: u8 = FRONT_MATTER + 1;
const DOUBLE: u8 = FRONT_MATTER + 2;
const BLOCK: u8 = FRONT_MATTER + 3;
/// Between two `'` of TOML, where nothing is escaped.
const LITERAL: u8 = FRONT_MATTER + 4;
/// `\u53d1`
const ESCAPE: u8 = FRONT_MATTER + 5;
/// `\u53D1`
const ESCAPE_UPPER: u8 = FRONT_MATTER + 6;

/// The head of a document.
pub(super) struct FrontMatter {
    /// Where it ends.
    pub(super) body: usize,
    /// What of it is prose.
    pub(super) values: Vec<Value>,
}

/// Returns the front matter of a document; if there is none, it is empty.
pub(super) fn of(text: &str) -> FrontMatter {
    let start = if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let none = FrontMatter { body: start, values: Vec::new() };
    let mut lines = text[start..].split_inclusive('\n');
    let fence = lines.next().unwrap_or_default();
    let is_toml = match fence.trim_end() {
        "---" => false,
        "+++" => true,
        _ => return none,
    };
    let sign = if is_toml { '=' } else { ':' };
    let (mut at, mut is_checked) = (start + fence.len(), false);
    let first = at;
    for line in lines {
        let bare = line.trim_end();
        let is_end = if is_toml { bare == "+++" } else { bare == "---" || bare == "..." };
        if is_end {
            let values = if is_toml { toml(text, first..at) } else { yaml(text, first..at) };
            return FrontMatter { body: at + line.len(), values };
        }
        // Two thematic breaks with a text between them are none.
        if !is_checked && !bare.is_empty() && !bare.trim_start().starts_with('#') {
            is_checked = true;
            if !bare.contains(sign) && !bare.starts_with('-') && !bare.starts_with('[') {
                return none;
            }
        }
        at += line.len();
    }
    none
}

/// Appends what becomes of a value; returns `false` if it cannot be written so.
pub(super) fn escape(style: u8, text: &str, output: &mut String) -> bool {
    let is_refused = match style {
        PLAIN => text.contains(|c: char| c.is_ascii_punctuation() && !"+_./()".contains(c)),
        LITERAL => text.contains('\''),
        _ => false,
    };
    if is_refused || text.contains(char::is_control) {
        return false;
    }
    for c in text.chars() {
        let value = u32::from(c);
        // To write to a string does not fail.
        let _ = match (style, value) {
            (ESCAPE, ..0x10000) => write!(output, "\\u{value:04x}"),
            (ESCAPE, _) => write!(output, "\\U{value:08x}"),
            (ESCAPE_UPPER, ..0x10000) => write!(output, "\\u{value:04X}"),
            (ESCAPE_UPPER, _) => write!(output, "\\U{value:08X}"),
            _ => Ok(()),
        };
        match (style, c) {
            (ESCAPE | ESCAPE_UPPER, _) => {}
            (SINGLE, '\'') => output.push_str("''"),
            (DOUBLE, '"' | '\\') => output.extend(['\\', c]),
            _ => output.push(c),
        }
    }
    true
}

/// Returns whether a key's value is an address, or a name that programs look for.
fn is_address(key: &str, value: &str) -> bool {
    const KEYS: [&str; 41] = [
        "alias",
        "aliases",
        "avatar",
        "background",
        "banner",
        "bibliography",
        "canonical",
        "class",
        "cover",
        "css",
        "featured_image",
        "featuredimage",
        "file",
        "href",
        "icon",
        "id",
        "image",
        "images",
        "img",
        "key",
        "kind",
        "lang",
        "language",
        "layout",
        "link",
        "locale",
        "logo",
        "name_key",
        "path",
        "permalink",
        "redirect",
        "redirect_from",
        "ref",
        "slug",
        "src",
        "template",
        "theme",
        "thumbnail",
        "translationkey",
        "type",
        "url",
    ];
    const ENDINGS: [&str; 20] = [
        ".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif", ".ico", ".bmp", ".pdf", ".mp3",
        ".mp4", ".webm", ".html", ".htm", ".md", ".css", ".yml", ".yaml", ".json",
    ];
    let key = key.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let value = value.trim();
    // `前端/后端` is a text.
    let is_path = || {
        let first = value.split('/').next().unwrap_or_default();
        value.contains('/') && !value.contains(' ') && first.is_ascii()
    };
    KEYS.contains(&&*key)
        || value.contains("://")
        || value.starts_with(['/', '.', '#'])
        || is_path()
        || !value.contains(' ') && ENDINGS.iter().any(|ending| value.ends_with(ending))
}

fn yaml(text: &str, range: Range<usize>) -> Vec<Value> {
    let mut values = Vec::new();
    let reader = Reader { text: &text[..range.end], is_toml: false };
    let mut at = range.start;
    // The indentation of a key whose value is the block of lines below.
    let mut block: Option<(usize, bool)> = None;
    // The indentation of a value without quotes, which may go on on the next lines.
    let mut bare_indent: Option<usize> = None;
    let mut list_key = String::new();
    while at < range.end {
        let start = at;
        let line = line(reader.text, at);
        at += line.len();
        let line = line.trim_end();
        let body = line.trim_start();
        let indent = line.len() - body.len();
        if body.is_empty() {
            continue;
        }
        if let Some((outer, is_prose)) = block {
            if indent > outer {
                if is_prose {
                    let range = start + indent..start + line.len();
                    values.push(vec![Part { range, means: Means::Itself, style: BLOCK }]);
                }
                continue;
            }
            block = None;
        }
        if body.starts_with('#') {
            continue;
        }
        if bare_indent.is_some_and(|outer| indent > outer) {
            if is_word(body) {
                let range = start + indent..start + line.len();
                values.push(vec![Part { range, means: Means::Itself, style: PLAIN }]);
            }
            continue;
        }
        bare_indent = None;
        let item = body.strip_prefix("- ").map_or(body, str::trim_start);
        let is_item = item.len() < body.len();
        let (key, value) = match split_key(item) {
            _ if item.starts_with(['[', '{']) => (&*list_key, item),
            Some((key, value)) => (key, value),
            None if is_item => (&*list_key, item),
            None => continue,
        };
        if value.is_empty() {
            list_key = key.to_owned();
            continue;
        }
        let value_at = start + line.len() - value.len();
        match value.as_bytes()[0] {
            b'|' | b'>' => block = Some((indent, !is_address(key, ""))),
            b'[' | b'{' => {
                let end = reader.flow(value_at, key, &mut values);
                if end > at {
                    at = end + self::line(reader.text, end).len();
                }
            }
            b'"' | b'\'' => {
                if let Some((value, end)) = reader.quoted(value_at)
                    && !is_address(key, &text[value_at + 1..end - 1])
                    && is_end(&text[end..start + line.len()])
                {
                    values.push(value);
                }
            }
            _ => {
                let end = value.find(" #").unwrap_or(value.len());
                let bare = value[..end].trim_end();
                if is_word(bare) && !is_address(key, bare) {
                    let range = value_at..value_at + bare.len();
                    values.push(vec![Part { range, means: Means::Itself, style: PLAIN }]);
                    bare_indent = (end == value.len()).then_some(indent);
                }
            }
        }
    }
    values
}

/// Returns the line that begins at a place, with its end.
fn line(text: &str, at: usize) -> &str {
    text[at..].split_inclusive('\n').next().unwrap_or_default()
}

/// Returns whether nothing comes behind a value but a comment.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with('#')
}

/// Splits a line into a key and what stands behind its colon.
fn split_key(line: &str) -> Option<(&str, &str)> {
    let from = match line.as_bytes().first()? {
        quote @ (b'"' | b'\'') => line[1..].find(char::from(*quote))? + 2,
        _ => 0,
    };
    let colon = line[from..]
        .match_indices(':')
        .map(|(at, _)| at + from)
        .find(|at| line[at + 1..].is_empty() || line[at + 1..].starts_with([' ', '\t']))?;
    // Not of a value in quotes that holds one.
    if from > 0 && !line[from..colon].trim().is_empty() {
        return None;
    }
    Some((&line[..colon], line[colon + 1..].trim_start()))
}

fn toml(text: &str, range: Range<usize>) -> Vec<Value> {
    let mut values = Vec::new();
    let reader = Reader { text: &text[..range.end], is_toml: true };
    let mut at = range.start;
    let mut long: Option<&str> = None;
    while at < range.end {
        let start = at;
        let line = line(reader.text, at);
        at += line.len();
        let line = line.trim_end();
        if let Some(fence) = long {
            if line.contains(fence) {
                long = None;
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim_start();
        if let Some(fence) = ["\"\"\"", "'''"].into_iter().find(|fence| value.starts_with(fence)) {
            long = (!value[3..].contains(fence)).then_some(fence);
            continue;
        }
        if key.trim_start().starts_with('#') {
            continue;
        }
        let value_at = start + line.len() - value.len();
        match value.as_bytes().first() {
            Some(b'[' | b'{') => {
                let end = reader.flow(value_at, key, &mut values);
                if end > at {
                    at = end + self::line(reader.text, end).len();
                }
            }
            Some(b'"' | b'\'') => {
                if let Some((value, end)) = reader.quoted(value_at)
                    && !is_address(key, &text[value_at + 1..end - 1])
                    && is_end(&text[end..start + line.len()])
                {
                    values.push(value);
                }
            }
            _ => {}
        }
    }
    values
}
