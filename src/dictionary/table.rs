//! A compiled dictionary: what every character gives alone, and the trie of the phrases.
//!
//! In: the words of an *image*, made by [`Builder`](super::builder::Builder) at build time and embedded, or at run time and
//! owned. Out: views into it; opening one reads a header and allocates nothing.
//!
//! The naive form is a map from keys to values, asked for every length of every position. Here a position costs two loads,
//! of a page and of a head, unless something special may begin there; then two more say what its first two characters
//! begin. What the first look needs lies apart from the rest, so that the heads of common characters stay in the cache.
//!
//! # Layout
//!
//! * `pages`: for each block of 64 code points the number of its page; page 0 is empty and shared by all blocks where the
//!   dictionary knows no character.
//! * `heads`: 64 words a page, one a character: all that the first look needs. See [`Head`]. Before them stand as many as
//!   the least last byte of a character, so that this byte is added as it is.
//! * `plane`: by the first two bytes of a character as they stand in memory ([`HEAD_BITS`]) the place of its page in
//!   `heads`, so that a character costs one `and` in place of seven instructions; where the two bytes do not begin a three-byte
//!   character, a place behind all ([`NOT_THREE`]), so that the check of the bounds is the check for such characters.
//! * `links`: in the order of `heads`, what it takes to follow a phrase. See [`Link`].
//! * `nodes`: the double array of the phrases.
//! * `blob`: the values that are not made of single characters, each at a multiple of four bytes behind its length.
//! * `pairs`: a filter of the pairs of characters that stand together in a phrase.

use super::double_array::{Node, ROOT_UNIT};

/// Code points in a page.
pub(super) const PAGE: usize = 64;
/// Pages of the basic multilingual plane: all characters of up to three bytes.
pub(super) const PLANE: usize = 0x1_0000 / PAGE;
/// The bits of the first two bytes of a three-byte character, read as a little-endian word, that name its page.
pub(super) const HEAD_BITS: usize = 0x3FFF;
/// Heads before those of the first page.
pub(super) const BEFORE: usize = 0x80;
/// The page of what is no three-byte character.
pub(super) const NOT_THREE: u16 = 0xFF00;
/// Bytes after the last value, so that a short value can be copied as a block of fixed size.
pub(super) const BLOB_PADDING: usize = 32;
/// Words of an image's header: see [`Header`].
pub(super) const HEADER: usize = 9;

/// What a character is alone.
///
/// From the low bits: 24 bits output, 8 bits flags, and two sets of 16 classes. Characters that are second in something
/// *special* (what two characters or more give together is not what each gives alone, or a later step may act) are sorted
/// into the classes. The lower set holds the character's own class if it is second in something, the upper set the classes
/// of all that are second to it. Where the upper set of a character and the lower of the next have nothing in common, the
/// two begin nothing special.
///
/// The output of a three-byte character that gives a three-byte character is the exclusive or of the two, so an unknown
/// character, whose word is 0, gives itself without a branch. Every other output is in the blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head(pub(super) u64);

impl Head {
    const OUTPUT_MASK: u32 = (1 << 24) - 1;
    /// The output is a value in the blob, at the place that the low bits name.
    pub(super) const STORED: u64 = 1 << 24;
    /// The character is not decided here but by the caller.
    pub(super) const EVENT: u64 = 1 << 25;
    /// The character is a key by itself, not only one that a later step changes.
    pub(super) const KEY: u64 = 1 << 26;
    /// The character may be written in several ways, between which a dictionary cannot always choose.
    pub(super) const OPEN: u64 = 1 << 27;
    /// The same, and what it gives by itself may be the wrong one.
    pub(super) const DOUBTFUL: u64 = 1 << 31;
    /// The largest place of a stored output.
    pub(super) const MOST: u64 = Self::OUTPUT_MASK as u64;
    pub(super) const CLASS_SHIFT: u32 = 32;
    pub(super) const CLASSES: u32 = 16;

    /// Returns whether there is more to it than to write the output.
    #[inline(always)]
    pub(super) fn is_busy(self) -> bool {
        self.0 & (Self::STORED | Self::EVENT) != 0
    }

    /// Returns whether the character may be written in several ways.
    #[inline(always)]
    pub(super) fn is_open(self) -> bool {
        self.0 & Self::OPEN != 0
    }

    /// Returns what three-byte characters differ in from their output, and flags above.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    pub(super) fn change(self) -> u32 {
        self.0 as u32
    }

    /// Returns both sets of classes.
    #[inline(always)]
    pub(super) fn classes(self) -> u32 {
        (self.0 >> Self::CLASS_SHIFT) as u32
    }
}

/// What a character is in phrases. From the low bits: 16 bits its symbol as a *later* character of a phrase (0: in none), 20
/// bits the base of the phrases that begin with it (0: none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link(pub(super) u64);

impl Link {
    pub(super) const ROOT_SHIFT: u32 = 16;

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "masked to 16 bits")]
    fn symbol(self) -> u32 {
        self.0 as u32 & 0xFFFF
    }

    /// Returns whether the character is in some phrase, and not only its first.
    #[inline(always)]
    pub(super) fn is_later(self) -> bool {
        self.symbol() != 0
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation, reason = "20 bits")]
    fn root(self) -> u32 {
        (self.0 >> Self::ROOT_SHIFT) as u32 * ROOT_UNIT
    }

    /// Returns a hash of this character and the one behind it, the same for all characters that are taken for one another.
    #[inline(always)]
    pub(super) fn joint(self, next: Link) -> usize {
        let both = self.0 | u64::from(next.symbol()) << 36;
        (both.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize
    }
}

/// A character's head and link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(super) head: Head,
    pub(super) link: Link,
}

impl Entry {
    /// Returns whether the character is in no key and is changed by nothing.
    pub(crate) fn is_inert(self) -> bool {
        self.head.0 == 0 && self.link.0 == 0
    }

    #[inline(always)]
    pub(crate) fn is_event(self) -> bool {
        self.head.0 & Head::EVENT != 0
    }

    #[inline(always)]
    pub(crate) fn is_key(self) -> bool {
        self.head.0 & Head::KEY != 0
    }

    #[inline(always)]
    pub(super) fn is_stored(self) -> bool {
        self.head.0 & Head::STORED != 0
    }

    #[inline(always)]
    pub(super) fn output(self) -> u32 {
        self.head.change() & Head::OUTPUT_MASK
    }

    /// Returns the base of the phrases that begin with this character, 0 if there are none.
    #[inline(always)]
    pub(crate) fn root(self) -> u32 {
        self.link.root()
    }
}

/// A view of a compiled dictionary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Table<'a> {
    pages: &'a [u16],
    plane: &'a [u16; HEAD_BITS + 1],
    heads: &'a [u64],
    /// The heads of pages in the plane, fewer than [`NOT_THREE`].
    plane_heads: &'a [u64],
    links: &'a [u64],
    nodes: &'a [u64],
    blob: &'a [u8],
    /// A power of two of words.
    pairs: &'a [u64],
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
    /// No phrase, but the first characters may take part in a match of a later step.
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
        let plane: &[u16] = bytemuck::cast_slice(section(header[1]));
        let plane = plane[..=HEAD_BITS].try_into().expect("a plane of pages");
        let (heads, links) = (section(header[2]), section(header[3]));
        let plane_heads = &heads[..heads.len().min(usize::from(NOT_THREE))];
        let nodes = section(header[4]);
        let blob = bytemuck::cast_slice(section(header[5]));
        let pairs = section(header[6]);
        let ascii_tail = usize::try_from(header[7]).unwrap_or(usize::MAX);
        let longest = usize::try_from(header[8]).unwrap_or(usize::MAX);
        (
            Table {
                pages,
                plane,
                heads,
                plane_heads,
                links,
                nodes,
                blob,
                pairs,
                ascii_tail,
                longest,
            },
            rest,
        )
    }

    /// Returns the length of the longest key, in characters; 1 where there are none longer.
    pub(crate) fn longest(&self) -> usize {
        self.longest.max(1)
    }

    /// Returns the entry of the character at `at`, and the offset behind it. The text is UTF-8 and `at` a boundary in it.
    #[inline(always)]
    pub(crate) fn entry(&self, text: &[u8], at: usize) -> (Entry, usize) {
        match text.get(at..).and_then(|text| text.first_chunk()) {
            Some(&four) if four[0] & 0xF0 == 0xE0 => (self.at(self.index(four)), at + 3),
            _ => self.entry_of_any(text, at),
        }
    }

    #[inline(always)]
    fn at(&self, index: usize) -> Entry {
        Entry { head: Head(self.heads[index]), link: Link(self.links[index]) }
    }

    /// Returns the entry of an ASCII character.
    #[inline(always)]
    fn ascii(&self, byte: u8) -> Entry {
        let page = usize::from(self.pages[usize::from(byte) / PAGE]);
        self.at(BEFORE + page * PAGE + usize::from(byte) % PAGE)
    }

    /// Returns whether this ASCII character begins no key and is changed by nothing.
    #[inline(always)]
    pub(super) fn is_inert(&self, byte: u8) -> bool {
        let entry = self.ascii(byte);
        entry.head.0 == 0 && entry.root() == 0
    }

    /// Returns the link of the character at `at`, whatever it is.
    #[inline(always)]
    pub(super) fn any_link(&self, text: &[u8], at: usize) -> Link {
        let byte = text[at];
        if byte < 0x80 { self.ascii(byte).link } else { self.entry(text, at).0.link }
    }

    /// Returns where heads and links have the three-byte character at the head of these bytes; a place behind them if there
    /// is none.
    #[inline(always)]
    fn index(&self, four: [u8; 4]) -> usize {
        let page = self.plane[usize::from(u16::from_le_bytes([four[0], four[1]])) & HEAD_BITS];
        usize::from(page) + usize::from(four[2])
    }

    /// Returns the head of the three-byte character at the head of these bytes, `None` if there is none.
    #[inline(always)]
    pub(super) fn head(&self, four: [u8; 4]) -> Option<Head> {
        self.plane_heads.get(self.index(four)).copied().map(Head)
    }

    /// Returns the link of the three-byte character at `at`; a caller knows that there is one.
    #[inline(always)]
    pub(super) fn link(&self, text: &[u8], at: usize) -> Link {
        let four = [text[at], text[at + 1], text[at + 2], 0];
        Link(self.links[self.index(four)])
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
        (self.at(BEFORE + usize::from(page) * PAGE + code % PAGE), at + len)
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

    /// Returns the longest phrase at a character whose entry has a root; `at` is behind that character.
    ///
    /// The second value is whether a longer text might give a longer phrase: the walk ended because the text did.
    #[inline(always)]
    pub(crate) fn phrase(&self, root: u32, text: &[u8], at: usize) -> (Found, bool) {
        if at >= text.len() {
            return (Found::Character, true);
        }
        let (entry, behind) = self.entry(text, at);
        match self.child(root, entry.link.symbol()) {
            Some(node) => self.walk(node, text, behind),
            None => (Found::Character, false),
        }
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
            } else if node.is_trigger() && found == Found::Character {
                found = Found::Trigger;
            }
            if !node.is_inner() {
                return (found, false);
            }
            if at >= text.len() {
                return (found, true);
            }
            let (entry, behind) = self.entry(text, at);
            match self.child(node.payload(), entry.link.symbol()) {
                Some(child) => (node, at) = (child, behind),
                None => return (found, false),
            }
        }
    }

    #[inline(always)]
    fn child(&self, base: u32, symbol: u32) -> Option<Node> {
        let node = Node(*self.nodes.get((base + symbol) as usize)?);
        // Symbol 0 finds the value of an inner node, or nothing: never a child.
        (node.is_child_of(base) & (symbol != 0)).then_some(node)
    }

    /// Returns the node of two characters, and whether it is one and special; or another node of the same first character
    /// and the same answer, which costs a look but is no error. If the two are special, the answer is yes.
    ///
    /// There is no branch, which would be predicted badly.
    #[inline(always)]
    pub(super) fn node_of_two(&self, first: Link, next: Link) -> (Node, bool) {
        let base = first.root();
        // A first character without phrases has base 0, which is nobody's.
        let slot = (base + next.symbol()) as usize;
        let node = Node(self.nodes[slot.min(self.nodes.len() - 1)]);
        (node, node.is_special() & node.is_child_of(base))
    }

    /// Returns whether something special ends at a special node or goes on in the text from `at`.
    #[inline(always)]
    pub(super) fn is_special_in(&self, mut node: Node, text: &[u8], mut at: usize) -> bool {
        while !node.ends_special() {
            // What is special goes on from here, so this is an inner node.
            if at >= text.len() {
                return false;
            }
            let (entry, behind) = self.entry(text, at);
            match self.child(node.payload(), entry.link.symbol()) {
                Some(child) if child.is_special() => (node, at) = (child, behind),
                _ => return false,
            }
        }
        true
    }

    /// Returns whether a phrase may lie across the place between these two characters.
    #[inline(always)]
    pub(super) fn may_join(&self, first: Link, next: Link) -> bool {
        let bit = first.joint(next);
        next.is_later() && self.pairs[(bit / 64) & (self.pairs.len() - 1)] >> (bit % 64) & 1 != 0
    }

    #[inline(always)]
    fn place_of_inner(&self, node: Node) -> u32 {
        Node(self.nodes[node.payload() as usize]).payload()
    }
}
