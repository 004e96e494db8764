"""A map as an image: every reading of many traces over both settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gzero.analysis import Analysis
from gzero.report.document import FigureBlock
from gzero.report.figures import Array, finite_range, new_figure, shortened, style, to_svg
from gzero.report.pictures import axis, coordinates
from gzero.report.symbols import symbol_text
from gzero.report.wording import scale_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Traces from which an image says more than lines.
FEWEST = 8

#: Pixels of an image along one side at most: more are beyond print.
_MOST_PIXELS = 600


def map_block(analyses: Sequence[Analysis]) -> FigureBlock | None:
    """The map as an image; None where the traces are few, share no settings, or have no common unit."""
    kept = [a for a in analyses if a.curve is not None and a.coordinate is not None]
    if len(kept) < FEWEST or len({(a.curve.x_name, a.curve.x_unit, a.curve.y_unit) for a in kept if a.curve}) != 1:
        return None
    places, place_label = coordinates(kept)
    if np.unique(places).size != len(places):
        return None
    first = kept[0]
    assert first.curve is not None
    scale = scale_of(first, first.curve.y_unit)
    if scale is None or first.quantum is None or first.pictures:
        return None
    symbol = symbol_text(first.quantum.symbol)
    grid, values = _on_grid([(a.curve.x, a.curve.y / scale) for a in kept if a.curve is not None])
    if grid.size < 4:
        return None
    factor, x_label = axis(first.curve.x_name, first.curve.x_unit, grid)
    order = np.argsort(places)
    label = f"{shortened(first.curve.y_name, 30)} [{symbol}]"
    figure = map_figure(
        x=grid * factor, y=np.asarray(places, float)[order], values=values[order], x_label=x_label,
        y_label=place_label, label=label,
    )  # fmt: skip
    low, high = finite_range(values)
    return FigureBlock(
        svg=to_svg(figure),
        caption=f"The map in units of {symbol}: {len(kept)} traces over {place_label}; thin lines: half way between multiples of the "
        "unit; white: not read, or left out.",
        alt=f"Map of {len(kept)} traces over {x_label} and {place_label}, from {low:.3g} to {high:.3g} in units of {symbol}.",
        name="map",
    )


def _on_grid(curves: Sequence[tuple[Array, Array]]) -> tuple[Array, Array]:
    """(x, values of shape (traces, x)): each reading at its own setting, NaN where a trace has none; no interpolation."""
    grid = np.unique(np.concatenate([x for x, _ in curves]))
    if grid.size > 4 * max(x.size for x, _ in curves):  # every trace has settings of its own: no common grid
        return np.empty(0), np.empty((len(curves), 0))
    values = np.full((len(curves), grid.size), np.nan)
    for row, (x, y) in zip(values, curves, strict=True):
        row[np.searchsorted(grid, x)] = y
    stride = -(-grid.size // _MOST_PIXELS)
    return grid[::stride], values[:, ::stride]


def map_figure(*, x: Array, y: Array, values: NDArray[np.float64], x_label: str, y_label: str, label: str) -> Figure:
    """Values of shape (y, x) as an image, with a thin line half way between whole numbers.

    Parameters
    ----------
    x, y : ascending settings, in the units of their labels.
    values : in quanta, as `label` says; NaN stays white.
    """
    import matplotlib as mpl

    with style(), mpl.rc_context({"savefig.dpi": 220, "svg.image_inline": True}):
        figure = new_figure(3.0)
        axes = figure.add_axes((0.09, 0.15, 0.79, 0.81))
        bar = figure.add_axes((0.9, 0.15, 0.018, 0.81))
        low, high = finite_range(values)
        shades = axes.pcolormesh(
            x, y, np.ma.masked_invalid(values), cmap="cividis", vmin=low, vmax=high, shading="nearest", rasterized=True
        )
        whole = np.arange(np.floor(low) + 0.5, min(high, 30.0))
        if 1 <= whole.size <= 30 and min(values.shape) >= 2:
            axes.contour(
                x, y, np.ma.masked_invalid(values), levels=whole, colors="white", linewidths=0.4, linestyles="solid"
            )
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        figure.colorbar(shades, cax=bar).set_label(label)
    return figure
