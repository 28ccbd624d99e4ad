//! `jianfan inspect`: why a text is converted as it is.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use jianfan::inspect::{Ambiguities, Decision, Inspector, Piece, Segment, Trace};
use jianfan::{Builder, printable, shown};
use unicode_width::UnicodeWidthStr;

use super::args::InspectArgs;
use super::json::{Object, string};
use super::{report, settings};

/// Bytes that OpenCC's command reads at a time.
const WINDOW: u64 = 1 << 20;

pub(super) fn run(args: &InspectArgs) -> anyhow::Result<ExitCode> {
    let mut source = Source::open(args)?;
    if args.ambiguities {
        let inspector = settings::open(&args.config, |builder| builder.context(false).inspector())?;
        return ambiguities(&inspector, &mut source);
    }
    let inspector = settings::open(&args.config, Builder::inspector)?;
    let (mut bytes, mut number) = (Vec::new(), 0);
    loop {
        bytes.clear();
        if source.reader.read_until(b'\n', &mut bytes).with_context(|| source.fault())? == 0 {
            break;
        }
        number += 1;
        let line = std::str::from_utf8(&bytes).map_err(|error| {
            source.no_utf_8(&format!("line {number}, byte {}", error.valid_up_to() + 1))
        })?;
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let trace = inspector.trace(line);
        if args.json {
            report::line(&object(number, line, &trace))?;
        } else {
            let space = if number > 1 { "\n" } else { "" };
            report::line(&format!("{space}{}", table(line, &trace)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Where the text comes from.
struct Source {
    reader: Box<dyn BufRead>,
    name: String,
}

impl Source {
    fn open(args: &InspectArgs) -> anyhow::Result<Source> {
        let (reader, name): (Box<dyn BufRead>, _) = match (&args.text, &args.file) {
            (Some(text), _) => {
                (Box::new(io::Cursor::new(text.clone().into_bytes())), "the text".to_owned())
            }
            (None, Some(path)) => {
                let file =
                    File::open(path).with_context(|| format!("cannot read {}", shown(path)))?;
                (Box::new(BufReader::new(file)), shown(path))
            }
            (None, None) => (Box::new(io::stdin().lock()), "standard input".to_owned()),
        };
        let mut source = Source { reader, name };
        let head = source.reader.fill_buf().with_context(|| format!("cannot read {}", source.name));
        if let Some(kind) = jianfan::pipeline::binary_kind(head?) {
            return Err(anyhow!("{} is binary ({kind})", source.name));
        }
        Ok(source)
    }

    fn fault(&self) -> String {
        format!("cannot read {}", self.name)
    }

    fn no_utf_8(&self, place: &str) -> anyhow::Error {
        anyhow!(
            "{} is not UTF-8 at {place}\n\n  tip: 'jianfan normalize -n none' writes a file of another charset as UTF-8",
            self.name
        )
    }
}

fn ambiguities(inspector: &Inspector, source: &mut Source) -> anyhow::Result<ExitCode> {
    let mut ambiguities = Ambiguities::new(inspector);
    let (mut bytes, mut read) = (Vec::new(), 0);
    loop {
        let count = (&mut source.reader).take(WINDOW).read_to_end(&mut bytes);
        let count = count.with_context(|| source.fault())?;
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text,
            // A character that the next window ends.
            Err(error) if error.error_len().is_none() && count > 0 => {
                std::str::from_utf8(&bytes[..error.valid_up_to()])?
            }
            Err(error) => {
                return Err(source.no_utf_8(&format!("byte {}", read + error.valid_up_to() + 1)));
            }
        };
        let len = text.len();
        let mut records = String::new();
        let is_last = (count as u64) < WINDOW;
        if is_last && len == bytes.len() {
            ambiguities.last(text, &mut records);
            return report::result(&records);
        }
        ambiguities.window(text, &mut records);
        report::text(&records)?;
        read += len;
        bytes.drain(..len);
    }
}

/// The object of `--json`. Offsets and lengths are bytes of the line, columns its characters from 1.
fn object(number: u64, line: &str, trace: &Trace) -> String {
    let mut object = Object::new();
    object.number("line", number).text("input", line).text("output", &trace.output);
    let mut columns = Columns { line, at: 0, column: 1 };
    let segments: Vec<String> =
        trace.segments.iter().map(|found| segment(&mut columns, found)).collect();
    object.list("segments", &segments).end()
}

fn segment(columns: &mut Columns<'_>, segment: &Segment) -> String {
    let column = columns.of(segment.offset);
    let steps: Vec<String> = segment
        .steps
        .iter()
        .map(|pieces| format!("[{}]", pieces.iter().map(piece).collect::<Vec<_>>().join(",")))
        .collect();
    let decisions: Vec<String> =
        segment.decisions.iter().map(|found| decision(columns, found)).collect();
    Object::new()
        .number("offset", segment.offset as u64)
        .number("length", segment.len as u64)
        .number("column", column)
        .text("text", &segment.text)
        .optional("dictionary", segment.dictionary.as_deref())
        .text("result", &segment.result)
        .list("steps", &steps)
        .list("decisions", &decisions)
        .end()
}

fn piece(piece: &Piece) -> String {
    let alternatives: Vec<String> = piece.alternatives.iter().map(|text| string(text)).collect();
    Object::new()
        .text("from", &piece.from)
        .text("to", &piece.to)
        .optional("dictionary", piece.dictionary.as_deref())
        .list("alternatives", &alternatives)
        .end()
}

fn decision(columns: &mut Columns<'_>, decision: &Decision) -> String {
    let candidates: Vec<String> = decision
        .candidates
        .iter()
        .map(|(form, score)| {
            Object::new().text("form", &form.to_string()).share("score", *score).end()
        })
        .collect();
    Object::new()
        .number("offset", decision.offset as u64)
        .number("column", columns.of(decision.offset))
        .text("character", &decision.character.to_string())
        .text("by_dictionary", &decision.by_dictionary.to_string())
        .text("chosen", &decision.chosen.to_string())
        .list("candidates", &candidates)
        .optional_share("needed", decision.needed)
        .end()
}

/// Counts the characters before places that are asked for in their order.
struct Columns<'a> {
    line: &'a str,
    at: usize,
    column: u64,
}

impl Columns<'_> {
    /// Returns the column, from 1.
    fn of(&mut self, offset: usize) -> u64 {
        let between = self.line.get(self.at..offset).unwrap_or_default();
        self.column += between.chars().count() as u64;
        self.at = offset;
        self.column
    }
}

/// The table for people.
fn table(line: &str, trace: &Trace) -> String {
    let mut rows: Vec<[String; 5]> =
        vec![["segment", "step", "from", "to", "source"].map(str::to_owned)];
    for segment in &trace.segments {
        let first = rows.len();
        for (index, pieces) in segment.steps.iter().enumerate() {
            for piece in pieces {
                let source = match &piece.dictionary {
                    Some(name) if piece.alternatives.is_empty() => name.clone(),
                    Some(name) => format!("{name}, or {}", piece.alternatives.join(" ")),
                    // Later steps leave most text as it is.
                    None if index > 0 => continue,
                    None => String::new(),
                };
                let (from, to) = (piece.from.clone(), piece.to.clone());
                rows.push([String::new(), (index + 1).to_string(), from, to, source]);
            }
        }
        for decision in &segment.decisions {
            let scores: Vec<String> = decision
                .candidates
                .iter()
                .map(|(form, score)| format!("{form} {score:+.1}"))
                .collect();
            // Why the first of them was not written, if it was not.
            let is_first =
                decision.candidates.first().is_some_and(|(form, _)| *form == decision.chosen);
            let why = match decision.needed {
                _ if is_first => String::new(),
                Some(needed) => format!(" ({needed:+.1} is needed)"),
                None => " (settled by what is beside it)".to_owned(),
            };
            rows.push([
                String::new(),
                "-".to_owned(),
                decision.by_dictionary.to_string(),
                decision.chosen.to_string(),
                format!("context: {}{why}", scores.join(", ")),
            ]);
        }
        if let Some(row) = rows.get_mut(first) {
            row[0].clone_from(&segment.text);
        }
    }
    // A tab or a control character would break the columns.
    for cell in rows.iter_mut().flatten() {
        if let Cow::Owned(escaped) = printable(cell) {
            *cell = escaped;
        }
    }
    let mut widths = [0; 5];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    let mut table = format!("{} → {}\n", printable(line), printable(&trace.output));
    for row in &rows {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(widths) {
            text += cell;
            text += &" ".repeat(width + 2 - cell.width());
        }
        table += "\n";
        table += text.trim_end_matches(' ');
    }
    table
}
