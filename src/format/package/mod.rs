//! Documents that are zip files: e-books and office files.
//!
//! In: the bytes of such a file. Out: the entries of it that hold prose, each as a text of a format of its own; then the file with those
//! of them that changed. The naive way unpacks everything, converts all that looks like text (names of entries, attributes,
//! the names of sheets that formulas refer to), and packs it again; programs then "repair" what they open, or readers
//! refuse it. Here a directory of the document itself says what its entries are, only prose is touched, and
//! entries without a change are copied byte for byte.
//!
//! ```text
//! zip      entries within limits, and the file with some changed     epub, odf, ooxml   which entries hold prose, and where
//! records  numbers of zip files                                      word, sheet, header, tables   the same of office files
//! walk     what elements mean → runs                                 formulas, stays, cells which texts formulas look for
//! xml      tags and text, each with its place   values   references   names   namespaces
//! ```

mod zip;
mod records;
mod names;
mod xml;
mod values;
mod walk;
mod coding;
mod ooxml;
mod word;
mod sheet;
mod header;
mod formulas;
mod stays;
mod tables;
mod odf;
mod cells;
mod epub;

use std::sync::Arc;

use crate::error::Error;
use crate::memory::Lease;

use super::{Format, Malformed, Memory, Options, Runs};
use coding::Coding;
use stays::Stays;
use walk::{Plan, Role};
use xml::Tag;
use zip::{Archive, Changed};

pub(crate) use zip::{MOST_PACKED, is_zip};

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Epub,
    Docx,
    Xlsx,
    Pptx,
    Odt,
    Ods,
    Odp,
}

impl Kind {
    /// Returns what `--format` calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Epub => "epub",
            Kind::Docx => "docx",
            Kind::Xlsx => "xlsx",
            Kind::Pptx => "pptx",
            Kind::Odt => "odt",
            Kind::Ods => "ods",
            Kind::Odp => "odp",
        }
    }
}

/// The format of packages of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Package {
    kind: Kind,
    options: Options,
}

/// Why a file is no such package, or cannot be converted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The entry that is wrong, where it is one.
    pub(crate) entry: Option<String>,
    pub(crate) message: String,
}

impl Wrong {
    fn new(message: impl Into<String>) -> Wrong {
        Wrong { entry: None, message: message.into() }
    }

    fn of(entry: &str, message: impl Into<String>) -> Wrong {
        Wrong { entry: Some(entry.to_owned()), message: message.into() }
    }

    /// Returns that there is not enough memory; the [lease](Lease::refused) knows how much it takes.
    fn of_memory(error: Error) -> Wrong {
        Wrong::new(error.to_string())
    }

    fn in_text(entry: &str, text: &str, wrong: &Malformed) -> Wrong {
        let line = text.as_bytes()[..wrong.at.min(text.len())].iter();
        let line = 1 + line.filter(|&&byte| byte == b'\n').count();
        Wrong::of(entry, format!("line {line}, byte {}: {}", wrong.at, wrong.message))
    }
}

/// An entry that holds prose.
#[derive(Debug)]
pub(crate) struct Part {
    index: usize,
    pub(crate) name: String,
    pub(crate) format: Arc<dyn Format>,
    /// Blanks at the ends of its texts count only where it says so (`xml:space`).
    trims: bool,
}

/// A package that was found well formed.
pub(crate) struct Opened<'a> {
    archive: Archive<'a>,
    parts: Vec<Part>,
    changed: Vec<Changed>,
    /// An entry with a signature of the document.
    signature: Option<String>,
}

impl Package {
    pub(crate) fn new(kind: Kind, options: &Options) -> Package {
        Package { kind, options: options.clone() }
    }

    /// Returns what the format is called.
    pub(crate) fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Reads what a package holds; `convert` says what becomes of a text, if that is known.
    pub(crate) fn open<'a>(
        &self,
        bytes: &'a [u8],
        convert: &dyn Fn(&str) -> Option<String>,
        lease: &'a Lease<'a>,
    ) -> Result<Opened<'a>, Wrong> {
        if !is_zip(bytes) {
            // Office puts what it encrypts into a file of its older kind.
            const OLD: &[u8] = b"\xD0\xCF\x11\xE0";
            return Err(Wrong::new(if bytes.starts_with(OLD) {
                "it is encrypted with a password, or of the format of before 2007; remove the password, or save it anew, first"
            } else {
                "it is no zip file"
            }));
        }
        let mut archive = Archive::open(bytes, Some(lease))?;
        let found = kind_of(&mut archive)?;
        if found != Some(self.kind) {
            return Err(Wrong::new(match found {
                Some(found) => format!("it is {}", found.name()),
                None => "it is a zip file of something else".to_owned(),
            }));
        }
        let (parts, signature) = match self.kind {
            Kind::Epub => epub::parts(&mut archive, &self.options)?,
            Kind::Docx | Kind::Xlsx | Kind::Pptx => ooxml::parts(&mut archive, convert)?,
            Kind::Odt | Kind::Ods | Kind::Odp => odf::parts(&mut archive)?,
        };
        Ok(Opened { archive, parts, changed: Vec::new(), signature })
    }
}

/// Returns what a file is by what it holds; `None` if it is no package that is known.
pub(crate) fn sniff(bytes: &[u8]) -> Option<Kind> {
    if !is_zip(bytes) {
        return None;
    }
    kind_of(&mut Archive::open(bytes, None).ok()?).ok()?
}

fn kind_of(archive: &mut Archive<'_>) -> Result<Option<Kind>, Wrong> {
    if let Some(index) = archive.find("mimetype") {
        let found = archive.unpack(index)?;
        return Ok(match found.trim_ascii() {
            b"application/epub+zip" => Some(Kind::Epub),
            found => odf::kind(found),
        });
    }
    if archive.find(epub::CONTAINER).is_some() {
        return Ok(Some(Kind::Epub));
    }
    ooxml::kind(archive)
}

impl Opened<'_> {
    /// Returns the entries that hold prose, in the order of the file.
    pub(crate) fn parts(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.parts)
    }

    /// Returns the text of an entry, and how it is written.
    pub(crate) fn text(&mut self, part: &Part) -> Result<(String, Coding), Wrong> {
        read(&mut self.archive, part.index)
    }

    /// Puts another text in the place of that of an entry.
    pub(crate) fn put(
        &mut self,
        part: &Part,
        (before, coding): (&str, Coding),
        after: String,
    ) -> Result<(), Wrong> {
        if let Some(signature) = &self.signature {
            return Err(Wrong::of(
                signature,
                "it is signed, and would not be any more; remove the signature first",
            ));
        }
        let spaced = if part.trims { walk::spaced(before, &after) } else { None };
        let bytes = coding.encode(spaced.unwrap_or(after));
        self.changed.push(self.archive.pack(part.index, bytes)?);
        Ok(())
    }

    /// Returns the file; `None` if nothing in it changed.
    pub(crate) fn finish(self) -> Result<Option<Vec<u8>>, Wrong> {
        if self.changed.is_empty() {
            Ok(None)
        } else {
            self.archive.rewrite(&self.changed).map(Some)
        }
    }
}

/// Returns the text of an entry that is XML, and how it is written.
fn read(archive: &mut Archive<'_>, index: usize) -> Result<(String, Coding), Wrong> {
    let bytes = archive.unpack(index)?;
    Coding::decode(bytes).map_err(|message| Wrong::of(archive.name(index), message))
}

/// Takes each tag of an entry that is XML.
fn each_tag(
    archive: &mut Archive<'_>,
    index: usize,
    mut take: impl FnMut(&Tag<'_>, &str),
) -> Result<(), Wrong> {
    let (text, _) = read(archive, index)?;
    let mut reader = xml::Reader::new(&text);
    loop {
        match reader.next() {
            Ok(Some(xml::Event::Start(tag))) => take(&tag, &text),
            Ok(Some(_)) => {}
            Ok(None) => return Ok(()),
            Err(wrong) => return Err(Wrong::in_text(archive.name(index), &text, &wrong)),
        }
    }
}

/// XML of which each element has a meaning by its name alone.
#[derive(Debug)]
struct Xml {
    name: &'static str,
    plan: fn(&Tag<'_>) -> Plan,
    /// What is left for a reason of its own.
    stays: Stays,
}

impl Format for Xml {
    fn name(&self) -> &str {
        self.name
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        walk::walk(text, None, runs, |tag, _| match self.stays.contains(&tag.number) {
            true => (Role::Opaque, &[]),
            false => (self.plan)(tag),
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        walk::escape(style, text, output)
    }
}

/// Returns the path that a reference in an entry leads to, as the entries are named; `None` if it leads out of the file.
fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = reference.split(['#', '?']).next().unwrap_or(reference);
    if reference.is_empty() || reference.contains("://") {
        return None;
    }
    let decoded = percent_decoded(reference);
    let mut path: Vec<&str> = match decoded.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => base.split('/').collect(),
    };
    if !decoded.starts_with('/') {
        path.pop();
    }
    for step in decoded.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop()?;
            }
            step => path.push(step),
        }
    }
    Some(path.join("/"))
}

fn percent_decoded(text: &str) -> String {
    let (bytes, mut decoded) = (text.as_bytes(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        let digit = |at: usize| bytes.get(at).and_then(|&byte| char::from(byte).to_digit(16));
        let value = match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high << 4 | low).ok(),
            _ => None,
        };
        decoded.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 3 } else { 1 };
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}
