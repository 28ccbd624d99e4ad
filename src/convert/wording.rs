//! Which region's words a text uses: 軟體 is said in Taiwan, 軟件 elsewhere.
//!
//! In: Traditional text. Out: how many words of each region are in it. The words are those that OpenCC's regional phrase
//! dictionaries tell apart, so what these do not know gives no hint.

use std::collections::HashMap;

use super::builtin;

/// Words that only some regions use.
pub(crate) struct Wording {
    words: HashMap<String, Regions>,
    /// Characters of the longest word.
    longest: usize,
}

/// How often something points to a region.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Regions {
    pub(crate) taiwan: u64,
    pub(crate) hong_kong: u64,
    pub(crate) mainland: u64,
}

impl Wording {
    /// Reads the dictionaries, which takes a millisecond.
    pub(crate) fn new() -> Wording {
        let mut words: HashMap<String, Regions> = HashMap::new();
        for (stem, is_taiwan) in [("TWPhrases", true), ("HKPhrases", false)] {
            let Some(Ok(lexicon)) = builtin::lexicon(stem) else { continue };
            for (key, value) in lexicon.iter() {
                words.entry(key.to_owned()).or_default().mainland = 1;
                let entry = words.entry(value.to_owned()).or_default();
                *if is_taiwan { &mut entry.taiwan } else { &mut entry.hong_kong } = 1;
            }
        }
        // A word that everybody uses for something says nothing; neither does a single character.
        words.retain(|word, at| {
            word.chars().count() > 1 && at.taiwan + at.hong_kong + at.mainland == 1
        });
        let longest = words.keys().map(|word| word.chars().count()).max().unwrap_or(0);
        Wording { words, longest }
    }

    /// Counts the words of each region, of several at one place the longest.
    pub(crate) fn count(&self, text: &str) -> Regions {
        let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut regions = Regions::default();
        let mut at = 0;
        while at + 2 < ends.len() {
            let most = self.longest.min(ends.len() - 1 - at);
            let found = (2..=most)
                .rev()
                .find_map(|len| Some((len, self.words.get(&text[ends[at]..ends[at + len]])?)));
            let Some((len, word)) = found else {
                at += 1;
                continue;
            };
            regions.taiwan += word.taiwan;
            regions.hong_kong += word.hong_kong;
            regions.mainland += word.mainland;
            at += len;
        }
        regions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_region_point_to_it() {
        let wording = Wording::new();
        let taiwan = wording.count("這個軟體的記憶體不足，請列印。");
        assert!(taiwan.taiwan >= 2 && taiwan.mainland == 0, "{taiwan:?}");
        let mainland = wording.count("這個軟件的內存不足。");
        assert!(mainland.mainland >= 1 && mainland.taiwan == 0, "{mainland:?}");
        assert_eq!(wording.count(""), Regions::default());
    }
}
