//! The bytes that a stream has read, block by block.
//!
//! In: reads, and lengths to cut off. Out: the bytes of a block, and where a line was cut what stands on either side of it, which a
//! conversion looks at. The naive way makes a `Vec` for each block; but to make one longer is to fill it with zeros, which took
//! 4% of the time. Here the room behind the bytes is used again and again, and what stands behind a block is still there: only
//! the rest is copied.

use std::ops::{Deref, Range};

/// Bytes, and room behind them.
#[derive(Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    /// Where those begin that count; what stands before is only looked at.
    start: usize,
    end: usize,
    /// Up to where it may be looked at.
    seen: usize,
}

impl Buffer {
    /// Returns the room behind the bytes, which is at least so many bytes.
    pub(super) fn room(&mut self, least: usize) -> &mut [u8] {
        if self.bytes.is_empty() {
            // The system's own zeros, which cost nothing until they are written over: a line needs one page of them.
            self.bytes = vec![0; least];
        } else if self.bytes.len() < self.end + least {
            self.bytes.resize(self.end + least, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Takes so many bytes of the room.
    pub(super) fn add(&mut self, len: usize) {
        self.end += len;
        self.seen = self.end;
    }

    /// Cuts off the first `len` bytes, of which the last `reach` are seen from the rest, and as many of the rest from them; there
    /// everything must be text. The rest is put into `spare`.
    pub(super) fn split(&mut self, len: usize, reach: usize, mut spare: Buffer) -> Buffer {
        let cut = self.start + len;
        let is_within = |at: usize| reach > 0 && self.bytes[at] & 0xC0 == 0x80;
        let mut first = cut.saturating_sub(reach);
        while first > 0 && first < self.end && is_within(first) {
            first -= 1;
        }
        let mut seen = self.end.min(cut + reach);
        while seen < self.end && is_within(seen) {
            seen += 1;
        }
        let tail = &self.bytes[first..self.end];
        (spare.start, spare.end) = (0, 0);
        spare.room(tail.len())[..tail.len()].copy_from_slice(tail);
        spare.add(tail.len());
        spare.start = cut - first;
        let mut head = std::mem::replace(self, spare);
        (head.end, head.seen) = (cut, seen);
        head
    }

    /// Returns how many bytes it takes in memory.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Returns whether something before the bytes is to be seen: they begin within a line.
    pub(super) fn is_within_line(&self) -> bool {
        self.start > 0
    }

    /// Returns whether something on either side of the bytes is to be seen.
    pub(super) fn is_surrounded(&self) -> bool {
        self.start > 0 || self.seen > self.end
    }

    /// Returns the bytes with what is to be seen around them, and where in that they are.
    pub(super) fn around(&self) -> (&[u8], Range<usize>) {
        (&self.bytes[..self.seen], self.start..self.end)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }
}

#[cfg(test)]
mod tests {
    use super::Buffer;

    fn buffer(text: &str) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.room(text.len())[..text.len()].copy_from_slice(text.as_bytes());
        buffer.add(text.len());
        buffer
    }

    #[test]
    fn what_is_cut_is_seen_from_both_sides() {
        let mut rest = buffer("一二三四五六七");
        // No character is seen in part.
        let head = rest.split(9, 5, Buffer::default());
        assert_eq!((&*head, head.around().0), ("一二三".as_bytes(), "一二三四五".as_bytes()));
        assert_eq!(rest.around(), ("二三四五六七".as_bytes(), 6..18));
        // A part that is shorter than what is seen.
        let part = rest.split(3, 9, head);
        assert_eq!(part.around(), ("二三四五六七".as_bytes(), 6..9));
        assert_eq!(rest.around(), ("二三四五六七".as_bytes(), 9..18));
        assert!(rest.is_within_line());
        let part = rest.split(6, 0, part);
        assert_eq!(part.around(), ("二三四五六".as_bytes(), 9..15));
        assert_eq!((rest.around(), rest.is_within_line()), (("七".as_bytes(), 0..3), false));
        // What is no text is cut anywhere.
        let part = rest.split(1, 0, part);
        assert_eq!(
            (&*part, &*rest, rest.is_within_line()),
            (&b"\xE4"[..], &b"\xB8\x83"[..], false)
        );
    }
}
