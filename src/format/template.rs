//! Tags of templates in the text of a document: `{{ … }}` and `{% … %}`, as Hugo, Jekyll, Jinja, Vue and many others have them.
//!
//! In: text. Out: where the tags in it stand. The naive way takes all between two signs that look like the ends of one: an author who
//! writes about `{{` then keeps half of a page. Here a tag begins at the last such sign before its end, and has no blank line in it.

use std::ops::Range;

use memchr::memmem;

/// Returns whether a text may hold a tag.
pub(super) fn may_hold(text: &str) -> bool {
    memmem::find(text.as_bytes(), b"{{").is_some() || memmem::find(text.as_bytes(), b"{%").is_some()
}

/// Returns where the tags in a text stand.
pub(super) fn tags(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let (mut tags, mut at) = (Vec::new(), 0);
    // Where the last sign stands that may begin a tag, for either kind.
    let mut open: [Option<usize>; 2] = [None; 2];
    while let Some(found) = memchr::memchr2(b'{', b'}', &bytes[at..]) {
        let sign = at + found;
        at = sign + 1;
        let kind = match (bytes[sign], bytes.get(sign + 1)) {
            (b'{', Some(b'{')) => {
                // Of three the first counts.
                let end = bytes[sign..].iter().position(|&byte| byte != b'{');
                at = sign + end.unwrap_or(bytes.len() - sign);
                open = [Some(sign), None];
                continue;
            }
            (b'{', Some(b'%')) => {
                at += 1;
                open = [None, Some(sign)];
                continue;
            }
            (b'}', Some(b'}')) => 0,
            (b'}', _) if sign > 0 && bytes[sign - 1] == b'%' => 1,
            _ => continue,
        };
        let Some(start) = open[kind].take() else { continue };
        let len = bytes[sign..].iter().take_while(|&&byte| byte == b'}').count();
        let end = sign + if kind == 0 { len.min(3) } else { 1 };
        let inner = &text[start..end];
        if end - start > 4 && !has_blank_line(inner) {
            tags.push(start..end);
            at = end;
            open = [None; 2];
        }
    }
    tags
}

fn has_blank_line(text: &str) -> bool {
    let mut lines = text.split('\n').skip(1);
    lines.any(|line| line.trim_ascii().is_empty())
}

/// Returns the name in a tag, as `figure` in `{{< figure src="x" >}}`, and whether the tag ends what it names.
pub(super) fn name(tag: &str) -> (&str, bool) {
    let inner = tag.trim_start_matches(['{', '%', '<', '-', '~', '+', ' ', '\t', '\n']);
    let (inner, is_end) = match inner.strip_prefix('/') {
        Some(inner) => (inner.trim_start(), true),
        None => (inner, false),
    };
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = &inner[..inner.find(|c| !is_of_name(c)).unwrap_or(inner.len())];
    match name.strip_prefix("end").filter(|rest| !rest.is_empty()) {
        Some(name) => (name, true),
        None => (name, is_end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_where_they_are_closed() {
        for (text, expected) in [
            ("a {{ b }} c", &["{{ b }}"][..]),
            ("{{< figure src=\"发.png\" >}}{% x %}", &["{{< figure src=\"发.png\" >}}", "{% x %}"]),
            ("{{{ a }}} {{a}}}}", &["{{{ a }}}", "{{a}}}"]),
            ("写 {{ 就行，如 {{ a }}", &["{{ a }}"]),
            ("{{ a %} {% b }} }}", &[]),
            ("{{ a\nb }} {{ a\n\nb }}", &["{{ a\nb }}"]),
            ("{{}} {{ }} }} {%}", &["{{ }}"]),
            ("{{", &[]),
            ("{%", &[]),
        ] {
            let found: Vec<_> = tags(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(name("{%- endhighlight -%}"), ("highlight", true));
        assert_eq!(name("{{< /highlight >}}"), ("highlight", true));
        assert_eq!(name("{{% note \"a\" %}}"), ("note", false));
    }
}
