"""Damage to files, each kind chosen by a seed, so that every mutant can be made again from its key.

A mutant is a valid file and a few steps (`STEPS`): bits and bytes changed, pieces cut out, doubled, exchanged or taken
from another file, whole numbers that computers trip over written where a header keeps its own, digits of a text made
huge, signs of other encodings, other delimiters. Each step draws from a generator of its own, so that most failing mutants
can be reduced to the steps that matter by leaving out the others.
"""

from __future__ import annotations

import random
import re
import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

#: Sizes of the integers in headers, and values on the edges of what they hold.
WIDTHS = (1, 2, 4, 8)
INTEGERS = sorted(
    {0, 1, -1, 2, 3, 16, 100, 255, 1000, 65_535, 10**9, 10**18}
    | {sign * (2**power + shift) for power in (7, 8, 15, 16, 24, 30, 31, 32, 40, 62, 63) for shift in (-1, 0) for sign in (1, -1)}
)  # fmt: skip
FLOATS = (float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324, -0.0)

#: What a number in a text becomes.
DIGITS = (
    b"9" * 400, b"1e999", b"-1e999", b"1e-999", b"-1", b"0", b"00000000000", b"2147483648", b"4294967295",
    b"9223372036854775808", b"18446744073709551616", b"1e308", b"-0", b"nan", b"inf", b"-Infinity", b"0x7fffffff",
    b"1_000", b"1.2.3", b"1,234,567.8", b"1e", b"+-3", b"1e+0000000000000000000003", b"\xd9\xa1\xd9\xa2",
    b"\xef\xbc\x91\xef\xbc\x92", b"999999999999", b"1/0", b"TRUE", b"=1+1", b"",
)  # fmt: skip

#: Signs and words that mean something to a reader of one format or another.
TOKENS = (
    b"\0", b"\0\0\0\0", b"\n", b"\r", b"\r\n", b"\t", b",", b";", b"|", b" ", b'"', b"'", b"#", b"%", b"((", b"[[[[", b"{", b"}",
    b"<", b"&lt;", b"<!--", b"]]>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x1a", b"\x1b[31m",
    b"\x85", b"\xa0", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xb5", b"\xc2\xb5", b"\xff", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80",
    b"../", b"/dev/zero", b"%s%n", b"\\", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n", b"\x80\x04\x95", b"BEGIN", b"END", b"null",
)  # fmt: skip

DELIMITERS = (b",", b";", b"\t", b" ", b"|", b"\n", b"\r", b"\r\n", b".", b":", b"'", b'"', b"\0")

#: A mutant is at most this much longer than its seed: an allocation that a header asks for is what is looked for.
GROWTH = 1 << 16

_NUMBER = re.compile(rb"\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")

Step = Callable[[bytearray, random.Random, Sequence[bytes]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A damaged file, and what was done to it, one line a step."""

    data: bytes
    steps: tuple[str, ...]


def mutate(core: bytes, *, key: str, others: Sequence[bytes] = (), keep: Collection[int] | None = None) -> Mutant:
    """The mutant of this key: the same for the same arguments.

    Parameters
    ----------
    key : any text; the steps and their places are drawn from it.
    others : files that pieces are taken from.
    keep : numbers of the steps that are taken; all when None.
    """
    rng = random.Random(key)
    count = rng.choice((1, 1, 1, 2, 2, 3, 5, 12))
    data = bytearray(core)
    done = []
    for i in range(count):
        if keep is not None and i not in keep:
            continue
        step = random.Random(f"{key}/{i}")
        done.append(step.choice(STEPS)(data, step, others))
        del data[len(core) + GROWTH :]
    return Mutant(data=bytes(data), steps=tuple(done))


def steps_of(key: str) -> int:
    """Number of steps of the mutant of this key."""
    return random.Random(key).choice((1, 1, 1, 2, 2, 3, 5, 12))


def mutants(core: bytes, count: int, *, seed: int = 1, others: Sequence[bytes] = ()) -> Iterator[bytes]:
    """So many damaged files, for the tests of one loader."""
    for n in range(count):
        yield mutate(core, key=f"{seed}:{n}", others=others).data


def _place(data: bytearray, rng: random.Random) -> int:
    """Somewhere; half of the times near the beginning, where headers are."""
    end = len(data)
    if not end:
        return 0
    return rng.randrange(min(end, 512)) if rng.random() < 0.5 else rng.randrange(end)


def _length(rng: random.Random, there: int) -> int:
    """A length up to `there`, short ones as often as long ones."""
    return min(there, rng.choice((1, 2, 4, 8, rng.randint(1, 64), rng.randint(1, 1024), rng.randint(1, max(there, 1)))))


def _bits(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    places = [_place(data, rng) for _ in range(rng.choice((1, 1, 2, 8)))]
    for at in places if data else ():
        data[at] ^= 1 << rng.randrange(8)
    return f"flip a bit at {places}"


def _bytes(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    at = _place(data, rng)
    value = rng.choice((0, 0xFF, 0x7F, 0x80, 0x20, rng.randrange(256)))
    length = rng.choice((1, 1, 2, 4, 16, 200))
    length = min(length, len(data) - at)
    data[at : at + length] = bytes([value]) * length
    return f"write {value:#x} over {length} bytes at {at}"


def _truncate(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    at = _place(data, rng) if rng.random() < 0.7 else max(0, len(data) - rng.randint(1, 64))
    del data[at:]
    return f"cut off at {at}"


def _insert(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    at = _place(data, rng)
    piece = rng.randbytes(rng.choice((1, 2, 4, 8, 100))) if rng.random() < 0.7 else bytes(rng.choice((1, 4, 512)))
    data[at:at] = piece
    return f"insert {len(piece)} bytes at {at}"


def _delete(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    at = _place(data, rng)
    length = _length(rng, len(data) - at)
    del data[at : at + length]
    return f"delete {length} bytes at {at}"


def _duplicate(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    at, to = _place(data, rng), _place(data, rng)
    length = _length(rng, len(data) - at)
    times = rng.choice((1, 1, 1, 2, 50))
    data[to:to] = (data[at : at + length] * times)[:GROWTH]
    return f"copy {length} bytes at {at} {times} times to {to}"


def _swap(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    first, second = sorted((_place(data, rng), _place(data, rng)))
    length = _length(rng, min(second - first, len(data) - second))
    data[first : first + length], data[second : second + length] = (
        data[second : second + length], data[first : first + length],
    )  # fmt: skip
    return f"exchange {length} bytes at {first} and {second}"


def _splice(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    if not others:
        return _swap(data, rng, others)
    n = rng.randrange(len(others))
    other = others[n]
    at, frm = _place(data, rng), rng.randrange(max(len(other), 1))
    length = _length(rng, len(other) - frm)
    over = length if rng.random() < 0.5 else 0
    data[at : at + over] = other[frm : frm + length]
    return f"{'write' if over else 'insert'} {length} bytes of file {n} from {frm} at {at}"


def _integer(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    width, order = rng.choice(WIDTHS), rng.choice(("little", "big"))
    value = rng.choice(INTEGERS)
    at = _place(data, rng) // width * width
    data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width, order)  # type: ignore[arg-type]
    return f"write {value} as {width} bytes ({order}) at {at}"


def _nudge(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    """A stored whole number made a little larger or smaller: lengths that nearly fit."""
    width, order = rng.choice(WIDTHS), rng.choice(("little", "big"))
    at = _place(data, rng) // width * width
    change = rng.choice((-16, -8, -4, -1, 1, 2, 8, 64))
    value = int.from_bytes(data[at : at + width], order)  # type: ignore[arg-type]
    data[at : at + width] = ((value + change) % (1 << 8 * width)).to_bytes(width, order)  # type: ignore[arg-type]
    return f"add {change} to the {width} bytes ({order}) at {at}"


def _float(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    value, order, kind = rng.choice(FLOATS), rng.choice("<>"), rng.choice("fd")
    if kind == "f" and abs(value) == 1e308:
        value = float("inf")
    packed = struct.pack(order + kind, value)
    at = _place(data, rng) // len(packed) * len(packed)
    data[at : at + len(packed)] = packed
    return f"write {value} ({order}{kind}) at {at}"


def _digits(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    found = _NUMBER.search(data, _place(data, rng)) or _NUMBER.search(data)
    if found is None:
        return _integer(data, rng, others)
    new = rng.choice(DIGITS)
    start, old = found.start(), found.group()
    data[start : found.end()] = new
    return f"write {new[:24]!r} for {old[:24]!r} at {start}"


def _token(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    at, token = _place(data, rng), rng.choice(TOKENS)
    times = rng.choice((1, 1, 1, 3, 1000))
    data[at:at] = token * times
    return f"insert {token!r} {times} times at {at}"


def _delimiter(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    there = [sign for sign in DELIMITERS if sign in data]
    old, new = rng.choice(there or DELIMITERS), rng.choice(DELIMITERS)
    at = 0 if rng.random() < 0.5 else _place(data, rng)
    data[at:] = data[at:].replace(old, new, rng.choice((1, 5, -1)))
    return f"write {new!r} for {old!r} from {at} on"


def _encoding(data: bytearray, rng: random.Random, others: Sequence[bytes]) -> str:
    """A part, or all, of the file in another encoding."""
    name = rng.choice(("utf-16-le", "utf-16-be", "utf-16", "utf-32", "utf-8-sig", "cp037", "utf-8"))
    at = 0 if rng.random() < 0.4 else _place(data, rng)
    end = len(data) if rng.random() < 0.5 else at + _length(rng, len(data) - at)
    data[at:end] = data[at:end].decode("latin-1").encode(name, errors="replace")[:GROWTH]
    return f"bytes {at} to {end} as {name}"


STEPS: tuple[Step, ...] = (
    _bits, _bytes, _truncate, _insert, _delete, _duplicate, _swap, _splice, _integer, _integer, _nudge, _float, _digits, _digits,
    _token, _delimiter, _encoding,
)  # fmt: skip
