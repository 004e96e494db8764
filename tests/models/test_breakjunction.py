"""The histogram's formula: its limits, its Jacobian, and many sets of values at once."""

import numpy as np
import pytest
from scipy.stats import norm

from gzero.models.breakjunction import Range, background, counts, histogram_model, peak_shapes, slopes

WITHIN = Range(low=0.2, high=4.5, scale=1.0)
X = np.linspace(0.21, 4.49, 57)


def test_a_peak_is_the_normal_law() -> None:
    """exp(-z^2/2) = sqrt(2 pi) w times the density of scipy's normal law; rounding only."""
    shape = peak_shapes(X, np.array([1.15]), np.array([0.08]))[:, 0]
    assert shape == pytest.approx(np.sqrt(2 * np.pi) * 0.08 * norm.pdf(X, 1.15, 0.08), rel=1e-12, abs=1e-15)


def test_the_background_spans_tunnelling_and_polynomials() -> None:
    """1/G, and every cubic, are in the span of its terms, exactly but for rounding."""
    terms = background(X, WITHIN, degree=3)
    for wanted in (1 / X, X**3 - 2 * X + 5):
        found, *_ = np.linalg.lstsq(terms, wanted, rcond=None)
        assert terms @ found == pytest.approx(wanted, rel=1e-9)


def values(rng: np.random.Generator, peaks: int) -> np.ndarray:
    triples = np.column_stack(
        [
            rng.uniform(50, 500, peaks),
            np.arange(1, peaks + 1) + rng.normal(0, 0.05, peaks),
            rng.uniform(0.05, 0.2, peaks),
        ]
    )
    return np.concatenate([triples.ravel(), rng.normal(0, 10, 5)])


@pytest.mark.parametrize("peaks", [0, 1, 4])
def test_the_jacobian_is_the_derivative(peaks: int) -> None:
    """Central differences with h = 1e-6 are exact to h^2 of the third derivative, far below 1e-6 of the largest slope."""
    model = histogram_model(peaks, WITHIN)
    v = values(np.random.default_rng(1), peaks)
    exact = model.jacobian(X, v)
    for k in range(v.size):
        h = 1e-6 * max(1.0, abs(v[k]))
        up, down = v.copy(), v.copy()
        up[k] += h
        down[k] -= h
        slope = (model.function(X, up) - model.function(X, down)) / (2 * h)
        assert exact[:, k] == pytest.approx(slope, abs=1e-6 * np.abs(exact).max())


def test_many_sets_are_each_set() -> None:
    rng = np.random.default_rng(2)
    sets = np.array([values(rng, 3) for _ in range(6)])
    terms = background(X, WITHIN)
    together, slope = counts(X, sets, 3, terms), slopes(X, sets, 3, terms)
    for one, y, j in zip(sets, together, slope, strict=True):
        assert y == pytest.approx(counts(X, one, 3, terms), rel=1e-12)
        assert j == pytest.approx(slopes(X, one, 3, terms), rel=1e-12)


def test_scale_of_the_conductance_scales_positions_alone() -> None:
    """The same histogram in siemens: heights and background are counts, whatever the unit of G."""
    q, v = 7.748e-5, values(np.random.default_rng(3), 2)
    si = v * np.array([1, q, q, 1, q, q, 1, 1, 1, 1, 1])
    other = histogram_model(2, Range(low=0.2 * q, high=4.5 * q, scale=q))
    assert other.function(X * q, si) == pytest.approx(histogram_model(2, WITHIN).function(X, v), rel=1e-9)


@pytest.mark.parametrize("within", [Range(low=0.0, high=1.0, scale=1.0), Range(low=2.0, high=1.0, scale=1.0)])
def test_a_range_that_is_empty_or_reaches_zero_is_refused(within: Range) -> None:
    with pytest.raises(ValueError, match="no histogram"):
        histogram_model(1, within)
