"""Many answers along one setting, the map as an image, and the values that stand out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import samples

from gzero.report.build import build_document
from gzero.report.document import FigureBlock, Notes, TableBlock
from gzero.report.html import render_html
from gzero.report.map_image import map_block
from gzero.report.plot import plot_json
from gzero.report.trend import far_values, trend_block


def test_the_trend_is_each_main_estimate_at_its_coordinate() -> None:
    analyses = samples.staircase_map(12)
    block = trend_block(analyses)
    assert block is not None
    assert block.plot is not None
    series = json.loads(plot_json(block.plot))["panels"][0]["series"][0]
    expected = sorted(
        (a.coordinate.value, next(iter(a.estimates.values())).value / a.quantum.value)
        for a in analyses
        if a.coordinate is not None and a.quantum is not None and a.quantum.value
    )
    np.testing.assert_allclose(series["x"], [x for x, _ in expected], rtol=1e-6)
    np.testing.assert_allclose(series["y"], [y for _, y in expected], rtol=1e-6)


def test_nothing_to_order_by_gives_no_trend() -> None:
    assert trend_block([replace(a, coordinate=None) for a in samples.staircase_map(5)]) is None
    assert trend_block(samples.staircase_map(2)) is None


def test_a_value_far_from_the_others_is_named_and_none_else() -> None:
    # by construction every 17th trace from the sixth on is not quantized
    analyses = [a for i, a in enumerate(samples.staircase_map(20)) if i % 17 != 5]
    assert far_values(analyses) == ()
    odd = analyses[7]
    name, main = next(iter(odd.estimates.items()))
    analyses[7] = replace(odd, estimates={**odd.estimates, name: replace(main, value=1.5 * main.value)})
    lines = far_values(analyses)
    assert len(lines) == 1
    assert odd.trace in lines[0]
    document = build_document(analyses)
    notes = [
        n
        for s in document.sections
        if "stand out" in s.title
        for b in s.blocks
        if isinstance(b, Notes)
        for n in b.items
    ]
    assert lines[0] in notes


def test_a_map_is_an_image_with_all_of_its_traces() -> None:
    block = map_block(samples.staircase_map(20))
    assert block is not None
    assert b"<image" in block.svg
    assert b"data:image/png;base64" in block.svg
    assert "20 traces" in block.caption
    again = map_block(samples.staircase_map(20))
    assert again is not None
    assert again.svg == block.svg
    assert map_block(samples.staircase_map(4)) is None  # few traces are lines


def test_each_trace_gets_a_page_when_asked() -> None:
    analyses = samples.staircase_map(9)
    assert not any(s.own_page for s in build_document(analyses).sections)
    document = build_document(analyses, each=True)
    pages = [s for s in document.sections if s.own_page]
    assert [s.title for s in pages] == [a.trace for a in analyses]
    assert all(any(isinstance(b, FigureBlock) for b in s.blocks) for s in pages)
    assert len(re.findall(r'<section class="own-page"', render_html(document).decode())) == 9


def test_names_of_traces_lose_what_they_share() -> None:
    document = build_document(samples.staircase_map(20))
    table = next(b for s in document.sections for b in s.blocks if isinstance(b, TableBlock) and b.name == "traces")
    assert len({row[0].text for row in table.rows}) == 20
