"""Plateaus of a Hall bar found without a model: against the line shape whose plateaus are known, and against none."""

import numpy as np
import pytest

from gzero.models.hall import R_K, filling_factor, resistivities
from gzero.reduction.hall_plateaus import classical_end, find_plateaus, steepness
from gzero.reduction.noise import Noise
from gzero.synthetic.noise import draw

FIELD = np.linspace(0.01, 12.0, 1200)
SLOPE = 1 / (3e15 * 1.602176634e-19)
XX, XY = resistivities(FIELD, density=3e15, mobility=100.0, quantum_mobility=1.0, spin_field=3.0)


def white(std: float) -> Noise:
    return Noise(std=np.full(FIELD.size, std), stated=True)


def test_a_classical_bar_has_gamma_one_and_no_plateau() -> None:
    """R_xy = B/(n e): gamma is 1 within its stated noise, 4.5 standard uncertainties among 1200 windows."""
    y = SLOPE * FIELD + 2.0 * np.random.default_rng(1).normal(size=FIELD.size)
    view = steepness(FIELD, y, white(2.0), classical=SLOPE)
    assert np.max(np.abs(view.values - 1)[10:-10] / view.std[10:-10]) < 4.5
    assert find_plateaus(FIELD, y, white(2.0), view, over_field=True) == ()
    assert classical_end(FIELD, view) == np.inf


@pytest.mark.parametrize("seed", range(20))
def test_red_noise_makes_no_plateau(seed: int) -> None:
    """The trap: AR(1) noise wanders, and would be flat here and there if it were taken for white."""
    from gzero.reduction.calm_noise import calm_noise

    y = draw("ar1", np.random.default_rng(seed), signal=SLOPE * FIELD, std=40.0).readings
    noise = calm_noise(FIELD, y, [slice(0, FIELD.size)])
    view = steepness(FIELD, y, noise, classical=SLOPE)
    assert find_plateaus(FIELD, y, noise, view, over_field=True) == ()


def test_plateaus_lie_at_their_fillings_and_levels() -> None:
    """Without noise but for rounding: levels within the wings of their neighbours, exp(-d/W), and what is stated for that."""
    y = XY + 0.01 * np.random.default_rng(2).normal(size=FIELD.size)
    view = steepness(FIELD, y, white(0.01), classical=SLOPE)
    found = find_plateaus(FIELD, y, white(0.01), view, over_field=True, longitudinal=XX)
    by_filling = {round(float(filling_factor(3e15, 2 / (1 / p.x_low + 1 / p.x_high)))): p for p in found}
    assert {1, 2, 4, 6, 8} <= set(by_filling)
    for nu in (1, 2, 4):
        p = by_filling[nu]
        assert abs(p.level - R_K / nu) < 3 * np.hypot(p.std_noise, p.std_window)
        assert p.flatness < 0.02


def test_gain_and_contacts_change_no_window() -> None:
    """gamma is relative: 10 % of gain and 500 ohm in series leave windows and flatness where they are."""
    y = XY + 2.0 * np.random.default_rng(3).normal(size=FIELD.size)
    first = find_plateaus(FIELD, y, white(2.0), steepness(FIELD, y, white(2.0), classical=SLOPE), over_field=True)
    z, more = 1.1 * (y + 500), white(2.2)
    second = find_plateaus(FIELD, z, more, steepness(FIELD, z, more, classical=1.1 * SLOPE), over_field=True)
    assert [(p.first, p.last) for p in first] == [(p.first, p.last) for p in second]
    assert [p.flatness for p in first] == pytest.approx([p.flatness for p in second], rel=1e-6)
    assert [1.1 * (p.level + 500) for p in first] == pytest.approx([p.level for p in second], rel=1e-9)


def test_structure_ends_the_classical_part() -> None:
    """mu_q B = 1 is 1 T: R_xy follows the line up to a good part of it, and no further than 1.5 T."""
    view = steepness(FIELD, XY, white(0.5), classical=SLOPE)
    assert 0.5 < classical_end(FIELD, view) < 1.5
