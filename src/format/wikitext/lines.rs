//! What stands at the beginning of a line of a page, and tables.
//!
//! In: a place at the beginning of a line, or at its end. Out: where the text of it begins, and which run it is of. The naive way takes
//! each line for itself, and then words across line ends of a paragraph go unseen, as do styles of cells.

use std::collections::HashSet;

use memchr::memmem;

use super::names::{self, LONGEST_OPTION};
use super::{FIRST, FIXED, Kind, Scan, Term};

/// Returns the texts of a page's headings that have no markup.
pub(super) fn headings(page: &str) -> HashSet<&str> {
    let heads = page.lines().filter_map(|line| {
        let line = line.trim_ascii_end().strip_prefix('=')?.strip_suffix('=')?;
        Some(line.trim_matches('=').trim())
    });
    heads
        .filter(|head| !head.contains(['[', ']', '{', '}', '<', '>', '\'', '&', '_', '#']))
        .collect()
}

impl Scan<'_, '_> {
    /// Takes a line end, which ends a paragraph or not.
    pub(super) fn line_end(&mut self) {
        let start = self.at;
        self.at += 1;
        self.external = 0;
        let is_heading = !self.heading.is_empty();
        self.heading = 0..0;
        self.term = None;
        let next = self.bytes.get(self.at).copied();
        let is_gallery = self.top() == Some(Kind::Gallery);
        let ends = next.is_none_or(|byte| b"\n\r*#:;= |!".contains(&byte)) || self.starts("{|");
        if ends || is_heading || is_gallery || self.starts("----") {
            self.end();
        } else if !self.is_quiet() {
            self.runs.prose_in(start..self.at, FIXED);
        }
        self.line_start();
    }

    /// Takes the signs at the beginning of a line.
    pub(super) fn line_start(&mut self) {
        self.style = FIRST;
        if self.top() == Some(Kind::Gallery) {
            // The name of a file.
            let line = &self.bytes[self.at..];
            let end = line.iter().position(|&byte| byte == b'|' || byte == b'\n' || byte == b'<');
            self.at += end.unwrap_or(line.len());
            if self.starts("|") {
                self.picture_part();
            }
            return;
        }
        let start = self.at;
        let signs = self.bytes[start..].iter().take_while(|byte| b"*#:; \t".contains(byte));
        let indent = signs.count();
        let is_item = self.bytes[start..start + indent].iter().any(|byte| b"*#:;".contains(byte));
        if self.bytes[start + indent..].starts_with(b"{|") {
            self.at = start + indent;
            return self.table();
        }
        if is_item {
            self.at += indent;
            let rest = &self.bytes[start..];
            let signs = rest.iter().take_while(|byte| b"*#:;".contains(byte)).count();
            if signs > 0 && rest[signs - 1] == b';' {
                self.term = Some(Term { frames: self.frames.len(), elements: 0 });
            }
            return;
        }
        match self.bytes.get(start) {
            Some(b'=') => self.heading_start(),
            Some(b'|' | b'!') if self.top() == Some(Kind::Table) => self.table_line(),
            Some(b'-') if self.starts("----") => {
                self.at += self.bytes[start..].iter().take_while(|&&byte| byte == b'-').count();
            }
            _ => {}
        }
    }

    fn heading_start(&mut self) {
        let start = self.at;
        let line = memchr::memchr(b'\n', &self.bytes[start..]);
        let line = &self.bytes[start..line.map_or(self.bytes.len(), |end| start + end)];
        let is_sign = |byte: &&u8| **byte == b'=';
        let trimmed = line.trim_ascii_end();
        let head = trimmed.iter().take_while(is_sign).count();
        let tail = trimmed.iter().rev().take_while(is_sign).count();
        if tail > 0 && head + tail < trimmed.len() {
            self.at += head;
            let end = start + trimmed.len();
            self.heading = end - tail..end;
        }
    }

    /// Passes to the end of the line.
    fn rest_of_line(&mut self) {
        let end = memchr::memchr(b'\n', &self.bytes[self.at..]);
        self.at = end.map_or(self.bytes.len(), |end| self.at + end);
    }

    fn table(&mut self) {
        self.end();
        self.push(Kind::Table, None);
        self.rest_of_line();
    }

    /// Takes what begins a line within a table.
    fn table_line(&mut self) {
        self.end();
        if self.starts("|-") {
            self.rest_of_line();
        } else if self.starts("|}") && !self.ends.contains(&(self.at + 1)) {
            self.at += 2;
            self.pop();
        } else {
            self.at += if self.starts("|+") { 2 } else { 1 };
            self.cell();
        }
    }

    /// Takes the sign behind a term, if here is one: its explanation is another run. Within brackets, links and elements there is none.
    pub(super) fn colon(&mut self) -> bool {
        let Some(term) = self.term else { return false };
        if term.elements > 0 || term.frames != self.frames.len() || self.external > 0 {
            return false;
        }
        self.term = None;
        self.end();
        self.at += 1;
        self.at += self.bytes[self.at..].iter().take_while(|byte| b" \t".contains(byte)).count();
        self.style = FIRST;
        true
    }

    /// Takes the bar before an option of a picture in a gallery, or before its caption.
    fn picture_part(&mut self) {
        self.end();
        self.at += 1;
        let rest = &self.bytes[self.at..];
        let rest = &rest[..rest.len().min(LONGEST_OPTION)];
        let end = rest.iter().position(|byte| b"|{[<\n".contains(byte)).unwrap_or(rest.len());
        let option = self.text.get(self.at..self.at + end).unwrap_or_default();
        let has_name = option.contains('=');
        match names::option(option) {
            (_, false) if has_name => {
                let rest = &self.bytes[self.at..];
                let end = rest.iter().position(|&byte| byte == b'|' || byte == b'\n');
                self.at += end.unwrap_or(rest.len());
            }
            (skipped, _) => self.at += skipped,
        }
        self.style = FIRST;
    }

    /// Passes the attributes of a cell.
    fn cell(&mut self) {
        self.style = FIRST;
        const LONGEST: usize = 300;
        let rest = &self.bytes[self.at..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let heads = memmem::find(rest, b"!!").unwrap_or(rest.len());
        let rest_of_cell = &rest[..heads];
        let end = rest_of_cell.iter().position(|byte| b"|[{<\n".contains(byte));
        let Some(end) = end else { return };
        if rest[end] == b'|' && rest.get(end + 1) != Some(&b'|') {
            self.at += end + 1;
        }
    }

    /// Takes a bar that separates something.
    pub(super) fn bar(&mut self) -> bool {
        let is_bar = self.starts("|");
        match self.top() {
            Some(Kind::Table) if self.starts("||") || self.starts("!!") => {
                self.end();
                self.at += 2;
                self.cell();
                true
            }
            Some(Kind::Template) if is_bar => {
                self.at += 1;
                self.parameter();
                true
            }
            Some(Kind::Gallery) if is_bar => {
                self.picture_part();
                true
            }
            Some(Kind::File) if is_bar => {
                self.at += 1;
                self.option();
                true
            }
            _ => false,
        }
    }
}
