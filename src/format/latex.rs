//! LaTeX: the text, not commands, math and code.
//!
//! In: a document. Out: a run for each paragraph, heading, cell, item and note. The naive way takes out what looks like a command by
//! regular expressions, which know neither braces within braces nor which arguments are names. TeX itself can only be read by running
//! it. Ours is a scanner over the bytes with a table of the commands whose arguments are no text; the braces of all others
//! are transparent. What is not closed is read as if its beginning stood alone, and looking for ends that are not there
//! has a budget, so that the whole is linear.
//!
//! Between two ideographs TeX with Chinese sees no line end, so words go across it.
//!
//! commands      what they do with their arguments        read    how far something goes
//! environments  math, code and definitions               nested  text within what is none

use std::collections::{HashMap, HashSet};
use std::ops::Range;

mod commands;
mod environments;
mod nested;
mod read;

use commands::Command;
use nested::Nested;
use read::How;

use super::{Format, Malformed, Memory, Runs};
use crate::han::is_han;

/// Text of which any may become any.
const TEXT: u8 = 0;
/// What stays: line ends, ties.
const FIXED: u8 = 1;
/// A character right behind the name of a command, which a letter would lengthen.
const GLUED: u8 = 2;
/// A character before or behind a line end that TeX does not see because there are ideographs on both sides.
const LINE: u8 = 3;
/// A character in the place of an argument: without it, what comes would be that.
const APART: u8 = 4;

/// LaTeX documents.
#[derive(Debug)]
pub(crate) struct Latex;

impl Format for Latex {
    fn name(&self) -> &str {
        "latex"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mut scan = Scan {
            text,
            bytes: text.as_bytes(),
            at: 0,
            runs,
            groups: Vec::new(),
            links: Vec::new(),
            is_glued: false,
            is_line_start: false,
            is_apart: false,
            nested: Vec::new(),
            next_ends: HashMap::new(),
            next_blank: 0,
            defined: HashSet::new(),
            code: HashSet::new(),
            inline_code: HashSet::new(),
            short_code: None,
            budget: 4096 + 4 * text.len(),
        };
        scan.document();
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        if style == FIXED || style == APART && text.is_empty() || text.contains(['\n', '\r']) {
            return false;
        }
        if style == LINE {
            let is_ideograph = |c: Option<char>| c.is_some_and(is_han);
            if !is_ideograph(text.chars().next()) || !is_ideograph(text.chars().next_back()) {
                return false;
            }
        }
        if style == GLUED {
            match text.chars().next() {
                None | Some(' ' | '\t') => return false,
                // TeX does not see it.
                Some(c) if c.is_ascii_alphabetic() || c == '@' => output.push(' '),
                Some(_) => {}
            }
        }
        for c in text.chars() {
            match c {
                '%' | '&' | '_' | '#' | '$' | '{' | '}' => output.extend(['\\', c]),
                '\\' => output.push_str("\\textbackslash{}"),
                '^' => output.push_str("\\textasciicircum{}"),
                '~' => output.push_str("\\textasciitilde{}"),
                // Some commands look for these.
                '[' | ']' | '*' => output.extend(['{', c, '}']),
                _ => output.push(c),
            }
        }
        true
    }

    fn stays(&self, style: u8) -> bool {
        style != TEXT
    }
}

/// What ends with a brace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// Nothing.
    Plain,
    /// The text of a link.
    Link,
    /// A run.
    Own,
    /// A run within another.
    Aside,
}

struct Scan<'a, 'r> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    runs: &'r mut Runs,
    groups: Vec<Group>,
    /// Where the texts of links begin that are open.
    links: Vec<usize>,
    /// The name of a command ends here.
    is_glued: bool,
    /// A line whose end before it is not seen begins here.
    is_line_start: bool,
    /// An argument did not come.
    is_apart: bool,
    /// The text within others that is being read.
    nested: Vec<Nested>,
    /// Where what was looked for comes next.
    next_ends: HashMap<String, usize>,
    /// Where the paragraph ends.
    next_blank: usize,
    /// Names with letters of several scripts that the document defines.
    defined: HashSet<&'a str>,
    /// Environments that the document defines for code.
    code: HashSet<String>,
    /// Commands that it defines for that.
    inline_code: HashSet<String>,
    /// The sign between which it has code.
    short_code: Option<u8>,
    /// Bytes that may be looked at in vain.
    budget: usize,
}

impl<'a> Scan<'a, '_> {
    fn document(&mut self) {
        while self.at < self.bytes.len() {
            self.next();
        }
        while !self.nested.is_empty() {
            self.leave();
        }
        self.runs.end();
        while let Some(group) = self.groups.pop() {
            if group == Group::Aside {
                self.runs.end_aside();
            }
        }
        self.runs.end();
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) {
        let start = self.at;
        let limit = self.nested.last().map_or(self.bytes.len(), |nested| nested.end);
        if start >= limit {
            return self.leave();
        }
        let rest = &self.bytes[start..limit];
        let short = self.short_code;
        let is_special =
            |byte: &u8| b"\\%{}$~&#^_-\n".contains(byte) || short.is_some_and(|sign| sign == *byte);
        let special = rest.iter().position(is_special);
        let len = special.unwrap_or(rest.len());
        if len > 0 {
            self.at += len;
            return self.prose(start..start + len);
        }
        if short == Some(rest[0]) {
            self.verbatim(start, 0);
            if self.at == start {
                // Nothing ends it.
                self.at += 1;
                self.prose(start..self.at);
            }
            return;
        }
        if rest[0] == b'-' && !rest.starts_with(b"--") {
            self.at += 1;
            return self.prose(start..self.at);
        }
        self.is_glued = false;
        self.is_line_start = false;
        self.is_apart = false;
        match rest[0] {
            b'\\' => self.command(),
            b'%' => self.comment(),
            b'{' => {
                self.at += 1;
                self.groups.push(Group::Plain);
            }
            b'}' => self.close(),
            b'$' => self.dollars(),
            b'\n' => {
                self.at += 1;
                if self.is_blank_line(self.at) {
                    self.runs.end();
                } else {
                    self.runs.prose_in(start..self.at, FIXED);
                }
            }
            b'~' => {
                self.at += 1;
                self.runs.escaped(start..self.at, "\u{A0}", FIXED);
            }
            b'-' => {
                // Dashes of TeX.
                self.at += rest.iter().take_while(|&&byte| byte == b'-').count();
                let dash = if self.at == start + 2 { "–" } else { "—" };
                self.runs.escaped(start..self.at, dash, FIXED);
            }
            b'&' => {
                self.at += 1;
                self.runs.end();
            }
            _ => {
                self.at += 1;
                self.runs.object(start..self.at);
            }
        }
    }

    fn prose(&mut self, range: Range<usize>) {
        let Range { mut start, mut end } = range;
        let joined = self.joined(start, end);
        if let Some((text_end, next)) = joined {
            (end, self.at) = (text_end, next);
        }
        let text = &self.text[start..end];
        let Some(first) = text.chars().next() else { return };
        let is_line_start = std::mem::replace(&mut self.is_line_start, joined.is_some());
        let is_apart = std::mem::take(&mut self.is_apart);
        let style = match std::mem::take(&mut self.is_glued) {
            true => GLUED,
            false if is_line_start => LINE,
            false if is_apart => APART,
            false => TEXT,
        };
        if style != TEXT {
            self.runs.prose_in(start..start + first.len_utf8(), style);
            start += first.len_utf8();
        }
        let last = text.chars().next_back().filter(|_| joined.is_some() && start < end);
        let behind = end - last.map_or(0, char::len_utf8);
        self.runs.prose_in(start..behind, TEXT);
        self.runs.prose_in(behind..end, LINE);
    }

    /// Returns where text before a line end ends, and where the next line begins, if TeX with Chinese does not see what is between.
    fn joined(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        if self.bytes.get(end) != Some(&b'\n') {
            return None;
        }
        let text = self.text[start..end].trim_end_matches([' ', '\t', '\r']);
        let last = text.chars().next_back().filter(|&c| is_han(c))?;
        let blanks = |byte: &&u8| b" \t".contains(byte);
        let next = end + 1 + self.bytes[end + 1..].iter().take_while(blanks).count();
        let is_seen = self.is_glued && text.len() == last.len_utf8()
            || !self.text[next..].starts_with(is_han);
        (!is_seen).then_some((start + text.len(), next))
    }

    /// Takes a comment with its line end, and the blanks behind it, which TeX does not see.
    fn comment(&mut self) {
        let start = self.at;
        let end = memchr::memchr(b'\n', &self.bytes[self.at..]);
        self.at = end.map_or(self.bytes.len(), |end| self.at + end + 1);
        self.runs.comment(start..self.at);
        if self.is_blank_line(self.at) {
            self.runs.end();
        }
        while matches!(self.byte(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn close(&mut self) {
        self.at += 1;
        if self.nested.last().is_none_or(|nested| nested.groups < self.groups.len()) {
            self.end_group();
        }
    }

    fn end_group(&mut self) {
        match self.groups.pop() {
            Some(Group::Own) => self.runs.end(),
            Some(Group::Aside) => self.runs.end_aside(),
            Some(Group::Link) => {
                let from = self.links.pop().unwrap_or_default();
                self.runs.remains(from);
            }
            Some(Group::Plain) | None => {}
        }
    }

    fn dollars(&mut self) {
        let start = self.at;
        let fence = if self.bytes[start..].starts_with(b"$$") { "$$" } else { "$" };
        let inner = start + fence.len();
        let mut at = inner;
        let limit = self.limit(inner);
        while at < limit {
            let rest = &self.bytes[at..limit];
            let Some(found) = rest.iter().position(|byte| b"\\$\n".contains(byte)) else { break };
            at += found;
            match self.bytes[at] {
                b'\\' => at += 2,
                b'\n' if self.is_blank_line(at + 1) => break,
                b'$' if self.bytes[at..].starts_with(fence.as_bytes()) => {
                    return self.math(start..at + fence.len());
                }
                _ => at += 1,
            }
        }
        // None to the end of the paragraph: it stands alone.
        self.budget = self.budget.saturating_sub(at - inner);
        self.at = inner;
    }

    /// Takes math, but for text in it.
    fn math(&mut self, range: Range<usize>) {
        let spans = self.texts(range.clone());
        let end = spans.first().map_or(range.end, |span| span.start);
        self.runs.object(range.start..end);
        self.nest(spans, range.end, None);
    }

    fn command(&mut self) {
        let start = self.at;
        let name = self.used_name(start + 1);
        self.at = start + 1 + name.len();
        match name {
            "" => return self.runs.end(),
            "\\" => {
                self.star();
                self.options();
                return self.runs.end();
            }
            "%" | "&" | "_" | "#" | "$" | "{" | "}" => {
                return self.runs.escaped(start..self.at, name, TEXT);
            }
            " " | "\t" => return self.runs.escaped(start..self.at, " ", FIXED),
            "\n" | "\r" => {
                if self.is_blank_line(self.at) {
                    self.runs.end();
                }
                return;
            }
            "-" | "/" => return,
            "else" | "or" | "fi" => {
                self.runs.object(start..self.at);
                self.is_glued = true;
                return;
            }
            "MakeShortVerb"
            | "lstMakeShortInline"
            | "DefineShortVerb"
            | "DeleteShortVerb"
            | "lstDeleteShortInline"
            | "UndefineShortVerb" => return self.short_verb(name),
            "(" => return self.until(start, "\\)"),
            "[" => return self.until(start, "\\]"),
            _ => {}
        }
        let is_word = name.as_bytes()[0].is_ascii_alphabetic();
        if !is_word {
            // An accent, a space, or a name in another script.
            return self.runs.object(start..self.at);
        }
        self.star();
        let command = match commands::of(name) {
            Command::Unknown if self.inline_code.contains(name) => {
                Command::Verbatim { arguments: 0 }
            }
            // As `\verb`, if no brace follows.
            _ if matches!(name, "url" | "path" | "nolinkurl")
                && self.byte().is_some_and(|byte| b"|!+/".contains(&byte)) =>
            {
                Command::Verbatim { arguments: 0 }
            }
            command => command,
        };
        if !matches!(command, Command::Verbatim { .. }) {
            self.overlay();
        }
        match command {
            Command::Verbatim { arguments } => return self.verbatim(start, arguments),
            Command::Begin => return self.begin(start),
            Command::End => {
                self.runs.end();
                self.arguments(1, How::Paragraph);
                return self.blanks();
            }
            Command::Definition { arguments } => self.definition(name, arguments),
            Command::Plain { arguments, prints } => self.plain(start, name, arguments, prints),
            Command::Text { arguments, group } => return self.text_command(name, arguments, group),
            Command::Named => return self.named(),
            Command::Unknown => {
                let mut spans = Vec::new();
                self.brackets(false, &mut spans);
                if self.byte() != Some(b'{') {
                    let end = spans.first().map_or(self.at, |span| span.start);
                    self.runs.object(start..end);
                }
                if !spans.is_empty() {
                    return self.nest(spans, self.at, None);
                }
            }
        }
        if self.bytes[self.at - 1].is_ascii_alphabetic() {
            let end = self.at;
            self.blanks();
            self.is_glued = end == self.at;
        }
    }

    /// Takes a command whose first arguments are no text.
    fn plain(&mut self, start: usize, name: &str, arguments: usize, prints: bool) {
        let mut spans = Vec::new();
        let is_citation = commands::is_citation(name);
        if is_citation {
            self.blanks_before(b'[');
        }
        self.brackets(is_citation, &mut spans);
        if name == "hypersetup" && self.byte() == Some(b'{') && self.bracket(false, &mut spans) {
            return self.nest(spans, self.at, None);
        }
        let argument = self.at;
        self.arguments(arguments, commands::how(name));
        let is_foreign = matches!(name, "foreignlanguage" | "textlang")
            && commands::is_foreign(&self.text[argument..self.at]);
        if is_foreign {
            self.arguments(1, How::Paragraph);
        }
        let prints = prints || is_foreign;
        if commands::is_font(name) {
            self.options();
        }
        if prints {
            let end = spans.first().map_or(self.at, |span| span.start);
            self.runs.object(start..end);
        }
        if !spans.is_empty() {
            return self.nest(spans, self.at, None);
        }
        if matches!(name, "href" | "hyperlink" | "hyperref") && self.byte() == Some(b'{') {
            self.at += 1;
            self.open(Group::Link);
        }
    }

    /// Takes a command with text behind its first arguments.
    fn text_command(&mut self, name: &str, arguments: usize, group: Group) {
        if group == Group::Own {
            self.runs.end();
        }
        let named = self.at;
        self.blanks();
        let mut spans = Vec::new();
        if self.byte() == Some(b'[') {
            self.bracket(true, &mut spans);
        }
        self.arguments(arguments, How::Paragraph);
        if arguments > 0 {
            self.options();
        }
        self.blanks();
        if !spans.is_empty() {
            self.nest(spans, self.at, Some(group));
        } else if self.byte() == Some(b'{') {
            self.at += 1;
            self.open(group);
        } else if name == "input" && self.at == named + 1 {
            // A name without braces.
            let rest = &self.bytes[self.at..];
            let end = rest.iter().position(u8::is_ascii_whitespace);
            self.at += end.unwrap_or(rest.len());
        } else {
            self.is_glued = self.bytes[self.at - 1].is_ascii_alphabetic();
        }
    }

    /// Takes text that is followed by a name.
    fn named(&mut self) {
        self.options();
        let start = self.at;
        let Some(end) = self.argument() else { return };
        self.arguments(1, How::Paragraph);
        self.nest_one(start + 1..end - 1);
    }

    /// Passes what stands in braces right here; returns where it ends.
    fn argument(&mut self) -> Option<usize> {
        let end = match self.byte() {
            Some(b'{') => self.balanced(self.at, How::Paragraph)?,
            _ => return None,
        };
        self.at = end;
        Some(end)
    }

    /// Passes blanks if such a sign stands behind them.
    fn blanks_before(&mut self, sign: u8) {
        let before = self.at;
        self.blanks();
        if self.byte() != Some(sign) {
            self.at = before;
        }
    }

    fn open(&mut self, group: Group) {
        if group == Group::Link {
            self.links.push(self.at);
        }
        if group == Group::Aside {
            self.runs.begin_aside();
        }
        self.groups.push(group);
    }
}
