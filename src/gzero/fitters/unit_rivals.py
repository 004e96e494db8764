"""What stands against a unit: its harmonics, the other peaks, and an offset of all values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.unit_search import Array, Peak, Trials, peak_at
from gzero.reduction.noise import widening


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another unit.

    Parameters
    ----------
    name : "its half", "its double", "another unit".  unit, phi : where and how high.
    disadvantage : 2 ln of the likelihood ratio by which it is worse.
    against : what excludes it, or says how far it is excluded.  inside : whether it lies in the range that was searched.
    """

    name: str
    unit: float
    phi: float
    disadvantage: float
    against: str
    inside: bool


ANOTHER = "another unit"
_PARTS = {2: "its half", 3: "its third"}
_MULTIPLES = {2: "its double", 3: "its triple"}


def rivals(values: Array, std: Array | None, trial: Trials, tops: list[Peak]) -> tuple[Rival, ...]:
    """The harmonics of the best unit and the next peaks, with what stands against each."""
    best = tops[0]
    used = best.multiples[best.multiples != 0]
    out = []
    seen = [best.unit]
    for k in (2, 3):
        odd = int(np.sum(used % k != 0))
        part, whole = peak_at(values, std, best.unit / k, trial), peak_at(values, std, best.unit * k, trial)
        chance = f"all {used.size} multiples would be {'even' if k == 2 else f'multiples of {k}'}, by chance one in {_count(used.size * math.log10(k))}"
        named = ", ".join(str(n) for n in sorted({int(abs(n)) for n in used if n % k}))
        apart = (
            f"{odd} of {used.size} values are no multiples of it (n = {named})"
            if odd
            else "nothing: all values are its multiples too"
        )
        out.append(_rival(_PARTS[k], part, best, chance, trial))
        out.append(_rival(_MULTIPLES[k], whole, best, apart, trial))
        seen += [best.unit / k, best.unit * k]
    reach = float(np.max(np.abs(values)))
    for peak in tops[1:]:
        if all(abs(1 / peak.unit - 1 / unit) * reach > 0.7 for unit in seen):
            out.append(_rival(ANOTHER, peak, best, "likelihood of the phases", trial))
            seen.append(peak.unit)
    return tuple(sorted(out, key=lambda r: r.disadvantage))


def _count(decades: float) -> str:
    return f"{10**decades:.0f}" if decades < 5 else f"1e{decades:.0f}"


def _rival(name: str, peak: Peak, best: Peak, against: str, trial: Trials) -> Rival:
    worse = 2 * (best.log_likelihood - peak.log_likelihood)
    inside = trial.low <= peak.unit <= trial.high
    return Rival(name=name, unit=peak.unit, phi=peak.phi, disadvantage=worse, against=against, inside=inside)


def offset_of(values: Array, std: Array | None, multiples: NDArray[np.int64]) -> tuple[float, float]:
    """(c, its standard uncertainty) of x = c + n q [unit of the values]; (0, 0) where the multiples do not tell them apart."""
    n = multiples.astype(np.float64)
    if values.size < 5 or np.unique(multiples).size < 3:
        return 0.0, 0.0
    weight = np.ones(values.size) if std is None else 1 / std**2
    design = np.column_stack([np.ones_like(n), n])
    normal = np.linalg.inv(design.T @ (weight[:, None] * design))
    solution = normal @ (design.T @ (weight * values))
    rest = values - design @ solution
    dof = values.size - 2
    factor = float(np.sum(weight * rest**2)) / dof
    scale = factor if std is None else max(1.0, factor)
    return float(solution[0]), float(np.sqrt(normal[0, 0] * scale) * widening(np.array([dof]))[0])
