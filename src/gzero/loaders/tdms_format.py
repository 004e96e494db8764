"""The byte format of LabVIEW's TDMS files: which channels there are, what is said about them, where their numbers stand.

National Instruments describes it in "TDMS File Format Internal Structure"
(https://www.ni.com/en/support/documentation/supplemental/07/tdms-file-format-internal-structure.html): segments of a
lead-in, metadata and raw data, of which each may leave out what has not changed since the one before. Raw data are the
values of one channel after the other, or of all channels in turn (interleaved), or rows of a DAQmx device from which
every channel takes its bytes by scalers.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import numpy as np

from gzero.errors import FileError

Property = int | float | complex | str | bool | tuple[int, int]

#: Type codes of plain numbers, and NumPy's names of them.
NUMBERS = {
    1: "i1", 2: "i2", 3: "i4", 4: "i8", 5: "u1", 6: "u2", 7: "u4", 8: "u8", 9: "f4", 10: "f8", 0x19: "f4", 0x1A: "f8",
    0x21: "u1", 0x08000C: "c8", 0x10000D: "c16",
}  # fmt: skip
TEXT, TIME, VOID, DAQMX = 0x20, 0x44, 0, 0xFFFFFFFF
NAMES = {0x0B: "extended float", 0x1B: "extended float", 0x4F: "fixed point"}

#: What the scalers of DAQmx call the same numbers.
DAQMX_NUMBERS = dict(enumerate((5, 1, 6, 2, 7, 3, 8, 4, 9, 10))) | {0xFFFFFFFF: TIME}

_META, _NEW_LIST, _RAW, _INTERLEAVED, _BIG = 1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 6
_NO_DATA, _AS_BEFORE = 0xFFFFFFFF, 0
_FORMAT_CHANGING, _DIGITAL_LINE = 0x1269, 0x126A
_UNKNOWN_SIZE = 0xFFFFFFFFFFFFFFFF

#: Entries of metadata that may be gone through: millions in a file of gigabytes, none the more in a hostile one.
MAX_STEPS = 20_000_000
MAX_OBJECTS = 200_000
_LONGEST_TEXT = 1 << 24


@dataclass(frozen=True, slots=True)
class Scaler:
    """Which bytes of a DAQmx row belong to a channel: type code, buffer, byte in the row, bit of a digital line."""

    scale: int
    code: int
    buffer: int
    byte: int
    bit: int | None


@dataclass(frozen=True, slots=True)
class Index:
    """How a channel's values stand in the raw data of a segment: type code, values a chunk, bytes of its texts."""

    code: int
    count: int
    size: int = 0
    scalers: tuple[Scaler, ...] = ()
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """Values of a channel in every chunk of a run: the first at byte `base` of it, each `stride` bytes after the one before;
    they or the rows that they stand in begin at byte `start`."""

    path: str
    scale: int | None
    code: int
    bit: int | None
    base: int
    stride: int
    count: int
    start: int


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Chunks of equal layout, one after the other."""

    position: int
    chunk: int
    chunks: int
    order: str
    fields: tuple[Field, ...]


@dataclass(slots=True)
class Content:
    """What a file holds.

    Parameters
    ----------
    properties : object path -> name -> value, of the last segment that states it.
    runs : where the numbers stand, in the order in which they were written.
    codes : channel path -> type code of what its values become: texts, times, float64 or complex128.
    truncated : whether the file ends inside a segment.
    """

    properties: dict[str, dict[str, Property]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)
    truncated: bool = False


class TdmsParser:
    """Reads the lead-ins and metadata of all segments, and none of the numbers."""

    def __init__(self, stream: BinaryIO, size: int, path: str) -> None:
        self.stream, self.size, self.path = stream, size, path
        self.content = Content()
        self.known: dict[str, Index] = {}
        self.active: dict[str, Index | None] = {}
        self.layout: tuple[bool, str, int, tuple[Field, ...]] | None = None
        self.order, self.steps = "<", 0

    def parse(self) -> Content:
        """All segments.

        Raises
        ------
        FileError : damaged, or of a kind that is not read.
        """
        position = 0
        while position + 28 <= self.size:
            try:
                position = self._segment(position)
            except (struct.error, UnicodeDecodeError, OverflowError):
                raise self.damaged(f"the metadata of the segment at byte {position} make no sense") from None
        if position < self.size:
            self.content.truncated = True
        return self.content

    def damaged(self, problem: str) -> FileError:
        problem = problem if len(problem) <= 200 else f"{problem[:200]}..."  # it may quote a name of a megabyte
        return FileError(f"damaged TDMS file: {problem}", path=self.path, remedy="copy it again, or save it anew")

    def _segment(self, position: int) -> int:
        self.stream.seek(position)
        lead = self._take(28)
        (toc,) = struct.unpack_from("<I", lead, 4)
        self.order = ">" if toc & _BIG else "<"
        after, raw = struct.unpack_from(self.order + "QQ", lead, 12)
        if not any(lead) and self.content.runs:  # room that was made for what was never written
            self.content.truncated = True
            return self.size
        if lead[:4] != b"TDSm":
            raise self.damaged(f"no segment begins at byte {position}")
        stop = self.size if after == _UNKNOWN_SIZE else position + 28 + after
        incomplete = after == _UNKNOWN_SIZE or stop > self.size
        stop = min(stop, self.size)
        start = position + 28 + raw
        if raw == _UNKNOWN_SIZE or start > stop:
            if not incomplete:
                raise self.damaged(f"the segment at byte {position} ends before its numbers begin")
            self.content.truncated = True
            return self.size
        self.content.truncated |= incomplete
        if toc & _META:
            self._metadata(start, new=bool(toc & _NEW_LIST))
        if toc & _RAW and stop > start:
            self._raw_data(start, stop - start, interleaved=bool(toc & _INTERLEAVED), incomplete=incomplete)
        return stop

    # --- metadata ---

    def _take(self, size: int) -> bytes:
        if size > _LONGEST_TEXT or size > self.size:
            raise self.damaged(f"a text of {size} bytes in its metadata")
        data = self.stream.read(size)
        if len(data) != size:
            raise self.damaged("it ends in its metadata")
        return data

    def _numbers(self, kinds: str) -> tuple[int, ...]:
        return struct.unpack(self.order + kinds, self._take(struct.calcsize(self.order + kinds)))

    def _text(self) -> str:
        return self._take(self._numbers("I")[0]).decode("utf-8", "replace")

    def _step(self, count: int = 1) -> None:
        self.steps += count
        if self.steps > MAX_STEPS:
            raise self.damaged("its metadata have no end")

    def _metadata(self, stop: int, *, new: bool) -> None:
        self.layout = None
        if new:
            self.active = {}
        for _ in range(self._numbers("I")[0]):
            self._step()
            path = self._text()
            (header,) = self._numbers("I")
            index = self.known.get(path)
            if header not in (_NO_DATA, _AS_BEFORE):
                index = self._index(header)
                self.known[path] = index
            elif header == _AS_BEFORE and index is None:
                raise self.damaged(f"'{path}' is to be as before, and there is none before")
            self.active[path] = None if header == _NO_DATA else index
            properties = self.content.properties.setdefault(path, {})
            for _ in range(self._numbers("I")[0]):
                self._step()
                name = self._text()
                properties[name] = self._property(self._numbers("I")[0])
            if self.stream.tell() > stop or len(self.content.properties) > MAX_OBJECTS:
                raise self.damaged("its metadata run into the numbers, or have no end")

    def _property(self, code: int) -> Property:
        if code == TEXT:
            return self._text()
        if code == TIME:
            first, second = struct.unpack(self.order + ("qQ" if self.order == ">" else "Qq"), self._take(16))
            return (first, second) if self.order == ">" else (second, first)
        if code == VOID:
            return ""
        if code not in NUMBERS:
            raise self.damaged(f"a property of type {code:#x}")
        dtype = np.dtype(self.order + NUMBERS[code])
        value: Property = np.frombuffer(self._take(dtype.itemsize), dtype=dtype)[0].item()
        return bool(value) if code == 0x21 else value

    def _index(self, header: int) -> Index:
        code, dimension, count = self._numbers("IIQ")
        if dimension != 1 or count >= 1 << 48:
            raise self.damaged(f"a channel of {dimension} dimensions and {count} values")
        if header in (_FORMAT_CHANGING, _DIGITAL_LINE):
            return self._daqmx(code, count, digital=header == _DIGITAL_LINE)
        if code == TEXT:
            return Index(code, count, self._numbers("Q")[0])
        return Index(code, count)

    def _daqmx(self, code: int, count: int, *, digital: bool) -> Index:
        scalers = []
        for _ in range(self._numbers("I")[0]):
            self._step()
            kind, buffer, offset, _, scale = self._numbers("IIIBI" if digital else "IIIII")
            if kind not in DAQMX_NUMBERS or (digital and kind > 7):
                raise self.damaged(f"a scaler of type {kind:#x}")
            byte, bit = (offset // 8, offset % 8) if digital else (offset, None)
            scalers.append(Scaler(scale, DAQMX_NUMBERS[kind], buffer, byte, bit))
        widths = tuple(self._numbers("I")[0] for _ in range(min(self._numbers("I")[0], 4096)))
        for scaler in scalers:
            if scaler.buffer >= len(widths) or scaler.byte + size_of(scaler.code) > widths[scaler.buffer]:
                raise self.damaged("a scaler takes bytes beyond the row of its device")
        return Index(code, count, 0, tuple(scalers), widths)

    # --- where the numbers stand ---

    def _raw_data(self, start: int, length: int, *, interleaved: bool, incomplete: bool) -> None:
        if self.layout is None or self.layout[:2] != (interleaved, self.order):
            objects = [(path, index) for path, index in self.active.items() if index is not None]
            self._step(len(self.active))
            chunk, fields = self._chunk(objects, interleaved=interleaved)
            self.layout = (interleaved, self.order, chunk, fields)
            for one in fields:
                # numbers of several types (the scalers of one channel, or from a segment to the next) become float64
                code = one.code if one.code in (TEXT, TIME) else 0x10000D if NUMBERS[one.code][0] == "c" else 10
                if self.content.codes.setdefault(one.path, code) != code:
                    raise self.damaged(f"the channel '{one.path}' changes its type")
        chunk, fields = self.layout[2:]
        if not chunk:
            raise self.damaged(f"{length} bytes of numbers belong to no channel")
        self._step()
        chunks, rest = divmod(length, chunk)
        if chunks:
            self.content.runs.append(Run(start, chunk, chunks, self.order, fields))
        last = self._last(fields, rest, chunk, incomplete=incomplete) if rest else ()
        if last:
            self._step(len(last))
            self.content.runs.append(Run(start + chunks * chunk, rest, 1, self.order, last))

    def _chunk(self, objects: Sequence[tuple[str, Index]], *, interleaved: bool) -> tuple[int, tuple[Field, ...]]:
        """Bytes and fields of a chunk; where all channels stand in rows of one kind, a row is a chunk."""
        objects = [(path, index) for path, index in objects if index.count or index.scalers]
        scaled = [bool(index.scalers) for _, index in objects]
        if any(scaled):
            if not all(scaled) or len({index.widths for _, index in objects}) > 1:
                raise self.damaged("DAQmx channels stand beside others, or have rows of their own")
            return self._device_rows(objects)
        for path, index in objects:
            if index.code not in NUMBERS and index.code not in (TEXT, TIME):
                kind = NAMES.get(index.code, f"type {index.code:#x}")
                raise FileError(f"'{path}' holds numbers of a kind that is not read ({kind})", path=self.path)
        if interleaved and objects:
            if any(index.code == TEXT for _, index in objects) or len({index.count for _, index in objects}) > 1:
                raise self.damaged("interleaved channels of texts, or of unequal length")
            width = sum(size_of(index.code) for _, index in objects)
            fields, base = [], 0
            for path, index in objects:
                fields.append(Field(path, None, index.code, None, base, width, 1, 0))
                base += size_of(index.code)
            return width, tuple(fields)
        fields, base = [], 0
        for path, index in objects:
            size = index.size if index.code == TEXT else size_of(index.code)
            fields.append(Field(path, None, index.code, None, base, size, index.count, base))
            base += size if index.code == TEXT else size * index.count
        return base, tuple(fields)

    def _device_rows(self, objects: Sequence[tuple[str, Index]]) -> tuple[int, tuple[Field, ...]]:
        widths = objects[0][1].widths
        rows = [0] * len(widths)
        for _, index in objects:
            for scaler in index.scalers:
                rows[scaler.buffer] = max(rows[scaler.buffer], index.count)
        if len(widths) == 1:
            rows = [min(1, rows[0])]
        starts = [sum(r * w for r, w in zip(rows[:i], widths, strict=False)) for i in range(len(widths))]
        if any(len({rows[scaler.buffer] for scaler in index.scalers}) > 1 for _, index in objects):
            raise self.damaged("the scalers of one channel have unequally many rows")
        fields = tuple(
            Field(
                path, scaler.scale, scaler.code, scaler.bit, starts[scaler.buffer] + scaler.byte,
                widths[scaler.buffer], rows[scaler.buffer], starts[scaler.buffer],
            )
            for path, index in objects
            for scaler in index.scalers
        )  # fmt: skip
        return sum(r * w for r, w in zip(rows, widths, strict=True)), fields

    def _last(self, fields: tuple[Field, ...], rest: int, chunk: int, *, incomplete: bool) -> tuple[Field, ...]:
        """The fields of a last chunk of which only `rest` bytes were written."""
        if any(one.code == TEXT for one in fields):
            self.content.truncated = True
            return ()
        if all(one.stride == chunk for one in fields):
            return ()  # part of a row
        if any(one.scale is not None for one in fields) or incomplete:
            # written in their order, as far as it went
            whole = (max(0, (rest - one.start) // one.stride) for one in fields)
            cut = (replace(one, count=min(one.count, n)) for one, n in zip(fields, whole, strict=True))
            return tuple(one for one in cut if one.count)
        out, base = [], 0
        for one in fields:  # a shorter chunk that is whole: every channel has its share
            count = one.count * rest // chunk
            out.append(replace(one, base=base, start=base, count=count))
            base += count * one.stride
        return tuple(one for one in out if one.count)


def size_of(code: int) -> int:
    """Bytes of one value of a type of fixed size."""
    return 16 if code == TIME else np.dtype(NUMBERS[code]).itemsize


def dtype_of(code: int, order: str) -> np.dtype[np.void] | np.dtype[np.generic]:
    """NumPy's type for the values of a channel; times as seconds since 1904 and their fraction in 2^-64."""
    if code == TIME:
        fields = [("seconds", order + "i8"), ("fraction", order + "u8")]
        return np.dtype(fields if order == ">" else fields[::-1])
    return np.dtype(order + NUMBERS[code])


def names_of(path: str) -> tuple[str, ...]:
    """The parts of an object path: () for the file, (group,), (group, channel).

    >>> names_of("/'Measured ''data'''/'I'")
    ("Measured 'data'", 'I')
    """
    parts: list[str] = []
    at = 0
    while path[at : at + 2] == "/'":
        stop = at + 2
        while True:
            stop = path.find("'", stop)
            if stop < 0:
                return tuple(parts)
            if path[stop : stop + 2] != "''":
                break
            stop += 2
        parts.append(path[at + 2 : stop].replace("''", "'"))
        at = stop + 1
    return tuple(parts)
