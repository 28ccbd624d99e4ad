//! What the arguments say about formats.

use std::collections::BTreeSet;

use jianfan::format::{Formats, Options};

use super::args::FormatArgs;
use super::settings::tip;

/// The formats that documents may have, and what is named in them.
#[derive(Debug)]
pub(super) struct FormatChoice {
    formats: Formats,
    /// The options that name something, and the formats that have it.
    naming: Vec<(&'static str, &'static [&'static str])>,
}

impl FormatChoice {
    /// Returns what is asked for; `config` is the built-in config, if it is one.
    pub(super) fn new(args: &FormatArgs, config: Option<&str>) -> anyhow::Result<FormatChoice> {
        let mut naming: Vec<(_, &'static [_])> = vec![
            ("--field", &["json", "jsonc", "jsonl"]),
            ("--column", &["csv", "tsv", "parquet", "arrow"]),
            ("--element", &["xml"]),
        ];
        let given = [&args.field, &args.column, &args.element].map(|names| !names.is_empty());
        let mut given = given.into_iter();
        naming.retain(|_| given.next() == Some(true));
        let formats = formats(args, config)?;
        let in_vain = naming.iter().find(|(_, of)| !of.contains(&&*args.format));
        match in_vain {
            Some((option, of)) if args.format != "auto" => Err(tip(
                format!("{option} is of no use with --format {}", args.format),
                &format!("it is for {}", of.join(", ")),
            )),
            _ => Ok(FormatChoice { formats, naming }),
        }
    }

    pub(super) fn formats(&self) -> &Formats {
        &self.formats
    }

    /// Returns what was named and is in no document, of which there were some of these formats.
    pub(super) fn in_vain(&self, seen: &BTreeSet<String>) -> Vec<String> {
        let in_vain = |(_, of): &&(_, &[&str])| !of.iter().any(|format| seen.contains(*format));
        let mut told = Vec::new();
        if !seen.is_empty() {
            let seen = seen.iter().map(|format| &**format).collect::<Vec<_>>().join(", ");
            told.extend(self.naming.iter().filter(in_vain).map(|(option, of)| {
                format!("{option} was of no use: it is for {}; there was {seen}", of.join(", "))
            }));
        }
        told.extend(self.formats.missing());
        told
    }
}

fn formats(args: &FormatArgs, config: Option<&str>) -> anyhow::Result<Formats> {
    let mut options = Options::default();
    options.fields.clone_from(&args.field);
    options.columns.clone_from(&args.column);
    options.elements.clone_from(&args.element);
    options.front_matter = args.front_matter;
    options.code = args.code;
    options.lang = match args.lang.as_deref() {
        Some("") => Some(lang(config)?.to_owned()),
        Some(tag) if !is_tag(tag) => {
            return Err(tip(
                format!("no tag of a language: '{}'", tag.escape_debug()),
                "as --lang=zh-TW",
            ));
        }
        tag => tag.map(str::to_owned),
    };
    let see = |error: jianfan::Error| tip(error, "'jianfan list formats' shows them all");
    match &*args.format {
        "auto" => Ok(Formats::auto(options)?),
        name if jianfan::format::formats().iter().any(|format| format.name == name) => {
            Ok(Formats::named(name, options)?)
        }
        name => Formats::named(name, options).map_err(see),
    }
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Returns the language that a config converts to.
fn lang(config: Option<&str>) -> anyhow::Result<&'static str> {
    let known = jianfan::configs().iter().find(|known| Some(known.name) == config);
    match known.map(|known| known.to.trim_end_matches('p')) {
        Some("s") => Ok("zh-Hans"),
        Some("t") => Ok("zh-Hant"),
        Some("tw") => Ok("zh-TW"),
        Some("hk") => Ok("zh-HK"),
        Some("j" | "jp") => Ok("ja"),
        _ => Err(tip("--lang needs a tag here", "as --lang=zh-TW")),
    }
}
