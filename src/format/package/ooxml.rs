//! Word, Excel and PowerPoint files since 2007 (ECMA-376, ISO 29500).
//!
//! In: such a package. Out: the entries that hold prose, and what their elements mean. `[Content_Types].xml` says what each entry
//! is; the naive way goes by their usual names, which nobody promised. A paragraph is a run: Word and PowerPoint cut
//! it into pieces (`w:r`) at each change of font and often at the edge of what was typed at once, in the middle of words.

use std::collections::HashMap;
use std::sync::Arc;

use super::names::Ns;
use super::sheet::{self, Styles, Worksheet};
use super::stays::{self, Book, Stays};
use super::tables::{self, Table};
use super::walk::{Plan, Role};
use super::word::Word;
use super::xml::Tag;
use super::zip::Archive;
use super::{Kind, Part, Wrong, Xml, each_tag, resolve};
use crate::format::Format;

const TYPES: &str = "[Content_Types].xml";
/// What the package says of itself.
const LINKS: &str = "_rels/.rels";

/// What an entry is, by the last part of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Main(Kind),
    /// Another text of Word: a header, notes, comments.
    Text,
    Slide,
    SharedStrings,
    Worksheet,
    Styles,
    Table,
    PivotCache,
    PivotTable,
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
                | "wordprocessingml.numbering+xml"
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
                "spreadsheetml.styles+xml" => Content::Styles,
                "spreadsheetml.table+xml" => Content::Table,
                "spreadsheetml.pivotCacheDefinition+xml" => Content::PivotCache,
                "spreadsheetml.pivotTable+xml" => Content::PivotTable,
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
    let Some(types) = archive.find_as(TYPES) else { return Ok(Vec::new()) };
    let (mut endings, mut names) = (HashMap::new(), HashMap::new());
    each_tag(archive, types, |tag, _| {
        if tag.ns != Ns::ContentTypes {
            return;
        }
        let Some(found) = tag.decoded("ContentType") else { return };
        match tag.local {
            "Default" => {
                if let (Some(ending), Some(content)) = (tag.decoded("Extension"), content(&found)) {
                    endings.insert(ending.to_ascii_lowercase(), content);
                }
            }
            "Override" => {
                if let Some(name) = tag.decoded("PartName") {
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
    let mut contents: Vec<(usize, Content)> = contents.collect();
    let main = main(archive, &contents)?;
    // A file within the file may be of the same type.
    contents.retain(|(index, content)| {
        !matches!(content, Content::Main(_)) || main.is_none_or(|(main, _)| *index == main)
    });
    Ok(contents)
}

/// Returns the entry that is the document itself, and what that is.
fn main(
    archive: &mut Archive<'_>,
    contents: &[(usize, Content)],
) -> Result<Option<(usize, Kind)>, Wrong> {
    let mut all = contents.iter().filter_map(|(index, content)| match content {
        Content::Main(kind) => Some((*index, *kind)),
        _ => None,
    });
    let first = all.clone().next();
    if first.is_none() || all.clone().nth(1).is_none() {
        return Ok(first);
    }
    let mut named = None;
    if let Some(links) = archive.find_as(LINKS) {
        each_tag(archive, links, |tag, _| {
            let is_main = tag.ns == Ns::Relationships
                && tag.value("Type").is_some_and(|kind| kind.ends_with("/officeDocument"));
            if is_main {
                named = tag.decoded("Target").and_then(|target| resolve("", &target));
            }
        })?;
    }
    let named = named.and_then(|name| archive.find_as(&name));
    Ok(all.find(|(index, _)| Some(*index) == named).or(first))
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
    if let Some(name) = archive.named_twice() {
        let message = "another entry has this name, but for capitals and small letters";
        return Err(Wrong::of(name, message));
    }
    let contents = contents(archive)?;
    let of = |wanted: Content| -> Vec<usize> {
        let all = contents.iter().filter(|(_, content)| *content == wanted);
        all.map(|(index, _)| *index).collect()
    };
    let mut stays: HashMap<usize, Stays> = HashMap::new();
    let tables = of(Content::Table);
    let mut is_renaming = false;
    let main = of(Content::Main(Kind::Xlsx)).first().copied();
    if main.is_some() {
        let caches = of(Content::PivotCache);
        let formulas = contents.iter().filter(|(_, content)| {
            matches!(content, Content::Main(_) | Content::Worksheet | Content::Chart)
        });
        let formulas: Vec<usize> = formulas.map(|(index, _)| *index).collect();
        is_renaming = !tables.is_empty()
            && caches.is_empty()
            && of(Content::Query).is_empty()
            && tables::may_rename(archive, &tables, &formulas, convert)?;
        let mut book = Book {
            main,
            strings: of(Content::SharedStrings),
            sheets: of(Content::Worksheet),
            tables,
            caches,
            pivots: of(Content::PivotTable),
            charts: of(Content::Chart),
            threads: of(Content::ThreadedComments),
            keeps_columns: !is_renaming,
        };
        if is_renaming && stays::is_column_sought(archive, &book)? {
            (is_renaming, book.keeps_columns) = (false, true);
        }
        stays = stays::stays(archive, &book, convert)?;
    }
    let mut parts = Vec::new();
    for &(index, content) in &contents {
        let stays = stays.remove(&index).unwrap_or_default();
        let plan =
            |name, plan| -> Arc<dyn Format> { Arc::new(Xml { name, plan, stays: stays.clone() }) };
        let format = match content {
            Content::Main(Kind::Docx) | Content::Text => Arc::new(Word),
            Content::Slide => plan("pptx", slide),
            Content::SharedStrings => plan("xlsx", sheet::strings),
            Content::Worksheet => Arc::new(Worksheet { stays }),
            Content::Styles => Arc::new(Styles),
            Content::SheetComments => plan("xlsx", sheet::comments),
            Content::ThreadedComments => plan("xlsx", sheet::threaded),
            Content::Drawing => plan("drawing", drawing),
            Content::Chart => Arc::new(Chart { stays }),
            Content::CoreProperties => plan("properties", properties),
            Content::Table if is_renaming => Arc::new(Table),
            Content::Main(_)
            | Content::Table
            | Content::PivotCache
            | Content::PivotTable
            | Content::Query
            | Content::Signature => {
                continue;
            }
        };
        let trims = !matches!(content, Content::Slide | Content::Drawing | Content::Chart);
        parts.push(Part { index, name: archive.name(index).to_owned(), format, trims });
    }
    let signature = of(Content::Signature).first().map(|&index| archive.name(index).to_owned());
    let by_name = archive.names().find(|name| name.starts_with("_xmlsignatures/"));
    let signature = signature.or_else(|| by_name.map(str::to_owned));
    Ok((parts, signature))
}

const NONE: &[&str] = &[];
/// What a picture shows.
const ALT: &[&str] = &["descr", "title"];

fn slide(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        // Of a comment.
        (Ns::Slides, "text") => (Role::Prose, NONE),
        _ => drawing(tag),
    }
}

/// What stands in drawings, which all three have.
pub(super) fn drawing(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Drawing, "p") => (Role::Run, NONE),
        (Ns::Drawing, "t") => (Role::Text, NONE),
        (Ns::Drawing, "br") => (Role::Break, NONE),
        (Ns::OfficeMath, "oMath" | "oMathPara") => (Role::Opaque, NONE),
        (Ns::Drawing, "hlinkClick" | "hlinkHover") => (Role::Through, &["tooltip"]),
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
struct Chart {
    stays: Stays,
}

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
        super::walk::walk(text, None, runs, |tag, runs| match (tag.ns, tag.local) {
            _ if self.stays.contains(&tag.number) => (Role::Opaque, NONE),
            (Ns::Chart, "strCache" | "strLit" | "multiLvlStrCache" | "tx")
            | (Ns::ChartEx, "strDim" | "tx")
            | (Ns::ChartLater, "dlblRangeCache") => {
                is_text = true;
                (Role::Through, NONE)
            }
            (Ns::Chart, "numCache" | "numLit") | (Ns::ChartEx, "numDim") => {
                is_text = false;
                (Role::Through, NONE)
            }
            (Ns::Chart, "v") | (Ns::ChartEx, "v" | "pt") if is_text => (Role::Prose, NONE),
            // Of a trend.
            (Ns::Chart, "name") => (Role::Prose, NONE),
            (Ns::Chart, "numFmt") => {
                sheet::number_format(text, tag, runs);
                (Role::Through, NONE)
            }
            _ => drawing(tag),
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        super::walk::escape(style, text, output)
    }
}
