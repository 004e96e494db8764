"""The bytes of a MATLAB file, as they stand or unpacked, read forwards; what is unpacked is bounded."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import BinaryIO, NoReturn, Protocol

from gzero.errors import FileError

#: What all compressed variables together may unpack to: this, and so much for each byte of the file.
FREE_BYTES = 1 << 29
BYTES_PER_BYTE = 300


class Bytes(Protocol):
    """Bytes that are read forwards."""

    at: int

    def read(self, count: int) -> bytes: ...

    def skip(self, count: int) -> None: ...


def damaged(path: str, problem: str) -> NoReturn:
    """Raises the error for a damaged file."""
    raise FileError(f"a damaged MATLAB file: {problem}", path=path, remedy="save the variables again")


@dataclass(slots=True, kw_only=True, eq=False)
class Plain:
    """The bytes of the file itself."""

    stream: BinaryIO
    at: int
    end: int
    path: str

    def read(self, count: int) -> bytes:
        if self.at + count > self.end:
            damaged(self.path, f"{count} bytes are stated at byte {self.at} of {self.end}")
        self.stream.seek(self.at)
        data = self.stream.read(count)
        self.at += count
        if len(data) != count:
            damaged(self.path, f"it ends before byte {self.at}")
        return data

    def skip(self, count: int) -> None:
        if count < 0 or self.at + count > self.end:
            damaged(self.path, f"{count} bytes are stated at byte {self.at} of {self.end}")
        self.at += count


@dataclass(slots=True, kw_only=True, eq=False)
class Budget:
    """Bytes that may still be unpacked."""

    left: int

    def take(self, count: int, path: str) -> None:
        self.left -= count
        if self.left < 0:
            damaged(path, "it unpacks to far more bytes than it has")


class Inflated:
    """The unpacked bytes of one compressed element."""

    def __init__(self, plain: Plain, budget: Budget) -> None:
        self._plain, self._budget = plain, budget
        self._unpack = zlib.decompressobj()
        self._held = b""
        self.at = 0

    def _more(self) -> bytes:
        """The next piece; empty at the end."""
        while not self._unpack.eof:
            packed = self._unpack.unconsumed_tail
            if not packed:
                packed = self._plain.read(min(1 << 16, self._plain.end - self._plain.at))
            try:
                data = self._unpack.decompress(packed, 1 << 20)
            except zlib.error as error:
                damaged(self._plain.path, f"a compressed variable cannot be unpacked ({error})")
            self._budget.take(len(data), self._plain.path)
            if data:
                return data
            if not packed and not self._unpack.unconsumed_tail:
                break
        return b""

    def read(self, count: int) -> bytes:
        pieces, missing = [], count
        while missing:
            if not self._held:
                self._held = self._more()
                if not self._held:
                    damaged(self._plain.path, "a compressed variable ends before its numbers do")
            taken, self._held = self._held[:missing], self._held[missing:]
            pieces.append(taken)
            missing -= len(taken)
        self.at += count
        return b"".join(pieces)

    def skip(self, count: int) -> None:
        if count < 0:
            damaged(self._plain.path, "an element is longer than the one it is in")
        while count:
            step = min(count, 1 << 20)
            self.read(step)
            count -= step


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """What stands before an element: its type, its bytes, the padding behind them; a small one holds its bytes itself."""

    kind: int
    length: int
    padding: int = 0
    inline: bytes | None = None


def read_tag(data: Bytes, order: str, path: str) -> Tag:
    """The tag of the next element.

    Raises
    ------
    FileError : damaged.
    """
    raw = data.read(8)
    first, length = struct.unpack(order + "II", raw)
    if not first >> 16:
        return Tag(kind=first, length=length, padding=-length % 8)
    kind, length = first & 0xFFFF, first >> 16
    if length > 4:
        damaged(path, f"a small element of {length} bytes")
    return Tag(kind=kind, length=length, inline=raw[4 : 4 + length])


def read_small(data: Bytes, order: str, path: str, most: int) -> tuple[int, bytes]:
    """The type and the bytes of an element that is read at once.

    Raises
    ------
    FileError : damaged, or longer than `most`.
    """
    tag = read_tag(data, order, path)
    if tag.inline is not None:
        return tag.kind, tag.inline
    if tag.length > most:
        damaged(path, f"an element of {tag.length} bytes where {most} are the most")
    found = data.read(tag.length)
    data.skip(tag.padding)
    return tag.kind, found
