//! A compiled dictionary: what every character gives alone, and the trie of the phrases.
//!
//! In: the words of an *image*, made by [`Builder`](super::builder::Builder) at build time and embedded, or at run time and
//! owned. Out: views into it; opening one reads a header and allocates nothing.
//!
//! The naive form is a map from keys to values, asked for every length of every position. Here a position costs one load
//! when no phrase begins with its character, and one more when its first two characters begin none: of the 49,794 phrases
//! of s2t there are 33,200 first pairs, so most positions of a text end there.
//!
//! # Layout
//!
//! * `pages`: for each block of 64 code points the number of its page; page 0 is empty and shared by all blocks where the
//!   dictionary knows no character.
//! * `chars`: 64 words a page, one a character. See [`Entry`].
//! * `nodes`: the double array of the phrases.
//! * `blob`: the values that are not made of single characters, each at a multiple of four bytes behind its length.

use super::double_array::{Node, ROOT_UNIT};

/// Code points in a page.
pub(super) const PAGE: usize = 64;
/// Pages of the basic multilingual plane: all characters of up to three bytes.
pub(super) const PLANE: usize = 0x1_0000 / PAGE;
/// Bytes after the last value, so that a short value can be copied as a block of fixed size.
pub(super) const BLOB_PADDING: usize = 32;
/// Words of an image's header: see [`Header`].
pub(super) const HEADER: usize = 6;

/// What a character is alone: one word, all of it that the first look needs.
///
/// From the low bits: 24 bits output, the flags, 16 bits the character's symbol as a *later* character of a phrase
/// (0: in none), 20 bits the base of the phrases that begin with it (0: none). The output of a three-byte character that
/// gives a three-byte character is the exclusive or of the two, so an unknown character, whose word is 0, gives itself
/// without a branch. Every other output is in the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry(pub(super) u64);

impl Entry {
    pub(super) const OUTPUT_MASK: u64 = (1 << 24) - 1;
    /// The output is a value in the blob, at the place that the low bits name.
    pub(super) const STORED: u64 = 1 << 24;
    /// The character is not decided here but by the caller.
    pub(super) const EVENT: u64 = 1 << 25;
    /// The character is a key by itself, not only one that a later step changes.
    pub(super) const KEY: u64 = 1 << 26;
    pub(super) const SYMBOL_SHIFT: u32 = 28;
    pub(super) const ROOT_SHIFT: u32 = 44;
    /// Set bits mean more to do than to write the output.
    pub(super) const BUSY: u64 = Self::STORED | Self::EVENT | (u64::MAX << Self::ROOT_SHIFT);

    #[inline(always)]
    pub(super) fn is_plain(self) -> bool {
        self.0 & Self::BUSY == 0
    }

    /// Returns whether the character is in no key and is changed by nothing.
    pub(crate) fn is_inert(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    pub(crate) fn is_event(self) -> bool {
        self.0 & Self::EVENT != 0
    }

    #[inline(always)]
    pub(crate) fn is_key(self) -> bool {
        self.0 & Self::KEY != 0
    }

    #[inline(always)]
    pub(super) fn is_stored(self) -> bool {
        self.0 & Self::STORED != 0
    }

    #[inline(always)]
    pub(super) fn output(self) -> u32 {
        (self.0 & Self::OUTPUT_MASK) as u32
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "masked to 16 bits")]
    pub(super) fn symbol(self) -> u32 {
        (self.0 >> Self::SYMBOL_SHIFT) as u32 & 0xFFFF
    }

    /// Returns the base of the phrases that begin with this character, 0 if there are none.
    #[inline(always)]
    pub(crate) fn root(self) -> u32 {
        (self.0 >> Self::ROOT_SHIFT) as u32 * ROOT_UNIT
    }
}

/// A view of a compiled dictionary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    pub(super) pages: &'a [u16],
    pub(super) plane: &'a [u16; PLANE],
    pub(super) chars: &'a [u64],
    pub(super) nodes: &'a [u64],
    pub(super) blob: &'a [u8],
    /// An ASCII character with at least so many ASCII characters behind it begins no key; `usize::MAX` where any may.
    pub(super) ascii_tail: usize,
    /// The length of the longest key, in characters.
    longest: usize,
}

/// The longest key at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No key, or only one character, whose entry says all.
    Character,
    /// A phrase up to this byte offset whose value is at this place.
    Value { end: usize, place: u32 },
    /// A phrase up to this byte offset whose value is what its characters give one by one.
    ByCharacter { end: usize },
    /// No phrase, but the first two characters may take part in a match of a later step.
    Trigger,
}

impl<'a> Table<'a> {
    /// Opens the table at the head of `image`; returns it and the words behind it.
    ///
    /// # Panics
    ///
    /// If the words are not what [`Builder`](super::builder::Builder) makes: they are never read from outside.
    pub(crate) fn open(image: &'a [u64]) -> (Table<'a>, &'a [u64]) {
        let (header, mut rest) = image.split_at(HEADER);
        let mut section = |words: u64| {
            let words = usize::try_from(words).expect("a section fits in memory");
            let (section, behind) = rest.split_at(words);
            rest = behind;
            section
        };
        let pages: &[u16] = bytemuck::cast_slice(section(header[0]));
        let chars = section(header[1]);
        let nodes = section(header[2]);
        let blob = bytemuck::cast_slice(section(header[3]));
        let plane = pages[..PLANE].try_into().expect("a plane of pages");
        let ascii_tail = usize::try_from(header[4]).unwrap_or(usize::MAX);
        let longest = usize::try_from(header[5]).unwrap_or(usize::MAX);
        (Table { pages, plane, chars, nodes, blob, ascii_tail, longest }, rest)
    }

    /// Returns the length of the longest key, in characters; 1 where there are none longer.
    pub(crate) fn longest(&self) -> usize {
        self.longest.max(1)
    }

    /// Returns the entry of the character at `at`, and the offset behind it. The text is UTF-8 and `at` a boundary in it.
    #[inline(always)]
    pub(crate) fn entry(&self, text: &[u8], at: usize) -> (Entry, usize) {
        if let Some(four) = text.get(at..at + 4) {
            let word = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
            if word & 0xF0 == 0xE0 {
                return (self.three(word), at + 3);
            }
        }
        self.entry_of_any(text, at)
    }

    /// Returns the entry of the three-byte character in the low bytes of `word`.
    #[inline(always)]
    pub(super) fn three(&self, word: u32) -> Entry {
        let page = self.plane[((word & 0x0F) << 6 | word >> 8 & 0x3F) as usize];
        let index = usize::from(page) * PAGE + (word >> 16 & 0x3F) as usize;
        Entry(self.chars[index])
    }

    #[cold]
    #[inline(never)]
    fn entry_of_any(&self, text: &[u8], at: usize) -> (Entry, usize) {
        let low = |offset: usize| usize::from(text[at + offset] & 0x3F);
        let lead = usize::from(text[at]);
        let (code, len) = match lead {
            0..0x80 => (lead, 1),
            0x80..0xE0 => ((lead & 0x1F) << 6 | low(1), 2),
            0xE0..0xF0 => ((lead & 0x0F) << 12 | low(1) << 6 | low(2), 3),
            _ => ((lead & 0x07) << 18 | low(1) << 12 | low(2) << 6 | low(3), 4),
        };
        let page = self.pages.get(code / PAGE).copied().unwrap_or(0);
        (Entry(self.chars[usize::from(page) * PAGE + code % PAGE]), at + len)
    }

    /// Returns the value at a place.
    #[inline(always)]
    pub(crate) fn value(&self, place: u32) -> &'a [u8] {
        let at = place as usize * 4;
        match self.blob[at] {
            255 => {
                let len: [u8; 4] = self.blob[at + 1..at + 5].try_into().expect("four bytes");
                &self.blob[at + 5..][..u32::from_le_bytes(len) as usize]
            }
            len => &self.blob[at + 1..][..usize::from(len)],
        }
    }

    /// Copies the value at a place to the head of `room`, as a block of fixed size; returns the value's length. `None`
    /// if the value is longer than the block or there is no room for the block.
    #[inline(always)]
    pub(super) fn copy_short_value(&self, place: u32, room: &mut [u8]) -> Option<usize> {
        const BLOCK: usize = 16;
        let record = self.blob.get(place as usize * 4..)?.first_chunk::<{ BLOCK + 1 }>()?;
        let len = usize::from(record[0]);
        if len > BLOCK {
            return None;
        }
        room.first_chunk_mut::<BLOCK>()?.copy_from_slice(&record[1..]);
        Some(len)
    }

    /// Returns the longest phrase at a character whose entry has a root; `at` is behind that character.
    ///
    /// The second value is whether a longer text might give a longer phrase: the walk ended because the text did.
    #[inline(always)]
    pub(crate) fn phrase(&self, root: u32, text: &[u8], at: usize) -> (Found, bool) {
        if at >= text.len() {
            return (Found::Character, true);
        }
        let (entry, behind) = self.entry(text, at);
        match self.child(root, entry) {
            Some(node) => self.walk(node, text, behind),
            None => (Found::Character, false),
        }
    }

    /// Returns the longest phrase whose first two characters lead to `node`; `at` is behind them.
    #[inline(always)]
    pub(super) fn phrase_from(&self, node: Node, text: &[u8], at: usize) -> Found {
        self.walk(node, text, at).0
    }

    #[inline(always)]
    fn walk(&self, mut node: Node, text: &[u8], mut at: usize) -> (Found, bool) {
        let mut found = Found::Character;
        loop {
            if node.is_key() {
                found = if node.is_by_character() {
                    Found::ByCharacter { end: at }
                } else if node.is_inner() {
                    Found::Value { end: at, place: self.place_of_inner(node) }
                } else {
                    Found::Value { end: at, place: node.payload() }
                };
            } else if node.is_trigger() {
                found = Found::Trigger;
            }
            if !node.is_inner() {
                return (found, false);
            }
            if at >= text.len() {
                return (found, true);
            }
            let (entry, behind) = self.entry(text, at);
            match self.child(node.payload(), entry) {
                Some(child) => (node, at) = (child, behind),
                None => return (found, false),
            }
        }
    }

    #[inline(always)]
    pub(super) fn child(&self, base: u32, entry: Entry) -> Option<Node> {
        let node = Node(*self.nodes.get((base + entry.symbol()) as usize)?);
        // Symbol 0 finds the value of an inner node, or nothing: never a child.
        (node.is_child_of(base) & (entry.symbol() != 0)).then_some(node)
    }

    #[inline(always)]
    fn place_of_inner(&self, node: Node) -> u32 {
        Node(self.nodes[node.payload() as usize]).payload()
    }
}
