//! What the passes would change, in the forms that people and code hosts read.

use std::borrow::Cow;
use std::path::{Component, Path};

use jianfan::batch::Input;
use jianfan::pipeline::{Change, Pass};
use jianfan::{printable, shown};
use serde_json::json;

use super::json::{Object, harmless};
use super::report::{entry, path_of};

/// Returns the URI reference of a file: its path, `/` between names, every byte that a segment may
/// not have percent-encoded. An absolute path becomes a `file:` URI.
fn uri(path: &Path) -> String {
    let mut uri = String::new();
    let mut is_first = true;
    for component in path.components() {
        let segment = match component {
            Component::CurDir => continue,
            Component::RootDir => {
                uri = format!("file://{}{uri}/", if uri.is_empty() { "" } else { "/" });
                is_first = true;
                continue;
            }
            other => other.as_os_str().as_encoded_bytes(),
        };
        if !std::mem::take(&mut is_first) {
            uri.push('/');
        }
        // A colon in the first segment of a relative reference would end a scheme.
        if uri.is_empty() && segment.contains(&b':') && !matches!(component, Component::Prefix(_)) {
            uri += "./";
        }
        for &byte in segment {
            // The characters of a segment: unreserved ones, sub-delimiters, ':' and '@'.
            if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                uri += &format!("%{byte:02X}");
            }
        }
    }
    uri
}

/// Returns what a change is, as a person reads it.
fn told(change: &Change) -> String {
    let why = change.why.as_ref().map_or_else(String::new, |why| format!(" ({})", printable(why)));
    match &change.after {
        Some(after) => format!("{} → {}{why}", visible(&change.before), visible(after)),
        None => format!("{} has no partner, and was left", visible(&change.before)),
    }
}

/// Returns text in which a reader sees everything, the empty text too.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Owned(_))
            || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{FEFF}')
    };
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    let seen: String = text
        .chars()
        .map(|c| if is_hidden(c) { format!("U+{:04X}", u32::from(c)) } else { c.to_string() })
        .collect();
    let is_blank_at = |c: Option<char>| c.is_some_and(char::is_whitespace);
    if is_blank_at(seen.chars().next()) || is_blank_at(seen.chars().next_back()) {
        return format!("'{seen}'");
    }
    seen
}

/// Returns a path with the entry of a package.
fn place(input: &Input, change: &Change) -> String {
    path_of(input) + &change.entry.as_deref().map_or_else(String::new, entry)
}

/// `path:line:column: pass: before → after`
pub(super) fn text(input: &Input, change: &Change) -> String {
    let Change { line, column, pass, .. } = change;
    format!("{}:{line}:{column}: {pass}: {}", place(input, change), told(change))
}

/// Returns the message of a command of GitHub's runner, which is a line: it decodes `%25`, `%0D`
/// and `%0A`, and nothing else.
fn data(text: &str) -> String {
    let mut data = String::with_capacity(text.len());
    for part in text.split_inclusive(['%', '\r', '\n']) {
        let end = part.trim_end_matches(['%', '\r', '\n']).len();
        data += &printable(&part[..end]);
        data += match &part[end..] {
            "%" => "%25",
            "\r" => "%0D",
            "\n" => "%0A",
            _ => "",
        };
    }
    data
}

/// Returns a property of such a command; there `%3A` and `%2C` are decoded too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// `::warning file=…,line=…,col=…,title=pass::before → after`
pub(super) fn github(input: &Input, change: &Change) -> String {
    let kind = if change.after.is_some() { "warning" } else { "notice" };
    let file = match input {
        // As it is, so that the runner finds the file; line ends have an escape of the runner's.
        Input::Path(path) => path.to_str().map_or_else(|| shown(path), str::to_owned),
        Input::Stdin => path_of(input),
    };
    let file = property(&file);
    let Change { line, column, pass, .. } = change;
    if let Some(entry) = &change.entry {
        // Nobody can show a line of a file in a file.
        let text = format!("{}:{line}:{column}: {}", shown(entry.as_ref()), told(change));
        return format!("::{kind} file={file},title=jianfan {pass}::{}", data(&text));
    }
    let text = data(&told(change));
    format!("::{kind} file={file},line={line},col={column},title=jianfan {pass}::{text}")
}

/// The object of `--report jsonl`.
pub(super) fn object(input: &Input, change: &Change) -> String {
    let mut object = Object::new();
    object.path("path", input);
    if let Some(entry) = &change.entry {
        object.text("entry", entry);
    }
    object
        .text("change", change.pass.name())
        .number("offset", change.offset)
        .number("length", change.len)
        .number("line", change.line)
        .number("column", change.column)
        .text("before", &change.before)
        .optional("after", change.after.as_deref());
    if let Some(why) = &change.why {
        object.text("why", why);
    }
    object.end()
}

/// What stands before the results of a SARIF log.
pub(super) fn sarif_head() -> String {
    let rule =
        |pass: Pass| json!({ "id": pass.name(), "shortDescription": { "text": pass.about() } });
    let rules: Vec<_> = Pass::ALL.into_iter().map(rule).collect();
    let driver = json!({ "name": "jianfan", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    // The results follow one by one, and the log is closed behind them.
    format!(
        r#"{{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{{"tool":{{"driver":{driver}}},"columnKind":"unicodeCodePoints","results":["#
    )
}

/// A result of a SARIF log.
pub(super) fn sarif(input: &Input, change: &Change) -> String {
    let Change { line, column, .. } = change;
    let uri = match input {
        Input::Path(path) => uri(path),
        Input::Stdin => uri(path_of(input).as_ref()),
    };
    let mut location = json!({ "artifactLocation": { "uri": uri } });
    let mut message = told(change);
    match &change.entry {
        Some(entry) => {
            message = format!("{}:{line}:{column}: {message}", shown(entry.as_ref()));
        }
        None => {
            let columns = change.before.chars().count() as u64;
            location["region"] = json!({
                "startLine": line,
                "startColumn": column,
                "endColumn": column + columns,
                "byteOffset": change.offset,
                "byteLength": change.len,
            });
        }
    }
    let result = json!({
        "ruleId": change.pass.name(),
        "level": if change.after.is_some() { "warning" } else { "note" },
        "message": { "text": message },
        "locations": [{ "physicalLocation": location }],
    });
    harmless(result.to_string())
}

/// What stands behind the results of a SARIF log.
pub(super) const SARIF_TAIL: &str = "]}]}\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_the_path_percent_encoded() {
        for (path, expected) in [
            ("a.txt", "a.txt"),
            ("./a/b.txt", "a/b.txt"),
            ("../a", "../a"),
            ("a b/100%/c#d?e.txt", "a%20b/100%25/c%23d%3Fe.txt"),
            ("头.md", "%E5%A4%B4.md"),
            ("a:b/c:d", "./a:b/c:d"),
            ("a/c:d", "a/c:d"),
            ("a\"b<c>\u{1b}\n", "a%22b%3Cc%3E%1B%0A"),
        ] {
            assert_eq!(uri(path.as_ref()), expected);
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;

            let bytes = std::ffi::OsStr::from_bytes(b"a\\b\xff");
            assert_eq!(uri(bytes.as_ref()), "a%5Cb%FF");
            assert_eq!(uri("/tmp/a b".as_ref()), "file:///tmp/a%20b");
            assert_eq!(uri("//tmp/a".as_ref()), "file:///tmp/a");
        }
        #[cfg(windows)]
        assert_eq!(uri(r"C:\a\b c".as_ref()), "file:///C:/a/b%20c");
    }

    #[test]
    fn an_annotation_is_a_line_that_github_decodes() {
        assert_eq!(data("a%\r\n\n%b: c, d"), "a%25%0D%0A%0A%25b: c, d");
        assert_eq!(data("\u{1b}[2J\u{202e}"), r"\u{1b}[2J\u{202e}");
        assert_eq!(property("a:b,c%\nd"), "a%3Ab%2Cc%25%0Ad");
    }

    #[test]
    fn a_reader_sees_what_is_there() {
        for (text, seen) in [
            ("", "(nothing)"),
            (" ", "' '"),
            ("\u{3000}a", "'\u{3000}a'"),
            ("\t", "U+0009"),
            (" \u{1b}a", "' U+001Ba'"),
            ("\u{2028}", "U+2028"),
            ("\u{200b}\u{202e}x", "U+200BU+202Ex"),
        ] {
            assert_eq!(visible(text), seen);
        }
    }
}
