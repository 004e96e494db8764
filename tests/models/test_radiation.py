"""Radiation: Stefan and Boltzmann's law from Planck's, the number of quanta, the numbers of the audit, Jacobians."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad
from scipy.optimize import approx_fprime, brentq
from scipy.special import zeta

from gzero.models.radiation import (
    PHONON_BRANCHES,
    STEFAN_BOLTZMANN,
    areal,
    conductance,
    power,
    power_law,
    radiated,
)
from gzero.quanta import KAPPA0, PREFACTORS


def photons(temperature: float, length: float) -> float:
    """N of eq. (18), by scipy: 2 zeta(3)/pi^2 (L kB T/hbar c)^3 photons in a cube of side L."""
    return 2 * float(zeta(3)) / math.pi**2 * (length * constants.k * temperature / (constants.hbar * constants.c)) ** 3


@given(st.floats(0.01, 1e4), st.floats(1e-12, 10.0))
def test_stefan_and_boltzmann(temperature: float, area: float) -> None:
    """4 sigma A T^3 and sigma A T^4 with the sigma of scipy.constants (CODATA 2022, ten digits)."""
    sigma = constants.Stefan_Boltzmann
    assert conductance(STEFAN_BOLTZMANN, temperature, area) == pytest.approx(
        4 * sigma * area * temperature**3, rel=1e-9
    )
    assert power(STEFAN_BOLTZMANN, temperature, 0.0, area) == pytest.approx(sigma * area * temperature**4, rel=1e-9)


def test_plancks_law() -> None:
    """Power of a square metre at 300 K by quadrature of pi B(nu) = 2 pi h nu^3/c^2/(exp(h nu/kB T) - 1)."""
    t = 300.0
    scale = constants.k * t / constants.h
    integral, _ = quad(lambda u: u**3 / math.expm1(u), 0, 200, epsabs=1e-12)
    planck = 2 * math.pi * constants.h / constants.c**2 * scale**4 * integral
    assert power(STEFAN_BOLTZMANN, t, 0.0, 1.0) == pytest.approx(planck, rel=1e-9)


def test_the_paper_in_its_own_form() -> None:
    """P N kB c/L with N of eq. (18) is the same for any L: the length cancels."""
    for length in (1e-6, 1.0):
        n = photons(300.0, length)
        form = STEFAN_BOLTZMANN * n * constants.k * constants.c / length
        assert form == pytest.approx(conductance(STEFAN_BOLTZMANN, 300.0, length**2), rel=1e-12)


def test_numbers_of_the_audit() -> None:
    """facts/paper_audit.csv, eq 28 universality: N = 1 at L = 12.2 um and 300 K; there the four prefactors are 3.222, 6.444,
    20.24 and 40.49 kappa0 T (digits as printed)."""
    length = brentq(lambda x: photons(300.0, x) - 1, 1e-6, 1e-4, xtol=1e-15)
    assert length == pytest.approx(12.2e-6, abs=0.05e-6)
    over = {name: float(conductance(p, 300.0, length**2)) / (KAPPA0 * 300.0) for name, p in PREFACTORS.items()}
    printed = {"stefan-boltzmann": (3.222, 5e-4), "eq17": (6.444, 5e-4), "eq26": (20.24, 5e-3), "eq28": (40.49, 5e-3)}
    for name, (value, digits) in printed.items():
        assert over[name] == pytest.approx(value, abs=digits)


def test_phonons_by_debye() -> None:
    """Three branches of one speed: flux u s/4 of the energy density u = 3 pi^2 (kB T)^4/(30 (hbar s)^3) (Debye's T^4 law
    per branch, half of the photons' pi^2/15 for two polarisations)."""
    s, t = 6000.0, 0.4
    u = 3 * math.pi**2 * (constants.k * t) ** 4 / (30 * (constants.hbar * s) ** 3)
    assert power(STEFAN_BOLTZMANN, t, 0.0, 1.0, speed=s, branches=PHONON_BRANCHES) == pytest.approx(
        u * s / 4, rel=1e-12
    )
    assert areal(s, PHONON_BRANCHES) / areal() == pytest.approx(1.5 * (constants.c / s) ** 2, rel=1e-12)


@pytest.mark.parametrize("cold", [np.full(6, 200.0), np.zeros(6), None], ids=["into 200 K", "into 0 K", "conductance"])
def test_jacobians(cold: np.ndarray | None) -> None:
    """Against scipy's forward differences: good to the root of the precision."""
    hot, x = np.linspace(220.0, 500.0, 6), np.arange(6.0)
    model = power_law(hot, cold, size=1.0, pivot=330.0)
    at = np.array([1.1, 3.8])
    np.testing.assert_allclose(model.jacobian(x, at), approx_fprime(at, lambda v: model.function(x, v)), rtol=1e-5)
    each = radiated(hot**3)
    np.testing.assert_array_equal(each.jacobian(x, np.array([2.0]))[:, 0], hot**3)
