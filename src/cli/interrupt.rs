//! An interrupted run leaves finished files, and no temporary ones.

/// From now on, SIGINT, SIGTERM and SIGHUP remove the temporary files before they end the process with 128 and their
/// number, as a shell counts. A signal that this process was started to ignore (`nohup`) stays ignored.
#[cfg(unix)]
pub(super) fn leave_no_temporary_files() -> anyhow::Result<()> {
    use std::sync::Arc;

    use anyhow::Context;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    // With a handler, a write beyond the limit of a file's size is an error, and no death.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).context("cannot listen to signals")?;
    let ignored = ignored();
    let heeded =
        [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = Signals::new(heeded).context("cannot listen to signals")?;
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                jianfan::batch::abandon();
                super::report::interrupted();
                #[expect(
                    clippy::exit,
                    clippy::disallowed_methods,
                    reason = "the other threads must not go on"
                )]
                std::process::exit(128 + signal);
            }
        })
        .context("cannot listen to signals")?;
    Ok(())
}

/// Returns the signals that are ignored, signal 1 in the lowest bit; none where the system does not tell.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).unwrap_or(0)
}

/// Elsewhere a process that is ended leaves its temporary files.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
pub(super) fn leave_no_temporary_files() -> anyhow::Result<()> {
    Ok(())
}
