"""A block of numbers to columns, with an account of every cell that gave none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ColumnError, FileError
from gzero.loaders.cells import Block, Cell, Kind, Row, cell_text, is_rule_line, kind, names_columns, number
from gzero.loaders.header import Header
from gzero.loaders.table import Column, Dropped

Floats = NDArray[np.float64]

#: The types of the cells in a spreadsheet's row of numbers: most rows of a large sheet are read without asking further.
FLOATS = {float}


@dataclass(slots=True, kw_only=True)
class Gaps:
    """The cells of one column that gave no number, while they are being counted."""

    empty: int = 0
    first_empty: int = 0
    words: int = 0
    first_word: int = 0
    example: str = ""
    texts: dict[int, str] = field(default_factory=dict)

    def add(self, cell: Cell, row: int) -> None:
        """Counts one cell."""
        text = cell_text(cell)
        if text:
            if not self.words:
                self.first_word, self.example = row, text
            self.words += 1
            self.texts[row] = text
        else:
            if not self.empty:
                self.first_empty = row
            self.empty += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The rows of a block as numbers, before columns are chosen from them.

    Parameters
    ----------
    values : one row for each data row, NaN where a cell gave no number.
    gaps : by column, from 0, what those cells held.
    dropped : rows that were left out.
    rows_read : data rows in the file, those left out included.
    places : number of each data row in the file, from 1.
    remarks : comment lines that stood between the rows.
    """

    values: Floats
    gaps: dict[int, Gaps]
    dropped: tuple[Dropped, ...] = ()
    rows_read: int = 0
    places: tuple[int, ...] = ()
    remarks: tuple[Row, ...] = field(default=())


def numbers_of(rows: Iterable[Row], header: Header, *, width: int, decimal: str, aligned: bool, path: str) -> Numbers:
    """The numbers in rows of cells, one by one: for tables that hold more than numbers.

    Parameters
    ----------
    rows : from the first data row on.
    width : cells of an ordinary row.
    aligned : False where runs of blanks divide the cells, so that a short row does not say which cell it lacks.

    Raises
    ------
    FileError : a row holds a number beyond the last column.
    """
    ordinary = len(header.names) or width
    kept: list[list[float]] = []
    lengths: dict[int, int] = {}
    gaps: dict[int, Gaps] = {}
    remarks: list[Row] = []
    lost: dict[str, list[tuple[int, str]]] = {}
    rest = iter(rows)
    numeric = True  # whether the row above held no words: among states and dates a row of words is no header
    for row in rest:
        if row.comment:
            remarks.append(row)
            continue
        if row.blank or (len(row.cells) == 1 and is_rule_line(row)):
            continue
        cells = row.cells
        if len(cells) == ordinary and set(map(type, cells)) == FLOATS and all(map(math.isfinite, cells)):  # type: ignore[arg-type]
            numeric = True
            kept.append(list(cells))  # type: ignore[arg-type]
            lengths[row.number] = ordinary
            continue
        found = [number(cell, decimal) for cell in cells[:ordinary]]
        rule = "short row" if not aligned and len(cells) < ordinary else None
        if not any(value is not None for value in found):
            rule = _reason_to_drop(cells, header, ordinary, decimal) or rule
            if rule == "text row" and numeric and names_columns(cells, ordinary, decimal):
                rule = "another table"
        if rule == "another table":
            lost[rule] = _further_rows(row, rest, decimal)
            break
        if rule:
            lost.setdefault(rule, []).append((row.number, _first_word(cells)))
            continue
        extra = [cell for cell in cells[ordinary:] if cell is not None and cell != ""] if len(cells) > ordinary else ()
        if any(number(cell, decimal) is not None for cell in extra):
            raise _over_long(cells, ordinary, row.number, named=bool(header.names), path=path)
        if extra:
            lost.setdefault("extra text", []).append((row.number, cell_text(extra[0])))
        numeric = not any(v is None and kind(c, decimal) is Kind.TEXT for v, c in zip(found, cells, strict=False))
        kept.append(_with_gaps(found, cells, ordinary, gaps, row.number))
        lengths[row.number] = len(cells)
    values = np.array(kept, dtype=np.float64).reshape(len(kept), ordinary)
    dropped = [_lost_rows(rule, rows_lost) for rule, rows_lost in lost.items()]
    dropped += short_rows(lengths, values)
    left_out = sum(len(rows_lost) for rule, rows_lost in lost.items() if rule not in ("extra text", "another table"))
    return Numbers(
        values=values,
        gaps=gaps,
        dropped=tuple(dropped),
        rows_read=len(kept) + left_out,
        places=tuple(lengths),
        remarks=tuple(remarks),
    )


def _reason_to_drop(cells: Sequence[Cell], header: Header, width: int, decimal: str) -> str | None:
    """Why a row without a number is left out; None for a row of missing values, which stays."""
    if Kind.TEXT not in [kind(cell, decimal) for cell in cells[:width]]:
        return None
    if header.names and _is_header_again(cells, header):
        return "repeated header"
    return "text row"


def _is_header_again(cells: Sequence[Cell], header: Header) -> bool:
    texts = [cell_text(cell) for cell in cells][: len(header.names)]
    return all(text.startswith(name) for text, name in zip(texts, header.names, strict=False)) and bool(texts[0])


def _further_rows(row: Row, rest: Iterator[Row], decimal: str) -> list[tuple[int, str]]:
    """The rows of numbers below another table's header, told by that header."""
    below = [one for one in rest if not one.comment and any(number(cell, decimal) is not None for cell in one.cells)]
    return [(row.number, _first_word(row.cells))] * max(len(below), 1)


def _first_word(cells: Sequence[Cell]) -> str:
    return next((cell_text(cell) for cell in cells if cell_text(cell)), "")


def _with_gaps(
    found: list[float | None], cells: Sequence[Cell], width: int, gaps: dict[int, Gaps], row: int
) -> list[float]:
    """The row with NaN where there is no number, and those cells counted."""
    out = []
    for j in range(width):
        value = found[j] if j < len(found) else None
        if value is None:
            gaps.setdefault(j, Gaps()).add(cells[j] if j < len(cells) else None, row)
            value = np.nan
        out.append(value)
    return out


def _over_long(cells: Sequence[Cell], width: int, row: int, *, named: bool, path: str) -> FileError:
    expected = f"the header names {width}" if named else f"the rows above have {width}"
    return FileError(
        f"{len(cells)} cells where {expected}",
        path=path,
        row=row,
        remedy="a decimal comma, a missing name in the header, or a second table that belongs in its own file?",
    )


_LOST = {
    "text row": "holds text only",
    "repeated header": "repeats the header",
    "short row": "has too few cells, and blanks do not say which are missing",
    "another table": "begins another table, which was not read: save it to a file of its own",
    "extra text": "holds text beyond the last column, which was ignored",
}


def _lost_rows(rule: str, found: Sequence[tuple[int, str]]) -> Dropped:
    row, example = found[0]
    if rule == "another table":
        return Dropped(rule=rule, reason=f"row {row} ('{_short(example)}') {_LOST[rule]}", rows=len(found))
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return Dropped(rule=rule, reason=f"row {row} {_LOST[rule]} ('{_short(example)}'){more}", rows=len(found))


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."


def short_rows(lengths: Mapping[int, int], values: Floats) -> list[Dropped]:
    """The note on rows that end before the last column that holds numbers.

    Parameters
    ----------
    lengths : by row number, how many cells the row has.
    """
    used = np.flatnonzero(np.isfinite(values).any(axis=0))
    full = int(used[-1]) + 1 if used.size else 0
    short = [row for row, length in lengths.items() if length < full]
    if not short:
        return []
    reason = f"row {short[0]} ends before column {full}; the cells it lacks are NaN"
    return [Dropped(rule="short row", reason=reason, rows=len(short))]


def above_block(rows: Sequence[Row], block: Block) -> list[Dropped]:
    """The notes on rows of numbers above the table that were not read as data."""
    out = []
    if block.peeled:
        row = rows[block.peeled[0]]
        reason = f"row {row.number} ('{_first_word(row.cells)}') has fewer cells than the table below it"
        out.append(Dropped(rule="number above the table", reason=f"{reason}; kept as metadata", rows=len(block.peeled)))
    for first, last in block.others:
        reason = f"rows {rows[first].number} to {rows[last].number} hold a smaller table, which was not read"
        out.append(Dropped(rule="another table", reason=reason, rows=last - first + 1))
    return out


def gaps_in(values: Floats, cells: Mapping[int, Sequence[Cell]], places: Mapping[int, int]) -> dict[int, Gaps]:
    """What the cells held that gave NaN, for numbers that were read in bulk.

    Parameters
    ----------
    cells, places : of each row (counted from 0) that has a NaN: its cells, and its number in the file.
    """
    gaps: dict[int, Gaps] = {}
    for i, row in cells.items():
        for j in np.flatnonzero(np.isnan(values[i])).tolist():
            gaps.setdefault(j, Gaps()).add(row[j] if j < len(row) else None, places[i])
    return gaps


def columns_of(
    numbers: Numbers, header: Header, place: Callable[[int], str], *, path: str
) -> tuple[tuple[Column, ...], dict[str, tuple[str, ...]], tuple[Dropped, ...]]:
    """The columns that hold numbers, those that hold text only (by name), and what was dropped and why.

    Parameters
    ----------
    place : from a column counted from 0 to where it stands ("column 2").

    Raises
    ------
    ColumnError : no column holds a number.
    """
    values = numbers.values
    columns: list[Column] = []
    labels: dict[str, tuple[str, ...]] = {}
    dropped = list(numbers.dropped)
    nameless: list[str] = []
    for j in range(values.shape[1]):
        name = header.names[j] if j < len(header.names) else ""
        unit = header.units[j] if j < len(header.units) else None
        gap = numbers.gaps.get(j, Gaps())
        label = f"{place(j)} '{name}'" if name else place(j)
        if not np.isfinite(values[:, j]).any():
            if gap.words:
                key = f"column {j + 1}" if not name else f"{name} (column {j + 1})" if name in labels else name
                labels[key] = tuple(gap.texts.get(row, "") for row in numbers.places)
            elif name:
                nameless.append(label)
            continue
        columns.append(Column(name=name or f"column {j + 1}", unit_text=unit, values=values[:, j], source=place(j)))
        dropped += _notes(label, gap)
    if nameless:
        listed = ", ".join(nameless[:4]) + (f" and {len(nameless) - 4} more" if len(nameless) > 4 else "")
        dropped.append(Dropped(rule="empty column", reason=f"{listed}: no cell holds anything", rows=0))
    if not columns:
        raise ColumnError("no column of numbers in it", path=path, remedy="is this the data file?")
    return tuple(columns), labels, tuple(dropped)


def _notes(label: str, gap: Gaps) -> list[Dropped]:
    out = []
    if gap.words:
        count = "1 cell is" if gap.words == 1 else f"{gap.words} cells are"
        reason = f"{label}: {count} not a number (first '{_short(gap.example)}' in row {gap.first_word}); NaN"
        out.append(Dropped(rule="not a number", reason=reason, rows=gap.words))
    if gap.empty:
        count = "1 cell is" if gap.empty == 1 else f"{gap.empty} cells are"
        reason = f"{label}: {count} empty (first in row {gap.first_empty}); NaN"
        out.append(Dropped(rule="empty cell", reason=reason, rows=gap.empty))
    return out
