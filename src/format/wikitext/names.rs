//! The names that MediaWiki knows, and small things that are read at one place.
//!
//! In: a part of a page. Out: what it is. The naive way is a regular expression for each.

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

/// Bytes that an option of a picture may have.
pub(super) const LONGEST_OPTION: usize = 200;

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
    const SETTINGS: [&str; 23] = [
        "thumb",
        "thumbnail",
        "frame",
        "缩略图",
        "縮圖",
        "缩图",
        "縮略圖",
        "类",
        "類",
        "类别",
        "類別",
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
        if ["alt", "替代", "替代文本", "替代文字"].contains(&&*key) {
            return (name.len() + 1, true);
        }
        return (0, !SETTINGS.contains(&&*key));
    }
    (0, true)
}

/// Returns whether a word between underscores can be one that a wiki knows.
pub(super) fn is_magic_word(word: &str) -> bool {
    const PARTS: [&str; 16] = [
        "目录", "目錄", "图库", "圖庫", "段落", "章节", "章節", "链接", "連結", "分类", "分類",
        "索引", "转换", "轉換", "标题", "標題",
    ];
    word.is_ascii() || PARTS.iter().any(|part| word.contains(part))
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
