//! Stage 6: text → bytes.
//!
//! In: converted text, block by block, and what its document was written in. Out: bytes in the charset that was asked for, with or without
//! a mark, packed or not ([`compression`]).
//!
//! The naive way is the charset library's `encode`, which writes `&#21457;` where the charset lacks a character, and, if it is
//! encoding_rs and the charset is UTF-16, UTF-8. Here what cannot be written is an error with its line, unless the caller
//! asked for something else; UTF-16 has an encoder of its own; Big5 has the characters of Hong Kong if the document had them. Text
//! that stays UTF-8 goes through without a copy.

pub(crate) mod compression;

use std::io::{self, Write};

use encoding_rs::EncoderResult;

use crate::charset::{self, Charset};
use crate::document::{Kept, Origin};
use crate::error::Error;

/// How text is written as bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Writing {
    /// `None` keeps the charset of the document.
    pub(crate) charset: Option<Charset>,
    pub(crate) mark: Mark,
    pub(crate) on_unmappable: OnUnmappable,
}

/// Whether a document begins with a byte order mark; only those of Unicode can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// As it was, if the charset is as it was; in another, UTF-16 gets one and UTF-8 none.
    #[default]
    Keep,
    /// With a mark.
    Add,
    /// Without.
    Remove,
}

/// What to do with a character that the charset of the output lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnUnmappable {
    /// The document fails, with the character and its line.
    #[default]
    Error,
    /// `&#21457;`, as in HTML and XML.
    Entity,
    /// `?`
    Replace,
}

/// Writes the text of one document as bytes.
pub(crate) struct Encoder<W> {
    output: W,
    writing: Writing,
    /// Known when the first text that is not ASCII comes.
    charset: Option<Charset>,
    /// What kept bytes look like depends on where they come from.
    origin: Origin,
    encoder: Option<encoding_rs::Encoder>,
    /// A mark that is written before the first text, so that of a document that turns out to be none nothing is.
    mark: &'static [u8],
    line: u64,
    bytes: Vec<u8>,
}

impl<W: Write> Encoder<W> {
    /// Begins a document that was written as `origin` says, as far as that is known.
    pub(crate) fn begin(output: W, writing: Writing, origin: Origin) -> Encoder<W> {
        let mut encoder = Encoder {
            output,
            writing,
            charset: None,
            origin,
            encoder: None,
            mark: b"",
            line: 1,
            bytes: Vec::new(),
        };
        let charset = writing.charset.unwrap_or(origin.charset());
        let is_same = charset == origin.charset();
        let mark = match writing.mark {
            Mark::Add => true,
            Mark::Remove => false,
            Mark::Keep if is_same => origin.mark,
            Mark::Keep => charset.is_utf_16(),
        };
        if mark {
            encoder.mark = charset.mark();
        }
        if writing.charset.is_some() || origin.charset.is_some() {
            encoder.settle(charset);
        }
        encoder
    }

    fn settle(&mut self, charset: Charset) {
        self.charset = Some(charset);
        if charset != Charset::UTF_8 && !charset.is_utf_16() {
            self.encoder = Some(charset.encoding().new_encoder());
        }
    }

    /// Writes text, which ends with a whole character; `origin` is what is known of the document by now.
    pub(crate) fn text(&mut self, text: &[u8], origin: Origin) -> io::Result<()> {
        self.origin = origin;
        self.write_mark()?;
        let charset = match self.charset {
            Some(charset) => charset,
            // ASCII is the same in all that is not known from the first byte on.
            None if text.is_ascii() && origin.charset.is_none() => {
                return self.output.write_all(text);
            }
            None => {
                let charset = origin.charset();
                self.settle(charset);
                charset
            }
        };
        let origin = self.origin.charset();
        if charset == Charset::UTF_8 && origin == Charset::UTF_8 {
            return self.output.write_all(text);
        }
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        let mut kept = Vec::new();
        for chunk in text.utf8_chunks() {
            if !chunk.valid().is_empty() {
                self.encode(charset, chunk.valid(), &mut bytes)?;
            }
            kept.extend_from_slice(chunk.invalid());
            if let [Kept::LEAD, high, low] = kept[..]
                && origin != Charset::UTF_8
            {
                if origin != charset {
                    return Err(carried(Error::unmappable(charset.name(), self.line, None)));
                }
                bytes.push(Kept::unwrap(high, low));
                kept.clear();
            } else if origin == Charset::UTF_8 && !kept.is_empty() {
                return Err(carried(Error::unmappable(charset.name(), self.line, None)));
            }
        }
        self.output.write_all(&bytes)?;
        self.bytes = bytes;
        Ok(())
    }

    fn encode(&mut self, charset: Charset, text: &str, bytes: &mut Vec<u8>) -> io::Result<()> {
        if charset == Charset::UTF_8 {
            bytes.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        if charset.is_utf_16() {
            let to_bytes: fn(u16) -> [u8; 2] =
                if charset == Charset::UTF_16LE { u16::to_le_bytes } else { u16::to_be_bytes };
            bytes.reserve(text.len());
            for unit in text.encode_utf16() {
                bytes.extend_from_slice(&to_bytes(unit));
            }
            return Ok(());
        }
        let Some(encoder) = &mut self.encoder else { return Ok(()) };
        let mut rest = text;
        loop {
            let made = bytes.len();
            bytes.resize(made + rest.len() + rest.len() / 2 + 16, 0);
            let (result, read, written) =
                encoder.encode_from_utf8_without_replacement(rest, &mut bytes[made..], false);
            bytes.truncate(made + written);
            let (done, tail) = rest.split_at(read);
            self.line += done.bytes().filter(|&byte| byte == b'\n').count() as u64;
            rest = tail;
            match result {
                EncoderResult::InputEmpty => return Ok(()),
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(c) => {
                    let is_kept = self.writing.charset.is_none() && charset == Charset::BIG5;
                    if let Some(code) = charset::hkscs(c).filter(|_| is_kept) {
                        bytes.extend_from_slice(&code);
                        continue;
                    }
                    match self.writing.on_unmappable {
                        OnUnmappable::Error => {
                            let error = Error::unmappable(charset.name(), self.line, Some(c));
                            return Err(carried(error));
                        }
                        OnUnmappable::Entity => {
                            let entity = format!("&#{};", u32::from(c));
                            ascii(encoder, &entity, bytes);
                        }
                        OnUnmappable::Replace => ascii(encoder, "?", bytes),
                    }
                }
            }
        }
    }

    fn write_mark(&mut self) -> io::Result<()> {
        self.output.write_all(std::mem::take(&mut self.mark))
    }

    /// Sends on what has been written.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// Ends the document and returns what it was written to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.write_mark()?;
        if let Some(encoder) = &mut self.encoder {
            // A charset with shifts goes back to ASCII.
            let mut end = [0u8; 16];
            let (_, _, written) = encoder.encode_from_utf8_without_replacement("", &mut end, true);
            self.output.write_all(&end[..written])?;
        }
        Ok(self.output)
    }
}

/// Appends ASCII through the encoder, which may have to shift to it.
fn ascii(encoder: &mut encoding_rs::Encoder, text: &str, bytes: &mut Vec<u8>) {
    let made = bytes.len();
    bytes.resize(made + text.len() + 16, 0);
    let (_, _, written) =
        encoder.encode_from_utf8_without_replacement(text, &mut bytes[made..], false);
    bytes.truncate(made + written);
}

/// Makes an error of the document one that `Write` can carry.
fn carried(error: Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, origin: Charset, writing: Writing) -> Result<Vec<u8>, String> {
        let origin = Origin { charset: Some(origin), mark: false };
        let mut encoder = Encoder::begin(Vec::new(), writing, origin);
        for part in text.split_inclusive('\n') {
            encoder.text(part.as_bytes(), origin).map_err(|error| error.to_string())?;
        }
        Ok(encoder.finish().unwrap())
    }

    fn to(charset: Charset) -> Writing {
        Writing { charset: Some(charset), ..Writing::default() }
    }

    #[test]
    fn utf_16_is_utf_16() {
        assert_eq!(
            encoded("a后𠮷", Charset::UTF_8, to(Charset::UTF_16LE)).unwrap(),
            b"\xff\xfea\0\x0e\x54\x42\xd8\xb7\xdf"
        );
        let bare = Writing { mark: Mark::Remove, ..to(Charset::UTF_16BE) };
        assert_eq!(encoded("a后", Charset::UTF_8, bare).unwrap(), b"\0a\x54\x0e");
    }

    #[test]
    fn what_a_charset_lacks_is_told_with_its_line_or_written_as_asked() {
        let text = "a\n头发𠮷";
        let error = encoded(text, Charset::UTF_8, to(Charset::BIG5)).unwrap_err();
        assert!(error.starts_with("line 2: 头 (U+5934) cannot be written in Big5"), "{error}");
        let write = |on_unmappable| {
            let writing = Writing { on_unmappable, ..to(Charset::BIG5) };
            encoded("x发", Charset::UTF_8, writing).unwrap()
        };
        assert_eq!(write(OnUnmappable::Entity), b"x&#21457;");
        assert_eq!(write(OnUnmappable::Replace), b"x?");
    }

    #[test]
    fn a_document_from_hong_kong_keeps_its_characters() {
        // 喺 is in HKSCS and not in Big5.
        assert_eq!(
            encoded("喺", Charset::BIG5, Writing::default()).unwrap(),
            charset::hkscs('喺').unwrap()
        );
        assert!(encoded("喺", Charset::UTF_8, to(Charset::BIG5)).is_err());
    }

    #[test]
    fn a_charset_with_shifts_ends_in_ascii() {
        let charset = Charset::named("iso-2022-jp").unwrap();
        let bytes = encoded("あ\nい", Charset::UTF_8, to(charset)).unwrap();
        assert!(bytes.ends_with(b"\x1b(B"), "{bytes:?}");
    }
}
