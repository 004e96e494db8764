"""Readings over two settings: a map, one trace for each value of the slower setting.

Instruments write such a map as a long table with both settings in every row (QCoDeS, Labber); what is measured are the
traces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.loaders.room import AT_ONCE, lock, pieces, rest, room
from gzero.loaders.table import Column, Coordinate

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """A setting or a reading in a long table: its name, unit as written, and values, one a row."""

    name: str
    unit_text: str | None
    values: Floats
    source: str


def traces_of(slow: Setting, fast: Setting, readings: Sequence[Setting]) -> tuple[Column, ...] | None:
    """The map as columns: the fast setting, then one column for each reading and each value of the slow setting.

    None where the rows are no full map: the slow setting must stand still for stretches of equal length (the last one may
    be cut short, as in a run that was stopped; what it lacks is NaN), and the fast one must run through the same values,
    in the same direction, in each stretch.
    """
    rows = len(slow.values)
    length = _stretch(slow.values) if rows >= 4 else 0
    stretches = -(-rows // max(length, 1))
    if length < 2 or length == rows:
        return None
    sweep = fast.values[:length]
    if not np.isfinite(sweep).all() or np.unique(sweep).size != length:
        return None
    levels = np.empty(stretches)
    step = max(1, AT_ONCE // length)  # whole stretches, so that a long table is never in memory as a whole
    for at in pieces(stretches, step):
        rest(slow.values, fast.values)
        here = slice(at.start * length, min(at.stop * length, rows))
        levels[at] = slow.values[here][::length]
        stands = np.repeat(levels[at], length)[: here.stop - here.start]
        if not np.array_equal(slow.values[here], stands) or not np.array_equal(
            fast.values[here], np.resize(sweep, stands.size)
        ):
            return None
    if not np.isfinite(levels).all() or np.unique(levels).size != stretches:
        return None
    columns = [Column(name=fast.name, unit_text=fast.unit_text, values=sweep, source=fast.source)]
    for reading in readings:
        grid = reading.values
        if rows < stretches * length or grid.flags.writeable:
            grid = room(stretches * length)
            for at in pieces(rows):
                grid[at] = reading.values[at]
                rest(grid, reading.values)
            grid[rows:] = np.nan
            lock(grid)
        grid = grid.reshape(stretches, length)
        for j in range(stretches):
            columns.append(
                Column(
                    name=f"{reading.name}[{j}]",
                    unit_text=reading.unit_text,
                    values=grid[j],
                    source=f"{reading.source}, trace {j}",
                    coordinate=Coordinate(name=slow.name, value=float(levels[j]), unit_text=slow.unit_text),
                )
            )
    return tuple(columns)


def _stretch(slow: Floats) -> int:
    """Rows for which the slow setting stands still at first."""
    for at in pieces(len(slow)):
        other = np.flatnonzero(slow[at] != slow[0])
        if other.size:
            return int(at.start + other[0])
    return len(slow)
