"""Encoding, delimiter, decimal sign and comments."""

from __future__ import annotations

import pytest

from gzero.errors import FileError
from gzero.loaders.dialect import comment_text, decode, find_dialect, split


@pytest.mark.parametrize(
    ("line", "delimiter", "cells"),
    [
        ("1, 2 ,3", ",", ["1", "2", "3"]),
        ('"a, b",2', ",", ["a, b", "2"]),
        ('a "quoted" word,2', ",", ['a "quoted" word', "2"]),
        ("  1   2\t3 ", " ", ["1", "2", "3"]),
        ('"Gate voltage" I', " ", ["Gate voltage", "I"]),
        ("1\t\t3\t", "\t", ["1", "", "3", ""]),
        ("", ",", [""]),
    ],
)
def test_split(line: str, delimiter: str, cells: list[str]) -> None:
    assert split(line, delimiter) == cells


@pytest.mark.parametrize(
    ("line", "delimiter", "text"),
    [
        ("# a", ",", "a"),
        ("  % a", ",", "a"),
        ("// a", ",", "a"),
        ("! a", ",", "a"),
        ("; a", ",", "a"),
        ("; a", ";", None),
        ("#", ",", ""),
        ("#REF,1", ",", None),
        ("#N/A\t1", "\t", None),
        ("1,2", ",", None),
        ("", ",", None),
    ],
)
def test_comment_text(line: str, delimiter: str, text: str | None) -> None:
    assert comment_text(line, delimiter) == text


@pytest.mark.parametrize(
    ("lines", "delimiter", "decimal"),
    [
        (["1,2", "3,4"], ",", "."),
        (["1;2", "3;4"], ";", "."),
        (["0,5;2"], ";", ","),
        (["0,5\t1,2"], "\t", ","),
        (["0,5 1,2"], " ", ","),
        (["1.5 2"], " ", "."),
        (["1, 2, 3"], ",", "."),
        (["\t0.1\t0.2"], "\t", "."),
        (["2022-01-01 12:00:00\t1.5"], "\t", "."),
        (["12:00:01,1,OK,fine,good"], ",", "."),
        (["1,234.5;2.5"], ";", "."),
        (["sep=;", "1,5"], ";", ","),
    ],
)
def test_find_dialect(lines: list[str], delimiter: str, decimal: str) -> None:
    found = find_dialect(lines, delimiter=None, decimal=None, path="x")
    assert (found.delimiter, found.decimal) == (delimiter, decimal)


def test_decode_names_the_row_of_a_null_byte() -> None:
    with pytest.raises(FileError, match="row 2: null bytes"):
        decode(b"abcdef\ngh\x00i", encoding=None, path="x")


def test_decode_takes_away_marks_and_the_end_of_dos() -> None:
    assert decode("\ufeff1,2\x1a".encode(), encoding=None, path="x") == ("1,2", "utf-8-sig")
    assert decode("\ufeff1".encode("utf-16-le"), encoding="utf-16-le", path="x") == ("1", "utf-16-le")
