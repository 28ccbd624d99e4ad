//! How much memory it takes to find the prose of a document and put it back.
//!
//! In: a text, and the name of its format. Out: bytes, more than will be needed. The naive way multiplies the length by what the worst
//! text of the format needs; that refuses a book for what only a file of brackets takes. Nearly all that is held besides the
//! text is held for a place of markup, so those are counted.

/// What a format holds, in bytes.
struct Weight {
    /// For each byte of a document.
    byte: u64,
    /// For each byte that may be markup.
    sign: u64,
}

/// Returns what is needed at most for a text of this format, besides the text itself and the result.
pub(crate) fn of(format: &str, text: &[u8]) -> u64 {
    let Weight { byte, sign } = weight(format);
    text.len() as u64 * byte + signs(text) * sign
}

fn weight(format: &str) -> Weight {
    let (byte, sign) = match format {
        // A node of the tree for each sign and for the text after it, and pieces of both: `[a` takes 190 for each pair.
        "markdown" | "mdx" => (6, 220),
        // A cell of the header, as it is found and as it is kept: `,a` takes 80.
        "csv" | "tsv" => (6, 90),
        // `[[头]]` takes 53 for each sign, `_a` in LaTeX 62.
        "wikitext" | "latex" => (6, 72),
        // Entries of HTML and XML that are open take 32.
        _ => (6, 52),
    };
    Weight { byte, sign }
}

/// Counts the bytes that are neither letters, digits, blanks nor of a character beyond ASCII.
fn signs(text: &[u8]) -> u64 {
    let is_sign = |byte: u8| byte.is_ascii() && !byte.is_ascii_alphanumeric() && byte != b' ';
    // Sums of bytes are sums of vectors.
    let count = |part: &[u8]| part.iter().map(|&byte| u8::from(is_sign(byte))).sum::<u8>();
    text.chunks(255).map(|part| u64::from(count(part))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_counted() {
        assert_eq!(signs("头a1 [发]\n".as_bytes()), 3);
        assert_eq!(signs(&[b'['; 1000]), 1000);
    }
}
