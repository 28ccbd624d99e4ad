//! OpenCC's own test cases, and every key of every dictionary as a text of its own.
//!
//! OpenCC runs its cases through its C++ library, whose default is to use the tofu-risk dictionaries; so do these tests.

use std::collections::BTreeMap;
use std::fs;

use jianfan::Converter;
use serde_json::Value;

use crate::support::compare;
use crate::support::json;
use crate::support::naive::{self, Dict};

/// Returns (config, id, input, expected) of every case.
fn cases() -> Vec<(String, String, String, String)> {
    let path = naive::data().join("testcases.json");
    let root = json::parse(&fs::read_to_string(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let mut all = Vec::new();
    for case in root["cases"].as_array().unwrap() {
        for (config, expected) in case["expected"].as_object().unwrap() {
            all.push((config.clone(), text(&case["id"]), text(&case["input"]), text(expected)));
        }
    }
    all
}

type Engine = Box<dyn Fn(&str) -> String>;

/// Returns what one converter a config makes wrong of the cases.
fn failures(open: impl Fn(&str) -> Engine) -> Vec<String> {
    let mut engines: BTreeMap<String, Engine> = BTreeMap::new();
    let mut failures = Vec::new();
    for (config, id, input, expected) in cases() {
        let engine = engines.entry(config.clone()).or_insert_with(|| open(&config));
        let actual = engine(&input);
        if actual != expected {
            failures.push(format!(
                "{id} {config}: {input}\n  expected {expected}\n  actual   {actual}"
            ));
        }
    }
    failures
}

#[test]
fn every_config_has_cases() {
    let cases = cases();
    assert!(cases.len() > 500, "{} cases", cases.len());
    for config in jianfan::configs() {
        assert!(cases.iter().any(|(name, ..)| name == config.name), "no case for {}", config.name);
    }
}

#[test]
fn the_library_passes_opencc_s_cases() {
    let failures = failures(|config| {
        let builder = Converter::builder(config).include_tofu_risk(true);
        let converter = builder.build().unwrap();
        Box::new(move |text| converter.convert(text))
    });
    assert!(failures.is_empty(), "{} failure(s)\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn the_naive_engine_passes_opencc_s_cases() {
    let failures = failures(|config| {
        let config = naive::Config::builtin(config, true);
        Box::new(move |text| config.convert(text))
    });
    assert!(failures.is_empty(), "{} failure(s)\n{}", failures.len(), failures.join("\n"));
}

/// Returns every key of every dictionary once.
fn keys() -> Vec<String> {
    let mut keys = Vec::new();
    for file in fs::read_dir(naive::data().join("dictionary")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let entries = naive::Entries::parse(&text);
        keys.extend(entries.sorted().iter().map(|(key, _)| (*key).to_owned()));
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[test]
fn every_key_of_every_dictionary_is_converted_as_the_naive_engine_does() {
    let keys = keys();
    assert!(keys.len() > 55_000, "{} keys", keys.len());
    let text = keys.join("\n");
    let jobs: Vec<(&str, bool)> = jianfan::configs()
        .iter()
        .flat_map(|config| [(config.name, false), (config.name, true)])
        .collect();
    compare::all(&jobs, |&(name, include_tofu_risk)| {
        let builder = Converter::builder(name).include_tofu_risk(include_tofu_risk);
        let library = builder.build().unwrap();
        let naive = naive::Config::builtin(name, include_tofu_risk);
        compare::difference(&|t| library.convert(t), &|t| naive.convert(t), &text)
            .map(|report| format!("{name}, include_tofu_risk {include_tofu_risk}\n  {report}"))
    });
}

/// Blocks end where no key can lie across; here every two neighbours stand together in some key, over lengths of many blocks.
#[test]
fn rows_without_a_place_to_cut_are_converted_as_the_naive_engine_does() {
    let mut followers: BTreeMap<char, Vec<char>> = BTreeMap::new();
    for key in keys() {
        let characters: Vec<char> = key.chars().collect();
        for pair in characters.windows(2) {
            followers.entry(pair[0]).or_default().push(pair[1]);
        }
    }
    let firsts: Vec<char> = followers.keys().copied().collect();
    let mut state = 1_u64;
    let mut next = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut text = String::new();
    for number in 0..1500 {
        let mut last = firsts[next(firsts.len())];
        text.push(last);
        for _ in 0..number % 300 {
            let Some(followers) = followers.get(&last) else { break };
            last = followers[next(followers.len())];
            text.push(last);
        }
        // Some end the text or the line, some meet ASCII.
        text.push_str(["\n", "a\n", "1", ""][next(4)]);
    }
    let jobs: Vec<&str> = jianfan::configs().iter().map(|config| config.name).collect();
    compare::all(&jobs, |&name| {
        let library = Converter::new(name).unwrap();
        let naive = naive::Config::builtin(name, false);
        compare::difference(&|t| library.convert(t), &|t| naive.convert(t), &text)
            .map(|report| format!("{name}\n  {report}"))
    });
}

#[test]
fn a_key_is_converted_the_same_within_a_foreign_text() {
    let keys = keys();
    // Neither the letters before nor the mark after can be part of a key.
    let text: String = keys.iter().map(|key| format!("zq{key}\u{FFFC}\n")).collect();
    let jobs: Vec<&str> = jianfan::configs().iter().map(|config| config.name).collect();
    compare::all(&jobs, |name| {
        let library = Converter::new(name).unwrap();
        let framed = library.convert(&text);
        let alone = library.convert(&keys.join("\n"));
        let expected: String = alone.lines().map(|line| format!("zq{line}\u{FFFC}\n")).collect();
        let wrong =
            framed.lines().zip(expected.lines()).find(|(framed, expected)| framed != expected);
        wrong.map(|(framed, expected)| format!("{name}: expected {expected}, actual {framed}"))
    });
}

#[test]
fn the_naive_engine_keeps_its_dictionaries_apart() {
    // What the tests above rely on: a group's leaves, and a tofu-risk dictionary only where it was asked for.
    let count = |include: bool| -> usize {
        let config = naive::Config::builtin("t2s", include);
        config.chain.iter().map(|dict: &Dict| dict.leaves().len()).sum()
    };
    assert_eq!((count(false), count(true)), (2, 3));
}
