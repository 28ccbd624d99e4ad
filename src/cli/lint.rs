//! What the passes would change, in the forms that people and code hosts read.

use jianfan::batch::Input;
use jianfan::pipeline::{Change, Pass};

use super::json::{Object, string};

/// Returns a path, spaces and signs escaped as a URI has them.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri += &format!("%{byte:02X}");
        }
    }
    uri
}

/// Returns what a change is, as a person reads it.
fn told(change: &Change) -> String {
    let why = change.why.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
    match &change.after {
        Some(after) => format!("{} → {}{why}", visible(&change.before), visible(after)),
        None => format!("{} has no partner, and was left", visible(&change.before)),
    }
}

/// Returns text in which a reader sees everything, the empty text too.
fn visible(text: &str) -> String {
    let is_hidden = |c: char| {
        c.is_control() || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
    };
    if text.is_empty() {
        return "(nothing)".to_owned();
    }
    if text.trim().is_empty() || text.starts_with(' ') || text.ends_with(' ') {
        return format!("'{text}'");
    }
    text.chars()
        .map(|c| if is_hidden(c) { format!("U+{:04X}", u32::from(c)) } else { c.to_string() })
        .collect()
}

/// `path:line:column: pass: before → after`
pub(super) fn text(path: &str, change: &Change) -> String {
    let Change { line, column, pass, .. } = change;
    let entry = change.entry.as_ref().map_or_else(String::new, |entry| format!("!{entry}"));
    format!("{path}{entry}:{line}:{column}: {pass}: {}", told(change))
}

/// `::warning file=…,line=…,col=…,title=pass::before → after`
pub(super) fn github(path: &str, change: &Change) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let kind = if change.after.is_some() { "warning" } else { "notice" };
    if let Some(entry) = &change.entry {
        // Nobody can show a line of a file in a file.
        return format!(
            "::{kind} file={},title=jianfan {}::{}",
            property(path),
            change.pass,
            data(&format!("{entry}:{}:{}: {}", change.line, change.column, told(change)))
        );
    }
    format!(
        "::{kind} file={},line={},col={},title=jianfan {}::{}",
        property(path),
        change.line,
        change.column,
        change.pass,
        data(&told(change))
    )
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
    let rules: Vec<String> = Pass::ALL
        .into_iter()
        .map(|pass| {
            format!(
                r#"{{"id":{},"shortDescription":{{"text":{}}}}}"#,
                string(pass.name()),
                string(pass.about())
            )
        })
        .collect();
    format!(
        r#"{{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"jianfan","version":{},"rules":[{}]}}}},"columnKind":"unicodeCodePoints","results":["#,
        string(env!("CARGO_PKG_VERSION")),
        rules.join(",")
    )
}

/// A result of a SARIF log.
pub(super) fn sarif(path: &str, change: &Change) -> String {
    let columns = change.before.chars().count() as u64;
    if let Some(entry) = &change.entry {
        let place = format!("{entry}:{}:{}: {}", change.line, change.column, told(change));
        return format!(
            r#"{{"ruleId":{},"level":"{}","message":{{"text":{}}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":{}}}}}}}]}}"#,
            string(change.pass.name()),
            if change.after.is_some() { "warning" } else { "note" },
            string(&place),
            string(&uri(path)),
        );
    }
    format!(
        r#"{{"ruleId":{},"level":"{}","message":{{"text":{}}},"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":{}}},"region":{{"startLine":{},"startColumn":{},"endColumn":{},"byteOffset":{},"byteLength":{}}}}}}}]}}"#,
        string(change.pass.name()),
        if change.after.is_some() { "warning" } else { "note" },
        string(&told(change)),
        string(&uri(path)),
        change.line,
        change.column,
        change.column + columns,
        change.offset,
        change.len
    )
}

/// What stands behind the results of a SARIF log.
pub(super) const SARIF_TAIL: &str = "]}]}\n";
