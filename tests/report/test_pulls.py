"""Pulls: of the stated uncertainty where there is one, unit normal for noise as stated, the same for blind data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import samples
from matplotlib.patches import StepPatch

from gzero.fitters.exhibits import Picture, Trace
from gzero.report.exhibits import figure_block, picture_figure, picture_plot
from gzero.report.figures import new_figure, style
from gzero.report.pictures import staircase_block
from gzero.report.pulls import PULLS, correlated, draw_pulls, lag_one


def _pulls(analysis: samples.Analysis) -> np.ndarray:
    block = staircase_block(analysis)
    assert block is not None
    assert block.plot is not None
    (panel,) = [panel for panel in block.plot.panels if panel.y_label == "pull"]
    return panel.series[-1].y  # over the bands


def test_pulls_are_over_the_stated_uncertainty_and_free_of_units() -> None:
    whole = samples.staircase(4)
    assert whole.curve is not None
    assert whole.fit is not None
    std = np.linspace(1e-7, 3e-7, len(whole.curve))
    stated = replace(whole, curve=replace(whole.curve, y_std=std))
    np.testing.assert_allclose(_pulls(stated), (whole.curve.y - whole.fit.fitted) / std, rtol=1e-12)
    block = staircase_block(stated)
    assert block is not None
    assert "over the stated standard uncertainty (grey: ±1, ±2)" in block.caption


def test_without_a_stated_uncertainty_their_width_is_one_and_the_caption_says_why() -> None:
    whole = samples.staircase(4)
    assert np.std(_pulls(whole)) == pytest.approx(1.0, rel=1e-12)
    block = staircase_block(whole)
    assert block is not None
    assert "the standard deviation of all, so that their width is 1" in block.caption


def test_pulls_of_noise_as_stated_are_unit_normal() -> None:
    """Synthetic: 4000 readings of standard deviation 1e-7; of a unit normal 68.3 % lie within 1, with std 0.74 %."""
    whole = samples.staircase(4, points=4000)
    assert whole.curve is not None
    assert whole.fit is not None
    rng = np.random.default_rng(11)
    noise = rng.normal(0, 1e-7, 4000)
    curve = replace(whole.curve, y=whole.fit.fitted + noise, y_std=np.full(4000, 1e-7))
    fit = replace(whole.fit, residuals=noise)
    pulls = _pulls(replace(whole, curve=curve, fit=fit))
    assert np.mean(np.abs(pulls) < 1) == pytest.approx(0.6827, abs=4 * 0.0074)
    assert correlated(pulls) == ""


@pytest.mark.parametrize("factor", [0.7, 1.9])
def test_a_hidden_factor_does_not_show_in_them(factor: float) -> None:
    """Blind data are multiplied, and their stated uncertainties with them."""
    whole = samples.staircase(4)
    assert whole.curve is not None
    assert whole.fit is not None
    std = np.full(len(whole.curve), 2e-7)
    open_ = replace(whole, curve=replace(whole.curve, y_std=std))
    hidden = replace(
        whole,
        curve=replace(whole.curve, y=whole.curve.y * factor, y_std=std * factor),
        fit=replace(whole.fit, fitted=whole.fit.fitted * factor, residuals=whole.fit.residuals * factor),
    )
    np.testing.assert_allclose(_pulls(hidden), _pulls(open_), rtol=1e-9, atol=1e-9)


def test_correlation_is_told_where_there_is_one() -> None:
    """An AR(1) process of coefficient 0.8 has a correlation of neighbours of 0.8; white noise has none."""
    rng = np.random.default_rng(3)
    white = rng.normal(size=3000)
    red = np.empty(3000)
    red[0] = white[0]
    for i in range(1, 3000):
        red[i] = 0.8 * red[i - 1] + 0.6 * white[i]
    assert lag_one(red) == pytest.approx(0.8, abs=0.04)  # its standard deviation is sqrt((1 - 0.64)/3000) = 0.011
    assert "Neighbouring pulls correlate (0.8" in correlated(red)
    assert correlated(white) == ""
    assert correlated(np.array([1.0, np.nan])) == ""


def test_the_distribution_is_drawn_to_the_scale_of_the_unit_normal() -> None:
    """Bars are a density: their areas sum to one, whatever the number of pulls."""
    rng = np.random.default_rng(5)
    for n in (40, 700):
        with style():
            figure = new_figure(2.0)
            axes, side = figure.add_axes((0.1, 0.2, 0.6, 0.7)), figure.add_axes((0.75, 0.2, 0.2, 0.7))
            draw_pulls(axes, side, np.arange(float(n)), rng.normal(size=n))
        (bars,) = [patch.get_data() for patch in side.patches if isinstance(patch, StepPatch)]
        assert float(np.sum(bars.values * np.diff(bars.edges))) == pytest.approx(1.0, rel=1e-12)
        assert np.diff(bars.edges) == pytest.approx(0.5 if n >= 60 else 1.0)
        (normal,) = side.lines[1:]
        assert float(np.max(normal.get_xdata())) == pytest.approx(1 / np.sqrt(2 * np.pi), rel=1e-9)


def test_few_pulls_have_no_bars() -> None:
    with style():
        figure = new_figure(2.0)
        axes, side = figure.add_axes((0.1, 0.2, 0.6, 0.7)), figure.add_axes((0.75, 0.2, 0.2, 0.7))
        draw_pulls(axes, side, np.arange(4.0), np.array([0.1, -1.0, np.nan, 2.0]))
    assert not [patch for patch in side.patches if isinstance(patch, StepPatch)]


def _picture(y: np.ndarray, std: np.ndarray | None, **more: object) -> Picture:
    x = np.arange(1.0, y.size + 1)
    return Picture(
        name="p", caption="Points.", alt="", x_name="x", x_unit="", y_name="y", traces=(Trace(label="p", x=x, y=y, std=std, look="points"),),
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("logarithmic", [False, True])
def test_bars_stay_inside_the_frame(logarithmic: bool) -> None:
    y, std = np.array([1.0, 1.2, 1.1]), np.array([0.1, 0.25, 0.3])
    axes = picture_figure(_picture(y, std, logarithmic_y=logarithmic)).axes[0]
    low, high = axes.get_ylim()
    assert low < np.min(y - std)
    assert high > np.max(y + std)
    assert "Arrows" not in figure_block(_picture(y, std)).caption


def test_a_bar_much_longer_than_the_spread_is_cut_with_an_arrow_that_the_caption_explains() -> None:
    y, std = np.array([1.0, 1.2, 1.1]), np.array([0.1, 50.0, 0.1])
    picture = _picture(y, std)
    axes = picture_figure(picture).axes[0]
    low, high = axes.get_ylim()
    assert (high - low) < 1.6  # the points themselves are 0.2 apart, a fifth of the height at least
    arrows = [line for line in axes.lines if line.get_marker() in ("^", "v") and line.get_xdata().size]
    assert sorted(line.get_marker() for line in arrows) == ["^", "v"]
    assert all(list(line.get_xdata()) == [2.0] for line in arrows)
    assert (
        figure_block(picture).caption == "Points. Bars: standard uncertainty. Arrows: bars that go on beyond the frame."
    )
    assert picture_plot(picture).panels[0].series[0].std is not None  # whole in the numbers of the page


def test_a_caption_says_what_bars_and_pulls_are() -> None:
    y = np.array([1.0, 1.2, 1.1])
    assert figure_block(_picture(y, None)).caption == "Points."
    pulls = Trace(label="", x=np.arange(1.0, 4.0), y=np.array([0.5, -1.0, 2.0]))
    assert figure_block(_picture(y, 0 * y + 0.1, pulls=pulls)).caption == f"Points. Bars: standard uncertainty. {PULLS}"
