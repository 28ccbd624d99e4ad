//! What is known of single characters: how frequent they are, and what they say about script and region.
//!
//! One byte for each character of the basic plane, made by `build.rs` from OpenCC's character dictionaries and
//! `data/table/han-levels.txt`; data/README.md tells where those come from.

use crate::han_bits as bit;

static TABLE: &[u8; 0x1_0000] = include_bytes!(concat!(env!("OUT_DIR"), "/han.table"));

fn of(c: char) -> u8 {
    TABLE.get(c as usize).copied().unwrap_or(0)
}

/// Returns 20 + log2 of the share that the character has in Chinese text, between 1 and 15; 0 if it is rarer.
pub(crate) fn level(c: char) -> u8 {
    of(c) & bit::LEVEL
}

/// Returns whether a character has one of the bits.
pub(crate) fn is(c: char, bits: u8) -> bool {
    of(c) & bits != 0
}

/// Returns whether it is an ideograph.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{2FA1F}' | '\u{30000}'..='\u{323AF}' | '〇')
}

/// Returns whether it is hiragana or katakana, of full width.
pub(crate) fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_knows_what_everybody_knows() {
        assert!(level('的') > 12 && level('龘') == 0 && level('a') == 0 && level('𠮷') == 0);
        for (simplified, traditional) in "发头这国会说".chars().zip("發頭這國會說".chars())
        {
            assert!(is(simplified, bit::SIMPLIFIED) && !is(simplified, bit::TRADITIONAL));
            assert!(is(traditional, bit::TRADITIONAL) && !is(traditional, bit::SIMPLIFIED));
        }
        for both in "的人后里干面乾".chars() {
            assert!(!is(both, bit::SIMPLIFIED), "{both}");
        }
        assert!(is('着', bit::HONG_KONG) && is('為', bit::TAIWAN | bit::HONG_KONG).eq(&false));
    }
}
