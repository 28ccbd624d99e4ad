//! The elements that are open at a place.
//!
//! In: start and end tags, in whatever order. Out: what holds at a place (its language, whether it is to be translated), and how far an
//! end tag reaches. The naive way searches the open elements from the top for each end tag; a page of tags that nothing
//! closes takes the square of its length. Here each element remembers the next one of its name below it, and of those
//! that an end tag cannot pass, so that every question is answered without a search.

use super::tags::{Name, SCOPE, SPECIAL, TABLE, Traits, WALL};

/// What holds within an element, as bits; it is prose if there is none.
pub(super) type State = u8;

/// Of a language other than Chinese.
pub(super) const FOREIGN: State = 1;
/// Not to be translated.
pub(super) const KEPT: State = 2;
/// Nor anything in it.
pub(super) const IGNORED: State = 4;
/// Program text that is left.
pub(super) const CODE: State = 8;
/// Text that nobody reads.
pub(super) const UNSEEN: State = 16;

/// How an element is to be left, as bits.
pub(super) type Way = u8;

/// A run ends with it.
pub(super) const ENDS_RUN: Way = 1;
/// It stands beside a run.
pub(super) const IS_ASIDE: Way = 2;
/// What it holds is svg, or math.
pub(super) const IN_SVG: Way = 4;
/// What it holds is math.
pub(super) const IN_MATH: Way = 8;

/// An open element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) name: Name,
    pub(super) state: State,
    pub(super) way: Way,
    /// Where its tag begins.
    pub(super) at: usize,
    /// What the marks were before.
    before: Marks,
    /// How deep the next one of this name is.
    same: u32,
}

/// How deep the innermost elements are that have some trait, from 1; 0 if there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    pub(super) special: u32,
    pub(super) scope: u32,
    pub(super) table: u32,
    pub(super) wall: u32,
}

/// The open elements.
#[derive(Debug, Default)]
pub(super) struct Stack {
    entries: Vec<Entry>,
    /// By name.
    last: Vec<u32>,
    pub(super) marks: Marks,
}

impl Stack {
    pub(super) fn push(&mut self, name: Name, traits: Traits, state: State, way: Way, at: usize) {
        let depth = u32::try_from(self.entries.len() + 1).unwrap_or(u32::MAX);
        let index = name as usize;
        if self.last.len() <= index {
            self.last.resize(index + 1, 0);
        }
        let same = std::mem::replace(&mut self.last[index], depth);
        self.entries.push(Entry { name, state, way, at, before: self.marks, same });
        for (bit, mark) in [
            (SPECIAL, &mut self.marks.special),
            (SCOPE, &mut self.marks.scope),
            (TABLE, &mut self.marks.table),
            (WALL, &mut self.marks.wall),
        ] {
            if traits & bit != 0 {
                *mark = depth;
            }
        }
    }

    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop()?;
        self.marks = entry.before;
        self.last[entry.name as usize] = entry.same;
        Some(entry)
    }

    /// Returns the name of the innermost element.
    pub(super) fn top(&self) -> Option<Name> {
        self.entries.last().map(|entry| entry.name)
    }

    /// Returns how deep the innermost element of a name is, from 1; 0 if none is open.
    pub(super) fn depth_of(&self, name: Name) -> u32 {
        self.last.get(name as usize).copied().unwrap_or(0)
    }

    /// Returns how many are open.
    pub(super) fn depth(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn state(&self) -> State {
        self.entries.last().map_or(0, |entry| entry.state)
    }

    pub(super) fn way(&self) -> Way {
        self.entries.last().map_or(0, |entry| entry.way)
    }
}
