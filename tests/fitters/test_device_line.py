"""A line through devices: against scipy and ordinary algebra, with few devices, with scatter beyond what is stated, with one
device that is off."""

import numpy as np
import pytest
from scipy.stats import binom, linregress
from scipy.stats import t as student

from gzero.errors import InputError
from gzero.fitters.device_checks import fieller
from gzero.fitters.device_line import fit_devices, is_bent
from gzero.measurement.curve import Curve
from gzero.models.length import line

#: A slope so small that a scatter alike for all and one in proportion to the law are one and the same.
START, SLOPE = 10_000.0, 1e7
LENGTHS = np.linspace(0.5e-6, 3e-6, 8)


def devices(seed: int = 1, *, x=LENGTHS, scatter=0.001, std=None, start=START, slope=SLOPE, off=0.0) -> Curve:
    law = start + slope * x
    y = law + scatter * START * np.random.default_rng(seed).normal(size=x.size)
    y[x.size // 2] += off
    return Curve(x=x, y=y, y_std=None if std is None else np.full(x.size, std), x_unit="m", y_unit="ohm")


@pytest.mark.parametrize("count", [3, 4, 8])
def test_without_stated_uncertainties_it_is_the_textbook_line(count: int) -> None:
    """scipy.stats.linregress, and Student's interval of n - 2 degrees of freedom, down to one; the laws differ by 0.3 %."""
    curve = devices(x=LENGTHS[:count])
    found, other = fit_devices(curve, line("resistance")), linregress(curve.x, curve.y)
    factor = student.ppf(0.975, count - 2) / 1.959964
    assert found.student == pytest.approx(factor, rel=1e-6)
    assert found.fit.value("slope") == pytest.approx(other.slope, abs=2e-2 * other.stderr)
    assert found.fit.std("slope") == pytest.approx(other.stderr * factor, rel=5e-3)
    assert found.fit.std("intercept") == pytest.approx(other.intercept_stderr * factor, rel=5e-3)


def test_stated_uncertainties_are_believed() -> None:
    """Weighted normal equations by hand; no factor."""
    curve = devices(std=12.0)
    found = fit_devices(curve, line("resistance"))
    design = np.column_stack([np.ones(8), curve.x]) / 12.0
    np.testing.assert_allclose(found.fit.covariance, np.linalg.inv(design.T @ design), rtol=1e-6)
    assert found.student == 1.0
    assert found.scatter == 0.0
    assert not found.outliers


def test_scatter_beyond_what_is_stated_is_added() -> None:
    """Stated a tenth of the scatter: the interval must be that of the scatter, which linregress finds by itself (the stated
    part is 1 % of the variance)."""
    curve = devices(std=1.0)
    found, other = fit_devices(curve, line("resistance")), linregress(curve.x, curve.y)
    factor = student.ppf(0.975, 6) / 1.959964
    assert found.excess < 1e-6
    assert found.fit.std("slope") == pytest.approx(other.stderr * factor, rel=0.01)
    own = np.sqrt(np.sum((curve.y - other.intercept - other.slope * curve.x) ** 2) / 6)
    assert found.scatter == pytest.approx(np.sqrt(own**2 - 1.0) / START, rel=0.01)


def test_conductances_are_fitted_as_conductances() -> None:
    """Without noise the same line; with small noise the same as resistances of the same relative uncertainty (to first
    order in 1 %)."""
    law = START + 1e10 * LENGTHS
    exact = fit_devices(Curve(x=LENGTHS, y=1 / law, y_std=0.01 / law), line("conductance"))
    assert exact.fit.value("slope") == pytest.approx(1e10, rel=1e-9)
    assert exact.fit.value("intercept") == pytest.approx(START, rel=1e-9)
    plain = fit_devices(Curve(x=LENGTHS, y=law, y_std=0.01 * law), line("resistance"))
    np.testing.assert_allclose(exact.fit.covariance, plain.fit.covariance, rtol=1e-6)


def test_one_bad_device_is_named_and_kept() -> None:
    """Ten standard deviations off; the same t as a dummy variable for that device has in an ordinary regression."""
    curve = devices(off=100.0)
    found = fit_devices(curve, line("resistance"))
    assert [o.place for o in found.outliers] == [4]
    design = np.column_stack([np.ones(8), curve.x / 1e-6, np.arange(8) == 4])
    best, rest, _, _ = np.linalg.lstsq(design, curve.y, rcond=None)
    std = np.sqrt(rest[0] / 5 * np.linalg.inv(design.T @ design)[2, 2])
    assert found.outliers[0].distance == pytest.approx(abs(best[2]) / std, rel=0.02)  # the law differs by 0.3 %
    by_hand = np.sqrt(rest[0] / 5 * np.diag(np.linalg.inv(design.T @ design))[:2]) / [1.0, 1e-6]
    assert np.all(np.abs(found.outliers[0].without - [best[0], best[1] / 1e-6]) < 0.02 * by_hand)
    assert len(curve) == found.fit.residuals.size  # it counts


def test_outliers_are_rare_among_good_devices() -> None:
    """At most 5 % of sets by construction (Bonferroni): 300 sets, three binomial standard deviations."""
    named = sum(bool(fit_devices(devices(seed), line("resistance")).outliers) for seed in range(300))
    assert named <= binom.ppf(0.9987, 300, 0.05)


def test_a_robust_loss_bounds_the_pull_of_a_bad_device() -> None:
    """A device off by 100 standard deviations: without it the line of the others, with it as far away as their own scatter."""
    curve = devices(off=1000.0)
    plain = fit_devices(curve, line("resistance"))
    robust = fit_devices(curve, line("resistance"), loss="huber")
    kept = np.arange(8) != 4
    rest = linregress(curve.x[kept], curve.y[kept])
    assert abs(robust.fit.value("intercept") - rest.intercept) < 2 * rest.intercept_stderr
    assert abs(plain.fit.value("intercept") - rest.intercept) > 4 * rest.intercept_stderr


def test_a_bend_is_seen() -> None:
    x = np.linspace(0.5e-6, 5e-6, 12)
    law = START * (1 + (x / 3e-6) ** 2)
    y = law + 100 * np.random.default_rng(1).normal(size=12)
    assert is_bent(fit_devices(Curve(x=x, y=y), line("resistance")))
    assert not is_bent(fit_devices(devices(), line("resistance")))


def test_too_few() -> None:
    with pytest.raises(InputError, match="three devices"):
        fit_devices(devices(x=LENGTHS[:2]), line("resistance"))
    same = np.array([1e-6, 1e-6 * (1 + 1e-15), 1e-6 * (1 + 2e-15)])
    with pytest.raises(InputError, match="there are 3 of 1"):
        fit_devices(devices(x=same), line("resistance"))


def test_fieller_is_the_set_that_it_inverts() -> None:
    """2000 draws of a ratio whose denominator is four standard deviations from zero: where the interval has ends it holds
    the truth exactly where the normal number above - q below is within z of zero."""
    rng = np.random.default_rng(1)
    covariance = np.array([[0.2, -0.05], [-0.05, 0.0625]])
    ended = 0
    for above, below in rng.multivariate_normal([2.0, 1.0], covariance, size=2000):
        ends = fieller(above, below, covariance, 1.96)
        if ends is not None:
            ended += 1
            within = (above - 2 * below) ** 2 <= 1.96**2 * (0.2 - 4 * -0.05 + 4 * 0.0625)
            assert within == (ends[0] <= 2.0 <= ends[1])
    assert ended > 1900  # 98 %
    assert fieller(1.0, 0.1, np.eye(2)) is None
    low, high = fieller(2.0, 1.0, np.zeros((2, 2)))
    assert low == high == 2.0
