//! Tables as text: fields with a comma, or something else, between them.
//!
//! In: records as RFC 4180 has them, and as spreadsheets write them. Out: a run for each cell, or for those of the columns that a user
//! names; the first record, which says what the columns are, stays as it is. The naive way splits lines at commas, and meets the
//! comma, the line end and the doubled quote that a quoted cell may hold; or reads records and writes them anew, which loses who
//! quoted what. Ours walks from separator to separator and, inside quotes, from quote to quote.
//!
//! What the standard leaves open is decided as most readers do: blank lines are no records; any of CR, LF and CRLF ends a record;
//! what stands behind a closing quote belongs to the cell; a quote that is not at the beginning of a cell is a quote. A
//! separator is guessed from the first record, where it stands most often outside quotes; among equals tab, comma, semicolon,
//! bar. Excel's line `sep=;` says it before that record. Fields with tabs between them are often written without any thought
//! of quotes, so that in TSV a quote opens only if another closes it in front of a tab or a line end, with no tab on the further lines.

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3, memrchr2};

use super::lines::Line;
use super::{Advice, Format, Malformed, Memory, Runs};

/// The style of a piece inside quotes. That of another is its separator, with [`GUARDED`] if the cell has a quote somewhere.
const QUOTED: u8 = b'"';
const GUARDED: u8 = 0x80;

/// What separates fields of a `.csv`; of those that stand equally often the first.
const SEPARATORS: [u8; 4] = [b'\t', b',', b';', b'|'];

/// Bytes of a document that a separator is guessed from.
const HEAD: usize = 64 * 1024;

/// Bytes that a quoted field of a TSV may have.
const LONGEST: usize = 1 << 20;

/// Bytes of a cell that are looked at one by one.
const SHORT: usize = 16;

/// Names of columns that a message lists.
const LISTED: usize = 30;

/// CSV and TSV.
#[derive(Debug)]
pub(crate) struct Table {
    is_tabs: bool,
    /// Names or numbers; none for all columns.
    columns: Vec<String>,
}

impl Table {
    /// Returns the format of tables whose separator is found out.
    pub(crate) fn csv(columns: Vec<String>) -> Table {
        Table { is_tabs: false, columns }
    }

    /// Returns the format of tables with tabs.
    pub(crate) fn tsv(columns: Vec<String>) -> Table {
        Table { is_tabs: true, columns }
    }

    /// Returns what the head of a document says; `None` if it takes more of the text.
    fn head(&self, text: &[u8], is_end: bool) -> Option<Head> {
        let mut at = behind_blank_lines(text, 0);
        let told = if self.is_tabs { Some((b'\t', 0)) } else { told_separator(&text[at..]) };
        at = behind_blank_lines(text, at + told.map_or(0, |(_, len)| len));
        at = behind_comments(text, at, self.is_tabs, is_end)?;
        let (mut looked, start) = (at, at);
        let separator = match told {
            Some((separator, _)) => separator,
            None => {
                let guess = guess(&text[at..], is_end)?;
                looked = at + guess.1;
                guess.0
            }
        };
        let fields = Fields { text, separator, is_tabs: self.is_tabs };
        let (mut header, is_open) = (Vec::new(), false);
        loop {
            let Ok(field) = fields.at(at) else {
                // What is wrong is told when the records are read.
                let end = at;
                return is_end.then_some(Head {
                    separator,
                    header,
                    end,
                    looked,
                    is_open: true,
                    start,
                });
            };
            let end = field.end;
            header.push(field);
            match text.get(end) {
                Some(&byte) if byte == separator => at = end + 1,
                Some(b'\n') => {
                    return Some(Head { separator, header, end: end + 1, looked, is_open, start });
                }
                Some(_) if is_end || end + 1 < text.len() => {
                    let end = behind_line_end(text, end);
                    return Some(Head { separator, header, end, looked, is_open, start });
                }
                None if is_end => {
                    return Some(Head { separator, header, end, looked, is_open, start });
                }
                _ => return None,
            }
        }
    }

    /// Returns the columns that are meant, as numbers from 0.
    fn resolved(&self, text: &[u8], header: &[Field]) -> Result<Vec<usize>, Malformed> {
        let names: Vec<Vec<u8>> = header.iter().map(|field| field.unquoted(text)).collect();
        let mut columns = Vec::new();
        for wanted in &self.columns {
            let before = columns.len();
            let is_meant = |name: &Vec<u8>| name.as_slice() == wanted.as_bytes();
            columns.extend((0..names.len()).filter(|&index| is_meant(&names[index])));
            if columns.len() > before {
                continue;
            }
            match wanted.parse::<usize>() {
                Ok(number) if (1..=names.len()).contains(&number) => columns.push(number - 1),
                _ => return Err(no_column(wanted, &names)),
            }
        }
        columns.sort_unstable();
        columns.dedup();
        Ok(columns)
    }
}

fn no_column(wanted: &str, names: &[Vec<u8>]) -> Malformed {
    let listed = names.iter().take(LISTED).map(|name| {
        let name = String::from_utf8_lossy(name);
        format!("'{}'", name.escape_debug())
    });
    let mut list = listed.collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        list.push_str(", …");
    }
    let message = format!(
        "no column '{}'; the first record has {}: {list}",
        wanted.escape_debug(),
        names.len()
    );
    Malformed::new(0, message).advising(Advice::OfOptions)
}

impl Format for Table {
    fn name(&self) -> &str {
        if self.is_tabs { "tsv" } else { "csv" }
    }

    fn scan(&self, text: &str, memory: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let (separator, mut at, columns) = match memory.of_format.as_deref() {
            Some(known) => (separator_of(known), 0, known.get(1..).unwrap_or_default().to_vec()),
            None => {
                let Some(head) = self.head(bytes, true) else { return Ok(()) };
                if head.start > 0 {
                    runs.comment(0..head.start);
                }
                // Nothing is missing in an empty document, and a header that has no end is told below.
                let columns = match head.is_open || text.trim_ascii().is_empty() {
                    true => Vec::new(),
                    false => self.resolved(bytes, &head.header)?,
                };
                (head.separator, head.end, columns)
            }
        };
        let mut is_wanted = vec![false; columns.last().map_or(0, |last| last + 1)];
        for column in columns {
            is_wanted[column] = true;
        }
        let takes_all = self.columns.is_empty();
        let fields = Fields { text: bytes, separator, is_tabs: self.is_tabs };
        let mut column = 0;
        while at < bytes.len() {
            let field = fields.at(at)?;
            let is_record = column == 0 && bytes.get(field.end) != Some(&separator);
            if is_record && bytes[at] == b'#' {
                // Of a record that is nothing but such a cell.
                runs.comment(at..field.end);
            }
            if takes_all || is_wanted.get(column) == Some(&true) {
                field.tell(bytes, separator, runs);
            }
            if bytes.get(field.end) == Some(&separator) {
                column += 1;
            } else {
                column = 0;
            }
            at = field.end + 1;
        }
        Ok(())
    }

    fn cut(&self, text: &[u8], memory: &Memory) -> Option<usize> {
        let (separator, head) = match memory.of_format.as_deref() {
            Some(known) => (separator_of(known), 0),
            None => {
                let head = self.head(text, false)?;
                (head.separator, head.end.max(head.looked))
            }
        };
        let end = Fields { text, separator, is_tabs: self.is_tabs }.last_end()?;
        (end >= head).then_some(end)
    }

    fn remember(&self, part: &[u8], memory: &mut Memory) {
        if memory.of_format.is_some() {
            return;
        }
        let Some(head) = self.head(part, true) else { return };
        let mut known = vec![usize::from(head.separator)];
        // If a column is missing, the first part is refused, and no other is read.
        known.extend(self.resolved(part, &head.header).unwrap_or_default());
        memory.of_format = Some(known.into());
    }

    /// The next record.
    fn next(&self, text: &str, from: usize, memory: &Memory) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let separator = match memory.of_format.as_deref() {
            Some(known) => separator_of(known),
            None => self.head(bytes, true).map_or(b',', |head| head.separator),
        };
        let fields = Fields { text: bytes, separator, is_tabs: self.is_tabs };
        let mut at = from;
        while at < bytes.len() {
            // What is wrong is reported when the records are read.
            let end = fields.at(at).map_or(bytes.len(), |field| field.end);
            at = (end + 1).min(bytes.len());
            if bytes.get(end) != Some(&separator) {
                at = behind_line_end(bytes, end).min(bytes.len());
                break;
            }
        }
        (from < at).then_some(from..at)
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        if style == QUOTED {
            for part in text.split_inclusive('"') {
                output.push_str(part);
                if part.ends_with('"') {
                    output.push('"');
                }
            }
            return true;
        }
        let (separator, is_guarded) = (style & !GUARDED, style & GUARDED != 0);
        let is_special = |byte: u8| byte == separator || matches!(byte, b'"' | b'\n' | b'\r');
        // Without what is before or behind it, a quote may become one that opens or closes.
        if text.bytes().any(is_special) || is_guarded && text.is_empty() {
            return false;
        }
        output.push_str(text);
        true
    }
}

fn separator_of(known: &[usize]) -> u8 {
    known.first().and_then(|&separator| u8::try_from(separator).ok()).unwrap_or(b',')
}

/// What the first lines of a document say.
struct Head {
    separator: u8,
    header: Vec<Field>,
    /// Where the second record begins.
    end: usize,
    /// How far the text was looked at to guess the separator.
    looked: usize,
    /// A quote of the header has no end.
    is_open: bool,
    /// Where the first record begins, behind comments.
    start: usize,
}

fn behind_blank_lines(text: &[u8], at: usize) -> usize {
    let is_blank = |byte: &&u8| matches!(byte, b'\n' | b'\r');
    at + text[at..].iter().take_while(is_blank).count()
}

fn behind_line_end(text: &[u8], at: usize) -> usize {
    at + if text[at..].starts_with(b"\r\n") { 2 } else { 1 }
}

/// Returns the separator of a line `sep=;`, and how long that is without its end.
fn told_separator(text: &[u8]) -> Option<(u8, usize)> {
    let (quote, inner) = match text.strip_prefix(b"\"") {
        Some(inner) => (1, inner),
        None => (0, text),
    };
    let (name, rest) = inner.split_at_checked(4)?;
    let (&separator, rest) = rest.split_first()?;
    let behind = rest.get(quote).copied();
    let is_closed = quote == 0 || rest.first() == Some(&b'"');
    let can_be = separator.is_ascii() && !matches!(separator, b'"' | b'\n' | b'\r');
    let is_one = name.eq_ignore_ascii_case(b"sep=")
        && can_be
        && is_closed
        && matches!(behind, None | Some(b'\n' | b'\r'));
    is_one.then_some((separator, 5 + 2 * quote))
}

/// Returns the place behind lines that begin with `#` and are one cell, if something comes behind them: comments; `None` if it takes more of
/// the text.
fn behind_comments(text: &[u8], mut at: usize, is_tabs: bool, is_end: bool) -> Option<usize> {
    let divides = |byte: &u8| match is_tabs {
        true => *byte == b'\t',
        false => SEPARATORS.contains(byte) || *byte == b'"',
    };
    while text.get(at) == Some(&b'#') {
        let line = Line::at(text, at);
        if text[line.range()].iter().any(divides) {
            break;
        }
        let behind = behind_blank_lines(text, line.next);
        if behind == text.len() {
            return is_end.then_some(at);
        }
        at = behind;
    }
    Some(at)
}

/// Returns the separator that the first two records have equally many of outside quotes, of several the one that there are most of, and
/// how far that was looked for; `None` if it takes more of the text. The first record alone says it only if the second has none of them:
/// a header may hold a list, as `标签;一;二,正文`.
fn guess(text: &[u8], is_end: bool) -> Option<(u8, usize)> {
    let is_all = is_end || text.len() >= HEAD;
    let head = &text[..text.len().min(HEAD)];
    let (mut at, mut counts) = (0, Vec::new());
    for _ in 0..2 {
        let (record, is_ended) = counted(head, &mut at);
        if !is_ended && !is_all {
            return None;
        }
        counts.push(record);
        at = behind_blank_lines(head, at);
        if at == head.len() && is_all {
            break;
        }
    }
    let of = |record: usize, index: usize| counts.get(record).map_or(0, |counts| counts[index]);
    let is_same = |index: &usize| of(0, *index) > 0 && of(0, *index) == of(1, *index);
    let most = |indices: &mut dyn Iterator<Item = usize>| {
        indices.max_by_key(|&index| (of(0, index), std::cmp::Reverse(index)))
    };
    let found = most(&mut (0..SEPARATORS.len()).filter(is_same))
        .or_else(|| most(&mut (0..SEPARATORS.len()).filter(|&index| of(0, index) > 0)));
    Some((found.map_or(b',', |found| SEPARATORS[found]), at))
}

/// Counts the separators of the record that begins at `at`, and goes behind its line end; returns whether that has come, too.
fn counted(head: &[u8], at: &mut usize) -> ([usize; SEPARATORS.len()], bool) {
    let (mut counts, mut is_start) = ([0; SEPARATORS.len()], true);
    while let Some(&byte) = head.get(*at) {
        *at += 1;
        if byte == b'"' && is_start {
            // Doubled quotes close and open.
            loop {
                let Some(len) = memchr(b'"', &head[*at..]) else {
                    *at = head.len();
                    break;
                };
                *at += len + 1;
                if head.get(*at) != Some(&b'"') {
                    break;
                }
                *at += 1;
            }
            is_start = false;
            continue;
        }
        if matches!(byte, b'\n' | b'\r') {
            return (counts, true);
        }
        let found = SEPARATORS.iter().position(|&separator| separator == byte);
        if let Some(found) = found {
            counts[found] += 1;
        }
        is_start = found.is_some();
    }
    (counts, false)
}

/// A cell.
struct Field {
    start: usize,
    /// Where the quote stands that closes it, if it is quoted.
    close: Option<usize>,
    /// Where the separator or line end behind it stands, or the end of the text.
    end: usize,
}

impl Field {
    /// Returns what stands in it.
    fn unquoted(&self, text: &[u8]) -> Vec<u8> {
        let Some(close) = self.close else { return text[self.start..self.end].to_vec() };
        let mut unquoted = Vec::new();
        let inner = &text[self.start + 1..close];
        let mut at = 0;
        while let Some(len) = memchr(b'"', &inner[at..]) {
            unquoted.extend_from_slice(&inner[at..=at + len]);
            at += len + 2;
        }
        unquoted.extend_from_slice(&inner[at.min(inner.len())..]);
        unquoted.extend_from_slice(&text[close + 1..self.end]);
        unquoted
    }

    /// Tells it as a run.
    fn tell(&self, text: &[u8], separator: u8, runs: &mut Runs) {
        let mut rest = self.start;
        if let Some(close) = self.close {
            let mut at = self.start + 1;
            while let Some(len) = memchr(b'"', &text[at..close]) {
                runs.prose_in(at..at + len, QUOTED);
                runs.escaped(at + len..at + len + 2, "\"", QUOTED);
                at += len + 2;
            }
            runs.prose_in(at..close, QUOTED);
            rest = close + 1;
        }
        if rest < self.end {
            let has_quote = self.close.is_some() || memchr(b'"', &text[rest..self.end]).is_some();
            runs.prose_in(rest..self.end, if has_quote { separator | GUARDED } else { separator });
        }
        runs.end();
    }
}

/// What a quote at the beginning of a cell does.
enum Quote {
    /// It opens, and this one closes.
    ClosedAt(usize),
    /// It is text.
    Text,
    /// That depends on what comes.
    Open,
}

/// The cells of a text.
#[derive(Clone, Copy)]
struct Fields<'a> {
    text: &'a [u8],
    separator: u8,
    is_tabs: bool,
}

impl Fields<'_> {
    /// Returns the cell that begins here.
    fn at(self, start: usize) -> Result<Field, Malformed> {
        let mut close = None;
        if self.text.get(start) == Some(&b'"') {
            match self.quote(start) {
                Quote::ClosedAt(at) => close = Some(at),
                Quote::Open if !self.is_tabs => {
                    return Err(Malformed::new(start, "a quote has no end"));
                }
                Quote::Text | Quote::Open => {}
            }
        }
        let rest = close.map_or(start, |close| close + 1);
        Ok(Field { start, close, end: self.end(rest) })
    }

    /// Returns where a cell ends that is not quoted from here on.
    fn end(self, from: usize) -> usize {
        let is_end = |&byte: &u8| byte == self.separator || matches!(byte, b'\n' | b'\r');
        let rest = &self.text[from..];
        // Most cells are shorter than what it costs to look for the end of long ones.
        let head = &rest[..rest.len().min(SHORT)];
        if let Some(len) = head.iter().position(is_end) {
            return from + len;
        }
        let len = memchr3(self.separator, b'\n', b'\r', &rest[head.len()..]);
        len.map_or(self.text.len(), |len| from + head.len() + len)
    }

    /// Looks for the end of what a quote opens.
    fn quote(self, start: usize) -> Quote {
        let mut at = start + 1;
        let limit = if self.is_tabs { at.saturating_add(LONGEST) } else { usize::MAX };
        let within = &self.text[..self.text.len().min(limit)];
        let mut is_further = false;
        loop {
            let Some(len) = memchr(b'"', &within[at..]) else {
                return match within.len() < self.text.len()
                    || self.has_tab(within, at, &mut is_further)
                {
                    true => Quote::Text,
                    false => Quote::Open,
                };
            };
            let found = at + len;
            if self.has_tab(&within[..found], at, &mut is_further) {
                return Quote::Text;
            }
            match self.text.get(found + 1) {
                Some(b'"') => at = (found + 2).min(within.len()),
                Some(&byte) if self.is_tabs && !matches!(byte, b'\t' | b'\n' | b'\r') => {
                    return Quote::Text;
                }
                _ => return Quote::ClosedAt(found),
            }
        }
    }

    /// Returns whether a tab stands on a further line of a cell of a TSV.
    fn has_tab(self, text: &[u8], from: usize, is_further: &mut bool) -> bool {
        if !self.is_tabs {
            return false;
        }
        let mut at = from;
        if !*is_further {
            let Some(len) = memchr2(b'\n', b'\r', &text[from..]) else { return false };
            *is_further = true;
            at += len;
        }
        memchr(b'\t', &text[at..]).is_some()
    }

    /// Returns the end of the last record that has one. Only quotes that open are looked at one by one.
    fn last_end(self) -> Option<usize> {
        let mut last = None;
        // Up to here all quotes are understood; `plain` is where the last quoted cell ended.
        let (mut plain, mut looked) = (0, 0);
        let mut end_in = |from: usize, to: usize| last = self.line_end(from, to).or(last);
        while let Some(len) = memchr(b'"', &self.text[looked..]) {
            let at = looked + len;
            looked = at + 1;
            let is_first = at.checked_sub(1).is_none_or(|before| {
                let before = self.text[before];
                before == self.separator || matches!(before, b'\n' | b'\r')
            });
            if !is_first {
                continue;
            }
            match self.quote(at) {
                Quote::ClosedAt(close) => {
                    end_in(plain, at);
                    (plain, looked) = (close + 1, close + 1);
                }
                Quote::Text => {}
                Quote::Open => {
                    end_in(plain, at);
                    return last;
                }
            }
        }
        end_in(plain, self.text.len());
        last
    }

    /// Returns the end of the last line that ends in a part of the text.
    fn line_end(self, from: usize, to: usize) -> Option<usize> {
        let mut part = &self.text[from..to];
        // Of a CR at the end nobody knows yet whether LF comes.
        if to == self.text.len() && part.last() == Some(&b'\r') {
            part = &part[..part.len() - 1];
        }
        memrchr2(b'\n', b'\r', part).map(|at| from + at + 1)
    }
}
