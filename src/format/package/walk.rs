//! XML and what its elements mean → runs.
//!
//! In: a document, and for each tag its [`Role`]. Out: its runs. The naive way is a function that calls itself for each element, and
//! ends with the stack of the machine at a depth of some ten thousand. Here what an element means to the text in it is
//! kept in a stack of our own, and a run that another interrupts (a note, a text box) is put aside until that has ended.

use std::collections::HashMap;
use std::ops::Range;

use super::names::Ns;
use super::xml::{Attribute, Event, Part, Reader, Tag, parts};
use crate::format::Malformed;
use crate::format::{Runs, lang};

/// Text, with references for `&` and `<`.
pub(super) const TEXT: u8 = 0;
/// The value of an attribute, in double and in single quotes.
const DOUBLE: u8 = 1;
const SINGLE: u8 = 2;
/// A CDATA section.
const DATA: u8 = 3;

/// What an element is to the text in it and around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing: what it holds belongs to what is around it.
    Through,
    /// It has a run of its own, of which the text stands in further elements ([`Role::Text`]).
    Run,
    /// It has a run of its own, and all text in it is of that.
    Prose,
    /// It ends the run around it, has one of its own, and what follows is another.
    Block,
    /// The text in it is of the run around it.
    Text,
    /// It ends a run.
    Break,
    /// It stands as a picture in its run; there may be runs within.
    Object,
    /// It stands as a picture in its run, and nothing in it is looked at.
    Opaque,
    /// As [`Role::Through`], but no word goes across its ends: what is in it may come to be dropped, as an insertion.
    Apart,
    /// As [`Role::Run`], and no word of the run around it goes across the place where it stands, as that of a deletion.
    Gone,
    /// Nothing in it is looked at.
    Skip,
    /// Its text names the language.
    Language,
}

/// What is to be done with a tag: the role of its element, and which attributes are prose, by their names without prefixes.
pub(super) type Plan = (Role, &'static [&'static str]);

/// What text is, in some element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// No prose.
    None,
    Prose,
    Skip,
    Language,
}

/// An element that is open.
struct Frame {
    /// Where its text begins.
    start: usize,
    role: Role,
    mode: Mode,
    /// The run that it interrupts, and whether that has any text.
    around: Option<bool>,
    /// Where it begins, if something of its text has to remain, as of a link.
    link: Option<usize>,
}

/// Marks of Word between which something of a text has to remain.
#[derive(Default)]
struct Marks {
    /// By their numbers: bookmarks, and what comments are about.
    named: HashMap<(bool, String), usize>,
    /// The results of fields.
    fields: Vec<Option<usize>>,
}

impl Marks {
    /// Takes a tag; returns from where on something has to remain, if the tag ends that.
    fn take(&mut self, tag: &Tag<'_>) -> Option<usize> {
        let named = |tag: &Tag<'_>| {
            let is_comment = tag.local.starts_with("comment");
            Some((is_comment, tag.value("id")?.to_owned()))
        };
        match tag.local {
            "bookmarkStart" | "commentRangeStart" => {
                self.named.insert(named(tag)?, tag.range.start);
                None
            }
            "bookmarkEnd" | "commentRangeEnd" => self.named.remove(&named(tag)?),
            "fldChar" => match tag.value("fldCharType") {
                Some("begin") => {
                    self.fields.push(None);
                    None
                }
                Some("separate") => {
                    *self.fields.last_mut()? = Some(tag.range.start);
                    None
                }
                _ => self.fields.pop()?,
            },
            _ => None,
        }
    }
}

/// Tells the runs of a document; `plan` says what each tag means. `lang` is the language that stands for a Chinese one.
pub(super) fn walk(
    text: &str,
    lang: Option<&str>,
    runs: &mut Runs,
    mut plan: impl FnMut(&Tag<'_>, &mut Runs) -> Plan,
) -> Result<(), Malformed> {
    let mut reader = Reader::new(text);
    let marks = Marks::default();
    let mut walker = Walker { text, lang, runs, frames: Vec::new(), marks, has_text: false };
    while let Some(event) = reader.next()? {
        let mode = walker.frames.last().map_or(Mode::None, |frame| frame.mode);
        match event {
            Event::Start(tag) if mode == Mode::Skip => {
                let start = tag.range.end;
                walker.frames.push(Frame {
                    start,
                    role: Role::Skip,
                    mode,
                    around: None,
                    link: None,
                });
            }
            Event::Start(tag) => {
                let plan = plan(&tag, walker.runs);
                walker.start(&tag, plan, mode);
            }
            Event::End => walker.end(reader.end_tag()),
            Event::Text(range) | Event::Data(range) if mode == Mode::Language => {
                if let Some(lang) = walker.lang
                    && lang::is_chinese(text[range.clone()].trim())
                {
                    let blanks = text[range.clone()].len() - text[range.clone()].trim_start().len();
                    let start = range.start + blanks;
                    let len = text[range].trim().len();
                    walker.runs.replace(start..start + len, lang);
                }
            }
            _ if mode != Mode::Prose => {}
            Event::Text(range) => {
                walker.has_text |= !is_blank(&text[range.clone()]);
                walker.runs.prose_in(range, TEXT);
            }
            Event::Data(range) => {
                walker.has_text = true;
                walker.runs.prose_in(range, DATA);
            }
            Event::Reference(range, c) => {
                walker.has_text = true;
                walker.reference(range, c, TEXT);
            }
        }
    }
    walker.close_run();
    Ok(())
}

/// Returns whether something of the text in an element has to remain: a link around nothing cannot be followed any more.
fn is_link(tag: &Tag<'_>) -> bool {
    match (tag.ns, tag.local) {
        (Ns::Word, local) => matches!(local, "hyperlink" | "sdtContent" | "fldSimple"),
        // All that is no mere form of letters: links, fields, marks for an index, what is read aloud.
        (Ns::OdfText, local) => !matches!(local, "span" | "p" | "h"),
        _ => false,
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

struct Walker<'a, 'r> {
    text: &'a str,
    lang: Option<&'a str>,
    runs: &'r mut Runs,
    frames: Vec<Frame>,
    marks: Marks,
    /// The open run has more than blanks.
    has_text: bool,
}

impl Walker<'_, '_> {
    fn start(&mut self, tag: &Tag<'_>, (role, attributes): Plan, mode: Mode) {
        if !attributes.is_empty() {
            self.attributes(tag, attributes);
        }
        if tag.ns == Ns::Word
            && let Some(from) = self.marks.take(tag)
        {
            self.runs.remains(from);
        }
        if matches!(role, Role::Apart | Role::Gone) && !tag.is_empty() {
            self.edge(tag.range.start);
        }
        let mut around = None;
        let mode = match role {
            Role::Through | Role::Apart => mode,
            Role::Run | Role::Gone | Role::Prose => {
                self.runs.begin_aside();
                around = Some(std::mem::take(&mut self.has_text));
                if role == Role::Prose { Mode::Prose } else { Mode::None }
            }
            Role::Block => {
                self.close_run();
                Mode::Prose
            }
            Role::Text => Mode::Prose,
            Role::Break => {
                self.close_run();
                mode
            }
            Role::Object | Role::Opaque => {
                self.edge(tag.range.start);
                if role == Role::Object { Mode::None } else { Mode::Skip }
            }
            Role::Skip => Mode::Skip,
            Role::Language => Mode::Language,
        };
        let link = is_link(tag).then_some(tag.range.start);
        self.frames.push(Frame { start: tag.range.end, role, mode, around, link });
    }

    /// Puts an object where a tag begins: of it the `<`, since there may be prose among its attributes.
    fn edge(&mut self, at: usize) {
        self.runs.object(at..at + 1);
    }

    /// Ends an element, of which the last tag begins there.
    fn end(&mut self, at: usize) {
        let Some(frame) = self.frames.pop() else { return };
        if frame.role == Role::Apart && at >= frame.start {
            self.edge(at);
        }
        if let Some(start) = frame.link {
            self.runs.remains(start);
        }
        if let Some(has_text) = frame.around {
            self.close_run();
            self.runs.end_aside();
            self.has_text = has_text;
        } else if frame.role == Role::Block {
            self.close_run();
        }
    }

    /// Ends a run; one of nothing but blanks is what stands between tags, and is none.
    fn close_run(&mut self) {
        if std::mem::take(&mut self.has_text) {
            self.runs.end();
        } else {
            self.runs.forget();
        }
    }

    fn attributes(&mut self, tag: &Tag<'_>, names: &[&str]) {
        for attribute in tag.attributes() {
            if !names.contains(&attribute.local()) || attribute.name.starts_with("xmlns") {
                continue;
            }
            self.runs.begin_aside();
            self.attribute(&attribute);
            self.runs.end_aside();
        }
    }

    fn attribute(&mut self, attribute: &Attribute<'_>) {
        value(self.text, attribute, attribute.value.clone(), self.runs);
    }

    fn reference(&mut self, range: Range<usize>, c: Option<char>, style: u8) {
        reference(range, c, style, self.runs);
    }
}

fn reference(range: Range<usize>, c: Option<char>, style: u8, runs: &mut Runs) {
    match c {
        // `&#10;` is a line end that somebody meant; it stays in the way it is written.
        Some(c) if !c.is_control() => runs.escaped(range, c.encode_utf8(&mut [0; 4]), style),
        _ => runs.object(range),
    }
}

/// Tells a part of the value of an attribute.
pub(super) fn value(text: &str, attribute: &Attribute<'_>, range: Range<usize>, runs: &mut Runs) {
    let style = if attribute.quote == b'"' { DOUBLE } else { SINGLE };
    for part in parts(text, range) {
        match part {
            Part::Text(range) => runs.prose_in(range, style),
            Part::Reference(range, c) => reference(range, c, style, runs),
        }
    }
}

/// Appends text as it has to be written in XML; returns whether it can be.
pub(super) fn escape(style: u8, text: &str, output: &mut String) -> bool {
    let is_character = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    if !text.chars().all(is_character) {
        return false;
    }
    if style == DATA {
        // The end of a section may be made of two parts.
        let is_plain = !text.contains(['>', ']']);
        if is_plain {
            output.push_str(text);
        }
        return is_plain;
    }
    for c in text.chars() {
        match c {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            '>' if style == TEXT => output.push_str("&gt;"),
            '"' if style == DOUBLE => output.push_str("&quot;"),
            '\'' if style == SINGLE => output.push_str("&apos;"),
            _ => output.push(c),
        }
    }
    true
}

/// Returns the result of a conversion with `xml:space="preserve"` where a text has blanks at its ends now that it had not before; `None`
/// if there is no such place. Office programs drop blanks there otherwise.
pub(super) fn spaced(before: &str, after: &str) -> Option<String> {
    let (mut old, mut new) = (Reader::new(before), Reader::new(after));
    let (mut output, mut at) = (String::new(), 0);
    let mut open: Option<(usize, bool)> = None;
    let edges = |text: &str| text.starts_with(is_space) || text.ends_with(is_space);
    let mut texts = (String::new(), String::new());
    loop {
        let (one, other) =
            (content(&mut old, before, &mut texts.0), content(&mut new, after, &mut texts.1));
        if let Some((place, _)) = open.take().filter(|_| edges(&texts.1) && !edges(&texts.0)) {
            output.push_str(&after[at..place]);
            output.push_str(" xml:space=\"preserve\"");
            at = place;
        }
        let (Some(_), Some(event)) = (one, other) else { break };
        if let Event::Start(tag) = event
            && matches!(tag.ns, Ns::Word | Ns::Sheet)
            && matches!(tag.local, "t" | "delText")
            && !tag.attributes().any(|attribute| attribute.name == "xml:space")
        {
            let is_empty = after[..tag.range.end].ends_with("/>");
            let place = tag.range.end - if is_empty { 2 } else { 1 };
            open = Some((place, is_empty));
        }
    }
    (at > 0).then(|| output + &after[at..])
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Returns the next tag, and what text stands before it.
fn content<'a>(reader: &mut Reader<'a>, document: &str, text: &mut String) -> Option<Event<'a>> {
    text.clear();
    loop {
        match reader.next().ok()?? {
            Event::Text(range) | Event::Data(range) => text.push_str(&document[range]),
            Event::Reference(..) => text.push('&'),
            event => return Some(event),
        }
    }
}
