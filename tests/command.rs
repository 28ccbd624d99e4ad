//! The command with one document: bytes, exit codes, messages.

use std::process::Stdio;

use crate::support::command::{Dir, run};

const BOM: &str = "\u{feff}";

#[test]
fn standard_input_goes_to_standard_output() {
    let dir = Dir::new();
    for line in ["convert s2t", "convert s2t -", "convert s2t - -o -"] {
        let run = dir.pipe(line, "头发发白，皇后在后面\n");
        assert_eq!(run.stderr, "", "{line}");
        assert_eq!(run.succeeds(), "頭髮發白，皇后在後面\n", "{line}");
    }
}

#[test]
fn one_file_goes_to_standard_output_without_a_summary() {
    let dir = Dir::new();
    let run = dir.file("a.txt", "头发").run("convert s2t a.txt");
    assert_eq!(run.stderr, "");
    assert_eq!(run.succeeds(), "頭髮");
}

#[test]
fn everything_around_the_words_passes_unchanged() {
    let dir = Dir::new();
    let frames = [
        ("", ""),
        ("", "\n"),
        ("", "\r\n"),
        ("", "\r"),
        ("\r\n\n\r", "\n\r\n\r"),
        ("\0", "\0\0"),
        ("\0a\0", "\r\0\n"),
        (BOM, ""),
        (BOM, "\r\n"),
        ("\u{feff}\u{feff}", BOM),
        (" \t\u{3000}", "\u{2028}\u{85}\u{1a}"),
    ];
    for (before, after) in frames {
        let with = |word: &str| format!("{before}{word}{after}");
        assert_eq!(dir.pipe("convert s2t", with("头发")).succeeds(), with("頭髮"));
        assert_eq!(dir.pipe("convert s2t", with("")).succeeds(), with(""));
        dir.file("in", with("头发")).run("convert s2t in -o out").succeeds();
        assert_eq!(dir.text("out"), with("頭髮"));
    }
}

#[test]
fn the_converter_does_not_see_the_byte_order_mark() {
    let dir = Dir::new();
    // The second key matches only where the mark is taken for text.
    dir.file("words.txt", "发\t髮\n\u{feff}发\t錯\n");
    let text = format!("{BOM}发");
    assert_eq!(dir.pipe("convert s2t --dict words.txt", &text).succeeds(), format!("{BOM}髮"));
}

#[test]
fn wrong_bytes_are_told_by_their_offset_and_nothing_is_written() {
    let dir = Dir::new();
    let cases: [(&[u8], u32); 5] = [
        (b"\xff", 0),
        (b"ab\n\xc0\xaf", 3),
        (b"\xef\xbb\xbfab\xff", 5),
        (b"\xe5\x90\x8e\xed\xa0\x80", 3),
        (b"\xe5\x90\x8e\xe5\x90", 3),
    ];
    for (bytes, offset) in cases {
        let reason = format!("byte {offset}: not valid UTF-8");
        for (encoding, tail) in [("utf-8", "; with --on-invalid keep"), ("auto", "")] {
            let from_stdin = dir.pipe(&format!("convert s2t -e {encoding}"), bytes).fails();
            let expected = format!("error: standard input: {reason}{tail}");
            assert!(from_stdin.starts_with(&expected), "{from_stdin}");
            dir.file("in", bytes).file("out", "old");
            let from_file = dir.run(&format!("convert s2t in -o out -e {encoding}")).fails();
            assert!(from_file.starts_with(&format!("error: in: {reason}{tail}")), "{from_file}");
        }
        assert_eq!(dir.text("out"), "old");
        assert_eq!(dir.files(), ["in", "out"]);
    }
}

#[test]
fn a_large_document_arrives_whole() {
    let dir = Dir::new();
    let lines = 100_000;
    let run = dir.pipe("convert s2twp", "鼠标和内存，头发发白\n".repeat(lines));
    assert!(run.succeeds() == "滑鼠和記憶體，頭髮發白\n".repeat(lines));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let dir = Dir::new();
    dir.file("big.txt", "头发\n".repeat(100_000));
    for line in ["convert s2t big.txt", "list configs", "--help", "convert s2t big.txt -o -"] {
        // Nobody reads from the beginning, so that even a short result meets a closed pipe.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = run(dir.command(line.split(' ')).stdout(writer), b"");
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{line}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_a_failure() {
    let dir = Dir::new();
    dir.file("in", "头发");
    for line in ["convert s2t in", "list configs", "--help", "--version"] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let run = run(dir.command(line.split(' ')).stdout(full), b"");
        assert_eq!(run.code, Some(2), "{line}");
        assert!(run.stderr.contains("cannot write standard output: No space left"), "{run:?}");
    }
    dir.run("convert s2t in -o /dev/full").fails_telling(&["in: cannot write /dev/full: No space"]);
}

#[cfg(unix)]
#[test]
fn an_output_or_input_of_the_wrong_kind_is_a_failure() {
    let dir = Dir::new();
    let null = || std::fs::File::open("/dev/null").unwrap();
    let run_out = run(dir.file("in", "头发").command(["convert", "s2t", "in"]).stdout(null()), b"");
    run_out.fails_telling(&["cannot write standard output"]);
    let write_only = std::fs::File::options().write(true).open("/dev/null").unwrap();
    let run_in = run(dir.command(["convert", "s2t"]).stdin(write_only), b"");
    run_in.fails_telling(&["cannot read standard input"]);
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_named_as_output_are_written_to() {
    let dir = Dir::new();
    dir.file("in", "头发");
    for device in ["/dev/stdout", "/dev/fd/1"] {
        assert_eq!(dir.run(&format!("convert s2t in -o {device}")).succeeds(), "頭髮");
    }
    dir.run("convert s2t in -o /dev/null").succeeds();
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());

    // Behind the shell's `>> log` lies a regular file, which must be added to and not replaced.
    let log = std::fs::File::options().append(true).open(dir.file("log", "old\n").path("log"));
    let added =
        run(dir.command("convert s2t in -o /dev/stdout".split(' ')).stdout(log.unwrap()), b"");
    added.succeeds();
    assert_eq!(dir.text("log"), "old\n頭髮");
}

#[test]
fn an_unknown_config_names_the_nearest_and_where_all_are_listed() {
    let dir = Dir::new();
    let told = ["unknown config 's2tpw'", "'s2twp'", "jianfan list configs"];
    dir.pipe("convert s2tpw", "头发").fails_telling(&told);
    dir.pipe("convert s2t.json", "头发").fails_telling(&["s2t.json", "is called 's2t'"]);
    dir.pipe("convert ./s2t", "头发").fails_telling(&["cannot read ./s2t"]);
}

#[test]
fn a_config_of_ones_own_is_read_from_its_path() {
    let dir = Dir::new();
    let config = r#"{ "name": "mine", // a comment
        "conversion_chain": [{ "dict": { "type": "text", "file": "mine.txt" } }] }"#;
    dir.file("mine.json", config).file("mine.txt", "头发\t髮\n");
    assert_eq!(dir.pipe("convert mine.json", "头发发").succeeds(), "髮发");
    assert_eq!(dir.pipe("convert ./mine.json", "头发发").succeeds(), "髮发");
    // A file does not shadow a built-in name.
    dir.file("s2t", config);
    assert_eq!(dir.pipe("convert s2t", "头发发").succeeds(), "頭髮發");
}

#[test]
fn the_later_of_several_dictionaries_wins() {
    let dir = Dir::new();
    dir.file("1.txt", "头发\t一\n发\t甲\n").file("2.txt", "头发\t二\n");
    let run = dir.pipe("convert s2t --dict 1.txt --dict 2.txt", "头发，发，后面");
    assert_eq!(run.succeeds(), "二，甲，後面");
}

#[test]
fn a_bad_dictionary_is_told_with_path_and_line_before_anything_is_written() {
    let dir = Dir::new();
    dir.file("in", "头发").file("bad.txt", "头发\t髮\nno tab here\n");
    dir.run("convert s2t in -o out --dict bad.txt").fails_telling(&["error: bad.txt:2: "]);
    dir.run("convert s2t in -o out --dict none.txt").fails_telling(&["none.txt"]);
    assert_eq!(dir.files(), ["bad.txt", "in"]);
}

#[test]
fn tofu_risk_is_taken_only_when_asked_for() {
    let dir = Dir::new();
    assert_eq!(dir.pipe("convert t2s", "甘藷").succeeds(), "甘藷");
    assert_eq!(dir.pipe("convert t2s --include-tofu-risk", "甘藷").succeeds(), "甘𫉄");
}

#[cfg(not(feature = "opencc"))]
#[test]
fn the_missing_engine_says_how_to_get_it() {
    let told = ["cargo build --release --features opencc", "README"];
    Dir::new().pipe("convert s2t --engine opencc", "头发").fails_telling(&told);
    assert_eq!(Dir::new().pipe("convert s2t --engine native", "头发").succeeds(), "頭髮");
}

#[test]
fn a_missing_file_is_a_failure() {
    let dir = Dir::new();
    dir.run("convert s2t none.txt").fails_telling(&["error: cannot read none.txt: "]);
    dir.run("convert s2t none.txt -o out").fails_telling(&["error: cannot read none.txt: "]);
    assert!(dir.files().is_empty());
}

#[test]
fn names_that_begin_with_a_dash_follow_two_dashes() {
    let dir = Dir::new();
    dir.file("-x", "头发").file("-", "后面");
    assert_eq!(dir.run("convert s2t -- -x").succeeds(), "頭髮");
    assert_eq!(dir.run("convert s2t ./-").succeeds(), "後面");
    dir.run("convert s2t -x").fails_telling(&["'-x'"]);
    dir.run("convert s2t - -x").fails();
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_work_and_can_be_told() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};

    let dir = Dir::new();
    let name = |byte: u8| OsString::from_vec(vec![b'a', byte, b'z']);
    dir.file(name(0xff), "头发").file(name(0xfe), b"\xff");
    let arg = |text: &'static str| OsStr::from_bytes(text.as_bytes());
    let (convert, s2t, o) = (arg("convert"), arg("s2t"), arg("-o"));

    let one = run(&mut dir.command([convert, s2t, &name(0xff), o, &name(0xfd)]), b"");
    one.succeeds();
    assert_eq!(dir.text(name(0xfd)), "頭髮");

    let many = run(&mut dir.command([convert, s2t, &name(0xff), &name(0xfe), o, arg("out")]), b"");
    many.fails_telling(&[
        r#"error: "a\xFEz": byte 0: not valid UTF-8"#,
        "2 files: 1 changed, 1 failed",
    ]);
    assert_eq!(dir.text(dir.path("out").join(name(0xff))), "頭髮");
}

#[test]
fn every_config_is_listed_on_a_line() {
    let listed = Dir::new().run("list configs").succeeds();
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split(' ').next()).collect();
    let expected =
        "s2t t2s s2tw tw2s s2twp tw2sp s2hk hk2s s2hkp hk2sp t2tw tw2t t2hk hk2t t2jp jp2t";
    assert_eq!(names.join(" "), expected);
    assert!(listed.lines().any(|line| line.starts_with("s2twp  s → twp  Simplified")), "{listed}");
}

#[test]
fn wrong_usage_shows_what_is_right() {
    let dir = Dir::new();
    let bare = run(&mut dir.command([""; 0]), b"");
    bare.fails_telling(&["Usage: jianfan <COMMAND>", "Examples:"]);
    dir.run("convert").fails_telling(&["Usage: jianfan convert", "<CONFIG>"]);
    dir.run("list").fails_telling(&["configs"]);
    dir.run("list nothing").fails_telling(&["nothing", "configs"]);
    dir.run("convart s2t").fails_telling(&["'convart'", "'convert'"]);
    dir.run("convert s2t -j 0").fails_telling(&["--threads"]);
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = Dir::new().run("--version").succeeds();
    assert_eq!(version, format!("jianfan {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_example_of_the_help_says_what_really_comes_out() {
    let dir = Dir::new();
    for help in ["-h", "--help", "convert -h", "convert --help", "help convert"] {
        let text = dir.run(help).succeeds();
        let mut lines = text.lines().map(str::trim);
        let mut examples = 0;
        while let Some(line) = lines.next() {
            let Some((input, command)) =
                line.strip_prefix("$ echo '").and_then(|rest| rest.split_once("' | jianfan "))
            else {
                continue;
            };
            let output = dir.pipe(command, format!("{input}\n")).succeeds();
            assert_eq!(output.trim_end(), lines.next().unwrap(), "{help}: {line}");
            examples += 1;
        }
        assert!(examples > 0, "{help}");
    }
}

#[test]
fn a_config_s_mistakes_are_told_as_what_they_are() {
    let dir = Dir::new();
    let config = |file: &str| {
        format!(r#"{{"conversion_chain":[{{"dict":{{"type":"text","file":"{file}"}}}}]}}"#)
    };
    dir.file("t/STCharacters.txt", "头\t首\n");
    for (file, told) in [
        ("/no/such/STCharacters.txt", "there is none"),
        ("../STCharacters.ocd2", "there is none"),
        ("t", "no regular file"),
        ("no\\u001b[2J", "no built-in dictionary is called"),
    ] {
        let messages = dir.file("c.json", config(file)).pipe("convert c.json", "头").fails();
        assert!(messages.contains(told) && !messages.contains('\u{1b}'), "{file}: {messages}");
    }
    let bom = format!("{BOM}{}", config("STCharacters.txt"));
    assert_eq!(dir.file("c.json", bom).pipe("convert c.json", "头").succeeds(), "頭");
    dir.file("cr", "头\t頭\r发\t髮\r")
        .pipe("convert s2t --dict cr", "头")
        .fails_telling(&["cr:1: a carriage return"]);
    dir.run("convert t").fails_telling(&["'t' is a directory", "jianfan convert t2s t"]);
    dir.run("convert s2t -j0 c.json").fails_telling(&["from 1 to 1024"]);
}

#[test]
fn nothing_but_the_result_is_on_standard_output() {
    let dir = Dir::new();
    dir.file("in/a", "头发").file("in/b", "后面");
    let run = run(dir.command("convert s2t in -o out".split(' ')).stdin(Stdio::null()), b"");
    assert_eq!(run.stderr, "2 files: 2 changed\n");
    assert_eq!(run.succeeds(), "");
}
