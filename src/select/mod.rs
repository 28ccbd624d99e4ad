//! Stage 2, Document to spans: which text is prose, and which is to stay as it is.
//!
//! In: text. Out: two lists of ranges: *frozen* ones (addresses, code, names that the user keeps), which nothing changes, and
//! *guarded* ones (lines that are code or tables), whose words may change but whose marks and blanks have a meaning that is not
//! prose. The naive way is one regular expression for each kind of span, each run over the whole text; ours looks at the
//! bytes once and asks further only where one of two dozen ASCII characters stands that can begin such a span.
//!
//! ```text
//! lines      which lines are code as a whole: fences, front matter, formulas
//! protect    what is frozen within a line
//! tokens     the kinds of span, one function each
//! seen       what is further on in a line
//! terms      terms that are all searched for at once
//! layout     lines whose marks are no prose
//! ```

mod layout;
mod lines;
mod protect;
mod seen;
mod terms;
mod tokens;

pub(crate) use lines::{LineKind, Lines};
pub use protect::Protection;
pub(crate) use protect::{BEGINS, SPAN};
pub(crate) use terms::Ends;
