//! What is not text: archives, media, programs, databases.
//!
//! In: the head of a document, unpacked, before and after its encoding is known. Out: what it is,
//! if it is not text.
//!
//! A tar archive of UTF-8 files is valid UTF-8, NULs and all, so that decoding alone does not
//! protect it: its words would be converted, its lengths and checksums would not. Two things give a
//! binary file away:
//!
//! * [`signature`]: what well-known formats begin with. A signature that is made of letters counts
//!   only if the rest of the head bears it out, because `BM`, `MZ` and `ID3` begin sentences too.
//! * [`Density`]: NULs and control characters in the *decoded* text; UTF-16 has NULs among its
//!   bytes and none in its text.
//!
//! ripgrep and Git take one NUL as proof. That is too much here: lists from `find -print0`, exports
//! of Hive with `\x01` between their fields, MARC records, terminal logs and documents with a stray
//! NUL are all text, which has to come through. What binary formats have and those do not is *runs*
//! of NULs, and many different controls close together, so that is what counts.
//!
//! The density of a longer head can only grow: a document that arrives in pieces is judged like the
//! same bytes in a file.

use crate::document::Compression;
use crate::error::Error;

/// Bytes of decoded text that are looked at; about as much as Git looks at.
pub(crate) const HEAD: usize = 8 * 1024;

/// Bytes in which a format whose signature consists of letters has to show two NULs in a row or
/// [control characters](is_counted) of three kinds.
const NEAR: usize = 512;

/// Bytes at an offset, what begins with them, and whether the head has to bear it out.
type Signature = (usize, &'static [u8], &'static str, bool);

const SIGNATURES: &[Signature] = &[
    // Archives and compressed data. What is packed in a known way was unpacked before.
    (257, b"ustar\0", "tar archive", false),
    (257, b"ustar  \0", "tar archive", false),
    (0, b"PK\x03\x04", "zip archive", false),
    (0, b"PK\x05\x06", "zip archive", false),
    (0, b"PK\x07\x08", "zip archive", false),
    (0, b"7z\xbc\xaf\x27\x1c", "7z archive", false),
    (0, b"Rar!\x1a\x07", "rar archive", false),
    (0, b"xar!\0", "xar archive", false),
    (0, b"MSCF\0\0\0\0", "cab archive", false),
    (0, b"\xed\xab\xee\xdb", "RPM package", false),
    (0, b"\x1f\x8b\x08", "gzip data", false),
    (0, b"\x1f\x9d", "compress data", false),
    (0, b"\xfd7zXZ\0", "xz data", false),
    (0, b"\x28\xb5\x2f\xfd", "zstd data", false),
    (0, b"\x04\x22\x4d\x18", "lz4 data", false),
    (0, b"LZIP\x01", "lzip data", false),
    (0, b"\xff\x06\0\0sNaPpY", "snappy data", false),
    (0, b"hsqs", "SquashFS image", true),
    // Programs and what compilers write.
    (0, b"\x7fELF", "ELF file", false),
    (0, b"\xfe\xed\xfa\xce", "Mach-O file", false),
    (0, b"\xfe\xed\xfa\xcf", "Mach-O file", false),
    (0, b"\xce\xfa\xed\xfe", "Mach-O file", false),
    (0, b"\xcf\xfa\xed\xfe", "Mach-O file", false),
    (0, b"MZ", "Windows program", true),
    (0, b"\0asm", "WebAssembly module", false),
    (0, b"dex\n03", "Android program", true),
    (0, b"\x1bLua", "Lua bytecode", false),
    (0, b"BC\xc0\xde", "LLVM bitcode", false),
    // Documents and fonts.
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office document", false),
    (0, b"AT&TFORM", "DjVu document", true),
    (0, b"ITSF", "help file", true),
    (60, b"BOOKMOBI", "Mobipocket book", false),
    (0, b"ttcf\0\x01\0\0", "font", false),
    (0, b"ttcf\0\x02\0\0", "font", false),
    (0, b"wOFF", "font", true),
    (0, b"wOF2", "font", true),
    (6, b"%!PS-AdobeFont", "font", true),
    // Images.
    (0, b"\x89PNG\r\n", "PNG image", false),
    (0, b"\xff\xd8\xff", "JPEG image", false),
    (0, b"GIF87a", "GIF image", true),
    (0, b"GIF89a", "GIF image", true),
    (0, b"II*\0", "TIFF image", false),
    (0, b"MM\0*", "TIFF image", false),
    (0, b"8BPS\0\x01", "Photoshop image", false),
    (0, b"gimp xcf ", "GIMP image", true),
    (0, b"icns", "icon", true),
    (0, b"\0\0\0\x0cjP  ", "JPEG 2000 image", false),
    (0, b"\x76\x2f\x31\x01", "OpenEXR image", false),
    // Sound and films.
    (0, b"ID3\x02", "MP3 audio", false),
    (0, b"ID3\x03", "MP3 audio", false),
    (0, b"ID3\x04", "MP3 audio", false),
    (0, b"\xff\xfb", "MP3 audio", true),
    (0, b"fLaC", "FLAC audio", true),
    (0, b"OggS\0", "Ogg media", false),
    (0, b"MThd\0\0\0\x06", "MIDI file", false),
    (4, b"ftyp", "MP4 media", true),
    (0, b"\x1aE\xdf\xa3", "Matroska media", false),
    (0, b"\0\0\x01\xba", "MPEG media", false),
    (0, b"\0\0\x01\xb3", "MPEG media", false),
    (0, b"FLV\x01", "Flash video", false),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows media", false),
    // Data.
    (0, b"SQLite format 3\0", "SQLite database", false),
    (16, b"\xde\xc0\xef\xbe", "LMDB database", false),
    (4, b"Standard Jet DB", "Access database", true),
    (4, b"Standard ACE DB", "Access database", true),
    (0, b"PAR1", "Parquet table", true),
    (0, b"ARROW1\0\0", "Arrow table", false),
    (0, b"\xff\xff\xff\xff", "Arrow table", true),
    (0, b"ORC", "ORC table", true),
    (0, b"Obj\x01", "Avro table", false),
    (0, b"\x89HDF\r\n", "HDF5 file", false),
    (0, b"\x93NUMPY", "NumPy array", false),
    (0, b"\xde\x12\x04\x95", "gettext catalog", false),
    (0, b"\x95\x04\x12\xde", "gettext catalog", false),
    (0, b"ZIM\x04", "ZIM archive", false),
    (0, b"bplist0", "binary property list", true),
    // With the version, because the first four bytes are two characters of GBK or Big5.
    (0, b"\xd4\xc3\xb2\xa1\x02\0\x04\0", "packet capture", false),
    (0, b"\xa1\xb2\xc3\xd4\0\x02\0\x04", "packet capture", false),
    (0, b"\x0a\x0d\x0d\x0a", "packet capture", true),
    (0, b"PACK\0\0\0", "Git pack", false),
    (0, b"DIRC\0\0\0", "Git index", false),
    (0, b"\xfftOc\0", "Git pack index", false),
    (0, b"b0VIM ", "Vim swap file", true),
];

/// Returns what a document is that begins with `head`, unless it may be text.
pub(crate) fn signature(head: &[u8]) -> Option<&'static str> {
    let near = &head[..head.len().min(NEAR)];
    let begins = |&&(at, bytes, _, is_weak): &&Signature| {
        head.get(at..).is_some_and(|rest| rest.starts_with(bytes))
            && (!is_weak || looks_binary(near))
    };
    if let Some((_, _, name, _)) = SIGNATURES.iter().find(begins) {
        return Some(name);
    }
    by_structure(head, near)
}

/// Beginnings of the formats that [`by_structure`] knows, and that text may begin with as well.
const BEGINNINGS: &[&[u8]] = &[
    b"%PDF-",
    b"!<arch>\n",
    b"!<thin>\n",
    b"070701",
    b"070702",
    b"070707",
    b"\xc7\x71",
    b"\x71\xc7",
    b"BM",
    b"BZh",
    b"FORM",
    b"RIFF",
    b"x\x01",
    b"x\x5e",
    b"x\x9c",
    b"x\xda",
    b"OTTO\0",
    b"true\0",
    b"\xca\xfe\xba\xbe",
];

/// Returns whether [`signature`] may say something else of `head` once more bytes are there.
///
/// A line that somebody types begins like none of them, and is not held up.
pub(crate) fn is_unsettled(head: &[u8]) -> bool {
    let is_begun = |bytes: &[u8]| head.len() < bytes.len() && bytes.starts_with(head);
    head.len() < NEAR
        && (looks_binary(head)
            || BEGINNINGS.iter().any(|bytes| is_begun(bytes) || head.starts_with(bytes))
            || SIGNATURES.iter().any(|&(at, bytes, _, is_weak)| {
                at == 0 && (is_begun(bytes) || is_weak && head.starts_with(bytes))
            }))
}

/// Returns whether a few bytes have what text has not even as separators: two NULs in a row, or
/// control characters of three kinds.
fn looks_binary(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|two| two == [0, 0]) || kinds(bytes).count_ones() >= 3
}

/// Returns the NUL and the [counted](is_counted) control characters that occur in `bytes`, a bit
/// for each; DEL has that of 7, which is not counted.
fn kinds(bytes: &[u8]) -> u32 {
    let bit = |byte: u8| 1u32 << if byte == 0x7F { 7 } else { byte };
    let counted = bytes.iter().filter(|&&byte| byte == 0 || is_counted(byte));
    counted.fold(0, |kinds, &byte| kinds | bit(byte))
}

/// As [`signature`], for formats that take more than a comparison.
fn by_structure(head: &[u8], near: &[u8]) -> Option<&'static str> {
    let word = |at: usize| -> Option<u32> {
        let bytes = head.get(at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    };
    match head {
        [b'%', b'P', b'D', b'F', b'-', b'0'..=b'9', b'.', ..] => Some("PDF document"),
        // The name of a member, and the end of its header.
        [b'!', b'<', b'a' | b't', ..]
            if (head.starts_with(b"!<arch>\n") || head.starts_with(b"!<thin>\n"))
                && head.get(66..68) == Some(b"`\n") =>
        {
            Some("ar archive")
        }
        [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', ..] => {
            let is_header = head.get(6..110)?.iter().all(u8::is_ascii_hexdigit);
            is_header.then_some("cpio archive")
        }
        [b'0', b'7', b'0', b'7', b'0', b'7', ..] => {
            let is_header = head.get(6..76)?.iter().all(|byte| (b'0'..=b'7').contains(byte));
            is_header.then_some("cpio archive")
        }
        [0xC7, 0x71, ..] | [0x71, 0xC7, ..] if near.contains(&0) => Some("cpio archive"),
        // Both begin alike; a fat binary has few architectures, and no class file is that old.
        [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, ..] if head.get(7).is_some_and(|&count| count < 30) => {
            Some("Mach-O file")
        }
        [0xCA, 0xFE, 0xBA, 0xBE, ..] => Some("Java class"),
        [_, _, b'\r', b'\n', ..] if word(4).is_some_and(|flags| flags < 4) => {
            Some("Python bytecode")
        }
        [b'B', b'M', ..]
            if matches!(word(14), Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
                && word(6) == Some(0) =>
        {
            Some("BMP image")
        }
        [0, 0, 1 | 2, 0, 1..=64, 0, ..] => Some("icon"),
        // A version, and the number of tables.
        [0, 1, 0, 0, 0, 1..=64, ..]
        | [b'O', b'T', b'T', b'O', 0, 1..=64, ..]
        | [b't', b'r', b'u', b'e', 0, 1..=64, ..] => Some("font"),
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', b'S', b'Y', ..] => {
            Some("bzip2 data")
        }
        [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => {
            Some("AIFF audio")
        }
        [b'R', b'I', b'F', b'F', _, _, _, _, kind @ ..] => match kind {
            [b'W', b'E', b'B', b'P', ..] => Some("WebP image"),
            [b'W', b'A', b'V', b'E', ..] => Some("WAV audio"),
            [b'A', b'V', b'I', b' ', ..] => Some("AVI video"),
            _ if near.contains(&0) => Some("RIFF file"),
            _ => None,
        },
        [b'x', 0x01 | 0x5E | 0x9C | 0xDA, ..] if is_zlib(head) => {
            Some("zlib data, as of a Git object")
        }
        _ if is_old_tar(head) => Some("tar archive"),
        _ => None,
    }
}

/// Returns whether a head begins like a tar archive of before 1988: the header has a checksum and
/// no signature.
fn is_old_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else { return false };
    let digits = header[148..156].trim_ascii();
    let digits = digits.split(|&byte| byte == 0 || byte == b' ').next().unwrap_or_default();
    let sum = str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 8).ok());
    // The checksum counts as blanks in its own field.
    let fields = header[..148].iter().chain(&header[156..]).map(|&byte| u32::from(byte));
    sum == Some(fields.sum::<u32>() + 8 * u32::from(b' '))
}

/// Returns whether a head is the beginning of a zlib stream: all of it with the right checksum, or
/// a good part that is a Git object or not text.
///
/// Unpacking alone proves little: the letters of a formula that begins with `x^2` may be a code of
/// Huffman, for which nearly any bytes are data.
fn is_zlib(head: &[u8]) -> bool {
    const OBJECTS: [&[u8]; 4] = [b"blob ", b"tree ", b"commit ", b"tag "];
    let mut unpacked = [0; 256];
    let mut inflate = flate2::Decompress::new(true);
    match inflate.decompress(head, &mut unpacked, flate2::FlushDecompress::None) {
        Ok(flate2::Status::StreamEnd) => true,
        Ok(_) => {
            inflate.total_out() == unpacked.len() as u64
                && (OBJECTS.iter().any(|object| unpacked.starts_with(object))
                    || looks_binary(&head[..head.len().min(NEAR)]))
        }
        Err(_) => false,
    }
}

/// Returns whether a byte is a control character that text has little use for.
///
/// BEL, BS, TAB, LF, VT, FF, CR, SUB and ESC are not: terminals, printers and DOS write them into
/// text.
fn is_counted(byte: u8) -> bool {
    matches!(byte, 1..=6 | 0x0E..=0x19 | 0x1C..=0x1F | 0x7F)
}

/// Returns whether a text has NULs or [counted](is_counted) control characters, DEL left out.
pub(crate) fn has_controls(text: &[u8]) -> bool {
    // Without branches, which the compiler turns into comparisons of many bytes at once.
    text.iter().fold(false, |any, &byte| {
        any | (byte < 7) | (byte.wrapping_sub(0x0E) < 0x0C) | (byte.wrapping_sub(0x1C) < 4)
    })
}

/// How much NULs and control characters have accumulated in the head of a text.
///
/// A score rises with each of them and falls with each other byte, so that what counts is how close
/// together they are. The head is binary once the score has reached [`Density::MOST`]: after 9 NULs
/// in a row, or about 64 bytes of which every other one is NUL. It never does where fewer than a
/// third of the bytes are NULs and no two are adjacent.
#[derive(Debug, Default)]
pub(crate) struct Density {
    score: u32,
    seen: usize,
    after_nul: bool,
    /// The control characters that have come up, a bit for each.
    kinds: u32,
}

impl Density {
    const MOST: u32 = 32;
    /// So many different controls are not separators: of those that text has, Hive uses three and
    /// MARC three.
    const KINDS: u32 = 6;

    /// Adds text, and returns whether the head is that of a binary document.
    pub(crate) fn add(&mut self, text: &[u8]) -> bool {
        let text = &text[..text.len().min(HEAD - self.seen)];
        self.seen += text.len();
        if !has_controls(text) {
            let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
            self.score = self.score.saturating_sub(len);
            self.after_nul &= text.is_empty();
            return false;
        }
        for &byte in text {
            let weight = match byte {
                0 if self.after_nul => 4,
                0 => 2,
                0x7F => 0,
                _ if is_counted(byte) => {
                    self.kinds |= 1 << byte;
                    if self.kinds.count_ones() < Density::KINDS { 0 } else { 2 }
                }
                _ => 0,
            };
            self.after_nul = byte == 0;
            match weight {
                0 => self.score = self.score.saturating_sub(1),
                weight => self.score += weight,
            }
            if self.score >= Density::MOST {
                self.seen = HEAD;
                return true;
            }
        }
        false
    }

    /// Returns whether the whole head was seen.
    pub(crate) fn is_done(&self) -> bool {
        self.seen >= HEAD
    }
}

/// What is said of a document whose text is full of control characters.
pub(crate) const CONTROLS: &str = "NULs or control characters";

/// Returns what is said of bytes in no encoding that could be told, unless they may be text in one:
/// encrypted and otherwise compressed data have 1 control in 10 bytes, of all kinds, and text in any
/// encoding next to none but separators.
pub(crate) fn undecodable(bytes: &[u8]) -> Option<&'static str> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let count = head.iter().filter(|&&byte| byte == 0 || is_counted(byte)).count();
    let has_many = kinds(head).count_ones() >= Density::KINDS && count * 33 >= head.len();
    (has_many || Density::default().add(head)).then_some(CONTROLS)
}

/// Returns the error of a document that is not text.
pub(crate) fn refused(what: &str, compression: Option<Compression>) -> Error {
    match compression {
        Some(compression) => Error::binary(format!("{what} in {}", compression.name())),
        None => Error::binary(what),
    }
}
