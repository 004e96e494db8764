"""Sessions of traces out of files in pieces: the answer is that of the file as a whole, to the last sign; memory is that of a piece."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from contact_sessions import answer

from gzero.errors import ColumnError, InputError
from gzero.loaders.registry import read_in_pieces, read_table
from gzero.measurement import meaning
from gzero.measurement.kinds import KINDS
from gzero.measurement.measurement import Measurement
from gzero.measurement.sessions import whole_traces
from gzero.pipeline import load
from gzero.pipeline.config import configure
from gzero.quanta import G0
from gzero.synthetic.breakjunction import simulate

h5py = pytest.importorskip("h5py")

TRACES, POINTS = 80, 90


def contacts() -> Measurement:
    return simulate(np.random.default_rng(8), seed=8, traces=TRACES, points=POINTS, peaks=2, rail=2.4).measurement


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three vectors: trace, displacement, conductance. Synthetic."""
    path, m = tmp_path_factory.mktemp("sessions") / "long.h5", contacts()
    with h5py.File(path, "w") as f:
        f["trace"] = m.series["trace"].values.astype("i4")
        f["displacement"] = m.abscissa.values * 1e9
        f["displacement"].attrs["unit"] = "nm"
        f["conductance"] = m.ordinate.values * 1e6
        f["conductance"].attrs["unit"] = "uS"
    return path


@pytest.fixture(scope="module")
def side_by_side(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A matrix with one row a trace, ragged: some traces end in NaN. Synthetic."""
    path, m = tmp_path_factory.mktemp("sessions") / "map.h5", contacts()
    y = m.ordinate.values.reshape(TRACES, POINTS).copy() * 1e6
    y[5, -7:] = y[31, -20:] = np.nan
    with h5py.File(path, "w") as f:
        f["displacement"] = m.abscissa.values[:POINTS] * 1e9
        f["displacement"].attrs["unit"] = "nm"
        f["conductance"] = y
        f["conductance"].attrs["unit"] = "uS"
    return path


@pytest.mark.parametrize("file", ["long", "side_by_side"])
def test_pieces_give_the_answer_of_the_whole(
    file: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers, verdict, histograms and bands, bit by bit; pieces end within traces, and some are shorter than one."""
    path = request.getfixturevalue(file)
    whole = answer(path, monkeypatch, held=1 << 25, piece=1 << 21)
    assert '"clipped"' in whole
    for piece in (2_000, 200):
        assert answer(path, monkeypatch, held=100, piece=piece) == whole, piece


def test_a_signal_chain_is_undone_piece_by_piece(long: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = "y: amplifier=2.00(1)"
    whole = answer(long, monkeypatch, held=1 << 25, piece=1 << 21, chain=chain)
    assert answer(long, monkeypatch, held=100, piece=2_000, chain=chain) == whole


def test_the_file_is_read_in_pieces_of_the_numbers_it_holds(long: Path) -> None:
    """The pieces one behind the other against h5py; rows are numbered through, and the hash is that of the file."""
    pieces = read_in_pieces(long, beyond=100, numbers=1_000)
    assert pieces is not None
    tables = list(pieces())
    assert len(tables) == TRACES * POINTS * 3 // 1_000
    with h5py.File(long) as f:
        for column in tables[0].columns:
            read = np.concatenate([c.values for t in tables for c in t.columns if c.name == column.name])
            assert np.array_equal(read, f[column.name][:])
    assert [n for t in tables for n in t.row_numbers] == list(range(1, TRACES * POINTS + 1))
    assert {t.origin.rows_read for t in tables} == {TRACES * POINTS}
    assert {t.origin.sha256 for t in tables} == {read_table(long).origin.sha256}


def test_what_is_asked_of_a_file_is_asked_of_its_pieces(side_by_side: Path) -> None:
    pieces = read_in_pieces(side_by_side, group="conductance[10:31]", beyond=100, numbers=500)
    assert pieces is not None
    names = [c.name for t in pieces() for c in t.columns if c.coordinate is not None]
    assert names == [f"conductance[{i}]" for i in range(10, 31)]
    assert all(sum(c.coordinate is not None for c in t.columns) > 1 for t in pieces())
    with pytest.raises(ColumnError, match="no place"):
        read_in_pieces(side_by_side, group="conductance[10:31000]", beyond=100, numbers=500)


def test_more_traces_than_a_table_has_columns_come_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "many.h5"
    with h5py.File(path, "w") as f:
        f["conductance"] = np.ones((20_001, 12), dtype="f4")
    with pytest.raises(InputError, match="at most 20000 are read"):
        read_table(path)
    pieces = read_in_pieces(path, beyond=1 << 25, numbers=1 << 21)
    assert pieces is not None
    assert sum(sum(c.coordinate is not None for c in t.columns) for t in pieces()) == 20_001


def test_what_need_not_or_cannot_be_cut_is_read_whole(
    long: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short file, another experiment, one trace, a mask, rows of a trace that do not stand together, another format."""
    assert load.load_session(long, configure(experiment="breakjunction")) is None  # short
    monkeypatch.setattr(load, "HELD", 100)
    assert load.load_session(long, configure(experiment="breakjunction")) is not None
    for options in (
        *({"experiment": name} for name in KINDS if name != "breakjunction"),
        {"experiment": None},
        {"trace": "1"},
        {"mask": "conductance > 150: above the rail"},
    ):
        assert load.load_session(long, configure(**{"experiment": "breakjunction", **options})) is None, options
    mixed = tmp_path / "mixed.h5"
    with h5py.File(long) as f, h5py.File(mixed, "w") as g:
        order = np.argsort(np.tile(np.arange(POINTS), TRACES), kind="stable")
        for name in f:
            g[name] = f[name][:][order]
            g[name].attrs.update(f[name].attrs)
    assert load.load_session(mixed, configure(experiment="breakjunction")) is None
    text = tmp_path / "short.csv"
    text.write_text("trace,z (nm),G (uS)\n1,0.1,80\n1,0.2,70\n")
    assert load.load_session(text, configure(experiment="breakjunction")) is None


def test_traces_are_put_together_across_pieces() -> None:
    """Cut at every 37 readings, a trace has 90: each comes once, whole, with its rows."""
    m = contacts()
    cuts = range(0, TRACES * POINTS, 37)

    def part(a: int) -> Measurement:
        at = slice(a, a + 37)
        series = {n: replace(s, values=s.values[at]) for n, s in m.series.items()}
        return replace(m, series=series, row_numbers=range(a + 1, a + 1 + series["trace"].values.size))

    out = list(whole_traces(map(part, cuts), numbered=True))
    assert [int(n) for p in out for n in np.unique(p.series["trace"].values)] == list(range(1, TRACES + 1))
    assert np.array_equal(np.concatenate([p.ordinate.values for p in out]), m.ordinate.values)
    assert [row for p in out for row in p.row_numbers] == list(range(1, TRACES * POINTS + 1))


def test_traces_side_by_side_are_pooled_as_one_by_one(side_by_side: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way without a measurement for each trace against the one with: series, rows and all."""
    config = configure(experiment="breakjunction")
    (quick,) = load.load_traces(side_by_side, config)
    monkeypatch.setattr(meaning, "_alike", lambda table, layout: False)
    (plain,) = load.load_traces(side_by_side, config)
    assert quick.series.keys() == plain.series.keys()
    for name, series in plain.series.items():
        assert np.array_equal(quick.series[name].values, series.values, equal_nan=True), name
        assert (quick.series[name].label, quick.series[name].short) == (series.label, series.short)
    assert list(quick.row_numbers) == list(plain.row_numbers)
    assert list(quick.row_numbers[3:6]) == list(plain.row_numbers[3:6]) == [4, 5, 6]
    assert (quick.ledger, quick.warnings, quick.trace) == (plain.ledger, plain.warnings, plain.trace)
    with pytest.raises(IndexError):
        quick.row_numbers[len(quick.row_numbers)]


GROWTH = """
import resource, sys
from gzero.pipeline import load
from gzero.pipeline.analyse import analyse_traces
from gzero.pipeline.config import configure
load.HELD, load.PIECE = 1 << 16, 1 << 18
peaks = []
for path in sys.argv[1:]:
    analyse_traces(path, configure(experiment="breakjunction", quantum="2e^2/h"))
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(*peaks)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in other units elsewhere")
def test_memory_does_not_grow_with_the_readings(tmp_path: Path) -> None:
    """Sixteen times the readings of each of 500 traces: 8 million numbers more, which are 64 MB in one copy of float64. The
    peak grows by less than half of one copy."""
    paths = []
    for points in (400, 6_400):
        path = tmp_path / f"{points}.h5"
        m = simulate(np.random.default_rng(3), seed=3, traces=500, points=points).measurement
        with h5py.File(path, "w") as f:
            f["trace"] = m.series["trace"].values.astype("i4")
            f["displacement"] = (m.abscissa.values * 1e9).astype("f4")
            f["displacement"].attrs["unit"] = "nm"
            f["conductance"] = (m.ordinate.values / G0).astype("f4")
            f["conductance"].attrs["unit"] = "2e^2/h"
        paths.append(str(path))
    command = [sys.executable, "-c", GROWTH, *paths]
    out = subprocess.run(command, capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    small, large = (int(word) for word in out.stdout.split())
    assert (large - small) / 1024 < 32
