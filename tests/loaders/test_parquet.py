"""Parquet and Arrow IPC: values put in exactly, files written by pyarrow and by fastparquet."""

from __future__ import annotations

import datetime
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from gzero.errors import ColumnError, FileError, GzeroError
from gzero.loaders import parquet, parquet_pages, source
from gzero.loaders.parquet import LOADER
from gzero.loaders.registry import read_table

Write = Callable[..., Path]

GATE = np.linspace(-1.0, 0.0, 500)


def save(path: Path, table: pa.Table, **options: object) -> Path:
    """Parquet or Feather, by the ending."""
    if path.suffix == ".feather":
        feather.write_feather(table, path, **options)
    else:
        pq.write_table(table, path, **options)
    return path


def measurement() -> pa.Table:
    fields = [
        pa.field("Vg (mV)", pa.float64()),
        pa.field("I", pa.float32(), metadata={"unit": "nA"}),
        pa.field("n", pa.int32(), metadata={b"Units": b"counts"}),
    ]
    current = np.where(np.arange(500) % 7 == 0, np.inf, GATE**2).astype(np.float32)
    arrays = [pa.array(GATE), pa.array(current), pa.array(np.arange(500), pa.int32())]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata={"sample": "A3", "T (K)": "4.2"}))


VARIANTS = [
    ("a.parquet", {"row_group_size": 200}),
    ("a.parquet", {"compression": "zstd", "data_page_version": "2.0", "write_page_checksum": True}),
    ("a.parquet", {"compression": "gzip", "use_dictionary": False, "use_byte_stream_split": True}),
    ("a.feather", {"compression": "lz4", "chunksize": 200}),
    ("a.feather", {"compression": "uncompressed"}),
    ("a.arrow.feather", {"compression": "zstd"}),
]


@pytest.mark.parametrize(("name", "options"), VARIANTS)
def test_columns_units_and_metadata(tmp_path: Path, name: str, options: dict[str, object]) -> None:
    written = measurement()
    path = save(tmp_path / name, written, **options)
    assert LOADER.recognises(path)
    table = read_table(path)
    assert [(c.name, c.unit_text, c.source) for c in table.columns] == [
        ("Vg", "mV", "column 1"), ("I", "nA", "column 2"), ("n", "counts", "column 3"),
    ]  # fmt: skip
    for column, array in zip(table.columns, written.columns, strict=True):
        np.testing.assert_array_equal(column.values, array.to_numpy().astype(np.float64))
        assert not column.values.flags.writeable
    assert table.metadata == {"sample": "A3", "T (K)": "4.2"}
    assert table.origin.dropped == ()
    assert table.origin.loader == "parquet"
    assert table.origin.rows_read == 500


@pytest.mark.parametrize("name", ["a.parquet", "a.feather"])
def test_every_type_that_is_a_number_or_a_text(tmp_path: Path, name: str) -> None:
    moment = datetime.datetime(2022, 1, 1, 12)
    columns = {
        "u16": pa.array([0, 1, 65535], pa.uint16()),
        "half": pa.array(np.array([0, 0.5, -2], "f2")),
        "null": pa.nulls(3),
        "some": pa.array([1.5, None, 3]),
        "yes": pa.array([True, False, None]),
        "decimal": pa.array([Decimal("1.25"), Decimal("-0.50"), None], pa.decimal128(10, 2)),
        "big": pa.array([2**53, 2**53 + 1, -(2**60)]),
        "code": pa.array([7, 8, 7]).dictionary_encode(),
        "word": pa.array(["a", None, "µ"]),
        "state": pa.array(["on", "off", "on"]).dictionary_encode(),
        "when": pa.array([moment, None, moment + datetime.timedelta(seconds=2.5)], pa.timestamp("us", tz="UTC")),
        "day": pa.array([datetime.date(2022, 1, 1), datetime.date(2022, 1, 3), None], pa.date32()),
        "since": pa.array([0, 1500, None], pa.duration("ms")),
        "clock": pa.array([datetime.time(0, 1), None, datetime.time(1)], pa.time64("us")),
        "list": pa.array([[1], [2], [3]]),
        "bytes": pa.array([b"a", b"b", b"c"]),
        "struct": pa.array([{"x": 1}] * 3),
    }
    table = read_table(save(tmp_path / name, pa.table(columns)))
    assert {c.name: c.values.tolist() for c in table.columns} == {
        "u16": [0, 1, 65535], "half": [0, 0.5, -2], "some": pytest.approx([1.5, np.nan, 3], nan_ok=True),
        "yes": pytest.approx([1, 0, np.nan], nan_ok=True), "decimal": pytest.approx([1.25, -0.5, np.nan], nan_ok=True),
        "big": [2.0**53, 2.0**53, -(2.0**60)], "code": [7, 8, 7], "when": pytest.approx([0, np.nan, 2.5], nan_ok=True),
        "day": pytest.approx([0, 2 * 86400, np.nan], nan_ok=True), "since": pytest.approx([0, 1.5, np.nan], nan_ok=True),
        "clock": pytest.approx([60, np.nan, 3600], nan_ok=True),
    }  # fmt: skip
    assert {c.name for c in table.columns if c.unit_text == "s"} == {"when", "day", "since", "clock"}
    assert table.labels == {"word": ("a", "", "µ"), "state": ("on", "off", "on")}
    options = table.origin.options
    assert options["time of 'when'"] == "in seconds since 2022-01-01T12:00:00.000000 UTC (zone UTC)"
    assert options["time of 'day'"] == "in seconds since 2022-01-01"
    assert options["time of 'since'"] == options["time of 'clock'"] == "in seconds"
    notes = {(d.rule, d.reason.split(":")[0]): d.rows for d in table.origin.dropped}
    assert notes[("rounded", "column 7 'big'")] == 2
    assert notes[("empty column", "column 3 'null'")] == 0
    assert notes[("empty cell", "column 4 'some'")] == 1
    (nested,) = [d.reason for d in table.origin.dropped if d.rule == "nested column"]
    assert all(f"'{name}'" in nested for name in ("list", "bytes", "struct"))


def test_a_file_of_pandas_with_an_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Vg (V)": [1.0, 2.0], "G": [3.0, 4.0]}, index=[0.5, 1.5])
    frame.to_parquet(tmp_path / "a.parquet", engine="pyarrow")
    table = read_table(tmp_path / "a.parquet")
    assert [(c.name, c.values.tolist()) for c in table.columns] == [
        ("Vg", [1, 2]), ("G", [3, 4]), ("index", [0.5, 1.5])
    ]  # fmt: skip
    assert "pandas" not in table.metadata


def test_a_file_of_fastparquet(tmp_path: Path) -> None:
    fastparquet = pytest.importorskip("fastparquet")
    frame = pd.DataFrame({"Vg (V)": GATE, "n": np.arange(500), "word": ["a", "b"] * 250})
    path = str(tmp_path / "a.parquet")
    fastparquet.write(path, frame, row_group_offsets=200, compression="GZIP", write_index=False)
    table = read_table(path)
    np.testing.assert_array_equal(table.columns[0].values, GATE)
    np.testing.assert_array_equal(table.columns[1].values, np.arange(500))
    assert table.labels == {"word": ("a", "b") * 250}
    assert table.origin.options["row_groups"] == "3"


def test_names_that_come_twice_or_hold_a_point(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.float64()), ("a.b", pa.float64()), ("a", pa.list_(pa.int8())), ("a", pa.int64())])
    arrays = [pa.array([1.0]), pa.array([2.0]), pa.array([[1]], pa.list_(pa.int8())), pa.array([3])]
    for name in ("a.parquet", "a.feather"):
        path = tmp_path / name
        table = pa.Table.from_arrays(arrays, schema=schema)
        if name == "a.parquet":
            pq.write_table(table, path)
        else:
            with pa.ipc.new_file(path, schema) as writer:
                writer.write_table(table)
        assert [(c.name, c.values.tolist()) for c in read_table(path).columns] == [("a", [1]), ("a.b", [2]), ("a", [3])]


def test_texts_stored_as_differences(tmp_path: Path) -> None:
    words = [f"sample {i:05d}" for i in range(3000)]
    options = {"use_dictionary": False, "column_encoding": {"w": "DELTA_BYTE_ARRAY", "x": "PLAIN"}}
    path = save(tmp_path / "a.parquet", pa.table({"x": np.arange(3000.0), "w": words}), **options)
    assert read_table(path).labels["w"] == tuple(words)


def test_texts_that_unpack_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "FREE_NUMBERS", 1 << 16)
    words = ["a" * 10_000 + str(i) for i in range(500)]  # each a few bytes more than the one before
    options = {"use_dictionary": False, "column_encoding": {"w": "DELTA_BYTE_ARRAY", "x": "PLAIN"}}
    path = save(tmp_path / "a.parquet", pa.table({"x": np.arange(500.0), "w": words}), **options)
    with pytest.raises(FileError, match="one of its columns of text states"):
        read_table(path)


@pytest.mark.parametrize("name", ["a.parquet", "a.feather"])
def test_a_file_that_unpacks_to_too_much(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(
        tmp_path / name, pa.table({"x": np.zeros(200_000), "y": pa.nulls(200_000, pa.float64())}), compression="zstd"
    )
    assert path.stat().st_size < 8000
    assert read_table(path).rows == 200_000
    monkeypatch.setattr(source, "FREE_NUMBERS", 1 << 16)
    with pytest.raises(FileError, match=r"states .* numbers, and the file has \d+ bytes"):
        read_table(path)


def test_what_the_footer_says_against_pyarrow(tmp_path: Path) -> None:
    for name, options in VARIANTS[:3]:
        path = save(tmp_path / name, measurement(), **options)
        stated = pq.ParquetFile(path).metadata
        columns = [stated.row_group(g).column(c) for g in range(stated.num_row_groups) for c in range(3)]
        with path.open("rb") as stream:
            chunks = parquet_pages.chunks_in(stream, path.stat().st_size)
            assert [(c.path, c.size, c.unpacked) for c in chunks] == [
                (c.path_in_schema, c.total_compressed_size, c.total_uncompressed_size) for c in columns
            ]
            for chunk in chunks:  # the chunk's size when unpacked counts the page headers too
                pages = parquet_pages.unpacked_of_pages(stream, chunk)
                assert chunk.unpacked - 200 < pages < chunk.unpacked


def test_what_messages_say_against_pyarrow(tmp_path: Path) -> None:
    path = save(tmp_path / "a.feather", measurement(), compression="zstd", chunksize=200)
    with path.open("rb") as stream:
        found = list(parquet_pages.messages_in(stream, 8, path.stat().st_size))
    assert [m.kind for m in found] == [parquet_pages.SCHEMA] + [parquet_pages.BATCH] * 3
    assert [m.rows for m in found] == [0, 200, 200, 100]
    # 8 + 4 + 4 bytes a row, beside what is packed
    assert all(m.unpacked >= 16 * m.rows for m in found)


def sound(tmp_path: Path, name: str) -> bytes:
    return save(tmp_path / name, measurement()).read_bytes()


@pytest.mark.parametrize("name", ["a.parquet", "a.feather"])
def test_a_cut_file(tmp_path: Path, name: str) -> None:
    raw = sound(tmp_path, name)
    for size in (9, 12, 50, len(raw) // 2):
        path = tmp_path / f"cut.{name}"
        path.write_bytes(raw[:size])
        with pytest.raises(FileError, match=r"cut\.a\.\w+: (damaged|the file has no rows)"):
            read_table(path)


REFUSED = [
    (b"FEA1" + bytes(40), "a Feather file of version 1"),
    (b"PARE" + bytes(40), "an encrypted Parquet file"),
    (b"PAR1" + bytes(40), "does not end as a Parquet file does"),
    (b"PAR1" + struct.pack("<I", 2**31) + b"PAR1", "a footer of 2147483648 bytes"),
    (b"ARROW1\0\0" + struct.pack("<Ii", 0xFFFFFFFF, 2**30) + bytes(40), "a message of 1073741824 bytes"),
    (b"ARROW1\0\0" + struct.pack("<Ii", 0xFFFFFFFF, 16) + b"\xff" * 16, "damaged"),
    (b"%PDF-1.7" + bytes(40), "looks like PDF, which the loader 'parquet' does not read"),
    (b"words", "not a Parquet, Feather or Arrow file"),
]


@pytest.mark.parametrize(("raw", "message"), REFUSED)
def test_what_is_refused(write: Write, raw: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        LOADER.read(write(raw, name="a.parquet"))


def test_files_without_numbers(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="the file has no rows"):
        read_table(save(tmp_path / "a.parquet", measurement().slice(0, 0)))
    with pytest.raises(ColumnError, match="no column of numbers"):
        read_table(save(tmp_path / "b.parquet", pa.table({"w": ["a"]})))
    with pytest.raises(ColumnError, match="no column of numbers"):
        read_table(save(tmp_path / "c.feather", pa.table({"x": pa.nulls(3, pa.float64())})))


def test_too_many_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_COLUMNS", 2)
    for name in ("a.parquet", "a.feather"):
        with pytest.raises(FileError, match="3 columns are more than any table has"):
            read_table(save(tmp_path / name, measurement()))


def test_statistics_that_do_not_fit_the_schema_do_not_end_the_process(tmp_path: Path) -> None:
    """pyarrow 26 calls std::terminate in `RowGroupMetaData.column` where a histogram of levels has a wrong length."""
    raw = save(tmp_path / "a.parquet", pa.table({"x": pa.array([1.0, None, 3.0])})).read_bytes()
    # the schema's element "x": type DOUBLE, then OPTIONAL, then the name; as REQUIRED it has one level and not two
    optional, required = b"\x15\x0a\x25\x02\x18\x01x", b"\x15\x0a\x25\x00\x18\x01x"
    assert raw.count(optional) == 1
    path = tmp_path / "b.parquet"
    path.write_bytes(raw.replace(optional, required))
    script = (
        "import sys\nfrom gzero.errors import FileError\nfrom gzero.loaders.registry import read_table\n"
        "try:\n    read_table(sys.argv[1])\nexcept FileError as error:\n    print(error)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "b.parquet: damaged or not readable" in run.stdout


@pytest.mark.parametrize("name", ["a.parquet", "a.feather"])
def test_mutants_give_a_table_or_an_error(tmp_path: Path, name: str) -> None:
    raw = sound(tmp_path, name)
    rng = np.random.default_rng(20240608)
    read = named = 0
    path = tmp_path / f"mutant-{name}"
    for _ in range(150):
        data = bytearray(raw)
        for _ in range(int(rng.integers(1, 3))):
            at = int(rng.integers(len(data) - 8))
            match int(rng.integers(3)):
                case 0:
                    data[at] = int(rng.integers(256))
                case 1:
                    data[at : at + 4] = struct.pack("<I", int(rng.choice([0, 1, 2**31 - 1, 2**32 - 1])))
                case _:
                    data[at : at + 8] = data[at : at + 8][::-1]
        path.write_bytes(data)
        try:
            read_table(path)
        except GzeroError as error:
            named += str(path) in str(error)
        else:
            read += 1
    assert read + named == 150
    assert 10 < read < 140


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, in a process of its own."""
    command = [sys.executable, "-m", "gzero", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_inspect_and_fit_as_from_csv(tmp_path: Path, gzero: Callable[..., Any]) -> None:
    """A synthetic staircase of steps of 2e^2/h, as Parquet, Feather and CSV."""
    conductance = 77.48091729 * np.round(4 * (GATE + 1)) + np.random.default_rng(5).normal(0, 0.3, 500)
    table = pa.table({"Vg (V)": GATE, "G (uS)": conductance})
    save(tmp_path / "a.parquet", table)
    save(tmp_path / "a.feather", table)
    rows = "".join(f"{x!r},{y!r}\n" for x, y in zip(GATE.tolist(), conductance.tolist(), strict=True))
    (tmp_path / "a.csv").write_text("Vg (V),G (uS)\n" + rows, encoding="utf-8")
    words = ("--experiment", "staircase", "--quantum", "2e^2/h", "--json")
    first = alone("fit", str(tmp_path / "a.parquet"), *words)
    assert first.returncode == 0, first.stderr
    found = [json.loads(first.stdout)["estimates"]]
    for name in ("a.feather", "a.csv"):
        run = gzero("fit", tmp_path / name, *words)
        assert run.code == 0, run.err
        found.append(json.loads(run.out)["estimates"])
    assert found[0] == found[1] == found[2]
    assert "G" in gzero("inspect", tmp_path / "a.parquet").out
