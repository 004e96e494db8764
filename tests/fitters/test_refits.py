"""Many refits at once against the engine's one, and what they do at bounds."""

from dataclasses import replace

import numpy as np
import pytest

from gzero.errors import InputError
from gzero.fitters.engine import fit_problem, refit
from gzero.fitters.problem import Problem
from gzero.fitters.refits import cost_at, minimised, refit_many
from gzero.measurement.curve import Curve
from gzero.models.model import Model, Parameter
from gzero.models.staircase import staircase
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import autoregressive


def staircase_problem(seed: int = 1, noise: float = 0.02, *, rho: float = 0.0) -> tuple[Problem, np.ndarray]:
    """Four equal steps on 400 points without an offset: nine parameters, and their true values."""
    rng = np.random.default_rng(seed)
    model = staircase(4, offset=False)
    truth = np.array([1.0, 0.15, 0.38, 0.61, 0.84, *[0.02] * 4])
    x = np.linspace(0, 1, 400)
    y = model.function(x, truth) + noise * rng.normal(size=x.size)
    spectrum = autoregressive(400, rho) if rho else None
    weights = Noise(std=np.full(x.size, noise), stated=True, spectrum=spectrum)
    return Problem(model=model, curve=Curve(x=x, y=y), noise=weights), truth


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_every_refit_is_the_engine_s(rho: float) -> None:
    """MINPACK on the same cost, one by one: to 1e-5 of a standard uncertainty.

    It stops where chi2 falls by less than 1e-10 of itself, some 1e-4 of a std in the step before; so it is called twice.
    """
    problem, truth = staircase_problem(rho=rho)
    fit = fit_problem(problem, dict(zip(problem.model.names, truth, strict=True)))
    rng = np.random.default_rng(2)
    readings = np.column_stack([fit.fitted + 0.02 * rng.normal(size=400) for _ in range(20)])
    many = refit_many(problem, readings, fit.values)
    std = np.sqrt(np.diag(fit.covariance))
    for y, values, cost in zip(readings.T, many.values, many.cost, strict=True):
        again = replace(problem, curve=Curve(x=problem.curve.x, y=y))
        one, chi2 = refit(again, refit(again, fit.values)[0])
        assert np.all(np.abs(values - one) < 1e-5 * std)
        assert cost == pytest.approx(chi2, rel=1e-9)
    assert many.converged.all()


def test_a_start_for_each_set() -> None:
    problem, truth = staircase_problem()
    readings = np.column_stack([problem.curve.y] * 3)
    many = refit_many(problem, readings, truth * np.array([[1.0], [1.02], [0.97]]))
    std = 0.02 / np.sqrt(100)
    assert np.ptp(many.values[:, 0]) < 1e-5 * std
    assert many.converged.all()


def line(lower: float = -np.inf, upper: float = np.inf) -> Model:
    return Model(
        name="line",
        parameters=(
            Parameter(name="intercept", symbol="a", unit="y", meaning="at zero"),
            Parameter(name="slope", symbol="b", unit="y/x", meaning="per x", lower=lower, upper=upper),
        ),
        function=lambda x, v: v[0] + v[1] * x,
        jacobian=lambda x, v: np.column_stack([np.ones_like(x), x]),
        reference="",
    )


def test_a_bound_is_kept_and_the_others_do_their_best() -> None:
    """Exact limit: with the slope on its bound the intercept is the mean of y - slope x."""
    x = np.linspace(-1, 1, 21)
    y = 0.3 - 0.5 * x
    problem = Problem(model=line(lower=0.0), curve=Curve(x=x, y=y), noise=Noise(std=np.ones(21), stated=True))
    out = refit_many(problem, np.column_stack([y, 0.3 + 0.5 * x]), np.array([0.0, 0.2]))
    assert out.values == pytest.approx(np.array([[0.3, 0.0], [0.3, 0.5]]), abs=1e-9)
    assert out.cost == pytest.approx([0.25 * np.sum(x**2), 0.0], abs=1e-9)
    assert out.converged.all()


@pytest.mark.parametrize("loss", ["soft_l1", "huber", "cauchy"])
def test_robust_refits_are_the_engine_s(loss: str) -> None:
    problem, truth = staircase_problem()
    problem = replace(problem, loss=loss)
    fit = fit_problem(problem, dict(zip(problem.model.names, truth, strict=True)))
    out = refit_many(problem, problem.curve.y[:, None], truth)
    assert np.all(np.abs(out.values[0] - fit.values) < 1e-4 * np.sqrt(np.diag(fit.covariance)))
    assert out.cost[0] == pytest.approx(cost_at(problem, fit.values), rel=1e-9)


def test_what_has_no_finite_cost_is_marked() -> None:
    problem, truth = staircase_problem()
    readings = np.column_stack([problem.curve.y, np.full(400, np.nan)])
    assert refit_many(problem, readings, truth).converged.tolist() == [True, False]


def test_a_fit_that_forgot_its_problem() -> None:
    problem, truth = staircase_problem()
    fit = fit_problem(problem, dict(zip(problem.model.names, truth, strict=True)))
    with pytest.raises(InputError, match="does not carry what was minimised"):
        minimised(replace(fit, problem=None))
