//! OpenDocument files: texts, sheets and slides (ISO 26300).
//!
//! In: such a package. Out: the entries that hold prose, and what their elements mean. A paragraph or a heading is a run; what is
//! formatted in it, linked or computed belongs to it, notes and pictures interrupt it. Charts and other documents
//! within the document are folders with the same entries. The naive way converts whatever text it meets, and with it
//! scripts, formulas and who changed what; here only elements that readers see count.

use std::sync::Arc;

use super::names::Ns;
use super::stays::Stays;
use super::walk::{Plan, Role, escape, value, walk};
use super::word::around;
use super::xml::Tag;
use super::zip::Archive;
use super::{Kind, Part, Wrong, Xml, cells, each_tag};
use crate::format::{Format, Malformed, Memory, Runs};

const MANIFEST: &str = "META-INF/manifest.xml";
const SIGNATURES: &str = "META-INF/documentsignatures.xml";

/// Returns what a media type names.
pub(super) fn kind(media_type: &[u8]) -> Option<Kind> {
    let name = media_type.strip_prefix(b"application/vnd.oasis.opendocument.")?;
    match name.strip_suffix(b"-template").unwrap_or(name) {
        b"text" => Some(Kind::Odt),
        b"spreadsheet" => Some(Kind::Ods),
        b"presentation" => Some(Kind::Odp),
        _ => None,
    }
}

/// Returns the entries that hold prose, and one that signs the document.
pub(super) fn parts(archive: &mut Archive<'_>) -> Result<(Vec<Part>, Option<String>), Wrong> {
    if let Some(manifest) = archive.find(MANIFEST) {
        let mut is_encrypted = false;
        each_tag(archive, manifest, |tag, _| {
            is_encrypted |= (tag.ns, tag.local) == (Ns::OdfManifest, "encryption-data");
        })?;
        if is_encrypted {
            return Err(Wrong::new("it is encrypted with a password; remove that first"));
        }
    }
    let (mut contents, mut metas) = (Vec::new(), Vec::new());
    for (index, name) in archive.names().enumerate() {
        match name.rsplit('/').next() {
            _ if name.starts_with("META-INF/") => {}
            Some("content.xml" | "styles.xml") => contents.push(index),
            Some("meta.xml") => metas.push(index),
            _ => {}
        }
    }
    let found = cells::find(archive, &contents)?;
    let mut parts = Vec::new();
    let mut add = |index: usize, format: Arc<dyn Format>| {
        parts.push(Part { index, name: archive.name(index).to_owned(), format, trims: false });
    };
    for (index, stays) in contents.into_iter().zip(found.stays) {
        add(index, Arc::new(Content { stays, keeps_fields: found.keeps_fields }));
    }
    for index in metas {
        add(index, Arc::new(Xml { name: "odf", plan: meta, stays: Stays::default() }));
    }
    parts.sort_by_key(|part| part.index);
    let signature = archive.find(SIGNATURES).map(|index| archive.name(index).to_owned());
    Ok((parts, signature))
}

const NONE: &[&str] = &[];

/// The text of a document, or its styles.
#[derive(Debug)]
struct Content {
    /// Cells and paragraphs that are left, by the numbers of their tags.
    stays: Stays,
    /// Conditions compare fields with texts.
    keeps_fields: bool,
}

impl Format for Content {
    fn name(&self) -> &str {
        "odf"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        walk(text, None, runs, |tag, runs| match (tag.ns, tag.local) {
            (Ns::OdfTable, _) if self.stays.contains(&tag.number) => (Role::Through, NONE),
            _ if self.stays.contains(&tag.number) => (Role::Opaque, NONE),
            (Ns::OdfText, local) if is_variable(local) && self.keeps(tag) => (Role::Opaque, NONE),
            (Ns::OdfText, "a") => {
                heading(text, tag, runs);
                (Role::Through, &["title"])
            }
            (Ns::OdfText, "list-level-style-number" | "outline-level-style") => {
                let all = tag.attributes();
                for format in all.filter(|attribute| attribute.local() == "num-list-format") {
                    let len = |rest: &str| rest[1..].find('%').map_or(1, |len| len + 2);
                    around(text, &format, len, runs);
                }
                (Role::Through, AFFIXES)
            }
            _ => content(tag),
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        escape(style, text, output)
    }
}

/// What stands around a number.
const AFFIXES: &[&str] = &["num-prefix", "num-suffix"];

impl Content {
    /// Returns whether a field stays, with what it shows.
    fn keeps(&self, tag: &Tag<'_>) -> bool {
        self.keeps_fields || tag.decoded("formula").is_some_and(|formula| !formula.is_ascii())
    }
}

/// Returns whether an element is a variable, or shows one.
fn is_variable(local: &str) -> bool {
    const PLACES: [&str; 6] = ["-set", "-get", "-input", "-decl", "-field-get", "-field-input"];
    let rest = local.strip_prefix("user-field").or(local.strip_prefix("variable"));
    rest.is_some_and(|rest| PLACES.contains(&rest))
}

/// Tells the heading that a link names by its text: `#1.头发|outline`.
fn heading(text: &str, tag: &Tag<'_>, runs: &mut Runs) {
    for attribute in tag.attributes().filter(|attribute| attribute.local() == "href") {
        let target = &text[attribute.value.clone()];
        if target.starts_with('#') && target.ends_with("|outline") {
            let range = attribute.value.start + 1..attribute.value.end - "|outline".len();
            runs.begin_aside();
            value(text, &attribute, range, runs);
            runs.end_aside();
        }
    }
}

fn content(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::OdfText, local) => match local {
            "p"
            | "h"
            | "ruby-text"
            | "index-title-template"
            | "note-continuation-notice-forward"
            | "note-continuation-notice-backward" => (Role::Prose, NONE),
            "note" => (Role::Run, NONE),
            "line-break" | "tab" => (Role::Break, NONE),
            // Where something was put in or taken out that may be taken back.
            "s" | "change" | "change-start" | "change-end" => (Role::Object, NONE),
            "script" => (Role::Skip, NONE),
            // What it shows stands in the properties of the document, which are data.
            "user-defined" => (Role::Opaque, NONE),
            // What a field repeats, or shows at times.
            "user-field-decl" | "variable-set" | "hidden-text" => {
                (Role::Through, &["string-value"])
            }
            "conditional-text" => {
                (Role::Through, &["string-value-if-true", "string-value-if-false"])
            }
            // What is chosen stands in the text, too.
            "label" => (Role::Through, &["value"]),
            "placeholder" => (Role::Through, &["description"]),
            // What an index is made of, which stands in the text, too.
            "alphabetical-index-mark"
            | "alphabetical-index-mark-start"
            | "toc-mark"
            | "user-index-mark" => (Role::Through, &["string-value", "key1", "key2"]),
            "notes-configuration" => (Role::Through, AFFIXES),
            _ => (Role::Through, NONE),
        },
        (Ns::OdfNumber, "text") => (Role::Prose, NONE),
        (Ns::OdfOffice, "annotation") => (Role::Run, NONE),
        (Ns::OdfOffice, "binary-data" | "scripts") => (Role::Skip, NONE),
        // Where it is there, it counts, and not the paragraphs of the cell.
        (Ns::OdfTable, "table-cell" | "covered-table-cell") => (Role::Through, &["string-value"]),
        (Ns::OdfTable, "help-message" | "error-message") => (Role::Through, &["title"]),
        (Ns::OdfTable | Ns::OdfSvg, "title" | "desc") => (Role::Prose, NONE),
        (Ns::OdfPresentation, "header-decl" | "footer-decl" | "date-time-decl") => {
            (Role::Prose, NONE)
        }
        (Ns::OdfDraw, "frame" | "custom-shape" | "g" | "control") => {
            // What stands at the edge of the page is not in the sentence.
            let is_letter = tag.value("anchor-type") == Some("as-char");
            (if is_letter { Role::Object } else { Role::Run }, NONE)
        }
        (Ns::OdfForm, _) => (Role::Through, &["label"]),
        (Ns::MathMl, "math") => (Role::Skip, NONE),
        _ => (Role::Through, NONE),
    }
}

fn meta(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::DublinCore, "title" | "description" | "subject") | (Ns::OdfMeta, "keyword") => {
            (Role::Prose, NONE)
        }
        _ => (Role::Through, NONE),
    }
}
