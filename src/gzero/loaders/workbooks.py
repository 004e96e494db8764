"""Old and open workbooks: Excel 97-2003 (.xls), binary Excel (.xlsb), OpenDocument (.ods), through calamine.

Formats: [MS-XLS], [MS-XLSB], OpenDocument 1.3 (OASIS). Values only: nothing is calculated, no macro is run. calamine reads
in a process of its own (`calamine_child`), within limits of memory and time, and what ends it ends nothing else.
"""

from __future__ import annotations

import os
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

from gzero.errors import FileError
from gzero.loaders.calamine_rows import INSTALL, installed, sheet_rows
from gzero.loaders.sheet import sheet_and_cells, table_of
from gzero.loaders.source import check_file, looks_like, read_source, unread
from gzero.loaders.table import Dropped, Origin, Table
from gzero.loaders.tally import Numbers
from gzero.loaders.workbook_files import OLE, is_encrypted, is_old_workbook, members_of

SPREADSHEET = b"application/vnd.oasis.opendocument.spreadsheet"

#: What a damaged archive raises.
_DAMAGED = (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error)


@dataclass(frozen=True, slots=True)
class WorkbooksLoader:
    """Reads the visible sheet with most numbers, or the one that is named."""

    name: str = "workbooks"
    description: str = "Workbook (.xls .xlsb .ods): the sheet with most numbers, or the one named by `sheet`"
    suffixes: tuple[str, ...] = (".xls", ".xlsb", ".ods")

    @property
    def extra(self) -> str | None:
        """The install line of python-calamine where it is missing."""
        return None if installed() else INSTALL

    def recognises(self, path: Path) -> bool:
        """Whether the file is a compound file with a workbook in it, or an archive with a binary or an open one.

        Raises
        ------
        FileError : the file is missing, a directory or empty.
        """
        place = check_file(path)
        try:
            with place.open("rb") as stream:
                head = stream.read(512)
                if head.startswith(OLE):
                    data = head + stream.read()
                    return is_old_workbook(data) or is_encrypted(data)
            return head.startswith(b"PK") and _is_archive_of_one(place)
        except _DAMAGED:
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
        FileError : unreadable, damaged, protected by a password, too large when unpacked, or no number in it.
        ColumnError : no such sheet, no such row, no such range.
        MissingDependencyError : python-calamine is not installed.
        """
        source = read_source(path)
        wanted, cells = sheet_and_cells(sheet, path=source.path)
        _check(source.data, source.path)
        read = sheet_rows(source.path, len(source.data), sheet=wanted)

        def notes(numbers: Numbers, first: int) -> list[Dropped]:
            return []

        def origin(options: dict[str, str], dropped: tuple[Dropped, ...], rows: int) -> Origin:
            parts = {"sheet": read.names}
            return source.origin(loader=self.name, options=options, dropped=dropped, rows_read=rows, parts=parts)

        return table_of(read.as_sheet(cells), header_row=header_row, path=source.path, notes=notes, origin=origin)


LOADER = WorkbooksLoader()


def _is_archive_of_one(place: Path) -> bool:
    with zipfile.ZipFile(place) as archive:
        names = archive.namelist()
        if "xl/workbook.bin" in names:
            return True
        if "mimetype" not in names or "content.xml" not in names:
            return False
        with archive.open("mimetype") as stream:
            return stream.read(100).startswith(SPREADSHEET)


def _check(data: bytes, path: str) -> None:
    """Refuses what is no workbook, what a password protects, and archives that would fill the memory when unpacked."""
    if data.startswith(OLE):
        if is_encrypted(data):
            raise FileError("a workbook protected by a password", path=path, remedy="save it without one")
        if not is_old_workbook(data):
            problem = "an old Office file without a workbook in it"
            raise FileError(problem, path=path, remedy="save the table as CSV or XLSX")
        return
    if not data.startswith(b"PK"):
        what = looks_like(data[:4096])
        if what is not None:
            raise unread(what, path, loader=LOADER.name)
        problem = "not a workbook (instruments write text under the ending .xls)"
        raise FileError(problem, path=path, remedy="name the loader: --loader text")
    try:
        members_of(data, path=path)
    except FileError:
        raise
    except _DAMAGED as error:
        problem = f"a damaged workbook ({str(error)[:100]})"
        raise FileError(problem, path=path, remedy="open it in a spreadsheet program and save it again") from None
