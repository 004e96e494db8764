"""Plateaus of every trace by itself: where it stands still, how high and how long, counted back from the break.

A trace moves where the means of a few readings before and after differ by more than noise does, and stands still in between; a
jump and a slide both end a plateau. Everything is a running sum over all traces at once; no window reaches across the end of a
trace.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.contact_traces import ContactTraces

Array = NDArray[np.float64]

#: Readings of the mean on either side; fewest readings of a plateau between two moves.
WINDOW = 4
#: Standard deviations of the difference of two means that make a move.
SIGNIFICANT = 5.0
#: Scatter of a plateau over the noise of a reading beyond which it slides.
_FLAT = 1.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plateaus:
    """Stretches of all traces in which the conductance stands still, m of them.

    Parameters
    ----------
    trace : position of the trace, shape (m,).
    order : 1 for the last one before the break, 2 for the one before it, shape (m,).
    level : mean conductance, shape (m,) [unit of y].
    length : displacement, shape (m,) [unit of x].
    """

    trace: NDArray[np.int64]
    order: NDArray[np.int64]
    level: Array
    length: Array


def plateaus(traces: ContactTraces, *, above: float, window: int = WINDOW) -> Plateaus:
    """Every plateau of every trace; one shorter than about three windows is not seen.

    Parameters
    ----------
    above : conductance that a contact stands above [unit of y]; what lies below is broken and no plateau.
    """
    y, x, starts = traces.values, traces.displacement, traces.starts
    still = ~_moving(y, starts, traces.noise, window)
    change = np.flatnonzero(still[1:] != still[:-1]) + 1
    begin = np.union1d(starts[:-1], change)
    size = np.diff(np.append(begin, y.size))
    level = np.add.reduceat(y, begin) / size
    scatter = np.sqrt(np.maximum(np.add.reduceat(y * y, begin) / size - level**2, 0.0))
    kept = still[begin] & (size >= window) & (level > above) & (scatter <= _FLAT * traces.noise + 1e-9 * above)
    begin, size, level = begin[kept], size[kept], level[kept]
    which = np.searchsorted(starts, begin, side="right") - 1
    spacing = np.abs(x[starts[1:] - 1] - x[starts[:-1]]) / np.maximum(traces.sizes - 1, 1)
    # half a window less half a reading is hidden beside each move, none at the ends of the trace
    hidden = (window - 0.5) * ((begin > starts[which]).astype(np.float64) + (begin + size < starts[which + 1]))
    length = (size + hidden) * spacing[which]
    following = np.searchsorted(which, which, side="right") - np.arange(which.size)
    return Plateaus(trace=which, order=following, level=level, length=length)


def _moving(y: Array, starts: NDArray[np.int64], noise: float, window: int) -> NDArray[np.bool_]:
    """Which readings the trace moves at."""
    out = np.zeros(y.size, dtype=bool)
    if y.size < 2 * window:
        return out
    total = np.concatenate([[0.0], np.cumsum(y)])
    jump = np.abs(total[2 * window :] - 2 * total[window:-window] + total[: -2 * window]) / window
    moving = jump > SIGNIFICANT * noise * np.sqrt(2 / window) + 1e-12 * float(np.abs(y).max())
    out[window : y.size - window + 1] = moving[: y.size - 2 * window + 1]
    inside = starts[1:-1]
    for shift in range(1 - window, window):
        at = inside + shift
        out[at[(at >= 0) & (at < y.size)]] = False
    return out


def aligned(traces: ContactTraces, *, at: float) -> tuple[Array, NDArray[np.bool_]]:
    """(displacement counted from the last reading above a conductance of its own trace [unit of x], shape (n,); which readings
    belong to a trace that has one).

    Parameters
    ----------
    at : conductance [unit of y].
    """
    place = np.where(traces.values > at, np.arange(traces.values.size), -1)
    last = np.maximum.reduceat(place, traces.starts[:-1])
    there = last >= 0
    zero = traces.displacement[np.maximum(last, 0)]
    sizes = traces.sizes
    return traces.displacement - np.repeat(zero, sizes), np.repeat(there, sizes)
