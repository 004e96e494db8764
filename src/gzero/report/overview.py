"""The figure of many traces at once: the curves themselves, and their levels along the map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gzero.report.figures import BLUE, INK, PALE, VERMILLION, finite_range, new_figure, style
from gzero.report.plot import is_counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[np.float64]

#: Points kept of each trace: more cannot be seen at the width of a page.
_MOST_POINTS = 240


def overview_figure(
    *,
    traces: Sequence[tuple[Array, Array]],
    coordinates: Sequence[float],
    coordinate_label: str,
    x_label: str,
    y_label: str,
    levels: Sequence[tuple[int, Array, Array]],
    band: float = 0.03,
) -> Figure:
    """Many staircases at once, and how their levels move along the map.

    Parameters
    ----------
    traces : (x, y) of each trace, x in the unit of `x_label`, y in quanta as `y_label` says.
    coordinates : place of each trace, in the unit of `coordinate_label`.
    levels : for each n: (n, levels, standard uncertainties), one entry a trace [quanta], NaN where a trace has none;
        at most four are drawn, so that the figure stands on a page with the verdict.
    band : half-width of the shaded band, relative to n.
    """
    with style():
        drawn = list(levels)[:4]
        top, each = 2.75, 0.54
        height = top + (each * len(drawn) + 0.45 if drawn else 0.0)
        figure = new_figure(height)
        axes = figure.add_axes((0.085, 1 - (top - 0.45) / height, 0.80, (top - 0.55) / height))
        bar = figure.add_axes((0.90, 1 - (top - 0.45) / height, 0.018, (top - 0.55) / height))
        _draw_traces(axes, bar, traces, coordinates, coordinate_label)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        panels = [
            figure.add_axes((0.085, (0.42 + each * i) / height, 0.895, (each - 0.06) / height))
            for i in range(len(drawn))
        ]
        _draw_levels(panels, drawn, np.asarray(coordinates, float), band)
        if panels:
            panels[0].set_xlabel(coordinate_label)
    return figure


def _draw_traces(
    axes: Axes, bar: Axes, traces: Sequence[tuple[Array, Array]], coordinates: Sequence[float], label: str
) -> None:
    """All curves as thin lines coloured by coordinate, with a colour bar in `bar`."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.collections import LineCollection
    from matplotlib.colors import Normalize
    from matplotlib.ticker import MaxNLocator

    places = np.asarray(coordinates, float)
    scale = Normalize(*finite_range(places))
    curves = [thinned(x, y) for x, y in traces]
    lines = LineCollection([np.column_stack(c) for c in curves], cmap="cividis", norm=scale, linewidths=0.6)
    lines.set_array(places)
    axes.add_collection(lines)
    xs, ys = (np.concatenate([c[i] for c in curves]) for i in (0, 1))
    x_low, x_high = finite_range(xs)
    y_low, y_high = finite_range(ys)
    axes.set_xlim(x_low - 0.02 * (x_high - x_low), x_high + 0.02 * (x_high - x_low))
    axes.set_ylim(min(y_low, 0.0) - 0.03 * (y_high - y_low), y_high + 0.04 * (y_high - y_low))
    if 0 < y_high <= 60:
        axes.hlines(
            range(1, int(y_high) + 1), *axes.get_xlim(), colors=INK, linewidths=0.5, linestyles=(0, (1, 2)), zorder=0
        )
    axes.yaxis.set_major_locator(MaxNLocator(nbins=9, integer=y_high > 2))
    assert axes.figure is not None
    ticks = MaxNLocator(nbins=9, integer=is_counted(places))
    axes.figure.colorbar(ScalarMappable(norm=scale, cmap="cividis"), cax=bar, ticks=ticks).set_label(label)


def thinned(x: Array, y: Array) -> tuple[Array, Array]:
    """A curve with no more points than can be seen at the width of a page."""
    if x.size <= _MOST_POINTS:
        return x, y
    keep = np.unique(np.linspace(0, x.size - 1, _MOST_POINTS).round().astype(np.intp))
    return x[keep], y[keep]


def _draw_levels(
    panels: Sequence[Axes], levels: Sequence[tuple[int, Array, Array]], places: Array, band: float
) -> None:
    """One narrow panel for each n, the lowest n at the bottom: levels with their uncertainty, the line n, the band.

    A level beyond the panel is drawn as a triangle at its edge.
    """
    from matplotlib.ticker import FixedLocator, MaxNLocator, StrMethodFormatter

    x_low, x_high = finite_range(places)
    for i, (axes, (n, values, stds)) in enumerate(zip(panels, levels, strict=True)):
        half = band * n
        sound = np.isfinite(values)
        away = np.abs(values[sound] - n)
        # the ends of the band keep room for their numbers; what lies further out is marked at the edge
        reach = min(max(1.6 * half, 1.25 * float(np.max(away, initial=0.0))), 2.0 * half)
        axes.axhspan(n - half, n + half, color=PALE, alpha=0.5, lw=0, zorder=0)
        axes.axhline(n, color=INK, lw=0.6)
        inside = sound & (np.abs(values - n) <= reach)
        axes.errorbar(
            places[inside], values[inside], yerr=np.nan_to_num(stds[inside]), fmt="o", ms=2, color=BLUE, elinewidth=0.6
        )
        for marker, beyond in (("^", sound & (values > n + reach)), ("v", sound & (values < n - reach))):
            edge = n + (0.86 if marker == "^" else -0.86) * reach
            axes.plot(places[beyond], np.full(int(beyond.sum()), edge), marker, ms=4, color=VERMILLION)
        axes.set_ylim(n - reach, n + reach)
        axes.set_xlim(x_low - 0.02 * (x_high - x_low), x_high + 0.02 * (x_high - x_low))
        if is_counted(places):
            axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
        axes.yaxis.set_major_locator(FixedLocator([n - half, n, n + half]))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.tick_params(labelbottom=i == 0, labelsize=7.5 if i else 8)
        axes.annotate(
            f"n = {n}",
            (0.006, 0.94),
            xycoords="axes fraction",
            ha="left",
            va="top",
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8},
        )
