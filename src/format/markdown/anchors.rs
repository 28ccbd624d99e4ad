//! Links to headings of the same document: `[见](#头发)` goes to `# 头发`.
//!
//! In: a document and what became of it. Out: the targets that must follow their headings. The naive way converts the target as text; then
//! it is another than its heading where that was converted with other words around, or was left. Here both documents are
//! parsed: a target that named the third heading names the third heading afterwards. What a program makes of a heading differs;
//! three ways are known. A target that an `id` or `name` gives by itself stays.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::{extensions, too_deep};

/// Returns whether a document may have a link into itself whose target is not ASCII.
fn may_hold(text: &str) -> bool {
    const LONGEST: usize = 512;
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'#', bytes).any(|sign| {
        let begins = sign > 0 && b"(<\"'= ".contains(&bytes[sign - 1]);
        let rest = &bytes[sign + 1..bytes.len().min(sign + LONGEST)];
        let is_of_target = |byte: &&u8| !byte.is_ascii_whitespace() && !b")\">'#".contains(byte);
        let mut target = rest.iter().take_while(is_of_target);
        begins && target.any(|byte| *byte >= 0x80 || *byte == b'%')
    })
}

/// Returns the targets in the result that become others.
pub(super) fn amend(
    document: &str,
    kept: &[Range<usize>],
    result: &[u8],
    read: impl Fn(&str) -> Option<Anchors>,
) -> Vec<(Range<usize>, String)> {
    if document.as_bytes() == result || !may_hold(document) {
        return Vec::new();
    }
    let Ok(result) = str::from_utf8(result) else { return Vec::new() };
    let (Some(before), Some(after)) = (read(document), read(result)) else {
        return Vec::new();
    };
    let is_alike = before.headings.len() == after.headings.len()
        && before.targets.len() == after.targets.len()
        && before.targets.iter().zip(&after.targets).all(|(one, other)| one.name == other.name);
    if !is_alike || before.targets.is_empty() {
        return Vec::new();
    }
    let names = RULES.map(|rule| {
        let (old, new) = (slugs(&before.headings, rule), slugs(&after.headings, rule));
        old.into_iter().zip(new).rev().collect::<HashMap<_, _>>()
    });
    let mut edits = Vec::new();
    for (target, now) in before.targets.iter().zip(after.targets) {
        let behind = kept.partition_point(|kept| kept.end <= target.range.start);
        let is_kept = kept.get(behind).is_some_and(|kept| kept.start < target.range.end);
        if is_kept || before.own.contains(&target.name) {
            continue;
        }
        let Some(new) = names.iter().find_map(|names| names.get(&target.name)) else { continue };
        if *new != target.name {
            let new = if now.is_encoded { encoded(new) } else { new.clone() };
            edits.push((now.range, new));
        }
    }
    edits
}

/// A link into the document itself.
struct Target {
    /// Behind the `#`.
    range: Range<usize>,
    name: String,
    is_encoded: bool,
}

/// The headings of a document and the links to them.
#[derive(Default)]
pub(super) struct Anchors {
    /// The texts of headings without an id of their own.
    headings: Vec<String>,
    targets: Vec<Target>,
    /// The names that the document gives.
    own: HashSet<String>,
}

impl Anchors {
    /// Finds what a document, whose body begins at a place, has of them; `None` if it is not read.
    pub(super) fn of(text: &str, body: usize) -> Option<Anchors> {
        let source = &text[body..];
        if too_deep(source).is_some() {
            return None;
        }
        let mut anchors = Anchors::default();
        let parser = Parser::new_ext(source, extensions());
        for (_, definition) in parser.reference_definitions().iter() {
            let span = definition.span.clone();
            if definition.dest.starts_with('#')
                && let Some(colon) = source[span.clone()].find("]:")
            {
                anchors.target(text, body + span.start + colon + 2, body + span.end);
            }
        }
        let mut heading: Option<String> = None;
        // Of each link that is open, up to where its text was told.
        let mut links: Vec<usize> = Vec::new();
        for (event, range) in parser.into_offset_iter() {
            if !matches!(event, Event::End(_))
                && let Some(end) = links.last_mut()
            {
                *end = (*end).max(range.end);
            }
            match event {
                Event::Start(Tag::Heading { id, .. }) => {
                    heading = id.is_none().then(String::new);
                    anchors.own.extend(id.map(|id| id.to_string()));
                }
                Event::End(TagEnd::Heading(_)) => anchors.headings.extend(heading.take()),
                Event::Text(text) | Event::Code(text) | Event::InlineMath(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::SoftBreak | Event::HardBreak => {
                    if let Some(heading) = &mut heading {
                        heading.push(' ');
                    }
                }
                Event::Html(_) | Event::InlineHtml(_) => {
                    anchors.html(text, body + range.start..body + range.end);
                }
                Event::Start(Tag::Link { .. } | Tag::Image { .. }) => links.push(range.start + 1),
                Event::End(TagEnd::Image) => {
                    links.pop();
                }
                Event::End(TagEnd::Link) => {
                    let inner_end = links.pop().unwrap_or(range.end);
                    if source[inner_end..range.end].starts_with("](") {
                        let end = body + range.end - 1;
                        anchors.target(text, body + inner_end + 2, end);
                    }
                }
                _ => {}
            }
        }
        anchors.targets.sort_by_key(|target| target.range.start);
        Some(anchors)
    }

    /// Takes what stands at a place of the text, if it is a target.
    fn target(&mut self, text: &str, start: usize, end: usize) {
        let source = text.get(start..end).unwrap_or_default();
        let inner = source.trim_start();
        let inner = inner.strip_prefix('<').unwrap_or(inner);
        let Some(inner) = inner.strip_prefix('#') else { return };
        let start = end - inner.len();
        let is_end = |c: char| c.is_whitespace() || c == '>' || c == ')';
        let len = inner.find(is_end).unwrap_or(inner.len());
        self.push(text, start..start + len);
    }

    fn push(&mut self, text: &str, range: Range<usize>) {
        let raw = &text[range.clone()];
        if raw.contains(['\\', '&']) {
            return;
        }
        if let Some(name) = decoded(raw) {
            self.targets.push(Target { range, name, is_encoded: raw.contains('%') });
        }
    }

    /// Takes what tags say.
    fn html(&mut self, text: &str, range: Range<usize>) {
        let source = &text[range.clone()];
        for (attribute, is_target) in [("href", true), ("id", false), ("name", false)] {
            for (found, _) in source.match_indices(attribute) {
                let rest = source[found + attribute.len()..].trim_start();
                let Some(rest) = rest.strip_prefix('=').map(str::trim_start) else { continue };
                let quote = rest.chars().next().filter(|&c| c == '"' || c == '\'');
                let rest = &rest[quote.map_or(0, char::len_utf8)..];
                let is_end = |c: char| match quote {
                    Some(quote) => c == quote,
                    None => c.is_ascii_whitespace() || c == '>',
                };
                let value = &rest[..rest.find(is_end).unwrap_or(rest.len())];
                if !is_target {
                    self.own.insert(value.to_owned());
                } else if let Some(name) = value.strip_prefix('#') {
                    let start = range.start + (source.len() - rest.len()) + 1;
                    self.push(text, start..start + name.len());
                }
            }
        }
        if let Some(heading) = html_heading(source) {
            self.headings.push(heading);
        }
    }
}

/// Returns the text of a heading that is HTML on one line.
fn html_heading(line: &str) -> Option<String> {
    let found = line.match_indices("<h").chain(line.match_indices("<H")).find(|&(at, _)| {
        matches!(line.as_bytes().get(at + 2..at + 4), Some([b'1'..=b'6', b' ' | b'>']))
    })?;
    let rest = &line[found.0..];
    let inner = &rest[rest.find('>')? + 1..];
    let inner = &inner[..inner.find("</h").or_else(|| inner.find("</H"))?];
    let mut text = String::new();
    let mut parts = inner.split('<');
    text.push_str(parts.next()?);
    for part in parts {
        text.push_str(&part[part.find('>')? + 1..]);
    }
    (!text.contains('&')).then(|| text.trim().to_owned())
}

/// A way to make a name of a heading's text.
type Rule = fn(&str) -> String;

const RULES: [Rule; 3] = [github, |text| named(text, false), vitepress];

/// GitHub, Hugo, Docsify and many others.
fn github(text: &str) -> String {
    named(text, true)
}

fn named(text: &str, is_lower: bool) -> String {
    let mut name = String::new();
    for c in text.trim().chars() {
        match c {
            ' ' => name.push('-'),
            '-' | '_' => name.push(c),
            _ if !c.is_alphanumeric() && !is_combining(c) => {}
            _ if is_lower => name.extend(c.to_lowercase()),
            _ => name.push(c),
        }
    }
    name
}

fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}')
}

/// `VuePress`, `VitePress`.
fn vitepress(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        let c = match c {
            '\u{300}'..='\u{36F}' => continue,
            _ if c.is_control() => continue,
            // Of what it decomposes this is what Chinese headings have.
            '\u{FF01}'..='\u{FF5E}' => {
                char::from_u32(u32::from(c) - 0xFF01 + u32::from('!')).unwrap_or(c)
            }
            _ => c,
        };
        let is_mark =
            c.is_whitespace() || c.is_ascii_punctuation() || matches!(c, '“' | '”' | '‘' | '’');
        match is_mark {
            true if name.ends_with('-') => {}
            true => name.push('-'),
            false => name.extend(c.to_lowercase()),
        }
    }
    let name = name.trim_matches('-').to_owned();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// Returns the names of headings, of which each has its own.
fn slugs(headings: &[String], rule: Rule) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut names = Vec::with_capacity(headings.len());
    for heading in headings {
        let base = rule(heading);
        let mut name = base.clone();
        if let Some(&count) = seen.get(&base) {
            let mut number = count;
            while seen.contains_key(&name) {
                number += 1;
                name = format!("{base}-{number}");
            }
            seen.insert(base, number);
        }
        seen.insert(name.clone(), 0);
        names.push(name);
    }
    names
}

fn decoded(raw: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(raw.len()), raw.as_bytes());
    while let [byte, behind @ ..] = rest {
        rest = behind;
        if *byte == b'%'
            && let [high, low, behind @ ..] = behind
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high << 4 | low);
            rest = behind;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

fn encoded(name: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut written = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            written.push('%');
            written.push(char::from(DIGITS[usize::from(byte >> 4)]));
            written.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    written
}
