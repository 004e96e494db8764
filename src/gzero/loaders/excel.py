"""Excel workbooks (.xlsx, .xlsm), through openpyxl: values only, nothing is calculated."""

from __future__ import annotations

import importlib.util
import io
import os
import re
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
from gzero.loaders.calamine_rows import Read, installed, sheet_rows
from gzero.loaders.cells import Cell, Row
from gzero.loaders.parts import part_named
from gzero.loaders.sheet import MAX_CELLS, MAX_ROWS, letters, row_of, sheet_and_cells, table_of
from gzero.loaders.source import Source, check_file, looks_like, read_source, unread
from gzero.loaders.table import Dropped, Origin, Table
from gzero.loaders.tally import Numbers
from gzero.loaders.workbook_files import is_encrypted, members_of

INSTALL = "pip install openpyxl"

#: Sheets of more bytes when unpacked are read by calamine, ten times as fast; it does not tell errors from empty cells.
BIG = 1 << 22

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
        sheet : its name, or its number from 1 as text, and a range of cells ("IV!B3:F200", "B:F"); the visible sheet
            with most numbers when None.
        header_row : row of the header, from 1; 0 for no header; found when None.

        Raises
        ------
        FileError : unreadable, damaged, too large when unpacked, or no number in it.
        ColumnError : no such sheet, no such row.
        MissingDependencyError : openpyxl is not installed.
        """
        source = read_source(path)
        cells_of_sheets = _check_archive(source)
        wanted, cells = sheet_and_cells(sheet, path=source.path)
        fast = cells_of_sheets > BIG and installed()
        read = sheet_rows(source.path, len(source.data), sheet=wanted) if fast else _read_slowly(source, wanted)

        def notes(numbers: Numbers, first: int) -> list[Dropped]:
            return _uncalculated(source, read.sheet, numbers, first=first)

        def origin(options: dict[str, str], dropped: tuple[Dropped, ...], rows: int) -> Origin:
            options |= {"reader": "calamine"} if fast else {}
            parts = {"sheet": read.names}
            return source.origin(loader=self.name, options=options, dropped=dropped, rows_read=rows, parts=parts)

        return table_of(read.as_sheet(cells), header_row=header_row, path=source.path, notes=notes, origin=origin)


LOADER = ExcelLoader()


def _check_archive(source: Source) -> int:
    """Bytes of all sheets when unpacked; refuses what is no workbook, and what would fill the memory when unpacked."""
    if is_encrypted(source.data):
        raise FileError("a workbook protected by a password", path=source.path, remedy="save it without one")
    try:
        members = members_of(source.data, path=source.path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        if isinstance(error, FileError):
            raise
        what = looks_like(source.data[:4096], Path(source.path).suffix)
        if what is not None and not source.data.startswith(b"PK"):
            raise unread(what, source.path, loader=LOADER.name) from None
        raise _damaged(source, error) from None
    if "xl/workbook.xml" not in members:
        raise unread(looks_like(source.data) or "no Excel workbook", source.path, loader=LOADER.name)
    return sum(size for name, size in members.items() if name.startswith("xl/worksheets/"))


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
        row = row_of(number, [_cell(value) for value in values])
        held += len(row.cells)
        if row.cells:  # a sheet may state a million empty rows
            rows.append(row)
    return rows


def _read_slowly(source: Source, wanted: str | None) -> Read:
    """The sheet through openpyxl, which tells errors from empty cells."""
    with _workbook(source, values=True) as book:
        names = [worksheet.title for worksheet in book.worksheets]
        hidden = [worksheet.title for worksheet in book.worksheets if worksheet.sheet_state != "visible"]
        settings = next((name for name in names if name.strip().casefold() == "settings"), "")
        asked = names if wanted is None else [part_named(wanted, names, what="sheet", path=source.path)]
        read = dict.fromkeys([*asked, *([settings] if settings else [])])
        sheets = {name: _rows(book[name], source.path) for name in read}
    if not names:
        raise FileError("the workbook has no sheet with cells", path=source.path, remedy="is this the data file?")

    def numbers(name: str) -> int:
        return sum(isinstance(cell, float) for row in sheets[name] for cell in row.cells)

    # what is hidden is read where it is named, or where nothing else holds a number
    visible = [name for name in asked if name not in hidden and numbers(name)]
    chosen = max(visible or asked, key=numbers)
    other = settings if settings != chosen else ""
    return Read(
        names=tuple(names),
        hidden=tuple(hidden),
        sheet=chosen,
        rows=sheets[chosen],
        settings_name=other,
        settings=sheets[other] if other else [],
    )


def _uncalculated(source: Source, sheet: str, numbers: Numbers, *, first: int) -> list[Dropped]:
    """The note on formulas whose value the workbook does not hold (a program wrote it, and Excel never opened it)."""
    if not any(gap.empty for gap in numbers.gaps.values()) or not _has_formulas(source):
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
                    found.append(f"{letters(cell.column - 1)}{row}")
    if not found:
        return []
    reason = f"{len(found)} formulas without a stored value (first in cell {found[0]}); NaN: save the workbook in Excel"
    return [Dropped(rule="formula without a value", reason=reason, rows=len(found))]


def _has_formulas(source: Source) -> bool:
    """Whether a sheet holds a formula at all: reading all cells twice takes long."""
    with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
        for member in archive.infolist():
            if not member.filename.startswith("xl/worksheets/"):
                continue
            with archive.open(member) as stream:
                rest = b""
                while piece := stream.read(1 << 20):
                    if re.search(rb"<(?:\w+:)?f[\s/>]", rest + piece):
                        return True
                    rest = piece[-64:]
    return False
