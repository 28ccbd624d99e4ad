//! Files changed where they lie; which files; and what is looked at and not written.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::support::command::{Dir, run};

#[test]
fn files_are_changed_where_they_lie_and_only_if_they_change() {
    let dir = Dir::new();
    dir.file("in/a", "头发")
        .file("in/b/c", "后面")
        .file("in/same", "abc 中文")
        .file("in/empty", "");
    let old = SystemTime::now() - Duration::from_secs(1000);
    let same = fs::File::options().write(true).open(dir.path("in/same")).unwrap();
    same.set_modified(old).unwrap();
    let run = dir.run("convert s2t -w in");
    assert_eq!(run.stderr, "4 files: 2 changed, 2 unchanged\n");
    run.succeeds();
    assert_eq!(
        [dir.text("in/a"), dir.text("in/b/c"), dir.text("in/same")],
        ["頭髮", "後面", "abc 中文"]
    );
    assert_eq!(fs::metadata(dir.path("in/same")).unwrap().modified().unwrap(), old);
    assert_eq!(dir.files(), ["in/a", "in/b/c", "in/empty", "in/same"]);
    let again = dir.run("convert s2t -w in");
    assert_eq!(again.stderr, "4 files: 4 unchanged\n");
    again.succeeds();
}

#[test]
fn a_large_file_is_changed_where_it_lies() {
    let dir = Dir::new();
    let text = "头发，皇后在后面\n".repeat(400_000);
    dir.file("large", &text).file("same", "中文\n".repeat(800_000));
    let run = dir.run("convert s2t -w large same");
    assert_eq!(run.stderr, "2 files: 1 changed, 1 unchanged\n");
    run.succeeds();
    assert!(dir.text("large") == "頭髮，皇后在後面\n".repeat(400_000));
    dir.run("convert t2s -w large").succeeds();
    assert!(dir.text("large") == text);
}

#[test]
fn old_files_are_kept_as_backups_and_never_overwritten() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", "后面").file("in/b.old", "first").file("in/same", "x");
    let run = dir.run("convert s2t -w --backup=.old in");
    run.fails_telling(&["in/b: the backup", "skipped: in/b.old: a backup"]);
    let files = ["in/a", "in/a.old", "in/b", "in/b.old", "in/same"].map(|name| dir.text(name));
    assert_eq!(files, ["頭髮", "头发", "后面", "first", "x"]);
    dir.file("c", "头发").run("convert s2t -w --backup c").succeeds();
    assert_eq!(dir.text("c.bak"), "头发");
    dir.run("convert s2t c --backup").fails_telling(&["--in-place"]);
}

#[test]
fn a_charset_stays_in_place_and_becomes_utf_8_elsewhere() {
    let dir = Dir::new();
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let text = "今天上午，记者从有关部门了解到，这项工程将于明年全部完成。\r\n";
    let converted = "今天上午，記者從有關部門瞭解到，這項工程將於明年全部完成。\r\n";
    dir.file("a", gbk(text)).run("convert s2t a -o b").succeeds();
    assert_eq!(dir.text("b"), converted);
    dir.run("convert s2t -w a").succeeds();
    assert_eq!(dir.read("a"), gbk(converted));
    dir.run("convert t2s -w --output-encoding utf-8 a").succeeds();
    assert_eq!(dir.text("a"), text);
    // What Big5 lacks is not written, and the file stays.
    let big5 = encoding_rs::BIG5.encode("這個圖書館的書很多，歡迎大家前來閱讀。").0.into_owned();
    dir.file("big5", &big5).run("convert t2s -w big5").fails_telling(&["line 1: ", "in Big5"]);
    assert_eq!(dir.read("big5"), big5);
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_a_file_is_converted_once_whatever_leads_to_it() {
    use std::os::unix::fs::{MetadataExt, symlink};

    let dir = Dir::new();
    // s2t twice would be the same; with this dictionary it is not.
    dir.file("words", "一\t一一\n").file("in/a", "一").file("other", "一").file("in/hard", "一");
    symlink("a", dir.path("in/link")).unwrap();
    symlink("other", dir.path("out")).unwrap();
    fs::hard_link(dir.path("in/hard"), dir.path("elsewhere")).unwrap();
    let run = dir.run("convert s2t -w in in/link out --dict words");
    assert!(run.stderr.contains("skipped: in/link: the same file as in/a\n"), "{}", run.stderr);
    assert!(
        run.stderr.contains("warning: in/hard: it had other names (hard links)"),
        "{}",
        run.stderr
    );
    run.succeeds();
    let texts =
        ["in/a", "in/link", "other", "out", "in/hard", "elsewhere"].map(|name| dir.text(name));
    assert_eq!(texts, ["一一", "一一", "一一", "一一", "一一", "一"]);
    assert!(dir.path("in/link").is_symlink() && dir.path("out").is_symlink());
    assert_eq!(fs::metadata(dir.path("in/hard")).unwrap().nlink(), 1);
}

#[test]
fn what_ripgrep_would_leave_out_is_left_out_unless_asked_for() {
    let dir = Dir::new();
    dir.file("in/a.txt", "头")
        .file("in/b.md", "头")
        .file("in/.hidden", "头")
        .file("in/sub/c.txt", "头");
    dir.file("in/.ignore", "*.md\n").file("in/picture.txt", b"\x89PNG\r\n\x1a\n\0\0");
    let changed = |line: &str| {
        let run = dir.run(&format!("convert s2t --check {line}"));
        assert_eq!(run.code, Some(1), "{run:?}");
        String::from_utf8(run.stdout).unwrap().replace('\\', "/")
    };
    assert_eq!(changed("in"), "in/a.txt\nin/sub/c.txt\n");
    assert_eq!(changed("in --no-ignore"), "in/a.txt\nin/b.md\nin/sub/c.txt\n");
    assert_eq!(changed("in --hidden"), "in/.hidden\nin/a.txt\nin/sub/c.txt\n");
    assert_eq!(changed("in -g a.*"), "in/a.txt\n");
    assert_eq!(changed("in -g !sub/"), "in/a.txt\n");
    dir.run("convert s2t in -g a[ -o out").fails_telling(&["not a glob"]);
    // What is named itself is taken.
    assert_eq!(changed("in/b.md in/.hidden"), "in/.hidden\nin/b.md\n");
    let skipped = dir.run("convert s2t in -o out");
    assert_eq!(
        skipped.stderr,
        "skipped: in/picture.txt: binary (PNG image)\n3 files: 2 changed, 1 skipped\n"
    );
}

#[test]
fn a_list_of_files_keeps_their_directories() {
    let dir = Dir::new();
    dir.file("x/a", "头").file("x/y/a", "发").file("list", "x/a\nx/y/a\n");
    dir.run("convert s2t --files-from list -o out").succeeds();
    assert_eq!([dir.text("out/x/a"), dir.text("out/x/y/a")], ["頭", "發"]);
    let from_stdin = dir.pipe("convert s2t -w --files-from - -0", "x/a\0x/y/a\0");
    assert_eq!(from_stdin.stderr, "2 files: 2 changed\n");
    assert_eq!([dir.text("x/a"), dir.text("x/y/a")], ["頭", "發"]);
    dir.pipe("convert s2t -o out --files-from -", "x/../x/a\n").fails_telling(&["'..'"]);
    dir.run("convert s2t --files-from list x").fails_telling(&["do not go together"]);
    dir.run("convert s2t --files-from list").fails_telling(&["-o DIR"]);
}

#[test]
fn an_update_does_what_is_missing_or_older() {
    let dir = Dir::new();
    dir.file("in/a", "头").file("in/b", "发").run("convert s2t in -o out").succeeds();
    dir.file("out/a", "mine").file("in/c", "后");
    let old = SystemTime::now() - Duration::from_secs(1000);
    fs::File::options().write(true).open(dir.path("out/b")).unwrap().set_modified(old).unwrap();
    let run = dir.run("convert s2t -u in -o out");
    assert_eq!(run.stderr, "skipped: in/a: up to date\n3 files: 2 changed, 1 skipped\n");
    assert_eq!([dir.text("out/a"), dir.text("out/c")], ["mine", "後"]);
}

#[test]
fn check_and_diff_write_nothing_and_tell_by_their_exit_code() {
    let dir = Dir::new();
    dir.file("in/a", "头发\n中文\n").file("in/b", "中文\n");
    for line in ["convert s2t --check in", "convert s2t --diff in"] {
        let run = dir.run(line);
        assert_eq!((run.code, run.stderr.as_str()), (Some(1), "2 files: 1 changed, 1 unchanged\n"));
    }
    let diff = String::from_utf8(dir.run("convert s2t --diff in/a").stdout).unwrap();
    assert_eq!(diff, "--- in/a\n+++ in/a\n@@ -1,2 +1,2 @@\n-头发\n+頭髮\n 中文\n");
    let painted = dir.run("convert s2t --diff --color always in/a").stdout;
    assert!(String::from_utf8(painted).unwrap().contains("\x1b[32m+頭髮\x1b[m\n"));
    assert_eq!(dir.run("convert s2t --check in/b").code, Some(0));
    assert_eq!(dir.pipe("convert s2t --check", "头").code, Some(1));
    assert_eq!(dir.pipe("convert s2t --diff", "中").code, Some(0));
    dir.file("in/c", b"\xff\xfe\xfd").run("convert s2t --check in").fails_with_output();
    assert_eq!([dir.text("in/a"), dir.text("in/b")], ["头发\n中文\n", "中文\n"]);
}

#[cfg(unix)]
#[test]
fn a_diff_can_be_applied_by_patch() {
    let dir = Dir::new();
    let text = "头发\n一\n二\n三\n四\n五\n六\n七\n后面\n里面".repeat(3);
    dir.file("a", &text);
    let diff = dir.run("convert s2t --diff a").stdout;
    dir.file("changes", diff);
    let Ok(patched) = std::process::Command::new("patch")
        .args(["-s", "a", "changes"])
        .current_dir(dir.path(""))
        .status()
    else {
        return; // There is no `patch` here.
    };
    assert!(patched.success());
    assert_eq!(dir.text("a"), dir.pipe("convert s2t", &text).succeeds());
}

#[test]
fn a_report_tells_of_each_file_in_order() {
    let dir = Dir::new();
    dir.file("in/a", "头发和东西\n")
        .file("in/b", "中文")
        .file("in/c", b"ab\xff")
        .file("in/d", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    dir.run("convert s2t in -o out --report jsonl=report").fails();
    let lines: Vec<serde_json::Value> =
        dir.text("report").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes: Vec<&str> = lines.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["changed", "unchanged", "failed", "skipped"]);
    assert_eq!(lines[0]["characters_changed"], 3);
    assert_eq!((&lines[0]["bytes_in"], &lines[0]["charset"]), (&16.into(), &"UTF-8".into()));
    assert_eq!(lines[2]["error_offset"], 2);
    let to_stdout = dir.run("convert s2t in/a in/b -o out2 --report jsonl");
    assert_eq!(to_stdout.succeeds().lines().count(), 2);
    dir.run("convert s2t in/a --report jsonl").fails_telling(&["--report jsonl="]);
    dir.run("convert s2t in/a --report xml").fails_telling(&["jsonl"]);
    dir.run("convert s2t -w in/a --report jsonl=in/a").fails_telling(&["in/a"]);
    assert_eq!(dir.text("in/a"), "头发和东西\n");
}

#[test]
fn quiet_and_verbose_say_less_and_more() {
    let dir = Dir::new();
    dir.file("in/a", "头").file("in/b", "x").file("in/c", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    assert_eq!(dir.run("convert s2t in -o out -q").stderr, "");
    let verbose = dir.run("convert s2t in -o out -v").stderr;
    let expected = "changed: in/a\nunchanged: in/b\nskipped: in/c: binary (PNG image)\n3 files: 1 changed, 1 unchanged, 1 skipped\n";
    assert_eq!(verbose.replace('\\', "/"), expected);
}

#[test]
fn lines_are_answered_one_by_one_if_that_is_asked_for() {
    let dir = Dir::new();
    let text = "头发\n".repeat(1000) + "后面";
    let run = run(
        dir.command(["convert", "s2t", "--line-buffered"]).stdin(std::process::Stdio::piped()),
        text.as_bytes(),
    );
    assert_eq!(run.succeeds(), "頭髮\n".repeat(1000) + "後面");
}

#[test]
fn what_is_read_besides_the_documents_is_not_written_over() {
    let dir = Dir::new();
    dir.file("in", "头").file("words", "头\t頭\n");
    dir.file("own.json", r#"{"conversion_chain":[{"dict":{"type":"text","file":"words"}}]}"#);
    dir.run("convert s2t in --dict words -o words").fails_telling(&["cannot write words"]);
    dir.run("convert ./own.json in -o own.json").fails_telling(&["cannot write own.json"]);
    assert_eq!(dir.text("words"), "头\t頭\n");
}

#[test]
fn a_report_never_takes_the_place_of_a_result_or_a_backup() {
    let dir = Dir::new();
    dir.file("in/a.txt", "头发\n");
    dir.run("convert s2t --report jsonl=in/a.txt.bak -w --backup in")
        .fails_telling(&["it is the report"]);
    dir.run("convert s2t --report jsonl=out/../in/../o/a.txt in -o o").fails();
    fs::create_dir(dir.path("o")).unwrap();
    dir.run("convert s2t --report jsonl=o/a.txt in -o o").fails_telling(&["it is the report"]);
    dir.run("convert s2t --report jsonl=none/r -w in").fails_telling(&["cannot write none/r"]);
    assert_eq!(dir.text("in/a.txt"), "头发\n");
}

#[test]
fn backups_of_an_earlier_run_are_no_documents() {
    let dir = Dir::new();
    dir.file("a.txt", "头发\n").file("b.bak", "后面\n");
    dir.run("convert s2t -w -q --backup .").succeeds();
    dir.run("convert s2t -w -q .").succeeds();
    assert_eq!(
        (dir.text("a.txt.bak"), dir.text("b.bak")),
        ("头发\n".to_owned(), "後面\n".to_owned())
    );
}

#[test]
fn a_suffix_for_backups_is_a_part_of_a_name() {
    let dir = Dir::new();
    dir.file("a.txt", "头发\n");
    for suffix in ["", "/x", "a/b"] {
        dir.run(&format!("convert s2t -w --backup={suffix} a.txt"))
            .fails_telling(&["--backup=.old"]);
    }
    assert_eq!(dir.text("a.txt"), "头发\n");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_in_place_before_it_is_opened() {
    let dir = Dir::new();
    let made = std::process::Command::new("mkfifo").arg(dir.path("pipe")).status().unwrap();
    assert!(made.success());
    dir.run("convert s2t -w pipe").fails_telling(&["not a regular file"]);
}

#[test]
fn a_change_of_the_charset_alone_is_told() {
    let dir = Dir::new();
    dir.file("a.txt", "頭髮\n");
    let run = dir.run("convert s2t --diff --bom add a.txt");
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("byte order mark"), "{run:?}");
}
