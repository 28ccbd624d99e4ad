//! The cells of OpenDocument files that stay.
//!
//! In: such a file. Out: the cells and their paragraphs that are left, by the numbers of their tags, and whether fields are. As in Excel
//! ([`stays`](super::stays)), formulas, filters and conditions have texts between quotes, and stay; the naive way converts what they
//! are compared with, and a paragraph that is shown under a condition is gone.

use std::collections::HashSet;
use std::sync::Arc;

use super::formulas::{Seeking, Sought, has_literal};
use super::names::Ns;
use super::stays::Stays;
use super::xml::{Event, Reader, Tag};
use super::zip::Archive;
use super::{Wrong, each_tag, read};
use crate::format::Malformed;

/// What is left.
pub(super) struct Left {
    /// Of each entry.
    pub(super) stays: Vec<Stays>,
    /// Conditions of texts compare fields with texts.
    pub(super) keeps_fields: bool,
}

/// Finds what is left in these entries.
pub(super) fn find(archive: &mut Archive<'_>, entries: &[usize]) -> Result<Left, Wrong> {
    let (mut seeking, mut keeps_fields) = (Seeking::default(), false);
    for &index in entries {
        each_tag(archive, index, |tag, _| {
            if tag.ns == Ns::OdfText {
                let formulas = ["condition", "formula"].iter();
                let mut formulas = formulas.filter_map(|name| tag.decoded(name));
                keeps_fields |= formulas.any(|formula| has_literal(&formula));
            } else {
                seek(tag, &mut seeking);
            }
        })?;
    }
    let sought = seeking.finish()?;
    let mut stays = Vec::with_capacity(entries.len());
    for &index in entries {
        let (text, _) = read(archive, index)?;
        let found = cells(&text, &sought);
        let wrong = |wrong| Wrong::in_text(archive.name(index), &text, &wrong);
        stays.push(Arc::new(found.map_err(wrong)?));
    }
    Ok(Left { stays, keeps_fields })
}

/// Collects what a tag looks for.
fn seek(tag: &Tag<'_>, seeking: &mut Seeking) {
    let mut of = |name: &str, take: fn(&mut Seeking, &str)| {
        if let Some(value) = tag.decoded(name) {
            take(seeking, &value);
        }
    };
    for name in ["formula", "condition", "expression"] {
        of(name, Seeking::formula);
    }
    match tag.local {
        // Of a format that depends on the text, in LibreOffice's own way.
        "condition" => of("value", Seeking::formula),
        "filter-condition" => {
            of("value", Seeking::pattern);
            // It may be looked for within a text, and its own words may be patterns.
            if !matches!(tag.value("operator"), Some("=" | "!=")) {
                of("value", Seeking::part);
            }
        }
        "filter-set-item" => of("value", Seeking::text),
        "data-pilot-field" => of("source-field-name", Seeking::text),
        "data-pilot-member" if tag.value("display") == Some("false") => of("name", Seeking::text),
        "table" | "named-range" | "named-expression" | "database-range" => {
            of("name", Seeking::name);
        }
        _ => {}
    }
}

/// A cell that is open.
struct Cell {
    depth: usize,
    number: usize,
    /// It has a formula with a text of its own.
    is_left: bool,
    paragraphs: Vec<usize>,
    text: String,
}

/// Finds the cells that stay, and their paragraphs.
fn cells(document: &str, sought: &Sought) -> Result<HashSet<usize>, Malformed> {
    let mut reader = Reader::new(document);
    let (mut stays, mut open) = (HashSet::new(), Vec::<Cell>::new());
    let (mut depth, mut is_in) = (0_usize, None);
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(tag) => {
                match (tag.ns, tag.local) {
                    (Ns::OdfTable, "table-cell" | "covered-table-cell") => {
                        let formula = tag.decoded("formula");
                        open.push(Cell {
                            depth,
                            number: tag.number,
                            is_left: formula.is_some_and(|formula| has_literal(&formula)),
                            paragraphs: Vec::new(),
                            text: String::new(),
                        });
                    }
                    (Ns::OdfText, "p") => {
                        if let Some(cell) = open.last_mut().filter(|cell| cell.depth + 1 == depth) {
                            if !cell.paragraphs.is_empty() {
                                cell.text.push('\n');
                            }
                            cell.paragraphs.push(tag.number);
                            is_in = Some(depth);
                        }
                    }
                    (Ns::OdfText, "s") => {
                        if let Some(cell) = open.last_mut().filter(|_| is_in.is_some()) {
                            cell.text.push(' ');
                        }
                    }
                    _ => {}
                }
                depth += 1;
            }
            Event::End => {
                depth -= 1;
                is_in = is_in.filter(|&own| own != depth);
                if let Some(cell) = open.pop_if(|cell| cell.depth == depth)
                    && (cell.is_left || sought.keeps(&cell.text))
                {
                    stays.insert(cell.number);
                    stays.extend(cell.paragraphs);
                }
            }
            Event::Text(range) | Event::Data(range) | Event::Reference(range, None) => {
                if let Some(cell) = open.last_mut().filter(|_| is_in.is_some()) {
                    cell.text.push_str(&document[range]);
                }
            }
            Event::Reference(_, Some(c)) => {
                if let Some(cell) = open.last_mut().filter(|_| is_in.is_some()) {
                    cell.text.push(c);
                }
            }
        }
    }
    Ok(stays)
}
