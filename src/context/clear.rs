//! 了 or 瞭: what is over, or what is clear.
//!
//! In: a text in Simplified script and the place of a 了 that the dictionary writes as 瞭. Out: how much likelier it is 了. The dictionary
//! sees 瞭如 and 明瞭 wherever their characters meet, in 學習了如何 and in 聲明了. A weight for each neighbour is what the model
//! would have for it; but which of the two a text has is mostly its author's choice, and says little. Here the words tell:
//! data/context/clear.txt has those in which it is 瞭, and the longer strings of two words in which it is not.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::features::{REACH, next, previous};

pub(super) const OVER: char = '了';
pub(super) const CLEAR: char = '瞭';

struct Words {
    keys: AhoCorasick,
    /// Natural logarithms of odds; 0 for the words that have 瞭.
    ahead: Vec<f64>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let lines = include_str!("../../data/context/clear.txt").lines();
    let (keys, ahead): (Vec<&str>, Vec<f64>) = lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(key, ahead)| (key, ahead.parse::<f64>().unwrap_or_default()))
        .unzip();
    let keys = AhoCorasick::new(keys).expect("a few hundred words");
    Words { keys, ahead }
});

/// Returns by how much 了 is ahead of 瞭 at `at`, if it is: what the longest string says that has the place.
#[cold]
pub(super) fn ahead(text: &[u8], at: usize) -> Option<f64> {
    let (mut start, mut end) = (at, next(text, at).1);
    for _ in 0..REACH {
        start = previous(text, start).map_or(start, |(_, before)| before);
        end = if end < text.len() { next(text, end).1 } else { end };
    }
    let found = WORDS.keys.find_overlapping_iter(&text[start..end]);
    let found = found.filter(|found| found.range().contains(&(at - start)));
    // Of two of the same length the word.
    let longest = found
        .map(|found| (found.len(), WORDS.ahead[found.pattern()]))
        .max_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    longest.map(|(_, ahead)| ahead).filter(|&ahead| ahead > 0.0)
}

#[cfg(test)]
mod tests {
    use super::{OVER, REACH, ahead};

    /// What is seen of a text where it is cut has all of it.
    #[test]
    fn no_string_reaches_further_than_the_model() {
        let strings = include_str!("../../data/context/clear.txt");
        for (key, _) in strings.lines().filter_map(|line| line.split_once('\t')) {
            let (head, tail) = key.split_once(OVER).unwrap();
            assert!(head.chars().count() <= REACH && tail.chars().count() <= REACH, "{key}");
            assert!(key.chars().all(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c)), "{key}");
        }
    }

    #[test]
    fn the_longest_decides() {
        let is_over = |text: &str| ahead(text.as_bytes(), text.find(OVER).unwrap()).is_some();
        assert!(is_over("了如") && is_over("了如何") && !is_over("了如指掌"));
        assert!(is_over("声明了") && !is_over("简单明了") && !is_over("明了"));
        assert!(!is_over("了") && !is_over("了，如") && !is_over("声，明了"));
    }
}
