//! A zip file of documents through the stages.
//!
//! In: the bytes of a package, before anything is decoded. Out: the bytes of the same with the prose of its entries converted. Each
//! entry goes the way of a document by itself; charsets are the package's own affair. Nothing of the result
//! is there before all of it is.

use std::fmt::Write;

use super::change::Place;
use super::{Pipeline, Summary, Told};
use crate::diff;
use crate::error::Error;
use crate::format::package::{Package, Part, Wrong};
use crate::format::{Memory, Plain, Runs, weight};
use crate::memory::Lease;

/// A text and its conversion.
pub(crate) struct Compared {
    /// The entry of a package that it is of.
    pub(crate) entry: Option<String>,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// Returns the error of a text that was to be a package.
pub(super) fn no_text(package: &Package) -> Error {
    Error::package(
        package.name(),
        None,
        "it is no zip file, or is compressed besides; unpack it first",
    )
}

impl Pipeline {
    /// Converts a package; the texts of entries that change are added to `compared`, if that is wanted.
    pub(super) fn package(
        &self,
        package: &Package,
        input: &[u8],
        mut compared: Option<&mut Vec<Compared>>,
        lease: &Lease<'_>,
    ) -> Result<(Vec<u8>, Summary), Error> {
        let name = package.name();
        let wrong = |wrong: Wrong| {
            let refused = lease.refused();
            refused.unwrap_or_else(|| Error::package(name, wrong.entry.as_deref(), wrong.message))
        };
        // What is not in an entry: names in the directory, and the result.
        let mut held = lease.hold(2 * input.len() as u64)?;
        let convert = |text: &str| {
            let (mut output, place) = (Vec::new(), Place::default());
            let (memory, bytes) = (Memory::default(), text.as_bytes());
            let told = &mut Told::default();
            self.append_formatted(&Plain, bytes, &memory, place, &mut output, told).ok()?;
            String::from_utf8(output).ok()
        };
        let mut opened = package.open(input, &convert, lease).map_err(wrong)?;
        let (mut told, mut characters_changed) = (Told::default(), 0);
        for part in opened.parts() {
            let (before, coding) = opened.text(&part).map_err(wrong)?;
            let mut more = Told::default();
            let after = self
                .entry(&part, &before, &mut more, lease)
                .map_err(|error| error.in_entry(name, &part.name))?;
            for entry in more.entries() {
                *entry = Some(part.name.clone());
            }
            told.append(more);
            if after == before {
                continue;
            }
            if self.is_counting || compared.is_some() {
                // The runs are looked for again, and both texts are copied.
                let _texts = lease.hold(
                    weight::of(part.format.name(), before.as_bytes())
                        + 2 * (before.len() + after.len()) as u64,
                )?;
                let texts = [&before, &after].map(|text| prose(&part, text));
                characters_changed += diff::characters_changed(&texts[0], &texts[1]);
                if let Some(compared) = &mut compared {
                    // Of a change in what is no prose, as of a language, a person sees the document itself.
                    let [mut old, mut new] = texts;
                    if old == new {
                        (old, new) = (before.clone(), after.clone());
                    }
                    held.resize(held.bytes() + (old.len() + new.len()) as u64)?;
                    let entry = Some(part.name.clone());
                    compared.push(Compared { entry, before: old, after: new });
                }
            }
            // What is packed anew is most often about as long as it was, and at most a little longer than the text.
            held.resize(held.bytes() + after.len() as u64 / 4)?;
            opened.put(&part, (&before, coding), after).map_err(wrong)?;
        }
        let changed = opened.finish().map_err(wrong)?;
        let characters_changed = if self.is_counting { characters_changed } else { 0 };
        Ok(told.of_bytes(name, input, changed, characters_changed))
    }

    fn entry(
        &self,
        part: &Part,
        text: &str,
        told: &mut Told,
        lease: &Lease<'_>,
    ) -> Result<String, Error> {
        let weight = weight::of(part.format.name(), text.as_bytes());
        let _held = lease.hold(super::output_len(text.len()) + weight)?;
        let mut output = Vec::with_capacity(text.len() + text.len() / 16 + 16);
        let (memory, place) = (Memory::default(), Place::default());
        let bytes = text.as_bytes();
        self.append_formatted(&*part.format, bytes, &memory, place, &mut output, told)?;
        Ok(String::from_utf8(output).expect("stages and formats give strings"))
    }
}

/// Returns the runs of an entry, one a line.
fn prose(part: &Part, text: &str) -> String {
    let mut runs = Runs::new();
    // What was just scanned, or made of it.
    drop(part.format.scan(text, &Memory::default(), &mut runs));
    let mut lines = String::new();
    for run in runs.texts(text) {
        writeln!(lines, "{}", run.replace('\n', " ")).expect("writing to a String cannot fail");
    }
    lines
}
