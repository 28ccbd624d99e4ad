//! The one pass over the text: leftmost, longest key, into the output.
//!
//! In: UTF-8 and a [`Table`]. Out: the bytes with every key replaced, appended to an [`Output`]. The naive loop looks for the
//! longest key at a place, writes its value or the character, and goes on behind it. What that costs is not the looking but
//! the branches: whether a key is there is what a processor cannot predict.
//!
//! But most keys do not matter. Of the 49,238 phrases of s2t four fifths give what their characters give one by one; they are
//! there to say where words end. So ours goes over a block of up to 64 three-byte characters in three steps:
//!
//! 1. [`Block::scan`] writes what each character gives by itself, changed or not, without a branch: two loads and a store a
//!    character. It notes the *classes* of each (see [`Head`](super::table::Head)); a comparison of those, sixteen at once, finds the places
//!    where something *special* may begin: what two characters or more give together is not what each gives alone, or a later
//!    step may act. In prose that is one place in eight, with s2t.
//! 2. [`Block::exactly`] follows the trie at these places, the first step of all of them without a branch, and keeps those where something
//!    special stands in the text: one in a hundred.
//! 3. Only there it matters where words begin. The walk that the naive loop does from the head of the text begins at the last
//!    place before, between two characters that stand side by side in no key ([`Table::may_join`]): no key can lie across
//!    it, so the naive loop stops there too. It is one or two characters away. (What a later step does may cross such a place; it
//!    begins at one that was found before, so the walk never begins before its end.)
//!
//! ASCII is copied by the run; only the last few characters before other text can begin a key (`SQL注入`), and only they
//! are looked up. Room in the output is kept ahead of the input, so that a store needs no growth check.
//!
//! Two things a table cannot decide are handed to [`Events`]: a character flagged as an event, and characters that trigger
//! later conversion steps.

use std::ops::Range;

use super::block::{Block, MOST};
use super::output::Output;
use super::table::{Entry, Found, Link, Table};

/// Decides what the table leaves open.
pub(crate) trait Events {
    /// Converts at least one character from `at` on and returns the offset behind what it converted. It must keep room in
    /// the output for the rest of the text; `Output::push` does.
    fn convert(&mut self, text: &[u8], at: usize, output: &mut Output) -> usize;

    /// Returns whether a conversion so far has looked at the end of the text, so that more text could have changed it.
    fn needs_more(&self) -> bool;

    /// Whether [`Events::note`] is of use; if not, nothing is spent on it.
    const NOTES: bool = false;

    /// Whether it is of use too where a character gave what it gives by itself, and no neighbour could change that.
    const PLAIN: bool = false;

    /// Takes note of characters that may be written in several ways, and gave as many bytes as they have: a bit for each of
    /// the three-byte characters from a place on.
    fn note(&mut self, _: u64, _: Note) {}

    /// Whether [`Events::align`] is of use; if not, nothing is spent on it.
    const ALIGNS: bool = false;

    /// Takes note of a stretch of the text, at `at`, and what it gave, at `place` of the output. What is between such stretches gave
    /// as many bytes as it has, character by character.
    fn align(&mut self, _source: &[u8], _at: usize, _result: &[u8], _place: usize) {}
}

/// The place of a character that may be written in several ways, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// In the text.
    pub(crate) at: usize,
    /// In the output.
    pub(crate) place: usize,
}

/// Notes of a text, in its order; the room is kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// Behind those that count stands what does not.
    room: Vec<Note>,
    len: usize,
}

impl Notes {
    pub(crate) fn as_slice(&self) -> &[Note] {
        &self.room[..self.len]
    }

    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// Drops those at or behind a place of the text.
    pub(crate) fn cut(&mut self, end: usize) {
        self.len = self.as_slice().partition_point(|note| note.at < end);
    }

    /// Adds a note for each bit of `open`, which stand for the three-byte characters from `first` on.
    #[inline(always)]
    pub(crate) fn push(&mut self, mut open: u64, first: Note) {
        /// Written at once, wanted or not: how many there are is what a processor cannot predict.
        const AT_ONCE: usize = 4;
        if self.room.len() - self.len < MOST {
            self.grow();
        }
        let count = open.count_ones() as usize;
        for four in self.room[self.len..].chunks_exact_mut(AT_ONCE).take(count.div_ceil(AT_ONCE)) {
            for note in four {
                let offset = 3 * open.trailing_zeros() as usize;
                *note = Note { at: first.at + offset, place: first.place + offset };
                open &= open.wrapping_sub(1);
            }
        }
        self.len += count;
    }

    #[cold]
    fn grow(&mut self) {
        self.room.resize(2 * self.room.len() + 8 * MOST, Note::default());
    }
}

/// Converts `text`, which must be UTF-8, from an offset on.
pub(crate) fn replace(
    table: &Table<'_>,
    text: &[u8],
    from: usize,
    output: &mut Output,
    events: &mut impl Events,
) {
    output.ensure(text.len() - from);
    let mut room = Block::new();
    let mut at = from;
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

/// Converts three-byte characters up to the first other character or a little more than [`MOST`]; returns the offset behind
/// what was converted, which may be none.
#[inline(always)]
fn block<E: Events>(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    output: &mut Output,
    events: &mut E,
    room: &mut Block,
) -> usize {
    if E::NOTES {
        room.scan::<true>(table, &text[at..]);
    } else {
        room.scan::<false>(table, &text[at..]);
    }
    let &mut Block { characters, mut special, busy, open, doubtful, .. } = room;
    // Words may lie across the end of the block, but not across the last place where no word can.
    let mut end = at + 3 * characters;
    if end < text.len() {
        end = boundary(table, text, at, end, table.any_link(text, end));
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
    special = room.exactly(table, &text[at..], special);
    let own = &room.own;
    let mut asked = if E::PLAIN { open } else { doubtful };
    // Notes characters that gave as many bytes as they have, from where `noted` says to another place.
    let limit = at + 3 * characters;
    let note = |asked: u64, (from, place): (usize, usize), to: usize, events: &mut E| {
        if E::NOTES && from < to {
            let (first, behind) = ((from - at) / 3, (to - at) / 3);
            let bits = asked & u64::MAX >> (MOST - behind);
            events.note(bits >> first, Note { at: from, place });
        }
    };
    // Takes note of a stretch whose output begins at `before`. As long as all are as long as their output, they are noted together;
    // what gave something else than by itself may be doubtful.
    let mut note_next = |noted: &mut (usize, usize),
                         stretch: Range<usize>,
                         before: usize,
                         output: &Output,
                         events: &mut E| {
        if !E::NOTES {
            return;
        }
        let is_even = output.len() - before == stretch.len();
        if !is_even || stretch.end > limit {
            note(asked, *noted, stretch.start, events);
            *noted = (stretch.end, output.len());
            note_all(table, text, stretch, before, output, events);
        } else if !E::PLAIN {
            let (first, behind) = ((stretch.start - at) / 3, (stretch.end - at) / 3);
            asked |= open >> first << first & u64::MAX >> (MOST - behind);
        }
    };
    let mut noted = (at, output.len());
    // What is written, and what is decided.
    let (mut written, mut done) = (at, at);
    while special != 0 {
        let index = special.trailing_zeros() as usize;
        special &= special - 1;
        let place = at + 3 * index;
        if place < done {
            continue;
        }
        let start = boundary(table, text, done, place, table.link(text, place));
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
                    let before = output.len();
                    output.push_value(table, place, text.len() - end);
                    note_next(&mut noted, done..end, before, output, events);
                    align(text, done..end, before, output, events);
                    (done, written) = (end, end);
                }
                Found::ByCharacter { end } => {
                    let last = (end - at) / 3;
                    if busy >> ((done - at) / 3) & (u64::MAX >> (MOST - last)) >> ((done - at) / 3)
                        != 0
                    {
                        output.push_own(own, written - at, done - at);
                        while done < end {
                            let (entry, behind) = table.entry(text, done);
                            let before = output.len();
                            character(
                                table,
                                entry,
                                &text[done..behind],
                                output,
                                text.len() - behind,
                            );
                            note_next(&mut noted, done..behind, before, output, events);
                            align(text, done..behind, before, output, events);
                            done = behind;
                        }
                        written = end;
                    }
                    done = end;
                }
                Found::Character if !entry.head.is_busy() => done = behind,
                Found::Character if !entry.is_event() => {
                    output.push_own(own, written - at, done - at);
                    let before = output.len();
                    character(table, entry, &text[done..behind], output, text.len() - behind);
                    note_next(&mut noted, done..behind, before, output, events);
                    align(text, done..behind, before, output, events);
                    (done, written) = (behind, behind);
                }
                Found::Character | Found::Trigger => {
                    output.push_own(own, written - at, done - at);
                    let (start, before) = (done, output.len());
                    done = events.convert(text, done, output);
                    note_next(&mut noted, start..done, before, output, events);
                    align(text, start..done, before, output, events);
                    written = done;
                }
            }
        }
    }
    let end = end.max(done);
    if written < end {
        output.push_own(own, written - at, end - at);
    }
    note(asked, noted, end, events);
    end
}

/// Tells what a stretch gave, which begins at `place` and ends the output.
#[inline(always)]
fn align<E: Events>(
    text: &[u8],
    stretch: Range<usize>,
    place: usize,
    output: &Output,
    events: &mut E,
) {
    if E::ALIGNS {
        events.align(&text[stretch.clone()], stretch.start, &output.written()[place..], place);
    }
}

/// Notes the characters of a stretch whose output, which begins at `place` and ends the output, has as many bytes.
#[inline(always)]
fn note_all<E: Events>(
    table: &Table<'_>,
    text: &[u8],
    stretch: Range<usize>,
    place: usize,
    output: &Output,
    events: &mut E,
) {
    if E::NOTES && output.len() - place == stretch.len() {
        let mut at = stretch.start;
        while at < stretch.end {
            let (entry, behind) = table.entry(text, at);
            if entry.head.is_open() {
                events.note(1, Note { at, place: place + at - stretch.start });
            }
            at = behind;
        }
    }
}

/// Returns the last place from `at` backwards, but not before `least`, that no key can lie across; `next` is the link of the
/// character at `at`, and between the two places stand three-byte characters.
#[inline(always)]
fn boundary(table: &Table<'_>, text: &[u8], least: usize, mut at: usize, mut next: Link) -> usize {
    while at > least && next.is_later() {
        let last = table.link(text, at - 3);
        if !table.may_join(last, next) {
            break;
        }
        (next, at) = (last, at - 3);
    }
    at
}

/// Converts a stretch of `text` as [`replace`] does, but the end of `text` is not that of its document: only up to the first
/// position at or behind the stretch's end, not beyond `most`, and to an event that could not be decided. Returns the offset
/// behind what was converted. No word that begins in the stretch may reach the end of `text`.
///
/// Character by character it takes twice as long; only the last block goes so.
pub(crate) fn replace_until(
    table: &Table<'_>,
    text: &[u8],
    stretch: Range<usize>,
    most: usize,
    output: &mut Output,
    events: &mut impl Events,
) -> usize {
    output.ensure(text.len() - stretch.start);
    let mut room = Block::new();
    let (mut at, limit) = (stretch.start, stretch.end);
    while at < limit {
        let before = output.len();
        let mut end = at;
        if text[at] < 0x80 {
            let run = ascii_run(&text[at..limit]);
            if at + run < limit {
                end = ascii(table, text, at, output, events);
            } else {
                // All of it but what may begin a key with what comes behind.
                end += run.saturating_sub(table.ascii_tail);
                output.push(&text[at..end], text.len() - end);
            }
        } else if at + 3 * MOST < limit {
            end = block(table, text, at, output, events, &mut room);
        }
        if end == at {
            end = any(table, text, at, output, events);
        }
        if events.needs_more() || end > most {
            output.truncate(before);
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
    match head {
        Some(head) if run <= SHORT => output.push_head(head, end - at),
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
fn any<E: Events>(
    table: &Table<'_>,
    text: &[u8],
    at: usize,
    output: &mut Output,
    events: &mut E,
) -> usize {
    let (entry, behind) = table.entry(text, at);
    let found = match entry.root() {
        0 => Found::Character,
        root => table.phrase(root, text, behind).0,
    };
    let stretch = |end: usize, before: usize, output: &Output, events: &mut E| {
        note_all(table, text, at..end, before, output, events);
        align(text, at..end, before, output, events);
        end
    };
    let before = output.len();
    match found {
        Found::Value { end, place } => {
            output.push_value(table, place, text.len() - end);
            stretch(end, before, output, events)
        }
        Found::ByCharacter { end } => {
            // As in a block each is noted by itself, whatever becomes of the others.
            let mut at = at;
            while at < end {
                let (entry, behind) = table.entry(text, at);
                let before = output.len();
                character(table, entry, &text[at..behind], output, text.len() - behind);
                note_all(table, text, at..behind, before, output, events);
                align(text, at..behind, before, output, events);
                at = behind;
            }
            end
        }
        Found::Character if !entry.is_event() => {
            character(table, entry, &text[at..behind], output, text.len() - behind);
            stretch(behind, before, output, events)
        }
        Found::Character | Found::Trigger => {
            let end = events.convert(text, at, output);
            stretch(end, before, output, events)
        }
    }
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
