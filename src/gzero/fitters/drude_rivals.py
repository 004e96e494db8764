"""Drude against Drude and Smith, in both conventions of time, under one noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError
from gzero.fitters.drude_curve import Parts
from gzero.fitters.drude_noise import NoiseOfParts, learn
from gzero.fitters.engine import fit_problem
from gzero.fitters.options import FitOptions
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.models import drude as formula
from gzero.models.model import Array
from gzero.reduction.noise import FEWEST_DOF, Noise
from gzero.reduction.spectrum import white

#: BIC by which Drude and Smith must be better to be taken (odds of 20): where c is small, the data tell neither c nor tau.
OPEN = 6.0
#: Sum of squares over that of the other convention of time beyond which a convention is not fitted.
HOPELESS = 2.0
#: Degrees of freedom from which on the noise counts as known; chance below which a double is zero.
_MANY, _LEAST_CHANCE = 1e3, 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rival:
    """One formula in one convention of time, fitted.

    Parameters
    ----------
    excess : chi2 above the least of all rivals, as it counts where the noise is known to few degrees of freedom.
    at_limit : whether c was held at the end of its range.
    """

    smith: bool
    sign: float
    problem: Problem
    fit: FitResult
    excess: float = 0.0
    at_limit: bool = False

    @property
    def name(self) -> str:
        return "Drude-Smith" if self.smith else "Drude"

    @property
    def convention(self) -> str:
        return "exp(-i omega t)" if self.sign > 0 else "exp(+i omega t)"


def _noise(parts: Parts, options: FitOptions) -> NoiseOfParts:
    """The noise before any spectrum: stated, or of the size of each part's own residuals about the freest fit."""
    white = options.noise_model == "white"
    if parts.stated:
        return NoiseOfParts(
            std=np.asarray(parts.curve.y_std),
            stated=True,
            source=parts.selected.noise,
            assumed_white=white,
            first=parts.first,
        )
    x, y = parts.curve.x, parts.curve.y
    std = np.full(x.size, float(np.std(y)) or 1.0)
    for _ in range(4):
        candidates = [_grid(x, y, std, smith=True, sign=sign) for sign in (1.0, -1.0)]
        _, values, sign = min((*c, s) for c, s in zip(candidates, (1.0, -1.0), strict=True))
        residual = y - formula.drude_smith(x, np.array(values), sign)
        for side in (x < 0, x >= 0):
            if side.any():
                # three parameters are shared by both parts
                few = max(side.sum() - 3 * side.sum() / x.size, 1.0)
                std[side] = max(float(np.sqrt(np.sum(residual[side] ** 2) / few)), 1e-9 * float(np.max(np.abs(y))))
    return NoiseOfParts(
        std=std,
        stated=False,
        source="estimated from the data, of each part by itself",
        assumed_white=white,
        first=parts.first,
    )


def _grid(x: Array, y: Array, std: Array, *, smith: bool, sign: float) -> tuple[float, tuple[float, ...]]:
    """(chi2, values) of the best of many scattering times: for each of them the rest is linear, a r + b r^2 with
    r = 1/(1 - i omega tau), sigma_0 = a, c = b/a."""
    place = np.abs(x[x != 0])
    times = np.geomspace(0.02 / (2 * np.pi * place.max()), 20 / (2 * np.pi * place.min()), 60)
    response = 1 / (1 - 2j * np.pi * np.abs(x) * times[:, None])
    first, second = (np.where(x >= 0, r.real, sign * r.imag) / std for r in (response, response**2))
    z = y / std
    aa, ab, bb = (np.sum(u * v, axis=1) for u, v in ((first, first), (first, second), (second, second)))
    az, bz = first @ z, second @ z
    c = np.zeros(times.size)
    if smith:
        a, b = (az * bb - bz * ab), (bz * aa - az * ab)  # both over the determinant
        c = np.clip(np.divide(b, a, out=np.zeros_like(a), where=a != 0), -0.99, 0.99)
    # the best sigma_0 of every (tau, c), not negative
    shape = first + c[:, None] * second
    weight = np.maximum(shape @ z / np.sum(shape**2, axis=1), 1e-3 * float(np.max(np.abs(y))))
    left = np.sum((z - weight[:, None] * shape) ** 2, axis=1)
    best = int(np.argmin(left))
    return float(left[best]), (float(weight[best]), float(times[best]), float(c[best]))


def rivals_of(parts: Parts, options: FitOptions) -> list[Rival]:
    """Every formula in every convention under one noise, the best first.

    The noise is learnt from the residuals of the freest fit, so that no rival pays for its own misfit with its noise.
    """
    noise = _noise(parts, options)
    signs = _signs(parts, noise)
    freest = min(_all(parts.curve, noise, options, signs), key=lambda r: (r.fit.chi2, r.smith))
    if not noise.assumed_white and options.loss == "linear":
        noise = learn(noise, freest.fit.residuals, freest.problem.design(freest.fit.values))
        if noise.red:  # once more, about the better fit
            freest = min(_all(parts.curve, noise, options, (freest.sign,)), key=lambda r: (r.fit.chi2, r.smith))
            noise = learn(noise, freest.fit.residuals, freest.problem.design(freest.fit.values))
    elif not noise.stated:
        n, p = len(parts.curve), len(freest.fit.values)
        noise = replace(noise, spectrum=white(n, scale=max(freest.fit.chi2 / (n - p), 1e-6), dof=n - p))
    found = _all(parts.curve, noise, options, signs)
    least = min(found, key=lambda r: r.fit.chi2).fit
    few = float(np.min(least.variance_dof)) if least.variance_dof is not None else np.inf
    found = [replace(r, excess=_counted(r.fit.chi2 - least.chi2, few)) for r in found]
    return sorted(found, key=lambda rival: criterion(rival) + (OPEN if rival.smith else 0.0))


def _counted(gain: float, dof: float) -> float:
    """A gain of chi2 under a noise known to a few degrees of freedom, as one of the same chance under a known noise.

    One parameter more gains the square of a normal deviate where the noise is known, and of one of Student's where it was
    learnt: red noise over a hundred frequencies has some five degrees of freedom, and gains 12 in 1 of 50 sweeps.
    """
    from scipy.special import ndtri, stdtr

    if dof > _MANY or gain <= 0:
        return gain
    return float(ndtri(max(stdtr(max(dof, FEWEST_DOF), -np.sqrt(gain)), _LEAST_CHANCE)) ** 2)


def _signs(parts: Parts, noise: Noise) -> tuple[float, ...]:
    """The conventions of time that are worth a fit: one that leaves far more by the best of many scattering times is not."""
    if not parts.complex:
        return (1.0,)
    x, y = parts.curve.x, parts.curve.y
    left = {sign: _grid(x, y, noise.std, smith=True, sign=sign)[0] for sign in (1.0, -1.0)}
    better = min(left, key=lambda sign: left[sign])
    return (better, -better) if left[-better] < HOPELESS * left[better] else (better,)


def _all(curve: Curve, noise: Noise, options: FitOptions, signs: tuple[float, ...]) -> list[Rival]:
    """Every formula that the data determine: at c = 0 that of Drude and Smith does not tell c from tau to first order, as
    i omega tau r^2 = r^2 - r, and a fit there is singular.

    Raises
    ------
    FitError : of the first, where there is none.
    """
    found, failed = [], []
    for smith in (False, True):
        for sign in signs:
            try:
                found.append(_fitted(curve, noise, options, smith=smith, sign=sign))
            except FitError as error:
                failed.append(error)
    if not any(not r.smith for r in found):
        raise failed[0]
    return found


def _fitted(curve: Curve, noise: Noise, options: FitOptions, *, smith: bool, sign: float) -> Rival:
    """One formula at its minimum; c = -1, where Smith's formula ends, is held and not called uncertain."""
    _, (a, tau, c) = _grid(curve.x, curve.y, noise.std, smith=smith, sign=sign)
    problem = Problem(model=formula.model(smith=smith, sign=sign), curve=curve, noise=noise, loss=options.loss)
    found = fit_problem(problem, {"conductivity": a, "tau": tau, "persistence": c})
    if "persistence" in found.at_bounds:
        held = replace(problem, fixed={"persistence": float(np.sign(found.value("persistence")))})
        begin = {name: found.value(name) for name in ("conductivity", "tau")}
        return Rival(smith=smith, sign=sign, problem=held, fit=fit_problem(held, begin), at_limit=True)
    return Rival(smith=smith, sign=sign, problem=problem, fit=found)


def criterion(rival: Rival) -> float:
    """BIC above the least chi2, without the rescaling of a misfit, which would forgive the formula that fits worse."""
    fit = rival.fit
    return rival.excess + (len(fit.values) + rival.at_limit) * float(np.log(len(fit.residuals)))
