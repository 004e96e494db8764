"""The short documents of the command line: what `fit`, `validate` and `inspect` print. No figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gzero.analysis import Analysis
from gzero.report.blindness import blind_lines
from gzero.report.blocks import (
    NO_WARNING,
    comparison_table,
    estimates_table,
    plateau_table,
    verdict_box,
    warning_notes,
)
from gzero.report.build import banner_of, kept
from gzero.report.document import Block, Document, Facts, Notes, Section, TableBlock
from gzero.report.exhibits import own_tables
from gzero.report.intervals import interval_table
from gzero.report.multiverse import multiverse_blocks
from gzero.report.rounding import NOTHING, show_number
from gzero.report.summary import outliers, summary_box, summary_table
from gzero.report.symbols import unit_text
from gzero.report.wording import number, text, typeset

if TYPE_CHECKING:
    from gzero.measurement.inspection import Inspection


def _title(analyses: Sequence[Analysis]) -> tuple[str, str]:
    first = analyses[0]
    trace = f", {first.trace}" if len(analyses) == 1 and first.trace else ""
    return first.title or first.experiment, f"{first.origin.path}{trace}"


def _warnings(analyses: Sequence[Analysis]) -> list[Block]:
    """The warnings, each kind once."""
    items = [item for item in warning_notes(analyses).items if item != NO_WARNING]
    shown = [f"warning: {item}" for item in items[:12]]
    if len(items) > 12:
        shown.append(f"{len(items) - 12} more kinds of warning, in the report")
    return [Notes(items=tuple(shown))] if shown else []


def _said(analyses: Sequence[Analysis]) -> str:
    """What is told of these analyses: verdicts on steps, answers to questions of their own, or values that nothing judges."""
    if any(a.verdict is not None for a in analyses):
        return "Verdict" if len(analyses) == 1 else "Verdicts"
    if any(a.answer is not None for a in analyses):
        return "Answer" if len(analyses) == 1 else "Answers"
    return "Values"


def verdict_document(analyses: Sequence[Analysis]) -> Document:
    """The verdict with its reasons and levels; of many traces, the counts, those that stand out, and a table."""
    title, subtitle = _title(analyses)
    more: tuple[Section, ...] = ()
    if len(analyses) == 1:
        blocks = kept(verdict_box(analyses[0]), plateau_table(analyses[0]), *_warnings(analyses))
        if (over := multiverse_blocks(analyses[0].multiverse, figure=False)) != ():
            more = (Section(title="Over other choices (multiverse)", blocks=over),)
    else:
        stand_out = outliers(analyses)
        named = [Notes(items=stand_out)] if stand_out else []
        blocks = kept(summary_table(analyses), summary_box(analyses), *named, *_warnings(analyses))
    return Document(
        title=title,
        subtitle=subtitle,
        sections=(Section(title=_said(analyses), blocks=blocks), *more),
        banner=banner_of(analyses),
    )


def fit_document(analyses: Sequence[Analysis]) -> Document:
    """The estimates and levels; of many traces, a table."""
    title, subtitle = _title(analyses)
    blind = [Notes(items=blind_lines(analyses))] if blind_lines(analyses) else []
    if len(analyses) == 1:
        a = analyses[0]
        answer = verdict_box(a) if a.answer is not None else None
        tables = (
            answer,
            estimates_table(a),
            plateau_table(a),
            interval_table(analyses),
            comparison_table(a),
            *own_tables(a),
        )
        blocks = kept(*tables, *blind, *_warnings(analyses))
    else:
        blocks = kept(summary_table(analyses), interval_table(analyses), *blind, *_warnings(analyses))
    return Document(
        title=title,
        subtitle=subtitle,
        sections=(Section(title="Estimates", blocks=blocks),),
        banner=banner_of(analyses),
    )


def inspection_document(seen: Inspection) -> Document:
    """What the loader sees, the role of each column and why, and how to overrule it."""
    facts = [
        ("File", text(seen.path)),
        ("Loader", text(seen.loader)),
        ("Rows", number(seen.rows)),
        ("Experiment", text(seen.experiment)),
    ]
    facts += [(key.replace("_", " ").capitalize(), text(value)) for key, value in seen.options.items()]
    for kind, names in seen.parts.items():
        if len(names) > 1:
            shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
            facts.append((f"All {kind}s", text(f"{shown}; choose with --{kind}")))
    if seen.map_traces:
        facts.append(("Traces", text(f"{seen.map_traces}; the first stands for all below")))
    if seen.derivation and seen.derivation != "as written":
        facts.append(("Conductance", text(seen.derivation)))
    rows = tuple(
        (
            number(c.number),
            text(c.name),
            text(c.unit_text or "none stated"),
            text(
                f"{show_number(c.factor)} {unit_text(c.si) or '(dimensionless)'}" if c.factor is not None else "unknown"
            ),
            text(f"{show_number(c.low, digits=4)} to {show_number(c.high, digits=4)}" if c.low <= c.high else NOTHING),
            number(c.missing),
            text(c.role.replace("_", " ")),
            text(typeset(c.reason)),
        )
        for c in seen.columns
    )
    heads = ("No.", "Column", "Unit as written", "One unit is", "Range as written", "Missing", "Read as", "Because")
    sections = [
        Section(title="File", blocks=(Facts(pairs=tuple(facts)),)),
        Section(title="Columns", blocks=(TableBlock(caption="Columns", heads=heads, rows=rows),)),
    ]
    if seen.labels:
        sections.append(
            Section(
                title="Columns of text",
                blocks=(
                    Notes(
                        items=tuple(
                            f"{name}: {', '.join(values[:4])}{', ...' if len(values) > 4 else ''}"
                            for name, values in seen.labels.items()
                        )
                    ),
                ),
            )
        )
    if seen.metadata:
        sections.append(
            Section(
                title="Metadata (offered, used only when declared)",
                blocks=(Facts(pairs=tuple((k, text(v)) for k, v in list(seen.metadata.items())[:30])),),
            )
        )
    if seen.offered:
        offered = tuple(
            f"offered: {o.name.replace('_', ' ')} = {o.text} (metadata '{o.key}'), used only when declared: {o.how}"
            + (f" ({o.problem})" if o.problem else "")
            for o in seen.offered[:20]
        )
        sections.append(Section(title="Conditions that the metadata offer", blocks=(Notes(items=offered),)))
    if seen.dropped:
        sections.append(Section(title="Left out", blocks=(Notes(items=seen.dropped),)))
    advice = [
        "Overrule with --x, --y, --std (column name or number), --x-unit, --y-unit, --sheet, --group, --run, --delimiter, --decimal, --header-row; or write them as keys in a TOML file of the same name beside the data.",
        "Say what lies between the sample and a column with --chain, and which readings to leave out, and why, with --mask.",
    ]
    if seen.blind:
        advice.insert(0, "The data are blind: only the range of the abscissa is shown.")
    if seen.problem:
        advice.insert(0, f"As it stands the file cannot be analysed: {seen.problem}")
    sections.append(Section(title="What next", blocks=(Notes(items=tuple(advice)),)))
    return Document(title="What the file says", subtitle=seen.path, sections=tuple(sections))
