"""The restricted likelihood against the density of error contrasts, and its floors against its values."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import null_space
from scipy.stats import multivariate_normal

from gzero.reduction.restricted_likelihood import RestrictedLikelihood
from gzero.reduction.spectrum import autoregressive

Array = NDArray[np.float64]


def drawn(seed: int, n: int = 60, p: int = 5) -> tuple[Array, Array]:
    """Residuals of a fit of p parameters to white noise, and its design; synthetic."""
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(n, p))
    y = rng.normal(size=n)
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0], design


def variances(seed: int, n: int = 60) -> Array:
    """Powers of an autoregression, or a hundredfold scatter without order."""
    rng = np.random.default_rng(seed)
    return autoregressive(n, 0.9).powers if seed % 2 else np.exp(rng.uniform(-2.3, 2.3, size=n))


@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_density_of_what_the_fit_cannot_reach(seed: int) -> None:
    """Error contrasts C^T r, C an orthonormal basis of what is orthogonal to the design (Harville 1974, doi
    10.1093/biomet/61.2.383), are normal with covariance scale C^T S C: scipy's density of them, at the scale given."""
    r, design = drawn(seed)
    s = variances(seed)
    value, scale = RestrictedLikelihood.of(r, design)(s)
    contrasts = null_space(design.T)
    dense = contrasts.T @ (s[:, None] * contrasts)
    exact = -2 * multivariate_normal(cov=scale * dense).logpdf(contrasts.T @ r)
    dof = r.size - design.shape[1]
    assert value + dof * (np.log(2 * np.pi) + 1) == pytest.approx(exact, rel=1e-10)
    # and no other scale is more likely
    for other in (0.99, 1.01):
        assert -2 * multivariate_normal(cov=other * scale * dense).logpdf(contrasts.T @ r) > exact


def test_white_noise_needs_no_determinant() -> None:
    r, design = drawn(1)
    likelihood = RestrictedLikelihood.of(r, design)
    np.testing.assert_allclose(likelihood.white(), likelihood(np.ones(r.size)), rtol=1e-12)
    assert likelihood.white()[1] == pytest.approx(r @ r / likelihood.dof, rel=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_no_value_lies_below_its_floor(seed: int) -> None:
    r, design = drawn(seed, p=1 + seed % 12)
    s = np.array([variances(seed + k) ** power for k in range(4) for power in (0.1, 0.5, 1.0, 2.0)])
    likelihood = RestrictedLikelihood.of(r + design[:, 0] * (seed % 3), design)
    floors = likelihood.floors(s, np.log(s))
    values = np.array([likelihood(row)[0] for row in s])
    assert np.all(floors <= values)
    # of weights that hardly differ the floor is the value: both inequalities then lose the square of the difference
    near = np.exp(1e-4 * np.log(s))
    np.testing.assert_allclose(likelihood.floors(near, np.log(near)), [likelihood(row)[0] for row in near], atol=1e-5)


def test_a_floor_is_the_value_where_the_basis_mixes_nothing() -> None:
    """A design of single readings: S of the others is all that is left, and both inequalities are equalities."""
    rng = np.random.default_rng(5)
    r, s = rng.normal(size=30), rng.uniform(0.1, 9.0, size=(3, 30))
    likelihood = RestrictedLikelihood.of(r, np.eye(30)[:, :4])
    rest = slice(4, None)
    exact = 26 * np.log((r[rest] ** 2 / s[:, rest]).sum(axis=1) / 26) + np.log(s[:, rest]).sum(axis=1)
    np.testing.assert_allclose(likelihood.floors(s, np.log(s)), exact, atol=2e-6)  # 1e-6 is given to rounding
    np.testing.assert_allclose([likelihood(row)[0] for row in s], exact, rtol=1e-12)


@pytest.mark.parametrize(
    ("beyond", "counts"), [(0.0, False), (1e-14, False), (1e-10, False), (1e-6, True), (1e-3, True)]
)
def test_columns_that_others_span_do_not_count(beyond: float, counts: bool) -> None:
    """Twice the design, a sum of its columns, a column of zeros, and one that leaves their span by a little: singular values
    of the whole below 1e-8 of the largest do not count, and a columns of 1e-10 of its size beyond is one of those."""
    r, design = drawn(3)
    rng = np.random.default_rng(9)
    last = design[:, 0] + beyond * rng.normal(size=r.size)
    wide = np.column_stack([design, 3 * design, design.sum(axis=1), np.zeros(r.size), last])
    likelihood = RestrictedLikelihood.of(r, wide)
    assert likelihood.dof == r.size - 5 - counts
    if not counts:
        s = variances(1)
        assert likelihood(s)[0] == pytest.approx(RestrictedLikelihood.of(r, design)(s)[0], rel=1e-8)


def test_nothing_left_over_is_not_likely() -> None:
    _, design = drawn(2)
    value, scale = RestrictedLikelihood.of(np.zeros(60), design)(np.ones(60))
    assert value == np.inf
    assert scale == 0.0
    assert np.all(RestrictedLikelihood.of(np.zeros(60), design).floors(np.ones((1, 60)), np.zeros((1, 60))) == -np.inf)


@pytest.mark.parametrize("seed", [0, 1])
def test_information_is_half_the_trace_of_what_the_slopes_do_to_the_contrasts(seed: int) -> None:
    """1/2 tr(P dV_a P dV_b) with P = C (C^T S C)^-1 C^T and dV = S d ln S (Searle, Casella and McCulloch, Variance
    Components, 1992, 6.6), in dense matrices."""
    r, design = drawn(seed)
    s = variances(seed)
    slopes = np.random.default_rng(seed).normal(size=(3, r.size))
    contrasts = null_space(design.T)
    p = contrasts @ np.linalg.inv(contrasts.T @ (s[:, None] * contrasts)) @ contrasts.T
    parts = [p * (s * slope) for slope in slopes]
    exact = [[0.5 * np.trace(a @ b) for b in parts] for a in parts]
    np.testing.assert_allclose(RestrictedLikelihood.of(r, design).information(s, slopes), exact, rtol=1e-9, atol=1e-12)
