"""Noise with a full covariance: what it whitens, what a fit under it gives, and what it refuses."""

import numpy as np
import pytest
from scipy.linalg import toeplitz

from gzero.errors import InputError
from gzero.fitters.bootstrap import bootstrap
from gzero.fitters.engine import fit_problem
from gzero.fitters.problem import Problem
from gzero.measurement.curve import Curve
from gzero.models.msd import line
from gzero.reduction.correlated import CorrelatedNoise
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import white

N = 40
X = np.linspace(0.1, 4.0, N)
STD = np.linspace(0.5, 2.0, N)
MATRIX = toeplitz(0.9 ** np.arange(N)) * np.outer(STD, STD)
MODEL = line(1)
J = MODEL.jacobian(X, np.zeros(2))
TRUTH = np.array([3.0, 1.0])


def noise() -> CorrelatedNoise:
    return CorrelatedNoise.of(MATRIX, stated=True)


def test_what_it_whitens_is_white() -> None:
    """W C W^T = 1 for the whitening W."""
    whiten = noise().whiten(np.eye(N))
    np.testing.assert_allclose(whiten @ MATRIX @ whiten.T, np.eye(N), atol=1e-11)
    np.testing.assert_allclose(noise().whiten(X), whiten @ X, rtol=1e-12)


def test_covariance_of_weighted_sums() -> None:
    weights = np.column_stack([np.ones(N), X])
    found, dof = noise().covariance(weights)
    np.testing.assert_allclose(found, weights.T @ MATRIX @ weights, rtol=1e-12)
    assert np.all(np.isinf(dof))


def test_without_correlation_it_is_the_plain_noise() -> None:
    plain, full = Noise(std=STD, stated=True), CorrelatedNoise.of(np.diag(STD**2), stated=True)
    np.testing.assert_allclose(full.whiten(J), plain.whiten(J), rtol=1e-14)
    assert full.correlation_length == pytest.approx(1.0)
    assert full.correlated
    assert not plain.correlated


def test_readings_per_independent_one() -> None:
    """Of AR(1) of 0.9 the best mean of n has variance (1 + rho)/(n (1 - rho) + 2 rho) (Grenander 1954): n times that."""
    found = CorrelatedNoise.of(toeplitz(0.9 ** np.arange(N)), stated=True).correlation_length
    assert found == pytest.approx(N * 1.9 / (N * 0.1 + 1.8), rel=1e-10)


def problem(y: np.ndarray, under: Noise) -> Problem:
    return Problem(model=MODEL, curve=Curve(x=X, y=y), noise=under)


def test_a_fit_is_generalised_least_squares() -> None:
    """(J^T C^-1 J)^-1 J^T C^-1 y and (J^T C^-1 J)^-1, written out with numpy."""
    y = MODEL.function(X, TRUTH) + np.linalg.cholesky(MATRIX) @ np.random.default_rng(1).normal(size=N)
    fit = fit_problem(problem(y, noise()), {"diffusion": 1.0, "offset": 0.0})
    inverse = np.linalg.inv(MATRIX)
    covariance = np.linalg.inv(J.T @ inverse @ J)
    np.testing.assert_allclose(fit.values, covariance @ J.T @ inverse @ y, rtol=1e-7)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-7)
    assert fit.method == "generalised least squares"
    assert "correlated" in fit.noise_model


def test_a_bootstrap_keeps_the_correlation() -> None:
    """2000 refits: the variance of a sample of 2000 normal numbers is good to 3.2 %, five of which are allowed for; drawing
    readings as if they were independent makes the slope more than twice too good."""
    y = MODEL.function(X, TRUTH) + np.linalg.cholesky(MATRIX) @ np.random.default_rng(2).normal(size=N)
    fit = fit_problem(problem(y, noise()), {"diffusion": 1.0, "offset": 0.0})
    drawn = bootstrap(fit, rng=np.random.default_rng(3), repeats=2000)
    # the pool of whitened residuals has the mean square of these data, not 1
    pool = fit.chi2 / fit.dof
    for name in ("diffusion", "offset"):
        assert drawn.std(name) ** 2 == pytest.approx(fit.std(name) ** 2 * pool, rel=0.2)
    apart = fit_problem(problem(y, Noise(std=STD, stated=True)), {"diffusion": 1.0, "offset": 0.0})
    assert apart.std("diffusion") < 0.5 * fit.std("diffusion")


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (np.ones((2, 3)), "square"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "finite"),
        (np.array([[1.0, 0.5], [0.2, 1.0]]), "same both ways"),
        (np.array([[1.0, 1.0], [1.0, 1.0]]), "positive definite"),
        (np.array([[1.0, 0.0], [0.0, 0.0]]), "positive variances"),
    ],
)
def test_what_is_no_covariance(matrix: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=said):
        CorrelatedNoise.of(matrix, stated=True)


def test_it_says_nothing_beyond_its_readings() -> None:
    assert noise().with_spectrum(white(N)).root is not None
    assert noise().over(N, 0).std.size == N
    with pytest.raises(InputError, match="none of 50"):
        noise().over(50, 0)
    np.testing.assert_allclose(noise().scaled(2.0).std, 2 * STD)
