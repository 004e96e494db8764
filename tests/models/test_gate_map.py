"""The gate-to-energy map against the integrals that it is, and its limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from gzero.models.gate_map import exponential


@given(st.floats(-5, 5), st.floats(-2, 2) | st.floats(-1e-2, 1e-2) | st.sampled_from([0.0, 1e-300, -1e-17, 1e-9]))
def test_the_map_is_its_integral(s: float, curvature: float) -> None:
    """phi = int_0^s exp(c t) dt and dphi/dc = int_0^s t exp(c t) dt, by an engine that knows neither expm1 nor a series."""
    phi, by_gate, by_curvature = exponential(np.array([s]), curvature)
    # quad of a smooth function: its rounding, 1e-14 of the largest integrand times the length
    size = np.exp(max(0.0, curvature * s)) * max(1.0, abs(s)) ** 2
    assert phi[0] == pytest.approx(quad(lambda t: np.exp(curvature * t), 0, s)[0], abs=1e-13 * size)
    assert by_gate[0] == pytest.approx(np.exp(curvature * s), rel=1e-13)
    assert by_curvature[0] == pytest.approx(quad(lambda t: t * np.exp(curvature * t), 0, s)[0], abs=1e-13 * size)


def test_no_curvature_is_the_linear_map() -> None:
    s = np.array([-1e6, -1.0, 0.0, 1e-12, 3.0])
    phi, by_gate, by_curvature = exponential(s, 0.0)
    np.testing.assert_array_equal(phi, s)
    np.testing.assert_array_equal(by_gate, np.ones(5))
    np.testing.assert_array_equal(by_curvature, s**2 / 2)


@pytest.mark.parametrize("sign", [1, -1])
def test_no_seam_where_the_series_takes_over(sign: int) -> None:
    """Across |c s| = 0.02 the derivative by c moves by its own slope, s^3/3 per unit of c, and by no more."""
    s = np.array([1.0])
    below, above = exponential(s, sign * 0.02 * (1 - 1e-12))[2], exponential(s, sign * 0.02 * (1 + 1e-12))[2]
    assert abs(above - below)[0] < 0.5 * 4e-14 + 2e-14  # the slope, and the rounding of a difference of 2e-2 over 4e-4


@given(st.floats(-3, 3), st.floats(0.01, 1e3))
def test_the_map_is_monotone_and_never_overflows(curvature: float, reach: float) -> None:
    above = np.linspace(0, reach, 101)[1:]
    s = np.concatenate([-above[::-1], [0.0], above])
    phi, by_gate, by_curvature = exponential(s, curvature)
    assert np.isfinite([phi, by_gate, by_curvature]).all()
    assert np.all(np.diff(phi) >= -1e-15 * np.abs(phi[1:]))  # a flat end differs in the last digits
    assert phi[100] == 0
    if curvature * reach > 40:  # exp(-40) is below the last digit of 1
        assert phi[0] == pytest.approx(-1 / curvature, rel=1e-14)
