//! Documents in charsets other than UTF-8, damaged ones, and compressed ones.

use std::io::{Read, Write};

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, SHIFT_JIS};
use jianfan::pipeline::{Mark, OnInvalid, OnUnmappable, Pipeline};
use jianfan::{Charset, Converter};

use crate::support::command::Dir;
use crate::support::generate::Rng;

const SIMPLIFIED: &str = include_str!("../data/sample/essay-simplified.txt");
const TRADITIONAL: &str = include_str!("../data/sample/news-taiwan.txt");

fn pipeline(config: &str) -> Pipeline {
    Pipeline::new(Converter::new(config).unwrap())
}

fn utf_16(text: &str, is_little: bool) -> Vec<u8> {
    let bytes = |unit: u16| if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() };
    text.encode_utf16().flat_map(bytes).collect()
}

fn encoded(text: &str, charset: &'static Encoding) -> Vec<u8> {
    let (bytes, _, lossy) = charset.encode(text);
    assert!(!lossy, "{}", charset.name());
    bytes.into_owned()
}

/// A text in each charset that can hold it, with a config that converts it.
fn documents() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let simplified: String =
        SIMPLIFIED.chars().filter(|&c| !GBK.encode(c.encode_utf8(&mut [0; 4])).2).collect();
    let simplified: &'static str = simplified.leak();
    let big5: String =
        TRADITIONAL.chars().filter(|&c| !BIG5.encode(c.encode_utf8(&mut [0; 4])).2).collect();
    let big5: &'static str = big5.leak();
    vec![
        ("s2t", simplified, encoded(simplified, GBK)),
        ("s2t", SIMPLIFIED, encoded(SIMPLIFIED, GB18030)),
        ("t2s", TRADITIONAL, encoded(TRADITIONAL, GB18030)),
        ("t2s", big5, encoded(big5, BIG5)),
        ("s2twp", SIMPLIFIED, utf_16(SIMPLIFIED, true)),
        ("tw2sp", TRADITIONAL, utf_16(TRADITIONAL, false)),
        ("tw2sp", TRADITIONAL, [b"\xff\xfe".to_vec(), utf_16(TRADITIONAL, true)].concat()),
        ("tw2sp", TRADITIONAL, [b"\xfe\xff".to_vec(), utf_16(TRADITIONAL, false)].concat()),
    ]
}

#[test]
fn a_document_is_converted_whatever_its_charset_is_and_however_it_arrives() {
    for (config, text, bytes) in documents() {
        let pipeline = pipeline(config);
        let expected = pipeline.run(text.as_bytes()).unwrap();
        assert!(pipeline.run(&bytes).unwrap() == expected, "{config}");
        for most in [1, 2, 3, 1000, 1 << 20] {
            let input = Pieces { rest: &bytes, most, rng: Rng::named(3, "charsets") };
            let mut output = Vec::new();
            let summary = pipeline.stream(input, &mut output, 2.try_into().unwrap()).unwrap();
            assert!(output == expected, "{config} {most} {summary:?}");
            assert_eq!(summary.bytes_in, bytes.len() as u64);
            assert_eq!(summary.bytes_out, expected.len() as u64);
        }
    }
}

struct Pieces<'a> {
    rest: &'a [u8],
    most: usize,
    rng: Rng,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.most.min(buffer.len()).min(self.rest.len());
        let len = if most == 0 { 0 } else { self.rng.between(1, most) };
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}

#[test]
fn a_charset_that_is_kept_is_kept_byte_for_byte() {
    // jp2t changes nothing in most of these, so what comes out is what came in.
    let nothing = Converter::builder_from_file("tests/support/nothing.json").build();
    let nothing = nothing.unwrap();
    for (_, _, bytes) in documents() {
        let pipeline = Pipeline::new(nothing.clone()).output_charset(None);
        assert!(pipeline.run(&bytes).unwrap() == bytes);
        let mut output = Vec::new();
        let summary = pipeline.stream(&bytes[..], &mut output, 1.try_into().unwrap()).unwrap();
        assert!(output == bytes && !summary.is_changed, "{summary:?}");
    }
    for (name, charset) in [
        ("shift_jis", SHIFT_JIS),
        ("euc-jp", EUC_JP),
        ("euc-kr", EUC_KR),
        ("big5", BIG5),
        ("gbk", GBK),
        ("gb18030", GB18030),
    ] {
        // Every code of two bytes: it comes back, or is refused with its offset; it is never another.
        let kept = Pipeline::new(nothing.clone())
            .charset(Some(Charset::named(name).unwrap()))
            .output_charset(None);
        let (mut returned, mut refused) = (0, 0);
        for code in (0x8140u16..=0xFEFE).map(u16::to_be_bytes) {
            let bytes = [b"ab\n", &code[..], b"\n"].concat();
            match kept.run(&bytes) {
                Ok(output) => {
                    returned += 1;
                    assert_eq!(output, bytes, "{name}");
                }
                Err(error) => {
                    refused += 1;
                    assert!(
                        error.offset().is_some_and(|offset| (3..=4).contains(&offset)),
                        "{error}"
                    );
                }
            }
        }
        assert!(returned > 6000 && refused > 0, "{name}: {returned} {refused} {}", charset.name());
    }
}

#[test]
fn every_character_survives_unicode_charsets() {
    let all: String = (0..=0x10FFFF).step_by(7).filter_map(char::from_u32).collect();
    let nothing = Converter::builder_from_file("tests/support/nothing.json").build().unwrap();
    for charset in [Charset::UTF_16LE, Charset::UTF_16BE, Charset::GB18030] {
        let there = Pipeline::new(nothing.clone())
            .charset(Some(Charset::UTF_8))
            .output_charset(Some(charset));
        let back = Pipeline::new(nothing.clone()).charset(Some(charset));
        let bytes = there.run(all.as_bytes()).unwrap();
        let text = String::from_utf8(back.run(&bytes).unwrap()).unwrap();
        if charset == Charset::GB18030 {
            // The standard of 2022 gives a code of the private plane to another character, and one character no code.
            let differing = all.chars().zip(text.chars()).filter(|(a, b)| a != b).count();
            assert!(differing < 30, "{differing}");
        } else {
            assert!(text.trim_start_matches('\u{FEFF}') == all, "{charset}");
        }
    }
}

#[test]
fn halves_of_utf_16_are_told_by_their_offset() {
    let pipeline = pipeline("s2t").charset(Some(Charset::UTF_16LE));
    let cases: [(&[u8], u64); 4] = [
        (b"a\0b", 2),                   // an odd byte
        (b"a\0\x42\xd8", 2),            // a high surrogate at the end
        (b"a\0\x42\xd8b\0", 2),         // one before something else
        (b"\xff\xfea\0\xb7\xdfb\0", 4), // a low one alone
    ];
    for (bytes, offset) in cases {
        assert_eq!(pipeline.run(bytes).unwrap_err().offset(), Some(offset), "{bytes:?}");
        let mut output = Vec::new();
        let error = pipeline.stream(bytes, &mut output, 1.try_into().unwrap()).unwrap_err();
        assert_eq!(error.offset(), Some(offset), "{bytes:?}");
    }
}

#[test]
fn wrong_bytes_are_kept_or_replaced_where_that_is_asked_for() {
    let forms: [&[u8]; 6] =
        [b"\xff", b"\x80", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe5\x90"];
    let keep = pipeline("s2t").charset(Some(Charset::UTF_8)).on_invalid(OnInvalid::Keep);
    let replace = pipeline("s2t").charset(Some(Charset::UTF_8)).on_invalid(OnInvalid::Replace);
    for form in forms {
        for (head, tail) in [("", ""), ("头发", "头发"), ("头", "\n发"), ("x\n", "")] {
            let bytes = [head.as_bytes(), form, tail.as_bytes()].concat();
            let convert = |text: &str| pipeline("s2t").run(text.as_bytes()).unwrap();
            let kept = [convert(head), form.to_vec(), convert(tail)].concat();
            let replaced = String::from_utf8_lossy(form);
            let replaced = [convert(head), replaced.as_bytes().to_vec(), convert(tail)].concat();
            for (pipeline, expected) in [(&keep, kept), (&replace, replaced)] {
                assert_eq!(pipeline.run(&bytes).unwrap(), expected, "{bytes:?}");
                for most in [1, 2, 100] {
                    let input = Pieces { rest: &bytes, most, rng: Rng::named(5, "wrong") };
                    let mut output = Vec::new();
                    pipeline.stream(input, &mut output, 1.try_into().unwrap()).unwrap();
                    assert_eq!(output, expected, "{bytes:?}");
                }
            }
        }
    }
    // A long line with wrong bytes is cut at them.
    let long = "不干净".as_bytes().repeat(100_000);
    let bytes = [&long[..], b"\xff", &long[..]].concat();
    let mut output = Vec::new();
    keep.stream(&bytes[..], &mut output, 2.try_into().unwrap()).unwrap();
    assert!(output == keep.run(&bytes).unwrap());
}

#[test]
fn wrong_bytes_of_other_charsets_are_kept_in_them_only() {
    // 0xFF is no code of GBK, and a lead byte before a line end is cut short.
    let bytes = b"\xcd\xb7\xff\xb7\xa2\x81\n\xb7\xa2";
    let keep = || pipeline("t2s").charset(Some(Charset::GBK)).on_invalid(OnInvalid::Keep);
    for most in [1, 2, 3, 100] {
        let input = Pieces { rest: bytes, most, rng: Rng::named(6, "kept") };
        let mut output = Vec::new();
        let kept = keep().output_charset(None);
        kept.stream(input, &mut output, 1.try_into().unwrap()).unwrap();
        assert_eq!(output, bytes, "{most}");
    }
    assert_eq!(keep().output_charset(None).run(bytes).unwrap(), bytes);
    assert!(keep().run(bytes).unwrap_err().to_string().contains("only in their own charset"));
    let replace = pipeline("s2t").charset(Some(Charset::GBK)).on_invalid(OnInvalid::Replace);
    assert_eq!(replace.run(bytes).unwrap(), "頭\u{FFFD}發\u{FFFD}\n發".as_bytes());
    let error = pipeline("s2t").charset(Some(Charset::GBK)).run(bytes).unwrap_err();
    assert_eq!(error.offset(), Some(2));
    // Of two faults the first is told: a code that would come back as another, and then no code.
    let both = b"\xed\xa1\xff\xff";
    let kept = pipeline("s2t").charset(Some(Charset::SHIFT_JIS)).output_charset(None);
    for most in [1, 3, 100] {
        let input = Pieces { rest: both, most, rng: Rng::named(8, "both") };
        let error = kept.stream(input, Vec::new(), 1.try_into().unwrap()).unwrap_err();
        assert_eq!(error.offset(), Some(0));
    }
    assert_eq!(kept.run(both).unwrap_err().offset(), Some(0));
}

#[test]
fn what_the_output_charset_lacks_fails_or_is_written_as_asked() {
    let to_big5 = |on_unmappable| {
        pipeline("t2s").output_charset(Some(Charset::BIG5)).on_unmappable(on_unmappable)
    };
    let text = "中文\n頭x".as_bytes();
    let error = to_big5(OnUnmappable::Error).run(text).unwrap_err();
    assert_eq!(error.line(), Some(2), "{error}");
    let entity = to_big5(OnUnmappable::Entity).run(text).unwrap();
    assert_eq!(entity, encoded("中文\n&#22836;x", BIG5));
    let replace = to_big5(OnUnmappable::Replace).run(text).unwrap();
    assert_eq!(replace, encoded("中文\n?x", BIG5));
}

#[test]
fn marks_are_kept_added_and_removed() {
    let run = |mark, charset, bytes: &[u8]| {
        pipeline("s2t").mark(mark).output_charset(charset).run(bytes).unwrap()
    };
    let (with, without) = ("\u{FEFF}后".as_bytes(), "后".as_bytes());
    let utf_8 = Some(Charset::UTF_8);
    assert_eq!(run(Mark::Keep, utf_8, with), "\u{FEFF}後".as_bytes());
    assert_eq!(run(Mark::Keep, utf_8, without), "後".as_bytes());
    assert_eq!(run(Mark::Add, utf_8, without), "\u{FEFF}後".as_bytes());
    assert_eq!(run(Mark::Add, utf_8, with), "\u{FEFF}後".as_bytes());
    assert_eq!(run(Mark::Remove, utf_8, with), "後".as_bytes());
    assert_eq!(run(Mark::Keep, Some(Charset::UTF_16LE), without), b"\xff\xfe\x8c\x5f");
    let little = b"\xff\xfe\x0e\x54";
    assert_eq!(run(Mark::Keep, utf_8, little), "後".as_bytes());
    assert_eq!(run(Mark::Keep, None, little), b"\xff\xfe\x8c\x5f");
    assert_eq!(run(Mark::Remove, None, little), b"\x8c\x5f");
}

#[test]
fn compressed_files_are_unpacked_and_packed_again() {
    let dir = Dir::new();
    let text = "头发\n".repeat(10_000);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    dir.file("in/a.txt.gz", &gzip).file("in/named-otherwise", &gzip).file("plain.gz", "头发");
    // Two members are one document.
    dir.file("in/two.gz", [&gzip[..], &gzip[..]].concat());
    dir.run("convert s2t in -o out").succeeds();
    let unpacked = |name: &str| {
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(&dir.read(name)[..]).read_to_string(&mut text).unwrap();
        text
    };
    let expected = "頭髮\n".repeat(10_000);
    assert!(unpacked("out/a.txt.gz") == expected);
    assert!(unpacked("out/named-otherwise") == expected);
    assert!(unpacked("out/two.gz") == expected.repeat(2));
    assert_eq!(dir.run("convert s2t plain.gz").succeeds(), "頭髮");
    assert!(dir.run("convert s2t in/a.txt.gz").succeeds() == expected);
    for packed in ["a.zst", "a.xz", "a.gz"] {
        dir.run(&format!("convert s2t in/a.txt.gz -o {packed}")).succeeds();
        assert!(dir.read(packed).len() < 20_000, "{packed}");
        assert!(dir.run(&format!("convert t2s {packed}")).succeeds() == text, "{packed}");
        dir.run(&format!("convert t2s -w {packed}")).succeeds();
        assert!(dir.run(&format!("convert s2t {packed}")).succeeds() == expected, "{packed}");
    }
    // A file that ends too early is told, and the old one stays.
    dir.file("cut.gz", &gzip[..gzip.len() / 2]);
    let before = dir.read("cut.gz");
    dir.run("convert s2t -w cut.gz").fails_telling(&["error: cannot read cut.gz: "]);
    assert!(dir.read("cut.gz") == before);
}

#[test]
fn detect_tells_what_files_are() {
    let dir = Dir::new();
    dir.file("gbk", encoded("今天上午，记者从有关部门了解到，这项工程将于明年全部完成。\r\n", GBK));
    dir.file("tw", "\u{FEFF}這個軟體的記憶體不足，請重新啟動電腦。\n").file("ascii", "abc");
    dir.file("png", b"\x89PNG\r\n\x1a\n\0").file("cut", b"\xff\xfe\xfd");
    let told = dir.run("detect gbk tw ascii").succeeds();
    let expected = "ascii: ASCII, no line ends, other\n\
        gbk: GBK, CRLF, Hans (97%)\n\
        tw: UTF-8 with BOM, LF, Hant (95%), tw\n";
    let digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(digits(&told), digits(expected));
    let json = dir.run("detect --json gbk").succeeds();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["charset"], "GBK");
    assert_eq!(json["script"], "Hans");
    assert_eq!(json["line_ends"]["crlf"], 1);
    let failing = dir.run("detect . --json");
    assert_eq!(failing.code, Some(2));
    assert!(
        String::from_utf8(failing.stdout)
            .unwrap()
            .contains(r#"{"path":"./png","skipped":"binary (PNG image)"}"#)
    );
}

#[test]
fn utf_32_is_not_taken_for_utf_16() {
    let dir = Dir::new();
    let text = "头发和皇后的故事，很长很长。\n".repeat(20);
    let little: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let big: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    for bytes in [little.clone(), big, [&b"\xff\xfe\0\0"[..], &little].concat()] {
        dir.file("a.txt", &bytes);
        dir.run("convert s2t -w a.txt").fails();
        assert_eq!(dir.read("a.txt"), bytes);
    }
    dir.run("convert s2t -e ascii a.txt").fails_telling(&["unknown charset 'ascii'"]);
}

#[test]
fn a_mark_is_the_same_however_it_arrives() {
    for bytes in [&b"\xFF\xFE\0\0"[..], b"\xFF\xFEA\0", b"\xFF\xFE", b"\xEF\xBB\xBFA", b"\xEF\xBB"]
    {
        for charset in [Charset::UTF_8, Charset::UTF_16LE, Charset::UTF_16BE] {
            let pipeline = pipeline("s2t").charset(Some(charset)).on_invalid(OnInvalid::Replace);
            let whole = pipeline.run(bytes).unwrap();
            let mut output = Vec::new();
            let input = Pieces { rest: bytes, most: 1, rng: Rng::named(7, "mark") };
            pipeline.stream(input, &mut output, 1.try_into().unwrap()).unwrap();
            assert_eq!(whole, output, "{charset} {bytes:x?}");
        }
    }
}

/// Every encoding of the WHATWG standard that can be written.
const ENCODINGS: [&str; 38] = [
    "UTF-8",
    "IBM866",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "ISO-8859-8-I",
    "ISO-8859-10",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
    "KOI8-R",
    "KOI8-U",
    "macintosh",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "x-mac-cyrillic",
    "GBK",
    "gb18030",
    "Big5",
    "EUC-JP",
    "ISO-2022-JP",
    "Shift_JIS",
    "EUC-KR",
    "UTF-16BE",
    "UTF-16LE",
];

/// Text in an encoding, or what is left of it after some bytes were changed, dropped or added; or
/// noise.
fn damaged(rng: &mut Rng, name: &str) -> Vec<u8> {
    let texts = [
        "头发发白，皇后在后面。abc\r\n",
        "頭髮髮白，皇后在後面。\n喺度嘅",
        "あいうえお漢字カタカナ、１２。ｱｲｳ\n",
        "한국어 문장입니다.\n",
        "d\u{e9}j\u{e0} vu \u{201c}na\u{ef}ve\u{201d} \u{20ac} \u{2013}\n",
        "Привет, мир\n",
        "𠮷野家\u{fffd}\0",
    ];
    let encoding = Encoding::for_label(name.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    while rng.below(3) > 0 {
        let text: String =
            rng.pick(&texts).chars().skip(rng.below(6)).take(rng.below(12)).collect();
        match name {
            "UTF-16LE" => bytes.extend(utf_16(&text, true)),
            "UTF-16BE" => bytes.extend(utf_16(&text, false)),
            _ => {
                let known = text.chars().filter(|c| !encoding.encode(c.encode_utf8(&mut [0; 4])).2);
                bytes.extend_from_slice(&encoding.encode(&known.collect::<String>()).0);
            }
        }
    }
    let noise: [&[u8]; 12] = [
        b"\x1b$B",
        b"\x1b(B",
        b"\x1b(J",
        b"\x1b(I",
        b"\x1b$@",
        b"\x1b",
        b"\x80",
        b"\xff",
        b"\x81\x30",
        b"\x8f",
        b"\x0e",
        b"\0",
    ];
    for _ in 0..rng.below(4) {
        let at = rng.below(bytes.len() + 1);
        match rng.below(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, u8::try_from(rng.below(256)).unwrap()),
            2 if at < bytes.len() => bytes[at] = u8::try_from(rng.below(256)).unwrap(),
            _ => {
                let more = rng.pick(&noise).to_vec();
                bytes.splice(at..at, more);
            }
        }
    }
    bytes
}

#[test]
fn what_is_decoded_and_encoded_again_is_the_same_in_every_encoding_or_refused() {
    let mut rng = Rng::named(9, "exact");
    for name in ENCODINGS {
        let encoding = Encoding::for_label(name.as_bytes()).unwrap();
        let (mut kept, mut clean) = (0, 0);
        for _ in 0..200 {
            let bytes = damaged(&mut rng, name);
            for on_invalid in [OnInvalid::Error, OnInvalid::Keep, OnInvalid::Replace] {
                let pipeline = Pipeline::without_conversion()
                    .charset(Some(Charset::named(name).unwrap()))
                    .output_charset(None)
                    .allow_binary(true)
                    .on_invalid(on_invalid);
                let whole = pipeline.run(&bytes);
                for most in [1, 4, 1 << 20] {
                    let input = Pieces { rest: &bytes, most, rng: Rng::named(3, "exact") };
                    let mut output = Vec::new();
                    let streamed = pipeline.stream(input, &mut output, 1.try_into().unwrap());
                    match (&whole, streamed) {
                        (Ok(whole), Ok(summary)) => {
                            assert_eq!(*whole, output, "{name} {bytes:x?}");
                            assert_eq!(summary.is_changed, output != bytes, "{name} {bytes:x?}");
                        }
                        (Err(whole), Err(streamed)) => {
                            // A character that cannot be written in an early part comes before
                            // a wrong byte in a later one.
                            assert!(
                                whole.offset() == streamed.offset() || streamed.line().is_some(),
                                "{name} {bytes:x?}: {whole} {streamed}"
                            );
                        }
                        (whole, streamed) => {
                            panic!("{name} {bytes:x?} {most}: {whole:?} {streamed:?}");
                        }
                    }
                }
                let Ok(output) = whole else { continue };
                let text =
                    |bytes: &[u8]| encoding.decode_without_bom_handling(bytes).0.into_owned();
                if on_invalid == OnInvalid::Replace {
                    assert_eq!(text(&output), text(&bytes), "{name} {bytes:x?}");
                } else {
                    assert!(output == bytes, "{name} {on_invalid:?} {bytes:x?} {output:x?}");
                    kept += usize::from(on_invalid == OnInvalid::Keep);
                    clean += usize::from(on_invalid == OnInvalid::Error);
                }
            }
        }
        assert!(kept >= clean && clean > 20, "{name}: {clean} {kept}");
    }
}

#[test]
fn shifts_that_would_not_come_back_are_refused() {
    let dir = Dir::new();
    // Back to ASCII twice, which is written once.
    let text = b"\x1b$B$\"\x1b(Babc\x1b(B";
    dir.file("a.txt", text);
    for mode in ["error", "keep", "replace"] {
        let line = format!("convert s2t -w -e iso-2022-jp --on-invalid {mode} a.txt");
        dir.run(&line).fails_telling(&["a.txt: byte 11: "]);
        assert_eq!(dir.read("a.txt"), text);
    }
    dir.file("b.txt", &text[..11]).run("convert s2t -w -e iso-2022-jp b.txt").succeeds();
    assert_eq!(dir.read("b.txt"), text[..11]);
}

fn charset_of(bytes: &[u8]) -> Option<Charset> {
    jianfan::pipeline::detect(bytes, None).ok().and_then(|detected| detected.charset)
}

#[test]
fn short_text_in_old_encodings_is_never_taken_for_utf_16() {
    let is_utf_16 = |bytes: &[u8]| {
        [Some(Charset::UTF_16LE), Some(Charset::UTF_16BE)].contains(&charset_of(bytes))
    };
    const WORDS: [&str; 40] = [
        "\u{e9}t\u{e9}",
        "\u{c9}T\u{c9}",
        "d\u{e9}j\u{e0}",
        "vu",
        "\u{fc}ber",
        "Stra\u{df}e",
        "STRASSE",
        "\u{c4}PFEL",
        "\u{f1}",
        "a\u{f1}o",
        "ni\u{f1}o",
        "S\u{e3}o",
        "cora\u{e7}\u{e3}o",
        "\u{e5}",
        "\u{e4}r",
        "f\u{f6}r",
        "N\u{d8}RREBRO",
        "\u{f8}l",
        "\u{201c}a\u{201d}",
        "\u{2013}",
        "\u{2014}",
        "\u{20ac}5",
        "10\u{a0}%",
        "\u{bf}qu\u{e9}?",
        "\u{a1}no!",
        "-",
        "--",
        "*",
        "#",
        "=",
        "1999",
        "0",
        "the",
        "of",
        "USA",
        "TWO",
        "\u{ab}oui\u{bb}",
        "\u{a9}",
        "caf\u{e9}",
        "r\u{e9}sum\u{e9}",
    ];
    let mut rng = Rng::named(4, "latin");
    let mut looked = 0;
    for case in 0..20_000 {
        let mut text = String::new();
        for _ in 0..=rng.below(7) {
            text += rng.word(&WORDS);
            text += rng.word(&[" ", " ", " ", "\n", ", ", ""]);
        }
        if case % 4 == 0 {
            text = text.to_uppercase();
        }
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        looked += usize::from(!bytes.is_ascii());
        assert!(!is_utf_16(&bytes), "{text:?}");
    }
    assert!(looked > 12_000, "{looked}");
    assert!(!is_utf_16(b"- \xe9t\xe9 - - -") && !is_utf_16(b"- \xe9t\xe9 - - -\n"));
    // Random letters, as of abbreviations and passwords.
    for _ in 0..20_000 {
        let letter = |rng: &mut Rng| match rng.below(4) {
            0 => rng.char('A', 'Z'),
            // The last two are a byte order mark.
            1 => rng.char('\u{c0}', '\u{fd}'),
            2 => *rng.pick(&[' ', '-', '.', '\n']),
            _ => rng.char('a', 'z'),
        };
        let text: String = (0..rng.between(2, 14)).map(|_| letter(&mut rng)).collect();
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        assert!(!is_utf_16(&bytes), "{text:?}");
    }
    let japanese =
        "今日の午前、記者は関係部門からこの工事が来年すべて完成すると聞いた。ラーメンを食べる。";
    for (text, encoding) in [
        (SIMPLIFIED, GBK),
        (SIMPLIFIED, GB18030),
        (TRADITIONAL, BIG5),
        (TRADITIONAL, GBK),
        (japanese, SHIFT_JIS),
        (japanese, EUC_JP),
        ("한국어 문장입니다. 머리카락과 컴퓨터", EUC_KR),
    ] {
        let known: Vec<char> =
            text.chars().filter(|c| !encoding.encode(c.encode_utf8(&mut [0; 4])).2).collect();
        for _ in 0..3_000 {
            let (from, len) = (rng.below(known.len() - 1), rng.between(1, 12));
            let text: String = known.iter().skip(from).take(len).collect();
            let bytes = encoded(&text, encoding);
            assert!(!is_utf_16(&bytes), "{} {text:?}", encoding.name());
        }
    }
}

#[test]
fn short_utf_16_without_a_mark_is_known() {
    let mut rng = Rng::named(6, "utf-16");
    for text in [SIMPLIFIED, TRADITIONAL] {
        let characters: Vec<char> = text.chars().collect();
        for (len, least) in [(6, 800), (10, 920), (30, 950)] {
            let mut known = 0;
            for _ in 0..1000 {
                let from = rng.below(characters.len() - len);
                let text: String = characters.iter().skip(from).take(len).collect();
                let is_little = rng.once_in(2);
                let expected = if is_little { Charset::UTF_16LE } else { Charset::UTF_16BE };
                known += usize::from(charset_of(&utf_16(&text, is_little)) == Some(expected));
            }
            assert!(known >= least, "{len}: {known}");
        }
    }
    for text in ["plain text\r\n", "key=value\nother=头发\n"] {
        assert_eq!(charset_of(&utf_16(text, true)), Some(Charset::UTF_16LE), "{text}");
        assert_eq!(charset_of(&utf_16(text, false)), Some(Charset::UTF_16BE), "{text}");
    }
    // A few NULs are not that.
    for bytes in [&b"\0a\0\r\0\n"[..], b"abc\0def\n", b"a\0b\0"] {
        assert_eq!(charset_of(bytes), None, "{bytes:?}");
    }
}

#[test]
fn an_encoding_is_told_the_same_way_from_a_file_and_from_a_pipe() {
    let long = "plain text and nothing else\r\n".repeat(20_000);
    let documents = [
        utf_16("头发\n后面有人\n", true),
        utf_16("头发和皇后在后面", false),
        utf_16("key=value\nother=头发\n", true),
        utf_16("plain text\r\nin two lines\r\n", true),
        utf_16(&format!("{long}头发和皇后的故事"), false),
        [&b"plain\n"[..], &utf_16("头发和皇后在后面", true)].concat(),
        [&b"plain\n"[..], &encoded("今天上午，记者从有关部门了解到，这项工程", GBK)].concat(),
        [long.as_bytes(), &encoded("今天上午，记者从有关部门了解到，这项工程", GBK)].concat(),
        [long.as_bytes(), b"x\xff\xfe\xfd\xfc\xfb\xfa"].concat(),
        [long.as_bytes(), &utf_16("头发和皇后在后面", true)].concat(),
        b"abc\0def\nghi\n".to_vec(),
    ];
    let pipeline = pipeline("s2t");
    for bytes in documents {
        let whole = pipeline.run(&bytes);
        for most in [3, 100, 1 << 20] {
            let input = Pieces { rest: &bytes, most, rng: Rng::named(11, "arrival") };
            let mut output = Vec::new();
            let streamed = pipeline.stream(input, &mut output, 1.try_into().unwrap());
            let head = &bytes[..20.min(bytes.len())];
            match (&whole, streamed) {
                (Ok(whole), Ok(_)) => assert!(*whole == output, "{head:x?}"),
                (Err(whole), Err(streamed)) => {
                    assert_eq!(whole.to_string(), streamed.to_string(), "{head:x?}");
                }
                (whole, streamed) => {
                    panic!("{head:x?} {most}: {:?} {streamed:?}", whole.as_ref().err());
                }
            }
        }
    }
}

/// Gives these pieces, one for each read.
struct Reads<'a>(Vec<&'a [u8]>);

impl Read for Reads<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(first) = self.0.first_mut() else { return Ok(0) };
        let len = first.len().min(buffer.len());
        buffer[..len].copy_from_slice(&first[..len]);
        *first = &first[len..];
        if first.is_empty() {
            self.0.remove(0);
        }
        Ok(len)
    }
}

#[track_caller]
fn is_the_same_in_two_reads(pipeline: &Pipeline, bytes: &[u8], cut: usize) {
    let whole = pipeline.run(bytes).map_err(|error| error.to_string());
    let mut output = Vec::new();
    let input = Reads(vec![&bytes[..cut], &bytes[cut..]]);
    let streamed = pipeline.stream(input, &mut output, 1.try_into().unwrap());
    let streamed = streamed.map(|_| output).map_err(|error| error.to_string());
    assert!(
        streamed == whole,
        "{cut}: {:?} {:?}",
        streamed.map(|_| "converted"),
        whole.map(|_| "converted")
    );
}

#[test]
fn characters_of_gbk_that_are_utf_8_by_chance_do_not_settle_the_encoding() {
    // The first character is U+0377 in UTF-8.
    let gbk = encoded("头发和皇后在后面，这项工程将于明年全部完成。\n", GBK);
    let utf_16 = utf_16(" 还我头发，皇后在后面\n", true);
    assert_eq!(utf_16[..4], *b" \0\xd8\x8f");
    let late = [b"plain\n".repeat(10_922).as_slice(), b"a\n", &gbk.repeat(9)].concat();
    assert_eq!(late[65_534..65_536], *b"\xcd\xb7");
    for on_invalid in [OnInvalid::Error, OnInvalid::Keep, OnInvalid::Replace] {
        let pipeline = pipeline("s2t").on_invalid(on_invalid);
        let converted = pipeline.run(&gbk).unwrap();
        assert!(String::from_utf8(converted).unwrap().starts_with("頭髮"));
        for cut in 1..gbk.len() {
            is_the_same_in_two_reads(&pipeline, &gbk, cut);
        }
        for cut in 1..utf_16.len() {
            is_the_same_in_two_reads(&pipeline, &utf_16, cut);
        }
        is_the_same_in_two_reads(&pipeline, &late, 65_536);
        // A file of this size is read in pieces.
        let dir = Dir::new();
        let mut large = late.clone();
        large.extend(gbk.repeat(130_000));
        dir.file("large", &large);
        let mode = format!("{on_invalid:?}").to_lowercase();
        let output = dir.run(&format!("convert s2t --on-invalid {mode} large")).succeeds();
        assert!(output.contains("頭髮") && !output.contains('\u{FFFD}'), "{mode}");
    }
}

#[test]
fn a_line_of_utf_8_is_answered_before_more_comes() {
    /// Fails the test where more is read than a line.
    struct Unready;
    impl Read for Unready {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("more is read"))
        }
    }
    for (pieces, expected) in [
        (vec!["头发\n"], "頭髮\n"),
        (vec!["\u{e9}t\u{e9}\n"], "\u{e9}t\u{e9}\n"),
        (vec!["plain\n", "caf\u{e9}", " \u{b7} ", "头\n"], "plain\ncaf\u{e9} \u{b7} 頭\n"),
    ] {
        let pieces = pieces.into_iter().map(str::as_bytes).collect();
        let mut output = Vec::new();
        let input = Reads(pieces).chain(Unready);
        pipeline("s2t").stream(input, &mut output, 1.try_into().unwrap()).unwrap_err();
        assert_eq!(String::from_utf8(output).unwrap(), expected);
    }
}

#[test]
fn a_sample_begins_at_the_same_byte_in_a_file_and_in_a_stream() {
    const SAMPLE: usize = 256 * 1024;
    let gbk = encoded("头发和皇后在后面，这项工程将于明年全部完成。\n", GBK);
    let pipeline = pipeline("s2t");
    for len in [SAMPLE - 1, SAMPLE, SAMPLE + 1] {
        let bytes = [&b"a".repeat(len)[..], &gbk].concat();
        assert!(pipeline.run(&bytes).is_ok(), "{len}");
        for cut in [1, 1000, len, len + 1, bytes.len()] {
            is_the_same_in_two_reads(&pipeline, &bytes, cut);
        }
    }
    // The line before the first byte beyond ASCII belongs to the sample unless it is long, and with
    // it decides whether the wrong bytes do.
    for len in [0, 1, 199, 200, 201, 202] {
        for first in [&b""[..], b"plain\n", &b"plain\n".repeat(50_000)] {
            let line =
                [first, &b"a".repeat(len)[..], &gbk[..], &b"b".repeat(SAMPLE - 250)].concat();
            for end in 0..4 {
                let more = [&b"b".repeat(end * 80)[..], b"\xff\xff\n"].concat();
                let bytes = [&line[..], &more].concat();
                for cut in [1, first.len(), first.len() + len + 1, bytes.len()] {
                    is_the_same_in_two_reads(&pipeline, &bytes, cut);
                }
            }
        }
    }
}
