//! Quotation marks: “‘’” ↔ 「『』」, and "…" where it is asked for.
//!
//! In: a draft. Out: the marks of the target region, in pairs; depth decides the level. The naive way exchanges each mark by
//! itself and leaves half pairs and wrong levels. Here the marks of a paragraph are matched by a stack; a quotation may go
//! on over several lines (hard-wrapped text) or paragraphs (which then repeat the opening mark); a mark without its partner
//! is left and told, and so is everything within a quotation that is not closed.

use super::owner::Line;
use crate::draft::{self, Draft, Edit, is_blank, is_cjk};
use crate::han::is_han;

/// Most lines over which a quotation may go on.
pub(crate) const MOST_LINES: usize = 64;

/// The marks of a region: outer and inner, opening and closing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks(pub(crate) [[char; 2]; 2]);

pub(crate) const CURLY: Marks = Marks([['“', '”'], ['‘', '’']]);
pub(crate) const CORNER: Marks = Marks([['「', '」'], ['『', '』']]);

/// A mark of a quotation in its draft.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: usize,
    c: char,
}

/// An opening mark, with those that repeat it at the beginning of later paragraphs, and what closes it.
#[derive(Debug)]
struct Pair {
    open: Mark,
    repeated: Vec<usize>,
    close: Mark,
    /// From 1.
    depth: usize,
}

#[derive(Debug)]
struct Opened {
    open: Mark,
    repeated: Vec<usize>,
}

/// The lines that are matched together.
#[derive(Debug, Default)]
struct Group {
    opened: Vec<Opened>,
    pairs: Vec<Pair>,
    /// Marks without a partner.
    stray: Vec<Mark>,
    /// A quotation begins like one that a line before opened: that one was forgotten to be closed.
    has_failed: bool,
}

fn is_quote(c: char) -> bool {
    matches!(c, '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』')
}

/// Vertical text has its own marks, which the pass `width` exchanges: a pair is the same before and after.
fn horizontal(c: char) -> char {
    match c {
        '﹁' => '「',
        '﹂' => '」',
        '﹃' => '『',
        '﹄' => '』',
        c => c,
    }
}

/// Returns the mark that closes what `c` opens.
fn closing(c: char) -> Option<char> {
    match c {
        '“' => Some('”'),
        '‘' => Some('’'),
        '「' => Some('」'),
        '『' => Some('』'),
        _ => None,
    }
}

/// Returns the number of a kind of quotation marks.
fn family(c: char) -> usize {
    match c {
        '“' | '”' => 0,
        '‘' | '’' => 1,
        '「' | '」' => 2,
        _ => 3,
    }
}

/// Returns whether a line has marks to match; a cut may be made behind one that has none, if no group is open.
pub(crate) fn has_marks(line: &[u8]) -> bool {
    memchr::memchr3_iter(0xE2, 0xE3, 0xEF, line).any(|at| {
        matches!(
            line.get(at..at + 3),
            Some(
                [0xE2, 0x80, 0x98 | 0x99 | 0x9C | 0x9D]
                    | [0xE3, 0x80, 0x8C..=0x8F]
                    | [0xEF, 0xB9, 0x81..=0x84]
            )
        )
    })
}

/// Returns the edits, and the marks that were left because their partner is missing.
pub(crate) fn edits(draft: &Draft<'_>, target: Marks) -> (Vec<Edit>, Vec<std::ops::Range<usize>>) {
    let text = draft.text();
    let lines: Vec<&str> = draft::lines(text).map(|(_, line)| line).collect();
    let (mut edits, mut stray) = (Vec::new(), Vec::new());
    let (mut at, mut start) = (0, 0);
    while at < lines.len() {
        if !has_marks(lines[at].as_bytes()) {
            start += lines[at].len();
            at += 1;
            continue;
        }
        let (group, count) = match group(draft, &lines[at..], start) {
            Ok(found) => found,
            // Not balanced, however far it is followed: the line by itself.
            Err(_) => {
                let mut group = Group::default();
                group.line(&Line::new(draft, lines[at], start));
                (group, 1)
            }
        };
        group.finish(draft, target, &mut edits, &mut stray);
        start += lines[at..at + count].iter().map(|line| line.len()).sum::<usize>();
        at += count;
    }
    edits.sort_by_key(|edit: &Edit| edit.range.start);
    stray.sort_by_key(|range| range.start);
    (edits, stray)
}

/// Why no group begins at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoGroup {
    /// Whatever follows the lines.
    Ever,
    /// More lines could complete one.
    Yet,
}

/// Returns the smallest number of lines whose marks are balanced, and their group.
fn group<'a>(
    draft: &'a Draft<'a>,
    lines: &[&'a str],
    mut start: usize,
) -> Result<(Group, usize), NoGroup> {
    let mut group = Group::default();
    for (at, text) in lines.iter().enumerate().take(MOST_LINES) {
        let line = Line::new(draft, text, start);
        if at > 0 && line.text.trim().is_empty() {
            // A paragraph ends; the quotation goes on if the next one repeats its opening mark.
            let next = lines[at..].iter().find(|line| !line.trim().is_empty());
            if !repeats(&group, next.ok_or(NoGroup::Yet)?) {
                return Err(NoGroup::Ever);
            }
        } else {
            group.line(&line);
        }
        if at > 0 && (!group.stray.is_empty() || group.has_failed) {
            return Err(NoGroup::Ever);
        }
        if group.opened.is_empty() || !group.stray.is_empty() {
            return Ok((group, at + 1));
        }
        start += text.len();
    }
    Err(if lines.len() < MOST_LINES { NoGroup::Yet } else { NoGroup::Ever })
}

fn repeats(group: &Group, line: &str) -> bool {
    let first = line.trim_start_matches(is_blank).chars().next();
    group.opened.first().is_some_and(|opened| first == Some(opened.open.c))
}

/// Says whether the lines from the first on, which stands at the head of the text, are a group whose end is known. Returns
/// its number of lines; 0 if more lines are needed to tell.
pub(crate) fn group_len(draft: &Draft<'_>, is_end: bool) -> usize {
    let lines: Vec<&str> = draft.text().split_inclusive('\n').take(MOST_LINES + 1).collect();
    match group(draft, &lines, 0) {
        Ok((_, count)) => count,
        Err(NoGroup::Yet) if !is_end && lines.len() <= MOST_LINES => 0,
        Err(_) => 1,
    }
}

impl Group {
    /// Matches the marks of one line.
    fn line(&mut self, line: &Line<'_>) {
        if line.is_japanese() {
            return;
        }
        let head = line.text.len() - line.text.trim_start_matches(is_blank).len();
        let mut repeated = 0;
        let mut at_head = !self.opened.is_empty();
        // Of those that lines before this one opened, how many there are of each.
        let mut above = [0usize; 4];
        self.opened.iter().for_each(|opened| above[family(opened.open.c)] += 1);
        let (mut at, mut behind) = (head, head);
        loop {
            // No byte behind the first of a character is one of these.
            let next = memchr::memchr3(0xE2, 0xE3, 0xEF, &line.text.as_bytes()[at..]);
            let Some(place) = next.map(|next| at + next) else { break };
            let Some(c) = line.after(place) else { break };
            at = place + c.len_utf8();
            at_head &= place == behind;
            let c = horizontal(c);
            if !is_quote(c) {
                continue;
            }
            behind = at;
            let at = place;
            if line.is_guarded(at) || is_apostrophe(line, at, c, &self.opened) {
                continue;
            }
            let mark = Mark { at: line.start + at, c };
            if closing(c).is_some() {
                let is_repeated =
                    at_head && self.opened.get(repeated).is_some_and(|opened| opened.open.c == c);
                if is_repeated {
                    self.opened[repeated].repeated.push(mark.at);
                    repeated += 1;
                } else {
                    self.has_failed |= above[family(c)] > 0;
                    self.opened.push(Opened { open: mark, repeated: Vec::new() });
                }
                continue;
            }
            at_head = false;
            match self.opened.last() {
                Some(opened) if closing(opened.open.c) == Some(c) => {
                    let depth = self.opened.len();
                    if let Some(Opened { open, repeated }) = self.opened.pop() {
                        if open.at < line.start {
                            above[family(open.c)] -= 1;
                        }
                        self.pairs.push(Pair { open, repeated, close: mark, depth });
                    }
                }
                _ => self.stray.push(mark),
            }
        }
    }

    /// Adds the edits of the pairs that are sure, and the marks without a partner.
    fn finish(
        mut self,
        draft: &Draft<'_>,
        target: Marks,
        edits: &mut Vec<Edit>,
        stray: &mut Vec<std::ops::Range<usize>>,
    ) {
        self.stray.extend(self.opened.iter().map(|opened| opened.open));
        // From the first doubt on nothing is sure; before it only what was closed at depth 1, with all within.
        let doubt = self.stray.iter().map(|mark| mark.at).min();
        // `‘the students’ work’`: a stray closing mark makes the pair before it doubtful.
        // In the order in which they were closed.
        let outer: Vec<(Mark, Mark)> = self
            .pairs
            .iter()
            .filter(|pair| pair.depth == 1)
            .map(|pair| (pair.open, pair.close))
            .collect();
        let shaken =
            self.stray.iter().filter(|mark| mark.c == '’' || mark.c == '”').filter_map(|mark| {
                let before =
                    outer.partition_point(|(_, close)| close.at < mark.at).checked_sub(1)?;
                let (open, close) = outer[before];
                (close.c == mark.c).then_some(open.at)
            });
        let doubt = doubt.into_iter().chain(shaken).min();
        stray.extend(self.stray.iter().map(|mark| mark.at..mark.at + mark.c.len_utf8()));
        let text = draft.text();
        self.pairs.retain(|pair| doubt.is_none_or(|doubt| pair.close.at < doubt));
        let foreign: Vec<_> = self
            .pairs
            .iter()
            .filter(|pair| pair.depth == 1 && !is_chinese(text, pair))
            .map(|pair| pair.open.at..pair.close.at + 1)
            .collect();
        for pair in &self.pairs {
            let next = foreign.partition_point(|range| range.end <= pair.open.at);
            if foreign.get(next).is_some_and(|range| range.start <= pair.open.at) {
                continue;
            }
            let [open, close] = target.0[(pair.depth - 1) % 2];
            let places = std::iter::once(pair.open.at).chain(pair.repeated.iter().copied());
            let opens = places.map(|at| (at, pair.open.c, open));
            for (at, old, new) in opens.chain([(pair.close.at, pair.close.c, close)]) {
                if !text[at..].starts_with(new) {
                    edits.push(Edit::new(at..at + old.len_utf8(), new.to_string()));
                }
            }
        }
    }
}

/// O’Neill, students’, ’90s, rock ’n’ roll, 5′: not a quotation mark.
fn is_apostrophe(line: &Line<'_>, at: usize, c: char, opened: &[Opened]) -> bool {
    let before = line.before(at);
    let after = line.after(at + c.len_utf8());
    let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_cjk(c));
    let is_decade = || {
        let rest = &line.text.as_bytes()[at + c.len_utf8()..];
        matches!(rest, [b'0'..=b'9', b'0'..=b'9', b's', ..])
    };
    match c {
        '’' => {
            let is_closing = opened.last().is_some_and(|opened| opened.open.c == '‘');
            is_latin(before) && (is_latin(after) || !is_closing)
                || is_decade()
                || (!is_closing && is_latin(after) && !before.is_some_and(is_cjk))
        }
        '‘' => is_decade() || (is_latin(before) && is_latin(after)),
        _ => false,
    }
}

/// Says whether Chinese owns a pair: what stands around it decides, or, if it stands alone, what is within.
fn is_chinese(text: &str, pair: &Pair) -> bool {
    if !matches!(pair.open.c, '“' | '‘') {
        return true;
    }
    let end = pair.close.at + pair.close.c.len_utf8();
    // A line end is neither Chinese nor Latin.
    let before = text[..pair.open.at].trim_end_matches(is_blank).chars().next_back();
    let after = text[end..].trim_start_matches(is_blank).chars().next();
    let inside = text[pair.open.at..pair.close.at].chars().skip(1).any(|c| is_han(c) || is_cjk(c));
    let is_cjk = |c: Option<char>| c.is_some_and(is_cjk);
    let is_latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if is_cjk(before) || is_cjk(after) {
        return true;
    }
    if is_latin(before) || is_latin(after) {
        let line = line_around(text, pair.open.at, end);
        let ideographs = line.chars().filter(|&c| is_han(c)).count();
        let words =
            line.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).count();
        return inside && ideographs >= words;
    }
    inside
}

/// Returns the line around a pair, or of a long line as much as tells its language.
fn line_around(text: &str, start: usize, end: usize) -> &str {
    const WINDOW: usize = 1000;
    let boundary = |at: usize| (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let from = boundary(start.saturating_sub(WINDOW));
    let to = boundary((end + WINDOW).min(text.len()));
    let first = text[from..start].rfind('\n').map_or(from, |found| from + found + 1);
    let last = text[end..to].find('\n').map_or(to, |found| end + found);
    &text[first..last]
}

/// `"…"` in Chinese prose → the outer quotes of the region; in pairs within a line.
pub(crate) fn ascii(draft: &Draft<'_>, target: Marks) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (start, text) in draft::lines(draft.text()) {
        let line = Line::new(draft, text, start);
        let places: Vec<usize> = line.text.match_indices('"').map(|(at, _)| at).collect();
        // 5": what would open a quotation stands behind a digit.
        let is_inch = |(count, &at): (usize, &usize)| {
            count.is_multiple_of(2) && line.before(at).is_some_and(|c| c.is_ascii_digit())
        };
        let is_free = places.iter().all(|&at| !line.is_guarded(at))
            && !places.iter().enumerate().any(is_inch);
        if !places.is_empty() && places.len().is_multiple_of(2) && is_free && line.is_chinese() {
            let pairs: Vec<&[usize]> = places.chunks_exact(2).collect();
            let is_cjk = |c: Option<char>| c.is_some_and(is_cjk);
            let mut chinese: Vec<bool> = pairs
                .iter()
                .map(|pair| {
                    line.text[pair[0] + 1..pair[1]].chars().any(is_han)
                        || is_cjk(line.before(pair[0]))
                        || is_cjk(line.after(pair[1] + 1))
                })
                .collect();
            // A pair that touches a Chinese one stands beside a Chinese mark once that is exchanged: all of a row at once,
            // or a row of fifty empty pairs would take fifty rounds.
            let touches = |at: usize| pairs[at - 1][1] + 1 == pairs[at][0];
            for at in 1..pairs.len() {
                chinese[at] |= chinese[at - 1] && touches(at);
            }
            for at in (1..pairs.len()).rev() {
                chinese[at - 1] |= chinese[at] && touches(at);
            }
            for (pair, _) in pairs.iter().zip(chinese).filter(|&(_, is)| is) {
                for (at, mark) in pair.iter().zip(target.0[0]) {
                    edits.push(Edit::new(start + at..start + at + 1, mark.to_string()));
                }
            }
        }
    }
    edits
}
