//! The progress bar: on a terminal only, and only if the run takes long enough to be looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jianfan::batch::Progress;

/// The progress bar, and the thread that moves it.
pub(super) struct Bar {
    bar: ProgressBar,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Shorter runs show nothing.
    const AFTER: Duration = Duration::from_millis(500);
    const EVERY: Duration = Duration::from_millis(100);

    pub(super) fn start(progress: Arc<Progress>) -> Bar {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        // Without the template the bar has another look, and no failure.
        if let Ok(style) = ProgressStyle::with_template(
            "{bar:24} {bytes}/{total_bytes}, {msg}, {bytes_per_sec}, {eta} left",
        ) {
            bar.set_style(style);
        }
        let stop = Arc::new(AtomicBool::new(false));
        let thread = thread::spawn({
            let (bar, stop) = (bar.clone(), Arc::clone(&stop));
            move || {
                thread::park_timeout(Bar::AFTER);
                if !stop.load(Ordering::Relaxed) {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                while !stop.load(Ordering::Relaxed) {
                    let ((files, all_files), (bytes, all_bytes)) =
                        (progress.files(), progress.bytes());
                    bar.set_length(all_bytes.max(bytes));
                    bar.set_message(format!("{files} of {all_files} files"));
                    bar.set_position(bytes);
                    thread::park_timeout(Bar::EVERY);
                }
            }
        });
        Bar { bar, stop, thread: Some(thread) }
    }

    /// Returns a handle by which it can be taken off the screen while something else is printed.
    pub(super) fn handle(&self) -> ProgressBar {
        self.bar.clone()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the thread that draws is no failure of the work.
            drop(thread.join());
        }
        self.bar.finish_and_clear();
    }
}
