//! Finished files reach the disk and take their names: when, with which modes, and what may stop them.
#![cfg(unix)]

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::fs::{OFlags, fcntl_setfl};

use crate::support::command::{Dir, Run, run};
use crate::support::generate::Rng;

fn temporary(dir: &Dir) -> usize {
    dir.files().iter().filter(|name| name.contains(".jianfan-")).count()
}

fn shell(dir: &Dir, script: &str) -> Run {
    let mut shell = Command::new("sh");
    shell.args(["-c", script, env!("CARGO_BIN_EXE_jianfan")]).current_dir(dir.path(""));
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    run(&mut shell, b"")
}

fn set_mode(dir: &Dir, name: &str, mode: u32) {
    fs::set_permissions(dir.path(name), Permissions::from_mode(mode)).unwrap();
}

fn mode(dir: &Dir, name: &str) -> u32 {
    fs::metadata(dir.path(name)).unwrap().mode() & 0o7777
}

/// Returns the command under strace with these options; it writes what it saw to `log`, and is the parent's own child.
/// `None` where there is no strace, or where it may not trace.
fn traced(dir: &Dir, options: &str, line: &str) -> Option<Command> {
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-y", "-qq", "-o"]).arg(dir.path("log")).args(options.split(' '));
    let is_there = Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).status();
    if !is_there.is_ok_and(|status| status.success()) {
        println!("skipped: there is no strace that works");
        return None;
    }
    strace.arg(env!("CARGO_BIN_EXE_jianfan")).args(line.split(' ')).current_dir(dir.path(""));
    strace.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Some(strace)
}

/// Waits for something that another process is about to do.
#[track_caller]
fn wait_until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..12_000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("it did not happen within a minute");
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    status.unwrap();
}

fn finish(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn three_thousand(dir: &Dir) {
    for at in 0..3000 {
        dir.file(format!("in/{}/{at}", at % 5), "头发");
    }
}

fn converted(dir: &Dir) -> usize {
    dir.files().iter().filter(|name| name.starts_with("in/") && dir.text(name) == "頭髮").count()
}

#[test]
fn an_interrupted_run_keeps_what_is_finished_and_says_how_much() {
    let dir = Dir::new();
    three_thousand(&dir);
    let mut rng = Rng::named(1, "keep");
    let mut between = 0;
    for _ in 0..8 {
        let before = converted(&dir);
        let mut child = dir.command(["convert", "s2t", "-w", "-v", "in"]).spawn().unwrap();
        // Its first message comes with the first group.
        let mut stderr = child.stderr.take().unwrap();
        let mut first = [0];
        let read = stderr.read(&mut first).unwrap();
        thread::sleep(Duration::from_micros(rng.between(0, 30_000) as u64));
        signal(&child, "TERM");
        let mut messages = vec![b'u'; read];
        stderr.read_to_end(&mut messages).unwrap();
        let messages = String::from_utf8(messages).unwrap();
        let code = child.wait().unwrap().code();
        assert_eq!(temporary(&dir), 0);
        for name in messages.lines().filter_map(|line| line.strip_prefix("changed: ")) {
            assert_eq!(dir.text(name), "頭髮", "{name} was reported");
        }
        let now = converted(&dir);
        if code == Some(0) {
            three_thousand(&dir);
            continue;
        }
        assert_eq!(code, Some(143), "{messages}");
        assert!(now >= before.max(1), "{now} {before}");
        between += usize::from(now < 3000);
        let last = messages.lines().last().unwrap();
        let done =
            last.strip_prefix("interrupted: ").and_then(|rest| rest.split_once(" of 3,000 "));
        let (done, rest) = done.unwrap_or_else(|| panic!("{last}"));
        let rest = rest.strip_prefix("files are done; run it again with --changed-before @");
        assert!(rest.is_some_and(|rest| rest.ends_with(" to continue")), "{last}");
        // Unchanged ones count too, in whatever order threads came to them.
        let done: usize = done.replace(',', "").parse().unwrap();
        assert!(done <= 3000 && done >= now - before, "{last}: {now} and {before} before");
        if now == 3000 {
            three_thousand(&dir);
        }
    }
    assert!(between > 0, "every run was over before the signal");
    dir.run("convert s2t -w in").succeeds();
    assert_eq!((converted(&dir), temporary(&dir)), (3000, 0));
}

/// What is done would be another text if it were converted once more.
#[test]
fn an_interrupted_run_in_place_is_continued_without_converting_twice() {
    let dir = Dir::new();
    dir.file("words", "一\t一一\n");
    for at in 0..2000 {
        dir.file(format!("in/{at}"), "一");
    }
    thread::sleep(Duration::from_millis(30));
    let mut runs = 0;
    let mut option = String::new();
    loop {
        runs += 1;
        let line = format!("convert s2t -w -v in --dict words{option}");
        let mut child = dir.command(line.split(' ')).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let mut messages = vec![0];
        let read = stderr.read(&mut messages).unwrap();
        messages.truncate(read);
        if runs < 4 {
            signal(&child, "INT");
        }
        stderr.read_to_end(&mut messages).unwrap();
        let messages = String::from_utf8(messages).unwrap();
        if child.wait().unwrap().code() == Some(0) {
            break;
        }
        let last = messages.lines().last().unwrap();
        let (_, rest) = last.split_once("run it again with ").unwrap_or_else(|| panic!("{last}"));
        option = format!(" {}", rest.strip_suffix(" to continue").unwrap());
    }
    assert!(runs > 1, "the run was over before the signal");
    for at in 0..2000 {
        assert_eq!(dir.text(format!("in/{at}")), "一一", "{at}");
    }
    dir.run("convert s2t in --changed-before yesterday -o out").fails_telling(&["@1764350431.5"]);
}

#[test]
fn an_interrupted_run_with_an_output_directory_is_continued_by_update() {
    let dir = Dir::new();
    for at in 0..20 {
        dir.file(format!("in/{at}"), "头发");
    }
    // The last file is not opened before the signal.
    let options = format!("-P {} -e inject=openat:delay_enter=15s", "in/9");
    let Some(mut command) = traced(&dir, &options, "convert s2t in -o out -j 1") else { return };
    let child = command.spawn().unwrap();
    wait_until(|| dir.path("out/8").exists());
    signal(&child, "INT");
    let (code, messages) = finish(child);
    assert_eq!(code, Some(130), "{messages}");
    assert!(
        messages.contains("19 of 20 files are done; run it again with --update to continue\n"),
        "{messages}"
    );
    assert_eq!(temporary(&dir), 0);
    let again = dir.run("convert s2t in -o out --update");
    assert!(again.stderr.ends_with("20 files: 1 changed, 19 skipped\n"), "{}", again.stderr);
}

#[test]
fn a_finished_file_does_not_wait_for_a_slow_document() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/z", "头发");
    let options = "-P in/z -e inject=openat:delay_enter=15s";
    let Some(mut command) = traced(&dir, options, "convert s2t -w in -j 1") else { return };
    let mut child = command.spawn().unwrap();
    wait_until(|| dir.text("in/a") == "頭髮");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(dir.text("in/z"), "头发");
}

#[test]
fn a_second_signal_does_not_wait_for_the_disk() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", "头发");
    let options = "-e inject=fsync:delay_enter=15s";
    let Some(mut command) = traced(&dir, options, "convert s2t -w in -j 1") else { return };
    let child = command.spawn().unwrap();
    wait_until(|| fs::read_to_string(dir.path("log")).is_ok_and(|log| log.contains("fsync(")));
    signal(&child, "TERM");
    // Two signals at once may be one.
    thread::sleep(Duration::from_millis(100));
    assert_eq!(dir.text("in/a"), "头发");
    signal(&child, "INT");
    let (code, messages) = finish(child);
    assert_eq!(code, Some(143), "{messages}");
    assert_eq!((dir.text("in/a").as_str(), temporary(&dir)), ("头发", 0));
}

#[test]
fn what_a_killed_run_leaves_is_removed_by_the_next_and_nothing_else_is() {
    let dir = Dir::new();
    for at in 0..40 {
        dir.file(format!("in/{at}"), "头发");
    }
    let options = "-e inject=syncfs,fsync:delay_enter=15s";
    let Some(mut command) = traced(&dir, options, "convert s2t -w in -j 1") else { return };
    let mut child = command.spawn().unwrap();
    wait_until(|| fs::read_to_string(dir.path("log")).is_ok_and(|log| log.contains("sync")));
    let of_living = temporary(&dir);
    assert!(of_living > 0);
    // Another run at the same time does not touch them.
    dir.file("in/.jianfan-notes", "头发");
    dir.run("convert s2t -w --hidden in").succeeds();
    assert_eq!(temporary(&dir), of_living + 1);
    assert_eq!(dir.text("in/.jianfan-notes"), "頭髮");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(temporary(&dir), of_living + 1);
    let again = dir.run("convert s2t -w in");
    assert_eq!(again.stderr, "40 files: 40 unchanged\n");
    assert_eq!(temporary(&dir), 1);
    assert_eq!(dir.text("in/.jianfan-notes"), "頭髮");
}

/// Runs the command, and `change` while what it made waits for the disk.
fn meanwhile(dir: &Dir, line: &str, change: impl FnOnce()) -> Option<(Option<i32>, String)> {
    let options = "-e inject=fsync:delay_enter=2s:when=1";
    let mut command = traced(dir, options, line)?;
    // Of the run before.
    drop(fs::remove_file(dir.path("log")));
    let child = command.spawn().unwrap();
    wait_until(|| fs::read_to_string(dir.path("log")).is_ok_and(|log| log.contains("fsync(")));
    change();
    Some(finish(child))
}

#[test]
fn a_file_that_changes_while_it_is_converted_is_not_replaced() {
    let append = |dir: &Dir| {
        let mut file = File::options().append(true).open(dir.path("a")).unwrap();
        file.write_all("更多".as_bytes()).unwrap();
    };
    let replace = |dir: &Dir| {
        dir.file("new", "新的");
        fs::rename(dir.path("new"), dir.path("a")).unwrap();
    };
    let close_to_others = |dir: &Dir| set_mode(dir, "a", 0o600);
    let changes: [&dyn Fn(&Dir); 3] = [&append, &replace, &close_to_others];
    for (change, after) in changes.into_iter().zip(["头发更多", "新的", "头发"]) {
        let dir = Dir::new();
        dir.file("a", "头发");
        set_mode(&dir, "a", 0o644);
        let Some((code, messages)) = meanwhile(&dir, "convert s2t -w a", || change(&dir)) else {
            return;
        };
        assert_eq!(code, Some(2), "{messages}");
        assert!(messages.contains("cannot write a: changed while being converted\n"), "{messages}");
        assert_eq!(dir.text("a"), after);
        assert_eq!(temporary(&dir), 0);
    }
    let dir = Dir::new();
    dir.file("a", "头发");
    let remove = || fs::remove_file(dir.path("a")).unwrap();
    let (code, messages) = meanwhile(&dir, "convert s2t -w a", remove).unwrap();
    assert_eq!(code, Some(2), "{messages}");
    assert!(messages.contains("changed while being converted"), "{messages}");
    assert_eq!(dir.files(), ["log"]);
}

#[test]
fn a_result_that_appears_or_changes_meanwhile_is_not_replaced() {
    let dir = Dir::new();
    dir.file("a", "头发");
    let line = "convert s2t a -o out";
    let write = |text: &'static str| {
        let dir = &dir;
        move || {
            dir.file("out", text);
        }
    };
    let Some((code, messages)) = meanwhile(&dir, line, write("mine")) else { return };
    assert_eq!((code, dir.text("out").as_str()), (Some(2), "mine"), "{messages}");
    assert!(messages.contains("another process created it"), "{messages}");
    let (code, messages) = meanwhile(&dir, line, write("mine too")).unwrap();
    assert_eq!((code, dir.text("out").as_str()), (Some(2), "mine too"), "{messages}");
    assert!(messages.contains("changed while being converted"), "{messages}");
    // Somebody who writes what we would have written is no reason to fail.
    let (code, messages) = meanwhile(&dir, line, write("頭髮")).unwrap();
    assert_eq!(code, Some(0), "{messages}");
    assert_eq!(temporary(&dir), 0);
}

#[test]
fn nothing_is_wider_open_than_its_source_at_any_time() {
    let dir = Dir::new();
    let umask = "umask 022;";
    for (name, mode) in [("in", 0o700), ("in/sub", 0o750), ("in/sub/deep", 0o777)] {
        fs::create_dir(dir.path(name)).unwrap();
        set_mode(&dir, name, mode);
    }
    for (name, mode) in [("in/a", 0o600), ("in/sub/b", 0o640), ("in/sub/deep/c", 0o666)] {
        dir.file(name, "头发");
        set_mode(&dir, name, mode);
    }
    dir.file("in/read-only", "头发");
    set_mode(&dir, "in/read-only", 0o400);
    shell(&dir, &format!(r#"{umask} "$0" convert s2t in -o new/out"#)).succeeds();
    let modes = ["out", "out/a", "out/sub", "out/sub/b", "out/sub/deep", "out/sub/deep/c"]
        .map(|name| mode(&dir, &format!("new/{name}")));
    assert_eq!(modes, [0o700, 0o600, 0o750, 0o640, 0o755, 0o644]);
    assert_eq!(mode(&dir, "new/out/read-only"), 0o600, "it can be written again");
    shell(&dir, &format!(r#"{umask} "$0" convert s2t -o from-stdin <in/a"#)).succeeds();
    assert_eq!(mode(&dir, "from-stdin"), 0o600);

    dir.file("private", "头发").file("tool", "头发");
    set_mode(&dir, "private", 0o600);
    set_mode(&dir, "tool", 0o4711);
    let line = "convert s2t -w --backup private tool";
    let Some(mut command) = traced(&dir, "-e trace=open,openat,creat", line) else { return };
    run(&mut command, b"").succeeds();
    let modes = ["private", "private.bak", "tool", "tool.bak"].map(|name| mode(&dir, name));
    assert_eq!(modes, [0o600, 0o600, 0o4711, 0o4711]);
    let log = dir.text("log");
    let created: Vec<&str> = log.lines().filter(|line| line.contains("O_CREAT")).collect();
    assert_eq!(created.len(), 2, "{log}");
    assert!(created.iter().all(|line| line.contains(", 0600")), "{created:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_access_control_list_is_kept_and_never_becomes_rights_of_the_group() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};

    const NAME: &str = "system.posix_acl_access";
    let dir = Dir::new();
    dir.file("a", "头发").file("b", "头发");
    // The owner and user 1234 may read and write; the group may not.
    let mut acl = 2u32.to_le_bytes().to_vec();
    for (tag, rights, id) in
        [(1u16, 6u16, !0u32), (2, 6, 1234), (4, 0, !0), (16, 6, !0), (32, 0, !0)]
    {
        acl.extend(tag.to_le_bytes());
        acl.extend(rights.to_le_bytes());
        acl.extend(id.to_le_bytes());
    }
    if let Err(error) = setxattr(dir.path("a"), NAME, &acl, XattrFlags::empty()) {
        println!("skipped: no access control lists here: {error}");
        return;
    }
    assert_eq!(mode(&dir, "a"), 0o660);
    dir.run("convert s2t a -o new").succeeds();
    assert_eq!(mode(&dir, "new") & 0o077, 0);
    dir.run("convert s2t -w a").succeeds();
    let mut now = [0; 100];
    let bytes = getxattr(dir.path("a"), NAME, &mut now).unwrap();
    assert_eq!(now[..bytes], acl);
    assert_eq!((mode(&dir, "a"), dir.text("a").as_str()), (0o660, "頭髮"));
    // A list that the directory gives to new files is not that of the old one.
    setxattr(dir.path(""), "system.posix_acl_default", &acl, XattrFlags::empty()).unwrap();
    set_mode(&dir, "b", 0o640);
    dir.run("convert s2t -w b").succeeds();
    assert!(getxattr(dir.path("b"), NAME, &mut now).is_err());
    assert_eq!(mode(&dir, "b"), 0o640);
}

#[test]
fn few_descriptors_fail_nothing() {
    let dir = Dir::new();
    for at in 0..301 {
        dir.file(format!("in/{at}"), "头发");
    }
    let both =
        r#"ulimit -n 16; "$0" convert s2t -w --backup in -j 64; "$0" convert s2t in -o out -j 64"#;
    let run = shell(&dir, both);
    assert!(run.stderr.starts_with("301 files: 301 changed"), "{}", run.stderr);
    run.succeeds();
    let new = dir.files().iter().filter(|name| name.starts_with("out/")).count();
    assert_eq!(new, 301);
}

/// Lets each call of `name` fail in turn. An injected error of a descriptor that wrote must fail the run, and every file is
/// the old one or the new one at any time.
fn every_call_fails_once(name: &str, files: usize) {
    let mut injected = 0;
    for when in 1..60 {
        let dir = Dir::new();
        for at in 0..files {
            dir.file(format!("in/{at}"), "头发");
        }
        let options = format!("-e trace={name} -e inject={name}:error=EIO:when={when}");
        let Some(mut command) = traced(&dir, &options, "convert s2t -w in -j 2") else { return };
        let run = run(&mut command, b"");
        wait_until(|| dir.path("log").exists());
        let log = dir.text("log");
        // strace counts by thread; each may have had one.
        let hits: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("INJECTED") && line.contains("/.jianfan-"))
            .collect();
        if !log.contains("INJECTED") {
            break;
        }
        let old = (0..files).filter(|at| dir.text(format!("in/{at}")) == "头发").count();
        assert_eq!(converted(&dir) + old, files);
        assert_eq!(temporary(&dir), 0, "{log}");
        if !hits.is_empty() {
            injected += 1;
            assert_eq!(run.code, Some(2), "{name} {when}: {hits:?} {}", run.stderr);
            assert!(old > 0, "{log}");
            assert!(run.stderr.contains("Input/output error"), "{}", run.stderr);
            // One sync for all of a group.
            let failed =
                run.stderr.lines().filter(|line| line.starts_with("error: cannot write")).count();
            assert_eq!(failed, old, "{}", run.stderr);
            if name == "syncfs" {
                assert!(old > 3, "it was for all of them: {}", run.stderr);
            }
        }
    }
    if injected == 0 && name == "syncfs" {
        println!("skipped: files are synced one by one on this file system");
    } else {
        assert!(injected > 0, "no {name} failed");
    }
}

#[test]
fn an_error_of_fsync_fails_the_run() {
    every_call_fails_once("fsync", 3);
}

#[test]
fn an_error_of_close_fails_the_run() {
    every_call_fails_once("close", 4);
}

#[test]
fn an_error_of_syncfs_fails_every_file_of_the_group() {
    every_call_fails_once("syncfs", 12);
}

#[test]
fn a_kill_between_backup_and_rename_is_no_obstacle() {
    let dir = Dir::new();
    dir.file("a", "头发")
        .file("b", "头发")
        .file("b.bak", "头发")
        .file("c", "头发")
        .file("c.bak", "后");
    fs::hard_link(dir.path("a"), dir.path("a.bak")).unwrap();
    let run = dir.run("convert s2t -w --backup a b c");
    run.fails_telling(&["c: the backup c.bak exists", "3 files: 2 changed, 1 failed"]);
    let texts = ["a", "a.bak", "b", "b.bak", "c", "c.bak"].map(|name| dir.text(name));
    assert_eq!(texts, ["頭髮", "头发", "頭髮", "头发", "头发", "后"]);
    // It is the backup of an earlier run now.
    dir.run("convert t2s -w --backup a").fails_telling(&["the backup a.bak exists"]);
}

#[test]
fn streams_that_do_not_block_are_waited_for() {
    let dir = Dir::new();
    let text = "头发\n".repeat(100_000);
    let (stdin, mut to_stdin) = std::io::pipe().unwrap();
    let (mut from_stdout, stdout) = std::io::pipe().unwrap();
    fcntl_setfl(&stdin, OFlags::NONBLOCK).unwrap();
    fcntl_setfl(&stdout, OFlags::NONBLOCK).unwrap();
    let mut command = dir.command(["convert", "s2t"]);
    command.stdin(stdin).stdout(stdout);
    let child = command.spawn().unwrap();
    drop(command);
    let output = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(200));
            to_stdin.write_all(text.as_bytes()).unwrap();
            drop(to_stdin);
        });
        // Both pipes are full in between.
        thread::sleep(Duration::from_millis(400));
        let mut output = String::new();
        from_stdout.read_to_string(&mut output).unwrap();
        output
    });
    assert_eq!(finish(child), (Some(0), String::new()));
    assert!(output == "頭髮\n".repeat(100_000));

    // Lists of files and results that are not documents.
    dir.file("a", &text);
    let (stdin, mut to_stdin) = std::io::pipe().unwrap();
    let (mut from_stdout, stdout) = std::io::pipe().unwrap();
    fcntl_setfl(&stdin, OFlags::NONBLOCK).unwrap();
    fcntl_setfl(&stdout, OFlags::NONBLOCK).unwrap();
    let mut command = dir.command(["convert", "s2t", "--diff", "-q", "--files-from", "-"]);
    command.stdin(stdin).stdout(stdout);
    let child = command.spawn().unwrap();
    drop(command);
    thread::sleep(Duration::from_millis(100));
    to_stdin.write_all(b"a\n").unwrap();
    drop(to_stdin);
    thread::sleep(Duration::from_millis(400));
    let mut output = String::new();
    from_stdout.read_to_string(&mut output).unwrap();
    assert_eq!(finish(child), (Some(1), String::new()));
    assert_eq!(output.matches("\n+頭髮").count(), 100_000);
}

#[test]
fn a_broken_pipe_is_a_closed_standard_output_only_there() {
    use jianfan::batch::{Batch, Input, Outcome, Output};
    use jianfan::{Converter, pipeline::Pipeline};

    let dir = Dir::new();
    dir.file("in", "头发\n".repeat(2_000_000));
    let pipe = dir.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = {
        let pipe = pipe.clone();
        thread::spawn(move || File::open(pipe).unwrap().read(&mut [0; 10]).unwrap())
    };
    let batch = Batch::new(vec![Input::Path(dir.path("in"))], Output::Path(pipe));
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
    let mut errors = Vec::new();
    let totals = batch.run(&pipeline, |report| {
        if let Outcome::Failed(error) = report.outcome {
            errors.push(error);
        }
    });
    reader.join().unwrap();
    assert_eq!(totals.unwrap().failed, 1);
    assert_eq!(errors[0].io_kind(), Some(std::io::ErrorKind::BrokenPipe));
    assert!(!errors[0].is_closed_stdout());
}

#[test]
fn a_link_is_followed_to_where_what_is_left_of_a_dead_process_lies() {
    let dir = Dir::new();
    dir.file("there/a", "头发");
    std::os::unix::fs::symlink("there/a", dir.path("link")).unwrap();
    let options = "-e inject=fsync:delay_enter=15s";
    let Some(mut command) = traced(&dir, options, "convert s2t -w link") else { return };
    let mut child = command.spawn().unwrap();
    wait_until(|| fs::read_to_string(dir.path("log")).is_ok_and(|log| log.contains("fsync(")));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(temporary(&dir), 1);
    dir.run("convert s2t -w link").succeeds();
    assert_eq!((temporary(&dir), dir.text("there/a").as_str()), (0, "頭髮"));
    assert!(Path::is_symlink(&dir.path("link")));
}
