//! What the arguments mean: a pipeline that is open, and a batch that knows its inputs and its output.
//!
//! In: [`ConvertArgs`]. Out: [`ConvertSettings`], or an error that says what to type instead. Whether the files can be read
//! and written is the batch's to find out.

use std::fmt::Display;
use std::path::{Path, PathBuf, is_separator};

use anyhow::anyhow;
use jianfan::Converter;
use jianfan::batch::{Batch, Input, Output};
use jianfan::pipeline::Pipeline;

use super::args::{ConvertArgs, Engine};

/// A conversion, ready to run.
#[derive(Debug)]
pub(super) struct ConvertSettings {
    pub(super) pipeline: Pipeline,
    pub(super) batch: Batch,
}

impl ConvertSettings {
    pub(super) fn new(args: ConvertArgs) -> anyhow::Result<ConvertSettings> {
        let output = output(args.output.as_deref());
        let inputs = inputs(&args.paths, &output)?;
        let pipeline = match args.engine {
            Engine::Native => native(&args)?,
            Engine::Opencc => libopencc(&args)?,
        };
        let mut batch = Batch::new(inputs, output);
        if let Some(threads) = args.threads {
            batch = batch.threads(threads);
        }
        Ok(ConvertSettings { pipeline, batch })
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

fn native(args: &ConvertArgs) -> anyhow::Result<Pipeline> {
    let config = Config::named(&args.config);
    let mut builder = match &config {
        Config::BuiltIn(name) => Converter::builder(name),
        Config::File(path) => Converter::builder_from_file(path),
        Config::Unknown(name) => return Err(unknown_config(name)),
    };
    for dictionary in &args.dict {
        builder = builder.dictionary_file(dictionary);
    }
    match builder.include_tofu_risk(args.include_tofu_risk).build() {
        Ok(converter) => Ok(Pipeline::new(converter)),
        Err(error) => Err(match (&config, built_in_stem(&args.config)) {
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
fn libopencc(args: &ConvertArgs) -> anyhow::Result<Pipeline> {
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
    Ok(Pipeline::with_libopencc(libopencc))
}

#[cfg(not(feature = "opencc"))]
fn libopencc(_: &ConvertArgs) -> anyhow::Result<Pipeline> {
    Err(tip(
        "this jianfan was built without the opencc engine",
        "'cargo build --release --features opencc' builds it; README.md says what that needs",
    ))
}

fn output(output: Option<&Path>) -> Output {
    match output {
        None => Output::Stdout,
        Some(path) if path == Path::new("-") => Output::Stdout,
        Some(path) => Output::Path(path.to_owned()),
    }
}

fn inputs(paths: &[PathBuf], output: &Output) -> anyhow::Result<Vec<Input>> {
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
            [path] if path.is_dir() => Some(format!("'{}' is a directory", path.display())),
            [_] => None,
            paths => Some(format!("there are {} paths", paths.len())),
        };
        if let Some(what) = what {
            return Err(tip(
                format!("{what}, and standard output takes one document only"),
                "'-o DIR' writes the results beneath DIR",
            ));
        }
    }
    Ok(paths.iter().cloned().map(Input::Path).collect())
}

/// Returns an error whose second line says what to do, in the form that clap uses.
fn tip(error: impl Display, tip: &str) -> anyhow::Error {
    anyhow!("{error}\n\n  tip: {tip}")
}
