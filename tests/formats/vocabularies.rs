//! Vocabularies of XML: what is no prose in them stays, and HTML within feeds is HTML.

use jianfan::format::{Formats, Options};

use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled};

#[track_caller]
fn becomes(document: &str, result: &str) {
    assert_eq!(converted("s2t", &format("xml"), document), result);
    keeps_the_laws(&format("xml"), document);
}

#[test]
fn of_translations_the_target_is_converted() {
    becomes(
        "<xliff version='1.2'><file source-language='zh-CN' target-language='zh-TW'><body><trans-unit id='发'>\
         <source>头<g id='1'>发</g></source><target>头<g id='1'>发</g><ph id='2'>发</ph></target><note>发</note>\
         </trans-unit><trans-unit><source>发</source></trans-unit></body></file>\
         <file target-language='ja'><target>发</target></file></xliff>",
        "<xliff version='1.2'><file source-language='zh-CN' target-language='zh-TW'><body><trans-unit id='发'>\
         <source>头<g id='1'>发</g></source><target>頭<g id='1'>髮</g><ph id='2'>发</ph></target><note>发</note>\
         </trans-unit><trans-unit><source>发</source></trans-unit></body></file>\
         <file target-language='ja'><target>发</target></file></xliff>",
    );
    becomes(
        "<xliff version='2.0' srcLang='en' trgLang='zh-CN'><segment><source>发</source><target>发</target></segment></xliff>",
        "<xliff version='2.0' srcLang='en' trgLang='zh-CN'><segment><source>发</source><target>發</target></segment></xliff>",
    );
    becomes(
        "<tmx><header><note>发</note></header><tu><note>发</note><tuv xml:lang='ja'><seg>发</seg></tuv>\
         <tuv xml:lang='zh-CN'><prop>发</prop><seg>头<hi>发</hi><ph>发</ph></seg></tuv><tuv><seg>发</seg></tuv></tu></tmx>",
        "<tmx><header><note>发</note></header><tu><note>发</note><tuv xml:lang='ja'><seg>发</seg></tuv>\
         <tuv xml:lang='zh-CN'><prop>发</prop><seg>頭<hi>髮</hi><ph>发</ph></seg></tuv><tuv><seg>发</seg></tuv></tu></tmx>",
    );
    becomes(
        "<!DOCTYPE TS><TS language='zh_CN'><message><source>发</source><translation>发<numerusform>发</numerusform></translation></message></TS>",
        "<!DOCTYPE TS><TS language='zh_CN'><message><source>发</source><translation>發<numerusform>發</numerusform></translation></message></TS>",
    );
}

#[test]
fn what_a_user_names_is_converted_whatever_it_is() {
    let mut options = Options::default();
    options.elements = vec!["source".to_owned(), "screen".to_owned()];
    options.lang = Some("zh-TW".to_owned());
    let chosen = Formats::named("xml", options.clone()).unwrap();
    let document = "<xliff trgLang='zh-CN'><source>发</source><target>发</target></xliff>";
    let result = "<xliff trgLang='zh-TW'><source>發</source><target>发</target></xliff>";
    assert_eq!(converted("s2t", &chosen, document), result);
    let document =
        "<article><screen>发</screen><p>发<screen>发<code>发</code></screen></p></article>";
    let result =
        "<article><screen>發</screen><p>发<screen>發<code>發</code></screen></p></article>";
    assert_eq!(converted("s2t", &chosen, document), result);
    options.elements = vec!["description".to_owned()];
    let chosen = Formats::named("xml", options).unwrap();
    let document = "<rss><title>发</title><description>&lt;a href='发'&gt;发</description></rss>";
    let result = "<rss><title>发</title><description>&lt;a href='发'&gt;發</description></rss>";
    assert_eq!(converted("s2t", &chosen, document), result);
}

#[test]
fn code_in_manuals_stays() {
    becomes(
        "<article xmlns='http://docbook.org/ns/docbook'><para>头<emphasis>发</emphasis>用 <command>发</command>，\
         <filename>发</filename></para><programlisting>发</programlisting><screen>发</screen></article>",
        "<article xmlns='http://docbook.org/ns/docbook'><para>頭<emphasis>髮</emphasis>用 <command>发</command>，\
         <filename>发</filename></para><programlisting>发</programlisting><screen>发</screen></article>",
    );
    becomes(
        "<topic><p>发<codeph>发</codeph><filepath>发</filepath></p><codeblock>发</codeblock></topic>",
        "<topic><p>發<codeph>发</codeph><filepath>发</filepath></p><codeblock>发</codeblock></topic>",
    );
    // Of what nobody knows, these words say nothing.
    becomes("<a><screen>发</screen><tag>发</tag></a>", "<a><screen>發</screen><tag>發</tag></a>");
}

#[test]
fn html_in_feeds_is_html() {
    becomes(
        "<rss><channel><title>发</title><item><guid isPermaLink='false'>发</guid>\
         <description><![CDATA[<p>头<a href=\"发.html\" title=\"发\">发</a><code>发</code></p><img alt='发' src='发.png'>]]></description>\
         <content:encoded>&lt;p&gt;头&lt;b class=&quot;发&quot;&gt;&#21457;&lt;/b&gt;&amp;nbsp;头&amp;amp;发&lt;/p&gt;发</content:encoded>\
         </item></channel></rss>",
        "<rss><channel><title>發</title><item><guid isPermaLink='false'>发</guid>\
         <description><![CDATA[<p>頭<a href=\"发.html\" title=\"發\">髮</a><code>发</code></p><img alt='發' src='发.png'>]]></description>\
         <content:encoded>&lt;p&gt;頭&lt;b class=&quot;发&quot;&gt;&#39662;&lt;/b&gt;&amp;nbsp;頭&amp;amp;發&lt;/p&gt;發</content:encoded>\
         </item></channel></rss>",
    );
    becomes(
        "<feed><entry><id>tag:x,2005:发</id><content type='html'>&lt;p lang=\"ja\"&gt;发&lt;/p&gt;&lt;a href='发'&gt;发</content>\
         <summary>发 &lt; 头 &amp; 发</summary></entry></feed>",
        "<feed><entry><id>tag:x,2005:发</id><content type='html'>&lt;p lang=\"ja\"&gt;发&lt;/p&gt;&lt;a href='发'&gt;發</content>\
         <summary>發 &lt; 頭 &amp; 發</summary></entry></feed>",
    );
    // Elsewhere, where an element ends.
    becomes(
        "<r><s><![CDATA[<a href='发'>发</a>]]></s><s>&lt;a href='发'&gt;发&lt;/a&gt;</s><s>1 &lt; 发</s></r>",
        "<r><s><![CDATA[<a href='发'>發</a>]]></s><s>&lt;a href='发'&gt;發&lt;/a&gt;</s><s>1 &lt; 發</s></r>",
    );
    // It is one text in all its parts.
    becomes(
        "<rss><a>头<![CDATA[<b>发</b>]]>&lt;i&gt;头&lt;/i&gt;发</a></rss>",
        "<rss><a>頭<![CDATA[<b>髮</b>]]>&lt;i&gt;頭&lt;/i&gt;髮</a></rss>",
    );
    becomes("<rss><title>a&lt;b 发</title></rss>", "<rss><title>a&lt;b 發</title></rss>");
    // What the document defines may be anything.
    becomes(
        "<rss><a>&lt;b&gt;发&e;&lt;/b&gt;</a></rss>",
        "<rss><a>&lt;b&gt;發&e;&lt;/b&gt;</a></rss>",
    );
}

#[test]
fn what_comes_of_passes_is_escaped_as_often_as_it_has_to_be() {
    let widths = |document: &str| {
        let pipeline = jianfan::pipeline::Pipeline::without_conversion()
            .normalize("width".parse().unwrap())
            .formats(format("xml"));
        String::from_utf8(pipeline.run(document.as_bytes()).unwrap()).unwrap()
    };
    for (document, result) in [
        (
            "<rss><a>&lt;b&gt;Ａ＆Ｂ１２&lt;/b&gt;</a></rss>",
            [
                "<rss><a>&lt;b&gt;A&amp;amp;B12&lt;/b&gt;</a></rss>",
                "<rss><a>&lt;b&gt;A＆B12&lt;/b&gt;</a></rss>",
            ],
        ),
        (
            "<rss><a><![CDATA[<b>Ａ＆Ｂ]]></a></rss>",
            ["<rss><a><![CDATA[<b>A&amp;B]]></a></rss>", "<rss><a><![CDATA[<b>A＆B]]></a></rss>"],
        ),
    ] {
        let made = widths(document);
        assert!(result.contains(&&*made), "{made}");
    }
}

#[test]
fn a_known_text_is_found_whatever_stands_in_it() {
    let (mut random, html) =
        (Random::new(11), ["<b>", "</b>", "<a href='发'>", "</a>", "<!--发-->"]);
    let escaped: Vec<String> =
        html.iter().map(|tag| tag.replace('<', "&lt;").replace('>', "&gt;")).collect();
    let escaped: Vec<&str> = escaped.iter().map(String::as_str).collect();
    for _ in 0..60 {
        let text = random.pick(&SENTENCES);
        let inner = sprinkled(&mut random, text, &html, 4);
        let outer = sprinkled(&mut random, text, &escaped, 4);
        for document in [
            format!("<rss><a><![CDATA[<i>{inner}]]></a></rss>"),
            format!("<rss><a>&lt;i&gt;{outer}</a></rss>"),
        ] {
            keeps_the_laws(&format("xml"), &document);
            let (runs, _) = format("xml").runs(&document, None).unwrap();
            assert_eq!(runs.texts(&document), [text], "{document}");
        }
    }
}

#[test]
fn hostile_feeds_are_harmless() {
    for document in [
        "<rss><a><![CDATA[<]]></a></rss>",
        "<rss><a><![CDATA[<b]]>发</a></rss>",
        "<rss><a><![CDATA[<b>&am]]>p;发</a></rss>",
        "<rss><a>&lt;b&gt;&amp;#2<![CDATA[1457;发]]></a></rss>",
        "<rss><a>&lt;b&gt;发",
        "<rss><a>&lt;!--发",
        "<rss><a>&lt;b title=\"发&quot;&gt;发</a></rss>",
        "<rss><a><![CDATA[<script>发]]></a><a>发</a></rss>",
        "<xliff><target",
        "<tmx>发</tmx>",
    ] {
        if document.ends_with("target") {
            continue;
        }
        keeps_the_laws(&format("xml"), document);
    }
    for unit in ["&lt;b&gt;", "&lt;", "&amp;lt;", "发&lt;b", "&lt;a b='", "<![CDATA[<b>]]>"] {
        let document = format!("<rss><a>{}发</a></rss>", unit.repeat(200_000));
        assert!(
            converted("s2t", &format("xml"), &document).contains('發') || unit.ends_with('\''),
            "{unit}"
        );
    }
}
