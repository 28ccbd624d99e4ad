//! Which kinds of character a text has, so that passes without work need not be asked.
//!
//! In: bytes. Out: a set of kinds. The naive way lets each pass look for itself; seventeen passes read the text sixteen times.
//! Ours reads it once, by a table, and besides follows the quotation marks: most lines that have some need nothing done.

use super::passes::Pass;
use crate::punctuate::quotes::Marks;
use crate::select::BEGINS;

/// Kinds of character that give passes work.
pub(super) mod kind {
    pub(in crate::pipeline) const CONTROL: u32 = 1;
    pub(in crate::pipeline) const ZERO_WIDTH: u32 = 1 << 1;
    pub(in crate::pipeline) const COMPAT: u32 = 1 << 2;
    pub(in crate::pipeline) const RADICAL: u32 = 1 << 3;
    pub(in crate::pipeline) const WIDTH: u32 = 1 << 4;
    pub(in crate::pipeline) const SYMBOL: u32 = 1 << 5;
    pub(in crate::pipeline) const MARK: u32 = 1 << 6;
    pub(in crate::pipeline) const QUOTE: u32 = 1 << 7;
    pub(in crate::pipeline) const ASCII_QUOTE: u32 = 1 << 8;
    pub(in crate::pipeline) const DOTS: u32 = 1 << 9;
    pub(in crate::pipeline) const DASH: u32 = 1 << 10;
    pub(in crate::pipeline) const INTERPUNCT: u32 = 1 << 11;
    /// Not a kind, but what is known of all quotation marks: perhaps they are not in pairs.
    pub(in crate::pipeline) const OPEN: u32 = 1 << 12;
    /// They are in pairs, and not as the target has them.
    pub(in crate::pipeline) const WRONG: u32 = 1 << 13;
}

/// Signs with which a protected span can begin; one of the kinds, by which [`Protection::asks`] is answered.
///
/// [`Protection::asks`]: crate::select::Protection
const SPAN: u32 = crate::select::SPAN;
const BLANK: u32 = 1 << 16;
const LATIN: u32 = 1 << 17;
/// What may have another normal form.
const FORM: u32 = 1 << 18;
const STOP: u32 = 1 << 14;
const AFTER_STOP: u32 = 1 << 15;
/// Every text has it, for passes that always want to be asked.
const ANY: u32 = 1 << 30;

/// Returns the kinds that give a pass work.
pub(super) fn work(pass: Pass) -> u32 {
    match pass {
        Pass::Control => kind::CONTROL,
        Pass::ZeroWidth => kind::ZERO_WIDTH,
        Pass::Compat => kind::COMPAT,
        Pass::Radicals => kind::RADICAL,
        Pass::Width => kind::WIDTH,
        Pass::WidthSymbols => kind::SYMBOL,
        Pass::Punct => kind::MARK,
        Pass::Quotes => kind::QUOTE,
        Pass::AsciiQuotes => kind::ASCII_QUOTE,
        Pass::Ellipsis => kind::DOTS,
        Pass::Dash => kind::DASH,
        Pass::Interpunct => kind::INTERPUNCT,
        Pass::Nfc => FORM,
        Pass::Spaces => BLANK,
        Pass::Spacing => LATIN,
        Pass::Repeat | Pass::Characters => ANY,
    }
}

/// The kinds of the characters below U+0080, and below U+10000 in rows of 64; nearly all blocks have the first, which is empty.
static ASCII: [u32; 128] = {
    let mut kinds = [0; 128];
    let mut at = 0;
    while at < 128 {
        kinds[at as usize] = match at {
            b'\n' | b'\r' => 0,
            b' ' | b'\t' => BLANK,
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => LATIN,
            0..=0x1F | 0x7F => kind::CONTROL,
            b'.' => kind::MARK | kind::DOTS,
            b',' | b';' | b':' | b'!' | b'?' | b'(' | b')' => kind::MARK,
            b'"' => kind::ASCII_QUOTE,
            b'-' => kind::DASH,
            _ => 0,
        } | if BEGINS[at as usize] { SPAN } else { 0 };
        at += 1;
    }
    kinds
};
static ROW_OF: [u8; 1024] = ROWS.0;
static ROW: [[u32; 64]; MOST_ROWS] = ROWS.1;
/// All that differ: those of one value share a row.
const MOST_ROWS: usize = 48;
#[allow(
    clippy::cast_possible_truncation,
    reason = "blocks, rows and places are fewer than 1,025, 49 and 65"
)]
const ROWS: ([u8; 1024], [[u32; 64]; MOST_ROWS]) = {
    let (mut row_of, mut rows, mut last) = ([0; 1024], [[0; 64]; MOST_ROWS], 0);
    // The row of blocks that have only `FORM`.
    let mut form = 0u8;
    let mut block = 2;
    while block < 1024 {
        let (mut row, mut is_plain, mut is_form, mut at) = ([0; 64], true, true, 0);
        while at < 64 {
            row[at] = wide((block as u32) << 6 | at as u32);
            is_plain &= row[at] == 0;
            is_form &= row[at] == FORM;
            at += 1;
        }
        if is_form && form != 0 {
            row_of[block] = form;
        } else if !is_plain {
            last += 1;
            row_of[block] = last as u8;
            rows[last] = row;
            form = if is_form { last as u8 } else { form };
        }
        block += 1;
    }
    (row_of, rows)
};

/// Returns the kinds of a character that is not ASCII.
const fn wide(c: u32) -> u32 {
    let form = match c {
        // Ideographs; – to ‧; 、 to 〩; fullwidth forms
        0x3400..=0x9FFF | 0x2010..=0x2027 | 0x3000..=0x3029 | 0xFF01..=0xFF9F => 0,
        _ => FORM,
    };
    let blank = if matches!(c, 0xA0 | 0x3000) { BLANK } else { 0 };
    form | blank | work_of(c)
}

/// Returns the kinds of a character that is not ASCII, but those that nearly every character has.
const fn work_of(c: u32) -> u32 {
    match c {
        0x80..=0x9F | 0xFEFF | 0xFDD0..=0xFDEF => kind::CONTROL,
        0xAD | 0x200B | 0x2060 => kind::ZERO_WIDTH,
        // ‘’“” 「」『』
        0x2018 | 0x2019 | 0x201C | 0x201D | 0x300C..=0x300F => kind::QUOTE,
        // ﹁﹂﹃﹄
        0xFE41..=0xFE44 => kind::QUOTE | kind::WIDTH,
        // 。 gives work before … and before another.
        0x3002 => STOP | AFTER_STOP,
        // … ⋯
        0x2026 => kind::DOTS | AFTER_STOP,
        0x22EF => kind::DOTS,
        // — ― ─
        0x2014 | 0x2015 | 0x2500 => kind::DASH,
        // ‧ • ・
        0x2027 | 0x2022 | 0x30FB => kind::INTERPUNCT,
        0x2E80..=0x2FDF => kind::RADICAL,
        0xF900..=0xFAFF | 0x2F800..=0x2FA1F => kind::COMPAT,
        // ，：；！？（）
        0xFF0C | 0xFF1A | 0xFF1B | 0xFF01 | 0xFF1F | 0xFF08 | 0xFF09 => 0,
        // Vertical and small forms; ０–９ Ａ–Ｚ ａ–ｚ ．; halfwidth kana
        0xFE10..=0xFE6F
        | 0xFF10..=0xFF19
        | 0xFF21..=0xFF3A
        | 0xFF41..=0xFF5A
        | 0xFF0E
        | 0xFF61..=0xFF9F => kind::WIDTH,
        0xFF01..=0xFF60 => kind::SYMBOL,
        _ if c & 0xFFFE == 0xFFFE => kind::CONTROL,
        _ => 0,
    }
}

/// Returns the kinds of character in a text, which need not be UTF-8 throughout: then any kind may be told. Quotation marks
/// are compared with those of `target`.
pub(super) fn census(text: &[u8], target: Option<Marks>) -> u32 {
    let mut kinds = ANY;
    let mut quotes = Quotes::default();
    let mut before = 0;
    let mut rest = text;
    loop {
        // Nearly all of prose: U+4000–U+9FFF has no kind.
        while let [0xE4..=0xE9, _, _, behind @ ..] = rest {
            rest = behind;
            before = 0;
        }
        let found = match rest {
            [lead @ 0..0x80, behind @ ..] => {
                rest = behind;
                ASCII[usize::from(*lead)]
            }
            [lead @ 0xE0..0xF0, second, third, behind @ ..] => {
                rest = behind;
                let block = usize::from(lead & 0xF) << 6 | usize::from(second & 0x3F);
                let found = ROW[usize::from(ROW_OF[block])][usize::from(third & 0x3F)];
                if found & kind::QUOTE != 0 {
                    quotes.take([*second, *third], target);
                }
                found
            }
            [lead @ 0xC0..0xE0, second, behind @ ..] => {
                rest = behind;
                ROW[usize::from(ROW_OF[usize::from(lead & 0x1F)])][usize::from(second & 0x3F)]
            }
            [lead @ 0xF0..=0xFF, second, third, fourth, behind @ ..] => {
                rest = behind;
                let high = u32::from(lead & 7) << 18 | u32::from(second & 0x3F) << 12;
                wide(high | u32::from(third & 0x3F) << 6 | u32::from(fourth & 0x3F))
            }
            [] => return kinds | quotes.kinds(),
            [_, ..] => return u32::MAX,
        };
        kinds |= found;
        // Two characters together give work that neither gives.
        kinds |= if before & STOP != 0 && found & AFTER_STOP != 0 { kind::DOTS } else { 0 };
        before = found;
    }
}

/// The quotation marks so far.
#[derive(Default)]
struct Quotes {
    /// Two bits for each that is open, the last one lowest.
    open: u32,
    depth: u32,
    is_unknown: bool,
    is_wrong: bool,
}

impl Quotes {
    const DEEPEST: u32 = 16;

    /// Takes the mark with these bytes behind the first.
    fn take(&mut self, bytes: [u8; 2], target: Option<Marks>) {
        let (mark, closes) = match bytes {
            [0x80, 0x9C] => ('“', false),
            [0x80, 0x9D] => ('”', true),
            [0x80, 0x8C] => ('「', false),
            [0x80, 0x8D] => ('」', true),
            [0x80, 0x8E] => ('『', false),
            [0x80, 0x8F] => ('』', true),
            // ‘ and ’ may be apostrophes.
            _ => {
                self.is_unknown = true;
                return;
            }
        };
        let family = match mark {
            '“' | '”' => 1,
            '「' | '」' => 2,
            _ => 3,
        };
        if closes && self.open & 3 != family || !closes && self.depth == Self::DEEPEST {
            self.is_unknown = true;
        }
        if !closes {
            self.open = self.open << 2 | family;
            self.depth += 1;
        }
        let level = self.depth.wrapping_sub(1) % 2;
        let right = target.map(|target| target.0[level as usize][usize::from(closes)]);
        self.is_wrong |= right != Some(mark);
        if closes {
            self.open >>= 2;
            self.depth = self.depth.saturating_sub(1);
        }
    }

    fn kinds(&self) -> u32 {
        let is_open = self.is_unknown || self.depth > 0;
        (if is_open { kind::OPEN } else { 0 }) | (if self.is_wrong { kind::WRONG } else { 0 })
    }
}
