//! OpenDocument files: texts, sheets and slides (ISO 26300).
//!
//! In: such a package. Out: the entries that hold prose, and what their elements mean. A paragraph or a heading is a run; what is
//! formatted in it, linked or computed belongs to it, notes and pictures interrupt it. Charts and other documents
//! within the document are folders with the same entries. The naive way converts whatever text it meets, and with it
//! scripts, formulas and who changed what; here only elements that readers see count.

use std::sync::Arc;

use super::names::Ns;
use super::walk::{Plan, Role};
use super::xml::Tag;
use super::zip::Archive;
use super::{Kind, Part, Wrong, Xml, each_tag};

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
            return Err(Wrong::new("it is encrypted with a password"));
        }
    }
    let mut parts = Vec::new();
    for (index, name) in archive.names().enumerate() {
        let plan = match name.rsplit('/').next() {
            Some("content.xml" | "styles.xml") => content,
            Some("meta.xml") => meta,
            _ => continue,
        };
        if name.starts_with("META-INF/") {
            continue;
        }
        let format = Arc::new(Xml { name: "odf", plan, stays: Default::default() });
        parts.push(Part { index, name: name.to_owned(), format, trims: false });
    }
    let signature = archive.find(SIGNATURES).map(|index| archive.name(index).to_owned());
    Ok((parts, signature))
}

const NONE: &[&str] = &[];

fn content(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::OdfText, local) => match local {
            "p" | "h" | "ruby-text" | "index-title-template" => (Role::Prose, NONE),
            "note" => (Role::Run, NONE),
            "line-break" | "tab" => (Role::Break, NONE),
            // Where something was put in or taken out that may be taken back.
            "s" | "change" | "change-start" | "change-end" => (Role::Object, NONE),
            "script" => (Role::Skip, NONE),
            // What a field repeats.
            "user-field-decl" | "variable-set" => (Role::Through, &["string-value"]),
            _ => (Role::Through, NONE),
        },
        (Ns::OdfOffice, "annotation") => (Role::Run, NONE),
        (Ns::OdfOffice, "binary-data" | "scripts") => (Role::Skip, NONE),
        // Where it is there, it counts, and not the paragraphs of the cell.
        (Ns::OdfTable, "table-cell" | "covered-table-cell") => (Role::Through, &["string-value"]),
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
