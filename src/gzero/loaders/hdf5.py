"""HDF5 files (.h5, .hdf5, ...), netCDF-4 and MATLAB 7.3 among them, through h5py in a process of its own.

Public specifications: "HDF5 File Format Specification" and "HDF5 Dimension Scale Specification" (The HDF Group); netCDF
"NetCDF-4 format" (Unidata); the CF conventions for `units`, `scale_factor`, `add_offset`, `_FillValue`. Labber's log files
are in `hdf5_labber`, what MATLAB writes is in `hdf5_matlab`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gzero.errors import MissingDependencyError
from gzero.loaders.array_parts import long_part, no_numbers, read_part
from gzero.loaders.arrays import Array, Built, Floats, Index
from gzero.loaders.cells import MAX_COLUMNS
from gzero.loaders.conventions import decoding_of, metadata_from, unit_of
from gzero.loaders.hdf5_client import Hdf5File
from gzero.loaders.hdf5_labber import is_labber, read_labber
from gzero.loaders.hdf5_matlab import from_matlab, is_matlab
from gzero.loaders.source import check_file, digest_of, looks_like, read_head, unread
from gzero.loaders.table import Dropped, Origin, Pieces, Table

INSTALL = "pip install 'gzero[hdf5]'"

SIGNATURE = b"\x89HDF\r\n\x1a\n"

#: Where the signature may stand: at the beginning, or behind a block of the user's own.
OFFSETS = (0, *(512 << i for i in range(8)))

#: HDF5's own limit of a file is larger; this is what fits no memory.
MAX_SIZE = 1 << 42

#: netCDF writes this name for a dimension that has no values.
_NO_VALUES = "This is a netCDF dimension but not a netCDF variable"


@dataclass(frozen=True, slots=True)
class Hdf5Loader:
    """Reads the vectors of one group, a field of a compound dataset or a map."""

    name: str = "hdf5"
    description: str = (
        "HDF5 (.h5 .hdf5), netCDF-4, Labber and QCoDeS files, MATLAB 7.3: the table or map named by `group`"
    )
    suffixes: tuple[str, ...] = (".h5", ".hdf5", ".hdf", ".he5", ".nc4")

    @property
    def extra(self) -> str | None:
        """The install line of h5py where it is missing."""
        return None if importlib.util.find_spec("h5py") else INSTALL

    def recognises(self, path: Path) -> bool:
        """Whether the signature of HDF5 stands at one of its places.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path, OFFSETS[-1] + len(SIGNATURE))
        return any(head[at : at + len(SIGNATURE)] == SIGNATURE for at in OFFSETS)

    def read(self, path: str | os.PathLike[str], *, group: str | None = None) -> Table:
        """The vectors of one group as columns, or a map as one column for each trace.

        Parameters
        ----------
        group : path or number of a group or dataset, with places in brackets: "/map[3]" is one trace, "/map[3:10]" some,
            "/stack[2]" one map of a stack; the part with most numbers when None.

        Raises
        ------
        FileError : unreadable, damaged, no HDF5 file, or no array of numbers in it.
        ColumnError : no such group, or a dataset of three and more dimensions without a place in it.
        MissingDependencyError : h5py is not installed.
        """
        text = self._checked(path)
        with Hdf5File(path=text) as file:
            tree = file.tree()
            if is_labber(tree):
                return _labber(file, tree, text, group)
            arrays, dropped, kind = arrays_in(tree)
            if not arrays:
                raise no_numbers(text, dropped)
            built, part, names = read_part(text, _Store(file), arrays, group, links=tree["links"])
        return _table(text, tree, built, dropped, {"kind": kind, "group": part}, names)

    def in_pieces(
        self, path: str | os.PathLike[str], *, group: str | None = None, beyond: int, numbers: int
    ) -> Pieces | None:
        """What `read` would read, about so many numbers at a time; None where that holds no more than `beyond`, or cannot be cut.

        Parameters
        ----------
        group : as of `read`.  beyond : numbers that are held at once.  numbers : of a piece.

        Raises
        ------
        FileError, ColumnError, MissingDependencyError : as of `read`.
        """
        text = self._checked(path)
        with Hdf5File(path=text) as file:
            tree = file.tree()
            arrays, dropped, kind = ([], [], "") if is_labber(tree) else arrays_in(tree)
            long = long_part(text, arrays, group, links=tree["links"], beyond=beyond) if arrays else None
        if long is None:
            return None
        options, digest = {"kind": kind, "group": long.part.name}, digest_of(text)

        def pieces() -> Iterator[Table]:
            with Hdf5File(path=text) as file:
                for built in long.pieces(text, _Store(file), arrays, numbers):
                    table = _table(text, tree, built, dropped, options, long.names, digest=digest)
                    rows = built.rows if long.part.kind != "table" else long.span[1] - long.span[0]
                    yield replace(table, origin=replace(table.origin, rows_read=rows))

        return pieces

    def many_traces(self, path: str | os.PathLike[str], *, group: str | None = None) -> tuple[str, int, int] | None:
        """The map that `read` would refuse for having more traces than a table has columns, as its name and the first and
        last (not included) of them: `NAME[3:10]` are some. None where it is another part, or holds fewer.

        Raises
        ------
        FileError, ColumnError, MissingDependencyError : as of `read`.
        """
        text = self._checked(path)
        with Hdf5File(path=text) as file:
            tree = file.tree()
            arrays = [] if is_labber(tree) else arrays_in(tree)[0]
            long = long_part(text, arrays, group, links=tree["links"], beyond=MAX_SIZE) if arrays else None
        whole = long is not None and not long.leading and long.points == (0, long.part.members[0].size[-1])
        if long is None or long.part.kind != "map" or not whole or long.span[1] - long.span[0] <= MAX_COLUMNS:
            return None
        return (long.part.name, *long.span)

    def _checked(self, path: str | os.PathLike[str]) -> str:
        """The path of an HDF5 file that can be read."""
        place, text = check_file(path, limit=MAX_SIZE), os.fspath(path)
        if not self.recognises(place):
            what = looks_like(read_head(place, 4096), place.suffix)
            raise unread(what or "no HDF5 file, or a damaged one", text, loader=self.name)
        if self.extra is not None:
            raise MissingDependencyError("reading HDF5 files needs h5py", remedy=INSTALL, path=text)
        return text


LOADER = Hdf5Loader()


@dataclass(frozen=True, slots=True)
class _Store:
    """Fetches arrays from the process that has the file."""

    file: Hdf5File

    def numbers(self, array: Array, index: Index, out: Floats) -> int:
        return self.file.read(array.path, array.column, index, out)

    def texts(self, array: Array, start: int, stop: int) -> tuple[str, ...]:
        return self.file.texts(array.path, start, stop)


def _labber(file: Hdf5File, tree: Mapping[str, Any], path: str, group: str | None) -> Table:
    built, part, names = read_labber(file, tree, group)
    return _table(path, tree, built, [], {"kind": "Labber log file", "group": part}, names)


def _table(
    path: str, tree: Mapping[str, Any], built: Built, dropped: Sequence[tuple[str, str]], options: dict[str, str],
    names: tuple[str, ...], *, digest: str | None = None,
) -> Table:  # fmt: skip
    notes = (Dropped(rule=rule, reason=reason, rows=0) for rule, reason in [*tree["dropped"], *dropped][:200])
    return Table(
        columns=built.columns,
        metadata=metadata_from(_attributes(tree)),
        labels=built.labels,
        origin=Origin(
            path=path, sha256=digest or digest_of(path), loader=LOADER.name, options=options | built.options,
            dropped=(*built.dropped, *notes), rows_read=built.rows, parts={"group": names},
        ),
        row_numbers=range(built.first_row + 1, built.first_row + built.rows + 1),
    )  # fmt: skip


def _attributes(tree: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """All attributes by path, those of the root first, and the values that stand alone."""
    out = [
        (f"{path.rstrip('/')}/{name}", value) for path, held in tree["groups"].items() for name, value in held.items()
    ]
    for record in tree["datasets"]:
        if "value" in record:
            out.append((record["path"], record["value"]))
        hidden = ("CLASS", "NAME", "MATLAB_class", "MATLAB_empty", "MATLAB_int_decode", "H5PATH")
        out += [(f"{record['path']}/{name}", v) for name, v in record["attributes"].items() if name not in hidden]
    return out


def arrays_in(tree: Mapping[str, Any]) -> tuple[list[Array], list[tuple[str, str]], str]:
    """The arrays of numbers and texts in a file, what is left out, and what wrote it."""
    if is_matlab(tree):
        arrays, dropped = from_matlab(tree)
        return arrays, dropped, "MATLAB 7.3"
    netcdf = any("_NCProperties" in held for held in tree["groups"].values()) or any(
        _NO_VALUES in str(record["attributes"].get("NAME", "")) for record in tree["datasets"]
    )
    arrays, dropped = [], []
    for record in tree["datasets"]:
        if _NO_VALUES in str(record["attributes"].get("NAME", "")):
            continue  # only says how long a dimension is
        if record["blocked"] is not None:
            dropped.append(("dataset not read", f"'{record['path']}' {record['blocked']}"))
            continue
        found = _arrays_of(record)
        if not found and record["kind"] != "compound" and record["shape"]:
            dropped.append(("dataset not read", f"'{record['path']}' holds entries of type {record['type']}"))
        arrays += found
    return _with_axes(arrays, tree), dropped, "netCDF-4" if netcdf else "HDF5"


def _arrays_of(record: Mapping[str, Any]) -> list[Array]:
    path, held = record["path"], record["attributes"]
    shape = tuple(record["shape"])
    if not shape:
        return []
    name = path.rpartition("/")[2]
    if record["kind"] == "compound":
        if len(shape) != 1:
            return []
        kinds = {"real": "number", "integer": "number", "complex": "complex", "text": ""}
        units = _field_units(held, list(record["fields"]))
        return [
            Array(path=path, shape=shape, column=column, name=column, kind=kinds[kind], unit_text=units.get(column))  # type: ignore[arg-type]
            for column, kind in record["fields"].items()
            if kinds.get(kind)
        ]
    if record["kind"] == "text":
        return [Array(path=path, shape=shape, kind="text", name=name)] if len(shape) == 1 else []
    if record["kind"] not in ("real", "integer", "complex"):
        return []
    bits = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}.get(record["type"].strip("<>"), 0)
    return [
        Array(
            path=path, shape=shape, kind="complex" if record["kind"] == "complex" else "number", name=name,
            unit_text=unit_of(held), setting=held.get("CLASS") == "DIMENSION_SCALE" or _is_setpoint(held),
            decoding=decoding_of(held, bits=bits), logical=_logical(held, shape),
        )
    ]  # fmt: skip


def _field_units(held: Mapping[str, Any], fields: list[str]) -> dict[str, str]:
    """Units of the fields of a compound dataset: an attribute of as many entries, or one named after a field."""
    for name in ("unit", "units", "Unit", "Units"):
        value = held.get(name)
        if isinstance(value, list) and len(value) == len(fields):
            return {one: str(text) for one, text in zip(fields, value, strict=True) if str(text).strip()}
    ends = ("_unit", "_units", " unit", ".unit")
    return {one: str(held[one + end]) for one in fields for end in ends if str(held.get(one + end, "")).strip()}


def _is_setpoint(held: Mapping[str, Any]) -> bool:
    return str(held.get("is_setpoint", "")).casefold() in ("true", "1")


def _logical(held: Mapping[str, Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The two-dimensional shape that the old QCoDeS format keeps beside numbers it has written one after the other."""
    stated = held.get("shape")
    if "set_arrays" not in held or not isinstance(stated, list) or len(stated) != 2 or shape[1:] not in ((), (1,)):
        return ()
    sizes = [n for n in stated if isinstance(n, int) and n > 0]
    return tuple(sizes) if len(sizes) == 2 and sizes[0] * sizes[1] == shape[0] else ()


def _with_axes(arrays: list[Array], tree: Mapping[str, Any]) -> list[Array]:
    """The arrays with the axes that dimension scales or attributes name."""
    records = {record["path"]: record for record in tree["datasets"]}
    paths = {array.path for array in arrays}
    axes: dict[str, tuple[tuple[str | None, ...], str]] = {}
    for array in arrays:
        if array.column is None and array.path not in axes:
            axes[array.path] = _stated_axes(array, records[array.path], tree["groups"].get(array.group, {}), paths)
    used = {name for named, _ in axes.values() for name in named}
    out = []
    for array in arrays:
        named, how = axes.get(array.path, ((), ""))
        scale = array.path in used
        dimension = named[array.free[0]] if named and len(array.size) == 1 and how == "dimension scales" else None
        if scale and len(array.shape) == 1:
            dimension = (
                array.path if any(array.path in n and h == "dimension scales" for n, h in axes.values()) else None
            )
        if len(array.size) != 2 and not (len(array.size) > 2 and named):
            named = ()
        out.append(replace(array, axes=named, axes_by=how, dimension=dimension, setting=array.setting or scale))
    return out


def _stated_axes(
    array: Array, record: Mapping[str, Any], around: Mapping[str, Any], paths: set[str]
) -> tuple[tuple[str | None, ...], str]:
    """For each dimension the path of the array that the file names for it, and how it does."""
    scales = record["scales"]
    if any(scales):
        # a dimension of netCDF without values is a scale too, but no array
        return tuple(scale if scale in paths else None for scale in scales), "dimension scales"
    held = record["attributes"]
    base = array.group.rstrip("/")
    if "set_arrays" in held:
        names = held["set_arrays"] if isinstance(held["set_arrays"], list) else [held["set_arrays"]]
        found = tuple(f"{base}/{name}" if f"{base}/{name}" in paths else None for name in names)
        count = 2 if array.logical else 1
        return (found, "setpoints of QCoDeS") if len(found) == count and any(found) else ((), "")
    stated = held.get("axes", around.get("axes") if around.get("signal") == array.name else None)
    if isinstance(stated, str):
        stated = [name for name in stated.replace("[", "").replace("]", "").replace(",", ":").split(":") if name]
    if not isinstance(stated, list):
        stated = [held.get("y"), held.get("x")] if isinstance(held.get("x"), str) else []
    named = tuple(_path_of(name, base, paths) for name in stated)
    if len(named) == len(array.shape) and any(named):
        return named, "its attributes"
    return (), ""


def _path_of(name: Any, base: str, paths: set[str]) -> str | None:
    for path in (str(name), f"{base}/{name}", f"/{name}"):
        if name and path in paths:
            return path
    return None
