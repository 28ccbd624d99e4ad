//! Texts of Word files and OpenDocument texts: what of their sentences is held by marks, and what is only shown.

use super::{body, entry, odf, run};

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
        ("U<text:user-defined/>盘", "隨身碟<text:user-defined/>"),
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
