"""D from displacements: against the likelihood written out with scipy, a published variance, and drawn experiments."""

import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from gzero.errors import FitError
from gzero.fitters.displacements import covariance_based, most_likely
from gzero.reduction.tracks import Tracks

STEP, NOISE = 0.04, 0.01  # A and s^2 [um^2]


def drawn(seed: int, lengths: tuple[int, ...], *, noise: float = NOISE, dimensions: int = 2) -> Tracks:
    rng = np.random.default_rng(seed)
    positions = tuple(
        np.cumsum(np.sqrt(STEP) * rng.normal(size=(n, dimensions)), axis=0)
        + np.sqrt(noise) * rng.normal(size=(n, dimensions))
        for n in lengths
    )
    return Tracks(interval=0.05, positions=positions, names=tuple(map(str, range(len(lengths)))))


def deviance(values: np.ndarray, found: Tracks) -> float:
    """-2 ln L of all displacements, by scipy's multivariate normal law."""
    step, noise = values
    total = 0.0
    for place in found.positions:
        moves = np.diff(place, axis=0)
        n = len(moves)
        row = np.zeros(n)
        row[0] = step + 2 * noise
        if n > 1:
            row[1] = -noise
        law = multivariate_normal(np.zeros(n), toeplitz(row))
        total -= 2 * float(np.sum(law.logpdf(moves.T)))
    return total


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_the_maximum_of_the_likelihood(seed: int) -> None:
    """scipy's simplex on the density itself finds the same place, to its own tolerance of 1e-8 in the deviance (1e-4 of a
    standard uncertainty); the two have no code in common."""
    found = drawn(seed, (12, 12, 20, 7))
    ours = most_likely(found, covariance_based(found).values)
    theirs = minimize(
        deviance, ours.values * 1.2, args=(found,), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9}
    )
    np.testing.assert_allclose(ours.values, theirs.x, atol=1e-3 * float(np.sqrt(np.diag(ours.covariance)).min()))
    assert deviance(ours.values, found) <= theirs.fun + 1e-7


def test_its_covariance_is_the_inverse_of_the_expected_information() -> None:
    """E d2(-ln L)/d2 = 1/2 tr(C^-1 C' C^-1 C'), with the matrices written out."""
    found = drawn(4, (15, 15, 9))
    ours = most_likely(found, covariance_based(found).values)
    information = np.zeros((2, 2))
    for place in found.positions:
        n = len(place) - 1
        by_step, by_noise = np.eye(n), toeplitz([2.0, -1.0, *[0.0] * (n - 2)])
        inverse = np.linalg.inv(ours.values[0] * by_step + ours.values[1] * by_noise)
        slopes = (by_step, by_noise)
        information += found.dimensions * np.array(
            [[0.5 * np.trace(inverse @ a @ inverse @ b) for b in slopes] for a in slopes]
        )
    np.testing.assert_allclose(ours.covariance, np.linalg.inv(information), rtol=1e-8)


@pytest.mark.parametrize("epsilon", [0.0, 0.5, 3.0])
def test_the_published_variance_of_the_covariance_based_estimator(epsilon: float) -> None:
    """Vestergaard, Blainey and Flyvbjerg 2014: var D/D^2 = (6 + 4 e + 2 e^2)/N + 4 (1 + e)^2/N^2 for N steps in one
    dimension, e = sigma^2/(D dt) - 2R. With values that are exactly those of c_0 and c_1 the leading term must be theirs;
    N = 4000 leaves 1e-3 of the second."""
    n = 4001
    noise = epsilon * STEP / 2
    # positions whose mean square and mean product are the expected ones: two alternating displacements do that
    c0, c1 = STEP + 2 * noise, -noise
    found = drawn(5, (n,), noise=noise, dimensions=1)
    ours = covariance_based(found)
    step, s2 = ours.values
    e = 2 * s2 / step
    expected = (6 + 4 * e + 2 * e**2) / (n - 1)
    assert ours.covariance[0, 0] / step**2 == pytest.approx(expected, rel=3e-3)
    assert step == pytest.approx(c0 + 2 * c1, rel=5 * np.sqrt(expected))


def test_both_scatter_as_they_say() -> None:
    """400 experiments: mean square of the pulls 1 and their mean 0 within four standard errors."""
    pulls = []
    for seed in range(400):
        found = drawn(1000 + seed, (30,) * 10)
        first = covariance_based(found)
        second = most_likely(found, first.values)
        for one in (first, second):
            pulls.append((one.values - [STEP, NOISE]) / np.sqrt(np.diag(one.covariance)))
    for column in np.array(pulls).reshape(400, 4).T:
        assert abs(column.mean()) < 4 / np.sqrt(400)
        assert abs(np.mean(column**2) - 1) < 4 * np.sqrt(2 / 400)


def test_particles_that_stand_still_have_no_step() -> None:
    """Errors alone: A is zero within four standard uncertainties, s^2 is their variance."""
    rng = np.random.default_rng(6)
    place = tuple(np.sqrt(NOISE) * rng.normal(size=(50, 2)) for _ in range(20))
    found = Tracks(interval=0.05, positions=place, names=("",) * 20)
    ours = most_likely(found, covariance_based(found).values)
    std = np.sqrt(np.diag(ours.covariance))
    assert abs(ours.values[0]) < 4 * std[0]
    assert abs(ours.values[1] - NOISE) < 4 * std[1]


def test_two_positions_tell_no_error() -> None:
    found = Tracks(interval=0.05, positions=(np.array([[0.0], [1.0]]),), names=("a",))
    with pytest.raises(FitError, match="no trajectory has three positions"):
        covariance_based(found)
