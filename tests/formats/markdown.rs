//! Markdown: its text is converted, and the tree that a parser makes of it is the same as before.

use jianfan::Converter;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use pulldown_cmark::{Event, Options as Extensions, Parser, Tag, TagEnd};

use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled, suite};
use crate::support::command::Dir;

#[test]
fn text_is_converted_and_all_else_stays() {
    let markdown = format("markdown");
    for (document, result) in [
        ("# 头发 {#发}\n\n头发里\n===\n", "# 頭髮 {#发}\n\n頭髮裡\n===\n"),
        ("- [ ] 面条\n- [x] 里面\n  1. 内存\n", "- [ ] 麵條\n- [x] 裡面\n  1. 記憶體\n"),
        ("> 头发\n> 里面\n头发\n", "> 頭髮\n> 裡面\n頭髮\n"),
        (
            "| 内存 | `发` |\n|--|:-:|\n| 头发\\|里 | 发 |\n",
            "| 記憶體 | `发` |\n|--|:-:|\n| 頭髮\\|裡 | 發 |\n",
        ),
        // Code and math stay; comments too.
        (
            "`头发`发``发` ``\n\n    头发\n\n```发\n头发\n```\n",
            "`头发`發``发` ``\n\n    头发\n\n```发\n头发\n```\n",
        ),
        ("头<b title=\"头发\">发</b><!-- 头发 -->里", "頭<b title=\"頭髮\">髮</b><!-- 头发 -->裡"),
        ("按<kbd>发</kbd>发", "按<kbd>发</kbd>發"),
        ("发$发$里\n\n$$\n头发\n$$\n", "發$发$裡\n\n$$\n头发\n$$\n"),
        // Links and what they lead to.
        ("[头发](发.html \"头发\")里", "[頭髮](发.html \"頭髮\")裡"),
        ("![头发](发.png '头\\'发' )里", "![頭髮](发.png '頭\\'發' )裡"),
        ("[发](x \"\\[内存\\](x)&amp;内&#23384;\")", "[發](x \"\\[記憶體\\](x)&amp;記憶體\")"),
        ("[头发](<发 里> (头发))", "[頭髮](<发 里> (頭髮))"),
        (
            "<https://发.cn/头发> https://a.cn/头发，里面 https://a.cn里面",
            "<https://发.cn/头发> https://a.cn/头发，裡面 https://a.cn裡面",
        ),
        ("[头发][发]里\n\n[发]: /发 \"头发\"\n", "[頭髮][发]裡\n\n[发]: /发 \"頭髮\"\n"),
        ("发[^发]里\n\n[^发]: 头发\n    里面\n", "發[^发]裡\n\n[^发]: 頭髮\n    裡面\n"),
        ("[[头发]]和[[头发|头发]] [^头发]", "[[头发]]和[[头发|頭髮]] [^头发]"),
        // A reference by its text is given its label.
        (
            "[发展]、[发展][]、[中文]\n\n[发展]: /发\n[中文]: /x\n",
            "[發展][发展]、[發展][发展]、[中文]\n\n[发展]: /发\n[中文]: /x\n",
        ),
        ("![发展]里\n\n[发展]: /发\n", "![發展][发展]裡\n\n[发展]: /发\n"),
        // Escapes and entities.
        ("头\\*发&amp;发\\发&#21457;", "頭\\*發&amp;發\\發發"),
        ("&#22836;&#21457; 内&#23384;", "頭髮 記憶體"),
        // Front matter stays.
        ("---\ntitle: 头发\n---\n头发", "---\ntitle: 头发\n---\n頭髮"),
        ("+++\ntitle = \"头发\"\n+++\n头发", "+++\ntitle = \"头发\"\n+++\n頭髮"),
        ("---\n\n头发\n\n---\n", "---\n\n頭髮\n\n---\n"),
        // GitHub's and others' blocks.
        ("> [!NOTE]\n> 头发\n", "> [!NOTE]\n> 頭髮\n"),
        ("::: tip 头发\n里面\n:::\n", "::: tip 頭髮\n裡面\n:::\n"),
        ("头发\n: 里面\n", "頭髮\n: 裡面\n"),
    ] {
        assert_eq!(converted("s2twp", &markdown, document), result);
        assert_eq!(tree(document), tree(result), "{document}");
        let pragmas = format!("<!-- jianfan:off -->\n\n{document}\n\n<!-- jianfan:on -->\n\n发\n");
        let kept = format!("<!-- jianfan:off -->\n\n{document}\n\n<!-- jianfan:on -->\n\n發\n");
        if !document.contains("\n---") && !document.contains("+++") {
            assert_eq!(converted("s2twp", &markdown, &pragmas), kept);
        }
    }
}

#[test]
fn html_is_converted_as_pages_are() {
    let markdown = format("markdown");
    for (document, result) in [
        (
            "<div title=\"发\" data-x=\"发\">\n头发\n</div>\n\n头发\n",
            "<div title=\"發\" data-x=\"发\">\n頭髮\n</div>\n\n頭髮\n",
        ),
        (
            "<h1 align=center>头<b>发</b></h1>\n<p>\n  内<i>存</i><br>里\n</p>\n",
            "<h1 align=center>頭<b>髮</b></h1>\n<p>\n  記憶體<i></i><br>裡\n</p>\n",
        ),
        (
            "<details>\n<summary>头发</summary>\n\n**头**发\n\n```\n发\n```\n</details>\n",
            "<details>\n<summary>頭髮</summary>\n\n**頭**髮\n\n```\n发\n```\n</details>\n",
        ),
        (
            "<table>\n<tr><td>头</td><td>发&#21457;</td></tr>\n</table>\n",
            "<table>\n<tr><td>頭</td><td>發&#30332;</td></tr>\n</table>\n",
        ),
        (
            "<center><img src=\"发.png\" alt=\"头发\"><a href='#发'>发</a></center>\n",
            "<center><img src=\"发.png\" alt=\"頭髮\"><a href='#发'>發</a></center>\n",
        ),
        // What is no prose there.
        (
            "<pre>\n头发\n\n头发</pre>\n\n<!-- 头发\n\n发 -->\n\n<script>\n'发'\n\n</script>\n头发\n",
            "<pre>\n头发\n\n头发</pre>\n\n<!-- 头发\n\n发 -->\n\n<script>\n'发'\n\n</script>\n頭髮\n",
        ),
        ("<div><code>发</code>发</div>\n", "<div><code>发</code>發</div>\n"),
        (
            "<?php 发 > 发 ?>\n\n<!DOC 发>\n\n<![CDATA[发>发]]>\n",
            "<?php 发 > 发 ?>\n\n<!DOC 发>\n\n<![CDATA[发>发]]>\n",
        ),
        // Not to be translated, also where Markdown goes on between the tags.
        (
            "<div class=\"notranslate\">\n头发\n\n头发\n- [发](发 \"发\")\n\n</div>\n\n头发\n",
            "<div class=\"notranslate\">\n头发\n\n头发\n- [发](发 \"发\")\n\n</div>\n\n頭髮\n",
        ),
        (
            "发<span translate=\"no\">发**发**</span>发",
            "發<span translate=\"no\">发**发**</span>發",
        ),
        ("<p lang=ja>\n发\n</p>\n发\n", "<p lang=ja>\n发\n</p>\n發\n"),
        // What is not closed keeps its own block, or paragraph.
        ("<div translate=no>\n发\n\n发\n", "<div translate=no>\n发\n\n發\n"),
        ("发<code>发\n\n发\n", "發<code>发\n\n發\n"),
        (
            "<div>\n头发\n<span class=\"ignore-opencc\"",
            "<div>\n頭髮\n<span class=\"ignore-opencc\"",
        ),
        // In quotes and lists.
        (
            "> <div>\n> 头发<img\n> title=\"里\" src=\"发\">\n> </div>\n\n- <p>头\n  发<i>发</i></p>\n",
            "> <div>\n> 頭髮<img\n> title=\"裡\" src=\"发\">\n> </div>\n\n- <p>頭\n  發<i>發</i></p>\n",
        ),
        // Within a paragraph.
        (
            "头<img src=\"发\" alt=\"头发\">发<br title='里'>里<a href=\"发\" aria-label=里>发</a>",
            "頭<img src=\"发\" alt=\"頭髮\">發<br title='裡'>裡<a href=\"发\" aria-label=裡>發</a>",
        ),
        ("| <img alt=\"内存\"> |\n|--|\n", "| <img alt=\"記憶體\"> |\n|--|\n"),
        (
            "<ruby>头<rp>(</rp><rt>tóu</rt><rp>)</rp>**发**<rt>发</ruby>里\n\n发<rt>头\n\n发",
            "<ruby>頭<rp>(</rp><rt>tóu</rt><rp>)</rp>**髮**<rt>發</ruby>裡\n\n發<rt>頭\n\n發",
        ),
        // Where a program may read Markdown.
        (
            "<div markdown=\"1\">\n[头发](发.md \"发\") `发`（发）` 发\n</div>\n",
            "<div markdown=\"1\">\n[頭髮](发.md \"發\") `发`（發）` 發\n</div>\n",
        ),
    ] {
        assert_eq!(converted("s2twp", &markdown, document), result);
        assert_eq!(tree(document), tree(result), "{document}");
        keeps_the_laws(&markdown, document);
    }
    // A line does not become a blank one, nor something else than it was.
    let passes = "clean,width-symbols,spacing,cn";
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap())
        .normalize(passes.parse().unwrap())
        .formats(format("markdown"));
    for document in [
        "<div>\n　\n**头发**\n</div>\n",
        "<div>\n\u{200B}\n**头发**\n</div>\n",
        "文<img alt=\"\n＃ 头发\">\n",
        "| <img alt=\"头｜发\"> |\n|--|\n",
        "`文<img alt=\"头｀发\">\n",
        "<p>＜b＞头发＆amp；</p>\n",
    ] {
        let result = String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap();
        assert_eq!(tree(document), tree(&result), "{document}\n{result}");
    }
}

#[test]
fn a_block_of_html_becomes_what_a_page_becomes() {
    const TAGS: [&str; 16] = [
        "<b>",
        "</b>",
        "<p>",
        "</p>",
        "<br>",
        "<img alt='头发' src='发'>",
        "<a title=发>",
        "</a>",
        "<code>",
        "</code>",
        "\n",
        "\n  ",
        "<span translate=no>",
        "</span>",
        "<td>",
        "&#21457;",
    ];
    let mut random = Random::new(21);
    for round in 0..600 {
        let text = SENTENCES[round % SENTENCES.len()];
        let document = format!("<div>{}</div>\n", sprinkled(&mut random, text, &TAGS, 3));
        let page = converted("s2twp", &format("html"), &document);
        assert_eq!(converted("s2twp", &format("markdown"), &document), page);
        is_in_order(&format("markdown"), &document);
        // And in a quote.
        let quote = |html: &str| html.lines().map(|line| format!("> {line}\n")).collect::<String>();
        if !document.lines().any(|line| line.trim().is_empty()) {
            assert_eq!(converted("s2twp", &format("markdown"), &quote(&document)), quote(&page));
        }
    }
}

#[test]
fn what_is_indented_below_a_box_is_no_code() {
    let markdown = format("markdown");
    for (document, result) in [
        (
            "!!! note \"头发\"\n\n    头发\n\n    - 发\n\n        发\n\n发\n\n    发\n",
            "!!! note \"頭髮\"\n\n    頭髮\n\n    - 發\n\n        發\n\n發\n\n    发\n",
        ),
        (
            "=== \"头发\"\n\n    ???+ tip \"发\"\n\n        发\n\n        ```\n        发\n        ```\n",
            "=== \"頭髮\"\n\n    ???+ tip \"發\"\n\n        發\n\n        ```\n        发\n        ```\n",
        ),
        // Nothing is below it, or it is none.
        ("!!! note\n\n发\n\n    发\n", "!!! note\n\n發\n\n    发\n"),
        ("!!! 发\n\n    发\n", "!!! 發\n\n    发\n"),
    ] {
        assert_eq!(converted("s2twp", &markdown, document), result);
        keeps_the_laws(&markdown, document);
    }
    // The quotes around a title are no marks of the text.
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap())
        .normalize("tw,ascii-quotes,spacing".parse().unwrap())
        .formats(markdown);
    let document = "!!! note \"头发\"\n    他说\"头发\"，\n\n=== \"头\"发\"a\"\n\n    发\n";
    let result = "!!! note \"頭髮\"\n    他說「頭髮」，\n\n=== \"頭「發」a\"\n\n    發\n";
    assert_eq!(String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap(), result);
}

#[test]
fn words_go_across_emphasis_and_leave_none_empty() {
    let markdown = format("markdown");
    for (document, result) in [
        ("**头**发", "**頭**髮"),
        ("头*发*", "頭*髮*"),
        ("头[发](x)", "頭[髮](x)"),
        ("~~头~~发", "~~頭~~髮"),
        ("头<b>发</b>", "頭<b>髮</b>"),
        ("**内**存", "**記憶**體"),
        ("内**存**", "記憶**體**"),
        ("**内**__存__", "**記憶**__體__"),
        ("**内**~~存~~条", "**記憶體**~~模~~組"),
        ("[内](x)存", "[記憶體](x)"),
        ("内存**条**", "記憶體模**組**"),
        ("头\n发", "頭\n發"),
        ("头\\\n发  \n里", "頭\\\n發  \n裡"),
    ] {
        assert_eq!(converted("s2twp", &markdown, document), result);
        assert_eq!(tree(document), tree(result), "{document}");
    }
    // Where there are not enough characters the word stays.
    let narrow = "**記****憶****體**，**隨***身*~~碟~~";
    let result = converted("tw2sp", &markdown, narrow);
    assert_eq!(tree(narrow), tree(&result), "{result}");
}

#[test]
fn what_is_put_in_means_nothing_to_markdown() {
    let dir = Dir::new();
    dir.file(
        "own.txt",
        "甲\t*#x*\n乙\t1.<b>\n丙\t-\n丁\t[x](y)\n戊\t>&amp;\n己\t$x$~~y~~\n庚\t===\n",
    );
    for text in [
        "甲",
        "乙乙",
        "丙",
        "文\n庚",
        "文\n丙丙丙",
        "**甲**文",
        "文*甲*文",
        "| 丁 | 丙 |\n|--|--|\n| 戊 | 己 |\n",
        "# 甲\n",
        "- 乙\n- 丁\n",
        "[丁](z \"甲乙\")",
        "![丁](z)",
        "戊 戊",
        "己己",
        "`甲`丙\n> 庚\n> 庚\n",
        "[丁]丁\n\n[丁]: /u\n",
        "丁]丁(丁)",
        "*a*丁~b~",
    ] {
        dir.file("a.md", text);
        let result = dir.run("convert s2t --dict own.txt a.md").succeeds();
        assert_eq!(tree(text), tree(&result), "{text}\n{result}");
    }
}

#[test]
fn passes_keep_the_tree() {
    let passes = "cn,nfc,compat,width-symbols,spaces,ascii-quotes,interpunct,repeat,spacing";
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap())
        .normalize(passes.parse().unwrap())
        .formats(format("markdown"));
    for document in [
        "１．头发\n２．里面\n",
        "＃　头发\n",
        "－ 头发\n",
        "头发\n－－－\n",
        "头发\n＝＝＝\n",
        "＞ 头发",
        "**头发,**abc **头**abc **“头发”**",
        "1.头发",
        "#头发",
        "-头发",
        "发 ** 里**",
        "＊头发＊",
        "［头发］（发）",
        "[头发]（发）",
        "！[头发](x)",
        "发！[头发](x)",
        "[发]：发\n\n[发]: /u\n",
        "发｜发\n－－｜－－\n",
        "　　头发",
        "　　　　头发",
        "a_头发_b ＿头发＿",
        "｀发｀",
        "＜b＞发＜/b＞",
        "～～发～～",
        "发,发[API](x)发",
        "2023年12月5日,头发ABC里面",
        "头发 。里面",
        "＄发＄",
        "＆amp；发",
        "发\\\n发",
        "发＼\n发",
        "| 头发,a|b |\n|--|--|\n",
    ] {
        let result = String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap();
        assert_eq!(tree(document), tree(&result), "{document}\n{result}");
    }
    let result = pipeline.run("发,[API](x)“**里**”".as_bytes()).unwrap();
    assert_eq!(String::from_utf8(result).unwrap(), "發，[API](x)「**裏**」");
}

#[test]
fn a_blank_is_put_in_outside_of_markup() {
    let pipeline = |format: &str| {
        let formats = Formats::named(format, Options::default()).unwrap();
        Pipeline::new(Converter::new("s2twp").unwrap())
            .normalize("spacing".parse().unwrap())
            .formats(formats)
    };
    for (document, result) in [
        ("abc**发**", "abc **發**"),
        ("**abc**发", "**abc** 發"),
        ("发**abc**", "發 **abc**"),
        ("里发**abc**", "裡發 **abc**"),
        ("**发**abc", "**發** abc"),
        ("*abc*发*abc*", "*abc* 發 *abc*"),
        ("**abc**内存~~abc~~", "**abc** 記憶體 ~~abc~~"),
        ("发[abc](x)发", "發 [abc](x) 發"),
        ("***abc***发", "***abc*** 發"),
        ("发***a*b**", "發 ***a*b**"),
        ("发<b>abc</b>发", "發 <b>abc</b> 發"),
        ("<p>发<b>abc</b>发<i>内存</i>a</p>", "<p>發 <b>abc</b> 發<i>記憶體</i> a</p>"),
        // Where there is no outside nothing is put in.
        ("**abc**__发__", "**abc**__發__"),
        ("发**abc*发", "發**abc*發"),
    ] {
        let run = |format: &str| {
            String::from_utf8(pipeline(format).run(document.as_bytes()).unwrap()).unwrap()
        };
        assert_eq!(run("markdown"), result);
        assert_eq!(tree(document), tree(result), "{document}");
        if document.starts_with('<') {
            assert_eq!(run("html"), result);
            assert_eq!(run("xml"), result);
        }
    }
}

#[test]
fn fullwidth_signs_at_random_places_become_no_markup() {
    const SIGNS: [&str; 54] = [
        "＃",
        "＃　",
        "１．",
        "１．　",
        "２）　",
        "－",
        "－　",
        "＋ ",
        "＊",
        "＊＊",
        "＿",
        "＿＿",
        "｀",
        "＜",
        "＞",
        "＞ ",
        "＜b＞",
        "＜/b＞",
        "［",
        "］",
        "（x）",
        "｜",
        "～",
        "～～",
        "＼",
        "＆",
        "＆amp；",
        "＄",
        "！",
        "：",
        "＝",
        "＝＝＝",
        "－－－",
        "　",
        "　　　　",
        "**",
        "*",
        "_",
        "~~",
        "[",
        "](x)",
        "`",
        "\n",
        "\n\n",
        "  \n",
        "\n> ",
        "\n- ",
        "\n| ",
        "<b>",
        "</b>",
        "\n|--|\n",
        "\n<p>",
        "<http://a.cn/",
        "$",
    ];
    let all = "clean,cn,width-symbols,compat,radicals,spaces,ascii-quotes,ellipsis,dash,interpunct,repeat,spacing";
    let pipeline = Pipeline::new(Converter::new("s2twp").unwrap())
        .normalize(all.parse().unwrap())
        .formats(format("markdown"));
    let mut random = Random::new(8);
    let rounds = if cfg!(debug_assertions) { 4000 } else { 100_000 };
    for round in 0..rounds {
        let text = SENTENCES[round % SENTENCES.len()];
        let text: String =
            text.chars().map(|c| if random.below(9) > 0 { c } else { 'a' }).collect();
        let document = sprinkled(&mut random, &text, &SIGNS, 3);
        let result = String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap();
        assert_eq!(tree(&result), tree(&document), "{document}\n=====\n{result}");
    }
}

#[test]
fn values_of_front_matter_are_converted_if_asked_for() {
    let mut options = Options::default();
    options.front_matter = true;
    let markdown = Formats::named("markdown", options).unwrap();
    for (document, result) in [
        (
            "---\ntitle: 头发 # 头发\n发: \"头发\" \nslug: 头发\nimg: /发.png\n---\n发",
            "---\ntitle: 頭髮 # 头发\n发: \"頭髮\" \nslug: 头发\nimg: /发.png\n---\n發",
        ),
        (
            "---\r\ntags:\r\n  - 头发\r\n  - '里面'\r\nx: [发, 里]\r\n# 发\r\n---\r\n",
            "---\r\ntags:\r\n  - 頭髮\r\n  - '裡面'\r\nx: [發, 裡]\r\n# 发\r\n---\r\n",
        ),
        (
            "---\na: >\n  头发\n  里面\nb:\n  c: 发\n...\n发",
            "---\na: >\n  頭髮\n  裡面\nb:\n  c: 發\n...\n發",
        ),
        (
            "+++\ntitle = \"头发\" # 发\nb = '头发'\nc = [\"发\"]\nd = \"头\\u53d1\"\n[发]\n+++\n发",
            "+++\ntitle = \"頭髮\" # 发\nb = '頭髮'\nc = [\"發\"]\nd = \"頭\\u9aee\"\n[发]\n+++\n發",
        ),
        (
            "---\ntags: [头发, \"内\\u5B58\", '头''发', a/发.png, {发: 发, url: 发}] # 发\nx: [\n  发, # 发\n  里\n]\ny: 发\n---\n",
            "---\ntags: [頭髮, \"記憶體\", '頭''發', a/发.png, {发: 發, url: 发}] # 发\nx: [\n  發, # 发\n  裡\n]\ny: 發\n---\n",
        ),
        (
            "---\na: \"头\\\"发\\\\里\\n里\"\nb: 前端/后端\nc: 12\nd: １２\ne: yes\nf: 发.png\ng: \"/img/发\"\naliases: [发]\nh: 头发\n  里面\ni: 发\n---\n",
            "---\na: \"頭\\\"發\\\\裡\\n裡\"\nb: 前端/後端\nc: 12\nd: １２\ne: yes\nf: 发.png\ng: \"/img/发\"\naliases: [发]\nh: 頭髮\n  裡面\ni: 發\n---\n",
        ),
        (
            "+++\na = [\n  \"发\", # \"发\"\n  '里',\n]\nb = {x = \"发\", url = \"发\"}\nc = \"{{ 发 }}发\"\nd = 2024-01-01\n+++\n",
            "+++\na = [\n  \"發\", # \"发\"\n  '裡',\n]\nb = {x = \"發\", url = \"发\"}\nc = \"{{ 发 }}發\"\nd = 2024-01-01\n+++\n",
        ),
        // What has no end.
        ("---\na: [发\nb: 发\n---\n发", "---\na: [发\nb: 发\n---\n發"),
        ("---\na: \"发\nb: 发\\\"\n---\n发", "---\na: \"发\nb: 發\\\"\n---\n發"),
    ] {
        assert_eq!(converted("s2twp", &markdown, document), result);
        keeps_the_laws(&markdown, document);
    }
    // On the command line, and with what would break the scalar.
    let dir = Dir::new();
    dir.file("own.txt", "甲\ta:\"b'#\n");
    dir.file("a.md", "---\na: 甲\nb: '甲'\nc: \"甲\"\n---\n");
    assert_eq!(
        dir.run("convert s2t --dict own.txt --front-matter a.md").succeeds(),
        "---\na: 甲\nb: 'a:\"b''#'\nc: \"a:\\\"b'#\"\n---\n"
    );
}

#[test]
fn tags_of_templates_stay() {
    let markdown = format("markdown");
    for (document, result) in [
        (
            "{{< figure src=\"发.png\" title=\"头发\" >}}\n\n发",
            "{{< figure src=\"发.png\" title=\"头发\" >}}\n\n發",
        ),
        (
            "{{% notice \"发\" %}}\n头发\n{{% /notice %}}\n",
            "{{% notice \"发\" %}}\n頭髮\n{{% /notice %}}\n",
        ),
        ("头{{ 变量 }}发，{{ site.发 | 头_发_里 }}", "頭{{ 变量 }}發，{{ site.发 | 头_发_里 }}"),
        (
            "{% include 发.html %}发[发]({{ site.发 }}/发.html)发",
            "{% include 发.html %}發[發]({{ site.发 }}/发.html)發",
        ),
        ("{{ 发\n发 }} 发", "{{ 发\n发 }} 發"),
        ("**{{ 发 }}**发[{{ 发 }}发](x)", "**{{ 发 }}**發[{{ 发 }}發](x)"),
        // Not where nothing closes them, nor where code writes of them.
        ("写 {{ 头发\n\n}} 头发", "寫 {{ 頭髮\n\n}} 頭髮"),
        ("以 `{{` 和 `}}` 包住头发", "以 `{{` 和 `}}` 包住頭髮"),
        ("写 {{ 就行，如 {{ 发 }} 发", "寫 {{ 就行，如 {{ 发 }} 發"),
        // Code between tags.
        (
            "{% highlight js %}\n// 头发\n\n发\n{% endhighlight %}\n发",
            "{% highlight js %}\n// 头发\n\n发\n{% endhighlight %}\n發",
        ),
        (
            "{{< highlight go >}}\n发\n{{< /highlight >}}发\n",
            "{{< highlight go >}}\n发\n{{< /highlight >}}發\n",
        ),
        ("{% codeblock %}\n发\n", "{% codeblock %}\n發\n"),
        // Attributes.
        ("发{.发 #发}[发](x){title=发} {: .发}\n", "發{.发 #发}[發](x){title=发} {: .发}\n"),
        ("{发}{ .发}", "{發}{ .發}"),
        ("<p>头{{ 发 }}发</p>\n", "<p>頭{{ 发 }}發</p>\n"),
    ] {
        assert_eq!(converted("s2twp", &markdown, document), result);
        assert_eq!(tree(document), tree(result), "{document}");
        keeps_the_laws(&markdown, document);
    }
    let page =
        "<p title=\"{{ '头发' }}发\">{{ '头发' }}头发{% if 发 %}发{% endif %}{{</p><p>}}发</p>";
    let result =
        "<p title=\"{{ '头发' }}發\">{{ '头发' }}頭髮{% if 发 %}發{% endif %}{{</p><p>}}發</p>";
    assert_eq!(converted("s2twp", &format("html"), page), result);
}

#[test]
fn links_follow_the_headings_of_their_document() {
    let markdown = format("markdown");
    for (document, result) in [
        ("[见](#头发)\n\n# 头发\n", "[見](#頭髮)\n\n# 頭髮\n"),
        (
            "[见](<#头发> '发')[x](#头 )[](#头发)\n\n# 头发\n",
            "[見](<#頭髮> '發')[x](#头 )[](#頭髮)\n\n# 頭髮\n",
        ),
        // The heading's own conversion, with the words around.
        (
            "- [面](#面)\n- [内存](#1-内存与api)\n\n## 面\n## 1. **内存**与`API`！\n",
            "- [面](#面)\n- [記憶體](#1-記憶體與api)\n\n## 面\n## 1. **記憶體**與`API`！\n",
        ),
        (
            "[a](#API-头发) [b](#_1-头发)\n\nAPI 头发\n---\n\n# 1. 头发\n",
            "[a](#API-頭髮) [b](#_1-頭髮)\n\nAPI 頭髮\n---\n\n# 1. 頭髮\n",
        ),
        // Of several with one text, and of those that become one.
        (
            "[1](#头发) [2](#头发-1) [3](#發) [4](#发)\n\n# 头发\n# 头发\n# 发\n# 發\n",
            "[1](#頭髮) [2](#頭髮-1) [3](#發-1) [4](#發)\n\n# 頭髮\n# 頭髮\n# 發\n# 發\n",
        ),
        // In other words.
        ("[见](#%E5%A4%B4%E5%8F%91)\n\n# 头发\n", "[見](#%E9%A0%AD%E9%AB%AE)\n\n# 頭髮\n"),
        (
            "[见][x]，[y]\n\n[x]: #头发 \"发\"\n[y]: <#头发>\n\n# 头发\n",
            "[見][x]，[y]\n\n[x]: #頭髮 \"發\"\n[y]: <#頭髮>\n\n# 頭髮\n",
        ),
        (
            "<a href=\"#头发\">见</a> <a href='#头发'>见</a>\n\n<p><a href=#头发>见</a></p>\n\n# 头发\n",
            "<a href=\"#頭髮\">見</a> <a href='#頭髮'>見</a>\n\n<p><a href=#頭髮>見</a></p>\n\n# 頭髮\n",
        ),
        (
            "[![图](x)](#头发)\n\n<h2 align=\"center\">头<b>发</b></h2>\n",
            "[![圖](x)](#頭髮)\n\n<h2 align=\"center\">頭<b>髮</b></h2>\n",
        ),
        // What is given by itself stays, and what leads nowhere here.
        ("[见](#头发)\n\n# 头发 {#头发}\n", "[見](#头发)\n\n# 頭髮 {#头发}\n"),
        (
            "[见](#头发)\n\n<a name=\"头发\"></a>\n\n# 头发\n",
            "[見](#头发)\n\n<a name=\"头发\"></a>\n\n# 頭髮\n",
        ),
        (
            "[见](#头发) [见](b.md#里) [见](#里\\*)\n\n# 里\n",
            "[見](#头发) [見](b.md#里) [見](#里\\*)\n\n# 裡\n",
        ),
        ("`[见](#头发)`\n\n# 头发\n", "`[见](#头发)`\n\n# 頭髮\n"),
        // Pragmas keep targets too, and headings.
        (
            "<!-- jianfan:off -->\n[见](#头发)\n<!-- jianfan:on -->\n[见](#里)\n\n# 头发\n\n<!-- jianfan:off -->\n# 里\n",
            "<!-- jianfan:off -->\n[见](#头发)\n<!-- jianfan:on -->\n[見](#里)\n\n# 頭髮\n\n<!-- jianfan:off -->\n# 里\n",
        ),
        ("---\nx: 发\n---\n[见](#头发)\n\n# 头发\n", "---\nx: 发\n---\n[見](#頭髮)\n\n# 頭髮\n"),
    ] {
        assert_eq!(converted("s2twp", &markdown, document), result);
    }
}

#[test]
fn jsx_and_modules_stay() {
    let mdx = format("mdx");
    let (_, name) =
        Formats::auto(Options::default()).unwrap().runs("# 发", Some("a.MDX".as_ref())).unwrap();
    assert_eq!(name, "mdx");
    for (document, result) in [
        ("import 发 from '发'\n\n# 头发\n", "import 发 from '发'\n\n# 頭髮\n"),
        (
            "---\nx: 发\n---\nexport const a = {\n  发: '发',\n\n  b: [`发`],\n}\nimport '发'\n\n发 import 发\n",
            "---\nx: 发\n---\nexport const a = {\n  发: '发',\n\n  b: [`发`],\n}\nimport '发'\n\n發 import 發\n",
        ),
        ("头<b>发</b>{发}发{'}' + `发}`}发", "頭<b>髮</b>{发}發{'}' + `发}`}發"),
        ("{/* 头发\n\n发 */}\n\n**头**发\n", "{/* 头发\n\n发 */}\n\n**頭**髮\n"),
        (
            "<Tabs items={['发', \"发\"]}\n  title=\"发 > 发\"\n>\n头发[发](发.md)\n<Tab.Item 发='发'/>\n\n- 发\n\n</Tabs>\n发\n",
            "<Tabs items={['发', \"发\"]}\n  title=\"发 > 发\"\n>\n頭髮[發](发.md)\n<Tab.Item 发='发'/>\n\n- 發\n\n</Tabs>\n發\n",
        ),
        (
            "<div className=\"发\">**头**发</div> <>发</>\n",
            "<div className=\"发\">**頭**髮</div> <>發</>\n",
        ),
        (
            "发<code className={发}>发</code>发<br />发\n\n<pre>\n发\n</pre>\n",
            "發<code className={发}>发</code>發<br />發\n\n<pre>\n发\n</pre>\n",
        ),
        ("<style>{`\n.发 {}\n`}</style>\n\n发\n", "<style>{`\n.发 {}\n`}</style>\n\n發\n"),
        (
            "```jsx\n<A>{\n发\n```\n发 `{` 发 `}` \\{发\n",
            "```jsx\n<A>{\n发\n```\n發 `{` 發 `}` \\{發\n",
        ),
        ("## 头发 {#发}\n\n[见](#里)\n\n## 里\n", "## 頭髮 {#发}\n\n[見](#裡)\n\n## 裡\n"),
        // What is not closed is text.
        ("发 { 发\n\n<A 发\n\n发 < 发\n", "發 { 發\n\n<A 發\n\n發 < 發\n"),
        ("{x && <p>It's 发</p>}\n\n发\n", "{x && <p>It's 发</p>}\n\n發\n"),
    ] {
        assert_eq!(converted("s2twp", &mdx, document), result);
    }
    const PARTS: [&str; 24] = [
        "{",
        "}",
        "<A ",
        "<b>",
        "</b>",
        "/>",
        ">",
        "\"",
        "'",
        "`",
        "```\n",
        "\n",
        "\n\n",
        "\n\nimport ",
        "\n\nexport ",
        "/*",
        "*/",
        "//",
        "\\",
        "<",
        "{#",
        "**",
        "[",
        "](#发)",
    ];
    let mut random = Random::new(12);
    for round in 0..2000 {
        let text = SENTENCES[round % SENTENCES.len()];
        keeps_its_bytes(&mdx, &sprinkled(&mut random, text, &PARTS, 2));
    }
    for part in
        PARTS.iter().chain(&["{a", "<a b={", "{`", "{'", "<a '", "`a``", "import {\n\n", "{\n\n"])
    {
        let start = std::time::Instant::now();
        keeps_its_bytes(&mdx, &part.repeat(100_000 / part.len()));
        assert!(start.elapsed().as_secs() < 20, "{part}: {:?}", start.elapsed());
    }
}

/// Holds that the ranges of what was told stand in order, and none in another.
#[track_caller]
fn is_in_order(formats: &Formats, document: &str) {
    let (runs, _) = formats.runs(document, None).unwrap();
    let mut all: Vec<_> = runs.ranges().concat();
    for run in runs.ranges() {
        assert!(run.is_sorted_by(|one, other| one.end <= other.start), "{document}\n{run:?}");
    }
    all.sort_by_key(|range| range.start);
    assert!(all.is_sorted_by(|one, other| one.end <= other.start), "{document}\n{all:?}");
}

/// Holds that all but letters stays.
#[track_caller]
fn keeps_its_bytes(formats: &Formats, document: &str) {
    is_in_order(formats, document);
    let identity = Pipeline::without_conversion().formats(formats.clone());
    assert_eq!(identity.run(document.as_bytes()).unwrap(), document.as_bytes());
    let ascii = |text: &str| text.chars().filter(char::is_ascii).collect::<String>();
    let result = converted("s2t", formats, document);
    assert_eq!(ascii(&result), ascii(document));
    assert_eq!(result.chars().count(), document.chars().count(), "{document}\n{result}");
}

#[test]
fn marks_at_random_places_change_nothing() {
    const MARKS: [&str; 8] =
        ["<b>", "</b>", "<i title='发'>", "<!-- 发 -->", "</span>", "[^1]", "<u>", "</u>"];
    let mut random = Random::new(11);
    for round in 0..400 {
        let text = SENTENCES[round % SENTENCES.len()];
        let document = format!("文{}\n\n[^1]: x\n", sprinkled(&mut random, text, &MARKS, 3));
        keeps_the_laws(&format("markdown"), &document);
        for config in ["s2twp", "tw2sp"] {
            let result = converted(config, &format("markdown"), &document);
            let converter = Converter::new(config).unwrap();
            assert_eq!(texts(&result)[0], converter.convert(&format!("文{text}")), "{document}");
            assert_eq!(tree(&result), tree(&document));
        }
    }
}

#[test]
fn random_markdown_keeps_its_tree() {
    const PARTS: [&str; 52] = [
        "<p title='发'>",
        "</p>",
        "<code>",
        "</code>",
        "<img alt=\"发\n发\">",
        "\n</div>\n",
        "\n> <p>发\n> ",
        "<rt>",
        "</rt>",
        "{{",
        "}}",
        "{%",
        "*",
        "**",
        "_",
        "__",
        "~~",
        "`",
        "``",
        "[",
        "]",
        "](x)",
        "![",
        "](<发>",
        " \"发\")",
        "[发]",
        "[^发]",
        "\n",
        "\n\n",
        "  \n",
        "\\",
        "\n> ",
        "\n- ",
        "\n1. ",
        "\n# ",
        "\n    ",
        "|",
        "\n|--|--|\n",
        "<b>",
        "</b>",
        "<!--",
        "-->",
        "&amp;",
        "$",
        "\n\n[发]: /u '发'\n\n",
        "\n\n[^发]: 发\n\n",
        "\n```\n",
        "\n===\n",
        "\n---\n",
        "\n<div>\n",
        ": ",
        "发展",
    ];
    let mut random = Random::new(5);
    let rounds = if cfg!(debug_assertions) { 4000 } else { 40_000 };
    for round in 0..rounds {
        let text = SENTENCES[round % SENTENCES.len()];
        let document = sprinkled(&mut random, text, &PARTS, 2) + "\n\n[内存]: /u\n";
        is_in_order(&format("markdown"), &document);
        for config in ["s2twp", "tw2sp"] {
            let result = converted(config, &format("markdown"), &document);
            assert_eq!(tree(&result), tree(&document), "{document}\n=====\n{result}");
        }
    }
}

#[test]
fn a_footnote_between_and_a_stray_delimiter_keep_the_tree() {
    for document in [
        "内[^发]存[发]条\n\n[^发]: 发\n\n[发]: /u\n",
        "内[^发]存[发]条\n\n[^发]: 发\n",
        "内[^发]存(发)\n\n[^发]: 发\n",
        "内\n[^发]存: 发\n\n[^发]: 发\n",
    ] {
        let result = converted("s2twp", &format("markdown"), document);
        assert_eq!(tree(&result), tree(document), "{result}");
        assert!(result.starts_with("記憶[^发]體") || result.starts_with("內\n"), "{result}");
    }
    let pipeline =
        Pipeline::new(Converter::new("s2twp").unwrap()).normalize("spacing".parse().unwrap());
    let pipeline = pipeline.formats(format("markdown"));
    let document = "松aa**放松*，a杂**的恢复\n";
    let result = String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap();
    assert_eq!(tree(&result), tree(document), "{result}");
}

#[test]
fn hostile_documents_are_read_in_time() {
    for part in [
        "*",
        "_",
        "**a ",
        "`",
        "[",
        "![",
        "]",
        "](",
        "> ",
        "- ",
        "1. ",
        "<",
        "<!--",
        "<a ",
        "&",
        "&#",
        "$",
        "~",
        "~~a",
        "|",
        "\\",
        "\0",
        "[[",
        "[^",
        "[a](",
        "[发]",
        "*发",
        "_发_*",
        "https://",
        "https://a/(",
        "# ",
        "```\n",
        "<b>",
        "头\r\n",
        "\u{FEFF}",
        "---\n",
        ":",
        "| a |\n",
        "|-|\n",
        "[发]: <",
        "\n[发",
        "[发]: u '",
        "+++\na=",
        "* ",
        "a\n\n",
        "    ",
        "\t",
        "<kbd>",
        "![发](",
        "![[发|",
        "*a_ ",
        "{{",
        "{{ a",
        "{%",
        "{% highlight %}",
        "{.a",
        "<div>\n\n",
        "<b>\n\n",
        "> <p>\n",
        "<p title='发'>",
        "[发](#发)\n",
        "# 发\n\n[发](#发-1)\n",
        "</a",
    ] {
        let document = part.repeat(200_000 / part.len());
        let start = std::time::Instant::now();
        let result = converted("s2t", &format("markdown"), &document);
        assert!(start.elapsed().as_secs() < 20, "{part}: {:?}", start.elapsed());
        assert_eq!(result.contains('发'), result.contains('发') && document.contains('发'));
        let identity =
            Pipeline::without_conversion().formats(format("markdown")).allow_binary(true);
        assert_eq!(identity.run(document.as_bytes()).unwrap(), document.as_bytes(), "{part}");
    }
    for document in [
        "",
        "\n",
        "\r",
        "\0",
        "---",
        "---\n",
        "+++\n+++",
        "\u{FEFF}---\n发: 发\n---\n发",
        "[发]",
        "[[",
        "[^",
    ] {
        keeps_the_laws(&format("markdown"), document);
    }
}

/// Returns the examples in the test files that pulldown-cmark's crate carries: CommonMark's, GFM's and its own.
fn examples() -> Option<Vec<String>> {
    let folder = suite("pulldown-cmark")?;
    let mut examples = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let parts = text.split("let original = r##\"").skip(1);
        examples.extend(parts.map(|part| part.split("\"##;").next().unwrap().to_owned()));
    }
    examples.sort();
    Some(examples)
}

#[test]
fn the_examples_of_the_specification_keep_their_tree() {
    let Some(examples) = examples() else { return };
    let mut random = Random::new(3);
    let markdown = format("markdown");
    let mut seen = 0;
    for example in &examples {
        assert_eq!(converted("s2twp", &markdown, example), *example);
        for round in 0..6 {
            let text: Vec<char> = SENTENCES.concat().chars().collect();
            let mut at = random.below(text.len());
            let words =
                [("foo", "头发"), ("bar", "内存"), ("baz", "里面"), ("a", "发"), ("b", "面")];
            let mut document = example.clone();
            if round < 2 {
                // Labels and their definitions go on together.
                for (word, han) in &words[..if round == 0 { 3 } else { 5 }] {
                    document = document.replace(word, han);
                }
            } else {
                document = example
                    .chars()
                    .map(|c| {
                        if !c.is_ascii_lowercase() || random.below(round) > 0 {
                            return c;
                        }
                        at = (at + 1) % text.len();
                        if text[at].is_alphabetic() { text[at] } else { '發' }
                    })
                    .collect();
            }
            for config in ["s2twp", "tw2sp"] {
                let result = converted(config, &markdown, &document);
                assert_eq!(tree(&result), tree(&document), "{document}\n=====\n{result}");
                seen += 1;
            }
        }
    }
    println!("{} examples, {seen} documents", examples.len());
    assert!(examples.len() > 900, "{}", examples.len());
}

fn extensions() -> Extensions {
    Extensions::ENABLE_TABLES
        | Extensions::ENABLE_FOOTNOTES
        | Extensions::ENABLE_STRIKETHROUGH
        | Extensions::ENABLE_TASKLISTS
        | Extensions::ENABLE_HEADING_ATTRIBUTES
        | Extensions::ENABLE_MATH
        | Extensions::ENABLE_GFM
        | Extensions::ENABLE_DEFINITION_LIST
}

/// Returns what a parser makes of a document, without its text.
fn tree(document: &str) -> Vec<String> {
    let mut tree = Vec::new();
    let mut is_code = false;
    // Of HTML, its tags.
    let names = |html: &str| {
        let tags = html.split('<').skip(1);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "/!?-".contains(c);
        let names =
            tags.map(|tag| tag[..tag.find(|c| !is_name(c)).unwrap_or(tag.len())].to_owned());
        format!("html {:?}", names.collect::<Vec<_>>())
    };
    for event in Parser::new_ext(document, extensions()) {
        match event {
            Event::Text(text) if is_code => tree.push(format!("code {text}")),
            Event::Text(_) => {}
            Event::Html(html) | Event::InlineHtml(html) => tree.push(names(&html)),
            Event::Start(Tag::Link { dest_url, .. }) => tree.push(format!("link {dest_url}")),
            Event::Start(Tag::Image { dest_url, .. }) => tree.push(format!("image {dest_url}")),
            event => {
                match &event {
                    Event::Start(Tag::CodeBlock(_)) => is_code = true,
                    Event::End(TagEnd::CodeBlock) => is_code = false,
                    _ => {}
                }
                tree.push(format!("{event:?}"));
            }
        }
    }
    tree
}

/// Returns the text of each block that has some.
fn texts(document: &str) -> Vec<String> {
    let mut texts = vec![String::new()];
    for event in Parser::new_ext(document, extensions()) {
        match event {
            Event::Text(text) => texts.last_mut().unwrap().push_str(&text),
            Event::SoftBreak => texts.last_mut().unwrap().push('\n'),
            Event::End(TagEnd::Paragraph) => texts.push(String::new()),
            _ => {}
        }
    }
    texts
}
