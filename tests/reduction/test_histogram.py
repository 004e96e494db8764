"""Histograms of pooled traces against numpy, and redrawn experiments against what redrawing must give."""

import numpy as np
import pytest

from gzero.quanta import G0
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_session import contact_traces
from gzero.reduction.contact_traces import ContactTraces
from gzero.reduction.histogram import (
    TraceHistogram,
    left_out_risk,
    linear_histogram,
    logarithmic_histogram,
    redrawn,
)
from gzero.reduction.selection import Selection
from gzero.synthetic.breakjunction import simulate


def traces(**given: object) -> ContactTraces:
    made = simulate(np.random.default_rng(3), seed=3, traces=60, points=150, **given)  # type: ignore[arg-type]
    return contact_traces(made.measurement, Calibration.of({}), Selection(), quantum=G0)


def each(t: ContactTraces) -> list[np.ndarray]:
    return np.split(t.values, t.starts[1:-1])


def test_every_trace_is_counted_as_numpy_counts_it() -> None:
    """`numpy.histogram` on each trace by itself, an independent engine; the counts are whole numbers and agree exactly."""
    t = traces()
    found = linear_histogram(t, low=0.2 * G0, high=4.4 * G0, quantum=G0, rng=np.random.default_rng(1))
    edges = np.linspace(found.edges[0], found.edges[-1], found.edges.size)
    wanted = np.array([np.histogram(one, edges)[0] for one in each(t)])
    assert np.array_equal(found.by_trace, wanted)
    assert np.array_equal(found.counts, wanted.sum(axis=0))


def test_logarithms_are_counted_as_numpy_counts_them() -> None:
    """As above in log10; single precision may put a reading at an edge into the neighbouring bin: a handful of 9000 at most."""
    t = traces()
    found = logarithmic_histogram(t, low=0.01 * G0, high=4.4 * G0, quantum=G0)
    positive = t.values[t.values > 0] / G0
    wanted = np.histogram(np.log10(positive), np.linspace(found.edges[0], found.edges[-1], found.edges.size))[0]
    assert np.abs(found.counts - wanted).sum() <= 6
    assert found.edges[-1] == pytest.approx(np.log10(4.4))


def test_redrawn_experiments_are_draws_with_replacement() -> None:
    """Every row holds as many traces as there are; how often one comes has mean 1 and variance 1 - 1/T (multinomial)."""
    weights = redrawn(np.random.default_rng(5), 50, 4000)
    assert np.array_equal(weights.sum(axis=1), np.full(4000, 50))
    assert weights.mean() == 1.0
    assert weights.var(axis=0).mean() == pytest.approx(1 - 1 / 50, rel=4 * np.sqrt(2 / (4000 * 50)) + 0.01)


def test_blocks_of_traces_stay_together() -> None:
    """Ring blocks of 5: drawn ones come with their neighbours, so that counts of neighbours correlate by 4/5 of the variance."""
    weights = redrawn(np.random.default_rng(6), 100, 4000, block=5)
    assert np.array_equal(weights.sum(axis=1), np.full(4000, 100))
    assert weights.mean() == 1.0
    near = np.corrcoef(weights[:, 40], weights[:, 41])[0, 1]
    far = np.corrcoef(weights[:, 40], weights[:, 60])[0, 1]
    assert near == pytest.approx(0.8, abs=0.05)  # 1/sqrt(4000) = 0.016
    assert abs(far) < 0.08


def test_replicates_scatter_as_traces_do() -> None:
    """The bootstrap variance of a sum of T independent traces is T times their variance (with 1/T): 4000 draws know it to 2 %
    a bin, 0.5 % over 200 bins that hang together in part."""
    found = linear_histogram(traces(), low=0.2 * G0, high=4.4 * G0, quantum=G0, rng=np.random.default_rng(1))
    drawn = found.replicates(redrawn(np.random.default_rng(7), 60, 4000))
    assert drawn.var(axis=0).sum() == pytest.approx(found.variance().sum() * 59 / 60, rel=0.03)


def test_readings_of_one_trace_hang_together_and_independent_ones_do_not() -> None:
    """Excess of variance over Poisson: 1 for readings dealt out at random to the traces (multinomial bins: 1 - p), several for
    plateaus."""
    t = traces()
    rng = np.random.default_rng(8)
    found = linear_histogram(t, low=0.2 * G0, high=4.4 * G0, quantum=G0, rng=rng)
    flat = np.repeat(np.arange(found.by_trace.shape[1]), found.counts.astype(int))
    dealt = np.zeros_like(found.by_trace)
    np.add.at(dealt, (rng.integers(60, size=flat.size), flat), 1)
    independent = TraceHistogram(edges=found.edges, by_trace=dealt)
    assert independent.excess == pytest.approx(1.0, abs=0.1)
    assert found.excess > 2


def test_the_risk_is_leave_one_trace_out() -> None:
    """Against the definition, trace by trace: J = integral p^2 - 2/N sum over readings of p without their own trace."""
    rng = np.random.default_rng(9)
    h = TraceHistogram(edges=np.linspace(0.0, 2.0, 9), by_trace=rng.poisson(3.0, (12, 8)).astype(np.float32))
    counts, total, width = h.counts, h.counts.sum(), 0.25
    second = 0.0
    for own in h.by_trace:
        rest = counts - own
        second += float(np.sum(own * rest / (rest.sum() * width)))
    wanted = np.sum((counts / total) ** 2) / width - 2 * second / total
    assert left_out_risk(h) == pytest.approx(wanted, rel=1e-6)  # single precision of the counts' products


def test_fine_structure_and_many_traces_ask_for_fine_bins() -> None:
    """Peaks of 0.03 in 60 traces keep bins below 0.04, a spread of 0.3 does not need them finer than that."""
    rng = np.random.default_rng(1)
    narrow = linear_histogram(traces(spread=0.0, noise=0.01), low=0.2 * G0, high=4.4 * G0, quantum=G0, rng=rng)
    broad = linear_histogram(traces(spread=0.3, noise=0.1), low=0.2 * G0, high=4.4 * G0, quantum=G0, rng=rng)
    assert narrow.width / G0 == pytest.approx(0.01, rel=0.01)
    assert broad.width / G0 == pytest.approx(0.04, rel=0.01)


def test_a_digitiser_does_not_comb_the_bins() -> None:
    """The trap: codes of 0.015 leave every third bin of 0.01 empty, which predicts left-out traces perfectly, so that the finest
    bins win; spread over their step, codes leave no bin empty."""
    t = traces(world="adc", adc_step=1.5, noise=0.01, spread=0.2, peaks=2)
    rng = np.random.default_rng(2)
    combed = linear_histogram(t, low=0.2 * G0, high=2.2 * G0, quantum=G0, rng=rng)
    smooth = linear_histogram(t, low=0.2 * G0, high=2.2 * G0, quantum=G0, rng=rng, step=0.015 * G0)

    def empty(h: TraceHistogram) -> float:
        return float(np.mean(h.counts[(h.centres > 0.9 * G0) & (h.centres < 1.1 * G0)] == 0))

    assert combed.width / G0 == pytest.approx(0.01, rel=0.01)
    assert empty(combed) == pytest.approx(1 / 3, abs=0.06)  # of 20 bins
    assert empty(smooth) == 0
