//! What is learned of a document on its way, and told in the end.
//!
//! In: what each part of a document had to tell. Out: a [`Summary`] of the whole, which holds a bounded number of changes whatever the
//! document is like; the naive list of all of them is longer than the document.

use super::change::Change;
use super::formatted::Fault;
use crate::charset::Charset;
use crate::document::Compression;

/// Most changes of a document that are kept; more are counted.
const MOST_CHANGES: usize = 100_000;

/// Most faults that are kept: who has more of them has another problem than the next.
const MOST_FAULTS: usize = 1000;

/// What was learned about a document on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// The charset that it was read in; `None` if there was nothing but ASCII.
    pub charset: Option<Charset>,
    /// Whether it began with a byte order mark.
    pub has_mark: bool,
    /// How it was compressed.
    pub compression: Option<Compression>,
    /// Bytes read, as they are in the file.
    pub bytes_in: u64,
    /// Bytes written, as they are in the file.
    pub bytes_out: u64,
    /// Whether what was written differs from what was read; of compressed documents, the contents.
    pub is_changed: bool,
    /// How many characters the conversion changed, if the pipeline [counts](super::Pipeline::count_characters) them.
    pub characters_changed: u64,
    /// What the passes changed and left, in the order of their places, if the pipeline [keeps](super::Pipeline::keep_changes) it.
    pub changes: Vec<Change>,
    /// How many more changes there were than are kept, which is at most 100,000 of a document.
    pub changes_omitted: u64,
    /// The format that it was taken for.
    pub format: String,
    /// Parts that are not of this format and were left as they were, as a line that is no JSON.
    pub faults: Vec<Fault>,
    /// How many more of them there were than are kept, which is at most 1,000 of a document.
    pub faults_omitted: u64,
}

/// What the passes told of a document, or a part of it.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) changes: Vec<Change>,
    pub(super) omitted: u64,
    pub(super) faults: Vec<Fault>,
    pub(super) faults_omitted: u64,
}

impl Told {
    /// Adds a fault, or counts it.
    pub(super) fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        } else {
            self.faults_omitted += 1;
        }
    }

    pub(super) fn add(&mut self, mut changes: Vec<Change>, omitted: u64) {
        let room = MOST_CHANGES.saturating_sub(self.changes.len());
        let over = changes.len().saturating_sub(room);
        changes.truncate(room);
        self.changes.append(&mut changes);
        self.omitted += over as u64 + omitted;
    }

    /// Returns where it is told in which entry of a package something is.
    pub(super) fn entries(&mut self) -> impl Iterator<Item = &mut Option<String>> {
        let changes = self.changes.iter_mut().map(|change| &mut change.entry);
        changes.chain(self.faults.iter_mut().map(|fault| &mut fault.entry))
    }

    /// Returns what a document that is no text became, and what was learned; `None`: nothing in it changed, and it is the very bytes.
    pub(super) fn of_bytes(
        self,
        format: &str,
        input: &[u8],
        changed: Option<Vec<u8>>,
        characters_changed: u64,
    ) -> (Vec<u8>, Summary) {
        let is_changed = changed.is_some();
        let output = changed.unwrap_or_else(|| input.to_vec());
        let summary = Summary {
            charset: Some(Charset::UTF_8),
            has_mark: false,
            compression: None,
            bytes_in: input.len() as u64,
            bytes_out: output.len() as u64,
            is_changed,
            characters_changed,
            changes: self.changes,
            changes_omitted: self.omitted,
            format: format.to_owned(),
            faults: self.faults,
            faults_omitted: self.faults_omitted,
        };
        (output, summary)
    }

    /// Adds what was told of the next part.
    pub(super) fn append(&mut self, mut more: Told) {
        self.add(std::mem::take(&mut more.changes), more.omitted);
        self.faults_omitted += more.faults_omitted;
        std::mem::take(&mut more.faults).into_iter().for_each(|fault| self.fault(fault));
    }
}
