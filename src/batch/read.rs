//! The bytes of an input.

use std::fs;
#[cfg(unix)]
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::Input;
use crate::error::Error;

/// Returns all bytes of `input`.
pub(super) fn all(input: &Input) -> Result<Vec<u8>, Error> {
    match input {
        Input::Path(path) => fs::read(path).map_err(|error| Error::io(path, "read", error)),
        Input::Stdin => {
            let mut bytes = Vec::new();
            stdin()
                .and_then(|mut stdin| stdin.read_to_end(&mut bytes))
                .map_err(|error| Error::io(Path::new("standard input"), "read", error))?;
            Ok(bytes)
        }
    }
}

/// Returns standard input as a plain file: std's own handle takes one that cannot be read for an empty one.
#[cfg(unix)]
pub(super) fn stdin() -> io::Result<File> {
    use std::os::fd::AsFd;

    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(not(unix))]
fn stdin() -> io::Result<io::Stdin> {
    Ok(io::stdin())
}
