"""Resistance over length: limits, the two ordinates, conversions against integrals, the Fermi velocity against sums of states."""

import math

import numpy as np
import pytest
from scipy.integrate import quad

from gzero.models.length import BALLISTIC, fermi_velocity, line, resistance, transmission
from gzero.quanta import HBAR

X = np.linspace(0.0, 3e-6, 7)


def test_resistance_and_transmission() -> None:
    """R = R_M/Gamma + 2 R_c: quantum over transmission, and both limits of Gamma."""
    for length in (0.0, 1e-7, 5e-6):
        expected = 6453.2 / transmission(length, 6e-7) + 3000.0
        assert resistance(length, 6453.2, 6e-7, 3000.0) == pytest.approx(expected, rel=1e-14)
    assert transmission(0.0, 6e-7) == 1.0
    assert transmission(6e-4, 6e-7) == pytest.approx(1e-3, rel=2e-3)  # lambda/L, to first order in lambda/L


@pytest.mark.parametrize("ordinate", ["resistance", "conductance"])
def test_line_and_derivatives(ordinate) -> None:
    model, at = line(ordinate), np.array([9500.0, 1.1e10])
    r = 9500.0 + 1.1e10 * X
    np.testing.assert_allclose(model.function(X, at), r if ordinate == "resistance" else 1 / r, rtol=1e-14)
    steps = np.diag(1e-5 * at)
    numeric = np.column_stack([(model.function(X, at + d) - model.function(X, at - d)) / (2 * d.sum()) for d in steps])
    np.testing.assert_allclose(model.jacobian(X, at), numeric, rtol=1e-8, atol=1e-8 * np.abs(numeric).max())


def test_no_such_ordinate() -> None:
    with pytest.raises(ValueError, match="no such ordinate"):
        line("resistivity")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no such dimension"):
        fermi_velocity(1.0, 1.0, 4)


def _averages(dimension: int) -> tuple[float, float]:
    """(<v_x of the forward half>, sqrt <v_x^2>) over directions on a Fermi surface of speed 1, by quadrature."""
    if dimension == 1:
        return 1.0, 1.0
    weight = (lambda t: 1.0) if dimension == 2 else math.sin
    norm = quad(weight, 0, math.pi)[0]
    forward = quad(lambda t: weight(t) * math.cos(t), 0, math.pi / 2)[0] / (norm / 2)
    return forward, math.sqrt(quad(lambda t: weight(t) * math.cos(t) ** 2, 0, math.pi)[0] / norm)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_ballistic_over_mean_free_path(dimension) -> None:
    """lambda_b = 2 D/v_T with v_T the mean speed of the forward half (Datta 1995): so lambda_b/l = 2 sqrt<v_x^2>/v_T."""
    forward, rms = _averages(dimension)
    assert BALLISTIC[f"{dimension}D degenerate"] == pytest.approx(2 * rms / forward, rel=1e-9)


def test_ballistic_of_a_dilute_gas() -> None:
    """One component of a Maxwell gas of v_x^2 = 1: the forward half moves at sqrt(2/pi), by quadrature."""
    forward = 2 * quad(lambda v: v * math.exp(-(v**2) / 2) / math.sqrt(2 * math.pi), 0, 40)[0]
    assert BALLISTIC["non-degenerate"] == pytest.approx(2 / forward, rel=1e-9)


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_fermi_velocity_counts_states(dimension) -> None:
    """g times the volume of the Fermi sphere over (2 pi)^d is the density."""
    k = fermi_velocity(1e16, 9.1e-31, dimension, 4.0) * 9.1e-31 / HBAR
    ball = {1: 2 * k, 2: math.pi * k**2, 3: 4 / 3 * math.pi * k**3}[dimension]
    assert 4 * ball / (2 * math.pi) ** dimension == pytest.approx(1e16, rel=1e-12)
