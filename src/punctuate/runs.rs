//! Marks that are made of several: …… and ——, the dot in names, and marks that are repeated.

use super::owner::{Line, Side};
use crate::draft::{Draft, Edit, is_blank, is_cjk, leads, lines, next_lead};
use crate::han::is_han;

static DOTS: [bool; 256] = leads(b".\xE2\xE3");
static DASHES: [bool; 256] = leads(b"-\xE2");
static POINTS: [bool; 256] = leads(b"\xE2\xE3");
static MARKS: [bool; 256] = leads(b"\xE3\xEF");

/// Calls `f` with each run of characters that `is` names, by line; `first` names the bytes that they begin with.
fn each_run(
    draft: &Draft<'_>,
    first: &[bool; 256],
    is: impl Fn(char) -> bool,
    mut f: impl FnMut(&Line<'_>, usize, usize),
) {
    for (start, text) in lines(draft.text()) {
        let line = Line::new(draft, text, start);
        let mut at = 0;
        loop {
            let begin = next_lead(line.text.as_bytes(), at, first);
            let Some(c) = line.after(begin) else { break };
            if !is(c) {
                at = begin + c.len_utf8();
                continue;
            }
            let len: usize =
                line.text[begin..].chars().take_while(|&c| is(c)).map(char::len_utf8).sum();
            if !line.is_guarded(begin) {
                f(&line, begin, begin + len);
            }
            at = begin + len;
        }
    }
}

/// `...`, `。。。`, `…`, `⋯` in Chinese → `……`.
pub(crate) fn ellipsis(draft: &Draft<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    each_run(
        draft,
        &DOTS,
        |c| matches!(c, '.' | '。' | '…' | '⋯'),
        |line, start, end| {
            let run = &line.text[start..end];
            let (first, count) = (run.chars().next().unwrap_or('.'), run.chars().count());
            let is_uniform = run.chars().all(|c| c == first);
            let is_ellipsis = match first {
                // Leaders of a table of contents are longer, and end in a page.
                '.' => (3..=6).contains(&count) && !(line.right(end) == Side::Digit && count > 3),
                '。' => (3..=6).contains(&count),
                '…' => count == 1 || count == 3,
                _ => count <= 2,
            };
            // A full stop, and then an ellipsis.
            let stop = if run.starts_with("。…") { '。'.len_utf8() } else { 0 };
            let (before, after) = (line.before(start), line.after(end));
            let touches = before.is_some_and(is_cjk)
                || (before.is_none_or(|c| !c.is_alphanumeric()) && after.is_some_and(is_cjk));
            let is_code = matches!(after, Some('/' | '\\' | ']' | '}' | ')'))
                && first == '.'
                && !before.is_some_and(is_han);
            if touches && !is_code && (is_uniform && is_ellipsis) {
                edits.push(Edit::new(line.start + start..line.start + end, "……"));
            } else if stop > 0 && run[stop..].chars().count() == 1 {
                edits.push(Edit::new(line.start + start + stop..line.start + end, "……"));
            }
        },
    );
    edits
}

/// `--`, a lone `—`, `──`, `――` in Chinese → `——`.
pub(crate) fn dash(draft: &Draft<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    each_run(
        draft,
        &DASHES,
        |c| matches!(c, '-' | '—' | '─' | '―'),
        |line, start, end| {
            let run = &line.text[start..end];
            let (first, count) = (run.chars().next().unwrap_or('-'), run.chars().count());
            if !run.chars().all(|c| c == first) {
                return;
            }
            let (before, after) = (line.before(start), line.after(end));
            let is_text = |c: Option<char>| c.is_some_and(is_cjk);
            let is_between = is_text(before)
                && (is_text(after)
                    || after.is_none()
                    || line.is_chinese() && !after.is_some_and(is_blank));
            let opens = line.is_at_head(start) && is_text(after);
            let is_dash = match (first, count) {
                // A flag or a list has blanks; `《甲》--乙` and `好--` have none.
                ('-', 2) => {
                    is_between && !after.is_some_and(|c| c.is_ascii_alphanumeric()) || opens
                }
                ('—', 1) => is_lone_dash(line, start, end),
                ('─' | '―', 2) => is_between || opens,
                _ => false,
            };
            if is_dash {
                edits.push(Edit::new(line.start + start..line.start + end, "——"));
            }
        },
    );
    edits
}

/// A single `—` is the sign of a range (北京—上海) between short names, and half a dash between clauses.
fn is_lone_dash(line: &Line<'_>, start: usize, end: usize) -> bool {
    const CLAUSE: usize = 8;
    let (before, after) = (line.before(start), line.after(end));
    if !before.is_some_and(is_cjk) || !after.is_some_and(is_cjk) {
        return false;
    }
    let left = line.text[..start].chars().rev().take_while(|&c| is_han(c)).take(CLAUSE).count();
    let right = line.text[end..].chars().take_while(|&c| is_han(c)).take(CLAUSE).count();
    left >= CLAUSE && right >= CLAUSE
}

/// `‧` `•` `・` between the parts of a name → `·`.
pub(crate) fn interpunct(draft: &Draft<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    each_run(
        draft,
        &POINTS,
        |c| matches!(c, '‧' | '•' | '・'),
        |line, start, end| {
            let (before, after) = (line.before(start), line.after(end));
            let is_single = line.text[start..end].chars().count() == 1;
            let is_name = before.is_some_and(is_han) && after.is_some_and(is_han);
            if is_single && is_name && !line.has_kana() {
                edits.push(Edit::new(line.start + start..line.start + end, "·"));
            }
        },
    );
    edits
}

/// The same mark more than `most` times → `most` times.
pub(crate) fn repeat(draft: &Draft<'_>, most: usize) -> Vec<Edit> {
    let mut edits = Vec::new();
    for mark in ['！', '？', '，', '、', '；', '：', '～'] {
        each_run(
            draft,
            &MARKS,
            |c| c == mark,
            |line, start, end| {
                let len = most * mark.len_utf8();
                if end - start > len {
                    edits.push(Edit::new(line.start + start + len..line.start + end, ""));
                }
            },
        );
    }
    edits.sort_by_key(|edit| edit.range.start);
    edits
}
