//! Bytes that are no text in a document of a format: each stays what and where it was.

use jianfan::pipeline::{OnInvalid, Pipeline};
use jianfan::{Charset, Converter};

use super::format;

fn kept(name: &str, document: &[u8]) -> Vec<u8> {
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap())
        .charset(Some(Charset::UTF_8))
        .on_invalid(OnInvalid::Keep)
        .formats(format(name));
    pipeline.run(document).unwrap()
}

fn bytes(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[test]
fn bytes_that_are_written_twice_are_the_same_bytes() {
    let [wrong, right] = ["头发", "頭髮"].map(str::as_bytes);
    // The label that is put in repeats a part of the document.
    let document = bytes(&[b"[", wrong, b"\xff] \xfe 1 \xfd\n\n[", wrong, b"\xff]: x\n"]);
    let expected =
        bytes(&[b"[", right, b"\xff][", wrong, b"\xff] \xfe 1 \xfd\n\n[", wrong, b"\xff]: x\n"]);
    assert_eq!(kept("markdown", &document), expected);
    let document = bytes(&[b"[[", wrong, b"\xff]] \xfe 1 \xfd\n"]);
    let expected = bytes(&[b"[[", wrong, b"\xff|", right, b"\xff]] \xfe 1 \xfd\n"]);
    assert_eq!(kept("wikitext", &document), expected);
}

#[test]
fn characters_that_could_stand_for_bytes_stay() {
    for name in ["html", "markdown", "wikitext", "latex"] {
        let document = bytes(&["\u{F0000}\u{F0001}a ".as_bytes(), b"\xff\xe5\x8f \x80b\xff\n"]);
        assert_eq!(kept(name, &document), document, "{name}");
    }
}

#[test]
fn a_fault_behind_such_bytes_has_its_place() {
    let pipeline = Pipeline::without_conversion()
        .charset(Some(Charset::UTF_8))
        .on_invalid(OnInvalid::Keep)
        .formats(format("json"));
    assert_eq!(pipeline.run(b"[\"\xff\xfe\", x]").unwrap_err().offset(), Some(7));
}
