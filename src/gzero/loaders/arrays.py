"""Named arrays, as HDF5, netCDF and MATLAB files hold them: which of them make a table, which a map, and along which axes.

The arrays stay in the file until it is known which are needed; a `Store` fetches those. The last dimension is the fast
one: a map becomes the axis along it and one column for each place along the other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.table import Column, Dropped

Floats = NDArray[np.float64]

#: A place or a range for each dimension.
Index = tuple[int | tuple[int, int], ...]

#: A two-dimensional array without axes whose one side is this short, and a quarter of the other at most, holds columns.
FEW = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoding:
    """How stored numbers become readings (the netCDF conventions): value * scale + offset, and which stand for nothing."""

    scale: float = 1.0
    offset: float = 0.0
    fills: tuple[float, ...] = ()
    unsigned_bits: int = 0

    def said(self) -> str:
        """What is done, for the options of a table; empty where nothing is."""
        parts = []
        if self.unsigned_bits:
            parts.append(f"unsigned, {self.unsigned_bits} bits")
        if self.scale != 1.0 or self.offset != 0.0:
            parts.append(f"scale_factor {self.scale!r}, add_offset {self.offset!r}")
        parts += [f"fill value {fill!r} as NaN" for fill in self.fills if not math.isnan(fill)]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Array:
    """One array of a file.

    Parameters
    ----------
    path : from the root, with the names of its groups.
    shape : as stored; the last dimension is the fast one. Dimensions of one entry are passed over.
    column : the field of a compound array, else None.
    kind : of its entries.
    name, unit_text : of the column it becomes; the unit as written, None where none is stated.
    axes : for each dimension the path of the array that holds its values, or None; empty where the file states nothing.
    axes_by : how the file states them.
    dimension : name of the dimension that a vector runs along, where dimensions have names.
    setting : whether it was set, so that it goes before what was read.
    logical : the shape that a flat array stands for.
    column_major : whether the file counts the fast dimension first (MATLAB).
    """

    path: str
    shape: tuple[int, ...]
    column: str | None = None
    kind: Literal["number", "complex", "text"] = "number"
    name: str = ""
    unit_text: str | None = None
    axes: tuple[str | None, ...] = ()
    axes_by: str = ""
    dimension: str | None = None
    setting: bool = False
    logical: tuple[int, ...] = ()
    column_major: bool = False
    decoding: Decoding = field(default_factory=Decoding)

    @property
    def group(self) -> str:
        """The path of the group it stands in; a compound array is the group of its fields."""
        return self.path if self.column is not None else self.path.rpartition("/")[0] or "/"

    @property
    def free(self) -> tuple[int, ...]:
        """The dimensions with more than one entry; the last one where there is no such."""
        found = tuple(i for i, n in enumerate(self.shape) if n != 1)
        return found or tuple(range(len(self.shape)))[-1:]

    @property
    def size(self) -> tuple[int, ...]:
        """The lengths of the free dimensions."""
        return self.logical or tuple(self.shape[i] for i in self.free)

    @property
    def parts(self) -> int:
        """Numbers for each entry: two for complex ones."""
        return 2 if self.kind == "complex" else 1


class Store(Protocol):
    """What fetches the numbers of an array."""

    def numbers(self, array: Array, index: Index, out: Floats) -> int:
        """Fills (parts x rows x columns); returns how many integers float64 does not hold exactly."""
        ...

    def texts(self, array: Array, start: int, stop: int) -> tuple[str, ...]:
        """The entries of a vector of texts."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Built:
    """Columns made of arrays, and how."""

    columns: tuple[Column, ...]
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    dropped: tuple[Dropped, ...] = ()
    rows: int = 0
    first_row: int = 0


def columns_of(array: Array) -> bool:
    """Whether a two-dimensional array without stated axes holds a few long columns."""
    if len(array.size) != 2 or array.axes or array.logical:
        return False
    few, many = (0, 1) if array.column_major else (1, 0)
    return array.size[few] <= FEW and array.size[many] >= 4 * array.size[few]


def numbers_in(path: str | os.PathLike[str], arrays: Sequence[Array]) -> Sequence[Array]:
    """The arrays that hold something.

    Raises
    ------
    FileError : none does.
    """
    held = [array for array in arrays if 0 not in array.shape and (array.shape or array.logical)]
    if not any(array.kind != "text" for array in held):
        raise FileError("it holds no array of numbers", path=os.fspath(path), remedy="is this the data file?")
    return held
