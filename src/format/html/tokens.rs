//! What of HTML is no tag: comments, and text that ends with one certain tag.
//!
//! In: a document and a place behind the sign that began it. Out: where it ends, or the end of the document, as the states of the HTML
//! standard's tokenizer have it. The naive way searches for `-->` and `</script>`: `<!-->` is a comment that is over,
//! and `<!--<script></script>` within a script goes on.

use memchr::{memchr, memchr2, memmem};

/// Returns where a comment ends that begins behind `<!--`.
pub(super) fn comment_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b">") {
        return at + 1;
    }
    if rest.starts_with(b"->") {
        return at + 2;
    }
    let mut from = 0;
    while let Some(found) = memmem::find(&rest[from..], b"--") {
        from += found + 1;
        let behind = from + 1;
        match rest.get(behind) {
            Some(b'>') => return at + behind + 1,
            Some(b'!') if rest.get(behind + 1) == Some(&b'>') => return at + behind + 2,
            _ => {}
        }
    }
    bytes.len()
}

/// Returns where something ends that ends with the next `>`.
pub(super) fn bogus_end(bytes: &[u8], at: usize) -> usize {
    memchr(b'>', &bytes[at..]).map_or(bytes.len(), |len| at + len + 1)
}

/// Returns whether a tag of this name begins at `at`, behind `<` or `</`.
fn is_name_at(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let end = at + name.len();
    bytes.get(at..end).is_some_and(|found| found.eq_ignore_ascii_case(name))
        && matches!(bytes.get(end), Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0C' | b'/' | b'>'))
}

/// Returns where the end tag of an element begins whose content is no markup; the end of the document if there is none.
pub(super) fn raw_end(bytes: &[u8], at: usize, name: &[u8]) -> usize {
    let mut from = at;
    while let Some(found) = memchr(b'<', &bytes[from..]) {
        let sign = from + found;
        if bytes.get(sign + 1) == Some(&b'/') && is_name_at(bytes, sign + 2, name) {
            return sign;
        }
        from = sign + 1;
    }
    bytes.len()
}

/// As [`raw_end`], for a script, which may hide its end tag in what looks like a comment.
pub(super) fn script_end(bytes: &[u8], at: usize) -> usize {
    const NAME: &[u8] = b"script";
    let (mut from, mut is_escaped, mut is_twice) = (at, false, false);
    while let Some(found) = memchr2(b'<', b'>', &bytes[from..]) {
        let sign = from + found;
        from = sign + 1;
        if bytes[sign] == b'>' {
            // The dashes may be those of `<!-->`, but not of `<!->`.
            if is_escaped && bytes[at..sign].ends_with(b"--") {
                (is_escaped, is_twice) = (false, false);
            }
        } else if bytes.get(from) == Some(&b'/') && is_name_at(bytes, from + 1, NAME) {
            if !is_twice {
                return sign;
            }
            is_twice = false;
            // The sign behind the name belongs to it.
            from += 1 + NAME.len() + 1;
        } else if is_escaped && !is_twice && is_name_at(bytes, from, NAME) {
            is_twice = true;
            from += NAME.len() + 1;
        } else if !is_escaped && bytes[from..].starts_with(b"!--") {
            is_escaped = true;
            from += 3;
        }
    }
    bytes.len()
}

/// Returns where the end tag of a script or a style sheet begins in XHTML, where it may hold comments and CDATA sections.
pub(super) fn xml_raw_end(bytes: &[u8], at: usize, name: &[u8]) -> usize {
    let mut from = at;
    while let Some(found) = memchr(b'<', &bytes[from..]) {
        let sign = from + found;
        let rest = &bytes[sign..];
        let close: &[u8] = if rest.starts_with(b"<![CDATA[") {
            b"]]>"
        } else if rest.starts_with(b"<!--") {
            b"-->"
        } else if rest.starts_with(b"</") && is_name_at(bytes, sign + 2, name) {
            return sign;
        } else {
            b"<"
        };
        match memmem::find(rest, close) {
            Some(len) => from = sign + len + close.len(),
            None => break,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_where_browsers_end_them() {
        for (text, end) in [
            ("<!-->a", 5),
            ("<!--->a", 6),
            ("<!---->a", 7),
            ("<!--a--!>a", 9),
            ("<!--a--->a", 9),
            ("<!--a-- >a", 10),
            ("<!--a", 5),
            ("<!--a--", 7),
        ] {
            assert_eq!(comment_end(text.as_bytes(), 4), end, "{text}");
        }
    }

    #[test]
    fn scripts_end_where_browsers_end_them() {
        for (text, end) in [
            ("a</script>", 1),
            ("a</scriptx></SCRIPT >", 11),
            ("<!--</script>-->", 4),
            ("<!--<script></script>--></script>", 24),
            ("<!--<script></script></script>", 21),
            ("<!--<script>--></script>", 15),
            ("<!--><script></script>", 13),
            ("<!---><script></script>", 14),
            ("<!--<scriptx></script>", 13),
            ("<!--<script></script", 20),
            ("", 0),
        ] {
            assert_eq!(script_end(text.as_bytes(), 0), end, "{text}");
        }
    }
}
