//! The compiler of configs against the naive engine and libopencc, over random configs and random texts.
//!
//! OpenCC's 16 configs are few and tame: words of several characters, one normalization of single characters, at most two
//! steps. The compiler promises the same for any config, so here are configs at random, dense enough that every rule bites.
//! `JIANFAN_RANDOM_CONFIGS` says how many, `JIANFAN_DIFFERENTIAL_SEED` which, and `JIANFAN_RANDOM_FIRST` where to begin, to see
//! one again.

use jianfan::{Converter, Replaced};

use crate::support::compare;
use crate::support::generate::Rng;
use crate::support::naive;
use crate::support::random_config::{RandomConfig, lines};

const TEXTS: usize = 200;

/// Compares the library with the naive engine; `texts` are converted in one call.
fn library_differs(config: &RandomConfig, include_tofu_risk: bool, texts: &str) -> Option<String> {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = config.write(folder.path());
    let mut builder = Converter::builder_from_file(&path).include_tofu_risk(include_tofu_risk);
    let mut naive = naive::Config::from_file(&path, include_tofu_risk);
    for (index, entries) in config.user.iter().enumerate() {
        let entries = &naive.without_twins(entries);
        builder = builder.dictionary_text(&format!("user {index}"), &lines(entries));
        naive.add_user_dictionary(entries);
    }
    let library = match builder.build() {
        Ok(library) => library,
        Err(error) => return Some(format!("the library does not open it: {error}")),
    };
    compare::no_return(&library, texts)
        .or_else(|| compare::difference(&|t| library.convert(t), &|t| naive.convert(t), texts))
        .or_else(|| compare::difference(&|t| aligned(&library, t), &|t| library.convert(t), texts))
}

/// Converts with an alignment; what is not in step where that says so is not the result.
fn aligned(library: &Converter, text: &str) -> String {
    let (result, alignment) = library.convert_aligned(text);
    let (source_len, result_len) = alignment.lens();
    let (mut at, mut place) = (0, 0);
    let end = Replaced { source: source_len..source_len, result: result_len..result_len };
    for part in alignment.replaced().iter().chain([&end]) {
        let lens = |text: Option<&str>| {
            text.map(|text| text.chars().map(char::len_utf8).collect::<Vec<_>>())
        };
        let source = lens(text.get(at..part.source.start));
        if source.is_none() || source != lens(result.get(place..part.result.start)) {
            return format!("{result} (out of step at {at} and {place}: {alignment:?})");
        }
        (at, place) = (part.source.end, part.result.end);
    }
    result
}

/// Runs `differs` on random configs and reports the smallest config on which it finds something.
fn over_random_configs(
    test: &str,
    user: bool,
    differs: impl Fn(&RandomConfig, bool, &str) -> Option<String> + Sync,
) {
    let configs = compare::number("JIANFAN_RANDOM_CONFIGS", 600);
    let seed = compare::number("JIANFAN_DIFFERENTIAL_SEED", 1) as u64;
    let first = compare::number("JIANFAN_RANDOM_FIRST", 0);
    let numbers: Vec<usize> = (first..first + configs).collect();
    compare::all(&numbers, |number| {
        let mut rng = Rng::named(seed, &format!("{test} {number}"));
        let config = RandomConfig::new(&mut rng, user);
        let include_tofu_risk = rng.once_in(2);
        let texts: Vec<String> = (0..TEXTS).map(|_| config.text(&mut rng)).collect();
        let texts = texts.join("\n");
        let mut report = differs(&config, include_tofu_risk, &texts)?;
        let mut small = config;
        if !report.starts_with(compare::NO_RETURN) {
            let holds =
                |config: &RandomConfig| differs(config, include_tofu_risk, &texts).is_some();
            small = small.shrink(&holds);
            report = differs(&small, include_tofu_risk, &texts)?;
        }
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = small.write(folder.path());
        let mut files = String::new();
        for entry in std::fs::read_dir(folder.path()).expect("the folder is there").flatten() {
            if entry.path() != path {
                let content = std::fs::read_to_string(entry.path()).expect("it was written");
                files += &format!("  {:?} {content:?}\n", entry.file_name());
            }
        }
        let json = std::fs::read_to_string(path).expect("it was written");
        let user: Vec<String> = small.user.iter().map(lines).collect();
        Some(format!(
            "config {number}, include_tofu_risk {include_tofu_risk}, user {user:?}\n{json}\n{files}  {report}"
        ))
    });
    println!("{test}: compared {configs} configs, {TEXTS} texts each");
}

#[test]
fn a_random_config_gives_what_the_naive_engine_gives() {
    over_random_configs("random", false, library_differs);
}

#[test]
fn a_random_config_with_a_users_dictionaries_gives_what_the_naive_engine_gives() {
    over_random_configs("random with a user's", true, library_differs);
}

/// The C API has no switch for the tofu-risk dictionaries: it uses them.
#[cfg(feature = "opencc")]
mod libopencc {
    use jianfan::Converter;

    use super::{compare, naive, over_random_configs};
    use crate::support::oracle;

    #[test]
    fn a_random_config_gives_what_libopencc_gives() {
        over_random_configs("random with libopencc", false, |config, _, texts| {
            let folder = tempfile::tempdir().expect("a scratch folder");
            let path = config.write(folder.path());
            let oracle = oracle::open(&path);
            let library = Converter::builder_from_file(&path).include_tofu_risk(true).build();
            let library = library.expect("libopencc opens it, so the library does");
            let reference = |text: &str| oracle.convert(text).expect("there is no NUL");
            compare::no_return(&library, texts)
                .or_else(|| compare::difference(&|t| library.convert(t), &reference, texts))
        });
    }

    #[test]
    fn the_naive_engine_gives_what_libopencc_gives_for_a_random_config() {
        over_random_configs("random, naive with libopencc", false, |config, _, texts| {
            let folder = tempfile::tempdir().expect("a scratch folder");
            let path = config.write(folder.path());
            let oracle = oracle::open(&path);
            let naive = naive::Config::from_file(&path, true);
            let reference = |text: &str| oracle.convert(text).expect("there is no NUL");
            compare::difference(&|t| naive.convert(t), &reference, texts)
        });
    }
}
