//! What a pass changed, and at which place of the document.
//!
//! In: the steps of the passes over a unit, and where that begins. Out: changes with offset, line and column in the document.
//! A place is moved forward over the text between two changes; the naive way counts lines from the head for each of them.

use super::passes::Pass;
use crate::draft::Step;

/// What one pass changed in one place, or left.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// In a zip file of documents, the entry that it is in; all places are in that.
    pub entry: Option<String>,
    /// Where it begins, in bytes of the document; where that was transcoded, of its text as UTF-8.
    pub offset: u64,
    /// Its length in bytes, as it was.
    pub len: u64,
    /// The line, from 1.
    pub line: u64,
    /// The character in the line, from 1.
    pub column: u64,
    /// The pass.
    pub pass: Pass,
    /// What the pass found; of a change to what an earlier pass made, that.
    pub before: String,
    /// What stands there now; `None` if it was left because nobody can tell what is right, as a quotation mark without
    /// its partner.
    pub after: Option<String>,
    /// Why, for people, where the pass alone does not say it.
    pub why: Option<String>,
}

/// Where a block begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) line: u64,
    pub(super) column: u64,
}

impl Default for Place {
    fn default() -> Place {
        Place { offset: 0, line: 1, column: 1 }
    }
}

impl Place {
    /// Returns the place behind `text`, in which a sequence of bytes that is not UTF-8 counts as one character.
    pub(super) fn behind(self, text: &[u8]) -> Place {
        let lines = memchr::memchr_iter(b'\n', text).count() as u64;
        let last = memchr::memrchr(b'\n', text).map_or(text, |at| &text[at + 1..]);
        let characters = |text: &[u8]| text.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
        let columns = match simdutf8::basic::from_utf8(last) {
            Ok(_) => characters(last),
            Err(_) => last
                .utf8_chunks()
                .map(|chunk| characters(chunk.valid().as_bytes()) + chunk.invalid().len().min(1))
                .sum(),
        };
        let column = if lines > 0 { 1 } else { self.column };
        Place {
            offset: self.offset + text.len() as u64,
            line: self.line + lines,
            column: column + columns as u64,
        }
    }
}

/// Adds what was done to a unit that begins at `place`.
pub(super) fn tell(steps: Vec<(Pass, Step)>, unit: &str, place: Place, changes: &mut Vec<Change>) {
    let (mut at, mut here) = (0, place);
    for (pass, step) in steps {
        here = here.behind(&unit.as_bytes()[at..step.range.start]);
        at = step.range.start;
        changes.push(Change {
            entry: None,
            offset: here.offset,
            len: step.range.len() as u64,
            line: here.line,
            column: here.column,
            pass,
            before: step.before,
            after: step.after,
            why: step.why,
        });
    }
}
