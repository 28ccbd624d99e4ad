//! The model: which characters are decided, their candidates, and the weights.
//!
//! In: the words of data/context/model.bin, made by data/context/trainer. Out: a view; opening one reads a header and
//! allocates nothing. All sums are of whole numbers, so a decision is the same on every machine.
//!
//! A map from features to weights is the naive form. Here a feature is looked for in one *bucket* of eight entries, all
//! compared at once: 16 bits each of the feature's number, and behind those of all eight the eight weights of one byte. What stands for no
//! feature has the weight 0. Sums are kept for each place in a bucket, and added up only at the end.
//!
//! Where the sums leave in doubt whether the dictionary's choice is to be changed, the [`Network`] is asked too, and
//! what the two say is averaged; and the [`Lattice`] of words adds what it has to say.
//!
//! # Layout, in words of 32 bits, the low byte first
//!
//! * the header: [`HEADER`] words;
//! * `index`: a hash table from characters to their number plus one: 22 bits and ten;
//! * `characters`: in eight bits how many classes there are, and behind them the row of the first one in the network;
//! * `forms`, [`FORMS`] for each character, 0 where there are fewer: a code point, 4 bits class, and bits 25, 26, 27 where
//!   the class is written so in OpenCC's standard, Taiwan and Hong Kong;
//! * the buckets of the near features, and those of the far ones, [`BUCKET`] words each;
//! * `plain`: see [`Model::is_plain`], in 64 bits each;
//! * `sure`: see [`Model::is_sure`];
//! * the network's tables, in the order of [`Network`]: numbers of 16 bits, but embeddings of 8;
//! * the lattice's buckets, and its bits for the beginnings of words.

use super::features::{COPULA, NEAR, Window, filed, sign};
use super::lattice::{self, Lattice};
use super::network::{CHOICES, COMMON, HIDDEN, Network, PLACES, SYMBOLS, WIDTH};

/// The first word: `JFC5`.
pub(crate) const MAGIC: u32 = u32::from_le_bytes(*b"JFC5");
/// Magic, slots of the index, characters, forms, buckets, words of `sure`, by how much another class must be ahead,
/// embeddings, and classes of all characters.
pub(crate) const HEADER: usize = 9;
/// Entries of a bucket.
pub(crate) const ENTRIES: usize = 8;
/// Words of a bucket.
pub(crate) const BUCKET: usize = 6;
/// Buckets of the near features, which are asked for at three times as many places as the far ones, and of those; powers of two.
pub(crate) const NEAR_BUCKETS: usize = 1 << 14;
pub(crate) const FAR_BUCKETS: usize = 1 << 15;
/// Places for pairs that are sure, a power of two.
pub(crate) const SURE: usize = 1 << 17;
/// Places for characters that are plain, a power of two.
pub(crate) const PLAIN: usize = 1 << 10;
/// Forms of a character.
pub(crate) const FORMS: usize = 8;
pub(crate) const KEY_BITS: u32 = 22;
pub(crate) const CLASS_SHIFT: u32 = 21;
pub(crate) const REGION_SHIFT: u32 = 25;
pub(crate) const ROW_SHIFT: u32 = 8;
/// The network and the lattice are asked where the likeliest other class is behind the dictionary's by less than the first, or ahead by less than the
/// second, in weights' units; and wherever it is ahead of a candidate of the dictionary's that is not its first. Of 395 errors on the development sets
/// with 11 and 22 there are one fewer with 11 and 18, two more with 9 and 22 (with 20 and what follows here as it is now, two fewer); and when there were 381 two
/// fewer with 16 and 24, asked a fifth more often.
const DOUBT: [i32; 2] = [11, 20];
/// How much farther ahead another class must be where the dictionary chose a candidate other than the first, so that a whole word speaks for it, as for 于
/// in 彭于晏. On the seven development sets 34 places are broken with it, and 51 without; of 306 that are mended, thirteen are not.
const FIRM: i32 = 14;
/// What the linear model counts, and the network.
const SHARES: [i32; 2] = [3, 2];
/// What the lattice counts, in weights' units for so many of its own: a quarter of what it says, as the others say much of it too (a fifth and a third
/// are as good); and the most that it can say, in its own units.
const OF_LATTICE: [i32; 2] = [5, 8];
const MOST_OF_LATTICE: i32 = 48;
/// How much more it counts for a candidate that the dictionary chose, other than the first: all that it says. A word of the dictionary, as 白术, is then
/// left alone where the lattice finds it too, whatever else is beside it. (At 1, 2, 3, 4, 6 there are 380, 379, 380, 379, 382 errors, and 43, 42, 41, 39, 38 broken.)
const FOR_WORDS: i32 = 4;
/// Where by the near features the dictionary's choice is so far ahead, in weights' units, the others are not asked for: two places in three of those that
/// are asked about in the bench's text. With 35 that is so at three in five; on the development sets there are as many errors as with 35, with 25 eight more
/// in 812.
const FAR_AHEAD: i32 = 28;

/// The lattice is not asked for what it would have to change by more than this, in weights' units. It could by 30, but on the development sets there is one
/// error fewer with 15 than with 20 (and five more with 12), at a quarter fewer questions.
const USUAL: i32 = 15;

/// 系 is 係 in texts of courts and parliaments, of which many of ours are, but hardly ever elsewhere outside of Cantonese: 系办公室, 系外行星. On the seven
/// development sets five were broken by it.
const HEAD: u32 = COPULA as u32;
const MUCH_FOR_HEAD: i32 = 80;
/// 于 is written so by the dictionary in names, 单于 and 淳于, which the texts have two hundred times and the word 於 a hundred thousand times.
const AT: u32 = '于' as u32;
const MUCH_FOR_AT: i32 = 70;

/// Which spelling of a class is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Spelling {
    OpenCc,
    #[default]
    Taiwan,
    HongKong,
}

type Buckets<const COUNT: usize> = [[u8; 4 * BUCKET]; COUNT];

/// A view of the model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model<'a> {
    index: &'a [u32],
    characters: &'a [u32],
    forms: &'a [[u32; FORMS]],
    near: &'a Buckets<NEAR_BUCKETS>,
    far: &'a Buckets<FAR_BUCKETS>,
    plain: &'a [[u32; 2]; PLAIN],
    sure: &'a [u16; SURE],
    /// How far another class must be ahead of the dictionary's, in weights' units.
    margin: i32,
    pub(super) network: Network<'a>,
    pub(super) lattice: Lattice<'a>,
}

/// A character that the model decides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates<'a> {
    forms: &'a [u32; FORMS],
    classes: usize,
    /// Where the network has it, and its first class.
    number: usize,
    row: usize,
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
        let mut section = |items: u32, words: usize| {
            let (section, behind) = rest.split_at(items as usize * words);
            rest = behind;
            section
        };
        let (index, characters) = (section(header[1], 1), section(header[2], 1));
        let forms = bytemuck::cast_slice(section(header[3], 1));
        let buckets: &[_] = bytemuck::cast_slice(section(header[4], BUCKET));
        let (near, far) = buckets.split_at(NEAR_BUCKETS);
        let (near, far) = (near.try_into(), far.try_into());
        let (near, far) = (near.expect("all buckets"), far.expect("all buckets"));
        let plain: &[_] = bytemuck::cast_slice(section(1, 2 * PLAIN));
        let sure: &[_] = bytemuck::cast_slice(section(header[5], 1));
        let (plain, sure) = (plain.try_into(), sure.try_into());
        let (plain, sure) = (plain.expect("all plain characters"), sure.expect("all pairs"));
        let mut bytes = |items: u32, bytes: usize| section(items, bytes / 4);
        let symbols: &[u16] = bytemuck::cast_slice(bytes(1, 2 * SYMBOLS));
        let embeddings = bytemuck::cast_slice(bytes(header[7], WIDTH));
        let by_place: &[_] = bytemuck::cast_slice(bytes(1, 2 * PLACES * WIDTH * HIDDEN));
        let common: &[_] = bytemuck::cast_slice(bytes(1, 2 * PLACES * COMMON * HIDDEN));
        let own = bytemuck::cast_slice(bytes(header[2], 2 * HIDDEN));
        let classes = bytemuck::cast_slice(bytes(header[8], 2 * HIDDEN));
        let choices = bytemuck::cast_slice(bytes(header[8], 2 * CHOICES));
        let words: &[_] = bytemuck::cast_slice(bytes(1, lattice::BUCKET * lattice::BUCKETS));
        let beginnings = bytes(1, lattice::BEGINNINGS / 8).try_into().expect("all bits");
        let lattice = Lattice { buckets: words.try_into().expect("all words"), beginnings };
        let symbols = symbols.try_into().expect("all ideographs");
        let by_place = by_place.try_into().expect("all places");
        let common = common.try_into().expect("all places");
        let network =
            Network { symbols, embeddings, near: by_place, common, own, classes, choices };
        assert!(index.len().is_power_of_two(), "a hash table");
        let margin = header[6].cast_signed();
        Model { index, characters, forms, near, far, plain, sure, margin, network, lattice }
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
                let number = (entry >> KEY_BITS) as usize - 1;
                let word = u32::from_le(self.characters[number]) as usize;
                let (classes, row) = (word & 0xFF, word >> ROW_SHIFT);
                return Some(Candidates { forms: &self.forms[number], classes, number, row });
            }
            slot = (slot + 1) & (self.index.len() - 1);
        }
    }

    /// Returns what is plain for a character, as [`is_plain`](Model::is_plain) says.
    pub(crate) fn plain(&self, own: char) -> impl Iterator<Item = char> + use<'a> {
        let own = sign(u32::from(own));
        let entries = self.plain.iter().map(|entry| entry.map(u32::from_le));
        let written = entries.filter(move |entry| entry[0] == own).map(|entry| entry[1]);
        written.filter_map(|sign| {
            let bytes = sign.to_le_bytes();
            str::from_utf8(&bytes[..3]).ok()?.chars().next()
        })
    }

    /// Returns all characters that are decided.
    pub(crate) fn characters(&self) -> impl Iterator<Item = char> + '_ {
        let keys = self.index.iter().map(|word| u32::from_le(*word) & ((1 << KEY_BITS) - 1));
        keys.filter(|&key| key != 0).filter_map(char::from_u32)
    }

    /// Returns whether the dictionary's choice for a character was hardly ever changed in the texts, and hardly ever wrong, whatever stood
    /// beside it: 個 for 个, 當 for 当. Both as [`sign`](super::features::sign) says. That is so at three places in five.
    #[inline(always)]
    pub(crate) fn is_plain(&self, own: u32, written: u32) -> bool {
        self.plain[plain_slot(own, written)].map(u32::from_le) == [own, written]
    }

    /// Returns whether a form beside this neighbour was never changed in the texts that the model was made of, and hardly ever wrong, where the two
    /// stood often: then nothing else is asked. That is so at most places, and they cost a sixth. It is the form that the dictionary wrote; but
    /// 系 of Cantonese is sure to be 係 too where the model always wrote that for it.
    #[inline(always)]
    pub(crate) fn is_sure(&self, pair: u64) -> bool {
        u16::from_le(self.sure[sure_slot(pair)]) == sure_key(pair)
    }

    /// Returns by how much each class is ahead of the first, in weights' units, given what the dictionary chose.
    pub(crate) fn scores(
        &self,
        window: &Window,
        candidates: Candidates<'_>,
        choice: usize,
    ) -> [i32; 16] {
        let classes = candidates.classes;
        let mut scores = self.linear(window, classes, choice);
        if in_doubt(&scores[..classes], choice) {
            self.add_network(window, candidates, choice, &mut scores);
            self.add_lattice(window, candidates, choice, &mut scores);
        }
        scores
    }

    /// Returns what [`scores`](Model::scores) does by the linear model alone.
    pub(crate) fn linear(&self, window: &Window, classes: usize, choice: usize) -> [i32; 16] {
        let (near, far) = (window.near_features(choice), window.far_features());
        let mut scores = [0; 16];
        for (class, score) in scores.iter_mut().enumerate().take(classes).skip(1) {
            *score = part(self.near, near, class) + part(self.far, far, class);
        }
        scores
    }

    /// Returns the class to write in place of the dictionary's, if one is far enough ahead: what [`scores`](Model::scores) say, but what is not
    /// going to change that is not asked for.
    #[allow(dead_code, reason = "the trainer asks for it")]
    pub(crate) fn better(
        &self,
        window: &Window,
        candidates: Candidates<'_>,
        choice: usize,
    ) -> Option<usize> {
        self.better_by(window.near_features(choice), || *window, candidates, choice)
    }

    /// The same for a character of which mostly the near features are enough.
    #[inline(always)]
    pub(crate) fn better_by(
        &self,
        near: [u64; NEAR],
        window: impl FnOnce() -> Window,
        candidates: Candidates<'_>,
        choice: usize,
    ) -> Option<usize> {
        let classes = candidates.classes;
        let mut scores = [0; 16];
        let mut most = if choice == 0 { i32::MIN } else { 0 };
        for (class, score) in scores.iter_mut().enumerate().take(classes).skip(1) {
            *score = part(self.near, near, class);
            most = if class == choice { most } else { most.max(*score) };
        }
        if most.saturating_sub(scores[choice]) < -FAR_AHEAD {
            return None;
        }
        let window = window();
        let far = window.far_features();
        for (class, score) in scores.iter_mut().enumerate().take(classes).skip(1) {
            *score += part(self.far, far, class);
        }
        let least = self.needed(window.character, choice);
        let (mut best, mut by) = ahead(&scores[..classes], choice);
        if in_doubt(&scores[..classes], choice) {
            self.add_network(&window, candidates, choice, &mut scores);
            (best, by) = ahead(&scores[..classes], choice);
            if by + USUAL > least && (choice > 0 || by - USUAL < least) {
                self.add_lattice(&window, candidates, choice, &mut scores);
                (best, by) = ahead(&scores[..classes], choice);
            }
        }
        (by > least).then_some(best)
    }

    /// Returns how far another class must be ahead of the dictionary's, in weights' units.
    #[inline(always)]
    pub(crate) fn needed(&self, character: u32, choice: usize) -> i32 {
        match character {
            HEAD if choice == 0 => MUCH_FOR_HEAD,
            AT if choice > 0 => MUCH_FOR_AT,
            _ => self.margin + firmness(choice),
        }
    }

    /// Averages the linear model's scores with the network's.
    #[cold]
    #[inline(never)]
    fn add_network(
        &self,
        window: &Window,
        candidates: Candidates<'_>,
        choice: usize,
        scores: &mut [i32; 16],
    ) {
        let Candidates { number, row, classes, .. } = candidates;
        let others = self.network.scores(window, number, row, classes, choice);
        let [own, other] = SHARES;
        for (score, by_network) in scores.iter_mut().zip(others) {
            *score = (own * *score + other * by_network) / (own + other);
        }
    }

    /// Adds what the lattice says.
    #[cold]
    #[inline(never)]
    fn add_lattice(
        &self,
        window: &Window,
        candidates: Candidates<'_>,
        choice: usize,
        scores: &mut [i32; 16],
    ) {
        let by_words = self.lattice.scores(window, candidates.classes);
        for (class, score) in scores.iter_mut().enumerate().take(candidates.classes) {
            let ahead = by_words[class] - by_words[choice];
            *score += of_lattice(ahead, if ahead < 0 && choice > 0 { FOR_WORDS } else { 1 });
        }
        // They count from the first class.
        let first = scores[0];
        scores.iter_mut().for_each(|score| *score -= first);
    }

    /// Returns the weight of a feature for a class, 0 if it has none: the naive form.
    #[cfg(test)]
    pub(crate) fn weight(&self, feature: u64, is_near: bool, class: usize) -> i32 {
        let feature = filed(feature, class);
        let bucket = if is_near {
            self.near[bucket::<NEAR_BUCKETS>(feature)]
        } else {
            self.far[bucket::<FAR_BUCKETS>(feature)]
        };
        let (keys, weights) = bucket.split_at(2 * ENTRIES);
        let keys = keys.chunks(2).map(|two| u16::from(two[0]) | u16::from(two[1]) << 8);
        let found = keys.zip(weights).filter(|(key, _)| *key == self::key(feature));
        found.map(|(_, weight)| i32::from(weight.cast_signed())).sum()
    }
}

/// Returns by how much a class is ahead of the first by these features.
#[inline(always)]
fn part<const COUNT: usize, const N: usize>(
    buckets: &Buckets<COUNT>,
    features: [u64; N],
    class: usize,
) -> i32 {
    let mut sums = [0; ENTRIES];
    for feature in features {
        let feature = filed(feature, class);
        add_weight(&buckets[bucket::<COUNT>(feature)], key(feature), &mut sums);
    }
    sums.into_iter().map(i32::from).sum()
}

/// Adds the weight of a feature to one of the sums, if it has one.
#[inline(always)]
fn add_weight(bucket: &[u8; 4 * BUCKET], key: u16, sums: &mut [i16; ENTRIES]) {
    // No early exit: eight comparisons at once cost less than one branch that goes wrong.
    for (entry, sum) in sums.iter_mut().enumerate() {
        let found = u16::from_le_bytes([bucket[2 * entry], bucket[2 * entry + 1]]) == key;
        let weight = i16::from(bucket[2 * ENTRIES + entry].cast_signed());
        *sum += if found { weight } else { 0 };
    }
}

/// Returns whether the linear model's scores leave it in doubt if the dictionary's choice is to be changed.
#[inline(always)]
fn in_doubt(scores: &[i32], choice: usize) -> bool {
    let (_, ahead) = ahead(scores, choice);
    let firmness = firmness(choice);
    ahead > firmness - DOUBT[0] && (ahead < firmness + DOUBT[1] || choice > 0)
}

/// Returns what the lattice's score counts.
#[inline(always)]
fn of_lattice(ahead: i32, times: i32) -> i32 {
    let [units, parts] = OF_LATTICE;
    ahead.clamp(-MOST_OF_LATTICE, MOST_OF_LATTICE) * units * times / parts
}

/// Returns what is added to the margin.
#[inline(always)]
fn firmness(choice: usize) -> i32 {
    if choice == 0 { 0 } else { FIRM }
}

/// Returns the best class but `choice`, and how far it is ahead of that.
#[inline(always)]
fn ahead(scores: &[i32], choice: usize) -> (usize, i32) {
    let (mut best, mut most) = (choice, i32::MIN);
    for (class, &score) in scores.iter().enumerate() {
        let is_better = class != choice && score > most;
        (best, most) = if is_better { (class, score) } else { (best, most) };
    }
    (best, most.saturating_sub(scores[choice]))
}

impl Candidates<'_> {
    /// Returns how many classes there are.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the class of a form.
    #[inline]
    pub(crate) fn class_of(&self, form: u32) -> Option<usize> {
        // All at once, as an early exit would go wrong at every other place.
        let class_and_one = |word: u32| {
            let is_form = word & ((1 << CLASS_SHIFT) - 1) == form;
            if is_form { (word >> CLASS_SHIFT & 0xF) + 1 } else { 0 }
        };
        let sum: u32 = self.forms.iter().map(|word| class_and_one(u32::from_le(*word))).sum();
        (sum as usize).checked_sub(1)
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

/// Returns where a character and what is written for it are kept among those that are plain.
#[inline(always)]
pub(crate) fn plain_slot(own: u32, written: u32) -> usize {
    let mixed = own.wrapping_mul(0x9E37_79B1) ^ written.wrapping_mul(0x85EB_CA6B);
    (mixed >> (32 - PLAIN.trailing_zeros())) as usize
}

/// Returns where a pair is kept among those that are sure.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "less than the number of places")]
pub(crate) fn sure_slot(pair: u64) -> usize {
    (pair >> (64 - SURE.trailing_zeros())) as usize
}

/// Returns the bits that stand for a pair there, which are not 0.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a part is what is wanted")]
pub(crate) fn sure_key(pair: u64) -> u16 {
    (pair >> 24) as u16 | 1
}

/// Returns the bucket of a feature.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "less than the number of buckets")]
pub(crate) fn bucket<const COUNT: usize>(feature: u64) -> usize {
    (feature >> (64 - COUNT.trailing_zeros())) as usize
}

/// Returns the bits that stand for a feature in its bucket.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "a part is what is wanted")]
pub(crate) fn key(feature: u64) -> u16 {
    (feature >> 32) as u16
}
