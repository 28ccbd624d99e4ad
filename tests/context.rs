//! The context layer: it decides what it is for, changes nothing else, and says the same wherever a text is cut.

use std::num::NonZeroUsize;

use jianfan::Converter;
use jianfan::pipeline::Pipeline;

use crate::support::command::Dir;

const NAMES: [&str; 5] = ["s2t", "s2tw", "s2twp", "s2hk", "s2hkp"];

fn with_context(name: &str) -> Converter {
    Converter::builder(name).context(true).build().unwrap()
}

fn essay() -> &'static str {
    include_str!("../data/sample/essay-simplified.txt")
}

#[test]
fn what_a_dictionary_cannot_know_is_decided() {
    let converter = with_context("s2tw");
    let exact = Converter::new("s2tw").unwrap();
    for (text, right) in [
        ("师长发现了问题", "師長發現了問題"),
        // What a word of the dictionary says takes more to be overruled.
        ("演员彭于晏", "演員彭于晏"),
        ("日本筑波大学", "日本筑波大學"),
        ("他不是只会说", "他不是只會說"),
        ("院子里有三十只鸡", "院子裡有三十隻雞"),
        ("皇后的头发", "皇后的頭髮"),
        ("以后再说", "以後再說"),
    ] {
        assert_eq!(converter.convert(text), right);
    }
    assert_ne!(exact.convert("师长发现了问题"), "師長發現了問題");
}

#[test]
fn phrases_of_taiwan_are_not_found_where_other_words_meet() {
    let (converter, exact) = (with_context("s2twp"), Converter::new("s2twp").unwrap());
    for (text, right) in [
        ("城堡的士兵坐的士", "城堡的士兵坐計程車"),
        ("更高的士气", "更高的士氣"),
        ("年度预算法", "年度預算法"),
        ("国家安全局", "國家安全局"),
        ("打印文件，打印度洋的地图", "列印檔案，打印度洋的地圖"),
        ("改变量子比特", "改變量子位元"),
        ("少数组织被发明", "少數組織被發明"),
        ("参与制造", "參與製造"),
    ] {
        assert_eq!(converter.convert(text), right);
        assert_ne!(exact.convert(text), right);
    }
    // A user's word is stronger, and does not switch the others off.
    let own = Converter::builder("s2twp").context(true).dictionary_text("own", "的士兵\t小黃兵\n");
    assert_eq!(own.build().unwrap().convert("的士兵的士气，以后"), "小黃兵的士氣，以後");
}

/// Words that a dictionary has and texts know little of, or know otherwise only because they are of courts and parliaments.
#[test]
fn what_texts_know_too_little_of_is_the_dictionarys() {
    let (converter, exact) = (with_context("s2tw"), Converter::new("s2tw").unwrap());
    for text in [
        "匈奴单于率军南下",
        "淳于意是名医",
        "党项族和万俟卨",
        "种师道守边",
        "难以想象的结果",
        "外交部答复记者提问。",
        "系办公室在三楼。",
        "系外行星很多。",
        "白术与东涌",
    ] {
        assert_eq!(converter.convert(text), exact.convert(text));
    }
}

/// What a computer supports is another word in Taiwan than what people support.
#[test]
fn phrases_that_taiwan_has_too_are_kept_in_words_of_its_own() {
    let converter = with_context("s2twp");
    for (text, right) in [
        ("他的支持者都来了", "他的支持者都來了"),
        ("程序正义与服务对象", "程序正義與服務對象"),
        ("社区大学", "社區大學"),
        ("程序正在运行，支持多线程", "程式正在執行，支援多執行緒"),
        ("软件的接口和网络设备", "軟體的介面和網路裝置"),
        ("数据通信协议", "資料通訊協議"),
    ] {
        assert_eq!(converter.convert(text), right);
    }
}

/// The dictionary sees 瞭如 and 明瞭 wherever their characters meet.
#[test]
fn what_is_over_is_not_clear() {
    for name in NAMES {
        let (exact, converter) = (Converter::new(name).unwrap(), with_context(name));
        for (text, right) in [
            ("学习了如何使用", "學習了如何使用"),
            ("他忽略了如何整合", "他忽略了如何整合"),
            ("声明了", "聲明了"),
            ("失明了", "失明了"),
            ("忙了然后", "忙了然後"),
            ("作出了解释", "作出了解釋"),
        ] {
            assert_eq!(converter.convert(text), right, "{name}");
            assert_eq!(exact.convert(text), right.replace('了', "瞭"), "{name}");
        }
        // The first is 闡 or 阐.
        assert!(converter.convert("阐明了").ends_with("明了"));
        assert!(exact.convert("阐明了").ends_with("明瞭"));
        for text in [
            "了如指掌",
            "他对此了如指掌",
            "我们了解他",
            "据了解，不了解",
            "他不明了",
            "明了",
            "简单明了",
            "一目了然",
            "了然于心",
            "了望台",
            "去了又来了",
            "发明了，说明了",
        ] {
            assert_eq!(converter.convert(text), exact.convert(text), "{name}");
        }
    }
    // The longest string decides, and nothing beyond a mark.
    assert_eq!(with_context("s2tw").convert("声明了解，了如，果"), "聲明了解，了如，果");
    let own = Converter::builder("s2tw").context(true).dictionary_text("own", "声明了\t聲明瞭\n");
    assert_eq!(own.build().unwrap().convert("声明了，失明了"), "聲明瞭，失明了");
    let inspector = Converter::builder("s2tw").context(true).inspector().unwrap();
    let trace = inspector.trace("学习了如何");
    let decision = trace.segments.iter().flat_map(|segment| &segment.decisions).next().unwrap();
    assert_eq!((decision.by_dictionary, decision.chosen, decision.offset), ('瞭', '了', 6));
    assert_eq!(trace.output, "學習了如何");
}

/// A clause that has a character of Cantonese needs no option.
#[test]
fn cantonese_is_seen_in_its_clause() {
    let converter = with_context("s2hk");
    assert_eq!(converter.convert("佢系我嘅朋友，但系统坏了"), "佢係我嘅朋友，但系統壞了");
    assert_eq!(converter.convert("我唔系学生"), "我唔係學生");
    assert_eq!(converter.convert("我唔系学生，中文系主任来了"), "我唔係學生，中文系主任來了");
    // Between the same neighbours as 係, but of a word.
    assert_eq!(converter.convert("佢话呢个真系统唔系好"), "佢話呢個真系統唔係好");
}

#[test]
fn each_region_has_its_spelling() {
    let text = "师长发现，办公室里面的人";
    for (name, right) in [
        ("s2t", "師長發現，辦公室裏面的人"),
        ("s2tw", "師長發現，辦公室裡面的人"),
        ("s2twp", "師長發現，辦公室裡面的人"),
        ("s2hk", "師長發現，辦公室裏面的人"),
        ("s2hkp", "師長發現，辦公室裏面的人"),
    ] {
        assert_eq!(with_context(name).convert(text), right, "{name}");
    }
}

/// Only characters that have candidates differ from the exact conversion, and only by being another candidate.
#[test]
fn nothing_else_is_changed() {
    let candidates = include_str!("../data/dictionary/STCharacters.txt");
    let several: String = candidates.lines().filter(|line| line.contains(' ')).collect();
    for name in NAMES {
        let (exact, context) = (Converter::new(name).unwrap(), with_context(name));
        let (before, after) = (exact.convert(essay()), context.convert(essay()));
        assert_eq!(before.chars().count(), after.chars().count());
        let to_openccs = Converter::new(if name.contains("hk") { "hk2t" } else { "tw2t" }).unwrap();
        for (old, new) in before.chars().zip(after.chars()).filter(|(old, new)| old != new) {
            for c in [old, new] {
                let own = to_openccs.convert(&c.to_string());
                assert!(several.contains(&own) || several.contains(c), "{name}: {old} {new}");
            }
        }
        let ascii = "int main() { return 0; }\n\0";
        assert_eq!(context.convert(ascii), ascii);
    }
}

#[test]
fn other_configs_have_none() {
    for name in ["t2s", "tw2sp", "t2tw", "jp2t"] {
        let text = "師長髮現，裡程，乾預";
        assert_eq!(with_context(name).convert(text), Converter::new(name).unwrap().convert(text));
    }
}

#[test]
fn a_stream_gives_what_the_whole_gives() {
    // With and without line ends, and without anything that a text may be cut at.
    let bare: String = essay().chars().filter(|c| c.is_alphabetic()).collect();
    let over = "声明了如何使用了如指掌简单明了失明了然后学习".repeat(4000);
    for text in [essay().repeat(150), essay().replace('\n', "").repeat(150), bare.repeat(150), over]
    {
        assert!(text.len() > 200_000);
        for name in ["s2tw", "s2twp"] {
            let pipeline = Pipeline::new(with_context(name));
            let whole = with_context(name).convert(&text);
            for threads in [1, 3] {
                let mut output = Vec::new();
                let threads = NonZeroUsize::new(threads).unwrap();
                pipeline.stream(text.as_bytes(), &mut output, threads).unwrap();
                assert!(output == whole.as_bytes(), "{name}");
            }
            assert!(pipeline.run(text.as_bytes()).unwrap() == whole.as_bytes(), "{name}");
        }
    }
}

#[test]
fn the_users_words_win() {
    let builder = || Converter::builder("s2tw").context(true);
    assert_eq!(builder().build().unwrap().convert("师长发现了"), "師長發現了");
    for (words, right) in [
        ("长发\t長髮\n", "師長髮現了"),
        ("师长发\t師長髮\n", "師長髮現了"),
        ("发\t髮\n", "師長髮現了"),
        ("现了\t現了\n", "師長發現了"),
    ] {
        let converter = builder().dictionary_text("words", words).build().unwrap();
        assert_eq!(converter.convert("师长发现了"), right, "{words}");
    }
}

#[test]
fn cantonese_is_an_option() {
    // Nothing in it is only Cantonese.
    let text = "真系我朋友";
    let convert = |is_cantonese| {
        let builder = Converter::builder("s2hk").context(true).cantonese(is_cantonese);
        builder.build().unwrap().convert(text)
    };
    assert_eq!([convert(false), convert(true)], ["真系我朋友", "真係我朋友"]);
    let other = Converter::builder("s2hk").context(true).cantonese(true).build().unwrap();
    assert_eq!(other.convert("数学系和物理系"), "數學系和物理系");
}

#[test]
fn the_command_has_the_switches() {
    let dir = Dir::new();
    dir.file("a.txt", "师长发现了\n");
    assert_eq!(dir.run("convert s2tw --context on a.txt").succeeds(), "師長發現了\n");
    for switch in ["--context off", "--exact"] {
        assert_eq!(dir.run(&format!("convert s2tw {switch} a.txt")).succeeds(), "師長髮現了\n");
    }
    dir.file("words.txt", "长发\t長髮\n");
    let run = dir.run("convert s2tw --context on --dict words.txt a.txt");
    assert_eq!(run.succeeds(), "師長髮現了\n");
    let run = dir.run("convert s2tw --context on --keep 长发 a.txt");
    assert_eq!(run.succeeds(), "師长发現了\n");
    dir.run("convert t2s --context on a.txt").fails_telling(&["of no use with t2s", "s2twp"]);
    dir.run("convert s2tw --context on --exact a.txt").fails_telling(&["cannot be used with"]);
    assert_eq!(dir.run("convert s2tw a.txt").succeeds(), "師長發現了\n");
    dir.run("convert s2tw --context off --cantonese a.txt").fails_telling(&["the context layer"]);
    dir.run("convert t2s --cantonese a.txt").fails_telling(&["the context layer"]);
}
