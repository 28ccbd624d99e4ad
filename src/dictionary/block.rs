//! A block of three-byte characters: what each gives by itself, and where there is more to it.
//!
//! In: UTF-8. Out: the characters' own outputs, and the places where something special stands. See
//! [`replace`](mod@super::replace) for what it is good for; the naive way asks the trie at every character.

use super::double_array::Node;
use super::table::{Head, Table};

/// Characters of a block: as many as a word has bits.
pub(super) const MOST: usize = 64;
/// Their bytes, and as many behind them, which are copied with those but do not count.
pub(super) const ROOM: usize = 2 * 3 * MOST;

/// Room for a block, and what was found out about it.
pub(super) struct Block {
    /// What its characters give, each by itself.
    pub(super) own: [u8; ROOM],
    classes: [u32; MOST + 1],
    /// The lower halves of the heads, if it is asked which characters are open.
    flags: [u32; MOST],
    /// The nodes of pairs that may be special.
    nodes: [Node; MOST],
    pub(super) characters: usize,
    /// Where something special may begin.
    pub(super) special: u64,
    /// Characters that are an event, or whose output is stored.
    pub(super) busy: u64,
    /// Characters that may be written in several ways, if they are asked for, and those of them that are doubtful by themselves.
    pub(super) open: u64,
    pub(super) doubtful: u64,
}

impl Block {
    pub(super) fn new() -> Block {
        let (own, classes, nodes) = ([0; ROOM], [0; MOST + 1], [Node::NONE; MOST]);
        let (flags, characters) = ([0; MOST], 0);
        let (special, busy, open, doubtful) = (0, 0, 0, 0);
        Block { own, nodes, classes, flags, characters, special, busy, open, doubtful }
    }

    /// Takes the three-byte characters at the head of a text, as many as there is room for; writes what each gives by itself
    /// and notes where there may be more to it.
    #[inline(never)]
    pub(super) fn scan<const NOTES: bool>(&mut self, table: &Table<'_>, text: &[u8]) {
        let mut all = 0;
        let mut characters = MOST;
        for index in 0..MOST {
            let four = text.get(3 * index..3 * index + 4).and_then(|four| four.first_chunk());
            let Some((&four, head)) = four.and_then(|four| Some((four, table.head(*four)?))) else {
                characters = index;
                break;
            };
            let own = u32::from_le_bytes(four) ^ head.change();
            self.own[3 * index..3 * index + 4].copy_from_slice(&own.to_le_bytes());
            self.classes[index] = head.classes();
            all |= head.0;
            if NOTES {
                self.flags[index] = head.change();
            }
        }
        self.classes[characters] = 0;
        self.characters = characters;
        if NOTES {
            self.ask();
        }
        let mut bits = 0;
        for (index, sixteen) in self.classes.windows(SIXTEEN + 1).step_by(SIXTEEN).enumerate() {
            if SIXTEEN * index >= characters {
                break;
            }
            if let Some(sixteen) = sixteen.first_chunk() {
                bits |= u64::from(meeting(sixteen)) << (SIXTEEN * index);
            }
        }
        if characters < MOST {
            bits &= (1 << characters) - 1;
            self.open &= (1 << characters) - 1;
            self.doubtful &= self.open;
        }
        self.busy = if Head(all).is_busy() { busy(table, text, characters) } else { 0 };
        self.special = bits | self.busy;
    }

    /// Finds the characters whose flags have [`Head::OPEN`] and [`Head::DOUBTFUL`].
    #[inline(always)]
    fn ask(&mut self) {
        (self.open, self.doubtful) = (0, 0);
        let (parts, _) = self.flags.as_chunks::<SIXTEEN>();
        let asked_for = self.characters.div_ceil(SIXTEEN);
        for (index, sixteen) in parts.iter().enumerate().take(asked_for) {
            let [open, doubtful] = asked(sixteen).map(u64::from);
            self.open |= open << (SIXTEEN * index);
            self.doubtful |= doubtful << (SIXTEEN * index);
        }
    }

    /// Returns the places of `special` where something special does stand, or a busy character is.
    #[inline(always)]
    pub(super) fn exactly(&mut self, table: &Table<'_>, text: &[u8], special: u64) -> u64 {
        // First the pairs, without a branch but the loop's own: a third of them is special, and no predictor knows which.
        let mut pairs = 0;
        let mut rest = special & !self.busy;
        while rest != 0 {
            let index = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let first = table.link(text, 3 * index);
            // The last character of a block has no classes behind it to meet, and so is never here unless it is busy.
            debug_assert!(index + 1 < self.characters, "a pair that the block does not hold");
            let next = table.link(text, 3 * index + 3);
            let (node, begins) = table.node_of_two(first, next);
            self.nodes[index] = node;
            pairs |= u64::from(begins) << index;
        }
        let mut exact = self.busy & special;
        while pairs != 0 {
            let index = pairs.trailing_zeros() as usize;
            pairs &= pairs - 1;
            let stands = table.is_special_in(self.nodes[index], text, 3 * index + 6);
            exact |= u64::from(stands) << index;
        }
        exact
    }
}

/// Characters whose classes are compared at once.
const SIXTEEN: usize = 16;

/// Returns a bit for each of sixteen characters: whether its upper set of classes and the lower one of the next have something
/// in common.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn meeting(classes: &[u32; SIXTEEN + 1]) -> u16 {
    // SAFETY: every x86-64 machine has SSE2, and the function asks for nothing else.
    unsafe { meeting_sse2(classes) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn meeting_sse2(classes: &[u32; SIXTEEN + 1]) -> u16 {
    use std::arch::x86_64::{
        __m128i, _mm_and_si128, _mm_cmpgt_epi32, _mm_movemask_epi8, _mm_packs_epi16,
        _mm_packs_epi32, _mm_setzero_si128, _mm_srli_epi32,
    };
    let four = |at: usize| -> __m128i {
        bytemuck::cast([classes[at], classes[at + 1], classes[at + 2], classes[at + 3]])
    };
    let meet = |at: usize| {
        let both = _mm_and_si128(_mm_srli_epi32(four(at), Head::CLASSES as i32), four(at + 1));
        _mm_cmpgt_epi32(both, _mm_setzero_si128())
    };
    let low = _mm_packs_epi32(meet(0), meet(4));
    let high = _mm_packs_epi32(meet(8), meet(12));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sixteen bits")]
    let mask = _mm_movemask_epi8(_mm_packs_epi16(low, high)) as u16;
    mask
}

/// Returns two bits for each of sixteen flags: whether it has [`Head::OPEN`], and [`Head::DOUBTFUL`].
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn asked(flags: &[u32; SIXTEEN]) -> [u16; 2] {
    // SAFETY: every x86-64 machine has SSE2, and the function asks for nothing else.
    unsafe { asked_sse2(flags) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn asked_sse2(flags: &[u32; SIXTEEN]) -> [u16; 2] {
    use std::arch::x86_64::{
        __m128i, _mm_movemask_epi8, _mm_packs_epi16, _mm_packs_epi32, _mm_slli_epi16,
        _mm_srai_epi32,
    };
    const TOP_BYTE: i32 = 24;
    const TO_SIGN: i32 = 4;
    const { assert!(Head::OPEN == 1 << (31 - TO_SIGN) && Head::DOUBTFUL == 1 << 31) };
    let four = bytemuck::cast::<_, [__m128i; 4]>(*flags);
    // The upper bytes; to narrow a number that fits changes nothing.
    let [a, b, c, d] = four.map(|four| _mm_srai_epi32(four, TOP_BYTE));
    let all = _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sixteen bits")]
    let mask = |bytes: __m128i| _mm_movemask_epi8(bytes) as u16;
    [mask(_mm_slli_epi16(all, TO_SIGN)), mask(all)]
}

#[cfg(not(target_arch = "x86_64"))]
use {asked_by_one as asked, meeting_by_one as meeting};

/// As [`asked`], for machines of any kind.
#[cfg_attr(target_arch = "x86_64", cfg(test))]
fn asked_by_one(flags: &[u32; SIXTEEN]) -> [u16; 2] {
    [Head::OPEN, Head::DOUBTFUL].map(|flag| {
        let bits = flags.iter().map(|&flags| u16::from(u64::from(flags) & flag != 0));
        bits.enumerate().fold(0, |all, (index, bit)| all | bit << index)
    })
}

/// As [`meeting`], for machines of any kind.
#[cfg_attr(target_arch = "x86_64", cfg(test))]
fn meeting_by_one(classes: &[u32; SIXTEEN + 1]) -> u16 {
    let meet = |at: usize| (classes[at] >> Head::CLASSES) & classes[at + 1] & 0xFFFF != 0;
    (0..SIXTEEN).fold(0, |bits, at| bits | u16::from(meet(at)) << at)
}

#[cold]
fn busy(table: &Table<'_>, text: &[u8], characters: usize) -> u64 {
    let is_busy = |index: usize| {
        let at = 3 * index;
        let four = [text[at], text[at + 1], text[at + 2], text[at + 3]];
        table.head(four).is_some_and(Head::is_busy)
    };
    (0..characters).fold(0, |bits, index| bits | u64::from(is_busy(index)) << index)
}

#[cfg(test)]
mod tests {
    use super::{SIXTEEN, asked, asked_by_one, meeting, meeting_by_one};

    #[test]
    fn classes_meet_as_they_do_one_by_one() {
        let mut state = 1_u32;
        let mut classes = [0; SIXTEEN + 1];
        for round in 0..500 {
            for class in &mut classes {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                // Few bits, many, all, and those at the ends of both sets.
                *class = match round % 4 {
                    0 => state & state << 7 & state >> 5,
                    1 => state,
                    2 => u32::MAX,
                    _ => 1 << (state >> 27),
                };
            }
            assert_eq!(meeting(&classes), meeting_by_one(&classes), "{classes:x?}");
            let words = classes.first_chunk().unwrap();
            assert_eq!(asked(words), asked_by_one(words), "{words:x?}");
        }
    }
}
