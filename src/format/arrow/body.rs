//! The text in the body of a message of Arrow.
//!
//! In: a batch of rows, or the values of a dictionary. Out: its buffers, of which those with text hold the converted one. Every other
//! buffer is copied, compressed as it is.

use std::borrow::Cow;
use std::io::{Read, Write};
use std::ops::Range;

use arrow_ipc::{CompressionType, RecordBatch};

use super::columns::{Column, Convert, Converted, Values};
use super::ipc::wrong;
use super::layout::{Node, Text};
use super::{FREE, FREE_OFFSETS, is_plausible};
use crate::error::Error;

/// A batch that was rewritten.
pub(super) struct Rewritten<'a> {
    pub(super) buffers: Vec<Cow<'a, [u8]>>,
    /// Of each array that has them, how many buffers it has more than its type says.
    pub(super) variadic: Vec<i64>,
}

/// A batch, as it stands in the file.
pub(super) struct Batch<'a> {
    pub(super) batch: RecordBatch<'a>,
    pub(super) body: &'a [u8],
}

/// What says that a buffer of a compressed body is not compressed.
const NOT_COMPRESSED: i64 = -1;

/// Bytes of a view, and of the text that fits into it.
const VIEW: usize = 16;
const SHORT: usize = 12;

/// Bytes of a buffer that views refer to.
const MOST_BUFFER: usize = 1 << 30;

/// An array of text: where each value is, which of the different ones it is.
struct Array<'a> {
    text: Text,
    places: Vec<(usize, Range<usize>)>,
    numbers: Vec<Option<usize>>,
    /// What the places are in.
    buffers: Vec<Cow<'a, [u8]>>,
}

impl<'a> Batch<'a> {
    /// Converts the text of a batch whose first row is behind `row` others; `None` if nothing changes.
    pub(super) fn rewrite(
        &self,
        nodes: &[Node],
        columns: &[Column],
        row: u64,
        convert: &mut Convert<'_>,
    ) -> Result<Option<Rewritten<'a>>, Error> {
        if nodes.iter().all(|node| node.text.is_none()) {
            return Ok(None);
        }
        let raw = self.buffers().map_err(|message| wrong(None, message))?;
        let found = self.batch.nodes().map_or(0, |nodes| nodes.len());
        if found != nodes.len() {
            return Err(wrong(None, "a batch has not the columns that the schema says"));
        }
        let mut variadic = self.batch.variadicBufferCounts().into_iter().flatten();
        let (mut made, mut counts) = (Vec::with_capacity(raw.len()), Vec::new());
        let (mut at, mut is_changed) = (0_usize, false);
        for (node, fields) in nodes.iter().zip(self.batch.nodes().into_iter().flatten()) {
            let more = if node.is_view { variadic.next().unwrap_or(-1) } else { 0 };
            let len = usize::try_from(more).ok().and_then(|more| more.checked_add(node.buffers));
            let range = len.and_then(|len| Some(at..at.checked_add(len)?));
            let Some(mine) = range.clone().and_then(|range| raw.get(range)) else {
                return Err(wrong(None, "a batch has not the buffers that the schema says"));
            };
            at += mine.len();
            let new = match node.text {
                None => None,
                Some((text, column)) => {
                    let name = &*columns[column].name;
                    let in_column = |message: String| wrong(Some(name), message);
                    let mut values = Values::new(name);
                    let lens = (fields.length(), fields.null_count());
                    let array =
                        self.array(text, mine, lens, row, &mut values).map_err(in_column)?;
                    let converted = if values.ends.is_empty() { None } else { convert(&values)? };
                    match converted {
                        None => None,
                        Some(converted) => {
                            Some(self.written(&array, &converted).map_err(in_column)?)
                        }
                    }
                }
            };
            if node.is_view {
                let count = new.as_ref().map_or(mine.len(), |new| new.len() + 1) - node.buffers;
                counts.push(i64::try_from(count).unwrap_or(0));
            }
            match new {
                // What is null stays.
                Some(new) => {
                    is_changed = true;
                    made.push(Cow::Borrowed(mine[0]));
                    made.extend(new.into_iter().map(Cow::Owned));
                }
                None => made.extend(mine.iter().copied().map(Cow::Borrowed)),
            }
        }
        if at != raw.len() || variadic.next().is_some() {
            return Err(wrong(None, "a batch has not the buffers that the schema says"));
        }
        Ok(is_changed.then_some(Rewritten { buffers: made, variadic: counts }))
    }

    /// Returns the buffers as they are in the file.
    pub(super) fn buffers(&self) -> Result<Vec<&'a [u8]>, String> {
        let buffers = self.batch.buffers().into_iter().flatten();
        let (mut raw, mut total) = (Vec::new(), 0_usize);
        for buffer in buffers {
            let place = usize::try_from(buffer.offset()).ok();
            let range = place.zip(usize::try_from(buffer.length()).ok());
            let range = range.and_then(|(start, len)| Some(start..start.checked_add(len)?));
            let bytes = range.and_then(|range| self.body.get(range));
            let bytes = bytes.ok_or("a buffer reaches beyond its message")?;
            total += bytes.len();
            // They would be written one behind the other.
            if total > self.body.len() {
                return Err("a buffer is in the same place as another".to_owned());
            }
            raw.push(bytes);
        }
        Ok(raw)
    }

    /// Finds the values of an array of text.
    fn array(
        &self,
        text: Text,
        raw: &[&'a [u8]],
        (len, nulls): (i64, i64),
        row: u64,
        values: &mut Values,
    ) -> Result<Array<'a>, String> {
        let len = usize::try_from(len).map_err(|_| "its length is negative")?;
        let valid =
            if nulls == 0 { Cow::Borrowed(&[][..]) } else { self.unpacked(raw[0], FREE_OFFSETS)? };
        if nulls != 0 && valid.len() < len.div_ceil(8) {
            return Err("it does not say of all its values whether they are null".to_owned());
        }
        let is_valid =
            |index: usize| valid.get(index / 8).is_none_or(|byte| byte >> (index % 8) & 1 == 1);
        let unpacked = |raw: &[&'a [u8]]| -> Result<Vec<_>, String> {
            raw.iter().map(|raw| self.unpacked(raw, FREE)).collect()
        };
        let heads = self.unpacked(raw[1], FREE_OFFSETS)?;
        let buffers = match text {
            Text::View => {
                let mut buffers = unpacked(&raw[2..])?;
                // Short values are in the views themselves.
                buffers.insert(0, heads.clone());
                buffers
            }
            Text::Small | Text::Large => unpacked(&raw[2..])?,
        };
        let mut places = Vec::new();
        for index in 0..len {
            let (buffer, range) = match text {
                Text::View => view(&heads, index).ok_or("its views are damaged")?,
                text => (0, between(text, &heads, index).ok_or("its offsets are damaged")?),
            };
            if !is_valid(index) && text == Text::View {
                places.push((0, 0..0));
            } else if buffers.get(buffer).is_some_and(|bytes| range.end <= bytes.len()) {
                places.push((buffer, range));
            } else {
                return Err("a value is outside of its text".to_owned());
            }
        }
        let (mut numbers, mut seen) = (Vec::with_capacity(len), std::collections::HashMap::new());
        for (index, (buffer, range)) in places.iter().enumerate() {
            if range.is_empty() || !is_valid(index) {
                numbers.push(None);
                continue;
            }
            let key = (*buffer, range.start, range.end);
            // A small file may have many long values that all are the same place.
            let number = match seen.get(&key) {
                Some(&number) => number,
                None => {
                    let value = &buffers[*buffer][range.clone()];
                    let number = values.add(value, row + index as u64 + 1)?;
                    if text == Text::View && *buffer > 0 {
                        seen.insert(key, number);
                    }
                    number
                }
            };
            numbers.push(Some(number));
        }
        Ok(Array { text, places, numbers, buffers })
    }

    /// Returns the buffers of an array behind the one that says what is null, with other values.
    fn written(&self, array: &Array<'_>, converted: &Converted) -> Result<Vec<Vec<u8>>, String> {
        let text = converted.text.as_bytes();
        if array.text == Text::View {
            return self.views(array, converted);
        }
        let (mut offsets, mut data) = (Vec::new(), Vec::<u8>::new());
        let mut put = |end: usize| {
            match array.text {
                Text::Large => offsets.extend_from_slice(&(end as u64).to_le_bytes()),
                _ => {
                    let end = i32::try_from(end);
                    let end = end.map_err(|_| "its text becomes longer than 2 GiB")?;
                    offsets.extend_from_slice(&end.to_le_bytes());
                }
            }
            Ok::<(), String>(())
        };
        put(0)?;
        for (number, (buffer, range)) in array.numbers.iter().zip(&array.places) {
            match number {
                Some(number) => data.extend_from_slice(&text[converted.range(*number)]),
                // What stands where a value is null means nothing, and stays.
                None => data.extend_from_slice(&array.buffers[*buffer][range.clone()]),
            }
            put(data.len())?;
        }
        [offsets, data].into_iter().map(|buffer| self.packed(buffer)).collect()
    }

    fn views(&self, array: &Array<'_>, converted: &Converted) -> Result<Vec<Vec<u8>>, String> {
        let text = converted.text.as_bytes();
        let (mut views, mut buffers) = (Vec::new(), vec![Vec::new()]);
        let mut made: Vec<Option<[u8; VIEW]>> = vec![None; converted.ends.len()];
        for &number in &array.numbers {
            let Some(number) = number else {
                views.extend_from_slice(&[0; VIEW]);
                continue;
            };
            if let Some(view) = made[number] {
                views.extend_from_slice(&view);
                continue;
            }
            let value = &text[converted.range(number)];
            let len = i32::try_from(value.len()).map_err(|_| "a value is longer than 2 GiB")?;
            let mut view = [0_u8; VIEW];
            view[..4].copy_from_slice(&len.to_le_bytes());
            if value.len() <= SHORT {
                view[4..4 + value.len()].copy_from_slice(value);
            } else {
                let last = buffers.len() - 1;
                if buffers[last].len() + value.len() > MOST_BUFFER && !buffers[last].is_empty() {
                    buffers.push(Vec::new());
                }
                let number = buffers.len() - 1;
                let place = i32::try_from(buffers[number].len()).unwrap_or(i32::MAX);
                view[4..8].copy_from_slice(&value[..4]);
                view[8..12].copy_from_slice(&i32::try_from(number).unwrap_or(0).to_le_bytes());
                view[12..].copy_from_slice(&place.to_le_bytes());
                buffers[number].extend_from_slice(value);
            }
            views.extend_from_slice(&view);
            made[number] = Some(view);
        }
        if buffers[0].is_empty() {
            buffers.clear();
        }
        std::iter::once(views).chain(buffers).map(|buffer| self.packed(buffer)).collect()
    }

    fn unpacked(&self, raw: &'a [u8], free: usize) -> Result<Cow<'a, [u8]>, String> {
        let Some(compression) = self.batch.compression() else { return Ok(Cow::Borrowed(raw)) };
        if raw.is_empty() {
            return Ok(Cow::Borrowed(raw));
        }
        let (head, packed) = raw.split_first_chunk().ok_or("a buffer is too short")?;
        let len = match i64::from_le_bytes(*head) {
            NOT_COMPRESSED => return Ok(Cow::Borrowed(packed)),
            len => usize::try_from(len).ok().filter(|&len| is_plausible(len, packed.len(), free)),
        };
        let len = len.ok_or("a buffer would be unpacked to far more than it can be")?;
        let mut bytes = Vec::new();
        let most = len as u64 + 1;
        let result = match compression.codec() {
            CompressionType::LZ4_FRAME => {
                lz4_flex::frame::FrameDecoder::new(packed).take(most).read_to_end(&mut bytes)
            }
            CompressionType::ZSTD => zstd::Decoder::with_buffer(packed)
                .and_then(|decoder| decoder.take(most).read_to_end(&mut bytes)),
            _ => return Err("it is compressed in a way that is not known".to_owned()),
        };
        match result {
            Ok(_) if bytes.len() == len => Ok(Cow::Owned(bytes)),
            Ok(_) => Err("a buffer has not the length that it says".to_owned()),
            Err(error) => Err(format!("a buffer cannot be unpacked: {error}")),
        }
    }

    fn packed(&self, bytes: Vec<u8>) -> Result<Vec<u8>, String> {
        let Some(compression) = self.batch.compression() else { return Ok(bytes) };
        if bytes.is_empty() {
            return Ok(bytes);
        }
        let len = i64::try_from(bytes.len()).map_err(|_| "a buffer is too long")?;
        let head = len.to_le_bytes().to_vec();
        let packed = match compression.codec() {
            CompressionType::LZ4_FRAME => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(head);
                let written = encoder.write_all(&bytes);
                written.and_then(|()| encoder.finish().map_err(std::io::Error::other))
            }
            _ => {
                zstd::Encoder::new(head, zstd::DEFAULT_COMPRESSION_LEVEL).and_then(|mut encoder| {
                    encoder.write_all(&bytes)?;
                    encoder.finish()
                })
            }
        };
        let packed = packed.map_err(|error| error.to_string())?;
        if packed.len() < bytes.len() + 8 {
            return Ok(packed);
        }
        Ok([&NOT_COMPRESSED.to_le_bytes()[..], &bytes].concat())
    }
}

/// Returns where a value is in the text, by offsets.
fn between(text: Text, offsets: &[u8], index: usize) -> Option<Range<usize>> {
    let at = |index: usize| match text {
        Text::Large => {
            let bytes = offsets.get(index * 8..)?.first_chunk()?;
            usize::try_from(i64::from_le_bytes(*bytes)).ok()
        }
        _ => {
            let bytes = offsets.get(index * 4..)?.first_chunk()?;
            usize::try_from(i32::from_le_bytes(*bytes)).ok()
        }
    };
    let (start, end) = (at(index)?, at(index + 1)?);
    (start <= end).then_some(start..end)
}

/// Returns where a value is by its view: in the views themselves (0), or in one of the buffers (from 1).
fn view(views: &[u8], index: usize) -> Option<(usize, Range<usize>)> {
    let start = index.checked_mul(VIEW)?;
    let view: &[u8; VIEW] = views.get(start..)?.first_chunk()?;
    let number = |at: usize| -> Option<usize> {
        let bytes = view.get(at..)?.first_chunk()?;
        usize::try_from(i32::from_le_bytes(*bytes)).ok()
    };
    let len = number(0)?;
    if len <= SHORT {
        return Some((0, start + 4..start + 4 + len));
    }
    let (buffer, place) = (number(8)?, number(12)?);
    Some((buffer.checked_add(1)?, place..place.checked_add(len)?))
}
