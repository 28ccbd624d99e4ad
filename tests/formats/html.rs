//! HTML and XHTML: what a reader reads is converted, across inline tags; what a browser or a server reads stays.

use std::path::Path;
use std::sync::LazyLock;

use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use jianfan::{Charset, Converter};

use super::dom::{self, Use};
use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled, suite};

/// Returns the runs of a page, with `|` between.
#[track_caller]
fn runs(document: &str) -> String {
    let (runs, name) = format("html").runs(document, None).unwrap();
    assert_eq!(name, "html");
    runs.texts(document).join("|")
}

#[test]
fn words_are_found_across_inline_tags() {
    let html = format("html");
    for (document, result) in [
        ("<b>头</b>发", "<b>頭</b>髮"),
        ("内<b>存</b>", "記憶體<b></b>"),
        ("<p>头<!-- 发 --><wbr>发", "<p>頭<!-- 发 --><wbr>髮"),
        (
            "头<script>发()</script>发<style>发</style>",
            "頭<script>发()</script>髮<style>发</style>",
        ),
        ("头<br>发", "頭<br>發"),
        ("<p>头</p>发", "<p>頭</p>發"),
        ("<td>头<td>发", "<td>頭<td>發"),
        ("头<img>发", "頭<img>發"),
        ("头<code>发</code>发", "頭<code>发</code>發"),
        ("头<span translate=no>发</span>发", "頭<span translate=no>发</span>發"),
        (
            "<ruby>头<rp>(</rp><rt>发型</rt><rp>)</rp>发<rt>fà</rt></ruby>",
            "<ruby>頭<rp>(</rp><rt>髮型</rt><rp>)</rp>髮<rt>fà</rt></ruby>",
        ),
        ("<ruby>头<rt>发型<rt>发型</ruby>发", "<ruby>頭<rt>髮型<rt>髮型</ruby>髮"),
        ("头<button>发</button>发", "頭<button>發</button>發"),
        ("头<my-icon></my-icon>发", "頭<my-icon></my-icon>髮"),
        ("头<svg><text>头发</text></svg>发", "頭<svg><text>頭髮</text></svg>發"),
        ("a < b 头<发", "a < b 頭<發"),
    ] {
        assert_eq!(converted("s2twp", &html, document), result);
    }
}

#[test]
fn what_is_no_text_stays() {
    let html = format("html");
    for document in [
        "<script>发</script>",
        "<script><!--<script></script>发--></script>",
        "<style>.发{font-family:\"华文\"}</style>",
        "<pre>发</pre><code>发</code><kbd>发</kbd><samp>发</samp><var>发</var><tt>发</tt>",
        "<iframe>发</iframe><noembed>发</noembed><noframes>发</noframes><xmp>发</xmp>",
        "<!-- 发 --><!发><?发><!--发",
        "</ 发>",
        "<a href=\"发.html\" id=发 class='发' data-x=\"发\" value=发 name=发 onclick='发()'>",
        "<input value=发><input type=hidden value=发><option value=发>",
        "<meta name=viewport content=发><meta name=author content=发>",
        "<a title=发",
        "<a title=\"发>发",
        "<math><mi>发</mi></math>",
        "<p lang=ja>発头发</p><p lang=en-US>发</p><html lang=ja>发",
        "<p translate=no>发<b>发</b></p><p class='a notranslate'>发</p>",
        "<div class=ignore-opencc>发<p translate=yes title=发>发</div>",
        "<p translate=no title=发></p>",
    ] {
        let stays = document.replace('<', "\u{1}").replace('\u{1}', "<");
        assert_eq!(converted("s2t", &html, &stays), stays);
    }
}

#[test]
fn a_program_in_a_page_stays() {
    let page = "<p>头<?php if ($b->c) echo \"头发\"; ?>发<?= $a > 1 ? '里' : '后' ?></p>";
    let right = "<p>頭<?php if ($b->c) echo \"头发\"; ?>髮<?= $a > 1 ? '里' : '后' ?></p>";
    assert_eq!(converted("s2t", &format("html"), page), right);
}

#[test]
fn attributes_that_are_read_are_converted() {
    let html = format("html");
    for document in [
        "<img alt=发 title='发' src=x>",
        "<input placeholder=\"发\"><input type=submit value=发><input TYPE=\"Button\" value='发'>",
        "<p aria-label=发 aria-description=发>",
        "<meta name=description content=发><meta property='og:title' content=\"发\">",
        "<option label=发></option><table summary=发><th abbr=发>",
        "<p lang=zh-CN title=发></p><p lang=ja><b lang=zh>发</b></p><p lang='' title=发>",
        "<p translate=no><b translate=yes>发</b></p>",
        "<html lang=en><title>发</title><textarea>发</textarea>",
        "<html lang=zh-CN class=x>发",
        "<svg aria-label=发><title>发</title><desc>发</desc><foreignObject><p>发</p></foreignObject></svg>",
        "<math><mtext>发</mtext></math>",
        "<select><option>发<option>发</select>",
        "<plaintext-x>发</plaintext-x><template><p>发</template><noscript>发</noscript>",
        "<svg><![CDATA[]]></svg><dl><dt>发<dd>发</dl><br/>发",
    ] {
        assert_eq!(converted("s2t", &html, document), document.replace('发', "發"));
    }
    // An attribute is a text of its own.
    assert_eq!(converted("s2t", &html, "头<img alt=发>发"), "頭<img alt=發>發");
    assert_eq!(runs("a<b title='b'>c</b>d<p>e"), "b|acd|e");
    assert_eq!(runs("头<img alt=x>发"), "x|头\u{FFFC}发");
}

#[test]
fn references_are_read_and_written_again() {
    let html = format("html");
    for (document, result) in [
        ("头&#21457;", "頭&#39662;"),
        ("头&#x53d1;&nbsp;&amp;", "頭&#x9aee;&nbsp;&amp;"),
        ("&#X5934;&#x53D1;", "&#X982D;&#x9AEE;"),
        ("<a title='&#21457&quot;&lt;'>", "<a title='&#30332;&quot;&lt;'>"),
        ("&copy发 &发; &; &#; &amp", "&copy發 &發; &; &#; &amp"),
        ("<a title=\"&copy=发\">&copy=发", "<a title=\"&copy=發\">&copy=發"),
        ("<textarea>&#21457;<b></textarea>", "<textarea>&#30332;<b></textarea>"),
        ("<发&notit;", "<發&notit;"),
    ] {
        assert_eq!(converted("s2twp", &html, document), result);
    }
}

#[test]
fn what_passes_write_is_no_markup() {
    let pipeline =
        Pipeline::without_conversion().normalize("cn".parse().unwrap()).formats(format("html"));
    for document in ["&ａｍｐ；", "&aｍp；", "<ｂ>x", "&lt;&＃38；", "<textarea></ｔextarea>x"]
    {
        let before = runs(document);
        let output = String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap();
        let after = runs(&output);
        assert_eq!(before.matches('|').count(), after.matches('|').count(), "{output}");
        assert!(!output.contains("&amp;") && !output.contains("<b>"), "{output}");
    }
}

#[test]
fn wrong_nesting_keeps_nothing_open() {
    // An x is left.
    for (document, expected) in [
        ("<p translate=no>x<p>y", "y"),
        ("<li translate=no>x<li>y<ul><li>z</ul>", "y|z"),
        ("<dt lang=ja>x<dd>y<dt>z", "y|z"),
        ("<tr><td lang=ja>x<td>y<tr lang=ja><td>x<tr><td>y", "y|y"),
        ("<table><thead lang=ja><tr><td>x<tbody><tr><td>y</table>", "y"),
        ("<select><optgroup translate=no><option>x<optgroup><option>y</select>", "y"),
        ("<div translate=no>x</span>x</p>x</div>y", "y"),
        ("<div><b translate=no>x</div>y", "y"),
        ("<div translate=no><span>x</div>y</span>z", "yz"),
        ("<span translate=no><div>x</span>x</div>x</span>y", "y"),
        ("<table><td><div translate=no></td><td>y</div></table>", "y"),
        ("<div translate=no><table><td>x</div>x</table>x</div>y", "y"),
        ("<h1 translate=no>x</h2>y", "y"),
        ("<a translate=no>x<a>y", "y"),
        ("<code>x<p>x</p></code>y", "y"),
        ("<body translate=no>x</body>x</html>x", ""),
        ("<svg><g><p>y", "y"),
        ("<svg><g></svg>y", "y"),
        ("<button translate=no>x<button>y", "y"),
        ("<p>y</p translate=no>z", "y|z"),
        ("<br translate=no>y<img translate=no alt=x>z", "yz"),
    ] {
        let found = runs(document).replace('\u{FFFC}', "");
        let found: Vec<&str> = found.split('|').filter(|run| !run.is_empty()).collect();
        assert_eq!(found.join("|"), expected, "{document}");
    }
}

#[test]
fn xhtml_is_xml() {
    let xhtml = format("xhtml");
    for (document, result) in [
        ("<p/>头<script src='发'/>发", "<p/>頭<script src='发'/>髮"),
        ("<title/>发<textarea/>发", "<title/>發<textarea/>發"),
        ("<![CDATA[头<发>]]><p>发", "<![CDATA[頭<發>]]><p>發"),
        (
            "<script><![CDATA[</script>发]]></script>发",
            "<script><![CDATA[</script>发]]></script>發",
        ),
        ("<?php echo '>发' ?>发", "<?php echo '>发' ?>發"),
        ("<p>头<span xml:lang='ja'>发</span></p>", "<p>頭<span xml:lang='ja'>发</span></p>"),
        ("<p>&nbsp;&unknown;发", "<p>&nbsp;&unknown;發"),
    ] {
        assert_eq!(converted("s2t", &xhtml, document), result);
    }
    // A page that says so is XML too, and others are not.
    let html = format("html");
    let document = "<?xml version='1.0'?><title/>发";
    assert_eq!(converted("s2t", &html, document), document.replace('发', "發"));
    assert_eq!(converted("s2t", &html, "<title/><b>发</b>"), "<title/><b>發</b>");
    assert_eq!(runs("<title/><b>x</b>"), "<b>x</b>");
}

#[test]
fn code_is_text_if_it_is_wanted() {
    let mut options = Options::default();
    options.code = true;
    let html = Formats::named("html", options).unwrap();
    let document =
        "<pre>头\n发</pre><p>头<code>发</code></p><xmp><b>头&amp;发</xmp><script>发</script>";
    let result =
        "<pre>頭\n發</pre><p>頭<code>髮</code></p><xmp><b>頭&amp;發</xmp><script>发</script>";
    assert_eq!(converted("s2t", &html, document), result);
}

#[test]
fn the_root_names_the_new_language() {
    let mut options = Options::default();
    options.lang = Some("zh-TW".to_owned());
    let html = Formats::named("html", options).unwrap();
    for (document, result) in [
        (
            "<!DOCTYPE html><HTML lang=zh-CN xml:lang=\"zh\"><p lang=zh>发",
            "<!DOCTYPE html><HTML lang=zh-TW xml:lang=\"zh-TW\"><p lang=zh>發",
        ),
        (
            "<meta http-equiv=Content-Language content='zh-cn'>",
            "<meta http-equiv=Content-Language content='zh-TW'>",
        ),
        ("<html lang=en>发", "<html lang=en>發"),
        ("<html lang=''>", "<html lang=''>"),
    ] {
        assert_eq!(converted("s2t", &html, document), result);
    }
    let plain = format("html");
    assert_eq!(converted("s2t", &plain, "<html lang=zh-CN>"), "<html lang=zh-CN>");
}

#[test]
fn pages_are_known_by_name_and_content() {
    let formats = Formats::auto(Options::default()).unwrap();
    let of = |name: Option<&str>, text: &str| formats.runs(text, name.map(str::as_ref)).unwrap().1;
    for (name, text, expected) in [
        (Some("a.HTM"), "发", "html"),
        (Some("a.xht"), "<p/>", "xhtml"),
        (Some("a.svg"), "<svg/>", "xml"),
        (None, "<!DOCTYPE html>", "html"),
        (None, "\u{FEFF}\n<!-- 发 --> <HTML lang=zh>", "html"),
        (None, "<html>", "html"),
        (None, "<?xml version='1.0'?>\n<!-- x --><?y?><rss>", "xml"),
        (None, "<?xml version='1.0'?><!DOCTYPE html PUBLIC ''><html>", "xhtml"),
        (None, "<?xml version='1.0'?><html xmlns=''>", "xhtml"),
        (None, "<?xml version='1.0'?><htmlx>", "xml"),
        (None, "<htmlx>", "plain"),
        (None, "<p>发", "plain"),
        (None, "<", "plain"),
        (None, "<!-- 发", "plain"),
        (None, "<?php", "plain"),
    ] {
        assert_eq!(of(name, text), expected, "{text}");
    }
}

#[test]
fn the_charset_that_a_page_names_is_the_one_it_is_written_in() {
    let pipeline = |format: &str| {
        let converter = Converter::new("s2t").unwrap();
        Pipeline::new(converter).formats(super::format(format)).charset(Some(Charset::GBK))
    };
    for (format, document, result) in [
        ("html", "<meta charset=gb2312>发", "<meta charset=utf-8>發"),
        (
            "html",
            "<meta http-equiv='Content-Type' content='text/html; Charset = GB2312; x'>发",
            "<meta http-equiv='Content-Type' content='text/html; Charset = UTF-8; x'>發",
        ),
        ("html", "<meta charset=\"UTF-8\">发", "<meta charset=\"UTF-8\">發"),
        (
            "html",
            "<script charset=gbk src=x></script><meta charset=''>发",
            "<script charset=gbk src=x></script><meta charset=''>發",
        ),
        (
            "xml",
            "<?xml version='1.0' encoding=\"GBK\"?><a>发</a>",
            "<?xml version='1.0' encoding=\"UTF-8\"?><a>發</a>",
        ),
        (
            "xhtml",
            "<?xml version='1.0' encoding='gbk' ?><meta charset=gbk /><p>发</p>",
            "<?xml version='1.0' encoding='utf-8' ?><meta charset=utf-8 /><p>發</p>",
        ),
    ] {
        let bytes = encoding_rs::GBK.encode(document).0;
        let output = pipeline(format).run(&bytes).unwrap();
        assert_eq!(String::from_utf8(output).unwrap(), result);
        let mut streamed = Vec::new();
        pipeline(format).stream(&bytes[..], &mut streamed, 2.try_into().unwrap()).unwrap();
        assert_eq!(String::from_utf8(streamed).unwrap(), result);
        let kept = pipeline(format).output_charset(None).run(&bytes).unwrap();
        // GB 2312 lacks 發.
        let expected = document.replace('发', "發").replace("gb2312", "gb18030");
        let expected = expected.replace("GB2312", "GB18030");
        assert_eq!(kept, *encoding_rs::GBK.encode(&expected).0);
    }
}

#[test]
fn depth_and_length_cost_nothing() {
    let html = format("html");
    for unit in [
        "<b>",
        "<div>",
        "</div>",
        "<p>",
        "<li>",
        "<ul><li>",
        "<a>",
        "<rt>",
        "<button>",
        "<svg>",
        "<table><td>",
        "<span></div>",
        "<i translate=no>",
        "<x-y>",
        "&",
        "&a",
        "&#1",
        "&#x",
        "<",
        "</",
        "<!",
        "<!-",
        "<!--",
        "<?",
        "<a ",
        "<a b=",
        "<a b=\"",
        "<a b='c'",
        "<script>",
        "<script><!--",
        "<title>",
        "<![CDATA[",
        "<svg><![CDATA[",
        "\0",
        "\r\n",
        "&amp",
        "<p/",
        "<option>",
        "<h1>",
        "<dd>",
        "<td>",
        "<b></i>",
        "<i><p></i>",
        "<math><mi>",
        "<meta charset>",
    ] {
        let long = unit.repeat(600_000 / unit.len());
        assert_eq!(converted("s2t", &html, &long), long, "{unit}");
        let text = long + "</b>发";
        let result = converted("s2t", &html, &text);
        assert!(result == text || result == text.replace('发', "發"), "{unit}");
    }
    let deep = "<b>".repeat(100_000) + "头" + &"</b>".repeat(100_000) + "发";
    assert_eq!(converted("s2t", &html, &deep), deep.replace('头', "頭").replace('发', "髮"));
}

#[test]
fn tags_at_random_places_change_nothing() {
    let mut random = Random::new(5);
    let inserts = [
        "<b>",
        "</b>",
        "<i class=\"发\">",
        "</i>",
        "<!-- 发 -->",
        "<span title='x'>",
        "</span>",
        "<wbr>",
        "<script>发</script>",
        "<a href=\"发>\">",
        "</a>",
        "</stray>",
        "<x-y>",
        "<rp>发</rp>",
        "<?发>",
        "</ 发>",
        "<rt>fā</rt>",
        "<style>发</style>",
        "<em\n>",
        "</em x='>'>",
        "<link>",
        "<template></template>",
    ];
    for round in 0..400 {
        let text = SENTENCES[round % SENTENCES.len()];
        let inner = sprinkled(&mut random, text, &inserts, 3);
        let mut written = String::new();
        for c in inner.chars() {
            match random.below(12) {
                0 if c == '里' => written += "&#37324;",
                1 if c == '裡' => written += "&#x88E1;",
                _ => written.push(c),
            }
        }
        let document = format!("<p>{written}</p>");
        keeps_the_laws(&format("html"), &document);
        let (runs, _) = format("html").runs(&document, None).unwrap();
        let texts = runs.texts(&document);
        assert!(texts.iter().any(|found| found == text), "{document}: {texts:?}");
    }
}

/// Pages that browsers of other people have saved.
#[test]
fn others_pages_are_the_same_pages() {
    let Some(folder) = suite("readability") else { return };
    let (mut seen, mut texts) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        for name in ["source.html", "expected.html"] {
            let Ok(page) = std::fs::read_to_string(path.join(name)) else { continue };
            seen += 1;
            keeps_the_laws(&format("html"), &page);
            let Same { changed, missed } = same_page(&page);
            texts += changed;
            assert!(missed.is_empty(), "{}: {missed:?}", path.display());
        }
    }
    assert!(seen > 200 && texts > 20_000, "{seen} {texts}");
}

/// Inputs of html5lib's tests, which are as wrong as can be.
#[test]
fn what_is_wrong_is_read_as_browsers_read_it() {
    let Some(folder) = suite("html5lib") else { return };
    let (mut seen, mut texts, mut missed_of) = (0, 0, Vec::new());
    for page in html5lib(&folder) {
        seen += 1;
        keeps_the_laws(&format("html"), &page);
        let Same { changed, missed } = same_page(&page);
        texts += changed;
        if !missed.is_empty() {
            missed_of.push((page, missed));
        }
    }
    println!("{seen} pages, {texts} texts; not as html5ever says: {}", missed_of.len());
    for (page, missed) in &missed_of {
        println!("{page:?}: {missed:?}");
    }
    assert!(seen > 1500 && missed_of.len() < 20, "{seen} {}", missed_of.len());
}

/// Returns the inputs of the tests in a folder.
fn html5lib(folder: &Path) -> Vec<String> {
    let mut pages = Vec::new();
    for entry in std::fs::read_dir(folder.join("tree-construction")).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path()) else { continue };
        for case in text.split("#data\n").skip(1) {
            let Some((page, rest)) = case.split_once("\n#errors") else { continue };
            // A part of a page is read as if it stood in an element.
            if !rest.contains("\n#document-fragment") {
                pages.push(page.to_owned());
            }
        }
    }
    for entry in std::fs::read_dir(folder.join("tokenizer")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "test") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        let cases: serde_json::Value = serde_json::from_str(&text).unwrap();
        for case in cases["tests"].as_array().into_iter().flatten() {
            if case["initialStates"].is_null() && case["doubleEscaped"].is_null() {
                pages.extend(case["input"].as_str().map(str::to_owned));
            }
        }
    }
    pages
}

/// Makes others of some Latin letters, as if they were Chinese; they are signs that have to be escaped, too.
static LATIN: LazyLock<(Converter, Pipeline)> = LazyLock::new(|| {
    let build = || {
        let words = "e\tＥ\nE\tＥ\na\t\"&\no\t<b>\ni\t<\n";
        Converter::builder("s2t").dictionary_text("test", words).build().unwrap()
    };
    assert_eq!(build().convert("e a o E i"), "Ｅ \"& <b> Ｅ <");
    (build(), Pipeline::new(build()).formats(format("html")))
});

/// How a page came out.
struct Same {
    changed: usize,
    /// Texts that are read and did not become what they ought to.
    missed: Vec<String>,
}

/// The page is the same as before but for text and the attributes that are read; another parser says so.
#[track_caller]
fn same_page(page: &str) -> Same {
    let before = dom::nodes(page);
    let (latin, pipeline) = &*LATIN;
    let output = String::from_utf8(pipeline.run(page.as_bytes()).unwrap()).unwrap();
    let after = dom::nodes(&output);
    let mut same = Same { changed: 0, missed: Vec::new() };
    if before.len() != after.len() {
        same.missed.push(format!("{} nodes became {}: {output}", before.len(), after.len()));
        return same;
    }
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before.name, after.name, "{page}");
        if before.text != after.text {
            same.changed += 1;
            if before.use_ == Use::Left {
                same.missed.push(format!("{before:?} {after:?}"));
            }
        }
        if before.use_ == Use::Read && after.text != latin.convert(&before.text) {
            same.missed.push(format!("{before:?} {after:?}"));
        }
    }
    same
}
