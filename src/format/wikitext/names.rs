//! The names that MediaWiki knows, and small things that are read at one place.
//!
//! In: a part of a page. Out: what it is. The naive way is a regular expression for each.

use std::borrow::Cow;

/// What kind of page a link leads to, as far as it shows in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Namespace {
    File,
    Category,
    Other,
}

/// Returns the namespace of a page with another text.
pub(super) fn namespace(name: &str) -> Namespace {
    let Some((space, _)) = name.split_once(':') else { return Namespace::Other };
    match &*space.trim().to_ascii_lowercase() {
        "file" | "image" | "media" | "文件" | "檔案" | "档案" | "图像" | "圖像" | "媒体"
        | "媒體" => Namespace::File,
        "category" | "分类" | "分類" => Namespace::Category,
        _ => Namespace::Other,
    }
}

/// Returns the length of the line that leads a page elsewhere.
pub(super) fn redirect(text: &str) -> Option<usize> {
    let line = text.trim_start_matches('\u{FEFF}').lines().next()?;
    let head: String = line.chars().take(9).collect();
    let head = head.to_ascii_lowercase();
    let is = ["#redirect", "#重定向", "#重新導向"].iter().any(|word| head.starts_with(word));
    is.then(|| text.find('\n').unwrap_or(text.len()))
}

/// Returns whether a template is left as a whole, because conversions are what it is about.
pub(super) fn is_left(inner: &str) -> bool {
    let end = inner.find(['|', '}', '\n']).unwrap_or(inner.len());
    let name = inner[..end].trim().to_ascii_lowercase();
    name.starts_with("noteta") || name.starts_with("cgroup") || name.starts_with("lang-zh")
}

/// Returns whether the value of a parameter is an address, a file or another name.
pub(super) fn is_address(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "image", "img", "file", "url", "logo", "map", "photo", "flag", "link", "site", "doi",
        "isbn", "style", "class", "ref", "category", "图片", "圖片", "图像", "圖像", "网址",
        "網址", "链接", "連結",
    ];
    const ENDS: [&str; 4] = ["size", "width", "align", "color"];
    const CAPTIONS: [&str; 7] = ["caption", "alt", "title", "desc", "说明", "說明", "标题"];
    let name = name.trim().to_ascii_lowercase();
    if CAPTIONS.iter().any(|word| name.contains(word)) {
        return false;
    }
    WORDS.iter().any(|word| name.contains(word)) || ENDS.iter().any(|end| name.ends_with(end))
}

/// Returns whether a value is the name of a file, or an address.
pub(super) fn is_file_at(text: &str) -> bool {
    const LONGEST: usize = 300;
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let value = &text[..end];
    let value = &value[..value.find(['|', '}', '\n', '<']).unwrap_or(end)];
    let value = value.trim().to_ascii_lowercase();
    const ENDS: [&str; 10] =
        [".jpg", ".jpeg", ".png", ".svg", ".gif", ".webp", ".ogg", ".webm", ".pdf", ".tif"];
    ENDS.iter().any(|end| value.ends_with(end)) || value.starts_with("http")
}

/// Returns how much of a picture's option is passed, and whether what follows is text.
pub(super) fn option(option: &str) -> (usize, bool) {
    const OPTIONS: [&str; 40] = [
        "thumb",
        "thumbnail",
        "frame",
        "framed",
        "frameless",
        "enframed",
        "border",
        "right",
        "left",
        "center",
        "centre",
        "none",
        "baseline",
        "sub",
        "super",
        "sup",
        "top",
        "text-top",
        "middle",
        "bottom",
        "text-bottom",
        "upright",
        "缩略图",
        "縮圖",
        "缩图",
        "有框",
        "无框",
        "無框",
        "边框",
        "邊框",
        "右",
        "左",
        "居中",
        "置中",
        "无",
        "無",
        "上",
        "下",
        "垂直置顶",
        "垂直置頂",
    ];
    const SETTINGS: [&str; 12] = [
        "link",
        "链接",
        "連結",
        "lang",
        "语言",
        "語言",
        "page",
        "页数",
        "class",
        "upright",
        "thumbtime",
        "start",
    ];
    let word = option.trim();
    let lower = word.to_ascii_lowercase();
    let is_size = lower.strip_suffix("px").or(lower.strip_suffix("像素")).is_some_and(|size| {
        !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x')
    });
    if OPTIONS.contains(&&*lower) || is_size {
        return (0, false);
    }
    if let Some((name, _)) = option.split_once('=') {
        let key = name.trim().to_ascii_lowercase();
        if ["alt", "替代文本", "替代文字"].contains(&&*key) {
            return (name.len() + 1, true);
        }
        return (0, !SETTINGS.contains(&&*key));
    }
    (0, true)
}

/// Returns the length of an entity, and what it stands for if that is known here.
pub(super) fn entity(text: &str) -> Option<(usize, Option<char>)> {
    const LONGEST: usize = 32;
    let rest = &text.as_bytes()[1..];
    let rest = &rest[..rest.len().min(LONGEST)];
    let len = rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'#')?;
    if len == 0 || rest[len] != b';' {
        return None;
    }
    let name = &text[1..=len];
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            Some(char::from_u32(code.ok()?).filter(|c| !c.is_control())?)
        }
        None if name.contains('#') => return None,
        None => match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "nbsp" => Some('\u{A0}'),
            _ => None,
        },
    };
    Some((len + 2, c))
}

/// A tag of HTML or of an extension.
#[derive(Debug)]
pub(super) struct Tag<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) is_end: bool,
    pub(super) is_empty: bool,
    pub(super) len: usize,
}

/// Returns the tag that a text begins with.
pub(super) fn tag(text: &str) -> Option<Tag<'_>> {
    const LONGEST: usize = 1000;
    let bytes = text.as_bytes();
    let is_end = bytes.get(1) == Some(&b'/');
    let start = 1 + usize::from(is_end);
    let rest = bytes.get(start..)?;
    let len = rest.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    if len == 0 || !rest[0].is_ascii_alphabetic() {
        return None;
    }
    let behind = &rest[len..];
    let end = behind.iter().take(LONGEST).position(|&byte| byte == b'>' || byte == b'<')?;
    if behind[end] == b'<' {
        return None;
    }
    let name = &text[start..start + len];
    let name = match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    };
    let is_empty = behind[..end].ends_with(b"/");
    Some(Tag { name, is_end, is_empty, len: start + len + end + 1 })
}

/// Returns whether what stands in an element is no text.
pub(super) fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "nowiki"
            | "pre"
            | "math"
            | "chem"
            | "ce"
            | "syntaxhighlight"
            | "source"
            | "code"
            | "score"
            | "timeline"
            | "graph"
            | "mapframe"
            | "maplink"
            | "templatedata"
            | "templatestyles"
            | "hiero"
            | "script"
            | "style"
            | "imagemap"
            | "inputbox"
            | "kbd"
            | "samp"
            | "tt"
            | "var"
            | "categorytree"
            | "dynamicpagelist"
    )
}

/// Returns whether an element ends a run.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "br" | "p"
            | "div"
            | "li"
            | "ul"
            | "ol"
            | "dl"
            | "dt"
            | "dd"
            | "table"
            | "tr"
            | "td"
            | "th"
            | "caption"
            | "hr"
            | "blockquote"
            | "center"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "poem"
            | "references"
            | "section"
    )
}

/// Returns where something in small letters of ASCII stands, written in any.
pub(super) fn find_ignoring_case(bytes: &[u8], what: &str) -> Option<usize> {
    let what = what.as_bytes();
    memchr::memmem::find_iter(bytes, &what[..2]).find(|&at| {
        bytes.get(at..at + what.len()).is_some_and(|here| here.eq_ignore_ascii_case(what))
    })
}
