"""Curves of D(T) and of a complex conductivity with a known truth: the truth is in them, the noise has its stated size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import constants
from scipy.stats import chi2

from gzero.errors import ConfigError
from gzero.synthetic import diffusion_curve, drude


def test_without_noise_a_power_law() -> None:
    for mobile in (False, True):
        made = diffusion_curve.simulate(np.random.default_rng(1), seed=1, noise=0.0, as_mobility=mobile)
        t, y = made.measurement.abscissa.values, made.measurement.ordinate.values
        d = 3.5e-3 * (t / 300) ** -1.4
        np.testing.assert_allclose(y, d * constants.e / (constants.k * t) if mobile else d, rtol=1e-12)
        assert made.measurement.ordinate.std is None
        assert made.truth == {"diffusion": 3.5e-3, "exponent": 1.4}


@pytest.mark.parametrize("conjugate", [False, True])
def test_without_noise_a_conductivity(conjugate: bool) -> None:
    made = drude.simulate(np.random.default_rng(1), seed=1, noise=0.0, persistence=-0.4, conjugate=conjugate)
    r = 1 / (1 - 2j * math.pi * made.measurement.abscissa.values * 80e-15)
    sigma = 1500 * r * (1 - 0.4 * r)
    series = made.measurement.series
    np.testing.assert_allclose(series["conductivity"].values, sigma.real, rtol=1e-12)
    np.testing.assert_allclose(
        series["imaginary_conductivity"].values, sigma.imag * (-1 if conjugate else 1), rtol=1e-9
    )


def test_noise_has_its_stated_size() -> None:
    """Sum of squared pulls within the central 1 - 2e-6 of its chi-square distribution, of 4000 readings each."""
    low, high = chi2.ppf([1e-6, 1 - 1e-6], 4000)
    clean = drude.simulate(np.random.default_rng(1), seed=1, noise=0.0, points=4000).measurement.series
    noisy = drude.simulate(np.random.default_rng(2), seed=2, points=4000, imaginary_noise=3.0).measurement.series
    for name in ("conductivity", "imaginary_conductivity"):
        std = noisy[name].std
        assert std is not None
        assert low < float(np.sum(((noisy[name].values - clean[name].values) / std) ** 2)) < high
    ratio = np.asarray(noisy["imaginary_conductivity"].std) / np.asarray(noisy["conductivity"].std)
    np.testing.assert_allclose(ratio, 3.0)
    made = diffusion_curve.simulate(np.random.default_rng(3), seed=3, points=4000).measurement.ordinate
    plain = diffusion_curve.simulate(np.random.default_rng(3), seed=3, points=4000, noise=0.0).measurement.ordinate
    assert low < float(np.sum(((made.values - plain.values) / np.asarray(made.std)) ** 2)) < high


@pytest.mark.parametrize(
    "options",
    [{"points": 2}, {"tau": 0.0}, {"persistence": -2.0}, {"low": 3e12}, {"noise": -1.0}, {"imaginary_noise": 0.0}, {"conductivity": -1.0}],
)  # fmt: skip
def test_no_conductivity(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        drude.simulate(np.random.default_rng(1), seed=1, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options", [{"points": 1}, {"low": 500.0}, {"diffusion": 0.0}, {"noise": -1.0}, {"exponent": math.nan}]
)
def test_no_curve(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="needs at least 2 temperatures"):
        diffusion_curve.simulate(np.random.default_rng(1), seed=1, **options)  # type: ignore[arg-type]
