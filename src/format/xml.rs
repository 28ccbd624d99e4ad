//! XML of any kind.
//!
//! In: a document. Out: a run for each text that belongs together. The naive way takes each text between two tags for itself; `<p>头<b>发</b></p>`
//! then holds no word. Nobody can know of an unknown vocabulary which elements stand in a sentence, but the document
//! shows it: an element that has text beside it does. So the tags are read twice, the first time only to see where text
//! stands beside elements. No entity is expanded that the document defines, so that none can explode.
//!
//! Comments, processing instructions, declarations and attributes are no prose; nor are `script` and `style`, as in SVG.

use std::ops::Range;
use std::str::FromStr;

use super::entity::{self, Names, Site};
use super::html::tell;
use super::{Format, Malformed, Memory, Options, Runs, lang};
use crate::error::Error;

/// XML documents.
#[derive(Debug)]
pub(crate) struct Xml {
    elements: Vec<Elements>,
    lang: Option<String>,
}

/// Which elements a user means: the last steps of the way to them, from the root if it begins with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Elements {
    steps: Vec<String>,
    is_from_root: bool,
}

impl FromStr for Elements {
    type Err = Error;

    fn from_str(text: &str) -> Result<Elements, Error> {
        let is_from_root = text.starts_with('/') && !text.starts_with("//");
        let way = text.strip_prefix("//").or_else(|| text.strip_prefix('/')).unwrap_or(text);
        let is_name = |step: &str| {
            !step.is_empty()
                && !step.contains(|c: char| c.is_whitespace() || "[]()@<>&='\"|".contains(c))
        };
        if !way.split('/').all(is_name) {
            return Err(Error::usage(format!(
                "bad element '{}'; as in title, atom:summary or item/title",
                text.escape_debug()
            )));
        }
        Ok(Elements { steps: way.split('/').map(str::to_owned).collect(), is_from_root })
    }
}

impl Xml {
    /// Returns the format.
    ///
    /// # Errors
    ///
    /// If an element is not well named.
    pub(crate) fn new(options: &Options) -> Result<Xml, Error> {
        let elements = options.elements.iter().map(|text| text.parse());
        Ok(Xml { elements: elements.collect::<Result<_, _>>()?, lang: options.lang.clone() })
    }
}

impl Format for Xml {
    fn name(&self) -> &str {
        "xml"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mixed = mixed(text)?;
        let mut scanner = Scanner {
            text,
            format: self,
            mixed: &mixed,
            levels: Vec::new(),
            next: 0,
            was_renamed: false,
            runs,
        };
        let mut at = 0;
        while let Some(token) = token(text, &mut at)? {
            scanner.token(token);
        }
        runs.end();
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        entity::escape(style, text, output)
    }
}

/// A part of a document.
enum Token {
    Text(Range<usize>),
    /// What stands in `<![CDATA[ ]]>`.
    Cdata(Range<usize>),
    /// The range of the tag, and where its name ends.
    Start {
        tag: Range<usize>,
        name_end: usize,
        is_empty: bool,
    },
    End {
        tag: Range<usize>,
    },
    /// `<?xml … ?>` or another instruction.
    Instruction(Range<usize>),
    /// A comment, a declaration.
    Comment(Range<usize>),
    Other,
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns whether markup begins at `<`, to which `rest` begins.
fn is_markup(rest: &[u8]) -> bool {
    // A fullwidth sign is no letter; what an author wrote as `<＝` is text.
    let is_head = |byte: u8| {
        byte.is_ascii_alphabetic()
            || matches!(byte, b'_' | b':')
            || byte >= 0x80 && entity::bound(rest).is_none()
    };
    match rest.get(1) {
        Some(b'!' | b'?') => true,
        Some(b'/') => rest.get(2).is_some_and(|&byte| is_head(byte)),
        Some(&byte) => is_head(byte),
        None => false,
    }
}

/// Returns the next part of a document.
fn token(text: &str, at: &mut usize) -> Result<Option<Token>, Malformed> {
    let bytes = text.as_bytes();
    let head = *at;
    if head == bytes.len() {
        return Ok(None);
    }
    let mut from = head;
    let end = loop {
        match memchr::memchr(b'<', &bytes[from..]) {
            Some(found) if is_markup(&bytes[from + found..]) => break from + found,
            Some(found) => from += found + 1,
            None => break bytes.len(),
        }
    };
    if end > head {
        *at = end;
        return Ok(Some(Token::Text(head..end)));
    }
    let find = |what: &str, message: &str| {
        let found = memchr::memmem::find(&bytes[head + 2..], what.as_bytes());
        let end = found.map(|len| head + 2 + len + what.len());
        end.ok_or_else(|| Malformed::new(head, message))
    };
    let rest = &text[head..];
    let token;
    (*at, token) = if rest.starts_with("<!--") {
        let found = memchr::memmem::find(&bytes[head + 4..], b"-->");
        let found = found.ok_or_else(|| Malformed::new(head, "a comment has no end"))?;
        let end = head + 4 + found + 3;
        (end, Token::Comment(head..end))
    } else if rest.starts_with("<![CDATA[") {
        let end = find("]]>", "a CDATA section has no end")?;
        (end, Token::Cdata(head + 9..end - 3))
    } else if rest.starts_with("<!") {
        let end = declaration_end(bytes, head);
        (end.ok_or_else(|| Malformed::new(head, "a declaration has no end"))?, Token::Other)
    } else if rest.starts_with("<?") {
        let end = find("?>", "an instruction has no end")?;
        (end, Token::Instruction(head..end))
    } else {
        let is_end = rest.starts_with("</");
        let start = head + 1 + usize::from(is_end);
        let name_end = super::html::name_end(bytes, start);
        let end = tag_end(bytes, name_end);
        let end = end.ok_or_else(|| Malformed::new(head, "a tag has no end"))?;
        let tag = head..end;
        let is_empty = bytes[end - 2] == b'/';
        (end, if is_end { Token::End { tag } } else { Token::Start { tag, name_end, is_empty } })
    };
    Ok(Some(token))
}

/// Returns the place behind the `>` of a tag.
fn tag_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', &bytes[at..])?;
        if bytes[at] == b'>' {
            return Some(at + 1);
        }
        at += 1;
        at += memchr::memchr(bytes[at - 1], &bytes[at..])? + 1;
    }
}

/// Returns the place behind a declaration that begins at `at`, as `<!DOCTYPE` with all that stands in its brackets.
pub(super) fn declaration_end(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut at, mut is_inside) = (at + 2, false);
    loop {
        let is_sign = |byte: &u8| matches!(byte, b'<' | b'>' | b'"' | b'\'' | b'[' | b']');
        at += bytes[at..].iter().position(is_sign)?;
        let rest = &bytes[at..];
        at += match rest[0] {
            quote @ (b'"' | b'\'') => 2 + memchr::memchr(quote, &rest[1..])?,
            b'<' if rest.starts_with(b"<!--") => 7 + memchr::memmem::find(&rest[4..], b"-->")?,
            b'<' if rest.starts_with(b"<?") => 4 + memchr::memmem::find(&rest[2..], b"?>")?,
            b'>' if !is_inside => return Some(at + 1),
            b'[' => {
                is_inside = true;
                1
            }
            b']' => {
                is_inside = false;
                1
            }
            _ => 1,
        };
    }
}

/// Returns the attributes of a tag: the ranges of names and values.
fn attributes(
    bytes: &[u8],
    inside: Range<usize>,
) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let (mut at, end) = (inside.start, inside.end);
    std::iter::from_fn(move || {
        let find = |at: usize, is: fn(u8) -> bool| {
            bytes[at..end].iter().position(|&byte| is(byte)).map(|len| at + len)
        };
        let start = find(at, |byte| !is_blank(byte))?;
        let name_end = find(start, |byte| is_blank(byte) || byte == b'=')?;
        let sign = find(name_end, |byte| !is_blank(byte)).filter(|&at| bytes[at] == b'=')?;
        let quote = find(sign + 1, |byte| !is_blank(byte))?;
        if !matches!(bytes[quote], b'"' | b'\'') {
            return None;
        }
        let len = memchr::memchr(bytes[quote], &bytes[quote + 1..end])?;
        at = quote + 1 + len + 1;
        Some((start..name_end, quote + 1..quote + 1 + len))
    })
}

/// Returns where `<?xml encoding="…"?>`, which begins at `at`, names a charset.
pub(super) fn declared_charset(text: &str, at: usize) -> Option<Range<usize>> {
    let head = "<?xml".len();
    if !text[at..].starts_with("<?xml") {
        return None;
    }
    let mut found = attributes(text.as_bytes(), at + head..text.len());
    found.find(|(name, _)| text[name.clone()] == *"encoding").map(|(_, value)| value)
}

/// Returns of each element, in the order of their tags, whether text stands beside its children; of all that stands at the top, too, as the
/// first.
fn mixed(text: &str) -> Result<Vec<bool>, Malformed> {
    let (mut mixed, mut open) = (vec![false], vec![0]);
    let mut at = 0;
    while let Some(token) = token(text, &mut at)? {
        match token {
            Token::Text(range) | Token::Cdata(range) => {
                if !text[range].trim_ascii().is_empty()
                    && let Some(&innermost) = open.last()
                {
                    mixed[innermost] = true;
                }
            }
            Token::Start { is_empty, .. } => {
                if !is_empty {
                    open.push(mixed.len());
                }
                mixed.push(false);
            }
            // As in the second reading, names are not compared: one end tag ends one element.
            Token::End { .. } if open.len() > 1 => {
                open.pop();
            }
            _ => {}
        }
    }
    Ok(mixed)
}

/// An open element.
struct Level {
    name: Range<usize>,
    is_mixed: bool,
    /// It stands in a text.
    is_inline: bool,
    /// It is one that the user wants, or within one.
    is_wanted: bool,
    kept: Kept,
}

/// What says of an element that its text is left. One reason that ends does not end another.
#[derive(Clone, Copy, Default)]
struct Kept {
    is_code: bool,
    is_foreign: bool,
    /// `translate="no"`
    is_fixed: bool,
}

impl Kept {
    fn is_any(self) -> bool {
        self.is_code || self.is_foreign || self.is_fixed
    }
}

struct Scanner<'a> {
    text: &'a str,
    format: &'a Xml,
    mixed: &'a [bool],
    levels: Vec<Level>,
    /// How many start tags there were.
    next: usize,
    was_renamed: bool,
    runs: &'a mut Runs,
}

impl Scanner<'_> {
    fn say_level(&mut self) {
        self.runs.level(u32::try_from(self.levels.len()).unwrap_or(u32::MAX));
    }

    fn token(&mut self, token: Token) {
        match token {
            Token::Text(range) if self.is_prose() => {
                tell(self.text.as_bytes(), range, Site::Text, Names::Xml, self.runs);
            }
            Token::Cdata(range) if self.is_prose() => {
                tell(self.text.as_bytes(), range, Site::Cdata, Names::Xml, self.runs);
            }
            Token::Start { tag, name_end, is_empty } => self.start(&tag, name_end, is_empty),
            Token::End { tag } => {
                let was_prose = self.is_prose();
                let Some(level) = self.levels.pop() else { return };
                self.say_level();
                if is_link(local(&self.text[level.name.clone()])) {
                    self.runs.remains(level.name.start);
                }
                if !level.is_inline {
                    self.runs.end();
                } else if was_prose && !self.is_prose() {
                    self.runs.object(tag);
                }
            }
            Token::Instruction(range) => {
                if let Some(charset) = declared_charset(&self.text[..range.end], range.start) {
                    self.runs.charset(charset);
                }
            }
            Token::Comment(range) => self.runs.comment(range),
            Token::Text(_) | Token::Cdata(_) | Token::Other => {}
        }
    }

    fn is_prose(&self) -> bool {
        match self.levels.last() {
            Some(level) => level.is_wanted && !level.kept.is_any(),
            None => self.format.elements.is_empty(),
        }
    }

    fn start(&mut self, tag: &Range<usize>, name_end: usize, is_empty: bool) {
        self.next += 1;
        let was_prose = self.is_prose();
        let is_inline = self.levels.last().is_some_and(|above| above.is_mixed);
        let name = tag.start + 1..name_end;
        if !is_inline {
            self.runs.end();
        }
        let is_root = self.levels.is_empty();
        let kept = self.kept(tag, name_end, is_root);
        if is_empty {
            // A break, a picture, a place to be filled.
            if is_inline && was_prose {
                self.runs.object(tag.clone());
            }
            return;
        }
        let mut level = Level {
            name,
            is_mixed: self.mixed.get(self.next).copied().unwrap_or(false),
            is_inline,
            is_wanted: was_prose || self.levels.last().is_some_and(|above| above.is_wanted),
            kept,
        };
        level.is_wanted |= self.is_wanted(&level.name);
        self.levels.push(level);
        self.say_level();
        if is_inline && was_prose && !self.is_prose() {
            self.runs.object(tag.clone());
        }
    }

    /// Returns whether an element that is about to be opened is one that the user wants.
    fn is_wanted(&self, name: &Range<usize>) -> bool {
        let elements = &self.format.elements;
        if elements.is_empty() {
            return !matches!(local(&self.text[name.clone()]), "script" | "style");
        }
        elements.iter().any(|wanted| {
            let above = self.levels.iter().rev().map(|level| &level.name);
            let mut way = std::iter::once(name).chain(above);
            let is_end =
                wanted.steps.iter().rev().all(|step| {
                    way.next().is_some_and(|name| is_step(step, &self.text[name.clone()]))
                });
            is_end && (!wanted.is_from_root || way.next().is_none())
        })
    }

    /// Returns what the attributes of an element, and those around it, say of whether its text is left; those of the root may be told to
    /// change.
    fn kept(&mut self, tag: &Range<usize>, name_end: usize, is_root: bool) -> Kept {
        let text = self.text;
        let name = local(&text[tag.start + 1..name_end]);
        let mut kept = self.levels.last().map_or_else(Kept::default, |above| above.kept);
        if self.format.elements.is_empty() && matches!(name, "script" | "style") {
            kept.is_code = true;
        }
        if name_end + 1 >= tag.end {
            return kept;
        }
        let (mut language, mut translate) = (None, None);
        for (name, value) in attributes(text.as_bytes(), name_end..tag.end) {
            match &text[name] {
                "xml:lang" | "lang" => {
                    if is_root && !self.was_renamed && lang::is_chinese(&text[value.clone()]) {
                        let lang = self.format.lang.clone();
                        lang.into_iter().for_each(|lang| self.runs.replace(value.clone(), lang));
                    }
                    language = Some(&text[value]);
                }
                "translate" | "its:translate" => translate = Some(&text[value]),
                _ => {}
            }
        }
        self.was_renamed |= is_root;
        if let Some(tag) = language {
            let is_foreign = if is_root { lang::is_foreign_root } else { lang::is_foreign };
            kept.is_foreign = is_foreign(tag);
        }
        if let Some(word @ ("yes" | "no")) = translate {
            kept.is_fixed = word == "no";
        }
        kept
    }
}

/// Returns whether a name is one of links, in whatever vocabulary.
fn is_link(name: &str) -> bool {
    matches!(name, "a" | "link" | "ulink" | "xref" | "ref")
}

/// Returns a name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn is_step(step: &str, name: &str) -> bool {
    step == "*" || step == name || !step.contains(':') && step == local(name)
}
