//! Archives, media and other files that are not text: skipped in directories, refused where they
//! are named.

use std::io::Write;

use jianfan::Converter;
use jianfan::pipeline::Pipeline;

use crate::support::command::Dir;

const TEXT: &str = "头发和鼠标，软件\r\n";

/// Returns a block of tar: header, contents, and what fills it up.
fn tar_member(name: &str, contents: &[u8], magic: &[u8]) -> Vec<u8> {
    let mut header = [0u8; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0001750\0");
    put(116, b"0001750\0");
    put(124, format!("{:011o} ", contents.len()).as_bytes());
    put(136, b"14371573000 ");
    put(148, b"        ");
    put(156, b"0");
    put(257, magic);
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut member = header.to_vec();
    member.extend_from_slice(contents);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

fn tar(magic: &[u8], times: usize) -> Vec<u8> {
    let text = TEXT.repeat(times);
    let mut archive = tar_member("a.txt", text.as_bytes(), magic);
    archive.extend(tar_member("b.txt", TEXT.as_bytes(), magic));
    archive.resize(archive.len() + 1024, 0);
    archive
}

fn ar() -> Vec<u8> {
    let header =
        format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "a.txt/", 0, 0, 0, 644, TEXT.len());
    [b"!<arch>\n", header.as_bytes(), TEXT.as_bytes()].concat()
}

fn cpio() -> Vec<u8> {
    let member = |name: &str, contents: &str| {
        let mut member = b"070701".to_vec();
        for field in [1, 0o100644, 0, 0, 1, 0, contents.len(), 0, 0, 0, 0, name.len() + 1, 0] {
            write!(member, "{field:08X}").unwrap();
        }
        member.extend_from_slice(name.as_bytes());
        member.push(0);
        member.resize(member.len().next_multiple_of(4), 0);
        member.extend_from_slice(contents.as_bytes());
        member.resize(member.len().next_multiple_of(4), 0);
        member
    };
    [member("a.txt", TEXT), member("TRAILER!!!", "")].concat()
}

fn zip() -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    writer.start_file("a.txt", stored).unwrap();
    writer.write_all(TEXT.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Words in UTF-8 among lengths and offsets, as programs write their data; no signature tells it.
fn records() -> Vec<u8> {
    let mut bytes = Vec::new();
    for (number, word) in ["头发", "鼠标", "软件", "后面", "打开"].into_iter().enumerate()
    {
        bytes.extend_from_slice(&u64::try_from(number).unwrap().to_le_bytes());
        bytes.extend_from_slice(&word.len().to_le_bytes());
        bytes.extend_from_slice(word.as_bytes());
    }
    bytes
}

/// All of them are valid UTF-8, so that nothing but what they are keeps them from being converted.
fn archives() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("posix.tar", tar(b"ustar\x0000", 3), "tar archive"),
        ("gnu.tar", tar(b"ustar  \0", 3), "tar archive"),
        ("v7.tar", tar(b"", 3), "tar archive"),
        ("large.tar", tar(b"ustar\x0000", 300_000), "tar archive"),
        ("a.a", ar(), "ar archive"),
        ("a.cpio", cpio(), "cpio archive"),
        ("records", records(), "NULs or control characters"),
    ]
}

#[test]
fn archives_come_out_unharmed_of_a_directory_that_is_converted_in_place() {
    let dir = Dir::new();
    let mut files = Vec::new();
    for (name, bytes, kind) in archives() {
        let packed = gzip(&bytes);
        files.push((format!("in/{name}.gz"), packed.clone(), format!("{kind} in gzip")));
        files.push((format!("in/{name}.gz.gz"), gzip(&packed), "gzip data in gzip".to_owned()));
        files.push((format!("in/{name}"), bytes, kind.to_owned()));
    }
    files.push(("in/a.zip".to_owned(), zip(), "zip archive".to_owned()));
    files.push(("in/a.zip.gz".to_owned(), gzip(&zip()), "zip archive in gzip".to_owned()));
    for (name, bytes, _) in &files {
        dir.file(name, bytes);
    }
    dir.file("in/text.txt", TEXT).file("in/text.gz", gzip(TEXT.as_bytes()));
    for line in ["convert s2twp -w in", "normalize -w -n cn in", "convert s2t --check in"] {
        let run = dir.run(line);
        assert!(run.code != Some(2), "{run:?}");
        for (name, bytes, kind) in &files {
            assert!(dir.read(name) == *bytes, "{line}: {name}");
            let told = format!("skipped: {name}: binary ({kind})\n");
            assert!(run.stderr.contains(&told), "{line}: no {told:?} in {}", run.stderr);
        }
    }
    assert!(dir.text("in/text.txt").contains("滑鼠"));
    // Nothing is made of them elsewhere, not even a directory.
    dir.file("tree/sub/a.tar.gz", gzip(&archives()[0].1)).file("tree/sub/a.tar", &archives()[3].1);
    dir.run("convert s2t tree -o out").succeeds();
    assert!(!dir.path("out/sub").exists());
}

#[test]
fn archives_that_are_named_or_piped_are_an_error_that_says_what_they_are() {
    let dir = Dir::new();
    for (name, bytes, kind) in archives() {
        for (name, bytes, kind) in [
            (format!("{name}.gz"), gzip(&bytes), format!("binary ({kind} in gzip)")),
            (name.to_owned(), bytes, format!("binary ({kind})")),
        ] {
            dir.file(&name, &bytes).file("list", &name);
            for line in [
                &*format!("convert s2t -w {name}"),
                &format!("convert s2t -o out {name}"),
                &format!("convert s2t {name}"),
                &format!("convert s2t --diff {name}"),
                "normalize -w -n cn --files-from list",
                &format!("detect {name}"),
            ] {
                dir.run(line).fails_telling(&[&format!("error: {name}: {kind}")]);
            }
            for line in ["convert s2t", "normalize -n cn", "convert s2t --line-buffered", "detect"]
            {
                dir.pipe(line, &bytes).fails_telling(&[&format!("error: standard input: {kind}")]);
            }
            assert!(dir.read(&name) == bytes && !dir.path("out").exists(), "{name}");
        }
    }
    dir.run("convert s2t -w posix.tar").fails_telling(&["hint: --binary converts it"]);
    dir.run("inspect s2t -f posix.tar").fails_telling(&["posix.tar is binary (tar archive)"]);
    dir.pipe("inspect s2t", ar()).fails_telling(&["standard input is binary (ar archive)"]);
}

#[test]
fn who_insists_has_binary_files_converted() {
    let dir = Dir::new();
    let archive = tar(b"ustar\x0000", 3);
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap()).allow_binary(true);
    let expected = pipeline.run(&archive).unwrap();
    assert!(expected != archive);
    dir.file("in/a.tar", &archive).file("in/a.tar.gz", gzip(&archive));
    for line in ["convert s2t --binary", "convert s2t -f plain"] {
        assert!(dir.pipe(line, &archive).stdout == expected, "{line}");
        assert!(dir.run(&format!("{line} in/a.tar")).stdout == expected, "{line}");
        assert!(dir.run(&format!("{line} in/a.tar.gz")).stdout == expected, "{line}");
    }
    dir.run("convert s2t --binary in -o out").succeeds();
    assert!(dir.read("out/a.tar") == expected);
    // Packed in other ways, it is found all the same.
    for name in ["a.tar.xz", "a.tar.zst"] {
        dir.run(&format!("normalize -n none --binary in/a.tar -o {name}")).succeeds();
        let before = dir.read(name);
        dir.run(&format!("convert s2t -w {name}")).fails_telling(&["binary (tar archive in "]);
        assert!(dir.read(name) == before, "{name}");
    }
}

#[test]
fn damaged_compressed_text_stays_an_error() {
    let dir = Dir::new();
    let packed = gzip(TEXT.repeat(1000).as_bytes());
    dir.file("in/cut.gz", &packed[..packed.len() / 2]).file("in/head.gz", &packed[..5]);
    let run = dir.run("convert s2t in -o out");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("error: cannot read in/cut.gz"), "{run:?}");
    assert!(run.stderr.contains("error: cannot read in/head.gz"), "{run:?}");
}

/// Text in which there are controls for a reason.
fn odd_texts() -> Vec<(&'static str, String)> {
    let overstrike: String = "NAME\n       头发 - 说明\n"
        .chars()
        .map(|c| match c {
            '\n' => "\n".to_owned(),
            c => format!("{c}\u{8}{c}"),
        })
        .collect();
    vec![
        (
            "a colored log",
            "\u{1b}[1;31m错误\u{1b}[0m \u{1b}[2K头发\u{1b}]0;title\u{7}\r\n".repeat(40),
        ),
        ("form feeds", "第一页\n\u{c}\n头发\n\u{c}".repeat(20)),
        ("a stray NUL", format!("{}\0{}", "头发\n".repeat(100), "后面\n".repeat(100))),
        ("a NUL in a short text", "头\0发".to_owned()),
        ("NULs alone", "\0\0\0".to_owned()),
        ("find -print0", "./头发\0./a\0./b/鼠标.txt\0./c\0".repeat(200)),
        ("Hive", "1\u{1}头发\u{1}\u{1}0\u{1}a\u{2}b\u{3}c\n".repeat(200)),
        ("MARC", "\u{1e}1 \u{1f}a头发\u{1f}b鼠标 /\u{1f}c后\u{1e}\u{1d}".repeat(200)),
        ("a manual page", overstrike.repeat(20)),
        ("wrongly decoded text", "å¤´å\u{8f}\u{91}é¼\u{a0}æ\u{a0}\u{87}".repeat(100)),
        ("DOS", "头发\r\n\u{1a}".to_owned()),
        ("words like signatures", "BM头发 \0 MZ".to_owned()),
        ("a sentence", "ID3 标签和 GIF89a 文件\n".to_owned()),
        ("x squared", "x^2 + y^2 = 头发\n".to_owned()),
        ("digits", "070701 头发\n".to_owned()),
        ("archives", "!<arch> 是 ar 文件的开头\n".to_owned()),
        ("fields like a program", "MZ\u{1}莫桑比克\u{1}头发\n".repeat(3)),
        ("fields like a table", "ORC001\u{1}头发\u{1}\u{2}后\n".to_owned()),
        ("names like a program", "MZ头.txt\0发.txt\0".to_owned()),
        ("names like a font", "true\0头发\0false\0".to_owned()),
        ("more names like a font", "OTTO\0头发\0".to_owned()),
        ("names like fonts", "ttcf\0头发\0".to_owned()),
        ("x squared plus y squared", "x^2+y^2 解区式设们程存法用间\n".to_owned()),
    ]
}

#[test]
fn text_with_controls_in_it_is_text() {
    let dir = Dir::new();
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
    for (what, text) in odd_texts() {
        let expected =
            pipeline.run(text.as_bytes()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(dir.pipe("convert s2t -f plain", &text).stdout, expected, "{what}");
        let run = dir.pipe("convert s2t", &text);
        assert!(run.code == Some(0) && run.stdout == expected, "{what}: {run:?}");
        dir.file("in/a", &text).run("convert s2t in -o out").succeeds();
        assert!(dir.read("out/a") == expected, "{what}");
    }
}

#[test]
fn a_binary_document_is_refused_however_it_is_cut() {
    let pipeline = Pipeline::without_conversion();
    let long = [&b"\n".repeat(5000)[..], &b"text\0\0\0\0\0\0\0\0\0\0"[..]].concat();
    let late = [&b"\n".repeat(9000)[..], &b"text\0\0\0\0\0\0\0\0\0\0"[..]].concat();
    for (bytes, is_text) in [(long, false), (late, true), (records(), false)] {
        assert_eq!(pipeline.run(&bytes).is_ok(), is_text);
        for size in [1, 7, 512, 1 << 20] {
            let pieces = Pieces { rest: &bytes, size };
            let result = pipeline.stream(pieces, std::io::sink(), 1.try_into().unwrap());
            let refused = |error: jianfan::Error| error.binary_kind().is_some();
            assert!(result.map_or_else(|error| !is_text && refused(error), |_| is_text), "{size}");
        }
    }
}

struct Pieces<'a> {
    rest: &'a [u8],
    size: usize,
}

impl std::io::Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.size.min(buffer.len()).min(self.rest.len());
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}

#[test]
fn well_known_formats_are_known() {
    let zlib = {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        zlib.write_all("blob 6\0头发".as_bytes()).unwrap();
        zlib.finish().unwrap()
    };
    let at = |at: usize, bytes: &[u8]| [&vec![0; at][..], bytes].concat();
    let cases: [(&[u8], &str); 33] = [
        (b"\x7fELF\x02\x01\x01\0", "ELF file"),
        (b"MZ\x90\0\x03\0\0\0\x04\0\0\0", "Windows program"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01", "Mach-O file"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02\x01", "Mach-O file"),
        (b"\xca\xfe\xba\xbe\0\0\0\x34\0", "Java class"),
        (b"\xa7\r\r\n\0\0\0\0\x01\x02\x03\x04", "Python bytecode"),
        (b"\0asm\x01\0\0\0", "WebAssembly module"),
        (b"%PDF-1.7\n%abc\n", "PDF document"),
        (b"\x89PNG\r\n\x1a\n", "PNG image"),
        (b"GIF89a\x01\0\x01\0\0\0\0", "GIF image"),
        (b"\xff\xd8\xff\xe0", "JPEG image"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP image"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "WAV audio"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "BMP image"),
        (b"II*\0\x08\0\0\0", "TIFF image"),
        (b"\0\0\x01\0\x01\0\x10\x10", "icon"),
        (b"ID3\x03\0\0\0\0\0\x0f", "MP3 audio"),
        (b"OggS\0\x02", "Ogg media"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "MP4 media"),
        (b"\x1a\x45\xdf\xa3\x01", "Matroska media"),
        (b"wOF2\0\x01\0\0", "font"),
        (b"OTTO\0\x0b\0\x80\0\x03\0\x30", "font"),
        (b"true\0\x0c\0\x80\0\x03\0\x40", "font"),
        (b"ttcf\0\x02\0\0\0\0\0\x04", "font"),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0", "packet capture"),
        (b"\xa1\xb2\xc3\xd4\0\x02\0\x04\0\0", "packet capture"),
        (b"SQLite format 3\0\x10\0", "SQLite database"),
        (&at(16, b"\xde\xc0\xef\xbe"), "LMDB database"),
        (b"BZh91AY&SY\x01", "bzip2 data"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z archive"),
        (b"Rar!\x1a\x07\x01\0", "rar archive"),
        (b"PACK\0\0\0\x02", "Git pack"),
        (&zlib, "zlib data, as of a Git object"),
    ];
    for (bytes, kind) in cases {
        assert_eq!(jianfan::pipeline::binary_kind(bytes).as_deref(), Some(kind));
        let packed = jianfan::pipeline::binary_kind(&gzip(bytes));
        assert_eq!(packed, Some(format!("{kind} in gzip")));
    }
    // Compressed data that is no Git object, and only its beginning.
    let zlib = {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        let numbers: String = (0..5000).map(|number| format!("{}\n", number * number)).collect();
        zlib.write_all(numbers.as_bytes()).unwrap();
        zlib.finish().unwrap()
    };
    let kind = jianfan::pipeline::binary_kind(&zlib[..2000]);
    assert_eq!(kind.as_deref(), Some("zlib data, as of a Git object"));
    // 〔迷 in GBK begins like a packet capture.
    let (gbk, _, _) = encoding_rs::GBK.encode("〔迷〕今天上午，这项工程将于明年全部完成。\n");
    assert!(gbk.starts_with(b"\xa1\xb2\xc3\xd4"));
    assert_eq!(jianfan::pipeline::binary_kind(&gbk), None);
    // Encrypted data, and other compressed data, have no signature at all.
    let mut rng = crate::support::generate::Rng::named(1, "noise");
    for _ in 0..100 {
        let noise: Vec<u8> = (0..4096).map(|_| u8::try_from(rng.below(256)).unwrap()).collect();
        let error = Pipeline::without_conversion().run(&noise).unwrap_err();
        assert!(error.binary_kind().is_some(), "{error}");
    }
    // A letter in an encoding that cannot be told is not that.
    let latin = b"d\xe9j\xe0 vu, caf\xe9 au lait";
    assert!(Pipeline::without_conversion().run(latin).unwrap_err().binary_kind().is_none());
}

#[test]
fn text_with_separators_in_an_encoding_that_cannot_be_told_is_not_binary() {
    let record = "\u{1e}1 \u{1f}aR\u{e9}sum\u{e9}s\u{1f}bdu mus\u{e9}e\u{1e}\u{1d}".repeat(20);
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&record);
    let dir = Dir::new();
    dir.file("in/record", &bytes);
    for line in ["convert s2t in -o out", "convert s2t in/record"] {
        let run = dir.run(line);
        assert!(run.code == Some(2) && !run.stderr.contains("binary"), "{run:?}");
    }
    // NULs in a row are no separators.
    let nuls = [&bytes[..], &[0; 40]].concat();
    assert!(Pipeline::without_conversion().run(&nuls).unwrap_err().binary_kind().is_some());
}

#[test]
fn a_binary_file_is_skipped_even_if_a_byte_of_it_is_wrong() {
    let text = "头发和皇后在后面\n".repeat(4);
    let bytes = [text.as_bytes(), &[0; 20], text.as_bytes(), b"\xff", text.as_bytes()].concat();
    let (gbk, _, _) = encoding_rs::GBK.encode(&text);
    let gbk = [&gbk, &[0; 20][..], &gbk, b"\xff", &gbk].concat();
    let late = [text.as_bytes(), b"\xff", text.as_bytes()].concat();
    let dir = Dir::new();
    dir.file("in/a", &bytes).file("in/b.gz", gzip(&bytes));
    let run = dir.run("convert s2t in -o out");
    assert!(run.code == Some(0) && run.stderr.contains("skipped: in/a: binary"), "{run:?}");
    assert!(run.stderr.contains("skipped: in/b.gz: binary"), "{run:?}");
    for (bytes, charset, is_binary) in [
        (&bytes, None, true),
        (&bytes, Some("utf-8"), true),
        (&gbk, Some("gbk"), true),
        (&late, None, false),
        (&late, Some("utf-8"), false),
    ] {
        let charset = charset.map(|name| jianfan::Charset::named(name).unwrap());
        let pipeline = Pipeline::without_conversion().charset(charset);
        let refused = |error: jianfan::Error| error.binary_kind().is_some();
        assert_eq!(refused(pipeline.run(bytes).unwrap_err()), is_binary, "{charset:?}");
        for size in [1, 7, 512, 1 << 20] {
            let pieces = Pieces { rest: bytes, size };
            let result = pipeline.stream(pieces, std::io::sink(), 1.try_into().unwrap());
            assert_eq!(refused(result.unwrap_err()), is_binary, "{charset:?} {size}");
        }
    }
}

#[test]
fn a_signature_is_seen_however_it_is_cut() {
    let (text, program) = ("头发\n".repeat(100), [&b"MZ\x90\0\x03\0\0\0"[..], &[0; 9]].concat());
    let bytes: [(Vec<u8>, bool); 8] = [
        (format!("%PDF-1.4\n{text}").into_bytes(), false),
        (b"MThd\0\0\0\x06\0\x01\0\x02".to_vec(), false),
        (ar(), false),
        (cpio(), false),
        (b"bplist00\xd1\x01\x02Sabc\x08\x0b\x0f\0\0\0\0".to_vec(), false),
        (program, false),
        (format!("!<arch>\n{text}").into_bytes(), true),
        (format!("MZ{text}").into_bytes(), true),
    ];
    let pipeline = Pipeline::without_conversion();
    for (bytes, is_text) in bytes {
        assert_eq!(pipeline.run(&bytes).is_ok(), is_text, "{bytes:?}");
        for cut in 1..bytes.len().min(120) {
            let (head, tail) = bytes.split_at(cut);
            let input = std::io::Read::chain(head, tail);
            let result = pipeline.stream(input, std::io::sink(), 1.try_into().unwrap());
            let is_binary = result.err().is_some_and(|error| error.binary_kind().is_some());
            assert_eq!(is_binary, !is_text, "{cut} {bytes:?}");
        }
    }
}
