"""LabVIEW measurement files (.lvm), written by "Write To Measurement File".

Format: National Instruments, "Specification for the LabVIEW Measurement File (.lvm)", versions 1 and 2 (tutorial 4139):
a header of tags and values, then segments, each with a header of its own that states for every channel its samples,
start, step and unit. Every header ends with a line `***End_of_Header***`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gzero.errors import FileError
from gzero.loaders.block import columns_of
from gzero.loaders.cells import MAX_COLUMNS, number
from gzero.loaders.delimited import read_numbers
from gzero.loaders.dialect import Dialect, decode, find_dialect, split
from gzero.loaders.growing import Floats
from gzero.loaders.header import Header, name_and_unit
from gzero.loaders.parts import part_named
from gzero.loaders.source import Source, read_head, read_source
from gzero.loaders.table import Column, Dropped, Table
from gzero.loaders.tally import Numbers

_MARK = "LabVIEW Measurement"
_END = "***End_of_Header***"
_SEPARATORS = {"tab": "\t", "comma": ","}

#: A file of more segments is one that gzero would take minutes to list.
MAX_SEGMENTS = 100_000
_LISTED = 1000
_MAX_METADATA = 1000
_MAX_VALUE = 2000

Tags = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One call of the writer: its tags by name, the names of its columns, and where its lines of data stand (from 0)."""

    tags: dict[str, list[str]]
    names: tuple[str, ...]
    lines: range

    def tag(self, key: str, column: int) -> str:
        """What a tag says of a column, counted from 0; empty where it says nothing."""
        cells = self.tags.get(key, [])
        return cells[column - 1] if 0 < column <= len(cells) else ""


@dataclass(frozen=True, slots=True)
class LvmLoader:
    """Reads one segment of a file, or all of them one below the other."""

    name: str = "lvm"
    description: str = "LabVIEW measurement file (.lvm): one segment, or all one below the other"
    suffixes: tuple[str, ...] = (".lvm",)
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the words of such a file.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        return read_head(path, 64).removeprefix(b"\xef\xbb\xbf").startswith(_MARK.encode())

    def read(self, path: str | os.PathLike[str], *, group: str | None = None, encoding: str | None = None) -> Table:
        """A segment as columns: what is on its x axis, then one column for each channel.

        Parameters
        ----------
        group : name ("segment 2") or number (from 1) of the segment, or "all" for all of them one below the other, with
            the number of the segment in a column of its own. Without it the segment with most lines is read; all of them
            where each holds one line, as a logger writes them.
        encoding : of the text; found when None.

        Raises
        ------
        FileError : unreadable, not such a file, without a segment of numbers, or too many segments.
        ColumnError : no such segment, or no column of numbers in it.
        """
        source = read_source(path)
        text, encoding = decode(source.data, encoding=encoding, path=source.path)
        lines = re.split(r"\r\n|\n|\r", text)
        if not lines[0].startswith(_MARK):
            raise FileError(f"not a LabVIEW measurement file: it does not begin with '{_MARK}'", path=source.path)
        return _table(source, lines, group=group, encoding=encoding)


LOADER = LvmLoader()


def _table(source: Source, lines: list[str], *, group: str | None, encoding: str) -> Table:
    path = source.path
    dropped = _without_special_blocks(lines)
    ends = [i for i, line in enumerate(lines) if line.startswith(_END)]
    if not ends:
        raise FileError("damaged: no end of its header", path=path, remedy=f"a line '{_END}' must follow the header")
    head = {
        cells[0]: cells[1:] for cells in (re.split(r"[\t,]", line.strip(), maxsplit=1) for line in lines[1 : ends[0]])
    }
    stated = "".join(head.get("Separator", ["Tab"])).strip().casefold()
    separator = _SEPARATORS.get(stated)
    if separator is None:
        raise FileError(f"its separator '{stated[:20]}' is neither Tab nor Comma", path=path)
    segments = _segments(lines, ends, separator, path=path)
    names = [f"segment {i}" for i in range(1, len(segments) + 1)]
    whole = len(segments) > 1 and len({segment.names for segment in segments}) == 1
    parts = [*names[:_LISTED], *(["all"] if whole else [])]
    if group is not None and group.strip().casefold() == "all" and whole:
        chosen = segments
    elif group is not None:
        chosen = [segments[names.index(part_named(group, names, what="group", path=path))]]
    elif whole and all(len(segment.lines) == 1 for segment in segments):
        chosen = segments
    else:
        chosen = [max(segments, key=lambda segment: len(segment.lines) * len(segment.names))]
        if len(segments) > 1:
            reason = f"the file holds {len(segments)} segments; the one with most numbers was read, choose with --group"
            left = sum(len(segment.lines) for segment in segments) - len(chosen[0].lines)
            dropped.append(Dropped(rule="other segments", reason=reason, rows=left))
    dialect = _dialect(lines, chosen, head, separator, path=path)
    columns, labels, numbers, notes = _columns(lines, chosen, segments, dialect, path=path)
    options = {"encoding": encoding, "delimiter": dialect.name, "decimal": dialect.decimal}
    if len(segments) > 1:
        options["group"] = "all" if len(chosen) > 1 else names[segments.index(chosen[0])]
    return Table(
        columns=columns,
        metadata=_metadata(head, chosen[0].tags),
        origin=source.origin(
            loader=LOADER.name,
            options=options,
            dropped=(*dropped, *notes),
            rows_read=numbers.rows_read,
            parts={"group": tuple(parts)} if len(segments) > 1 else {},
        ),
        labels=labels,
        row_numbers=numbers.places,
    )


def _without_special_blocks(lines: list[str]) -> list[Dropped]:
    """Empties the lines of special blocks, which hold what other programs understand, and tells how many there were."""
    inside, count = False, 0
    for i, line in enumerate(lines):
        if line.startswith("***Start_Special***"):
            inside, count = True, count + 1
        if inside:
            lines[i] = ""
        if line.startswith("***End_Special***"):
            inside = False
    if not count:
        return []
    return [Dropped(rule="special block", reason=f"{count} special blocks, whose content has no fixed form", rows=0)]


def _segments(lines: Sequence[str], ends: Sequence[int], separator: str, *, path: str) -> list[Segment]:
    """The segments: those headers that lines of data follow. Without any header the data stand below the file's own."""
    if len(ends) > MAX_SEGMENTS:
        raise FileError(f"{len(ends)} segments are more than gzero reads ({MAX_SEGMENTS})", path=path)
    starts = [_start_of_header(lines, end) for end in ends]
    out = []
    for i, end in enumerate(ends):
        stop = starts[i + 1] if i + 1 < len(ends) else len(lines)
        body = [j for j in range(end + 1, stop) if lines[j].strip()]
        if len(body) < 2:  # the file's own header, or a segment without data
            continue
        names = tuple(split(lines[body[0]], separator))
        if len(names) > MAX_COLUMNS:
            raise FileError(f"{len(names)} columns are more than any table has ({MAX_COLUMNS})", path=path)
        tags = {}
        for line in lines[starts[i] : end]:
            key, *cells = [cell.strip() for cell in line.split(separator)]
            tags[key] = cells
        out.append(Segment(tags=tags if i else {}, names=names, lines=range(body[1], body[-1] + 1)))
    if not out:
        raise FileError("no segment of it holds numbers", path=path, remedy="was the measurement saved?")
    return out


def _start_of_header(lines: Sequence[str], end: int) -> int:
    """The first line of the header that ends at a line: headers begin with a letter, data with a blank or a number."""
    start = end
    while start > 0 and (lines[start - 1][:1].isalpha() or not lines[start - 1].strip()):
        start -= 1
    while start < end and not lines[start].strip():
        start += 1
    return start


def _dialect(lines: Sequence[str], chosen: Sequence[Segment], head: Tags, separator: str, *, path: str) -> Dialect:
    stated = "".join(head.get("Decimal_Separator", [])).strip()
    if stated in (".", ","):
        return Dialect(delimiter=separator, decimal=stated)
    sample = [lines[i] for segment in chosen[:20] for i in segment.lines[:100]]  # version 1 does not state it
    return find_dialect(sample, delimiter=separator, decimal=None, path=path)


def _columns(
    lines: Sequence[str], chosen: Sequence[Segment], segments: Sequence[Segment], dialect: Dialect, *, path: str
) -> tuple[tuple[Column, ...], dict[str, tuple[str, ...]], Numbers, list[Dropped]]:
    first = chosen[0]
    spots = [i for segment in chosen for i in segment.lines if lines[i].strip()]
    # without an x column (X_Columns No) every line begins with an empty cell
    counted = all(not lines[i].split(dialect.delimiter, 1)[0].strip() for i in spots)
    header = _header(first, counted=counted)
    numbers = read_numbers([lines[i] for i in spots], [i + 1 for i in spots], header, dialect, path=path)
    columns, labels, dropped = columns_of(numbers, header, lambda j: f"column {j + 1}", path=path)
    notes = [*dropped, *_samples(first, len(chosen), len(numbers.places))]
    if counted:
        columns = (*_generated(lines, chosen, numbers, dialect, columns), *columns)
    columns, merged = _without_repeated_x(columns)
    notes += merged
    if len(chosen) > 1:
        of = {i + 1: float(n) for n, segment in enumerate(segments, 1) for i in segment.lines}
        which = np.array([of[place] for place in numbers.places])
        columns = (Column(name="segment", unit_text=None, values=which, source="segment"), *columns)
    return columns, labels, numbers, notes


def _header(segment: Segment, *, counted: bool) -> Header:
    """Names and units of the columns; the name of an x column is that of what it holds."""
    names, units = [], []
    several = segment.names.count("X_Value") > 1
    for j, name in enumerate(segment.names):
        if name == "X_Value":
            y = j + 1
            dimension, unit = segment.tag("X_Dimension", y), segment.tag("X_Unit_Label", y)
            # LabVIEW counts time in seconds where no unit is stated
            units.append(unit or ("s" if dimension.casefold() == "time" else None))
            own = several and j and y < len(segment.names)
            names.append("" if counted else f"X_Value of {segment.names[y]}" if own else name)
            continue
        stated = segment.tag("Y_Unit_Label", j)
        plain, inside = name_and_unit(name)
        names.append(plain if not stated or inside == stated else name)
        units.append(stated or inside)
    return Header(names=tuple(names), units=tuple(units), rows=())


def _samples(segment: Segment, count: int, rows: int) -> list[Dropped]:
    stated = [int(cell) for cell in segment.tags.get("Samples", []) if re.fullmatch(r"\d{1,15}", cell)]
    if count > 1 or not stated or max(stated) in (0, rows):
        return []
    reason = f"the header states {max(stated)} samples, and {rows} rows are there"
    if rows > max(stated):
        reason += ": the writer was called again without a header; a counted x goes on from call to call"
    return [Dropped(rule="samples", reason=reason, rows=0)]


def _generated(
    lines: Sequence[str], chosen: Sequence[Segment], numbers: Numbers, dialect: Dialect, columns: Sequence[Column]
) -> list[Column]:
    """The x axes that the file states by start and step: one where all channels share it, else one for each."""
    places = np.array(numbers.places)
    axes: dict[tuple[float | None, float | None, str | None], list[int]] = {}
    first = chosen[0]
    for column in columns:
        j = int(column.source.removeprefix("column ")) - 1
        start, step = (number(first.tag(key, j), dialect.decimal) for key in ("X0", "Delta_X"))
        dimension = first.tag("X_Dimension", j)
        unit = first.tag("X_Unit_Label", j) or ("s" if dimension.casefold() == "time" else None)
        axes.setdefault((start, step, unit), []).append(j)
    out = []
    for (start, step, unit), of in axes.items():
        values: Floats = np.full(len(numbers.places), np.nan)
        for segment in chosen:
            start_here, step_here = (number(segment.tag(key, of[0]), dialect.decimal) for key in ("X0", "Delta_X"))
            counted = step_here is not None and start_here is not None
            filled = np.array([i + 1 for i in segment.lines if lines[i].strip()])
            # a line that was left out has its place in the count all the same
            here = np.flatnonzero((places >= filled[0]) & (places <= filled[-1]))
            n = np.searchsorted(filled, places[here])
            with np.errstate(over="ignore"):  # a step of 1e308 is damage; what it counts to is not finite
                values[here] = (start_here or 0.0) + (step_here or 0.0) * n if counted else n
        stated = start is not None and step is not None
        name = "X_Value" if len(axes) == 1 else f"X_Value of {first.names[of[0]]}"
        out.append(
            Column(
                name=name if stated else "sample",
                unit_text=unit if stated else None,
                values=values,
                source="axis 0" if len(axes) == 1 else f"axis of column {of[0] + 1}",
            )
        )
    return out


def _without_repeated_x(columns: tuple[Column, ...]) -> tuple[tuple[Column, ...], list[Dropped]]:
    """The columns without x columns that hold the same numbers, in the same unit, as the first one."""
    first = next((column for column in columns if column.name == "X_Value"), None)
    kept: list[Column] = []
    repeated: list[Column] = []
    for column in columns:
        again = first is not None and column is not first and column.name.startswith("X_Value of ")
        if again and first is not None and column.unit_text == first.unit_text:
            again = np.array_equal(column.values, first.values, equal_nan=True)
        (repeated if again else kept).append(column)
    if not repeated:
        return columns, []
    listed = ", ".join(column.source for column in repeated[:4]) + (", ..." if len(repeated) > 4 else "")
    reason = f"{listed}: the same numbers as X_Value"
    return tuple(kept), [Dropped(rule="repeated column", reason=reason, rows=0)]


def _metadata(head: Tags, tags: Tags) -> dict[str, str]:
    out = {key: "".join(cells)[:_MAX_VALUE].strip() for key, cells in head.items() if key and "".join(cells).strip()}
    for key, cells in tags.items():
        value = ", ".join(dict.fromkeys(cell for cell in cells if cell))
        if key and value:
            out[f"segment/{key}"] = value[:_MAX_VALUE]
    return dict(list(out.items())[:_MAX_METADATA])
