//! Which brackets of a page belong together.
//!
//! In: a page. Out: of `[[`, `{{` and `-{` where they are closed. The naive way looks for the end whenever something begins, which is
//! quadratic in brackets that are never closed. Here one stack does it; what is not closed is not in the result.

use std::collections::HashMap;

use memchr::memmem;

/// Returns where brackets are closed, by where they open.
pub(super) fn of(text: &str) -> HashMap<usize, usize> {
    let bytes = text.as_bytes();
    let mut pairs = HashMap::new();
    // Brackets that are open, and how many of each kind.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut counts = [0_usize; 3];
    let mut at = 0;
    let (mut has_comment_end, mut has_nowiki_end) = (true, true);
    let close = |kind: usize,
                 at: usize,
                 open: &mut Vec<(usize, usize)>,
                 counts: &mut [usize; 3],
                 pairs: &mut HashMap<usize, usize>| {
        if counts[kind] == 0 {
            return false;
        }
        while let Some((other, start)) = open.pop() {
            counts[other] -= 1;
            if other == kind {
                pairs.insert(start, at);
                break;
            }
        }
        true
    };
    while at < bytes.len() {
        let found = bytes[at..].iter().position(|byte| b"[]{}-<".contains(byte));
        let Some(found) = found else { break };
        at += found;
        let rest = &bytes[at..];
        let is_open = |kind: usize| match kind {
            0 => rest.starts_with(b"[["),
            1 => rest.starts_with(b"{{"),
            // Before `{{` a dash is a dash.
            _ => {
                rest.starts_with(b"-{") && (!rest.starts_with(b"-{{") || rest.starts_with(b"-{{{"))
            }
        };
        if let Some(kind) = (0..3).find(|&kind| is_open(kind)) {
            open.push((kind, at));
            counts[kind] += 1;
            at += 2;
            continue;
        }
        let kind = match rest {
            [b']', b']', ..] => Some(0),
            // Of `}}-` the first two, if a template is open within.
            [b'}', b'-', ..] => Some(2),
            [b'}', b'}', ..] => Some(1),
            _ => None,
        };
        if let Some(kind) = kind
            && close(kind, at, &mut open, &mut counts, &mut pairs)
        {
            at += 2;
            continue;
        }
        if rest.starts_with(b"<!--") && has_comment_end {
            match memmem::find(rest, b"-->") {
                Some(end) => at += end + 2,
                None => has_comment_end = false,
            }
        } else if rest.starts_with(b"<nowiki>") && has_nowiki_end {
            match memmem::find(rest, b"</nowiki>") {
                Some(end) => at += end,
                None => has_nowiki_end = false,
            }
        }
        at += 1;
    }
    pairs
}
