"""One staircase, fitted side by side: how long each takes over scipy's curve_fit, in one process.

    python benchmarks/staircase.py [--repetitions 40] [--refits 1000] [--only NAME ...]

The data are 4 steps in 400 readings with 2 % of noise, new ones for every repetition; every fitter has the same formula,
readings, standard deviations and starts, a twentieth of a step, a third and 30 % of a width away from the truth. They run
in turn, and what is printed is the median over the repetitions of each one's time over that of curve_fit in the same
repetition: machines differ and are never quiet, ratios mind less. Times are told, never tested.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gzero.fitters.result import FitResult
    from gzero.measurement.measurement import Measurement
    from gzero.models.model import Model

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # read when numpy is imported, which happens further down

REFERENCE = "curve_fit"
POINTS, STEPS, SPACING, NOISE = 400, 4, 12.0, 0.02
#: Fitters of one problem have found the same minimum when their steps lie within this many standard uncertainties.
AGREE = 1e-3
#: Of the two fitters whose own tolerance stops farther away than that (iminuit 0.01, kafe2 0.001 std).
TOLERANCE = 1e-4
TARGETS = {"gzero engine": 2.0, "gzero.fit": 12.0}
REFITS_TARGET = 2.0  # seconds for 1000 on 2 cores
KAFE2 = "kafe2: not installed; pip install 'gzero[bench]'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One data set and what is fitted to it.

    model : the formula, with its Jacobian.  x, y : shape (n,).  std : of every reading.  start : by parameter.
    measurement : the same readings as a whole analysis takes them.
    """

    model: Model
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    std: float
    start: dict[str, float]
    measurement: Measurement


#: A fitter: a case in, (step height, its standard uncertainty, whether it converged) out.
Fit = Callable[[Case], tuple[float, float, bool]]


@dataclass(slots=True, kw_only=True)
class Times:
    """What was seen of one fitter: seconds over those of the reference, steps over the reference's uncertainty, failures."""

    ratios: list[float] = field(default_factory=list)
    away: list[float] = field(default_factory=list)
    failed: int = 0


def models() -> dict[str, Model]:
    """The 6-parameter staircase (one width for all) and the 9-parameter one."""
    import numpy as np

    from gzero.models.model import Model, Parameter
    from gzero.models.staircase import staircase

    own = staircase(STEPS, offset=False)
    try:
        shared = staircase(STEPS, offset=False, widths="shared")  # type: ignore[call-arg, unused-ignore]
    except TypeError:  # a version without that option: the same formula, its width columns added up
        first = 1 + STEPS

        def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.concatenate([values[:first], np.full(STEPS, values[first])])

        def jacobian(x: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
            full = own.jacobian(x, spread(values))
            return np.column_stack([full[:, :first], full[:, first:].sum(axis=1)])

        width = Parameter(name="width", symbol="w", unit="x", meaning="thermal width of every riser", lower=0.0)
        shared = Model(
            name="staircase, 4 equal steps, one width",
            parameters=(*own.parameters[:first], width),
            function=lambda x, values: own.function(x, spread(values)),
            jacobian=jacobian,
            reference=own.reference,
        )
    return {"6 parameters": shared, "9 parameters": own}


def case_of(model: Model, seed: int) -> Case:
    """New readings, and starts that a guess from the data would give."""
    import numpy as np

    from gzero.measurement.measurement import Measurement

    rng = np.random.default_rng(seed)
    x = np.linspace(0.0, (STEPS + 0.5) * SPACING, POINTS)
    truth = {"step_height": 1.0}
    truth |= {f"threshold_{n}": SPACING * (n - 0.5) for n in range(1, STEPS + 1)}
    truth |= {name: 1.0 for name in model.names if name.startswith("width")}
    y = model.function(x, np.array([truth[name] for name in model.names])) + NOISE * rng.normal(size=x.size)
    off = {"step_height": 0.05, "threshold": 0.33, "width": 0.3}
    start = {name: truth[name] + off["step_height" if "step" in name else name.split("_")[0]] for name in model.names}
    measurement = Measurement.from_arrays(x=x, y=y, y_std=np.full(x.size, NOISE), x_unit="mV", y_unit="2e^2/h")
    return Case(model=model, x=x, y=y, std=NOISE, start=start, measurement=measurement)


def _formula(case: Case) -> Callable[..., NDArray[np.float64]]:
    import numpy as np

    function = case.model.function
    return lambda x, *values: function(x, np.array(values))


def curve_fit(case: Case, *, jacobian: bool = False) -> tuple[float, float, bool]:
    """scipy.optimize.curve_fit, by finite differences or with the analytic Jacobian."""
    import numpy as np
    from scipy.optimize import curve_fit

    exact: dict[str, Any] = {}
    if jacobian:
        derivatives = case.model.jacobian
        exact["jac"] = lambda x, *values: derivatives(x, np.array(values))
    values, covariance = curve_fit(
        _formula(case), case.x, case.y, p0=list(case.start.values()), sigma=np.full(case.x.size, case.std),
        absolute_sigma=True, **exact,
    )  # fmt: skip
    return float(values[0]), float(np.sqrt(covariance[0, 0])), bool(np.isfinite(covariance).all())


def lmfit_fit(case: Case) -> tuple[float, float, bool]:
    """lmfit.Model.fit, as scripts use it."""
    model = case.model.as_lmfit()
    out = model.fit(case.y, model.make_params(**case.start), x=case.x, weights=1 / case.std, scale_covar=False)
    step = out.params["step_height"]
    return float(step.value), float(step.stderr or "nan"), bool(out.success)


def iminuit_fit(case: Case) -> tuple[float, float, bool]:
    """iminuit: migrad and hesse on its least-squares cost; a tolerance of 0.1, its default, stops 0.01 std short."""
    from iminuit import Minuit
    from iminuit.cost import LeastSquares

    cost = LeastSquares(case.x, case.y, case.std, case.model.function)
    minuit = Minuit(cost, list(case.start.values()), name=case.model.names)
    for parameter in case.model.parameters:
        minuit.limits[parameter.name] = (parameter.lower, parameter.upper)
    minuit.tol = TOLERANCE
    minuit.migrad()
    minuit.hesse()
    return float(minuit.values[0]), float(minuit.errors[0]), bool(minuit.valid)


def kafe2_fit(case: Case) -> tuple[float, float, bool]:
    """kafe2, with the errors of y as it asks for them; the tolerance that it hands to iminuit is 0.01 unless stated."""
    import inspect

    import kafe2
    import numpy as np

    function = case.model.function

    def formula(x: Any, *values: float) -> NDArray[np.float64]:
        return function(np.asarray(x, dtype=np.float64), np.array(values))

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    named = [inspect.Parameter(name, kind, default=value) for name, value in case.start.items()]
    formula.__signature__ = inspect.Signature([inspect.Parameter("x", kind), *named])  # type: ignore[attr-defined]
    data = kafe2.XYContainer(case.x, case.y)
    data.add_error(axis="y", err_val=case.std)
    fit = kafe2.XYFit(data, formula, minimizer="iminuit", minimizer_kwargs={"tolerance": TOLERANCE})
    result = fit.do_fit()
    values, errors = result["parameter_values"], result["parameter_errors"]
    return float(values["step_height"]), float(errors["step_height"]), bool(result["did_fit"])


def engine_fit(case: Case) -> tuple[float, float, bool]:
    """gzero's engine from given starts, covariance and record included."""
    result = engine_result(case)
    return result.value("step_height"), result.std("step_height"), result.success


def engine_result(case: Case) -> FitResult:
    import numpy as np

    from gzero.fitters.engine import fit_problem
    from gzero.fitters.problem import Problem
    from gzero.measurement.curve import Curve
    from gzero.reduction.noise import Noise

    std = np.full(case.x.size, case.std)
    problem = Problem(model=case.model, curve=Curve(x=case.x, y=case.y, y_std=std), noise=Noise(std=std, stated=True))
    return fit_problem(problem, case.start)


def whole_fit(case: Case) -> tuple[float, float, bool]:
    """gzero.fit on a measurement: plateaus, starts from the data, noise learnt, rivals, verdict, of the same model."""
    import gzero

    one_width = "width" in case.model.names
    fit = gzero.fit(case.measurement, quantum="2e^2/h", risers="shared" if one_width else None)
    return float("nan"), float("nan"), fit.success


PEERS: dict[str, Fit] = {
    REFERENCE: curve_fit,
    "curve_fit, Jacobian": lambda case: curve_fit(case, jacobian=True),
    "lmfit Model.fit": lmfit_fit,
    "iminuit": iminuit_fit,
    "kafe2": kafe2_fit,
    "gzero engine": engine_fit,
    "gzero.fit": whole_fit,
}


def installed(names: Sequence[str]) -> dict[str, Fit]:
    """The fitters that can run here; what is missing is said with its install line."""
    from importlib.util import find_spec

    found = {}
    for name in names:
        package = name.split(" ")[0].split(".")[0].rstrip(",")
        if package in ("kafe2", "iminuit") and find_spec(package) is None:
            print(KAFE2.replace("kafe2", package, 1))
            continue
        found[name] = PEERS[name]
    return found


def compare(model: Model, peers: dict[str, Fit], repetitions: int) -> tuple[dict[str, Times], list[float]]:
    """Every fitter in turn on new data, over and over; also the seconds of the reference."""
    seen = {name: Times() for name in peers}
    seconds: list[float] = []
    for name in peers:  # imports and caches are nobody's time
        _timed(peers[name], case_of(model, 0))
    for repetition in range(repetitions):
        case = case_of(model, repetition + 1)
        turn = repetition % len(peers)  # nobody is always first
        took = {name: _timed(peers[name], case) for name in (*list(peers)[turn:], *list(peers)[:turn])}
        reference, (step, std, _) = took[REFERENCE]
        seconds.append(reference)
        for name in peers:
            duration, (value, _, converged) = took[name]
            seen[name].ratios.append(duration / reference)
            seen[name].failed += not converged
            if converged and value == value:
                seen[name].away.append(abs(value - step) / std)
    return seen, seconds


def _timed(fit: Fit, case: Case) -> tuple[float, tuple[float, float, bool]]:
    begin = time.perf_counter()
    try:
        out = fit(case)
    except (RuntimeError, ValueError) as error:  # a fitter that gives up has not converged
        out = (float("nan"), float("nan"), False)
        print(f"    {type(error).__name__}: {error}")
    return time.perf_counter() - begin, out


def report(title: str, seen: dict[str, Times], seconds: Sequence[float]) -> bool:
    """One table; returns whether all that converged agree on the step height."""
    print(f"\n{title}: {STEPS} steps, {POINTS} readings, noise {NOISE:g} of a step")
    print(f"reference {REFERENCE}: {1e3 * statistics.median(seconds):.2f} ms (median of {len(seconds)})")
    print(f"\n| {'fitter':20} | ratio | 16 to 84 % | target | failed | step off by, std |")
    print(f"|{'-' * 22}|------:|-----------:|-------:|-------:|-----------------:|")
    agreed = True
    for name, times in seen.items():
        ratios = sorted(times.ratios)
        low, high = (ratios[round(share * (len(ratios) - 1))] for share in (0.16, 0.84))
        target = f"<= {TARGETS[name]:g}" if name in TARGETS else ""
        away = f"{max(times.away):.1e}" if times.away else "another model" if name == "gzero.fit" else "-"
        agreed &= not times.away or max(times.away) <= AGREE
        print(
            f"| {name:20} | {statistics.median(ratios):5.2f} | {f'{low:.2f}-{high:.2f}':>10} | {target:>6} | "
            f"{times.failed:6d} | {away:>16} |"
        )
    said = f"all agree on the step height within {AGREE:g} std"
    print(said if agreed else f"VOID: not {said}")
    return agreed


def bootstrap(model: Model, refits: int) -> None:
    """Seconds for many refits of resampled residuals."""
    import numpy as np

    result = engine_result(case_of(model, 1))
    rng = np.random.default_rng(1)
    try:
        from gzero.fitters.bootstrap import bootstrap as resample  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        from dataclasses import replace

        from gzero.fitters.engine import refit

        problem, how = result.problem, "engine.refit in a loop: this version has no bootstrap"
        assert problem is not None
        begin = time.perf_counter()
        for _ in range(refits):
            y = result.fitted + rng.choice(result.residuals, size=result.residuals.size)
            refit(replace(problem, curve=replace(problem.curve, y=y)), result.values)
        took = time.perf_counter() - begin
    else:
        how = "gzero.fitters.bootstrap"
        begin = time.perf_counter()
        resample(result, rng=rng, repeats=refits)
        took = time.perf_counter() - begin
    print(
        f"{refits} refits of {len(model.names)} parameters: {took:.2f} s ({how}; target {REFITS_TARGET:g} s for 1000)"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; 1 where the fitters did not find the same minimum."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=40)
    parser.add_argument("--refits", type=int, default=1000)
    parser.add_argument("--only", nargs="+", choices=list(PEERS), default=list(PEERS), metavar="NAME")
    asked = parser.parse_args(argv)
    peers = installed([name for name in PEERS if name in asked.only or name == REFERENCE])
    agreed = True
    for title, model in models().items():
        seen, seconds = compare(model, peers, asked.repetitions)
        agreed &= report(title, seen, seconds)
        bootstrap(model, asked.refits)
    print("\nelsewhere, over the same reference: lmfit Model.fit 3.0-3.6, iminuit 4.9-6.4, kafe2 50-90")
    return 0 if agreed else 1


if __name__ == "__main__":
    raise SystemExit(main())
