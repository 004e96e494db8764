"""Which line a charge transition has: thermal, broadened by a lifetime, or both, on a straight or a bent background.

All are fitted under one noise, which is learnt from the residuals of the richest of them, so that their misfits can be
compared; the smallest Bayesian information criterion decides. A lifetime that the readings do not show may still be there:
what the line with both widths would make of each parameter is kept as an uncertainty of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError, InputError
from gzero.fitters.curve_fit import CurveFit, fit_curve, fit_warnings, parameter_shifts
from gzero.fitters.engine import fit_problem, refit
from gzero.fitters.options import FitOptions
from gzero.fitters.problem import Problem
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array, Model
from gzero.models.transition import Background, Shape, occupation, transition

#: Fewest readings for which a bent background is tried: it has seven parameters.
_FOR_A_BEND = 24
#: BIC by which a step must be better than none.
_SEEN = 10.0
_ORDER: tuple[Shape, ...] = ("thermal", "lifetime", "thermal*lifetime")
WIDTHS = ("thermal_width", "lifetime_width")
_MOST_TRIED = 1500  # readings of the search for a start
_SOURCE = "line shape"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """One line as fitted.

    Parameters
    ----------
    shape, background : of the line.  bic, delta_bic : its criterion, and that over the best one's.
    chi2 : under the common noise.  possible : whether its widths are positive.
    values, std : of all parameters, by name.
    """

    shape: Shape
    background: Background
    bic: float
    chi2: float
    possible: bool
    values: Mapping[str, float]
    std: Mapping[str, float]
    delta_bic: float = 0.0

    @property
    def name(self) -> str:
        """In words."""
        return (
            f"{self.shape.replace('*', ' and ')}, {'bent' if self.background == 'parabola' else 'straight'} background"
        )

    def width(self, name: str) -> float:
        """A width of the line [unit of x]; nan where it has none of that name."""
        return self.values.get(name, float("nan"))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """The line that was chosen.

    Parameters
    ----------
    found : its fit; among its shifts is what the choice does to the widths.
    candidates : all that were tried, the best first.
    """

    found: CurveFit
    candidates: tuple[Candidate, ...]

    @property
    def shape(self) -> Shape:
        """Of the line."""
        return self.candidates[0].shape


def fit_line(measurement: Measurement, options: FitOptions) -> Line:
    """Fit every line and choose.

    Raises
    ------
    InputError : readings that make no curve.  FitError : no step beyond the noise, or no usable minimum.
    """
    read = measurement.ordinate.values
    if np.unique(read[np.isfinite(read)]).size < 2:
        raise InputError(
            "all readings are the same: there is no step",
            path=measurement.origin.path,
            column=measurement.ordinate.label,
            remedy="choose another column with --y",
        )
    richest = _learnt(measurement, options)
    curve = richest.curve
    every = [each for background in _backgrounds(curve) for each in _tried(richest, background, options)]
    tried = [each for each in every if each.possible]
    # a temperature is always there: that of a lifetime alone must be decisively better than a thermal line
    thermal = min((c.bic for c in tried if c.shape == "thermal"), default=np.inf)
    tried.sort(key=lambda c: (c.shape == "lifetime" and c.bic > thermal - _SEEN, c.bic))
    empty = min(_background_only(richest, background) for background in _backgrounds(curve))
    best_bic = tried[0].bic if tried else min((c.bic for c in every), default=richest.fit.bic)
    if empty - best_bic < _SEEN:
        raise FitError(
            "no step is told from the background and the noise",
            remedy="set --range to the transition, or take more sweeps",
            result=richest.fit,
        )
    if not tried:
        raise FitError("no line of a charge transition fits", remedy="narrow --range to one step", result=richest.fit)
    best = tried[0]
    candidates = tuple(replace(c, delta_bic=c.bic - best.bic) for c in tried)
    return Line(found=_chosen(richest, candidates, every, options), candidates=candidates)


def _learnt(measurement: Measurement, options: FitOptions) -> CurveFit:
    """The fit that the noise is learnt from: the richest line, or where it is not determined the nearer one of its limits."""
    try:
        return fit_curve(measurement, options, _richest, _start)
    except FitError as error:
        found, last = [], error
        for shape in _ORDER[:2]:
            try:
                found.append(fit_curve(measurement, options, _limit(shape), _narrowed))
            except FitError as other:
                last = other
        if not found:
            raise last from None
        return min(found, key=lambda f: float(f.fit.residuals @ f.fit.residuals))


def _limit(shape: Shape) -> Callable[[Curve], Model]:
    def model(curve: Curve) -> Model:
        return transition(shape, background=_backgrounds(curve)[-1], free=True)

    return model


def _narrowed(curve: Curve) -> Mapping[str, float]:
    start = _start(curve)
    return {**start, "lifetime_width": start["thermal_width"] + start["lifetime_width"]}


def _backgrounds(curve: Curve) -> tuple[Background, ...]:
    return ("line", "parabola") if len(curve) >= _FOR_A_BEND else ("line",)


def _tried(richest: CurveFit, background: Background, options: FitOptions) -> list[Candidate]:
    """The lines on one background, those first that the others begin from."""
    starts = [dict(zip(richest.fit.names, map(float, richest.fit.values), strict=True))]
    out: list[Candidate] = []
    least = np.inf
    for shape in _ORDER:
        model = transition(shape, background=background, free=True)
        problem = Problem(model=model, curve=richest.curve, noise=richest.noise, loss=options.loss)
        values, chi2 = refit(problem, _begin(starts[0], model.names), evaluations=400)
        if shape == "thermal*lifetime" and not chi2 <= least + 1e-3:  # it holds the others as limits
            again = [refit(problem, _begin(start, model.names), evaluations=400) for start in starts[1:]]
            values, chi2 = min([(values, chi2), *again], key=lambda f: f[1] if np.isfinite(f[1]) else np.inf)
        least = min(least, chi2 if np.isfinite(chi2) else np.inf)
        named = dict(zip(model.names, map(float, values), strict=True))
        starts.append({**starts[0], **named, **({} if shape == "thermal" else {"thermal_width": 0.0})})
        if "thermal_width" in named:
            named["thermal_width"] = abs(named["thermal_width"])
        possible = min(named.get(w, 1.0) for w in WIDTHS) > 0
        if (
            not possible and shape == "thermal*lifetime" and out and out[0].shape == "thermal"
        ):  # no lifetime shows; what one would do is told at zero
            named = {**named, **out[0].values, "lifetime_width": 0.0}
            chi2 = float(np.sum(problem.residual(np.array(list(named.values()))) ** 2))
        std = _std(problem, np.array(list(named.values())))
        if std is not None and shape == "thermal*lifetime" and not std[2] < named["thermal_width"]:
            possible, named["thermal_width"], std[2] = False, 0.0, 0.0  # the limit of a lifetime alone
        if np.isfinite(chi2) and std is not None:
            out.append(
                Candidate(
                    shape=shape,
                    background=background,
                    bic=chi2 / richest.fit.inflation**2 + values.size * float(np.log(len(richest.curve))),
                    chi2=chi2 / richest.fit.inflation**2,
                    possible=possible,
                    values=named,
                    std=dict(zip(named, std * richest.fit.inflation, strict=True)),
                )
            )
    return out


def _begin(start: Mapping[str, float], names: tuple[str, ...]) -> Array:
    """A start for a line: that of another, with its whole width in the widths there are."""
    theta, gamma = abs(start.get("thermal_width", 0.0)), max(start.get("lifetime_width", 0.0), 0.0)
    known = dict(start)
    if "lifetime_width" not in names:
        known["thermal_width"] = theta + 0.6 * gamma
    elif "thermal_width" not in names:
        known["lifetime_width"] = gamma + theta
    else:
        known["thermal_width"], known["lifetime_width"] = max(theta, 0.1 * gamma), max(gamma, 0.1 * theta)
    return np.array([known.get(name, 0.0) for name in names])


def _std(problem: Problem, values: Array) -> Array | None:
    """Standard uncertainties at a minimum; None where the readings do not determine it."""
    design = problem.noise.whiten(problem.design(values))
    size = np.linalg.norm(design, axis=0)
    if not np.all(size > 0):
        return None
    _, singular, right = np.linalg.svd(design / size, full_matrices=False)
    if singular[-1] < 1e-8 * singular[0]:
        return None
    return np.asarray(np.linalg.norm(right.T / singular, axis=1) / size)


def _chosen(
    richest: CurveFit, candidates: tuple[Candidate, ...], every: list[Candidate], options: FitOptions
) -> CurveFit:
    """The fit of the best line under the noise of the richest, with its shifts."""
    best, curve = candidates[0], richest.curve
    model = transition(best.shape, background=best.background)
    problem = Problem(model=model, curve=curve, noise=richest.noise, loss=options.loss)
    fit = fit_problem(problem, best.values)
    fit = replace(fit, units=tuple(_unit(unit, curve) for unit in fit.units))
    shifts = parameter_shifts(fit, curve, richest.calibration)
    between = np.array([_between(best, every, name) for name in fit.names])
    if np.any(between > 0.01 * np.sqrt(np.diag(fit.covariance))):
        shifts[_SOURCE] = between
    choice = Choice(
        choice="fit of the model", value=fit.method, origin="data", note=f"noise {richest.noise.description}"
    )
    return replace(
        richest,
        fit=fit,
        shifts=shifts,
        ledger=(*richest.selected.ledger, choice, *_choices(candidates)),
        warnings=(*richest.selected.warnings, *fit_warnings(fit, richest.noise)),
    )


def _unit(unit: str | None, curve: Curve) -> str | None:
    """A unit of a parameter with those of the axes in it, where both are known; "x" and "y" stand for themselves."""
    if unit not in ("y/x", "y/x^2"):
        return unit
    if not curve.x_unit or not curve.y_unit:
        return None
    return unit.replace("y", curve.y_unit).replace("x", curve.x_unit)


def _between(best: Candidate, every: Sequence[Candidate], name: str) -> float:
    """What a width that does not show would add to the standard uncertainty of a parameter [its unit].

    The second moment about the best value under the line with both widths on the same background, std^2 + (value - best)^2,
    less the variance of the best. No criterion takes part: a lifetime and a temperature are always there, however small.
    """
    both = next((c for c in every if c.shape == "thermal*lifetime" and c.background == best.background), None)
    if both is None or best.shape == both.shape:
        return 0.0
    moment = both.std[name] ** 2 + (both.values[name] - best.values[name]) ** 2
    return float(np.sqrt(max(moment - best.std[name] ** 2, 0.0)))


def _choices(candidates: tuple[Candidate, ...]) -> tuple[Choice, ...]:
    best = candidates[0]
    rival = next((c for c in candidates if c.shape != best.shape), None)
    note = "the smallest BIC of all that were tried"
    if rival is not None:
        note += f"; {rival.name}, the best of another shape, is worse by {rival.delta_bic:.3g}"
    return (Choice(choice="line", value=best.name, origin="data", note=note),)


def _richest(curve: Curve) -> Model:
    return transition("thermal*lifetime", background=_backgrounds(curve)[-1], free=True)


def _background_only(richest: CurveFit, background: Background) -> float:
    """BIC of the background without a step."""
    curve, terms = richest.curve, 2 if background == "line" else 3
    v = (curve.x - curve.x.mean()) / np.ptp(curve.x)
    basis, _ = np.linalg.qr(richest.noise.whiten(v[:, None] ** np.arange(terms)))
    pulls = richest.noise.whiten(curve.y)
    chi2 = float(pulls @ pulls - np.sum((basis.T @ pulls) ** 2))
    return chi2 / richest.fit.inflation**2 + terms * float(np.log(len(curve)))


def _start(curve: Curve) -> Mapping[str, float]:
    """Where the richest line starts: the thermal step that takes most out of the readings, over a grid of places and widths."""
    thin = max(1, len(curve) // _MOST_TRIED)
    x, y = curve.x[::thin], curve.y[::thin]
    sweep = float(x[-1] - x[0])
    spacing = float(np.median(np.diff(x)))
    ground, _ = np.linalg.qr(np.column_stack([np.ones_like(x), (x - x.mean()) / sweep]))
    left = y - ground @ (ground.T @ y)
    best, place, width = -1.0, float(x.mean()), sweep / 10
    widest, narrowest = sweep / 6, max(spacing / 2, sweep / 1000)
    for w in np.geomspace(narrowest, widest, 10):
        places = np.linspace(x[0], x[-1], int(np.clip(sweep / (1.5 * w), 12, 400)))[1:-1]
        steps = np.tanh((x[:, None] - places) / (2 * w))
        steps -= ground @ (ground.T @ steps)
        norm = np.sum(steps**2, axis=0)
        taken = (left @ steps) ** 2 / np.maximum(norm, 1e-9 * x.size)
        i = int(np.argmax(taken))
        if taken[i] > best:
            best, place, width = float(taken[i]), float(places[i]), float(w)
    theta, gamma = 0.8 * width, 0.3 * width
    v = curve.x - place
    design = np.column_stack([occupation(v, theta, gamma), np.ones_like(v), v / sweep])
    amplitude, level, slope = np.linalg.lstsq(design, curve.y, rcond=None)[0]
    return {
        "position": place,
        "amplitude": float(amplitude),
        "thermal_width": theta,
        "lifetime_width": gamma,
        "level": float(level),
        "slope": float(slope / sweep),
        "curvature": 0.0,
    }
