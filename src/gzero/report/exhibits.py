"""The pictures and lists that an experiment brings of its own, drawn and typeset alike for every experiment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gzero.analysis import Analysis
from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry, Listing, Look, Picture
from gzero.report.document import Block, Cell, FigureBlock, TableBlock
from gzero.report.figures import BLUE, GREY, INK, PALE, VERMILLION, new_figure, shortened, style, to_svg
from gzero.report.rounding import prefix_of
from gzero.report.symbols import unit_text
from gzero.report.wording import number, quantity, text, typeset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOOKS: dict[Look, dict[str, Any]] = {
    "data": {"color": BLUE, "lw": 1.1},
    "model": {"color": VERMILLION, "lw": 0.9, "ls": (0, (1, 1.5))},
    "limit": {"color": INK, "lw": 0.8, "ls": (0, (4, 2))},
    "stricter limit": {"color": GREY, "lw": 0.8, "ls": (0, (6, 2))},
}


def own_blocks(analysis: Analysis) -> tuple[Block, ...]:
    """Pictures, then tables."""
    return (*(_figure_block(picture) for picture in analysis.pictures), *own_tables(analysis))


def own_tables(analysis: Analysis) -> tuple[TableBlock, ...]:
    """The lists of an experiment as tables."""
    return tuple(_table(listing) for listing in analysis.listings)


def _table(listing: Listing) -> TableBlock:
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


def _figure_block(picture: Picture) -> FigureBlock:
    return FigureBlock(
        svg=to_svg(picture_figure(picture)), caption=picture.caption, alt=typeset(picture.alt), name=picture.name
    )


def _axis(name: str, unit: str | None, values: list[np.ndarray]) -> tuple[float, str]:
    size = max((float(np.max(np.abs(v), initial=0.0)) for v in values), default=0.0)
    factor, shown = prefix_of(unit, size)
    label = shortened(name, 40)
    return factor, f"{label} [{unit_text(shown)}]" if shown and unit else label


def picture_figure(picture: Picture) -> Figure:
    """A picture drawn: bands, curves and marks, in units that can be read."""
    fx, x_label = _axis(picture.x_name, picture.x_unit, [t.x for t in picture.traces])
    fy, y_label = _axis(picture.y_name, picture.y_unit, [t.y for t in picture.traces])
    with style():
        height = 3.3
        figure = new_figure(height)
        axes = figure.add_axes((0.09, 0.43 / height, 0.895, 1 - 0.78 / height))
        for band in picture.bands:
            shade = "#D2D2D2" if band.dark else "#EBEBEB"
            axes.fill_between(
                band.x * fx, band.low * fy, band.high * fy, color=shade, lw=0, zorder=0.5 if band.dark else 0.2,
                label=band.label,
            )  # fmt: skip
        for trace in picture.traces:
            over = 3 if trace.look == "data" else 2
            axes.plot(trace.x * fx, trace.y * fy, label=trace.label, zorder=over, **_LOOKS[trace.look])
        if picture.logarithmic:
            _logarithmic(axes)
        ends = [float(v) * fx for t in picture.traces for v in (t.x.min(), t.x.max())]
        axes.set_xlim(min(ends), max(ends))
        heights = np.concatenate([t.y[np.isfinite(t.y)] for t in picture.traces]) * fy
        low, high = float(heights.min()), float(heights.max())
        room = high - low or 1.0
        axes.set_ylim(low - 0.03 * room, high + 0.12 * room)
        for mark in picture.marks:
            axes.axvline(mark.x * fx, color=VERMILLION if mark.main else PALE, lw=0.9 if mark.main else 0.8, zorder=1)
            axes.annotate(
                mark.label, (mark.x * fx, 1.0), xycoords=("data", "axes fraction"), xytext=(2.5, -9),
                textcoords="offset points", fontsize=8.5, color=INK,
            )  # fmt: skip
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(0.08, 1.0), ncols=math.ceil(len(labels) / 2),
            columnspacing=1.3, handlelength=1.9, borderaxespad=0.15, fontsize=8,
        )  # fmt: skip
    return figure


def _logarithmic(axes: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
