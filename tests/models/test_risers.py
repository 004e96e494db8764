"""Broadenings against quadrature by another engine, closed forms, and exact limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import expit

from gzero.models.risers import NARROWEST, logistic, nodes, opening, opening_slopes

#: The errors of the rules as the module states them.
CONVOLVED, MODULATED = 2e-13, 2e-11

SINGLE = nodes(convolution=False, bias_symmetry=None, modulation=False)
CONVOLUTION = nodes(convolution=True, bias_symmetry=None, modulation=False)
MODULATION = nodes(convolution=False, bias_symmetry=None, modulation=True)
ALL = nodes(convolution=True, bias_symmetry=0.3, modulation=True)


def one(u: NDArray[np.float64] | list[float], width: float, *extents: float, rule: object) -> NDArray[np.float64]:
    """F at energies u for one riser."""
    return opening(np.atleast_2d(u), np.array([width]), tuple(np.array([p]) for p in extents), rule)[0]  # type: ignore[arg-type]


def density(t: float) -> float:
    return 0.25 / np.cosh(t / 2) ** 2


def test_the_logistic_step() -> None:
    z = np.array([-1e308, -1000.0, -30.0, 0.0, 30.0, 1000.0, 1e308])
    f = logistic(z)
    np.testing.assert_allclose(f, expit(z), rtol=1e-15, atol=1e-16)
    assert (f[0], f[3], f[-1]) == (0.0, 0.5, 1.0)
    assert z[0] == -1e308  # what was given is not written over


@pytest.mark.parametrize("rule", [SINGLE, CONVOLUTION, MODULATION, ALL])
def test_weights_are_shares(rule: object) -> None:
    assert rule.weights.sum() == pytest.approx(1, abs=1e-15)  # type: ignore[attr-defined]
    assert (rule.weights > 0).all()  # type: ignore[attr-defined]


def test_the_product_of_three_rules() -> None:
    """Every combination once, with the product of its weights."""
    assert ALL.shifts.shape == (3, 67 * 2 * 24)
    seen = {tuple(column) for column in ALL.shifts.T}
    assert len(seen) == ALL.weights.size
    assert set(ALL.shifts[1]) == {-0.3, 0.7}
    # moments of the parts: variance pi^2/3 of a logistic density, beta (1 - beta) of two points, 1/4 of a semi-ellipse
    mean = ALL.shifts @ ALL.weights
    variance = (ALL.shifts - mean[:, None]) ** 2 @ ALL.weights
    np.testing.assert_allclose(mean, [0, 0.2, 0], atol=1e-14)
    np.testing.assert_allclose(variance, [np.pi**2 / 3, 0.25, 0.25], rtol=1e-9)  # the tail beyond t = 29 is 1e-10 of it


@given(st.floats(-30, 30), st.floats(0.01, 1))
def test_the_convolution_is_its_integral(u: float, ratio: float) -> None:
    """int f(u - ratio t) density(t) dt, by adaptive quadrature; the tail beyond 60 is 1e-26."""
    breaks = [0.0] if abs(u / ratio) > 60 else [0.0, u / ratio]
    expected, error = quad(
        lambda t: expit(u - ratio * t) * density(t), -60, 60, points=breaks, epsabs=1e-13, epsrel=0, limit=500
    )
    assert one([u], 1.0, ratio, rule=CONVOLUTION)[0] == pytest.approx(expected, abs=CONVOLVED + error)


@given(st.floats(-40, 40).filter(lambda z: abs(z) > 0.1))
def test_the_closed_form_of_equal_widths(z: float) -> None:
    """F(z) = e^z (e^z - 1 - z)/(e^z - 1)^2, the sum of two logistic variables; it loses digits as 1/z^2."""
    e = np.exp(-abs(z))
    # written for z > 0 with e^-z, and by F(-z) = 1 - F(z) for the rest
    above = (1 - e - abs(z) * e) / (1 - e) ** 2
    assert one([3 * z], 3.0, 3.0, rule=CONVOLUTION)[0] == pytest.approx(
        above if z > 0 else 1 - above, abs=CONVOLVED + 1e-15 / z**2
    )


@given(st.floats(-15, 15), st.floats(0, 6))
def test_the_modulation_is_its_integral(u: float, amplitude: float) -> None:
    """(2/pi) int sqrt(1 - s^2) f(u - amplitude s) ds with s = sin(angle), by adaptive quadrature."""
    expected, error = quad(
        lambda a: 2 / np.pi * np.cos(a) ** 2 * expit(u - amplitude * np.sin(a)), -np.pi / 2, np.pi / 2, epsabs=1e-13
    )
    assert one([u], 1.0, amplitude, rule=MODULATION)[0] == pytest.approx(expected, abs=MODULATED + error)


@pytest.mark.parametrize(("amplitude", "stated"), [(6.0, 2e-11), (8.0, 6e-9), (10.0, 2e-7)])
def test_the_stated_errors_of_the_modulation(amplitude: float, stated: float) -> None:
    """No more than is stated, and no less than a twentieth of it: the docstring says the truth."""
    u = np.linspace(-2 * amplitude, 2 * amplitude, 401)
    angle = (np.arange(2000) + 0.5) * np.pi / 2000  # the midpoint rule of an even periodic function: exact here
    expected = 2 / 2000 * np.sin(angle) ** 2 @ expit(u - amplitude * np.cos(angle)[:, None])
    error = np.abs(one(u, 1.0, amplitude, rule=MODULATION) - expected).max()
    assert stated / 20 < error < stated


@pytest.mark.parametrize("rule", [CONVOLUTION, MODULATION])
@given(st.floats(-20, 20))
def test_no_extent_is_the_logistic(rule: object, u: float) -> None:
    """T -> 0 or omega_x -> 0 (whichever is narrower), modulation -> 0."""
    for extent in (0.0, NARROWEST, 1e-18):
        assert one([u], 1.0, extent, rule=rule)[0] == pytest.approx(expit(u), abs=1e-15)


def test_no_width_at_all_is_the_jump() -> None:
    u = [-1.0, -1e-50, 0.0, 1e-50, 1.0]
    np.testing.assert_allclose(one(u, NARROWEST, 0.0, rule=CONVOLUTION), [0, 0, 0.5, 1, 1], atol=1e-15)


@given(st.floats(0, 30), st.floats(0, 1), st.floats(0, 6))
def test_symmetric_broadenings_are_odd_about_the_threshold(u: float, ratio: float, amplitude: float) -> None:
    """F(u) + F(-u) = 1."""
    rule = nodes(convolution=True, bias_symmetry=0.5, modulation=True)
    value = one([u, -u], 1.0, ratio, 2.0, amplitude, rule=rule)
    assert value.sum() == pytest.approx(1, abs=1e-14)


@given(st.floats(-30, 30), st.floats(0.05, 3), st.floats(0, 1), st.floats(0, 3), st.floats(0, 3))
@settings(max_examples=5, deadline=None)
def test_blocks_change_nothing(u: float, width: float, ratio: float, bias: float, amplitude: float) -> None:
    """The sum over nodes is taken in blocks that depend on the number of points: long and short calls agree."""
    many = np.linspace(u, u + 1, 2000)
    extents = (ratio * width, bias, amplitude)
    np.testing.assert_allclose(
        one(many, width, *extents, rule=ALL)[::500], one(many[::500], width, *extents, rule=ALL), rtol=0, atol=1e-14
    )


@given(st.floats(0.1, 5), st.floats(0, 1))
def test_value_and_slopes_come_from_the_same_steps(width: float, ratio: float) -> None:
    u = np.linspace(-9, 9, 13)[None, :]
    arguments = u, np.array([width])
    for extents, rule in ((), SINGLE), ((np.array([width * ratio]),), CONVOLUTION):
        slopes = opening_slopes(*arguments, np.array([2.0]), extents, rule)
        np.testing.assert_array_equal(slopes.value, opening(*arguments, extents, rule))
        assert (slopes.by_energy >= 0).all()
        assert slopes.by_extents.shape == (len(extents), 1, 13)
