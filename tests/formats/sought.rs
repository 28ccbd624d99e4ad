//! What a user names and no document has is told, whatever the format.

use jianfan::format::{Formats, Options};

use super::converted;
use crate::support::command::{Dir, Run};

/// Runs the command with these arguments.
fn run(dir: &Dir, arguments: &[&str]) -> Run {
    crate::support::command::run(&mut dir.command(arguments), b"")
}

fn fields(fields: &[&str]) -> Formats {
    let mut options = Options::default();
    options.fields = fields.iter().map(|&field| field.to_owned()).collect();
    Formats::named("json", options).unwrap()
}

#[test]
fn keys_with_dots_can_be_named() {
    let document = r#"{"a.b": {"c\"[0]": ["发"]}, "a": {"b": "发"}, "*": "发", "x": "发"}"#;
    for (field, expected) in [
        (
            r#"a\.b.c"\[0\][]"#,
            r#"{"a.b": {"c\"[0]": ["發"]}, "a": {"b": "发"}, "*": "发", "x": "发"}"#,
        ),
        (
            r#"["a.b"]["c\"[0]"][0]"#,
            r#"{"a.b": {"c\"[0]": ["發"]}, "a": {"b": "发"}, "*": "发", "x": "发"}"#,
        ),
        (
            r#""a.b"."c\"[0]"[]"#,
            r#"{"a.b": {"c\"[0]": ["發"]}, "a": {"b": "发"}, "*": "发", "x": "发"}"#,
        ),
        ("a.b", r#"{"a.b": {"c\"[0]": ["发"]}, "a": {"b": "發"}, "*": "发", "x": "发"}"#),
        (r"\*", r#"{"a.b": {"c\"[0]": ["发"]}, "a": {"b": "发"}, "*": "發", "x": "发"}"#),
    ] {
        assert_eq!(converted("s2t", &fields(&[field]), document), expected, "{field}");
    }
    for wrong in ["", "a.", "a..b", "[\"a", "[\"a\"", "[x]", "a[", "\"a\"b"] {
        let mut options = Options::default();
        options.fields = vec![wrong.to_owned()];
        assert!(Formats::named("json", options).is_err(), "{wrong}");
    }
}

#[test]
fn a_field_that_no_document_has_is_told_with_those_that_there_are() {
    let dir = Dir::new();
    dir.file("a.json", r#"{"title": "发", "items": [{"na.me": "发", "n": 1}]}"#)
        .file("b.jsonl", "{\"text\": \"发\"}\n{\"title\": \"发\"}\n")
        .file("c.txt", "发\n");
    let told = run(&dir, &["convert", "s2t", "a.json", "--field", "nope"]);
    assert_eq!(told.code, Some(2));
    assert_eq!(
        told.stderr,
        "error: no document has the field 'nope'; there are 'title', 'items[][\"na.me\"]'\n"
    );
    let told = run(&dir, &["convert", "s2t", "a.json", "--field", "items[][\"na.me\"]"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
    // A value that is no string is there too.
    let told = run(&dir, &["convert", "s2t", "a.json", "--field", "items[].n"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
    // One of several documents is enough.
    let told = run(&dir, &["convert", "s2t", ".", "-o", "out", "--field", "text", "-q"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
    let told =
        run(&dir, &["convert", "s2t", ".", "-o", "out", "--field", "text", "--field", "x", "-q"]);
    assert_eq!(told.code, Some(2));
    assert!(told.stderr.starts_with("error: no document has the field 'x'"), "{}", told.stderr);
    dir.file("a.xml", "<r><t>发</t></r>");
    let told = run(&dir, &["convert", "s2t", "a.xml", "--element", "nope"]);
    assert_eq!(told.code, Some(2));
    assert_eq!(told.stderr, "error: no document has the element 'nope'; there are 'r', 't'\n");
    let told = run(&dir, &["convert", "s2t", "a.xml", "--element", "t"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
}

#[test]
fn an_option_that_no_format_of_the_run_can_use_is_told() {
    let dir = Dir::new();
    dir.file("a.json", r#"{"a": "发"}"#).file("a.html", "<p>发").file("a.csv", "a,b\n发,发\n");
    for (file, option, message) in [
        (
            "a.json",
            "--column",
            "error: --column was of no use: it is for csv, tsv, parquet, arrow; there was json\n",
        ),
        (
            "a.html",
            "--field",
            "error: --field was of no use: it is for json, jsonc, jsonl; there was html\n",
        ),
        ("a.csv", "--element", "error: --element was of no use: it is for xml; there was csv\n"),
    ] {
        let told = run(&dir, &["convert", "s2t", file, option, "a"]);
        assert_eq!((told.code, told.stderr.as_str()), (Some(2), message));
    }
    let told = run(&dir, &["convert", "s2t", "-f", "html", "a.html", "--field", "a"]);
    assert!(told.stderr.contains("--field is of no use with --format html"), "{}", told.stderr);
    assert!(told.stdout.is_empty());
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let dir = Dir::new();
    dir.file("c.json", "{\n  // 发\n  \"a\": 1}")
        .file("t.json", "{\"a\": [1,\n]}")
        .file("b.json", "{\"a\"}")
        .file("a.csv", "a,b\n发,发\n");
    for (arguments, message) in [
        (
            &["c.json"][..],
            "error: c.json: line 2, byte 4: not json: it has comments; with --format jsonc it is read\n",
        ),
        (
            &["t.json"],
            "error: t.json: line 2, byte 10: not json: a comma stands before the end; with --format jsonc it is read\n",
        ),
        (
            &["b.json"],
            "error: b.json: line 1, byte 4: not json: expected : behind the key; with --format plain all of it is converted\n",
        ),
        (
            &["a.csv", "--column", "c"],
            "error: a.csv: line 1: no column 'c'; the first record has 2: 'a', 'b'\n",
        ),
    ] {
        let told = run(&dir, &[&["convert", "s2t"], arguments].concat());
        assert_eq!((told.code, told.stderr.as_str()), (Some(2), message));
    }
    let told = run(&dir, &["convert", "s2t", "-f", "jsonc", "c.json"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
}

#[test]
fn of_many_faults_the_first_are_told_and_the_others_counted() {
    let dir = Dir::new();
    dir.file("a.jsonl", "x\n".repeat(300_000));
    for arguments in [&["a.jsonl"][..], &["-w", "a.jsonl"]] {
        let told = run(&dir, &[&["convert", "s2t", "--report", "jsonl=r"], arguments].concat());
        assert_eq!(told.code, Some(2));
        assert_eq!(told.stderr.lines().count(), 1001);
        assert!(told.stderr.ends_with("error: a.jsonl: and 299000 more\n"));
        assert!(dir.text("r").contains("\"faults\":300000"), "{}", dir.text("r"));
    }
}
