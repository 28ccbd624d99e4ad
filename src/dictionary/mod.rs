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
//! [`double_array`] and [`table`] make "the longest key" two loads in most positions, and [`replace`](mod@replace) makes
//! the writing branch-free where a character stands alone.
//!
//! # What was tried
//!
//! MB/s of modern prose, one thread of a Sapphire Rapids with 2 MB of second-level cache, all in one run each:
//!
//! * The naive form over hash maps: s2t 17, t2s 37.
//! * A loop over three arrays (character, root, double array) with one look-up a position: s2t about 200, t2s about 560.
//! * The entry of the second character of a pair kept as the first of the next, so that each is loaded once, and shrinking
//!   slices in place of offsets, so that few values have to be kept in registers: s2t 290, t2s 570. In use.
//! * A loop of its own for characters that begin no phrase: t2s 570 to 700, t2tw 840 to 1170. In use.
//! * The check of the node without a branch, for every character: t2s 570 to 416. Most characters begin no phrase, and
//!   the branch that says so is predicted well. Not in use.
//! * Leaving out the phrases that change nothing and bound nothing: of 49,794 phrases of s2t it can be proved for a
//!   thousand only. Not in use.

pub(crate) mod lexicon;
pub(crate) mod double_array;
pub(crate) mod builder;
pub(crate) mod table;
pub(crate) mod replace;
