"""A file whose sweep turns round: one trace a branch, and what the branches say of each other."""

from pathlib import Path

import numpy as np
import pytest

import gzero
from gzero.errors import ColumnError, InputError
from gzero.pipeline.config import configure
from gzero.pipeline.load import load_traces

X = np.linspace(0.0, 54.0, 300)
NOISE = 0.01  # quanta


def staircase(x: np.ndarray, seed: int) -> np.ndarray:
    """Four steps of one quantum over x in mV, with white noise."""
    clean = sum(1 / (1 + np.exp(-(x - v))) for v in (6, 18, 30, 42))
    return clean + NOISE * np.random.default_rng(seed).normal(size=x.size)


def up_down(shift: float = 0.0, drift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Up and down again; on the way down risers lie higher by `shift` [mV] and readings by `drift` [quanta]."""
    return np.r_[X, X[::-1]], np.r_[staircase(X, 1), (staircase(X - shift, 2) + drift)[::-1]]


def write(path: Path, x: np.ndarray, *ys: np.ndarray) -> Path:
    heads = ["Vg (mV)", *(f"G{i or ''} [2e^2/h]" for i in range(len(ys)))]
    rows = [",".join(f"{v:.6f}" for v in row) for row in zip(x, *ys, strict=True)]
    path.write_text("\n".join([",".join(heads), *rows]) + "\n")
    return path


def test_a_file_becomes_one_trace_a_branch(tmp_path: Path) -> None:
    path = write(tmp_path / "updown.csv", *up_down())
    up, down = gzero.load_traces(path)
    assert (up.trace, down.trace) == ("up", "down")
    assert (up.row(0), down.row(0)) == (2, 302)
    assert gzero.load(path, trace="down").abscissa.values[0] == pytest.approx(0.054)
    assert gzero.load(path, trace=0).trace == "up"
    with pytest.raises(ColumnError, match='holds 2 traces; name one, such as trace="up" or trace="down"'):
        gzero.load(path)
    with pytest.raises(ColumnError, match="there is no trace 'sideways'"):
        gzero.load(path, trace="sideways")
    assert gzero.load(path, sweep="up").trace == ""
    assert gzero.analyse(path, quantum="2e^2/h", sweep="up").rows_used == 300


def test_the_row_of_an_error_is_that_of_the_file(tmp_path: Path) -> None:
    x, y = up_down()
    y[399] = np.nan
    with pytest.raises(InputError) as caught:
        gzero.analyse_traces(write(tmp_path / "updown.csv", x, y), quantum="2e^2/h")
    assert caught.value.row == 401


def test_branches_of_a_map_carry_the_name_of_their_trace(tmp_path: Path) -> None:
    from gzero.measurement.kinds import kind
    from gzero.measurement.layout import lay_out
    from gzero.measurement.meaning import measure
    from gzero.measurement.roles import Wanted
    from gzero.pipeline.load import _of_trace, environment, read

    x, y = up_down()
    path = write(tmp_path / "map.csv", x, y, y)
    config = configure(y="2")
    table = read(path, config)
    wanted = Wanted(y="2")
    (one,) = measure(table, lay_out(table, kind("staircase"), wanted), kind("staircase"), wanted, conditions={}, environment=environment(config))  # fmt: skip
    from dataclasses import replace

    traces = (replace(one, trace="trace 0"), replace(one, trace="trace 1"))

    def asked(name: str | None) -> list[str]:
        return [m.trace for m in _of_trace(traces, replace(config, trace=name), "")]

    assert asked(None) == ["trace 0, up", "trace 0, down", "trace 1, up", "trace 1, down"]
    assert asked("trace 1, down") == ["trace 1, down"]
    assert asked("trace 1") == ["trace 1, up", "trace 1, down"]
    assert asked("2") == ["trace 1, up"]


def test_rows_that_are_answers_of_their_own_have_no_branches(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    temperatures = [*range(100, 200, 10), *range(200, 100, -10)]
    path.write_text("T (K),D (m^2/s)\n" + "\n".join(f"{t},1e-3" for t in temperatures) + "\n")
    assert len(load_traces(path, configure(particle="electron", rows="each"))) == 20


@pytest.mark.parametrize(("shift", "warned"), [(0.0, False), (0.5, True), (-0.5, True)])
def test_hysteresis_is_told(tmp_path: Path, shift: float, warned: bool) -> None:
    """Riser widths of 1 mV and 1 % noise tell a shift to 0.01 mV; either way it stands in both ledgers."""
    path = write(tmp_path / "updown.csv", *up_down(shift))
    for analysis in gzero.analyse_traces(path, quantum="2e^2/h"):
        (entry,) = (c for c in analysis.ledger if c.choice == "hysteresis, down against up")
        assert entry.origin == "data"
        told = [w for w in analysis.warnings if "hysteresis" in w]
        assert bool(told) == warned
        if warned:
            side = "above" if shift > 0 else "below"
            assert f"µV {side} the up sweep along x" in told[0]
            # "510(9) µV", within four of its standard uncertainties of the truth
            value, _, std = told[0].partition("lies ")[2].partition(")")[0].partition("(")
            assert abs(float(value) - 1000 * abs(shift)) < 4 * float(std)
        assert not any("drift" in w for w in analysis.warnings)


def test_drift_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "updown.csv", *up_down(drift=0.02))
    for analysis in gzero.analyse_traces(path, quantum="2e^2/h"):
        (told,) = (w for w in analysis.warnings if w.endswith("drift"))
        assert told.startswith("on the same plateaus the down sweep reads 0.0")
        assert "2e^2/h above the up sweep" in told


def test_sweeps_of_one_direction_drift(tmp_path: Path) -> None:
    """Three sweeps up, the last one displaced: it is held against the second one, and the second against the first."""
    path = write(tmp_path / "three.csv", np.r_[X, X, X], np.r_[staircase(X, 1), staircase(X, 2), staircase(X - 0.5, 3)])
    first, second, third = gzero.analyse_traces(path, quantum="2e^2/h")
    assert [a.trace for a in (first, second, third)] == ["up 1", "up 2", "up 3"]
    compared = [[c.choice for c in a.ledger if c.choice.startswith("drift")] for a in (first, second, third)]
    assert compared == [
        ["drift, up 2 against up 1"],
        ["drift, up 2 against up 1", "drift, up 3 against up 2"],
        ["drift, up 3 against up 2"],
    ]
    assert not any("drift" in w for w in first.warnings)
    for analysis in (second, third):
        assert any("the up 3 sweep lies" in w and "above the up 2 sweep along x: drift" in w for w in analysis.warnings)


def test_up_down_up_compares_neighbours(tmp_path: Path) -> None:
    path = write(
        tmp_path / "loop.csv", np.r_[X, X[::-1], X], np.r_[staircase(X, 1), staircase(X, 2)[::-1], staircase(X, 3)]
    )
    analyses = gzero.analyse_traces(path, quantum="2e^2/h")
    compared = [{c.choice for c in a.ledger if " against " in c.choice} for a in analyses]
    assert compared == [
        {"hysteresis, down 1 against up 1", "drift, up 2 against up 1"},
        {"hysteresis, down 1 against up 1", "hysteresis, down 1 against up 2"},
        {"drift, up 2 against up 1", "hysteresis, down 1 against up 2"},
    ]


def test_branches_without_a_riser_are_not_compared(tmp_path: Path) -> None:
    flat = 1 + NOISE * np.random.default_rng(1).normal(size=2 * X.size)
    path = write(tmp_path / "flat.csv", np.r_[X, X[::-1]], flat)
    for analysis in gzero.analyse_traces(path, quantum="2e^2/h"):
        (entry,) = (c for c in analysis.ledger if c.choice.startswith("hysteresis"))
        assert entry.value == "not determined"


def test_arrays_that_turn_round() -> None:
    x, y = up_down()
    m = gzero.Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h")
    with pytest.raises(InputError, match='sweep="up" or sweep="down", or take every branch with gzero'):
        gzero.analyse(m, quantum="2e^2/h")
    assert gzero.analyse(m, quantum="2e^2/h", sweep="down").rows_used == 300
    assert [a.trace for a in gzero.analyse_traces(m, quantum="2e^2/h")] == ["up", "down"]


def test_one_analysis_is_the_same_alone_and_in_company(tmp_path: Path) -> None:
    """A branch that is picked by name gives the estimates that it gives among all."""
    path = write(tmp_path / "updown.csv", *up_down(0.5))
    for among in gzero.analyse_traces(path, quantum="2e^2/h"):
        alone = gzero.analyse(path, quantum="2e^2/h", trace=among.trace)
        assert alone.to_dict()["estimates"] == among.to_dict()["estimates"]
        assert alone.verdict is not None
        assert among.verdict is not None
        assert alone.verdict.interval == among.verdict.interval


def test_repeats_in_a_file(tmp_path: Path) -> None:
    """Five readings a setting: the noise of the curve is their standard error, 0.01/sqrt(5) within 10 %."""
    x = np.repeat(X, 5)
    path = write(tmp_path / "repeats.csv", x, staircase(x, 4))
    analysis = gzero.analyse(path, quantum="2e^2/h")
    assert analysis.curve is not None
    assert len(analysis.curve) == 300
    ledger = {c.choice: c for c in analysis.ledger}
    assert ledger["repeated settings"].value == "mean"
    assert ledger["noise of one reading"].note == "standard error of a mean, from the scatter of the repeats, white"
    assert analysis.curve.y_std is not None
    quantum = analysis.quantum.value  # type: ignore[union-attr]
    assert np.median(analysis.curve.y_std) / quantum == pytest.approx(NOISE / np.sqrt(5), rel=0.1)
