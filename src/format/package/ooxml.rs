//! Word, Excel and PowerPoint files since 2007 (ECMA-376, ISO 29500).
//!
//! In: such a package. Out: the entries that hold prose, and what their elements mean. `[Content_Types].xml` says what each entry
//! is; the naive way goes by their usual names, which nobody promised. A paragraph is a run: Word and PowerPoint cut
//! it into pieces (`w:r`) at each change of font and often at the edge of what was typed at once, in the middle of words.

use std::collections::HashMap;
use std::sync::Arc;

use super::names::Ns;
use super::sheet::{self, SharedStrings, Worksheet};
use super::tables::{self, Table};
use super::walk::{Plan, Role};
use super::xml::{Tag, decoded};
use super::zip::Archive;
use super::{Kind, Part, Wrong, Xml, each_tag};
use crate::format::Format;

const TYPES: &str = "[Content_Types].xml";

/// What an entry is, by the last part of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Main(Kind),
    /// Another text of Word: a header, notes, comments.
    Text,
    Slide,
    SharedStrings,
    Worksheet,
    Table,
    PivotCache,
    /// What may name columns of tables, in words of its own.
    Query,
    SheetComments,
    ThreadedComments,
    Drawing,
    Chart,
    CoreProperties,
    Signature,
}

fn content(media_type: &str) -> Option<Content> {
    const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";
    let main = match media_type.strip_prefix(OFFICE).unwrap_or(media_type) {
        "wordprocessingml.document.main+xml"
        | "wordprocessingml.template.main+xml"
        | "application/vnd.ms-word.document.macroEnabled.main+xml"
        | "application/vnd.ms-word.template.macroEnabledTemplate.main+xml" => Kind::Docx,
        "spreadsheetml.sheet.main+xml"
        | "spreadsheetml.template.main+xml"
        | "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
        | "application/vnd.ms-excel.template.macroEnabled.main+xml" => Kind::Xlsx,
        "presentationml.presentation.main+xml"
        | "presentationml.slideshow.main+xml"
        | "presentationml.template.main+xml"
        | "application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"
        | "application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml"
        | "application/vnd.ms-powerpoint.template.macroEnabled.main+xml" => Kind::Pptx,
        other => {
            return Some(match other {
                "wordprocessingml.header+xml"
                | "wordprocessingml.footer+xml"
                | "wordprocessingml.footnotes+xml"
                | "wordprocessingml.endnotes+xml"
                | "wordprocessingml.comments+xml"
                | "wordprocessingml.document.glossary+xml" => Content::Text,
                "presentationml.slide+xml"
                | "presentationml.notesSlide+xml"
                | "presentationml.slideMaster+xml"
                | "presentationml.slideLayout+xml"
                | "presentationml.notesMaster+xml"
                | "presentationml.handoutMaster+xml"
                | "presentationml.comments+xml"
                | "application/vnd.ms-powerpoint.comments+xml" => Content::Slide,
                "spreadsheetml.sharedStrings+xml" => Content::SharedStrings,
                "spreadsheetml.worksheet+xml" => Content::Worksheet,
                "spreadsheetml.table+xml" => Content::Table,
                "spreadsheetml.pivotCacheDefinition+xml" => Content::PivotCache,
                "spreadsheetml.connections+xml"
                | "spreadsheetml.queryTable+xml"
                | "application/vnd.ms-excel.slicerCache+xml"
                | "application/vnd.ms-office.vbaProject" => Content::Query,
                "spreadsheetml.comments+xml" => Content::SheetComments,
                "application/vnd.ms-excel.threadedcomments+xml" => Content::ThreadedComments,
                "drawing+xml"
                | "drawingml.diagramData+xml"
                | "drawingml.chartshapes+xml"
                | "application/vnd.ms-office.drawingml.diagramDrawing+xml" => Content::Drawing,
                "drawingml.chart+xml" | "application/vnd.ms-office.chartex+xml" => Content::Chart,
                "application/vnd.openxmlformats-package.core-properties+xml" => {
                    Content::CoreProperties
                }
                "application/vnd.openxmlformats-package.digital-signature-origin"
                | "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml" => {
                    Content::Signature
                }
                _ => return None,
            });
        }
    };
    Some(Content::Main(main))
}

/// Returns what each entry is, as far as it matters, in the order of the file.
fn contents(archive: &mut Archive<'_>) -> Result<Vec<(usize, Content)>, Wrong> {
    let Some(types) = archive.find(TYPES) else { return Ok(Vec::new()) };
    let (mut endings, mut names) = (HashMap::new(), HashMap::new());
    each_tag(archive, types, |tag, text| {
        if tag.ns != Ns::ContentTypes {
            return;
        }
        let value = |name: &str| {
            let found = tag.attributes().find(|attribute| attribute.name == name);
            found.map(|attribute| decoded(text, attribute.value))
        };
        let Some(found) = value("ContentType") else { return };
        match tag.local {
            "Default" => {
                if let (Some(ending), Some(content)) = (value("Extension"), content(&found)) {
                    endings.insert(ending.to_ascii_lowercase(), content);
                }
            }
            "Override" => {
                if let Some(name) = value("PartName") {
                    // Names are the same in capitals and small letters.
                    let name = name.trim_start_matches('/').to_ascii_lowercase();
                    names.insert(name, content(&found));
                }
            }
            _ => {}
        }
    })?;
    let contents = archive.names().enumerate().filter_map(|(index, name)| {
        let name = name.to_ascii_lowercase();
        let content = match names.get(&name) {
            Some(content) => *content,
            None => name.rsplit_once('.').and_then(|(_, ending)| endings.get(ending).copied()),
        };
        content.map(|content| (index, content))
    });
    Ok(contents.collect())
}

/// Returns which of the three a package is.
pub(super) fn kind(archive: &mut Archive<'_>) -> Result<Option<Kind>, Wrong> {
    let contents = contents(archive)?;
    Ok(contents.iter().find_map(|(_, content)| match content {
        Content::Main(kind) => Some(*kind),
        _ => None,
    }))
}

/// Returns the entries that hold prose, and one that signs the document.
pub(super) fn parts(
    archive: &mut Archive<'_>,
    convert: &dyn Fn(&str) -> Option<String>,
) -> Result<(Vec<Part>, Option<String>), Wrong> {
    let contents = contents(archive)?;
    let of = |wanted: Content| {
        contents.iter().filter(move |(_, content)| *content == wanted).map(|(index, _)| *index)
    };
    let tables: Vec<usize> = of(Content::Table).collect();
    let caches: Vec<usize> = of(Content::PivotCache).collect();
    let sheets: Vec<usize> = of(Content::Worksheet).collect();
    let formulas = contents.iter().filter(|(_, content)| {
        matches!(content, Content::Main(_) | Content::Worksheet | Content::Chart)
    });
    let formulas: Vec<usize> = formulas.map(|(index, _)| *index).collect();
    let is_renaming = !tables.is_empty()
        && caches.is_empty()
        && of(Content::Query).next().is_none()
        && tables::may_rename(archive, &tables, &formulas, convert)?;
    let left = if is_renaming { &[] } else { &*tables };
    let heads = sheet::heads(archive, &sheets, left, &caches)?;
    let mut parts = Vec::new();
    for &(index, content) in &contents {
        let plan = |name, plan| -> Arc<dyn Format> { Arc::new(Xml { name, plan }) };
        let format = match content {
            Content::Main(Kind::Docx) | Content::Text => plan("docx", word),
            Content::Slide => plan("pptx", slide),
            Content::SharedStrings => Arc::new(SharedStrings { left: heads.strings.clone() }),
            Content::Worksheet => {
                let heads = heads.cells.get(&index).cloned().unwrap_or_default();
                Arc::new(Worksheet { heads })
            }
            Content::SheetComments => plan("xlsx", sheet::comments),
            Content::ThreadedComments => plan("xlsx", sheet::threaded),
            Content::Drawing => plan("drawing", drawing),
            Content::Chart => Arc::new(Chart),
            Content::CoreProperties => plan("properties", properties),
            Content::Table if is_renaming => Arc::new(Table),
            Content::Main(_)
            | Content::Table
            | Content::PivotCache
            | Content::Query
            | Content::Signature => {
                continue;
            }
        };
        let trims = !matches!(content, Content::Slide | Content::Drawing | Content::Chart);
        parts.push(Part { index, name: archive.name(index).to_owned(), format, trims });
    }
    let signature = of(Content::Signature).next().map(|index| archive.name(index).to_owned());
    let by_name = archive.names().find(|name| name.starts_with("_xmlsignatures/"));
    let signature = signature.or_else(|| by_name.map(str::to_owned));
    Ok((parts, signature))
}

const NONE: &[&str] = &[];
/// What a picture shows.
const ALT: &[&str] = &["descr", "title"];

fn word(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Word, local) => match local {
            // What was deleted is not in the sentence, nor is what stands above it.
            "p" | "del" | "moveFrom" | "rt" => (Role::Run, NONE),
            "t" | "delText" => (Role::Text, NONE),
            "br" | "cr" | "tab" | "ptab" => (Role::Break, NONE),
            "pict" | "object" | "sym" | "noBreakHyphen" | "softHyphen" => (Role::Object, NONE),
            // Of form fields: what stands in them at first, what there is to choose, and what is said about them.
            "tblCaption" | "tblDescription" | "default" | "listEntry" | "helpText"
            | "statusText" => (Role::Through, &["val"]),
            "listItem" => (Role::Through, &["displayText"]),
            _ => (Role::Through, NONE),
        },
        (Ns::WordDrawing, "inline") => (Role::Object, NONE),
        (Ns::Vml, "textpath") => (Role::Through, &["string"]),
        (Ns::Vml, _) => (Role::Through, &["alt"]),
        _ => drawing(tag),
    }
}

fn slide(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        // Of a comment.
        (Ns::Slides, "text") => (Role::Prose, NONE),
        _ => drawing(tag),
    }
}

/// What stands in drawings, which all three have.
fn drawing(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Drawing, "p") => (Role::Run, NONE),
        (Ns::Drawing, "t") => (Role::Text, NONE),
        (Ns::Drawing, "br") => (Role::Break, NONE),
        (Ns::OfficeMath, "oMath" | "oMathPara") => (Role::Opaque, NONE),
        (_, "docPr" | "cNvPr") => (Role::Through, ALT),
        _ => (Role::Through, NONE),
    }
}

fn properties(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::DublinCore, "title" | "subject" | "description")
        | (Ns::CoreProperties, "keywords") => (Role::Prose, NONE),
        _ => (Role::Through, NONE),
    }
}

/// Charts: their titles, and the texts of cells that they keep a copy of.
#[derive(Debug)]
struct Chart;

impl Format for Chart {
    fn name(&self) -> &str {
        "chart"
    }

    fn scan(
        &self,
        text: &str,
        _: &crate::format::Memory,
        runs: &mut crate::format::Runs,
    ) -> Result<(), crate::format::Malformed> {
        let mut is_text = true;
        super::walk::walk(text, None, runs, |tag, _| match (tag.ns, tag.local) {
            (Ns::Chart, "strCache" | "strLit" | "multiLvlStrCache" | "tx")
            | (Ns::ChartEx, "strDim" | "tx") => {
                is_text = true;
                (Role::Through, NONE)
            }
            (Ns::Chart, "numCache" | "numLit") | (Ns::ChartEx, "numDim") => {
                is_text = false;
                (Role::Through, NONE)
            }
            (Ns::Chart, "v") | (Ns::ChartEx, "v" | "pt") if is_text => (Role::Prose, NONE),
            _ => drawing(tag),
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        super::walk::escape(style, text, output)
    }
}
