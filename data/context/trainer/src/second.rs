//! Learns the network of embeddings, and puts it into the words that [`Network`](crate::network::Network) reads.
//!
//! In: texts in Simplified script, and places with their answers. Out: tables of whole numbers. The naive way learns from the places
//! alone; but they are one character in ten of the texts, and most neighbours are seen beside few of them. So first the network learns to tell, from
//! its neighbours, every second character of the texts from five others: then characters that stand in like places have like embeddings.
//! After that it learns the classes. AdaGrad in both, one thread, one seed.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::features::{CANTONESE, OTHER, REACH, Window};
use crate::network::{
    CHOICES, COMMON, FIRST, HIDDEN, PLACES, RARE, SYMBOLS, WIDTH, product, row_of_other,
};
use crate::random;

/// An ideograph of fewer places has no row.
const LEAST_COUNT: u32 = 5;
/// Passes over the places; the rate falls with each.
const PASSES: usize = 3;
const RATE: f32 = 0.05;
const LAST_RATE: f32 = 0.1;
/// How many neighbours are hidden while it learns, so that it does not trust in any one.
const HIDDEN_SHARE: f32 = 0.05;
/// Of the texts every second character is learned, against so many others.
const STEP: usize = 2;
const OTHERS: usize = 5;
/// Characters that are learned in a row.
const STRETCH: usize = 1000;
const SEED: u64 = 5;

/// What 1 is among the numbers of embeddings, their weights, the sums, and the weights of classes and choices.
const EMBEDDING: f32 = 32.0;
const WEIGHT: f32 = 64.0;
const SUM: f32 = EMBEDDING * WEIGHT;
const CLASS: f32 = 256.0;
const CHOICE: f32 = 256.0;
/// The largest weight of an embedding: times the largest number it fits into 16 bits.
const MOST_WEIGHT: f32 = 255.0;
/// The largest weight of a class: the sum of all products fits into 32 bits.
const MOST_CLASS: f32 = 4095.0;

/// A place to learn from.
pub(crate) struct Example {
    symbols: [u16; PLACES],
    character: u16,
    choice: u8,
    answer: u8,
    factor: f32,
}

pub(crate) struct Learner {
    rows: HashMap<u32, u16>,
    /// Of each character the first class.
    starts: Vec<usize>,
    embeddings: Vec<[f32; WIDTH]>,
    near: Vec<[f32; HIDDEN]>,
    own: Vec<[f32; HIDDEN]>,
    classes: Vec<[f32; HIDDEN]>,
    choices: Vec<[f32; CHOICES]>,
}

/// Sums of squares of slopes, which AdaGrad divides by.
struct Squares {
    embeddings: Vec<[f32; WIDTH]>,
    near: Vec<[f32; HIDDEN]>,
}

/// Numbers between -1 and 1.
struct Numbers(u64);

impl Numbers {
    fn share(&mut self) -> f32 {
        (random(&mut self.0) >> 40) as f32 / (1 << 24) as f32
    }

    fn below(&mut self, end: usize) -> usize {
        (random(&mut self.0) % end as u64) as usize
    }

    fn rows<const N: usize>(&mut self, count: usize, most: f32) -> Vec<[f32; N]> {
        let mut row = || std::array::from_fn(|_| (self.share() * 2.0 - 1.0) * most);
        (0..count).map(|_| row()).collect()
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

/// Does one step of AdaGrad.
fn step(values: &mut [f32], squares: &mut [f32], slopes: impl Iterator<Item = f32>, rate: f32) {
    for ((value, square), slope) in values.iter_mut().zip(squares).zip(slopes) {
        *square += slope * slope;
        *value -= rate * slope / square.sqrt();
    }
}

fn symbols_of(window: &Window) -> [u32; PLACES] {
    let ([l1, l2, l3], [r1, r2, r3]) = (window.left, window.right);
    [l3, l2, l1, r1, r2, r3]
}

impl Learner {
    /// Returns a network that knows nothing yet, for characters with so many classes each.
    pub(crate) fn new<'a>(classes: &[usize], windows: impl Iterator<Item = &'a Window>) -> Learner {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        for window in windows {
            for symbol in symbols_of(window) {
                *counts.entry(symbol).or_default() += 1;
            }
        }
        let has_row = |symbol: u32| (FIRST..FIRST + SYMBOLS as u32).contains(&symbol);
        let mut known: Vec<(u32, u32)> = counts
            .into_iter()
            .filter(|&(symbol, count)| has_row(symbol) && count >= LEAST_COUNT)
            .collect();
        known.sort_by_key(|&(symbol, count)| (Reverse(count), symbol));
        let rows = known.iter().zip(RARE + 1..).map(|(&(symbol, _), row)| (symbol, row)).collect();
        let mut total = 0;
        let starts = classes.iter().map(|count| {
            total += count;
            total - count
        });
        let starts = starts.collect();
        let mut numbers = Numbers(1);
        let mut embeddings = numbers.rows(usize::from(RARE) + 1 + known.len(), 0.3);
        embeddings[usize::from(RARE)] = [0.0; WIDTH];
        Learner {
            rows,
            starts,
            embeddings,
            near: numbers.rows(PLACES * WIDTH, 0.1),
            own: numbers.rows(classes.len(), 0.1),
            classes: numbers.rows(total, 0.1),
            choices: vec![[0.0; CHOICES]; total],
        }
    }

    fn row(&self, symbol: u32) -> u16 {
        self.rows.get(&symbol).copied().unwrap_or(row_of_other(symbol))
    }

    /// Returns the first row of each character's classes.
    pub(crate) fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Returns what is learned from a place; of a word in a list nobody knows what stands beyond its ends.
    pub(crate) fn example(
        &self,
        window: &Window,
        character: usize,
        [choice, answer]: [usize; 2],
        factor: f32,
        is_list: bool,
    ) -> Example {
        let symbols = symbols_of(window).map(|symbol| match symbol {
            OTHER if is_list => RARE,
            _ => self.row(symbol),
        });
        let (choice, answer) = (choice.min(CHOICES - 1) as u8, answer as u8);
        Example { symbols, character: character as u16, choice, answer, factor }
    }

    fn squares(&self, first: f32) -> Squares {
        let embeddings = vec![[first; WIDTH]; self.embeddings.len()];
        Squares { embeddings, near: vec![[1.0; HIDDEN]; self.near.len()] }
    }

    fn add_near(&self, symbols: &[u16; PLACES], sums: &mut [f32; HIDDEN]) {
        for (&symbol, near) in symbols.iter().zip(self.near.chunks_exact(WIDTH)) {
            for (number, weights) in self.embeddings[usize::from(symbol)].iter().zip(near) {
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += number * weight);
            }
        }
    }

    /// Learns from the slopes of the sums.
    fn learn_near(
        &mut self,
        symbols: &[u16; PLACES],
        slopes: &[f32; HIDDEN],
        squares: &mut Squares,
        rate: f32,
    ) {
        const LANES: usize = 16;
        for (place, &symbol) in symbols.iter().enumerate() {
            let symbol = usize::from(symbol);
            let embedding = self.embeddings[symbol];
            let mut of_embedding = [0.0; WIDTH];
            for (at, number) in embedding.into_iter().enumerate() {
                let weights = &mut self.near[place * WIDTH + at];
                // In an order that does not depend on how wide a processor adds.
                let mut lanes = [0.0; LANES];
                for (slopes, weights) in slopes.chunks(LANES).zip(weights.chunks(LANES)) {
                    for (lane, (slope, weight)) in lanes.iter_mut().zip(slopes.iter().zip(weights))
                    {
                        *lane += slope * weight;
                    }
                }
                of_embedding[at] = lanes.iter().sum();
                let squares = &mut squares.near[place * WIDTH + at];
                step(weights, squares, slopes.iter().map(|slope| slope * number), rate);
            }
            if symbol != usize::from(RARE) {
                let squares = &mut squares.embeddings[symbol];
                step(&mut self.embeddings[symbol], squares, of_embedding.into_iter(), rate);
            }
        }
    }

    /// Learns where characters stand: `text` has the symbols of many lines, with [`OTHER`] between them.
    pub(crate) fn learn_text(&mut self, text: impl Iterator<Item = u32>) {
        let rows: Vec<u16> = text.map(|symbol| self.row(symbol)).collect();
        let mut numbers = Numbers(SEED);
        let mut outputs: Vec<[f32; HIDDEN]> = numbers.rows(self.embeddings.len(), 0.1);
        let mut of_outputs = vec![[0.1; HIDDEN]; outputs.len()];
        let (mut bias, mut of_bias) = (vec![0.0; outputs.len()], vec![0.1; outputs.len()]);
        let (mut first, mut of_first) = ([0.0; HIDDEN], [1.0; HIDDEN]);
        let mut squares = self.squares(0.1);
        let mut stretches: Vec<usize> = (0..rows.len() / STRETCH).collect();
        numbers.shuffle(&mut stretches);
        for stretch in stretches {
            let begin = (stretch * STRETCH).max(REACH) + numbers.below(STEP);
            let end = ((stretch + 1) * STRETCH).min(rows.len() - REACH);
            for at in (begin..end).step_by(STEP).filter(|&at| rows[at] > RARE) {
                let mut symbols = [0; PLACES];
                for side in [-1, 1_isize] {
                    for distance in 1..=REACH {
                        let step = side * distance as isize;
                        let symbol = rows[at.wrapping_add_signed(step)];
                        symbols[REACH.wrapping_add_signed(step - side.max(0))] = symbol;
                        if symbol < RARE {
                            break;
                        }
                    }
                }
                let mut sums = first;
                self.add_near(&symbols, &mut sums);
                let outs = sums.map(|sum| sum.max(0.0));
                let mut slopes = [0.0; HIDDEN];
                for other in 0..=OTHERS {
                    let is_it = other == 0;
                    let row =
                        usize::from(if is_it { rows[at] } else { rows[numbers.below(rows.len())] });
                    if !is_it && (row == usize::from(rows[at]) || row <= usize::from(RARE)) {
                        continue;
                    }
                    let output = &mut outputs[row];
                    let score =
                        bias[row] + outs.iter().zip(&*output).map(|(a, b)| a * b).sum::<f32>();
                    let slope = 1.0 / (1.0 + (-score).exp()) - f32::from(u8::from(is_it));
                    slopes
                        .iter_mut()
                        .zip(&*output)
                        .for_each(|(sum, weight)| *sum += slope * weight);
                    step(output, &mut of_outputs[row], outs.iter().map(|out| slope * out), RATE);
                    step(&mut bias[row..=row], &mut of_bias[row..=row], [slope].into_iter(), RATE);
                }
                let is_out = slopes.iter_mut().zip(&sums).filter(|(_, sum)| **sum <= 0.0);
                is_out.for_each(|(slope, _)| *slope = 0.0);
                step(&mut first, &mut of_first, slopes.into_iter(), RATE);
                self.learn_near(&symbols, &slopes, &mut squares, RATE);
            }
        }
        for own in &mut self.own {
            own.iter_mut().zip(&first).for_each(|(own, first)| *own += first);
        }
    }

    /// Learns the classes.
    pub(crate) fn learn(&mut self, examples: &mut [Example]) {
        let mut squares = self.squares(0.01);
        let mut of_own = vec![[0.01; HIDDEN]; self.own.len()];
        let mut of_classes = vec![[0.01; HIDDEN]; self.classes.len()];
        let mut of_choices = vec![[0.01; CHOICES]; self.choices.len()];
        let mut numbers = Numbers(SEED);
        for pass in 0..PASSES {
            numbers.shuffle(examples);
            let rate = RATE * (1.0 - (1.0 - LAST_RATE) * pass as f32 / PASSES as f32);
            let mut loss = 0.0;
            for example in &*examples {
                let hidden = |symbol| if numbers.share() < HIDDEN_SHARE { RARE } else { symbol };
                let symbols = example.symbols.map(hidden);
                let character = usize::from(example.character);
                let (choice, answer) = (usize::from(example.choice), usize::from(example.answer));
                let start = self.starts[character];
                let end = self.starts.get(character + 1).copied().unwrap_or(self.classes.len());
                let mut sums = self.own[character];
                self.add_near(&symbols, &mut sums);
                let outs = sums.map(|sum| sum.max(0.0));
                let mut scores = [0.0; 16];
                for (score, row) in scores.iter_mut().zip(start..end) {
                    let product = outs.iter().zip(&self.classes[row]).map(|(a, b)| a * b);
                    *score = self.choices[row][choice] + product.sum::<f32>();
                }
                let scores = &mut scores[..end - start];
                let most = scores.iter().copied().fold(f32::MIN, f32::max);
                scores.iter_mut().for_each(|score| *score = (*score - most).exp());
                let total: f32 = scores.iter().sum();
                scores.iter_mut().for_each(|score| *score /= total);
                loss -= f64::from(scores[answer].max(1e-9).ln());
                scores[answer] -= 1.0;
                scores.iter_mut().for_each(|score| *score *= example.factor);
                if scores.iter().all(|slope| slope.abs() <= 1e-3) {
                    continue;
                }
                let mut slopes = [0.0; HIDDEN];
                for (row, &slope) in (start..end).zip(&*scores) {
                    let weights = &mut self.classes[row];
                    slopes
                        .iter_mut()
                        .zip(&*weights)
                        .for_each(|(sum, weight)| *sum += slope * weight);
                    step(weights, &mut of_classes[row], outs.iter().map(|out| slope * out), rate);
                    let choices = &mut self.choices[row][choice..=choice];
                    step(choices, &mut of_choices[row][choice..=choice], [slope].into_iter(), rate);
                }
                let is_out = slopes.iter_mut().zip(&sums).filter(|(_, sum)| **sum <= 0.0);
                is_out.for_each(|(slope, _)| *slope = 0.0);
                step(&mut self.own[character], &mut of_own[character], slopes.into_iter(), rate);
                self.learn_near(&symbols, &slopes, &mut squares, rate);
            }
            eprintln!("network, pass {}: loss {:.5}", pass + 1, loss / examples.len() as f64);
        }
    }

    /// Returns how many embeddings there are, how many classes, and the words of the tables.
    pub(crate) fn words(&self) -> (u32, u32, Vec<u32>) {
        let mut bytes: Vec<u8> = Vec::new();
        for symbol in FIRST..FIRST + SYMBOLS as u32 {
            bytes.extend(self.row(symbol).to_le_bytes());
        }
        let mut cut = 0;
        let embeddings: Vec<[i8; WIDTH]> = (self.embeddings.iter())
            .map(|row| row.map(|number| rounded(number, EMBEDDING, 127.0, &mut cut) as i8))
            .collect();
        let near: Vec<[i16; HIDDEN]> = (self.near.iter())
            .map(|row| row.map(|weight| rounded(weight, WEIGHT, MOST_WEIGHT, &mut cut).to_le()))
            .collect();
        bytes.extend(embeddings.as_flattened().iter().map(|number| number.cast_unsigned()));
        bytes.extend(near.as_flattened().iter().flat_map(|weight| weight.to_ne_bytes()));
        for near in near.chunks_exact(WIDTH) {
            for embedding in &embeddings[..COMMON] {
                bytes.extend(product(embedding, near).into_iter().flat_map(i16::to_le_bytes));
            }
        }
        let mut add = |numbers: &[f32], scale: f32, most: f32| {
            for number in numbers {
                bytes.extend(rounded(*number, scale, most, &mut cut).to_le_bytes());
            }
        };
        add(self.own.as_flattened(), SUM, 32767.0);
        add(self.classes.as_flattened(), CLASS, MOST_CLASS);
        add(self.choices.as_flattened(), CHOICE, 32767.0);
        eprintln!("network: {} bytes, {cut} numbers cut", bytes.len());
        let words = bytes
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]));
        (self.embeddings.len() as u32, self.classes.len() as u32, words.collect())
    }
}

fn rounded(number: f32, scale: f32, most: f32, cut: &mut usize) -> i16 {
    let rounded = (number * scale).round();
    *cut += usize::from(rounded.abs() > most);
    rounded.clamp(-most, most) as i16
}

/// Returns whether a window is one of Cantonese text.
pub(crate) fn is_cantonese(window: &Window) -> bool {
    window.character >= CANTONESE
}
