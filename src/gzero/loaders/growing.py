"""Columns of numbers that grow while a file is read, each held once: in memory, or in a file where they are many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gzero.loaders import room

Floats = NDArray[np.float64]


class Columns:
    """Columns that grow: each one array, which takes room from its first number on and is never held twice.

    A large array in memory is moved by the operating system when it grows, not copied (`realloc`). Where all columns are
    more than `room.HELD` numbers, they lie in a file, and what was filled in last is all that stays in memory.

    Parameters
    ----------
    most : columns that there can be.
    """

    def __init__(self, most: int = 1) -> None:
        self.length = 0
        self._most = most
        self._arrays: dict[int, Floats] = {}
        self._filled: dict[int, int] = {}
        self._expected = 0
        self._lanes: _Lanes | None = None
        self._full = False  # whether no file can be made, or the disk is full
        self._since = 0  # numbers that were filled in since the pages of a file were let go

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
        self._fill(array, self._filled.get(column, 0), position)
        for chunk in chunks:
            array[position : position + len(chunk)] = chunk
            position += len(chunk)
        self._filled[column] = position
        self._count(count)

    def advance(self, rows: int) -> None:
        """Counts what was written as rows; a column that was not written to has no number there."""
        self.length += rows

    def _fill(self, array: Floats, first: int, last: int) -> None:
        """No numbers from one row up to another."""
        for at in room.pieces(max(last - first, 0)):
            array[first + at.start : first + at.stop] = np.nan
            self._count(at.stop - at.start)

    def _count(self, numbers: int) -> None:
        self._since += numbers
        if self._lanes is not None and self._since >= room.AT_ONCE:
            self._since = 0
            room.rest(*self._arrays.values())

    def _room(self, column: int, needed: int) -> Floats:
        array = self._arrays.get(column)
        if array is not None and len(array) >= needed:
            return array
        rows = max(needed if array is None else needed + needed // 64, self._expected)
        if rows * (len(self._arrays) + (array is None)) > room.HELD:
            if self._lanes is None:  # those that came first go there, too
                for other in [j for j in self._arrays if j != column]:
                    self._move(other, self._lane(rows))
            self._move(column, self._lane(rows))
            if self._arrays.get(column) is not array:
                return self._arrays[column]
        if array is not None and array.base is None:
            # no view of these arrays is ever handed out before `frozen`
            array.resize(rows, refcheck=False)
        else:
            self._move(column, np.empty(rows, dtype=np.float64))
        return self._arrays[column]

    def _move(self, column: int, new: Floats | None) -> None:
        """What is filled in of a column to another place; where there is none, it stays."""
        if new is None:
            return
        for at in room.pieces(self._filled.get(column, 0)):
            new[at] = self._arrays[column][at]
            room.rest(new, self._arrays[column])
        self._arrays[column] = new

    def _lane(self, rows: int) -> Floats | None:
        """Room for a column in a file; None where there is none. Columns move to a longer file one by one."""
        if self._full:
            return None
        try:
            if self._lanes is None or self._lanes.rows < rows:
                longer = rows + rows // (32 if self._lanes is None else 4)
                if self._lanes is not None:
                    self._lanes.close()
                self._lanes = _Lanes(self._most, longer)
            return self._lanes.take()
        except (OSError, ValueError, OverflowError):
            self._full = True
            return None

    def frozen(self, count: int) -> tuple[Floats | None, ...]:
        """The first `count` columns, read-only and no longer than they are filled; nothing can be written any more."""
        out: list[Floats | None] = []
        for j in range(count):
            array = self._arrays.pop(j, None)
            if array is not None:
                rows = max(self.length, self._filled[j])
                if array.base is None:
                    array.resize(rows, refcheck=False)
                array = array[:rows] if array.base is not None else array
                self._fill(array, self._filled[j], rows)
                room.lock(array)
                room.rest(array)
            out.append(array)
        if self._lanes is not None:
            self._lanes.close()
        return tuple(out)


class _Lanes:
    """A file with room for columns, one behind the other; the disk is taken for those that come.

    Raises
    ------
    OSError, ValueError, OverflowError : as of `room.Filed`.
    """

    def __init__(self, most: int, rows: int) -> None:
        self.rows = rows
        self._file = room.Filed(most * rows)
        self._all = self._file.array(most, rows)
        self._taken = 0

    def take(self) -> Floats:
        """The next one.

        Raises
        ------
        OSError : the disk is too full.
        """
        self._file.reserve(self._taken * self.rows, self.rows)
        self._taken += 1
        lane: Floats = self._all[self._taken - 1]
        return lane

    def close(self) -> None:
        """No further one is taken."""
        self._file.close()
