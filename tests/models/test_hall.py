"""Formulas of the quantum Hall bar, held to exact constants, exact limits and independent arithmetic."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero.models.hall import (
    OSCILLATION,
    R_K,
    conductivities,
    density_from_frequency,
    density_from_slope,
    filling_factor,
    hall_resistance,
    level_fillings,
    mobility,
    nearest_fraction,
    resistivities,
    staircase,
)

#: A gas of 3e15 1/m^2; n h/e = 12.407 T by the exact constants.
GAS = {"density": 3e15, "mobility": 100.0, "quantum_mobility": 1.0, "spin_field": 3.0}


def test_the_von_klitzing_constant() -> None:
    """h/e^2 = 25 812.807 45 ohm, exact since 2019 (SI Brochure, 9th edition, appendix 2; cut off, not rounded)."""
    assert int(R_K * 1e5) == 2_581_280_745


def test_filling_factor_density_and_mobility() -> None:
    """One flux quantum h/e = 4.135 667 696e-15 Wb (CODATA 2018, exact) for each electron is nu = 1."""
    assert filling_factor(1.0, 4.135667696e-15) == pytest.approx(1.0, rel=1e-9)
    assert hall_resistance(4) == pytest.approx(R_K / 4, rel=1e-15)
    # at nu = 2 the classical line, B/(n e), meets the plateau h/(2 e^2)
    n, field = 3e15, 3e15 * 4.135667696e-15 / 2
    assert field / (n * 1.602176634e-19) == pytest.approx(hall_resistance(2), rel=1e-9)
    assert density_from_slope(1 / (n * 1.602176634e-19)) == pytest.approx(n, rel=1e-12)
    # levels of two states are full at nu = 2, 4, ...: the period in 1/B is that of nu in steps of 2
    assert density_from_frequency(n * 4.135667696e-15 / 2, 2) == pytest.approx(n, rel=1e-9)
    assert mobility(n, 1 / (n * 1.602176634e-19 * 50.0)) == pytest.approx(50.0, rel=1e-12)


@given(st.floats(0.0, 1e4), st.floats(1.0, 1e5))
def test_the_tensor_and_its_inverse(longitudinal: float, hall: float) -> None:
    """sigma = rho^-1 by numpy's inverse of the 2 x 2 matrix, and back again."""
    xx, xy = conductivities(longitudinal, hall)
    inverse = np.linalg.inv(np.array([[longitudinal, hall], [-hall, longitudinal]]))
    assert xx == pytest.approx(inverse[0, 0], rel=1e-9, abs=1e-15)
    assert xy == pytest.approx(-inverse[0, 1], rel=1e-9)
    assert conductivities(xx, xy) == pytest.approx((longitudinal, hall), rel=1e-9, abs=1e-9)


def test_levels_with_and_without_spin() -> None:
    """Spin resolved: half filled at k + 1/2, plateaus at all integers. Not resolved: pairs at 1, 3, 5, plateaus at 2, 4."""
    assert level_fillings(4, 1.0).tolist() == [0.5, 1.5, 2.5, 3.5]
    assert level_fillings(4, 0.0).tolist() == [1.0, 1.0, 3.0, 3.0]


@pytest.mark.parametrize(("split", "expected"), [(1.0, [1, 2, 3, 4, 5]), (0.0, [0, 2, 2, 4, 4])])
def test_sharp_levels_count_integers(split: float, expected: list[int]) -> None:
    """W -> 0: N is the number of states below nu."""
    nu = np.array([0.95, 2.05, 2.95, 3.95, 4.95])
    counted, _ = staircase(nu, np.full(5, 1e-3), np.full(5, split))
    assert counted == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("g", [1, 2])
def test_broad_levels_are_classical_with_the_oscillations_of_lifshitz_and_kosevich(g: int) -> None:
    """Poisson's sum over logistic steps: N - nu = sum_m (-1)^m (g/(pi m)) [X_m/sinh(X_m)] sin(2 pi m nu/g), X_m = 2 pi^2 m W/g;
    far above the lowest level."""
    nu, width = np.linspace(20.0, 24.0, 101), 0.3 * g
    counted, states = staircase(nu, np.full(101, width), np.full(101, 1.0 if g == 1 else 0.0))
    wanted, slope = nu.copy(), np.ones(101)
    for m in range(1, 8):
        x = 2 * np.pi**2 * m * width / g
        angle = 2 * np.pi * m * nu / g
        wanted += (-1) ** m * g / (np.pi * m) * x / np.sinh(x) * np.sin(angle)
        slope += (-1) ** m * 2 * x / np.sinh(x) * np.cos(angle)
    # the missing levels below zero are worth exp(-20/0.6)
    assert counted == pytest.approx(wanted, abs=1e-12)
    assert states == pytest.approx(slope, abs=1e-10)


def test_low_field_is_drude() -> None:
    """R_xy = B/(n e) and R_xx = 1/(n e mu) where omega_c tau_q << 1."""
    field = np.array([0.02, 0.05, 0.1])
    xx, xy = resistivities(field, **GAS)
    assert xy == pytest.approx(field / (3e15 * 1.602176634e-19), rel=1e-9)
    assert xx == pytest.approx(np.full(3, 1 / (3e15 * 1.602176634e-19 * 100)), rel=1e-4)


def test_parity() -> None:
    """Onsager: R_xy odd, R_xx even in the field."""
    field = np.linspace(0.5, 12.0, 50)
    (xx, xy), (back_xx, back_xy) = resistivities(field, **GAS), resistivities(-field, **GAS)
    assert back_xx.tolist() == xx.tolist()
    assert back_xy.tolist() == (-xy).tolist()


@pytest.mark.parametrize("nu", [1, 2, 3, 4, 6, 8])
def test_plateaus_with_a_bound_that_grows_as_levels_come_closer(nu: int) -> None:
    """At full levels the wings of the two neighbours, at a distance d in filling, are worth exp(-d/W) each, and W = 1/(pi mu_q B)
    grows with nu: N is off by no more, and R_xx by no more than R_0 (2 exp(-d/W)/W)^2 (Kwant's test_qhe, whose bound grows so)."""
    field = 3e15 * 4.135667696e-15 / nu
    width = 1 / (np.pi * field)
    split = field**4 / (field**4 + 3.0**4)
    distance = 1 - split / 2 if nu % 2 == 0 else split / 2
    xx, xy = resistivities(np.array([field]), **GAS)
    wings = np.exp(-distance / width) * (1 if nu % 2 else 1 + np.exp(-split / width))
    assert abs(R_K / xy[0] - nu) <= wings
    assert xx[0] <= 20.81 * (2 * wings / width) ** 2 * 1.1


def test_peaks_stay_below_the_semicircle() -> None:
    """sigma_xx <= e^2/2h a level where levels are resolved (Dykhne and Ruzin 1994): rho_xx <= R_K/(2 N^2 + 1/2)/resolved."""
    field = np.linspace(1.0, 11.0, 500)
    xx, xy = resistivities(field, density=3e15, mobility=1.0, quantum_mobility=2.0, spin_field=0.0)
    counted = R_K / xy
    assert np.all(xx <= R_K / (2 * counted**2 + 0.5) / np.exp(-np.pi / (2.0 * field)) * (1 + 1e-12))


def test_jacobian_of_the_oscillation() -> None:
    """Central differences of the formula itself; their error is of the order of the cube root of the rounding."""
    x = np.linspace(0.4, 1.0, 37)
    values = np.array([104.0, 1.0, -1300.0, 2.4, 6.2, 3.1, 3000.0, 1700.0, -5000.0, 38000.0])
    exact = OSCILLATION.jacobian(x, values)
    for k, value in enumerate(values):
        step = np.zeros(values.size)
        step[k] = 1e-6 * abs(value)
        slope = (OSCILLATION.function(x, values + step) - OSCILLATION.function(x, values - step)) / (2 * step[k])
        assert exact[:, k] == pytest.approx(slope, rel=1e-6, abs=1e-7 * np.max(np.abs(slope)))


@pytest.mark.parametrize(
    ("filling", "fraction"), [(0.334, "1/3"), (0.6, "3/5"), (1.66, "5/3"), (2.5, "5/2"), (0.43, "3/7"), (1.34, "4/3")]
)
def test_fractions_have_their_names(filling: float, fraction: str) -> None:
    """Fractions seen in GaAs: Jain 1989, doi 10.1103/PhysRevLett.63.199; 5/2: Willett 1987, doi 10.1103/PhysRevLett.59.1776."""
    found = nearest_fraction(filling)
    assert f"{found.numerator}/{found.denominator}" == fraction
