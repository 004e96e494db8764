"""Figures: functions of arrays that return a matplotlib `Figure`, and the one way of writing a figure as SVG.

Nothing here touches pyplot or leaves a setting changed. Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/),
told apart in grey by line style and marker as well. Text stays text in the SVG and names the page's own font first.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gzero.report.rounding import show_value

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Okabe and Ito's colours, and greys.
BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
INK, GREY, PALE = "#222222", "#8C8C8C", "#C8C8C8"

#: Width of a figure [inch]: the text width of A4 with margins of 25 mm.
WIDTH = 6.3

_STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "gzero",
    "text.parse_math": False,
    "text.usetex": False,
    "axes.unicode_minus": True,
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "font.size": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "lines.linewidth": 1.0,
    "axes.grid": False,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.axisbelow": True,
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
}

_FONTS = "'Libertinus Serif', 'STIX Two Text', 'Times New Roman', serif"

#: Curves longer than this are drawn as lines only.
_MOST_MARKERS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMark:
    """One plateau to draw: index, level and its uncertainties [quanta], flat window [unit of the x axis]."""

    index: int
    level: float
    std_stat: float
    std: float
    x_low: float
    x_high: float
    counted: bool = True


def style() -> AbstractContextManager[None]:
    """gzero's drawing settings, for as long as the context lasts."""
    import matplotlib as mpl

    return mpl.rc_context(_STYLE)  # type: ignore[arg-type]  # its keys are checked when they are set


def new_figure(height: float) -> Figure:
    """An empty figure of the width of a page; height in inches. To be called inside `style()`."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasSVG(figure)
    return figure


def to_svg(figure: Figure) -> bytes:
    """The figure as SVG, the same bytes for the same arrays on every machine: no date, no random ids."""
    buffer = io.BytesIO()
    with style(), warnings.catch_warnings():
        # a glyph missing here is no loss: the text is set by whoever shows the SVG, in a font of its own
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = buffer.getvalue().decode()
    svg = re.sub(r"font: ([\d.]+px) [^;\"]*", rf"font-size: \1; font-family: {_FONTS}", svg)
    svg = re.sub(r"font-family: [^;\"]*", f"font-family: {_FONTS}", svg)
    return svg.encode()


def staircase_figure(
    *,
    x: Array,
    y: Array,
    x_label: str,
    y_label: str,
    fitted: Array | None = None,
    pulls: Array | None = None,
    excluded_x: Sequence[float] | Array = (),
    excluded_y: Sequence[float] | Array = (),
    levels: Sequence[LevelMark] = (),
    level_margin: float | None = None,
) -> Figure:
    """A staircase in units of the quantum, with its fit, pulls and levels.

    Parameters
    ----------
    x, y : points used, shape (n,), x in the unit that `x_label` names, y in quanta as `y_label` says.
    fitted : model at x [quanta], NaN where it was not fitted; None for no fit.
    pulls : data minus fit over the standard deviation of a reading [1], NaN where there is none; None for no panel of them.
    excluded_x, excluded_y : points left out, in the same units; those beyond the range of the used ones are not drawn.
    levels : plateaus;  level_margin : half-width of the band around n [quanta].
    """
    from gzero.report.pulls import draw_pulls

    with style():
        height = 3.3 if pulls is not None else 3.2
        figure = new_figure(height)
        grid = figure.add_gridspec(
            2 if pulls is not None else 1,
            2 if levels or pulls is not None else 1,
            width_ratios=(4.2, 1) if levels else (4.2, 0.6) if pulls is not None else None,
            height_ratios=(3.0, 1) if pulls is not None else None,
            left=0.1,
            right=0.985,
            top=1 - (0.5 if levels else 0.26) / height,
            bottom=0.43 / height,
            hspace=0.07,
            wspace=0.05,
        )
        main = figure.add_subplot(grid[0, 0])
        _draw_staircase(main, x, y, fitted, excluded_x, excluded_y, levels)
        main.set_ylabel(y_label)
        main.yaxis.set_label_coords(-0.085, 0.5)
        lowest = main
        if pulls is not None:
            lowest = figure.add_subplot(grid[1, 0], sharex=main)
            draw_pulls(lowest, figure.add_subplot(grid[1, 1], sharey=lowest), x, pulls)
            main.tick_params(labelbottom=False)
        lowest.set_xlabel(x_label)
        if levels:
            side = figure.add_subplot(grid[0, 1], sharey=main)
            _draw_level_errors(side, levels, level_margin)
        _put_legend(figure, main)
    return figure


def _put_legend(figure: Figure, axes: Axes) -> None:
    """One row above the panels, where it can hide nothing."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(0.09, 1.0),
        ncols=len(labels),
        columnspacing=1.4,
        handlelength=1.8,
        borderaxespad=0.15,
    )


def _draw_staircase(
    axes: Axes,
    x: Array,
    y: Array,
    fitted: Array | None,
    excluded_x: Sequence[float] | Array,
    excluded_y: Sequence[float] | Array,
    levels: Sequence[LevelMark],
) -> None:
    from matplotlib.ticker import MaxNLocator

    low, high = float(np.min(y)), float(np.max(y))
    top = high + 0.06 * max(high - low, 0.1)
    bottom = min(low, 0.0) - 0.05 * max(high - low, 0.1)
    axes.set_ylim(bottom, top)
    width = float(x[-1] - x[0]) if x.size > 1 else 1.0
    axes.set_xlim(float(x[0]) - 0.02 * width, float(x[-1]) + 0.02 * width)
    count = int(top)
    if 0 < count <= 60:
        drawn = range(1, count + 1, math.ceil(count / 15))
        axes.hlines(drawn, *axes.get_xlim(), colors=PALE, linewidths=0.6, linestyles=(0, (1, 2)), zorder=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=9, integer=count > 2, min_n_ticks=2))
    left_out = np.asarray(excluded_x, float), np.asarray(excluded_y, float)
    if left_out[0].size:
        inside = (left_out[1] > bottom) & (left_out[1] < top)
        inside &= (left_out[0] > axes.get_xlim()[0]) & (left_out[0] < axes.get_xlim()[1])
        if inside.any():
            axes.plot(left_out[0][inside], left_out[1][inside], "x", color=GREY, ms=3, mew=0.6, label="excluded")
    few = x.size <= _MOST_MARKERS
    axes.plot(x, y, color=BLUE, lw=0 if few else 1.1, marker="o" if few else "", ms=2.2, mew=0, label="data")
    if fitted is not None:
        axes.plot(x, fitted, color=VERMILLION, lw=1.0, ls=(0, (5, 1.5)), label="fit")
    _draw_windows(axes, levels)


def _draw_windows(axes: Axes, levels: Sequence[LevelMark]) -> None:
    labelled = len(levels) <= 8
    looks: tuple[tuple[bool, Any, str], ...] = (
        (True, "-", "plateau counted"),
        (False, (0, (1.5, 1)), "plateau not counted"),
    )
    for counted, look, label in looks:
        marks = [m for m in levels if m.counted is counted]
        if not marks:
            continue
        axes.hlines(
            [m.level for m in marks],
            [m.x_low for m in marks],
            [m.x_high for m in marks],
            colors=INK,
            linewidths=2.2 if labelled else 1.4,
            linestyles=look,
            label=label,
            zorder=4,
        )
    if not labelled:
        return
    low, high = axes.get_xlim()
    bottom, top = axes.get_ylim()
    for m in levels:
        # the curve rises to the right: free are the space under a window's right end and that above its left end
        under = m.x_high < low + 0.87 * (high - low) or m.level > bottom + 0.91 * (top - bottom)
        edge = m.x_high > low + 0.87 * (high - low)
        axes.annotate(
            show_value(m.level, m.std),
            (m.x_high if under else m.x_low, m.level),
            xytext=(2, -9) if under else (-2, 3),
            textcoords="offset points",
            ha="left" if under and not edge else "right",
            va="top" if under else "bottom",
            fontsize=8,
            color=INK,
        )


def _draw_level_errors(axes: Axes, levels: Sequence[LevelMark], margin: float | None) -> None:
    """Level minus n against n: a thick bar for the statistical part, a thin one for the whole."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    deviations = np.array([m.level - m.index for m in levels])
    reach = float(np.max(np.abs(deviations) + np.array([m.std for m in levels])))
    if margin is not None:
        axes.axvspan(-margin, margin, color=PALE, alpha=0.45, lw=0, zorder=0)
        reach = max(reach, margin)
    axes.axvline(0, color=INK, lw=0.6)
    few = len(levels) <= 12
    for m, deviation in zip(levels, deviations, strict=True):
        axes.plot([deviation - m.std, deviation + m.std], [m.level] * 2, color=VERMILLION, lw=0.8 if few else 0.5)
        axes.plot(
            [deviation - m.std_stat, deviation + m.std_stat], [m.level] * 2, color=VERMILLION, lw=2.4 if few else 1.1
        )
        axes.plot(
            deviation,
            m.level,
            "o",
            ms=3.6 if few else 2.0,
            mec=INK,
            mew=0.7,
            mfc=INK if m.counted else "white",
        )
    axes.set_xlim(-1.2 * reach, 1.2 * reach)
    near = margin is not None and reach < 1.7 * margin
    ends = FixedLocator([-margin, 0, margin]) if near and margin is not None else MaxNLocator(nbins=3, symmetric=True)
    axes.xaxis.set_major_locator(ends)
    axes.tick_params(labelleft=False, labelbottom=False, labeltop=True, top=True, bottom=False)
    axes.xaxis.set_label_position("top")
    axes.set_xlabel("Level − n")


def shortened(text: str, most: int) -> str:
    """A label on one line, cut with an ellipsis where it is longer than `most` characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def finite_range(values: Array) -> tuple[float, float]:
    """Smallest and largest finite value; (0, 1) where there is none."""
    sound = values[np.isfinite(values)]
    if not sound.size:
        return 0.0, 1.0
    low, high = float(sound.min()), float(sound.max())
    return (low, high) if math.isfinite(high - low) and high > low else (low - 0.5, high + 0.5)
