//! HTML in pieces, as it stands in Markdown: a block here, a tag there, and text of the other format between them.
//!
//! In: the pieces, one after the other. Out: their runs, and whether what stands behind a piece is prose. The naive way takes each
//! piece for a page of its own, and then `<div translate="no">` says nothing of the paragraph behind it. Here the open elements
//! are kept from one piece to the next.

use std::collections::HashMap;

use super::stack::Stack;
use super::tags::{Name, Numbers};
use super::{Html, Scanner, name_end};
use crate::format::{Options, Runs};

/// What is open between two pieces of HTML.
#[derive(Debug)]
pub(in crate::format) struct Fragments {
    html: Html,
    names: Numbers,
    stack: Stack,
    /// By name, where the last end tag begins in the document.
    ends: Option<HashMap<Name, usize>>,
}

/// What a tag means to the text around it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::format) struct Tag {
    /// It ends the run.
    pub(in crate::format) is_border: bool,
    /// It stands for something that no word goes across.
    pub(in crate::format) is_object: bool,
}

impl Fragments {
    pub(in crate::format) fn new() -> Fragments {
        Fragments {
            html: Html::new(&Options::default()),
            names: Numbers::default(),
            stack: Stack::default(),
            ends: None,
        }
    }

    /// Takes the next piece, and tells its runs by their places in it.
    pub(in crate::format) fn scan(&mut self, piece: &str, runs: &mut Runs) {
        self.take(piece, runs);
        runs.end_asides();
        runs.end();
    }

    /// Takes the next piece, which is one tag, and tells the runs of its attributes.
    pub(in crate::format) fn tag(&mut self, tag: &str, runs: &mut Runs) -> Tag {
        let borders = self.take(tag, runs);
        runs.end_asides();
        let is_object = runs.is_begun();
        runs.forget();
        Tag { is_border: borders > 0, is_object }
    }

    /// Returns the number of borders of blocks in the piece.
    fn take(&mut self, piece: &str, runs: &mut Runs) -> usize {
        let mut scanner = Scanner {
            names: std::mem::take(&mut self.names),
            stack: std::mem::take(&mut self.stack),
            ..Scanner::new(&self.html, piece, false, runs)
        };
        scanner.markup_and_text();
        let Scanner { names, stack, borders, .. } = scanner;
        (self.names, self.stack) = (names, stack);
        borders
    }

    /// Returns whether text that stands behind the last piece is prose.
    pub(in crate::format) fn is_prose(&self) -> bool {
        self.stack.state() == 0
    }

    /// Returns how many elements are open.
    pub(in crate::format) fn depth(&self) -> u32 {
        self.stack.depth()
    }

    /// Leaves the elements that are open beyond so many.
    pub(in crate::format) fn leave(&mut self, depth: u32) {
        while self.stack.depth() > depth {
            self.stack.pop();
        }
    }

    /// Leaves the innermost elements that nothing in the document closes behind a place: what an author forgot to close is not to keep all
    /// the rest as it is.
    pub(in crate::format) fn leave_unclosed(&mut self, document: &str, at: usize) {
        if self.stack.depth() == 0 {
            return;
        }
        let names = &mut self.names;
        let ends = self.ends.get_or_insert_with(|| {
            let bytes = document.as_bytes();
            let signs = memchr::memmem::find_iter(bytes, b"</");
            signs
                .map(|sign| (names.number(&bytes[sign + 2..name_end(bytes, sign + 2)]), sign))
                .collect()
        });
        while let Some(name) = self.stack.top() {
            if ends.get(&name).is_some_and(|&end| end >= at) {
                break;
            }
            self.stack.pop();
        }
    }
}
