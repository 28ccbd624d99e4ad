//! The bytes of an XML entry → text and back.
//!
//! In: the bytes of an entry. Out: its text, and what has to be known to write it as it was: office files and e-books are UTF-8 or
//! UTF-16 by their standards, and nothing else is guessed. The options for charsets are about text files, and do not reach here.

/// Bytes in which a document says how it is written.
const HEAD: usize = 1024;

/// How an entry is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Utf8,
    Utf16 { is_big: bool },
}

impl Coding {
    /// Returns the text of an entry, with its byte order mark, or what is wrong with it.
    pub(super) fn decode(bytes: Vec<u8>) -> Result<(String, Coding), String> {
        let is_big = match bytes.as_slice() {
            [0xFE, 0xFF, ..] | [0, b'<', 0, ..] => Some(true),
            [0xFF, 0xFE, ..] | [b'<', 0, _, 0, ..] => Some(false),
            _ => None,
        };
        if let Some(is_big) = is_big {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let unit = |pair: &[u8; 2]| {
                if is_big { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) }
            };
            let units = char::decode_utf16(pairs.iter().map(unit));
            let text: Result<String, _> = units.collect();
            return match text {
                Ok(text) if rest.is_empty() => Ok((text, Coding::Utf16 { is_big })),
                _ => Err("it is not valid UTF-16".to_owned()),
            };
        }
        // What it says of itself tells more than the first byte that is wrong.
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
        if let Some(name) = declared(&head)
            && !name.eq_ignore_ascii_case("utf-8")
            && !name.eq_ignore_ascii_case("utf8")
        {
            return Err(format!(
                "it is written in {name}; only UTF-8 and UTF-16 are read in a package"
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            format!("byte {}: it is not valid UTF-8", error.utf8_error().valid_up_to())
        })?;
        Ok((text, Coding::Utf8))
    }

    /// Returns the bytes of a text.
    pub(super) fn encode(self, text: String) -> Vec<u8> {
        match self {
            Coding::Utf8 => text.into_bytes(),
            Coding::Utf16 { is_big } => text
                .encode_utf16()
                .flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect(),
        }
    }
}

/// Returns the charset that the head of a document names.
fn declared(text: &str) -> Option<&str> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let head = &text.strip_prefix("<?xml")?;
    let head = &head[..head.find("?>")?];
    let value = head.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let value = &value[1..];
    value.find(quote).map(|end| &value[..end])
}
