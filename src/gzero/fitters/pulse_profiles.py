"""The traces of a drifting packet: which coordinate each of them runs over, and where a fit can start."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import ColumnError, InputError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import choose, first_noise
from gzero.fitters.options import FitOptions
from gzero.fitters.problem import Problem
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement, Series
from gzero.models.model import Array, Model
from gzero.models.pulse import along, passing
from gzero.reduction.calibration import Calibration
from gzero.reduction.selection import Selected

_FWHM = 2 * np.sqrt(2 * np.log(2))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """Traces n(t), each at its place, or n(x), each at its time.

    Parameters
    ----------
    over : "time" for n(t), "position" for n(x).
    at : the place [m] or time [s] of each trace.  distance : the stated one that `at` is, where no column holds it.
    selected : readings of each trace.
    """

    over: str
    at: tuple[float, ...]
    distance: Estimate | None
    selected: tuple[Selected, ...]
    exclusions: tuple[Exclusion, ...]
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]

    @property
    def distinct(self) -> int:
        """Different places, or times."""
        return len(set(self.at))

    def models(self) -> tuple[Model, ...]:
        """The packet as each trace sees it."""
        return tuple(passing(at) if self.over == "time" else along(at) for at in self.at)

    def problems(self, options: FitOptions, fixed: dict[str, float]) -> tuple[Problem, ...]:
        """One problem a trace, in white noise of stated or guessed size."""
        out = []
        for model, selected in zip(self.models(), self.selected, strict=True):
            noise = replace(first_noise(selected.curve, selected.noise), assumed_white=options.noise_model == "white")
            out.append(Problem(model=model, curve=selected.curve, noise=noise, fixed=fixed, loss=options.loss))
        return tuple(out)


def profiles(measurement: Measurement, options: FitOptions) -> Profiles:
    """The traces of a measurement.

    Raises
    ------
    InputError : a trace over both coordinates at once, or too few readings.  ColumnError : no place and no distance.
    """
    time = measurement.abscissa
    position = measurement.series.get("position")
    distance = None
    if position is None:
        distance = measurement.conditions.get("length")
        if distance is None:
            raise ColumnError(
                "where was the packet seen? The file has no column of positions",
                path=measurement.origin.path,
                remedy="add a column 'position', or state the distance with --length",
            )
        position = replace(time, name="position", values=np.full(time.values.size, distance.value), unit="m", std=None)
    for series in (time, position):
        _all_finite(measurement, options, series)
    group, over = _groups(measurement, time.values, position.values)
    running, standing = (time, position.values) if over == "time" else (position, time.values)
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    at, kept, exclusions, warnings = [], [], [], []
    for number in np.unique(group[np.isfinite(group)]):
        rows = np.flatnonzero(group == number)
        part = _part(measurement, running.name, rows)
        selected = choose(part, options, calibration)
        kept.append(selected)
        at.append(float(np.median(standing[rows])))
        exclusions += [replace(e, indices=rows[e.indices]) for e in selected.exclusions]
        warnings += list(selected.warnings)
    if over == "position" and min(at) <= 0:
        raise InputError(
            "a profile at t <= 0 is that of the injection", path=measurement.origin.path,
            remedy="count the time from the injection, and leave such profiles out",
        )  # fmt: skip
    what = f"n(t) at {len(set(at))} places" if over == "time" else f"n(x) at {len(set(at))} times"
    return Profiles(
        over=over, at=tuple(at), distance=distance, selected=tuple(kept), exclusions=_joined(exclusions),
        ledger=(Choice(choice="traces", value=f"{len(at)} of {what}", origin="data"), *kept[0].ledger),
        warnings=tuple(dict.fromkeys(warnings)),
    )  # fmt: skip


def _all_finite(measurement: Measurement, options: FitOptions, series: Series) -> None:
    bad = np.flatnonzero(~np.isfinite(series.values))
    if bad.size and options.selection.invalid == "refuse":
        raise InputError(
            f"'{series.values[bad[0]]}' where a {series.name} is needed", path=measurement.origin.path,
            row=measurement.row(int(bad[0])), column=series.label,
            remedy="correct the file, or leave such rows out by rule with --invalid drop",
        )  # fmt: skip


def _groups(measurement: Measurement, time: Array, position: Array) -> tuple[Array, str]:
    """(number of the trace of every reading, nan for none; what it runs over).

    Raises
    ------
    InputError : neither coordinate stands still within the traces.
    """
    usable = np.isfinite(time) & np.isfinite(position)
    if "trace" in measurement.series:
        group = np.where(usable, measurement.series["trace"].values, np.nan)
    else:  # the coordinate with fewer values tells the traces apart
        fewer = position if np.unique(position[usable]).size <= np.unique(time[usable]).size else time
        group = np.where(usable, fewer, np.nan)
    numbers = list(np.unique(group[np.isfinite(group)]))

    def still(values: Array) -> bool:
        return all(np.ptp(values[group == n]) <= 1e-9 * np.max(np.abs(values[usable])) for n in numbers)

    if still(position):
        return group, "time"
    if still(time):
        return group, "position"
    raise InputError(
        "both time and position change within a trace",
        path=measurement.origin.path,
        remedy="give the trace number of each reading in a column named trace",
    )


def _part(measurement: Measurement, x: str, rows: np.ndarray) -> Measurement:
    """The readings of one trace over the coordinate that runs."""
    series = {
        name: replace(one, values=one.values[rows], std=None if one.std is None else one.std[rows])
        for name, one in measurement.series.items()
    }
    numbers = tuple(measurement.row(int(i)) for i in rows)
    return replace(measurement, series=series, x=x, row_numbers=numbers)


def _joined(exclusions: list[Exclusion]) -> tuple[Exclusion, ...]:
    """Exclusions of one rule as one."""
    out: dict[str, Exclusion] = {}
    for one in exclusions:
        before = out.get(one.rule)
        indices = one.indices if before is None else np.concatenate([before.indices, one.indices])
        out[one.rule] = replace(one, indices=indices)
    return tuple(out.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hump:
    """Where a trace has its packet: centre and standard deviation [unit of x], height and floor [unit of y]."""

    centre: float
    std: float
    height: float
    floor: float


def _hump(curve: Curve) -> _Hump:
    """The packet of one trace, from its highest reading and the width at half of its height."""
    floor = float(
        np.median(np.concatenate([curve.y[: max(2, len(curve) // 10)], curve.y[-max(2, len(curve) // 10) :]]))
    )
    above = curve.y - floor
    width = max(1, len(curve) // 40)
    smooth = np.convolve(above, np.ones(width) / width, mode="same")
    top = int(np.argmax(np.abs(smooth)))
    sign = float(np.sign(smooth[top])) or 1.0
    high = sign * smooth > 0.5 * abs(smooth[top])
    first = last = top
    while first > 0 and high[first - 1]:
        first -= 1
    while last < len(curve) - 1 and high[last + 1]:
        last += 1
    spread = float(curve.x[last] - curve.x[first]) or float(np.ptp(curve.x)) / 10
    weight = np.abs(smooth[first : last + 1])
    centre = float(curve.x[first : last + 1] @ weight / weight.sum())
    return _Hump(centre=centre, std=spread / _FWHM, height=float(smooth[top]), floor=floor)


def start(found: Profiles, *, free_width: bool, variance: float) -> dict[str, float]:
    """Values of all parameters to begin with, from the humps of the traces.

    Parameters
    ----------
    free_width : whether the initial variance is fitted; else it is `variance` [m^2].

    Raises
    ------
    InputError : no hump in a trace.
    """
    humps = [_hump(s.curve) for s in found.selected]
    at = np.array(found.at)
    for where, hump in zip(found.at, humps, strict=True):
        if hump.height == 0:
            raise InputError(
                f"no packet in the trace at {where:.4g} {'m' if found.over == 'time' else 's'}: its readings do not change",
                remedy="leave that trace out, or correct the file",
            )
    centre = np.array([h.centre for h in humps])
    time, place = (centre, at) if found.over == "time" else (at, centre)
    if np.any(time <= 0):
        raise InputError("a packet at t <= 0", remedy="count the time from the injection")
    if found.distinct > 1 and np.ptp(time) > 0:
        velocity, origin = (float(v) for v in np.polyfit(time, place, 1))
    else:
        velocity, origin = float(np.mean(place / time)), 0.0
    width = np.array([h.std for h in humps]) * (abs(velocity) if found.over == "time" else 1.0)
    spread = width**2
    if free_width and np.ptp(time) > 0:
        slope, start_variance = (float(v) for v in np.polyfit(time, spread, 1))
        slope, start_variance = (slope, start_variance) if slope > 0 else (float(np.mean(spread / time)) / 2, 0.0)
        start_variance = max(start_variance, -0.5 * slope * float(time.min()))
    else:
        slope, start_variance = float(np.mean(np.maximum(spread - variance, 0.1 * spread) / time)), variance
    area = np.array([h.height for h in humps]) * np.sqrt(2 * np.pi) * width
    rate = 0.0
    if found.distinct > 1 and np.all(area * area[0] > 0):
        rate = -float(np.polyfit(time, np.log(np.abs(area)), 1)[0])
    number = float(np.median(area * np.exp(np.clip(rate * time, -50, 50))))
    return {
        "number": number, "diffusion": slope / 2, "velocity": velocity, "initial_variance": start_variance,
        "origin": origin, "rate": rate, "background": float(np.median([h.floor for h in humps])),
    }  # fmt: skip
