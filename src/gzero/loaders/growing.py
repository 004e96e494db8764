"""Columns of numbers that grow while a file is read, each held once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Columns:
    """Columns that grow: each one array, which takes memory from its first number on and is never held twice.

    A large array is moved by the operating system when it grows, not copied (`realloc`).
    """

    def __init__(self) -> None:
        self.length = 0
        self._arrays: dict[int, Floats] = {}
        self._filled: dict[int, int] = {}
        self._expected = 0

    def expect(self, rows: int) -> None:
        """How many rows there will be, as far as one can tell."""
        self._expected = rows

    def holds(self, column: int) -> bool:
        """Whether the column has had a number."""
        return column in self._arrays

    def write(self, column: int, chunks: Sequence[Floats]) -> None:
        """Puts numbers behind the last full row; `advance` makes them rows."""
        count = sum(len(chunk) for chunk in chunks)
        if not self.holds(column) and not any(np.isfinite(chunk).any() for chunk in chunks):
            return
        array, position = self._room(column, self.length + count), self.length
        array[self._filled.get(column, 0) : position] = np.nan
        for chunk in chunks:
            array[position : position + len(chunk)] = chunk
            position += len(chunk)
        self._filled[column] = position

    def advance(self, rows: int) -> None:
        """Counts what was written as rows; a column that was not written to has no number there."""
        self.length += rows

    def _room(self, column: int, needed: int) -> Floats:
        array = self._arrays.get(column)
        if array is None:
            array = self._arrays[column] = np.empty(max(needed, self._expected), dtype=np.float64)
        elif len(array) < needed:
            # no view of these arrays is ever handed out before `frozen`
            array.resize(max(needed + needed // 64, self._expected), refcheck=False)
        return array

    def frozen(self, count: int) -> tuple[Floats | None, ...]:
        """The first `count` columns, read-only and no longer than they are filled; nothing can be written any more."""
        out: list[Floats | None] = []
        for j in range(count):
            array = self._arrays.pop(j, None)
            if array is not None:
                array.resize(max(self.length, self._filled[j]), refcheck=False)
                array[self._filled[j] :] = np.nan
                array.setflags(write=False)
            out.append(array)
        return tuple(out)
