"""A multiverse in a report: told in every format from one document, the figure repeatable and readable."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from openpyxl import load_workbook
from samples import staircase, staircase_map

from gzero.report.brief import verdict_document
from gzero.report.build import build_document
from gzero.report.document import FigureBlock
from gzero.report.html import render_html
from gzero.report.json import render_json, schema
from gzero.report.markdown import render_markdown
from gzero.report.multiverse import multiverse_blocks, multiverse_figure, multiverse_table
from gzero.report.pdf import render_pdf
from gzero.report.specification import specification_figure
from gzero.report.tex import render_tex
from gzero.report.xlsx import render_xlsx
from gzero.universes import Dimension, Multiverse, Universe

TITLE = "Over other choices (multiverse)"


def made_up(count: int = 60, *, failed: int = 2, text: str = "learnt") -> Multiverse:
    """A multiverse from a stated truth (steps rising by 0.2 % a choice); nothing was measured."""
    options = [(i % 2, i % 3) for i in range(count)]
    universes = [
        Universe(
            options=o,
            decision=("quantized", "undecided", "not quantized")[i % 3],
            ratio=0.98 + 0.002 * ((7 * i) % count),
            interval=(-0.06 + 0.002 * ((7 * i) % count), 0.02 + 0.002 * ((7 * i) % count)),
            plateaus=4,
            worst_residual=0.01,
        )
        for i, o in enumerate(options[: count - failed])
    ]
    universes += [
        Universe(options=o, decision="no result", failure=f"no minimum, {text}") for o in options[count - failed :]
    ]
    return Multiverse(
        path="lab.csv", trace="", quantum="2e^2/h", margin=0.05, confidence=0.95,
        dimensions=(
            Dimension(name="window", options=("all of it", "5 % less at the open end")),
            Dimension(name="noise", options=(text, "white", "robust fit (soft_l1)")),
        ),
        universes=tuple(universes), combinations=600, seed=1,
    )  # fmt: skip


WITH = replace(staircase(), multiverse=made_up())


def _figure(found: Multiverse) -> FigureBlock:
    block = multiverse_figure(found)
    assert block is not None
    return block


def test_the_report_has_a_section_where_it_was_asked_for() -> None:
    titles = [section.title for section in build_document([WITH]).sections]
    assert TITLE in titles
    assert titles.index(TITLE) < titles.index("Warnings")
    assert TITLE not in [section.title for section in build_document([staircase()]).sections]
    assert TITLE not in [section.title for section in build_document(staircase_map(3)).sections]


def test_every_format_tells_it() -> None:
    document = build_document([WITH])
    for render in (render_html, render_markdown, render_tex):
        told = render(document).decode()
        for words in ("multiverse", "balanced sample of 600", "robust fit"):
            assert words in told, (render.__name__, words)
    assert render_pdf(document).startswith(b"%PDF")
    told = " ".join(str(section) for section in verdict_document([WITH]).sections)
    assert "balanced sample of 600" in told
    assert "<svg" not in told  # a terminal shows no figure


def test_the_record_is_valid_and_null_where_it_was_not_asked_for() -> None:
    record = json.loads(render_json([WITH]))
    jsonschema.Draft202012Validator(schema()).validate(record)
    assert len(record["multiverse"]["universes"]) == 60
    assert json.loads(render_json([staircase()]))["multiverse"] is None


def test_the_workbook_has_one_row_an_analysis_in_the_order_of_the_curve() -> None:
    book = load_workbook(io.BytesIO(render_xlsx(build_document([WITH]), [WITH])))
    heads, *rows = book["multiverse"].iter_rows(values_only=True)
    assert len(rows) == 60
    steps = [row[heads.index("step in 2e²/h")] for row in rows]
    assert steps[:58] == sorted(steps[:58])
    assert steps[58:] == [None, None]
    assert [row[heads.index("as asked")] for row in rows].count(True) == 1
    assert "multiverse" not in load_workbook(io.BytesIO(render_xlsx(build_document([staircase()]), [staircase()])))


def test_the_table_counts_every_analysis_under_every_choice() -> None:
    table = multiverse_table(made_up())
    counts = [row[2].value for row in table.rows]
    assert sum(v for v in counts[:2] if v is not None) == 60
    assert sum(v for v in counts[2:] if v is not None) == 60
    assert "No result" in table.heads
    assert "No result" not in multiverse_table(made_up(failed=0)).heads
    assert any("No minimum" in note or "no minimum" in note for note in table.notes)


def test_no_result_at_all_has_no_figure() -> None:
    nothing = made_up(count=4, failed=4)
    assert multiverse_figure(nothing) is None
    assert not any(isinstance(block, FigureBlock) for block in multiverse_blocks(nothing))
    assert multiverse_blocks(None) == ()


def test_the_figure_is_the_same_bytes_and_well_formed_with_hostile_text() -> None:
    hostile = "$x^2$ #import _a_ <b>&amp; " + "long " * 20
    first, second = _figure(made_up(text=hostile)), _figure(made_up(text=hostile))
    assert first.svg == second.svg
    texts = ["".join(e.itertext()) for e in ET.fromstring(first.svg).iter("{http://www.w3.org/2000/svg}text")]
    assert any(t.startswith("$x²$ #import") and t.endswith("…") for t in texts)
    for words in (
        "h/q − 1 [%]",
        "window",
        "as asked",
        "undecided",
        "60 analyses, by step height; the last 2 without one",
    ):
        assert words in texts
    assert re.search(r"quantized 3\d %", first.alt)


@pytest.mark.parametrize("count", [4, 60, 200])
def test_no_text_is_cut_or_overlaps(count: int) -> None:
    """Boxes of all words (ticks beyond the limits exist, and are not drawn), as matplotlib measures them, lie inside the figure and apart from each other."""
    found = made_up(count)
    curve = found.curve
    figure = specification_figure(
        deviations=np.array([np.nan if u.ratio is None else u.ratio - 1 for u in curve]),
        low=np.array([np.nan if u.interval is None else u.interval[0] for u in curve]),
        high=np.array([np.nan if u.interval is None else u.interval[1] for u in curve]),
        decisions=[u.decision for u in curve], declared=0, margin=0.05,
        dimensions=[("series resistance", ("12345 ohm, 1 std more", "x" * 80)), ("noise", ("a", "b", "c"))],
        chosen=np.array([u.options for u in curve]), y_label="h/q − 1 [%]",
    )  # fmt: skip
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    from gzero.report.figures import style

    with style():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        texts = [t for t in figure.findobj(Text) if t.get_visible() and re.search("[a-z]", t.get_text())]
        boxes = [(t.get_text(), t.get_window_extent(renderer)) for t in texts]
    width, height = canvas.get_width_height()
    for label, box in boxes:
        assert box.x0 >= -1, label
        assert box.x1 <= width + 1, label
        assert box.y0 >= -1, label
        assert box.y1 <= height + 1, label
    for i, (a, box) in enumerate(boxes):
        for b, other in boxes[i + 1 :]:
            apart = box.x1 <= other.x0 + 1 or other.x1 <= box.x0 + 1 or box.y1 <= other.y0 + 1 or other.y1 <= box.y0 + 1
            assert apart, (a, b)
