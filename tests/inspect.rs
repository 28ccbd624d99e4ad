//! `jianfan inspect`: the trace says what the conversion does, and the ambiguities are OpenCC's, byte for byte.

use std::fmt::Write as _;

use jianfan::{Converter, configs};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::command::Dir;
use crate::support::generate::{Material, Rng};
use crate::support::{json, naive};

fn samples() -> [&'static str; 6] {
    [
        include_str!("../data/sample/essay-simplified.txt"),
        include_str!("../data/sample/mixed.txt"),
        include_str!("../data/sample/news-hongkong.txt"),
        include_str!("../data/sample/news-simplified.txt"),
        include_str!("../data/sample/news-taiwan.txt"),
        include_str!("../data/sample/news-traditional.txt"),
    ]
}

fn texts() -> Vec<String> {
    let cases = json::parse(include_str!("../data/testcases.json")).unwrap();
    let mut texts: Vec<String> =
        samples().iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
    inputs(&cases, &mut texts);
    texts.push("⿰氵每⿱发\u{2F804}\u{F900}里，城堡的士兵".to_owned());
    assert!(texts.len() > 250);
    texts
}

fn inputs(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                match value {
                    Value::String(text) if key == "input" => texts.push(text.clone()),
                    other => inputs(other, texts),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| inputs(value, texts)),
        _ => {}
    }
}

#[test]
fn a_trace_is_what_the_conversion_does() {
    for config in configs() {
        for has_context in [false, true] {
            let builder = || {
                Converter::builder(config.name)
                    .context(has_context)
                    .dictionary_text("own", "里程碑\t界石\n發展\t发展\n")
            };
            for builder in [Converter::builder(config.name).context(has_context), builder()] {
                let converter = builder.clone().build().unwrap();
                let inspector = builder.inspector().unwrap();
                for text in texts() {
                    let trace = inspector.trace(&text);
                    assert_eq!(trace.output, converter.convert(&text), "{} {text}", config.name);
                    let mut at = 0;
                    for segment in &trace.segments {
                        assert_eq!(segment.offset, at, "{} {text}", config.name);
                        at += segment.len;
                        for decision in &segment.decisions {
                            let there = text[decision.offset..].chars().next();
                            assert_eq!(there, Some(decision.character));
                            assert!(
                                decision
                                    .candidates
                                    .iter()
                                    .any(|(form, _)| *form == decision.chosen)
                            );
                        }
                    }
                    assert_eq!(at, text.len());
                }
            }
        }
    }
}

/// Texts made of keys, halves of keys, description sequences and compatibility ideographs.
#[test]
fn a_trace_is_right_on_hostile_texts() {
    let lent = naive::Config::builtin("s2twp", true);
    let lent: Vec<_> = lent.chain.iter().collect();
    for config in configs() {
        let material = Material::new(&naive::Config::builtin(config.name, false), &lent);
        let mut rng = Rng::named(1, config.name);
        let texts: Vec<String> = (0..400).map(|_| material.text(&mut rng)).collect();
        for has_context in [false, config.has_context()] {
            let builder = Converter::builder(config.name).context(has_context);
            let converter = builder.clone().build().unwrap();
            let inspector = builder.inspector().unwrap();
            for text in &texts {
                let trace = inspector.trace(text);
                assert_eq!(trace.output, converter.convert(text), "{} {text:?}", config.name);
                assert_eq!(
                    trace.segments.iter().map(|segment| segment.len).sum::<usize>(),
                    text.len()
                );
            }
        }
    }
}

#[test]
fn the_table_names_what_decided() {
    let dir = Dir::new();
    let table = dir.run("inspect s2tw 师长发现了").succeeds();
    assert!(
        table.starts_with("师长发现了 → 師長發現了\n\nsegment  step  from  to    source\n"),
        "{table}"
    );
    assert!(table.contains("长发     1     长发  長髮  STPhrases\n"), "{table}");
    assert!(table.contains("         -     髮    發    context: 發 +"), "{table}");
    let exact = dir.run("inspect s2tw --exact 师长发现了").succeeds();
    assert!(
        exact.starts_with("师长发现了 → 師長髮現了\n") && !exact.contains("context"),
        "{exact}"
    );
    let own =
        dir.file("own.txt", "发现\t發覺\n").run("inspect s2t --dict own.txt 师的发现").succeeds();
    assert!(own.contains("发现     1     发现  發覺  own.txt\n"), "{own}");
    let twp = dir.run("inspect s2twp --exact 打开文件").succeeds();
    assert!(twp.contains("2     打開  開啟  TWPhrases, or 打開"), "{twp}");
}

#[test]
fn each_line_is_an_object() {
    let dir = Dir::new();
    let lines = dir.pipe("inspect s2t --json", "头发\r\n\n里\"").succeeds();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["output"], "頭髮");
    assert_eq!(lines[0]["segments"][0]["steps"][0][0]["dictionary"], "STPhrases");
    assert_eq!(lines[2]["line"], 3);
    assert_eq!(lines[2]["segments"][0]["decisions"][0]["character"], "里");
}

#[test]
fn ambiguities_are_those_of_opencc() {
    let dir = Dir::new();
    let all: String = samples().concat();
    dir.file("all.txt", &all);
    let mut seen = 0;
    for row in include_str!("golden/ambiguities.tsv").lines().filter(|row| !row.starts_with('#')) {
        let row: Vec<&str> = row.split('\t').collect();
        let records =
            dir.run(&format!("inspect {} --ambiguities --file all.txt", row[0])).succeeds();
        assert_eq!(records.lines().count().to_string(), row[1], "{}", row[0]);
        let mut sum = String::new();
        for byte in Sha256::digest(records.as_bytes()) {
            write!(sum, "{byte:02x}").unwrap();
        }
        assert_eq!(sum, row[2], "{}", row[0]);
        seen += 1;
    }
    assert_eq!(seen, configs().len());
}

/// Windows of a mebibyte: what a stream says is the text of the conversion, and each source is defined before it is used.
#[test]
fn a_long_stream_is_marked_window_by_window() {
    let dir = Dir::new();
    let text = samples()[0].repeat(900) + "⿰⿱发";
    assert!(text.len() > 1 << 20);
    let records = dir.pipe("inspect s2twp --ambiguities", &text).succeeds();
    let (mut output, mut sources, mut count, mut ended) = (String::new(), 0, 0, false);
    for record in records.lines() {
        let record: Value = serde_json::from_str(record).unwrap();
        if record.get("def").is_some() {
            sources += 1;
        } else if let Some(literal) = record.get("lit") {
            output += literal.as_str().unwrap();
        } else if let Some(ambiguous) = record.get("amb") {
            assert!(ambiguous["s"].as_u64().unwrap() < sources);
            output += ambiguous["t"].as_str().unwrap();
            count += 1;
        } else {
            assert_eq!(record["end"]["ambiguities"], count);
            assert_eq!(record["end"]["output_bytes"], output.len());
            ended = true;
        }
    }
    assert!(ended);
    assert_eq!(output, Converter::new("s2twp").unwrap().convert(&text));
}

#[test]
fn faults_are_told() {
    let dir = Dir::new();
    dir.pipe("inspect s2t", b"\xB7\xA2").fails_telling(&["not UTF-8 at line 1, byte 1", "tip"]);
    let run = dir.pipe("inspect s2t --ambiguities", b"abc\xFF");
    assert!(!String::from_utf8_lossy(&run.stdout).contains("end"));
    run.fails_telling(&["not UTF-8 at byte 4"]);
    dir.run("inspect s2t --file none.txt").fails_telling(&["cannot read none.txt"]);
    dir.run("inspect s2tx 发").fails_telling(&["did you mean 's2t"]);
    dir.run("inspect t2s --context on 發").fails_telling(&["of no use with t2s"]);
}

#[test]
fn control_characters_do_not_reach_a_terminal() {
    let dir = Dir::new();
    let table = dir.pipe("inspect s2tw", "头\u{1b}[31m发\n").succeeds();
    assert!(!table.contains('\u{1b}') && table.starts_with("头\\u{1b}[31m发 → "), "{table}");
}
