//! HTML that stands in XML as text, as feeds have their articles.
//!
//! In: the text of an element, in `<![CDATA[ ]]>` or with its `<` escaped. Out: the runs of that HTML, at their places in the document. The
//! naive way takes it for the text that it is to XML: `href="发.html"` then leads nowhere, and no word goes across a tag. Here
//! it is decoded, read as HTML, and each piece goes back to where it came from, escaped as often as it was.

use std::ops::Range;

use crate::format::entity::{self, Means, Names, Site, Written};
use crate::format::html::Html;
use crate::format::runs::{Runs, Text};
use crate::format::{Format, Memory, Options};

/// Flags of the style of a piece, which is that of HTML besides: it stands in CDATA; or in text, where all is escaped once more.
const IN_CDATA: u8 = 0x80;
const IN_TEXT: u8 = 0x40;
/// It was written as a reference of XML, of the kind that the style says, and is text as it is to HTML.
const AS_REFERENCE: u8 = IN_CDATA | IN_TEXT;
const OF_HTML: u8 = 0x3F;
const KIND: u8 = 7;

/// A part of an element's text.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) is_cdata: bool,
}

/// A part of the decoded text, and where it stands in the document.
struct Segment {
    /// In the decoded text.
    at: usize,
    len: usize,
    range: Range<usize>,
    part: usize,
    style: u8,
    /// It stands in the document as it is.
    is_verbatim: bool,
}

/// Tells the text of an element as HTML, if it is that: in a feed what has a tag, elsewhere what ends an element. Returns whether
/// it was told.
pub(super) fn tell(document: &str, parts: &[Part], is_feed: bool, runs: &mut Runs) -> bool {
    if !parts.iter().any(|part| may_hold_tags(&document[part.range.clone()], part.is_cdata)) {
        return false;
    }
    let Some((decoded, segments)) = decode(document, parts) else { return false };
    if !has_tags(&decoded, is_feed) {
        return false;
    }
    let mut inner = Runs::new();
    let html = Html::new(&Options::default());
    if html.scan(&decoded, &Memory::default(), &mut inner).is_err() {
        return false;
    }
    let mut first = 0;
    for &end in &inner.ends {
        for piece in &inner.pieces[first..end] {
            let range = piece.range();
            let touched =
                segments.partition_point(|segment| segment.at + segment.len <= range.start);
            let touched = segments[touched..].iter().take_while(|segment| segment.at < range.end);
            match piece.text() {
                Text::Verbatim => {
                    touched.for_each(|segment| segment.tell(&range, piece.style, &decoded, runs));
                }
                // What goes over the end of a part stays.
                Text::Decoded(text) => {
                    if let Some((whole, flags)) = span(&range, touched) {
                        let text = &inner.decoded[text];
                        runs.escaped(whole, text, piece.style & OF_HTML | flags);
                    }
                }
                Text::Object => {
                    if let Some((whole, _)) = span(&range, touched) {
                        runs.object(whole);
                    }
                }
            }
        }
        runs.end();
        first = end;
    }
    true
}

/// Returns where a range of the decoded text, which goes over these segments, stands in the document, and the flags of its style; `None`
/// if that is not in one part.
fn span<'a>(
    range: &Range<usize>,
    mut segments: impl Iterator<Item = &'a Segment>,
) -> Option<(Range<usize>, u8)> {
    let first = segments.next()?;
    let last = segments.last().unwrap_or(first);
    let (mut whole, style) = (first.range.start..last.range.end, first.style);
    if first.is_verbatim {
        whole.start += range.start.saturating_sub(first.at);
    }
    if last.is_verbatim {
        whole.end -= (last.at + last.len).saturating_sub(range.end);
    }
    let flags = if style & AS_REFERENCE == AS_REFERENCE { IN_TEXT } else { style };
    (first.part == last.part).then_some((whole, flags))
}

impl Segment {
    /// Tells what of it lies in a range of the decoded text.
    fn tell(&self, range: &Range<usize>, style: u8, decoded: &str, runs: &mut Runs) {
        let style = style & OF_HTML & !KIND | self.style;
        if self.is_verbatim {
            let start = range.start.max(self.at) - self.at;
            let end = range.end.min(self.at + self.len) - self.at;
            runs.prose_in(self.range.start + start..self.range.start + end, style);
        } else {
            runs.escaped(self.range.clone(), &decoded[self.at..self.at + self.len], style);
        }
    }
}

/// Returns whether a text has the sign of a tag.
fn may_hold_tags(text: &str, is_cdata: bool) -> bool {
    let bytes = text.as_bytes();
    if is_cdata {
        return memchr::memchr(b'<', bytes).is_some();
    }
    memchr::memmem::find(bytes, b"&lt;").is_some() || memchr::memmem::find(bytes, b"&#").is_some()
}

/// Returns whether a text has tags as HTML has them.
fn has_tags(text: &str, is_feed: bool) -> bool {
    const ALONE: [&[u8]; 5] = [b"<br", b"<img ", b"<hr", b"<p>", b"<p "];
    // What has no end, as in `a<b`, is none.
    let Some(end) = memchr::memrchr(b'>', text.as_bytes()) else { return false };
    let bytes = &text.as_bytes()[..=end];
    memchr::memchr_iter(b'<', bytes).any(|at| {
        let rest = &bytes[at..];
        match rest.get(1) {
            Some(b'/') => rest.get(2).is_some_and(u8::is_ascii_alphabetic),
            Some(byte) if byte.is_ascii_alphabetic() => {
                is_feed
                    || ALONE.iter().any(|tag| {
                        rest.len() > tag.len() && rest[..tag.len()].eq_ignore_ascii_case(tag)
                    })
            }
            _ => false,
        }
    })
}

/// Returns the text of an element, and where it comes from; `None` if it has a reference that the document defines, or something that is
/// no XML.
fn decode(document: &str, parts: &[Part]) -> Option<(String, Vec<Segment>)> {
    let (mut decoded, mut segments) = (String::new(), Vec::new());
    let mut add = |range: Range<usize>, part: usize, style: u8, text: Option<&str>| {
        let at = decoded.len();
        decoded.push_str(text.unwrap_or(&document[range.clone()]));
        let (len, is_verbatim) = (decoded.len() - at, text.is_none());
        if len > 0 {
            segments.push(Segment { at, len, range, part, style, is_verbatim });
        }
    };
    let bytes = document.as_bytes();
    for (part, Part { range, is_cdata }) in parts.iter().enumerate() {
        if *is_cdata {
            add(range.clone(), part, IN_CDATA, None);
            continue;
        }
        let mut start = range.start;
        while let Some(found) = memchr::memchr2(b'&', b'<', &bytes[start..range.end]) {
            let sign = start + found;
            if bytes[sign] == b'<' {
                return None;
            }
            let reference = entity::reference(&bytes[sign..range.end], Names::Xml)?;
            let mut room = [0; 4];
            let text = match reference.means {
                Means::Char(c) => &*c.encode_utf8(&mut room),
                Means::Text(text) => text,
                Means::Unknown => return None,
            };
            let style = match reference.written {
                Written::Plainly => IN_TEXT,
                written => AS_REFERENCE | written as u8,
            };
            add(start..sign, part, IN_TEXT, None);
            start = sign + reference.len;
            add(sign..start, part, style, Some(text));
        }
        add(start..range.end, part, IN_TEXT, None);
    }
    Some((decoded, segments))
}

/// Appends text as it is written in a piece of this style; `None` if the style is one of XML alone.
pub(super) fn escape(style: u8, text: &str, output: &mut String) -> Option<bool> {
    let flags = style & AS_REFERENCE;
    if flags == 0 {
        return None;
    }
    let mut html = String::new();
    let kind = if flags == AS_REFERENCE { KIND } else { 0 };
    if !entity::escape(style & OF_HTML & !kind, text, &mut html) {
        return Some(false);
    }
    Some(match flags {
        IN_CDATA => {
            // `]]>` may not arise.
            let can = !html.contains([']', '>']);
            output.push_str(if can { &html } else { "" });
            can
        }
        IN_TEXT => entity::escape(entity::style(Site::Text, Written::Plainly), &html, output),
        _ => html.chars().all(|c| {
            let kind = if c.is_ascii() { 0 } else { style & KIND };
            entity::escape(kind, c.encode_utf8(&mut [0; 4]), output)
        }),
    })
}
