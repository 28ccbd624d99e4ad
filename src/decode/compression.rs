//! Compressed bytes → the bytes that were compressed.
//!
//! A file is known by its first bytes and not by its name: a `.gz` that some client has unpacked already is common. All
//! three decoders are Rust, so that the crate builds without a C compiler. Several members or frames one after another, as
//! `cat a.gz b.gz` and parallel compressors make them, are one document.

use std::io::{self, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use crate::document::Compression;

const BUFFER: usize = 64 * 1024;

impl Compression {
    const MAGIC: [(Compression, &'static [u8]); 3] = [
        (Compression::Gzip, b"\x1f\x8b\x08"),
        (Compression::Zstd, b"\x28\xb5\x2f\xfd"),
        (Compression::Xz, b"\xfd7zXZ\0"),
    ];

    /// Returns how bytes that begin like this are compressed.
    pub(crate) fn of(head: &[u8]) -> Option<Compression> {
        // A Zstandard frame without data, which some tools write in front.
        if matches!(head, [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..]) {
            return Some(Compression::Zstd);
        }
        let found = Compression::MAGIC.iter().find(|(_, magic)| head.starts_with(magic));
        found.map(|(compression, _)| *compression)
    }

    /// Returns whether more bytes are needed to know.
    pub(crate) fn may_begin(head: &[u8]) -> bool {
        let begins = |magic: &[u8]| head.len() < magic.len() && magic.starts_with(head);
        let may_skip =
            matches!(head, [0x50..=0x5F] | [0x50..=0x5F, 0x2A] | [0x50..=0x5F, 0x2A, 0x4D]);
        may_skip || Compression::MAGIC.iter().any(|(_, magic)| begins(magic))
    }

    /// Returns a reader of what `input` holds.
    pub(crate) fn reader<'a>(self, input: impl Read + Send + 'a) -> Box<dyn Read + Send + 'a> {
        let input = BufReader::with_capacity(BUFFER, input);
        match self {
            Compression::Gzip => {
                Box::new(Told { input: MultiGzDecoder::new(input), compression: self })
            }
            Compression::Zstd => {
                let input = ZstdFrames { input: Some(input), frame: None };
                Box::new(Told { input, compression: self })
            }
            Compression::Xz => {
                Box::new(Told { input: XzReader::new(input, true), compression: self })
            }
        }
    }
}

/// A decoder whose errors say what is wrong in words that do not need its source.
struct Told<R> {
    input: R,
    compression: Compression,
}

impl<R: Read> Read for Told<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => {
                let name = match self.compression {
                    Compression::Gzip => "gzip",
                    Compression::Zstd => "zstd",
                    Compression::Xz => "xz",
                };
                let text = format!(
                    "its {name} data are damaged, cut off, or followed by other bytes ({error})"
                );
                io::Error::new(error.kind(), text)
            }
            _ => error,
        })
    }
}

/// Zstandard frames, one behind the other; ruzstd reads one, and does not skip those that hold no data.
struct ZstdFrames<R: Read> {
    /// `None` while a frame has it.
    input: Option<R>,
    frame: Option<StreamingDecoder<Headed<R>, FrameDecoder>>,
}

/// A reader with the magic number that was read from it put back.
type Headed<R> = io::Chain<io::Cursor<[u8; 4]>, R>;

impl<R: Read> ZstdFrames<R> {
    /// Begins the next frame with data in it; returns whether there is one.
    fn begin(&mut self, mut input: R) -> io::Result<bool> {
        loop {
            let mut magic = [0; 4];
            if !read_all_or_nothing(&mut input, &mut magic)? {
                self.input = Some(input);
                return Ok(false);
            }
            if matches!(u32::from_le_bytes(magic), 0x184D_2A50..=0x184D_2A5F) {
                let mut length = [0; 4];
                input.read_exact(&mut length)?;
                let length = u64::from(u32::from_le_bytes(length));
                if io::copy(&mut input.by_ref().take(length), &mut io::sink())? < length {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                continue;
            }
            let frame = StreamingDecoder::new(io::Cursor::new(magic).chain(input))
                .map_err(|error| wrong(error.to_string()))?;
            self.frame = Some(frame);
            return Ok(true);
        }
    }
}

impl<R: Read> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let read = frame.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
            }
            if let Some(frame) = self.frame.take() {
                let (input, decoder) = frame.into_parts();
                let told = decoder.get_checksum_from_data();
                if told.is_some() && told != decoder.get_calculated_checksum() {
                    return Err(wrong("the checksum of a zstd frame is wrong"));
                }
                self.input = Some(input.into_inner().1);
            }
            let Some(input) = self.input.take() else { return Ok(0) };
            if !self.begin(input)? {
                return Ok(0);
            }
        }
    }
}

/// Fills `bytes` and returns `true`, or returns `false` if the input has ended.
fn read_all_or_nothing(input: &mut impl Read, bytes: &mut [u8]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < bytes.len() {
        match input.read(&mut bytes[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn wrong(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}
