//! What elements mean in the vocabularies of XML that many documents have.
//!
//! In: the tag of the root, and the names of elements. Out: what of the document is no prose, whatever language it is in. The naive way
//! converts all text: the sources of a translation, by which programs look for it, the commands in a manual, the
//! identifiers of articles, which then all are new.

/// A vocabulary, as far as it makes a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Vocabulary {
    #[default]
    Unknown,
    /// Translations: `target` is prose, `source` is not.
    Xliff,
    /// Memories of translations: `tuv` in Chinese are prose.
    Tmx,
    /// Translations of Qt: `translation` is prose.
    Qt,
    DocBook,
    Dita,
    /// One of these two, by its root alone.
    Manual,
    /// RSS and Atom.
    Feed,
    /// Lists of properties of Apple: keys are names.
    Plist,
    /// Resources of .NET: `data` with a type is no text.
    Resx,
}

use Vocabulary::{Dita, DocBook, Feed, Manual, Plist, Qt, Resx, Tmx, Unknown, Xliff};

/// Bytes up to the end of the root's tag that may say what the document is.
const HEAD: usize = 4096;

/// Elements of code in any vocabulary: nobody calls anything else so.
const CODE: [&str; 8] = [
    "programlisting",
    "codeblock",
    "codeph",
    "filepath",
    "userinput",
    "computeroutput",
    "systemoutput",
    "cmdsynopsis",
];

const CODE_OF_DOCBOOK: [&str; 32] = [
    "screen",
    "literal",
    "filename",
    "command",
    "code",
    "envar",
    "option",
    "parameter",
    "function",
    "varname",
    "constant",
    "classname",
    "interfacename",
    "methodname",
    "exceptionname",
    "type",
    "property",
    "prompt",
    "synopsis",
    "funcsynopsis",
    "classsynopsis",
    "uri",
    "email",
    "package",
    "systemitem",
    "tag",
    "sgmltag",
    "markup",
    "token",
    "symbol",
    "errorcode",
    "refname",
];

const CODE_OF_DITA: [&str; 12] = [
    "screen",
    "cmdname",
    "varname",
    "apiname",
    "parmname",
    "option",
    "msgnum",
    "synph",
    "syntaxdiagram",
    "xmlelement",
    "xmlatt",
    "textentity",
];

const CODE_OF_MANUALS: [&str; 6] =
    ["screen", "literal", "filename", "command", "cmdname", "varname"];

/// What names an article, or leads to something.
const NAMES_OF_FEEDS: [&str; 16] = [
    "guid",
    "id",
    "link",
    "url",
    "uri",
    "docs",
    "email",
    "post_name",
    "meta_key",
    "author_login",
    "category_nicename",
    "category_parent",
    "tag_slug",
    "term_slug",
    "attachment_url",
    "base_site_url",
];

/// The markup of the translated document, which stands in translations as it is.
const CODE_OF_TRANSLATIONS: [&str; 5] = ["ph", "bpt", "ept", "it", "ut"];

impl Vocabulary {
    /// Returns the vocabulary of a document, of which `head` ends with the tag of the root, whose name without a prefix is `root`, and `behind`
    /// comes behind.
    pub(super) fn of(root: &str, head: &str, behind: &str) -> Vocabulary {
        let mut from = head.len().saturating_sub(HEAD);
        while !head.is_char_boundary(from) {
            from += 1;
        }
        let head = head[from..].to_ascii_lowercase();
        match root {
            "xliff" => Xliff,
            "tmx" => Tmx,
            "TS" => Qt,
            "rss" | "feed" => Feed,
            "plist" => Plist,
            // Its schema or its headers come first.
            "root" if is_resx(behind) => Resx,
            "RDF" if head.contains("purl.org/rss") => Feed,
            "refentry" => DocBook,
            _ if head.contains("docbook") => DocBook,
            _ if head.contains("dtd dita") || head.contains("ditaarch") => Dita,
            "article" | "book" | "chapter" | "section" | "appendix" | "topic" | "concept"
            | "task" | "reference" => Manual,
            _ => Unknown,
        }
    }

    /// Returns whether only some elements of a document are prose.
    pub(super) fn has_targets(self) -> bool {
        matches!(self, Xliff | Tmx | Qt)
    }

    /// Returns whether an element of this name is one of these.
    pub(super) fn is_target(self, name: &str) -> bool {
        match self {
            Xliff => name == "target",
            Tmx => name == "seg",
            Qt => name == "translation",
            _ => true,
        }
    }

    /// Returns whether an attribute names the language of the targets.
    pub(super) fn is_language(self, attribute: &str) -> bool {
        match self {
            Xliff => matches!(attribute, "trgLang" | "target-language"),
            Qt => attribute == "language",
            _ => false,
        }
    }

    /// Returns whether the text of an element is code, or a name.
    pub(super) fn is_code(self, name: &str) -> bool {
        CODE.contains(&name)
            || match self {
                Unknown => false,
                DocBook => CODE_OF_DOCBOOK.contains(&name),
                Dita => CODE_OF_DITA.contains(&name),
                Manual => CODE_OF_MANUALS.contains(&name),
                Feed => NAMES_OF_FEEDS.contains(&name),
                Plist => matches!(name, "key" | "data" | "date"),
                Resx => matches!(name, "resheader" | "metadata" | "assembly"),
                Xliff | Tmx | Qt => CODE_OF_TRANSLATIONS.contains(&name),
            }
    }

    /// Returns whether the text of an element is no prose because of this attribute.
    pub(super) fn is_code_by(self, name: &str, attribute: &str, value: &str) -> bool {
        let is_data = self == Resx && name == "data";
        match attribute {
            // Of Android, and of DITA's like.
            "translatable" => value == "false",
            "type" | "mimetype" => is_data,
            "name" => is_data && (value.starts_with(">>") || value.starts_with("&gt;&gt;")),
            _ => false,
        }
    }
}

/// Returns whether what comes behind the tag of the root is what a file of resources begins with.
fn is_resx(behind: &str) -> bool {
    let mut end = behind.len().min(2 * HEAD);
    while !behind.is_char_boundary(end) {
        end -= 1;
    }
    let head = &behind[..end];
    head.contains("<resheader") || head.contains("microsoft-com:xml-msdata")
}
