"""MATLAB files (.mat) of level 5 (MATLAB 5 to 7.2, and -v6, -v7 since) and level 4. MATLAB 7.3 is HDF5.

Read here and not by scipy, which damaged files crash (decision 26). MATLAB counts the first dimension fastest: the columns
of a matrix are its traces. Public specification: MathWorks, "MAT-File Format".
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gzero.errors import FileError
from gzero.loaders.array_parts import no_numbers, read_part
from gzero.loaders.array_runs import runs
from gzero.loaders.arrays import Array, Floats, Index
from gzero.loaders.conventions import metadata_from
from gzero.loaders.matlab_bytes import BYTES_PER_BYTE, FREE_BYTES, Budget, Bytes, Inflated, Plain
from gzero.loaders.matlab_format import Contents, Run, Variable, level_4, level_5, read_contents
from gzero.loaders.source import check_file, digest_of, looks_like, read_head, unread
from gzero.loaders.table import Dropped, Origin, Table

#: Larger files fit no memory.
MAX_SIZE = 1 << 42

#: Bytes that are read at once, and integers that float64 holds exactly.
_PIECE = 1 << 23
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class MatlabLoader:
    """Reads the vectors of one length, at top level or in a struct, or a matrix as a map."""

    name: str = "matlab"
    description: str = "MATLAB (.mat), levels 4 and 5 (-v4, -v6, -v7): the vectors or the matrix named by `group`"
    suffixes: tuple[str, ...] = (".mat",)
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the header of level 5 or with a variable of level 4.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path, 512)
        return (
            head.startswith(b"MATLAB 5.0 MAT-file") or level_5(head) is not None or level_4(head, path.stat().st_size)
        )

    def read(self, path: str | os.PathLike[str], *, group: str | None = None) -> Table:
        """Vectors of one length as columns, or a matrix as one column for each trace.

        Parameters
        ----------
        group : name or number of a variable or a struct ("data", "/run/current"), with places in brackets: "map[3]" is
            one trace (a column of the matrix, from 0), "map[3:10]" some; the part with most numbers when None.

        Raises
        ------
        FileError : unreadable, damaged, no such MATLAB file, or no variable of numbers.
        ColumnError : no such variable, or one of three and more dimensions without a place in it.
        """
        place, text = check_file(path, limit=MAX_SIZE), os.fspath(path)
        if not self.recognises(place):
            what = looks_like(read_head(place, 4096), place.suffix)
            raise unread(what or "no MATLAB file, or a damaged one", text, loader=self.name)
        size = place.stat().st_size
        try:
            with place.open("rb") as stream:
                budget = Budget(left=FREE_BYTES + BYTES_PER_BYTE * size)
                found = read_contents(stream, size, text, budget)
                return _table(stream, size, found, budget, text, group)
        except OSError as error:
            if isinstance(error, FileError):
                raise
            reason = error.strerror or str(error)
            raise FileError(f"cannot be read ({reason})", path=text, remedy="check its permissions") from None


LOADER = MatlabLoader()


def _table(stream: BinaryIO, size: int, found: Contents, budget: Budget, path: str, group: str | None) -> Table:
    if not found.variables:
        raise no_numbers(path, found.dropped)
    variables = {variable.path: variable for variable in found.variables}  # of two by one name the last counts
    arrays = [
        Array(
            path=variable.path, shape=variable.shape, kind="complex" if len(variable.runs) == 2 else "number",
            name=variable.path.rpartition("/")[2], column_major=True,
        )
        for variable in variables.values()
    ]  # fmt: skip
    store = _Store(stream=stream, size=size, path=path, budget=budget, variables=variables)
    built, part, names = read_part(path, store, arrays, group)
    notes = (Dropped(rule=rule, reason=reason, rows=0) for rule, reason in found.dropped[:200])
    return Table(
        columns=built.columns,
        metadata=metadata_from(found.values.items()),
        origin=Origin(
            path=path, sha256=digest_of(path), loader=LOADER.name,
            options={"kind": f"MATLAB, level {found.level}", "group": part} | built.options,
            dropped=(*built.dropped, *notes), rows_read=built.rows, parts={"group": names},
        ),
        row_numbers=range(built.first_row + 1, built.first_row + built.rows + 1),
    )  # fmt: skip


@dataclass(slots=True, kw_only=True)
class _Store:
    """Reads the numbers of variables from the file, in pieces, each compressed variable once where they come in order."""

    stream: BinaryIO
    size: int
    path: str
    budget: Budget
    variables: dict[str, Variable]
    _open: Inflated | None = None
    _element: int = -1

    def numbers(self, array: Array, index: Index, out: Floats) -> int:
        variable = self.variables[array.path]
        inexact = 0
        for run, part in zip(variable.runs, out, strict=True):
            kind, flat, filled = np.dtype(run.type), part.reshape(-1), 0
            for first, length in runs(variable.shape, index):
                data = self._at(run, run.at + first * kind.itemsize)
                for start in range(0, length, _PIECE // kind.itemsize):
                    count = min(length - start, _PIECE // kind.itemsize)
                    values = np.frombuffer(data.read(count * kind.itemsize), dtype=kind)
                    flat[filled : filled + count] = values
                    filled += count
                    if kind.kind in "iu" and kind.itemsize == 8:
                        inexact += int(np.count_nonzero((values > _EXACT) | (values < -_EXACT)))
        return inexact

    def texts(self, array: Array, start: int, stop: int) -> tuple[str, ...]:
        return ()  # MATLAB keeps texts in cells, which are not read

    def _at(self, run: Run, place: int) -> Bytes:
        """The bytes from a place on."""
        if run.element < 0:
            return Plain(stream=self.stream, at=place, end=self.size, path=self.path)
        if self._open is None or self._element != run.element or self._open.at > place:
            plain = Plain(stream=self.stream, at=run.element, end=self.size, path=self.path)
            (length,) = struct.unpack(run.type[0] + "4xI", plain.read(8))
            plain.end = min(plain.at + length, self.size)
            self._open, self._element = Inflated(plain, self.budget), run.element
        self._open.skip(place - self._open.at)
        return self._open
