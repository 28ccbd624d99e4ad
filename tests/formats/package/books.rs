//! E-books: what they say of themselves, and what is listed and not there.

use jianfan::Converter;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;

use super::{OPF, docx, entry, epub, run, run_with, zipped};
use crate::support::command::Dir;

const PAGE: &str = "<html xmlns=\"http://www.w3.org/1999/xhtml\"><p>头发</p></html>";

/// Returns a book with this in its metadata and in the list of its entries.
fn book(metadata: &str, items: &str) -> Vec<u8> {
    let opf = OPF
        .replace("</metadata>", &format!("{metadata}</metadata>"))
        .replace("</manifest>", &format!("{items}</manifest>"));
    let bytes = epub(
        PAGE,
        &[("a.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"><text>头发</text></svg>")],
    );
    let all = super::entries(&bytes);
    let put = |(name, text): &(String, String)| {
        (name.clone(), if name.ends_with(".opf") { opf.clone() } else { text.clone() })
    };
    let all: Vec<(String, String)> = all.iter().map(put).collect();
    let all: Vec<(&str, &str)> = all.iter().map(|(name, text)| (&**name, &**text)).collect();
    zipped(&all)
}

#[test]
fn people_are_called_the_same_everywhere_in_a_book() {
    let people = |text: &str| {
        format!(
            "<dc:creator id=\"c\" opf:file-as=\"{text}\">{text}</dc:creator><meta refines=\"#c\" property=\"file-as\">{text}</meta><meta refines=\"#c\" property=\"alternate-script\" xml:lang=\"zh-CN\">头发</meta><dc:contributor>{text}</dc:contributor><dc:publisher>{text}</dc:publisher><dc:rights>{text}</dc:rights><meta property=\"belongs-to-collection\">{text}</meta><meta name=\"calibre:series\" content=\"{text}\"/><meta name=\"cover\" content=\"发\"/>"
        )
    };
    let mut options = Options::default();
    options.lang = Some("zh-TW".to_owned());
    let result = run_with("s2t", &book(&people("头发后"), ""), options).unwrap();
    let result = entry(&result, "书/发.opf");
    assert!(result.contains(&people("頭髮後")), "{result}");
    assert!(result.contains("xml:lang=\"zh-TW\"><metadata>"), "{result}");
}

#[test]
fn what_is_listed_and_not_there_is_told() {
    let bytes =
        book("", "<item id=\"n\" href=\"Other.xhtml\" media-type=\"application/xhtml+xml\"/>");
    let formats = Formats::auto(Options::default()).unwrap();
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap()).formats(formats);
    let (_, summary) = pipeline.whole(&bytes).unwrap();
    let told: Vec<String> = summary.faults.iter().map(|fault| fault.message.clone()).collect();
    assert_eq!(
        told,
        ["'gone.xhtml' is listed, and is not there", "'Other.xhtml' is listed, and is not there"]
    );
    assert_eq!(summary.faults[0].entry.as_deref(), Some("书/发.opf"));
}

#[test]
fn a_drawing_that_is_a_page_is_converted_and_a_picture_is_not() {
    let item = "<item id=\"s\" href=\"../a.svg\" media-type=\"image/svg+xml\"/>";
    let result = run("s2t", &book("", item)).unwrap();
    assert!(entry(&result, "a.svg").contains("头发"));
    let bytes = book("", &format!("{item}<itemref idref=\"s\"/>"));
    assert!(entry(&run("s2t", &bytes).unwrap(), "a.svg").contains("頭髮"));
}

#[test]
fn files_that_are_called_documents_and_are_none_are_told() {
    let dir = Dir::new();
    dir.file("in/secret.docx", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0")
        .file("in/~$secret.docx", b"\x05\0")
        .file("in/.~lock.a.odt#", "x")
        .file("in/~$text", "头发")
        .file("in/a.docx", docx("<w:p><w:t>头发</w:t></w:p>"));
    let run = dir.run("convert s2t in -o out --hidden");
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("secret.docx: cannot be converted as docx: it is encrypted with a password"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("~$secret.docx: a lock of an office program"), "{}", run.stderr);
    assert_eq!(
        dir.files().iter().filter(|name| name.starts_with("out/")).collect::<Vec<_>>(),
        ["out/a.docx", "out/~$text"]
    );
    for line in ["detect in/a.docx", "detect in"] {
        let run = dir.run(line);
        assert!(run.stderr.contains("in/a.docx: docx, a zip file of documents"), "{}", run.stderr);
    }
}
