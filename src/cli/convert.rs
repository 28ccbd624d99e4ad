//! `jianfan convert`: opens the converter once, then hands everything to the batch.

use std::process::ExitCode;

use super::args::ConvertArgs;
use super::interrupt;
use super::report::Reporter;
use super::settings::ConvertSettings;

pub(super) fn run(args: ConvertArgs) -> anyhow::Result<ExitCode> {
    let ConvertSettings { pipeline, batch, telling, writes_files } = ConvertSettings::new(args)?;
    if writes_files {
        interrupt::leave_no_temporary_files()?;
    }
    let mut reporter = Reporter::new(telling, &batch)?;
    let totals = batch.run(&pipeline, |report| reporter.tell(&report))?;
    reporter.finish(&totals)
}
