//! Names, texts, configs and arguments that hold everything a terminal acts on, through every
//! command and option: none of it reaches standard output or standard error as it is, but for
//! documents, diffs that are piped, and `--print0`.
#![cfg(target_os = "linux")]

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use crate::support::command::{Dir, Run, run};

/// Returns whether a character moves a cursor, ends a line or changes the direction of text.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}')
        || ('\u{2028}'..='\u{202E}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// Returns all such characters but NUL, with a line that would look like one of ours.
fn hostile() -> String {
    let all: String = ('\u{1}'..='\u{2069}').filter(|&c| acts(c)).collect();
    format!("{all}\nerror: forged\r\u{1b}]0;title\u{7}")
}

#[track_caller]
fn is_harmless(told: &str, of: &str) {
    for line in told.split('\n') {
        // What is inspected is shown line by line; elsewhere no line is one of the document's or of a name's.
        let is_forged = line.starts_with("error: forged") && !of.starts_with("[\"inspect\"");
        assert!(!is_forged, "{of}: {line:?} in {told:?}");
        let bad = line.chars().find(|&c| acts(c) && c != '\t');
        assert!(bad.is_none(), "{of}: {bad:?} in {line:?}");
    }
}

#[track_caller]
fn check(dir: &Dir, args: &[&OsStr], stdin: &str) -> Run {
    let of = format!("{args:?}");
    let mut command = dir.command(args);
    let run = run(command.stdin(std::process::Stdio::piped()), stdin.as_bytes());
    is_harmless(&run.stderr, &of);
    run
}

#[track_caller]
fn check_all(dir: &Dir, args: &[&OsStr], stdin: &str) -> Run {
    let run = check(dir, args, stdin);
    is_harmless(std::str::from_utf8(&run.stdout).unwrap(), &format!("{args:?}"));
    run
}

/// Splits a line at spaces, with something hostile for each `X`.
fn args(line: &str, with: &OsStr) -> Vec<OsString> {
    let mut args = Vec::new();
    for word in line.split(' ') {
        let mut arg = OsString::new();
        for (at, part) in word.split('X').enumerate() {
            if at > 0 {
                arg.push(with);
            }
            arg.push(part);
        }
        args.push(arg);
    }
    args
}

#[track_caller]
fn told(dir: &Dir, line: &str, with: &OsStr, stdin: &str) -> Run {
    let args = args(line, with);
    let args: Vec<&OsStr> = args.iter().map(OsString::as_os_str).collect();
    check_all(dir, &args, stdin)
}

/// Documents of every format that quotes something of a document when it is wrong, or says what a
/// pass would change.
fn documents() -> Vec<(&'static str, Vec<u8>)> {
    let x = hostile();
    let zip = {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("[Content_Types].xml", options).unwrap();
        zip.write_all(b"<Types/>").unwrap();
        zip.start_file("word/document.xml", options).unwrap();
        zip.write_all(format!("<w:document><w:p>头发{x}</w:q>").as_bytes()).unwrap();
        zip.start_file(x.as_str(), options).unwrap();
        zip.write_all(b"<a></b>").unwrap();
        zip.finish().unwrap().into_inner()
    };
    let text = |text: String| text.into_bytes();
    vec![
        ("txt", text(format!("头发,{x}好,\u{200b}“{x}\n“后面{x}"))),
        ("bad.txt", [text(format!("头发{x}")), b"\xff".to_vec()].concat()),
        ("json", text(format!("{{\"{x}\": \"头发{x}\", {x}"))),
        ("jsonl", text(format!("{{\"a\": \"头发\"}}\n{x}\n"))),
        ("xml", text(format!("<?xml version=\"1.0\"?><a{x}>头发</b{x}>"))),
        ("html", text(format!("<p>头发,好,{x}</p><!-- jianfan:{x} --><!-- jianfan:off{x} -->"))),
        ("md", text(format!("# 头发,好,{x}\n<!-- jianfan:{x} -->\n[{x}]: {x}\n"))),
        ("po", text(format!("msgid \"{x}\"\nmsgstr \"头发\\{x}\"\n{x}\n"))),
        ("csv", text(format!("{x},b\n头发,\"好{x}\n"))),
        ("srt", text(format!("1\n00:00:00,000 --> {x}\n头发{x}\n"))),
        ("tex", text(format!("\\begin{{{x}}}头发,好{x}"))),
        ("strings", text(format!("\"{x}\" = \"头发\\{x}"))),
        ("properties", text(format!("{x} = 头发\\u{x}\n"))),
        ("docx", zip),
    ]
}

#[test]
fn names_and_documents_do_not_command_the_terminal() {
    let names = [
        hostile().replace('/', ""),
        "a\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{ad}b".to_owned(),
        "\"quoted\"".to_owned(),
    ];
    for name in &names {
        for (ending, bytes) in documents() {
            let dir = Dir::new();
            let mut file = OsString::from(name);
            file.push(".");
            file.push(ending);
            dir.file(&file, &bytes);
            let not_utf8 = OsString::from_vec(b"in\xff\x1b\n".to_vec());
            dir.file(std::path::Path::new(&not_utf8).join(&file), &bytes);
            for line in [
                "detect X .",
                "detect --json X .",
                "convert s2t --check .",
                "convert s2t --check X",
                "convert s2t --check -v -n cn X .",
                "convert s2t --check --message-format github -n cn .",
                "convert s2t --check --message-format sarif -n cn .",
                "normalize -n cn --check --report jsonl=report .",
                "normalize -n cn,zero-width --check .",
                "repair --check .",
                "inspect s2t --file X",
                "inspect s2t --json --file X",
                "convert s2t X -o out -v",
                "convert s2t X -o X/under",
                "convert s2t X X -o X",
                "convert s2t -w --backup X --report jsonl",
                "convert s2t -w -v .",
                "convert s2t -w -v . --on-invalid keep --report jsonl=-",
            ] {
                told(&dir, line, &file, "");
            }
            // A diff for `patch` is raw but for its names.
            let run = check(
                &dir,
                &[OsStr::new("convert"), OsStr::new("t2s"), OsStr::new("--diff"), &file],
                "",
            );
            let diff = String::from_utf8(run.stdout).unwrap();
            for header in
                diff.lines().filter(|line| line.starts_with("--- ") || line.starts_with("+++ "))
            {
                is_harmless(header, "--diff");
            }
            let report = dir.path("report");
            if report.exists() {
                is_harmless(&dir.text("report"), "--report");
            }
        }
    }
}

#[test]
fn arguments_and_configs_do_not_command_the_terminal() {
    let x = hostile();
    let dir = Dir::new();
    dir.file("a.json", r#"{"a": "头发"}"#).file("a.csv", "a,b\n头发,头发\n");
    dir.file("a.xml", "<a>头发</a>").file("a.txt", "头发\n");
    dir.file("config.json", format!("{{\"name\": \"{x}\", {x}"));
    dir.file(
        "unknown.json",
        r#"{"conversion_chain": [{"dict": {"type": "X", "file": "X"}}]}"#
            .replace('X', &serde_json::to_string(&x).unwrap().replace('"', "")),
    );
    dir.file("words", format!("头发\t髮\n{x} no tab\n")).file("twice", format!("{x}\n{x}\t{x}\n"));
    dir.file("list", format!("a.txt\n{x}\n"));
    for line in [
        "X",
        "--X",
        "-X",
        "list X",
        "convert X",
        "convert ./X",
        "convert X.json",
        "convert config.json",
        "convert unknown.json",
        "convert s2t X",
        "convert s2t X Y",
        "convert s2t a.txt --X",
        "convert s2t a.txt --outputX",
        "convert s2t -j X a.txt",
        "convert s2t --engine X a.txt",
        "convert s2t --context X a.txt",
        "convert X --context on a.txt",
        "convert s2t --bom X a.txt",
        "convert s2t --color X a.txt",
        "convert s2t --on-invalid X a.txt",
        "convert s2t -e X a.txt",
        "convert s2t --output-encoding X a.txt",
        "convert s2t -f X a.txt",
        "convert s2t -f json a.txt",
        "convert s2t --field X a.json",
        "convert s2t --field [X a.json",
        "convert s2t --column X a.csv",
        "convert s2t --element X a.xml",
        "convert s2t --element /X[ a.xml",
        "convert s2t --lang=X a.xml",
        "convert s2t -n X a.txt",
        "convert s2t -n repeat=X a.txt",
        "convert s2t --no-pass X a.txt",
        "convert s2t --protect (X a.txt",
        "convert s2t --keep-list X a.txt",
        "convert s2t --dict X a.txt",
        "convert s2t --dict words a.txt",
        "convert s2t --dict twice a.txt",
        "convert s2t --report X a.txt -o out",
        "convert s2t --report jsonl=X/X a.txt -o out",
        "convert s2t --backup=X -w a.txt",
        "convert s2t --check --message-format X a.txt",
        "convert s2t -g X[ . -o out",
        "convert s2t --files-from X -o out",
        "convert s2t --files-from list -o out",
        "convert . X",
        "convert X a.txt",
        "inspect X",
        "inspect s2t --file X",
        "inspect X 头发",
        "detect X",
        "detect -e X a.txt",
        "detect -g X[ .",
        "repair --to X",
        "normalize X",
        // This one may make a file of that name.
        "convert s2t a.txt -o X/../X/X",
    ] {
        let run = told(&dir, line, OsStr::new(&x), "");
        assert!(run.code == Some(2) || line.contains("-o X/"), "{line}: {run:?}");
        assert!(run.code == Some(0) || !run.stderr.is_empty(), "{line}: {run:?}");
        let not_utf8 = OsStr::from_bytes(b"\xff\x1b[2J\n\xc2\x9b");
        told(&dir, line, not_utf8, "");
    }
    for line in ["inspect s2t X", "inspect s2t --json X"] {
        let run = told(&dir, line, OsStr::new(&x), "");
        assert_eq!(run.code, Some(0), "{run:?}");
    }
    let stdin = format!("头发,{x}\n“");
    for line in [
        "inspect s2t",
        "detect",
        "convert s2t --check",
        "normalize -n cn --check --stdin-filename X",
        "convert s2t --check -f json --stdin-filename X",
        "convert s2t -v -o out",
    ] {
        let run = told(&dir, line, OsStr::new(&x), &stdin);
        assert!(!run.stdout.is_empty() || !run.stderr.is_empty(), "{line}: {run:?}");
    }
}

#[test]
fn raw_names_end_in_nul_and_are_only_for_machines() {
    let dir = Dir::new();
    let name = OsString::from_vec(b"a\xff\n\x1b b".to_vec());
    dir.file(&name, "头发").file("b", "中文").file("c", "头");
    let run = dir.run("convert s2t --check --print0 .");
    assert_eq!(run.code, Some(1), "{run:?}");
    let names: Vec<&[u8]> = run.stdout.split(|&byte| byte == 0).collect();
    assert_eq!(names, [b"./a\xff\n\x1b b".as_slice(), b"./c", b""]);
    // The passes have nothing to add to a list of names.
    let run = dir.run("normalize -n cn --check --print0 .");
    assert_eq!((run.code, run.stdout.as_slice()), (Some(0), b"".as_slice()));
    let piped = dir.pipe("convert s2t --check --print0", "头");
    assert_eq!(piped.stdout, b"-\0");
    dir.run("convert s2t --print0 c").fails_telling(&["--check"]);
}

#[test]
fn a_diff_with_any_name_and_text_can_be_applied() {
    let x = hostile();
    let name = format!("a b{}", x.replace(['\u{1}', '/'], ""));
    let dir = Dir::new();
    let text = format!("头发{x}\n一\n二\n三\n后面\t{x}\r\n");
    dir.file(&name, &text);
    let run = run(&mut dir.command(["convert", "s2t", "--binary", "--diff", &name]), b"");
    assert_eq!(run.code, Some(1), "{run:?}");
    let expected = dir.pipe("convert s2t --binary", &text).succeeds();
    dir.file("changes", run.stdout);
    let patch = |dir: &Dir| {
        let mut patch = std::process::Command::new("patch");
        patch.args(["-s", "--binary", "-p0", "-i", "changes"]).current_dir(dir.path("")).output()
    };
    match patch(&dir) {
        Ok(patched) => assert!(patched.status.success(), "{patched:?}"),
        Err(_) => return, // There is no `patch` here.
    }
    assert_eq!(dir.text(&name), expected);
    // Git reads the same names.
    dir.file(&name, &text);
    let git = std::process::Command::new("git")
        .args(["apply", "-p0", "--whitespace=nowarn", "changes"])
        .current_dir(dir.path(""))
        .output();
    if let Ok(applied) = git {
        assert!(applied.status.success(), "{applied:?}");
        assert_eq!(dir.text(&name), expected);
    }
}

#[test]
fn sarif_names_files_by_their_percent_encoded_path() {
    let dir = Dir::new();
    let odd = OsString::from_vec(b"50% #a?b\xff.txt".to_vec());
    for name in [OsStr::new("头 发.txt"), OsStr::new("c:d.txt"), &odd, OsStr::new("x\ny.txt")] {
        dir.file(name, "甲,乙\n");
    }
    let run = run(
        &mut dir.command(args(
            "normalize -n cn --check --message-format sarif . c:d.txt",
            OsStr::new(""),
        )),
        b"",
    );
    let log: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let mut uris: Vec<&str> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let location = &result["locations"][0]["physicalLocation"];
            location["artifactLocation"]["uri"].as_str().unwrap()
        })
        .collect();
    uris.sort_unstable();
    uris.dedup();
    let expected =
        ["%E5%A4%B4%20%E5%8F%91.txt", "./c:d.txt", "50%25%20%23a%3Fb%FF.txt", "x%0Ay.txt"];
    assert_eq!(uris, expected);
}

#[test]
fn annotations_have_the_escapes_of_github() {
    let dir = Dir::new();
    dir.file("a:b,c%\n.txt", "甲,乙\n");
    let run = dir.run("normalize -n cn --check --message-format github .");
    assert_eq!(
        String::from_utf8(run.stdout).unwrap(),
        "::warning file=./a%3Ab%2Cc%25%0A.txt,line=1,col=2,title=jianfan punct::, → ，\n"
    );
}
