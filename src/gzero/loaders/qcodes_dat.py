"""Text files of legacy QCoDeS data sets (.dat), with the snapshot of the instruments that lies beside them.

Format: QCoDeS, `qcodes.data.gnuplot_format.GNUPlotFormat` (now the package qcodes_loop): three comment lines (names, labels
in quotes, the number of points along each swept setting), then rows divided by blanks, the swept settings first; blank
lines stand between the stretches of the inner loop. The units, if any were recorded, are in `snapshot.json`.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gzero.errors import FileError, InputError
from gzero.loaders.block import columns_of
from gzero.loaders.body import read_body, rows_of
from gzero.loaders.cells import MAX_COLUMNS, Block
from gzero.loaders.delimited import read_numbers
from gzero.loaders.dialect import Dialect, decode
from gzero.loaders.grid import Setting, traces_of
from gzero.loaders.header import Header, name_and_unit
from gzero.loaders.json_text import MAX_DEPTH, parse_json
from gzero.loaders.pieces import MAX_BYTES, TextFile
from gzero.loaders.source import check_file, read_head, read_source
from gzero.loaders.table import Column, Dropped, Origin, Table
from gzero.loaders.tally import Numbers, Tally

_DIALECT = Dialect(delimiter=" ", decimal=".")
_HEAD = re.compile(
    rb"\s*#[ \t]*(?P<names>[^\s\"][^\r\n]*)(?:\r\n|\n|\r)#[ \t]*(?P<labels>[^\r\n]+)(?:\r\n|\n|\r)#[ \t]*(?P<sizes>\d[\d \t]*)(?:\r\n|\n|\r|$)"
)

#: Bytes from which a file is read in pieces.
LARGE = 1 << 24

#: A larger snapshot is not read: those of fifty instruments have a few hundred kilobytes.
MAX_SNAPSHOT = 32 << 20
_MAX_METADATA = 1000
_MAX_VALUE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What the file beside the data says: units by array, by parameter, and the values of parameters."""

    file: str = ""
    arrays: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, set[str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    notes: tuple[Dropped, ...] = ()


@dataclass(frozen=True, slots=True)
class QcodesDatLoader:
    """Reads a sweep, or a sweep over two settings as a map with one column for each trace."""

    name: str = "qcodes-dat"
    description: str = "legacy QCoDeS data set (.dat in GNUPlot format, with the snapshot.json beside it)"
    suffixes: tuple[str, ...] = ()
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the three comment lines of names, labels and numbers of points.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        match = _HEAD.match(read_head(path).removeprefix(b"\xef\xbb\xbf"))
        if match is None:
            return False
        names = match["names"].split()
        quoted = match["labels"].lstrip().startswith(b'"') and len(re.findall(rb'"\s+"', match["labels"])) + 1 == len(
            names
        )
        return quoted and 1 <= len(match["sizes"].split()) < len(names)

    def read(self, path: str | os.PathLike[str]) -> Table:
        """The sweep as columns; over two settings the inner one, then a column for each trace of the outer one.

        Units come from the labels in the file, else from the snapshot; the parameters of the instruments become metadata.

        Raises
        ------
        FileError : unreadable, not such a file, or a row with more numbers than names.
        ColumnError : no column of numbers.
        """
        large = check_file(path, limit=MAX_BYTES).stat().st_size > LARGE
        said = (_read_in_pieces if large else _read)(path)
        header, numbers, sizes, snapshot = said.header, said.numbers, said.sizes, said.snapshot
        columns, words, dropped = columns_of(numbers, header, lambda j: f"column {j + 1}", path=os.fspath(path))
        options = {"encoding": said.encoding, "sizes": " x ".join(str(n) for n in sizes)}
        if snapshot.file:
            options["snapshot"] = snapshot.file
        columns, rows, words, note = _as_map(columns, header, numbers, sizes, words)
        return Table(
            columns=columns,
            metadata=dict(list((said.labels | snapshot.values).items())[:_MAX_METADATA]),
            origin=Origin(
                path=os.fspath(path),
                sha256=said.sha256,
                loader=self.name,
                options=options,
                dropped=(*snapshot.notes, *said.notes, *note, *dropped, *_count(sizes, numbers)),
                rows_read=numbers.rows_read,
            ),
            labels=words,
            row_numbers=rows,
        )


LOADER = QcodesDatLoader()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the file and its snapshot say, before the numbers are columns."""

    header: Header
    labels: dict[str, str]
    sizes: list[int]
    snapshot: Snapshot
    notes: list[Dropped]
    numbers: Numbers
    encoding: str
    sha256: str


def _read(path: str | os.PathLike[str]) -> _Said:
    """A file that is held as a whole."""
    source = read_source(path)
    text, encoding = decode(source.data, encoding=None, path=source.path)
    lines = re.split(r"\r\n|\n|\r", text)
    header, labels, sizes = _header(lines, path=source.path)
    snapshot = _snapshot(Path(path), header.names)
    header, notes = _with_units(header, snapshot)
    body = lines[header.rows[-1] + 1 :]
    places = range(header.rows[-1] + 2, len(lines) + 1)
    numbers = read_numbers(body, places, header, _DIALECT, path=source.path, comments=True)
    return _Said(
        header=header, labels=labels, sizes=sizes, snapshot=snapshot, notes=notes, numbers=numbers, encoding=encoding,
        sha256=hashlib.sha256(source.data).hexdigest(),
    )  # fmt: skip


def _read_in_pieces(path: str | os.PathLike[str]) -> _Said:
    """A file that is too large for that."""
    with TextFile(path, encoding=None) as file:
        file.begin()
        lines = file.lines()
        header, labels, sizes = _header(lines, path=file.path)
        snapshot = _snapshot(Path(path), header.names)
        header, notes = _with_units(header, snapshot)
        width, first = len(header.names), header.rows[-1] + 1
        rows = rows_of(lines[: first + 200], _DIALECT, path=file.path)
        tally = Tally(header, width=width, decimal=_DIALECT.decimal, aligned=False, path=file.path)
        read_body(file, tally, rows, Block(start=first, width=width, last=len(rows) - 1), _DIALECT)
        return _Said(
            header=header, labels=labels, sizes=sizes, snapshot=snapshot, notes=notes, numbers=tally.numbers(),
            encoding=file.encoding, sha256=file.digest(),
        )  # fmt: skip


def _header(lines: Sequence[str], *, path: str) -> tuple[Header, dict[str, str], list[int]]:
    start = next((i for i, line in enumerate(lines) if line.strip()), 0)
    head = [line.strip() for line in lines[start : start + 3]]
    problem = "not a QCoDeS data file: it does not begin with three comment lines (names, labels, numbers of points)"
    if len(head) < 3 or not all(line.startswith("#") for line in head):
        raise FileError(problem, path=path)
    names, stated, sizes = (line[1:].strip() for line in head)
    if not sizes or not all(re.fullmatch(r"\d{1,9}", size) for size in sizes.split()):
        raise FileError(problem, path=path)
    ids = names.split()
    quoted = len(stated) > 1 and stated[0] == stated[-1] == '"'
    labels = re.split(r'"\s+"', stated[1:-1]) if quoted else stated.split()
    labels = [label.replace('\\"', '"').replace("\\\\", "\\") for label in labels]
    if not ids or len(ids) > MAX_COLUMNS or len(labels) != len(ids):
        raise FileError(f"{len(ids)} names and {len(labels)} labels in its header", path=path)
    header = Header(
        names=tuple(ids), units=tuple(name_and_unit(label)[1] for label in labels), rows=(start + 1, start + 2)
    )
    texts = {f"label of {name}": label[:_MAX_VALUE] for name, label in zip(ids, labels, strict=True)}
    return header, texts, [int(size) for size in sizes.split()]


def _count(sizes: Sequence[int], numbers: Numbers) -> list[Dropped]:
    stated = 1
    for size in sizes:
        stated *= size
    if stated == numbers.rows_read:
        return []
    reason = f"the header states {stated} points, and {numbers.rows_read} are there: was the run stopped?"
    return [Dropped(rule="points", reason=reason, rows=0)]


def _as_map(
    columns: tuple[Column, ...],
    header: Header,
    numbers: Numbers,
    sizes: Sequence[int],
    words: dict[str, tuple[str, ...]],
) -> tuple[tuple[Column, ...], Sequence[int], dict[str, tuple[str, ...]], list[Dropped]]:
    """The columns as traces where two settings were swept and every trace is whole; else as they stand."""
    settings = [column for column in columns if column.source in ("column 1", "column 2")]
    if len(sizes) != 2 or len(settings) != 2 or len(columns) < 3:
        return columns, numbers.places, words, []
    slow, fast, *readings = (
        Setting(name=c.name, unit_text=c.unit_text, values=c.values, source=c.source) for c in columns
    )
    found = traces_of(slow, fast, readings)
    if found is None or len(found) > MAX_COLUMNS:
        reason = f"the rows are no full map over '{slow.name}' and '{fast.name}'; they are given as they stand"
        return columns, numbers.places, words, [Dropped(rule="no map", reason=reason, rows=0)]
    gone = [
        Dropped(rule="text of a map", reason=f"the text column '{name}' has no place in it", rows=0) for name in words
    ]
    return found, (), {}, gone


def _with_units(header: Header, snapshot: Snapshot) -> tuple[Header, list[Dropped]]:
    """The header with the units of the snapshot where the file states none; a contradiction is told."""
    units, notes = [], []
    for name, stated in zip(header.names, header.units, strict=True):
        among = snapshot.parameters.get(name, set())
        recorded = snapshot.arrays.get(name) or (next(iter(among)) if len(among) == 1 else None)
        if stated and recorded and stated != recorded:
            reason = f"'{name}': the label says '{stated}', the snapshot '{recorded}'; the label is taken"
            notes.append(Dropped(rule="two units", reason=reason, rows=0))
        units.append(stated or recorded)
    return replace(header, units=tuple(units)), notes


def _snapshot(path: Path, names: Sequence[str]) -> Snapshot:
    """The snapshot beside the data: `snapshot.json`, or with the prefix that both files share (`run7__snapshot.json`)."""
    prefix = path.name.rpartition("__")[0]
    places = [path.with_name(f"{prefix}__snapshot.json")] if prefix else []
    places.append(path.with_name("snapshot.json"))
    for place in places:
        try:
            if not place.is_file():
                continue
            check_file(place, limit=MAX_SNAPSHOT)
            parsed = parse_json(read_source(place).data, path=str(place))
        except (InputError, OSError) as error:
            problem = error.problem if isinstance(error, InputError) else str(error)
            note = Dropped(rule="snapshot", reason=f"'{place.name}' beside the data was not read: {problem}", rows=0)
            return Snapshot(notes=(note,))
        return _told(parsed.tree, place.name, frozenset(names))
    return Snapshot()


def _told(tree: object, file: str, names: frozenset[str]) -> Snapshot:
    arrays: dict[str, str] = {}
    parameters: dict[str, set[str]] = {}
    values: dict[str, str] = {}
    for path, node in _objects(tree):
        name, unit = node.get("name"), node.get("unit")
        unit = unit if isinstance(unit, str) and unit.strip() and len(unit) <= 60 else None
        if len(path) > 1 and path[-2] == "arrays" and unit:
            arrays[str(node.get("array_id") or path[-1])] = unit
        elif len(path) > 1 and path[-2] == "parameters" and isinstance(name, str):
            owner = node.get("instrument_name")
            full = f"{owner}_{name}" if isinstance(owner, str) else name
            if unit:
                spellings = {
                    spelling for one in (full, name, str(node.get("full_name"))) for spelling in (one, f"{one}_set")
                }
                for known in names & spellings:
                    parameters.setdefault(known, set()).add(unit)
            value = node.get("value")
            if value is not None and not isinstance(value, (dict, list)) and len(values) < _MAX_METADATA:
                key = f"{owner}/{name}" if isinstance(owner, str) else name
                values[key] = f"{value} {unit}"[:_MAX_VALUE] if unit else str(value)[:_MAX_VALUE]
    return Snapshot(file=file, arrays=arrays, parameters=parameters, values=values)


def _objects(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """All objects of a tree with their path, those too deep aside."""
    if isinstance(tree, dict) and len(path) <= MAX_DEPTH:
        yield path, tree
        for key, value in tree.items():
            yield from _objects(value, (*path, str(key)))
