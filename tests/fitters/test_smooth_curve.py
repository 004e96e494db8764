"""A smooth curve as a rival: the basis is monotone, and the evidence goes where the readings do."""

import numpy as np
import pytest
from scipy.interpolate import BSpline
from scipy.optimize import lsq_linear

import gzero
from gzero.fitters.smooth_curve import monotone_basis, smooth_curve_evidence

X = np.linspace(0, 60, 400)


def measured(y: np.ndarray, seed: int = 1, noise: float = 0.02) -> gzero.Measurement:
    readings = y + noise * np.random.default_rng(seed).normal(size=X.size)
    return gzero.Measurement.from_arrays(x=X, y=readings, x_unit="mV", y_unit="2e^2/h")


def stairs(width: float) -> np.ndarray:
    return sum(1 / (1 + np.exp(-(X - place) / width)) for place in (8.0, 20.0, 32.0, 44.0))


@pytest.mark.parametrize("functions", [4, 7, 12])
def test_the_basis_is_monotone_and_holds_every_cubic(functions: int) -> None:
    """The first is a constant, each of the others rises from 0 to 1; together they hold the cubics exactly."""
    basis = monotone_basis(X, functions)
    np.testing.assert_allclose(basis[:, 0], 1.0, atol=1e-12)
    assert np.all(np.diff(basis, axis=0) > -1e-12)
    np.testing.assert_allclose(basis[0, 1:], 0.0, atol=1e-12)
    np.testing.assert_allclose(basis[-1, 1:], 1.0, atol=1e-12)
    cubic = (X - 20) ** 3
    coefficients = np.linalg.lstsq(basis, cubic, rcond=None)[0]
    np.testing.assert_allclose(basis @ coefficients, cubic, atol=1e-9 * np.abs(cubic).max())


@pytest.mark.parametrize("functions", [4, 5, 9, 30])
def test_the_basis_is_that_of_scipys_splines(functions: int) -> None:
    """To the last bit or nearly: compilers may contract a product and a sum into one rounding."""
    x = np.sort(np.random.default_rng(functions).random(400))
    place = (x - x[0]) / (x[-1] - x[0])
    knots = np.concatenate([np.zeros(3), np.linspace(0, 1, functions - 2), np.ones(3)])
    for at in (place, np.linspace(0, 1, functions - 2)):  # on the knots as well
        splines = BSpline.design_matrix(at, knots, 3).toarray()
        expected = np.cumsum(splines[:, ::-1], axis=1)[:, ::-1]
        np.testing.assert_allclose(monotone_basis(at, functions), expected, rtol=0, atol=4 * np.finfo(float).eps)


def test_the_difference_of_chi2_is_that_of_another_solver() -> None:
    """Against scipy's bounded least squares on the readings themselves, without the turn to few rows."""
    fit = gzero.fit(measured(stairs(2.5)), quantum="2e^2/h")
    assert fit.problem is not None
    k = fit.values.size
    columns = fit.problem.noise.whiten(monotone_basis(fit.problem.curve.x, k))
    lowest = np.where(np.arange(k) == 0, -np.inf, 0.0)
    best = lsq_linear(columns, fit.problem.noise.whiten(fit.problem.curve.y), bounds=(lowest, np.inf), tol=1e-14)
    staircase = np.sum(fit.problem.residual(fit.values) ** 2)
    expected = (2 * best.cost - staircase) / max(1.0, staircase / fit.dof)
    assert smooth_curve_evidence(fit) == pytest.approx(expected, rel=1e-6)


def test_steps_that_are_there_are_needed() -> None:
    """Four steps with flat stretches: a spline of nine parameters misses them by far more than ten."""
    evidence = smooth_curve_evidence(gzero.fit(measured(stairs(0.8)), quantum="2e^2/h"))
    assert evidence is not None
    assert evidence > 100


def test_falling_conductance_is_as_good() -> None:
    up, down = (
        smooth_curve_evidence(gzero.fit(measured(y), quantum="2e^2/h")) for y in (stairs(0.8), stairs(0.8)[::-1])
    )
    assert up is not None
    assert down is not None
    assert down == pytest.approx(up, rel=0.2)  # another draw of the noise for each reading
