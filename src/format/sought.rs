//! What a user named in documents, and whether any had it.
//!
//! In: of each document, which of the named fields were there, and what else there is. Out: those that no document had. The naive way
//! converts nothing without a word, and a user who mistyped a name takes the files for converted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Names that are told as those that there are.
const LISTED: usize = 20;

/// What is sought in all documents of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllSought {
    pub(crate) fields: Sought,
    pub(crate) elements: Sought,
}

/// The names of one option, by their numbers; clones share what is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    /// As bits.
    found: AtomicU64,
    documents: AtomicU64,
    seen: Mutex<Vec<String>>,
}

impl Sought {
    /// Returns the bit of a name; those beyond 63 share one.
    pub(crate) fn bit(index: usize) -> u64 {
        1 << index.min(63)
    }

    /// Adds a name to those that were seen, unless there are enough.
    pub(crate) fn see(&self, seen: &mut Vec<String>, name: &str) {
        if seen.len() < LISTED && !seen.iter().any(|known| known == name) {
            seen.push(name.to_owned());
        }
    }

    /// Adds what was found in a document, or a part of one.
    pub(crate) fn add(&self, found: u64, seen: Vec<String>) {
        self.0.found.fetch_or(found, Ordering::Relaxed);
        self.0.documents.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut known) = self.0.seen.lock()
            && known.len() < LISTED
        {
            seen.iter().for_each(|name| self.see(&mut known, name));
        }
    }

    /// Returns whether something was found, or the names of what there is are known.
    pub(crate) fn is_known(&self) -> bool {
        self.0.found.load(Ordering::Relaxed) != 0
            || self.0.seen.lock().is_ok_and(|known| !known.is_empty())
    }

    /// Returns those of the names that no document had, if there was any document.
    pub(crate) fn missing<'a>(&self, names: &'a [String]) -> Vec<&'a str> {
        if self.0.documents.load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let found = self.0.found.load(Ordering::Relaxed);
        let names = names.iter().enumerate();
        names
            .filter(|&(index, _)| found & Sought::bit(index) == 0)
            .map(|(_, name)| &**name)
            .collect()
    }

    /// Returns names of what documents have.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.0.seen.lock().map(|known| known.clone()).unwrap_or_default()
    }
}
