//! Which brackets of a page belong together.
//!
//! In: a page. Out: of `[[`, `{{` and `-{` where they are closed. The naive way looks for the end whenever something begins, which is
//! quadratic in brackets that are never closed. Here one stack does it; what is not closed is not in the result, nor what an extension reads.

use std::collections::HashMap;

use memchr::memmem;

use super::tags;

/// Returns where brackets are closed, by where they open.
pub(super) fn of(text: &str) -> HashMap<usize, usize> {
    let bytes = text.as_bytes();
    let mut pairs = HashMap::new();
    // Brackets that are open, and how many of each kind.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut counts = [0_usize; 3];
    let mut at = 0;
    let mut ends = tags::Ends::default();
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
        if rest.starts_with(b"<!--") {
            // One that is not closed is all the rest.
            let Some(end) = memmem::find(rest, b"-->") else { break };
            at += end + 2;
        } else if rest[0] == b'<'
            && let Some(tag) = tags::tag(&text[at..])
            && tags::is_extension(&tag.name)
            && !tag.is_end
            && !tag.is_empty
            && let Some(end) = ends.find(text, at + tag.len, bytes.len(), &tag.name)
        {
            // The end has no brackets.
            at = end;
        }
        at += 1;
    }
    pairs
}
