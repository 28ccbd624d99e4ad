//! Documents that are not all prose: what is prose is converted, and every other byte stays.
//!
//! The laws hold for every format, and each file here calls them with texts of its own and of others. The documents of other
//! projects are fetched by `tests/support/suites.sh`; without them (`JIANFAN_SUITES`) those tests say so and do nothing.

mod addresses;
#[cfg(feature = "arrow")]
mod arrow;
mod charsets;
mod dom;
mod features;
mod html;
mod invalid;
mod json;
mod key_values;
mod latex;
mod laying;
mod markdown;
mod package;
mod po;
mod pragmas;
mod subtitles;
mod sought;
mod tables;
mod wikitext;
mod vocabularies;
mod xml;

use std::path::{Path, PathBuf};

use jianfan::Converter;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::Pipeline;

/// Returns the folder of a suite of documents that was fetched.
pub(crate) fn suite(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("JIANFAN_SUITES") else {
        println!("skipped: JIANFAN_SUITES is not set; tests/support/suites.sh fetches them");
        return None;
    };
    let folder = Path::new(&folder).join(name);
    assert!(folder.exists(), "{} was not fetched", folder.display());
    Some(folder)
}

/// Returns the format of this name with its ordinary options.
pub(crate) fn format(name: &str) -> Formats {
    Formats::named(name, Options::default()).unwrap()
}

/// Returns a document converted.
#[track_caller]
pub(crate) fn converted(config: &str, formats: &Formats, document: &str) -> String {
    let pipeline = Pipeline::new(Converter::new(config).unwrap()).formats(formats.clone());
    // Hostile documents are made of one thing many times, NULs too.
    let output = pipeline.allow_binary(true).run(document.as_bytes());
    String::from_utf8(output.unwrap_or_else(|error| panic!("{error}\n{document}"))).unwrap()
}

/// Holds that a document gives the same when it comes little by little, so that it is cut wherever it can be.
#[track_caller]
pub(crate) fn streams_as_whole(formats: &Formats, document: &str) {
    struct Dribble<'a>(&'a [u8], Random);
    impl std::io::Read for Dribble<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let len = (1 + self.1.below(9)).min(buffer.len());
            std::io::Read::read(&mut self.0, &mut buffer[..len])
        }
    }
    let pipeline = Pipeline::new(Converter::new("s2twp").unwrap()).formats(formats.clone());
    let whole = pipeline.run(document.as_bytes());
    for seed in 0..3 {
        let mut output = Vec::new();
        let input = Dribble(document.as_bytes(), Random::new(seed));
        let told = pipeline.stream(input, &mut output, std::num::NonZeroUsize::MIN);
        match &whole {
            Ok(whole) => assert_eq!(
                String::from_utf8_lossy(&output),
                String::from_utf8_lossy(whole),
                "{document:?}: {told:?}"
            ),
            Err(error) => assert_eq!(told.unwrap_err().to_string(), error.to_string()),
        }
    }
}

/// Holds a document to the laws: without Chinese nothing changes; the prose of the result is the converted prose; what is no prose is
/// the same as before; and a second conversion of the result's kind changes nothing.
#[track_caller]
pub(crate) fn keeps_the_laws(formats: &Formats, document: &str) {
    let foreign: String = document.chars().map(|c| if is_han(c) { 'x' } else { c }).collect();
    // Unless it is hidden in escapes.
    let (runs, _) = formats.runs(&foreign, None).unwrap();
    if !runs.texts(&foreign).concat().chars().any(is_han) {
        assert_eq!(converted("s2twp", formats, &foreign), foreign, "without Chinese");
    }
    for config in ["s2t", "s2twp", "tw2sp"] {
        let converter = Converter::new(config).unwrap();
        let result = converted(config, formats, document);
        let (before, _) = formats.runs(document, None).unwrap();
        let (after, _) = formats.runs(&result, None).unwrap();
        let expected: Vec<String> =
            before.texts(document).iter().map(|text| converter.convert(text)).collect();
        assert_eq!(after.texts(&result), expected, "{config}: {document}\n{result}");
        let between = |text: &str, ranges: Vec<Vec<std::ops::Range<usize>>>| {
            let mut pieces: Vec<_> = ranges.into_iter().flatten().collect();
            pieces.sort_by_key(|range| range.start);
            let (mut at, mut rest) = (0, String::new());
            for range in pieces {
                rest.push_str(&text[at..range.start]);
                at = range.end;
            }
            rest + &text[at..]
        };
        assert_eq!(
            between(&result, after.ranges()),
            between(document, before.ranges()),
            "{config}: what is no prose"
        );
    }
}

fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Numbers that look random and are the same each time.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Returns a number below `most`.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }
}

/// Sentences of both scripts with words whose length changes.
pub(crate) const SENTENCES: [&str; 8] = [
    "头发发白的皇后在里面，后面有三十只鸡。",
    "打开文件，移动鼠标，用闪存和打印机。",
    "软件里面的内存条与硬盘，网络上的数据库。",
    "他说：“出租车司机在计算机公司上班”，真的吗？",
    "這裡的軟體和網路，滑鼠與隨身碟的記憶體。",
    "干燥的饼干，干部在干活；面条和面子。",
    "2023年12月5日，第１２届会议结束后开始制造。",
    "范冰冰的范围：松树与放松，复杂的恢复。",
];

/// Puts marks from `inserts` between characters of a text at random places, and returns the document; the prose of it is the text,
/// if the marks are transparent.
pub(crate) fn sprinkled(
    random: &mut Random,
    text: &str,
    inserts: &[&str],
    one_in: usize,
) -> String {
    let mut document = String::new();
    for c in text.chars() {
        if random.below(one_in) == 0 {
            document.push_str(random.pick(inserts));
        }
        document.push(c);
    }
    document
}
