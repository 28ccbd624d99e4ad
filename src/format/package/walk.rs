//! XML and what its elements mean → runs.
//!
//! In: a document, and for each tag its [`Role`]. Out: its runs. The naive way is a function that calls itself for each element, and
//! ends with the stack of the machine at a depth of some ten thousand. Here what an element means to the text in it is
//! kept in a stack of our own, and a run that another interrupts (a note, a text box) is put aside until that has ended.

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
    role: Role,
    mode: Mode,
    /// The run that it interrupts, and whether that has any text.
    around: Option<bool>,
    /// Where it begins, if it is a link.
    link: Option<usize>,
}

/// Tells the runs of a document; `plan` says what each tag means. `lang` is the language that stands for a Chinese one.
pub(super) fn walk(
    text: &str,
    lang: Option<&str>,
    runs: &mut Runs,
    mut plan: impl FnMut(&Tag<'_>, &mut Runs) -> Plan,
) -> Result<(), Malformed> {
    let mut reader = Reader::new(text);
    let mut walker = Walker { text, lang, runs, frames: Vec::new(), has_text: false };
    while let Some(event) = reader.next()? {
        let mode = walker.frames.last().map_or(Mode::None, |frame| frame.mode);
        match event {
            Event::Start(_) if mode == Mode::Skip => {
                walker.frames.push(Frame { role: Role::Skip, mode, around: None, link: None });
            }
            Event::Start(tag) => {
                let plan = plan(&tag, walker.runs);
                walker.start(&tag, plan, mode);
            }
            Event::End => walker.end(),
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

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

struct Walker<'a, 'r> {
    text: &'a str,
    lang: Option<&'a str>,
    runs: &'r mut Runs,
    frames: Vec<Frame>,
    /// The open run has more than blanks.
    has_text: bool,
}

impl Walker<'_, '_> {
    fn start(&mut self, tag: &Tag<'_>, (role, attributes): Plan, mode: Mode) {
        if !attributes.is_empty() {
            self.attributes(tag, attributes);
        }
        let mut around = None;
        let mode = match role {
            Role::Through => mode,
            Role::Run | Role::Prose => {
                self.runs.begin_aside();
                around = Some(std::mem::take(&mut self.has_text));
                if role == Role::Run { Mode::None } else { Mode::Prose }
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
                // Of the tag its `<`: there may be prose among its attributes.
                self.runs.object(tag.range.start..tag.range.start + 1);
                if role == Role::Object { Mode::None } else { Mode::Skip }
            }
            Role::Skip => Mode::Skip,
            Role::Language => Mode::Language,
        };
        let is_link = matches!((tag.ns, tag.local), (Ns::Word, "hyperlink") | (Ns::OdfText, "a"));
        let link = is_link.then_some(tag.range.start);
        self.frames.push(Frame { role, mode, around, link });
    }

    fn end(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
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
        let style = if attribute.quote == b'"' { DOUBLE } else { SINGLE };
        for part in parts(self.text, attribute.value.clone()) {
            match part {
                Part::Text(range) => self.runs.prose_in(range, style),
                Part::Reference(range, c) => self.reference(range, c, style),
            }
        }
    }

    fn reference(&mut self, range: std::ops::Range<usize>, c: Option<char>, style: u8) {
        match c {
            // `&#10;` is a line end that somebody meant; it stays in the way it is written.
            Some(c) if !c.is_control() => {
                self.runs.escaped(range, c.encode_utf8(&mut [0; 4]), style);
            }
            _ => self.runs.object(range),
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
