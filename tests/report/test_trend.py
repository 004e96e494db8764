"""Many answers along one setting, the map as an image, and the values that stand out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import samples

from gzero.analysis import Analysis
from gzero.measurement.ledger import Choice
from gzero.report.build import build_document
from gzero.report.document import FigureBlock, Notes, TableBlock
from gzero.report.html import render_html
from gzero.report.map_image import map_block
from gzero.report.pictures import coordinates, overview_block
from gzero.report.plot import plot_json
from gzero.report.trend import far_values, trend_blocks


def test_the_trend_is_each_main_estimate_at_its_coordinate() -> None:
    analyses = samples.staircase_map(12)
    block = trend_blocks(analyses)[0]
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
    assert trend_blocks([replace(a, coordinate=None) for a in samples.staircase_map(5)]) == ()
    assert trend_blocks(samples.staircase_map(2)) == ()


def _files(*stated: str) -> list[Analysis]:
    """Staircases of files of their own, each with the temperature that its sidecar states."""
    return [
        replace(a, coordinate=None, ledger=(*a.ledger, Choice(choice="temperature", value=text, origin="user")))
        for a, text in zip(samples.staircase_map(len(stated)), stated, strict=True)
    ]


def test_files_are_drawn_along_the_temperature_that_each_states() -> None:
    # 20 mK, 1.2 K, 4.2 K and -272.65 degC are 0.02, 1.2, 4.2 and 0.5 K
    analyses = _files("20 mK", "1.2(1) K", "4.2 K", "-272.65 degC")
    places, label = coordinates(analyses)
    assert label == "temperature [K]"
    np.testing.assert_allclose(places, [0.02, 1.2, 4.2, 0.5], rtol=1e-9)
    blocks = trend_blocks(analyses)
    assert len(blocks) > 1  # every parameter, not the main one alone
    for block in blocks:
        assert block.plot is not None
        panel = json.loads(plot_json(block.plot))["panels"][0]
        assert panel["x"] == "temperature [K]"
        np.testing.assert_allclose(panel["series"][0]["x"], [0.02, 0.5, 1.2, 4.2], rtol=1e-6)
    document = build_document(analyses)
    overview = next(b for s in document.sections for b in s.blocks if isinstance(b, FigureBlock))
    assert "coloured by temperature [K]" in overview.caption
    table = next(b for s in document.sections for b in s.blocks if isinstance(b, TableBlock) and b.name == "traces")
    assert table.heads[1] == "temperature [K]"
    assert [row[1].text for row in table.rows] == ["0.02", "1.2", "4.2", "0.5"]


@pytest.mark.parametrize(
    "stated",
    [("4.2 K", "4.2 K", "4.2 K"), ("4.2 K", "cold", "0.3 K"), ("4.2 K", "4.2 K", "0.3 K", "0.3 K")],
    ids=["all the same", "one says no number", "two groups"],
)
def test_a_temperature_that_tells_nothing_apart_is_no_axis(stated: tuple[str, ...]) -> None:
    assert coordinates(_files(*stated)) == ([float(i + 1) for i in range(len(stated))], "trace number")


def test_two_files_at_two_temperatures_are_told_apart_by_them() -> None:
    assert coordinates(_files("4.2 K", "300 mK")) == ([4.2, 0.3], "temperature [K]")


def test_an_axis_of_trace_numbers_says_that_it_counts() -> None:
    analyses = [replace(a, coordinate=None) for a in samples.staircase_map(3)]
    block = overview_block(analyses)
    assert block is not None
    assert block.plot is not None
    above, below = json.loads(plot_json(block.plot))["panels"]
    assert below["x"] == "trace number"
    assert below["wholex"] is True
    assert "wholex" not in above


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


def test_records_stand_beside_the_temperature_that_each_states() -> None:
    records = [replace(a, levels=(), verdict=None) for a in _files("20 mK", "1.2 K", "4.2 K")]
    table = next(
        b
        for s in build_document(records).sections
        for b in s.blocks
        if isinstance(b, TableBlock) and b.name == "traces"
    )
    assert table.heads[:4] == ("Trace", "temperature [K]", "Step height", "In its quantum")
    assert [row[1].text for row in table.rows] == ["0.02", "1.2", "4.2"]
