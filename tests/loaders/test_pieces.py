"""Text files in pieces: where lines end, what fills the end, what is refused before it is held."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gzero.errors import FileError
from gzero.loaders import body, pieces
from gzero.loaders.pieces import TextFile
from gzero.loaders.text import LOADER

Write = Callable[..., Path]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for room, name, size in ((pieces, "HEAD", 1000), (pieces, "PIECE", 512), (body, "SMALLEST", 64)):
        monkeypatch.setattr(room, name, size)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_pieces_end_where_lines_end(write: Write, end: str) -> None:
    text = "".join(f"{i},{i * i}{end}" for i in range(500))
    with TextFile(write(text), encoding=None) as file:
        file.begin()
        found = list(file.pieces(0))
        assert b"".join(found).decode() == text
        assert len(found) > 3
        assert all(piece.endswith(end.encode()[-1:]) for piece in found)
        assert not any(piece.startswith(b"\n") for piece in found)
        assert file.digest() == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("tail", "encoding"), [("", "utf-8"), ("µ", "utf-8"), ("\udcb5", "cp1252"), ("\udc81", "latin-1")]
)
def test_a_byte_at_the_end_decides_the_encoding(write: Write, tail: str, encoding: str) -> None:
    raw = ("a,b\n" + "1,2\n" * 600 + f"3,{tail}4\n").encode("utf-8", "surrogateescape")
    table = LOADER.read(write(raw))
    assert table.origin.options["encoding"] == encoding
    assert table.rows == 601
    assert ("not a number" in {d.rule for d in table.origin.dropped}) is bool(tail)


@pytest.mark.usefixtures("small")
def test_a_character_on_the_edge_of_the_head(write: Write) -> None:
    for shift in range(4):
        text = "x" * shift + " (µV),b\n" + "# µµµ\n1,2\n" * 200
        table = LOADER.read(write(text))
        assert (table.rows, table.origin.options["encoding"]) == (200, "utf-8")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "shift_jis"])
def test_other_encodings_are_turned_piece_by_piece(write: Write, encoding: str) -> None:
    text = "a\tb\n" + "".join(f"{i}\t{i / 8}\n" for i in range(900))
    table = LOADER.read(write(text, encoding=encoding), encoding=None if encoding != "shift_jis" else encoding)
    np.testing.assert_array_equal(table.columns[1].values, np.arange(900) / 8)
    assert table.origin.options["encoding"] == encoding


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("count", [1, 100, 5000])
def test_null_bytes_that_fill_the_end_are_said(write: Write, count: int) -> None:
    raw = b"a,b\n" + b"1,2\n" * 500 + b"\0" * count
    table = LOADER.read(write(raw))
    assert table.rows == 500
    reasons = {d.rule: d.reason for d in table.origin.dropped}
    assert reasons["padding"].startswith(f"{count} null bytes fill the end")
    assert table.origin.sha256 == hashlib.sha256(raw).hexdigest()


@pytest.mark.usefixtures("small")
def test_null_bytes_elsewhere_are_refused_with_their_row(write: Write) -> None:
    with pytest.raises(FileError, match="null bytes") as caught:
        LOADER.read(write(b"a,b\n" + b"1,2\n" * 500 + b"3,\x004\n" + b"1,2\n" * 500))
    assert caught.value.row == 502


@pytest.mark.usefixtures("small")
def test_a_line_that_no_table_has_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LONGEST_LINE", 2000)
    with pytest.raises(FileError, match="longer than any table's") as caught:
        LOADER.read(write(b"a,b\n" + b"1,2\n" * 500 + b"1" * 5000))
    assert caught.value.row == 502


@pytest.mark.usefixtures("small")
def test_an_odd_row_far_down_is_placed_by_its_line(write: Write) -> None:
    lines = [f"{i},{i}" for i in range(3000)]
    lines[1500], lines[2000], lines[2500] = "1500,broken", "# remark: 5", ""
    table = LOADER.read(write("a,b\n" + "\n".join(lines)))
    assert [d.reason for d in table.origin.dropped] == [
        "column 2 'b': 1 cell is not a number (first 'broken' in row 1502); NaN"
    ]
    assert table.metadata == {"remark": "5"}
    assert table.rows == 2998
    assert [table.row_numbers[i] for i in (0, 1999, 2000, -1)] == [2, 2001, 2003, 3001]


@pytest.mark.usefixtures("small")
def test_another_table_far_down_is_counted(write: Write) -> None:
    table = LOADER.read(write("a,b\n" + "1,2\n" * 2000 + "c,d\n" + "3,4\n" * 700 + "\n5,6\n"))
    assert table.rows == 2000
    assert {d.rule: d.rows for d in table.origin.dropped} == {"another table": 701}


@pytest.mark.usefixtures("small")
def test_an_over_long_row_far_down_is_named(write: Write) -> None:
    with pytest.raises(FileError, match="3 cells where the header names 2") as caught:
        LOADER.read(write("a,b\n" + "1,2\n" * 2000 + "3,4,5\n"))
    assert caught.value.row == 2002


def test_columns_that_are_only_named_take_no_memory(write: Write) -> None:
    names = ",".join(f"n{i}" for i in range(20_000))
    table = LOADER.read(write(names + "\n" + "1,2\n" * 200_000))
    assert [column.name for column in table.columns] == ["n0", "n1"]
    assert table.rows == 200_000


def test_more_cells_than_any_table_has_are_counted_before_they_are_split(write: Write) -> None:
    with pytest.raises(FileError, match="200001 cells in one row"):
        LOADER.read(write(b"a,b\n1,2\n" + b"," * 200_000 + b"\n"))
