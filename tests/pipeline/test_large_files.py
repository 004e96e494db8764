"""Files too long to be held, of every format: the answer of the file in memory, to the last bit, and one reading of the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from batches import Here, contents, run
from contact_sessions import answer

from gzero.loaders import array_columns, array_parts, hdf5, room
from gzero.loaders.registry import many_traces, read_table
from gzero.measurement.curve import goes_one_way
from gzero.pipeline import load
from gzero.pipeline.batch import work
from gzero.pipeline.config import Config, configure
from gzero.quanta import G0
from gzero.reduction.branches import find_branches
from gzero.synthetic.breakjunction import simulate

TRACES, POINTS = 60, 90


def contacts() -> tuple[np.ndarray, np.ndarray]:
    """Displacements [nm], and readings [uS] with one row a trace, two of them shorter than the others. Synthetic."""
    m = simulate(np.random.default_rng(8), seed=8, traces=TRACES, points=POINTS, peaks=2, rail=2.4).measurement
    y = m.ordinate.values.reshape(TRACES, POINTS) * 1e6
    y = y.copy()
    y[5, -7:] = y[31, -20:] = np.nan
    return m.abscissa.values[:POINTS] * 1e9, y


def long_csv(folder: Path) -> Path:
    x, y = contacts()
    lines = (
        f"{t + 1},{float(x[i])!r},{float(y[t, i])!r}"
        for t in range(TRACES)
        for i in range(POINTS)
        if np.isfinite(y[t, i])
    )
    path = folder / "long.csv"
    path.write_text("trace,displacement (nm),conductance (uS)\n" + "\n".join(lines) + "\n")
    return path


def wide_csv(folder: Path) -> Path:
    x, y = contacts()
    names = ",".join(f"G{t} (uS)" for t in range(TRACES))
    lines = (
        ",".join([repr(float(x[i])), *("" if np.isnan(v) else repr(v) for v in y[:, i].tolist())])
        for i in range(POINTS)
    )
    path = folder / "wide.csv"
    path.write_text(f"displacement (nm),{names}\n" + "\n".join(lines) + "\n")
    return path


def parquet(folder: Path) -> Path:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    x, y = contacts()
    kept = np.isfinite(y).ravel()
    columns = {
        "trace": np.repeat(np.arange(1, TRACES + 1), POINTS)[kept],
        "displacement (nm)": np.tile(x, TRACES)[kept],
        "conductance (uS)": y.ravel()[kept],
    }
    path = folder / "long.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=700)
    return path


@pytest.mark.parametrize("write", [long_csv, wide_csv, parquet])
def test_pieces_of_a_table_give_the_answer_of_the_whole(
    write: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    whole = answer(path, monkeypatch, held=1 << 25, piece=1 << 20)
    monkeypatch.setattr(room, "HELD", 1 << 8)
    monkeypatch.setattr(room, "AT_ONCE", 1 << 8)
    for piece in (2_000, 300):
        assert answer(path, monkeypatch, held=100, piece=piece) == whole, piece


def test_a_signal_chain_and_named_columns_of_a_table_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = long_csv(tmp_path)
    for options in ({"chain": "y: amplifier=2.00(1)"}, {"y": "conductance", "x": "2"}):
        whole = answer(path, monkeypatch, held=1 << 25, piece=1 << 20, **options)
        assert answer(path, monkeypatch, held=100, piece=2_000, **options) == whole


def test_what_a_session_asks_of_the_whole_is_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "HELD", 100)
    long, wide = long_csv(tmp_path), wide_csv(tmp_path)

    def session(path: Path, **options: object) -> object:
        config = configure(**{"experiment": "breakjunction", **options})
        return load.session_of(read_table(path), path, config)

    assert session(long) is not None
    assert session(wide) is not None
    for options in ({"experiment": "staircase"}, {"experiment": None}, {"trace": "1"}, {"mask": "y > 150: the rail"}):
        assert session(long, **options) is None, options
    assert session(wide, y="2") is None  # a single one of them
    plain = tmp_path / "plain.csv"  # traces that nothing numbers
    plain.write_text("\n".join(line.partition(",")[2] for line in long.read_text().splitlines()))
    assert session(plain) is None
    monkeypatch.setattr(load, "HELD", 1 << 20)
    assert session(long) is None


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    reads: list[str] = []

    def reading(path: Path, config: Config) -> Any:
        reads.append(f"{path.name} {config.group or ''}".strip())
        return load.read(path, config)

    monkeypatch.setattr(work, "read", reading)
    monkeypatch.setattr(work, "_LATEST", work._Latest())  # nothing that was read before
    return reads


def test_a_batch_of_texts_in_pieces_is_the_batch_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    data.mkdir()
    long_csv(data), wide_csv(data)
    options = {"experiment": "breakjunction"}
    run(data, tmp_path / "held", Here(), **options)
    reads = counted(monkeypatch)
    for name, many in (("HELD", 1 << 8), ("AT_ONCE", 1 << 8)):
        monkeypatch.setattr(room, name, many)
    monkeypatch.setattr(load, "HELD", 100)
    monkeypatch.setattr(load, "PIECE", 1_000)
    engine = Here()
    run(data, tmp_path / "pieces", engine, **options)
    assert contents(tmp_path / "pieces") == contents(tmp_path / "held")
    assert engine.worked == ["long.csv whole", "wide.csv whole"]
    assert reads == ["long.csv", "wide.csv"]  # a text is gone through once


# -- maps of more traces than a table has columns ----------------------------------------------------------------------


def staircases(path: Path, traces: int) -> Path:
    """A map whose traces are independent. Synthetic."""
    h5py = pytest.importorskip("h5py")
    x = np.linspace(-1.0, 0.0, 121)
    rng = np.random.default_rng(5)
    with h5py.File(path, "w") as f:
        f["gate"], f["field"] = x, 0.01 * np.arange(traces)
        f["gate"].attrs["units"], f["field"].attrs["units"] = "V", "T"
        y = [sum(1 / (1 + np.exp(-(x - c - 0.002 * j) / 0.012)) for c in (-0.8, -0.5, -0.2)) for j in range(traces)]
        f["conductance"] = G0 / 2 * (np.array(y) + 0.002 * rng.standard_normal((traces, x.size)))
        f["conductance"].attrs["units"] = "S"
    return path


def few_columns(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    for module in (array_columns, array_parts, hdf5):
        monkeypatch.setattr(module, "MAX_COLUMNS", most)


def test_a_batch_reads_more_traces_than_a_table_has_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each piece reads its own traces, and its records are those of the map in memory."""
    data = tmp_path / "data"
    data.mkdir()
    staircases(data / "m.h5", 40)
    run(data, tmp_path / "held", Here())
    few_columns(monkeypatch, 30)
    assert many_traces(data / "m.h5") == ("/conductance", 0, 40)
    assert many_traces(data / "m.h5", group="conductance[3:39]") == ("/conductance", 3, 39)
    for group in ("conductance[3:20]", "conductance[3]", "conductance[0:40,0:50]", "gate"):
        assert many_traces(data / "m.h5", group=group) is None, group
    reads, engine = counted(monkeypatch), Here()
    run(data, tmp_path / "pieces", engine)
    assert engine.worked == ["m.h5 whole", "m.h5 0:16", "m.h5 16:32", "m.h5 32:40"]
    assert [r for r in reads if r != "m.h5"] == [f"m.h5 /conductance[{s}]" for s in ("0:16", "0:16", "16:32", "32:40")]
    assert contents(tmp_path / "pieces") == contents(tmp_path / "held")


def test_where_traces_hang_on_each_other_many_of_them_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    staircases(data / "m.h5", 40)
    few_columns(monkeypatch, 30)
    run(data, tmp_path / "out", Here(), mask="x > -0.05 : the gate leaks")
    assert "at most 30 are read" in (tmp_path / "out" / "failures.csv").read_text()


def test_a_file_that_changes_between_its_pieces_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    data.mkdir()
    path = staircases(data / "m.h5", 40)
    few_columns(monkeypatch, 30)

    def change(job: Any) -> None:
        if job.first == 16:
            staircases(path, 41)

    tally = run(data, tmp_path / "out", Here(before=change))
    assert any("changed" in why for _, why in tally.failures)


# -- sweeps -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_a_sweep_that_goes_one_way_is_told_in_pieces(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it says yes, the search for branches finds one; where it says no, a step goes back."""
    monkeypatch.setattr(room, "AT_ONCE", 7)
    x = np.sort(np.random.default_rng(seed).normal(size=50))
    x[::6] = np.nan
    x[9:12] = x[10]
    for one in (x, x[::-1]):
        assert goes_one_way(one)
        assert len(find_branches(one)) == 1
    for at in (13, 14, 15, 20, 27):  # within a piece and at its end
        back = x.copy()
        back[at] = np.nanmin(x) - 5.0
        assert not goes_one_way(back), at
    assert goes_one_way(np.full(20, np.nan))
    assert goes_one_way(np.ones(20))
