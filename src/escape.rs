//! Untrusted text → text that is safe to print.
//!
//! File names, documents, configs and arguments are written by strangers. Printed as they are, a
//! control character moves the cursor or clears the screen, a line end forges a message, and a
//! bidirectional control shows `exe.txt` for `\u{202e}txt.exe`. So whatever quotes such text in a
//! message goes through [`printable`], and a file name through [`shown`], which escapes what cannot
//! be seen as well and quotes the name if it had to. Text that is a result (a converted document,
//! the lines of a diff for `patch`, a name after which NUL is printed) is not a message and stays
//! raw.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::path::Path;

/// Returns whether a terminal or a viewer acts on a character instead of showing it: control
/// characters, line and paragraph separators, and the marks, embeddings, overrides and isolates
/// that change the direction of text.
pub(crate) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Returns whether a character, not an active one, leaves nothing to see: zero-width characters,
/// byte order marks, fillers, tags.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{034F}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200D}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206A}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// Returns whether a character is escaped in a name.
pub(crate) fn is_hidden(c: char) -> bool {
    is_active(c) || is_invisible(c)
}

/// Returns text for a message: control and bidirectional characters, line ends and tabs too, are
/// escaped as in a Rust string (`\n`, `\u{1b}`), so that a message stays on its line and says what
/// it seems to say.
///
/// A backslash stays as it is; the result is to be read, not to be parsed.
///
/// ```
/// assert_eq!(jianfan::printable("头发"), "头发");
/// assert_eq!(jianfan::printable("a\u{1b}[2J\u{202e}b"), r"a\u{1b}[2J\u{202e}b");
/// ```
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    Printable(&mut escaped).write_str(text).expect("writing to a String cannot fail");
    Cow::Owned(escaped)
}

/// Passes text on as [`printable`] returns it.
pub(crate) struct Printable<W>(pub(crate) W);

impl<W: Write> Write for Printable<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(is_active) {
            self.0.write_str(&rest[..at])?;
            let mut chars = rest[at..].chars();
            for escaped in chars.next().into_iter().flat_map(char::escape_default) {
                self.0.write_char(escaped)?;
            }
            rest = chars.as_str();
        }
        self.0.write_str(rest)
    }
}

/// Returns a path as messages show it: as it is, or, if something in it is invisible, acts on a
/// terminal or is not UTF-8, quoted with escapes, so that a message stays on its line and no two
/// names look the same.
///
/// ```
/// assert_eq!(jianfan::shown("a b".as_ref()), "a b");
/// assert_eq!(jianfan::shown("a\nb".as_ref()), r#""a\nb""#);
/// assert_eq!(jianfan::shown("\u{202e}txt.exe".as_ref()), r#""\u{202e}txt.exe""#);
/// ```
pub fn shown(path: &Path) -> String {
    match path.to_str() {
        // One that begins as a quoted name does would look like another.
        Some(name) if !name.contains(is_hidden) && !name.starts_with('"') => name.to_owned(),
        _ => {
            let mut quoted = String::from('"');
            for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
                for c in chunk.valid().chars() {
                    match c {
                        '"' | '\\' => quoted.extend(['\\', c]),
                        c if is_hidden(c) => quoted.extend(c.escape_default()),
                        c => quoted.push(c),
                    }
                }
                for byte in chunk.invalid() {
                    write!(quoted, "\\x{byte:02X}").expect("writing to a String cannot fail");
                }
            }
            quoted.push('"');
            quoted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_kept_or_escaped_and_none_is_lost() {
        for c in '\0'..=char::MAX {
            let text = format!("头{c}a");
            let told = printable(&text);
            let expected =
                if is_active(c) { format!("头{}a", c.escape_default()) } else { text.clone() };
            assert_eq!(told, expected);
            let name = shown(text.as_ref());
            assert!(!name.contains(is_hidden), "{name:?}");
            assert!(name == text || name.starts_with('"'), "{name:?}");
        }
    }

    #[test]
    fn what_acts_on_a_terminal_is_known() {
        let bidi = ["\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}", "\u{2066}\u{2067}\u{2068}\u{2069}"];
        let others =
            ["\u{200E}\u{200F}\u{061C}\u{2028}\u{2029}", "\0\t\n\r\u{1B}\u{7F}\u{85}\u{9B}"];
        assert!(bidi.concat().chars().chain(others.concat().chars()).all(is_active));
        assert!(!"a 中\u{3000}é\u{FE0F}\u{E000}🧑".contains(is_active));
    }

    #[test]
    fn no_two_names_look_the_same() {
        let names = ["a\nb", r"a\nb", r#""a\nb""#, "a\u{200B}b", "ab", r#"a"b"#, "a\u{FEFF}b"];
        let shown: std::collections::BTreeSet<String> =
            names.iter().map(|name| shown(name.as_ref())).collect();
        assert_eq!(shown.len(), names.len(), "{shown:?}");
    }
}
