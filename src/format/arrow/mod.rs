//! Tables: Parquet and Arrow, whose columns of text are converted.
//!
//! In: the bytes of a file. Out: the values of its columns of text; then the file with those that changed. The naive way reads the
//! table with one library and writes it with the same one: types come back as others, chunks of columns are cut
//! elsewhere, and whatever the library does not know is gone. Here a column that does not change is copied byte
//! for byte, as are schema and metadata, and only what holds a changed value is written anew.
//!
//! ```text
//! parquet  row groups, columns, pages          ipc     messages of Arrow, in a file or a stream
//! schema   which columns of Parquet are text   layout  which columns of Arrow are text, and where in a message
//! thrift   the footer of Parquet               body    the text in the body of a message
//! columns  which columns are wanted, and their values
//! ```
//!
//! Text is what the schema calls so: not JSON (it has keys), not names of an enumeration, not bytes, and not the keys of maps. Of a value
//! that is found more than once in a column (of a row group, of a message) passes tell what they changed once, where it
//! stands first.
//!
//! In memory are: the file, its result, and of one column in one row group (or message) at a time the different values, before
//! and after.

mod body;
mod columns;
mod ipc;
mod layout;
mod parquet;
mod schema;
mod thrift;

use crate::error::Error;
use columns::Convert;

pub(crate) use columns::{Converted, Values};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Parquet,
    Arrow,
}

/// A table, and which columns of it are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    kind: Kind,
    columns: Vec<String>,
}

/// Bytes of a file: as much is held three times.
pub(crate) const MOST: u64 = 16 << 30;

/// What is unpacked to more than this many times its length is a trap, if it is longer than [`FREE`].
const MOST_RATIO: usize = 1000;
/// Bytes that anything may be unpacked to.
const FREE: usize = 64 << 20;
/// Bytes that what says of rows where their text is may be unpacked to: of millions of rows that are nearly all empty it is packed to
/// nothing.
const FREE_OFFSETS: usize = 256 << 20;

/// Returns whether as many bytes can have been packed into so few.
fn is_plausible(unpacked: usize, packed: usize, free: usize) -> bool {
    unpacked <= free || unpacked / MOST_RATIO <= packed
}

impl Table {
    pub(crate) fn new(kind: Kind, columns: &[String]) -> Table {
        Table { kind, columns: columns.to_vec() }
    }

    /// Returns what the format is called.
    pub(crate) fn name(&self) -> &'static str {
        match self.kind {
            Kind::Parquet => parquet::NAME,
            Kind::Arrow => ipc::NAME,
        }
    }

    /// Converts a table; `None` if nothing in it changes.
    pub(crate) fn convert(
        &self,
        input: &[u8],
        convert: &mut Convert<'_>,
    ) -> Result<Option<Vec<u8>>, Error> {
        if input.len() as u64 > MOST {
            let message = format!("it is longer than {} GiB", MOST >> 30);
            return Err(Error::package(self.name(), None, message));
        }
        match self.kind {
            Kind::Parquet => parquet::convert(input, &self.columns, convert),
            Kind::Arrow => ipc::convert(input, &self.columns, convert),
        }
    }
}

/// Returns what a file is by its head; `None` if it is no table.
pub(crate) fn sniff(head: &[u8]) -> Option<Kind> {
    if parquet::is_parquet(head) {
        Some(Kind::Parquet)
    } else if ipc::is_arrow(head) {
        Some(Kind::Arrow)
    } else {
        None
    }
}

/// Returns whether it takes more of a file to tell what it is.
pub(crate) fn is_undecided(head: &[u8]) -> bool {
    parquet::is_undecided(head) || ipc::is_undecided(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_nearly_all_empty_are_plausible() {
        let rows = 40_000_000 * 4;
        assert!(is_plausible(rows, rows / 20_000, FREE_OFFSETS));
        assert!(!is_plausible(rows, rows / 20_000, FREE));
        assert!(!is_plausible(rows * 2, rows / 20_000, FREE_OFFSETS));
        assert!(is_plausible(rows * 2, rows / 400, FREE));
    }
}
