//! The texts of Excel files that stay.
//!
//! In: an Excel file. Out: for each entry the elements that are left, by the numbers of their tags. What stays: the heads of tables that
//! cannot be renamed ([`tables`](super::tables)) and of the data of pivot tables, since both repeat their texts; what formulas look
//! for ([`formulas`](super::formulas)); results that a formula has from a text of its own, and would have again; what would be longer than
//! Excel takes. The naive way converts all strings, and Excel then "repairs" a file in which a table and its head cells are called
//! differently, or counts nothing.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::formulas::{Seeking, Sought, has_literal};
use super::header::{self, is_header};
use super::names::Ns;
use super::sheet::PROMPTS;
use super::xml::{Event, Reader, Tag};
use super::zip::Archive;
use super::{Wrong, each_tag, read, resolve};
use crate::format::Malformed;

/// The tags whose elements stay, by their numbers.
pub(super) type Stays = Arc<HashSet<usize>>;

/// The entries of an Excel file that matter here, by their numbers.
pub(super) struct Book {
    pub(super) main: Option<usize>,
    pub(super) strings: Vec<usize>,
    pub(super) sheets: Vec<usize>,
    pub(super) tables: Vec<usize>,
    pub(super) caches: Vec<usize>,
    pub(super) pivots: Vec<usize>,
    pub(super) charts: Vec<usize>,
    pub(super) threads: Vec<usize>,
    /// The columns of tables go on to be called as they are.
    pub(super) keeps_columns: bool,
}

/// What an element is to [`each_unit`].
enum Found<'a, 't> {
    Tag(&'t Tag<'a>),
    Text(&'t Tag<'a>, &'t str),
}

/// Takes each tag, and the text of each element for whose tag `take` says so, without how it is read aloud.
fn each_unit(text: &str, mut take: impl FnMut(Found<'_, '_>) -> bool) -> Result<(), Malformed> {
    let mut reader = Reader::new(text);
    let (mut unit, mut inner) = (None, String::new());
    let (mut depth, mut silent) = (0_usize, None);
    while let Some(event) = reader.next()? {
        match event {
            Event::Start(tag) => {
                let is_unit = take(Found::Tag(&tag));
                if tag.local == "rPh" && silent.is_none() {
                    silent = Some(depth);
                }
                if is_unit && unit.is_none() {
                    inner.clear();
                    unit = Some((tag, depth));
                }
                depth += 1;
            }
            Event::End => {
                depth -= 1;
                silent = silent.filter(|&own| own != depth);
                if let Some((tag, _)) = unit.take_if(|(_, own)| *own == depth) {
                    take(Found::Text(&tag, &inner));
                }
            }
            _ if unit.is_none() || silent.is_some() => {}
            Event::Text(range) | Event::Data(range) | Event::Reference(range, None) => {
                inner.push_str(&text[range]);
            }
            Event::Reference(_, Some(c)) => inner.push(c),
        }
    }
    Ok(())
}

/// As [`each_unit`], of an entry.
fn each_unit_of(
    archive: &mut Archive<'_>,
    index: usize,
    take: impl FnMut(Found<'_, '_>) -> bool,
) -> Result<(), Wrong> {
    let (text, _) = read(archive, index)?;
    each_unit(&text, take).map_err(|wrong| Wrong::in_text(archive.name(index), &text, &wrong))
}

/// Returns whether an element holds a formula.
pub(super) fn is_formula(local: &str) -> bool {
    matches!(local, "f" | "definedName") || local.to_ascii_lowercase().contains("formula")
}

/// Collects what formulas, filters and names of a book look for.
fn sought(archive: &mut Archive<'_>, book: &Book) -> Result<Sought, Wrong> {
    let mut seeking = Seeking::default();
    let all = book.main.iter().chain(&book.sheets).chain(&book.tables);
    for &index in all {
        each_unit_of(archive, index, |found| {
            match found {
                Found::Tag(tag) => seek(tag, book.keeps_columns, &mut seeking),
                Found::Text(_, formula) => seeking.formula(formula),
            }
            matches!(found, Found::Tag(tag) if is_formula(tag.local))
        })?;
    }
    // A pivot table shows some of its values alone; those that it does not know any more are new, and shown.
    let mut is_choosing = false;
    for &index in &book.pivots {
        each_tag(archive, index, |tag, _| {
            is_choosing |= match tag.local {
                "item" => tag.value("h").is_some_and(|hidden| hidden != "0"),
                "pageField" => tag.value("item").is_some(),
                _ => false,
            };
        })?;
    }
    for &index in &book.caches {
        each_tag(archive, index, |tag, _| {
            let name = match (tag.ns, tag.local) {
                (Ns::Sheet, "cacheField") => tag.decoded("name"),
                (Ns::Sheet, "s") if is_choosing => tag.decoded("v"),
                _ => None,
            };
            seeking.text(&name.unwrap_or_default());
        })?;
    }
    seeking.finish()
}

/// Returns whether formulas look for what a column of a table is called; its head then stays, and it with that.
pub(super) fn is_column_sought(archive: &mut Archive<'_>, book: &Book) -> Result<bool, Wrong> {
    let (sought, mut is_sought) = (sought(archive, book)?, false);
    for &table in &book.tables {
        each_tag(archive, table, |tag, _| {
            if (tag.ns, tag.local) == (Ns::Sheet, "tableColumn") {
                let names = ["name", "totalsRowLabel"].iter();
                let mut names = names.filter_map(|name| tag.decoded(name));
                is_sought |= names.any(|name| sought.keeps(&name));
            }
        })?;
    }
    Ok(is_sought)
}

fn seek(tag: &Tag<'_>, keeps_columns: bool, seeking: &mut Seeking) {
    let mut of = |name: &str, take: fn(&mut Seeking, &str)| {
        if let Some(value) = tag.decoded(name) {
            take(seeking, &value);
        }
    };
    match (tag.ns, tag.local) {
        (Ns::Sheet, "sheet" | "definedName" | "table") => of("name", Seeking::name),
        (Ns::Sheet, "filter" | "customFilter") => of("val", Seeking::pattern),
        (Ns::Sheet | Ns::SheetLater, "cfRule") => of("text", Seeking::part),
        (Ns::Sheet, "tableColumn") if keeps_columns => {
            // A line end in a head is written in another way here.
            of("name", |seeking, name| seeking.text(&name.replace("_x000a_", "\n")));
            of("totalsRowLabel", Seeking::text);
        }
        _ => {}
    }
}

/// Characters that a cell may have.
const MOST_IN_CELL: usize = 32_767;

/// What becomes of a text, if that is known.
type Convert<'c> = dyn Fn(&str) -> Option<String> + 'c;

/// Returns whether a text has more characters than Excel takes, but only behind the conversion.
fn becomes_longer(text: &str, most: usize, convert: &Convert<'_>) -> bool {
    // A word gets a few times as long at most.
    let count = |text: &str| text.encode_utf16().count();
    let is_near = count(text) > most / 8 && !text.is_ascii();
    is_near
        && convert(text).is_some_and(|after| count(&after) > most && count(&after) > count(text))
}

/// Returns the elements that stay, by the numbers of their entries.
pub(super) fn stays(
    archive: &mut Archive<'_>,
    book: &Book,
    convert: &Convert<'_>,
) -> Result<HashMap<usize, Stays>, Wrong> {
    let sought = sought(archive, book)?;
    let heads = heads(archive, book)?;
    let (mut all, mut numbers) = (HashMap::new(), HashSet::new());
    for &sheet in &book.sheets {
        let none = Rows::default();
        let mut cells = Cells {
            sought: &sought,
            convert,
            heads: heads.get(&sheet).unwrap_or(&none),
            strings: &mut numbers,
            stays: HashSet::new(),
            grid: Grid::default(),
            kind: Cell::Other,
            is_head: false,
            formula: None,
            shared: HashSet::new(),
            has_array: false,
        };
        each_unit_of(archive, sheet, |found| match found {
            Found::Tag(tag) => cells.tag(tag),
            Found::Text(tag, text) => {
                cells.text(tag, text);
                false
            }
        })?;
        let found = cells.stays;
        all.insert(sheet, Arc::new(found));
    }
    for &strings in &book.strings {
        let (mut stays, mut number) = (HashSet::new(), 0);
        each_unit_of(archive, strings, |found| {
            if let Found::Text(tag, text) = found {
                if numbers.contains(&number)
                    || sought.keeps(text)
                    || becomes_longer(text, MOST_IN_CELL, convert)
                {
                    stays.insert(tag.number);
                }
                number += 1;
            }
            matches!(found, Found::Tag(tag) if (tag.ns, tag.local) == (Ns::Sheet, "si"))
        })?;
        all.insert(strings, Arc::new(stays));
    }
    // Charts repeat the texts of cells.
    for &chart in &book.charts {
        let mut stays = HashSet::new();
        each_unit_of(archive, chart, |found| {
            if let Found::Text(tag, text) = found
                && sought.keeps(text)
            {
                stays.insert(tag.number);
            }
            matches!(found, Found::Tag(tag) if matches!(tag.local, "v" | "pt") && !tag.is_empty())
        })?;
        all.insert(chart, Arc::new(stays));
    }
    for &thread in &book.threads {
        all.insert(thread, Arc::new(mentioning(archive, thread)?));
    }
    Ok(all)
}

/// Returns the texts of comments that mention people, whose places in the text are numbers.
fn mentioning(archive: &mut Archive<'_>, index: usize) -> Result<HashSet<usize>, Wrong> {
    let (mut stays, mut last) = (HashSet::new(), None);
    each_tag(archive, index, |tag, _| match (tag.ns, tag.local) {
        (Ns::Threaded, "threadedComment") => last = None,
        (Ns::Threaded, "text") => last = Some(tag.number),
        (Ns::Threaded, "mention") => stays.extend(last),
        _ => {}
    })?;
    Ok(stays)
}

#[derive(Clone, Copy, PartialEq)]
enum Cell {
    /// It names a text by its number.
    Shared,
    /// It has the result of a formula.
    Result,
    Other,
}

/// The cells of a sheet, one after the other.
struct Cells<'a> {
    sought: &'a Sought,
    convert: &'a Convert<'a>,
    heads: &'a Rows,
    /// The numbers of the texts that stay because of their cells.
    strings: &'a mut HashSet<usize>,
    stays: HashSet<usize>,
    grid: Grid,
    kind: Cell,
    is_head: bool,
    /// Whether the formula of the cell has a text of its own; `None` without a formula.
    formula: Option<bool>,
    /// The formulas of many cells that have one.
    shared: HashSet<String>,
    /// There is a formula with one that has its results in many cells.
    has_array: bool,
}

impl Cells<'_> {
    /// Takes a tag; returns whether the text of its element matters.
    fn tag(&mut self, tag: &Tag<'_>) -> bool {
        if self.grid.take(tag) {
            self.kind = match tag.value("t") {
                Some("s") => Cell::Shared,
                Some("str") => Cell::Result,
                _ => Cell::Other,
            };
            (self.is_head, self.formula) = (self.grid.is_head(self.heads), None);
            return false;
        }
        match (tag.ns, tag.local) {
            (Ns::Sheet, "f" | "is") => true,
            (Ns::Sheet, "v") => self.kind != Cell::Other,
            (Ns::Sheet | Ns::SheetLater, "dataValidation") => {
                let is_longer = PROMPTS.iter().any(|name| {
                    let most = if name.ends_with("Title") { 32 } else { 255 };
                    let value = tag.decoded(name);
                    value.is_some_and(|value| becomes_longer(&value, most, self.convert))
                });
                if is_longer {
                    self.stays.insert(tag.number);
                }
                false
            }
            (Ns::Sheet, local) => is_header(local),
            _ => false,
        }
    }

    fn text(&mut self, tag: &Tag<'_>, text: &str) {
        let is_left = match tag.local {
            "f" => {
                self.formula(tag, text);
                false
            }
            "v" if self.kind == Cell::Shared => {
                if self.is_head {
                    self.strings.extend(text.trim().parse::<usize>().ok());
                }
                false
            }
            "v" => {
                self.is_head
                    || self.formula.unwrap_or(self.has_array)
                    || self.sought.keeps(text)
                    || becomes_longer(text, MOST_IN_CELL, self.convert)
            }
            "is" => {
                self.is_head
                    || self.sought.keeps(text)
                    || becomes_longer(text, MOST_IN_CELL, self.convert)
            }
            _ => becomes_longer(text, header::MOST, self.convert),
        };
        if is_left {
            self.stays.insert(tag.number);
        }
    }

    fn formula(&mut self, tag: &Tag<'_>, formula: &str) {
        let mut has = has_literal(formula);
        self.has_array |= has && tag.value("t") == Some("array");
        if let Some(number) = tag.value("si").filter(|_| tag.value("t") == Some("shared")) {
            if has {
                self.shared.insert(number.to_owned());
            }
            has |= self.shared.contains(number);
        }
        self.formula = Some(has);
    }
}

/// Finds the cells that stay where they stand: the heads and totals of tables, and the heads of the data of pivot tables.
fn heads(archive: &mut Archive<'_>, book: &Book) -> Result<HashMap<usize, Rows>, Wrong> {
    let tables = if book.keeps_columns { &*book.tables } else { &[] };
    if tables.is_empty() && book.caches.is_empty() {
        return Ok(HashMap::new());
    }
    let mut cells: BTreeMap<usize, Vec<Head>> = BTreeMap::new();
    let mut ranges: HashMap<usize, Vec<Head>> = HashMap::new();
    for &table in tables {
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
            ranges.insert(table, first.into_iter().chain(last).collect());
        })?;
    }
    // A sheet names its tables in a file beside it.
    for &sheet in &book.sheets {
        for (_, target) in relationships(archive, sheet)? {
            let own = ranges.get(&target).cloned().unwrap_or_default();
            cells.entry(sheet).or_default().extend(own);
        }
    }
    let names = match book.main.filter(|_| !book.caches.is_empty()) {
        Some(main) => sheet_names(archive, main)?,
        None => HashMap::new(),
    };
    for &cache in &book.caches {
        each_tag(archive, cache, |tag, _| {
            if matches!(tag.local, "worksheetSource" | "rangeSet")
                && tag.ns == Ns::Sheet
                && let Some(head) = tag.decoded("ref").and_then(|range| ends(&range)[0])
                && let Some(&sheet) = tag.decoded("sheet").and_then(|name| names.get(&name))
            {
                cells.entry(sheet).or_default().push(head);
            }
        })?;
    }
    Ok(cells.into_iter().map(|(sheet, own)| (sheet, Rows::new(own))).collect())
}

/// Returns the relationships of an entry: their ids, and the entries that they lead to.
fn relationships(archive: &mut Archive<'_>, index: usize) -> Result<Vec<(String, usize)>, Wrong> {
    let name = archive.name(index).to_owned();
    let (folder, file) =
        name.rsplit_once('/').map_or(("", &*name), |(folder, file)| (folder, file));
    let own = format!("{folder}/_rels/{file}.rels");
    let Some(own) = archive.find_as(own.trim_start_matches('/')) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    each_tag(archive, own, |tag, _| {
        if tag.ns == Ns::Relationships
            && let (Some(id), Some(target)) = (tag.decoded("Id"), tag.decoded("Target"))
            && let Some(target) = resolve(&name, &target)
        {
            found.push((id, target));
        }
    })?;
    let entries = found.into_iter();
    Ok(entries.filter_map(|(id, target)| Some((id, archive.find_as(&target)?))).collect())
}

/// Returns the entries of the sheets by the names that users see.
fn sheet_names(archive: &mut Archive<'_>, main: usize) -> Result<HashMap<String, usize>, Wrong> {
    let mut ids = Vec::new();
    each_tag(archive, main, |tag, _| {
        if (tag.ns, tag.local) == (Ns::Sheet, "sheet") {
            ids.extend(tag.decoded("name").zip(tag.decoded("id")));
        }
    })?;
    let targets: HashMap<String, usize> = relationships(archive, main)?.into_iter().collect();
    let names = ids.into_iter();
    Ok(names.filter_map(|(name, id)| Some((name, *targets.get(&id)?))).collect())
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
