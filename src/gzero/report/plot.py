"""A figure as numbers: what a reader can zoom into and ask for values, where the format allows it.

It says the same as the drawing beside it, from the same arrays, in the units of the axes. Formats that are printed do
without.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: How a series is drawn.
Kind = Literal["line", "points", "band"]
#: By role, so that a light and a dark page can colour it.
Ink = Literal["data", "model", "limit", "quiet", "mark"]

#: More points of one series are thinned: they cannot be told apart on a screen, and a file should stay small.
MOST_POINTS = 3000

#: Significant digits of the numbers: beyond what a figure or a tooltip can show.
DIGITS = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlotSeries:
    """One curve, band or set of points of a panel.

    Parameters
    ----------
    x, y : shape (n,), in the units of the panel's axes; NaN breaks a line.
    std : standard uncertainties of y, or of x where `across`, shape (n,).
    low, high : of a band, shape (n,); y is not drawn then.
    texts : what a tooltip says of each point instead of its numbers.
    """

    label: str
    kind: Kind
    x: Array
    y: Array
    ink: Ink = "data"
    std: Array | None = None
    low: Array | None = None
    high: Array | None = None
    across: bool = False
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """Axes with their series.

    Parameters
    ----------
    whole_x, whole_y : whether the axis counts: there is nothing between whole numbers, and no tick.
    weight : share of the height.
    shared : whether the x axis is that of the panel above.
    rows : names of the lines of a forest plot, from the top; y then counts them from 0.
    """

    x_label: str
    y_label: str
    series: tuple[PlotSeries, ...]
    log_x: bool = False
    log_y: bool = False
    whole_x: bool = False
    whole_y: bool = False
    weight: float = 1.0
    shared: bool = False
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plot:
    """Panels one below the other."""

    panels: tuple[Panel, ...] = field(default=())


def is_counted(values: Array | Sequence[float]) -> bool:
    """Whether all that is known of the values are whole numbers, as those of things that are only counted."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    return bool(known.size) and bool(np.all(known == np.round(known)))


def plot_json(plot: Plot) -> str:
    """The plot as JSON in ASCII that holds no character of markup; the same text for the same numbers."""
    data = {"panels": [_panel(panel) for panel in plot.panels]}
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _panel(panel: Panel) -> dict[str, Any]:
    out: dict[str, Any] = {"x": panel.x_label, "y": panel.y_label, "weight": panel.weight}
    out |= {"logx": True} if panel.log_x else {}
    out |= {"logy": True} if panel.log_y else {}
    out |= {"wholex": True} if panel.whole_x else {}
    out |= {"wholey": True} if panel.whole_y else {}
    out |= {"shared": True} if panel.shared else {}
    out |= {"rows": list(panel.rows)} if panel.rows else {}
    return out | {"series": [_series(one) for one in panel.series]}


def _series(one: PlotSeries) -> dict[str, Any]:
    keep = _kept(one)
    out: dict[str, Any] = {"label": one.label, "kind": one.kind, "ink": one.ink, "x": _numbers(one.x, keep)}
    for name in ("y", "std", "low", "high"):
        values = getattr(one, name)
        if values is not None and not (name == "y" and one.kind == "band"):
            out[name] = _numbers(values, keep)
    out |= {"across": True} if one.across else {}
    out |= {"texts": [one.texts[i] for i in keep]} if one.texts else {}
    out |= {"of": int(one.x.size)} if keep.size < one.x.size else {}
    return out


def _kept(one: PlotSeries) -> NDArray[np.intp]:
    """The points that are told: all, or of each stretch the first, the lowest and the highest, so that no spike is lost."""
    if one.x.size <= MOST_POINTS:
        return np.arange(one.x.size)
    stretches = np.array_split(np.arange(one.x.size), MOST_POINTS // 3)
    found: list[int] = [0, one.x.size - 1]
    for stretch in stretches:
        y = one.y[stretch]
        found.append(int(stretch[0]))
        if np.isfinite(y).any():
            found += [int(stretch[np.nanargmin(y)]), int(stretch[np.nanargmax(y)])]
    return np.unique(np.array(found, dtype=np.intp))


def _numbers(values: Array, keep: Sequence[int] | NDArray[np.intp]) -> list[float | None]:
    out: list[float | None] = []
    for value in np.asarray(values, float)[keep].tolist():
        if not np.isfinite(value):
            out.append(None)
        else:
            short = float(f"{value:.{DIGITS}g}")
            out.append(int(short) if short.is_integer() and abs(short) < 1e15 else short)
    return out
