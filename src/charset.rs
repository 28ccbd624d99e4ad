//! Charsets by their names.
//!
//! The names and what they mean are those of the WHATWG Encoding Standard, as browsers use them: `gb2312` means GBK, and
//! Big5 is read with the characters of Hong Kong. To these come the names that Windows and iconv use.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use encoding_rs::Encoding;

use crate::error::Error;

/// A way to write text as bytes.
///
/// ```
/// use jianfan::Charset;
///
/// assert_eq!(Charset::named("cp936")?, Charset::GBK);
/// assert_eq!(Charset::GBK.name(), "GBK");
/// assert!(Charset::named("EUC-TW").is_err());
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Charset(&'static Encoding);

/// Names that are not in the standard, as Windows and iconv know them.
const ALIASES: [(&str, Charset); 12] = [
    ("euckr", Charset::EUC_KR),
    ("shiftjis", Charset::SHIFT_JIS),
    ("utf8", Charset::UTF_8),
    ("utf16", Charset::UTF_16LE),
    ("utf16le", Charset::UTF_16LE),
    ("utf16be", Charset::UTF_16BE),
    ("cp936", Charset::GBK),
    ("cp950", Charset::BIG5),
    ("big5hkscs", Charset::BIG5),
    ("cp932", Charset::SHIFT_JIS),
    ("eucjp", Charset::EUC_JP),
    ("cp949", Charset::EUC_KR),
];

impl Charset {
    /// UTF-8.
    pub const UTF_8: Charset = Charset(encoding_rs::UTF_8);
    /// UTF-16, the low byte first.
    pub const UTF_16LE: Charset = Charset(encoding_rs::UTF_16LE);
    /// UTF-16, the high byte first.
    pub const UTF_16BE: Charset = Charset(encoding_rs::UTF_16BE);
    /// GB18030, which has every character of Unicode.
    pub const GB18030: Charset = Charset(encoding_rs::GB18030);
    /// GBK, which includes GB 2312; four-byte sequences of GB18030 are read, and not written.
    pub const GBK: Charset = Charset(encoding_rs::GBK);
    /// Big5; the characters of Hong Kong's supplement (HKSCS) are read, and written where a file had them.
    pub const BIG5: Charset = Charset(encoding_rs::BIG5);
    /// Shift_JIS as Windows has it.
    pub const SHIFT_JIS: Charset = Charset(encoding_rs::SHIFT_JIS);
    /// EUC-JP.
    pub const EUC_JP: Charset = Charset(encoding_rs::EUC_JP);
    /// EUC-KR as Windows has it.
    pub const EUC_KR: Charset = Charset(encoding_rs::EUC_KR);

    /// The charsets that Chinese and Japanese text comes in, with what each is for.
    pub const LISTED: [(Charset, &'static str); 9] = [
        (Charset::UTF_8, "Unicode, the usual one"),
        (Charset::UTF_16LE, "Unicode as Windows writes it"),
        (Charset::UTF_16BE, "Unicode, the high byte first"),
        (Charset::GB18030, "mainland China, all of Unicode"),
        (Charset::GBK, "mainland China, includes GB 2312"),
        (Charset::BIG5, "Taiwan and Hong Kong, read with HKSCS"),
        (Charset::SHIFT_JIS, "Japan, Windows"),
        (Charset::EUC_JP, "Japan, Unix"),
        (Charset::EUC_KR, "Korea"),
    ];

    /// Returns the charset of this name; letter case, `-`, `_` and spaces do not matter.
    ///
    /// # Errors
    ///
    /// If there is none of this name, or it cannot be written.
    pub fn named(name: &str) -> Result<Charset, Error> {
        let bare: String = name
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .flat_map(char::to_lowercase)
            .collect();
        if let Some((_, charset)) = ALIASES.iter().find(|(alias, _)| *alias == bare) {
            return Ok(*charset);
        }
        // The standard reads what is called ASCII as windows-1252, which is nobody's wish here.
        if matches!(&*bare, "ascii" | "usascii" | "ansix3.41968" | "iso646us" | "iso646.irv:1991") {
            return Err(Error::unknown_charset(name));
        }
        // The standard's own labels keep their hyphens; `gb-18030` is `gb18030` with one too many.
        let label =
            Encoding::for_label(name.as_bytes()).or_else(|| Encoding::for_label(bare.as_bytes()));
        match label {
            Some(encoding)
                if encoding != encoding_rs::REPLACEMENT
                    && encoding != encoding_rs::X_USER_DEFINED =>
            {
                Ok(Charset(encoding))
            }
            _ => Err(Error::unknown_charset(name)),
        }
    }

    /// Returns the name of the standard.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    pub(crate) fn encoding(self) -> &'static Encoding {
        self.0
    }

    pub(crate) fn is_utf_16(self) -> bool {
        self == Charset::UTF_16LE || self == Charset::UTF_16BE
    }

    /// Returns the byte order mark as it is written in this charset, which is none outside of Unicode.
    pub(crate) fn mark(self) -> &'static [u8] {
        if self == Charset::UTF_8 {
            b"\xef\xbb\xbf"
        } else if self == Charset::UTF_16LE {
            b"\xff\xfe"
        } else if self == Charset::UTF_16BE {
            b"\xfe\xff"
        } else {
            b""
        }
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Charset({})", self.name())
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Returns the name that a document in a charset of this name has to bear so that all programs can read it, if it has this text: to
/// browsers GB 2312 means GBK, and Big5 has the characters of Hong Kong; others take the names at their word.
pub(crate) fn wider_name(name: &str, text: &str) -> Option<&'static str> {
    const GB_2312: [&str; 9] = [
        "gb2312",
        "gb_2312",
        "gb_2312-80",
        "gb2312-80",
        "csgb2312",
        "csiso58gb231280",
        "iso-ir-58",
        "chinese",
        "euc-cn",
    ];
    const BIG5: [&str; 4] = ["big5", "cn-big5", "csbig5", "x-x-big5"];
    let is_one_of = |names: &[&str]| names.iter().any(|one| name.trim().eq_ignore_ascii_case(one));
    if is_one_of(&GB_2312) && !is_gb2312(text) {
        Some("GB18030")
    } else if is_one_of(&BIG5) && encoding_rs::BIG5.encode(text).2 {
        Some("Big5-HKSCS")
    } else {
        None
    }
}

/// Returns whether GB 2312 has all characters of a text.
fn is_gb2312(text: &str) -> bool {
    let (bytes, _, is_lossy) = encoding_rs::GBK.encode(text);
    let mut rest = &*bytes;
    while let [first, tail @ ..] = rest {
        rest = match (first, tail) {
            (0..0x80, _) => tail,
            (first, [second, tail @ ..]) if is_cell(first.wrapping_sub(0xA0), *second) => tail,
            _ => return false,
        };
    }
    !is_lossy
}

/// Returns whether GB 2312 has a character in a row, at this byte.
fn is_cell(row: u8, byte: u8) -> bool {
    let Some(cell @ 1..=94) = byte.checked_sub(0xA0) else { return false };
    match row {
        1 | 3 | 16..=54 | 56..=87 => true,
        2 => matches!(cell, 17..=66 | 69..=78 | 81..=92),
        4 => cell <= 83,
        5 => cell <= 86,
        6 => matches!(cell, 1..=24 | 33..=56),
        7 => matches!(cell, 1..=33 | 49..=81),
        8 => matches!(cell, 1..=26 | 37..=73),
        9 => matches!(cell, 4..=79),
        55 => cell <= 89,
        _ => false,
    }
}

/// Returns the code of a character in Hong Kong's supplement of Big5, which encoding_rs reads and does not write.
///
/// The table is made from its decoder at the first call: 5,000 codes, in less than a millisecond.
pub(crate) fn hkscs(c: char) -> Option<[u8; 2]> {
    static CODES: OnceLock<HashMap<char, [u8; 2]>> = OnceLock::new();
    let codes = CODES.get_or_init(|| {
        let mut codes = HashMap::new();
        for code in (0x8740u16..=0xFEFE).map(u16::to_be_bytes) {
            let (text, wrong) = encoding_rs::BIG5.decode_without_bom_handling(&code);
            let mut characters = text.chars();
            if let (false, Some(c), None) = (wrong, characters.next(), characters.next())
                && encoding_rs::BIG5.encode(&text).2
            {
                codes.entry(c).or_insert(code);
            }
        }
        codes
    });
    codes.get(&c).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_charset_is_found_by_its_own_name_however_it_is_spelled() {
        for (charset, _) in Charset::LISTED {
            let name = charset.name();
            for spelled in [name.to_owned(), name.to_lowercase(), name.replace(['-', '_'], "")] {
                assert_eq!(Charset::named(&spelled).unwrap(), charset, "{spelled}");
            }
        }
        let pairs =
            [("GB2312", Charset::GBK), ("big5-hkscs", Charset::BIG5), ("sjis", Charset::SHIFT_JIS)];
        for (name, charset) in pairs {
            assert_eq!(Charset::named(name).unwrap(), charset);
        }
    }

    #[test]
    fn gb_2312_has_its_own_characters_and_no_more() {
        let all = ('\u{80}'..='\u{FFFF}').filter(|c| is_gb2312(c.encode_utf8(&mut [0; 4])));
        // As many as the standard says.
        assert_eq!(all.count(), 7445);
        assert!(is_gb2312("头发，a～１①") && !is_gb2312("頭") && !is_gb2312("€𠀀"));
    }

    #[test]
    fn what_cannot_be_written_or_is_not_known_is_refused() {
        for name in ["", "utf-7", "hz-gb-2312", "x-user-defined", "EUC-TW", "UTF-32"] {
            assert!(Charset::named(name).is_err(), "{name}");
        }
    }
}
