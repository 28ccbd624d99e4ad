//! CSV and TSV: cells are converted; separators, quotes and line ends stay, and so does the header.

use jianfan::Converter;
use jianfan::format::{Formats, Options};

use super::{Random, SENTENCES, converted, format, keeps_the_laws, streams_as_whole, suite};
use crate::support::command::Dir;

fn columns(name: &str, columns: &[&str]) -> Formats {
    let mut options = Options::default();
    options.columns = columns.iter().map(|&column| column.to_owned()).collect();
    Formats::named(name, options).unwrap()
}

/// Returns the records of a document as another reader has them.
fn records(document: &str, separator: u8) -> Vec<Vec<String>> {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(separator).build();
    let (mut input, mut records) = (document.as_bytes(), Vec::new());
    let (mut output, mut ends) = (vec![0; document.len() + 1], vec![0; document.len() + 1]);
    // What it wrote of a record that goes on.
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, read, bytes, fields) =
            reader.read_record(input, &mut output[written..], &mut ends[ended..]);
        input = &input[read..];
        (written, ended) = (written + bytes, ended + fields);
        match result {
            csv_core::ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends.iter().copied());
                let field = |(start, &end)| String::from_utf8(output[start..end].to_vec()).unwrap();
                records.push(starts.zip(&ends[..ended]).map(field).collect());
                (written, ended) = (0, 0);
            }
            csv_core::ReadRecordResult::End => return records,
            csv_core::ReadRecordResult::InputEmpty => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn cells_are_converted_and_all_else_stays() {
    for (name, document, result) in [
        ("csv", "发,头\n头发,皇后\n", "发,头\n頭髮,皇后\n"),
        ("csv", "发\r\n\"头发\"\r\n\r\n 发 \r\n", "发\r\n\"頭髮\"\r\n\r\n 發 \r\n"),
        ("csv", "a\r头发\r\"发\"", "a\r頭髮\r\"發\""),
        // No word goes from a cell into the next; one goes across a quote that ends within a cell.
        ("csv", "a,b\n内,存\n\"内\"存,b\n", "a,b\n內,存\n\"記憶體\",b\n"),
        ("csv", "a\n\"他说\"\"头发\"\"\n头发\"\n", "a\n\"他說\"\"頭髮\"\"\n頭髮\"\n"),
        ("csv", "a\n发\"发\",\"发\"发\"\n", "a\n發\"發\",\"發\"發\"\n"),
        (
            "csv",
            "1,2.50,-3,2020-01-02\n1,2.50,-3,2020-01-02\n",
            "1,2.50,-3,2020-01-02\n1,2.50,-3,2020-01-02\n",
        ),
        ("csv", "\n\n发\n发", "\n\n发\n發"),
        ("csv", "", ""),
        ("csv", "发", "发"),
        ("csv", "\"发\"\"\n发\",发\n,发", "\"发\"\"\n发\",发\n,發"),
        ("tsv", "a\tb\n发,头\t\"发\t发\"\n", "a\tb\n發,頭\t\"發\t發\"\n"),
    ] {
        assert_eq!(converted("s2twp", &format(name), document), result, "{document:?}");
        streams_as_whole(&format(name), document);
    }
}

#[test]
fn columns_are_named_or_counted() {
    let document =
        "id,标题,\"正 \"\"文\"\"\",标题,4\n发,发,发,发,发,发\n\n\"发\",发\n发,发,\"发,\n发\",发\n";
    let all = |wanted: &[usize]| {
        let rows: [&[&str]; 3] =
            [&["发"; 6], &["\"发\"", "发"], &["发", "发", "\"发,\n发\"", "发"]];
        let row = |row: &&[&str]| {
            let cell = |(index, cell): (usize, &&str)| {
                if wanted.contains(&index) {
                    cell.replace('发', "發")
                } else {
                    (*cell).to_owned()
                }
            };
            row.iter().enumerate().map(cell).collect::<Vec<_>>().join(",")
        };
        let rows: Vec<String> = rows.iter().map(row).collect();
        let head = document.lines().next().unwrap();
        format!("{head}\n{}\n\n{}\n{}\n", rows[0], rows[1], rows[2])
    };
    for (wanted, numbers) in [
        (&[][..], &[0, 1, 2, 3, 4, 5][..]),
        (&["id"], &[0]),
        (&["标题"], &[1, 3]),
        (&["正 \"文\""], &[2]),
        (&["3", "1", "3"], &[0, 2]),
        // A name goes before a number.
        (&["4"], &[4]),
        (&["5", "id"], &[0, 4]),
    ] {
        let formats = columns("csv", wanted);
        assert_eq!(converted("s2t", &formats, document), all(numbers), "{wanted:?}");
        streams_as_whole(&formats, document);
    }
}

#[test]
fn a_column_that_is_not_there_is_told_and_nothing_written() {
    let dir = Dir::new();
    dir.file("a.csv", "id,标题\n1,发\n");
    for column in ["标", "0", "3", "-1", ""] {
        let told = dir.run(&format!("convert s2t a.csv -o out.csv --column={column}")).fails();
        let message =
            format!("a.csv: line 1: no column '{column}'; the first record has 2: 'id', '标题'");
        assert!(told.contains(&message), "{told}");
        assert!(!dir.path("out.csv").exists());
    }
    dir.file("empty.csv", "");
    assert_eq!(dir.run("convert s2t empty.csv --column=a").succeeds(), "");
}

#[test]
fn the_separator_is_guessed_from_the_first_records() {
    for (document, result) in [
        ("a;b\n发;\"头;\n发\"\n", "a;b\n发;\"頭;\n發\"\n"),
        ("a\tb, c\n发\t发\n", "a\tb, c\n发\t發\n"),
        ("a|b\n发|发\n", "a|b\n发|發\n"),
        ("\"a,1;\";b\n发;发\n", "\"a,1;\";b\n发;發\n"),
        // A list in the header, or in the row below it.
        ("a,x;b,y\n发,发;发\n", "a,x;b,y\n发,发;發\n"),
        ("a;b;c,d\n发,发\n", "a;b;c,d\n发,發\n"),
        ("a,b\n发;发;发,发\n", "a,b\n发;发;发,發\n"),
        ("a,b\n发\n", "a,b\n发\n"),
        ("# x\n#y\n\na;b\n发;发\n", "# x\n#y\n\na;b\n发;發\n"),
        ("#;b\n发;发\n", "#;b\n发;發\n"),
        ("sep=;\r\na,1,2;b\r\n发;发\r\n", "sep=;\r\na,1,2;b\r\n发;發\r\n"),
        ("\"sep=|\"\na,1,2|b\n发|发\n", "\"sep=|\"\na,1,2|b\n发|發\n"),
    ] {
        assert_eq!(converted("s2t", &columns("csv", &["2"]), document), result, "{document:?}");
        streams_as_whole(&columns("csv", &["2"]), document);
    }
    // TSV has tabs whatever else there is.
    assert_eq!(
        converted("s2t", &columns("tsv", &["2"]), "a,b,c\td\n发\t发\n"),
        "a,b,c\td\n发\t發\n"
    );
}

#[test]
fn a_quote_without_end_is_told_in_csv_and_text_in_tsv() {
    let dir = Dir::new();
    for (document, place) in [
        ("a\n发,\"发\n发\n", "line 2, byte 6: not csv: a quote has no end"),
        ("a,\"", "line 1, byte 2: not csv: a quote has no end"),
        ("a\n\"发\"\"", "line 2, byte 2: not csv: a quote has no end"),
    ] {
        dir.file("a.csv", document);
        let told = dir.run("convert s2t a.csv -o out.csv").fails();
        assert!(told.contains(place), "{document}: {told}");
        assert!(!dir.path("out.csv").exists());
    }
    for (document, result) in [
        ("a\tb\n发\t\"发\n发\t发\n", "a\tb\n发\t\"發\n发\t發\n"),
        ("a\tb\n\"发\" 他\t发\n\"发\t发\n发\t发\"\n", "a\tb\n\"发\" 他\t發\n\"发\t發\n发\t發\"\n"),
        (
            "a\tb\n发\t\"发\n发\"\n\"发\n\"\"\n发\"\t发",
            "a\tb\n发\t\"發\n發\"\n\"发\n\"\"\n发\"\t發",
        ),
    ] {
        assert_eq!(converted("s2t", &columns("tsv", &["b"]), document), result);
        streams_as_whole(&columns("tsv", &["b"]), document);
    }
}

#[test]
fn what_cannot_stand_in_a_cell_is_not_written_there() {
    let dir = Dir::new();
    // A comma is wanted for a Chinese one by this pass, or the other way round; inside quotes it may stand.
    dir.file("words.txt", "逗号\t,\n引号\t\"\n");
    let run = |document: &str| {
        dir.file("a.csv", document);
        dir.run("convert s2t a.csv --dict words.txt").succeeds()
    };
    assert_eq!(run("a,b\n逗号发,\"逗号发\"\n"), "a,b\n逗号發,\",發\"\n");
    assert_eq!(run("a,b\n引号发,\"引号发\"\n"), "a,b\n引号發,\"\"\"發\"\n");
}

#[test]
fn pragmas_stand_in_records_of_their_own() {
    for end in ["\n", "\r\n", "\r"] {
        for (document, right) in [
            (
                "a,b\n# jianfan:ignore-next-line\n发,发\n发,发\n",
                "a,b\n# jianfan:ignore-next-line\n发,发\n發,發\n",
            ),
            ("# jianfan:off\na,b\n发,发\n", "# jianfan:off\na,b\n发,发\n"),
            ("a # jianfan:off\n发\n", "a # jianfan:off\n發\n"),
        ] {
            let (document, right) = (document.replace('\n', end), right.replace('\n', end));
            assert_eq!(converted("s2t", &format("csv"), &document), right);
            streams_as_whole(&format("csv"), &document);
        }
    }
}

#[test]
fn tables_are_streamed_as_others_read_them() {
    let dir = Dir::new();
    let row =
        format!("发,\"{}\"\"\n发\",{}\r\n", SENTENCES.concat(), SENTENCES[0].replace(',', ""));
    let document = format!("编号,\"正\n文\",x\r\n{}", row.repeat(6000));
    dir.file("long.csv", &document);
    let result = dir.run("convert s2twp long.csv -j3 --column 3 --column 编号").succeeds();
    let (before, after) = (records(&document, b','), records(&result, b','));
    assert_eq!((before.len(), after.len()), (6001, 6001));
    let converter = Converter::new("s2twp").unwrap();
    assert_eq!(before[0], after[0]);
    for (before, after) in before.iter().zip(&after).skip(1) {
        assert_eq!(before[1], after[1]);
        assert_eq!(after[0], "發");
        assert_eq!(after[2], converter.convert(&before[2]));
    }
}

#[test]
fn cells_are_what_another_reader_says() {
    let mut random = Random::new(11);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..6000 {
        let mut document = "a,b,c\n".to_owned();
        for _ in 0..random.below(24) {
            document += random
                .pick(&["\"", "\"", ",", ",", "\n", "\r\n", "\r", "头", "发", " ", ";", "\0"]);
        }
        let records = records(&document, b',');
        let expected: Vec<String> =
            records.into_iter().skip(1).flatten().filter(|cell| !cell.is_empty()).collect();
        match format("csv").runs(&document, None) {
            Ok((runs, _)) => {
                assert_eq!(runs.texts(&document), expected, "{document:?}");
                read += 1;
            }
            Err(error) => {
                // It takes a quote that is open for closed; with one more the document is longer by that cell.
                assert!(error.to_string().contains("a quote has no end"), "{error}");
                assert!(
                    format("csv").runs(&format!("{document}\""), None).is_ok()
                        || document.ends_with('"'),
                    "{document:?}"
                );
                refused += 1;
            }
        }
        streams_as_whole(&columns("csv", &["2"]), &document);
        streams_as_whole(&columns("tsv", &["1"]), &document.replace(',', "\t"));
    }
    assert!(read > 2000 && refused > 500, "{read} {refused}");
}

#[test]
fn quotes_at_random_places_change_nothing() {
    let mut random = Random::new(5);
    for round in 0..300 {
        let separator = [",", ";", "\t", "|"][round % 4];
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut document = String::new();
        for row in 0..1 + random.below(5) {
            let mut cells = Vec::new();
            for column in 0..3 {
                let mut cell = random.pick(&SENTENCES).to_owned();
                if random.below(3) == 0 {
                    cell = cell.replace('，', random.pick(&["\"", "\n", "\r\n", separator]));
                }
                let is_special = |c: char| "\"\r\n,;\t|".contains(c);
                let is_quoted = row == 0 || cell.contains(is_special) || random.below(2) == 0;
                if column > 0 {
                    document += separator;
                }
                match is_quoted {
                    true => document += &format!("\"{}\"", cell.replace('"', "\"\"")),
                    false => document += &cell,
                }
                cells.push(cell);
            }
            document += random.pick(&["\n", "\r\n", "\r"]);
            rows.push(cells);
        }
        let formats = format(if separator == "\t" && round % 8 < 4 { "tsv" } else { "csv" });
        keeps_the_laws(&formats, &document);
        let converter = Converter::new("s2twp").unwrap();
        for row in &mut rows[1..] {
            row.iter_mut().for_each(|cell| *cell = converter.convert(cell));
        }
        let result = converted("s2twp", &formats, &document);
        assert_eq!(records(&result, separator.as_bytes()[0]), rows, "{document}");
        streams_as_whole(&formats, &document);
    }
}

#[test]
fn quotes_cost_no_more_than_other_bytes() {
    for part in [
        "\"",
        "\"\"",
        "\"\n",
        ",\"",
        "\t\"",
        "\"a",
        "\"\t",
        "\"\"\n",
        "a|\"",
        "\r",
        "\0,",
        "\"\"\"a\n",
        "\"x\"\"\n",
    ] {
        let document = part.repeat(2_000_000 / part.len());
        for name in ["csv", "tsv"] {
            // What it says is tested above; that it comes back is tested here.
            let begun = std::time::Instant::now();
            let pipeline = jianfan::pipeline::Pipeline::without_conversion()
                .formats(format(name))
                .charset(Some(jianfan::Charset::UTF_8))
                .allow_binary(true);
            let mut output = Vec::new();
            let streamed =
                pipeline.stream(document.as_bytes(), &mut output, std::num::NonZeroUsize::MIN);
            match pipeline.run(document.as_bytes()) {
                Ok(whole) => {
                    assert!(whole == document.as_bytes() && output == whole, "{part:?}");
                }
                Err(error) => assert_eq!(streamed.unwrap_err().to_string(), error.to_string()),
            }
            assert!(begun.elapsed().as_secs() < 10, "{name} {part:?}");
        }
    }
}

#[test]
fn others_tables_are_read_as_they_say() {
    let Some(folder) = suite("csv-spectrum") else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.join("csvs")).unwrap() {
        let path = entry.unwrap().path();
        let document = std::fs::read_to_string(&path).unwrap();
        let name = path.with_extension("json");
        let name = name.file_name().unwrap();
        let json = std::fs::read_to_string(folder.join("json").join(name)).unwrap();
        let rows: Vec<serde_json::Map<String, serde_json::Value>> =
            match serde_json::from_str(&json).unwrap() {
                serde_json::Value::Object(row) => vec![row],
                rows => serde_json::from_value(rows).unwrap(),
            };
        let header = records(&document, b',').remove(0);
        let cell = |row: &serde_json::Map<String, serde_json::Value>, name: &String| {
            row[name].as_str().unwrap().to_owned()
        };
        let expected: Vec<String> = rows
            .iter()
            .flat_map(|row| header.iter().map(|name| cell(row, name)).collect::<Vec<_>>())
            .filter(|cell| !cell.is_empty())
            .collect();
        let (runs, _) = format("csv").runs(&document, None).unwrap();
        if path.file_stem().unwrap() == "location_coordinates" {
            // There the two files hold different numbers.
            assert_eq!(runs.texts(&document)[1..], expected[1..]);
        } else {
            assert_eq!(runs.texts(&document), expected, "{}", path.display());
        }
        assert_eq!(converted("s2twp", &format("csv"), &document), document);
        keeps_the_laws(&format("csv"), &document);
        seen += 1;
    }
    assert_eq!(seen, 12);
}
