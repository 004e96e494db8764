"""What one more parameter would bring, against fits that have it: of a linear model the two are the same."""

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.fitters.score import Slope, decreases

Array = NDArray[np.float64]


def slope(seed: int, *, n: int = 40, p: int = 3, c: int = 2) -> tuple[Slope, Array]:
    """Residuals of a linear fit of p parameters, c further columns, and the readings; synthetic."""
    rng = np.random.default_rng(seed)
    design, columns, y = rng.normal(size=(n, p)), rng.normal(size=(n, c)), rng.normal(size=n)
    residuals = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    return Slope(design=design, columns=columns, residuals=residuals), y


def chi2(design: Array, y: Array) -> float:
    """By numpy's least squares."""
    return float(np.sum((y - design @ np.linalg.lstsq(design, y, rcond=None)[0]) ** 2))


def test_many_of_several_shapes_each_bring_what_a_fit_gains() -> None:
    drawn = [slope(seed, n=30 + 10 * (seed % 3), p=2 + seed % 2, c=1 + seed % 2) for seed in range(12)]
    found = decreases([one for one, _ in drawn])
    for (one, y), gains in zip(drawn, found, strict=True):
        before = chi2(one.design, y)
        exact = [before - chi2(np.column_stack([one.design, column]), y) for column in one.columns.T]
        np.testing.assert_allclose(gains, exact, rtol=1e-10)
        np.testing.assert_allclose(decreases([one])[0], gains, rtol=1e-12)


def test_columns_that_nearly_repeat_cost_no_digits() -> None:
    """Of a design of condition number 1e7, beside one that is none: its own basis by a decomposition."""
    (one, y), other = slope(1), slope(2)[0]
    near = np.column_stack([one.design[:, ::2], one.design[:, 0] + 1e-7 * one.design[:, 1]])
    gains = decreases([Slope(design=near, columns=one.columns, residuals=one.residuals), other])[0]
    before = chi2(one.design, y)  # they span the same
    exact = [before - chi2(np.column_stack([one.design, column]), y) for column in one.columns.T]
    np.testing.assert_allclose(gains, exact, rtol=1e-7)


@pytest.mark.parametrize("column", [np.zeros(40), None])
def test_nothing_new_brings_nothing(column: Array | None) -> None:
    one, _ = slope(3)
    again = one.design[:, :1] if column is None else column[:, None]
    gain = decreases([Slope(design=one.design, columns=again, residuals=one.residuals)])[0]
    assert 0 <= gain[0] < 1e-8 if column is not None else np.isfinite(gain[0])
