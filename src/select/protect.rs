//! What is frozen within the lines of a text.
//!
//! In: lines, and what the user wants kept. Out: their frozen and guarded ranges.

use std::ops::Range;
use std::sync::Arc;

use regex::{Regex, RegexBuilder};

use super::seen::Seen;
use super::terms::Longest;
use super::{LineKind, Lines, layout, tokens};
use crate::draft::{Draft, leads, lines as lines_of, next_lead};
use crate::error::Error;

/// Which text is to stay as it is, whatever the passes and the conversion would do with it.
///
/// ```
/// use jianfan::{Converter, pipeline::{Pipeline, Protection}};
///
/// let protection = Protection::common().pattern("【.*?】")?.keep(["范冰冰"])?;
/// let pipeline = Pipeline::new(Converter::new("s2t")?).protect(protection);
/// let text = "范冰冰的范围 【头发】 `头发` https://example.com/头发";
/// assert_eq!(
///     pipeline.run(text.as_bytes())?,
///     "范冰冰的範圍 【头发】 `头发` https://example.com/头发".as_bytes(),
/// );
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Protection {
    is_common: bool,
    patterns: Vec<Regex>,
    terms: Option<Arc<Longest>>,
}

/// Bytes that can begin a common span, or stand in its midst; and those that rows of tables and code hold.
pub(crate) const BEGINS: [bool; 256] = leads(b":@#`<&${%/\\]._[(;,-?!|\t=");

static ASKS: [bool; 256] = BEGINS;
/// The kind of character that [`BEGINS`] names, in sets of kinds.
pub(crate) const SPAN: u32 = 1 << 31;

impl Protection {
    /// Protects nothing.
    pub fn none() -> Protection {
        Protection::default()
    }

    /// Protects what is not prose in any text: addresses, e-mail, paths and file names, numbers with separators, times,
    /// versions, code in backticks and fences, tags, entities, formulas, LaTeX commands, placeholders, link targets,
    /// emoticons, #tags and @names.
    pub fn common() -> Protection {
        Protection { is_common: true, ..Protection::default() }
    }

    /// Protects besides what a regular expression matches within a line.
    ///
    /// # Errors
    ///
    /// If it is no regular expression of the `regex` crate, matches the empty text, or needs more than 1 MB when compiled.
    pub fn pattern(mut self, pattern: &str) -> Result<Protection, Error> {
        /// What is wrong, without the picture of several lines that points at it.
        fn reason(error: &regex::Error) -> String {
            let told = error.to_string();
            let last = told.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
        let refused = |reason: String| Error::usage(format!("bad pattern '{pattern}': {reason}"));
        let regex = RegexBuilder::new(pattern)
            .size_limit(1 << 20)
            .build()
            .map_err(|error| refused(reason(&error)))?;
        if regex.is_match("") {
            return Err(refused("it matches the empty text".to_owned()));
        }
        self.patterns.push(regex);
        Ok(self)
    }

    /// Protects besides each occurrence of these terms; where several begin at one place, the longest. A later call
    /// replaces the terms of an earlier one.
    ///
    /// # Errors
    ///
    /// If a term is empty, or there are too many to search for.
    pub fn keep(
        mut self,
        terms: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Protection, Error> {
        let terms: Vec<String> = terms.into_iter().map(|term| term.as_ref().to_owned()).collect();
        if terms.iter().any(String::is_empty) {
            return Err(Error::usage("a term to keep is empty".to_owned()));
        }
        let automaton = Longest::new(&terms)
            .map_err(|error| Error::usage(format!("too many terms to keep: {error}")))?;
        self.terms = (!terms.is_empty()).then(|| Arc::new(automaton));
        Ok(self)
    }

    /// Returns whether there is nothing to protect.
    pub(crate) fn is_none(&self) -> bool {
        !self.is_common && self.patterns.is_empty() && self.terms.is_none()
    }

    /// Returns whether common spans are protected.
    pub(crate) fn is_common(&self) -> bool {
        self.is_common
    }

    /// Returns whether there may be something to protect in lines with these kinds of character; [`SPAN`] is one.
    pub(crate) fn asks(&self, kinds: u32) -> bool {
        (self.is_common && kinds & SPAN != 0) || !self.patterns.is_empty() || self.terms.is_some()
    }

    /// As it is, and the common spans too.
    pub(crate) fn with_common(mut self) -> Protection {
        self.is_common = true;
        self
    }

    /// Finds the frozen and guarded ranges of a draft, whose first line comes behind those that `lines` has seen.
    pub(crate) fn mark(&self, draft: &mut Draft<'_>, lines: &mut Lines) {
        let (mut frozen, mut guarded) = (Vec::new(), Vec::new());
        for (start, line) in lines_of(draft.text()) {
            self.line(line, start, lines, &mut frozen, &mut guarded);
        }
        draft.frozen = frozen;
        draft.guarded = guarded;
    }

    /// Adds the frozen ranges of lines that begin at `start`.
    pub(crate) fn lines(
        &self,
        text: &str,
        start: usize,
        mut lines: Lines,
        frozen: &mut Vec<Range<usize>>,
    ) {
        let mut guarded = Vec::new();
        for (at, line) in lines_of(text) {
            self.line(line, start + at, &mut lines, frozen, &mut guarded);
        }
    }

    /// Adds the ranges of one line that begins at `start`.
    fn line(
        &self,
        line: &str,
        start: usize,
        lines: &mut Lines,
        frozen: &mut Vec<Range<usize>>,
        guarded: &mut Vec<Range<usize>>,
    ) {
        if self.is_common && lines.next(line.as_bytes()) == LineKind::Frozen {
            frozen.push(start..start + line.len());
            return;
        }
        let first = frozen.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        if self.is_common {
            let asks = common(line, start, frozen);
            if asks && layout::is_guarded(line) {
                guarded.push(start..start + line.len());
            }
        }
        for pattern in &self.patterns {
            frozen.extend(
                pattern.find_iter(line).map(|found| start + found.start()..start + found.end()),
            );
        }
        if let Some(terms) = &self.terms {
            terms.find(line, start, frozen);
        }
        if !self.patterns.is_empty() || self.terms.is_some() {
            merge(frozen, first);
        }
    }
}

/// Makes the ranges from `first` on a list in order in which none overlaps.
fn merge(ranges: &mut Vec<Range<usize>>, first: usize) {
    ranges[first..].sort_by_key(|range| (range.start, range.end));
    let mut end = first;
    for at in first..ranges.len() {
        let range = ranges[at].clone();
        if end > first && range.start < ranges[end - 1].end {
            ranges[end - 1].end = ranges[end - 1].end.max(range.end);
        } else if !range.is_empty() {
            ranges[end] = range;
            end += 1;
        }
    }
    ranges.truncate(end);
}

/// Adds the common spans of a line; returns whether it held a sign that can begin one.
fn common(line: &str, start: usize, frozen: &mut Vec<Range<usize>>) -> bool {
    let bytes = line.as_bytes();
    let first = frozen.len();
    let mut asks = false;
    let mut at = 0;
    let mut seen = Seen::default();
    loop {
        at = next_lead(bytes, at, &ASKS);
        let Some(&byte) = bytes.get(at) else { break };
        asks = true;
        match span(line, at, byte, &mut seen) {
            Some(span) => {
                at = span.end;
                let span = start + span.start..start + span.end;
                // A span that was found by a sign in its midst may swallow shorter ones before it.
                let mut from = span.start;
                while let Some(last) = frozen[first..].last().filter(|last| last.end > from) {
                    from = from.min(last.start);
                    frozen.pop();
                }
                frozen.push(from..span.end);
            }
            None => at += 1,
        }
    }
    asks
}

fn span(line: &str, at: usize, byte: u8, seen: &mut Seen) -> Option<Range<usize>> {
    match byte {
        b':' => tokens::url(line, at)
            .or_else(|| tokens::separated(line, at))
            .or_else(|| tokens::smile(line, at)),
        b';' => tokens::smile(line, at),
        b'@' => tokens::at_sign(line, at),
        b'#' => tokens::hash(line, at, seen),
        b'`' => tokens::code(line, at, seen),
        b'<' => tokens::tag(line, at, seen),
        b'&' => tokens::entity(line, at),
        b'$' => tokens::dollar(line, at, seen),
        b'\\' => tokens::backslash(line, at, seen),
        b'{' => tokens::brace(line, at, seen),
        b'%' => tokens::percent(line, at, seen),
        b'/' => tokens::separated(line, at).or_else(|| tokens::path(line, at, seen)),
        b'.' => {
            let is_dots = line[at..].starts_with("./") || line[at..].starts_with("../");
            let starts_path = is_dots && !line[..at].ends_with('.');
            if starts_path { tokens::path(line, at, seen) } else { tokens::separated(line, at) }
        }
        // The times of a subtitle.
        b'-' if line[at..].starts_with("-->") && seen.is_timing(line) => Some(0..line.len()),
        b',' | b'-' => tokens::separated(line, at),
        b'_' => tokens::underscore(line, at),
        b'[' | b']' => tokens::bracket(line, at, seen),
        b'(' => tokens::face(line, at),
        b'!' => line[..at].ends_with("Yahoo").then(|| at - 5..at + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frozen(protection: &Protection, text: &str) -> Vec<String> {
        let mut draft = Draft::new(text, false);
        protection.mark(&mut draft, &mut Lines::default());
        draft.frozen.iter().map(|range| text[range.clone()].to_owned()).collect()
    }

    #[test]
    fn each_kind_of_span_is_found_and_nothing_more() {
        for (text, spans) in [
            ("见https://a.cn/b,c?d=1,然后", &["https://a.cn/b,c?d=1"][..]),
            ("(https://a.cn/b_(c))。", &["https://a.cn/b_(c)"]),
            ("见https://a.cn/wiki/头发，头发", &["https://a.cn/wiki/头发"]),
            ("https://a.cn/头发/发型?q=发&x=1#发 头发", &["https://a.cn/头发/发型?q=发&x=1#发"]),
            ("https://a.cn/%E5%8F%91头“头”", &["https://a.cn/%E5%8F%91头"]),
            ("https://a.cn/?发。https://a.cn/#发】", &["https://a.cn/?发", "https://a.cn/#发"]),
            (
                "(https://a.cn/发_(头))，https://a.cn看头发",
                &["https://a.cn/发_(头)", "https://a.cn"],
            ),
            ("https://a.cn/b看头发 https://头发", &["https://a.cn/b"]),
            ("https://头发.cn/发 头发", &["https://头发.cn/发"]),
            ("写信到a.b@c.com,谢谢", &["a.b@c.com"]),
            ("谢谢@jack_ma 和@张三 的回复", &["@jack_ma", "@张三"]),
            ("话题#春节#好,#新年快乐 C#语言 # 标题", &["#春节#", "#新年快乐"]),
            ("共1,000元,3.14,12:30,10:1", &["1,000", "3.14,12:30,10:1"]),
            ("版本v1.2.3-beta于2023-12-05发布", &["v1.2.3-beta", "2023-12-05"]),
            ("用`a, b`和``c ` d``", &["`a, b`", "``c ` d``"]),
            ("<b class=\"甲>乙\">粗</b> a<b", &["<b class=\"甲>乙\">", "</b>"]),
            ("甲&amp;乙&#20320;;AT&T", &["&amp;", "&#20320;"]),
            ("设$x+1$则$y$,价$5到$6", &["$x+1$", "$y$"]),
            (
                "\\textbf{你好}\\ref{图:一}C:\\用户\\a.txt",
                &["\\textbf", "\\ref{图:一}", "C:\\用户\\a.txt"],
            ),
            ("你好{name},{0}{{ 甲 }}{你好}", &["{name}", "{0}", "{{ 甲 }}"]),
            ("共%d个,%s,50%的,%(a)s", &["%d", "%s", "%(a)s"]),
            ("在/usr/bin和./a/b.txt,和/或", &["/usr/bin", "./a/b.txt"]),
            ("文件README.md,e.g.如此,U.S.的", &["README.md", "e.g.", "U.S."]),
            ("见[文档](docs/a.md)和![图](b.png)[^1]", &["](docs/a.md)", "](b.png)", "[^1]"]),
            ("好:)不错;-)高兴 :D(注:)选:D", &[":)", ";-)", ":D"]),
            ("他(^_^)笑T_T(笑)(1)", &["(^_^)", "T_T"]),
            ("00:00:01,000 --> 00:00:02,000", &["00:00:01,000 --> 00:00:02,000"]),
        ] {
            assert_eq!(frozen(&Protection::common(), text), spans, "{text}");
        }
    }

    #[test]
    fn terms_and_patterns_are_merged() {
        let protection =
            Protection::none().pattern("头.").unwrap().keep(["发廊", "头发廊"]).unwrap();
        assert_eq!(frozen(&protection, "头发廊的发廊"), ["头发廊", "发廊"]);
        assert!(Protection::none().pattern("a*").is_err());
        assert!(Protection::none().pattern("(").is_err());
        assert!(Protection::none().keep([""]).is_err());
    }
}
