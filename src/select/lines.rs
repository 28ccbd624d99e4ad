//! Which lines are code as a whole: the only thing about a line that depends on the lines before it.

/// What is known from the lines above.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    open: Open,
    /// Some line was seen, so that `---` begins no front matter.
    has_begun: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Open {
    #[default]
    Prose,
    /// A fence of so many of this character; so many or more close it.
    Fence(u8, usize),
    FrontMatter,
    Formula,
    /// LaTeX's text as it is.
    Verbatim,
}

/// The environments of LaTeX that hold code.
const VERBATIM: [&[u8]; 4] = [b"verbatim", b"lstlisting", b"minted", b"Verbatim"];

fn is_verbatim(line: &[u8], begins: &[u8]) -> bool {
    line.strip_prefix(begins)
        .is_some_and(|name| VERBATIM.iter().any(|other| name.starts_with(other)))
}

/// What a line is as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    Prose,
    Frozen,
}

impl Lines {
    /// Returns what is known in the midst of a document: a line is not its first.
    pub(crate) fn within() -> Lines {
        Lines { has_begun: true, ..Lines::default() }
    }

    /// Takes lines that belong together, or one; returns what the first is.
    pub(crate) fn skip(&mut self, lines: &[u8], is_single: bool) -> LineKind {
        let end = if is_single { None } else { memchr::memchr(b'\n', lines) };
        let first = end.map_or(lines, |end| &lines[..=end]);
        let kind = self.next(first);
        for line in lines[first.len()..].split_inclusive(|&byte| byte == b'\n') {
            self.next(line);
        }
        kind
    }

    /// Takes the next line, with or without its end, and returns what it is.
    pub(crate) fn next(&mut self, line: &[u8]) -> LineKind {
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let indent = line.iter().take_while(|&&byte| byte == b' ' || byte == b'\t').count();
        let rest = &line[indent..];
        // Nearly every line is known by its first byte.
        if self.open == Open::Prose
            && !matches!(rest.first(), Some(b'`' | b'~' | b'-' | b'$' | b'\\'))
        {
            return LineKind::Prose;
        }
        let rest = rest.trim_ascii_end();
        let run = |byte: u8| rest.iter().take_while(|&&other| other == byte).count();
        match self.open {
            Open::Prose => match rest.first() {
                Some(&byte @ (b'`' | b'~')) if run(byte) >= 3 => {
                    // A run of backticks that is closed on its line is a code span.
                    // And `~~~你好~~~` is decoration.
                    if rest[run(byte)..].contains(&byte) {
                        return LineKind::Prose;
                    }
                    self.open = Open::Fence(byte, run(byte));
                    LineKind::Frozen
                }
                Some(b'-') if is_first && indent == 0 && rest == b"---" => {
                    self.open = Open::FrontMatter;
                    LineKind::Frozen
                }
                Some(b'\\') if is_verbatim(rest, b"\\begin{") => {
                    self.open = Open::Verbatim;
                    LineKind::Frozen
                }
                Some(b'$') if rest == b"$$" => {
                    self.open = Open::Formula;
                    LineKind::Frozen
                }
                _ => LineKind::Prose,
            },
            Open::Fence(byte, count) => {
                if run(byte) >= count && run(byte) == rest.len() {
                    self.open = Open::Prose;
                }
                LineKind::Frozen
            }
            Open::FrontMatter => {
                if indent == 0 && (rest == b"---" || rest == b"...") {
                    self.open = Open::Prose;
                }
                LineKind::Frozen
            }
            Open::Verbatim => {
                if is_verbatim(rest, b"\\end{") {
                    self.open = Open::Prose;
                }
                LineKind::Frozen
            }
            Open::Formula => {
                if rest == b"$$" {
                    self.open = Open::Prose;
                }
                LineKind::Frozen
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_front_matter_and_formulas_are_known_by_their_lines() {
        let text = "---\ntitle: 头\n---\n正文\n```rust\nlet a;\n``\n```\n正文\n~~~~\n~~~\n~~~~~\n$$\nx\n$$\n---\n正文\n\\begin{verbatim}\n头\n\\end{verbatim}\n~~~好~~~\n正文";
        let mut lines = Lines::default();
        let kinds: String = text
            .lines()
            .map(|line| if lines.next(line.as_bytes()) == LineKind::Prose { 'p' } else { 'f' })
            .collect();
        assert_eq!(kinds, "fffpffffpffffffppfffpp");
    }
}
