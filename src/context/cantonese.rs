//! 系 or 係: whether a text is Cantonese, and whether the verb is meant.
//!
//! In: a text in Simplified script and the places of 系. Out: whether the line is Cantonese without doubt, by the characters that only Cantonese has;
//! and whether the neighbours of 系 alone tell that it is 係, its commonest verb. The naive way looks around each place, and asks the model about
//! each; here each character is looked at once, and four places in five are settled without a question.

use super::features::{self, OTHER, by_slot, has, next};

/// Bytes that are seen on either side of 系 in its line: thirty ideographs.
pub(super) const EARSHOT: usize = 90;

/// Characters of Cantonese that no other written Chinese has: none stands in 700,000 characters of Taiwanese text.
const CANTONESE_ONLY: &str = "佢嘅喺唔哋咗嚟冇咁嘢啲乜嗰噉咩喎囉㗎噃攞瞓嘞啱揾搵咋冚";

/// What stands before 係 in Cantonese, and never before 系 that begins none of the words in [`FACULTY`]. Between these, or between a
/// mark and a character that tells, it is at four places in five, with no error among 5,832 of the texts that the model
/// was made of and tried on. Where one of its two pairs tells, as the model
/// has found of some, nothing else is asked either: a question to the model takes hundreds of instructions.
const BEFORE_COPULA: &str = "即唔但真都就佢梗又得呢会定者经该净啲噉似咪只重而算";
/// What makes a word with 系 before it: 系统, 系列, 系数, 系谱, 系主任, 系所, and 系争 of the courts.
const FACULTY: &str = "统列数谱主所争";

const TELLS: [u32; 256] = by_slot(CANTONESE_ONLY);
const COPULA_FOLLOWS: [u32; 256] = by_slot(BEFORE_COPULA);
const BEHIND_FACULTY: [u32; 256] = by_slot(FACULTY);

/// Returns whether 系 is 係 between these neighbours, if the text is Cantonese. They are as [`sign`](features::sign) says.
#[inline(always)]
pub(super) fn is_copula([left, right]: [u32; 2]) -> bool {
    has(&COPULA_FOLLOWS, left) && !has(&BEHIND_FACULTY, right)
        || left == OTHER && has(&TELLS, right)
}

/// What was seen of the lines of a text so far. 系 stands in every second clause of Cantonese: to look around each took nine tenths of
/// the time of such a line, so each character is looked at once.
#[derive(Default)]
pub(super) struct Lines {
    /// Up to where the text was looked at.
    seen: usize,
    /// The last character before that, in the same line, that tells.
    tell: Option<usize>,
}

/// What a character says about its line: in Cantonese not every clause has such a character.
enum Sign {
    Tells,
    Ends,
    Nothing,
}

/// Returns what a character of three bytes says.
#[inline(always)]
fn line_sign(&[a, b, c]: &[u8; 3]) -> Sign {
    if has(&TELLS, u32::from_le_bytes([a, b, c, 0])) { Sign::Tells } else { Sign::Nothing }
}

/// Returns what any other character says.
#[inline(always)]
fn line_sign_of_other(code: u32) -> Sign {
    if matches!(code, 0x0A | 0x0D) { Sign::Ends } else { Sign::Nothing }
}

impl Lines {
    /// Returns whether what stands around a place with these neighbours is Cantonese without doubt. Places are asked for in their order.
    #[cold]
    #[inline(never)]
    pub(super) fn is_cantonese(&mut self, text: &[u8], at: usize, near: [u32; 2]) -> bool {
        // In half of all cases a neighbour tells.
        near.into_iter().any(|sign| has(&TELLS, sign)) || self.hear(text, at)
    }

    fn hear(&mut self, text: &[u8], at: usize) -> bool {
        let mut place = at;
        while place > self.seen && place + EARSHOT > at {
            let (sign, start) = match text[..place].last_chunk() {
                // The lead of three bytes is nowhere else.
                Some(three @ [0xE0..=0xEF, _, _]) => (line_sign(three), place - 3),
                _ => match features::previous(text, place) {
                    Some((code, start)) => (line_sign_of_other(code), start),
                    None => break,
                },
            };
            place = match sign {
                Sign::Nothing => start,
                Sign::Ends => {
                    self.tell = None;
                    break;
                }
                Sign::Tells => {
                    self.tell = Some(start);
                    break;
                }
            };
        }
        self.seen = self.seen.max(at);
        let is_near = self.tell.is_some_and(|tell| tell + EARSHOT >= at);
        while !is_near && self.seen < text.len() && self.seen <= at + EARSHOT {
            let (sign, end) = match text[self.seen..].first_chunk() {
                Some(three @ [0xE0..=0xEF, _, _]) => (line_sign(three), self.seen + 3),
                _ => {
                    let (code, end) = next(text, self.seen);
                    (line_sign_of_other(code), end)
                }
            };
            match sign {
                Sign::Nothing => self.seen = end,
                Sign::Ends => break,
                Sign::Tells => {
                    (self.tell, self.seen) = (Some(self.seen), end);
                    return true;
                }
            }
        }
        is_near
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::{beside, sign};
    use super::{CANTONESE_ONLY, EARSHOT, Lines};

    /// A look around each place gives what one look through the text does.
    #[test]
    fn lines_are_cantonese_wherever_they_are_asked() {
        let signs: Vec<char> = "系系一二三四五六七八九十佢\na 𠀀啲，\0\r".chars().collect();
        let mut state = 3_u64;
        let mut random = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % end
        };
        let (mut near, mut far) = (0, 0);
        for round in 0..3000 {
            // Mostly characters that say nothing, so that some are out of earshot.
            let kinds = [signs.len(), 13, 12][round % 3];
            let pick = |random: &mut dyn FnMut(usize) -> usize| match random(1 + 12 * (round % 4)) {
                0 => signs[random(kinds)],
                _ => signs[2 + random(10)],
            };
            let text: String = (0..400).map(|_| pick(&mut random)).collect();
            let mut lines = Lines::default();
            for (at, _) in text.match_indices('系') {
                let before = text[..at].char_indices().rev();
                let is_heard = |&(place, _): &(usize, char)| place.abs_diff(at) <= EARSHOT;
                let is_in = |&(_, c): &(usize, char)| !matches!(c, '\n' | '\r');
                let tells = |(_, c)| CANTONESE_ONLY.contains(c);
                let behind = text[at..].char_indices().map(|(offset, c)| (at + offset, c));
                let naive = before.take_while(is_heard).take_while(is_in).any(tells)
                    || behind.take_while(is_heard).take_while(is_in).any(tells);
                let beside = beside(text.as_bytes(), at).map(sign);
                assert_eq!(lines.is_cantonese(text.as_bytes(), at, beside), naive, "{at} {text}");
                *if naive { &mut near } else { &mut far } += 1;
            }
        }
        assert!(near > 10_000 && far > 10_000, "{near} {far}");
    }
}
