//! What a document is: charset, line ends, script, region.
//!
//! In: a reader. Out: a [`Detected`]. Charset and compression are found as for a conversion. Script is told by the characters that only
//! one of the two uses (發 and 发, but not 的); region by the character forms and words that OpenCC's dictionaries tell
//! apart, which is a hint and no more.

use std::io::Read;

use super::Broken;
use crate::charset::Charset;
use crate::convert::{Converter, Regions, Wording};
use crate::decode::Reading;
use crate::decode::reader::Decoder;
use crate::document::Compression;
use crate::error::Error;
use crate::memory::{Budget, Lease};
use crate::{han, han_bits as bit};

/// Characters of text whose words are looked at.
const WORDS_OF: usize = 200_000;

/// What a document is written in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Detected {
    /// The charset; `None` if there was nothing but ASCII.
    pub charset: Option<Charset>,
    /// How sure the charset is, up to 1.
    pub charset_confidence: f64,
    /// Whether it began with a byte order mark.
    pub has_mark: bool,
    /// How it was compressed.
    pub compression: Option<Compression>,
    /// How many lines end in LF, in CR LF, and in CR.
    pub line_ends: [u64; 3],
    /// The script.
    pub script: Script,
    /// The share of characters that bear the script out, among those that could.
    pub script_confidence: f64,
    /// Ideographs, those that only Simplified text has, and those that only Traditional text has.
    pub characters: [u64; 3],
    /// `tw`, `hk` or `cn`, if words and character forms point there clearly.
    pub region: Option<&'static str>,
    /// Hints to Taiwan, Hong Kong and the mainland.
    pub region_hints: [u64; 3],
}

/// The script of a text, by its ISO 15924 name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Script {
    /// Simplified Chinese.
    Hans,
    /// Traditional Chinese.
    Hant,
    /// Both.
    Mixed,
    /// Ideographs that both share, and none else.
    Hani,
    /// Hardly any ideographs, or Japanese.
    Other,
}

impl Script {
    /// Returns the name that `jianfan detect` prints.
    pub fn name(self) -> &'static str {
        match self {
            Script::Hans => "Hans",
            Script::Hant => "Hant",
            Script::Mixed => "mixed",
            Script::Hani => "Hani",
            Script::Other => "other",
        }
    }
}

/// Reads a document to its end and tells what it is.
///
/// # Errors
///
/// If it cannot be read, is not text, or its charset is not certain.
///
/// ```
/// use jianfan::pipeline::{Script, detect};
///
/// let detected = detect("頭髮和軟體\r\n".as_bytes(), None)?;
/// assert_eq!((detected.script, detected.line_ends), (Script::Hant, [0, 1, 0]));
/// # Ok::<(), jianfan::Error>(())
/// ```
pub fn detect(input: impl Read + Send, charset: Option<Charset>) -> Result<Detected, Error> {
    let budget = Budget::default();
    let lease = budget.lease_alone();
    detect_ends(input, charset, &lease).map_err(|broken| match broken {
        Broken::Document(error) => error,
        Broken::Read(error) | Broken::Write(error) => {
            Error::io("the input".as_ref(), "read", error)
        }
    })
}

/// Returns what a document is that begins with `head`, if that is not text: `tar archive`.
///
/// A few kilobytes are enough; more than that is not looked at.
///
/// ```
/// use jianfan::pipeline::binary_kind;
///
/// assert_eq!(binary_kind(b"\x7fELF\x02\x01\x01\0").as_deref(), Some("ELF file"));
/// assert_eq!(binary_kind("头发".as_bytes()), None);
/// ```
pub fn binary_kind(head: &[u8]) -> Option<String> {
    let budget = Budget::new(None);
    let refused =
        crate::decode::refuse_binary(head, Reading::default(), &budget.lease_alone()).err()?;
    refused.binary_kind().map(str::to_owned)
}

/// As [`detect`], for callers that know the name of the input.
pub(crate) fn detect_ends(
    input: impl Read + Send,
    charset: Option<Charset>,
    lease: &Lease<'_>,
) -> Result<Detected, Broken> {
    let reading = Reading { charset, ..Reading::default() };
    let mut decoder = Decoder::open(input, reading, lease).map_err(Broken::read)?;
    let mut count = Count::default();
    let mut words = String::new();
    let mut bytes = Vec::new();
    let mut offset = 0;
    loop {
        let held = bytes.len();
        bytes.resize(held + (1 << 18), 0);
        let read = loop {
            match decoder.read(&mut bytes[held..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result.map_err(Broken::read)?,
            }
        };
        bytes.truncate(held + read);
        let text = if read == 0 {
            crate::decode::utf8(&bytes, offset)
        } else {
            crate::decode::utf8_so_far(&bytes, offset)
        };
        let text = text.map_err(Broken::Document)?;
        count.add(text);
        if words.len() < WORDS_OF {
            words.push_str(text);
        }
        let len = text.len();
        bytes.drain(..len);
        offset += len as u64;
        if read == 0 {
            break;
        }
    }
    count.end();
    let (script, script_confidence) = count.script();
    let hints = count.hints(script, &words);
    let origin = decoder.origin();
    Ok(Detected {
        charset: origin.charset,
        charset_confidence: decoder.confidence(),
        has_mark: origin.mark,
        compression: decoder.compression(),
        line_ends: count.line_ends,
        script,
        script_confidence,
        characters: [count.han, count.simplified, count.traditional],
        region: region(script, hints),
        region_hints: [hints.taiwan, hints.hong_kong, hints.mainland],
    })
}

#[derive(Default)]
struct Count {
    line_ends: [u64; 3],
    after_cr: bool,
    han: u64,
    kana: u64,
    simplified: u64,
    traditional: u64,
    taiwan: u64,
    hong_kong: u64,
}

impl Count {
    fn add(&mut self, text: &str) {
        let [lf, crlf, cr] = &mut self.line_ends;
        for c in text.chars() {
            match c {
                '\n' if self.after_cr => *crlf += 1,
                '\n' => *lf += 1,
                _ if self.after_cr => *cr += 1,
                _ => {}
            }
            self.after_cr = c == '\r';
            if han::is_han(c) {
                self.han += 1;
                self.simplified += u64::from(han::is(c, bit::SIMPLIFIED));
                self.traditional += u64::from(han::is(c, bit::TRADITIONAL));
                self.taiwan += u64::from(han::is(c, bit::TAIWAN));
                self.hong_kong += u64::from(han::is(c, bit::HONG_KONG));
            } else {
                self.kana += u64::from(han::is_kana(c));
            }
        }
    }

    fn end(&mut self) {
        self.line_ends[2] += u64::from(self.after_cr);
    }

    fn script(&self) -> (Script, f64) {
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        if self.han == 0 || share(self.kana, self.kana + self.han) > 0.1 {
            return (Script::Other, 1.0);
        }
        let telling = self.simplified + self.traditional;
        if telling == 0 {
            return (Script::Hani, 0.0);
        }
        // Half a character more on each side: one character is no certainty.
        let certain = |part: u64| (part as f64 + 0.5) / (telling as f64 + 1.0);
        if share(self.simplified, telling) >= 0.9 {
            (Script::Hans, certain(self.simplified))
        } else if share(self.traditional, telling) >= 0.9 {
            (Script::Hant, certain(self.traditional))
        } else {
            (Script::Mixed, certain(self.simplified.min(self.traditional)) * 2.0)
        }
    }

    fn hints(&self, script: Script, words: &str) -> Regions {
        let wording = Wording::new();
        let mut hints = match script {
            // The dictionaries of words are Traditional.
            Script::Hans => Converter::new("s2t")
                .map_or_else(|_| Regions::default(), |s2t| wording.count(&s2t.convert(words))),
            Script::Hant | Script::Mixed => wording.count(words),
            Script::Hani | Script::Other => return Regions::default(),
        };
        if script == Script::Hant {
            hints.taiwan += self.taiwan;
            hints.hong_kong += self.hong_kong;
        }
        hints
    }
}

fn region(script: Script, hints: Regions) -> Option<&'static str> {
    let Regions { taiwan, hong_kong, mainland } = hints;
    // In Traditional text the words of the mainland are mostly those of Hong Kong too.
    let (hong_kong, mainland) = match script {
        Script::Hant if hong_kong > 0 => (hong_kong + mainland, 0),
        _ => (hong_kong, mainland),
    };
    let mut ranked = [(taiwan, "tw"), (hong_kong, "hk"), (mainland, "cn")];
    ranked.sort_by_key(|&(count, _)| std::cmp::Reverse(count));
    (ranked[0].0 >= 2 && ranked[0].0 >= 2 * ranked[1].0).then_some(ranked[0].1)
}
