//! MDX: Markdown with JSX, expressions in braces, and the imports and exports of a module.
//!
//! In: a document. Out: the same length of Markdown, in which a tag is a tag without attributes, an expression is one too, and what
//! stands on lines of its own is blank. The naive way reads MDX as Markdown: `<Tabs items={['发']}>` is no tag there, and its strings are
//! prose. A parser of JavaScript would know where an expression ends; here brackets are counted, strings and comments passed over.

use std::ops::Range;

/// MDX as Markdown.
pub(super) struct Masked {
    pub(super) text: String,
    /// Expressions in a sentence, in their order.
    pub(super) objects: Vec<Range<usize>>,
}

/// Elements whose content is code, and the line break: they keep their names.
const KNOWN: [&str; 11] =
    ["br", "code", "kbd", "math", "pre", "samp", "script", "style", "svg", "textarea", "tt"];

/// What is no Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tag,
    Expression,
    Module,
}

/// Returns the Markdown of a document, from `body` on.
pub(super) fn masked(text: &str, body: usize) -> Masked {
    let mut reader = Reader { bytes: text.as_bytes(), budget: 4096 + 8 * text.len() };
    let spans = reader.spans(body);
    let bytes = text.as_bytes();
    let mut mask = bytes.to_vec();
    let mut objects = Vec::new();
    let mut first = 0;
    while first < spans.len() {
        // Those that stand side by side on one line.
        let is_beside = |two: &[(Range<usize>, Kind)]| {
            bytes[two[0].0.end..two[1].0.start].iter().all(|byte| b" \t".contains(byte))
        };
        let mut last = first;
        while last + 1 < spans.len() && is_beside(&spans[last..last + 2]) {
            last += 1;
        }
        let group = &spans[first..=last];
        let before = bytes[..group[0].0.start].iter().rev().find(|byte| !b" \t>".contains(byte));
        let behind = bytes[spans[last].0.end..].iter().find(|byte| !b" \t\r".contains(byte));
        let is_alone = matches!(before, None | Some(b'\n')) && matches!(behind, None | Some(b'\n'));
        for (range, kind) in group {
            let part = &mut mask[range.clone()];
            if *kind == Kind::Module || is_alone && !is_known(part) {
                part.iter_mut()
                    .filter(|byte| !b"\r\n".contains(byte))
                    .for_each(|byte| *byte = b' ');
            } else if *kind == Kind::Tag {
                tag(part);
            } else {
                objects.push(range.clone());
                part.fill(b'z');
                if let [open, .., close] = part {
                    (*open, *close) = (b'<', b'>');
                }
            }
        }
        first = last + 1;
    }
    // Whole pieces of the document became ASCII.
    Masked { text: String::from_utf8(mask).unwrap_or_else(|_| text.to_owned()), objects }
}

/// Returns the name of a tag.
fn name(tag: &[u8]) -> Range<usize> {
    let start = if tag.get(1) == Some(&b'/') { 2 } else { 1 };
    let len = tag[start..].iter().take_while(|&&byte| is_of_name(byte)).count();
    start..start + len
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-:$".contains(&byte)
}

fn is_known(tag: &[u8]) -> bool {
    let name = &tag[name(tag)];
    KNOWN.iter().any(|known| name == known.as_bytes())
}

/// Makes a tag one of Markdown, which begins no block.
fn tag(tag: &mut [u8]) {
    let (name, is_known, len) = (name(tag), is_known(tag), tag.len());
    let is_closed = tag[..len - 1].ends_with(b"/");
    if !is_known {
        for (index, byte) in tag[name.clone()].iter_mut().enumerate() {
            *byte = match byte {
                _ if index == 0 => b'z',
                _ if byte.is_ascii_alphanumeric() => *byte,
                _ => b'-',
            };
        }
    }
    let end = len - 1 - usize::from(is_closed && name.end < len - 1);
    if name.end < end {
        tag[name.end] = b' ';
        let rest = if tag[1] == b'/' { b' ' } else { b'z' };
        tag[name.end + 1..end].fill(rest);
    }
}

struct Reader<'t> {
    bytes: &'t [u8],
    /// Steps that are left to look for ends.
    budget: usize,
}

impl Reader<'_> {
    /// Returns all that is no Markdown.
    fn spans(&mut self, body: usize) -> Vec<(Range<usize>, Kind)> {
        let (mut spans, mut at) = (Vec::new(), body);
        let mut fences = Fences::default();
        let mut is_behind_blank = true;
        while at < self.bytes.len() {
            let end = self.line_end(at);
            let line = &self.bytes[at..end];
            let is_blank = line.trim_ascii().is_empty();
            if fences.line(line) {
                (at, is_behind_blank) = (end, false);
            } else if is_behind_blank && is_module(line) {
                let end = self.module_end(at);
                spans.push((at..end, Kind::Module));
                at = end;
            } else {
                is_behind_blank = is_blank;
                at = self.line(at, end, &mut spans);
            }
        }
        spans
    }

    fn line_end(&self, at: usize) -> usize {
        memchr::memchr(b'\n', &self.bytes[at..]).map_or(self.bytes.len(), |len| at + len + 1)
    }

    /// Takes a line up to its end, or to where something ends that began on it.
    fn line(
        &mut self,
        mut at: usize,
        mut end: usize,
        spans: &mut Vec<(Range<usize>, Kind)>,
    ) -> usize {
        while at < end {
            let found = match self.bytes[at] {
                b'\\' => {
                    at += 2;
                    continue;
                }
                b'`' => {
                    at = self.code_end(at);
                    if at > end {
                        end = self.line_end(at);
                    }
                    continue;
                }
                b'{' if self.bytes.get(at + 1) != Some(&b'#') => {
                    self.expression_end(at).map(|end| (end, Kind::Expression))
                }
                b'<' => self.tag_end(at).map(|end| (end, Kind::Tag)),
                _ => None,
            };
            match found {
                Some((behind, kind)) => {
                    if behind - at > 2 {
                        spans.push((at..behind, kind));
                    }
                    at = behind;
                    if at > end {
                        end = self.line_end(at);
                    }
                }
                None => at += 1,
            }
        }
        at.min(self.bytes.len())
    }

    /// Returns the place behind code that begins here, or behind the signs that begin none.
    fn code_end(&mut self, at: usize) -> usize {
        let count = |at: usize| self.bytes[at..].iter().take_while(|&&byte| byte == b'`').count();
        let len = count(at);
        let mut from = at + len;
        while let Some(found) = memchr::memchr2(b'`', b'\n', &self.bytes[from..]) {
            from += found;
            if found > self.budget {
                break;
            }
            self.budget -= found;
            if self.bytes[from] == b'\n' {
                from += 1;
                let line = &self.bytes[from..self.line_end(from)];
                if line.trim_ascii().is_empty() {
                    break;
                }
                continue;
            }
            let here = self.bytes[from..].iter().take_while(|&&byte| byte == b'`').count();
            from += here;
            if here == len {
                return from;
            }
        }
        at + len
    }

    /// Returns the place behind the brace that closes the one here.
    fn expression_end(&mut self, at: usize) -> Option<usize> {
        let (mut depth, mut at) = (0_usize, at);
        while let Some(&byte) = self.bytes.get(at) {
            self.budget = self.budget.checked_sub(1)?;
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(at + 1);
                    }
                }
                b'"' | b'\'' | b'`' | b'/' => {
                    at = self.literal_end(at);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Returns the place behind a string or a comment that begins here, or behind its first sign if it is none.
    fn literal_end(&mut self, at: usize) -> usize {
        let bytes = self.bytes;
        let find = |what: &[u8]| memchr::memmem::find(&bytes[at + 2..], what);
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) if self.budget == 0 => at + 2,
            (b'/', Some(b'*')) => match find(b"*/") {
                Some(len) => at + len + 4,
                None => {
                    self.budget = self.budget.saturating_sub(bytes.len() - at);
                    at + 2
                }
            },
            (b'/', Some(b'/')) if at > 0 && bytes[at - 1] != b':' => {
                find(b"\n").map_or(bytes.len(), |len| at + len + 2)
            }
            (b'/', _) => at + 1,
            (quote, _) => {
                let mut end = at + 1;
                while let Some(&byte) = bytes.get(end) {
                    if self.budget == 0 {
                        break;
                    }
                    self.budget -= 1;
                    match byte {
                        b'\\' => end += 1,
                        // An apostrophe in a text.
                        b'\n' if quote != b'`' => break,
                        _ if byte == quote => return end + 1,
                        _ => {}
                    }
                    end += 1;
                }
                at + 1
            }
        }
    }

    /// Returns the place behind the tag that begins here.
    fn tag_end(&mut self, at: usize) -> Option<usize> {
        let rest = &self.bytes[at..];
        if rest.starts_with(b"<!--") {
            return None;
        }
        let start = if rest.get(1) == Some(&b'/') { 2 } else { 1 };
        let first = *rest.get(start)?;
        if !(first.is_ascii_alphabetic() || b"_$".contains(&first)) {
            return None;
        }
        let mut at = at + start;
        let name = self.bytes[at..].iter().take_while(|&&byte| is_of_name(byte)).count();
        at += name;
        // `<https://a.cn>` is none.
        if self.bytes[..at].ends_with(b":") {
            return None;
        }
        while let Some(&byte) = self.bytes.get(at) {
            self.budget = self.budget.checked_sub(1)?;
            match byte {
                b'>' => return Some(at + 1),
                b'{' => at = self.expression_end(at)?,
                b'"' | b'\'' => {
                    let len = memchr::memchr(byte, &self.bytes[at + 1..])?;
                    self.budget = self.budget.checked_sub(len)?;
                    at += len + 2;
                }
                b'<' => return None,
                _ => at += 1,
            }
        }
        None
    }

    /// Returns the place behind the imports and exports that begin here: behind a blank line, where no bracket is open.
    fn module_end(&mut self, start: usize) -> usize {
        let (mut at, mut depth, mut first_blank) = (start, 0_i64, None);
        while at < self.bytes.len() {
            if self.budget == 0 {
                break;
            }
            self.budget -= 1;
            match self.bytes[at] {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => depth -= 1,
                b'"' | b'\'' | b'`' | b'/' => {
                    at = self.literal_end(at);
                    continue;
                }
                b'\n' => {
                    let end = self.line_end(at + 1);
                    if self.bytes[at + 1..end].trim_ascii().is_empty() {
                        if depth <= 0 {
                            return at + 1;
                        }
                        first_blank.get_or_insert(at + 1);
                    }
                }
                _ => {}
            }
            at += 1;
        }
        match first_blank {
            Some(blank) if depth > 0 => blank,
            _ => self.bytes.len(),
        }
    }
}

fn is_module(line: &[u8]) -> bool {
    [&b"import"[..], b"export"].iter().any(|word| {
        line.strip_prefix(*word)
            .and_then(<[u8]>::first)
            .is_some_and(|&byte| byte == b' ' || b"{\"'*".contains(&byte))
    })
}

/// A fenced block of code, if one is open.
#[derive(Default)]
struct Fences {
    open: Option<(u8, usize)>,
}

impl Fences {
    /// Takes a line; returns whether it is code, or begins or ends it.
    fn line(&mut self, line: &[u8]) -> bool {
        let begin = line.iter().position(|byte| !b" \t>".contains(byte)).unwrap_or(line.len());
        let line = &line[begin..];
        let sign = line.first().copied().filter(|sign| b"`~".contains(sign));
        let len = sign.map_or(0, |sign| line.iter().take_while(|&&byte| byte == sign).count());
        let rest = &line[len..];
        match (self.open, sign) {
            (Some((open, most)), Some(sign)) if sign == open && len >= most => {
                if rest.trim_ascii().is_empty() {
                    self.open = None;
                }
                true
            }
            (Some(_), _) => true,
            (None, Some(sign)) if len >= 3 && (sign == b'~' || !rest.contains(&b'`')) => {
                self.open = Some((sign, len));
                true
            }
            (None, _) => false,
        }
    }
}
