"""The numbers of a QCoDeS run: columns of numbers, and of arrays in NumPy's format, as float64.

QCoDeS stores a number as a number ("nan" as text), an array and a complex number as bytes of NumPy's `.npy` format
(https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Its header is read here by one pattern that
allows plain numbers only: nothing is evaluated or unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.qcodes_layout import Parameter
from gzero.loaders.source import FREE_NUMBERS, NUMBERS_PER_BYTE
from gzero.loaders.sqlite_file import Database, quoted

Floats = NDArray[np.float64]

#: Rows that are fetched at once; fewer where a row holds long arrays, so that a piece stays below so many bytes.
_ROWS, _PIECE = 4096, 1 << 24

#: Texts are cut here [characters].
_LONGEST_TEXT = 1000

#: Headers of plain arrays are shorter [bytes].
_HEAD = 256

#: From here on a float64 does not hold every integer.
EXACT = 2**53

_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[biufc]\d{1,2})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,10}, ?)*(?:\d{1,10})?)\), \}\s*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the numbers of an `.npy` begin, what they are, and how many."""

    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool

    @property
    def size(self) -> int:
        count = 1
        for length in self.shape:
            count *= length
        return count


@dataclass(slots=True)
class Oddities:
    """What was met in a column that is no number, or no exact one: counts by column."""

    words: dict[str, int] = field(default_factory=dict)
    rounded: dict[str, int] = field(default_factory=dict)
    ragged: dict[str, int] = field(default_factory=dict)

    def add(self, others: Oddities) -> None:
        """Counts what was met elsewhere, too."""
        for counts, more in ((self.words, others.words), (self.rounded, others.rounded), (self.ragged, others.ragged)):
            counts.update({name: counts.get(name, 0) + count for name, count in more.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How many numbers the rows of a tree unfold to, and which of its columns are complex; whether every row was asked."""

    rows: int
    count: int
    complex: frozenset[str]
    piece: int
    has_arrays: bool
    certain: bool = True


@lru_cache(maxsize=4096)
def _layout(head: bytes) -> Layout | None:
    size = 2 if head[6:7] == b"\x01" else 4
    offset = 8 + size + int.from_bytes(head[8 : 8 + size], "little")
    found = _HEADER.fullmatch(head, 8 + size)
    if found is None or offset != len(head):
        return None
    try:
        dtype = np.dtype(found[1].decode("ascii"))
    except TypeError:
        return None
    shape = tuple(int(part) for part in found[3].replace(b" ", b"").split(b",") if part)
    return Layout(offset=offset, dtype=dtype, shape=shape, fortran=found[2] == b"True")


def layout_of_array(blob: object) -> Layout | None:
    """The layout of an array of plain numbers in NumPy's format; None for anything else."""
    if not isinstance(blob, bytes) or blob[:6] != b"\x93NUMPY" or blob[6:7] not in (b"\x01", b"\x02", b"\x03"):
        return None
    size = 2 if blob[6:7] == b"\x01" else 4
    length = int.from_bytes(blob[8 : 8 + size], "little")
    if 8 + size + length > min(len(blob), _HEAD):
        return None
    return _layout(blob[: 8 + size + length])


def _array(blob: object) -> NDArray[Any] | None:
    """The numbers of an `.npy`, flat in C order; None where it holds no plain numbers or fewer than it states."""
    layout = _fitting(blob, len(blob)) if isinstance(blob, bytes) else None
    if layout is None or not isinstance(blob, bytes):
        return None
    values = np.frombuffer(blob, dtype=layout.dtype, count=layout.size, offset=layout.offset)
    return values.reshape(layout.shape, order="F").ravel() if layout.fortran and len(layout.shape) > 1 else values


def _uniform(blobs: Sequence[object]) -> NDArray[Any] | None:
    """The arrays of many rows as rows x numbers, where all have one header and one length: at the speed of copying."""
    first = blobs[0]
    layout = layout_of_array(first)
    if layout is None or not isinstance(first, bytes) or (layout.fortran and len(layout.shape) > 1):
        return None
    head, length = first[: layout.offset], layout.offset + layout.size * layout.dtype.itemsize
    if not all(isinstance(blob, bytes) and len(blob) == length and blob.startswith(head) for blob in blobs):
        return None
    raw = b"".join(blobs)  # type: ignore[arg-type]
    strides = (length, layout.dtype.itemsize)
    return np.ndarray((len(blobs), layout.size), layout.dtype, raw, layout.offset, strides)


def extent_of(
    database: Database, table: str, columns: Sequence[Parameter], top: str | None, *, careful: bool
) -> Extent:
    """How much the rows hold in which the column `top` is not empty; all rows when None.

    Parameters
    ----------
    careful : whether to look into the arrays of every row; else the first one speaks for all where they are equally long.

    Raises
    ------
    FileError : the arrays state more bytes than the file has, or far more numbers.
    """
    where = _filled(table, top)
    blobs = [one.name for one in columns if one.storage in ("array", "complex")]
    # not count(*), which SQLite does in one step that nothing can interrupt
    rows = int((database.row(f"SELECT sum(1) {where}") or (0,))[0] or 0)
    if not blobs or not rows:
        _check(database, table, rows * max(1, len(columns)))
        return Extent(rows=rows, count=rows, complex=frozenset(), piece=_ROWS, has_arrays=False)
    asked = [f"sum({_length(one.name)}), min({_length(one.name)}), max({_length(one.name)})" for one in columns]
    lengths = database.row(f"SELECT {', '.join(asked)} {where}") or ()
    stated = sum(int(total or 0) for total in lengths[::3])
    if stated > 2 * database.size + _PIECE:
        problem = f"the arrays in the table '{table}' state more bytes than the file has"
        raise FileError(problem, path=database.path, remedy="a damaged database? copy it again")
    piece = max(1, min(_ROWS, _PIECE * rows // max(1, stated)))
    even = all(
        shortest == longest
        for one, shortest, longest in zip(columns, lengths[1::3], lengths[2::3], strict=True)
        if one.name in blobs
    )
    quick = even and not careful
    # what each array holds is in its first bytes
    heads = ", ".join(f"substr({quoted(name)}, 1, {_HEAD}), length({quoted(name)})" for name in blobs)
    count, found = 0, set()
    for rows_of in database.rows(f"SELECT {heads} {where}" + (" LIMIT 1" if quick else ""), piece=piece):
        for row in rows_of:
            layouts = [_fitting(head, length) for head, length in zip(row[::2], row[1::2], strict=True)]
            width = max((layout.size for layout in layouts if layout is not None), default=1)
            count += width * (rows if quick else 1)
            found |= {
                name for name, one in zip(blobs, layouts, strict=True) if one is not None and one.dtype.kind == "c"
            }
        _check(database, table, count * len(columns))
    return Extent(
        rows=rows, count=count, complex=frozenset(found), piece=piece, has_arrays=True, certain=not quick
    )  # fmt: skip


def _length(name: str) -> str:
    """The length of bytes or text; that of a number would be the length of its text, which takes long to make."""
    column = quoted(name)
    return f"CASE WHEN typeof({column}) IN ('text', 'blob') THEN length({column}) ELSE 8 END"


def _filled(table: str, top: str | None) -> str:
    return f"FROM {quoted(table)}" + ("" if top is None else f" WHERE {quoted(top)} IS NOT NULL")


def _fitting(head: object, length: object) -> Layout | None:
    """The layout of an array of so many bytes; None where they are fewer than it states."""
    layout = layout_of_array(head)
    if layout is None or not isinstance(length, int) or layout.offset + layout.size * layout.dtype.itemsize > length:
        return None
    return layout


def _check(database: Database, table: str, numbers: int) -> None:
    if numbers > FREE_NUMBERS and numbers > NUMBERS_PER_BYTE * database.size:
        problem = f"the table '{table}' states {numbers:.3g} numbers, and the file has {database.size} bytes"
        raise FileError(problem, path=database.path, remedy="a damaged database? copy it again")


def pieces_of(
    database: Database, table: str, columns: Sequence[Parameter], top: str | None, extent: Extent, odd: Oddities
) -> Iterator[list[Any]]:
    """The columns in the rows in which `top` is not empty, piece by piece, arrays unfolded: for each piece one array a
    column (complex where `extent` says so), or a list of texts."""
    names, where = [one.name for one in columns], _filled(table, top)
    if extent.has_arrays:
        # no longer than `extent_of` has found them to be
        for rows in database.rows(f"SELECT {', '.join(map(quoted, names))} {where}", piece=extent.piece):
            yield _unfolded(rows, columns, odd)
        return
    piece = max(1, min(_ROWS, _PIECE // (_LONGEST_TEXT * len(columns))))
    if all(one.storage == "numeric" for one in columns):
        with database.values_of_at_most(4 * _LONGEST_TEXT):
            for rows in database.rows(f"SELECT {', '.join(map(quoted, names))} {where}", piece=piece):
                yield _numbers(rows, names, odd)
        return
    for rows in database.rows(f"SELECT {', '.join(map(_cut, names))} {where}", piece=piece):
        yield [_column(values, one, odd) for values, one in zip(zip(*rows, strict=True), columns, strict=True)]


def _cut(name: str) -> str:
    column = quoted(name)
    return f"CASE WHEN typeof({column}) IN ('text', 'blob') THEN substr({column}, 1, {_LONGEST_TEXT}) ELSE {column} END"


def _numbers(rows: list[Any], names: Sequence[str], odd: Oddities) -> list[Any]:
    """Rows of numbers as columns; empty cells and the text 'nan' become NaN, which is what NumPy makes of them."""
    width = len(names)
    try:
        flat = np.fromiter(chain.from_iterable(rows), dtype=np.float64, count=len(rows) * width)
    except (ValueError, TypeError):
        return [_floats(values, name, odd) for values, name in zip(zip(*rows, strict=True), names, strict=True)]
    block = flat.reshape(len(rows), width)
    for j in np.flatnonzero((np.abs(block) >= EXACT).any(axis=0)).tolist():
        _note_rounded([row[j] for row in rows], names[j], odd)
    return [block[:, j] for j in range(width)]


def _note_rounded(values: Sequence[object], name: str, odd: Oddities) -> None:
    count = sum(isinstance(value, int) and int(float(value)) != value for value in values)
    if count:
        odd.rounded[name] = odd.rounded.get(name, 0) + count


def _floats(values: Sequence[object], name: str, odd: Oddities) -> Floats:
    out = np.full(len(values), np.nan)
    words = 0
    for i, value in enumerate(values):
        if value is None:
            continue
        try:
            out[i] = float(value) if isinstance(value, (int, float, str)) else np.nan
            words += isinstance(value, bytes)
        except ValueError:
            words += 1
    if words:
        odd.words[name] = odd.words.get(name, 0) + words
    _note_rounded(values, name, odd)
    return out


def _column(values: Sequence[object], one: Parameter, odd: Oddities) -> Any:
    if one.storage == "text":
        return ["" if value is None else str(value) for value in values]
    return _floats(values, one.name, odd)


def _unfolded(rows: list[Any], columns: Sequence[Parameter], odd: Oddities) -> list[Any]:
    """Columns of which some hold arrays: what stands once in a row is repeated along the row's arrays."""
    raw = list(zip(*rows, strict=True))
    blocks: list[Any] = []
    for values, one in zip(raw, columns, strict=True):
        block = _uniform(values) if one.storage in ("array", "complex") else None
        if block is None and one.storage in ("numeric", "text"):
            block = _column(values, one, odd)
        blocks.append(block)
    widths = {block.shape[1] for block in blocks if isinstance(block, np.ndarray) and block.ndim == 2}
    width = max(widths, default=1)
    if all(block is not None for block in blocks) and widths <= {1, width}:
        return [_repeated(block, width, odd, one.name) for block, one in zip(blocks, columns, strict=True)]
    return _unfolded_one_by_one(raw, columns, odd)


def _repeated(block: Any, width: int, odd: Oddities, name: str) -> Any:
    if isinstance(block, list):
        return [text for text in block for _ in range(width)]
    if block.ndim == 1:
        return np.repeat(block, width)
    if block.shape[1] == 1:
        block = np.repeat(block, width, axis=1)
    return _as_floats(block.ravel(), name, odd)


def _as_floats(values: NDArray[Any], name: str, odd: Oddities) -> NDArray[Any]:
    if values.dtype.kind == "c":
        return values.astype(np.complex128, copy=False)
    out = values.astype(np.float64, copy=False)
    if values.dtype.kind in "iu" and values.dtype.itemsize == 8 and values.size:
        with np.errstate(invalid="ignore"):
            count = int(np.count_nonzero((np.abs(out) >= EXACT) & (out.astype(values.dtype) != values)))
        if count:
            odd.rounded[name] = odd.rounded.get(name, 0) + count
    return out


def _unfolded_one_by_one(raw: Sequence[Sequence[object]], columns: Sequence[Parameter], odd: Oddities) -> list[Any]:
    out: list[list[Any]] = [[] for _ in columns]
    for i in range(len(raw[0])):
        arrays = [
            _array(values[i]) if one.storage in ("array", "complex") else None
            for values, one in zip(raw, columns, strict=True)
        ]
        width = max((array.size for array in arrays if array is not None), default=1)
        for values, one, array, into in zip(raw, columns, arrays, out, strict=True):
            if one.storage == "text":
                into += _column(values[i : i + 1], one, odd) * width
            elif array is None:
                into.append(np.repeat(_floats(values[i : i + 1], one.name, odd), width))
            elif array.size in (1, width):
                into.append(np.resize(_as_floats(array, one.name, odd), width))
            else:
                odd.ragged[one.name] = odd.ragged.get(one.name, 0) + 1
                into.append(np.full(width, np.nan))
    return [part if one.storage == "text" else np.concatenate(part) for part, one in zip(out, columns, strict=True)]
