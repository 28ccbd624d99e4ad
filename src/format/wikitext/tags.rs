//! Tags of HTML and of extensions.
//!
//! In: a page, and where a tag may begin. Out: what it is, and where its end is. The naive way looks for the end of each element from
//! its beginning, which is quadratic where the ends are far; here is remembered where the next of each name is.

use std::borrow::Cow;
use std::collections::HashMap;

use memchr::memmem;

use crate::format::lang::is_foreign;

/// A tag of HTML or of an extension.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub(super) name: Cow<'a, str>,
    attributes: &'a str,
    pub(super) is_end: bool,
    pub(super) is_empty: bool,
    pub(super) len: usize,
}

/// Returns the tag that a text begins with.
pub(super) fn tag(text: &str) -> Option<Tag<'_>> {
    const LONGEST: usize = 1000;
    let bytes = text.as_bytes();
    let is_end = bytes.get(1) == Some(&b'/');
    let start = 1 + usize::from(is_end);
    let rest = bytes.get(start..)?;
    let len = rest.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if len == 0 || !rest[0].is_ascii_alphabetic() {
        return None;
    }
    let behind = &rest[len..];
    let end = behind.iter().take(LONGEST).position(|&byte| byte == b'>' || byte == b'<')?;
    if behind[end] == b'<' {
        return None;
    }
    let name = &text[start..start + len];
    let name = match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    };
    let is_empty = behind[..end].ends_with(b"/");
    let attributes = &text[start + len..start + len + end];
    Some(Tag { name, attributes, is_end, is_empty, len: start + len + end + 1 })
}

impl Tag<'_> {
    /// Returns whether it names a language whose text is left.
    pub(super) fn is_foreign(&self) -> bool {
        let mut rest = self.attributes;
        while let Some(found) = rest.find("lang") {
            let is_word =
                rest[..found].ends_with(|c: char| c.is_whitespace() || ":\"'/".contains(c));
            rest = rest[found + "lang".len()..].trim_start();
            if let Some(value) = rest.strip_prefix('=').filter(|_| is_word) {
                let value = value.trim_start().trim_start_matches(['"', '\'']);
                let is_in = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                let end = value.find(|c| !is_in(c)).unwrap_or(value.len());
                return is_foreign(&value[..end]);
            }
        }
        false
    }
}

/// Returns whether what stands in an element has no brackets either: an extension reads it.
pub(super) fn is_extension(name: &str) -> bool {
    is_raw(name) && !matches!(name, "code" | "kbd" | "samp" | "tt" | "var" | "script" | "style")
}

/// Returns whether what stands in an element is no text.
pub(super) fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "nowiki"
            | "pre"
            | "math"
            | "chem"
            | "ce"
            | "syntaxhighlight"
            | "source"
            | "code"
            | "score"
            | "timeline"
            | "graph"
            | "mapframe"
            | "maplink"
            | "templatedata"
            | "templatestyles"
            | "hiero"
            | "script"
            | "style"
            | "imagemap"
            | "inputbox"
            | "kbd"
            | "samp"
            | "tt"
            | "var"
            | "categorytree"
            | "dynamicpagelist"
    )
}

/// Returns whether an element ends a run.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "br" | "p"
            | "div"
            | "li"
            | "ul"
            | "ol"
            | "dl"
            | "dt"
            | "dd"
            | "table"
            | "tr"
            | "td"
            | "th"
            | "caption"
            | "hr"
            | "blockquote"
            | "center"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "poem"
            | "references"
            | "section"
    )
}

/// Where elements end.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Of each name, where its next end is, seen from some place before that.
    next: HashMap<String, usize>,
}

impl Ends {
    /// Returns where the end tag of an element of this name begins next, before `limit`. Places must come in their order.
    pub(super) fn find(
        &mut self,
        text: &str,
        from: usize,
        limit: usize,
        name: &str,
    ) -> Option<usize> {
        let next = match self.next.get(name) {
            Some(&next) if next >= from => next,
            _ => {
                let next = end_tag(text.as_bytes(), from, name);
                self.next.insert(name.to_owned(), next);
                next
            }
        };
        (next < limit).then_some(next)
    }
}

/// Returns where an end tag of this name begins, which has no capitals, or a place that no text has.
fn end_tag(bytes: &[u8], from: usize, name: &str) -> usize {
    let found = memmem::find_iter(&bytes[from..], b"</").map(|at| from + at).find(|&at| {
        let name_end = at + 2 + name.len();
        let here = bytes.get(at + 2..name_end);
        here.is_some_and(|here| here.eq_ignore_ascii_case(name.as_bytes()))
            && !bytes.get(name_end).is_some_and(u8::is_ascii_alphanumeric)
    });
    found.unwrap_or(usize::MAX)
}
