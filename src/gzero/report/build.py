"""From analyses to one `Document`: a full report on one, a summary of many. No physics is computed here."""

from __future__ import annotations

from collections.abc import Sequence

from gzero.analysis import SCHEMA, SCHEMA_MANY, Analysis
from gzero.audit.item import AuditItem
from gzero.errors import OutputError
from gzero.report.audit_notes import notes_section
from gzero.report.blindness import blind_banner, stated_choices
from gzero.report.blocks import (
    comparison_table,
    estimates_table,
    exclusions_table,
    facts,
    fit_blocks,
    ledger_table,
    plateau_table,
    verdict_box,
    verdict_table,
    warning_notes,
)
from gzero.report.certainty import budget_block, budget_table, correlation_table
from gzero.report.document import Block, Cell, Document, Facts, FigureBlock, Notes, Paragraph, Section
from gzero.report.exhibits import own_blocks
from gzero.report.figures import shortened
from gzero.report.multiverse import multiverse_blocks
from gzero.report.pictures import comparison_block, record_name, staircase_block
from gzero.report.references import references
from gzero.report.summary import summary_sections
from gzero.report.wording import THEORY, method, text, these, typeset

#: Up to so many analyses, a summary is followed by each of them in full.
FULL_AFTER_SUMMARY = 6

#: Estimates and plateaus that stand on one page together with the figure.
_ROWS_OF_A_PAGE = 9

#: Estimates that leave room for a figure with pulls below them.
_ESTIMATES_ABOVE_FIGURE = 4

#: What `gzero simulate` says of its own data; other statements stand as their file has them.
OWN_WORDS = ("synthetic", "truth")

SYNTHETIC_BANNER = "SYNTHETIC DATA"


def build_document(analyses: Sequence[Analysis], *, each: bool = False, audit: Sequence[AuditItem] = ()) -> Document:
    """The report on one analysis, or on many of one kind.

    Parameters
    ----------
    analyses : at least one; of several, each is one trace or one record.
    each : of several, whether each gets a page of its own, however many they are.
    audit : of the source paper, worked out there and then; without it the shipped results are told.

    Raises
    ------
    OutputError : there is nothing to report.
    """
    if not analyses:
        raise OutputError("there is no analysis to report", remedy="give at least one")
    first = analyses[0]
    if len(analyses) == 1:
        title, subtitle = first.title or first.experiment, f"Analysis of {shortened(first.origin.path, 90)}"
        sections = _full(first, audit)
    else:
        titles = list(dict.fromkeys(a.title or a.experiment for a in analyses))
        title = titles[0] if len(titles) == 1 else "Several experiments"
        subtitle = f"Summary of {len(analyses)} {these(analyses)}"
        sections = summary_sections(analyses)
        if each:
            sections += tuple(_page(a, i) for i, a in enumerate(analyses))
        elif len(analyses) <= FULL_AFTER_SUMMARY:
            sections += tuple(_one_of_many(a, i) for i, a in enumerate(analyses))
        sections += _common(analyses, audit)
    return Document(
        title=title, subtitle=subtitle, sections=sections, banner=banner_of(analyses), footer=_footer(analyses)
    )


def banner_of(analyses: Sequence[Analysis]) -> str:
    """What must stand on every page: that data were made, not measured, or are blind; "" otherwise."""
    synthetic = sum("synthetic" in a.provenance for a in analyses)
    share = f" ({synthetic} of {len(analyses)} {these(analyses)})" if synthetic < len(analyses) else ""
    return " · ".join(part for part in (SYNTHETIC_BANNER + share if synthetic else "", blind_banner(analyses)) if part)


def _footer(analyses: Sequence[Analysis]) -> str:
    hashes = list(dict.fromkeys(a.origin.sha256 for a in analyses))
    more = f" and {len(hashes) - 1} more" if len(hashes) > 1 else ""
    return f"gzero {analyses[0].version} · data sha256 {hashes[0][:12]}{more}"


def kept(*blocks: Block | None) -> tuple[Block, ...]:
    """Those that there are."""
    return tuple(block for block in blocks if block is not None)


def _full(analysis: Analysis, audit: Sequence[AuditItem]) -> tuple[Section, ...]:
    """All sections of the report on one analysis."""
    sections = [
        Section(title="Result", blocks=(facts(analysis), verdict_box(analysis), *kept(estimates_table(analysis)))),
        Section(title="Data and levels" if analysis.levels else "Data", blocks=_data(analysis)),
        Section(
            title="Comparison with fundamental units",
            blocks=kept(comparison_table(analysis), comparison_block(analysis)),
        ),
        Section(title="Fit", blocks=fit_blocks(analysis)),
        Section(title="How sure", blocks=kept(*_how_sure(analysis))),
        Section(title="Over other choices (multiverse)", blocks=multiverse_blocks(analysis.multiverse)),
    ]
    return (*(s for s in sections if s.blocks), *_common([analysis], audit))


def _data(analysis: Analysis) -> tuple[Block, ...]:
    """Pictures first, then what stands in tables."""
    own = own_blocks(analysis)
    drawn = tuple(block for block in own if isinstance(block, FigureBlock))
    tall = any(p.pulls is not None for p in analysis.pictures[:1]) and len(analysis.estimates) > _ESTIMATES_ABOVE_FIGURE
    first = () if tall else drawn[:1]  # where it would go to the next page, the table fills this one
    rest = [block for block in own if block not in first]
    return kept(staircase_block(analysis), *first, plateau_table(analysis), *rest)


def _how_sure(analysis: Analysis) -> tuple[Block | None, ...]:
    return (
        verdict_table(analysis), budget_block(analysis), budget_table(analysis), correlation_table(analysis)
    )  # fmt: skip


def _one_of_many(analysis: Analysis, position: int) -> Section:
    """One analysis in full, as one section after a summary."""
    return Section(
        title=shortened(record_name(analysis, position), 70),
        blocks=kept(
            facts(analysis),
            verdict_box(analysis),
            estimates_table(analysis),
            staircase_block(analysis),
            plateau_table(analysis),
            *own_blocks(analysis),
            comparison_table(analysis),
            *fit_blocks(analysis),
            budget_block(analysis),
            budget_table(analysis),
        ),
    )


def _page(analysis: Analysis, position: int) -> Section:
    """One analysis on a page: what it is, the answer, its figure, its numbers."""
    pictures = [block for block in own_blocks(analysis) if isinstance(block, FigureBlock)]
    return Section(
        title=shortened(record_name(analysis, position), 70),
        blocks=kept(
            facts(analysis),
            verdict_box(analysis),
            staircase_block(analysis) or next(iter(pictures), None),
            estimates_table(analysis),
            plateau_table(analysis) if len(analysis.levels) + len(analysis.estimates) <= _ROWS_OF_A_PAGE else None,
        ),
        own_page=True,
    )


def _common(analyses: Sequence[Analysis], audit: Sequence[AuditItem]) -> tuple[Section, ...]:
    """What is told once, however many traces there are."""
    ledger = kept(ledger_table(analyses), exclusions_table(analyses))
    sections = [
        Section(title="Warnings", blocks=(warning_notes(analyses),)),
        Section(title="Choices and exclusions", blocks=ledger or (Paragraph(text="None were recorded."),)),
        Section(title="Method in brief", blocks=(Notes(items=method(analyses[0])),)),
        notes_section(analyses, audit),
        Section(title="Provenance", blocks=(_provenance(analyses),)),
        Section(title="References", blocks=(references(analyses),)),
    ]
    return tuple(sections)


def _seed(analysis: Analysis) -> int | None:
    """That of the analysis, else that of the simulation behind its verdict."""
    if analysis.seed is None and analysis.verdict is not None:
        return analysis.verdict.seed
    return analysis.seed


def _provenance(analyses: Sequence[Analysis]) -> Facts:
    """Where data, numbers and theory come from; the same statement of many traces stands once."""
    pairs: list[tuple[str, Cell]] = []
    origins = {(a.origin.path, a.origin.sha256): a.origin for a in analyses}
    for origin in list(origins.values())[:20]:
        pairs += [("File", text(origin.path)), ("SHA-256", text(origin.sha256))]
        options = ", ".join(f"{k}: {v}" for k, v in origin.options.items())
        pairs.append(("Loader", text(f"{origin.loader} ({options})" if options else origin.loader)))
    if len(origins) > 20:
        pairs.append(("More files", text(f"{len(origins) - 20}, each with its hash in the JSON record")))
    known = {sha256 for _, sha256 in origins}  # a sidecar that states the hash of its file says nothing new
    statements = dict.fromkeys((k, v) for a in analyses for k, v in a.provenance.items() if v not in known)
    pairs += [(k.capitalize(), text(typeset(v) if k in OWN_WORDS else v)) for k, v in list(statements)[:40]]
    for name, b in {(b.record, b): b for b in (a.blind for a in analyses) if b is not None and b.record}:
        pairs.append(("Blind record", text(f"{name}, {b.entries} entries, the last one {b.head}")))
        if b.frozen:
            pairs.append(("Frozen choices", text(f"{b.frozen}, with gzero {b.version}: {stated_choices(b)}")))
    first = analyses[0]
    versions = ", ".join(f"{k} {v}" for k, v in first.versions.items())
    seeds = list(dict.fromkeys("none used" if (seed := _seed(a)) is None else str(seed) for a in analyses))
    shown = ", ".join(seeds) if len(seeds) <= 5 else f"{seeds[0]} to {seeds[-1]}, {len(seeds)} values"
    pairs += [
        ("Versions", text(f"gzero {first.version}; {versions}")),
        ("Constants", text(first.constants)),
        ("Seed", text(shown)),
        ("Record", text(SCHEMA if len(analyses) == 1 else SCHEMA_MANY)),
        *([] if any("2604.19828" in v for _, v in statements) else [("Theory", text(THEORY))]),
    ]
    return Facts(pairs=tuple(pairs))
