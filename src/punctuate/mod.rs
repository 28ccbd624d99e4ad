//! Stage 5, prose to prose: marks and the blanks beside them.
//!
//! In: a draft whose protected ranges are known. Out: the edits of one pass. The naive way is a table from `,` to `，`, which
//! breaks 1,000 and every English sentence; here what stands on both sides of a mark decides who owns it.
//!
//! ```text
//! marks     , . ; : ! ? ( )  where Chinese prose owns them
//! owner     who owns a mark: the sentence around it
//! quotes    “‘’” ↔ 「『』」, in pairs, and "…"
//! runs      …… —— · and repeated marks
//! blanks    blanks between, before and behind
//! ```

pub(crate) mod blanks;
pub(crate) mod marks;
mod owner;
pub(crate) mod quotes;
pub(crate) mod runs;
