//! Makes the image of a [`Table`](super::table::Table) from characters and phrases.
//!
//! In: what each character gives alone, and phrases with their values. Out: the words that `Table::open` reads. Symbols are
//! numbered by how many phrases hold them, so that the children of a node lie close together.

use std::collections::{BTreeMap, HashMap};

use super::double_array::{DoubleArray, Meaning, TooLarge};
use super::table::{BLOB_PADDING, Entry, HEADER, PAGE, PLANE};

/// What a phrase means to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phrase<'a> {
    /// A key with this value.
    Value(&'a str),
    /// A key whose value is what its characters give one by one.
    ByCharacter,
    /// The first two characters of something that a later step may match.
    Trigger,
}

/// Collects a table.
#[derive(Debug, Default)]
pub(crate) struct Builder<'a> {
    chars: BTreeMap<char, Character<'a>>,
    phrases: Vec<(&'a str, Phrase<'a>)>,
    /// Characters that are to be taken for another one.
    aliases: Vec<(char, char)>,
    /// Leading ASCII characters of the key that has most of them.
    ascii_head: usize,
    /// Some key is ASCII to its end, so ASCII text has to be looked at.
    ascii_key: bool,
}

#[derive(Clone, Debug, Default)]
struct Character<'a> {
    output: Option<&'a str>,
    flags: u64,
    symbol: u64,
    root: u64,
}

impl<'a> Builder<'a> {
    /// Says what a character gives alone; `key` is whether it is a key by itself.
    pub(crate) fn character(&mut self, character: char, output: &'a str, key: bool) {
        let entry = self.chars.entry(character).or_default();
        entry.output = Some(output);
        entry.flags |= if key { Entry::KEY } else { 0 };
        self.ascii_key |= character.is_ascii();
    }

    /// Leaves a character to the caller.
    pub(crate) fn event(&mut self, character: char) {
        self.chars.entry(character).or_default().flags |= Entry::EVENT;
        self.ascii_key |= character.is_ascii();
    }

    /// Adds a phrase of two or more characters; each may be given once, and a trigger may repeat a longer one's head.
    pub(crate) fn phrase(&mut self, key: &'a str, phrase: Phrase<'a>) {
        self.ascii_reach(key);
        self.phrases.push((key, phrase));
    }

    /// Takes note of a key that begins with ASCII, also of one that another table holds but this one triggers.
    pub(crate) fn ascii_reach(&mut self, key: &str) {
        let head = key.bytes().take_while(u8::is_ascii).count();
        self.ascii_head = head.max(self.ascii_head);
        self.ascii_key |= head == key.len();
    }

    /// Takes `from` for `to` wherever it stands, as OpenCC's normalization does before everything else.
    pub(crate) fn alias(&mut self, from: char, to: char) {
        self.aliases.push((from, to));
        self.ascii_key |= from.is_ascii();
    }

    /// Makes the image.
    ///
    /// # Errors
    ///
    /// If there are more phrases than the fields of a node can number: some eight million nodes.
    pub(crate) fn build(mut self) -> Result<Vec<u64>, TooLarge> {
        let mut blob = Blob::default();
        let array = self.double_array(&mut blob)?;
        let aliases = std::mem::take(&mut self.aliases);
        // All targets are read before any is replaced: the target of one alias may be the source of another.
        let targets: Vec<(char, Character<'a>)> = aliases
            .iter()
            .map(|(from, to)| (*from, self.chars.get(to).cloned().unwrap_or_default()))
            .collect();
        self.chars.extend(targets);
        let targets: HashMap<char, char> = aliases.into_iter().collect();

        let mut pages = vec![0u16; PLANE];
        let mut chars = vec![0u64; PAGE];
        for (&character, properties) in &self.chars {
            let itself = targets.get(&character).copied().unwrap_or(character);
            let word = properties.word(character, itself, &mut blob)?;
            if word == 0 {
                continue;
            }
            let code = character as usize;
            if code / PAGE >= pages.len() {
                pages.resize(code / PAGE + 1, 0);
            }
            if pages[code / PAGE] == 0 {
                pages[code / PAGE] = u16::try_from(chars.len() / PAGE).map_err(|_| TooLarge)?;
                chars.resize(chars.len() + PAGE, 0);
            }
            chars[usize::from(pages[code / PAGE]) * PAGE + code % PAGE] = word;
        }
        pages.resize(pages.len().next_multiple_of(4), 0);
        let blob = blob.finish();

        let pages: Vec<u64> = pages
            .chunks_exact(4)
            .map(|four| bytemuck::pod_read_unaligned(bytemuck::cast_slice(four)))
            .collect();
        let ascii_tail = if self.ascii_key { u64::MAX } else { self.ascii_head as u64 };
        let mut image = Vec::new();
        let lengths = [pages.len(), chars.len(), array.nodes.len(), blob.len()];
        image.extend(lengths.map(|words| words as u64));
        let longest = self.phrases.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(1);
        image.extend([ascii_tail, longest as u64]);
        debug_assert_eq!(image.len(), HEADER);
        for section in [pages, chars, array.nodes, blob] {
            image.extend(section);
        }
        Ok(image)
    }

    /// Numbers the symbols and lays out the phrases; leaves symbols and roots with the characters.
    fn double_array(&mut self, blob: &mut Blob) -> Result<DoubleArray, TooLarge> {
        let mut counts: BTreeMap<char, u32> = BTreeMap::new();
        let mut firsts: BTreeMap<char, u32> = BTreeMap::new();
        for (key, _) in &self.phrases {
            let mut characters = key.chars();
            if let Some(first) = characters.next() {
                let number = u32::try_from(firsts.len()).map_err(|_| TooLarge)?;
                firsts.entry(first).or_insert(number);
            }
            for character in characters {
                *counts.entry(character).or_default() += 1;
            }
        }
        let mut by_count: Vec<(char, u32)> = counts.into_iter().collect();
        by_count.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let mut symbols: HashMap<char, u32> = HashMap::with_capacity(by_count.len());
        for (index, (character, _)) in by_count.into_iter().enumerate() {
            let symbol = u16::try_from(index + 1).map_err(|_| TooLarge)?;
            symbols.insert(character, u32::from(symbol));
            self.chars.entry(character).or_default().symbol = u64::from(symbol);
        }

        let mut keys = Vec::with_capacity(self.phrases.len());
        for &(key, phrase) in &self.phrases {
            let meaning = match phrase {
                Phrase::Value(value) => Meaning::Value(blob.place(value)?),
                Phrase::ByCharacter => Meaning::ByCharacter,
                Phrase::Trigger => Meaning::Trigger,
            };
            let mut path = Vec::with_capacity(key.len() / 3 + 1);
            for (index, character) in key.chars().enumerate() {
                path.push(if index == 0 { firsts[&character] } else { symbols[&character] });
            }
            keys.push((path, meaning));
        }
        // A trigger that is also a key sorts behind it and goes: the key wins anyway.
        keys.sort_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| (a.1 == Meaning::Trigger).cmp(&(b.1 == Meaning::Trigger)))
        });
        keys.dedup_by(|later, earlier| later.0 == earlier.0);

        let array = DoubleArray::build(&keys, firsts.len())?;
        for (character, number) in firsts {
            self.chars.entry(character).or_default().root = u64::from(array.roots[number as usize]);
        }
        Ok(array)
    }
}

impl Character<'_> {
    /// Makes the word of the character `character`, which stands for `itself` (another one only under an alias).
    fn word(&self, character: char, itself: char, blob: &mut Blob) -> Result<u64, TooLarge> {
        let mut own = [0; 4];
        let mut stand_in = [0; 4];
        let own = character.encode_utf8(&mut own).as_bytes();
        let output = self.output.unwrap_or(itself.encode_utf8(&mut stand_in));
        let (stored, bits) = match (own, output.as_bytes()) {
            (own, output) if own == output => (0, 0),
            (&[a, b, c], &[x, y, z]) => {
                (0, u64::from(u32::from_le_bytes([a ^ x, b ^ y, c ^ z, 0])))
            }
            _ => (Entry::STORED, u64::from(blob.place(output)?)),
        };
        Ok(bits
            | stored
            | self.flags
            | self.symbol << Entry::SYMBOL_SHIFT
            | self.root << Entry::ROOT_SHIFT)
    }
}

/// The values, each once.
#[derive(Debug, Default)]
struct Blob {
    bytes: Vec<u8>,
    places: HashMap<String, u32>,
}

impl Blob {
    fn place(&mut self, value: &str) -> Result<u32, TooLarge> {
        if let Some(&place) = self.places.get(value) {
            return Ok(place);
        }
        let place = u32::try_from(self.bytes.len() / 4).map_err(|_| TooLarge)?;
        if u64::from(place) > Entry::OUTPUT_MASK {
            return Err(TooLarge);
        }
        match u8::try_from(value.len()) {
            Ok(len) if len < 255 => self.bytes.push(len),
            _ => {
                let len = u32::try_from(value.len()).map_err(|_| TooLarge)?;
                self.bytes.push(255);
                self.bytes.extend(len.to_le_bytes());
            }
        }
        self.bytes.extend(value.bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self.places.insert(value.to_owned(), place);
        Ok(place)
    }

    fn finish(mut self) -> Vec<u64> {
        let padded = (self.bytes.len() + BLOB_PADDING).next_multiple_of(8);
        self.bytes.resize(padded, 0);
        let word = |bytes: &[u8]| u64::from_ne_bytes(bytes.try_into().expect("eight bytes"));
        self.bytes.chunks_exact(8).map(word).collect()
    }
}
