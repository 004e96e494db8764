"""The pictures and lists that an experiment brings of its own, drawn and typeset alike for every experiment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gzero.analysis import Analysis
from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry, Listing, Look, Picture, Trace
from gzero.report.document import Block, Cell, FigureBlock, TableBlock
from gzero.report.figures import BLUE, GREY, INK, PALE, VERMILLION, new_figure, shortened, style, to_svg
from gzero.report.plot import Ink, Kind, Panel, Plot, PlotSeries
from gzero.report.rounding import prefix_of
from gzero.report.symbols import unit_text
from gzero.report.wording import number, quantity, text, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

_LOOKS: dict[Look, dict[str, Any]] = {
    "data": {"color": BLUE, "lw": 1.1},
    "points": {},
    "model": {"color": VERMILLION, "lw": 0.9, "ls": (0, (1, 1.5))},
    "fit": {"color": VERMILLION, "lw": 1.1},
    "limit": {"color": INK, "lw": 0.8, "ls": (0, (4, 2))},
    "stricter limit": {"color": GREY, "lw": 0.8, "ls": (0, (6, 2))},
}


def own_blocks(analysis: Analysis) -> tuple[Block, ...]:
    """Pictures, then tables."""
    return (*(figure_block(picture) for picture in analysis.pictures), *own_tables(analysis))


def own_tables(analysis: Analysis) -> tuple[TableBlock, ...]:
    """The lists of an experiment as tables."""
    return tuple(listing_table(listing) for listing in analysis.listings)


def listing_table(listing: Listing) -> TableBlock:
    """A list of an experiment as a table."""
    return TableBlock(
        caption=listing.caption,
        heads=listing.heads,
        rows=tuple(tuple(_cell(entry) for entry in row) for row in listing.rows),
        notes=listing.notes,
        name=listing.name,
    )


def _cell(entry: Entry) -> Cell:
    if isinstance(entry, Estimate):
        return quantity(entry)
    return text(typeset(entry)) if isinstance(entry, str) else number(entry, digits=3)


def figure_block(picture: Picture) -> FigureBlock:
    """A picture as a figure of the report."""
    return FigureBlock(
        svg=to_svg(picture_figure(picture)), caption=picture.caption, alt=typeset(picture.alt), name=picture.name,
        plot=picture_plot(picture),
    )  # fmt: skip


_INKS: dict[Look, Ink] = {
    "data": "data", "points": "data", "model": "model", "fit": "model", "limit": "limit", "stricter limit": "quiet"
}  # fmt: skip


def picture_plot(picture: Picture) -> Plot:
    """A picture as numbers in the units of its axes."""
    fx, x_label = _axis(picture.x_name, picture.x_unit, [t.x for t in picture.traces])
    fy, y_label = _axis(picture.y_name, picture.y_unit, [t.y for t in picture.traces])
    series = [
        PlotSeries(label=b.label, kind="band", ink="quiet", x=b.x * fx, y=b.low * fy, low=b.low * fy, high=b.high * fy)
        for b in picture.bands
    ]
    for t in picture.traces:
        std = None if t.std is None else t.std * abs(fy)
        drawn: Kind = "points" if t.look == "points" else "line"
        series.append(PlotSeries(label=t.label, kind=drawn, ink=_INKS[t.look], x=t.x * fx, y=t.y * fy, std=std))
    heights = np.concatenate([t.y[np.isfinite(t.y)] for t in picture.traces]) * fy
    if picture.logarithmic_y:
        heights = heights[heights > 0]
    for mark in picture.marks if heights.size else ():
        ends = np.array([float(heights.min()), float(heights.max())])
        said = f"{mark.label}: {picture.x_name}"
        ink: Ink = "mark" if mark.main else "quiet"
        x = np.full(2, mark.x * fx)
        series.append(PlotSeries(label=mark.label, kind="line", ink=ink, x=x, y=ends, texts=(said, said)))
    panels = [
        Panel(
            x_label=x_label, y_label=y_label, series=tuple(series), log_x=picture.logarithmic,
            log_y=picture.logarithmic_y, weight=3.0,
        )
    ]  # fmt: skip
    if picture.pulls is not None:
        pulls = picture.pulls
        readings = PlotSeries(label="pull", kind="points", x=pulls.x * fx, y=pulls.y)
        panels.append(
            Panel(x_label=x_label, y_label="pull", series=(readings,), log_x=picture.logarithmic, shared=True)
        )
    return Plot(panels=tuple(panels))


def _axis(name: str, unit: str | None, values: list[np.ndarray]) -> tuple[float, str]:
    size = max((float(np.max(np.abs(v), initial=0.0)) for v in values), default=0.0)
    factor, shown = prefix_of(unit, size)
    label = shortened(name, 40)
    return factor, f"{label} [{unit_text(shown)}]" if shown and unit else label


def picture_figure(picture: Picture) -> Figure:
    """A picture drawn: bands, curves, points and marks, in units that can be read; pulls below where there are some."""
    fx, x_label = _axis(picture.x_name, picture.x_unit, [t.x for t in picture.traces])
    fy, y_label = _axis(picture.y_name, picture.y_unit, [t.y for t in picture.traces])
    with style():
        below = 1.05 if picture.pulls is not None else 0.0
        height = 3.3 + below
        figure = new_figure(height)
        axes = figure.add_axes((0.09, (0.43 + below) / height, 0.895, 1 - (0.78 + below) / height))
        for band in picture.bands:
            shade = "#D2D2D2" if band.dark else "#EBEBEB"
            axes.fill_between(
                band.x * fx, band.low * fy, band.high * fy, color=shade, lw=0, zorder=0.5 if band.dark else 0.2,
                label=band.label,
            )  # fmt: skip
        for trace in picture.traces:
            _trace(axes, trace, fx, fy)
        _limits(axes, picture, fx, fy)
        for mark in picture.marks:
            axes.axvline(mark.x * fx, color=VERMILLION if mark.main else PALE, lw=0.9 if mark.main else 0.8, zorder=1)
            axes.annotate(
                mark.label, (mark.x * fx, 1.0), xycoords=("data", "axes fraction"), xytext=(2.5, -9),
                textcoords="offset points", fontsize=8.5, color=INK,
            )  # fmt: skip
        axes.set_ylabel(y_label)
        lowest = axes if picture.pulls is None else _pulls(figure, axes, picture.pulls, fx, height)
        lowest.set_xlabel(x_label)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(0.08, 1.0), ncols=math.ceil(len(labels) / 2),
            columnspacing=1.3, handlelength=1.9, borderaxespad=0.15, fontsize=8,
        )  # fmt: skip
    return figure


def _trace(axes: Axes, trace: Trace, fx: float, fy: float) -> None:
    """A line, or points with their uncertainties; the more points, the smaller."""
    if trace.look != "points":
        over = 3 if trace.look in ("data", "fit") else 2
        axes.plot(trace.x * fx, trace.y * fy, label=trace.label, zorder=over, **_LOOKS[trace.look])
        return
    size = 3.6 if trace.x.size <= 60 else 2.4 if trace.x.size <= 400 else 1.2
    axes.errorbar(
        trace.x * fx, trace.y * fy, yerr=None if trace.std is None else trace.std * abs(fy), label=trace.label,
        fmt="o", ms=size, mew=0, elinewidth=0.8, color=BLUE, zorder=2, rasterized=trace.x.size > 3000,
    )  # fmt: skip


def _limits(axes: Axes, picture: Picture, fx: float, fy: float) -> None:
    """Scales and ranges: all that is finite, and on a logarithmic axis positive."""
    if picture.logarithmic:
        axes.set_xscale("log")
        _logarithmic(axes.xaxis)
    if picture.logarithmic_y:
        axes.set_yscale("log")
        _logarithmic(axes.yaxis)
    ends = [v for t in picture.traces for v in t.x * fx if np.isfinite(v) and (v > 0 or not picture.logarithmic)]
    points = any(t.look == "points" for t in picture.traces)
    if ends:
        room = 0.02 * (max(ends) - min(ends)) if points and not picture.logarithmic else 0.0
        axes.set_xlim(*((min(ends) - room, max(ends) + room) if max(ends) > min(ends) else (None, None)))
    heights = np.concatenate([t.y[np.isfinite(t.y)] for t in picture.traces]) * fy
    if picture.logarithmic_y:
        heights = heights[heights > 0]
        if heights.size:
            axes.set_ylim(float(heights.min()) / 1.3, float(heights.max()) * 1.6)
    elif heights.size:
        low, high = float(heights.min()), float(heights.max())
        room = high - low or 1.0
        axes.set_ylim(low - (0.06 if points else 0.03) * room, high + 0.12 * room)


def _pulls(figure: Figure, above: Axes, pulls: Trace, fx: float, height: float) -> Axes:
    """Data minus model over the standard deviation, with a band of one and lines of two."""
    above.tick_params(labelbottom=False)
    axes = figure.add_axes((0.09, 0.43 / height, 0.895, 0.95 / height), sharex=above)
    axes.axhspan(-1, 1, color="#EBEBEB", lw=0, zorder=0)
    axes.axhline(0, color=INK, lw=0.6, zorder=1)
    size = 3.0 if pulls.x.size <= 60 else 2.0 if pulls.x.size <= 400 else 1.0
    axes.plot(pulls.x * fx, pulls.y, "o", ms=size, mew=0, color=BLUE, zorder=2, rasterized=pulls.x.size > 3000)
    top = max(3.0, 1.1 * float(np.max(np.abs(pulls.y[np.isfinite(pulls.y)]), initial=0.0)))
    axes.set_ylim(-top, top)
    axes.set_ylabel("pull")
    return axes


def _logarithmic(axis: Axis) -> None:
    """Ticks of a logarithmic axis as plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())
