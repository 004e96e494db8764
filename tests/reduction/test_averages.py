"""Mean, median and quantiles: to the bit what numpy says."""

import numpy as np
import pytest

from gzero.reduction.averages import mean, median, middle, quantile


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
