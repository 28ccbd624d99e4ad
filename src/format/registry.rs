//! Which formats there are, and which of them a document has.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::apple_strings::AppleStrings;
#[cfg(feature = "arrow")]
use super::arrow::{self, Table};
use super::html::Html;
use super::json::{Json, Path as Field};
use super::latex::Latex;
use super::lyrics::Lyrics;
use super::markdown::Markdown;
use super::package::{self, Package};
use super::po::Po;
use super::properties::Properties;
use super::sought::Sought;
use super::subtitle::{self, Ass, Srt, Vtt};
use super::table::Table as Csv;
use super::wikitext::Wikitext;
use super::xml::Xml;
use super::{Format, Memory, Options, Plain, Runs, address, pragma};
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
    /// A zip file of such texts.
    Package(Arc<Package>),
    /// Columns, of which some are text.
    #[cfg(feature = "arrow")]
    Table(Arc<Table>),
}

impl Kind {
    /// Returns what the format is called.
    pub(crate) fn name(&self) -> &str {
        match self {
            Kind::Plain => "plain",
            Kind::Text(format) => format.name(),
            Kind::Package(package) => package.name(),
            #[cfg(feature = "arrow")]
            Kind::Table(table) => table.name(),
        }
    }
}

static FORMATS: &[FormatInfo] = &[
    FormatInfo {
        name: "plain",
        extensions: &["txt", "text", "log"],
        about: "all text",
        make: |_| Ok(Kind::Plain),
    },
    FormatInfo {
        name: "json",
        extensions: &["json", "geojson"],
        about: "strings that are values; --field chooses some",
        make: |options| Ok(Kind::Text(Arc::new(Json::new(fields(options)?, &options.sought)))),
    },
    FormatInfo {
        name: "jsonc",
        extensions: &["jsonc", "code-workspace"],
        about: "as json, with comments",
        make: |options| {
            Ok(Kind::Text(Arc::new(Json::commented(fields(options)?, &options.sought))))
        },
    },
    FormatInfo {
        name: "jsonl",
        extensions: &["jsonl", "ndjson"],
        about: "as json, a value a line; lines that are none are told and left",
        make: |options| Ok(Kind::Text(Arc::new(Json::lines(fields(options)?, &options.sought)))),
    },
    FormatInfo {
        name: "csv",
        extensions: &["csv"],
        about: "cells behind the first record, which names columns; --column chooses some",
        make: |options| Ok(Kind::Text(Arc::new(Csv::csv(options.columns.clone())))),
    },
    FormatInfo {
        name: "tsv",
        extensions: &["tsv", "tab"],
        about: "as csv, with tabs",
        make: |options| Ok(Kind::Text(Arc::new(Csv::tsv(options.columns.clone())))),
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
        name: "html",
        extensions: &["html", "htm", "shtml"],
        about: "text, alt, title and the like; not scripts and code, nor other languages",
        make: |options| Ok(Kind::Text(Arc::new(Html::new(options)))),
    },
    FormatInfo {
        name: "xhtml",
        extensions: &["xhtml", "xht"],
        about: "as html, in the syntax of XML",
        make: |options| Ok(Kind::Text(Arc::new(Html::xhtml(options)))),
    },
    FormatInfo {
        name: "xml",
        extensions: &[
            "xml", "svg", "rss", "atom", "rdf", "xliff", "xlf", "tmx", "resx", "fb2", "tei",
            "dita", "docbook", "dbk", "ncx", "opf",
        ],
        about: "text between tags, and HTML in it; not code, nor sources of translations; --element chooses some",
        make: |options| Ok(Kind::Text(Arc::new(Xml::new(options)?))),
    },
    FormatInfo {
        name: "epub",
        extensions: &["epub"],
        about: "pages, contents, title and description; --lang sets the language too",
        make: |options| package(package::Kind::Epub, options),
    },
    FormatInfo {
        name: "docx",
        extensions: &["docx", "docm", "dotx", "dotm"],
        about: "text, headers, footers, notes, comments, text boxes, alt texts, title",
        make: |options| package(package::Kind::Docx, options),
    },
    FormatInfo {
        name: "xlsx",
        extensions: &["xlsx", "xlsm", "xltx", "xltm"],
        about: "cells, comments, drawings, charts; not formulas, names of sheets, and what they look for",
        make: |options| package(package::Kind::Xlsx, options),
    },
    FormatInfo {
        name: "pptx",
        extensions: &["pptx", "pptm", "ppsx", "ppsm", "potx", "potm"],
        about: "slides, notes, masters, layouts, comments, charts, alt texts, title",
        make: |options| package(package::Kind::Pptx, options),
    },
    FormatInfo {
        name: "odt",
        extensions: &["odt", "ott"],
        about: "text, headers, footers, notes, comments, alt texts, title",
        make: |options| package(package::Kind::Odt, options),
    },
    FormatInfo {
        name: "ods",
        extensions: &["ods", "ots"],
        about: "cells, comments, drawings, charts; not formulas, names of sheets, and what they look for",
        make: |options| package(package::Kind::Ods, options),
    },
    FormatInfo {
        name: "odp",
        extensions: &["odp", "otp"],
        about: "slides, notes, masters, comments, alt texts, title",
        make: |options| package(package::Kind::Odp, options),
    },
    FormatInfo {
        name: "markdown",
        extensions: &["md", "markdown", "mdown", "mkd", "qmd", "rmd"],
        about: "text, link titles, descriptions of pictures; --front-matter adds its values",
        make: |options| Ok(Kind::Text(Arc::new(Markdown::new(options.front_matter)))),
    },
    FormatInfo {
        name: "mdx",
        extensions: &["mdx"],
        about: "as markdown; not JSX, expressions, imports and exports",
        make: |options| Ok(Kind::Text(Arc::new(Markdown::mdx(options.front_matter)))),
    },
    FormatInfo {
        name: "latex",
        extensions: &["tex", "ltx", "latex"],
        about: "text; not commands, math, code",
        make: |_| Ok(Kind::Text(Arc::new(Latex))),
    },
    FormatInfo {
        name: "wikitext",
        extensions: &[],
        about: "text of pages of MediaWiki; not what stands in -{…}-, addresses, names",
        make: |_| Ok(Kind::Text(Arc::new(Wikitext))),
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
    #[cfg(feature = "arrow")]
    FormatInfo {
        name: "parquet",
        extensions: &["parquet", "pq"],
        about: "columns of text, also in lists, structures and values of maps; --column chooses some",
        make: |options| table(arrow::Kind::Parquet, options),
    },
    #[cfg(feature = "arrow")]
    FormatInfo {
        name: "arrow",
        extensions: &["arrow", "feather", "ipc", "arrows"],
        about: "as parquet; files and streams of Arrow, dictionaries too",
        make: |options| table(arrow::Kind::Arrow, options),
    },
];

/// Formats that are there only if the command was built with a feature, and its name.
#[cfg(not(feature = "arrow"))]
const BY_FEATURE: &[(&str, &str)] = &[("parquet", "arrow"), ("arrow", "arrow")];
#[cfg(feature = "arrow")]
const BY_FEATURE: &[(&str, &str)] = &[];

fn fields(options: &Options) -> Result<Vec<Field>, Error> {
    if options.fields.len() > Field::MOST {
        return Err(Error::usage(format!("more than {} fields", Field::MOST)));
    }
    options.fields.iter().map(|field| field.parse()).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "others fail, and all are made the same way")]
fn package(kind: package::Kind, options: &Options) -> Result<Kind, Error> {
    Ok(Kind::Package(Arc::new(Package::new(kind, options))))
}

#[cfg(feature = "arrow")]
#[expect(clippy::unnecessary_wraps, reason = "as for packages")]
fn table(kind: arrow::Kind, options: &Options) -> Result<Kind, Error> {
    Ok(Kind::Table(Arc::new(Table::new(kind, &options.columns))))
}

/// Returns the built-in formats.
///
/// ```
/// assert!(jianfan::format::formats().iter().any(|format| format.name == "json"));
/// ```
pub fn formats() -> &'static [FormatInfo] {
    FORMATS
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
            let message = match BY_FEATURE.iter().find(|(format, _)| *format == name) {
                Some((_, feature)) => format!(
                    "'{name}' is not in this build; cargo install jianfan --features {feature}"
                ),
                None => format!("unknown format '{}'", name.escape_debug()),
            };
            return Err(Error::usage(message));
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
    /// If the text is not of that format, or the format is no text but a zip file of several.
    ///
    /// ```
    /// use jianfan::format::{Formats, Options};
    ///
    /// let formats = Formats::auto(Options::default())?;
    /// let text = r#"{"a": "头\u53d1", "b": ["x"]}"#;
    /// let (runs, format) = formats.runs(text, Some("a.json".as_ref()))?;
    /// assert_eq!((runs.texts(text), &*format), (vec!["头发".to_owned(), "x".to_owned()], "json"));
    /// assert_eq!(runs.ranges(), [vec![7..10, 10..16], vec![26..27]]);
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn runs(&self, text: &str, name: Option<&Path>) -> Result<(Runs, String), Error> {
        let (mut runs, memory) = (Runs::new(), Memory::default());
        let kind = self.of(name, text.as_bytes(), true).unwrap_or(Kind::Plain);
        let format: &dyn Format = match &kind {
            Kind::Plain => &Plain,
            Kind::Text(format) => &**format,
            Kind::Package(package) => {
                return Err(Error::package(package.name(), None, "it is several texts, not one"));
            }
            #[cfg(feature = "arrow")]
            Kind::Table(table) => {
                return Err(Error::package(table.name(), None, "it is columns of text, not one"));
            }
        };
        format.scan(text, &memory, &mut runs).map_err(|wrong| {
            let line = text.as_bytes()[..wrong.at.min(text.len())].iter();
            let line = 1 + line.filter(|&&byte| byte == b'\n').count() as u64;
            Error::malformed(format.name(), line, wrong.at as u64, (wrong.message, wrong.advice))
        })?;
        pragma::apply(format, text, &memory, &mut runs);
        if !matches!(kind, Kind::Plain) {
            address::apply(text, &mut runs);
        }
        Ok((runs, format.name().to_owned()))
    }

    /// Returns what the options name and no document had that could, as options of the command, and what there is instead.
    ///
    /// ```
    /// use jianfan::format::{Formats, Options};
    /// use jianfan::pipeline::Pipeline;
    ///
    /// let mut options = Options::default();
    /// options.fields = vec!["title".to_owned()];
    /// let formats = Formats::named("json", options)?;
    /// Pipeline::without_conversion().formats(formats.clone()).run(br#"{"titel": "x"}"#)?;
    /// assert_eq!(formats.missing(), ["no document has the field 'title'; there is 'titel'"]);
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn missing(&self) -> Vec<String> {
        let Options { fields, elements, sought, .. } = &self.options;
        let of = |sought: &Sought, names: &[String], what: &str| {
            let there = sought.seen().iter().map(|name| format!("'{name}'")).collect::<Vec<_>>();
            let there = match there.len() {
                0 => String::new(),
                1 => format!("; there is {}", there[0]),
                _ => format!("; there are {}", there.join(", ")),
            };
            let told =
                |name: &str| format!("no document has the {what} '{}'{there}", name.escape_debug());
            sought.missing(names).into_iter().map(told).collect::<Vec<_>>()
        };
        let mut missing = of(&sought.fields, fields, "field");
        missing.extend(of(&sought.elements, elements, "element"));
        missing
    }

    /// Returns whether documents may be no text, but packages or tables.
    pub(crate) fn has_packages(&self) -> bool {
        match &self.choice {
            Choice::Auto => true,
            Choice::Always(kind) => is_no_text(kind),
        }
    }

    /// Returns whether it takes all of a document that begins with `head` to tell whether it is a package or a table.
    pub(crate) fn may_be_package(&self, name: Option<&Path>, head: &[u8]) -> bool {
        match &self.choice {
            Choice::Always(kind) => is_no_text(kind),
            Choice::Auto => {
                package::is_zip(head) || is_table(head) || name.is_some_and(names_package)
            }
        }
    }

    /// Returns how long a document that begins with `head`, and is no text, may be to be a package or a table; `None` if it is neither.
    pub(crate) fn begins_package(&self, name: Option<&Path>, head: &[u8]) -> Option<u64> {
        match self.has_packages() {
            true if package::is_zip(head) => Some(package::MOST_PACKED),
            // What is called a document and is none is told. Old and encrypted tables begin as anything does.
            true if !head.is_empty() && name.is_some_and(names_package) => Some(MOST_WHOLE),
            true if is_table(head) => Some(MOST_WHOLE),
            _ => None,
        }
    }

    /// Returns the format of a table; `None` if the bytes are to be taken for something else.
    #[cfg(feature = "arrow")]
    pub(crate) fn table(&self, name: Option<&Path>, bytes: &[u8]) -> Option<Arc<Table>> {
        let found = match &self.choice {
            Choice::Always(kind) => Some(kind.clone()),
            Choice::Auto if bytes.is_empty() => None,
            Choice::Auto => match arrow::sniff(bytes) {
                Some(kind) => table(kind, &self.options).ok(),
                None => self.of(name, bytes, true),
            },
        };
        match found {
            Some(Kind::Table(table)) => Some(table),
            _ => None,
        }
    }

    /// Returns the format of a package; `None` if the bytes are to be taken for text.
    pub(crate) fn package(&self, name: Option<&Path>, bytes: &[u8]) -> Option<Arc<Package>> {
        let found = match &self.choice {
            Choice::Always(kind) => Some(kind.clone()),
            // An empty file is what some desktops make of "new document".
            Choice::Auto if bytes.is_empty() => None,
            Choice::Auto => match package::sniff(bytes) {
                Some(kind) => package(kind, &self.options).ok(),
                None if name.is_some_and(names_package) => self.of(name, bytes, true),
                None => None,
            },
        };
        match found {
            Some(Kind::Package(package)) => Some(package),
            _ => None,
        }
    }

    /// Returns what a document is that has this name and begins with `head`; `None` if it takes more of it to tell.
    pub(crate) fn of(&self, name: Option<&Path>, head: &[u8], is_end: bool) -> Option<Kind> {
        match &self.choice {
            Choice::Always(kind) => return Some(kind.clone()),
            Choice::Auto => {}
        }
        let found = name.and_then(named);
        let is_nothing = is_end && head.is_empty() && name.is_some_and(names_package);
        let found = found.filter(|_| !is_nothing);
        let found = match found {
            Some(found) => found,
            None => by_content(head, is_end)?,
        };
        // The options were tried before.
        Some((found.make)(&self.options).unwrap_or(Kind::Plain))
    }
}

/// Returns the format that a name tells.
fn named(name: &Path) -> Option<&'static FormatInfo> {
    let ending = extension(name)?;
    formats().iter().find(|format| format.extensions.contains(&&*ending))
}

/// Returns whether a name is that of a zip file of documents or a table.
pub(crate) fn names_package(name: &Path) -> bool {
    let kind = named(name).map(|format| (format.make)(&Options::default()));
    matches!(kind, Some(Ok(kind)) if is_no_text(&kind))
}

fn is_no_text(kind: &Kind) -> bool {
    match kind {
        Kind::Plain | Kind::Text(_) => false,
        Kind::Package(_) => true,
        #[cfg(feature = "arrow")]
        Kind::Table(_) => true,
    }
}

/// Bytes of a document that is no text; zip files have a limit of their own.
#[cfg(feature = "arrow")]
pub(crate) const MOST_WHOLE: u64 = arrow::MOST;
#[cfg(not(feature = "arrow"))]
pub(crate) const MOST_WHOLE: u64 = package::MOST_PACKED;

#[cfg(feature = "arrow")]
fn is_table(head: &[u8]) -> bool {
    arrow::sniff(head).is_some()
}

#[cfg(not(feature = "arrow"))]
fn is_table(_: &[u8]) -> bool {
    false
}

/// Returns whether it takes more than `head` of a document to tell by its content whether it is text.
pub(crate) fn is_undecided(head: &[u8]) -> bool {
    #[cfg(feature = "arrow")]
    if arrow::is_undecided(head) {
        return true;
    }
    b"PK\x03".starts_with(head)
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
/// As [`HEAD`], for the first line of a text that begins like an object.
const OBJECT_HEAD: usize = 4 << 20;

/// Returns the format that a text begins like; `None` if it takes more of it.
///
/// No more than a bounded head is looked at: the answer must not depend on how much of a document has arrived.
fn by_content(head: &[u8], is_end: bool) -> Option<&'static FormatInfo> {
    let named = |name: &str| formats().iter().find(|format| format.name == name);
    let trimmed = |most: usize| {
        let head = &head[..head.len().min(most)];
        head.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(head).trim_ascii_start()
    };
    let is_all = is_end || head.len() >= HEAD;
    let text = trimmed(HEAD);
    if text.is_empty() {
        return if is_all { named("plain") } else { None };
    }
    if text[0] == b'<' {
        return match super::html::of_head(text) {
            Some(name) => named(name),
            None if is_all => named("plain"),
            None => None,
        };
    }
    if text[0] == b'{' {
        let text = trimmed(OBJECT_HEAD);
        let first = match memchr::memchr(b'\n', text) {
            Some(end) => &text[..end],
            None if head.len() >= OBJECT_HEAD => return named("plain"),
            None if is_end => text,
            None => return None,
        };
        // A line that is an object: the first of many, or all.
        if super::json::is_object(first) {
            return named("jsonl");
        }
    }
    named(subtitle::by_content(text, is_all)?.unwrap_or("plain"))
}
