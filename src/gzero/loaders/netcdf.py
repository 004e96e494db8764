"""Classic netCDF files (.nc): formats CDF-1, CDF-2 (64-bit offsets) and CDF-5 (64-bit data). NetCDF-4 is HDF5.

Public specification: Unidata, "The NetCDF Classic Format Specification" (CDF-5: the PnetCDF project's "CDF-5 format").
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gzero.errors import FileError
from gzero.loaders.array_parts import no_numbers, read_part
from gzero.loaders.array_runs import runs
from gzero.loaders.arrays import Array, Floats, Index
from gzero.loaders.conventions import decoding_of, metadata_from, unit_of
from gzero.loaders.netcdf_format import Header, Variable, read_header
from gzero.loaders.room import rest
from gzero.loaders.source import check_file, digest_of, looks_like, read_head, unread
from gzero.loaders.table import Dropped, Origin, Table

SIGNATURES = (b"CDF\x01", b"CDF\x02", b"CDF\x05")

#: Larger files fit no memory.
MAX_SIZE = 1 << 42

#: Bytes that are read at once, and integers that float64 holds exactly.
_PIECE = 1 << 23
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class NetcdfLoader:
    """Reads the variables along one dimension, or a map."""

    name: str = "netcdf"
    description: str = "classic netCDF (.nc), formats 1, 2 and 5: the table or map named by `group`"
    suffixes: tuple[str, ...] = (".nc", ".cdf")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the signature of a classic format.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        return read_head(path, 4) in SIGNATURES

    def read(self, path: str | os.PathLike[str], *, group: str | None = None) -> Table:
        """The variables along one dimension as columns, or a map as one column for each trace.

        Parameters
        ----------
        group : name or number of a variable, with places in brackets: "current[3]" is one trace, "current[3:10]" some,
            "stack[2]" one map of a stack; the part with most numbers when None.

        Raises
        ------
        FileError : unreadable, damaged, no classic netCDF file, or no variable with numbers.
        ColumnError : no such variable, or one of three and more dimensions without a place in it.
        """
        place, text = check_file(path, limit=MAX_SIZE), os.fspath(path)
        if not self.recognises(place):
            what = looks_like(read_head(place, 4096), place.suffix)
            raise unread(what or "no classic netCDF file", text, loader=self.name)
        try:
            with place.open("rb") as stream:
                header = read_header(stream, place.stat().st_size, text)
                return _table(stream, header, text, group)
        except OSError as error:
            if isinstance(error, FileError):
                raise
            reason = error.strerror or str(error)
            raise FileError(f"cannot be read ({reason})", path=text, remedy="check its permissions") from None


LOADER = NetcdfLoader()


def _table(stream: BinaryIO, header: Header, path: str, group: str | None) -> Table:
    arrays, dropped = _arrays(header)
    if not arrays:
        raise no_numbers(path, dropped)
    built, part, names = read_part(path, _Store(stream=stream, header=header, path=path), arrays, group)
    entries = [*header.attributes.items()]
    entries += [(f"{v.name}/{name}", value) for v in header.variables for name, value in v.attributes.items()]
    notes = (Dropped(rule=rule, reason=reason, rows=0) for rule, reason in dropped[:200])
    return Table(
        columns=built.columns,
        metadata=metadata_from(entries),
        labels=built.labels,
        origin=Origin(
            path=path, sha256=digest_of(path), loader=LOADER.name,
            options={"kind": f"netCDF classic, format {header.version}", "group": part} | built.options,
            dropped=(*built.dropped, *notes), rows_read=built.rows, parts={"group": names},
        ),
        row_numbers=range(built.first_row + 1, built.first_row + built.rows + 1),
    )  # fmt: skip


def _arrays(header: Header) -> tuple[list[Array], list[tuple[str, str]]]:
    out: list[Array] = []
    dropped: list[tuple[str, str]] = []
    known = {variable.name for variable in header.variables if variable.dimensions == (variable.name,)}
    for variable in header.variables:
        names = variable.dimensions
        if variable.type == "S1":
            if len(names) != 2:
                dropped.append(("variable not read", f"'{variable.name}' holds text"))
                continue
            out.append(Array(path=f"/{variable.name}", shape=variable.shape[:1], kind="text", name=variable.name,
                             dimension=names[0]))  # fmt: skip
            continue
        if not names:
            dropped.append(("variable not read", f"'{variable.name}' is a single number without a dimension"))
            continue
        bits = 8 * np.dtype(variable.type).itemsize if variable.type.startswith("i") else 0
        array = Array(
            path=f"/{variable.name}", shape=variable.shape, name=variable.name, unit_text=unit_of(variable.attributes),
            axes=tuple(f"/{name}" if name in known else None for name in names), axes_by="dimensions",
            setting=variable.name in known, decoding=decoding_of(variable.attributes, bits=bits),
        )  # fmt: skip
        out.append(replace(array, dimension=names[array.free[0]]) if len(array.size) == 1 else array)
    return out, dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class _Store:
    """Reads the numbers of variables from the file, in pieces."""

    stream: BinaryIO
    header: Header
    path: str

    def numbers(self, array: Array, index: Index, out: Floats) -> int:
        variable = self._variable(array)
        ranges = [at if isinstance(at, tuple) else (at, at + 1) for at in index]
        kind, flat = np.dtype(variable.type), out[0].reshape(-1)
        if variable.record and len(ranges) == 1:
            return self._records(variable, kind, ranges[0], flat)
        inexact = filled = 0
        for record in range(*ranges[0]) if variable.record else (0,):
            base = variable.begin + record * self.header.record_size * variable.record
            inner = ranges[1:] if variable.record else ranges
            for first, length in runs(variable.shape[1:] if variable.record else variable.shape, inner):
                for start in range(0, length, _PIECE // kind.itemsize):
                    count = min(length - start, _PIECE // kind.itemsize)
                    data = self._bytes(base + (first + start) * kind.itemsize, count * kind.itemsize)
                    inexact += _convert(data, kind, flat[filled : filled + count])
                    filled += count
                    rest(out)
        return inexact

    def texts(self, array: Array, start: int, stop: int) -> tuple[str, ...]:
        variable = self._variable(array)
        width = variable.shape[1]
        step = self.header.record_size if variable.record else width
        data = (self._bytes(variable.begin + i * step, width) for i in range(start, stop))
        return tuple(one.split(b"\0", 1)[0].decode("utf-8", errors="replace").strip()[:2000] for one in data)

    def _variable(self, array: Array) -> Variable:
        return next(variable for variable in self.header.variables if f"/{variable.name}" == array.path)

    def _records(self, variable: Variable, kind: np.dtype[np.generic], span: tuple[int, int], flat: Floats) -> int:
        """A vector along the unlimited dimension: one entry in each record."""
        size, inexact = self.header.record_size, 0
        step = max(1, _PIECE // size)
        for start in range(*span, step):
            count = min(step, span[1] - start)
            length = (count - 1) * size + kind.itemsize
            data = self._bytes(variable.begin + start * size, length)
            spaced = np.ndarray((count,), dtype=kind, buffer=data, strides=(size,))
            inexact += _convert(spaced.tobytes(), kind, flat[start - span[0] : start - span[0] + count])
            rest(flat)
        return inexact

    def _bytes(self, at: int, size: int) -> bytes:
        self.stream.seek(at)
        data = self.stream.read(size)
        if len(data) != size:
            raise FileError(
                f"a damaged netCDF file: it ends at byte {at + len(data)}, before the numbers it states",
                path=self.path, remedy="copy it again from where it was measured",
            )  # fmt: skip
        return data


def _convert(data: bytes, kind: np.dtype[np.generic], out: Floats) -> int:
    values = np.frombuffer(data, dtype=kind)
    out[...] = values
    if kind.kind in "iu" and kind.itemsize == 8:
        return int(np.count_nonzero((values > _EXACT) | (values < -_EXACT)))
    return 0
