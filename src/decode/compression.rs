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
use crate::memory::{Held, Lease};

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
    ///
    /// # Errors
    ///
    /// If its head cannot be read, or asks for more memory than the document may have.
    pub(crate) fn reader<'a>(
        self,
        input: impl Read + Send + 'a,
        lease: &'a Lease<'a>,
    ) -> io::Result<Box<dyn Read + Send + 'a>> {
        let mut input = BufReader::with_capacity(BUFFER, input);
        let (compression, mut held) = (self, lease.nothing());
        Ok(match self {
            Compression::Gzip => {
                Box::new(Told { input: MultiGzDecoder::new(input), compression, lease, held })
            }
            Compression::Zstd => {
                let input = ZstdFrames { input: Some(input), frame: None, held: lease.nothing() };
                Box::new(Told { input, compression, lease, held })
            }
            Compression::Xz => {
                let head = xz_head(&mut input)?;
                let dictionary = xz_dictionary(&head).unwrap_or(0) + XZ_BESIDES;
                held.resize(dictionary).map_err(io::Error::other)?;
                // A later block may ask for more than the first; who is alone can have it.
                let most = if lease.is_alone() { lease.rest() + dictionary } else { dictionary };
                let most = u32::try_from(most / 1024).unwrap_or(u32::MAX);
                let input = XzReader::new_mem_limit(io::Cursor::new(head).chain(input), true, most);
                Box::new(Told { input, compression, lease, held })
            }
        })
    }
}

/// Bytes that a reader of `.xz` takes besides the dictionary.
const XZ_BESIDES: u64 = 256 << 10;

/// Returns the header of an `.xz` stream and that of its first block, or what there is of them.
fn xz_head(input: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    input.by_ref().take(13).read_to_end(&mut head)?;
    if let Some(&size) = head.get(12) {
        input.by_ref().take(u64::from(size) * 4 + 3).read_to_end(&mut head)?;
    }
    Ok(head)
}

/// Returns how long the dictionary of the first block of an `.xz` stream is; `None` if that cannot be read.
fn xz_dictionary(head: &[u8]) -> Option<u64> {
    const LZMA2: u64 = 0x21;
    let flags = *head.get(13)?;
    let mut rest = head.get(14..)?;
    let number = |rest: &mut &[u8]| -> Option<u64> {
        let mut number = 0;
        for at in 0..9 {
            let (&byte, after) = rest.split_first()?;
            *rest = after;
            number |= u64::from(byte & 0x7F) << (7 * at);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    };
    for size in [0x40, 0x80] {
        if flags & size != 0 {
            number(&mut rest)?;
        }
    }
    for _ in 0..=flags & 3 {
        let (filter, len) = (number(&mut rest)?, number(&mut rest)?);
        // The properties are bytes, not numbers: a filter's own, or an offset.
        let properties = rest.get(..usize::try_from(len).ok()?)?;
        rest = &rest[properties.len()..];
        if filter == LZMA2 {
            return match u64::from(*properties.first()?) {
                40 => Some(u64::from(u32::MAX)),
                bits @ 0..40 => Some((2 | bits & 1) << (bits / 2 + 11)),
                _ => None,
            };
        }
    }
    None
}

/// A decoder whose errors say what is wrong in words that do not need its source.
struct Told<'a, R> {
    input: R,
    compression: Compression,
    lease: &'a Lease<'a>,
    /// What the decoder takes.
    #[expect(dead_code, reason = "it is held as long as the decoder is")]
    held: Held<'a>,
}

impl<R: Read> Read for Told<'_, R> {
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
            io::ErrorKind::OutOfMemory => io::Error::other(self.lease.too_small()),
            _ => error,
        })
    }
}

/// Zstandard frames, one behind the other; ruzstd reads one, and does not skip those that hold no data.
struct ZstdFrames<'a, R: Read> {
    /// `None` while a frame has it.
    input: Option<R>,
    frame: Option<StreamingDecoder<Headed<R>, FrameDecoder>>,
    /// For the window of the frame.
    held: Held<'a>,
}

/// A reader with the header that was read from it put back.
type Headed<R> = io::Chain<io::Cursor<Vec<u8>>, R>;

/// How many times its window a reader of `.zst` takes, which makes room by doubling it.
const ZSTD_WINDOWS: u64 = 2;

impl<R: Read> ZstdFrames<'_, R> {
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
            let mut head = magic.to_vec();
            let window = zstd_window(&mut input, &mut head)?;
            self.held.resize(window.saturating_mul(ZSTD_WINDOWS)).map_err(io::Error::other)?;
            let mut decoder = FrameDecoder::new();
            decoder.set_max_window_size(window);
            let input = io::Cursor::new(head).chain(input);
            let frame = StreamingDecoder::new_with_decoder(input, decoder)
                .map_err(|error| wrong(error.to_string()))?;
            self.frame = Some(frame);
            return Ok(true);
        }
    }
}

impl<R: Read> Read for ZstdFrames<'_, R> {
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

/// Reads the header of a frame, whose magic number `head` holds, and returns how long its window is.
fn zstd_window(input: &mut impl Read, head: &mut Vec<u8>) -> io::Result<u64> {
    let mut descriptor = [0];
    input.read_exact(&mut descriptor)?;
    let [descriptor] = descriptor;
    let is_single = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let size = [usize::from(is_single), 2, 4, 8][usize::from(descriptor >> 6)];
    let mut fields = [0; 13];
    let fields = &mut fields[..usize::from(!is_single) + dictionary + size];
    input.read_exact(fields)?;
    head.push(descriptor);
    head.extend_from_slice(fields);
    if is_single {
        let mut number = [0; 8];
        number[..size].copy_from_slice(&fields[dictionary..]);
        return Ok(u64::from_le_bytes(number) + if size == 2 { 256 } else { 0 });
    }
    let base = 1_u64 << (10 + (fields[0] >> 3));
    Ok(base + base / 8 * u64::from(fields[0] & 7))
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
