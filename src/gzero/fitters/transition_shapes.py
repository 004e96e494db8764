"""Which line a charge transition has: thermal, broadened by a lifetime, or both, on a straight or a bent background.

All are fitted under one noise, which is learnt from the residuals of the richest of them, so that their misfits can be
compared; the smallest Bayesian information criterion decides. What the choice does to a width is kept as an uncertainty of
its own, with the weights exp(-BIC/2) of the others (Buckland, Burnham and Augustin 1997, doi 10.2307/2533961).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError
from gzero.fitters.curve_fit import CurveFit, fit_curve, fit_warnings, parameter_shifts
from gzero.fitters.engine import fit_problem, refit
from gzero.fitters.options import FitOptions
from gzero.fitters.problem import Problem
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array, Model
from gzero.models.transition import SHAPES, Background, Shape, occupation, transition

#: Fewest readings for which a bent background is tried: it has seven parameters.
_FOR_A_BEND = 24
#: BIC by which a step must be better than none.
_SEEN = 10.0
#: BIC from which a rival has no part in the uncertainty.
_OUT = 20.0
_MOST_TRIED = 1500  # readings of the search for a start
_SOURCE = "line shape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One line as fitted.

    Parameters
    ----------
    shape, background : of the line.  delta_bic : over the best one's.
    thermal_width, lifetime_width : [unit of x]; nan where the line has none.
    values : of all parameters.
    """

    shape: Shape
    background: Background
    delta_bic: float
    thermal_width: float
    lifetime_width: float
    values: tuple[float, ...]

    @property
    def name(self) -> str:
        """In words."""
        return f"{self.shape.replace('*', ' and ')}, {'bent' if self.background == 'parabola' else 'straight'} background"


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
    richest = fit_curve(measurement, options, _richest, _start)
    curve, noise = richest.curve, richest.noise
    backgrounds: tuple[Background, ...] = ("line", "parabola") if len(curve) >= _FOR_A_BEND else ("line",)
    size = richest.fit.inflation**2
    tried = []
    for background in backgrounds:
        ground = _background_only(richest, background) / size
        for shape in SHAPES:
            model = transition(shape, background=background, free=True)
            problem = Problem(model=model, curve=curve, noise=noise, loss=options.loss)
            values, chi2 = refit(problem, _from(richest, model.names), evaluations=400)
            named = dict(zip(model.names, map(float, values), strict=True))
            if all(named.get(w, 1.0) > 0 for w in ("thermal_width", "lifetime_width")) and np.isfinite(chi2):
                bic = chi2 / size + values.size * float(np.log(len(curve)))
                tried.append((bic, ground, shape, background, named))
    if not tried:
        raise FitError("no line of a charge transition fits", remedy="narrow --range to one step", result=richest.fit)
    tried.sort(key=lambda t: t[0])
    best = tried[0][0]
    empty = min(g + (2 if b == "line" else 3) * float(np.log(len(curve))) for _, g, _, b, _ in tried)
    if empty - best < _SEEN:
        raise FitError(
            "no step is told from the background and the noise",
            remedy="set --range to the transition, or take more sweeps",
            result=richest.fit,
        )
    candidates = tuple(
        Candidate(
            shape=shape,
            background=background,
            delta_bic=bic - best,
            thermal_width=named.get("thermal_width", float("nan")),
            lifetime_width=named.get("lifetime_width", float("nan")),
            values=tuple(named.values()),
        )
        for bic, _, shape, background, named in tried
    )
    return Line(found=_chosen(richest, candidates, options), candidates=candidates)


def _chosen(richest: CurveFit, candidates: tuple[Candidate, ...], options: FitOptions) -> CurveFit:
    """The fit of the best line under the noise of the richest, with its shifts."""
    best, curve = candidates[0], richest.curve
    model = transition(best.shape, background=best.background)
    problem = Problem(model=model, curve=curve, noise=richest.noise, loss=options.loss)
    fit = fit_problem(problem, dict(zip(model.names, best.values, strict=True)))
    shifts = parameter_shifts(fit, curve, richest.calibration)
    between = np.zeros(len(fit.names))
    for i, name in enumerate(fit.names):
        if name in ("thermal_width", "lifetime_width"):
            between[i] = _between(candidates, name)
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


def _between(candidates: tuple[Candidate, ...], name: str) -> float:
    """How far the width differs between the lines, by their weights [unit of x]."""
    near = [c for c in candidates if c.delta_bic < _OUT and np.isfinite(getattr(c, name))]
    weights = np.exp(-0.5 * np.array([c.delta_bic for c in near]))
    off = np.array([getattr(c, name) for c in near]) - getattr(candidates[0], name)
    return float(np.sqrt(np.sum(weights * off**2) / np.sum(weights)))


def _choices(candidates: tuple[Candidate, ...]) -> tuple[Choice, ...]:
    best = candidates[0]
    rival = next((c for c in candidates if c.shape != best.shape), None)
    note = "the smallest BIC of all that were tried"
    if rival is not None:
        note += f"; {rival.name}, the best of another shape, is worse by {rival.delta_bic:.3g}"
    return (Choice(choice="line", value=best.name, origin="data", note=note),)


def _richest(curve: Curve) -> Model:
    return transition("thermal*lifetime", background="parabola" if len(curve) >= _FOR_A_BEND else "line", free=True)


def _from(richest: CurveFit, names: tuple[str, ...]) -> Array:
    """Where a line starts: from the richest one, with its whole width in the one width there is."""
    found = dict(zip(richest.fit.names, map(float, richest.fit.values), strict=True))
    theta, gamma = found["thermal_width"], found["lifetime_width"]
    if "lifetime_width" not in names:
        found["thermal_width"] = max(theta + 0.6 * gamma, 0.3 * theta)
    elif "thermal_width" not in names:
        found["lifetime_width"] = max(gamma + theta, 0.3 * theta)
    elif gamma <= 0:
        found["lifetime_width"] = 0.1 * theta
    return np.array([found[name] for name in names])


def _background_only(richest: CurveFit, background: Background) -> float:
    """chi2 of the background without a step."""
    curve = richest.curve
    v = (curve.x - curve.x.mean()) / np.ptp(curve.x)
    design = richest.noise.whiten(v[:, None] ** np.arange(2 if background == "line" else 3))
    pulls = richest.noise.whiten(curve.y)
    basis, _ = np.linalg.qr(design)
    return float(pulls @ pulls - np.sum((basis.T @ pulls) ** 2))


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
