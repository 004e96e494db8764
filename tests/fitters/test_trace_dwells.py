"""Dwell times: the law of an exponential with cut-off stays by simulation, exact limits, and Greenwood's statistic."""

import math

import numpy as np
import pytest

from gzero.fitters.options import FitOptions
from gzero.fitters.trace import fit
from gzero.fitters.trace_dwells import Dwell, dwells_of, evenness, interval, lasting, transitions
from gzero.fitters.trace_states import PASSAGE, Visit, stays
from gzero.models.trace import survival
from gzero.quanta import parse_quantum
from gzero.synthetic.trace import simulate


def visit(state: int, start: float, end: float, *, begins: bool = True, ends: bool = True) -> Visit:
    return Visit(
        first=int(10 * start), last=int(10 * end) - 1, start=start, end=end, level=float(state), std=0.1, state=state,
        begins=begins, ends=ends, score=9.0, chance=0.0,
    )  # fmt: skip


def walk(*stretches: tuple[int, float]) -> tuple[Visit, ...]:
    """Visits one after the other; the ends of the trace are not seen."""
    out, at = [], 0.0
    for i, (state, length) in enumerate(stretches):
        out.append(visit(state, at, at + length, begins=i > 0, ends=i < len(stretches) - 1))
        at += length
    return tuple(out)


def test_time_over_exits() -> None:
    """By hand: state 0 stays 3 (cut off at the start), 5 and 2 (cut off at the end) with two exits seen."""
    first, second = dwells_of(walk((0, 3), (1, 1), (0, 5), (1, 4), (0, 2)), 2)
    assert (first.exits, first.time, first.complete, first.censored) == (2, 10.0, 1, 2)
    assert first.mean == 5.0
    assert (second.exits, second.time, second.complete, second.censored) == (2, 5.0, 2, 0)
    assert transitions(walk((0, 3), (1, 1), (0, 5), (1, 4), (0, 2)), 2).tolist() == [[0, 2], [2, 0]]


def test_a_state_that_is_never_left_has_a_lower_limit_only() -> None:
    """No exit in T: exp(-T/tau) = 2.5 % at the lower limit."""
    (dwell,) = dwells_of(walk((0, 7)), 1)
    assert (dwell.mean, dwell.high) == (None, math.inf)
    assert dwell.low == pytest.approx(7 / -math.log(0.025))
    assert dwell.estimate("s") is None


def test_the_interval_is_garwoods() -> None:
    """Garwood 1936: of 10 events the 95 % interval of the mean count is 4.7954 to 18.3904 (the table of exact Poisson
    limits, Particle Data Group style, to four digits)."""
    low, high = interval(1.0, 10)
    assert 1 / low == pytest.approx(18.3904, abs=5e-4)
    assert 1 / high == pytest.approx(4.7954, abs=5e-4)


def record(rng: np.random.Generator, duration: float) -> Dwell:
    """Two states with means 1 and 0.4, seen for a fixed time from a stationary start."""
    state = int(rng.random() < 0.4 / 1.4)
    stretches, left = [], duration
    while left > 0:
        stay = float(rng.exponential((1.0, 0.4)[state]))
        stretches.append((state, min(stay, left)))
        left -= stay
        state = 1 - state
    return dwells_of(walk(*stretches), 2)[0]


@pytest.mark.parametrize("duration", [8.0, 40.0])
def test_both_intervals_hold_the_mean(duration: float) -> None:
    """2000 records of a known mean of 1: 95 % and 3.3 binomial standard deviations of 0.49 %. The interval of the chi2 law is
    conservative by up to the mass of one count, that of few exits by its lower end: their upper bounds are 99 and 98.5 %."""
    rng = np.random.default_rng(1)
    found = [d for d in (record(rng, duration) for _ in range(2000)) if d.exits >= 3]
    exact = np.mean([d.low <= 1.0 <= d.high for d in found])
    estimates = [d.estimate("s") for d in found]
    plain = np.mean([e is not None and abs(e.value - 1.0) <= 1.96 * e.std_stat for e in estimates])
    assert 0.95 - 3.3 * 0.0049 < exact < 0.99
    assert 0.95 - 3.3 * 0.0049 < plain < 0.985


def test_evenness_is_greenwoods() -> None:
    """E and variance of Greenwood's statistic of exponential times, by drawing 20 000 (five standard errors); equal times have
    the least, one over two; ten times of two kinds are far above."""
    rng = np.random.default_rng(2)
    drawn = [evenness(rng.exponential(1.0, 20)) for _ in range(20_000)]
    values = np.array([value for value, _ in drawn], dtype=float)
    assert abs(values.mean() - 1) < 5 * values.std() / math.sqrt(values.size)
    assert drawn[0][1] == pytest.approx(values.std(), rel=0.03)  # a std of 20 000 skew values
    assert evenness(np.ones(20))[0] == pytest.approx(21 / 40)
    assert evenness(np.ones(5))[0] is None
    (even,) = list(dwells_of(walk(*[(i % 2, 1.0) for i in range(81)]), 1))
    assert even.odd


def test_passages_and_returns() -> None:
    """A passage of 0.4 between two states is halved; a spike that returns to its state ends no stay; a stay after a passage
    at the start of the trace has no seen beginning."""
    path = walk((0, 2.0), (PASSAGE, 0.4), (1, 3.0), (PASSAGE, 0.2), (1, 1.0), (0, 1.0))
    seen = stays(path)
    assert [(v.state, round(v.start, 9), round(v.end, 9)) for v in seen] == [(0, 0, 2.2), (1, 2.2, 6.6), (0, 6.6, 7.6)]
    assert transitions(path, 2).tolist() == [[0, 1], [1, 0]]
    late = stays(walk((PASSAGE, 0.3), (0, 1.0), (1, 1.0), (PASSAGE, 0.2)))
    assert [(v.begins, v.ends) for v in late] == [(False, True), (True, False)]


def test_a_gap_ends_no_stay() -> None:
    cut = (visit(0, 0, 2, begins=False, ends=False), visit(1, 3, 4, begins=False, ends=False))
    assert transitions(cut, 2).sum() == 0
    assert [d.exits for d in dwells_of(cut, 2)] == [0, 0]


def test_the_share_of_stays_that_last_longer() -> None:
    """By hand: of stays of 1, 2 (cut off) and 3 one of three ends at 1, and the only one that is seen for 3 ends there."""
    times, share = lasting([visit(0, 0, 1), visit(0, 5, 7, ends=False), visit(0, 10, 13)])
    assert times.tolist() == [1.0, 3.0]
    assert share == pytest.approx([(1 + 2 / 3) / 2, (2 / 3 + 0) / 2])


def test_stays_that_do_not_age_last_by_the_exponential_law() -> None:
    """4000 exponential stays of mean 0.3, each cut off at a time of its own, exponential with mean 0.5: within 0.04 of exp(-t/tau)
    as long as a tenth is left, five times the binomial uncertainty of the share where it is largest."""
    rng = np.random.default_rng(1)
    own, cut = rng.exponential(0.3, 4000), rng.exponential(0.5, 4000)
    times, share = lasting([visit(0, 0, min(a, b), ends=a <= b) for a, b in zip(own, cut, strict=True)])
    early = share > 0.1
    np.testing.assert_allclose(share[early], survival(times[early], 0.3), atol=0.04)


def test_dwell_times_are_drawn_where_a_state_was_left_often() -> None:
    made = simulate(np.random.default_rng(1), seed=1, points=20_000)
    picture = next(
        p for p in fit(made.measurement, FitOptions(quantum=parse_quantum("2e^2/h"))).pictures if p.name == "dwells"
    )
    points, law = picture.traces[0], picture.traces[1]
    assert picture.logarithmic_y
    assert np.all(np.diff(points.y) < 0)
    assert law.y[0] == 1.0
    slopes = np.diff(np.log(law.y)) / np.diff(law.x)
    np.testing.assert_allclose(slopes, slopes[0], rtol=1e-9)  # a straight line
    few = simulate(np.random.default_rng(1), seed=1, points=200, dwell=(1.0,))
    assert [p.name for p in fit(few.measurement, FitOptions(quantum=parse_quantum("2e^2/h"))).pictures] == ["trace"]
