"""Masks: the grammar, the units that numbers are in, what is hit, and what is on record. Expected rows are counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gzero.errors import ColumnError, ConfigError, InputError, UnitError
from gzero.loaders.table import Table
from gzero.measurement.chain import convert
from gzero.measurement.chain_text import parse_chain
from gzero.measurement.kinds import kind
from gzero.measurement.masks import (
    Masked,
    canonical_masks,
    differs_by_trace,
    joined,
    kept_rows,
    mask_text,
    masked,
    parse_masks,
)
from gzero.measurement.roles import Wanted, columns_of
from gzero.quanta import NO_CONDITIONS

COLUMNS = {
    "Vg (mV)": [-300.0, -200.0, -100.0, 0.0],
    "I (nA)": [0.0, 1.0, 2.0, np.nan],
    "I_leak (A)": [5e-9, 1e-12, 1e-12, 2e-9],
    "odd < name": [1.0, 2.0, 2.0, 3.0],
}


def hit(table: Table, text: str, trace: int | None = None) -> Masked:
    """What the masks of a text leave of a table."""
    return masked(
        table,
        parse_masks(text),
        lambda key: columns_of(table, key, kind("staircase"), Wanted()),
        NO_CONDITIONS,
        trace=trace,
    )


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("Vg < -100", [0, 1]), ("Vg <= -100", [0, 1, 2]), ("Vg > -100", [3]), ("Vg >= -100", [2, 3]), ("Vg = -100", [2]),
        ("Vg == -100", [2]), ("Vg != -100", [0, 1, 3]), ("Vg ≤ −100", [0, 1, 2]), ("vg<-100", [0, 1]), ("Vg [mV] < -100", [0, 1]),
        ("Vg < -0.1 V", [0, 1]), ("Vg > -150000 uV", [2, 3]), ("Vg = -0.1 V", [2]), ("gate_voltage < -100", [0, 1]), ("x < -100", [0, 1]),
        ("1 < -100", [0, 1]), ("I_leak > 1e-9", [0, 3]), ("I_leak > 1 nA", [0, 3]), ("3 > 1 nA", [0, 3]), ("I >= 1", [1, 2]),
        ("I != 1", [0, 2]), ("I >= 0", [0, 1, 2]), ("rows 2:3", [1, 2]), ("rows 3:2", [1, 2]), ("row 4", [3]), ("Rows 1", [0]),
        ("Vg < -100 and I_leak > 1 nA", [0]), ("rows 2:4 and Vg < 0", [1, 2]), ('"odd < name" > 1', [1, 2, 3]), ("4 = 2", [1, 2]),
    ],
)  # fmt: skip
def test_what_a_rule_hits(table, rule: str, rows: list[int]) -> None:
    left = hit(table(COLUMNS), f"{rule}: because")
    assert np.flatnonzero(~left.keep).tolist() == rows
    only = left.exclusions[0]
    assert (only.indices.tolist(), only.rows, only.by, only.reason) == (
        rows,
        tuple(r + 1 for r in rows),
        "user",
        "because",
    )
    assert left.ledger[0].note == f"because; {len(rows)} of 4 readings"


def test_rows_are_those_of_the_file(table) -> None:
    from dataclasses import replace

    it = replace(table(COLUMNS), row_numbers=(3, 4, 6, 7))
    assert np.flatnonzero(~hit(it, "rows 5:6: empty line above").keep).tolist() == [2]
    assert hit(it, "rows 5:6: empty line above").exclusions[0].rows == (6,)


def test_a_column_of_text(table) -> None:
    it = table(COLUMNS, labels={"status": ("ok", "OVLD", "ok", " ovld ")})
    assert np.flatnonzero(~hit(it, "status = ovld: overload").keep).tolist() == [1, 3]
    assert np.flatnonzero(~hit(it, 'status != "ok": overload').keep).tolist() == [1, 3]
    with pytest.raises(ColumnError, match=r"no column of text 'flag'.*columns of text are status"):
        hit(it, "flag = ovld: overload")


def test_each_reading_is_left_out_once_and_every_mask_is_on_record(table) -> None:
    left = hit(table(COLUMNS), "rows 1:2: first\nVg < 0: second\nrows 2: third\nVg > 5: fourth")
    assert [(e.rule, e.indices.tolist()) for e in left.exclusions] == [("mask rows 1:2", [0, 1]), ("mask Vg < 0", [2])]
    assert [c.note for c in left.ledger] == [
        "first; 2 of 4 readings", "second; 3 of 4 readings, 1 of them not masked before",
        "third; 1 of 4 readings, 0 of them not masked before", "fourth; 0 of 4 readings",
    ]  # fmt: skip
    assert left.warnings == ("the mask 'Vg > 5' (fourth) hits no reading",)


def test_a_mask_that_leaves_nothing(table) -> None:
    for text in ("Vg <= 0: all", "Vg < 0: most\nVg = 0: the rest"):
        with pytest.raises(InputError, match="leaves no reading; numbers are in the unit that the file writes"):
            hit(table(COLUMNS), text)


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("G1 > -280: channel not formed", "G1 > -280", "channel not formed"), ("rows 10:20: settling", "rows 10:20", "settling"),
        ("G1>-280:see p. 3: a leak", "G1>-280", "see p. 3: a leak"), ("rows 10: 20 bad ones", "rows 10", "20 bad ones"),
        ("  G1  >  3 mV :  x  y ", "G1 > 3 mV", "x y"), ("conductance > 5 2e^2/h: overload", "conductance > 5 2e^2/h", "overload"),
        ('"a: b" > 3: c', '"a: b" > 3', "c"), ("a and b > 3 and rows 1:2: x", "a and b > 3 and rows 1:2", "x"),
    ],
)  # fmt: skip
def test_where_the_reason_begins(text: str, where: str, reason: str) -> None:
    if text.startswith("a and b"):  # ` and ` joins rules, so a header with it stands in quotes
        with pytest.raises(ConfigError, match="is no mask"):
            parse_masks(text)
        return
    mask = parse_masks(text)[0]
    assert (mask.where, mask.reason) == (where, reason)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("G1 > -280", "has no reason"), ("G1 > -280:", "has no reason"), ("rows 10:20", "has no reason"), ("", "states nothing"),
        ("\n \n", "states nothing"), ("why", "is no mask"), (": why", "is no mask"), ("G1 -280: why", "is no mask"), ("G1 > : why", "is no mask"),
        ("> 3: why", "is no mask"), ("G1 > high: why", "is no mask"), ("rows a:b: why", "is no mask"), ("G1 > 3 or G1 < 2: why", "unit"),
        ("a" * 600 + " > 3: x", "signs is none"), ("__import__('os').system('x'): y", "is no mask"), ("G1 > 3 and: y", "unit"),
    ],
)  # fmt: skip
def test_what_is_no_mask_is_one_clear_line(table, text: str, problem: str) -> None:
    with pytest.raises(InputError) as raised:
        hit(table({"G1 (mV)": [1.0, 2.0, 3.0, 4.0]}), text)
    assert problem in str(raised.value)
    assert len(str(raised.value)) < 300


def test_units_that_a_column_does_not_have(table) -> None:
    with pytest.raises(UnitError, match=r"its header states \[mV\]; leave the unit out"):
        hit(table(COLUMNS), "Vg > 1 nA: x")
    with pytest.raises(UnitError, match="its header states no unit"):
        hit(table(COLUMNS), "4 > 1 nA: x")
    with pytest.raises(UnitError, match="unit 'furlong' is not known"):
        hit(table(COLUMNS), "Vg > 1 furlong: x")
    with pytest.raises(ColumnError, match="there is no column 'G2'"):
        hit(table(COLUMNS), "G2 > 1: x")


def test_numbers_are_what_the_file_writes_before_any_chain(table) -> None:
    it = table({"Vg (mV)": [-30.0, -20.0, -10.0], "I (V)": [1.0, 2.0, 3.0]})
    find = lambda key: columns_of(it, key, kind("staircase"), Wanted())  # noqa: E731
    behind = convert(it, parse_chain("I: iv_converter=1e9 V/A; Vg: divider=0.1"), find).table
    assert np.flatnonzero(~hit(behind, "I > 1.5: x").keep).tolist() == [1, 2]
    assert np.flatnonzero(~hit(behind, "I > 2.5 V: x").keep).tolist() == [2]
    assert np.flatnonzero(~hit(behind, "I > 2.5 nA: x").keep).tolist() == [2]
    assert np.flatnonzero(~hit(behind, "Vg < -25: x").keep).tolist() == [0]
    with pytest.raises(ConfigError, match="before or behind the signal chain"):
        hit(behind, "Vg < -25 mV: x")


def test_a_mask_on_y_of_a_map_is_another_one_for_every_trace(table) -> None:
    it = table({"Vg (V)": [1.0, 2.0, 3.0], "w[0] (S)": [0.0, 1.0, 2.0], "w[1] (S)": [2.0, 1.0, 0.0]}, places=[1.0, 2.0])
    assert np.flatnonzero(~hit(it, "y > 1.5: x", trace=0).keep).tolist() == [2]
    assert np.flatnonzero(~hit(it, "conductance > 1.5: x", trace=1).keep).tolist() == [0]
    find = lambda key: columns_of(it, key, kind("staircase"), Wanted())  # noqa: E731
    assert differs_by_trace(it, parse_masks("y > 1.5: x"), find)
    assert not differs_by_trace(it, parse_masks("x > 1.5: x\nrows 1: y"), find)


def test_kept_rows_know_where_they_stood_in_the_file(table) -> None:
    it = table(COLUMNS, labels={"status": ("a", "b", "c", "d")})
    out = kept_rows(it, np.array([True, False, False, True]))
    assert (out.row_numbers, out.labels["status"], out.columns[0].values.tolist()) == (
        (1, 4),
        ("a", "d"),
        [-300.0, 0.0],
    )
    assert out.origin.rows_read == it.origin.rows_read
    assert kept_rows(it, np.ones(4, dtype=bool)) is it


def test_tables_and_texts_of_masks() -> None:
    stated = [{"where": "G1 > -280", "reason": "not  formed"}, "rows 1:3: settling"]
    text = "G1 > -280: not formed\nrows 1:3: settling"
    assert mask_text(stated) == text
    assert [m.reason for m in parse_masks(text)] == ["not formed", "settling"]
    assert joined("rows 1: a\nrows 2: b", "rows 2: b\nrows 3: c") == "rows 1: a\nrows 2: b\nrows 3: c"
    assert canonical_masks("rows  2: b\n\nrows 1: a") == "rows 1: a\nrows 2: b"
    assert canonical_masks("no mask") == "no mask"


@pytest.mark.parametrize(
    ("stated", "problem"),
    [
        ({"where": "G1 > 3"}, "mask 'G1 > 3' has no reason"), ({"where": "G1 > 3", "reason": " "}, "has no reason"),
        ({"reason": "x"}, "a mask has no rule"), ({"where": "G1 > 3", "reason": "x", "why": "y"}, "no key 'why'"), ([3], "is no mask"),
    ],
)  # fmt: skip
def test_what_are_no_tables_of_masks(stated: object, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        mask_text(stated)


@given(st.text(max_size=40) | st.text(alphabet='Vg<>=!:"0123456789.- rowsand', max_size=40))
def test_no_text_crashes(text: str) -> None:
    try:
        found = parse_masks(text)
    except ConfigError as error:
        found = error
    assert found
