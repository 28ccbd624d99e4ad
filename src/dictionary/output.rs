//! Where the pass writes.
//!
//! In: bytes whose length is bounded by what is left of the text. Out: one buffer. The naive way pushes to a `Vec`, which looks at
//! its capacity each time; ours is longer than what was written, so that a block is stored whatever its length is.

use super::block::{MOST, ROOM};
use super::table::Table;

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

    /// Takes back all but the first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = len;
    }

    /// Returns what was written.
    pub(crate) fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Returns how many bytes were written.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns what was written, to exchange parts of it.
    pub(crate) fn written_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }

    /// Returns the buffer, as long as what was written.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.len);
        self.bytes
    }

    /// Makes room for `wanted` bytes.
    #[inline(always)]
    pub(super) fn ensure(&mut self, wanted: usize) {
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
    pub(super) fn push_own(&mut self, own: &[u8; ROOM], from: usize, to: usize) {
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

    /// Appends the first `len` bytes of `bytes`, but stores all of them.
    #[inline(always)]
    pub(super) fn push_head<const N: usize>(&mut self, bytes: &[u8; N], len: usize) {
        match self.bytes[self.len..].first_chunk_mut() {
            Some(room) => {
                *room = *bytes;
                self.len += len;
            }
            None => self.push(&bytes[..len], 0),
        }
    }

    /// Appends the three low bytes of `word`; there must be room for four.
    #[inline(always)]
    pub(super) fn push_three(&mut self, word: u32) {
        self.bytes[self.len..self.len + 4].copy_from_slice(&word.to_le_bytes());
        self.len += 3;
    }

    /// Appends the value at `place`, and keeps room for `rest` bytes more.
    #[inline(always)]
    pub(super) fn push_value(&mut self, table: &Table<'_>, place: u32, rest: usize) {
        self.push(table.value(place), rest);
    }
}
