//! Tags of templates and attributes in the text of a run: they are no prose.
//!
//! In: the pieces of a run. Out: the same, with tags as objects. The naive way looks for tags in the document, and finds them in code
//! that is about templates too. Here only what the parser says is text is looked at.

use std::ops::Range;

use super::{Piece, Scan};
use crate::format::runs::OBJECT;
use crate::format::template;

/// What goes on behind a tag up to another one, and is code.
const CODE: [&str; 4] = ["highlight", "codeblock", "code", "prism"];

impl Scan<'_, '_> {
    /// Makes objects of tags.
    pub(super) fn keep_tags(&mut self) {
        let has_tags = self.has_templates;
        let may_hold = |piece: &Piece| match piece {
            Piece::Prose(range, _) => {
                memchr::memchr(b'{', &self.text.as_bytes()[range.clone()]).is_some()
            }
            _ => false,
        };
        let is_plain = self.template_code.is_none() && self.signs.is_empty();
        if is_plain && !self.pieces.iter().any(may_hold) {
            return;
        }
        let (mut text, mut starts) = (String::new(), Vec::with_capacity(self.pieces.len()));
        for piece in &self.pieces {
            starts.push(text.len());
            match piece {
                Piece::Prose(range, _) => text.push_str(&self.text[range.clone()]),
                Piece::Escaped(..) | Piece::Object(_) => text.push(OBJECT),
                Piece::Remains(_) | Piece::Level(_) => {}
            }
        }
        let mut kept = if has_tags { self.tags(&text, &starts) } else { Vec::new() };
        let is_behind_link = |at: usize| {
            let index = starts.partition_point(|&start| start <= at).checked_sub(1);
            match index.and_then(|index| Some((self.pieces.get(index)?, starts[index]))) {
                Some((Piece::Prose(range, _), start)) if start == at => {
                    self.text[..range.start].ends_with([')', ']', '`'])
                }
                _ => false,
            }
        };
        kept.extend(attributes(&text, is_behind_link));
        for (piece, start) in self.pieces.iter().zip(&starts) {
            if let Piece::Prose(range, _) = piece {
                let behind = self.signs.partition_point(|sign| sign.end <= range.start);
                let here = self.signs[behind..].iter().take_while(|sign| sign.end <= range.end);
                kept.extend(here.map(|sign| {
                    start + (sign.start - range.start)..start + (sign.end - range.start)
                }));
            }
        }
        kept.sort_unstable_by_key(|range| range.start);
        kept.dedup_by(|next, last| {
            let is_one = next.start <= last.end;
            if is_one {
                last.end = last.end.max(next.end);
            }
            is_one
        });
        if kept.is_empty() {
            return;
        }
        let pieces = std::mem::take(&mut self.pieces);
        for (piece, start) in pieces.into_iter().zip(starts) {
            match piece {
                Piece::Prose(range, style) => {
                    let mut at = range.start;
                    let behind = kept.partition_point(|kept| kept.end <= start);
                    for kept in
                        kept[behind..].iter().take_while(|kept| kept.start < start + range.len())
                    {
                        let from = (range.start + kept.start.saturating_sub(start)).max(at);
                        let to = (range.start + (kept.end - start)).min(range.end);
                        if at < from {
                            self.pieces.push(Piece::Prose(at..from, style));
                        }
                        if from < to {
                            self.pieces.push(Piece::Object(from..to));
                        }
                        at = at.max(to);
                    }
                    if at < range.end {
                        self.pieces.push(Piece::Prose(at..range.end, style));
                    }
                }
                Piece::Escaped(escaped, style) => {
                    let behind = kept.partition_point(|kept| kept.end <= start);
                    let is_kept = kept.get(behind).is_some_and(|kept| kept.start <= start);
                    self.pieces.push(match is_kept {
                        true => Piece::Object(escaped.0),
                        false => Piece::Escaped(escaped, style),
                    });
                }
                other => self.pieces.push(other),
            }
        }
    }

    /// Returns the tags in the text of a run, with the code between two, and the address behind one.
    fn tags(&mut self, text: &str, starts: &[usize]) -> Vec<Range<usize>> {
        let mut kept = Vec::new();
        let mut code_start = 0;
        for tag in template::tags(text) {
            let (name, is_end) = template::name(&text[tag.clone()]);
            if let Some(code) = self.template_code {
                if is_end && code == name {
                    self.template_code = None;
                    kept.push(code_start..tag.end);
                }
                continue;
            }
            if let Some(&code) = CODE.iter().find(|&&code| code == name && !is_end) {
                let index = starts.partition_point(|&start| start <= tag.start) - 1;
                if let Some(Piece::Prose(range, _)) = self.pieces.get(index)
                    && self.has_end(code, range.start)
                {
                    self.template_code = Some(code);
                    code_start = tag.start;
                    continue;
                }
            }
            let is_address =
                text[..tag.start].ends_with("](") || text[..tag.start].ends_with("](<");
            let is_end = |c: char| c.is_whitespace() || c == ')' || c == '>';
            let rest = &text[tag.end..];
            let len = if is_address { rest.find(is_end).unwrap_or(rest.len()) } else { 0 };
            kept.push(tag.start..tag.end + len);
        }
        if self.template_code.is_some() {
            kept.push(code_start..text.len());
        }
        kept
    }

    /// Returns whether code ends behind a place of the document.
    fn has_end(&mut self, code: &'static str, at: usize) -> bool {
        let text = self.text;
        let ends = self.template_ends.get_or_insert_with(|| {
            CODE.map(|code| {
                let signs = [format!("end{code}"), format!("/{code}"), format!("/ {code}")];
                signs.iter().filter_map(|sign| text.rfind(sign)).max().unwrap_or(0)
            })
        });
        CODE.iter().zip(ends).any(|(of, end)| *of == code && *end > at)
    }
}

/// Returns where attributes stand in a text, as `{.note}`, `{#id}`, `{: .x}` and, behind a link or a picture, `{width=50%}`.
fn attributes(text: &str, is_behind_link: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(len) = text[at..].find('{') {
        let sign = at + len;
        at = sign + 1;
        let line = &text[at..];
        let Some(end) =
            line.find(['{', '}', '\n', '`']).filter(|&end| line[end..].starts_with('}'))
        else {
            continue;
        };
        let inner = &line[..end];
        let is_begun = match inner.as_bytes() {
            [b'.' | b'#', second, ..] => {
                !second.is_ascii_whitespace() && !second.is_ascii_punctuation()
            }
            [b':', ..] => inner.contains(['.', '#', '=']),
            [first, ..] => {
                first.is_ascii_alphabetic() && inner.contains('=') && is_behind_link(sign)
            }
            [] => false,
        };
        if is_begun {
            at += end + 1;
            found.push(sign..at);
        }
    }
    found
}
