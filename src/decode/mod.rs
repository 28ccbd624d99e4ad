//! Stage 1: bytes → document.
//!
//! In: a file, whole ([`document`]) or little by little ([`reader`]). Out: its text in UTF-8, and what it was written in; or the
//! offset of the first byte that is wrong, counted from the start of the file with its mark.
//!
//! ```text
//! compression  what is packed               binary   what is not text
//!                                           charset and mark  detect   named, found out, or an error
//!                                           declared          what a document says of itself
//! ```
//!
//! The naive way is `str::from_utf8` on what follows the mark, or a detector's guess with U+FFFD for what does not fit. Here
//! nothing is replaced or guessed unless the caller asked for it. UTF-8 is borrowed, not copied, and checked with SIMD, about
//! ten times as fast on Chinese text; the fast check does not know where it failed, and only a failure pays for the
//! second that does.
//!
//! ```
//! use jianfan::{Converter, pipeline::Pipeline};
//!
//! let pipeline = Pipeline::new(Converter::new("t2s")?);
//! let error = pipeline.run(b"\xef\xbb\xbfabc\xff").unwrap_err();
//! assert_eq!(error.offset(), Some(6));
//! # Ok::<(), jianfan::Error>(())
//! ```

pub(crate) mod binary;
mod compression;
mod declared;
pub(crate) mod detect;
pub(crate) mod reader;

use std::borrow::Cow;
use std::io::{self, Read};

use crate::charset::Charset;
use crate::document::{Compression, Document, Origin};
use crate::error::Error;
use crate::memory::Lease;
use binary::Density;
use detect::{Finding, Place, Sample};
use reader::{Decoder, Transcoder};

/// How bytes are read as text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Reading {
    /// `None` finds it out: mark, valid UTF-8, then a strict detector.
    pub(crate) charset: Option<Charset>,
    pub(crate) on_invalid: OnInvalid,
    /// The text will be written in the same charset, and must come out as the same bytes.
    pub(crate) must_return: bool,
    /// Documents are decoded even if they look [binary].
    pub(crate) allows_binary: bool,
}

/// What to do with bytes that are no text in the charset of their document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnInvalid {
    /// The document fails, with the offset of the first of them; nothing is written.
    #[default]
    Error,
    /// They stay as they are.
    Keep,
    /// U+FFFD stands in their place.
    Replace,
}

/// Bytes of memory for each byte that is transcoded.
const TRANSCODED: u64 = 8;

/// Returns the document that `bytes` hold, all of it.
///
/// The caller holds what the text is long, if it is not that of `bytes`.
pub(crate) fn document<'a>(
    bytes: &'a [u8],
    reading: &Reading,
    lease: &Lease<'_>,
) -> Result<Document<'a>, Error> {
    if !reading.allows_binary
        && let Some(what) = binary::signature(bytes)
    {
        return Err(binary::refused(what, None));
    }
    let document = decoded(bytes, reading, lease)?;
    if !reading.allows_binary && Density::default().add(&document.text) {
        return Err(binary::refused(binary::CONTROLS, None));
    }
    Ok(document)
}

fn decoded<'a>(
    bytes: &'a [u8],
    reading: &Reading,
    lease: &Lease<'_>,
) -> Result<Document<'a>, Error> {
    let told = detect::by_mark(bytes);
    let (charset, mark) = match (reading.charset, told) {
        (None, Some(told)) => (Some(told), true),
        (Some(named), Some(told)) if named == told || (named.is_utf_16() && told.is_utf_16()) => {
            (Some(told), true)
        }
        (Some(named), _) => (Some(named), false),
        (None, None) => (None, false),
    };
    let mark_len = if mark { charset.map_or(0, |charset| charset.mark().len()) } else { 0 };
    let body = &bytes[mark_len..];
    let offset = mark_len as u64;
    let utf8_document =
        |charset| Document { origin: Origin { charset, mark }, text: Cow::Borrowed(body) };
    let charset = match charset {
        Some(charset) => charset,
        // The check that all text needs comes before all other questions.
        None if simdutf8::basic::from_utf8(body).is_ok()
            && !names_another(body)
            && !detect::may_be_utf_16_of_ascii(body) =>
        {
            return Ok(utf8_document((!body.is_ascii()).then_some(Charset::UTF_8)));
        }
        None => {
            let declared = declared::charset(body);
            let mut sample = Sample::of(body, Place::Start, true);
            let mut found = sample.map(|sample| sample.detect(declared));
            if found == Some(Finding::Ascii) {
                // It is not UTF-16, and what is beyond ASCII comes later.
                sample = Sample::of(body, Place::Line, true);
                found = sample.map(|sample| sample.detect(declared));
            }
            match found {
                None | Some(Finding::Ascii) if body.is_ascii() => return Ok(utf8_document(None)),
                None | Some(Finding::Ascii | Finding::Damaged { .. }) => Charset::UTF_8,
                Some(Finding::Known { charset, .. }) => charset,
                Some(Finding::Unsure { offset: wrong, perhaps }) => {
                    let wrong = offset + wrong as u64;
                    let bytes = sample.map_or(body, |sample| sample.bytes);
                    return Err(unsure(bytes, wrong, perhaps, reading, None));
                }
            }
        }
    };
    if charset != Charset::UTF_8 {
        // The text with its spare capacity, and the bytes that it is written back to.
        let _held = lease.hold(TRANSCODED * body.len() as u64)?;
        let mut transcoder = Transcoder::new(charset, *reading);
        transcoder.decode(body, offset, true).map_err(|error| {
            let mut density = Density::default();
            or_binary(error, transcoder.text_so_far(), &mut density, reading, None)
        })?;
        let text = Cow::Owned(transcoder.into_text());
        return Ok(Document { origin: Origin { charset: Some(charset), mark }, text });
    }
    if reading.on_invalid == OnInvalid::Error {
        utf8(body, offset).map_err(|error| {
            let valid = &body[..utf8_error(body).map_or(0, |error| error.valid_up_to())];
            or_binary(error, valid, &mut Density::default(), reading, None)
        })?;
    }
    Ok(utf8_document(Some(charset)))
}

/// Fails if a document is not text, as far as its head tells; what else is wrong with it is not
/// looked for.
pub(crate) fn refuse_binary(
    input: impl Read + Send,
    reading: Reading,
    lease: &Lease<'_>,
) -> Result<(), Error> {
    let read_head = || -> io::Result<()> {
        let mut decoder = Decoder::open(input, reading, lease)?;
        let (mut text, mut len) = ([0; binary::HEAD], 0);
        while len < text.len() {
            match decoder.read(&mut text[len..]) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    };
    if reading.allows_binary {
        return Ok(());
    }
    match read_head().map_err(io::Error::downcast::<Error>) {
        Err(Ok(error)) if error.binary_kind().is_some() => Err(error),
        _ => Ok(()),
    }
}

/// Returns whether a document says that it is not in UTF-8.
fn names_another(body: &[u8]) -> bool {
    declared::charset(body).is_some_and(|charset| charset != Charset::UTF_8)
}

/// Returns the error of a document that has a fault behind `text`: that it is not text, if what comes
/// before the fault tells that.
///
/// One wrong byte does not make a document of a binary file, which is skipped without it.
fn or_binary(
    error: Error,
    text: &[u8],
    density: &mut Density,
    reading: &Reading,
    compression: Option<Compression>,
) -> Error {
    if !reading.allows_binary && !density.is_done() && density.add(text) {
        return binary::refused(binary::CONTROLS, compression);
    }
    error
}

/// Returns the error of bytes, part of a document, whose encoding could not be told.
fn unsure(
    bytes: &[u8],
    offset: u64,
    perhaps: Option<(Charset, f64)>,
    reading: &Reading,
    compression: Option<Compression>,
) -> Error {
    if !reading.allows_binary
        && let Some(what) = binary::undecodable(bytes)
    {
        return binary::refused(what, compression);
    }
    Error::unsure(offset, perhaps.map(|(charset, confidence)| (charset.name(), confidence)))
}

/// Returns the first error in `bytes` as UTF-8.
fn utf8_error(bytes: &[u8]) -> Option<simdutf8::compat::Utf8Error> {
    if simdutf8::basic::from_utf8(bytes).is_ok() {
        return None;
    }
    simdutf8::compat::from_utf8(bytes).err()
}

/// Returns the text that `bytes` are, which begin at `offset` of their document.
pub(crate) fn utf8(bytes: &[u8], offset: u64) -> Result<&str, Error> {
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Ok(text);
    }
    simdutf8::compat::from_utf8(bytes)
        .map_err(|error| Error::invalid("UTF-8", offset + error.valid_up_to() as u64))
}

/// As [`utf8`], for bytes behind which more will come: a character that is cut short at their end is left out.
pub(crate) fn utf8_so_far(bytes: &[u8], offset: u64) -> Result<&str, Error> {
    let valid = match simdutf8::compat::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => bytes.len(),
    };
    utf8(&bytes[..valid], offset)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Budget;

    #[test]
    fn only_one_mark_at_the_head_is_taken_off() {
        let (reading, budget) = (Reading::default(), Budget::default());
        let cases = [
            ("", false, ""),
            ("\u{feff}", true, ""),
            ("\u{feff}后", true, "后"),
            ("\u{feff}\u{feff}后", true, "\u{feff}后"),
            ("后\u{feff}", false, "后\u{feff}"),
            ("\0a\r\nb\rc", false, "\0a\r\nb\rc"),
        ];
        for (bytes, mark, text) in cases {
            let document = document(bytes.as_bytes(), &reading, &budget.lease()).unwrap();
            assert_eq!(
                (document.origin.mark, &*document.text),
                (mark, text.as_bytes()),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn every_wrong_form_is_told_by_the_offset_of_its_first_byte() {
        let wrong: [&[u8]; 9] = [
            b"\xff",             // never a byte of UTF-8
            b"\x80",             // continuation without a lead
            b"\xc0\xaf",         // overlong, two bytes
            b"\xe0\x80\x80",     // overlong, three bytes
            b"\xed\xa0\x80",     // a surrogate
            b"\xf4\x90\x80\x80", // beyond U+10FFFF
            b"\xe5\x90",         // cut short
            b"\xe5\x90a",        // cut short by ASCII
            b"\xef\xbb",         // half a mark
        ];
        let budget = Budget::default();
        // Long enough before and behind that the fault lies in each lane of the vector once.
        for before in 0..70 {
            for form in wrong {
                for head in ["", crate::document::BOM] {
                    let mut bytes = head.as_bytes().to_vec();
                    bytes.extend(std::iter::repeat_n(b'x', before));
                    let expected = u64::try_from(bytes.len()).unwrap();
                    bytes.extend_from_slice(form);
                    let reading = Reading { charset: Some(Charset::UTF_8), ..Reading::default() };
                    let offset = |bytes: &[u8]| {
                        document(bytes, &reading, &budget.lease()).unwrap_err().offset()
                    };
                    assert_eq!(offset(&bytes), Some(expected));
                    bytes.extend(std::iter::repeat_n(b'x', 70));
                    assert_eq!(offset(&bytes), Some(expected));
                }
            }
        }
    }
}
