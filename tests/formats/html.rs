//! HTML and XHTML: what a reader reads is converted, across inline tags; what a browser or a server reads stays.

use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use jianfan::{Charset, Converter};

use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled, suite};
use crate::support::command::Dir;

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
        ("头<script>发()</script>发<style>发</style>", "頭<script>发()</script>髮<style>发</style>"),
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
        "<发",
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
        ("内&shy;存", "内&shy;存"),
    ] {
        assert_eq!(converted("s2twp", &html, document), result);
    }
}

#[test]
fn what_passes_write_is_no_markup() {
    let pipeline = Pipeline::without_conversion()
        .normalize("characters=cn".parse().unwrap())
        .formats(format("html"));
    for document in ["&ａｍｐ；", "&aｍp；", "<ｂ>x", "&lt;&＃38；", "<textarea></ｔextarea>x"] {
        let before = runs(document);
        let output = String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap();
        let after = runs(&output);
        assert_eq!(before.matches('|').count(), after.matches('|').count(), "{output}");
        assert!(!output.contains("&amp;") && !output.contains("<b>"), "{output}");
    }
    // A user's words may hold anything.
    let dir = Dir::new();
    dir.file("words.txt", "发\t<b>&\"'\n面\t>\n");
    dir.file("a.html", "<p title=\"发\">发<a title='发'><i title=发x><xmp>发</xmp>面");
    let output = dir.run("convert s2t --user-dict words.txt a.html");
    if output.code() == Some(0) {
        assert_eq!(
            output.succeeds(),
            "<p title=\"&lt;b>&amp;&quot;'\">&lt;b&gt;&amp;\"'<a title='&lt;b>&amp;\"&#39;'><i title=发x><xmp>发</xmp>&gt;"
        );
    }
}
