"""Mean, median and quantiles: to the bit what numpy says."""

import numpy as np
import pytest

from gzero.reduction.averages import mean, median, medians, middle, quantile, quantiles


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 20, 127, 128, 129, 400, 1001])
def test_they_are_those_of_numpy(n: int) -> None:
    rng = np.random.default_rng(n)
    for values in (rng.normal(size=n), np.round(rng.normal(size=n), 1), rng.normal(size=n)[::-1], np.full(n, 0.1)):
        before = values.copy()
        assert mean(values) == np.mean(values)
        assert median(values) == np.median(values)
        assert middle(values.tolist()) == np.median(values)
        for share in (0.0, 0.05, 0.3, 0.5, 0.95, 1.0):
            assert quantile(values, share) == np.quantile(values, share)
        np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 20, 399, 400])
def test_those_of_many_are_those_of_each(n: int) -> None:
    values = np.random.default_rng(n).normal(size=(6, n))
    before = values.copy()
    np.testing.assert_array_equal(medians(values), np.median(values, axis=1))
    for share in (0.0, 0.05, 0.5, 0.95, 1.0):
        np.testing.assert_array_equal(quantiles(values, share), np.quantile(values, share, axis=1))
    np.testing.assert_array_equal(values, before)
