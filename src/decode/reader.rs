//! A document that is read little by little: bytes in its charset → UTF-8.
//!
//! In: a reader of bytes. Out: a reader of text. UTF-8 goes through as it is, into the caller's buffer, and is checked later, on
//! all threads. Everything else is transcoded here. What nobody named is found out from the first bytes; ASCII goes on
//! at once and leaves the question open, so that the first lines of a slow pipe are answered without waiting.
//!
//! A failure of the document itself travels as [`io::Error`] around an [`Error`], for that is what `Read` can carry.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Decoder as Decoding, DecoderResult, Encoder, EncoderResult};

use super::binary::{self, Density};
use super::declared;
use super::detect::{self, Finding, Place, Sample};
use super::{OnInvalid, Reading, or_binary, unsure};
use crate::charset::Charset;
use crate::document::{Compression, Kept, Origin};
use crate::error::Error;
use crate::memory::Lease;

/// Bytes read at a time where they are not read for the caller's buffer.
const READ: usize = 64 * 1024;

/// A reader of text.
pub(crate) struct Decoder<'a> {
    input: Box<dyn Read + Send + 'a>,
    reading: Reading,
    /// Read and not yet decoded.
    raw: Vec<u8>,
    /// Where `raw` begins, in bytes of the (unpacked) document.
    offset: u64,
    ended: bool,
    state: State,
    mark: bool,
    compression: Option<Compression>,
    count: Arc<AtomicU64>,
    confidence: f64,
    /// What was handed on of the head before the charset was known: it may name that.
    head: Vec<u8>,
    /// Where `raw` begins, while the charset is not known. What was handed on before is ASCII, so
    /// that the charset is none that begins otherwise.
    place: Place,
    /// What the head of the text is like, until it is known not to be binary.
    density: Density,
}

enum State {
    /// Nothing but ASCII so far, and the charset is to be found out.
    Ascii,
    Utf8,
    Other(Box<Transcoder>),
}

/// Counts what is read of a file.
struct Counted<R> {
    input: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<'a> Decoder<'a> {
    /// Reads the head of a document: unpacks it, takes a mark off, and knows its charset if it can be known already.
    ///
    /// As much is read as comes at once, and refused if it begins like something that is not text.
    pub(crate) fn open(
        input: impl Read + Send + 'a,
        reading: Reading,
        lease: &'a Lease<'a>,
    ) -> io::Result<Decoder<'a>> {
        let count = Arc::new(AtomicU64::new(0));
        let mut input = Counted { input, count: Arc::clone(&count) };
        let mut head = Vec::new();
        while Compression::may_begin(&head) && read_more(&mut input, &mut head, READ)? > 0 {}
        let compression = Compression::of(&head);
        let input: Box<dyn Read + Send + 'a> = match compression {
            Some(compression) => {
                let packed = io::Cursor::new(std::mem::take(&mut head)).chain(input);
                compression.reader(packed, lease)?
            }
            None => Box::new(input),
        };
        let mut decoder = Decoder {
            input,
            reading,
            raw: head,
            offset: 0,
            ended: false,
            state: State::Ascii,
            mark: false,
            compression,
            count,
            confidence: 1.0,
            head: Vec::new(),
            place: Place::Start,
            density: Density::default(),
        };
        while detect::may_become_mark(&decoder.raw) && !decoder.ended {
            decoder.fill(READ)?;
        }
        while !reading.allows_binary && binary::is_unsettled(&decoder.raw) && !decoder.ended {
            decoder.fill(READ)?;
        }
        if !reading.allows_binary
            && let Some(what) = binary::signature(&decoder.raw)
        {
            return Err(carried(binary::refused(what, compression)));
        }
        let told = detect::by_mark(&decoder.raw);
        let charset = match (reading.charset, told) {
            (None, told) => told,
            // "UTF-16" is said of both, and only the mark knows which.
            (Some(named), Some(told)) if named.is_utf_16() && told.is_utf_16() => Some(told),
            (Some(named), _) => Some(named),
        };
        if let Some(charset) = charset {
            if told == Some(charset) {
                let mark = charset.mark().len();
                decoder.raw.drain(..mark);
                decoder.offset = mark as u64;
                decoder.mark = true;
            }
            decoder.state = State::of(charset, reading);
        }
        Ok(decoder)
    }

    /// Returns what is known by now.
    pub(crate) fn origin(&self) -> Origin {
        let charset = match &self.state {
            State::Ascii => None,
            State::Utf8 => Some(Charset::UTF_8),
            State::Other(transcoder) => Some(transcoder.charset),
        };
        Origin { charset, mark: self.mark }
    }

    pub(crate) fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Returns how many bytes were read, counted as they are in the file.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns how sure the charset is, up to 1.
    pub(crate) fn confidence(&self) -> f64 {
        self.confidence
    }

    /// Returns whether something else stands in the text for bytes that were none.
    pub(crate) fn has_replaced(&self) -> bool {
        matches!(&self.state, State::Other(transcoder) if transcoder.has_replaced)
    }

    fn fill(&mut self, most: usize) -> io::Result<()> {
        self.ended = read_more(&mut self.input, &mut self.raw, most)? == 0;
        Ok(())
    }

    /// Decides on the charset, with more to come unless the input has ended. Returns how many bytes are ASCII that may
    /// go on while nothing is decided.
    fn decide(&mut self) -> io::Result<usize> {
        loop {
            if self.raw.is_empty() && !self.ended {
                self.fill(READ)?;
            }
            let sample = Sample::of(&self.raw, self.place, self.ended);
            let Some(sample) = sample else {
                if self.ended {
                    return Ok(self.raw.len());
                }
                // Nothing but whole lines is waited for; half a line may be half a character of UTF-16.
                if let Some(end) = self.raw.iter().rposition(|&byte| byte == b'\n') {
                    return Ok(end + 1);
                }
                if self.raw.len() >= Sample::MOST {
                    return Ok(self.raw.len());
                }
                // What was looked at is not looked at again for each byte that trickles in.
                let mut new = 0..0;
                while !self.ended
                    && self.raw.len() < Sample::MOST
                    && self.raw[new].iter().all(|&byte| byte.is_ascii() && byte != b'\n')
                {
                    let from = self.raw.len();
                    self.fill(READ)?;
                    new = from..self.raw.len();
                }
                continue;
            };
            let most = sample.most();
            let is_enough = self.ended || self.raw.len() > most;
            let declared = self.declared();
            match sample.detect(declared) {
                Finding::Known { charset, confidence, .. }
                    if is_enough || charset == Charset::UTF_8 && self.answers_at_once(&sample) =>
                {
                    self.confidence = confidence;
                    self.state = State::of(charset, self.reading);
                    return Ok(0);
                }
                Finding::Damaged { offset } if is_enough => {
                    if self.reading.on_invalid == OnInvalid::Error {
                        let valid = &self.raw[..offset];
                        let offset = self.offset + offset as u64;
                        let error = Error::invalid(Charset::UTF_8.name(), offset);
                        let (reading, compression) = (&self.reading, self.compression);
                        let density = &mut self.density;
                        return Err(carried(or_binary(
                            error,
                            valid,
                            density,
                            reading,
                            compression,
                        )));
                    }
                    self.state = State::Utf8;
                    return Ok(0);
                }
                Finding::Unsure { offset, perhaps } if is_enough => {
                    let offset = self.offset + offset as u64;
                    let (reading, compression) = (&self.reading, self.compression);
                    let error = unsure(sample.bytes, offset, perhaps, reading, compression);
                    return Err(carried(error));
                }
                // It is not UTF-16, and what is beyond ASCII comes later: behind NULs, or in a
                // character that is cut off by the end of the sample.
                Finding::Ascii if is_enough && self.place == Place::Start => {
                    self.place = Place::Line;
                }
                Finding::Ascii if is_enough => {
                    self.state = State::Utf8;
                    return Ok(0);
                }
                Finding::Ascii if !sample.is_open() => self.fill(READ)?,
                // Too little for UTF-8, which the rest of the line may be enough for.
                Finding::Known { charset, .. }
                    if charset == Charset::UTF_8 && self.may_answer_early(&sample) =>
                {
                    let mut from = self.raw.len();
                    while !self.ended && self.raw.len() <= most {
                        self.fill(READ)?;
                        if self.raw[from..].iter().any(|&byte| byte == b'\n' || byte >= 0xE0) {
                            break;
                        }
                        from = self.raw.len();
                    }
                }
                // It is not UTF-8, or perhaps UTF-16, and all of the sample has to be there to say
                // more.
                _ => {
                    while !self.ended && self.raw.len() <= most {
                        self.fill(READ)?;
                    }
                }
            }
        }
    }

    /// Returns whether a sample that is UTF-8 so far is taken for UTF-8 before all of it is there.
    fn answers_at_once(&self, sample: &Sample) -> bool {
        self.may_answer_early(sample) && sample.is_evidently_utf8()
    }

    /// Returns whether some part of a sample may be enough to take it for UTF-8.
    ///
    /// An early answer that turns out to be wrong has to be an error. Where wrong bytes are kept or
    /// replaced it would be damage.
    fn may_answer_early(&self, sample: &Sample) -> bool {
        self.reading.on_invalid == OnInvalid::Error
            && !sample.has_signs_of_utf_16()
            && self.declared().is_none_or(|charset| charset == Charset::UTF_8)
    }

    /// Returns the charset that the document names.
    fn declared(&self) -> Option<Charset> {
        if self.head.is_empty() {
            return declared::charset(&self.raw);
        }
        let rest = &self.raw[..self.raw.len().min(declared::HEAD)];
        declared::charset(&[&self.head, rest].concat())
    }

    /// Moves bytes of `raw` into the caller's buffer.
    fn hand_on(&mut self, most: usize, buffer: &mut [u8]) -> usize {
        let len = most.min(buffer.len());
        buffer[..len].copy_from_slice(&self.raw[..len]);
        self.raw.drain(..len);
        self.offset += len as u64;
        len
    }

    fn read_text(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.state {
                State::Utf8 if self.raw.is_empty() => return self.input.read(buffer),
                State::Utf8 => return Ok(self.hand_on(self.raw.len(), buffer)),
                State::Ascii => {
                    let ascii = self.decide()?;
                    if ascii > 0 {
                        let room = declared::HEAD.saturating_sub(self.head.len());
                        let len = ascii.min(buffer.len()).min(room);
                        self.head.extend_from_slice(&self.raw[..len]);
                        let len = self.hand_on(ascii, buffer);
                        if let Some(&last) = buffer[..len].last() {
                            let is_line = last == b'\n';
                            self.place = if is_line { Place::Line } else { Place::Within };
                        }
                        return Ok(len);
                    }
                    if matches!(self.state, State::Ascii) && self.ended {
                        return Ok(0);
                    }
                }
                State::Other(transcoder) => {
                    let made = transcoder.hand_on(buffer);
                    if made > 0 || buffer.is_empty() {
                        return Ok(made);
                    }
                    if transcoder.is_finished {
                        return Ok(0);
                    }
                    if self.raw.is_empty() && !self.ended {
                        self.ended = read_more(&mut self.input, &mut self.raw, READ)? == 0;
                    }
                    if let Err(error) = transcoder.decode(&self.raw, self.offset, self.ended) {
                        let (reading, compression) = (&self.reading, self.compression);
                        let (text, density) = (transcoder.text_so_far(), &mut self.density);
                        return Err(carried(or_binary(error, text, density, reading, compression)));
                    }
                    self.offset += self.raw.len() as u64;
                    self.raw.clear();
                }
            }
        }
    }
}

impl Read for Decoder<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.read_text(buffer)?;
        if !self.density.is_done()
            && !self.reading.allows_binary
            && self.density.add(&buffer[..len])
        {
            return Err(carried(binary::refused(binary::CONTROLS, self.compression)));
        }
        Ok(len)
    }
}

impl State {
    fn of(charset: Charset, reading: Reading) -> State {
        if charset == Charset::UTF_8 {
            State::Utf8
        } else {
            State::Other(Box::new(Transcoder::new(charset, reading)))
        }
    }
}

/// Bytes of one charset to text, with memory of what was cut off.
pub(super) struct Transcoder {
    charset: Charset,
    on_invalid: OnInvalid,
    decoder: Decoding,
    /// Decoded and not yet handed on, from `taken`.
    text: Vec<u8>,
    taken: usize,
    /// The last bytes of what was decoded before: a malformed sequence may have begun there.
    tail: Vec<u8>,
    /// For charsets that give some characters several codes: writes the text back, to see that it comes out the same.
    back: Option<Box<Back>>,
    is_finished: bool,
    has_replaced: bool,
}

struct Back {
    encoder: Encoder,
    /// What was written again and not yet compared.
    again: Vec<u8>,
    /// Bytes that are not yet seen to come back, and where they begin in the document.
    bytes: Vec<u8>,
    offset: u64,
}

impl Transcoder {
    pub(super) fn new(charset: Charset, reading: Reading) -> Transcoder {
        let checks = reading.must_return && !charset.is_utf_16();
        Transcoder {
            charset,
            on_invalid: reading.on_invalid,
            decoder: charset.encoding().new_decoder_without_bom_handling(),
            text: Vec::new(),
            taken: 0,
            tail: Vec::new(),
            back: checks.then(|| {
                let encoder = charset.encoding().new_encoder();
                let (again, bytes) = (Vec::new(), Vec::new());
                Box::new(Back { encoder, again, bytes, offset: 0 })
            }),
            is_finished: false,
            has_replaced: false,
        }
    }

    fn hand_on(&mut self, buffer: &mut [u8]) -> usize {
        let len = buffer.len().min(self.text.len() - self.taken);
        buffer[..len].copy_from_slice(&self.text[self.taken..self.taken + len]);
        self.taken += len;
        len
    }

    /// Returns the text that was made and not yet handed on.
    pub(super) fn text_so_far(&self) -> &[u8] {
        &self.text[self.taken..]
    }

    /// Returns all the text that was made.
    pub(super) fn into_text(self) -> Vec<u8> {
        self.text
    }

    /// Decodes `bytes`, which begin at `offset` of the document; `last` if nothing comes behind them.
    pub(super) fn decode(&mut self, bytes: &[u8], offset: u64, last: bool) -> Result<(), Error> {
        if self.taken == self.text.len() {
            self.text.clear();
            self.taken = 0;
        }
        if let Some(back) = &mut self.back {
            if back.bytes.is_empty() {
                back.offset = offset;
            }
            back.bytes.extend_from_slice(bytes);
        }
        let mut read = 0;
        loop {
            let room = self.decoder.max_utf8_buffer_length_without_replacement(bytes.len() - read);
            let made = self.text.len();
            self.text.resize(made + room.unwrap_or(bytes.len() * 3) + 16, 0);
            let (result, more, written) = self.decoder.decode_to_utf8_without_replacement(
                &bytes[read..],
                &mut self.text[made..],
                last,
            );
            read += more;
            self.text.truncate(made + written);
            if let Some(back) = &mut self.back {
                encode_as_it_was(&mut back.encoder, &self.text[made..], &mut back.again);
            }
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, behind) => {
                    let end = read as isize - isize::from(behind);
                    if self.on_invalid == OnInvalid::Error {
                        // A code before it that would not come back is the first fault.
                        self.check_back(false)?;
                    }
                    self.malformed(bytes, offset, end, usize::from(length))?;
                }
            }
        }
        self.check_back(last)?;
        if last {
            self.is_finished = true;
        } else if bytes.len() >= 8 {
            self.tail = bytes[bytes.len() - 8..].to_vec();
        } else {
            self.tail.extend_from_slice(bytes);
            self.tail.drain(..self.tail.len().saturating_sub(8));
        }
        Ok(())
    }

    /// A malformed sequence that ends at `end` of `bytes`, perhaps before them, and is `length` bytes long.
    fn malformed(
        &mut self,
        bytes: &[u8],
        offset: u64,
        end: isize,
        length: usize,
    ) -> Result<(), Error> {
        let start = end - isize::try_from(length).unwrap_or(0);
        if self.on_invalid == OnInvalid::Error {
            let at = offset.saturating_add_signed(start as i64);
            return Err(Error::invalid(self.charset.name(), at));
        }
        for at in start..end {
            let byte = match usize::try_from(at) {
                Ok(at) => bytes.get(at),
                Err(_) => {
                    let back = at.unsigned_abs();
                    self.tail.len().checked_sub(back).and_then(|at| self.tail.get(at))
                }
            };
            let byte = byte.copied().unwrap_or_default();
            if let Some(back) = &mut self.back {
                back.again.push(byte);
            }
            if self.on_invalid == OnInvalid::Keep {
                self.text.extend_from_slice(&Kept::wrap(byte));
            }
        }
        if self.on_invalid == OnInvalid::Replace {
            self.has_replaced = true;
            self.text.extend_from_slice("\u{FFFD}".as_bytes());
        }
        Ok(())
    }

    /// Sees that what was written again is what was read, invalid bytes being as they were.
    fn check_back(&mut self, last: bool) -> Result<(), Error> {
        let Some(back) = &mut self.back else { return Ok(()) };
        if last {
            // A charset with shifts goes back to ASCII, as it does when the document is written.
            let mut end = [0; 16];
            let (_, _, written) =
                back.encoder.encode_from_utf8_without_replacement("", &mut end, true);
            back.again.extend_from_slice(&end[..written]);
        }
        let same = back.again.iter().zip(&back.bytes).take_while(|(a, b)| a == b).count();
        if same < back.again.len().min(back.bytes.len())
            || last && back.again.len() != back.bytes.len()
        {
            let at = back.offset + same as u64;
            return Err(Error::no_return(self.charset.name(), at));
        }
        back.again.drain(..same);
        back.bytes.drain(..same);
        back.offset += same as u64;
        Ok(())
    }
}

/// Appends `text` in the encoder's charset; a character that it lacks is written as Big5-HKSCS has it, if that is it.
fn encode_as_it_was(encoder: &mut Encoder, text: &[u8], output: &mut Vec<u8>) {
    let mut rest = simdutf8::basic::from_utf8(text).unwrap_or_default();
    loop {
        let made = output.len();
        output.resize(made + rest.len() * 2 + 16, 0);
        let (result, read, written) =
            encoder.encode_from_utf8_without_replacement(rest, &mut output[made..], false);
        output.truncate(made + written);
        rest = &rest[read..];
        match result {
            EncoderResult::InputEmpty => return,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(c) => {
                let code =
                    crate::charset::hkscs(c).filter(|_| encoder.encoding() == encoding_rs::BIG5);
                output.extend(code.into_iter().flatten());
            }
        }
    }
}

/// Reads once, at most `most` bytes, and returns how many came.
fn read_more(input: &mut impl Read, bytes: &mut Vec<u8>, most: usize) -> io::Result<usize> {
    let len = bytes.len();
    bytes.resize(len + most, 0);
    let result = loop {
        match input.read(&mut bytes[len..]) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => break result,
        }
    };
    bytes.truncate(len + *result.as_ref().unwrap_or(&0));
    result
}

/// Makes an error of the document one that `Read` and `Write` can carry.
pub(crate) fn carried(error: Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
