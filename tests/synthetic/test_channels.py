"""Sets of devices and lines of transitions: what is put in is the truth, and nonsense is refused."""

import numpy as np
import pytest

from gzero.errors import ConfigError
from gzero.quanta import E2_OVER_H, KB, E
from gzero.synthetic import length, transition


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_set_without_noise_is_the_law() -> None:
    made = length.simulate(rng(), seed=1, noise=0.0, points=5, repeats=2)
    x, r = made.measurement.abscissa.values, made.measurement.ordinate.values
    assert x.size == 10
    np.testing.assert_allclose(r, made.truth["intercept"] + made.truth["slope"] * x, rtol=1e-14)
    assert made.truth["intercept"] == pytest.approx(1 / (4 * E2_OVER_H) + 3000.0, rel=1e-14)
    assert made.measurement.ordinate.std is None
    assert made.stated == {"quantum": "4e^2/h", "channels": "1"}


def test_scatter_and_outlier() -> None:
    """Relative scatter of 400 devices: its standard deviation is known to 1/sqrt(2 n) = 3.5 %, here four of those."""
    made = length.simulate(rng(), seed=1, noise=0.0, scatter=0.1, points=400)
    x, r = made.measurement.abscissa.values, made.measurement.ordinate.values
    law = made.truth["intercept"] + made.truth["slope"] * x
    assert np.std(r / law - 1) == pytest.approx(0.1, rel=0.14)
    off = length.simulate(rng(), seed=1, noise=0.0, outlier=0.5, points=5).measurement.ordinate.values
    plain = length.simulate(rng(), seed=1, noise=0.0, points=5).measurement.ordinate.values
    np.testing.assert_allclose(off / plain, [1, 1, 1.5, 1, 1], rtol=1e-14)


def test_a_line_without_noise() -> None:
    made = transition.simulate(rng(), seed=1, noise=0.0, temperature=0.3, base_temperature=0.4, points=101)
    assert made.truth["temperature"] == pytest.approx(0.5, rel=1e-14)
    assert made.truth["thermal_width"] == pytest.approx(KB * 0.5 / (E * 0.05), rel=1e-14)
    y = made.measurement.ordinate.values
    assert y[50] == pytest.approx(made.truth["level"], rel=1e-12)  # the middle reading stands on the transition
    background = made.truth["slope"] * (made.measurement.abscissa.values - made.truth["position"])
    assert (y - background)[-1] - (y - background)[0] == pytest.approx(2 * made.truth["amplitude"], rel=1e-7)
    assert "lifetime_width" not in made.truth


@pytest.mark.parametrize("wrong", [{"points": 1}, {"ballistic_length": 0.0}, {"longest": 1e-8}, {"noise": -1.0}])
def test_no_set(wrong) -> None:
    with pytest.raises(ConfigError):
        length.simulate(rng(), seed=1, **wrong)


@pytest.mark.parametrize(
    "wrong", [{"points": 5}, {"temperature": 0.0}, {"step": 0.0}, {"lifetime": -1.0}, {"world": "pink"}]
)
def test_no_line(wrong) -> None:
    with pytest.raises(ConfigError):
        transition.simulate(rng(), seed=1, **wrong)
