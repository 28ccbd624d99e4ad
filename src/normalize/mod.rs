//! Stage 3, prose to prose: code points that stand for others, or for nothing.
//!
//! In: a draft. Out: the edits of one pass. No pass here needs to know what is written, only which characters stand beside
//! each other; all leave the number of ideographs as it is. The naive way is NFKC, which mends most of this and destroys
//! `，` `…` `①` and `㎡` with it; each pass here changes one kind of character.

mod tables;

use std::borrow::Cow;

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::draft::{Draft, Edit, is_cjk};
use crate::han;

/// Drops control characters, byte order marks within the text, and noncharacters; not tab, LF, CR and U+0085, and form
/// feeds only if they are not to be kept. What switches the charset of a 7-bit text (ISO 2022: SO, SI,
/// and ESC before a designation) stays: such a text looks like ASCII, and is lost without it.
pub(crate) fn control(draft: &Draft<'_>, keeps_form_feed: bool) -> Vec<Edit> {
    let drops = |c: char| match c {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{E}' | '\u{F}' => false,
        '\u{C}' => !keeps_form_feed,
        '\0'..='\u{1F}' | '\u{7F}'..='\u{9F}' | '\u{FEFF}' | '\u{FDD0}'..='\u{FDEF}' => true,
        c => u32::from(c) & 0xFFFE == 0xFFFE,
    };
    let text = draft.text();
    let mut edits = Vec::new();
    let mut free = 0;
    for (at, c) in text.char_indices() {
        let is_designation = || {
            let next = text.as_bytes().get(at + 1);
            c == '\u{1B}'
                && next.is_some_and(|next| {
                    matches!(next, b'$' | b'(' | b')' | b'*' | b'+' | b'N' | b'O')
                })
        };
        if at >= free && drops(c) && !is_designation() {
            // The colours of a terminal are more than their first character.
            let sequence = if c == '\u{1B}' { control_sequence(&text.as_bytes()[at..]) } else { 0 };
            free = at + sequence.max(c.len_utf8());
            edits.push(Edit::new(at..free, ""));
        }
    }
    edits
}

/// Returns the length of a control sequence (ECMA-48) at the head of `bytes`; 0 if there is none.
fn control_sequence(bytes: &[u8]) -> usize {
    const LONGEST: usize = 32;
    let parameters =
        bytes.iter().skip(2).take(LONGEST).take_while(|byte| (0x20..0x40).contains(*byte)).count();
    let is_sequence = bytes.get(1) == Some(&b'[')
        && bytes.get(2 + parameters).is_some_and(|byte| (0x40..0x7F).contains(byte));
    if is_sequence { 3 + parameters } else { 0 }
}

/// Drops U+200B, U+2060 and U+00AD beside Chinese.
pub(crate) fn zero_width(draft: &Draft<'_>) -> Vec<Edit> {
    let is_empty = |c: &char| matches!(c, '\u{200B}' | '\u{2060}' | '\u{AD}');
    let text = draft.text();
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find(|c| is_empty(&c)) {
        let start = at + found;
        let len: usize = text[start..].chars().take_while(is_empty).map(char::len_utf8).sum();
        let beside = [text[..start].chars().next_back(), text[start + len..].chars().next()];
        if beside.into_iter().flatten().any(is_cjk) {
            let each = text[start..start + len].char_indices();
            edits.extend(each.map(|(at, c)| Edit::new(start + at..start + at + c.len_utf8(), "")));
        }
        at = start + len;
    }
    edits
}

/// Composes characters (Unicode's form C), all but compatibility ideographs, which NFC would exchange for others.
pub(crate) fn nfc(draft: &Draft<'_>) -> Vec<Edit> {
    let text = draft.text();
    let starts_anew = |c: char| {
        is_compatibility(c)
            || (canonical_combining_class(c) == 0
                && is_nfc_quick(std::iter::once(c)) == IsNormalized::Yes)
    };
    let mut edits = Vec::new();
    let mut start = 0;
    let mut flush = |range: std::ops::Range<usize>| {
        let piece = &text[range.clone()];
        let mut characters = piece.chars();
        let is_single = characters.next().is_some() && characters.next().is_none();
        if is_single && piece.chars().all(starts_anew) {
            return;
        }
        let composed: String = piece.nfc().collect();
        if composed != piece {
            edits.push(Edit::new(range, composed));
        }
    };
    for (at, c) in text.char_indices() {
        if starts_anew(c) && at > start {
            flush(start..at);
            start = at;
        }
    }
    flush(start..text.len());
    edits
}

/// Exchanges compatibility ideographs for the unified ones that Unicode says they are.
pub(crate) fn compat(draft: &Draft<'_>) -> Vec<Edit> {
    each(draft, |c, _, _| {
        if !is_compatibility(c) {
            return None;
        }
        let mut unified = String::new();
        decompose_canonical(c, |c| unified.push(c));
        Some(Cow::Owned(unified))
    })
}

/// Returns whether it is in the blocks of compatibility ideographs and not one of the twelve that are unified ones.
fn is_compatibility(c: char) -> bool {
    if !matches!(c, '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}') {
        return false;
    }
    let mut is_single = true;
    decompose_canonical(c, |decomposed| is_single &= decomposed == c);
    !is_single
}

/// Exchanges radicals for the ideographs that look like them, beside Chinese; a radical that stands alone is meant.
pub(crate) fn radicals(draft: &Draft<'_>) -> Vec<Edit> {
    each(draft, |c, before, after| {
        let ideograph = tables::radical(c)?;
        let is_text =
            |c: Option<char>| c.is_some_and(|c| han::is_han(c) || tables::radical(c).is_some());
        (is_text(before) || is_text(after)).then(|| Cow::Owned(ideograph.to_string()))
    })
}

/// Exchanges fullwidth digits and letters, halfwidth kana and marks, and vertical and small forms for the usual ones.
pub(crate) fn width(draft: &Draft<'_>) -> Vec<Edit> {
    let text = draft.text();
    let mut edits = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut before = None;
    while let Some((at, c)) = rest.next() {
        if !('\u{FE10}'..='\u{FFEF}').contains(&c) {
            before = Some(c);
            continue;
        }
        let after = rest.peek().map(|&(_, c)| c);
        let mut end = at + c.len_utf8();
        let with = match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => Some(ascii(c)),
            // 3．14
            '．' if is_digit(before) && is_digit(after) => Some('.'),
            // １２：３０, １，０００, ａ＠ｂ．ｃｎ
            '：' if is_wide_digit(before) && is_wide_digit(after) => Some(':'),
            '，' if is_wide_digit(before) && is_thousand(&text[end..]) => Some(','),
            '．' | '＠' if is_wide_letter(before) && is_wide_letter(after) => Some(ascii(c)),
            // (╯‵□′)╯︵┻━┻
            '︵' if !on_line(text[end..].chars(), '︶') => None,
            '︶' if !on_line(text[..at].chars().rev(), '︵') => None,
            _ => tables::width(c),
        };
        let voiced = match after {
            Some('ﾞ') => with.and_then(|kana| tables::with_mark(kana, '\u{3099}')),
            Some('ﾟ') => with.and_then(|kana| tables::with_mark(kana, '\u{309A}')),
            _ => None,
        };
        if voiced.is_some() {
            rest.next();
            end += 'ﾞ'.len_utf8();
        }
        if let Some(with) = voiced.or(with) {
            edits.push(Edit::new(at..end, with.to_string()));
        }
        before = Some(c);
    }
    edits
}

fn is_wide_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| ('０'..='９').contains(&c))
}

fn is_wide_letter(c: Option<char>) -> bool {
    c.is_some_and(|c| matches!(c, '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ'))
}

/// Returns whether just three wide digits follow.
fn is_thousand(rest: &str) -> bool {
    rest.chars().take(4).take_while(|&c| is_wide_digit(Some(c))).count() == 3
}

/// Returns whether a character comes before the line ends.
fn on_line(mut characters: impl Iterator<Item = char>, wanted: char) -> bool {
    const FAR: usize = 400;
    characters.by_ref().take(FAR).take_while(|&c| c != '\n').any(|c| c == wanted)
}

fn is_digit(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_digit() || ('０'..='９').contains(&c))
}

/// Exchanges fullwidth signs that are no punctuation for ASCII.
pub(crate) fn width_symbols(draft: &Draft<'_>) -> Vec<Edit> {
    each(draft, |c, _, _| {
        matches!(
            c,
            '＂' | '＃'
                | '＄'
                | '％'
                | '＆'
                | '＇'
                | '＊'
                | '＋'
                | '－'
                | '＜'
                | '＝'
                | '＞'
                | '＠'
                | '＼'
                | '＾'
                | '＿'
                | '｀'
                | '｛'
                | '｜'
                | '｝'
        )
        .then(|| Cow::Owned(ascii(c).to_string()))
    })
}

/// Returns the ASCII character of a fullwidth form.
fn ascii(c: char) -> char {
    char::from_u32(u32::from(c).wrapping_sub(0xFEE0)).unwrap_or(c)
}

/// Asks of each character, and the ones beside it, what is to stand in its place.
fn each(
    draft: &Draft<'_>,
    with: impl Fn(char, Option<char>, Option<char>) -> Option<Cow<'static, str>>,
) -> Vec<Edit> {
    let text = draft.text();
    let mut edits = Vec::new();
    let mut rest = text.char_indices().peekable();
    let mut before = None;
    while let Some((at, c)) = rest.next() {
        if let Some(with) = with(c, before, rest.peek().map(|&(_, c)| c)) {
            edits.push(Edit::new(at..at + c.len_utf8(), with));
        }
        before = Some(c);
    }
    edits
}
