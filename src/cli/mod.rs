//! The command line: what was typed ([`args`]) → what it means ([`settings`]) → a command a file → what is said ([`report`]).
//!
//! In: the arguments of the process. Out: its exit code: 0 done, 1 changes
//! found by `--check` or `--diff`, 2 a usage error or something failed, 130 interrupted. Whoever
//! reads standard output may stop at any time, as `head` does; that is not a failure. What is only
//! reported there does not end the work, and the exit code is the one that it would be with a
//! reader.

mod args;
mod convert;
mod detect;
mod formats;
mod inspect;
mod interrupt;
mod json;
mod lint;
mod list;
mod progress;
mod report;
mod settings;
mod stdout;
mod values;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::process::ExitCode;

use clap::Parser;
use jianfan::printable;

use args::{Args, Command};
use settings::ConvertSettings;

/// Runs the command and returns its exit code.
pub(crate) fn run() -> ExitCode {
    set_hook(Box::new(report::panicked));
    let run = || match Args::try_parse() {
        Ok(args) => dispatch(args),
        Err(usage) => report::usage(&quoting_safely(usage)),
    };
    // Nothing of what a panic leaves is used again.
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.unwrap_or_else(|error| report::error(&error)),
        Err(_) => report::after_panic(),
    }
}

/// Returns the usage error that the same arguments would give with everything escaped that a
/// terminal would act on: clap quotes them as they are.
fn quoting_safely(usage: clap::Error) -> clap::Error {
    let args: Vec<OsString> = std::env::args_os().collect();
    let escape = |arg: &OsString| OsString::from(printable(&arg.to_string_lossy()).into_owned());
    let escaped: Vec<OsString> = args.iter().map(escape).collect();
    if escaped == args {
        return usage;
    }
    match Args::try_parse_from(escaped) {
        Err(escaped) => escaped,
        // Only the raw arguments are wrong, as one that is not UTF-8; what is printed of them is
        // escaped later.
        Ok(_) => usage,
    }
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
