//! XML of any kind: text is converted, as far as it is wanted; tags, attributes, entities and declarations stay.

use jianfan::format::{Formats, Options};

use super::{Random, SENTENCES, converted, format, keeps_the_laws, sprinkled, suite};

#[test]
fn text_is_converted_and_all_else_stays() {
    let xml = format("xml");
    for (document, result) in [
        ("<发 发='发'>发</发>", "<发 发='发'>發</发>"),
        ("<a><?发 发?><!-- 发 -->发<b/></a>", "<a><?发 发?><!-- 发 -->發<b/></a>"),
        (
            "<!DOCTYPE a [<!ENTITY e '发'><!-- ]> 发 --><!ENTITY f \"]>发\">]><a>&e;发&发;</a>",
            "<!DOCTYPE a [<!ENTITY e '发'><!-- ]> 发 --><!ENTITY f \"]>发\">]><a>&e;發&发;</a>",
        ),
        // No word goes across an entity that may be anything.
        ("<a>头&e;发</a>", "<a>頭&e;發</a>"),
        ("<a>头&#21457;&#x5934;&#x53D1;</a>", "<a>頭&#39662;&#x982d;&#x9AEE;</a>"),
        ("<a><![CDATA[头&#21457;<发>]]>发</a>", "<a><![CDATA[頭&#21457;<發>]]>發</a>"),
        ("<a>头<![CDATA[发]]></a>", "<a>頭<![CDATA[髮]]></a>"),
        // Beside text an element stands in it; else it does not.
        ("<p>头<b>发</b></p>", "<p>頭<b>髮</b></p>"),
        ("<p><b>头</b>发</p>", "<p><b>頭</b>髮</p>"),
        ("<p>\n<b>头</b>\n<b>发</b></p>", "<p>\n<b>頭</b>\n<b>發</b></p>"),
        ("<p><b>头</b><b>发</b></p>", "<p><b>頭</b><b>發</b></p>"),
        ("<p>头<br/>发</p>", "<p>頭<br/>發</p>"),
        (
            "<p>头<!-- x -->发<x:i a='/'>头</x:i>发</p>",
            "<p>頭<!-- x -->髮<x:i a='/'>頭</x:i>髮</p>",
        ),
        // Languages.
        (
            "<a><b xml:lang='ja'>发</b><b xml:lang='zh'>发</b></a>",
            "<a><b xml:lang='ja'>发</b><b xml:lang='zh'>發</b></a>",
        ),
        (
            "<a xml:lang='en'>发<b translate='no'>发</b></a>",
            "<a xml:lang='en'>發<b translate='no'>发</b></a>",
        ),
        (
            "<a lang='ja'>发<b lang='zh-CN'>发</b>发</a>",
            "<a lang='ja'>发<b lang='zh-CN'>發</b>发</a>",
        ),
        (
            "<svg><style>发</style><script>发</script><text>发</text></svg>",
            "<svg><style>发</style><script>发</script><text>發</text></svg>",
        ),
        // What is not quite XML.
        ("<a>1 < 2 发 & 发</b>发", "<a>1 < 2 發 & 發</b>發"),
        ("</a>发", "</a>發"),
        ("", ""),
    ] {
        assert_eq!(converted("s2t", &xml, document), result);
    }
}

#[test]
fn elements_are_chosen_by_name_and_way() {
    let document = "<r><t>发</t><i><t>发<b>发</b></t><x:t>发</x:t></i><b>发</b></r>";
    for (elements, result) in [
        (&["t"][..], "<r><t>發</t><i><t>發<b>發</b></t><x:t>發</x:t></i><b>发</b></r>"),
        (&["i/t"], "<r><t>发</t><i><t>發<b>發</b></t><x:t>發</x:t></i><b>发</b></r>"),
        (&["x:t"], "<r><t>发</t><i><t>发<b>发</b></t><x:t>發</x:t></i><b>发</b></r>"),
        (&["/r/t", "*/b"], "<r><t>發</t><i><t>发<b>發</b></t><x:t>发</x:t></i><b>發</b></r>"),
        (&["/t", "//i/b"], document),
    ] {
        let mut options = Options::default();
        options.elements = elements.iter().map(|&element| element.to_owned()).collect();
        let xml = Formats::named("xml", options).unwrap();
        assert_eq!(converted("s2t", &xml, document), result, "{elements:?}");
    }
    for element in ["", "a/", "/", "a//b", "a[1]", "@a", "a b"] {
        let mut options = Options::default();
        options.elements = vec![element.to_owned()];
        assert!(Formats::named("xml", options).is_err(), "{element}");
    }
}

#[test]
fn what_has_no_end_is_told_with_its_place() {
    for (document, place) in [
        ("<a><![CDATA[发", "byte 3: not xml: a CDATA section has no end"),
        ("<a>\n<!-- 发 --", "line 2, byte 4: not xml: a comment has no end"),
        ("<a><b c='>发</b>", "byte 3: not xml: a tag has no end"),
        ("<a></a", "byte 3: not xml: a tag has no end"),
        ("<!DOCTYPE a [ <!ENTITY b '>]>发", "byte 0: not xml: a declaration has no end"),
        ("<?xml 发", "byte 0: not xml: an instruction has no end"),
    ] {
        let error = format("xml").runs(document, None).unwrap_err().to_string();
        assert!(error.contains(place), "{document}: {error}");
    }
}

#[test]
fn the_root_names_the_new_language() {
    let mut options = Options::default();
    options.lang = Some("zh-TW".to_owned());
    let xml = Formats::named("xml", options).unwrap();
    for (document, result) in [
        (
            "<a xml:lang='zh-CN'><b xml:lang='zh'/></a>",
            "<a xml:lang='zh-TW'><b xml:lang='zh'/></a>",
        ),
        ("<a xml:lang='en'><b xml:lang='zh'/></a>", "<a xml:lang='en'><b xml:lang='zh'/></a>"),
    ] {
        assert_eq!(converted("s2t", &xml, document), result);
    }
}

#[test]
fn depth_and_length_cost_nothing() {
    let xml = format("xml");
    let deep = "<a>".repeat(100_000) + "头<b>发</b>" + &"</a>".repeat(100_000);
    assert_eq!(converted("s2t", &xml, &deep), deep.replace('头', "頭").replace('发', "髮"));
    let mut options = Options::default();
    options.elements = vec!["a/a/b".to_owned()];
    let wanting = Formats::named("xml", options).unwrap();
    assert_eq!(converted("s2t", &wanting, &deep), deep.replace('发', "發"));
    for unit in [
        "<a>",
        "</a>",
        "<a/>",
        "&a",
        "&",
        "<",
        "<!",
        "<![CDATA[",
        "<!--",
        "<?",
        "<a b='",
        "]]>",
        "<!DOCTYPE [",
        "&#1",
    ] {
        let long = unit.repeat(2_000_000 / unit.len());
        if xml.runs(&long, None).is_ok() {
            assert_eq!(converted("s2t", &xml, &long), long, "{unit}");
        }
    }
}

#[test]
fn tags_at_random_places_change_nothing() {
    let mut random = Random::new(11);
    let inserts = ["<!-- 发 -->", "<?发?>", "<![CDATA[]]>", "<i></i>", "<x:b 发='>'></x:b>"];
    for round in 0..200 {
        let text = SENTENCES[round % SENTENCES.len()];
        let inner = sprinkled(&mut random, text, &inserts, 4);
        // The first character makes all of it one text.
        let document = format!("<p>文{}</p>", inner.replace("里", "&#37324;"));
        keeps_the_laws(&format("xml"), &document);
    }
    let texts: Vec<String> = SENTENCES.iter().map(|text| format!("<p>{text}<i/></p>")).collect();
    keeps_the_laws(&format("xml"), &format!("<a>{}</a>", texts.concat()));
}

#[test]
fn others_documents_stay_well_formed() {
    let Some(folder) = suite("roxmltree") else { return };
    let mut seen = 0;
    let mut open = vec![folder];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let Ok(text) = std::str::from_utf8(&bytes) else { continue };
            if path.extension().is_none_or(|ending| ending != "xml")
                || format("xml").runs(text, None).is_err()
            {
                continue;
            }
            keeps_the_laws(&format("xml"), text);
            seen += 1;
        }
    }
    assert!(seen > 80, "{seen}");
}

#[test]
fn one_reason_to_leave_a_text_does_not_end_another() {
    let xml = format("xml");
    for document in [
        r#"<a translate="no"><i xml:lang="zh">头发</i></a>"#,
        r#"<a><script xml:lang="zh">头发</script></a>"#,
        r#"<a><b xml:lang="ja"><i translate="yes">头发</i></b></a>"#,
    ] {
        assert_eq!(converted("s2t", &xml, document), document);
    }
    let document = r#"<a><b translate="no"><i translate="yes">发</i></b><b xml:lang="ja"><i xml:lang="zh">发</i></b></a>"#;
    assert_eq!(converted("s2t", &xml, document), document.replace('发', "發"));
}

#[test]
fn resources_of_programs_keep_their_names() {
    for (document, right) in [
        (
            "<plist><dict><key>头发</key><string>头发</string><data>发</data></dict></plist>",
            "<plist><dict><key>头发</key><string>頭髮</string><data>发</data></dict></plist>",
        ),
        (
            "<resources><string name=\"a\" translatable=\"false\">头发</string><string name=\"b\">头发</string></resources>",
            "<resources><string name=\"a\" translatable=\"false\">头发</string><string name=\"b\">頭髮</string></resources>",
        ),
        (
            "<root><resheader name=\"x\"><value>发</value></resheader><data name=\"a\"><value>头发</value></data>\
             <data name=\"b\" type=\"System.Resources.ResXFileRef\"><value>图\\头发.png;x</value></data>\
             <data name=\"&gt;&gt;c.Name\"><value>头发</value></data></root>",
            "<root><resheader name=\"x\"><value>发</value></resheader><data name=\"a\"><value>頭髮</value></data>\
             <data name=\"b\" type=\"System.Resources.ResXFileRef\"><value>图\\头发.png;x</value></data>\
             <data name=\"&gt;&gt;c.Name\"><value>头发</value></data></root>",
        ),
        ("<root><data type=\"x\">头发</data></root>", "<root><data type=\"x\">頭髮</data></root>"),
    ] {
        assert_eq!(converted("s2t", &format("xml"), document), right);
    }
}
