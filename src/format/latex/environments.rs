//! Math, code, definitions and environments.
//!
//! In: the command that begins one. Out: how far it goes, and which text is in it. The naive way has a list of the environments that are
//! code; documents define others, which are learned here.

use super::commands::{self, Environment};
use super::read::How;
use super::{Group, Scan};

impl Scan<'_, '_> {
    /// Takes math up to an end within the paragraph.
    pub(super) fn until(&mut self, start: usize, end: &str) {
        let Some(found) = self.find(self.at, end) else { return };
        if self.paragraph_end(self.at) < found {
            return;
        }
        if end == "\\]" {
            self.runs.end();
            let spans = self.texts(start..found);
            self.nest(spans, found + end.len(), None);
        } else {
            self.math(start..found + end.len());
        }
    }

    /// Takes a definition, which is no text but for the names of a document's parts.
    pub(super) fn definition(&mut self, name: &str, arguments: usize) {
        let start = self.at;
        if commands::is_font(name) {
            self.arguments(arguments, How::Definition);
            return self.options();
        }
        self.arguments(1, How::Definition);
        let defined = &self.text[start..self.at];
        if let Some(sign) = defined.find('\\') {
            let own = self.name(start + sign + 1);
            if !own.is_ascii() {
                self.defined.insert(own);
            }
            if commands::is_part_name(own) && matches!(name, "renewcommand" | "def" | "gdef") {
                let inner = self.at + 1;
                self.arguments(1, How::Definition);
                if self.bytes[inner - 1..].starts_with(b"{") && inner < self.at {
                    self.nest_one(inner..self.at - 1);
                }
                return;
            }
        }
        let end = self.at;
        self.arguments(arguments - 1, How::Definition);
        self.learn(name, &self.text[start..end]);
    }

    /// Learns the name of an environment or of a command for code.
    fn learn(&mut self, name: &str, defined: &str) {
        let in_brackets = |open: char, close: char| {
            let (_, rest) = defined.split_once(open)?;
            Some(rest.split_once(close)?.0.trim().to_owned())
        };
        let Some(first) = in_brackets('{', '}') else { return };
        let own = in_brackets('[', ']');
        match name {
            "newminted" => self.code.insert(own.unwrap_or(format!("{first}code"))),
            "newmint" => self.inline_code.insert(own.unwrap_or(first)),
            "newmintinline" => self.inline_code.insert(own.unwrap_or(format!("{first}inline"))),
            "lstnewenvironment"
            | "newtcblisting"
            | "NewTCBListing"
            | "DeclareTCBListing"
            | "DefineVerbatimEnvironment"
            | "newverbatim" => self.code.insert(first),
            _ => return,
        };
    }

    /// Returns whether what stands in an environment has a caption, and so is more than code.
    fn is_float(&mut self, name: &str) -> bool {
        let end = self.find(self.at, &format!("\\end{{{name}}}"));
        self.find(self.at, "\\caption").is_some_and(|caption| end.is_some_and(|end| caption < end))
    }

    /// Takes the sign between which there is code from here on, or no longer.
    pub(super) fn short_verb(&mut self, name: &str) {
        self.star();
        self.options();
        let rest = &self.bytes[self.at..];
        let (len, sign) = match rest {
            [b'{', b'\\', sign, b'}', ..] => (4, *sign),
            [b'{', sign, b'}', ..] => (3, *sign),
            [b'\\', sign, ..] => (2, *sign),
            [sign, ..] => (1, *sign),
            [] => return,
        };
        if sign.is_ascii_punctuation() && !b"\\{}%$&#".contains(&sign) {
            self.at += len;
            let is_short = name.contains("Make") || name.contains("Define");
            self.short_code = is_short.then_some(sign);
        }
    }

    /// Takes `\verb|…|`, or the same in braces.
    pub(super) fn verbatim(&mut self, start: usize, arguments: usize) {
        self.options();
        self.arguments(arguments, How::Paragraph);
        let rest = &self.text[self.at..];
        let Some(fence) = rest.chars().next() else { return };
        if fence == '{' {
            if let Some(end) = self.balanced(self.at, How::Address) {
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

    pub(super) fn begin(&mut self, start: usize) {
        self.runs.end();
        let rest = &self.bytes[self.at..];
        let name = rest.strip_prefix(b"{").and_then(|rest| {
            const LONGEST_NAME: usize = 64;
            let rest = &rest[..rest.len().min(LONGEST_NAME)];
            let len = rest.iter().position(|byte| b"}{\\\n".contains(byte))?;
            if rest[len] != b'}' {
                return None;
            }
            self.text.get(self.at + 1..self.at + 1 + len)
        });
        let Some(name) = name else { return };
        self.at += name.len() + 2;
        debug_assert!(self.at > start, "a name in braces was passed");
        self.overlay();
        let environment = match commands::environment(name) {
            _ if self.code.contains(name) => Environment::Left,
            Environment::Code if self.is_float(name) => Environment::Unknown,
            Environment::Code => Environment::Left,
            environment => environment,
        };
        let mut spans = Vec::new();
        match environment {
            Environment::Left | Environment::Code | Environment::Math => {
                let end = format!("\\end{{{name}}}");
                if let Some(found) = self.find(self.at, &end) {
                    if environment == Environment::Math {
                        spans = self.texts(self.at..found);
                    } else if self.byte() == Some(b'[') {
                        self.bracket(false, &mut spans);
                        spans.retain(|span| span.end <= found);
                    }
                    self.at = found + end.len();
                }
            }
            Environment::Text { arguments } => {
                self.brackets(false, &mut spans);
                self.arguments(arguments, How::Paragraph);
            }
            Environment::Unknown => {
                // The name of a theorem, the title of a slide.
                self.brackets(true, &mut spans);
                return self.nest(spans, self.at, Some(Group::Own));
            }
        }
        self.nest(spans, self.at, None);
    }
}
