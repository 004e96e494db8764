"""Where the numbers stand in nested objects, and how they become columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gzero.errors import ColumnError, FileError
from gzero.loaders.cells import MAX_COLUMNS, number
from gzero.loaders.growing import Floats
from gzero.loaders.header import name_and_unit
from gzero.loaders.json_text import MAX_DEPTH
from gzero.loaders.table import Column, Coordinate, Dropped

#: Objects and arrays that are looked at; a measurement has a few hundred.
MAX_NODES = 200_000

#: Whole numbers beyond this are no longer exact as float64.
_EXACT = 2**53

Columns = tuple[tuple[Column, ...], dict[str, tuple[str, ...]], list[Dropped], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place with numbers: its path, what it is, and the objects themselves.

    Parameters
    ----------
    kind : "arrays" (name -> list), "records", "traces" (lists of numbers in a list), or "list".
    beside : what stands in the same object, for axes and units.
    """

    path: str
    kind: str
    node: Mapping[str, Sequence[object]] | Sequence[object]
    numbers: int
    beside: Mapping[str, object] = field(default_factory=dict)


def find_tables(tree: object) -> list[Candidate]:
    """All places that hold a table, in the order of the file."""
    out: list[Candidate] = []
    for count, (path, node, beside) in enumerate(_nodes(tree, "", {}, 0)):
        if count >= MAX_NODES:
            break
        candidate = _as_table(path, node, beside)
        if candidate is not None:
            out.append(candidate)
    # a list that is a column of its object's table is no table of its own
    columns = {f"{c.path}/{key}" if c.path else str(key) for c in out if c.kind == "arrays" for key in c.node}
    return [c for c in out if not (c.kind == "list" and c.path in columns)]


def _nodes(
    node: object, path: str, beside: Mapping[str, object], depth: int
) -> Iterator[tuple[str, object, Mapping[str, object]]]:
    """Objects and arrays with their paths; the inside of an array of numbers is not walked."""
    if depth > MAX_DEPTH or not isinstance(node, (dict, list)):
        return
    yield path, node, beside
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _nodes(value, f"{path}/{key}" if path else str(key), node, depth + 1)
    elif node and isinstance(node[0], (dict, list)) and not _is_list_of_lists(node) and not _are_records(node):
        for i, value in enumerate(node):
            yield from _nodes(value, f"{path}/{i + 1}" if path else str(i + 1), {}, depth + 1)


def _as_table(path: str, node: object, beside: Mapping[str, object]) -> Candidate | None:
    if isinstance(node, dict):
        node = _of_frame(node)
        lists = {str(k): v for k, v in node.items() if isinstance(v, list) and v and not isinstance(v[0], (dict, list))}
        lengths = Counter(len(v) for v in lists.values() if _is_numeric(v))
        if not lengths:
            return None
        length = max(lengths, key=lambda n: n * lengths[n])
        if lengths[length] < 2:
            return None
        chosen = {k: v for k, v in lists.items() if len(v) == length}
        return Candidate(path=path, kind="arrays", node=chosen, numbers=length * lengths[length], beside=node)
    if not isinstance(node, list) or not node:
        return None
    if _are_records(node):
        keys = sum(isinstance(v, (int, float)) and not isinstance(v, bool) for v in node[0].values())
        return (
            Candidate(path=path, kind="records", node=node, numbers=len(node) * keys, beside=beside) if keys else None
        )
    if _is_list_of_lists(node):
        return Candidate(path=path, kind="traces", node=node, numbers=sum(len(v) for v in node), beside=beside)
    if len(node) > 1 and _is_numeric(node):
        return Candidate(path=path, kind="list", node=node, numbers=len(node), beside=beside)
    return None


def _of_frame(node: Mapping[str, object]) -> Mapping[str, object]:
    """pandas' `columns` form (``{"V": {"0": 1.0, "1": 2.0}}``) as lists; anything else as it is."""
    inner = [v for v in node.values() if isinstance(v, dict)]
    if not inner or len(inner) != len(node) or any(v.keys() != inner[0].keys() for v in inner):
        return node
    keys = list(inner[0])
    if len(keys) < 2 or keys != [str(i) for i in range(len(keys))]:
        return node
    return {k: list(v.values()) for k, v in node.items() if isinstance(v, dict)}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_numeric(values: Sequence[object]) -> bool:
    """Whether at least half of a list (of its first thousand) are numbers; null counts neither way."""
    told = [v for v in values[:1000] if v is not None]
    found = sum(_is_number(v) or (isinstance(v, str) and number(v.strip(), ".") is not None) for v in told)
    return found > 0 and 2 * found >= len(told)


def _are_records(node: Sequence[object]) -> bool:
    return bool(node) and all(isinstance(v, dict) for v in node) and any(_is_number(v) for v in node[0].values())  # type: ignore[attr-defined]


def _is_list_of_lists(node: Sequence[object]) -> bool:
    lists = [v for v in node if isinstance(v, list)]
    return bool(lists) and len(lists) == len(node) and any(_is_numeric(v) for v in lists[:10]) and not any(
        isinstance(w, (list, dict)) for v in lists[:100] for w in v[:1]
    )  # fmt: skip


def columns_of(candidate: Candidate, *, path: str) -> Columns:
    """The columns and labels of a table, what was left out, and how it was read.

    Raises
    ------
    FileError : more columns than any table has.
    ColumnError : no column of numbers.
    """
    if candidate.kind == "arrays":
        named: Mapping[str, Sequence[object]] = dict(candidate.node)  # type: ignore[arg-type]
        out = _named(named, candidate, "columns", path=path)
    elif candidate.kind == "records":
        out = _named(_of_records(candidate.node, path=path), candidate, "records", path=path)  # type: ignore[arg-type]
    elif candidate.kind == "list":
        out = _listed(candidate)
    else:
        out = _nested(candidate, path=path)
    if not any(np.isfinite(column.values).any() for column in out[0]):
        raise ColumnError("no number in it", path=path, remedy="is this the data file?")
    return out


def _of_records(records: Sequence[Mapping[str, object]], *, path: str) -> dict[str, list[object]]:
    keys = dict.fromkeys(str(key) for record in records for key in record)
    _check(len(keys), path)
    _check_filled(len(records), len(keys), sum(len(record) for record in records), path)
    return {key: [record.get(key) for record in records] for key in keys}


def _check(count: int, path: str) -> None:
    if count > MAX_COLUMNS:
        raise FileError(f"{count} columns are more than any table has ({MAX_COLUMNS})", path=path)


def _check_filled(rows: int, columns: int, entries: int, path: str) -> None:
    """Refuse a table of which nearly every cell would be empty: it would need far more memory than the file."""
    if rows * columns > 1_000_000 + 4 * entries:
        problem = f"{entries} entries make no table of {rows} rows and {columns} columns"
        raise FileError(problem, path=path, remedy="write lists of one length, or objects with the same keys")


def _named(named: Mapping[str, Sequence[object]], candidate: Candidate, kind: str, *, path: str) -> Columns:
    _check(len(named), path)
    units = _units(candidate.beside)
    columns: list[Column] = []
    labels: dict[str, tuple[str, ...]] = {}
    notes: list[Dropped] = []
    for key, values in named.items():
        if any(isinstance(v, (dict, list)) for v in values[:100]):
            notes.append(Dropped(rule="nested", reason=f"'{key[:60]}' holds lists or objects, not numbers", rows=0))
            continue
        if not _is_numeric(values):
            if any(v is not None for v in values):
                labels[key] = tuple("" if v is None else str(v)[:2000] for v in values)
            else:
                notes.append(Dropped(rule="empty column", reason=f"'{key[:60]}': no number in it", rows=0))
            continue
        name, unit = name_and_unit(key)
        where = f"'{candidate.path}/{key}'" if candidate.path else f"'{key}'"
        numbers = _numbers(values, where, notes)
        stated = units.get(key) or units.get(name)
        columns.append(
            Column(name=key if stated else name, unit_text=stated or unit, values=numbers, source=where[1:-1])
        )
    if not columns:
        raise ColumnError("no column of numbers in it", path=path, remedy="is this the data file?")
    return tuple(columns), labels, notes, kind


def _units(beside: Mapping[str, object]) -> dict[str, str]:
    """Units by name, where an object `units` (or `unit`) beside the numbers states them."""
    found = beside.get("units", beside.get("unit"))
    if not isinstance(found, dict):
        return {}
    return {str(k): v for k, v in found.items() if isinstance(v, str) and v.strip() and len(v) <= 60}


def _listed(candidate: Candidate) -> Columns:
    notes: list[Dropped] = []
    values = _numbers(candidate.node, f"'{candidate.path}'", notes)  # type: ignore[arg-type]
    name, unit = name_and_unit(candidate.path.rpartition("/")[2] or "value")
    index = np.arange(len(values), dtype=np.float64)
    columns = (
        Column(name="point", unit_text=None, values=index, source="axis 0"),
        Column(name=name, unit_text=unit, values=values, source=candidate.path or "list"),
    )
    return columns, {}, notes, "list of numbers"


def _nested(candidate: Candidate, *, path: str) -> Columns:
    """A list of lists: traces where each is at least as long as there are of them, else rows of a table."""
    lists: Sequence[Sequence[object]] = candidate.node  # type: ignore[assignment]
    longest = max(len(v) for v in lists)
    notes: list[Dropped] = []
    where = f"'{candidate.path or 'list'}'"
    ragged = sum(len(v) < longest for v in lists)
    if ragged:
        reason = f"{where}: {ragged} of {len(lists)} lists are shorter than the longest; what they lack is NaN"
        notes.append(Dropped(rule="short row", reason=reason, rows=ragged))
    split = candidate.beside.get("columns") if candidate.path.rpartition("/")[2] == "data" else None
    titles = [str(title) for title in split] if isinstance(split, list) and len(split) == longest else None
    _check(longest if titles or longest < len(lists) else len(lists), path)
    _check_filled(len(lists), longest, sum(len(v) for v in lists), path)
    grid = np.full((len(lists), longest), np.nan)
    for i, values in enumerate(lists):
        grid[i, : len(values)] = _numbers(values, where, notes)
    if titles or longest < len(lists):
        grid = np.ascontiguousarray(grid.T)
        grid.setflags(write=False)
        names = [name_and_unit(title) for title in titles or [f"column {j + 1}" for j in range(longest)]]
        columns = tuple(
            Column(name=name, unit_text=unit, values=grid[j], source=f"{where[1:-1]}, column {j + 1}")
            for j, (name, unit) in enumerate(names)
        )
        return columns, {}, _once(notes), f"{len(lists)} rows of {longest}"
    grid.setflags(write=False)
    return _traces(candidate, grid), {}, _once(notes), f"{len(lists)} traces of {longest}"


def _traces(candidate: Candidate, grid: Floats) -> tuple[Column, ...]:
    count, points = grid.shape
    name, unit = name_and_unit(candidate.path.rpartition("/")[2] or "trace")
    beside = {
        str(key): value
        for key, value in candidate.beside.items()
        if isinstance(value, list) and len(value) > 1 and all(_is_number(v) for v in value)
    }
    units = _units(candidate.beside)
    fast = [key for key, value in beside.items() if len(value) == points]
    slow = [key for key, value in beside.items() if len(value) == count]
    one = len(fast) == 1 and points != count
    axis_name, axis_unit = name_and_unit(fast[0]) if one else ("point", None)
    axis = _numbers(beside[fast[0]], "axis", []) if one else np.arange(points, dtype=np.float64)
    if one:
        axis_unit = units.get(fast[0], axis_unit)
    level_name, level_unit = name_and_unit(slow[0]) if len(slow) == 1 and points != count else ("trace", None)
    levels = (
        _numbers(beside[slow[0]], "axis", [])
        if len(slow) == 1 and points != count
        else np.arange(count, dtype=np.float64)
    )
    columns = [Column(name=axis_name, unit_text=axis_unit, values=axis, source="axis 0")]
    for j in range(count):
        columns.append(
            Column(
                name=f"{name}[{j}]",
                unit_text=units.get(candidate.path.rpartition("/")[2], unit),
                values=grid[j],
                source=f"{candidate.path or 'list'}, trace {j}",
                coordinate=Coordinate(name=level_name, value=float(levels[j]), unit_text=level_unit),
            )
        )
    return tuple(columns)


def _numbers(values: Sequence[object], where: str, notes: list[Dropped]) -> Floats:
    """A list as numbers; what is none becomes NaN and is told, as are whole numbers that float64 rounds."""
    kinds = {type(v) for v in values}
    if kinds == {float}:
        floats = np.array(values, dtype=np.float64)
        floats.setflags(write=False)  # kept as it is, without a copy
        return floats
    out = np.full(len(values), np.nan)
    words, example, empty, rounded = 0, "", 0, 0
    for i, value in enumerate(values):
        if value is None:
            empty += 1
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            try:
                out[i] = float(value)
            except OverflowError:
                words, example = words + 1, example or f"a whole number of {len(str(value)[:4000])} digits"
                continue
            rounded += isinstance(value, int) and abs(value) > _EXACT and int(out[i]) != value
        else:
            found = number(value.strip(), ".") if isinstance(value, str) else None
            if found is None:
                words, example = words + 1, example or str(value)[:40]
            else:
                out[i] = found
    if words:
        notes.append(Dropped(rule="not a number", reason=f"{where}: {words} entries ('{example}'); NaN", rows=words))
    if empty:
        notes.append(Dropped(rule="empty cell", reason=f"{where}: {empty} entries are null; NaN", rows=empty))
    if rounded:
        reason = f"{where}: {rounded} whole numbers beyond 2**53 are rounded to float64"
        notes.append(Dropped(rule="rounded", reason=reason, rows=rounded))
    return out


def _once(notes: Sequence[Dropped]) -> list[Dropped]:
    """The notes of many lists as one for each rule."""
    out: dict[str, Dropped] = {}
    for note in notes:
        rows = out[note.rule].rows + note.rows if note.rule in out else note.rows
        reason = out[note.rule].reason if note.rule in out else note.reason
        out[note.rule] = Dropped(rule=note.rule, reason=reason, rows=rows)
    return list(out.values())
