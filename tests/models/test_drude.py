"""Conductivity over frequency: the published formulas written out, derivatives, sum rule, limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad

from gzero.models import drude
from gzero.models.carriers import Number

F = np.geomspace(0.1e12, 3e12, 9)
X = drude.axis(F, F)


def joined(real: np.ndarray, imaginary: np.ndarray) -> np.ndarray:
    return np.concatenate([imaginary[::-1], real])


@given(st.floats(1.0, 1e4), st.floats(1e-15, 1e-12), st.floats(-1.0, 0.0))
def test_the_published_formulas(weight: float, tau: float, c: float) -> None:
    """Drude 1900 and Smith 2001 with complex numbers; the imaginary part falls on the mirrored frequencies."""
    w = 2 * math.pi * F
    plain = weight / (1 - 1j * w * tau)
    smith = plain * (1 + c / (1 - 1j * w * tau))
    np.testing.assert_allclose(drude.drude(X, np.array([weight, tau])), joined(plain.real, plain.imag), rtol=1e-13)
    y = drude.drude_smith(X, np.array([weight, tau, c]))
    np.testing.assert_allclose(y, joined(smith.real, smith.imag), rtol=1e-12, atol=1e-13 * weight)
    other = drude.drude_smith(X, np.array([weight, tau, c]), -1.0)
    np.testing.assert_allclose(other, joined(smith.real, -smith.imag), rtol=1e-12, atol=1e-13 * weight)


@pytest.mark.parametrize("smith", [True, False])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_jacobian(smith: bool, sign: float) -> None:
    """Against central differences of relative step 1e-6: error of second order and rounding of 1e-16/1e-6."""
    model = drude.model(smith=smith, sign=sign)
    values = np.array([1500.0, 80e-15, -0.7][: 3 if smith else 2])
    found = model.jacobian(X, values)
    for k in range(values.size):
        step = 1e-6 * abs(values[k])
        high, low = values.copy(), values.copy()
        high[k] += step
        low[k] -= step
        numeric = (model.function(X, high) - model.function(X, low)) / (2 * step)
        np.testing.assert_allclose(found[:, k], numeric, rtol=1e-6, atol=1e-8 * np.abs(found[:, k]).max())


@pytest.mark.parametrize("c", [0.0, -0.5, -1.0])
def test_the_sum_rule(c: float) -> None:
    """int_0^inf Re sigma d omega = (pi/2) n e^2/m = (pi/2) sigma_0/tau whatever c is (Smith 2001)."""
    tau = 1.0
    real = quad(
        lambda w: float(drude.drude_smith(np.array([w / (2 * math.pi)]), np.array([1.0, tau, c]))[0]), 0, np.inf
    )[0]
    assert real == pytest.approx(math.pi / 2, rel=1e-7)


def test_limits() -> None:
    """c = 0 is Drude; c = -1 conducts nothing at zero frequency; a current lags: Im sigma > 0 with exp(-i omega t)."""
    low = np.array([-1.0, 1.0])
    np.testing.assert_allclose(
        drude.drude_smith(X, np.array([3.0, 1e-13, 0.0])), drude.drude(X, np.array([3.0, 1e-13]))
    )
    assert abs(drude.drude_smith(low, np.array([3.0, 1e-13, -1.0]))[1]) < 1e-20
    assert drude.drude(X, np.array([3.0, 1e-13]))[: F.size].min() > 0
    # at omega tau = 1 the imaginary part is at its largest, half of sigma_0, as large as the real part
    at = 1 / (2 * math.pi * 1e-13)
    np.testing.assert_allclose(drude.drude(np.array([-at, at]), np.array([2.0, 1e-13])), [1.0, 1.0], rtol=1e-14)


def test_what_follows_from_the_weight() -> None:
    """Gold: omega_p = 9.03 eV/hbar from n = 5.90e28 1/m^3 (Ashcroft and Mermin 1976, table 1.1) and the free mass."""
    tau = 30e-15
    weight: Number = 5.90e28 * constants.e**2 * tau / constants.m_e
    assert drude.weight_over_mass(weight, tau) * constants.m_e == pytest.approx(5.90e28, rel=1e-12)
    energy = drude.plasma_frequency(weight, tau) * constants.h / constants.e
    exact = constants.hbar * math.sqrt(5.90e28 * constants.e**2 / (constants.epsilon_0 * constants.m_e)) / constants.e
    assert energy == pytest.approx(exact, rel=1e-12)
    assert energy == pytest.approx(9.03, rel=5e-3)
    assert drude.mobility(tau, constants.m_e) == pytest.approx(weight / (5.90e28 * constants.e), rel=1e-12)
