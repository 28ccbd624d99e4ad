//! A document: the text that `decode` found in bytes, and what `encode` must know to write it back as it was.

/// U+FEFF at the head of a document, where it says "this is Unicode" and is no part of the text.
pub(crate) const BOM: &str = "\u{feff}";

/// Text, and what stood around it in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Document<'a> {
    /// Whether a byte order mark came before the text.
    pub(crate) bom: bool,
    /// The text without the mark, every other byte as it was: line ends, NUL, a missing last newline.
    pub(crate) text: &'a str,
}
