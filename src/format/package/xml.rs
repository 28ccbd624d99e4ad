//! XML → its tags and its text, each with its place.
//!
//! In: an XML document. Out: events, one after the other. The naive way asks a parser, which decodes text on the way and tells
//! places by the way; here the place is the point, and the text is looked at where it stands. Tags have to be
//! balanced, and names are told with their namespace, since a prefix may be any (`w:t` is `x:t` in some files). A document
//! type that declares entities is refused, as nobody else's business than an attacker's: ten lines of it make a gigabyte. Depth costs
//! a few bytes a level, and no recursion.

use std::collections::HashMap;
use std::ops::Range;

use memchr::{memchr, memchr2, memchr3, memmem};

use super::names::Ns;
use super::values::reference;
pub(super) use super::values::{Part, decoded, parts};
use crate::format::Malformed;

/// Elements that may be open at once.
const DEEPEST: usize = 1_000_000;

/// What comes next in a document.
#[derive(Debug)]
pub(super) enum Event<'a> {
    /// A tag that opens an element; of an empty one, too.
    Start(Tag<'a>),
    /// The end of the innermost element.
    End,
    /// Text that stands for itself.
    Text(Range<usize>),
    /// `&…;`, and the character that it stands for, if that is known.
    Reference(Range<usize>, Option<char>),
    /// The text of a CDATA section.
    Data(Range<usize>),
}

/// A tag that opens an element.
#[derive(Clone, Debug)]
pub(super) struct Tag<'a> {
    pub(super) ns: Ns,
    pub(super) local: &'a str,
    /// The tag, from `<` to `>`.
    pub(super) range: Range<usize>,
    /// How many tags that open an element stand before it.
    pub(super) number: usize,
    text: &'a str,
    attributes: Range<usize>,
}

/// An attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    /// As written, with its prefix.
    pub(super) name: &'a str,
    pub(super) value: Range<usize>,
    pub(super) quote: u8,
}

impl<'a> Tag<'a> {
    /// Returns the attributes, which were found well formed.
    pub(super) fn attributes(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let (text, mut at, end) = (self.text, self.attributes.start, self.attributes.end);
        std::iter::from_fn(move || {
            let (attribute, behind) = attribute(text, at, end).ok().flatten()?;
            at = behind;
            Some(attribute)
        })
    }

    /// Returns whether the tag is an element by itself.
    pub(super) fn is_empty(&self) -> bool {
        self.text[..self.range.end].ends_with("/>")
    }

    /// Returns the value of an attribute with its references read, by its name without a prefix.
    pub(super) fn decoded(&self, local: &str) -> Option<String> {
        let found = self.attributes().find(|attribute| attribute.local() == local)?;
        Some(decoded(self.text, found.value))
    }

    /// Returns the value of an attribute as it is written, by its name without a prefix.
    pub(super) fn value(&self, local: &str) -> Option<&'a str> {
        let found = self.attributes().find(|attribute| attribute.local() == local)?;
        Some(&self.text[found.value])
    }
}

impl<'a> Attribute<'a> {
    pub(super) fn local(&self) -> &'a str {
        self.name.rsplit_once(':').map_or(self.name, |(_, local)| local)
    }
}

/// Takes the attribute at a place, if there is one before the end of the tag.
fn attribute(
    text: &str,
    at: usize,
    end: usize,
) -> Result<Option<(Attribute<'_>, usize)>, Malformed> {
    let bytes = &text.as_bytes()[..end];
    let blanks = |at: usize| at + bytes[at..].iter().take_while(|byte| is_blank(**byte)).count();
    let start = blanks(at);
    if start == end {
        return Ok(None);
    }
    if start == at {
        return Err(Malformed::new(at, "a blank is missing before an attribute"));
    }
    let len = bytes[start..].iter().take_while(|&&byte| is_name(byte)).count();
    let name = &text[start..start + len];
    let sign = blanks(start + len);
    if len == 0 || bytes.get(sign) != Some(&b'=') {
        return Err(Malformed::new(start, "an attribute without a value"));
    }
    let open = blanks(sign + 1);
    let Some(&quote @ (b'"' | b'\'')) = bytes.get(open) else {
        return Err(Malformed::new(open.min(end), "a quote is missing"));
    };
    let Some(len) = memchr(quote, &bytes[open + 1..]) else {
        return Err(Malformed::new(open, "a value has no end"));
    };
    let value = open + 1..open + 1 + len;
    if let Some(at) = memchr(b'<', &bytes[value.clone()]) {
        return Err(Malformed::new(value.start + at, "a < in a value"));
    }
    let behind = value.end + 1;
    Ok(Some((Attribute { name, value, quote }, behind)))
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

fn is_name(byte: u8) -> bool {
    !is_blank(byte) && !matches!(byte, b'=' | b'/' | b'>' | b'<' | b'"' | b'\'' | b'&')
}

/// Takes the events of a document one by one.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// The names of the elements that are open, and how many namespaces each declares.
    open: Vec<(Range<usize>, usize)>,
    /// What each prefix stands for, the innermost last.
    bindings: HashMap<&'a str, Vec<Ns>>,
    /// The prefixes that are declared, in their order.
    declared: Vec<&'a str>,
    /// An empty element was opened, whose end is next.
    is_empty: bool,
    has_root: bool,
    /// The tags that were taken.
    count: usize,
    /// Where the last tag begins that ends an element.
    end: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        let (open, declared) = (Vec::new(), Vec::new());
        let bindings = HashMap::new();
        let at = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
        Reader {
            text,
            at,
            open,
            bindings,
            declared,
            is_empty: false,
            has_root: false,
            count: 0,
            end: 0,
        }
    }

    /// Returns where the last tag that ended an element begins; those of empty elements do not count.
    pub(super) fn end_tag(&self) -> usize {
        self.end
    }

    fn wrong<T>(at: usize, message: &str) -> Result<T, Malformed> {
        Err(Malformed::new(at, message))
    }

    /// Returns the next event; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Event<'a>>, Malformed> {
        if std::mem::take(&mut self.is_empty) {
            self.close();
            return Ok(Some(Event::End));
        }
        let bytes = self.text.as_bytes();
        loop {
            let start = self.at;
            match bytes.get(start) {
                None if !self.open.is_empty() => {
                    return Reader::wrong(start, "an element has no end");
                }
                None if !self.has_root => return Reader::wrong(start, "it has no element"),
                None => return Ok(None),
                Some(b'<') => {}
                Some(_) if self.open.is_empty() => {
                    if !is_blank(bytes[start]) {
                        return Reader::wrong(start, "text outside of the elements");
                    }
                    self.at += 1;
                    continue;
                }
                Some(b'&') => return self.reference().map(Some),
                Some(_) => {
                    let rest = &bytes[start..];
                    self.at += memchr2(b'<', b'&', rest).unwrap_or(rest.len());
                    return Ok(Some(Event::Text(start..self.at)));
                }
            }
            match bytes.get(start + 1) {
                Some(b'/') => return self.end().map(Some),
                Some(b'?') => self.skip(2, "?>", "an instruction has no end")?,
                Some(b'!') if bytes[start..].starts_with(b"<!--") => {
                    self.skip(4, "-->", "a comment has no end")?;
                }
                Some(b'!') if bytes[start..].starts_with(b"<![CDATA[") => {
                    if self.open.is_empty() {
                        return Reader::wrong(start, "text outside of the elements");
                    }
                    self.skip(9, "]]>", "a CDATA section has no end")?;
                    return Ok(Some(Event::Data(start + 9..self.at - 3)));
                }
                Some(b'!') => self.document_type()?,
                _ => return self.start().map(|tag| Some(Event::Start(tag))),
            }
        }
    }

    /// Goes behind a sign that ends something which begins here with `head` bytes.
    fn skip(&mut self, head: usize, sign: &str, message: &str) -> Result<(), Malformed> {
        match memmem::find(&self.text.as_bytes()[self.at + head..], sign.as_bytes()) {
            Some(found) => {
                self.at += head + found + sign.len();
                Ok(())
            }
            None => Reader::wrong(self.at, message),
        }
    }

    fn document_type(&mut self) -> Result<(), Malformed> {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        if !bytes[start..].starts_with(b"<!DOCTYPE") || self.has_root {
            return Reader::wrong(start, "nothing begins so");
        }
        let mut depth = 0_usize;
        self.at += 9;
        loop {
            let rest = &bytes[self.at..];
            match rest.first() {
                None => return Reader::wrong(start, "the document type has no end"),
                Some(quote @ (b'"' | b'\'')) => match memchr(*quote, &rest[1..]) {
                    Some(len) => self.at += len + 2,
                    None => return Reader::wrong(start, "the document type has no end"),
                },
                Some(b'<') if rest.starts_with(b"<!ENTITY") => {
                    return Reader::wrong(self.at, "it declares entities, which is refused");
                }
                Some(b'<') if rest.starts_with(b"<!--") => {
                    self.skip(4, "-->", "a comment has no end")?;
                }
                Some(b'<') if rest.starts_with(b"<?") => {
                    self.skip(2, "?>", "an instruction has no end")?;
                }
                Some(b'<' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'>') if depth == 0 => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'>' | b']') => {
                    depth = depth.saturating_sub(1);
                    self.at += 1;
                }
                Some(b'%') => {
                    return Reader::wrong(self.at, "it uses parameter entities, which is refused");
                }
                Some(_) => self.at += 1,
            }
        }
    }

    fn reference(&mut self) -> Result<Event<'a>, Malformed> {
        let start = self.at;
        let Some((range, c)) = reference(self.text, start, self.text.len()) else {
            return Reader::wrong(start, "a & without its ;");
        };
        self.at = range.end;
        Ok(Event::Reference(range, c))
    }

    fn start(&mut self) -> Result<Tag<'a>, Malformed> {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        if self.open.is_empty() && self.has_root {
            return Reader::wrong(start, "something stands behind the root");
        }
        let len = bytes[start + 1..].iter().take_while(|&&byte| is_name(byte)).count();
        if len == 0 {
            return Reader::wrong(start, "a < that begins no tag");
        }
        let name = start + 1..start + 1 + len;
        let Some(end) = tag_end(bytes, name.end) else {
            return Reader::wrong(start, "a tag has no end");
        };
        let is_empty = bytes[end - 1] == b'/' && end > name.end;
        let attributes = name.end..if is_empty { end - 1 } else { end };
        if self.open.len() >= DEEPEST {
            return Reader::wrong(start, "too many elements are open");
        }
        let mut count = 0;
        let mut at = attributes.start;
        while let Some((found, behind)) = attribute(self.text, at, attributes.end)? {
            at = behind;
            let prefix = match found.name.strip_prefix("xmlns") {
                Some("") => "",
                Some(rest) => match rest.strip_prefix(':') {
                    Some(prefix) => prefix,
                    None => continue,
                },
                None => continue,
            };
            let ns = Ns::of(&self.text[found.value]);
            self.bindings.entry(prefix).or_default().push(ns);
            self.declared.push(prefix);
            count += 1;
        }
        let full = &self.text[name.clone()];
        let (prefix, local) = full.split_once(':').unwrap_or(("", full));
        let ns = self.bindings.get(prefix).and_then(|stack| stack.last());
        let ns = ns.copied().unwrap_or(Ns::Other);
        self.open.push((name, count));
        (self.is_empty, self.has_root, self.at) = (is_empty, true, end + 1);
        let number = self.count;
        self.count += 1;
        Ok(Tag { ns, local, range: start..end + 1, number, text: self.text, attributes })
    }

    fn end(&mut self) -> Result<Event<'a>, Malformed> {
        let (bytes, start) = (self.text.as_bytes(), self.at);
        let Some((name, _)) = self.open.last() else {
            return Reader::wrong(start, "an end without its beginning");
        };
        let name = &bytes[name.clone()];
        let rest = &bytes[start + 2..];
        let behind = rest.strip_prefix(name).map(<[u8]>::trim_ascii_start);
        match behind {
            Some(behind) if behind.first() == Some(&b'>') => {
                self.at = bytes.len() - behind.len() + 1;
                self.end = start;
            }
            _ => {
                let name = String::from_utf8_lossy(name);
                return Reader::wrong(start, &format!("the end of <{name}> is missing"));
            }
        }
        self.close();
        Ok(Event::End)
    }

    fn close(&mut self) {
        let Some((_, count)) = self.open.pop() else { return };
        for _ in 0..count {
            let stack = self.declared.pop().and_then(|prefix| self.bindings.get_mut(prefix));
            let _unbound = stack.and_then(Vec::pop);
        }
    }
}

/// Returns where the `>` of a tag stands, values aside.
fn tag_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = memchr3(b'>', b'"', b'\'', &bytes[at..])?;
        at += found;
        match bytes[at] {
            b'>' => return Some(at),
            quote => at += memchr(quote, &bytes[at + 1..])? + 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use quick_xml::events::Event as Other;

    use super::*;

    /// Returns what quick-xml says: a line an event, text put together; `None` if it is not well formed.
    fn theirs(text: &str) -> Option<Vec<String>> {
        let mut reader = quick_xml::Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        reader.config_mut().check_comments = false;
        let mut events = Vec::new();
        let (mut depth, mut roots) = (0, 0);
        let shown = |text: &str| text.to_owned();
        loop {
            let event = match reader.read_event().ok()? {
                Other::Start(tag) => {
                    roots += usize::from(depth == 0);
                    depth += 1;
                    let mut line = format!("<{}", shown(tag.name().as_ref()));
                    for attribute in tag.attributes() {
                        let attribute = attribute.ok()?;
                        line += &format!(
                            " {}={}",
                            shown(attribute.key.as_ref()),
                            shown(&attribute.value)
                        );
                    }
                    line
                }
                Other::End(_) => {
                    depth -= 1;
                    ">".to_owned()
                }
                Other::Text(text) if depth > 0 => format!("'{}", shown(&text)),
                Other::Text(text) if shown(&text).trim().is_empty() => continue,
                Other::Text(_) => return None,
                Other::GeneralRef(name) if depth > 0 => format!("&{};", shown(&name)),
                Other::CData(data) if depth > 0 => format!("[{}", shown(&data)),
                Other::Eof => return (depth == 0 && roots == 1).then_some(events),
                Other::GeneralRef(_) | Other::CData(_) => return None,
                _ => continue,
            };
            events.push(event);
        }
    }

    fn ours(text: &str) -> Option<Vec<String>> {
        let mut reader = Reader::new(text);
        let mut events = Vec::new();
        while let Some(event) = reader.next().ok()? {
            events.push(match event {
                Event::Start(tag) => {
                    let name = text[tag.range.clone()].trim_start_matches('<');
                    let len = name.bytes().take_while(|&byte| is_name(byte)).count();
                    let mut line = format!("<{}", &name[..len]);
                    for attribute in tag.attributes() {
                        line += &format!(" {}={}", attribute.name, &text[attribute.value]);
                    }
                    line
                }
                Event::End => ">".to_owned(),
                Event::Text(range) => format!("'{}", &text[range]),
                Event::Reference(range, _) => text[range].to_owned(),
                Event::Data(range) => format!("[{}", &text[range]),
            });
        }
        Some(events)
    }

    #[test]
    fn another_reader_sees_the_same() {
        const PARTS: [&str; 20] = [
            "<a>",
            "</a>",
            "<b:c d='e'>",
            "</b:c>",
            "<f/>",
            "<f g=\"h>\" i='\"'/>",
            "头发",
            " ",
            "&amp;",
            "&#x53d1;",
            "<![CDATA[<x>]]>",
            "<!-- < & -->",
            "<?p i?>",
            "<a >",
            "</a >",
            "<f j = 'k' />",
            "\n",
            "x",
            "&lt;",
            "<a xmlns='l'>",
        ];
        let mut state = 1_u64;
        let mut random = |most: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % most
        };
        let mut both = 0;
        for round in 0..60_000 {
            let mut text = String::new();
            let mut open = Vec::new();
            for _ in 0..random(12) {
                let part = PARTS[random(PARTS.len())];
                // Mostly well formed.
                match part {
                    "<a>" | "<a >" | "<a xmlns='l'>" => open.push("</a>"),
                    "<b:c d='e'>" => open.push("</b:c>"),
                    "</a>" | "</b:c>" | "</a >" if round % 4 > 0 => {
                        text += open.pop().unwrap_or("");
                        continue;
                    }
                    _ => {}
                }
                text += part;
            }
            while let Some(end) = open.pop() {
                text += end;
            }
            if round % 2 == 0 {
                text = format!("<r>{text}</r>");
            }
            let (ours, theirs) = (ours(&text), theirs(&text));
            assert_eq!(ours, theirs, "{text}");
            both += usize::from(ours.is_some());
        }
        assert!(both > 10_000, "{both}");
    }

    #[test]
    fn prefixes_mean_what_the_innermost_declaration_says() {
        let word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
        let text = format!(
            "<a:x xmlns:a='{word}'><a:x xmlns:a='y'><a:x/></a:x><a:x/><x xmlns='{word}'/><x/></a:x>"
        );
        let mut reader = Reader::new(&text);
        let mut found = Vec::new();
        while let Some(event) = reader.next().unwrap() {
            if let Event::Start(tag) = event {
                found.push(tag.ns == Ns::Word);
            }
        }
        assert_eq!(found, [true, false, false, true, true, false]);
    }
}
