//! Addresses that stand in a text without any markup.
//!
//! In: a text, and where `http` begins in it; or the runs of a document. Out: how long the address is; or the runs without those
//! that are nothing but an address. The naive way takes all up to the next blank, and in Chinese that may be the end of
//! the paragraph; or converts `"url": "https://x.cn/发展.html"`, and the page is not found.

use std::ops::Range;

use super::runs::{Piece, Runs, Text};

/// Returns the length of an address that begins here, as browsers and wikis link one: up to a blank or a mark of Chinese, with a path in any
/// script.
pub(super) fn url(text: &str, at: usize) -> Option<usize> {
    url_before(text, at, &[])
}

/// Returns the length of an address that begins here and goes no further than one of these.
pub(super) fn url_before(text: &str, at: usize, ends: &[&str]) -> Option<usize> {
    let rest = &text[at..];
    let body = rest.strip_prefix("http://").or_else(|| rest.strip_prefix("https://"))?;
    let head = rest.len() - body.len();
    if text[..at].ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let is_stop = |c: char| {
        c.is_whitespace() || "<>\"`|*[]，。、；：！？（）「」『』“”‘’《》〈〉【】…".contains(c)
    };
    let is_end =
        |&(at, c): &(usize, char)| is_stop(c) || ends.iter().any(|end| body[at..].starts_with(end));
    let body = &body[..body.char_indices().find(is_end).map_or(body.len(), |(end, _)| end)];
    // A host in ASCII ends where Chinese begins; a sentence goes on.
    let host = &body[..body.find(['/', '?', '#']).unwrap_or(body.len())];
    let is_own = host.starts_with(|c: char| !c.is_ascii());
    let end = match host.find(|c: char| !c.is_ascii()) {
        Some(end) if !is_own => end,
        _ => body.len(),
    };
    let len =
        body[..end].trim_end_matches(['.', ',', ':', ';', '!', '?', '\'', ')', '_', '~']).len();
    (len > 0).then_some(head + len)
}

/// Takes out of the prose what is nothing but an address: it would lead nowhere. That is a run, also one that is the path of a file, or
/// all text between two tags of a run, as links have it.
pub(crate) fn apply(document: &str, runs: &mut Runs) {
    let mut first = 0;
    for index in 0..runs.ends.len() {
        let end = runs.ends[index];
        if !take(document, runs, first..end, is_address) {
            let mut start = first;
            while start < end {
                // Pieces that nothing stands between, as of escapes, belong together.
                let is_gap = |two: &[Piece]| two[0].range().end != two[1].range().start;
                let gap = runs.pieces[start..end].windows(2).position(is_gap);
                let len = gap.map_or(end - start, |at| at + 1);
                if len < end - first {
                    take(document, runs, start..start + len, |text| {
                        text.contains("://") && is_address(text)
                    });
                }
                start += len;
            }
        }
        first = end;
    }
}

/// Takes pieces out of the prose if their text is so; returns whether it is.
fn take(
    document: &str,
    runs: &mut Runs,
    range: Range<usize>,
    is_one: impl Fn(&str) -> bool,
) -> bool {
    let pieces = &runs.pieces[range.clone()];
    let begins = pieces.first().is_some_and(|piece| match piece.text() {
        Text::Verbatim => may_begin(&document.as_bytes()[piece.range()]),
        Text::Decoded(range) => may_begin(&runs.decoded.as_bytes()[range]),
        Text::Object => false,
    });
    // Of ASCII alone nothing is converted.
    let is_plain =
        |piece: &Piece| piece.is_verbatim() && document.as_bytes()[piece.range()].is_ascii();
    if !begins || pieces.iter().all(is_plain) {
        return false;
    }
    let mut text = String::new();
    for piece in pieces {
        runs.push_text(piece, document, &mut text);
    }
    let is_taken = is_one(&text);
    if is_taken {
        for piece in &mut runs.pieces[range] {
            piece.set_text(Text::Object);
        }
    }
    is_taken
}

/// Returns whether the first piece of a run may begin an address; most runs begin with something else.
fn may_begin(head: &[u8]) -> bool {
    let head = head.trim_ascii_start();
    match head.first() {
        Some(b'/' | b'.' | b'~' | b'\\') => true,
        Some(byte) if byte.is_ascii_alphanumeric() => {
            let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-._".contains(byte);
            let len = head.iter().take(64).take_while(is_of_name).count();
            // Of an escape, or a slash that was escaped, only the first letter is here.
            len == head.len() || matches!(head[len], b':' | b'/')
        }
        _ => false,
    }
}

/// Returns whether a text is an address or a path, all of it, and has something in it that a conversion may change.
pub(crate) fn is_address(text: &str) -> bool {
    let text = text.trim();
    may_begin(text.as_bytes())
        && !text.is_ascii()
        && !text.contains(|c: char| c.is_control() || "，。；！？、…\u{FFFC}".contains(c))
        && (is_uri(text) || is_path(text))
}

/// Returns whether a text has a scheme, or is one of the web without it, and no blank.
fn is_uri(text: &str) -> bool {
    if text.contains(char::is_whitespace) || !brackets_are_of_names(text) {
        return false;
    }
    let (scheme, body) = match text.split_once(':') {
        Some((scheme, body)) if is_scheme(scheme) => (scheme, body),
        _ => ("", text),
    };
    if let Some(body) = body.strip_prefix("//") {
        let end = body.find(['/', '?', '#']).unwrap_or(body.len());
        let (host, path) = body.split_at(end);
        return match scheme {
            // `//` alone is a comment.
            "" => host.is_ascii() && host.contains('.') && !path.is_empty(),
            _ => is_host(host) && (!host.is_empty() || !path.is_empty()),
        };
    }
    match scheme.to_ascii_lowercase().as_str() {
        "" => {
            let host = body.find('/').map_or("", |end| &body[..end]);
            body.starts_with("www.") && host.is_ascii()
        }
        "mailto" | "tel" | "sms" | "urn" | "tag" | "data" | "magnet" | "cid" => {
            body.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '?')
        }
        _ => false,
    }
}

fn is_scheme(text: &str) -> bool {
    let is_of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    (2..=24).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(is_of_scheme)
}

/// Returns whether a host may be called so. In `x.cn看头发` a sentence goes on; `头发.中国` and `头发.cn` are hosts.
fn is_host(host: &str) -> bool {
    let name = host.split_once('@').map_or(host, |(_, host)| host);
    let name = name.rsplit_once(':').map_or(name, |(name, _)| name);
    let top = name.rsplit('.').next().unwrap_or(name);
    top.is_ascii() || top.len() < name.len() && !top.contains(|c: char| c.is_ascii())
}

/// Returns whether wide brackets and marks stand in an address as in the names of pages, `发（头发）`, and not around a remark.
fn brackets_are_of_names(text: &str) -> bool {
    let mut before = '/';
    text.chars().all(|c| {
        let last = std::mem::replace(&mut before, c);
        match c {
            '（' | '：' => !last.is_ascii(),
            '《' | '〈' | '「' | '『' | '【' | '“' | '‘' => {
                last == '/' || last == '=' || !last.is_ascii()
            }
            _ => true,
        }
    })
}

/// Returns whether a text is the path of a file, or one of several names from a root that a site has.
fn is_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_drive = bytes.len() > 3
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'\\' | b'/');
    if has_drive || text.starts_with("\\\\") && bytes.get(2).is_some_and(u8::is_ascii_alphanumeric)
    {
        return true;
    }
    let has_blank = text.contains(char::is_whitespace);
    let begins = |heads: &[&str]| heads.iter().find_map(|head| text.strip_prefix(head));
    let rest = begins(&["../", "./", "~/", "/"]);
    let first = rest.unwrap_or(text).split('/').next().unwrap_or("");
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match rest {
        Some(rest) if rest.starts_with(|c: char| c.is_whitespace() || c == '/') => false,
        Some(rest) => has_ending(rest) || is_name(first) && rest.contains('/') && !has_blank,
        None => is_name(first) && text.contains('/') && !has_blank && has_ending(text),
    }
}

/// Returns whether a path ends in the name of a file with an ending.
fn has_ending(path: &str) -> bool {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let Some((stem, ending)) = name.rsplit_once('.') else { return false };
    !stem.is_empty()
        && (1..=8).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && ending.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_where_it_is_all_that_stands_there() {
        for text in [
            "https://x.cn/发展.html",
            " http://头发.中国/ ",
            "https://头发.cn",
            "https://user@x.cn:80/?q=头发#发",
            "HTTPS://zh.wikipedia.org/wiki/发（头发）",
            "https://x.cn/wiki/《头发》",
            "file:///home/发/a",
            "ftp://x/发",
            "//cdn.x.cn/发.js",
            "www.x.cn/发",
            "mailto:a@x.cn?subject=头发",
            "tag:x.cn,2005:发/1",
            "urn:x:发",
            "/img/发.png",
            "/发.png?v=1#x",
            "./发.png",
            "../../图 片/发.png",
            "/tags/头发/",
            "/wiki/头发",
            "img/头发/发.png",
            "C:\\用户\\头发",
            "\\\\server\\发",
        ] {
            assert!(is_address(text), "{text}");
        }
        for text in [
            "",
            "头发",
            "https://x.cn看头发",
            "https://x.cn/a 头发",
            "https://x.cn/a，看头发",
            "https://x.cn/a（看头发）",
            "https://x.cn/a：看头发",
            "看https://x.cn/头发",
            "http头发",
            "tag:头发",
            "注:头发/发",
            "note:头发",
            "//头发/发",
            "// 头发.a",
            "/ 头发.a",
            "/发",
            "/头发/发型",
            "男/女",
            "and/或.",
            "1/头发",
            "3.5/头发",
            "头发/发.png",
            "https://x.cn/img/a.png",
        ] {
            assert!(!is_address(text), "{text}");
        }
    }
}
