"""Means of repeated readings and their standard uncertainties, against known noise and independent engines."""

import numpy as np
import pytest
from scipy import stats

from gzero.reduction.repeats import _differs, combine


def readings(seed: int, settings: int, times: int, std):
    """x, y, the truth at each reading: a line, with noise whose standard deviation is a function of x."""
    rng = np.random.default_rng(seed)
    x = np.repeat(np.linspace(0.0, 1.0, settings), times)
    return x, 4 * x + std(x) * rng.normal(size=x.size)


def test_nothing_repeats() -> None:
    x = np.linspace(0, 1, 10)
    out = combine(x, x, None, np.arange(10))
    assert out.x is x
    assert out.y_std is None
    assert out.ledger == ()


def test_mean_and_pooled_standard_error() -> None:
    """Against numpy: means, and the square root of the mean of the variances over the repeats (equal numbers)."""
    x, y = readings(1, 50, 4, lambda x: 0.02 + 0 * x)
    out = combine(x, y, None, np.arange(x.size))
    table = y.reshape(50, 4)
    assert out.y == pytest.approx(table.mean(axis=1), rel=1e-12)
    pooled = np.sqrt(table.var(axis=1, ddof=1).mean())
    assert out.y_std == pytest.approx(np.full(50, pooled / 2), rel=1e-12)
    assert out.from_scatter
    assert np.array_equal(out.rows, np.arange(0, 200, 4))
    (done,) = out.ledger
    assert done.origin == "default"
    for words in ("50 of 50 settings were read 4 times", "150 degrees of freedom", "pooled over all settings"):
        assert words in done.note


def test_unequal_numbers_of_repeats() -> None:
    rng = np.random.default_rng(2)
    times = np.array([1, 2, 3, 5, 8, 1, 2, 4])
    x = np.repeat(np.arange(8.0), times)
    y = rng.normal(size=x.size)
    out = combine(x, y, None, np.arange(x.size))
    parts = [y[x == v] for v in range(8)]
    pooled = np.sqrt(sum(((p - p.mean()) ** 2).sum() for p in parts) / (times.sum() - 8))
    assert out.y_std == pytest.approx(pooled / np.sqrt(times), rel=1e-12)


@pytest.mark.parametrize(("settings", "believed"), [(9, False), (10, True)])
def test_ten_degrees_of_freedom_are_the_fewest(settings: int, believed: bool) -> None:
    x, y = readings(3, settings, 2, lambda x: 0.02 + 0 * x)
    out = combine(x, y, None, np.arange(x.size))
    assert (out.y_std is not None) == out.from_scatter == believed
    assert ("too few" in out.ledger[0].note) != believed


def test_identical_readings_have_no_scatter() -> None:
    x = np.repeat(np.linspace(0, 1, 40), 3)
    out = combine(x, np.sqrt(x) / 3, None, np.arange(x.size))
    assert out.y_std is None
    assert "identical" in out.ledger[0].note


@pytest.mark.parametrize("times", [2, 4])
@pytest.mark.parametrize(
    ("std", "dof"), [(lambda x: 0.02 + 0 * x, 200), (lambda x: 0.005 + 0.05 * x, 30)], ids=["even", "growing"]
)
def test_the_uncertainties_cover_the_truth(std, dof: int, times: int) -> None:
    """Pulls of 200 settings in 50 records: those of Student's t for the degrees of freedom that the scatter has.

    Ten thousand pulls tell their spread to 0.7 %, but 30 degrees of freedom are shared by neighbouring settings: 2 %.
    At the ends of a sweep the neighbours lie to one side only, where the scatter that grows is another: 5 %.
    """
    pulls = []
    for seed in range(50):
        x, y = readings(seed, 200, times, std)
        out = combine(x, y, None, np.arange(x.size))
        assert out.y_std is not None
        pulls.append((out.y - 4 * out.x) / out.y_std)
    z = np.array(pulls)
    spread = np.sqrt(dof / (dof - 2))
    assert z.std() == pytest.approx(spread, rel=0.02)
    assert np.mean(np.abs(z) > 1.96) == pytest.approx(2 * stats.t.sf(1.96, dof), abs=0.01)
    for end in (z[:, :50], z[:, -50:]):
        assert end.std() == pytest.approx(spread, rel=0.05)


def test_the_test_of_equal_scatter_is_bartletts() -> None:
    """Groups of 31 readings, one a stretch of 30 degrees of freedom: scipy's p-value decides alike, on both sides."""
    rng = np.random.default_rng(6)
    decisions = []
    for ratio in np.linspace(1.0, 3.0, 60):
        groups = [rng.normal(size=31) * s for s in (1.0, 1.0, ratio, 1.0)]
        deviations = np.array([((g - g.mean()) ** 2).sum() for g in groups])
        p = stats.bartlett(*groups).pvalue
        decisions.append(bool(p < 1e-3))
        assert _differs(deviations, np.full(4, 30)) == decisions[-1]
    assert 10 < sum(decisions) < 50


def test_a_silent_stretch_is_not_taken_for_certain() -> None:
    """Readings that are zero at pinch-off repeat exactly; they get a tenth of the overall scatter and no less."""
    x, y = readings(7, 100, 3, lambda x: 0.02 + 0 * x)
    y[x < 0.4] = 0.0
    out = combine(x, y, None, np.arange(x.size))
    assert out.y_std is not None
    assert "beyond chance" in out.ledger[0].note
    overall = np.sqrt(y.reshape(100, 3).var(axis=1, ddof=1).mean())
    assert out.y_std.min() == pytest.approx(0.1 * overall / np.sqrt(3), rel=1e-12)


def test_means_of_a_coarse_converter_stay_rounded() -> None:
    """A scatter of a tenth of a step hides the rounding, which all repeats share: step/sqrt(12) is its deviation."""
    step = 0.01
    x, y = readings(8, 100, 5, lambda x: 0.1 * step + 0 * x)
    y = np.round(y / step) * step
    out = combine(x, y, None, np.arange(x.size), step=step)
    assert out.y_std is not None
    assert out.y_std.min() >= step / np.sqrt(12)
    assert np.sqrt(np.mean((out.y - 4 * out.x) ** 2)) < out.y_std.min()
    assert "step" in out.ledger[0].note


def test_weighted_means_where_uncertainties_are_stated() -> None:
    x, y, s = np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 5.0]), np.array([0.1, 0.2, 0.3])
    out = combine(x, y, s, np.arange(3))
    assert out.y == pytest.approx([0.8, 5.0])  # weights 1/0.01 and 1/0.04
    assert out.y_std == pytest.approx([125**-0.5, 0.3])
    assert not out.from_scatter
    assert "too few" in out.ledger[0].note


@pytest.mark.parametrize(("stated", "warned"), [(0.5, True), (1.0, False), (2.0, True)])
def test_repeats_against_stated_uncertainties(stated: float, warned: bool) -> None:
    """Noise of 0.02 stated as half, as it is, and as twice: the factor is 1/stated within 3/sqrt(2 x 200) = 15 %."""
    for seed in range(20):
        x, y = readings(seed, 100, 3, lambda x: 0.02 + 0 * x)
        out = combine(x, y, np.full(x.size, 0.02 * stated), np.arange(x.size))
        assert bool(out.warnings) == warned
        factor = float(out.ledger[0].note.partition("they scatter ")[2].split()[0])
        assert factor == pytest.approx(1 / stated, rel=0.17)
        assert out.y_std == pytest.approx(np.full(100, 0.02 * stated / np.sqrt(3)))
