//! Stage 4, prose to prose: OpenCC's words.
//!
//! In: text in one written standard. Out: the text in another, as OpenCC 1.4.2 would give it, byte for byte. The naive way
//! is OpenCC's own: load the dictionaries a config names, cut the text into segments, send every segment through every
//! step. Ours compiles a config once, into a table that one pass over the text can use:
//!
//! ```text
//! registry   which configs there are          ids      description sequences, copied whole
//! config     OpenCC's JSON → plan      ╮
//! source     a user's files → plan     ├→ compile → image → program → text
//! builtin    what the binary carries   ╯
//! ```
//!
//! ```
//! let converter = jianfan::Converter::new("s2twp")?;
//! assert_eq!(converter.convert("这个软件里面的头发"), "這個軟體裡面的頭髮");
//! # Ok::<(), jianfan::Error>(())
//! ```

mod registry;
mod inspect;
pub(crate) mod config;
mod source;
mod builtin;
pub(crate) mod compile;
pub(crate) mod program;
mod aligning;
pub(crate) mod ids;
mod wording;
#[cfg(feature = "opencc")]
mod libopencc;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::alignment::{Alignment, Replaced};
use crate::context::{self, Context, Spelling, Weighed};
use crate::dictionary::double_array::Effort;
use crate::dictionary::lexicon::Lexicon;
use crate::dictionary::output::Output;
#[cfg(test)]
use crate::dictionary::replace::Note;
use crate::dictionary::replace::Notes;
use crate::error::Error;
use compile::Open;
use program::Program;

pub use inspect::{Ambiguities, Decision, Inspector, Piece, Segment, Trace};
#[cfg(feature = "opencc")]
pub use libopencc::LibOpencc;
pub use registry::{ConfigInfo, configs};
pub(crate) use wording::{Regions, Wording};

/// A config, ready to convert text.
///
/// Cloning is cheap, and one converter may be used by any number of threads at once; there is no lock.
///
/// ```
/// use jianfan::Converter;
///
/// let converter = Converter::new("t2s")?;
/// assert_eq!(converter.convert("漢字轉換"), "汉字转换");
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Clone)]
pub struct Converter {
    name: Arc<str>,
    image: Image,
    context: Option<Context>,
    files: Arc<[PathBuf]>,
}

/// A compiled config, in the binary or made at run time.
#[derive(Clone)]
enum Image {
    Embedded(&'static [u64]),
    Compiled(Arc<[u64]>),
}

impl Converter {
    /// Opens a built-in config by its name; [`configs`] lists them.
    ///
    /// # Errors
    ///
    /// If there is no such config; the message names the nearest ones.
    ///
    /// ```
    /// assert!(jianfan::Converter::new("s2hk").is_ok());
    /// assert_eq!(
    ///     jianfan::Converter::new("s2twpp").unwrap_err().to_string(),
    ///     "unknown config 's2twpp'; did you mean 's2twp'"
    /// );
    /// ```
    pub fn new(name: &str) -> Result<Converter, Error> {
        Converter::builder(name).build()
    }

    /// Opens an OpenCC config file; see [`Builder::build`] for where its dictionaries are looked for.
    ///
    /// # Errors
    ///
    /// If the file or a dictionary it names cannot be read or is not well formed.
    pub fn from_config_file(path: impl AsRef<Path>) -> Result<Converter, Error> {
        Converter::builder_from_file(path).build()
    }

    /// Starts from a built-in config, to add dictionaries or options to it.
    pub fn builder(name: &str) -> Builder {
        Builder::start(Source::Name(name.to_owned()))
    }

    /// Starts from an OpenCC config file, to add dictionaries or options to it.
    pub fn builder_from_file(path: impl AsRef<Path>) -> Builder {
        Builder::start(Source::File(path.as_ref().to_owned()))
    }

    /// Returns the name of the built-in config, or the path of the config file.
    ///
    /// ```
    /// assert_eq!(jianfan::Converter::new("s2tw")?.name(), "s2tw");
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the files that the converter was made from: a config file, the dictionaries it names, and those that were
    /// [added](Builder::dictionary_file). A built-in config has none.
    ///
    /// They are what a program that writes files should not write to.
    ///
    /// ```
    /// let directory = tempfile::tempdir()?;
    /// let words = directory.path().join("words.txt");
    /// std::fs::write(&words, "量子比特\t量子位元\n")?;
    /// let converter = jianfan::Converter::builder("s2twp").dictionary_file(&words).build()?;
    /// assert_eq!(converter.files(), [words]);
    /// assert!(jianfan::Converter::new("s2twp")?.files().is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Returns the converted text.
    ///
    /// ```
    /// let converter = jianfan::Converter::new("s2t")?;
    /// assert_eq!(converter.convert("理发\r\n"), "理髮\r\n");
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn convert(&self, text: &str) -> String {
        let mut output = String::new();
        self.convert_into(text, &mut output);
        output
    }

    /// Appends the converted text to `output`, whose room is used again and again when it is kept.
    ///
    /// ```
    /// let converter = jianfan::Converter::new("s2t")?;
    /// let mut output = String::from("> ");
    /// converter.convert_into("头发", &mut output);
    /// assert_eq!(output, "> 頭髮");
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn convert_into(&self, text: &str, output: &mut String) {
        // Checking that bytes are a string costs next to nothing while they are in the cache (simdutf8), and a third of
        // the whole time when the standard library does it over the finished text.
        output.reserve(text.len() + text.len() / 16);
        self.each_chunk(text, 0..text.len(), |converted| {
            let converted = simdutf8::basic::from_utf8(converted);
            output.push_str(converted.expect("keys and values are strings"));
        });
    }

    fn each_chunk(&self, text: &str, part: Range<usize>, mut take: impl FnMut(&[u8])) {
        let program = self.program();
        let mut chunk = Output::with_room(part.len().min(CHUNK));
        let (mut notes, mut at) = (Notes::default(), part.start);
        while at < part.end {
            let end = at + cut(&text.as_bytes()[at..part.end], CHUNK);
            match &self.context {
                None => program.convert_into(&text.as_bytes()[at..end], &mut chunk),
                Some(context) => {
                    let (seen, from) = self.seen(text, at..end);
                    program.convert_noting::<false>(
                        &seen[..from + end - at],
                        from,
                        &mut chunk,
                        &mut notes,
                    );
                    context.decide(seen, chunk.written_mut(), notes.as_slice());
                }
            }
            take(chunk.written());
            at = end;
        }
    }

    /// Returns a part of a text with what has to be seen on either side of it, and where in that it begins.
    fn seen<'a>(&self, text: &'a str, part: Range<usize>) -> (&'a [u8], usize) {
        let start = boundary(text, part.start.saturating_sub(self.reach()));
        // A character more, as it may lie across the end of what is to be seen.
        let end = boundary(text, part.end + self.reach() + 3);
        (&text.as_bytes()[start..end], part.start - start)
    }

    /// Returns how many bytes are looked at on either side of a place. A part of a text is converted as with the whole if they are
    /// there, or the beginning or end of a line.
    pub(crate) fn reach(&self) -> usize {
        self.context.as_ref().map_or(0, Context::reach)
    }

    /// Returns the converted text, and how it lies against `text`: which words became longer or shorter, and where.
    ///
    /// Of a config of the user's own that has to run step by step (with description operators in its dictionaries), a line
    /// whose number of characters changes is one replaced part.
    ///
    /// ```
    /// let converter = jianfan::Converter::new("s2twp")?;
    /// let (text, alignment) = converter.convert_aligned("内存和硬盘");
    /// assert_eq!(text, "記憶體和硬碟");
    /// assert_eq!((alignment.replaced()[0].source.clone(), alignment.replaced()[0].result.clone()), (0..6, 0..9));
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn convert_aligned(&self, text: &str) -> (String, Alignment) {
        let (mut output, mut replaced) = (Vec::new(), Vec::new());
        self.append_aligned(text, &mut output, &mut replaced);
        let alignment = Alignment::new(replaced, text.len(), output.len());
        (String::from_utf8(output).expect("keys and values are strings"), alignment)
    }

    /// Appends the converted text as UTF-8, and what was replaced by something of another length, with places in `text` and in what
    /// was appended.
    pub(crate) fn append_aligned(
        &self,
        text: &str,
        output: &mut Vec<u8>,
        replaced: &mut Vec<Replaced>,
    ) {
        let program = self.program();
        let mut chunk = Output::with_room(text.len().min(CHUNK));
        let (mut notes, mut parts) = (Notes::default(), Vec::new());
        let (mut at, mut place) = (0, 0);
        while at < text.len() {
            let head = &text.as_bytes()[at..];
            let head = &head[..cut(head, CHUNK)];
            let wanted = self.context.is_some().then_some(&mut notes);
            program.convert_aligning(head, &mut chunk, wanted, &mut parts);
            if let Some(context) = &self.context {
                context.decide(head, chunk.written_mut(), notes.as_slice());
            }
            replaced.extend(parts.iter().map(|part| part.moved(at, place)));
            output.extend_from_slice(chunk.written());
            at += head.len();
            place += chunk.written().len();
        }
    }

    /// Returns what the context layer says of each character that it may decide, with places in the whole text and output.
    fn weigh(&self, text: &str) -> Vec<Weighed> {
        let mut weighed = Vec::new();
        let Some(context) = &self.context else { return weighed };
        let program = self.program();
        let mut chunk = Output::with_room(text.len().min(CHUNK));
        let (mut notes, mut at, mut place) = (Notes::default(), 0, 0);
        while at < text.len() {
            let head = &text.as_bytes()[at..];
            let head = &head[..cut(head, CHUNK)];
            program.convert_noting::<true>(head, 0, &mut chunk, &mut notes);
            let found = context.weigh(head, chunk.written(), notes.as_slice());
            weighed.extend(found.into_iter().map(|found| Weighed {
                at: at + found.at,
                place: place + found.place,
                ..found
            }));
            at += head.len();
            place += chunk.written().len();
        }
        weighed
    }

    /// Appends the conversion of a part of a text as UTF-8, for callers that need no `String`. What stands around the part is only
    /// looked at; both its ends must be places where a text may be cut.
    pub(crate) fn append_part(&self, text: &str, part: Range<usize>, output: &mut Vec<u8>) {
        if self.context.is_some() {
            return self.each_chunk(text, part, |made| output.extend_from_slice(made));
        }
        let part = &text.as_bytes()[part];
        *output = self.program().append_converted(part, std::mem::take(output));
    }

    /// Returns the last offset behind `from` at which `text` may be cut into parts, if one is found; for text that is not the end of
    /// its document. See [`Program::last_cut`]. Behind it stands as much as has to be seen.
    pub(crate) fn last_cut(&self, text: &str, from: usize) -> Option<usize> {
        let end = boundary(text, text.len().saturating_sub(self.reach()));
        let part = text.as_bytes().get(from..end)?;
        let line_end = memchr::memrchr(b'\n', part).map(|last| last + 1);
        Some(from + line_end.or_else(|| self.program().last_cut(part))?)
    }

    /// Converts as much of `text` behind `from` as no further text can change; returns the offset behind that. What stands before
    /// is only looked at.
    pub(crate) fn append_decided(&self, text: &str, from: usize, output: &mut Vec<u8>) -> usize {
        let (text, program) = (text.as_bytes(), self.program());
        if let Some(context) = &self.context {
            let (mut made, mut notes) = (Output::with_room(text.len()), Notes::default());
            let end = program.convert_decided(text, from, self.reach(), &mut made, &mut notes);
            context.decide(text, made.written_mut(), notes.as_slice());
            output.extend_from_slice(made.written());
            return end;
        }
        let (len, made) = program.append_decided(&text[from..], std::mem::take(output));
        *output = made;
        from + len
    }

    /// Returns the exact conversion, in one piece, and its notes.
    #[cfg(test)]
    pub(crate) fn noted(&self, text: &str) -> (Vec<u8>, Vec<Note>) {
        let (mut output, mut notes) = (Output::with_room(text.len()), Notes::default());
        self.program().convert_noting::<true>(text.as_bytes(), 0, &mut output, &mut notes);
        (output.written().to_vec(), notes.as_slice().to_vec())
    }

    fn program(&self) -> Program<'_> {
        Program::open(match &self.image {
            Image::Embedded(image) => image,
            Image::Compiled(image) => image,
        })
    }
}

/// Bytes of text that are converted at a time: text, result and the busy part of the tables lie in the second-level cache.
const CHUNK: usize = 64 * 1024;

/// Returns where to cut `text` so that about `size` bytes are before the cut: behind a line end, which no key holds and
/// which closes a description sequence, or at the end of the text.
fn cut(text: &[u8], size: usize) -> usize {
    if text.len() <= size {
        return text.len();
    }
    // Byte by byte this took a third of the time of a line of letters.
    match memchr::memrchr(b'\n', &text[..size]) {
        Some(last) => last + 1,
        None => memchr::memchr(b'\n', &text[size..]).map_or(text.len(), |next| size + next + 1),
    }
}

/// Returns the last offset that is not behind `at` and not within a character of `text`.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

impl fmt::Debug for Converter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Converter").field("config", &self.name).finish_non_exhaustive()
    }
}

/// Collects what a [`Converter`] is made of.
///
/// ```
/// use jianfan::Converter;
///
/// let converter = Converter::builder("s2twp")
///     .dictionary_text("names", "量子比特\t量子位元\n")
///     .build()?;
/// assert_eq!(converter.convert("量子比特"), "量子位元");
/// # Ok::<(), jianfan::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    source: Source,
    dictionaries: Vec<Dictionary>,
    include_tofu_risk: bool,
    has_context: bool,
    is_cantonese: bool,
}

#[derive(Clone, Debug)]
enum Source {
    Name(String),
    File(PathBuf),
}

#[derive(Clone, Debug)]
enum Dictionary {
    File(PathBuf),
    Text { label: PathBuf, text: String },
}

impl Builder {
    fn start(source: Source) -> Builder {
        Builder {
            source,
            dictionaries: Vec::new(),
            include_tofu_risk: false,
            has_context: false,
            is_cantonese: false,
        }
    }

    /// Adds a dictionary file in OpenCC's text form: `key<TAB>value` a line, in UTF-8.
    ///
    /// At each place of the text where a word may begin, the user's dictionaries are asked first, the last one added before
    /// the others, each for its longest key; what they say is final. This is OpenCC's `short_circuit` group with the
    /// user's dictionaries in front, except that later steps of the chain do not touch a user's value.
    pub fn dictionary_file(mut self, path: impl AsRef<Path>) -> Builder {
        self.dictionaries.push(Dictionary::File(path.as_ref().to_owned()));
        self
    }

    /// Adds a dictionary from memory; errors call it by `label`. See [`Builder::dictionary_file`].
    pub fn dictionary_text(mut self, label: &str, text: &str) -> Builder {
        self.dictionaries.push(Dictionary::Text { label: label.into(), text: text.to_owned() });
        self
    }

    /// Says whether to use the dictionaries whose values few fonts can show (甘藷 → 甘𫉄); off at first, as in OpenCC's
    /// command. OpenCC's library has them on.
    pub fn include_tofu_risk(mut self, include: bool) -> Builder {
        self.include_tofu_risk = include;
        self
    }

    /// Lets the neighbours of a character decide where the dictionary cannot: 发 is 發 or 髮. Off at first, so that a
    /// converter gives what OpenCC gives.
    ///
    /// Only the built-in configs from Simplified to Traditional have it (see [`ConfigInfo::has_context`]); on all others it
    /// changes nothing. With s2twp, Taiwan's phrases are not found where other words meet: 的士 in 城堡的士兵. What the user's
    /// dictionaries have is left alone wherever it stands.
    ///
    /// ```
    /// use jianfan::Converter;
    ///
    /// let exact = Converter::new("s2tw")?;
    /// let converter = Converter::builder("s2tw").context(true).build()?;
    /// assert_eq!(exact.convert("师长发现了"), "師長髮現了");
    /// assert_eq!(converter.convert("师长发现了"), "師長發現了");
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn context(mut self, has_context: bool) -> Builder {
        self.has_context = has_context;
        self
    }

    /// Says that the text is Cantonese, where 系 is mostly 係; of use with [`context`](Builder::context).
    ///
    /// ```
    /// use jianfan::Converter;
    ///
    /// let converter = Converter::builder("s2hk").context(true).cantonese(true).build()?;
    /// assert_eq!(converter.convert("你系边个，我系佢朋友"), "你係邊個，我係佢朋友");
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn cantonese(mut self, is_cantonese: bool) -> Builder {
        self.is_cantonese = is_cantonese;
        self
    }

    /// Returns the files that [`build`](Builder::build) reads, without reading any but the config; see [`Converter::files`].
    ///
    /// # Errors
    ///
    /// If the config file cannot be read or is not well formed.
    pub fn files(&self) -> Result<Vec<PathBuf>, Error> {
        let mut files = match &self.source {
            Source::Name(_) => Vec::new(),
            Source::File(path) => source::files(path)?,
        };
        files.extend(self.dictionaries.iter().filter_map(|dictionary| match dictionary {
            Dictionary::File(path) => Some(path.clone()),
            Dictionary::Text { .. } => None,
        }));
        Ok(files)
    }

    /// Opens the config. A built-in one without dictionaries of the user's is there in microseconds; everything else is
    /// compiled first, which takes about 0.15 s for the largest built-in configs.
    ///
    /// A dictionary that a config file names is looked for beside that file, then in the working directory, then among the
    /// built-in ones by its stem. In place of a binary dictionary (`ocd2`, `ocd`) its text twin is read.
    ///
    /// # Errors
    ///
    /// If the config is unknown, or a file cannot be read or is not well formed; then the message names file and line.
    pub fn build(self) -> Result<Converter, Error> {
        // If this fails, so does what follows; an error of a dictionary that was added comes first.
        let files = self.files();
        let Builder { source, dictionaries, include_tofu_risk, has_context, is_cantonese } = self;
        let info = match &source {
            Source::Name(name) => Some(
                configs()
                    .iter()
                    .find(|config| config.name == name)
                    .ok_or_else(|| Error::unknown_config(name, nearest(name)))?,
            ),
            Source::File(_) => None,
        };
        let spelling = info.filter(|_| has_context).and_then(spelling);
        if let (Some(info), true) = (info, dictionaries.is_empty()) {
            let image = Image::Embedded(if has_context && has_guards(info) {
                builtin::guarded()
            } else {
                builtin::image(info, include_tofu_risk)
            });
            let context = spelling.map(|spelling| Context::new(spelling, is_cantonese, &[]));
            return Ok(Converter { name: info.name.into(), image, context, files: Arc::default() });
        }
        // The user's files first: they are the more likely to be wrong, and the quicker to read.
        let mut lexicons = Vec::with_capacity(dictionaries.len());
        for dictionary in &dictionaries {
            lexicons.push(match dictionary {
                Dictionary::File(path) => source::dictionary(path)?,
                Dictionary::Text { label, text } => Lexicon::parse(text, label)?,
            });
        }
        lexicons.reverse();
        let (name, plan): (Cow<'_, str>, _) = match (&source, info) {
            (Source::File(path), _) => {
                (path.to_string_lossy(), source::plan(path, include_tofu_risk)?)
            }
            (Source::Name(name), Some(info)) => {
                (name.into(), builtin::plan(info, include_tofu_risk)?)
            }
            (Source::Name(name), None) => return Err(Error::unknown_config(name, nearest(name))),
        };
        let context = spelling.map(|spelling| {
            let keys: Vec<&str> =
                lexicons.iter().flat_map(Lexicon::iter).map(|(key, _)| key).collect();
            Context::new(spelling, is_cantonese, &keys)
        });
        if has_context && info.is_some_and(has_guards) {
            lexicons.push(Lexicon::parse(builtin::GUARDS, Path::new("guards"))?);
        }
        let open = if context.is_some() { context::decided().collect() } else { Open::default() };
        let image = compile::compile(&plan, &lexicons, &open, Effort::Quick).map_err(|_| {
            let message = "the dictionaries together are too large: the limits are some eight million characters of keys, and 65,535 different characters behind the first of a key";
            Error::content(Path::new(name.as_ref()), None, message)
        })?;
        Ok(Converter {
            name: name.as_ref().into(),
            image: Image::Compiled(image.into()),
            context,
            files: files?.into(),
        })
    }
}

/// Returns whether a config has phrases that are guarded when the context layer is on.
fn has_guards(config: &ConfigInfo) -> bool {
    config.name == "s2twp"
}

/// Returns how a config spells what the context decides, `None` if it decides nothing there.
fn spelling(config: &ConfigInfo) -> Option<Spelling> {
    let spelling = match config.to {
        "tw" | "twp" => Spelling::Taiwan,
        "hk" | "hkp" => Spelling::HongKong,
        _ => Spelling::OpenCc,
    };
    config.has_context().then_some(spelling)
}

/// Returns the built-in names that a mistyped one was most likely meant to be.
fn nearest(name: &str) -> Vec<&'static str> {
    let name = name.to_lowercase();
    let name = name.trim_end_matches(".json");
    let distance = |config: &ConfigInfo| strsim::damerau_levenshtein(name, config.name);
    let Some(least) = configs().iter().map(distance).min().filter(|&least| least <= 2) else {
        return Vec::new();
    };
    configs().iter().filter(|config| distance(config) == least).map(|config| config.name).collect()
}

#[cfg(test)]
mod tests;
