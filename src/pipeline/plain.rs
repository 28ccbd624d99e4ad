//! Plain text through passes and conversion, from any place at which it may be cut.
//!
//! In: lines of a plain text, and what the lines before them determine. Out: their conversion. A whole text and each block
//! of a stream go through the same function, and [`PlainState`] is all that crosses a cut; so the outcome does not depend
//! on where a stream was cut, which is up to whoever writes it.

use std::ops::Range;

use super::change::Place;
use super::prose::{Prose, Wanted};
use super::summary::Told;
use super::{Engine, OnInvalid, Pipeline};
use crate::decode;
use crate::error::Error;
use crate::format::pragma;
use crate::select::Lines;

/// What the lines before a place of a plain text determine about those after it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct PlainState {
    /// Whether they are code; nothing without passes.
    pub(super) lines: Lines,
    /// Whether they are kept.
    pub(super) pragmas: pragma::Open,
}

impl Pipeline {
    /// Appends lines of a plain text, or pieces of long ones, with passes and conversion done.
    pub(super) fn append_plain(
        &self,
        text: &[u8],
        mut state: PlainState,
        mut place: Place,
        output: &mut Vec<u8>,
        told: &mut Told,
    ) -> Result<(), Error> {
        let mut rest = text;
        while !rest.is_empty() {
            let (len, is_prose) = state.pragmas.segment(rest);
            let (segment, after) = rest.split_at(len);
            match &self.prose {
                Some(prose) if is_prose => {
                    let lines = state.lines;
                    state.lines =
                        self.append_segment(prose, segment, lines, place, output, told)?;
                }
                None if is_prose => self.append(segment, 0..len, place.offset, output)?,
                prose => {
                    self.append_kept(segment, place.offset, output)?;
                    if let Some(prose) = prose {
                        let kept = prose.cut_kept(segment, state.lines, true);
                        state.lines = kept.map_or(state.lines, |(_, lines)| lines);
                    }
                }
            }
            if !after.is_empty() {
                place = place.behind(segment);
            }
            rest = after;
        }
        Ok(())
    }

    /// Appends lines that a pragma keeps.
    fn append_kept(&self, text: &[u8], offset: u64, output: &mut Vec<u8>) -> Result<(), Error> {
        match self.reading.on_invalid {
            OnInvalid::Error => output.extend_from_slice(decode::utf8(text, offset)?.as_bytes()),
            OnInvalid::Keep => output.extend_from_slice(text),
            OnInvalid::Replace => {
                output.extend_from_slice(String::from_utf8_lossy(text).as_bytes());
            }
        }
        Ok(())
    }

    /// Appends lines of prose that were cut by [`Prose::cut`], with passes and conversion done; returns what is known of the lines
    /// after them.
    fn append_segment(
        &self,
        prose: &Prose,
        segment: &[u8],
        mut lines: Lines,
        mut place: Place,
        output: &mut Vec<u8>,
        told: &mut Told,
    ) -> Result<Lines, Error> {
        if self.reading.on_invalid == OnInvalid::Error {
            let text = decode::utf8(segment, place.offset)?;
            return self.append_prose(prose, text, lines, place, output, told);
        }
        let mut rest = segment;
        while !rest.is_empty() {
            let (len, next) = prose.first(rest, lines);
            let (unit, after) = rest.split_at(len);
            // What is not text ends a line for the passes.
            for chunk in unit.utf8_chunks() {
                self.append_prose(prose, chunk.valid(), lines, place, output, told)?;
                place = place.behind(chunk.valid().as_bytes()).behind(chunk.invalid());
                self.append_invalid(chunk.invalid(), output);
            }
            (rest, lines) = (after, next);
        }
        Ok(lines)
    }

    fn append_prose(
        &self,
        prose: &Prose,
        mut text: &str,
        mut lines: Lines,
        mut place: Place,
        output: &mut Vec<u8>,
        told: &mut Told,
    ) -> Result<Lines, Error> {
        while !text.is_empty() {
            let wanted = Wanted { changes: self.is_recording, alignment: false };
            let normalized = prose.run(text, lines, place, wanted);
            told.add(normalized.changes, 0);
            let mut at = 0;
            for frozen in normalized.frozen {
                self.append_text(&normalized.text[at..frozen.start], output)?;
                output.extend_from_slice(&normalized.text.as_bytes()[frozen.clone()]);
                at = frozen.end;
            }
            self.append_text(&normalized.text[at..], output)?;
            (lines, place) = (normalized.lines, normalized.place);
            text = &text[normalized.len..];
        }
        Ok(lines)
    }

    /// Appends the conversion of a part of `text`, which begins at `offset` of its document and is UTF-8 but for bytes that are to be
    /// kept or replaced. What stands around the part is only looked at, and is UTF-8.
    pub(super) fn append(
        &self,
        text: &[u8],
        part: Range<usize>,
        offset: u64,
        output: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if self.reading.on_invalid == OnInvalid::Error {
            let text = decode::utf8(text, offset - part.start as u64)?;
            return self.append_seen(text, part, output);
        }
        let mut at = 0;
        for chunk in text.utf8_chunks() {
            let within =
                part.start.saturating_sub(at)..chunk.valid().len().min(part.end.saturating_sub(at));
            if !within.is_empty() {
                self.append_seen(chunk.valid(), within, output)?;
            }
            at += chunk.valid().len() + chunk.invalid().len();
            self.append_invalid(chunk.invalid(), output);
        }
        Ok(())
    }

    fn append_invalid(&self, invalid: &[u8], output: &mut Vec<u8>) {
        if self.reading.on_invalid == OnInvalid::Keep {
            output.extend_from_slice(invalid);
        } else if !invalid.is_empty() {
            output.extend_from_slice("\u{FFFD}".as_bytes());
        }
    }

    fn append_text(&self, text: &str, output: &mut Vec<u8>) -> Result<(), Error> {
        self.append_seen(text, 0..text.len(), output)
    }

    fn append_seen(
        &self,
        text: &str,
        part: Range<usize>,
        output: &mut Vec<u8>,
    ) -> Result<(), Error> {
        match &self.engine {
            Engine::Native(converter) => converter.append_part(text, part, output),
            #[cfg(feature = "opencc")]
            Engine::LibOpencc(libopencc) => {
                output.extend_from_slice(libopencc.convert(&text[part])?.as_bytes());
            }
            Engine::Off => output.extend_from_slice(&text.as_bytes()[part]),
        }
        Ok(())
    }
}
