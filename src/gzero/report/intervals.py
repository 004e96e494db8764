"""Intervals of fitted parameters, and the values of a joint fit, as tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gzero.analysis import Analysis, fit_record, own_unit
from gzero.fitters.interval import Interval
from gzero.fitters.result import FitResult
from gzero.fitters.together import JointFit
from gzero.measurement.curve import Curve
from gzero.report.document import Block, Cell, Document, Facts, Notes, Section, TableBlock
from gzero.report.rounding import NOTHING, format_with_unit, prefix_of, show_interval, show_number, show_percent
from gzero.report.wording import called, number, text, typeset, uncertainty

SCHEMA_TOGETHER = "gzero.together/1"


def interval_table(analyses: Sequence[Analysis]) -> TableBlock | None:
    """The intervals of the parameters of the models' fits; None where none were asked for."""
    found = [a for a in analyses if a.fit is not None and a.fit.intervals]
    if not found or found[0].fit is None:
        return None
    many = len(analyses) > 1
    rows: list[tuple[Cell, ...]] = []
    notes: list[str] = []
    for analysis in found:
        if analysis.fit is not None:
            trace = (text(analysis.trace),) if many else ()
            rows += [(*trace, *row) for row in _rows(analysis.fit, analysis.fit.intervals, analysis.curve)]
            notes += _notes(analysis.fit.intervals, analysis.trace if many else "")
    first = next(iter(found[0].fit.intervals.values()))
    return TableBlock(
        caption=f"Parameters of the model with {show_percent(first.confidence)} intervals ({first.method})",
        heads=("Trace",) * many + ("Parameter", "Value", "Interval"),
        rows=tuple(rows),
        notes=tuple(notes),
        name="intervals",
    )


def _rows(fit: FitResult, intervals: Mapping[str, Interval], curve: Curve | None) -> list[tuple[Cell, ...]]:
    out: list[tuple[Cell, ...]] = []
    for name, found in intervals.items():
        unit = own_unit(fit.units[fit.names.index(name)], curve)
        shown = format_with_unit(found.value, fit.std(name), unit)
        value = Cell(text=shown, kind="number", value=found.value, std=fit.std(name))
        out.append((text(called(name)), value, text(_ends(found, unit))))
    return out


def _ends(found: Interval, unit: str | None) -> str:
    """Both ends in one unit; an open one is called so."""
    ends = [abs(end) for end in (found.low, found.high) if end is not None]
    if not ends:
        return "open"
    factor, shown = prefix_of(unit, max(ends))
    if found.low is not None and found.high is not None:
        low, high = found.low * factor, found.high * factor
        # a power of ten, where no prefix brings the ends into a readable range
        tens = 10.0 ** math.floor(math.log10(max(abs(low), abs(high)))) if max(abs(low), abs(high)) < 1e-3 else 1.0
        both = show_interval(low / tens, high / tens)
        power = f" × {show_number(tens)}" if tens != 1.0 else ""
        return f"{'(' + both + ')' + power if power else both} {shown}".rstrip()
    low_text, high_text = (
        "open" if end is None else show_number(end * factor, digits=4) for end in (found.low, found.high)
    )
    return f"{low_text} to {high_text} {shown}".rstrip()


def _notes(intervals: Mapping[str, Interval], trace: str) -> list[str]:
    """What the intervals have to say, each once: parameters with the same note share a line."""
    said: dict[str, list[str]] = {}
    for name, found in intervals.items():
        if found.note:
            said.setdefault(found.note, []).append(called(name))
    where = f"{trace}, " if trace else ""
    return [f"{where}{', '.join(names)}: {typeset(note)}." for note, names in said.items()]


def together_document(joint: JointFit, path: str, traces: Sequence[str]) -> Document:
    """What several curves say together."""
    chance = NOTHING if math.isnan(joint.p_value) else show_number(joint.p_value, digits=2)
    facts = [
        ("Curves", number(len(joint.curves))),
        ("Shared", text(", ".join(called(name) for name in joint.shared))),
        ("χ²/dof", text(f"{show_number(joint.fit.chi2, digits=4)}/{joint.fit.dof}")),
        ("Chance of so much disagreement", text(chance)),
    ]
    curve = joint.weighed[0].curve
    blocks: list[Block] = [Facts(pairs=tuple(facts))]
    if joint.estimates is not None:
        rows = [
            (
                text(called(name)),
                Cell(text=format_with_unit(e.value, e.std, e.unit), kind="number", value=e.value, std=e.std),
                uncertainty(e.std_stat, e),
                uncertainty(e.std_sys, e),
            )
            for name, e in joint.estimates.estimates.items()
        ]
        heads = ("Parameter", "Value", "Statistical", "Systematic")
        blocks.append(TableBlock(caption="Shared by all curves", heads=heads, rows=tuple(rows), name="shared"))
    if joint.fit.intervals:
        first = next(iter(joint.fit.intervals.values()))
        blocks.append(
            TableBlock(
                caption=f"With {show_percent(first.confidence)} intervals ({first.method})",
                heads=("Parameter", "Value", "Interval"),
                rows=tuple(_rows(joint.fit, joint.fit.intervals, curve)),
                notes=tuple(_notes(joint.fit.intervals, "")),
                name="intervals",
            )
        )
    blocks.append(_own_values(joint, traces, curve))
    if joint.p_value < 0.01:
        line = f"the curves contradict each other in what they share: χ² is {joint.disagreement:.1f} higher than with separate values, for {joint.freedom} fewer"
        blocks.append(Notes(items=(f"warning: {line}",)))
    return Document(
        title="Curves fitted together", subtitle=path, sections=(Section(title="Joint fit", blocks=tuple(blocks)),)
    )


def _own_values(joint: JointFit, traces: Sequence[str], curve: Curve) -> TableBlock:
    """The parameters that each curve has for itself."""
    rows = []
    for i, (trace, own) in enumerate(zip(traces, joint.curves, strict=True)):
        for name, unit in zip(own.names, own.units, strict=True):
            if name not in joint.shared:
                shown = format_with_unit(own.value(name), own.std(name), own_unit(unit, curve))
                cell = Cell(text=shown, kind="number", value=own.value(name), std=own.std(name))
                rows.append((text(trace or str(i)), text(called(name)), cell))
    return TableBlock(caption="Of each curve", heads=("Curve", "Parameter", "Value"), rows=tuple(rows), name="own")


def together_record(joint: JointFit, path: str, traces: Sequence[str], version: str) -> dict[str, object]:
    """The joint fit as plain values (schema gzero.together/1): the fit as in gzero.analysis/1, its parameters named
    ``name`` where shared and ``name[i]`` for curve i from 0."""
    known = joint.freedom > 0
    return {
        "schema": SCHEMA_TOGETHER,
        "gzero": version,
        "source": {"path": path},
        "traces": [trace or None for trace in traces],
        "shared": list(joint.shared),
        "estimates": None if joint.estimates is None else joint.estimates.to_dict(),
        "fit": fit_record(joint.fit, joint.weighed[0].curve),
        "disagreement": {
            "chi2": joint.disagreement if known else None,
            "freedom": joint.freedom if known else None,
            "p_value": joint.p_value if known else None,
        },
    }
