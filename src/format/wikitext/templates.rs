//! Templates and parser functions: which of their values are text.
//!
//! In: a template of a page. Out: its values as runs of their own, but for those that name something. The naive way converts all values, and
//! then notes are of another group than their list, and both sides of a table of words become the same. What a value is only
//! its template knows; ours goes by the names of templates and of parameters that most wikis share.

use super::{FIRST, Frame, Kind, Scan};

/// What a template does with its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Named ones are text if nothing speaks against that.
    Ordinary,
    /// So here, but one called `name` is no text.
    Named,
    /// So here, and unnamed ones are text.
    Text,
    /// A source, whose authors are names by which notes find it.
    Source,
    /// All are text but so many that are compared.
    Condition(u8),
    /// Those behind a sign are text.
    Switch,
    /// None.
    Function,
}

/// Returns the name of a template in small letters.
fn name(inner: &str) -> String {
    const LONGEST: usize = 200;
    let head = &inner.as_bytes()[..inner.len().min(LONGEST)];
    let end = head.iter().position(|byte| b"|{}<\n".contains(byte));
    let name = end.or((head.len() == inner.len()).then_some(inner.len()));
    let name = name.map_or("", |end| &inner[..end]).trim().to_ascii_lowercase();
    match name.split_once(':') {
        Some(("template" | "模板", name)) => name.trim_start().to_owned(),
        _ => name,
    }
}

/// Returns whether a template is left as a whole, because conversions are what it is about.
fn is_left(name: &str) -> bool {
    // Not `NoteTag`.
    name.strip_prefix("noteta").is_some_and(|rest| !rest.starts_with('g'))
        || ["cgroup", "lang-zh", "infobox chinese"].iter().any(|head| name.starts_with(head))
        || ["zh", "chinese", "地区用词", "地區用詞"].contains(&name)
}

fn used(name: &str, has_short_notes: bool) -> Use {
    const TEXT: [&str; 4] = ["notetag", "efn", "refn", "#tag:ref"];
    const TEXTS: [&str; 20] = [
        "quote",
        "cquote",
        "rquote",
        "quotation",
        "blockquote",
        "quote box",
        "nowrap",
        "nobr",
        "small",
        "smaller",
        "larger",
        "big",
        "bigger",
        "center",
        "resize",
        "hidden",
        "注释",
        "註釋",
        "引用",
        "引文",
    ];
    const NAMED: [&str; 10] =
        ["ref", "note", "efn", "#tag", "navbox", "sidebar", "sfn", "harv", "cnote", "rp"];
    const SOURCES: [&str; 5] = ["cite", "citation", "引用", "引文", "harvc"];
    let is_one = |heads: &[&str]| heads.iter().any(|head| name.starts_with(head));
    if let Some(function) = name.strip_prefix('#').filter(|name| !name.starts_with("tag:ref")) {
        return match function.split(':').next().unwrap_or_default() {
            "if" | "ifexist" | "iferror" | "ifexpr" => Use::Condition(0),
            "ifeq" => Use::Condition(1),
            "switch" => Use::Switch,
            _ => Use::Function,
        };
    }
    match () {
        () if has_short_notes && is_one(&SOURCES) => Use::Source,
        () if is_one(&TEXT) || TEXTS.contains(&name) => Use::Text,
        () if is_one(&NAMED) || name == "r" => Use::Named,
        () => Use::Ordinary,
    }
}

/// Returns whether a page has notes that name a source by its author and year.
pub(super) fn has_short_notes(page: &str) -> bool {
    let bytes = page.as_bytes();
    memchr::memmem::find_iter(bytes, b"{{").any(|at| {
        ["sfn", "harv"].iter().any(|name| {
            let here = bytes.get(at + 2..at + 2 + name.len());
            here.is_some_and(|here| here.eq_ignore_ascii_case(name.as_bytes()))
        })
    })
}

/// Returns whether a parameter is the name of an author, by which a note finds a source.
fn is_author(name: &str) -> bool {
    let name: String = name.chars().filter(|c| !c.is_ascii_digit()).collect();
    let name = name.trim_start_matches("author-").trim_start_matches("editor-");
    ["last", "first", "surname", "given", "author", "editor", "姓", "名", "作者"].contains(&name)
}

/// Returns whether the value of a parameter is an address, a file or another name.
fn is_address(name: &str) -> bool {
    // Ends of names that are about looks, whatever stands before them. Colours of hair have names, those of looks are in ASCII.
    const LOOKS: [&str; 7] = ["style", "class", "size", "width", "align", "link", "url"];
    const TEXTS: [&str; 7] =
        ["lifestyle", "freestyle", "hairstyle", "playstyle", "profile", "website", "subclass"];
    const CAPTIONS: [&str; 11] =
        ["caption", "alt", "title", "desc", "说明", "說明", "标题", "標題", "描述", "文字", "註解"];
    const ENDS: [&str; 8] = ["image", "img", "file", "logo", "map", "photo", "flag", "category"];
    const WORDS: [&str; 4] = ["doi", "isbn", "ref", "site"];
    // Of both ways to write, each on its side.
    const SIDES: [&str; 6] = ["simp", "trad", "simplified", "traditional", "hans", "hant"];
    const CHINESE: [&str; 18] = [
        "图片",
        "圖片",
        "图像",
        "圖像",
        "网址",
        "網址",
        "链接",
        "連結",
        "分类",
        "分類",
        "文件名",
        "檔名",
        "简体",
        "簡體",
        "繁体",
        "繁體",
        "正体",
        "正體",
    ];
    let name = name.trim().to_ascii_lowercase();
    if name == "group" || name.starts_with("zh-") {
        return true;
    }
    let is_separator = |c: char| c.is_whitespace() || matches!(c, '_' | '-') || c.is_ascii_digit();
    let words = || name.split(is_separator).filter(|word| !word.is_empty());
    let ends = |word: &str, all: &[&str]| {
        all.iter().any(|end| word.ends_with(end)) && !TEXTS.contains(&word)
    };
    if words().next_back().is_some_and(|word| ends(word, &LOOKS)) {
        return true;
    }
    if CAPTIONS.iter().any(|word| name.contains(word)) {
        return false;
    }
    words().any(|word| {
        ends(word, &LOOKS)
            || ends(word, &ENDS)
            || WORDS.contains(&word)
            || SIDES.contains(&word)
            || word.starts_with("image")
    }) || CHINESE.iter().any(|word| name.contains(word))
}

/// Returns whether a value is the name of a file, or an address.
fn is_file_at(text: &str) -> bool {
    const LONGEST: usize = 300;
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let value = &text[..end];
    let value = &value[..value.find(['|', '}', '\n', '<']).unwrap_or(value.len())];
    let value = value.trim().to_ascii_lowercase();
    const ENDS: [&str; 23] = [
        "jpg", "jpeg", "png", "svg", "gif", "webp", "ogg", "webm", "pdf", "tif", "tiff", "mp3",
        "mp4", "bmp", "xcf", "wav", "ogv", "oga", "djvu", "flac", "mid", "stl", "opus",
    ];
    let ending = value.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| ENDS.contains(&ending)) || value.starts_with("http")
}

impl Scan<'_, '_> {
    pub(super) fn template(&mut self) -> bool {
        let start = self.at;
        let Some(&end) = self.pairs.get(&start) else { return false };
        let name = name(&self.text[start + 2..end]);
        self.object(start..start + 2);
        if is_left(&name) {
            self.at = end + 2;
            return true;
        }
        self.at += 2;
        let mut used = used(&name, self.has_short_notes);
        if self.is_quiet() && matches!(used, Use::Condition(_) | Use::Switch) {
            used = Use::Function;
        }
        self.push(Kind::Template, Some(end));
        if let Some(frame) = self.frames.last_mut() {
            frame.is_quiet = true;
            frame.used = used;
        }
        true
    }

    /// Takes the name of a parameter, if there is one; its value is text or not.
    pub(super) fn parameter(&mut self) {
        const LONGEST: usize = 100;
        let used = self.frames.last().map_or(Use::Ordinary, |frame| frame.used);
        if let Use::Condition(left) = used {
            if let Some(frame) = self.frames.last_mut() {
                frame.used = Use::Condition(left.saturating_sub(1));
            }
            let is_text = left == 0 && !is_file_at(&self.text[self.at..]);
            return self.part(is_text);
        }
        let rest = &self.bytes[self.at..];
        let rest = &rest[..rest.len().min(LONGEST)];
        let sign = rest.iter().position(|byte| b"=|{}[]<".contains(byte));
        let sign = sign.filter(|&sign| rest[sign] == b'=');
        let name = sign.map_or("", |sign| &self.text[self.at..self.at + sign]);
        self.at += sign.map_or(0, |sign| sign + 1);
        let name = name.trim().to_ascii_lowercase();
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let is_text = match used {
            Use::Function => false,
            Use::Switch => sign.is_some(),
            Use::Text if sign.is_none() || is_number => true,
            _ if is_number || is_address(&name) => false,
            Use::Named | Use::Text => name != "name",
            Use::Source => !is_author(&name),
            _ => true,
        };
        self.part(is_text && !is_file_at(&self.text[self.at..]));
    }

    /// Ends what is open of the innermost frame, and begins another part of it.
    pub(super) fn part(&mut self, is_text: bool) {
        let Some(Frame { is_aside, is_quiet, .. }) = self.frames.last_mut() else { return };
        *is_quiet = !is_text;
        if std::mem::replace(is_aside, is_text) {
            self.runs.end_aside();
        }
        if is_text {
            self.runs.begin_aside();
        }
        self.style = FIRST;
    }
}
