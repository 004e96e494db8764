"""The power law of the phonons beside the modes: the one that is usual, unless the readings exclude it.

At a given exponent everything else is linear, so that chi2 can be walked along the exponent. The usual exponent stands (5
for what electrons give to the phonons of a metal, 3 for a conductance of phonons in three dimensions) and is written down;
where it fits worse than the best one by more than chance, the exponent is fitted, which costs precision. One that the user
states stands, and is said to be excluded where it is: disorder and fewer dimensions make 3 to 6 of the 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzero.errors import InputError
from gzero.fitters.heat_points import HeatPoints
from gzero.models.heat import CONDUCTANCE_EXPONENT, FLOW_EXPONENT, LARGEST_EXPONENT, LEAST_EXPONENT, phonon_law
from gzero.models.model import Array
from gzero.reduction.noise import Noise

#: Gain of chi2 from which on the usual exponent is excluded: three standard uncertainties.
EXCLUDED = 9.0
#: A phonon term of fewer standard uncertainties than these tells no exponent.
_SEEN = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Phonons:
    """The exponent, and what others would give.

    Parameters
    ----------
    usual : exponent that is taken unless excluded [1], or that the user states.  stated : whether the user does.
    excluded : whether the readings exclude it.
    best : exponent of least chi2 [1]; None where the phonons are too few to tell one.
    tried : (exponent, modes of every setting, chi2 above the least) of each exponent that was tried.
    """

    usual: float
    stated: bool
    excluded: bool
    best: float | None
    tried: tuple[tuple[float, Array, float], ...]

    @property
    def fitted(self) -> bool:
        """Whether another exponent is fitted."""
        return self.excluded and not self.stated

    @property
    def exponent(self) -> float:
        """Where a fit of it starts, or where it is held."""
        return self.best if self.fitted and self.best is not None else self.usual


def usual_exponent(points: HeatPoints, stated: float | None) -> float:
    """The exponent that the user states, else the one that is taken unless the readings exclude it."""
    if stated is not None:
        return stated
    return FLOW_EXPONENT if points.flow else CONDUCTANCE_EXPONENT


def linear_start(points: HeatPoints, noise: Noise | None, exponent: float) -> tuple[float, Array, float]:
    """(chi2, modes of every setting and the phonon term, that term over its std) of least squares at one exponent.

    Parameters
    ----------
    noise : of the readings; None weighs them by their stated uncertainties, or alike.
    """
    curve = points.selected.curve
    onto = np.equal.outer(points.setting, np.arange(points.count)) * points.each[:, None]
    law, _ = phonon_law(points.hot, points.cold, exponent, points.pivot)
    design, y = np.column_stack([onto, law]), curve.y
    if noise is not None:
        design, y = noise.whiten(design), noise.whiten(y)
    else:
        weight = np.full(len(curve), 1 / float(np.max(np.abs(points.each)))) if curve.y_std is None else 1 / curve.y_std
        design, y = design * weight[:, None], y * weight
    if not (np.isfinite(design).all() and np.isfinite(y).all()):
        raise InputError(
            f"temperatures to the power {exponent:g}, or heat over its uncertainty, are beyond the largest number",
            remedy="check the units of the columns",
        )
    found, *_ = np.linalg.lstsq(design, y, rcond=None)
    # what the other columns leave of the phonon term, which its std goes by
    rest, *_ = np.linalg.lstsq(design[:, :-1], design[:, -1], rcond=None)
    alone = float(np.linalg.norm(design[:, -1] - design[:, :-1] @ rest))
    left = y - design @ found
    return float(left @ left), found, abs(float(found[-1])) * alone


def _walk(points: HeatPoints, noise: Noise, grid: Array) -> Array:
    """chi2 of least squares at every exponent of a grid, shape of the grid: one column left over once the modes are out."""
    onto = np.equal.outer(points.setting, np.arange(points.count)) * points.each[:, None]
    cold = None if points.cold is None else points.cold[:, None]
    laws, _ = phonon_law(points.hot[:, None], cold, grid, points.pivot)
    modes, _ = np.linalg.qr(noise.whiten(onto))
    laws, y = noise.whiten(laws), noise.whiten(points.selected.curve.y)
    laws, y = laws - modes @ (modes.T @ laws), y - modes @ (modes.T @ y)
    size = np.maximum(np.sum(laws**2, axis=0), np.finfo(np.float64).tiny)
    return np.asarray(y @ y - (y @ laws) ** 2 / size)


def phonons_of(points: HeatPoints, noise: Noise, *, stated: float | None = None) -> Phonons:
    """The exponent for these readings.

    Parameters
    ----------
    noise : of the readings, as a fit knows it in which no law of the phonons was assumed.
    stated : exponent that the user states.
    """
    usual = usual_exponent(points, stated)
    grid = np.linspace(LEAST_EXPONENT, LARGEST_EXPONENT, 135)
    walk = _walk(points, noise, grid)
    chi2, _, seen = linear_start(points, noise, usual)
    least = min(float(walk.min()), chi2)
    # where nothing fits, the noise is larger than it says
    scale = max(1.0, least / max(len(points.selected.curve) - points.count - 2, 1))
    inside = 0 < int(np.argmin(walk)) < grid.size - 1
    clear = seen > _SEEN * np.sqrt(scale) and inside and points.distinct > 3
    best = float(grid[np.argmin(walk)]) if clear else None
    tried = []
    for p in sorted({usual - 1, usual, usual + 1, *(() if best is None else (best,))}):
        value, found, _ = linear_start(points, noise, p)
        tried.append((p, found[:-1], (value - least) / scale))
    excluded = best is not None and (chi2 - least) / scale > EXCLUDED
    return Phonons(usual=usual, stated=stated is not None, excluded=excluded, best=best, tried=tuple(tried))
