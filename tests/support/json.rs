//! JSON with comments and trailing commas, as OpenCC's configs and test cases are written.
//!
//! In: such text. Out: a `serde_json` value. The library reads configs with another crate; the tests share nothing with it.

use serde_json::Value;

/// Reads JSON with `//` and `/* */` comments and commas before a closing bracket.
pub(crate) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(&strict(text))
}

/// Returns the text without what strict JSON does not know.
fn strict(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => string_len(rest),
            '/' if rest.starts_with("//") => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '/' if rest.starts_with("/*") => {
                rest = &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..];
                continue;
            }
            ']' | '}' => {
                let kept = output.trim_end();
                if kept.ends_with(',') {
                    output.truncate(kept.len() - 1);
                }
                1
            }
            other => other.len_utf8(),
        };
        output.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    output
}

/// Returns the length of the string literal at the head of `text`, quotes included.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn comments_and_trailing_commas_are_read_over() {
    let text = r#"{ // one
        "a": ["//", "/*", "\",]", 1 /* , */ , ],
        "b": {}, }"#;
    let expected = serde_json::json!({ "a": ["//", "/*", "\",]", 1], "b": {} });
    assert_eq!(parse(text).unwrap(), expected);
}
