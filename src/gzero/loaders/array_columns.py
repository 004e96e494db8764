"""Columns made of arrays: vectors of one length as a table, an array of two dimensions as a map along its axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gzero.errors import FileError
from gzero.loaders.arrays import Array, Built, Decoding, Floats, Index, Store
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.room import rest, room
from gzero.loaders.source import check_growth
from gzero.loaders.table import Column, Coordinate, Dropped

#: Numbers that are decoded at once.
_PIECE = 1 << 20


@dataclass(slots=True, kw_only=True, eq=False)
class Builder:
    """Fetches arrays from a store and makes columns of them.

    Parameters
    ----------
    path : of the file, for errors.
    arrays : all of the file, by their paths, to find axes among them.
    """

    path: str
    store: Store
    arrays: Sequence[Array]
    _dropped: list[Dropped] = field(default_factory=list)
    _options: dict[str, str] = field(default_factory=dict)

    def table(self, members: Sequence[Array], rows: tuple[int, int] | None) -> Built:
        """Vectors of one length as columns, those that were set first.

        Raises
        ------
        FileError : more columns than a table has, more numbers than the file can hold, or a damaged file.
        """
        ordered = sorted(members, key=lambda array: not array.setting)
        numeric = [array for array in ordered if array.kind != "text"]
        start, stop = rows or (0, ordered[0].size[0])
        count = sum(array.parts for array in numeric)
        self._check(count, stop - start, f"the table '{ordered[0].group}'")
        values = self._empty((count, stop - start))
        columns, labels, at = [], {}, 0
        for array in ordered:
            if array.kind == "text":
                labels[array.name] = self.store.texts(array, start, stop)
                continue
            out = values[at : at + array.parts].reshape(array.parts, 1, stop - start)
            self._fetch(array, self._index(array, ((start, stop),)), out)
            at += array.parts
        values.setflags(write=False)
        at = 0
        for array in numeric:
            for suffix in _suffixes(array):
                source = f"'{array.path}'" + (f", field '{array.column}'" if array.column is not None else "")
                columns.append(
                    Column(name=array.name + suffix, unit_text=array.unit_text, values=values[at], source=source)
                )
                at += 1
        return self._built(columns, stop - start, start, labels)

    def map(self, array: Array, leading: tuple[int, ...], rows: tuple[int, int], points: tuple[int, int]) -> Built:
        """A map: the axis of its fast dimension, then one column for each trace.

        Parameters
        ----------
        leading : places along the dimensions before the last two.
        rows, points : which traces, and which part of each.

        Raises
        ------
        FileError : more traces than a table has columns, more numbers than the file can hold, or a damaged file.
        """
        slow, fast, how = self._axes(array)
        count, length = rows[1] - rows[0], points[1] - points[0]
        self._check(count * array.parts, length, f"the map '{array.path}'")
        abscissa = self._axis(fast, len(array.size) - 1, points)
        levels = self._axis(slow, len(array.size) - 2, rows)
        values = self._empty((array.parts, count, length))
        index = self._index(array, (*leading, rows, points))
        self._fetch(array, index, values.reshape(1, 1, -1) if array.logical else values)
        values.setflags(write=False)
        columns = [abscissa]
        for j in range(count):
            at = Coordinate(name=levels.name, value=float(levels.values[j]), unit_text=levels.unit_text)
            for part, suffix in enumerate(_suffixes(array)):
                columns.append(
                    Column(
                        name=f"{array.name}[{rows[0] + j}]{suffix}",
                        unit_text=array.unit_text,
                        values=values[part, j],
                        source=f"'{array.path}', trace {rows[0] + j}",
                        coordinate=at,
                    )
                )
        self._options["axes"] = how
        return self._built(columns, length, points[0], {})

    def few_columns(self, array: Array, chosen: tuple[int, int], rows: tuple[int, int]) -> Built:
        """A two-dimensional array of a few long columns: traces over the vector beside it that is as long, else a table.

        Parameters
        ----------
        chosen, rows : which columns, and which rows of them.

        Raises
        ------
        FileError : more numbers than the file can hold, or a damaged file.
        """
        across = 0 if array.column_major else 1
        count, length = chosen[1] - chosen[0], rows[1] - rows[0]
        self._check(count * array.parts, length, f"the table '{array.path}'")
        slow, fast, how = self._axes(array)
        over, along = (slow, fast) if array.column_major else (fast, slow)
        abscissa = self._axis(along, 1 - across, rows) if along else None
        levels = self._axis(over, across, chosen)
        values = self._empty((array.parts, count, length))
        if array.column_major:
            self._fetch(array, self._index(array, (chosen, rows)), values)
        else:
            for j in range(count):
                place = chosen[0] + j
                self._fetch(
                    array, self._index(array, (rows, (place, place + 1))), values[:, j].reshape(array.parts, length, 1)
                )
        values.setflags(write=False)
        columns = [] if abscissa is None else [abscissa]
        for j in range(count):
            at = Coordinate(name=levels.name, value=float(levels.values[j]), unit_text=levels.unit_text)
            place = chosen[0] + j
            for part, suffix in enumerate(_suffixes(array)):
                columns.append(
                    Column(
                        name=(f"{array.name}(:,{place + 1})" if array.column_major else f"{array.name}[:,{place}]")
                        + suffix,
                        unit_text=array.unit_text,
                        values=values[part, j],
                        source=f"'{array.path}', column {place + 1}",
                        coordinate=None if abscissa is None else at,
                    )
                )
        self._options["axes"] = how if abscissa is not None else f"none: read as {count} columns"
        return self._built(columns, length, rows[0], {})

    def _built(self, columns: list[Column], rows: int, first: int, labels: dict[str, tuple[str, ...]]) -> Built:
        return Built(
            columns=tuple(columns), labels=labels, options=self._options, dropped=tuple(self._dropped), rows=rows,
            first_row=first,
        )  # fmt: skip

    def _check(self, columns: int, rows: int, what: str) -> None:
        if columns > MAX_COLUMNS:
            raise FileError(
                f"{what} would be {columns} columns; at most {MAX_COLUMNS} are read",
                path=self.path,
                remedy="choose some of its traces, as in --group 'NAME[0:1000]'",
            )
        check_growth(self.path, columns * rows, what=what)

    def _empty(self, shape: tuple[int, ...]) -> Floats:
        try:
            return room(*shape)
        except MemoryError:
            size = 8 * math.prod(shape) / 2**30
            remedy = "choose some of its traces, as in --group 'NAME[0:1000]'"
            raise FileError(f"{size:.1f} GiB of numbers do not fit the memory", path=self.path, remedy=remedy) from None

    def _index(self, array: Array, free: tuple[int | tuple[int, int], ...]) -> Index:
        """The place in every stored dimension, from those in the free ones."""
        if array.logical:
            rows = free[0]
            assert isinstance(rows, tuple)  # a flat array has no leading dimensions
            return ((rows[0] * array.logical[1], rows[1] * array.logical[1]), *(0 for _ in array.shape[1:]))
        full: list[int | tuple[int, int]] = [0] * len(array.shape)
        for i, at in zip(array.free, free, strict=True):
            full[i] = at
        return tuple(full)

    def _fetch(self, array: Array, index: Index, out: Floats) -> None:
        """The readings of an array, decoded in place, with a note on what float64 or the file itself does not hold."""
        inexact = self.store.numbers(array, index, out)
        rest(out)
        if inexact:
            reason = f"{inexact} integers of '{array.path}' are larger than float64 holds each of them: rounded where need be"
            self._dropped.append(Dropped(rule="integers beyond 2**53", reason=reason, rows=inexact))
        said = array.decoding.said()
        if said:
            self._options[f"decoded '{array.name}'"] = said
            missing = _decode(out, array.decoding)
            if missing:
                reason = f"{missing} readings of '{array.path}' are its fill value: NaN"
                self._dropped.append(Dropped(rule="fill value", reason=reason, rows=missing))

    # ---- axes --------------------------------------------------------------------------------------------------------

    def _axes(self, array: Array) -> tuple[Array | None, Array | None, str]:
        """The arrays along the last two dimensions, and how they were found."""
        size = array.size[-2:]
        if array.axes:
            stated = [array.axes[i] for i in array.free[-2:]] if not array.logical else list(array.axes[-2:])
            found = [self._stated(name, n) for name, n in zip(stated, size, strict=True)]
            said = [f"'{one.name}'" if one else "index" for one in found]
            how = (
                f"{said[0]} x {said[1]}, by {array.axes_by}"
                if any(found)
                else f"indices ({array.axes_by} name no values)"
            )
            return found[0], found[1], how
        if size[0] == size[1]:
            return None, None, "indices (both sides are equally long)"
        near = [
            one
            for one in self.arrays
            if one.group == array.group and len(one.size) == 1 and one.kind == "number" and one is not array
        ]
        fits = [[one for one in near if one.size[0] == n] for n in size]
        found = [some[0] if len(some) == 1 else None for some in fits]
        if any(found):
            said = [f"'{one.name}'" if one else "index" for one in found]
            return found[0], found[1], f"{said[0]} x {said[1]}, the only vectors of their lengths beside the map"
        several = [one for some in fits for one in some]
        return None, None, f"indices ({len(several)} vectors would fit)" if several else "indices"

    def _stated(self, name: str | None, length: int) -> Array | None:
        found = next((one for one in self.arrays if one.path == name and one.kind == "number"), None)
        if found is None or found.size[-1] != length or len(found.size) > 2:
            return None
        return found

    def _axis(self, array: Array | None, dimension: int, span: tuple[int, int]) -> Column:
        """The values along a dimension; its indices where there is no array of them."""
        if array is None:
            values = np.arange(span[0], span[1], dtype=np.float64)
            return Column(name=f"axis {dimension}", unit_text=None, values=values, source=f"dimension {dimension}")
        values = self._empty((span[1] - span[0],))
        if len(array.size) == 2:  # one axis for each trace, all alike (QCoDeS writes them so): the first
            stored = (0, *span) if array.logical else None
            if stored is None:
                self._fetch(array, self._index(array, ((0, 1), span)), values.reshape(1, 1, -1))
            else:
                index: Index = (span, *(0 for _ in array.shape[1:]))
                self._fetch(array, index, values.reshape(1, 1, -1))
        else:
            self._fetch(array, self._index(array, (span,)), values.reshape(1, 1, -1))
        values.setflags(write=False)
        return Column(name=array.name, unit_text=array.unit_text, values=values, source=f"'{array.path}'")


def _suffixes(array: Array) -> tuple[str, ...]:
    return (" re", " im") if array.kind == "complex" else ("",)


def _decode(out: Floats, decoding: Decoding) -> int:
    """Readings from stored numbers, in place and in pieces; returns how many stand for nothing."""
    missing = 0
    for part in out:
        flat = part.reshape(-1)  # a view: the numbers of one part are contiguous
        for start in range(0, flat.size, _PIECE):
            piece = flat[start : start + _PIECE]
            gaps = np.zeros(piece.shape, dtype=bool)
            for fill in decoding.fills:
                gaps |= piece == fill
            if decoding.unsigned_bits:
                piece[piece < 0] += 2.0**decoding.unsigned_bits
            with np.errstate(over="ignore", invalid="ignore"):
                piece *= decoding.scale
                piece += decoding.offset
            piece[gaps] = np.nan
            missing += int(np.count_nonzero(gaps))
            rest(out)
    return missing
