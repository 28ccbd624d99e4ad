//! The kinds of protected span, one function each.
//!
//! Each gets a line and the place of the character that can begin its kind, and returns the range of the span if there is one.
//! Every line takes time in proportion to its length: what a span looks for further on (its closing bracket, the other end of
//! a path) is remembered in [`Seen`], so that a row of openings does not read the rest of the line once for each.

use std::ops::Range;

use super::seen::Seen;

use crate::draft::is_cjk;
use crate::han::{is_han, is_kana};

type Span = Option<Range<usize>>;

/// Longest span of which the end is looked for, in bytes.
pub(super) const LONGEST: usize = 4096;

fn count(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|&&byte| is(byte)).count()
}

fn count_back(bytes: &[u8], is: impl Fn(u8) -> bool) -> usize {
    bytes.iter().rev().take_while(|&&byte| is(byte)).count()
}

/// Returns the last characters of `text`, at most so many bytes.
fn tail(text: &str, most: usize) -> &str {
    let from = text.len().saturating_sub(most);
    (from..=text.len()).find_map(|from| text.get(from..)).unwrap_or_default()
}

/// Returns the first characters of `text`, at most so many bytes.
fn head(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn has_han(text: &str) -> bool {
    text.chars().any(is_cjk)
}

/// Returns whether a byte can stand in an address (RFC 3986, without what closes one in prose).
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%|".contains(&byte)
}

/// Cuts from the end of an address what belongs to the sentence around it.
fn trimmed_url(bytes: &[u8]) -> usize {
    let mut len = bytes.len();
    let number = |byte| bytes.iter().filter(|&&other| other == byte).count();
    // Closing brackets and those that open them, up to `len`; counted when the first is met.
    let mut counts: [Option<(usize, usize)>; 2] = [None; 2];
    while let Some(&last) = bytes[..len].last() {
        if last == b';' {
            let name = count_back(&bytes[..len - 1], |byte| byte.is_ascii_alphanumeric());
            if name > 0 && bytes[..len - 1 - name].last() == Some(&b'&') {
                break;
            }
        }
        let is_cut = match last {
            b')' | b']' => {
                let (kind, open) = if last == b')' { (0, b'(') } else { (1, b'[') };
                // What is cut holds no opening bracket.
                let (closing, opening) =
                    counts[kind].get_or_insert_with(|| (number(last), number(open)));
                let is_unopened = *closing > *opening;
                *closing -= 1;
                is_unopened
            }
            _ => b".,;:!?'*".contains(&last),
        };
        if !is_cut {
            break;
        }
        len -= 1;
    }
    len
}

/// `https://…` at its colon.
pub(super) fn url(line: &str, at: usize) -> Span {
    let bytes = line.as_bytes();
    if !bytes[at..].starts_with(b"://") {
        return None;
    }
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let start = at - count_back(&bytes[..at], is_scheme);
    if start == at {
        return None;
    }
    let len = count(&bytes[at + 3..], is_url_byte);
    let end = match beyond_ascii(line, at + 3 + len) {
        Some(end) => end,
        None => at + 3 + trimmed_url(&bytes[at + 3..at + 3 + len]),
    };
    (end > at + 3).then_some(start..end)
}

/// Returns the end of an address that goes on in letters of Chinese or Japanese, as browsers show it: directly behind a sign that
/// something of it follows, and so on from such a letter. Behind a host or a word, as in `https://a.cn看头发`, a
/// sentence goes on; and so it does where more letters follow one another than the names of pages have.
fn beyond_ascii(line: &str, end: usize) -> Option<usize> {
    const LONGEST_NAME: usize = 24;
    let is_letter = |c: char| is_han(c) || is_kana(c);
    let is_hex = |at: usize| line.as_bytes()[at..end].iter().all(u8::is_ascii_hexdigit);
    let is_code = end >= 3 && line.as_bytes()[end - 3] == b'%' && is_hex(end - 2);
    let is_begun = line[..end].ends_with(['/', '=', '#', '?']) || is_code;
    if !is_begun || !line[end..].starts_with(is_letter) {
        return None;
    }
    let is_part =
        |c: &char| is_letter(*c) || c.is_ascii_alphanumeric() || "/?&=#%._-~+:@()".contains(*c);
    let len: usize = line[end..].chars().take(400).take_while(is_part).map(char::len_utf8).sum();
    let mut part = line[end..end + len].trim_end_matches(['.', ':', '?', '(']);
    while part.ends_with(')') && part.matches(')').count() > part.matches('(').count() {
        part = &part[..part.len() - 1];
    }
    let host = part.split(['/', '?', '#']).next().unwrap_or("");
    if line[..end].ends_with("://") && !host.contains('.') {
        return None;
    }
    let is_name = |part: &str| part.chars().filter(|&c| is_letter(c)).count() <= LONGEST_NAME;
    part.split(['/', '?', '&', '=', '#']).all(is_name).then_some(end + part.len())
}

/// `name@example.com` or `@name` at the `@`.
pub(super) fn at_sign(line: &str, at: usize) -> Span {
    let bytes = line.as_bytes();
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let start = at - count_back(&bytes[..at], is_local);
    let len = count(&bytes[at + 1..], is_host);
    let host = &bytes[at + 1..at + 1 + len];
    let host = &host[..host.len() - count_back(host, |byte| b".-".contains(&byte))];
    if start < at && host.contains(&b'.') {
        return Some(start..at + 1 + host.len());
    }
    if start < at {
        return None;
    }
    name(line, at + 1).map(|end| at..end)
}

/// Returns the end of a name of letters, digits and a few ideographs.
fn name(line: &str, from: usize) -> Option<usize> {
    const LONGEST_NAME: usize = 15;
    let is_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-' || is_han(*c);
    let name: String = line[from..].chars().take_while(is_name).take(64).collect();
    let ideographs = name.chars().filter(|&c| is_han(c)).count();
    let latin = name.chars().take_while(|&c| !is_han(c)).count();
    match () {
        () if name.is_empty() => None,
        () if ideographs <= LONGEST_NAME => Some(from + name.len()),
        // Not a name but the sentence that follows one.
        () if latin > 0 => Some(from + latin),
        () => None,
    }
}

/// `#topic`, `#topic#` at the first `#`.
pub(super) fn hash(line: &str, at: usize, seen: &mut Seen) -> Span {
    let before = line[..at].chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() && !is_han(c)) {
        return None;
    }
    if let Some(close) = seen.find(line, at + 1, b'#') {
        let topic = &line[at + 1..close];
        let is_topic = !topic.is_empty() && !topic.contains(char::is_whitespace);
        if is_topic && topic.chars().count() <= 32 && !topic.ends_with(['#', '，', '。', ',']) {
            return Some(at..close + 1);
        }
    }
    let end = name(line, at + 1)?;
    line[at + 1..end].contains(char::is_alphabetic).then_some(at..end)
}

/// Code between backticks, at the first.
pub(super) fn code(line: &str, at: usize, seen: &mut Seen) -> Span {
    seen.backticks(line).code(at)
}

/// `<tag …>`, `<!-- … -->`, `<https://…>` at the `<`.
pub(super) fn tag(line: &str, at: usize, seen: &mut Seen) -> Span {
    let bytes = line.as_bytes();
    let rest = &bytes[at + 1..];
    if rest.starts_with(b"!--") {
        let end = seen.find_text(line, at, "-->")? + 3;
        return (end - at <= 4 * LONGEST).then_some(at..end);
    }
    let name = rest.strip_prefix(b"/").unwrap_or(rest);
    if !name.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    let mut quote = None;
    for (offset, &byte) in rest.iter().enumerate().take(LONGEST) {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'<') => return None,
            (None, b'>') => return Some(at..at + 1 + offset + 1),
            (None, _) => {}
        }
    }
    None
}

/// `&amp;`, `&#20320;` at the `&`.
pub(super) fn entity(line: &str, at: usize) -> Span {
    let bytes = &line.as_bytes()[at + 1..];
    let start = usize::from(bytes.first() == Some(&b'#'));
    let len = count(&bytes[start..], |byte| byte.is_ascii_alphanumeric());
    let is_entity = (1..=31).contains(&len) && bytes.get(start + len) == Some(&b';');
    is_entity.then_some(at..at + 1 + start + len + 1)
}

/// `$x^2$`, `$$…$$`, `${name}` at the `$`.
pub(super) fn dollar(line: &str, at: usize, seen: &mut Seen) -> Span {
    let bytes = line.as_bytes();
    match bytes.get(at + 1) {
        Some(b'{') => return seen.find(line, at, b'}').map(|end| at..end + 1),
        Some(b'$') => {
            return seen.find_text(line, at + 2, "$$").map(|found| at..found + 2);
        }
        Some(byte) if !byte.is_ascii_whitespace() => {}
        _ => return None,
    }
    let end = seen.find(line, at + 1, b'$')?;
    let inside = &line[at + 1..end];
    let is_price = bytes.get(end + 1).is_some_and(u8::is_ascii_digit);
    let is_formula = !inside.ends_with(char::is_whitespace) && !is_price && !has_han(inside);
    is_formula.then_some(at..end + 1)
}

/// `\command[…]`, `\ref{…}`, `\n`, `C:\path` at the backslash.
pub(super) fn backslash(line: &str, at: usize, seen: &mut Seen) -> Span {
    /// Commands whose argument is a name, not text.
    const NAMES: [&str; 18] = [
        "begin",
        "end",
        "ref",
        "eqref",
        "pageref",
        "label",
        "cite",
        "citep",
        "citet",
        "url",
        "href",
        "input",
        "include",
        "includegraphics",
        "usepackage",
        "documentclass",
        "bibliography",
        "verb",
    ];
    let bytes = line.as_bytes();
    let drive = at >= 2 && bytes[at - 1] == b':' && bytes[at - 2].is_ascii_alphabetic();
    let is_share = bytes.get(at + 1) == Some(&b'\\')
        && bytes.get(at + 2).is_some_and(u8::is_ascii_alphanumeric);
    if drive || is_share {
        let is_path = |c: &char| {
            !c.is_whitespace() && !"<>:\"|?*,;".contains(*c) && (!is_cjk(*c) || is_han(*c))
        };
        let len: usize = line[at..].chars().take_while(is_path).map(char::len_utf8).sum();
        return Some(if drive { at - 2 } else { at }..at + len);
    }
    let len = count(&bytes[at + 1..], |byte| byte.is_ascii_alphabetic());
    if len == 0 {
        let next = line[at + 1..].chars().next()?;
        return next.is_ascii_punctuation().then_some(at..at + 2);
    }
    let mut end = at + 1 + len;
    let takes_name = NAMES.contains(&&line[at + 1..end]);
    if bytes.get(end) == Some(&b'[') {
        end = seen.find(line, end, b']').map_or(end, |close| close + 1);
    }
    if takes_name && bytes.get(end) == Some(&b'{') {
        end = seen.find(line, end, b'}').map_or(end, |close| close + 1);
    }
    Some(at..end)
}

/// `{name}`, `{{ name }}`, `{\an8}` at the brace.
pub(super) fn brace(line: &str, at: usize, seen: &mut Seen) -> Span {
    if line[at..].starts_with("{{") || line[at..].starts_with("{%") {
        let close = if line[at..].starts_with("{{") { "}}" } else { "%}" };
        let end = seen.find_text(line, at, close)? + close.len();
        return (end - at <= LONGEST).then_some(at..end);
    }
    let end = seen.find(line, at, b'}')?;
    let inside = &line[at + 1..end];
    (inside.len() <= 64 && !inside.contains('{') && !has_han(inside)).then_some(at..end + 1)
}

/// `%s`, `%-5.2f`, `%(name)s`, `%1$s` at the sign.
pub(super) fn percent(line: &str, at: usize, seen: &mut Seen) -> Span {
    let bytes = line.as_bytes();
    if at > 0 && bytes[at - 1].is_ascii_digit() {
        return None;
    }
    let mut end = at + 1;
    if bytes.get(end) == Some(&b'(') {
        end = seen.find(line, end, b')')? + 1;
    }
    end += count(&bytes[end..], |byte| b"-+ #0123456789.$*".contains(&byte));
    end += count(&bytes[end..], |byte| b"hlLqjzt".contains(&byte)).min(2);
    let is_letter = bytes.get(end).is_some_and(|byte| b"sdifgxXeEcuopr@%".contains(byte));
    let ends_word = !bytes.get(end + 1).is_some_and(u8::is_ascii_alphabetic);
    (is_letter && ends_word).then_some(at..end + 1)
}

/// `/usr/bin`, `./a`, `a/b/c.txt` around a slash.
pub(super) fn path(line: &str, at: usize, seen: &mut Seen) -> Span {
    if at < seen.no_path_before {
        return None;
    }
    let bytes = line.as_bytes();
    let is_path = |byte: u8| byte.is_ascii_alphanumeric() || b"._~/-+@%".contains(&byte);
    let start = at - count_back(&bytes[..at], is_path);
    let mut end = at + count(&bytes[at..], is_path);
    if !bytes[start..end].iter().any(u8::is_ascii_alphabetic) {
        seen.no_path_before = end;
        return None;
    }
    while end > at + 1 && bytes[end - 1] == b'.' {
        end -= 1;
    }
    (end - start >= 3).then_some(start..end)
}

/// `1,000`, `3.14`, `12:30`, `2023-12-05`, `v1.2.3`, `10:1` around a separator between digits; `a.txt`, `e.g.`, `U.S.` around
/// a full stop between letters.
pub(super) fn separated(line: &str, at: usize) -> Span {
    let bytes = line.as_bytes();
    let (Some(before), Some(after)) = (at.checked_sub(1).map(|at| bytes[at]), bytes.get(at + 1))
    else {
        return None;
    };
    let is_number = before.is_ascii_digit() && after.is_ascii_digit();
    let is_word =
        bytes[at] == b'.' && before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric();
    if !is_number && !is_word {
        return None;
    }
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let is_separator = |byte: u8| if is_word { byte == b'.' } else { b",.:/-".contains(&byte) };
    let mut start = at;
    while start > 0
        && (is_inside(bytes[start - 1])
            || (is_separator(bytes[start - 1]) && start >= 2 && is_inside(bytes[start - 2])))
    {
        start -= 1;
    }
    let mut end = at;
    while end < bytes.len()
        && (is_inside(bytes[end])
            || (is_separator(bytes[end])
                && bytes.get(end + 1).is_some_and(|&byte| is_inside(byte))))
    {
        end += 1;
    }
    // `e.g.` and `U.S.` end with their full stop, unless the sentence goes on in Chinese.
    let token = &bytes[start..end];
    let is_abbreviation = token.split(|&byte| byte == b'.').all(|part| part.len() == 1);
    if is_word && is_abbreviation && bytes.get(end) == Some(&b'.') {
        end += 1;
    }
    if is_number && !is_word {
        end += usize::from(bytes.get(end) == Some(&b'%'));
    }
    Some(start..end)
}

/// `](target)`, `[^1]`, `[ref]: target` at the bracket.
pub(super) fn bracket(line: &str, at: usize, seen: &mut Seen) -> Span {
    let bytes = line.as_bytes();
    if bytes[at] == b'[' {
        let is_note = bytes.get(at + 1) == Some(&b'^');
        let is_box = [&b"[ ]"[..], b"[x]", b"[X]"].iter().any(|form| bytes[at..].starts_with(form));
        let is_box = is_box && bytes.get(at + 3) != Some(&b'(');
        return match (is_note, is_box) {
            (true, _) => seen.find(line, at, b']').map(|end| at..end + 1),
            (_, true) => Some(at..at + 3),
            _ => None,
        };
    }
    match bytes.get(at + 1) {
        Some(b'(') if bytes.get(at + 2) == Some(&b'<') => {
            let end = seen.find_text(line, at, ">)")? + 2;
            (end - at <= LONGEST).then_some(at..end)
        }
        Some(b'(') => {
            let end = seen.bracket_end(line, at + 1)?;
            let target = &line[at + 2..end - 1];
            // Behind a bracket of prose stands prose.
            let is_target = !target.contains(' ') || target.ends_with('"');
            let is_prose = target.starts_with(is_han) && !target.contains(['.', '/', '#']);
            (is_target && !is_prose).then_some(at..end)
        }
        Some(b':') if bytes.first() == Some(&b'[') => {
            let target = line[at + 2..].strip_prefix(' ')?.trim_start();
            let start = line.len() - target.len();
            let target = &line[start..seen.trimmed(line).max(start)];
            let is_target = !target.contains(char::is_whitespace) && !has_han(target);
            is_target.then_some(at..line.len())
        }
        _ => None,
    }
}

/// `:)`, `:-D`, `:smile:` at the colon, `;)` at the semicolon.
pub(super) fn smile(line: &str, at: usize) -> Span {
    let bytes = line.as_bytes();
    let letters =
        count(&bytes[at + 1..], |byte| byte.is_ascii_lowercase() || b"_+-".contains(&byte));
    if bytes[at] == b':' && letters > 1 && bytes.get(at + 1 + letters) == Some(&b':') {
        return Some(at..at + 1 + letters + 1);
    }
    let before = line[..at].chars().next_back();
    if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    const WINDOW: usize = 400;
    let nose = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'\'')));
    let end = at + 1 + nose + 1;
    let mouth = *bytes.get(end - 1)?;
    // `:))`
    let all = match mouth {
        b'(' | b')' => end - 1 + count(&bytes[end - 1..], |byte| byte == mouth),
        _ => end,
    };
    let ends_word = !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    match mouth {
        b'(' | b')' if nose > 0 => Some(at..all),
        b')' => {
            // It closes a bracket if one is open.
            let mut open = 0u32;
            let mut last = ' ';
            for c in tail(&line[..at], WINDOW).chars() {
                match c {
                    '(' if matches!(last, ':' | ';' | '-' | '\'') => {}
                    '(' | '（' | '︵' | '﹙' => open += 1,
                    ')' | '）' | '︶' | '﹚' => open = open.saturating_sub(1),
                    _ => {}
                }
                last = c;
            }
            (open == 0).then_some(at..all)
        }
        b'(' => {
            let rest = &line[all..];
            let is_sad = rest.chars().next().is_none_or(char::is_whitespace)
                || !head(rest, WINDOW).contains([')', '）', '︶', '﹚']);
            is_sad.then_some(at..all)
        }
        // `答案:D` is no laughter.
        b'D' | b'P' | b'p' | b'O' | b'o'
            if ends_word && (nose > 0 || before.is_none_or(char::is_whitespace)) =>
        {
            Some(at..end)
        }
        b'|' | b'*' if nose > 0 => Some(at..end),
        _ => None,
    }
}

/// `(^_^)`, `(T_T)`, `(╯°□°)` at the bracket: no words in it.
pub(super) fn face(line: &str, at: usize) -> Span {
    let tail = head(&line[at + 1..], 48);
    let close = tail.find(')')?;
    let inside = &tail[..close];
    // The code of an area: (010)1234-5678
    let behind = tail[close + 1..].trim_start_matches([' ', '-']);
    if inside.bytes().all(|byte| byte.is_ascii_digit())
        && (2..=5).contains(&inside.len())
        && count(behind.as_bytes(), |byte| byte.is_ascii_digit()) >= 3
    {
        return Some(at..at + 1 + close + 1);
    }
    let signs = inside.chars().filter(|c| !c.is_alphanumeric() && *c != ' ' && !is_cjk(*c)).count();
    let letters = inside.chars().filter(|&c| c.is_alphanumeric() || is_cjk(c)).count();
    let is_face =
        letters <= 3 && signs >= 2 && inside.chars().all(|c| c != '(') && !has_word(inside);
    is_face.then_some(at..at + 1 + close + 1)
}

/// Returns whether it holds an operator between operands, or ideographs, as formulas and prose do.
fn has_word(inside: &str) -> bool {
    inside.chars().any(|c| is_han(c) || c.is_ascii_digit())
        || inside.contains("..")
        || inside.chars().all(|c| c.is_ascii_punctuation() && !"^_<>;".contains(c))
}

/// `^_^`, `T_T`, `>_<` around the underscore.
pub(super) fn underscore(line: &str, at: usize) -> Span {
    let bytes = line.as_bytes();
    let before = *bytes.get(at.checked_sub(1)?)?;
    if !b"^T>-Q".contains(&before) {
        return None;
    }
    let run = count(&bytes[at..], |byte| byte == b'_');
    let after = *bytes.get(at + run)?;
    let is_face = matches!(
        (before, after),
        (b'^', b'^') | (b'T', b'T') | (b'>', b'<') | (b'-', b'-') | (b'Q', b'Q')
    );
    let is_alone = !bytes.get(at + run + 1).is_some_and(u8::is_ascii_alphanumeric)
        && (at < 2 || !bytes[at - 2].is_ascii_alphanumeric());
    (is_face && is_alone).then_some(at - 1..at + run + 1)
}
