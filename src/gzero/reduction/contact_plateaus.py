"""Plateaus of every trace by itself: where it stands still, how high and how long, counted back from the break.

A trace moves where the means of a few readings before and after differ by more than noise does, and stands still in between; a
jump and a slide both end a plateau. Everything is a sum of shifted readings of many traces at once; no window reaches across the
end of a trace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.reduction.contact_traces import ContactTraces, Traces

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

    def taken(self, mask: NDArray[np.bool_]) -> Plateaus:
        """Some of them."""
        return Plateaus(
            trace=self.trace[mask], order=self.order[mask], level=self.level[mask], length=self.length[mask]
        )


def plateaus(traces: Traces, *, above: float, window: int = WINDOW) -> Plateaus:
    """Every plateau of every trace; one shorter than about three windows is not seen.

    Parameters
    ----------
    above : conductance that a contact stands above [unit of y]; what lies below is broken and no plateau.
    """
    found, before = [], 0
    for piece in traces.pieces():
        one = plateaus_of(piece, above=above, window=window)
        found.append(replace(one, trace=one.trace + before))
        before += len(piece)
    return together(found)


def together(found: Sequence[Plateaus]) -> Plateaus:
    """The plateaus of several pieces, one behind the other."""
    return Plateaus(
        trace=np.concatenate([p.trace for p in found]), order=np.concatenate([p.order for p in found]),
        level=np.concatenate([p.level for p in found]), length=np.concatenate([p.length for p in found]),
    )  # fmt: skip


def plateaus_of(traces: ContactTraces, *, above: float, window: int = WINDOW) -> Plateaus:
    """`plateaus` of a piece of a session, all at once."""
    y, x, starts = traces.values, traces.displacement, traces.starts
    still = ~_moving(y, starts, traces.noise, window)
    begins = np.empty(y.size, dtype=bool)
    np.not_equal(still[1:], still[:-1], out=begins[1:])
    begins[starts[:-1]] = True
    begin = np.flatnonzero(begins)
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
    sums = y[: y.size - window + 1].copy()
    for i in range(1, window):
        sums += y[i : y.size - window + 1 + i]
    jump = sums[window:] - sums[:-window]
    np.abs(jump, out=jump)
    jump /= window
    # and beyond what sums are rounded by
    least = SIGNIFICANT * noise * np.sqrt(2 / window) + 1e-12 * max(float(y.max()), -float(y.min()))
    np.greater(jump[: y.size - 2 * window + 1], least, out=out[window : y.size - window + 1])
    inside = starts[1:-1]
    for shift in range(1 - window, window):
        at = inside + shift
        out[at[(at >= 0) & (at < y.size)]] = False
    return out


def last_above(traces: ContactTraces, level: float) -> NDArray[np.int64]:
    """The last reading of each trace above a conductance [unit of y], shape (T,); -1 where there is none."""
    above = np.flatnonzero(traces.values > level)
    if not above.size:
        return np.full(len(traces), -1, dtype=np.int64)
    last = above[np.searchsorted(above, traces.starts[1:]) - 1]  # of none before it, the last of all: behind the trace
    there = (last >= traces.starts[:-1]) & (last < traces.starts[1:])
    return np.where(there, last, -1)


def aligned(traces: ContactTraces, *, at: float) -> tuple[Array, NDArray[np.bool_]]:
    """(displacement counted from the last reading above a conductance of its own trace [unit of x], shape (n,); which readings
    belong to a trace that has one).

    Parameters
    ----------
    at : conductance [unit of y].
    """
    last = last_above(traces, at)
    zero = traces.displacement[np.maximum(last, 0)]
    sizes = traces.sizes
    return traces.displacement - np.repeat(zero, sizes), np.repeat(last >= 0, sizes)
