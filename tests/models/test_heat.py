"""Heat of ballistic modes and phonons: the integrals they come from, identities, limits, Jacobians."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants
from scipy.integrate import quad
from scipy.optimize import approx_fprime

from gzero.models.heat import (
    coupling_of,
    differences_model,
    heat_conductance,
    heat_flow,
    mode_flow,
    phonon_law,
    settings_model,
)
from gzero.quanta import KAPPA0

#: Temperatures of an island and of its reservoir [K].
HOT = np.array([0.03, 0.04, 0.05, 0.06, 0.08, 0.1])
COLD = np.full(HOT.size, 0.024)
SETTING = np.array([0, 1, 0, 1, 0, 1])


def test_a_mode_carries_what_the_fermi_functions_say() -> None:
    """J = (1/h) int E (f(E, T_h) - f(E, T_0)) dE over all energies from the Fermi level, transmission 1 (Landauer):
    independent quadrature, good to 1e-10."""
    kb, h = constants.k, constants.h

    def half(t: float) -> float:
        value, _ = quad(lambda u: u / (math.exp(u) + 1), 0, 200, epsabs=1e-13)  # electrons; holes carry as much
        return (kb * t) ** 2 / h * 2 * value

    one = float(heat_flow(np.array([0.1]), np.array([0.024]), 1.0, 0.0)[0])
    assert one == pytest.approx(half(0.1) - half(0.024), rel=1e-10)


def test_the_quantum_and_wiedemann_and_franz() -> None:
    """kappa0 = 9.46431151639e-13 W/K^2 (facts/units_codata2022.csv, 12 digits), L0 = kappa0/(e^2/h) = 2.44300450907e-8."""
    k = float(heat_conductance(np.array([1.0]), 1.0, 0.0)[0])
    assert k == pytest.approx(9.46431151639e-13, rel=1e-11)
    assert k / (constants.e**2 / constants.h) == pytest.approx(2.44300450907e-8, rel=1e-11)


@given(st.floats(0.01, 300.0), st.floats(0.0, 20.0), st.floats(0.0, 1e-8))
def test_conductance_is_the_slope_of_the_flow(temperature: float, modes: float, coupling: float) -> None:
    """dJ/dT_h = N kappa0 T + 5 SV T^4, by a central difference (its error is of order step^2 = 1e-8)."""
    step = 1e-4 * temperature
    ends = np.array([temperature - step, temperature + step])
    flow = heat_flow(ends, np.full(2, 0.001), modes, coupling)
    slope = heat_conductance(np.array([temperature]), modes, 5 * coupling, 4.0)[0]
    assert (flow[1] - flow[0]) / (2 * step) == pytest.approx(slope, rel=1e-6, abs=1e-30)


def test_nothing_flows_between_equal_temperatures() -> None:
    assert not heat_flow(HOT, HOT, 3.0, 1e-8).any()


def test_the_pivot_is_only_a_scale() -> None:
    """SV back from the coefficient of the law gives the phonons of the formula, for a flow and for a conductance."""
    law, _ = phonon_law(HOT, COLD, 5.0, 0.07)
    np.testing.assert_allclose(0.8 * law, heat_flow(HOT, COLD, 0.0, coupling_of(0.8, 5.0, 0.07, flow=True)), rtol=1e-12)
    law, _ = phonon_law(HOT, None, 3.0, 0.07)
    np.testing.assert_allclose(
        0.8 * law, heat_conductance(HOT, 0.0, coupling_of(0.8, 3.0, 0.07, flow=False)), rtol=1e-12
    )


@pytest.mark.parametrize("exponent", [None, 5.0])
@pytest.mark.parametrize("cold", [COLD, None], ids=["flow", "conductance"])
def test_jacobian_of_the_settings(exponent: float | None, cold: np.ndarray | None) -> None:
    """Against scipy's forward differences: good to the root of the precision."""
    each = KAPPA0 * HOT if cold is None else mode_flow(HOT, cold)
    model = settings_model(each, HOT, cold, SETTING, pivot=0.1, exponent=exponent)
    at = np.array([1.0, 2.1, 0.7, 5.3][: len(model.names)])
    x = np.arange(HOT.size, dtype=float)
    size = each.max()
    numeric = approx_fprime(at, lambda v: model.function(x, v) / size)
    np.testing.assert_allclose(model.jacobian(x, at) / size, numeric, atol=1e-6)


@pytest.mark.parametrize("cold", [COLD, None], ids=["flow", "conductance"])
def test_differences_do_not_see_what_settings_share(cold: np.ndarray | None) -> None:
    """y = q n each + phonons of any law: least squares finds q alone, whatever the phonons (exactly for a power up to 6)."""
    hot = np.tile(np.linspace(0.03, 0.1, 9), 2)
    below = None if cold is None else np.full(hot.size, 0.024)
    each = KAPPA0 * hot if below is None else mode_flow(hot, below)
    channels = np.repeat([1.0, 4.0], 9)
    for exponent in (3.0, 5.0, 6.0):
        phonons, _ = phonon_law(hot, below, exponent, 0.1)
        model = differences_model({"q": channels}, each, hot, below, terms=6)
        design = model.jacobian(hot, np.zeros(len(model.names)))
        size = np.linalg.norm(design, axis=0)
        y = 0.93 * channels * each + 40.0 * phonons
        found, *_ = np.linalg.lstsq(design / size, y / y.max(), rcond=None)
        assert found[0] / size[0] * y.max() == pytest.approx(0.93, rel=1e-7)
