//! The bytes of an input.

use std::fs;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Input;
#[cfg(unix)]
use super::patient::Patient;
use crate::error::Error;
use crate::memory::{Held, Lease};
use crate::pipeline;

/// Returns all bytes of `input`, and what holds the memory for them.
pub(super) fn all<'l>(input: &Input, lease: &'l Lease<'_>) -> Result<(Vec<u8>, Held<'l>), Error> {
    let failed = |error| Error::carried(error, |error| Error::io(name(input), "read", error));
    let mut held = lease.hold(size(input).known())?;
    let bytes = match input {
        Input::Path(path) if matches!(size(input), Size::Known(_)) => {
            fs::read(path).map_err(failed)?
        }
        _ => {
            let mut bytes = Vec::new();
            pipeline::read_all(&mut *open(input)?, &mut bytes, &mut held).map_err(failed)?;
            bytes
        }
    };
    // A file may have grown.
    held.at_least(bytes.capacity() as u64)?;
    Ok((bytes, held))
}

/// Bytes from which on a file is streamed. Below, it is read as a whole: that is two calls less, and nothing of it is
/// written to a device or a pipe before all of it was found to be text.
const LARGE: u64 = 4 << 20;

/// How long an input is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    Known(u64),
    /// A pipe, a device, or nothing that could be looked at.
    Unknown,
    Missing,
}

impl Size {
    /// Returns whether an input is to be streamed: a long file, or what does not tell its length.
    pub(super) fn is_large(self) -> bool {
        match self {
            Size::Known(bytes) => bytes >= LARGE,
            Size::Unknown => true,
            Size::Missing => false,
        }
    }

    pub(super) fn known(self) -> u64 {
        match self {
            Size::Known(bytes) => bytes,
            Size::Unknown | Size::Missing => 0,
        }
    }
}

/// Returns the length of an input in bytes.
pub(super) fn size(input: &Input) -> Size {
    match input {
        Input::Stdin => Size::Unknown,
        Input::Path(path) => match fs::metadata(path) {
            Ok(metadata) if metadata.is_file() => Size::Known(metadata.len()),
            Ok(_) => Size::Unknown,
            Err(_) => Size::Missing,
        },
    }
}

/// Returns the first bytes of a file.
pub(super) fn head(input: &Input) -> Result<Vec<u8>, Error> {
    let mut head = Vec::new();
    open(input)?
        .take(8192)
        .read_to_end(&mut head)
        .map_err(|error| Error::io(name(input), "read", error))?;
    Ok(head)
}

/// Opens an input.
pub(super) fn open(input: &Input) -> Result<Box<dyn Read + Send>, Error> {
    let open = || -> io::Result<Box<dyn Read + Send>> {
        Ok(match input {
            Input::Path(path) => Box::new(File::open(path)?),
            Input::Stdin => Box::new(patient_stdin()?),
        })
    };
    open().map_err(|error| Error::io(name(input), "read", error))
}

/// Returns what an input is called in messages.
pub(super) fn name(input: &Input) -> &Path {
    match input {
        Input::Path(path) => path,
        Input::Stdin => Path::new("standard input"),
    }
}

/// Returns standard input as a plain file: std's own handle takes one that cannot be read for an empty one.
#[cfg(unix)]
pub(super) fn stdin() -> io::Result<File> {
    use std::os::fd::AsFd;

    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(unix)]
fn patient_stdin() -> io::Result<Patient<File>> {
    stdin().map(Patient)
}

#[cfg(not(unix))]
fn patient_stdin() -> io::Result<io::Stdin> {
    Ok(io::stdin())
}
