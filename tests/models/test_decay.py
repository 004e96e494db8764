"""The decay of an imbalance: the rate equation it solves, its Jacobian, its limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import approx_fprime
from uncertainties import ufloat

from gzero.models.decay import conductance, decay, imbalance


@given(st.floats(0.2, 5.0), st.floats(0.2, 5.0), st.floats(0.1, 3.0))
def test_two_reservoirs_in_linear_response(left: float, right: float, g: float) -> None:
    """dN_L/dt = -G (mu_L - mu_R) with dN = C dmu on either side, integrated by scipy: the imbalance falls with C/G, C of
    both in series. Tolerance: that of the integrator."""

    def rates(_: float, n: np.ndarray) -> list[float]:
        current = g * (n[0] / left - n[1] / right)
        return [-current, current]

    series = 1 / (1 / left + 1 / right)
    tau = series / g
    end = 1.7 * tau
    out = solve_ivp(rates, (0.0, end), [1.0, -1.0], rtol=1e-9, atol=1e-12)
    difference = out.y[0, -1] - out.y[1, -1]
    # at the end mu_L = mu_R with N_L + N_R = 0: no difference is left
    assert difference == pytest.approx(2.0 * math.exp(-1.7), rel=1e-6)
    assert conductance(1 / tau, series) == pytest.approx(g, rel=1e-12)


def test_the_ends() -> None:
    y = imbalance(np.array([0.0, 1e9]), 0.3, 2.0, 0.05)
    assert y[0] == pytest.approx(0.35, rel=1e-15)
    assert y[1] == 0.05


def test_jacobian() -> None:
    """Against scipy's forward differences: good to the root of the precision."""
    model, t = decay(), np.linspace(0.0, 2.0, 7)
    at = np.array([0.3, 2.0, 0.02])
    np.testing.assert_allclose(model.jacobian(t, at), approx_fprime(at, lambda v: model.function(t, v)), atol=1e-6)


def test_numbers_with_an_uncertainty_pass_through() -> None:
    g = conductance(ufloat(2.0, 0.02), 7.5e32)
    assert g.std_dev / g.nominal_value == pytest.approx(0.01, rel=1e-12)  # linear in the rate
