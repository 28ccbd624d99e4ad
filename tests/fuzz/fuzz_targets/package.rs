//! Any bytes as a package, and any text as an entry of one: no panic; without a conversion the same bytes; and what was converted is
//! a package still, in which nothing is left to convert.
#![no_main]

use std::sync::LazyLock;

use jianfan::Converter;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 7] = ["epub", "docx", "xlsx", "pptx", "odt", "ods", "odp"];

struct Opened {
    same: Pipeline,
    converting: Pipeline,
}

static PIPELINES: LazyLock<Vec<Opened>> = LazyLock::new(|| {
    let formats = |name: &str| Formats::named(name, Options::default()).expect("a format");
    let each = |name: &&str| Opened {
        same: Pipeline::without_conversion().formats(formats(name)),
        converting: Pipeline::new(Converter::new("s2t").expect("a config")).formats(formats(name)),
    };
    NAMES.iter().map(each).collect()
});

/// Returns a zip file in which nothing is packed.
fn stored(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    let len = |len: usize| u32::try_from(len).expect("short").to_le_bytes();
    for (name, text) in entries {
        let offset = len(bytes.len());
        let mut numbers = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        numbers.extend_from_slice(&crc(text).to_le_bytes());
        numbers.extend_from_slice(&len(text.len()));
        numbers.extend_from_slice(&len(text.len()));
        numbers.extend_from_slice(&len(name.len())[..2]);
        numbers.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend_from_slice(&numbers);
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(text);
        directory.extend_from_slice(b"PK\x01\x02\x14\0");
        directory.extend_from_slice(&numbers);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset);
        directory.extend_from_slice(name.as_bytes());
    }
    let start = len(bytes.len());
    let count = u8::try_from(entries.len()).expect("few");
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend_from_slice(&[count, 0, count, 0]);
    bytes.extend_from_slice(&len(directory.len()));
    bytes.extend_from_slice(&start);
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 != 0 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

const CONTAINER: &[u8] = b"<container xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfile full-path=\"o\"/></container>";
const OPF: &[u8] = b"<p xmlns=\"http://www.idpf.org/2007/opf\"><item href=\"x\" media-type=\"application/xhtml+xml\"/></p>";

/// Returns a package of this kind with a text in the place that has the most of it.
fn package(kind: usize, text: &[u8]) -> Vec<u8> {
    let odf = |kind: &[u8]| {
        let mimetype = [b"application/vnd.oasis.opendocument.", kind].concat();
        stored(&[("mimetype", &mimetype), ("content.xml", text)])
    };
    let ooxml = |main: &str, other: &str| {
        let office = "application/vnd.openxmlformats-officedocument.";
        let types = format!(
            "<T xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Override PartName=\"/m\" ContentType=\"{office}{main}.main+xml\"/><Override PartName=\"/o\" ContentType=\"{office}{other}+xml\"/></T>"
        );
        stored(&[("[Content_Types].xml", types.as_bytes()), ("m", text), ("o", text)])
    };
    match kind {
        0 => stored(&[
            ("mimetype", b"application/epub+zip"),
            ("META-INF/container.xml", CONTAINER),
            ("o", OPF),
            ("x", text),
        ]),
        1 => ooxml("wordprocessingml.document", "wordprocessingml.header"),
        2 => ooxml("spreadsheetml.sheet", "spreadsheetml.worksheet"),
        3 => ooxml("presentationml.presentation", "presentationml.slide"),
        4 => odf(b"text"),
        5 => odf(b"spreadsheet"),
        _ => odf(b"presentation"),
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&choice, bytes)) = input.split_first() else { return };
    let kind = usize::from(choice) % NAMES.len();
    let Opened { same, converting } = &PIPELINES[kind];
    let made = if choice & 0x80 != 0 { bytes.to_vec() } else { package(kind, bytes) };
    let Ok(output) = same.run(&made) else {
        assert!(converting.run(&made).is_err(), "an error before the conversion is one with it");
        return;
    };
    assert_eq!(output, made, "nothing was to be done");
    if let Ok(converted) = converting.run(&made) {
        // A whole that another reading finds sound, whose text stays as it is now.
        assert_eq!(same.run(&converted).expect("still a package"), converted);
    }
});
