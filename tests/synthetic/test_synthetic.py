"""Data with a known truth: the truth is in them, the noise has its stated size, the seed gives them again."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.special import expit
from scipy.stats import chi2

from gzero.errors import ConfigError
from gzero.quanta import Conditions, Quantum, parse_quantum, particle
from gzero.synthetic import diffusion, staircase
from gzero.synthetic.truth import Synthetic

G0 = 2 * constants.e**2 / constants.h
QUANTUM = parse_quantum("2e^2/h")


def steps(seed: int = 1, quantum: Quantum = QUANTUM, **options: object) -> Synthetic:
    return staircase.simulate(np.random.default_rng(seed), quantum=quantum, seed=seed, **options)  # type: ignore[arg-type]


def rows(seed: int = 1, who: str = "electron", **options: object) -> Synthetic:
    return diffusion.simulate(np.random.default_rng(seed), particle=particle(who), seed=seed, **options)  # type: ignore[arg-type]


@given(st.integers(1, 6), st.floats(0.5, 1.5), st.floats(0, 5e3), st.floats(1e-3, 10))
def test_without_noise_the_data_are_the_truth(modes: int, height: float, resistance: float, width: float) -> None:
    """The curve from the truth alone, with the formula written out: scipy's logistic, resistors in series."""
    made = steps(steps=modes, height=height, series_resistance=resistance, width=width, noise=0.0)
    truth, x = made.truth, made.measurement.abscissa.values
    two = sum(
        truth["step_height"] * expit((x - truth[f"threshold_{n}"]) / truth[f"width_{n}"]) for n in range(1, modes + 1)
    )
    np.testing.assert_allclose(made.measurement.ordinate.values, two / (1 + resistance * two), rtol=1e-11, atol=1e-24)
    assert truth["step_height"] == pytest.approx(height * G0, rel=1e-14)
    assert made.measurement.ordinate.std is None
    assert (truth["noise"], truth["series_resistance"]) == (0.0, resistance)


@pytest.mark.parametrize("stated", [True, False])
def test_noise_has_the_stated_size(stated: bool) -> None:
    """Sum of squared pulls within the central 1 - 2e-6 of its chi-square distribution; no two seeds share noise."""
    points = 20_000
    clean = steps(noise=0.0, points=points).measurement.ordinate.values
    drawn = []
    for seed in (1, 2, 3):
        made = steps(seed, noise=0.03, points=points, stated_std=stated)
        noise = (made.measurement.ordinate.values - clean) / made.truth["noise"]
        assert made.truth["noise"] == pytest.approx(0.03 * G0, rel=1e-14)
        low, high = chi2.ppf([1e-6, 1 - 1e-6], points)
        assert low < float(np.sum(noise**2)) < high
        assert abs(float(np.mean(noise))) < 5 / math.sqrt(points)
        assert abs(float(np.mean(noise[1:] * noise[:-1]))) < 5 / math.sqrt(points)  # white
        drawn.append(noise)
        if stated:
            np.testing.assert_allclose(made.measurement.ordinate.std, 0.03 * G0, rtol=1e-14)
        else:
            assert made.measurement.ordinate.std is None
    assert abs(float(np.corrcoef(drawn)[0, 1])) < 5 / math.sqrt(points)


@pytest.mark.parametrize("make", [steps, rows])
def test_a_seed_gives_the_same_data_and_another_others(make) -> None:
    first, again, other = (make(seed).measurement.ordinate.values for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert make(5).seed == 5


def test_every_step_is_in_the_window() -> None:
    made = steps(steps=5, noise=0.0)
    x, y = made.measurement.abscissa.values, made.measurement.ordinate.values
    assert np.all(np.diff(x) > 0)
    for n in range(
        6
    ):  # the levels are whole quanta in the middle of each plateau: e^-6 of a step is left of each riser
        level = y[np.argmin(abs(x - staircase.SPACING_OVER_WIDTH * n))]
        assert level / G0 == pytest.approx(n, abs=3 * math.exp(-6))
    assert [made.truth[f"threshold_{n}"] for n in range(1, 6)] == [6.0, 18.0, 30.0, 42.0, 54.0]


def test_names_units_and_origin() -> None:
    made = steps(x_unit="K", x_name="gate potential", quantum=parse_quantum("1/h"))
    found = made.measurement
    assert (found.kind, found.x, found.abscissa.unit, found.ordinate.unit) == (
        "staircase",
        "gate potential",
        "K",
        "1/(J s)",
    )
    assert (found.origin.loader, found.origin.rows_read, len(found.ordinate.values)) == ("synthetic", 400, 400)
    assert "0.02 1/h" in made.noise


@pytest.mark.parametrize(
    "bad",
    [
        {"steps": 0},
        {"points": 7},
        {"noise": -0.1},
        {"width": 0.0},
        {"width": -1.0},
        {"noise": math.nan},
        {"width": math.nan},
        {"height": math.nan},
        {"width": math.inf},
        {"series_resistance": math.inf},
    ],
)
def test_a_staircase_without_shape(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="no staircase with"):
        steps(**bad)


def test_a_quantum_without_a_value() -> None:
    with pytest.raises(ConfigError, match=r"the quantum m\^2/h has no value"):
        steps(quantum=parse_quantum("m^2/h"))
    assert steps(quantum=parse_quantum("m^2/h", Conditions(mass=1e-26))).measurement.ordinate.unit == "kg^2/(J s)"


# -- diffusion --------------------------------------------------------------------------------------------------------


def test_diffusivities_without_noise_are_v_squared_tau() -> None:
    made = rows(temperatures=(77.0, 300.0), tau=2e-13, noise=0.0)
    expected = constants.k * np.array([77.0, 300.0]) / constants.m_e * 2e-13  # D = (kB T/m) tau, (19)
    np.testing.assert_allclose(made.measurement.ordinate.values, expected, rtol=1e-14)
    assert made.measurement.ordinate.std is None
    assert (made.truth["tau"], made.truth["diffusion at 77 K"]) == (2e-13, pytest.approx(expected[0], rel=1e-14))
    assert made.measurement.particle == "electron"


def test_noise_of_diffusivities_has_the_stated_size() -> None:
    temperatures = tuple(np.linspace(10.0, 300.0, 5000))
    clean = rows(temperatures=temperatures, noise=0.0).measurement.ordinate.values
    found = rows(temperatures=temperatures, noise=0.05).measurement.ordinate
    pulls = (found.values - clean) / found.std
    np.testing.assert_allclose(found.std, 0.05 * clean, rtol=1e-14)
    low, high = chi2.ppf([1e-6, 1 - 1e-6], 5000)
    assert low < float(np.sum(pulls**2)) < high


@pytest.mark.parametrize(
    "bad",
    [
        {"temperatures": ()},
        {"temperatures": (0.0,)},
        {"temperatures": (300.0, -1.0)},
        {"tau": 0.0},
        {"tau": -1.0},
        {"noise": -0.1},
        {"temperatures": (math.nan,)},
        {"tau": math.nan},
        {"noise": math.nan},
    ],
)
def test_diffusivities_that_cannot_be(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="must be positive"):
        rows(**bad)


def test_diffusivities_need_a_mass() -> None:
    with pytest.raises(ConfigError, match="needs a mass"):
        diffusion.simulate(np.random.default_rng(1), particle=particle(), seed=1)
