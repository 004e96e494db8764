"""From positions of particles to displacements and their mean squares, with no model fitted.

A trajectory is a row of positions at frames that follow each other without a gap. Where frames are missing it is cut, and
the pieces are trajectories of their own: what happened in between is not made up. Every lag is averaged over all windows
of all trajectories, overlapping ones included (Qian, Sheetz and Elson 1991, doi 10.1016/S0006-3495(91)82125-7).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError
from gzero.measurement.curve import frozen

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Share of a frame by which a time may be off a whole number of frames.
_JITTER = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tracks:
    """Trajectories of one kind of particle.

    Parameters
    ----------
    interval : time between frames [s].
    positions : one array a trajectory, shape (frames, d) [m], at least two frames.
    names : of the trajectory that each came from.
    cuts : gaps at which trajectories were cut.  alone : readings with no neighbour, which say nothing.
    """

    interval: float
    positions: tuple[Array, ...]
    names: tuple[str, ...]
    cuts: int = 0
    alone: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "positions", tuple(frozen(p) for p in self.positions))

    @property
    def dimensions(self) -> int:
        """d."""
        return int(self.positions[0].shape[1])

    @property
    def steps(self) -> int:
        """Displacements from frame to frame, of all trajectories."""
        return sum(len(p) - 1 for p in self.positions)

    def lengths(self) -> tuple[IntArray, IntArray]:
        """(positions of a trajectory, how many trajectories are of that length), shape (u,) each."""
        lengths, counts = np.unique([len(p) for p in self.positions], return_counts=True)
        return lengths.astype(np.int64), counts.astype(np.int64)

    def stacks(self) -> tuple[Array, ...]:
        """Trajectories of equal length together, one array a length, shape (trajectories, positions, d) [m]."""
        lengths, _ = self.lengths()
        return tuple(np.stack([p for p in self.positions if len(p) == n]) for n in lengths)

    def velocity(self) -> tuple[Array, Array]:
        """Common velocity [m/s] and how much it scatters by itself [m/s], shape (d,) each.

        All displacements end to end over all of the time; its standard uncertainty from the displacements of whole
        trajectories where there are eight or more, so that nothing is assumed of the motion, else from single steps
        taken as independent.
        """
        ways = np.array([p[-1] - p[0] for p in self.positions])
        times = np.array([len(p) - 1 for p in self.positions]) * self.interval
        mean = ways.sum(axis=0) / times.sum()
        if len(ways) >= 8:
            left = ways - times[:, None] * mean
            spread = np.sqrt(np.sum(left**2, axis=0) * len(ways) / (len(ways) - 1)) / times.sum()
        else:
            # an odd noise of localisation adds to single steps and hardly to whole ways: this is an upper limit
            single = np.concatenate([np.diff(p, axis=0) for p in self.positions]) - mean * self.interval
            spread = np.sqrt(np.sum(single**2, axis=0)) / times.sum()
        return mean, spread


def tracks(time: Array, positions: Array, trace: Array, *, names: tuple[str, ...] = ()) -> Tracks:
    """Trajectories from rows in any order.

    Parameters
    ----------
    time : of each row [s], shape (n,).  positions : shape (n, d) [m].  trace : number of the trajectory, shape (n,).
    names : of the trajectories, in the order of their numbers; empty names them by number.

    Raises
    ------
    InputError : a time that stands twice in a trajectory, times off the frames, or no two neighbouring frames at all.
    """
    order = np.lexsort((time, trace))
    time, positions, trace = time[order], positions[order], trace[order]
    inside = np.diff(trace) == 0
    steps = np.diff(time)[inside]
    if not steps.size:
        raise InputError(
            "no trajectory has two positions", remedy="give the trace number of each row in a column named trace"
        )
    if np.any(steps == 0):
        at = np.flatnonzero(inside)[np.flatnonzero(steps == 0)[0]]
        raise InputError(
            f"the time {time[at]:g} s stands twice in trajectory {trace[at]:g}",
            remedy="give the trace number of each row in a column named trace",
        )
    interval = _interval(steps)
    frames = np.where(inside, np.rint(np.diff(time) / interval), 0)
    breaks = np.flatnonzero(frames != 1) + 1
    pieces = np.split(np.arange(time.size), breaks)
    kept = [piece for piece in pieces if piece.size > 1]
    numbers = {number: i for i, number in enumerate(np.unique(trace).tolist())}
    return Tracks(
        interval=interval,
        positions=tuple(positions[piece] for piece in kept),
        names=tuple(names[numbers[trace[p[0]]]] if names else f"{trace[p[0]]:g}" for p in kept),
        cuts=int(np.sum(inside & (frames > 1))),
        alone=sum(piece.size for piece in pieces if piece.size == 1),
    )


def _interval(steps: Array) -> float:
    """Time between frames [s]: the shortest step that is common, refined over all steps that are multiples of it.

    Raises
    ------
    InputError : steps that are no multiples.
    """
    first = float(np.median(steps[steps < 1.5 * np.quantile(steps, 0.02)]))
    frames = np.maximum(np.rint(steps / first), 1)
    interval = float(steps.sum() / frames.sum())
    off = np.abs(steps / interval - frames)
    if np.any(off > _JITTER * np.maximum(1, np.sqrt(frames))):
        worst = int(np.argmax(off))
        raise InputError(
            f"the times are at no equal steps: {steps[worst]:g} s beside frames {interval:g} s apart",
            remedy="give positions at equal times; frames may be missing",
        )
    return interval


def lags_of(lengths: IntArray, counts: IntArray, *, most: int = 24) -> IntArray:
    """Lags [frames] that an MSD is looked at, shape (p,): every one up to 8, then ever fewer, up to where a quarter of the
    windows is gone. Neighbouring large lags share nearly all of their windows.

    At least 5 where the trajectories have as many, as a straight line and its bend need.
    """
    longest = int(lengths.max()) - 1
    total = float(lengths @ counts)
    n = np.arange(1, longest + 1)
    left = np.maximum(lengths[:, None] - n, 0).T @ counts
    last = min(longest, max(5, int(np.sum(left >= 0.75 * total))))
    if last <= most:
        return np.arange(1, last + 1)
    later = np.unique(np.rint(np.geomspace(8, last, most - 7)).astype(np.int64))
    return np.concatenate([np.arange(1, 8), later]).astype(np.int64)


def mean_squares(found: Tracks, lags: IntArray) -> Array:
    """MSD [m^2] at lags in frames, shape (p,): the sum over d directions, averaged over all windows of all trajectories."""
    totals = np.zeros(lags.size)
    windows = np.zeros(lags.size)
    for place in found.stacks():
        for i, n in enumerate(lags):
            if n < place.shape[1]:
                totals[i] += float(np.sum((place[:, n:] - place[:, :-n]) ** 2))
                windows[i] += place.shape[0] * (place.shape[1] - n)
    return totals / windows
