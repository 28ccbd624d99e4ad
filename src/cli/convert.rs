//! `jianfan convert`: opens the converter once, then hands everything to the batch.

use std::process::ExitCode;

use super::args::ConvertArgs;
use super::report;
use super::settings::ConvertSettings;

pub(super) fn run(args: ConvertArgs) -> anyhow::Result<ExitCode> {
    let ConvertSettings { pipeline, batch } = ConvertSettings::new(args)?;
    let outcome = batch.run(&pipeline)?;
    Ok(report::outcome(&outcome))
}
