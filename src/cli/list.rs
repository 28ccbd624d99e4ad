//! `jianfan list`: what there is to choose from, one a line.

use std::fmt::Write;
use std::process::ExitCode;

use super::args::{ListArgs, Listed};
use super::report;

pub(super) fn run(args: &ListArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        Listed::Configs => report::result(&configs()),
        Listed::Encodings => report::result(&encodings()),
    }
}

fn encodings() -> String {
    let mut table = String::new();
    for (charset, title) in jianfan::Charset::LISTED {
        writeln!(table, "{charset:<10} {title}").expect("writing to a String cannot fail");
    }
    table
}

fn configs() -> String {
    let mut table = String::new();
    for config in jianfan::configs() {
        let arrow = format!("{} → {}", config.from, config.to);
        writeln!(table, "{:<6} {arrow:<8} {}", config.name, config.title)
            .expect("writing to a String cannot fail");
    }
    table
}
