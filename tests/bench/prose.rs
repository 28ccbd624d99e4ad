//! Text to measure on.
//!
//! In: a config. Out: several megabytes in the variant that the config reads, the same on every machine: the samples,
//! repeated, and between them as much generated prose. That is a row of pieces: a stretch of a sample, a common word of the
//! dictionaries or a rare one (the frequency of a word falls with its rank, as Zipf found), a mark, a line end.

use std::fs;

use jianfan::{ConfigInfo, Converter};

use super::naive;

/// Returns text of at least `size` bytes for a config, in whole lines.
pub(crate) fn text(config: &ConfigInfo, size: usize) -> String {
    let (files, words): (&[&str], &[&str]) = match config.from {
        "s" => (&["news-simplified", "essay-simplified"], &["STPhrases"]),
        _ => {
            (&["news-traditional", "news-taiwan", "news-hongkong"], &["TSPhrases", "TWPhrasesRev"])
        }
    };
    let samples: String = files.iter().map(|file| read("sample", file)).collect();
    let mut keys: Vec<String> = words.iter().flat_map(|file| keys(file)).collect();
    if config.from != "s" {
        // The Traditional dictionaries hold few words: most of the words of prose are in the Simplified ones.
        let traditional = Converter::new("s2t").expect("a built-in config");
        keys.extend(self::keys("STPhrases").iter().map(|key| traditional.convert(key)));
    }
    let mut numbers = Numbers(0x6A69_616E_6661_6E21);
    numbers.shuffle(&mut keys);

    let characters: Vec<char> = samples.chars().filter(|c| !c.is_control()).collect();
    let mut text = String::with_capacity(size + 2 * samples.len());
    while text.len() < size {
        text.push_str(&samples);
        let end = text.len() + samples.len();
        while text.len() < end {
            sentence(&characters, &keys, &mut numbers, &mut text);
        }
        text.push('\n');
    }
    // The samples hold Traditional characters; what is read as another variant must be written in it.
    match config.from {
        "tw" => Converter::new("t2tw").expect("a built-in config").convert(&text),
        "hk" => Converter::new("t2hk").expect("a built-in config").convert(&text),
        "jp" => Converter::new("t2jp").expect("a built-in config").convert(&text),
        _ => text,
    }
}

/// Returns as much text of which each sentence is one of the samples' as it stands there, in random order: what stands beside a character is what
/// does in prose.
pub(crate) fn sentences(size: usize) -> String {
    let samples: String =
        ["news-simplified", "essay-simplified"].iter().map(|file| read("sample", file)).collect();
    let sentences: Vec<&str> = samples.split_inclusive(['。', '\n']).collect();
    let mut numbers = Numbers(7);
    let mut text = String::with_capacity(size);
    while text.len() < size {
        text.push_str(sentences[numbers.below(sentences.len())]);
    }
    text
}

fn sentence(characters: &[char], keys: &[String], numbers: &mut Numbers, text: &mut String) {
    for _ in 0..3 + numbers.below(8) {
        if numbers.below(5) < 3 {
            let len = 2 + numbers.below(9);
            let from = numbers.below(characters.len() - len);
            text.extend(&characters[from..from + len]);
        } else {
            // The rank of a word under Zipf's law is uniform in its logarithm.
            let exponent = numbers.below(1 << 20) as f64 / f64::from(1 << 20);
            let rank = (keys.len() as f64).powf(exponent) as usize;
            text.push_str(&keys[rank - 1]);
        }
        if numbers.below(4) == 0 {
            text.push('，');
        }
    }
    text.push('。');
    if numbers.below(4) == 0 {
        text.push('\n');
    }
}

fn read(folder: &str, stem: &str) -> String {
    let path = naive::data().join(folder).join(stem).with_extension("txt");
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn keys(dictionary: &str) -> Vec<String> {
    let entries = naive::Entries::parse(&read("dictionary", dictionary));
    entries.sorted().iter().map(|(key, _)| (*key).to_owned()).collect()
}

/// A stream of numbers (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).expect("below a usize")
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for index in (1..list.len()).rev() {
            list.swap(index, self.below(index + 1));
        }
    }
}
