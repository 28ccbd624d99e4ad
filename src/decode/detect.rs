//! Bytes → the charset they are in, or the admission that it is not certain.
//!
//! In: a document without a mark, or a part of one. Out: a [`Finding`]. A mark decides ([`by_mark`]); then valid UTF-8, which other text hardly ever is by
//! accident; then what the document says of itself, if it is text in that; only then is there anything to guess.
//!
//! The naive way believes a general detector, which always has an answer: it is made for browsers, where a wrong one is seen
//! and costs a click. Here a wrong one is written to disk. So each candidate has to decode every byte, and is then weighed
//! as text: the sum of log2 of each character's share in Chinese (or Japanese) text. The best must lie so far before the
//! second that chance is no explanation, and must look like text in itself; `chardetng` is asked as a second witness, and
//! where it disagrees more is demanded. What is left open is an error that says so.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::DecoderResult;

use super::binary::has_controls;
use super::utf8_error;
use crate::charset::Charset;
use crate::document::BOM;
use crate::han;

/// What is known about the charset of some bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Finding {
    /// Nothing but ASCII, which is the same in all charsets but UTF-16.
    Ascii,
    /// The charset, and how sure that is, up to 1.
    Known { charset: Charset, confidence: f64 },
    /// UTF-8 with damage: the offset of the first wrong byte.
    Damaged { offset: usize },
    /// Not UTF-8 from this offset on, and nothing else for certain; perhaps this.
    Unsure { offset: usize, perhaps: Option<(Charset, f64)> },
}

/// Below this confidence nothing is decoded.
const ENOUGH: f64 = 0.95;
/// Bytes that are weighed; more does not change the answer.
const WEIGHED: usize = 64 * 1024;

/// The mark of UTF-32, which begins like UTF-16 with a NUL behind it, which no text has.
const UTF_32: &[u8] = b"\xff\xfe\0\0";

/// Returns the charset that a byte order mark at the head tells.
pub(crate) fn by_mark(head: &[u8]) -> Option<Charset> {
    if head.starts_with(UTF_32) {
        return None;
    }
    [Charset::UTF_8, Charset::UTF_16LE, Charset::UTF_16BE]
        .into_iter()
        .find(|charset| head.starts_with(charset.mark()))
}

/// Returns whether these bytes are the beginning of some byte order mark, and more would have to be read to know.
pub(crate) fn may_become_mark(head: &[u8]) -> bool {
    let [utf8, little, big] =
        [Charset::UTF_8, Charset::UTF_16LE, Charset::UTF_16BE].map(Charset::mark);
    // That of UTF-32 too, or its first half would be taken for UTF-16 where it comes alone.
    let marks = [utf8, little, big, UTF_32];
    marks.iter().any(|mark| head.len() < mark.len() && mark.starts_with(head))
}

/// Where in a document some bytes begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At its start, so that it may be UTF-16.
    Start,
    /// At the start of a line, and it is not UTF-16.
    Line,
    Within,
}

/// The part of a document that has no mark from which its encoding is told.
///
/// It depends on the bytes of the document alone and not on how they arrive: it begins with the
/// line of the first byte beyond ASCII, because a stream has handed on the lines before that, and
/// ends [`Sample::MOST`] bytes later.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'a> {
    pub(crate) bytes: &'a [u8],
    /// Where it begins in the bytes that it was taken from.
    start: usize,
    /// The document ends with it.
    is_whole: bool,
    may_be_utf_16: bool,
}

impl<'a> Sample<'a> {
    /// Bytes from which an encoding is told, where it has to be found out.
    pub(crate) const MOST: usize = 256 * 1024;

    /// Returns the sample of `bytes`, or `None` if they are ASCII, where `place` says where in the
    /// document they begin; `is_end` if it ends with them.
    pub(crate) fn of(bytes: &'a [u8], place: Place, is_end: bool) -> Option<Sample<'a>> {
        let may_be_utf_16 = place == Place::Start && may_be_utf_16(bytes);
        let start = match bytes.iter().position(|byte| !byte.is_ascii()) {
            _ if may_be_utf_16 => 0,
            Some(first) => line_start(bytes, first, place != Place::Within),
            None => return None,
        };
        let end = bytes.len().min(start + Sample::MOST);
        let is_whole = is_end && end == bytes.len();
        Some(Sample { bytes: &bytes[start..end], start, is_whole, may_be_utf_16 })
    }

    /// Returns where it ends in what it was taken from, if that goes on so far.
    pub(crate) fn most(&self) -> usize {
        self.start + Sample::MOST
    }

    /// Returns whether all of the sample has to be there to tell UTF-8.
    pub(crate) fn is_open(&self) -> bool {
        self.may_be_utf_16 && self.bytes.is_ascii()
    }

    /// Returns whether it may be UTF-16 because its first line has bytes that ASCII text does not
    /// have.
    pub(crate) fn has_signs_of_utf_16(&self) -> bool {
        self.may_be_utf_16 && has_controls(first_line(self.bytes))
    }

    /// Returns whether a sample that is UTF-8 so far is unlikely to be anything else.
    ///
    /// About one in five characters of GBK is valid UTF-8 of two bytes, so that the few of them that
    /// a read may end with say nothing. Two characters of three bytes in a row do, and so does a
    /// line, which is what somebody who types it waits for.
    pub(crate) fn is_evidently_utf8(&self) -> bool {
        let Some(first) = self.bytes.iter().position(|byte| !byte.is_ascii()) else { return false };
        let rest = &self.bytes[first..];
        let is_lead = |byte: u8| (0xE0..0xF0).contains(&byte);
        memchr::memchr(b'\n', rest).is_some()
            || rest
                .windows(6)
                .any(|six| is_lead(six[0]) && is_lead(six[3]) && std::str::from_utf8(six).is_ok())
    }

    /// Returns what is known of the document, which names this encoding; offsets count from where
    /// the sample was taken.
    ///
    /// Pages that were saved in UTF-8 with their old name in them are many, and pages whose letters
    /// are both UTF-8 and good text in what they name are short; of these two the likelier one
    /// counts. A name is not believed that makes of the bytes what hardly is text, where another
    /// reading is certain: templates are copied.
    pub(crate) fn detect(&self, declared: Option<Charset>) -> Finding {
        match self.detect_declared(declared) {
            Finding::Damaged { offset } => Finding::Damaged { offset: offset + self.start },
            Finding::Unsure { offset, perhaps } => {
                Finding::Unsure { offset: offset + self.start, perhaps }
            }
            found => found,
        }
    }

    fn detect_declared(&self, declared: Option<Charset>) -> Finding {
        let found = self.guess();
        let Some(declared) = declared.filter(|_| found != Finding::Ascii) else { return found };
        if declared == Charset::UTF_8 {
            return match found {
                Finding::Unsure { offset, .. } => Finding::Damaged { offset },
                found => found,
            };
        }
        let Sample { bytes, is_whole, .. } = *self;
        if !is_clean(bytes, declared, is_whole) {
            return found;
        }
        let first = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
        let sample = &bytes[first..bytes.len().min(first + WEIGHED)];
        let weight = |charset| weight(sample, charset, is_whole && sample.len() < WEIGHED);
        let is_single = declared.encoding().is_single_byte();
        let is_believed = match found {
            Finding::Known { charset, .. } if charset == Charset::UTF_8 => {
                let [own, other] = [declared, Charset::UTF_8].map(weight);
                let is_likelier = |other: Weight| own.is_some_and(|own| own.bits > other.bits);
                !is_single && other.is_some_and(is_likelier)
            }
            // All bytes are letters of most such charsets.
            Finding::Known { .. } => {
                !is_single && weight(declared).is_some_and(|own| own.mean() >= own.least())
            }
            Finding::Unsure { perhaps: Some(_), .. } => !is_single,
            _ => true,
        };
        if !is_believed {
            return found;
        }
        let has_four = declared == Charset::GBK && has_four_bytes(sample);
        let charset = if has_four { Charset::GB18030 } else { declared };
        Finding::Known { charset, confidence: 1.0 }
    }

    /// Returns what the bytes alone tell.
    fn guess(&self) -> Finding {
        let Sample { bytes, is_whole, .. } = *self;
        let is_short = is_whole && bytes.len() <= WEIGHED;
        let weighed = &bytes[..bytes.len().min(WEIGHED)];
        let wrong = match utf8_error(bytes) {
            None if self.is_open() => {
                return utf_16_of_ascii(weighed, is_short).unwrap_or(Finding::Ascii);
            }
            None => return certain_utf8(bytes),
            Some(error) if error.error_len().is_none() && !is_whole => {
                return certain_utf8(&bytes[..error.valid_up_to()]);
            }
            Some(error) => error.valid_up_to(),
        };
        if looks_like_utf8(bytes) {
            return Finding::Damaged { offset: wrong };
        }
        weigh(weighed, is_short, wrong, self.may_be_utf_16)
    }
}

/// Returns whether a document that begins with `bytes` may be UTF-16.
///
/// Its first line, up to the first byte that is a line feed, has a byte beyond ASCII, or one that
/// ASCII text does not have: 0 of each Latin letter and line end, 2 of `。`. A line that has none
/// goes on as ASCII at once where it is streamed. That misses UTF-16 that begins like `头上`, the
/// bytes of `4Y\nN`, unless it has a mark.
fn may_be_utf_16(bytes: &[u8]) -> bool {
    let line = first_line(bytes);
    has_controls(line) || !line.is_ascii()
}

/// Returns whether a document that is ASCII, as far as the sample goes, may be UTF-16.
pub(crate) fn may_be_utf_16_of_ascii(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(Sample::MOST)].is_ascii() && has_controls(first_line(bytes))
}

fn first_line(bytes: &[u8]) -> &[u8] {
    let head = &bytes[..bytes.len().min(Sample::MOST)];
    &head[..memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1)]
}

/// Returns the finding of UTF-16 in which no byte is beyond ASCII.
///
/// Every other byte is a NUL then. Shorter text may be anything, such as a list of names of one
/// letter, each with a NUL after it.
fn utf_16_of_ascii(sample: &[u8], is_whole: bool) -> Option<Finding> {
    if sample.len() < 16 {
        return None;
    }
    let weights = [Charset::UTF_16LE, Charset::UTF_16BE]
        .map(|charset| (weight(sample, charset, is_whole), charset));
    let weights = weights.into_iter().filter_map(|(weight, charset)| Some((weight?, charset)));
    let (weight, charset) = weights.max_by(|a, b| a.0.bits.total_cmp(&b.0.bits))?;
    let is_text = weight.bits / (sample.len() as f64 / 2.0) >= LEAST_OF_UTF_16;
    (is_text && weight.bits - single_byte_bits(sample) > 40.0)
        .then_some(Finding::Known { charset, confidence: 1.0 })
}

/// Returns whether bytes are text in a charset, all of them.
fn is_clean(bytes: &[u8], charset: Charset, is_whole: bool) -> bool {
    let mut decoder = charset.encoding().new_decoder_without_bom_handling();
    let (mut room, mut rest) = ([0; 4096], bytes);
    loop {
        let (result, read, _) =
            decoder.decode_to_utf8_without_replacement(rest, &mut room, is_whole);
        rest = &rest[read..];
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return false,
        }
    }
}

/// Returns where the line of `at` begins, unless that is farther than 200 bytes; `is_line` if one
/// begins with `bytes`.
///
/// A stream has the bytes from the line start on, a file has all: both have to find the same.
fn line_start(bytes: &[u8], at: usize, is_line: bool) -> usize {
    const FAR: usize = 200;
    let from = at.saturating_sub(FAR + 1);
    let far = if is_line && at <= FAR { 0 } else { at };
    bytes[from..at].iter().rposition(|&byte| byte == b'\n').map_or(far, |end| from + end + 1)
}

fn certain_utf8(valid: &[u8]) -> Finding {
    if valid.is_ascii() {
        return Finding::Ascii;
    }
    Finding::Known { charset: Charset::UTF_8, confidence: 1.0 }
}

/// Returns whether most of what is not ASCII is whole UTF-8 characters of several bytes.
fn looks_like_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut wrong) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        // Two-byte sequences come about by chance in GBK; those of Chinese have three bytes.
        whole += chunk.valid().chars().filter(|c| c.len_utf8() >= 3).count();
        wrong += usize::from(!chunk.invalid().is_empty());
    }
    whole >= 2 * wrong
}

fn weigh(sample: &[u8], is_whole: bool, offset: usize, may_be_utf_16: bool) -> Finding {
    const CANDIDATES: [Charset; 7] = [
        Charset::GB18030,
        Charset::BIG5,
        Charset::SHIFT_JIS,
        Charset::EUC_JP,
        Charset::EUC_KR,
        Charset::UTF_16LE,
        Charset::UTF_16BE,
    ];
    let candidates = CANDIDATES.into_iter().filter(|charset| may_be_utf_16 || !charset.is_utf_16());
    let mut ranked: Vec<(Weight, Charset)> = candidates
        .filter_map(|charset| Some((weight(sample, charset, is_whole)?, charset)))
        .collect();
    ranked.sort_by(|a, b| b.0.bits.total_cmp(&a.0.bits));
    let Some(&(best, charset)) = ranked.first() else {
        return Finding::Unsure { offset, perhaps: None };
    };
    // With no rival, there is still the possibility of a charset that is no candidate.
    let mut margin = ranked.get(1).map_or(40.0, |(second, _)| best.bits - second.bits).min(60.0);
    if charset.is_utf_16() {
        // Nearly any bytes are UTF-16, so that no other candidate may be left where they are words
        // with accents.
        margin = margin.min(best.bits - single_byte_bits(sample));
    }
    let agrees = witness(sample, charset, is_whole);
    let mut confidence = 1.0 / (1.0 + (-margin / if agrees { 4.0 } else { 8.0 }).exp2());
    // A margin among unlikely readings says nothing.
    // Korean is a rival, so that it is not taken for Chinese, and no answer: nobody converts it.
    if best.mean() < best.least() || charset == Charset::EUC_KR {
        confidence = confidence.min(0.5);
    }
    if charset.is_utf_16() && best.bits / (sample.len() as f64 / 2.0) < LEAST_OF_UTF_16 {
        confidence = confidence.min(0.5);
    }
    // A character or two may be anything.
    if best.beyond_ascii < 4 && !charset.is_utf_16() {
        confidence = confidence.min(0.9);
    }
    let charset =
        if charset == Charset::GB18030 && !has_four_bytes(sample) { Charset::GBK } else { charset };
    if confidence >= ENOUGH {
        Finding::Known { charset, confidence }
    } else {
        let perhaps = Some((charset, confidence)).filter(|_| confidence > 0.5);
        Finding::Unsure { offset, perhaps }
    }
}

/// Bits a character of UTF-16, ASCII included, below which it does not look like text: controls
/// have -26.
const LEAST_OF_UTF_16: f64 = -14.5;

/// Returns log2 of about the probability of bytes as text in a single-byte encoding of Europe, as
/// windows-1252.
fn single_byte_bits(sample: &[u8]) -> f64 {
    let bits = |byte: &u8| match byte {
        b'a'..=b'z' | b' ' => -4.5,
        b'A'..=b'Z' | b'0'..=b'9' | b'\t' | b'\n' | b'\r' => -6.0,
        b'!'..=b'~' => -7.0,
        0..=0x1F | 0x7F => -26.0,
        // Quotation marks, dashes and the ellipsis; of the rest of that row, some are not even
        // defined.
        0x85 | 0x91..=0x97 => -8.0,
        0x80..=0x9F => -14.0,
        0xA0..=0xBF => -9.0,
        0xC0..=0xFF => -7.5,
    };
    sample.iter().map(bits).sum()
}

/// Returns whether chardetng, which knows these charsets but UTF-16, would say the same.
fn witness(sample: &[u8], charset: Charset, is_whole: bool) -> bool {
    if charset.is_utf_16() {
        return true;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, is_whole);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let same = |a: Charset, b: &'static encoding_rs::Encoding| a.encoding() == b;
    same(charset, guess) || (charset == Charset::GB18030 && same(Charset::GBK, guess))
}

/// GBK has two bytes a character; the second of four is a digit.
fn has_four_bytes(sample: &[u8]) -> bool {
    let mut rest = sample;
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (0x81..=0xFE, [b'0'..=b'9', ..]) => return true,
            (0x81..=0xFE, [_, tail @ ..]) => rest = tail,
            (_, tail) => rest = tail,
        }
    }
    false
}

#[derive(Debug, Clone, Copy)]
struct Weight {
    /// log2 of the probability of the whole sample.
    bits: f64,
    /// The part of `bits` that stems from characters beyond ASCII, and their number.
    bits_beyond_ascii: f64,
    beyond_ascii: u32,
}

impl Weight {
    /// Bits a character beyond ASCII: about -10 for Chinese prose.
    fn mean(self) -> f64 {
        self.bits_beyond_ascii / f64::from(self.beyond_ascii.max(1))
    }

    /// Returns the mean below which it does not look like text.
    fn least(self) -> f64 {
        match self.beyond_ascii {
            0..8 => -12.0,
            8..40 => -13.0,
            _ => -14.5,
        }
    }
}

/// Returns how likely `sample` is as text in `charset`, or `None` if it is not.
fn weight(sample: &[u8], charset: Charset, is_whole: bool) -> Option<Weight> {
    let mut decoder = charset.encoding().new_decoder_without_bom_handling();
    let mut room = [0u8; 4096];
    let mut weight = Weight { bits: 0.0, bits_beyond_ascii: 0.0, beyond_ascii: 0 };
    let mut rest = sample;
    loop {
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(rest, &mut room, is_whole);
        rest = &rest[read..];
        let text = std::str::from_utf8(&room[..written]).ok()?;
        for c in text.chars() {
            let bits = bits(c, charset)?;
            weight.bits += bits;
            if !c.is_ascii() {
                weight.bits_beyond_ascii += bits;
                weight.beyond_ascii += 1;
            }
        }
        match result {
            DecoderResult::InputEmpty => return Some(weight),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return None,
        }
    }
}

/// Returns log2 of about the share of a character in text of this charset's languages; `None` for what no text has.
fn bits(c: char, charset: Charset) -> Option<f64> {
    let is_japanese = charset == Charset::SHIFT_JIS || charset == Charset::EUC_JP;
    if c == '\0' && charset.is_utf_16() {
        return None;
    }
    Some(match c {
        '\t' | '\n' | '\r' | ' '..='~' => -6.0,
        '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => return None,
        '\0'..='\x1F' | '\x7F'..='\u{9F}' => -26.0,
        '\u{E000}'..='\u{F8FF}' => -26.0,
        '，' | '。' | '、' | '\u{3000}' => -5.0,
        '「' | '」' | '『' | '』' | '《' | '》' | '“' | '”' | '‘' | '’' | '：' | '；' | '？'
        | '！' | '（' | '）' | '…' | '—' | '·' | '～' | '【' | '】' | '〈' | '〉' => {
            -8.0
        }
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => -12.0,
        _ if han::is_kana(c) => {
            if is_japanese {
                -6.5
            } else {
                -17.0
            }
        }
        '\u{FF61}'..='\u{FF9F}' => -17.0,
        '\u{AC00}'..='\u{D7A3}' => {
            if charset == Charset::EUC_KR {
                -10.0
            } else {
                -22.0
            }
        }
        _ if han::is_han(c) => match han::level(c) {
            0 if is_japanese => -16.0,
            0 => -23.0,
            level => f64::from(level) - 20.0,
        },
        '\u{3001}'..='\u{303F}' | '\u{FF01}'..='\u{FF60}' | '\u{2010}'..='\u{203F}' => -13.0,
        _ => -19.0,
    })
}

/// The mark of UTF-8 is a character of three bytes; `document` calls it [`BOM`].
const _: () = assert!(BOM.len() == 3);

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(bytes: &[u8], is_whole: bool) -> Finding {
        Sample::of(bytes, Place::Start, is_whole)
            .map_or(Finding::Ascii, |sample| sample.detect(None))
    }

    fn encoded(text: &str, charset: Charset) -> Vec<u8> {
        if charset.is_utf_16() {
            let units = text.encode_utf16();
            let bytes = |unit: u16| {
                if charset == Charset::UTF_16LE { unit.to_le_bytes() } else { unit.to_be_bytes() }
            };
            return units.flat_map(bytes).collect();
        }
        let (bytes, _, lossy) = charset.encoding().encode(text);
        assert!(!lossy, "{text} {charset}");
        bytes.into_owned()
    }

    #[track_caller]
    fn finds(text: &str, charset: Charset) {
        let bytes = encoded(text, charset);
        let found = detect(&bytes, true);
        assert!(
            matches!(found, Finding::Known { charset: found, .. } if found == charset),
            "{found:?} {charset}"
        );
    }

    #[test]
    fn ordinary_sentences_are_recognized() {
        let simplified = "今天上午，记者从有关部门了解到，这项工程将于明年全部完成。\r\n";
        let traditional = "今天上午，記者從有關部門了解到，這項工程將於明年全部完成。\r\n";
        finds(simplified, Charset::GBK);
        finds(traditional, Charset::GBK);
        finds(traditional, Charset::BIG5);
        finds(
            "今日の午前、記者は関係部門からこの工事が来年すべて完成すると聞いた。",
            Charset::SHIFT_JIS,
        );
        finds(
            "今日の午前、記者は関係部門からこの工事が来年すべて完成すると聞いた。",
            Charset::EUC_JP,
        );
        finds(&format!("𠀀{simplified}"), Charset::GB18030);
        for charset in [Charset::UTF_16LE, Charset::UTF_16BE] {
            finds(simplified, charset);
            finds(&format!("ABC 上\n{simplified}"), charset);
        }
    }

    #[test]
    fn what_is_not_certain_is_not_said() {
        let bytes: [&[u8]; 6] = [
            b"\xff",
            b"caf\xe9 au lait, d\xe9j\xe0 vu",
            b"\xb7\xa2",                  // one character of GBK
            b"x\xff\xfe\xfd\xfc\xfb\xfa", // no text at all
            b"Stra\xdfe, \xfcber, sch\xf6n, M\xe4dchen",
            b"\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0", // Cyrillic
        ];
        for bytes in bytes {
            let found = detect(bytes, true);
            assert!(matches!(found, Finding::Unsure { .. }), "{bytes:?} {found:?}");
        }
    }

    #[test]
    fn damaged_utf_8_is_told_from_another_charset() {
        let mut bytes = "头发发白，皇后在后面".as_bytes().to_vec();
        bytes.insert(6, 0xFF);
        assert_eq!(detect(&bytes, true), Finding::Damaged { offset: 6 });
        assert_eq!(detect("头发".as_bytes()[..5].as_ref(), false), certain_utf8("头".as_bytes()));
    }
}
