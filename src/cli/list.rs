//! `jianfan list`: what there is to choose from, one a line.

use std::fmt::Write;
use std::process::ExitCode;

use jianfan::pipeline::{Pass, Passes};

use super::args::{ListArgs, Listed};
use super::report;

pub(super) fn run(args: &ListArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        Listed::Configs => report::result(&configs()),
        Listed::Passes => report::result(&passes()),
        Listed::Formats => report::result(&formats()),
        Listed::Encodings => report::result(&encodings()),
    }
}

fn passes() -> String {
    let mut table = String::from("Presets:\n");
    for (name, about) in Passes::presets() {
        let passes: Passes = name.parse().expect("a preset is a list of passes");
        let names: Vec<_> =
            Pass::ALL.into_iter().filter(|&pass| passes.has(pass)).map(Pass::name).collect();
        writeln!(table, "  {name:<13} {about}: {}", names.join(" "))
            .expect("writing to a String cannot fail");
    }
    table += "\nPasses, in the order in which they run:\n";
    for pass in Pass::ALL {
        writeln!(table, "  {:<13} {}", pass.name(), pass.about())
            .expect("writing to a String cannot fail");
    }
    table
}

fn formats() -> String {
    let mut table = String::new();
    for format in jianfan::format::formats() {
        let endings: Vec<String> =
            format.extensions.iter().map(|ending| format!(".{ending}")).collect();
        let endings = match endings.join(" ") {
            endings if endings.is_empty() => "by its name only".to_owned(),
            endings => endings,
        };
        writeln!(table, "{:<10} {} ({endings})", format.name, format.about)
            .expect("writing to a String cannot fail");
    }
    table
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
