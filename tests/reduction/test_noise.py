"""The noise estimate against the truth that was put in."""

import numpy as np
import pytest

from gzero.reduction.noise import correlation_length, white_noise


@pytest.mark.parametrize("sigma", [1e-9, 0.02, 5.0])
def test_white_noise_on_a_smooth_curve(sigma: float) -> None:
    rng = np.random.default_rng(3)
    x = np.linspace(0, 1, 4000)
    y = sigma * (10 * np.sin(3 * x) + rng.normal(size=x.size))
    # a MAD of n third differences, neighbours of which are correlated, scatters by about 1.2/sqrt(n)*1.6; 4 std
    assert white_noise(y) == pytest.approx(sigma, rel=4 * 1.9 / np.sqrt(x.size))


def test_white_noise_ignores_risers() -> None:
    rng = np.random.default_rng(4)
    x = np.linspace(0, 1, 2000)
    y = np.floor(4 * x) + 0.02 * rng.normal(size=x.size)
    assert white_noise(y) == pytest.approx(0.02, rel=0.15)


@pytest.mark.parametrize("y", [np.zeros(100), np.arange(3.0), np.full(50, 7.0)])
def test_no_noise_is_zero(y: np.ndarray) -> None:
    assert white_noise(y) == 0.0


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_correlation_length_of_ar1(rho: float) -> None:
    rng = np.random.default_rng(5)
    pieces = []
    for _ in range(200):
        e = rng.normal(size=150)
        y = np.empty_like(e)
        y[0] = e[0]
        for i in range(1, y.size):
            y[i] = rho * y[i - 1] + np.sqrt(1 - rho**2) * e[i]
        x = np.arange(y.size)
        pieces.append(y - np.polyval(np.polyfit(x, y, 1), x))
    # exact for AR(1): the variance of a mean of m readings is sigma^2/m (1 + rho)/(1 - rho) for long m
    assert correlation_length(pieces) == pytest.approx((1 + rho) / (1 - rho), rel=0.1)


def test_too_little_to_tell_is_one() -> None:
    assert correlation_length([np.array([1.0, 1.0, 1.0, 1.0, 1.0])]) == 1.0
    assert correlation_length([]) == 1.0
