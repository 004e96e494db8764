"""Workbooks through calamine: .xls written by xlwt, .ods by odfpy, .xlsb by pyxlsbwriter; xlrd as the second reader."""

from __future__ import annotations

import datetime
import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from gzero.errors import ColumnError, FileError, GzeroError, MissingDependencyError
from gzero.loaders import calamine_rows, excel, workbook_files
from gzero.loaders.registry import read_table
from gzero.loaders.sheet import sheet_and_cells
from gzero.loaders.workbooks import LOADER

Rows = Sequence[Sequence[object]]
Write = Callable[..., Path]

xlwt = pytest.importorskip("xlwt")
opendocument = pytest.importorskip("odf.opendocument")
pyxlsbwriter = pytest.importorskip("pyxlsbwriter")

IV: Rows = [["Vg (V)", "I (nA)"], [0.1, 1.0], [0.2, 2.5]]


def save(path: Path, *, hidden: Sequence[str] = (), **sheets: Rows) -> Path:
    """A workbook in the format of the ending."""
    {".xls": save_xls, ".ods": save_ods, ".xlsb": save_xlsb, ".xlsx": save_xlsx}[path.suffix](path, sheets, hidden)
    return path


def save_xls(path: Path, sheets: dict[str, Rows], hidden: Sequence[str]) -> None:
    book = xlwt.Workbook()
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD HH:MM:SS")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        sheet.visibility = int(name in hidden)
        for i, row in enumerate(rows):
            for j, value in enumerate(row):
                if isinstance(value, datetime.datetime):
                    sheet.write(i, j, value, style)
                elif value is not None:
                    sheet.write(i, j, value)
    book.save(str(path))


def save_ods(path: Path, sheets: dict[str, Rows], hidden: Sequence[str]) -> None:
    from odf.style import Style, TableProperties
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = opendocument.OpenDocumentSpreadsheet()
    style = Style(name="hid", family="table")
    style.addElement(TableProperties(display="false"))
    book.automaticstyles.addElement(style)
    for name, rows in sheets.items():
        table = Table(name=name, stylename="hid") if name in hidden else Table(name=name)
        for values in rows:
            row = TableRow()
            for value in values:
                if isinstance(value, bool):
                    cell = TableCell(valuetype="boolean", booleanvalue="true" if value else "false")
                elif isinstance(value, (int, float)):
                    cell = TableCell(valuetype="float", value=repr(value))
                elif isinstance(value, datetime.datetime):
                    cell = TableCell(valuetype="date", datevalue=value.isoformat())
                elif value is None:
                    cell = TableCell()
                else:
                    cell = TableCell(valuetype="string")
                    cell.addElement(P(text=str(value)))
                row.addElement(cell)
            table.addElement(row)
        book.spreadsheet.addElement(table)
    book.save(str(path))


def save_xlsb(path: Path, sheets: dict[str, Rows], hidden: Sequence[str]) -> None:
    with pyxlsbwriter.XlsbWriter(str(path)) as book:
        for name, rows in sheets.items():
            book.add_sheet(name, hidden=name in hidden)
            book.write_sheet([list(row) for row in rows])


def save_xlsx(path: Path, sheets: dict[str, Rows], hidden: Sequence[str]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)


FORMATS = ["a.xls", "a.ods", "a.xlsb"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_sheet(tmp_path: Path, name: str) -> None:
    moment = datetime.datetime(2022, 1, 1, 12, 30)
    rows = [
        ["My run", None, None, None],
        ["Sample", "A3", None, None],
        ["Vg", "I", "when", "remark"],
        ["V", "nA", None, None],
        [-0.1, 1, moment, "=cmd|' /C calc'!A0"],
        [0.30000000000000004, 1e-300, moment, None],
        [2, None, moment, "x"],
    ]
    path = save(tmp_path / name, notes=[["words", 1]], data=rows)
    assert LOADER.recognises(path)
    table = read_table(path)
    assert table.origin.loader == "workbooks"
    assert [(c.name, c.unit_text, c.source) for c in table.columns] == [
        ("Vg", "V", "sheet 'data', column A"), ("I", "nA", "sheet 'data', column B")
    ]  # fmt: skip
    np.testing.assert_array_equal(table.columns[0].values, [-0.1, 0.30000000000000004, 2])
    np.testing.assert_array_equal(table.columns[1].values, [1, 1e-300, np.nan])
    assert table.labels["remark"] == ("=cmd|' /C calc'!A0", "", "x")
    assert table.labels["when"] == ("2022-01-01 12:30:00",) * 3
    assert table.metadata["Sample"] == "A3"
    assert table.origin.options == {"sheet": "data", "header_row": "3", "units_row": "4"}
    assert table.origin.parts == {"sheet": ("notes", "data")}
    assert tuple(table.row_numbers) == (5, 6, 7)
    (note,) = table.origin.dropped
    assert (note.rule, note.rows) == ("empty cell", 1)


@pytest.mark.parametrize("name", [*FORMATS, "a.xlsx"])
def test_a_sheet_by_name_or_number_and_hidden_ones(tmp_path: Path, name: str) -> None:
    long = [*IV, [0.3, 3.0], [0.4, 4.0]]
    path = save(tmp_path / name, hidden=["raw"], raw=long, IV=IV, short=IV[:2])
    chosen = read_table(path)
    assert chosen.origin.options == {"sheet": "IV", "header_row": "1"}
    assert chosen.origin.parts == {"sheet": ("raw", "IV", "short")}
    for sheet in ("raw", "RAW", "1"):
        table = read_table(path, sheet=sheet)
        assert table.rows == 4
        assert table.origin.options == {"sheet": "raw", "header_row": "1", "hidden": "yes"}
    with pytest.raises(ColumnError, match="no sheet 'x'; its sheets are 'raw', 'IV', 'short'"):
        read_table(path, sheet="x")
    alone = save(tmp_path / f"b{path.suffix}", hidden=["raw"], raw=IV, notes=[["words", "only"]])
    assert read_table(alone).origin.options["sheet"] == "raw"


@pytest.mark.parametrize("name", [*FORMATS, "a.xlsx"])
def test_a_range_of_cells(tmp_path: Path, name: str) -> None:
    rows = [
        ["t", "Vg (V)", "I (nA)", "R"],
        [1.0, 0.1, 1.0, 7.0],
        [2.0, 0.2, 2.5, 8.0],
        [3.0, 0.3, 3.5, 9.0],
        ["x", "second table", "", ""],
        [9.0, 5.0, 6.0, 7.0],
    ]
    path = save(tmp_path / name, IV=rows, other=IV)
    table = read_table(path, sheet="IV!B1:C3")
    assert [(c.name, c.unit_text, c.source, c.values.tolist()) for c in table.columns] == [
        ("Vg", "V", "sheet 'IV', column B", [0.1, 0.2]), ("I", "nA", "sheet 'IV', column C", [1.0, 2.5])
    ]  # fmt: skip
    assert table.origin.options["cells"] == "B1:C3"
    assert tuple(table.row_numbers) == (2, 3)
    assert [c.name for c in read_table(path, sheet="'IV'!$C:$d").columns] == ["I", "R"]
    assert [c.values.tolist() for c in read_table(path, sheet="IV!6:6").columns] == [[9], [5], [6], [7]]
    assert read_table(path, sheet="a3:b4", header_row=0).columns[0].values.tolist() == [2, 3]
    with pytest.raises(FileError, match="sheet 'IV', cells F1:G9: no number in it"):
        read_table(path, sheet="IV!F1:G9")


@pytest.mark.parametrize("text", ["IV!A1:B", "IV!A:3", "A1:2", "IV!:"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(ColumnError, match="is no range of cells"):
        sheet_and_cells(text, path="a.xlsx")


def test_the_ends_of_a_range() -> None:
    with pytest.raises(ColumnError, match="ends before it begins"):
        sheet_and_cells("IV!B3:A9", path="a.xlsx")
    assert sheet_and_cells("a: b", path="a.xlsx") == ("a: b", None)
    name, cells = sheet_and_cells("'it''s'!A1:XFD1048576", path="a.xlsx")
    assert cells is not None
    assert (name, cells.left, cells.right, cells.bottom) == ("it's", 0, 16383, 1048576)


@pytest.mark.parametrize("name", [*FORMATS, "a.xlsx"])
def test_a_sheet_of_settings_is_metadata(tmp_path: Path, name: str) -> None:
    path = save(tmp_path / name, Data=IV, Settings=[["=======", None], ["Speed", "Normal"], ["Hold Time", "0"]])
    assert read_table(path).metadata == {"Settings/Speed": "Normal", "Settings/Hold Time": "0"}


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx"])
def test_merged_cells_hold_their_text_once(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rows = [["Vg (V)", "I (nA)"], [0.1, 1.0], [0.2, 2.5]]
    if name == "a.xls":
        book = xlwt.Workbook()
        sheet = book.add_sheet("IV")
        sheet.write_merge(0, 0, 0, 1, "Sample: A3")
        for i, row in enumerate(rows, 1):
            for j, value in enumerate(row):
                sheet.write(i, j, value)
        book.save(str(path))
    else:
        save_xlsx(path, {"IV": [["Sample: A3", None], *rows]}, ())
        book = openpyxl.load_workbook(path)
        book["IV"].merge_cells("A1:B1")
        book.save(path)
    table = read_table(path)
    assert [(c.name, c.unit_text) for c in table.columns] == [("Vg", "V"), ("I", "nA")]
    assert table.metadata == {"Sample": "A3"}


@pytest.mark.parametrize("name", FORMATS)
def test_a_workbook_without_numbers(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileError, match="sheet 'data': no number in it"):
        read_table(save(tmp_path / name, data=[["words", "only"]]))


def test_a_large_workbook_is_read_by_calamine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [["Vg", "I", "s"], *[[i / 7, None if i == 5 else -i / 3, f"w{i % 3}"] for i in range(2000)]]
    path = save(tmp_path / "a.xlsx", data=rows, other=IV)
    slow = read_table(path)
    monkeypatch.setattr(excel, "BIG", 0)
    fast = read_table(path)
    assert fast.origin.options == slow.origin.options | {"reader": "calamine"}
    for a, b in zip(fast.columns, slow.columns, strict=True):
        np.testing.assert_array_equal(a.values, b.values)
        assert (a.name, a.source) == (b.name, b.source)
    assert (fast.labels, fast.origin.dropped, fast.row_numbers) == (slow.labels, slow.origin.dropped, slow.row_numbers)


def changed(path: Path, member: str, old: bytes, new: bytes) -> Path:
    """The archive with one place of a member changed."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert old in members[member]
    members[member] = members[member].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_two_cells_far_apart_end_no_process_but_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """calamine asks for memory for all cells between them, 16384 x 1048576, and aborts."""
    path = save(tmp_path / "a.xlsx", data=IV)
    changed(path, "xl/worksheets/sheet1.xml", b'r="B3"', b'r="XFD1048576"')
    monkeypatch.setattr(excel, "BIG", 0)
    with pytest.raises(FileError, match="a damaged workbook, or one that needs more memory or time"):
        read_table(path)


@pytest.mark.parametrize(
    "repeat", [b'table:number-columns-repeated="1000000000" ', b'table:number-columns-repeated="4294967296" ']
)
def test_a_cell_repeated_a_billion_times(tmp_path: Path, repeat: bytes) -> None:
    path = changed(
        save(tmp_path / "a.ods", data=IV), "content.xml", b"<table:table-cell ", b"<table:table-cell " + repeat
    )
    table = read_table(path)  # calamine repeats a cell to the edge of a sheet at most
    assert [c.values.tolist() for c in table.columns] == [[0.1, 0.2], [1.0, 2.5]]


LAUGHS = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>" + b"".join(
    b"<!ENTITY %c '%s'>" % (98 + i, (b"&%c;" % (97 + i)) * 10) for i in range(9)
)


@pytest.mark.parametrize(("name", "member"), [("a.xlsx", "xl/worksheets/sheet1.xml"), ("a.ods", "content.xml")])
def test_entities_of_entities(tmp_path: Path, name: str, member: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / name, data=[["a", "b"], [1.0, "here"], [2.0, "x"]])
    with zipfile.ZipFile(path) as archive:
        raw = archive.read(member)
    body = raw[raw.index(b"?>") + 2 :] if raw.startswith(b"<?xml") else raw
    changed(path, member, raw, LAUGHS + b"]>" + body)
    if name == "a.xlsx":
        changed(path, "xl/worksheets/sheet1.xml", b"<v>1</v>", b"<v>&j;</v>")
    else:
        changed(path, member, b">here<", b">&j;<")
    for big in (excel.BIG, 0):
        monkeypatch.setattr(excel, "BIG", big)
        try:
            table = read_table(path)
        except GzeroError as error:
            assert name in str(error)  # noqa: PT017 -- an error is as good as a table without the entity
        else:
            assert all(len(text) < 100 for texts in table.labels.values() for text in texts)


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.ods", data=IV)
    monkeypatch.setattr(workbook_files, "MAX_UNPACKED", 100)
    with pytest.raises(FileError, match="MiB when unpacked, from"):
        read_table(path)


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    msoffcrypto = pytest.importorskip("msoffcrypto.format.ooxml")
    path = save(tmp_path / "a.xlsx", data=IV)
    out = io.BytesIO()
    msoffcrypto.OOXMLFile(io.BytesIO(path.read_bytes())).encrypt("secret", out)
    for name in ("b.xlsx", "b.xls", "b.dat"):
        (tmp_path / name).write_bytes(out.getvalue())
        with pytest.raises(FileError, match="protected by a password"):
            read_table(tmp_path / name)
    with pytest.raises(FileError, match="protected by a password"):
        read_table(tmp_path / "b.xlsx", loader="excel")


def test_the_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.xls", data=IV)
    monkeypatch.setattr(calamine_rows, "CLOCK", 0)
    with pytest.raises(FileError, match="needs more memory or time"):
        read_table(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit for one process")
def test_the_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.xls", data=[["a", "b"], *[[float(i), 2.0] for i in range(20_000)]])
    assert read_table(path).rows == 20_000
    monkeypatch.setattr(calamine_rows, "FREE_MEMORY", 16 << 20)
    monkeypatch.setattr(calamine_rows, "MEMORY_PER_BYTE", 0)
    with pytest.raises(FileError, match="damaged workbook"):
        read_table(path)


def test_a_process_that_cannot_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.xls", data=IV)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "none"))
    with pytest.raises(FileError, match="the process that reads workbooks cannot be started"):
        read_table(path)


def test_too_many_cells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calamine_rows, "MAX_CELLS", 3)
    with pytest.raises(FileError, match="more cells than a sheet of data has"):
        read_table(save(tmp_path / "a.xls", data=IV))


OLD = workbook_files.OLE + bytes(600)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (OLD, "an old Office file without a workbook in it"),
        (b"PK\x03\x04" + bytes(100), "a damaged workbook"),
        (b"%PDF-1.7", "looks like PDF, which the loader 'workbooks' does not read"),
        (b"Vg,I\n1,2\n", "not a workbook .instruments write text under the ending .xls.; name the loader"),
    ],
)
def test_what_is_no_workbook(write: Write, raw: bytes, message: str) -> None:
    path = write(raw, name="a.xls")
    assert not LOADER.recognises(path)
    with pytest.raises(FileError, match=message):
        LOADER.read(path)


def test_text_under_the_ending_of_a_workbook(write: Write) -> None:
    assert read_table(write("Vg\tI\n1\t2\n", name="a.xls")).origin.loader == "text"


@pytest.mark.parametrize("name", FORMATS)
def test_a_cut_workbook(tmp_path: Path, name: str) -> None:
    raw = save(tmp_path / name, data=[*IV, *[[float(i), 2.0] for i in range(300)]]).read_bytes()
    for part in (0.2, 0.5, 0.9):
        path = tmp_path / f"cut-{name}"
        path.write_bytes(raw[: int(part * len(raw))])
        with pytest.raises(FileError, match=rf"cut-{name}: .*(damaged|without a workbook|needs more)"):
            read_table(path)


def test_without_calamine_the_install_line_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.xls", data=IV)
    assert LOADER.extra is None
    monkeypatch.setattr(calamine_rows.importlib.util, "find_spec", lambda name: None)
    assert LOADER.extra == "pip install python-calamine"
    assert LOADER.recognises(path)
    with pytest.raises(MissingDependencyError, match="pip install python-calamine"):
        LOADER.read(path)


@pytest.mark.parametrize("name", FORMATS)
def test_mutants_give_a_table_or_an_error(tmp_path: Path, name: str) -> None:
    raw = save(tmp_path / name, data=IV, Settings=[["a", "b"]]).read_bytes()
    rng = np.random.default_rng(20240609)
    path = tmp_path / f"mutant-{name}"
    read = named = 0
    for _ in range(12):  # a process each
        data = bytearray(raw)
        at = int(rng.integers(len(data) - 8))
        data[at : at + 4] = struct.pack("<I", int(rng.choice([0, 1, 255, 65535, 2**31 - 1, 2**32 - 1])))
        path.write_bytes(data)
        try:
            read_table(path)
        except GzeroError as error:
            named += str(path) in str(error)
        else:
            read += 1
    assert read + named == 12


@pytest.mark.parametrize("sheet", ["Data", "Calc", "Settings"])
def test_the_measured_workbook_against_xlrd(measured: Path, sheet: str) -> None:
    xlrd = pytest.importorskip("xlrd")
    path = measured / "length_mos2" / "keithley4200_4-3-100NM-G.xls"
    read = xlrd.open_workbook(path).sheet_by_name(sheet)
    if sheet == "Calc":
        assert (read.nrows, read.ncols) == (0, 0)
        with pytest.raises(FileError, match="sheet 'Calc': no number in it"):
            read_table(path, sheet=sheet)
        return
    if sheet == "Settings":
        found = read_table(path).metadata
        for i in range(read.nrows):
            key, *values = (str(value).strip() for value in read.row_values(i))
            if key and any(values):
                assert found[f"Settings/{key}"] == ", ".join(value for value in values if value)
        return
    table = read_table(path)
    assert table.origin.options["sheet"] == "Data"
    assert [c.name for c in table.columns] == read.row_values(0)
    assert table.rows == read.nrows - 1
    for j, column in enumerate(table.columns):
        assert column.values.tolist() == read.col_values(j, 1)


def alone(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line, in a process of its own."""
    command = [sys.executable, "-m", "gzero", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_inspect_and_fit_as_from_csv(tmp_path: Path, gzero: Callable[..., Any]) -> None:
    """A synthetic staircase of steps of 2e^2/h, as .xls, .ods and CSV."""
    gate = np.linspace(-1.0, 0.0, 200)
    conductance = 77.48091729 * np.round(4 * (gate + 1)) + np.random.default_rng(5).normal(0, 0.3, 200)
    rows = [["Vg (V)", "G (uS)"], *zip(gate.tolist(), conductance.tolist(), strict=True)]
    save(tmp_path / "a.xls", run=rows)
    save(tmp_path / "a.ods", run=rows)
    (tmp_path / "a.csv").write_text("\n".join(f"{x},{y}" for x, y in rows), encoding="utf-8")
    words = ("--experiment", "staircase", "--quantum", "2e^2/h", "--json")
    first = alone("fit", str(tmp_path / "a.xls"), *words)
    assert first.returncode == 0, first.stderr
    found = [json.loads(first.stdout)["estimates"]]
    for name in ("a.ods", "a.csv"):
        run = gzero("fit", tmp_path / name, *words)
        assert run.code == 0, run.err
        found.append(json.loads(run.out)["estimates"])
    assert found[0] == found[1] == found[2]
    shown = gzero("inspect", tmp_path / "a.xls")
    assert "workbooks" in shown.out, shown.err
    assert "Vg" in shown.out
