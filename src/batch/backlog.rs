//! Reports that wait for those of earlier documents, and how much memory they may take.
//!
//! In: reports with diffs and changes, as threads finish them. Out: leave to begin another document. Reports are given in the order
//! of their documents, so that a slow one keeps all behind it in memory; a diff is as long as its document. Here no
//! document is begun while too much waits, unless it is the next to be reported: so there always is one that may go on.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::outcome::Report;
use crate::memory::Budget;
use crate::pipeline::Change;

/// So many times what waits is the budget of all documents.
const SHARE: u64 = 8;

/// What waits.
#[derive(Debug)]
pub(super) struct Backlog<'a> {
    budget: &'a Budget,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: u64,
    /// The document whose report is the next.
    next: usize,
    /// Nobody takes reports any more.
    is_closed: bool,
}

/// Lets all documents begin if its thread panics: the report that they wait for may never come.
#[derive(Debug)]
pub(super) struct ClosesWithPanic<'b, 'a>(&'b Backlog<'a>);

impl Drop for ClosesWithPanic<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.lock().is_closed = true;
            self.0.changed.notify_all();
        }
    }
}

impl<'a> Backlog<'a> {
    /// Returns that nothing waits.
    pub(super) fn new(budget: &'a Budget) -> Backlog<'a> {
        Backlog { budget, state: Mutex::default(), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_begin(&self, state: &State, document: usize) -> bool {
        let is_empty = state.bytes == 0;
        is_empty
            || state.is_closed
            || state.next == document
            || state.bytes <= self.budget.limit() / SHARE
    }

    /// Returns a guard for a thread that takes or gives reports.
    pub(super) fn closes_with_panic(&self) -> ClosesWithPanic<'_, 'a> {
        ClosesWithPanic(self)
    }

    /// Returns whether a document may be begun.
    pub(super) fn is_open(&self, document: usize) -> bool {
        self.may_begin(&self.lock(), document)
    }

    /// Waits until a document may be begun; what the thread has finished before must have been reported.
    pub(super) fn wait(&self, document: usize) {
        let mut state = self.lock();
        while !self.may_begin(&state, document) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts a report that may have to wait.
    pub(super) fn add(&self, report: &Report) {
        self.lock().bytes += size(report);
    }

    /// Says that a report of this [size] is gone, and which one is next.
    pub(super) fn remove(&self, size: u64, next: usize) {
        let mut state = self.lock();
        state.bytes = state.bytes.saturating_sub(size);
        state.next = next;
        drop(state);
        self.changed.notify_all();
    }
}

/// Returns how many bytes a report takes besides a few that each does.
pub(super) fn size(report: &Report) -> u64 {
    let of_change = |change: &Change| {
        let texts = [change.after.as_ref(), change.why.as_ref(), change.entry.as_ref()];
        let texts = texts.into_iter().flatten().map(String::len).sum::<usize>();
        size_of::<Change>() + change.before.len() + texts
    };
    let changes = report.summary.iter().flat_map(|summary| &summary.changes);
    let diff = report.diff.as_ref().map_or(0, String::len);
    (diff + changes.map(of_change).sum::<usize>()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_may_always_begin() {
        let budget = Budget::new(Some(80));
        let backlog = Backlog::new(&budget);
        assert!(backlog.is_open(7));
        let report = Report {
            input: super::super::Input::Stdin,
            output: None,
            summary: None,
            outcome: super::super::Outcome::Changed,
            warning: None,
            diff: Some("-头\n+頭\n".repeat(2)),
        };
        backlog.add(&report);
        assert!(backlog.is_open(0) && !backlog.is_open(1));
        backlog.remove(0, 1);
        assert!(!backlog.is_open(0) && backlog.is_open(1));
        backlog.remove(size(&report), 2);
        assert!(backlog.is_open(5));
    }

    #[test]
    fn nobody_waits_for_a_thread_that_panicked() {
        let budget = Budget::new(Some(80));
        let backlog = Backlog::new(&budget);
        backlog.lock().bytes = 1000;
        assert!(!backlog.is_open(1));
        let panicked = thread::scope(|scope| {
            let thread = scope.spawn(|| {
                let _guard = backlog.closes_with_panic();
                panic!("on purpose");
            });
            backlog.wait(1);
            thread.join()
        });
        assert!(panicked.is_err() && backlog.is_open(1));
    }
}
