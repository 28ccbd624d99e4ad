//! The matching engine: keys and values, no variants and no policy.
//!
//! In: lexicons (keys with one value each) and UTF-8. Out: the text with the leftmost, longest keys replaced. The naive
//! algorithm is four lines:
//!
//! ```text
//! while there is text:
//!     find the longest key at its head
//!     if there is one, write its value and drop the key from the text
//!     else move one character over
//! ```
//!
//! Those four lines are all this room does; the rest is about what a position costs. The steps from the naive form to ours,
//! each with its reason, are told where they are taken: [`lexicon`] flattens groups so that there is one dictionary to ask,
//! [`double_array`] and [`table`] make "the longest key" a few loads, and [`replace`](mod@replace) asks for it only where the
//! answer can matter.
//!
//! # What was tried
//!
//! MB/s of modern prose, one thread of a Sapphire Rapids with 2 MB of second-level cache, all in one run each; the last part on other
//! prose than the first, where the old loop made 450, 1000 and 1350 of s2t, t2s and t2tw:
//!
//! * The naive form over hash maps: s2t 17, t2s 37.
//! * A loop over three arrays (character, root, double array) with one look-up a position: s2t about 200, t2s about 560.
//! * The entry of the second character of a pair kept as the first of the next, so that each is loaded once, and shrinking
//!   slices in place of offsets, so that few values have to be kept in registers: s2t 290, t2s 570.
//! * A loop of its own for characters that begin no phrase: t2s 570 to 700, t2tw 840 to 1170.
//! * The check of the node without a branch, for every character: t2s 570 to 416.
//! * Leaving out the phrases that change nothing and bound nothing: of 49,794 phrases of s2t it can be proved for a
//!   thousand only. Not in use; but in a text nearly all of them change and bound nothing, which is the next.
//! * Blocks: every character by itself, and a bit map of node words asked at each pair for something special: s2t 450, t2tw 870.
//!   The loop had 65 instructions a character, most of them moves to and from the stack.
//! * In place of the bit map two sets of classes in the character's own word, compared for the whole block behind the loop: s2t
//!   534, t2tw 1230; the comparison written for SSE2, which the compiler did not find: s2t 597, t2tw 1575. In use.
//! * One table by the first two bytes as they stand, with a place out of bounds for all that is not three bytes long: with the
//!   above 38 to 26 instructions a character. In use.
//! * The third and later characters of something special asked before the walk: s2t 600 to 660. In use.
//! * First all pairs without a branch, then the rest of each; copies of fixed length: s2t 663 to 786, tw2sp 642 to 747. In use.
//! * A copy of the block's text, so that its loop has no bounds to check: slower by 5%. Not in use.
//! * Whole keys of the first step as triggers, not their first pairs: tw2sp 575 to 642, half of the events. In use.
//! * Classes by the frequency of characters in the phrases: 10.8% in place of 12.1% of the pairs meet, no difference in time. Not in
//!   use. 32 classes: 9.3%, and twice the memory. Not in use.
//!
//! Where the time of s2t goes now (3.7 ns a character): writing each by itself 1.9, pairs 0.8, what goes on behind them 0.6, walks 0.2,
//! the check that the result is UTF-8 and its copy 0.2. Gathers of eight or sixteen words cost as much as the loads they replace.

pub(crate) mod lexicon;
pub(crate) mod double_array;
pub(crate) mod builder;
pub(crate) mod table;
pub(crate) mod output;
mod block;
pub(crate) mod replace;
