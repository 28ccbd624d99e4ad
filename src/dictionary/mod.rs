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

pub(crate) mod lexicon;
pub(crate) mod double_array;
pub(crate) mod builder;
pub(crate) mod table;
pub(crate) mod replace;
