//! E-books (EPUB 2 and 3).
//!
//! In: such a package. Out: its pages, its tables of contents, and what it says of itself. `container.xml` names the list of all
//! entries (OPF), and that list says which of them are pages; the naive way takes what ends in `.html`, and converts `href`s while
//! the names of entries stay. What is encrypted (fonts, often) is left; encrypted pages are somebody's protection,
//! and an error.

use std::collections::HashSet;
use std::sync::Arc;

use super::names::Ns;
use super::walk::{Role, escape, walk};
use super::xml::{Tag, decoded};
use super::zip::Archive;
use super::{Part, Wrong, each_tag, resolve};
use crate::format::html::Html;
use crate::format::xml::Xml;
use crate::format::{Format, Malformed, Memory, Options, Runs, lang};

pub(super) const CONTAINER: &str = "META-INF/container.xml";
const ENCRYPTION: &str = "META-INF/encryption.xml";
const SIGNATURES: &str = "META-INF/signatures.xml";

/// Returns the format of a page.
fn page(options: &Options) -> Arc<dyn Format> {
    Arc::new(Html::xhtml(options))
}

/// Returns the format of a page that is a drawing.
fn drawing(options: &Options) -> Arc<dyn Format> {
    let options = Options { lang: options.lang.clone(), ..Options::default() };
    // Without elements that are named there is nothing that could be wrong.
    Xml::new(&options).map_or_else(|_| page(&options), |format| Arc::new(format))
}

/// Returns the entries that hold prose, and one that signs the document.
pub(super) fn parts(
    archive: &mut Archive<'_>,
    options: &Options,
) -> Result<(Vec<Part>, Option<String>), Wrong> {
    let container = archive.find(CONTAINER).ok_or_else(|| Wrong::of(CONTAINER, "it is missing"))?;
    let mut lists = Vec::new();
    each_tag(archive, container, |tag, text| {
        if (tag.ns, tag.local) == (Ns::Container, "rootfile") {
            lists.extend(value(tag, text, "full-path"));
        }
    })?;
    let encrypted = encrypted(archive)?;
    let mut formats: Vec<Option<Arc<dyn Format>>> = vec![None; archive.names().count()];
    let mut is_any = false;
    for list in &lists {
        let Some(index) = archive.find(list) else {
            return Err(Wrong::of(list, "it is missing"));
        };
        is_any = true;
        let (mut items, mut pages) = (Vec::new(), HashSet::new());
        each_tag(archive, index, |tag, text| match (tag.ns, tag.local) {
            (Ns::Opf, "item") => {
                if let (Some(href), Some(kind)) =
                    (value(tag, text, "href"), value(tag, text, "media-type"))
                {
                    items.push((tag.number, value(tag, text, "id"), href, kind));
                }
            }
            (Ns::Opf, "itemref") => pages.extend(value(tag, text, "idref")),
            _ => {}
        })?;
        let (own, mut missing) = (index, HashSet::new());
        for (number, id, href, kind) in items {
            let format: Arc<dyn Format> = match &*kind {
                "application/xhtml+xml" => page(options),
                "application/x-dtbncx+xml" => {
                    Arc::new(Matter { lang: options.lang.clone(), missing: HashSet::new() })
                }
                // A page may be a drawing; other drawings are pictures.
                "image/svg+xml" if id.is_some_and(|id| pages.contains(&id)) => drawing(options),
                _ => continue,
            };
            let Some(name) = resolve(list, &href) else { continue };
            let Some(index) = archive.find(&name).or_else(|| archive.find(&href)) else {
                missing.insert(number);
                continue;
            };
            if encrypted.contains(archive.name(index)) {
                return Err(Wrong::of(
                    archive.name(index),
                    "it is encrypted, as protected books are",
                ));
            }
            formats[index] = Some(format);
        }
        formats[own] = Some(Arc::new(Matter { lang: options.lang.clone(), missing }));
    }
    if !is_any {
        return Err(Wrong::of(CONTAINER, "it names no book"));
    }
    let found = formats.into_iter().enumerate();
    let parts = found.filter_map(|(index, format)| {
        let name = archive.name(index).to_owned();
        Some(Part { index, name, format: format?, trims: false })
    });
    let signature = archive.find(SIGNATURES).map(|index| archive.name(index).to_owned());
    Ok((parts.collect(), signature))
}

fn value(tag: &Tag<'_>, text: &str, name: &str) -> Option<String> {
    let found = tag.attributes().find(|attribute| attribute.name == name)?;
    Some(decoded(text, found.value))
}

/// Returns the entries that are encrypted.
fn encrypted(archive: &mut Archive<'_>) -> Result<HashSet<String>, Wrong> {
    let mut encrypted = HashSet::new();
    if let Some(index) = archive.find(ENCRYPTION) {
        each_tag(archive, index, |tag, text| {
            if (tag.ns, tag.local) == (Ns::Encryption, "CipherReference") {
                // From the root of the file.
                let name = value(tag, text, "URI");
                encrypted.extend(name.and_then(|name| resolve("", &name)));
            }
        })?;
    }
    Ok(encrypted)
}

/// What a book says of itself (OPF), and the table of contents of EPUB 2 (NCX).
#[derive(Debug)]
struct Matter {
    lang: Option<String>,
    /// The tags that list what is not there, by their numbers.
    missing: HashSet<usize>,
}

impl Format for Matter {
    fn name(&self) -> &str {
        "epub"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        walk(text, self.lang.as_deref(), runs, |tag, runs| {
            if self.missing.contains(&tag.number) {
                let name = tag.decoded("href").unwrap_or_default();
                runs.fault(tag.range.start, format!("'{name}' is listed, and is not there"));
            }
            let property = tag.value("property").filter(|_| tag.ns == Ns::Opf);
            // A name in another script is there because it is in that.
            if property == Some("alternate-script") {
                return (Role::Through, &[]);
            }
            replace_lang(text, tag, self.lang.as_deref(), runs);
            match (tag.ns, tag.local) {
                // Readers show who made a book as they show its title, and put it where its `file-as` belongs.
                (
                    Ns::DublinCore,
                    "title" | "creator" | "contributor" | "publisher" | "description" | "subject"
                    | "rights" | "coverage",
                ) => (Role::Prose, &["file-as"]),
                (Ns::Ncx, "text") => (Role::Prose, &[]),
                (Ns::Opf, "meta")
                    if matches!(property, Some("file-as" | "belongs-to-collection")) =>
                {
                    (Role::Prose, &[])
                }
                (Ns::Opf, "meta")
                    if matches!(
                        tag.value("name"),
                        Some("calibre:series" | "calibre:title_sort")
                    ) =>
                {
                    (Role::Through, &["content"])
                }
                (Ns::DublinCore, "language") => (Role::Language, &[]),
                // Of the guide of EPUB 2.
                (Ns::Opf, "reference") => (Role::Through, &["title"]),
                _ => (Role::Through, &[]),
            }
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        escape(style, text, output)
    }
}

/// Names another language where a tag names a Chinese one.
fn replace_lang(text: &str, tag: &Tag<'_>, lang: Option<&str>, runs: &mut Runs) {
    let Some(lang) = lang else { return };
    for attribute in tag.attributes() {
        if matches!(attribute.name, "lang" | "xml:lang")
            && lang::is_chinese(&text[attribute.value.clone()])
        {
            runs.replace(attribute.value, lang);
        }
    }
}
