//! The one place that knows the order of the stages.
//!
//! In: the bytes of a document. Out: the bytes of the converted document, or the offset of the first byte that could not be
//! read. Everything that the converter did not mean to change is byte for byte as it was.
//!
//! The naive way is a chain of functions from `String` to `String`. Here decode borrows from the input, encode opens the
//! output and the converter appends to it, so that a document is read once and written once.
//!
//! ```text
//! decode ▶ format (what is prose) ▶ select (what is protected) ▶ normalize ▶ punctuate ▶ convert ▶ format (back in place) ▶ encode
//! ```
//!
//! ```
//! use jianfan::{Converter, pipeline::Pipeline};
//!
//! let pipeline = Pipeline::new(Converter::new("s2twp")?);
//! assert_eq!(pipeline.run("鼠标\n".as_bytes())?, "滑鼠\n".as_bytes());
//! # Ok::<(), jianfan::Error>(())
//! ```

mod detect;
mod parallel;
mod passes;
mod census;
mod change;
mod prose;
mod plain;
mod formatted;
mod summary;
mod package;
#[cfg(feature = "arrow")]
mod table;
mod stream;
mod buffer;
mod ends;
mod whole;
#[cfg(test)]
mod arrival;

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use crate::charset::Charset;
use crate::convert::Converter;
#[cfg(feature = "opencc")]
use crate::convert::LibOpencc;
use crate::decode::{self, Reading};
use crate::diff;
use crate::document::{Document, Origin};
use crate::encode::{Encoder, Writing};
use crate::error::Error;
use crate::format::{Formats, Kind, Memory};
use crate::memory::Lease;
use change::Place;
use plain::PlainState;
use prose::Prose;

pub use crate::decode::OnInvalid;
pub use crate::encode::{Mark, OnUnmappable};
pub use crate::select::Protection;
pub use change::Change;
pub(crate) use detect::detect_ends;
pub use detect::{Detected, Script, binary_kind, detect};
pub(crate) use ends::{Broken, Packing, read_all};
pub use formatted::Fault;
pub(crate) use package::Compared;
pub use passes::{Pass, Passes, Region};
pub use summary::Summary;
use summary::Told;
use whole::output_len;

/// The stages in their order, opened once and shared by all threads.
///
/// At first the charset of the input is found out, wrong bytes are an error, and the output is UTF-8.
#[derive(Debug)]
pub struct Pipeline {
    engine: Engine,
    reading: Reading,
    writing: Writing,
    is_line_buffered: bool,
    is_counting: bool,
    is_recording: bool,
    passes: Passes,
    protection: Protection,
    /// What passes and protection come to; `None` if all text goes straight to the engine.
    prose: Option<Prose>,
    formats: Formats,
    sizes: Sizes,
    memory: Option<u64>,
}

/// The lengths at which long documents are cut. The outcome depends on `line` alone.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    /// Bytes that are requested in one read; a block is about as long. Block, result and the busy part of the tables
    /// fit into a second-level cache of 1 MB.
    block: usize,
    /// With passes, a line of more bytes is processed in pieces of about this length.
    line: usize,
    /// Bytes that are passed to the conversion at once after the passes, while they are in the cache.
    part: usize,
    /// Bytes that the calling thread converts before it starts others.
    alone: u64,
}

impl Sizes {
    const DEFAULT: Sizes =
        Sizes { block: 256 * 1024, line: 256 * 1024, part: 64 * 1024, alone: 1 << 20 };
}

/// What does the converting; both kinds answer the same question.
#[derive(Debug)]
enum Engine {
    Native(Converter),
    #[cfg(feature = "opencc")]
    LibOpencc(LibOpencc),
    /// Nothing is converted.
    Off,
}

impl Pipeline {
    /// Returns the pipeline that converts with the native engine.
    pub fn new(converter: Converter) -> Pipeline {
        Pipeline::with(Engine::Native(converter))
    }

    /// Returns the pipeline that converts with libopencc; it refuses text with a NUL.
    #[cfg(feature = "opencc")]
    pub fn with_libopencc(libopencc: LibOpencc) -> Pipeline {
        Pipeline::with(Engine::LibOpencc(libopencc))
    }

    /// Returns the pipeline that converts nothing; see [`Pipeline::normalize`].
    pub fn without_conversion() -> Pipeline {
        Pipeline::with(Engine::Off)
    }

    fn with(engine: Engine) -> Pipeline {
        Pipeline {
            engine,
            reading: Reading::default(),
            writing: Writing { charset: Some(Charset::UTF_8), ..Writing::default() },
            is_line_buffered: false,
            is_counting: false,
            is_recording: false,
            passes: Passes::none(),
            protection: Protection::none(),
            prose: None,
            formats: Formats::plain(),
            sizes: Sizes::DEFAULT,
            memory: None,
        }
    }

    /// Does these passes before the conversion, and protects the [common](Protection::common) spans. Without this, nothing
    /// but words is changed.
    ///
    /// ```
    /// use jianfan::{Converter, pipeline::Pipeline};
    ///
    /// let pipeline = Pipeline::new(Converter::new("t2s")?).normalize("cn".parse()?);
    /// assert_eq!(pipeline.run("他說:「頭髮,１２根」".as_bytes())?, "他说：“头发，12根”".as_bytes());
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn normalize(mut self, passes: Passes) -> Pipeline {
        self.passes = passes;
        self.with_prose()
    }

    /// Keeps what is protected from passes and conversion.
    pub fn protect(mut self, protection: Protection) -> Pipeline {
        self.protection = protection;
        self.with_prose()
    }

    /// Keeps what the passes changed, for [`Summary::changes`].
    pub fn keep_changes(mut self, is_recording: bool) -> Pipeline {
        self.is_recording = is_recording;
        self
    }

    fn with_prose(mut self) -> Pipeline {
        let target = match &self.engine {
            Engine::Native(converter) => Region::of_config(converter.name()),
            _ => None,
        };
        self.prose = Prose::new(self.passes, &self.protection, target, self.sizes);
        self
    }

    /// Returns whether a pass is on that has to know a region's quotation marks, and none is known.
    pub fn lacks_region(&self) -> bool {
        self.prose.as_ref().is_some_and(Prose::lacks_region)
    }

    /// Says which format the documents have; plain text at first. Only the prose of a document is converted, every other byte of it
    /// is copied.
    ///
    /// ```
    /// use jianfan::format::{Formats, Options};
    /// use jianfan::{Converter, pipeline::Pipeline};
    ///
    /// let formats = Formats::auto(Options::default())?;
    /// let pipeline = Pipeline::new(Converter::new("s2t")?).formats(formats);
    /// let (output, summary) = pipeline.whole_named(r#"{"发":"发"}"#.as_bytes(), "a.json")?;
    /// assert_eq!(output, r#"{"发":"發"}"#.as_bytes());
    /// assert_eq!(summary.format, "json");
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn formats(mut self, formats: Formats) -> Pipeline {
        self.formats = formats;
        self
    }

    /// Sets the charset of the input; `None` finds it out: a byte order mark, valid UTF-8, then a detector that would
    /// rather fail than be wrong.
    ///
    /// ```
    /// use jianfan::{Charset, Converter, pipeline::Pipeline};
    ///
    /// let pipeline = Pipeline::new(Converter::new("s2t")?).charset(Some(Charset::GBK));
    /// assert_eq!(pipeline.run(b"\xcd\xb7\xb7\xa2")?, "頭髮".as_bytes());
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn charset(mut self, charset: Option<Charset>) -> Pipeline {
        self.reading.charset = charset;
        self
    }

    /// Says what to do with bytes that are no text in the charset of the input.
    pub fn on_invalid(mut self, on_invalid: OnInvalid) -> Pipeline {
        self.reading.on_invalid = on_invalid;
        self
    }

    /// Converts documents even if they are not text: archives, media, programs, and what is full of
    /// NULs. Without this they are [refused](Error::binary_kind), because a changed length or
    /// checksum destroys them.
    ///
    /// ```
    /// let pipeline = jianfan::pipeline::Pipeline::without_conversion();
    /// assert!(pipeline.run(&[0; 20]).unwrap_err().binary_kind().is_some());
    /// assert_eq!(pipeline.allow_binary(true).run(&[0; 20]).unwrap(), [0; 20]);
    /// ```
    pub fn allow_binary(mut self, allows_binary: bool) -> Pipeline {
        self.reading.allows_binary = allows_binary;
        self
    }

    /// Sets the charset of the output; `None` keeps that of the input, and fails where it could not come back byte for byte.
    pub fn output_charset(mut self, charset: Option<Charset>) -> Pipeline {
        self.writing.charset = charset;
        self.reading.must_return = charset.is_none();
        self
    }

    /// Says what to do with characters that the charset of the output lacks.
    pub fn on_unmappable(mut self, on_unmappable: OnUnmappable) -> Pipeline {
        self.writing.on_unmappable = on_unmappable;
        self
    }

    /// Says whether the output begins with a byte order mark.
    pub fn mark(mut self, mark: Mark) -> Pipeline {
        self.writing.mark = mark;
        self
    }

    /// Writes every line of a stream separately, as soon as it is complete, on one thread. The result is the same: with the
    /// pass `quotes`, a line with an unpaired quotation mark waits until its quotation ends, for at most 64 lines.
    pub fn line_buffered(mut self, is_line_buffered: bool) -> Pipeline {
        self.is_line_buffered = is_line_buffered;
        self
    }

    /// Counts the characters that the conversion changes, for [`Summary::characters_changed`].
    pub fn count_characters(mut self, is_counting: bool) -> Pipeline {
        self.is_counting = is_counting;
        self
    }

    /// Converts one whole document.
    ///
    /// # Errors
    ///
    /// Fails where the bytes are not text in the charset, or in none that can be found out, with the
    /// [offset](Error::offset) of the first wrong byte; and where a character cannot be written.
    ///
    /// ```
    /// use jianfan::{Converter, pipeline::Pipeline};
    ///
    /// let pipeline = Pipeline::new(Converter::new("t2s")?);
    /// assert_eq!(pipeline.run("頭髮\r\n".as_bytes())?, "头发\r\n".as_bytes());
    /// assert_eq!(pipeline.run(b"abc\xff").unwrap_err().offset(), Some(3));
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn run(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        self.whole(input).map(|(output, _)| output)
    }

    /// As [`Pipeline::run`], with what was learned.
    ///
    /// # Errors
    ///
    /// As [`Pipeline::run`].
    ///
    /// ```
    /// use jianfan::pipeline::Pipeline;
    ///
    /// let pipeline = Pipeline::without_conversion().normalize("cn".parse()?).keep_changes(true);
    /// let (_, summary) = pipeline.whole("你好,\n世界!".as_bytes())?;
    /// let change = &summary.changes[1];
    /// assert_eq!((change.line, change.column, change.offset, change.len), (2, 3, 14, 1));
    /// assert_eq!((change.pass.name(), &*change.before, change.after.as_deref()), ("punct", "!", Some("！")));
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn whole(&self, input: &[u8]) -> Result<(Vec<u8>, Summary), Error> {
        self.whole_as(input, None, &self.budget().lease_alone())
    }

    /// As [`Pipeline::whole`], for a document whose name may say what format it has; nothing is read from there.
    ///
    /// # Errors
    ///
    /// As [`Pipeline::run`].
    pub fn whole_named(
        &self,
        input: &[u8],
        name: impl AsRef<Path>,
    ) -> Result<(Vec<u8>, Summary), Error> {
        self.whole_as(input, Some(name.as_ref()), &self.budget().lease_alone())
    }

    pub(crate) fn whole_as(
        &self,
        input: &[u8],
        name: Option<&Path>,
        lease: &Lease<'_>,
    ) -> Result<(Vec<u8>, Summary), Error> {
        if let Some(package) = self.formats.package(name, input) {
            return self.package(&package, input, None, lease);
        }
        #[cfg(feature = "arrow")]
        if let Some(table) = self.formats.table(name, input) {
            return self.table(&table, input, None, lease);
        }
        let mut held = lease.nothing();
        let Document { origin, text } = decode::document(input, &self.reading, lease)?;
        let kind = self.kind(name, &text);
        let is_owned = matches!(text, Cow::Owned(_));
        let text_len = if is_owned { text.len() as u64 } else { 0 };
        held.resize(text_len + output_len(text.len()))?;
        // Nearly all conversions keep a character's length; regional phrases add a few per cent.
        let mut converted = Vec::with_capacity(text.len() + text.len() / 16 + 16);
        let is_plain = self.is_plain(origin);
        if is_plain && origin.mark {
            converted.extend_from_slice(Charset::UTF_8.mark());
        }
        let mark = converted.len();
        let mut told = Told::default();
        self.append_document(&kind, &text, origin, &mut converted, &mut told, lease)?;
        held.at_least(text_len + converted.capacity() as u64)?;
        let characters_changed = self.characters_changed(&text, &converted[mark..]);
        let output = if is_plain {
            converted
        } else {
            let failed = |error| match Broken::write(error) {
                Broken::Document(error) => error,
                Broken::Read(error) | Broken::Write(error) => {
                    Error::io("memory".as_ref(), "write", error)
                }
            };
            let _encoded = lease.hold(2 * converted.len() as u64)?;
            let mut encoder = Encoder::begin(Vec::new(), self.writing, origin);
            encoder.text(&converted, origin).map_err(failed)?;
            encoder.finish().map_err(failed)?
        };
        let summary = Summary {
            charset: origin.charset,
            has_mark: origin.mark,
            compression: None,
            bytes_in: input.len() as u64,
            bytes_out: output.len() as u64,
            is_changed: output != input,
            characters_changed,
            changes: told.changes,
            changes_omitted: told.omitted,
            format: kind.name().to_owned(),
            faults: told.faults,
            faults_omitted: told.faults_omitted,
        };
        Ok((output, summary))
    }

    /// Fails if a document is not text, as far as its head tells. Of what is compressed, packages
    /// and tables are not converted, and fail too.
    pub(crate) fn refuse_binary(
        &self,
        input: impl Read + Send,
        lease: &Lease<'_>,
    ) -> Result<(), Error> {
        decode::refuse_binary(input, self.reading, lease)
    }

    /// Returns how long a document that begins with `head`, and is no text, may be to be a zip file of documents or a table; `None` if it
    /// is neither.
    pub(crate) fn begins_package(&self, name: Option<&Path>, head: &[u8]) -> Option<u64> {
        self.formats.begins_package(name, head)
    }

    /// Returns whether a document is a zip file of documents or a table.
    pub(crate) fn is_package(&self, name: Option<&Path>, bytes: &[u8]) -> bool {
        #[cfg(feature = "arrow")]
        if self.formats.table(name, bytes).is_some() {
            return true;
        }
        self.formats.package(name, bytes).is_some()
    }

    /// Returns what a whole document is.
    fn kind(&self, name: Option<&Path>, text: &[u8]) -> Kind {
        self.formats.of(name, text, true).unwrap_or(Kind::Plain)
    }

    /// Returns whether text and mark of a document are written as they stand in memory.
    fn is_plain(&self, origin: Origin) -> bool {
        let output = self.writing.charset.unwrap_or(origin.charset());
        let both = [origin.charset(), output];
        both == [Charset::UTF_8, Charset::UTF_8] && self.writing.mark == Mark::Keep
    }

    /// Appends a whole text with passes and conversion done.
    fn append_document(
        &self,
        kind: &Kind,
        text: &[u8],
        origin: Origin,
        output: &mut Vec<u8>,
        told: &mut Told,
        lease: &Lease<'_>,
    ) -> Result<(), Error> {
        let mark = if origin.mark { origin.charset().mark().len() } else { 0 };
        let place = Place { offset: mark as u64, ..Place::default() };
        let memory = Memory {
            charset: self.other_charset(origin),
            keeps_charset: self.keeps_charset(origin),
            ..Memory::default()
        };
        match kind {
            Kind::Text(format) => {
                self.append_parts(&**format, text, memory, place, output, told, lease)
            }
            Kind::Plain => self.append_plain(text, PlainState::default(), place, output, told),
            // What is one was dealt with before.
            Kind::Package(package) => Err(package::no_text(package)),
            #[cfg(feature = "arrow")]
            Kind::Table(table) => Err(table::no_text(table)),
        }
    }

    fn characters_changed(&self, before: &[u8], after: &[u8]) -> u64 {
        if !self.is_counting || before == after {
            return 0;
        }
        let text = String::from_utf8_lossy;
        diff::characters_changed(&text(before), &text(after))
    }

    /// Returns how many bytes the conversion looks at on either side of a place where a line is cut.
    fn reach(&self) -> usize {
        match &self.engine {
            Engine::Native(converter) => converter.reach(),
            #[cfg(feature = "opencc")]
            Engine::LibOpencc(_) => 0,
            Engine::Off => 0,
        }
    }

    /// Returns where a part of a document may be cut behind `from`, if such a place is found.
    fn last_cut(&self, text: &str, from: usize) -> Option<usize> {
        match &self.engine {
            Engine::Native(converter) => converter.last_cut(text, from),
            #[cfg(feature = "opencc")]
            Engine::LibOpencc(_) => None,
            Engine::Off => Some(text.len()),
        }
    }

    /// Converts what stands behind `from` and no further text can change, and returns the offset behind that.
    fn append_decided(&self, text: &str, from: usize, output: &mut Vec<u8>) -> usize {
        match &self.engine {
            Engine::Native(converter) => converter.append_decided(text, from, output),
            #[cfg(feature = "opencc")]
            Engine::LibOpencc(_) => from,
            Engine::Off => {
                output.extend_from_slice(&text.as_bytes()[from..]);
                text.len()
            }
        }
    }
}
