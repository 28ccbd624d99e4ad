//! Disks that are full, processes that are killed, files that vanish: the old file or the new one, and a message.
#![cfg(unix)]

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::command::{Dir, run};
use crate::support::generate::Rng;

fn shell(dir: &Dir, script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_jianfan")]).current_dir(dir.path(""));
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// Files of every size, with the texts that they have before and after.
fn many(dir: &Dir) -> Vec<(String, String, String)> {
    let mut files = Vec::new();
    for at in 0..400 {
        let name = format!("in/{}/{at}", at % 7);
        let lines = if at % 100 == 0 { 300_000 } else { at * 3 };
        let (before, after) = ("头发后面\n".repeat(lines), "頭髮後面\n".repeat(lines));
        dir.file(&name, &before);
        files.push((name, before, after));
    }
    files
}

#[track_caller]
fn each_is_old_or_new(dir: &Dir, files: &[(String, String, String)]) -> usize {
    let mut new = 0;
    for (name, before, after) in files {
        let now = dir.text(name);
        assert!(now == *before || now == *after, "{name} is neither");
        new += usize::from(now == *after);
    }
    new
}

fn temporary(dir: &Dir) -> usize {
    dir.files().iter().filter(|name| name.contains(".jianfan-")).count()
}

#[test]
fn a_killed_run_leaves_each_file_old_or_new() {
    let dir = Dir::new();
    let files = many(&dir);
    let mut rng = Rng::named(1, "kill");
    for _ in 0..15 {
        let mut child = dir.command(["convert", "s2t", "-w", "in"]).spawn().unwrap();
        thread::sleep(Duration::from_micros(rng.between(500, 60_000) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        each_is_old_or_new(&dir, &files);
    }
    // What was left lying about does not become a document, and is gone.
    dir.run("convert s2t -w --hidden in").succeeds();
    assert_eq!(each_is_old_or_new(&dir, &files), files.len());
    assert_eq!(temporary(&dir), 0);
}

/// Returns whether this process, and so its children, ignore a signal.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    u64::from_str_radix(set.trim(), 16).unwrap_or(0) >> (signal - 1) & 1 == 1
}

#[test]
fn an_interrupted_run_leaves_no_temporary_files() {
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        if is_ignored(code - 128) {
            // We were started by `nohup` or the like, and so is what we start.
            continue;
        }
        let dir = Dir::new();
        let files = many(&dir);
        let mut rng = Rng::named(2, signal);
        let (mut interrupted, mut longest) = (0, 40_000);
        for round in 0.. {
            assert!(round < 100, "every run was over before the signal");
            let mut child = dir.command(["convert", "s2t", "-w", "in"]).spawn().unwrap();
            thread::sleep(Duration::from_micros(rng.between(longest / 20, longest) as u64));
            let pid = child.id().to_string();
            Command::new("kill").args([&format!("-{signal}"), &pid]).status().unwrap();
            let status = child.wait().unwrap();
            // A signal that comes before we listen ends the process by itself.
            let ended = status.code() == Some(code) || status.signal().is_some();
            assert!(ended || status.success(), "{status:?}");
            assert_eq!(temporary(&dir), 0);
            if each_is_old_or_new(&dir, &files) == files.len() {
                // Nothing is left to do: once more from the beginning, with less patience.
                many(&dir);
                longest = (longest / 2).max(1000);
            }
            interrupted += usize::from(ended);
            if interrupted == 8 {
                break;
            }
        }
    }
}

#[test]
fn a_waiting_run_ends_at_once_when_interrupted() {
    let dir = Dir::new();
    // A background job of such a shell ignores SIGINT, as nohup ignores SIGHUP, and so do we.
    let script = r#"mkfifo pipe; "$0" convert s2t pipe -o out & pid=$!; exec 3>pipe; echo 头 >&3; sleep 0.2
        kill -INT $pid; sleep 0.1; kill -TERM $pid; wait $pid"#;
    let run = run(&mut shell(&dir, script), b"");
    assert_eq!(run.code, Some(143), "{run:?}");
    assert_eq!(temporary(&dir), 0);
    assert!(!dir.path("out").exists());
}

#[test]
fn a_limit_on_the_size_of_files_is_told_and_leaves_the_old_file() {
    let dir = Dir::new();
    let text = "头发\n".repeat(1_000_000);
    dir.file("a", &text).file("b", "头发");
    let script = r#"ulimit -f 100; exec "$0" convert s2t -w a b"#;
    let run = run(&mut shell(&dir, script), b"");
    run.fails_telling(&["error: cannot write a: ", "2 files: 1 changed, 1 failed"]);
    assert!(dir.text("a") == text);
    assert_eq!(dir.text("b"), "頭髮");
    assert_eq!(temporary(&dir), 0);
}

#[test]
fn a_full_disk_is_told_and_leaves_the_old_files() {
    let dir = Dir::new();
    // Needs to be root, and a kernel that lets root mount.
    let script = r#"mkdir disk && mount -t tmpfs -o size=2m tmpfs disk"#;
    if !shell(&dir, script).status().unwrap().success() {
        return;
    }
    let large = "头发\n".repeat(200_000);
    for at in 0..3 {
        let text = if at == 0 { large.clone() } else { "头发\n".repeat(20) };
        fs::write(dir.path(format!("disk/{at}")), text).unwrap();
    }
    let run = dir.run("convert s2t -w disk");
    let after: Vec<String> =
        (0..3).map(|at| fs::read_to_string(dir.path(format!("disk/{at}"))).unwrap()).collect();
    let left = fs::read_dir(dir.path("disk")).unwrap().count();
    assert!(shell(&dir, "umount disk").status().unwrap().success());
    run.fails_telling(&["error: cannot write disk/0: ", "3 files: 2 changed, 1 failed"]);
    assert!(after[0] == large && after[1] == "頭髮\n".repeat(20));
    assert_eq!(left, 3);
}

#[test]
fn a_reader_that_leaves_ends_the_run_quietly_and_soon() {
    let dir = Dir::new();
    dir.file("large", "头发\n".repeat(3_000_000));
    let script = r#"{ "$0" convert s2t large; echo $? >code; } | head -n 1"#;
    let run = run(&mut shell(&dir, script), b"");
    assert_eq!((run.succeeds().as_str(), dir.text("code").trim()), ("頭髮\n", "0"));
}

#[test]
fn a_full_device_is_told_for_streams_of_any_length() {
    let dir = Dir::new();
    dir.file("small", "头发\n").file("large", "头发\n".repeat(2_000_000));
    for name in ["small", "large"] {
        let script = format!(r#""$0" convert s2t {name} >/dev/full"#);
        run(&mut shell(&dir, &script), b"").fails_telling(&["cannot write standard output"]);
        let device = dir.run(&format!("convert s2t {name} -o /dev/full"));
        device.fails_telling(&["cannot write /dev/full"]);
    }
}

#[test]
fn few_open_files_are_enough() {
    let dir = Dir::new();
    for at in 0..600 {
        dir.file(format!("in/{at}"), "头发");
    }
    let script = r#"ulimit -n 24; exec "$0" convert s2t -w in -j 4"#;
    let run = run(&mut shell(&dir, script), b"");
    assert_eq!(run.stderr, "600 files: 600 changed\n");
}

#[test]
fn names_of_any_length_and_kind_work() {
    let dir = Dir::new();
    let long = "長".repeat(85);
    assert_eq!(long.len(), 255);
    for name in [long.as_str(), "a\nb", "-w", " ", "a\u{1b}[2Jb", "*"] {
        dir.file(format!("in/{name}"), "头发");
    }
    dir.run("convert s2t -w in").succeeds();
    for name in [long.as_str(), "a\nb", "-w", " ", "a\u{1b}[2Jb", "*"] {
        assert_eq!(dir.text(format!("in/{name}")), "頭髮", "{name:?}");
    }
    dir.file("in/a\nb", b"\xff\xfd");
    let told = dir.run("convert s2t -w in").fails();
    assert!(told.starts_with("error: \"in/a\\nb\": byte 0"), "{told:?}");
}

#[test]
fn devices_and_descriptors_are_what_they_lead_to() {
    let dir = Dir::new();
    dir.file("a", "头发").file("b", "old");
    let out = |script: &str| run(&mut shell(&dir, script), b"");
    // Another way to the input is the input, and another way to a file is that file.
    out(r#""$0" convert s2t a -o /proc/self/cwd/a"#).fails_telling(&["the same file as the input"]);
    out(r#""$0" convert s2t a -o /dev/fd/3 3<>a"#).fails_telling(&["the same file as the input"]);
    out(r#""$0" convert s2t a -o /dev/fd/3 3>>a"#).fails_telling(&["the same file as the input"]);
    out(r#""$0" convert s2t a -o /proc/self/cwd/b"#).succeeds();
    assert_eq!([dir.text("a"), dir.text("b")], ["头发", "頭髮"]);
    assert_eq!(out(r#""$0" convert s2t a -o /dev/fd/3 3>&1"#).succeeds(), "頭髮");
}

#[test]
fn messages_do_not_command_the_terminal() {
    let dir = Dir::new();
    let told = run(&mut dir.command(["convert", "no\u{1b}[2J\nforged"]), b"").fails();
    assert!(!told.contains('\u{1b}') && !told.contains("\nforged"), "{told:?}");
}

#[test]
fn two_runs_at_once_leave_whole_files() {
    let dir = Dir::new();
    let files = many(&dir);
    let start = || dir.command(["convert", "s2t", "-w", "in"]).spawn().unwrap();
    let mut children = [start(), start()];
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(each_is_old_or_new(&dir, &files), files.len());
    assert_eq!(temporary(&dir), 0);
}
