//! The result of the command does not depend on how its input arrives: as a file, through a pipe in any pieces, compressed,
//! line by line, on any number of threads.
//!
//! The same property of the library, with far more cuts, is tested in `src/pipeline/arrival.rs`. A plain `cargo test` takes
//! a few dozen texts; `JIANFAN_ARRIVAL_TEXTS=3000` takes a tenth of that number.

use std::fs::File;
use std::io::Write;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::support::arrival::{FORMATS, Rng, formatted, plain, with_invalid};
use crate::support::command::{Dir, Run, run, without_time};
use crate::support::compare::number;

const OPTIONS: &[&str] = &[
    "convert s2t",
    "convert s2twp -n tw",
    "convert t2s -n cn",
    "convert s2tw --exact -n quotes=tw,spaces",
    "convert s2hk --cantonese --protect [发里].",
    "convert s2t --protect-common --keep 范冰冰",
    "normalize -n cn",
    "normalize -n tw,ascii-quotes,spacing=add",
    "normalize -n corpus",
    "repair -n clean",
    "normalize -n cn --check",
    "convert s2t -n tw --check",
];

/// Writes to the standard input of the command in pieces, with pauses.
fn piped(dir: &Dir, args: &[&str], bytes: &[u8], rng: &mut Rng, pieces: usize) -> Run {
    let mut child = dir.command(args).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut cuts: Vec<usize> = (1..pieces).map(|_| rng.below(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let output = thread::scope(|scope| {
        scope.spawn(move || {
            for cut in cuts.windows(2) {
                // After an error nobody reads any more.
                if stdin.write_all(&bytes[cut[0]..cut[1]]).is_err() {
                    return;
                }
                thread::sleep(Duration::from_millis(2));
            }
        });
        child.wait_with_output().unwrap()
    });
    let stderr = without_time(String::from_utf8(output.stderr).unwrap());
    Run { code: output.status.code(), stdout: output.stdout, stderr }
}

/// What a user sees, without the name of the input; nothing of the output of a run that failed, which was stopped somewhere.
fn seen(run: Run) -> (Option<i32>, String, String) {
    let neutral = |text: String| {
        text.replace("standard input", "INPUT")
            .replace("<stdin>", "INPUT")
            .replace("text.in", "INPUT")
    };
    let stdout = String::from_utf8_lossy(&run.stdout).into_owned();
    let stdout = if run.code == Some(2) { String::new() } else { neutral(stdout) };
    (run.code, stdout, neutral(run.stderr))
}

#[track_caller]
fn compare(dir: &Dir, options: &[&str], bytes: &[u8], rng: &mut Rng) {
    dir.file("text.in", bytes);
    let with = |more: &[&'static str]| [options, more].concat();
    let reference = seen(run(&mut dir.command(with(&["-j", "1", "text.in"])), b""));
    let same = |how: &str, run: Run| {
        let run = seen(run);
        assert!(
            run == reference,
            "{how} {options:?}\n{:?}\n{run:?}\n{reference:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(10_000)])
        );
    };
    same("five threads", run(&mut dir.command(with(&["-j", "5", "text.in"])), b""));
    let stdin = File::open(dir.path("text.in")).unwrap();
    same("redirected", run(dir.command(options).stdin(stdin), b""));
    same("piped", run(dir.command(options).stdin(Stdio::piped()), bytes));
    same("pieces", piped(dir, &with(&["-j", "2"]), bytes, rng, 8));
    same("lines", piped(dir, &with(&["--line-buffered"]), bytes, rng, 4));
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    same("gzip", piped(dir, options, &packer.finish().unwrap(), rng, 4));
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let packed = ruzstd::encoding::compress_to_vec(bytes, level);
    same("zstd", run(dir.command(options).stdin(Stdio::piped()), &packed));
}

fn options(rng: &mut Rng) -> Vec<&'static str> {
    rng.pick(OPTIONS).split(' ').collect()
}

#[test]
fn the_command_answers_the_same_however_its_input_arrives() {
    let dir = Dir::new();
    let texts = number("JIANFAN_ARRIVAL_TEXTS", 300) / 10;
    for text in 0..texts {
        let mut rng = Rng::new(text as u64);
        let mut options = options(&mut rng);
        let bytes = match rng.below(4) {
            0 => {
                let (format, parts) = FORMATS[rng.below(FORMATS.len())];
                options.extend(["-f", format]);
                formatted(&mut rng, parts).into_bytes()
            }
            1 => {
                options.extend(["-e", "utf-8", "--on-invalid"]);
                options.push(["error", "keep", "replace"][rng.below(3)]);
                let text = plain(&mut rng);
                with_invalid(&mut rng, text)
            }
            _ => plain(&mut rng).into_bytes(),
        };
        compare(&dir, &options, &bytes, &mut rng);
    }
}

/// Such a file is streamed, on several threads.
#[test]
fn the_command_answers_the_same_for_a_large_file() {
    let dir = Dir::new();
    for (seed, options) in ["normalize -n cn", "convert s2twp -n tw"].into_iter().enumerate() {
        let mut rng = Rng::new(1000 + seed as u64);
        let mut text = String::new();
        while text.len() < 5 << 20 {
            // Quotations and lines of several kinds, and then lines as most are.
            text.push_str(&plain(&mut rng));
            text.push_str(&"他说：“头发,里。”\n干净“的\n鼠标”。\n\n".repeat(rng.below(3000)));
        }
        compare(&dir, &options.split(' ').collect::<Vec<_>>(), text.as_bytes(), &mut rng);
    }
}

#[test]
fn a_quotation_is_matched_wherever_a_read_ends() {
    let dir = Dir::new();
    for (pieces, expected) in [
        // Within a character.
        (&[&b"\xE6\x9C\xAC\xE2\x80\x98\n\xE2"[..], b"\x80\x99\n"][..], "本“\n”\n"),
        // Within a line that a later read completes.
        (&["本‘\n里’".as_bytes(), "发’\n".as_bytes()], "本‘\n里’发’\n"),
        (&["他说：「头\n".as_bytes(), "发".as_bytes(), "」。\n".as_bytes()], "他说：“头\n发”。\n"),
    ] {
        let whole = pieces.concat();
        dir.file("whole", &whole);
        assert_eq!(dir.run("normalize -n cn whole").succeeds(), expected);
        let mut child =
            dir.command(["normalize", "-n", "cn"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        for piece in pieces {
            stdin.write_all(piece).unwrap();
            thread::sleep(Duration::from_millis(50));
        }
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    }
}

#[test]
fn a_pragma_counts_in_whatever_block_it_is() {
    let dir = Dir::new();
    let kept = "发\n".repeat(300_000);
    let text = format!("发\n# jianfan:off\n{kept}# jianfan:on\n发\n");
    let expected = format!("發\n# jianfan:off\n{kept}# jianfan:on\n發\n");
    for options in ["convert s2t --exact", "convert s2t --exact -n tw"] {
        assert!(dir.pipe(options, &text).succeeds() == expected, "{options}");
        dir.file("text", &text);
        assert!(dir.run(&format!("{options} text")).succeeds() == expected, "{options}");
    }
}

/// Nothing waits for more than it needs.
#[cfg(unix)]
#[test]
fn a_line_waits_only_while_a_quotation_is_open() {
    use std::io::{BufRead, BufReader};

    let dir = Dir::new();
    for more in [&[][..], &["--line-buffered"]] {
        let args = [&["normalize", "-n", "tw"], more].concat();
        let mut child = dir.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        for (sent, answered) in [
            ("头发,里\n", "头发，里\n"),
            ("“头发”\n", "「头发」\n"),
            ("他说“头\n发”\n", "他说「头\n发」\n"),
            // The paragraph ends, and nothing repeats the mark.
            ("他说“头\n\n发\n", "他说“头\n\n发\n"),
            // A mark without its partner decides, too.
            ("他说“头\n发』\n", "他说“头\n发』\n"),
        ] {
            stdin.write_all(sent.as_bytes()).unwrap();
            stdin.flush().unwrap();
            let mut lines = String::new();
            for _ in 0..answered.lines().count() {
                stdout.read_line(&mut lines).unwrap();
            }
            assert_eq!(lines, answered);
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}
