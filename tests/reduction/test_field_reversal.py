"""Readings over the size of the field: what reversal takes out, and what it costs."""

import numpy as np
import pytest

from gzero.measurement.curve import Curve
from gzero.reduction.field_reversal import fold


def curve(x: np.ndarray, y: np.ndarray, std: float | None = None, unit: str = "T") -> Curve:
    return Curve(x=x, y=y, y_std=None if std is None else np.full(x.size, std), x_unit=unit, y_unit="ohm")


GRID = np.linspace(-8.0, 8.0, 161)


def test_reversal_takes_longitudinal_resistance_out_of_the_hall_resistance() -> None:
    """R_xy = 1000 B read with 0.2 R_xx, R_xx = 50 + B^2 read with 0.05 R_xy: exact arithmetic."""
    hall, along = 1000 * GRID, 50 + GRID**2
    bar = fold(curve(GRID, hall + 0.2 * along, 2.0), longitudinal=along + 0.05 * hall)
    assert bar.parity == "odd"
    assert bar.hall == pytest.approx(1000 * bar.x, abs=1e-9)
    assert bar.longitudinal == pytest.approx(50 + bar.x**2, abs=1e-9)
    assert bar.rest == pytest.approx(0.2 * (50 + bar.x**2), abs=1e-9)
    # half the difference of two independent readings of the same grid
    assert bar.hall_std == pytest.approx(np.full(len(bar), 2 / np.sqrt(2)), rel=1e-12)


def test_two_terminals_are_even() -> None:
    """|R_xy| + R_c has no odd part."""
    bar = fold(curve(GRID, np.abs(1000 * GRID) + 500))
    assert bar.parity == "even"
    assert bar.hall == pytest.approx(1000 * bar.x + 500, abs=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_sign_of_the_carriers(sign: int) -> None:
    """Holes or a reversed pair of probes: R_xy comes out positive, the sign is kept."""
    bar = fold(curve(GRID, sign * 1000 * GRID))
    assert bar.sign == sign
    assert np.all(bar.hall[bar.x > 0] > 0)


def test_one_sign_of_the_field_is_left_as_it_is() -> None:
    x = np.linspace(0.1, 8.0, 80)
    down = fold(curve(-x[::-1], -1000 * x[::-1], 1.0))
    assert down.parity == "one sign"
    assert down.x == pytest.approx(x)
    assert down.hall == pytest.approx(1000 * x)
    assert down.hall_std == pytest.approx(np.ones(80))
    short = fold(curve(np.linspace(-1.0, 8.0, 91), 1000 * np.linspace(-1.0, 8.0, 91)))
    assert short.parity == "one sign"
    assert short.unused == 10


def test_settings_that_do_not_match_are_interpolated() -> None:
    """A line is interpolated exactly; the mean of two neighbours has half their variance."""
    up, down = np.linspace(0.1, 8.0, 80), np.linspace(0.05, 8.05, 81)
    x = np.concatenate([-down[::-1], up])
    bar = fold(curve(x, 1000 * x, 2.0))
    assert bar.hall == pytest.approx(1000 * bar.x, rel=1e-12)
    assert bar.hall_std is not None
    assert bar.hall_std[10] == pytest.approx(np.sqrt(4 + 2) / 2, rel=1e-9)


def test_a_sweep_over_density_is_not_reversed() -> None:
    n = np.linspace(1e15, 4e15, 50)
    bar = fold(curve(n, 5e19 / n, unit="1/m^2"))
    assert not bar.over_field
    assert bar.hall == pytest.approx(5e19 / n)
