//! HTML and XHTML.
//!
//! In: a page, or a part of one. Out: a run for each paragraph, heading, cell, and for each attribute that a person reads. The naive
//! way parses the page into a tree and writes that anew, which changes quotes, white space and all that was wrong in
//! it; or takes what is between `<` and `>` for tags, which converts scripts and breaks at a comment. Ours goes through the
//! states of the HTML standard's tokenizer as far as they decide where text is, and keeps the open elements in a stack, so
//! that it knows what a browser knows of a place.
//!
//! What is read as one text: inline elements, comments and scripts are transparent; a block, `<br>` and a cell end it; a picture, a field
//! and code are objects in it. Ruby, fallback text, what a button says, `alt` and the like are texts of their own.
//!
//! ```text
//! tags        what is said of each element        attributes   what is said in a tag
//! stack       what is open at a place             tokens       comments, scripts
//! fragments   pieces of HTML in another format
//! ```

mod attributes;
mod fragments;
mod meta;
mod stack;
mod tags;
mod tokens;

use std::ops::Range;

pub(super) use attributes::name_end;
use attributes::{Attribute as Is, Attributes, Value};
pub(super) use fragments::Fragments;
use stack::{
    CODE, ENDS_RUN, FOREIGN, IGNORED, IN_MATH, IN_SVG, IS_ASIDE, KEPT, Stack, State, UNSEEN,
};
use tags::{Name, Traits};

use super::entity::{self, Means, Names, Site, Written, is_fullwidth, style};
use super::{Format, Malformed, Memory, Options, Runs, template, xml};

/// States that the attributes of an element take part in.
const OF_ATTRIBUTES: State = FOREIGN | KEPT | IGNORED;

/// HTML documents.
#[derive(Debug)]
pub(crate) struct Html {
    name: &'static str,
    /// Code is text too.
    code: bool,
    lang: Option<String>,
    /// Whether all documents are XHTML; others are if they say so.
    is_xml: bool,
}

impl Html {
    /// Returns the format of pages as servers send them.
    pub(crate) fn new(options: &Options) -> Html {
        let lang = options.lang.clone();
        Html { name: "html", code: options.code, lang, is_xml: false }
    }

    /// Returns the format of pages that are XML, as in e-books.
    pub(crate) fn xhtml(options: &Options) -> Html {
        Html { name: "xhtml", is_xml: true, ..Html::new(options) }
    }
}

impl Format for Html {
    fn name(&self) -> &str {
        self.name
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let head = text.trim_start_matches('\u{FEFF}').trim_ascii_start();
        let is_xml = self.is_xml || head.starts_with("<?xml");
        if is_xml {
            xml::tell_charset(text, runs);
        }
        Scanner::new(self, text, is_xml, runs).document();
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        entity::escape(style, text, output)
    }
}

/// Returns the format of a text that begins like this: of a page, XML or plain; `None` if more of it is needed to tell.
pub(super) fn of_head(head: &[u8]) -> Option<&'static str> {
    let (mut rest, mut is_xml) = (head, false);
    let behind =
        |rest: &'_ [u8], end: &[u8]| memchr::memmem::find(rest, end).map(|len| len + end.len());
    loop {
        rest = rest.trim_ascii_start();
        let begins = |what: &[u8]| {
            let len = what.len().min(rest.len());
            rest[..len].eq_ignore_ascii_case(&what[..len]).then_some(rest.len() >= what.len())
        };
        // What is cut off may yet become one of these.
        for what in [&b"<!--"[..], b"<?xml", b"<?", b"<!doctype", b"<html"] {
            if begins(what) == Some(false) {
                return None;
            }
        }
        if rest.starts_with(b"<!--") {
            rest = &rest[behind(rest, b"-->")?..];
        } else if rest.starts_with(b"<?") && (is_xml || rest.starts_with(b"<?xml")) {
            is_xml = true;
            rest = &rest[behind(rest, b"?>")?..];
        } else if begins(b"<html").is_some() {
            let next = rest.get(5)?;
            let is_root = next.is_ascii_whitespace() || matches!(next, b'>' | b'/');
            return Some(match (is_root, is_xml) {
                (true, false) => "html",
                (true, true) => "xhtml",
                (false, true) => "xml",
                (false, false) => "plain",
            });
        } else if begins(b"<!doctype").is_some() {
            let name = rest[9..].trim_ascii_start();
            if name.len() < 5 {
                return None;
            }
            let is_html =
                name[..4].eq_ignore_ascii_case(b"html") && !name[4].is_ascii_alphanumeric();
            return Some(match (is_html, is_xml) {
                (true, false) => "html",
                (true, true) => "xhtml",
                (false, true) => "xml",
                (false, false) => "plain",
            });
        } else {
            return Some(if is_xml { "xml" } else { "plain" });
        }
    }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    is_xml: bool,
    format: &'a Html,
    names: tags::Numbers,
    stack: Stack,
    attributes: Attributes,
    /// The first `html` was seen.
    has_root: bool,
    /// How many borders of blocks were crossed.
    borders: usize,
    runs: &'a mut Runs,
}

impl<'a> Scanner<'a> {
    fn new(format: &'a Html, text: &'a str, is_xml: bool, runs: &'a mut Runs) -> Scanner<'a> {
        Scanner {
            text,
            bytes: text.as_bytes(),
            at: 0,
            is_xml,
            format,
            names: tags::Numbers::default(),
            stack: Stack::default(),
            attributes: Attributes::default(),
            has_root: false,
            borders: 0,
            runs,
        }
    }

    fn document(&mut self) {
        self.markup_and_text();
        while self.stack.depth() > 0 {
            self.pop();
        }
        self.runs.end();
    }

    /// Takes all, and leaves open what is open at the end.
    fn markup_and_text(&mut self) {
        while self.at < self.bytes.len() {
            let text = self.at;
            let end = self.text_end(text);
            self.tell(text..end, Site::Text);
            self.at = end;
            if end < self.bytes.len() {
                self.markup();
            }
        }
    }

    /// Returns where text ends that begins at `at`: at the next `<` that begins something else.
    fn text_end(&self, at: usize) -> usize {
        let mut from = at;
        while let Some(found) = memchr::memchr(b'<', &self.bytes[from..]) {
            let sign = from + found;
            match self.bytes.get(sign + 1) {
                Some(b'/') if sign + 2 < self.bytes.len() => return sign,
                Some(byte) if byte.is_ascii_alphabetic() || matches!(byte, b'!' | b'?') => {
                    return sign;
                }
                Some(b'_' | b':') if self.is_xml => return sign,
                // A fullwidth sign is no letter; what an author wrote as `<＝` is text.
                Some(0x80..) if self.is_xml && !self.text[sign + 1..].starts_with(is_fullwidth) => {
                    return sign;
                }
                _ => from = sign + 1,
            }
        }
        self.bytes.len()
    }

    /// Takes what begins with `<`.
    fn markup(&mut self) {
        let head = self.at;
        let rest = &self.bytes[head..];
        match rest[1] {
            b'/' if rest[2].is_ascii_alphabetic() || self.is_xml && rest[2] != b'>' => {
                self.end_tag();
            }
            b'/' => self.at = tokens::bogus_end(self.bytes, head + 2),
            b'!' if rest.starts_with(b"<!--") => {
                let from = head + 4;
                self.at = if self.is_xml {
                    self.find("-->", from)
                } else {
                    tokens::comment_end(self.bytes, from)
                };
                self.runs.comment(from.min(self.at)..self.at);
            }
            b'!' if rest.starts_with(b"<![CDATA[") && self.has_cdata() => {
                let start = head + 9;
                self.at = self.find("]]>", start);
                let end = self.at - if self.text[..self.at].ends_with("]]>") { 3 } else { 0 };
                self.tell(start..end.max(start), Site::Cdata);
            }
            b'!' if self.is_xml => {
                self.at = xml::declaration_end(self.bytes, head).unwrap_or(self.bytes.len());
            }
            b'?' if self.is_xml => {
                self.at = self.find("?>", head + 2);
            }
            // Of a page that is made by a program, which may have a > in it.
            b'?' if [&b"<?php"[..], b"<?="].iter().any(|sign| rest.starts_with(sign)) => {
                self.at = self.find("?>", head + 2);
            }
            b'!' | b'?' => self.at = tokens::bogus_end(self.bytes, head + 2),
            _ => self.start_tag(),
        }
    }

    /// Returns the place behind the next `what`, or the end.
    fn find(&self, what: &str, from: usize) -> usize {
        let found = memchr::memmem::find(&self.bytes[from..], what.as_bytes());
        found.map_or(self.bytes.len(), |len| from + len + what.len())
    }

    fn has_cdata(&self) -> bool {
        self.is_xml || self.stack.way() & IN_SVG != 0
    }

    fn is_prose(&self) -> bool {
        self.stack.state() == 0
    }

    /// Ends the run, at the border of a block.
    fn border(&mut self) {
        self.borders += 1;
        self.runs.end();
    }

    /// Leaves the innermost element.
    fn pop(&mut self) {
        let Some(entry) = self.stack.pop() else { return };
        self.runs.level(self.stack.depth());
        if entry.way & ENDS_RUN != 0 {
            self.border();
        }
        if entry.name == tags::A {
            self.runs.remains(entry.at);
        }
        if entry.way & IS_ASIDE != 0 {
            self.runs.end_aside();
        }
    }

    /// Leaves elements down to a depth, with that.
    fn pop_to(&mut self, depth: u32) {
        while depth > 0 && self.stack.depth() >= depth {
            self.pop();
        }
    }

    /// Says that the tag at `head` is an object, if text goes over into what is none at it. What nobody sees is nothing in a
    /// sentence.
    fn mind_change(&mut self, head: usize, name_end: usize, was_prose: bool, borders: usize) {
        if was_prose && self.stack.state() & !UNSEEN != 0 && borders == self.borders {
            self.runs.object(head..name_end);
        }
    }

    fn end_tag(&mut self) {
        let head = self.at;
        let name_end = name_end(self.bytes, head + 2);
        let name = self.names.number(&self.bytes[head + 2..name_end]);
        self.at = self.attributes.read(self.bytes, name_end).unwrap_or(self.bytes.len());
        let (was_prose, borders) = (self.is_prose(), self.borders);
        let depth = self.stack.depth_of(name);
        let traits = tags::traits(name);
        let marks = self.stack.marks;
        if self.is_xml || self.stack.way() & IN_SVG != 0 && depth > 0 {
            self.pop_to(depth);
        } else if name == tags::BR || name == tags::P && depth == 0 {
            // Both stand for an element.
            self.border();
        } else if matches!(name, tags::HTML | tags::BODY) {
            // What comes behind them belongs to them nevertheless.
        } else if (tags::H1..=tags::H6).contains(&name) {
            let depth = (tags::H1..=tags::H6).map(|name| self.stack.depth_of(name)).max();
            let depth = depth.unwrap_or(0);
            if depth > marks.scope {
                self.pop_to(depth);
            }
        } else if traits & (tags::PART | tags::TABLE) != 0 {
            if depth >= marks.table {
                self.pop_to(depth);
            }
        } else if traits & tags::SPECIAL != 0 {
            if depth >= marks.scope {
                self.pop_to(depth);
            }
        } else if depth >= marks.special {
            self.pop_to(depth);
        }
        self.mind_change(head, name_end, was_prose, borders);
    }

    fn start_tag(&mut self) {
        let head = self.at;
        let name_end = name_end(self.bytes, head + 1);
        let raw_name = head + 1..name_end;
        let name = self.names.number(&self.bytes[raw_name.clone()]);
        let Some(end) = self.attributes.read(self.bytes, name_end) else {
            self.at = self.bytes.len();
            return;
        };
        self.at = end;
        let (was_prose, borders) = (self.is_prose(), self.borders);
        let mut is_foreign = self.stack.way() & IN_SVG != 0;
        if is_foreign && !self.is_xml && self.breaks_out(name) {
            while self.stack.way() & IN_SVG != 0 {
                self.pop();
            }
            is_foreign = false;
        }
        if !is_foreign && !self.is_xml {
            self.close_implied(name);
        }
        let Kind { traits, way, state } = self.kind(name, raw_name.clone(), is_foreign);
        let own = self.own_state(name);
        let state = state & !OF_ATTRIBUTES | own;
        let is_empty = traits & tags::VOID != 0
            || self.attributes.is_closed && (self.is_xml || way & IN_SVG != 0);
        if traits & tags::BLOCK != 0 {
            self.border();
        } else if traits & tags::OBJECT != 0 && self.is_prose() && !self.is_hidden_field(name) {
            self.runs.object(head..name_end);
        }
        let is_told = traits & tags::OBJECT != 0;
        if state & OF_ATTRIBUTES == 0 && !self.attributes.is_empty() {
            self.tell_attributes(name);
        }
        self.attributes_of_document(name);
        if is_empty {
            if !is_told && state & !UNSEEN != 0 {
                // As if it were opened and closed.
                let is_prose = self.is_prose() && borders == self.borders;
                if is_prose && traits & (tags::VOID | tags::BLOCK) == 0 {
                    self.runs.object(head..name_end);
                }
            }
            return;
        }
        let is_second = matches!(name, tags::HTML | tags::BODY) && self.stack.depth_of(name) > 0;
        if is_second || name == tags::HEAD {
            return;
        }
        self.stack.push(name, traits, state, way, head);
        self.runs.level(self.stack.depth());
        if way & IS_ASIDE != 0 {
            self.runs.begin_aside();
        }
        if !is_told {
            self.mind_change(head, name_end, was_prose, borders);
        }
        if traits & (tags::RAW | tags::RCDATA) != 0 || name == tags::PLAINTEXT {
            self.content(name, traits, raw_name);
        }
    }

    /// Takes the content of an element that has no tags in it.
    fn content(&mut self, name: Name, traits: Traits, raw_name: Range<usize>) {
        let start = self.at;
        let raw_name = &self.bytes[raw_name];
        if self.is_xml {
            if matches!(name, tags::SCRIPT | tags::STYLE) {
                self.at = tokens::xml_raw_end(self.bytes, start, raw_name);
            }
            return;
        }
        self.at = match name {
            tags::PLAINTEXT => self.bytes.len(),
            tags::SCRIPT => tokens::script_end(self.bytes, start),
            _ => tokens::raw_end(self.bytes, start, raw_name),
        };
        let site = if traits & tags::RCDATA != 0 { Site::Text } else { Site::Raw };
        self.tell(start..self.at, site);
    }

    /// Returns whether an element within svg or math shows that the author is back in HTML.
    fn breaks_out(&self, name: Name) -> bool {
        tags::traits(name) & tags::BREAKS_OUT != 0
            || name == tags::FONT && self.attributes.get(Is::Font).is_some()
    }

    /// Closes what the start of an element closes.
    fn close_implied(&mut self, name: Name) {
        let depth = |name: Name| self.stack.depth_of(name);
        let most = |names: &[Name]| names.iter().map(|&name| depth(name)).max().unwrap_or(0);
        let marks = self.stack.marks;
        let within = |depth: u32, bound: u32| if depth > bound { depth } else { 0 };
        let mut to = match name {
            tags::LI => within(depth(tags::LI), marks.wall),
            tags::DD | tags::DT => within(most(&[tags::DD, tags::DT]), marks.wall),
            tags::OPTION => within(depth(tags::OPTION), marks.wall),
            tags::OPTGROUP => {
                let group = within(depth(tags::OPTGROUP), marks.wall);
                if group > 0 { group } else { within(depth(tags::OPTION), marks.wall) }
            }
            tags::RT | tags::RP | tags::RB | tags::RTC => {
                within(most(&[tags::RT, tags::RP, tags::RB]), depth(tags::RUBY).max(marks.special))
            }
            tags::A => within(depth(tags::A), marks.special),
            tags::BUTTON => within(depth(tags::BUTTON), marks.scope.saturating_sub(1)),
            tags::TD | tags::TH => within(most(&[tags::TD, tags::TH]), marks.table),
            tags::TR => within(depth(tags::TR), marks.table),
            tags::TBODY | tags::THEAD | tags::TFOOT | tags::CAPTION | tags::COLGROUP => {
                let open = [tags::TBODY, tags::THEAD, tags::TFOOT, tags::CAPTION, tags::COLGROUP];
                let outermost = within(most(&open), marks.table);
                if outermost > 0 { outermost } else { within(depth(tags::TR), marks.table) }
            }
            _ => 0,
        };
        if to == 0 && tags::traits(name) & tags::CLOSES_P != 0 {
            to = within(depth(tags::P), marks.scope);
        }
        self.pop_to(to);
    }

    /// Returns what an element is where it stands, and what it inherits.
    fn kind(&self, name: Name, raw_name: Range<usize>, is_foreign: bool) -> Kind {
        let mut state = self.stack.state();
        if is_foreign {
            return self.foreign_kind(&self.bytes[raw_name], state);
        }
        let traits = tags::traits(name);
        let mut way = 0;
        if traits & tags::BLOCK != 0 {
            way |= ENDS_RUN;
        }
        if traits & tags::ASIDE != 0 {
            way |= IS_ASIDE;
        }
        match name {
            tags::SVG => way |= IN_SVG,
            tags::MATH => way |= IN_SVG | IN_MATH,
            _ => {}
        }
        if traits & tags::CODE != 0 && !self.format.code {
            state |= CODE;
        }
        if traits & tags::HIDDEN != 0 || traits & tags::RAW != 0 && name != tags::XMP {
            state |= UNSEEN;
        }
        Kind { traits, way, state }
    }

    fn foreign_kind(&self, name: &[u8], mut state: State) -> Kind {
        let is = |names: &[&str]| names.iter().any(|of| name.eq_ignore_ascii_case(of.as_bytes()));
        let inherited = self.stack.way() & (IN_SVG | IN_MATH);
        let is_math = inherited & IN_MATH != 0;
        let html = tags::SPECIAL | tags::SCOPE;
        if is_math && is(&["mtext"]) || !is_math && is(&["title", "desc", "foreignobject"]) {
            return Kind { traits: html | tags::BLOCK, way: ENDS_RUN, state: state & !UNSEEN };
        }
        if is_math && is(&["mi", "mo", "mn", "ms"]) {
            return Kind { traits: html, way: 0, state };
        }
        if is_math && is(&["annotation-xml"]) {
            let encoding = self.attributes.get(Is::Encoding).map(|value| self.value(value));
            let is_html = encoding.is_some_and(|encoding| {
                ["text/html", "application/xhtml+xml"]
                    .iter()
                    .any(|known| encoding.eq_ignore_ascii_case(known))
            });
            let way = if is_html { 0 } else { inherited };
            return Kind { traits: html, way, state };
        }
        if !is_math && is(&["text"]) {
            let way = inherited | ENDS_RUN;
            return Kind { traits: tags::BLOCK, way, state: state & !UNSEEN };
        }
        if is(&["script", "style"]) {
            state |= UNSEEN;
        }
        let way = if is(&["svg"]) { IN_SVG } else { inherited };
        Kind { traits: 0, way, state }
    }

    /// Tells text, if it is prose.
    fn tell(&mut self, range: Range<usize>, site: Site) {
        if !self.is_prose() || range.is_empty() {
            return;
        }
        let names = if self.is_xml { Names::Xhtml } else { Names::Html };
        tell_templated(self.text, range, site, names, self.runs);
    }

    fn value(&self, value: Value) -> &str {
        &self.text[value.start..value.end]
    }
}

/// What an element is where it stands.
struct Kind {
    traits: Traits,
    way: stack::Way,
    state: State,
}

/// Tells text with its references, and tags of templates in it as objects.
fn tell_templated(text: &str, range: Range<usize>, site: Site, names: Names, runs: &mut Runs) {
    let bytes = text.as_bytes();
    let mut at = range.start;
    if memchr::memchr(b'{', &bytes[range.clone()]).is_some() {
        for tag in template::tags(&text[range.clone()]) {
            let (start, end) = (range.start + tag.start, range.start + tag.end);
            tell(bytes, at..start, site, names, runs);
            runs.object(start..end);
            at = end;
        }
    }
    tell(bytes, at..range.end, site, names, runs);
}

/// Tells text with its references.
pub(super) fn tell(bytes: &[u8], range: Range<usize>, site: Site, names: Names, runs: &mut Runs) {
    let (mut start, end) = (range.start, range.end);
    if !runs.is_begun() {
        start = end - bytes[start..end].trim_ascii_start().len();
    }
    let plain = style(site, Written::Plainly);
    let is_raw = matches!(site, Site::Raw | Site::Cdata);
    let mut from = start;
    while let Some(found) = memchr::memchr2(b'&', b'<', &bytes[from..end]) {
        let sign = from + found;
        from = sign + 1;
        if bytes[sign] == b'&' && is_raw {
            continue;
        }
        let rest = &bytes[sign..end];
        let reference = if bytes[sign] == b'&' { entity::reference(rest, names) } else { None };
        let Some(reference) = reference else {
            if let Some(len) = entity::bound(rest) {
                runs.prose_in(start..sign, plain);
                runs.object(sign..sign + len);
                from = sign + len;
                start = from;
            }
            continue;
        };
        runs.prose_in(start..sign, plain);
        from = sign + reference.len;
        start = from;
        let written = style(site, reference.written);
        match reference.means {
            Means::Char(c) => runs.escaped(sign..from, c.encode_utf8(&mut [0; 4]), written),
            Means::Text(text) => runs.escaped(sign..from, text, written),
            Means::Unknown => runs.object(sign..from),
        }
    }
    runs.prose_in(start..end, plain);
}
