//! The one pass over the text: leftmost, longest key, into the output.
//!
//! In: UTF-8 and a [`Table`]. Out: the bytes with every key replaced, appended to an [`Output`]. The naive loop looks up a
//! character, copies or replaces it, and goes on. Ours differs in what a position costs:
//!
//! * ASCII is looked for in blocks and copied whole; only the last few characters before other text can begin a key
//!   (`SQL注入`), and only they are looked up.
//! * A three-byte character that begins no phrase is one load of its entry and one store of four bytes, changed or not:
//!   there is no branch on "changed".
//! * Room in the output is kept ahead of the input, so that a store needs no growth check.
//!
//! Two things a table cannot decide are handed to [`Events`]: a character flagged as an event, and a pair of characters
//! that triggers later conversion steps.

use super::double_array::Node;
use super::table::{Entry, Found, Head, Table};

/// Bytes that may be written behind the output's end at any time: a block, whatever it holds.
const SLACK: usize = 256;

/// Where the pass writes: a buffer that is longer than what has been written.
#[derive(Debug)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    len: usize,
}

impl Output {
    /// Continues a buffer; `expected` bytes more are likely.
    pub(crate) fn append_to(mut bytes: Vec<u8>, expected: usize) -> Output {
        let len = bytes.len();
        let room = expected + expected / 16 + 2 * SLACK;
        if len == 0 && bytes.capacity() < room {
            // The system hands out zeroed pages for nothing; filling them here would be a pass over memory.
            bytes = vec![0; room];
        } else {
            bytes.resize(len + room, 0);
        }
        Output { bytes, len }
    }

    /// Starts an output of its own, for use again and again.
    pub(crate) fn with_room(expected: usize) -> Output {
        Output { bytes: vec![0; expected + expected / 16 + 2 * SLACK], len: 0 }
    }

    /// Forgets what was written; the room stays.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Returns what was written.
    pub(crate) fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Returns the buffer, as long as what was written.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.len);
        self.bytes
    }

    /// Makes room for `wanted` bytes.
    #[inline(always)]
    fn ensure(&mut self, wanted: usize) {
        if self.bytes.len() - self.len < wanted + SLACK {
            self.grow(wanted);
        }
    }

    #[cold]
    fn grow(&mut self, wanted: usize) {
        let len = (self.len + wanted + SLACK).max(self.bytes.len() + self.bytes.len() / 2);
        self.bytes.resize(len, 0);
    }

    /// Appends `value`, and keeps room for `rest` bytes more.
    #[inline(always)]
    pub(crate) fn push(&mut self, value: &[u8], rest: usize) {
        self.ensure(value.len() + rest);
        self.bytes[self.len..self.len + value.len()].copy_from_slice(value);
        self.len += value.len();
    }

    /// Appends what stands in a block from `from` on, up to `to`; there must be room for a block.
    ///
    /// As many bytes are copied whatever the length is: a copy of any length begins with a branch that is often predicted
    /// badly.
    #[inline(always)]
    fn push_own(&mut self, own: &[u8; ROOM], from: usize, to: usize) {
        let room = &mut self.bytes[self.len..];
        match (own[from..].first_chunk::<{ 3 * MOST }>(), room.first_chunk_mut::<{ 3 * MOST }>()) {
            (Some(bytes), Some(room)) => {
                // In parts that become moves in place of a call.
                for part in 0..3 {
                    let (from, to) = (part * MOST, (part + 1) * MOST);
                    room[from..to].copy_from_slice(&bytes[from..to]);
                }
                self.len += to - from;
            }
            _ => self.push(&own[from..to], 0),
        }
    }

    /// Appends the three low bytes of `word`; there must be room for four.
    #[inline(always)]
    fn push_three(&mut self, word: u32) {
        self.bytes[self.len..self.len + 4].copy_from_slice(&word.to_le_bytes());
        self.len += 3;
    }

    /// Appends the value at `place`, and keeps room for `rest` bytes more.
    #[inline(always)]
    fn push_value(&mut self, table: &Table<'_>, place: u32, rest: usize) {
        self.push(table.value(place), rest);
    }
}

/// Decides what the table leaves open.
pub(crate) trait Events {
    /// Converts at least one character from `at` on and returns the offset behind what it converted. It must keep room in
    /// the output for the rest of the text; `Output::push` does.
    fn convert(&mut self, text: &[u8], at: usize, output: &mut Output) -> usize;

    /// Returns whether a conversion so far has looked at the end of the text, so that more text could have changed it.
    fn needs_more(&self) -> bool;
}

/// Converts `text`, which must be UTF-8.
pub(crate) fn replace(
    table: &Table<'_>,
    text: &[u8],
    output: &mut Output,
    events: &mut impl Events,
) {
    output.ensure(text.len());
    let mut room = Block::new();
    let mut at = 0;
    while at < text.len() {
        if text[at] < 0x80 {
            at = ascii(table, text, at, output, events);
            continue;
        }
        at = block(table, text, at, output, events, &mut room);
        if at < text.len() && text[at] >= 0x80 {
            at = any(table, text, at, output, events);
        }
    }
}

/// Characters of a block: as many as a word has bits.
const MOST: usize = 64;
/// Their bytes, and as many behind them, which are copied with those but do not count.
const ROOM: usize = 2 * 3 * MOST;

/// Room for a block, and what was found out about it.
struct Block {
    /// What its characters give, each by itself.
    own: [u8; ROOM],
    classes: [u32; MOST + 1],
    /// The nodes of pairs that may be special.
    nodes: [Node; MOST],
    characters: usize,
    /// Where something special may begin.
    special: u64,
    /// Characters that are an event, or whose output is stored.
    busy: u64,
}

impl Block {
    fn new() -> Block {
        let (own, classes, nodes) = ([0; ROOM], [0; MOST + 1], [Node::NONE; MOST]);
        Block { own, nodes, classes, characters: 0, special: 0, busy: 0 }
    }

    /// Takes the three-byte characters at the head of a text, as many as there is room for; writes what each gives by itself
    /// and notes where there may be more to it.
    #[inline(never)]
    fn scan(&mut self, table: &Table<'_>, text: &[u8]) {
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
        }
        self.classes[characters] = 0;
        self.characters = characters;
        self.special = 0;
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
        }
        self.busy = if Head(all).is_busy() { busy(table, text, characters) } else { 0 };
        self.special = bits | self.busy;
    }
}

/// Returns the places of `special` where something special does stand, or a busy character is.
#[inline(always)]
fn exactly(table: &Table<'_>, text: &[u8], block: &mut Block, special: u64) -> u64 {
    // First the pairs, without a branch but the loop's own: a third of them is special, and no predictor knows which.
    let mut pairs = 0;
    let mut rest = special & !block.busy;
    while rest != 0 {
        let index = rest.trailing_zeros() as usize;
        rest &= rest - 1;
        let first = table.link(text, 3 * index);
        // Behind the last character of a block nothing special can go on.
        let next = table.link(text, 3 * index + 3);
        let (node, begins) = table.node_of_two(first, next);
        block.nodes[index] = node;
        pairs |= u64::from(begins) << index;
    }
    let mut exact = block.busy & special;
    while pairs != 0 {
        let index = pairs.trailing_zeros() as usize;
        pairs &= pairs - 1;
        let stands = table.is_special_in(block.nodes[index], text, 3 * index + 6);
        exact |= u64::from(stands) << index;
    }
    exact
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
    _mm_movemask_epi8(_mm_packs_epi16(low, high)) as u16
}

#[cfg(not(target_arch = "x86_64"))]
use meeting_by_one as meeting;

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

/// Converts three-byte characters up to the first other character or a little more than [`MOST`]; returns the offset behind
/// what was converted, which may be none.
#[inline(always)]
fn block(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    output: &mut Output,
    events: &mut impl Events,
    room: &mut Block,
) -> usize {
    room.scan(table, &text[at..]);
    let &mut Block { characters, mut special, busy, .. } = room;
    // Words may lie across the end of the block, but not across the last place where no word can.
    let mut end = at + 3 * characters;
    if end < text.len() {
        let mut next = table.any_link(text, end);
        while end > at {
            let last = table.link(text, end - 3);
            if !table.may_join(last, next) {
                break;
            }
            next = last;
            end -= 3;
        }
        if end == at {
            let end = at + 3 * characters;
            let mut at = at;
            while at < end {
                at = any(table, text, at, output, events);
            }
            return at;
        }
        let kept = (end - at) / 3;
        if kept < MOST {
            special &= (1 << kept) - 1;
        }
    }
    special = exactly(table, &text[at..], room, special);
    let own = &room.own;
    // What is written, and what is decided.
    let (mut written, mut done) = (at, at);
    while special != 0 {
        let index = special.trailing_zeros() as usize;
        special &= special - 1;
        let place = at + 3 * index;
        if place < done {
            continue;
        }
        let mut next = table.link(text, place);
        let mut start = place;
        while start > done {
            let last = table.link(text, start - 3);
            if !table.may_join(last, next) {
                break;
            }
            next = last;
            start -= 3;
        }
        done = start;
        while done <= place {
            let (entry, behind) = table.entry(text, done);
            let found = match entry.root() {
                0 => Found::Character,
                root => table.phrase(root, text, behind).0,
            };
            match found {
                Found::Value { end, place } => {
                    output.push_own(own, written - at, done - at);
                    output.push_value(table, place, text.len() - end);
                    (done, written) = (end, end);
                }
                Found::ByCharacter { end } => {
                    let last = (end - at).div_ceil(3).min(MOST);
                    if busy >> ((done - at) / 3) & (u64::MAX >> (MOST - last)) >> ((done - at) / 3)
                        != 0
                    {
                        output.push_own(own, written - at, done - at);
                        while done < end {
                            let (entry, behind) = table.entry(text, done);
                            character(
                                table,
                                entry,
                                &text[done..behind],
                                output,
                                text.len() - behind,
                            );
                            done = behind;
                        }
                        written = end;
                    }
                    done = end;
                }
                Found::Character if !entry.head.is_busy() => done = behind,
                Found::Character if !entry.is_event() => {
                    output.push_own(own, written - at, done - at);
                    character(table, entry, &text[done..behind], output, text.len() - behind);
                    (done, written) = (behind, behind);
                }
                Found::Character | Found::Trigger => {
                    output.push_own(own, written - at, done - at);
                    done = events.convert(text, done, output);
                    written = done;
                }
            }
        }
    }
    let end = end.max(done);
    if written < end {
        output.push_own(own, written - at, end - at);
    }
    end
}

/// Converts `text` as [`replace`] does, but only up to the first position at or behind `limit`, or to an event that could not
/// be decided; returns the offset behind what was converted. It is for the ends of chunks, and slower.
pub(crate) fn replace_until(
    table: &Table<'_>,
    text: &[u8],
    limit: usize,
    output: &mut Output,
    events: &mut impl Events,
) -> usize {
    let mut at = 0;
    while at < limit {
        output.ensure(text.len() - at);
        let before = output.len;
        let end = any(table, text, at, output, events);
        if events.needs_more() {
            output.len = before;
            break;
        }
        at = end;
    }
    at
}

/// Copies a run of ASCII and looks up only the characters at its end that may begin a key.
#[inline(always)]
fn ascii(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    output: &mut Output,
    events: &mut impl Events,
) -> usize {
    // Nearly always it is a line end, or a number.
    const SHORT: usize = 32;
    let head = text[at..].first_chunk::<SHORT>();
    let run = match head.map(|head| head.first_chunk::<8>()) {
        Some(Some(&eight)) if u64::from_le_bytes(eight) & NOT_ASCII != 0 => {
            (u64::from_le_bytes(eight) & NOT_ASCII).trailing_zeros() as usize / 8
        }
        _ => ascii_run(&text[at..]),
    };
    let tail = at + run.saturating_sub(table.ascii_tail);
    let inert = text[tail..at + run].iter().position(|&byte| !table.is_inert(byte));
    let end = inert.map_or(at + run, |inert| tail + inert);
    match (head, output.bytes[output.len..].first_chunk_mut()) {
        (Some(head), Some(room)) if run <= SHORT => {
            *room = *head;
            output.len += end - at;
        }
        _ => output.push(&text[at..end], text.len() - end),
    }
    let mut done = end;
    while done < at + run {
        done = any(table, text, done, output, events);
    }
    done
}

/// The bits of eight bytes that ASCII does not have.
const NOT_ASCII: u64 = 0x8080_8080_8080_8080;

/// Returns the length of the ASCII at the head of `text`.
fn ascii_run(text: &[u8]) -> usize {
    const BLOCK: usize = 64;
    let mut at = 0;
    // A block of fixed size is tested without an early exit, which the compiler turns into vector code.
    while let Some(block) = text.get(at..at + BLOCK)
        && block.iter().fold(0, |all, byte| all | byte) < 0x80
    {
        at += BLOCK;
    }
    at + text[at..].iter().position(|&byte| byte >= 0x80).unwrap_or(text.len() - at)
}

/// Converts the character or phrase at `at`, whatever it is.
#[inline(always)]
fn any(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    output: &mut Output,
    events: &mut impl Events,
) -> usize {
    let (entry, behind) = table.entry(text, at);
    if entry.root() != 0 {
        match table.phrase(entry.root(), text, behind).0 {
            Found::Character => {}
            Found::Trigger => return events.convert(text, at, output),
            Found::Value { end, place } => {
                output.push_value(table, place, text.len() - end);
                return end;
            }
            Found::ByCharacter { end } => {
                let mut at = at;
                while at < end {
                    let (entry, behind) = table.entry(text, at);
                    character(table, entry, &text[at..behind], output, text.len() - behind);
                    at = behind;
                }
                return end;
            }
        }
    }
    if entry.is_event() {
        return events.convert(text, at, output);
    }
    character(table, entry, &text[at..behind], output, text.len() - behind);
    behind
}

/// Writes what a character gives alone.
#[inline(always)]
fn character(table: &Table<'_>, entry: Entry, own: &[u8], output: &mut Output, rest: usize) {
    if entry.is_stored() {
        output.push_value(table, entry.output(), rest);
    } else if let &[a, b, c] = own {
        output.push_three(u32::from_le_bytes([a, b, c, 0]) ^ entry.output());
    } else {
        output.push(own, rest);
    }
}

/// Appends what the key or character at `at` gives, and returns the offset behind it and whether it was a key; `None`
/// where more text could give a longer key and the text is not `complete`.
///
/// This is one step of a conversion, for the places where steps have to run one after the other.
pub(crate) fn step(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    complete: bool,
    output: &mut Vec<u8>,
) -> Option<(usize, bool)> {
    let (entry, behind) = table.entry(text, at);
    if entry.root() != 0 {
        let (found, open) = table.phrase(entry.root(), text, behind);
        if open && !complete {
            return None;
        }
        match found {
            Found::Character | Found::Trigger => {}
            Found::Value { end, place } => {
                output.extend_from_slice(table.value(place));
                return Some((end, true));
            }
            Found::ByCharacter { end } => {
                let mut at = at;
                while at < end {
                    let (entry, behind) = table.entry(text, at);
                    append_character(table, entry, &text[at..behind], output);
                    at = behind;
                }
                return Some((end, true));
            }
        }
    }
    append_character(table, entry, &text[at..behind], output);
    Some((behind, entry.is_key()))
}

fn append_character(table: &Table<'_>, entry: Entry, own: &[u8], output: &mut Vec<u8>) {
    if entry.is_stored() {
        output.extend_from_slice(table.value(entry.output()));
    } else if let &[a, b, c] = own {
        let word = u32::from_le_bytes([a, b, c, 0]) ^ entry.output();
        output.extend_from_slice(&word.to_le_bytes()[..3]);
    } else {
        output.extend_from_slice(own);
    }
}
