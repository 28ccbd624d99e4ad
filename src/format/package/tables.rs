//! The columns of the tables of Excel files.
//!
//! In: an Excel file, and what becomes of a text. Out: whether the columns of its tables can be renamed as their head cells are. A table
//! repeats the text of its head cells, and Excel "repairs" a file in which they differ; so both change, or none. Since
//! much can name a column by its letters (formulas, pivot tables, queries, macros), both change only where nothing does, and
//! where no two columns of a table come to be called the same.

use std::collections::HashSet;

use super::names::Ns;
use super::walk::{Plan, Role, escape, walk};
use super::xml::{Event, Reader, Tag, decoded};
use super::zip::Archive;
use super::{Wrong, each_tag, read};
use crate::format::{Format, Malformed, Memory, Runs};

/// Characters that the name of a column may have.
const MOST: usize = 255;

/// Returns whether the columns of all tables may be renamed; `formulas` are the entries that have any.
pub(super) fn may_rename(
    archive: &mut Archive<'_>,
    tables: &[usize],
    formulas: &[usize],
    convert: &dyn Fn(&str) -> Option<String>,
) -> Result<bool, Wrong> {
    for &table in tables {
        let (mut names, mut is_fine) = (HashSet::new(), true);
        each_tag(archive, table, |tag, text| {
            if (tag.ns, tag.local) != (Ns::Sheet, "tableColumn") || !is_fine {
                return;
            }
            let mut all = tag.attributes();
            let name = all.find(|attribute| attribute.name == "name");
            let name = name.map(|name| decoded(text, name.value)).unwrap_or_default();
            // A line end in a head is written in another way here.
            is_fine = !name.contains("_x")
                && convert(&name).is_some_and(|name| {
                    name.chars().count() <= MOST && names.insert(name.to_lowercase())
                });
        })?;
        if !is_fine {
            return Ok(false);
        }
    }
    for &index in tables.iter().chain(formulas) {
        let (text, _) = read(archive, index)?;
        let names_column = names_column(&text);
        if names_column.map_err(|wrong| Wrong::in_text(archive.name(index), &text, &wrong))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns whether a formula may name a column of a table that is not called in ASCII: `Table[名]`.
fn names_column(text: &str) -> Result<bool, Malformed> {
    let mut reader = Reader::new(text);
    let (mut is_formula, mut is_open) = (false, false);
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(tag) => {
                let local = tag.local;
                is_formula = super::stays::is_formula(local);
                is_open = false;
            }
            Event::End => is_formula = false,
            Event::Text(range) | Event::Data(range) | Event::Reference(range, None)
                if is_formula =>
            {
                for c in text[range].chars() {
                    is_open |= c == '[';
                    if is_open && !c.is_ascii() {
                        return Ok(true);
                    }
                }
            }
            Event::Reference(_, Some(c)) if is_formula => {
                is_open |= c == '[';
                if is_open && !c.is_ascii() {
                    return Ok(true);
                }
            }
            _ => {}
        }
    }
    Ok(false)
}

/// A table, whose columns are called as its head cells.
#[derive(Debug)]
pub(super) struct Table;

impl Format for Table {
    fn name(&self) -> &str {
        "xlsx"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        walk(text, None, runs, |tag, _| columns(tag))
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        escape(style, text, output)
    }
}

fn columns(tag: &Tag<'_>) -> Plan {
    match (tag.ns, tag.local) {
        (Ns::Sheet, "tableColumn") => (Role::Through, &["name", "totalsRowLabel"]),
        _ => (Role::Through, &[]),
    }
}
