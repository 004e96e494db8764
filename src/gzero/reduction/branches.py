"""Branches of a sweep: the stretches in which x goes one way, told from x alone.

A sweep that goes up and comes down again passes every setting twice, and what it reads there may differ (hysteresis,
drift). Each way is a branch. A setting that jitters is none: there x goes back for a few readings and a little way.

x turns round where, from the furthest setting so far, it goes back either

- monotonically over at least 8 different settings and a hundredth of the whole range; eight readings that jitter are
  in order with a chance of 1 in 8! = 40320; or
- by more than a twentieth of the whole range (seven typical steps where that is more, at most a fifth), as a jump
  back to the start of the next sweep does.

A branch has at least 8 readings, as few as make a curve. Fewer between two turns are the way to the start of a sweep
and belong to none. Two such stretches one after the other are readings in no order, which have no branches.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gzero.loaders.table import Dropped
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement

Direction = Literal["up", "down"]

_BRANCH = "branch of the sweep"  # entry of the ledger that names one
_FEWEST = 8  # readings of a branch, and settings of a monotonic return
_RETURN = 0.01  # of the range of x, by such a return
_JUMP, _JUMP_STEPS, _JUMP_MOST = 0.05, 7.0, 0.2  # of the range, in typical steps, and again of the range


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Branch:
    """One way of a sweep.

    Parameters
    ----------
    direction : in which x goes.
    readings : which readings belong to it, in the order in which they were taken.
    """

    direction: Direction
    readings: NDArray[np.int64]


def find_branches(x: NDArray[np.float64]) -> tuple[Branch, ...]:
    """The branches of a sweep in the order in which they were taken; none where the readings are in no order.

    Parameters
    ----------
    x : settings in the order in which they were taken, shape (n,). A setting that is not finite belongs to the branch
        of the reading before it.

    A reading where x turns round belongs to the branch that led to it; of several there, half.
    """
    finite = np.flatnonzero(np.isfinite(x))
    settings = x[finite]
    turns = _turns(settings)
    starts = [0, *(furthest + (held + 1) // 2 for furthest, held in turns)]
    short = [stop - start < _FEWEST for start, stop in pairwise([*starts, finite.size])]
    if turns and (all(short) or any(a and b for a, b in pairwise(short))):
        return ()
    for k, (furthest, _) in enumerate(turns, 1):
        if short[k - 1]:  # where the way to a start ends, the sweep begins
            starts[k] = furthest
    out = []
    for (start, stop), way_there in zip(pairwise([*starts, finite.size]), short, strict=True):
        if turns and way_there:
            continue
        first = 0 if start == 0 else int(finite[start])
        last = x.size if stop == finite.size else int(finite[stop])
        falling = stop > start and settings[stop - 1] < settings[start]
        out.append(Branch(direction="down" if falling else "up", readings=np.arange(first, last)))
    return tuple(out)


def _turns(x: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Where x turns round: the first reading at the furthest setting, and how many stay there."""
    steps = np.abs(np.diff(x))
    ways = np.sign(np.diff(x))
    if not ((ways > 0).any() and (ways < 0).any()):
        return []
    span = float(np.ptp(x))
    jump = min(max(_JUMP * span, _JUMP_STEPS * float(np.median(steps[steps > 0]))), _JUMP_MOST * span)
    returning = _long_runs(ways).tolist()
    settings = x.tolist()
    way = lowest = highest = furthest = 0
    out = []
    for i in range(1, x.size):
        if way == 0:  # which way it goes at first shows once it has gone some way
            lowest = i if settings[i] < settings[lowest] else lowest
            highest = i if settings[i] > settings[highest] else highest
            if settings[highest] - settings[lowest] > jump:
                way = 1 if highest > lowest else -1
            way = way or returning[i]
            furthest = highest if way > 0 else lowest
            continue
        back = way * (settings[furthest] - settings[i])
        if back < 0:
            furthest = i
        elif back > jump or (returning[i] == -way and back > _RETURN * span):
            others = np.flatnonzero(x[furthest:i] != x[furthest])
            out.append((furthest, int(others[0]) if others.size else i - furthest))
            way, furthest = -way, i
    return out


def _long_runs(ways: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each reading +1 or -1 where it ends a step of a monotonic run over at least 8 different settings, else 0.

    Parameters
    ----------
    ways : signs of the steps, shape (n - 1,).
    """
    out = np.zeros(ways.size + 1, dtype=np.int64)
    moving = np.flatnonzero(ways)
    for run in np.split(moving, np.flatnonzero(np.diff(ways[moving])) + 1):
        if run.size >= _FEWEST - 1:
            out[run + 1] = ways[run]
    return out


def steps_back(x: NDArray[np.float64], branches: Sequence[Branch]) -> tuple[int, float]:
    """How many steps inside branches go against their direction, and the furthest of them [unit of x]."""
    back = [0.0]
    for branch in branches:
        settings = x[branch.readings]
        steps = np.diff(settings[np.isfinite(settings)]) * (1.0 if branch.direction == "up" else -1.0)
        back += (-steps[steps < 0]).tolist()
    return len(back) - 1, max(back)


def split(measurement: Measurement) -> tuple[Measurement, ...]:
    """One measurement a branch, called "up" and "down", or "up 1", "down 1", "up 2" where a direction comes twice.

    A measurement whose readings go one way, or in no order, is handed back as it is.
    """
    branches = find_branches(measurement.abscissa.values)
    if len(branches) < 2:
        return (measurement,)
    readings = sum(branch.readings.size for branch in branches)
    between = measurement.abscissa.values.size - readings
    left_out = Dropped(
        rule="between two sweeps", reason="readings on the way back to the start of the next sweep", rows=between
    )
    origin = measurement.origin
    if between:
        origin = replace(origin, dropped=(*origin.dropped, left_out))
    out = []
    starts = [measurement.row(int(branch.readings[0])) for branch in branches]
    for i, (name, branch) in enumerate(zip(_names(branches), branches, strict=True)):
        part = measurement.taken(branch.readings)
        rows = part.row_numbers
        taken = Choice(
            choice=_BRANCH,
            value=name,
            origin="default",
            note=f"rows {rows[0]} to {rows[-1]}, one of {len(branches)} branches that x goes through; --sweep split",
        )
        masked = _masked_there(measurement.exclusions, starts, i)
        hidden = sum(e.indices.size for e in masked)
        out.append(
            replace(
                part,
                origin=replace(origin, rows_read=int(branch.readings.size) + between + hidden),
                trace=f"{measurement.trace}, {name}" if measurement.trace else name,
                ledger=(*measurement.ledger, taken),
                exclusions=masked,
            )
        )
    return tuple(out)


def _masked_there(exclusions: tuple[Exclusion, ...], starts: list[int], branch: int) -> tuple[Exclusion, ...]:
    """What masks took from a branch: readings behind its first row and before that of the next one, the first from the start on."""
    out = []
    for e in exclusions:
        at = [k for k, row in enumerate(e.rows) if max(bisect_right(starts, row) - 1, 0) == branch]
        if at:
            x, y = (tuple(values[k] for k in at) if values else () for values in (e.x, e.y))
            rows = tuple(e.rows[k] for k in at)
            out.append(replace(e, indices=e.indices[at], rows=rows, x=x, y=y))
    return tuple(out)


def branch_of(ledger: Iterable[Choice]) -> str:
    """The branch that a ledger speaks of, "up" or "down 2"; "" where it is no branch."""
    return next((choice.value for choice in ledger if choice.choice == _BRANCH), "")


def _names(branches: tuple[Branch, ...]) -> list[str]:
    """Directions, numbered where one of them comes more than once."""
    counted: Counter[str] = Counter()
    out = []
    for branch in branches:
        counted[branch.direction] += 1
        out.append(f"{branch.direction} {counted[branch.direction]}")
    return out if max(counted.values()) > 1 else [branch.direction for branch in branches]
