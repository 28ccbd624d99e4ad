//! Texts of Word files and OpenDocument texts: what of their sentences is held by marks, and what is only shown.

use super::{WORD, body, entry, odf, run, types, zipped};

#[track_caller]
fn paragraph(before: &str, after: &str) {
    let [before, after] = [before, after].map(|inner| {
        let inner = inner.replace('{', "<w:r><w:t>").replace('}', "</w:t></w:r>");
        format!("<w:p>{inner}</w:p>")
    });
    assert_eq!(body("s2twp", &before), after);
}

#[test]
fn what_a_mark_holds_does_not_become_empty() {
    for (start, end) in [
        ("<w:hyperlink w:anchor=\"x\">", "</w:hyperlink>"),
        ("<w:sdt><w:sdtPr/><w:sdtContent>", "</w:sdtContent></w:sdt>"),
        ("<w:fldSimple w:instr=\"REF x\">", "</w:fldSimple>"),
        ("<w:bookmarkStart w:id=\"1\" w:name=\"x\"/>", "<w:bookmarkEnd w:id=\"1\"/>"),
        ("<w:commentRangeStart w:id=\"1\"/>", "<w:commentRangeEnd w:id=\"1\"/>"),
        (
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText>REF x</w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r>",
            "<w:r><w:fldChar w:fldCharType=\"end\"/></w:r>",
        ),
    ] {
        paragraph(&format!("{{U}}{start}{{盘}}{end}"), &format!("{{隨身}}{start}{{碟}}{end}"));
        paragraph(&format!("{start}{{U}}{end}{{盘}}"), &format!("{start}{{隨身碟}}{end}{{}}"));
        paragraph(&format!("{start}{end}{{U盘}}"), &format!("{start}{end}{{隨身碟}}"));
    }
    // A comment within a bookmark of the same number, marks that never end.
    paragraph(
        "<w:bookmarkStart w:id=\"1\"/>{U}<w:commentRangeStart w:id=\"1\"/>{盘}<w:commentRangeEnd w:id=\"1\"/><w:bookmarkEnd w:id=\"2\"/><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>",
        "<w:bookmarkStart w:id=\"1\"/>{隨身}<w:commentRangeStart w:id=\"1\"/>{碟}<w:commentRangeEnd w:id=\"1\"/><w:bookmarkEnd w:id=\"2\"/><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>",
    );
}

#[test]
fn no_word_goes_across_the_edge_of_a_change_that_may_be_taken_back() {
    paragraph(
        "{打}<w:ins w:id=\"1\">{印}</w:ins><w:del w:id=\"2\"><w:r><w:delText>开</w:delText></w:r></w:del>{机}",
        "{打}<w:ins w:id=\"1\">{印}</w:ins><w:del w:id=\"2\"><w:r><w:delText>開</w:delText></w:r></w:del>{機}",
    );
    for tag in ["ins", "moveTo"] {
        paragraph(
            &format!("{{U}}<w:{tag}>{{盘和U}}</w:{tag}>{{盘}}"),
            &format!("{{U}}<w:{tag}>{{盤和U}}</w:{tag}>{{盤}}"),
        );
        paragraph(
            &format!("{{用}}<w:{tag}>{{U盘}}</w:{tag}>{{打开文件}}"),
            &format!("{{用}}<w:{tag}>{{隨身碟}}</w:{tag}>{{開啟檔案}}"),
        );
    }
    for tag in ["del", "moveFrom"] {
        paragraph(
            &format!("{{打}}<w:{tag}><w:r><w:delText>开</w:delText></w:r></w:{tag}>{{印机}}"),
            &format!("{{打}}<w:{tag}><w:r><w:delText>開</w:delText></w:r></w:{tag}>{{印機}}"),
        );
    }
    // The end of a paragraph that was inserted is no edge within it.
    paragraph(
        "<w:pPr><w:rPr><w:ins w:id=\"1\"/></w:rPr></w:pPr>{U盘}",
        "<w:pPr><w:rPr><w:ins w:id=\"1\"/></w:rPr></w:pPr>{隨身碟}",
    );
    let text = |inner: &str| odf("text", &format!("<text:p>{inner}</text:p>"), &[]);
    for (before, after) in [
        ("U<text:change-start/>盘<text:change-end/>", "U<text:change-start/>盤<text:change-end/>"),
        ("U<text:change/>盘", "U<text:change/>盤"),
        ("U<text:bookmark/>盘", "隨身碟<text:bookmark/>"),
        ("U<text:user-defined/>盘", "U<text:user-defined/>盤"),
        (
            "U<text:bookmark-ref>盘</text:bookmark-ref>",
            "隨身<text:bookmark-ref>碟</text:bookmark-ref>",
        ),
        ("U<text:span>盘</text:span>", "隨身碟<text:span></text:span>"),
    ] {
        assert_eq!(
            entry(&run("s2twp", &text(before)).unwrap(), "content.xml"),
            entry(&text(after), "content.xml")
        );
    }
}

/// Holds what becomes of the content of an OpenDocument file of this kind.
#[track_caller]
fn content(kind: &str, before: &str, after: &str) {
    let result = run("s2twp", &odf(kind, before, &[])).unwrap();
    assert_eq!(entry(&result, "content.xml"), entry(&odf(kind, after, &[]), "content.xml"));
}

#[test]
fn fields_that_conditions_compare_with_texts_stay() {
    let fields = |value: &str| {
        format!(
            "<text:user-field-decl office:string-value=\"{value}\" text:name=\"发\"/><text:p>看<text:user-field-get text:name=\"发\">{value}</text:user-field-get>，发，<text:variable-set text:name=\"x\" office:string-value=\"{value}\">{value}</text:variable-set></text:p>"
        )
    };
    let condition = |text: &str, other: &str| {
        format!(
            "<text:p><text:conditional-text text:condition=\"ooow:发 == &quot;{text}&quot;\" text:string-value-if-true=\"{other}\" text:string-value-if-false=\"{other}\">{other}</text:conditional-text><text:hidden-text text:condition=\"ooow:1\" text:string-value=\"{other}\"/></text:p>"
        )
    };
    let both = |one: String, other: &str| one.replace("，发，", "，發，") + other;
    content("text", &fields("头发"), &both(fields("頭髮"), ""));
    content(
        "text",
        &(fields("头发") + &condition("x", "后面")),
        &both(fields("頭髮"), &condition("x", "後面")),
    );
    content(
        "text",
        &(fields("头发") + &condition("头发", "后面")),
        &both(fields("头发"), &condition("头发", "後面")),
    );
    let hidden = "<text:hidden-paragraph text:condition=\"ooow:发!=&quot;头发&quot;\"/>";
    content("text", &(fields("头发") + hidden), &both(fields("头发"), hidden));
    let section =
        "<text:section text:condition=\"ooow:发!=&quot;头发&quot;\" text:display=\"condition\"/>";
    content("text", &(fields("头发") + section), &both(fields("头发"), section));
    // A value that is computed from another name.
    let set = "<text:p><text:variable-set text:formula=\"ooow:头发\" office:string-value=\"头发\">头发</text:variable-set></text:p>";
    content("text", set, set);
}

#[test]
fn links_to_headings_follow_them() {
    let text = |text: &str| {
        format!(
            "<text:h>1. {text}</text:h><text:p><text:a xlink:href=\"#1.{text}|outline\" office:title=\"{text}\">{text}</text:a><text:a xlink:href=\"#发|table\">x</text:a><text:a xlink:href=\"http://发/#|outline\">x</text:a><text:a xlink:href='#后&amp;面|outline'/></text:p>"
        )
    };
    content("text", &text("头发在后面"), &text("頭髮在後面").replace("后&amp;面", "後&amp;面"));
}

#[test]
fn what_stands_around_numbers_and_in_choices_is_converted() {
    let texts = |text: &str, other: &str| {
        format!(
            "<text:list-level-style-number style:num-prefix=\"{text}\" style:num-suffix='{other}' loext:num-list-format=\"{text}%1%{other}\"/><number:text>{other}</number:text><text:p><text:drop-down text:name=\"发\"><text:label text:value=\"{text}\"/>{text}</text:drop-down><text:user-defined text:name=\"发\">头发</text:user-defined><text:alphabetical-index-mark text:string-value=\"{text}\"/></text:p><table:help-message table:title=\"{text}\"><text:p>{other}</text:p></table:help-message>"
        )
    };
    content(
        "text",
        &texts("头发", "后面"),
        &texts("頭髮", "後面").replace(">頭髮</text:user", ">头发</text:user"),
    );
}

#[test]
fn cells_that_formulas_of_open_documents_look_for_stay() {
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:string-value=\"{text}\"><office:annotation><text:p>后面</text:p></office:annotation><text:p>{text}</text:p></table:table-cell>"
        )
    };
    for (more, after) in [
        ("", ["頭髮", "後面", "頭髮長"]),
        (
            "<table:table-cell table:formula=\"of:=IF([.A2]=&quot;后面&quot;;1;0)\"/>",
            ["頭髮", "后面", "頭髮長"],
        ),
        (
            "<table:table-cell table:formula=\"of:=COUNTIF([.A1:.A9];&quot;头.*&quot;)\"/>",
            ["头发", "後面", "头发长"],
        ),
        (
            "<table:content-validation table:condition=\"of:cell-content-is-in-list(&quot;头发&quot;;&quot;后面&quot;)\"/>",
            ["头发", "后面", "頭髮長"],
        ),
        (
            "<table:filter-condition table:operator=\"=\" table:value=\"头发\"/>",
            ["头发", "後面", "頭髮長"],
        ),
        (
            "<table:filter-condition table:operator=\"contains\" table:value=\"头\"/>",
            ["头发", "後面", "头发长"],
        ),
        (
            "<style:map style:condition=\"cell-content()=&quot;后面&quot;\"/>",
            ["頭髮", "后面", "頭髮長"],
        ),
        ("<table:data-pilot-field table:source-field-name=\"头发\"/>", ["头发", "後面", "頭髮長"]),
        (
            "<table:table-cell table:formula=\"of:=[.A1]&amp;'头发'.A1\"/>",
            ["頭髮", "後面", "頭髮長"],
        ),
    ] {
        let before = ["头发", "后面", "头发长"].map(cell).concat() + more;
        let after = after
            .map(cell)
            .concat()
            .replace("<office:annotation><text:p>后面", "<office:annotation><text:p>後面")
            + more;
        content("spreadsheet", &before, &after);
    }
    let result = |text: &str, formula: &str| {
        format!(
            "<table:table-cell table:formula=\"{formula}\" office:string-value=\"{text}\"><text:p>{text}</text:p><text:p>{text}</text:p></table:table-cell>"
        )
    };
    content("spreadsheet", &result("头发", "of:=[.A1]"), &result("頭髮", "of:=[.A1]"));
    let same = result("头发", "of:=IF([.A1];&quot;后&quot;)");
    content("spreadsheet", &same, &same);
}

#[test]
fn what_word_puts_back_from_elsewhere_stays() {
    let control = |more: &str, text: &str| {
        format!(
            "<w:sdt><w:sdtPr><w:alias w:val=\"发\"/>{more}<w:text/></w:sdtPr><w:sdtContent>{{{text}}}</w:sdtContent></w:sdt>"
        )
    };
    let bound = |path: &str| format!("<w:dataBinding w:xpath=\"{path}\" w:storeItemID=\"x\"/>");
    let title = "/ns1:coreProperties[1]/ns0:title[1]";
    for (more, after) in [
        (String::new(), "頭髮"),
        (bound("/a/b"), "头发"),
        (bound(title), "頭髮"),
        (bound("/ns1:coreProperties[1]/ns0:creator[1]"), "头发"),
    ] {
        // The next control is another.
        let both = |text: &str| control(&more, text) + &control("", "后面");
        paragraph(&both("头发"), &both(after).replace("后面", "後面"));
    }
    let choice = |text: &str| {
        control(
            &format!(
                "<w:dropDownList><w:listItem w:displayText=\"{text}\" w:value=\"头发\"/></w:dropDownList>"
            ),
            text,
        )
    };
    paragraph(&choice("头发"), &choice("頭髮"));
    let tips = |text: &str| {
        format!(
            "<w:hyperlink w:anchor=\"发\" w:tooltip=\"{text}\">{{{text}}}</w:hyperlink><w:r><w:fldChar w:fldCharType=\"begin\"><w:ffData><w:helpText w:type=\"text\" w:val=\"{text}\"/><w:statusText w:type=\"autoText\" w:val=\"发\"/></w:ffData></w:fldChar></w:r>"
        )
    };
    paragraph(&tips("头发"), &tips("頭髮"));
}

#[test]
fn what_stands_around_the_numbers_of_a_list_is_converted() {
    let list = |text: &str| {
        format!(
            "<w:numbering xmlns:w=\"{WORD}\"><w:abstractNum><w:name w:val=\"发\"/><w:lvl><w:lvlText w:val=\"{text}\"/></w:lvl></w:abstractNum></w:numbering>"
        )
    };
    for (before, after) in [
        ("第%1条后面", "第%1條後面"),
        ("头%1发%", "頭%1發%"),
        ("%2.%1里%%发", "%2.%1裡%%發"),
        ("发", "發"),
    ] {
        let types = types(&[
            ("word/document.xml", "wordprocessingml.document.main"),
            ("word/numbering.xml", "wordprocessingml.numbering"),
        ]);
        let bytes = zipped(&[
            ("[Content_Types].xml", &types),
            ("word/document.xml", "<a/>"),
            ("word/numbering.xml", &list(before)),
        ]);
        assert_eq!(entry(&run("s2twp", &bytes).unwrap(), "word/numbering.xml"), list(after));
    }
}

#[test]
fn a_document_within_the_document_is_left_and_does_no_harm() {
    let text = format!("<w:document xmlns:w=\"{WORD}\"><w:p><w:t>头发</w:t></w:p></w:document>");
    let main = "wordprocessingml.document.main";
    let types = types(&[("a/inner.docx", main), ("b/document.xml", main)]);
    let links = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"a\" Type=\"http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument\" Target=\"B/document.xml\"/></Relationships>";
    let bytes = zipped(&[
        ("[Content_Types].xml", &types),
        ("_rels/.rels", links),
        ("a/inner.docx", "PK\u{3}"),
        ("b/document.xml", &text),
    ]);
    let result = run("s2t", &bytes).unwrap();
    assert_eq!(entry(&result, "b/document.xml"), text.replace("头发", "頭髮"));
    assert_eq!(entry(&result, "a/inner.docx"), "PK\u{3}");
}
