"""Readings over two settings: a map, one trace for each value of the slower setting.

Instruments write such a map as a long table with both settings in every row (QCoDeS, Labber); what is measured are the
traces.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    if rows < 4 or not (np.isfinite(slow.values).all() and np.isfinite(fast.values).all()):
        return None
    turns = np.flatnonzero(np.diff(slow.values)) + 1
    if not turns.size:
        return None
    length = int(turns[0])
    stretches = -(-rows // length)
    if length < 2 or not np.array_equal(turns, np.arange(length, rows, length)):
        return None
    sweep = fast.values[:length]
    again = np.resize(sweep, rows)
    if not np.array_equal(again, fast.values) or np.unique(sweep).size != length:
        return None
    levels = slow.values[::length]
    if np.unique(levels).size != stretches:
        return None
    columns = [Column(name=fast.name, unit_text=fast.unit_text, values=sweep, source=fast.source)]
    for reading in readings:
        grid = np.full((stretches, length), np.nan)
        grid.ravel()[:rows] = reading.values
        grid.setflags(write=False)
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
