//! Lyrics, properties of Java, strings of Apple: what stands behind a time or a key is converted, and that is not.

use jianfan::Converter;
use jianfan::pipeline::{Passes, Pipeline};

use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled, streams_as_whole};
use crate::support::command::Dir;

#[track_caller]
fn becomes(name: &str, document: &str, result: &str) {
    for end in ["\n", "\r\n", "\r"] {
        if end == "\r" && document.contains("//") {
            continue;
        }
        let (document, result) = (document.replace('\n', end), result.replace('\n', end));
        assert_eq!(converted("s2twp", &format(name), &document), result, "{document:?}");
        keeps_the_laws(&format(name), &document);
        streams_as_whole(&format(name), &document);
    }
}

#[test]
fn lyrics_are_converted_and_times_stay() {
    for (document, result) in [
        (
            "[ti:发]\n[ar:发]\n[00:12.00]头发\n\n[00:12.00][01:02:03]发",
            "[ti:发]\n[ar:发]\n[00:12.00]頭髮\n\n[00:12.00][01:02:03]發",
        ),
        (
            "[00:12.00] <00:12.00>内<00:12.50>存 [00:13.1]头[00:14.1]发\n发",
            "[00:12.00] <00:12.00>記憶體<00:12.50> [00:13.1]頭[00:14.1]髮\n發",
        ),
        ("[发] [00] [a:发] 发 <发> [00:发", "[發] [00] [a:發] 發 <發> [00:發"),
        ("", ""),
    ] {
        becomes("lrc", document, result);
    }
}

#[test]
fn properties_are_converted_and_keys_stay() {
    for (document, result) in [
        (
            "# 发\n! 发\n发=头发\n 发 : 发=发\n发 发\n发\n\n发=\n",
            "# 发\n! 发\n发=頭髮\n 发 : 發=發\n发 發\n发\n\n发=\n",
        ),
        (
            "发\\ 发\\=发=发\na = \\\n   内\\\n  存\\n发\\\\\n发=发",
            "发\\ 发\\=发=發\na = \\\n   記憶體\\\n  \\n發\\\\\n发=發",
        ),
        (
            "a=\\u5934\\u53d1\\u53D1\\ud842\\udfb7\\ud842\\u12\\:发",
            "a=\\u982d\\u9aee\\u767C\\ud842\\udfb7\\ud842\\u12\\:發",
        ),
        // A needless escape stands for what is escaped.
        ("a=\\内\\u5B58", "a=記憶體"),
        ("a=发\\", "a=發\\"),
        ("a\\\n发=发", "a\\\n发=發"),
        ("", ""),
    ] {
        becomes("properties", document, result);
    }
}

#[test]
fn properties_of_ascii_stay_ascii() {
    let passes: Passes = "tw".parse().unwrap();
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap()).normalize(passes);
    let pipeline = pipeline.formats(format("properties"));
    let run = |text: &str| String::from_utf8(pipeline.run(text.as_bytes()).unwrap()).unwrap();
    assert_eq!(run("a=\\u5934\\u53d1...\n"), "a=\\u982d\\u9aee\\u2026\\u2026\n");
    assert_eq!(run("a=\\u5934\\u53D1,\\u53D1\n"), "a=\\u982D\\u9AEE\\uFF0C\\u767C\n");
    assert_eq!(run("a=头\\u53d1...\n"), "a=頭\\u9aee……\n");
}

#[test]
fn strings_are_converted_and_keys_stay() {
    for (document, result) in [
        (
            "/* 发 = \"发\" */\n\"发\" = \"头发\\n%@\\\"发\\\"\";\n发 = \"内\\U5b58\\q\";\n",
            "/* 发 = \"发\" */\n\"发\" = \"頭髮\\n%@\\\"發\\\"\";\n发 = \"記憶體\\q\";\n",
        ),
        (
            "// 发 = \"发\"\n\"发;=\"=\"发;=\n发\";\"发\"=\"发\";",
            "// 发 = \"发\"\n\"发;=\"=\"發;=\n發\";\"发\"=\"發\";",
        ),
        ("", ""),
    ] {
        becomes("strings", document, result);
    }
    let dir = Dir::new();
    for (document, place) in [
        ("\"a\" =\n \"发;", "line 2, byte 7: not strings: a string has no end"),
        ("\"a\\", "line 1, byte 0: not strings: a string has no end"),
        ("/* 发 *", "line 1, byte 0: not strings: a comment has no end"),
    ] {
        dir.file("a.strings", document);
        let told = dir.run("convert s2t a.strings -o out.strings").fails();
        assert!(told.contains(place), "{document}: {told}");
    }
}

#[test]
fn strings_have_lists_and_dictionaries() {
    let text = "\"里\" = \"发\"\n\"里\" = (\"发\", \"发\");\n\"里\" = { \"里\" = \"发\"; };\n";
    becomes("strings", text, &text.replace('发', "發"));
}

#[test]
fn escapes_and_times_at_random_places_change_nothing() {
    let mut random = Random::new(9);
    for round in 0..300 {
        let text = SENTENCES[round % SENTENCES.len()];
        let (name, document) = match round % 3 {
            0 => {
                let text = sprinkled(&mut random, text, &["<00:01.20>", "[00:01.20]", "[1:2]"], 3);
                ("lrc", format!("[00:01.00]{text}"))
            }
            1 => {
                let mut value = String::new();
                for c in text.chars() {
                    match random.below(5) {
                        0 => value += &format!("\\u{:04x}", u32::from(c)),
                        1 => value += &format!("\\u{:04X}", u32::from(c)),
                        2 => value += &format!("\\\n  {c}"),
                        _ => value.push(c),
                    }
                }
                ("properties", format!("发 = {value}\n"))
            }
            _ => {
                let mut value = String::new();
                for c in text.chars() {
                    match random.below(3) {
                        0 => value += &format!("\\U{:04x}", u32::from(c)),
                        _ => value.push(c),
                    }
                }
                ("strings", format!("\"发\" = \"{value}\";"))
            }
        };
        keeps_the_laws(&format(name), &document);
        for config in ["s2twp", "tw2sp"] {
            let result = converted(config, &format(name), &document);
            let (runs, _) = format(name).runs(&result, None).unwrap();
            let expected = Converter::new(config).unwrap().convert(text);
            assert_eq!(runs.texts(&result), [expected], "{document}");
        }
    }
}

#[test]
fn repetition_costs_nothing() {
    let parts = [
        "[", "<", "[0", "[00:00", "\\", "\\\n", "\\u", "\\u1", "=", "a\\", "\"", "\"\\", "/*",
        "/**/", "/", " ", "\n", "\0", ";", "发\\",
    ];
    for part in parts {
        for name in ["lrc", "properties", "strings"] {
            for head in ["", "a=", "a=\"", "[00:00]"] {
                let document = head.to_owned() + &part.repeat(1_000_000 / part.len());
                let begun = std::time::Instant::now();
                let pipeline = Pipeline::without_conversion().formats(format(name));
                if let Ok(result) = pipeline.run(document.as_bytes()) {
                    assert!(result == document.as_bytes(), "{name} {part:?}");
                }
                assert!(begun.elapsed().as_secs() < 10, "{name} {part:?}");
            }
        }
    }
}
