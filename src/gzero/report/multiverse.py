"""The multiverse of a verdict as blocks of a report: shares, the specification curve, a table of the choices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gzero.report.document import Block, Cell, Facts, FigureBlock, TableBlock
from gzero.report.figures import to_svg
from gzero.report.plot import Ink, Panel, Plot, PlotSeries
from gzero.report.rounding import NOTHING, show_interval, show_number, show_percent
from gzero.report.specification import specification_figure
from gzero.report.symbols import symbol_text
from gzero.report.wording import number, percent, sentence, text, typeset

if TYPE_CHECKING:
    from gzero.universes import Multiverse


def multiverse_facts(found: Multiverse) -> Facts:
    """How the verdict fares over the choices, in a few lines."""
    from gzero.universes import DECISIONS, NO_RESULT

    said = [f"{d} {_share(found.share(d))}" for d in DECISIONS]
    if found.decisions[NO_RESULT]:
        said.append(f"{NO_RESULT} {_share(found.share(NO_RESULT))}")
    of = (
        "all combinations"
        if found.complete
        else f"a balanced sample of {found.combinations} combinations, seed {found.seed}"
    )
    pairs = [("Analyses", f"{len(found.universes)}, {of}"), ("Decisions", ", ".join(said))]
    if (spread := found.spread) is not None:
        inner = show_interval(spread["low"], spread["high"])
        outer = show_interval(spread["least"], spread["most"])
        unit = symbol_text(found.quantum)
        pairs.append(
            ("Step height", f"median {show_number(spread['median'], digits=5)} {unit}; two thirds {inner}, all {outer}")
        )
    if found.declared.ratio is not None and found.position is not None:
        own = show_number(found.declared.ratio, digits=5)
        pairs.append(
            ("As asked", f"{own}, {found.declared.decision}; {_share(found.position)} of the analyses lie below")
        )
    if found.moves:
        name, size = next(iter(found.moves.items()))
        pairs.append(("Moved most by", f"{name}: its medians differ by {show_percent(size, digits=2)} of the quantum"))
    pairs.append(("One other choice", _changed(found)))
    return Facts(pairs=tuple((name, text(line)) for name, line in pairs))


def _share(fraction: float) -> str:
    """A share of the analyses; never 100 % where one is missing."""
    if 0 < fraction < 0.01 or 0.99 < fraction < 1:
        return show_percent(fraction, digits=3)
    return f"{100 * fraction:.0f} %"


def _changed(found: Multiverse) -> str:
    if not found.flips:
        return "never changes the decision"
    changes = "; ".join(f"{t.dimension}: {typeset(t.option)} ({t.alone})" for t in found.flips)
    return f"changes the decision: {changes}"


def multiverse_table(found: Multiverse) -> TableBlock:
    """Every option with the decisions under it."""
    from gzero.universes import DECISIONS, NO_RESULT

    failed = bool(found.decisions[NO_RESULT])
    shown = (*DECISIONS, NO_RESULT) if failed else DECISIONS
    rows: list[tuple[Cell, ...]] = []
    before = ""
    for t in found.tallies:
        row = [
            text(t.dimension) if t.dimension != before else Cell(text=""),
            text(typeset(t.option)),
            number(t.choices),
        ]
        row += [percent(t.share(d)) if t.choices else Cell(text=NOTHING, kind="number") for d in shown]
        if t.median is None:
            row.append(Cell(text=NOTHING, kind="number"))
        else:
            row.append(Cell(text=f"{t.median:.4f}", kind="number", value=t.median))
        row.append(text(t.alone or NOTHING))
        rows.append(tuple(row))
        before = t.dimension
    reasons = dict.fromkeys(u.failure for u in found.universes if u.failure)
    return TableBlock(
        caption=f"Choices, the first of each as asked; median of the step height in {symbol_text(found.quantum)}",
        heads=("Choice", "Option", "Analyses", *(d.capitalize() for d in shown), "Median", "Alone"),
        rows=tuple(rows),
        notes=("Alone: the decision when nothing else is changed.", *(f"No result: {sentence(r)}" for r in reasons)),
        name="multiverse",
    )


def multiverse_figure(found: Multiverse) -> FigureBlock | None:
    """The specification curve; None where no analysis has a step height."""
    from gzero.universes import DECISIONS

    curve = found.curve
    if found.spread is None:
        return None

    def column(values: list[float | None]) -> np.ndarray:
        return np.array([math.nan if v is None else v for v in values])

    ends = [u.interval or (None, None) for u in curve]
    figure = specification_figure(
        deviations=column([u.ratio for u in curve]) - 1,
        low=column([low for low, _ in ends]),
        high=column([high for _, high in ends]),
        decisions=[u.decision for u in curve],
        declared=curve.index(found.declared),
        margin=found.margin,
        dimensions=[(d.name, [typeset(o) for o in d.options]) for d in found.dimensions],
        chosen=np.array([u.options for u in curve]),
        y_label="h/q − 1 [%]",
    )
    unit, band = symbol_text(found.quantum), show_percent(found.margin)
    caption = (
        f"Specification curve: h/q − 1 of {len(curve)} analyses by size, q = {unit}, with their "
        f"{show_percent(found.confidence)} intervals; grey band: margin ±{band}; dashed: the analysis as asked. "
        "Below: what was chosen, in the colour of the decision. Intervals that leave the panel are cut."
    )
    shares = ", ".join(f"{d} {_share(found.share(d))}" for d in DECISIONS)
    alt = f"Specification curve of {len(curve)} analyses. {shares}."
    return FigureBlock(svg=to_svg(figure), caption=caption, alt=alt, name="multiverse", plot=_plot(found))


def _plot(found: Multiverse) -> Plot:
    """The specification curve as numbers; each analysis says what was chosen in it."""
    from gzero.universes import DECISIONS

    series = []
    inks: dict[str, Ink] = {"quantized": "data", "not quantized": "model"}
    for decision in DECISIONS:
        here = [(i, u) for i, u in enumerate(found.curve, 1) if u.decision == decision and u.ratio is not None]
        if not here:
            continue
        said = []
        for _, u in here:
            chosen = "; ".join(f"{d.name}: {d.options[o]}" for d, o in zip(found.dimensions, u.options, strict=True))
            ends = "" if u.interval is None else f" ({show_interval(u.interval[0], u.interval[1], percent=True)})"
            said.append(f"{show_percent((u.ratio or math.nan) - 1)}{ends}; {typeset(chosen)}")
        series.append(
            PlotSeries(
                label=decision, kind="points", ink=inks.get(decision, "quiet"), texts=tuple(said),
                x=np.array([i for i, _ in here], float), y=np.array([100 * ((u.ratio or math.nan) - 1) for _, u in here]),
            )
        )  # fmt: skip
    label = f"{len(found.curve)} analyses, by step height"
    return Plot(panels=(Panel(x_label=label, y_label="h/q − 1 [%]", series=tuple(series)),))


def multiverse_rows(found: Multiverse) -> tuple[list[str], list[list[str | int | float | None]]]:
    """(heads, one row an analysis) for a workbook, in the order of the specification curve."""
    heads = ["place", *(d.name for d in found.dimensions), "decision", f"step in {symbol_text(found.quantum)}"]
    heads += ["interval low (step/quantum − 1)", "interval high (step/quantum − 1)", "plateaus"]
    heads += ["largest level − n [quanta]", "as asked", "no result because"]
    rows: list[list[str | int | float | None]] = []
    for place, u in enumerate(found.curve, start=1):
        chosen = [typeset(d.options[o]) for d, o in zip(found.dimensions, u.options, strict=True)]
        ends = u.interval or (None, None)
        row = [place, *chosen, u.decision, u.ratio, *ends, u.plateaus, u.worst_residual, u is found.declared]
        row.append(typeset(u.failure))
        rows.append(row)
    return heads, rows


def multiverse_blocks(found: Multiverse | None, *, figure: bool = True) -> tuple[Block, ...]:
    """All that is told of a multiverse; nothing where there is none."""
    if found is None:
        return ()
    drawn = multiverse_figure(found) if figure else None
    return (multiverse_facts(found), *((drawn,) if drawn is not None else ()), multiverse_table(found))
