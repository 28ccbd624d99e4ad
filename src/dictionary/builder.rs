//! Makes the image of a [`Table`](super::table::Table) from characters and phrases.
//!
//! In: what each character gives alone, and phrases with their values. Out: the words that `Table::open` reads. Symbols are
//! numbered by how many phrases hold them, so that the children of a node lie close together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::double_array::{DoubleArray, Effort, Meaning, TooLarge};
use super::table::{BEFORE, BLOB_PADDING, HEAD_BITS, HEADER, Head, Link, NOT_THREE, PAGE, PLANE};

/// What a phrase means to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phrase<'a> {
    /// A key with this value.
    Value(&'a str),
    /// A key whose value is what its characters give one by one.
    ByCharacter,
    /// The first characters of something that a later step may match.
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
    effort: Effort,
}

#[derive(Clone, Debug, Default)]
struct Character<'a> {
    output: Option<&'a str>,
    flags: u64,
    symbol: u64,
    root: u64,
    /// See [`Head`].
    classes: u32,
}

impl<'a> Builder<'a> {
    /// Starts a table that is laid out with so much effort.
    pub(crate) fn new(effort: Effort) -> Builder<'a> {
        Builder { effort, ..Builder::default() }
    }

    /// Says what a character gives alone; `key` is whether it is a key by itself.
    pub(crate) fn character(&mut self, character: char, output: &'a str, key: bool) {
        let entry = self.chars.entry(character).or_default();
        entry.output = Some(output);
        entry.flags |= if key { Head::KEY } else { 0 };
        self.ascii_key |= character.is_ascii();
    }

    /// Leaves a character to the caller.
    pub(crate) fn event(&mut self, character: char) {
        self.chars.entry(character).or_default().flags |= Head::EVENT;
        self.ascii_key |= character.is_ascii();
    }

    /// Says that a character may be written in several ways: its places are noted where they are asked for. If what it gives by itself
    /// `is_plain`, they are only where it is in something that gives more.
    pub(crate) fn open(&mut self, character: char, is_plain: bool) {
        let doubtful = if is_plain { 0 } else { Head::DOUBTFUL };
        self.chars.entry(character).or_default().flags |= Head::OPEN | doubtful;
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
    /// If there are more phrases than the fields of a node can number: some eight million nodes; or more different characters behind the
    /// first of a phrase than 65,535.
    pub(crate) fn build(mut self) -> Result<Vec<u64>, TooLarge> {
        let mut blob = Blob::default();
        let array = self.double_array(&mut blob)?;
        self.classes();
        // Before the aliases: a character of a key may itself be taken for another in a text.
        let pairs = self.pairs();
        let aliases = std::mem::take(&mut self.aliases);
        // All targets are read before any is replaced: the target of one alias may be the source of another.
        let targets: Vec<(char, Character<'a>)> = aliases
            .iter()
            .map(|(from, to)| (*from, self.chars.get(to).cloned().unwrap_or_default()))
            .collect();
        self.chars.extend(targets);
        let targets: HashMap<char, char> = aliases.into_iter().collect();

        let mut pages = vec![0u16; PLANE];
        let (mut heads, mut links) = (vec![0u64; BEFORE + PAGE], vec![0u64; BEFORE + PAGE]);
        for (&character, properties) in &self.chars {
            let itself = targets.get(&character).copied().unwrap_or(character);
            let head = properties.head(character, itself, &mut blob)?;
            let link = properties.link();
            if head == 0 && link.0 == 0 {
                continue;
            }
            let code = character as usize;
            if code / PAGE >= pages.len() {
                pages.resize(code / PAGE + 1, 0);
            }
            if pages[code / PAGE] == 0 {
                pages[code / PAGE] =
                    u16::try_from((heads.len() - BEFORE) / PAGE).map_err(|_| TooLarge)?;
                heads.resize(heads.len() + PAGE, 0);
                links.resize(links.len() + PAGE, 0);
            }
            let index = BEFORE + usize::from(pages[code / PAGE]) * PAGE + code % PAGE;
            (heads[index], links[index]) = (head, link.0);
        }
        // Pages are numbered in the order of code points, and a plane has no more than fit.
        let mut plane = vec![NOT_THREE; HEAD_BITS + 1];
        for (number, &page) in pages[..PLANE].iter().enumerate() {
            plane[0xE0 | number >> 6 | (number & 0x3F) << 8] = page << PAGE.trailing_zeros();
        }
        let (pages, plane) = (words(pages), words(plane));
        let blob = blob.finish();
        let ascii_tail = if self.ascii_key { u64::MAX } else { self.ascii_head as u64 };
        let mut image = Vec::new();
        let sections = [pages, plane, heads, links, array.nodes, blob, pairs];
        let lengths = sections.each_ref().map(Vec::len);
        image.extend(lengths.map(|words| words as u64));
        let longest = self.phrases.iter().map(|(key, _)| key.chars().count()).max().unwrap_or(1);
        image.extend([ascii_tail, longest as u64]);
        debug_assert_eq!(image.len(), HEADER);
        for section in sections {
            image.extend(section);
        }
        Ok(image)
    }

    /// Sorts the second characters of what is special into classes.
    ///
    /// The naive way is to number them. But common characters have many seconds, and would have them in all classes.
    /// So each second goes, those with the most firsts before the others, to the class that adds the fewest firsts: in s2t 12% of the
    /// pairs of prose then meet, of which 3.5% are special, in place of 17%.
    fn classes(&mut self) {
        let mut firsts_of: BTreeMap<char, BTreeSet<char>> = BTreeMap::new();
        for (key, phrase) in &self.phrases {
            let mut characters = key.chars();
            if let (Some(first), Some(second)) = (characters.next(), characters.next())
                && *phrase != Phrase::ByCharacter
            {
                firsts_of.entry(second).or_default().insert(first);
            }
        }
        let mut seconds: Vec<(char, BTreeSet<char>)> = firsts_of.into_iter().collect();
        seconds.sort_by_key(|(_, firsts)| std::cmp::Reverse(firsts.len()));
        let mut classes = vec![HashSet::new(); Head::CLASSES as usize];
        for (second, firsts) in seconds {
            let added = |class: &HashSet<char>| {
                let new = firsts.iter().filter(|&first| !class.contains(first)).count();
                // A full class is a little worse than an empty one.
                50 * new + class.len()
            };
            let (index, class) = classes
                .iter_mut()
                .enumerate()
                .min_by_key(|(_, class)| added(class))
                .expect("there are classes");
            class.extend(&firsts);
            self.chars.entry(second).or_default().classes |= 1 << index;
            for first in firsts {
                self.chars.entry(first).or_default().classes |=
                    1 << (Head::CLASSES as usize + index);
            }
        }
    }

    /// Returns a filter of the pairs of characters that stand together in a phrase.
    fn pairs(&self) -> Vec<u64> {
        // A table in place of the tree: every character of every phrase is asked for.
        let mut links = ByCharacter::default();
        self.chars.iter().for_each(|(&c, character)| links.set(c, character.link().0));
        let mut pairs = Vec::new();
        for (key, _) in &self.phrases {
            let mut before = None;
            for link in key.chars().map(|c| Link(links.get(c))) {
                pairs.extend(before.replace(link).map(|before| before.joint(link)));
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        // One bit in eight is set at most.
        let bits = (pairs.len() * 8).next_power_of_two().max(64);
        let mut filter = vec![0; bits / 64];
        for joint in pairs {
            let bit = joint & (bits - 1);
            filter[bit / 64] |= 1 << (bit % 64);
        }
        filter
    }

    /// Numbers the symbols and lays out the phrases; leaves symbols and roots with the characters.
    fn double_array(&mut self, blob: &mut Blob) -> Result<DoubleArray, TooLarge> {
        let mut counts = ByCharacter::default();
        let mut firsts = ByCharacter::default();
        let mut first_characters = Vec::new();
        for (key, _) in &self.phrases {
            let mut characters = key.chars();
            if let Some(first) = characters.next()
                && firsts.get(first) == 0
            {
                first_characters.push(first);
                firsts.set(first, first_characters.len() as u64);
            }
            for character in characters {
                counts.set(character, counts.get(character) + 1);
            }
        }
        let mut by_count: Vec<(char, u64)> = counts.iter().collect();
        by_count.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        let mut symbols = counts;
        for (index, (character, _)) in by_count.into_iter().enumerate() {
            let symbol = u64::from(u16::try_from(index + 1).map_err(|_| TooLarge)?);
            symbols.set(character, symbol);
            self.chars.entry(character).or_default().symbol = symbol;
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
                let number =
                    if index == 0 { firsts.get(character) - 1 } else { symbols.get(character) };
                path.push(u32::try_from(number).map_err(|_| TooLarge)?);
            }
            keys.push((path, meaning));
        }
        // A trigger that is also a key sorts behind it and goes: the key wins anyway.
        keys.sort_by(|a, b| {
            a.0.cmp(&b.0).then_with(|| (a.1 == Meaning::Trigger).cmp(&(b.1 == Meaning::Trigger)))
        });
        keys.dedup_by(|later, earlier| later.0 == earlier.0);

        let array = DoubleArray::build(&keys, first_characters.len(), self.effort)?;
        for (character, &root) in first_characters.into_iter().zip(&array.roots) {
            self.chars.entry(character).or_default().root = u64::from(root);
        }
        Ok(array)
    }
}

impl Character<'_> {
    fn link(&self) -> Link {
        Link(self.symbol | self.root << Link::ROOT_SHIFT)
    }

    /// Makes the head of the character `character`, which stands for `itself` (another one only under an alias).
    fn head(&self, character: char, itself: char, blob: &mut Blob) -> Result<u64, TooLarge> {
        let mut own = [0; 4];
        let mut stand_in = [0; 4];
        let own = character.encode_utf8(&mut own).as_bytes();
        let output = self.output.unwrap_or(itself.encode_utf8(&mut stand_in));
        let (stored, bits) = match (own, output.as_bytes()) {
            (own, output) if own == output => (0, 0),
            // One letter for one: three of ASCII are no stand-in for one, and those who lay results out have to be told.
            (&[a, b, c], &[x, y, z]) if x & 0xF0 == 0xE0 => {
                (0, u64::from(u32::from_le_bytes([a ^ x, b ^ y, c ^ z, 0])))
            }
            _ => (Head::STORED, u64::from(blob.place(output)?)),
        };
        Ok(bits | stored | self.flags | u64::from(self.classes) << Head::CLASS_SHIFT)
    }
}

/// A number for each character, 0 at first.
#[derive(Default)]
struct ByCharacter(Vec<u64>);

impl ByCharacter {
    fn get(&self, character: char) -> u64 {
        self.0.get(character as usize).copied().unwrap_or(0)
    }

    fn set(&mut self, character: char, number: u64) {
        let code = character as usize;
        if code >= self.0.len() {
            self.0.resize((code + 1).next_power_of_two(), 0);
        }
        self.0[code] = number;
    }

    /// Iterates over the characters whose number is not 0, in their order.
    fn iter(&self) -> impl Iterator<Item = (char, u64)> {
        let all = self.0.iter().enumerate().filter(|&(_, &number)| number != 0);
        all.filter_map(|(code, &number)| Some((char::from_u32(u32::try_from(code).ok()?)?, number)))
    }
}

/// Puts numbers of 16 bits together, four a word.
fn words(mut numbers: Vec<u16>) -> Vec<u64> {
    numbers.resize(numbers.len().next_multiple_of(4), 0);
    let word = |four| bytemuck::pod_read_unaligned(bytemuck::cast_slice(four));
    numbers.chunks_exact(4).map(word).collect()
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
        if u64::from(place) > Head::MOST {
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
