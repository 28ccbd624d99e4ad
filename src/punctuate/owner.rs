//! Who owns a mark: what is known of its line.

use std::cell::{Cell, OnceCell};

use crate::draft::{Draft, is_blank, is_cjk};
use crate::han::{is_han, is_kana};

/// A line and what has been found out about it.
pub(super) struct Line<'a> {
    /// Without its end.
    pub(super) text: &'a str,
    /// Where it begins in the draft.
    pub(super) start: usize,
    draft: &'a Draft<'a>,
    /// Behind the last mark that is to become wide: what follows sees it as if it were, or a row of marks would take as
    /// many rounds as it has marks.
    wide_end: Cell<usize>,
    is_chinese: OnceCell<bool>,
    has_kana: OnceCell<bool>,
    indent: OnceCell<usize>,
    bullet: OnceCell<usize>,
}

/// What stands on one side of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The line begins or ends there.
    Edge,
    Chinese,
    Letter,
    Digit,
    Other,
}

impl<'a> Line<'a> {
    pub(super) fn new(draft: &'a Draft<'a>, text: &'a str, start: usize) -> Line<'a> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Line {
            text,
            start,
            draft,
            wide_end: Cell::new(0),
            is_chinese: OnceCell::new(),
            has_kana: OnceCell::new(),
            indent: OnceCell::new(),
            bullet: OnceCell::new(),
        }
    }

    /// Returns whether nothing but blanks is before `at`.
    pub(super) fn is_at_head(&self, at: usize) -> bool {
        let text = self.text;
        at <= *self.indent.get_or_init(|| text.len() - text.trim_start().len())
    }

    /// Returns what is before `at`, without blanks and the sign of an item at its head.
    pub(super) fn behind_bullet(&self, at: usize) -> &'a str {
        let is_sign = |c: char| is_blank(c) || matches!(c, '-' | '*' | '+');
        let head = self
            .bullet
            .get_or_init(|| self.text.len() - self.text.trim_start_matches(is_sign).len());
        &self.text[at.min(*head)..at]
    }

    pub(super) fn has_kana(&self) -> bool {
        *self.has_kana.get_or_init(|| self.text.contains(is_kana))
    }

    /// Returns whether the mark or blank at `at` is protected.
    pub(super) fn is_guarded(&self, at: usize) -> bool {
        self.draft.is_guarded(self.start + at)
    }

    /// Notes that the mark that ends at `end` becomes wide.
    pub(super) fn becomes_wide(&self, end: usize) {
        self.wide_end.set(end);
    }

    pub(super) fn before(&self, at: usize) -> Option<char> {
        if at > 0 && at == self.wide_end.get() {
            return Some('，');
        }
        self.text[..at].chars().next_back()
    }

    pub(super) fn after(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// Returns what stands before `at`, blanks and what closes a quotation or bracket passed over.
    pub(super) fn left(&self, at: usize) -> Side {
        if at > 0 && at == self.wide_end.get() {
            return Side::Chinese;
        }
        let closes =
            |c: char| is_blank(c) || matches!(c, '”' | '’' | '」' | '』' | ')' | '）' | '*');
        let passed = self.text[..at].trim_end_matches(closes);
        // These close Chinese quotations only.
        if self.text[passed.len()..at].contains(['」', '』', '）']) {
            return Side::Chinese;
        }
        match passed.chars().next_back() {
            // Nothing but a bracket or quote: it is the side.
            None => side(self.before(at)),
            c => side(c),
        }
    }

    /// Returns what stands behind `at`, blanks and what opens a quotation or bracket passed over.
    pub(super) fn right(&self, at: usize) -> Side {
        let opens =
            |c: char| is_blank(c) || matches!(c, '“' | '‘' | '「' | '『' | '(' | '（' | '*');
        let passed = self.text[at..].trim_start_matches(opens);
        match passed.chars().next() {
            None => side(self.after(at)),
            c => side(c),
        }
    }

    /// Returns whether it is a sentence of a language with an alphabet, in which some Chinese is named.
    pub(super) fn is_foreign(&self) -> bool {
        let is_word = |c: char| c.is_alphabetic() && !is_cjk(c);
        if !self.text.trim_start().starts_with(is_word) || self.text.contains(['，', '。']) {
            return false;
        }
        let words = || self.text.split(|c| !is_word(c)).filter(|word| !word.is_empty());
        let small = words().filter(|word| word.len() > 1 && word.starts_with(char::is_lowercase));
        let ideographs = self.text.chars().filter(|&c| is_han(c)).count();
        let count = words().count();
        count >= 3 && ideographs < 2 * count && small.count() >= 2
    }

    /// Returns whether it is Japanese, whose marks are its own.
    pub(super) fn is_japanese(&self) -> bool {
        let bytes = self.text.as_bytes();
        // Hiragana and katakana are U+3040–U+30FF.
        let kana = memchr::memchr_iter(0xE3, bytes)
            .filter(|at| matches!(bytes.get(at + 1), Some(0x81..=0x83)))
            .count();
        kana >= 3 && 3 * kana >= self.text.chars().filter(|&c| is_han(c)).count()
    }

    /// Returns whether the line has at least as many ideographs as Latin words.
    pub(super) fn is_chinese(&self) -> bool {
        *self.is_chinese.get_or_init(|| {
            let (mut ideographs, mut words, mut in_word) = (0u32, 0u32, false);
            for (at, c) in self.text.char_indices() {
                let is_letter = c.is_alphabetic() && !is_cjk(c);
                if is_letter && !in_word && !self.draft.is_frozen(self.start + at) {
                    words += 1;
                }
                in_word = is_letter;
                ideographs += u32::from(is_han(c));
            }
            ideographs > 0 && ideographs >= words
        })
    }
}

fn side(c: Option<char>) -> Side {
    match c {
        None => Side::Edge,
        Some(c) if is_cjk(c) => Side::Chinese,
        Some(c) if c.is_ascii_digit() => Side::Digit,
        // 0.5%, and then the sentence goes on.
        Some(c) if c.is_alphabetic() || c == '%' => Side::Letter,
        Some(_) => Side::Other,
    }
}
