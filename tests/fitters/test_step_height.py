"""The line through the levels: exact cases, propagation, and the series resistance."""

import numpy as np
import pytest

from gzero.errors import FitError
from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import step_height
from gzero.quanta import G0


def levels(values, std=0.01, shifts=None, indices=None, fit=False) -> LevelSet:
    values = np.asarray(values, float)
    n = np.arange(1, values.size + 1) if indices is None else np.asarray(indices)
    return LevelSet(
        indices=n, values=values, covariance=np.eye(values.size) * std**2, shifts=shifts or {},
        flat=(True,) * values.size, counted_from="pinch-off", resistance_fitted=fit,
    )  # fmt: skip


def test_exact_multiples() -> None:
    line = step_height(levels([1.02, 2.04, 3.06, 4.08]), "S")
    assert line.step.value == pytest.approx(1.02, rel=1e-12)
    # sigma_h = sigma/sqrt(sum n^2) for equal weights
    assert line.step.std_stat == pytest.approx(0.01 / np.sqrt(30), rel=1e-6)
    assert line.dof == 3


def test_scatter_beyond_the_stated_widens() -> None:
    line = step_height(levels([1.1, 1.9, 3.1, 3.9]), "S")
    assert line.scale == pytest.approx(np.sqrt(line.chi2 / 3))
    assert line.step.std_stat == pytest.approx(line.scale * 0.01 / np.sqrt(30), rel=1e-6)


def test_a_common_gain_error_is_not_averaged_down() -> None:
    """Peelle's puzzle: a 1 % gain error common to all levels is 1 % of the step, and does not move its value."""
    n = np.arange(1, 5)
    line = step_height(levels(n.astype(float), shifts={"gain": -0.01 * n}), "S")
    assert line.step.value == pytest.approx(1.0, rel=1e-12)
    assert line.step.systematic["gain"] == pytest.approx(-0.01, rel=1e-12)


@pytest.mark.parametrize("resistance", [0.0, 500.0, -30.0])
def test_resistance_and_step_come_back_exactly(resistance: float) -> None:
    n = np.arange(1, 6)
    read = 1 / (1 / (n * G0) + resistance)
    line = step_height(levels(read, std=1e-4 * G0, fit=True), "S")
    assert line.step.value == pytest.approx(G0, rel=1e-9)
    assert line.series_resistance is not None
    assert line.series_resistance.value == pytest.approx(resistance, abs=1e-4)
    assert line.corrected == pytest.approx(n * G0, rel=1e-9)
    assert line.dof == 3


def test_uncertainties_with_a_fitted_resistance_cover() -> None:
    """Propagation against 4,000 synthetic experiments; the correlation +0.96 at four plateaus is that of statistics.md 3."""
    rng = np.random.default_rng(2)
    n = np.arange(1, 5)
    true = 1 / (1 / (n * G0) + 300.0)
    std = 2e-3 * G0
    found = []
    for _ in range(4000):
        line = step_height(levels(true + std * rng.normal(size=4), std=std, fit=True), "S")
        assert line.series_resistance is not None
        found.append((line.step.value, line.series_resistance.value, line.step.std_stat / line.scale))
    h, r, stated = np.array(found).T
    assert np.std(h) == pytest.approx(np.mean(stated), rel=0.05)  # 4000 experiments know a std to 1.1 %
    assert np.corrcoef(h, r)[0, 1] == pytest.approx(0.96, abs=0.02)


def test_one_level_cannot_tell_a_resistance() -> None:
    with pytest.raises(FitError, match="one plateau"):
        step_height(levels([G0], fit=True), "S")


def test_indices_that_start_above_one() -> None:
    line = step_height(levels([2.0, 3.0, 4.0], indices=[2, 3, 4]), "S")
    assert line.step.value == pytest.approx(1.0, rel=1e-12)
