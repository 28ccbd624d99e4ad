//! JSON and lines of it: values are converted, everything else stays, and what is no JSON is told.

use jianfan::format::{Formats, Options};

use super::{Random, SENTENCES, converted, format, keeps_the_laws, suite};
use crate::support::command::Dir;

#[test]
fn values_are_converted_and_all_else_stays() {
    let json = format("json");
    for (document, result) in [
        (r#"{"发": "头发"}"#, r#"{"发": "頭髮"}"#),
        (
            "[1.0,1e400 , -0, \"鼠标\",\r\n\ttrue,null ]",
            "[1.0,1e400 , -0, \"滑鼠\",\r\n\ttrue,null ]",
        ),
        (r#"{"a":"头","a":"发","\u53d1":{}}"#, r#"{"a":"頭","a":"發","\u53d1":{}}"#),
        // What was escaped is escaped again, in its own way; what was not is not.
        (r#"["头\u53d1\n\/\"内\u5B58"]"#, r#"["頭\u9aee\n\/\"記憶體"]"#),
        (r#"["\u5934\u53D1","\uD842\uDFB7发"]"#, r#"["\u982d\u9AEE","\uD842\uDFB7發"]"#),
        (r#"["\ud800发"]"#, r#"["\ud800發"]"#),
        (r#""发""#, r#""發""#),
    ] {
        assert_eq!(converted("s2twp", &json, document), result);
    }
}

#[test]
fn comments_are_no_prose() {
    let document = "// 发\n{ /* 发 */ \"发\": \"发\", // 发\n \"a\": [\"发\", /* 发 */ ], } // 发";
    let right = "// 发\n{ /* 发 */ \"发\": \"發\", // 发\n \"a\": [\"發\", /* 发 */ ], } // 发";
    assert_eq!(converted("s2t", &format("jsonc"), document), right);
    assert!(format("json").runs(document, None).is_err());
    let kept = "[\n// jianfan:off\n\"发\",\n// jianfan:on\n\"发\",\n// jianfan:ignore-next-line\n\"发\", \"发\",\n\"发\"]";
    let right = "[\n// jianfan:off\n\"发\",\n// jianfan:on\n\"發\",\n// jianfan:ignore-next-line\n\"发\", \"发\",\n\"發\"]";
    assert_eq!(converted("s2t", &format("jsonc"), kept), right);
    for open in ["[1, /* ", "[1, //", "/", "[1,,]", "[,]", "{,}"] {
        assert!(format("jsonc").runs(open, None).is_err(), "{open}");
    }
    assert_eq!(converted("s2t", &format("jsonc"), "[1] /* 发"), "[1] /* 发");
}

#[test]
fn fields_are_chosen_as_in_jq() {
    let document = r#"{"发":{"a.b":"发","c":["发",{"d":"发"}]},"d":"发","e":[["发"],["发"]]}"#;
    for (fields, result) in [
        (&["d"][..], document.replace(r#""d":"发","e""#, r#""d":"發","e""#)),
        (&[".发.\"a.b\""], document.replace(r#""a.b":"发""#, r#""a.b":"發""#)),
        (&["发.c[0]"], document.replace(r#""c":["发""#, r#""c":["發""#)),
        (&["发.c[].d"], document.replace(r#"{"d":"发"}"#, r#"{"d":"發"}"#)),
        (&["e[][0]"], document.replace(r#"[["发"],["发"]]"#, r#"[["發"],["發"]]"#)),
        (&["e[1][]"], document.replace(r#",["发"]]"#, r#",["發"]]"#)),
        (&["*"], document.replace(r#""d":"发","e""#, r#""d":"發","e""#)),
        (&["nothing", "e"], document.to_owned()),
    ] {
        let mut options = Options::default();
        options.fields = fields.iter().map(|&field| field.to_owned()).collect();
        let json = Formats::named("json", options).unwrap();
        assert_eq!(converted("s2t", &json, document), result, "{fields:?}");
    }
    for field in ["", "a.", "a..b", "a[", "a[x]", "\"a", "[]a"] {
        let mut options = Options::default();
        options.fields = vec![field.to_owned()];
        assert!(Formats::named("json", options).is_err(), "{field}");
    }
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let dir = Dir::new();
    for (document, place) in [
        (" ", "line 1, byte 1: not json: a value is missing"),
        ("{\"a\": 头}", "line 1, byte 6: not json: no JSON value begins so"),
        ("[1,\n 2,]", "line 2, byte 7: not json: a comma stands before the end"),
        ("[01]", "line 1, byte 2: not json: expected , or ]"),
        ("[1.]", "line 1, byte 3: not json: a digit is missing"),
        ("[\"a\nb\"]", "line 1, byte 3: not json: a control character in a string"),
        ("[\"\\x\"]", "line 1, byte 2: not json: no escape of JSON"),
        ("[\"\\u12\"]", "line 1, byte 2: not json: \\u needs four digits"),
        ("{\"a\" 1}", "line 1, byte 5: not json: expected : behind the key"),
        ("{1:2}", "line 1, byte 1: not json: expected a key in quotes"),
        ("[\"头", "line 1, byte 5: not json: a string has no end"),
        ("[1", "line 1, byte 2: not json: a ] is missing"),
        ("1 2", "line 1, byte 2: not json: something stands behind the value"),
        ("tru", "line 1, byte 0: not json: no JSON value begins so"),
    ] {
        dir.file("a.json", document);
        let told = dir.run("convert s2t a.json -o out.json").fails();
        assert!(told.contains(place), "{document}: {told}");
        assert!(!dir.path("out.json").exists());
    }
    // Nothing at all is no fault.
    dir.file("a.json", "");
    assert_eq!(dir.run("convert s2t a.json").succeeds(), "");
    assert_eq!(dir.pipe("convert s2t -f json", "").succeeds(), "");
    // It is plain text if the user says so.
    dir.file("a.json", "{\"发\": 发}");
    assert_eq!(dir.run("convert s2t -f plain a.json").succeeds(), "{\"發\": 發}");
}

#[test]
fn a_bad_line_is_told_and_the_others_go_on() {
    let dir = Dir::new();
    let lines = "{\"发\":\"发\"}\n\n{\"a\":发}\r\n[\"面\" ]\r\n\"里";
    dir.file("a.jsonl", lines);
    let told = dir.run("convert s2t -w a.jsonl").fails();
    assert_eq!(dir.text("a.jsonl"), "{\"发\":\"發\"}\n\n{\"a\":发}\r\n[\"面\" ]\r\n\"里");
    assert!(
        told.contains("a.jsonl: line 3, byte 20: not jsonl: no JSON value begins so"),
        "{told}"
    );
    assert!(told.contains("line 5, byte 40: not jsonl: a string has no end"), "{told}");
}

#[test]
fn lines_are_known_on_a_pipe_and_streamed() {
    let dir = Dir::new();
    assert_eq!(
        dir.pipe("convert s2t", "{\"发\":\"发\"}\n[\"发\"]\n").succeeds(),
        "{\"发\":\"發\"}\n[\"發\"]\n"
    );
    assert_eq!(
        dir.pipe("convert s2t --stdin-filename a.json", "[\n\"发\"]\n").succeeds(),
        "[\n\"發\"]\n"
    );
    // Plain text that begins with a bracket is plain text.
    assert_eq!(dir.pipe("convert s2t", "{发}\n{\"发\"}\n").succeeds(), "{發}\n{\"發\"}\n");

    // Longer than a block, so that it is cut, and with more threads than one.
    let line = format!("{{\"发\": \"{}\"}}\n", SENTENCES.concat());
    let (document, times) = (line.repeat(40_000), 40_000);
    dir.file("long.jsonl", &document);
    let result = dir.run("convert s2twp long.jsonl -j3").succeeds();
    let first = dir.pipe("convert s2twp", &line).succeeds();
    assert!(first.contains("\"发\"") && first != line);
    assert!(result == first.repeat(times), "streamed and whole differ");
}

#[test]
fn depth_costs_nothing() {
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "[".repeat(2_000_000)] {
        let error = format("json").runs(&deep, None).unwrap_err().to_string();
        assert!(error.contains("missing") || error.contains("too many"), "{error}");
    }
    let closed = "[".repeat(100_000) + "\"发\"" + &"]".repeat(100_000);
    assert_eq!(converted("s2t", &format("json"), &closed), closed.replace('发', "發"));
}

#[test]
fn escapes_at_random_places_change_nothing() {
    let mut random = Random::new(7);
    for round in 0..400 {
        let text = SENTENCES[round % SENTENCES.len()];
        let mut inner = String::new();
        for c in text.chars() {
            match random.below(4) {
                0 => c
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|unit| inner += &format!("\\u{unit:04x}")),
                1 => c
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|unit| inner += &format!("\\u{unit:04X}")),
                _ if c == '"' => inner += "\\\"",
                _ => inner.push(c),
            }
        }
        let document = format!("{{\"{inner}\" :[ \"{inner}\",1.50]}}");
        keeps_the_laws(&format("json"), &document);
        for config in ["s2twp", "tw2sp"] {
            let result = converted(config, &format("json"), &document);
            let read = |document: &str| -> Vec<String> {
                let value: serde_json::Value = serde_json::from_str(document).unwrap();
                value
                    .as_object()
                    .unwrap()
                    .iter()
                    .flat_map(|(key, value)| [key.clone(), value[0].as_str().unwrap().to_owned()])
                    .collect()
            };
            let converter = jianfan::Converter::new(config).unwrap();
            assert_eq!(read(&result), [text.to_owned(), converter.convert(text)]);
        }
    }
}

#[test]
fn others_say_what_is_json() {
    let Some(folder) = suite("JSONTestSuite") else { return };
    let mut seen = [0; 3];
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let runs = format("json").runs(text, None);
        match name.as_bytes()[0] {
            b'y' => {
                assert!(runs.is_ok(), "{name}: {runs:?}");
                if !text.chars().any(super::is_han) {
                    assert_eq!(converted("s2twp", &format("json"), text), text, "{name}");
                }
                seen[0] += 1;
            }
            // A byte order mark is taken off before.
            b'n' if !text.starts_with('\u{FEFF}') => {
                assert!(runs.is_err(), "{name}: {text}");
                seen[1] += 1;
            }
            _ => seen[2] += 1,
        }
    }
    assert!(seen[0] > 90 && seen[1] > 170, "{seen:?}");
}
