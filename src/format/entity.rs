//! Character references: `&amp;`, `&#21457;`, `&#x53D1;`, and how text is written so that it is none.
//!
//! In: text that begins with `&`, or the text that is to stand in a place. Out: what the reference says and how it was written, or the
//! text with everything escaped that would be markup there. The naive way decodes all references and encodes what is
//! special: `&nbsp;` is then a blank that nobody sees, and `&#x53D1;` is not what the author wrote. Here a reference is
//! decoded for matching only; one that becomes another character is written as the same kind of reference.
//!
//! The names are those of the HTML standard, from the crate `entities`.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::LazyLock;

/// Where a text stands, which says what must be escaped in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    /// Between the tags of HTML, or of XML.
    Text = 0,
    /// In `"`.
    Double = 1,
    /// In `'`.
    Single = 2,
    /// In an attribute without quotes.
    Bare = 3,
    /// Where HTML knows no references, as in `<xmp>`.
    Raw = 4,
    /// In `<![CDATA[ ]]>`.
    Cdata = 5,
}

/// How a piece is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// As itself, or by a name; what comes in its place is written as itself.
    Plainly = 0,
    Decimal = 1,
    /// `&#x53d1;`
    HexLower = 2,
    /// `&#x53D1;`
    HexUpper = 3,
    /// `&#X53d1;`
    BigHexLower = 4,
    /// `&#X53D1;`
    BigHexUpper = 5,
}

/// Returns the style of a piece that stands there and is written so.
pub(crate) const fn style(site: Site, written: Written) -> u8 {
    (site as u8) << 3 | written as u8
}

/// What the names of references mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Those of HTML; many do without a semicolon.
    Html,
    /// The same in an attribute, where `&copy=1` is no reference.
    HtmlAttribute,
    /// Those of HTML with their semicolon, as in XHTML.
    Xhtml,
    /// The five of XML.
    Xml,
}

/// A reference that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Bytes of it.
    pub(crate) len: usize,
    pub(crate) means: Means,
    pub(crate) written: Written,
}

/// What a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    Char(char),
    Text(&'static str),
    /// No text, or one that the document defines.
    Unknown,
}

/// The names without their `&`, most with a semicolon at the end.
static NAMES: LazyLock<HashMap<&'static [u8], &'static str>> = LazyLock::new(|| {
    entities::ENTITIES.iter().map(|of| (&of.entity.as_bytes()[1..], of.characters)).collect()
});

/// The longest name that does without a semicolon.
const LONGEST_BARE: usize = 6;
/// The longest name, with its semicolon.
const LONGEST: usize = 32;

/// Returns the reference that `text`, which begins with `&`, begins with.
pub(crate) fn reference(text: &[u8], names: Names) -> Option<Reference> {
    match text.get(1)? {
        b'#' => numeric(text, names),
        byte if byte.is_ascii_alphabetic() => named(text, names),
        b'_' | b':' if names == Names::Xml => named(text, names),
        byte if *byte >= 0x80 && names == Names::Xml => named(text, names),
        _ => None,
    }
}

fn numeric(text: &[u8], names: Names) -> Option<Reference> {
    let is_hex = matches!(text.get(2), Some(b'x' | b'X'));
    let is_big = text.get(2) == Some(&b'X');
    let start = if is_hex { 3 } else { 2 };
    let is_xml = matches!(names, Names::Xml | Names::Xhtml);
    let digits = text[start..].iter();
    let count = digits
        .take_while(|byte| if is_hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() })
        .count();
    let has_end = text.get(start + count) == Some(&b';');
    if count == 0 || is_xml && (!has_end || is_big) {
        return None;
    }
    let (mut value, mut is_upper, mut is_lower) = (0_u32, false, false);
    for &byte in &text[start..start + count] {
        let digit = char::from(byte).to_digit(16).unwrap_or(0);
        value = value.saturating_mul(if is_hex { 16 } else { 10 }).saturating_add(digit);
        is_upper |= byte.is_ascii_uppercase();
        is_lower |= byte.is_ascii_lowercase();
    }
    let written = match (is_hex, is_big) {
        (false, _) => Written::Decimal,
        (true, false) if is_upper => Written::HexUpper,
        (true, false) => Written::HexLower,
        (true, true) if is_lower => Written::BigHexLower,
        (true, true) => Written::BigHexUpper,
    };
    let c = if is_xml { xml_char(value) } else { html_char(value) };
    let means = c.map_or(Means::Unknown, Means::Char);
    Some(Reference { len: start + count + usize::from(has_end), means, written })
}

fn xml_char(value: u32) -> Option<char> {
    char::from_u32(value).filter(|&c| c >= ' ' || matches!(c, '\t' | '\n' | '\r'))
}

/// Returns the character that a number stands for, as browsers have it; `None` for what becomes U+FFFD.
fn html_char(value: u32) -> Option<char> {
    /// What 0x80 and what comes behind it say in windows-1252.
    const WINDOWS: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    match value {
        0 => None,
        0x80..=0x9F => WINDOWS.get(value as usize - 0x80).copied(),
        _ => char::from_u32(value),
    }
}

fn named(text: &[u8], names: Names) -> Option<Reference> {
    if names == Names::Xml {
        return named_in_xml(text);
    }
    let rest = &text[1..text.len().min(1 + LONGEST)];
    let count = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let found = |name: &[u8]| {
        let means = Means::Text(NAMES.get(name)?);
        Some(Reference { len: 1 + name.len(), means, written: Written::Plainly })
    };
    if rest.get(count) == Some(&b';')
        && let Some(reference) = found(&rest[..=count])
    {
        return Some(reference);
    }
    if names == Names::Xhtml {
        // One that the document defines, perhaps.
        return named_in_xml(text);
    }
    let most = count.min(LONGEST_BARE);
    let reference = (2..=most).rev().find_map(|len| found(&rest[..len]))?;
    let next = text.get(reference.len);
    let is_none = names == Names::HtmlAttribute
        && next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'=');
    (!is_none).then_some(reference)
}

fn named_in_xml(text: &[u8]) -> Option<Reference> {
    // A name has no end; one that is longer than this is no reference that anybody wrote.
    let rest = &text[1..text.len().min(1 + 256)];
    let is_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"_:-.".contains(byte) || *byte >= 0x80;
    let count = rest.iter().take_while(|byte| is_name(byte)).count();
    if rest.get(count) != Some(&b';') {
        return None;
    }
    let means = match &rest[..count] {
        b"amp" => Means::Text("&"),
        b"lt" => Means::Text("<"),
        b"gt" => Means::Text(">"),
        b"quot" => Means::Text("\""),
        b"apos" => Means::Text("'"),
        _ => Means::Unknown,
    };
    Some(Reference { len: count + 2, means, written: Written::Plainly })
}

/// Returns whether a character is a wide form of an ASCII one.
pub(crate) fn is_fullwidth(c: char) -> bool {
    ('\u{FF01}'..='\u{FF5E}').contains(&c)
}

/// Returns how much of `text` behind a lone `&` or `<` has to stay with it: up to a fullwidth sign, which would make markup of both
/// if it became an ASCII one.
pub(crate) fn bound(text: &[u8]) -> Option<usize> {
    let is_signs = |byte: &&u8| byte.is_ascii_alphanumeric() || b"#/!?".contains(byte);
    let count = text[1..].iter().take(LONGEST).take_while(is_signs).count();
    match text.get(1 + count..4 + count) {
        // U+FF01 to U+FF5E.
        Some([0xEF, 0xBC, 0x81..=0xBF] | [0xEF, 0xBD, 0x80..=0x9E]) => Some(4 + count),
        _ => None,
    }
}

/// Appends `text` as it is written in a piece of a style; returns `false` if it cannot be.
pub(crate) fn escape(style: u8, text: &str, output: &mut String) -> bool {
    let written = style & 7;
    if written != Written::Plainly as u8 {
        for c in text.chars() {
            let value = u32::from(c);
            // To write to a string does not fail.
            let _ = match written {
                1 => write!(output, "&#{value};"),
                2 => write!(output, "&#x{value:x};"),
                3 => write!(output, "&#x{value:X};"),
                4 => write!(output, "&#X{value:x};"),
                _ => write!(output, "&#X{value:X};"),
            };
        }
        return true;
    }
    let site = style >> 3;
    let cannot = match site {
        3 => {
            text.is_empty()
                || text.contains(['"', '\'', '`', '=', '<', '>', ' ', '\t', '\n', '\r', '\u{C}'])
        }
        4 => text.contains('<'),
        5 => text.contains([']', '>']),
        _ => false,
    };
    if cannot {
        return false;
    }
    if site >= Site::Raw as u8 {
        output.push_str(text);
        return true;
    }
    for c in text.chars() {
        match c {
            '&' => output.push_str("&amp;"),
            '<' => output.push_str("&lt;"),
            // `]]>` may not arise.
            '>' if site == Site::Text as u8 => output.push_str("&gt;"),
            '"' if site == Site::Double as u8 => output.push_str("&quot;"),
            '\'' if site == Site::Single as u8 => output.push_str("&#39;"),
            _ => output.push(c),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, names: Names) -> Option<(usize, String)> {
        let reference = reference(text.as_bytes(), names)?;
        let means = match reference.means {
            Means::Char(c) => c.to_string(),
            Means::Text(text) => text.to_owned(),
            Means::Unknown => "?".to_owned(),
        };
        Some((reference.len, means))
    }

    #[test]
    fn references_are_read_as_browsers_read_them() {
        for (text, expected) in [
            ("&amp;lt;", Some((5, "&"))),
            ("&ampx", Some((4, "&"))),
            ("&notit;", Some((4, "¬"))),
            ("&notin;", Some((7, "∉"))),
            ("&NotEqualTilde;", Some((15, "≂̸"))),
            ("&CounterClockwiseContourIntegral;", Some((33, "∳"))),
            ("&hai;", None),
            ("&", None),
            ("& ", None),
            ("&#;", None),
            ("&#x;", None),
            ("&#21457;", Some((8, "发"))),
            ("&#21457发", Some((7, "发"))),
            ("&#x53d1;", Some((8, "发"))),
            ("&#X0053D1;", Some((10, "发"))),
            ("&#128;", Some((6, "€"))),
            ("&#0;", Some((4, "?"))),
            ("&#xD800;", Some((8, "?"))),
            ("&#99999999999999999999;", Some((23, "?"))),
        ] {
            let expected = expected.map(|(len, means)| (len, means.to_owned()));
            assert_eq!(read(text, Names::Html), expected, "{text}");
        }
        assert_eq!(read("&copy=1", Names::HtmlAttribute), None);
        assert_eq!(read("&copy1", Names::HtmlAttribute), None);
        assert_eq!(read("&copy", Names::HtmlAttribute), Some((5, "©".to_owned())));
        assert_eq!(read("&copy", Names::Xhtml), None);
        assert_eq!(read("&copy;", Names::Xhtml), Some((6, "©".to_owned())));
        assert_eq!(read("&copy;", Names::Xml), Some((6, "?".to_owned())));
        assert_eq!(read("&发;", Names::Xml), Some((5, "?".to_owned())));
        assert_eq!(read("&#128;", Names::Xml), Some((6, "\u{80}".to_owned())));
        assert_eq!(read("&#1;", Names::Xml), Some((4, "?".to_owned())));
        assert_eq!(read("&#x53d1", Names::Xml), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for written in ["&#21457;", "&#x53d1;", "&#x53D1;", "&#X53d1;", "&#X53D1;"] {
            let found = reference(written.as_bytes(), Names::Html).unwrap();
            let mut output = String::new();
            assert!(escape(style(Site::Double, found.written), "发", &mut output));
            assert_eq!(output, written);
        }
        let text = "<a href=\"x\">'&amp;'</a>";
        for (site, expected) in [
            (Site::Text, Some("&lt;a href=\"x\"&gt;'&amp;amp;'&lt;/a&gt;")),
            (Site::Double, Some("&lt;a href=&quot;x&quot;>'&amp;amp;'&lt;/a>")),
            (Site::Single, Some("&lt;a href=\"x\">&#39;&amp;amp;&#39;&lt;/a>")),
            (Site::Bare, None),
            (Site::Raw, None),
            (Site::Cdata, None),
        ] {
            let mut output = String::new();
            let can = escape(style(site, Written::Plainly), text, &mut output);
            assert_eq!(can.then_some(&*output), expected, "{site:?}");
        }
    }

    #[test]
    fn every_name_is_known() {
        assert_eq!(NAMES.len(), 2231);
        for of in &entities::ENTITIES {
            let (text, len) = (format!("{} ", of.entity), of.entity.len());
            let expected = Some((len, of.characters.to_owned()));
            assert_eq!(read(&text, Names::Html), expected, "{text}");
            assert!(len <= 1 + if text.ends_with("; ") { LONGEST } else { LONGEST_BARE });
        }
    }
}
