//! The pages of e-books: HTML that is XML.
//!
//! In: a page. Out: its prose, by paragraph, heading, cell and list item. Since it is XML, its tags are balanced, and what a browser
//! does with those that are not has no place here.

use super::walk::{Plan, Role, escape, is_chinese, walk};
use super::xml::Tag;
use crate::format::{Format, Malformed, Memory, Options, Runs};

/// A page of an e-book.
#[derive(Debug)]
pub(super) struct Xhtml {
    code: bool,
    lang: Option<String>,
}

impl Xhtml {
    pub(super) fn new(options: &Options) -> Xhtml {
        Xhtml { code: options.code, lang: options.lang.clone() }
    }
}

impl Format for Xhtml {
    fn name(&self) -> &str {
        "xhtml"
    }

    fn scan(&self, text: &str, _: &Memory, runs: &mut Runs) -> Result<(), Malformed> {
        let mut is_root = true;
        walk(text, self.lang.as_deref(), runs, |tag, runs| {
            if std::mem::take(&mut is_root) {
                replace_lang(text, tag, self.lang.as_deref(), runs);
            }
            self.plan(tag)
        })
    }

    fn escape(&self, style: u8, text: &str, output: &mut String) -> bool {
        escape(style, text, output)
    }
}

/// Names another language where a tag names a Chinese one.
pub(super) fn replace_lang(text: &str, tag: &Tag<'_>, lang: Option<&str>, runs: &mut Runs) {
    let Some(lang) = lang else { return };
    for attribute in tag.attributes() {
        if matches!(attribute.name, "lang" | "xml:lang")
            && is_chinese(&text[attribute.value.clone()])
        {
            runs.replace(attribute.value, lang);
        }
    }
}

impl Xhtml {
    fn plan(&self, tag: &Tag<'_>) -> Plan {
        const TITLED: &[&str] = &["title", "aria-label"];
        let classes = tag.value("class").unwrap_or_default();
        let is_left = tag.value("translate") == Some("no")
            || classes.split_ascii_whitespace().any(|c| c == "notranslate" || c == "ignore-opencc");
        if is_left {
            return (Role::Opaque, &[]);
        }
        let role = match tag.local {
            "a" | "abbr" | "b" | "bdi" | "bdo" | "big" | "cite" | "data" | "del" | "dfn" | "em"
            | "font" | "i" | "ins" | "mark" | "q" | "rb" | "rbc" | "rtc" | "ruby" | "s"
            | "small" | "span" | "strike" | "strong" | "sub" | "sup" | "time" | "tt" | "u"
            | "wbr" => Role::Through,
            "br" | "hr" => Role::Break,
            "rt" => Role::Prose,
            "rp" | "script" | "style" => Role::Skip,
            "code" | "kbd" | "samp" | "var" if !self.code => Role::Opaque,
            "code" | "kbd" | "samp" | "var" => Role::Through,
            "pre" if !self.code => Role::Skip,
            "img" => return (Role::Object, &["alt", "title", "aria-label"]),
            "input" | "textarea" => return (Role::Object, &["placeholder", "title", "aria-label"]),
            "audio" | "video" | "button" | "select" | "object" | "iframe" => Role::Object,
            "svg" | "math" => Role::Opaque,
            "meta" if matches!(tag.value("name"), Some("description" | "keywords")) => {
                return (Role::Through, &["content"]);
            }
            _ => Role::Block,
        };
        (role, TITLED)
    }
}
