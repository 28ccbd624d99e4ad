//! `jianfan convert` and `jianfan normalize`: open the pipeline once, then hand everything to the batch.

use std::process::ExitCode;

use super::interrupt;
use super::report::Reporter;
use super::settings::ConvertSettings;

pub(super) fn run(settings: ConvertSettings) -> anyhow::Result<ExitCode> {
    let ConvertSettings { pipeline, formats, batch, telling, resume } = settings;
    if let Some(resume) = resume {
        interrupt::keep_finished_files(batch.progress(), resume)?;
    }
    let mut reporter = Reporter::new(telling, &batch)?;
    let totals = batch.run(&pipeline, |report| reporter.tell(&report))?;
    Ok(reporter.finish(&totals, &formats))
}
