//! What the model looks at: the character, three neighbours on either side, and what the dictionary chose.
//!
//! In: UTF-8 and the place of an ambiguous character. Out: one number for each feature, a combination of neighbours. The
//! naive way hashes each combination by itself; here each neighbour is multiplied once by a constant of its place, a
//! combination is a sum of such products, and one more multiplication mixes it.
//!
//! The trainer (data/context/trainer) is built from this file too, so both always mean the same by a feature.

/// Neighbours on either side.
pub(crate) const REACH: usize = 3;
/// Features of a position.
pub(crate) const FEATURES: usize = 17;

/// A mark, a blank, the beginning or end of the text; nothing is seen behind any symbol that is no ideograph.
pub(crate) const OTHER: u32 = 0;
const NUMBER: u32 = 1;
const LETTER: u32 = 2;
/// Between the parts of a foreign name: `弗里茨·马赫卢普`.
const DOT: u32 = 3;

/// What stands around a character, as symbols: an ideograph is itself, everything else one of a few kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// The character; with [`CANTONESE`] added where it has a model of its own for such text.
    pub(crate) character: u32,
    /// From the nearest on.
    pub(crate) left: [u32; REACH],
    pub(crate) right: [u32; REACH],
}

/// Added to a character's code point where a text is known to be Cantonese.
pub(crate) const CANTONESE: u32 = 1 << 21;

/// Which neighbours each feature joins, as bits from the left: `l3 l2 l1 r1 r2 r3`; and whether it joins the dictionary's choice.
/// These were the best of those tried on the development sets. More of them (distances up to 6, pairs with a gap, five neighbours,
/// classes of characters) changed nothing or made it worse.
pub(crate) const TEMPLATES: [(u8, bool); FEATURES] = [
    (0b000_000, true),
    (0b001_000, false),
    (0b000_100, false),
    (0b010_000, false),
    (0b000_010, false),
    (0b100_000, false),
    (0b000_001, false),
    (0b011_000, false),
    (0b001_100, false),
    (0b000_110, false),
    (0b111_000, false),
    (0b011_100, false),
    (0b001_110, false),
    (0b000_111, false),
    (0b011_110, false),
    (0b001_000, true),
    (0b000_100, true),
];

/// Odd, one for each place of the window from the left: fractional parts of square roots.
const PLACES: [u64; 2 * REACH] = [
    0x6A09_E667_F3BC_C909,
    0xBB67_AE85_84CA_A73B,
    0x3C6E_F372_FE94_F82B,
    0xA54F_F53A_5F1D_36F1,
    0x510E_527F_ADE6_82D1,
    0x9B05_688C_2B3E_6C1F,
];
const CHARACTER: u64 = 0x1F83_D9AB_FB41_BD6B;
const CHOICE: u64 = 0x5BE0_CD19_137E_2179;
const TEMPLATE: u64 = 0xCBBB_9D5D_C105_9ED9;
const CLASS: u64 = 0x629A_292A_367C_D507;
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

impl Window {
    /// Returns what stands around the character at byte `at` of `text`, which is UTF-8.
    #[inline]
    pub(crate) fn around(text: &[u8], at: usize) -> Window {
        let (character, behind) = next(text, at);
        let (mut left, mut right) = ([OTHER; REACH], [OTHER; REACH]);
        let mut place = at;
        for symbol in &mut left {
            let Some((code, before)) = previous(text, place) else { break };
            let (code, before) = match code {
                // 30 只 is as 30只.
                BLANK if place == at => match previous(text, before) {
                    Some(found) if is_word(kind(found.0)) => found,
                    _ => break,
                },
                _ => (code, before),
            };
            (*symbol, place) = (kind(code), before);
            if *symbol <= DOT {
                break;
            }
        }
        let mut place = behind;
        for symbol in &mut right {
            if place >= text.len() {
                break;
            }
            let (mut code, mut end) = next(text, place);
            if code == BLANK && place == behind {
                if end >= text.len() {
                    break;
                }
                (code, end) = next(text, end);
                if !is_word(kind(code)) {
                    break;
                }
            }
            (*symbol, place) = (kind(code), end);
            if *symbol <= DOT {
                break;
            }
        }
        Window { character, left, right }
    }

    /// Returns a number for each feature, given the class that the dictionary chose.
    #[inline]
    pub(crate) fn features(&self, choice: usize) -> [u64; FEATURES] {
        let [l1, l2, l3] = self.left.map(u64::from);
        let [r1, r2, r3] = self.right.map(u64::from);
        let mut places = [l3, l2, l1, r1, r2, r3];
        for (symbol, constant) in places.iter_mut().zip(PLACES) {
            *symbol = (*symbol + 1).wrapping_mul(constant);
        }
        let character = u64::from(self.character).wrapping_mul(CHARACTER);
        let choice = (choice as u64 + 1).wrapping_mul(CHOICE);
        let mut features = [0; FEATURES];
        for (index, (feature, (bits, has_choice))) in features.iter_mut().zip(TEMPLATES).enumerate()
        {
            let mut sum = character.wrapping_add((index as u64 + 1).wrapping_mul(TEMPLATE));
            for (place, product) in places.iter().enumerate() {
                if bits >> (2 * REACH - 1 - place) & 1 != 0 {
                    sum = sum.wrapping_add(*product);
                }
            }
            if has_choice {
                sum = sum.wrapping_add(choice);
            }
            *feature = sum;
        }
        features
    }

    /// Returns a number for the character at `at` with its left and one with its right neighbour, as [`Window::pairs`] does,
    /// if both are common ideographs; nearly always they are, and then the rest of the window is seldom of use.
    #[inline(always)]
    pub(crate) fn pairs_at(
        text: &[u8],
        at: usize,
        character: u32,
        choice: usize,
    ) -> Option<[u64; 2]> {
        let nine: &[u8; 9] = text.get(at.checked_sub(3)?..)?.first_chunk()?;
        let [a, _, _, _, _, _, b, _, _] = *nine;
        if !matches!(a, 0xE5..=0xE9) || !matches!(b, 0xE5..=0xE9) {
            return None;
        }
        let code = |at: usize| {
            (u32::from(nine[at]) & 0xF) << 12
                | (u32::from(nine[at + 1]) & 0x3F) << 6
                | u32::from(nine[at + 2]) & 0x3F
        };
        let (left, right) = ([code(0), OTHER, OTHER], [code(6), OTHER, OTHER]);
        Some(Window { character, left, right }.pairs(choice))
    }

    /// Returns a number for the character with its left and one with its right neighbour, given the class that the
    /// dictionary chose.
    #[inline]
    pub(crate) fn pairs(&self, choice: usize) -> [u64; 2] {
        let own = u64::from(self.character).wrapping_mul(CHARACTER);
        let own = own.wrapping_add((choice as u64 + 1).wrapping_mul(CHOICE));
        let pair = |symbol: u32, place: usize| {
            let sum = own.wrapping_add((u64::from(symbol) + 1).wrapping_mul(PLACES[place]));
            (sum ^ sum >> 32).wrapping_mul(MIX)
        };
        [pair(self.left[0], 2), pair(self.right[0], 3)]
    }
}

/// Returns what a feature is filed under for a class other than the first.
#[inline(always)]
pub(crate) fn mixed(feature: u64, class: usize) -> u64 {
    let sum = feature.wrapping_add((class as u64).wrapping_mul(CLASS));
    let mixed = (sum ^ sum >> 32).wrapping_mul(MIX);
    mixed ^ mixed >> 29
}

const BLANK: u32 = ' ' as u32;

/// Returns whether no window looks across a character: a text may be cut behind it.
pub(crate) fn is_boundary(code: u32) -> bool {
    code != BLANK && kind(code) == OTHER
}

/// A number, letter or dot: what is seen over a blank.
fn is_word(symbol: u32) -> bool {
    matches!(symbol, NUMBER | LETTER | DOT)
}

#[inline]
fn kind(code: u32) -> u32 {
    match code {
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x3007 | 0x2_0000..=0x3_FFFF => code,
        _ => kind_of_other(code),
    }
}

fn kind_of_other(code: u32) -> u32 {
    match char::from_u32(code) {
        // Nearly always it is one of these, and whether a character is a letter takes long to tell.
        Some('，' | '。' | '、' | '\n' | '“' | '”' | '：' | '；' | '「' | '」' | '\u{3000}') => {
            OTHER
        }
        Some(c) if c.is_ascii_alphabetic() => LETTER,
        Some('0'..='9' | '０'..='９') => NUMBER,
        Some('·' | '‧' | '•' | '・' | '∙') => DOT,
        Some(c) if c.is_alphabetic() => LETTER,
        _ => OTHER,
    }
}

/// Returns the character at `at`, as a code point, and the offset behind it.
#[inline]
pub(crate) fn next(text: &[u8], at: usize) -> (u32, usize) {
    let byte = |offset: usize| u32::from(text[at + offset]);
    match text[at] {
        0xE0..=0xEF => ((byte(0) & 0xF) << 12 | (byte(1) & 0x3F) << 6 | byte(2) & 0x3F, at + 3),
        0..=0x7F => (byte(0), at + 1),
        0x80..=0xDF => ((byte(0) & 0x1F) << 6 | byte(1) & 0x3F, at + 2),
        _ => {
            let code = (byte(0) & 7) << 18
                | (byte(1) & 0x3F) << 12
                | (byte(2) & 0x3F) << 6
                | byte(3) & 0x3F;
            (code, at + 4)
        }
    }
}

/// Returns the character before `at` and its offset.
#[inline]
pub(crate) fn previous(text: &[u8], at: usize) -> Option<(u32, usize)> {
    let mut start = at.checked_sub(1)?;
    while start > 0 && text[start] & 0xC0 == 0x80 {
        start -= 1;
    }
    Some((next(text, start).0, start))
}

#[cfg(test)]
mod tests {
    use super::{DOT, LETTER, NUMBER, OTHER, Window, is_boundary};

    fn around(text: &str, character: char) -> Window {
        Window::around(text.as_bytes(), text.find(character).unwrap())
    }

    #[test]
    fn windows_end_at_what_is_no_ideograph() {
        let code = |c: char| u32::from(c);
        let window = around("弗里茨", '里');
        assert_eq!(window.left, [code('弗'), OTHER, OTHER]);
        assert_eq!(window.right, [code('茨'), OTHER, OTHER]);
        assert_eq!(around("甲，头发", '发').left, [code('头'), OTHER, OTHER]);
        assert_eq!(around("30 只以上", '只').left, [NUMBER, OTHER, OTHER]);
        assert_eq!(around("，  只", '只').left, [OTHER; 3]);
        assert_eq!(around("发 A", '发').right, [LETTER, OTHER, OTHER]);
        assert_eq!(around("发 头", '发').right, [OTHER; 3]);
        assert_eq!(around("诺干·甲", '干').right, [DOT, OTHER, OTHER]);
        assert_eq!(around("𠀀乙丙里", '里').left, [code('丙'), code('乙'), 0x2_0000]);
    }

    #[test]
    fn nothing_is_seen_across_a_boundary() {
        for c in ['，', '\n', '。', '(', '—', '\u{3000}'] {
            assert!(is_boundary(u32::from(c)), "{c:?}");
            for text in [format!("甲{c} 里"), format!("30{c}里")] {
                assert_eq!(around(&text, '里').left, [OTHER; 3], "{text}");
            }
        }
        assert!(!is_boundary(u32::from(' ')) && !is_boundary(u32::from('·')));
    }
}
