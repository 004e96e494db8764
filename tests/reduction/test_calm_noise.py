"""Noise from calm stretches of a sweep that has structure everywhere else."""

import numpy as np
import pytest

from gzero.reduction.calm_noise import calm_noise
from gzero.synthetic.noise import draw

X = np.linspace(0.0, 1.0, 800)
PIECES = [slice(0, 120), slice(300, 480), slice(560, 790)]
#: Structure between the stretches, and on them what a cubic holds.
SIGNAL = 50 * np.tanh(40 * (X - 0.25)) + 50 * np.tanh(40 * (X - 0.65)) + 3 * X**3


def test_white_noise_of_known_size() -> None:
    """530 readings less 12 for three cubics: the standard deviation is known to 1/sqrt(2 518) = 3.1 %; 40 draws to 0.5 %."""
    found = []
    for seed in range(40):
        y = draw("white", np.random.default_rng(seed), signal=SIGNAL, std=2.0).readings
        found.append(calm_noise(X, y, PIECES).typical)
    assert np.mean(found) == pytest.approx(2.0, abs=4 * 0.005 * 2)
    assert np.std(found) == pytest.approx(0.031 * 2, rel=0.45)


def test_red_noise_is_seen_and_sized() -> None:
    """AR(1) of rho = 0.9: a mean over a long stretch has 19 times the variance of white noise, (1 + rho)/(1 - rho). The
    spectrum of one sweep knows it within a factor of two either way, as 530 readings are 28 independent ones."""
    found = []
    for seed in range(20):
        y = draw("ar1", np.random.default_rng(seed), signal=SIGNAL, std=2.0).readings
        noise = calm_noise(X, y, PIECES)
        assert noise.red
        weights = np.zeros((800, 1))
        weights[300:480] = 1 / 180
        found.append(float(noise.covariance(weights)[0][0, 0]))
    lags = 0.9 ** np.abs(np.subtract.outer(np.arange(180), np.arange(180)))
    assert 0.5 < np.median(found) / (4 * lags.mean()) < 2.0


def test_stated_uncertainties_are_believed() -> None:
    y = draw("white", np.random.default_rng(1), signal=SIGNAL, std=2.0).readings
    noise = calm_noise(X, y, PIECES, stated=np.full(800, 2.0), source="the file")
    assert noise.stated
    assert noise.spectrum is None
    assert noise.std.tolist() == [2.0] * 800


def test_a_noisier_stretch_keeps_its_own_noise() -> None:
    """Three times the noise on the last stretch: known there to 1/sqrt(2 230/2.3) = 7 % from third differences."""
    rng = np.random.default_rng(3)
    y = SIGNAL + np.where(np.arange(800) >= 560, 6.0, 2.0) * rng.normal(size=800)
    std = calm_noise(X, y, PIECES, assumed_white=True).std
    assert std[600] / std[50] == pytest.approx(3.0, rel=0.5)


def test_nothing_calm_and_nothing_noisy() -> None:
    assert calm_noise(X, SIGNAL, []).typical > 0
    assert calm_noise(X, np.ones(800), PIECES).typical > 0
