//! The model: which characters are decided, their candidates, and the weights.
//!
//! In: the words of data/context/model.bin, made by data/context/trainer. Out: a view; opening one reads a header and
//! allocates nothing. All sums are of whole numbers, so a decision is the same on every machine.
//!
//! A map from features to weights is the naive form. Here a feature is looked for in one *bucket* of eight entries, half a
//! cache line, all compared at once; an entry is 24 bits of the feature's number and eight of weight.
//!
//! # Layout, in words of 32 bits, the low byte first
//!
//! * the header: [`HEADER`] words;
//! * `index`: a hash table from characters to their number plus one: 22 bits and ten;
//! * `characters`: where the forms of each begin, in eight bits how many forms, and in eight how many classes there are;
//! * `forms`: a code point, 4 bits class, and bits 25, 26, 27 where the class is written so in OpenCC's standard,
//!   Taiwan and Hong Kong;
//! * `buckets`;
//! * `sure`: see [`Model::is_sure`].

use super::features::{FEATURES, Window, mixed};

/// The first word: `JFC1`.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"JFC1");
/// Magic, slots of the index, characters, forms, buckets, words of `sure`, and by how much another class must be ahead.
pub(crate) const HEADER: usize = 7;
/// Entries of a bucket.
pub(crate) const BUCKET: usize = 8;
pub(crate) const KEY_BITS: u32 = 22;
pub(crate) const CLASS_SHIFT: u32 = 21;
pub(crate) const REGION_SHIFT: u32 = 25;
/// Which spelling of a class is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Spelling {
    OpenCc,
    #[default]
    Taiwan,
    HongKong,
}

/// A view of the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model<'a> {
    index: &'a [u32],
    characters: &'a [u32],
    forms: &'a [u32],
    buckets: &'a [u32],
    sure: &'a [u32],
    /// How far another class must be ahead of the dictionary's, in weights' units.
    margin: i32,
}

/// A character that the model decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates<'a> {
    forms: &'a [u32],
    classes: usize,
}

/// Bytes at the alignment of the words they are read as.
#[repr(C)]
struct Aligned<T: ?Sized> {
    align: [u32; 0],
    bytes: T,
}

static BUILT_IN: &Aligned<[u8]> =
    &Aligned { align: [], bytes: *include_bytes!("../../data/context/model.bin") };

impl<'a> Model<'a> {
    /// Returns the model that the binary carries.
    pub(crate) fn built_in() -> Model<'static> {
        Model::open(bytemuck::cast_slice(&BUILT_IN.bytes))
    }

    /// Opens a model.
    ///
    /// # Panics
    ///
    /// If the words are not what the trainer makes: they are never read from outside.
    pub(crate) fn open(words: &'a [u32]) -> Model<'a> {
        let (header, mut rest) = words.split_at(HEADER);
        let header: Vec<u32> = header.iter().map(|word| u32::from_le(*word)).collect();
        assert_eq!(header[0], MAGIC, "a model of the context layer");
        let mut section = |words: u32| {
            let (section, behind) = rest.split_at(words as usize);
            rest = behind;
            section
        };
        let (index, characters) = (section(header[1]), section(header[2]));
        let (forms, buckets) = (section(header[3]), section(header[4] * 8));
        let sure = section(header[5]);
        assert!(index.len().is_power_of_two(), "a hash table");
        Model { index, characters, forms, buckets, sure, margin: header[6].cast_signed() }
    }

    /// Returns the candidates of a character, if the model decides it.
    #[inline]
    pub(crate) fn candidates(&self, character: u32) -> Option<Candidates<'a>> {
        let mut slot = slot(character, self.index.len());
        loop {
            let entry = u32::from_le(self.index[slot]);
            if entry == 0 {
                return None;
            }
            if entry & ((1 << KEY_BITS) - 1) == character {
                let word = u32::from_le(self.characters[(entry >> KEY_BITS) as usize - 1]);
                let (first, forms) = ((word & 0xFFFF) as usize, (word >> 16 & 0xFF) as usize);
                let classes = (word >> 24) as usize;
                return Some(Candidates { forms: &self.forms[first..first + forms], classes });
            }
            slot = (slot + 1) & (self.index.len() - 1);
        }
    }

    /// Returns all characters that are decided.
    pub(crate) fn characters(&self) -> impl Iterator<Item = char> + '_ {
        let keys = self.index.iter().map(|word| u32::from_le(*word) & ((1 << KEY_BITS) - 1));
        keys.filter(|&key| key != 0).filter_map(char::from_u32)
    }

    /// Returns whether the dictionary's choice beside this neighbour was never changed in the texts that the model was made
    /// of, where the two stood often: then nothing else is asked. That is so at most places, and they cost a sixth.
    #[inline]
    pub(crate) fn is_sure(&self, [left, right]: [u64; 2]) -> bool {
        let known = |pair: u64| {
            let (slot, key) = sure_slot(pair, 2 * self.sure.len());
            let word = self.sure.get(slot / 2).copied().map_or(0, u32::from_le);
            word >> (slot % 2 * 16) & 0xFFFF == key
        };
        known(left) | known(right)
    }

    /// Returns by how much each class is ahead of the first, in weights' units, given what the dictionary chose.
    #[inline]
    pub(crate) fn scores(&self, window: &Window, classes: usize, choice: usize) -> [i32; 16] {
        let mut scores = [0; 16];
        let features: [u64; FEATURES] = window.features(choice);
        for (class, score) in scores.iter_mut().enumerate().take(classes).skip(1) {
            *score = features.iter().map(|&feature| self.weight(mixed(feature, class))).sum();
        }
        scores
    }

    /// Returns the class to write in place of the dictionary's, and how far it is ahead, if it is far enough.
    #[inline]
    pub(crate) fn better(
        &self,
        window: &Window,
        candidates: Candidates<'_>,
        choice: usize,
    ) -> Option<(usize, i32)> {
        let scores = self.scores(window, candidates.classes, choice);
        let scores = &scores[..candidates.classes];
        let best = (0..scores.len()).max_by_key(|&class| (scores[class], class == choice))?;
        let ahead = scores[best] - scores[choice];
        (ahead > self.margin).then_some((best, ahead))
    }

    /// Returns the weight of a feature, 0 if it has none.
    #[inline(always)]
    fn weight(&self, feature: u64) -> i32 {
        let bucket = bucket(feature, self.buckets.len() / BUCKET);
        let entries: Option<&[u32; BUCKET]> =
            self.buckets[bucket * BUCKET..].first_chunk::<BUCKET>();
        let key = key(feature);
        // No early exit: eight comparisons at once cost less than one branch that goes wrong.
        entries.map_or(0, |entries| {
            let mut sum = 0;
            for entry in entries {
                let entry = u32::from_le(*entry);
                let weight = (entry.cast_signed() << 24) >> 24;
                sum += if entry & !0xFF == key { weight } else { 0 };
            }
            sum
        })
    }
}

impl Candidates<'_> {
    /// Returns how many classes there are.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the class of a form.
    #[inline]
    pub(crate) fn class_of(&self, form: u32) -> Option<usize> {
        let mut words = self.forms.iter().map(|word| u32::from_le(*word));
        let found = words.find(|word| word & ((1 << CLASS_SHIFT) - 1) == form);
        found.map(|word| (word >> CLASS_SHIFT & 0xF) as usize)
    }

    /// Returns how a class is written.
    pub(crate) fn form(&self, class: usize, spelling: Spelling) -> Option<char> {
        let bit = 1 << (REGION_SHIFT + spelling as u32);
        let found = self
            .forms
            .iter()
            .map(|word| u32::from_le(*word))
            .find(|word| word & bit != 0 && (word >> CLASS_SHIFT & 0xF) as usize == class);
        found.and_then(|word| char::from_u32(word & ((1 << CLASS_SHIFT) - 1)))
    }
}

/// Returns where the index has a character first.
#[inline(always)]
pub(crate) fn slot(character: u32, slots: usize) -> usize {
    (character.wrapping_mul(0x9E37_79B1) >> 16) as usize & (slots - 1)
}

/// Returns where a pair is kept among those that are sure, and the sixteen bits that stand for it there, which are not 0.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "less than the number of slots")]
pub(crate) fn sure_slot(pair: u64, slots: usize) -> (usize, u32) {
    ((((pair >> 32) * slots as u64) >> 32) as usize, (pair as u32 >> 16).max(1))
}

/// Returns the bucket of a feature.
#[inline(always)]
pub(crate) fn bucket(feature: u64, buckets: usize) -> usize {
    (((feature >> 32) * buckets as u64) >> 32) as usize
}

/// Returns the bits that an entry of a feature begins with; never those of an empty entry.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
pub(crate) fn key(feature: u64) -> u32 {
    (feature as u32 & !0xFF).max(0x100)
}
