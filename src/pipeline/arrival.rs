//! The outcome does not depend on how the input arrives: as a whole, or in any pieces, for any number of threads.
//!
//! Texts, settings and cuts are generated from a seed. Blocks are made so short that each text goes through dozens of
//! them. A plain `cargo test` compares a few hundred texts; the full comparison is
//!
//! ```text
//! JIANFAN_ARRIVAL_TEXTS=3000 cargo test --lib arrival -- --nocapture
//! ```
//!
//! `JIANFAN_ARRIVAL_SEED` generates other texts. `tests/arrival.rs` does the same with the command, files and pipes.

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::num::NonZeroUsize;

use super::{Change, Fault, OnInvalid, Packing, Passes, Pipeline, Protection, Sizes};
use crate::charset::Charset;
use crate::convert::Converter;
use crate::document::Compression;
use crate::encode::compression::Packer;
use crate::error::Error;
use crate::format::{Formats, Options};

#[path = "../../tests/support/arrival.rs"]
mod texts;

use texts::{FORMATS, Rng, formatted, plain, with_invalid};

/// A reader that returns pieces of random length, and is interrupted now and then.
struct Pieces<'a> {
    rest: &'a [u8],
    rng: Rng,
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rng.once_in(20) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let most = self.most.min(buffer.len()).min(self.rest.len());
        let len = if most == 0 { 0 } else { 1 + self.rng.below(most) };
        buffer[..len].copy_from_slice(&self.rest[..len]);
        self.rest = &self.rest[len..];
        Ok(len)
    }
}

/// How texts are converted.
#[derive(Debug, Clone)]
struct Setting {
    config: usize,
    passes: String,
    protection: usize,
    format: Option<&'static str>,
    /// The format is found out.
    is_auto: bool,
    on_invalid: OnInvalid,
    charset: Option<Charset>,
    named: bool,
    output: Option<Charset>,
    line: usize,
}

const CONFIGS: &[&str] =
    &["none", "s2t", "s2twp", "t2s", "tw2sp", "s2hk context", "s2tw context", "s2hk cantonese"];
const PASSES: &[&str] = &[
    "",
    "",
    "cn",
    "tw",
    "hk",
    "clean",
    "corpus",
    "quotes=cn",
    "quotes=tw",
    "quotes=tw,ascii-quotes",
    "cn,spaces,spacing=add",
    "tw,spacing=remove,repeat=2",
    "control=form-feed,zero-width,nfc,compat",
    "characters=tw,quotes=tw",
    "characters=t,clean",
    "width,width-symbols,radicals,interpunct,ellipsis,dash,punct,ascii-quotes,quotes=hk",
];

impl Setting {
    fn random(rng: &mut Rng) -> Setting {
        let format = rng.once_in(3).then(|| FORMATS[rng.below(FORMATS.len())].0);
        let on_invalid = [OnInvalid::Error, OnInvalid::Keep, OnInvalid::Replace][rng.below(3)];
        Setting {
            config: rng.below(CONFIGS.len()),
            passes: rng.pick(PASSES).to_owned(),
            protection: rng.below(6),
            format,
            is_auto: false,
            on_invalid,
            charset: None,
            named: true,
            output: None,
            line: if rng.once_in(3) { Sizes::DEFAULT.line } else { 260 + rng.below(600) },
        }
    }

    fn pipeline(
        &self,
        converters: &[Option<Converter>],
        sizes: Sizes,
        is_line_buffered: bool,
        is_counting: bool,
    ) -> Pipeline {
        let pipeline = match &converters[self.config] {
            None => Pipeline::without_conversion(),
            Some(converter) => Pipeline::new(converter.clone()),
        };
        let mut pipeline = Pipeline { sizes, ..pipeline };
        if !self.passes.is_empty() {
            pipeline = pipeline.normalize(self.passes.parse::<Passes>().unwrap());
        }
        let protection = match self.protection {
            0 => Some(Protection::common()),
            1 => Some(Protection::none().keep(["范冰冰", "头发", "里,后"]).unwrap()),
            2 => Some(Protection::common().pattern("[发里].后?").unwrap()),
            _ => None,
        };
        if let Some(protection) = protection {
            pipeline = pipeline.protect(protection);
        }
        if self.is_auto {
            pipeline = pipeline.formats(Formats::auto(Options::default()).unwrap());
        } else if let Some(format) = self.format {
            pipeline = pipeline.formats(Formats::named(format, Options::default()).unwrap());
        }
        pipeline
            .on_invalid(self.on_invalid)
            .charset(self.charset.filter(|_| self.named))
            .output_charset(self.output)
            .keep_changes(true)
            .count_characters(is_counting)
            .line_buffered(is_line_buffered)
    }
}

/// All that a user learns of a conversion.
#[derive(Debug, PartialEq)]
enum Outcome {
    Done { output: Vec<u8>, changes: Vec<Change>, faults: Vec<Fault>, rest: String },
    Failed(String),
}

impl Outcome {
    fn new(result: Result<(Vec<u8>, super::Summary), Error>, setting: &Setting) -> Outcome {
        // What is written in another charset counts as changed where nobody has compared the bytes.
        let is_same = setting.output.is_none();
        match result {
            Ok((output, summary)) => Outcome::Done {
                output,
                changes: summary.changes,
                faults: summary.faults,
                rest: format!(
                    "{} changed, {} characters, {:?} mark {} {}, omitted {} {}",
                    summary.is_changed && is_same,
                    summary.characters_changed,
                    summary.charset.map(Charset::name),
                    summary.has_mark,
                    summary.format,
                    summary.changes_omitted,
                    summary.faults_omitted
                ),
            },
            Err(error) => Outcome::Failed(format!("{error} at {:?}", error.offset())),
        }
    }

    fn difference(&self, other: &Outcome) -> String {
        match (self, other) {
            (
                Outcome::Done { output: a, changes: b, faults: c, rest: d },
                Outcome::Done { output: e, changes: f, faults: g, rest: h },
            ) => {
                if a != e {
                    let text = String::from_utf8_lossy;
                    format!("output\n  {:?}\n  {:?}", text(a), text(e))
                } else if b != f {
                    let at = b.iter().zip(f).take_while(|(a, b)| a == b).count();
                    format!("changes\n  {:?}\n  {:?}", b.get(at), f.get(at))
                } else {
                    format!("{c:?} {d}\n{g:?} {h}")
                }
            }
            _ => format!("{self:?}\n  {other:?}"),
        }
    }
}

/// How a text arrives.
#[derive(Debug, Clone)]
struct Arrival {
    /// `None`: as a whole.
    most: Option<usize>,
    seed: u64,
    sizes: Sizes,
    threads: usize,
    is_line_buffered: bool,
    compression: Option<Compression>,
}

impl Arrival {
    fn random(rng: &mut Rng, line: usize) -> Arrival {
        let most = [1, 2, 3, 7, 20, 100, 1000, 100_000][rng.below(8)];
        let block = [1, 3, 16, 64, 300, 4096, Sizes::DEFAULT.block][rng.below(7)];
        let alone = [0, 0, 100, 1 << 20][rng.below(4)];
        let part = [1, 50, 1000, Sizes::DEFAULT.part][rng.below(4)];
        let gz = [Compression::Gzip, Compression::Zstd, Compression::Xz];
        Arrival {
            most: (!rng.once_in(5)).then_some(most),
            seed: rng.next(),
            sizes: Sizes { block, line, part, alone },
            threads: [1, 2, 5][rng.below(3)],
            is_line_buffered: rng.once_in(4),
            compression: rng.once_in(12).then(|| gz[rng.below(3)]),
        }
    }

    fn outcome(
        &self,
        setting: &Setting,
        converters: &[Option<Converter>],
        bytes: &[u8],
        is_counting: bool,
    ) -> Outcome {
        let pipeline = setting.pipeline(converters, self.sizes, self.is_line_buffered, is_counting);
        let Some(most) = self.most else { return Outcome::new(pipeline.whole(bytes), setting) };
        let packed = self.compression.map(|compression| {
            let mut packer = Packer::new(Vec::new(), Some(compression)).unwrap();
            packer.write_all(bytes).unwrap();
            packer.finish().unwrap()
        });
        let bytes = packed.as_deref().unwrap_or(bytes);
        let input = Pieces { rest: bytes, rng: Rng::new(self.seed), most };
        let mut output = Vec::new();
        let threads = NonZeroUsize::new(self.threads).unwrap();
        let budget = pipeline.budget();
        let lease = budget.lease_alone();
        let packing = Packing::As(None);
        let result = pipeline.stream_ends(input, &mut output, None, threads, packing, &lease);
        let result = result.map_err(|broken| match broken {
            super::Broken::Document(error) => error,
            broken => panic!("{broken:?}"),
        });
        Outcome::new(result.map(|summary| (output, summary)), setting)
    }
}

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().map_or(usual, |value| value.parse().unwrap())
}

fn converters() -> Vec<Option<Converter>> {
    CONFIGS
        .iter()
        .map(|config| {
            let (name, option) = config.split_once(' ').unwrap_or((config, ""));
            (name != "none").then(|| {
                let builder = Converter::builder(name).context(!option.is_empty());
                builder.cantonese(option == "cantonese").build().unwrap()
            })
        })
        .collect()
}

struct Case<'a> {
    setting: &'a Setting,
    arrival: &'a Arrival,
    converters: &'a [Option<Converter>],
}

impl Case<'_> {
    fn both(&self, bytes: &[u8]) -> (Outcome, Outcome) {
        let sizes = Sizes { line: self.setting.line, ..Sizes::DEFAULT };
        let reference = Arrival { most: None, sizes, ..self.arrival.clone() };
        // Characters are counted line by line, or by the parts of a line that is cut.
        let longest = bytes.split(|&byte| byte == b'\n').map(<[u8]>::len).max().unwrap_or(0);
        let is_counting = longest < self.arrival.sizes.block.min(self.setting.line);
        let of =
            |arrival: &Arrival| arrival.outcome(self.setting, self.converters, bytes, is_counting);
        (of(&reference), of(self.arrival))
    }

    /// Takes away what a failure does not need.
    fn shrunk(&self, bytes: &[u8]) -> Vec<u8> {
        let fails = |bytes: &[u8]| {
            let (a, b) = self.both(bytes);
            a != b
        };
        let mut bytes = bytes.to_vec();
        let mut len = bytes.len() / 2;
        while len > 0 {
            let mut at = 0;
            while at < bytes.len() {
                let mut fewer = bytes.clone();
                fewer.drain(at..(at + len).min(bytes.len()));
                if fails(&fewer) {
                    bytes = fewer;
                } else {
                    at += len;
                }
            }
            len /= 2;
        }
        bytes
    }
}

/// Compares each text, however it arrives, with the whole; of fewer texts where they are long.
fn compare(name: &str, share: usize, make: impl Fn(&mut Rng) -> (Setting, Vec<u8>) + Sync) {
    let texts = number("JIANFAN_ARRIVAL_TEXTS", 400) / share;
    let seed = number("JIANFAN_ARRIVAL_SEED", 1) as u64;
    let most_reports = number("JIANFAN_ARRIVAL_REPORTS", 1);
    let converters = converters();
    let mut report = String::new();
    let mut reports = 0;
    for text in 0..texts {
        let mut rng = Rng::new(seed << 32 | text as u64);
        let (setting, bytes) = make(&mut rng);
        for _ in 0..5 {
            let mut arrival = Arrival::random(&mut rng, setting.line);
            if bytes.len() > 20_000 {
                arrival.most = arrival.most.map(|most| most.max(100));
            }
            let case = Case { setting: &setting, arrival: &arrival, converters: &converters };
            let (whole, other) = case.both(&bytes);
            if whole == other {
                continue;
            }
            let shrunk = case.shrunk(&bytes);
            let (whole, other) = case.both(&shrunk);
            writeln!(
                report,
                "{name} {text}: {:?}\n  {setting:?}\n  {arrival:?}\n  {}\n",
                String::from_utf8_lossy(&shrunk),
                whole.difference(&other)
            )
            .unwrap();
            reports += 1;
            break;
        }
        if reports >= most_reports {
            break;
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn plain_text_is_the_same_however_it_arrives() {
    compare("plain", 1, |rng| {
        let setting = Setting { format: None, ..Setting::random(rng) };
        let text = plain(rng);
        (setting, text.into_bytes())
    });
}

#[test]
fn damaged_text_is_the_same_however_it_arrives() {
    compare("damaged", 1, |rng| {
        let setting =
            Setting { format: None, charset: Some(Charset::UTF_8), ..Setting::random(rng) };
        let text = plain(rng);
        (setting, with_invalid(rng, text))
    });
}

#[test]
fn a_document_in_a_format_is_the_same_however_it_arrives() {
    compare("formatted", 1, |rng| {
        let (format, parts) = FORMATS[rng.below(FORMATS.len())];
        let setting =
            Setting { format: Some(format), charset: Some(Charset::UTF_8), ..Setting::random(rng) };
        let text = formatted(rng, parts);
        let bytes = if rng.once_in(4) { with_invalid(rng, text) } else { text.into_bytes() };
        (setting, bytes)
    });
}

#[test]
fn a_document_whose_format_is_found_out_is_the_same_however_it_arrives() {
    compare("auto", 4, |rng| {
        let setting = Setting { is_auto: true, ..Setting::random(rng) };
        let (_, parts) = FORMATS[rng.below(FORMATS.len())];
        let text = if setting.format.is_none() { plain(rng) } else { formatted(rng, parts) };
        // What is told apart only by its head may be preceded by a long one.
        let head = match rng.below(12) {
            0 => " ".repeat(rng.below(70_000)),
            1 => format!("<!--{}-->", "a".repeat(rng.below(70_000))),
            2 => format!("{{\"a\":\"{}\"}}\n", "发".repeat(rng.below(40_000))),
            _ => String::new(),
        };
        (setting, (head + &text).into_bytes())
    });
}

/// Encodes a text without what the charset lacks.
fn encoded(text: &str, charset: Charset, has_mark: bool) -> Vec<u8> {
    let mut bytes = if has_mark { charset.mark().to_vec() } else { Vec::new() };
    for c in text.chars() {
        if charset.is_utf_16() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let is_little = charset == Charset::UTF_16LE;
                bytes.extend(if is_little { unit.to_le_bytes() } else { unit.to_be_bytes() });
            }
            continue;
        }
        let mut text = [0; 4];
        let (code, _, is_lossy) = charset.encoding().encode(c.encode_utf8(&mut text));
        if !is_lossy {
            bytes.extend_from_slice(&code);
        }
    }
    bytes
}

#[test]
fn a_document_in_another_charset_is_the_same_however_it_arrives() {
    compare("charset", 2, |rng| {
        let charsets = [
            Charset::UTF_8,
            Charset::GBK,
            Charset::GB18030,
            Charset::BIG5,
            Charset::UTF_16LE,
            Charset::UTF_16BE,
            Charset::SHIFT_JIS,
            Charset::EUC_JP,
        ];
        let charset = charsets[rng.below(charsets.len())];
        let has_mark = !charset.mark().is_empty() && rng.once_in(2);
        let output = [None, Some(Charset::UTF_8), Some(Charset::UTF_16LE), Some(Charset::GB18030)];
        let mut setting = Setting {
            charset: Some(charset),
            named: !has_mark || rng.once_in(2),
            output: output[rng.below(output.len())],
            ..Setting::random(rng)
        };
        let text = match setting.format {
            None => plain(rng),
            Some(name) => formatted(rng, FORMATS.iter().find(|format| format.0 == name).unwrap().1),
        };
        // What is not text is an error of its own, which comes before or after that of the text.
        let mut bytes = encoded(&text, charset, has_mark);
        if rng.once_in(5) {
            let at = rng.below(bytes.len() + 1);
            let wrong = b"\xFF\x80\x81"[rng.below(3)];
            bytes.insert(at, wrong);
        } else {
            setting.on_invalid = OnInvalid::Error;
        }
        (setting, bytes)
    });
}
