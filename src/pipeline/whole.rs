//! Documents that are held as a whole: how much memory they may take, and what a person compares.
//!
//! In: the bytes of a document. Out: its text before and after, as strings that were not copied where they are UTF-8.

use std::path::Path;
use std::string::FromUtf8Error;

use super::{Compared, Pipeline, Told};
use crate::decode;
use crate::document::Document;
use crate::error::Error;
use crate::memory::{Budget, Lease};

impl Pipeline {
    /// Sets how many bytes of memory a document may need; one that needs more is an [error](Error::memory_needed), found
    /// before they are allocated. Without this, it is a quarter of what the process may use: of the machine, of its control
    /// group (a container), or of its address space, whichever is least.
    ///
    /// Plain text and formats of lines are streamed, and need little whatever their length; other formats are held as a
    /// whole. What a document needs is estimated from its length and its markup, with a margin. A [batch] has a budget of its
    /// own, which its documents share.
    ///
    /// [batch]: crate::batch::Batch::memory
    ///
    /// ```
    /// use jianfan::format::{Formats, Options};
    /// use jianfan::{Converter, pipeline::Pipeline};
    ///
    /// let pipeline = Pipeline::new(Converter::new("s2t")?)
    ///     .formats(Formats::named("markdown", Options::default())?)
    ///     .memory(2 << 20);
    /// assert!(pipeline.run("头发\n\n".as_bytes()).is_ok());
    /// let error = pipeline.run("头发\n\n".repeat(1 << 20).as_bytes()).unwrap_err();
    /// assert!(error.memory_needed().is_some());
    /// # Ok::<(), jianfan::Error>(())
    /// ```
    pub fn memory(mut self, bytes: u64) -> Pipeline {
        self.memory = Some(bytes);
        self
    }

    /// Returns the budget of a document that is not one of a batch.
    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.memory)
    }

    /// Returns the text of a document and its conversion, for a person to compare; of a zip file of documents, those of each entry that
    /// changes.
    pub(crate) fn before_and_after(
        &self,
        input: &[u8],
        name: Option<&Path>,
        lease: &Lease<'_>,
    ) -> Result<Vec<Compared>, Error> {
        if let Some(package) = self.formats.package(name, input) {
            let mut compared = Vec::new();
            self.package(&package, input, Some(&mut compared), lease)?;
            return Ok(compared);
        }
        #[cfg(feature = "arrow")]
        if let Some(table) = self.formats.table(name, input) {
            let mut compared = Vec::new();
            self.table(&table, input, Some(&mut compared), lease)?;
            return Ok(compared);
        }
        let _held = lease.hold(input.len() as u64 + output_len(input.len()))?;
        let Document { text, origin } = decode::document(input, &self.reading, lease)?;
        let kind = self.kind(name, &text);
        let mut converted = Vec::with_capacity(text.len() + text.len() / 16 + 16);
        let told = &mut Told::default();
        self.append_document(&kind, &text, origin, &mut converted, told, lease)?;
        // Nearly always it is UTF-8, and need not be copied.
        let shown = |bytes: Vec<u8>| {
            let lossy =
                |error: FromUtf8Error| String::from_utf8_lossy(error.as_bytes()).into_owned();
            String::from_utf8(bytes).unwrap_or_else(lossy)
        };
        let (before, after) = (shown(text.into_owned()), shown(converted));
        Ok(vec![Compared { entry: None, before, after }])
    }
}

/// Returns how many bytes the conversion of a text may take: phrases make few texts longer by more than a few per cent, but
/// those may be all there is.
pub(super) fn output_len(text: usize) -> u64 {
    text as u64 * 2
}
