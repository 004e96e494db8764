"""The block means of a record that is too long to be searched, made a piece at a time: it is never in memory as a whole.

What is made here is what `reduction.selection.select` and a mean over blocks make of the same record, to the last bit; only
a plain record is taken: every reading a finite number, times in order and none twice, nothing left out by any rule.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.loaders.room import AT_ONCE, pieces, rest
from gzero.measurement.measurement import Measurement
from gzero.reduction.calibration import Calibration
from gzero.reduction.selection import Selected, Selection, select

#: Readings from which it is worth it.
LONG = 1 << 21
#: Readings that tell what selection says of a plain record.
_HEAD = 1000
#: Identical readings at an extreme of the record that may be a rail (`reduction.overload`).
_RAIL = 5


def block_means(
    measurement: Measurement, calibration: Calibration, selection: Selection, *, most: int
) -> tuple[Selected, int] | None:
    """What is selected of a long plain record, its curve made of means of consecutive readings, and of how many each is one.

    None where the record is short, or is not plain.

    Parameters
    ----------
    most : points of the curve.
    """
    x, read, std = measurement.abscissa.values, measurement.ordinate.values, measurement.ordinate.std
    asked = selection.x_low > -np.inf or selection.x_high < np.inf or selection.sweep not in ("split", "refuse")
    if read.size < max(LONG, most + 1) or asked:
        return None
    size = math.ceil(read.size / most)
    means = _means(x, read, std, calibration, size)
    if means is None or _at_a_rail(read):
        return None
    try:
        head = select(measurement.taken(np.arange(_HEAD)), calibration, selection, quantum=None)
    except InputError:
        return None
    xs, ys, y_std = means
    rows = np.arange(0, xs.size * size, size)
    curve = replace(head.curve, x=xs, y=ys, y_std=y_std, rows=rows)
    return replace(head, curve=curve, exclusions=()), size


def _means(
    x: NDArray[np.float64],
    read: NDArray[np.float64],
    std: NDArray[np.float64] | None,
    calibration: Calibration,
    size: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64] | None] | None:
    """Means of so many readings each, and their uncertainties; None where a reading is not finite or a time is out of order."""
    count, before = read.size // size, -np.inf
    out = [np.empty(count) for _ in range(2 if std is None else 3)]
    for at in pieces(read.size, max(1, AT_ONCE // size) * size):
        times, values = x[at], calibration.apply(read[at])
        series = [times, values]
        if std is not None:
            series.append((std[at] * np.abs(calibration.slope(values))) ** 2)
        plain = all(np.isfinite(one).all() for one in (*series, read[at])) and (std is None or (std[at] > 0).all())
        if not plain or times[0] <= before or not (times[1:] > times[:-1]).all():
            return None
        before = times[-1]
        whole, first = times.size // size, at.start // size
        for one, mean in zip(series, out, strict=True):
            mean[first : first + whole] = one[: whole * size].reshape(-1, size).mean(axis=1)
        rest(x, read, std)
    return out[0], out[1], None if std is None else np.sqrt(out[2] / size)


def _at_a_rail(read: NDArray[np.float64]) -> bool:
    """Whether readings at an extreme of the record repeat so often that they may stand at a rail."""
    low, high = np.inf, -np.inf
    for at in pieces(read.size):
        low, high = min(low, float(read[at].min())), max(high, float(read[at].max()))
        rest(read)
    for at in pieces(read.size):
        some = read[max(at.start - _RAIL + 1, 0) : at.stop]
        for rail in (low, high):
            here = np.flatnonzero(some == rail)
            if (here[_RAIL - 1 :] - here[: 1 - _RAIL] == _RAIL - 1).any():
                return True
        rest(read)
    return False
