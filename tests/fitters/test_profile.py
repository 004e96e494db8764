"""Profile-likelihood intervals against exact answers, MINOS, and what has no end."""

from dataclasses import replace

import numpy as np
import pytest
from iminuit import Minuit
from scipy.stats import norm, t

from gzero.errors import ConfigError, FitError, InputError
from gzero.fitters.engine import at_minimum, fit_problem
from gzero.fitters.problem import Problem
from gzero.fitters.profile import profile_interval
from gzero.measurement.curve import Curve
from gzero.models.model import Model, Parameter
from gzero.models.staircase import staircase
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import autoregressive, white

X = np.linspace(0, 1, 30)


def model_of(function, jacobian, *names: str, lower: float = -np.inf) -> Model:
    return Model(
        name="test",
        parameters=tuple(Parameter(name=n, symbol=n, unit="", meaning=n, lower=lower) for n in names),
        function=function,
        jacobian=jacobian,
        reference="",
    )


LINE = model_of(lambda x, v: v[0] + v[1] * x, lambda x, v: np.column_stack([np.ones_like(x), x]), "a", "b")
#: y = exp(a), a constant: a is ln of the mean.
LOG = model_of(lambda x, v: np.full_like(x, np.exp(v[0])), lambda x, v: np.full((x.size, 1), np.exp(v[0])), "a")


def line_fit(noise: Noise, seed: int = 1, **options: object):
    y = 1 + 2 * X + 0.1 * np.random.default_rng(seed).normal(size=X.size)
    problem = Problem(model=LINE, curve=Curve(x=X, y=y), noise=noise, **options)
    return fit_problem(problem, {"a": 0.0, "b": 0.0})


@pytest.mark.parametrize("confidence", [0.6827, 0.95, 0.99])
def test_a_linear_model_with_stated_noise_is_exact(confidence: float) -> None:
    """value -+ z std, to the precision of the search (1e-7 of the distance)."""
    fit = line_fit(Noise(std=np.full(30, 0.1), stated=True))
    out = profile_interval(fit, "b", confidence=confidence)
    z = norm.ppf(0.5 + confidence / 2)
    assert [out.low, out.high] == pytest.approx([out.value - z * fit.std("b"), out.value + z * fit.std("b")], rel=1e-7)
    assert (out.note, out.method, out.confidence) == ("", "profile", confidence)


@pytest.mark.parametrize("confidence", [0.6827, 0.95, 0.99])
def test_an_estimated_scale_is_paid_for_with_student_s_t(confidence: float) -> None:
    """The textbook interval of a straight line: s^2 from the residuals with n - 2 degrees of freedom."""
    plain = line_fit(Noise(std=np.ones(30), stated=False))
    s2 = float(np.sum(plain.residuals**2)) / 28
    noise = Noise(std=np.ones(30), stated=False, spectrum=white(30, scale=s2, dof=28))
    fit = at_minimum(Problem(model=LINE, curve=plain.problem.curve, noise=noise), plain.values)
    std = np.sqrt(s2 / np.sum((X - X.mean()) ** 2))
    out = profile_interval(fit, "b", confidence=confidence)
    half = t.ppf(0.5 + confidence / 2, 28) * std
    assert [out.low, out.high] == pytest.approx([out.value - half, out.value + half], rel=1e-7)


def test_a_misfit_beyond_chance_widens_the_interval() -> None:
    fit = line_fit(Noise(std=np.full(30, 0.02), stated=True))
    assert fit.inflation > 2
    out = profile_interval(fit, "b")
    assert out.high - out.value == pytest.approx(1.959964 * fit.std("b"), rel=1e-6)


def test_red_noise_and_sandwich_on_a_linear_model() -> None:
    """Both are linear, so that the interval is the one of the covariance that the engine states."""
    red = Noise(std=np.full(30, 0.1), stated=True, spectrum=autoregressive(30, 0.7))
    for sandwich in (False, True):
        y = 1 + 2 * X + 0.1 * np.random.default_rng(3).normal(size=X.size)
        problem = Problem(model=LINE, curve=Curve(x=X, y=y), noise=red)
        fit = fit_problem(problem, {"a": 0.0, "b": 0.0}, sandwich=sandwich)
        out = profile_interval(fit, "b")
        assert out.high - out.value == pytest.approx(1.959964 * fit.std("b"), rel=1e-6)
        assert out.value - out.low == pytest.approx(1.959964 * fit.std("b"), rel=1e-6)


def log_fit(mean: float, std: float = 1.0):
    y = mean + np.array([-1.0, 1.0] * 15)  # of mean `mean` to the last digit
    problem = Problem(model=LOG, curve=Curve(x=X, y=y), noise=Noise(std=np.full(30, std), stated=True))
    return fit_problem(problem, {"a": 0.0})


def test_a_curved_parameter_has_the_interval_of_what_it_is_a_function_of() -> None:
    """a = ln(mean): the ends are the logarithms of the ends of the mean, exactly."""
    out = profile_interval(log_fit(0.5), "a")
    half = 1.959964 / np.sqrt(30)
    assert [out.low, out.high] == pytest.approx([np.log(0.5 - half), np.log(0.5 + half)], rel=1e-5)
    assert out.value - out.low > 1.5 * (out.high - out.value)


def test_a_side_on_which_chi2_never_rises_far_enough_is_open() -> None:
    """The mean is 0.2 +- 0.18: its lower end is below zero, where there is no logarithm."""
    out = profile_interval(log_fit(0.2), "a")
    assert out.low is None
    assert out.high == pytest.approx(np.log(0.2 + 1.959964 / np.sqrt(30)), rel=1e-5)
    # chi2 rises by 30 * 0.2^2 = 1.2 of the 3.84 for a -> -infinity
    assert "no lower end" in out.note
    assert "31 % of what the confidence asks" in out.note


def minos(fit, confidence: float) -> dict[str, tuple[float, float]]:
    """The same cost through another engine."""
    problem = fit.problem
    minuit = Minuit(
        lambda p: float(np.sum(problem.residual(np.asarray(p)) ** 2)),
        fit.values,
        grad=lambda p: 2 * problem.jacobian(np.asarray(p)).T @ problem.residual(np.asarray(p)),
        name=fit.names,
    )
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.strategy, minuit.tol = 2, 1e-5
    for p in problem.free:
        minuit.limits[p.name] = (p.lower, p.upper)
        minuit.errors[p.name] = fit.std(p.name)
    minuit.migrad()
    minuit.minos(cl=confidence)
    return {n: (minuit.merrors[n].lower, minuit.merrors[n].upper) for n in fit.names}


@pytest.mark.parametrize("seed", range(2))
def test_agrees_with_minos(seed: int) -> None:
    """Two steps at a signal to noise of 4 per reading, asymmetric by up to 10 %: to 1e-3 of a standard uncertainty."""
    rng = np.random.default_rng(seed)
    model = staircase(2)
    truth = np.array([1.0, 0.3, 0.7, 0.03, 0.03, 0.0])
    x = np.linspace(0, 1, 150)
    y = model.function(x, truth) + 0.25 * rng.normal(size=x.size)
    noise = Noise(std=np.full(x.size, 0.25), stated=True)
    fit = fit_problem(
        Problem(model=model, curve=Curve(x=x, y=y), noise=noise), dict(zip(model.names, truth, strict=True))
    )
    assert fit.inflation == 1.0
    theirs = minos(fit, 0.95)
    skew = 0.0
    for name in fit.names:
        out = profile_interval(fit, name)
        low, high = theirs[name]
        assert out.low - out.value == pytest.approx(low, abs=1e-3 * fit.std(name))
        assert out.high - out.value == pytest.approx(high, abs=1e-3 * fit.std(name))
        skew = max(skew, abs((high + low) / (high - low)))
    assert skew > 0.03  # or the test would not tell a profile from a symmetric interval


def test_a_parameter_on_its_bound_has_one_open_side() -> None:
    """A jump between two readings: the width has no lower end, and an upper one where chi2 has risen by 3.84."""
    x = np.linspace(0, 1, 200)
    y = np.where(x > 0.5, 1.0, 0.0) + 0.01 * np.random.default_rng(1).normal(size=200)
    y[99:101] = -0.01, 1.01  # the readings beside the jump ask for no width
    model = staircase(1, offset=False)
    problem = Problem(
        model=model, curve=Curve(x=x, y=y), noise=Noise(std=np.full(200, 0.01), stated=True), fixed={"threshold_1": 0.5}
    )
    fit = fit_problem(problem, {"step_height": 0.9, "width_1": 1e-3})
    assert fit.at_bounds == ("width_1",)
    out = profile_interval(fit, "width_1")
    assert out.low is None
    assert "no lower end" in out.note
    shape = model.function(x, np.array([1.0, 0.5, out.high]))
    best = shape * (shape @ y) / (shape @ shape)  # the height is linear: its best value is known
    assert np.sum(((y - best) / 0.01) ** 2) - fit.chi2 == pytest.approx(3.841459, rel=1e-5)


def test_an_end_beyond_the_bound_is_open() -> None:
    """The same line, its slope bounded from below just under the best value."""
    fit = line_fit(Noise(std=np.full(30, 0.1), stated=True))
    slope = fit.value("b")
    bounded = replace(
        LINE, parameters=(LINE.parameters[0], replace(LINE.parameters[1], lower=slope - 0.5 * fit.std("b")))
    )
    near = fit_problem(replace(fit.problem, model=bounded), {"a": 1.0, "b": slope})
    out = profile_interval(near, "b")
    assert out.low is None
    assert "up to the bound" in out.note
    assert out.high == pytest.approx(slope + 1.959964 * fit.std("b"), rel=1e-6)


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy"])
def test_a_robust_interval_of_many_readings_is_that_of_the_covariance(loss: str) -> None:
    """Exact limit: with many readings none of them moves far, and the cost is a parabola over the interval.

    The sandwich and the curvature are both means over 4000 readings, good to about 1 %.
    """
    x = np.linspace(0, 1, 4000)
    y = 1 + 2 * x + 0.1 * np.random.default_rng(1).normal(size=x.size)
    noise = Noise(std=np.full(x.size, 0.1), stated=True)
    fit = fit_problem(Problem(model=LINE, curve=Curve(x=x, y=y), noise=noise, loss=loss), {"a": 0.0, "b": 0.0})
    out = profile_interval(fit, "b")
    half = 1.959964 * fit.std("b")
    assert [out.low, out.high] == pytest.approx([out.value - half, out.value + half], abs=0.03 * half)


def test_a_fit_that_is_not_at_its_minimum_is_told() -> None:
    fit = line_fit(Noise(std=np.full(30, 0.1), stated=True))
    off = replace(fit, values=fit.values + np.array([0.0, 0.2]))
    with pytest.raises(FitError, match=r"chi2 is lower by .* at b"):
        profile_interval(off, "b")


def test_refusals() -> None:
    fit = line_fit(Noise(std=np.full(30, 0.1), stated=True))
    with pytest.raises(InputError, match="'c' is no fitted parameter of this fit; choose a, b"):
        profile_interval(fit, "c")
    with pytest.raises(ConfigError, match="confidence 95 must lie between 0 and 1"):
        profile_interval(fit, "a", confidence=95)
