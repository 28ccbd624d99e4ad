//! XML of any kind.
//!
//! In: a document. Out: a run for each text that belongs together. The naive way takes each text between two tags for itself; `<p>头<b>发</b></p>`
//! then holds no word. Nobody can know of an unknown vocabulary which elements stand in a sentence, but the document
//! shows it: an element that has text beside it does. So the tags are read twice, the first time only to see where text
//! stands beside elements. No entity is expanded that the document defines, so that none can explode.
//!
//! Comments, processing instructions, declarations and attributes are no prose; nor are `script` and `style`, as in SVG, and what is
//! code or a name in the vocabulary of the document ([`vocabulary`]). An element that has HTML as its text is read as that
//! ([`nested`]).

mod nested;
mod vocabulary;

use std::ops::Range;
use std::str::FromStr;

use super::entity::{self, Names, Site};
use super::html::tell;
use super::sought::Sought;
use super::{Format, Malformed, Memory, Options, Runs, lang};
use crate::error::Error;
use nested::Part;
use vocabulary::Vocabulary;

/// XML documents.
#[derive(Debug)]
pub(crate) struct Xml {
    elements: Vec<Elements>,
    lang: Option<String>,
    sought: Sought,
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
        let elements = elements.collect::<Result<_, _>>()?;
        let sought = options.sought.elements.clone();
        Ok(Xml { elements, lang: options.lang.clone(), sought })
    }
}

impl Format for Xml {
    fn name(&self) -> &str {
        "xml"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let contents = contents(text)?;
        tell_charset(text, runs);
        let mut scanner = Scanner {
            text,
            format: self,
            contents: &contents,
            levels: Vec::new(),
            next: 0,
            was_renamed: false,
            vocabulary: Vocabulary::Unknown,
            leaf: Vec::new(),
            found: 0,
            seen: Vec::new(),
            runs,
        };
        let mut at = 0;
        while let Some(token) = token(text, &mut at)? {
            scanner.token(token);
        }
        scanner.leaf();
        scanner.runs.end();
        self.sought.add(scanner.found, scanner.seen);
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        nested::escape(style, text, output).unwrap_or_else(|| entity::escape(style, text, output))
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
    /// A comment.
    Comment(Range<usize>),
    /// A declaration, an instruction.
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
        (end, Token::Other)
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

/// Tells where a document names its charset, or has to.
pub(super) fn tell_charset(text: &str, runs: &mut Runs) {
    // Blanks before the declaration are wrong, and are there.
    let start = text.len() - text.trim_start_matches('\u{FEFF}').trim_ascii_start().len();
    let Some(end) = declaration_end_at(text, start) else {
        return runs.no_charset(0, ["<?xml version=\"1.0\" encoding=\"", "\"?>\n"]);
    };
    // Between its version and what may stand behind the charset.
    let mut behind = start + "<?xml".len();
    for (name, value) in attributes(text.as_bytes(), behind..end) {
        match &text[name] {
            "encoding" => return runs.charset(value),
            "version" => behind = value.end + 1,
            _ => {}
        }
    }
    runs.no_charset(behind, [" encoding=\"", "\""]);
}

/// Returns where `?>` of `<?xml … ?>` stands, if a document begins with that here.
fn declaration_end_at(text: &str, start: usize) -> Option<usize> {
    let rest = text[start..].strip_prefix("<?xml")?;
    let is_one = rest.starts_with(|c: char| c.is_ascii_whitespace());
    let len = memchr::memmem::find(rest.as_bytes(), b"?>").filter(|_| is_one)?;
    Some(start + "<?xml".len() + len)
}

/// What stands in an element.
#[derive(Clone, Copy, Default)]
struct Content {
    has_text: bool,
    has_elements: bool,
}

/// Returns of each element, in the order of their tags, whether text stands beside its children; of all that stands at the top, too, as the
/// first.
fn contents(text: &str) -> Result<Vec<Content>, Malformed> {
    let (mut contents, mut open) = (vec![Content::default()], vec![0]);
    let mut at = 0;
    while let Some(token) = token(text, &mut at)? {
        match token {
            Token::Text(range) | Token::Cdata(range) => {
                if !text[range].trim_ascii().is_empty()
                    && let Some(&innermost) = open.last()
                {
                    contents[innermost].has_text = true;
                }
            }
            Token::Start { is_empty, .. } => {
                if let Some(&innermost) = open.last() {
                    contents[innermost].has_elements = true;
                }
                if !is_empty {
                    open.push(contents.len());
                }
                contents.push(Content::default());
            }
            // As in the second reading, names are not compared: one end tag ends one element.
            Token::End { .. } if open.len() > 1 => {
                open.pop();
            }
            _ => {}
        }
    }
    Ok(contents)
}

/// An open element.
struct Level {
    name: Range<usize>,
    content: Content,
    /// It stands in a text.
    is_inline: bool,
    /// It is one that the user wants, or within one.
    is_wanted: bool,
    kept: Kept,
}

/// What says of an element that its text is left. One reason that ends does not end another.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a reason by itself")]
struct Kept {
    is_code: bool,
    is_foreign: bool,
    /// `translate="no"`
    is_fixed: bool,
    /// Others are what the vocabulary translates into.
    is_other: bool,
    /// An element says that it is in Chinese, and this one stands in it.
    is_chinese: bool,
}

impl Kept {
    fn is_any(self) -> bool {
        self.is_code || self.is_foreign || self.is_fixed || self.is_other
    }
}

struct Scanner<'a> {
    text: &'a str,
    format: &'a Xml,
    contents: &'a [Content],
    levels: Vec<Level>,
    /// How many start tags there were.
    next: usize,
    was_renamed: bool,
    vocabulary: Vocabulary,
    /// The text of the innermost element, if there is nothing but text in it and around it.
    leaf: Vec<Part>,
    /// Which of the elements that the user wants there are, as bits, and names of others.
    found: u64,
    seen: Vec<String>,
    runs: &'a mut Runs,
}

impl Scanner<'_> {
    fn say_level(&mut self) {
        self.runs.level(u32::try_from(self.levels.len()).unwrap_or(u32::MAX));
    }

    fn token(&mut self, token: Token) {
        match token {
            Token::Text(range) if self.is_prose() => self.text(Part { range, is_cdata: false }),
            Token::Cdata(range) if self.is_prose() => self.text(Part { range, is_cdata: true }),
            Token::Start { tag, name_end, is_empty } => {
                self.leaf();
                self.start(&tag, name_end, is_empty);
            }
            Token::End { tag } => {
                self.leaf();
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
            Token::Comment(range) => self.runs.comment(range),
            Token::Text(_) | Token::Cdata(_) | Token::Other => {}
        }
    }

    fn text(&mut self, part: Part) {
        let is_leaf =
            self.levels.last().is_some_and(|level| !level.is_inline && !level.content.has_elements);
        if is_leaf {
            self.leaf.push(part);
        } else {
            self.tell(&part);
        }
    }

    fn tell(&mut self, part: &Part) {
        let site = if part.is_cdata { Site::Cdata } else { Site::Text };
        tell(self.text.as_bytes(), part.range.clone(), site, Names::Xml, self.runs);
    }

    /// Tells the text of an element that has nothing but text.
    fn leaf(&mut self) {
        let mut leaf = std::mem::take(&mut self.leaf);
        let is_feed = self.vocabulary == Vocabulary::Feed;
        if !leaf.is_empty() && !nested::tell(self.text, &leaf, is_feed, self.runs) {
            leaf.iter().for_each(|part| self.tell(part));
        }
        leaf.clear();
        self.leaf = leaf;
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
        let is_inline = self.levels.last().is_some_and(|above| above.content.has_text);
        let name = tag.start + 1..name_end;
        if !is_inline {
            self.runs.end();
        }
        let is_root = self.levels.is_empty();
        if is_root && self.next == 1 {
            let root = local(&self.text[name.clone()]);
            self.vocabulary = Vocabulary::of(root, &self.text[..tag.end], &self.text[tag.end..]);
        }
        let is_named = self.is_named(&name);
        let kept = self.kept(tag, name_end, is_root, is_named);
        if is_empty {
            // A break, a picture, a place to be filled.
            if is_inline && was_prose {
                self.runs.object(tag.clone());
            }
            return;
        }
        let mut level = Level {
            name,
            content: self.contents.get(self.next).copied().unwrap_or_default(),
            is_inline,
            is_wanted: was_prose || self.levels.last().is_some_and(|above| above.is_wanted),
            kept,
        };
        let is_code = matches!(local(&self.text[level.name.clone()]), "script" | "style");
        level.is_wanted |= is_named || self.format.elements.is_empty() && !is_code;
        self.levels.push(level);
        self.say_level();
        if is_inline && was_prose && !self.is_prose() {
            self.runs.object(tag.clone());
        }
    }

    /// Returns whether an element that is about to be opened is one that the user names.
    fn is_named(&mut self, name: &Range<usize>) -> bool {
        let elements = &self.format.elements;
        if elements.is_empty() {
            return false;
        }
        self.format.sought.see(&mut self.seen, &self.text[name.clone()]);
        let found = elements.iter().position(|wanted| {
            let above = self.levels.iter().rev().map(|level| &level.name);
            let mut way = std::iter::once(name).chain(above);
            let is_end =
                wanted.steps.iter().rev().all(|step| {
                    way.next().is_some_and(|name| is_step(step, &self.text[name.clone()]))
                });
            is_end && (!wanted.is_from_root || way.next().is_none())
        });
        self.found |= found.map_or(0, Sought::bit);
        found.is_some()
    }

    /// Returns what the attributes of an element, and those around it, say of whether its text is left; those of the root may be told to
    /// change.
    fn kept(&mut self, tag: &Range<usize>, name_end: usize, is_root: bool, is_named: bool) -> Kept {
        let (text, vocabulary) = (self.text, self.vocabulary);
        let name = local(&text[tag.start + 1..name_end]);
        let mut kept = self.levels.last().map_or_else(Kept::default, |above| above.kept);
        if self.format.elements.is_empty() {
            kept.is_code |= matches!(name, "script" | "style");
            if vocabulary.has_targets() {
                kept.is_other = (is_root || kept.is_other) && !vocabulary.is_target(name);
                // A memory has the same in many languages.
                kept.is_other |= vocabulary == Vocabulary::Tmx && !kept.is_chinese;
            }
        }
        kept.is_code = !is_named && (kept.is_code || vocabulary.is_code(name));
        if name_end + 1 >= tag.end {
            return kept;
        }
        let (mut language, mut translate, mut target) = (None, None, None);
        for (attribute, value) in attributes(text.as_bytes(), name_end..tag.end) {
            match &text[attribute] {
                "xml:lang" | "lang" => {
                    if is_root && !self.was_renamed && lang::is_chinese(&text[value.clone()]) {
                        let lang = self.format.lang.clone();
                        lang.into_iter().for_each(|lang| self.runs.replace(value.clone(), lang));
                    }
                    language = Some(&text[value]);
                }
                "translate" | "its:translate" => translate = Some(&text[value]),
                attribute if vocabulary.is_language(attribute) => {
                    let is_renamed = vocabulary == Vocabulary::Xliff;
                    if is_renamed && lang::is_chinese(&text[value.clone()]) {
                        let lang = self.format.lang.clone();
                        lang.into_iter().for_each(|lang| self.runs.replace(value.clone(), lang));
                    }
                    target = Some(&text[value]);
                }
                attribute => {
                    let is_code = vocabulary.is_code_by(name, attribute, &text[value]);
                    kept.is_code |= is_code && !is_named;
                }
            }
        }
        self.was_renamed |= is_root;
        if let Some(tag) = language {
            let is_foreign = if is_root { lang::is_foreign_root } else { lang::is_foreign };
            kept.is_foreign = is_foreign(tag);
            kept.is_chinese = lang::is_chinese(tag);
        }
        if let Some(tag) = target {
            kept.is_foreign = lang::is_foreign(tag);
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
