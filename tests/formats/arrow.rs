//! Parquet and Arrow: text converted, everything else as it was.
//!
//! The documents are made here by the crates of Arrow themselves, with every kind of column that holds text, and are read and compared
//! by them; `tests/support/arrow.py` does the same with another library.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;

use arrow_array::builder::{
    BinaryBuilder, FixedSizeListBuilder, Int32Builder, LargeListBuilder, ListBuilder, MapBuilder,
    StringBuilder, StringDictionaryBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeListArray, Float64Array, Int64Array,
    LargeListArray, LargeStringArray, ListArray, MapArray, RecordBatch, StringArray,
    StringViewArray, StructArray, TimestampMicrosecondArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_ipc::writer::{DictionaryHandling, FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use bytes::Bytes;
use jianfan::format::{Formats, Options};
use jianfan::pipeline::{Pipeline, Protection};
use jianfan::{Converter, Error};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::bloom_filter::Sbbf;
use parquet::file::metadata::{KeyValue, PageIndexPolicy, ParquetMetaData, SortingColumn};
use parquet::file::metadata::{ParquetMetaDataReader, ParquetMetaDataWriter};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use parquet::file::writer::TrackedWrite;
use parquet::schema::types::ColumnPath;

use super::{Random, SENTENCES};
use crate::support::command::Dir;

const WORDS: [&str; 6] = ["内存", "头发", "", "plain", "软件和网络里的数据库都要更新了", "鼠标"];

fn pipeline(name: &str, columns: &[&str]) -> Pipeline {
    let mut options = Options::default();
    options.columns = columns.iter().map(|&column| column.to_owned()).collect();
    let formats = match name {
        "auto" => Formats::auto(options),
        name => Formats::named(name, options),
    };
    Pipeline::new(Converter::new("s2twp").unwrap()).formats(formats.unwrap())
}

fn converted(name: &str, document: &[u8]) -> Vec<u8> {
    pipeline(name, &[]).run(document).unwrap()
}

fn error(name: &str, columns: &[&str], document: &[u8]) -> String {
    pipeline(name, columns).run(document).unwrap_err().to_string()
}

/// Returns a text, or nothing, one like the other each time.
fn text(random: &mut Random) -> Option<String> {
    match random.below(8) {
        0 => None,
        1..=3 => Some(random.pick(&SENTENCES).to_owned()),
        4 => Some(format!("{}\n{}\r\n", random.pick(&SENTENCES), random.pick(&WORDS))),
        _ => Some(random.pick(&WORDS).to_owned()),
    }
}

fn schema_of(batch_fields: Vec<Field>) -> SchemaRef {
    let metadata = HashMap::from([("title".to_owned(), "头发".to_owned())]);
    Arc::new(Schema::new(batch_fields).with_metadata(metadata))
}

/// Returns rows with every kind of column that holds text, and some that hold none.
fn batch(seed: u64, rows: usize) -> RecordBatch {
    let random = &mut Random::new(seed);
    let texts = |random: &mut Random| (0..rows).map(|_| text(random)).collect::<Vec<_>>();
    let mut dictionary = StringDictionaryBuilder::<Int32Type>::new();
    let mut tags = ListBuilder::new(StringBuilder::new());
    let mut notes = LargeListBuilder::new(StringBuilder::new());
    let mut pair = FixedSizeListBuilder::new(StringBuilder::new(), 2);
    let mut map = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    let (mut data, mut number) = (BinaryBuilder::new(), Int32Builder::new());
    for row in 0..rows {
        dictionary.append_option(text(random));
        for _ in 0..random.below(3) {
            tags.values().append_option(text(random));
            notes.values().append_option(text(random));
        }
        tags.append(random.below(5) > 0);
        notes.append(true);
        pair.values().append_option(text(random));
        pair.values().append_value("打印机");
        pair.append(random.below(5) > 0);
        for key in 0..random.below(3) {
            map.keys().append_value(format!("头发{key}"));
            map.values().append_option(text(random));
        }
        map.append(true).unwrap();
        data.append_value("头发".as_bytes());
        number.append_option((row % 3 > 0).then_some(7));
    }
    let inner = StructArray::try_from(vec![
        ("name", Arc::new(StringArray::from(texts(random))) as ArrayRef),
        ("number", Arc::new(number.finish()) as ArrayRef),
    ]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..i64::try_from(rows).unwrap()))),
        ("title", Arc::new(StringArray::from(texts(random)))),
        ("large", Arc::new(LargeStringArray::from(texts(random)))),
        ("view", Arc::new(StringViewArray::from(texts(random)))),
        ("dictionary", Arc::new(dictionary.finish())),
        ("tags", Arc::new(tags.finish())),
        ("notes", Arc::new(notes.finish())),
        ("pair", Arc::new(pair.finish())),
        ("inner", Arc::new(inner.unwrap())),
        ("map", Arc::new(map.finish())),
        ("data", Arc::new(data.finish())),
        ("price", Arc::new(Float64Array::from_iter_values((0..rows).map(|_| 0.5)))),
        ("day", Arc::new(TimestampMicrosecondArray::from(vec![Some(86_400_000_000); rows]))),
        ("flag", Arc::new(BooleanArray::from(vec![Some(true); rows]))),
    ];
    let fields = columns.iter().map(|(name, column)| {
        let metadata = HashMap::from([("头".to_owned(), (*name).to_owned())]);
        Field::new(*name, column.data_type().clone(), *name != "id").with_metadata(metadata)
    });
    let schema = schema_of(fields.collect());
    RecordBatch::try_new(schema, columns.into_iter().map(|(_, column)| column).collect()).unwrap()
}

/// Returns an array with its text converted, in the plainest way.
fn expected_array(array: &ArrayRef, converter: &Converter) -> ArrayRef {
    let convert = |text: Option<&str>| text.map(|text| converter.convert(text));
    let inner = |array: &ArrayRef| expected_array(array, converter);
    match array.data_type() {
        DataType::Utf8 => {
            Arc::new(array.as_string::<i32>().iter().map(convert).collect::<StringArray>())
        }
        DataType::LargeUtf8 => {
            Arc::new(array.as_string::<i64>().iter().map(convert).collect::<LargeStringArray>())
        }
        DataType::Utf8View => {
            Arc::new(array.as_string_view().iter().map(convert).collect::<StringViewArray>())
        }
        DataType::Dictionary(..) => {
            let array = array.as_dictionary::<Int32Type>();
            let values = inner(array.values());
            Arc::new(DictionaryArray::new(array.keys().clone(), values))
        }
        DataType::List(field) => {
            let (_, offsets, values, nulls) = array.as_list::<i32>().clone().into_parts();
            Arc::new(ListArray::new(Arc::clone(field), offsets, inner(&values), nulls))
        }
        DataType::LargeList(field) => {
            let (_, offsets, values, nulls) = array.as_list::<i64>().clone().into_parts();
            Arc::new(LargeListArray::new(Arc::clone(field), offsets, inner(&values), nulls))
        }
        DataType::FixedSizeList(field, len) => {
            let (_, _, values, nulls) = array.as_fixed_size_list().clone().into_parts();
            Arc::new(FixedSizeListArray::new(Arc::clone(field), *len, inner(&values), nulls))
        }
        DataType::Struct(_) => {
            let (fields, columns, nulls) = array.as_struct().clone().into_parts();
            let columns = columns.iter().map(inner).collect();
            Arc::new(StructArray::new(fields, columns, nulls))
        }
        DataType::Map(field, is_ordered) => {
            let (_, offsets, entries, nulls, _) = array.as_map().clone().into_parts();
            let (fields, columns, entry_nulls) = entries.into_parts();
            let columns = vec![Arc::clone(&columns[0]), inner(&columns[1])];
            let entries = StructArray::new(fields, columns, entry_nulls);
            Arc::new(MapArray::new(Arc::clone(field), offsets, entries, nulls, *is_ordered))
        }
        _ => Arc::clone(array),
    }
}

/// Holds a table to another one, column by column.
#[track_caller]
fn are_equal(after: &[RecordBatch], wanted: &[RecordBatch]) {
    assert_eq!(after.len(), wanted.len());
    for (after, wanted) in after.iter().zip(wanted) {
        assert_eq!(after.schema(), wanted.schema());
        for (number, field) in wanted.schema().fields().iter().enumerate() {
            assert_eq!(after.column(number), wanted.column(number), "{}", field.name());
        }
    }
}

fn expected(batch: &RecordBatch) -> RecordBatch {
    let converter = Converter::new("s2twp").unwrap();
    let columns = batch.columns().iter().map(|column| expected_array(column, &converter));
    RecordBatch::try_new(batch.schema(), columns.collect()).unwrap()
}

/// Returns a file, a row group for each batch.
fn parquet_file(batches: &[RecordBatch], properties: WriterProperties) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut file, batches[0].schema(), Some(properties)).unwrap();
    for batch in batches {
        writer.write(batch).unwrap();
        writer.flush().unwrap();
    }
    writer.append_key_value_metadata(KeyValue::new("头发".to_owned(), "头发".to_owned()));
    writer.close().unwrap();
    file
}

fn read_parquet(file: &[u8]) -> (SchemaRef, Vec<RecordBatch>) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(file)).unwrap();
    let schema = Arc::clone(builder.schema());
    let mut batches = Vec::new();
    for group in 0..builder.metadata().num_row_groups() {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(file)).unwrap();
        let reader = builder.with_row_groups(vec![group]).with_batch_size(1 << 20).build();
        batches.extend(reader.unwrap().map(Result::unwrap));
    }
    (schema, batches)
}

fn metadata(file: &[u8]) -> ParquetMetaData {
    ParquetMetaDataReader::new()
        .with_page_index_policy(PageIndexPolicy::Optional)
        .parse_and_finish(&Bytes::copy_from_slice(file))
        .unwrap()
}

/// Holds a file to what is promised: its text converted, all else as it was.
#[track_caller]
fn is_converted(before: &[u8], after: &[u8]) {
    let ((old_schema, old), (new_schema, new)) = (read_parquet(before), read_parquet(after));
    assert_eq!(new_schema, old_schema);
    are_equal(&new, &old.iter().map(expected).collect::<Vec<_>>());
    let (old, new) = (metadata(before), metadata(after));
    let (old_file, new_file) = (old.file_metadata(), new.file_metadata());
    assert_eq!(new_file.key_value_metadata(), old_file.key_value_metadata());
    assert_eq!(new_file.created_by(), old_file.created_by());
    assert_eq!(new_file.version(), old_file.version());
    assert_eq!(new_file.column_orders(), old_file.column_orders());
    assert_eq!(new_file.schema(), old_file.schema());
    for (number, (old_group, new_group)) in
        old.row_groups().iter().zip(new.row_groups()).enumerate()
    {
        assert_eq!(new_group.num_rows(), old_group.num_rows());
        let sum = new_group.columns().iter().map(|column| column.uncompressed_size()).sum::<i64>();
        assert_eq!(new_group.total_byte_size(), sum);
        for (at, (old_column, new_column)) in
            old_group.columns().iter().zip(new_group.columns()).enumerate()
        {
            let path = old_column.column_path().string();
            assert_eq!(new_column.compression(), old_column.compression(), "{path}");
            assert_eq!(new_column.num_values(), old_column.num_values(), "{path}");
            let encodings = |column: &parquet::file::metadata::ColumnChunkMetaData| {
                let mut encodings: Vec<Encoding> = column.encodings().collect();
                encodings.sort();
                encodings
            };
            assert_eq!(encodings(new_column), encodings(old_column), "{path}");
            let has = |column: &parquet::file::metadata::ColumnChunkMetaData| {
                [
                    column.statistics().is_some(),
                    column.column_index_offset().is_some(),
                    column.offset_index_offset().is_some(),
                    column.bloom_filter_offset().is_some(),
                    column.dictionary_page_offset().is_some(),
                ]
            };
            assert_eq!(has(new_column), has(old_column), "{path}");
            if matches!(&*path, "id" | "price" | "data" | "map.key_value.key") {
                let bytes = |file: &[u8], column: &parquet::file::metadata::ColumnChunkMetaData| {
                    let (start, len) = column.byte_range();
                    let start = usize::try_from(start).unwrap();
                    file[start..start + usize::try_from(len).unwrap()].to_vec()
                };
                assert_eq!(bytes(after, new_column), bytes(before, old_column), "{path}");
                assert_eq!(new_column.statistics(), old_column.statistics());
                let index = |metadata: &ParquetMetaData| {
                    metadata.page_index().and_then(|index| index.column_index(number, at).cloned())
                };
                assert_eq!(index(&new), index(&old), "{path}");
            }
        }
    }
}

fn compressions() -> Vec<Compression> {
    vec![
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ]
}

#[test]
fn text_in_parquet_is_converted_and_all_else_stays() {
    let batches = [batch(1, 40), batch(2, 1), batch(3, 300)];
    for compression in compressions() {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for has_dictionary in [true, false] {
                let properties = WriterProperties::builder()
                    .set_compression(compression)
                    .set_writer_version(version)
                    .set_dictionary_enabled(has_dictionary)
                    .set_data_page_row_count_limit(64)
                    .set_created_by("somebody version 1.2 (build 3)".to_owned());
                let file = parquet_file(&batches, properties.build());
                is_converted(&file, &converted("parquet", &file));
            }
        }
    }
}

#[test]
fn statistics_indexes_and_filters_are_those_of_the_new_text() {
    let batches = [batch(4, 200), batch(5, 50)];
    for statistics in [EnabledStatistics::None, EnabledStatistics::Chunk, EnabledStatistics::Page] {
        for filters in [false, true] {
            let mut properties = WriterProperties::builder();
            if filters {
                properties =
                    properties.set_bloom_filter_enabled(true).set_bloom_filter_max_ndv(500);
            }
            let properties = properties
                .set_statistics_enabled(statistics)
                .set_data_page_row_count_limit(20)
                .set_write_batch_size(10)
                .set_offset_index_disabled(statistics == EnabledStatistics::None);
            let file = parquet_file(&batches, properties.build());
            let after = converted("parquet", &file);
            is_converted(&file, &after);
            let bytes = Bytes::copy_from_slice(&after);
            let (_, read) = read_parquet(&after);
            for (group, batch) in metadata(&after).row_groups().iter().zip(read) {
                let title = group.columns().iter().find(|c| c.column_path().string() == "title");
                let title = title.unwrap();
                let texts: Vec<&str> = batch
                    .column_by_name("title")
                    .unwrap()
                    .as_string::<i32>()
                    .iter()
                    .flatten()
                    .collect();
                if let Some(statistics) = title.statistics() {
                    // As long as they may be cut.
                    let most = texts.iter().max().unwrap().as_bytes();
                    assert!(statistics.max_bytes_opt().unwrap() >= &most[..most.len().min(60)]);
                    let least = texts.iter().min().unwrap().as_bytes();
                    assert!(statistics.min_bytes_opt().unwrap() <= least);
                }
                let filter = Sbbf::read_from_column_chunk(title, &bytes).unwrap();
                assert_eq!(filter.is_some(), filters);
                if let Some(filter) = filter {
                    assert!(texts.iter().all(|text| filter.check(*text)));
                    assert!(!filter.check("內存"));
                }
            }
        }
    }
}

#[test]
fn rows_sorted_by_text_that_changes_are_not_said_to_be_sorted() {
    let sorted = |column_idx| SortingColumn { column_idx, descending: false, nulls_first: true };
    let properties = WriterProperties::builder()
        .set_sorting_columns(Some(vec![sorted(0), sorted(1), sorted(0)]))
        .build();
    let file = parquet_file(&[batch(6, 20)], properties);
    let after = metadata(&converted("parquet", &file));
    assert_eq!(after.row_group(0).sorting_columns(), Some(&vec![sorted(0)]));
}

#[test]
fn encodings_of_text_stay() {
    let batches = [batch(7, 100)];
    for encoding in [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]
    {
        let title = ColumnPath::from("title");
        let properties = WriterProperties::builder()
            .set_column_dictionary_enabled(title.clone(), false)
            .set_column_encoding(title, encoding);
        let file = parquet_file(&batches, properties.build());
        is_converted(&file, &converted("parquet", &file));
    }
}

/// How a file or a stream of Arrow is written.
#[derive(Clone, Debug)]
struct Form {
    is_stream: bool,
    alignment: usize,
    compression: Option<CompressionType>,
    dictionaries: DictionaryHandling,
}

fn arrow_file(batches: &[RecordBatch], form: &Form) -> Vec<u8> {
    let options = IpcWriteOptions::try_new(form.alignment, false, arrow_ipc::MetadataVersion::V5)
        .and_then(|options| options.try_with_compression(form.compression))
        .unwrap()
        .with_dictionary_handling(form.dictionaries);
    let schema = batches[0].schema();
    let mut file = Vec::new();
    if form.is_stream {
        let mut writer = StreamWriter::try_new_with_options(&mut file, &schema, options).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.finish().unwrap();
    } else {
        let mut writer = FileWriter::try_new_with_options(&mut file, &schema, options).unwrap();
        batches.iter().for_each(|batch| writer.write(batch).unwrap());
        writer.write_metadata("头发", "头发");
        writer.finish().unwrap();
    }
    file
}

type Table = (SchemaRef, Vec<RecordBatch>, HashMap<String, String>);

fn read_arrow(file: &[u8], is_stream: bool) -> Table {
    if is_stream {
        let reader = StreamReader::try_new(file, None).unwrap();
        let schema = reader.schema();
        (schema, reader.map(Result::unwrap).collect(), HashMap::new())
    } else {
        let reader = FileReader::try_new(std::io::Cursor::new(file), None).unwrap();
        let (schema, custom) = (reader.schema(), reader.custom_metadata().clone());
        (schema, reader.map(Result::unwrap).collect(), custom)
    }
}

fn forms() -> Vec<Form> {
    let mut forms = Vec::new();
    for is_stream in [false, true] {
        for alignment in [8, 64] {
            for compression in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)]
            {
                let dictionaries = DictionaryHandling::Resend;
                forms.push(Form { is_stream, alignment, compression, dictionaries });
            }
        }
    }
    forms
}

#[test]
fn text_in_arrow_is_converted_and_all_else_stays() {
    for form in forms() {
        // The dictionary of a file cannot be replaced.
        let batches = match form.is_stream {
            true => vec![batch(1, 40), batch(2, 1), batch(3, 300), batch(1, 0)],
            false => vec![batch(1, 40), batch(1, 40).slice(3, 20), batch(1, 40).slice(5, 0)],
        };
        let file = arrow_file(&batches, &form);
        for name in ["arrow", "auto"] {
            let (schema, after, custom) = read_arrow(&converted(name, &file), form.is_stream);
            let (old_schema, before, old_custom) = read_arrow(&file, form.is_stream);
            assert_eq!((schema, custom), (old_schema, old_custom), "{form:?}");
            are_equal(&after, &before.iter().map(expected).collect::<Vec<_>>());
        }
    }
}

#[test]
fn dictionaries_that_come_in_parts_stay_so() {
    let words = ["内存", "软件", "鼠标", "plain"];
    let dictionary = |len: usize, keys: Vec<Option<i32>>| {
        let values = StringArray::from(words[..len].to_vec());
        let keys = arrow_array::Int32Array::from(keys);
        let column: ArrayRef = Arc::new(DictionaryArray::new(keys, Arc::new(values)));
        RecordBatch::try_from_iter_with_nullable([("word", column, true)]).unwrap()
    };
    let batches = [
        dictionary(2, vec![Some(0), Some(1), None]),
        dictionary(2, vec![Some(1)]),
        dictionary(4, vec![Some(3), Some(2)]),
    ];
    let dictionaries = DictionaryHandling::Delta;
    let form = Form { is_stream: true, alignment: 64, compression: None, dictionaries };
    let file = arrow_file(&batches, &form);
    let after = converted("arrow", &file);
    let count = |bytes: &[u8]| {
        let mut deltas = 0;
        let mut at = 0;
        while let Some(len) = bytes.get(at + 4..at + 8) {
            let len = usize::try_from(u32::from_le_bytes(len.try_into().unwrap())).unwrap();
            if len == 0 {
                break;
            }
            let message = arrow_ipc::root_as_message(&bytes[at + 8..at + 8 + len]).unwrap();
            let dictionary = message.header_as_dictionary_batch();
            deltas += usize::from(dictionary.is_some_and(|dictionary| dictionary.isDelta()));
            at += 8 + len + usize::try_from(message.bodyLength()).unwrap();
        }
        deltas
    };
    assert_eq!((count(&file), count(&after)), (1, 1));
    let (_, read, _) = read_arrow(&after, true);
    assert_eq!(read, batches.iter().map(expected).collect::<Vec<_>>());
}

/// Returns a column with a dictionary of these values.
fn dictionary_of(words: &[&str], keys: &[i32]) -> RecordBatch {
    let (keys, values) = (keys.to_vec().into(), Arc::new(StringArray::from(words.to_vec())));
    let column: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(keys, values));
    RecordBatch::try_from_iter([("word", column)]).unwrap()
}

#[test]
fn values_of_a_dictionary_that_would_become_the_same_are_told() {
    let simplified = |batches: &[RecordBatch], dictionaries| {
        let form = Form { is_stream: true, alignment: 64, compression: None, dictionaries };
        let formats = Formats::named("arrow", Options::default()).unwrap();
        let pipeline = Pipeline::new(Converter::new("t2s").unwrap()).formats(formats);
        pipeline.run(&arrow_file(batches, &form)).map_err(|error| error.to_string())
    };
    let resend = DictionaryHandling::Resend;
    for words in [["發", "髮"], ["發", "发"]] {
        let told = simplified(&[dictionary_of(&words, &[0, 1])], resend).unwrap_err();
        assert!(
            told.contains("word: two values of its dictionary would become the same, '发'"),
            "{told}"
        );
    }
    // A second dictionary is another, a part of the first is not.
    let two = [dictionary_of(&["發"], &[0]), dictionary_of(&["髮"], &[0])];
    assert!(simplified(&two, resend).is_ok());
    let parts = [dictionary_of(&["發"], &[0]), dictionary_of(&["發", "髮"], &[0, 1])];
    assert!(simplified(&parts, DictionaryHandling::Delta).unwrap_err().contains("the same"));
}

#[test]
fn text_that_is_json_stays() {
    let array = || Arc::new(StringArray::from(vec!["{\"头发\": \"内存\"}"])) as ArrayRef;
    let name = ("ARROW:extension:name".to_owned(), "arrow.json".to_owned());
    let json = Field::new("json", DataType::Utf8, true).with_metadata(HashMap::from([name]));
    let schema = Arc::new(Schema::new(vec![json, Field::new("text", DataType::Utf8, true)]));
    let rows = RecordBatch::try_new(schema, vec![array(), array()]).unwrap();
    for form in forms() {
        let file = arrow_file(std::slice::from_ref(&rows), &form);
        let (_, after, _) = read_arrow(&converted("arrow", &file), form.is_stream);
        let texts =
            [0, 1].map(|column| after[0].column(column).as_string::<i32>().value(0).to_owned());
        assert_eq!(texts, ["{\"头发\": \"内存\"}", "{\"頭髮\": \"記憶體\"}"]);
    }
}

#[test]
fn buffers_stand_at_multiples_of_64_in_the_file() {
    let rows = |texts: &[&str]| {
        let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        RecordBatch::try_from_iter([("a", column)]).unwrap()
    };
    let dictionaries = DictionaryHandling::Resend;
    let form = Form { is_stream: false, alignment: 64, compression: None, dictionaries };
    let batches =
        [rows(&["内存", "内存内存"]), rows(&["plain"]), rows(&["软件", "鼠标"]), rows(&["x", "y"])];
    let file = arrow_file(&batches, &form);
    let bodies = |file: &[u8]| -> Vec<usize> {
        let tail = &file[..file.len() - 6];
        let len = u32::from_le_bytes(*tail.last_chunk().unwrap());
        let footer = &tail[tail.len() - 4 - usize::try_from(len).unwrap()..tail.len() - 4];
        let footer = arrow_ipc::root_as_footer(footer).unwrap();
        let body = |block: &arrow_ipc::Block| block.offset() + i64::from(block.metaDataLength());
        let blocks = footer.recordBatches().unwrap();
        blocks.iter().map(|block| usize::try_from(body(block)).unwrap() % 64).collect()
    };
    let after = converted("arrow", &file);
    assert_eq!(bodies(&after), bodies(&file));
    assert_eq!(read_arrow(&after, false).1, batches.iter().map(expected).collect::<Vec<_>>());
}

#[test]
fn short_values_that_become_long_find_room() {
    // Text of up to twelve bytes is in the view itself, without a buffer.
    let column: ArrayRef = Arc::new(StringViewArray::from(vec![Some("内存内存"), None, Some("x")]));
    let batch = RecordBatch::try_from_iter([("view", column)]).unwrap();
    for form in forms() {
        let file = arrow_file(std::slice::from_ref(&batch), &form);
        let (_, after, _) = read_arrow(&converted("arrow", &file), form.is_stream);
        assert_eq!(after, [expected(&batch)]);
    }
}

#[test]
fn what_does_not_change_comes_back_byte_for_byte() {
    let foreign = |batch: RecordBatch| {
        let column: ArrayRef = Arc::new(StringArray::from(vec!["plain", "", "頭髮"]));
        RecordBatch::try_from_iter([("頭", column), ("n", Arc::clone(batch.column(0)))]).unwrap()
    };
    let rows = foreign(batch(1, 3));
    let rows = std::slice::from_ref(&rows);
    let file = parquet_file(rows, WriterProperties::builder().build());
    assert_eq!(converted("parquet", &file), file);
    let (_, summary) = pipeline("auto", &[]).whole(&file).unwrap();
    assert_eq!((summary.is_changed, &*summary.format), (false, "parquet"));
    let chinese = parquet_file(&[batch(8, 50)], WriterProperties::builder().build());
    let identity = Pipeline::without_conversion()
        .formats(Formats::named("parquet", Options::default()).unwrap());
    assert_eq!(identity.run(&chinese).unwrap(), chinese);
    for form in forms() {
        let file = arrow_file(rows, &form);
        assert_eq!(converted("arrow", &file), file, "{form:?}");
    }
}

#[test]
fn a_second_conversion_changes_nothing() {
    let twice = |name: &str, file: &[u8]| {
        let config = Converter::new("s2t").unwrap();
        let formats = Formats::named(name, Options::default()).unwrap();
        let pipeline = Pipeline::new(config).formats(formats);
        let once = pipeline.run(file).unwrap();
        assert!(once != file);
        assert_eq!(pipeline.run(&once).unwrap(), once);
    };
    twice("parquet", &parquet_file(&[batch(9, 60)], WriterProperties::builder().build()));
    for form in forms() {
        twice("arrow", &arrow_file(&[batch(9, 60)], &form));
    }
}

/// The columns of the document that change if these are asked for.
fn changed_columns(columns: &[&str], is_parquet: bool) -> Vec<String> {
    let rows = batch(10, 60);
    let form = &forms()[0];
    let (file, name) = match is_parquet {
        true => (
            parquet_file(std::slice::from_ref(&rows), WriterProperties::builder().build()),
            "parquet",
        ),
        false => (arrow_file(std::slice::from_ref(&rows), form), "arrow"),
    };
    let after = pipeline(name, columns).run(&file).unwrap();
    let (_, read) = match is_parquet {
        true => read_parquet(&after),
        false => {
            let (schema, batches, _) = read_arrow(&after, false);
            (schema, batches)
        }
    };
    let all = expected(&rows);
    let mut changed = Vec::new();
    for (at, field) in rows.schema().fields().iter().enumerate() {
        if read[0].column(at) != rows.column(at) {
            assert_eq!(read[0].column(at), all.column(at), "{}", field.name());
            changed.push(field.name().clone());
        }
    }
    changed
}

#[test]
fn columns_are_chosen_by_name_and_number() {
    for is_parquet in [true, false] {
        let changed = |columns: &[&str]| changed_columns(columns, is_parquet).join(" ");
        assert_eq!(changed(&["title"]), "title");
        assert_eq!(changed(&["2", "tags"]), "title tags");
        assert_eq!(changed(&["inner.name"]), "inner");
        assert_eq!(changed(&["inner"]), "inner");
        assert_eq!(changed(&["map", "dictionary", "view"]), "view dictionary map");
        let all = "title large view dictionary tags notes pair inner map";
        assert_eq!(changed(&[]), all);
    }
}

#[test]
fn an_unknown_column_is_told_with_those_there_are() {
    let rows = batch(11, 5);
    let file = parquet_file(std::slice::from_ref(&rows), WriterProperties::builder().build());
    let known = "title, large, view, dictionary, tags, notes, pair, inner.name, map";
    for (name, file) in [("parquet", file), ("arrow", arrow_file(&[rows], &forms()[0]))] {
        for column in ["titel", "id", "1", "0", "inner.number", "99"] {
            assert_eq!(
                error(name, &[column], &file),
                format!(
                    "cannot be converted as {name}: it has no column of text '{column}'; it has {known}"
                )
            );
        }
    }
}

#[test]
fn changes_are_told_by_column_and_row() {
    let column: ArrayRef = Arc::new(StringArray::from(vec![
        Some("好"),
        None,
        Some(""),
        Some("你好,世界!"),
        Some("你好,世界!"),
    ]));
    let rows = RecordBatch::try_from_iter([("文", column)]).unwrap();
    let file = parquet_file(&[rows.clone(), rows.clone()], WriterProperties::builder().build());
    for (name, file, all) in [
        ("parquet", file, [4, 4, 9, 9].as_slice()),
        ("arrow", arrow_file(&[rows.clone(), rows], &forms()[0]), &[4, 4, 9, 9]),
    ] {
        let formats = Formats::named(name, Options::default()).unwrap();
        let pipeline = Pipeline::without_conversion()
            .formats(formats)
            .normalize("cn".parse().unwrap())
            .keep_changes(true)
            .count_characters(true);
        let (_, summary) = pipeline.whole(&file).unwrap();
        let lines: Vec<u64> = summary.changes.iter().map(|change| change.line).collect();
        assert_eq!(lines, all);
        let change = &summary.changes[1];
        assert_eq!((change.column, change.offset, change.entry.as_deref()), (6, 13, Some("文")));
        assert_eq!(summary.characters_changed, 8);
    }
}

#[test]
fn each_value_is_a_text_by_itself() {
    // A word does not go from one value into the next, and neither does a pragma.
    let texts =
        vec!["头", "发", "# jianfan:off\n头发", "头发", "# jianfan:off\n头发\n# jianfan:on\n头发"];
    let column: ArrayRef = Arc::new(StringArray::from(texts));
    let rows = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let file = parquet_file(&[rows], WriterProperties::builder().build());
    let (_, after) = read_parquet(&converted("parquet", &file));
    let texts: Vec<_> = after[0].column(0).as_string::<i32>().iter().flatten().collect();
    let converter = Converter::new("s2twp").unwrap();
    assert_eq!(
        texts,
        [
            &*converter.convert("头"),
            &converter.convert("发"),
            "# jianfan:off\n头发",
            "頭髮",
            "# jianfan:off\n头发\n# jianfan:on\n頭髮"
        ]
    );
}

#[test]
fn protected_words_stay_in_tables() {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["头发", "https://头发.cn 头发"]));
    let rows = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let file = parquet_file(&[rows], WriterProperties::builder().build());
    let pipeline = pipeline("parquet", &[]).protect(Protection::common());
    let (_, after) = read_parquet(&pipeline.run(&file).unwrap());
    let texts: Vec<_> = after[0].column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(texts, ["頭髮", "https://头发.cn 頭髮"]);
}

#[test]
fn addresses_stay_in_tables() {
    let texts = vec!["头发", "https://头发.cn/发", "/img/发.png", "看 /img/发.png", "发"];
    let column: ArrayRef = Arc::new(StringArray::from(texts));
    let rows = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let file = parquet_file(&[rows], WriterProperties::builder().build());
    let (_, after) = read_parquet(&converted("parquet", &file));
    let texts: Vec<_> = after[0].column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(texts, ["頭髮", "https://头发.cn/发", "/img/发.png", "看 /img/發.png", "發"]);
}

#[test]
fn files_without_rows_or_text_stay() {
    let empty = batch(1, 0);
    let numbers = RecordBatch::try_from_iter([("n", Arc::clone(batch(1, 9).column(0)))]).unwrap();
    for rows in [empty, numbers] {
        let rows = std::slice::from_ref(&rows);
        let file = parquet_file(rows, WriterProperties::builder().build());
        assert_eq!(converted("auto", &file), file);
        for form in forms() {
            let file = arrow_file(rows, &form);
            assert_eq!(converted("auto", &file), file);
        }
    }
}

/// Converts what may be damaged; it must say so, or give something, and never panic.
fn survives(name: &str, document: &[u8]) -> Result<Vec<u8>, Error> {
    pipeline(name, &[]).run(document)
}

fn small_documents() -> Vec<(&'static str, Vec<u8>)> {
    let rows = [batch(12, 30), batch(12, 30)];
    let mut documents = Vec::new();
    for (at, encoding) in
        [Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]
            .into_iter()
            .enumerate()
    {
        for compression in [compressions()[at], compressions()[at + 3], compressions()[6]] {
            for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
                let title = ColumnPath::from("title");
                let properties = WriterProperties::builder()
                    .set_compression(compression)
                    .set_writer_version(version)
                    .set_column_dictionary_enabled(title.clone(), false)
                    .set_column_encoding(title, encoding)
                    .set_bloom_filter_enabled(true)
                    .set_bloom_filter_max_ndv(30)
                    .build();
                documents.push(("parquet", parquet_file(&rows, properties)));
            }
        }
    }
    documents.extend(forms().iter().map(|form| ("arrow", arrow_file(&rows, form))));
    documents
}

#[test]
fn files_that_end_early_are_told() {
    for (name, document) in small_documents() {
        let whole = survives(name, &document).unwrap();
        for part in 0..64 {
            let end = document.len() * part / 64;
            // The end of a stream may be that of any message.
            match survives(name, &document[..end]) {
                Ok(output) => assert!(end > 0 && whole.starts_with(&output), "{name} {part}"),
                Err(error) => assert!(error.to_string().contains("cannot be converted"), "{error}"),
            }
        }
    }
}

#[test]
fn files_with_a_wrong_byte_never_panic() {
    let mut random = Random::new(13);
    for (name, document) in small_documents() {
        // More by hand: JIANFAN_DAMAGED=20000.
        let rounds = std::env::var("JIANFAN_DAMAGED").map_or(60, |rounds| rounds.parse().unwrap());
        for round in 0..rounds {
            let mut damaged = document.clone();
            for _ in 0..1 + random.below(3) {
                // Half of them at the end, where the footer is.
                let most = if round % 2 == 0 { damaged.len() } else { damaged.len().min(3000) };
                let at = damaged.len() - 1 - random.below(most);
                damaged[at] = match random.below(3) {
                    0 => 0xFF,
                    1 => damaged[at] ^ 1 << random.below(8),
                    _ => u8::try_from(random.below(256)).unwrap(),
                };
            }
            drop(survives(name, &damaged));
        }
    }
}

#[test]
fn encrypted_and_foreign_files_are_told_as_such() {
    let file = parquet_file(&[batch(1, 3)], WriterProperties::builder().build());
    let encrypted = [b"PARE", &file[4..file.len() - 4], b"PARE"].concat();
    assert_eq!(
        error("parquet", &[], &encrypted),
        "cannot be converted as parquet: it is encrypted"
    );
    assert!(error("arrow", &[], b"FEA1 and more").contains("first version of Feather"));
    for name in ["arrow", "parquet"] {
        for document in ["头发".as_bytes(), b"", b"PAR1", b"ARROW1\0\0", b"PAR1PAR1", &[0xFF; 64]]
        {
            assert!(survives(name, document).is_err(), "{name} {document:?}");
        }
    }
    // A text that happens to begin so is a text.
    assert_eq!(converted("auto", "PAR1\n头发".as_bytes()), "PAR1\n頭髮".as_bytes());
    assert_eq!(converted("auto", "PAR1 头发".as_bytes()), "PAR1 頭髮".as_bytes());
    assert_eq!(converted("auto", "ARROW1 头发".as_bytes()), "ARROW1 頭髮".as_bytes());
}

#[test]
fn a_folder_with_tables_is_converted_by_one_command() {
    let rows = batch(14, 40);
    let rows = std::slice::from_ref(&rows);
    let parquet = parquet_file(rows, WriterProperties::builder().build());
    let stream = arrow_file(rows, &forms()[7]);
    let dir = Dir::new();
    let file = arrow_file(rows, &forms()[0]);
    let wanted = |document: &[u8], is_stream: bool| {
        let (_, rows, _) = read_arrow(document, is_stream);
        rows.iter().map(expected).collect::<Vec<_>>()
    };
    dir.file("in/a.parquet", &parquet).file("in/b.arrow", &file);
    // By what they hold.
    dir.file("in/c", &parquet).file("in/d", &stream).file("in/e.txt", "头发");
    dir.run("convert s2twp --exact in -o out").succeeds();
    assert_eq!(dir.read("out/c"), dir.read("out/a.parquet"));
    is_converted(&parquet, &dir.read("out/a.parquet"));
    let (_, after, _) = read_arrow(&dir.read("out/b.arrow"), false);
    are_equal(&after, &wanted(&file, false));
    let (_, after, _) = read_arrow(&dir.read("out/d"), true);
    are_equal(&after, &wanted(&stream, true));
    // Some programs write the first bytes by themselves.
    for (document, name) in [(&parquet, "out/c"), (&file, "out/b.arrow"), (&stream, "out/d")] {
        for len in [1, 4, 7, 8, 20] {
            let pipeline = pipeline("auto", &[]);
            let input = document[..len].chain(&document[len..]);
            let mut output = Vec::new();
            pipeline.stream(input, &mut output, std::num::NonZeroUsize::MIN).unwrap();
            assert!(output == dir.read(name), "{name} {len}");
        }
    }
    // The same through pipes, and in place.
    assert_eq!(dir.pipe("convert s2twp --exact", &parquet).stdout, dir.read("out/c"));
    assert_eq!(dir.pipe("convert s2twp --exact", &stream).stdout, dir.read("out/d"));
    dir.run("convert s2twp --exact -w in").succeeds();
    assert_eq!(dir.read("in/a.parquet"), dir.read("out/a.parquet"));
    dir.run("convert s2t --exact --check out").succeeds();
}

#[test]
fn a_table_that_is_compared_shows_its_values() {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["头发", "x", "内存\n好"]));
    let rows = RecordBatch::try_from_iter([("题", column)]).unwrap();
    let dir = Dir::new();
    dir.file("a.parquet", parquet_file(&[rows], WriterProperties::builder().build()));
    let diff = dir.run("convert s2twp --diff a.parquet");
    let diff = String::from_utf8(diff.stdout).unwrap();
    assert!(diff.contains("a.parquet!题"), "{diff}");
    assert!(diff.contains("-头发\n-内存 好\n+頭髮\n+記憶體 好\n"), "{diff}");
}

#[test]
fn what_would_be_unpacked_to_far_more_is_refused() {
    // Seventy megabytes of one letter.
    let column: ArrayRef = Arc::new(StringArray::from(vec!["a".repeat(70 << 20)]));
    let rows = RecordBatch::try_from_iter([("a", column)]).unwrap();
    let rows = std::slice::from_ref(&rows);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let told = error("parquet", &[], &parquet_file(rows, properties));
    assert!(told.contains("unpacked to far more"), "{told}");
    for form in forms().into_iter().filter(|form| form.compression == Some(CompressionType::ZSTD)) {
        let told = error("arrow", &[], &arrow_file(rows, &form));
        assert!(told.contains("unpacked to far more"), "{told}");
    }
}

#[test]
fn a_chunk_that_is_longer_than_it_says_is_copied_to_its_end() {
    // Writers before 2014 forgot to count the head of a dictionary.
    let text: ArrayRef = Arc::new(StringArray::from(vec!["头发".repeat(100), "x".to_owned()]));
    let number: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
    let rows =
        RecordBatch::try_from_iter([("a", Arc::clone(&text)), ("n", number), ("z", text)]).unwrap();
    let file = parquet_file(&[rows], WriterProperties::builder().build());
    let metadata = metadata(&file);
    let group = metadata.row_group(0).clone();
    let chunk = |column: &parquet::file::metadata::ColumnChunkMetaData, more: usize| {
        let (start, len) = column.byte_range();
        usize::try_from(start).unwrap()..usize::try_from(start + len).unwrap() + more
    };
    let mut columns = group.columns().to_vec();
    let whole = file[chunk(&columns[1], 0)].to_vec();
    let short = columns[1].compressed_size() - 14;
    columns[1] =
        columns[1].clone().into_builder().set_total_compressed_size(short).build().unwrap();
    let group = group.into_builder().set_column_metadata(columns).build().unwrap();
    let metadata = metadata.into_builder().set_row_groups(vec![group]).set_page_index(None).build();
    let mut old = Vec::new();
    let mut out = TrackedWrite::new(&mut old);
    out.write_all(&file).unwrap();
    ParquetMetaDataWriter::new_with_tracked(out, &metadata).finish().unwrap();
    let result = converted("parquet", &old);
    let metadata = self::metadata(&result);
    let column = metadata.row_group(0).column(1);
    assert_eq!(column.compressed_size(), short);
    assert!(result[chunk(column, 14)] == whole);
}

#[test]
fn columns_in_the_same_place_are_refused() {
    // Of a small file whose footer names a chunk a million times, the result would be large.
    let column: ArrayRef = Arc::new(StringArray::from(vec!["头发".repeat(1000)]));
    let rows = RecordBatch::try_from_iter([("a", Arc::clone(&column)), ("b", column)]).unwrap();
    let properties = WriterProperties::builder().set_dictionary_enabled(false);
    let file = parquet_file(&[rows], properties.build());
    let metadata = metadata(&file);
    let group = metadata.row_group(0).clone();
    let metadata = metadata.into_builder().set_row_groups(vec![group; 10]).build();
    let mut damaged = Vec::new();
    let mut out = TrackedWrite::new(&mut damaged);
    out.write_all(&file).unwrap();
    ParquetMetaDataWriter::new_with_tracked(out, &metadata).finish().unwrap();
    let told = error("parquet", &[], &damaged);
    assert!(told.contains("same place"), "{told}");
}
