"""Columns of an SQLite table as they are filled, and the table or map that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.grid import Setting, traces_of
from gzero.loaders.qcodes_layout import Parameter
from gzero.loaders.qcodes_values import Extent, Oddities, extent_of, pieces_of
from gzero.loaders.sqlite_file import Database
from gzero.loaders.table import Column, Dropped, Origin, Table

Floats = NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class Said:
    """What goes to the origin of a table."""

    options: dict[str, str]
    dropped: list[Dropped] = field(default_factory=list)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Block:
    """Columns as they are filled: numbers by parameter (complex where two are stored in one), and texts."""

    parameters: dict[str, Parameter]
    setpoints: tuple[str, ...]
    numbers: dict[str, NDArray[Any]]
    texts: dict[str, list[str]]
    rows: int
    table: str


class _UnevenError(Exception):
    """The first row did not speak for all."""


def fill(database: Database, block: Block, columns: Sequence[Parameter], top: str | None, odd: Oddities) -> bool:
    """Reads columns into the block; those that it has already are compared. False where they differ.

    Raises
    ------
    FileError : more values than the file can hold.
    """
    known = set(block.numbers) | set(block.texts)
    for careful in (False, True):
        extent = extent_of(database, block.table, columns, top, careful=careful)
        if known and extent.count != block.rows:
            if extent.certain:
                return False
            continue
        met = Oddities()
        try:
            same = _filled(database, block, columns, top, extent, met, known)
        except _UnevenError:
            for name in [one.name for one in columns if one.name not in known]:
                block.numbers.pop(name, None)
                block.texts.pop(name, None)
            continue
        block.rows = extent.count
        odd.add(met)
        return same
    problem = f"the table '{block.table}' holds other numbers at the second look"
    raise FileError(problem, path=database.path, remedy="a damaged database? copy it again")


def _filled(
    database: Database, block: Block, columns: Sequence[Parameter], top: str | None, extent: Extent, odd: Oddities,
    known: set[str],
) -> bool:  # fmt: skip
    for one in columns:
        if one.name in known:
            continue
        block.parameters[one.name] = one
        if one.storage == "text":
            block.texts[one.name] = []
        else:
            dtype = np.complex128 if one.name in extent.complex else np.float64
            block.numbers[one.name] = np.empty(extent.count, dtype=dtype)
    at = 0
    for piece in pieces_of(database, block.table, columns, top, extent, odd):
        stop = at + len(piece[0])
        for one, values in zip(columns, piece, strict=True):
            if one.storage == "text":
                if one.name not in known:
                    block.texts[one.name] += values
                elif block.texts[one.name][at:stop] != values:
                    return False
            elif one.name in known:
                if not np.array_equal(block.numbers[one.name][at:stop], values, equal_nan=True):
                    return False
            else:
                into = block.numbers[one.name]
                if stop > extent.count or len(values) != stop - at or values.dtype.kind == "c" != into.dtype.kind:
                    raise _UnevenError
                into[at:stop] = values
        at = stop
    if at != extent.count:
        raise _UnevenError
    return True


def noted(odd: Oddities) -> list[Dropped]:
    said = (
        (odd.words, "not a number", "is text or bytes in"),
        (odd.rounded, "rounded integer", "is an integer that float64 does not hold exactly in"),
        (odd.ragged, "array of another length", "has another length than the row's longest array in"),
    )
    return [
        Dropped(rule=rule, reason=f"'{name}' {what} {count} rows", rows=count)
        for counts, rule, what in said
        for name, count in counts.items()
    ]


def _settings_of(block: Block, name: str) -> list[Setting]:
    """A parameter as one setting or reading, a complex one as two."""
    one, values = block.parameters[name], block.numbers[name]
    parts: tuple[tuple[str, NDArray[Any]], ...] = ((name, values),)
    if values.dtype.kind == "c":
        pair = np.stack((values.real, values.imag))
        parts = ((f"{name} re", pair[0]), (f"{name} im", pair[1]))
    for _, part in parts:
        base = part if part.base is None else part.base
        base.setflags(write=False)
        part.setflags(write=False)
    source = f"table '{block.table}', column '{name}'"
    return [Setting(name=label, unit_text=one.unit_text, values=part, source=source) for label, part in parts]


def table_of(database: Database, block: Block, said: Said, *, loader: str) -> Table:
    setpoints = [name for name in block.setpoints if name in block.numbers]
    readings: list[Setting] = []
    settings = {name: _settings_of(block, name) for name in setpoints}
    for name in [name for name in block.numbers if name not in setpoints]:
        readings += _settings_of(block, name)
        del block.numbers[name]
    varied = [name for name in setpoints if len(settings[name]) == 1 and _varies(settings[name][0].values)]
    columns = _map_of([settings[name][0] for name in varied], readings) if len(varied) == 2 else None
    labels: dict[str, tuple[str, ...]] = {}
    if columns is not None:
        slow = next(c.coordinate for c in columns if c.coordinate is not None)
        said.options["layout"] = f"map: one trace for each '{slow.name}'"
        for name in [name for name in setpoints if name not in varied]:
            said.metadata[f"setting/{name}"] = (
                f"{settings[name][0].values[0]!r} {settings[name][0].unit_text or ''}".strip()
            )
        if block.texts:
            reason = f"{', '.join(repr(name) for name in block.texts)}: a map keeps no texts"
            said.dropped.append(Dropped(rule="column of text", reason=reason, rows=block.rows))
    else:
        flat = [each for name in setpoints for each in settings[name]] + readings
        columns = tuple(Column(name=s.name, unit_text=s.unit_text, values=s.values, source=s.source) for s in flat)
        labels = {name: tuple(texts) for name, texts in block.texts.items()}
        if len(setpoints) > 1:
            said.options["layout"] = f"long: {len(setpoints)} settings in every row"
    if len(columns) > MAX_COLUMNS:
        problem = f"{len(columns)} columns; at most {MAX_COLUMNS} are read"
        raise FileError(problem, path=database.path, remedy="choose fewer with --group")
    origin = Origin(
        path=database.path, sha256=database.sha256, loader=loader, options=said.options, dropped=tuple(said.dropped),
        rows_read=block.rows, parts=said.parts,
    )  # fmt: skip
    return Table(columns=columns, metadata=said.metadata, origin=origin, labels=labels)


def _varies(values: Floats) -> bool:
    return bool(values.size) and not bool((values == values[0]).all())


def _map_of(settings: Sequence[Setting], readings: Sequence[Setting]) -> tuple[Column, ...] | None:
    """The map, whichever of both settings is the slower one."""
    slow, fast = settings
    return traces_of(slow, fast, readings) or traces_of(fast, slow, readings)
