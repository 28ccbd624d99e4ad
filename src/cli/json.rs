//! JSON objects of one line, with their keys in the order they were given.

use std::borrow::Cow;
use std::fmt::Write;

use jianfan::batch::Input;
use jianfan::{Error, printable};

/// An object that is being written.
pub(super) struct Object {
    text: String,
}

impl Object {
    pub(super) fn new() -> Object {
        Object { text: String::from("{") }
    }

    fn raw(&mut self, key: &str, value: &str) -> &mut Object {
        if self.text.len() > 1 {
            self.text.push(',');
        }
        self.text += &string(key);
        self.text.push(':');
        self.text += value;
        self
    }

    pub(super) fn text(&mut self, key: &str, value: &str) -> &mut Object {
        self.raw(key, &string(value))
    }

    pub(super) fn optional(&mut self, key: &str, value: Option<&str>) -> &mut Object {
        self.raw(key, &value.map_or_else(|| "null".to_owned(), string))
    }

    pub(super) fn number(&mut self, key: &str, value: u64) -> &mut Object {
        self.raw(key, &value.to_string())
    }

    /// A list of values that are JSON already.
    pub(super) fn list(&mut self, key: &str, values: &[String]) -> &mut Object {
        self.raw(key, &format!("[{}]", values.join(",")))
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) -> &mut Object {
        self.raw(key, if value { "true" } else { "false" })
    }

    /// A number to three places.
    pub(super) fn share(&mut self, key: &str, value: f64) -> &mut Object {
        self.raw(key, &format!("{value:.3}"))
    }

    /// As [`share`](Object::share), or `null`.
    pub(super) fn optional_share(&mut self, key: &str, value: Option<f64>) -> &mut Object {
        match value {
            Some(value) => self.share(key, value),
            None => self.raw(key, "null"),
        }
    }

    pub(super) fn numbers(&mut self, key: &str, keys: &[&str], values: &[u64]) -> &mut Object {
        let mut inner = Object::new();
        for (key, value) in keys.iter().zip(values) {
            inner.number(key, *value);
        }
        let inner = inner.end();
        self.raw(key, &inner)
    }

    /// The path of an input. One that is not UTF-8 has its bytes in hexadecimal besides.
    pub(super) fn path(&mut self, key: &str, input: &Input) -> &mut Object {
        match input {
            Input::Stdin => self.text(key, "-"),
            Input::Path(path) => {
                self.text(key, &path.to_string_lossy());
                if path.to_str().is_none() {
                    let mut bytes = String::new();
                    for byte in path.as_os_str().as_encoded_bytes() {
                        write!(bytes, "{byte:02x}").expect("writing to a String cannot fail");
                    }
                    self.text(&format!("{key}_bytes"), &bytes);
                }
                self
            }
        }
    }

    pub(super) fn error(&mut self, error: &Error) -> &mut Object {
        self.text("error", &error.to_string());
        if let Some(offset) = error.offset() {
            self.number("error_offset", offset);
        }
        self
    }

    pub(super) fn end(&self) -> String {
        format!("{}}}", self.text)
    }
}

/// Returns a JSON string.
pub(super) fn string(text: &str) -> String {
    harmless(serde_json::Value::from(text).to_string())
}

/// Returns the same JSON, with `\u` for all that a terminal would act on, which JSON allows as it
/// is: people look at reports too.
pub(super) fn harmless(json: String) -> String {
    if matches!(printable(&json), Cow::Borrowed(_)) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match printable(c.encode_utf8(&mut [0; 4])) {
            Cow::Borrowed(text) => escaped += text,
            Cow::Owned(_) => {
                write!(escaped, "\\u{:04x}", u32::from(c)).expect("writing to a String cannot fail")
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_says_what_it_said_and_commands_no_terminal() {
        let text: String = ('\0'..='\u{3000}').collect();
        let json = string(&text);
        assert!(matches!(printable(&json), Cow::Borrowed(_)));
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }
}
