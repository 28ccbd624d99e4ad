//! A document of any length through the stages, in memory that does not grow with it.
//!
//! In: a reader. Out: to a writer, what [`Pipeline::run`] would give for the whole, block by block and in order.
//!
//! The naive way cuts the input into blocks and converts each; a word that lies across a cut is then torn, as OpenCC's own
//! command tears it at each megabyte. Here a block ends behind a line end, which no word holds; where a line is longer
//! than a block, behind a character that is in no word; and where there is none either, as far as no further text can
//! change the outcome. What lies behind the cut is held back for the next block; what the context layer has to see across it goes with
//! both ([`buffer`](super::buffer)), so the outcome is the same wherever a line is cut.
//!
//! Where a read ends is chance: it depends on who writes the pipe. The outcome must not depend on it, so a cut is decided by
//! whole lines alone, and what the lines before a cut determine about those after it is carried across, in one value
//! ([`PlainState`] of plain text, [`Memory`] of a format). Whole texts go through the same code with the same values.
//!
//! Whatever a read brought is converted and written at once, up to its last line end, so that a line typed or trickling
//! through a pipe is answered without delay. A pass may need later lines: with `quotes`, a line with a quotation mark that
//! has no partner waits until its quotation is complete or cannot be any more, which takes the end of the paragraph or 64
//! lines at most. `line_buffered` writes every line separately and does not change that.
//!
//! Long documents go on on all threads ([`parallel`]).

use std::io::{self, ErrorKind, Read, Write};
use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::buffer::Buffer;
use super::change::Place;
use super::ends::{Broken, Counted, Packing, emptied, pack, read_all};
use super::plain::PlainState;
use super::prose::Prose;
use super::{Mark, OnInvalid, Pipeline, Sizes, Summary, Told, parallel};
use crate::decode;
use crate::decode::reader::{Decoder, carried};
use crate::document::{Compression, Origin};
use crate::encode::Encoder;
use crate::encode::compression::Packer;
use crate::error::Error;
use crate::format::{Format, Kind, MOST_WHOLE, Memory, is_undecided, pragma, weight};
use crate::memory::{Held, Lease};

/// Bytes of a block, or of what waits to become one, from which on they count as memory that the document needs.
pub(super) const BIG: usize = 4 * Sizes::DEFAULT.block;

/// A part of the document on its way to a worker.
pub(super) struct Block {
    pub(super) bytes: Buffer,
    /// Where it began in the document.
    offset: u64,
    origin: Origin,
    /// The outcome, where it had to be found out already.
    outcome: Option<Vec<u8>>,
    place: Place,
    before: Before,
}

/// What the text before a block determines about it.
enum Before {
    Plain(PlainState),
    /// The block is a part of a line that is prose; the text on either side of it is visible to the conversion.
    InLine,
    Formatted(Arc<dyn Format>, Memory),
}

/// What a worker made of a block.
pub(super) struct Piece {
    pub(super) converted: Vec<u8>,
    pub(super) origin: Origin,
    pub(super) changes: Changes,
}

#[derive(Debug, Default)]
pub(super) struct Changes {
    any: bool,
    characters: u64,
    told: Told,
}

impl Changes {
    pub(super) fn add(&mut self, more: Changes) {
        self.any |= more.any;
        self.characters += more.characters;
        self.told.append(more.told);
    }
}

impl Pipeline {
    /// Converts a document of any length, on `threads` threads, in memory that depends on their number alone; unless a line of
    /// more than 256 KiB goes through libopencc, or through a config whose normalization or description operators do
    /// not allow to cut a line: such a line is held as a whole. A compressed document is unpacked; the output is not packed.
    ///
    /// Each read is answered by a write of all that it completed. If an error comes, what was converted before it has been
    /// written.
    ///
    /// # Errors
    ///
    /// If reading or writing fails, or the bytes are not text, or a character cannot be written.
    ///
    /// ```
    /// use jianfan::{Converter, pipeline::Pipeline};
    ///
    /// let pipeline = Pipeline::new(Converter::new("t2s")?);
    /// let mut output = Vec::new();
    /// pipeline.stream("頭髮\r\n".as_bytes(), &mut output, 2.try_into().expect("not zero"))?;
    /// assert_eq!(output, "头发\r\n".as_bytes());
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn stream(
        &self,
        input: impl Read + Send,
        output: impl Write + Send,
        threads: NonZeroUsize,
    ) -> Result<Summary, Error> {
        let budget = self.budget();
        let lease = budget.lease_alone();
        let result = self.stream_ends(input, output, None, threads, Packing::As(None), &lease);
        result.map_err(|broken| match broken {
            Broken::Read(error) => Error::io("the input".as_ref(), "read", error),
            Broken::Write(error) => Error::io("the output".as_ref(), "write", error),
            Broken::Document(error) => error,
        })
    }

    /// As [`Pipeline::stream`], for callers that know the names of both ends.
    pub(crate) fn stream_ends(
        &self,
        input: impl Read + Send,
        output: impl Write + Send,
        name: Option<&Path>,
        threads: NonZeroUsize,
        packing: Packing,
        lease: &Lease<'_>,
    ) -> Result<Summary, Broken> {
        let input = match self.package_of(input, name, lease)? {
            Ok((bytes, _held)) => {
                let (converted, summary) =
                    self.whole_as(&bytes, name, lease).map_err(Broken::Document)?;
                return pack(&converted, output, packing, summary);
            }
            Err(input) => input,
        };
        let decoder = Decoder::open(input, self.reading, lease).map_err(Broken::read)?;
        let compression = match packing {
            Packing::AsInput => decoder.compression(),
            Packing::As(compression) => compression,
        };
        let counted = Counted { output, bytes: 0 };
        let _packing = compression
            .map(|compression| lease.hold(compression.memory_to_write()))
            .transpose()
            .map_err(Broken::Document)?;
        let packer = Packer::new(counted, compression).map_err(Broken::write)?;
        let mut encoder = Encoder::begin(packer, self.writing, decoder.origin());
        let mut window = Window::new(decoder, name, self.sizes, lease);
        let changes = self.blocks(&mut window, &mut encoder, threads.get())?;
        let mut end = encoder.finish().and_then(Packer::finish).map_err(Broken::write)?;
        end.flush().map_err(Broken::write)?;
        let format = window.kind.as_ref().map_or("plain", Kind::name).to_owned();
        let decoder = window.input;
        let origin = decoder.origin();
        Ok(Summary {
            charset: origin.charset,
            has_mark: origin.mark,
            compression: decoder.compression(),
            bytes_in: decoder.bytes_read(),
            bytes_out: end.bytes,
            is_changed: changes.any || decoder.has_replaced() || self.is_reencoding(origin),
            characters_changed: changes.characters,
            changes: changes.told.changes,
            changes_omitted: changes.told.omitted,
            format,
            faults: changes.told.faults,
            faults_omitted: changes.told.faults_omitted,
        })
    }

    /// Returns all bytes of a package or a table, or an input that is none, nothing of it lost.
    fn package_of<'l, R: Read + Send>(
        &self,
        mut input: R,
        name: Option<&Path>,
        lease: &'l Lease<'_>,
    ) -> Result<Result<(Vec<u8>, Held<'l>), impl Read + Send + use<R>>, Broken> {
        let mut bytes = Vec::new();
        if self.formats.has_packages() {
            // What comes in one read is most often more than enough; no line that is typed waits for another.
            loop {
                let first = bytes.len();
                bytes.resize(first + self.sizes.block, 0);
                let read = match input.read(&mut bytes[first..]) {
                    Err(error) if error.kind() == ErrorKind::Interrupted => None,
                    result => Some(result.map_err(Broken::read)?),
                };
                bytes.truncate(first + read.unwrap_or(0));
                if read == Some(0) || read.is_some() && !is_undecided(&bytes) {
                    break;
                }
            }
            let is_packed = Compression::of(&bytes).is_some();
            if !is_packed && self.formats.may_be_package(name, &bytes) {
                let room = MOST_WHOLE.saturating_sub(bytes.len() as u64) + 1;
                let mut held = lease.nothing();
                read_all(&mut (&mut input).take(room), &mut bytes, &mut held)
                    .map_err(Broken::read)?;
                if self.is_package(name, &bytes) {
                    return Ok(Ok((bytes, held)));
                }
            }
        }
        Ok(Err(io::Cursor::new(bytes).chain(input)))
    }

    /// Returns whether a document of this origin is written in another way than it was, whatever its text.
    fn is_reencoding(&self, origin: Origin) -> bool {
        let output = self.writing.charset.unwrap_or(origin.charset());
        match self.writing.mark {
            // ASCII is ASCII in all charsets but UTF-16.
            _ if origin.charset.is_none() && !output.is_utf_16() => self.writing.mark == Mark::Add,
            _ if output != origin.charset() => true,
            Mark::Keep => false,
            Mark::Add => !origin.mark && !output.mark().is_empty(),
            Mark::Remove => origin.mark,
        }
    }

    fn blocks(
        &self,
        window: &mut Window<'_>,
        encoder: &mut Encoder<impl Write + Send>,
        threads: usize,
    ) -> Result<Changes, Broken> {
        let mut changes = Changes::default();
        let lease = window.lease;
        let mut room = Vec::new();
        while let Some(mut block) = window.next(self)? {
            // Threads cost more than a line, and than a page.
            if threads > 1 && block.offset >= self.sizes.alone && !self.is_line_buffered {
                changes.add(parallel::run(self, block, window, encoder, threads)?);
                break;
            }
            let Piece { converted, origin, changes: more } =
                self.convert(&mut block, room, lease).map_err(Broken::Document)?;
            encoder
                .text(&converted, origin)
                .and_then(|()| encoder.flush())
                .map_err(Broken::write)?;
            changes.add(more);
            room = emptied(converted);
            window.give_back(block.bytes);
        }
        Ok(changes)
    }

    pub(super) fn convert(
        &self,
        block: &mut Block,
        mut output: Vec<u8>,
        lease: &Lease<'_>,
    ) -> Result<Piece, Error> {
        let mut told = Told::default();
        let len = block.bytes.len();
        let _held = match len > BIG {
            true => {
                let weight = match &block.before {
                    Before::Formatted(format, _) => weight::of(format.name(), &block.bytes),
                    Before::Plain(_) | Before::InLine => 0,
                };
                lease.hold(len as u64 + super::output_len(len) + weight)?
            }
            false => lease.nothing(),
        };
        let place = Place { offset: block.offset, ..block.place };
        match (block.outcome.take(), &block.before) {
            (Some(outcome), _) => output = outcome,
            (None, Before::Plain(state)) => {
                self.append_plain(&block.bytes, *state, place, &mut output, &mut told)?;
            }
            (None, Before::InLine) => {
                let (around, part) = block.bytes.around();
                self.append(around, part, block.offset, &mut output)?;
            }
            (None, Before::Formatted(format, memory)) => {
                let bytes = &block.bytes;
                self.append_formatted(&**format, bytes, memory, place, &mut output, &mut told)?;
            }
        }
        let changes = Changes {
            any: output[..] != block.bytes[..],
            characters: self.characters_changed(&block.bytes, &output),
            told,
        };
        Ok(Piece { converted: output, origin: block.origin, changes })
    }
}

/// What has been read and not yet handed on.
pub(super) struct Window<'a> {
    input: Decoder<'a>,
    name: Option<&'a Path>,
    /// What the document is, if that is known by now.
    kind: Option<Kind>,
    /// As `state`, in a format.
    memory: Memory,
    bytes: Buffer,
    /// Where `bytes` begin in the document; where it is transcoded, in its text.
    offset: u64,
    is_first: bool,
    ended: bool,
    /// What the text before `bytes` determines about them, if it is plain.
    state: PlainState,
    place: Place,
    sizes: Sizes,
    spare: Vec<Buffer>,
    pub(super) lease: &'a Lease<'a>,
    /// For `bytes`, where they are many.
    held: Held<'a>,
}

impl<'a> Window<'a> {
    fn new(
        input: Decoder<'a>,
        name: Option<&'a Path>,
        sizes: Sizes,
        lease: &'a Lease<'a>,
    ) -> Window<'a> {
        let origin = input.origin();
        let mark = if origin.mark { origin.charset().mark().len() as u64 } else { 0 };
        let (bytes, spare) = (Buffer::default(), Vec::new());
        Window {
            input,
            name,
            kind: None,
            memory: Memory::default(),
            bytes,
            offset: mark,
            is_first: true,
            ended: false,
            state: PlainState::default(),
            place: Place::default(),
            sizes,
            spare,
            lease,
            held: lease.nothing(),
        }
    }

    /// Reads once.
    fn read(&mut self) -> io::Result<()> {
        // Where it is cut, what is left is copied.
        let len = self.bytes.len() + self.sizes.block;
        self.held.resize(if len > BIG { 2 * len as u64 } else { 0 }).map_err(carried)?;
        let result = loop {
            match self.input.read(self.bytes.room(self.sizes.block)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        let read = *result.as_ref().unwrap_or(&0);
        self.bytes.add(read);
        self.ended = result.is_ok() && read == 0;
        result.map(drop)
    }

    /// Returns the next block, `None` at the end.
    pub(super) fn next(&mut self, pipeline: &Pipeline) -> Result<Option<Block>, Broken> {
        // What was looked at in vain is not looked at again before a line, or an eighth more, has come.
        let mut looked = 0;
        while self.kind.is_none() {
            let (len, fresh) = (self.bytes.len(), &self.bytes[looked..]);
            if self.ended || fresh.len() >= looked / 8 || memchr::memchr(b'\n', fresh).is_some() {
                self.kind = pipeline.formats.of(self.name, &self.bytes, self.ended);
                looked = len;
            }
            if self.kind.is_none() {
                self.read().map_err(Broken::read)?;
            }
        }
        if let Some(Kind::Package(package)) = &self.kind {
            return Err(Broken::Document(super::package::no_text(package)));
        }
        #[cfg(feature = "arrow")]
        if let Some(Kind::Table(table)) = &self.kind {
            return Err(Broken::Document(super::table::no_text(table)));
        }
        if let Some(Kind::Text(format)) = &self.kind {
            let format = Arc::clone(format);
            return self.next_formatted(pipeline, format);
        }
        if let Some(prose) = &pipeline.prose {
            return self.next_prose(pipeline, prose);
        }
        let (mut searched, mut tried) = (0, 0);
        loop {
            let fresh = &self.bytes[searched..];
            // What begins within a line is prose if that is, and must hold no other.
            let found = if pipeline.is_line_buffered || self.bytes.is_within_line() {
                memchr::memchr(b'\n', fresh)
            } else {
                memchr::memrchr(b'\n', fresh)
            };
            if let Some(found) = found {
                if std::mem::take(&mut self.is_first) {
                    self.refuse_at_once(pipeline)?;
                }
                return Ok(Some(self.split(searched + found + 1)));
            }
            searched = self.bytes.len();
            if self.ended {
                return Ok((searched > 0).then(|| self.split(searched)));
            }
            // The kind of a line has to be known from its first part.
            // Where it cannot be cut, it is not looked at again before as much has come.
            if searched >= self.sizes.block.max(pragma::HEAD) && searched >= 2 * tried {
                if let Some(block) = self.part_of_line(pipeline)? {
                    return Ok(Some(block));
                }
                tried = searched;
            }
            self.read().map_err(Broken::read)?;
        }
    }

    /// As [`Window::next`], cut where the format says.
    fn next_formatted(
        &mut self,
        pipeline: &Pipeline,
        format: Arc<dyn Format>,
    ) -> Result<Option<Block>, Broken> {
        // What was looked at in vain is not looked at again before as much has come, or, of a short text, a line end.
        const SHORT: usize = 64 * 1024;
        let mut looked = 0;
        loop {
            let len = self.bytes.len();
            let has_line =
                || len < SHORT && memchr::memchr2(b'\n', b'\r', &self.bytes[looked..]).is_some();
            let is_due = self.ended || len >= 2 * looked || has_line();
            let text = &self.bytes[..if is_due { len } else { 0 }];
            // To look for a cut, and to remember what was before it, may take as much as to scan it all.
            let weight = if text.len() > BIG { weight::of(format.name(), text) } else { 0 };
            let _scan = self.lease.hold(weight).map_err(Broken::Document)?;
            let cut = match format.cut(text, &self.memory) {
                _ if self.ended => Some(len),
                cut => cut,
            };
            if let Some(cut) = cut.filter(|&cut| cut > 0 && cut <= len) {
                if std::mem::take(&mut self.is_first) {
                    self.refuse_at_once(pipeline)?;
                }
                let mut block = self.cut_off(cut, 0);
                self.memory.charset = pipeline.other_charset(block.origin);
                self.memory.keeps_charset = pipeline.keeps_charset(block.origin);
                let memory = self.memory.clone();
                self.memory.add(&*format, &block.bytes);
                block.place = self.place;
                self.place = self.place.behind(&block.bytes);
                block.before = Before::Formatted(format, memory);
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            if is_due {
                looked = len;
            }
            self.read().map_err(Broken::read)?;
        }
    }

    /// As [`Window::next`], cut where no pass looks across.
    fn next_prose(&mut self, pipeline: &Pipeline, prose: &Prose) -> Result<Option<Block>, Broken> {
        let mut searched = 0;
        loop {
            // Without another line end there is nothing new to decide, unless a line is too long to be held.
            let len = self.bytes.len();
            let is_due = self.ended
                || len > 2 * self.sizes.line
                || memchr::memchr(b'\n', &self.bytes[searched..]).is_some();
            searched = len;
            let is_single = pipeline.is_line_buffered;
            if is_due
                && let Some((len, state)) =
                    prose.cut(&self.bytes, self.state, self.ended, is_single)
            {
                if std::mem::take(&mut self.is_first) {
                    self.refuse_at_once(pipeline)?;
                }
                let mut block = self.cut_off(len, 0);
                block.before = Before::Plain(self.state);
                block.place = self.place;
                self.state = state;
                if pipeline.is_recording {
                    self.place = self.place.behind(&block.bytes);
                }
                return Ok(Some(block));
            }
            if self.ended {
                return Ok(None);
            }
            self.read().map_err(Broken::read)?;
        }
    }

    /// Of a short document that is no text nothing is written, as far as the first read can tell.
    fn refuse_at_once(&self, pipeline: &Pipeline) -> Result<(), Broken> {
        if pipeline.reading.on_invalid == OnInvalid::Error {
            decode::utf8_so_far(&self.bytes, self.offset).map_err(Broken::Document)?;
        }
        Ok(())
    }

    /// Returns a block of the line that the window holds a part of, if it can be cut.
    fn part_of_line(&mut self, pipeline: &Pipeline) -> Result<Option<Block>, Broken> {
        let (around, Range { start, .. }) = self.bytes.around();
        let text = match decode::utf8_so_far(around, self.offset - start as u64) {
            Ok(text) => text,
            Err(error) if pipeline.reading.on_invalid == OnInvalid::Error => {
                return Err(Broken::Document(error));
            }
            // No word goes across what is not text. All of it that has come goes at once, for each cut copies the rest.
            Err(_) => {
                let mut len = 0;
                for chunk in self.bytes.utf8_chunks() {
                    let end = len + chunk.valid().len();
                    let is_cut_short = end + chunk.invalid().len() == self.bytes.len()
                        && decode::utf8_so_far(chunk.invalid(), 0).is_ok();
                    if is_cut_short {
                        break;
                    }
                    len = end + chunk.invalid().len();
                }
                return Ok(Some(self.split(len)));
            }
        };
        let (mut pragmas, part) = (self.state.pragmas, &text.as_bytes()[start..]);
        if !pragmas.is_prose(part) && !pragmas.line(part) {
            // Of a line that is kept nothing is converted ahead.
            let len = part.len();
            return Ok(Some(self.split(len)));
        }
        let reach = pipeline.reach();
        if let Some(cut) = pipeline.last_cut(text, start) {
            return Ok(Some(self.split_within(cut - start, reach)));
        }
        let mut converted = Vec::new();
        let decided = pipeline.append_decided(text, start, &mut converted);
        if decided == start {
            return Ok(None);
        }
        let mut block = self.split_within(decided - start, reach);
        block.outcome = Some(converted);
        Ok(Some(block))
    }

    /// Hands the first `len` bytes on and keeps the rest.
    fn split(&mut self, len: usize) -> Block {
        self.split_within(len, 0)
    }

    /// As [`split`](Window::split), within a line: `reach` bytes are seen across.
    fn split_within(&mut self, len: usize, reach: usize) -> Block {
        let mut block = self.cut_off(len, reach);
        let state = self.state;
        self.state.pragmas.lines(&block.bytes);
        if !block.bytes.is_surrounded() {
            block.before = Before::Plain(state);
        }
        block
    }

    /// Takes the first `len` bytes off the window, whatever they are.
    fn cut_off(&mut self, len: usize, reach: usize) -> Block {
        let spare = self.spare.pop().unwrap_or_default();
        let bytes = self.bytes.split(len, reach, spare);
        let offset = self.offset;
        self.offset += len as u64;
        let origin = self.input.origin();
        let (place, before) = (self.place, Before::InLine);
        Block { bytes, offset, origin, outcome: None, place, before }
    }

    pub(super) fn give_back(&mut self, bytes: Buffer) {
        if self.spare.len() < 4 && bytes.capacity() <= BIG {
            self.spare.push(bytes);
        }
    }
}
