"""Interval of one parameter from the profile of chi2: how far it can go while the others do their best to follow.

    [chi2(v) - chi2_min] / s^2 <= t^2,      chi2(v) = min over the other parameters at v

with t the quantile of Student's distribution (the normal one where the noise is stated), and s^2 the variance that the fit
gave the parameter, before it was widened for few degrees of freedom, over what the curvature of chi2 alone would give. So
an estimated scale of the noise, a misfit that inflates and the covariance of a robust or a sandwich fit enter here as they
do in the standard uncertainty, and on a model that is linear in its parameters the interval is value -+ t std. It need not
be symmetric, and it is the same whether a parameter or a function of it is fitted. Venzon and Moolgavkar 1988,
doi 10.2307/2347496; with the scale estimated, Bates and Watts 1988, doi 10.1002/9780470316757, section 6.1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.fitters.interval import Interval, check_confidence, place_of
from gzero.fitters.problem import Problem
from gzero.fitters.refits import bend_at, cost_at, minimised, refit_many
from gzero.fitters.result import FitResult
from gzero.models.model import Array
from gzero.reduction.noise import widening

_STRETCHES = 30  # doublings of the distance before a side is called open
_HALVINGS = 40
_CLOSE = 1e-3  # of the first step: this near to where no fit is found the search ends
_PRECISION = 1e-7  # of the square root of the rise of chi2, which is 1 at the ends
_LOWER = 1e-3  # of the rise at the ends: chi2 this far below its minimum means that it was not the minimum


def profile_interval(fit: FitResult, name: str, *, confidence: float = 0.95) -> Interval:
    """The profile-likelihood interval of one fitted parameter.

    Parameters
    ----------
    fit : a fit that carries its problem.
    name : of a parameter that was fitted.
    confidence : of the interval [1].

    Returns
    -------
    Interval [unit of the parameter]. A side where chi2 does not rise far enough, before the parameter's bound or at any
    distance, is None, and the note says so.

    Raises
    ------
    ConfigError : a confidence that is none.  InputError : no such fitted parameter, or a fit without its problem.
    FitError : chi2 is lower elsewhere than at the fit's values.
    """
    check_confidence(confidence)
    place = place_of(name, fit.names)
    with np.errstate(all="ignore"):
        profile = _Profile.of(fit, place, confidence)
        low, no_low = profile.end(-1.0)
        high, no_high = profile.end(1.0)
    note = "; ".join(text for text in (no_low, no_high) if text)
    return Interval(
        name=name,
        value=float(fit.values[place]),
        low=low,
        high=high,
        confidence=confidence,
        method="profile",
        note=note,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Profile:
    """chi2 as a function of one parameter.

    Parameters
    ----------
    problem : what is minimised;  best : values of its free parameters;  place : of the parameter among them.
    cost : at the best values;  threshold : the rise of the cost at the ends.
    step : where a parabola would reach it, from the best value.
    follow : change of the other parameters per change of this one, at the best values.
    """

    problem: Problem
    best: Array
    place: int
    cost: float
    threshold: float
    step: float
    follow: Array

    @classmethod
    def of(cls, fit: FitResult, place: int, confidence: float) -> _Profile:
        problem, best = minimised(fit), np.asarray(fit.values)
        inside = np.isfinite(np.diag(fit.covariance))
        curvature = _inverse_curvature(problem, best, inside)
        threshold = _quantile(fit, place, confidence) ** 2 * _scale(fit, place, np.diag(curvature))
        if not inside[place]:
            inside[place] = True
            curvature = _inverse_curvature(problem, best, inside)
        own = float(curvature[place, place])
        step = np.sqrt(threshold * own)
        # a parameter on its bound may be one that the readings begin to tell of further inside
        usable = bool(np.isfinite(step) and step > 0 and np.isfinite(fit.covariance[place, place]))
        return cls(
            problem=problem,
            best=best,
            place=place,
            cost=cost_at(problem, best),
            threshold=threshold,
            step=float(step) if usable else 1e-6 * _size(problem, best, place),  # it is doubled thirty times
            follow=np.nan_to_num(curvature[:, place] / own) if usable else np.zeros(best.size),
        )

    def end(self, sign: float) -> tuple[float | None, str]:
        """One end of the interval; or None, and why that side is open."""
        side = "lower" if sign < 0 else "upper"
        own = self.problem.free[self.place]
        bound = own.lower if sign < 0 else own.upper
        start = float(self.best[self.place])
        if sign * (bound - start) <= 0:
            return None, f"no {side} end: the best value lies on the bound {bound:g}"
        near, near_rise, values = start, 0.0, self.best
        step, reached = self.step, 0.0
        for _ in range(_STRETCHES):
            here = min(near + step, bound) if sign > 0 else max(near - step, bound)
            rise, there = self._rise(here, near, values)
            if not np.isfinite(rise):
                step /= 4
                if step < _CLOSE * self.step:
                    return None, f"no {side} end: no fit is found beyond {near:.4g}"
                continue
            if rise >= 1:
                return self._between((near, near_rise, values), (here, rise)), ""
            reached = max(reached, rise)
            if here == bound:
                break
            # where a parabola through this point would reach the threshold, but no further than as far again
            step = abs(here - start) * float(np.clip(1.1 / max(rise, 1e-9) - 1, 0.2, 1.0))
            near, near_rise, values = here, rise, there
        where = f"up to the bound {bound:g}" if here == bound else f"out to {near:.3g}"
        return None, f"no {side} end: {where} chi2 rises by {100 * reached**2:.0f} % of what the confidence asks"

    def _between(self, inner: tuple[float, float, Array], outer: tuple[float, float]) -> float:
        """Where the root of the rise is 1, between a point where it is less and one where it is not.

        Regula falsi (Illinois) with bisection; no point is looked at twice, so that refits that scatter cannot break it.
        """
        near, near_rise, values = inner
        far, far_rise = outer
        below, above, last = near_rise - 1, far_rise - 1, 0
        for turn in range(_HALVINGS):
            share = 0.5 if turn % 4 == 3 else float(np.clip(-below / (above - below), 0.01, 0.99))
            here = near + share * (far - near)
            rise, there = self._rise(here, near, values)
            if abs(rise - 1) < _PRECISION or abs(far - near) < _PRECISION * self.step:
                break
            side = -1 if rise < 1 else 1
            if side < 0:
                near, values, below = here, there, rise - 1
                above /= 2 if last == side else 1
            else:
                far, above = here, min(rise - 1, 1e3)
                below /= 2 if last == side else 1
            last = side
        return here

    def _rise(self, value: float, near: float, values: Array) -> tuple[float, Array]:
        """(root of the rise of chi2 over the threshold, values of all parameters) with this parameter at `value`."""
        others = np.delete(np.arange(self.best.size), self.place)
        held = replace(self.problem, fixed={**self.problem.fixed, self.problem.free[self.place].name: value})
        out = self.best.copy()
        out[self.place] = value
        if not others.size:
            cost = cost_at(held, out[others])
        else:
            cost = np.inf
            # from where the last point's line leads; where that fails, from the last point, then from the best
            for start in (values + self.follow * (value - near), values, self.best):
                found = refit_many(held, self.problem.curve.y[:, None], start[others])
                if found.converged[0] and np.isfinite(found.cost[0]):
                    cost, out[others] = float(found.cost[0]), found.values[0]
                    break
        excess = (cost - self.cost) / self.threshold
        if excess < -_LOWER:
            name = self.problem.free[self.place].name
            raise FitError(
                f"chi2 is lower by {self.cost - cost:.3g} at {name} = {value:.6g} than at the fit's values",
                remedy="fit again from there: the fit did not reach its minimum",
            )
        return float(np.sqrt(max(excess, 0.0))), out


def _inverse_curvature(problem: Problem, best: Array, inside: NDArray[np.bool_]) -> Array:
    """Inverse of half the curvature of the cost, (J^T J)^-1 of the whitened Jacobian, over the parameters inside their
    bounds, shape (k, k); not a number for the others, and for those that the readings tell nothing of."""
    whitened = problem.noise.whiten(problem.design(best))
    size = np.linalg.norm(whitened, axis=0)
    seen = np.flatnonzero(inside & np.isfinite(size) & (size > 0))
    out = np.full((best.size, best.size), np.nan)
    unit = whitened[:, seen] / size[seen]
    inverse = np.linalg.pinv(unit.T @ unit, hermitian=True) / np.outer(size[seen], size[seen])
    out[np.ix_(seen, seen)] = inverse / max(bend_at(problem, best), 1e-6)
    return out


def _scale(fit: FitResult, place: int, curvature: Array) -> float:
    """Variance of the parameter before it was widened over the one that the curvature gives.

    A parameter on its bound has no variance: it is given the scale of the others.
    """
    scales = np.diag(fit.covariance) / widening(_dof(fit)) ** 2 / curvature
    found = scales[np.isfinite(scales)]
    if np.isfinite(scales[place]):
        return float(scales[place])
    return float(np.median(found)) if found.size else fit.inflation**2


def _quantile(fit: FitResult, place: int, confidence: float) -> float:
    """Student's quantile; of the normal distribution where the noise is stated."""
    from scipy.special import stdtrit

    dof = _dof(fit)
    own = dof[place] if np.isfinite(fit.covariance[place, place]) else dof.min()
    return float(stdtrit(np.clip(own, 3.0, 1e9), 0.5 + confidence / 2))


def _dof(fit: FitResult) -> Array:
    return np.full(fit.values.size, np.inf) if fit.variance_dof is None else np.asarray(fit.variance_dof)


def _size(problem: Problem, best: Array, place: int) -> float:
    """A length to measure a parameter by that the readings tell nothing of at its best value."""
    curve, unit = problem.curve, problem.free[place].unit
    if unit in ("x", "y"):
        return float(np.ptp(curve.x if unit == "x" else curve.y))
    return max(abs(float(best[place])), 1.0)
