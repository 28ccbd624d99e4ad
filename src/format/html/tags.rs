//! What HTML says of its elements: which end a paragraph, which hold no text, and the like.
//!
//! In: the name in a tag. Out: a number for it and its traits. The naive way compares the name with one list after the other, in small
//! letters, at each tag. Here a name is packed into one number, small letters and all, and looked up once.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What is said of an element, as bits.
pub(super) type Traits = u32;

/// Has no end tag and no content.
pub(super) const VOID: Traits = 1;
/// What stands around it is another run.
pub(super) const BLOCK: Traits = 1 << 1;
/// The standard's category "special".
pub(super) const SPECIAL: Traits = 1 << 2;
/// An end tag does not reach out of it.
pub(super) const SCOPE: Traits = 1 << 3;
/// The end tag of a row or a cell does not reach out of it.
pub(super) const TABLE: Traits = 1 << 4;
/// Its text stands beside that around it.
pub(super) const ASIDE: Traits = 1 << 5;
/// Stands in a sentence as something that is no text.
pub(super) const OBJECT: Traits = 1 << 6;
/// Program text.
pub(super) const CODE: Traits = 1 << 7;
/// Its content is no markup, and no text that anybody reads.
pub(super) const RAW: Traits = 1 << 8;
/// Its content is text with references, and no tags.
pub(super) const RCDATA: Traits = 1 << 9;
/// Ends a paragraph that is open.
pub(super) const CLOSES_P: Traits = 1 << 10;
/// Its text is for those who do not see what it stands for, or for nobody.
pub(super) const HIDDEN: Traits = 1 << 11;
/// A part of a table: its end tag goes through everything up to the table.
pub(super) const PART: Traits = 1 << 12;
/// Ends svg or math where it comes.
pub(super) const BREAKS_OUT: Traits = 1 << 13;
/// A start tag of a list's item looks no farther.
pub(super) const WALL: Traits = 1 << 14;

/// A number for each name; those that the standard does not know come behind these.
pub(super) type Name = u32;

macro_rules! tags {
    ($($name:ident $text:literal $traits:expr;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "only for its numbers")]
        enum Number { $($name,)* COUNT }
        $(#[allow(dead_code, reason = "not every name is asked for")]
        pub(super) const $name: Name = Number::$name as Name;)*
        /// How many names the standard knows.
        pub(super) const KNOWN: Name = Number::COUNT as Name;
        const TAGS: [(&str, Traits); KNOWN as usize] = [$(($text, $traits),)*];
    };
}

/// A block that is special, ends paragraphs and stops the search for an item.
const DIV: Traits = BLOCK | SPECIAL | CLOSES_P | WALL;
/// The same that does not end a paragraph.
const DIV2: Traits = BLOCK | SPECIAL | WALL;

tags! {
    A "a" 0; ABBR "abbr" 0; ADDRESS "address" BLOCK | SPECIAL | CLOSES_P;
    APPLET "applet" SPECIAL | SCOPE | OBJECT | ASIDE | WALL; AREA "area" VOID | SPECIAL;
    ARTICLE "article" DIV; ASIDE_ "aside" DIV; AUDIO "audio" OBJECT | ASIDE; B "b" BREAKS_OUT;
    BASE "base" VOID | SPECIAL; BASEFONT "basefont" VOID | SPECIAL; BGSOUND "bgsound" VOID | SPECIAL;
    BIG "big" BREAKS_OUT; BLOCKQUOTE "blockquote" DIV | BREAKS_OUT; BODY "body" DIV2 | BREAKS_OUT;
    BR "br" VOID | BLOCK | SPECIAL | BREAKS_OUT; BUTTON "button" SPECIAL | SCOPE | OBJECT | ASIDE | WALL;
    CANVAS "canvas" OBJECT | ASIDE; CAPTION "caption" DIV2 | SCOPE | PART;
    CENTER "center" DIV | BREAKS_OUT; CODE_ "code" CODE | BREAKS_OUT;
    COL "col" VOID | BLOCK | SPECIAL; COLGROUP "colgroup" DIV2 | PART;
    DATALIST "datalist" ASIDE; DD "dd" BLOCK | SPECIAL | CLOSES_P | BREAKS_OUT;
    DETAILS "details" DIV; DIALOG "dialog" DIV; DIR "dir" DIV; DIV_ "div" BLOCK | SPECIAL | CLOSES_P | BREAKS_OUT;
    DL "dl" DIV | BREAKS_OUT; DT "dt" BLOCK | SPECIAL | CLOSES_P | BREAKS_OUT; EM "em" BREAKS_OUT;
    EMBED "embed" VOID | SPECIAL | OBJECT | BREAKS_OUT; FIELDSET "fieldset" DIV;
    FIGCAPTION "figcaption" DIV; FIGURE "figure" DIV; FONT "font" 0; FOOTER "footer" DIV;
    FORM "form" DIV; FRAME "frame" VOID | BLOCK | SPECIAL; FRAMESET "frameset" DIV2;
    H1 "h1" DIV | BREAKS_OUT; H2 "h2" DIV | BREAKS_OUT; H3 "h3" DIV | BREAKS_OUT;
    H4 "h4" DIV | BREAKS_OUT; H5 "h5" DIV | BREAKS_OUT; H6 "h6" DIV | BREAKS_OUT;
    HEAD "head" DIV2 | BREAKS_OUT; HEADER "header" DIV; HGROUP "hgroup" DIV;
    HR "hr" VOID | BLOCK | SPECIAL | CLOSES_P | BREAKS_OUT; HTML "html" DIV2 | SCOPE | TABLE;
    I "i" BREAKS_OUT; IFRAME "iframe" RAW | SPECIAL | OBJECT; IMAGE "image" VOID | OBJECT;
    IMG "img" VOID | SPECIAL | OBJECT | BREAKS_OUT; INPUT "input" VOID | SPECIAL | OBJECT;
    KBD "kbd" CODE; KEYGEN "keygen" VOID | SPECIAL | OBJECT; LEGEND "legend" BLOCK;
    LI "li" BLOCK | SPECIAL | CLOSES_P | BREAKS_OUT; LINK "link" VOID | SPECIAL;
    LISTING "listing" DIV | CODE | BREAKS_OUT; MAIN "main" DIV; MARQUEE "marquee" DIV2 | SCOPE;
    MATH "math" OBJECT | ASIDE | HIDDEN; MENU "menu" DIV | BREAKS_OUT; META "meta" VOID | SPECIAL | BREAKS_OUT;
    METER "meter" OBJECT | ASIDE; NAV "nav" DIV; NOBR "nobr" BREAKS_OUT; NOEMBED "noembed" RAW | SPECIAL;
    NOFRAMES "noframes" RAW | SPECIAL; NOSCRIPT "noscript" SPECIAL | WALL; OBJECT_ "object" SPECIAL | SCOPE | OBJECT | ASIDE | WALL;
    OL "ol" DIV | BREAKS_OUT; OPTGROUP "optgroup" BLOCK; OPTION "option" BLOCK;
    P "p" BLOCK | SPECIAL | CLOSES_P | BREAKS_OUT; PARAM "param" VOID | SPECIAL;
    PLAINTEXT "plaintext" DIV | CODE; PRE "pre" DIV | CODE | BREAKS_OUT;
    PROGRESS "progress" OBJECT | ASIDE; RB "rb" 0; RP "rp" HIDDEN; RT "rt" ASIDE; RTC "rtc" ASIDE; RUBY "ruby" BREAKS_OUT;
    S "s" BREAKS_OUT; SAMP "samp" CODE; SCRIPT "script" RAW | SPECIAL; SEARCH "search" DIV; SECTION "section" DIV;
    SELECT "select" SPECIAL | OBJECT | ASIDE | WALL; SMALL "small" BREAKS_OUT; SOURCE "source" VOID | SPECIAL;
    SPAN "span" BREAKS_OUT; STRIKE "strike" BREAKS_OUT; STRONG "strong" BREAKS_OUT; STYLE "style" RAW | SPECIAL;
    SUB "sub" BREAKS_OUT; SUMMARY "summary" DIV; SUP "sup" BREAKS_OUT; SVG "svg" OBJECT | ASIDE | HIDDEN;
    TABLE_ "table" DIV | SCOPE | TABLE | BREAKS_OUT; TBODY "tbody" DIV2 | PART;
    TD "td" DIV2 | SCOPE | PART; TEMPLATE "template" SPECIAL | SCOPE | TABLE | ASIDE | WALL;
    TEXTAREA "textarea" SPECIAL | RCDATA | OBJECT | ASIDE; TFOOT "tfoot" DIV2 | PART;
    TH "th" DIV2 | SCOPE | PART; THEAD "thead" DIV2 | PART; TITLE "title" BLOCK | SPECIAL | RCDATA;
    TR "tr" DIV2 | PART; TRACK "track" VOID | SPECIAL; TT "tt" CODE | BREAKS_OUT; U "u" BREAKS_OUT;
    UL "ul" DIV | BREAKS_OUT; VAR "var" CODE | BREAKS_OUT; VIDEO "video" OBJECT | ASIDE; WBR "wbr" VOID | SPECIAL;
    XMP "xmp" DIV | CODE | RAW;
}

/// A name in small letters as a number; zero if it is too long for any that the standard knows.
fn pack(name: &[u8]) -> u128 {
    if name.len() > 16 {
        return 0;
    }
    name.iter().fold(0, |packed, byte| packed << 8 | u128::from(byte.to_ascii_lowercase()))
}

static PACKED: LazyLock<Vec<(u128, Name)>> = LazyLock::new(|| {
    let names = TAGS.iter().map(|(name, _)| pack(name.as_bytes()));
    let mut packed: Vec<_> = names.zip(0..).collect();
    packed.sort_unstable();
    packed
});

/// Returns what is said of an element.
pub(super) fn traits(name: Name) -> Traits {
    TAGS.get(name as usize).map_or(0, |&(_, traits)| traits)
}

/// The names of a document: those that the standard knows, and others as they come.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    others: HashMap<Vec<u8>, Name>,
    small: Vec<u8>,
}

impl Numbers {
    /// Returns the number of a name.
    pub(super) fn number(&mut self, name: &[u8]) -> Name {
        let packed = pack(name);
        if packed != 0
            && let Ok(found) = PACKED.binary_search_by_key(&packed, |&(packed, _)| packed)
        {
            return PACKED[found].1;
        }
        self.small.clear();
        self.small.extend(name.iter().map(u8::to_ascii_lowercase));
        if let Some(&number) = self.others.get(&self.small) {
            return number;
        }
        let number = KNOWN + Name::try_from(self.others.len()).unwrap_or(0);
        self.others.insert(self.small.clone(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_number_each() {
        let mut names = Numbers::default();
        assert_eq!(names.number(b"BlockQuote"), BLOCKQUOTE);
        assert_eq!(names.number(b"p"), P);
        let (first, second) = (names.number(b"my-Tag"), names.number(b"a-name-longer-than-any"));
        assert!(first >= KNOWN && second > first);
        assert_eq!(names.number(b"MY-tag"), first);
        assert_eq!((traits(first), traits(BR) & VOID), (0, VOID));
    }
}
