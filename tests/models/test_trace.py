"""Levels in time and the law of dwell times: against definitions, finite differences and drawn times."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero.models.trace import levels_in_time, survival


@given(st.lists(st.floats(0.01, 0.99), min_size=0, max_size=6, unique=True))
def test_a_reading_has_the_level_that_began_last(switches: list[float]) -> None:
    """The definition, one reading at a time; the Jacobian by differences, which a linear model gives exactly but for rounding."""
    at = np.array(sorted(switches))
    model = levels_in_time(at)
    values = np.arange(1.0, at.size + 2)
    t = np.linspace(0, 1, 57)
    y = model.function(t, values)
    for time, level in zip(t, y, strict=True):
        assert level == values[sum(time >= switch for switch in at)]
    for i in range(values.size):
        moved = values + 0.5 * (np.arange(values.size) == i)
        np.testing.assert_allclose(model.jacobian(t, values)[:, i], (model.function(t, moved) - y) / 0.5, atol=1e-12)
    assert len(model.names) == at.size + 1


def test_survival_is_the_share_of_longer_times() -> None:
    """200 000 exponential times by numpy: five binomial standard deviations."""
    times = np.random.default_rng(1).exponential(0.3, 200_000)
    t = np.array([0.0, 0.1, 0.5, 1.5])
    s = survival(t, 0.3)
    shares = np.array([(times > v).mean() for v in t])
    assert np.all(np.abs(shares - s) <= 5 * np.sqrt(np.maximum(s * (1 - s), 1e-12) / times.size))
    assert s[0] == pytest.approx(1.0)
