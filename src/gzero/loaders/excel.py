"""Excel workbooks (.xlsx, .xlsm), through openpyxl: values only, nothing is calculated."""

from __future__ import annotations

import importlib.util
import io
import os
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gzero.errors import FileError, InputError, MissingDependencyError
from gzero.loaders.block import above_block, columns_of, numbers_of
from gzero.loaders.cells import Cell, Row, cell_text, find_block
from gzero.loaders.header import NO_HEADER, find_header, metadata_of, named_header
from gzero.loaders.parts import part_named
from gzero.loaders.source import Source, check_file, looks_like, read_source, unread
from gzero.loaders.table import Dropped, Table
from gzero.loaders.tally import Numbers

INSTALL = "pip install openpyxl"

#: What a workbook may unpack to, its ratio to the packed size (checked from 32 MiB on), and cells held in memory.
MAX_UNPACKED = 1 << 30
MAX_RATIO = 200
MAX_CELLS = 20_000_000
MAX_ROWS = 1_048_576

#: What zipfile, expat and openpyxl raise on a damaged workbook.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, SyntaxError, ValueError, TypeError,
    LookupError, AttributeError, ArithmeticError, AssertionError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExcelLoader:
    """Reads the sheet with most numbers, or the one that is named."""

    name: str = "excel"
    description: str = "Excel workbook (.xlsx .xlsm): the sheet with most numbers, or the one named by `sheet`"
    suffixes: tuple[str, ...] = (".xlsx", ".xlsm")

    @property
    def extra(self) -> str | None:
        """The install line of openpyxl where it is missing."""
        return None if importlib.util.find_spec("openpyxl") else INSTALL

    def recognises(self, path: Path) -> bool:
        """Whether the file is a ZIP archive with a workbook in it.

        Raises
        ------
        FileError : the file is missing, a directory or empty.
        """
        place = check_file(path)
        try:
            with zipfile.ZipFile(place) as archive:
                return "xl/workbook.xml" in archive.namelist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
            return False

    def read(self, path: str | os.PathLike[str], *, sheet: str | None = None, header_row: int | None = None) -> Table:
        """The table in one sheet of a workbook.

        Parameters
        ----------
        sheet : its name, or its number from 1 as text; the sheet with most numbers when None.
        header_row : row of the header, from 1; 0 for no header; found when None.

        Raises
        ------
        FileError : unreadable, damaged, too large when unpacked, or no number in it.
        ColumnError : no such sheet, no such row.
        MissingDependencyError : openpyxl is not installed.
        """
        source = read_source(path)
        _check_archive(source)
        with _workbook(source, values=True) as book:
            names = [worksheet.title for worksheet in book.worksheets]
            wanted = names if sheet is None else [part_named(sheet, names, what="sheet", path=source.path)]
            sheets = {name: _rows(book[name], source.path) for name in wanted}
        if not sheets:
            raise FileError("the workbook has no sheet with cells", path=source.path, remedy="is this the data file?")
        chosen = max(sheets, key=lambda name: sum(isinstance(c, float) for row in sheets[name] for c in row.cells))
        return _table(source, chosen, sheets[chosen], header_row=header_row, sheets=tuple(names))


LOADER = ExcelLoader()


def _check_archive(source: Source) -> None:
    """Refuses what is no workbook, and archives that would fill the memory when unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        what = looks_like(source.data[:4096], Path(source.path).suffix)
        if what is not None and not source.data.startswith(b"PK"):
            raise unread(what, source.path, loader=LOADER.name) from None
        raise _damaged(source, error) from None
    if not any(member.filename == "xl/workbook.xml" for member in members):
        raise unread(looks_like(source.data) or "no Excel workbook", source.path, loader=LOADER.name)
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or (unpacked > 1 << 25 and unpacked > MAX_RATIO * len(source.data)):
        problem = f"{unpacked / 2**20:.0f} MiB when unpacked, from {len(source.data) / 2**20:.1f} MiB"
        raise FileError(problem, path=source.path, remedy="save the sheet as CSV if this is meant")


@contextmanager
def _workbook(source: Source, *, values: bool) -> Iterator[Any]:
    try:
        import openpyxl
    except ImportError:
        raise MissingDependencyError("reading Excel files needs openpyxl", remedy=INSTALL, path=source.path) from None
    with warnings.catch_warnings():
        # openpyxl warns of styles and validations that it does not keep; no number depends on them
        warnings.simplefilter("ignore", UserWarning)
        try:
            book = openpyxl.load_workbook(io.BytesIO(source.data), read_only=True, data_only=values, keep_links=False)
            try:
                yield book
            finally:
                book.close()
        except (InputError, MissingDependencyError):
            raise
        except _DAMAGED as error:
            raise _damaged(source, error) from None


def _damaged(source: Source, error: BaseException) -> FileError:
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return FileError(
        f"a damaged or encrypted workbook ({reason[:200]})",
        path=source.path,
        remedy="open it in Excel and save it again",
    )


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < 1e308 or value != value else str(value)[:20]
    return None if value is None else str(value).strip()


def _rows(worksheet: Any, path: str) -> list[Row]:
    worksheet.reset_dimensions()  # the size that a sheet states is often wrong, and sometimes meant to exhaust memory
    rows: list[Row] = []
    held = seen = 0
    for number, values in enumerate(worksheet.iter_rows(values_only=True), 1):
        seen += len(values)
        if number > MAX_ROWS or held > MAX_CELLS or seen > 50 * MAX_CELLS:
            raise FileError("more cells than a sheet of data has", path=path, row=number, remedy="save it as CSV")
        cells = [_cell(value) for value in values]
        while cells and (cells[-1] is None or cells[-1] == ""):
            cells.pop()
        held += len(cells)
        first = next((i for i, cell in enumerate(cells) if cell is not None and cell != ""), None)
        start = cells[first] if first is not None else None
        comment = isinstance(start, str) and start.startswith("#") and not start.upper().startswith(_ERRORS)
        if comment and first is not None:
            cells[first] = cell_text(start).lstrip("#").strip()
        if cells:  # a sheet may state a million empty rows
            rows.append(Row(number=number, cells=tuple(cells), comment=comment))
    return rows


#: Excel's own errors begin with the sign of a comment.
_ERRORS = ("#REF", "#DIV", "#N/A", "#NA", "#VAL", "#NUM", "#NULL", "#GET", "#SPILL", "#CALC")


def _table(source: Source, sheet: str, rows: list[Row], *, header_row: int | None, sheets: tuple[str, ...]) -> Table:
    path = source.path
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
        raise FileError(f"sheet '{sheet}': {error.problem}", remedy=error.remedy, path=path, row=error.row) from None

    def place(j: int) -> str:
        return f"sheet '{sheet}', column {_letters(j)}"

    columns, labels, dropped = columns_of(numbers, header, place, path=path)
    options = {"sheet": sheet, "header_row": str(header.rows[0]) if header.rows else "0"}
    if len(header.rows) > 1:
        options["units_row"] = str(header.rows[1])
    above = [row for row in rows[: block.start] if row.number not in header.rows]
    formulas = _uncalculated(source, sheet, numbers, first=rows[block.start].number)
    return Table(
        columns=columns,
        metadata=header.labels | metadata_of([*above, *numbers.remarks]),
        origin=source.origin(
            loader=LOADER.name,
            options=options,
            dropped=(*above_block(rows, block), *formulas, *dropped),
            rows_read=numbers.rows_read,
            parts={"sheet": sheets},
        ),
        labels=labels,
        row_numbers=numbers.places,
    )


def _uncalculated(source: Source, sheet: str, numbers: Numbers, *, first: int) -> list[Dropped]:
    """The note on formulas whose value the workbook does not hold (a program wrote it, and Excel never opened it)."""
    if not any(gap.empty for gap in numbers.gaps.values()):
        return []
    found: list[str] = []
    with _workbook(source, values=True) as book, _workbook(source, values=False) as formulas:
        for worksheet in (book[sheet], formulas[sheet]):
            worksheet.reset_dimensions()
        pairs = zip(book[sheet].iter_rows(), formulas[sheet].iter_rows(), strict=False)
        for row, (values, cells) in enumerate(pairs, 1):
            if row < first:
                continue
            for value, cell in zip(values, cells, strict=False):
                if value.value is None and cell.data_type == "f":
                    found.append(f"{_letters(cell.column - 1)}{row}")
    if not found:
        return []
    reason = f"{len(found)} formulas without a stored value (first in cell {found[0]}); NaN: save the workbook in Excel"
    return [Dropped(rule="formula without a value", reason=reason, rows=len(found))]


def _letters(j: int) -> str:
    """The letters of a column counted from 0, as a spreadsheet shows them."""
    text, j = "", j + 1
    while j:
        j, rest = divmod(j - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
