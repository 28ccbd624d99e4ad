//! Stage 1: bytes → document.
//!
//! In: the whole of a file. Out: its text, borrowed from those bytes, and whether a byte order mark stood before it; or the
//! offset of the first byte that is not UTF-8, counted from the start of the file with its mark.
//!
//! The naive way is `str::from_utf8` on what follows the mark. Ours checks the whole with SIMD, about ten times as fast on
//! Chinese text, and takes the mark off afterwards, so that an offset needs no correction. The fast check does not know
//! where it failed; only a failure pays for the second check that does. Nothing is ever replaced or guessed.
//!
//! ```
//! use jianfan::{Converter, pipeline::Pipeline};
//!
//! let pipeline = Pipeline::new(Converter::new("t2s")?);
//! let error = pipeline.run(b"\xef\xbb\xbfabc\xff").unwrap_err();
//! assert_eq!(error.offset(), Some(6));
//! # Ok::<(), jianfan::Error>(())
//! ```

use crate::document::{BOM, Document};
use crate::error::Error;

/// Returns the document that `bytes` hold, or the offset of the first byte that is not UTF-8.
pub(crate) fn document(bytes: &[u8]) -> Result<Document<'_>, Error> {
    let whole = utf8(bytes, 0)?;
    Ok(match whole.strip_prefix(BOM) {
        Some(text) => Document { bom: true, text },
        None => Document { bom: false, text: whole },
    })
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

    #[test]
    fn only_one_mark_at_the_head_is_taken_off() {
        let cases = [
            ("", false, ""),
            ("\u{feff}", true, ""),
            ("\u{feff}后", true, "后"),
            ("\u{feff}\u{feff}后", true, "\u{feff}后"),
            ("后\u{feff}", false, "后\u{feff}"),
            ("\0a\r\nb\rc", false, "\0a\r\nb\rc"),
        ];
        for (bytes, bom, text) in cases {
            assert_eq!(document(bytes.as_bytes()).unwrap(), Document { bom, text }, "{bytes:?}");
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
        // Long enough before and behind that the fault lies in each lane of the vector once.
        for before in 0..70 {
            for form in wrong {
                for head in ["", BOM] {
                    let mut bytes = head.as_bytes().to_vec();
                    bytes.extend(std::iter::repeat_n(b'x', before));
                    let expected = u64::try_from(bytes.len()).unwrap();
                    bytes.extend_from_slice(form);
                    assert_eq!(document(&bytes).unwrap_err().offset(), Some(expected));
                    bytes.extend(std::iter::repeat_n(b'x', 70));
                    assert_eq!(document(&bytes).unwrap_err().offset(), Some(expected));
                }
            }
        }
    }
}
