//! Tests of the converter's edges; its results are compared with OpenCC's under `tests/`.

use super::{Converter, configs};

#[test]
fn the_sixteen_configs_open() {
    assert_eq!(configs().len(), 16);
    for config in configs() {
        for tofu in [false, true] {
            let converter =
                Converter::builder(config.name).include_tofu_risk(tofu).build().unwrap();
            assert_eq!(converter.convert("abc\0\r\n"), "abc\0\r\n", "{}", config.name);
        }
    }
}

#[test]
fn the_same_compiler_at_run_time_gives_the_same() {
    let text = "鼠标里面的硅二极管，头发里的出租车。以后后面干净的台湾计算机软件⿰氵每里";
    for config in configs() {
        let embedded = Converter::new(config.name).unwrap();
        let compiled = Converter::builder(config.name).dictionary_text("none", "").build().unwrap();
        assert_eq!(embedded.convert(text), compiled.convert(text), "{}", config.name);
    }
}

#[test]
fn a_converter_can_be_shared() {
    fn shared<T: Send + Sync + Clone>(_: &T) {}
    shared(&Converter::new("s2t").unwrap());
}

/// Converts `text` in parts: a window of `size` characters is cut where it may be, or grows where it may not. No more is seen of
/// the text around a part than has to be.
fn in_parts(converter: &Converter, text: &str, size: usize, by_cuts: bool) -> String {
    let ends: Vec<usize> =
        text.char_indices().map(|(at, _)| at).skip(1).chain([text.len()]).collect();
    let mut output = Vec::new();
    let mut begin = 0;
    let mut known = 0;
    while begin < text.len() {
        known = (known + size).min(ends.len());
        let first = super::boundary(text, begin.saturating_sub(converter.reach()));
        let (window, start) = (&text[first..ends[known - 1]], begin - first);
        if known == ends.len() {
            converter.append_part(window, start..window.len(), &mut output);
            break;
        }
        if by_cuts {
            if let Some(cut) = converter.last_cut(window, start) {
                let mut seen = cut + converter.reach();
                seen += usize::from(!window.is_char_boundary(seen)) * (window.len() - seen).min(3);
                seen = super::boundary(window, seen);
                converter.append_part(&window[..seen], start..cut, &mut output);
                begin = first + cut;
            }
        } else {
            begin = first + converter.append_decided(window, start, &mut output);
        }
    }
    String::from_utf8(output).unwrap()
}

#[test]
fn text_in_parts_gives_what_the_whole_gives_wherever_it_is_cut() {
    let samples = [
        include_str!("../../data/sample/news-simplified.txt"),
        include_str!("../../data/sample/news-taiwan.txt"),
        "头发⿰氵每发头⿰头发，鼠标⿰⿰⿱里面，。⿿⿾⿾头发后。⿲发。发。发。计算机软件里面的头发干净，干干净净。",
        // Nothing to cut at, and a character far away that says it is Cantonese.
        "我哋昨日明日昨日明日昨日明日昨日明日昨日明日昨日明日我真系你朋友们吗昨日明日昨日明日昨日明日昨日明日昨日明日昨日明日昨日明日昨日明日",
    ];
    let exact = configs().iter().map(|config| Converter::new(config.name));
    let with_context = configs().iter().filter(|config| config.has_context());
    let with_context =
        with_context.map(|config| Converter::builder(config.name).context(true).build());
    for converter in exact.chain(with_context).map(Result::unwrap) {
        for sample in samples {
            // Long enough for the margin at the end of a window to be a part of it.
            let line = sample.replace(['\n', '\r'], "").repeat(12);
            let whole = converter.convert(&line);
            for size in [1, 2, 3, 5, 7, 64, 331, 1000] {
                for by_cuts in [true, false] {
                    assert_eq!(
                        in_parts(&converter, &line, size, by_cuts),
                        whole,
                        "{} {size}",
                        converter.name()
                    );
                }
            }
        }
    }
}

/// Lines of characters that are decided, and what is seen beside them.
#[test]
fn decisions_are_those_of_the_whole_wherever_a_line_is_cut() {
    use crate::context;

    let open: Vec<char> = context::decided().map(|(c, _)| c).collect();
    let beside: Vec<char> =
        "的一是头面出阿里尔佢嘅喺かなカタＡb7  ·，。、⿰𠀀𪛖\u{FA10}".chars().collect();
    let words = [
        "我唔系佢",
        "佢话",
        "中文系",
        "30 只",
        "干净",
        "弗里茨·",
        "声明了如何",
        "计算机",
        "里发长发",
    ];
    let users = "发里\t發里\n里后发\t裡後髮\n一只发\t一只髮头\n系\t係\n";
    let long_key = format!("里发\t里發\n{}\t{}\n", "发里后".repeat(20), "發裡後".repeat(20));
    let mut state = 5_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % end
    };
    let build = |name, dictionary: Option<&str>| {
        let builder = Converter::builder(name).context(true);
        match dictionary {
            Some(text) => builder.dictionary_text("users", text).build().unwrap(),
            None => builder.build().unwrap(),
        }
    };
    let converters = [
        build("s2t", None),
        build("s2twp", None),
        build("s2hk", None),
        build("s2tw", Some(users)),
        build("s2tw", Some(&long_key)),
    ];
    let mut decided = 0;
    for round in 0..60 {
        let mut line = String::new();
        let only = open[below(open.len())];
        while line.len() < 3000 {
            match (round % 6, below(24)) {
                (0, _) => line.push(only),
                (1, 0..8) => line += words[below(words.len())],
                (2, 0..6) => line.push(beside[below(beside.len())]),
                (2, 6..9) => line += words[below(words.len())],
                // The long key, whose beginning belongs to another word.
                (3, 0..3) => line += &format!("里{}", "发里后".repeat(20)),
                // 系, and far from it what tells that it is Cantonese.
                (4, 0) => line.push(['系', '佢'][below(2)]),
                (4, _) => line.push(['昨', '日', '明'][below(3)]),
                (5, 0..4) => line += "ab cd",
                _ => line.push(open[below(open.len())]),
            }
        }
        for (index, converter) in converters.iter().enumerate() {
            let whole = converter.convert(&line);
            let (exact, _) = converter.noted(&line);
            decided += usize::from(whole.as_bytes() != exact);
            for size in [1 + below(9), 10 + below(90), 100 + below(700)] {
                for by_cuts in [true, false] {
                    let parts = in_parts(converter, &line, size, by_cuts);
                    assert!(parts == whole, "{index} {size} {by_cuts}: {line}");
                }
            }
        }
    }
    assert!(decided > 200, "{decided}");
}

#[test]
fn every_open_character_is_noted_where_it_stands() {
    use std::collections::HashSet;

    use crate::context;

    let open: HashSet<char> = context::decided().map(|(c, _)| c).collect();
    let line = include_str!("../../data/sample/essay-simplified.txt").replace('\n', "");
    let mixed = "头发A发，𠀀发里⿰氵里SQL注入后\u{FA10}只";
    // From every place on, so that blocks begin at each; and with words of a user's that are longer than their keys.
    let user = Converter::builder("s2t").context(true).dictionary_text("u", "头发\t頭髮髮\n");
    for (converter, is_whole) in [
        (Converter::builder("s2t").context(true).build().unwrap(), true),
        (user.build().unwrap(), false),
    ] {
        for text in line.char_indices().map(|(at, _)| &line[at..]).chain([mixed]).take(300) {
            let (output, notes) = converter.noted(text);
            let written = str::from_utf8(&output).unwrap();
            let places: Vec<usize> = notes.iter().map(|note| note.at).collect();
            let expected: Vec<usize> = text
                .char_indices()
                .filter(|(at, c)| open.contains(c) && (is_whole || !in_word(text, *at)))
                .map(|(at, _)| at)
                .collect();
            assert_eq!(places, expected, "{text}");
            for note in notes {
                // Whatever stands there is a spelling of the same character.
                let own = text[note.at..].chars().next().unwrap();
                let form = written[note.place..].chars().next().unwrap();
                assert!(context::is_form(own, form), "{own} {form}");
            }
        }
    }

    fn in_word(text: &str, at: usize) -> bool {
        text.match_indices("头发").any(|(start, word)| (start..start + word.len()).contains(&at))
    }
}

#[test]
fn alignments_say_what_became_of_what() {
    let samples = [
        include_str!("../../data/sample/news-simplified.txt"),
        include_str!("../../data/sample/news-taiwan.txt"),
        include_str!("../../data/sample/mixed.txt"),
        "头发⿰氵每发头⿰头发，鼠标⿰⿰⿱里面，。⿲发。闪存盘和打印机，出租车司机在计算机软件公司。𠀀甘薯閃存",
    ];
    let phrases = include_str!("../../data/dictionary/TWPhrases.txt").lines();
    let words: String = phrases
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.replace('\t', "，") + "\n")
        .collect();
    let exact = configs().iter().flat_map(|config| {
        [false, true].map(|tofu| Converter::builder(config.name).include_tofu_risk(tofu).build())
    });
    let with_context = configs().iter().filter(|config| config.has_context());
    let with_context =
        with_context.map(|config| Converter::builder(config.name).context(true).build());
    let user = Converter::builder("s2t")
        .dictionary_text("u", "头发\t頭髮髮\n后\tb\n公司\t𠀀\n里\tabc\n面\taé\n的\téa\n");
    let mut longer = 0;
    for converter in exact.chain(with_context).chain([user.build()]).map(Result::unwrap) {
        for sample in samples.into_iter().chain([&*words]) {
            let (text, alignment) = converter.convert_aligned(sample);
            assert_eq!(text, converter.convert(sample), "{}", converter.name());
            in_step(sample, &text, &alignment, converter.name());
            longer += alignment.replaced().len();
            for part in alignment.replaced() {
                // A word, not a sentence.
                assert!(sample[part.source.clone()].chars().count() <= 16, "{part:?}");
            }
        }
    }
    assert!(longer > 1000, "{longer}");
}

#[test]
fn words_side_by_side_are_aligned_each_by_itself() {
    let converter = Converter::new("s2twp").unwrap();
    for (text, words) in [
        ("默认闪存", &["闪存/快閃記憶體"][..]),
        ("内存网络U盘闪存", &["内存/記憶體", "U盘/隨身碟", "闪存/快閃記憶體"]),
        ("函数U盘，程序闪存", &["U盘/隨身碟", "闪存/快閃記憶體"]),
    ] {
        let (result, alignment) = converter.convert_aligned(text);
        let parts = alignment.replaced().iter();
        let found: Vec<String> = parts
            .filter(|part| part.source.len() != part.result.len())
            .map(|part| format!("{}/{}", &text[part.source.clone()], &result[part.result.clone()]))
            .collect();
        assert_eq!(found, words, "{text} {result}");
    }
}

/// Between what was replaced, each character has as many bytes as its counterpart.
#[track_caller]
fn in_step(source: &str, result: &str, alignment: &crate::Alignment, name: &str) {
    let end =
        crate::Replaced { source: source.len()..source.len(), result: result.len()..result.len() };
    let (mut at, mut place) = (0, 0);
    for part in alignment.replaced().iter().chain([&end]) {
        let (from, to) = (&source[at..part.source.start], &result[place..part.result.start]);
        let lens = |text: &str| text.chars().map(char::len_utf8).collect::<Vec<_>>();
        assert_eq!(lens(from), lens(to), "{name}: {from} {to}");
        (at, place) = (part.source.end, part.result.end);
    }
}
