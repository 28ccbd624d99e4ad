//! The text of a Markdown document, cut by what may become of its parts.
//!
//! In: text as the parser tells it, and where it stands. Out: pieces. The naive way takes it as one piece; then a replacement may
//! put a blank beside `**`, and that is no emphasis any more.

use std::ops::Range;

use super::style::{
    BLANKS, BRACKET, EDGE_MARK, FIRST, FIRST_ALONE, FIXED, HEAD, TEXT, edge, outer,
};
use super::{Piece, Scan};
use crate::format::address::url;
use crate::format::entity::{self, Means, Names, Reference};

impl<'a> Scan<'a, '_> {
    /// Takes text that is at a place of the document, there perhaps written in another way.
    pub(super) fn text_event(&mut self, text: &str, mut range: Range<usize>) {
        if range.start < self.told {
            return;
        }
        if range.start < self.address_end {
            // In the middle of an address; the rest is text.
            if range.end <= self.address_end {
                return;
            }
            if self.text[range.clone()] != *text {
                return;
            }
            range.start = self.address_end;
            return self.verbatim(range);
        }
        if self.text[range.clone()] != *text {
            let style = if self.beside_delimiter(&range) { EDGE_MARK } else { TEXT };
            self.told = range.end;
            self.pieces.push(Piece::escaped(range, text, style));
            self.is_line_start = false;
            return;
        }
        let is_mark = text.as_bytes().first().is_some_and(u8::is_ascii_punctuation);
        if is_mark
            && range.start > self.told.max(self.body)
            && self.text[..range.start].ends_with('\\')
        {
            let escape = range.start - 1..range.start + 1;
            let style = if self.beside_delimiter(&escape) { EDGE_MARK } else { TEXT };
            self.pieces.push(Piece::escaped(escape, &text[..1], style));
            range.start += 1;
            self.told = range.start;
            self.is_line_start = false;
        }
        self.verbatim(range);
    }

    /// Takes what stands before an emphasis that begins here.
    pub(super) fn before_emphasis(&mut self, start: usize) {
        let index = self.pieces.iter().rposition(|piece| !matches!(piece, Piece::Level(_)));
        let bytes = self.text.as_bytes();
        let Some(index) = index else { return };
        if let Piece::Prose(range, style) = &mut self.pieces[index]
            && range.end == start
        {
            let before = range.start.checked_sub(1).map(|at| bytes[at]);
            if !matches!(before, Some(b'*' | b'_' | b'~')) || self.between == Some(index) {
                *style = outer(*style);
            }
        }
    }

    fn beside_delimiter(&self, range: &Range<usize>) -> bool {
        let bytes = self.text.as_bytes();
        let is = |byte: Option<&u8>| byte.is_some_and(|byte| b"*_~".contains(byte));
        is(range.start.checked_sub(1).and_then(|before| bytes.get(before)))
            || is(bytes.get(range.end))
    }

    /// Takes text that stands in the document as it is, by what may become of its parts.
    fn verbatim(&mut self, range: Range<usize>) {
        let mut at = range.start;
        if std::mem::take(&mut self.is_line_start) {
            at = self.head(range.clone());
        }
        let bytes = self.text.as_bytes();
        let mut plain = at;
        while at < range.end {
            let found = bytes[at..range.end].iter().position(|byte| b"*_~[]h".contains(byte));
            let Some(found) = found else { break };
            at += found;
            match bytes[at] {
                b'h' => {
                    let Some(len) = url(&self.text[..range.end], at) else {
                        at += 1;
                        continue;
                    };
                    self.plain(plain..at);
                    self.object(at..at + len);
                    at += len;
                }
                byte => {
                    self.plain(plain..at);
                    self.delimiter(at, byte);
                    at += 1;
                    if self.address_end > at {
                        let end = self.address_end.min(range.end);
                        self.object(at..end);
                        at = end;
                    }
                }
            }
            plain = at;
        }
        self.plain(plain..range.end);
    }

    /// Takes a delimiter or bracket that means nothing here.
    fn delimiter(&mut self, at: usize, byte: u8) {
        self.has_stray |= matches!(byte, b'*' | b'_' | b'~');
        match byte {
            b'[' => {
                self.bracket = Some(self.pieces.len());
                let is_name = self.text[..at].ends_with('[');
                if !is_name && self.text.as_bytes().get(at + 1) != Some(&b'^') {
                    return self.piece(at..at + 1, FIXED);
                }
                let line = self.line(at + 1);
                // A page of a wiki, or the label of a footnote that is nowhere.
                if is_name {
                    if let Some(close) = line.find("]]") {
                        let page = line[..close].find('|').unwrap_or(close);
                        self.address_end = at + 1 + page;
                    }
                } else if line.starts_with('^') {
                    self.address_end = at + 1 + line.find(']').unwrap_or(0);
                }
            }
            b']' => {
                let pieces = match self.bracket.take() {
                    Some(open) if self.has_own_labels => self.pieces.split_off(open),
                    _ => Vec::new(),
                };
                // With another text it may name a definition.
                self.pieces.extend(pieces.into_iter().map(|piece| match piece {
                    Piece::Prose(range, _) => Piece::Object(range),
                    Piece::Escaped(escaped, _) => Piece::Object(escaped.0),
                    other @ (Piece::Object(_) | Piece::Remains(_) | Piece::Level(_)) => other,
                }));
            }
            _ => {}
        }
        self.piece(at..at + 1, FIXED);
    }

    /// Returns what stands behind a place on its line, as far as a name could be long.
    fn line(&self, at: usize) -> &'a str {
        const LONGEST_NAME: usize = 200;
        let mut end = self.text.len().min(at + LONGEST_NAME);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let rest = &self.text[at..end];
        &rest[..memchr::memchr2(b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len())]
    }

    /// Takes what comes before the first letter of a line; returns its end.
    fn head(&mut self, range: Range<usize>) -> usize {
        let line = &self.text[range.clone()];
        let is_inner = |c: char| c.is_alphabetic() || "*_~[]".contains(c);
        let head = &line[..line.find(is_inner).unwrap_or(line.len())];
        let style = if head.trim().is_empty() {
            BLANKS
        } else if head.bytes().all(|byte| byte.is_ascii_digit()) {
            TEXT
        } else {
            HEAD
        };
        let mut end = range.start + head.len();
        if self.beside_delimiter(&(range.start..end)) {
            // The last character is beside the delimiter.
            end -= head.chars().next_back().map_or(0, char::len_utf8);
            self.piece(range.start..end, style);
            return end;
        }
        self.piece(range.start..end, style);
        match line[head.len()..].chars().next() {
            Some(c) if c.is_alphabetic() => {
                let first = end..end + c.len_utf8();
                if self.beside_delimiter(&first) {
                    return end;
                }
                self.piece(first.clone(), if head.is_empty() { FIRST_ALONE } else { FIRST });
                first.end
            }
            _ => end,
        }
    }

    /// Takes text with nothing special in it; its ends are beside others.
    fn plain(&mut self, range: Range<usize>) {
        let text = &self.text[range.clone()];
        let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
            return;
        };
        let bytes = self.text.as_bytes();
        let before = range.start.checked_sub(1).map(|at| bytes[at]);
        let behind = bytes.get(range.end).copied();
        let style = |beside: Option<u8>, c: char| match beside {
            Some(b'*' | b'_' | b'~') => Some(edge(c)),
            Some(b'[' | b']' | b')') => Some(BRACKET),
            _ => None,
        };
        let mut inner = range.clone();
        if let Some(style) = style(before, first) {
            inner.start += first.len_utf8();
            // Beside two, one says more.
            let both = Some(style).filter(|&style| style != BRACKET);
            let both = both.or_else(|| edge_of(behind, last)).unwrap_or(style);
            let is_all = inner.start == range.end;
            let is_outer = range.start == self.emphasis_end;
            let style = match (is_all && edge_of(behind, last).is_some(), is_outer) {
                (true, _) => both,
                (false, true) => outer(if is_all { both } else { style }),
                (false, false) if is_all => both,
                (false, false) => style,
            };
            if is_all && is_outer {
                self.between = Some(self.pieces.len());
            }
            self.piece(range.start..inner.start, style);
        }
        let end = style(behind, last).filter(|_| !inner.is_empty());
        if end.is_some() {
            inner.end -= last.len_utf8();
        }
        self.piece(inner.clone(), TEXT);
        if let Some(style) = end {
            self.piece(inner.end..range.end, style);
        }
    }
}

/// Returns the style of a character beside a byte, if that is a delimiter.
fn edge_of(beside: Option<u8>, c: char) -> Option<u8> {
    matches!(beside, Some(b'*' | b'_' | b'~')).then(|| edge(c))
}

/// Returns the parts of a title: text, and escapes with what they mean; `None` if one means nothing known.
pub(super) fn title_parts(
    text: &str,
    range: Range<usize>,
) -> Option<Vec<(Range<usize>, Option<String>)>> {
    let bytes = &text.as_bytes()[..range.end];
    let (mut parts, mut start, mut at) = (Vec::new(), range.start, range.start);
    while let Some(found) = memchr::memchr2(b'\\', b'&', &bytes[at..]) {
        at += found;
        let (len, means) = match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(byte)) if byte.is_ascii_punctuation() => {
                (2, char::from(*byte).to_string())
            }
            (b'&', _) => match entity::reference(&bytes[at..], Names::Xhtml) {
                Some(Reference { len, means: Means::Char(c), .. }) => (len, c.to_string()),
                Some(Reference { len, means: Means::Text(of), .. }) => (len, of.to_owned()),
                Some(_) => return None,
                None => (0, String::new()),
            },
            _ => (0, String::new()),
        };
        if len == 0 {
            at += 1;
            continue;
        }
        if start < at {
            parts.push((start..at, None));
        }
        parts.push((at..at + len, Some(means)));
        at += len;
        start = at;
    }
    if start < range.end {
        parts.push((start..range.end, None));
    }
    Some(parts)
}
