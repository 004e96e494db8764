"""Keysight (Agilent) B1500A and B1505A: what EasyEXPERT exports as CSV.

Format: Keysight, EasyEXPERT user's guide, "Export": lines that begin with their kind. SetupTitle and PrimitiveTest name
the test, `TestParameter`, `MetaData` and `AnalysisSetup` hold settings, `Dimension1` and `Dimension2` the points of the
primary and secondary sweep, `DataName` the columns and every `DataValue` one row. A file may hold many such records. The
form of classic tests has bare keys and its table behind a line `AutoAnalysis.Marker.Data.StartCondition`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gzero.errors import FileError
from gzero.loaders.block import columns_of
from gzero.loaders.cells import MAX_COLUMNS, number
from gzero.loaders.delimited import read_numbers
from gzero.loaders.dialect import Dialect, decode, split
from gzero.loaders.grid import Setting, traces_of
from gzero.loaders.growing import Floats
from gzero.loaders.header import Header, name_and_unit
from gzero.loaders.parts import part_named
from gzero.loaders.source import read_head, read_source
from gzero.loaders.table import Column, Dropped, Table
from gzero.loaders.tally import Numbers

_DIALECT = Dialect(delimiter=",", decimal=".")
_RECORD = re.compile(rb"(?m)^(?:SetupTitle|PrimitiveTest|TestParameter|MetaData)\s*,")
_NAMES = re.compile(rb"(?m)^(?:DataName|TestParameter)\s*,")
_CLASSIC = re.compile(rb"(?m)^(?:Classic test name|Channel\.UnitType|AutoAnalysis\.)")
_START = "AutoAnalysis.Marker.Data.StartCondition"

#: More records than a series of measurements has.
MAX_RECORDS = 20_000
_LISTED = 1000
_MAX_METADATA = 1000
_MAX_VALUE = 2000

Settings = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One test: its title, its settings by key, the names of its columns, its rows with their place in the file."""

    title: str
    settings: Settings
    names: tuple[str, ...]
    lines: list[str] = field(default_factory=list)
    places: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class KeysightLoader:
    """Reads one record of a file; a secondary sweep becomes one column for each trace."""

    name: str = "keysight"
    description: str = (
        "Keysight B1500A/B1505A EasyEXPERT export (.csv): one record, a secondary sweep as one trace a column"
    )
    suffixes: tuple[str, ...] = ()
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the lines of such an export.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path).removeprefix(b"\xef\xbb\xbf").lstrip()
        first = re.match(rb"[^\r\n,]*", head)
        if first is not None and first[0].strip() == b"Setup title":
            return _CLASSIC.search(head.replace(b"\r", b"\n")) is not None
        lines = head.replace(b"\r", b"\n")
        return _RECORD.match(lines) is not None and _NAMES.search(lines) is not None

    def read(self, path: str | os.PathLike[str], *, group: str | None = None, encoding: str | None = None) -> Table:
        """A record as columns, with the units that its analysis setup lists.

        Where it lists none, the columns that `Channel.VName` and `Channel.IName` name are in volts and amperes, as the
        instrument measures them. A sweep over two settings becomes one column for each value of the secondary one.

        Parameters
        ----------
        group : title of the record ("Id-Vg", "Id-Vg (2)") or its number from 1. Without it the one with most rows.
        encoding : of the text; found when None.

        Raises
        ------
        FileError : unreadable, not such a file, without data, or a row with more numbers than names.
        ColumnError : no such record, or no column of numbers.
        """
        source = read_source(path)
        text, encoding = decode(source.data, encoding=encoding, path=source.path)
        lines = re.split(r"\r\n|\n|\r", text)
        records = _records(lines, path=source.path)
        if not records:
            raise FileError("no record with data (DataName, DataValue) in it", path=source.path)
        titles = _titles(records)
        if group is None:
            chosen = max(records, key=lambda record: len(record.lines))
        else:
            chosen = records[titles.index(part_named(group, titles, what="group", path=source.path))]
        header = _header(chosen)
        numbers = read_numbers(chosen.lines, chosen.places, header, _DIALECT, path=source.path)
        columns, labels, dropped = columns_of(numbers, header, lambda j: f"column {j + 1}", path=source.path)
        columns, places, labels, notes = _as_map(chosen, columns, numbers, labels)
        options = {"encoding": encoding}
        if len(records) > 1:
            options["group"] = titles[records.index(chosen)]
            reason = f"the file holds {len(records)} records; '{options['group']}' was read, choose with --group"
            left = sum(len(record.lines) for record in records) - len(chosen.lines)
            notes.append(Dropped(rule="other records", reason=reason, rows=left))
        return Table(
            columns=columns,
            metadata=_metadata(chosen),
            origin=source.origin(
                loader=self.name,
                options=options,
                dropped=(*notes, *dropped),
                rows_read=numbers.rows_read,
                parts={"group": titles[:_LISTED]} if len(records) > 1 else {},
            ),
            labels=labels,
            row_numbers=places,
        )


LOADER = KeysightLoader()


def _records(lines: Sequence[str], *, path: str) -> list[Record]:
    """The records that hold at least one row."""
    out: list[Record] = []
    settings: dict[str, list[str]] = {}
    record: Record | None = None
    classic = False
    for i, line in enumerate(lines):
        kind, _, rest = line.partition(",")
        kind = kind.strip().strip('"')
        if kind in ("SetupTitle", "Setup title"):
            settings, record, classic = {kind: split(rest, ",")}, None, kind == "Setup title"
        elif kind == "DataName" or (classic and i and lines[i - 1].startswith(_START)):
            record = _begun(settings, rest if kind == "DataName" else line, row=i + 1, path=path)
            out.append(record)
            if len(out) > MAX_RECORDS:
                raise FileError(f"more than {MAX_RECORDS} records", path=path, remedy="export fewer of them at once")
        elif record is not None and (kind == "DataValue" or (classic and number(kind, ".") is not None)):
            record.lines.append(rest if kind == "DataValue" else line)
            record.places.append(i + 1)
        elif kind in ("TestParameter", "MetaData", "AnalysisSetup"):
            key, *cells = split(rest, ",")
            if record is not None and record.lines:  # the next record without a title of its own
                settings, record = {}, None
            settings[key] = cells
        elif kind and len(kind) <= 100:
            settings.setdefault(kind, split(rest, ","))
    return [record for record in out if record.lines]


def _begun(settings: Settings, line: str, *, row: int, path: str) -> Record:
    names = split(line, ",")
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise FileError(f"{len(names)} names are more than any table has ({MAX_COLUMNS})", path=path, row=row)
    said = (_first(settings, key) for key in ("SetupTitle", "Setup title", "Analysis.Setup.Title", "PrimitiveTest"))
    title = next((text for text in said if text), "record")
    return Record(title=title[:200], settings=settings, names=tuple(names))


def _first(settings: Settings, key: str) -> str:
    return next((cell for cell in settings.get(key, []) if cell), "")


def _titles(records: Sequence[Record]) -> tuple[str, ...]:
    """The titles, numbered where one comes again."""
    seen: dict[str, int] = {}
    out: list[str] = []
    for record in records:
        seen[record.title] = seen.get(record.title, 0) + 1
        out.append(record.title if seen[record.title] == 1 else f"{record.title} ({seen[record.title]})")
    return tuple(out)


def _header(record: Record) -> Header:
    """Names and units: those of the list that the analysis setup shows, else volts and amperes by channel."""
    settings = record.settings
    prefix = "Analysis.Setup.Vector.List.Datum"
    shown, stated = list(settings.get(f"{prefix}.Name", [])), list(settings.get(f"{prefix}.Unit", []))
    if not shown and len(stated) == len(record.names):
        shown = list(record.names)
    units = dict(zip(shown, stated, strict=False))
    for key, unit in (("Channel.VName", "V"), ("Channel.IName", "A")):
        for name in settings.get(key, []):
            units.setdefault(name, unit)
    parts = [(name, units.get(name)) if units.get(name) else name_and_unit(name) for name in record.names]
    return Header(names=tuple(name for name, _ in parts), units=tuple(unit for _, unit in parts), rows=())


def _swept(record: Record, function: str) -> str:
    """The name of what a channel of this function (VAR1, VAR2) sweeps; empty where none is recorded."""
    settings = record.settings
    functions, modes = settings.get("Channel.Func", []), settings.get("Channel.Mode", [])
    for i, cell in enumerate(functions):
        if cell.upper() == function:
            mode = modes[i] if i < len(modes) else "V"
            names = settings.get("Channel.IName" if mode.upper().startswith("I") else "Channel.VName", [])
            return names[i] if i < len(names) else ""
    return ""


def _count(record: Record, key: str) -> int:
    found = [int(cell) for cell in record.settings.get(key, []) if re.fullmatch(r"\d{1,9}", cell)]
    return max(found, default=0)


def _as_map(
    record: Record, columns: tuple[Column, ...], numbers: Numbers, labels: dict[str, tuple[str, ...]]
) -> tuple[tuple[Column, ...], Sequence[int], dict[str, tuple[str, ...]], list[Dropped]]:
    """The columns as traces where a secondary setting was swept; else as they stand, told why."""
    points, sweeps = _count(record, "Dimension1"), _count(record, "Dimension2")
    rows = numbers.rows
    notes: list[Dropped] = []
    stated = points * max(sweeps, 1)
    if points and stated != numbers.rows_read:
        reason = f"the file states {stated} points, and {numbers.rows_read} are there: was the sweep stopped?"
        notes.append(Dropped(rule="points", reason=reason, rows=0))
    if sweeps < 2 or len(columns) < 2 or not 1 < points <= rows:
        return columns, numbers.places, labels, notes
    primary, secondary = _swept(record, "VAR1"), _swept(record, "VAR2")
    fast = next((column for column in columns if column.name == primary), columns[0])
    slow = next((column for column in columns if secondary and column.name == secondary and column is not fast), None)
    setting = _setting(slow) if slow is not None else _stepped(record, secondary, points, rows)
    readings = [_setting(column) for column in columns if column is not fast and column is not slow]
    found = traces_of(setting, _setting(fast), readings)
    if found is None or len(found) > MAX_COLUMNS:
        reason = f"the rows are no full map over '{setting.name}' and '{fast.name}'; they are given as they stand"
        notes.append(Dropped(rule="no map", reason=reason, rows=0))
        if slow is None:
            added = Column(name=setting.name, unit_text=setting.unit_text, values=setting.values, source=setting.source)
            columns = (*columns, added)
        return columns, numbers.places, labels, notes
    notes += [
        Dropped(rule="text of a map", reason=f"the text column '{name}' has no place in it", rows=0) for name in labels
    ]
    return found, (), {}, notes


def _setting(column: Column) -> Setting:
    return Setting(name=column.name, unit_text=column.unit_text, values=column.values, source=column.source)


def _stepped(record: Record, secondary: str, points: int, rows: int) -> Setting:
    """The secondary setting that is no column: by its recorded start and step, else the number of the sweep."""
    values: Floats = (np.arange(rows) // points).astype(np.float64)
    start = number(_first(record.settings, "Measurement.Secondary.Start"), ".")
    step = number(_first(record.settings, "Measurement.Secondary.Step"), ".")
    if secondary and start is not None and step is not None:
        unit = "A" if secondary in record.settings.get("Channel.IName", []) else "V"
        return Setting(name=secondary, unit_text=unit, values=start + step * values, source="Measurement.Secondary")
    return Setting(name="sweep", unit_text=None, values=values, source="Dimension2")


def _metadata(record: Record) -> dict[str, str]:
    out = {}
    for key, cells in record.settings.items():
        value = ", ".join(cells).strip(" ,")
        if key and value:
            out[key] = value[:_MAX_VALUE]
        if len(out) >= _MAX_METADATA:
            break
    return out
