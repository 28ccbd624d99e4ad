//! Stage 6: text → bytes.
//!
//! In: the document that the text came from. Out: the head of its bytes, to which the converted text is appended.
//!
//! The naive way takes the finished text and returns `mark + text`. UTF-8 text *is* its bytes, so that would copy all of it
//! for the sake of three; here the mark comes first and the converter writes behind it.
//!
//! ```
//! use jianfan::{Converter, pipeline::Pipeline};
//!
//! let pipeline = Pipeline::new(Converter::new("s2t")?);
//! assert_eq!(pipeline.run("\u{feff}头发\r\n".as_bytes())?, "\u{feff}頭髮\r\n".as_bytes());
//! # Ok::<(), jianfan::Error>(())
//! ```

use crate::document::{BOM, Document};

/// Returns what comes before the text of `document`, with room for text a little longer than it was.
pub(crate) fn begin(document: &Document<'_>) -> Vec<u8> {
    // Nearly all conversions keep a character's length; regional phrases add a few per cent.
    let room = document.text.len() + document.text.len() / 16 + 16;
    let mut bytes = Vec::with_capacity(BOM.len() + room);
    if document.bom {
        bytes.extend_from_slice(BOM.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_written_exactly_where_there_was_one() {
        assert_eq!(begin(&Document { bom: true, text: "后" }), b"\xef\xbb\xbf");
        assert_eq!(begin(&Document { bom: false, text: "后" }), b"");
    }
}
