//! Text within what is none: titles in square brackets, words in math.
//!
//! In: the ranges of a document that are text, and where it goes on behind them. Out: they are scanned as runs of their own. The naive way
//! calls the scanner again, which in a document that nests deep enough runs out of stack; here they are kept in a list.

use std::ops::Range;

use super::read::How;
use super::{Group, Scan};

/// Text within something that is none.
#[derive(Debug)]
pub(super) struct Nested {
    /// Where it ends.
    pub(super) end: usize,
    /// The others of the same, the last one first.
    others: Vec<Range<usize>>,
    /// Where it goes on then.
    behind: usize,
    /// If that is a brace, what it opens.
    then: Option<Group>,
    /// How many groups were open before.
    pub(super) groups: usize,
}

impl Scan<'_, '_> {
    /// Scans these ranges, which are in order, as runs within this one, and goes on behind them, with a group if there is a brace.
    pub(super) fn nest(
        &mut self,
        mut spans: Vec<Range<usize>>,
        behind: usize,
        then: Option<Group>,
    ) {
        // What is nested is looked at again.
        let looked: usize = spans.iter().map(Range::len).sum();
        self.budget = self.budget.saturating_sub(looked);
        spans.retain(|span| !span.is_empty());
        spans.reverse();
        let groups = self.groups.len();
        self.at = spans.last().map_or(behind, |span| span.start);
        self.nested.push(Nested { end: 0, others: spans, behind, then, groups });
        self.nest_next();
    }

    /// Scans one range as a run within this one, and goes on behind all that was passed.
    pub(super) fn nest_one(&mut self, span: Range<usize>) {
        self.nest(std::iter::once(span).collect(), self.at, None);
    }

    /// Leaves the innermost text of another.
    pub(super) fn leave(&mut self) {
        let Some(groups) = self.nested.last().map(|nested| nested.groups) else { return };
        while self.groups.len() > groups {
            self.end_group();
        }
        self.runs.end_aside();
        self.nest_next();
    }

    fn nest_next(&mut self) {
        let Some(nested) = self.nested.last_mut() else { return };
        self.is_glued = false;
        self.is_line_start = false;
        while let Some(span) = nested.others.pop() {
            if span.start >= self.at {
                nested.end = span.end;
                self.at = span.start;
                return self.runs.begin_aside();
            }
        }
        let (behind, then) = (nested.behind, nested.then);
        self.nested.pop();
        self.at = self.at.max(behind);
        if let Some(group) = then
            && self.at == behind
            && self.byte() == Some(b'{')
        {
            self.at += 1;
            self.open(group);
        }
    }

    /// Passes what stands in brackets here, and adds what of it is text: all if it may be and holds no settings, or titles.
    pub(super) fn bracket(&mut self, may_be_text: bool, spans: &mut Vec<Range<usize>>) -> bool {
        let start = self.at;
        let Some(end) = self.balanced(start, How::Paragraph) else { return false };
        self.at = end;
        let inner = start + 1..end - 1;
        // Without Chinese it does not matter.
        if !self.text[inner.clone()].is_ascii() {
            let (titles, is_settings) = titles(self.text, inner.clone());
            if is_settings {
                spans.extend(titles);
            } else if may_be_text {
                spans.push(inner);
            }
        }
        true
    }

    /// As `bracket`, of all that stand here one behind the other.
    pub(super) fn brackets(&mut self, may_be_text: bool, spans: &mut Vec<Range<usize>>) {
        while self.byte() == Some(b'[') && self.bracket(may_be_text, spans) {}
    }

    /// Returns what is text in math.
    pub(super) fn texts(&mut self, math: Range<usize>) -> Vec<Range<usize>> {
        const TEXTS: [&str; 10] = [
            "text",
            "mbox",
            "intertext",
            "shortintertext",
            "textrm",
            "textbf",
            "textit",
            "textsf",
            "textnormal",
            "hbox",
        ];
        let mut spans = Vec::new();
        if self.text[math.clone()].is_ascii() {
            return spans;
        }
        let mut at = math.start;
        while let Some(found) = memchr::memchr(b'\\', &self.bytes[at..math.end]) {
            at += found + 1;
            let rest = &self.bytes[at..math.end];
            let len = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let name = &self.text[at..at + len];
            at += len;
            if TEXTS.contains(&name) && self.bytes[at..math.end].starts_with(b"{") {
                match self.balanced_before(at, How::Paragraph, math.end) {
                    Some(end) => {
                        spans.push(at + 1..end - 1);
                        at = end;
                    }
                    None => continue,
                }
            } else if len == 0 {
                at += 1;
            }
            if at >= math.end {
                break;
            }
        }
        spans
    }
}

/// Returns the titles among settings, and whether these are settings at all: have something in ASCII before `=`.
fn titles(text: &str, inner: Range<usize>) -> (Vec<Range<usize>>, bool) {
    const TITLES: [&str; 7] =
        ["title", "subtitle", "caption", "pdftitle", "pdfauthor", "pdfsubject", "pdfkeywords"];
    let bytes = text.as_bytes();
    let (mut spans, mut is_settings) = (Vec::new(), false);
    let (mut start, mut at, mut depth, mut value) = (inner.start, inner.start, 0_usize, None);
    while at <= inner.end {
        let byte = if at < inner.end { bytes[at] } else { b',' };
        match byte {
            b'\\' => at += 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 && value.is_none() => {
                let key = &text[start..at];
                if key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b" \t\r\n_/.@*+:|-".contains(&byte))
                {
                    is_settings = true;
                    value = Some(at + 1);
                }
            }
            b',' if depth == 0 || at == inner.end => {
                if let Some(value) = value.take()
                    && TITLES.contains(&text[start..value - 1].trim())
                {
                    spans.push(unwrapped(text, value..at));
                }
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    (spans, is_settings)
}

/// Returns a value without its braces.
fn unwrapped(text: &str, value: Range<usize>) -> Range<usize> {
    let all = &text[value.clone()];
    let trimmed = all.trim();
    let start = value.start + (all.len() - all.trim_start().len());
    match trimmed.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
        Some(inner) => start + 1..start + 1 + inner.len(),
        None => start..start + trimmed.len(),
    }
}
