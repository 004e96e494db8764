"""The forest plot: values with their uncertainties, one row each, against a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gzero.report.figures import BLUE, INK, new_figure, shortened, style
from gzero.report.plot import Panel, Plot, PlotSeries
from gzero.report.rounding import show_value

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def comparison_figure(
    *,
    names: Sequence[str],
    ratios: Sequence[float],
    stds: Sequence[float],
    axis_label: str,
    reference: float = 1.0,
    headings: frozenset[int] = frozenset(),
) -> Figure:
    """Values with their standard uncertainties, one row each, against the line of the reference.

    Parameters
    ----------
    names, ratios, stds : of equal length; stds 0 or NaN draw no bar.
    axis_label : what the ratios are in.
    reference : where the line stands.
    headings : rows that are headings of those below them.
    """
    with style():
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        rows = len(names)
        # all rows on one page, whose height leaves room for a heading and the caption
        height = 0.75 + min(0.24, 7.4 / max(rows, 2)) * max(rows, 2)
        figure = new_figure(height)
        labels = [shortened(name, 48) for name in names]
        # a character of the label's size is about 0.7 % of the page's width
        left = min(0.47, 0.06 + 0.0074 * max((len(label) for label in labels), default=0))
        axes = figure.add_axes((left, 0.47 / height, 0.88 - left, 1 - 0.57 / height))
        places = np.arange(rows)[::-1]
        values = np.asarray(ratios, float)
        bars = np.nan_to_num(np.asarray(stds, float), nan=0.0, posinf=0.0)
        sound = np.isfinite(values)
        shown = np.append(values[sound], reference)
        logarithmic = bool(np.all(shown > 0) and shown.max() / shown.min() > 30)
        axes.axvline(reference, color=INK, lw=0.8, ls=(0, (4, 2)))
        below = np.minimum(bars, 0.95 * np.abs(values)) if logarithmic else bars
        axes.errorbar(
            values[sound],
            places[sound],
            xerr=np.vstack([below[sound], bars[sound]]),
            fmt="o",
            ms=4,
            color=BLUE,
            ecolor=BLUE,
            elinewidth=1.2,
            capsize=2.5,
        )
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(numticks=6))
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.margins(x=0.08)
        axes.set_ylim(-0.6, rows - 0.4)
        axes.set_yticks(places, labels)
        axes.tick_params(axis="y", length=0)
        for row in headings:
            axes.axhspan(places[row] - 0.5, places[row] + 0.5, color="#EBEBEB", lw=0, zorder=0)
            axes.get_yticklabels()[row].set_fontweight("bold")
        for row, (place, value, bar) in enumerate(zip(places, values, bars, strict=True)):
            if row in headings:
                continue
            shown_value = show_value(float(value), float(bar))
            axes.annotate(
                shown_value if len(shown_value) <= 12 else f"{value:.6g}",  # the table has all digits
                (1.02, place),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8.5,
                annotation_clip=False,
            )
        axes.set_xlabel(axis_label)
    return figure


def forest_plot(names: Sequence[str], ratios: Sequence[float], stds: Sequence[float], label: str) -> Plot:
    """Values with their uncertainties as numbers, one row each."""
    rows = np.arange(len(names), dtype=float)
    line = PlotSeries(
        label="1", kind="line", ink="limit", x=np.ones(2), y=np.array([-0.5, len(names) - 0.5]), texts=("1", "1")
    )
    values = np.asarray(ratios, float)
    sound = values[np.isfinite(values)]
    logarithmic = bool(sound.size and np.all(sound > 0) and max(sound.max(), 1.0) / min(sound.min(), 1.0) > 30)
    points = PlotSeries(
        label=label, kind="points", x=values, y=rows, std=np.nan_to_num(np.asarray(stds, float)), across=True
    )
    shown = tuple(shortened(name, 46) for name in names)
    return Plot(panels=(Panel(x_label=label, y_label="", series=(line, points), rows=shown, log_x=logarithmic),))
