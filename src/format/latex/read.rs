//! What stands between brackets, and other small things that are read at one place.
//!
//! In: a place in a document. Out: how far something goes from there. The naive way looks as far as it takes, each time; here ends that do
//! not come are known, and what is looked at in vain is counted, so that the whole is linear.

use memchr::memmem;

use super::{Scan, commands};

/// How what stands between brackets is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It ends where the paragraph does.
    Paragraph,
    /// It may be paragraphs long, or the name of a command.
    Definition,
    /// `%` is a sign like others.
    Address,
}

impl<'a> Scan<'a, '_> {
    /// Returns whether nothing but blanks stands before the end of the line that begins here.
    pub(super) fn is_blank_line(&self, at: usize) -> bool {
        let line = &self.bytes[at..];
        let blanks = line.iter().take_while(|byte| b" \t\r".contains(byte)).count();
        line.get(blanks).is_none_or(|&byte| byte == b'\n')
    }

    /// Returns up to where an end is looked for.
    pub(super) fn limit(&self, from: usize) -> usize {
        const LITTLE: usize = 200;
        if self.budget > 0 { self.bytes.len() } else { self.bytes.len().min(from + LITTLE) }
    }

    /// Returns where the bracket that opens at `at` is closed, behind it.
    pub(super) fn balanced(&mut self, start: usize, how: How) -> Option<usize> {
        self.balanced_before(start, how, self.bytes.len())
    }

    /// Returns the same if it is not behind a limit.
    pub(super) fn balanced_before(
        &mut self,
        start: usize,
        how: How,
        limit: usize,
    ) -> Option<usize> {
        let limit = self.limit(start).min(limit);
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
                b'%' if how != How::Address => {
                    let end = memchr::memchr(b'\n', &self.bytes[at..limit]);
                    at = end.map_or(limit, |end| at + end - 1);
                }
                b'\n' if how != How::Definition && self.is_blank_line(at + 1) => break,
                _ => {}
            }
            at += 1;
        }
        self.budget = self.budget.saturating_sub(at.min(limit) - start);
        None
    }

    /// Returns where `end` begins next. Places must come in their order.
    pub(super) fn find(&mut self, from: usize, end: &str) -> Option<usize> {
        let next = match self.next_ends.get(end) {
            Some(&next) if next >= from => next,
            _ => {
                let found = memmem::find(&self.bytes[from..], end.as_bytes());
                let next = found.map_or(usize::MAX, |found| from + found);
                self.next_ends.insert(end.to_owned(), next);
                next
            }
        };
        (next < usize::MAX).then_some(next)
    }

    /// Returns where the paragraph ends that a place is in.
    pub(super) fn paragraph_end(&mut self, from: usize) -> usize {
        if self.next_blank < from {
            let mut ends = memchr::memchr_iter(b'\n', &self.bytes[from..]).map(|end| from + end);
            let end = ends.find(|end| self.is_blank_line(end + 1));
            self.next_blank = end.unwrap_or(self.bytes.len());
        }
        self.next_blank
    }

    /// Passes blanks that are no blank line; TeX does not see them behind a name.
    pub(super) fn blanks(&mut self) {
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

    /// Returns the name of the command whose sign stands before a place.
    pub(super) fn name(&self, at: usize) -> &'a str {
        let rest = &self.text[at..];
        let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'@';
        let len = rest.bytes().take_while(|byte| is_letter(byte)).count();
        // XeTeX and LuaTeX take letters of all scripts into a name.
        let behind = &rest[len..];
        let others = behind.find(|c: char| c.is_ascii() || !c.is_alphabetic());
        let others = others.unwrap_or(behind.len());
        match (len, others) {
            (0, 0) => rest.chars().next().map_or("", |c| &rest[..c.len_utf8()]),
            (_, 0) => &rest[..len],
            _ => &rest[..len + others],
        }
    }

    /// Returns the name of a command that is used. In pdfTeX a name ends before Chinese, and so it does here if it is a name that everybody
    /// knows.
    pub(super) fn used_name(&self, at: usize) -> &'a str {
        let name = self.name(at);
        let ascii = name.find(|c: char| !c.is_ascii()).unwrap_or(name.len());
        let is_own = ascii == 0 || self.defined.contains(name);
        if is_own || !commands::is_known(&name[..ascii]) { name } else { &name[..ascii] }
    }

    pub(super) fn star(&mut self) {
        self.at += usize::from(self.byte() == Some(b'*'));
    }

    /// Passes the numbers of slides.
    pub(super) fn overlay(&mut self) {
        const LONGEST: usize = 60;
        let rest = &self.bytes[self.at..];
        let rest = &rest[..rest.len().min(LONGEST)];
        if self.byte() != Some(b'<') {
            return;
        }
        let is_inner = |byte: &&u8| byte.is_ascii_alphanumeric() || b"<+-,.@|: ".contains(byte);
        let len = rest.iter().take_while(is_inner).count();
        let has_number = rest[..len].iter().any(|byte| b"+-0123456789".contains(byte));
        if has_number && rest.get(len) == Some(&b'>') {
            self.at += len + 1;
        }
    }

    /// Passes what stands in square brackets right here.
    pub(super) fn options(&mut self) {
        while self.byte() == Some(b'[') {
            let Some(end) = self.balanced(self.at, How::Paragraph) else { return };
            self.at = end;
        }
    }

    /// Passes arguments that are no text; only the first may be an address.
    pub(super) fn arguments(&mut self, number: usize, mut how: How) {
        for _ in 0..number {
            let before = self.at;
            self.blanks();
            while self.byte() == Some(b'[') {
                let Some(end) = self.balanced(self.at, how) else { break };
                self.at = end;
                self.blanks();
            }
            match self.byte() {
                Some(b'{') => match self.balanced(self.at, how) {
                    Some(end) => self.at = end,
                    None => return,
                },
                Some(b'\\') if how == How::Definition => {
                    let name = self.name(self.at + 1);
                    self.at += 1 + name.len();
                    // The pattern of a \def.
                    let is_pattern = |byte: &&u8| matches!(byte, b'#' | b'0'..=b'9' | b'=');
                    self.at += self.bytes[self.at..].iter().take_while(is_pattern).count();
                }
                _ => {
                    self.at = before;
                    self.is_apart = true;
                    return;
                }
            }
            if how == How::Address {
                how = How::Paragraph;
            }
        }
    }
}
