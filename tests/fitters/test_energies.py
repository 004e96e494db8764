"""Widths of risers in energy."""

import numpy as np
import pytest

import gzero
from gzero.errors import ConfigError
from gzero.quanta import KB, E

ALPHA, KELVIN = 0.05, 0.5
WIDTH = KB * KELVIN / (E * ALPHA)  # [V], 0.86 mV


def measurement(**stated: str) -> gzero.Measurement:
    x = np.linspace(0, 54, 500) * WIDTH
    y = sum(1 / (1 + np.exp(-(x / WIDTH - v))) for v in (6, 18, 30, 42))
    y = y + 0.005 * np.random.default_rng(4).normal(size=x.size)
    return gzero.Measurement.from_arrays(x=x, y=y, x_unit="V", y_unit="2e^2/h", **stated)


def test_a_lever_arm_gives_the_temperature() -> None:
    found = gzero.analyse(measurement(lever_arm="0.050(2)"), quantum="2e^2/h").estimates["temperature"]
    assert found.unit == "K"
    assert abs(found.value - KELVIN) < 3 * found.std_stat < 0.01 * KELVIN * 3
    # T is proportional to the lever arm: 4 % of it
    assert found.systematic["lever_arm"] == pytest.approx(0.04 * found.value, rel=1e-9)


def test_a_temperature_gives_the_lever_arm() -> None:
    found = gzero.analyse(measurement(temperature="0.500(10) K"), quantum="2e^2/h").estimates["lever_arm"]
    assert abs(found.value - ALPHA) < 3 * found.std_stat
    assert found.systematic["temperature"] == pytest.approx(0.02 * found.value, rel=1e-9)


def test_risers_of_another_temperature_are_told() -> None:
    warm = gzero.analyse(measurement(lever_arm="0.0500(5)", temperature="0.100(1) K"), quantum="2e^2/h")
    assert any("the risers are as wide as those of 0.5" in warning for warning in warm.warnings)


def test_nothing_stated_gives_nothing() -> None:
    assert not {"temperature", "lever_arm"} & set(gzero.analyse(measurement(), quantum="2e^2/h").estimates)


@pytest.mark.parametrize("shape", ["shared", "curved", "modulation", "shared,curved"])
def test_shapes_of_risers_are_fitted_on_request(shape: str) -> None:
    """On logistic risers every shape finds the same step, within what its freedom costs."""
    plain = gzero.fit(measurement(), quantum="2e^2/h")
    shaped = gzero.fit(measurement(), quantum="2e^2/h", risers=shape)
    away = abs(shaped.value("step_height") - plain.value("step_height"))
    assert away < 3 * shaped.std("step_height")
    extra = {"shared": "width", "curved": "curvature", "modulation": "modulation", "shared,curved": "curvature"}[shape]
    assert extra in shaped.names


def test_lopsided_risers_are_found_unasked() -> None:
    from gzero.models.staircase import staircase

    x = np.linspace(0, 54, 600)
    model = staircase(4, offset=False, gate_map="exponential")
    truth = np.array([1.0, 6, 18, 30, 42, 1, 1, 1, 1, 0.1])
    y = model.function(x, truth) + 0.005 * np.random.default_rng(1).normal(size=x.size)
    data = gzero.Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h")
    fit = gzero.fit(data, quantum="2e^2/h")
    assert "curvature" in fit.names
    assert abs(fit.value("curvature") * 1e-3 - 0.1) < 4 * fit.std("curvature") * 1e-3  # [1/V] to [1/mV]


def test_an_unknown_shape_is_refused() -> None:
    with pytest.raises(ConfigError, match="--risers 'round' is no shape"):
        gzero.fit(measurement(), quantum="2e^2/h", risers="round")
