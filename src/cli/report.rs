//! All that the command says; nothing else prints.
//!
//! Results go to standard output, where a failed write is a failure. Everything else goes to standard error, where it is
//! not: there is nobody left to tell. A progress bar is shown on a terminal only, and only if the run takes long enough to
//! be looked at.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, LineWriter, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jianfan::batch::{Batch, Input, Outcome, Progress, Report, Totals};
use jianfan::pipeline::Summary;
use jianfan::shown;

use super::args::MessageFormat;
use super::formats::FormatChoice;
use super::json::Object;
use super::lint;
use super::settings::{ReportTo, Telling};

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
    write_out(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a part of a result to standard output.
pub(super) fn text(text: &str) -> anyhow::Result<()> {
    write_out(text.as_bytes())
}

/// Writes a line of a result to standard output.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    write_out(format!("{text}\n").as_bytes())
}

fn write_out(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).context("cannot write standard output")
}

/// Shows the help or the version that was asked for, or what was wrong with the arguments.
pub(super) fn usage(usage: &clap::Error) -> anyhow::Result<ExitCode> {
    if usage.use_stderr() {
        // Nobody is left to tell if this fails.
        drop(usage.print());
        return Ok(ExitCode::from(FAILED));
    }
    usage.print().context("cannot write standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// Tells what kept the command from running; a reader that has left did not.
pub(super) fn error(error: &anyhow::Error) -> ExitCode {
    if error.chain().any(is_closed_pipe) {
        return ExitCode::SUCCESS;
    }
    say(format_args!("error: {error:#}"));
    ExitCode::from(FAILED)
}

/// Reports that a signal ended the run, how far it came, and how to continue.
pub(super) fn interrupted((done, all): (u64, u64), resume: &str) {
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
        Input::Stdin => error.path().is_some(),
    };
    if names_input {
        say(format_args!("error: {error}"));
    } else {
        say(format_args!("error: {}: {error}", path_of(input)));
    }
}

/// Tells of each document what is to be told, and in the end how many there were.
pub(super) struct Reporter {
    telling: Telling,
    json: Option<Box<dyn Write>>,
    bar: Option<Bar>,
    started: Instant,
    /// What kept a result from being written.
    broken: Option<anyhow::Error>,
    has_failed: bool,
    /// A result of the SARIF log is written.
    has_sarif: bool,
    /// The formats that documents had.
    formats: BTreeSet<String>,
}

impl Reporter {
    pub(super) fn new(telling: Telling, batch: &Batch) -> anyhow::Result<Reporter> {
        let json: Option<Box<dyn Write>> = match &telling.report {
            None => None,
            Some(ReportTo::Stdout) => Some(Box::new(io::stdout())),
            // It is emptied when there is something to report, which is after the batch has seen that it is none of its files.
            Some(ReportTo::File(path)) => {
                let file = File::options().append(true).create(true).open(path);
                drop(file.with_context(|| format!("cannot write {}", shown(path)))?);
                None
            }
        };
        let bar = telling.shows_progress.then(|| Bar::start(batch.progress()));
        let started = Instant::now();
        let reporter = Reporter {
            telling,
            json,
            bar,
            started,
            broken: None,
            has_failed: false,
            has_sarif: false,
            formats: BTreeSet::new(),
        };
        if reporter.is_sarif() {
            line(&lint::sarif_head())?;
        }
        Ok(reporter)
    }

    fn is_sarif(&self) -> bool {
        self.telling.names_changed && self.telling.format == MessageFormat::Sarif
    }

    /// Tells of one document.
    pub(super) fn tell(&mut self, report: &Report) {
        if let Err(error) = self.try_tell(report) {
            self.broken.get_or_insert(error);
        }
    }

    fn try_tell(&mut self, report: &Report) -> anyhow::Result<()> {
        if let Some(json) = self.json()? {
            let changes = report.summary.iter().flat_map(|summary| &summary.changes);
            changes
                .map(|change| lint::object(&report.input, change))
                .chain([object(report)])
                .try_for_each(|object| writeln!(json, "{object}"))
                .context("cannot write the report")?;
        }
        let bar = self.bar.as_ref().map(|bar| bar.bar.clone());
        let is_silent = matches!(report.outcome, Outcome::Changed | Outcome::Unchanged)
            && !self.telling.is_verbose
            && !self.telling.is_check
            && report.warning.is_none();
        match bar {
            Some(bar) if !is_silent => bar.suspend(|| self.messages(report)),
            _ => self.messages(report),
        }
    }

    /// Returns what the JSON objects are written to.
    fn json(&mut self) -> anyhow::Result<Option<&mut Box<dyn Write>>> {
        if let (None, Some(ReportTo::File(path))) = (&self.json, &self.telling.report) {
            // A report of this command, not a document: made anew, as by a shell's redirection.
            let file =
                File::create(path).with_context(|| format!("cannot write {}", shown(path)))?;
            // Line by line, so that an interrupted run has told what it did.
            self.json = Some(Box::new(LineWriter::new(file)));
        }
        Ok(self.json.as_mut())
    }

    fn messages(&mut self, report: &Report) -> anyhow::Result<()> {
        let is_loud = !self.telling.is_quiet;
        let input = &report.input;
        let is_linting = self.telling.names_changed && self.telling.has_passes;
        if is_linting && let Some(summary) = &report.summary {
            self.lint(input, summary)?;
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
                    let mut name = match input {
                        Input::Stdin => b"-".to_vec(),
                        Input::Path(path) => path.as_os_str().as_encoded_bytes().to_vec(),
                    };
                    name.push(b'\n');
                    write_out(&name)?;
                }
                if let Some(diff) = &report.diff {
                    if diff.is_empty() {
                        say(format_args!(
                            "changed: {}: charset or byte order mark only",
                            path_of(input)
                        ));
                    }
                    let painted = self.telling.is_colored.then(|| painted(diff));
                    write_out(painted.as_ref().unwrap_or(diff).as_bytes())?;
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
            Outcome::Failed(error) if !is_closed_pipe(error) => {
                self.has_failed = true;
                failed(input, error);
            }
            _ => {}
        }
        if let Some(summary) = &report.summary {
            let path = path_of(input);
            for fault in &summary.faults {
                self.has_failed = true;
                let entry =
                    fault.entry.as_ref().map_or_else(String::new, |entry| format!("!{entry}"));
                say(format_args!(
                    "error: {path}{entry}: line {}, byte {}: not {}: {}; it stays as it is",
                    fault.line, fault.offset, summary.format, fault.message
                ));
            }
            if summary.faults_omitted > 0 {
                say(format_args!("error: {path}: and {} more", summary.faults_omitted));
            }
            if matches!(report.outcome, Outcome::Changed | Outcome::Unchanged) {
                self.formats.insert(summary.format.clone());
            }
        }
        if let Some(warning) = report.warning.filter(|_| is_loud) {
            say(format_args!("warning: {}: {warning}", path_of(input)));
        }
        Ok(())
    }

    /// Tells what the passes would change in one document.
    fn lint(&mut self, input: &Input, summary: &Summary) -> anyhow::Result<()> {
        let path = path_of(input);
        let mut lines = String::new();
        for change in &summary.changes {
            match self.telling.format {
                MessageFormat::Text => lines += &visible(&lint::text(&path, change)),
                MessageFormat::Github => lines += &lint::github(&path, change),
                MessageFormat::Sarif => {
                    lines += if std::mem::replace(&mut self.has_sarif, true) { "," } else { "" };
                    lines += &lint::sarif(&path, change);
                }
            }
            lines.push('\n');
        }
        if summary.changes_omitted > 0 {
            say(format_args!(
                "note: {path}: {} more changes are not told",
                summary.changes_omitted
            ));
        }
        write_out(lines.as_bytes())
    }

    /// Tells what the options named in vain, and, if there was more or less than one document, how many there were; returns the
    /// exit code.
    pub(super) fn finish(
        mut self,
        totals: &Totals,
        choice: &FormatChoice,
    ) -> anyhow::Result<ExitCode> {
        drop(self.bar.take());
        // What failed may have been what the options were for, and was told.
        let in_vain = if self.has_failed { Vec::new() } else { choice.in_vain(&self.formats) };
        for message in in_vain {
            self.has_failed = true;
            say(format_args!("error: {message}"));
        }
        if self.is_sarif() {
            write_out(lint::SARIF_TAIL.as_bytes())?;
        }
        if let Some(json) = self.json()? {
            json.flush().context("cannot write the report")?;
        }
        if let Some(error) = self.broken {
            return Err(error);
        }
        let all = totals.converted() + totals.skipped + totals.failed;
        if (all != 1 || self.telling.is_verbose) && !self.telling.is_quiet {
            say(summary(all, totals, self.started.elapsed()));
        }
        Ok(code(self.has_failed, self.telling.is_check && totals.changed > 0))
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

/// The progress bar, and the thread that moves it.
struct Bar {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Shorter runs show nothing.
    const AFTER: Duration = Duration::from_millis(500);
    const EVERY: Duration = Duration::from_millis(100);

    fn start(progress: Arc<Progress>) -> Bar {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        // Without the template the bar has another look, and no failure.
        if let Ok(style) = ProgressStyle::with_template(
            "{bar:24} {bytes}/{total_bytes}, {msg}, {bytes_per_sec}, {eta} left",
        ) {
            bar.set_style(style);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (bar, stop) = (bar.clone(), Arc::clone(&stop));
            move || {
                thread::park_timeout(Bar::AFTER);
                if !stop.load(Ordering::Relaxed) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                while !stop.load(Ordering::Relaxed) {
                    let ((files, all_files), (bytes, all_bytes)) =
                        (progress.files(), progress.bytes());
                    bar.set_length(all_bytes.max(bytes));
                    bar.set_message(format!("{files} of {all_files} files"));
                    bar.set_position(bytes);
                    thread::park_timeout(Bar::EVERY);
                }
            }
        });
        Bar { bar, stop, thread: Some(thread) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the thread that draws is no failure of the work.
            drop(thread.join());
        }
        self.bar.finish_and_clear();
    }
}

/// Returns whether the error, or its cause, is a reader that stopped reading.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let kind = match error.downcast_ref::<jianfan::Error>() {
        Some(error) => error.io_kind(),
        None => error.downcast_ref::<io::Error>().map(io::Error::kind),
    };
    kind == Some(ErrorKind::BrokenPipe)
}

/// Returns a message without control characters that a terminal would obey.
fn visible(message: &str) -> String {
    let is_harmless = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let mut visible = String::with_capacity(message.len());
    for c in message.chars() {
        match Some(c).filter(is_harmless) {
            Some(c) => visible.push(c),
            None => visible.extend(c.escape_debug()),
        }
    }
    visible
}

fn say(line: impl Display) {
    // One write, so that lines of several processes do not mix; a failure has nobody to be told to.
    let line = visible(&format!("{line}\n"));
    drop(io::stderr().lock().write_all(line.as_bytes()));
}
