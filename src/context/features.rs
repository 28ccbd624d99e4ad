//! What the model looks at: the character, three neighbours on either side, and what the dictionary chose.
//!
//! In: UTF-8 and the place of an ambiguous character. Out: one number for each feature, a combination of neighbours. The
//! naive way hashes each combination by itself; here each neighbour is multiplied once by a constant of its place, and a
//! combination is a sum of such products. Its upper half is as good as random: two combinations agree there as seldom as two hashes
//! would (multiply-shift hashing of vectors).
//!
//! The trainer (data/context/trainer) is built from this file too, so both always mean the same by a feature.

/// Neighbours on either side.
pub(crate) const REACH: usize = 3;
/// Features of a position that look no farther than to the nearest neighbour on one side, and all others.
pub(crate) const NEAR: usize = 3;
pub(crate) const FAR: usize = 12;

/// A mark, a blank, the beginning or end of the text; nothing is seen behind any symbol that is no ideograph.
pub(crate) const OTHER: u32 = 0;
const NUMBER: u32 = 1;
const LETTER: u32 = 2;
/// Between the parts of a foreign name: `弗里茨·马赫卢普`.
pub(crate) const DOT: u32 = 3;

/// What stands around a character, as symbols: an ideograph is itself, everything else one of a few kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// The character; with [`CANTONESE`] added where it has a model of its own for such text.
    pub(crate) character: u32,
    /// From the nearest on.
    pub(crate) left: [u32; REACH],
    pub(crate) right: [u32; REACH],
}

/// The character that Cantonese writes otherwise than other Chinese: there it is 係, the commonest verb, elsewhere hardly ever.
pub(crate) const COPULA: char = '系';
/// Added to a character's code point where a text is known to be Cantonese.
pub(crate) const CANTONESE: u32 = 1 << 21;
/// The same for its [`sign`].
pub(crate) const CANTONESE_SIGN: u32 = 1 << 24;

/// Which neighbours each of the far features joins, as bits from the left: `l3 l2 l1 r1 r2 r3`. With the [`near_features`] these were the
/// best of those tried on the development sets. More of them (distances up to 6, pairs with a gap, five neighbours, classes of
/// characters) changed nothing or made it worse.
#[allow(
    dead_code,
    reason = "the trainer and the tests ask for it; far_features() has it written out"
)]
pub(crate) const TEMPLATES: [u8; FAR] = [
    0b010_000, 0b000_010, 0b100_000, 0b000_001, 0b011_000, 0b001_100, 0b000_110, 0b111_000,
    0b011_100, 0b001_110, 0b000_111, 0b011_110,
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
const CLASS: u64 = 0x629A_292A_367C_D507;

impl Window {
    /// Returns what stands around the character at byte `at` of `text`, which is UTF-8.
    #[inline]
    pub(crate) fn around(text: &[u8], at: usize) -> Window {
        let (character, behind) = next(text, at);
        Window { character, left: Window::left(text, at), right: Window::right(text, behind) }
    }

    /// Returns what is seen before a place.
    #[inline(always)]
    fn left(text: &[u8], at: usize) -> [u32; REACH] {
        let (mut left, mut place) = ([OTHER; REACH], at);
        for index in 0..REACH {
            // Mostly it is an ideograph, and mostly a mark or a line end if not.
            match text[..place].last_chunk().map(common) {
                Some(Common::Ideograph(code)) => (left[index], place) = (code, place - 3),
                Some(Common::Mark) => break,
                _ if text[..place].last() == Some(&b'\n') => break,
                _ => {
                    Window::left_of_any(text, place, &mut left, index);
                    break;
                }
            }
        }
        left
    }

    /// The same, whatever it is, where so many symbols are known.
    #[cold]
    #[inline(never)]
    fn left_of_any(text: &[u8], mut place: usize, left: &mut [u32; REACH], known: usize) {
        for (index, symbol) in left.iter_mut().enumerate().skip(known) {
            (*symbol, place) = match (index, previous(text, place)) {
                (0, _) => before(text, place),
                (_, Some((code, before))) => (kind(code), before),
                (_, None) => break,
            };
            if *symbol <= DOT {
                break;
            }
        }
    }

    /// Returns what is seen from a place on.
    #[inline(always)]
    fn right(text: &[u8], at: usize) -> [u32; REACH] {
        let (mut right, mut place) = ([OTHER; REACH], at);
        for index in 0..REACH {
            match text[place..].first_chunk().map(common) {
                Some(Common::Ideograph(code)) => (right[index], place) = (code, place + 3),
                Some(Common::Mark) => break,
                _ if text.get(place) == Some(&b'\n') => break,
                _ => {
                    Window::right_of_any(text, place, &mut right, index);
                    break;
                }
            }
        }
        right
    }

    /// The same, whatever it is, where so many symbols are known.
    #[cold]
    #[inline(never)]
    fn right_of_any(text: &[u8], mut place: usize, right: &mut [u32; REACH], known: usize) {
        for (index, symbol) in right.iter_mut().enumerate().skip(known) {
            if place >= text.len() {
                break;
            }
            (*symbol, place) = match index {
                0 => after(text, place),
                _ => {
                    let (code, end) = next(text, place);
                    (kind(code), end)
                }
            };
            if *symbol <= DOT {
                break;
            }
        }
    }

    /// Returns the [`near_features`].
    pub(crate) fn near_features(&self, choice: usize) -> [u64; NEAR] {
        near_features(own_sign(self.character), self.pairs(), choice)
    }

    /// Returns the [`pairs`].
    pub(crate) fn pairs(&self) -> [u64; 2] {
        pairs(own_sign(self.character), [self.left[0], self.right[0]].map(sign))
    }

    /// Returns a number for each far feature: what [`TEMPLATES`] says.
    #[inline(always)]
    pub(crate) fn far_features(&self) -> [u64; FAR] {
        let product =
            |symbol: u32, place: usize| (u64::from(symbol) + 1).wrapping_mul(PLACES[place]);
        let [l1, l2, l3] = self.left;
        let [r1, r2, r3] = self.right;
        let (l1, l2, l3) = (product(l1, 2), product(l2, 1), product(l3, 0));
        let (r1, r2, r3) = (product(r1, 3), product(r2, 4), product(r3, 5));
        let own = u64::from(self.character).wrapping_mul(CHARACTER);
        let sum = u64::wrapping_add;
        // Written out it is seventeen additions; a loop over the templates takes ten times as long.
        let (own_l1, r1_r2) = (sum(own, l1), sum(r1, r2));
        let (left, near, right) = (sum(own_l1, l2), sum(own_l1, r1), sum(own, r1_r2));
        [
            sum(own, l2),
            sum(own, r2),
            sum(own, l3),
            sum(own, r3),
            left,
            near,
            right,
            sum(left, l3),
            sum(left, r1),
            sum(near, r2),
            sum(right, r3),
            sum(left, r1_r2),
        ]
    }
}

/// What three bytes mostly are.
enum Common {
    /// From U+4E00 to U+9FFF.
    Ideograph(u32),
    /// One of [`MARKS`].
    Mark,
    Other,
}

#[inline(always)]
fn common(three: &[u8; 3]) -> Common {
    match sign_of_bytes(u32::from_le_bytes([three[0], three[1], three[2], 0])) {
        (OTHER, _) => Common::Mark,
        (_, true) => Common::Ideograph(next(three, 0).0),
        _ => Common::Other,
    }
}

/// Returns the nearest neighbours of the three-byte character at `at`, as a window has them.
pub(crate) fn beside(text: &[u8], at: usize) -> [u32; 2] {
    [before(text, at).0, after(text, at + 3).0]
}

/// Returns a symbol as it stands in UTF-8, the first byte lowest, if it is an ideograph of three bytes; else the symbol.
pub(crate) const fn sign(symbol: u32) -> u32 {
    match symbol {
        0x3007..=0xFFFF => {
            let (first, second) = (0xE0 | symbol >> 12, 0x80 | symbol >> 6 & 0x3F);
            first | second << 8 | (0x80 | symbol & 0x3F) << 16
        }
        _ => symbol,
    }
}

/// Returns the sign of a window's character.
#[inline(always)]
pub(crate) fn own_sign(character: u32) -> u32 {
    sign(character % CANTONESE) + if character < CANTONESE { 0 } else { CANTONESE_SIGN }
}

/// Returns a number for a character, by its [`own_sign`], with each of its nearest neighbours, as [`sign`] says.
#[inline(always)]
pub(crate) fn pairs(own: u32, [left, right]: [u32; 2]) -> [u64; 2] {
    let own = u64::from(own).wrapping_mul(CHARACTER);
    let pair = |symbol: u32, place: usize| {
        own.wrapping_add((u64::from(symbol) + 1).wrapping_mul(PLACES[place]))
    };
    [pair(left, 2), pair(right, 3)]
}

/// Returns a number for a pair, given what the dictionary wrote, as [`sign`] says; or its class and one.
#[inline(always)]
pub(crate) fn given(pair: u64, choice: u32) -> u64 {
    pair.wrapping_add(u64::from(choice).wrapping_mul(CHOICE))
}

/// Returns a number for each near feature, given the class that the dictionary chose: the character, by its [`own_sign`], and its [`pairs`]. Of those there are
/// weights for each choice, also where the trainer has found one for all and another for this choice: one question in place of two.
#[inline(always)]
pub(crate) fn near_features(own: u32, [left, right]: [u64; 2], choice: usize) -> [u64; NEAR] {
    let own = u64::from(own).wrapping_mul(CHARACTER);
    #[expect(clippy::cast_possible_truncation, reason = "there are few classes")]
    [own, left, right].map(|feature| given(feature, choice as u32 + 1))
}

/// Returns the [`sign`] of what three bytes are, and whether they are an ideograph or a common mark.
#[inline(always)]
pub(crate) fn sign_of_bytes(bytes: u32) -> (u32, bool) {
    // From U+4E00 to U+9FFF; the bytes of another character begin with none of these.
    #[expect(clippy::cast_possible_truncation, reason = "the first two bytes")]
    let is_ideograph = matches!((bytes as u16).swap_bytes(), 0xE4B8..=0xE9BF);
    let is_mark = has(&MARKS, bytes);
    (if is_mark { OTHER } else { bytes }, is_ideograph | is_mark)
}

/// Marks of Chinese, all of the kind [`OTHER`].
const MARKS: [u32; 256] = by_slot("，。、：；！？“”‘’「」『』（）《》…—　");

/// Returns a table of some characters of three bytes, as [`sign`] says, each at its [`slot`].
pub(super) const fn by_slot(characters: &str) -> [u32; 256] {
    let (bytes, mut table, mut at) = (characters.as_bytes(), [u32::MAX; 256], 0);
    while at < bytes.len() {
        let sign = u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], 0]);
        assert!(table[slot(sign)] == u32::MAX, "two characters at one place");
        table[slot(sign)] = sign;
        at += 3;
    }
    table
}

/// Returns whether such a table has a character.
#[inline(always)]
pub(super) fn has(table: &[u32; 256], sign: u32) -> bool {
    table[slot(sign)] == sign
}

/// The factor is one with which no table has two characters at one place.
#[inline(always)]
const fn slot(sign: u32) -> usize {
    (sign.wrapping_mul(0xB8B6_D8FF) >> 24) as usize
}

/// Returns the symbol that is seen next before `at`, and where it begins.
fn before(text: &[u8], at: usize) -> (u32, usize) {
    let Some((code, start)) = previous(text, at) else { return (OTHER, at) };
    if code != BLANK {
        return (kind(code), start);
    }
    // 30 只 is as 30只.
    match previous(text, start).map(|(code, start)| (kind(code), start)) {
        Some(found) if is_word(found.0) => found,
        _ => (OTHER, start),
    }
}

/// Returns the symbol that is seen next from `at` on, and where it ends.
fn after(text: &[u8], at: usize) -> (u32, usize) {
    if at >= text.len() {
        return (OTHER, at);
    }
    let (code, end) = next(text, at);
    if code != BLANK {
        return (kind(code), end);
    }
    if end < text.len() {
        let (code, end) = next(text, end);
        if is_word(kind(code)) {
            return (kind(code), end);
        }
    }
    (OTHER, end)
}

/// Returns what a feature is filed under for a class other than the first: the upper half counts.
#[inline(always)]
pub(crate) fn filed(feature: u64, class: usize) -> u64 {
    feature.wrapping_add((class as u64 - 1).wrapping_mul(CLASS))
}

const BLANK: u32 = ' ' as u32;

/// Returns whether no window looks across a character.
#[cfg(test)]
pub(crate) fn is_boundary(code: u32) -> bool {
    code != BLANK && kind(code) == OTHER
}

/// A number, letter or dot: what is seen over a blank.
fn is_word(symbol: u32) -> bool {
    matches!(symbol, NUMBER | LETTER | DOT)
}

/// Returns the symbol of a character.
#[inline]
pub(crate) fn kind(code: u32) -> u32 {
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
#[inline(always)]
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
    // The lead of three bytes is nowhere else: most characters are found at once.
    if let Some(&[lead @ 0xE0..=0xEF, second, third]) =
        at.checked_sub(3).and_then(|start| text[start..].first_chunk())
    {
        let low = |byte: u8| u32::from(byte) & 0x3F;
        return Some(((u32::from(lead) & 0xF) << 12 | low(second) << 6 | low(third), at - 3));
    }
    let mut start = at.checked_sub(1)?;
    while start > 0 && text[start] & 0xC0 == 0x80 {
        start -= 1;
    }
    Some((next(text, start).0, start))
}

#[cfg(test)]
mod tests {
    use super::{
        BLANK, CANTONESE, CANTONESE_SIGN, CHARACTER, CHOICE, COPULA, DOT, FAR, LETTER, NEAR,
        NUMBER, OTHER, PLACES, REACH, TEMPLATES, Window, beside, is_boundary, is_word, kind, sign,
    };

    /// As [`Window::far_features`], by the templates.
    fn far_features(window: &Window) -> [u64; FAR] {
        let ([l1, l2, l3], [r1, r2, r3]) = (window.left, window.right);
        let places = [l3, l2, l1, r1, r2, r3];
        TEMPLATES.map(|bits| {
            let mut sum = u64::from(window.character).wrapping_mul(CHARACTER);
            for (place, symbol) in places.into_iter().enumerate() {
                if bits >> (2 * REACH - 1 - place) & 1 != 0 {
                    let product = (u64::from(symbol) + 1).wrapping_mul(PLACES[place]);
                    sum = sum.wrapping_add(product);
                }
            }
            sum
        })
    }

    /// As [`Window::near_features`], one by one.
    fn near_features(window: &Window, choice: u64) -> [u64; NEAR] {
        let own = match window.character {
            character if character >= CANTONESE => sign(character - CANTONESE) + CANTONESE_SIGN,
            character => sign(character),
        };
        let own = u64::from(own).wrapping_mul(CHARACTER);
        let choice = (choice + 1).wrapping_mul(CHOICE);
        let product =
            |symbol: u32, place: usize| (u64::from(sign(symbol)) + 1).wrapping_mul(PLACES[place]);
        let near = [0, product(window.left[0], 2), product(window.right[0], 3)];
        near.map(|near| own.wrapping_add(choice).wrapping_add(near))
    }

    /// As [`Window::around`], over characters.
    fn window(text: &[char], at: usize) -> Window {
        let seen = |symbols: &mut dyn Iterator<Item = char>| {
            let symbols: Vec<u32> = symbols.map(u32::from).collect();
            let mut found = [OTHER; REACH];
            let symbols = match symbols[..] {
                [BLANK, word, ..] if is_word(kind(word)) => &symbols[1..],
                [BLANK, ..] => &[],
                _ => &symbols,
            };
            for (found, &code) in found.iter_mut().zip(symbols) {
                *found = kind(code);
                if *found <= DOT {
                    break;
                }
            }
            found
        };
        let (left, right) = (text[..at].iter().rev(), text[at + 1..].iter());
        let character = u32::from(text[at]);
        Window { character, left: seen(&mut left.copied()), right: seen(&mut right.copied()) }
    }

    #[test]
    fn windows_and_features_are_those_of_the_naive_form() {
        let signs: Vec<char> = "里发只一龟㐀䷀𠀀 3３aÀ·，、\n\0—あ".chars().collect();
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize
        };
        for _ in 0..20_000 {
            let mut text: Vec<char> =
                (0..random() % 9).map(|_| signs[random() % signs.len()]).collect();
            let at = random() % (text.len() + 1);
            text.insert(at, '里');
            let bytes: String = text.iter().collect();
            let place = text[..at].iter().map(|c| c.len_utf8()).sum();
            let found = Window::around(bytes.as_bytes(), place);
            assert_eq!(found, window(&text, at), "{bytes:?} {at}");
            assert_eq!(beside(bytes.as_bytes(), place), [found.left[0], found.right[0]]);
            assert_eq!(found.far_features(), far_features(&found));
            for (choice, number) in (0..3).zip(0..) {
                assert_eq!(found.near_features(choice), near_features(&found, number));
            }
        }
    }

    #[test]
    fn cantonese_has_features_of_its_own() {
        let window = around("唔系我", COPULA);
        let cantonese = Window { character: window.character | CANTONESE, ..window };
        assert_eq!(cantonese.near_features(0), near_features(&cantonese, 0));
        let features = |window: &Window| {
            let near = window.near_features(0).into_iter();
            near.chain(window.far_features()).collect::<Vec<u64>>()
        };
        let (other, own) = (features(&window), features(&cantonese));
        assert!(own.iter().all(|feature| !other.contains(feature)));
    }

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
    fn ideographs_are_seen_as_any_symbol_is() {
        let signs: Vec<char> = "甲一龥鿿䶵\u{A000}\u{4DFF}，·a1 é𠀀〇".chars().collect();
        let mut number = 1_usize;
        for _ in 0..20_000 {
            let text: String = (0..9)
                .map(|_| {
                    number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    // Every second is an ideograph.
                    signs[(number >> 33) % (2 * signs.len()) % signs.len() * (number >> 62 & 1)]
                })
                .collect();
            let (text, at) = (format!("{text}里{text}"), text.len());
            let window = Window::around(text.as_bytes(), at);
            let bytes = text.as_bytes();
            let (mut left, mut right) = ([OTHER; REACH], [OTHER; REACH]);
            Window::left_of_any(bytes, at, &mut left, 0);
            Window::right_of_any(bytes, at + 3, &mut right, 0);
            assert_eq!((window.left, window.right), (left, right), "{text}");
        }
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
