//! Readers that leave, and streams that cannot be written: reports are a by-product, so the work is
//! done, and the exit code says what became of it, whoever listens.

use std::fs;

use crate::support::command::{Dir, closed_pipe, run};

/// Files of which the last fails, after enough others that the reader has left long before.
fn files(dir: &Dir) {
    for at in 0..40 {
        dir.file(format!("in/{at:02}.txt"), "头发,在后面\n");
    }
}

const BROKEN: &str = "in/zz.txt";

#[track_caller]
fn all_converted(dir: &Dir, below: &str) {
    for at in 0..40 {
        assert_eq!(dir.text(format!("{below}/{at:02}.txt")), "頭髮,在後面\n", "{at}");
    }
}

/// What prints to standard output while it works, and the exit code of each if nothing fails.
const REPORTING: [(&str, i32); 14] = [
    ("convert s2t -w in --report jsonl", 0),
    ("convert s2t -w in --report jsonl -j 1", 0),
    ("convert s2t in -o out --report jsonl=-", 0),
    ("convert s2t -w in --report jsonl=/dev/null", 0),
    ("convert s2t --check in", 1),
    ("convert s2t --check --print0 in", 1),
    ("convert s2t --diff in", 1),
    ("convert s2t --diff --color always in", 1),
    ("normalize -n cn --check in", 1),
    ("normalize -n cn --check --message-format github in", 1),
    ("normalize -n cn --check --message-format sarif in", 1),
    ("repair --check in", 0),
    ("detect in", 0),
    ("detect --json in", 0),
];

#[test]
fn failures_count_whoever_has_left() {
    for (line, code) in REPORTING {
        for is_broken in [false, true] {
            let dir = Dir::new();
            files(&dir);
            if is_broken {
                dir.file(BROKEN, b"\xe5\xa4\xb4\xff\xfe\xfd");
            }
            let run = run(dir.command(line.split(' ')).stdout(closed_pipe()), b"");
            let expected = if is_broken { 2 } else { code };
            assert_eq!(run.code, Some(expected), "{line}: {run:?}");
            // With --json the error is in the object, which nobody has read.
            let told = usize::from(is_broken && !line.contains("--json"));
            assert_eq!(run.stderr.matches("error: ").count(), told, "{line}: {run:?}");
            if line.contains(" -w ") {
                all_converted(&dir, "in");
            } else if line.contains(" -o ") {
                all_converted(&dir, "out");
            }
        }
    }
}

#[test]
fn failures_count_if_nobody_reads_the_messages_either() {
    for line in ["convert s2t -w -v in", "convert s2t -v --check in", "detect in"] {
        let dir = Dir::new();
        files(&dir);
        dir.file(BROKEN, b"\xe5\xa4\xb4\xff\xfe\xfd");
        let mut command = dir.command(line.split(' '));
        let run = run(command.stdout(closed_pipe()).stderr(closed_pipe()), b"");
        assert_eq!(run.code, Some(2), "{line}: {run:?}");
        if line.contains(" -w ") {
            all_converted(&dir, "in");
        }
    }
}

#[test]
fn a_fault_in_a_document_counts_too() {
    let dir = Dir::new();
    files(&dir);
    // A line that is wrong, in a document that is converted.
    dir.file("in/zz.jsonl", "{\"a\": \"头发\"}\n{\"a\": \"头\n{\"a\": \"发\"}\n");
    let told = dir.run("convert s2t --check in");
    assert_eq!(told.code, Some(2), "{told:?}");
    let untold = run(dir.command(["convert", "s2t", "--check", "in"]).stdout(closed_pipe()), b"");
    assert_eq!(untold.code, Some(2), "{untold:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_stream_is_a_failure_and_the_work_is_done() {
    for (line, _) in REPORTING {
        if line.contains("/dev/null") || line.starts_with("repair") {
            continue;
        }
        let dir = Dir::new();
        files(&dir);
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let run = run(dir.command(line.split(' ')).stdout(full), b"");
        assert_eq!(run.code, Some(2), "{line}: {run:?}");
        let told = "error: cannot write standard output: No space left on device (os error 28)\n";
        assert_eq!(run.stderr.matches(told).count(), 1, "{line}: {run:?}");
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{line}: {run:?}");
        if line.contains(" -w ") {
            all_converted(&dir, "in");
        }
    }
    let dir = Dir::new();
    files(&dir);
    let run = dir.run("convert s2t -w in --report jsonl=/dev/full");
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{run:?}");
    run.fails_telling(&["error: cannot write /dev/full: No space", "40 files: 40 changed\n"]);
    all_converted(&dir, "in");
}

#[cfg(target_os = "linux")]
#[test]
fn full_or_closed_messages_change_nothing() {
    let dir = Dir::new();
    files(&dir);
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let told = run(dir.command("convert s2t -w -v in".split(' ')).stderr(full()), b"");
    assert_eq!(told.code, Some(0));
    all_converted(&dir, "in");
    dir.file(BROKEN, b"\xe5\xa4\xb4\xff\xfe\xfd");
    let told = run(dir.command("convert s2t -w -v in".split(' ')).stderr(full()), b"");
    assert_eq!(told.code, Some(2));
    let told = run(dir.command("convert nothing".split(' ')).stderr(full()), b"");
    assert_eq!(told.code, Some(2));
    let told = run(dir.command("convert --nothing".split(' ')).stderr(closed_pipe()), b"");
    assert_eq!(told.code, Some(2));
}

#[test]
fn what_only_prints_ends_quietly_if_its_reader_leaves() {
    let dir = Dir::new();
    dir.file("big.txt", "头发\n".repeat(10_000));
    for line in [
        "list configs",
        "list passes",
        "list formats",
        "list encodings",
        "--help",
        "--version",
        "inspect s2t 头发",
        "inspect s2t --json --file big.txt",
        "inspect s2t --ambiguities --file big.txt",
        "convert s2t big.txt",
        #[cfg(target_os = "linux")]
        "convert s2t big.txt -o /dev/stdout",
    ] {
        let run = run(dir.command(line.split(' ')).stdout(closed_pipe()), b"");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_that_cannot_be_written_is_a_failure() {
    let dir = Dir::new();
    dir.file("a.txt", "头发\n");
    for line in ["list configs", "--help", "inspect s2t 头发", "convert s2t --check a.txt"] {
        let null = fs::File::open("/dev/null").unwrap();
        let run = run(dir.command(line.split(' ')).stdout(null), b"");
        run.fails_telling(&["cannot write standard output: Bad file descriptor"]);
    }
}

/// Makes a named pipe, and a thread that opens it, reads a byte and leaves.
#[cfg(unix)]
fn short_reader(dir: &Dir, name: &str) -> std::thread::JoinHandle<()> {
    use std::io::Read;

    let path = dir.path(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    std::thread::spawn(move || {
        let mut pipe = fs::File::open(path).unwrap();
        pipe.read_exact(&mut [0]).unwrap();
    })
}

#[cfg(unix)]
#[test]
fn a_pipe_with_a_name_may_not_be_left() {
    let dir = Dir::new();
    // More than a pipe holds, so that the writer meets the end of its reader.
    let name = "n".repeat(200);
    for at in 0..400 {
        dir.file(format!("in/{at:03}{name}.txt"), "头发\n");
    }
    let reader = short_reader(&dir, "report");
    let run = dir.run("convert s2t -w in --report jsonl=report");
    reader.join().unwrap();
    assert_eq!(run.stderr.matches("error: ").count(), 1, "{run:?}");
    run.fails_telling(&["error: cannot write report: Broken pipe", "400 files: 400 changed\n"]);
    for at in 0..400 {
        assert_eq!(dir.text(format!("in/{at:03}{name}.txt")), "頭髮\n");
    }

    dir.file("big.txt", "头发\n".repeat(100_000));
    let reader = short_reader(&dir, "result");
    let run = dir.run("convert s2t big.txt -o result");
    reader.join().unwrap();
    run.fails_telling(&["error: big.txt: cannot write result: Broken pipe"]);
}
