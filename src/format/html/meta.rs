//! What attributes say: texts of their own, languages, and what is not to be translated.
//!
//! In: the attributes of a tag that matter. Out: runs, or what holds for the element. The naive way converts each `title` and
//! `value`; what a form sends to its server and what a script compares are then other words than before.

use super::attributes::{Attribute as Is, Value};
use super::stack::{FOREIGN, IGNORED, KEPT, State};
use super::tags::{self, Name};
use super::{OF_ATTRIBUTES, Scanner, tell_templated};
use crate::format::entity::{Names, Site};
use crate::format::lang;

/// What `<meta name>`, `property` or `itemprop` calls a text that people read.
const READ: [&str; 27] = [
    "description",
    "keywords",
    "abstract",
    "subject",
    "headline",
    "title",
    "application-name",
    "apple-mobile-web-app-title",
    "og:title",
    "og:description",
    "og:site_name",
    "og:image:alt",
    "twitter:title",
    "twitter:description",
    "twitter:image:alt",
    "article:section",
    "article:tag",
    "dc.title",
    "dc.description",
    "dc.subject",
    "dcterms.title",
    "dcterms.description",
    "dcterms.subject",
    "dcterms.abstract",
    "news_keywords",
    "sitename",
    "og:video:tag",
];

impl Scanner<'_> {
    /// Returns what holds for an element by its own attributes, or from around it.
    pub(super) fn own_state(&self, name: Name) -> State {
        let mut state = self.stack.state() & OF_ATTRIBUTES;
        if self.attributes.is_empty() {
            return state;
        }
        let tag = self.attributes.get(Is::Lang).or_else(|| self.attributes.get(Is::XmlLang));
        if let Some(tag) = tag.map(|tag| self.value(tag)) {
            let is_root = matches!(name, tags::HTML | tags::BODY);
            let is_foreign =
                if is_root { lang::is_foreign_root(tag) } else { lang::is_foreign(tag) };
            state = if is_foreign { state | FOREIGN } else { state & !FOREIGN };
        }
        if let Some(class) = self.attributes.get(Is::Class) {
            for class in self.value(class).split_ascii_whitespace() {
                match class {
                    "notranslate" => state |= KEPT,
                    "ignore-opencc" => state |= IGNORED,
                    _ => {}
                }
            }
        }
        if let Some(translate) = self.attributes.get(Is::Translate) {
            let translate = self.value(translate);
            if translate.eq_ignore_ascii_case("no") {
                state |= KEPT;
            } else if translate.is_empty() || translate.eq_ignore_ascii_case("yes") {
                state &= !KEPT;
            }
        }
        if self.attributes.get(Is::Ignore).is_some() {
            state |= IGNORED;
        }
        state
    }

    /// Returns whether an element is a field that nobody sees.
    pub(super) fn is_hidden_field(&self, name: Name) -> bool {
        name == tags::INPUT && self.is_type(&["hidden"])
    }

    fn is_type(&self, types: &[&str]) -> bool {
        let Some(value) = self.attributes.get(Is::Type) else { return false };
        let value = self.value(value).trim_ascii();
        types.iter().any(|of| value.eq_ignore_ascii_case(of))
    }

    /// Tells the attributes that are prose.
    pub(super) fn tell_attributes(&mut self, name: Name) {
        for index in 0..self.attributes.all().len() {
            let (attribute, value) = self.attributes.all()[index];
            let is_prose = match attribute {
                Is::Alt
                | Is::AriaDescription
                | Is::AriaLabel
                | Is::AriaPlaceholder
                | Is::AriaRoleDescription
                | Is::AriaValueText
                | Is::Placeholder
                | Is::Title => true,
                Is::Abbr => name == tags::TH || name == tags::TD,
                Is::Summary => name == tags::TABLE_,
                Is::Label => matches!(name, tags::OPTION | tags::OPTGROUP | tags::TRACK),
                Is::Value => name == tags::INPUT && self.is_type(&["button", "submit", "reset"]),
                Is::Content => name == tags::META && self.is_read(),
                _ => false,
            };
            if is_prose {
                self.tell_value(value);
            }
        }
    }

    /// Returns whether people read what a `meta` says.
    fn is_read(&self) -> bool {
        [Is::Name, Is::Property, Is::Itemprop].iter().any(|&of| {
            let Some(value) = self.attributes.get(of) else { return false };
            let value = self.value(value).trim_ascii();
            READ.iter().any(|known| value.eq_ignore_ascii_case(known))
        })
    }

    fn tell_value(&mut self, value: Value) {
        let names = if self.is_xml { Names::Xhtml } else { Names::HtmlAttribute };
        let text = self.text;
        self.runs.aside(|runs| {
            tell_templated(text, value.start..value.end, value.site, names, runs);
        });
    }

    /// Tells what attributes say of the whole document: its language, its charset.
    pub(super) fn attributes_of_document(&mut self, name: Name) {
        if self.attributes.is_empty() {
            return;
        }
        if name == tags::HTML && !self.has_root {
            self.has_root = true;
            for attribute in [Is::Lang, Is::XmlLang] {
                self.rename_lang(self.attributes.get(attribute));
            }
        }
        if name != tags::META {
            return;
        }
        if let Some(charset) = self.attributes.get(Is::Charset) {
            self.runs.charset(charset.start..charset.end);
        }
        let (Some(equiv), Some(content)) =
            (self.attributes.get(Is::HttpEquiv), self.attributes.get(Is::Content))
        else {
            return;
        };
        let equiv = self.value(equiv).trim_ascii();
        if equiv.eq_ignore_ascii_case("content-language") {
            self.rename_lang(Some(content));
        } else if equiv.eq_ignore_ascii_case("content-type") {
            let text = self.value(content);
            let Some(found) = text.to_ascii_lowercase().find("charset") else { return };
            let rest = text[found + 7..].trim_ascii_start();
            let Some(rest) = rest.strip_prefix('=') else { return };
            let rest = rest.trim_ascii_start().trim_start_matches(['"', '\'']);
            let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
            let len = rest.find(|c: char| !is_of_name(c)).unwrap_or(rest.len());
            let start = content.start + (text.len() - rest.len());
            self.runs.charset(start..start + len);
        }
    }

    /// Puts the wanted language in the place of a Chinese one.
    fn rename_lang(&mut self, value: Option<Value>) {
        if let (Some(value), Some(wanted)) = (value, &self.format.lang)
            && value.site != Site::Raw
            && lang::is_chinese(self.value(value))
        {
            self.runs.replace(value.start..value.end, wanted.clone());
        }
    }
}
