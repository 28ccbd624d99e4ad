//! `jianfan detect`: what files are written in, one a line.

use std::process::ExitCode;

use jianfan::batch::{Detection, Input};
use jianfan::pipeline::Detected;

use super::args::DetectArgs;
use super::json::Object;
use super::report::{self, path_of};
use super::settings::DetectSettings;
use super::stdout::Sink;

pub(super) fn run(args: &DetectArgs) -> anyhow::Result<ExitCode> {
    let DetectSettings { batch, charset, is_json } = DetectSettings::new(args)?;
    let mut out = Sink::stdout();
    let mut failed = false;
    batch.detect(charset, |input, detection| {
        failed |= matches!(detection, Detection::Failed(_));
        let line = if is_json {
            Some(json(&input, &detection))
        } else {
            match &detection {
                Detection::Found(detected) => Some(line(&input, detected)),
                Detection::Skipped(reason) => {
                    report::skipped(&input, reason);
                    None
                }
                Detection::Failed(error) => {
                    report::failed(&input, error);
                    None
                }
            }
        };
        // Without a reader the other files are looked at all the same: some may fail.
        line.into_iter().for_each(|line| out.write(format!("{line}\n")));
    })?;
    if let Some(message) = out.finish() {
        failed = true;
        report::failure(&message);
    }
    Ok(report::code(failed, false))
}

fn line(input: &Input, detected: &Detected) -> String {
    let mut charset = detected.charset.map_or("ASCII", |charset| charset.name()).to_owned();
    if detected.has_mark {
        charset += " with BOM";
    }
    if detected.charset_confidence < 0.995 {
        charset += &format!(" ({:.0}%)", detected.charset_confidence * 100.0);
    }
    if let Some(compression) = detected.compression {
        charset += &format!(" in {}", compression.name());
    }
    let script = match detected.script_confidence {
        confidence if confidence >= 0.995 || confidence == 0.0 => detected.script.name().to_owned(),
        confidence => format!("{} ({:.0}%)", detected.script.name(), confidence * 100.0),
    };
    let region = detected.region.map_or(String::new(), |region| format!(", {region}"));
    let ends = line_ends(detected);
    format!("{}: {charset}, {ends}, {script}{region}", path_of(input))
}

fn line_ends(detected: &Detected) -> &'static str {
    match detected.line_ends.map(|count| count > 0) {
        [false, false, false] => "no line ends",
        [true, false, false] => "LF",
        [false, true, false] => "CRLF",
        [false, false, true] => "CR",
        _ => "mixed line ends",
    }
}

fn json(input: &Input, detection: &Detection) -> String {
    let mut object = Object::new();
    object.path("path", input);
    let detected = match detection {
        Detection::Found(detected) => detected,
        Detection::Skipped(reason) => return object.text("skipped", reason).end(),
        Detection::Failed(error) => return object.error(error).end(),
    };
    object
        .text("charset", detected.charset.map_or("ASCII", |charset| charset.name()))
        .share("charset_confidence", detected.charset_confidence)
        .flag("bom", detected.has_mark)
        .optional("compression", detected.compression.map(|compression| compression.name()))
        .numbers("line_ends", &["lf", "crlf", "cr"], &detected.line_ends)
        .text("script", detected.script.name())
        .share("script_confidence", detected.script_confidence)
        .numbers("characters", &["han", "simplified", "traditional"], &detected.characters)
        .optional("region", detected.region)
        .numbers("region_hints", &["tw", "hk", "cn"], &detected.region_hints)
        .end()
}
