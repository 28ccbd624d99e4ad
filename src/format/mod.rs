//! Stage 2, Document to runs: which of its text is prose, and what of it belongs together.
//!
//! In: the text of a document, in a format. Out: [`Runs`], whose text the later stages convert, and which are laid back into the
//! document; every byte outside them is copied. The naive way converts a document as if all of it were prose:
//! `href="发展.html"` then names another file, and `<b>头</b>发` holds no word. Parsing it and writing it anew keeps the meaning and
//! changes every byte. Here a format only tells where the prose stands.
//!
//! ```text
//! registry   which formats there are, and which one a document has     pragma   jianfan:off … jianfan:on
//! json …     text → runs, one file a format                             runs     what a format tells
//! package    zip files of such documents                               lay      runs → text → runs
//! arrow      tables, of which columns of text are converted (feature)   weight   the memory that it takes
//! ```
//!
//! E-books and office files are zip files of texts, and go entry by entry, in memory: up to 1 GiB as they are and 100,000 entries; of
//! those with prose up to 256 MiB each and 1 GiB together when unpacked, and no more than a thousand times as long as packed
//! where that is more than 1 MiB. What is encrypted or ambiguous is refused, and so is a change to what is signed. Entries without a
//! change are copied byte for byte; names of entries, of sheets and
//! styles, and formulas stay, and so do the heads of tables where something names them.
//!
//! ```
//! use jianfan::format::{Formats, Options};
//! use jianfan::{Converter, pipeline::Pipeline};
//!
//! let formats = Formats::named("json", Options::default())?;
//! let pipeline = Pipeline::new(Converter::new("s2t")?).formats(formats);
//! assert_eq!(
//!     pipeline.run(r#"{"发": "头发\n"}"#.as_bytes())?,
//!     r#"{"发": "頭髮\n"}"#.as_bytes()
//! );
//! # Ok::<(), jianfan::Error>(())
//! ```

mod registry;
mod runs;
pub(crate) mod lay;
pub(crate) mod weight;
pub(crate) mod pragma;
mod plain;
mod lines;
mod json;
mod table;
mod subtitle;
mod lyrics;
mod po;
mod entity;
mod lang;
mod sought;
mod html;
mod xml;
pub(crate) mod package;
mod markdown;
mod latex;
mod wikitext;
pub(crate) mod address;
mod template;
mod properties;
mod apple_strings;
#[cfg(feature = "arrow")]
pub(crate) mod arrow;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub(crate) use crate::error::Advice;
pub(crate) use plain::Plain;
pub(crate) use registry::names_package;
pub use registry::{FormatInfo, Formats, formats};
pub(crate) use registry::{Kind, MOST_WHOLE, is_undecided};
pub(crate) use runs::MAX_TEXT;
pub use runs::Runs;

/// Finds the prose of documents of one kind.
///
/// A format of one's own tells where the prose is, and the pipeline does the rest:
///
/// ```
/// use std::sync::Arc;
/// use jianfan::format::{Format, Formats, Malformed, Memory, Runs};
/// use jianfan::{Converter, pipeline::Pipeline};
///
/// /// Lines of `key = value`; values are prose.
/// #[derive(Debug)]
/// struct Settings;
///
/// impl Format for Settings {
///     fn name(&self) -> &str {
///         "settings"
///     }
///
///     fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
///         let mut start = 0;
///         for line in text.split_inclusive('\n') {
///             if let Some(sign) = line.find('=') {
///                 runs.prose(start + sign + 1..start + line.trim_end().len());
///                 runs.end();
///             }
///             start += line.len();
///         }
///         Ok(())
///     }
/// }
///
/// let pipeline = Pipeline::new(Converter::new("s2t")?).formats(Formats::custom(Arc::new(Settings)));
/// assert_eq!(pipeline.run("发=头发\n".as_bytes())?, "发=頭髮\n".as_bytes());
/// # Ok::<(), jianfan::Error>(())
/// ```
pub trait Format: fmt::Debug + Send + Sync {
    /// Returns what the format is called in messages.
    fn name(&self) -> &str;

    /// Tells the prose of `text`: a document, or a part of it that [`cut`](Format::cut) cut off; `memory` is what
    /// [`remember`](Format::remember) kept of the parts before.
    ///
    /// Places are bytes of `text` between characters, and none is told twice; others give an error, and nothing is written.
    ///
    /// # Errors
    ///
    /// If the text is not of this format, so that nobody can tell what of it is prose.
    fn scan(&self, text: &str, memory: &Memory, runs: &mut Runs) -> Result<(), Malformed>;

    /// Returns where a long document can be cut behind a part that is scanned by itself: an offset in bytes, as far back as
    /// there is one; `None` if it takes more of the text. `memory` is what is known of the parts before, as in
    /// [`scan`](Format::scan). Without this, documents are held in memory as a whole.
    fn cut(&self, _text: &[u8], _memory: &Memory) -> Option<usize> {
        None
    }

    /// Keeps what has to be known of a part, which is not yet converted, to scan those behind it.
    fn remember(&self, _part: &[u8], _memory: &mut Memory) {}

    /// Appends `text` as it has to be written in a piece of this style, in place of something else; returns `false` if it cannot
    /// be written there. The piece then stays as it was.
    fn escape(&self, _style: u8, text: &str, output: &mut String) -> bool {
        output.push_str(text);
        true
    }

    /// Returns whether something must remain of each piece of this style, because its markup means something else around nothing, as
    /// `****` in Markdown. A word that goes across such pieces then is divided among them.
    fn stays(&self, _style: u8) -> bool {
        false
    }

    /// Returns what has to become another in the result, which is UTF-8, because of what prose has become, as the target of a link to a heading:
    /// ranges of the result, in their order, and what comes there. The ranges `kept` of the document stay.
    fn amend(
        &self,
        _document: &str,
        _kept: &[Range<usize>],
        _result: &[u8],
    ) -> Vec<(Range<usize>, String)> {
        Vec::new()
    }

    /// Returns what `jianfan:ignore-next-line` keeps if the line behind it begins at `from`, or if it was in the part before and `from` is 0:
    /// that line, unless a format has lines that belong together; `None` if that is not in this part. `memory` is what
    /// is known of the parts before, as in [`scan`](Format::scan).
    fn next(&self, text: &str, from: usize, _memory: &Memory) -> Option<Range<usize>> {
        (from < text.len()).then(|| from..lines::Line::at(text.as_bytes(), from).next)
    }
}

/// What is known of the parts of a document that were cut off before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// What a format has to know, in numbers that are its own; `None` at the head of the document.
    pub of_format: Option<Arc<[usize]>>,
    pub(crate) pragmas: pragma::Open,
    /// What the charset is called that the document is written in afterwards, if it is another than before.
    pub(crate) charset: Option<&'static str>,
    /// It stays in its charset, of which not all programs think alike.
    pub(crate) keeps_charset: bool,
}

impl Memory {
    /// Keeps what has to be known of a part behind it.
    pub(crate) fn add(&mut self, format: &dyn Format, part: &[u8]) {
        let pragmas = pragma::behind(format, part, self);
        format.remember(part, self);
        self.pragmas = pragmas;
    }
}

/// Why a text is not of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// In bytes of the text.
    pub at: usize,
    /// What is wrong, as a part of a sentence.
    pub message: String,
    pub(crate) advice: Advice,
}

impl Malformed {
    /// Returns that something is wrong at a byte of the text.
    pub fn new(at: usize, message: impl Into<String>) -> Malformed {
        Malformed { at, message: message.into(), advice: Advice::Plain }
    }

    /// As it is, with another advice.
    pub(crate) fn advising(self, advice: Advice) -> Malformed {
        Malformed { advice, ..self }
    }
}

/// What a user wants of formats; each is of use to some.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// JSON: the values to convert, as `title` or `items[].name`; all if there is none.
    pub fields: Vec<String>,
    /// CSV, Parquet and Arrow: the columns to convert, by name or by number from 1; all (in tables, all of text) if there is none.
    pub columns: Vec<String>,
    /// XML: the elements whose text is converted; all if there is none.
    pub elements: Vec<String>,
    /// Markdown: converts the values of front matter too.
    pub front_matter: bool,
    /// HTML: converts `pre` and `code` too.
    pub code: bool,
    /// HTML and XML: the language that the root element names afterwards, where it named a Chinese one.
    pub lang: Option<String>,
    /// What of these documents had.
    pub(crate) sought: sought::AllSought,
}
