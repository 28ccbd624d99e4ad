//! An interrupted run leaves the files that are finished, and no temporary ones.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jianfan::batch::Progress;

/// How a run continues that was interrupted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Resume {
    /// By the same command.
    Again,
    /// Results that are there are skipped.
    Update,
    /// What is done must not be converted once more, so files that are newer than the run are
    /// skipped.
    ChangedBefore(SystemTime),
}

/// Returns a time before any file of this run is made and, but for the tick of a file system's
/// clock, after those that were there. A run that continues another keeps its time.
pub(super) fn began(earlier: Option<SystemTime>) -> SystemTime {
    const TICK: Duration = Duration::from_millis(20);
    earlier.unwrap_or_else(|| SystemTime::now().checked_sub(TICK).unwrap_or(SystemTime::UNIX_EPOCH))
}

/// From now on, SIGINT, SIGTERM and SIGHUP stop the batch: files that are complete take their names, and the process ends
/// with 128 and the number of the signal, as a shell counts. A second signal ends it at once. A signal that this process
/// was started to ignore (`nohup`) stays ignored.
#[cfg(unix)]
pub(super) fn keep_finished_files(progress: Arc<Progress>, resume: Resume) -> anyhow::Result<()> {
    use anyhow::Context;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;

    // With a handler, a write beyond the limit of a file's size is an error, and no death.
    signal_hook::flag::register(SIGXFSZ, Arc::default()).context("cannot listen to signals")?;
    let ignored = ignored();
    let heeded =
        [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = Signals::new(heeded).context("cannot listen to signals")?;
    let listen = move || {
        let Some(signal) = signals.forever().next() else { return };
        let told = Arc::clone(&progress);
        // The sync of a slow disk may take long; this thread has to hear the second signal.
        let stopping = std::thread::Builder::new().name("stop".to_owned()).spawn(move || {
            jianfan::batch::stop();
            end(signal, &told, resume);
        });
        if stopping.is_ok() {
            signals.forever().next();
        }
        jianfan::batch::abandon();
        end(signal, &progress, resume);
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(listen)
        .context("cannot listen to signals")?;
    Ok(())
}

/// Reports how far the batch came, and ends the process. A terminal that is stopped, or a pipe that
/// nobody reads, does not keep it from ending.
#[cfg(unix)]
fn end(signal: i32, progress: &Progress, resume: Resume) {
    const PATIENCE: Duration = Duration::from_secs(1);
    let files = progress.files();
    let (send, receive) = std::sync::mpsc::channel();
    let reporting = std::thread::Builder::new().name("report".to_owned()).spawn(move || {
        // Kept to the end, so that this is the last line.
        let _stderr = std::io::stderr().lock();
        super::report::interrupted(files, resume);
        // Nobody waits any more if this was too late.
        let _ = send.send(());
        loop {
            std::thread::park();
        }
    });
    if reporting.is_ok() {
        let _ = receive.recv_timeout(PATIENCE);
    }
    #[expect(
        clippy::exit,
        clippy::disallowed_methods,
        reason = "the other threads must not go on"
    )]
    std::process::exit(128 + signal);
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
pub(super) fn keep_finished_files(_: Arc<Progress>, _: Resume) -> anyhow::Result<()> {
    Ok(())
}
