"""Figures as numbers: the same numbers as the record, small, and no markup in them."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import samples
from renderer_samples import HOSTILE

from gzero.report.build import build_document
from gzero.report.document import FigureBlock
from gzero.report.html import render_html
from gzero.report.plot import MOST_POINTS, Panel, Plot, PlotSeries, plot_json


def _plots(analyses: list[object]) -> dict[str, dict[str, object]]:
    document = build_document(analyses)  # type: ignore[arg-type]
    blocks = [b for s in document.sections for b in s.blocks if isinstance(b, FigureBlock)]
    return {b.name: json.loads(plot_json(b.plot)) for b in blocks if b.plot is not None}


def test_a_staircase_is_told_with_its_readings_and_levels() -> None:
    analysis = samples.staircase()
    assert analysis.curve is not None
    assert analysis.quantum is not None
    assert analysis.quantum.value
    main, pulls, spread, levels = _plots([analysis])["staircase"]["panels"]  # type: ignore[misc]
    data = next(s for s in main["series"] if s["label"] == "data")
    np.testing.assert_allclose(data["y"], analysis.curve.y / analysis.quantum.value, rtol=1e-6, atol=1e-12)
    counted = [s for s in main["series"] if s["label"] == "plateau counted"]
    assert len(counted) == sum(level.counted for level in analysis.levels)
    for series, level in zip(counted, [lv for lv in analysis.levels if lv.counted], strict=True):
        assert series["y"][0] == pytest.approx(level.level.value / analysis.quantum.value, rel=1e-6)
        assert series["texts"][0].startswith(f"n = {level.index}: level ")
    assert pulls["shared"] is True
    assert [s["label"] for s in pulls["series"]] == ["±2", "±1", "pull"]
    assert [s["label"] for s in spread["series"]] == ["distribution of the pulls", "unit normal"]
    apart = next(s for s in levels["series"] if s["kind"] == "points")
    for n, y, std, level in zip(apart["x"], apart["y"], apart["std"], analysis.levels, strict=True):
        assert (n, std) == (level.index, pytest.approx(level.level.std / analysis.quantum.value, rel=1e-6))
        assert y == pytest.approx(level.level.value / analysis.quantum.value - level.index, abs=1e-6)


def test_all_traces_of_a_map_are_told_and_the_page_stays_small() -> None:
    analyses = samples.staircase_map(101, points=400)
    curves, levels = _plots(list(analyses))["overview"]["panels"]  # type: ignore[misc]
    assert len(curves["series"]) == 101
    assert len(levels["series"][0]["x"]) == 101
    assert len(render_html(build_document(analyses))) < 2_000_000


def test_thinning_loses_no_spike() -> None:
    x = np.arange(100_000.0)
    y = np.sin(x / 500)
    y[54_321], y[77_777] = 9.0, -9.0
    y[10] = np.nan
    plot = Plot(panels=(Panel(x_label="x", y_label="y", series=(PlotSeries(label="a", kind="line", x=x, y=y),)),))
    series = json.loads(plot_json(plot))["panels"][0]["series"][0]
    assert len(series["x"]) <= MOST_POINTS + 2
    assert series["of"] == 100_000
    told = dict(zip(series["x"], series["y"], strict=True))
    assert (told[54_321], told[77_777]) == (9.0, -9.0)
    assert {0, 99_999} <= set(told)


@pytest.mark.parametrize("text", [*HOSTILE, "</script><script>alert(1)</script>", "<!--<script>", "a & b"])
def test_text_is_data_and_ends_no_element(text: str) -> None:
    series = PlotSeries(label=text, kind="line", x=np.zeros(1), y=np.array([np.inf]), texts=(text,))
    plot = Plot(panels=(Panel(x_label=text, y_label=text, series=(series,), rows=(text,)),))
    told = plot_json(plot)
    assert not re.search(r"[<>&]", told)
    assert told.isascii()
    panel = json.loads(told)["panels"][0]
    assert (panel["x"], panel["rows"], panel["series"][0]["texts"]) == (text, [text], [text])
    assert panel["series"][0]["y"] == [None]
