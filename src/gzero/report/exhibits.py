"""The pictures and lists that an experiment brings of its own, drawn and typeset alike for every experiment."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gzero.analysis import Analysis
from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry, Listing, Look, Picture, Trace
from gzero.report.blindness import is_blind
from gzero.report.document import Block, Cell, FigureBlock, TableBlock
from gzero.report.figures import BLUE, GREY, INK, PALE, VERMILLION, new_figure, shortened, style, to_svg
from gzero.report.plot import Ink, Kind, Panel, Plot, PlotSeries, is_counted
from gzero.report.pulls import PULLS, correlated, draw_pulls, pull_panels
from gzero.report.rounding import prefix_of, show_number
from gzero.report.symbols import unit_text
from gzero.report.wording import closed, number, opened, quantity, text, typeset

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
    figures = [figure_block(picture) for picture in analysis.pictures]
    if is_blind(analysis):  # numbers beside the file's own would give the hidden factor away
        figures = [replace(figure, plot=None) for figure in figures]
    return (*figures, *own_tables(analysis))


def own_tables(analysis: Analysis) -> tuple[TableBlock, ...]:
    """The lists of an experiment as tables."""
    return tuple(listing_table(listing) for listing in analysis.listings)


def listing_table(listing: Listing) -> TableBlock:
    """A list of an experiment as a table."""
    return TableBlock(
        caption=listing.caption.rstrip("."),
        heads=tuple(opened(typeset(head)) for head in listing.heads),
        rows=tuple(tuple(_cell(entry) for entry in row) for row in listing.rows),
        notes=tuple(closed(opened(typeset(note))) for note in listing.notes),
        name=listing.name,
    )


def _cell(entry: Entry) -> Cell:
    if isinstance(entry, Estimate):
        return quantity(entry)
    return text(typeset(entry)) if isinstance(entry, str) else number(entry, digits=3)


def figure_block(picture: Picture) -> FigureBlock:
    """A picture as a figure of the report."""
    return FigureBlock(
        svg=to_svg(picture_figure(picture)), caption=_caption(picture), alt=typeset(picture.alt), name=picture.name,
        plot=picture_plot(picture),
    )  # fmt: skip


def _caption(picture: Picture) -> str:
    """What the experiment says of its picture, and what every reader of it has to know: bars, pulls, bars that are cut."""
    said = [closed(typeset(picture.caption))]
    if any(t.std is not None and t.look == "points" for t in picture.traces) and "bars" not in picture.caption:
        said.append("Bars: standard uncertainty.")
    if picture.pulls is not None:
        said.append(f"{PULLS} {correlated(picture.pulls.y)}".rstrip())
    if any(_cut(t, *_heights(picture)) for t in picture.traces):
        said.append("Arrows: bars that go on beyond the frame.")
    return " ".join(said)


_INKS: dict[Look, Ink] = {
    "data": "data", "points": "data", "model": "model", "fit": "model", "limit": "limit", "stricter limit": "quiet"
}  # fmt: skip


def picture_plot(picture: Picture) -> Plot:
    """A picture as numbers in the units of its axes."""
    fx, x_label = _axis(picture.x_name, picture.x_unit, [t.x for t in picture.traces])
    fy, y_label = _axis(picture.y_name, picture.y_unit, [t.y for t in picture.traces])
    series = [
        PlotSeries(
            label=typeset(b.label), kind="band", ink="quiet", x=b.x * fx, y=b.low * fy, low=b.low * fy, high=b.high * fy
        )
        for b in picture.bands
    ]
    for i, t in enumerate(picture.traces):
        std = None if t.std is None else t.std * abs(fy)
        drawn: Kind = "points" if t.look == "points" else "line"
        again = t.look == "points" and any(other.look == "points" for other in picture.traces[:i])
        series.append(
            PlotSeries(
                label=typeset(t.label),
                kind=drawn,
                ink="mark" if again else _INKS[t.look],
                x=t.x * fx,
                y=t.y * fy,
                std=std,
            )
        )
    heights = np.concatenate([t.y[np.isfinite(t.y)] for t in picture.traces]) * fy
    if picture.logarithmic_y:
        heights = heights[heights > 0]
    for mark in picture.marks if heights.size else ():
        ends = np.array([float(heights.min()), float(heights.max())])
        said = typeset(f"{mark.label}: {picture.x_name}")
        ink: Ink = "mark" if mark.main else "quiet"
        x = np.full(2, mark.x * fx)
        series.append(PlotSeries(label=typeset(mark.label), kind="line", ink=ink, x=x, y=ends, texts=(said, said)))
    panels = [
        Panel(
            x_label=x_label, y_label=y_label, series=tuple(series), log_x=picture.logarithmic,
            log_y=picture.logarithmic_y, whole_x=_counts(picture, "x"), whole_y=_counts(picture, "y"), weight=3.0,
        )
    ]  # fmt: skip
    if picture.pulls is not None:
        panels += pull_panels(x_label, picture.pulls.x * fx, picture.pulls.y, log_x=picture.logarithmic)
    return Plot(panels=tuple(panels))


def _counts(picture: Picture, which: Literal["x", "y"]) -> bool:
    """Whether an axis counts things: it has no unit, is not logarithmic, and every reading stands on a whole number."""
    name, unit, logarithmic = (
        (picture.x_name, picture.x_unit, picture.logarithmic)
        if which == "x"
        else (picture.y_name, picture.y_unit, picture.logarithmic_y)
    )
    if unit or "[" in name or logarithmic:
        return False
    return all(is_counted(t.x if which == "x" else t.y) for t in _readings(picture))


def _readings(picture: Picture) -> list[Trace]:
    """The traces that are no model; all where there is no other."""
    return [t for t in picture.traces if t.look in ("points", "data")] or list(picture.traces)


def _axis(name: str, unit: str | None, values: list[np.ndarray]) -> tuple[float, str]:
    size = max((float(np.max(np.abs(v), initial=0.0)) for v in values), default=0.0)
    factor, shown = prefix_of(unit, size)
    label = shortened(typeset(name), 40)
    if not shown or not unit:
        return factor, label
    if (
        factor == 1 and not 1e-3 <= size < 1e5 and size > 0
    ):  # a unit that takes no prefix: ticks with powers are too wide
        power = math.floor(math.log10(size))
        return 10.0**-power, f"{label} [{show_number(10.0**power)} {unit_text(shown)}]".replace("[1 × ", "[")
    return factor, f"{label} [{unit_text(shown)}]"


def picture_figure(picture: Picture) -> Figure:
    """A picture drawn: bands, curves, points and marks, in units that can be read; pulls below where there are some."""
    fx, x_label = _axis(picture.x_name, picture.x_unit, [t.x for t in picture.traces])
    fy, y_label = _axis(picture.y_name, picture.y_unit, [t.y for t in picture.traces])
    with style():
        below = 0.98 if picture.pulls is not None else 0.0
        height = 2.85 + below
        figure = new_figure(height)
        wide = 0.895 if picture.pulls is None else 0.815
        axes = figure.add_axes((0.09, (0.43 + below) / height, wide, 1 - (0.78 + below) / height))
        for band in picture.bands:
            shade = "#D2D2D2" if band.dark else "#EBEBEB"
            axes.fill_between(
                band.x * fx, band.low * fy, band.high * fy, color=shade, lw=0, zorder=0.5 if band.dark else 0.2,
                label=typeset(band.label),
            )  # fmt: skip
        for i, trace in enumerate(picture.traces):
            _trace(axes, trace, fx, fy, nth=sum(t.look == trace.look for t in picture.traces[:i]))
        _limits(axes, picture, fx, fy)
        for trace in picture.traces:
            if _cut(trace, *_heights(picture)):
                _arrows(axes, trace, fx, fy)
        for mark in picture.marks:
            axes.axvline(mark.x * fx, color=VERMILLION if mark.main else PALE, lw=0.9 if mark.main else 0.8, zorder=1)
            axes.annotate(
                typeset(mark.label), (mark.x * fx, 1.0), xycoords=("data", "axes fraction"), xytext=(2.5, -9),
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


def _trace(axes: Axes, trace: Trace, fx: float, fy: float, *, nth: int) -> None:
    """A line, or points with their uncertainties; the more points, the smaller. The nth of one look has its own dashes, or
    open points.
    """
    if trace.look != "points":
        over = 3 if trace.look in ("data", "fit") else 2
        look = _LOOKS[trace.look] | ({"ls": _DASHES[nth % len(_DASHES)]} if nth and trace.look == "fit" else {})
        axes.plot(trace.x * fx, trace.y * fy, label=typeset(trace.label), zorder=over, **look)
        return
    size = 3.6 if trace.x.size <= 60 else 2.4 if trace.x.size <= 400 else 1.2
    axes.errorbar(
        trace.x * fx, trace.y * fy, yerr=None if trace.std is None else trace.std * abs(fy), label=typeset(trace.label),
        fmt="o", ms=size, mew=0.8 if nth else 0, mfc="white" if nth else BLUE, elinewidth=0.8, color=BLUE, zorder=2,
        rasterized=trace.x.size > 3000,
    )  # fmt: skip


#: Dashes of the second, third, ... fitted curve of one picture.
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (5, 1.5, 1, 1.5)), (0, (1.5, 1.2)))

#: Bars may make a picture this many times as high as its points are apart; longer ones are cut.
_MOST_BARS = 5.0


def _heights(picture: Picture) -> tuple[float, float]:
    """(lowest, highest) value [SI of y] that has to be seen: every reading and curve, every shaded range, and the bars.

    Bars that would leave less than a fifth of the height to the readings are cut there.
    """
    values = np.concatenate([t.y for t in picture.traces])
    reach = [end for b in picture.bands for end in (b.low, b.high)]
    barred = [t for t in picture.traces if t.std is not None and t.look == "points"]
    reach += [end for t in barred if t.std is not None for end in (t.y - t.std, t.y + t.std)]
    ends = np.concatenate([values, *reach])
    if picture.logarithmic_y:
        values, ends = values[values > 0], ends[ends > 0]
        values, ends = np.log10(values), np.log10(ends)
    values, ends = values[np.isfinite(values)], ends[np.isfinite(ends)]
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = (_MOST_BARS - 1) / 2 * ((high - low) or math.inf)
    low, high = max(float(ends.min()), low - room), min(float(ends.max()), high + room)
    return (10**low, 10**high) if picture.logarithmic_y else (low, high)


def _cut(trace: Trace, low: float, high: float) -> bool:
    """Whether a bar of the trace goes on beyond what is shown."""
    if trace.std is None or trace.look != "points":
        return False
    shown = np.isfinite(trace.y) & np.isfinite(trace.std)
    slack = 1e-9 * (high - low)
    return bool(np.any((trace.y + trace.std)[shown] > high + slack)) or bool(
        np.any(
            ((trace.y - trace.std)[shown] < low - slack)
            & ((trace.y - trace.std)[shown] > (0.0 if low > 0 else -math.inf))
        )
    )


def _arrows(axes: Axes, trace: Trace, fx: float, fy: float) -> None:
    """A small arrow at the frame where a bar goes on beyond it."""
    if trace.std is None or trace.look != "points":
        return
    low, high = axes.get_ylim()
    y, std = trace.y * fy, trace.std * abs(fy)
    for beyond, at, marker in ((y + std > high, 0.985, "^"), (y - std < low, 0.015, "v")):
        x = trace.x[beyond & np.isfinite(std)] * fx
        axes.plot(
            x, np.full(x.size, at), marker, ms=3, mew=0, color=BLUE, transform=axes.get_xaxis_transform(), zorder=4
        )


def _limits(axes: Axes, picture: Picture, fx: float, fy: float) -> None:
    """Scales and ranges: all that is finite, and on a logarithmic axis positive."""
    from matplotlib.ticker import MaxNLocator

    if picture.logarithmic:
        axes.set_xscale("log")
    if picture.logarithmic_y:
        axes.set_yscale("log")
    ends = [v for t in picture.traces for v in t.x * fx if np.isfinite(v) and (v > 0 or not picture.logarithmic)]
    points = any(t.look == "points" for t in picture.traces)
    if ends and max(ends) > min(ends):
        low, high = min(ends), max(ends)
        if not points:
            axes.set_xlim(low, high)
        elif picture.logarithmic:
            axes.set_xlim(low / (high / low) ** 0.02, high * (high / low) ** 0.02)
        else:
            axes.set_xlim(low - 0.02 * (high - low), high + 0.02 * (high - low))
    low, high = sorted(end * fy for end in _heights(picture))
    if picture.logarithmic_y:
        axes.set_ylim(low / 1.3, high * 1.6)
    else:
        room = high - low or 1.0
        axes.set_ylim(low - (0.06 if points else 0.03) * room, high + 0.12 * room)
    for axis, logarithmic in ((axes.xaxis, picture.logarithmic), (axes.yaxis, picture.logarithmic_y)):
        if logarithmic:
            _logarithmic(axis)
    for axis, counts in ((axes.xaxis, _counts(picture, "x")), (axes.yaxis, _counts(picture, "y"))):
        if counts:
            axis.set_major_locator(MaxNLocator(nbins="auto", steps=(1, 2, 5, 10), integer=True, min_n_ticks=1))


def _pulls(figure: Figure, above: Axes, pulls: Trace, fx: float, height: float) -> Axes:
    """Data minus model over the standard deviation against x, and their distribution beside the unit normal."""
    above.tick_params(labelbottom=False)
    axes = figure.add_axes((0.09, 0.43 / height, 0.815, 0.88 / height), sharex=above)
    side = figure.add_axes((0.912, 0.43 / height, 0.073, 0.88 / height), sharey=axes)
    draw_pulls(axes, side, pulls.x * fx, pulls.y)
    return axes


def _logarithmic(axis: Axis) -> None:
    """Ticks of a logarithmic axis as plain numbers; within less than half a decade evenly spaced ones."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = axis.get_view_interval()
    short = low > 0 and high / low < 4
    axis.set_major_locator(MaxNLocator(nbins=7) if short else LogLocator(subs=(1, 2, 5), numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda value, _: show_number(value)))
    axis.set_minor_formatter(NullFormatter())
