"""The bytes of MATLAB files: which variables there are, and where the numbers of each stand.

Public specification: MathWorks, "MAT-File Format" (R2019b), for level 5 and level 4. Nothing but numbers, texts and structs
of them is looked into.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from gzero.loaders.matlab_bytes import Budget, Bytes, Inflated, Plain, damaged, read_small, read_tag

#: Types of stored numbers, by their number in the specification.
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
MATRIX, COMPRESSED = 14, 15

#: Classes of arrays: those of numbers, and what the others are.
NUMBERS = range(6, 16)
OTHERS = {1: "a cell array", 3: "an object", 5: "a sparse matrix", 16: "a function handle", 17: "an object"}
STRUCT, CHAR = 2, 4
COMPLEX = 0x0800

#: Variables and fields, depth of structs, dimensions, bytes of names, signs of a text.
MAX_VARIABLES = 20_000
MAX_DEPTH = 16
MAX_RANK = 32
MAX_NAMES = 1 << 20
MAX_TEXT = 2000

#: Level 4: types of numbers by the tens digit, and a variable's name.
LEVEL_4 = {0: "f8", 1: "f4", 2: "i4", 3: "i2", 4: "u2", 5: "u1"}
_NAME = re.compile(rb"[A-Za-z]\w{0,62}\0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Where numbers stand: the byte of the compressed element they are in (-1 for none), their place in it, their type."""

    element: int
    at: int
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """An array of numbers; `shape` is reversed, so that the last dimension is the fast one. Two runs where complex."""

    path: str
    shape: tuple[int, ...]
    runs: tuple[Run, ...]


@dataclass(slots=True, kw_only=True, eq=False)
class Contents:
    """What is in a file."""

    level: int
    variables: list[Variable] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    dropped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class _Level5:
    """Walks the elements of a level 5 file."""

    stream: BinaryIO
    size: int
    path: str
    order: str
    budget: Budget
    contents: Contents

    def walk(self) -> None:
        at = 128
        while at + 8 <= self.size:
            plain = Plain(stream=self.stream, at=at, end=self.size, path=self.path)
            kind, length = struct.unpack(self.order + "II", plain.read(8))
            end = at + 8 + length
            if end > self.size:
                damaged(self.path, f"a variable of {length} bytes at byte {at} of {self.size}")
            if kind == COMPRESSED:
                inside = Inflated(Plain(stream=self.stream, at=at + 8, end=end, path=self.path), self.budget)
                inner, length = struct.unpack(self.order + "II", inside.read(8))
                if inner == MATRIX:
                    self.matrix(inside, length, at, "", 0)
            elif kind == MATRIX:
                self.matrix(plain, length, -1, "", 0)
                end += -length % 8
            else:
                damaged(self.path, f"an element of type {kind} at byte {at}")
            at = end

    def small(self, data: Bytes, most: int) -> tuple[int, bytes]:
        return read_small(data, self.order, self.path, most)

    def matrix(self, data: Bytes, length: int, element: int, parent: str, depth: int, label: str = "") -> None:
        """One array, added to the contents or to what is left out."""
        if length == 0:
            return
        if len(self.contents.variables) + len(self.contents.dropped) >= MAX_VARIABLES:
            damaged(self.path, f"more than {MAX_VARIABLES} variables")
        _, flags = self.small(data, 16)
        if len(flags) < 8:
            damaged(self.path, "a variable without its class")
        (word,) = struct.unpack(self.order + "I", flags[:4])
        kind = word & 0xFF
        if kind == 17:  # objects have a layout of their own
            self.contents.dropped.append(("variable not read", f"'{parent}/{label or '?'}' is an object"))
            return
        _, sizes = self.small(data, 4 * MAX_RANK)
        shape = tuple(int(n) for n in np.frombuffer(sizes[: len(sizes) // 4 * 4], dtype=self.order + "i4"))
        if len(shape) < 2 or min(shape) < 0:
            damaged(self.path, f"a variable with the dimensions {shape}")
        _, name = self.small(data, 4096)
        where = f"{parent}/{label or name.decode('latin-1').rstrip(chr(0)) or '?'}"
        if kind in NUMBERS:
            self.numbers(data, element, where, shape, complex_=bool(word & COMPLEX))
        elif kind == CHAR:
            self.text(data, where)
        elif kind == STRUCT and shape == (1, 1) and depth < MAX_DEPTH:
            self.fields(data, element, where, depth)
        else:
            what = "an array of structs" if kind == STRUCT else OTHERS.get(kind, f"of the unknown class {kind}")
            self.contents.dropped.append(("variable not read", f"'{where}' is {what}"))

    def numbers(self, data: Bytes, element: int, where: str, shape: tuple[int, ...], *, complex_: bool) -> None:
        count = 1
        for n in shape:
            count *= n
        runs: list[Run] = []
        for _ in range(2 if complex_ else 1):
            tag = read_tag(data, self.order, self.path)
            stored = STORED.get(tag.kind)
            if stored is None or tag.length != count * np.dtype(stored).itemsize:
                damaged(self.path, f"'{where}' has {count} numbers and {tag.length} bytes of type {tag.kind}")
            at = data.at - 4 if tag.inline is not None else data.at
            runs.append(Run(element=element, at=at, type=self.order + stored))
            if count == 1 and not complex_:
                value = data.read(tag.length) if tag.inline is None else tag.inline
                self.contents.values[where] = str(np.frombuffer(value, dtype=self.order + stored)[0].item())
                data.skip(tag.padding)
            elif complex_ and len(runs) == 1 and tag.inline is None:
                data.skip(tag.length + tag.padding)
        if count == 0:
            self.contents.dropped.append(("variable not read", f"'{where}' is empty"))
            return
        self.contents.variables.append(Variable(path=where, shape=shape[::-1], runs=tuple(runs)))

    def text(self, data: Bytes, where: str) -> None:
        kind, found = self.small(data, 1 << 20)
        order = "-le" if self.order == "<" else "-be"
        coding = TEXTS.get(kind, "latin-1")
        text = found.decode(coding + order if coding.startswith("utf-16") or coding == "utf-32" else coding, "replace")
        self.contents.values[where] = text[:MAX_TEXT].rstrip("\0 ")

    def fields(self, data: Bytes, element: int, where: str, depth: int) -> None:
        _, width = self.small(data, 8)
        (each,) = struct.unpack(self.order + "i", width[:4].ljust(4, b"\0"))
        _, joined = self.small(data, MAX_NAMES)
        if not 1 <= each <= 4096:
            damaged(self.path, f"'{where}' has field names of {each} bytes")
        names = [joined[i : i + each].split(b"\0", 1)[0].decode("latin-1") for i in range(0, len(joined), each)]
        for name in names:
            tag = read_tag(data, self.order, self.path)
            start = data.at
            if tag.kind != MATRIX or tag.inline is not None:
                damaged(self.path, f"the field '{where}/{name}' is no array")
            self.matrix(data, tag.length, element, where, depth + 1, name or "?")
            data.skip(start + tag.length + tag.padding - data.at)  # to its end, whatever of it was read


def read_contents(stream: BinaryIO, size: int, path: str, budget: Budget) -> Contents:
    """The variables of a file of level 5 or level 4.

    Raises
    ------
    FileError : damaged, or more variables than are looked at.
    """
    head = stream.read(128)
    order = level_5(head)
    if order is not None:
        found = Contents(level=5)
        found.values["header"] = head[:116].decode("latin-1").split("\0", 1)[0].strip()
        _Level5(stream=stream, size=size, path=path, order=order, budget=budget, contents=found).walk()
        return found
    if head.startswith(b"MATLAB"):
        damaged(path, "its header is cut short, or states no byte order")
    return _read_level_4(stream, size, path)


def level_5(head: bytes) -> str | None:
    """The byte order of a level 5 file; None when it is none."""
    if len(head) < 128 or not head.startswith(b"MATLAB"):
        return None
    return {b"\x00\x01IM": "<", b"\x01\x00MI": ">"}.get(head[124:128])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head4:
    """The header of a level 4 variable."""

    order: str
    type: str
    text: bool
    full: bool
    shape: tuple[int, int]
    complex: bool
    name_size: int


def _head_4(data: bytes) -> _Head4 | None:
    """The header of a level 4 variable; None when the bytes are none."""
    for order, machine in (("<", 0), (">", 1)):
        if len(data) < 20:
            return None
        kind, rows, columns, imaginary, name = struct.unpack(order + "5i", data[:20])
        digits = divmod(kind, 1000)[0], kind // 100 % 10, kind // 10 % 10, kind % 10
        if digits[0] != machine or kind > 1999 or digits[1] or digits[2] not in LEVEL_4 or digits[3] > 2:
            continue
        if min(rows, columns) < 0 or imaginary not in (0, 1) or not 2 <= name <= 64:
            continue
        return _Head4(
            order=order, type=order + LEVEL_4[digits[2]], text=digits[3] == 1, full=digits[3] != 2,
            shape=(columns, rows), complex=bool(imaginary), name_size=name,
        )  # fmt: skip
    return None


def level_4(head: bytes, size: int) -> bool:
    """Whether a file begins with a level 4 variable that fits it."""
    found = _head_4(head)
    if found is None or _NAME.match(head[20 : 20 + found.name_size]) is None:
        return False
    return _bytes_4(found) <= size


def _bytes_4(head: _Head4) -> int:
    numbers = head.shape[0] * head.shape[1] * (2 if head.complex else 1)
    return 20 + head.name_size + numbers * np.dtype(head.type).itemsize


def _read_level_4(stream: BinaryIO, size: int, path: str) -> Contents:
    found = Contents(level=4)
    at = 0
    while at + 20 <= size:
        plain = Plain(stream=stream, at=at, end=size, path=path)
        head = _head_4(plain.read(20))
        if head is None or at + _bytes_4(head) > size or len(found.variables) >= MAX_VARIABLES:
            damaged(path, f"no variable at byte {at} of {size}, or one that does not fit")
        where = "/" + (plain.read(head.name_size).split(b"\0", 1)[0].decode("latin-1") or "?")
        count = head.shape[0] * head.shape[1]
        width = np.dtype(head.type).itemsize
        if head.text:
            letters = np.frombuffer(plain.read(min(count, MAX_TEXT) * width), dtype=head.type)
            found.values[where] = "".join(chr(int(one)) for one in letters if 0 < one < 0x110000).strip()
        elif not head.full or not count:
            what = "empty" if head.full else "a sparse matrix"
            found.dropped.append(("variable not read", f"'{where}' is {what}"))
        else:
            starts = (plain.at, plain.at + count * width) if head.complex else (plain.at,)
            if count == 1 and not head.complex:
                found.values[where] = str(np.frombuffer(plain.read(width), dtype=head.type)[0].item())
            runs = tuple(Run(element=-1, at=start, type=head.type) for start in starts)
            found.variables.append(Variable(path=where, shape=head.shape, runs=runs))
        at += _bytes_4(head)
    return found
