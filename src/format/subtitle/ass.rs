//! (Advanced) SubStation Alpha: sections of lines, of which those of dialogue have text.
//!
//! Only the field `Text` of `Dialogue:` lines in `[Events]` is prose; it is the last and may hold commas. Styles, their fonts, names of
//! actors, comments and attached files stay. What stands in `{…}` is transparent, drawings are no text, `\N` is a line end and
//! `\h` a space that does not break.

use memchr::{memchr, memchr2};

use super::{Line, behind_last};
use crate::format::{Format, Malformed, Memory, Runs};

/// The style of `\N`, `\n` and `\h`.
const ESCAPED: u8 = 1;

/// Commas before the text, unless the line `Format:` says otherwise.
const COMMAS: usize = 9;

/// Scripts of SubStation Alpha.
#[derive(Debug)]
pub(crate) struct Ass;

/// What the lines before say.
#[derive(Clone, Copy)]
struct State {
    is_in_events: bool,
    /// Commas before the text.
    commas: usize,
}

impl State {
    fn of(memory: &Memory) -> State {
        match memory.of_format.as_deref() {
            Some(&[is_in_events, commas]) => State { is_in_events: is_in_events != 0, commas },
            _ => State { is_in_events: false, commas: COMMAS },
        }
    }

    /// Takes a line.
    fn line(&mut self, line: &[u8]) {
        if line.first() == Some(&b'[') {
            // Lines of attached files may begin with a bracket, but have no small letters.
            let line = line.trim_ascii_end();
            if line.eq_ignore_ascii_case(b"[events]") {
                self.is_in_events = true;
            } else if line.last() == Some(&b']') {
                self.is_in_events = false;
            }
        } else if self.is_in_events
            && let Some(fields) = line.strip_prefix(b"Format:")
        {
            let mut names = fields.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
            self.commas =
                names.position(|name| name.eq_ignore_ascii_case(b"text")).unwrap_or(COMMAS);
        }
    }
}

impl Format for Ass {
    fn name(&self) -> &str {
        "ass"
    }

    fn scan(&self, text: &str, memory: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let bytes = text.as_bytes();
        let mut state = State::of(memory);
        let mut at = 0;
        while at < bytes.len() {
            let line = Line::at(bytes, at);
            at = line.next;
            let own = &bytes[line.range()];
            state.line(own);
            if own.first() == Some(&b';') {
                runs.comment(line.range());
            }
            if !state.is_in_events {
                continue;
            }
            let dialogue = own.strip_prefix(b"Dialogue:");
            let Some(fields) = dialogue.or_else(|| own.strip_prefix(b"Comment:")) else { continue };
            let mut start = line.end - fields.len();
            let has_text = (0..state.commas).all(|_| {
                let comma = memchr(b',', &bytes[start..line.end]);
                start += comma.map_or(0, |comma| comma + 1);
                comma.is_some()
            });
            if has_text && dialogue.is_none() {
                runs.comment(start..line.end);
            } else if has_text {
                tell(text, start, line.end, runs);
            }
        }
        Ok(())
    }

    fn cut(&self, text: &[u8], _: &Memory) -> Option<usize> {
        behind_last(text, |_| true)
    }

    fn remember(&self, part: &[u8], memory: &mut Memory) {
        let mut state = State::of(memory);
        let mut at = 0;
        while at < part.len() {
            let line = Line::at(part, at);
            state.line(&part[line.range()]);
            at = line.next;
        }
        memory.of_format = Some([usize::from(state.is_in_events), state.commas].into());
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        for c in text.chars() {
            match c {
                '{' | '}' | '\\' | '\n' | '\r' => return false,
                '\u{A0}' if style == ESCAPED => output.push_str("\\h"),
                _ => output.push(c),
            }
        }
        true
    }
}

/// Tells the text of a line of dialogue as a run.
fn tell(text: &str, start: usize, end: usize, runs: &mut Runs) {
    let bytes = &text.as_bytes()[..end];
    let (mut start, mut at) = (start, start);
    let (mut is_drawing, mut has_more_blocks) = (false, true);
    let piece = |range: std::ops::Range<usize>, is_drawing: bool, runs: &mut Runs| {
        if is_drawing { runs.object(range) } else { runs.prose(range) }
    };
    while let Some(len) = memchr2(b'{', b'\\', &bytes[at..]) {
        let found = at + len;
        at = found + 1;
        if bytes[found] == b'{' {
            let close = if has_more_blocks { memchr(b'}', &bytes[at..]) } else { None };
            let Some(len) = close else {
                // Without an end it is text, and so is every other.
                has_more_blocks = false;
                continue;
            };
            piece(start..found, is_drawing, runs);
            if bytes.get(at) != Some(&b'\\') {
                runs.comment(at..at + len);
            }
            is_drawing = drawing(&bytes[at..at + len]).unwrap_or(is_drawing);
            (start, at) = (at + len + 1, at + len + 1);
            continue;
        }
        let escaped = match bytes.get(at) {
            _ if is_drawing => None,
            Some(b'N' | b'n') => Some("\n"),
            Some(b'h') => Some("\u{A0}"),
            Some(b'{' | b'}') => {
                at += 1;
                None
            }
            _ => None,
        };
        if let Some(escaped) = escaped {
            runs.prose(start..found);
            runs.escaped(found..found + 2, escaped, ESCAPED);
            (start, at) = (found + 2, found + 2);
        }
    }
    piece(start..end, is_drawing, runs);
    runs.end();
}

/// Returns whether a drawing goes on behind a block of tags, if the block says so: `\p1` begins one and `\p0` ends it.
fn drawing(block: &[u8]) -> Option<bool> {
    let (mut at, mut found) = (0, None);
    while let Some(len) = memchr(b'\\', &block[at..]) {
        at += len + 1;
        let tag = block[at..].trim_ascii_start();
        if let Some(scale) = tag.strip_prefix(b"p")
            && scale.first().is_some_and(u8::is_ascii_digit)
        {
            let digits = scale.iter().take_while(|byte| byte.is_ascii_digit());
            found = Some(digits.copied().any(|digit| digit != b'0'));
        }
    }
    found
}
