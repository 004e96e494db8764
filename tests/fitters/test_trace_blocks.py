"""A long record averaged a piece at a time: bit by bit what the way through memory makes of it, or that way itself."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from gzero.estimate import Estimate
from gzero.fitters import trace_blocks
from gzero.fitters.options import FitOptions
from gzero.fitters.trace import fit
from gzero.fitters.trace_blocks import block_means
from gzero.loaders import room
from gzero.measurement.measurement import Measurement
from gzero.quanta import parse_quantum
from gzero.reduction.calibration import Calibration
from gzero.reduction.selection import Selection, select

MOST = 6000


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand readings are long, and a piece has a few blocks."""
    monkeypatch.setattr(trace_blocks, "LONG", 10_000)
    monkeypatch.setattr(trace_blocks, "AT_ONCE", 1000)


def record(readings: int = 25_001, *, std: bool = False, digits: float = 0.0, seed: int = 1) -> Measurement:
    """Synthetic: two levels of 1 and 2 quanta behind 400 ohm, with noise of a fiftieth."""
    rng = np.random.default_rng(seed)
    time = np.cumsum(rng.uniform(0.9, 1.1, readings)) * 1e-3
    level = 77.48 * (1 + (np.arange(readings) // 6000) % 2)
    y = level + 1.5 * rng.standard_normal(readings)
    y = np.round(y / digits) * digits if digits else y
    spread = 1.5 + 0.1 * rng.random(readings) if std else None
    return Measurement.from_arrays(
        x=time, y=y, y_std=spread, x_unit="s", y_unit="uS", experiment="trace", gain="1.01(1)",
        series_resistance="400(20) ohm", offset="0.3(1) uS",
    )  # fmt: skip


@pytest.mark.parametrize("std", [False, True])
@pytest.mark.parametrize("readings", [12_000, 25_001])
def test_the_curve_is_that_of_the_way_through_memory(readings: int, std: bool) -> None:
    m = record(readings, std=std)
    calibration = Calibration.of(m.conditions, m.ordinate.common)
    found = block_means(m, calibration, Selection(), most=MOST)
    assert found is not None
    selected, size = found
    assert size == -(-readings // MOST)
    plain = select(m, calibration, Selection(), quantum=None)
    whole = readings // size * size

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(values[:whole].reshape(-1, size).mean(axis=1))

    assert selected.curve.x.tobytes() == mean(plain.curve.x).tobytes()
    assert selected.curve.y.tobytes() == mean(plain.curve.y).tobytes()
    if plain.curve.y_std is not None:
        assert selected.curve.y_std is not None
        assert selected.curve.y_std.tobytes() == np.sqrt(mean(plain.curve.y_std**2) / size).tobytes()
    assert plain.curve.rows is not None
    assert selected.curve.rows is not None
    assert np.array_equal(selected.curve.rows, plain.curve.rows[:whole:size])
    assert (selected.ledger, selected.warnings, selected.noise) == (plain.ledger, plain.warnings, plain.noise)
    assert selected.exclusions == plain.exclusions == ()
    names = ("x_name", "y_name", "x_unit", "y_unit")
    assert [getattr(selected.curve, n) for n in names] == [getattr(plain.curve, n) for n in names]


def test_the_findings_are_those_of_the_way_through_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    m, options = record(), FitOptions(quantum=parse_quantum("2e^2/h"))
    ours = fit(m, options)
    monkeypatch.setattr(trace_blocks, "LONG", 1 << 40)
    theirs = fit(m, options)
    told = [{n: (e.value, e.std_stat, dict(e.systematic)) for n, e in f.estimates.items()} for f in (ours, theirs)]
    assert told[0] == told[1]
    assert (ours.ledger, ours.warnings, ours.exclusions) == (theirs.ledger, theirs.warnings, theirs.exclusions)
    assert any(choice.choice == "averaging" for choice in ours.ledger)


@pytest.mark.parametrize(
    "what",
    ["short", "gap", "repeated time", "backwards", "rail", "range", "sorted", "no reading", "uncertainty of zero"],
)
def test_what_is_not_plain_goes_the_way_through_memory(what: str) -> None:
    m, selection = record(std=what == "uncertainty of zero"), Selection()
    x, y = m.abscissa.values.copy(), m.ordinate.values.copy()
    std = None if m.ordinate.std is None else m.ordinate.std.copy()
    if what == "short":
        m = record(9000)
        x, y = m.abscissa.values.copy(), m.ordinate.values.copy()
    if what == "gap":
        y[1500] = np.nan
    if what == "no reading":
        x[-1] = np.inf
    if what == "repeated time":
        x[2000] = x[1999]
    if what == "backwards":
        x[-2:] = x[:-3:-1]
    if what == "rail":
        y[y.argmax() - 2 : y.argmax() + 3] = y.max()  # five alike at the largest value
    if what == "range":
        selection = Selection(x_low=0.5)
    if what == "sorted":
        selection = Selection(sweep="sort")
    if std is not None:
        std[7] = 0.0
    series = {
        "time": replace(m.abscissa, values=x),
        m.y: replace(m.ordinate, values=y, std=std),
    }
    changed = replace(m, series={**m.series, **series})
    assert block_means(changed, Calibration.of(m.conditions), selection, most=MOST) is None


def test_a_rail_across_two_pieces_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AT_ONCE", 1000)
    y = np.random.default_rng(3).random(5000)
    assert not trace_blocks._at_a_rail(y)
    for first in range(994, 1003):
        railed = y.copy()
        railed[first : first + 5] = 1.0
        assert trace_blocks._at_a_rail(railed), first
        railed[first + 2] = 0.5
        assert not trace_blocks._at_a_rail(railed), first


def test_readings_behind_all_of_the_resistance_go_the_way_through_memory() -> None:
    m = record()
    calibration = Calibration.of({"series_resistance": Estimate(value=0.5, unit="ohm")})
    assert block_means(m, calibration, Selection(), most=MOST) is not None
    y = m.ordinate.values.copy()
    y[100] = 2.0  # siemens, and half an ohm
    at = replace(m, series={**m.series, m.y: replace(m.ordinate, values=y)})
    assert block_means(at, calibration, Selection(), most=MOST) is None


def test_memory_is_that_of_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The record by itself is 3.2 MB a column; what is taken beside it stays below a third of one."""
    monkeypatch.setattr(room, "AT_ONCE", 1000)
    m = record(400_000)
    calibration = Calibration.of(m.conditions)
    tracemalloc.start()
    try:
        assert block_means(m, calibration, Selection(), most=600) is not None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 400_000 * 8 / 3
