//! OpenCC's `--ambiguities`: the conversion as a stream of JSON records that mark each place where a dictionary has several values.
//!
//! In: text, window by window. Out: the records of OpenCC 1.4.2, byte for byte: `{"def":…}` names a source word when it first
//! stands, `{"lit":…}` is text that is certain, `{"amb":{"t":…,"s":N}}` a place with several values and the number of its source, and
//! `{"end":…}` closes the stream. (The rules are those of OpenCC's ConversionAmbiguities.cpp and CommandLineMain.cpp.)

use std::collections::HashMap;
use std::fmt::Write;

use super::{Inspector, Match};
use crate::convert::ids;

/// Characters that OpenCC withholds at the end of a window.
const KEPT: usize = 16;
/// Characters that it looks through for a description sequence that has not ended.
const LONGEST_SEQUENCE: usize = 64;

/// A stretch of a text and of what became of it, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) is_ambiguous: bool,
}

impl Run {
    pub(super) fn of(found: &Match<'_>) -> Run {
        Run {
            from: found.from.len(),
            to: found.to().len(),
            is_ambiguous: found.found.is_some_and(|found| found.values.contains(' ')),
        }
    }
}

/// Joins two alignments of which the second begins where the first ends; where their borders differ, the stretches are joined until
/// they meet.
pub(super) fn compose(first: &[Run], second: &[Run]) -> Vec<Run> {
    let (mut first, mut second) = (first.iter(), second.iter());
    let mut runs: Vec<Run> = Vec::new();
    while let (Some(a), Some(b)) = (first.next(), second.next()) {
        let mut run = Run { from: a.from, to: b.to, is_ambiguous: a.is_ambiguous | b.is_ambiguous };
        let (mut left, mut right) = (a.to, b.from);
        while left != right {
            if left < right {
                let Some(a) = first.next() else { break };
                left += a.to;
                run.from += a.from;
                run.is_ambiguous |= a.is_ambiguous;
            } else {
                let Some(b) = second.next() else { break };
                right += b.from;
                run.to += b.to;
                run.is_ambiguous |= b.is_ambiguous;
            }
        }
        runs.push(run);
    }
    for rest in first {
        // An empty value at the end.
        match runs.last_mut() {
            Some(last) => {
                last.from += rest.from;
                last.is_ambiguous |= rest.is_ambiguous;
            }
            None => runs.push(Run { to: 0, ..*rest }),
        }
    }
    runs
}

/// A conversion whose ambiguous places are being marked.
///
/// ```
/// use jianfan::{Converter, inspect::Ambiguities};
///
/// let inspector = Converter::builder("s2t").inspector()?;
/// let mut ambiguities = Ambiguities::new(&inspector);
/// let mut records = String::new();
/// ambiguities.last("大战文丑的时候", &mut records);
/// assert_eq!(
///     records.lines().collect::<Vec<_>>(),
///     [
///         r#"{"def":"文丑"}"#,
///         r#"{"lit":"大戰"}"#,
///         r#"{"amb":{"t":"文丑","s":0}}"#,
///         r#"{"lit":"的時候"}"#,
///         r#"{"end":{"output_bytes":21,"ambiguities":1,"sources":1}}"#,
///     ]
/// );
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Debug)]
pub struct Ambiguities<'a> {
    inspector: &'a Inspector,
    pending: String,
    sources: HashMap<String, usize>,
    bytes: usize,
    ambiguous: usize,
}

impl<'a> Ambiguities<'a> {
    /// Starts with a config; its context layer is not asked.
    pub fn new(inspector: &'a Inspector) -> Ambiguities<'a> {
        let sources = HashMap::new();
        Ambiguities { inspector, pending: String::new(), sources, bytes: 0, ambiguous: 0 }
    }

    /// Takes some text and appends the records of what no further text can change, all but some sixteen characters. OpenCC's
    /// command hands over a mebibyte at a time.
    pub fn window(&mut self, text: &str, records: &mut String) {
        self.pending.push_str(text);
        let flushed = settled(&self.pending);
        let window: String = self.pending.drain(..flushed).collect();
        self.convert(&window, records);
    }

    /// Takes the last text, and appends the records of all that is left, and the one that ends the stream.
    pub fn last(mut self, text: &str, records: &mut String) {
        self.pending.push_str(text);
        let window = std::mem::take(&mut self.pending);
        self.convert(&window, records);
        let (bytes, ambiguous, sources) = (self.bytes, self.ambiguous, self.sources.len());
        line(
            records,
            format_args!(
                r#"{{"end":{{"output_bytes":{bytes},"ambiguities":{ambiguous},"sources":{sources}}}}}"#
            ),
        );
    }

    fn convert(&mut self, window: &str, records: &mut String) {
        let (normal, _) = self.inspector.normalized(window);
        let mut output = String::new();
        // Where ambiguous text begins and ends in the output, and the number of its source.
        let mut spans: Vec<(usize, usize, usize)> = Vec::new();
        for (range, _, value) in self.inspector.segments(&normal) {
            let segment = &normal[range];
            if let Some(value) = value {
                output.push_str(value);
                continue;
            }
            let (runs, converted) = self.inspector.aligned(segment);
            let (mut from, mut to) = (0, output.len());
            for run in runs {
                if run.is_ambiguous {
                    let source = &segment[from..from + run.from];
                    let known = self.sources.len();
                    let number = match self.sources.get(source) {
                        Some(number) => *number,
                        None => {
                            line(records, format_args!(r#"{{"def":{}}}"#, Json(source)));
                            self.sources.insert(source.to_owned(), known);
                            known
                        }
                    };
                    spans.push((to, to + run.to, number));
                }
                from += run.from;
                to += run.to;
            }
            output.push_str(&converted);
        }
        let mut at = 0;
        for (start, end, number) in &spans {
            if at < *start {
                line(records, format_args!(r#"{{"lit":{}}}"#, Json(&output[at..*start])));
            }
            let text = Json(&output[*start..*end]);
            line(records, format_args!(r#"{{"amb":{{"t":{text},"s":{number}}}}}"#));
            at = *end;
        }
        if at < output.len() {
            line(records, format_args!(r#"{{"lit":{}}}"#, Json(&output[at..])));
        }
        self.bytes += output.len();
        self.ambiguous += spans.len();
    }
}

impl Inspector {
    /// Sends a segment through the chain; returns how source and result correspond.
    fn aligned(&self, segment: &str) -> (Vec<Run>, String) {
        let whole = Run { from: segment.len(), to: segment.len(), is_ambiguous: false };
        let (mut runs, mut text) = (vec![whole], segment.to_owned());
        for (index, step) in self.chain().iter().enumerate() {
            let matches = step.matches(&text);
            let step: Vec<Run> = matches.iter().map(Run::of).collect();
            runs = if index == 0 { step } else { compose(&runs, &step) };
            text = matches.iter().map(Match::to).collect();
        }
        (runs, text)
    }
}

/// Returns how many bytes at the head of a text OpenCC does not withhold.
fn settled(text: &str) -> usize {
    let kept = text.char_indices().rev().take(KEPT).last().map_or(text.len(), |(at, _)| at);
    let starts = text.char_indices().rev().take(LONGEST_SEQUENCE).map(|(at, _)| at);
    let is_open = |at: &usize| {
        let tail = &text.as_bytes()[*at..];
        ids::is_operator(tail) && ids::sequence_len(tail).is_none()
    };
    starts.filter(is_open).last().map_or(kept, |open| open.min(kept))
}

fn line(records: &mut String, record: std::fmt::Arguments<'_>) {
    records.write_fmt(record).expect("writing to a String cannot fail");
    records.push('\n');
}

/// Text as RapidJSON writes it.
struct Json<'a>(&'a str);

impl std::fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{C}' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                c if c < ' ' => write!(f, "\\u{:04X}", u32::from(c))?,
                c => f.write_char(c)?,
            }
        }
        f.write_char('"')
    }
}
