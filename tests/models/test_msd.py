"""The mean squared displacement and the covariance of its points: exact sums, published formulas, derivatives.

The covariance is held against 2 tr(A S B S), the exact one of two quadratic forms of a normal vector (Magnus 1978), with
the matrices written out here from positions and not from windows."""

import numpy as np
import pytest

from gzero.models.msd import covariance, line, overlaps, pairs, power_law

STEP, NOISE = 0.7, 0.3


def position_covariance(n: int, *, step: float, noise: float, alpha: float = 1.0) -> np.ndarray:
    """Of n positions of one coordinate that begin at 0: fractional Brownian motion and independent errors."""
    k = np.arange(n, dtype=float)
    moved = 0.5 * step * (k[:, None] ** alpha + k**alpha - np.abs(np.subtract.outer(k, k)) ** alpha)
    return moved + noise * np.eye(n)


def quadratic_form(n: int, lag: int) -> np.ndarray:
    """A with x^T A x = mean square of the displacements of one coordinate over `lag` frames."""
    moves = np.zeros((n - lag, n))
    moves[np.arange(n - lag), np.arange(n - lag)] = -1
    moves[np.arange(n - lag), np.arange(lag, n)] = 1
    return moves.T @ moves / (n - lag)


@pytest.mark.parametrize("alpha", [1.0, 0.6, 1.5])
@pytest.mark.parametrize("noise", [0.0, NOISE, -0.1])
def test_covariance_is_that_of_quadratic_forms(alpha: float, noise: float) -> None:
    """Exact sums of up to 12 x 12 products: agreement to rounding. A negative s^2 is motion blur (alpha = 1 alone has it)."""
    if noise < 0 and alpha != 1:
        noise = 0.0
    lags, d, n = np.array([1, 2, 3, 7, 10]), 2, 12
    s = position_covariance(n, step=STEP, noise=noise, alpha=alpha)
    forms = [quadratic_form(n, int(lag)) for lag in lags]
    expected = np.array([[2 * d * np.trace(a @ s @ b @ s) for b in forms] for a in forms])
    found = covariance(
        lags, overlaps(lags, np.array([n]), np.array([1])), step=STEP, noise=noise, dimensions=d, alpha=alpha
    )
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_trajectories_of_unequal_length_are_pooled_by_their_windows() -> None:
    """MSD_n = sum of squares/K_n: independent sums add, K_n = sum (N - n)."""
    lags, d = np.array([1, 3]), 3
    lengths, counts = np.array([6, 9]), np.array([2, 1])
    total = pairs(lags, lengths, counts)
    assert total == pytest.approx([2 * 5 + 8, 2 * 3 + 6])
    expected = np.zeros((2, 2))
    for n, count in zip(lengths, counts, strict=True):
        s = position_covariance(int(n), step=STEP, noise=NOISE)
        forms = [quadratic_form(int(n), int(lag)) * (n - lag) for lag in lags]
        expected += count * np.array([[2 * d * np.trace(a @ s @ b @ s) for b in forms] for a in forms])
    found = covariance(lags, overlaps(lags, lengths, counts), step=STEP, noise=NOISE, dimensions=d)
    np.testing.assert_allclose(found, expected / np.outer(total, total), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_the_published_variance(n: int) -> None:
    """Qian, Sheetz and Elson 1991, eq. for n <= K in two dimensions without errors, K = N - n windows of N positions:
    var/MSD^2 = (4 n^2 K + 2 K + n - n^3)/(6 n K^2)."""
    positions = 50
    k = positions - n
    lags = np.array([n])
    found = covariance(lags, overlaps(lags, np.array([positions]), np.array([1])), step=STEP, noise=0.0, dimensions=2)[
        0, 0
    ]
    assert found / (2 * STEP * n) ** 2 == pytest.approx((4 * n**2 * k + 2 * k + n - n**3) / (6 * n * k**2), rel=1e-12)


def test_single_steps_without_errors_are_independent() -> None:
    """MSD of one step in one dimension: a chi2 of K degrees of freedom, variance 2 A^2/K."""
    one = np.array([1])
    found = covariance(one, overlaps(one, np.array([101]), np.array([3])), step=STEP, noise=0.0, dimensions=1)
    assert found[0, 0] == pytest.approx(2 * STEP**2 / 300, rel=1e-12)


@pytest.mark.parametrize("model", [line(2), power_law(2, 0.1)], ids=["line", "power"])
def test_the_derivatives(model) -> None:
    """Against central differences, of second order in 1e-6 of the value and rounding of 1e-16/1e-6."""
    t = 0.1 * np.arange(1.0, 8)
    values = np.array([0.8, 0.9, 0.05][: len(model.names)])
    if len(model.names) == 2:
        values = np.array([0.8, 0.05])
    found = model.jacobian(t, values)
    for i, v in enumerate(values):
        up, down = values.copy(), values.copy()
        up[i], down[i] = v * (1 + 1e-6), v * (1 - 1e-6)
        expected = (model.function(t, up) - model.function(t, down)) / (2e-6 * v)
        np.testing.assert_allclose(found[:, i], expected, rtol=1e-8, atol=1e-9)


def test_the_power_law_with_exponent_one_is_the_line() -> None:
    t = np.array([0.1, 0.2, 0.7])
    np.testing.assert_allclose(
        power_law(3, 0.1).function(t, np.array([0.8, 1.0, 0.05])),
        line(3).function(t, np.array([0.8, 0.05])),
        rtol=1e-14,
    )
    assert line(3).function(t, np.array([0.8, 0.05])) == pytest.approx(6 * 0.8 * t + 0.05)
