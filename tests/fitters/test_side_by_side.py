"""Fits side by side against lmfit, one by one: every kind of staircase, every way in which one can fail."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import lmfit
import numpy as np
import pytest

import gzero
from gzero.errors import ConfigError, FitError, GzeroError, InputError
from gzero.fitters.descent import MOST_STEPS, Stack, by_one, descend
from gzero.fitters.minima import Asking, Found, Wanted, alone, fitted, side_by_side
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.models.model import Model, Parameter
from gzero.models.staircase import staircase
from gzero.pipeline import many
from gzero.pipeline.processes import NoProcessError, Processes
from gzero.quanta import KB, E, parse_quantum
from gzero.reduction.noise import Noise
from gzero.reduction.spectrum import autoregressive
from gzero.synthetic.staircase import simulate

#: Of a reading, in steps. Two widths that noise makes equal cannot be told apart, and no fit of them has an end.
NOISE, LITTLE_NOISE = 0.02, 0.002
#: Every option of the model, alone and in the company that it keeps.
KINDS = {
    "equal steps": {},
    "no offset": {"offset": False},
    "descending": {"descending": True},
    "steps of their own": {"heights": "free"},
    "one width": {"widths": "shared"},
    "series resistance": {"series_resistance": "free"},
    "gate map": {"gate_map": "exponential"},
    "thermal and saddle": {"broadening": "thermal*saddle"},
    "at a temperature": {"broadening": "thermal*saddle", "temperature": 4.2},
    "bias": {"bias": "free", "widths": "shared"},
    "uneven bias": {"bias": "free", "widths": "shared", "bias_symmetry": 0.3},
    "modulation": {"modulation": "free", "widths": "shared"},
    "sub-step": {"sub_step": "free"},
    "resistance, one width, descending": {"series_resistance": "free", "widths": "shared", "descending": True, "offset": False},
    "gate map, one width, resistance": {"gate_map": "exponential", "widths": "shared", "series_resistance": "free"},
    "bias and sub-step": {"bias": "free", "widths": "shared", "sub_step": "free"},
}  # fmt: skip
TRUE = {
    "step_height": 1.0,
    "threshold": 12.0,  # times n - 1/2
    "width": 1.0,
    "curvature": 0.03,
    "bias_splitting": 4.0,
    "modulation": 3.0,
    "sub_fraction": 0.7,
    "sub_threshold": 10.0,
    "sub_width": 0.8,
    "thermal_width": 1.2,
    "saddle_width": 0.5,
    "lever_arm": KB * 4.2 / (E * 1.2),
    "offset": 0.01,
    "series_resistance": 0.03,
}


def true_value(name: str, *, descending: bool) -> float:
    if name.startswith("threshold_"):
        return (-1 if descending else 1) * TRUE["threshold"] * (int(name[-1]) - 0.5)
    if name.startswith("height_"):
        return TRUE["step_height"]
    return TRUE["width"] if name.startswith("width_") else TRUE[name]


def problems(kind: str, number: int, *, points: int = 200, rho: float = 0.0) -> tuple[list[Problem], list[np.ndarray]]:
    """Synthetic staircases of one kind, and starts a few per cent of a step and a tenth of a width away."""
    options = KINDS[kind]
    model = staircase(3, **options)
    descending = bool(options.get("descending"))
    size = LITTLE_NOISE if "broadening" in options else NOISE
    truth = np.array([true_value(name, descending=descending) for name in model.names])
    found, starts = [], []
    for seed in range(number):
        rng = np.random.default_rng(seed)
        n = points + 3 * seed  # of different lengths, as the parts of measured curves are
        x = np.linspace(-36, 0, n) if descending else np.linspace(0, 36, n)
        y = model.function(x, truth) + size * rng.normal(size=n)
        std = size * np.linspace(0.8, 1.2, n)
        noise = Noise(std=std, stated=True, spectrum=autoregressive(n, rho) if rho else None)
        found.append(Problem(model=model, curve=Curve(x=x, y=y, y_std=std), noise=noise))
        starts.append(np.array([moved(p, v, rng) for p, v in zip(model.parameters, truth, strict=True)]))
    return found, starts


def moved(parameter: Parameter, value: float, rng: np.random.Generator) -> float:
    size = 0.1 if "threshold" in parameter.name else 0.05 * abs(value)
    return float(np.clip(value + size * rng.uniform(-1, 1), *np.array([parameter.lower, parameter.upper]) * 0.999))


def by_lmfit(problem: Problem, start: np.ndarray) -> np.ndarray:
    """lmfit at the end of double precision, called again from where it stops."""
    names = [f"p{i}" for i in range(start.size)]
    for _ in range(2):
        parameters = lmfit.Parameters()
        for name, p, value in zip(names, problem.free, start, strict=True):
            parameters.add(name, value=float(value), min=p.lower, max=p.upper)
        out = lmfit.minimize(
            lambda p: problem.residual(np.array([p[name].value for name in names])), parameters, method="leastsq",
            Dfun=lambda p: problem.jacobian(np.array([p[name].value for name in names])), col_deriv=False,
            ftol=1e-15, xtol=1e-15, scale_covar=False,
        )  # fmt: skip
        start = np.array([out.params[name].value for name in names])
    return start


def fits(found: list[Problem], starts: list[np.ndarray]) -> list[FitResult]:
    asked = (fitted(p, dict(zip(p.model.names, s, strict=True))) for p, s in zip(found, starts, strict=True))
    out = side_by_side(asked, failures=(FitError,))
    assert all(isinstance(fit, FitResult) for fit in out), out
    return out  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_staircase_has_the_minimum_of_lmfit(kind: str) -> None:
    """To 1e-6 of a standard uncertainty, the covariance to 1e-6 of itself (its matrix at the other's values)."""
    found, starts = problems(kind, 6)
    for problem, start, fit in zip(found, starts, fits(found, starts), strict=True):
        theirs = by_lmfit(problem, start)
        design = problem.jacobian(theirs)
        covariance = np.linalg.inv(design.T @ design)
        std = np.sqrt(np.diag(covariance))
        assert np.all(np.abs(fit.values - theirs) < 1e-6 * std)
        stated = fit.covariance / fit.inflation**2
        np.testing.assert_allclose(np.sqrt(np.diag(stated)), std, rtol=1e-6)


@pytest.mark.parametrize("kind", ["equal steps", "one width"])
def test_red_noise_goes_side_by_side_too(kind: str) -> None:
    found, starts = problems(kind, 1, rho=0.8)
    more = [replace(found[0], curve=replace(found[0].curve, y=found[0].curve.y[::-1][::-1] + 0.01)) for _ in range(2)]
    found, starts = [*found, *more], [starts[0]] * 3
    for problem, start, fit in zip(found, starts, fits(found, starts), strict=True):
        assert np.all(np.abs(fit.values - by_lmfit(problem, start)) < 1e-6 * np.sqrt(np.diag(fit.covariance)))


def test_company_changes_nothing() -> None:
    """A curve's values do not depend on the curves beside it, beyond the rounding of sums of other lengths."""
    found, starts = problems("equal steps", 8)
    together = fits(found, starts)
    for problem, start, fit in zip(found, starts, together, strict=True):
        (lonely,) = fits([problem], [start])
        assert np.all(np.abs(lonely.values - fit.values) < 1e-9 * np.sqrt(np.diag(fit.covariance)))


def test_the_covariance_of_a_stack_is_the_inverse_of_its_normal_equations() -> None:
    """Exact limit: a straight line through points at -1, 0, 1 of std 0.1; and one whose abscissa tells of no slope."""
    line = Model(
        name="line",
        parameters=(
            Parameter(name="a", symbol="a", unit="y", meaning="at zero"),
            Parameter(name="b", symbol="b", unit="y/x", meaning="per x"),
        ),
        function=lambda x, v: v[0] + v[1] * x,
        jacobian=lambda x, v: np.column_stack([np.ones_like(x), x]),
        reference="",
    )
    x = np.array([[-1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])
    stack = Stack(
        model=line, free=np.ones(2, dtype=bool), held=np.zeros((2, 2)), x=x, y=1 + 2 * x,
        whiten=by_one(Noise(std=np.full(3, 0.1), stated=True)), bounds=np.array([[-np.inf, np.inf]] * 2),
    )  # fmt: skip
    out = descend(stack, np.zeros((2, 2)), damping=1e-3)
    np.testing.assert_allclose(out.values[0], [1, 2], rtol=1e-9)
    np.testing.assert_allclose(out.covariance[0], np.diag([0.01 / 3, 0.01 / 2]), rtol=1e-9)
    assert np.isnan(out.covariance[1]).all()


def test_what_ends_on_a_bound_or_fails_is_the_engine_s() -> None:
    """A jump has no width: alone and in company the same error, and its neighbour is none the worse for it."""
    x = np.linspace(0, 36, 200)
    jump = np.where(x > 6, 1.0, 0.0) + 0.01 * np.random.default_rng(1).normal(size=x.size)
    model = staircase(1, offset=False)
    noise = Noise(std=np.full(x.size, 0.01), stated=True)
    bad = Problem(model=model, curve=Curve(x=x, y=jump), noise=noise)
    good = replace(
        bad, curve=Curve(x=x, y=model.function(x, np.array([1.0, 6.0, 1.0])) + jump - np.where(x > 6, 1.0, 0.0))
    )
    start = {"step_height": 1.0, "threshold_1": 6.06, "width_1": 1e-3}
    wide = {**start, "width_1": 1.2}
    with pytest.raises(FitError) as caught:
        alone(fitted(bad, start))
    failed, fine = side_by_side([fitted(bad, start), fitted(good, wide)], failures=(FitError,))
    assert isinstance(failed, FitError)
    assert failed.problem == caught.value.problem
    assert isinstance(fine, FitResult)
    assert np.all(np.abs(fine.values - [1.0, 6.0, 1.0]) < 5 * np.sqrt(np.diag(fine.covariance)))


def test_an_error_that_is_not_foreseen_is_not_kept_quiet() -> None:
    def broken() -> Asking[float]:
        found, starts = problems("equal steps", 1)
        yield Wanted(problem=found[0], start=starts[0])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side_by_side([broken()], failures=(GzeroError,))


def test_a_fit_may_go_on_after_a_minimum_that_was_not_found() -> None:
    """The error is raised where the minimum was asked for, as if the fit had called the engine itself."""

    def second_try(problem: Problem, start: np.ndarray) -> Asking[str]:
        try:
            yield Wanted(problem=problem, start=np.full(start.size, np.nan))
        except (FitError, ValueError):
            found = yield Wanted(problem=problem, start=start)
            return found.message
        return "the first"

    (problem,), (start,) = problems("equal steps", 1)
    assert alone(second_try(problem, start)) in {
        "chi2 falls no further",
        "neither chi2 nor the parameters change any more",
    }
    assert side_by_side([second_try(problem, start)], failures=(GzeroError,)) == ["the parameters move no further"]


def test_a_quick_look_ends_after_its_steps() -> None:
    (problem,), (start,) = problems("equal steps", 1)

    def look(steps: int) -> Asking[Found]:
        return (yield Wanted(problem=problem, start=start + 0.5, steps=steps))

    costs = [alone(look(steps)).chi2 for steps in (1, 2, 5, MOST_STEPS)]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 2 * costs[-1]
    assert alone(look(3)).chi2 == side_by_side([look(3)], failures=())[0].chi2


# -- whole fits -------------------------------------------------------------------------------------------------------


def measurements(number: int) -> list[gzero.Measurement]:
    """Simulated staircases of all worlds of noise, half of them with their std unstated."""
    worlds = ("white", "ar1", "1/f", "telegraph")
    quantum = parse_quantum("2e^2/h")
    return [
        simulate(
            np.random.default_rng(seed), quantum=quantum, seed=seed, world=worlds[seed % 4], stated_std=seed % 2 == 0
        ).measurement
        for seed in range(number)
    ]  # fmt: skip


def single_fit(measurement: gzero.Measurement) -> FitResult | FitError:
    try:
        return gzero.fit(measurement, quantum="2e^2/h")
    except FitError as error:
        return error


def test_whole_fits_have_the_numbers_of_single_ones() -> None:
    several, fitted_ones = measurements(16), 0
    for measurement, fit in zip(several, gzero.fit_many(several, quantum="2e^2/h"), strict=True):
        single = single_fit(measurement)
        if isinstance(single, FitError):
            assert isinstance(fit, FitError)
            assert fit.problem == single.problem
            continue
        fitted_ones += 1
        assert isinstance(fit, FitResult)
        assert (fit.names, fit.method, fit.noise_model) == (single.names, single.method, single.noise_model)
        std = np.sqrt(np.diag(single.covariance))
        assert np.all(np.abs(fit.values - single.values) < 1e-6 * std)
        np.testing.assert_allclose(np.sqrt(np.diag(fit.covariance)), std, rtol=1e-5)
    assert fitted_ones > 10


def test_one_bad_trace_does_not_stop_the_rest() -> None:
    good = measurements(2)
    flat = gzero.Measurement.from_arrays(x=np.arange(50.0), y=np.full(50, 0.3), x_unit="mV", y_unit="2e^2/h")
    short = gzero.Measurement.from_arrays(x=[0.0, 1.0], y=[0.0, 1.0], x_unit="mV", y_unit="2e^2/h")
    first, nothing, little, second = gzero.fit_many([good[0], flat, short, good[1]], quantum="2e^2/h")
    assert isinstance(first, FitResult)
    assert isinstance(second, FitResult)
    assert isinstance(nothing, FitError)
    assert "no model was fitted" in str(nothing)
    assert isinstance(little, (FitError, InputError))


def test_two_processes_give_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """This one waits with its own part until the other has done one."""
    several = measurements(7)
    monkeypatch.setattr(many, "PART", 2)
    monkeypatch.setattr(many, "FEWEST", 2)
    monkeypatch.setattr(many, "WORTH", 0.0)
    here = gzero.fit_many(several, quantum="2e^2/h")
    came, run, fits_here = threading.Event(), Processes.run, many._fits

    def told(*asked: Any) -> Iterator[Any]:
        for one in run(*asked):
            came.set()
            yield one

    def patiently(asked: Any, part: Any) -> Any:
        assert part[0] is several[0] or came.wait(60), "the other process has done nothing"
        return fits_here(asked, part)

    monkeypatch.setattr(Processes, "run", told)
    monkeypatch.setattr(many, "_fits", patiently)
    there = gzero.fit_many(several, quantum="2e^2/h", workers=2)
    for one, other in zip(here, there, strict=True):
        assert type(one) is type(other)
        if isinstance(one, FitResult):
            np.testing.assert_array_equal(one.values, other.values)
            np.testing.assert_array_equal(one.covariance, other.covariance)


def test_where_no_process_starts_the_fits_are_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise NoProcessError("none")

    monkeypatch.setattr(many, "PART", 1)
    monkeypatch.setattr(many, "WORTH", 0.0)
    monkeypatch.setattr(Processes, "run", none)
    assert all(isinstance(fit, FitResult) for fit in gzero.fit_many(measurements(3), quantum="2e^2/h", workers=2))


def test_little_work_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many, "PART", 2)
    monkeypatch.setattr(many, "WORTH", 1e6)
    monkeypatch.setattr(Processes, "run", lambda *_: pytest.fail("a process was started"))
    assert all(isinstance(fit, FitResult) for fit in gzero.fit_many(measurements(5), quantum="2e^2/h", workers=2))


def test_no_workers_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="0 workers"):
        gzero.fit_many([], workers=0)


def test_other_experiments_are_fitted_one_by_one() -> None:
    from gzero.synthetic.decay import simulate as decay

    made = decay(np.random.default_rng(1), seed=1).measurement
    (fit,) = gzero.fit_many([made])
    assert isinstance(fit, FitResult)
    np.testing.assert_array_equal(fit.values, gzero.fit(made).values)
