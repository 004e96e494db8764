"""Igor Pro packed experiments (.pxp) and templates (.pxt): many waves in folders, in either byte order.

A packed file is a stream of records (WaveMetrics' Technical Note 003, PTN003, "Igor Binary Format", section "Packed
experiment files"): eight bytes of type, version and size, then the data. Waves stand in records of type 3, written as
in files of their own; records 9 (101 for long names since Igor Pro 8) and 10 open and close a data folder, record 1
holds variables. Every other record (graphs, procedures, history) is stepped over: nothing in it is run.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.igor_variables import variables_in
from gzero.loaders.igor_wave import (
    Wave,
    axis_of,
    check_numbers,
    count_of,
    metadata_in,
    options_in,
    read_wave,
    text_of,
    texts_of,
    traces_in,
    values_of,
)
from gzero.loaders.parts import part_named
from gzero.loaders.source import Source, check_file, looks_like, read_source, unread
from gzero.loaders.table import Column, Dropped, Table

#: Types of records that are read, and all that Igor 4 and later write at the beginning of a file (11 to 26 are graphs).
VARIABLES, WAVE, FOLDER, END_OF_FOLDER, LONG_FOLDER = 1, 3, 9, 10, 101
NAMED = range(1, 32)

BYTE_ORDERS = {"<": "little", ">": "big"}

#: A record whose type has this bit is followed by a newer one of the same object.
SUPERSEDED = 0x8000

#: Record types that PTN003 lists or that Igor is known to write are below this.
MAX_TYPE = 0x200

MAX_RECORDS = 1_000_000
MAX_DEPTH = 64
MAX_NAME = 255
MAX_METADATA = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record: its type without the flag, and where its data stand."""

    type: int
    superseded: bool
    start: int
    stop: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A wave, the folder it stands in, and its bytes."""

    wave: Wave
    folder: str
    data: memoryview

    @property
    def path(self) -> str:
        """Folder and name, divided by colons as Igor does it."""
        return f"{self.folder}:{self.wave.name or 'wave'}"


@dataclass(slots=True, kw_only=True)
class Contents:
    """What a packed file holds, while its records are read."""

    order: str
    waves: dict[str, Placed] = field(default_factory=dict)
    texts: dict[str, Placed] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, list[str]] = field(default_factory=dict)

    def leave_out(self, rule: str, reason: str) -> None:
        """Notes what is not read, and why."""
        self.dropped.setdefault(rule, []).append(reason)


@dataclass(frozen=True, slots=True)
class IgorPackedLoader:
    """Reads the folder with most numbers as a table, or the folder or wave that is named."""

    name: str = "igor-packed"
    description: str = "Igor Pro packed experiment (.pxp .pxt): a folder's waves of equal length, or one wave"
    suffixes: tuple[str, ...] = (".pxp", ".pxt")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the first sixteen records follow one another in the file, one of a type that Igor writes there.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        size = check_file(path, limit=sys.maxsize).stat().st_size
        try:
            with path.open("rb") as stream:

                def read(at: int, count: int) -> bytes:
                    stream.seek(at)
                    return stream.read(count)

                return _order_of(read, size) is not None
        except OSError as error:
            raise FileError(f"cannot be read ({error.strerror})", path=os.fspath(path)) from None

    def read(self, path: str | os.PathLike[str], *, group: str | None = None) -> Table:
        """The waves of one folder that have equal lengths, as one table; or one wave, as a file of its own gives it.

        A folder's table begins with one column for each scaling of its waves ("axis 0"), where they are scaled; text
        waves of the same length become labels. Without `group` the part with most numbers is read.

        Parameters
        ----------
        group : a folder ("root:run1"), a wave ("root:run1:current"), or a number from 1 in the list of both.

        Raises
        ------
        FileError : unreadable, not a packed file, damaged, or without a wave of numbers of one or two dimensions.
        ColumnError : no such folder or wave.
        """
        source = read_source(path)
        contents = _contents(source)
        if not contents.waves:
            notes = "".join(f"; {rule}: {', '.join(found[:3])}" for rule, found in contents.dropped.items())
            problem = f"no wave of numbers in the packed experiment{notes}"
            raise FileError(problem, path=source.path, remedy="save the waves with the experiment")
        tables = _tables(contents)
        names = _names(contents, tables)
        if group is None:
            sizes = {name: sum(count_of(w.wave) for w in waves) for name, waves in tables.items()}
            sizes |= {p: count_of(w.wave) for p, w in contents.waves.items() if len(w.wave.shape) == 2}
            chosen = max(sizes, key=lambda name: sizes[name])
        else:
            chosen = part_named(group, names, what="group", path=source.path)
        if chosen in tables:
            return _folder_table(source, contents, chosen, tables[chosen], names)
        return _wave_table(source, contents, contents.waves[chosen], names)


LOADER = IgorPackedLoader()


def _order_of(read: Callable[[int, int], bytes | memoryview], size: int) -> str | None:
    """The byte order in which the first records follow one another to the end of the file; None in neither.

    Parameters
    ----------
    read : the bytes of the file at a place, as many as are asked for.
    """
    for order in ("<", ">"):
        at, known, sound = 0, False, True
        for _ in range(16):
            if at == size:
                break
            kind, length = _head(read(at, 8), order)
            at += 8 + length
            sound = kind < MAX_TYPE and at <= size
            if not sound:
                break
            known = known or kind in NAMED
        if sound and known:
            return order
    return None


def _head(raw: bytes | memoryview, order: str) -> tuple[int, int]:
    """Type and size of a record; a type that does not exist where the file ends within its header."""
    if len(raw) < 8:
        return MAX_TYPE, 0
    kind, _version, length = struct.unpack(order + "HhI", raw)
    return kind & ~SUPERSEDED, length


def _records(source: Source, data: memoryview, order: str) -> Iterator[Record]:
    at, count = 0, 0
    while at < len(data):
        count += 1
        if at + 8 > len(data):
            raise _damaged(source, f"{len(data) - at} bytes at its end are no record")
        kind, _version, length = struct.unpack_from(order + "HhI", data, at)
        if at + 8 + length > len(data):
            raise _damaged(source, f"record {count} at byte {at} states {length} bytes, {len(data) - at - 8} are there")
        if count > MAX_RECORDS:
            raise _damaged(source, f"more than {MAX_RECORDS} records")
        stop = at + 8 + length
        yield Record(type=kind & ~SUPERSEDED, superseded=bool(kind & SUPERSEDED), start=at + 8, stop=stop)
        at = stop


def _damaged(source: Source, problem: str) -> FileError:
    return FileError(f"damaged Igor packed file: {problem}", path=source.path, remedy="copy or save it again")


def _contents(source: Source) -> Contents:
    """Waves, text waves and variables by their place in the folders; nothing of their numbers is read yet."""
    data = memoryview(source.data)
    order = _order_of(lambda at, size: data[at : at + size], len(data))
    if order is None:  # a damaged file: where it breaks off is said with the order of its first record
        order = next((one for one in ("<", ">") if _head(data[:8], one)[0] in NAMED), None)
    if order is None:
        what = looks_like(source.data, "")
        if what is not None:
            raise unread(what, source.path, loader=LOADER.name)
        raise _damaged(source, "its first records do not follow one another")
    out = Contents(order=order)
    folders = ["root"]
    for record in _records(source, data, order):
        part = data[record.start : record.stop]
        if record.type in (FOLDER, LONG_FOLDER):
            name = text_of(bytes(part[4:] if record.type == LONG_FOLDER else part), order)
            folders.append(name[:MAX_NAME] or "folder")
            if len(folders) > MAX_DEPTH:
                raise _damaged(source, f"folders in folders, more than {MAX_DEPTH}")
        elif record.type == END_OF_FOLDER:
            if len(folders) == 1:
                raise _damaged(source, f"a folder ends at byte {record.start} that did not begin")
            folders.pop()
        elif record.type == WAVE:
            _add_wave(out, ":".join(folders), part, superseded=record.superseded, path=source.path)
        elif record.type == VARIABLES and not record.superseded and len(out.variables) < MAX_METADATA:
            place = "/".join(folders)
            out.variables |= {f"{place}/{name}": value for name, value in variables_in(part, order).items()}
    return out


def _add_wave(out: Contents, folder: str, part: memoryview, *, superseded: bool, path: str) -> None:
    """Puts a wave into its folder, or its name and what is wrong with it among what was left out."""
    try:
        wave = read_wave(part, path=path)
    except FileError as error:
        out.leave_out("damaged wave", f"in '{folder}': {error.problem}")
        return
    placed = Placed(wave=wave, folder=folder, data=part)
    if superseded:
        out.leave_out("superseded wave", f"'{placed.path}': a newer one follows")
        return
    if placed.path in out.waves or placed.path in out.texts:
        out.leave_out("repeated wave", f"'{placed.path}': the last of this name is read")
        out.waves.pop(placed.path, None)
        out.texts.pop(placed.path, None)
    if wave.type == 0 and len(wave.shape) == 1 and wave.version >= 5 and wave.shape[0]:
        out.texts[placed.path] = placed
        return
    try:
        check_numbers(wave, part, path=path)
    except FileError as error:
        out.leave_out("unread wave", f"'{placed.path}': {error.problem}")
        return
    out.waves[placed.path] = placed


def _tables(contents: Contents) -> dict[str, list[Placed]]:
    """By folder: its waves of one dimension that have one length, that in which most numbers stand."""
    by_length: dict[str, dict[int, list[Placed]]] = {}
    for placed in contents.waves.values():
        if len(placed.wave.shape) == 1:
            lengths = by_length.setdefault(placed.folder, {})
            lengths.setdefault(placed.wave.shape[0], []).append(placed)
    out = {}
    for folder, lengths in by_length.items():
        most = max(lengths, key=lambda n: (sum(count_of(one.wave) for one in lengths[n]), n))
        out[folder] = lengths[most][:MAX_COLUMNS]
    return out


def _names(contents: Contents, tables: dict[str, list[Placed]]) -> tuple[str, ...]:
    """All that `group` can choose: each folder that is a table, its waves behind it."""
    folders = dict.fromkeys(placed.folder for placed in contents.waves.values())
    out: list[str] = []
    for folder in folders:
        out += [folder] if folder in tables else []
        out += [path for path, placed in contents.waves.items() if placed.folder == folder]
    return tuple(dict.fromkeys(out))


def _folder_table(
    source: Source, contents: Contents, folder: str, waves: list[Placed], names: tuple[str, ...]
) -> Table:
    rows = waves[0].wave.shape[0]
    columns = _axes(waves)
    metadata = dict(contents.variables)
    for placed in waves:
        columns += traces_in(placed.wave, values_of(placed.wave, placed.data), source=f"wave '{placed.path}'")
        notes = metadata_in(placed.wave)
        del notes["wave"]
        metadata |= {f"{placed.wave.name}/{key}": value for key, value in notes.items()}
    labels = {}
    for placed in contents.texts.values():
        if placed.folder == folder and placed.wave.shape[0] == rows:
            try:
                labels[placed.wave.name or "wave"] = texts_of(placed.wave, placed.data, path=source.path)
            except FileError as error:
                contents.leave_out("damaged wave", f"'{placed.path}': {error.problem}")
    others = [one for one in contents.waves.values() if one.folder == folder and one not in waves]
    for other in others:
        shape = " x ".join(str(n) for n in other.wave.shape)
        contents.leave_out("another length", f"'{other.path}' ({shape} points, the table has {rows} rows)")
    options = {"group": folder, "byte_order": BYTE_ORDERS[contents.order], "waves": str(len(waves))}
    return _table(source, contents, columns, metadata, options, names, rows=rows, labels=labels)


def _axes(waves: list[Placed]) -> list[Column]:
    """A column for each scaling that Igor's user set (other than 0, 1, 2, ...); for one wave alone in any case."""
    scalings: dict[tuple[float, float, str | None, str], Placed] = {}
    for placed in waves:
        wave = placed.wave
        scaling = (wave.offsets[0], wave.steps[0], wave.axis_units[0], wave.axis_names[0])
        if len(waves) == 1 or scaling[:2] != (0.0, 1.0):
            scalings.setdefault(scaling, placed)
    several = len(scalings) > 1
    return [
        replace(axis, name=f"{axis.name} of {placed.wave.name}") if several else axis
        for placed in scalings.values()
        for axis in (axis_of(placed.wave),)
    ]


def _wave_table(source: Source, contents: Contents, placed: Placed, names: tuple[str, ...]) -> Table:
    wave = placed.wave
    columns = [axis_of(wave), *traces_in(wave, values_of(wave, placed.data), source=f"wave '{placed.path}'")]
    options = {"group": placed.path} | options_in(wave)
    metadata = metadata_in(wave) | contents.variables
    return _table(source, contents, columns, metadata, options, names, rows=wave.shape[0], labels={})


def _table(
    source: Source,
    contents: Contents,
    columns: list[Column],
    metadata: dict[str, str],
    options: dict[str, str],
    names: tuple[str, ...],
    *,
    rows: int,
    labels: dict[str, tuple[str, ...]],
) -> Table:
    dropped = []
    for rule, found in contents.dropped.items():
        more = f", and {len(found) - 4} more" if len(found) > 4 else ""
        dropped.append(Dropped(rule=rule, reason="; ".join(found[:4]) + more, rows=0))
    return Table(
        columns=tuple(columns),
        metadata=dict(list(metadata.items())[:MAX_METADATA]),
        origin=source.origin(
            loader=LOADER.name, options=options, dropped=tuple(dropped), rows_read=rows, parts={"group": names}
        ),
        labels=labels,
    )
