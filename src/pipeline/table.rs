//! A table through the stages: the values of its columns.
//!
//! In: the bytes of a table, before anything is decoded. Out: the bytes of the same with its text converted. Each value is a text by
//! itself. The naive way makes a call for each, of which there are millions of a few characters. Here the different
//! values of a column go through the stages together, a line each, as the runs of a document do.

use std::ops::Range;

use super::change::Place;
use super::{Change, Compared, Pipeline, Summary, Told};
use crate::alignment::Alignment;
use crate::diff;
use crate::error::Error;
use crate::format::arrow::{Converted, Table, Values};
use crate::format::lay::Joined;
use crate::format::{Memory, Plain, Runs, address, pragma};
use crate::memory::Lease;

/// Returns the error of a text that was to be a table.
pub(super) fn no_text(table: &Table) -> Error {
    Error::package(table.name(), None, "it is none, or is compressed besides; unpack it first")
}

impl Pipeline {
    /// Converts a table; the values that change are added to `compared`, if that is wanted, those of a column together.
    pub(super) fn table(
        &self,
        table: &Table,
        input: &[u8],
        mut compared: Option<&mut Vec<Compared>>,
        lease: &Lease<'_>,
    ) -> Result<(Vec<u8>, Summary), Error> {
        // The result, and a copy of it while it grows.
        let mut held = lease.hold(2 * input.len() as u64)?;
        let (mut told, mut characters_changed) = (Told::default(), 0);
        let changed = table.convert(input, &mut |values| {
            // Joined, made, and kept apart, with three places a value.
            let _values =
                lease.hold(6 * values.text.len() as u64 + 128 * values.ends.len() as u64)?;
            let converted = self
                .values(values, &mut told)
                .map_err(|error| error.in_entry(table.name(), &values.column))?;
            if converted.text == values.text && converted.ends == values.ends {
                return Ok(None);
            }
            if self.is_counting || compared.is_some() {
                let (mut before, mut after) = (String::new(), String::new());
                for (index, count) in values.counts.iter().enumerate() {
                    let [old, new] = [
                        &values.text[values.range(index)],
                        &converted.text[converted.range(index)],
                    ];
                    if old != new {
                        characters_changed += diff::characters_changed(old, new) * count;
                        before.extend([&old.replace('\n', " "), "\n"]);
                        after.extend([&new.replace('\n', " "), "\n"]);
                    }
                }
                if let Some(compared) = &mut compared {
                    held.resize(held.bytes() + (before.len() + after.len()) as u64)?;
                    let entry = Some(values.column.clone());
                    compared.push(Compared { entry, before, after });
                }
            }
            Ok(Some(converted))
        })?;
        let characters_changed = if self.is_counting { characters_changed } else { 0 };
        Ok(told.of_bytes(table.name(), input, changed, characters_changed))
    }

    /// Converts values, each by itself.
    fn values(&self, values: &Values, told: &mut Told) -> Result<Converted, Error> {
        let mut more = Told::default();
        let mut converted = if pragma::may_hold(values.text.as_bytes()) {
            self.one_by_one(values, &mut more)?
        } else {
            self.together(values, &mut more)?
        };
        told.append(more);
        let mut addresses = (0..values.ends.len())
            .filter(|&index| address::is_address(&values.text[values.range(index)]))
            .peekable();
        if addresses.peek().is_some() {
            let mut kept = Converted { text: String::new(), ends: Vec::new() };
            for index in 0..values.ends.len() {
                let is_kept = addresses.next_if_eq(&index).is_some();
                kept.text.push_str(match is_kept {
                    true => &values.text[values.range(index)],
                    false => &converted.text[converted.range(index)],
                });
                kept.ends.push(kept.text.len());
                kept.text.push('\n');
            }
            converted = kept;
        }
        Ok(converted)
    }

    fn together(&self, values: &Values, told: &mut Told) -> Result<Converted, Error> {
        let text = &values.text;
        let mut runs = Runs::new();
        for index in 0..values.ends.len() {
            runs.prose(values.range(index));
            runs.end();
        }
        let joined = Joined::new(text, &runs);
        let made = self.make(&joined, text, &runs, Place::default(), told)?;
        let alignment = Alignment::new(made.replaced, joined.text.len(), made.text.len());
        let ends: Vec<usize> = joined.ends.iter().map(|&end| alignment.to_result(end)).collect();
        let converted = String::from_utf8(made.text).expect("stages give strings");
        // Nothing is matched across the end of a line, and nothing takes it away; what does so all the same, is asked again.
        let is_whole = ends.iter().all(|&end| converted.as_bytes().get(end) == Some(&b'\n'))
            && ends.last().is_some_and(|end| end + 1 == converted.len())
            && ends.is_sorted_by(|one, next| one < next);
        if !is_whole {
            *told = Told::default();
            return self.one_by_one(values, told);
        }
        for change in &mut told.changes {
            let at = usize::try_from(change.offset).unwrap_or(usize::MAX);
            let index = values.ends.partition_point(|&end| end < at).min(values.ends.len() - 1);
            let start = values.range(index).start;
            change.offset = at.saturating_sub(start) as u64;
            set_place(change, values, index);
        }
        Ok(Converted { text: converted, ends })
    }

    fn one_by_one(&self, values: &Values, told: &mut Told) -> Result<Converted, Error> {
        let (mut output, mut ends) = (Vec::with_capacity(values.text.len()), Vec::new());
        for index in 0..values.ends.len() {
            let value = values.text[values.range(index)].as_bytes();
            let (memory, place, mut more) = (Memory::default(), Place::default(), Told::default());
            self.append_formatted(&Plain, value, &memory, place, &mut output, &mut more)?;
            ends.push(output.len());
            output.push(b'\n');
            for change in &mut more.changes {
                set_place(change, values, index);
            }
            told.append(more);
        }
        let text = String::from_utf8(output).expect("stages give strings");
        Ok(Converted { text, ends })
    }
}

/// Tells of a change, whose offset is in a value, where that is: column and row, and the character in the value.
fn set_place(change: &mut Change, values: &Values, index: usize) {
    let value = &values.text[values.range(index)];
    let before: Range<usize> = 0..usize::try_from(change.offset).unwrap_or(usize::MAX);
    let before = value.get(before).unwrap_or(value);
    change.entry = Some(values.column.clone());
    change.line = values.rows[index];
    change.column = before.chars().count() as u64 + 1;
}
