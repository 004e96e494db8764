"""Sessions of traces in pieces: the same numbers as at once, and units of traces that scatter as the traces do."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from gzero.errors import InputError
from gzero.measurement.measurement import Measurement, condition
from gzero.quanta import G0
from gzero.reduction import histogram
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_session import ContactSession, contact_session
from gzero.reduction.histogram import (
    Grid,
    Inside,
    counted,
    linear_grid,
    logarithmic_grid,
    redrawn,
    redrawn_medians,
    unit_of,
    units_of,
)
from gzero.reduction.selection import Selection
from gzero.synthetic.breakjunction import simulate

TRACES, POINTS = 60, 90


def session(**given: object) -> Measurement:
    return simulate(np.random.default_rng(4), seed=4, traces=TRACES, points=POINTS, **given).measurement  # type: ignore[arg-type]


def some(m: Measurement, readings: slice) -> Measurement:
    return replace(m, series={n: replace(s, values=s.values[readings]) for n, s in m.series.items()})


def in_pieces(m: Measurement, traces: int) -> Measurement:
    """The measurement as a reader of a long file hands it on: its first piece, and all of them."""

    def pieces() -> Iterator[Measurement]:
        for first in range(0, TRACES, traces):
            yield some(m, slice(first * POINTS, (first + traces) * POINTS))

    return replace(next(pieces()), pieces=pieces)


def looked(m: Measurement, readings: int = 1 << 16, **given: object) -> ContactSession:
    calibration = Calibration.of(m.conditions)
    return contact_session(m, calibration, Selection(**given), quantum=G0, readings=readings)  # type: ignore[arg-type]


def spoilt() -> Measurement:
    """Clipped, with readings that are no numbers, traces that are no contacts, and a series resistance."""
    m = session(rail=3.2, series_resistance=200.0)
    y = m.ordinate.values.reshape(TRACES, POINTS).copy()
    y[3] = 0.1 * G0
    y[20:22] = np.maximum(y[20:22], 0.8 * G0)
    y[::7, 5] = np.nan
    m = replace(m, series={**m.series, "conductance": replace(m.ordinate, values=y.ravel())})
    return replace(m, conditions={"series_resistance": condition("series_resistance", "200 ohm")})


def same(one: ContactSession, other: ContactSession) -> None:
    for name in ("numbers", "sizes", "tops", "ends"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in (
        "low", "high", "before", "behind", "spacing", "rail", "noise", "open_noise", "readings", "ledger", "warnings",
    ):  # fmt: skip
        assert getattr(one, name) == getattr(other, name), name
    assert [(e.rule, e.reason, e.count) for e in one.exclusions] == [
        (e.rule, e.reason, e.count) for e in other.exclusions
    ]


@pytest.mark.parametrize("readings", [1, 300, 1000])
def test_the_length_of_a_run_changes_nothing(readings: int) -> None:
    """1 is a run for each trace. Everything is compared bit by bit, exclusions reading by reading."""
    whole, cut = looked(spoilt(), invalid="drop"), looked(spoilt(), readings, invalid="drop")
    same(whole, cut)
    for one, other in zip(whole.exclusions, cut.exclusions, strict=True):
        assert np.array_equal(one.indices, other.indices)
    values = np.concatenate([p.values for p in cut.pieces()])
    assert np.array_equal(values, np.concatenate([p.values for p in whole.pieces()]))
    assert {e.rule for e in whole.exclusions} == {"not finite", "clipped", "no contact", "never breaks"}


@pytest.mark.parametrize("traces", [1, 7, 60])
def test_a_session_that_is_read_in_pieces_is_the_session(traces: int) -> None:
    """Nothing but the list of readings that were left out ends with the first piece: their number does not."""
    whole, read = looked(spoilt(), invalid="drop"), looked(in_pieces(spoilt(), traces), invalid="drop")
    same(whole, read)
    for one, other in zip(whole.exclusions, read.exclusions, strict=True):
        assert np.array_equal(one.indices[one.indices < traces * POINTS], other.indices)
    grids = (
        linear_grid(low=0.2 * G0, high=3.0 * G0, quantum=G0, rng=np.random.default_rng(1), step=0.02 * G0),
        logarithmic_grid(low=0.01 * G0, high=3.0 * G0, quantum=G0),
    )
    for one, other in zip(counted(whole, *grids), counted(read, *grids), strict=True):
        assert np.array_equal(one.edges, other.edges)
        assert np.array_equal(one.by_trace, other.by_trace)


def test_a_bad_reading_of_a_later_piece_is_named_by_its_row() -> None:
    m = session()
    y = m.ordinate.values.copy()
    y[[40 * POINTS + 3, 50 * POINTS]] = np.inf
    m = replace(m, series={**m.series, "conductance": replace(m.ordinate, values=y)})

    def pieces() -> Iterator[Measurement]:
        for first in (0, 30 * POINTS):
            yield replace(
                some(m, slice(first, first + 30 * POINTS)), row_numbers=range(first + 1, first + 30 * POINTS + 1)
            )

    with pytest.raises(InputError, match=rf"row {40 * POINTS + 4}.*and 1 more"):
        looked(replace(next(pieces()), pieces=pieces))


def test_a_trace_that_comes_back_in_a_later_piece_is_refused() -> None:
    """Two halves of one contact would count as two contacts."""
    m = session()

    def pieces() -> Iterator[Measurement]:
        yield some(m, slice(0, 30 * POINTS))
        yield some(m, slice(29 * POINTS, None))

    with pytest.raises(InputError, match=r"trace 30 do not stand together.*sort its rows"):
        looked(replace(next(pieces()), pieces=pieces))


def test_counts_are_those_of_boost_histogram_at_every_edge() -> None:
    """An independent engine, on readings that lie on edges and next to them, where rounding decides; readings of a
    long session besides, in both kinds of bins."""
    grid = linear_grid(low=0.2, high=4.4, quantum=1.0)
    edges = np.append(grid.edges, [np.nan, -np.inf, np.inf, 0.0, -1.0])
    readings = np.concatenate([edges, np.nextafter(edges, np.inf), np.nextafter(edges, -np.inf)])
    assert np.array_equal(binned(grid, readings), boosted(grid, readings))
    values = session().ordinate.values / G0
    logarithmic = logarithmic_grid(low=0.01, high=4.4, quantum=1.0)
    assert np.array_equal(binned(grid, values), boosted(grid, values))
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithms = np.log(values.astype(np.float32)) * np.float32(1 / np.log(10.0))
    assert np.array_equal(binned(logarithmic, values), boosted(logarithmic, logarithms))


def binned(grid: Grid, values: np.ndarray) -> np.ndarray:
    return np.bincount(grid.places(values)[1], minlength=grid.bins)


def boosted(grid: Grid, values: np.ndarray) -> np.ndarray:
    import boost_histogram as bh

    made = bh.Histogram(bh.axis.Regular(grid.bins, grid.low, grid.high, underflow=False, overflow=False))
    return made.fill(values).view()


class TestUnits:
    """Neighbouring traces that are counted and drawn together where there are very many."""

    @pytest.mark.parametrize("traces", [1, 9_999, 10_000, 10_001, 123_457, 1_000_000])
    def test_no_unit_has_more_than_one_trace_more(self, traces: int) -> None:
        units = unit_of(np.arange(traces), traces)
        sizes = np.bincount(units)
        assert sizes.size == units_of(traces)
        assert units_of(traces) <= 10_000
        assert np.ptp(sizes) <= 1
        if traces > 10_000:
            assert units_of(traces) >= 5_000
            # a trace more or less in a few of them is nothing against the scatter of a unit's own, sqrt(size) of a trace
            assert np.var(sizes) / np.mean(sizes) < 1e-3
        else:
            assert np.array_equal(units, np.arange(traces))

    def test_bands_of_units_are_the_bands_of_traces(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Truth: the variance of the counts of one bin over sessions of 1000 independent traces is 1000 times that of a trace,
        which 40 000 traces of the same law know to 2 %. Of 100 units of ten, and of 1000 single traces, the mean of the redrawn
        variance over 39 sessions agrees with it within 8 % (a variance from 100 units scatters by 14 %, its mean over 39 by
        2.3 %; 400 draws add 1.1 %)."""
        made = simulate(np.random.default_rng(11), seed=11, traces=40_000, points=60, peaks=2).measurement
        whole = contact_session(made, Calibration.of({}), Selection(), quantum=G0)
        grid = linear_grid(low=0.2 * G0, high=2.2 * G0, quantum=G0)
        monkeypatch.setattr(histogram, "UNITS", 40_000)
        each = counted(whole, grid)[0].by_trace.astype(np.float64)
        bins = np.argsort(each.sum(axis=0))[-40:]
        truth = 1000 * each[:, bins].var(axis=0)
        for together in (1, 10):
            found = []
            for s in range(each.shape[0] // 1000):
                own = each[s * 1000 : (s + 1) * 1000, bins][: 1000 // together * together]
                units = own.reshape(-1, together, bins.size).sum(axis=1)
                weights = redrawn(np.random.default_rng(s), units.shape[0], 400)
                found.append((weights @ units).var(axis=0))
            assert np.mean(found / truth) == pytest.approx(1.0, abs=0.08), together

    def test_more_traces_than_units_are_the_same_histogram(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Counts of 60 traces in 12 units of five are sums of the counts of the traces: whole numbers, exactly."""
        m = session()
        grid = linear_grid(low=0.2 * G0, high=4.4 * G0, quantum=G0)
        single = counted(looked(m), replace(grid, bins=8))[0].by_trace
        monkeypatch.setattr(histogram, "UNITS", 12)
        grouped = counted(looked(m, 1), replace(grid, bins=8))[0].by_trace
        assert np.array_equal(grouped, single.reshape(12, 5, -1).sum(axis=1))


def test_readings_inside_a_window_are_counted_for_each_trace() -> None:
    m = session()
    grid = linear_grid(low=0.2 * G0, high=4.4 * G0, quantum=G0)
    inside = Inside(grid, (50, 130))
    whole = looked(m, 500)
    for piece in whole.pieces():
        inside.add(piece)
    low, high = grid.edges[[50, 130]]
    wanted = [np.sum((v >= low) & (v < high)) for v in m.ordinate.values.reshape(TRACES, POINTS)]
    assert inside.by_trace().tolist() == wanted


@pytest.mark.parametrize("n", [15, 16, 3001, 3000])
def test_medians_without_drawing_are_distributed_as_drawn_ones(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of `redrawn_medians` on skewed values: means and standard deviations of 20 000 medians agree within 4 of their
    standard errors (1/sqrt(20 000) of a standard deviation, 1/sqrt(40 000) of itself, times 2 for two samples and a tail)."""
    values = np.random.default_rng(n).exponential(1.0, n)
    draws = 20_000 if n < 100 else 2_000
    drawn = redrawn_medians(values, np.random.default_rng(1), draws)
    assert np.median(values[np.random.default_rng(1).integers(n, size=(draws, n))], axis=1) == pytest.approx(
        drawn, rel=1e-15
    )
    monkeypatch.setattr(histogram, "UNITS", 1)
    without = redrawn_medians(values, np.random.default_rng(2), draws)
    std = float(drawn.std())
    assert np.mean(without) == pytest.approx(np.mean(drawn), abs=4 * std * np.sqrt(2 / draws))
    assert np.std(without) == pytest.approx(std, rel=4 * np.sqrt(2 / draws))
