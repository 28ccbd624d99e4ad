//! Wikitext: pages of MediaWiki, also those with its own conversion markup `-{…}-`.
//!
//! In: a page. Out: a run for each paragraph, heading, item, cell, caption, note and named value of a template. The naive way converts
//! the page as plain text, and then links lead elsewhere and templates have parameters that nobody reads. Ours knows what
//! stands where by one pass that pairs brackets and one that reads, both linear; what has no end is text, as MediaWiki has it.
//!
//! `[[发展]]` is both a name and text. So that it leads to the same page and reads as it should, it becomes
//! `[[发展|發展]]`, but only if its text changes. Names with a namespace or a section stay as they are, but for `[[#发展]]` where the page
//! has such a heading. Of templates, unnamed values stay, because as often as not they name a page, unless it is known that they are text.
//!
//! lines      what begins a line, and tables              tags   elements, and where they end
//! names      what MediaWiki knows, pictures              pairs  which brackets belong together
//! templates  which of their values are text

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use memchr::memmem;

mod lines;
mod names;
mod pairs;
mod tags;
mod templates;

use super::address::url_before;
use super::{Format, Malformed, Memory, Runs};
use templates::Use;

/// Text of which any may become any.
const TEXT: u8 = 0;
/// What stays: line ends.
const FIXED: u8 = 1;
/// The first character of a line.
const FIRST: u8 = 2;
/// The first behind `''` or `[[`, which mean something else around nothing.
const EDGE: u8 = 3;

/// What leads to a heading, and has to stay the same as that.
const ANCHOR: u8 = 4;

/// Pages of MediaWiki.
#[derive(Debug)]
pub(crate) struct Wikitext;

impl Format for Wikitext {
    fn name(&self) -> &str {
        "wikitext"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let pairs = pairs::of(text);
        let mut scan = Scan {
            text,
            bytes: text.as_bytes(),
            at: 0,
            runs,
            pairs,
            frames: Vec::new(),
            ends: HashSet::new(),
            refs: 0,
            style: FIRST,
            heading: 0..0,
            term: None,
            headings: lines::headings(text),
            tag_ends: tags::Ends::default(),
            has_short_notes: templates::has_short_notes(text),
            foreign: None,
            external: 0,
        };
        scan.page();
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        let is_refused = style == FIXED
            || text.contains(['\n', '\r'])
            || matches!(style, FIRST | EDGE | ANCHOR) && text.is_empty()
            || style == ANCHOR && text.contains(['[', ']', '{', '}', '|', '<', '>', '#', '&', '_']);
        if is_refused {
            return false;
        }
        if style == ANCHOR {
            output.push_str(text);
            return true;
        }
        for (at, c) in text.char_indices() {
            let is_special =
                "[]{}|<>&~_='".contains(c) || style == FIRST && at == 0 && "*#:;!- \t".contains(c);
            if is_special {
                output.push_str(&format!("&#{};", u32::from(c)));
            } else {
                output.push(c);
            }
        }
        true
    }

    fn stays(&self, style: u8) -> bool {
        style != TEXT
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Template,
    /// A picture with its options and its caption.
    File,
    Link,
    Table,
    Ref,
    Gallery,
    /// An element in another language.
    Foreign,
}

/// Something that is open.
#[derive(Clone, Copy, Debug)]
struct Frame {
    kind: Kind,
    /// Where it ends, if that is known.
    end: Option<usize>,
    /// Where it or what it stands in ends, if that is known.
    limit: usize,
    /// What comes is no text.
    is_quiet: bool,
    /// A run within another is open for it.
    is_aside: bool,
    /// Of a template, what it does with its values.
    used: Use,
}

/// Where the term of a definition is read.
#[derive(Clone, Copy, Debug)]
struct Term {
    /// How many frames were open at its beginning.
    frames: usize,
    /// How many elements are open in it.
    elements: usize,
}

struct Scan<'a, 'r> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    runs: &'r mut Runs,
    /// Where brackets are closed, by where they open.
    pairs: HashMap<usize, usize>,
    frames: Vec<Frame>,
    /// Where frames end.
    ends: HashSet<usize>,
    refs: usize,
    /// The style of the next character.
    style: u8,
    /// The sign at the end of the heading in this line.
    heading: Range<usize>,
    /// The term of a definition, if that is in this line before its sign.
    term: Option<Term>,
    /// The texts of headings.
    headings: HashSet<&'a str>,
    /// Where elements end.
    tag_ends: tags::Ends,
    /// Notes name sources by their authors.
    has_short_notes: bool,
    /// The element in another language that is open, and how many of its name are.
    foreign: Option<(String, usize)>,
    /// External links that are open.
    external: usize,
}

impl<'a> Scan<'a, '_> {
    fn page(&mut self) {
        if let Some(len) = names::redirect(self.text) {
            self.at = len;
        }
        self.line_start();
        while self.at < self.bytes.len() {
            self.next();
        }
        self.end();
        while !self.frames.is_empty() {
            self.pop();
        }
        self.runs.end();
    }

    fn is_quiet(&self) -> bool {
        self.foreign.is_some() || self.frames.last().is_some_and(|frame| frame.is_quiet)
    }

    fn top(&self) -> Option<Kind> {
        self.frames.last().map(|frame| frame.kind)
    }

    /// Returns where the innermost of what is open ends, if that is known; nothing in it goes further.
    fn limit(&self) -> usize {
        self.frames.last().map_or(self.bytes.len(), |frame| frame.limit)
    }

    fn starts(&self, with: &str) -> bool {
        self.bytes[self.at..].starts_with(with.as_bytes())
    }

    fn end(&mut self) {
        if !self.is_quiet() {
            self.runs.end();
        }
    }

    fn object(&mut self, range: Range<usize>) {
        if !self.is_quiet() {
            self.runs.object(range);
        }
        self.style = TEXT;
    }

    fn prose(&mut self, range: Range<usize>) {
        let style = std::mem::replace(&mut self.style, TEXT);
        if self.is_quiet() {
            return;
        }
        let text = &self.text[range.clone()];
        let mut start = range.start;
        if style != TEXT {
            start += text.chars().next().map_or(0, char::len_utf8);
            self.runs.prose_in(range.start..start, style);
        }
        self.runs.prose(start..range.end);
    }

    /// Lets something remain of what comes.
    fn edge(&mut self) {
        if self.style == TEXT {
            self.style = EDGE;
        }
    }

    fn push(&mut self, kind: Kind, end: Option<usize>) {
        let is_quiet = self.is_quiet() && kind != Kind::Ref;
        let is_aside = kind == Kind::Ref;
        if is_aside {
            self.runs.begin_aside();
        }
        self.refs += usize::from(kind == Kind::Ref);
        self.ends.extend(end);
        let limit = end.unwrap_or(self.limit());
        self.frames.push(Frame { kind, end, limit, is_quiet, is_aside, used: Use::Ordinary });
    }

    fn pop(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.is_aside {
            self.runs.end_aside();
        }
        self.refs -= usize::from(frame.kind == Kind::Ref);
        if let Some(end) = frame.end {
            self.ends.remove(&end);
        }
        if frame.kind == Kind::Foreign {
            self.foreign = None;
        }
        self.style = TEXT;
    }

    fn next(&mut self) {
        let start = self.at;
        while self.limit() < start {
            // It was passed over.
            self.pop();
        }
        let rest = &self.bytes[start..];
        let is_special = |byte: &u8| b"\n<[]{}|!'&-_=h:".contains(byte);
        let len = rest.iter().position(is_special).unwrap_or(rest.len());
        if len > 0 {
            self.at += len;
            return self.prose(start..start + len);
        }
        let is_taken = match rest[0] {
            b'\n' => {
                self.line_end();
                true
            }
            b'<' => self.tag(),
            b'[' => self.link(),
            b']' | b'}' if self.ends.contains(&start) => {
                while self.frames.last().is_some_and(|frame| frame.end != Some(start)) {
                    self.pop();
                }
                self.pop();
                self.at += 2;
                true
            }
            b']' if self.external > 0 => {
                self.external -= 1;
                self.at += 1;
                true
            }
            b'{' => self.template(),
            b'|' | b'!' => self.bar(),
            b'\'' if self.starts("''") => {
                self.at += rest.iter().take_while(|&&byte| byte == b'\'').count();
                self.edge();
                true
            }
            b'&' => self.entity(),
            b'-' => match self.pairs.get(&start) {
                Some(&end) => {
                    self.at = end + 2;
                    self.object(start..self.at);
                    true
                }
                None => false,
            },
            b'_' => self.magic_word(),
            b':' => self.colon(),
            b'=' if start == self.heading.start && !self.heading.is_empty() => {
                self.at = self.heading.end;
                true
            }
            b'h' => match url_before(&self.text[..self.limit()], start, &["{{", "}}", "''"]) {
                Some(len) => {
                    self.at += len;
                    self.object(start..self.at);
                    true
                }
                None => false,
            },
            _ => false,
        };
        if !is_taken {
            self.at += 1;
            self.prose(start..self.at);
        }
    }

    /// Takes an option of a picture, or its caption.
    fn option(&mut self) {
        let rest = &self.bytes[self.at..];
        let rest = &rest[..rest.len().min(names::LONGEST_OPTION)];
        let end = rest.iter().position(|byte| b"|]{[<\n".contains(byte));
        let option = end.and_then(|end| self.text.get(self.at..self.at + end));
        let (skipped, is_text) = names::option(option.unwrap_or_default());
        self.at += skipped;
        self.part(is_text);
    }

    /// Takes a link within the wiki or outside.
    fn link(&mut self) -> bool {
        let start = self.at;
        let Some(&end) = self.pairs.get(&start) else { return self.external() };
        let inner = start + 2;
        const LONGEST: usize = 500;
        let head = &self.bytes[inner..end.min(inner + LONGEST)];
        let stop = head.iter().position(|byte| b"|[]{}<\n".contains(byte));
        let name = match stop {
            Some(stop) if head[stop] == b'|' => &self.text[inner..inner + stop],
            None if head.len() == end - inner => {
                // Without another text.
                let name = &self.text[inner..end];
                self.at = end + 2;
                if self.is_of_heading(name) {
                    self.object(start..inner);
                    self.runs.aside(|runs| runs.prose_in(inner + 1..end, ANCHOR));
                } else if name.contains([':', '#', '/', '&', '\'']) || self.is_quiet() {
                    self.object(start..self.at);
                } else {
                    self.edge();
                    self.prose(inner..end);
                    self.runs.when_changed(inner..end, &format!("{name}|"), "");
                }
                return true;
            }
            // A name that is made of others.
            _ => {
                self.at = end + 2;
                self.object(start..self.at);
                return true;
            }
        };
        match names::namespace(name) {
            names::Namespace::File => {
                self.object(start..inner);
                self.at = inner + name.len();
                self.push(Kind::File, Some(end));
            }
            names::Namespace::Category => {
                self.at = end + 2;
                self.object(start..self.at);
            }
            names::Namespace::Other => {
                if self.is_of_heading(name) {
                    let anchor = inner + 1..inner + name.len();
                    self.runs.aside(|runs| runs.prose_in(anchor, ANCHOR));
                }
                self.at = inner + name.len() + 1;
                self.push(Kind::Link, Some(end));
                self.edge();
            }
        }
        true
    }

    /// Returns whether a link leads to a heading of this page, which becomes another as its text does.
    fn is_of_heading(&self, name: &str) -> bool {
        let anchor = name.strip_prefix('#');
        anchor.is_some_and(|anchor| self.headings.contains(anchor))
    }

    /// Takes the address of `[https://… text]`.
    fn external(&mut self) -> bool {
        let start = self.at;
        let rest = &self.text[start + 1..];
        const SCHEMES: [&str; 5] = ["http://", "https://", "//", "ftp://", "mailto:"];
        if !SCHEMES.iter().any(|scheme| rest.starts_with(scheme)) {
            return false;
        }
        let len = rest.find(|c: char| c.is_whitespace() || "[]<>".contains(c));
        let end = start + 1 + len.unwrap_or(rest.len());
        self.at = end;
        self.external += 1;
        if self.starts("]") {
            self.object(start..end);
        }
        self.at += self.bytes[end..].iter().take_while(|&&byte| byte == b' ').count();
        self.edge();
        true
    }

    fn entity(&mut self) -> bool {
        let start = self.at;
        let Some((len, c)) = names::entity(&self.text[start..]) else { return false };
        self.at += len;
        match c {
            Some(c) if !self.is_quiet() => {
                let style = std::mem::replace(&mut self.style, TEXT);
                self.runs.escaped(start..self.at, c.encode_utf8(&mut [0; 4]), style);
            }
            _ => self.object(start..self.at),
        }
        true
    }

    /// Takes `__TOC__`.
    fn magic_word(&mut self) -> bool {
        const LONGEST: usize = 60;
        let start = self.at;
        if !self.starts("__") {
            return false;
        }
        let rest = &self.bytes[start + 2..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let is_inner = |byte: &u8| byte.is_ascii_alphabetic() || !byte.is_ascii();
        let len = rest.iter().take_while(|byte| is_inner(byte)).count();
        if len == 0 || !rest[len..].starts_with(b"__") {
            return false;
        }
        let word = self.text.get(start + 2..start + 2 + len).unwrap_or_default();
        if !names::is_magic_word(word) {
            return false;
        }
        self.at += len + 4;
        self.object(start..self.at);
        true
    }

    /// Ends a note, and what is open in it.
    fn ref_end(&mut self) {
        if self.refs > 0 {
            while self.top().is_some_and(|kind| kind != Kind::Ref) {
                self.pop();
            }
            self.pop();
        }
    }

    fn tag(&mut self) -> bool {
        let start = self.at;
        if self.starts("<!--") {
            let end = memmem::find(&self.bytes[start..], b"-->");
            self.at = end.map_or(self.bytes.len(), |end| start + end + 3);
            self.runs.comment(start..self.at);
            return true;
        }
        let limit = self.limit();
        let Some(tag) = tags::tag(&self.text[start..limit]) else { return false };
        self.at += tag.len;
        if self.is_of_foreign(&tag) {
            return true;
        }
        if let Some(term) = &mut self.term
            && !tag.is_empty
            && tag.name != "br"
        {
            let elements = term.elements;
            term.elements = if tag.is_end { elements.saturating_sub(1) } else { elements + 1 };
        }
        match &*tag.name {
            "ref" if tag.is_end => self.ref_end(),
            "ref" if !tag.is_empty => self.push(Kind::Ref, None),
            "gallery" if tag.is_end => {
                self.end();
                if self.top() == Some(Kind::Gallery) {
                    self.pop();
                }
            }
            "gallery" if !tag.is_empty => {
                self.end();
                self.push(Kind::Gallery, None);
                self.line_start();
            }
            name if tags::is_raw(name) && !tag.is_end && !tag.is_empty => {
                if let Some(end) = self.tag_ends.find(self.text, self.at, limit, name) {
                    self.at = end;
                    self.object(start..end);
                }
            }
            name => {
                if tags::is_block(name) {
                    self.end();
                    self.style = FIRST;
                }
                if !tag.is_end
                    && !tag.is_empty
                    && tag.is_foreign()
                    && self.tag_ends.find(self.text, self.at, limit, name).is_some()
                {
                    self.object(start..self.at);
                    self.push(Kind::Foreign, None);
                    self.foreign = Some((name.to_owned(), 1));
                }
            }
        }
        true
    }

    /// Counts a tag within an element in another language, and ends that; returns whether it was within one.
    fn is_of_foreign(&mut self, tag: &tags::Tag<'_>) -> bool {
        let Some((name, open)) = &mut self.foreign else { return false };
        if *name == *tag.name && !tag.is_empty {
            *open = if tag.is_end { *open - 1 } else { *open + 1 };
            if *open == 0 {
                while self.foreign.is_some() {
                    self.pop();
                }
                if tags::is_block(&tag.name) {
                    self.end();
                    self.style = FIRST;
                }
            }
        }
        true
    }
}
