//! `cargo bench --bench passes`: how fast texts are normalized.
//!
//! One table: for each list of passes the megabytes (10⁶ bytes) of input a second on one thread, on prose that needs nothing
//! done, on the same prose harmed (marks to ASCII, digits to full width), and with a conversion behind. In the same run, if
//! it is installed, `uconv -x Fullwidth-Halfwidth` (ICU's command; it exchanges all characters of full width, and thus does
//! a small part of the work), less the time that it takes to start. Each time is the least of several runs.
//!
//! The prose is that of `data/sample` which no tool has harmed, again and again until it is 6 MB: passes look at marks and numbers, of which
//! text made from words would have none that is true to life.
//!
//! ```text
//! cargo bench --bench passes
//! cargo bench --bench passes -- --text FILE     # another text, of any region
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "a bench prints its table")]

use std::fs::{self, File};
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, path};

use jianfan::Converter;
use jianfan::pipeline::{Passes, Pipeline};

/// Bytes of each text.
const TEXT: usize = 6_000_000;
const PATIENCE: Duration = Duration::from_millis(600);

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let file = args.iter().position(|arg| arg == "--text").and_then(|at| args.get(at + 1));
    let read = |path: &str| fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let [simplified, traditional] = match file {
        Some(path) => [read(path), read(path)],
        None => [
            samples(&["news-simplified", "essay-simplified"]),
            samples(&["news-taiwan", "news-hongkong"]),
        ],
    };
    println!("passes                  text          prose    harmed");
    for (list, text, name) in [
        ("control", &simplified, "Simplified"),
        ("clean", &simplified, "Simplified"),
        ("clean", &traditional, "Traditional"),
        ("cn", &simplified, "Simplified"),
        ("tw", &traditional, "Traditional"),
        ("cn", &traditional, "Traditional"),
        ("tw", &simplified, "Simplified"),
        ("corpus", &simplified, "Simplified"),
        ("cn,spaces,spacing,nfc", &simplified, "Simplified"),
    ] {
        let pipeline = Pipeline::without_conversion().normalize(passes(list));
        row(list, name, &pipeline, text);
    }
    for (config, list, text, name) in
        [("t2s", "cn", &traditional, "Traditional"), ("s2twp", "tw", &simplified, "Simplified")]
    {
        let converter = Converter::new(config).expect("a built-in config");
        let pipeline = Pipeline::new(converter).normalize(passes(list));
        row(&format!("{config} -n {list}"), name, &pipeline, text);
    }
    match uconv(&simplified) {
        Some(rate) => println!("uconv -x Fullwidth-Halfwidth   {rate:>12.1}"),
        None => println!("uconv is not installed"),
    }
}

fn passes(list: &str) -> Passes {
    list.parse().expect("passes")
}

fn row(list: &str, name: &str, pipeline: &Pipeline, text: &str) {
    let rates = [text.to_owned(), harmed(text)].map(|text| {
        let time = least(|| {
            black_box(pipeline.run(black_box(text.as_bytes())).expect("valid text"));
        });
        rate(text.len(), time)
    });
    println!("{list:<22}  {name:<11}  {:>7.1}   {:>7.1}", rates[0], rates[1]);
}

fn rate(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / time.as_secs_f64() / 1e6
}

fn samples(names: &[&str]) -> String {
    let root = path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample");
    let read = |name: &&str| {
        let path = root.join(format!("{name}.txt"));
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let all: String = names.iter().map(read).collect();
    all.repeat(TEXT.div_ceil(all.len()))
}

fn harmed(text: &str) -> String {
    const MARKS: [(char, char); 8] = [
        ('，', ','),
        ('。', '.'),
        ('；', ';'),
        ('：', ':'),
        ('！', '!'),
        ('？', '?'),
        ('（', '('),
        ('）', ')'),
    ];
    let harm = |c: char| match MARKS.iter().find(|(wide, _)| *wide == c) {
        Some(&(_, narrow)) => narrow,
        None if c.is_ascii_digit() => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
        None => c,
    };
    text.chars().map(harm).collect()
}

/// Returns the least time of one call, over as many calls as there is patience for, but two at least.
fn least(mut run: impl FnMut()) -> Duration {
    let mut least = Duration::MAX;
    let begin = Instant::now();
    let mut runs = 0;
    while runs < 2 || begin.elapsed() < PATIENCE {
        let start = Instant::now();
        run();
        least = least.min(start.elapsed());
        runs += 1;
    }
    least
}

fn uconv(text: &str) -> Option<f64> {
    let time = |text: &str| {
        let file = env::temp_dir().join(format!("jianfan-bench-{}", std::process::id()));
        fs::write(&file, text).ok()?;
        let run = || {
            let input = File::open(&file).ok()?;
            let mut command = Command::new("uconv");
            command.args(["-f", "utf-8", "-t", "utf-8", "-x", "Fullwidth-Halfwidth"]);
            let status = command.stdin(input).stdout(Stdio::null()).status().ok()?;
            status.success().then_some(())
        };
        let done = run().map(|()| least(|| run().expect("it ran once")));
        drop(fs::remove_file(&file));
        done
    };
    let (all, nothing) = (time(text)?, time("\n")?);
    Some(rate(text.len(), all.saturating_sub(nothing)))
}
