"""A mean squared displacement fitted with the covariance that its own parameters imply.

    V(theta) = cov(MSD_n, MSD_m),     theta <- argmin (y - f(theta))^T V^-1 (y - f(theta)),     again until it stands

(generalised least squares for diffusion: Bullerjahn, von Buelow and Hummer 2020, doi 10.1063/5.0008312). V is held while the
minimum is looked for: minimising over V as well would prefer large variances. How far V itself is known enters by
Satterthwaite's degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError
from gzero.fitters.engine import fit_problem, refit
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.models import msd as formula
from gzero.models.model import Array, Model
from gzero.reduction.correlated import CorrelatedNoise
from gzero.reduction.noise import Noise, widening

_ROUNDS = 60
_STANDS = 1e-4  # of a standard uncertainty: a change below it is none
_SINGULAR = 1e5  # condition of the whitened Jacobian beyond which the parameters run away along a valley
_LEAST = 1e-6  # of the mean squared displacement at the shortest lag: a step has a variance, for the covariance
_EXACT = 1e-9  # misfit, over what the covariance expects of one trajectory, below which the points were computed
_EDGE = 0.24  # s^2 over A below which, at -1/4, displacements of alternating sign would have no variance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """An MSD curve and what is known of the windows behind each point.

    Parameters
    ----------
    curve : MSD [m^2] over lag time [s], p points; its stated std, where there is one, scales the covariance.
    lags : in frames, shape (p,).  interval : between frames [s].  dimensions : d.
    lengths, counts : positions of a trajectory, and how many trajectories are of that length, shape (u,).
    scale : "windows" believes the covariance; "stated" its correlations, with the stated standard deviations; "scatter"
        its form, with one factor from the residuals.
    source : of the covariance, in words.
    """

    curve: Curve
    lags: formula.IntArray
    interval: float
    dimensions: int
    lengths: formula.IntArray
    counts: formula.IntArray
    scale: str = "windows"
    source: str = "theory of overlapping windows"

    def windows(self) -> tuple[formula.IntArray, Array]:
        """Pairs of windows of every two lags."""
        return formula.overlaps(self.lags, self.lengths, self.counts)


def straight(points: Points) -> FitResult:
    """MSD = 2 d D t + c under its own covariance.

    Raises
    ------
    FitError : no covariance that stands, or the engine finds no minimum.
    """
    return _settled(points, formula.line(points.dimensions), _start(points), exponent=lambda values: 1.0)


def bent(points: Points, line: FitResult) -> FitResult:
    """MSD = 2 d D dt (t/dt)^alpha + c under the covariance of fractional Brownian motion.

    Parameters
    ----------
    line : of the same points, where it starts.

    Raises
    ------
    FitError : as of `straight`; also fewer than four points.
    """
    if len(points.curve) < 4:
        raise FitError(f"{len(points.curve)} lags tell no exponent", remedy="give longer trajectories")
    start = {"diffusion": line.value("diffusion"), "alpha": 1.0, "offset": line.value("offset")}
    model = formula.power_law(points.dimensions, points.interval)
    try:
        return _settled(points, model, start, exponent=lambda values: float(values[1]))
    except FitError:
        # a curve that levels off wants an offset below zero without end, and errors of localisation are none below zero
        start["offset"] = 0.0
        return _settled(points, model, start, exponent=lambda values: float(values[1]), held=("offset",))


def _start(points: Points) -> dict[str, float]:
    """A straight line through the first few points."""
    t, y = points.curve.x, points.curve.y
    few = slice(0, max(2, min(4, t.size)))
    slope, offset = np.polyfit(t[few], y[few], 1)
    return {"diffusion": float(slope) / (2 * points.dimensions), "offset": float(offset)}


def _noise(points: Points, windows: tuple[formula.IntArray, Array], values: Array, alpha: float) -> CorrelatedNoise:
    """The noise that diffusion with these values has, values[0] being D and values[-1] the offset."""
    d, dt = points.dimensions, points.interval
    step = max(2 * float(values[0]) * dt, _LEAST * float(points.curve.y[0]) / d)
    noise = max(float(values[-1]) / (2 * d), -_EDGE * step)
    matrix = formula.covariance(
        points.lags, windows, step=step, noise=noise, dimensions=d, alpha=min(max(alpha, 0.05), 1.95)
    )
    if points.scale == "stated" and points.curve.y_std is not None:
        rescale = points.curve.y_std / np.sqrt(np.diag(matrix))
        matrix = matrix * np.outer(rescale, rescale)
    return CorrelatedNoise.of(
        matrix, stated=points.scale != "scatter", source=points.source, shape="windows of the lags overlap"
    )


def _unit(points: Points) -> Noise:
    """Any noise at all, before the first covariance."""
    return Noise(std=np.ones(len(points.curve)), stated=False)


def _settled(
    points: Points,
    model: Model,
    start: dict[str, float],
    *,
    exponent: Callable[[Array], float],
    held: tuple[str, ...] = (),
) -> FitResult:
    """The fit whose covariance is that of its own values; parameters in `held` stay at their start."""
    windows = points.windows()
    problem = Problem(model=model, curve=points.curve, noise=_unit(points), fixed={name: start[name] for name in held})
    values = np.array([start[p.name] for p in problem.free])
    for _ in range(_ROUNDS):
        whole = problem.complete(values)
        problem = replace(problem, noise=_noise(points, windows, whole, exponent(whole)))
        there, _ = refit(problem, values)
        design = problem.jacobian(there)
        size = np.linalg.norm(design, axis=0)
        if not (np.isfinite(design).all() and size.all()) or np.linalg.cond(design / size) > _SINGULAR:
            break
        moved = np.abs(there - values) / np.sqrt(np.diag(np.linalg.inv(design.T @ design)))
        values = there
        if np.all(moved < _STANDS):
            fit = fit_problem(problem, {p.name: float(v) for p, v in zip(problem.free, values, strict=True)})
            return _honest(points, fit, windows, exponent)
    raise FitError(
        f"the fit of the {model.name} and its covariance do not settle",
        remedy="give longer or more trajectories, or narrow --range to lags that are known well",
    )


def _honest(
    points: Points, fit: FitResult, windows: tuple[formula.IntArray, Array], exponent: Callable[[Array], float]
) -> FitResult:
    """The fit with its scale from the residuals where it has no other, and widened for how far its covariance is known.

    The relative variance of a variance v(theta) is g^T C g/v^2 with g its gradient; it has 2/that degrees of freedom.
    """
    if fit.problem is None:
        return fit
    size, noise = 1.0, fit.problem.noise
    if points.scale == "scatter" and isinstance(noise, CorrelatedNoise):
        size = float(np.sqrt(fit.chi2 / fit.dof))
        if not size > _EXACT:
            raise FitError(
                "the points lie on a line without any scatter, and nothing else tells their uncertainties",
                remedy="state them, or add a column 'points' with the number of windows of each",
            )
        noise = noise.scaled(size)
    covariance = np.array(fit.covariance) / fit.inflation**2 * size**2
    inflation = 1.0 if points.scale == "scatter" else fit.inflation
    base = np.diag(covariance)
    gradients = []
    for i, std in enumerate(np.sqrt(base)):
        ends = []
        for way in (-0.1, 0.1):
            there = np.array(fit.values)
            there[i] += way * std
            whole = fit.problem.complete(there)
            near = _noise(points, windows, whole, exponent(whole))
            design = near.whiten(fit.problem.design(fit.values))
            ends.append(np.diag(np.linalg.inv(design.T @ design)) * size**2)
        gradients.append((ends[1] - ends[0]) / (0.2 * std))
    g = np.array(gradients)  # d variance j/d value i
    relative = (
        np.einsum("ij,ik,kj->j", g, covariance, g) / base**2 if points.scale == "windows" else np.zeros(base.size)
    )
    if points.scale == "scatter":
        relative = relative + 2.0 / fit.dof
    few = 2.0 / np.maximum(relative, 1e-12)
    factor = widening(few) * inflation
    return replace(
        fit,
        covariance=covariance * np.outer(factor, factor),
        variance_dof=few,
        inflation=inflation,
        noise_model=noise.description,
        problem=replace(fit.problem, noise=noise),
        chi2=fit.chi2 / size**2,
    )
