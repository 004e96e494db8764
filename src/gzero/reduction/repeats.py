"""Several readings at one setting: their mean, and its standard uncertainty from how far they scatter.

The scatter is pooled over settings, s^2 = sum_i sum_j (y_ij - mean_i)^2 / sum_i (r_i - 1), since two or three repeats
alone say next to nothing; the mean of r readings then has the standard uncertainty s/sqrt(r) (GUM, JCGM 100:2008, 4.2,
with a pooled estimate as in H.3.6). Repeats that follow each other at once know nothing of slow noise: what the curve
scatters from setting to setting may be more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.ledger import Choice

#: Degrees of freedom from which a scatter is believed: its own standard uncertainty is then 1/sqrt(2 dof) = 22 %.
FEWEST_DOF = 10
_LOCAL_DOF = 30  # of a scatter that is pooled over neighbouring settings only
_CHANCE = 1e-3  # beyond which two scatters differ, or one contradicts what is stated
_FLOOR = 0.1  # of the overall scatter: a smaller one at some settings is rounding, not certainty
_ROUNDING = 1e-12  # of the largest reading: a smaller scatter is arithmetic
_MATTERS = 1.1  # a factor on uncertainties below this one changes no digit that is shown


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Combined:
    """Readings with one at each setting.

    Parameters
    ----------
    x, y : settings, in ascending order, and the mean of the readings at each, shape (n,).
    y_std : standard uncertainties of the means, shape (n,); None where neither readings nor scatter give any.
    rows : the first reading of each setting, shape (n,).
    ledger, warnings : what was done and what it shows.
    from_scatter : whether `y_std` comes from the scatter of the repeats.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    y_std: NDArray[np.float64] | None
    rows: NDArray[np.int64]
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()
    from_scatter: bool = False


def combine(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    y_std: NDArray[np.float64] | None,
    rows: NDArray[np.int64],
    *,
    step: float = 0.0,
) -> Combined:
    """The mean of the readings at each setting, weighted where uncertainties are stated.

    Parameters
    ----------
    x : settings in ascending order, shape (n,).  y, y_std : readings and their stated uncertainties, shape (n,).
    rows : where each reading comes from.
    step : of quantised readings [unit of y], 0 for continuous ones. Where the scatter is below half of it, the means
        are rounded all the same way: their uncertainty is then at least step/sqrt(12).

    Without stated uncertainties the scatter of the repeats gives those of the means, from 10 degrees of freedom on.
    Where it differs from stretch to stretch beyond chance (Bartlett 1937, doi 10.1098/rspa.1937.0109, between stretches
    of at least 30 degrees of freedom; p < 0.001), it is pooled over the neighbouring settings only. With stated ones
    it is held against them: chi2 of the readings about their weighted means, and a warning beyond chance.
    """
    if (x[1:] != x[:-1]).all():
        return Combined(x=x, y=y, y_std=y_std, rows=rows)
    settings, group, times = np.unique(x, return_inverse=True, return_counts=True)
    weight = np.ones_like(y) if y_std is None else y_std**-2.0
    total = np.bincount(group, weight)
    mean = np.bincount(group, weight * y) / total
    first = np.zeros(settings.size, dtype=np.int64)
    first[group[::-1]] = rows[::-1]
    deviations = np.bincount(group, weight * (y - mean[group]) ** 2).astype(
        np.float64
    )  # squared, summed at each setting
    dof = times - 1
    if y_std is None:
        std, how = _from_scatter(deviations, dof, least=_ROUNDING * float(np.abs(y).max()), step=step)
        warnings: tuple[str, ...] = ()
    else:
        std = np.asarray(total**-0.5)
        how, warnings = _against_stated(float(deviations.sum()), int(dof.sum()))
    fewest, most = int(times[times > 1].min()), int(times.max())
    readings = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    done = Choice(
        choice="repeated settings",
        value="mean" if y_std is None else "weighted mean",
        origin="default",
        note=f"{int((times > 1).sum())} of {settings.size} settings were read {readings} times; {how}",
    )
    return Combined(
        x=settings, y=mean, y_std=std, rows=first, ledger=(done,), warnings=warnings,
        from_scatter=y_std is None and std is not None,
    )  # fmt: skip


def _from_scatter(
    deviations: NDArray[np.float64], dof: NDArray[np.int64], *, least: float, step: float
) -> tuple[NDArray[np.float64] | None, str]:
    """Standard uncertainties of the means from the scatter of the readings, and how they came about."""
    all_dof = int(dof.sum())
    overall = float(np.sqrt(deviations.sum() / all_dof))
    if all_dof < FEWEST_DOF:
        return None, f"{all_dof} degrees of freedom are too few to tell their scatter, so it gives no uncertainties"
    if overall <= least:
        return None, "they are identical, so their scatter gives no uncertainties"
    single = np.full(dof.size, overall)
    how = "pooled over all settings"
    if _differs(deviations, dof):
        single = np.maximum(_local(deviations, dof), _FLOOR * overall)
        how = f"pooled over stretches of {_LOCAL_DOF}, since it differs along the sweep beyond chance"
    std = single / np.sqrt(dof + 1.0)
    if overall < step / 2:
        std = np.maximum(std, step / np.sqrt(12.0))
        how += "; the converter's step is wider than the scatter, so no mean is taken for better than step/sqrt(12)"
    said = f"standard errors of the means from the scatter of the repeats ({all_dof} degrees of freedom), {how}"
    return std, said


def _differs(deviations: NDArray[np.float64], dof: NDArray[np.int64]) -> bool:
    """Whether the scatter differs between stretches of neighbouring settings beyond chance (Bartlett's test)."""
    from scipy.stats import chi2

    below = np.cumsum(dof) - dof
    stretches = max(int(dof.sum()) // _LOCAL_DOF, 1)
    if stretches < 2:
        return False
    part = np.minimum(below * stretches // int(dof.sum()), stretches - 1)
    nu = np.bincount(part, dof, minlength=stretches)
    squares = np.bincount(part, deviations, minlength=stretches)
    squares, nu = squares[nu > 0], nu[nu > 0]
    if nu.size < 2:
        return False
    if (squares == 0).any():
        return True
    all_nu = float(nu.sum())
    spread = all_nu * np.log(squares.sum() / all_nu) - float(nu @ np.log(squares / nu))
    correction = 1 + (float((1 / nu).sum()) - 1 / all_nu) / (3 * (nu.size - 1))
    return bool(chi2.sf(spread / correction, nu.size - 1) < _CHANCE)


def _local(deviations: NDArray[np.float64], dof: NDArray[np.int64]) -> NDArray[np.float64]:
    """Scatter of one reading at each setting, pooled over the nearest settings that have enough degrees of freedom."""
    edges = np.concatenate(([0], np.cumsum(dof)))
    sums = np.concatenate(([0.0], np.cumsum(deviations)))
    total = int(edges[-1])
    low = np.clip((edges[:-1] + edges[1:] - _LOCAL_DOF) // 2, 0, max(total - _LOCAL_DOF, 0))
    first = np.searchsorted(edges, low, side="right") - 1
    last = np.maximum(np.searchsorted(edges, np.minimum(low + _LOCAL_DOF, total), side="left"), first + 1)
    squares = np.maximum(sums[last] - sums[first], 0.0)  # a difference of sums may fall below zero by rounding
    return np.asarray(np.sqrt(squares / np.maximum(edges[last] - edges[first], 1)))


def _against_stated(chi2_sum: float, dof: int) -> tuple[str, tuple[str, ...]]:
    """What the scatter of the repeats says of the stated uncertainties, and the warning where it contradicts them."""
    from scipy.stats import chi2

    if dof < FEWEST_DOF:
        return f"{dof} degrees of freedom are too few to hold their scatter against the stated uncertainties", ()
    factor = float(np.sqrt(chi2_sum / dof))
    said = f"they scatter {factor:.2g} times as far as the stated uncertainties say (chi2/dof {chi2_sum:.4g}/{dof})"
    chance = 2 * min(float(chi2.sf(chi2_sum, dof)), float(chi2.cdf(chi2_sum, dof)))
    if chance >= _CHANCE or 1 / _MATTERS < factor < _MATTERS:
        return said, ()
    why = "the readings are noisier than stated" if factor > 1 else "what is stated is more than the noise of a reading"
    return said, (
        f"repeats at one setting scatter {factor:.2g} times as far as the stated uncertainties say, beyond chance: {why}; the stated ones are believed as they are",
    )
