"""Simulated Hall bars: what was put in is what is there."""

import numpy as np
import pytest

from gzero.models.hall import R_K
from gzero.quanta import E2_OVER_H
from gzero.synthetic.hall import simulate


def test_the_same_seed_gives_the_same_readings() -> None:
    a, b = (simulate(np.random.default_rng(3), seed=3) for _ in range(2))
    assert a.measurement.ordinate.values.tolist() == b.measurement.ordinate.values.tolist()
    assert a.truth["step_height"] == E2_OVER_H


def test_gain_contacts_and_mixing_are_in_the_readings() -> None:
    """Without noise, on the plateau nu = 2 (6.2 T): gain (h/2e^2 + R_c), to the wings of the levels (1e-6)."""
    read = simulate(
        np.random.default_rng(1), seed=1, noise=0.0, noise_longitudinal=0.0, gain=1.02, contact_resistance=300.0
    ).measurement
    at = int(np.argmin(np.abs(read.abscissa.values - 6.2)))
    assert read.ordinate.values[at] == pytest.approx(1.02 * (R_K / 2 + 300), rel=2e-6)
    assert read.ordinate.std is None
    mixed, plain = (
        simulate(np.random.default_rng(1), seed=1, noise=0.0, noise_longitudinal=0.0, mixing=s).measurement
        for s in (0.1, 0.0)
    )
    along = plain.series["longitudinal_resistance"].values
    assert mixed.ordinate.values - plain.ordinate.values == pytest.approx(0.1 * along, abs=1e-9)


def test_both_signs_of_the_field() -> None:
    m = simulate(
        np.random.default_rng(1), seed=1, noise=0.0, noise_longitudinal=0.0, both_signs=True, points=201
    ).measurement
    hall, along = m.ordinate.values, m.series["longitudinal_resistance"].values
    assert hall == pytest.approx(-hall[::-1], rel=1e-9, abs=1e-5)
    assert along == pytest.approx(along[::-1], rel=1e-9)


def test_the_noise_is_as_large_as_said() -> None:
    """1200 readings know a standard deviation to 2 %; five of these."""
    loud = simulate(np.random.default_rng(2), seed=2, noise=2.0).measurement
    quiet = simulate(np.random.default_rng(2), seed=2, noise=0.0, noise_longitudinal=0.0).measurement
    assert np.std(loud.ordinate.values - quiet.ordinate.values) == pytest.approx(2.0, rel=0.1)
