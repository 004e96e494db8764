"""A block of numbers to columns, with an account of every cell that gave none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from gzero.errors import ColumnError
from gzero.loaders.cells import Block, Row, cell_text
from gzero.loaders.header import Header
from gzero.loaders.table import Column, Dropped
from gzero.loaders.tally import Gaps, Numbers, Tally, short


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
    tally = Tally(header, width=width, decimal=decimal, aligned=aligned, path=path)
    tally.add_rows(rows)
    return tally.numbers()


def above_block(rows: Sequence[Row], block: Block) -> list[Dropped]:
    """The notes on rows of numbers above the table that were not read as data."""
    out = []
    if block.peeled:
        row = rows[block.peeled[0]]
        word = next((cell_text(cell) for cell in row.cells if cell_text(cell)), "")
        reason = f"row {row.number} ('{short(word)}') has fewer cells than the table below it"
        out.append(Dropped(rule="number above the table", reason=f"{reason}; kept as metadata", rows=len(block.peeled)))
    for first, last in block.others:
        reason = f"rows {rows[first].number} to {rows[last].number} hold a smaller table, which was not read"
        out.append(Dropped(rule="another table", reason=reason, rows=last - first + 1))
    return out


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
    columns: list[Column] = []
    labels: dict[str, tuple[str, ...]] = {}
    dropped = list(numbers.dropped)
    nameless: list[str] = []
    for j, values in enumerate(numbers.columns):
        name = header.names[j] if j < len(header.names) else ""
        unit = header.units[j] if j < len(header.units) else None
        gap = numbers.gaps.get(j, Gaps())
        label = f"{place(j)} '{name}'" if name else place(j)
        if values is None:
            if gap.words:
                key = f"column {j + 1}" if not name else f"{name} (column {j + 1})" if name in labels else name
                labels[key] = (*gap.texts, *[""] * (numbers.rows - len(gap.texts)))
            elif name:
                nameless.append(label)
            continue
        columns.append(Column(name=name or f"column {j + 1}", unit_text=unit, values=values, source=place(j)))
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
        reason = f"{label}: {count} not a number (first '{short(gap.example)}' in row {gap.first_word}); NaN"
        out.append(Dropped(rule="not a number", reason=reason, rows=gap.words))
    if gap.empty:
        count = "1 cell is" if gap.empty == 1 else f"{gap.empty} cells are"
        reason = f"{label}: {count} empty (first in row {gap.first_empty}); NaN"
        out.append(Dropped(rule="empty cell", reason=reason, rows=gap.empty))
    return out
