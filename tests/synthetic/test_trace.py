"""Switching traces with a known truth: the truth is in them, dwell times and jumps have their stated law."""

import numpy as np
import pytest
from scipy import constants

from gzero.errors import ConfigError
from gzero.synthetic.noise import WORLDS
from gzero.synthetic.trace import simulate
from gzero.synthetic.truth import Synthetic

G0 = 2 * constants.e**2 / constants.h


def made(seed: int = 1, **options: object) -> Synthetic:
    return simulate(np.random.default_rng(seed), seed=seed, **options)  # type: ignore[arg-type]


def test_without_noise_the_readings_are_the_levels() -> None:
    """Gain and offset as the formula has them; scipy's constants."""
    out = made(noise=0.0, gain=1.1, offset=0.2, height=0.9, levels=(0.0, 1.0, 3.0))
    found = np.unique(out.measurement.ordinate.values)
    np.testing.assert_allclose(found, (np.array([0.0, 0.9, 2.7]) * 1.1 + 0.2) * G0, rtol=1e-12)
    assert [out.truth[f"level_{n}"] / G0 for n in (1, 2, 3)] == pytest.approx([0.0, 0.9, 2.7])
    assert out.truth["step_height"] == pytest.approx(0.9 * G0)
    assert out.truth["switches"] == np.count_nonzero(np.diff(out.measurement.ordinate.values))
    assert out.measurement.conditions["offset"].value == pytest.approx(0.2 * G0)


def test_dwell_times_and_jumps_have_their_law() -> None:
    """Of 40 000 readings with means of 200 and 50 readings: the share of time is that of the means, the number of switches
    the time over the means (five standard deviations of a count, whose stays are exponential)."""
    out = made(points=40_000, levels=(0.0, 1.0), dwell=(0.2, 0.05), noise=0.0)
    y = out.measurement.ordinate.values
    switches = out.truth["switches"]
    expected = 2 * 40.0 / 0.25
    assert abs(switches - expected) < 5 * np.sqrt(expected)
    assert np.mean(y > 0.5 * G0) == pytest.approx(0.05 / 0.25, abs=5 * 0.2 * np.sqrt(2 / (expected / 2)))
    assert out.truth["dwell_time_1"] == 0.2


@pytest.mark.parametrize("world", WORLDS)
def test_every_world(world: str) -> None:
    out = made(points=300, world=world)
    again = made(points=300, world=world)
    np.testing.assert_array_equal(out.measurement.ordinate.values, again.measurement.ordinate.values)
    assert out.measurement.ordinate.std is not None
    assert world in out.noise or world in ("heteroscedastic", "ar1", "telegraph", "adc")


def test_levels_that_were_not_visited_are_no_truth() -> None:
    out = made(points=20, levels=(0.0, 1.0, 2.0), dwell=(100.0,))
    assert [name for name in out.truth if name.startswith("level")] == ["level_1"]


def test_an_offset_of_no_uncertainty_is_not_stated() -> None:
    assert "offset" not in made(offset_std=0.0).stated
    assert made(offset=0.1).stated["offset"] == "0.100000(0.002000) 2e^2/h"


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 5}, {"levels": ()}, {"levels": (1.0, 1.0)}, {"dwell": (0.1, 0.2)}, {"dwell": (0.0,)}, {"noise": -1.0},
        {"interval": float("nan")}, {"gain": 0.0}, {"dwell": (1e-9,)}, {"offset_std": -1.0},
    ],
)  # fmt: skip
def test_what_makes_no_trace_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as error:
        made(**wrong)
    assert error.value.remedy
