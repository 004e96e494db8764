"""Change points: none where there are none, in every kind of noise; those that are there, at their reading; their significance."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, norm

from gzero.reduction.change_points import CHANCE, ChangePoints, chance_of, find_change_points, threshold
from gzero.synthetic.noise import World, draw

Array = NDArray[np.float64]


def noisy(rng: np.random.Generator, signal: Array, world: World = "white", **options: float) -> Array:
    return draw(world, rng, signal=signal, std=1.0, **options).readings  # type: ignore[arg-type]


def stairs(rng: np.random.Generator, n: int, dwell: float, height: float) -> Array:
    """Three levels, visited at random."""
    out, at, state = np.zeros(n), 0, int(rng.integers(3))
    while at < n:
        stay = max(1, round(rng.exponential(dwell)))
        out[at : at + stay] = height * state
        at, state = at + stay, (state + int(rng.integers(1, 3))) % 3
    return out


def test_the_threshold_is_a_chance() -> None:
    """The formula of the docstring by scipy's normal law: a hundredth of a false step in n places."""
    for n in (50, 1000, 20_000):
        z = threshold(n)
        assert 2 * 2 * n * norm.sf(z) == pytest.approx(CHANCE)
        assert chance_of(z, n) == pytest.approx(CHANCE)
        assert chance_of(-1.01 * z, n) < CHANCE
    assert chance_of(0.0, 100) == 1.0


#: Share of traces without a step that may get one: the stated 1 % in white noise; with the correlation learnt from 300
#: readings, 2 % of AR(1) and 8 % of 1/f traces got one (benchmarks/change_points.py has more). Limits are those plus 3.3
#: binomial standard deviations of the number drawn here.
FALSE: dict[World, tuple[float, int]] = {
    "white": (0.01, 300),
    "ar1": (0.03, 100),
    "1/f": (0.08, 60),
    "adc": (0.01, 100),
}


@pytest.mark.parametrize("world", FALSE)
def test_no_step_is_an_answer(world: World) -> None:
    share, count = FALSE[world]
    rng = np.random.default_rng(2)
    false = sum(find_change_points(noisy(rng, np.zeros(300), world)).starts.size > 0 for _ in range(count))
    assert false <= binom.ppf(norm.cdf(3.3), count, share)


def test_red_noise_makes_false_steps_where_its_correlation_is_not_known() -> None:
    """The same AR(1) noise taken as white: steps in nearly every trace."""
    rng = np.random.default_rng(3)
    false = [find_change_points(noisy(rng, np.zeros(300), "ar1"), assumed_white=True).starts.size for _ in range(20)]
    assert np.mean(np.array(false) > 0) > 0.9
    assert np.mean(false) > 5


@pytest.mark.parametrize("world", ["white", "ar1", "1/f", "adc"])
def test_steps_are_found_at_their_reading(world: World) -> None:
    """Steps of ten standard deviations with stays of 30 readings: a stay of one or two readings may be lost, one of more is not."""
    rng = np.random.default_rng(4)
    for _ in range(8):
        signal = stairs(rng, 400, 30.0, 10.0)
        found = find_change_points(noisy(rng, signal, world))
        true = np.flatnonzero(np.diff(signal)) + 1
        lengths = np.diff([0, *true, signal.size])
        sure = true[(lengths[:-1] > 2) & (lengths[1:] > 2)]
        assert np.isin(sure, found.starts).all()
        assert np.isin(found.starts, true).mean() >= 0.9
        assert np.all(found.chances <= CHANCE)


def test_the_score_of_one_step_is_that_of_two_means() -> None:
    """White noise of stated size: height over its standard deviation sqrt(1/m + 1/(n - m)), by hand."""
    rng = np.random.default_rng(5)
    y = noisy(rng, np.where(np.arange(200) < 80, 0.0, 3.0))
    found = find_change_points(y, std=np.ones(200))
    assert found.starts.size == 1
    at = int(found.starts[0])
    height = y[at:].mean() - y[:at].mean()
    assert found.scores[0] == pytest.approx(height / np.sqrt(1 / at + 1 / (200 - at)), rel=1e-9)
    assert found.pieces(200) == [(0, at), (at, 200)]


def test_the_score_in_red_noise_is_that_of_generalised_least_squares() -> None:
    """Against numpy with the dense covariance that the spectrum states: the cosine transform is orthonormal, so the two are
    the same problem."""
    rng = np.random.default_rng(6)
    n = 300
    y = noisy(rng, np.where(np.arange(n) < 140, 0.0, 6.0), "ar1")
    found = find_change_points(y)
    assert found.noise.red
    assert found.noise.spectrum is not None
    from scipy.fft import idct

    basis = idct(np.eye(n), type=2, norm="ortho", axis=0)
    covariance = basis @ np.diag(found.noise.spectrum.powers) @ basis.T * found.noise.std[0] ** 2
    design = np.column_stack([np.ones(n), *(np.arange(n) >= at for at in found.starts)])
    inverse = np.linalg.inv(covariance)
    shared = np.linalg.inv(design.T @ inverse @ design)
    heights = shared @ design.T @ inverse @ y
    np.testing.assert_allclose(found.scores, heights[1:] / np.sqrt(np.diag(shared))[1:], rtol=1e-6)


def test_a_gap_is_no_switch_and_is_kept() -> None:
    rng = np.random.default_rng(7)
    found = find_change_points(noisy(rng, np.zeros(120)), gaps=(50,))
    assert found.starts.tolist() == [50]
    assert found.gaps.tolist() == [True]
    assert np.isnan(found.chances[0])


def test_units_and_levels_do_not_matter() -> None:
    """Change points do not know the unit: the same for readings in another one and with another zero."""
    rng = np.random.default_rng(8)
    y = noisy(rng, stairs(rng, 300, 40.0, 6.0))
    one, other = find_change_points(y), find_change_points(3.7e-5 + 1e-7 * y)
    np.testing.assert_array_equal(one.starts, other.starts)
    np.testing.assert_allclose(one.scores, other.scores, rtol=1e-6)


def _counts(found: ChangePoints) -> int:
    return int(found.starts.size)


def test_readings_without_noise() -> None:
    """Exact levels, one constant, and a grid of twice the noise. (Of three times it, one trace in five gets a step: readings that
    are zero but for rare jumps of a grid step are not normal.)"""
    exact = np.repeat([0.0, 1.0, 0.0, 2.0], 30)
    assert find_change_points(exact).starts.tolist() == [30, 60, 90]
    assert _counts(find_change_points(np.full(50, 3.3))) == 0
    rng = np.random.default_rng(9)
    coarse = sum(_counts(find_change_points(noisy(rng, np.zeros(300), "adc", adc_step=2.0))) > 0 for _ in range(40))
    assert coarse <= 3  # 1 % and 3.3 binomial standard deviations
