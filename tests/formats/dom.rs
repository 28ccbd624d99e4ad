//! What html5ever makes of a page: a parser that shares no code with ours says what is text, and where.

use html5ever::tendril::TendrilSink;
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// Text, an attribute or an element of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) use_: Use,
}

/// What becomes of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Read,
    /// Read in some places.
    Maybe,
    Left,
}

/// Attributes that people read, on some elements at least.
const READ: [&str; 12] = [
    "alt",
    "title",
    "placeholder",
    "aria-label",
    "aria-description",
    "aria-placeholder",
    "aria-roledescription",
    "aria-valuetext",
    "label",
    "summary",
    "abbr",
    "content",
];

/// Elements whose text is left.
const LEFT: [&str; 15] = [
    "script",
    "style",
    "pre",
    "code",
    "kbd",
    "samp",
    "var",
    "tt",
    "iframe",
    "noembed",
    "noframes",
    "xmp",
    "listing",
    "plaintext",
    "rp",
];

/// Returns all that a page consists of, in its order.
pub(crate) fn nodes(page: &str) -> Vec<Node> {
    let tree_builder = TreeBuilderOpts { scripting_enabled: false, ..TreeBuilderOpts::default() };
    let options = ParseOpts { tree_builder, ..ParseOpts::default() };
    let dom = parse_document(RcDom::default(), options).one(page);
    let mut nodes: Vec<Node> = Vec::new();
    // Without recursion: pages may be deep.
    // The document itself is held: where it goes, its nodes lose their children.
    let top = dom.document.children.borrow();
    let mut open: Vec<(Handle, Use)> =
        top.iter().rev().map(|child| (child.clone(), Use::Read)).collect();
    while let Some((handle, mut use_)) = open.pop() {
        let mut add = |name: String, text: String, use_: Use| {
            nodes.push(Node { name, text, use_ });
        };
        match &handle.data {
            NodeData::Document | NodeData::ProcessingInstruction { .. } => {}
            NodeData::Doctype { name, .. } => {
                add("doctype".to_owned(), name.to_string(), Use::Left)
            }
            NodeData::Text { contents } => {
                add("text".to_owned(), contents.borrow().to_string(), use_);
            }
            NodeData::Comment { contents } => {
                add("comment".to_owned(), contents.to_string(), Use::Left);
            }
            NodeData::Element { name, attrs, .. } => {
                let attributes = attrs.borrow();
                let has = |of: &str, is: &dyn Fn(&str) -> bool| {
                    attributes.iter().any(|a| a.name.local == *of && is(&a.value))
                };
                let is_own = |tag: &str| {
                    let tag = tag.to_ascii_lowercase();
                    let own = ["zh", "yue", "wuu", "hak", "nan", "gan", "cdo", "hsn", "lzh", "cmn"];
                    tag.is_empty() || own.iter().any(|own| tag.split('-').next() == Some(own))
                };
                let is_root = matches!(&*name.local, "html" | "body");
                if has("translate", &|v| v == "no")
                    || has("class", &|v| v.split_whitespace().any(|c| c == "notranslate"))
                    || !is_root && has("lang", &|v| !is_own(v))
                {
                    use_ = Use::Left;
                } else if has("translate", &|_| true) || has("lang", &|_| true) {
                    use_ = Use::Maybe;
                }
                add(name.local.to_string(), String::new(), Use::Left);
                for attribute in attributes.iter() {
                    let of = attribute.name.local.to_string();
                    let may = READ.contains(&&*of) || of == "value" && &*name.local == "input";
                    add(of, attribute.value.to_string(), if may { Use::Maybe } else { Use::Left });
                }
                if LEFT.contains(&&*name.local) {
                    use_ = Use::Left;
                } else if matches!(&*name.local, "svg" | "math") {
                    use_ = Use::Maybe;
                }
                if let NodeData::Element { template_contents, .. } = &handle.data
                    && let Some(inner) = &*template_contents.borrow()
                {
                    open.push((inner.clone(), use_));
                }
            }
        }
        for child in handle.children.borrow().iter().rev() {
            open.push((child.clone(), use_));
        }
    }
    nodes
}
