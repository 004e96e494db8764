"""Trajectories from rows, and their mean squares, by hand."""

import numpy as np
import pytest

from gzero.errors import InputError
from gzero.reduction.tracks import lags_of, mean_squares, tracks

TIME = np.array([0.0, 0.1, 0.2, 0.3, 0.0, 0.1, 0.2])
PLACE = np.array([[0.0, 0], [1, 0], [1, 2], [4, 2], [5, 5], [5, 6], [7, 6]])
TRACE = np.array([1.0, 1, 1, 1, 2, 2, 2])


def test_mean_squares_by_hand() -> None:
    """Lag 1: 1, 4, 9 and 1, 4; lag 2: 1 + 4, 9 + 4 and 4 + 1; lag 3: 16 + 4."""
    found = tracks(TIME, PLACE, TRACE)
    assert found.interval == pytest.approx(0.1)
    assert found.dimensions == 2
    assert found.steps == 5
    np.testing.assert_allclose(mean_squares(found, np.array([1, 2, 3])), [19 / 5, 23 / 3, 20.0])


def test_rows_in_any_order_are_the_same() -> None:
    order = np.random.default_rng(1).permutation(TIME.size)
    a, b = tracks(TIME, PLACE, TRACE), tracks(TIME[order], PLACE[order], TRACE[order])
    for one, two in zip(a.positions, b.positions, strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_gap_cuts() -> None:
    time = np.array([0.0, 0.1, 0.3, 0.4, 0.5, 0.8])
    found = tracks(time, np.arange(6.0)[:, None], np.ones(6))
    assert [len(p) for p in found.positions] == [2, 3]
    assert (found.cuts, found.alone) == (2, 1)


def test_velocity() -> None:
    """All ways over all of the time: (4, 2) + (2, 1) in 0.3 + 0.2 s."""
    mean, _ = tracks(TIME, PLACE, TRACE).velocity()
    np.testing.assert_allclose(mean, [12.0, 6.0])


def test_the_velocity_scatters_as_it_says() -> None:
    """Means of free diffusion over their standard uncertainty: 400 experiments, mean square 1 within four standard errors."""
    rng = np.random.default_rng(4)
    ratios = []
    for _ in range(400):
        place = np.cumsum(rng.normal(size=(12, 20, 1)), axis=1)
        found = tracks(np.tile(np.arange(20.0), 12), place.reshape(-1, 1), np.repeat(np.arange(12.0), 20))
        mean, std = found.velocity()
        ratios.append(float(mean[0] / std[0]))
    # Student's law of 11 degrees of freedom has variance 11/9
    assert np.mean(np.square(ratios)) == pytest.approx(11 / 9, abs=4 * (11 / 9) * np.sqrt(2.8 / 400))


def test_lags() -> None:
    """A quarter of the windows is gone at a quarter of the length; at least five; thinned beyond 24."""
    assert lags_of(np.array([40]), np.array([3])).tolist() == list(range(1, 11))
    assert lags_of(np.array([6]), np.array([50])).tolist() == [1, 2, 3, 4, 5]
    assert lags_of(np.array([3]), np.array([50])).tolist() == [1, 2]
    many = lags_of(np.array([1000]), np.array([1]))
    assert many.size <= 24
    assert many[:8].tolist() == list(range(1, 9))
    assert many[-1] == 250


@pytest.mark.parametrize(
    ("time", "trace", "said"),
    [
        ([0.0, 0.1, 0.1], [1.0, 1, 1], "stands twice in trajectory 1"),
        ([0.0, 0.1, 0.25, 0.33], [1.0, 1, 1, 1], "no equal steps"),
        ([0.0, 0.1], [1.0, 2], "no trajectory has two positions"),
    ],
)
def test_times_that_make_no_trajectory(time: list[float], trace: list[float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        tracks(np.array(time), np.zeros((len(time), 1)), np.array(trace))
