"""The summary of many analyses: counts of verdicts, one figure, one table of all traces, those that stand out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gzero.analysis import Analysis
from gzero.report.blindness import blind_banner, blind_lines
from gzero.report.blocks import NO_STAIRCASE, cover_quantum
from gzero.report.document import Block, Box, Cell, Facts, Notes, Section, TableBlock, Tone
from gzero.report.map_image import map_block
from gzero.report.pictures import coordinates, overview_block, record_name, records_block
from gzero.report.rounding import NOTHING, show_number, show_percent, show_value
from gzero.report.settings import setting
from gzero.report.symbols import symbol_text
from gzero.report.trend import far_values, trend_blocks
from gzero.report.wording import (
    alike,
    called,
    interval_line,
    names_in_a_row,
    number,
    quantity,
    ratio,
    scale_of,
    sentence,
    text,
    these,
    typeset,
)
from gzero.report.world import PUBLISHED, world_sections

#: Levels shown of each trace, and traces named one by one.
_LEVELS, _NAMED = 4, 30


def summary_sections(analyses: Sequence[Analysis]) -> tuple[Section, ...]:
    """What all traces say together."""
    if all(a.experiment == PUBLISHED for a in analyses):
        return world_sections(analyses)
    blocks: list[Block] = [_facts(analyses), summary_box(analyses)]
    figure = overview_block(analyses) or records_block(analyses)
    sections = [Section(title="Result", blocks=tuple(blocks))]
    drawn = tuple(b for b in (figure, map_block(analyses), *trend_blocks(analyses)) if b is not None)
    if drawn:
        sections.append(Section(title="Overview", blocks=drawn))
    standing_out = (*outliers(analyses), *far_values(analyses, named=_unusual(analyses)))
    if standing_out:
        title = f"{these(analyses).capitalize()} that stand out"
        sections.append(Section(title=title, blocks=(Notes(items=standing_out),)))
    sections.append(Section(title=f"All {these(analyses)}", blocks=(summary_table(analyses),)))
    return tuple(sections)


def _decision(analysis: Analysis) -> str:
    return "no verdict" if analysis.verdict is None else analysis.verdict.decision


def _facts(analyses: Sequence[Analysis]) -> Facts:
    paths = list(dict.fromkeys(a.origin.path for a in analyses))
    shown = ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
    lines = list(dict.fromkeys(cover_quantum(a) for a in analyses))
    quanta = lines[0] if len(lines) == 1 else "; ".join(lines[:3]) + ("; ..." if len(lines) > 3 else "")
    experiments = ", ".join(dict.fromkeys(a.experiment for a in analyses))
    pairs: list[tuple[str, Cell]] = [
        ("File" if len(paths) == 1 else "Files", text(shown)),
        ("Experiment", text(experiments)),
        (these(analyses).capitalize(), number(len(analyses))),
        ("Quantum", text(quanta)),
        ("Points", text(f"{sum(a.rows_used for a in analyses)} used in all")),
    ]
    if setting(analyses) is not None:
        places, label = coordinates(analyses)
        called_so = "Coordinate" if all(a.coordinate is not None for a in analyses) else "Along"
        pairs.insert(3, (called_so, text(f"{label}, {show_number(min(places))} to {show_number(max(places))}")))
    return Facts(pairs=tuple(pairs))


def summary_box(analyses: Sequence[Analysis]) -> Box:
    """How many of each decision; good or bad only when all agree."""
    if all(a.answer is not None for a in analyses):
        counted = Counter(a.answer.outcome for a in analyses if a.answer is not None)
        told = ", ".join(f"{outcome}: {n} of {len(analyses)}" for outcome, n in counted.most_common())
        questions = dict.fromkeys(a.answer.question for a in analyses if a.answer is not None)
        return Box(headline=f"{told[0].upper()}{told[1:]}", tone="neutral", lines=tuple(questions))
    counts = Counter(_decision(a) for a in analyses)
    tones: dict[str, Tone] = {"quantized": "good", "not quantized": "bad", "undecided": "open"}
    total = len(analyses)
    symbols = {symbol_text(a.quantum.symbol) for a in analyses if a.quantum is not None}
    unit = f" in units of {next(iter(symbols))}" if len(symbols) == 1 else ""
    ordered = [(d, counts[d]) for d in ("quantized", "not quantized", "undecided", "no verdict") if counts[d]]
    if counts["no verdict"] == total:
        return Box(headline=f"{total} {these(analyses)}{unit}", tone="neutral", lines=(*_span(analyses), NO_STAIRCASE))
    if len(ordered) == 1:
        decision = ordered[0][0]
        tone = tones.get(decision, "neutral")
        headline = f"{decision.upper()}: all {total} {these(analyses)}" + (unit if decision != "undecided" else "")
    else:
        tone = "open"
        leading = max(ordered, key=lambda pair: pair[1])
        headline = f"{leading[0].upper()}: {leading[1]} of {total} {these(analyses)}" + (
            unit if leading[0] != "undecided" else ""
        )
    lines = [f"{decision.capitalize()}: {n} of {total} ({show_percent(n / total)})." for decision, n in ordered]
    verdict = next((a.verdict for a in analyses if a.verdict is not None), None)
    if verdict is not None:
        margins = f"Margin ±{show_percent(verdict.margin)} for value/quantum − 1"
        if any(a.levels for a in analyses):
            margins += f", ±{verdict.level_margin:g} quanta for each level minus its multiple"
        lines.append(f"{margins}; intervals of {show_percent(verdict.confidence)} confidence, one by one.")
    if banner := blind_banner(analyses):
        headline, lines = f"BLIND: {headline}", [*lines, sentence(banner)]
    return Box(headline=headline, tone=tone, lines=(*lines, *blind_lines(analyses)))


def _span(analyses: Sequence[Analysis]) -> tuple[str, ...]:
    """From which to which multiple of the quantum the main estimates go."""
    mains = [next(iter(a.estimates.values()), None) for a in analyses]
    scaled = [
        (m.value / s, m.std / s) for a, m in zip(analyses, mains, strict=True) if m and (s := scale_of(a, m.unit))
    ]
    if not scaled:
        return ()
    low, high = min(scaled), max(scaled)
    return (f"From {show_value(*low)} to {show_value(*high)} of the unit.",)


def summary_table(analyses: Sequence[Analysis]) -> TableBlock:
    """One row an analysis: its main estimate, its first levels or further estimates, its verdict."""
    if all(a.answer is not None for a in analyses):
        return _answer_table(analyses)
    levels = any(a.levels for a in analyses)
    return _level_table(analyses) if levels else _record_table(analyses)


def _answer_table(analyses: Sequence[Analysis]) -> TableBlock:
    """The answers of records that were asked something of their own."""
    rows = tuple(
        (text(record_name(a, i)), text(a.answer.outcome), text(typeset(a.answer.headline)))
        for i, a in enumerate(analyses)
        if a.answer is not None
    )
    return TableBlock(caption="All records", heads=("Record", "Answer", "In words"), rows=rows, name="traces")


def _level_table(analyses: Sequence[Analysis]) -> TableBlock:
    places, place_label = coordinates(analyses)
    symbols = {symbol_text(a.quantum.symbol) for a in analyses if a.quantum is not None}
    unit = next(iter(symbols)) if len(symbols) == 1 else "the quantum"
    deepest = min(_LEVELS, max((level.index for a in analyses for level in a.levels), default=0))
    named, shared = _short_names([record_name(a, i) for i, a in enumerate(analyses)])
    rows = []
    for i, a in enumerate(analyses):
        main = next(iter(a.estimates.values()), None)
        row = [text(named[i]), number(places[i], digits=5)]
        row.append(Cell(text=NOTHING, kind="number") if main is None else ratio(a, main))
        for n in range(1, deepest + 1):
            level = next((lv for lv in a.levels if lv.index == n), None)
            row.append(Cell(text=NOTHING, kind="number") if level is None else ratio(a, level.level))
        rows.append((*row, text(_decision(a))))
    more = any(level.index > deepest for a in analyses for level in a.levels)
    heads = ("Trace", place_label, "Step height", *(f"n = {n}" for n in range(1, deepest + 1)), "Verdict")
    return TableBlock(
        caption=f"All traces; step height and levels in units of {unit}",
        heads=heads,
        rows=tuple(rows),
        name="traces",
        notes=(
            *((f"Traces are named without the “{shared}” that all names begin with.",) if shared else ()),
            *((f"Only the first {deepest} levels are listed; the JSON record holds all.",) if more else ()),
        ),
    )


def _short_names(names: Sequence[str]) -> tuple[list[str], str]:
    """(names without their common beginning, that beginning); it stays where it is short."""
    first, last = min(names), max(names)  # what these two share, all share
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    whole = (
        max(first[:length].rfind(sign) for sign in " /\\_-,:[(") + 1
    )  # no name begins in the middle of a word or a number
    shared = first[:whole].rstrip("[(")
    if len(names) < 3 or len(shared) < 8 or any(len(name) == len(shared) for name in names):
        return list(names), ""
    return [name[len(shared) :] for name in names], shared


def _record_table(analyses: Sequence[Analysis]) -> TableBlock:
    """Records without levels: the main estimate, its ratio, and up to three further estimates that all share."""
    names = [n for n in analyses[0].estimates if all(n in a.estimates for a in analyses)]
    common = names[:1] + [n for n in names[1:] if not _same_everywhere(analyses, n)][:3]
    unjudged = all(a.verdict is None for a in analyses)
    called_so = these(analyses)
    if not common and not unjudged:
        return _reason_table(analyses)
    places, place_label = coordinates(analyses) if setting(analyses) is not None else ([], "")
    rows = []
    for i, a in enumerate(analyses):
        row = [text(record_name(a, i)), *([number(places[i], digits=5)] if places else [])]
        main = [quantity(a.estimates[n]) for n in common[:1]]
        scaled = ratio(a, a.estimates[common[0]]) if common else Cell(text=NOTHING, kind="number")
        row += [*main, scaled, *(quantity(a.estimates[n]) for n in common[1:])]
        rows.append(tuple(row) if unjudged else (*row, text(_decision(a))))
    heads = [called_so[:-1].capitalize(), *([place_label] if places else [])]
    heads += [*(called(n) for n in common[:1]), "In its quantum", *(called(n) for n in common[1:])]
    if not unjudged:
        heads.append("Verdict")
    return TableBlock(caption=f"All {called_so}", heads=tuple(heads), rows=tuple(rows), name="traces")


def _reason_table(analyses: Sequence[Analysis]) -> TableBlock:
    """Traces of which nothing could be estimated: what each lacks."""
    rows = tuple(
        (
            text(record_name(a, i)),
            text(_decision(a)),
            text(sentence(a.verdict.reasons[0]) if a.verdict is not None and a.verdict.reasons else ""),
        )
        for i, a in enumerate(analyses)
    )
    named = these(analyses)
    heads = (named[:-1].capitalize(), "Verdict", "Because")
    return TableBlock(caption=f"All {named}", heads=heads, rows=rows, name="traces")


def _same_everywhere(analyses: Sequence[Analysis], name: str) -> bool:
    """Whether an estimate is the same in all records, or only the ratio to the quantum over again."""
    if len({a.estimates[name].value for a in analyses}) == 1:
        return True
    for a in analyses:
        main = next(iter(a.estimates.values()))
        scale = scale_of(a, main.unit)
        if scale is None or main.value / scale != a.estimates[name].value:
            return False
    return True


def _unusual(analyses: Sequence[Analysis]) -> list[int]:
    """Places of those whose decision is not that of most."""
    usual = Counter(_decision(a) for a in analyses).most_common(1)[0][0]
    return [i for i, a in enumerate(analyses) if _decision(a) != usual]


def outliers(analyses: Sequence[Analysis]) -> tuple[str, ...]:
    """Those whose decision is not that of most, those of one decisive reason together."""
    found = [(i, analyses[i]) for i in _unusual(analyses)]
    groups: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for i, a in found:
        why = a.verdict.reasons[0] if a.verdict is not None and a.verdict.reasons else ""
        kind = (_decision(a), alike(why, a.trace))
        groups.setdefault(kind, []).append((record_name(a, i), sentence(why) or interval_line(a)))
    lines = []
    for (decision, _), members in groups.items():
        names = names_in_a_row([name for name, _ in members[:_NAMED]])
        more = f" and {len(members) - _NAMED} more" if len(members) > _NAMED else ""
        first = " (Of the first; the others alike.)" if len({why for _, why in members}) > 1 else ""
        lines.append(f"{names}{more}: {decision}. {members[0][1]}{first}".strip())
    return tuple(lines)
