"""What a Parquet file and an Arrow IPC file state of their sizes, read before any of it is unpacked.

The libraries that unpack them trust those sizes; a file of a few kilobytes may state gigabytes. What does not fit is an
`InputError` here; the loader adds the name of the file. Formats: Apache Parquet
(`parquet.thrift`, `PageHeader`, in Thrift's compact protocol) and Apache Arrow (columnar format, "Serialization and
Interprocess Communication"; `Message.fbs`, in FlatBuffers).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from gzero.errors import InputError

#: A page header with its statistics is smaller; a Message of Arrow describes buffers, 16 bytes each.
MAX_HEADER = 1 << 20
MAX_MESSAGE = 1 << 26
MAX_DEPTH = 16
MAX_FOOTER = 1 << 25
MAX_STRUCTURES = 500_000

#: Which fields of a Thrift struct are kept: `int` or `bytes`, a mapping for a struct, a list of one of these for a list.
_Spec = Mapping[int, Any]

#: Header types of an Arrow message.
SCHEMA, DICTIONARY, BATCH = 1, 2, 3


#: What is kept of a footer: its row groups, their columns, and of each column's metadata the encodings (2), the path
#: (3), the sizes (6, 7) and the places of its pages (9) and dictionary (11).
_FOOTER: _Spec = {4: [{1: [{3: {2: [int], 3: [bytes], 6: int, 7: int, 9: int, 11: int}}]}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One column of one row group: its name, how it is encoded, where it stands, and its size when unpacked."""

    path: str
    encodings: frozenset[int]
    start: int
    size: int
    unpacked: int


def chunks_in(stream: BinaryIO, size: int) -> list[Chunk]:
    """The column chunks of a Parquet file, by its footer.

    pyarrow 26 ends the process on a footer whose statistics do not fit its schema (`RowGroupMetaData.column`): what its
    readers do not ask for by themselves is read here.

    Parameters
    ----------
    size : of the file.

    Raises
    ------
    InputError : the footer cannot be read, or a chunk does not fit the file.
    """
    stream.seek(max(size - 8, 0))
    tail = stream.read(8)
    if len(tail) < 8 or tail[4:] != b"PAR1":
        raise InputError("it does not end as a Parquet file does: cut short?")
    (length,) = struct.unpack("<I", tail[:4])
    if length > min(MAX_FOOTER, size - 8):
        raise InputError(f"a footer of {length} bytes")
    stream.seek(size - 8 - length)
    footer = _Compact(stream.read(length)).structure(_FOOTER)
    return [_chunk(column.get(3, {}), size) for group in footer.get(4, ()) for column in group.get(1, ())]


def _chunk(stated: dict[int, Any], size: int) -> Chunk:
    start, length, dictionary = stated.get(9, -1), stated.get(7, -1), stated.get(11, 0)
    if dictionary > 0 and (dictionary < start or start == 0):  # a column without rows may have a dictionary alone
        start = dictionary
    if start < 0 or length < 0 or start + length > size or stated.get(6, -1) < 0:
        raise InputError(f"a column is stated to stand at bytes {start} to {start + length} of {size}")
    path = b".".join(stated.get(3, ())).decode("utf-8", errors="replace")
    encodings = frozenset(stated.get(2, ()))
    return Chunk(path=path, encodings=encodings, start=start, size=length, unpacked=stated[6])


def unpacked_of_pages(stream: BinaryIO, chunk: Chunk) -> int:
    """Bytes that the pages of one column chunk state when unpacked.

    Raises
    ------
    InputError : a page header cannot be read, or a page ends beyond its chunk.
    """
    total, at, end = 0, chunk.start, chunk.start + chunk.size
    while at < end:
        stream.seek(at)
        header = _Compact(stream.read(min(MAX_HEADER, end - at)))
        fields = header.structure({2: int, 3: int})
        unpacked, packed = fields.get(2, -1), fields.get(3, -1)
        if unpacked < 0 or packed < 0 or at + header.at + packed > end:
            raise InputError(f"a page at byte {at} does not fit its column")
        total += unpacked
        at += header.at + packed
    return total


class _Compact:
    """Reads Thrift's compact protocol; keeps the fields that are named, steps over the rest."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.structures = 0

    def structure(self, spec: _Spec, depth: int = 0) -> dict[int, Any]:
        """The fields of the struct here that `spec` names, by their numbers.

        Parameters
        ----------
        spec : by field number what it must be; a field that is something else is damage.
        """
        self.structures += 1
        if depth > MAX_DEPTH or self.structures > MAX_STRUCTURES:
            raise InputError("structures without end in a header")
        out: dict[int, Any] = {}
        number = 0
        while True:
            head = self._byte()
            if head == 0:
                return out
            number = number + (head >> 4) if head >> 4 else self._zigzag()
            kind, wanted = head & 15, spec.get(number)
            # true and false of a field stand in its head
            value = kind == 1 if kind in (1, 2) else self._value(kind, _inner(wanted), depth)
            if wanted is not None:
                entries = value if isinstance(value, list) else [value]
                one = wanted[0] if isinstance(wanted, list) else wanted
                sound = isinstance(value, list) is isinstance(wanted, list)
                if not sound or not all(isinstance(v, one if isinstance(one, type) else dict) for v in entries):
                    raise InputError(f"field {number} of a header is of another type")
                out[number] = value

    def _value(self, kind: int, spec: _Spec, depth: int) -> Any:
        if kind in (1, 2, 3):
            return self._byte()
        if kind in (4, 5, 6):
            return self._zigzag()
        if kind in (7, 8):
            count = 8 if kind == 7 else self._varint()
            self._advance(count)
            return self.data[self.at - count : self.at]
        if kind in (9, 10):
            head = self._byte()
            count = head >> 4 if head >> 4 != 15 else self._varint()
            if count > len(self.data) - self.at or depth > MAX_DEPTH:
                raise InputError(f"a list of {count} entries in a header")
            return [self._value(head & 15, spec, depth + 1) for _ in range(count)]
        if kind == 12:
            return self.structure(spec, depth + 1)
        raise InputError(f"a header with a field of type {kind}")

    def _advance(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise InputError("a header ends too early")

    def _byte(self) -> int:
        self._advance(1)
        return self.data[self.at - 1]

    def _varint(self) -> int:
        out = shift = 0
        while shift < 70:
            byte = self._byte()
            out |= (byte & 127) << shift
            if byte < 128:
                return out
            shift += 7
        raise InputError("a number of more than ten bytes in a header")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _inner(wanted: Any) -> _Spec:
    """What is kept of the structs in a field."""
    one = wanted[0] if isinstance(wanted, list) else wanted
    return one if isinstance(one, dict) else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What one Arrow message says: its kind, rows (of a batch), and bytes when unpacked."""

    kind: int
    rows: int
    unpacked: int


def messages_in(stream: BinaryIO, start: int, size: int) -> Iterator[Stated]:
    """The messages of an Arrow stream, one after another, to its end.

    Parameters
    ----------
    start : where the first message begins (8 in an IPC file).
    size : of the file.

    Raises
    ------
    InputError : a message does not fit the file.
    """
    at = start
    while at + 8 <= size:
        stream.seek(at)
        mark, length = struct.unpack("<Ii", stream.read(8))
        if mark != 0xFFFFFFFF:
            raise InputError(f"no message at byte {at}")
        if length == 0:
            return
        if not 0 < length <= min(MAX_MESSAGE, size - at - 8):
            raise InputError(f"a message of {length} bytes at byte {at}")
        try:
            yield (found := _message(stream, stream.read(length), at + 8 + length, size))[0]
        except (struct.error, IndexError):
            raise InputError(f"a damaged message at byte {at}") from None
        at += 8 + length + found[1]


def _message(stream: BinaryIO, data: bytes, body: int, size: int) -> tuple[Stated, int]:
    root = _Table(data, struct.unpack_from("<I", data)[0])
    kind, length = root.number(1, "<B"), root.number(3, "<q")
    if not 0 <= length <= size - body:
        raise InputError(f"a body of {length} bytes at byte {body}")
    batch = root.table(2)
    if kind == DICTIONARY and batch is not None:
        batch = batch.table(1)
    if kind not in (DICTIONARY, BATCH) or batch is None:
        return Stated(kind=kind, rows=0, unpacked=0), length
    rows = batch.number(0, "<q")
    if rows < 0:
        raise InputError(f"a batch of {rows} rows")
    unpacked = 0
    compressed = batch.table(3) is not None
    for offset, count in batch.pairs(2):
        if offset < 0 or count < 0 or offset + count > length:
            raise InputError(f"a buffer of {count} bytes at {offset} of {length}")
        unpacked += count
        if compressed and count >= 8:
            stream.seek(body + offset)
            (stated,) = struct.unpack("<q", stream.read(8))
            if stated < -1:
                raise InputError(f"a buffer that unpacks to {stated} bytes")
            unpacked += max(stated, 0)
    return Stated(kind=kind, rows=rows, unpacked=unpacked), length


class _Table:
    """A table of FlatBuffers: a signed offset back to the list of its fields' places."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data = data
        self.at = at
        self.fields = at - struct.unpack_from("<i", data, _inside(at))[0]
        self.size = struct.unpack_from("<H", data, _inside(self.fields))[0]

    def _place(self, field: int) -> int | None:
        slot = 4 + 2 * field
        if slot + 2 > self.size:
            return None
        (offset,) = struct.unpack_from("<H", self.data, self.fields + slot)
        return self.at + offset if offset else None

    def number(self, field: int, form: str) -> int:
        """An integer field; zero where it is absent."""
        place = self._place(field)
        return 0 if place is None else int(struct.unpack_from(form, self.data, place)[0])

    def table(self, field: int) -> _Table | None:
        """A field that is a table itself."""
        place = self._place(field)
        return None if place is None else _Table(self.data, place + struct.unpack_from("<I", self.data, place)[0])

    def pairs(self, field: int) -> Iterator[tuple[int, int]]:
        """A vector of structures of two 64-bit integers."""
        place = self._place(field)
        if place is None:
            return
        place += struct.unpack_from("<I", self.data, place)[0]
        (count,) = struct.unpack_from("<I", self.data, place)
        for i in range(min(count, len(self.data) // 16)):
            yield struct.unpack_from("<qq", self.data, place + 4 + 16 * i)


def _inside(at: int) -> int:
    if at < 0:
        raise InputError("an offset before the message")
    return at
