//! The one place that knows the order of the stages.
//!
//! In: the bytes of a document. Out: the bytes of the converted document, or the offset of the first byte that could not be
//! read. Everything that the converter did not mean to change is byte for byte as it was.
//!
//! The naive way is a chain of functions from `String` to `String`. Here decode borrows from the input, encode opens the
//! output and the converter appends to it, so that a document is read once and written once.
//!
//! ```
//! use jianfan::{Converter, pipeline::Pipeline};
//!
//! let pipeline = Pipeline::new(Converter::new("s2twp")?);
//! assert_eq!(pipeline.run("鼠标\n".as_bytes())?, "滑鼠\n".as_bytes());
//! # Ok::<(), jianfan::Error>(())
//! ```

mod stream;

use crate::convert::Converter;
#[cfg(feature = "opencc")]
use crate::convert::LibOpencc;
use crate::error::Error;
use crate::{decode, encode};

pub(crate) use stream::Broken;

/// The stages in their order, opened once and shared by all threads.
#[derive(Debug)]
pub struct Pipeline {
    engine: Engine,
}

/// What does the converting; both kinds answer the same question.
#[derive(Debug)]
enum Engine {
    Native(Converter),
    #[cfg(feature = "opencc")]
    LibOpencc(LibOpencc),
}

impl Pipeline {
    /// Returns the pipeline that converts with the native engine.
    pub fn new(converter: Converter) -> Pipeline {
        Pipeline { engine: Engine::Native(converter) }
    }

    /// Returns the pipeline that converts with libopencc; it refuses text with a NUL.
    #[cfg(feature = "opencc")]
    pub fn with_libopencc(libopencc: LibOpencc) -> Pipeline {
        Pipeline { engine: Engine::LibOpencc(libopencc) }
    }

    /// Converts one whole document.
    ///
    /// # Errors
    ///
    /// Fails where the bytes are not UTF-8, with the [offset](Error::offset) of the first wrong byte.
    ///
    /// ```
    /// use jianfan::{Converter, pipeline::Pipeline};
    ///
    /// let pipeline = Pipeline::new(Converter::new("t2s")?);
    /// assert_eq!(pipeline.run("頭髮\r\n".as_bytes())?, "头发\r\n".as_bytes());
    /// assert_eq!(pipeline.run(b"abc\xff").unwrap_err().offset(), Some(3));
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn run(&self, input: &[u8]) -> Result<Vec<u8>, Error> {
        let document = decode::document(input)?;
        let mut output = encode::begin(&document);
        self.append(document.text, &mut output)?;
        Ok(output)
    }

    fn append(&self, text: &str, output: &mut Vec<u8>) -> Result<(), Error> {
        match &self.engine {
            Engine::Native(converter) => converter.append_converted(text, output),
            #[cfg(feature = "opencc")]
            Engine::LibOpencc(libopencc) => {
                output.extend_from_slice(libopencc.convert(text)?.as_bytes());
            }
        }
        Ok(())
    }

    /// Returns where a part of a document may be cut, if such a place is found.
    fn last_cut(&self, text: &str) -> Option<usize> {
        match &self.engine {
            Engine::Native(converter) => converter.last_cut(text),
            #[cfg(feature = "opencc")]
            Engine::LibOpencc(_) => None,
        }
    }

    /// Converts what no further text can change, and returns how many bytes that was.
    fn append_decided(&self, text: &str, output: &mut Vec<u8>) -> usize {
        match &self.engine {
            Engine::Native(converter) => converter.append_decided(text, output),
            #[cfg(feature = "opencc")]
            Engine::LibOpencc(_) => 0,
        }
    }
}
