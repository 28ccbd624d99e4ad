//! The memory budget: what is too large is a document that fails, and not the process.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use jianfan::batch::{Batch, Input, Outcome, Output};
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;
use jianfan::{Converter, Error};

use crate::support::command::Dir;

const MIB: usize = 1 << 20;

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn pipeline(memory: u64) -> Pipeline {
    let formats = Formats::auto(Options::default()).unwrap();
    Pipeline::new(Converter::new("s2t").unwrap()).formats(formats).memory(memory)
}

fn needed(result: Result<(Vec<u8>, jianfan::pipeline::Summary), Error>) -> Option<u64> {
    result.unwrap_err().memory_needed()
}

#[test]
fn a_document_far_over_the_budget_fails_and_the_others_are_converted() {
    let dir = Dir::new();
    dir.file("in/a.md", "头发\n").file("in/b.md", "[".repeat(MIB)).file("in/c.md", "皇后\n");
    let run = dir.run("convert s2t in -o out --memory 16M");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!((dir.text("out/a.md"), dir.text("out/c.md")), ("頭髮\n".into(), "皇后\n".into()));
    assert_eq!(dir.files(), ["in/a.md", "in/b.md", "in/c.md", "out/a.md", "out/c.md"]);
    let message = "of memory, more than the memory budget of 16 MiB";
    assert!(run.stderr.contains("error: in/b.md: needs about "), "{run:?}");
    assert!(run.stderr.contains(message) && run.stderr.contains("hint: --memory"), "{run:?}");
    assert!(
        run.stderr.ends_with("3 files: 2 changed, 1 failed\n") || run.stderr.contains("1 failed")
    );
}

#[test]
fn in_place_a_document_over_the_budget_stays() {
    let dir = Dir::new();
    let old = "*头* ".repeat(MIB / 4);
    dir.file("a.md", &old).file("b.md", "头\n");
    let run = dir.run("convert s2t -w a.md b.md --memory 16M");
    assert_eq!(run.code, Some(2), "{run:?}");
    assert_eq!((dir.text("a.md"), dir.text("b.md")), (old, "頭\n".into()));
}

#[test]
fn what_a_diff_unpacks_is_limited() {
    let dir = Dir::new();
    dir.file("a.txt.gz", gz("头".repeat(64 * MIB / 3).as_bytes()));
    dir.run("convert s2t --diff a.txt.gz --memory 16M").fails_telling(&["memory budget of 16 MiB"]);
    // Without a diff it is streamed.
    dir.run("convert s2t a.txt.gz -o b.txt --memory 16M").succeeds();
}

#[test]
fn a_compressed_document_that_has_to_be_whole_is_limited() {
    let dir = Dir::new();
    dir.file("a.md.gz", gz(&vec![b'['; 32 * MIB]));
    dir.run("convert s2t a.md.gz -o b.md --memory 16M").fails_telling(&["memory budget of 16 MiB"]);
}

#[test]
fn a_header_cannot_ask_for_more_than_the_budget() {
    // 头发, packed by xz with a dictionary of 1.5 GiB: 0x25 in the header, whose checksum is right.
    let xz: &[u8] = &[
        0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 0x00, 0x01, 0x69, 0x22, 0xDE, 0x36, 0x02, 0x00, 0x21,
        0x01, 0x25, 0x00, 0x00, 0x00, 0x3B, 0x78, 0x7B, 0x41, 0x01, 0x00, 0x06, 0xE5, 0xA4, 0xB4,
        0xE5, 0x8F, 0x91, 0x0A, 0x00, 0x00, 0x10, 0x14, 0x79, 0x28, 0x00, 0x01, 0x1B, 0x07, 0x12,
        0xEB, 0xD4, 0x17, 0x90, 0x42, 0x99, 0x0D, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5A,
    ];
    let zst: &[u8] =
        &[0x28, 0xB5, 0x2F, 0xFD, 0, 20 << 3, 0x31, 0, 0, 0xE5, 0xA4, 0xB4, 0xE5, 0x8F, 0x91];
    let dir = Dir::new();
    dir.file("a.zst", zst).file("a.xz", xz);
    dir.run("convert s2t a.zst -o a --memory 64M")
        .fails_telling(&["needs about 2.1 GiB of memory"]);
    dir.run("convert s2t a.xz -o a --memory 64M").fails_telling(&["needs about 1.6 GiB of memory"]);
    assert_eq!(dir.files(), ["a.xz", "a.zst"]);
}

#[test]
fn what_ordinary_documents_need_is_not_what_the_worst_need() {
    let prose = "他说头发很长，后面的皇后发现了这里的软件。".repeat(3) + "\n\n";
    let prose = prose.repeat(4 * MIB / prose.len());
    for name in ["a.md", "a.html", "a.tex", "a.json", "a.csv", "a.srt"] {
        let text = if name == "a.json" { format!("{:?}", prose) } else { prose.clone() };
        let most = 16 * text.len() as u64;
        assert!(pipeline(most).whole_named(text.as_bytes(), name).is_ok(), "{name}");
    }
    let brackets = "[".repeat(4 * MIB);
    assert!(needed(pipeline(64 << 20).whole_named(brackets.as_bytes(), "a.md")) > Some(64 << 20));
}

#[test]
fn streams_of_lines_need_little_however_long_they_are() {
    let line = format!("{}\n", "头发,皇后".repeat(20));
    let text = line.repeat(48 * MIB / line.len());
    for name in ["txt", "csv", "tsv"] {
        let formats = match name {
            "txt" => Formats::plain(),
            name => Formats::named(name, Options::default()).unwrap(),
        };
        let pipeline = pipeline(6 << 20).formats(formats);
        let mut output = Vec::new();
        pipeline.stream(text.as_bytes(), &mut output, 2.try_into().unwrap()).unwrap();
        assert_eq!(output.len(), text.len(), "{name}");
    }
}

#[test]
fn documents_that_share_a_budget_wait_for_each_other() {
    // Each takes most of the budget; whoever finds it taken is begun again, and all are converted.
    let dir = Dir::new();
    let text = "*头* ".repeat(50_000);
    let names: Vec<String> = (0..12).map(|number| format!("{number}.md")).collect();
    for name in &names {
        dir.file(name, &text);
    }
    let inputs = names.iter().map(|name| Input::Path(dir.path(name))).collect();
    let alone = (24..).find(|mib| pipeline(mib << 20).whole_named(text.as_bytes(), "a.md").is_ok());
    let batch = Batch::new(inputs, Output::Path(dir.path("out")))
        .threads(4.try_into().unwrap())
        .memory((alone.unwrap() + 4) << 20);
    let mut failed = Vec::new();
    let totals = batch
        .run(&pipeline(1), |report| {
            if let Outcome::Failed(error) = report.outcome {
                failed.push(error.to_string());
            }
        })
        .unwrap();
    assert_eq!((totals.changed, failed), (12, Vec::new()));
    let expected = text.replace('头', "頭");
    for name in names {
        assert_eq!(dir.text(format!("out/{name}")), expected);
    }
}

#[test]
fn a_budget_is_a_number_with_a_unit() {
    let dir = Dir::new();
    dir.file("a.md", "头\n");
    for good in ["1000000", "512M", "2g", "1GiB", "64k"] {
        let run = dir.run(&format!("convert s2t a.md --memory {good}"));
        assert_eq!(run.succeeds(), "頭\n");
    }
    for bad in ["", "0", "M", "1.5G", "-1", "2X", "99999999999G"] {
        dir.run(&format!("convert s2t a.md --memory={bad}")).fails_telling(&["--memory"]);
    }
}

/// A later block of `.xz` may ask for more than the first. Nothing is read or written twice for it.
#[test]
fn a_stream_is_never_begun_again() {
    let packed = |text: &str, preset| {
        let options = lzma_rust2::XzOptions::with_preset(preset);
        let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap()
    };
    let bytes = [packed("头发一\n", 0), packed("头发二\n", 9)].concat();
    let dir = Dir::new();
    dir.file("in/a.xz", &bytes);
    let expected = "頭髮一\n頭髮二\n";
    assert_eq!(dir.pipe("convert s2t", &bytes).succeeds(), expected);
    assert_eq!(dir.run("convert s2t in/a.xz").succeeds(), expected);
    dir.pipe("convert s2t -o out", &bytes).succeeds();
    assert_eq!(dir.text("out"), expected);
    assert_eq!(dir.pipe("convert s2t --check", &bytes).code, Some(1));
    // A file is begun again with all the memory there is.
    dir.run("convert s2t in/a.xz -o b").succeeds();
    assert_eq!(dir.text("b"), expected);
    let mut output = Vec::new();
    let stream = Pipeline::new(Converter::new("s2t").unwrap());
    stream.stream(&bytes[..], &mut output, std::num::NonZeroUsize::MIN).unwrap();
    assert_eq!(String::from_utf8(output).unwrap(), expected);
}
