"""Where rows stand in a file, without a number held for each."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import overload

#: Rows whose numbers are simply listed.
_FEW = 10_000


class Places:
    """Row numbers as they come: runs of consecutive ones."""

    def __init__(self) -> None:
        self._firsts = array("q")
        self._counts = array("q")

    def add(self, first: int, count: int) -> None:
        """Takes `count` consecutive rows from `first` on."""
        if count < 1:
            return
        if self._firsts and self._firsts[-1] + self._counts[-1] == first:
            self._counts[-1] += count
        else:
            self._firsts.append(first)
            self._counts.append(count)

    def sequence(self) -> Sequence[int]:
        """All of them in order: a range where they are consecutive."""
        if len(self._firsts) == 1:
            return range(self._firsts[0], self._firsts[0] + self._counts[0])
        numbers = RowNumbers(self._firsts, self._counts)
        return tuple(numbers) if len(numbers) <= _FEW else numbers


class RowNumbers(Sequence[int]):
    """The numbers of rows that stand in runs; takes memory for the runs only."""

    __slots__ = ("_before", "_firsts")

    def __init__(self, firsts: Sequence[int], counts: Sequence[int]) -> None:
        self._firsts = array("q", firsts)
        self._before = array("q", [0])
        for count in counts:
            self._before.append(self._before[-1] + count)

    def __len__(self) -> int:
        return self._before[-1]

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[int, ...]: ...

    def __getitem__(self, index: int | slice) -> int | tuple[int, ...]:
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        run = bisect_right(self._before, index) - 1
        return self._firsts[run] + index - self._before[run]

    def __iter__(self) -> Iterator[int]:
        for run, first in enumerate(self._firsts):
            yield from range(first, first + self._before[run + 1] - self._before[run])
