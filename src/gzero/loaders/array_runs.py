"""Where the wanted entries of an array stand in a file that stores it whole, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product


def runs(shape: Sequence[int], index: Sequence[int | tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """(first entry, count) of each unbroken run, in the order of the file; the last dimension is the fast one.

    >>> list(runs((4, 5), ((1, 3), (0, 5))))
    [(5, 10)]
    >>> list(runs((4, 5), ((1, 3), (2, 4))))
    [(7, 2), (12, 2)]
    """
    ranges = [at if isinstance(at, tuple) else (at, at + 1) for at in index]
    count, split = 1, len(ranges)
    while split:
        split -= 1
        low, high = ranges[split]
        count *= high - low
        if (low, high) != (0, shape[split]):
            break
    first = tuple(low for low, _ in ranges[split:])
    for place in product(*(range(*span) for span in ranges[:split])):
        at = 0
        for i, length in zip((*place, *first), shape, strict=True):
            at = at * length + i
        yield at, count
