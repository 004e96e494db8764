"""Curves fitted together: exact combinations, another engine, and what cannot be shared."""

from dataclasses import replace

import numpy as np
import pytest
from iminuit import Minuit
from scipy.stats import kstest

from gzero.errors import FitError, InputError, UnitError
from gzero.fitters.bootstrap import bootstrap
from gzero.fitters.engine import at_minimum, fit_problem
from gzero.fitters.problem import Problem
from gzero.fitters.profile import profile_interval
from gzero.fitters.together import fit_together
from gzero.measurement.curve import Curve
from gzero.models.model import Model, Parameter
from gzero.models.staircase import staircase
from gzero.reduction.noise import Noise, widening
from gzero.reduction.spectrum import autoregressive, white

CURVES = 5


def staircases(seed: int = 1, *, heights: tuple[float, ...] = (1.0,) * CURVES, noises=None):
    """Five staircases of two steps, of different thresholds, widths, lengths and noise."""
    rng = np.random.default_rng(seed)
    problems, starts = [], []
    for i, height in enumerate(heights):
        model = staircase(2)
        truth = np.array([height, 0.3 + 0.02 * i, 0.7 - 0.01 * i, 0.02 + 0.003 * i, 0.03, 0.01 * i])
        x = np.linspace(0, 1, 120 + 20 * i)
        std = np.full(x.size, 0.02 * (1 + i))
        y = model.function(x, truth) + std * rng.normal(size=x.size)
        noise = Noise(std=std, stated=True) if noises is None else noises(x.size, std)
        problems.append(Problem(model=model, curve=Curve(x=x, y=y, x_unit="V", y_unit="S"), noise=noise))
        starts.append(dict(zip(model.names, truth * 1.02 + 0.002, strict=True)))
    return problems, starts


def test_the_std_of_what_is_shared_is_the_exact_combination() -> None:
    """Everything else being each curve's own, 1/variance adds up over curves, whatever the models (block matrices).

    With the Jacobian of the joint values on both sides it holds to rounding.
    """
    problems, starts = staircases()
    joint = fit_together(problems, starts, shared={"step_height"})
    singles = [at_minimum(p, c.values) for p, c in zip(problems, joint.curves, strict=True)]
    expected = 1 / np.sqrt(sum(single.std("step_height") ** -2 for single in singles))
    assert joint.std("step_height") == pytest.approx(expected, rel=1e-8)
    # and the value is the weighted mean of the separate ones, up to the curvature of the models
    apart = [fit_problem(p, s) for p, s in zip(problems, starts, strict=True)]
    weights = np.array([a.std("step_height") ** -2 for a in apart])
    mean = weights @ [a.value("step_height") for a in apart] / weights.sum()
    assert abs(joint.value("step_height") - mean) < 0.03 * expected


def test_names_and_parts() -> None:
    problems, starts = staircases()
    joint = fit_together(problems, starts, shared={"step_height", "width_2"})
    own = ("threshold_1", "threshold_2", "width_1", "offset")
    assert joint.shared == ("step_height", "width_2")
    assert joint.fit.names == (*joint.shared, *(f"{name}[{i}]" for i in range(CURVES) for name in own))
    assert joint.fit.units[:3] == ("y", "x", "x")
    for i, curve in enumerate(joint.curves):
        assert curve.value("step_height") == joint.value("step_height")
        assert curve.std("width_2") == joint.std("width_2")
        assert curve.value("offset") == joint.value(f"offset[{i}]")
        assert curve.residuals == pytest.approx(problems[i].curve.y - curve.fitted)
    assert sum(curve.chi2 for curve in joint.curves) == pytest.approx(joint.fit.chi2)
    assert "step_height" in joint._repr_html_()


def test_agrees_with_iminuit() -> None:
    """The joint cost written down anew, through another engine: values to 1e-4 of a standard uncertainty."""
    problems, starts = staircases(3)
    joint = fit_together(problems, starts, shared={"step_height"})

    def cost(p) -> float:
        total = 0.0
        for i, problem in enumerate(problems):
            values = np.array([p[0], *p[1 + 5 * i : 6 + 5 * i]])
            y = problem.model.function(problem.curve.x, values)
            total += float(np.sum(((problem.curve.y - y) / problem.noise.std) ** 2))
        return total

    minuit = Minuit(cost, joint.fit.values * 1.001)
    minuit.errordef, minuit.strategy, minuit.tol = Minuit.LEAST_SQUARES, 2, 1e-7
    minuit.migrad(ncall=50000)
    std = np.sqrt(np.diag(joint.fit.covariance))
    assert np.all(np.abs(np.array(minuit.values) - joint.fit.values) < 1e-4 * std)
    assert joint.fit.chi2 == pytest.approx(minuit.fval, rel=1e-8)
    minuit.hesse()
    # Minuit's matrix has the second derivatives of the model, which count by the residuals: 2 % here
    assert np.sqrt(np.diag(minuit.covariance)) == pytest.approx(std, rel=0.05)


def test_what_is_not_the_same_in_all_curves_is_told() -> None:
    """Chance of the disagreement: uniform where the parameter is shared, nothing where one curve is off by ten std."""
    chances = []
    for seed in range(24):
        problems, starts = staircases(seed)
        joint = fit_together(problems, starts, shared={"step_height"})
        assert joint.freedom == CURVES - 1
        chances.append(joint.p_value)
    assert kstest(chances, "uniform").pvalue > 1e-3
    problems, starts = staircases(1, heights=(1.0, 1.0, 1.3, 1.0, 1.0))
    assert fit_together(problems, starts, shared={"step_height"}).p_value < 1e-6


def test_an_estimated_noise_is_paid_for() -> None:
    """The degrees of freedom of a sum of variances (Satterthwaite), and Student's factor on the std."""

    def noise(n: int, std: np.ndarray) -> Noise:
        return Noise(std=std, stated=False, spectrum=white(n, scale=1.0, dof=10))

    problems, starts = staircases(noises=noise)
    joint = fit_together(problems, starts, shared={"step_height"})
    known = fit_together(
        [replace(p, noise=Noise(std=p.noise.std, stated=True)) for p in problems], starts, shared={"step_height"}
    )
    information = np.array(
        [at_minimum(p, c.values).std("step_height") ** -2 for p, c in zip(problems, joint.curves, strict=True)]
    )
    share = information / information.sum()
    dof = 10 / np.sum(share**2)
    assert joint.fit.variance_dof[0] == pytest.approx(dof, rel=1e-6)
    assert joint.std("step_height") == pytest.approx(known.std("step_height") * float(widening(dof)), rel=1e-6)


def test_each_curve_keeps_its_own_noise() -> None:
    """A mean shared by a white and a red curve: 1/variance adds up, each by its own generalised least squares."""
    model = Model(
        name="mean",
        parameters=(Parameter(name="a", symbol="a", unit="y", meaning="mean"),),
        function=lambda x, v: np.full_like(x, v[0]),
        jacobian=lambda x, v: np.ones((x.size, 1)),
        reference="",
    )
    x = np.arange(200.0)
    rng = np.random.default_rng(1)
    noises = (
        Noise(std=np.ones(200), stated=True),
        Noise(std=np.ones(200), stated=True, spectrum=autoregressive(200, 0.8)),
    )
    problems = [Problem(model=model, curve=Curve(x=x, y=rng.normal(size=200)), noise=noise) for noise in noises]
    joint = fit_together(problems, [{"a": 0.0}] * 2, shared={"a"})
    singles = [fit_problem(p, {"a": 0.0}) for p in problems]
    weights = np.array([s.std("a") ** -2 for s in singles])
    assert joint.value("a") == pytest.approx(weights @ [s.value("a") for s in singles] / weights.sum(), rel=1e-9)
    assert joint.std("a") == pytest.approx(weights.sum() ** -0.5, rel=1e-8)
    # weighed as if it were white, with the spectrum in the covariance: the variance of a plain mean of all, by hand
    flat = fit_together(problems, [{"a": 0.0}] * 2, shared={"a"}, sandwich=(1,))
    assert flat.value("a") == pytest.approx(np.mean([p.curve.y for p in problems]), rel=1e-9)
    red = noises[1].spectrum.covariance(np.full((200, 1), 1 / 400))[0][0, 0]
    assert flat.std("a") == pytest.approx(np.sqrt(200 / 400**2 + red), rel=1e-8)


def test_bounds_are_respected() -> None:
    """Of the bounds that the curves have for what they share, the narrower ones."""
    problems, starts = staircases()
    best = fit_together(problems, starts, shared={"step_height"}).value("step_height")
    first = problems[2].model.parameters[0]
    tight = replace(
        problems[2].model, parameters=(replace(first, upper=best - 0.01), *problems[2].model.parameters[1:])
    )
    problems[2] = replace(problems[2], model=tight)
    for start in starts:
        start["step_height"] = best - 0.02
    joint = fit_together(problems, starts, shared={"step_height"})
    assert joint.value("step_height") == pytest.approx(best - 0.01, abs=1e-6)
    assert joint.fit.at_bounds == ("step_height",)
    assert np.isnan(joint.std("step_height"))
    assert all(curve.at_bounds == ("step_height",) for curve in joint.curves)


def test_intervals_take_a_joint_fit_as_any_other() -> None:
    problems, starts = staircases()
    joint = fit_together(problems, starts, shared={"step_height"})
    found = profile_interval(joint.fit, "step_height")
    half = 1.96 * joint.std("step_height")
    # the step is nearly linear in these models
    assert [found.low, found.high] == pytest.approx([found.value - half, found.value + half], abs=0.02 * half)
    out = bootstrap(joint.fit, rng=np.random.default_rng(1), repeats=300)
    expected = joint.std("step_height") * np.sqrt(joint.fit.chi2_reduced)
    assert out.std("step_height") == pytest.approx(expected, rel=0.2)  # five of 1/sqrt(600)
    assert profile_interval(joint.fit, "width_1[3]").low is not None


def test_refusals_are_one_clear_line() -> None:
    problems, starts = staircases()
    with pytest.raises(InputError, match="1 curve is no joint fit; give at least two"):
        fit_together(problems[:1], starts[:1], shared={"step_height"})
    with pytest.raises(InputError, match="nothing is shared; name one or more of step_height, threshold_1"):
        fit_together(problems, starts, shared=())
    mixed = [problems[0], replace(problems[1], model=staircase(2, offset=False))]
    with pytest.raises(InputError) as caught:
        fit_together(mixed, starts[:2], shared={"offset"})
    assert str(caught.value) == (
        "curve 1 (staircase, 2 equal steps) has no free parameter 'offset' to share; "
        "free in all curves are step_height, threshold_1, threshold_2, width_1, width_2"
    )
    held = [problems[0], replace(problems[1], fixed={"step_height": 1.0})]
    with pytest.raises(InputError, match="has no free parameter 'step_height' to share"):
        fit_together(held, starts[:2], shared={"step_height"})
    heat = replace(problems[1], curve=replace(problems[1].curve, y_unit="W/K"))
    with pytest.raises(UnitError, match=r"'step_height' is in \[\(S\)\] and \[\(W/K\)\]"):
        fit_together([problems[0], heat], starts[:2], shared={"step_height"})
    with pytest.raises(InputError, match="the curves have different losses"):
        fit_together([problems[0], replace(problems[1], loss="huber")], starts[:2], shared={"step_height"})


def test_what_one_curve_does_not_tell_is_a_failure() -> None:
    """A curve above all thresholds knows nothing of its own."""
    problems, starts = staircases()
    x = problems[1].curve.x + 100
    problems[1] = replace(problems[1], curve=Curve(x=x, y=np.full(x.size, 2.0), x_unit="V", y_unit="S"))
    with pytest.raises(FitError, match=r"threshold_1\[1\]"):
        fit_together(problems, starts, shared={"step_height"})


def test_robust_together() -> None:
    """Ten readings of one curve are wild; what is shared stays."""
    problems, starts = staircases()
    y = problems[0].curve.y.copy()
    y[70:80] += 2.0
    problems[0] = replace(problems[0], curve=replace(problems[0].curve, y=y))
    joint = fit_together([replace(p, loss="cauchy") for p in problems], starts, shared={"step_height"})
    assert joint.fit.method == "robust"
    assert abs(joint.value("step_height") - 1) < 3 * joint.std("step_height")
    assert np.isnan(joint.p_value)
