//! How much memory documents may take together, and who has how much of it.
//!
//! In: what a document is about to hold, as an estimate made before it is allocated. Out: leave to go on, or an error of
//! that document. Rust aborts the process when an allocation fails, and Linux kills it without one, so a document that
//! is too large has to be found before its memory is asked for.
//!
//! A document that finds the budget taken by others waits if it holds nothing yet. One that holds something must not wait:
//! two of them would wait for each other. It fails as [busy](Error::is_memory_busy), lets go of everything, and is begun
//! again when no other is under way, with the whole budget. So an outcome depends on the document and the budget alone, and
//! never on what else was under way.

mod machine;

use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::Error;

/// Bytes of each document that are not counted: nearly all documents need less, and take no lock that others hold.
const FREE: u64 = 1 << 20;

/// An amount of memory that documents share.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    /// What was asked for; without it, the default is found out when a document is first too large to be free.
    limit: OnceLock<u64>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes that leases hold.
    used: u64,
    /// The number of the next that has to wait, and of the one whose turn it is: a large document must not wait for ever
    /// while small ones come and go.
    next: u64,
    turn: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Budget {
    /// Returns a budget of so many bytes; `None` is a quarter of what the process may use.
    pub(crate) fn new(limit: Option<u64>) -> Budget {
        let budget = Budget::default();
        if let Some(limit) = limit {
            let _first = budget.limit.set(limit);
        }
        budget
    }

    pub(crate) fn limit(&self) -> u64 {
        *self.limit.get_or_init(machine::default_budget)
    }

    /// Begins a document, which holds nothing yet.
    pub(crate) fn lease(&self) -> Lease<'_> {
        Lease { budget: self, is_alone: false, state: Mutex::default() }
    }

    /// Begins a document as soon as no other holds anything, and keeps others from holding anything until it ends.
    pub(crate) fn lease_alone(&self) -> Lease<'_> {
        self.wait(self.limit().max(1));
        Lease { budget: self, is_alone: true, state: Mutex::default() }
    }

    /// Takes so many bytes as soon as they are there, in the order in which they were asked for.
    fn wait(&self, bytes: u64) {
        let limit = self.limit().max(1);
        let mut state = lock(&self.state);
        let number = state.next;
        state.next += 1;
        while state.turn != number || state.used > 0 && state.used + bytes > limit {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.turn += 1;
        state.used += bytes;
        drop(state);
        self.changed.notify_all();
    }

    /// Takes so many bytes if they are there.
    fn take(&self, bytes: u64) -> bool {
        let mut state = lock(&self.state);
        let is_there = state.used + bytes <= self.limit();
        if is_there {
            state.used += bytes;
        }
        is_there
    }

    fn give_back(&self, bytes: u64) {
        lock(&self.state).used -= bytes;
        self.changed.notify_all();
    }
}

/// What one document holds of a budget.
#[derive(Debug)]
pub(crate) struct Lease<'a> {
    budget: &'a Budget,
    /// All of the budget is its own.
    is_alone: bool,
    state: Mutex<LeaseState>,
}

#[derive(Debug, Default)]
struct LeaseState {
    held: u64,
    /// What was refused.
    refused: Option<(u64, bool)>,
}

fn counted(bytes: u64) -> u64 {
    bytes.saturating_sub(FREE)
}

impl Lease<'_> {
    /// Holds so many bytes more until the result is dropped.
    ///
    /// # Errors
    ///
    /// If the document would hold more than the budget, or others hold too much of it and this one holds some already.
    pub(crate) fn hold(&self, bytes: u64) -> Result<Held<'_>, Error> {
        let mut held = Held { lease: self, bytes: 0 };
        held.grow(bytes)?;
        Ok(held)
    }

    /// Holds nothing, to be [resized](Held::resize).
    pub(crate) fn nothing(&self) -> Held<'_> {
        Held { lease: self, bytes: 0 }
    }

    fn add(&self, bytes: u64) -> Result<(), Error> {
        let mut state = lock(&self.state);
        let total = state.held.saturating_add(bytes);
        let more = counted(total) - counted(state.held);
        if more > 0 {
            let limit = self.budget.limit();
            if total > limit.max(FREE) {
                state.refused = Some((total, false));
                return Err(Error::memory(total, limit));
            }
            if self.is_alone {
                // It has all of it.
            } else if counted(state.held) == 0 {
                self.budget.wait(more);
            } else if !self.budget.take(more) {
                state.refused = Some((total, true));
                return Err(Error::memory_busy(total, limit));
            }
        }
        state.held = total;
        Ok(())
    }

    fn sub(&self, bytes: u64) {
        let mut state = lock(&self.state);
        let rest = state.held.saturating_sub(bytes);
        let less = counted(state.held) - counted(rest);
        state.held = rest;
        drop(state);
        if less > 0 && !self.is_alone {
            self.budget.give_back(less);
        }
    }

    /// Returns how much may be held yet, whatever others hold.
    pub(crate) fn rest(&self) -> u64 {
        let held = lock(&self.state).held;
        self.budget.limit().saturating_sub(held)
    }

    /// Returns the error of a document for which something unknown, but more than there is, would have to be held.
    pub(crate) fn too_small(&self) -> Error {
        let limit = self.budget.limit();
        match self.is_alone {
            true => Error::memory(limit.saturating_add(1), limit),
            false => Error::memory_busy(limit, limit),
        }
    }

    /// Returns whether all of the budget is this document's.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone
    }

    /// Returns the error of the last time that something was refused, for callers who got it through errors of another type.
    pub(crate) fn refused(&self) -> Option<Error> {
        let (total, is_busy) = lock(&self.state).refused?;
        let limit = self.budget.limit();
        Some(if is_busy { Error::memory_busy(total, limit) } else { Error::memory(total, limit) })
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let held = counted(lock(&self.state).held);
        match self.is_alone {
            true => self.budget.give_back(self.budget.limit().max(1)),
            false if held > 0 => self.budget.give_back(held),
            false => {}
        }
    }
}

/// A part of what a document holds.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    lease: &'a Lease<'a>,
    bytes: u64,
}

impl Held<'_> {
    /// Makes it so many bytes.
    ///
    /// # Errors
    ///
    /// As [`Lease::hold`].
    pub(crate) fn resize(&mut self, bytes: u64) -> Result<(), Error> {
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.grow(more),
            None => {
                self.lease.sub(self.bytes - bytes);
                self.bytes = bytes;
                Ok(())
            }
        }
    }

    fn grow(&mut self, more: u64) -> Result<(), Error> {
        if more > 0 {
            self.lease.add(more)?;
            self.bytes += more;
        }
        Ok(())
    }

    /// Makes it so many bytes if it is less.
    ///
    /// # Errors
    ///
    /// As [`Lease::hold`].
    pub(crate) fn at_least(&mut self, bytes: u64) -> Result<(), Error> {
        if bytes > self.bytes { self.resize(bytes) } else { Ok(()) }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.lease.sub(self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_document_gets_up_to_the_budget_and_no_more() {
        let budget = Budget::new(Some(10 * MIB));
        let lease = budget.lease();
        let first = lease.hold(6 * MIB).unwrap();
        let error = lease.hold(5 * MIB).unwrap_err();
        assert_eq!(error.memory_needed(), Some(11 * MIB));
        assert!(!error.is_memory_busy());
        drop(first);
        let mut held = lease.hold(10 * MIB).unwrap();
        held.resize(MIB).unwrap();
        assert_eq!(lease.rest(), 9 * MIB);
    }

    #[test]
    fn one_that_holds_something_does_not_wait_for_another() {
        let budget = Budget::new(Some(10 * MIB));
        let (one, two) = (budget.lease(), budget.lease());
        let _one = one.hold(5 * MIB).unwrap();
        let held = two.hold(4 * MIB).unwrap();
        assert!(two.hold(4 * MIB).unwrap_err().is_memory_busy());
        assert!(two.refused().is_some_and(|error| error.is_memory_busy()));
        drop((_one, held));
        drop(one);
        drop(two);
        assert!(budget.lease_alone().hold(10 * MIB).is_ok());
    }

    #[test]
    fn many_documents_never_hold_more_than_the_budget_and_all_end() {
        let budget = Budget::new(Some(32 * MIB));
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for number in 0..8_u64 {
                let (budget, now, most) = (&budget, &now, &most);
                scope.spawn(move || {
                    for round in 0..200 {
                        let bytes = (number * 7 + round) % 30 * MIB;
                        let grow = |lease: &Lease<'_>| -> Result<(), Error> {
                            let mut held = lease.hold(bytes / 2)?;
                            held.resize(bytes)?;
                            let total = now.fetch_add(counted(bytes), Ordering::SeqCst);
                            most.fetch_max(total + counted(bytes), Ordering::SeqCst);
                            thread::yield_now();
                            now.fetch_sub(counted(bytes), Ordering::SeqCst);
                            Ok(())
                        };
                        match grow(&budget.lease()) {
                            Err(error) if error.is_memory_busy() => {
                                grow(&budget.lease_alone()).unwrap();
                            }
                            result => result.unwrap(),
                        }
                    }
                });
            }
        });
        assert!(most.load(Ordering::SeqCst) <= 32 * MIB);
        assert_eq!(lock(&budget.state).used, 0);
    }
}
