//! The library against the naive engine and, with the feature `opencc`, against libopencc, over generated texts.
//!
//! All 16 configs, each with and without the tofu-risk dictionaries. The texts depend on the seed alone. A plain
//! `cargo test` compares a few thousand; the full comparison, of five million, is
//!
//! ```text
//! source <(tests/support/libopencc.sh)
//! JIANFAN_DIFFERENTIAL_TEXTS=5000000 cargo test --release --features opencc differential -- --nocapture
//! ```
//!
//! `JIANFAN_DIFFERENTIAL_SEED` takes other texts. Everything is compared line by line: OpenCC lets a line end be an operand
//! of a description sequence, which the library does not (the one difference that is meant; it has its own test here).

use jianfan::Converter;

use crate::support::compare::{self, Engine};
use crate::support::generate::{Material, Rng};
use crate::support::naive::{self, Dict, LineEnd};
#[cfg(feature = "opencc")]
use crate::support::oracle;

/// How many texts are converted in one call.
const BATCH: usize = 64;

/// One config with one setting, and its part of the texts.
#[derive(Clone, Copy, Debug)]
struct Job {
    config: &'static str,
    include_tofu_risk: bool,
    texts: usize,
}

/// Shares `texts` among all configs and both settings.
fn jobs(texts: usize) -> Vec<Job> {
    let each = texts.div_ceil(2 * jianfan::configs().len());
    let job = |config: &jianfan::ConfigInfo| {
        let job = Job { config: config.name, include_tofu_risk: false, texts: each };
        [job, Job { include_tofu_risk: true, ..job }]
    };
    jianfan::configs().iter().flat_map(job).collect()
}

impl Job {
    fn library(self) -> Converter {
        let builder = Converter::builder(self.config).include_tofu_risk(self.include_tofu_risk);
        builder.build().expect("a built-in config opens")
    }

    fn naive(self) -> naive::Config {
        naive::Config::builtin(self.config, self.include_tofu_risk)
    }

    fn material(self) -> Material {
        let others: Vec<naive::Config> =
            ["s2twp", "tw2sp", "jp2t"].map(|name| naive::Config::builtin(name, true)).into();
        let others: Vec<&Dict> = others.iter().flat_map(|config| &config.chain).collect();
        Material::new(&self.naive(), &others)
    }

    fn rng(self, test: &str) -> Rng {
        let seed = compare::number("JIANFAN_DIFFERENTIAL_SEED", 1);
        Rng::named(seed as u64, &format!("{test} {} {}", self.config, self.include_tofu_risk))
    }

    /// Compares two engines over the texts of this job, a batch at a time.
    fn compare(
        self,
        test: &str,
        finish: impl Fn(String, &mut Rng) -> String,
        subject: &Engine<'_>,
        reference: &Engine<'_>,
    ) -> Option<String> {
        let material = self.material();
        let mut rng = self.rng(test);
        let mut left = self.texts;
        while left > 0 {
            let size = left.min(BATCH);
            left -= size;
            let texts: Vec<String> = (0..size)
                .map(|_| {
                    let text = material.text(&mut rng);
                    finish(text, &mut rng)
                })
                .collect();
            if let Some(report) = compare::difference(subject, reference, &texts.join("\n")) {
                let Job { config, include_tofu_risk, .. } = self;
                let done = self.texts - left;
                return Some(format!(
                    "{test}: {config}, include_tofu_risk {include_tofu_risk}, within the first {done} texts\n  {report}"
                ));
            }
        }
        None
    }
}

#[test]
fn the_library_gives_what_the_naive_engine_gives() {
    let texts = compare::number("JIANFAN_DIFFERENTIAL_TEXTS", 16_000);
    compare::all(&jobs(texts), |job| {
        let (library, naive) = (job.library(), job.naive());
        let with_nul = |mut text: String, rng: &mut Rng| {
            if rng.once_in(10) {
                let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
                if !ends.is_empty() {
                    text.insert(*rng.pick(&ends), '\0');
                }
            }
            text
        };
        job.compare("naive", with_nul, &|t| library.convert(t), &|t| naive.convert(t))
    });
    println!("compared {texts} texts with the naive engine");
}

#[test]
fn a_line_end_closes_a_description_sequence() {
    let library = Converter::new("s2t").unwrap();
    let naive = naive::Config::builtin("s2t", false);
    let mut opencc = naive.clone();
    opencc.line_end = LineEnd::IsOperand;
    for (text, expected, with_opencc) in [
        ("⿰发发", "⿰发发", "⿰发发"),
        ("⿰\n发发", "⿰\n發發", "⿰\n发發"),
        ("⿰发\n发", "⿰發\n發", "⿰发\n發"),
        ("⿰\r\n发", "⿰\r\n發", "⿰\r\n發"),
        ("⿲\r\n发", "⿲\r\n發", "⿲\r\n发"),
        ("⿰发\r发", "⿰發\r發", "⿰发\r發"),
        ("⿱⿰发发\n发", "⿱⿰发发\n發", "⿱⿰发发\n發"),
        ("⿰发", "⿰發", "⿰發"),
    ] {
        assert_eq!(library.convert(text), expected, "{text:?}");
        assert_eq!(naive.convert(text), expected, "{text:?}");
        assert_eq!(opencc.convert(text), with_opencc, "{text:?}");
        #[cfg(feature = "opencc")]
        assert_eq!(oracle::builtin("s2t", true).convert(text).unwrap(), with_opencc, "{text:?}");
    }
}

#[test]
fn text_that_grows_is_given_room() {
    // The word that grows most, so often that any room kept ahead is used up, and then what grows not at all.
    for config in jianfan::configs() {
        let library = Converter::new(config.name).unwrap();
        let naive = naive::Config::builtin(config.name, false);
        let entries: Vec<_> = naive.chain.iter().flat_map(Dict::leaves).collect();
        let words = entries.iter().flat_map(|e| e.sorted()).map(|(key, _)| key);
        let grown =
            |word: &&str| naive.convert(word).len() - word.len().min(naive.convert(word).len());
        let word = words.max_by_key(grown).unwrap();
        for tail in ["", "的", "的的的的的的的的", "a", "é", "𠀀", "的a的é的𠀀的"]
        {
            for times in 0..70 {
                let text = word.repeat(times) + tail;
                assert_eq!(library.convert(&text), naive.convert(&text), "{} {text}", config.name);
            }
        }
    }
}

#[cfg(feature = "opencc")]
mod libopencc {
    use super::{BATCH, compare, jobs};
    use crate::support::naive::LineEnd;
    use crate::support::oracle;

    #[test]
    fn the_library_gives_what_libopencc_gives() {
        let texts = compare::number("JIANFAN_DIFFERENTIAL_TEXTS", 16_000);
        compare::all(&jobs(texts), |job| {
            let library = job.library();
            let oracle = oracle::builtin(job.config, job.include_tofu_risk);
            let reference = |text: &str| oracle.convert(text).unwrap();
            job.compare("libopencc", |text, _| text, &|t| library.convert(t), &reference)
        });
        println!("compared {texts} texts with libopencc");
    }

    /// The naive engine is what the library is compared with where there is no libopencc, so it must be right, and right
    /// about the line end too: with OpenCC's rule for it there is no difference left.
    #[test]
    fn the_naive_engine_gives_what_libopencc_gives_across_line_ends() {
        let texts = compare::number("JIANFAN_DIFFERENTIAL_TEXTS", 16_000).min(200_000);
        compare::all(&jobs(texts), |job| {
            let mut naive = job.naive();
            naive.line_end = LineEnd::IsOperand;
            let oracle = oracle::builtin(job.config, job.include_tofu_risk);
            let material = job.material();
            let mut rng = job.rng("line ends");
            for _ in 0..job.texts.div_ceil(BATCH) {
                let texts: Vec<String> = (0..BATCH).map(|_| material.text(&mut rng)).collect();
                let differs =
                    |text: &str| naive.convert(text) != oracle.convert(text).expect("no NUL");
                let text = texts.join("\n");
                if differs(&text) {
                    let small = compare::shrink(&text, &differs);
                    let (naive, oracle) = (naive.convert(&small), oracle.convert(&small));
                    return Some(format!(
                        "{job:?}: {small:?}: naive {naive:?}, libopencc {oracle:?}"
                    ));
                }
            }
            None
        });
        println!("compared {texts} texts, the naive engine with libopencc");
    }
}
