"""Readings of one file at several currents: which belong to which, whatever the order they were taken in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.measurement import Measurement

#: Two sizes of the current that lie further apart than this, over the smaller, are two settings.
_APART = 0.05
#: Share of the range of x that the current with the main answer has to cover, and the fewest readings at any current.
_COVERED, _FEWEST = 0.8, 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AtCurrent:
    """Readings at one size of the current.

    Parameters
    ----------
    current : mean size [A].  rows : of the measurement, from 0, in its order.
    """

    current: float
    rows: NDArray[np.int64]


def at_currents(measurement: Measurement) -> tuple[AtCurrent, ...]:
    """The readings by the size of their current, ascending, from the lowest one that covers the sweep on.

    Empty where the file has one current, none, or currents that are no settings (they drift, or each has a part of the sweep).
    Both directions of a current are one size.
    """
    series = measurement.series.get("current")
    if series is None:
        return ()
    size, x = np.abs(series.values), measurement.abscissa.values
    usable = np.flatnonzero(np.isfinite(size) & np.isfinite(x) & (size > 0))
    order = usable[np.argsort(size[usable], kind="stable")]
    if not order.size:
        return ()
    breaks = np.flatnonzero(size[order][1:] > (1 + _APART) * size[order][:-1]) + 1
    found = [
        AtCurrent(current=float(np.mean(size[rows])), rows=np.sort(rows))
        for rows in np.split(order, breaks)
        if rows.size >= _FEWEST
    ]
    reach = float(np.ptp(x[usable])) if usable.size else 0.0
    whole = [i for i, one in enumerate(found) if float(np.ptp(x[one.rows])) >= _COVERED * reach]
    settings = all(float(np.ptp(size[one.rows])) <= _APART * one.current for one in found)
    return tuple(found[whole[0] :]) if whole and settings and len(found) - whole[0] > 1 else ()
