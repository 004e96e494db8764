"""The workbook: the numbers of the report as numbers, one sheet a question, the curve beside its fit.

Numbers are written in full in SI; how many decimals Excel shows follows from the uncertainty. Text is never a formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING

from gzero.analysis import Analysis
from gzero.audit.item import AuditItem
from gzero.audit.results import shipped_results
from gzero.estimate import Estimate
from gzero.fitters.exhibits import Entry
from gzero.report.audit_notes import audit_rows, items_on
from gzero.report.blindness import is_blind
from gzero.report.blocks import chosen
from gzero.report.build import OWN_WORDS
from gzero.report.certainty import correlations
from gzero.report.charts import add_charts
from gzero.report.document import Document
from gzero.report.multiverse import multiverse_rows
from gzero.report.rounding import round_std
from gzero.report.symbols import symbol_text, unit_text
from gzero.report.terminal import cell_text
from gzero.report.wording import sentence, typeset
from gzero.report.workbook import Item, Number, Row, add_sheet, saved, width

if TYPE_CHECKING:
    from gzero.universes import Multiverse

#: Traces whose points stand in the sheet "data", and rows that a sheet can hold below its header, with one for a note.
MAX_TRACES, MAX_ROWS = 20, 1_048_574


def render_xlsx(
    document: Document,
    analyses: Sequence[Analysis],
    *,
    audit: Sequence[AuditItem] = (),
) -> bytes:
    """The workbook with sheets "results", "plateaus", "budget", "correlations", "ledger", "data", "audit", "charts" and the lists of one analysis; same input, same bytes.

    Parameters
    ----------
    document : title and banner are taken from it; the banner stands in every sheet's printed header too.
    analyses : one is told at length, several get one row each in "results" and a column "trace" elsewhere.
    audit : of the source paper, worked out there and then; without it the shipped results fill the sheet "audit".
    """
    from openpyxl import Workbook

    traces = tuple(zip(_labels(analyses), analyses, strict=True))
    book = Workbook(write_only=True)
    many = len(traces) != 1
    results = _results_of_many(document, traces) if many else _results_of_one(document, traces[0][1])
    sheets = {"results": results, "plateaus": _plateaus(traces), "budget": _budget(traces)}
    sheets |= {"correlations": _correlations(traces), "ledger": _ledger(traces)}
    if not many and traces[0][1].multiverse is not None:
        sheets["multiverse"] = _multiverse(traces[0][0], traces[0][1].multiverse)
    for name, (heads, found) in sheets.items():
        rows = list(found)
        widths = [width([head, *(row[i] for row in rows[:2000])]) for i, head in enumerate(heads)]
        skipped = 0 if many or name == "results" else 1  # one analysis needs no column "trace"
        add_sheet(book, name, document.banner, heads[skipped:], (row[skipped:] for row in rows), widths[skipped:])
    heads, found = _data(traces)
    skipped = 0 if many else 1
    add_sheet(book, "data", document.banner, heads[skipped:], (row[skipped:] for row in found), [16] * len(heads))
    heads, notes = audit_rows(items_on(audit or shipped_results().items, analyses))
    if notes:
        widths = [width([head, *(row[i] for row in notes)]) for i, head in enumerate(heads)]
        add_sheet(book, "audit", document.banner, heads, notes, widths)
    if not many:
        add_charts(book, traces[0][1], document.banner)
    for listing in () if many else traces[0][1].listings:
        rows = [[item for entry in row for item in _entry(entry)] for row in listing.rows]
        named = [typeset(head) for head in listing.heads]
        heads = [h for head, e in zip(named, listing.rows[0], strict=True) for h in _heads_of(head, e)]
        add_sheet(book, listing.name, document.banner, heads, rows, [16] * len(heads))
    return saved(book, document.title)


def number_format(size: float, std: float | None) -> str:
    """Excel's format for numbers of this size: its decimals end where the uncertainty does; "General" without one.

    >>> number_format(7.748e-5, 2e-8), number_format(420.0, 12.0), number_format(1.00273, 0.00142)
    ('0.0000E+00', '0', '0.0000')
    """
    if std is None or not math.isfinite(std) or not math.isfinite(size) or std == 0:
        return "General"
    rounded, place = round_std(abs(std))
    top = max(Decimal(repr(abs(float(size)))).adjusted() if size else place, rounded.adjusted())
    if -3 <= top <= 5:
        return f"0.{'0' * -place}" if place < 0 else "0"
    return f"0.{'0' * (top - place)}E+00" if top > place else "0E+00"


def _measured(value: float, std: float) -> tuple[Number, Number]:
    """A number and its uncertainty, shown to the same place."""
    return Number(value, number_format(value, std)), Number(std, number_format(std, std))


def _estimate(estimate: Estimate) -> list[Item]:
    """value, std, its statistical and systematic parts."""
    shown = number_format(estimate.std, estimate.std)
    parts = (Number(estimate.std_stat, shown), Number(estimate.std_sys, shown))
    return [*_measured(estimate.value, estimate.std), *parts]


def _ratio(analysis: Analysis, estimate: Estimate) -> list[Item]:
    """value and std in units of the quantum; None where they cannot be compared."""
    quantum = analysis.quantum
    if quantum is None or not quantum.value or quantum.unit != estimate.unit:
        return [None, None]
    scaled = estimate.scaled(1 / quantum.value, "")
    return [*_measured(scaled.value, scaled.std)]


def _entry(entry: Entry) -> list[Item]:
    """The cells of one entry of a list: two for an estimate."""
    if isinstance(entry, Estimate):
        return [*_measured(entry.value, entry.std)]
    return [typeset(entry) if isinstance(entry, str) else Number(entry)]


def _heads_of(head: str, entry: Entry) -> list[str]:
    return [_head(head, entry.unit), f"std of {head}"] if isinstance(entry, Estimate) else [head]


def _labels(analyses: Sequence[Analysis]) -> list[str]:
    """A name for every trace, each another: the trace's, with its file's where there are several."""
    files = {analysis.origin.path for analysis in analyses}
    labels: list[str] = []
    seen: dict[str, int] = {}
    for number, analysis in enumerate(analyses, start=1):
        file = PurePath(analysis.origin.path).name
        names = [file] if len(files) > 1 and file else []
        label = ": ".join([*names, analysis.trace] if analysis.trace else names) or f"trace {number}"
        seen[label] = seen.get(label, 0) + 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return labels


Traces = tuple[tuple[str, Analysis], ...]
Sheet = tuple[list[str], Iterable[Row]]


def _head(name: str, unit: str | None) -> str:
    text = unit_text(unit).strip("()") if unit is None else unit_text(unit)
    return f"{name} [{text}]" if text else name


def _common(name: str, units: Iterable[str | None]) -> str:
    """A column's head with the unit of all its rows, or where to look when they differ."""
    found = list(dict.fromkeys(units))
    return _head(name, found[0] if found else "") if len(found) < 2 else f"{name} [see units]"


def _results_of_one(document: Document, analysis: Analysis) -> Sheet:
    unit = symbol_text(analysis.quantum.symbol) if analysis.quantum else "the quantum"
    heads = ["quantity", "value", "std", "statistical", "systematic", "unit", f"value in {unit}", f"std in {unit}"]
    origin, rows = analysis.origin, list[Row]()
    facts: list[tuple[str, Item]] = [("report", document.title), ("statement", document.banner)]
    facts += [("file", origin.path), ("sha256", origin.sha256), ("loader", origin.loader), ("trace", analysis.trace)]
    facts += [("rows read", origin.rows_read), ("rows used", analysis.rows_used), ("experiment", analysis.experiment)]
    rows += [[name, value] for name, value in facts if value != ""]
    if analysis.quantum is not None:
        rows.append(["quantum", symbol_text(analysis.quantum.symbol)])
        value = Number(analysis.quantum.value)
        rows.append(["value of the quantum", value, None, None, None, unit_text(analysis.quantum.unit)])
        rows.append(["quantum declared", analysis.declared])
    rows += [[name, value] for name, value in _verdict(analysis)]
    for name, estimate in analysis.estimates.items():
        rows.append([name, *_estimate(estimate), unit_text(estimate.unit), *_ratio(analysis, estimate)])
    for other in analysis.comparisons:
        ratio = _measured(other.ratio, other.ratio_std)
        compared = typeset(symbol_text(other.name))
        rows.append([f"compared with {compared}", Number(other.value), None, None, None, unit_text(other.unit)])
        rows.append([f"ratio to {compared}", *ratio, None, None, "", None, None, other.reference])
    if analysis.verdict is not None:
        rows += [[f"ΔBIC of rival: {typeset(r.name)}", Number(r.delta_bic)] for r in analysis.verdict.rivals]
        rows += [["reason", sentence(reason)] for reason in analysis.verdict.reasons]
    rows += [["reason", sentence(reason)] for reason in (analysis.answer.reasons if analysis.answer else ())]
    rows += [["warning", sentence(warning)] for warning in analysis.warnings]
    said = {n: typeset(text) if n in OWN_WORDS else text for n, text in analysis.provenance.items()}
    rows += [[f"provenance: {name}", text] for name, text in said.items()]
    versions = {"gzero": analysis.version, **analysis.versions, "constants": analysis.constants}
    rows += [[f"version: {name}", text] for name, text in versions.items()]
    rows += [["seed", analysis.seed]] if analysis.seed is not None else []
    heads.append("reference")
    return heads, [[*row, *[None] * (len(heads) - len(row))] for row in rows]


def _verdict(analysis: Analysis) -> list[tuple[str, Item]]:
    verdict = analysis.verdict
    if analysis.answer is not None:
        answer = analysis.answer
        told = [(name.replace("_", " "), Number(v)) for name, v in answer.numbers.items() if v is not None]
        words = [("question", typeset(answer.question)), ("in words", typeset(answer.headline))]
        return [words[0], ("decision", answer.outcome), words[1], *told]
    if verdict is None:
        return [("decision", "not determined")]
    low, high = verdict.interval or (None, None)
    numbers = {
        "margin": verdict.margin,
        "level margin": verdict.level_margin,
        "confidence": verdict.confidence,
        "p-value": verdict.p_value,
        "interval low (step/quantum − 1)": low,
        "interval high (step/quantum − 1)": high,
        "tightest margin": verdict.tightest_margin,
        "false positive rate": verdict.false_positive_rate,
        "power": verdict.power,
    }
    return [("decision", verdict.decision), *((name, Number(value)) for name, value in numbers.items())]


def _results_of_many(document: Document, traces: Traces) -> Sheet:
    names = list(dict.fromkeys((n, e.unit) for _, a in traces for n, e in a.estimates.items()))
    judged = ["decision", "margin", "level margin", "confidence", "p-value", "interval low (step/quantum − 1)"]
    judged += ["interval high (step/quantum − 1)", "tightest margin", "false positive rate", "power"]
    heads = ["trace", "coordinate", "file", "experiment", "quantum", "value of the quantum", "its unit", *judged]
    for name, unit in names:
        heads += [_head(name, unit), _head(f"std of {name}", unit), f"{name} / quantum", f"std of {name} / quantum"]
    heads += ["rows read", "rows used", "reasons", "warnings", "sha256", "gzero", "statement"]
    rows: list[Row] = []
    for label, analysis in traces:
        quantum, verdict = analysis.quantum, dict(_verdict(analysis))
        place = analysis.coordinate
        where = "" if place is None else f"{place.name} = {place.value:.12g} {place.unit_text or ''}".rstrip()
        row: list[Item] = [label, where, analysis.origin.path, analysis.experiment]
        row += ["", None, ""] if quantum is None else [symbol_text(quantum.symbol), Number(quantum.value)]
        row += [] if quantum is None else [unit_text(quantum.unit)]
        row += [verdict.get(name) for name in judged]
        for name, unit in names:
            estimate = analysis.estimates.get(name)
            known = estimate is not None and estimate.unit == unit
            row += [*_estimate(estimate)[:2], *_ratio(analysis, estimate)] if known and estimate else [None] * 4
        row += [analysis.origin.rows_read, analysis.rows_used]
        row += ["\n".join(map(sentence, analysis.verdict.reasons)) if analysis.verdict else ""]
        row += ["\n".join(map(sentence, analysis.warnings))]
        rows.append([*row, analysis.origin.sha256, analysis.version, document.banner])
    return heads, rows


def _plateaus(traces: Traces) -> Sheet:
    found = [(label, analysis, level) for label, analysis in traces for level in analysis.levels]
    y_units = [level.level.unit for _, _, level in found]
    x_units = [None if analysis.curve is None else analysis.curve.x_unit for _, analysis, _ in found]
    steepness = [(x, y) for x, y in zip(x_units, y_units, strict=True)]
    slope = f"slope [{_slope_unit(*steepness[0])}]" if len(set(steepness)) == 1 else "slope [see units]"
    heads = ["trace", "index"]
    heads += [_common(name, y_units) for name in ("level", "std", "statistical", "systematic")]
    heads += ["level / quantum", "std of level / quantum", "transmission", "std of transmission"]
    heads += [_common("x low", x_units), _common("x high", x_units), slope, "points", "counted", "note"]
    mixed = len(set(steepness)) > 1
    rows: list[Row] = []
    for (label, analysis, level), (x_unit, y_unit) in zip(found, steepness, strict=True):
        row: list[Item] = [label, level.index, *_estimate(level.level), *_ratio(analysis, level.level)]
        row += [*_measured(level.transmission.value, level.transmission.std)]
        row += [Number(level.x_low), Number(level.x_high), Number(level.slope)]
        row += [level.points, level.counted, typeset(level.note)]
        rows.append([*row, f"x: {unit_text(x_unit)}, level: {unit_text(y_unit)}"] if mixed else row)
    return [*heads, "units"] if mixed else heads, rows


def _slope_unit(x_unit: str | None, y_unit: str | None) -> str:
    if x_unit is None or y_unit is None:
        return "unit unknown"
    above = unit_text(y_unit) or "1"
    if not x_unit:
        return above
    below = unit_text(x_unit)
    return f"({above})/({below})" if "/" in above + below else f"{above}/{below}"


def _budget(traces: Traces) -> Sheet:
    found = [(label, analysis, line) for label, analysis in traces for line in analysis.budget]
    units = [next((e.unit for e in analysis.estimates.values()), None) for _, analysis, _ in found]
    heads = ["trace", "source", "kind", "value", _common("std", units), "share of the variance"]
    mixed = len(set(units)) > 1
    rows: list[Row] = []
    for (label, _, line), unit in zip(found, units, strict=True):
        row: list[Item] = [label, typeset(line.source), line.kind, typeset(line.value)]
        row += [Number(line.std, number_format(line.std, line.std)), Number(line.share, "0.0%")]
        rows.append([*row, f"std: {unit_text(unit)}"] if mixed else row)
    return [*heads, "units"] if mixed else heads, rows


def _correlations(traces: Traces) -> Sheet:
    """The matrix of each trace, a row an estimate; a blank where one has no uncertainty."""
    found = [(label, a.joint) for label, a in traces if a.joint is not None and not is_blind(a)]
    names = list(dict.fromkeys(name for _, joint in found for name in joint.names))
    rows: list[Row] = []
    for label, joint in found:
        matrix = correlations(joint.covariance())
        places = {name: i for i, name in enumerate(joint.names)}
        for i, name in enumerate(joint.names):
            known = [Number(float(matrix[i, places[other]]), "0.000") if other in places else None for other in names]
            rows.append([label, name, *known])
    return ["trace", "estimate", *names], rows


def _ledger(traces: Traces) -> Sheet:
    rows: list[Row] = []
    for label, analysis in traces:
        rows += [
            [label, typeset(c.choice), cell_text(chosen(c.value)), c.origin, typeset(c.note)] for c in analysis.ledger
        ]
        left_out = [(e.rule, e.reason, e.count, e.by) for e in analysis.exclusions]
        left_out += [(d.rule, d.reason, d.rows, "data") for d in analysis.origin.dropped]
        rows += [
            [label, f"excluded: {typeset(r)}", f"{rows_} rows", by, typeset(why)] for r, why, rows_, by in left_out
        ]
    return ["trace", "choice", "value", "origin", "note"], rows


def _multiverse(label: str, found: Multiverse) -> Sheet:
    heads, rows = multiverse_rows(found)
    return ["trace", *heads], [[label, *(Number(v) if isinstance(v, float) else v for v in row)] for row in rows]


def _data(traces: Traces) -> Sheet:
    kept = [(label, a, a.curve) for label, a in traces[:MAX_TRACES] if a.curve is not None]
    units = [(curve.x_unit, curve.y_unit) for _, _, curve in kept]
    x_names, y_names = {c.x_name for *_, c in kept}, {c.y_name for *_, c in kept}
    heads = ["trace", _common(x_names.pop() if len(x_names) == 1 else "x", [x for x, _ in units])]
    measured = (y_names.pop() if len(y_names) == 1 else "y", "std", "fit", "residual")
    heads += [_common(name, [y for _, y in units]) for name in measured]
    mixed = len(set(units)) > 1
    raw = tuple(dict.fromkeys(name for _, a, _ in kept if not is_blind(a) for name in a.raw))
    heads += [f"as the file holds it: {name}" for name in raw]
    return [*heads, "units"] if mixed else heads, _points(traces, raw, mixed)


def _points(traces: Traces, raw: tuple[str, ...], mixed: bool) -> Iterator[Row]:
    """One row a point; a last row says what was left out. Blind points would give the factor away beside the file's own."""
    left = MAX_ROWS
    omitted = len(traces[MAX_TRACES:])
    cut = 0
    for label, analysis in traces[:MAX_TRACES]:
        curve, fit = analysis.curve, analysis.fit
        if curve is None or is_blind(analysis):
            continue
        stds = None if curve.y_std is None else curve.y_std
        least = None if stds is None or not (stds > 0).any() else float(stds[stds > 0].min())
        shown = number_format(float(abs(curve.y).max()) if len(curve) else 0.0, least)
        small = "General" if least is None else number_format(least, least)
        fitted = fit if fit is not None and fit.fitted.size == len(curve) == fit.residuals.size else None
        units = [f"x: {unit_text(curve.x_unit)}, y: {unit_text(curve.y_unit)}"] if mixed else []
        cut += max(0, len(curve) - left)
        for i in range(min(len(curve), left)):
            row: list[Item] = [label, Number(float(curve.x[i])), Number(float(curve.y[i]), shown)]
            row += [None if stds is None else Number(float(stds[i]), small)]
            if fitted is not None:
                row += [Number(float(fitted.fitted[i]), shown), Number(float(fitted.residuals[i]), small)]
            else:
                row += [None, None]
            row += [Number(analysis.raw[name][i]) if name in analysis.raw else None for name in raw]
            yield [*row, *units]
        left -= min(len(curve), left)
    blind = any(is_blind(a) for _, a in traces)
    if omitted or cut or blind:
        note = f"not shown: {omitted} more traces, {cut} more points; write the report of a single trace to see them"
        note = "points are not shown while they are blind" if blind else note
        yield [note, note if len(traces) == 1 else None, *[None] * (4 + len(raw)), *([None] if mixed else [])]
