//! Wikitext: its text is converted, not names, addresses and what the wiki itself converts.

use jianfan::Converter;
use jianfan::pipeline::Pipeline;

use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled};
use crate::support::command::Dir;

#[test]
fn text_is_converted_and_all_else_stays() {
    let wikitext = format("wikitext");
    for (document, result) in [
        ("== 头发 ==\n'''头'''发、''里''面", "== 頭髮 ==\n'''頭'''髮、''裡''面"),
        (
            "* 头发\n*# 里面\n; 面条 : 里\n: 发\n----\n 发",
            "* 頭髮\n*# 裡面\n; 麵條 : 裡\n: 發\n----\n 發",
        ),
        ("头\n发\n\n里<br>面<br/>条", "頭\n發\n\n裡<br>面<br/>條"),
        ("[[发展|头发]]、[[:分类:发|发]]、[[发#里]]", "[[发展|頭髮]]、[[:分类:发|發]]、[[发#里]]"),
        (
            "[[发|头]]发[[文件:发.jpg|thumb|200px|alt=头发|link=发|头[[发]]里]]面",
            "[[发|頭]]髮[[文件:发.jpg|thumb|200px|alt=頭髮|link=发|頭[[发|髮]]裡]]面",
        ),
        ("[[Category:发|发]]里[[en:发]]", "[[Category:发|发]]裡[[en:发]]"),
        (
            "[https://发.cn/发 头发]里[https://发.cn/发]里 https://发.cn/发，里",
            "[https://发.cn/发 頭髮]裡[https://发.cn/发]裡 https://发.cn/发，裡",
        ),
        (
            "{{发|发|名称=头发|图片=发.jpg|y = 发.png\n|x={{里|z='''内'''存}}里}}发",
            "{{发|发|名称=頭髮|图片=发.jpg|y = 发.png\n|x={{里|z='''記憶體'''}}裡}}發"
                .replace("'''記憶體'''", "'''記憶'''體")
                .as_str(),
        ),
        (
            "{{NoteTA|1=zh-hans:发;zh-hant:發|发=发}}发{{{发|发}}}",
            "{{NoteTA|1=zh-hans:发;zh-hant:發|发=发}}發{{{发|发}}}",
        ),
        (
            "头<ref name=\"发\">里面</ref>发<ref name=发 />里",
            "頭<ref name=\"发\">裡面</ref>髮<ref name=发 />裡",
        ),
        (
            "<nowiki>发</nowiki>里<math>发</math>里<SyntaxHighlight lang=发>发</syntaxHighlight>里<pre>发</pre>发",
            "<nowiki>发</nowiki>裡<math>发</math>裡<SyntaxHighlight lang=发>发</syntaxHighlight>裡<pre>发</pre>發",
        ),
        (
            "<!-- 发 -->头<!-- 发 -->发<span title=\"发\">里</span>__目录__发",
            "<!-- 发 -->頭<!-- 发 -->髮<span title=\"发\">裡</span>__目录__發",
        ),
        (
            "{| class=\"发\"\n|+ 头发\n|- style=发\n! 发 !! id=发 | 里\n|-\n| style=\"发\" | 里 || 面条\n| 发\n|}\n发",
            "{| class=\"发\"\n|+ 頭髮\n|- style=发\n! 發 !! id=发 | 裡\n|-\n| style=\"发\" | 裡 || 麵條\n| 發\n|}\n發",
        ),
        (
            "<gallery mode=发>\n发.jpg|头发\nFile:发.png\n</gallery>发",
            "<gallery mode=发>\n发.jpg|頭髮\nFile:发.png\n</gallery>發",
        ),
        (
            "-{发}-发-{zh-hans:发;zh-hant:發}-里-{H|zh:-{发}-发}-里",
            "-{发}-發-{zh-hans:发;zh-hant:發}-裡-{H|zh:-{发}-发}-裡",
        ),
        ("#重定向 [[发]]\n发", "#重定向 [[发]]\n發"),
        ("发&nbsp;里&#21457;&发;", "發&nbsp;裡發&發;"),
        // What is not closed is text.
        (
            "-{发\n[[发\n{{发|a=发\n'''发\n<ref>发\n<nowiki>发\n{|\n|发",
            "-{發\n[[發\n{{發|a=發\n'''發\n<ref>發\n<nowiki>發\n{|\n|發",
        ),
        ("发}}里]]发}-<b>发", "發}}裡]]發}-<b>發"),
        ("发<!-- 发", "發<!-- 发"),
        (
            "<!-- jianfan:off -->发\n发<!-- jianfan:on -->发",
            "<!-- jianfan:off -->发\n发<!-- jianfan:on -->發",
        ),
    ] {
        assert_eq!(converted("s2twp", &wikitext, document), result);
        let lines = document.replace('\n', "\r\n");
        assert_eq!(converted("s2twp", &wikitext, &lines), result.replace('\n', "\r\n"));
        if !document.contains("[[发]]") {
            keeps_the_laws(&wikitext, document);
        }
    }
}

#[test]
fn a_link_without_a_text_of_its_own_is_given_one() {
    let wikitext = format("wikitext");
    for (document, result) in [
        ("[[发展]]中国家", "[[发展|發展]]中國家"),
        ("头[[发]]、[[中文]]", "頭[[发|髮]]、[[中文]]"),
        ("[[内存]]条", "[[内存|記憶體模組]]"),
        ("内[[存]]条", "記憶體模[[存|組]]"),
    ] {
        assert_eq!(converted("s2twp", &wikitext, document), result);
        // The link leads to the same page the next time too.
        assert_eq!(converted("s2twp", &wikitext, result), result);
    }
}

#[test]
fn what_is_read_ends_with_what_it_stands_in() {
    for (document, result) in [
        // A bare address.
        (
            "{{cite web|title=头发|url=http://a.com/b}} 头发\n\n后面",
            "{{cite web|title=頭髮|url=http://a.com/b}} 頭髮\n\n後面",
        ),
        ("{{a|b=见http://a.com/发{{b}}里}}头发", "{{a|b=見http://a.com/发{{b}}裡}}頭髮"),
        ("''见http://a.com/发''头发", "''見http://a.com/发''頭髮"),
        // Brackets within what an extension reads are none.
        (
            "{{NumBlk|:|<math>e^{x_{1}}</math>|1}}\n\n头发后面。",
            "{{NumBlk|:|<math>e^{x_{1}}</math>|1}}\n\n頭髮後面。",
        ),
        ("{{发展|a=<math>x^{{2}</math>|图=头发}} 后", "{{发展|a=<math>x^{{2}</math>|图=頭髮}} 後"),
        (
            "{{a|b=<NoWiki x=y>{{</nowiki>头发}}[[发|<syntaxhighlight lang=c>a[[1</syntaxhighlight>头发]]",
            "{{a|b=<NoWiki x=y>{{</nowiki>頭髮}}[[发|<syntaxhighlight lang=c>a[[1</syntaxhighlight>頭髮]]",
        ),
        // Elements and tags that go further.
        ("{{a|b=<code>}}头发</code>", "{{a|b=<code>}}頭髮</code>"),
        ("{{a|b=<span }}头发>面", "{{a|b=<span }}頭髮>面"),
        ("{{a|<!-- }} -->b=头发}}头发", "{{a|<!-- }} -->b=头发}}頭髮"),
    ] {
        assert_eq!(converted("s2twp", &format("wikitext"), document), result);
        keeps_the_laws(&format("wikitext"), document);
    }
}

#[test]
fn values_that_name_something_stay() {
    for (document, result) in [
        // Notes, their names and their lists.
        (
            "头<ref group=\"注释\">头发</ref>{{reflist|group=注释}}",
            "頭<ref group=\"注释\">頭髮</ref>{{reflist|group=注释}}",
        ),
        (
            "{{refn|group=发|name=发|头发}}{{#tag:ref|头发|name=发}}{{r|name=发}}{{NoteFoot|name=发}}",
            "{{refn|group=发|name=发|頭髮}}{{#tag:ref|頭髮|name=发}}{{r|name=发}}{{NoteFoot|name=发}}",
        ),
        (
            "{{Navbox|name=发展|title=发展|list1=头发}}{{人物|name=发展}}",
            "{{Navbox|name=发展|title=發展|list1=頭髮}}{{人物|name=發展}}",
        ),
        // Authors, where notes find a source by them.
        (
            "{{sfn|发|2010}}{{cite book|last=发|first=发|title=头发}}{{书|author=发}}",
            "{{sfn|发|2010}}{{cite book|last=发|first=发|title=頭髮}}{{书|author=發}}",
        ),
        ("{{cite book|last=发|title=头发}}", "{{cite book|last=發|title=頭髮}}"),
        // What has no name but a number is as what has none.
        (
            "{{tl|1=发展}}{{#invoke:发|发|类型=发|发}}{{#if:发|头发|里}}{{#ifeq:发|里|头发}}",
            "{{tl|1=发展}}{{#invoke:发|发|类型=发|发}}{{#if:发|頭髮|裡}}{{#ifeq:发|里|頭髮}}",
        ),
        (
            "{{#switch:发|发|里=头发|#default=里}}{{a|{{#if:x|头发}}}}",
            "{{#switch:发|发|里=頭髮|#default=裡}}{{a|{{#if:x|头发}}}}",
        ),
        // Both ways to write it.
        (
            "{{zh|s=头发|t=頭髮}}{{Infobox Chinese|simp=头发|trad=頭髮}}{{地区用词|大陆=软件|台湾=軟體}}",
            "{{zh|s=头发|t=頭髮}}{{Infobox Chinese|simp=头发|trad=頭髮}}{{地区用词|大陆=软件|台湾=軟體}}",
        ),
        ("{{a|zh-cn=软件|name_hans=软件|名称=软件}}", "{{a|zh-cn=软件|name_hans=软件|名称=軟體}}"),
        // Parameters for looks and files are known by their last word.
        (
            "{{a|profile=头发|hair_color=头发|lifestyle=头发|website=头发|圖像標題=头发|图片描述=头发}}",
            "{{a|profile=頭髮|hair_color=頭髮|lifestyle=頭髮|website=頭髮|圖像標題=頭髮|图片描述=頭髮}}",
        ),
        (
            "{{a|title-link=发|titlestyle=发|分类=发|image2=发|图片大小=发|url-status=发}}",
            "{{a|title-link=发|titlestyle=发|分类=发|image2=发|图片大小=发|url-status=发}}",
        ),
        ("{{a|b=发.mp3|c=发.djvu|d=发。mp4}}", "{{a|b=发.mp3|c=发.djvu|d=發。mp4}}"),
        // Text without a name.
        (
            "{{NoteTag|头发|name=发}}{{efn|1=头发}}{{quote|头发|里}}{{Template:cquote|头发}}{{里|头发}}",
            "{{NoteTag|頭髮|name=发}}{{efn|1=頭髮}}{{quote|頭髮|裡}}{{Template:cquote|頭髮}}{{里|头发}}",
        ),
    ] {
        assert_eq!(converted("s2twp", &format("wikitext"), document), result);
        keeps_the_laws(&format("wikitext"), document);
    }
}

#[test]
fn terms_pictures_and_cells_are_read_part_by_part() {
    for (document, result) in [
        ("[[File:a.jpg|缩略图=后.jpg|头]]后", "[[File:a.jpg|缩略图=后.jpg|頭]]後"),
        (
            "[[File:a.jpg|thumb=发展.jpg|类=发|alt=发]]",
            "[[File:a.jpg|thumb=发展.jpg|类=发|alt=發]]",
        ),
        (
            "<gallery>\nFile:a.jpg|link=发展|头发\na.jpg|alt=发[[发|里]]|头发|面条\n</gallery>发",
            "<gallery>\nFile:a.jpg|link=发展|頭髮\na.jpg|alt=發[[发|裡]]|頭髮|麵條\n</gallery>發",
        ),
        // A bar within a cell.
        (
            "{|\n| 头发<!-- a|b -->后\n| 头发<ref>a|b</ref>后\n| 头<nowiki>|</nowiki>发\n| 发<math>|x|</math>发\n|}",
            "{|\n| 頭髮<!-- a|b -->後\n| 頭髮<ref>a|b</ref>後\n| 頭<nowiki>|</nowiki>发\n| 發<math>|x|</math>發\n|}",
        ),
    ] {
        let result = result.replace("</nowiki>发", "</nowiki>發");
        assert_eq!(converted("s2twp", &format("wikitext"), document), result);
        keeps_the_laws(&format("wikitext"), document);
    }
    let dir = Dir::new();
    dir.file("a.wiki", ";头发:后面\n;头[[:en:发|发]]:后面:里\n* ;<b>发:</b>里 : 发\n;头发，https://a.b 里:里\n:发:里\n");
    assert_eq!(
        dir.run("convert s2t -n tw -f wikitext a.wiki").succeeds(),
        ";頭髮:後面\n;頭[[:en:发|髮]]:後面：裏\n* ;<b>發：</b>裏 : 發\n;頭髮，https://a.b 裏:裏\n:發：裏\n"
    );
}

#[test]
fn links_to_headings_and_other_languages_are_known() {
    for (document, result) in [
        (
            "[[#头发]]、[[#头发|看头发]]、[[#发]]{{a|[[#头发]]}}\n== 头发 ==\n=== <b>发</b> ===",
            "[[#頭髮]]、[[#頭髮|看頭髮]]、[[#发]]{{a|[[#頭髮]]}}\n== 頭髮 ==\n=== <b>發</b> ===",
        ),
        (
            "头<span lang=\"ja\">国<span>国</span>{{a|b=国}}国</span>发<span lang='zh-cn'>国</span>",
            "頭<span lang=\"ja\">国<span>国</span>{{a|b=国}}国</span>發<span lang='zh-cn'>國</span>",
        ),
        (
            "<div lang=ja>国\n\n国</div>国<i lang=ja>国",
            "<div lang=ja>国\n\n国</div>國<i lang=ja>國",
        ),
    ] {
        assert_eq!(converted("s2twp", &format("wikitext"), document), result);
        keeps_the_laws(&format("wikitext"), document);
    }
}

#[test]
fn what_is_put_in_means_nothing_to_a_wiki() {
    let dir = Dir::new();
    dir.file("own.txt", "甲\t[{|}]\n乙\t*=<b>&\n丙\t''~_\n");
    dir.file("a.wiki", "甲乙\n乙{{a|b=甲}}[[x|甲]]\n* 乙\n'''丙'''");
    assert_eq!(
        dir.run("convert s2t -f wikitext --dict own.txt a.wiki").succeeds(),
        "&#91;&#123;&#124;&#125;&#93;*&#61;&#60;b&#62;&#38;\n&#42;&#61;&#60;b&#62;&#38;{{a|b=&#91;&#123;&#124;&#125;&#93;}}\
         [[x|&#91;&#123;&#124;&#125;&#93;]]\n* &#42;&#61;&#60;b&#62;&#38;\n'''&#39;&#39;&#126;&#95;'''"
    );
}

#[test]
fn marks_at_random_places_change_nothing() {
    const MARKS: [&str; 12] = [
        "'''",
        "''",
        "<b>",
        "</b>",
        "<!-- 发 -->",
        "[[发|",
        "]]",
        "<ref>里</ref>",
        "<ref name=发 />",
        "<span title=发>",
        "</span>",
        "[https://发.cn ",
    ];
    let mut random = Random::new(19);
    for round in 0..400 {
        let text = SENTENCES[round % SENTENCES.len()];
        let document = sprinkled(&mut random, text, &MARKS, 3);
        keeps_the_laws(&format("wikitext"), &document);
        for config in ["s2twp", "tw2sp"] {
            let result = converted(config, &format("wikitext"), &document);
            let converter = Converter::new(config).unwrap();
            let (runs, _) = format("wikitext").runs(&result, None).unwrap();
            let last = runs.texts(&result).pop().unwrap();
            if last.contains(['[', ']']) {
                // One of the two brackets alone is text.
                continue;
            }
            assert_eq!(last, converter.convert(text), "{document}");
        }
    }
}

#[test]
fn random_pages_are_only_changed_in_their_prose() {
    const PARTS: [&str; 58] = [
        "<math>",
        "</math>",
        "<MATH x>",
        "<code>",
        "</code>",
        "<span lang=ja>",
        "<div lang=ja>",
        "</span>",
        "</div>",
        "\n;",
        ":",
        "{{#if:x|",
        "{{#switch:x|",
        "{{#invoke:x|",
        "{{efn|",
        "{{cite|last=",
        "{{sfn|",
        "[[#里",
        "\n==里面==\n",
        "http://a.b/",
        "name=",
        "link=",
        "[[发|",
        "]]",
        "{{",
        "}}",
        "|",
        "=",
        "{{a|b=",
        "-{",
        "}-",
        "\n",
        "\n\n",
        "\r\n",
        "'''",
        "''",
        "<ref>",
        "</ref>",
        "<nowiki>",
        "</nowiki>",
        "<!--",
        "-->",
        "\n{|\n",
        "\n|}",
        "\n|",
        "||",
        "\n!",
        "\n* ",
        "\n==",
        "==\n",
        "[[File:发|",
        "<gallery>",
        "</gallery>",
        "&amp;",
        "&#21457;",
        "__",
        "[https://a ",
        "{{NoteTA|",
    ];
    let mut random = Random::new(23);
    for round in 0..4000 {
        let document = sprinkled(&mut random, SENTENCES[round % SENTENCES.len()], &PARTS, 2);
        keeps_the_laws(&format("wikitext"), &document);
    }
}

#[test]
fn hostile_pages_are_read_in_time() {
    for part in [
        "[",
        "[[",
        "[[a|",
        "]]",
        "{",
        "{{",
        "{{a|",
        "{{a|b=",
        "}}",
        "{{{",
        "}",
        "-{",
        "}-",
        "-{}-",
        "|",
        "||",
        "\n|",
        "\n{|",
        "\n|}",
        "\n!",
        "<",
        "<a ",
        "<ref>",
        "</ref>",
        "<nowiki>",
        "<!--",
        "<math>",
        "<gallery>\n",
        "'",
        "''",
        "&",
        "&#",
        "__",
        "__a",
        "=",
        "\n=",
        "\n==a",
        "[http://",
        "[http://a ",
        "http://",
        "https://a/(",
        "头\r\n",
        "\0",
        "\n*",
        "[[File:a|",
        "[[File:a|b]]",
        "{{a|[[b|",
        "}}]]",
        "<ref>{{a|b=",
        "[[a]]",
        "#",
        "----",
    ] {
        let document = part.repeat(1_000_000 / part.len());
        let start = std::time::Instant::now();
        let pipeline =
            Pipeline::without_conversion().formats(format("wikitext")).allow_binary(true);
        assert_eq!(pipeline.run(document.as_bytes()).unwrap(), document.as_bytes(), "{part}");
        assert!(start.elapsed().as_secs() < 20, "{part}: {:?}", start.elapsed());
    }
    for part in [
        "{{'",
        "{{a|<code>",
        "<code>{{b|<code>}}",
        "http://a''",
        "\n;a<b>",
        "<span lang=ja>",
        "<gallery>\na|b|",
        "[[#a",
        "{{#if:",
    ] {
        let half = part.repeat(500_000 / part.len());
        let start = std::time::Instant::now();
        let document = half.clone() + &"'}}".repeat(100_000) + "</code></span>" + &half;
        let pipeline =
            Pipeline::without_conversion().formats(format("wikitext")).allow_binary(true);
        assert_eq!(pipeline.run(document.as_bytes()).unwrap(), document.as_bytes(), "{part}");
        assert!(start.elapsed().as_secs() < 20, "{part}: {:?}", start.elapsed());
    }
    let closed = "{{a|b=".repeat(50_000) + "发" + &"}}".repeat(50_000);
    assert_eq!(converted("s2t", &format("wikitext"), &closed), closed.replace('发', "發"));
    for document in [
        "",
        "[[",
        "{{",
        "-{",
        "{|",
        "=",
        "==",
        "[[|",
        "\u{FEFF}发",
        "&",
        "<",
        "__",
        "''",
        "#redirect",
        "[[]]",
        "{{}}",
        "-{}-",
    ] {
        keeps_the_laws(&format("wikitext"), document);
    }
}
