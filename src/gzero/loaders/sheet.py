"""A sheet of cells to a table, whatever workbook it stood in; a range of cells of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gzero.errors import ColumnError, FileError
from gzero.loaders.block import above_block, columns_of, numbers_of
from gzero.loaders.cells import Cell, Row, cell_text, find_block
from gzero.loaders.header import NO_HEADER, find_header, metadata_of, named_header
from gzero.loaders.table import Dropped, Origin, Table
from gzero.loaders.tally import Numbers

#: Cells of a workbook that are held in memory, and rows that a sheet can have.
MAX_CELLS = 20_000_000
MAX_ROWS = 1_048_576

#: A spreadsheet's own errors begin with the sign of a comment.
ERRORS = ("#REF", "#DIV", "#N/A", "#NA", "#VAL", "#NUM", "#NULL", "#GET", "#SPILL", "#CALC")

#: `B3:F200`, `B:F`, `3:200`, with a sheet before it or none; no spreadsheet lets a colon into the name of a sheet.
_RANGE = re.compile(
    r"(?:(?P<sheet>.+)!)?\$?(?P<left>[A-Za-z]{1,3})?\$?(?P<top>[1-9]\d{0,6})?"
    r":\$?(?P<right>[A-Za-z]{1,3})?\$?(?P<bottom>[1-9]\d{0,6})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """A range of cells: columns from 0, rows from 1, both ends in it; None where it goes to the edge of the sheet."""

    text: str
    left: int | None
    top: int | None
    right: int | None
    bottom: int | None

    def cut(self, rows: Sequence[Row]) -> list[Row]:
        """The rows in the range, each with its cells in the range; rows without any are left out."""
        top, bottom, first = self.top or 1, self.bottom or MAX_ROWS, self.left or 0
        last = None if self.right is None else self.right + 1
        cut = [replace(row, cells=row.cells[first:last]) for row in rows if top <= row.number <= bottom]
        return [row for row in cut if not row.blank]


def sheet_and_cells(text: str | None, *, path: str) -> tuple[str | None, Cells | None]:
    """The sheet and the range of cells in what a user typed: "IV", "IV!B3:F200", "'My sheet'!B:F", "B3:F200".

    Raises
    ------
    ColumnError : a range whose ends are in the wrong order, or of which one has no column or row and the other has.

    >>> sheet_and_cells("IV!$B$3:F200", path="a.xlsx")[1]
    Cells(text='B3:F200', left=1, top=3, right=5, bottom=200)
    """
    found = _RANGE.fullmatch(text) if text is not None and ":" in text else None
    if found is None or text is None:
        return text, None
    left, right, top, bottom = found["left"], found["right"], found["top"], found["bottom"]
    if (left is None) is not (right is None) or (top is None) is not (bottom is None) or (left is None and top is None):
        raise ColumnError(f"'{text}' is no range of cells", path=path, remedy="write it as SHEET!B3:F200 or B:F")
    columns = (None, None) if left is None else (_number(left), _number(right))
    rows = (None, None) if top is None else (int(top), int(bottom))
    if (columns[0] or 0) > (columns[1] or 0) or (rows[0] or 0) > (rows[1] or 0):
        raise ColumnError(f"the range '{text}' ends before it begins", path=path, remedy="as SHEET!B3:F200")
    sheet = found["sheet"]
    if sheet is not None and len(sheet) > 1 and sheet[0] == sheet[-1] == "'":
        sheet = sheet[1:-1].replace("''", "'")
    name = f"{left or ''}{top or ''}:{right or ''}{bottom or ''}".upper()
    return sheet, Cells(text=name, left=columns[0], right=columns[1], top=rows[0], bottom=rows[1])


def row_of(number: int, cells: list[Cell]) -> Row:
    """A row, a comment where its first cell begins with the sign of one; no empty cells at its end."""
    while cells and (cells[-1] is None or cells[-1] == ""):
        cells.pop()
    first = next((i for i, cell in enumerate(cells) if cell is not None and cell != ""), None)
    start = cells[first] if first is not None else None
    comment = isinstance(start, str) and start.startswith("#") and not start.upper().startswith(ERRORS)
    if comment and first is not None:
        cells[first] = cell_text(start).lstrip("#").strip()
    return Row(number=number, cells=tuple(cells), comment=comment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of a sheet, and what is known of it.

    Parameters
    ----------
    rows : those with cells, in order.
    cells : the range that was asked for.
    settings : metadata of another sheet.
    """

    name: str
    rows: list[Row]
    cells: Cells | None = None
    hidden: bool = False
    settings: dict[str, str]


def settings_of(name: str, rows: Sequence[Row]) -> dict[str, str]:
    """What a sheet of settings says, each key with the name of the sheet before it."""
    return {f"{name}/{key}": value for key, value in metadata_of(rows).items()}


def table_of(
    sheet: Sheet,
    *,
    header_row: int | None,
    path: str,
    notes: Callable[[Numbers, int], list[Dropped]],
    origin: Callable[[dict[str, str], tuple[Dropped, ...], int], Origin],
) -> Table:
    """The table in a sheet.

    Parameters
    ----------
    header_row : row of the header, from 1; 0 for no header; found when None.
    notes : from the numbers and the number of the first data row to what else is to be said of the cells.
    origin : from options, what was dropped, and the number of data rows.

    Raises
    ------
    FileError : no number in the sheet or in the range.
    ColumnError : no such row.
    """
    rows = sheet.rows if sheet.cells is None else sheet.cells.cut(sheet.rows)
    first = 0 if sheet.cells is None else sheet.cells.left or 0
    try:
        block = find_block(rows, decimal=".", path=path, after=header_row or None)
        if header_row == 0:
            header = NO_HEADER
        elif header_row is not None:
            header = named_header(rows, header_row, block=block, decimal=".")
        else:
            header = find_header(rows, block, decimal=".")
        width = max(block.width, len(header.names))
        numbers = numbers_of(rows[block.start :], header, width=width, decimal=".", aligned=True, path=path)
    except FileError as error:
        where = f"sheet '{sheet.name}'" + (f", cells {sheet.cells.text}" if sheet.cells else "")
        raise FileError(f"{where}: {error.problem}", remedy=error.remedy, path=path, row=error.row) from None

    def place(j: int) -> str:
        return f"sheet '{sheet.name}', column {letters(j + first)}"

    columns, labels, dropped = columns_of(numbers, header, place, path=path)
    options = {"sheet": sheet.name, "header_row": str(header.rows[0]) if header.rows else "0"}
    if len(header.rows) > 1:
        options["units_row"] = str(header.rows[1])
    if sheet.cells is not None:
        options["cells"] = sheet.cells.text
    if sheet.hidden:
        options["hidden"] = "yes"
    above = [row for row in rows[: block.start] if row.number not in header.rows]
    said = notes(numbers, rows[block.start].number)
    return Table(
        columns=columns,
        metadata=header.labels | metadata_of([*above, *numbers.remarks]) | sheet.settings,
        origin=origin(options, (*above_block(rows, block), *said, *dropped), numbers.rows_read),
        labels=labels,
        row_numbers=numbers.places,
    )


def _number(text: str) -> int:
    """The column, from 0, that a spreadsheet shows as these letters."""
    out = 0
    for sign in text.upper():
        out = 26 * out + ord(sign) - ord("A") + 1
    return out - 1


def letters(j: int) -> str:
    """The letters of a column counted from 0, as a spreadsheet shows them."""
    text, j = "", j + 1
    while j:
        j, rest = divmod(j - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
