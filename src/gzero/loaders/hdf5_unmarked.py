"""An HDF5 file whose mark "a program is writing me" is passed over.

Since version 3 the superblock carries that mark, and libhdf5 refuses to open such a file, also when the program has long
crashed. The file is only read here, and not changed: the mark is cleared in the bytes that libhdf5 is shown.

Public specification: "HDF5 File Format Specification Version 3.0", II.A (superblock); its checksum is Bob Jenkins' lookup3.
"""

from __future__ import annotations

import io
from typing import Any

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SIZE, _FLAGS = 48, 11
_WORD = 0xFFFFFFFF


class Unmarked(io.RawIOBase):
    """A file opened for reading, with the mark and the checksum of its superblock replaced."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed by close()
        self._start, self._block = 0, b""
        head = self._file.read(1 << 17)
        for at in (0, *(512 << i for i in range(8))):
            block = head[at : at + _SIZE]
            # version 3 with addresses of 8 bytes, as every program on a 64-bit machine writes it
            if block.startswith(SIGNATURE) and len(block) == _SIZE and block[8:11] == b"\x03\x08\x08":
                cleared = block[:_FLAGS] + b"\0" + block[_FLAGS + 1 : 44]
                self._start, self._block = at, cleared + lookup3(cleared).to_bytes(4, "little")
                break

    def readinto(self, buffer: Any) -> int:
        at = self._file.tell()
        view = memoryview(buffer).cast("B")
        count = 0
        while count < len(view):
            step = self._file.readinto(view[count:])
            if not step:
                break
            count += step
        low, high = max(at, self._start), min(at + count, self._start + len(self._block))
        if low < high:
            view[low - at : high - at] = self._block[low - self._start : high - self._start]
        return count

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def close(self) -> None:
        self._file.close()
        super().close()


def lookup3(data: bytes) -> int:
    """Bob Jenkins' hash "lookup3" with a start of zero, HDF5's checksum of metadata.

    >>> hex(lookup3(b"Four score and seven years ago"))
    '0x17770551'
    """
    a = b = c = (0xDEADBEEF + len(data)) & _WORD
    if not data:
        return c
    for at in range(0, max(1, len(data) - 1) // 12 * 12 + 1, 12):
        block = data[at : at + 12].ljust(12, b"\0")
        a = (a + int.from_bytes(block[0:4], "little")) & _WORD
        b = (b + int.from_bytes(block[4:8], "little")) & _WORD
        c = (c + int.from_bytes(block[8:12], "little")) & _WORD
        if at + 12 < len(data):
            for turn in (4, 6, 8, 16, 19, 4):
                a = ((a - c) & _WORD) ^ _turned(c, turn)
                c = (c + b) & _WORD
                a, b, c = b, c, a
    for turn in (14, 11, 25, 16, 4, 14, 24):
        c = ((c ^ b) - _turned(b, turn)) & _WORD
        a, b, c = b, c, a
    return b


def _turned(word: int, by: int) -> int:
    return ((word << by) | (word >> (32 - by))) & _WORD
