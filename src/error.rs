//! The one error type of the library.
//!
//! Its kind is private so that a new failure is not a breaking change; what a caller may act on (path, line, byte offset)
//! has an accessor, and `Display` says in one line what went wrong, where, and what was expected.

use std::any::Any;
use std::fmt::{self, Write};
use std::io;
use std::path::{Path, PathBuf};

use crate::escape::Printable;
pub(crate) use crate::escape::shown;

/// A failure to open a config, read a dictionary, or decode or write a document.
///
/// Converting a `&str` cannot fail, so no conversion returns this.
///
/// ```
/// let error = jianfan::Converter::new("s2tpw").unwrap_err();
/// assert!(error.to_string().contains("s2twp"));
/// ```
#[derive(Debug)]
pub struct Error {
    kind: Kind,
}

/// What standard output is called in messages.
const STDOUT: &str = "standard output";

#[derive(Debug)]
enum Kind {
    /// A config name that is not built in, with the nearest built-in ones.
    UnknownConfig { name: String, nearest: Vec<&'static str> },
    /// A config or dictionary whose content is wrong, at a line where one is known.
    Content { path: PathBuf, line: Option<usize>, message: String },
    /// Bytes that are not in the charset, at the first wrong byte.
    Invalid { charset: &'static str, offset: u64 },
    /// Bytes in no charset that could be found out, at the first that is not UTF-8, with the likeliest and its confidence.
    Unsure { offset: u64, perhaps: Option<(&'static str, f64)> },
    /// Bytes that would not come back if their text were written in the same charset.
    NoReturn { charset: &'static str, offset: u64 },
    /// A charset that is not known, or cannot be written.
    UnknownCharset { name: String },
    /// A character that the charset of the output lacks, in a line of the output, counted from 1.
    Unmappable { charset: &'static str, line: u64, character: Option<char> },
    /// A document that is not text.
    Binary { what: String },
    /// A document that is not of the format that it was taken for.
    Malformed { format: String, line: u64, offset: u64, message: String, advice: Advice },
    /// A zip file of documents that cannot be converted, because of one entry of it or as a whole.
    Package { format: String, entry: Option<String>, message: String },
    /// The operating system refused.
    Io { path: PathBuf, action: &'static str, source: io::Error },
    /// Standard output could not be written.
    Stdout { source: io::Error },
    /// The conversion of a document panicked.
    Panic { message: String },
    /// A document that needs so many bytes of memory, where there are only so many for all of them.
    Memory { needed: u64, budget: u64, is_busy: bool },
    /// An option that makes no sense.
    Usage { message: String },
    /// libopencc refused, or cannot do what was asked.
    LibOpencc { message: String },
}

impl Error {
    pub(crate) fn unknown_config(name: &str, nearest: Vec<&'static str>) -> Error {
        Error { kind: Kind::UnknownConfig { name: name.to_owned(), nearest } }
    }

    pub(crate) fn content(path: &Path, line: Option<usize>, message: impl Into<String>) -> Error {
        Error { kind: Kind::Content { path: path.to_owned(), line, message: message.into() } }
    }

    pub(crate) fn invalid(charset: &'static str, offset: u64) -> Error {
        Error { kind: Kind::Invalid { charset, offset } }
    }

    pub(crate) fn no_return(charset: &'static str, offset: u64) -> Error {
        Error { kind: Kind::NoReturn { charset, offset } }
    }

    /// A document that is not text, and what it is instead.
    pub(crate) fn binary(what: impl Into<String>) -> Error {
        Error { kind: Kind::Binary { what: what.into() } }
    }

    pub(crate) fn unknown_charset(name: &str) -> Error {
        Error { kind: Kind::UnknownCharset { name: name.to_owned() } }
    }

    pub(crate) fn unsure(offset: u64, perhaps: Option<(&'static str, f64)>) -> Error {
        Error { kind: Kind::Unsure { offset, perhaps } }
    }

    /// A character that cannot be written, or a byte that was to be kept and cannot be.
    pub(crate) fn unmappable(charset: &'static str, line: u64, character: Option<char>) -> Error {
        Error { kind: Kind::Unmappable { charset, line, character } }
    }

    /// A document that is not of its format, at an offset in a line, counted from 1.
    pub(crate) fn malformed(
        format: &str,
        line: u64,
        offset: u64,
        (message, advice): (String, Advice),
    ) -> Error {
        let format = format.to_owned();
        Error { kind: Kind::Malformed { format, line, offset, message, advice } }
    }

    pub(crate) fn package(format: &str, entry: Option<&str>, message: impl Into<String>) -> Error {
        let (format, entry, message) =
            (format.to_owned(), entry.map(str::to_owned), message.into());
        Error { kind: Kind::Package { format, entry, message } }
    }

    /// Tells of an error in a document that it is one of those in a package.
    pub(crate) fn in_entry(self, format: &str, entry: &str) -> Error {
        let message = match self.kind {
            Kind::Malformed { line, offset, message, .. } => {
                format!("line {line}, byte {offset}: {message}")
            }
            Kind::Memory { .. } => return self,
            kind => Error { kind }.to_string(),
        };
        Error::package(format, Some(entry), message)
    }

    /// A document that needs more memory than there is for all of them.
    pub(crate) fn memory(needed: u64, budget: u64) -> Error {
        Error { kind: Kind::Memory { needed, budget, is_busy: false } }
    }

    /// A document that needs memory which others hold at the moment.
    pub(crate) fn memory_busy(needed: u64, budget: u64) -> Error {
        Error { kind: Kind::Memory { needed, budget, is_busy: true } }
    }

    /// Returns whether the document has only to be begun again when no other is under way.
    pub(crate) fn is_memory_busy(&self) -> bool {
        matches!(self.kind, Kind::Memory { is_busy: true, .. })
    }

    pub(crate) fn usage(message: impl Into<String>) -> Error {
        Error { kind: Kind::Usage { message: message.into() } }
    }

    pub(crate) fn io(path: &Path, action: &'static str, source: io::Error) -> Error {
        Error { kind: Kind::Io { path: path.to_owned(), action, source } }
    }

    /// A failed write to standard output, which is not a file even if a file has that name.
    pub(crate) fn stdout(source: io::Error) -> Error {
        Error { kind: Kind::Stdout { source } }
    }

    /// A panic, with what was passed to it.
    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Error {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let message = text.unwrap_or("panic").to_owned();
        Error { kind: Kind::Panic { message } }
    }

    /// Returns the error that one of reading or writing carries, or what `otherwise` makes of it.
    pub(crate) fn carried(error: io::Error, otherwise: impl FnOnce(io::Error) -> Error) -> Error {
        error.downcast().unwrap_or_else(otherwise)
    }

    #[cfg_attr(
        not(feature = "opencc"),
        expect(dead_code, reason = "only the opencc engine fails this way")
    )]
    pub(crate) fn libopencc(message: impl Into<String>) -> Error {
        Error { kind: Kind::LibOpencc { message: message.into() } }
    }

    /// Returns the file that the error is about, where it is about one.
    pub fn path(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Content { path, .. } | Kind::Io { path, .. } => Some(path),
            Kind::Stdout { .. } => Some(Path::new(STDOUT)),
            _ => None,
        }
    }

    /// Returns the kind of the failure where the operating system reported it.
    pub fn io_kind(&self) -> Option<io::ErrorKind> {
        match &self.kind {
            Kind::Io { source, .. } | Kind::Stdout { source } => Some(source.kind()),
            _ => None,
        }
    }

    /// Returns what a document is that was refused because it is not text, as `tar archive in
    /// gzip`.
    ///
    /// ```
    /// use jianfan::pipeline::Pipeline;
    ///
    /// let error = Pipeline::without_conversion().run(b"\x89PNG\r\n\x1a\n").unwrap_err();
    /// assert_eq!(error.binary_kind(), Some("PNG image"));
    /// ```
    pub fn binary_kind(&self) -> Option<&str> {
        match &self.kind {
            Kind::Binary { what } => Some(what),
            _ => None,
        }
    }

    /// Returns how many bytes of memory the document needs at least, where that is more than the
    /// budget.
    pub fn memory_needed(&self) -> Option<u64> {
        match &self.kind {
            Kind::Memory { needed, .. } => Some(*needed),
            _ => None,
        }
    }

    /// Returns whether whoever read standard output has stopped reading, as `head` does. For most
    /// programs this is not a failure. A pipe or socket that is written to by its name is a file,
    /// and closing it is a failure.
    pub fn is_closed_stdout(&self) -> bool {
        matches!(&self.kind, Kind::Stdout { source } if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Returns the line of the file, counted from 1, where the fault is in a line.
    pub fn line(&self) -> Option<usize> {
        match &self.kind {
            Kind::Content { line, .. } => *line,
            Kind::Unmappable { line, .. } | Kind::Malformed { line, .. } => {
                usize::try_from(*line).ok()
            }
            _ => None,
        }
    }

    /// Returns the offset in bytes of the first byte that could not be decoded, or is wrong in its format.
    pub fn offset(&self) -> Option<u64> {
        match &self.kind {
            Kind::Invalid { offset, .. }
            | Kind::Unsure { offset, .. }
            | Kind::NoReturn { offset, .. }
            | Kind::Malformed { offset, .. } => Some(*offset),
            _ => None,
        }
    }
}

/// What a user can do about a text that is not of its format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advice {
    /// To take it for plain text.
    Plain,
    /// This.
    To(&'static str),
    /// It is of its format, and what was asked of it is wrong.
    OfOptions,
}

/// A message is one line, whatever it quotes: control and bidirectional characters in it are
/// escaped.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A message may quote a document, a config or an argument.
        self.write(&mut Printable(f))
    }
}

impl Error {
    fn write(&self, f: &mut impl Write) -> fmt::Result {
        match &self.kind {
            Kind::UnknownConfig { name, nearest } => {
                write!(f, "unknown config '{}'", name.escape_debug())?;
                for (i, near) in nearest.iter().enumerate() {
                    f.write_str(if i == 0 { "; did you mean " } else { " or " })?;
                    write!(f, "'{near}'")?;
                }
                Ok(())
            }
            Kind::Content { path, line: Some(line), message } => {
                write!(f, "{}:{line}: {message}", shown(path))
            }
            Kind::Content { path, line: None, message } => {
                write!(f, "{}: {message}", shown(path))
            }
            Kind::Invalid { charset, offset } => {
                write!(
                    f,
                    "byte {offset}: not valid {charset}; with --on-invalid keep (or replace) the rest is converted"
                )
            }
            Kind::Unsure { offset, perhaps } => {
                write!(f, "byte {offset}: not valid UTF-8, and no other charset is certain")?;
                if let Some((charset, confidence)) = perhaps {
                    write!(f, " ({charset}: {:.0}%)", confidence * 100.0)?;
                }
                f.write_str("; name it with --encoding")
            }
            Kind::Binary { what } => write!(f, "binary ({what})"),
            Kind::NoReturn { charset, offset } => write!(
                f,
                "byte {offset}: a code of {charset} that would be written back as another; write UTF-8 instead"
            ),
            Kind::UnknownCharset { name } => write!(f, "unknown charset '{}'", name.escape_debug()),
            Kind::Unmappable { charset, line, character: Some(c) } => write!(
                f,
                "line {line}: {c} (U+{:04X}) cannot be written in {charset}; write UTF-8 or GB18030 instead",
                u32::from(*c)
            ),
            Kind::Unmappable { charset, line, character: None } => write!(
                f,
                "line {line}: bytes that are no text can be kept only in their own charset, not in {charset}"
            ),
            Kind::Malformed { line, message, advice: Advice::OfOptions, .. } => {
                write!(f, "line {line}: {message}")
            }
            Kind::Malformed { format, line, offset, message, advice } => {
                write!(f, "line {line}, byte {offset}: not {format}: {message}; ")?;
                f.write_str(match advice {
                    Advice::To(advice) => advice,
                    _ => "with --format plain all of it is converted",
                })
            }
            Kind::Package { format, entry, message } => {
                write!(f, "cannot be converted as {format}: ")?;
                if let Some(entry) = entry {
                    write!(f, "{}: ", shown(entry.as_ref()))?;
                }
                f.write_str(message)
            }
            Kind::Io { path, action, source } => {
                write!(f, "cannot {action} {}: {source}", shown(path))
            }
            Kind::Stdout { source } => write!(f, "cannot write {STDOUT}: {source}"),
            Kind::Panic { message } => {
                write!(f, "internal error: {message}; this is a bug in jianfan")
            }
            Kind::Memory { needed, budget, .. } => write!(
                f,
                "needs about {} of memory, more than the memory budget of {}",
                size(*needed),
                size(*budget)
            ),
            Kind::Usage { message } => f.write_str(message),
            Kind::LibOpencc { message } => write!(f, "libopencc: {message}"),
        }
    }
}

/// Returns a number of bytes as people write it, rounded up, so that what is needed does not look like what there is.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes.is_multiple_of(*unit) => format!("{} {name}", bytes / unit),
        Some((unit, name)) => {
            let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(*unit));
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{bytes} bytes"),
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            // `Display` tells the system's reason already; a chain of causes must not tell it twice.
            Kind::Io { source, .. } | Kind::Stdout { source } => source.source(),
            _ => None,
        }
    }
}
