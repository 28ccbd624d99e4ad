//! opencc-rust behind one door: conversion by the user's own libopencc.
//!
//! In: a config as libopencc finds it, and text. Out: what that library makes of it. It is the oracle of the differential
//! tests and the engine of those who must use that library; it is not the default, because it needs a C++ library of
//! the right version, takes up to 0.1 s to open a config, and holds one lock for the whole process while it converts.
//!
//! Only `OpenCC::new` and `OpenCC::convert` are called. The library's own rule for the dictionaries with values that few
//! fonts show is to use them, so a shipped config converts here as [`Builder::include_tofu_risk`](super::Builder)
//! does.

use std::fmt;
use std::path::{Path, PathBuf};

use opencc_rust::{OpenCC, OpenCCError};

use crate::error::Error;

/// A config that libopencc has opened.
///
/// ```no_run
/// use jianfan::LibOpencc;
///
/// let engine = LibOpencc::open("s2t.json".as_ref())?;
/// assert_eq!(engine.convert("汉字")?, "漢字");
/// # Ok::<(), jianfan::Error>(())
/// ```
pub struct LibOpencc {
    config: PathBuf,
    engine: OpenCC,
}

impl LibOpencc {
    /// Opens a config file by its path, or by a name such as `s2t.json`, which libopencc looks for in the working directory,
    /// where it was installed, and in `OPENCC_DATA_DIR`.
    ///
    /// # Errors
    ///
    /// If libopencc finds no such file or does not accept it.
    pub fn open(config: &Path) -> Result<LibOpencc, Error> {
        let engine = OpenCC::new(config).map_err(|error| {
            Error::libopencc(format!("cannot open {}: {error}", config.display()))
        })?;
        Ok(LibOpencc { config: config.to_owned(), engine })
    }

    /// Returns the converted text.
    ///
    /// # Errors
    ///
    /// If the text holds a NUL, which libopencc takes for the end of the text, or if libopencc reports a failure.
    pub fn convert(&self, text: &str) -> Result<String, Error> {
        self.engine.convert(text).map_err(|error| match error {
            OpenCCError::InputContainsNul => {
                let at = text.bytes().position(|byte| byte == 0).unwrap_or(text.len());
                Error::libopencc(format!("cannot convert text with a NUL, found one at byte {at}"))
            }
            other => Error::libopencc(other.to_string()),
        })
    }
}

impl fmt::Debug for LibOpencc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LibOpencc").field("config", &self.config).finish_non_exhaustive()
    }
}
