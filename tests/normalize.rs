//! Passes, protected spans and quotation marks: what is mended, and what must not be touched.

use jianfan::pipeline::{OnInvalid, Pass, Passes, Pipeline, Protection};
use jianfan::{Converter, shown};

use crate::support::command::Dir;
use crate::support::generate::Rng;

fn passes(list: &str) -> Pipeline {
    Pipeline::without_conversion().normalize(list.parse().unwrap())
}

#[track_caller]
fn normalized(pipeline: &Pipeline, text: &str) -> String {
    String::from_utf8(pipeline.run(text.as_bytes()).unwrap()).unwrap()
}

/// Asserts that a list of passes makes one text of the other, and then has nothing more to do.
#[track_caller]
fn makes(list: &str, cases: &[(&str, &str)]) {
    let pipeline = passes(list);
    for (before, after) in cases {
        assert_eq!(normalized(&pipeline, before), *after, "{list}: {before:?}");
        assert_eq!(normalized(&pipeline, after), *after, "{list}, again: {after:?}");
    }
}

#[track_caller]
fn leaves(list: &str, texts: &[&str]) {
    let cases: Vec<_> = texts.iter().map(|text| (*text, *text)).collect();
    makes(list, &cases);
}

#[test]
fn code_points_without_meaning() {
    makes("control", &[("甲\0\u{7}乙\u{7F}\u{FEFF}\u{FFFE}丙\u{C}", "甲乙丙")]);
    leaves("control", &["甲\t乙\r\n丙\u{85}丁\u{2028}戊\u{2029}"]);
    leaves("control=form-feed", &["甲\u{C}乙"]);
    makes("zero-width", &[("甲\u{200B}乙\u{2060}a\u{AD}丙", "甲乙a丙")]);
    leaves("zero-width", &["👨\u{200D}👩", "क\u{200D}ष", "می\u{200C}خواهم", "soft\u{AD}hyphen"]);
    makes("nfc", &[("e\u{301}\u{1100}\u{1161}か\u{3099}", "é가が"), ("豈e\u{301}金", "豈é金")]);
    leaves("nfc", &["豈金\u{FA0E}，：①㎡…"]);
    makes("compat", &[("豈金\u{2F800}", "豈金丽")]);
    leaves(
        "compat",
        &[
            "\u{FA0E}\u{FA0F}\u{FA11}\u{FA13}\u{FA14}\u{FA1F}\u{FA21}\u{FA23}\u{FA24}\u{FA27}\u{FA28}\u{FA29}",
        ],
    );
    makes("radicals", &[("⼀⽇", "一日"), ("⻢上", "马上")]);
    leaves("radicals", &["⼀", "部首 ⽇ 的"]);
    makes(
        "width",
        &[
            ("１２Ａｚ", "12Az"),
            ("ｶﾞﾊﾟｱ", "ガパア"),
            ("︵甲︶﹁乙﹂﹐", "（甲）「乙」，"),
            ("３．１４", "3.14"),
        ],
    );
    leaves("width", &["，。：；！？（）％＋～／"]);
    makes("width-symbols", &[("１＋２＝３％＠", "１+２=３%@")]);
    leaves("width-symbols", &["甲／乙～，。（）"]);
}

#[test]
fn marks_that_chinese_prose_owns() {
    makes(
        "punct",
        &[
            ("你好,世界!", "你好，世界！"),
            ("(以下简称甲),乙;丙:丁?", "（以下简称甲），乙；丙：丁？"),
            ("来源:人民网 12:30", "来源：人民网 12:30"),
            ("支持Windows,然后,macOS等。", "支持Windows，然后，macOS等。"),
            ("他说, 你好. 然后", "他说，你好。然后"),
            ("什么?!真的???", "什么？！真的？？？"),
            ("WHO(世界卫生组织)说", "WHO（世界卫生组织）说"),
            ("世界卫生组织(WHO)说", "世界卫生组织（WHO）说"),
            ("共1,000元,占3.14%,在2023-12-05,见12:30", "共1,000元，占3.14%，在2023-12-05，见12:30"),
            ("见https://a.cn/b,c?d,好", "见https://a.cn/b,c?d，好"),
            ("（甲)和(乙）", "（甲）和（乙）"),
            ("甲) (乙),丙", "甲) （乙），丙"),
        ],
    );
    leaves(
        "punct",
        &[
            "1,000 3.14 12:30 10:1 v1.2.3",
            "Hello, world! (Yes.) e.g. this; that: those?",
            "The word 中文, in English, is (very) short.",
            "你好:) :-D",
            "1. 第一\n2. 第二",
            "标题: 你好",
            "key: 值",
            "name, 姓名".split_at(4).0,
            "姓名,年龄,城市",
            "| 甲 | 乙, 丙 |",
            "print(\"你好, 世界\")",
            "let 名 = f(标题, 内容);",
            "```\n你好, 世界\n```",
            "---\ntitle: 你好, 世界\n---",
            "`你好, 世界`",
            "[甲](a(1).md) ![乙](b,c.png)",
            "文件.txt 第1.2节 约翰.史密斯",
            "函数f(x,y)的",
            "Yahoo!奇摩",
        ],
    );
}

#[test]
fn quotes_go_by_pairs_and_depth() {
    let tw = [
        ("他说“好”", "他说「好」"),
        ("“外‘内“最内”’”", "「外『内「最内」』」"),
        ("“第一段\n\n“第二段\n\n“第三段”", "「第一段\n\n「第二段\n\n「第三段」"),
        ("“硬折\n行”", "「硬折\n行」"),
        ("O’Neill说“students’ 的‘好’”", "O’Neill说「students’ 的『好』」"),
        ("“甲”和“乙", "「甲」和“乙"),
        ("乙”和“甲”", "乙”和“甲”"),
        ("他喜欢“Hello”", "他喜欢「Hello」"),
    ];
    makes("quotes=tw", &tw);
    leaves(
        "quotes=tw",
        &["He said “hi” and ‘bye’.", "5′6″ ’90s rock ’n’ roll", "“甲", "`“甲”`", "甲’乙”丙"],
    );
    let back = [("他说「好」", "他说“好”"), ("「外『内「最内」』」", "“外‘内“最内”’”")];
    makes("quotes=cn", &back);
    makes("ascii-quotes,quotes=cn", &[("他说\"好\"吧", "他说“好”吧")]);
    leaves("ascii-quotes,quotes=cn", &["屏幕5\"大", "{\"键\": \"值\"}", "say \"hi\""]);
}

#[test]
fn marks_that_are_made_of_several() {
    makes(
        "ellipsis",
        &[("好...", "好……"), ("好。。。", "好……"), ("好…吧", "好……吧"), ("好⋯⋯吧", "好……吧")],
    );
    leaves("ellipsis", &["wait...", "../a", "第一章........12", "好……"]);
    makes("dash", &[("好--吧", "好——吧"), ("好──吧", "好——吧")]);
    leaves("dash", &["--flag", "---", "北京—上海", "10--20", "a--b", "好——吧"]);
    makes("interpunct", &[("约翰‧史密斯•琼斯", "约翰·史密斯·琼斯")]);
    leaves("interpunct", &["• 列表", "ジョン・スミス", "約翰・スミス"]);
    makes("repeat=1", &[("好！！！！", "好！")]);
    makes("repeat", &[("好！！！！", "好！！！")]);
    leaves("repeat=1", &["真的？！"]);
}

#[test]
fn blanks() {
    makes("spaces", &[("好。  \t\n", "好。\n"), ("今天 天气很好，", "今天天气很好，")]);
    leaves(
        "spaces",
        &["\u{3000}\u{3000}段落，", "换行，  \n好", "床前明月光 疑是地上霜，", "甲\t乙\t丙"],
    );
    makes(
        "spacing",
        &[("用Rust写的3个", "用 Rust 写的 3个"), ("在https://a.cn看", "在 https://a.cn 看")],
    );
    leaves("spacing", &["2023年12月5日", "20%", "3°"]);
    makes("spacing=remove", &[("用 Rust 写", "用Rust写")]);
}

#[test]
fn the_region_of_a_conversion_decides_its_quotes() {
    for (config, list, before, after) in [
        ("t2s", "cn", "他說:「頭髮」", "他说：“头发”"),
        ("s2tw", "tw", "他说:“头发”", "他說：「頭髮」"),
        ("s2hk", "cn", "他说:“头发”", "他説：「頭髮」"),
        ("s2tw", "quotes=cn", "他说「头发」", "他說“頭髮”"),
        ("t2s", "clean", "他說:「頭髮」", "他说：「头发」"),
    ] {
        let pipeline =
            Pipeline::new(Converter::new(config).unwrap()).normalize(list.parse().unwrap());
        assert_eq!(normalized(&pipeline, before), after, "{config} {list}");
    }
    assert!(Pipeline::without_conversion().normalize("quotes".parse().unwrap()).lacks_region());
}

#[test]
fn what_is_protected_is_neither_normalized_nor_converted() {
    let protection =
        Protection::none().pattern("【.*?】").unwrap().keep(["范冰冰", "头发"]).unwrap();
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap())
        .protect(protection)
        .normalize("clean".parse().unwrap());
    assert_eq!(
        normalized(&pipeline, "范冰冰,范围【发,后】头发`头,发`https://a.cn/发"),
        "范冰冰，範圍【发,后】头发`头,发`https://a.cn/发",
    );
    let exact = Pipeline::new(Converter::new("s2t").unwrap());
    assert_eq!(normalized(&exact, "`发`,#发#"), "`發`,#發#");
    assert_eq!(normalized(&exact.protect(Protection::common()), "`发`,#发#,发"), "`发`,#发#,發");
}

/// Texts of many pieces that mean something to some pass.
fn texts(count: usize) -> impl Iterator<Item = String> {
    const PIECES: [&str; 84] = [
        "你好",
        "世界",
        "头发",
        "the",
        "Rust",
        "O’Neill",
        "1",
        "23",
        "3.14",
        "1,000",
        "12:30",
        ",",
        ".",
        ";",
        ":",
        "!",
        "?",
        "(",
        ")",
        ", ",
        ". ",
        ": ",
        "“",
        "”",
        "‘",
        "’",
        "「",
        "」",
        "『",
        "』",
        "\"",
        "'",
        "，",
        "。",
        "：",
        "！",
        "（",
        "）",
        "、",
        "...",
        "…",
        "……",
        "。。。",
        "--",
        "—",
        "——",
        "──",
        "\n",
        "\n",
        "\n\n",
        "  ",
        " ",
        "\t",
        "\u{3000}",
        "１２",
        "Ａ",
        "ｶﾞ",
        "︵",
        "⼀",
        "⽇",
        "\u{200B}",
        "\u{AD}",
        "\0",
        "豈",
        "e\u{301}",
        "`",
        "```",
        "<b>",
        "&amp;",
        "https://a.cn/b",
        "a@b.cn",
        "#好#",
        "{x}",
        "%s",
        "$x$",
        "|",
        "·",
        "•",
        "‧",
        "％",
        "＝",
        "！！！！",
        "=",
        "[x](y)",
    ];
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % below as u64).unwrap()
    };
    (0..count).map(move |_| {
        let len = 1 + next(24);
        (0..len).map(|_| PIECES[next(PIECES.len())]).collect()
    })
}

fn ideographs(text: &str) -> usize {
    // A radical, or a compatibility ideograph, may become an ideograph.
    text.chars().filter(|c| matches!(c, '\u{2E80}'..='\u{2FDF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')).count()
}

/// Real text: the samples, as they are and with their marks made ASCII.
fn samples() -> impl Iterator<Item = String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/sample");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let texts: Vec<String> = files.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(texts.len() >= 6);
    texts.into_iter().flat_map(|text| {
        let marks = [("，", ","), ("。", "."), ("：", ":"), ("；", ";"), ("？", "?"), ("！", "!")];
        let marks = marks.into_iter().chain([("（", "("), ("）", ")"), ("……", "...")]);
        let harmed = marks.fold(text.clone(), |text, (wide, narrow)| text.replace(wide, narrow));
        [text, harmed]
    })
}

#[test]
fn passes_are_idempotent_and_keep_every_ideograph() {
    let mut lists: Vec<String> = Pass::ALL
        .iter()
        .map(|pass| {
            if pass.name().contains("quotes") {
                format!("{pass}=tw")
            } else {
                pass.name().to_owned()
            }
        })
        .collect();
    lists.extend(["clean", "cn", "tw", "corpus"].map(str::to_owned));
    lists.push(
        "cn,nfc,compat,width-symbols,spaces,ascii-quotes,interpunct,repeat,spacing".to_owned(),
    );
    lists.push("tw,characters".to_owned());
    for list in lists {
        let pipeline = passes(&list);
        for text in texts(20_000).chain(samples()) {
            let once = normalized(&pipeline, &text);
            let twice = normalized(&pipeline, &once);
            assert_eq!(twice, once, "{list}: {text:?}");
            assert_eq!(ideographs(&once), ideographs(&text), "{list}: {text:?}");
        }
    }
}

#[test]
fn a_row_of_marks_is_done_at_once() {
    makes(
        "punct,repeat",
        &[(&format!("甲{}", ",;:".repeat(40)), &format!("甲{}", "，；：".repeat(40)))],
    );
    makes("punct,repeat", &[(&format!("甲，{}", ",".repeat(40)), "甲，，，")]);
    makes("punct,repeat", &[(&format!("),{}甲", ",".repeat(40)), ")，，，甲")]);
    for (before, after) in [("甲", ""), ("", "甲")] {
        let row = |pair: &str| format!("{before}{}{after}", pair.repeat(40));
        makes("ascii-quotes=cn", &[(&row("\"\""), &row("“”"))]);
    }
}

#[test]
fn what_makes_code_of_the_lines_below_stays() {
    leaves("cn", &["$$\0\n$$\n忹:"]);
    makes("cn", &[("\u{200B}```\n甲,乙\n```\n甲,乙", "\u{200B}```\n甲，乙\n```\n甲,乙")]);
}

#[test]
fn what_a_stranger_found() {
    leaves(
        "cn",
        &[
            "生气了(╯‵□′)╯︵┻━┻ 掀桌",
            "好难过:-( 真的;)呵呵 :)) 哭:((",
            "链接 https://example.com/路径/页面?q=中文&x=1",
            "见https://zh.wikipedia.org/wiki/中国(大陆)",
            "下载 https://example.com/文件(1).pdf 谢谢",
            "He visited 北京, 上海, and 广州. Then he left.",
            "Beijing (北京), Shanghai (上海): two cities...",
            "The Great Wall (长城), built long ago, is big. It is in 中国.",
            "日本語の文章です。彼は「はい」と言った。これは“引用”です。",
            "彼は(笑)と言った,そして去った.",
            "\\begin{verbatim}\n代码,中文\n\\end{verbatim}",
            "SELECT 姓名,年龄 FROM 用户;",
            "[ref]: https://example.com \"标题,文字\"",
            "![x](<图 (一),二.png>)",
            "“没有闭合的引号，他说。\n她说：“你好。”他笑了。\n他说多了一个”。",
        ],
    );
    makes(
        "cn",
        &[
            ("电话:(010)1234-5678", "电话：(010)1234-5678"),
            ("１２：３０开会，共１，０００元", "12:30开会，共1,000元"),
            ("ＡＢＣ＠ｄ．ｃｏｍ好", "ABC@d.com好"),
            ("甲︵乙︶", "甲（乙）"),
            ("微软(中国)成立于1995年(见注1).", "微软（中国）成立于1995年（见注1）。"),
            ("他走了 , 好 !", "他走了，好！"),
            ("\u{1B}[31m红\u{1B}[0m", "红"),
            ("~~~好开心~~~\n他说:好,谢谢!", "~~~好开心~~~\n他说：好，谢谢！"),
            ("他说﹁好﹂“。", "他说“好”“。"),
        ],
    );
}

#[test]
fn what_protects_a_span_is_not_taken_away() {
    // Without what stands between them, two backticks would close nothing.
    leaves("control", &["`\u{1B}`\u{1B}`"]);
    makes("control,punct", &[("甲\u{1B}乙,`\u{1B}`\u{1B}`", "甲乙，`\u{1B}`\u{1B}`")]);
}

#[test]
fn changes_tell_all_that_was_changed() {
    let pipeline = passes("cn").keep_changes(true);
    for text in texts(20_000) {
        let (output, summary) = pipeline.whole(text.as_bytes()).unwrap();
        let is_told = summary.changes.iter().any(|change| change.after.is_some());
        assert_eq!(is_told, output != text.as_bytes(), "{text:?}");
        for change in &summary.changes {
            let place = usize::try_from(change.offset).unwrap();
            let before = &text[..place];
            assert_eq!(change.line, before.matches('\n').count() as u64 + 1, "{text:?}");
            let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!(change.column, column as u64, "{text:?}");
        }
    }
}

#[test]
fn a_stream_gives_what_the_whole_gives() {
    let whole = Pipeline::new(Converter::new("s2tw").unwrap()).normalize("tw".parse().unwrap());
    let mut text: String = texts(3000).map(|text| text + "\n").collect();
    // Lines that are longer than a block, too.
    text += &"“头发,后面”。a,b ".repeat(60_000);
    text += &texts(2000).collect::<String>();
    let expected = whole.run(text.as_bytes()).unwrap();
    for (threads, step) in [(1, usize::MAX), (2, 70_001), (2, 1 << 20)] {
        let mut output = Vec::new();
        let input = Steps { bytes: text.as_bytes(), step };
        whole.stream(input, &mut output, threads.try_into().unwrap()).unwrap();
        assert!(output == expected, "{threads} {step}");
    }
}

#[test]
fn a_line_without_a_stop_is_cut_between_characters() {
    let pipeline = passes("cn");
    for head in ["", "a", "ab", "中,"] {
        let text = head.to_owned() + &"中".repeat(400_000);
        let expected = pipeline.run(text.as_bytes()).unwrap();
        assert_eq!(expected.len(), text.len() + if head.ends_with(',') { 2 } else { 0 });
        for step in [usize::MAX, 70_001] {
            let mut output = Vec::new();
            let input = Steps { bytes: text.as_bytes(), step };
            pipeline.stream(input, &mut output, 1.try_into().unwrap()).unwrap();
            assert!(output == expected, "{head} {step}");
        }
    }
}

/// Gives so many bytes in a read.
struct Steps<'a> {
    bytes: &'a [u8],
    step: usize,
}

impl std::io::Read for Steps<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.step.min(buffer.len()).min(self.bytes.len());
        buffer[..len].copy_from_slice(&self.bytes[..len]);
        self.bytes = &self.bytes[len..];
        Ok(len)
    }
}

#[test]
fn a_stream_with_bytes_that_are_no_text_gives_what_the_whole_gives() {
    let pipeline = passes("tw").on_invalid(OnInvalid::Keep);
    let mut bytes = Vec::new();
    for (at, text) in texts(3000).enumerate() {
        bytes.extend_from_slice(text.as_bytes());
        if at % 3 == 0 {
            bytes.push(0xFF);
        }
        if at % 2 == 0 {
            bytes.push(b'\n');
        }
    }
    let expected = pipeline.run(&bytes).unwrap();
    assert_eq!(
        expected.iter().filter(|&&byte| byte == 0xFF).count(),
        bytes.iter().filter(|&&byte| byte == 0xFF).count()
    );
    for (threads, step) in [(1, 1000), (2, 70_001), (2, 1 << 20)] {
        let mut output = Vec::new();
        let input = Steps { bytes: &bytes, step };
        pipeline.stream(input, &mut output, threads.try_into().unwrap()).unwrap();
        assert!(output == expected, "{threads} {step}");
    }
}

#[test]
fn protected_text_is_the_same_bytes_afterwards() {
    let spans = [
        "https://a.cn/b,c?d=1",
        "a.b@c.com",
        "/usr/bin/a.b",
        "1,000",
        "12:30",
        "v1.2.3-beta",
        "`头发, 后面...`",
        "{name}",
        "%s",
        "<b title=\"头发, 后\">",
        "#春节,头发#",
        ":-)",
        "](a,头.md)",
    ];
    let marked = Protection::none().pattern("⟦[^⟧]*⟧").unwrap();
    let mut rng = Rng::named(7, "protected");
    for list in ["cn", "tw,spaces,spacing,ascii-quotes,nfc,compat,width-symbols,repeat,interpunct"]
    {
        let passes: Passes = list.parse().unwrap();
        let converter = Converter::new("s2twp").unwrap();
        let by_pattern = Pipeline::new(converter.clone()).normalize(passes).protect(marked.clone());
        let common = Pipeline::new(converter).normalize(passes);
        for (text, within) in texts(10_000).zip(texts(20_000).skip(10_000)) {
            let within: String = within.chars().filter(|&c| c != '\n' && c != '⟧').collect();
            let text = text.replace(['⟦', '⟧'], "");
            let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(at, _)| at);
            let (before, behind) = text.split_at(middle);
            let result = normalized(&by_pattern, &format!("{before}⟦{within}⟧{behind}"));
            assert!(result.contains(&format!("⟦{within}⟧")), "{list}: {text:?} {within:?}");
            // A blank on both sides: what touches a span may belong to it.
            let span = rng.word(&spans);
            let result = normalized(&common, &format!("头发, {span} 后面,里面"));
            assert!(result.contains(span), "{list}: {span:?} in {result:?}");
        }
    }
}

/// What the rules of other tools make of one sentence each, and what ours make of it. Where we differ, a reason is given.
#[test]
fn other_editors_rules() {
    let pipeline = passes("cn,ascii-quotes,spaces,spacing");
    let table = include_str!("golden/editors.tsv");
    let mut rows = table.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(rows.next(), Some("tool\trule\tinput\ttheirs\tours\twhy"));
    let mut counts = [0, 0];
    for row in rows {
        let fields: Vec<&str> = row.split('\t').collect();
        let [_, rule, input, theirs, ours, why] = fields[..] else { panic!("six fields: {row}") };
        let result = normalized(&pipeline, &input.replace("\\n", "\n")).replace('\n', "\\n");
        assert_eq!(result, ours, "{rule}");
        assert_eq!(ours == theirs, why.is_empty(), "{rule}: a reason, if we differ");
        counts[usize::from(ours == theirs)] += 1;
    }
    assert!(counts[0] > 30 && counts[1] > 60, "{counts:?}");
}

#[test]
fn quotes_come_back() {
    let (tw, cn) = (passes("quotes=tw"), passes("quotes=cn"));
    for text in ["“甲‘乙’丙”丁“戊”", "“段\n\n“段”\n“‘甲’”", "他说：“‘一带一路’倡议”，O’Neill"]
    {
        let there = normalized(&tw, text);
        assert!(there != text);
        assert_eq!(normalized(&cn, &there), text);
    }
}

#[test]
fn lists_of_passes_are_read_strictly() {
    for (list, told) in [
        ("punkt", "did you mean 'punct'"),
        ("quotes=us", "cn, tw or hk"),
        ("repeat=0", "a number from 1 to 1000"),
        ("dash=x", "nothing behind the name"),
        ("spacing=maybe", "add or remove"),
    ] {
        let error = list.parse::<Passes>().unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let passes: Passes = "cn".parse::<Passes>().unwrap().without("dash,quotes").unwrap();
    assert!(passes.has(Pass::Punct) && !passes.has(Pass::Dash) && !passes.has(Pass::Quotes));
}

#[test]
fn the_command_normalizes_checks_and_reports() {
    let dir = Dir::new();
    assert_eq!(dir.pipe("normalize", "好,１２\n").succeeds(), "好，12\n");
    assert_eq!(dir.pipe("convert t2s -n cn", "「頭髮」,\n").succeeds(), "“头发”，\n");
    assert_eq!(
        dir.pipe("convert t2s -n cn --no-pass punct,quotes", "「頭髮」,\n").succeeds(),
        "「头发」,\n"
    );
    assert_eq!(
        dir.pipe("convert s2t --keep 头发 --protect a+", "头发aa发\n").succeeds(),
        "头发aa髮\n".replace('髮', "發")
    );
    dir.file("names.txt", "# 名字\n范冰冰\n\n");
    assert_eq!(
        dir.pipe("convert s2t --keep-list names.txt", "范冰冰范围\n").succeeds(),
        "范冰冰範圍\n"
    );
    dir.file("a.txt", "甲\n乙,“\n丙").file("b.txt", "好，\n");
    let run = dir.run("normalize --check -n cn a.txt b.txt");
    assert_eq!(run.code, Some(1));
    let told = String::from_utf8(run.stdout).unwrap();
    assert_eq!(
        told,
        "a.txt:2:2: punct: , → ，\na.txt:2:3: quotes: “ has no partner, and was left\n"
    );
    let run = dir.run("normalize --check -n cn --message-format github a.txt");
    assert!(
        String::from_utf8(run.stdout)
            .unwrap()
            .starts_with("::warning file=a.txt,line=2,col=2,title=jianfan punct::, → ，\n")
    );
    let run = dir.run("normalize --check -n cn --message-format sarif a.txt b.txt");
    let log: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results.len(), results[0]["ruleId"].as_str()), (2, Some("punct")));
    let report = dir.path("r.jsonl");
    dir.run(&format!("normalize -w -q a.txt --report jsonl={}", shown(&report))).succeeds();
    let lines: Vec<serde_json::Value> =
        dir.text("r.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["change"], "punct");
    assert_eq!((&lines[0]["offset"], &lines[0]["length"]), (&7.into(), &1.into()));
    assert_eq!(lines[1]["outcome"], "changed");
    assert_eq!(dir.text("a.txt"), "甲\n乙，“\n丙");
    dir.run("normalize -n quotes a.txt").fails_telling(&["needs a region", "quotes=tw"]);
    dir.run("normalize -n punkt a.txt").fails_telling(&["did you mean 'punct'", "list passes"]);
    dir.run("normalize --protect ( a.txt").fails_telling(&["bad pattern"]);
    assert!(dir.run("list passes").succeeds().contains("zero-width"));
}

/// Such text looks like ASCII, and is lost without the characters that switch its charset.
#[test]
fn text_of_seven_bits_keeps_what_switches_its_charset() {
    let dir = Dir::new();
    let texts: [&[u8]; 3] = [
        b"\x1b$BF|K\\8l$N%F%-%9%H\x1b(B\n",
        b"\x1b$)C\n\x0eGQ1[\x0f abc\n",
        b"\x1b$)A\n\x0eVPND\x0f\n",
    ];
    for (at, text) in texts.iter().enumerate() {
        let name = format!("{at}.txt");
        dir.file(&name, text);
        dir.run(&format!("normalize -w -n cn {name}")).succeeds();
        assert_eq!(dir.read(&name), *text);
    }
}
