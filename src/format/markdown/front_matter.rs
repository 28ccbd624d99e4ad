//! Front matter: the YAML or TOML at the head of a Markdown document.
//!
//! In: the document. Out: where its body begins, and the values of its head that are strings on a line of their own. The naive way
//! parses and writes anew, and comments, quotes and order go. Here keys, lists in brackets, numbers and addresses
//! are left, line by line.

use std::ops::Range;

use super::style::FRONT_MATTER;

const PLAIN: u8 = FRONT_MATTER;
const SINGLE: u8 = FRONT_MATTER + 1;
const DOUBLE: u8 = FRONT_MATTER + 2;
const BLOCK: u8 = FRONT_MATTER + 3;
/// Between two `'` of TOML, where nothing is escaped.
const LITERAL: u8 = FRONT_MATTER + 4;

/// The head of a document.
pub(super) struct FrontMatter {
    /// Where it ends.
    pub(super) body: usize,
    /// What of it is prose, and in which style it is written.
    pub(super) values: Vec<(Range<usize>, u8)>,
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
        PLAIN => text.contains(|c: char| c.is_ascii_punctuation() && !"+-_./()?!".contains(c)),
        LITERAL => text.contains('\''),
        _ => false,
    };
    if is_refused || text.contains(char::is_control) {
        return false;
    }
    for c in text.chars() {
        match (style, c) {
            (SINGLE, '\'') => output.push_str("''"),
            (DOUBLE, '"' | '\\') => output.extend(['\\', c]),
            _ => output.push(c),
        }
    }
    true
}

/// Returns whether a key's value is an address, or a name that programs look for.
fn is_address(key: &str, value: &str) -> bool {
    const KEYS: [&str; 16] = [
        "slug",
        "permalink",
        "url",
        "link",
        "image",
        "cover",
        "layout",
        "id",
        "alias",
        "aliases",
        "path",
        "thumbnail",
        "template",
        "src",
        "href",
        "file",
    ];
    let key = key.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    KEYS.contains(&&*key)
        || value.contains("://")
        || value.starts_with(['/', '.'])
        || value.contains('/') && !value.contains(' ')
}

fn yaml(text: &str, range: Range<usize>) -> Vec<(Range<usize>, u8)> {
    let mut values = Vec::new();
    let mut at = range.start;
    // The indentation of a key whose value is the block of lines below.
    let mut block: Option<(usize, bool)> = None;
    let mut list_key = String::new();
    for line in text[range].split_inclusive('\n') {
        let start = at;
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
                    values.push((start + indent..start + line.len(), BLOCK));
                }
                continue;
            }
            block = None;
        }
        if body.starts_with('#') {
            continue;
        }
        let item = body.strip_prefix("- ").map_or(body, str::trim_start);
        let is_item = item.len() < body.len();
        let (key, value) = match split_key(item) {
            Some((key, value)) => (key, value),
            None if is_item => (&*list_key, item),
            None => continue,
        };
        if value.is_empty() {
            list_key = key.to_owned();
            continue;
        }
        let value_at = start + line.len() - value.len();
        if value.starts_with(['|', '>']) {
            block = Some((indent, !is_address(key, "")));
            continue;
        }
        if !is_address(key, value.trim_matches(['"', '\'']))
            && let Some((inner, style)) = scalar(value)
        {
            values.push((value_at + inner.start..value_at + inner.end, style));
        }
    }
    values
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
    Some((&line[..colon], line[colon + 1..].trim_start()))
}

/// Returns the text of a scalar on one line, if it is a string without escapes.
fn scalar(value: &str) -> Option<(Range<usize>, u8)> {
    let quoted = |quote: char| {
        let end = value[1..].find(quote)? + 1;
        let rest = value[end + 1..].trim_start();
        (rest.is_empty() || rest.starts_with('#')).then_some(1..end)
    };
    match value.chars().next()? {
        '"' => quoted('"')
            .filter(|inner| !value[inner.clone()].contains('\\'))
            .map(|inner| (inner, DOUBLE)),
        '\'' => quoted('\'').map(|inner| (inner, SINGLE)),
        '[' | '{' | '&' | '*' | '!' | '%' | '@' | '`' | '|' | '>' | '?' | ',' | ']' | '}' => None,
        _ => {
            let end = value.find(" #").unwrap_or(value.len());
            let text = value[..end].trim_end();
            (!text.is_empty()).then_some((0..text.len(), PLAIN))
        }
    }
}

fn toml(text: &str, range: Range<usize>) -> Vec<(Range<usize>, u8)> {
    let mut values = Vec::new();
    let mut at = range.start;
    let mut long: Option<&str> = None;
    for line in text[range].split_inclusive('\n') {
        let start = at;
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
        if key.trim_start().starts_with('#') || !value.starts_with(['"', '\'']) {
            continue;
        }
        let value_at = start + line.len() - value.len();
        if !is_address(key, value.trim_matches(['"', '\'']))
            && let Some((inner, style)) = scalar(value)
        {
            let style = if style == SINGLE { LITERAL } else { style };
            values.push((value_at + inner.start..value_at + inner.end, style));
        }
    }
    values
}
