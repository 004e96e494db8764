"""Igor binary waves: written here byte by byte after PTN003, and read again; igor2 as the second reader."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gzero.errors import FileError
from gzero.loaders.igor import LOADER

igor2 = pytest.importorskip("igor2.binarywave")

Write = Callable[..., Path]

NUMBER_TYPES = {
    0x02: "f4",
    0x04: "f8",
    0x08: "i1",
    0x10: "i2",
    0x20: "i4",
    0x48: "u1",
    0x50: "u2",
    0x60: "u4",
    0x80: "i8",
    0xC0: "u8",
}


@dataclass(frozen=True)
class Recipe:
    """A wave to be written: PTN003's fields by what they mean."""

    values: NDArray[np.generic]
    version: int = 5
    order: str = "<"
    type: int = 4
    name: str = "wave0"
    steps: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)
    offsets: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    data_unit: str = ""
    axis_units: tuple[str, ...] = ("", "", "", "")
    note: str = ""
    formula: str = ""
    labels: tuple[str, ...] = ("", "", "", "")
    points: int | None = None


def checksum(head: bytes, order: str) -> int:
    """What makes the sum of all 16 bit words zero."""
    total: int = sum(struct.unpack(f"{order}{len(head) // 2}h", head))
    return ((-total + 0x8000) & 0xFFFF) - 0x8000


def build(recipe: Recipe) -> bytes:
    return build_2(recipe) if recipe.version in (2, 3) else build_5(recipe)


def build_2(r: Recipe) -> bytes:
    data, note, formula = r.values.tobytes(order="F"), r.note.encode(), r.formula.encode()
    wave = struct.pack(
        r.order + "h4x20shh4x4s4sihddhhhddcc4xiI2xI4x", r.type, r.name.encode(), 0, 0, r.data_unit.encode(),
        r.axis_units[0].encode(), r.values.size if r.points is None else r.points, 0, r.steps[0], r.offsets[0],
        0, 0, 0, 0.0, 0.0, b"\0", b"\0", 0, 0, 0,
    )  # fmt: skip
    assert len(wave) == 110
    size = len(wave) + len(data) + 16
    fields = (size, len(note)) if r.version == 2 else (size, len(note), len(formula))
    body = wave + data + bytes(16)

    def head(check: int) -> bytes:
        return struct.pack(f"{r.order}h{len(fields)}iih", r.version, *fields, 0, check)

    check = checksum((head(0) + body)[: 142 if r.version == 2 else 146], r.order)
    return head(check) + body + note + formula


def build_5(r: Recipe) -> bytes:
    data, note, formula = r.values.tobytes(order="F"), r.note.encode(), r.formula.encode()
    short = len(r.data_unit) <= 3
    unit = b"" if short else r.data_unit.encode()
    axes = [b"" if len(u) <= 3 else u.encode() for u in r.axis_units]
    labels = [label.encode().ljust(32, b"\0") if label else b"" for label in r.labels]
    long_name = r.name.encode() if r.version == 7 and len(r.name) > 31 else b""
    name = b":wave name too long:" if long_name else r.name.encode()[:31]
    shape = (*r.values.shape, 0, 0, 0, 0)[:4]
    wave = struct.pack(
        r.order + "4xIIihh6xh32s4x4x4i4d4d4s4s4s4s4shhdd4x16x16x4x64xhhhcc4xihh4x4x", 0, 0,
        r.values.size if r.points is None else r.points, r.type, 0, 1, name, *shape, *r.steps, *r.offsets,
        r.data_unit.encode() if short else b"", *(u.encode() if len(u) <= 3 else b"" for u in r.axis_units),
        0, 0, 0.0, 0.0, 0, 0, 0, b"\0", b"\0", 0, 0, 0,
    )  # fmt: skip
    assert len(wave) == 320

    def head(check: int) -> bytes:
        return struct.pack(
            r.order + "hhiiii4i4iihhi", r.version, check, 320 + len(data), len(formula), len(note), len(unit),
            *map(len, axes), *map(len, labels), 0, len(long_name), 0, 0,
        )  # fmt: skip

    check = checksum(head(0) + wave, r.order)
    return head(check) + wave + data + formula + note + unit + b"".join(axes) + b"".join(labels) + long_name


def curve(**changes: object) -> Recipe:
    recipe = Recipe(values=np.array([1.5, -2.0, 0.25]), steps=(-0.5, 1, 1, 1), offsets=(10.0, 0, 0, 0))
    return replace(recipe, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [2, 3, 5, 7])
def test_a_curve(write: Write, version: int, order: str) -> None:
    recipe = curve(version=version, order=order, data_unit="S", axis_units=("mV", "", "", ""), note="T: 4 K\rgain = 2")
    recipe = replace(recipe, values=recipe.values.astype(order + "f8"))
    path = write(build(recipe), name="a.ibw")
    assert LOADER.recognises(path)
    table = LOADER.read(path)
    x, y = table.columns
    assert (x.name, x.unit_text, x.source, x.coordinate) == ("axis 0", "mV", "axis 0", None)
    assert (y.name, y.unit_text, y.source, y.coordinate) == ("wave0", "S", "wave", None)
    np.testing.assert_array_equal(x.values, [10.0, 9.5, 9.0])  # 10 - 0.5 i is exact in binary
    np.testing.assert_array_equal(y.values, [1.5, -2.0, 0.25])
    assert table.metadata == {"wave": "wave0", "T": "4 K", "gain": "2"}
    assert table.origin.options == {
        "version": str(version),
        "byte_order": "little" if order == "<" else "big",
        "number_type": "f8",
        "shape": "3",
    }
    assert (table.origin.rows_read, table.origin.dropped) == (3, ())


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("version", [2, 5])
@pytest.mark.parametrize(("number_type", "dtype"), NUMBER_TYPES.items())
def test_every_number_type(write: Write, version: int, order: str, number_type: int, dtype: str) -> None:
    values = np.array([0, 1, 100, 127], dtype=order + dtype)
    path = write(build(curve(values=values, version=version, order=order, type=number_type)), name="a.ibw")
    np.testing.assert_array_equal(LOADER.read(path).columns[1].values, [0, 1, 100, 127])
    if number_type not in (0x80, 0xC0):  # igor2 knows no 64 bit integers
        np.testing.assert_array_equal(igor2.load(str(path))["wave"]["wData"], [0, 1, 100, 127])


def test_negative_integers_and_the_largest_unsigned(write: Write) -> None:
    signed = write(build(curve(values=np.array([-5, 5], dtype="<i2"), type=0x10)), name="a.ibw")
    np.testing.assert_array_equal(LOADER.read(signed).columns[1].values, [-5, 5])
    unsigned = write(build(curve(values=np.array([65535], dtype="<u2"), type=0x50)), name="b.ibw")
    np.testing.assert_array_equal(LOADER.read(unsigned).columns[1].values, [65535])


@pytest.mark.parametrize("version", [5, 7])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_map_is_one_column_for_each_trace(write: Write, version: int, order: str) -> None:
    values = np.array([[1.0, 4.0], [2.0, np.nan], [np.inf, 6.0]], dtype=order + "f4")
    recipe = Recipe(
        values=values, version=version, order=order, type=2, name="map", steps=(0.5, -7.5, 1, 1),
        offsets=(1.0, -650.0, 0, 0), axis_units=("mV", "T", "", ""), data_unit="nA",
    )  # fmt: skip
    table = LOADER.read(write(build(recipe), name="map.ibw"))
    assert [c.name for c in table.columns] == ["axis 0", "map[0]", "map[1]"]
    np.testing.assert_array_equal(table.columns[0].values, [1.0, 1.5, 2.0])
    np.testing.assert_array_equal(table.columns[1].values, [1, 2, np.inf])
    np.testing.assert_array_equal(table.columns[2].values, [4, np.nan, 6])
    places = [c.coordinate for c in table.columns[1:]]
    assert [(p.name, p.value, p.unit_text) for p in places if p] == [("axis 1", -650.0, "T"), ("axis 1", -657.5, "T")]
    assert table.origin.options["shape"] == "3 x 2"


def test_complex_waves_give_two_columns(write: Write) -> None:
    values = np.array([1 + 2j, 3 - 4j], dtype="<c16")
    path = write(build(curve(values=values, type=5)), name="c.ibw")
    table = LOADER.read(path)
    assert [c.name for c in table.columns] == ["axis 0", "wave0 re", "wave0 im"]
    np.testing.assert_array_equal(table.columns[1].values, [1, 3])
    np.testing.assert_array_equal(table.columns[2].values, [2, -4])
    np.testing.assert_array_equal(igor2.load(str(path))["wave"]["wData"], values)


def test_long_units_labels_and_formula_of_version_5(write: Write) -> None:
    recipe = curve(
        data_unit="e^2/h long", axis_units=("millivolt", "", "", ""), labels=("gate", "", "", ""), formula="sin(x)"
    )
    path = write(build(recipe), name="a.ibw")
    x, y = (table := LOADER.read(path)).columns
    assert (x.name, x.unit_text, y.unit_text) == ("gate", "millivolt", "e^2/h long")
    assert table.metadata["formula"] == "sin(x)"
    wave = igor2.load(str(path))["wave"]
    assert (wave["data_units"], wave["dimension_units"]) == (b"e^2/h long", b"millivolt")


def test_the_long_name_of_version_7(write: Write) -> None:
    name = "a_wave_name_of_more_than_thirty_one_characters_µ"
    table = LOADER.read(write(build(curve(version=7, name=name)), name="a.ibw"))
    assert table.columns[1].name == name
    assert table.metadata["wave"] == name


def test_text_before_igor_7_is_in_the_systems_encoding(write: Write) -> None:
    for order, encoding in (("<", "cp1252"), (">", "mac-roman")):
        raw = build(curve(order=order, values=np.array([1.0], dtype=order + "f8"), note="unit: XX"))
        path = write(raw.replace(b"XX", "µA".encode(encoding)), name="a.ibw")
        assert LOADER.read(path).metadata["unit"] == "µA"


def broken(raw: bytes, at: int, form: str, *values: float, order: str = "<") -> bytes:
    """The file with a header field changed and the checksum made right again."""
    out = bytearray(raw)
    struct.pack_into(order + form, out, at, *values)
    struct.pack_into(order + "h", out, 2, 0)
    struct.pack_into(order + "h", out, 2, checksum(bytes(out[:384]), order))
    return bytes(out)


RAW = build(curve())

REFUSED = [
    ("text wave", build(curve(type=0)), "a text wave holds no numbers"),
    ("no points", build(curve(values=np.zeros(0))), "a wave without points"),
    ("no points, version 2", build(curve(values=np.zeros(0), version=2)), "a wave without points"),
    ("three dimensions", build(curve(values=np.zeros((2, 3, 4)))), "a wave of 3 dimensions .2 x 3 x 4."),
    ("four dimensions", build(curve(values=np.zeros((2, 1, 1, 2)))), "a wave of 4 dimensions"),
    (
        "formula without data",
        build(curve(values=np.zeros(0), version=3, formula="a+b", points=9)),
        "a formula and no data",
    ),
    ("number type", build(curve(type=0x100)), "number type 0x100 does not exist"),
    ("checksum", RAW[:100] + b"\x7f" + RAW[101:], "the checksum of its headers is wrong"),
    ("cut in the header", RAW[:200], "200 bytes are fewer than the headers"),
    ("cut in the data", RAW[:-1], "a section of 0 bytes at byte 408 of 407"),
    ("points", broken(RAW, 76, "i", 4), "4 points do not fill the dimensions .3,."),
    (
        "more points than bytes",
        broken(broken(RAW, 76, "i", 300), 132, "i", 300),
        "2400 bytes of numbers are stated, 24 are there",
    ),
    ("huge", broken(broken(RAW, 76, "i", 2**30), 132, "2i", 2**15, 2**15), "damaged|traces"),
    ("negative dimension", broken(broken(RAW, 76, "i", -3), 132, "i", -3), "dimensions .-3,."),
    ("negative note", broken(RAW, 12, "i", -1), "a section of -1 bytes"),
    ("note beyond the end", broken(RAW, 12, "i", 2**31 - 1), "a section of 2147483647 bytes"),
    ("size", broken(RAW, 4, "i", -500), "a section of 0 bytes at byte -436"),
    ("infinite scale", broken(RAW, 148, "d", math.inf), "scaling of its axes is not finite"),
    ("version", struct.pack("<h", 4) + RAW[2:], "not an Igor binary wave of version 2, 3, 5 or 7"),
]


@pytest.mark.parametrize(("raw", "message"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_what_cannot_be_columns_is_refused(write: Write, raw: bytes, message: str) -> None:
    with pytest.raises(FileError, match=message):
        LOADER.read(write(raw, name="a.ibw"))


@pytest.mark.parametrize(
    "raw", [b"\x05", b"a,b\n1,2\n" * 100, RAW[:100] + b"\x7f" + RAW[101:], b"\x05\x00" + bytes(600)]
)
def test_other_files_are_not_recognised(write: Write, raw: bytes) -> None:
    assert not LOADER.recognises(write(raw, name="a.ibw"))


def test_a_signalling_nan_is_a_nan(write: Write) -> None:
    raw = build(curve(type=2, values=np.frombuffer(b"\x01\x00\x80\x7f\x00\x00\x80\x3f", dtype="<f4")))
    np.testing.assert_array_equal(LOADER.read(write(raw, name="a.ibw")).columns[1].values, [np.nan, 1.0])


def test_a_map_of_too_many_traces(write: Write) -> None:
    with pytest.raises(FileError, match="a map of 20001 traces"):
        LOADER.read(write(build(curve(values=np.zeros((1, 20_001)))), name="a.ibw"))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_signalling_nan_is_a_nan_and_no_warning(write: Write, order: str) -> None:
    """IEEE 754: exponent all ones, first bit of the fraction zero, the rest not. A conversion says so by a flag."""
    data = bytearray(build(Recipe(values=np.array([1.0, 0.0, 3.0], order + "f4"), type=2, order=order)))
    at = 384 + 4
    data[at : at + 4] = struct.pack(order + "I", 0x7FA00001)
    values = LOADER.read(write(bytes(data), name="a.ibw")).columns[1].values
    np.testing.assert_array_equal(values, [1.0, np.nan, 3.0])
