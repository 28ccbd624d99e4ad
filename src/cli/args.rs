//! What can be typed: names, values and help, as close to the words on the command line as possible, and no meaning.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Parser, Subcommand, ValueEnum};

use super::values;

const EXAMPLES: &str = "\
Examples:
  $ echo '头发发白，皇后在后面' | jianfan convert s2t
  頭髮發白，皇后在後面
  $ jianfan convert t2s article.txt -o article.hans.txt
  $ jianfan convert s2twp docs -o docs-tw

'jianfan convert --help' shows more.";

const CONVERT_EXAMPLES: &str = "\
Examples:
  $ echo '头发发白，皇后在后面' | jianfan convert s2t
  頭髮發白，皇后在後面
  $ echo '打开文件，移动鼠标' | jianfan convert s2twp
  開啟檔案，移動滑鼠
  $ echo '這裡的軟體和網路' | jianfan convert tw2sp
  这里的软件和网络

  One file, to the terminal or to another file:
  $ jianfan convert t2s article.txt
  $ jianfan convert t2s article.txt -o article.hans.txt

  A directory, its tree mirrored: docs/a/b.txt becomes docs-tw/a/b.txt
  $ jianfan convert s2tw docs -o docs-tw

  Several, each under its own name: out/README.md, out/docs/a/b.txt
  $ jianfan convert s2tw README.md docs -o out

  Files where they lie; only what changes is written, and the old files are kept as *.bak
  $ jianfan convert t2s -w --backup articles

  What would change, and how:
  $ jianfan convert t2s --check articles
  $ jianfan convert t2s --diff articles

  Files in old charsets, to UTF-8; what is not certain is refused, never guessed
  $ jianfan convert t2s big5-articles -o articles
  $ jianfan convert t2s -e big5 article.txt

  Only some files of a directory, or a list that another tool makes:
  $ jianfan convert s2tw docs -g '*.md' -g '!draft*' -o docs-tw
  $ find . -name '*.txt' -print0 | jianfan convert s2tw -w --files-from - -0

  Words of your own, a line each: key, tab, value
  $ jianfan convert s2t article.txt --dict names.txt

  Punctuation and leftovers mended on the way, a name kept as it is:
  $ echo '范冰冰说:“头发,后面”' | jianfan convert s2tw -n tw --keep 范冰冰
  范冰冰說：「頭髮，後面」

Exit codes: 0 all done, 1 --check or --diff found changes, 2 wrong usage or something failed (the rest is done all
the same), 130 interrupted (what is finished stays, and no temporary files).";

const NORMALIZE_EXAMPLES: &str = "\
Examples:
  $ echo '他说:“好,１２点见!”' | jianfan normalize
  他说：“好，12点见！”
  $ echo '他說:“好,１２點見!”' | jianfan normalize -n tw
  他說：「好，12點見！」

  Files where they lie; only what changes is written:
  $ jianfan normalize -w -n cn articles

  As a linter: a line for each change that would be made, exit code 1 if there are any
  $ jianfan normalize --check -n cn docs
  $ jianfan normalize --check -n cn --message-format github docs

Exit codes: 0 all done, 1 --check or --diff found changes, 2 wrong usage or something failed (the rest is done all
the same), 130 interrupted (what is finished stays, and no temporary files).";

const INSPECT_EXAMPLES: &str = "\
Examples:
  $ jianfan inspect s2tw 师长发现了
  师长发现了 → 師長發現了

  segment  step  from  to    source
  师       1     师    師    STCharacters
  长发     1     长发  長髮  STPhrases
           -     髮    發    context: 發 +5.2, 髮 +0.0
  现了     1     现    現    STCharacters
           1     了    了    STCharacters, or 瞭

  $ echo 师长发现了 | jianfan inspect s2tw --json | jq .segments
  $ jianfan inspect s2t --ambiguities --file article.txt

Each line of the text is shown by itself. A step is one of the config's conversion chain; the last column names the dictionary and
its other values. Scores of the context are natural logarithms of odds against what the dictionary chose. Another candidate is written if it is
ahead by 0.7, by 1.4 where a word of the dictionary speaks, by more for some; if the best is not written, the line says why.";

const REPAIR_EXAMPLES: &str = "\
Examples:
  $ echo '會議結束后，標准是三公裡' | jianfan repair
  會議結束後，標準是三公里

  What would change, a line for each; then files where they lie:
  $ jianfan repair --check articles
  $ jianfan repair -w --backup articles

  With the marks of Taiwan mended on the way:
  $ jianfan repair -n tw article.txt

Exit codes: 0 all done, 1 --check or --diff found changes, 2 wrong usage or something failed (the rest is done all
the same), 130 interrupted (what is finished stays, and no temporary files).";

/// Convert Chinese text between Simplified and Traditional, as OpenCC does or better
#[derive(Debug, Parser)]
#[command(name = "jianfan", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Convert(Box<ConvertArgs>),
    Normalize(Box<NormalizeArgs>),
    Repair(Box<RepairArgs>),
    Inspect(Box<InspectArgs>),
    Detect(DetectArgs),
    List(ListArgs),
}

/// Convert text from one written standard to another
///
/// The charset of each file is found out: UTF-8, UTF-16, GB18030, GBK, Big5, Shift_JIS or EUC-JP; where it is not certain,
/// the file is reported and not written. (Standard output has had what came before the first fault of a long input.) Compressed files (.gz, .zst, .xz) are unpacked and packed again. Line
/// ends, byte order marks and every other byte that is no Chinese word stay as they were.
///
/// Directories are walked recursively, honoring .gitignore. Hidden files, symbolic links and version control directories
/// (.git and the like) are skipped, and so are files that are not text, which are refused where they are named.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true, after_help = CONVERT_EXAMPLES)]
pub(super) struct ConvertArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,

    #[command(flatten)]
    pub(super) run: RunArgs,

    /// Convert with this engine
    #[arg(long, value_enum, default_value_t = Engine::Native, help_heading = "Conversion")]
    pub(super) engine: Engine,
}

/// A config, and what is changed about it
#[derive(Debug, clap::Args)]
pub(super) struct ConfigArgs {
    /// Name of a config ('jianfan list configs' shows them), or path of an OpenCC config
    pub(super) config: PathBuf,

    /// Prefer the words of this dictionary in OpenCC's text form; of several the later wins
    #[arg(long, value_name = "FILE", help_heading = "Conversion")]
    pub(super) dict: Vec<PathBuf>,

    /// Also write characters so rare that many fonts lack them and show boxes ("tofu")
    #[arg(long, help_heading = "Conversion")]
    pub(super) include_tofu_risk: bool,

    /// Let the neighbours of a character decide where the dictionary cannot (发: 發 or 髮) [default: on for s2t, s2tw,
    /// s2twp, s2hk and s2hkp]
    #[arg(
        long,
        value_enum,
        value_name = "WHETHER",
        hide_default_value = true,
        help_heading = "Conversion"
    )]
    pub(super) context: Option<Switch>,

    /// Give exactly what OpenCC gives, byte for byte: the same as --context off
    #[arg(long, conflicts_with_all = ["context", "cantonese"], help_heading = "Conversion")]
    pub(super) exact: bool,

    /// The text is Cantonese: 系 is 係 even in lines that have no other character of Cantonese (喺, 嘅, 唔)
    #[arg(long, help_heading = "Conversion")]
    pub(super) cantonese: bool,
}

/// Mend punctuation, widths and leftovers of text that earlier tools have harmed, without converting its words
///
/// What is no prose stays as it is: addresses, code, numbers, tables, tags. 'jianfan list passes' shows what there is to switch on.
#[derive(Debug, clap::Args)]
#[command(after_help = NORMALIZE_EXAMPLES)]
pub(super) struct NormalizeArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,
}

/// Show why a text is converted as it is: segments, the dictionaries that answered, and what the context decided
#[derive(Debug, clap::Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(super) struct InspectArgs {
    #[command(flatten)]
    pub(super) config: ConfigArgs,

    /// The text; without it and without --file, standard input is read
    pub(super) text: Option<String>,

    /// Read the text from this file, in UTF-8
    #[arg(short, long, value_name = "FILE", conflicts_with = "text")]
    pub(super) file: Option<PathBuf>,

    /// Print a JSON object for each line of the text
    #[arg(long)]
    pub(super) json: bool,

    /// Print the conversion as OpenCC's --ambiguities does: JSON records that mark each place where a dictionary has several
    /// values; by the dictionaries alone
    #[arg(long, conflicts_with_all = ["json", "context", "cantonese"])]
    pub(super) ambiguities: bool,
}

/// Mend Traditional text in which an earlier conversion chose wrong characters: 結束后 → 結束後
///
/// Only where the neighbours of a character leave no doubt. Simplified lines and what is no prose stay as they are.
#[derive(Debug, clap::Args)]
#[command(after_help = REPAIR_EXAMPLES)]
pub(super) struct RepairArgs {
    #[command(flatten)]
    pub(super) run: RunArgs,

    /// Spell what is mended as OpenCC's standard (裏), Taiwan (裡) or Hong Kong (裏) does; the rest stays
    #[arg(long, value_enum, default_value_t = Spelling::Tw, help_heading = "Conversion")]
    pub(super) to: Spelling,
}

/// A standard of Traditional script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Spelling {
    T,
    Tw,
    Hk,
}

/// Inputs, output, and what all commands that change documents have in common
#[derive(Debug, Clone, clap::Args)]
pub(super) struct RunArgs {
    /// Files or directories; standard input if there is none, or for '-'
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Write to this file, or beneath this directory; several files or a directory need it, or -w
    #[arg(short, long, value_name = "PATH")]
    pub(super) output: Option<PathBuf>,

    /// Change the files where they lie; charset and compression stay, and unchanged files are not touched
    #[arg(short = 'w', long, conflicts_with = "output")]
    pub(super) in_place: bool,

    /// With -w, keep each old file under its name with SUFFIX behind it; one that exists already is never overwritten
    #[arg(long, value_name = "SUFFIX", num_args = 0..=1, require_equals = true, default_missing_value = ".bak", requires = "in_place")]
    pub(super) backup: Option<OsString>,

    /// Write nothing; print the names of the files that would change, or what the passes would change in them, and exit
    /// with 1 if there is any
    #[arg(long, conflicts_with_all = ["output", "in_place", "diff"])]
    pub(super) check: bool,

    /// Write nothing; print the changes as a unified diff, and exit with 1 if there are any
    #[arg(long, conflicts_with_all = ["output", "in_place"])]
    pub(super) diff: bool,

    /// Skip files whose result is there and not older; so an interrupted run goes on where it was
    #[arg(short, long, requires = "output")]
    pub(super) update: bool,

    /// Skip files modified at or after this time, in seconds since 1970; an interrupted run in place prints the option that
    /// continues it
    #[arg(long, value_name = "@SECONDS", value_parser = values::seconds)]
    pub(super) changed_before: Option<SystemTime>,

    /// Write every line separately, as soon as it is complete
    ///
    /// Without this, all complete lines that one read returned are written together. The result is the same. With passes
    /// that match quotation marks, a line with an unpaired mark waits until the quotation ends, for at most 64 lines.
    #[arg(long)]
    pub(super) line_buffered: bool,

    /// Work on this many files at once [default: one per processor]
    #[arg(short = 'j', long, value_name = "N", value_parser = values::threads)]
    pub(super) threads: Option<NonZeroUsize>,

    /// Memory budget for documents that must be held as a whole, as 512M or 2G [default: a quarter of the machine]
    ///
    /// All threads share it. A document that needs more than is free waits for the others; one that needs more than all of it
    /// is reported as failed. Plain text, JSON lines, CSV, TSV and subtitles are streamed and need little of it. The default
    /// honors the limits of the control group (container) and of the address space (ulimit -v).
    #[arg(long, value_name = "SIZE", value_parser = values::size)]
    pub(super) memory: Option<u64>,

    #[command(flatten)]
    pub(super) selection: SelectionArgs,

    #[command(flatten)]
    pub(super) formats: FormatArgs,

    #[command(flatten)]
    pub(super) passes: PassArgs,

    #[command(flatten)]
    pub(super) charsets: CharsetArgs,

    #[command(flatten)]
    pub(super) messages: MessageArgs,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Files")]
pub(super) struct SelectionArgs {
    /// Of directories, take only files that match; '!' before a glob leaves them out; repeatable
    #[arg(short, long, value_name = "GLOB")]
    pub(super) glob: Vec<String>,

    /// Search hidden files and directories; version control directories (.git) are never searched
    #[arg(long)]
    pub(super) hidden: bool,

    /// Do not respect ignore files (.gitignore, .ignore)
    #[arg(long)]
    pub(super) no_ignore: bool,

    /// Follow symbolic links in directories; with -w, this can edit files outside them. A link that is
    /// named as PATH is always followed
    #[arg(short = 'L', long)]
    pub(super) follow: bool,

    /// Read the paths from this file, one a line ('-' is standard input); with -o they keep their directories
    #[arg(long, value_name = "FILE")]
    pub(super) files_from: Option<PathBuf>,

    /// The paths of --files-from end in NUL, as those of 'find -print0'
    #[arg(short = '0', long, requires = "files_from")]
    pub(super) null: bool,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Formats")]
pub(super) struct FormatArgs {
    /// Format of the documents: only their prose is converted, and no value that is nothing but an address or a path. 'auto' goes
    /// by the ending of the name, else by what a document begins with; 'plain' converts all of it; 'jianfan list formats' shows
    /// the others. In a format that has comments, one keeps a part: jianfan:off … jianfan:on, or jianfan:ignore-next-line
    #[arg(short, long, value_name = "NAME", default_value = "auto")]
    pub(super) format: String,

    /// Convert files even if they look binary
    ///
    /// Archives, media, programs and other files full of NULs are skipped in directories, and
    /// refused where they are named; so is what is compressed inside .gz, .zst and .xz. '--format
    /// plain' converts them too.
    #[arg(long)]
    pub(super) binary: bool,

    /// What standard input would be called as a file; its ending says which format it has
    #[arg(long, value_name = "NAME")]
    pub(super) stdin_filename: Option<PathBuf>,

    /// JSON: convert the values of this field, as title or items[].name, and no others; repeatable. A key with a dot is written
    /// a\.b or ["a.b"], any key *
    #[arg(long, value_name = "PATH")]
    pub(super) field: Vec<String>,

    /// CSV, TSV and tables (Parquet, Arrow): convert this column, by its name or its number from 1, and no others; repeatable
    #[arg(long, value_name = "NAME|N")]
    pub(super) column: Vec<String>,

    /// XML: convert the text of elements of this name, as title, item/title or /rss/channel/title, and no others; repeatable
    #[arg(long, value_name = "NAME")]
    pub(super) element: Vec<String>,

    /// Markdown: convert the values of front matter too
    #[arg(long)]
    pub(super) front_matter: bool,

    /// HTML: convert 'pre' and 'code' too
    #[arg(long)]
    pub(super) code: bool,

    /// HTML and XML: where the root element (of XLIFF, what names the language of the targets) names Chinese as its language, name
    /// this one [without a tag: that of the config, as zh-TW for s2tw]
    #[arg(long, value_name = "TAG", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(super) lang: Option<String>,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Passes")]
pub(super) struct PassArgs {
    /// Do these passes before the conversion: presets and passes, as 'cn' or 'clean,quotes=tw'; 'jianfan list passes' shows
    /// them [default: clean for 'normalize', none for 'convert' and 'repair']
    #[arg(short, long, value_name = "LIST")]
    pub(super) normalize: Option<String>,

    /// Leave these passes out, as 'dash,ellipsis'
    #[arg(long, value_name = "LIST")]
    pub(super) no_pass: Vec<String>,

    /// Keep addresses, code, numbers, tags and the like from the conversion too (with passes they always are)
    #[arg(long)]
    pub(super) protect_common: bool,

    /// Keep what this regular expression matches within a line; repeatable
    #[arg(long, value_name = "REGEX")]
    pub(super) protect: Vec<String>,

    /// Keep this name or term wherever it stands; repeatable
    #[arg(long, value_name = "TERM")]
    pub(super) keep: Vec<String>,

    /// Keep the terms that this file names, one a line ('#' begins a comment); repeatable
    #[arg(long, value_name = "FILE")]
    pub(super) keep_list: Vec<PathBuf>,

    /// With --check, tell what the passes would change in this form
    #[arg(long, value_enum, value_name = "FORM", requires = "check", default_value_t = MessageFormat::Text)]
    pub(super) message_format: MessageFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum MessageFormat {
    /// path:line:column: pass: before → after
    Text,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Charsets")]
pub(super) struct CharsetArgs {
    /// Charset of the input, or 'auto': a byte order mark, valid UTF-8, what HTML, XML and PO say of themselves, a detector;
    /// 'jianfan list encodings' shows the usual ones
    #[arg(short, long, value_name = "NAME", default_value = "auto")]
    pub(super) encoding: String,

    /// Charset of the output, or 'keep' [default: utf-8; with -w, keep]. HTML, XML and PO that name their charset name the new one;
    /// XML that names none is given the name if it needs one, HTML is not; docx and the like have
    /// their own
    #[arg(long, value_name = "NAME")]
    pub(super) output_encoding: Option<String>,

    /// Whether the output begins with a byte order mark
    #[arg(long, value_enum, default_value_t = Bom::Keep)]
    pub(super) bom: Bom,

    /// What to do with bytes that are no text in the charset of the input
    #[arg(long, value_enum, default_value_t = OnInvalid::Error)]
    pub(super) on_invalid: OnInvalid,

    /// What to do with characters that the charset of the output lacks
    #[arg(long, value_enum, default_value_t = OnUnmappable::Error)]
    pub(super) on_unmappable: OnUnmappable,
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Messages")]
pub(super) struct MessageArgs {
    /// Tell errors only
    #[arg(short, long, conflicts_with = "verbose")]
    pub(super) quiet: bool,

    /// Tell of each file what became of it
    #[arg(short, long)]
    pub(super) verbose: bool,

    /// Write a JSON object for each file (and for each change by a pass), a line each, to standard output or to FILE
    #[arg(long, value_name = "jsonl[=FILE]")]
    pub(super) report: Option<OsString>,

    /// With --check, print only the names of the files that would change, as they are and each
    /// followed by NUL, for 'xargs -0'
    #[arg(long, requires = "check", conflicts_with = "message_format")]
    pub(super) print0: bool,

    /// Colour the diff
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Bom {
    /// As it was, if the charset stays; otherwise with one in UTF-16 and without in UTF-8
    Keep,
    Add,
    Remove,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnInvalid {
    /// The file fails, and nothing is written for it
    Error,
    /// They stay as they are
    Keep,
    /// U+FFFD takes their place
    Replace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnUnmappable {
    /// The file fails, and nothing is written for it
    Error,
    /// As in HTML: &#21457;
    Entity,
    /// A question mark
    Replace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// Our own, fast and complete in itself
    Native,
    /// The C++ library itself, to compare with; includes tofu risk always; only in builds with the feature 'opencc'
    Opencc,
}

/// Tell charset, line ends, script and region of files
///
/// Script is Hans (Simplified), Hant (Traditional), mixed, Hani (only characters that both share) or other.
/// The region is a hint from words and character forms: tw, hk or cn.
#[derive(Debug, clap::Args)]
pub(super) struct DetectArgs {
    /// Files or directories; standard input if there is none, or for '-'
    #[arg(value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,

    /// Print a JSON object for each file, a line each
    #[arg(long)]
    pub(super) json: bool,

    /// Charset of the input, or 'auto'
    #[arg(short, long, value_name = "NAME", default_value = "auto")]
    pub(super) encoding: String,

    #[command(flatten)]
    pub(super) selection: SelectionArgs,
}

/// List what there is to choose from
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(super) struct ListArgs {
    #[arg(value_enum, value_name = "WHAT")]
    pub(super) what: Listed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Listed {
    /// The built-in configs: name, from → to, title
    Configs,
    /// The passes and presets of --normalize
    Passes,
    /// The formats of --format, and the endings that they are known by
    Formats,
    /// The usual charsets; all names of the WHATWG Encoding Standard are known besides
    Encodings,
}
