"""The integrals of quantum statistics: against mpmath's polylogarithm, quadrature of the definition, exact values, limits."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import zeta

from gzero.models.statistics_integrals import bose_einstein, fermi_dirac

#: From deep in the classical range to both sides of the seam with Sommerfeld's series at 40.
ETAS = (-60.0, -10.0, -3.0, -1.0, -0.3, 0.0, 0.3, 1.0, 3.0, 8.0, 15.0, 30.0, 39.99, 40.01, 60.0)


@pytest.mark.parametrize("order", [-2.5, -1.5, -0.5, 0.5, 1.5])
def test_fermi_and_dirac_against_mpmath(order: float) -> None:
    """-Li_{j+1}(-exp(eta)) with 30 digits. 1e-13 is what 40 natural digits of the sum leave after rounding; -5/2 is the
    difference of nearly equal parts of a degenerate gas, which costs another digit."""
    with mpmath.workdps(30):
        for eta in ETAS:
            exact = mpmath.re(-mpmath.polylog(order + 1, -mpmath.exp(mpmath.mpf(eta))))
            assert fermi_dirac(order, eta) == pytest.approx(float(exact), rel=2e-12 if order < -2 else 1e-13)


@pytest.mark.parametrize("order", [-0.5, -1.5, -2.5, 0.5, -1.0, -2.0])
def test_bose_and_einstein_against_mpmath(order: float) -> None:
    with mpmath.workdps(30):
        for eta in (-100.0, -20.0, -2.0, -1.001, -0.999, -0.5, -0.01, -1e-4, -1e-8):
            exact = mpmath.re(mpmath.polylog(order + 1, mpmath.exp(mpmath.mpf(eta))))
            assert bose_einstein(order, eta) == pytest.approx(float(exact), rel=1e-13)


@pytest.mark.parametrize("eta", [-5.0, 0.0, 2.0, 20.0])
def test_fermi_and_dirac_are_their_definition(eta: float) -> None:
    """int sqrt(x)/(exp(x - eta) + 1) dx/Gamma(3/2), x = t^2, by scipy's quadrature, split at the Fermi edge."""
    edge = math.sqrt(max(eta, 0.0))

    def integrand(t: float) -> float:
        return 2 * t**2 / (math.exp(min(t**2 - eta, 700.0)) + 1)

    pieces = sum(quad(integrand, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in ((0.0, edge), (edge, edge + 8)))
    assert fermi_dirac(0.5, eta) == pytest.approx(pieces / math.gamma(1.5), rel=1e-11)


def test_exact_values() -> None:
    """F_0(0) = ln 2, F_-1(0) = 1/2, F_-2(0) = 1/4; F_j(0) = (1 - 2^-j) zeta(j + 1) (DLMF 25.2.3)."""
    assert fermi_dirac(0, 0.0) == pytest.approx(math.log(2), rel=1e-15)
    assert (fermi_dirac(-1, 0.0), fermi_dirac(-2, 0.0)) == (0.5, 0.25)
    assert fermi_dirac(0.5, 0.0) == pytest.approx((1 - 2**-0.5) * zeta(1.5), rel=1e-14)
    assert bose_einstein(0, -math.log(2)) == pytest.approx(math.log(2), rel=1e-15)  # -ln(1 - 1/2)
    assert bose_einstein(0.5, -1e-12) == pytest.approx(zeta(1.5), rel=1e-5)  # its slope is infinite there


@given(st.floats(-80, 200))
def test_each_order_is_the_derivative_of_the_one_above(eta: float) -> None:
    """dF_j/d eta = F_{j-1}, by central differences: of second order in 1e-4 (1e-8 of the curvature) and rounding of
    1e-13/1e-4."""
    step = 1e-4
    for order in (1.5, 0.5, 0.0, -0.5, -1.0, -1.5):
        numeric = (fermi_dirac(order, eta + step) - fermi_dirac(order, eta - step)) / (2 * step)
        scale = fermi_dirac(order, eta)
        assert fermi_dirac(order - 1, eta) == pytest.approx(numeric, rel=1e-6, abs=1e-8 * scale)


@given(st.floats(-700, -40))
def test_dilute_limits(eta: float) -> None:
    """Both kinds tend to exp(eta), with a first correction of exp(eta), below 1e-17 here."""
    for order in (-2.5, -1.5, -0.5, 0.5, 0.0, -1.0):
        assert fermi_dirac(order, eta) == pytest.approx(math.exp(eta), rel=1e-12)
        assert bose_einstein(order, eta) == pytest.approx(math.exp(eta), rel=1e-12)


def test_what_is_none() -> None:
    with pytest.raises(ValueError, match="not among those"):
        fermi_dirac(0.7, 1.0)
    for eta in (0.0, 1.0, float(np.nan)):
        with pytest.raises(ValueError, match="eta < 0"):
            bose_einstein(0.5, eta)
