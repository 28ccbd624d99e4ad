//! All that the command says; nothing else prints.
//!
//! Results go to standard output, where a failed write is a failure. Everything else goes to standard error, where it is
//! not: there is nobody left to tell.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use anyhow::Context;
use jianfan::batch::{Failure, Input, Outcome};

/// A usage error, or some document failed.
const FAILED: u8 = 2;

/// Writes a result to standard output.
pub(super) fn result(text: &str) -> anyhow::Result<ExitCode> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("cannot write standard output")?;
    Ok(ExitCode::SUCCESS)
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

/// Tells what was not converted and why, then, if there was more or less than one document, how many there were.
pub(super) fn outcome(outcome: &Outcome) -> ExitCode {
    for skipped in &outcome.skipped {
        say(format_args!("skipped: {}: {}", skipped.path.display(), skipped.reason));
    }
    let failures: Vec<&Failure> =
        outcome.failures.iter().filter(|failure| !is_closed_pipe(&failure.error)).collect();
    for failure in &failures {
        match &failure.input {
            // The error names this path itself.
            Input::Path(path) if failure.error.path() == Some(path) => {
                say(format_args!("error: {}", failure.error));
            }
            Input::Path(path) => say(format_args!("error: {}: {}", path.display(), failure.error)),
            Input::Stdin if failure.error.path().is_some() => {
                say(format_args!("error: {}", failure.error));
            }
            Input::Stdin => say(format_args!("error: standard input: {}", failure.error)),
        }
    }
    if outcome.converted + outcome.skipped.len() + outcome.failures.len() != 1 {
        say(summary(outcome.converted, outcome.skipped.len(), failures.len()));
    }
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

fn summary(converted: usize, skipped: usize, failed: usize) -> String {
    let files = if converted == 1 { "file" } else { "files" };
    let mut line = format!("{converted} {files} converted");
    for (count, what) in [(skipped, "skipped"), (failed, "failed")] {
        if count > 0 {
            line += &format!(", {count} {what}");
        }
    }
    line
}

/// Returns whether the error, or its cause, is a reader that stopped reading.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    let kind = match error.downcast_ref::<jianfan::Error>() {
        Some(error) => error.io_kind(),
        None => error.downcast_ref::<io::Error>().map(io::Error::kind),
    };
    kind == Some(ErrorKind::BrokenPipe)
}

fn say(line: impl Display) {
    // One write, so that lines of several processes do not mix; a failure has nobody to be told to.
    let line = format!("{line}\n");
    drop(io::stderr().lock().write_all(line.as_bytes()));
}
