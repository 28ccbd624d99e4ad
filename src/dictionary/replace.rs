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

use super::table::{Entry, Found, Table};

/// Bytes that may be written behind the output's end at any time.
const SLACK: usize = 32;

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
    let mut at = 0;
    while at < text.len() {
        if text[at] < 0x80 {
            at = ascii(table, text, at, output, events);
            continue;
        }
        let room = &mut output.bytes[output.len..];
        let (read, written) = three_byte_run(table, &text[at..], room);
        at += read;
        output.len += written;
        // The run writes values longer than their keys as long as there is room, and so may have used up what was kept.
        output.ensure(text.len() - at);
        if at < text.len() && text[at] >= 0x80 {
            at = any(table, text, at, output, events);
        }
    }
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

/// Converts three-byte characters, and phrases of them, for as long as there is nothing else to think of; returns how many
/// bytes were read and written.
///
/// It stops, and leaves the character it stands at to [`any`], before anything that is not a three-byte character, an event,
/// an output that is stored, or too little room. Each character's entry is loaded once: as the second of a pair, and then,
/// if the pair begins no phrase, as the first of the next. The slices shrink from the front, so that the loop has few
/// values to keep in registers.
#[inline(never)]
fn three_byte_run(table: &Table<'_>, text: &[u8], room: &mut [u8]) -> (usize, usize) {
    let (text_len, room_len) = (text.len(), room.len());
    let (mut text, mut room) = (text, room);
    'run: while let Some(mut word) = three_byte(text) {
        let mut entry = table.three(word);
        loop {
            while entry.is_plain() {
                let Some(four) = room.get_mut(..4) else { break 'run };
                four.copy_from_slice(&(word ^ entry.output()).to_le_bytes());
                text = &text[3..];
                room = &mut room[3..];
                match three_byte(text) {
                    Some(next) => word = next,
                    None => break 'run,
                }
                entry = table.three(word);
            }
            if entry.0 & (Entry::STORED | Entry::EVENT) != 0 {
                break 'run;
            }
            let Some(next_word) = text.get(3..).and_then(three_byte) else { break 'run };
            let next = table.three(next_word);
            if let Some(node) = table.child(entry.root(), next) {
                match table.phrase_from(node, text, 6) {
                    Found::ByCharacter { end: 6 } if !next.is_stored() => {
                        let Some(eight) = room.get_mut(..8) else { break 'run };
                        let first = u64::from((word ^ entry.output()) & 0xFF_FFFF);
                        let both = first | u64::from(next_word ^ next.output()) << 24;
                        eight.copy_from_slice(&both.to_le_bytes());
                        text = &text[6..];
                        room = &mut room[6..];
                        continue 'run;
                    }
                    Found::Value { end, place } => {
                        let Some(written) = table.copy_short_value(place, room) else {
                            break 'run;
                        };
                        text = &text[end..];
                        room = &mut room[written..];
                        continue 'run;
                    }
                    Found::ByCharacter { end } => {
                        let Some(written) = plain_characters(table, &text[..end], room) else {
                            break 'run;
                        };
                        text = &text[end..];
                        room = &mut room[written..];
                        continue 'run;
                    }
                    Found::Trigger => break 'run,
                    Found::Character => {}
                }
            }
            let Some(four) = room.get_mut(..4) else { break 'run };
            four.copy_from_slice(&(word ^ entry.output()).to_le_bytes());
            text = &text[3..];
            room = &mut room[3..];
            word = next_word;
            entry = next;
        }
    }
    (text_len - text.len(), room_len - room.len())
}

/// Returns the four bytes at the head of `text` if they begin with a three-byte character.
#[inline(always)]
fn three_byte(text: &[u8]) -> Option<u32> {
    let four: [u8; 4] = text.get(..4)?.try_into().ok()?;
    let word = u32::from_le_bytes(four);
    (word & 0xF0 == 0xE0).then_some(word)
}

/// Writes what each of these characters gives alone, if all of them are three-byte characters that give such; returns how
/// many bytes were written.
#[inline(always)]
fn plain_characters(table: &Table<'_>, text: &[u8], room: &mut [u8]) -> Option<usize> {
    let mut at = 0;
    while at < text.len() {
        let &[a, b, c] = text.get(at..at + 3)? else { return None };
        let word = u32::from_le_bytes([a, b, c, 0]);
        if word & 0xF0 != 0xE0 {
            return None;
        }
        let entry = table.three(word);
        if entry.is_stored() {
            return None;
        }
        room.get_mut(at..at + 4)?.copy_from_slice(&(word ^ entry.output()).to_le_bytes());
        at += 3;
    }
    Some(at)
}

/// Copies a run of ASCII and looks up only the characters at its end that may begin a key.
fn ascii(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    output: &mut Output,
    events: &mut impl Events,
) -> usize {
    let run = ascii_run(&text[at..]);
    let inert = run.saturating_sub(table.ascii_tail);
    let end = at + run;
    output.push(&text[at..at + inert], text.len() - at - inert);
    let mut at = at + inert;
    while at < end {
        at = any(table, text, at, output, events);
    }
    at
}

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
