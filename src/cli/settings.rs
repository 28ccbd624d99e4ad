//! What the arguments mean: a pipeline that is open, and a batch that knows its inputs and its output.
//!
//! In: [`ConvertArgs`]. Out: [`ConvertSettings`], or an error that says what to type instead. Whether the files can be read
//! and written is the batch's to find out.

use std::ffi::OsStr;
use std::fmt::Display;
use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf, is_separator};

use anyhow::{Context, anyhow};
use jianfan::batch::{Batch, Input, Output};
use jianfan::pipeline::{Mark, OnInvalid, OnUnmappable, Passes, Pipeline, Protection};
use jianfan::{Builder, Charset, Converter, printable, shown};

use super::args::{
    self, CharsetArgs, ConfigArgs, ConvertArgs, DetectArgs, Engine, MessageFormat, NormalizeArgs,
    PassArgs, RepairArgs, RunArgs, SelectionArgs, Spelling, Switch,
};
use super::formats::FormatChoice;
use super::interrupt::{Resume, began};

const NEEDS_PLACE: &str =
    "'-o DIR' writes the results beneath DIR, '-w' changes the files where they lie";

/// A conversion, ready to run.
#[derive(Debug)]
pub(super) struct ConvertSettings {
    pub(super) pipeline: Pipeline,
    pub(super) formats: FormatChoice,
    pub(super) batch: Batch,
    pub(super) telling: Telling,
    /// What to type after an interruption; `None` if no files are written, and there is nothing to finish.
    pub(super) resume: Option<Resume>,
}

/// Documents to look at.
#[derive(Debug)]
pub(super) struct DetectSettings {
    pub(super) batch: Batch,
    pub(super) charset: Option<Charset>,
    pub(super) is_json: bool,
}

/// What is told, and where.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is one switch of the command line")]
pub(super) struct Telling {
    pub(super) is_quiet: bool,
    pub(super) is_verbose: bool,
    /// Print the names of files that would change.
    pub(super) names_changed: bool,
    /// Changes make the exit code 1.
    pub(super) is_check: bool,
    /// Print the names of files that would change raw, with NUL behind each.
    pub(super) print0: bool,
    pub(super) is_colored: bool,
    /// Standard output is a terminal.
    pub(super) to_terminal: bool,
    pub(super) shows_progress: bool,
    pub(super) report: Option<ReportTo>,
    /// Passes are on: `--check` tells what each would change.
    pub(super) has_passes: bool,
    pub(super) format: MessageFormat,
}

/// Where the JSON objects go.
#[derive(Debug)]
pub(super) enum ReportTo {
    Stdout,
    File(PathBuf),
}

impl ConvertSettings {
    pub(super) fn convert(args: &ConvertArgs) -> anyhow::Result<ConvertSettings> {
        // Usage comes before the files that a config names.
        let places = Places::new(&args.run)?;
        let (pipeline, read) = match args.engine {
            Engine::Native => native(&args.config)?,
            Engine::Opencc => libopencc(args)?,
        };
        let mut run = args.run.clone();
        if args.engine == Engine::Opencc {
            // The library cannot say what it replaced, so that there is no way back into a document.
            if run.formats.format != "auto" && run.formats.format != "plain" {
                return Err(tip("--engine opencc converts plain text only", "leave --format out"));
            }
            "plain".clone_into(&mut run.formats.format);
        }
        let config = args.config.config.to_str();
        ConvertSettings::new(&run, places, pipeline, config, "none", read)
    }

    pub(super) fn normalize(args: &NormalizeArgs) -> anyhow::Result<ConvertSettings> {
        let places = Places::new(&args.run)?;
        let pipeline = Pipeline::without_conversion();
        ConvertSettings::new(&args.run, places, pipeline, None, "clean", Vec::new())
    }

    pub(super) fn repair(args: &RepairArgs) -> anyhow::Result<ConvertSettings> {
        let places = Places::new(&args.run)?;
        let own = match args.to {
            Spelling::T => "characters=t",
            Spelling::Tw => "characters=tw",
            Spelling::Hk => "characters=hk",
        };
        // What else is asked for is done besides.
        let mut run = args.run.clone();
        if let Some(list) = &mut run.passes.normalize {
            list.push(',');
            list.push_str(own);
        }
        ConvertSettings::new(&run, places, Pipeline::without_conversion(), None, own, Vec::new())
    }

    fn new(
        args: &RunArgs,
        places: Places,
        pipeline: Pipeline,
        config: Option<&str>,
        default_passes: &str,
        mut read: Vec<PathBuf>,
    ) -> anyhow::Result<ConvertSettings> {
        let Places { output, inputs, mut telling, allows_binary } = places;
        let formats = FormatChoice::new(&args.formats, config)?;
        let pipeline =
            with_passes(pipeline, &args.passes, default_passes)?.formats(formats.formats().clone());
        let pipeline = with_charsets(pipeline, &args.charsets, &output)?
            .line_buffered(args.line_buffered)
            .allow_binary(allows_binary)
            .keep_changes(telling.report.is_some() || args.check)
            .count_characters(telling.report.is_some());
        telling.has_passes = default_passes != "none" || args.passes.normalize.is_some();
        let resume = match output {
            Output::Path(_) if !args.update => Some(Resume::Update),
            Output::Path(_) => Some(Resume::Again),
            Output::InPlace { .. } => Some(Resume::ChangedBefore(began(args.changed_before))),
            Output::Stdout | Output::Nowhere => None,
        };
        read.extend(args.passes.keep_list.iter().cloned());
        read.extend(args.selection.files_from.as_ref().map(|file| match file.to_str() {
            // Standard input may come from a file that lies among the documents.
            Some("-") => PathBuf::from("/dev/stdin"),
            _ => file.clone(),
        }));
        let written = match &telling.report {
            Some(ReportTo::File(path)) => Some(path.clone()),
            _ => None,
        };
        let batch = Batch::new(inputs, output).spare(read, written);
        let mut batch = selected(batch, &args.selection)
            .update(args.update)
            .changed_before(args.changed_before)
            .compare(args.diff)
            .stdin_name(args.formats.stdin_filename.clone());
        if let Some(threads) = args.threads {
            batch = batch.threads(threads);
        }
        if let Some(memory) = args.memory {
            batch = batch.memory(memory);
        }
        Ok(ConvertSettings { pipeline, formats, batch, telling, resume })
    }
}

/// Where documents come from and go to, and what is told of them.
struct Places {
    output: Output,
    inputs: Vec<Input>,
    telling: Telling,
    /// What is not text was asked for.
    allows_binary: bool,
}

impl Places {
    fn new(args: &RunArgs) -> anyhow::Result<Places> {
        if let Some(suffix) = &args.backup {
            let text = suffix.to_string_lossy();
            if text.is_empty() || text.contains(is_separator) || text.chars().any(char::is_control)
            {
                return Err(tip(
                    format!("no suffix for a backup: '{}'", text.escape_debug()),
                    "a part of a file name, as --backup=.old",
                ));
            }
        }
        let output = output(args);
        let inputs = inputs(&args.paths, &args.selection, &output)?;
        let telling = telling(args, &output)?;
        let allows_binary = args.formats.binary || args.formats.format == "plain";
        Ok(Places { output, inputs, telling, allows_binary })
    }
}

fn with_passes(pipeline: Pipeline, args: &PassArgs, default: &str) -> anyhow::Result<Pipeline> {
    let list = args.normalize.as_deref().unwrap_or(default);
    let see = |error: jianfan::Error| tip(error, "'jianfan list passes' shows them all");
    let mut passes: Passes = list.parse().map_err(see)?;
    for list in &args.no_pass {
        passes = passes.without(list).map_err(see)?;
    }
    let mut protection =
        if args.protect_common { Protection::common() } else { Protection::none() };
    for pattern in &args.protect {
        protection = protection.pattern(pattern)?;
    }
    let mut terms = args.keep.clone();
    for path in &args.keep_list {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", shown(path)))?;
        let lines = text.trim_start_matches('\u{FEFF}').lines().map(str::trim);
        terms.extend(
            lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned),
        );
    }
    let pipeline = pipeline.protect(protection.keep(&terms)?).normalize(passes);
    if pipeline.lacks_region() {
        return Err(tip(
            "'quotes' needs a region",
            "quotes=cn, quotes=tw or quotes=hk; or a preset: cn, tw, hk",
        ));
    }
    Ok(pipeline)
}

impl DetectSettings {
    pub(super) fn new(args: &DetectArgs) -> anyhow::Result<DetectSettings> {
        let inputs = inputs(&args.paths, &args.selection, &Output::Nowhere)?;
        let batch = selected(Batch::new(inputs, Output::Nowhere), &args.selection);
        Ok(DetectSettings { batch, charset: charset(&args.encoding, "auto")?, is_json: args.json })
    }
}

fn selected(batch: Batch, args: &SelectionArgs) -> Batch {
    batch
        .globs(args.glob.clone())
        .with_hidden(args.hidden)
        .with_ignored(args.no_ignore)
        .follow_links(args.follow)
        .keep_paths(args.files_from.is_some())
}

/// Returns the charset of this name, or `None` for the word that stands for no name.
fn charset(name: &str, none: &str) -> anyhow::Result<Option<Charset>> {
    if name.eq_ignore_ascii_case(none) {
        return Ok(None);
    }
    let tip_text = format!("'jianfan list encodings' shows the usual ones; there is also '{none}'");
    Charset::named(name).map(Some).map_err(|error| tip(error, &tip_text))
}

fn with_charsets(
    pipeline: Pipeline,
    args: &CharsetArgs,
    output: &Output,
) -> anyhow::Result<Pipeline> {
    let output_charset = match &args.output_encoding {
        Some(name) => charset(name, "keep")?,
        None if matches!(output, Output::InPlace { .. } | Output::Nowhere) => None,
        None => Some(Charset::UTF_8),
    };
    Ok(pipeline
        .charset(charset(&args.encoding, "auto")?)
        .output_charset(output_charset)
        .mark(match args.bom {
            args::Bom::Keep => Mark::Keep,
            args::Bom::Add => Mark::Add,
            args::Bom::Remove => Mark::Remove,
        })
        .on_invalid(match args.on_invalid {
            args::OnInvalid::Error => OnInvalid::Error,
            args::OnInvalid::Keep => OnInvalid::Keep,
            args::OnInvalid::Replace => OnInvalid::Replace,
        })
        .on_unmappable(match args.on_unmappable {
            args::OnUnmappable::Error => OnUnmappable::Error,
            args::OnUnmappable::Entity => OnUnmappable::Entity,
            args::OnUnmappable::Replace => OnUnmappable::Replace,
        }))
}

fn telling(args: &RunArgs, output: &Output) -> anyhow::Result<Telling> {
    let messages = &args.messages;
    let is_terminal = io::stderr().is_terminal();
    let report = match &messages.report {
        None => None,
        Some(word) => Some(report_to(word)?),
    };
    let results_on_stdout = *output == Output::Stdout || args.check || args.diff;
    if matches!(report, Some(ReportTo::Stdout)) && results_on_stdout {
        let message = "--report jsonl would mix with the results on standard output";
        return Err(tip(message, "name a file: --report jsonl=report.jsonl"));
    }
    let to_terminal = io::stdout().is_terminal();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Ok(Telling {
        is_quiet: messages.quiet,
        is_verbose: messages.verbose,
        names_changed: args.check,
        is_check: args.check || args.diff,
        print0: messages.print0,
        is_colored: match messages.color {
            args::Color::Always => true,
            args::Color::Never => false,
            args::Color::Auto => !no_color && to_terminal,
        },
        to_terminal,
        shows_progress: is_terminal && !messages.quiet && *output != Output::Stdout,
        report,
        has_passes: false,
        format: args.passes.message_format,
    })
}

fn report_to(word: &OsStr) -> anyhow::Result<ReportTo> {
    let bytes = word.as_encoded_bytes();
    if bytes == b"jsonl" || bytes == b"jsonl=-" {
        return Ok(ReportTo::Stdout);
    }
    match word.to_str().and_then(|word| word.strip_prefix("jsonl=")) {
        Some(path) if !path.is_empty() => Ok(ReportTo::File(path.into())),
        _ => Err(tip(
            format!("no such report: '{}'", shown(word.as_ref())),
            "there is 'jsonl', to standard output, and 'jsonl=FILE'",
        )),
    }
}

/// What the user's word for a config stands for.
enum Config {
    BuiltIn(&'static str),
    File(PathBuf),
    Unknown(String),
}

impl Config {
    /// A built-in name is never a file: `./s2t` is.
    fn named(word: &Path) -> Config {
        let name = word.to_string_lossy();
        if let Some(config) = jianfan::configs().iter().find(|config| config.name == name) {
            Config::BuiltIn(config.name)
        } else if name.contains(is_separator) || name.ends_with(".json") || word.is_file() {
            Config::File(word.to_owned())
        } else {
            Config::Unknown(name.into_owned())
        }
    }
}

/// Returns the conversion, and the files that it was made from.
fn native(args: &ConfigArgs) -> anyhow::Result<(Pipeline, Vec<PathBuf>)> {
    let converter = open(args, Builder::build)?;
    let files = converter.files().to_vec();
    Ok((Pipeline::new(converter), files))
}

/// Opens what a config is wanted for.
pub(super) fn open<T>(
    args: &ConfigArgs,
    open: impl FnOnce(Builder) -> Result<T, jianfan::Error>,
) -> anyhow::Result<T> {
    let config = Config::named(&args.config);
    let mut builder = match &config {
        Config::BuiltIn(name) => Converter::builder(name),
        Config::File(path) => Converter::builder_from_file(path),
        Config::Unknown(_) if args.config.is_dir() => {
            let path = shown(&args.config);
            return Err(tip(
                format!("'{path}' is a directory, and the first argument is the config"),
                &format!("for instance 'jianfan convert t2s {path}'"),
            ));
        }
        Config::Unknown(name) => return Err(unknown_config(name)),
    };
    for dictionary in &args.dict {
        builder = builder.dictionary_file(dictionary);
    }
    const WHO: &str = "s2t, s2tw, s2twp, s2hk and s2hkp have it";
    let is_asked = args.context == Some(Switch::On);
    let has_context = match &config {
        Config::BuiltIn(name) => {
            let mut known = jianfan::configs().iter();
            let is_able = known.any(|known| known.name == *name && known.has_context());
            if is_asked && !is_able {
                return Err(tip(
                    format!("--context on is of no use with {name}"),
                    &format!("it decides between Traditional characters: {WHO}"),
                ));
            }
            is_able && !args.exact && args.context != Some(Switch::Off)
        }
        Config::File(path) if is_asked => {
            return Err(tip(
                format!("--context on does not work with the config file {}", shown(path)),
                &format!("{WHO}; words of your own go through --dict"),
            ));
        }
        Config::File(_) | Config::Unknown(_) => false,
    };
    if args.cantonese && !has_context {
        return Err(tip("--cantonese is of use only with the context layer", WHO));
    }
    builder = builder.context(has_context).cantonese(args.cantonese);
    match open(builder.include_tofu_risk(args.include_tofu_risk)) {
        Ok(opened) => Ok(opened),
        Err(error) => Err(match (&config, built_in_stem(&args.config)) {
            (Config::File(path), _) if path.extension().is_none_or(|ending| ending != "json") => {
                tip(
                    error,
                    &format!(
                        "the first argument is the config: 'jianfan convert t2s {}'",
                        shown(path)
                    ),
                )
            }
            (Config::File(path), Some(stem)) if !path.exists() => {
                tip(error, &format!("the built-in config is called '{stem}'"))
            }
            _ => error.into(),
        }),
    }
}

/// Returns `s2t` for `s2t.json`, as the built-in configs are called in OpenCC's own command.
fn built_in_stem(path: &Path) -> Option<&'static str> {
    let stem = path.file_stem()?;
    jianfan::configs().iter().map(|config| config.name).find(|name| stem == *name)
}

/// Returns the library's error, which names the nearest configs.
fn unknown_config(name: &str) -> anyhow::Error {
    const ALL: &str = "'jianfan list configs' shows them all";
    match Converter::new(name) {
        Ok(_) => tip(format!("unknown config '{name}'"), ALL),
        Err(error) => tip(error, ALL),
    }
}

#[cfg(feature = "opencc")]
fn libopencc(args: &ConvertArgs) -> anyhow::Result<(Pipeline, Vec<PathBuf>)> {
    let args = &args.config;
    if args.context == Some(Switch::On) {
        return Err(tip("--context on does not work with --engine opencc", "leave one out"));
    }
    if !args.dict.is_empty() {
        return Err(tip(
            "--dict does not work with --engine opencc",
            "leave one out, or name the dictionary in an OpenCC config",
        ));
    }
    let path = match Config::named(&args.config) {
        Config::BuiltIn(name) => PathBuf::from(format!("{name}.json")),
        Config::File(path) => path,
        Config::Unknown(name) => return Err(unknown_config(&name)),
    };
    let libopencc = jianfan::LibOpencc::open(&path).map_err(|error| {
        tip(error, "OPENCC_DATA_DIR is the directory where it looks for configs")
    })?;
    // What that library reads it does not say; a config that it accepts and this crate does not is spared alone.
    let files = Converter::builder_from_file(&path).files().unwrap_or_else(|_| vec![path]);
    Ok((Pipeline::with_libopencc(libopencc), files))
}

#[cfg(not(feature = "opencc"))]
fn libopencc(_: &ConvertArgs) -> anyhow::Result<(Pipeline, Vec<PathBuf>)> {
    Err(tip(
        "this jianfan was built without the opencc engine",
        "'cargo build --release --features opencc' builds it; README.md says what that needs",
    ))
}

fn output(args: &RunArgs) -> Output {
    match args.output.as_deref() {
        _ if args.in_place => Output::InPlace { backup_suffix: args.backup.clone() },
        _ if args.check || args.diff => Output::Nowhere,
        None => Output::Stdout,
        Some(path) if path == Path::new("-") => Output::Stdout,
        Some(path) => Output::Path(path.to_owned()),
    }
}

/// Returns standard input, which may have been opened not to block.
#[cfg(unix)]
fn stdin() -> io::Result<jianfan::batch::Patient<fs::File>> {
    use std::os::fd::AsFd;

    Ok(jianfan::batch::Patient(fs::File::from(io::stdin().as_fd().try_clone_to_owned()?)))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn stdin() -> io::Result<io::Stdin> {
    Ok(io::stdin())
}

/// Returns the paths that a file names, one a line or each with NUL behind it.
fn listed(file: &Path, is_null: bool) -> anyhow::Result<Vec<PathBuf>> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        stdin()
            .and_then(|mut stdin| stdin.read_to_end(&mut bytes))
            .context("cannot read standard input")?;
        bytes
    } else {
        fs::read(file).with_context(|| format!("cannot read {}", shown(file)))?
    };
    let separator = if is_null { 0 } else { b'\n' };
    let mut paths = Vec::new();
    for name in bytes.split(|&byte| byte == separator) {
        let name = if is_null { name } else { name.strip_suffix(b"\r").unwrap_or(name) };
        if !name.is_empty() {
            paths.push(path(name)?);
        }
    }
    Ok(paths)
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere not all bytes are a path")]
fn path(bytes: &[u8]) -> anyhow::Result<PathBuf> {
    use std::os::unix::ffi::OsStrExt;

    Ok(PathBuf::from(OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> anyhow::Result<PathBuf> {
    Ok(PathBuf::from(std::str::from_utf8(bytes).context("a path that is not UTF-8")?))
}

fn inputs(
    paths: &[PathBuf],
    selection: &SelectionArgs,
    output: &Output,
) -> anyhow::Result<Vec<Input>> {
    if let Some(file) = &selection.files_from {
        if !paths.is_empty() {
            return Err(tip("--files-from and paths do not go together", "leave one out"));
        }
        let listed = listed(file, selection.null)?;
        if *output == Output::Stdout {
            return Err(tip("--files-from needs a place for the results", NEEDS_PLACE));
        }
        return Ok(listed.into_iter().map(Input::Path).collect());
    }
    if paths.iter().all(|path| path.as_path() == Path::new("-"))
        && matches!(output, Output::InPlace { .. })
    {
        return Err(tip("-w changes files, and none was named", "name files or directories"));
    }
    let is_stdin = |path: &PathBuf| path.as_path() == Path::new("-");
    match paths {
        [] => return Ok(vec![Input::Stdin]),
        [path] if is_stdin(path) => return Ok(vec![Input::Stdin]),
        _ => {}
    }
    if paths.iter().any(is_stdin) {
        return Err(tip(
            "'-' (standard input) cannot be mixed with other paths",
            "run jianfan for it alone; a file of that name is './-'",
        ));
    }
    if *output == Output::Stdout {
        let what = match paths {
            [path] if path.is_dir() => Some(format!("'{}' is a directory", shown(path))),
            [_] => None,
            paths => Some(format!("there are {} paths", paths.len())),
        };
        if let Some(what) = what {
            return Err(tip(
                format!("{what}, and standard output takes one document only"),
                NEEDS_PLACE,
            ));
        }
    }
    Ok(paths.iter().cloned().map(Input::Path).collect())
}

/// Returns an error whose second line says what to do, in the form that clap uses. Both may quote
/// what the user typed.
pub(super) fn tip(error: impl Display, tip: &str) -> anyhow::Error {
    let error = error.to_string();
    anyhow!("{}\n\n  tip: {}", printable(&error), printable(tip))
}
