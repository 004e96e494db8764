"""Errors in x: published answers, an independent formula, another cost, and synthetic truth."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import least_squares
from scipy.stats import binom

from gzero.errors import FitError, InputError, MissingDependencyError
from gzero.fitters.engine import fit_problem
from gzero.fitters.errors_in_x import fit_errors_in_x
from gzero.fitters.learnt_noise import fit_learning
from gzero.fitters.problem import Problem
from gzero.fitters.profile import profile_interval
from gzero.measurement.curve import Curve
from gzero.models.model import Model, Parameter
from gzero.models.staircase import staircase
from gzero.reduction.noise import Noise, widening
from gzero.reduction.spectrum import autoregressive, white

LINE = Model(
    name="line",
    parameters=(
        Parameter(name="intercept", symbol="a", unit="y", meaning="at zero"),
        Parameter(name="slope", symbol="b", unit="y/x", meaning="per x"),
    ),
    function=lambda x, v: v[0] + v[1] * x,
    jacobian=lambda x, v: np.column_stack([np.ones_like(x), x]),
    reference="",
)

# Pearson's points with York's weights (York 1966, doi 10.1139/p66-090; both in Lybanon 1984, doi 10.1119/1.13822).
PEARSON_X = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
PEARSON_Y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
WEIGHT_X = np.array([1000.0, 1000.0, 500.0, 800.0, 200.0, 80.0, 60.0, 20.0, 1.8, 1.0])
WEIGHT_Y = np.array([1.0, 1.8, 4.0, 8.0, 20.0, 20.0, 70.0, 70.0, 100.0, 500.0])


def line_fit(x: np.ndarray, y: np.ndarray, noise: Noise):
    return fit_problem(Problem(model=LINE, curve=Curve(x=x, y=y), noise=noise), {"intercept": 0.0, "slope": 0.0})


def pearson():
    return line_fit(PEARSON_X, PEARSON_Y, Noise(std=WEIGHT_Y**-0.5, stated=True))


def york(x, y, wx, wy) -> tuple[float, float, float, float]:
    """(intercept, slope, their standard uncertainties): York et al. 2004, doi 10.1119/1.1632486, equation (13)."""
    b = -0.5
    for _ in range(200):
        w = wx * wy / (wx + b**2 * wy)
        xm, ym = w @ x / w.sum(), w @ y / w.sum()
        u, v = x - xm, y - ym
        beta = w * (u / wy + b * v / wx)
        b = float((w * beta) @ v / ((w * beta) @ u))
    adjusted = xm + beta
    mean = w @ adjusted / w.sum()
    std_b = (w @ (adjusted - mean) ** 2) ** -0.5
    return float(ym - b * xm), b, float(np.sqrt(1 / w.sum() + mean**2 * std_b**2)), float(std_b)


def test_pearson_s_points_with_york_s_weights() -> None:
    """The exact answer as it is printed everywhere: slope -0.4805, intercept 5.4799; and York's own formulas to 1e-6."""
    out = fit_errors_in_x(pearson(), WEIGHT_X**-0.5)
    assert out.value("slope") == pytest.approx(-0.4805, abs=5e-5)
    assert out.value("intercept") == pytest.approx(5.4799, abs=5e-5)
    a, b, std_a, std_b = york(PEARSON_X, PEARSON_Y, WEIGHT_X, WEIGHT_Y)
    assert [out.value("intercept"), out.value("slope")] == pytest.approx([a, b], rel=1e-7)
    assert [out.std("intercept"), out.std("slope")] == pytest.approx([std_a, std_b], rel=1e-6)
    assert out.fit.chi2 / out.fit.dof == pytest.approx(1.483, abs=5e-4)  # as in the same papers
    assert out.fit.method == "orthogonal distance regression"


def test_x_uncertainties_that_vanish_leave_the_fit_as_it_is() -> None:
    fit = pearson()
    out = fit_errors_in_x(fit, 1e-9)
    assert out.fit.values == pytest.approx(fit.values, rel=1e-7)
    assert out.fit.covariance == pytest.approx(fit.covariance / fit.inflation**2 * out.fit.inflation**2, rel=1e-6)


def steps(seed: int, *, x_std: float = 0.01, y_std: float = 0.02, stated: bool = True, red: float = 0.0, n: int = 120):
    """Two steps of width 0.03 whose places are read wrong by x_std, in the order of what was read."""
    rng = np.random.default_rng(seed)
    model = staircase(2, offset=False)
    truth = np.array([1.0, 0.3, 0.7, 0.03, 0.03])
    places = np.linspace(0, 1, n)
    y = model.function(places, truth) + y_std * rng.normal(size=n)
    read = places + x_std * rng.normal(size=n)
    x, y = np.sort(read), y[np.argsort(read)]
    noise = Noise(std=np.full(n, y_std), stated=stated, spectrum=autoregressive(n, red) if red else None)
    problem = Problem(model=model, curve=Curve(x=x, y=y), noise=noise)
    start = dict(zip(model.names, truth, strict=True))
    if stated or red:
        return fit_problem(problem, start), truth
    return fit_learning(problem, start, flat=np.abs(y - np.rint(y)) < 0.1).fit, truth


def test_agrees_with_the_effective_variance_to_first_order() -> None:
    """With std_y^2 + (f' std_x)^2 in the denominator, minimised by another routine: another cost beyond the first order,
    so a tenth of a standard uncertainty where x_std is a tenth of a width."""
    fit, _ = steps(1, x_std=0.003)
    out = fit_errors_in_x(fit, 0.003)
    problem = fit.problem

    def pulls(v: np.ndarray) -> np.ndarray:
        x, h = problem.curve.x, 1e-6
        slope = (problem.model.function(x + h, v) - problem.model.function(x - h, v)) / (2 * h)
        return (problem.curve.y - problem.model.function(x, v)) / np.sqrt(0.02**2 + (slope * 0.003) ** 2)

    effective = least_squares(pulls, fit.values, xtol=1e-12, ftol=1e-12, gtol=1e-12)
    std = np.sqrt(np.diag(out.fit.covariance))
    assert np.all(np.abs(effective.x - out.fit.values) < 0.1 * std)
    assert 2 * effective.cost == pytest.approx(out.fit.chi2, rel=0.02)


@pytest.mark.parametrize("stated", [True, False])
def test_intervals_cover_where_exact_x_does_not(stated: bool) -> None:
    """100 experiments with x off by a third of a width: thresholds and widths are in their 95 % intervals (within the
    99.8 % range of the binomial distribution); with x taken for exact and y believed they are not."""
    held, plain = np.zeros(5), np.zeros(5)
    for seed in range(100):
        fit, truth = steps(seed, stated=stated)
        out = fit_errors_in_x(fit, 0.01)
        held += np.abs(out.fit.values - truth) < 1.96 * np.sqrt(np.diag(out.fit.covariance))
        bare = np.sqrt(np.diag(fit.covariance)) / (fit.inflation if stated else 1.0)
        plain += np.abs(fit.values - truth) < 1.96 * bare
    low, high = binom.ppf([0.001, 0.999], 100, 0.95)
    assert np.all((low <= held) & (held <= high)), held
    assert np.all(plain[1:3] < low)


def test_an_estimated_noise_of_y_is_what_is_left() -> None:
    """A line in errors of x and y of about the same size: Deming's closed form (Deming 1943) with the ratio of the
    variances that leaves chi2 = n - 2, solved here by repetition."""
    rng = np.random.default_rng(1)
    read = np.linspace(0, 1, 400) + 0.03 * rng.normal(size=400)
    y = 2 * np.linspace(0, 1, 400) + 0.05 * rng.normal(size=400)
    order = np.argsort(read)
    x, y = read[order], y[order]
    plain = line_fit(x, y, Noise(std=np.ones(400), stated=False))
    seen = float(np.std(plain.residuals))
    fit = line_fit(x, y, Noise(std=np.full(400, seen), stated=False, spectrum=white(400, scale=1.0, dof=398)))
    out = fit_errors_in_x(fit, 0.03)
    (sxx, sxy), (_, syy) = np.cov(x, y, ddof=0)
    variance = 0.05**2
    for _ in range(100):
        d = syy - variance / 0.03**2 * sxx
        slope = (d + np.sqrt(d**2 + 4 * variance / 0.03**2 * sxy**2)) / (2 * sxy)
        rest = y - y.mean() - slope * (x - x.mean())
        variance = np.sum(rest**2) / 398 - (slope * 0.03) ** 2
    assert out.value("slope") == pytest.approx(slope, rel=1e-4)
    assert out.fit.chi2 == pytest.approx(398, rel=1e-3)
    total = variance + (slope * 0.03) ** 2
    adjusted = x + rest * slope * 0.03**2 / total
    std = np.sqrt(total / np.sum((adjusted - adjusted.mean()) ** 2))
    assert out.std("slope") == pytest.approx(std * float(widening(np.array(398.0))), rel=1e-3)
    with pytest.raises(FitError, match="x_std alone explains more scatter than there is"):
        fit_errors_in_x(fit, 0.3)


def test_correlated_readings_are_carried_in_the_covariance() -> None:
    """Exact limit: with x errors that vanish, the sandwich covariance of ordinary least squares."""
    fit, _ = steps(3, x_std=0.0, red=0.8)
    out = fit_errors_in_x(fit, 1e-6)
    problem = replace(fit.problem, noise=fit.problem.noise)
    flat = fit_problem(problem, dict(zip(fit.names, fit.values, strict=True)), sandwich=True)
    std = np.sqrt(np.diag(flat.covariance))
    assert out.fit.values == pytest.approx(flat.values, abs=1e-4 * std.min())
    assert np.sqrt(np.diag(out.fit.covariance)) == pytest.approx(std, rel=1e-3)
    assert "red" in out.fit.noise_model


def test_a_jump_read_at_uncertain_places() -> None:
    """What is on its bound is named and has no uncertainty; the others have theirs."""
    rng = np.random.default_rng(2)
    model = staircase(1, offset=False)
    x = np.linspace(0, 1, 60)
    y = np.where(x > 0.5, 1.0, 0.0) + 0.01 * rng.normal(size=60)
    noise = Noise(std=np.full(60, 0.01), stated=True)
    problem = Problem(model=model, curve=Curve(x=x, y=y), noise=noise, fixed={"threshold_1": 0.5})
    out = fit_errors_in_x(fit_problem(problem, {"step_height": 0.9, "width_1": 1e-3}), 0.01)
    # 30 readings on the plateau
    assert out.std("step_height") == pytest.approx(0.01 / np.sqrt(30), rel=0.05)
    assert abs(out.value("step_height") - 1) < 4 * out.std("step_height")
    assert out.fit.fixed == {"threshold_1": 0.5}
    assert out.x_best.shape == out.x_std.shape == (60,)
    assert np.isnan(out.std("width_1")) == ("width_1" in out.fit.at_bounds)


def test_refusals() -> None:
    fit = pearson()
    with pytest.raises(InputError, match="3 values of x_std for 10 readings"):
        fit_errors_in_x(fit, np.ones(3))
    for wrong in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="x_std must be positive and finite"):
            fit_errors_in_x(fit, wrong)
    with pytest.raises(InputError, match="is no number"):
        fit_errors_in_x(fit, "wide")
    robust = fit_problem(replace(fit.problem, loss="huber"), {"intercept": 5.0, "slope": -0.5})
    with pytest.raises(InputError, match="errors in x with the loss 'huber'"):
        fit_errors_in_x(robust, 0.1)
    with pytest.raises(InputError, match="does not carry what was minimised"):
        profile_interval(fit_errors_in_x(fit, 0.1).fit, "slope")


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "odrpack", None)
    with pytest.raises(MissingDependencyError, match=r"need the package odrpack; pip install 'gzero\[odr\]'"):
        fit_errors_in_x(pearson(), 0.1)
