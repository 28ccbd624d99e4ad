//! Dictionaries of a user on top of a config.
//!
//! Wherever a word may begin, the user's dictionaries are asked first, the one added last before the others; what one of them
//! finds is a word, and its value is the outcome: no step of the chain touches it. (`random_configs.rs` asks the same of
//! random configs.)

use jianfan::Converter;

use crate::support::compare;
use crate::support::generate::{Material, Rng};
use crate::support::naive;
use crate::support::random_config::{Entries, lines};

fn convert(config: &str, dictionaries: &[&str], text: &str) -> String {
    let mut builder = Converter::builder(config);
    for (index, dictionary) in dictionaries.iter().enumerate() {
        builder = builder.dictionary_text(&format!("dictionary {index}"), dictionary);
    }
    builder.build().unwrap().convert(text)
}

#[test]
fn a_users_word_wins_over_the_configs_word_of_the_same_key() {
    assert_eq!(convert("s2twp", &[], "量子比特"), "量子位元");
    assert_eq!(convert("s2twp", &["量子比特\t量子元\n"], "量子比特"), "量子元");
}

#[test]
fn a_users_word_wins_over_a_longer_one_of_the_config() {
    assert_eq!(convert("s2t", &["头\t首\n"], "头发"), "首發");
    assert_eq!(convert("s2twp", &["头\t首\n"], "头发"), "首發");
}

#[test]
fn a_users_word_is_not_looked_for_inside_a_word_of_the_config() {
    assert_eq!(convert("s2t", &["发\t法\n"], "头发发"), "頭髮法");
    assert_eq!(convert("s2twp", &["发\t法\n"], "头发发"), "頭髮法");
}

#[test]
fn the_dictionary_added_last_wins_even_with_a_shorter_key() {
    let (first, last) = ("头发油\t甲\n头\t乙\n", "头发\t丙\n");
    assert_eq!(convert("s2t", &[first, last], "头发油头"), "丙油乙");
    assert_eq!(convert("s2t", &[last, first], "头发油头"), "甲乙");
    assert_eq!(convert("s2twp", &[first, last], "头发油头"), "丙油乙");
}

#[test]
fn within_a_dictionary_the_longest_key_wins() {
    assert_eq!(convert("s2hk", &["头\t甲\n头发\t乙\n"], "头发头"), "乙甲");
}

#[test]
fn a_users_value_is_final() {
    // Either step of s2twp would change it: 软件 → 軟件 → 軟體.
    assert_eq!(convert("s2twp", &["软件\t软件\n"], "软件和软件包"), "软件和软件包");
    assert_eq!(convert("s2twp", &["软件\t軟件\n"], "软件"), "軟件");
    // Nor does it join what stands beside it.
    assert_eq!(convert("s2twp", &["X\t軟\n"], "X件"), "軟件");
    assert_eq!(convert("t2tw", &["X\t裏\n"], "X面"), "裏面");
}

#[test]
fn a_users_key_is_found_in_the_normalized_text() {
    // U+F900 is a compatibility ideograph of 豈.
    for key in ["豈有", "\u{F900}有"] {
        for text in ["豈有此理", "\u{F900}有此理"] {
            let dictionary = format!("{key}\tX\n");
            assert_eq!(convert("t2s", &[&dictionary], text), "X此理", "{key:?} {text:?}");
        }
    }
}

#[test]
fn of_several_values_the_first_is_the_result() {
    assert_eq!(convert("s2t", &["发\t甲 乙 丙\n"], "发"), "甲");
}

#[test]
fn a_users_word_may_begin_a_description_sequence_but_not_lie_in_one() {
    let dictionary = ["⿰\tX\n发\tY\n"];
    assert_eq!(convert("s2t", &dictionary, "⿰发发"), "XYY");
    assert_eq!(convert("s2t", &dictionary[..], "⿱发发发"), "⿱发发Y");
}

#[test]
fn a_text_that_grows_manifold_is_given_room() {
    // Once the room that was kept ahead is used up, each way of writing must make its own.
    for len in 10..20 {
        let value = "x".repeat(len);
        let builder = Converter::builder("s2t");
        let converter =
            builder.dictionary_text("grows", &format!("发头\t{value}\n")).build().unwrap();
        for tail in ["", "的", "的的", "⿿", "é的", "𠀀", "a", "⿰的的"] {
            for times in 0..60 {
                let text = "发头".repeat(times) + tail;
                assert_eq!(converter.convert(&text), value.repeat(times) + tail, "{text}");
            }
        }
    }
}

/// Makes a dictionary that meets the config's own words: their keys, parts of these, and single characters.
fn dictionary(material: &Material, rng: &mut Rng) -> Entries {
    let mut entries: Entries = Vec::new();
    for _ in 0..rng.between(1, 40) {
        let (key, value) = (material.word(rng), material.word(rng));
        let known = entries.iter().any(|(known, _)| *known == key);
        if !known && !key.contains(['\n', '\r', '\t']) && !value.contains(['\n', '\r', ' ']) {
            entries.push((key, value));
        }
    }
    // A line that begins so is a comment.
    entries.retain(|(key, value)| !key.is_empty() && !value.is_empty() && !key.starts_with('#'));
    entries
}

#[test]
fn random_dictionaries_on_built_in_configs_give_what_the_naive_engine_gives() {
    let rounds = compare::number("JIANFAN_USER_DICTIONARIES", 3);
    let seed = compare::number("JIANFAN_DIFFERENTIAL_SEED", 1) as u64;
    let jobs: Vec<(&str, usize)> = jianfan::configs()
        .iter()
        .flat_map(|config| (0..rounds).map(|round| (config.name, round)))
        .collect();
    compare::all(&jobs, |&(name, round)| {
        let mut rng = Rng::named(seed, &format!("user {name} {round}"));
        let include_tofu_risk = rng.once_in(2);
        let mut naive = naive::Config::builtin(name, include_tofu_risk);
        let mut builder = Converter::builder(name).include_tofu_risk(include_tofu_risk);
        let material = Material::new(&naive, &[]);
        let dictionaries: Vec<Entries> =
            (0..rng.between(1, 3)).map(|_| dictionary(&material, &mut rng)).collect();
        for entries in &dictionaries {
            let entries = &naive.without_twins(entries);
            builder = builder.dictionary_text("user", &lines(entries));
            naive.add_user_dictionary(entries);
        }
        let library = builder.build().unwrap();
        let words: Vec<&str> = dictionaries.iter().flatten().map(|(key, _)| key.as_str()).collect();
        let mut text = String::new();
        for _ in 0..300 {
            text += &material.text(&mut rng);
            for _ in 0..rng.below(4) {
                if !words.is_empty() {
                    text += rng.word(&words);
                }
                text += &material.word(&mut rng);
            }
            text += "\n";
        }
        let differs = || compare::difference(&|t| library.convert(t), &|t| naive.convert(t), &text);
        compare::no_return(&library, &text).or_else(differs).map(|report| {
            let dictionaries: Vec<String> = dictionaries.iter().map(lines).collect();
            format!("{name}, round {round}, {include_tofu_risk}\n  {dictionaries:?}\n  {report}")
        })
    });
}
