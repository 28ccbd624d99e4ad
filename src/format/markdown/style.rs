//! What may become of the pieces of a Markdown document.
//!
//! In: a piece's style, and what is put into it. Out: that with escapes, or a refusal. The naive way escapes all marks, and then
//! `3.5` is `3\.5`; ours knows where a mark means something.

use super::front_matter;
use crate::format::entity;

/// Text of which any may become any.
pub(super) const TEXT: u8 = 0;
/// At the beginning of a line, up to the first letter: nothing may come up that begins a block.
pub(super) const HEAD: u8 = 1;
/// The first letter of a line.
pub(super) const FIRST: u8 = 9;
/// The same with nothing before it: a blank may be put in too.
pub(super) const FIRST_ALONE: u8 = 13;
/// Blanks at the beginning of a line.
pub(super) const BLANKS: u8 = 2;
/// Beside a delimiter: a blank, a mark, or another.
pub(super) const EDGE_BLANK: u8 = 3;
pub(super) const EDGE_MARK: u8 = 4;
pub(super) const EDGE_OTHER: u8 = 5;
/// The same outside of an emphasis: a blank may be put in too.
pub(super) const OUTER_BLANK: u8 = 10;
pub(super) const OUTER_MARK: u8 = 11;
pub(super) const OUTER_OTHER: u8 = 12;
/// What stays as it is.
pub(super) const FIXED: u8 = 6;
/// Before a bracket, where `!` makes a picture, and behind one, where `(` makes a link.
pub(super) const BRACKET: u8 = 7;
/// A title in quotes.
pub(super) const TITLE: u8 = 8;
/// From here on, those of front matter.
pub(super) const FRONT_MATTER: u8 = 16;
/// The bit of those of HTML; the others are the style there.
pub(super) const HTML: u8 = 128;
/// With it, the first letter of a line.
pub(super) const HTML_HEAD: u8 = HTML | 64;

/// Appends what stands for a text in a piece of a style; returns `false` if that cannot be written.
pub(super) fn escape(style: u8, text: &str, output: &mut String) -> bool {
    if style & HTML != 0 {
        return escape_html(style, text, output);
    }
    if style >= FRONT_MATTER {
        return front_matter::escape(style, text, output);
    }
    let can = match style {
        FIXED => false,
        HEAD => !text.is_empty() && !text.contains(char::is_whitespace),
        FIRST_ALONE if text == " " => true,
        FIRST | FIRST_ALONE => !text.is_empty() && !text.starts_with(char::is_whitespace),
        BLANKS => !text.contains([' ', '\t']),
        EDGE_BLANK | EDGE_MARK | EDGE_OTHER => {
            let is_alike = |c: Option<char>| c.is_some_and(|c| edge(c) == style);
            is_alike(text.chars().next()) && is_alike(text.chars().next_back())
        }
        OUTER_BLANK | OUTER_MARK | OUTER_OTHER => {
            // Beside a blank, what begins or ends an emphasis does so all the more.
            if text == " " {
                output.push(' ');
                return true;
            }
            return escape(inner(style), text, output);
        }
        _ => true,
    };
    if !can || text.contains(['\n', '\r']) {
        return false;
    }
    for c in text.chars() {
        // A backslash does not keep these from ending a piece of code or an address.
        let reference = match c {
            '`' => "&#96;",
            '>' => "&gt;",
            '$' => "&#36;",
            _ => "",
        };
        if !reference.is_empty() {
            output.push_str(reference);
            continue;
        }
        let is_special = match style {
            TITLE => "\"'()\\&|<".contains(c),
            HEAD | FIRST | FIRST_ALONE => c.is_ascii_punctuation() && !"\"'".contains(c),
            BRACKET => "!(:".contains(c) || is_special(c),
            _ => is_special(c),
        };
        if is_special {
            output.push('\\');
        }
        output.push(c);
    }
    true
}

/// Appends what stands for a text in HTML: what would end its block, its cell or its paragraph may not come up. A blank by itself is put in
/// beside the first letter of a line.
fn escape_html(style: u8, text: &str, output: &mut String) -> bool {
    let is_head = style & HTML_HEAD == HTML_HEAD;
    let is_lost =
        |first: char| first.is_whitespace() || first.is_ascii() && !first.is_ascii_alphabetic();
    if is_head && text != " " && text.chars().next().is_none_or(is_lost)
        || text.contains(['\n', '\r', '|', '`', '$'])
    {
        return false;
    }
    entity::escape(style & !HTML_HEAD, text, output)
}

/// Returns whether something of a piece has to remain.
pub(super) fn stays(style: u8) -> bool {
    matches!(inner(style), EDGE_BLANK | EDGE_MARK | EDGE_OTHER | FIXED)
}

/// Returns the style of what stands beside a delimiter on the inner side of an emphasis, for one on the outer side.
pub(super) fn inner(style: u8) -> u8 {
    if (OUTER_BLANK..=OUTER_OTHER).contains(&style) {
        style - OUTER_BLANK + EDGE_BLANK
    } else {
        style
    }
}

/// Returns the style of a piece beside a delimiter that turned out to stand outside of an emphasis.
pub(super) fn outer(style: u8) -> u8 {
    if (EDGE_BLANK..=EDGE_OTHER).contains(&style) {
        style - EDGE_BLANK + OUTER_BLANK
    } else {
        style
    }
}

/// Returns whether a character means something within a line.
fn is_special(c: char) -> bool {
    "\\*_{}[]<#|~&^".contains(c)
}

/// Returns what a character is to a delimiter beside it.
pub(super) fn edge(c: char) -> u8 {
    if c.is_whitespace() {
        EDGE_BLANK
    } else if c.is_alphanumeric() {
        EDGE_OTHER
    } else {
        EDGE_MARK
    }
}
