//! Where a stream goes: counted, and packed if it is asked for.
//!
//! In: converted bytes. Out: the same in a file, with their number. A compressed file is counted as it is on the disk.

use std::io::{self, Write};

use super::Summary;
use super::stream::{Broken, Packing};
use crate::encode::compression::Packer;

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
