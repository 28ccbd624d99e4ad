//! The charset that a document says it is written in.
//!
//! In: the head of a document whose charset is not known. Out: the charset that it names, as HTML, XML and gettext's PO can, where
//! that name means one. The naive way looks for `charset=` anywhere, and believes an article about it. Here a declaration
//! counts where the programs that read such documents look for it: in the tags `<meta>` of a head that begins with a tag,
//! behind `<?xml` at the very beginning, in the translation of the empty `msgid`.

use crate::charset::Charset;

/// Bytes of a document in which it can name its charset. Browsers look at 1,024 and begin anew if a later tag says something else.
pub(crate) const HEAD: usize = 16 * 1024;

/// Returns the charset that a document names that begins with `head`, which is ASCII as far as it matters.
pub(crate) fn charset(head: &[u8]) -> Option<Charset> {
    let head = head[..head.len().min(HEAD)].trim_ascii_start();
    let name = if head.starts_with(b"<?xml") {
        of_xml(head).or_else(|| of_html(head))
    } else if head.starts_with(b"<") {
        of_html(head)
    } else {
        of_po(head)
    }?;
    let charset = Charset::named(str::from_utf8(name).ok()?.trim()).ok()?;
    // What can be read like this is not written two bytes a letter.
    (!charset.is_utf_16()).then_some(charset)
}

/// Returns what stands in `<?xml encoding="…"?>`.
fn of_xml(head: &[u8]) -> Option<&[u8]> {
    let end = memchr::memmem::find(head, b"?>")?;
    let declaration = &head[..end];
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let rest = declaration[at + 8..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    quoted(rest)
}

/// Returns what stands in the quotes that the text begins with.
fn quoted(text: &[u8]) -> Option<&[u8]> {
    let (&quote, rest) = text.split_first()?;
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    Some(&rest[..memchr::memchr(quote, rest)?])
}

/// Returns what the first `<meta>` names that names a charset, before the body begins.
fn of_html(head: &[u8]) -> Option<&[u8]> {
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'<', &head[at..]) {
        at += found;
        let rest = &head[at..];
        if rest.starts_with(b"<!--") {
            at += 4 + memchr::memmem::find(&rest[4..], b"-->")?;
            continue;
        }
        at += 1;
        let begins = |name: &[u8]| {
            rest.len() > name.len() + 1
                && rest[1..=name.len()].eq_ignore_ascii_case(name)
                && !rest[name.len() + 1].is_ascii_alphanumeric()
        };
        if begins(b"body") {
            return None;
        }
        if begins(b"meta") {
            let end = tag_end(rest)?;
            if let Some(name) = of_meta(&rest[5..end]) {
                return Some(name);
            }
            at += end - 1;
        }
    }
    None
}

/// Returns where the `>` of a tag stands.
fn tag_end(tag: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', &tag[at..])?;
        if tag[at] == b'>' {
            return Some(at);
        }
        at += 2 + memchr::memchr(tag[at], &tag[at + 1..])?;
    }
}

/// Returns the charset that the attributes of a `<meta>` name.
fn of_meta(mut attributes: &[u8]) -> Option<&[u8]> {
    let (mut is_type, mut content) = (false, None);
    loop {
        let is_blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'/';
        attributes = &attributes[attributes.iter().position(|byte| !is_blank(byte))?..];
        let is_end = |byte: &u8| is_blank(byte) || *byte == b'=';
        let len = attributes.iter().skip(1).position(is_end);
        let (name, rest) = attributes.split_at(len.map_or(attributes.len(), |len| len + 1));
        let mut value: &[u8] = b"";
        attributes = rest;
        if let Some(rest) = rest.trim_ascii_start().strip_prefix(b"=") {
            let rest = rest.trim_ascii_start();
            let quotes = usize::from(matches!(rest.first(), Some(b'"' | b'\'')));
            value = match quotes {
                1 => quoted(rest)?,
                _ => &rest[..rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len())],
            };
            attributes = &rest[value.len() + 2 * quotes..];
        }
        if name.eq_ignore_ascii_case(b"charset") {
            return Some(value);
        } else if name.eq_ignore_ascii_case(b"http-equiv") {
            is_type = value.trim_ascii().eq_ignore_ascii_case(b"content-type");
        } else if name.eq_ignore_ascii_case(b"content") {
            content = of_type(value);
        }
        if is_type && content.is_some() {
            return content;
        }
    }
}

/// Returns the name behind `charset=` in a text as `text/html; charset=gb2312`.
fn of_type(text: &[u8]) -> Option<&[u8]> {
    const KEY: &[u8] = b"charset";
    let at = text.windows(KEY.len()).position(|part| part.eq_ignore_ascii_case(KEY))?;
    let rest = text[at + KEY.len()..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte);
    let len = rest.iter().take_while(is_of_name).count();
    (len > 0).then(|| &rest[..len])
}

/// Returns what the header of a PO file names.
fn of_po(head: &[u8]) -> Option<&[u8]> {
    let lines = || head.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let is_id = |line: &[u8]| line.starts_with(b"msgid") && line.ends_with(b"\"\"");
    let mut header = lines().skip_while(|line| !is_id(line));
    header.next()?;
    // Up to the entry behind it.
    header
        .take_while(|line| !line.starts_with(b"msgid"))
        .find(|line| line.to_ascii_lowercase().starts_with(b"\"content-type:"))
        .and_then(of_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_counts_where_those_look_who_read_it() {
        for (head, charset) in [
            ("<meta charset=gb2312>", Some(Charset::GBK)),
            ("<!DOCTYPE html><html><META CharSet = 'Big5' />", Some(Charset::BIG5)),
            (
                "<meta content=\"text/html;charset=gbk\" http-equiv=Content-Type>",
                Some(Charset::GBK),
            ),
            (
                "<!-- <meta charset=gbk> --><meta name=a><meta charset=\"big5\">",
                Some(Charset::BIG5),
            ),
            ("<meta name=a content='charset=gbk'>", None),
            ("<p>写 charset=gbk 就行", None),
            ("<body><meta charset=gbk>", None),
            ("<metal charset=gbk>", None),
            ("<meta charset=gbk", None),
            ("写 <meta charset=gbk>", None),
            ("<meta charset=utf-16>", None),
            ("<meta charset=nonsense>", None),
            ("<?xml version=\"1.0\" encoding='GB18030'?><a/>", Some(Charset::GB18030)),
            ("<?xml version=\"1.0\"?><html><meta charset=gbk>", Some(Charset::GBK)),
            ("<?xml version='1.0'", None),
            (
                "# x\nmsgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=GB2312\\n\"\n",
                Some(Charset::GBK),
            ),
            ("msgid \"\"\nmsgid \"a\"\nmsgstr \"\"\n\"Content-Type: ; charset=GBK\\n\"\n", None),
            ("", None),
        ] {
            assert_eq!(super::charset(head.as_bytes()), charset, "{head}");
        }
    }
}
