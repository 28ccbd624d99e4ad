//! `jianfan:off`, `jianfan:on` and `jianfan:ignore-next-line`.

use crate::support::command::Dir;

#[test]
fn plain_text_between_off_and_on_stays() {
    let dir = Dir::new();
    let text = "发\n# jianfan:off\n发\n发\n# jianfan:on\n发\n// jianfan:ignore-next-line\n发\n发\n";
    let right =
        "發\n# jianfan:off\n发\n发\n# jianfan:on\n發\n// jianfan:ignore-next-line\n发\n發\n";
    dir.file("a.txt", text);
    assert_eq!(dir.run("convert s2t a.txt").succeeds(), right);
    assert_eq!(dir.pipe("convert s2t", text).succeeds(), right);
    // With passes too, and wherever a stream is cut.
    let marks = text.replace("发\n", "好,发\n");
    let mended =
        right.replace("发\n", "好,发\n").replace("發\n", "好，發\n").replace("好,好，", "好，");
    assert_eq!(dir.pipe("convert s2t -n cn", &marks).succeeds(), mended);
    let long = |text: &str, line: &str| text.replacen(line, &line.repeat(300_000), 1);
    let (long_text, long_right) = (long(text, "发\n"), long(right, "發\n"));
    let (long_text, long_right) = (long(&long_text, "off\n发\n"), long(&long_right, "off\n发\n"));
    dir.file("long.txt", &long_text);
    assert!(dir.run("convert s2t long.txt -j3").succeeds() == long_right, "cut");
}

#[test]
fn prose_about_pragmas_is_prose() {
    let dir = Dir::new();
    let text = "写 jianfan:off 就不转换发\n发\n";
    assert_eq!(dir.pipe("convert s2t", text).succeeds(), "寫 jianfan:off 就不轉換發\n發\n");
}

#[test]
fn only_comments_are_pragmas() {
    let dir = Dir::new();
    for (format, text, right) in [
        ("json", r#"{"jianfan:off":1,"b":"发"}"#, r#"{"jianfan:off":1,"b":"發"}"#),
        ("html", "<p data-x=\"jianfan:off\">发</p>", "<p data-x=\"jianfan:off\">發</p>"),
        (
            "html",
            "<a href=\"https://x/?q=jianfan:off#jianfan:off\">发</a>",
            "<a href=\"https://x/?q=jianfan:off#jianfan:off\">發</a>",
        ),
        (
            "html",
            "<pre>&lt;!-- jianfan:off --&gt;</pre><p>发</p>",
            "<pre>&lt;!-- jianfan:off --&gt;</pre><p>發</p>",
        ),
        ("markdown", "[a](x#jianfan:off) 发\n", "[a](x#jianfan:off) 發\n"),
        ("properties", "jianfan:off=发\nb=发\n", "jianfan:off=發\nb=發\n"),
        ("html", "<!--\n  jianfan:off\n--><p>发</p>", "<!--\n  jianfan:off\n--><p>发</p>"),
        ("html", "发<!-- jianfan:off -->发", "發<!-- jianfan:off -->发"),
    ] {
        let run = dir.pipe(&format!("convert s2t -f {format}"), text);
        assert_eq!(run.succeeds(), right, "{format}");
    }
}

#[test]
fn every_format_with_comments_has_pragmas() {
    for (format, text) in [
        ("html", "<!-- jianfan:off -->里<!-- jianfan:on -->发"),
        ("html", "<p>发<br>\n<!-- jianfan:ignore-next-line -->\n里\n发</p>"),
        ("xml", "<a><b>发</b><!-- jianfan:off --><b>里</b><!-- jianfan:on --><b>发</b></a>"),
        ("markdown", "发\n\n<!-- jianfan:off -->\n\n里\n\n<!-- jianfan:on -->\n\n发\n"),
        ("markdown", "发<!-- jianfan:off -->里<!-- jianfan:on -->发\n"),
        ("markdown", "```html\n<!-- jianfan:off -->\n```\n发\n"),
        ("latex", "发 % jianfan:off\n里\n% jianfan:on\n发\n"),
        ("latex", "\\begin{verbatim}\n% jianfan:off\n\\end{verbatim}\n发\n"),
        ("wikitext", "发<!-- jianfan:off -->里<!-- jianfan:on -->发\n"),
        ("wikitext", "<nowiki><!-- jianfan:off --></nowiki>发\n"),
        (
            "jsonc",
            "[\"发\", // jianfan:ignore-next-line\n\"里\",\n/* jianfan:off */ \"里\", /* jianfan:on */ \"发\"]",
        ),
        ("properties", "# jianfan:ignore-next-line\na=里\nb=发\n! jianfan:off\nc=里\n"),
        (
            "strings",
            "// jianfan:ignore-next-line\n\"a\" = \"里\"; \n\"b\" = \"发\";/* jianfan:off */\"c\" = \"里\";",
        ),
        (
            "po",
            "# jianfan:ignore-next-line\n#: a.c\nmsgid \"a\"\nmsgstr \"\"\n\"里\"\n\n\
             msgid \"b\"\nmsgstr \"发\"\n# jianfan:ignore-next-line\nmsgid \"c\"\nmsgstr \"里\"\nmsgid \"d\"\nmsgstr \"发\"\n",
        ),
        (
            "vtt",
            "WEBVTT\n\nNOTE jianfan:ignore-next-line\n\n1\n00:00.000 --> 00:01.000\n里\n里\n\n\
             00:01.000 --> 00:02.000\n发\n\nNOTE\njianfan:off\n\n00:03.000 --> 00:04.000\n里\n",
        ),
        (
            "ass",
            "[Events]\nFormat: Start, Text\n; jianfan:ignore-next-line\nDialogue: 0:00:00.00,里\n\
             Dialogue: 0:00:00.00,发\nComment: 0:00:00.00,jianfan:off\nDialogue: 0:00:00.00,里\n",
        ),
        ("properties", "# jianfan:ignore-next-line\na=里\\\n  里\nb=发\n"),
        ("csv", "a,b\n# jianfan:ignore-next-line\n里,\"里\n里\"\n发,x\n"),
        ("ass", "[Events]\nFormat: Text\nDialogue: 发{jianfan:off}里{jianfan:on}发\n"),
        ("lrc", "[00:01.00]发\n[#:jianfan:ignore-next-line]\n[00:02.00]里\n[00:03.00]发\n"),
        ("csv", "# jianfan:ignore-next-line\n标题,x\n发,x\n"),
        ("csv", "a,b\n发,x\n# jianfan:off\n里,x\n# jianfan:on\n发,x\n"),
        ("csv", "a,b\n发,\"# jianfan:off\"\n发,x\n\"# jianfan:off\"\n发,x\n"),
    ] {
        let right = text.replace('发', "發");
        let done = super::converted("s2t", &super::format(format), text);
        assert_eq!(done, right, "{format}");
    }
}

#[test]
fn a_comment_that_only_mentions_a_pragma_is_none() {
    for (format, text) in [
        ("html", "<!-- 用 jianfan:off 可以不转换 -->发"),
        ("html", "<!-- jianfan:offline -->发"),
        ("latex", "% x jianfan:off\n发\n"),
    ] {
        let right = text.replace('发', "發");
        assert_eq!(super::converted("s2t", &super::format(format), text), right);
    }
}

#[test]
fn the_language_of_a_config_with_phrases_is_known() {
    let page = "<html lang=\"zh-CN\">";
    let dir = Dir::new();
    for (config, tag) in
        [("s2twp", "zh-TW"), ("tw2sp", "zh-Hans"), ("s2hkp", "zh-HK"), ("t2jp", "ja")]
    {
        let run = dir.pipe(&format!("convert {config} -f html --lang"), page);
        assert_eq!(run.succeeds(), page.replace("zh-CN", tag));
    }
}

#[test]
fn a_long_line_is_kept_as_a_whole_wherever_a_stream_is_cut() {
    let dir = Dir::new();
    for (head, body) in [
        ("# jianfan:off\n", "头发".repeat(300_000)),
        ("# jianfan:off\n", "头发,".repeat(300_000)),
        ("# jianfan:ignore-next-line\n", "头发,".repeat(200_000)),
        // It begins a part, but not a line.
        ("", format!("{}# jianfan:off ", "头发,".repeat(40_000)).repeat(8)),
    ] {
        for end in ["\n", "\n发\n"] {
            let text = format!("{head}{body}{end}");
            dir.file("a.txt", &text);
            let is_kept = !head.is_empty();
            let piped = dir.pipe("convert t2s", text.replace('发', "發")).succeeds();
            let read = dir.pipe("convert s2t -f plain", &text).succeeds();
            let kept = read[head.len()..].starts_with(&body);
            assert_eq!(kept, is_kept, "{head:?} {}", text.len());
            assert!(
                dir.run("convert s2t a.txt").succeeds() == read,
                "{head:?}: file and pipe differ"
            );
            assert_eq!(piped.contains("發"), is_kept, "{head:?}");
        }
    }
}

#[test]
fn many_pragmas_on_a_line_take_linear_time() {
    // Where each looks back to the beginning of the line, this does not end.
    let keys = r#""jianfan:off":1, "#.repeat(60_000);
    let document = format!("{{{keys}\"b\":\"发\"}}");
    let right = document.replace("\"发\"", "\"發\"");
    assert!(super::converted("s2t", &super::format("json"), &document) == right);
}

#[test]
fn many_lines_to_be_ignored_take_linear_time() {
    for (format, text) in [
        ("po", "# jianfan:ignore-next-line\n".repeat(60_000) + "msgid \"a\"\nmsgstr \"里\"\n"),
        ("po", "# jianfan:ignore-next-line\n".repeat(60_000)),
        ("html", "<!-- jianfan:ignore-next-line -->".repeat(60_000) + "\n里"),
        ("vtt", "WEBVTT\n\nNOTE ".to_owned() + &"jianfan:ignore-next-line\n".repeat(60_000)),
    ] {
        assert!(super::converted("s2t", &super::format(format), &text) == text, "{format}");
    }
}

#[test]
fn what_looks_like_a_comment_within_quotes_is_none() {
    for (name, document) in [
        ("json", r#"{"a # jianfan:off": 1, "b": "发"}"#),
        ("json", r#"{"a // jianfan:off": 1, "b": "发"}"#),
        ("html", r#"<p data-x="a // jianfan:off">发</p>"#),
    ] {
        let right = document.replace('发', "發");
        assert_eq!(super::converted("s2t", &super::format(name), document), right);
    }
}
