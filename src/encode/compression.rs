//! Bytes → compressed bytes.
//!
//! The three writers are Rust and make the same bytes at each run: no time stamps and no names. Zstandard is written as frames of
//! 1 MiB one behind the other, which every reader takes for one file; ruzstd compresses a whole frame at a time.

use std::io::{self, Write};

use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::document::Compression;

/// Bytes in a frame of Zstandard.
const FRAME: usize = 1 << 20;

/// A writer that packs what it is given, or does not.
pub(crate) enum Packer<W: Write> {
    Plain(W),
    Gzip(GzEncoder<W>),
    Zstd(W, Vec<u8>),
    Xz(Box<XzWriter<W>>),
}

impl<W: Write> Packer<W> {
    pub(crate) fn new(output: W, compression: Option<Compression>) -> io::Result<Packer<W>> {
        Ok(match compression {
            None => Packer::Plain(output),
            Some(Compression::Gzip) => {
                Packer::Gzip(GzEncoder::new(output, flate2::Compression::default()))
            }
            Some(Compression::Zstd) => Packer::Zstd(output, Vec::with_capacity(FRAME)),
            Some(Compression::Xz) => {
                Packer::Xz(Box::new(XzWriter::new(output, XzOptions::with_preset(6))?))
            }
        })
    }

    /// Writes what is left and the end.
    pub(crate) fn finish(self) -> io::Result<W> {
        match self {
            Packer::Plain(output) => Ok(output),
            Packer::Gzip(encoder) => encoder.finish(),
            Packer::Zstd(mut output, rest) => {
                // An empty file is one empty frame.
                output.write_all(&compress_to_vec(&rest[..], CompressionLevel::Fastest))?;
                Ok(output)
            }
            Packer::Xz(writer) => writer.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packer::Plain(output) => output.write(bytes),
            Packer::Gzip(encoder) => encoder.write(bytes),
            Packer::Zstd(output, frame) => {
                let len = bytes.len().min(FRAME - frame.len());
                frame.extend_from_slice(&bytes[..len]);
                if frame.len() == FRAME {
                    output.write_all(&compress_to_vec(&frame[..], CompressionLevel::Fastest))?;
                    frame.clear();
                }
                Ok(len)
            }
            Packer::Xz(writer) => writer.write(bytes),
        }
    }

    /// Passes on to a plain output; what is packed waits for more, as flushing would make it larger.
    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packer::Plain(output) => output.flush(),
            _ => Ok(()),
        }
    }
}

impl Compression {
    /// Returns how many bytes of memory its writer takes.
    pub(crate) fn memory_to_write(self) -> u64 {
        match self {
            Compression::Gzip => 0,
            Compression::Zstd => 8 << 20,
            Compression::Xz => 96 << 20,
        }
    }

    /// Returns how a file of this name is to be compressed.
    pub(crate) fn of_name(name: &std::path::Path) -> Option<Compression> {
        let ending = name.extension()?.to_str()?.to_ascii_lowercase();
        Some(match ending.as_str() {
            "gz" => Compression::Gzip,
            "zst" => Compression::Zstd,
            "xz" => Compression::Xz,
            _ => return None,
        })
    }
}
