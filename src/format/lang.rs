//! Tags of languages, as documents name them.
//!
//! In: a tag as `zh-Hant-TW`. Out: whether text of that language is converted. The naive way compares with `zh`; pages name Chinese
//! in a dozen ways, some with an underscore.

/// Returns whether a tag names Chinese, or one of its languages.
pub(crate) fn is_chinese(tag: &str) -> bool {
    let first = tag.trim().split(['-', '_']).next().unwrap_or("");
    [
        "zh", "zho", "chi", "cmn", "yue", "wuu", "hak", "nan", "gan", "hsn", "cdo", "cjy", "cpx",
        "czh", "czo", "mnp", "lzh",
    ]
    .iter()
    .any(|known| first.eq_ignore_ascii_case(known))
}

/// Returns whether a tag names a language whose text is left. An empty one names none.
pub(crate) fn is_foreign(tag: &str) -> bool {
    !tag.trim().is_empty() && !is_chinese(tag)
}

/// Returns whether the tag of a whole document says that its text is left: only of a language that is written with ideographs.
/// `<html lang="en">` stands above many a Chinese page, because somebody copied it; that an English page has ideographs that
/// are no Chinese ones is rarer than that.
pub(crate) fn is_foreign_root(tag: &str) -> bool {
    let first = tag.trim().split(['-', '_']).next().unwrap_or("");
    ["ja", "jpn", "ko", "kor", "vi", "vie", "ojp", "okm", "ryu"]
        .iter()
        .any(|known| first.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_has_many_names() {
        for tag in ["zh", "ZH-cn", "zh_TW", "zh-Hant-HK", "cmn-Hans", "yue", " zh "] {
            assert!(is_chinese(tag) && !is_foreign(tag), "{tag}");
        }
        for tag in ["ja", "en-US", "zhx", "x-zh"] {
            assert!(is_foreign(tag), "{tag}");
        }
        assert!(!is_foreign("") && is_foreign_root("ja-JP") && !is_foreign_root("en"));
    }
}
