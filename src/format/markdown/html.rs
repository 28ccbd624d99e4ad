//! HTML in Markdown: blocks of it, and tags within a paragraph.
//!
//! In: what the parser takes for HTML. Out: its runs, as the format html finds them, and what the tags say of the Markdown between them.
//! The naive way leaves all of it, and half of the READMEs there are begin with `<h1 align="center">`; or gives a block to the
//! reader of HTML as a page, whose lines may end in a way that ends the block, and which begin with `>` in a quote. Here a
//! reader that goes on from block to block gets the lines without what stands before them.

use std::ops::Range;

use super::style::{FIXED, HTML, HTML_HEAD};
use super::{Piece, Scan};
use crate::format::Runs;
use crate::format::runs::Text;

/// Lines of HTML put together, and where they stand in the document.
struct Lines<'a> {
    html: &'a str,
    /// Where each begins, here and there; those that stand one behind the other are one.
    starts: Vec<(usize, usize)>,
}

impl Lines<'_> {
    /// Appends the places of a range in the document, one for each line that does not follow right behind the last.
    fn places(&self, range: Range<usize>, places: &mut Vec<Range<usize>>) {
        let mut at = range.start;
        let mut line = self.starts.partition_point(|&(here, _)| here <= at).saturating_sub(1);
        while at < range.end {
            let (here, there) = self.starts[line];
            line += 1;
            let end = self.starts.get(line).map_or(range.end, |&(next, _)| next.min(range.end));
            places.push(there + (at - here)..there + (end - here));
            at = end;
        }
    }

    /// Cuts text by what may become of its parts: a line may not become a blank one, which would end the block.
    fn cut(&self, range: Range<usize>, style: u8, pieces: &mut Vec<Piece>) {
        let html = self.html;
        let before = html[..range.start].trim_end_matches([' ', '\t']);
        let mut is_head = before.is_empty() || before.ends_with(['\n', '\r']);
        let mut places = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let rest = &html[at..range.end];
            let (len, style) = if is_head {
                // Passes may make blanks of other blanks, and nothing of what nobody sees.
                let is_blank = |c: char| c.is_whitespace() || c.is_control() || is_unseen(c);
                match rest.find(|c| !is_blank(c)).unwrap_or(rest.len()) {
                    0 => {
                        is_head = false;
                        (rest.chars().next().map_or(1, char::len_utf8), HTML_HEAD | style)
                    }
                    blanks => (blanks, FIXED),
                }
            } else {
                is_head = true;
                let end = memchr::memchr2(b'\n', b'\r', rest.as_bytes());
                (end.unwrap_or(rest.len()), HTML | style)
            };
            self.places(at..at + len, &mut places);
            pieces.extend(places.drain(..).map(|place| Piece::Prose(place, style)));
            at += len;
        }
    }

    /// Tells what was found in the lines.
    fn tell(&self, found: &Runs, runs: &mut Runs) {
        for comment in &found.comments {
            let mut places = Vec::new();
            self.places(comment.clone(), &mut places);
            places.into_iter().for_each(|place| runs.comment(place));
        }
        let mut first = 0;
        let mut pieces = Vec::new();
        for &end in &found.ends {
            for piece in &found.pieces[first..end] {
                pieces.push(Piece::Level(piece.level.into()));
                let mut places = Vec::new();
                if !piece.is_verbatim() {
                    self.places(piece.range(), &mut places);
                }
                let whole = || Some(places.first()?.start..places.last()?.end);
                match (&piece.text(), whole()) {
                    (Text::Decoded(text), Some(place)) => {
                        let text = &found.decoded[text.clone()];
                        pieces.push(Piece::escaped(place, text, HTML | piece.style));
                    }
                    (Text::Object, Some(place)) => pieces.push(Piece::Object(place)),
                    _ => {
                        let mut at = piece.range().start;
                        for kept in markdown(&self.html[piece.range()]) {
                            let start = piece.range().start + kept.start;
                            self.cut(at..start, piece.style, &mut pieces);
                            at = piece.range().start + kept.end;
                            self.places(start..at, &mut places);
                            pieces.extend(places.drain(..).map(Piece::Object));
                        }
                        self.cut(at..piece.range().end, piece.style, &mut pieces);
                    }
                }
                if piece.stays {
                    self.places(piece.range(), &mut places);
                    pieces.extend(places.first().map(|place| Piece::Remains(place.start)));
                }
            }
            first = end;
            super::tell(pieces.drain(..), runs);
            runs.end();
        }
    }
}

/// Returns what of a text in HTML is an address or code, if a program reads Markdown there (`<div markdown="1">`).
fn markdown(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut kept, mut at) = (Vec::new(), 0);
    // Nothing ends an address from here on: asked once, not for each `](`.
    let mut is_open = false;
    while let Some(found) = memchr::memchr2(b'(', b'`', &bytes[at..]) {
        let sign = at + found;
        at = sign + 1;
        let end = match bytes[sign] {
            b'(' if !is_open && text[..sign].ends_with(']') => {
                let end = text[at..].find(|c: char| c == ')' || c.is_whitespace());
                is_open = end.is_none();
                end
            }
            b'`' => text[at..].find(['`', '\n']).filter(|end| text[at + end..].starts_with('`')),
            _ => None,
        };
        if let Some(len) = end.filter(|&len| len > 0) {
            kept.push(at..at + len);
            at += len + 1;
        }
    }
    kept
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}

impl Scan<'_, '_> {
    /// Takes a block of HTML, given by its lines.
    pub(super) fn html_block(&mut self, lines: &[Range<usize>]) {
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        let is_whole = lines.windows(2).all(|two| two[0].end == two[1].start);
        let (joined, starts);
        let html = if is_whole {
            starts = vec![(0, first.start)];
            &self.text[first.start..last.end]
        } else {
            let mut text = String::new();
            starts = lines
                .iter()
                .map(|line| {
                    let here = text.len();
                    text.push_str(&self.text[line.clone()]);
                    (here, line.start)
                })
                .collect();
            joined = text;
            &joined
        };
        // Instructions, declarations and CDATA sections end elsewhere in HTML.
        let head = html.trim_start();
        if head.starts_with("<?") || head.starts_with("<!") && !head.starts_with("<!--") {
            return;
        }
        let mut found = Runs::new();
        self.html.scan(html, &mut found);
        Lines { html, starts }.tell(&found, self.runs);
        self.html.leave_unclosed(self.text, last.end);
        self.html_depth = self.html.depth();
    }

    /// What stands above a text is a text of its own.
    fn ruby(&mut self, tag: &str) {
        let name = tag[1..].trim_end_matches('>').trim_end();
        let is = |names: &[&str]| names.iter().any(|of| name.eq_ignore_ascii_case(of));
        if is(&["rt", "/rt", "/ruby"])
            && let Some(around) = self.around_ruby.take()
        {
            self.tell_run();
            self.pieces = around;
        }
        if is(&["rt"]) && self.html.is_prose() {
            (self.bracket, self.between) = (None, None);
            self.around_ruby = Some(std::mem::take(&mut self.pieces));
        }
    }

    /// Takes a tag within a paragraph.
    pub(super) fn inline_html(&mut self, html: &str, range: Range<usize>) {
        self.is_line_start = false;
        if html.starts_with("<!--") {
            self.runs.comment(range.clone());
        }
        if self.objects.binary_search_by_key(&range.start, |object| object.start).is_ok() {
            return self.object(range);
        }
        let rest = html.strip_prefix('<').unwrap_or_default();
        if !rest.strip_prefix('/').unwrap_or(rest).starts_with(|c: char| c.is_ascii_alphabetic()) {
            return;
        }
        let mut found = Runs::new();
        let tag = self.html.tag(html, &mut found);
        if self.text[range.clone()] == *html {
            let lines = Lines { html, starts: vec![(0, range.start)] };
            self.runs.aside(|runs| lines.tell(&found, runs));
        }
        self.html_depth = self.html_depth.min(self.html.depth());
        self.ruby(html);
        match html.as_bytes() {
            [b'<', b'a' | b'A', blank, ..] if blank.is_ascii_whitespace() => {
                self.anchors.push(range.end);
            }
            [b'<', b'/', b'a' | b'A', b' ' | b'>', ..] => {
                let start = self.anchors.pop();
                self.pieces.extend(start.map(Piece::Remains));
            }
            _ => {}
        }
        self.level();
        if tag.is_border {
            self.end();
            self.is_line_start = false;
        }
        if tag.is_object && self.told <= range.start {
            self.told = range.end;
            // Its attributes may be runs of their own.
            self.pieces.push(Piece::Object(range.start..range.start + 1));
        }
    }
}
