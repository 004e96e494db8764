"""Pulls: data minus model over the standard deviation of a reading, against x, and their distribution beside the unit normal.

They are standardised by the marginal standard deviation of each reading and not whitened: a whitened residual belongs to no
reading, so that a place in x where the model fails could not be seen. What correlation does to them is said in words: their
distribution is that of one reading and keeps its width, while neighbours share a sign, so that a run of one sign counts once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gzero.report.figures import BLUE, INK, PALE, VERMILLION
from gzero.report.plot import Panel, PlotSeries
from gzero.report.rounding import show_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

#: What every caption says of its pulls.
PULLS = "Pulls: data minus model over the standard deviation of a reading (grey: ±1, ±2), with their distribution and the unit normal."

#: Neighbours correlate when their correlation is this many of its standard deviations, 1/sqrt(n), above 0.
_SURE = 4.0

#: Fewer pulls than this have no distribution that could be drawn.
_FEW = 12


def lag_one(pulls: Array) -> float | None:
    """Correlation [1] of neighbouring pulls; None where there are too few, or they do not differ.

    >>> lag_one(np.tile([1.0, -1.0], 50)), lag_one(np.zeros(5))
    (-1.0, None)
    """
    sound = pulls[np.isfinite(pulls)]
    if sound.size < 8 or float(np.std(sound)) == 0:
        return None
    centred = sound - np.mean(sound)
    pairs = float(np.mean(centred[1:] * centred[:-1])) / float(np.mean(centred**2))
    return max(-1.0, min(1.0, pairs))


def correlated(pulls: Array) -> str:
    """A sentence on what correlation does to the pulls, "" where neighbours do not correlate.

    Parameters
    ----------
    pulls : in the order of x.
    """
    found = lag_one(pulls)
    if found is None or found * math.sqrt(pulls.size) < _SURE:
        return ""
    return f"Neighbouring pulls correlate ({show_number(found, digits=2)}) and are not whitened: a run of one sign counts as one deviation."


def pull_panels(x_label: str, x: Array, pulls: Array, *, log_x: bool = False) -> tuple[Panel, ...]:
    """The same two panels as numbers: pulls against x with their bands, and their distribution beside the unit normal."""
    sound = np.isfinite(pulls)
    if not sound.any():
        return ()
    ends = np.array([float(np.min(x[sound])), float(np.max(x[sound]))])
    bands = [
        PlotSeries(
            label=f"±{k}", kind="band", ink="quiet", x=ends, y=np.zeros(2), low=np.full(2, -float(k)), high=np.full(2, float(k))
        )
        for k in (2, 1)
    ]  # fmt: skip
    readings = PlotSeries(label="pull", kind="points", x=x, y=pulls)
    top = _top(pulls[sound])
    grid = np.linspace(-top, top, 121)
    normal = np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi)
    series = [PlotSeries(label="unit normal", kind="line", ink="model", x=grid, y=normal)]
    if (found := density(pulls[sound])) is not None:
        edges, height = found
        steps = np.repeat(edges, 2)[1:-1]
        series.insert(0, PlotSeries(label="distribution of the pulls", kind="line", x=steps, y=np.repeat(height, 2)))
    return (
        Panel(x_label=x_label, y_label="pull", series=(*bands, readings), log_x=log_x, shared=True),
        Panel(x_label="pull", y_label="density", series=tuple(series)),
    )


def _top(pulls: Array) -> float:
    return max(3.4, 1.15 * float(np.max(np.abs(pulls), initial=0.0)))


def density(pulls: Array) -> tuple[Array, Array] | None:
    """(edges, density) of the pulls, whose areas sum to 1; None of fewer than a dozen.

    Bins have a fixed width, so that two figures can be compared: half a pull, a whole one where there are few.
    """
    if pulls.size < _FEW:
        return None
    width = 0.5 if pulls.size >= 60 else 1.0
    top = _top(pulls)
    edges = np.arange(-math.ceil(top / width) * width - width / 2, top + 1.5 * width, width)
    counts, edges = np.histogram(pulls, edges)
    return edges, counts / (pulls.size * width)


def draw_pulls(axes: Axes, side: Axes | None, x: Array, pulls: Array) -> None:
    """Draw them into two panels that share their y axis.

    Parameters
    ----------
    axes : for pulls against x;  side : for their distribution, None where there is no room for it.
    x : in the unit of the axis;  pulls : [1], NaN where there is none.
    """
    sound = np.isfinite(pulls)
    top = _top(pulls[sound])
    axes.axhspan(-2, 2, color="#F1F1F1", lw=0, zorder=0)
    axes.axhspan(-1, 1, color="#DEDEDE", lw=0, zorder=0.1)
    axes.axhline(0, color=INK, lw=0.6, zorder=1)
    size = 3.0 if x.size <= 60 else 2.0 if x.size <= 400 else 1.0
    axes.plot(x[sound], pulls[sound], "o", ms=size, mew=0, color=BLUE, zorder=2, rasterized=x.size > 3000)
    axes.set_ylim(-top, top)
    axes.set_yticks(_ticks(top))
    axes.set_ylabel("pull")
    axes.yaxis.set_label_coords(-0.085, 0.5)
    if side is not None:
        _distribution(side, pulls[sound], top)


def _ticks(top: float) -> list[float]:
    """Zero and a round number on both sides, as far out as fits."""
    decade = 10.0 ** math.floor(math.log10(top))
    step = (
        2.0
        if top < 5
        else 5.0
        if top < 10
        else decade * (5.0 if top >= 6 * decade else 2.0 if top >= 3 * decade else 1.0)
    )
    return [-step, 0.0, step]


def _distribution(axes: Axes, pulls: Array, top: float) -> None:
    axes.axhspan(-2, 2, color="#F1F1F1", lw=0, zorder=0)
    axes.axhspan(-1, 1, color="#DEDEDE", lw=0, zorder=0.1)
    axes.axhline(0, color=INK, lw=0.6, zorder=1)
    highest = 0.4
    if (found := density(pulls)) is not None:
        edges, heights = found
        axes.stairs(heights, edges, orientation="horizontal", fill=True, color=BLUE, alpha=0.55, lw=0, zorder=2)
        highest = max(highest, float(heights.max()))
    grid = np.linspace(-top, top, 121)
    axes.plot(np.exp(-(grid**2) / 2) / math.sqrt(2 * math.pi), grid, color=VERMILLION, lw=0.9, zorder=3)
    axes.set_xlim(0, 1.12 * highest)
    axes.set_xticks([])
    axes.tick_params(labelleft=False)
    for spine in ("top", "right", "bottom"):
        axes.spines[spine].set_color(PALE)
