"""Which readings make the curve: every exclusion by a rule, with its reason.

Nothing is left out in silence, and what may move a level is on record: each rule says what it left out and why, and the
ledger what was done with repeated settings and with a sweep that does not go straight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import By, Choice, Exclusion
from gzero.measurement.measurement import Measurement
from gzero.reduction.adc import adc_step
from gzero.reduction.averages import median
from gzero.reduction.branches import Branch, find_branches, steps_back
from gzero.reduction.calibration import Calibration
from gzero.reduction.overload import overloaded
from gzero.reduction.repeats import combine

Invalid = Literal["refuse", "drop"]
Repeats = Literal["mean", "refuse"]
Sweep = Literal["split", "refuse", "up", "down", "sort"]

_SCATTER = "standard error of a mean, from the scatter of the repeats"
# Jitter that moves more of the steps than this back is worth a warning: the errors of x then smear the risers.
_MUCH_JITTER = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to do with readings that do not make a curve by themselves.

    Parameters
    ----------
    invalid : rows that are not finite numbers: refuse, or drop them.
    repeats : several readings at one setting: take their mean, or refuse.
    sweep : x that turns round. split: a file gives one trace a branch, and a single trace that turns is refused;
        refuse: any step back; up, down: the branches that go this way; sort: all readings by x, in whatever order.
    x_low, x_high : window [unit of x], inclusive.
    """

    invalid: Invalid = "refuse"
    repeats: Repeats = "mean"
    sweep: Sweep = "split"
    x_low: float = -np.inf
    x_high: float = np.inf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Selected:
    """A curve, and what became of the readings that are not in it.

    Parameters
    ----------
    curve : calibrated, in order, one reading at each setting.
    exclusions : what was left out, by rule.
    ledger, warnings : what was done with rows, repeats and sweep, and what the reader must know about it.
    noise : where the curve's uncertainties come from (the file, or the scatter of the repeats), in words; "" where it
        has none.
    """

    curve: Curve
    exclusions: tuple[Exclusion, ...]
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()
    noise: str = ""


def select(
    measurement: Measurement, calibration: Calibration, selection: Selection, *, quantum: float | None, least: int = 8
) -> Selected:
    """The calibrated curve of a measurement, what was left out of it, and what was done.

    Parameters
    ----------
    quantum : size of a step [unit of y] for the runaway rule; None leaves that rule out.
    least : fewest readings that make a curve.

    Raises
    ------
    InputError : rows that are not finite, repeated or turning settings that the selection refuses; too few points left.
    """
    x, read, std = measurement.abscissa.values, measurement.ordinate.values, measurement.ordinate.std
    corrected = calibration.apply(read)
    keep, excluded, swept = _sieve(measurement, corrected, selection)
    order = np.flatnonzero(keep)[np.argsort(x[keep], kind="stable")]
    settings, values = x[order], corrected[order]
    y_std = None if std is None else std[order] * np.abs(calibration.slope(values))
    repeated = np.count_nonzero(settings[1:] == settings[:-1]) > 0
    if repeated and selection.repeats == "refuse":
        raise _repeated(measurement, order)
    step = 0.0
    if repeated and std is None:
        step = adc_step(read[order]) * median(np.abs(calibration.slope(values)))
    combined = combine(settings, values, y_std, order, step=step)
    once = Choice(
        choice="repeated settings",
        value=selection.repeats,
        origin=_by(selection, "repeats"),
        note="every setting was read once",
    )
    xs, ys, y_std, order = combined.x, combined.y, combined.y_std, combined.rows
    cut = runaway(ys, quantum) if quantum is not None else np.zeros(xs.size, dtype=bool)
    if np.count_nonzero(cut):
        reason = (
            f"the conductance runs by more than {RUNAWAY_TOTAL:g} quanta through readings that lie more than "
            f"{RUNAWAY_STEP:g} quantum apart: no step could be resolved from there on"
        )
        gone = np.flatnonzero(keep & np.isin(x, xs[cut]))
        excluded = (*excluded, Exclusion(rule="runaway", reason=reason, indices=gone))
        xs, ys, order = xs[~cut], ys[~cut], order[~cut]
        y_std = None if y_std is None else y_std[~cut]
    if xs.size < least:
        raise InputError(
            f"{xs.size} usable points are too few for a curve",
            path=measurement.origin.path,
            remedy=f"give at least {least}, or widen --range",
        )
    curve = Curve(
        x=xs, y=ys, y_std=y_std, x_name=measurement.abscissa.short, y_name=measurement.ordinate.short,
        x_unit=measurement.abscissa.unit, y_unit=measurement.ordinate.unit, rows=order,
    )  # fmt: skip
    return Selected(
        curve=curve,
        exclusions=excluded,
        ledger=(
            Choice(choice="rows that are not finite", value=selection.invalid, origin=_by(selection, "invalid")),
            *(combined.ledger or (once,)),
            swept.choice,
        ),
        warnings=(*swept.warnings, *combined.warnings),
        noise="stated in the file" if std is not None else _SCATTER if combined.from_scatter else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Swept:
    """Which rows belong to the sweep that is wanted, and to none, with what there is to say of it."""

    wanted: NDArray[np.bool_]
    aside: NDArray[np.bool_]
    choice: Choice
    warnings: tuple[str, ...] = ()


def _sieve(
    measurement: Measurement, corrected: NDArray[np.float64], selection: Selection
) -> tuple[NDArray[np.bool_], tuple[Exclusion, ...], _Swept]:
    """Which rows pass the rules that look at them one by one or in the order in which they were taken."""
    x, read, std = measurement.abscissa.values, measurement.ordinate.values, measurement.ordinate.std
    keep = np.ones(x.size, dtype=bool)
    excluded: list[Exclusion] = []

    def leave_out(rule: str, reason: str, mask: NDArray[np.bool_]) -> None:
        gone = keep & mask
        if np.count_nonzero(gone):
            excluded.append(Exclusion(rule=rule, reason=reason, indices=np.flatnonzero(gone)))
            keep[gone] = False

    finite = np.isfinite(x) & np.isfinite(read) & (np.isfinite(std) & (std > 0) if std is not None else True)
    if np.count_nonzero(finite) < finite.size and selection.invalid == "refuse":
        raise _not_finite(measurement, finite)
    leave_out("not finite", "a reading that is not a finite number says nothing", ~finite)
    at_rail = np.zeros_like(keep)
    at_rail[keep] = overloaded(read[keep])
    reason = "identical readings at an extreme of a noisy record: the instrument stood at its rail"
    leave_out("overload", reason, at_rail)
    if selection.x_low > -np.inf or selection.x_high < np.inf:
        reason = f"the range {selection.x_low:g} to {selection.x_high:g} was asked for"
        leave_out("outside the range", reason, (x < selection.x_low) | (x > selection.x_high))
    swept = _swept(measurement, keep, selection.sweep)
    reason = f"only the part of the sweep that goes {selection.sweep} was asked for"
    leave_out("other sweep direction", reason, ~(swept.wanted | swept.aside))
    leave_out("between two sweeps", "readings on the way to the start of a sweep belong to none", swept.aside)
    reason = "the stated series resistance accounts for all of the measured resistance"
    leave_out("beyond the series resistance", reason, ~np.isfinite(corrected))
    return keep, tuple(excluded), swept


def _by(selection: Selection, option: str) -> By:
    """Who chose: a choice that is not the default was the user's."""
    return "default" if getattr(selection, option) == getattr(Selection(), option) else "user"


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
    steps = np.abs(y[1:] - y[:-1])
    unresolved = steps > RUNAWAY_STEP * abs(quantum)
    if not np.count_nonzero(unresolved):
        return out
    # The pinched end is the one whose outer tenth lies lower and calmer: junk can be of any sign.
    tenth = max(2, y.size // 10)
    rising = median(np.abs(y[:tenth])) <= median(np.abs(y[-tenth:]))
    if not rising:
        steps, unresolved = steps[::-1], unresolved[::-1]
    ends = np.flatnonzero(np.diff(unresolved, prepend=False, append=False)).reshape(-1, 2)
    for start, stop in ends.tolist():
        if steps[start:stop].sum() > RUNAWAY_TOTAL * abs(quantum):
            cut = np.arange(start + 1, y.size)
            out[cut if rising else y.size - 1 - cut] = True
            break
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


def _swept(measurement: Measurement, keep: NDArray[np.bool_], sweep: Sweep) -> _Swept:
    """The part of the sweep that is wanted of the rows that are left."""
    x, none = measurement.abscissa.values, np.zeros_like(keep)
    by = _by(Selection(sweep=sweep), "sweep")
    settings = x[keep]
    straight = not (np.count_nonzero(settings[1:] > settings[:-1]) and np.count_nonzero(settings[1:] < settings[:-1]))
    if sweep == "sort" or (straight and sweep in ("split", "refuse")):
        note = "the sweep goes one way" if straight else "readings of all directions are sorted by x"
        return _Swept(
            wanted=keep.copy(), aside=none, choice=Choice(choice="sweep direction", value=sweep, origin=by, note=note)
        )
    rows, branches = np.flatnonzero(keep), find_branches(settings)
    if sweep == "refuse" or not branches or (sweep == "split" and len(branches) > 1):
        raise _turning(measurement, rows, branches, sweep)
    chosen = [branch for branch in branches if sweep in ("split", branch.direction)]
    if not chosen:
        raise InputError(
            f"no part of the sweep goes {sweep}",
            path=measurement.origin.path,
            remedy="choose the other direction with --sweep",
        )
    wanted, aside = none.copy(), keep.copy()
    wanted[rows[np.concatenate([branch.readings for branch in chosen])]] = True
    aside[rows[np.concatenate([branch.readings for branch in branches])]] = False
    notes = [] if sweep == "split" else [f"{len(chosen)} of {len(branches)} branches"]
    warnings: tuple[str, ...] = ()
    back, furthest = steps_back(settings, chosen)
    if back:
        unit = measurement.abscissa.unit or ""
        jitter = f"x jitters: {back} of {int(wanted.sum())} steps go back, by at most {furthest:.3g} {unit}".strip()
        notes.append(f"{jitter}; the readings are sorted by x")
        if back > _MUCH_JITTER * wanted.sum():
            warnings = (f"{jitter}: the readings are sorted by x as if x were exact, which smears the risers",)
    choice = Choice(choice="sweep direction", value=sweep, origin=by, note="; ".join(notes))
    return _Swept(wanted=wanted, aside=aside, choice=choice, warnings=warnings)


def _turning(
    measurement: Measurement, rows: NDArray[np.int64], branches: tuple[Branch, ...], sweep: Sweep
) -> InputError:
    """The error on a sweep that turns round, with what there is to choose."""
    x = measurement.abscissa.values[rows]
    steps = np.diff(x)
    turn = int(np.flatnonzero(steps * steps[steps != 0][0] < 0)[0])
    more, remedy = "", "sort the readings by x with --sweep sort"
    if len(branches) > 1:
        turn = int(branches[0].readings[-1])
        more = f": it has {len(branches)} branches"
        parts = [f"--sweep {way}" for way in ("up", "down") if any(b.direction == way for b in branches)]
        remedy = f"choose a part with {' or '.join(parts)}, or --sweep split for one trace a branch"
        if sweep == "split":  # a file has been split before it comes here
            parts = [part.replace("--sweep ", 'sweep="') + '"' for part in parts]
            remedy = f"choose a part with {' or '.join(parts)}, or take every branch with gzero.analyse_traces"
    elif not branches:
        more = ", and its readings are in no order"
    return InputError(
        f"the sweep turns round at x = {x[turn]:g}{more}",
        path=measurement.origin.path,
        row=measurement.row(int(rows[turn])),
        remedy=remedy,
    )


def _repeated(measurement: Measurement, order: NDArray[np.int64]) -> InputError:
    """The error on a setting that stands twice."""
    x = measurement.abscissa.values[order]
    same = np.flatnonzero(np.diff(x) == 0)
    first, second = sorted((measurement.row(int(order[same[0]])), measurement.row(int(order[same[0] + 1]))))
    return InputError(
        f"the setting x = {x[same[0]]:g} stands twice (rows {first} and {second}; {same.size} repeats in all)",
        path=measurement.origin.path,
        row=second,
        remedy="average them with --repeats mean, or choose one part of the sweep with --sweep up or down",
    )
