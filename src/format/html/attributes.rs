//! The attributes of a tag.
//!
//! In: a document, and where a tag's name ends. Out: where the tag ends, and the values of those attributes that say something about
//! prose. The naive way makes a map of all of them, with a string for each name and value; a page has more attributes than words,
//! and nine of ten are classes and links. Here only the few that matter are kept, as ranges.

use crate::format::entity::Site;

/// An attribute that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Abbr,
    Alt,
    AriaDescription,
    AriaLabel,
    AriaPlaceholder,
    AriaRoleDescription,
    AriaValueText,
    Charset,
    Class,
    Content,
    Encoding,
    /// Of `font`, which with one of these is no svg.
    Font,
    HttpEquiv,
    Ignore,
    Itemprop,
    Label,
    Lang,
    Name,
    Placeholder,
    Property,
    Summary,
    Title,
    Translate,
    Type,
    Value,
    XmlLang,
}

use Attribute as Is;

fn known(name: &[u8]) -> Option<Attribute> {
    let of = |candidates: &[(&str, Attribute)]| {
        let is =
            |(candidate, _): &&(&str, Attribute)| name.eq_ignore_ascii_case(candidate.as_bytes());
        candidates.iter().find(is).map(|&(_, attribute)| attribute)
    };
    match name.len() {
        3 => of(&[("alt", Is::Alt)]),
        4 => of(&[
            ("lang", Is::Lang),
            ("name", Is::Name),
            ("type", Is::Type),
            ("abbr", Is::Abbr),
            ("face", Is::Font),
            ("size", Is::Font),
        ]),
        5 => of(&[
            ("class", Is::Class),
            ("title", Is::Title),
            ("value", Is::Value),
            ("label", Is::Label),
            ("color", Is::Font),
        ]),
        7 => of(&[("content", Is::Content), ("charset", Is::Charset), ("summary", Is::Summary)]),
        8 => of(&[
            ("property", Is::Property),
            ("itemprop", Is::Itemprop),
            ("xml:lang", Is::XmlLang),
            ("encoding", Is::Encoding),
        ]),
        9 => of(&[("translate", Is::Translate)]),
        10 => of(&[("aria-label", Is::AriaLabel), ("http-equiv", Is::HttpEquiv)]),
        11 => of(&[("placeholder", Is::Placeholder)]),
        13 => of(&[("ignore-opencc", Is::Ignore)]),
        14 => of(&[("aria-valuetext", Is::AriaValueText)]),
        16 => of(&[
            ("aria-description", Is::AriaDescription),
            ("aria-placeholder", Is::AriaPlaceholder),
        ]),
        20 => of(&[("aria-roledescription", Is::AriaRoleDescription)]),
        _ => None,
    }
}

/// Where a value stands, and between what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) site: Site,
}

/// What a tag says.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    found: Vec<(Attribute, Value)>,
    /// It ends in `/>`.
    pub(super) is_closed: bool,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0C')
}

/// Returns where the name of a tag ends that begins at `at`.
pub(in crate::format) fn name_end(bytes: &[u8], at: usize) -> usize {
    let is_end = |&byte: &u8| is_blank(byte) || matches!(byte, b'/' | b'>');
    bytes[at..].iter().position(is_end).map_or(bytes.len(), |len| at + len)
}

impl Attributes {
    /// Takes what stands between a tag's name and its end; returns the place behind that, `None` if it has none.
    pub(super) fn read(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        self.found.clear();
        self.is_closed = false;
        if bytes.get(at) == Some(&b'>') {
            return Some(at + 1);
        }
        loop {
            at += bytes[at..].iter().position(|&byte| !is_blank(byte) && byte != b'/')?;
            if bytes[at] == b'>' {
                self.is_closed = bytes[at - 1] == b'/';
                return Some(at + 1);
            }
            let start = at;
            // A `=` at the head belongs to the name.
            let is_end = |&byte: &u8| is_blank(byte) || matches!(byte, b'/' | b'>' | b'=');
            at += 1 + bytes[at + 1..].iter().position(is_end)?;
            let name = &bytes[start..at];
            let behind = at + bytes[at..].iter().position(|&byte| !is_blank(byte))?;
            let mut value = Value { start: at, end: at, site: Site::Bare };
            if bytes[behind] == b'=' {
                at = behind + 1;
                at += bytes[at..].iter().position(|&byte| !is_blank(byte))?;
                let quote = bytes[at];
                value = match quote {
                    b'"' | b'\'' => {
                        let start = at + 1;
                        let end = start + memchr::memchr(quote, &bytes[start..])?;
                        at = end + 1;
                        let site = if quote == b'"' { Site::Double } else { Site::Single };
                        Value { start, end, site }
                    }
                    b'>' => Value { start: at, end: at, site: Site::Bare },
                    _ => {
                        let is_end = |&byte: &u8| is_blank(byte) || byte == b'>';
                        let end = at + bytes[at..].iter().position(is_end)?;
                        let start = std::mem::replace(&mut at, end);
                        Value { start, end, site: Site::Bare }
                    }
                };
                if at == value.end && bytes.get(at) == Some(&b'>') {
                    // `<a href=b/>` is not closed: the slash is of the value.
                    self.keep(name, value);
                    return Some(at + 1);
                }
            }
            self.keep(name, value);
        }
    }

    /// Keeps a value if it matters; of two with one name the first counts.
    fn keep(&mut self, name: &[u8], value: Value) {
        if let Some(attribute) = known(name)
            && self.get(attribute).is_none()
        {
            self.found.push((attribute, value));
        }
    }

    /// Returns whether there is nothing that matters.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn get(&self, attribute: Attribute) -> Option<Value> {
        self.found.iter().find(|(found, _)| *found == attribute).map(|&(_, value)| value)
    }

    /// Returns all that matter, from left to right.
    pub(super) fn all(&self) -> &[(Attribute, Value)] {
        &self.found
    }
}
