"""The classical gas: numbers of physics.md, identities among the relations, limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from uncertainties import ufloat

from gzero.models.diffusion import (
    POWER_LAW,
    mean_free_path,
    scattering_time,
    transmission,
    transmission_drude,
    velocity_squared,
)
from gzero.quanta import particle

LITHIUM = particle("6Li").mass or math.nan
SILICON = 0.26 * constants.m_e  # conductivity mass of electrons
GAS = {"temperature": st.floats(1e-9, 1e3), "mass": st.floats(1e-31, 1e-24), "diffusion": st.floats(1e-9, 10.0)}


def test_the_longest_ballistic_lithium() -> None:
    """h/(m v) = 8.71 um for 6Li at 42 nK (physics.md section 2, of the source paper's eq. (7))."""
    length = constants.h / (LITHIUM * math.sqrt(velocity_squared(42e-9, LITHIUM)))
    assert length == pytest.approx(8.71e-6, abs=0.005e-6)  # printed to three digits


def test_the_longest_ballistic_silicon_electron() -> None:
    """21 nm for electrons in Si at 300 K with 0.26 m_e (physics.md section 2): printed to two digits."""
    length = constants.h / (SILICON * math.sqrt(velocity_squared(300.0, SILICON)))
    assert length == pytest.approx(21e-9, abs=0.5e-9)


def test_einstein_and_drude_are_one() -> None:
    """From a mobility: D = mu kB T/e and tau = mu m/e (physics.md section 2); from D: tau = D/v^2. The same tau."""
    mu, t = 0.1350, 300.0
    d = mu * constants.k * t / constants.e
    assert d == pytest.approx(3.49e-3, abs=0.005e-3)  # physics.md section 3, from 1350 cm^2/Vs
    assert scattering_time(d, t, SILICON) == pytest.approx(mu * SILICON / constants.e, rel=1e-14)
    # for any mass: tau = mu m/e scales with it
    assert scattering_time(d, t, constants.m_e) == pytest.approx(mu * constants.m_e / constants.e, rel=1e-14)


@given(**GAS)
def test_the_relations_are_identities(temperature: float, mass: float, diffusion: float) -> None:
    v2 = velocity_squared(temperature, mass)
    assert 0.5 * mass * v2 == pytest.approx(0.5 * constants.k * temperature, rel=1e-14)  # equipartition, one direction
    tau, path = scattering_time(diffusion, temperature, mass), mean_free_path(diffusion, temperature, mass)
    assert v2 * tau == pytest.approx(diffusion, rel=1e-14)  # D = v^2 tau, (19)
    assert path == pytest.approx(math.sqrt(v2) * tau, rel=1e-14)  # l = v tau, (6)
    # D m/h = l/lambda with the thermal wavelength lambda = h/(m v)
    wavelength = constants.h / (mass * math.sqrt(v2))
    assert diffusion * mass / constants.h == pytest.approx(path / wavelength, rel=1e-12)


@given(st.floats(1e-9, 1e-3), st.floats(1e-12, 1.0))
def test_transmission_stays_below_one(path: float, length: float) -> None:
    gamma = transmission(path, length)
    assert 0 < gamma <= 1
    assert transmission_drude(path, length) == pytest.approx(path / length, rel=1e-15)
    # 1/Gamma - 1 = L/lambda_b with lambda_b = sqrt(2 pi) l: the resistance grows with L as scatterers in series
    assert length / gamma - length == pytest.approx(
        length**2 / (math.sqrt(2 * math.pi) * path), rel=1e-6, abs=1e-15 * length
    )


def test_limits_of_transmission() -> None:
    assert transmission(1e-6, 0.0) == 1.0  # ballistic
    assert transmission(1e-9, 1.0) == pytest.approx(math.sqrt(2 * math.pi) * 1e-9, rel=1e-8)  # diffusive
    assert transmission_drude(2.0, 1.0) == 2.0  # the paper's (5) exceeds one: never capped


def test_the_ballistic_length_of_a_classical_gas() -> None:
    """lambda = sqrt(2 pi) l (physics.md section 1): the conductance of a length lambda of gas with D dN/dx is the
    one-sided flux n v/sqrt(2 pi) of a Maxwell gas, averaged here over its velocities."""
    v = np.random.default_rng(3).normal(size=1_000_000)
    flux = float(np.mean(np.maximum(v, 0.0)))  # <v_x> of those that go right, of unit rms
    std = float(np.std(np.maximum(v, 0.0)) / 1e3)
    # equal fluxes n v flux = n D/lambda -> lambda = l/flux
    assert transmission(1.0, 1 / flux) == pytest.approx(0.5, abs=5 * std)


def test_numbers_with_an_uncertainty_pass_through() -> None:
    d = ufloat(3.5e-3, 0.26e-3)
    tau = scattering_time(d, 300.0, SILICON)
    assert tau.std_dev / tau.nominal_value == pytest.approx(0.26 / 3.5, rel=1e-12)  # linear in D
    t = ufloat(300.0, 3.0)
    assert mean_free_path(3.5e-3, t, SILICON).std_dev / mean_free_path(3.5e-3, 300.0, SILICON) == pytest.approx(
        0.005, rel=1e-12
    )  # T^-1/2


def test_the_power_law() -> None:
    """D_300 (T/300)^-p by hand, its derivatives by central differences (second order in 1e-6, rounding 1e-16/1e-6)."""
    t, values = np.array([77.0, 150.0, 300.0, 400.0]), np.array([3.5e-3, 1.42])
    np.testing.assert_allclose(POWER_LAW.function(t, values), [3.5e-3 * (v / 300) ** -1.42 for v in t], rtol=1e-14)
    found = POWER_LAW.jacobian(t, values)
    for k in range(2):
        step = np.zeros(2)
        step[k] = 1e-6 * values[k]
        numeric = (POWER_LAW.function(t, values + step) - POWER_LAW.function(t, values - step)) / (2 * step[k])
        np.testing.assert_allclose(found[:, k], numeric, rtol=1e-7, atol=1e-12)
