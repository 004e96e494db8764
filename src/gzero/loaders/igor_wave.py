"""The binary wave of Igor Pro, as it stands in a file of its own (.ibw) and in the records of a packed experiment.

The layout is that of WaveMetrics' Technical Note 003 (PTN003, "Igor Binary Format"), all structures packed to two
bytes. Version 7 (Igor Pro 7 and later) is version 5 whose `optionsSize1` became the size of a long wave name, which
stands at the end of the file when it does not fit the 31 bytes of the header. Igor's sum over both headers is zero.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.cells import MAX_COLUMNS, Row
from gzero.loaders.header import metadata_of
from gzero.loaders.table import Column, Coordinate

#: PTN003's number types; 1 is added for complex numbers, and zero is a text wave.
TYPES = {
    0x02: "f4", 0x04: "f8",
    0x08: "i1", 0x10: "i2", 0x20: "i4", 0x80: "i8",
    0x48: "u1", 0x50: "u2", 0x60: "u4", 0xC0: "u8",
}  # fmt: skip

#: The longest text that is kept of a text wave's entry.
MAX_TEXT = 2000

NO_WAVE = "not an Igor binary wave of version 2, 3, 5 or 7"

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
    text_ends: bytes = b""
    extras: dict[str, str] = field(default_factory=dict)


def version_of(data: bytes | memoryview) -> tuple[int, str] | None:
    """(version, byte order) by the first two bytes; None when they are not those of a wave."""
    for order in ("<", ">"):
        if len(data) >= 2:
            (version,) = struct.unpack_from(order + "h", data)
            if version in DATA_AT:
                return version, order
    return None


def checksum(data: bytes | memoryview, version: int, order: str) -> int | None:
    """The sum over both headers, which is zero in a sound wave; None where there are not as many bytes."""
    size = CHECKED[version]
    if len(data) < size:
        return None
    words = np.frombuffer(data[:size], dtype=order + "i2")
    return int(words.sum(dtype=np.int64)) & 0xFFFF


def read_wave(data: memoryview, *, path: str) -> Wave:
    """What the headers of a wave say.

    Raises
    ------
    FileError : not a wave, or a damaged one: the checksum is wrong, or a section ends beyond the bytes.
    """
    found = version_of(data)
    if found is None:
        raise FileError(NO_WAVE, path=path, remedy="save it from Igor as text (.txt)")
    version, order = found
    if len(data) < DATA_AT[version]:
        raise _damaged(path, f"{len(data)} bytes are fewer than the headers of version {version}")
    if checksum(bytes(data[: CHECKED[version]]).ljust(CHECKED[version], b"\0"), version, order) != 0:
        raise _damaged(path, "the checksum of its headers is wrong")
    wave = _headers_5(data, path, version, order) if version >= 5 else _headers_2(data, path, version, order)
    if min(wave.shape) < 0:
        raise _damaged(path, f"dimensions {wave.shape}")
    return wave


def _damaged(path: str, problem: str) -> FileError:
    return FileError(f"damaged Igor wave: {problem}", path=path, remedy="copy or save it again")


def _headers_2(data: memoryview, path: str, version: int, order: str) -> Wave:
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
            "the wave holds a formula and no data", path=path, remedy="remove its dependency in Igor, save again"
        )
    note, formula = _sections(data, path, start + size, (note_size, formula_size))
    return Wave(
        version=version, order=order, type=kind, shape=(points,), steps=(step,), offsets=(offset,),
        name=text_of(name, order), data_unit=text_of(data_unit, order) or None, axis_units=(text_of(x_unit, order) or None,),
        axis_names=("axis 0",), note=text_of(note, order, whole=True), extras=_extras(text_of(formula, order)),
    )  # fmt: skip


def _headers_5(data: memoryview, path: str, version: int, order: str) -> Wave:
    sizes = struct.unpack_from(order + "12i", data, 4)
    size, formula_size, note_size, unit_size = sizes[:4]
    (index_size,) = struct.unpack_from(order + "i", data, 52)
    (name_size,) = struct.unpack_from(order + "h", data, 56) if version == 7 else (0,)
    points, kind = struct.unpack_from(order + "ih", data, 76)
    shape = struct.unpack_from(order + "4i", data, 132)
    steps, offsets = struct.unpack_from(order + "4d", data, 148), struct.unpack_from(order + "4d", data, 180)
    parts = _sections(
        data, path, 64 + size, (formula_size, note_size, unit_size, *sizes[4:8], *sizes[8:12], index_size, name_size)
    )
    dimensions = next((i for i, n in enumerate(shape) if n == 0), 4)
    if points != int(np.prod([int(n) for n in shape[:dimensions]], dtype=object)) * (dimensions > 0):
        raise _damaged(path, f"{points} points do not fill the dimensions {shape[:dimensions]}")
    units = [text_of(bytes(data[216 + 4 * i : 220 + 4 * i]), order) for i in range(4)]
    # the first label of 32 bytes names the dimension as a whole, the others its points
    labels = [text_of(part[:32], order) for part in parts[7:11]]
    return Wave(
        version=version, order=order, type=kind, shape=tuple(shape[:dimensions]) or (0,), steps=steps, offsets=offsets,
        name=text_of(parts[12], order) or text_of(bytes(data[92:124]), order),
        data_unit=text_of(parts[2], order) or text_of(bytes(data[212:216]), order) or None,
        axis_units=tuple(text_of(part, order) or unit or None for part, unit in zip(parts[3:7], units, strict=True)),
        axis_names=tuple(label or f"axis {i}" for i, label in enumerate(labels)),
        note=text_of(parts[1], order, whole=True), text_ends=parts[11], extras=_extras(text_of(parts[0], order)),
    )  # fmt: skip


def _sections(data: memoryview, path: str, start: int, sizes: Sequence[int]) -> list[bytes]:
    """The optional sections behind the numbers, each checked against the length of the file."""
    out, at = [], start
    for size in sizes:
        if size < 0 or at < 0 or at + size > len(data):
            raise _damaged(path, f"a section of {size} bytes at byte {at} of {len(data)}")
        out.append(bytes(data[at : at + size]))
        at += size
    return out


def text_of(data: bytes, order: str, *, whole: bool = False) -> str:
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


def check_numbers(wave: Wave, data: memoryview, *, path: str) -> None:
    """Refuses a wave that does not become columns of numbers, or whose numbers are not all there.

    Raises
    ------
    FileError : a text wave, one without points, of three or four dimensions, of too many traces, or damaged.
    """
    if wave.type == 0:
        if 0 in wave.shape:
            raise FileError("a wave without points", path=path, remedy="was the measurement saved?")
        raise FileError("a text wave holds no numbers", path=path, remedy="save the numeric wave")
    if wave.type & ~1 not in TYPES:
        raise _damaged(path, f"number type {wave.type:#x} does not exist")
    if 0 in wave.shape:
        raise FileError("a wave without points", path=path, remedy="was the measurement saved?")
    if len(wave.shape) > 2:
        shape = " x ".join(str(n) for n in wave.shape)
        problem = f"a wave of {len(wave.shape)} dimensions ({shape}); curves and maps have one or two"
        raise FileError(problem, path=path, remedy="save one layer of it as a wave of its own")
    if len(wave.shape) == 2 and wave.shape[1] > MAX_COLUMNS:
        raise FileError(f"a map of {wave.shape[1]} traces; at most {MAX_COLUMNS} are read", path=path)
    if not np.isfinite([*wave.steps[: len(wave.shape)], *wave.offsets[: len(wave.shape)]]).all():
        raise _damaged(path, "the scaling of its axes is not finite")
    size = count_of(wave) * _dtype(wave).itemsize
    if DATA_AT[wave.version] + size > len(data):
        there = len(data) - DATA_AT[wave.version]
        raise _damaged(path, f"{size} bytes of numbers are stated, {there} are there")


def count_of(wave: Wave) -> int:
    """How many numbers a wave holds; a complex one is two."""
    count = 2 if wave.type & 1 else 1
    for n in wave.shape:
        count *= n
    return count


def _dtype(wave: Wave) -> np.dtype[np.generic]:
    return np.dtype(wave.order + TYPES[wave.type & ~1])


def values_of(wave: Wave, data: memoryview) -> NDArray[np.float64]:
    """All numbers, read-only: (real and imaginary part or one) x points x traces."""
    raw = np.frombuffer(data, dtype=_dtype(wave), count=count_of(wave), offset=DATA_AT[wave.version])
    parts = 2 if wave.type & 1 else 1
    traces = wave.shape[1] if len(wave.shape) == 2 else 1
    with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
        values = raw.astype(np.float64)
    values.setflags(write=False)
    return values.reshape((parts, wave.shape[0], traces), order="F")  # Igor stores column after column


def texts_of(wave: Wave, data: memoryview, *, path: str) -> tuple[str, ...]:
    """The entries of a text wave of one dimension, whose ends stand behind the numbers (versions 5 and 7).

    Raises
    ------
    FileError : the ends are not in order, not as many as there are points, or beyond the bytes.
    """
    points = wave.shape[0]
    if len(wave.text_ends) < 4 * points:
        raise _damaged(path, f"{len(wave.text_ends)} bytes of ends for {points} texts")
    ends = np.frombuffer(wave.text_ends, dtype=wave.order + "i4", count=points).astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]])
    at = DATA_AT[wave.version]
    if points and ((ends < starts).any() or at + int(ends[-1]) > len(data)):
        raise _damaged(path, "the ends of its texts are out of order")
    return tuple(
        text_of(bytes(data[at + a : at + b]), wave.order, whole=True)[:MAX_TEXT]
        for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
    )


def axis_of(wave: Wave) -> Column:
    """The scaling of dimension 0 as a column."""
    with np.errstate(over="ignore", invalid="ignore"):
        values = wave.offsets[0] + wave.steps[0] * np.arange(wave.shape[0], dtype=np.float64)
    return Column(name=wave.axis_names[0], unit_text=wave.axis_units[0], values=values, source="axis 0")


def traces_in(wave: Wave, values: NDArray[np.float64], *, source: str = "wave") -> list[Column]:
    """One column for each trace and, of a complex wave, for each part."""
    out = []
    name = wave.name or "wave"
    for j in range(values.shape[2]):
        coordinate = None
        label, place = name, source
        if len(wave.shape) == 2:
            value = wave.offsets[1] + wave.steps[1] * j
            coordinate = Coordinate(name=wave.axis_names[1], value=value, unit_text=wave.axis_units[1])
            label, place = f"{name}[{j}]", f"{source}, trace {j}"
        for part, suffix in zip(values, (" re", " im") if len(values) == 2 else ("",), strict=True):
            out.append(
                Column(
                    name=label + suffix,
                    unit_text=wave.data_unit,
                    values=part[:, j],
                    source=place,
                    coordinate=coordinate,
                )
            )
    return out


def metadata_in(wave: Wave) -> dict[str, str]:
    """The name of a wave, its formula, and what its note says."""
    lines = [line for line in re.split(r"[\r\n]+", wave.note) if line.strip()]
    rows = [Row(number=i, cells=(line.strip(),), text=line.strip()) for i, line in enumerate(lines, 1)]
    return {"wave": wave.name} | wave.extras | metadata_of(rows)


def options_in(wave: Wave) -> dict[str, str]:
    """How a wave was stored."""
    kind = "complex " if wave.type & 1 else ""
    return {
        "version": str(wave.version),
        "byte_order": "little" if wave.order == "<" else "big",
        "number_type": kind + TYPES[wave.type & ~1],
        "shape": " x ".join(str(n) for n in wave.shape),
    }
