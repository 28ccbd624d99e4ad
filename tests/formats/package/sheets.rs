//! Sheets of Excel and of OpenDocument: what formulas look for stays, and headers go on to mean what they meant.

use super::{Random, SHEET, entry, run, types, xlsx, zipped};

const CONVERT: &str = "s2t";

/// Returns the texts of cells, as they stand in the list of shared strings, behind a conversion; `sheet` is what else is in the sheet.
#[track_caller]
fn cells(texts: &[&str], sheet: &str, more: &[(&str, &str, &str)]) -> Vec<String> {
    let strings: String = texts.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    let cells: String = (0..texts.len())
        .map(|at| {
            format!("<row r=\"{}\"><c r=\"A{}\" t=\"s\"><v>{at}</v></c></row>", at + 1, at + 1)
        })
        .collect();
    let result =
        run("s2twp", &xlsx(&strings, &format!("<sheetData>{cells}</sheetData>{sheet}"), more));
    let strings = entry(&result.unwrap(), "xl/sharedStrings.xml");
    strings.split("<t>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn cells_that_formulas_look_for_stay() {
    let formula = |formula: &str| {
        format!("<x><row r=\"99\"><c r=\"Z99\"><f>{formula}</f><v>1</v></c></row></x>")
    };
    let texts = ["头发", "后面", "头发长", "发"];
    for (sheet, after) in [
        (String::new(), ["頭髮", "後面", "頭髮長", "發"]),
        (formula("SUMIF(B2:B3,\"头发\",C2:C3)"), ["头发", "後面", "頭髮長", "發"]),
        (formula("IF(B2=&quot;头发&quot;,1,0)"), ["头发", "後面", "頭髮長", "發"]),
        (formula("VLOOKUP(\"后面\",A1:B9,2,0)"), ["頭髮", "后面", "頭髮長", "發"]),
        (formula("COUNTIF(A:A,\"头发*\")"), ["头发", "後面", "头发长", "發"]),
        (formula("COUNTIF(A:A,\"*头*\")"), ["头发", "後面", "头发长", "發"]),
        (formula("ISNUMBER(SEARCH(\"头发\",A1))"), ["头发", "後面", "头发长", "發"]),
        (formula("MATCH(\"头\"&amp;B1,A:A,0)"), ["头发", "後面", "头发长", "發"]),
        // The name of the sheet is 发.
        (formula("INDIRECT(F1&amp;\"!B2\")"), ["頭髮", "後面", "頭髮長", "发"]),
        (formula("A1&amp;发!A1"), ["頭髮", "後面", "頭髮長", "發"]),
        (
            "<autoFilter><filterColumn><filters><filter val=\"头发\"/></filters></filterColumn></autoFilter>".to_owned(),
            ["头发", "後面", "頭髮長", "發"],
        ),
        (
            "<customFilters><customFilter val=\"*头*\"/></customFilters>".to_owned(),
            ["头发", "後面", "头发长", "發"],
        ),
        (
            "<conditionalFormatting><cfRule type=\"beginsWith\" text=\"头\"/></conditionalFormatting>".to_owned(),
            ["头发", "後面", "头发长", "發"],
        ),
        (
            "<dataValidations><dataValidation type=\"list\"><formula1>\"头发,发\"</formula1></dataValidation></dataValidations>".to_owned(),
            ["头发", "後面", "頭髮長", "发"],
        ),
        (
            "<extLst><x14:v xmlns:x14=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" xmlns:xm=\"http://schemas.microsoft.com/office/excel/2006/main\"><x14:formula1><xm:f>\"头发,发\"</xm:f></x14:formula1></x14:v></extLst>".to_owned(),
            ["头发", "後面", "頭髮長", "发"],
        ),
    ] {
        assert_eq!(cells(&texts, &sheet, &[]), after, "{sheet}");
    }
}

#[test]
fn results_that_a_formula_would_have_again_stay() {
    let cell = |formula: &str, text: &str| format!("<c t=\"str\">{formula}<v>{text}</v></c>");
    for (formula, after) in [
        ("<f>A1&amp;B1</f>", "後面"),
        ("<f>IF(A1,\"后面\",\"里\")</f>", "后面"),
        ("<f>IF(A1,\"x\",B1)</f>", "後面"),
        (
            "<f t=\"shared\" ref=\"A1:A2\" si=\"0\">A1&amp;\"面\"</f><v>发</v></c><c t=\"str\"><f t=\"shared\" si=\"0\"/>",
            "后面",
        ),
        ("<f t=\"array\" ref=\"A1:A2\">A1&amp;\"面\"</f><v>发</v></c><c t=\"str\">", "后面"),
        ("", "後面"),
    ] {
        let sheet =
            |text: &str| format!("<sheetData><row>{}</row></sheetData>", cell(formula, text));
        let bytes = xlsx("", &sheet("后面"), &[]);
        let result = entry(&run("s2twp", &bytes).unwrap(), "xl/worksheets/sheet1.xml");
        assert!(result.contains(&sheet(after)), "{formula}: {result}");
    }
    // Also one that is the head of nothing, but looked for elsewhere.
    let sheet = "<row><c t=\"str\"><f>A1</f><v>后面</v></c><c t=\"inlineStr\"><is><r><t>后</t></r><r><t>面</t></r></is></c><c><f>B1=\"后面\"</f><v>1</v></c></row>";
    let bytes = xlsx("", sheet, &[]);
    assert_eq!(run("s2twp", &bytes).unwrap(), bytes);
}

#[test]
fn what_charts_repeat_of_cells_that_stay_stays_too() {
    let chart = "<c:chartSpace xmlns:c=\"http://schemas.openxmlformats.org/drawingml/2006/chart\" xmlns:c15=\"http://schemas.microsoft.com/office/drawing/2012/chart\"><c:strCache><c:pt><c:v>头发</c:v></c:pt><c:pt><c:v>后面</c:v></c:pt></c:strCache><c:trendline><c:name>后面长</c:name></c:trendline><c15:dlblRangeCache><c:pt><c:v>后面</c:v></c:pt></c15:dlblRangeCache><c:numFmt formatCode=\"0&quot;里&quot;\"/></c:chartSpace>";
    let sheet = "<x><row><c><f>COUNTIF(A:A,\"头发\")</f></c></row></x>";
    let bytes =
        xlsx("<si><t>头发</t></si>", sheet, &[("xl/charts/c.xml", "drawingml.chart", chart)]);
    let result = run("s2twp", &bytes).unwrap();
    let expected = chart.replace("后面长", "後面長").replace("后面", "後面").replace('里', "裡");
    assert_eq!(entry(&result, "xl/charts/c.xml"), expected);
}

#[test]
fn heads_of_the_data_of_pivot_tables_are_known_by_what_they_are_called() {
    let cache = |source: &str| {
        format!(
            "<pivotCacheDefinition xmlns=\"{SHEET}\"><cacheSource>{source}</cacheSource><cacheFields><cacheField name=\"头发\"/></cacheFields></pivotCacheDefinition>"
        )
    };
    for source in [
        "<worksheetSource name=\"发\"/>",
        "<worksheetSource ref=\"A1:A4\" sheet=\"发\"/>",
        "<consolidation><rangeSets><rangeSet ref=\"A1:A4\" sheet=\"发\"/></rangeSets></consolidation>",
    ] {
        let cache = cache(source);
        let parts = [("xl/pivotCache/x.xml", "spreadsheetml.pivotCacheDefinition", &*cache)];
        assert_eq!(cells(&["头发", "后面"], "", &parts), ["头发", "後面"], "{source}");
    }
}

#[test]
fn values_stay_of_which_a_pivot_table_shows_some() {
    let cache = format!(
        "<pivotCacheDefinition xmlns=\"{SHEET}\"><cacheSource><worksheetSource name=\"区\"/></cacheSource><cacheFields><cacheField name=\"头发\"><sharedItems><s v=\"后面\"/><n v=\"1\"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>"
    );
    for (items, after) in [
        ("<item x=\"0\"/>", "後面"),
        ("<item h=\"0\" x=\"0\"/>", "後面"),
        ("<item h=\"1\" x=\"0\"/>", "后面"),
        ("<pageField fld=\"0\" item=\"0\"/>", "后面"),
    ] {
        let pivot =
            format!("<pivotTableDefinition xmlns=\"{SHEET}\">{items}</pivotTableDefinition>");
        let parts = [
            ("xl/pivotCache/x.xml", "spreadsheetml.pivotCacheDefinition", &*cache),
            ("xl/pivotTables/x.xml", "spreadsheetml.pivotTable", &*pivot),
        ];
        assert_eq!(
            cells(&["头发", "后面", "里面"], "", &parts),
            ["头发", after, "裡面"],
            "{items}"
        );
    }
}

#[test]
fn names_of_entries_are_the_same_in_capitals_and_small_letters() {
    let table = format!(
        "<table xmlns=\"{SHEET}\" ref=\"A1:A2\"><tableColumns><tableColumn name=\"头发\"/></tableColumns></table>"
    );
    let rels = |target: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"x\" Target=\"{target}\"/></Relationships>"
        )
    };
    let other = rels("../Tables/TABLE1.xml");
    let formula = "<x><row><c><f>SUM(表[头发])</f></c></row></x>";
    let head = |rels: &str| {
        let bytes = xlsx(
            "",
            &format!(
                "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>头发 </t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>头发x</t></is></c></row>{formula}"
            ),
            &[
                ("xl/tables/table1.xml", "spreadsheetml.table", &table),
                ("xl/worksheets/_rels/sheet1.xml.rels", "", rels),
            ],
        );
        entry(&run("s2twp", &bytes).unwrap(), "xl/worksheets/sheet1.xml")
    };
    assert!(head(&other).contains("<t>头发 </t>") && head(&other).contains("<t>頭髮x</t>"));
    // The list of types, and what two readers could take for two things.
    let list = types(&[("Word/Document.xml", "wordprocessingml.document.main")]);
    let text = format!("<w:d xmlns:w=\"{}\"><w:p><w:t>头发</w:t></w:p></w:d>", super::WORD);
    let bytes = zipped(&[("[content_types].xml", &list), ("word/document.xml", &text)]);
    assert!(entry(&run(CONVERT, &bytes).unwrap(), "word/document.xml").contains("頭髮"));
    let twice = zipped(&[
        ("[Content_Types].xml", &list),
        ("word/document.xml", &text),
        ("word/Document.xml", &text),
    ]);
    let error = run(CONVERT, &twice).unwrap_err().to_string();
    assert!(
        error.contains("word/Document.xml: another entry has this name, but for capitals"),
        "{error}"
    );
}

/// Returns what becomes of a header.
#[track_caller]
fn header(passes: &str, text: &str) -> String {
    let sheet = format!("<headerFooter><oddHeader>{text}</oddHeader></headerFooter>");
    let pipeline = jianfan::pipeline::Pipeline::new(jianfan::Converter::new("s2twp").unwrap());
    let formats = jianfan::format::Formats::auto(jianfan::format::Options::default()).unwrap();
    let pipeline = match passes {
        "" => pipeline,
        _ => pipeline.normalize(passes.parse().unwrap()),
    };
    let result = pipeline.formats(formats).run(&xlsx("", &sheet, &[])).unwrap();
    let result = entry(&result, "xl/worksheets/sheet1.xml");
    let (_, rest) = result.split_once("<oddHeader>").unwrap();
    rest.split_once("</oddHeader>").unwrap().0.to_owned()
}

#[test]
fn a_header_goes_on_to_mean_what_it_meant() {
    for (passes, before, after) in [
        ("tw", "&amp;C&amp;12１２月报表", "&amp;C&amp;12１２月報表"),
        ("tw", "&amp;C&amp;12&amp;B３后", "&amp;C&amp;12&amp;B3後"),
        ("width,width-symbols", "＆P 后面", "&amp;&amp;P 後面"),
        ("width,width-symbols", "后R＆Ｄ", "後R&amp;&amp;D"),
        ("width,width-symbols", "&amp;P＋１页", "&amp;P＋1頁"),
        ("", "&amp;KFF0000头发&amp;K00-01后面", "&amp;KFF0000頭髮&amp;K00-01後面"),
        ("width", "&amp;K04+000１后", "&amp;K04+000１後"),
        ("", "内&amp;12存3条", "記憶&amp;12體3條"),
        ("", "&amp;\"宋体,常规\"后&amp;&amp;面", "&amp;\"宋体,常规\"後&amp;&amp;面"),
    ] {
        assert_eq!(header(passes, before), after, "{passes} {before}");
    }
}

#[test]
fn what_would_be_longer_than_excel_takes_stays() {
    let long = |count: usize| "内存".repeat(count);
    assert_eq!(header("", &long(85)), "記憶體".repeat(85));
    assert_eq!(header("", &long(86)), long(86));
    let prompts = |title: usize, text: usize| {
        let sheet = format!(
            "<dataValidations><dataValidation promptTitle=\"{}\" error=\"{}\"/></dataValidations>",
            long(title),
            long(text)
        );
        let bytes = xlsx("", &sheet, &[]);
        run("s2twp", &bytes).unwrap() != bytes
    };
    assert_eq!([prompts(10, 85), prompts(11, 1), prompts(1, 86)], [true, false, false]);
    assert_eq!(cells(&[&long(16_000), "内存"], "", &[]), [long(16_000), "記憶體".to_owned()]);
}

#[test]
fn comments_that_mention_people_by_place_stay() {
    let threads = "<x:ThreadedComments xmlns:x=\"http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments\"><x:threadedComment><x:text>内存@发 后面</x:text><x:mentions><x:mention startIndex=\"2\" length=\"2\"/></x:mentions></x:threadedComment><x:threadedComment><x:text>头发</x:text></x:threadedComment></x:ThreadedComments>";
    let bytes = xlsx("", "", &[("xl/threadedComments/t.xml", "", threads)]);
    let list = entry(&bytes, "[Content_Types].xml").replace("</Types>", "<Override PartName=\"/xl/threadedComments/t.xml\" ContentType=\"application/vnd.ms-excel.threadedcomments+xml\"/></Types>");
    let all = super::entries(&bytes);
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, text)| (&**name, if name.starts_with('[') { &*list } else { &**text }))
        .collect();
    let result = run(CONVERT, &zipped(&all)).unwrap();
    assert_eq!(entry(&result, "xl/threadedComments/t.xml"), threads.replace("头发", "頭髮"));
}

#[test]
fn what_stands_around_numbers_is_converted_between_its_quotes_alone() {
    let styles = |one: &str, two: &str| {
        format!(
            "<styleSheet xmlns=\"{SHEET}\"><numFmts><numFmt numFmtId=\"164\" formatCode=\"0&quot;{one}&quot;里;[红]\\&quot;里&quot;{two}&quot;\"/><numFmt formatCode='\"{two}\"0'/></numFmts><cellStyle name=\"后\"/></styleSheet>"
        )
    };
    let before = styles("只在里面", "头发");
    let bytes = xlsx("", "", &[("xl/styles.xml", "spreadsheetml.styles", &before)]);
    let result = run("s2twp", &bytes).unwrap();
    assert_eq!(entry(&result, "xl/styles.xml"), styles("只在裡面", "頭髮"));
}

#[test]
fn prompts_of_later_editions_are_converted() {
    let sheet = |text: &str| {
        format!(
            "<extLst><x:dataValidation xmlns:x=\"http://schemas.microsoft.com/office/spreadsheetml/2009/9/main\" promptTitle=\"{text}\" prompt=\"{text}\" errorTitle=\"{text}\" error=\"{text}\"/></extLst>"
        )
    };
    let result = run("s2t", &xlsx("", &sheet("头发"), &[])).unwrap();
    assert!(entry(&result, "xl/worksheets/sheet1.xml").contains(&sheet("頭髮")));
}

#[test]
fn any_cells_in_any_order_are_an_error_or_converted_once() {
    const PARTS: [&str; 28] = [
        "<row>",
        "</row>",
        "<row r=\"4294967295\">",
        "<c>",
        "</c>",
        "<c t=\"str\">",
        "<c t=\"s\" r=\"ZZZ9\">",
        "<c t=\"inlineStr\" r=\"A1\">",
        "<f>",
        "</f>",
        "<f t=\"shared\" si=\"0\"/>",
        "<v>",
        "</v>",
        "<is>",
        "</is>",
        "<t>",
        "</t>",
        "<rPh>",
        "</rPh>",
        "<oddHeader>",
        "</oddHeader>",
        "<filter val=\"发\"/>",
        "头发",
        "\"发\"",
        "&amp;12",
        "&amp;K04",
        "\"",
        "<dataValidation prompt=\"内存\"/>",
    ];
    let mut random = Random::new(23);
    let mut converted = 0;
    for round in 0..3000 {
        let (mut text, mut open) = (String::new(), Vec::<String>::new());
        for _ in 0..random.below(24) {
            let part = random.pick(&PARTS);
            if part.starts_with("</") && round % 8 > 0 {
                text += &open.pop().unwrap_or_default();
                continue;
            }
            if part.starts_with('<') && !part.ends_with("/>") {
                open.push(format!("</{}>", part[1..].split([' ', '>']).next().unwrap()));
            }
            text += part;
        }
        while let Some(end) = open.pop() {
            text += &end;
        }
        let bytes = xlsx(&format!("<si>{text}</si><si><t>发</t></si>"), &text, &[]);
        let formats = jianfan::format::Formats::auto(jianfan::format::Options::default()).unwrap();
        let same = jianfan::pipeline::Pipeline::without_conversion().formats(formats).run(&bytes);
        match run("s2twp", &bytes) {
            Ok(result) => {
                assert_eq!(same.unwrap(), bytes, "{text}");
                assert_eq!(super::entries(&result).len(), super::entries(&bytes).len());
                converted += 1;
            }
            Err(error) => assert!(same.is_err(), "{error}: {text}"),
        }
    }
    assert!(converted > 2000, "{converted}");
}
