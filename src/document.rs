//! A document: the text that `decode` found in bytes, and what `encode` must know to write it back as it was.

use std::borrow::Cow;

use crate::charset::Charset;

/// U+FEFF at the head of a document, where it says "this is Unicode" and is no part of the text.
pub(crate) const BOM: &str = "\u{feff}";

/// Text, and what stood around it in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document<'a> {
    pub(crate) origin: Origin,
    /// The text without the mark, every other byte as it was: line ends, NUL, a missing last newline. It is UTF-8; bytes
    /// that are no text in the document's charset, where they are kept, stand in it as [`Kept`] says.
    pub(crate) text: Cow<'a, [u8]>,
}

/// What a document was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Origin {
    /// `None` as long as there was nothing but ASCII.
    pub(crate) charset: Option<Charset>,
    /// Whether a byte order mark came before the text.
    pub(crate) mark: bool,
}

impl Origin {
    /// Returns the charset, which is UTF-8 if it is not known better.
    pub(crate) fn charset(self) -> Charset {
        self.charset.unwrap_or(Charset::UTF_8)
    }
}

/// A byte that is no text in the charset of the document, on its way through the stages.
///
/// In a UTF-8 document it stands for itself: it is not UTF-8, so no stage takes it for text. In others it might look
/// like UTF-8, and becomes three bytes that never are.
pub(crate) struct Kept;

impl Kept {
    /// The first of the three bytes, which is in no UTF-8.
    pub(crate) const LEAD: u8 = 0xFF;

    pub(crate) fn wrap(byte: u8) -> [u8; 3] {
        [Kept::LEAD, 0x80 | byte >> 6, 0x80 | byte & 0x3F]
    }

    pub(crate) fn unwrap(high: u8, low: u8) -> u8 {
        (high & 3) << 6 | low & 0x3F
    }
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// `.gz`
    Gzip,
    /// `.zst`
    Zstd,
    /// `.xz`
    Xz,
}

impl Compression {
    /// Returns the name that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Xz => "xz",
        }
    }
}
