"""The search for peaks: how often chance makes one, and what it finds where some are."""

import numpy as np
import pytest

from gzero.quanta import G0
from gzero.reduction.calibration import Calibration
from gzero.reduction.contact_session import contact_traces
from gzero.reduction.histogram import linear_histogram, redrawn
from gzero.reduction.histogram_peaks import WIDTHS, Search, piled_up, search
from gzero.reduction.selection import Selection
from gzero.synthetic.breakjunction import simulate


def searched(seed: int, *, draws: int = 200, **given: object) -> Search:
    rng = np.random.default_rng(seed)
    made = simulate(rng, seed=seed, **given)  # type: ignore[arg-type]
    t = contact_traces(made.measurement, Calibration.of({}), Selection(), quantum=G0)
    high = float(np.quantile(t.highest(), 0.1))
    h = linear_histogram(t, low=0.2 * G0, high=high, quantum=G0, rng=rng)
    return search(
        h.counts, h.replicates(redrawn(rng, len(t), draws)), low=h.edges[0] / G0, bin_width=h.width / G0,
        widths=np.array(WIDTHS),
    )  # fmt: skip


def test_a_histogram_without_peaks_seldom_has_one() -> None:
    """Contacts that only slide: the chance of p <= 10 % must be 10 % at most. Of 150 sessions 15, and no more than 27 (binomial,
    99.9 %); of p <= 1 % at most 6."""
    found = [searched(i, traces=100, points=60, plateau_length=0.01, between=40.0) for i in range(150)]
    assert sum(s.p_value <= 0.1 for s in found) <= 27
    assert sum(bool(s.bumps) for s in found) <= 6


@pytest.mark.parametrize("period", [0.5, 1.0, 1.15])
def test_every_peak_is_found_where_it_is(period: float) -> None:
    """Four peaks of width 0.07 periods: found within about that (a fit tells better), none beside them."""
    found = searched(3, traces=300, points=200, period=period)
    assert [b.centre for b in found.bumps] == pytest.approx([period * n for n in range(1, 5)], abs=0.08 * period)
    assert all(b.p_value <= 0.01 for b in found.bumps)
    assert found.p_value <= 0.01
    assert found.doubtful == ()


def test_neighbours_half_a_quantum_apart_are_two() -> None:
    """Carbon monoxide on gold: a peak near 0.5 beside that at 1 (Kiguchi et al. 2006, arXiv:cond-mat/0610250)."""
    found = searched(4, traces=300, points=200, positions=(0.5, 1.0, 2.0))
    assert [b.centre for b in found.bumps] == pytest.approx([0.5, 1.0, 2.0], abs=0.04)


def test_peaks_that_few_traces_cannot_show_are_doubtful_and_not_absent() -> None:
    """Twelve contacts that stay exponentially long: an average stay is sqrt(12) = 3.5 of its standard deviations, and about 4 are
    needed. What misses the mark narrowly must not let the peaks above it be counted as if it were not there."""
    doubtful = 0
    for seed in range(20):
        found = searched(seed, traces=12, points=300)
        places = np.array([b.centre for b in (*found.bumps, *found.doubtful)])
        if found.bumps:
            doubtful += bool(found.doubtful)
            below = [n for n in range(1, 5) if n < found.bumps[-1].centre - 0.3]
            assert all(np.abs(places - n).min() < 0.3 for n in below)
    assert doubtful >= 5


def _piled(seed: int, centres: tuple[float, ...], **given: object) -> float | None:
    rng = np.random.default_rng(seed)
    made = simulate(rng, seed=seed, traces=100, points=60, **given)  # type: ignore[arg-type]
    t = contact_traces(made.measurement, Calibration.of({}), Selection(), quantum=G0)
    h = linear_histogram(t, low=0.2 * G0, high=float(np.quantile(t.highest(), 0.1)), quantum=G0, rng=rng)
    return piled_up(
        h.counts, h.replicates(redrawn(rng, len(t), 200)), low=h.edges[0] / G0, bin_width=h.width / G0,
        centres=np.array(centres), widths=np.full(len(centres), 0.07),
    )  # fmt: skip


def test_no_pile_is_seen_where_no_peak_is_cut_off() -> None:
    """Four standard deviations and a tenth of the peaks: none of 30 sessions with whole peaks, and none of 30 without any."""
    assert [_piled(i, (1.0, 2.0, 3.0, 4.0)) for i in range(30)] == [None] * 30
    assert [_piled(i, (), plateau_length=0.01, between=40.0) for i in range(30)] == [None] * 30


def test_a_pile_is_where_the_readings_are_and_needs_a_valley_before_it() -> None:
    """Counts made by hand: 100 a bin about 1, nothing between, then the flank of a peak at 2 that ends with the histogram."""
    centres = 0.205 + 0.01 * np.arange(170)
    counts = 100 * (np.exp(-(((centres - 1) / 0.07) ** 2) / 2) + np.exp(-(((centres - 2) / 0.07) ** 2) / 2))
    replicates = counts + np.random.default_rng(1).normal(scale=1.0, size=(50, counts.size))
    place = piled_up(counts, replicates, low=0.2, bin_width=0.01, centres=np.array([1.0]), widths=np.array([0.07]))
    assert place == pytest.approx(1.85, abs=0.01)  # the last tenth of a quantum
    flat = np.minimum(counts, counts[130])  # without the flank
    assert piled_up(flat, replicates, low=0.2, bin_width=0.01, centres=np.array([1.0]), widths=np.array([0.07])) is None
