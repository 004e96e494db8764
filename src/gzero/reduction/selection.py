"""Which readings make the curve: every exclusion by a rule, with its reason.

Nothing is left out in silence, and nothing that a reader would want to decide is decided here: readings that are
not numbers, repeated settings and sweeps that turn round stop the way, with the option that resolves them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Exclusion
from gzero.measurement.measurement import Measurement
from gzero.reduction.calibration import Calibration

Invalid = Literal["refuse", "drop"]
Repeats = Literal["refuse", "mean"]
Sweep = Literal["refuse", "up", "down", "sort"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to do with readings that do not make a curve by themselves.

    Parameters
    ----------
    invalid : rows that are not finite numbers: refuse, or drop them.
    repeats : several readings at one setting: refuse, or take their mean.
    sweep : x that turns round: refuse, keep the part that goes up or down, or sort all of it.
    x_low, x_high : window [unit of x], inclusive.
    """

    invalid: Invalid = "refuse"
    repeats: Repeats = "refuse"
    sweep: Sweep = "refuse"
    x_low: float = -np.inf
    x_high: float = np.inf


def select(
    measurement: Measurement, calibration: Calibration, selection: Selection, *, quantum: float | None
) -> tuple[Curve, tuple[Exclusion, ...]]:
    """The calibrated curve of a measurement, and what was left out of it.

    Parameters
    ----------
    quantum : size of a step [unit of y] for the runaway rule; None leaves that rule out.

    Raises
    ------
    InputError : rows that are not finite, repeated or turning settings that the selection refuses; too few points left.
    """
    path = measurement.origin.path
    x, read, std = measurement.abscissa.values, measurement.ordinate.values, measurement.ordinate.std
    rows = np.arange(x.size)
    keep = np.ones(x.size, dtype=bool)
    excluded: list[Exclusion] = []

    def leave_out(rule: str, reason: str, mask: NDArray[np.bool_]) -> None:
        if mask.any():
            excluded.append(Exclusion(rule=rule, reason=reason, indices=rows[mask]))
            keep[mask] = False

    finite = np.isfinite(x) & np.isfinite(read) & (np.isfinite(std) & (std > 0) if std is not None else True)
    if not finite.all() and selection.invalid == "refuse":
        raise _not_finite(measurement, finite)
    leave_out("not finite", "a reading that is not a finite number says nothing", ~finite)
    leave_out(
        "outside the range",
        f"the range {selection.x_low:g} to {selection.x_high:g} was asked for",
        keep & ((x < selection.x_low) | (x > selection.x_high)),
    )
    turning = _branch(measurement, keep, selection.sweep)
    leave_out(
        "other sweep direction",
        f"only the part of the sweep that goes {selection.sweep} was asked for",
        keep & ~turning,
    )
    corrected = calibration.apply(read)
    beyond = keep & ~np.isfinite(corrected)
    leave_out(
        "beyond the series resistance",
        "the stated series resistance accounts for all of the measured resistance",
        beyond,
    )

    order = rows[keep][np.argsort(x[keep], kind="stable")]
    y_std = None if std is None else std[order] * np.abs(calibration.slope(corrected[order]))
    xs, ys, y_std, order = _combine(x[order], corrected[order], y_std, order, selection.repeats, measurement)
    if quantum is not None:
        cut = runaway(ys, quantum)
        if cut.any():
            reason = (
                f"the conductance runs by more than {RUNAWAY_TOTAL:g} quanta through readings that lie more than "
                f"{RUNAWAY_STEP:g} quantum apart: no step could be resolved from there on"
            )
            leave_out("runaway", reason, np.isin(rows, order[cut]))
            xs, ys, order = xs[~cut], ys[~cut], order[~cut]
            y_std = None if y_std is None else y_std[~cut]
    if xs.size < 8:
        raise InputError(
            f"{xs.size} usable points are too few for a curve", path=path, remedy="give at least 8, or widen --range"
        )
    curve = Curve(
        x=xs, y=ys, y_std=y_std, x_name=measurement.abscissa.short, y_name=measurement.ordinate.short,
        x_unit=measurement.abscissa.unit, y_unit=measurement.ordinate.unit, rows=order,
    )  # fmt: skip
    return curve, tuple(excluded)


RUNAWAY_STEP = 0.5  #: neighbouring readings further apart than this, in quanta, do not resolve a step
RUNAWAY_TOTAL = 2.5  #: a run of them that covers this much, in quanta, cannot be one sharp riser


def runaway(y: NDArray[np.float64], quantum: float) -> NDArray[np.bool_]:
    """Readings where the conductance runs away: from the low-conductance end on, all behind the first unresolved run.

    Before a channel is formed, or where the correction of a series resistance divides by almost nothing, the reading
    climbs by many quanta between neighbours and changes sign. One riser, however sharp, spans one quantum and ends
    on a plateau; so only a run of unresolved intervals that covers more than `RUNAWAY_TOTAL` quanta counts.

    Parameters
    ----------
    y : ordered readings, shape (n,).  quantum : [unit of y].
    """
    out = np.zeros(y.size, dtype=bool)
    if y.size < 2:
        return out
    # The pinched end is the one whose outer tenth lies lower and calmer: junk can be of any sign.
    tenth = max(2, y.size // 10)
    rising = float(np.median(np.abs(y[:tenth]))) <= float(np.median(np.abs(y[-tenth:])))
    steps = np.abs(np.diff(y if rising else y[::-1]))
    unresolved = steps > RUNAWAY_STEP * abs(quantum)
    start = 0
    while start < unresolved.size:
        if not unresolved[start]:
            start += 1
            continue
        calm = np.flatnonzero(~unresolved[start:])
        stop = start + (int(calm[0]) if calm.size else unresolved.size - start)
        if steps[start:stop].sum() > RUNAWAY_TOTAL * abs(quantum):
            cut = np.arange(start + 1, y.size)
            out[cut if rising else y.size - 1 - cut] = True
            return out
        start = stop
    return out


def _not_finite(measurement: Measurement, finite: NDArray[np.bool_]) -> InputError:
    row = int(np.flatnonzero(~finite)[0])
    x, y = measurement.abscissa, measurement.ordinate
    if not np.isfinite(x.values[row]):
        culprit, value = x, x.values[row]
    elif not np.isfinite(y.values[row]):
        culprit, value = y, y.values[row]
    else:
        culprit, value = y, y.std[row] if y.std is not None else float("nan")
    count = int((~finite).sum())
    more = f" (and {count - 1} more rows)" if count > 1 else ""
    return InputError(
        f"'{value}' where a finite number is needed{more}",
        path=measurement.origin.path,
        row=measurement.row(row),
        column=culprit.label,
        remedy="correct the file, or leave such rows out by rule with --invalid drop",
    )


def _branch(measurement: Measurement, keep: NDArray[np.bool_], sweep: Sweep) -> NDArray[np.bool_]:
    """The rows of the wanted part of the sweep."""
    x, path = measurement.abscissa.values, measurement.origin.path
    rows = np.flatnonzero(keep)
    steps = np.diff(x[rows])
    signs = np.sign(steps[steps != 0])
    one_way = signs.size == 0 or bool((signs == signs[0]).all())
    if one_way or sweep == "sort":
        return keep.copy()
    if sweep == "refuse":
        turn = int(np.flatnonzero(np.sign(steps) == -signs[0])[0])
        raise InputError(
            f"the sweep turns round at x = {x[rows[turn]]:g}",
            path=path,
            row=measurement.row(int(rows[turn])),
            remedy="choose a part of it with --sweep up or --sweep down, or --sweep sort for readings in no order",
        )
    wanted = 1.0 if sweep == "up" else -1.0
    out = np.zeros_like(keep)
    going = np.sign(steps)
    # a reading belongs to a direction when the step that led to it, or from the first one away, goes that way
    out[rows[1:]] = going == wanted
    out[rows[0]] = going[0] == wanted if going.size else True
    starts = np.flatnonzero((going[1:] == wanted) & (going[:-1] == -wanted)) + 1
    out[rows[starts]] = True
    if out.sum() < 2:
        raise InputError(
            f"no part of the sweep goes {sweep}", path=path, remedy="choose the other direction with --sweep"
        )
    return out


def _combine(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    y_std: NDArray[np.float64] | None,
    rows: NDArray[np.int64],
    repeats: Repeats,
    measurement: Measurement,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None, NDArray[np.int64]]:
    """Readings at one setting become their mean; with stated uncertainties the weighted mean."""
    same = np.flatnonzero(np.diff(x) == 0)
    if same.size == 0:
        return x, y, y_std, rows
    if repeats == "refuse":
        first, second = sorted((measurement.row(int(rows[same[0]])), measurement.row(int(rows[same[0] + 1]))))
        raise InputError(
            f"the setting x = {x[same[0]]:g} stands twice (rows {first} and {second}; {same.size} repeats in all)",
            path=measurement.origin.path,
            row=second,
            remedy="average them with --repeats mean, or choose one part of the sweep with --sweep up or down",
        )
    settings, group = np.unique(x, return_inverse=True)
    weight = np.ones_like(y) if y_std is None else y_std**-2.0
    total = np.bincount(group, weight)
    mean = np.bincount(group, weight * y) / total
    first_row = np.zeros(settings.size, dtype=np.int64)
    first_row[group[::-1]] = rows[::-1]
    return settings, mean, None if y_std is None else np.asarray(total**-0.5, dtype=np.float64), first_row
