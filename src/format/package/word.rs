//! The texts of Word files.
//!
//! In: a document, a header, notes, comments, the list of numberings. Out: their prose. A paragraph is a run. The naive way takes all
//! text for such, and converts what Word puts back when it opens the file: the content of a control that is bound to data
//! elsewhere in the package.

use super::names::Ns;
use super::ooxml::drawing;
use super::walk::{Plan, Role, escape, value, walk};
use super::xml::Tag;
use crate::format::{Format, Malformed, Memory, Runs};

const NONE: &[&str] = &[];

/// A text of a Word file.
#[derive(Debug)]
pub(super) struct Word;

impl Format for Word {
    fn name(&self) -> &str {
        "docx"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        // What a control is stands before what it holds, and no control among it.
        let mut is_bound = false;
        walk(text, None, runs, |tag, runs| match (tag.ns, tag.local) {
            (Ns::Word | Ns::WordLater, "dataBinding") => {
                is_bound = is_bound || !is_converted(tag.value("xpath").unwrap_or_default());
                (Role::Through, NONE)
            }
            (Ns::Word, "sdt") => {
                is_bound = false;
                (Role::Through, NONE)
            }
            (Ns::Word, "sdtContent") if std::mem::take(&mut is_bound) => (Role::Opaque, NONE),
            (Ns::Word, "lvlText") => {
                numbering(text, tag, runs);
                (Role::Through, NONE)
            }
            _ => word(tag),
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        escape(style, text, output)
    }
}

/// Returns whether what a control is bound to is converted itself, as the title of the document.
fn is_converted(path: &str) -> bool {
    let parts = ["title", "subject", "description", "keywords"];
    let is_part = |part: &&str| path.trim_end_matches("[1]").ends_with(&format!(":{part}"));
    path.contains("coreProperties") && parts.iter().any(is_part)
}

/// Tells what stands around the numbers of a list: `第%1条`.
fn numbering(text: &str, tag: &Tag<'_>, runs: &mut Runs) {
    for attribute in tag.attributes().filter(|attribute| attribute.local() == "val") {
        around(
            text,
            &attribute,
            |rest| {
                let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
                1 + digits.min(1)
            },
            runs,
        );
    }
}

/// Tells the value of an attribute in which `%` begins a sign, whose length `sign` gives.
pub(super) fn around(
    text: &str,
    attribute: &super::xml::Attribute<'_>,
    sign: impl Fn(&str) -> usize,
    runs: &mut Runs,
) {
    runs.begin_aside();
    let end = attribute.value.end;
    let mut at = attribute.value.start;
    while at < end {
        let next = text[at..end].find('%').map_or(end, |found| at + found);
        value(text, attribute, at..next, runs);
        at = next;
        if at < end {
            at += sign(&text[at..end]);
            runs.object(next..at);
        }
    }
    runs.end_aside();
}

fn word(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Word, local) => match local {
            // What was deleted is not in the sentence, nor is what stands above it.
            "p" | "rt" => (Role::Run, NONE),
            // Whoever takes back a change has to find the words as they were around it.
            "del" | "moveFrom" => (Role::Gone, NONE),
            "ins" | "moveTo" => (Role::Apart, NONE),
            "t" | "delText" => (Role::Text, NONE),
            "br" | "cr" | "tab" | "ptab" => (Role::Break, NONE),
            "pict" | "object" | "sym" | "noBreakHyphen" | "softHyphen" => (Role::Object, NONE),
            // Of form fields: what stands in them at first, and what there is to choose.
            "tblCaption" | "tblDescription" | "default" | "listEntry" => (Role::Through, &["val"]),
            "hyperlink" => (Role::Through, &["tooltip"]),
            // What is chosen stands in the text, too; its value is a name.
            "listItem" => (Role::Through, &["displayText"]),
            "helpText" | "statusText" if tag.value("type") != Some("autoText") => {
                (Role::Through, &["val"])
            }
            _ => (Role::Through, NONE),
        },
        (Ns::WordDrawing, "inline") => (Role::Object, NONE),
        (Ns::Vml, "textpath") => (Role::Through, &["string"]),
        (Ns::Vml, _) => (Role::Through, &["alt"]),
        _ => drawing(tag),
    }
}
