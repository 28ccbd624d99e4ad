//! What the arguments say about formats.

use jianfan::format::{Formats, Options};

use super::args::FormatArgs;
use super::settings::tip;

/// Returns the formats that are asked for; `config` is the built-in config, if it is one.
pub(super) fn formats(args: &FormatArgs, config: Option<&str>) -> anyhow::Result<Formats> {
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
