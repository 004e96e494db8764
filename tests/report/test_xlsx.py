"""The workbook, reloaded: numbers equal to the analysis, text never a formula, the same bytes each time."""

from __future__ import annotations

import csv
import io
import math
import re
import shutil
import subprocess
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import samples
from openpyxl import load_workbook
from renderer_samples import HOSTILE, LONG, UNPRINTABLE, analysis, bare, document

import gzero.report.xlsx as module
from gzero.estimate import Estimate
from gzero.joint import JointEstimates
from gzero.report.terminal import visible_text
from gzero.report.wording import sentence
from gzero.report.xlsx import number_format, render_xlsx

SHEETS = ["results", "plateaus", "budget", "correlations", "ledger", "data", "audit", "charts"]


def _book(*analyses: Any, banner: str = "") -> Any:
    return load_workbook(io.BytesIO(render_xlsx(document(banner=banner), analyses or (analysis(),))))


def _table(sheet: Any) -> list[dict[str, Any]]:
    heads, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def _column(sheet: Any, head: str) -> list[Any]:
    return [row[head] for row in _table(sheet)]


def test_sheets_have_a_bold_frozen_header_and_readable_columns() -> None:
    book = _book()
    assert book.sheetnames == SHEETS
    for sheet in book.worksheets[:-1]:
        assert sheet.freeze_panes == "A2"
        assert all(cell.font.bold for cell in sheet[1])
        assert all(10 <= sheet.column_dimensions[cell.column_letter].width <= 60 for cell in sheet[1])


def test_estimates_equal_the_analysis() -> None:
    one = analysis()
    rows = {row["quantity"]: row for row in _table(_book(one)["results"])}
    for name, told in one.to_dict()["estimates"].items():  # type: ignore[attr-defined]
        row = rows[name]
        found = [row[h] for h in ("value", "std", "statistical", "systematic", "value in 2e²/h", "std in 2e²/h")]
        assert found == [told[k] for k in ("value", "std", "std_stat", "std_sys", "ratio", "ratio_std")]
    assert rows["series_resistance"]["unit"] == "Ω"
    assert rows["decision"]["value"] == "quantized"
    assert one.verdict is not None
    assert rows["p-value"]["value"] == one.verdict.p_value
    assert rows["rows used"]["value"] == 60


def test_plateaus_budget_and_ledger_equal_the_analysis() -> None:
    one = analysis()
    book = _book(one)
    plateaus = _table(book["plateaus"])
    assert [row["level [S]"] for row in plateaus] == [level.level.value for level in one.levels]
    assert [row["std [S]"] for row in plateaus] == [level.level.std for level in one.levels]
    assert [row["x low [V]"] for row in plateaus] == [level.x_low for level in one.levels]
    assert [row["slope [S/V]"] for row in plateaus] == [level.slope for level in one.levels]
    assert [row["counted"] for row in plateaus] == [True, True, False]
    assert _column(book["budget"], "std [S]") == [line.std for line in one.budget]
    assert _column(book["budget"], "share of the variance") == [0.93, 0.07]
    assert _column(book["ledger"], "choice") == ["margin", "note", "excluded: not finite", "excluded: empty"]


def test_data_equal_the_curve_and_its_fit() -> None:
    one = analysis()
    assert one.curve is not None
    assert one.curve.y_std is not None
    assert one.fit is not None
    sheet = _book(one)["data"]
    told = {
        "gate_voltage [V]": one.curve.x, "conductance [S]": one.curve.y, "std [S]": one.curve.y_std,
        "fit [S]": one.fit.fitted, "residual [S]": one.fit.residuals,
    }  # fmt: skip
    for head, values in told.items():
        assert _column(sheet, head) == values.tolist()


def test_without_stated_uncertainties_the_column_is_empty() -> None:
    assert set(_column(_book(analysis(with_std=False))["data"], "std [S]")) == {None}


@pytest.mark.parametrize(
    ("size", "std", "shown"),
    # decimals by the PDG rule: 142 -> two digits, 8.0 -> one, 0.962 -> 1.0
    [(1.00273, 0.00142, "0.0000"), (7.77e-5, 8e-8, "0.000E+00"), (420.0, 12.0, "0"), (5.0, 0.962, "0.0"),
     (1e9, 1.5e6, "0.0000E+00"), (8e-8, 8e-8, "0E+00"), (0.0, 0.02, "0.000"), (1.0, None, "General"),
     (1.0, 0.0, "General"), (math.nan, 1.0, "General"), (1.0, math.inf, "General")],
)  # fmt: skip
def test_decimals_follow_from_the_uncertainty(size: float, std: float | None, shown: str) -> None:
    assert number_format(size, std) == shown


def test_numbers_are_numbers_with_those_decimals() -> None:
    sheet = _book()["results"]
    row = next(row for row in sheet.iter_rows() if row[0].value == "step_height")
    assert [cell.data_type for cell in row[1:5]] == ["n"] * 4
    # std is 8.0e-8: one digit, so 7.772e-05 and 8e-08
    assert [cell.number_format for cell in row[1:3]] == ["0.000E+00", "0E+00"]


@pytest.mark.parametrize("text", [*HOSTILE, *UNPRINTABLE, LONG])
def test_text_is_text_as_typed(text: str) -> None:
    book = _book(analysis(text=text), analysis(text=text, trace=text), banner=text)
    warned = next(row for row in book["results"].iter_rows() if row[0].value != "trace")
    heads = [cell.value for cell in book["results"][1]]
    cell = warned[heads.index("statement")]
    assert cell.value == visible_text(text)
    assert warned[heads.index("warnings")].value == visible_text(sentence(text))  # as every other format says it
    for sheet in book:
        for row in sheet.iter_rows():
            assert not [c for c in row if c.data_type in ("f", "e")]
    if text[0] in "=+-@":
        assert cell.quotePrefix


def test_longer_than_a_cell_is_cut_and_says_so() -> None:
    book = _book(analysis(text="🔬" * 20_000))
    cell = next(row["value"] for row in _table(book["results"]) if row["quantity"] == "warning")
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    assert cell.endswith("more characters)")


def test_many_traces_one_row_each() -> None:
    traces = [analysis(trace=f"sweep {n}", shift=0.001 * n) for n in range(3)]
    book = _book(*traces)
    rows = _table(book["results"])
    assert [row["trace"] for row in rows] == ["sweep 0", "sweep 1", "sweep 2"]
    assert [row["step_height [S]"] for row in rows] == [a.estimates["step_height"].value for a in traces]
    assert [row["decision"] for row in rows] == ["quantized"] * 3
    assert rows[0]["coordinate"] == "B = 0.5 T"
    assert _column(book["plateaus"], "trace") == [f"sweep {n}" for n in range(3) for _ in range(3)]
    assert _column(book["data"], "trace") == [f"sweep {n}" for n in range(3) for _ in range(60)]


def test_traces_of_one_name_are_told_apart() -> None:
    assert _column(_book(analysis(trace="up"), analysis(trace="up"))["results"], "trace") == ["up", "up (2)"]


def test_data_of_many_traces_end_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TRACES", 2)
    monkeypatch.setattr(module, "MAX_ROWS", 100)
    names = _column(_book(*(analysis(trace=f"t{n}") for n in range(5)))["data"], "trace")
    assert names[:-1] == ["t0"] * 60 + ["t1"] * 40
    assert names[-1].startswith("not shown: 3 more traces, 20 more points")


def test_an_analysis_that_found_nothing() -> None:
    book = _book(bare())
    assert {row["quantity"]: row["value"] for row in _table(book["results"])}["decision"] == "not determined"
    assert book["data"].max_row == 1
    assert len(_table(_book(bare(), analysis(trace="b"))["results"])) == 2


def test_the_banner_is_in_the_sheet_and_on_every_printed_page() -> None:
    book = _book(banner="synthetic & made up")
    assert "synthetic & made up" in _column(book["results"], "value")
    # `&` begins a code in Excel's headers and is doubled
    assert all(sheet.oddHeader.center.text == "synthetic && made up" for sheet in book)


def test_the_bytes_are_the_same_seconds_later() -> None:
    first = render_xlsx(document(), [analysis()])
    time.sleep(2.1)  # the resolution of times in an archive
    assert render_xlsx(document(), [analysis()]) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert re.findall(r">(\d{4}-[^<]*)<", core) == ["1980-01-01T00:00:00Z"] * 2


def test_charts_draw_the_curve_the_fit_and_the_levels() -> None:
    book = load_workbook(io.BytesIO(render_xlsx(document("x"), [samples.staircase()])))
    charts = book["charts"]._charts
    references = [series.yVal.numRef.f for chart in charts for series in chart.series]
    rows = len(samples.staircase().curve) + 1  # type: ignore[arg-type]
    assert references[:2] == [f"'data'!$B$2:$B${rows}", f"'data'!$D$2:$D${rows}"]
    heads = [cell.value for cell in book["data"][1]]
    assert (heads[1][:1], heads[3][:3]) == ("G", "fit")  # the columns that the charts name
    assert references[-1].startswith("'plateaus'!$F$2")
    assert book["plateaus"]["F1"].value == "level / quantum"


def test_the_correlations_are_those_of_the_record() -> None:
    estimates = {
        name: Estimate(value=v, std_stat=0.01 * v, systematic={"gain": 0.01 * v}, unit="S")
        for name, v in (("level_1", 1e-5), ("level_2", 2e-5))
    }
    joint = JointEstimates(estimates=estimates, statistical=np.diag([e.std_stat**2 for e in estimates.values()]))
    book = load_workbook(io.BytesIO(render_xlsx(document("x"), [replace(samples.staircase(), joint=joint)])))
    assert [[c.value for c in row] for row in book["correlations"].iter_rows()] == [
        ["estimate", "level_1", "level_2"],
        ["level_1", 1, pytest.approx(0.5)],
        ["level_2", pytest.approx(0.5), 1],
    ]


SOFFICE = shutil.which("soffice")


@pytest.mark.skipif(SOFFICE is None, reason="no LibreOffice on the PATH")
def test_another_program_opens_it_and_reads_the_numbers_of_the_json(tmp_path: Path) -> None:
    analysis = samples.staircase()
    (tmp_path / "a.xlsx").write_bytes(render_xlsx(document("x"), [analysis]))
    subprocess.run(
        [str(SOFFICE), f"-env:UserInstallation={(tmp_path / 'home').as_uri()}", "--headless", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false", "--outdir", str(tmp_path),
         str(tmp_path / "a.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "a.csv").open(encoding="utf-8") as stream:
        rows = {row["quantity"]: row for row in csv.DictReader(stream)}
    record = analysis.to_dict()["estimates"]
    assert isinstance(record, dict)
    for name, estimate in record.items():
        assert float(rows[name]["value"]) == pytest.approx(estimate["value"], rel=1e-14)
        assert float(rows[name]["std"]) == pytest.approx(estimate["std"], rel=1e-14)
