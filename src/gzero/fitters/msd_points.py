"""From a file of trajectories, or of a mean squared displacement, to points whose windows are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gzero.errors import ColumnError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.correlated_line import Points
from gzero.fitters.options import FitOptions
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import By, Choice, Exclusion
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array
from gzero.models.msd import IntArray
from gzero.reduction.tracks import Tracks, lags_of, mean_squares, tracks

#: Positions of a trajectory over the longest lag of a table that states neither: it is the usual choice of those who make one.
_USUAL = 4
#: Share of a frame by which a lag may be off a whole number of frames.
_JITTER = 0.05
_AXES = ("x", "y", "z")
#: Stated over expected std of a point, or the inverse, beyond which a word is due.
_FAR = 1.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """Points to fit, the trajectories behind them where these are known, and what there is to say.

    Parameters
    ----------
    exposure : time over which a position is averaged [s]; 0 where none is stated.
    """

    points: Points
    tracks: Tracks | None
    exposure: Estimate
    exclusions: tuple[Exclusion, ...]
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]


def prepare(measurement: Measurement, options: FitOptions) -> Prepared:
    """Points of a measurement of either form.

    Raises
    ------
    InputError : rows that are not finite, times off the frames, too few lags.
    ColumnError : a number of dimensions that nobody states.  UnitError : neither a length nor its square.
    """
    if measurement.ordinate.unit == "m":
        return _from_tracks(measurement, options)
    if measurement.ordinate.unit == "m^2":
        return _from_table(measurement, options)
    raise UnitError(
        f"[{measurement.ordinate.unit}] is no displacement",
        path=measurement.origin.path,
        remedy="give positions in a unit of length, or their mean square",
    )


def _from_tracks(measurement: Measurement, options: FitOptions) -> Prepared:
    axes = [a for a in _AXES if a == "x" or f"position_{a}" in measurement.series]
    names = [measurement.y if a == "x" else f"position_{a}" for a in axes]
    keep, gone = _finite(measurement, options, [measurement.x, *names])
    columns = [measurement.series[n].values for n in names]
    removed = [a for a in axes if f"drift_{a}" in measurement.series]
    for i, a in enumerate(axes):
        if a in removed:
            columns[i] = columns[i] - measurement.series[f"drift_{a}"].values
    trace = _series(measurement, "trace", keep)
    found = tracks(
        measurement.abscissa.values[keep],
        np.column_stack(columns)[keep],
        np.ones(int(keep.sum())) if trace is None else trace,
    )
    lengths, counts = found.lengths()
    lags = _in_range(lags_of(lengths, counts), found.interval, options, measurement)
    curve = Curve(
        x=np.asarray(lags * found.interval, dtype=np.float64),
        y=mean_squares(found, lags),
        x_name="lag time",
        y_name="MSD",
        x_unit="s",
        y_unit="m^2",
    )
    exposure, ledger = _exposure(measurement)
    many = f"{counts.sum()} trajectories of {lengths.min()} to {lengths.max()} positions, {found.interval:.4g} s apart"
    ledger = (
        Choice(choice="trajectories", value=many, origin="data"),
        Choice(choice="dimensions", value=str(len(axes)), origin="data", note=f"positions along {', '.join(axes)}"),
        _lag_choice(lags, options),
        Choice(
            choice="common drift",
            value=f"columns of {', '.join(removed)} taken off" if removed else "not taken off",
            origin="user" if removed else "default",
            note="" if removed else "columns drift_x, drift_y of a fixed mark would be",
        ),
        *ledger,
    )
    warnings = []
    if found.cuts:
        warnings.append(f"frames are missing in {found.cuts} places: trajectories are cut there into pieces")
    if found.alone:
        warnings.append(f"{found.alone} positions have no neighbour in time and say nothing")
    points = Points(
        curve=curve, lags=lags, interval=found.interval, dimensions=len(axes), lengths=lengths, counts=counts
    )
    return Prepared(
        points=points, tracks=found, exposure=exposure, exclusions=gone, ledger=ledger, warnings=tuple(warnings)
    )


def _from_table(measurement: Measurement, options: FitOptions) -> Prepared:
    dimensions, how = _dimensions(measurement)
    keep, gone = _finite(measurement, options, [measurement.x, measurement.y])
    zero = keep & (measurement.abscissa.values == 0)
    if zero.any():
        reason = "at a lag of zero nothing has moved, and the localisation errors are the same one"
        gone = (*gone, Exclusion(rule="lag zero", reason=reason, indices=np.flatnonzero(zero)))
    keep &= ~zero
    if np.any(measurement.abscissa.values[keep] < 0):
        raise InputError("a lag time is negative", path=measurement.origin.path, remedy="correct the file")
    frames, interval = _frames(measurement.abscissa.values[keep], measurement)
    y, std, many = _averaged(measurement, keep, frames)
    lags = np.unique(frames)
    lengths, counts, known, warning = _windows(frames, _series(measurement, "points", keep), many, measurement)
    inside = np.isin(lags, _in_range(lags, interval, options, measurement))
    lags, y = lags[inside], y[inside]
    std = None if std is None else std[inside]
    exposure, ledger = _exposure(measurement)
    scale = "stated" if std is not None else "windows" if known else "scatter"
    source = {
        "stated": "standard deviations stated, correlations from overlapping windows",
        "windows": "theory of overlapping windows",
        "scatter": "scale from the scatter about the line, form from overlapping windows",
    }[scale]
    points = Points(
        curve=Curve(
            x=np.asarray(lags * interval, dtype=np.float64), y=y, y_std=std, x_name="lag time", y_name="MSD", x_unit="s", y_unit="m^2"
        ),
        lags=lags, interval=interval, dimensions=dimensions, lengths=lengths, counts=counts, scale=scale, source=source,
    )  # fmt: skip
    ledger = (
        Choice(choice="dimensions", value=str(dimensions), origin="user", note=how),
        Choice(
            choice="windows behind each point",
            value=f"{counts.sum()} trajectories of {lengths[0]} positions, {interval:.4g} s apart",
            origin="data" if known else "default",
            note="from the column of points" if known else f"{_USUAL} times the longest lag, as is usual",
        ),
        _lag_choice(lags, options),
        *ledger,
    )
    return Prepared(
        points=points, tracks=None, exposure=exposure, exclusions=gone, ledger=ledger, warnings=(warning,) if warning else ()
    )  # fmt: skip


def _finite(
    measurement: Measurement, options: FitOptions, names: list[str]
) -> tuple[np.ndarray, tuple[Exclusion, ...]]:
    """Which rows have a number in every column that is used.

    Raises
    ------
    InputError : one has not, and the selection refuses that.
    """
    keep = np.ones(measurement.ordinate.values.size, dtype=bool)
    for name in names:
        series = measurement.series[name]
        bad = ~np.isfinite(series.values)
        if bad.any() and options.selection.invalid == "refuse":
            row = int(np.flatnonzero(bad)[0])
            raise InputError(
                f"'{series.values[row]}' where a finite number is needed",
                path=measurement.origin.path, row=measurement.row(row), column=series.label,
                remedy="correct the file, or leave such rows out by rule with --invalid drop",
            )  # fmt: skip
        keep &= ~bad
    if keep.sum() < 3:
        raise InputError(
            f"{int(keep.sum())} usable rows are too few", path=measurement.origin.path, remedy="give at least 3"
        )
    reason = "a reading that is not a finite number says nothing"
    gone = (Exclusion(rule="not finite", reason=reason, indices=np.flatnonzero(~keep)),) if not keep.all() else ()
    return keep, gone


def _series(measurement: Measurement, name: str, keep: np.ndarray) -> Array | None:
    return measurement.series[name].values[keep] if name in measurement.series else None


def _in_range(lags: IntArray, interval: float, options: FitOptions, measurement: Measurement) -> IntArray:
    """The lags that `--range` leaves, at least three."""
    low, high = options.selection.x_low, options.selection.x_high
    inside = lags[(lags * interval >= low - 1e-9 * interval) & (lags * interval <= high + 1e-9 * interval)]
    if inside.size < 3:
        raise InputError(
            f"{inside.size} lags are too few for a slope and an offset with their misfit",
            path=measurement.origin.path,
            remedy="give trajectories of at least 4 positions, or widen --range",
        )
    return inside


def _lag_choice(lags: IntArray, options: FitOptions) -> Choice:
    asked = np.isfinite([options.selection.x_low, options.selection.x_high]).any()
    return Choice(
        choice="lags", value=f"{lags.size} from {lags.min()} to {lags.max()} frames", origin="user" if asked else "default",
        note="" if asked else "up to where a quarter of the windows is gone; large ones thinned, as neighbours share them",
    )  # fmt: skip


def _exposure(measurement: Measurement) -> tuple[Estimate, tuple[Choice, ...]]:
    """Time over which a position is averaged: stated, in a column, or none."""
    stated = measurement.conditions.get("exposure")
    if stated is None and "exposure" in measurement.series:
        stated = Estimate(value=_constant(measurement, "exposure"), unit="s")
    note = "positions at an instant: motion blur is not in the localisation std" if stated is None else ""
    value = Estimate(value=0.0, unit="s") if stated is None else stated
    origin: By = "default" if stated is None else "user"
    return value, (Choice(choice="exposure", value=f"{value.value:.4g} s", origin=origin, note=note),)


def _constant(measurement: Measurement, name: str) -> float:
    """The one value of a column that holds nothing else.

    Raises
    ------
    InputError : it changes from row to row.
    """
    values = measurement.series[name].values
    values = values[np.isfinite(values)]
    if values.size == 0 or np.ptp(values) > 1e-9 * abs(values[0]):
        raise InputError(
            f"the {name} changes from row to row", path=measurement.origin.path,
            column=measurement.series[name].label, remedy="give files of one value each",
        )  # fmt: skip
    return float(values[0])


def _dimensions(measurement: Measurement) -> tuple[int, str]:
    """(d of a table, who says so): a column, or the name of the ordinate.

    Raises
    ------
    ColumnError : nobody says so; a wrong number would be a wrong D by a factor.
    """
    stated = measurement.conditions.get("dimensions")
    name = measurement.ordinate.short.casefold()
    by_name = {1: ("1d", "msd_x", "msdx", "msd x"), 2: ("2d", "xy"), 3: ("3d", "xyz")}
    if stated is not None:
        found, how = stated.value, "stated"
    elif "dimensions" in measurement.series:
        found, how = _constant(measurement, "dimensions"), "column of the file"
    else:
        said = [d for d in (3, 2, 1) if any(word in name for word in by_name[d])]
        if not said:
            raise ColumnError(
                "the file does not say in how many dimensions the displacement is squared, and D depends on it",
                path=measurement.origin.path,
                remedy="name the column MSD_2d (or 1d, 3d), or add a column 'dimensions'",
            )
        found, how = float(said[0]), f"name of the column '{measurement.ordinate.short}'"
    if found not in (1.0, 2.0, 3.0):
        raise InputError(
            f"{found:g} dimensions", path=measurement.origin.path, remedy="state 1, 2 or 3 of them"
        )  # fmt: skip
    return int(found), how


def _frames(time: Array, measurement: Measurement) -> tuple[IntArray, float]:
    """(lags in frames, time between frames [s]) of a table: the shortest lag, or the shortest step, is a frame.

    Raises
    ------
    InputError : lags that are no multiples of it.
    """
    distinct = np.unique(time)
    interval = float(min(distinct[0], np.min(np.diff(distinct), initial=np.inf)))
    frames = np.rint(time / interval)
    interval = float(time @ frames / (frames @ frames))
    if np.any(np.abs(time / interval - frames) > _JITTER * np.sqrt(frames)):
        raise InputError(
            f"the lag times are no multiples of one frame of {interval:.4g} s",
            path=measurement.origin.path,
            remedy="give lags at whole numbers of frames, the shortest of them included",
        )
    return frames.astype(np.int64), interval


def _averaged(measurement: Measurement, keep: np.ndarray, lags: IntArray) -> tuple[Array, Array | None, int]:
    """(MSD, its std or None at every lag, number of curves): the mean of several curves with one row each at every lag.

    Raises
    ------
    InputError : curves of unequal lags.
    """
    y, std = measurement.ordinate.values[keep], measurement.ordinate.std
    _, at, times = np.unique(lags, return_inverse=True, return_counts=True)
    if np.ptp(times):
        raise InputError(
            "the lags are not the same in all curves", path=measurement.origin.path,
            remedy="give one curve, or every lag once in each of them",
        )  # fmt: skip
    many = int(times[0])
    mean = np.bincount(at, weights=y) / many
    if std is None:
        return mean, None, many
    if not np.all(np.isfinite(std[keep]) & (std[keep] > 0)):
        raise InputError("a stated uncertainty must be positive", path=measurement.origin.path)
    return mean, np.sqrt(np.bincount(at, weights=std[keep] ** 2)) / many, many


def _windows(
    lags: IntArray, windows: Array | None, many: int, measurement: Measurement
) -> tuple[IntArray, IntArray, bool, str]:
    """(positions of a trajectory, number of trajectories, whether they are known, a warning) of a table.

    K_n = M (N - n) windows at a lag of n frames come from M trajectories of N positions; the same number at all lags is
    taken for N itself.
    """
    if windows is None:
        assumed = _USUAL * int(lags.max())
        return (
            np.array([assumed]), np.array([many]), False,
            f"no column says how many windows are behind each point: trajectories of {assumed} positions are taken for the correlations",
        )  # fmt: skip
    if not np.all(np.isfinite(windows)) or np.any(windows < 1):
        raise InputError(
            "a point without windows", path=measurement.origin.path, remedy="correct the column of points"
        )  # fmt: skip
    count, length = 1.0, float(windows[0])
    if np.ptp(windows) != 0:
        slope, start = np.polyfit(lags, windows, 1)
        count, length = -float(slope), float(-start) / float(slope)
        expected = count * np.maximum(length - lags, 0)
        if count < 0.5 or np.any(np.abs(expected - windows) > 0.02 * windows + 1):
            raise InputError(
                "the column of points is not M (N - n) at a lag of n frames, as overlapping windows of equal trajectories have",
                path=measurement.origin.path,
                remedy="leave it out, or give the trajectories themselves",
            )
    if length <= lags.max():
        raise InputError(
            f"{length:.4g} positions have no lag of {lags.max()} frames", path=measurement.origin.path,
            remedy="state positions of a trajectory, or windows of each lag, in the column of points",
        )  # fmt: skip
    return np.array([round(length)]), np.array([max(1, round(count)) * many]), True, ""
