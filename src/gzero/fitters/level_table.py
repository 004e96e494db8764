"""The table of a staircase's plateaus: levels, transmissions, and why one is not counted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.findings import Level
from gzero.fitters.levels import Levels
from gzero.fitters.options import FitOptions
from gzero.fitters.step_height import StepHeight
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import FLAT, is_flat


def level_table(
    levels: Levels, options: FitOptions, counted: list[Plateau], line: StepHeight | None = None
) -> tuple[Level, ...]:
    """Every plateau found, those not counted with their reason; transmission is the height over the one below.

    Parameters
    ----------
    line : where a series resistance was fitted: the counted levels are shown behind it.
    """
    values, covariance, shifts = _shown(levels, counted, line)
    unit = options.quantum.unit
    out = []
    for k, plateau in enumerate(levels.plateaus):
        before = k - 1 if k else (None if levels.first == 0 else k)
        note = _note(plateau, counted, declared=options.plateaus is not None)
        level = Estimate(
            value=float(values[k]),
            std_stat=float(np.sqrt(covariance[k, k])),
            systematic={source: float(shift[k]) for source, shift in shifts.items()},
            unit=unit,
        )
        out.append(
            Level(
                index=plateau.index + levels.first, level=level,
                transmission=_transmission(levels, values, covariance, shifts, k, before, options.unit),
                x_low=plateau.x_low, x_high=plateau.x_high, slope=plateau.slope, points=plateau.points,
                counted=plateau in counted, note=note,
            )
        )  # fmt: skip
    return tuple(out)


_Shifts = dict[str, NDArray[np.float64]]


def _shown(
    levels: Levels, counted: list[Plateau], line: StepHeight | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], _Shifts]:
    """(values, statistical covariance, shifts) of the levels, the counted ones behind a fitted series resistance."""
    values, covariance, shifts = levels.values.copy(), levels.covariance, dict(levels.shifts)
    if line is None:
        return values, covariance, shifts
    at = levels.places(counted)
    map_ = np.eye(values.size)
    map_[np.ix_(at, at)] = line.jacobian
    values[at] = line.corrected
    return values, map_ @ covariance @ map_.T, {source: map_ @ shift for source, shift in shifts.items()}


def _transmission(
    levels: Levels,
    values: NDArray[np.float64],
    covariance: NDArray[np.float64],
    shifts: _Shifts,
    k: int,
    before: int | None,
    quantum: float,
) -> Estimate:
    """(level - level below) per mode, in quanta; where the level below is not in the data, the level over its index."""
    weights = np.zeros(values.size)
    weights[k] = 1.0
    index = levels.plateaus[k].index
    if before is None:
        modes = index
    elif before == k:  # the count does not start in the data
        modes = max(1, round(float(values[k]) / quantum))
    else:
        weights[before] = -1.0
        modes = index - levels.plateaus[before].index
    weights /= modes * quantum
    return Estimate(
        value=float(weights @ values),
        std_stat=float(np.sqrt(max(float(weights @ covariance @ weights), 0.0))),
        systematic={source: float(weights @ shift) for source, shift in shifts.items()},
        unit="",
    )


def _note(plateau: Plateau, counted: list[Plateau], *, declared: bool) -> str:
    """Why a plateau is not counted, or what is odd about one that is."""
    if plateau in counted:
        return "" if is_flat(plateau) else f"declared, but {_why_not_flat(plateau)}"
    if not is_flat(plateau):
        return _why_not_flat(plateau)
    return "outside the declared plateaus" if declared else "above the claim"


def _why_not_flat(plateau: Plateau) -> str:
    if not math.isfinite(plateau.flatness_std):
        return f"too few readings to tell whether it is flat ({plateau.points})"
    if plateau.flatness_std > FLAT:
        return (
            f"too noisy to tell whether it is flat ({plateau.flatness:.2f} +- {plateau.flatness_std:.2f}; 1 is a ramp)"
        )
    return f"not flat ({plateau.flatness:.2f}; 0 is flat, 1 a ramp)"
