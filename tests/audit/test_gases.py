"""The integrals of the audit against mpmath's polylogarithms, exact limits, and the numbers of physics.md."""

import math

import mpmath
import pytest
from scipy import constants

from gzero.audit import gases

#: Quadrature asks for ten digits.
QUADRATURE = 1e-9


def fermi(order: float, eta: float) -> float:
    """F_order(eta) = -Li_(order+1)(-exp(eta)), the complete Fermi-Dirac integral over its gamma function."""
    return float(mpmath.re(-mpmath.polylog(order + 1, -mpmath.exp(eta))))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("eta", [-10.0, -1.0, 0.0, 4.0, 10.0, 30.0])
def test_fermions_against_polylogarithms(d: int, eta: float) -> None:
    """N is Gamma(d/2) F_(d/2-1), its variance Gamma(d/2) F_(d/2-2)."""
    number, variance = gases.number_and_variance(d, eta)
    assert number == pytest.approx(math.gamma(d / 2) * fermi(d / 2 - 1, eta), rel=QUADRATURE)
    assert variance == pytest.approx(math.gamma(d / 2) * fermi(d / 2 - 2, eta), rel=QUADRATURE)


@pytest.mark.parametrize("eta", [-5.0, -0.5, -0.05])
def test_bosons_against_polylogarithms(eta: float) -> None:
    """N is Gamma(3/2) Li_(3/2)(e^eta), its variance Gamma(3/2) Li_(1/2)(e^eta)."""
    number, variance = gases.number_and_variance(3, eta, "bose")
    z = mpmath.exp(eta)
    assert number == pytest.approx(math.gamma(1.5) * float(mpmath.polylog(1.5, z)), rel=QUADRATURE)
    assert variance == pytest.approx(math.gamma(1.5) * float(mpmath.polylog(0.5, z)), rel=QUADRATURE)


@pytest.mark.parametrize(("eta", "value"), [(-10.0, 2.507), (0.0, 2.404), (4.0, 2.092), (10.0, 2.010)])
def test_drude_over_landauer(eta: float, value: float) -> None:
    """paper_audit.csv, "eq 1 vs Landauer" (it cuts 2.0926 after three digits); and polylogarithms."""
    exact = math.sqrt(2 * math.pi * fermi(-0.5, eta) * fermi(-1.5, eta)) * (1 + math.exp(-eta))
    assert gases.drude_over_landauer(eta) == pytest.approx(exact, rel=QUADRATURE)
    assert gases.drude_over_landauer(eta) == pytest.approx(value, abs=1e-3)


def test_limits_of_drude_over_landauer() -> None:
    """sqrt(2 pi) without degeneracy, 2 with it; the next terms are e^eta and (pi/eta)^2/12."""
    assert gases.drude_over_landauer(-30.0) == pytest.approx(math.sqrt(2 * math.pi), rel=1e-9)
    assert gases.drude_over_landauer(100.0) == pytest.approx(2.0, rel=1e-4)


@pytest.mark.parametrize(("eta", "value"), [(0.0, 0.208), (5.0, 0.924), (10.0, 0.998)])
def test_heat_of_a_mode(eta: float, value: float) -> None:
    """physics.md section 3: K/(kappa0 T) of one massive 1D fermion mode, three digits."""
    assert gases.heat_of_mode(eta) / (math.pi**2 / 3) == pytest.approx(value, abs=5e-4)


@pytest.mark.parametrize("eta", [-10.0, 0.0, 5.0])
def test_heat_of_a_mode_against_polylogarithms(eta: float) -> None:
    """I_n over x from 0: I0 = F_-1, I1 = F_0 - eta F_-1, I2 = 2 F_1 - 2 eta F_0 + eta^2 F_-1 (by parts)."""
    i0 = fermi(-1, eta)
    i1 = fermi(0, eta) - eta * i0
    i2 = 2 * fermi(1, eta) - 2 * eta * fermi(0, eta) + eta**2 * i0
    assert gases.open_mode(eta) == pytest.approx(i0, rel=QUADRATURE)
    assert gases.heat_of_mode(eta) == pytest.approx(i2 - i1**2 / i0, rel=1e-8)  # the difference costs a digit


def test_lorenz_number_without_degeneracy() -> None:
    """L = (kB/e)^2 for a classical 1D mode (I2/I0 - (I1/I0)^2 = 1): 3/pi^2 = 0.304 of Sommerfeld's."""
    assert gases.heat_of_mode(-20.0) / gases.open_mode(-20.0) == pytest.approx(1.0, rel=1e-8)


def test_exact_integrals() -> None:
    """pi^2/3 twice, 5/2 + r, 2 zeta(3), 4 pi^4/15: Abramowitz and Stegun 23.2.7."""
    assert gases.degenerate_heat() == pytest.approx(math.pi**2 / 3, rel=QUADRATURE)
    assert gases.boson_heat() == pytest.approx(math.pi**2 / 3, rel=QUADRATURE)
    for r in (-0.5, 0.0, 1.5):
        assert gases.maxwell_heat(r) == pytest.approx(2.5 + r, rel=QUADRATURE)
    assert gases.bose_moment(2) == pytest.approx(2 * float(mpmath.zeta(3)), rel=QUADRATURE)
    assert gases.bose_moment(4, variance=True) == pytest.approx(4 * math.pi**4 / 15, rel=QUADRATURE)
    # zeta(3)/zeta(2) = 0.731, the inverse Fano factor of photons
    photons = gases.bose_moment(2) / gases.bose_moment(2, variance=True)
    assert photons == pytest.approx(float(mpmath.zeta(3) / mpmath.zeta(2)), rel=QUADRATURE)


def test_radiation_is_that_of_stefan_and_boltzmann() -> None:
    """4 sigma L^2 T^3 with CODATA's sigma, which scipy has to ten digits; photons in a cube, (18), with mpmath's zeta."""
    h, kb, c = constants.h, constants.k, constants.c
    assert gases.radiated(300.0, 2e-3, c, h, kb) == pytest.approx(
        4 * constants.Stefan_Boltzmann * 4e-6 * 300.0**3, rel=1e-9
    )
    count = 2 * float(mpmath.zeta(3)) / (math.pi**2 * (c * constants.hbar) ** 3) * (2e-3 * kb * 300.0) ** 3
    assert gases.photon_number(300.0, 2e-3, c, h, kb) == pytest.approx(count, rel=1e-9)


@pytest.mark.parametrize(
    ("d", "value"), [(1, 2.0), (2, math.pi / math.sqrt(2)), (3, 4 / math.sqrt(3))]
)  # physics.md section 1
def test_ballistic_path(d: int, value: float) -> None:
    assert gases.ballistic_path(d) == pytest.approx(value, rel=QUADRATURE)


def test_a_massless_gas_in_one_dimension_has_no_number() -> None:
    """The integral of 1/(e^x - 1) from a is -ln(1 - e^-a): every decade towards zero adds ln 10."""
    assert gases.massless_number(1e-5) == pytest.approx(-math.log(-math.expm1(-1e-5)), rel=1e-8)
    assert gases.massless_number(1e-6) - gases.massless_number(1e-5) == pytest.approx(math.log(10), rel=1e-5)


def test_mean_square_velocity_of_degenerate_gases() -> None:
    """physics.md section 2: v_F^2, v_F^2/2, v_F^2/3; corrections go as (pi/eta)^2."""
    for d in (1, 2, 3):
        assert gases.velocity_squared(d, 1000.0) / 2000.0 == pytest.approx(1 / d, rel=1e-5)
