"""Which part of a file of arrays is read: the one that is named, or the one that holds most numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from gzero.errors import ColumnError, FileError
from gzero.loaders.array_columns import Builder
from gzero.loaders.arrays import Array, Built, Store, columns_of, numbers_in
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.parts import part_named

#: A choice within a part: places or ranges, as in "map[3]", "cube[2,10:20]".
_CHOICE = re.compile(r"(?P<name>.*?)\s*\[(?P<places>[\d:,\s]+)\]", re.DOTALL)

#: Parts that are told.
MAX_PARTS = 1000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Something that can be chosen.

    Parameters
    ----------
    name : path of the group of a table, or of the array.
    kind : vectors of one length; an array of two dimensions; one of more, of which a slice can be chosen.
    """

    name: str
    kind: Literal["table", "map", "stack"]
    members: tuple[Array, ...]

    @property
    def numbers(self) -> int:
        """How many numbers it holds."""
        return sum(math.prod(array.size) * array.parts for array in self.members if array.kind != "text")


def parts_in(arrays: Sequence[Array]) -> tuple[Part, ...]:
    """The tables, maps and stacks in the order of the file.

    Vectors of one length in one group make a table (those along one dimension, where dimensions have names). The largest
    table of a group has the group's name, any other that of its first vector.
    """
    tables: dict[tuple[str, str | int], list[Array]] = {}
    out: list[Part] = []
    for array in arrays:
        if len(array.size) == 1:
            key = (array.group, array.dimension if array.dimension is not None else array.size[0])
            tables.setdefault(key, []).append(array)
        elif array.kind != "text":
            out.append(Part(name=array.path, kind="map" if len(array.size) == 2 else "stack", members=(array,)))
    found: dict[str, list[list[Array]]] = {}
    for (group, _), members in tables.items():
        if any(array.kind != "text" for array in members):
            found.setdefault(group, []).append(members)
    for group, several in found.items():
        several.sort(key=lambda members: -sum(a.size[0] * a.parts for a in members if a.kind != "text"))
        for i, members in enumerate(several):
            named = group if i == 0 else next(a.path for a in members if a.kind != "text")
            out.append(Part(name=named, kind="table", members=tuple(members)))
    order = {id(array): i for i, array in enumerate(arrays)}
    return tuple(sorted(out, key=lambda part: min(order[id(array)] for array in part.members)))


def read_part(
    path: str, store: Store, arrays: Sequence[Array], wanted: str | None, *, links: Mapping[str, str] | None = None
) -> tuple[Built, str, tuple[str, ...]]:
    """The columns of a part, its name, and the names of all parts.

    Parameters
    ----------
    wanted : name or number of a part, a group or a vector in it, with places in brackets: "map[3]" is one trace,
        "map[3:10]" some, "stack[2]" one map of a stack, "[3]" a trace of the largest map.
    links : other names of arrays and groups.

    Raises
    ------
    ColumnError : no such part, no such place in it, or a stack without a place.
    FileError : no array of numbers, or a damaged file.
    """
    held = numbers_in(path, arrays)
    parts = parts_in(held)
    part, places = _chosen(path, parts, wanted, links or {})
    builder = Builder(path=path, store=store, arrays=held)
    if part.kind == "table":
        rows = spans(path, part.name, places, (part.members[0].size[0],))[0]
        built = builder.table(part.members, rows)
    else:
        array = part.members[0]
        leading = _leading(path, part, places)
        rows, points = spans(path, part.name, places[len(leading) :], array.size[-2:])
        if columns_of(array):
            chosen, rows = (rows, points) if array.column_major else (points, rows)
            built = builder.few_columns(array, chosen, rows)
        else:
            built = builder.map(array, leading, rows, points)
    names = tuple(one.name for one in parts[:MAX_PARTS])
    return built, part.name, names


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Long:
    """A part that is too long to be held, and can be read in pieces.

    Parameters
    ----------
    part : a table, cut along its rows, or a map, cut along its traces; never a single trace or a few columns.
    leading : places along the dimensions before the last two.
    span : rows or traces that are asked for;  points : part of each trace that is.
    names : of all parts.
    """

    part: Part
    leading: tuple[int, ...]
    span: tuple[int, int]
    points: tuple[int, int]
    names: tuple[str, ...]

    def pieces(self, path: str, store: Store, arrays: Sequence[Array], numbers: int) -> Iterator[Built]:
        """The part in order, about so many numbers at a time.

        Raises
        ------
        FileError : a damaged file.
        """
        first, behind = self.span
        table = self.part.kind == "table"
        width = sum(a.parts for a in self.part.members) if table else self.points[1] - self.points[0]
        step = max(2, numbers // width) if table else max(2, min(numbers // width, MAX_COLUMNS // 4))
        count = max(1, (behind - first) // step)
        edges = [first + (behind - first) * i // count for i in range(count + 1)]  # no piece of a single trace
        for a, b in pairwise(edges):
            builder = Builder(path=path, store=store, arrays=numbers_in(path, arrays))
            if table:
                yield builder.table(self.part.members, (a, b))
            else:
                yield builder.map(self.part.members[0], self.leading, (a, b), self.points)


def long_part(
    path: str, arrays: Sequence[Array], wanted: str | None, *, links: Mapping[str, str] | None = None, beyond: int
) -> Long | None:
    """The part that `read_part` would read, where it can be read in pieces and holds more numbers than `beyond`, or more traces than a
    table has columns.

    Raises
    ------
    ColumnError, FileError : as of `read_part`.
    """
    parts = parts_in(numbers_in(path, arrays))
    part, places = _chosen(path, parts, wanted, links or {})
    names = tuple(one.name for one in parts[:MAX_PARTS])
    if part.kind == "table":
        rows = spans(path, part.name, places, (part.members[0].size[0],))[0]
        numbers = (rows[1] - rows[0]) * sum(a.parts for a in part.members)
        if numbers <= beyond or any(a.kind != "number" for a in part.members):
            return None
        return Long(part=part, leading=(), span=rows, points=(0, 1), names=names)
    array = part.members[0]
    leading = _leading(path, part, places)
    rows, points = spans(path, part.name, places[len(leading) :], array.size[-2:])
    traces, length = rows[1] - rows[0], points[1] - points[0]
    if columns_of(array) or array.kind != "number" or traces < 2:
        return None
    if traces * length <= beyond and traces < MAX_COLUMNS:
        return None
    return Long(part=part, leading=leading, span=rows, points=points, names=names)


def _chosen(
    path: str, parts: tuple[Part, ...], wanted: str | None, links: Mapping[str, str]
) -> tuple[Part, tuple[str, ...]]:
    """The part that is meant, and the places in brackets behind its name."""
    names = [part.name for part in parts]
    if wanted is None:
        return max([part for part in parts if part.kind != "stack"] or parts, key=_weight), ()
    name, given = split_choice(wanted, names)
    if not name:
        return max([part for part in parts if part.kind != "table"] or parts, key=_weight), given
    found = _named(path, parts, _followed(name, links))
    return found, given


def _weight(part: Part) -> tuple[bool, int]:
    """What was read goes before what was set, and more numbers before fewer."""
    return any(not array.setting for array in part.members), part.numbers


def split_choice(wanted: str, names: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """A name and the places in brackets behind it, unless the brackets belong to the name of a part.

    >>> split_choice("map[3, 0:10]", [])
    ('map', ('3', '0:10'))
    >>> split_choice("bias [1]", ["bias [1]"])
    ('bias [1]', ())
    """
    wanted = wanted.strip()
    choice = _CHOICE.fullmatch(wanted)
    if choice is None or wanted in names:
        return wanted, ()
    return choice["name"], tuple(place.strip() for place in choice["places"].split(","))


def _followed(name: str, links: Mapping[str, str]) -> str:
    """A name with the links at its start replaced by what they lead to."""
    full = name if name.startswith("/") else f"/{name}"
    for _ in range(8):
        start = next((link for link in links if full == link or full.startswith(link.rstrip("/") + "/")), None)
        if start is None:
            return name
        full = name = (links[start].rstrip("/") + full[len(start) :]) or "/"
    return name


def _named(path: str, parts: tuple[Part, ...], name: str) -> Part:
    names = [part.name for part in parts]
    for spelled in (name, f"/{name}", name.rstrip("/"), f"/{name.rstrip('/')}"):
        if spelled in names:
            return parts[names.index(spelled)]
        below = [part for part in parts if part.name.startswith(spelled.rstrip("/") + "/") and spelled]
        if below and not spelled.isdecimal():
            return max((one for one in below if one.kind != "stack"), key=_weight, default=below[0])
        for part in parts:
            if any(array.path == spelled for array in part.members):
                return part
    last = [part for part in parts if part.name.rpartition("/")[2].casefold() == name.casefold()]
    if len(last) == 1:
        return last[0]
    chosen = part_named(name, names, what="group", path=path)
    return parts[names.index(chosen)]


def _leading(path: str, part: Part, places: tuple[str, ...]) -> tuple[int, ...]:
    """The places along the dimensions before the last two."""
    size = part.members[0].size
    needed = len(size) - 2
    shape = " x ".join(str(n) for n in size)
    example = f"{part.name}[{','.join('0' for _ in range(needed))}]"
    if len(places) < needed:
        raise ColumnError(
            f"'{part.name}' has {len(size)} dimensions ({shape}); curves and maps have one or two",
            path=path,
            remedy=f"choose one map of it, as in --group '{example}'",
        )
    out = []
    for place, length in zip(places[:needed], size, strict=False):
        if not place.isdecimal() or int(place[:18]) >= length:
            raise ColumnError(
                f"no place '{place}' in '{part.name}' ({shape})",
                path=path,
                remedy=f"places run from 0, as in '{example}'",
            )
        out.append(int(place))
    return tuple(out)


def spans(path: str, name: str, places: tuple[str, ...], size: tuple[int, ...]) -> list[tuple[int, int]]:
    """The range in each dimension, all of it where none is given."""
    if len(places) > len(size):
        raise ColumnError(f"'{name}' has {len(size)} dimensions, not {len(places)}", path=path)
    out = [(0, length) for length in size]
    for i, place in enumerate(places):
        start, colon, stop = place.partition(":")
        fits = (start.isdecimal() or (colon and not start)) and (stop.isdecimal() or not stop)
        low = int(start[:18]) if start and fits else 0
        high = (int(stop[:18]) if stop and fits else size[i]) if colon else low + 1
        if not fits or not 0 <= low < high <= size[i]:
            raise ColumnError(
                f"no place '{place}' along {size[i]} entries of '{name}'",
                path=path,
                remedy=f"places run from 0 to {size[i] - 1}; a range is '0:{size[i]}'",
            )
        out[i] = (low, high)
    return out


def no_numbers(path: str, dropped: Sequence[tuple[str, str]]) -> FileError:
    """The error for a file that holds arrays of which none is read."""
    reasons = "; ".join(f"{rule}: {reason}" for rule, reason in dropped[:3])
    more = f" and {len(dropped) - 3} more" if len(dropped) > 3 else ""
    problem = "it holds no array of numbers" + (f" that is read ({reasons}{more})" if dropped else "")
    return FileError(problem, path=path, remedy="save vectors and matrices of numbers, or export them as CSV")
