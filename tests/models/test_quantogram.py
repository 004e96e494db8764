"""The cosine quantogram: exact limits, its derivative, the law of a unit by drawing it, and the cost of halving it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero.models.quantogram import attenuation, log_likelihood, of_a_unit, quantogram, slope

UNITS = np.array([0.7, 1.0, 1.9])


def test_exact_multiples_reach_the_largest_value() -> None:
    """Kendall 1974: every cosine is 1, phi = sqrt(2 N), at the unit and at its parts; with uncertainties as well, as
    equal weights cancel."""
    x = np.array([1.0, 2.0, 3.0, 5.0])
    for std in (None, np.full(4, 0.05)):
        np.testing.assert_allclose(quantogram(x, np.array([1.0, 0.5]), std), math.sqrt(8), rtol=1e-12)
    # half-way between multiples every cosine is -1
    assert quantogram(x - 0.5, np.array([1.0]))[0] == pytest.approx(-math.sqrt(8), rel=1e-12)


def test_attenuation_is_the_mean_cosine() -> None:
    """E cos(2 pi x/q) of a normal deviate, by drawing 400 000: five standard errors."""
    drawn = np.cos(2 * np.pi * np.random.default_rng(1).normal(size=400_000) * 0.15 / 0.7)
    expected = attenuation(np.array([0.15]), np.array([0.7]))[0, 0]
    assert abs(drawn.mean() - expected) < 5 * drawn.std() / math.sqrt(drawn.size)
    assert attenuation(np.array([0.0]), UNITS) == pytest.approx(1.0)


def test_no_unit_has_mean_zero_and_variance_one() -> None:
    """Even phases, uncertainties that differ by a factor of ten: the weights keep the variance at 1 (5000 draws: 5 sigma)."""
    rng = np.random.default_rng(2)
    std = np.geomspace(0.02, 0.2, 12)
    phi = np.array([quantogram(rng.uniform(0, 7, 12), np.array([1.0]), std)[0] for _ in range(5000)])
    assert abs(phi.mean()) < 5 / math.sqrt(5000)
    assert abs(phi.var() - 1) < 5 * math.sqrt(2 / 5000)


def test_the_weights_are_the_best() -> None:
    """No other weights have a larger mean over standard deviation at the unit (Cauchy and Schwarz): tried at random."""
    rng = np.random.default_rng(3)
    std = np.geomspace(0.02, 0.3, 8)
    a = attenuation(std, np.array([1.0]))[0]

    def signal(w: np.ndarray) -> float:
        return float(np.sum(w * a) / math.sqrt(np.sum(w**2) / 2))

    best = signal(a)
    assert all(signal(a * rng.uniform(0.5, 2, 8)) <= best for _ in range(200))
    assert best == pytest.approx(float(of_a_unit(np.array([1.0]), 8, std, 0.0)[0][0]), rel=1e-12)


@given(st.lists(st.floats(0.1, 9.0), min_size=2, max_size=9), st.booleans())
def test_the_derivative(values: list[float], weighted: bool) -> None:
    """Against a central difference: error of second order in 1e-5 and rounding of 1e-16/1e-5."""
    x = np.array(values)
    std = np.linspace(0.05, 0.2, x.size) if weighted else None
    step = 1e-5
    numeric = (quantogram(x, UNITS + step, std) - quantogram(x, UNITS - step, std)) / (2 * step)
    np.testing.assert_allclose(slope(x, UNITS, std), numeric, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("scatter", [0.0, 0.05, 0.15])
def test_the_law_of_a_unit(scatter: float) -> None:
    """Mean and standard deviation of phi at the unit, by 4000 draws: five standard errors of each."""
    rng = np.random.default_rng(4)
    std = np.geomspace(0.02, 0.1, 10)
    n = rng.integers(1, 6, (4000, 10))
    x = n + np.hypot(std, scatter) * rng.normal(size=n.shape)
    phi = np.array([quantogram(row, np.array([1.0]), std)[0] for row in x])
    mean, deviation = (float(v[0]) for v in of_a_unit(np.array([1.0]), 10, std, scatter))
    assert abs(phi.mean() - mean) < 5 * deviation / math.sqrt(4000)
    # the law is not normal: its fourth moment makes the error of a std larger than sigma/sqrt(2 n)
    assert phi.std() == pytest.approx(deviation, rel=0.1)


def test_halving_a_unit_costs_n_ln_2() -> None:
    """Narrow phases: half the unit doubles their width, kappa falls to a quarter, and N/2 ln 4 = N ln 2 is lost.

    The relative error is that of the Gaussian limit of von Mises, 1/(8 kappa) a value: below 1 % for a scatter of 0.01.
    """
    x = np.array([1, 2, 3, 5, 8, 13]) + 0.01 * np.random.default_rng(5).normal(size=6)
    lost = log_likelihood(x, 1.0) - log_likelihood(x, 0.5)
    assert lost == pytest.approx(6 * math.log(2), rel=0.01)
    assert log_likelihood(x - 0.5, 1.0) == 0.0  # phases away from zero are no evidence
