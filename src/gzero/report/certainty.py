"""How sure the numbers are: the budget of the main estimate, drawn and in a table, and what hangs together with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gzero.analysis import Analysis
from gzero.report.blindness import is_blind
from gzero.report.document import Cell, FigureBlock, TableBlock
from gzero.report.figures import BLUE, ORANGE, new_figure, shortened, style, to_svg
from gzero.report.plot import Panel, Plot, PlotSeries
from gzero.report.rounding import NOTHING, show_percent, show_std
from gzero.report.wording import called, percent, text, typeset, uncertainty

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Rows and columns of a matrix that a page can hold; the workbook and the JSON hold all.
MOST_CORRELATED = 10

#: Sources drawn one by one.
_MOST_SOURCES = 14


def budget_table(analysis: Analysis) -> TableBlock | None:
    """What the uncertainty of the main estimate is made of."""
    if not analysis.budget or not analysis.estimates:
        return None
    name, main = next(iter(analysis.estimates.items()))
    rows = tuple(
        (
            text(typeset(b.source)),
            text(b.kind),
            text(typeset(b.value)),
            uncertainty(b.std, main),
            percent(b.share),
        )
        for b in analysis.budget
    )
    return TableBlock(
        caption=f"Uncertainty budget of the {called(name)[0].lower()}{called(name)[1:]}",
        heads=("Source", "Kind", "Value", "Contribution", "Share of the variance"),
        rows=rows,
        name="budget",
    )


def budget_block(analysis: Analysis) -> FigureBlock | None:
    """The budget as bars, the largest first; None with fewer than two sources that contribute."""
    lines = sorted((b for b in analysis.budget if b.std > 0), key=lambda b: -b.std)
    if len(lines) < 2 or not analysis.estimates:
        return None
    name, main = next(iter(analysis.estimates.items()))
    what = f"{called(name)[0].lower()}{called(name)[1:]}"
    kept = lines[:_MOST_SOURCES]
    stds = np.array([b.std for b in kept]) / main.std
    labels = [typeset(b.source) for b in kept]
    systematic = [b.kind != "statistical" for b in kept]
    shown = [show_std(b.std, main.unit, size=abs(main.value)) for b in kept]
    figure = budget_figure(names=labels, shares=stds, systematic=systematic, shown=shown)
    rows = np.arange(len(kept), dtype=float)
    points = PlotSeries(
        label="contribution / total", kind="points", x=stds, y=rows,
        texts=tuple(f"{b.source} ({b.kind}): {s}, {show_percent(b.share)} of the variance" for b, s in zip(kept, shown, strict=True)),
    )  # fmt: skip
    axis = f"contribution to the standard uncertainty of the {what}, over the whole of it"
    panel = Panel(x_label=axis, y_label="", series=(points,), rows=tuple(shortened(n, 46) for n in labels))
    more = f" The largest {len(kept)} of {len(lines)} are drawn." if len(lines) > len(kept) else ""
    told = "; ".join(f"{b.source}: {s}" for b, s in zip(kept, shown, strict=True))
    return FigureBlock(
        svg=to_svg(figure),
        caption=f"Contributions to the standard uncertainty of the {what}, over the whole of it; they add in squares. "
        f"Filled: statistical; hatched: systematic.{more}",
        alt=f"Contributions to the standard uncertainty of the {what}. {told}.",
        name="budget",
        plot=Plot(panels=(panel,)),
    )


def budget_figure(*, names: list[str], shares: np.ndarray, systematic: list[bool], shown: list[str]) -> Figure:
    """Bars, one a source.

    Parameters
    ----------
    names, shares, systematic, shown : of equal length; a share is the contribution over the whole [1].
    """
    with style():
        rows = len(names)
        height = 0.55 + 0.24 * rows
        figure = new_figure(height)
        labels = [shortened(name, 48) for name in names]
        left = min(0.47, 0.06 + 0.0074 * max(len(label) for label in labels))
        axes = figure.add_axes((left, 0.45 / height, 0.86 - left, 1 - 0.5 / height))
        places = np.arange(rows)[::-1]
        for place, share, common in zip(places, shares, systematic, strict=True):
            axes.barh(
                place, share, height=0.62, color="white" if common else BLUE, edgecolor=ORANGE if common else BLUE,
                hatch="////" if common else None, lw=0.8,
            )  # fmt: skip
        axes.set_xlim(0, max(1.0, float(np.max(shares))) * 1.02)
        axes.set_ylim(-0.6, rows - 0.4)
        axes.set_yticks(places, labels)
        axes.tick_params(axis="y", length=0)
        for place, said in zip(places, shown, strict=True):
            axes.annotate(
                said,
                (1.02, place),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8.5,
                annotation_clip=False,
            )
        axes.set_xlabel("contribution / total standard uncertainty")
    return figure


def correlation_table(analysis: Analysis) -> TableBlock | None:
    """How the errors of the estimates and levels hang together; None where that was not worked out, and while blind.

    What a known resistance makes of the correlations hangs on the true conductance.
    """
    joint = analysis.joint
    if joint is None or len(joint.names) < 2 or is_blind(analysis):
        return None
    matrix = correlations(joint.covariance())
    names = joint.names[:MOST_CORRELATED]
    rows = []
    for i, name in enumerate(names):
        cells = [
            Cell(text=NOTHING, kind="number")
            if not np.isfinite(matrix[i, j])
            else Cell(
                text=f"{round(matrix[i, j], 2) + 0.0:.2f}".replace("-", "−"), kind="number", value=float(matrix[i, j])
            )
            for j in range(i + 1)
        ]
        cells += [Cell(text="", kind="number")] * (len(names) - len(cells))
        rows.append((text(called(name)), *cells))
    more = len(joint.names) - len(names)
    notes = (f"{more} more are in the workbook and in the JSON record.",) if more else ()
    return TableBlock(
        caption="Correlation of the errors, statistical and systematic together",
        heads=("", *(called(name) for name in names)),
        rows=tuple(rows),
        notes=notes,
        name="correlations",
    )


def correlations(covariance: np.ndarray) -> np.ndarray:
    """Correlation matrix [1] of a covariance matrix; NaN for what has no uncertainty."""
    std = np.sqrt(np.diagonal(covariance))
    with np.errstate(divide="ignore", invalid="ignore"):
        matrix = covariance / np.outer(std, std)
    sound = std > 0
    matrix[sound, sound] = 1.0
    return np.asarray(np.where(np.outer(sound, sound), np.clip(matrix, -1.0, 1.0), np.nan))
