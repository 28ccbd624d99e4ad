//! Which formats there are, and which of them a document has.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::apple_strings::AppleStrings;
use super::json::{Json, Path as Field};
use super::lyrics::Lyrics;
use super::po::Po;
use super::properties::Properties;
use super::subtitle::{self, Ass, Srt, Vtt};
use super::table::Table;
use super::{Format, Memory, Options, Plain, Runs, pragma};
use crate::error::Error;

/// A built-in format.
#[derive(Debug)]
#[non_exhaustive]
pub struct FormatInfo {
    /// What `--format` calls it.
    pub name: &'static str,
    /// The endings of file names that it is known by, without the dot.
    pub extensions: &'static [&'static str],
    /// What is converted in it.
    pub about: &'static str,
    make: fn(&Options) -> Result<Kind, Error>,
}

/// How a document of a format is dealt with.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// All of it is prose.
    Plain,
    /// Text with prose in it.
    Text(Arc<dyn Format>),
}

impl Kind {
    /// Returns what the format is called.
    pub(crate) fn name(&self) -> &str {
        match self {
            Kind::Plain => "plain",
            Kind::Text(format) => format.name(),
        }
    }
}

static FORMATS: [FormatInfo; 12] = [
    FormatInfo {
        name: "plain",
        extensions: &["txt", "text", "log"],
        about: "all text",
        make: |_| Ok(Kind::Plain),
    },
    FormatInfo {
        name: "json",
        extensions: &["json", "geojson", "webmanifest", "ipynb"],
        about: "strings that are values; --field chooses some",
        make: |options| Ok(Kind::Text(Arc::new(Json::new(fields(options)?)))),
    },
    FormatInfo {
        name: "jsonl",
        extensions: &["jsonl", "ndjson"],
        about: "as json, a value a line; lines that are none are told and left",
        make: |options| Ok(Kind::Text(Arc::new(Json::lines(fields(options)?)))),
    },
    FormatInfo {
        name: "csv",
        extensions: &["csv"],
        about: "cells behind the first record, which names columns; --column chooses some",
        make: |options| Ok(Kind::Text(Arc::new(Table::csv(options.columns.clone())))),
    },
    FormatInfo {
        name: "tsv",
        extensions: &["tsv", "tab"],
        about: "as csv, with tabs",
        make: |options| Ok(Kind::Text(Arc::new(Table::tsv(options.columns.clone())))),
    },
    FormatInfo {
        name: "srt",
        extensions: &["srt"],
        about: "subtitles: the text of cues",
        make: |_| Ok(Kind::Text(Arc::new(Srt))),
    },
    FormatInfo {
        name: "vtt",
        extensions: &["vtt"],
        about: "subtitles of the web: the text of cues",
        make: |_| Ok(Kind::Text(Arc::new(Vtt))),
    },
    FormatInfo {
        name: "ass",
        extensions: &["ass", "ssa"],
        about: "subtitles: the text of dialogue lines",
        make: |_| Ok(Kind::Text(Arc::new(Ass))),
    },
    FormatInfo {
        name: "lrc",
        extensions: &["lrc"],
        about: "lyrics: the text behind times",
        make: |_| Ok(Kind::Text(Arc::new(Lyrics))),
    },
    FormatInfo {
        name: "po",
        extensions: &["po", "pot"],
        about: "gettext: translations (msgstr), not the header",
        make: |_| Ok(Kind::Text(Arc::new(Po))),
    },
    FormatInfo {
        name: "properties",
        extensions: &["properties"],
        about: "Java: values",
        make: |_| Ok(Kind::Text(Arc::new(Properties))),
    },
    FormatInfo {
        name: "strings",
        extensions: &["strings"],
        about: "Apple: values",
        make: |_| Ok(Kind::Text(Arc::new(AppleStrings))),
    },
];

fn fields(options: &Options) -> Result<Vec<Field>, Error> {
    options.fields.iter().map(|field| field.parse()).collect()
}

/// Returns the built-in formats.
///
/// ```
/// assert!(jianfan::format::formats().iter().any(|format| format.name == "json"));
/// ```
pub fn formats() -> &'static [FormatInfo] {
    &FORMATS
}

/// Which format documents are taken for.
#[derive(Clone, Debug)]
pub struct Formats {
    choice: Choice,
    options: Options,
}

#[derive(Clone)]
enum Choice {
    /// By name and content.
    Auto,
    Always(Kind),
}

impl fmt::Debug for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Choice::Auto => "auto",
            Choice::Always(kind) => kind.name(),
        })
    }
}

impl Formats {
    /// Takes every document for plain text.
    pub fn plain() -> Formats {
        Formats { choice: Choice::Always(Kind::Plain), options: Options::default() }
    }

    /// Finds out the format of each document: by the ending of its name, else by what it begins with.
    ///
    /// # Errors
    ///
    /// If an option is not well formed.
    pub fn auto(options: Options) -> Result<Formats, Error> {
        // What is wrong with an option is told before the first document.
        for format in formats() {
            (format.make)(&options)?;
        }
        Ok(Formats { choice: Choice::Auto, options })
    }

    /// Takes every document for this format; [`formats`] lists them.
    ///
    /// # Errors
    ///
    /// If there is no such format, or an option is not well formed.
    pub fn named(name: &str, options: Options) -> Result<Formats, Error> {
        let Some(format) = formats().iter().find(|format| format.name == name) else {
            return Err(Error::usage(format!("unknown format '{}'", name.escape_debug())));
        };
        let choice = Choice::Always((format.make)(&options)?);
        Ok(Formats { choice, options })
    }

    /// Takes every document for a format of one's own.
    pub fn custom(format: Arc<dyn Format>) -> Formats {
        Formats { choice: Choice::Always(Kind::Text(format)), options: Options::default() }
    }

    /// Returns the prose of a text: its runs, and the name of the format that it was taken for. Plain text is one run.
    ///
    /// # Errors
    ///
    /// If the text is not of that format.
    ///
    /// ```
    /// use jianfan::format::{Formats, Options};
    ///
    /// let formats = Formats::auto(Options::default())?;
    /// let text = r#"{"a": "头\u53d1", "b": ["x"]}"#;
    /// let (runs, format) = formats.runs(text, Some("a.json".as_ref()))?;
    /// assert_eq!((runs.texts(text), &*format), (vec!["头发".to_owned(), "x".to_owned()], "json"));
    /// assert_eq!(runs.ranges(), [vec![7..10, 10..16], vec![25..26]]);
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn runs(&self, text: &str, name: Option<&Path>) -> Result<(Runs, String), Error> {
        let (mut runs, memory) = (Runs::new(), Memory::default());
        let kind = self.of(name, text.as_bytes(), true).unwrap_or(Kind::Plain);
        let format: &dyn Format = match &kind {
            Kind::Plain => &Plain,
            Kind::Text(format) => &**format,
        };
        format.scan(text, &memory, &mut runs).map_err(|wrong| {
            let line = text.as_bytes()[..wrong.at.min(text.len())].iter();
            let line = 1 + line.filter(|&&byte| byte == b'\n').count() as u64;
            Error::malformed(format.name(), line, wrong.at as u64, wrong.message)
        })?;
        pragma::apply(text, &memory, &mut runs);
        Ok((runs, format.name().to_owned()))
    }

    /// Returns what a document is that has this name and begins with `head`; `None` if it takes more of it to tell.
    pub(crate) fn of(&self, name: Option<&Path>, head: &[u8], is_end: bool) -> Option<Kind> {
        match &self.choice {
            Choice::Always(kind) => return Some(kind.clone()),
            Choice::Auto => {}
        }
        let found = match name.and_then(extension) {
            Some(ending) => formats().iter().find(|format| format.extensions.contains(&&*ending)),
            None => None,
        };
        let found = match found {
            Some(found) => found,
            None => by_content(head, is_end)?,
        };
        // The options were tried before.
        Some((found.make)(&self.options).unwrap_or(Kind::Plain))
    }
}

/// Returns the ending of a name in small letters; of one that says how it is compressed, that before it.
fn extension(name: &Path) -> Option<String> {
    let name = name.file_name()?.to_str()?.to_ascii_lowercase();
    let name =
        [".gz", ".zst", ".xz"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    let (stem, ending) = name.rsplit_once('.')?;
    (!stem.is_empty()).then(|| ending.to_owned())
}

/// Bytes of a document that are looked at.
const HEAD: usize = 64 * 1024;

/// Returns the format that a text begins like.
fn by_content(head: &[u8], is_end: bool) -> Option<&'static FormatInfo> {
    let named = |name: &str| formats().iter().find(|format| format.name == name);
    let text = head.trim_ascii_start();
    if text.is_empty() {
        return if is_end || head.len() >= HEAD { named("plain") } else { None };
    }
    if matches!(text[0], b'{') {
        let line = memchr::memchr(b'\n', text);
        let first = match line {
            Some(end) => &text[..end],
            None if is_end => text,
            None if text.len() >= HEAD => return named("plain"),
            None => return None,
        };
        // A line that is an object: the first of many, or all.
        if super::json::is_object(first) {
            return named("jsonl");
        }
    }
    named(subtitle::by_content(text, is_end || head.len() >= HEAD)?.unwrap_or("plain"))
}
