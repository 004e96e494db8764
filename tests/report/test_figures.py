"""Figures: the same bytes twice, no setting changed, nothing outside the picture, no mathematics in a user's text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from samples import diffusion, staircase, staircase_map

from gzero.report.figures import LevelMark, shortened, staircase_figure, to_svg
from gzero.report.forest import comparison_figure
from gzero.report.overview import overview_figure
from gzero.report.pictures import overview_block, records_block, staircase_block

HOSTILE = "$x^2$ #import _a_ 中😀 <b>&amp;"


def _texts(svg: bytes) -> list[str]:
    root = ET.fromstring(svg)
    return ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("plateaus", [1, 7, 30])
def test_staircase_of_any_length_is_well_formed_and_repeatable(plateaus: int) -> None:
    first, second = (staircase_block(staircase(plateaus, points=400)) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.svg == second.svg
    texts = _texts(first.svg)
    assert "G [2e²/h]" in texts
    assert "Vg [V]" in texts
    assert "pull" in texts
    assert "Data − fit" not in texts
    # a level is written beside its plateau while there is room: 8 at most
    assert sum(bool(re.fullmatch(r"\d+\.\d+\(\d+\)", t)) for t in texts) == (plateaus if plateaus <= 8 else 0)


@pytest.mark.parametrize("plateaus", [1, 7, 30])
def test_no_text_is_cut_or_overlaps(plateaus: int) -> None:
    """Boxes of all texts, as matplotlib measures them, lie inside the figure and apart from each other."""
    a = staircase(plateaus)
    assert a.curve is not None
    assert a.quantum is not None
    q = a.quantum.value
    assert q
    marks = [
        LevelMark(
            index=v.index, level=v.level.value / q, std_stat=v.level.std_stat / q, std=v.level.std / q, x_low=v.x_low,
            x_high=v.x_high, counted=v.counted,
        )
        for v in a.levels
    ]  # fmt: skip
    figure = staircase_figure(
        x=a.curve.x, y=a.curve.y / q, fitted=a.curve.y / q, x_label="Gate voltage [V]", y_label="G [2e²/h]",
        pulls=np.linspace(-2, 2, a.curve.x.size), levels=marks, level_margin=0.1,
    )  # fmt: skip
    from matplotlib.text import Text

    figure.canvas.draw() if hasattr(figure.canvas, "draw") else None
    renderer = figure._get_renderer()
    boxes = []
    for text in figure.findobj(Text):
        if isinstance(text, Text) and text.get_visible() and text.get_text().strip():
            boxes.append((text.get_text(), text.get_window_extent(renderer)))
    # ticks beyond the limits exist as objects but are not drawn
    width, height = figure.bbox.width, figure.bbox.height
    inside = [b for b in boxes if b[1].x0 > -1 and b[1].x1 < width + 1 and b[1].y0 > -1 and b[1].y1 < height + 1]
    labels = {"Gate voltage [V]", "G [2e²/h]", "pull", "Level − n", "data", "fit"}
    assert labels <= {name for name, _ in inside}
    named = [b for b in inside if b[0] in labels or "(" in b[0]]
    panel = figure.axes[0].get_window_extent(renderer)
    for name, box in named:  # the numbers of the levels stand inside the panel, clear of its frame
        if "(" in name:
            assert box.y1 < panel.y1, name
            assert box.y0 > panel.y0, name
    for i, (name, box) in enumerate(named):
        for other, second in named[i + 1 :]:
            assert not box.overlaps(second), (name, other)


def test_limits_follow_the_used_points() -> None:
    x = np.linspace(0, 1, 50)
    figure = staircase_figure(
        x=x, y=x, x_label="x", y_label="y", excluded_x=np.array([0.5, 900.0]), excluded_y=np.array([1e9, 0.5])
    )
    axes = figure.axes[0]
    assert axes.get_ylim()[1] < 1.2
    assert axes.get_xlim()[1] < 1.1
    assert not any(line.get_label() == "excluded" for line in axes.lines)


def test_no_setting_is_left_changed() -> None:
    before = dict(mpl.rcParams)
    to_svg(comparison_figure(names=["a", "b"], ratios=[1, 2], stds=[0.1, 0.1], axis_label="ratio"))
    assert dict(mpl.rcParams) == before


def test_text_of_a_user_is_no_mathematics_and_warns_of_nothing() -> None:
    svg = to_svg(comparison_figure(names=[HOSTILE, "b"], ratios=[1, 2], stds=[0.1, 0.1], axis_label=HOSTILE))
    assert HOSTILE in _texts(svg)


def test_comparison_is_logarithmic_only_when_the_span_is_large() -> None:
    near = comparison_figure(names=["a", "b"], ratios=[0.9, 2.0], stds=[0.1, 0.1], axis_label="r")
    far = comparison_figure(names=["a", "b"], ratios=[0.1, 30.0], stds=[0.2, 0.1], axis_label="r")
    negative = comparison_figure(
        names=["a", "b", "c"], ratios=[-1, 300.0, float("nan")], stds=[0, 1, 1], axis_label="r"
    )
    assert [f.axes[0].get_xscale() for f in (near, far, negative)] == ["linear", "log", "linear"]
    for figure in (near, far, negative):
        assert to_svg(figure)


def test_overview_of_a_map_marks_levels_beyond_the_panel() -> None:
    block = overview_block(staircase_map(101, points=120))
    assert block is not None
    assert "101 traces" in block.caption
    texts = _texts(block.svg)
    assert {"n = 1", "n = 2", "n = 3", "n = 4", "B [T]"} <= set(texts)


def test_overview_bears_missing_values() -> None:
    x = np.linspace(0, 1, 10)
    nothing = np.array([np.nan, np.nan])
    figure = overview_figure(
        traces=[(x, x), (x, 2 * x)], coordinates=[np.nan, 1.0], coordinate_label="c", x_label="x", y_label="y",
        levels=[(1, nothing, nothing)],
    )  # fmt: skip
    assert to_svg(figure)


def test_records_have_a_figure_of_their_own() -> None:
    block = records_block([diffusion(i) for i in range(4)])
    assert block is not None
    assert "6Li, 42 nK" in block.alt


def test_labels_are_shortened_to_one_line() -> None:
    assert shortened("a\nb\x00c", 10) == "a b c"
    assert shortened("x" * 50, 10) == "x" * 9 + "…"


def test_fit_of_a_part_of_the_curve_is_drawn_over_that_part() -> None:
    whole = staircase(4)
    assert whole.fit is not None
    part = replace(whole.fit, fitted=whole.fit.fitted[30:300], residuals=whole.fit.residuals[30:300])
    block = staircase_block(replace(whole, fit=part))
    assert block is not None
    assert "pull" in _texts(block.svg)
    elsewhere = replace(whole.fit, residuals=whole.fit.residuals + 1.0)
    block = staircase_block(replace(whole, fit=elsewhere))
    assert block is not None
    assert "pull" not in _texts(block.svg)
