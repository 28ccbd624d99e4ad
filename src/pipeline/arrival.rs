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

/// A small generator of pseudorandom numbers (xorshift64*).
struct Rng(u64);

impl Rng {
    fn new(seed: u64) -> Rng {
        Rng(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        let random = usize::try_from(self.next() >> 33).unwrap();
        random % end.max(1)
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

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

const WORDS: &[&str] = &[
    "头发", "后里只", "发", "一只", "干净", "鼠标", "皇后在后面", "頭髮", "裡", "軟體", "結束后", "佢系", "係咪",
    "了解", "吃了面", "“", "”", "‘", "’", "「", "」", "『", "』", "﹁", "﹂", "\"", "'", "他说：“", "”他说", "don’t",
    ",", ".", ";", "!", "?", "(", ")", "...", "。。。", "--", "——", "…", "！！！！", "•", "·", "，", "。", "　", " ",
    "\t", "|", "１２Ａ", "ｶﾞ", "⼀⽇", "\u{200B}", "\u{7}", "\u{FEFF}", "\0", "e\u{301}", "豈", "⿰氵每", "⿰", "⿱⿰发",
    "https://a.cn/头发", "`头发`", "a@b.cn", "$x$", "#话题#", "@张三", "1,000", "12:30", "a/b.txt", "&amp;", "<b>", "</b>",
    "范冰冰", "𠀀", "か", "カナ", "abc", "é", "\r", "==", "->", "[x](y)", "{x}", "%d", "\\ref{图}", "袅", "😀",
];
const LINES: &[&str] = &[
    "", "", " ", "```", "```rust", "~~~~", "$$", "---", "\\begin{verbatim}", "\\end{verbatim}", "# jianfan:off",
    "// jianfan:on", "<!-- jianfan:ignore-next-line -->", "# jianfan:on", "jianfan:off", "| 名称 | 值, 单位 |",
    "姓名,年龄,城市", "姓名\t年龄\t城市", "if (甲 == 乙) {", "“", "”", "「头发,", "里」", "‘发", "’", "“头发", "发”。",
    "他说：“头发,", "---\n标题: 发,发\n---", "“甲\n\n“乙”", "本‘\n’", "# jianfan:off\n发\n# jianfan:on",
];

fn words(rng: &mut Rng, most: usize) -> String {
    (0..rng.below(most + 1)).map(|_| rng.pick(WORDS)).collect()
}

fn line_end(rng: &mut Rng) -> &'static str {
    ["\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\r"][rng.below(8)]
}

fn plain(rng: &mut Rng) -> String {
    let mut text = String::new();
    let most = if rng.once_in(4) { 150 } else { 14 };
    for _ in 0..rng.below(most) {
        match rng.below(10) {
            0..4 => text.push_str(rng.pick(LINES)),
            4 if rng.once_in(6) => {
                let word = words(rng, 4);
                text.push_str(&word.repeat(rng.below(600)));
            }
            5 if rng.once_in(6) => {
                for _ in 0..rng.below(70) {
                    text.push_str(["发\n", "\n", "“发\n", "里,后\n"][rng.below(4)]);
                }
            }
            _ => text.push_str(&words(rng, 8)),
        }
        text.push_str(line_end(rng));
    }
    if rng.once_in(2) {
        text.push_str(&words(rng, 5));
    }
    text
}

/// What documents of the formats are put together from.
const FORMATS: &[(&str, &[&str])] = &[
    ("csv", &["甲,乙,丙\n", ",", "\n", "\"", "\"\"", "发", "\"发,\n“里”\"", ";", "sep=;\n", "# jianfan:off\n", "# jianfan:on\n", "# jianfan:ignore-next-line\n", "\r\n", "\r", "“", "”"]),
    ("tsv", &["甲\t乙\n", "\t", "\n", "\"", "发", "“", "”\t里", "\"发\n里\"", "# jianfan:off\n", "# jianfan:on\n"]),
    ("jsonl", &["{\"a\":\"头发,“里”\"}", "\n", "[\"\\u53d1\",1]", "{", "}", "\"", "发", "\r\n", "“", "{\"发\":\"‘发\"}\n"]),
    ("jsonc", &["{\"a\":\"头发\",", "// jianfan:off\n", "// jianfan:on\n", "\"b\":[\"发\"]", "}", "/*发*/", "\n"]),
    ("json", &["{\"a\":\"头发,\\n“里”\",", "\"b\":[\"发\"]", "}", "\n", "[", "]"]),
    ("srt", &["1\n00:00:01,000 --> 00:00:02,000\n", "“头发,\n", "里”\n", "\n", "<i>发</i>", "{\\an8}", "2\n", "\r\n", "发\r"]),
    ("vtt", &["WEBVTT\n\n", "00:01.000 --> 00:02.000\n", "“头发,\n", "里”\n", "\n", "NOTE jianfan:off\n\n", "NOTE jianfan:on\n\n", "NOTE jianfan:ignore-next-line\n\n", "<v 张>发", "STYLE\n", "\r\n", "\r"]),
    ("ass", &["[Script Info]\n", "[Events]\n", "Format: Layer, Text\n", "Dialogue: 0,发,“里\\N”", "Dialogue: 0,0:0,0:0,D,,0,0,0,,发", "; jianfan:off\n", "; jianfan:on\n", "; jianfan:ignore-next-line\n", "\n", "\r", "\r\n", "{\\p1}m"]),
    ("lrc", &["[00:01.00]头发", "[ti:发]", "\n", "“", "”", "里", "<00:02.00>", "\r", "\r\n"]),
    ("po", &["msgid \"头发\"\n", "msgstr \"发“里”\"\n", "\"里\"\n", "\n", "# jianfan:off\n", "# jianfan:on\n", "# jianfan:ignore-next-line\n"]),
    ("properties", &["a=头发\n", "b : 里\\\n", "  发\n", "# jianfan:off\n", "# jianfan:on\n", "! jianfan:ignore-next-line\n", "\n", "“", "\\u53d1"]),
    ("strings", &["\"a\" = \"头发\";\n", "/* jianfan:off */", "/* jianfan:on */", "// 发\n", "\n"]),
    ("html", &["<p>头发,", "</p>", "<a title=\"里\">", "</a>", "<!-- jianfan:off -->", "<!-- jianfan:on -->", "<pre>发</pre>", "“", "”", "\n", "&amp;", "<script>发</script>", "发"]),
    ("xml", &["<a>", "<b>头发,", "</b>", "</a>", "<!-- jianfan:off -->", "<!-- jianfan:on -->", "“里", "”\n"]),
    ("markdown", &["# 头发\n", "“里,\n", "发”\n", "\n", "```\n", "- 发\n", "[发](里)", "<!-- jianfan:off -->\n", "<!-- jianfan:on -->\n", "> 里\n", "**发**里"]),
    ("latex", &["\\section{头发}\n", "“里,\n", "发”\n", "% jianfan:off\n", "% jianfan:on\n", "$x$", "\\begin{verbatim}\n", "\\end{verbatim}\n", "发\n"]),
    ("wikitext", &["== 头发 ==\n", "“里,\n", "发”\n", "[[发|里]]", "{{发|里}}", "<!-- jianfan:off -->", "<!-- jianfan:on -->", "-{发}-", "\n"]),
];

fn formatted(rng: &mut Rng, parts: &[&str]) -> String {
    let mut text = String::new();
    if rng.once_in(2) {
        text.push_str(parts[0]);
    }
    let most = if rng.once_in(4) { 400 } else { 40 };
    for _ in 0..rng.below(most) {
        match rng.below(8) {
            0 => text.push_str(&words(rng, 3)),
            1 => text.push('\n'),
            _ => text.push_str(rng.pick(parts)),
        }
    }
    text
}

/// How texts are converted.
#[derive(Debug, Clone)]
struct Setting {
    config: usize,
    passes: String,
    protection: usize,
    format: Option<&'static str>,
    on_invalid: OnInvalid,
    charset: Option<Charset>,
    named: bool,
    output: Option<Charset>,
    line: usize,
}

const CONFIGS: &[&str] = &["none", "s2t", "s2twp", "t2s", "tw2sp", "s2hk context", "s2tw context", "s2hk cantonese"];
const PASSES: &[&str] = &[
    "", "", "cn", "tw", "hk", "clean", "corpus", "quotes=cn", "quotes=tw", "quotes=tw,ascii-quotes", "cn,spaces,spacing=add",
    "tw,spacing=remove,repeat=2", "control=form-feed,zero-width,nfc,compat", "characters=tw,quotes=tw", "characters=t,clean",
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
            on_invalid,
            charset: None,
            named: true,
            output: None,
            line: if rng.once_in(3) { Sizes::DEFAULT.line } else { 260 + rng.below(600) },
        }
    }

    fn pipeline(&self, converters: &[Option<Converter>], sizes: Sizes, is_line_buffered: bool) -> Pipeline {
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
        if let Some(format) = self.format {
            pipeline = pipeline.formats(Formats::named(format, Options::default()).unwrap());
        }
        pipeline
            .on_invalid(self.on_invalid)
            .charset(self.charset.filter(|_| self.named))
            .output_charset(self.output)
            .keep_changes(true)
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
                    "{} changed, {:?} mark {} {}, omitted {} {}",
                    summary.is_changed && is_same,
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

    fn outcome(&self, setting: &Setting, converters: &[Option<Converter>], bytes: &[u8]) -> Outcome {
        let pipeline = setting.pipeline(converters, self.sizes, self.is_line_buffered);
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
        let result = pipeline.stream_ends(input, &mut output, None, threads, Packing::As(None));
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
        (
            reference.outcome(self.setting, self.converters, bytes),
            self.arrival.outcome(self.setting, self.converters, bytes),
        )
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

/// Compares each text, however it arrives, with the whole.
fn compare(name: &str, make: impl Fn(&mut Rng) -> (Setting, Vec<u8>) + Sync) {
    let texts = number("JIANFAN_ARRIVAL_TEXTS", 400);
    let seed = number("JIANFAN_ARRIVAL_SEED", 1) as u64;
    let most_reports = number("JIANFAN_ARRIVAL_REPORTS", 1);
    let converters = converters();
    let mut report = String::new();
    let mut reports = 0;
    for text in 0..texts {
        let mut rng = Rng::new(seed << 32 | text as u64);
        let (setting, bytes) = make(&mut rng);
        for _ in 0..5 {
            let arrival = Arrival::random(&mut rng, setting.line);
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

fn with_invalid(rng: &mut Rng, text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    for _ in 0..rng.below(4) {
        let at = rng.below(bytes.len() + 1);
        let wrong: [&[u8]; 5] = [b"\xFF", b"\xE5\xA4", b"\xE2\x80", b"\x99", b"\xED\xA0\x80"];
        bytes.splice(at..at, rng.pick(&wrong).iter().copied());
    }
    bytes
}

#[test]
fn plain_text_is_the_same_however_it_arrives() {
    compare("plain", |rng| {
        let setting = Setting { format: None, ..Setting::random(rng) };
        let text = plain(rng);
        (setting, text.into_bytes())
    });
}

#[test]
fn damaged_text_is_the_same_however_it_arrives() {
    compare("damaged", |rng| {
        let setting = Setting {
            format: None,
            charset: Some(Charset::UTF_8),
            ..Setting::random(rng)
        };
        let text = plain(rng);
        (setting, with_invalid(rng, text))
    });
}

#[test]
fn a_document_in_a_format_is_the_same_however_it_arrives() {
    compare("formatted", |rng| {
        let (format, parts) = FORMATS[rng.below(FORMATS.len())];
        let setting = Setting { format: Some(format), charset: Some(Charset::UTF_8), ..Setting::random(rng) };
        let text = formatted(rng, parts);
        let bytes = if rng.once_in(4) { with_invalid(rng, text) } else { text.into_bytes() };
        (setting, bytes)
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
    compare("charset", |rng| {
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
