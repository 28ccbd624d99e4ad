//! How fast other converters are, and what they give, in one process and one run with ours.
//!
//! In: nothing, or the names of configs. Out: the tables of README, in Markdown: for each config and each engine megabytes (10⁶
//! bytes of input) a second on one thread over prose, the ratio to ours, allocations, the time until the first line is
//! converted by a fresh process, and on how many lines the output is OpenCC's; then some configs on texts of other kinds. The
//! floor is what any program must do: walk over the characters, see that the bytes are UTF-8, copy them.
//!
//! Each time is the least of several runs: what the machine does besides can only add to it. The ratios hold on any machine,
//! the rates on the one they were measured on.
//!
//! ```text
//! source <(tests/support/libopencc.sh)
//! cargo run --release --manifest-path tests/peers/Cargo.toml               # everything: six minutes
//! cargo run --release --manifest-path tests/peers/Cargo.toml -- s2t t2s    # these configs
//! ```

#[path = "../../support/json.rs"]
#[allow(dead_code)]
mod json;
#[path = "../../support/naive.rs"]
#[allow(dead_code)]
mod naive;
#[path = "../../bench/prose.rs"]
#[allow(clippy::all)]
mod prose;
mod texts;

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, io};

/// Counts the allocations of Rust; those of libopencc, which is C++, are not seen.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// An open conversion.
type Convert = Box<dyn FnMut(&str) -> String>;

/// What is measured, in the order of the tables.
const ENGINES: [(&str, fn(&str) -> Option<Convert>); 6] = [
    ("jianfan", jianfan),
    ("libopencc 1.4.2", libopencc),
    ("opencc-fmmseg 0.13.0", fmmseg),
    ("ferrous-opencc 0.4.0", ferrous),
    ("zhconv 0.4.2", zhconv),
    ("fast2s 0.3.1", fast2s),
];

fn jianfan(config: &str) -> Option<Convert> {
    // As OpenCC's library does; its command leaves out what few fonts can show.
    let converter = jianfan::Converter::builder(config).include_tofu_risk(true).build().ok()?;
    Some(Box::new(move |text| converter.convert(text)))
}

fn libopencc(config: &str) -> Option<Convert> {
    let path = naive::data().join("config").join(config).with_extension("json");
    let folder = env::temp_dir().join(format!("jianfan-peers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    // The configs name the dictionaries without their folder.
    let text = std::fs::read_to_string(path).ok()?;
    let dictionaries = naive::data().join("dictionary");
    let text = text.replace("\"file\": \"", &format!("\"file\": \"{}/", dictionaries.display()));
    let copy = folder.join(config).with_extension("json");
    std::fs::write(&copy, text).ok()?;
    let library = jianfan::LibOpencc::open(&copy).ok()?;
    let _ = std::fs::remove_dir_all(folder);
    Some(Box::new(move |text| library.convert(text).expect("no NUL in prose")))
}

fn fmmseg(config: &str) -> Option<Convert> {
    let mut engine = opencc_fmmseg::OpenCC::new();
    engine.set_parallel(false);
    let config: opencc_fmmseg::OpenccConfig = config.try_into().ok()?;
    Some(Box::new(move |text| engine.convert_with_config(text, config, false)))
}

fn ferrous(config: &str) -> Option<Convert> {
    let config = ferrous_opencc::config::BuiltinConfig::from_filename(&format!("{config}.json"));
    let engine = ferrous_opencc::OpenCC::from_config(config.ok()?).ok()?;
    Some(Box::new(move |text| engine.convert(text)))
}

fn zhconv(config: &str) -> Option<Convert> {
    let variant = match config {
        "s2t" => zhconv::Variant::ZhHant,
        "t2s" => zhconv::Variant::ZhHans,
        // It has no Taiwan without Taiwan's words, and none back.
        "s2twp" => zhconv::Variant::ZhTW,
        "tw2sp" => zhconv::Variant::ZhCN,
        "s2hk" => zhconv::Variant::ZhHK,
        _ => return None,
    };
    Some(Box::new(move |text| zhconv::zhconv(text, variant)))
}

fn fast2s(config: &str) -> Option<Convert> {
    (config == "t2s").then(|| Box::new(|text: &str| fast2s::convert(text)) as Convert)
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [flag, engine, config] = args.as_slice()
        && flag == "--one-line"
    {
        return one_line(engine, config);
    }
    let wanted = |name: &str| args.is_empty() || args.iter().any(|arg| arg == name);
    floor();
    println!(
        "| config | engine | MB/s | jianfan is faster by | allocations | one line, process | lines as OpenCC |"
    );
    println!("|---|---|---:|---:|---:|---:|---:|");
    for config in jianfan::configs() {
        if wanted(config.name) {
            let text = prose::text(config, 3_000_000);
            compare(config.name, &text, None);
        }
    }
    println!();
    println!(
        "| text | config | engine | MB/s | jianfan is faster by | allocations | lines as OpenCC |"
    );
    println!("|---|---|---|---:|---:|---:|---:|");
    for (kind, text) in texts::all() {
        for config in ["s2t", "t2s", "s2twp"].into_iter().filter(|name| wanted(name)) {
            compare(config, &text, Some(kind));
        }
    }
}

/// Prints what no converter can be faster than.
fn floor() {
    let config = jianfan::configs().iter().find(|config| config.name == "s2t").expect("s2t");
    let text = prose::text(config, 3_000_000);
    let mut copy = vec![0u8; text.len()];
    let rate = |time: Duration| text.len() as f64 / time.as_secs_f64() / 1e6;
    let characters = least(|| {
        black_box(black_box(&text).chars().fold(0u32, |sum, c| sum.wrapping_add(c as u32)));
    });
    let valid = least(|| {
        black_box(std::str::from_utf8(black_box(text.as_bytes()))).expect("UTF-8");
    });
    let copying = least(|| black_box(&mut copy).copy_from_slice(black_box(text.as_bytes())));
    println!(
        "Floor, MB/s: `str::chars` {:.0}, `str::from_utf8` {:.0}, `memcpy` {:.0}.\n",
        rate(characters),
        rate(valid),
        rate(copying)
    );
}

fn compare(config: &str, text: &str, kind: Option<&str>) {
    let mut ours = 0.0;
    let theirs = libopencc(config).expect("libopencc opens its own configs")(head(text, 300_000));
    for (name, open) in ENGINES {
        let Some(mut convert) = open(config) else { continue };
        // Half a second at most for a run.
        let sample = head(text, 100_000);
        let start = Instant::now();
        black_box(convert(sample));
        let slow = start.elapsed().as_secs_f64() * (text.len() as f64 / sample.len() as f64) > 0.5;
        let part = if slow { head(text, 500_000) } else { text };
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        black_box(convert(part));
        let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
        let time = least(|| drop(black_box(convert(black_box(part)))));
        let rate = part.len() as f64 / time.as_secs_f64() / 1e6;
        if ours == 0.0 {
            ours = rate;
        }
        let output = convert(head(text, 300_000));
        let lines = theirs.lines().count();
        let same = theirs.lines().zip(output.lines()).filter(|(a, b)| a == b).count();
        let same = if output == theirs { "all".into() } else { format!("{same} of {lines}") };
        let allocations = match name.starts_with("libopencc") {
            true => "–".into(),
            false => format!("{:.1}/MB", allocations as f64 / (part.len() as f64 / 1e6)),
        };
        let process = match kind {
            None => format!(" {:.1} ms |", process(name, config).as_secs_f64() * 1e3),
            Some(_) => String::new(),
        };
        let kind = kind.map_or(String::new(), |kind| format!(" {kind} |"));
        let ratio = ours / rate;
        println!(
            "|{kind} {config} | {name} | {rate:.0} | {ratio:.1} | {allocations} |{process} {same} |"
        );
    }
}

/// Returns the lines at the head of a text that come to about so many bytes.
fn head(text: &str, bytes: usize) -> &str {
    let end = text.as_bytes().iter().skip(bytes).position(|&byte| byte == b'\n');
    end.map_or(text, |end| &text[..bytes + end + 1])
}

/// Returns the least time of one call, over as many calls as fit into a second, but two at least.
fn least(mut run: impl FnMut()) -> Duration {
    let mut least = Duration::MAX;
    let begin = Instant::now();
    let mut runs = 0;
    while runs < 2 || begin.elapsed() < Duration::from_millis(700) {
        let start = Instant::now();
        run();
        least = least.min(start.elapsed());
        runs += 1;
    }
    least
}

/// Returns the time of a whole process that converts one line.
fn process(engine: &str, config: &str) -> Duration {
    let program = env::current_exe().expect("this program");
    least(|| {
        let mut child = Command::new(&program)
            .args(["--one-line", engine, config])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all("汉字漢字\n".as_bytes()).expect("the program reads");
        drop(stdin);
        assert!(child.wait_with_output().expect("the program ends").status.success());
    })
}

fn one_line(engine: &str, config: &str) {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).expect("UTF-8");
    let (_, open) = ENGINES.into_iter().find(|(name, _)| *name == engine).expect("an engine");
    print!("{}", open(config).expect("a config")(&text));
}
