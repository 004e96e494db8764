"""The report on a table of published values: each beside the fundamental unit that it is a multiple of."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gzero.analysis import Analysis
from gzero.fitters.exhibits import Listing
from gzero.report.document import Box, Cell, Facts, FigureBlock, Section, TableBlock
from gzero.report.exhibits import listing_table
from gzero.report.figures import shortened, to_svg
from gzero.report.forest import comparison_figure, forest_plot
from gzero.report.rounding import show_value
from gzero.report.symbols import symbol_text
from gzero.report.wording import number, text, typeset

#: The experiment whose records this is.
PUBLISHED = "published"
#: Standard uncertainties within which a value agrees with its unit.
_NEAR = 2.0


def world_sections(analyses: Sequence[Analysis]) -> tuple[Section, ...]:
    """What was published, unit by unit: counts, a forest plot, and a table of each unit with its references."""
    groups = _groups(analyses)
    tables = tuple(_table(symbol, members) for symbol, members in groups.items())
    return (
        Section(title="Result", blocks=(_facts(analyses, groups), _box(analyses, groups))),
        Section(title="The world beside the units", blocks=(_forest(groups),)),
        Section(title="Unit by unit", blocks=tables),
    )


def _groups(analyses: Sequence[Analysis]) -> dict[str, list[Analysis]]:
    """Records by the unit that they name, in the order of the file."""
    out: dict[str, list[Analysis]] = {}
    for analysis in analyses:
        out.setdefault(analysis.comparisons[0].name, []).append(analysis)
    return out


def _facts(analyses: Sequence[Analysis], groups: dict[str, list[Analysis]]) -> Facts:
    pairs: list[tuple[str, Cell]] = [
        ("File", text(analyses[0].origin.path)),
        ("Published values", number(len(analyses))),
        ("Units", text(", ".join(symbol_text(symbol) for symbol in groups))),
    ]
    pairs += [
        (f"Left out: {d.rule}", text(f"{d.rows} rows: {d.reason}"))
        for d in analyses[0].origin.dropped
        if d.rule in ("not verified", "no value", "no quantum")
    ]
    return Facts(pairs=tuple(pairs))


def _box(analyses: Sequence[Analysis], groups: dict[str, list[Analysis]]) -> Box:
    """How many values agree with their unit, of those that state how sure they are."""
    known = [c for c in (a.comparisons[0] for a in analyses) if c.ratio_std > 0]
    near = [c for c in known if abs(c.ratio - 1) <= _NEAR * c.ratio_std]
    far = [a for a in analyses if a.comparisons[0] in known and a.comparisons[0] not in near]
    lines = [
        f"{len(near)} of the {len(known)} values with a stated uncertainty lie within {_NEAR:g} standard uncertainties of their unit.",
        f"{len(analyses) - len(known)} values come without an uncertainty in what was seen of their source: they show a size and decide nothing.",
    ]
    if far:
        shown = "; ".join(
            f"{typeset(a.trace)}: {show_value(a.comparisons[0].ratio, a.comparisons[0].ratio_std)} {symbol_text(a.comparisons[0].name)}"
            for a in far
        )
        lines.append(f"Not the unit: {shown}.")
    return Box(
        headline=f"{len(analyses)} published values beside {len(groups)} units", tone="neutral", lines=tuple(lines)
    )


def _forest(groups: dict[str, list[Analysis]]) -> FigureBlock:
    names: list[str] = []
    ratios: list[float] = []
    stds: list[float] = []
    headings = set()
    for symbol, members in groups.items():
        headings.add(len(names))
        names, ratios, stds = [*names, f"In units of {symbol_text(symbol)}"], [*ratios, math.nan], [*stds, 0.0]
        for a in members:
            system, _, quantity = typeset(a.trace).partition(": ")
            names.append(shortened(f"{shortened(system, 30)}: {quantity}", 48))
            ratios.append(a.comparisons[0].ratio)
            stds.append(a.comparisons[0].ratio_std)
    figure = comparison_figure(
        names=names, ratios=ratios, stds=stds, axis_label="published value over its unit", headings=frozenset(headings)
    )
    rows = "; ".join(
        f"{typeset(a.trace)}: {show_value(a.comparisons[0].ratio, a.comparisons[0].ratio_std)}"
        for m in groups.values()
        for a in m
    )
    return FigureBlock(
        svg=to_svg(figure),
        caption="Published values over the fundamental unit that each names, per mode or level where it counts several; bars: "
        "standard uncertainty as published (none where the source states none); dashed line: the unit.",
        alt=f"Published values over their units. {rows}.",
        name="world",
        plot=forest_plot(names, ratios, stds, "published value over its unit"),
    )


def _table(symbol: str, members: Sequence[Analysis]) -> TableBlock:
    """The records of one unit in one table."""
    own = [a.listings[0] for a in members]
    notes = tuple(dict.fromkeys(note for listing in own for note in listing.notes))
    merged = Listing(
        name=f"unit-{symbol}", caption=f"In units of {symbol_text(symbol)}", heads=own[0].heads,
        rows=tuple(row for listing in own for row in listing.rows), notes=notes,
    )  # fmt: skip
    return listing_table(merged)
