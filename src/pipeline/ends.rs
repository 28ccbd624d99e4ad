//! Both ends of a stream: what is read as a whole all the same, and what is written besides blocks.
//!
//! In: a reader, or the bytes of a converted package. Out: its bytes, with memory held for them as they come, or a written document. The
//! naive way is `read_to_end`, which grows without asking.

use std::io::{self, Read, Write};

use super::stream::BIG;
use super::{Sizes, Summary};
use crate::decode::reader::carried;
use crate::document::Compression;
use crate::encode::compression::Packer;
use crate::error::Error;
use crate::memory::Held;

/// What ended a stream early.
#[derive(Debug)]
pub(crate) enum Broken {
    Read(io::Error),
    Write(io::Error),
    Document(Error),
}

impl Broken {
    /// An error of reading, or one of the document that came by the same way.
    pub(crate) fn read(error: io::Error) -> Broken {
        error.downcast().map_or_else(Broken::Read, Broken::Document)
    }

    /// An error of writing, or one of the document that came by the same way.
    pub(crate) fn write(error: io::Error) -> Broken {
        error.downcast().map_or_else(Broken::Write, Broken::Document)
    }
}

/// How the output is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    AsInput,
    As(Option<Compression>),
}

/// Returns the room of a result for the next one, unless that took more than results usually do.
pub(super) fn emptied(mut room: Vec<u8>) -> Vec<u8> {
    if room.capacity() > BIG {
        return Vec::new();
    }
    room.clear();
    room
}

/// Reads all that is left of an input behind `bytes`, and holds as much as they take.
pub(crate) fn read_all(
    input: &mut dyn Read,
    bytes: &mut Vec<u8>,
    held: &mut Held<'_>,
) -> io::Result<()> {
    loop {
        // Room for the next read, and for as much again where the bytes have to move.
        let more = (bytes.len() / 4).max(Sizes::DEFAULT.block);
        held.at_least((bytes.len() + more) as u64 + bytes.len() as u64 / 8).map_err(carried)?;
        bytes.reserve_exact(more);
        let read = input.take(more as u64).read_to_end(bytes)?;
        if read < more {
            return Ok(());
        }
    }
}

/// Writes a package that was converted.
pub(super) fn pack(
    converted: &[u8],
    output: impl Write + Send,
    packing: Packing,
    mut summary: Summary,
) -> Result<Summary, Broken> {
    let compression = match packing {
        Packing::AsInput => None,
        Packing::As(compression) => compression,
    };
    let counted = Counted { output, bytes: 0 };
    let mut packer = Packer::new(counted, compression).map_err(Broken::write)?;
    packer.write_all(converted).map_err(Broken::write)?;
    let mut end = packer.finish().map_err(Broken::write)?;
    end.flush().map_err(Broken::write)?;
    summary.bytes_out = end.bytes;
    Ok(summary)
}

/// Counts what is written to a file.
pub(super) struct Counted<W> {
    pub(super) output: W,
    pub(super) bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.output.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}
