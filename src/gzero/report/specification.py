"""The specification curve: every analysis of a multiverse by its step height, and below it what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gzero.report.figures import BLUE, GREEN, GREY, INK, PALE, VERMILLION, new_figure, shortened, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Decision -> (marker, face, edge) : told apart by shape and filling, in grey as well.
MARKS = {
    "quantized": ("o", BLUE, BLUE),
    "undecided": ("o", "white", GREY),
    "not quantized": ("X", VERMILLION, VERMILLION),
}

_TOP, _ROW, _HEAD, _FOOT = 2.1, 0.135, 0.30, 0.42  # inches
_LEFT, _RIGHT = 0.315, 0.985
_MOST = 20.0  # margins that the upper panel shows


def specification_figure(
    *,
    deviations: Array,
    low: Array,
    high: Array,
    decisions: Sequence[str],
    declared: int,
    margin: float,
    dimensions: Sequence[tuple[str, Sequence[str]]],
    chosen: NDArray[np.int64],
    y_label: str,
) -> Figure:
    """Step heights in order with their intervals, over the matrix of what was chosen.

    Parameters
    ----------
    deviations, low, high : h/q - 1 and the ends of its interval [1], shape (n,), in the order of the curve; NaN where
        there is none.
    decisions : of each.  declared : place of the analysis as asked.  margin : half-width of the band [1].
    dimensions : (name, options) of each.
    chosen : place of the chosen option of each dimension, shape (n, number of dimensions).
    y_label : of the upper panel, which is in percent.
    """
    with style():
        rows = sum(len(options) for _, options in dimensions)
        gaps = 0.5 * (len(dimensions) - 1)
        matrix = _ROW * (rows + gaps + 0.6)
        height = _HEAD + _TOP + 0.08 + matrix + _FOOT
        figure = new_figure(height)
        upper = figure.add_axes((_LEFT, 1 - (_HEAD + _TOP) / height, _RIGHT - _LEFT, _TOP / height))
        lower = figure.add_axes((_LEFT, _FOOT / height, _RIGHT - _LEFT, matrix / height))
        _draw_curve(upper, 100 * deviations, 100 * low, 100 * high, decisions, declared, 100 * margin)
        upper.set_ylabel(y_label)
        _draw_matrix(lower, dimensions, chosen, decisions, declared)
        for axes in (upper, lower):
            axes.set_xlim(-0.015 * len(decisions) - 0.5, 1.015 * len(decisions) - 0.5)
        without = int(np.count_nonzero(~np.isfinite(deviations)))
        last = f"; the last {without} without one" if without else ""
        lower.set_xlabel(f"{len(decisions)} analyses, by step height{last}")
        handles, labels = upper.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="upper right", bbox_to_anchor=(0.99, 1.0), ncols=len(labels), columnspacing=1.4,
            handletextpad=0.3, borderaxespad=0.15,
        )  # fmt: skip
    return figure


def _draw_curve(
    axes: Axes, values: Array, low: Array, high: Array, decisions: Sequence[str], declared: int, margin: float
) -> None:
    from matplotlib.ticker import MaxNLocator

    places = np.arange(values.size)
    sound = np.isfinite(values)
    axes.axhspan(-margin, margin, color=PALE, alpha=0.45, lw=0, zorder=0)
    axes.axhline(0, color=INK, lw=0.6, zorder=1)
    axes.axvline(declared, color=GREEN, lw=1.0, ls=(0, (4, 2)), zorder=1, label="as asked")
    bottom, top = _reach(values[sound], low, high, margin)
    bars = np.isfinite(low) & np.isfinite(high)
    axes.vlines(places[bars], np.maximum(low[bars], bottom), np.minimum(high[bars], top), colors=GREY, linewidths=0.5)
    size = 3.4 if values.size <= 60 else 2.4
    for decision, (marker, face, edge) in MARKS.items():
        here = sound & np.array([d == decision for d in decisions], dtype=bool)
        if here.any():
            shown = np.clip(values[here], bottom, top)
            axes.plot(
                places[here], shown, marker, mfc=face, mec=edge, mew=0.6, ms=size * (1.5 if marker == "X" else 1),
                label=decision, zorder=3, clip_on=False,
            )  # fmt: skip
    axes.set_ylim(bottom, top)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, min_n_ticks=3))
    axes.tick_params(labelbottom=False, bottom=False)


def _reach(values: Array, low: Array, high: Array, margin: float) -> tuple[float, float]:
    """Ends of the upper panel [%]: all values and most of the intervals; what lies beyond is drawn at the edge."""
    ends = np.concatenate([low[np.isfinite(low)], high[np.isfinite(high)]])
    least, most = [-1.15 * margin], [1.15 * margin]
    if values.size:
        a, b = (float(v) for v in np.quantile(values, [0.01, 0.99]))
        least.append(a - 0.1 * abs(a))
        most.append(b + 0.1 * abs(b))
    if ends.size:
        least.append(float(np.quantile(low[np.isfinite(low)], 0.08)))
        most.append(float(np.quantile(high[np.isfinite(high)], 0.92)))
    return max(min(least), -_MOST * margin), min(max(most), _MOST * margin)


def _draw_matrix(
    axes: Axes,
    dimensions: Sequence[tuple[str, Sequence[str]]],
    chosen: NDArray[np.int64],
    decisions: Sequence[str],
    declared: int,
) -> None:
    """One row an option, a tick where it was chosen, in the mark's colour; undecided ones are pale."""
    colours = {decision: edge for decision, (_, _, edge) in MARKS.items()}
    ink = np.array([colours.get(d, INK) for d in decisions])
    y = 0.0
    ticks, labels = [], []
    axes.axvline(declared, color=GREEN, lw=1.0, ls=(0, (4, 2)), zorder=1)
    for d, (name, options) in enumerate(dimensions):
        axes.annotate(
            name, (-0.462, y), xycoords=("axes fraction", "data"), ha="left", va="center", fontsize=7.5, weight="bold",
            annotation_clip=False,
        )  # fmt: skip
        for o, option in enumerate(options):
            here = np.flatnonzero(chosen[:, d] == o)
            axes.hlines(y, -0.5, len(decisions) - 0.5, colors=PALE, linewidths=0.3, zorder=0)
            axes.vlines(here, y - 0.36, y + 0.36, colors=list(ink[here]), linewidths=0.9, zorder=2)
            ticks.append(y)
            labels.append(shortened(option, 27))
            y += 1.0
        y += 0.5
    axes.set_ylim(y - 0.5 - 0.2, -0.9)
    axes.set_yticks(ticks, labels)
    axes.tick_params(axis="y", length=0, labelsize=7.5, pad=2)
