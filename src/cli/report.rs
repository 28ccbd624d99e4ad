//! All that the command says; nothing else prints.
//!
//! Results go to standard output, where a failed write is a failure unless the reader has left.
//! Everything else goes to standard error, where it is not: there is nobody left to tell. In both
//! cases the run goes on, with `--check` and `--diff` too, and every document counts, so that the
//! exit code does not depend on who listens.
//!
//! A message is printed by [`say`], which escapes what a terminal would act on. What quotes a file
//! name uses [`shown`], and what quotes text [`printable`]. Raw are only the names of `--print0`
//! and the text of a diff that does not go to a terminal.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use indicatif::{HumanBytes, HumanCount};
use jianfan::batch::{Batch, Input, Outcome, Report, Totals};
use jianfan::pipeline::Summary;
use jianfan::{printable, shown};

use super::args::MessageFormat;
use super::formats::FormatChoice;
use super::interrupt::Resume;
use super::json::Object;
use super::lint;
use super::progress::Bar;
use super::settings::{ReportTo, Telling};
use super::stdout::{self, Sink, StdoutError};

/// `--check` or `--diff` found something.
const CHANGES: u8 = 1;
/// A usage error, or some document failed.
const FAILED: u8 = 2;

/// Returns the exit code.
pub(super) fn code(has_failed: bool, has_changes: bool) -> ExitCode {
    match (has_failed, has_changes) {
        (true, _) => ExitCode::from(FAILED),
        (false, true) => ExitCode::from(CHANGES),
        (false, false) => ExitCode::SUCCESS,
    }
}

/// Writes a result to standard output.
pub(super) fn result(text: &str) -> anyhow::Result<ExitCode> {
    stdout::write(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a part of a result to standard output.
pub(super) fn text(text: &str) -> anyhow::Result<()> {
    Ok(stdout::write(text.as_bytes())?)
}

/// Writes a line of a result to standard output.
pub(super) fn line(line: &str) -> anyhow::Result<()> {
    text(&format!("{line}\n"))
}

/// Shows the help or the version that was asked for, or what was wrong with the arguments.
pub(super) fn usage(usage: &clap::Error) -> anyhow::Result<ExitCode> {
    if usage.use_stderr() {
        let told = usage.render().to_string();
        if told == lines_printable(&told) {
            // Nobody is left to tell if this fails.
            drop(usage.print());
        } else {
            write_err(&lines_printable(&told));
        }
        return Ok(ExitCode::from(FAILED));
    }
    if io::stdout().is_terminal() {
        usage.print().context("cannot write standard output")?;
        return Ok(ExitCode::SUCCESS);
    }
    result(&usage.render().to_string())
}

/// Tells what kept the command from running; a reader that has left did not.
pub(super) fn error(error: &anyhow::Error) -> ExitCode {
    if error.downcast_ref::<StdoutError>().is_some_and(StdoutError::is_closed) {
        return ExitCode::SUCCESS;
    }
    // Lines of our own, with a tip; what they quote is escaped already.
    write_err(&lines_printable(&format!("error: {error:#}\n")));
    ExitCode::from(FAILED)
}

/// Tells of a failure that is not about one input.
pub(super) fn failure(message: &str) {
    say(format_args!("error: {message}"));
}

/// Tells of a panic. What it says may quote a document.
pub(super) fn panicked(panic: &PanicHookInfo<'_>) {
    let text = panic.payload().downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.payload().downcast_ref::<String>().map(String::as_str));
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    say(format_args!(
        "error: internal error{place}: {}; this is a bug in jianfan",
        text.unwrap_or("panic")
    ));
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        write_err(&lines_printable(&backtrace.to_string()));
    }
}

/// Returns the exit code after a panic outside of any document.
pub(super) fn after_panic() -> ExitCode {
    ExitCode::from(FAILED)
}

/// Reports that a signal ended the run, how far it came, and how to continue.
pub(super) fn interrupted((done, all): (u64, u64), resume: Resume) {
    let resume = match resume {
        Resume::Again => "run the same command again".to_owned(),
        Resume::Update => "run it again with --update".to_owned(),
        Resume::ChangedBefore(time) => {
            let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            format!("run it again with --changed-before @{:.3}", since.as_secs_f64())
        }
    };
    if io::stderr().is_terminal() {
        // Of the progress bar.
        drop(io::stderr().lock().write_all(b"\r\x1b[K"));
    }
    if all == 0 {
        say(format_args!("interrupted: no file is done; {resume} to continue"));
        return;
    }
    let (done, all) = (HumanCount(done), HumanCount(all));
    say(format_args!("interrupted: {done} of {all} files are done; {resume} to continue"));
}

/// Opens the file of a report: made anew, as by a shell's redirection, unless it is a descriptor,
/// which may lead to a file with something in it.
fn report_file(path: &Path) -> io::Result<File> {
    let is_descriptor = cfg!(unix) && (path.starts_with("/dev") || path.starts_with("/proc"));
    if is_descriptor { File::options().append(true).open(path) } else { File::create(path) }
}

/// Returns an input as messages call it.
pub(super) fn path_of(input: &Input) -> String {
    match input {
        Input::Stdin => "standard input".to_owned(),
        Input::Path(path) => shown(path),
    }
}

/// Tells that an entry was passed over.
pub(super) fn skipped(input: &Input, reason: &str) {
    say(format_args!("skipped: {}: {reason}", path_of(input)));
}

/// Tells that a document failed.
pub(super) fn failed(input: &Input, error: &jianfan::Error) {
    let names_input = match input {
        Input::Path(path) => error.path() == Some(path),
        // Then the reason names the stream.
        Input::Stdin => error.io_kind().is_some() || error.path().is_some(),
    };
    if names_input {
        say(format_args!("error: {error}"));
    } else {
        say(format_args!("error: {}: {error}", path_of(input)));
    }
    if error.binary_kind().is_some() {
        say("hint: --binary converts it as if it were text");
    }
    if error.memory_needed().is_some() {
        say("hint: --memory raises the budget");
    }
}

/// Tells of each document what is to be told, and in the end how many there were.
pub(super) struct Reporter {
    telling: Telling,
    out: Sink,
    /// The file that the JSON objects go to, if it is one, once there was something to report.
    json: Option<Sink>,
    bar: Option<Bar>,
    started: Instant,
    has_failed: bool,
    /// The SARIF log is begun, and a result of it is written.
    sarif: (bool, bool),
    /// The formats that documents had.
    formats: BTreeSet<String>,
}

impl Reporter {
    pub(super) fn new(telling: Telling, batch: &Batch) -> anyhow::Result<Reporter> {
        if let Some(ReportTo::File(path)) = &telling.report
            // A pipe is opened once: a reader that sees it closed does not come back.
            && fs::metadata(path).ok().is_none_or(|found| found.is_file() || found.is_dir())
        {
            // It is emptied when there is something to report, which is after the batch has seen that it is none of its files.
            let file = File::options().append(true).create(true).open(path);
            drop(file.with_context(|| format!("cannot write {}", shown(path)))?);
        }
        let bar = telling.shows_progress.then(|| Bar::start(batch.progress()));
        Ok(Reporter {
            telling,
            out: Sink::stdout(),
            json: None,
            bar,
            started: Instant::now(),
            has_failed: false,
            sarif: (false, false),
            formats: BTreeSet::new(),
        })
    }

    /// Tells of one document, as far as there is somebody to tell.
    pub(super) fn tell(&mut self, report: &Report) {
        self.count(report);
        if let Some(json) = self.json() {
            let changes = report.summary.iter().flat_map(|summary| &summary.changes);
            let objects = changes.map(|change| lint::object(&report.input, change));
            for object in objects.chain([object(report)]) {
                json.write(format!("{object}\n"));
            }
        }
        let is_silent = matches!(report.outcome, Outcome::Changed | Outcome::Unchanged)
            && !self.telling.is_verbose
            && !self.telling.is_check
            && report.warning.is_none();
        match self.bar.as_ref().map(Bar::handle) {
            Some(bar) if !is_silent => bar.suspend(|| self.messages(report)),
            _ => self.messages(report),
        }
    }

    /// Notes what the exit code depends on.
    fn count(&mut self, report: &Report) {
        if let Outcome::Failed(error) = &report.outcome {
            self.has_failed |= !error.is_closed_stdout();
        }
        if let Some(summary) = &report.summary {
            self.has_failed |= !summary.faults.is_empty();
            if matches!(report.outcome, Outcome::Changed | Outcome::Unchanged) {
                self.formats.insert(summary.format.clone());
            }
        }
    }

    /// Returns what the JSON objects are written to.
    fn json(&mut self) -> Option<&mut Sink> {
        match &self.telling.report {
            None => None,
            Some(ReportTo::Stdout) => Some(&mut self.out),
            Some(ReportTo::File(path)) => Some(self.json.get_or_insert_with(|| {
                // A report of this command, not a document: made anew, as by a shell's redirection.
                match report_file(path) {
                    Ok(file) => Sink::file(file, shown(path)),
                    Err(error) => Sink::broken(error, shown(path)),
                }
            })),
        }
    }

    fn messages(&mut self, report: &Report) {
        let is_loud = !self.telling.is_quiet;
        let input = &report.input;
        let is_linting =
            self.telling.names_changed && self.telling.has_passes && !self.telling.print0;
        if is_linting && let Some(summary) = &report.summary {
            self.lint(input, summary);
        }
        match &report.outcome {
            Outcome::Changed => {
                // A conversion changes words besides, and they have no record.
                let is_told = is_linting
                    && (self.telling.format != MessageFormat::Text
                        || report
                            .summary
                            .as_ref()
                            .is_some_and(|summary| !summary.changes.is_empty()));
                if self.telling.names_changed && !is_told {
                    self.name(input);
                }
                if let Some(diff) = &report.diff {
                    if diff.is_empty() {
                        say(format_args!(
                            "changed: {}: charset or byte order mark only",
                            path_of(input)
                        ));
                    }
                    self.diff(diff);
                }
                if self.telling.is_verbose {
                    say(format_args!("changed: {}{}", path_of(input), charset(report)));
                }
            }
            Outcome::Unchanged if self.telling.is_verbose => {
                say(format_args!("unchanged: {}{}", path_of(input), charset(report)));
            }
            Outcome::Skipped(reason) if is_loud => {
                skipped(input, reason);
            }
            Outcome::Failed(error) if !error.is_closed_stdout() => {
                failed(input, error);
            }
            _ => {}
        }
        if let Some(summary) = &report.summary {
            let path = path_of(input);
            for fault in &summary.faults {
                let entry = fault.entry.as_deref().map_or_else(String::new, entry);
                say(format_args!(
                    "error: {path}{entry}: line {}, byte {}: not {}: {}; it stays as it is",
                    fault.line, fault.offset, summary.format, fault.message
                ));
            }
            if summary.faults_omitted > 0 {
                say(format_args!("error: {path}: and {} more", summary.faults_omitted));
            }
        }
        if let Some(warning) = report.warning.filter(|_| is_loud) {
            say(format_args!("warning: {}: {warning}", path_of(input)));
        }
    }

    /// Names a document that would change.
    fn name(&mut self, input: &Input) {
        match input {
            Input::Path(path) if self.telling.print0 => {
                self.out.write([path.as_os_str().as_encoded_bytes(), b"\0"].concat());
            }
            Input::Stdin if self.telling.print0 => self.out.write("-\0"),
            Input::Path(path) => self.out.write(format!("{}\n", shown(path))),
            Input::Stdin => self.out.write("-\n"),
        }
    }

    /// Prints a diff. On a terminal what would act on it is escaped; elsewhere the text is raw, so
    /// that `patch` can apply it.
    fn diff(&mut self, diff: &str) {
        let diff = if self.telling.to_terminal {
            Cow::Owned(lines_printable(diff))
        } else {
            Cow::Borrowed(diff)
        };
        let painted = self.telling.is_colored.then(|| painted(&diff));
        self.out.write(painted.as_deref().unwrap_or(&diff));
    }

    /// Tells what the passes would change in one document.
    fn lint(&mut self, input: &Input, summary: &Summary) {
        let mut lines = String::new();
        self.begin_sarif();
        for change in &summary.changes {
            match self.telling.format {
                MessageFormat::Text => lines += &printable(&lint::text(input, change)),
                MessageFormat::Github => lines += &lint::github(input, change),
                MessageFormat::Sarif => {
                    lines += if std::mem::replace(&mut self.sarif.1, true) { "," } else { "" };
                    lines += &lint::sarif(input, change);
                }
            }
            lines.push('\n');
        }
        if summary.changes_omitted > 0 {
            say(format_args!(
                "note: {}: {} more changes are not told",
                path_of(input),
                summary.changes_omitted
            ));
        }
        self.out.write(lines);
    }

    /// Writes what stands before the results of a SARIF log, once.
    fn begin_sarif(&mut self) {
        let is_sarif = self.telling.names_changed && self.telling.format == MessageFormat::Sarif;
        if is_sarif && !std::mem::replace(&mut self.sarif.0, true) {
            self.out.write(format!("{}\n", lint::sarif_head()));
        }
    }

    /// Tells what the options named in vain, and, if there was more or less than one document, how many there were; returns the
    /// exit code.
    pub(super) fn finish(mut self, totals: &Totals, choice: &FormatChoice) -> ExitCode {
        drop(self.bar.take());
        // What failed may have been what the options were for, and was told.
        let in_vain = if self.has_failed { Vec::new() } else { choice.in_vain(&self.formats) };
        for message in in_vain {
            self.has_failed = true;
            failure(&message);
        }
        self.begin_sarif();
        if self.sarif.0 {
            self.out.write(lint::SARIF_TAIL);
        }
        // Without a document, the report is empty, and not the one of an earlier run.
        let _ = self.json();
        for message in [Some(self.out), self.json].into_iter().flatten().filter_map(Sink::finish) {
            self.has_failed = true;
            failure(&message);
        }
        let all = totals.converted() + totals.skipped + totals.failed;
        if (all != 1 || self.telling.is_verbose) && !self.telling.is_quiet {
            say(summary(all, totals, self.started.elapsed()));
        }
        code(self.has_failed, self.telling.is_check && totals.changed > 0)
    }
}

fn summary(all: u64, totals: &Totals, time: Duration) -> String {
    let files = if all == 1 { "file" } else { "files" };
    let counts = [
        (totals.changed, "changed"),
        (totals.unchanged, "unchanged"),
        (totals.skipped, "skipped"),
        (totals.failed, "failed"),
    ];
    let told: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    let told = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
    let bytes = HumanBytes(totals.bytes_in);
    format!("{all} {files}{told}; {bytes} in {:.2} s", time.as_secs_f64())
}

/// What is told of a document's charset where it is not plain UTF-8.
fn charset(report: &Report) -> String {
    let Some(summary) = &report.summary else { return String::new() };
    let mut told = Vec::new();
    if let Some(charset) = summary.charset.filter(|&charset| charset != jianfan::Charset::UTF_8) {
        told.push(charset.name().to_owned());
    }
    if let Some(compression) = summary.compression {
        told.push(compression.name().to_owned());
    }
    if summary.format != "plain" {
        told.push(summary.format.clone());
    }
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

/// Returns the object of `--report jsonl`.
fn object(report: &Report) -> String {
    let mut object = Object::new();
    object.path("path", &report.input);
    if let Some(output) = &report.output {
        object.path("output", &Input::Path(output.clone()));
    }
    object.text(
        "outcome",
        match &report.outcome {
            Outcome::Changed => "changed",
            Outcome::Unchanged => "unchanged",
            Outcome::Skipped(_) => "skipped",
            _ => "failed",
        },
    );
    if let Some(summary) = &report.summary {
        object
            .text("charset", summary.charset.map_or("ASCII", |charset| charset.name()))
            .flag("bom", summary.has_mark)
            .optional("compression", summary.compression.map(|compression| compression.name()))
            .text("format", &summary.format)
            .number("bytes_in", summary.bytes_in)
            .number("bytes_out", summary.bytes_out)
            .number("characters_changed", summary.characters_changed);
        if summary.changes_omitted > 0 {
            object.number("changes_omitted", summary.changes_omitted);
        }
        if !summary.faults.is_empty() {
            object.number("faults", summary.faults.len() as u64 + summary.faults_omitted);
        }
    }
    match &report.outcome {
        Outcome::Skipped(reason) => {
            object.text("reason", reason);
        }
        Outcome::Failed(error) => {
            object.error(error);
        }
        _ => {}
    }
    if let Some(warning) = report.warning {
        object.text("warning", warning);
    }
    object.end()
}

/// Returns a diff in the colours that git uses.
fn painted(diff: &str) -> String {
    let mut painted = String::with_capacity(diff.len() * 2);
    for (at, line) in diff.split_inclusive('\n').enumerate() {
        let color = match line.as_bytes().first() {
            _ if at < 2 => "1",
            Some(b'@') => "36",
            Some(b'-') => "31",
            Some(b'+') => "32",
            _ => {
                painted.push_str(line);
                continue;
            }
        };
        let text = line.strip_suffix('\n').unwrap_or(line);
        painted.push_str(&format!("\x1b[{color}m{text}\x1b[m\n"));
    }
    painted
}

/// Returns an entry of a package as messages have it after the path.
pub(super) fn entry(name: &str) -> String {
    format!("!{}", shown(name.as_ref()))
}

/// Returns lines without what a terminal would act on, but for their ends and tabs.
fn lines_printable(lines: &str) -> String {
    let mut escaped = String::with_capacity(lines.len());
    for part in lines.split_inclusive(['\n', '\t']) {
        let text = part.trim_end_matches(['\n', '\t']);
        escaped += &printable(text);
        escaped += &part[text.len()..];
    }
    escaped
}

/// Prints a message of one line.
fn say(line: impl Display) {
    write_err(&format!("{}\n", printable(&line.to_string())));
}

fn write_err(text: &str) {
    // One write, so that lines of several processes do not mix; a failure has nobody to be told to.
    drop(io::stderr().lock().write_all(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_stay_and_nothing_else_that_acts() {
        let text = "--- a\n-\t头\r\n+\u{1b}[2J\u{202e}\u{85}\n\n";
        assert_eq!(lines_printable(text), "--- a\n-\t头\\r\n+\\u{1b}[2J\\u{202e}\\u{85}\n\n");
    }
}
