"""Workbooks, written by openpyxl or by hand."""

from __future__ import annotations

import datetime
import io
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from gzero.errors import ColumnError, FileError, MissingDependencyError
from gzero.loaders import sheet as sheets
from gzero.loaders import workbook_files
from gzero.loaders.excel import LOADER

Rows = Sequence[Sequence[object]]


def save(path: Path, **sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


IV: Rows = [["Vg (V)", "I (nA)"], [0.1, 1], [0.2, 2]]


@pytest.mark.parametrize(
    ("rows", "names", "units", "values"),
    [
        (IV, ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
        ([["Vg", "I"], ["V", "nA"], [0.1, 1], [0.2, 2]], ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
        ([["My run"], ["Sample", "A3"], [], *IV], ["Vg", "I"], ["V", "nA"], [[0.1, 0.2], [1, 2]]),
        ([[1, 2], [3, 4]], ["column 1", "column 2"], [None, None], [[1, 3], [2, 4]]),
        ([["Vg", "n", "I"], [1, "a", "2.5"], [2, "b", "3.5"]], ["Vg", "I"], [None] * 2, [[1, 2], [2.5, 3.5]]),
        ([["Vg", 0.5, 1], [1, 2, 3], [4, 5, 6]], ["Vg", "0.5", "1"], [None] * 3, [[1, 4], [2, 5], [3, 6]]),
        ([["Vg", "I"], [1, "#DIV/0!"], [2, 3]], ["Vg", "I"], [None] * 2, [[1, 2], [np.nan, 3]]),
        ([["# a remark"], ["# Vg (V)", "I (A)"], [1, 2]], ["Vg", "I"], ["V", "A"], [[1], [2]]),
        (
            [[None, None, None], [None, "Vg\n(V)", "I"], [None, 1, 2], [None, 3, 4]],
            ["Vg", "I"],
            ["V", None],
            [[1, 3], [2, 4]],
        ),
        (
            [["when", "G"], [datetime.datetime(2022, 1, 1), 1], [datetime.datetime(2022, 1, 2), 2]],
            ["G"],
            [None],
            [[1, 2]],
        ),
        ([["on", "G"], [True, 1], [False, 2]], ["G"], [None], [[1, 2]]),
    ],
)
def test_a_sheet(
    tmp_path: Path, rows: Rows, names: list[str], units: list[str | None], values: list[list[float]]
) -> None:
    path = save(tmp_path / "a.xlsx", data=rows)
    assert LOADER.recognises(path)
    table = LOADER.read(path)
    assert [c.name for c in table.columns] == names
    assert [c.unit_text for c in table.columns] == units
    for column, expected in zip(table.columns, values, strict=True):
        np.testing.assert_array_equal(column.values, expected)


def test_the_sheet_with_most_numbers_is_chosen(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", notes=[["words", 1]], IV=[*IV, [0.3, 3]], short=IV)
    table = LOADER.read(path)
    assert table.origin.options == {"sheet": "IV", "header_row": "1"}
    assert [c.source for c in table.columns] == ["sheet 'IV', column A", "sheet 'IV', column B"]
    assert table.origin.rows_read == 3


@pytest.mark.parametrize(("sheet", "chosen"), [("short", "short"), ("SHORT", "short"), ("2", "short"), ("1", "IV")])
def test_a_sheet_by_name_or_number(tmp_path: Path, sheet: str, chosen: str) -> None:
    path = save(tmp_path / "a.xlsx", IV=[*IV, [0.3, 3]], short=IV)
    assert LOADER.read(path, sheet=sheet).origin.options["sheet"] == chosen


@pytest.mark.parametrize("sheet", ["none", "0", "3", "²"])
def test_no_such_sheet(tmp_path: Path, sheet: str) -> None:
    with pytest.raises(ColumnError, match="its sheets are 'IV', 'short'") as caught:
        LOADER.read(save(tmp_path / "a.xlsx", IV=IV, short=IV), sheet=sheet)
    assert caught.value.allowed == ("IV", "short")


def test_metadata_and_the_header_row(tmp_path: Path) -> None:
    path = save(
        tmp_path / "a.xlsx", data=[["Sample", "A3"], ["T (K)", 4.2], ["Vg", "I", "n"], ["x", "y", "z"], [1, 2, 3]]
    )
    assert LOADER.read(path).metadata["Sample"] == "A3"
    assert LOADER.read(path).metadata["T (K)"] == "4.2"
    assert [c.name for c in LOADER.read(path, header_row=3).columns] == ["Vg", "I", "n"]
    assert [c.name for c in LOADER.read(path, header_row=0).columns] == ["column 1", "column 2", "column 3"]


def test_a_formula_is_never_calculated(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", data=[["Vg", "I", "R"], [1, 2, "=A2/B2"], [3, 4, 7], [5, None, 8]])
    table = LOADER.read(path)
    np.testing.assert_array_equal(table.columns[2].values, [np.nan, 7, 8])
    note = table.origin.dropped[0]
    assert (note.rule, note.rows) == ("formula without a value", 1)
    assert "first in cell C2" in note.reason


def test_a_formula_with_a_stored_value_gives_the_value(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", data=[["Vg", "I"], [1, "=A2*2"], [2, "=A3*2"]])
    rewrite(
        path,
        "xl/worksheets/sheet1.xml",
        [(b"<f>A2*2</f><v />", b"<f>A2*2</f><v>2</v>"), (b"<f>A3*2</f><v />", b"<f>A3*2</f><v>4</v>")],
    )
    np.testing.assert_array_equal(LOADER.read(path).columns[1].values, [2, 4])


def rewrite(path: Path, member: str, changes: Sequence[tuple[bytes, bytes]]) -> None:
    """Changes bytes of one member of the archive; each must be there."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for old, new in changes:
        assert old in members[member]
        members[member] = members[member].replace(old, new)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_a_false_size_of_the_sheet_does_no_harm(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", data=IV)
    rewrite(path, "xl/worksheets/sheet1.xml", [(b'ref="A1:B3"', b'ref="A1:XFD1048576"')])
    assert LOADER.read(path).rows == 2


def test_a_row_number_beyond_any_sheet(tmp_path: Path) -> None:
    path = save(tmp_path / "a.xlsx", data=IV)
    rewrite(
        path,
        "xl/worksheets/sheet1.xml",
        [(b'<row r="3"', b'<row r="999999999"'), (b'r="A3"', b'r="A999999999"'), (b'r="B3"', b'r="B999999999"')],
    )
    with pytest.raises(FileError, match="more cells than a sheet of data has"):
        LOADER.read(path)


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.xlsx", data=IV)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(40 << 20))  # 40 MiB of nothing pack to 40 kB: a ratio of 1000
    with pytest.raises(FileError, match="40 MiB when unpacked"):
        LOADER.read(path)
    monkeypatch.setattr(workbook_files, "MAX_RATIO", 10**9)
    assert LOADER.read(path).rows == 2
    monkeypatch.setattr(workbook_files, "MAX_UNPACKED", 1 << 20)
    with pytest.raises(FileError, match="40 MiB when unpacked"):
        LOADER.read(path)


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (zipped(word__document=b"x"), "looks like a Word document"),
        (zipped(a=b"1,2"), "looks like a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "looks like an old binary Office file"),
        (b"PK\x03\x04" + bytes(600), "a damaged or encrypted workbook"),
        (b"Vg,I\n1,2\n", "a damaged or encrypted workbook"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(raw)
    assert not LOADER.recognises(path)
    with pytest.raises(FileError, match=message):
        LOADER.read(path)


def test_a_workbook_without_numbers_or_sheets(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="sheet 'data': no number in it"):
        LOADER.read(save(tmp_path / "a.xlsx", data=[["words", "only"]]))
    with pytest.raises(FileError, match="sheet 'data': no number in it"):
        LOADER.read(save(tmp_path / "b.xlsx", data=[]))


def test_a_row_beyond_the_header_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="row 3: sheet 'data': 3 cells where the header names 2"):
        LOADER.read(save(tmp_path / "a.xlsx", data=[["a", "b"], [1, 2], [3, 4, 5], [6, 7]]))


def test_without_openpyxl_the_install_line_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.xlsx", data=IV)
    assert LOADER.extra is None
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingDependencyError, match="pip install openpyxl"):
        LOADER.read(path)


@pytest.mark.parametrize(("j", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")])
def test_letters_of_a_column(j: int, letters: str) -> None:
    # the last is the last column of an Excel sheet (16384 columns)
    assert sheets.letters(j) == letters
