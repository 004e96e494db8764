"""Labber's log files: what was stepped and logged, as a table, as a map, or as the traces of vector instruments.

The layout is that of the files themselves, as public readers describe it (shabanipy.labber; the notes of LabLogViewer):
`Data/Data` is points of the first step x channels x points of all other steps, `Data/Channel names` names its channels,
`Log list` those that were logged, `Channels` holds the unit of each (`unitPhys`), and `Traces/NAME` is points x (real,
imaginary, x) x entries, with the first step running fastest through the entries. Runs that were appended are `Log_2`, ...
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gzero.errors import ColumnError, FileError
from gzero.loaders.array_parts import spans, split_choice
from gzero.loaders.arrays import Built, Floats
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.hdf5_client import Hdf5File, Index
from gzero.loaders.parts import part_named
from gzero.loaders.source import check_growth
from gzero.loaders.table import Column, Coordinate, Dropped

#: Rows of the lists of channels that are read, and runs in one file.
MAX_ROWS = 2000
MAX_LOGS = 100

#: Numbers of a comparison at once.
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Channel:
    """A channel of `Data/Data`: its place there, its name with the part of a complex number, whether it was logged."""

    place: int
    name: str
    unit_text: str | None
    logged: bool


@dataclass(slots=True, kw_only=True, eq=False)
class _Log:
    """One run of a file.

    Parameters
    ----------
    prefix : of all its paths: "" or "/Log_2".
    shape : points of the first step, channels, points of all other steps.
    vectors : names of logged vectors, with the description of each dataset.
    """

    file: Hdf5File
    prefix: str
    shape: tuple[int, int, int]
    channels: tuple[_Channel, ...]
    units: dict[str, str]
    vectors: dict[str, Mapping[str, Any]]
    trace_shapes: dict[str, tuple[int, ...]]
    options: dict[str, str] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)

    @property
    def data(self) -> str:
        return f"{self.prefix}/Data/Data"

    def read(self, path: str, index: Index, out: Floats) -> None:
        inexact = self.file.read(path, None, index, out)
        if inexact:
            reason = f"{inexact} integers of '{path}' are larger than float64 holds each of them: rounded where need be"
            self.dropped.append(Dropped(rule="integers beyond 2**53", reason=reason, rows=inexact))

    def along(self, place: int, first: int | tuple[int, int], other: int | tuple[int, int]) -> Floats:
        """A channel along one of the two directions of its steps."""
        bounds = first if isinstance(first, tuple) else other
        assert isinstance(bounds, tuple)  # one of them is a range
        out = np.empty((1, 1, bounds[1] - bounds[0]))
        self.read(self.data, (first, place, other), out)
        line: Floats = out[0, 0]
        return line

    def parts(self) -> list[str]:
        """Names of what can be chosen: the table of all channels or each logged one as a map, and each vector."""
        start = f"{self.prefix[1:]}/" if self.prefix else ""
        scalars = [channel.name for channel in self.channels if channel.logged]
        named = ["Data"] if self.shape[2] == 1 and self.channels else scalars
        return [start + name for name in (*named, *self.vectors)]


def is_labber(tree: Mapping[str, Any]) -> bool:
    """Whether the datasets are those of a log file."""
    paths = {record["path"] for record in tree["datasets"]}
    return {"/Log list", "/Channels"} <= paths and (
        "/Data/Data" in paths or any(p.startswith("/Traces/") for p in paths)
    )


def read_labber(file: Hdf5File, tree: Mapping[str, Any], wanted: str | None) -> tuple[Built, str, tuple[str, ...]]:
    """The columns of a part, its name, and the names of all parts.

    Raises
    ------
    ColumnError : no such part, or no such place in it.
    FileError : no numbers, or a damaged file.
    """
    logs = _logs(file, tree)
    known = [(name, log) for log in logs for name in log.parts()]
    names = [name for name, _ in known]
    if not names:
        raise FileError("a Labber log file without readings", path=file.path, remedy="was the measurement run?")
    asked, places = split_choice(wanted, names) if wanted is not None else ("", ())
    vectors = [name for name, log in known if name.rpartition("/")[2] in log.vectors or name in log.vectors]
    # a run that logs vectors keeps only its steps in the table
    default = next((n for n in vectors), names[0]) if not any(c.logged for c in logs[0].channels) else names[0]
    chosen = part_named(asked.removeprefix("/"), names, what="group", path=file.path) if asked else default
    log = next(log for name, log in known if name == chosen)
    name = chosen.removeprefix(f"{log.prefix[1:]}/") if log.prefix else chosen
    if name in log.vectors:
        built = _traces(log, name, places)
    elif log.shape[2] == 1:
        built = _table(log, spans(file.path, chosen, places, (log.shape[0],))[0])
    else:
        channel = next(one for one in log.channels if one.name == name)
        built = _map(log, channel, spans(file.path, chosen, places, (log.shape[2], log.shape[0])))
    return built, chosen, tuple(names)


def _logs(file: Hdf5File, tree: Mapping[str, Any]) -> list[_Log]:
    records = {record["path"]: record for record in tree["datasets"]}
    prefixes = ["", *(f"/Log_{i}" for i in range(2, MAX_LOGS) if f"/Log_{i}" in tree["groups"])]
    units = {_first(row): str(row.get("unitPhys") or "").strip() for row in _rows(file, records, "/Channels")}
    logged = [_first(row) for row in _rows(file, records, "/Log list")]
    out = []
    for prefix in prefixes:
        record = records.get(f"{prefix}/Data/Data")
        shape = tuple(record["shape"] or ()) if record else ()
        if len(shape) == 2:
            shape = (*shape, 1)
        rows = _rows(file, records, f"{prefix}/Data/Channel names") or _rows(file, records, "/Data/Channel names")
        if record is None or len(shape) != 3 or 0 in shape or record["kind"] not in ("real", "integer"):
            shape, rows = (0, 0, 0), []
        elif len(rows) != shape[1]:
            raise FileError(
                f"a damaged Labber log file: {len(rows)} names for {shape[1]} channels", path=file.path,
                remedy="copy it again from where it was measured",
            )  # fmt: skip
        held = {name: records[f"{prefix}/Traces/{name}"] for name in logged if f"{prefix}/Traces/{name}" in records}
        vectors = {n: r for n, r in held.items() if len(r["shape"] or ()) == 3 and 0 not in r["shape"]}
        shapes = {p: tuple(r["shape"] or ()) for p, r in records.items() if p.startswith(f"{prefix}/Traces/")}
        out.append(
            _Log(
                file=file, prefix=prefix, shape=(shape[0], shape[1], shape[2]), units=units, vectors=vectors,
                channels=tuple(_channel(i, row, units, logged) for i, row in enumerate(rows)), trace_shapes=shapes,
            )
        )  # fmt: skip
    return out


def _rows(file: Hdf5File, records: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    if path not in records or records[path]["kind"] != "compound" or records[path]["blocked"]:
        return []
    return file.rows(path, limit=MAX_ROWS)


def _first(row: Mapping[str, Any]) -> str:
    """The name in the first field of a row."""
    return str(next(iter(row.values()), ""))


def _channel(place: int, row: Mapping[str, Any], units: Mapping[str, str], logged: Sequence[str]) -> _Channel:
    name, info = _first(row), str(list(row.values())[1] if len(row) > 1 else "").strip().casefold()
    suffix = {"real": " re", "imaginary": " im", "imag": " im"}.get(info, "")
    return _Channel(place=place, name=name + suffix, unit_text=units.get(name) or None, logged=name in logged)


def _table(log: _Log, rows: tuple[int, int]) -> Built:
    """Steps along one direction: all channels as columns."""
    count, length = len(log.channels), rows[1] - rows[0]
    _check(log, count, length)
    values = np.empty((count, length))
    for channel in log.channels:
        log.read(log.data, (rows, channel.place, 0), values[channel.place].reshape(1, 1, -1))
    values.setflags(write=False)
    return _built(log, [_column(log, channel, values[channel.place]) for channel in log.channels], length, rows[0])


def _column(log: _Log, channel: _Channel, values: Floats) -> Column:
    source = f"'{log.data}', channel {channel.place + 1}"
    return Column(name=channel.name, unit_text=channel.unit_text, values=values, source=source)


def _map(log: _Log, channel: _Channel, span: list[tuple[int, int]]) -> Built:
    """Steps along two directions: the first step, and one column of a logged channel for each place of the others."""
    others, points = span
    x = _varying(log, first=True)
    slow = _varying(log, first=False)
    levels = log.along(slow.place, 0, others) if slow else np.arange(*others, dtype=np.float64)
    while levels.size > 1 and slow and math.isnan(levels[-1]):  # a run that was stopped
        levels = levels[:-1]
    missing = others[1] - others[0] - levels.size
    if missing:
        reason = f"the last {missing} of {others[1] - others[0]} traces were not measured"
        log.dropped.append(Dropped(rule="run was stopped", reason=reason, rows=missing))
    others = (others[0], others[0] + levels.size)
    count, length = levels.size, points[1] - points[0]
    _check(log, count, length)
    turned = _turned(log, x, others, points) if x else np.zeros(count, dtype=bool)
    if turned is None:
        return _long(log, others, points)
    values = np.empty((count, length))
    log.read(log.data, (points, channel.place, others), values.T[np.newaxis])
    if turned.any():
        for j in np.flatnonzero(turned).tolist():
            values[j] = values[j, ::-1].copy()
        log.options["direction"] = f"{int(turned.sum())} traces were swept backwards and are turned round"
    values.setflags(write=False)
    axis = _column(log, x, log.along(x.place, points, others[0])) if x else _indices(points)
    name = slow.name if slow else "axis 1"
    columns = [axis]
    for j in range(count):
        at = Coordinate(name=name, value=float(levels[j]), unit_text=slow.unit_text if slow else None)
        source = f"'{log.data}', channel {channel.place + 1}, trace {others[0] + j}"
        columns.append(
            Column(
                name=f"{channel.name}[{others[0] + j}]", unit_text=channel.unit_text, values=values[j], source=source,
                coordinate=at,
            )
        )  # fmt: skip
    log.options["axes"] = f"'{name}' x '{axis.name}'"
    return _built(log, columns, length, points[0])


def _varying(log: _Log, *, first: bool) -> _Channel | None:
    """The first step that varies along a direction."""
    length = log.shape[0 if first else 2]
    for channel in log.channels:
        if not channel.logged and length > 1:
            values = log.along(channel.place, (0, length), 0) if first else log.along(channel.place, 0, (0, length))
            if np.unique(values[np.isfinite(values)]).size > 1:
                return channel
    return None


def _turned(log: _Log, x: _Channel, others: tuple[int, int], points: tuple[int, int]) -> np.ndarray[Any, Any] | None:
    """Which traces ran backwards over the same points; None where they ran over different ones."""
    axis = log.along(x.place, points, others[0])
    out = np.zeros(others[1] - others[0], dtype=bool)
    step = max(1, _PIECE // axis.size)
    for start in range(others[0], others[1], step):
        stop = min(start + step, others[1])
        block = np.empty((stop - start, axis.size))
        log.read(log.data, (points, x.place, (start, stop)), block.T[np.newaxis])
        gaps = ~np.isfinite(block)
        same = ((block == axis) | gaps).all(axis=1)
        back = ((block == axis[::-1]) | gaps).all(axis=1)
        if not (same | back).all():
            return None
        out[start - others[0] : stop - others[0]] = ~same
    return out


def _long(log: _Log, others: tuple[int, int], points: tuple[int, int]) -> Built:
    """Traces over different points: all channels as long columns."""
    count, length = others[1] - others[0], points[1] - points[0]
    _check(log, len(log.channels), count * length)
    values = np.empty((len(log.channels), count, length))
    for channel in log.channels:
        log.read(log.data, (points, channel.place, others), values[channel.place].T[np.newaxis])
    values.setflags(write=False)
    log.options["axes"] = "none: the traces run over different points, one row a reading"
    columns = [_column(log, channel, values[channel.place].reshape(-1)) for channel in log.channels]
    return _built(log, columns, count * length, 0)


def _traces(log: _Log, name: str, places: tuple[str, ...]) -> Built:
    """A vector that was logged: one column for each entry."""
    record = log.vectors[name]
    length, kinds, entries = record["shape"]
    steps, outer = max(1, log.shape[0]), max(1, log.shape[2])
    layered = steps > 1 and outer > 1 and entries > steps
    size = (-(-entries // steps), steps, length) if layered else (entries, length)
    if layered and (not places or not places[0].isdecimal() or int(places[0][:18]) >= size[0]):
        raise ColumnError(
            f"'{name}' was logged over two steps ({size[0]} x {size[1]} traces of {length} points)",
            path=log.file.path,
            remedy=f"choose one map of it, as in --group '{name}[0]' (0 to {size[0] - 1})",
        )
    base = int(places[0]) * steps if layered else 0
    rest = places[1:] if layered else places
    here = min(steps, entries - base) if layered else entries
    rows, points = spans(log.file.path, name, rest, (here, length))
    span = (base + rows[0], base + rows[1])
    whole = bool(record["attributes"].get("complex", 0)) and kinds >= 2
    count = span[1] - span[0]
    _check(log, count * (2 if whole else 1), points[1] - points[0])
    path = f"{log.prefix}/Traces/{name}"
    axis = _trace_axis(log, name, path, span, points, kinds > (2 if whole else 1))
    values = np.empty((2 if whole else 1, count, points[1] - points[0]))
    for part in range(len(values)):
        log.read(path, (points, part, span), values[part].T[np.newaxis])
    values.setflags(write=False)
    at = _places(log, span)
    columns = [axis]
    for j in range(count):
        for part, suffix in enumerate((" re", " im") if whole else ("",)):
            columns.append(
                Column(
                    name=f"{name}[{span[0] + j}]{suffix}", unit_text=log.units.get(name) or None,
                    values=values[part, j], source=f"'{path}', entry {span[0] + j}", coordinate=at[j],
                )
            )  # fmt: skip
    log.options["axes"] = f"'{at[0].name}' x '{axis.name}'"
    return _built(log, columns, points[1] - points[0], points[0])


def _trace_axis(
    log: _Log, name: str, path: str, span: tuple[int, int], points: tuple[int, int], stored: bool
) -> Column:
    """The abscissa that all traces share: stored beside them, or a start and a step."""
    held = log.vectors[name]["attributes"]
    label, unit = str(held.get("x, name") or "").strip(), str(held.get("x, unit") or "").strip() or None
    steps = f"{path}_t0dt"
    if stored:
        place = log.vectors[name]["shape"][1] - 1
        values = np.empty(points[1] - points[0])
        log.read(path, (points, place, span[0]), values.reshape(1, 1, -1))
        piece = max(1, _PIECE // values.size)
        for start in range(span[0], span[1], piece):
            stop = min(start + piece, span[1])
            block = np.empty((stop - start, values.size))
            log.read(path, (points, place, (start, stop)), block.T[np.newaxis])
            if not np.array_equal(block, np.broadcast_to(values, block.shape), equal_nan=True):
                raise _unlike(log, name)
        return Column(name=label or "x", unit_text=unit, values=values, source=f"'{path}', x")
    shape = log.trace_shapes.get(steps, ())
    if len(shape) != 2 or shape[1] != 2 or shape[0] < 1:
        return _indices(points)
    every = np.empty((1, min(shape[0], log.vectors[name]["shape"][2]), 2))
    log.read(steps, ((0, every.shape[1]), (0, 2)), every)
    used = every[0, span[0] : span[1]] if shape[0] > 1 else every[0]
    if not len(used):
        used = every[0, :1]
    if not (used == used[0]).all():
        raise _unlike(log, name)
    with np.errstate(over="ignore", invalid="ignore"):
        values = used[0, 0] + used[0, 1] * np.arange(*points, dtype=np.float64)
    return Column(name=label or "x", unit_text=unit, values=values, source=f"'{steps}'")


def _unlike(log: _Log, name: str) -> ColumnError:
    return ColumnError(
        f"the traces of '{name}' run over different points", path=log.file.path,
        remedy=f"choose one of them, as in --group '{name}[0]'",
    )  # fmt: skip


def _places(log: _Log, span: tuple[int, int]) -> list[Coordinate]:
    """Where each entry stands along the step that varies between them."""
    steps, outer = log.shape[0], log.shape[2]
    inner = steps > 1
    channel = _varying(log, first=inner) if steps * outer > 0 else None
    if channel is None:
        return [Coordinate(name="entry", value=float(i)) for i in range(*span)]
    length = steps if inner else outer
    layer = span[0] // steps if inner and outer > 1 else 0
    values = (
        log.along(channel.place, (0, length), min(layer, outer - 1))
        if inner
        else log.along(channel.place, 0, (0, length))
    )
    out = []
    for i in range(*span):
        k = i % steps if inner else i
        value = float(values[k]) if k < len(values) else math.nan
        out.append(Coordinate(name=channel.name, value=value, unit_text=channel.unit_text))
    return out


def _indices(points: tuple[int, int]) -> Column:
    return Column(name="axis 0", unit_text=None, values=np.arange(*points, dtype=np.float64), source="dimension 0")


def _check(log: _Log, columns: int, rows: int) -> None:
    if columns > MAX_COLUMNS:
        remedy = "choose some, as in --group 'NAME[0:1000]'"
        raise FileError(f"{columns} traces; at most {MAX_COLUMNS} are read", path=log.file.path, remedy=remedy)
    check_growth(log.file.path, columns * rows, what="the log")


def _built(log: _Log, columns: list[Column], rows: int, first: int) -> Built:
    return Built(columns=tuple(columns), options=log.options, dropped=tuple(log.dropped), rows=rows, first_row=first)
