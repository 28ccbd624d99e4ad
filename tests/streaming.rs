//! Documents that are longer than a block, arrive in pieces, or have no line ends.

use std::io::{self, Cursor, Read};
use std::num::NonZeroUsize;

use jianfan::pipeline::{OnInvalid, Pipeline};
use jianfan::{Charset, Converter};

use crate::support::generate::Rng;

/// A reader that brings pieces of random length, and is interrupted now and then.
struct Pieces<'a> {
    rest: &'a [u8],
    rng: Rng,
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rng.once_in(50) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = self.most.min(buffer.len()).min(self.rest.len());
        let len = if most == 0 { 0 } else { self.rng.between(1, most) };
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}

fn threads(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).unwrap()
}

fn streamed(pipeline: &Pipeline, bytes: &[u8], most: usize, number: usize) -> Vec<u8> {
    let mut output = Vec::new();
    let input = Pieces { rest: bytes, rng: Rng::named(1, "pieces"), most };
    pipeline.stream(input, &mut output, threads(number)).unwrap();
    output
}

fn samples() -> String {
    let simplified = include_str!("../data/sample/essay-simplified.txt");
    let traditional = include_str!("../data/sample/news-hongkong.txt");
    format!("\u{FEFF}{simplified}{traditional}⿰氵每⿰\r\n头发\0头发\r")
}

#[test]
fn a_stream_gives_what_the_whole_gives_however_it_arrives() {
    let text = samples().repeat(3);
    for config in ["s2t", "s2twp", "t2s", "tw2sp", "jp2t"] {
        let pipeline = Pipeline::new(Converter::new(config).unwrap());
        let whole = pipeline.run(text.as_bytes()).unwrap();
        for most in [1, 2, 3, 7, 100, 4096] {
            assert_eq!(streamed(&pipeline, text.as_bytes(), most, 1), whole, "{config} {most}");
        }
    }
}

#[test]
fn a_long_stream_is_the_same_for_any_number_of_threads() {
    let text = samples().repeat(700);
    let pipeline = Pipeline::new(Converter::new("s2twp").unwrap());
    let whole = pipeline.run(text.as_bytes()).unwrap();
    for number in [1, 2, 3, 8] {
        assert!(streamed(&pipeline, text.as_bytes(), 1 << 20, number) == whole, "{number} threads");
        assert!(streamed(&pipeline, text.as_bytes(), 30_000, number) == whole, "{number} threads");
    }
}

#[test]
fn a_line_of_any_length_is_converted_and_never_held_as_a_whole() {
    // With marks that no word holds, with marks that words hold, and with nothing but words.
    let lines =
        [samples().replace(['\r', '\n'], ""), "不干不净，".into(), "头发干净计算机后面里".into()];
    for line in lines {
        let text = line.repeat(3_000_000 / line.len());
        for config in ["s2t", "s2twp", "tw2sp"] {
            let pipeline = Pipeline::new(Converter::new(config).unwrap());
            let whole = pipeline.run(text.as_bytes()).unwrap();
            let mut written = Vec::new();
            let output = Longest { written: &mut written, longest: 0 };
            let mut output = output;
            pipeline.stream(text.as_bytes(), &mut output, threads(2)).unwrap();
            assert!(output.longest < 1 << 20, "{config}: {} bytes at once", output.longest);
            assert!(written == whole, "{config}");
        }
    }
}

/// Every character of these lines may be decided by the context layer, and none is a mark.
#[test]
fn a_line_that_the_context_decides_is_the_same_however_it_arrives() {
    let mut rng = Rng::named(2, "open");
    let signs: Vec<char> = "发后里只干制系佢的一はカab 袅面".chars().collect();
    let random: String = (0..300_000).map(|_| *rng.pick(&signs)).collect();
    let lines = ["袅".repeat(120_000), "发里后".repeat(140_000), random];
    let builder = || Converter::builder("s2tw").context(true);
    let users = "发里\t發里\n里后发里后发里后发\t裡後髮裡後髮裡後髮\n佢系\t佢係\n";
    for converter in [builder(), builder().dictionary_text("users", users)] {
        let converter = converter.build().unwrap();
        for line in &lines {
            // Behind a line end, and before one and text.
            let text = format!("发\n{line}\n后里\n");
            let whole = converter.convert(&text);
            let pipeline = Pipeline::new(converter.clone());
            for (most, number) in [(1 << 20, 1), (1 << 20, 3), (100_000, 2), (9_999, 1)] {
                let made = streamed(&pipeline, text.as_bytes(), most, number);
                assert!(made == whole.as_bytes(), "{most} {number}");
            }
        }
    }
}

/// Where a line is cut is not where its pragma or a wrong byte is.
#[test]
fn what_is_kept_of_a_long_line_is_seen_by_nobody() {
    let converter = Converter::builder("s2tw").context(true).build().unwrap();
    let line = "发里后只".repeat(50_000);
    let pragma = "// jianfan:ignore-next-line\n";
    let kept = format!("{line}发\n{pragma}{line}\n{line} jianfan:off\n发");
    let whole = format!(
        "{}{pragma}{line}\n{}",
        converter.convert(&format!("{line}发\n")),
        converter.convert(&format!("{line} jianfan:off\n发"))
    );
    let pipeline = Pipeline::new(converter.clone());
    let keeping = Pipeline::new(converter.clone()).charset(Some(Charset::UTF_8));
    let keeping = keeping.on_invalid(OnInvalid::Keep);
    let invalid = [line.as_bytes(), b"\xFF", line.as_bytes(), b"\xFF\xFE\n", b"\xE5"].concat();
    let alone = converter.convert(&line);
    let invalid_whole =
        [alone.as_bytes(), b"\xFF", alone.as_bytes(), b"\xFF\xFE\n", b"\xE5"].concat();
    for most in [1 << 20, 70_000, 9_999] {
        assert!(streamed(&pipeline, kept.as_bytes(), most, 2) == whole.as_bytes(), "{most}");
        assert!(streamed(&keeping, &invalid, most, 2) == invalid_whole, "{most}");
    }
}

/// A writer that knows its longest write.
struct Longest<'a> {
    written: &'a mut Vec<u8>,
    longest: usize,
}

impl io::Write for Longest<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.longest = self.longest.max(bytes.len());
        self.written.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_offset_of_a_wrong_byte_counts_from_the_head_of_the_document() {
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
    let long = "头发\n".repeat(500_000);
    let line = "头发".repeat(500_000);
    for head in ["", "\u{FEFF}", "头发\n", "\u{FEFF}头发\n头", &long, &line] {
        for wrong in [&b"\xFF"[..], b"\xE5\xA4", b"\xE5\xA4\n", b"\xED\xA0\x80 tail"] {
            let bytes = [head.as_bytes(), wrong].concat();
            for number in [1, 2] {
                let input = Cursor::new(&bytes);
                let mut output = Vec::new();
                let error = pipeline.stream(input, &mut output, threads(number)).unwrap_err();
                assert_eq!(error.offset(), u64::try_from(head.len()).ok(), "{wrong:?}");
            }
        }
    }
}

#[test]
fn a_reader_or_writer_that_fails_ends_the_stream() {
    struct Fails;
    impl io::Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let pipeline = Pipeline::new(Converter::new("s2t").unwrap());
    let long = "头发\n".repeat(500_000);
    for number in [1, 2] {
        let error = pipeline.stream(long.as_bytes(), Fails, threads(number)).unwrap_err();
        assert_eq!(error.io_kind(), Some(io::ErrorKind::StorageFull));
        // An endless input too.
        let error = pipeline.stream(io::repeat(b'\n'), Fails, threads(number)).unwrap_err();
        assert_eq!(error.io_kind(), Some(io::ErrorKind::StorageFull));
    }
}

#[cfg(unix)]
#[test]
fn a_line_is_answered_before_the_next_one_comes() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    let mut child = Command::new(env!("CARGO_BIN_EXE_jianfan"))
        .args(["convert", "s2t"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for line in 0..300 {
        writeln!(stdin, "{line} 头发").unwrap();
        stdin.flush().unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        assert_eq!(answer, format!("{line} 頭髮\n"));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}
