"""Curves that ascend with x, laid end to end, and the slopes of all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gzero.measurement.curve import Curve
from gzero.reduction.averages import mean
from gzero.reduction.noise import white_noises
from gzero.reduction.risers import Slopes, find_risers, slopes_of
from gzero.reduction.stretches import Stretches

Array = NDArray[np.float64]


class Sweeps(NamedTuple):
    """Curves end to end, those of one length beside each other; of those whose conductance falls with x, y backwards
    over -x.

    Parameters
    ----------
    order : where each curve stands among those that were given.
    x, y : shape (n,).
    here : the curves.
    descending : whether conductance falls with x, of each.
    """

    order: list[int]
    x: Array
    y: Array
    here: Stretches
    descending: list[bool]

    @classmethod
    def of(cls, curves: Sequence[Curve]) -> Sweeps:
        """At least one curve, of any lengths."""
        order = sorted(range(len(curves)), key=lambda i: len(curves[i]))
        given = [curves[i] for i in order]
        descending = [_falls(curve.y) for curve in given]
        x = [-curve.x[::-1] if falls else curve.x for curve, falls in zip(given, descending, strict=True)]
        y = [curve.y[::-1] if falls else curve.y for curve, falls in zip(given, descending, strict=True)]
        ends = np.array([len(curve) for curve in given]).cumsum()
        here = Stretches.over(np.append(0, ends[:-1]), ends)
        return cls(order, np.concatenate(x), np.concatenate(y), here, descending)

    def stacks(self) -> Iterator[tuple[Array, Array]]:
        """x and y of all curves of one length, one a row."""
        sizes = self.here.sizes
        edges = [0, *((sizes[1:] != sizes[:-1]).nonzero()[0] + 1).tolist(), sizes.size]
        for first, last in pairwise(edges):
            own = slice(int(self.here.begins[first]), int(self.here.begins[last - 1] + sizes[first]))
            shape = (last - first, int(sizes[first]))
            yield self.x[own].reshape(shape), self.y[own].reshape(shape)


def _falls(y: Array) -> bool:
    fifth = max(2, y.size // 5)
    return mean(y[:fifth]) > mean(y[-fifth:])


class Steepness(NamedTuple):
    """The slopes of curves that are laid end to end.

    Parameters
    ----------
    values : shape (n,) [unit of y per unit of x].
    std, noise : of that slope and of one reading, of each curve.
    windows : readings in the window of the slope, of each curve.
    risers : of each curve the positions of its prominent maxima.
    """

    values: Array
    std: Array
    noise: Array
    windows: list[int]
    risers: list[list[int]]


def steepness_of(sweeps: Sweeps) -> Steepness:
    """The slopes of all curves, found for all of one length together."""
    parts: list[Slopes] = []
    risers: list[list[int]] = []
    for x, y in sweeps.stacks():
        parts.append(slopes_of(x, y, white_noises(y)))
        risers += find_risers(parts[-1])
    begins = sweeps.here.begins.tolist()
    return Steepness(
        np.concatenate([part.values.reshape(-1) for part in parts]),
        np.concatenate([part.std for part in parts]),
        np.concatenate([part.noise for part in parts]),
        [window for part in parts for window in part.windows.tolist()],
        [[begin + i for i in own] for begin, own in zip(begins, risers, strict=True)],
    )
