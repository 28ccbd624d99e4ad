//! Ideographic description sequences: `⿰氵每` spells a character by its parts.
//!
//! In: text and the position of a description operator. Out: the length of the sequence that begins there. OpenCC copies a
//! complete sequence whole where no key matches at its operator, so that the parts of a described character are not
//! converted one by one. The limits are those of OpenCC 1.4.2 (`UTF8Util.hpp`).
//!
//! One difference is meant: a line end closes a sequence, so that the result of a line never depends on the next line.
//! OpenCC takes the line end for an operand.

/// The nesting that OpenCC follows.
const MAX_DEPTH: usize = 16;
/// The length in code points that OpenCC follows.
const MAX_CODE_POINTS: usize = 64;

/// The length in bytes that a complete sequence can have.
pub(crate) const MAX_BYTES: usize = 4 * MAX_CODE_POINTS;

/// The description operators, U+2FF0 to U+2FFF, all of them three bytes `E2 BF B0..BF` of UTF-8.
pub(crate) const OPERATORS: std::ops::RangeInclusive<char> = '\u{2FF0}'..='\u{2FFF}';

/// Returns the length in bytes of the complete sequence at the head of `text`, which must be UTF-8, or `None` where the
/// text ends too early, nests too deep, is too long, or does not begin with an operator.
pub(crate) fn sequence_len(text: &[u8]) -> Option<usize> {
    arity(text)?;
    // `owed[depth]` counts the operands still owed at a depth: no recursion, whatever the text.
    let mut owed = [0; MAX_DEPTH];
    owed[0] = 1;
    let mut depth = 0;
    let mut at = 0;
    let mut code_points = 0;
    loop {
        while owed[depth] == 0 {
            if depth == 0 {
                return Some(at);
            }
            depth -= 1;
        }
        let &lead = text.get(at)?;
        if lead == b'\n' || lead == b'\r' || code_points == MAX_CODE_POINTS {
            return None;
        }
        owed[depth] -= 1;
        code_points += 1;
        if let Some(operands) = arity(&text[at..]) {
            depth += 1;
            *owed.get_mut(depth)? = operands;
        }
        at += char_len(lead);
    }
}

/// Returns whether a description operator is at the head of `text`.
pub(crate) fn is_operator(text: &[u8]) -> bool {
    matches!(text, [0xE2, 0xBF, 0xB0..=0xBF, ..])
}

/// Returns how many operands the operator at the head of `text` takes, if there is one.
fn arity(text: &[u8]) -> Option<usize> {
    match *text {
        [0xE2, 0xBF, 0xB2 | 0xB3, ..] => Some(3),
        [0xE2, 0xBF, 0xBE | 0xBF, ..] => Some(1),
        [0xE2, 0xBF, 0xB0..=0xBF, ..] => Some(2),
        _ => None,
    }
}

/// Returns the length in bytes of the character that begins with this byte of valid UTF-8.
pub(crate) const fn char_len(lead: u8) -> usize {
    match lead {
        0..=0xDF => 1 + (lead >= 0x80) as usize,
        0xE0..=0xEF => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::sequence_len;

    fn chars(text: &str) -> Option<usize> {
        sequence_len(text.as_bytes()).map(|len| text[..len].chars().count())
    }

    #[test]
    fn a_complete_sequence_is_measured() {
        assert_eq!(chars("⿰氵每日"), Some(3));
        assert_eq!(chars("⿱⿰木木土x"), Some(5));
        assert_eq!(chars("⿲彳氵亍"), Some(4));
        assert_eq!(chars("⿾正正"), Some(2));
        assert_eq!(chars("⿰a𠀀"), Some(3));
    }

    #[test]
    fn an_incomplete_or_absent_one_is_not() {
        for text in ["", "字", "⿰", "⿰氵", "⿰氵\n每", "⿰\r\n", "⿲彳氵"] {
            assert_eq!(chars(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_limits_are_those_of_opencc() {
        let nested = |depth: usize| "⿾".repeat(depth) + "字";
        assert_eq!(chars(&nested(15)), Some(16));
        assert_eq!(chars(&nested(16)), None);
        // A full binary tree of n operators has 2n + 1 code points; a left-leaning one is as deep as it has operators.
        let wide = |leaves: usize| {
            let mut text = String::from("字");
            for level in 0..leaves {
                text =
                    if level % 2 == 0 { format!("⿰{text}字") } else { format!("⿰字{text}") };
            }
            text
        };
        assert_eq!(chars(&wide(15)), Some(31));
        let full = |depth: u32| (0..depth).fold(String::from("字"), |t, _| format!("⿰{t}{t}"));
        assert_eq!(chars(&full(5)), Some(63));
        assert_eq!(chars(&full(6)), None);
        assert_eq!(chars(&format!("⿾{}", full(5))), Some(64));
        assert_eq!(chars(&format!("⿾⿾{}", full(5))), None);
    }
}
