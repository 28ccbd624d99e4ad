//! The command line: what was typed ([`args`]) → what it means ([`settings`]) → a command a file → what is said ([`report`]).
//!
//! In: the arguments of the process. Out: its exit code: 0 done, 1 changes
//! found by `--check` or `--diff`, 2 a usage error or something failed, 130 interrupted. Whoever reads our
//! output may stop at any time, as `head` does; that is no failure.

mod args;
mod convert;
mod detect;
mod formats;
mod inspect;
mod interrupt;
mod json;
mod lint;
mod list;
mod report;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use settings::ConvertSettings;

/// Runs the command and returns its exit code.
pub(crate) fn run() -> ExitCode {
    let result = match Args::try_parse() {
        Ok(args) => dispatch(args),
        Err(usage) => report::usage(&usage),
    };
    result.unwrap_or_else(|error| report::error(&error))
}

fn dispatch(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Convert(args) => convert::run(ConvertSettings::convert(&args)?),
        Command::Normalize(args) => convert::run(ConvertSettings::normalize(&args)?),
        Command::Repair(args) => convert::run(ConvertSettings::repair(&args)?),
        Command::Inspect(args) => inspect::run(&args),
        Command::Detect(args) => detect::run(&args),
        Command::List(args) => list::run(&args),
    }
}
