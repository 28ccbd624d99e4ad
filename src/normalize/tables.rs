//! Which character another stands for.

/// Four bytes for each of U+2E80–U+2FDF, made by `build.rs` from Unicode's EquivalentUnifiedIdeograph.txt.
static RADICALS: &[u8; 4 * 0x160] = include_bytes!(concat!(env!("OUT_DIR"), "/radicals.table"));

/// Returns the ideograph that looks like a radical of the blocks Kangxi Radicals and CJK Radicals Supplement.
pub(super) fn radical(c: char) -> Option<char> {
    let at = u32::from(c).checked_sub(0x2E80).filter(|&at| at < 0x160)? as usize;
    let entry = RADICALS.get(4 * at..4 * at + 4)?;
    let ideograph = u32::from_le_bytes(entry.try_into().ok()?);
    char::from_u32(ideograph).filter(|&c| c != '\0')
}

/// Vertical and small forms and halfwidth marks, each with the usual form behind it (Unicode's compatibility decompositions,
/// but to the marks of Chinese where those give ASCII).
const FORMS: &str = "\
    ︐，︑、︒。︓：︔；︕！︖？︗〖︘〗︙…︱—︵（︶）︷｛︸｝︹〔︺〕︻【︼】︽《︾》︿〈﹀〉﹁「﹂」﹃『﹄』\
    ﹇［﹈］﹐，﹑、﹒．﹔；﹕：﹖？﹗！﹙（﹚）﹛｛﹜｝﹝〔﹞〕｡。｢「｣」､、･・";

/// The halfwidth kana from U+FF66 on.
const KANA: &str = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";

/// Returns the usual form of a halfwidth, vertical or small one.
pub(super) fn width(c: char) -> Option<char> {
    if let '\u{FF66}'..='\u{FF9D}' = c {
        return KANA.chars().nth((u32::from(c) - 0xFF66) as usize);
    }
    match c {
        'ﾞ' => Some('゛'),
        'ﾟ' => Some('゜'),
        _ => {
            let mut forms = FORMS.chars();
            while let (Some(form), Some(usual)) = (forms.next(), forms.next()) {
                if form == c {
                    return Some(usual);
                }
            }
            None
        }
    }
}

/// Returns the kana with a sound mark, if there is one.
pub(super) fn with_mark(kana: char, mark: char) -> Option<char> {
    unicode_normalization::char::compose(kana, mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radicals_are_those_of_unicode() {
        let source = include_str!("../../data/table/EquivalentUnifiedIdeograph.txt");
        let mut known = 0;
        for line in source.lines().filter(|line| line.starts_with('2')) {
            let (from, to) = line.split_once(';').unwrap();
            let number = |text: &str| u32::from_str_radix(text.trim(), 16).unwrap();
            let to = char::from_u32(number(to.split('#').next().unwrap())).unwrap();
            let from = from.trim();
            let (first, last) = from.split_once("..").unwrap_or((from, from));
            for c in number(first)..=number(last) {
                assert_eq!(radical(char::from_u32(c).unwrap()), Some(to), "{line}");
                known += 1;
            }
        }
        let all = ('\u{2E80}'..='\u{2FDF}').filter(|&c| radical(c).is_some()).count();
        assert_eq!((known, all), (all, known));
        assert!(all > 300, "{all}");
    }

    #[test]
    fn kana_are_all_there() {
        assert_eq!(width('ｦ'), Some('ヲ'));
        assert_eq!(width('ﾝ'), Some('ン'));
        assert_eq!(with_mark('カ', '\u{3099}'), Some('ガ'));
        assert_eq!(KANA.chars().count(), 0xFF9D - 0xFF66 + 1);
    }
}
