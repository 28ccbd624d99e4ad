//! `, . ; : ! ? ( )` where Chinese prose owns the mark → `，。；：！？（）`.
//!
//! The rules are ours, made on texts that had been harmed and on texts that must not be; docs in README compare them with
//! those of other tools. In short: a mark that touches an ideograph is Chinese, a mark between two words of Latin is not,
//! and between the two the line decides. A blank behind a mark that becomes wide goes with it.

use super::owner::{Line, Side};
use crate::draft::{Draft, Edit, is_blank, is_cjk, leads, lines, next_lead};
use crate::han::is_han;

/// The marks that this pass could change.
static ASKS: [bool; 256] = leads(b",.;:!?()");

pub(crate) fn edits(draft: &Draft<'_>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (start, text) in lines(draft.text()) {
        // A line that is Latin alone has no mark of Chinese.
        if next_lead(text.as_bytes(), 0, &ASKS) < text.len() && !text.is_ascii() {
            line(&Line::new(draft, text, start), &mut edits);
        }
    }
    edits
}

fn line(line: &Line<'_>, edits: &mut Vec<Edit>) {
    if line.is_foreign() || line.is_japanese() {
        return;
    }
    let first = edits.len();
    brackets(line, edits);
    let bytes = line.text.as_bytes();
    let mut harm = None;
    let mut at = 0;
    while at < bytes.len() {
        at = next_lead(bytes, at, &ASKS);
        let Some(&byte) = bytes.get(at) else { break };
        if byte == b'(' || byte == b')' || line.is_guarded(at) {
            at += 1;
            continue;
        }
        let end = at + run(bytes, at);
        let owned = match byte {
            b'.' => end == at + 1 && is_full_stop(line, at),
            b':' => end == at + 1 && is_colon(line, at),
            _ => match is_owned(line, at, end) {
                Owner::Chinese => true,
                Owner::Latin => false,
                Owner::Harmed => *harm.get_or_insert_with(|| is_harmed(line)),
            },
        };
        if owned {
            line.becomes_wide(end);
            let blank = swallowed(line, end);
            for (offset, &mark) in bytes[at..end].iter().enumerate() {
                let place = line.start + at + offset;
                let is_last = at + offset + 1 == end;
                let loose = if offset == 0 { loose_of_chinese(line, at) } else { 0 };
                let range = place - loose..place + 1 + if is_last { blank } else { 0 };
                edits.push(Edit::new(range, wide(mark)));
            }
        }
        at = end;
    }
    edits[first..].sort_by_key(|edit| edit.range.start);
    // Two marks may both want the blank between them: `) (`.
    for at in first + 1..edits.len() {
        let end = edits[at - 1].range.end;
        edits[at].range.start = edits[at].range.start.max(end);
    }
}

/// Returns how many bytes are one mark: `?!` and `,,,` are dealt with together, or a row of them would take as many rounds
/// as it has marks.
fn run(bytes: &[u8], at: usize) -> usize {
    let same: &[u8] = match bytes[at] {
        b':' => b":=-",
        b'.' => b".",
        _ => b",;!?",
    };
    bytes[at..].iter().take_while(|byte| same.contains(byte)).count()
}

fn wide(mark: u8) -> &'static str {
    match mark {
        b',' => "，",
        b'.' => "。",
        b';' => "；",
        b':' => "：",
        b'!' => "！",
        b'?' => "？",
        b'(' => "（",
        _ => "）",
    }
}

/// Returns the length of a single blank between a mark and what follows it on the line.
fn swallowed(line: &Line<'_>, end: usize) -> usize {
    let rest = &line.text.as_bytes()[end..];
    let is_single =
        rest.first() == Some(&b' ') && rest.get(1).is_some_and(|byte| !byte.is_ascii_whitespace());
    usize::from(is_single && !line.is_guarded(end))
}

/// Returns the length of a single blank between Chinese and the mark behind it.
fn loose_of_chinese(line: &Line<'_>, at: usize) -> usize {
    let loose = loose_before(line, at);
    if loose > 0 && line.text[..at - loose].ends_with(is_cjk) { loose } else { 0 }
}

enum Owner {
    Chinese,
    Latin,
    /// Chinese, if other marks of the line were harmed.
    Harmed,
}

impl Owner {
    fn chinese_if(condition: bool) -> Owner {
        if condition { Owner::Chinese } else { Owner::Latin }
    }
}

/// Says who owns `,` `;` `!` `?`, or a run of them.
fn is_owned(line: &Line<'_>, at: usize, end: usize) -> Owner {
    let (before, after) = (line.before(at), line.after(end));
    if matches!(after, Some('=' | '[')) {
        return Owner::Latin;
    }
    let is_loose = after.is_some_and(is_blank);
    match (line.left(at), line.right(end)) {
        (Side::Edge, _) => Owner::Latin,
        (Side::Chinese, Side::Chinese | Side::Edge) => Owner::Chinese,
        // `，"` and the like: the sentence goes on.
        (Side::Chinese, Side::Other) => {
            Owner::chinese_if(before.is_some_and(is_cjk) || line.is_chinese())
        }
        (Side::Chinese, _) => Owner::chinese_if(!is_loose || line.is_chinese()),
        (Side::Letter | Side::Digit, Side::Chinese) => Owner::chinese_if(line.is_chinese()),
        (Side::Letter | Side::Digit, Side::Edge) => Owner::chinese_if(line.is_chinese()),
        (Side::Digit, Side::Digit) => Owner::Latin,
        (Side::Letter | Side::Digit, Side::Letter | Side::Digit)
            if !is_loose && line.is_chinese() =>
        {
            // English has a blank behind its commas, but letters that stand for things may have none: A,B,C.
            let words = [is_word(line.text[..at].chars().rev()), is_word(line.text[end..].chars())];
            match words {
                _ if in_latin_bracket(line, at) => Owner::Latin,
                [true, true] => Owner::Chinese,
                _ => Owner::Harmed,
            }
        }
        // Behind code in backticks.
        (Side::Other, Side::Edge) if before == Some('`') && line.is_chinese() => Owner::Harmed,
        // Behind an emoticon, a quote of ASCII or a sign.
        (Side::Other, Side::Chinese) => Owner::chinese_if(
            !is_loose
                && line.is_chinese()
                && match before {
                    Some('[' | '{') => false,
                    Some(quote @ ('"' | '\'')) => ends_latin_quotation(line, at, quote),
                    _ => true,
                },
        ),
        _ => Owner::Latin,
    }
}

/// Returns whether two letters or more stand together, or a share of a hundred.
fn is_word(mut characters: impl Iterator<Item = char>) -> bool {
    let first = characters.next();
    first == Some('%')
        || (first.is_some_and(char::is_alphanumeric)
            && characters.next().is_some_and(|c| c.is_alphanumeric() && !is_cjk(c)))
}

/// `设为"true",然后`; not `"北京","上海",广州`.
fn ends_latin_quotation(line: &Line<'_>, end: usize, quote: char) -> bool {
    let within = &line.text[..end - quote.len_utf8()];
    within.rfind(quote).is_some_and(|open| {
        !within[open..].chars().any(is_cjk)
            && line.text[..open].chars().next_back().is_some_and(|c| is_cjk(c) || is_blank(c))
    })
}

/// `f(a,b)`: within an ASCII bracket without ideographs.
fn in_latin_bracket(line: &Line<'_>, at: usize) -> bool {
    const WINDOW: usize = 400;
    let bytes = line.text.as_bytes();
    // Not further than the next of Chinese, which is what the bracket must not hold.
    let mut before =
        bytes[at.saturating_sub(WINDOW)..at].iter().rev().take_while(|byte| byte.is_ascii());
    let mut behind = bytes[at..].iter().take(WINDOW).take_while(|byte| byte.is_ascii());
    before.any(|byte| b"([{".contains(byte)) && behind.any(|byte| b")]}".contains(byte))
}

/// Returns whether the line has an ASCII comma, or another mark of its kind, that is Chinese beyond doubt.
fn is_harmed(line: &Line<'_>) -> bool {
    let bytes = line.text.as_bytes();
    (1..bytes.len()).any(|at| {
        matches!(bytes[at], b',' | b';' | b'!' | b'?')
            && !line.is_guarded(at)
            && line.before(at).is_some_and(is_han)
            && line.after(at + 1).is_none_or(is_cjk)
    })
}

/// `来源:人民网`; not `键: 值`, `12:30`, `a:b`.
fn is_colon(line: &Line<'_>, at: usize) -> bool {
    let after = line.after(at + 1);
    let is_loose = after.is_some_and(is_blank);
    let (left, right) = (line.left(at), line.right(at + 1));
    let before_is_chinese = line.before(at).is_some_and(|c| is_cjk(c) || c == ')');
    match (left, right) {
        (Side::Chinese, _) if !before_is_chinese => false,
        (Side::Chinese, _) if is_loose && is_key(line, at) => false,
        (Side::Chinese, Side::Chinese | Side::Edge) => true,
        (Side::Chinese, _) => !is_loose || line.is_chinese(),
        (Side::Letter | Side::Digit, Side::Chinese) => !is_loose && line.is_chinese(),
        (Side::Letter, Side::Edge) => after.is_none() && line.is_chinese(),
        _ => false,
    }
}

/// `键: 值`: nothing but a short key before the colon, and no sentence behind it.
fn is_key(line: &Line<'_>, at: usize) -> bool {
    const LONGEST_KEY: usize = 12;
    let key = line.behind_bullet(at);
    // Asked first: the value is the rest of the line.
    if key.chars().take(LONGEST_KEY + 1).count() > LONGEST_KEY {
        return false;
    }
    let value = &line.text[at + 1..];
    let is_mark = |c: char| is_cjk(c) && !is_han(c) && !matches!(c, '·' | '、');
    let is_sentence = value.contains(['。', '！', '？', '，', '“', '「'])
        || value.ends_with(['.', '!', '?'])
        || value.contains([',', ';']);
    !key.contains(is_mark) && !key.contains(',') && !is_sentence
}

/// `你好.` at the end of a line or sentence; not `文件.txt`, `约翰.史密斯`, `第1.2节`.
fn is_full_stop(line: &Line<'_>, at: usize) -> bool {
    const CLAUSE: usize = 6;
    let rest = &line.text[at + 1..];
    let before = line.text[..at].trim_end_matches(['”', '’', '」', '』', ')', '）']);
    let closed = rest.trim_start_matches(['”', '’', '」', '』', ')', '）']);
    let ends_line = closed.is_empty();
    // `（见注1）.`
    let behind_bracket = ends_line && before.len() < at && line.is_chinese();
    if behind_bracket && before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return line.text[..at].ends_with(['」', '』', ')', '）']);
    }
    if !before.ends_with(is_han) || line.before(at).is_some_and(is_blank) {
        return false;
    }
    match closed.chars().next() {
        None => true,
        Some(c) if is_blank(c) => {
            closed.trim_start_matches(is_blank).chars().next().is_none_or(is_cjk)
                || line.is_chinese()
        }
        Some(c) if is_han(c) || matches!(c, '“' | '「' | '（') => {
            closed.len() < rest.len()
                || (clause(before.chars().rev()) >= CLAUSE && clause(closed.chars()) >= CLAUSE)
        }
        _ => false,
    }
}

/// Returns how many ideographs stand together.
fn clause(characters: impl Iterator<Item = char>) -> usize {
    characters.take_while(|&c| is_han(c)).take(20).count()
}

/// Adds the edits of brackets, both of a pair or none.
fn brackets(line: &Line<'_>, edits: &mut Vec<Edit>) {
    let bytes = line.text.as_bytes();
    if !bytes.contains(&b'(') && !bytes.contains(&b')') {
        return;
    }
    let mut open = Vec::new();
    for (at, c) in line.text.char_indices() {
        if !matches!(c, '(' | '（' | ')' | '）') || line.is_guarded(at) {
            continue;
        }
        if matches!(c, '(' | '（') {
            open.push(at);
            continue;
        }
        let Some(start) = open.pop() else {
            if c == ')' && closes_alone(line, at) {
                edits.push(closing(line, at));
            }
            continue;
        };
        // Each pair is looked into; deeper ones would be read again and again.
        if open.len() >= DEEPEST {
            continue;
        }
        let is_ascii = [bytes[start] == b'(', bytes[at] == b')'];
        if is_ascii.contains(&true) && is_bracketed(line, start, at) {
            if is_ascii[0] {
                edits.push(opening(line, start));
            }
            if is_ascii[1] {
                edits.push(closing(line, at));
            }
        }
    }
    for at in open {
        if bytes[at] == b'(' && opens_alone(line, at) {
            edits.push(opening(line, at));
        }
    }
    edits.sort_by_key(|edit| edit.range.start);
}

/// Pairs of brackets in brackets that are looked at.
const DEEPEST: usize = 16;

/// A bracket whose other half is on another line, as in hard-wrapped text: only where Chinese stands on both sides.
fn opens_alone(line: &Line<'_>, at: usize) -> bool {
    let before = line.before(at);
    (before.is_none() || before.is_some_and(is_cjk))
        && line.after(at + 1).is_some_and(is_han)
        && line.is_chinese()
}

/// As [`opens_alone`]; but `一)` and `甲)` begin the items of a list, and a smile comes after a sentence.
fn closes_alone(line: &Line<'_>, at: usize) -> bool {
    const SHORTEST: usize = 4;
    let after = line.after(at + 1);
    line.before(at).is_some_and(is_han)
        && clause(line.text[..at].chars().rev()) >= SHORTEST
        && after.is_none_or(is_cjk)
        && line.is_chinese()
}

/// The edit of an opening bracket, with the blanks that its width replaces.
fn opening(line: &Line<'_>, at: usize) -> Edit {
    let (before, after) = (loose_before(line, at), swallowed(line, at + 1));
    Edit::new(line.start + at - before..line.start + at + 1 + after, "（")
}

fn closing(line: &Line<'_>, at: usize) -> Edit {
    let (before, after) = (loose_before(line, at), swallowed(line, at + 1));
    Edit::new(line.start + at - before..line.start + at + 1 + after, "）")
}

/// Returns the length of a single blank between what stands before a bracket and the bracket.
fn loose_before(line: &Line<'_>, at: usize) -> usize {
    let before = &line.text.as_bytes()[..at];
    let is_single = before.last() == Some(&b' ')
        && before.len() > 1
        && !before[before.len() - 2].is_ascii_whitespace()
        && !b"-*+.)#>".contains(&before[before.len() - 2]);
    usize::from(is_single && !line.is_guarded(at - 1))
}

fn is_bracketed(line: &Line<'_>, start: usize, end: usize) -> bool {
    let width = |at: usize| if line.text.as_bytes()[at].is_ascii() { 1 } else { 3 };
    let inside = &line.text[start + width(start)..end];
    let (before, after) = (line.before(start), line.after(end + width(end)));
    let touches = |c: Option<char>| c.is_some_and(is_cjk);
    if inside.trim().is_empty() {
        return false;
    }
    if inside.chars().any(is_han) {
        // `sum(数量)` is a call, `WHO(世界卫生组织)` is not.
        let is_call = before.is_some_and(|c| c.is_ascii_lowercase() || c == '_')
            && !inside.contains(|c: char| is_cjk(c) && !is_han(c))
            && inside.chars().count() <= 8
            && !touches(after)
            && after.is_some();
        return line.is_chinese() && !is_call;
    }
    match (before, after) {
        (Some(c), _) if is_cjk(c) => true,
        // `(1)内容`
        (None, after) => touches(after),
        (Some(c), after) if is_blank(c) && line.is_at_head(start) => touches(after),
        // `10.5(Leopard)上`; not `f(x)在`, `3(x)`.
        (Some(c), Some(after)) if c.is_ascii_digit() && is_cjk(after) => {
            line.is_chinese() && is_word(inside.chars()) && !inside.contains(char::is_whitespace)
        }
        // `）` and a quote's end before it, `。(Reuters)`
        _ => false,
    }
}
