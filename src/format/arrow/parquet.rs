//! Parquet: the columns of text in each row group.
//!
//! In: the bytes of a file. Out: the same with its text converted. The naive way reads rows as Arrow has them and writes them again,
//! which changes types, row groups, pages and statistics of all columns. Here each chunk (a column in a row
//! group) is by itself: one without a change is copied, with its statistics, indexes and filters; of one with a change
//! the values are replaced and their levels (what is null, which list a value is in) stay, so that nesting needs no
//! care. The footer is the old one but for the row groups.
//!
//! A chunk that is written anew has the compression (not its level, which a file does not tell), the kind of pages, and the encoding
//! of the old one, and statistics, page indexes and a filter of the same size where it had them. Checksums of pages are not
//! written, nor what a footer may say of each chunk besides (metadata of its own), which hardly any program does.

use std::io::{Cursor, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::bloom_filter::Sbbf;
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::column::writer::{ColumnCloseResult, ColumnWriter, get_column_writer};
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::errors::ParquetError;
use parquet::file::metadata::page_index::PageIndexBuilder;
use parquet::file::metadata::{
    ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataBuilder,
    ParquetMetaDataOptions, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};

use super::columns::{Column, Convert, Converted, Values, choose};
use super::schema::{Leaves, leaves};
use super::{FREE, is_plausible, thrift};
use crate::error::Error;

pub(super) const NAME: &str = "parquet";

const MAGIC: &[u8] = b"PAR1";
const ENCRYPTED: &[u8] = b"PARE";
/// Rows that are read at a time.
const ROWS: usize = 1024;

/// Returns whether a file begins like one of this format.
pub(super) fn is_parquet(head: &[u8]) -> bool {
    // A text may begin like this too, but not go on with the head of a page, or a gap.
    head.starts_with(MAGIC) && matches!(head.get(4), Some(0x15 | 0))
}

/// Returns whether it takes more of a file to tell whether it is of this format.
pub(super) fn is_undecided(head: &[u8]) -> bool {
    MAGIC.starts_with(head)
}

/// The file, as the crate reads it.
struct File<'a>(&'a [u8]);

impl Length for File<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

impl<'a> ChunkReader for File<'a> {
    type T = Cursor<&'a [u8]>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        let start = usize::try_from(start).ok().filter(|&start| start <= self.0.len());
        let start = start.ok_or_else(|| ParquetError::EOF("a place behind the end".to_owned()))?;
        Ok(Cursor::new(&self.0[start..]))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.get_read(start)?.into_inner().get(..length);
        let bytes = bytes.ok_or_else(|| ParquetError::EOF("a part beyond the end".to_owned()))?;
        Ok(Bytes::copy_from_slice(bytes))
    }
}

/// Bytes of a chunk that its writer may have forgotten to count.
const MOST_UNCOUNTED: usize = 100;

pub(super) fn wrong(column: Option<&str>, message: impl Into<String>) -> Error {
    Error::package(NAME, column, message)
}

fn damaged(error: &ParquetError) -> String {
    format!("it is damaged, or of a kind that cannot be read: {error}")
}

/// Calls the crate, which says of some damaged files that they are wrong by a panic: one such file must not end the work on others.
fn caught<T>(call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(result) => result.map_err(|error| damaged(&error)),
        Err(_) => Err("it is damaged".to_owned()),
    }
}

/// Converts a file; `None` if nothing in it changes.
pub(super) fn convert(
    input: &[u8],
    wanted: &[String],
    convert: &mut Convert<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let footer = footer(input).map_err(|message| wrong(None, message))?;
    let metadata = caught(|| {
        // Of each page, not only which encodings there are: it is written again.
        let options = ParquetMetaDataOptions::new().with_encoding_stats_as_mask(false);
        ParquetMetaDataReader::new()
            .with_metadata_options(Some(options))
            .with_page_index_policy(PageIndexPolicy::Optional)
            .parse_and_finish(&File(input))
    });
    let metadata = metadata.map_err(|message| wrong(None, message))?;
    let leaves = leaves(metadata.file_metadata().schema())?;
    let columns: Vec<Column> = leaves.iter().flatten().cloned().collect();
    let mut chosen = choose(NAME, wanted, &columns)?.into_iter();
    let leaves: Leaves =
        leaves.into_iter().map(|leaf| leaf.filter(|_| chosen.next() == Some(true))).collect();

    let made = written(input, footer.start, &metadata, &leaves, convert)?;
    made.map(|made| finish(made, &input[footer])).transpose()
}

/// Returns the file, with a footer of the crate's making; `None` if nothing in it changes.
fn written(
    input: &[u8],
    end: usize,
    metadata: &ParquetMetaData,
    leaves: &Leaves,
    convert: &mut Convert<'_>,
) -> Result<Option<Vec<u8>>, Error> {
    let mut made = Vec::with_capacity(input.len() + input.len() / 16);
    {
        let mut rewriting = Rewriting {
            input,
            end,
            leaves,
            out: TrackedWrite::new(&mut made),
            index: PageIndexBuilder::new(metadata.num_row_groups(), leaves.len()),
            copied: 0,
            is_changed: false,
        };
        rewriting.write(MAGIC)?;
        let (mut groups, mut row) = (Vec::new(), 0);
        for number in 0..metadata.num_row_groups() {
            groups.push(rewriting.group(metadata, number, row, convert)?);
            let rows = u64::try_from(metadata.row_group(number).num_rows());
            row = u64::saturating_add(row, rows.unwrap_or(0));
        }
        if !rewriting.is_changed {
            return Ok(None);
        }
        let Rewriting { out, index, .. } = rewriting;
        let metadata = ParquetMetaDataBuilder::new(metadata.file_metadata().clone())
            .set_row_groups(groups)
            .set_page_index(Some(Arc::new(index.build())))
            .build();
        caught(|| ParquetMetaDataWriter::new_with_tracked(out, &metadata).finish())
            .map_err(|message| wrong(None, message))?;
    }
    Ok(Some(made))
}

/// Returns where the footer stands.
fn footer(input: &[u8]) -> Result<Range<usize>, String> {
    if input.starts_with(ENCRYPTED) || input.ends_with(ENCRYPTED) {
        return Err("it is encrypted".to_owned());
    }
    if !input.starts_with(MAGIC) {
        return Err("it does not begin as Parquet does".to_owned());
    }
    let Some(tail) = input.strip_suffix(MAGIC).filter(|tail| tail.len() >= 8) else {
        return Err("it does not end as Parquet does; a part of it is missing".to_owned());
    };
    let (rest, len) = tail.split_at(tail.len() - 4);
    let len = len.try_into().map_or(0, u32::from_le_bytes);
    let start = rest.len().checked_sub(usize::try_from(len).unwrap_or(usize::MAX));
    let Some(start) = start.filter(|&start| start >= MAGIC.len()) else {
        return Err("its footer is longer than the file".to_owned());
    };
    let footer = start..rest.len();
    if thrift::is_encrypted(&input[footer.clone()]) {
        return Err("it is encrypted".to_owned());
    }
    Ok(footer)
}

/// Puts the old footer in the place of the new one, but for what it says of row groups.
fn finish(mut made: Vec<u8>, footer: &[u8]) -> Result<Vec<u8>, Error> {
    let here = self::footer(&made).map_err(|message| wrong(None, message))?;
    let spliced = thrift::with_row_groups(footer, &made[here.clone()])
        .ok_or_else(|| wrong(None, "its footer cannot be read"))?;
    let len = u32::try_from(spliced.len()).map_err(|_| wrong(None, "its footer is too long"))?;
    made.truncate(here.start);
    made.extend_from_slice(&spliced);
    made.extend_from_slice(&len.to_le_bytes());
    made.extend_from_slice(MAGIC);
    Ok(made)
}

/// A file on its way.
struct Rewriting<'a, 'b> {
    input: &'a [u8],
    /// Where the columns end and the footer begins.
    end: usize,
    leaves: &'a Leaves,
    out: TrackedWrite<&'b mut Vec<u8>>,
    index: PageIndexBuilder,
    /// Bytes of all chunks so far.
    copied: usize,
    is_changed: bool,
}

/// What was found in the chunk of a column, and what becomes of it.
struct Changed {
    source: Source,
    values: Values,
    converted: Converted,
}

impl Rewriting<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Error> {
        let at = self.out.bytes_written();
        // It goes to memory.
        self.out.write_all(bytes).map_err(|error| wrong(None, error.to_string()))?;
        Ok(at)
    }

    /// Does a row group; `row` rows are before it.
    fn group(
        &mut self,
        metadata: &ParquetMetaData,
        number: usize,
        row: u64,
        convert: &mut Convert<'_>,
    ) -> Result<RowGroupMetaData, Error> {
        let group = metadata.row_group(number);
        let (mut columns, mut size) = (Vec::new(), group.total_byte_size());
        let (mut filters, mut is_new) = (Vec::new(), Vec::new());
        if group.num_columns() != self.leaves.len() {
            return Err(wrong(None, "a row group has not all columns"));
        }
        let start = self.out.bytes_written();
        for (at, column) in group.columns().iter().enumerate() {
            let name = column.column_path().string();
            let in_column = |message: String| wrong(Some(&name), message);
            let range = self.range(column).map_err(in_column)?;
            let changed = match &self.leaves[at] {
                Some(leaf) => self.changed(column, range.clone(), row, &leaf.name, convert)?,
                None => None,
            };
            let page_index = metadata.page_index();
            let old_index = page_index.and_then(|index| index.offset_index(number, at));
            is_new.push(changed.is_some());
            let Some(changed) = changed else {
                let place = self.write(&self.input[range.clone()])?;
                let by = offset(place)? - offset(range.start)?;
                let moved = |place: i64| place.saturating_add(by);
                if let Some(mut index) = old_index.cloned() {
                    for page in &mut index.page_locations {
                        page.offset = moved(page.offset);
                    }
                    self.index.put_offset_index(index, number, at);
                }
                filters.push(self.filter(column).map_err(in_column)?);
                let column = column.clone().into_builder();
                columns.push(self.moved(column, group.column(at), moved).map_err(in_column)?);
                continue;
            };
            self.is_changed = true;
            let (closed, filter) = self.rewrite(column, &changed).map_err(in_column)?;
            filters.push(filter);
            let grown =
                closed.metadata.uncompressed_size().saturating_sub(column.uncompressed_size());
            size = size.saturating_add(grown);
            if let Some(index) = closed.offset_index.filter(|_| old_index.is_some()) {
                self.index.put_offset_index(index, number, at);
            }
            if let Some(index) = closed.column_index {
                self.index.put_column_index(index, number, at);
            }
            columns.push(closed.metadata);
        }
        for (column, filter) in columns.iter_mut().zip(filters) {
            let builder = column.clone().into_builder();
            let (place, len) = match filter {
                Some(filter) => {
                    let place = self.write(&filter)?;
                    (Some(offset(place)?), i32::try_from(filter.len()).ok())
                }
                None => (None, None),
            };
            let builder = builder.set_bloom_filter_offset(place).set_bloom_filter_length(len);
            *column = builder.build().map_err(|error| wrong(None, damaged(&error)))?;
        }
        // Rows that were sorted by what changed are so no more.
        let sorting = group.sorting_columns().map(|sorting| {
            let is_old = |column: &&parquet::file::metadata::SortingColumn| {
                let number = usize::try_from(column.column_idx).ok();
                number.and_then(|number| is_new.get(number)) == Some(&false)
            };
            sorting.iter().take_while(is_old).cloned().collect::<Vec<_>>()
        });
        let mut builder = group
            .clone()
            .into_builder()
            .set_column_metadata(columns)
            .set_total_byte_size(size)
            .set_sorting_columns(sorting.filter(|sorting| !sorting.is_empty()));
        if group.file_offset().is_some() {
            builder = builder.set_file_offset(offset(start)?);
        }
        builder.build().map_err(|error| wrong(None, damaged(&error)))
    }

    /// Returns where a chunk stands.
    fn range(&mut self, column: &ColumnChunkMetaData) -> Result<Range<usize>, String> {
        if column.file_path().is_some() {
            return Err("it is in another file".to_owned());
        }
        let start = start(column);
        let len = usize::try_from(column.compressed_size()).ok();
        let range = usize::try_from(start).ok().zip(len);
        let range = range.and_then(|(start, len)| Some(start..start.checked_add(len)?));
        let range = range.filter(|range| range.end <= self.end);
        let mut range = range.ok_or("it reaches beyond the end")?;
        // Some writers before 2014 did not count the head of a dictionary; its last page then ends behind the chunk.
        let (mut at, mut is_damaged) = (range.start, false);
        while at < range.end && !is_damaged {
            let page = thrift::page(&self.input[at..self.end]);
            let len = page.and_then(|page| page.packed.checked_add(page.head));
            let next = len.and_then(|len| at.checked_add(len)).filter(|&next| next <= self.end);
            match next {
                Some(next) => at = next,
                // What is wrong in a chunk that is copied goes on to be so.
                None => is_damaged = true,
            }
        }
        if !is_damaged && at - range.end <= MOST_UNCOUNTED {
            range.end = at;
        }
        // A small file may say that all its chunks are the same part of it.
        self.copied += range.len();
        if self.copied > self.end {
            return Err("it is in the same place as another".to_owned());
        }
        Ok(range)
    }

    /// Returns what becomes of a chunk; `None` if it stays.
    fn changed(
        &self,
        column: &ColumnChunkMetaData,
        range: Range<usize>,
        row: u64,
        name: &str,
        convert: &mut Convert<'_>,
    ) -> Result<Option<Changed>, Error> {
        let in_column = |message: String| wrong(Some(name), message);
        let source = Source::new(column, &self.input[range]).map_err(in_column)?;
        let mut values = Values::new(name);
        let mut read = source.read().map_err(in_column)?;
        let mut row = row;
        while read.next().map_err(in_column)? {
            let mut next = read.values.iter();
            for level in 0..read.levels {
                if read.repetitions.get(level).is_none_or(|&level| level == 0) {
                    row += 1;
                }
                if read.definitions.get(level).is_none_or(|&level| level == source.most.0)
                    && let Some(value) = next.next()
                    && !value.is_empty()
                {
                    values.add(value.data(), row).map_err(in_column)?;
                }
            }
        }
        let converted = if values.ends.is_empty() { None } else { convert(&values)? };
        Ok(converted.map(|converted| Changed { source, values, converted }))
    }

    /// Writes a chunk with other values; returns what is to be said of it, and its filter.
    fn rewrite(
        &mut self,
        column: &ColumnChunkMetaData,
        changed: &Changed,
    ) -> Result<(ColumnCloseResult, Option<Vec<u8>>), String> {
        let Changed { source, values, converted } = changed;
        let mut filter = match column.bloom_filter_offset() {
            Some(_) => caught(|| Sbbf::read_from_column_chunk(column, &File(self.input)))?,
            None => None,
        };
        if let Some(filter) = &mut filter {
            *filter = Sbbf::new_with_num_of_bytes(filter.num_blocks() * 32);
        }
        let properties = Arc::new(properties(column, source.is_v2));
        let pages = Box::new(SerializedPageWriter::new(&mut self.out));
        let mut writer = get_column_writer(column.column_descr_ptr(), properties, pages);
        let ColumnWriter::ByteArrayColumnWriter(typed) = &mut writer else {
            return Err("it is no column of text".to_owned());
        };
        let text = ByteArray::from(converted.text.clone().into_bytes());
        let mut read = source.read()?;
        while read.next()? {
            for value in &mut read.values {
                if let Some(index) = values.find(value.data()) {
                    let range = converted.range(index);
                    *value = text.slice(range.start, range.len());
                }
                if let Some(filter) = &mut filter {
                    filter.insert(value.data());
                }
            }
            let definitions = (source.most.0 > 0).then_some(&read.definitions[..]);
            let repetitions = (source.most.1 > 0).then_some(&read.repetitions[..]);
            caught(|| typed.write_batch(&read.values, definitions, repetitions))?;
        }
        let closed = caught(|| writer.close())?;
        Ok((closed, filter.as_ref().map(filter_bytes).transpose()?))
    }

    /// Returns what is to be said of a chunk that was copied.
    fn moved(
        &mut self,
        builder: parquet::file::metadata::ColumnChunkMetaDataBuilder,
        column: &ColumnChunkMetaData,
        moved: impl Fn(i64) -> i64,
    ) -> Result<ColumnChunkMetaData, String> {
        let index = column.column_index_range().map(|range| {
            let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
            self.input.get(range)
        });
        let index = match index {
            Some(Some(bytes)) => {
                let place =
                    self.write(bytes).and_then(offset).map_err(|error| error.to_string())?;
                (Some(place), column.column_index_length())
            }
            Some(None) => return Err("its index reaches beyond the end".to_owned()),
            None => (None, None),
        };
        let dictionary = column.dictionary_page_offset();
        builder
            .set_data_page_offset(moved(column.data_page_offset()))
            .set_dictionary_page_offset(dictionary.filter(|&place| place > 0).map(&moved))
            .set_index_page_offset(column.index_page_offset().map(&moved))
            .set_column_index_offset(index.0)
            .set_column_index_length(index.1)
            .set_offset_index_offset(None)
            .set_offset_index_length(None)
            .build()
            .map_err(|error| damaged(&error))
    }

    /// Returns the filter of a chunk that was copied, as it is written.
    fn filter(&self, column: &ColumnChunkMetaData) -> Result<Option<Vec<u8>>, String> {
        let Some(start) = column.bloom_filter_offset() else { return Ok(None) };
        let Some(len) = column.bloom_filter_length() else {
            // Older writers do not say how long it is.
            let filter = caught(|| Sbbf::read_from_column_chunk(column, &File(self.input)))?;
            return filter.as_ref().map(filter_bytes).transpose();
        };
        let range = usize::try_from(start).ok().zip(usize::try_from(len).ok());
        let range = range.and_then(|(start, len)| Some(start..start.checked_add(len)?));
        let bytes = range.and_then(|range| self.input.get(range));
        Ok(Some(bytes.ok_or("its filter reaches beyond the end")?.to_vec()))
    }
}

fn filter_bytes(filter: &Sbbf) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    caught(|| filter.write(&mut bytes))?;
    Ok(bytes)
}

/// Returns a place as Parquet has it.
fn offset(place: usize) -> Result<i64, Error> {
    i64::try_from(place).map_err(|_| wrong(None, "it is too long"))
}

/// Returns where a chunk begins. Some writers say that there is a dictionary at the head of the file, where none can be.
fn start(column: &ColumnChunkMetaData) -> i64 {
    let dictionary = column.dictionary_page_offset().filter(|&place| place > 0);
    dictionary.unwrap_or(column.data_page_offset())
}

/// Returns how a chunk is to be written.
fn properties(column: &ColumnChunkMetaData, is_v2: bool) -> WriterProperties {
    let plain = [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY]
        .into_iter()
        .find(|&delta| column.encodings().any(|encoding| encoding == delta));
    let statistics = match (column.column_index_offset(), column.statistics()) {
        (Some(_), _) => EnabledStatistics::Page,
        (None, Some(_)) => EnabledStatistics::Chunk,
        (None, None) => EnabledStatistics::None,
    };
    WriterProperties::builder()
        .set_writer_version(match is_v2 {
            true => WriterVersion::PARQUET_2_0,
            false => WriterVersion::PARQUET_1_0,
        })
        .set_compression(column.compression())
        .set_dictionary_enabled(column.dictionary_page_offset().is_some_and(|place| place > 0))
        .set_encoding(plain.unwrap_or(Encoding::PLAIN))
        .set_statistics_enabled(statistics)
        .build()
}

/// A chunk of a column of text.
struct Source {
    bytes: Arc<Bytes>,
    /// The metadata, with places in these bytes.
    column: ColumnChunkMetaData,
    is_v2: bool,
    /// The most that definition and repetition levels can be.
    most: (i16, i16),
}

impl Source {
    fn new(column: &ColumnChunkMetaData, bytes: &[u8]) -> Result<Source, String> {
        let (mut at, mut is_v2) = (0, false);
        // What the crate believes a page to be unpacked to, it takes memory for.
        while at < bytes.len() {
            let page = thrift::page(&bytes[at..]).ok_or("the head of a page is damaged")?;
            if !is_plausible(page.unpacked, page.packed, FREE) {
                return Err("a page would be unpacked to far more than it can be".to_owned());
            }
            is_v2 |= page.is_v2;
            let next = page.packed.checked_add(page.head).and_then(|len| at.checked_add(len));
            at = next.ok_or("the head of a page is damaged")?;
        }
        if at > bytes.len() {
            return Err("a page reaches beyond its column".to_owned());
        }
        let start = start(column);
        let dictionary = column.dictionary_page_offset().filter(|&place| place > 0);
        let most = (column.column_descr().max_def_level(), column.column_descr().max_rep_level());
        let column = column
            .clone()
            .into_builder()
            .set_dictionary_page_offset(dictionary.map(|place| place - start))
            .set_data_page_offset(column.data_page_offset().saturating_sub(start))
            .build()
            .map_err(|error| damaged(&error))?;
        Ok(Source { bytes: Arc::new(Bytes::copy_from_slice(bytes)), column, is_v2, most })
    }

    fn read(&self) -> Result<Read, String> {
        let pages =
            caught(|| SerializedPageReader::new(Arc::clone(&self.bytes), &self.column, 0, None))?;
        let reader = get_column_reader(self.column.column_descr_ptr(), Box::new(pages));
        let ColumnReader::ByteArrayColumnReader(reader) = reader else {
            return Err("it is no column of text".to_owned());
        };
        Ok(Read {
            reader,
            values: Vec::new(),
            definitions: Vec::new(),
            repetitions: Vec::new(),
            levels: 0,
            left: self.column.num_values(),
        })
    }
}

/// Some rows of a column.
struct Read {
    reader: parquet::column::reader::ColumnReaderImpl<ByteArrayType>,
    values: Vec<ByteArray>,
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    levels: usize,
    /// Levels that are still to come.
    left: i64,
}

impl Read {
    /// Reads the next rows; returns whether there are any.
    fn next(&mut self) -> Result<bool, String> {
        self.values.clear();
        self.definitions.clear();
        self.repetitions.clear();
        let Read { reader, values, definitions, repetitions, .. } = self;
        let (_, _, levels) =
            caught(|| reader.read_records(ROWS, Some(definitions), Some(repetitions), values))?;
        self.levels = levels;
        self.left = self.left.saturating_sub_unsigned(levels as u64);
        match self.left {
            1.. if levels == 0 => Err("values are missing".to_owned()),
            ..=-1 => Err("it has more values than it says".to_owned()),
            _ => Ok(levels > 0),
        }
    }
}
