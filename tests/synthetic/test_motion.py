"""Simulated trajectories and packets: the law of what is drawn, against the law that is asked for."""

from itertools import pairwise

import numpy as np
import pytest

from gzero.errors import ConfigError
from gzero.quanta import KB, E
from gzero.synthetic.msd import simulate as trajectories
from gzero.synthetic.pulse import simulate as pulse


def steps(**given: float) -> np.ndarray:
    """Displacements from frame to frame of many trajectories, shape (trajectories, steps)."""
    m = trajectories(np.random.default_rng(1), seed=1, trajectories=4000, points=6, dimensions=1, **given).measurement
    return np.diff(m.ordinate.values.reshape(4000, 6), axis=1)


@pytest.mark.parametrize("exposure", [0.0, 0.02, 0.05])
def test_variance_and_neighbours_of_steps(exposure: float) -> None:
    """Berglund 2010: <dx^2> = 2 D dt (1 - 2 R) + 2 sigma^2, <dx dx'> = 2 D dt R - sigma^2, R = t_E/6 dt; 20 000 and 16 000
    products, four standard errors of a variance of correlated normal numbers (at most twice that of independent ones)."""
    d, dt, noise = 4e-13, 0.05, 8e-8
    found = steps(exposure=exposure)
    r = exposure / (6 * dt)
    variance, beside = 2 * d * dt * (1 - 2 * r) + 2 * noise**2, 2 * d * dt * r - noise**2
    assert np.mean(found**2) == pytest.approx(variance, rel=4 * 2 * np.sqrt(2 / 20_000))
    assert np.mean(found[:, 1:] * found[:, :-1]) == pytest.approx(beside, abs=4 * 2 * variance / np.sqrt(16_000))


@pytest.mark.parametrize("alpha", [0.5, 1.5])
def test_fractional_motion(alpha: float) -> None:
    """MSD over n frames is 2 D dt n^alpha: 4000 squares, four standard errors."""
    m = trajectories(
        np.random.default_rng(2), seed=2, trajectories=4000, points=6, dimensions=1, alpha=alpha, noise=0.0
    ).measurement
    place = m.ordinate.values.reshape(4000, 6)
    for n in (1, 3, 5):
        found = np.mean((place[:, n] - place[:, 0]) ** 2)
        assert found == pytest.approx(2 * 4e-13 * 0.05 * n**alpha, rel=4 * np.sqrt(2 / 4000))


def test_drift_and_columns() -> None:
    synthetic = trajectories(np.random.default_rng(3), seed=3, drift=1e-3, dimensions=3, exposure=0.01)
    series = synthetic.measurement.series
    assert set(series) == {"time", "displacement", "position_y", "position_z", "trace", "exposure"}
    ends = series["displacement"].values.reshape(20, 50)[:, -1]
    assert ends.mean() == pytest.approx(1e-3 * 49 * 0.05, rel=0.01)


@pytest.mark.parametrize("delays", [(), (5e-6, 2e-5)])
def test_a_packet(delays: tuple[float, ...]) -> None:
    """Without noise the highest reading of the first trace is 1; D = mu kB T/e; later packets lie farther and are lower."""
    synthetic = pulse(np.random.default_rng(1), seed=1, noise=0.0, delays=delays, points=201)
    m = synthetic.measurement
    assert synthetic.truth["diffusion"] == pytest.approx(0.048 * KB * 300 / E, rel=1e-12)
    assert m.ordinate.std is None
    by_trace = [m.ordinate.values[m.series["trace"].values == n] for n in np.unique(m.series["trace"].values)]
    assert by_trace[0].max() == pytest.approx(1.0, rel=1e-12)
    assert all(a.max() > b.max() for a, b in pairwise(by_trace))
    assert synthetic.stated == {"electric_field": "5000 V/m", "temperature": "300 K"}


@pytest.mark.parametrize(
    ("generate", "given", "said"),
    [
        (trajectories, {"points": 2}, "no trajectories"),
        (trajectories, {"alpha": 2.5}, "must be positive"),
        (trajectories, {"exposure": 0.1}, "must be positive"),
        (trajectories, {"alpha": 0.5, "exposure": 0.01}, "alpha = 1 only"),
        (trajectories, {"diffusion": float("nan")}, "no trajectories"),
        (pulse, {"positions": (-1.0,)}, "must be positive"),
        (pulse, {"mobility": 0.0}, "no packet"),
        (pulse, {"points": 3}, "no packet"),
        (pulse, {"world": "pink"}, "no noise world"),
    ],
)
def test_numbers_that_make_nothing(generate, given: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        generate(np.random.default_rng(1), seed=1, **given)
