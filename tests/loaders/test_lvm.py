"""LabVIEW measurement files against lvm_read, and by hand from NI's specification (tutorial 4139)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gzero.errors import ColumnError, FileError
from gzero.loaders.lvm import LOADER
from gzero.loaders.registry import read_table

lvm_read = pytest.importorskip("lvm_read")

Write = Callable[..., Path]

HEAD = "LabVIEW Measurement\t\r\nWriter_Version\t2\r\nSeparator\tTab\r\nDecimal_Separator\t.\r\nMulti_Headings\tYes\r\nX_Columns\t{x}\r\nOperator\tAnna\r\n***End_of_Header***\t\r\n\t\r\n"
SEGMENT = (
    "Channels\t2\t\t\r\nSamples\t{n}\t{n}\t\r\nDate\t2024/01/02\t2024/01/02\t\r\nY_Unit_Label\tmV\tnA\t\r\nX_Dimension\tTime\tTime\t\r\n"
    "X0\t{x0}\t{x0}\t\r\nDelta_X\t0.25\t{dx}\t\r\n***End_of_Header***\t\t\t\r\nX_Value\tVg\tId\tComment\r\n"
)


def written(*bodies: str, x: str = "No", x0: str = "1.5", dx: str = "0.25") -> str:
    parts = [SEGMENT.format(n=body.count("\r\n"), x0=x0, dx=dx) + body for body in bodies]
    return HEAD.format(x=x) + "\r\n".join(parts)


FILES = [
    "long_single_header_multi_ch", "multi_time_column", "no_decimal_separator", "short", "short_new_line_end", "with_comments",
    "with_empty_fields",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_the_measured_files_against_lvm_read(measured: Path, name: str) -> None:
    path = measured / "format_lvm" / f"{name}.lvm"
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    other = lvm_read.read(str(path), read_from_pickle=False, dump_file=False)
    segment = other[0]
    numbers = np.asarray(segment["data"], dtype=float)
    table = read_table(path)
    assert (table.origin.loader, table.origin.sha256) == ("lvm", before)
    if other["X_Columns"] == "No":
        # the specification: the n-th value stands at X0 + n Delta_X
        start, step = float(segment["X0"][0]), float(segment["Delta_X"][0])
        np.testing.assert_array_equal(table.columns[0].values, start + step * np.arange(len(numbers)))
        channels = numbers
    else:
        np.testing.assert_array_equal(table.columns[0].values, numbers[:, 0])
        # of several x columns, those that hold the first one's numbers are not repeated
        again = range(2, numbers.shape[1], 2) if other["X_Columns"] == "Multi" else ()
        for j in again:
            np.testing.assert_array_equal(numbers[:, j], numbers[:, 0])
        channels = np.delete(numbers, [0, *again], axis=1)
    filled = channels[:, np.isfinite(channels).any(axis=0)]
    assert len(table.columns) == 1 + filled.shape[1]
    for j, column in enumerate(table.columns[1:]):
        np.testing.assert_array_equal(column.values, filled[:, j])
    units = [cell for cell in segment.get("Y_Unit_Label", []) if cell]
    # lvm_read leaves out the signs that are not ASCII
    found = [(c.unit_text or "").encode("ascii", "ignore").decode() for c in table.columns[1:]]
    assert not units or found == units[: filled.shape[1]]
    assert table.columns[0].unit_text == "s"
    assert table.metadata["Operator"] == other["Operator"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_comments_become_labels_and_short_files_are_told(measured: Path) -> None:
    table = read_table(measured / "format_lvm" / "with_comments.lvm")
    assert table.labels["Comment"][:2] == ("LOST COMMUNICATION", "OK")
    table = read_table(measured / "format_lvm" / "multi_time_column.lvm")
    assert "the header states 51200 samples, and 3 rows are there" in [d.reason for d in table.origin.dropped]
    table = read_table(measured / "format_lvm" / "long_single_header_multi_ch.lvm")
    assert any("states 8192 samples, and 16384 rows are there" in d.reason for d in table.origin.dropped)


ONE = "\t1\t10\r\n\t2\t20\r\n\t3\t30\r\n"
TWO = "\t4\t40\r\n\t5\t50\r\n"


def test_the_longest_segment_is_read_and_the_others_can_be_chosen(write: Write) -> None:
    path = write(written(TWO, ONE, TWO), name="a.lvm")
    table = read_table(path)
    assert [c.name for c in table.columns] == ["X_Value", "Vg", "Id"]
    assert [c.unit_text for c in table.columns] == ["s", "mV", "nA"]
    assert [c.values.tolist() for c in table.columns] == [[1.5, 1.75, 2.0], [1, 2, 3], [10, 20, 30]]
    assert table.columns[0].source == "axis 0"
    assert table.origin.options["group"] == "segment 2"
    assert table.origin.parts == {"group": ("segment 1", "segment 2", "segment 3", "all")}
    assert [(d.rule, d.rows) for d in table.origin.dropped if d.rule == "other segments"] == [("other segments", 4)]
    assert read_table(path, group="3").columns[1].values.tolist() == [4, 5]
    whole = read_table(path, group="all")
    assert [c.name for c in whole.columns] == ["segment", "X_Value", "Vg", "Id"]
    assert whole.columns[0].values.tolist() == [1, 1, 2, 2, 2, 3, 3]
    assert whole.columns[1].values.tolist() == [1.5, 1.75, 1.5, 1.75, 2.0, 1.5, 1.75]
    assert whole.columns[2].values.tolist() == [4, 5, 1, 2, 3, 4, 5]
    lines = path.read_text().splitlines()
    assert all(
        lines[row - 1].split("\t")[1] == f"{v:g}"
        for row, v in zip(whole.row_numbers, whole.columns[2].values, strict=True)
    )
    with pytest.raises(ColumnError, match="no group '9'"):
        read_table(path, group="9")


def test_a_logger_that_writes_one_line_a_call_is_read_whole(write: Write) -> None:
    path = write(written(*(f"\t{i}\t{10 * i}\r\n" for i in range(5))), name="a.lvm")
    table = read_table(path)
    assert table.columns[2].values.tolist() == [0, 1, 2, 3, 4]
    assert table.origin.options["group"] == "all"
    assert not any(d.rule == "other segments" for d in table.origin.dropped)


def test_channels_with_a_step_of_their_own_get_an_axis_each(write: Write) -> None:
    table = read_table(write(written(ONE, dx="0.5"), name="a.lvm"))
    assert [c.name for c in table.columns] == ["X_Value of Vg", "X_Value of Id", "Vg", "Id"]
    assert table.columns[1].values.tolist() == [1.5, 2.0, 2.5]


def test_a_row_of_words_does_not_move_a_counted_x(write: Write) -> None:
    table = read_table(write(written("\t1\t10\r\n\tbad\tworse\r\n\t3\t30\r\n"), name="a.lvm"))
    assert table.columns[0].values.tolist() == [1.5, 2.0]
    assert [(d.rule, d.rows) for d in table.origin.dropped if d.rule == "text row"] == [("text row", 1)]


def test_commas_divide_and_special_blocks_are_passed_over(write: Write) -> None:
    text = written(ONE).replace("\t", ",").replace("Separator,Tab", "Separator,Comma")
    special = "***Start_Special***\r\nWaveform\r\n7,7,7\r\n***End_Special***\r\n"
    table = read_table(write(text.replace("Channels,2", special + "Channels,2"), name="a.lvm"))
    assert table.columns[1].values.tolist() == [1, 2, 3]
    assert "special block" in [d.rule for d in table.origin.dropped]


def test_a_long_file_is_read_as_a_short_one_is(write: Write) -> None:
    rng = np.random.default_rng(3)
    numbers = rng.normal(size=(3000, 2)).round(6)
    body = "".join(f"\t{a!r}\t{b!r}\r\n" for a, b in numbers.tolist())
    path = write(written(body), name="a.lvm")
    table = read_table(path)
    np.testing.assert_array_equal(table.columns[1].values, numbers[:, 0])
    np.testing.assert_array_equal(table.columns[2].values, numbers[:, 1])
    # a word in one cell is enough to read the lines one by one; the other cells are the same then
    rows = body.split("\r\n")
    rows[1500] = rows[1500].rpartition("\t")[0] + "\toverload"
    again = read_table(write(written("\r\n".join(rows)), name="b.lvm"))
    np.testing.assert_array_equal(again.columns[1].values, numbers[:, 0])
    assert np.flatnonzero(np.isnan(again.columns[2].values)).tolist() == [1500]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LabVIEW Measurement\nSeparator\tTab\nChannels\t1\n", "no end of its header"),
        ("LabVIEW Measurement\nSeparator\t;\n***End_of_Header***\n1;2\n", "neither Tab nor Comma"),
        (HEAD.format(x="No") + SEGMENT.format(n=0, x0=0, dx=1), "no segment of it holds numbers"),
        (written("\ta\tb\r\n"), "no column of numbers"),
        (written("\t1\t2\tOK\t5\r\n" * 3), "cells where the header names 4"),
    ],
)
def test_damaged_files(write: Write, text: str, message: str) -> None:
    with pytest.raises((FileError, ColumnError), match=message) as caught:
        read_table(write(text, name="a.lvm"))
    assert str(caught.value.path).endswith("a.lvm")


def test_another_file_is_refused_by_name(write: Write) -> None:
    path = write("a\tb\n1\t2\n", name="a.lvm")
    assert not LOADER.recognises(path)
    assert read_table(path).origin.loader == "text"
    with pytest.raises(FileError, match="not a LabVIEW measurement file"):
        read_table(path, loader="lvm")


def test_a_step_beyond_all_numbers_is_no_warning(tmp_path: Path) -> None:
    lines = [
        "LabVIEW Measurement\t", "Writer_Version\t2", "Separator\tTab", "Decimal_Separator\t.", "X_Columns\tNo",
        "***End_of_Header***\t", "", "Channels\t1", "Samples\t3", "X0\t0", "Delta_X\t1e308", "***End_of_Header***\t",
        "X_Value\tA\tComment", "\t1.0", "\t2.0", "\t3.0",
    ]  # fmt: skip
    path = tmp_path / "a.lvm"
    path.write_text("\n".join(lines) + "\n")
    table = read_table(path)
    assert table.columns[0].values.tolist() == [0.0, 1e308, float("inf")]
