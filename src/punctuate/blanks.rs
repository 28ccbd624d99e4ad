//! Blanks: those that are leftovers, and those between Chinese and Latin.

use super::owner::Line;
use crate::draft::{Draft, Edit, is_blank, is_cjk_mark};
use crate::han::{is_han, is_kana};

/// What to do with the blank between Chinese and Latin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spacing {
    Add,
    Remove,
}

/// Blanks at the end of a line, and one between two ideographs of a sentence.
pub(crate) fn leftovers(draft: &Draft<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut start = 0;
    for text in draft.text().split_inclusive('\n') {
        let line = Line::new(draft, text, start);
        within(&line, &mut edits);
        let trimmed = line.text.trim_end_matches(is_blank).len();
        // Two blanks at the end of a line are Markdown's line break.
        let is_break = &line.text[trimmed..] == "  " && trimmed > 0 && text.ends_with('\n');
        if trimmed < line.text.len() && !is_break {
            edits.push(Edit::new(start + trimmed..start + line.text.len(), ""));
        }
        start += text.len();
    }
    edits
}

fn within(line: &Line<'_>, edits: &mut Vec<Edit>) {
    // Titles, verse and columns have no sentence.
    let is_sentence = line.text.contains(['。', '！', '？', '，', '；']);
    if !is_sentence {
        return;
    }
    let indent = line.text.len() - line.text.trim_start_matches(is_blank).len();
    for (at, blank) in line.text.char_indices().filter(|&(at, c)| at >= indent && is_blank(c)) {
        let end = at + blank.len_utf8();
        let (before, after) = (line.before(at), line.after(end));
        let is_single = before.is_some_and(is_text) && after.is_some_and(is_text);
        if is_single && blank != '\t' && !line.is_guarded(at) && !is_paired(line.text, at, end) {
            edits.push(Edit::new(line.start + at..line.start + end, ""));
        }
    }
}

fn is_text(c: char) -> bool {
    is_han(c) || is_kana(c) || is_cjk_mark(c)
}

/// `深化合作 共赢未来`: as many ideographs before as behind, as in verse and slogans.
fn is_paired(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].chars().rev().take_while(|&c| is_han(c)).count();
    let behind = text[end..].chars().take_while(|&c| is_han(c)).count();
    before == behind && before >= 2
}

/// Adds or removes the blank between an ideograph and a Latin letter or digit; not before and behind units.
pub(crate) fn spacing(draft: &Draft<'_>, spacing: Spacing) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut start = 0;
    for text in draft.text().split_inclusive('\n') {
        let line = Line::new(draft, text, start);
        start += text.len();
        let mut before = None;
        let mut characters = line.text.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            match (spacing, before) {
                (Spacing::Add, Some(before)) if meet(before, c) && !is_inside(&line, at) => {
                    edits.push(Edit::new(line.start + at..line.start + at, " "));
                }
                (Spacing::Remove, Some(before)) if c == ' ' => {
                    let after = characters.peek().map(|&(_, c)| c);
                    if after.is_some_and(|after| meet_at_all(before, after)) && !line.is_guarded(at)
                    {
                        edits.push(Edit::new(line.start + at..line.start + at + 1, ""));
                    }
                }
                _ => {}
            }
            before = Some(c);
        }
    }
    edits
}

/// Returns whether the place is within a protected span; its ends are not.
fn is_inside(line: &Line<'_>, at: usize) -> bool {
    let before = line.text[..at].chars().next_back().map_or(at, |c| at - c.len_utf8());
    line.is_guarded(at) && line.is_guarded(before)
}

fn meet_at_all(before: char, after: char) -> bool {
    let is_latin = |c: char| c.is_ascii_alphanumeric();
    (is_han(before) && is_latin(after)) || (is_latin(before) && is_han(after))
}

fn meet(before: char, after: char) -> bool {
    const UNITS: &str = "年月日时時分秒号號岁歲元个個万萬亿億点點周週天第";
    let is_unit = before.is_ascii_digit() && UNITS.contains(after)
        || after.is_ascii_digit() && (UNITS.contains(before));
    meet_at_all(before, after) && !is_unit
}
