//! Boxes and tabs of MkDocs: `!!! note "头发"`, `??? tip`, `=== "标签"`, and the lines below them, which are indented by four.
//!
//! In: a document. Out: the same length of Markdown, in which each of these is an item of a list. The naive way reads what is indented as
//! code, as CommonMark does, and leaves it. Only a line of this kind with something indented below it is taken for one.

use std::ops::Range;

/// Returns the document with items in place of boxes, and the quotes around their titles; `None` if it has none.
pub(super) fn masked(text: &str, body: usize) -> Option<(String, Vec<Range<usize>>)> {
    let source = &text[body..];
    if !["!!! ", "??? ", "???+ ", "=== \""].iter().any(|sign| source.contains(sign)) {
        return None;
    }
    let mut mask: Option<Vec<u8>> = None;
    let mut quotes = Vec::new();
    let mut at = body;
    for line in source.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let indent = indent(line);
        let Some(len) = sign(&line[indent..]) else { continue };
        let is_blank = |line: &&str| line.trim_ascii().is_empty();
        let mut below = source[at - body..].split_inclusive('\n').take(MOST_BLANK);
        let is_box =
            below.find(|line| !is_blank(line)).is_some_and(|line| self::indent(line) >= indent + 4);
        if is_box {
            let title = line.trim_ascii_end();
            if let Some(open) = title.find('"')
                && title.ends_with('"')
                && open + 1 < title.len()
            {
                let close = start + title.len() - 1;
                quotes.extend([start + open..start + open + 1, close..close + 1]);
            }
            let mask = mask.get_or_insert_with(|| text.as_bytes().to_vec());
            let head = &mut mask[start + indent..start + indent + len];
            head.fill(b' ');
            head[0] = b'-';
            // So that the text of the item begins four behind its sign.
            if let Some(last) = head.get_mut(4) {
                *last = b'z';
            }
        }
    }
    Some((String::from_utf8(mask?).ok()?, quotes))
}

/// Blank lines between a box and what is in it.
const MOST_BLANK: usize = 4;

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Returns the length of the sign that begins a box or a tab, with its blank.
fn sign(line: &str) -> Option<usize> {
    let is_typed = |sign: &str| {
        let rest = line.strip_prefix(sign)?;
        rest.starts_with(|c: char| c.is_ascii_lowercase()).then_some(sign.len())
    };
    let tab = || line.starts_with("=== \"").then_some("=== ".len());
    is_typed("!!! ").or_else(|| is_typed("??? ")).or_else(|| is_typed("???+ ")).or_else(tab)
}
