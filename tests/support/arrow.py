#!/usr/bin/env python3
"""Writes tables with pyarrow, converts them with the command, reads them with pyarrow, and compares.

    pip install pyarrow; tests/support/arrow.py target/debug/jianfan

In: the command, built with the feature arrow. Out: nothing if text was converted and everything else stayed, else what differs. What the
text has to be says the command too, by converting the values as lines of a plain text.
"""
import datetime
import decimal
import itertools
import pathlib
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

COMMAND = pathlib.Path(sys.argv[1]).resolve()
TEXTS = ["头发", "内存条和鼠标", None, "", "plain", "软件里面的数据库，打印机与网络", "面条", "皇后在后面", "𠮷野家", "发"]


def run(*arguments, **more):
    return subprocess.run([COMMAND, *map(str, arguments)], check=True, capture_output=True, **more).stdout


def dictionary():
    """What becomes of each text."""
    texts = sorted({text for text in TEXTS if text})
    after = run("convert", "s2twp", input="\n".join(texts).encode()).decode().split("\n")
    return dict(zip(texts, after, strict=True)) | {None: None, "": ""}


MADE = dictionary()


def table(rows, many):
    texts = [TEXTS[(i * 7 + 3) % len(TEXTS)] for i in range(rows)]
    lists = [None if i % 11 == 5 else texts[i : i + i % 4] for i in range(rows)]
    columns = {
        "id": pa.array(range(rows), pa.int64()),
        "text": pa.array(texts, pa.string()),
        "large": pa.array(texts[::-1], pa.large_string()),
        "dictionary": pa.array(texts, pa.string()).dictionary_encode(),
        "list": pa.array(lists, pa.list_(pa.string())),
        "lists": pa.array([[each, None] for each in lists], pa.list_(pa.large_list(pa.string()))),
        "struct": pa.array([{"a": text, "b": i, "c": {"d": text}} for i, text in enumerate(texts)],
                           pa.struct([("a", pa.string()), ("b", pa.int32()), ("c", pa.struct([("d", pa.string())]))])),
        "map": pa.array([[("头发", text), ("x", "头发")] for text in texts], pa.map_(pa.string(), pa.string())),
        "structs": pa.array([[{"a": text}] * (i % 3) for i, text in enumerate(texts)], pa.list_(pa.struct([("a", pa.string())]))),
        "binary": pa.array(["头发".encode()] * rows, pa.binary()),
        "fixed": pa.array([b"abcd"] * rows, pa.binary(4)),
        "float": pa.array([float("nan") if i % 3 else i / 7 for i in range(rows)], pa.float64()),
        "half": pa.array([None] * rows, pa.float32()),
        "decimal": pa.array([decimal.Decimal("1.23")] * rows, pa.decimal128(20, 2)),
        "day": pa.array([datetime.date(2024, 2, 29)] * rows, pa.date32()),
        "time": pa.array([datetime.datetime(2024, 2, 29, 1, 2, 3)] * rows, pa.timestamp("us", "Asia/Taipei")),
        "flag": pa.array([i % 2 == 0 for i in range(rows)], pa.bool_()),
        "null": pa.nulls(rows),
    }
    if many:
        columns["view"] = pa.array(texts, pa.string_view())
        columns["pair"] = pa.array([[text, "头发"] for text in texts], pa.list_(pa.string(), 2))
        columns["runs"] = pa.array(texts, pa.string()).dictionary_encode().cast(pa.string())
        if rows:
            ends = pa.array([rows], pa.int32())
            columns["ends"] = pa.RunEndEncodedArray.from_arrays(ends, pa.array(["头发"]))
            kinds = pa.array([i % 2 for i in range(rows)], pa.int8())
            columns["union"] = pa.UnionArray.from_sparse(kinds, [pa.array(texts), pa.array(range(rows))], ["s", "n"])
    made = pa.table(columns)
    fields = [field.with_metadata({"头发": "头发"}) if field.name in ("id", "text") else field for field in made.schema]
    return made.cast(pa.schema(fields, metadata={"头发": "头发", "other": "x"})) if not many else made.replace_schema_metadata({"头发": "头发"})


def converted(value, kind, is_key=False):
    """A value of Python with its text converted."""
    if value is None:
        return None
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_run_end_encoded(kind):
        kind = kind.value_type
    if pa.types.is_union(kind):
        return MADE.get(value, value)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return MADE[value]
    if pa.types.is_map(kind):
        return [(key, converted(item, kind.item_type)) for key, item in value]
    if pa.types.is_struct(kind):
        return {field.name: converted(value[field.name], field.type) for field in kind}
    if pa.types.is_nested(kind):
        return [converted(item, kind.value_type) for item in value]
    return value


def same(before, after, about):
    assert after.schema.equals(before.schema, check_metadata=True), (about, before.schema, after.schema)
    for name in before.column_names:
        kind = before.schema.field(name).type
        want = [converted(value, kind) for value in before[name].to_pylist()]
        got = after[name].to_pylist()
        # NaN is not itself.
        assert repr(got) == repr(want), (about, name)
    after.validate(full=True)


def parquet(folder):
    source, count = table(500, False), 0
    for version, page, compression, use_dictionary, index in itertools.product(
        ["1.0", "2.6"], ["1.0", "2.0"], ["none", "snappy", "gzip", "zstd", "brotli", "lz4"], [True, False], [True, False]
    ):
        path = folder / "in.parquet"
        pq.write_table(source, path, row_group_size=170, version=version, data_page_version=page, compression=compression,
                       use_dictionary=use_dictionary, write_page_index=index, data_page_size=512,
                       sorting_columns=[pq.SortingColumn(0), pq.SortingColumn(1)])
        before, data = pq.read_table(path), pq.ParquetFile(path)
        out = folder / "out.parquet"
        out.write_bytes(run("convert", "s2twp", path))
        about = (version, page, compression, use_dictionary, index)
        same(before, pq.read_table(out), about)
        now = pq.ParquetFile(out)
        assert now.metadata.created_by == data.metadata.created_by
        assert now.metadata.format_version == data.metadata.format_version
        assert now.schema.equals(data.schema)
        for group in range(data.num_row_groups):
            old, new = data.metadata.row_group(group), now.metadata.row_group(group)
            assert (new.num_rows, new.num_columns) == (old.num_rows, old.num_columns)
            assert len(new.sorting_columns) == 1, about
            for at in range(old.num_columns):
                a, b = old.column(at), new.column(at)
                keep = ["compression", "num_values", "has_dictionary_page", "is_stats_set", "has_column_index", "has_offset_index", "path_in_schema"]
                assert [getattr(b, key) for key in keep] == [getattr(a, key) for key in keep], (about, a, b)
                # The older name says that the dictionary is PLAIN.
                kinds = [{"RLE_DICTIONARY" if name == "PLAIN_DICTIONARY" else name for name in each.encodings} for each in (a, b)]
                assert kinds[0] | {"PLAIN"} == kinds[1] | {"PLAIN"}, (about, a, b)
                if a.path_in_schema in ("id", "float", "binary", "decimal", "map.key_value.key"):
                    assert (a.statistics and a.statistics.to_dict()) == (b.statistics and b.statistics.to_dict()), (about, a, b)
                    assert a.total_compressed_size == b.total_compressed_size
        # Statistics that lie would hide rows.
        found = pq.read_table(out, filters=[("text", "==", MADE["内存条和鼠标"])])
        assert found.num_rows == source["text"].to_pylist().count("内存条和鼠标"), about
        count += 1
    # No text, no change.
    path = folder / "idle.parquet"
    pq.write_table(source.select(["id", "float", "binary"]), path)
    assert run("convert", "s2twp", path) == path.read_bytes()
    return count


def arrow(folder):
    count = 0
    for rows, compression, is_stream, chunk in itertools.product([0, 1, 300], [None, "lz4", "zstd"], [True, False], [40, 1000]):
        source = table(rows, True)
        options = pa.ipc.IpcWriteOptions(compression=compression, emit_dictionary_deltas=True)
        path, out = folder / "in.arrow", folder / "out.arrow"
        make = pa.ipc.new_stream if is_stream else pa.ipc.new_file
        with make(str(path), source.schema, options=options) as writer:
            writer.write_table(source, max_chunksize=chunk)
        out.write_bytes(run("convert", "s2twp", path))
        read = pa.ipc.open_stream if is_stream else pa.ipc.open_file
        with pa.OSFile(str(path)) as old, pa.OSFile(str(out)) as new:
            before, after = read(old).read_all(), read(new).read_all()
        same(before, after, (rows, compression, is_stream, chunk))
        if not is_stream:
            # Mapped, buffers must be where the format wants them.
            with pa.memory_map(str(out)) as new:
                same(before, pa.ipc.open_file(new).read_all(), "mapped")
        count += 1
    for compression in ["uncompressed", "lz4", "zstd"]:
        path, out = folder / "in.feather", folder / "out.feather"
        pyarrow.feather.write_feather(table(300, False), path, compression=compression, chunksize=100)
        out.write_bytes(run("convert", "s2twp", path))
        same(pyarrow.feather.read_table(path), pyarrow.feather.read_table(out), compression)
        count += 1
    return count


class Keys(pe.KmsClient):
    """Wraps keys in nothing."""

    def __init__(self, _):
        super().__init__()

    def wrap_key(self, key, _):
        return key.hex()

    def unwrap_key(self, wrapped, _):
        return bytes.fromhex(wrapped)


def odd(folder):
    """Files as older programs write them are converted; what is encrypted is told."""
    source = table(50, False).select(["text", "list", "map"])
    path, out = folder / "old.arrow", folder / "out.arrow"
    options = pa.ipc.IpcWriteOptions(metadata_version=pa.ipc.MetadataVersion.V4, use_legacy_format=True)
    with pa.ipc.new_stream(str(path), source.schema, options=options) as writer:
        writer.write_table(source)
    out.write_bytes(run("convert", "s2twp", path))
    same(source, pa.ipc.open_stream(out.read_bytes()).read_all(), "old stream")
    path = folder / "old.parquet"
    pq.write_table(source, path, use_compliant_nested_type=False, use_deprecated_int96_timestamps=True, store_schema=False)
    (folder / "out.parquet").write_bytes(run("convert", "s2twp", path))
    same(pq.read_table(path), pq.read_table(folder / "out.parquet"), "old lists")
    # JSON has keys in it.
    pq.write_table(pa.table({"json": pa.array(['{"头发": 1}'], pa.json_(pa.string()))}), path)
    assert run("convert", "s2twp", path) == path.read_bytes()
    for plain in [True, False]:
        factory = pe.CryptoFactory(Keys)
        configuration = pe.EncryptionConfiguration(footer_key="f", column_keys={"k": ["text"]}, plaintext_footer=plain)
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), configuration)
        with pq.ParquetWriter(path, source.schema, encryption_properties=properties) as writer:
            writer.write_table(source)
        told = subprocess.run([COMMAND, "convert", "s2t", path], capture_output=True)
        assert told.returncode != 0 and b"it is encrypted" in told.stderr, told


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    odd(folder)
    print(f"pyarrow {pa.__version__}: {parquet(folder)} files of Parquet and {arrow(folder)} of Arrow are as they should be")
