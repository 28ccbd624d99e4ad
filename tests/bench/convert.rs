//! `cargo bench`: how fast text is converted, and how long it takes until a conversion can begin.
//!
//! One table: for each config the native engine, the naive one of the tests and, with the feature `opencc`, libopencc, in
//! megabytes (10⁶ bytes) of input a second on one thread, in one process and one run, so that the ratios hold on any machine.
//! Then the same with the context layer, the time to open a config, and that of a whole process for one line. Each time is the least of several runs: what
//! the machine does besides can only add to it. Every engine's output is compared with the native engine's.
//!
//! The texts are the samples of `data/sample` and prose generated from them and the dictionaries, about half of each: the
//! samples alone would keep a few thousand words in the cache, more than real text does, and the dictionaries alone
//! hold words of which real text has few.
//!
//! ```text
//! cargo bench                                   # all 16 configs
//! cargo bench -- s2t t2s                        # some of them
//! cargo bench -- s2t --text FILE                # another text
//! cargo bench --features opencc                 # with libopencc; see tests/support/libopencc.sh
//! cargo bench -- s2t --write DIR                # no bench: the head of the text, as DIR/s2t.txt
//! ```

#![allow(
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    clippy::disallowed_methods,
    reason = "a bench prints its table, and rounds"
)]

#[path = "../support/json.rs"]
mod json;
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../support/naive.rs"]
mod naive;
#[cfg(feature = "opencc")]
#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../support/oracle.rs"]
mod oracle;
mod prose;

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use jianfan::Converter;

/// Bytes of text for each config.
const TEXT: usize = 6_000_000;
/// How long the runs of the native engine go on for a config.
const PATIENCE: Duration = Duration::from_millis(600);
/// The slower engines convert only a part of the text.
#[cfg(feature = "opencc")]
const PART_LIBOPENCC: usize = 3_000_000;
const PART_NAIVE: usize = 300_000;

fn main() {
    let mut wanted: Vec<String> = Vec::new();
    let (mut file, mut folder) = (None, None);
    let mut args = env::args().skip(1).filter(|arg| arg != "--bench");
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--text" => file = args.next(),
            "--write" => folder = args.next(),
            _ => wanted.push(arg),
        }
    }
    if let Some(folder) = folder {
        return write(Path::new(&folder), &wanted);
    }
    let other =
        file.map(|path| fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}")));
    println!(
        "config      native     naive  libopencc  native/libopencc   opens in  libopencc opens in"
    );
    for config in jianfan::configs() {
        if wanted.is_empty() || wanted.iter().any(|name| name == config.name) {
            let text = other.clone().unwrap_or_else(|| prose::text(config, TEXT));
            println!("{}", row(config.name, &text));
        }
    }
    println!(
        "config      exact  with context  context/exact  sentences: exact  with context          ratio   opens in"
    );
    for config in jianfan::configs().iter().filter(|config| config.has_context()) {
        if wanted.is_empty() || wanted.iter().any(|name| name == config.name) {
            let text = other.clone().unwrap_or_else(|| prose::text(config, TEXT));
            println!("{}", context_row(config.name, &text, &prose::sentences(TEXT)));
        }
    }
    for config in ["s2t", "s2twp", "t2s"] {
        let time = millis(process(Some(config)));
        println!("one line through the command, {config}: {time:.2} ms");
    }
    println!("one line through cat: {:.2} ms", millis(process(None)));
}

/// Writes the text of each config, as much as a simulated processor gets through in a second or two.
fn write(folder: &Path, wanted: &[String]) {
    const SIMULATED: usize = 400_000;
    for config in jianfan::configs() {
        if wanted.is_empty() || wanted.iter().any(|name| name == config.name) {
            let text = prose::text(config, SIMULATED);
            let path = folder.join(config.name).with_extension("txt");
            fs::write(&path, lines_of(&text, SIMULATED))
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        }
    }
}

/// Measures one config.
fn row(config: &str, text: &str) -> String {
    let converter = Converter::new(config).expect("a built-in config");
    let mut output = String::new();
    let native = least(PATIENCE, || {
        output.clear();
        converter.convert_into(black_box(text), &mut output);
    });
    let opens = least(Duration::from_millis(50), || {
        black_box(Converter::new(black_box(config)).expect("a built-in config"));
    });

    let part = lines_of(text, PART_NAIVE);
    let naive = naive::Config::builtin(config, false);
    let mut naively = String::new();
    let slow = least(Duration::ZERO, || naively = naive.convert(part));
    assert_eq!(naively, converter.convert(part), "{config}: the naive engine differs");

    let rate = |bytes: usize, time: Duration| bytes as f64 / time.as_secs_f64() / 1e6;
    let native = rate(text.len(), native);
    let naive = rate(part.len(), slow);
    let mut row = format!("{config:<8} {native:>9.1} {naive:>9.1}");
    #[cfg(feature = "opencc")]
    {
        let begin = Instant::now();
        let oracle = oracle::builtin(config, false);
        let load = begin.elapsed();
        let part = lines_of(text, PART_LIBOPENCC);
        let mut theirs = String::new();
        let time = least(Duration::from_millis(600), || {
            theirs = oracle.convert(black_box(part)).expect("no NUL in prose");
        });
        assert_eq!(theirs, converter.convert(part), "{config}: libopencc differs");
        let libopencc = rate(part.len(), time);
        let (ratio, opens, load) = (native / libopencc, opens.as_secs_f64() * 1e6, millis(load));
        row += &format!("  {libopencc:>9.1} {ratio:>17.1} {opens:>7.1} µs {load:>16.1} ms");
    }
    #[cfg(not(feature = "opencc"))]
    {
        row += &format!("  {:>9} {:>17} {:>7.1} µs", "-", "-", opens.as_secs_f64() * 1e6);
    }
    row
}

/// Measures one config with the context layer and without: on a text, on whole sentences, and until it is open.
fn context_row(config: &str, text: &str, sentences: &str) -> String {
    let open = || Converter::builder(black_box(config)).context(true).build();
    let opens = least(Duration::from_millis(50), || {
        black_box(open().expect("a built-in config"));
    });
    let exact = Converter::new(config).expect("a built-in config");
    let context = open().expect("a built-in config");
    let [text, sentences] = [text, sentences].map(|text| {
        let [exact, context] = in_turns(&[&exact, &context], text);
        format!("{exact:>8.1} {context:>13.1} {:>14.2}", context / exact)
    });
    format!("{config:<8} {text} {sentences:>37} {:>7.1} µs", opens.as_secs_f64() * 1e6)
}

/// Returns the megabytes that each converter does in a second.
fn in_turns<const N: usize>(converters: &[&Converter; N], text: &str) -> [f64; N] {
    let mut output = String::new();
    let mut times = [Duration::MAX; N];
    for _ in 0..4 {
        for (time, converter) in times.iter_mut().zip(converters) {
            let new = least(PATIENCE / 4, || {
                output.clear();
                converter.convert_into(black_box(text), &mut output);
            });
            *time = new.min(*time);
        }
    }
    times.map(|time| text.len() as f64 / time.as_secs_f64() / 1e6)
}

/// Returns the least time of one call, over as many calls as fit into `patience`, but two at least.
fn least(patience: Duration, mut run: impl FnMut()) -> Duration {
    let mut least = Duration::MAX;
    let begin = Instant::now();
    let mut runs = 0;
    while runs < 2 || begin.elapsed() < patience {
        let start = Instant::now();
        run();
        least = least.min(start.elapsed());
        runs += 1;
    }
    least
}

/// Returns the lines at the head of `text` that come to about `bytes`.
fn lines_of(text: &str, bytes: usize) -> &str {
    let end = text.as_bytes().iter().skip(bytes).position(|&byte| byte == b'\n');
    end.map_or(text, |end| &text[..bytes + end + 1])
}

/// Runs the command, or `cat`, on one line.
fn process(config: Option<&str>) -> Duration {
    least(Duration::from_millis(500), || {
        let mut command = match config {
            Some(_) => Command::new(env!("CARGO_BIN_EXE_jianfan")),
            None => Command::new("cat"),
        };
        command.args(config.map(|config| ["convert", config]).into_iter().flatten());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut stdin = child.stdin.take().expect("stdin is a pipe");
        stdin.write_all("汉字漢字\n".as_bytes()).expect("the command reads");
        drop(stdin);
        let output = child.wait_with_output().expect("the command ends");
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).ends_with('\n'));
    })
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
