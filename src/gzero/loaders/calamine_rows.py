"""The rows of a workbook's sheet, read by calamine in a process of its own (`calamine_child`), within limits."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gzero.errors import FileError, MissingDependencyError
from gzero.loaders.cells import Row
from gzero.loaders.parts import part_named
from gzero.loaders.sheet import MAX_CELLS, MAX_ROWS, Cells, Sheet, row_of, settings_of

INSTALL = "pip install python-calamine"

#: Memory that the process may ask for: so much, and so many bytes for each byte of the file, up to a bound.
FREE_MEMORY = 1 << 30
MEMORY_PER_BYTE = 32
MAX_MEMORY = 1 << 32

#: Seconds of computing until it is ended: so many, and so many for each MiB of the file; and on the clock, where other
#: programs may hold it up, as many times more.
SECONDS = 4
SECONDS_PER_MIB = 5
CLOCK = 8


@dataclass(slots=True, kw_only=True)
class Read:
    """What the process found: names of the sheets, the one that was read, its rows, and those of the settings."""

    names: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    sheet: str = ""
    rows: list[Row] = field(default_factory=list)
    settings_name: str = ""
    settings: list[Row] = field(default_factory=list)

    def as_sheet(self, cells: Cells | None) -> Sheet:
        """The sheet, of which a range may be asked for."""
        return Sheet(
            name=self.sheet,
            rows=self.rows,
            cells=cells,
            hidden=self.sheet in self.hidden,
            settings=settings_of(self.settings_name, self.settings) if self.settings_name else {},
        )


def installed() -> bool:
    """Whether python-calamine is there."""
    return importlib.util.find_spec("python_calamine") is not None


def sheet_rows(path: str, size: int, *, sheet: str | None) -> Read:
    """The rows of one sheet, and of the sheet named "settings" where there is one.

    Parameters
    ----------
    size : of the file, in bytes.
    sheet : name, or number from 1 as text; the visible sheet with most numbers when None.

    Raises
    ------
    FileError : damaged, protected by a password, beyond the limits of memory and time, or with too many cells.
    ColumnError : no such sheet.
    MissingDependencyError : python-calamine is not installed.
    """
    wanted = ""
    if sheet is not None:
        names = _read(path, size, asked="names").names
        wanted = json.dumps(part_named(sheet, names, what="sheet", path=path))
    return _read(path, size, asked=wanted)


def _read(path: str, size: int, *, asked: str) -> Read:
    out = Read()
    rows, held, ended = out.rows, 0, False
    with _lines(path, size, asked) as lines:
        for line in lines:
            match line:
                case {"error": str(kind), "reason": str(reason)}:
                    raise _refused(path, kind, reason)
                case {"names": names, "hidden": hidden}:
                    out.names, out.hidden = tuple(names), tuple(hidden)
                    if not names:
                        problem = "the workbook has no sheet with cells"
                        raise FileError(problem, path=path, remedy="is this the data file?")
                case {"sheet": str(name)}:
                    out.sheet = name
                case {"settings": str(name)}:
                    out.settings_name, rows = name, out.settings
                case {"rows": found}:
                    for number, cells in found:
                        held += len(cells)
                        if held > MAX_CELLS or number > MAX_ROWS:
                            problem = "more cells than a sheet of data has"
                            raise FileError(problem, path=path, row=number, remedy="save it as CSV")
                        rows.append(row_of(number, cells))
                case {"end": True}:
                    ended = True
    if not ended:
        problem = "a damaged workbook, or one that needs more memory or time than a file of its size should"
        raise FileError(problem, path=path, remedy="save the sheet as CSV")
    return out


def _refused(path: str, kind: str, reason: str) -> FileError:
    if kind == "PasswordError" or "password" in reason.lower():
        return FileError("protected by a password", path=path, remedy="save it without one")
    short = " ".join(reason.split())[:160]
    problem = f"a damaged workbook, or none ({kind}: {short})"
    return FileError(problem, path=path, remedy="open it in a spreadsheet program and save it again")


@contextmanager
def _lines(path: str, size: int, asked: str) -> Iterator[Iterator[Any]]:
    """The lines that the process writes; it is ended when the time is up, and on leaving."""
    found = importlib.util.find_spec("python_calamine")
    if found is None or found.origin is None:
        raise MissingDependencyError("reading this workbook needs python-calamine", remedy=INSTALL, path=path)
    seconds = int(SECONDS + SECONDS_PER_MIB * size / 2**20)
    limit = min(MAX_MEMORY, FREE_MEMORY + MEMORY_PER_BYTE * size)
    script = Path(__file__).with_name("calamine_child.py")
    package = Path(found.origin).parent.parent
    # -I and -S: nothing of the user's environment or folder is imported, and it starts at once
    place = str(Path(path).resolve())
    command = [sys.executable, "-I", "-S", str(script), place, str(package), str(limit), str(seconds), asked]
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
        )
    except OSError as error:
        problem = f"the process that reads workbooks cannot be started ({error.strerror})"
        raise FileError(problem, path=path, remedy="save the sheet as CSV") from None
    timer = threading.Timer(CLOCK * seconds, process.kill)
    timer.start()
    try:
        assert process.stdout is not None  # for the type checker: a pipe was asked for
        yield _objects(process.stdout)
    finally:
        timer.cancel()
        process.kill()
        process.stdout.close()  # type: ignore[union-attr]
        process.wait()


def _objects(stream: Iterator[str]) -> Iterator[Any]:
    for line in stream:
        try:
            yield json.loads(line)
        except ValueError:  # cut short, as its writer was ended
            return
