//! What the layout promises, one search each: who may use what, and that nothing is forgotten.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the Rust files below a folder with their text, by their path from the root, `/` between names.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "{folder}");
    files
}

/// Code without its comments and documentation.
fn code(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn only_in(word: &str, rooms: &[&str]) {
    for (name, text) in sources("src") {
        let allowed = rooms.iter().any(|room| name.starts_with(room));
        assert!(allowed || !code(&text).contains(word), "{word} in {name}, allowed in {rooms:?}");
    }
}

#[test]
fn each_crate_has_its_room() {
    only_in("clap::", &["src/cli/"]);
    only_in("anyhow::", &["src/cli/"]);
    only_in("encoding_rs::", &["src/charset.rs", "src/decode/", "src/encode/"]);
    only_in("flate2::", &["src/decode/", "src/encode/", "src/format/package/"]);
    for name in ["arrow_ipc::", "bytes::Bytes", "flatbuffers::", "lz4_flex::"] {
        only_in(name, &["src/format/arrow/"]);
    }
    only_in("indicatif::", &["src/cli/"]);
    only_in("ignore::", &["src/batch/walk.rs"]);
    only_in("rayon::", &["src/batch/", "src/pipeline/"]);
    only_in("unicode_normalization::", &["src/normalize/"]);
    only_in("regex::", &["src/select/"]);
    only_in("aho_corasick::", &["src/select/", "src/context/", "src/format/package/"]);
    only_in("opencc_rust::", &["src/convert/libopencc.rs"]);
    only_in("println!", &[]);
}

#[test]
fn stages_do_not_call_each_other() {
    let stages = ["decode", "format", "select", "normalize", "punctuate", "convert", "encode"];
    for (name, text) in sources("src") {
        for stage in stages.iter().filter(|stage| name.starts_with(&format!("src/{stage}/"))) {
            for other in stages.iter().filter(|other| *other != stage) {
                let call = format!("crate::{other}");
                assert!(!code(&text).contains(&call), "{name} uses {other}");
            }
        }
        if name.starts_with("src/dictionary/") {
            assert!(!code(&text).contains("crate::convert"), "{name} knows of configs");
        }
    }
}

#[test]
fn there_is_no_unsafe_code_outside_the_dictionary() {
    let word = ["unsafe", " "].concat();
    only_in(&format!("{word}{{"), &["src/dictionary/"]);
    only_in(&format!("{word}fn"), &["src/dictionary/"]);
}

#[test]
fn files_stay_short_enough_to_read() {
    for (name, text) in sources("src") {
        let lines = text.lines().count();
        assert!(lines <= 600, "{name} has {lines} lines");
    }
}

#[test]
fn every_module_says_what_it_is() {
    for (name, text) in sources("src").into_iter().chain(sources("tests")) {
        assert!(text.starts_with("//!"), "{name} has no head");
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let main = fs::read_to_string(root().join("tests/main.rs")).unwrap();
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.is_file() && stem != "main" {
            assert!(main.contains(&format!("mod {stem};")), "{stem} is not in tests/main.rs");
        }
    }
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut in_dependencies = false;
    let mut seen = 0;
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if in_dependencies && line.contains('=') {
            assert!(line.contains(" # "), "{line}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}
