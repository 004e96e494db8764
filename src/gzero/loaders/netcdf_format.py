"""The header of a classic netCDF file: dimensions, attributes, variables and where their numbers stand."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

import numpy as np

from gzero.errors import FileError

#: Types by their number in the specification; the last five are those of CDF-5.
TYPES = {
    1: ">i1", 2: "S1", 3: ">i2", 4: ">i4", 5: ">f4", 6: ">f8",
    7: ">u1", 8: ">u2", 9: ">u4", 10: ">i8", 11: ">u8",
}  # fmt: skip

_DIMENSION, _VARIABLE, _ATTRIBUTE = 10, 11, 12

#: Entries of a list, bytes of a name, bytes of an attribute that are read, entries that are kept.
MAX_LIST = 100_000
MAX_NAME = 1 << 12
MAX_ATTRIBUTE = 1 << 24
MAX_ENTRIES = 64
MAX_RANK = 32
MAX_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One variable.

    Parameters
    ----------
    type : of its numbers, as numpy spells it.
    record : whether its first dimension is the unlimited one, whose records are interleaved with those of others.
    begin : byte of its first number.
    """

    name: str
    dimensions: tuple[str, ...]
    shape: tuple[int, ...]
    type: str
    attributes: Mapping[str, Any]
    record: bool
    begin: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What stands before the numbers; `record_size` is that of one record of all variables along the unlimited dimension."""

    version: int
    attributes: Mapping[str, Any]
    variables: tuple[Variable, ...]
    record_size: int


@dataclass(slots=True, kw_only=True, eq=False)
class _Reader:
    stream: BinaryIO
    size: int
    path: str
    wide: bool
    far: bool
    at: int = 4

    def bytes(self, count: int) -> bytes:
        if count < 0 or self.at + count > self.size:
            self.damaged(f"its header states {count} bytes at byte {self.at} of {self.size}")
        data = self.stream.read(count)
        self.at += len(data)
        if len(data) != count:
            self.damaged(f"it ends at byte {self.at}")
        return data

    def skip(self, count: int) -> None:
        if self.at + count > self.size:
            self.damaged(f"its header states {count} bytes at byte {self.at} of {self.size}")
        self.stream.seek(count, 1)
        self.at += count

    def word(self) -> int:
        (value,) = struct.unpack(">I", self.bytes(4))
        return int(value)

    def count(self) -> int:
        (value,) = struct.unpack(">Q" if self.wide else ">I", self.bytes(8 if self.wide else 4))
        return int(value)

    def offset(self) -> int:
        (value,) = struct.unpack(">Q" if self.far else ">I", self.bytes(8 if self.far else 4))
        return int(value)

    def length(self, what: str) -> int:
        """Entries of a list, whose tag was read before."""
        value = self.count()
        if value > MAX_LIST:
            self.damaged(f"its header states {value} {what}")
        return value

    def entries(self, tag: int, what: str) -> int:
        found, value = self.word(), self.length(what)
        if found not in (0, tag) or (found == 0 and value):
            self.damaged(f"its list of {what} begins with {found}")
        return value

    def name(self) -> str:
        length = self.count()
        if length > MAX_NAME:
            self.damaged(f"its header states a name of {length} bytes")
        text = self.bytes(length).decode("utf-8", errors="replace")
        self.bytes(-length % 4)
        return text

    def attributes(self) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for _ in range(self.entries(_ATTRIBUTE, "attributes")):
            name, kind, length = self.name(), self.word(), self.count()
            if kind not in TYPES:
                self.damaged(f"attribute '{name}' has the type {kind}, which does not exist")
            size = length * np.dtype(TYPES[kind]).itemsize
            if size > MAX_ATTRIBUTE:
                self.skip(size + -size % 4)
                continue
            data = self.bytes(size)
            self.bytes(-size % 4)
            if kind == 2:
                out[name] = data.rstrip(b"\0").decode("utf-8", errors="replace")[:MAX_TEXT]
            else:
                values = np.frombuffer(data, dtype=TYPES[kind])[:MAX_ENTRIES].tolist()
                out[name] = values[0] if len(values) == 1 else values
        return out

    def damaged(self, problem: str) -> NoReturn:
        remedy = "copy it again from where it was measured"
        problem = problem if len(problem) <= 200 else f"{problem[:200]}..."  # it may quote a name of a megabyte
        raise FileError(f"a damaged netCDF file: {problem}", path=self.path, remedy=remedy)


def read_header(stream: BinaryIO, size: int, path: str) -> Header:
    """The header, checked against the length of the file.

    Raises
    ------
    FileError : damaged.
    """
    version = stream.read(4)[3]
    reader = _Reader(stream=stream, size=size, path=path, wide=version == 5, far=version in (2, 5))
    records = reader.count()
    dimensions: list[tuple[str, int]] = []
    for _ in range(reader.entries(_DIMENSION, "dimensions")):
        name = reader.name()
        dimensions.append((name, reader.count()))
    unlimited = next((i for i, (_, length) in enumerate(dimensions) if length == 0), -1)
    attributes = reader.attributes()
    found: list[tuple[Variable, int]] = []
    for _ in range(reader.entries(_VARIABLE, "variables")):
        found.append(_variable(reader, dimensions, unlimited))
    sizes = [own for variable, own in found if variable.record]
    # records are padded to four bytes, unless there is but one variable along them
    record_size = sizes[0] if len(sizes) == 1 else sum(own + -own % 4 for own in sizes)
    most = (1 << 64) - 1 if version == 5 else (1 << 32) - 1
    if records == most:  # written while it grew: as many as there are
        first = min((variable.begin for variable, _ in found if variable.record), default=size)
        records = (size - first) // max(1, record_size)
    variables = []
    for variable, own in found:
        shape = (records, *variable.shape[1:]) if variable.record else variable.shape
        end = variable.begin + ((records - 1) * record_size + own if variable.record and records else own)
        if variable.record and not records:
            end = variable.begin
        if variable.begin < 0 or end > size:
            reader.damaged(f"the numbers of '{variable.name}' end at byte {end} of {size}")
        variables.append(
            Variable(
                name=variable.name, dimensions=variable.dimensions, shape=shape, type=variable.type,
                attributes=variable.attributes, record=variable.record, begin=variable.begin,
            )
        )  # fmt: skip
    return Header(version=version, attributes=attributes, variables=tuple(variables), record_size=max(1, record_size))


def _variable(reader: _Reader, dimensions: list[tuple[str, int]], unlimited: int) -> tuple[Variable, int]:
    """A variable with the bytes of its numbers, or of those in one record."""
    name = reader.name()
    rank = reader.length("dimensions of a variable")
    if rank > MAX_RANK:
        reader.damaged(f"'{name}' has {rank} dimensions")
    places = [reader.count() for _ in range(rank)]
    if any(place >= len(dimensions) for place in places) or unlimited in places[1:]:
        reader.damaged(f"'{name}' has dimensions that do not exist")
    attributes = reader.attributes()
    kind = reader.word()
    if kind not in TYPES:
        reader.damaged(f"'{name}' has the type {kind}, which does not exist")
    reader.count()  # the size, which is wrong for large variables: it follows from the shape
    begin = reader.offset()
    record = bool(places) and places[0] == unlimited
    shape = tuple(dimensions[place][1] for place in places)
    own = np.dtype(TYPES[kind]).itemsize
    for length in shape[1:] if record else shape:
        own *= length
    variable = Variable(
        name=name, dimensions=tuple(dimensions[place][0] for place in places), shape=shape, type=TYPES[kind],
        attributes=attributes, record=record, begin=begin,
    )  # fmt: skip
    return variable, own
