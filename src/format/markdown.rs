//! Markdown: CommonMark with GFM's tables, strikethrough, task lists and footnotes, math, definition lists, and front matter; MDX.
//!
//! In: a document. Out: a run for each paragraph, heading, cell, item; within it emphasis and links are transparent, code and math are
//! objects, and link targets and labels are no prose. The naive way replaces text line by line and guards code and
//! links by regular expressions, which do not know where a code block ends. Here pulldown-cmark parses, and tells byte
//! ranges; what it reads there is held against the document, and where they differ (`&amp;`) the piece is an escaped one.
//!
//! The tree of the result has to be that of the source. So what is put in is escaped, at the beginning of a line also what begins a
//! list or a heading; next to `*`, `_` and `~`, where CommonMark asks whether a letter, a mark or a blank stands there, a
//! character is replaced only by its like; and nothing between them is emptied. `[发展]`, which names the definition
//! `[发展]: …` by its text, becomes `[發展][发展]`, and `[见](#头发)` follows the heading `# 头发` of its document. Links that lead into
//! another document cannot: which of its headings are converted, and how, is not known here.
//!
//! Math stays with all that is in it: `\text{头发}` is a command of TeX, and a `$` that only looks like one begins no word.
//!
//! ```text
//! text          pieces by what may become of them        style         what is written in a piece
//! html          blocks of HTML, and tags                 templates     {{ tags }}, {.attributes}
//! anchors       links to headings                        front_matter  YAML and TOML at the head
//! mdx           MDX as Markdown                          admonitions   boxes of MkDocs as Markdown
//! ```

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, LinkType, Options as Extensions, Parser, Tag, TagEnd};

mod admonitions;
mod anchors;
mod front_matter;
mod html;
mod mdx;
mod style;
mod templates;
mod text;

use front_matter::{FrontMatter, Part};
use style::{FIXED, TITLE};
use text::title_parts;

use super::html::Fragments;
use super::{Format, Malformed, Memory, Runs, template};

/// Markdown documents.
#[derive(Debug)]
pub(crate) struct Markdown {
    front_matter: bool,
    is_mdx: bool,
}

impl Markdown {
    /// Returns the format; the values of front matter are prose if asked for.
    pub(crate) fn new(front_matter: bool) -> Markdown {
        Markdown { front_matter, is_mdx: false }
    }

    /// The same with JSX.
    pub(crate) fn mdx(front_matter: bool) -> Markdown {
        Markdown { front_matter, is_mdx: true }
    }

    /// Returns a document as Markdown of the same length.
    fn as_markdown<'t>(&self, text: &'t str, body: usize) -> Plain<'t> {
        if self.is_mdx {
            let mdx::Masked { text, objects } = mdx::masked(text, body);
            return Plain { text: Cow::Owned(text), objects, signs: Vec::new() };
        }
        let (text, signs) = match admonitions::masked(text, body) {
            Some((text, signs)) => (Cow::Owned(text), signs),
            None => (Cow::Borrowed(text), Vec::new()),
        };
        Plain { text, objects: Vec::new(), signs }
    }
}

/// A document as Markdown that CommonMark knows.
struct Plain<'t> {
    text: Cow<'t, str>,
    /// Expressions of MDX, in their order.
    objects: Vec<Range<usize>>,
    /// What in its text belongs to the syntax of something else.
    signs: Vec<Range<usize>>,
}

fn extensions() -> Extensions {
    Extensions::ENABLE_TABLES
        | Extensions::ENABLE_FOOTNOTES
        | Extensions::ENABLE_STRIKETHROUGH
        | Extensions::ENABLE_TASKLISTS
        | Extensions::ENABLE_HEADING_ATTRIBUTES
        | Extensions::ENABLE_MATH
        | Extensions::ENABLE_GFM
        | Extensions::ENABLE_DEFINITION_LIST
}

impl Format for Markdown {
    fn name(&self) -> &str {
        if self.is_mdx { "mdx" } else { "markdown" }
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let FrontMatter { body, values } = front_matter::of(text);
        if self.front_matter {
            values.into_iter().for_each(|value| tell_value(text, value, runs));
        }
        let Plain { text, objects, signs } = self.as_markdown(text, body);
        let text = &*text;
        if let Some(at) = too_deep(&text[body..]) {
            runs.fault(body + at, "quotes or lists are nested too deep to be read");
            return Ok(());
        }
        let parser = Parser::new_ext(&text[body..], extensions());
        let mut scan = Scan::new(text, body, runs);
        (scan.objects, scan.signs) = (objects, signs);
        let mut definitions: Vec<(Range<usize>, String)> = Vec::new();
        for (label, definition) in parser.reference_definitions().iter() {
            scan.has_own_labels |= !label.is_ascii();
            if let Some(title) = &definition.title {
                definitions.push((definition.span.clone(), title.to_string()));
            }
        }
        definitions.sort_unstable_by_key(|(span, _)| span.start);
        for (span, title) in definitions {
            let (start, end) = (span.start + body, span.end + body);
            scan.title(start, text[start..end].trim_end().len() + start, &title);
        }
        for (event, range) in parser.into_offset_iter() {
            scan.event(event, range.start + body..range.end + body);
        }
        scan.end();
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        style::escape(style, text, output)
    }

    fn stays(&self, style: u8) -> bool {
        style::stays(style)
    }

    fn amend(
        &self,
        document: &str,
        kept: &[Range<usize>],
        result: &[u8],
    ) -> Vec<(Range<usize>, String)> {
        let read = |text: &str| {
            let body = front_matter::of(text).body;
            anchors::Anchors::of(&self.as_markdown(text, body).text, body)
        };
        anchors::amend(document, kept, result, read)
    }
}

/// Tells a value of front matter.
fn tell_value(text: &str, value: front_matter::Value, runs: &mut Runs) {
    for Part { range, means, style } in value {
        match means {
            front_matter::Means::Char(c) => runs.escaped(range, c.encode_utf8(&mut [0; 4]), style),
            front_matter::Means::Nothing => runs.object(range),
            front_matter::Means::Itself => {
                let mut at = range.start;
                for tag in template::tags(&text[range.clone()]) {
                    runs.prose_in(at..range.start + tag.start, style);
                    at = range.start + tag.end;
                    runs.object(range.start + tag.start..at);
                }
                runs.prose_in(at..range.end, style);
            }
        }
    }
    runs.end();
}

/// Returns where more quotes and lists begin on one line than are read: each line behind them costs as many steps as there are.
fn too_deep(text: &str) -> Option<usize> {
    const DEEPEST: usize = 256;
    let mut at = 0;
    for line in text.as_bytes().split(|&byte| byte == b'\n') {
        let is_sign = |byte: &&u8| b"> \t*+-.)0123456789".contains(byte);
        let signs = line.iter().take_while(is_sign).count();
        if signs > DEEPEST {
            let line = &line[..signs];
            let is_blank = |at: usize| line.get(at).is_none_or(|byte| b" \t".contains(byte));
            let opens = |(at, byte): (usize, &u8)| {
                *byte == b'>' || b"*+-.)".contains(byte) && is_blank(at + 1)
            };
            if line.iter().enumerate().filter(|&found| opens(found)).count() > DEEPEST {
                return Some(at);
            }
        }
        at += line.len() + 1;
    }
    None
}

/// A piece of a run that is not told yet.
#[derive(Debug)]
enum Piece {
    Prose(Range<usize>, u8),
    /// With its text; in a box, for pieces of prose are many, and this would make them twice as long.
    Escaped(Box<(Range<usize>, String)>, u8),
    Object(Range<usize>),
    /// Of what was told from this byte on, something has to remain.
    Remains(usize),
    /// What comes stands so deep in markup.
    Level(u32),
}

impl Piece {
    fn escaped(range: Range<usize>, text: &str, style: u8) -> Piece {
        Piece::Escaped(Box::new((range, text.to_owned())), style)
    }
}

/// Tells pieces of a run.
fn tell(pieces: impl Iterator<Item = Piece>, runs: &mut Runs) {
    for piece in pieces {
        match piece {
            Piece::Prose(range, style) => runs.prose_in(range, style),
            Piece::Escaped(escaped, style) => runs.escaped(escaped.0, &escaped.1, style),
            Piece::Object(range) => runs.object(range),
            Piece::Remains(from) => runs.remains(from),
            Piece::Level(level) => runs.level(level),
        }
    }
}

/// A link or a picture that is open.
#[derive(Debug)]
struct Open {
    range: Range<usize>,
    link_type: LinkType,
    title: String,
    /// Where its text begins.
    inner: usize,
}

struct Scan<'a, 'r> {
    text: &'a str,
    /// Where what is parsed begins.
    body: usize,
    runs: &'r mut Runs,
    pieces: Vec<Piece>,
    /// Those of the runs around a picture.
    outer: Vec<Vec<Piece>>,
    open: Vec<Open>,
    /// Nothing in a block of code is prose.
    is_block: bool,
    /// The lines of the block of HTML.
    html_lines: Option<Vec<Range<usize>>>,
    /// What the tags so far say.
    html: Fragments,
    /// How many elements are open around this block.
    html_depth: u32,
    /// Where the texts of links begin that are HTML, and open.
    anchors: Vec<usize>,
    /// Expressions of MDX, in their order.
    objects: Vec<Range<usize>>,
    /// Places in the text that belong to the syntax of something else, in their order.
    signs: Vec<Range<usize>>,
    has_templates: bool,
    /// The name of a tag of a template behind which all is code up to another.
    template_code: Option<&'static str>,
    /// Where that other one stands last, for each name.
    template_ends: Option<[usize; 4]>,
    /// The pieces around ruby text.
    around_ruby: Option<Vec<Piece>>,
    /// How many emphases and links are open.
    depth: u32,
    /// Where the last emphasis ended.
    emphasis_end: usize,
    /// The number of a piece that is a letter between that and the next delimiter.
    between: Option<usize>,
    /// The number of links around, in which all is an address.
    addresses: usize,
    is_line_start: bool,
    /// Where a footnote was referred to, behind which no text has come.
    footnote_end: Option<usize>,
    /// A delimiter that is only text stands in the paragraph, so that a blank beside another could make them a pair.
    has_stray: bool,
    /// Up to where text was told.
    told: usize,
    /// What comes before is an address of a wiki or the label of a footnote.
    address_end: usize,
    /// There are labels that a conversion may change.
    has_own_labels: bool,
    /// The number of the piece that is the last bracket which is only text.
    bracket: Option<usize>,
}

impl<'a, 'r> Scan<'a, 'r> {
    fn new(text: &'a str, body: usize, runs: &'r mut Runs) -> Scan<'a, 'r> {
        Scan {
            text,
            body,
            runs,
            pieces: Vec::new(),
            outer: Vec::new(),
            open: Vec::new(),
            is_block: false,
            html_lines: None,
            html: Fragments::new(),
            html_depth: 0,
            anchors: Vec::new(),
            objects: Vec::new(),
            signs: Vec::new(),
            has_templates: template::may_hold(text),
            template_code: None,
            template_ends: None,
            around_ruby: None,
            depth: 0,
            emphasis_end: 0,
            between: None,
            addresses: 0,
            is_line_start: true,
            footnote_end: None,
            has_stray: false,
            told: 0,
            address_end: 0,
            has_own_labels: false,
            bracket: None,
        }
    }

    /// Tells the run, if there is one.
    fn end(&mut self) {
        self.tell_run();
        if let Some(around) = self.around_ruby.take() {
            self.pieces = around;
            self.tell_run();
        }
        self.is_line_start = true;
    }

    /// Lets something remain of what comes next to a footnote: beside a bracket or a colon it would be no footnote.
    fn keep_from_footnote(&mut self) {
        self.pieces.extend(self.footnote_end.take().map(Piece::Remains));
    }

    fn tell_run(&mut self) {
        (self.bracket, self.between) = (None, None);
        self.footnote_end = None;
        self.keep_tags();
        self.runs.level(self.html_depth);
        if self.has_stray {
            for piece in &mut self.pieces {
                if let Piece::Prose(_, style) | Piece::Escaped(_, style) = piece {
                    *style = style::inner(*style);
                }
            }
        }
        tell(self.pieces.drain(..), self.runs);
        self.runs.end();
    }

    fn block(&mut self) {
        self.end();
        self.has_stray = false;
        // Elements that begin in a paragraph end in it.
        self.html.leave(self.html_depth);
        self.anchors.clear();
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.close(tag, range.end),
            _ if self.is_block => {}
            Event::Html(_) => match &mut self.html_lines {
                Some(lines) => lines.push(range),
                None => self.block(),
            },
            Event::Text(text) => {
                if self.addresses == 0 && self.html.is_prose() {
                    self.text_event(&text, range);
                }
            }
            Event::Code(_) | Event::InlineMath(_) | Event::DisplayMath(_) => self.object(range),
            Event::InlineHtml(html) => self.inline_html(&html, range),
            Event::SoftBreak => {
                let is_break = |c: char| c == '\n' || c == '\r';
                if self.text[range.clone()].chars().all(is_break) && self.html.is_prose() {
                    self.piece(range, FIXED);
                }
                self.is_line_start = true;
            }
            Event::HardBreak => self.end(),
            Event::Rule => self.block(),
            Event::FootnoteReference(_) => self.footnote_end = Some(range.end),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Emphasis
            | Tag::Strong
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript => {
                self.before_emphasis(range.start);
                self.depth += 1;
                self.level();
            }
            Tag::Link { link_type, title, .. } => self.link(link_type, title, range, 1),
            Tag::Image { link_type, title, .. } => {
                self.object(range.start..range.start + 2);
                self.bracket = None;
                self.outer.push(std::mem::take(&mut self.pieces));
                self.link(link_type, title, range, 2);
            }
            Tag::HtmlBlock => {
                self.block();
                self.html_lines = Some(Vec::new());
            }
            Tag::CodeBlock(_) | Tag::MetadataBlock(_) => {
                self.block();
                self.is_block = true;
            }
            _ => self.block(),
        }
    }

    fn close(&mut self, tag: TagEnd, end: usize) {
        match tag {
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript => {
                self.emphasis_end = end;
                self.depth = self.depth.saturating_sub(1);
                self.level();
            }
            TagEnd::Link => self.link_end(),
            TagEnd::Image => {
                self.end();
                self.bracket = None;
                self.pieces = self.outer.pop().unwrap_or_default();
                self.is_line_start = false;
                self.link_end();
            }
            TagEnd::HtmlBlock => {
                let lines = self.html_lines.take().unwrap_or_default();
                self.html_block(&lines);
                self.end();
            }
            TagEnd::CodeBlock | TagEnd::MetadataBlock(_) => {
                self.is_block = false;
                self.block();
            }
            _ => self.block(),
        }
    }

    /// Opens a link whose text begins behind so many bytes.
    fn link(&mut self, link_type: LinkType, title: CowStr<'_>, range: Range<usize>, inner: usize) {
        let is_address = matches!(link_type, LinkType::Autolink | LinkType::Email);
        if self.addresses > 0 || is_address {
            self.addresses += 1;
        }
        if is_address && self.addresses == 1 {
            self.object(range.clone());
        }
        self.depth += 1;
        self.level();
        let inner = range.start + inner;
        self.open.push(Open { range, link_type, title: title.to_string(), inner });
        self.told = self.told.max(inner);
    }

    fn link_end(&mut self) {
        self.addresses = self.addresses.saturating_sub(1);
        let Some(Open { range, link_type, title, inner }) = self.open.pop() else { return };
        self.pieces.push(Piece::Remains(inner));
        self.depth = self.depth.saturating_sub(1);
        self.level();
        let source = &self.text[..range.end];
        match link_type {
            LinkType::Inline if !title.is_empty() && source.ends_with(')') => {
                let end = source[..range.end - 1].trim_end().len();
                self.title(self.told.max(inner), end, &title);
            }
            LinkType::Shortcut if source.ends_with(']') => {
                let label = &source[inner..range.end - 1];
                if !label.is_ascii() {
                    self.runs.when_changed(range, "", &format!("[{label}]"));
                }
            }
            // The range ends before its empty brackets.
            LinkType::Collapsed if self.text[range.end..].starts_with("[]") => {
                let label = &source[inner..range.end - 1];
                if !label.is_ascii() {
                    self.runs.when_changed(range.start..range.end + 1, "", label);
                }
            }
            _ => {}
        }
        self.is_line_start = false;
    }

    /// Tells the title in quotes that ends a link or a definition, which parses as `title`.
    fn title(&mut self, start: usize, end: usize, title: &str) {
        let source = self.text.get(start..end).unwrap_or_default();
        let (open, close) = match source.as_bytes().last() {
            Some(b')') => ('(', b')'),
            Some(&quote @ (b'"' | b'\'')) => (char::from(quote), quote),
            _ => return,
        };
        let inner = &source[..source.len() - 1];
        debug_assert!(close.is_ascii(), "so that a byte was cut off");
        // From behind the first quote that is not escaped.
        let is_escaped = |at: usize| {
            source[..at].bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
        };
        let mut places = inner.rmatch_indices(open).map(|(at, _)| at);
        let Some(at) = places.find(|&at| !is_escaped(at)) else { return };
        let range = start + at + 1..end - 1;
        let raw = &self.text[range.clone()];
        let is_prose = self.html.is_prose() && !(self.has_templates && template::may_hold(raw));
        if raw.contains('\n') || title.is_empty() || !is_prose {
            return;
        }
        // The run around goes on behind it.
        let (text, runs) = (self.text, &mut *self.runs);
        let parts = title_parts(text, range.clone()).filter(|parts| {
            let of = |(range, means): &(Range<usize>, Option<String>)| {
                means.clone().unwrap_or_else(|| text[range.clone()].to_owned())
            };
            parts.iter().map(of).collect::<String>() == *title
        });
        let parts = parts.unwrap_or_else(|| vec![(range, Some(title.to_owned()))]);
        runs.aside(|runs| {
            for (range, means) in parts {
                match means {
                    Some(means) => runs.escaped(range, &means, TITLE),
                    None => runs.prose_in(range, TITLE),
                }
            }
        });
    }

    /// Says how deep in markup what comes stands.
    fn level(&mut self) {
        let level = self.depth + self.html.depth();
        match self.pieces.last_mut() {
            Some(Piece::Level(last)) => *last = level,
            _ => self.pieces.push(Piece::Level(level)),
        }
    }

    fn object(&mut self, range: Range<usize>) {
        if self.told <= range.start && self.html.is_prose() {
            self.told = range.end;
            self.pieces.push(Piece::Object(range));
        }
        self.is_line_start = false;
    }

    fn piece(&mut self, range: Range<usize>, style: u8) {
        if self.told <= range.start && !range.is_empty() {
            self.told = range.end;
            self.pieces.push(Piece::Prose(range, style));
            self.keep_from_footnote();
        }
    }
}
