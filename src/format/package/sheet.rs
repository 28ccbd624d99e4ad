//! The texts of Excel files.
//!
//! In: shared strings, sheets and comments. Out: their prose. A cell names its text by a number in one list for all sheets. Formulas,
//! names and the names of sheets refer to each other by their letters, and stay. So do the heads of the data of pivot tables, and
//! those of tables that cannot be renamed ([`tables`](super::tables)). The naive way converts all strings, and Excel then "repairs" a
//! file in which a table and its head cells are called differently.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::names::Ns;
use super::walk::{Plan, Role, escape, walk};
use super::xml::{Event, Part, Reader, Tag, decoded, parts};
use super::zip::Archive;
use super::{Wrong, each_tag, read, resolve};
use crate::format::{Format, Malformed, Memory, Runs};

/// The cells that stay.
#[derive(Default)]
pub(super) struct Heads {
    /// By the number of the entry that is their sheet.
    pub(super) cells: HashMap<usize, Arc<Rows>>,
    /// The numbers of the shared strings that stand in them.
    pub(super) strings: Arc<HashSet<usize>>,
}

/// A part of a row: the row, and its first and last column.
type Head = (u32, u32, u32);

/// The cells of a sheet that stay, by their rows; the parts of a row are in order, and none touches another.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows(HashMap<u32, Vec<(u32, u32)>>);

impl Rows {
    fn new(mut heads: Vec<Head>) -> Rows {
        heads.sort_unstable();
        let mut rows: HashMap<u32, Vec<(u32, u32)>> = HashMap::new();
        for (row, first, last) in heads {
            let parts = rows.entry(row).or_default();
            match parts.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                _ => parts.push((first, last)),
            }
        }
        Rows(rows)
    }

    fn has(&self, row: u32, column: u32) -> bool {
        let Some(parts) = self.0.get(&row) else { return false };
        let behind = parts.partition_point(|&(first, _)| first <= column);
        behind.checked_sub(1).is_some_and(|at| column <= parts[at].1)
    }
}

/// Reads the first and the last row of a range such as `A1:C5`.
fn ends(range: &str) -> [Option<Head>; 2] {
    let (first, last) = range.split_once(':').unwrap_or((range, range));
    let (Some((column, row)), Some((end, last))) = (cell(first), cell(last)) else {
        return [None, None];
    };
    [row, last].map(|row| Some((row, column, end)))
}

/// Returns the column and the row of a cell, both from 1.
fn cell(name: &str) -> Option<(u32, u32)> {
    let name = name.replace('$', "");
    let letters = name.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 || letters > 3 {
        return None;
    }
    let digit = |byte: u8| u32::from(byte.to_ascii_uppercase() - b'A') + 1;
    let column = name.bytes().take(letters).fold(0, |column, byte| column * 26 + digit(byte));
    Some((column, name[letters..].parse().ok()?))
}

/// Finds the cells that stay: the heads and totals of tables, and the heads of the data of pivot tables.
pub(super) fn heads(
    archive: &mut Archive<'_>,
    sheets: &[usize],
    tables: &[usize],
    caches: &[usize],
) -> Result<Heads, Wrong> {
    let mut heads = Heads::default();
    if tables.is_empty() && caches.is_empty() {
        return Ok(heads);
    }
    let mut cells: BTreeMap<usize, Vec<Head>> = BTreeMap::new();
    let mut ranges: HashMap<String, Vec<Head>> = HashMap::new();
    for &table in tables {
        let name = archive.name(table).to_owned();
        each_tag(archive, table, |tag, _| {
            if (tag.ns, tag.local) != (Ns::Sheet, "table") {
                return;
            }
            let is_there = |row: &str, usual: bool| match tag.value(row) {
                Some(count) => count != "0",
                None => usual,
            };
            let [first, last] = tag.value("ref").map_or([None, None], ends);
            let first = first.filter(|_| is_there("headerRowCount", true));
            // A table repeats the text of the row of its totals, too.
            let last = last.filter(|_| is_there("totalsRowCount", false));
            ranges.insert(name.clone(), first.into_iter().chain(last).collect());
        })?;
    }
    // A sheet names its tables in a file beside it.
    for &sheet in sheets {
        for target in targets(archive, sheet)? {
            cells
                .entry(sheet)
                .or_default()
                .extend(ranges.get(&target).cloned().unwrap_or_default());
        }
    }
    let names = if caches.is_empty() { HashMap::new() } else { sheet_names(archive)? };
    for &cache in caches {
        each_tag(archive, cache, |tag, text| {
            let value = |local: &str| {
                let mut all = tag.attributes();
                let found = all.find(|attribute| attribute.local() == local)?;
                Some(decoded(text, found.value))
            };
            if (tag.ns, tag.local) == (Ns::Sheet, "worksheetSource")
                && let Some(head) = value("ref").and_then(|range| ends(&range)[0])
                && let Some(&sheet) = value("sheet").and_then(|name| names.get(&name))
            {
                cells.entry(sheet).or_default().push(head);
            }
        })?;
    }
    let mut strings = HashSet::new();
    for (sheet, own) in cells {
        let own = Arc::new(Rows::new(own));
        let (text, _) = read(archive, sheet)?;
        head_strings(&text, &own, &mut strings)
            .map_err(|wrong| Wrong::in_text(archive.name(sheet), &text, &wrong))?;
        heads.cells.insert(sheet, own);
    }
    heads.strings = Arc::new(strings);
    Ok(heads)
}

/// Returns the entries that another refers to in its relationships.
fn targets(archive: &mut Archive<'_>, index: usize) -> Result<Vec<String>, Wrong> {
    Ok(relationships(archive, index)?.into_iter().map(|(_, target)| target).collect())
}

/// Returns the relationships of an entry: their ids, and the entries that they lead to.
fn relationships(archive: &mut Archive<'_>, index: usize) -> Result<Vec<(String, String)>, Wrong> {
    let name = archive.name(index).to_owned();
    let (folder, file) =
        name.rsplit_once('/').map_or(("", &*name), |(folder, file)| (folder, file));
    let own = format!("{folder}/_rels/{file}.rels");
    let Some(own) = archive.find(own.trim_start_matches('/')) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    each_tag(archive, own, |tag, text| {
        let value = |local: &str| {
            let mut all = tag.attributes();
            let found = all.find(|attribute| attribute.name == local)?;
            Some(decoded(text, found.value))
        };
        if tag.ns == Ns::Relationships
            && let (Some(id), Some(target)) = (value("Id"), value("Target"))
            && let Some(target) = resolve(&name, &target)
        {
            found.push((id, target));
        }
    })?;
    Ok(found)
}

/// Returns the entries of the sheets by the names that users see.
fn sheet_names(archive: &mut Archive<'_>) -> Result<HashMap<String, usize>, Wrong> {
    let mut names = HashMap::new();
    let Some(workbook) = archive.names().position(|name| name.ends_with("workbook.xml")) else {
        return Ok(names);
    };
    let mut ids = Vec::new();
    each_tag(archive, workbook, |tag, text| {
        if (tag.ns, tag.local) == (Ns::Sheet, "sheet") {
            let mut name = None;
            let mut id = None;
            for attribute in tag.attributes() {
                match attribute.local() {
                    "name" => name = Some(decoded(text, attribute.value)),
                    "id" => id = Some(decoded(text, attribute.value)),
                    _ => {}
                }
            }
            ids.extend(name.zip(id));
        }
    })?;
    let targets: HashMap<String, String> = relationships(archive, workbook)?.into_iter().collect();
    for (name, id) in ids {
        if let Some(index) = targets.get(&id).and_then(|target| archive.find(target)) {
            names.insert(name, index);
        }
    }
    Ok(names)
}

/// The place of a cell, which it says itself or has by its order.
#[derive(Default)]
struct Grid {
    row: u32,
    column: u32,
}

impl Grid {
    /// Takes a tag; returns whether it begins a cell.
    fn take(&mut self, tag: &Tag<'_>) -> bool {
        match (tag.ns, tag.local) {
            (Ns::Sheet, "row") => {
                let told = tag.value("r").and_then(|row| row.parse().ok());
                (self.row, self.column) = (told.unwrap_or(self.row.saturating_add(1)), 0);
                false
            }
            (Ns::Sheet, "c") => {
                match tag.value("r").and_then(cell) {
                    Some((column, row)) => (self.column, self.row) = (column, row),
                    None => self.column = self.column.saturating_add(1),
                }
                true
            }
            _ => false,
        }
    }

    fn is_head(&self, heads: &Rows) -> bool {
        heads.has(self.row, self.column)
    }
}

/// Collects the shared strings of cells that stay.
fn head_strings(text: &str, heads: &Rows, strings: &mut HashSet<usize>) -> Result<(), Malformed> {
    let (mut reader, mut grid) = (Reader::new(text), Grid::default());
    let (mut is_shared, mut is_value) = (false, false);
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(tag) if grid.take(&tag) => {
                is_shared = tag.value("t") == Some("s") && grid.is_head(heads);
            }
            Event::Start(tag) => is_value = (tag.ns, tag.local) == (Ns::Sheet, "v"),
            Event::Text(range) if is_value && is_shared => {
                strings.extend(text[range].trim().parse::<usize>().ok());
            }
            _ => {}
        }
    }
    Ok(())
}

const NONE: &[&str] = &[];

/// The list of texts that cells name by number.
#[derive(Debug)]
pub(super) struct SharedStrings {
    /// Those that stay.
    pub(super) left: Arc<HashSet<usize>>,
}

impl Format for SharedStrings {
    fn name(&self) -> &str {
        "xlsx"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mut number = 0;
        walk(text, None, runs, |tag, _| match (tag.ns, tag.local) {
            (Ns::Sheet, "si") => {
                let is_left = self.left.contains(&number);
                number += 1;
                (if is_left { Role::Skip } else { Role::Run }, NONE)
            }
            _ => rich(tag),
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        escape(style, text, output)
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
    pub(super) heads: Arc<Rows>,
}

impl Format for Worksheet {
    fn name(&self) -> &str {
        "xlsx"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mut grid = Grid::default();
        let (mut is_left, mut is_text) = (false, false);
        walk(text, None, runs, |tag, runs| {
            if grid.take(tag) {
                is_left = grid.is_head(&self.heads);
                is_text = tag.value("t") == Some("str");
            }
            match (tag.ns, tag.local) {
                (Ns::Sheet, "is") if is_left => (Role::Skip, NONE),
                (Ns::Sheet, "is") => (Role::Run, NONE),
                (Ns::Sheet, "v") if is_text && !is_left => (Role::Prose, NONE),
                (Ns::Sheet, "dataValidation") => {
                    (Role::Through, &["promptTitle", "prompt", "errorTitle", "error"])
                }
                (Ns::Sheet, "hyperlink") => (Role::Through, &["display", "tooltip"]),
                (
                    Ns::Sheet,
                    "oddHeader" | "oddFooter" | "evenHeader" | "evenFooter" | "firstHeader"
                    | "firstFooter",
                ) => {
                    // The element is text alone, up to the next tag.
                    let rest = &text[tag.range.end..];
                    let end = tag.range.end + memchr::memchr(b'<', rest.as_bytes()).unwrap_or(0);
                    if !text[..tag.range.end].ends_with("/>") {
                        coded(text, tag.range.end..end, runs);
                    }
                    (Role::Skip, NONE)
                }
                _ => rich(tag),
            }
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        escape(style, text, output)
    }
}

/// What the characters behind a `&` of a header are.
#[derive(Clone, Copy, PartialEq)]
enum Code {
    None,
    Sign,
    Digits,
    Font,
}

/// Tells the text of a header, in which `&L` begins a part, `&"Font,Bold"` names a font, `&12` is a size and `&P` a number.
fn coded(text: &str, range: std::ops::Range<usize>, runs: &mut Runs) {
    runs.begin_aside();
    let mut code = Code::None;
    let mut take = |c: char, range: std::ops::Range<usize>, is_plain: bool, runs: &mut Runs| {
        code = match (code, c) {
            (Code::Font, '"') => Code::None,
            (Code::Font, _) => Code::Font,
            (Code::None | Code::Digits, '&') => Code::Sign,
            (Code::Sign | Code::Digits, '0'..='9') => Code::Digits,
            (Code::Sign, '"') => Code::Font,
            (Code::Sign, 'L' | 'C' | 'R') => {
                runs.end();
                Code::None
            }
            (Code::Sign, _) => {
                // A number, a date, or how what follows looks.
                if "PNDTZFAG&".contains(c) {
                    runs.object(range);
                }
                Code::None
            }
            (Code::None | Code::Digits, _) => {
                if is_plain {
                    runs.prose_in(range, super::walk::TEXT);
                } else {
                    runs.escaped(range, c.encode_utf8(&mut [0; 4]), super::walk::TEXT);
                }
                Code::None
            }
        };
    };
    for part in parts(text, range) {
        match part {
            Part::Text(range) => {
                for (at, c) in text[range.clone()].char_indices() {
                    let at = range.start + at;
                    take(c, at..at + c.len_utf8(), true, runs);
                }
            }
            Part::Reference(range, Some(c)) => take(c, range, false, runs),
            Part::Reference(..) => {}
        }
    }
    runs.end_aside();
}
