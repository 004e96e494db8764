"""Igor Pro binary waves (.ibw), versions 2, 3, 5 and 7, in either byte order.

The layout is that of WaveMetrics' Technical Note 003 (PTN003, "Igor Binary Format"), all structures packed to two
bytes. Version 7 (Igor Pro 7 and later) is version 5 whose `optionsSize1` became the size of a long wave name, which
stands at the end of the file when it does not fit the 31 bytes of the header. Igor's sum over both headers is zero.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS, Row
from gzero.loaders.header import metadata_of
from gzero.loaders.source import Source, looks_like, read_head, read_source, unread
from gzero.loaders.table import Column, Coordinate, Table

#: PTN003's number types; 1 is added for complex numbers, and zero is a text wave.
TYPES = {
    0x02: "f4", 0x04: "f8",
    0x08: "i1", 0x10: "i2", 0x20: "i4", 0x80: "i8",
    0x48: "u1", 0x50: "u2", 0x60: "u4", 0xC0: "u8",
}  # fmt: skip

#: Bytes of both headers, by version: where the numbers begin, and over how many bytes the checksum runs.
DATA_AT = {2: 126, 3: 130, 5: 384, 7: 384}
CHECKED = {2: 142, 3: 146, 5: 384, 7: 384}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What the headers of a wave say, checked against the length of the file."""

    version: int
    order: str
    type: int
    shape: tuple[int, ...]
    steps: tuple[float, ...]
    offsets: tuple[float, ...]
    name: str
    data_unit: str | None
    axis_units: tuple[str | None, ...]
    axis_names: tuple[str, ...]
    note: str
    extras: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IgorLoader:
    """Reads one wave: a curve, or a map as one column for each trace."""

    name: str = "igor"
    description: str = "Igor Pro binary wave (.ibw), versions 2, 3, 5 and 7: a curve, or a map as one trace a column"
    suffixes: tuple[str, ...] = (".ibw", ".bwav")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file begins with the headers of a wave whose checksum is right.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        head = read_head(path, 512)
        found = _version(head)
        return found is not None and _checksum(head, *found) == 0

    def read(self, path: str | os.PathLike[str]) -> Table:
        """The wave as columns: `axis 0` and the values, or for a map `axis 0` and one column for each trace.

        Values are as they are: NaN and infinities of a map stay. Complex waves give columns `... re` and `... im`.

        Raises
        ------
        FileError : unreadable, not a wave, damaged, a text wave, without points, or with three or four dimensions.
        """
        source = read_source(path)
        wave = _read_headers(source)
        values = _values(source, wave)
        columns = [_axis(wave), *_traces(wave, values)]
        lines = [line for line in re.split(r"[\r\n]+", wave.note) if line.strip()]
        rows = [Row(number=i, cells=(line.strip(),), text=line.strip()) for i, line in enumerate(lines, 1)]
        kind = "complex " if wave.type & 1 else ""
        options = {
            "version": str(wave.version),
            "byte_order": "little" if wave.order == "<" else "big",
            "number_type": kind + TYPES[wave.type & ~1],
            "shape": " x ".join(str(n) for n in wave.shape),
        }
        return Table(
            columns=tuple(columns),
            metadata={"wave": wave.name} | wave.extras | metadata_of(rows),
            origin=source.origin(loader=self.name, options=options, dropped=(), rows_read=wave.shape[0]),
        )


LOADER = IgorLoader()


def _version(data: bytes) -> tuple[int, str] | None:
    """(version, byte order) by the first two bytes; None when they are not those of a wave."""
    for order in ("<", ">"):
        if len(data) >= 2:
            (version,) = struct.unpack_from(order + "h", data)
            if version in DATA_AT:
                return version, order
    return None


def _checksum(data: bytes, version: int, order: str) -> int | None:
    size = CHECKED[version]
    if len(data) < size:
        return None
    words = np.frombuffer(data[:size], dtype=order + "i2")
    return int(words.sum(dtype=np.int64)) & 0xFFFF


def _read_headers(source: Source) -> Wave:
    found = _version(source.data)
    if found is None:
        what = looks_like(source.data, Path(source.path).suffix)
        if what is not None:
            raise unread(what, source.path, loader=LOADER.name)
        problem = "not an Igor binary wave of version 2, 3, 5 or 7"
        raise FileError(problem, path=source.path, remedy="save it from Igor as text (.txt)")
    version, order = found
    if len(source.data) < DATA_AT[version]:
        raise _damaged(source, f"{len(source.data)} bytes are fewer than the headers of version {version}")
    if _checksum(source.data.ljust(CHECKED[version], b"\0"), version, order) != 0:
        raise _damaged(source, "the checksum of its headers is wrong")
    wave = _headers_5(source, version, order) if version >= 5 else _headers_2(source, version, order)
    return _checked(source, wave)


def _damaged(source: Source, problem: str) -> FileError:
    return FileError(f"damaged Igor wave: {problem}", path=source.path, remedy="copy or save it again")


def _headers_2(source: Source, version: int, order: str) -> Wave:
    data = source.data
    formula_size = 0
    if version == 2:
        size, note_size = struct.unpack_from(order + "ii", data, 2)
        start = 16
    else:
        size, note_size, formula_size = struct.unpack_from(order + "iii", data, 2)
        start = 20
    kind, name, data_unit, x_unit, points = struct.unpack_from(order + "h4x20s2x2x4x4s4si", data, start)
    step, offset = struct.unpack_from(order + "dd", data, start + 48)
    if points > 0 and formula_size > 0 and size == 126:
        raise FileError(
            "the wave holds a formula and no data", path=source.path, remedy="remove its dependency in Igor, save again"
        )
    note, formula = _sections(source, start + size, (note_size, formula_size))
    return Wave(
        version=version, order=order, type=kind, shape=(points,), steps=(step,), offsets=(offset,),
        name=_text(name, order), data_unit=_text(data_unit, order) or None, axis_units=(_text(x_unit, order) or None,),
        axis_names=("axis 0",), note=_text(note, order, whole=True), extras=_extras(_text(formula, order)),
    )  # fmt: skip


def _headers_5(source: Source, version: int, order: str) -> Wave:
    data = source.data
    sizes = struct.unpack_from(order + "12i", data, 4)
    size, formula_size, note_size, unit_size = sizes[:4]
    (index_size,) = struct.unpack_from(order + "i", data, 52)
    (name_size,) = struct.unpack_from(order + "h", data, 56) if version == 7 else (0,)
    points, kind = struct.unpack_from(order + "ih", data, 76)
    shape = struct.unpack_from(order + "4i", data, 132)
    steps, offsets = struct.unpack_from(order + "4d", data, 148), struct.unpack_from(order + "4d", data, 180)
    parts = _sections(
        source, 64 + size, (formula_size, note_size, unit_size, *sizes[4:8], *sizes[8:12], index_size, name_size)
    )
    dimensions = next((i for i, n in enumerate(shape) if n == 0), 4)
    if points != int(np.prod([int(n) for n in shape[:dimensions]], dtype=object)) * (dimensions > 0):
        raise _damaged(source, f"{points} points do not fill the dimensions {shape[:dimensions]}")
    units = [_text(data[216 + 4 * i : 220 + 4 * i], order) for i in range(4)]
    # the first label of 32 bytes names the dimension as a whole, the others its points
    labels = [_text(part[:32], order) for part in parts[7:11]]
    return Wave(
        version=version, order=order, type=kind, shape=tuple(shape[:dimensions]) or (0,), steps=steps, offsets=offsets,
        name=_text(parts[12], order) or _text(data[92:124], order),
        data_unit=_text(parts[2], order) or _text(data[212:216], order) or None,
        axis_units=tuple(_text(part, order) or unit or None for part, unit in zip(parts[3:7], units, strict=True)),
        axis_names=tuple(label or f"axis {i}" for i, label in enumerate(labels)),
        note=_text(parts[1], order, whole=True), extras=_extras(_text(parts[0], order)),
    )  # fmt: skip


def _sections(source: Source, start: int, sizes: Sequence[int]) -> list[bytes]:
    """The optional sections behind the numbers, each checked against the length of the file."""
    out, at = [], start
    for size in sizes:
        if size < 0 or at < 0 or at + size > len(source.data):
            raise _damaged(source, f"a section of {size} bytes at byte {at} of {len(source.data)}")
        out.append(source.data[at : at + size])
        at += size
    return out


def _text(data: bytes, order: str, *, whole: bool = False) -> str:
    """Text of a header or a note: UTF-8 since Igor 7, the system's own before."""
    if not whole:
        data = data.split(b"\0", 1)[0]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("mac-roman" if order == ">" else "cp1252", errors="replace")
    return text.replace("\0", "\n").strip()


def _extras(formula: str) -> dict[str, str]:
    return {"formula": formula} if formula else {}


def _checked(source: Source, wave: Wave) -> Wave:
    """The wave, if it is one that becomes columns of numbers and all of them are in the file."""
    path = source.path
    if wave.type == 0:
        if 0 in wave.shape:
            raise FileError("a wave without points", path=path, remedy="was the measurement saved?")
        raise FileError("a text wave holds no numbers", path=path, remedy="save the numeric wave")
    if wave.type & ~1 not in TYPES:
        raise _damaged(source, f"number type {wave.type:#x} does not exist")
    if 0 in wave.shape:
        raise FileError("a wave without points", path=path, remedy="was the measurement saved?")
    if min(wave.shape) < 0:
        raise _damaged(source, f"dimensions {wave.shape}")
    if len(wave.shape) > 2:
        shape = " x ".join(str(n) for n in wave.shape)
        problem = f"a wave of {len(wave.shape)} dimensions ({shape}); curves and maps have one or two"
        raise FileError(problem, path=path, remedy="save one layer of it as a wave of its own")
    if len(wave.shape) == 2 and wave.shape[1] > MAX_COLUMNS:
        raise FileError(f"a map of {wave.shape[1]} traces; at most {MAX_COLUMNS} are read", path=path)
    if not np.isfinite([*wave.steps[: len(wave.shape)], *wave.offsets[: len(wave.shape)]]).all():
        raise _damaged(source, "the scaling of its axes is not finite")
    size = _count(wave) * _dtype(wave).itemsize
    if DATA_AT[wave.version] + size > len(source.data):
        there = len(source.data) - DATA_AT[wave.version]
        raise _damaged(source, f"{size} bytes of numbers are stated, {there} are there")
    return wave


def _count(wave: Wave) -> int:
    count = 2 if wave.type & 1 else 1
    for n in wave.shape:
        count *= n
    return count


def _dtype(wave: Wave) -> np.dtype[np.generic]:
    return np.dtype(wave.order + TYPES[wave.type & ~1])


def _values(source: Source, wave: Wave) -> NDArray[np.float64]:
    """All numbers: (real and imaginary part or one) x points x traces."""
    raw = np.frombuffer(source.data, dtype=_dtype(wave), count=_count(wave), offset=DATA_AT[wave.version])
    parts = 2 if wave.type & 1 else 1
    traces = wave.shape[1] if len(wave.shape) == 2 else 1
    with np.errstate(invalid="ignore"):  # a signalling NaN is one all the same
        numbers = raw.astype(np.float64)
    return numbers.reshape((parts, wave.shape[0], traces), order="F")  # Igor stores column after column


def _axis(wave: Wave) -> Column:
    with np.errstate(over="ignore"):
        values = wave.offsets[0] + wave.steps[0] * np.arange(wave.shape[0], dtype=np.float64)
    return Column(name=wave.axis_names[0], unit_text=wave.axis_units[0], values=values, source="axis 0")


def _traces(wave: Wave, values: NDArray[np.float64]) -> list[Column]:
    out = []
    name = wave.name or "wave"
    for j in range(values.shape[2]):
        coordinate = None
        label, source = name, "wave"
        if len(wave.shape) == 2:
            value = wave.offsets[1] + wave.steps[1] * j
            coordinate = Coordinate(name=wave.axis_names[1], value=value, unit_text=wave.axis_units[1])
            label, source = f"{name}[{j}]", f"wave, trace {j}"
        for part, suffix in zip(values, (" re", " im") if len(values) == 2 else ("",), strict=True):
            out.append(
                Column(
                    name=label + suffix,
                    unit_text=wave.data_unit,
                    values=part[:, j],
                    source=source,
                    coordinate=coordinate,
                )
            )
    return out
