"""Names, units and metadata above a table."""

from __future__ import annotations

import pytest

from gzero.loaders.cells import Block, Row
from gzero.loaders.header import NO_HEADER, find_header, metadata_of


def rows(*lines: str) -> list[Row]:
    out = []
    for i, line in enumerate(lines, 1):
        text = line.removeprefix("#").strip()
        out.append(Row(number=i, cells=tuple(text.split("\t")), text=text, comment=line.startswith("#")))
    return out


def header(*lines: str, width: int) -> tuple[tuple[str, ...], tuple[str | None, ...], tuple[int, ...]]:
    found = find_header(rows(*lines), Block(start=len(lines), width=width, last=len(lines)), decimal=".")
    return found.names, found.units, found.rows


@pytest.mark.parametrize(
    ("lines", "width", "names", "units", "used"),
    [
        (("Vg (V)\tI (nA)",), 2, ("Vg", "I"), ("V", "nA"), (1,)),
        (("title", "Vg\tI", "V\tnA"), 2, ("Vg", "I"), ("V", "nA"), (2, 3)),
        (("Vg (mV)\tI", "(V)\t(nA)"), 2, ("Vg", "I"), ("V", "nA"), (1, 2)),
        (("Vg\tI\tt", "V\ta.u.\ts"), 3, ("Vg", "I", "t"), ("V", "a.u.", "s"), (1, 2)),
        (("# Vg\tI", "# recorded by hand"), 2, ("Vg", "I"), (None, None), (1,)),
        (("# sample: A3", "# x y z"), 3, ("x", "y", "z"), (None,) * 3, (2,)),
        (("# x, y",), 2, ("x", "y"), (None, None), (1,)),
        (("Vg\tI", "# a remark of no meaning"), 2, ("Vg", "I"), (None, None), (1,)),
        (("X_Value\tF\tComment",), 2, ("X_Value", "F", "Comment"), (None,) * 3, (1,)),
        (
            ("x) (V\ty (9^9^9^9)\tz (10^99999999 V)",),
            3,
            ("x) (V", "y (9^9^9^9)", "z (10^99999999 V)"),
            (None,) * 3,
            (1,),
        ),
        (("Vg V/\t(A)*",), 2, ("Vg V/", "(A)*"), (None, None), (1,)),
        (("x\tG\t",), 2, ("x", "G"), (None, None), (1,)),
    ],
)
def test_a_header_is_found(
    lines: tuple[str, ...], width: int, names: tuple[str, ...], units: tuple[str | None, ...], used: tuple[int, ...]
) -> None:
    assert header(*lines, width=width) == (names, units, used)


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        ((), 2),
        (("A title of the file",), 2),
        (("Operator: Anna",), 2),
        (("# T = 4 K",), 3),
        (("# Temperature 300 K",), 3),
        (("Date\t2022-04-19",), 2),
        (("Time\t13:21:49",), 2),
        (("-----",), 1),
    ],
)
def test_no_header_is_invented(lines: tuple[str, ...], width: int) -> None:
    assert header(*lines, width=width) == ((), (), ())
    assert NO_HEADER.names == ()


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("Sample: A3", "Sample", "A3"),
        ("T = 4.2 K", "T", "4.2 K"),
        ("gain:1e6", "gain", "1e6"),
        ("Operator\tAnna", "Operator", "Anna"),
        ("Range\t1\tnA", "Range", "1, nA"),
        ("Date: Tue, Apr 19", "Date", "Tue, Apr 19"),
        ("1:21:49 PM", "line 1", "1:21:49 PM"),
        ("A line of words", "line 1", "A line of words"),
        (r"C:\data\run", "line 1", r"C:\data\run"),
        ('"Sample: A3"', "Sample", "A3"),
    ],
)
def test_an_entry(line: str, key: str, value: str) -> None:
    assert metadata_of(rows(line)) == {key: value}


def test_keys_that_repeat_are_numbered_and_blank_rows_left_out() -> None:
    assert metadata_of(rows("a: 1", "", "a: 2", "-----", "a: 3")) == {"a": "1", "a (2)": "2", "a (3)": "3"}


def test_metadata_is_bounded() -> None:
    many = metadata_of(rows(*(f"key{i}x: {'v' * 5000}" for i in range(1500))))
    assert len(many) == 1000
    assert {len(value) for value in many.values()} == {2000}
