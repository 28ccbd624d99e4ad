//! LaTeX: the text, not commands, math and code.
//!
//! In: a document. Out: a run for each paragraph, heading, cell, item and note. The naive way takes out what looks like a command by
//! regular expressions, which know neither braces within braces nor which arguments are names. TeX itself can only be read by running
//! it. Ours is a scanner over the bytes with a table of the commands whose arguments are no text; the braces of all others
//! are transparent. What is not closed is read as if its beginning stood alone, and looking for ends that are not there
//! has a budget, so that the whole is linear.

use std::collections::HashSet;
use std::ops::Range;

use memchr::memmem;

mod commands;

use commands::{Command, Environment};

use super::{Format, Malformed, Memory, Runs};

/// Text of which any may become any.
const TEXT: u8 = 0;
/// What stays: line ends, ties.
const FIXED: u8 = 1;
/// A character right behind the name of a command, which a letter would lengthen.
const GLUED: u8 = 2;

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
            missing: HashSet::new(),
            budget: 4096 + 4 * text.len(),
        };
        scan.document();
        Ok(())
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        if style == FIXED || text.contains(['\n', '\r']) {
            return false;
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
        style == GLUED || style == FIXED
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
    /// Ends that do not come any more.
    missing: HashSet<String>,
    /// Bytes that may be looked at in vain.
    budget: usize,
}

impl<'a> Scan<'a, '_> {
    fn document(&mut self) {
        while self.at < self.bytes.len() {
            self.next();
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
        let rest = &self.bytes[start..];
        let special = rest.iter().position(|byte| b"\\%{}$~&#^_\n".contains(byte));
        let len = special.unwrap_or(rest.len());
        if len > 0 {
            self.at += len;
            return self.prose(start..start + len);
        }
        self.is_glued = false;
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
        let text = &self.text[range.clone()];
        let Some(first) = text.chars().next() else { return };
        let mut start = range.start;
        if std::mem::take(&mut self.is_glued) {
            start += first.len_utf8();
            self.runs.prose_in(range.start..start, GLUED);
        }
        self.runs.prose_in(start..range.end, TEXT);
    }

    /// Returns whether nothing but blanks stands before the end of the line that begins here.
    fn is_blank_line(&self, at: usize) -> bool {
        let line = &self.bytes[at..];
        let blanks = line.iter().take_while(|byte| b" \t\r".contains(byte)).count();
        line.get(blanks).is_none_or(|&byte| byte == b'\n')
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
                    self.at = at + fence.len();
                    return self.runs.object(start..self.at);
                }
                _ => at += 1,
            }
        }
        // None to the end of the paragraph: it stands alone.
        self.budget = self.budget.saturating_sub(at - inner);
        self.at = inner;
    }

    /// Returns up to where an end is looked for.
    fn limit(&self, from: usize) -> usize {
        const LITTLE: usize = 200;
        if self.budget > 0 { self.bytes.len() } else { self.bytes.len().min(from + LITTLE) }
    }

    /// Returns where the bracket that opens at `at` is closed, behind it.
    fn balanced(&mut self, start: usize, in_paragraph: bool) -> Option<usize> {
        let limit = self.limit(start);
        let is_brace = self.bytes[start] == b'{';
        let (mut at, mut braces, mut depth) = (start, 0_usize, 0_usize);
        while at < limit {
            let found = self.bytes[at..limit].iter().position(|byte| b"\\{}[]%\n".contains(byte));
            let Some(found) = found else { break };
            at += found;
            match self.bytes[at] {
                b'\\' => at += 1,
                b'{' => braces += 1,
                b'}' if braces == 0 => break,
                b'}' => {
                    braces -= 1;
                    if is_brace && braces == 0 {
                        return Some(at + 1);
                    }
                }
                b'[' if !is_brace && braces == 0 => depth += 1,
                b']' if !is_brace && braces == 0 => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                b'%' => {
                    let end = memchr::memchr(b'\n', &self.bytes[at..limit]);
                    at = end.map_or(limit, |end| at + end - 1);
                }
                b'\n' if in_paragraph && self.is_blank_line(at + 1) => break,
                _ => {}
            }
            at += 1;
        }
        self.budget = self.budget.saturating_sub(at.min(limit) - start);
        None
    }

    /// Returns where `end` begins next.
    fn find(&mut self, from: usize, end: &str) -> Option<usize> {
        if self.missing.contains(end) {
            return None;
        }
        let found = memmem::find(&self.bytes[from..], end.as_bytes());
        if found.is_none() {
            self.missing.insert(end.to_owned());
        }
        found.map(|found| from + found)
    }

    /// Passes blanks that are no blank line; TeX does not see them behind a name.
    fn blanks(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let at = self.at + usize::from(self.byte() == Some(b'\r'));
        if self.bytes.get(at) == Some(&b'\n') && !self.is_blank_line(at + 1) {
            self.at = at + 1;
            while matches!(self.byte(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
        }
    }

    fn command(&mut self) {
        let start = self.at;
        let name = self.name(start + 1);
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
            "(" => return self.until(start, "\\)", false),
            "[" => return self.until(start, "\\]", true),
            _ => {}
        }
        let is_word = name.as_bytes()[0].is_ascii_alphabetic();
        if !is_word {
            // An accent, a space, or a name in another script.
            return self.runs.object(start..self.at);
        }
        self.star();
        match commands::of(name) {
            Command::Verbatim { arguments } => return self.verbatim(start, arguments),
            Command::Begin => return self.begin(start),
            Command::End => {
                self.runs.end();
                self.arguments(1, true);
                return self.blanks();
            }
            Command::Definition { arguments } => {
                self.arguments(arguments, false);
            }
            Command::Plain { arguments, prints } => {
                self.options();
                self.arguments(arguments, true);
                if prints {
                    self.runs.object(start..self.at);
                }
                if matches!(name, "href" | "hyperlink" | "hyperref") && self.byte() == Some(b'{') {
                    self.at += 1;
                    return self.open(Group::Link);
                }
            }
            Command::Text { arguments, group } => {
                if group == Group::Own {
                    self.runs.end();
                }
                self.blanks();
                if self.byte() == Some(b'[') {
                    self.option_text();
                }
                self.arguments(arguments, true);
                if arguments > 0 {
                    self.options();
                }
                self.blanks();
                if self.byte() == Some(b'{') {
                    self.at += 1;
                    self.open(group);
                } else if name == "input" && self.at == start + "\\input ".len() {
                    // A name without braces.
                    let rest = &self.bytes[self.at..];
                    let end = rest.iter().position(u8::is_ascii_whitespace);
                    self.at += end.unwrap_or(rest.len());
                } else {
                    self.is_glued = self.bytes[self.at - 1].is_ascii_alphabetic();
                }
                return;
            }
            Command::Unknown => {
                if self.byte() == Some(b'[') {
                    self.options();
                }
                if self.byte() != Some(b'{') {
                    self.runs.object(start..self.at);
                }
            }
        }
        if self.bytes[self.at - 1].is_ascii_alphabetic() {
            let end = self.at;
            self.blanks();
            self.is_glued = end == self.at;
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

    /// Returns the name of the command whose sign stands before a place.
    fn name(&self, at: usize) -> &'a str {
        let rest = &self.text[at..];
        let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'@';
        let len = rest.bytes().take_while(|byte| is_letter(byte)).count();
        if len > 0 {
            return &rest[..len];
        }
        match rest.chars().next() {
            // XeTeX and LuaTeX take letters of all scripts into a name.
            Some(c) if !c.is_ascii() && c.is_alphabetic() => {
                let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
                &rest[..end]
            }
            Some(c) => &rest[..c.len_utf8()],
            None => "",
        }
    }

    fn star(&mut self) {
        self.at += usize::from(self.byte() == Some(b'*'));
    }

    /// Passes what stands in square brackets right here.
    fn options(&mut self) {
        while self.byte() == Some(b'[') {
            let Some(end) = self.balanced(self.at, true) else { return };
            self.at = end;
        }
    }

    /// Takes an optional argument as a run, unless it holds settings.
    fn option_text(&mut self) {
        let start = self.at;
        let Some(end) = self.balanced(start, true) else { return };
        self.at = end;
        let inner = start + 1..end - 1;
        let text = &self.text[inner.clone()];
        if !text.contains(['=', '\\', '$', '%', '{', '#']) {
            self.runs.aside(|runs| runs.prose(inner));
        }
    }

    /// Passes arguments that are no text.
    fn arguments(&mut self, number: usize, in_paragraph: bool) {
        for _ in 0..number {
            let before = self.at;
            self.blanks();
            while self.byte() == Some(b'[') {
                let Some(end) = self.balanced(self.at, in_paragraph) else { break };
                self.at = end;
                self.blanks();
            }
            match self.byte() {
                Some(b'{') => match self.balanced(self.at, in_paragraph) {
                    Some(end) => self.at = end,
                    None => return,
                },
                Some(b'\\') if !in_paragraph => {
                    let name = self.name(self.at + 1);
                    self.at += 1 + name.len();
                    // The pattern of a \def.
                    let is_pattern = |byte: &&u8| matches!(byte, b'#' | b'0'..=b'9' | b'=');
                    self.at += self.bytes[self.at..].iter().take_while(is_pattern).count();
                }
                _ => {
                    self.at = before;
                    return;
                }
            }
        }
    }

    /// Takes what stands up to an end, as math; `is_displayed` if it stands on its own.
    fn until(&mut self, start: usize, end: &str, is_displayed: bool) {
        let Some(found) = self.find(self.at, end) else { return };
        self.at = found + end.len();
        if is_displayed { self.runs.end() } else { self.runs.object(start..self.at) }
    }

    /// Takes `\verb|…|`, or the same in braces.
    fn verbatim(&mut self, start: usize, arguments: usize) {
        self.options();
        self.arguments(arguments, true);
        let rest = &self.text[self.at..];
        let Some(fence) = rest.chars().next() else { return };
        if fence == '{' {
            if let Some(end) = self.balanced(self.at, true) {
                self.at = end;
            }
        } else if fence != '\n' && fence != '\r' {
            let inner = self.at + fence.len_utf8();
            let limit = self.limit(inner);
            let rest = &self.bytes[inner..limit];
            let sign = fence.encode_utf8(&mut [0; 4]).as_bytes()[0];
            // The first byte of a sign in another script may begin another; then nothing is closed.
            match memchr::memchr2(sign, b'\n', rest) {
                Some(end) if self.text[inner + end..].starts_with(fence) => {
                    self.at = inner + end + fence.len_utf8();
                }
                end => self.budget = self.budget.saturating_sub(end.unwrap_or(rest.len())),
            }
        }
        self.runs.object(start..self.at);
    }

    fn begin(&mut self, start: usize) {
        self.runs.end();
        let rest = &self.bytes[self.at..];
        let name = rest.strip_prefix(b"{").and_then(|rest| {
            const LONGEST_NAME: usize = 64;
            let len = rest.iter().take(LONGEST_NAME).position(|&byte| byte == b'}')?;
            self.text.get(self.at + 1..self.at + 1 + len)
        });
        let Some(name) = name else { return };
        self.at += name.len() + 2;
        debug_assert!(self.at > start, "a name in braces was passed");
        match commands::environment(name) {
            Environment::Left => {
                let end = format!("\\end{{{name}}}");
                if let Some(found) = self.find(self.at, &end) {
                    self.at = found + end.len();
                }
            }
            Environment::Text { arguments } => {
                self.options();
                self.arguments(arguments, true);
            }
            Environment::Unknown => {
                // The name of a theorem, the title of a slide.
                if self.byte() == Some(b'[') {
                    self.option_text();
                }
                if self.byte() == Some(b'{') {
                    self.at += 1;
                    self.open(Group::Own);
                }
            }
        }
    }
}
