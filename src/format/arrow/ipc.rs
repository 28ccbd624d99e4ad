//! Arrow's messages, in a file or a stream.
//!
//! In: the bytes of either. Out: the same with text converted, in the same form. The naive way reads batches and writes them with
//! the same library; dictionaries that came in parts or were replaced then come in another way, and what a message says
//! besides is gone. Here a message without a change is copied as it is, and so is everything between messages; of one
//! with a change the buffers with text are replaced. Schema and footer are the old ones: only the places of messages
//! are new in the footer.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

use arrow_ipc::{
    Block, BodyCompression, BodyCompressionArgs, Buffer, DictionaryBatch, DictionaryBatchArgs,
    KeyValue, KeyValueArgs, Message, MessageArgs, MessageHeader, RecordBatch, RecordBatchArgs,
    root_as_footer, root_as_message,
};
use flatbuffers::FlatBufferBuilder;

use super::body::{Batch, Rewritten};
use super::columns::{Convert, Converted, Values};
use super::layout::Layouts;
use crate::error::Error;

pub(super) const NAME: &str = "arrow";

const MAGIC: &[u8] = b"ARROW1";
/// What the first version of Feather begins with, which is another format.
const FEATHER_1: &[u8] = b"FEA1";
/// What stands before the length of a message, but for files of before 2019.
const CONTINUATION: [u8; 4] = [0xFF; 4];

/// Bytes of a stream that tell whether it is one.
const HEAD: usize = 4096;

/// Returns whether a file begins like one of this format.
pub(super) fn is_arrow(head: &[u8]) -> bool {
    if head.starts_with(MAGIC) {
        return head.get(6..8) == Some(&[0, 0]);
    }
    begins_stream(head) == Some(true)
}

/// Returns whether it takes more of a file to tell whether it is of this format.
pub(super) fn is_undecided(head: &[u8]) -> bool {
    b"ARROW1\0".starts_with(head) || (begins_stream(head).is_none() && head.len() < HEAD)
}

/// Returns whether a stream begins here, which has no name at its head but a message, of a schema; `None` if that takes more of it.
fn begins_stream(head: &[u8]) -> Option<bool> {
    if !CONTINUATION.starts_with(&head[..head.len().min(4)]) {
        return Some(false);
    }
    let number = |at: usize| Some(i32::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let short = |at: usize| Some(u16::from_le_bytes(*head.get(at..)?.first_chunk()?));
    let within = |at: i32| usize::try_from(at).ok().filter(|&at| at < HEAD);
    // The table of a message is at its head, whoever writes it; a table says where its fields are, the kind of message the second.
    let (len, table) = (number(4)?, number(8)?);
    let Some(table) = within(table).filter(|_| len > 0) else { return Some(false) };
    let Some(fields) = number(8 + table)?
        .checked_neg()
        .and_then(|back| within(i32::try_from(table).ok()?.checked_add(back)?))
    else {
        return Some(false);
    };
    if short(8 + fields)? < 8 {
        return Some(false);
    }
    let kind = usize::from(short(8 + fields + 6)?);
    Some(kind > 0 && *head.get(8 + table + kind)? == MessageHeader::Schema.0)
}

pub(super) fn wrong(column: Option<&str>, message: impl Into<String>) -> Error {
    Error::package(NAME, column, message)
}

/// A message, as it stands in the file.
struct Framed<'a> {
    message: Message<'a>,
    /// Bytes before the message, with its length.
    head: usize,
    /// Where the body begins.
    body: usize,
    end: usize,
}

/// Reads a message; `None` where it says that there are no more, or the bytes end.
fn framed(bytes: &[u8], at: usize) -> Result<Option<Framed<'_>>, Error> {
    let rest = &bytes[at..];
    let head = if rest.starts_with(&CONTINUATION) { 8 } else { 4 };
    if rest.is_empty() {
        return Ok(None);
    }
    let short = || wrong(None, "it ends within a message; a part of it is missing");
    let len = rest.get(head - 4..).and_then(|rest| rest.first_chunk()).ok_or_else(short)?;
    let len = usize::try_from(i32::from_le_bytes(*len));
    let len = len.map_err(|_| wrong(None, "the length of a message is negative"))?;
    if len == 0 {
        return Ok(None);
    }
    let metadata = rest[head..].get(..len).ok_or_else(short)?;
    let message = root_as_message(metadata)
        .map_err(|error| wrong(None, format!("a message is damaged: {}", first_line(&error))))?;
    let body = at + head + len;
    let end = usize::try_from(message.bodyLength()).ok();
    let end = end.and_then(|len| body.checked_add(len)).filter(|&end| end <= bytes.len());
    Ok(Some(Framed { message, head, body, end: end.ok_or_else(short)? }))
}

fn first_line(error: &flatbuffers::InvalidFlatbuffer) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// A file or stream on its way.
struct Rewriting<'a, 'b> {
    input: &'a [u8],
    layouts: Layouts,
    convert: &'a mut Convert<'b>,
    /// Rows so far.
    row: u64,
    /// Of each dictionary of text the hashes of its values, as they are now.
    known: HashMap<i64, HashSet<u64>>,
    hasher: RandomState,
}

impl<'a, 'b> Rewriting<'a, 'b> {
    fn new(input: &'a [u8], layouts: Layouts, convert: &'a mut Convert<'b>) -> Rewriting<'a, 'b> {
        let (known, hasher) = (HashMap::new(), RandomState::new());
        Rewriting { input, layouts, convert, row: 0, known, hasher }
    }
}

/// Converts a file or a stream; `None` if nothing in it changes.
pub(super) fn convert(
    input: &[u8],
    wanted: &[String],
    convert: &mut Convert<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    if input.starts_with(FEATHER_1) {
        return Err(wrong(None, "it is the first version of Feather, which is another format"));
    }
    if input.starts_with(MAGIC) {
        return file(input, wanted, convert);
    }
    stream(input, wanted, convert)
}

fn stream(
    input: &[u8],
    wanted: &[String],
    convert: &mut Convert<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let first = framed(input, 0)?.ok_or_else(|| wrong(None, "it is empty"))?;
    let Some(schema) = first.message.header_as_schema() else {
        return Err(wrong(None, "it does not begin with a schema"));
    };
    let mut layouts = Layouts::new(schema, first.message.version())?;
    layouts.choose(wanted)?;
    let mut rewriting = Rewriting::new(input, layouts, convert);
    let (mut made, mut copied, mut at) = (Vec::new(), 0, first.end);
    while let Some(next) = framed(input, at)? {
        let start = made.len() + (at - copied);
        if let Some(message) = rewriting.message(&next, at, start)? {
            made.extend_from_slice(&input[copied..at]);
            made.extend_from_slice(&message.bytes);
            copied = next.end;
        }
        at = next.end;
    }
    if copied == 0 {
        return Ok(None);
    }
    made.extend_from_slice(&input[copied..]);
    Ok(Some(made))
}

fn file(
    input: &[u8],
    wanted: &[String],
    convert: &mut Convert<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let footer_range = footer(input)?;
    let bytes = &input[footer_range.clone()];
    let footer = root_as_footer(bytes)
        .map_err(|error| wrong(None, format!("its footer is damaged: {}", first_line(&error))))?;
    let schema = footer.schema().ok_or_else(|| wrong(None, "it has no schema"))?;
    let mut layouts = Layouts::new(schema, footer.version())?;
    layouts.choose(wanted)?;
    let mut rewriting = Rewriting::new(input, layouts, convert);

    // Each message with the place of what the footer says of it.
    let mut blocks: Vec<(Block, usize)> = Vec::new();
    for list in [footer.dictionaries(), footer.recordBatches()].into_iter().flatten() {
        let place = list.bytes().as_ptr().addr() - bytes.as_ptr().addr();
        let places = (place..).step_by(size_of::<Block>());
        blocks.extend(list.iter().copied().zip(places));
    }
    blocks.sort_by_key(|(block, _)| block.offset());
    let (mut made, mut copied, mut is_changed) = (Vec::new(), 0, false);
    let mut new_footer = bytes.to_vec();
    for (block, place) in blocks {
        let at = usize::try_from(block.offset()).ok();
        let at = at.filter(|at| (copied..footer_range.start).contains(at));
        let at = at.ok_or_else(|| wrong(None, "a message is not where the footer says"))?;
        let next = framed(&input[..footer_range.start], at)?;
        let next = next.ok_or_else(|| wrong(None, "a message is not where the footer says"))?;
        let (head, body) = (next.body - at, next.end - next.body);
        if (i64::try_from(head).ok(), i64::try_from(body).ok())
            != (Some(i64::from(block.metaDataLength())), Some(block.bodyLength()))
        {
            return Err(wrong(None, "a message is not as long as the footer says"));
        }
        made.extend_from_slice(&input[copied..at]);
        let start = made.len();
        let (head, body) = match rewriting.message(&next, at, start)? {
            Some(message) => {
                is_changed = true;
                made.extend_from_slice(&message.bytes);
                (message.body, message.bytes.len() - message.body)
            }
            None => {
                made.extend_from_slice(&input[at..next.end]);
                (head, body)
            }
        };
        copied = next.end;
        let number = |len: usize| i64::try_from(len).map_err(|_| wrong(None, "it is too long"));
        let head = i32::try_from(head).map_err(|_| wrong(None, "a message is too long"))?;
        let block = Block::new(number(start)?, head, number(body)?);
        new_footer[place..place + size_of::<Block>()].copy_from_slice(&block.0);
    }
    if !is_changed {
        return Ok(None);
    }
    made.extend_from_slice(&input[copied..footer_range.start]);
    made.extend_from_slice(&new_footer);
    made.extend_from_slice(&input[footer_range.end..]);
    Ok(Some(made))
}

/// Returns where the footer of a file stands.
fn footer(input: &[u8]) -> Result<Range<usize>, Error> {
    let tail = input.strip_suffix(MAGIC).filter(|tail| tail.len() >= 12);
    let tail = tail.ok_or_else(|| {
        wrong(None, "it does not end as a file of Arrow does; a part of it is missing")
    })?;
    let (rest, len) = tail.split_at(tail.len() - 4);
    let len = len.try_into().map_or(-1, i32::from_le_bytes);
    let start = usize::try_from(len).ok().and_then(|len| rest.len().checked_sub(len));
    let start = start.filter(|&start| start >= 8);
    Ok(start.ok_or_else(|| wrong(None, "its footer is longer than the file"))?..rest.len())
}

/// A message that was written anew.
struct Written {
    bytes: Vec<u8>,
    /// Where in the bytes the body begins.
    body: usize,
}

impl Rewriting<'_, '_> {
    /// Converts a message, which will begin at `start`; `None` if it stays.
    fn message(
        &mut self,
        framed: &Framed<'_>,
        at: usize,
        start: usize,
    ) -> Result<Option<Written>, Error> {
        let body = &self.input[framed.body..framed.end];
        let message = framed.message;
        let mut dictionary_of = None;
        let (batch, nodes, row) = match message.header_type() {
            MessageHeader::RecordBatch => {
                let batch = message.header_as_record_batch();
                let row = self.row;
                let rows = batch.map_or(0, |batch| u64::try_from(batch.length()).unwrap_or(0));
                self.row = row.saturating_add(rows);
                (batch, &self.layouts.batch, row)
            }
            MessageHeader::DictionaryBatch => {
                let Some(dictionary) = message.header_as_dictionary_batch() else {
                    return Err(wrong(None, "a dictionary is damaged"));
                };
                let Some(nodes) = self.layouts.dictionaries.get(&dictionary.id()) else {
                    return Err(wrong(None, "it has a dictionary of no column"));
                };
                // Of one whose values have parts, only all parts together are to be different.
                dictionary_of = Some((dictionary.id(), dictionary.isDelta()));
                dictionary_of = dictionary_of.filter(|_| nodes.len() == 1);
                (dictionary.data(), nodes, 0)
            }
            MessageHeader::Schema => {
                return Err(wrong(None, "it has more than one schema"));
            }
            _ => return Ok(None),
        };
        let batch = batch.ok_or_else(|| wrong(None, "a message has no data"))?;
        let batch = Batch { batch, body };
        let Rewriting { convert, known, hasher, .. } = self;
        let mut convert = |values: &Values| {
            let converted = convert(values)?;
            if let Some((id, is_delta)) = dictionary_of {
                let known = known.entry(id).or_default();
                if !is_delta {
                    known.clear();
                }
                differ(values, converted.as_ref(), known, hasher)?;
            }
            Ok(converted)
        };
        let rewritten = batch.rewrite(nodes, &self.layouts.columns, row, &mut convert)?;
        let Some(rewritten) = rewritten else { return Ok(None) };
        // Memory that is mapped wants its buffers where they were: at multiples of 64, or of 8.
        let is_wide = framed.body.is_multiple_of(64) && at.is_multiple_of(8) && {
            let mut buffers = batch.batch.buffers().into_iter().flatten();
            buffers.all(|buffer| buffer.offset() % 64 == 0)
        };
        let step = if is_wide { 64 } else { 8 };
        // A file that is mapped begins at a multiple of either; what is copied behind it stands as it stood, too.
        let start = start % step;
        let is_aligned = start.is_multiple_of(8) && framed.end.is_multiple_of(8);
        let [start, end] = [start, framed.end % step].map(|at| if is_aligned { at } else { 0 });
        written(framed, &batch, &rewritten, (step, start, end)).map(Some)
    }
}

/// Makes sure that the values of a dictionary differ after a conversion as before: readers refuse others.
fn differ(
    values: &Values,
    converted: Option<&Converted>,
    known: &mut HashSet<u64>,
    hasher: &RandomState,
) -> Result<(), Error> {
    for index in 0..values.ends.len() {
        let value = match converted {
            Some(converted) => &converted.text[converted.range(index)],
            None => &values.text[values.range(index)],
        };
        if !known.insert(hasher.hash_one(value)) && converted.is_some() {
            let value: String = value.chars().take(40).collect();
            let message = format!(
                "two values of its dictionary would become the same, '{}'; write it without a dictionary first",
                value.escape_debug()
            );
            return Err(wrong(Some(&values.column), message));
        }
    }
    Ok(())
}

/// Writes a message with other buffers at multiples of `step`, `start` behind which it begins; it ends `end` behind one.
fn written(
    framed: &Framed<'_>,
    batch: &Batch<'_>,
    rewritten: &Rewritten<'_>,
    (step, start, end): (usize, usize, usize),
) -> Result<Written, Error> {
    let number = |len: usize| i64::try_from(len).map_err(|_| wrong(None, "it is too long"));
    let (mut buffers, mut len) = (Vec::new(), 0);
    for buffer in &rewritten.buffers {
        buffers.push(Buffer::new(number(len)?, number(buffer.len())?));
        len += buffer.len().next_multiple_of(step);
    }
    len += end;
    let metadata =
        metadata(framed.message, batch.batch, &buffers, &rewritten.variadic, number(len)?);
    let body = (start + framed.head + metadata.len()).next_multiple_of(step) - start;
    let mut bytes = Vec::with_capacity(body + len);
    if framed.head == 8 {
        bytes.extend_from_slice(&CONTINUATION);
    }
    let length = i32::try_from(body - framed.head);
    let length = length.map_err(|_| wrong(None, "a message is too long"))?;
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&metadata);
    bytes.resize(body, 0);
    for buffer in &rewritten.buffers {
        bytes.extend_from_slice(buffer);
        let len = bytes.len() - body;
        bytes.resize(body + len.next_multiple_of(step), 0);
    }
    bytes.resize(body + len, 0);
    Ok(Written { bytes, body })
}

/// Writes what a message says of its body.
fn metadata(
    message: Message<'_>,
    batch: RecordBatch<'_>,
    buffers: &[Buffer],
    variadic: &[i64],
    body: i64,
) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let nodes: Vec<_> = batch.nodes().into_iter().flatten().copied().collect();
    let nodes = builder.create_vector(&nodes);
    let buffers = builder.create_vector(buffers);
    let compression = batch.compression().map(|compression| {
        let arguments =
            BodyCompressionArgs { codec: compression.codec(), method: compression.method() };
        BodyCompression::create(&mut builder, &arguments)
    });
    let variadic = (!variadic.is_empty()).then(|| builder.create_vector(variadic));
    let data = RecordBatch::create(
        &mut builder,
        &RecordBatchArgs {
            length: batch.length(),
            nodes: Some(nodes),
            buffers: Some(buffers),
            compression,
            variadicBufferCounts: variadic,
        },
    );
    let header = match message.header_as_dictionary_batch() {
        None => data.as_union_value(),
        Some(dictionary) => {
            let (id, is_delta) = (dictionary.id(), dictionary.isDelta());
            let arguments = DictionaryBatchArgs { id, data: Some(data), isDelta: is_delta };
            DictionaryBatch::create(&mut builder, &arguments).as_union_value()
        }
    };
    let custom = message.custom_metadata().map(|pairs| {
        let mut made = Vec::new();
        for pair in pairs {
            let key = pair.key().map(|key| builder.create_string(key));
            let value = pair.value().map(|value| builder.create_string(value));
            made.push(KeyValue::create(&mut builder, &KeyValueArgs { key, value }));
        }
        builder.create_vector(&made)
    });
    let arguments = MessageArgs {
        version: message.version(),
        header_type: message.header_type(),
        header: Some(header),
        bodyLength: body,
        custom_metadata: custom,
    };
    let message = Message::create(&mut builder, &arguments);
    builder.finish(message, None);
    builder.finished_data().to_vec()
}
