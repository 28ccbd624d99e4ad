//! Zip files of documents: their prose is converted, and every other byte of them stays.

use std::io::{Cursor, Read, Write};

use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use jianfan::{Converter, Error};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Random, SENTENCES, suite};
use crate::support::command::Dir;

mod books;
mod sheets;
mod words;

const WORD: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const DRAWING: &str = "http://schemas.openxmlformats.org/drawingml/2006/main";
const OFFICE: &str = "application/vnd.openxmlformats-officedocument.";

/// Returns a zip file of these entries; the one called `mimetype` is stored.
fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in entries {
        let is_stored = *name == "mimetype";
        let method =
            if is_stored { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Returns the entries of a zip file in their order, as another library reads them.
fn entries(bytes: &[u8]) -> Vec<(String, String)> {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let count = zip.len();
    let read = |index| {
        let mut entry = zip.by_index(index).unwrap();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (entry.name().unwrap().into_owned(), text)
    };
    (0..count).map(read).collect()
}

fn entry(bytes: &[u8], name: &str) -> String {
    entries(bytes).into_iter().find(|(own, _)| own == name).unwrap().1
}

fn types(overrides: &[(&str, &str)]) -> String {
    let mut types = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>"#.to_owned();
    for (name, kind) in overrides {
        types += &format!("<Override PartName=\"/{name}\" ContentType=\"{OFFICE}{kind}+xml\"/>");
    }
    types + "</Types>"
}

/// Returns a Word file with this body.
fn docx(body: &str) -> Vec<u8> {
    let document = format!("<w:document xmlns:w=\"{WORD}\"><w:body>{body}</w:body></w:document>");
    docx_of(&document)
}

fn docx_of(document: &str) -> Vec<u8> {
    let types = types(&[("word/document.xml", "wordprocessingml.document.main")]);
    zipped(&[("[Content_Types].xml", &types), ("word/document.xml", document), ("发.bin", "发")])
}

fn run(config: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    run_with(config, bytes, Options::default())
}

fn run_with(config: &str, bytes: &[u8], options: Options) -> Result<Vec<u8>, Error> {
    let formats = Formats::auto(options).unwrap();
    Pipeline::new(Converter::new(config).unwrap()).formats(formats).run(bytes)
}

/// Returns what becomes of the body of a Word file.
#[track_caller]
fn body(config: &str, body: &str) -> String {
    let result = run(config, &docx(body)).unwrap();
    let document = entry(&result, "word/document.xml");
    let (_, rest) = document.split_once("<w:body>").unwrap();
    rest.split_once("</w:body>").unwrap().0.to_owned()
}

#[test]
fn words_are_found_across_the_pieces_of_a_paragraph() {
    for (before, after) in [
        (
            "<w:p><w:r><w:t>头</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>发</w:t></w:r></w:p>",
            "<w:p><w:r><w:t>頭</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>髮</w:t></w:r></w:p>",
        ),
        (
            "<w:p><w:r><w:t>内</w:t></w:r><w:proofErr w:type=\"x\"/><w:r><w:t>存条</w:t></w:r></w:p>",
            "<w:p><w:r><w:t>記憶體模組</w:t></w:r><w:proofErr w:type=\"x\"/><w:r><w:t></w:t></w:r></w:p>",
        ),
        // Two paragraphs, a break, a tab.
        (
            "<w:p><w:r><w:t>头</w:t></w:r></w:p><w:p><w:r><w:t>发</w:t></w:r></w:p>",
            "<w:p><w:r><w:t>頭</w:t></w:r></w:p><w:p><w:r><w:t>發</w:t></w:r></w:p>",
        ),
        (
            "<w:p><w:r><w:t>头</w:t><w:br/><w:t>发</w:t><w:tab/><w:t>发</w:t></w:r></w:p>",
            "<w:p><w:r><w:t>頭</w:t><w:br/><w:t>發</w:t><w:tab/><w:t>發</w:t></w:r></w:p>",
        ),
        // What a field computes from stays, what it shows is text.
        (
            "<w:p><w:r><w:instrText>头发</w:instrText></w:r><w:r><w:t>头</w:t></w:r><w:fldSimple w:instr=\"发\"><w:r><w:t>发</w:t></w:r></w:fldSimple></w:p>",
            "<w:p><w:r><w:instrText>头发</w:instrText></w:r><w:r><w:t>頭</w:t></w:r><w:fldSimple w:instr=\"发\"><w:r><w:t>髮</w:t></w:r></w:fldSimple></w:p>",
        ),
        // What was deleted, and what is read aloud, is not in the sentence.
        (
            "<w:p><w:r><w:t>头</w:t></w:r><w:del><w:r><w:delText>皮后</w:delText></w:r></w:del><w:r><w:t>发</w:t></w:r></w:p>",
            "<w:p><w:r><w:t>頭</w:t></w:r><w:del><w:r><w:delText>皮後</w:delText></w:r></w:del><w:r><w:t>發</w:t></w:r></w:p>",
        ),
        (
            "<w:p><w:ruby><w:rt><w:r><w:t>发</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>头</w:t></w:r></w:rubyBase></w:ruby><w:r><w:t>发</w:t></w:r></w:p>",
            "<w:p><w:ruby><w:rt><w:r><w:t>發</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>頭</w:t></w:r></w:rubyBase></w:ruby><w:r><w:t>髮</w:t></w:r></w:p>",
        ),
        // A box with a text of its own at the edge of the page.
        (
            "<w:p><w:r><w:t>头</w:t></w:r><w:r><w:drawing><w:txbxContent><w:p><w:r><w:t>皇后</w:t></w:r></w:p></w:txbxContent></w:drawing></w:r><w:r><w:t>发</w:t></w:r></w:p>",
            "<w:p><w:r><w:t>頭</w:t></w:r><w:r><w:drawing><w:txbxContent><w:p><w:r><w:t>皇后</w:t></w:r></w:p></w:txbxContent></w:drawing></w:r><w:r><w:t>髮</w:t></w:r></w:p>",
        ),
        // Names, languages, text that is nowhere.
        (
            "<w:p w:发=\"发\"><w:pPr><w:pStyle w:val=\"发\"/></w:pPr>发<w:bookmarkStart w:name=\"发\"/><!-- 发 --><?发 发?></w:p>",
            "<w:p w:发=\"发\"><w:pPr><w:pStyle w:val=\"发\"/></w:pPr>发<w:bookmarkStart w:name=\"发\"/><!-- 发 --><?发 发?></w:p>",
        ),
        (
            "<w:p><w:drawing><x:docPr xmlns:x=\"y\" name=\"发\" descr=\"头&#x53d1; &amp; '后'\" title='\"发'/></w:drawing></w:p>",
            "<w:p><w:drawing><x:docPr xmlns:x=\"y\" name=\"发\" descr=\"頭髮 &amp; '後'\" title='\"發'/></w:drawing></w:p>",
        ),
        // Fields of a form: what is shown, and not what is stored.
        (
            "<w:p><w:ffData><w:name w:val=\"发\"/><w:helpText w:val=\"发\"/><w:textInput><w:default w:val=\"发\"/></w:textInput><w:ddList><w:listEntry w:val=\"发\"/></w:ddList></w:ffData><w:dropDownList><w:listItem w:displayText=\"发\" w:value=\"发\"/></w:dropDownList></w:p>",
            "<w:p><w:ffData><w:name w:val=\"发\"/><w:helpText w:val=\"發\"/><w:textInput><w:default w:val=\"發\"/></w:textInput><w:ddList><w:listEntry w:val=\"發\"/></w:ddList></w:ffData><w:dropDownList><w:listItem w:displayText=\"發\" w:value=\"发\"/></w:dropDownList></w:p>",
        ),
        // Written in other ways.
        (
            "<w:p><w:r><w:t>头&#21457;&lt;&#x4E0B;<![CDATA[<发>]]></w:t></w:r></w:p>",
            "<w:p><w:r><w:t>頭髮&lt;&#x4E0B;<![CDATA[<發>]]></w:t></w:r></w:p>",
        ),
        (
            "<w:p\n><w:r ><w:t\txml:space = 'preserve'> 头 </w:t ></w:r></w:p >",
            "<w:p\n><w:r ><w:t\txml:space = 'preserve'> 頭 </w:t ></w:r></w:p >",
        ),
    ] {
        assert_eq!(body("s2twp", before), after);
    }
    // The prefix may be any, and the address that of the strict form.
    for address in [WORD, "http://purl.oclc.org/ooxml/wordprocessingml/main"] {
        for (prefix, colon) in [("x", "x:"), ("", "")] {
            let xmlns =
                if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            let document = |text| {
                format!(
                    "<{colon}document {xmlns}=\"{address}\"><{colon}p><{colon}t>{text}</{colon}t></{colon}p></{colon}document>"
                )
            };
            let result = run("s2t", &docx_of(&document("头发"))).unwrap();
            assert_eq!(entry(&result, "word/document.xml"), document("頭髮"));
        }
    }
    let foreign = "<document><p><t>头发</t></p></document>";
    assert_eq!(run("s2t", &docx_of(foreign)).unwrap(), docx_of(foreign));
}

#[test]
fn blanks_that_a_pass_puts_at_an_end_are_kept_by_office() {
    let bytes =
        docx("<w:p><w:r><w:t>中文</w:t></w:r><w:r><w:t>abc</w:t></w:r><w:r><w:t/></w:r></w:p>");
    let pipeline = Pipeline::without_conversion()
        .normalize("spacing".parse().unwrap())
        .formats(Formats::auto(Options::default()).unwrap());
    let document = entry(&pipeline.run(&bytes).unwrap(), "word/document.xml");
    let spaced = "<w:t xml:space=\"preserve\">中文 </w:t></w:r><w:r><w:t>abc</w:t>";
    assert!(document.contains(spaced), "{document}");
}

#[test]
fn all_texts_of_a_word_file_are_found_by_what_they_are() {
    let text = |root: &str, inner: &str| {
        format!("<w:{root} xmlns:w=\"{WORD}\"><w:p><w:r><w:t>{inner}</w:t></w:r></w:p></w:{root}>")
    };
    let parts = ["header", "footer", "footnotes", "endnotes", "comments", "document.glossary"];
    let mut names: Vec<(String, String)> = parts
        .iter()
        .map(|part| (format!("any/{part}.data"), format!("wordprocessingml.{part}")))
        .collect();
    names.push(("any/main.data".to_owned(), "wordprocessingml.document.main".to_owned()));
    names.push(("word/styles.xml".to_owned(), "wordprocessingml.styles".to_owned()));
    let overrides: Vec<(&str, &str)> = names.iter().map(|(a, b)| (&**a, &**b)).collect();
    let types = types(&overrides).replace("</Types>", "<Override PartName=\"/DocProps/Core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>");
    let core = "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>头发</dc:title><dc:creator>发</dc:creator><cp:keywords>后面</cp:keywords><dc:subject>头发</dc:subject><dc:description>头发</dc:description></cp:coreProperties>";
    let texts: Vec<String> = names.iter().map(|_| text("x", "头发")).collect();
    let mut all = vec![("[Content_Types].xml", &*types), ("docProps/core.xml", core)];
    all.extend(names.iter().map(|(name, _)| &**name).zip(texts.iter().map(|text| &**text)));
    let result = run("s2t", &zipped(&all)).unwrap();
    for (name, text) in &entries(&result)[2..8] {
        assert!(text.contains("<w:t>頭髮</w:t>"), "{name}");
    }
    assert!(entry(&result, "any/main.data").contains("頭髮"));
    assert!(entry(&result, "word/styles.xml").contains("头发"));
    let expected = core.replace("头发", "頭髮").replace("后面", "後面");
    assert_eq!(entry(&result, "docProps/core.xml"), expected);
}

const SHEET: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

/// Returns an Excel file of one sheet.
fn xlsx(strings: &str, sheet: &str, more: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut overrides = vec![
        ("xl/workbook.xml", "spreadsheetml.sheet.main"),
        ("xl/sharedStrings.xml", "spreadsheetml.sharedStrings"),
        ("xl/worksheets/sheet1.xml", "spreadsheetml.worksheet"),
    ];
    overrides.extend(
        more.iter().filter(|more| !more.1.is_empty()).map(|(name, kind, _)| (*name, *kind)),
    );
    let types = types(&overrides);
    let workbook = format!(
        "<workbook xmlns=\"{SHEET}\" xmlns:r=\"r\"><sheets><sheet name=\"发\" sheetId=\"1\" r:id=\"rId1\"/></sheets><definedNames><definedName name=\"发\">发!$A$1</definedName></definedNames></workbook>"
    );
    let strings = format!("<sst xmlns=\"{SHEET}\">{strings}</sst>");
    let sheet = format!("<worksheet xmlns=\"{SHEET}\">{sheet}</worksheet>");
    let rels = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"x\" Target=\"worksheets/sheet1.xml\"/></Relationships>";
    let mut all = vec![
        ("[Content_Types].xml", &*types),
        ("xl/workbook.xml", &workbook),
        ("xl/_rels/workbook.xml.rels", rels),
        ("xl/sharedStrings.xml", &strings),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    all.extend(more.iter().map(|(name, _, text)| (*name, *text)));
    zipped(&all)
}

#[test]
fn cells_are_converted_and_formulas_are_not() {
    let strings = "<si><r><t>内</t></r><r><rPr><b/></rPr><t>存</t></r><rPh sb=\"0\"><t>发</t></rPh></si><si><t>头发</t></si>";
    let sheet = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>头发</t></is></c><c r=\"C1\" t=\"str\"><f>发!B1&amp;D1</f><v>头发</v></c><c r=\"D1\"><v>1</v></c></row></sheetData><dataValidations><dataValidation prompt=\"头发\" sqref=\"A1\"><formula1>\"发\"</formula1></dataValidation></dataValidations><headerFooter><oddHeader>&amp;L头&amp;\"宋体,常规\"&amp;12发 &amp;P页&amp;C后&amp;R&amp;&amp;发</oddHeader></headerFooter>";
    let comments = format!(
        "<comments xmlns=\"{SHEET}\"><authors><author>发</author></authors><commentList><comment><text><r><t>头</t></r><r><t>发</t></r></text></comment></commentList></comments>"
    );
    let bytes = xlsx(strings, sheet, &[("xl/comments1.xml", "spreadsheetml.comments", &comments)]);
    let result = run("s2twp", &bytes).unwrap();
    assert_eq!(
        entry(&result, "xl/sharedStrings.xml"),
        format!(
            "<sst xmlns=\"{SHEET}\"><si><r><t>記憶體</t></r><r><rPr><b/></rPr><t></t></r><rPh sb=\"0\"><t>发</t></rPh></si><si><t>頭髮</t></si></sst>"
        )
    );
    let expected = sheet
        .replace("<t>头发</t>", "<t>頭髮</t>")
        .replace("<v>头发</v>", "<v>頭髮</v>")
        .replace("prompt=\"头发\"", "prompt=\"頭髮\"")
        .replace("&amp;L头", "&amp;L頭")
        .replace("12发 &amp;P页&amp;C后", "12髮 &amp;P頁&amp;C後")
        .replace("&amp;&amp;发", "&amp;&amp;發");
    assert_eq!(
        entry(&result, "xl/worksheets/sheet1.xml"),
        format!("<worksheet xmlns=\"{SHEET}\">{expected}</worksheet>")
    );
    assert_eq!(entry(&result, "xl/workbook.xml"), entry(&bytes, "xl/workbook.xml"));
    assert_eq!(
        entry(&result, "xl/comments1.xml"),
        comments.replace("<t>头</t></r><r><t>发</t>", "<t>頭</t></r><r><t>髮</t>")
    );
}

#[test]
fn heads_of_tables_stay_as_their_columns_are_called() {
    let strings = "<si><t>头发</t></si><si><t>里面</t></si><si><t>后面</t></si>";
    let table = format!(
        "<table xmlns=\"{SHEET}\" ref=\"B2:C3\"><tableColumns><tableColumn id=\"1\" name=\"头发\"/><tableColumn id=\"2\" name=\"发\"/></tableColumns></table>"
    );
    let rels = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"x\" Target=\"../tables/table1.xml\"/></Relationships>";
    let cache = format!(
        "<pivotCacheDefinition xmlns=\"{SHEET}\"><cacheSource><worksheetSource ref=\"$E$2:$F$9\" sheet=\"发\"/></cacheSource><cacheFields><cacheField name=\"后面\"/></cacheFields></pivotCacheDefinition>"
    );
    for cells in [
        "<row r=\"2\"><c r=\"A2\" t=\"s\"><v>1</v></c><c r=\"B2\" t=\"s\"><v>0</v></c><c r=\"C2\" t=\"inlineStr\"><is><t>发</t></is></c><c r=\"D2\" t=\"inlineStr\"><is><t>头里</t></is></c><c r=\"E2\" t=\"s\"><v>2</v></c></row>",
        // Cells need not say where they are.
        "<row/><row><c t=\"s\"><v>1</v></c><c t=\"s\"><v>0</v></c><c t=\"inlineStr\"><is><t>发</t></is></c><c t=\"inlineStr\"><is><t>头里</t></is></c><c t=\"s\"><v>2</v></c></row>",
    ] {
        let sheet = format!("<sheetData>{cells}</sheetData>");
        let bytes = xlsx(
            strings,
            &sheet,
            &[
                ("xl/tables/table1.xml", "spreadsheetml.table", &table),
                ("xl/worksheets/_rels/sheet1.xml.rels", "", rels),
                ("xl/pivotCache/x.xml", "spreadsheetml.pivotCacheDefinition", &cache),
            ],
        );
        let result = run("s2t", &bytes).unwrap();
        assert!(
            entry(&result, "xl/sharedStrings.xml")
                .contains("<si><t>头发</t></si><si><t>裏面</t></si><si><t>后面</t></si>")
        );
        let expected = cells.replace("头里", "頭裏");
        assert!(entry(&result, "xl/worksheets/sheet1.xml").contains(&expected));
        assert_eq!(entry(&result, "xl/tables/table1.xml"), table);
    }
}

/// Returns a workbook with a table of these columns, and what stands in its sheet besides the heads.
fn table(names: [&str; 2], more: &str, parts: &[(&str, &str, &str)]) -> Vec<u8> {
    let strings: String = names.iter().map(|name| format!("<si><t>{name}</t></si>")).collect();
    let columns: String =
        names.iter().map(|name| format!("<tableColumn id=\"1\" name=\"{name}\"/>")).collect();
    let table = format!(
        "<table xmlns=\"{SHEET}\" ref=\"A1:B2\"><tableColumns>{columns}</tableColumns></table>"
    );
    let rels = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"x\" Target=\"../tables/table1.xml\"/></Relationships>";
    let sheet = format!(
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v></c>{more}</row></sheetData>"
    );
    let mut all = vec![
        ("xl/tables/table1.xml", "spreadsheetml.table", &*table),
        ("xl/worksheets/_rels/sheet1.xml.rels", "", rels),
    ];
    all.extend(parts);
    xlsx(&strings, &sheet, &all)
}

#[test]
fn columns_of_tables_are_renamed_with_their_heads_where_nothing_names_them() {
    let heads = |bytes: &[u8]| {
        let strings = entry(bytes, "xl/sharedStrings.xml");
        let table = entry(bytes, "xl/tables/table1.xml");
        let cut = |text: &str, sign: &str, end: &str| -> Vec<String> {
            text.split(sign)
                .skip(1)
                .map(|part| part.split(end).next().unwrap().to_owned())
                .collect()
        };
        let (cells, names) = (cut(&strings, "<t>", "<"), cut(&table, " name=\"", "\""));
        assert_eq!(cells, names, "the table and its heads are called the same");
        names
    };
    let after = |bytes: &[u8]| heads(&run("s2t", bytes).unwrap());
    let renamed = ["頭髮", "裏面"];
    let same = ["头发", "里面"];
    let formula = |text: &str| format!("<c r=\"C1\"><f>{text}</f><v>1</v></c>");
    assert_eq!(after(&table(same, "", &[])), renamed);
    assert_eq!(after(&table(same, &formula("[1]发!A1+A[x]"), &[])), same, "it might be a name");
    assert_eq!(after(&table(same, &formula("A1+A[x]&amp;\"x\""), &[])), renamed);
    assert_eq!(after(&table(same, &formula("SUM(表[头发])"), &[])), same);
    assert_eq!(after(&table(same, &formula("SUM(T&#91;&#22836;发])"), &[])), same);
    assert_eq!(after(&table(["发", "發"], "", &[])), ["发", "發"], "they would be called the same");
    assert_eq!(after(&table(same, &formula("MATCH(\"头发\",A1:B1,0)"), &[])), same);
    let connections = ("xl/connections.xml", "spreadsheetml.connections", "<x/>");
    assert_eq!(after(&table(same, "", &[connections])), same);
}

#[test]
fn slides_notes_and_charts_are_converted() {
    let slide = format!(
        "<p:sld xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\" xmlns:a=\"{DRAWING}\"><p:cNvPr name=\"发\" descr=\"头发\"/><a:p><a:r><a:t>头</a:t></a:r><a:r><a:t>发</a:t></a:r><a:br/><a:r><a:t>发</a:t></a:r></a:p></p:sld>"
    );
    let chart = format!(
        "<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:a=\"{DRAWING}\"><c:title><a:p><a:r><a:t>头发</a:t></a:r></a:p></c:title><c:f>发!A1</c:f><c:strCache><c:pt><c:v>头发</c:v></c:pt></c:strCache><c:numCache><c:pt><c:v>发</c:v></c:pt></c:numCache></c:chartSpace>"
    );
    let types = types(&[
        ("ppt/presentation.xml", "presentationml.presentation.main"),
        ("ppt/slides/slide1.xml", "presentationml.slide"),
        ("ppt/notesSlides/n.xml", "presentationml.notesSlide"),
        ("ppt/charts/chart1.xml", "drawingml.chart"),
    ]);
    let result = run(
        "s2t",
        &zipped(&[
            ("[Content_Types].xml", &types),
            ("ppt/presentation.xml", &slide),
            ("ppt/slides/slide1.xml", &slide),
            ("ppt/notesSlides/n.xml", &slide),
            ("ppt/charts/chart1.xml", &chart),
        ]),
    )
    .unwrap();
    let expected = slide
        .replace("descr=\"头发\"", "descr=\"頭髮\"")
        .replace("头</a:t></a:r><a:r><a:t>发", "頭</a:t></a:r><a:r><a:t>髮")
        .replace("<a:t>发</a:t>", "<a:t>發</a:t>");
    assert_eq!(entry(&result, "ppt/slides/slide1.xml"), expected);
    assert_eq!(entry(&result, "ppt/notesSlides/n.xml"), expected);
    assert_eq!(entry(&result, "ppt/presentation.xml"), slide);
    assert_eq!(entry(&result, "ppt/charts/chart1.xml"), chart.replace("头发", "頭髮"));
}

fn odf(kind: &str, content: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mimetype = format!("application/vnd.oasis.opendocument.{kind}");
    let spaces = ["office", "text", "table", "meta", "presentation", "form"]
        .map(|name| format!("xmlns:{name}=\"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0\""));
    let content = format!(
        "<office:document-content {} xmlns:draw=\"urn:oasis:names:tc:opendocument:xmlns:drawing:1.0\" xmlns:svg=\"urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0\" xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" xmlns:number=\"urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><office:body>{content}</office:body></office:document-content>",
        spaces.join(" ")
    );
    let mut all = vec![("mimetype", &*mimetype), ("content.xml", &content)];
    all.extend(more);
    zipped(&all)
}

#[test]
fn paragraphs_of_open_documents_are_runs() {
    for (before, after) in [
        (
            "<text:p>头<text:span text:style-name=\"发\">发</text:span></text:p>",
            "<text:p>頭<text:span text:style-name=\"发\">髮</text:span></text:p>",
        ),
        (
            "<text:h>内<text:a>存</text:a>条</text:h>",
            "<text:h>記憶體模<text:a>組</text:a></text:h>",
        ),
        (
            "<text:p>头<text:line-break/>发<text:tab/>发<text:s text:c=\"2\"/>发</text:p>",
            "<text:p>頭<text:line-break/>發<text:tab/>發<text:s text:c=\"2\"/>發</text:p>",
        ),
        (
            "<text:p>头<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>皇后</text:p></text:note-body></text:note>发</text:p>",
            "<text:p>頭<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>皇后</text:p></text:note-body></text:note>髮</text:p>",
        ),
        (
            "<text:p>头<office:annotation><dc:creator>发</dc:creator><text:p>里面</text:p></office:annotation>发</text:p>",
            "<text:p>頭<office:annotation><dc:creator>发</dc:creator><text:p>裡面</text:p></office:annotation>髮</text:p>",
        ),
        (
            "<text:p>头<draw:frame text:anchor-type=\"paragraph\"><svg:title>头发</svg:title><draw:text-box><text:p>后面</text:p></draw:text-box></draw:frame>发</text:p>",
            "<text:p>頭<draw:frame text:anchor-type=\"paragraph\"><svg:title>頭髮</svg:title><draw:text-box><text:p>後面</text:p></draw:text-box></draw:frame>髮</text:p>",
        ),
        (
            "<text:p>头<draw:frame text:anchor-type=\"as-char\"/>发</text:p>",
            "<text:p>頭<draw:frame text:anchor-type=\"as-char\"/>發</text:p>",
        ),
        (
            "<table:table table:name=\"发\"><table:table-cell table:formula=\"of:=[头发.A1]\" office:string-value=\"头发\" office:value=\"发\"><text:p>头发</text:p></table:table-cell></table:table>",
            "<table:table table:name=\"发\"><table:table-cell table:formula=\"of:=[头发.A1]\" office:string-value=\"頭髮\" office:value=\"发\"><text:p>頭髮</text:p></table:table-cell></table:table>",
        ),
        (
            "<text:p><text:ruby><text:ruby-base>头</text:ruby-base><text:ruby-text>发</text:ruby-text></text:ruby>发</text:p>",
            "<text:p><text:ruby><text:ruby-base>頭</text:ruby-base><text:ruby-text>發</text:ruby-text></text:ruby>髮</text:p>",
        ),
    ] {
        for kind in ["text", "spreadsheet", "presentation", "text-template"] {
            let result = run("s2twp", &odf(kind, before, &[])).unwrap();
            assert_eq!(entries(&result), entries(&odf(kind, after, &[])), "{kind}");
        }
    }
    let meta = "<office:document-meta xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:meta=\"urn:oasis:names:tc:opendocument:xmlns:meta:1.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:title>头发</dc:title><meta:keyword>头发</meta:keyword><dc:creator>发</dc:creator></office:document-meta>";
    let header = "<office:styles xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><text:p>头发</text:p></office:styles>";
    let more = [
        ("meta.xml", meta),
        ("styles.xml", header),
        ("Object 1/content.xml", header),
        ("settings.xml", header),
    ];
    let result = run("s2t", &odf("text", "", &more)).unwrap();
    assert_eq!(entry(&result, "meta.xml"), meta.replace("头发", "頭髮"));
    assert_eq!(entry(&result, "styles.xml"), header.replace("头发", "頭髮"));
    assert_eq!(entry(&result, "Object 1/content.xml"), header.replace("头发", "頭髮"));
    assert_eq!(entry(&result, "settings.xml"), header);
}

const CONTAINER: &str = "<container xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles><rootfile full-path=\"书/发.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles></container>";
const OPF: &str = "<package xmlns=\"http://www.idpf.org/2007/opf\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xml:lang=\"zh-CN\"><metadata><dc:title>头发</dc:title><dc:creator>发</dc:creator><dc:language> zh-CN </dc:language><dc:language>en</dc:language><dc:identifier>发</dc:identifier></metadata><manifest><item id=\"a\" href=\"%E5%8F%91.xhtml#x\" media-type=\"application/xhtml+xml\"/><item id=\"b\" href=\"../toc.ncx\" media-type=\"application/x-dtbncx+xml\"/><item id=\"c\" href=\"发.css\" media-type=\"text/css\"/><item id=\"d\" href=\"gone.xhtml\" media-type=\"application/xhtml+xml\"/></manifest></package>";
const NCX: &str = "<!DOCTYPE ncx PUBLIC \"-//NISO//DTD ncx 2005-1//EN\" \"http://www.daisy.org/z3986/2005/ncx-2005-1.dtd\"><ncx xmlns=\"http://www.daisy.org/z3986/2005/ncx/\"><navLabel><text>头发</text></navLabel><content src=\"发.xhtml\"/></ncx>";

fn epub(page: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut all = vec![
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", CONTAINER),
        ("书/发.opf", OPF),
        ("书/发.xhtml", page),
        ("toc.ncx", NCX),
        ("书/发.css", "发"),
        ("书/other.xhtml", "<html>发</html>"),
    ];
    all.extend(more);
    zipped(&all)
}

#[test]
fn pages_of_a_book_are_converted_and_nothing_is_renamed() {
    let page = "<?xml version=\"1.0\"?>\n<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" xml:lang=\"zh-Hans\" lang=\"zh\"><head><title>头发</title><script>发</script></head>\n<body><p>头<b>发</b>&nbsp;<a href=\"发.xhtml\" title=\"头发\">后<br/>面</a><code>发</code><img src=\"发.png\" alt=\"里面\"/></p><ul>\n <li>皇</li>\n <li>后面</li></ul><ruby>头<rt>发</rt>发</ruby><p translate=\"no\">发</p></body></html>";
    let bytes = epub(page, &[]);
    let result = run("s2t", &bytes).unwrap();
    let expected = page
        .replace("<title>头发</title>", "<title>頭髮</title>")
        .replace("头<b>发", "頭<b>髮")
        .replace("title=\"头发\"", "title=\"頭髮\"")
        .replace("后<br/>面", "後<br/>面")
        .replace("里面", "裏面")
        .replace("<li>后面", "<li>後面")
        .replace("<ruby>头<rt>发</rt>发", "<ruby>頭<rt>發</rt>髮");
    assert_eq!(entry(&result, "书/发.xhtml"), expected);
    assert_eq!(entry(&result, "toc.ncx"), NCX.replace("头发", "頭髮"));
    let metadata =
        |text: &str| text.replace("头发", "頭髮").replace("<dc:creator>发", "<dc:creator>發");
    assert_eq!(entry(&result, "书/发.opf"), metadata(OPF));
    let names = |bytes| entries(bytes).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&result), names(&bytes));
    assert!(result.starts_with(&bytes[..60]), "mimetype is first and stored");
    for name in ["书/发.css", "书/other.xhtml"] {
        assert_eq!(entry(&result, name), entry(&bytes, name));
    }

    let mut options = Options::default();
    options.lang = Some("zh-TW".to_owned());
    let result = run_with("s2t", &bytes, options).unwrap();
    assert!(entry(&result, "书/发.xhtml").contains("xml:lang=\"zh-TW\" lang=\"zh-TW\""));
    let opf = metadata(OPF)
        .replace("xml:lang=\"zh-CN\"", "xml:lang=\"zh-TW\"")
        .replace(" zh-CN ", " zh-TW ");
    assert_eq!(entry(&result, "书/发.opf"), opf);
}

#[test]
fn what_is_encrypted_or_signed_is_an_error_unless_nothing_changes() {
    let page = "<html xmlns=\"http://www.w3.org/1999/xhtml\"><p>头发</p></html>";
    let encryption = |name: &str| {
        format!(
            "<encryption xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\" xmlns:enc=\"http://www.w3.org/2001/04/xmlenc#\"><enc:EncryptedData><enc:CipherData><enc:CipherReference URI=\"{name}\"/></enc:CipherData></enc:EncryptedData></encryption>"
        )
    };
    let fonts = encryption("书/font.otf");
    assert!(run("s2t", &epub(page, &[("META-INF/encryption.xml", &fonts)])).is_ok());
    let pages = encryption("%E4%B9%A6/%E5%8F%91.xhtml");
    let told = |bytes: Vec<u8>| run("s2t", &bytes).unwrap_err().to_string();
    assert_eq!(
        told(epub(page, &[("META-INF/encryption.xml", &pages)])),
        "cannot be converted as epub: 书/发.xhtml: it is encrypted, as protected books are"
    );
    let manifest = "<m:manifest xmlns:m=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>";
    assert!(told(odf("text", "", &[("META-INF/manifest.xml", manifest)])).contains("password"));
    let old = Pipeline::new(Converter::new("s2t").unwrap())
        .formats(Formats::named("docx", Options::default()).unwrap());
    assert!(old.run(b"\xD0\xCF\x11\xE0\xA1").unwrap_err().to_string().contains("password"));

    let signed = [("META-INF/documentsignatures.xml", "<x/>")];
    let error = told(odf("text", "<text:p>头发</text:p>", &signed));
    assert_eq!(
        error,
        "cannot be converted as odt: META-INF/documentsignatures.xml: it is signed, and would not be any more; remove the signature first"
    );
    let same = odf("text", "<text:p>x</text:p>", &signed);
    assert_eq!(run("s2t", &same).unwrap(), same);
}

#[test]
fn an_entry_of_utf_16_stays_so_and_other_charsets_are_told() {
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><w:d xmlns:w=\"{WORD}\"><w:p><w:t>头发</w:t></w:p></w:d>"
    );
    let types = types(&[("word/document.xml", "wordprocessingml.document.main")]);
    let pack = |bytes: &[u8]| {
        let types = Cursor::new(zipped(&[("[Content_Types].xml", &types)]));
        let mut zip = ZipWriter::new_append(types).unwrap();
        zip.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let bytes = |text: &str, is_big: bool| -> Vec<u8> {
        let text = format!("\u{FEFF}{text}");
        text.encode_utf16()
            .flat_map(|unit| if is_big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    };
    for is_big in [true, false] {
        let result = run("s2t", &pack(&bytes(&document, is_big))).unwrap();
        let mut found = Vec::new();
        let mut zip = ZipArchive::new(Cursor::new(result)).unwrap();
        zip.by_name("word/document.xml").unwrap().read_to_end(&mut found).unwrap();
        assert_eq!(found, bytes(&document.replace("头发", "頭髮"), is_big));
    }
    let told = |bytes: &[u8]| run("s2t", &pack(bytes)).unwrap_err().to_string();
    assert!(told(document.replace("UTF-16", "GBK").as_bytes()).contains("written in GBK"));
    assert!(
        told(b"<?xml version='1.0' encoding='gb2312'?><a>\xCD\xB7</a>")
            .contains("written in gb2312")
    );
    assert!(told(b"<a>\xFF</a>").contains("byte 3: it is not valid UTF-8"));
}

#[test]
fn what_is_not_xml_is_told_with_its_place() {
    for (document, place) in [
        ("", "byte 0: it has no element"),
        ("<a>", "byte 3: an element has no end"),
        ("<a>\n</b>", "line 2, byte 4: the end of <a> is missing"),
        ("<a b></a>", "an attribute without a value"),
        ("<a b=c></a>", "a quote is missing"),
        ("<a b='<'></a>", "a < in a value"),
        ("<a b='", "a tag has no end"),
        ("<a>&b</a>", "byte 3: a & without its ;"),
        ("<a/><b/>", "something stands behind the root"),
        ("<a/>x", "text outside of the elements"),
        ("<!--", "a comment has no end"),
        ("<!DOCTYPE a [<!ENTITY b \"c\">]><a/>", "byte 13: it declares entities, which is refused"),
        ("<!DOCTYPE a [%b;]><a/>", "it uses parameter entities"),
    ] {
        let error = run("s2t", &docx_of(document)).unwrap_err().to_string();
        assert!(
            error.starts_with("cannot be converted as docx: word/document.xml: line "),
            "{error}"
        );
        assert!(error.contains(place), "{document}: {error}");
    }
}

#[test]
fn depth_and_length_cost_no_more_than_they_are() {
    let deep = |count: usize| "<w:p>".repeat(count) + "<w:t>头发</w:t>" + &"</w:p>".repeat(count);
    assert_eq!(body("s2t", &deep(100_000)), deep(100_000).replace("头发", "頭髮"));
    let error = |document: &str| run("s2t", &docx_of(document)).unwrap_err().to_string();
    for part in [
        "<a>",
        "<a ",
        "<!--",
        "&",
        "<![CDATA[",
        "<a b='",
        "<?",
        "</a>",
        "<!DOCTYPE ",
        "]]>",
        "<a xmlns:b='c'>",
    ] {
        // Random behind, so that it does not look like a bomb.
        let mut random = Random::new(1);
        let noise: String = (0..20_000)
            .map(|_| char::from(b'a' + u8::try_from(random.below(26)).unwrap()))
            .collect();
        let text = format!("{}{noise}", part.repeat(2_000_000 / part.len()));
        assert!(error(&format!("<x>{text}")).contains("byte"));
    }
}

#[test]
fn bombs_are_not_unpacked() {
    let zeros = " ".repeat(10_000_000);
    let document = format!("<a>{zeros}</a>");
    let told = run("s2t", &docx_of(&document)).unwrap_err().to_string();
    assert_eq!(
        told,
        "cannot be converted as docx: word/document.xml: it is packed to less than a part in 1000, as what is to fill a disk; pack it anew, stored, if it is what it should be"
    );
    // In an entry that is not looked at it is as good as any other.
    let types = types(&[("word/document.xml", "wordprocessingml.document.main")]);
    let document = format!("<w:d xmlns:w=\"{WORD}\"><w:p><w:t>发</w:t></w:p></w:d>");
    let bytes = zipped(&[
        ("[Content_Types].xml", &types),
        ("word/media/film", &zeros),
        ("word/document.xml", &document),
    ]);
    assert!(entry(&run("s2t", &bytes).unwrap(), "word/document.xml").contains("發"));
    // A length that is not true.
    let bytes = docx("<w:p><w:t>发</w:t></w:p>");
    let at = find(&bytes, b"PK\x01\x02", 1);
    for wrong in [1_u32, 0x7FFF_FFFF] {
        let mut bytes = bytes.clone();
        bytes[at + 24..at + 28].copy_from_slice(&wrong.to_le_bytes());
        assert!(run("s2t", &bytes).is_err());
    }
}

/// Returns where a sign stands for the n-th time, from 0.
fn find(bytes: &[u8], sign: &[u8], n: usize) -> usize {
    let at = bytes.windows(sign.len()).enumerate().filter(|(_, window)| *window == sign);
    at.map(|(at, _)| at).nth(n).unwrap()
}

#[test]
fn what_two_readers_could_read_in_two_ways_is_refused() {
    let good = docx("<w:p><w:t>发</w:t></w:p>");
    let record = find(&good, b"PK\x01\x02", 2);
    let local = find(&good, b"PK\x03\x04", 2);
    let name = "发.bin".as_bytes();
    assert_eq!(&good[record + 46..record + 46 + name.len()], name);
    let told = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        let formats = Formats::named("docx", Options::default()).unwrap();
        let pipeline = Pipeline::new(Converter::new("s2t").unwrap()).formats(formats);
        pipeline.run(&bytes).unwrap_err().to_string()
    };
    let rename = |new: &'static [u8]| {
        told(&move |bytes: &mut Vec<u8>| {
            bytes[record + 46..record + 46 + 7].copy_from_slice(new);
            bytes[local + 30..local + 30 + 7].copy_from_slice(new);
        })
    };
    for (name, what) in [
        (&b"../.bin"[..], "leads out of the file"),
        (b"a/../bb", "leads out of the file"),
        (b"/etc/pw", "absolute path"),
        (b"C:/a/bb", "absolute path"),
        (b"a\\b.bin", "backslash"),
        (b"a\nb.bin", "control character"),
    ] {
        let error = rename(name);
        assert!(error.contains(what) && error.contains("as docx: "), "{error}");
    }
    let put = |at: usize, value: &'static [u8]| {
        told(&move |bytes: &mut Vec<u8>| bytes[at..at + value.len()].copy_from_slice(value))
    };
    assert!(put(local + 30, b"x").contains("differ"));
    assert!(put(record + 8, &[1]).contains("发.bin: it is encrypted"));
    assert!(put(record + 34, &[1]).contains("another disk"));
    assert!(put(record + 42, &[0, 0, 0, 0]).contains("overlapping"));
    assert!(put(record + 20, &[0xFF, 0xFF]).contains("overlapping"));
    assert!(put(record + 20, &[0xFF, 0xFF, 0xFF, 0xFF]).contains("sizes are missing"));
    let end = good.len() - 22;
    assert!(put(end + 4, &[1]).contains("several disks"));
    assert!(put(end + 8, &[9]).contains("several disks"));
    assert!(put(end + 16, &[9]).contains("directory"));
    assert!(told(&|bytes| bytes.push(0)).contains("something was put behind it"));
    // Packed in a way that nobody knows: only where it has to be read.
    let document = find(&good, b"PK\x01\x02", 1);
    let own = find(&good, b"PK\x03\x04", 1);
    let error = told(&|bytes| {
        bytes[document + 10] = 99;
        bytes[own + 8] = 99;
    });
    assert!(
        error.contains("word/document.xml: it is packed in a way that is not known (99)"),
        "{error}"
    );

    let mut twice = good.clone();
    let types = types(&[("word/document.xml", "wordprocessingml.document.main")]);
    let other = zipped(&[
        ("[Content_Types].xml", &types),
        ("word/documenT.xml", "<a/>"),
        ("word/document.xml", "<a/>"),
    ]);
    twice.clone_from(&other);
    for at in 0..twice.len() - 17 {
        if &twice[at..at + 17] == b"word/documenT.xml" {
            twice[at + 12] = b't';
        }
    }
    let error = run("s2t", &twice);
    // Not known by content any more: then it is no text either.
    assert!(error.is_err());
    let formats = Formats::named("docx", Options::default()).unwrap();
    let error =
        Pipeline::without_conversion().formats(formats).run(&twice).unwrap_err().to_string();
    assert!(error.contains("two entries of this name"), "{error}");
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let good = [
        docx("<w:p><w:t>头发</w:t></w:p>"),
        epub("<html><p>头发</p></html>", &[]),
        odf("text", "<text:p>头发</text:p>", &[]),
    ];
    let all = ["docx", "epub", "odt"].map(|name| {
        Pipeline::new(Converter::new("s2t").unwrap())
            .formats(Formats::named(name, Options::default()).unwrap())
    });
    let mut random = Random::new(3);
    for (bytes, pipeline) in good.iter().zip(&all) {
        let whole = pipeline.run(bytes).unwrap();
        for part in 0..64 {
            let cut = bytes.len() * part / 64;
            assert!(pipeline.run(&bytes[..cut]).is_err(), "{part}/64");
        }
        for _ in 0..4000 {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                bytes[at] = [0, 1, 0xFF, bytes[at] ^ 1 << random.below(8)][random.below(4)];
            }
            // What can still be read is read, and then it is a zip file.
            if let Ok(result) = pipeline.run(&bytes) {
                assert!(result.len() > whole.len() / 2);
            }
        }
    }
}

#[test]
fn any_tags_in_any_order_are_an_error_or_converted_once() {
    const PARTS: [&str; 30] = [
        "<w:p>",
        "</w:p>",
        "<w:t>",
        "</w:t>",
        "<w:br/>",
        "<w:del>",
        "</w:del>",
        "<w:pict>",
        "</w:pict>",
        "<w:x alt='发' descr=\"头\"/>",
        "<text:p>",
        "</text:p>",
        "<text:note>",
        "</text:note>",
        "<text:s/>",
        "<svg:title>",
        "</svg:title>",
        "<img alt='发'/>",
        "<rt>",
        "</rt>",
        "<p title='头发'>",
        "</p>",
        "<b>",
        "</b>",
        "头发",
        "内存",
        "&#x53d1;",
        "&amp;",
        "<![CDATA[发]]>",
        " ",
    ];
    let mut random = Random::new(17);
    let mut converted = 0;
    for round in 0..3000 {
        let (mut text, mut open) = (String::new(), Vec::<String>::new());
        for _ in 0..random.below(16) {
            let part = random.pick(&PARTS);
            if part.starts_with("</") && round % 8 > 0 {
                text += &open.pop().unwrap_or_default();
                continue;
            }
            if part.starts_with('<') && !part.ends_with("/>") && !part.starts_with("<!") {
                let name = part[1..].split([' ', '>']).next().unwrap();
                open.push(format!("</{name}>"));
            }
            text += part;
        }
        while let Some(end) = open.pop() {
            text += &end;
        }
        let bytes = match round % 3 {
            0 => docx(&text),
            1 => odf("text", &text, &[]),
            _ => {
                epub(&format!("<html xmlns:w='w' xmlns:text='t' xmlns:svg='s'>{text}</html>"), &[])
            }
        };
        let formats = Formats::auto(Options::default()).unwrap();
        let same = Pipeline::without_conversion().formats(formats).run(&bytes);
        match run("s2twp", &bytes) {
            Ok(result) => {
                assert_eq!(same.unwrap(), bytes, "{text}");
                assert_eq!(entries(&result).len(), entries(&bytes).len());
                converted += 1;
            }
            Err(error) => assert!(same.is_err(), "{error}: {text}"),
        }
    }
    assert!(converted > 2000, "{converted}");
}

/// Returns a package whose entries are written in all the ways there are: behind descriptors, with zip64's fields, comments, extra fields.
fn manifold() -> Vec<u8> {
    let types = types(&[
        ("word/document.xml", "wordprocessingml.document.main"),
        ("word/footnotes.xml", "wordprocessingml.footnotes"),
    ]);
    let text = |text: &str| format!("<w:d xmlns:w=\"{WORD}\"><w:p><w:t>{text}</w:t></w:p></w:d>");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default();
    let time = zip::DateTime::from_date_and_time(2001, 2, 3, 4, 5, 6).unwrap();
    for (name, options, text) in [
        ("[Content_Types].xml", plain.large_file(true), types),
        ("a/", plain, String::new()),
        (
            "word/document.xml",
            plain.large_file(true).last_modified_time(time).unix_permissions(0o600),
            text("头发"),
        ),
        (
            "word/footnotes.xml",
            plain.compression_method(CompressionMethod::Stored),
            text("里面的头发"),
        ),
        ("word/other.xml", plain.compression_level(Some(9)), text("发")),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.set_comment("头发").unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn entries_without_a_change_are_copied_byte_for_byte() {
    let bytes = manifold();
    assert_eq!(run("t2s", &bytes).unwrap(), bytes, "nothing changes");
    let result = run("s2t", &bytes).unwrap();
    assert!(entry(&result, "word/document.xml").contains("頭髮"));
    assert!(entry(&result, "word/footnotes.xml").contains("裏面的頭髮"));
    let (mut old, mut new) = (
        ZipArchive::new(Cursor::new(&bytes)).unwrap(),
        ZipArchive::new(Cursor::new(&result)).unwrap(),
    );
    assert_eq!(old.comment(), new.comment());
    assert_eq!(old.len(), new.len());
    for index in 0..old.len() {
        let (old, new) = (old.by_index_raw(index).unwrap(), new.by_index_raw(index).unwrap());
        let name = old.name().unwrap().into_owned();
        assert_eq!(name, new.name().unwrap());
        assert_eq!(old.last_modified(), new.last_modified());
        assert_eq!(
            (old.unix_mode(), old.compression(), old.comment()),
            (new.unix_mode(), new.compression(), new.comment())
        );
        if !["word/document.xml", "word/footnotes.xml"].contains(&&*name) {
            let range = |bytes: &[u8], start: u64, end: u64| {
                bytes[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()].to_vec()
            };
            assert_eq!(
                range(
                    &bytes,
                    old.header_start(),
                    old.data_start().unwrap() + old.compressed_size()
                ),
                range(
                    &result,
                    new.header_start(),
                    new.data_start().unwrap() + new.compressed_size()
                ),
            );
        }
    }
    // Back again.
    assert_eq!(entries(&run("t2s", &result).unwrap()), entries(&bytes));
}

#[test]
fn sizes_behind_the_data_are_rewritten_in_their_own_form() {
    // As a stream is written: the sizes are not known before.
    let good = docx("<w:p><w:t>里面的头发</w:t></w:p>");
    let entries_before = entries(&good);
    for (is_signed, is_long) in [(true, false), (false, false), (true, true), (false, true)] {
        let mut bytes = Vec::new();
        let mut directory = Vec::new();
        for (name, text) in &entries_before {
            let mut crc = flate2::Crc::new();
            crc.update(text.as_bytes());
            let mut packed =
                flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(text.as_bytes()).unwrap();
            let packed = packed.finish().unwrap();
            let name_len = u16::try_from(name.len()).unwrap().to_le_bytes();
            let extra: &[u8] = if is_long {
                &[1, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            } else {
                b""
            };
            let offset = u32::try_from(bytes.len()).unwrap().to_le_bytes();
            bytes.extend_from_slice(b"PK\x03\x04\x14\0\x08\x08\x08\0\0\0\0\0\0\0\0\0");
            bytes.extend_from_slice(if is_long { &[0xFF; 8] } else { &[0; 8] });
            bytes.extend_from_slice(&name_len);
            bytes.extend_from_slice(&[u8::try_from(extra.len()).unwrap(), 0]);
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend_from_slice(extra);
            bytes.extend_from_slice(&packed);
            if is_signed {
                bytes.extend_from_slice(b"PK\x07\x08");
            }
            bytes.extend_from_slice(&crc.sum().to_le_bytes());
            let sizes = [packed.len() as u64, text.len() as u64];
            for size in sizes {
                bytes.extend_from_slice(&size.to_le_bytes()[..if is_long { 8 } else { 4 }]);
            }
            directory.extend_from_slice(b"PK\x01\x02\x14\0\x14\0\x08\x08\x08\0\0\0\0\0");
            directory.extend_from_slice(&crc.sum().to_le_bytes());
            for size in sizes {
                directory.extend_from_slice(&size.to_le_bytes()[..4]);
            }
            directory.extend_from_slice(&name_len);
            directory.extend_from_slice(&[0; 12]);
            directory.extend_from_slice(&offset);
            directory.extend_from_slice(name.as_bytes());
        }
        let start = u32::try_from(bytes.len()).unwrap();
        bytes.extend_from_slice(&directory);
        let count = u8::try_from(entries_before.len()).unwrap();
        bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        bytes.extend_from_slice(&[count, 0, count, 0]);
        bytes.extend_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(&start.to_le_bytes());
        bytes.extend_from_slice(&[0, 0]);
        assert_eq!(entries(&bytes), entries_before);
        assert_eq!(run("t2s", &bytes).unwrap(), bytes);
        let result = run("s2t", &bytes).unwrap();
        assert!(entry(&result, "word/document.xml").contains("裏面的頭髮"));
        assert_eq!(entries(&run("t2s", &result).unwrap()), entries_before);
        // The second reader looks at what stands behind the data, too: ours.
        assert_eq!(run("s2t", &result).unwrap(), result);
    }
}

#[test]
fn a_paragraph_cut_anywhere_is_converted_as_if_it_were_whole() {
    let mut random = Random::new(11);
    const CUTS: [&str; 5] = [
        "</w:t></w:r><w:r><w:t>",
        "</w:t></w:r><w:r><w:rPr><w:b/><w:lang w:eastAsia=\"zh-CN\"/></w:rPr><w:t xml:space=\"preserve\">",
        "</w:t></w:r><w:bookmarkStart w:id=\"1\" w:name=\"头发\"/><w:r><w:t>",
        "<!-- 头发 -->",
        "</w:t></w:r><w:r><w:footnoteReference w:id=\"2\"/><w:t>",
    ];
    for config in ["s2t", "s2twp", "tw2sp"] {
        let converter = Converter::new(config).unwrap();
        for round in 0..60 {
            let text = SENTENCES[round % SENTENCES.len()];
            let cut = super::sprinkled(&mut random, text, &CUTS, 3);
            let result = body(config, &format!("<w:p><w:r><w:t>{cut}</w:t></w:r></w:p>"));
            assert_eq!(shown(&result), converter.convert(text), "{cut}\n{result}");
            assert_eq!(tags(&result), tags(&cut));
        }
    }
}

/// Returns the tags of a fragment, but those around it.
fn tags(fragment: &str) -> Vec<&str> {
    let inner = fragment.strip_prefix("<w:p><w:r><w:t>").unwrap_or(fragment);
    let inner = inner.strip_suffix("</w:t></w:r></w:p>").unwrap_or(inner);
    inner.split('<').skip(1).map(|part| part.split('>').next().unwrap()).collect()
}

/// Returns the text that a fragment of a Word file shows.
fn shown(fragment: &str) -> String {
    let (mut shown, mut rest) = (String::new(), fragment);
    while let Some((_, inner)) = rest.split_once("<w:t") {
        let (_, inner) = inner.split_once('>').unwrap();
        let (text, behind) = inner.split_once("</w:t>").unwrap();
        shown += &text.replace("<!-- 头发 -->", "");
        rest = behind;
    }
    shown
}

#[test]
fn a_directory_of_all_kinds_works_with_one_command() {
    let dir = Dir::new();
    let word = docx("<w:p><w:t>头发,好</w:t></w:p>");
    dir.file("in/a.docx", &word)
        .file("in/b.odt", odf("text", "<text:p>头发</text:p>", &[]))
        .file("in/c.txt", "头发\n")
        .file("in/d.zip", zipped(&[("a", "头发")]))
        .file("in/e.data", &word)
        .file("in/~$a.docx", b"\x05\0\0\0\0")
        .file("in/f.docx", "");
    let run = dir.run("convert s2t in -o out --report jsonl=report.jsonl");
    assert_eq!(run.code, Some(0), "{run:?}");
    let report = dir.text("report.jsonl");
    for (name, what) in
        [("a.docx", "docx"), ("b.odt", "odt"), ("c.txt", "plain"), ("e.data", "docx")]
    {
        let line = report.lines().find(|line| line.contains(name)).unwrap();
        assert!(
            line.contains(&format!("\"format\":\"{what}\"")) && line.contains("\"changed\""),
            "{line}"
        );
    }
    for (name, reason) in [("d.zip", "binary"), ("~$a.docx", "a lock of an office program")] {
        let line = report.lines().find(|line| line.contains(name)).unwrap();
        assert!(line.contains("skipped") && line.contains(reason), "{line}");
    }
    assert!(entry(&dir.read("out/a.docx"), "word/document.xml").contains("頭髮,好"));
    assert!(entry(&dir.read("out/b.odt"), "content.xml").contains("頭髮"));

    // In place, from a pipe, and only looked at.
    let result = dir.read("out/a.docx");
    dir.file("a.docx", &word);
    assert_eq!(dir.run("convert s2t --check a.docx").code, Some(1));
    let diff = dir.run("convert s2t --diff a.docx");
    let text = String::from_utf8(diff.stdout).unwrap();
    assert_eq!(
        text,
        "--- a.docx!word/document.xml\n+++ a.docx!word/document.xml\n@@ -1 +1 @@\n-头发,好\n+頭髮,好\n"
    );
    assert_eq!(dir.read("a.docx"), word);
    assert_eq!(dir.run("convert s2t -w a.docx").code, Some(0));
    assert_eq!(dir.read("a.docx"), result);
    for line in [
        "convert s2t",
        "convert s2t -f docx",
        "convert s2t --stdin-filename x.docx",
        "convert s2t -e gbk --output-encoding big5",
    ] {
        let run = dir.pipe(line, &word);
        assert!(run.code == Some(0) && run.stdout == result, "{line}: {}", run.stderr);
    }
    // Passes tell the entry.
    let run = dir.pipe("normalize -n cn --check", &word);
    assert!(
        String::from_utf8(run.stdout).unwrap().starts_with("standard input!word/document.xml:1:")
    );
    dir.file("b.docx", &word);
    let run = dir.run("normalize -n cn --report jsonl b.docx -o c.docx");
    assert!(String::from_utf8(run.stdout).unwrap().contains("\"entry\":\"word/document.xml\""));
    // What is named and is none.
    dir.file("plain.docx", "头发");
    dir.run("convert s2t plain.docx -o x.docx")
        .fails_telling(&["plain.docx: cannot be converted as docx: it is no zip file"]);
    dir.run("convert s2t -f xlsx b.docx -o x.docx")
        .fails_telling(&["cannot be converted as xlsx: it is docx"]);
    dir.run("convert s2t -f epub in/d.zip -o x.docx")
        .fails_telling(&["a zip file of something else"]);
    dir.pipe("convert s2t -f docx", "头发").fails_telling(&["it is no zip file"]);
    assert!(!dir.path("x.docx").exists());
}

#[test]
fn a_long_package_goes_the_same_way_and_nothing_is_written_if_it_fails() {
    let dir = Dir::new();
    let mut random = Random::new(5);
    let noise: String = (0..6_000_000)
        .map(|_| char::from(b' ' + u8::try_from(random.below(90)).unwrap()))
        .collect();
    let types = types(&[("word/document.xml", "wordprocessingml.document.main")]);
    let document =
        |text: &str| format!("<w:d xmlns:w=\"{WORD}\"><w:p><w:t>{text}</w:t></w:p></w:d>");
    let make = |text: &str| {
        zipped(&[("[Content_Types].xml", &types), ("noise", &noise), ("word/document.xml", text)])
    };
    let (good, bad) = (make(&document("头发")), make("<a>头发"));
    assert!(good.len() > 4 << 20);
    dir.file("in/a.docx", &good).file("in/x.zip", zipped(&[("noise", &noise)]));
    let run = dir.run("convert s2t in -o out");
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("in/x.zip: binary"));
    let result = dir.read("out/a.docx");
    assert!(entry(&result, "word/document.xml").contains("頭髮"));
    assert!(dir.pipe("convert s2t", &good).stdout == result);
    assert_eq!(dir.run("convert s2t -w in/a.docx").code, Some(0));
    assert!(dir.read("in/a.docx") == result);
    dir.file("b.docx", &bad);
    dir.run("convert s2t -w b.docx").fails_telling(&["b.docx: cannot be converted as docx: word/document.xml: line 1, byte 9: an element has no end"]);
    assert!(dir.read("b.docx") == bad);
    dir.pipe("convert s2t", &bad).fails_telling(&["an element has no end"]);
    assert_eq!(dir.files(), ["b.docx", "in/a.docx", "in/x.zip", "out/a.docx"]);
}

#[test]
fn files_of_others_come_out_as_they_were() {
    let Some(folder) = suite("office") else { return };
    let (mut same, mut refused) = (0, Vec::new());
    let mut open = vec![folder];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let endings = ["docx", "xlsx", "pptx", "odt", "ods", "odp"];
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if !endings.contains(&ending) {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let formats = Formats::auto(Options::default()).unwrap();
            let pipeline = Pipeline::without_conversion().formats(formats);
            match pipeline.whole_named(&bytes, &path) {
                Ok((output, summary)) => {
                    assert!(output == bytes, "{}", path.display());
                    assert_ne!(summary.format, "plain", "{}", path.display());
                    same += 1;
                }
                Err(error) => refused.push(format!("{}: {error}", path.display())),
            }
        }
    }
    // One declares entities.
    assert!(same > 120 && refused.len() < 2, "{same}, {refused:#?}");
}
