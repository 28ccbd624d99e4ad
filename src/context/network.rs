//! A small network of embeddings: a second opinion where the linear model is in doubt.
//!
//! In: the neighbours of a character, and what the dictionary chose. Out: for each class by how much it is ahead, in units of the
//! linear model's weights. That one knows pairs and triples of neighbours that it has seen; in 弗里茨 it has seen none. Here every
//! neighbour is a row of numbers, near that of characters which stand in like places (茨, 德, 尔), so what was learned beside one
//! counts beside the others. By itself it errs about as often, but elsewhere: the two together err less than either.
//!
//! ```text
//! six symbols → six rows of 8 bits → a sum over all, by place → what is below 0 is 0 → a product for each class
//! ```
//!
//! What a row of an embedding adds to the sums is a product with a table. Of the commonest 1,400 symbols, nineteen neighbours in twenty of those that
//! are asked about in the bench's text, the products are kept instead, in two fifths of the model's bytes: so a question takes 1,100 instructions.
//!
//! Such networks are commonly run in floating point, where the result depends on the order of the sums, and that on the machine.
//! Here everything is a whole number of 16 bits, eight of which a processor adds at once; a sum that would not fit stays at
//! the end of the range. It is asked at one place in a hundred and fifty.
//!
//! The trainer (data/context/trainer) is built from this file too.

use super::features::{REACH, Window};

/// Numbers of an embedding.
pub(crate) const WIDTH: usize = 24;
/// Sums, between the embeddings and the classes.
pub(crate) const HIDDEN: usize = 96;
/// Neighbours that are looked at.
pub(crate) const PLACES: usize = 2 * REACH;
/// Rows for symbols that are no ideographs; the one behind them is for ideographs that were seldom seen.
pub(crate) const RARE: u16 = 4;
/// Ideographs that may have a row.
pub(crate) const FIRST: u32 = 0x4E00;
pub(crate) const SYMBOLS: usize = 0x5200;
/// The first rows, the commonest: what they add to the sums is kept.
pub(crate) const COMMON: usize = 1408;
/// Weights for what the dictionary chose; later candidates share the last.
pub(crate) const CHOICES: usize = 8;

/// Bits that a sum loses before it is multiplied.
const SUM_BITS: u32 = 4;
/// Bits that a product has more than the weight of a choice.
const PRODUCT_BITS: u32 = 7;
/// What 1 is in units of the linear model, and bits that are lost after that.
const UNITS: i32 = 20;
const CHOICE_BITS: u32 = 8;

/// A view of the network. The numbers are as the file has them, the low byte first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Network<'a> {
    /// The row of each ideograph.
    pub(crate) symbols: &'a [u16; SYMBOLS],
    pub(crate) embeddings: &'a [[i8; WIDTH]],
    /// For each place, and each number of an embedding, what it adds to the sums.
    pub(crate) near: &'a [[i16; HIDDEN]; PLACES * WIDTH],
    /// For each place, and each of the commonest rows, the products with `near`.
    pub(crate) common: &'a [[i16; HIDDEN]; PLACES * COMMON],
    /// For each character what the sums begin with.
    pub(crate) own: &'a [[i16; HIDDEN]],
    /// For each class of each character.
    pub(crate) classes: &'a [[i16; HIDDEN]],
    pub(crate) choices: &'a [[i16; CHOICES]],
}

impl Network<'_> {
    /// Returns by how much each class is ahead of the first; `row` is that of the character's first class.
    #[cold]
    #[inline(never)]
    pub(crate) fn scores(
        &self,
        window: &Window,
        number: usize,
        row: usize,
        classes: usize,
        choice: usize,
    ) -> [i32; 16] {
        let sums = self.sums(window, number);
        let sums = sums.map(|sum| sum.max(0) >> SUM_BITS);
        let mut scores = [0; 16];
        for (class, score) in scores.iter_mut().enumerate().take(classes) {
            let weights = &self.classes[row + class];
            let products =
                sums.iter().zip(weights).map(|(a, b)| i32::from(*a) * i32::from(i16::from_le(*b)));
            let product: i32 = products.sum();
            let by_choice = self.choices[row + class][choice.min(CHOICES - 1)];
            let score_of_class = (product >> PRODUCT_BITS) + i32::from(i16::from_le(by_choice));
            *score = (score_of_class * UNITS) >> CHOICE_BITS;
        }
        scores.map(|score| score - scores[0])
    }

    fn sums(&self, window: &Window, number: usize) -> [i16; HIDDEN] {
        let mut sums = self.own[number].map(i16::from_le);
        let [l1, l2, l3] = window.left;
        let [r1, r2, r3] = window.right;
        let symbols: [u32; PLACES] = [l3, l2, l1, r1, r2, r3];
        for (place, symbol) in symbols.into_iter().enumerate() {
            let row = usize::from(self.row(symbol));
            if row < COMMON {
                add(&mut sums, &self.common[place * COMMON + row]);
            } else {
                add(&mut sums, &self.product(place, row));
            }
        }
        sums
    }

    /// Returns what a row adds to the sums, as the file has it.
    #[inline(never)]
    fn product(&self, place: usize, row: usize) -> [i16; HIDDEN] {
        product(&self.embeddings[row], &self.near[place * WIDTH..][..WIDTH]).map(i16::to_le)
    }

    /// Returns which embedding a symbol has.
    fn row(&self, symbol: u32) -> u16 {
        match self.symbols.get(symbol.wrapping_sub(FIRST) as usize) {
            Some(row) => u16::from_le(*row),
            None => row_of_other(symbol),
        }
    }
}

#[inline(always)]
fn add(sums: &mut [i16; HIDDEN], row: &[i16; HIDDEN]) {
    for (sum, number) in sums.iter_mut().zip(row) {
        *sum = sum.saturating_add(i16::from_le(*number));
    }
}

/// Returns the product of an embedding with the weights of a place.
pub(crate) fn product(embedding: &[i8; WIDTH], near: &[[i16; HIDDEN]]) -> [i16; HIDDEN] {
    let mut sums = [0_i16; HIDDEN];
    for (number, weights) in embedding.iter().zip(near) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            let product = i16::from(*number).wrapping_mul(i16::from_le(*weight));
            *sum = sum.saturating_add(product);
        }
    }
    sums
}

/// Returns the row of a symbol that has none of its own.
pub(crate) fn row_of_other(symbol: u32) -> u16 {
    u16::try_from(symbol).map_or(RARE, |symbol| symbol.min(RARE))
}

#[cfg(test)]
mod tests {
    use super::super::features::Window;
    use super::super::model::Model;
    use super::{
        CHOICE_BITS, COMMON, HIDDEN, Network, PLACES, PRODUCT_BITS, SUM_BITS, UNITS, WIDTH,
    };

    /// As [`Network::scores`], without the products that are kept, in sums that have room for everything.
    fn naive(network: &Network<'_>, window: &Window, number: usize, row: usize) -> [i32; 2] {
        let ([l1, l2, l3], [r1, r2, r3]) = (window.left, window.right);
        let own = network.own[number];
        let sums: [i32; HIDDEN] = std::array::from_fn(|at| {
            let mut sum = i32::from(i16::from_le(own[at]));
            for (place, symbol) in [l3, l2, l1, r1, r2, r3].into_iter().enumerate() {
                let embedding = network.embeddings[usize::from(network.row(symbol))];
                let products = embedding.into_iter().enumerate().map(|(part, number)| {
                    let weight = i16::from_le(network.near[place * WIDTH + part][at]);
                    i32::from(number) * i32::from(weight)
                });
                sum = (sum + products.sum::<i32>()).clamp(i16::MIN.into(), i16::MAX.into());
            }
            sum.max(0) >> SUM_BITS
        });
        [0, 1].map(|class| {
            let weights =
                network.classes[row + class].map(|weight| i64::from(i16::from_le(weight)));
            let product: i64 =
                sums.iter().zip(weights).map(|(sum, weight)| i64::from(*sum) * weight).sum();
            let by_choice = i64::from(i16::from_le(network.choices[row + class][0]));
            let units = ((product >> PRODUCT_BITS) + by_choice) * i64::from(UNITS);
            let score = units >> CHOICE_BITS;
            i32::try_from(score).unwrap()
        })
    }

    #[test]
    fn scores_are_sums_of_products() {
        let network = Model::built_in().network;
        let essay = include_str!("../../data/sample/essay-simplified.txt");
        let mut rare = 0;
        for (at, c) in essay.char_indices().filter(|(_, c)| c.len_utf8() == 3) {
            let window = Window::around(essay.as_bytes(), at);
            let number = c as usize % network.own.len();
            let row = c as usize % (network.classes.len() - 1);
            let scores = network.scores(&window, number, row, 2, 0);
            let [first, second] = naive(&network, &window, number, row);
            assert_eq!(scores[..2], [0, second - first]);
            let mut symbols = window.left.into_iter().chain(window.right);
            let is_rare = |symbol: u32| usize::from(network.row(symbol)) >= COMMON;
            rare += usize::from(symbols.any(is_rare));
        }
        assert!(rare > 0);
    }

    #[test]
    fn what_is_kept_is_the_product() {
        let network = Model::built_in().network;
        for place in 0..PLACES {
            for row in 0..COMMON {
                assert_eq!(network.common[place * COMMON + row], network.product(place, row));
            }
        }
    }
}
