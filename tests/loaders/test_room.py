"""Numbers that are many lie in a file: the same numbers, read-only in the end, and memory that does not grow with them."""

from __future__ import annotations

import math
import tempfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gzero.loaders import pieces, room
from gzero.loaders.cutting import cut_columns, cut_rows, rows_of
from gzero.loaders.growing import Columns
from gzero.loaders.registry import read_table
from gzero.loaders.table import Column, Coordinate, Origin, Table
from gzero.measurement.curve import frozen

ROWS = 20_000


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand numbers are many."""
    monkeypatch.setattr(room, "HELD", 1 << 10)
    monkeypatch.setattr(room, "AT_ONCE", 1 << 12)


def text(path: Path, rows: int) -> Path:
    """Synthetic: a line number, its square root, an empty cell in each seventh line and a word in one."""
    lines = (
        f"{i},{math.sqrt(i)!r},{'' if i % 7 == 0 else -i / 8},{'broken' if i == rows // 2 else i / 4}"
        for i in range(rows)
    )
    path.write_text("n,root (mV),gap,word\n" + "\n".join(lines) + "\n")
    return path


def all_of(table: Table) -> list[object]:
    columns = [(c.name, c.unit_text, c.source, c.values.tobytes()) for c in table.columns]
    return [columns, table.origin.dropped, table.origin.rows_read, table.origin.sha256, list(table.row_numbers)]


def test_a_text_in_a_file_is_the_text_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = text(tmp_path / "t.csv", ROWS)
    held = read_table(path)
    assert all(room.mapping(c.values) is None for c in held.columns)
    monkeypatch.setattr(room, "HELD", 1 << 10)
    monkeypatch.setattr(room, "AT_ONCE", 1 << 12)
    filed = read_table(path)
    assert all(room.mapping(c.values) is not None for c in filed.columns)
    assert all_of(filed) == all_of(held)
    assert np.array_equal(filed.columns[1].values, np.sqrt(np.arange(ROWS)))
    with pytest.raises(ValueError, match="read-only"):
        filed.columns[0].values[0] = 1.0
    assert frozen(filed.columns[0].values) is not None
    assert np.shares_memory(frozen(filed.columns[0].values), filed.columns[0].values)  # no copy of what nobody changes


@pytest.mark.usefixtures("few")
def test_columns_move_to_a_longer_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are ten times as many rows as were expected, and one column begins late."""
    columns = Columns(3)
    columns.expect(600)
    rng = np.random.default_rng(1)
    parts = [rng.normal(size=(3, 500)) for _ in range(12)]
    for i, (a, b, c) in enumerate(parts):
        columns.write(0, [a[:200], a[200:]])
        if i > 6:
            columns.write(1, [b])
        columns.write(2, [c])
        columns.advance(500)
    first, late, last = columns.frozen(3)
    assert first is not None
    assert late is not None
    assert last is not None
    assert np.array_equal(first, np.concatenate([p[0] for p in parts]))
    assert np.array_equal(last, np.concatenate([p[2] for p in parts]))
    assert np.isnan(late[: 7 * 500]).all()
    assert np.array_equal(late[7 * 500 :], np.concatenate([p[1] for p in parts[7:]]))
    assert all(room.mapping(array) is not None for array in (first, late, last))


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("when", ["no file", "no room", "later"])
def test_where_the_disk_is_full_memory_holds_them(when: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    taken: list[int] = []

    def full(self: room.Filed, first: int, count: int) -> None:
        taken.append(count)
        if when != "later" or len(taken) > 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.Filed, "reserve", full)
    if when == "no file":
        monkeypatch.setattr(room, "folder", lambda: str(tmp_path / "missing"))
    table = read_table(text(tmp_path / "t.csv", ROWS))
    assert np.array_equal(table.columns[1].values, np.sqrt(np.arange(ROWS)))
    assert sum(room.mapping(c.values) is not None for c in table.columns) == (1 if when == "later" else 0)
    assert room.mapping(room.room(3, 1 << 12)) is None


def test_temporary_files_go_where_large_ones_belong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert room.folder() == str(tmp_path)
    found = room.Filed(1000)
    found.reserve(0, 1000)
    array = found.array(10, 100)
    array[3] = 7.0
    room.rest(array)
    assert (array.sum(), array.shape) == (700.0, (10, 100))
    assert list(tmp_path.iterdir()) == []  # it has no name, so that nothing is left behind whatever happens


@pytest.mark.usefixtures("few")
def test_numbers_are_worked_out_one_by_one() -> None:
    values = np.random.default_rng(2).normal(size=30_001)
    found = room.worked_out(lambda some: some * 1e-6 + 0.25, values)
    assert found.tobytes() == (values * 1e-6 + 0.25).tobytes()
    assert room.mapping(found) is not None
    assert not found.flags.writeable


def peak(path: Path) -> int:
    tracemalloc.start()
    try:
        read_table(path)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.usefixtures("few")
def test_memory_does_not_grow_with_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight times the rows are 3.9 MB of numbers more; what Python and numpy hold at most grows by less than a quarter of it."""
    monkeypatch.setattr(pieces, "PIECE", 1 << 16)
    monkeypatch.setattr(pieces, "HEAD", 1 << 14)
    short, long = text(tmp_path / "short.csv", ROWS), text(tmp_path / "long.csv", 8 * ROWS)
    read_table(short)  # everything that is imported late
    more = 7 * ROWS * 4 * 8
    assert peak(long) - peak(short) < more / 4


def table_of(traces: int, rows: int) -> Table:
    values = np.arange(rows * (traces + 1), dtype=float).reshape(traces + 1, rows)
    columns = [Column(name="x", unit_text="V", values=values[0], source="axis 0")]
    columns += [
        Column(name=f"y[{j}]", unit_text="S", values=values[j + 1], source=f"trace {j}",
               coordinate=Coordinate(name="B", value=float(j)))
        for j in range(traces)
    ]  # fmt: skip
    origin = Origin(path="t", sha256="0", loader="none", rows_read=rows)
    texts = {"what": tuple(str(i) for i in range(rows))}
    return Table(columns=tuple(columns), metadata={}, origin=origin, labels=texts, row_numbers=range(2, rows + 2))


def test_a_table_is_cut_along_rows_and_traces() -> None:
    """Pieces one behind the other are the whole; none is a single trace."""
    table = table_of(7, 30)
    parts = list(cut_rows(table, 64)())
    assert len(parts) == 3
    for i, column in enumerate(table.columns):
        assert np.array_equal(np.concatenate([p.columns[i].values for p in parts]), column.values)
    assert [n for p in parts for n in p.row_numbers] == list(range(2, 32))
    assert [t for p in parts for t in p.labels["what"]] == list(table.labels["what"])
    assert {p.origin.rows_read for p in parts} == {30}
    beside = list(range(1, 8))
    by_trace = list(cut_columns(table, beside, 61)())
    assert [c.name for p in by_trace for c in p.columns if c.coordinate] == [f"y[{j}]" for j in range(7)]
    assert all(len(p.columns) > 2 and p.columns[0].name == "x" for p in by_trace)
    assert len(rows_of(table, 3, 5).columns[0].values) == 2


# -- formats of arrays: every writer is of another hand -----------------------------------------------------------------

NUMBERS = np.random.default_rng(9).normal(size=(40, 3001))


def hdf5(path: Path) -> Path:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as f:
        f["gate"], f["field"] = np.arange(3001.0), np.arange(40.0)
        data = f.create_dataset("map", data=NUMBERS, chunks=(7, 512))
        data.attrs["scale_factor"], data.attrs["add_offset"] = 0.5, 0.25
    return path


def netcdf(path: Path) -> Path:
    from scipy.io import netcdf_file

    with netcdf_file(path, "w") as f:
        f.createDimension("field", 40)
        f.createDimension("gate", 3001)
        f.createVariable("map", "f8", ("field", "gate"))[:] = NUMBERS
    return path


def parquet(path: Path) -> Path:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({f"y{i} (uS)": row for i, row in enumerate(NUMBERS)}), path, row_group_size=500)
    return path


def feather(path: Path) -> Path:
    pa, ft = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.feather")
    ft.write_feather(pa.table({f"y{i} (uS)": row for i, row in enumerate(NUMBERS)}), path, chunksize=500)
    return path


def tdms(path: Path) -> Path:
    nptdms = pytest.importorskip("nptdms")
    step = {"wf_increment": 1e-3, "wf_start_offset": 2.0}
    with nptdms.TdmsWriter(path) as f:
        for part in np.array_split(NUMBERS, 5, axis=1):
            f.write_segment([nptdms.ChannelObject("run", f"y{i}", row, properties=step) for i, row in enumerate(part)])
    return path


@pytest.mark.parametrize("write", [hdf5, netcdf, parquet, feather, tdms])
def test_arrays_in_a_file_are_the_arrays_in_memory(
    write: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / {"hdf5": "a.h5", "netcdf": "a.nc"}.get(write.__name__, f"a.{write.__name__}"))
    held = read_table(path)
    monkeypatch.setattr(room, "HELD", 1 << 10)
    monkeypatch.setattr(room, "AT_ONCE", 1 << 10)
    filed = read_table(path)
    assert all_of(filed) == all_of(held)
    read = np.array([c.values for c in filed.columns if len(c.values) == 3001][-40:])
    assert np.array_equal(read, NUMBERS * 0.5 + 0.25 if write is hdf5 else NUMBERS)
    for column in filed.columns[-40:]:
        assert room.mapping(column.values) is not None
        with pytest.raises(ValueError, match="read-only"):
            column.values[0] = 1.0
