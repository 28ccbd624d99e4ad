//! The texts of Excel files.
//!
//! In: shared strings, sheets and comments. Out: their prose. A cell names its text by a number in one list for all sheets. Formulas,
//! names and the names of sheets refer to each other by their letters, and stay, and with them the texts that they look
//! for ([`stays`](super::stays)).

use std::ops::Range;

use super::header::{self, header, is_header};
use super::names::Ns;
use super::stays::Stays;
use super::walk::{Plan, Role, escape, value, walk};
use super::xml::{Part, Tag, parts};
use crate::format::{Format, Malformed, Memory, Runs};

const NONE: &[&str] = &[];

/// The list of texts that cells name by number.
pub(super) fn strings(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Sheet, "si") => (Role::Run, NONE),
        _ => rich(tag),
    }
}

/// Text in pieces, and how it is read aloud, which is Japanese.
fn rich(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Sheet, "t") => (Role::Text, NONE),
        (Ns::Sheet, "rPh") => (Role::Skip, NONE),
        _ => (Role::Through, NONE),
    }
}

pub(super) fn comments(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Sheet, "text") => (Role::Run, NONE),
        _ => rich(tag),
    }
}

pub(super) fn threaded(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Threaded, "text") => (Role::Prose, NONE),
        _ => (Role::Through, NONE),
    }
}

/// A sheet: texts that stand in cells themselves, results of formulas, headers and footers.
#[derive(Debug)]
pub(super) struct Worksheet {
    pub(super) stays: Stays,
}

impl Format for Worksheet {
    fn name(&self) -> &str {
        "xlsx"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mut is_text = false;
        walk(text, None, runs, |tag, runs| match (tag.ns, tag.local) {
            _ if self.stays.contains(&tag.number) => (Role::Skip, NONE),
            (Ns::Sheet, "c") => {
                is_text = tag.value("t") == Some("str");
                (Role::Through, NONE)
            }
            (Ns::Sheet, "is") => (Role::Run, NONE),
            (Ns::Sheet, "v") if is_text => (Role::Prose, NONE),
            (Ns::Sheet | Ns::SheetLater, "dataValidation") => (Role::Through, PROMPTS),
            (Ns::Sheet, "hyperlink") => (Role::Through, &["display", "tooltip"]),
            (Ns::Sheet, local) if is_header(local) => {
                if !tag.is_empty() {
                    header(text, inner(text, tag), runs);
                }
                (Role::Skip, NONE)
            }
            _ => rich(tag),
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        match style {
            header::HEADER | header::BEHIND => header::escape(style, text, output),
            _ => escape(style, text, output),
        }
    }

    fn stays(&self, style: u8) -> bool {
        style == header::BEHIND
    }
}

/// What a cell asks for, and what it says of wrong answers.
pub(super) const PROMPTS: &[&str] = &["promptTitle", "prompt", "errorTitle", "error"];

/// Returns the text of an element that is text alone, up to the next tag.
fn inner(text: &str, tag: &Tag<'_>) -> Range<usize> {
    let rest = &text[tag.range.end..];
    tag.range.end..tag.range.end + memchr::memchr(b'<', rest.as_bytes()).unwrap_or(0)
}

/// The list of styles: what stands around numbers.
#[derive(Debug)]
pub(super) struct Styles;

impl Format for Styles {
    fn name(&self) -> &str {
        "xlsx"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        walk(text, None, runs, |tag, runs| {
            if (tag.ns, tag.local) == (Ns::Sheet, "numFmt") {
                number_format(text, tag, runs);
            }
            (Role::Through, NONE)
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        // A quote would end what is between quotes.
        !text.contains('"') && escape(style, text, output)
    }
}

/// Tells what stands between quotes in the format of a number: `0"只"`.
pub(super) fn number_format(text: &str, tag: &Tag<'_>, runs: &mut Runs) {
    let codes = tag.attributes().filter(|attribute| attribute.local() == "formatCode");
    for attribute in codes {
        let (mut is_quoted, mut is_sign, mut start) = (false, false, 0);
        for part in parts(text, attribute.value.clone()) {
            let (range, c) = match part {
                Part::Text(range) => (range, None),
                Part::Reference(range, c) => (range, Some(c)),
            };
            let mut take = |c: char, range: Range<usize>| {
                let was_sign = is_sign;
                is_sign = !is_quoted && c == '\\' && !was_sign;
                if c == '"' && !was_sign {
                    if is_quoted {
                        runs.begin_aside();
                        value(text, &attribute, start..range.start, runs);
                        runs.end_aside();
                    }
                    (is_quoted, start) = (!is_quoted, range.end);
                }
            };
            match c {
                Some(c) => take(c.unwrap_or(' '), range),
                None => {
                    for (at, c) in text[range.clone()].char_indices() {
                        let at = range.start + at;
                        take(c, at..at + c.len_utf8());
                    }
                }
            }
        }
    }
}
