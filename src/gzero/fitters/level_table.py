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
    shown = _estimates(values, covariance, shifts, options.quantum.unit)
    mode = _modes(levels, values, options.unit) * options.unit
    transmissions = _estimates(
        _rises(values) / mode,
        _rises(_rises(covariance).T) / (mode[:, None] * mode),
        {source: _rises(shift) / mode for source, shift in shifts.items()},
        "",
    )
    out = []
    for plateau, level, transmission in zip(levels.plateaus, shown, transmissions, strict=True):
        note = _note(plateau, counted, declared=options.plateaus is not None)
        out.append(
            Level(
                index=plateau.index + levels.first, level=level, transmission=transmission,
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


def _estimates(
    values: NDArray[np.float64], covariance: NDArray[np.float64], shifts: _Shifts, unit: str | None
) -> list[Estimate]:
    """One estimate a value."""
    stds = np.sqrt(np.maximum(covariance.diagonal(), 0.0)).tolist()
    parts = {source: shift.tolist() for source, shift in shifts.items()}
    return [
        Estimate(value=value, std_stat=std, systematic={source: part[k] for source, part in parts.items()}, unit=unit)
        for k, (value, std) in enumerate(zip(values.tolist(), stds, strict=True))
    ]


def _rises(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row less the one before it; the first as it is. Differences, so that what is common to both is gone exactly."""
    rises = values.copy()
    rises[1:] -= values[:-1]
    return rises


def _modes(levels: Levels, values: NDArray[np.float64], quantum: float) -> NDArray[np.float64]:
    """How many modes each rise is shared by, shape (k,); that of the lowest level is its index."""
    modes = _rises(np.array([plateau.index for plateau in levels.plateaus], dtype=np.float64))
    if levels.first and values.size:  # the count does not start in the data
        modes[0] = max(1, round(float(values[0]) / quantum))
    return modes


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
