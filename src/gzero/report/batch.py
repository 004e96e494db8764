"""Many files told together: how many of each decision, the estimates along the setting, all traces, and what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from gzero.report.document import Block, Box, Cell, Document, Facts, FigureBlock, Notes, Section, TableBlock, Tone
from gzero.report.rounding import NOTHING, format_with_unit, show_percent, show_value
from gzero.report.settings import CONDITIONS
from gzero.report.symbols import symbol_text
from gzero.report.trend import MOST_DRAWN, trend_figure
from gzero.report.wording import called, number, several, text
from gzero.version import VERSION

Columns = Mapping[str, Sequence[str | float | int | bool | None]]

#: Rows of the table of a page; the CSV and the Parquet hold all.
MOST_ROWS = 500

#: Estimates that the table lists.
_MOST_LISTED = 3

_TONES: dict[str, Tone] = {"quantized": "good", "not quantized": "bad", "undecided": "open"}


def batch_document(
    columns: Columns, units: Mapping[str, str], failures: Sequence[tuple[str, str, str]], *, files: int,
    conditions: Mapping[str, str] | None = None,
) -> Document:  # fmt: skip
    """The report on a batch.

    Parameters
    ----------
    columns : of the table of results, equally long, as `gzero.pipeline.batch.tables` makes them.
    units : of the estimates.  failures : (path, trace, why).  files : how many the batch has.
    conditions : columns of conditions that were stated, with their units.
    """
    rows = len(columns["path"])
    result: list[Block] = [_facts(columns, files, failures), _box(columns, rows)]
    sections = [Section(title="Result", blocks=tuple(result))]
    drawn = _trends(columns, units, conditions or {})
    if drawn:
        sections.append(Section(title="Along the setting", blocks=drawn))
    if rows:
        sections.append(Section(title="All traces", blocks=(_table(columns, units, rows),)))
    if failures:
        sections.append(Section(title="Without a result", blocks=(_failures(failures),)))
    synthetic = sum(bool(s) for s in columns["synthetic"])
    share = f" ({synthetic} of {rows} traces)" if synthetic < rows else ""
    return Document(
        title="Batch",
        subtitle=f"{several(files, 'file')}, {several(rows, 'trace')}",
        sections=tuple(sections),
        banner=f"SYNTHETIC DATA{share}" if synthetic else "",
        footer=f"gzero {VERSION}",
    )


def _facts(columns: Columns, files: int, failures: Sequence[tuple[str, str, str]]) -> Facts:
    experiments = ", ".join(dict.fromkeys(str(e) for e in columns["experiment"])) or NOTHING
    quanta = ", ".join(dict.fromkeys(symbol_text(str(q)) for q in columns["quantum"] if q)) or "none"
    pairs = [
        ("Files", number(files)), ("Traces", number(len(columns["path"]))), ("Without a result", number(len(failures))),
        ("Experiment", text(experiments)), ("Quantum", text(quanta)),
    ]  # fmt: skip
    return Facts(pairs=tuple(pairs))


def _box(columns: Columns, rows: int) -> Box:
    counts = Counter(str(d) for d in columns["decision"] if d)
    if not rows:
        return Box(headline="NO RESULT", tone="open", lines=("No file gave a result; what each lacks stands below.",))
    if not counts:
        return Box(
            headline=several(rows, "trace"),
            tone="neutral",
            lines=("These experiments judge no steps; their values are in the table.",),
        )
    decision, most = counts.most_common(1)[0]
    lines = [f"{d.capitalize()}: {n} of {rows} ({show_percent(n / rows)})." for d, n in counts.most_common()]
    tone = _TONES.get(decision, "neutral") if most == rows else "open"
    return Box(headline=f"{decision.upper()}: {most} of {several(rows, 'trace')}", tone=tone, lines=tuple(lines))


def _numbers(values: Sequence[object]) -> np.ndarray:
    return np.array([float(v) if isinstance(v, int | float) else np.nan for v in values])


def _setting(
    columns: Columns, units: Mapping[str, str], conditions: Mapping[str, str]
) -> tuple[str, str | None, np.ndarray] | None:
    """What tells the traces apart: the coordinate of maps, else a condition that most of them state or give."""
    places = _numbers(columns["coordinate_value"])
    names = {str(n) for n in columns["coordinate"] if n}
    found: list[tuple[str, str | None, np.ndarray]] = (
        [(names.pop() if len(names) == 1 else "", None, places)] if names else []
    )
    found += [
        (name.partition("_")[2].replace("_", " "), unit, _numbers(columns[name])) for name, unit in conditions.items()
    ]
    found += [(called(name), units[name] or "", _numbers(columns[name])) for name in CONDITIONS if name in units]
    for name, unit, values in found:
        sound = np.isfinite(values)
        if name and sound.sum() > 2 and sound.sum() >= 0.5 * values.size and np.unique(values[sound]).size > 2:
            if unit is None:
                written = {str(u) for u in columns["coordinate_unit"] if u}
                name = f"{name} [{written.pop()}]" if len(written) == 1 else name
            return name, unit, values
    return None


def _trends(columns: Columns, units: Mapping[str, str], conditions: Mapping[str, str]) -> tuple[FigureBlock, ...]:
    setting = _setting(columns, units, conditions)
    if setting is None:
        return ()
    out: list[FigureBlock] = []
    quanta = {str(q) for q in columns["quantum"] if q}
    for name in [n for n in units if called(n) != setting[0]]:
        ratio = _numbers(columns[f"{name}_ratio"])
        in_quanta = len(quanta) == 1 and np.isfinite(ratio).sum() > 2
        part = "_ratio" if in_quanta else ""
        y, std = _numbers(columns[f"{name}{part}"]), _numbers(columns[f"{name}{part}_std"])
        y_name = f"{called(name)} [{symbol_text(next(iter(quanta)))}]" if in_quanta else called(name)
        drawn = trend_figure(setting, (y_name, "" if in_quanta else units[name], y, std), name)
        out += [] if drawn is None else [drawn]
    return tuple(out[:MOST_DRAWN])


def _table(columns: Columns, units: Mapping[str, str], rows: int) -> TableBlock:
    names = list(units)[:_MOST_LISTED]
    told = []
    for i in range(min(rows, MOST_ROWS)):
        trace = f"{columns['path'][i]}" + (f", {columns['trace'][i]}" if columns["trace"][i] else "")
        cells = [text(trace)]
        for name in names:
            cells.append(_estimate(columns, name, i, units[name]))
            cells += [_ratio(columns, name, i)] if name == names[0] else []
        told.append((*cells, text(str(columns["decision"][i] or columns["answer"][i] or "no verdict"))))
    notes = (f"The first {MOST_ROWS} of {rows}; results.csv and results.parquet hold all.",) if rows > MOST_ROWS else ()
    told_names = [called(name) for name in names]
    heads = ("Trace", *told_names[:1], *(["In its quantum"] if names else []), *told_names[1:], "Decision")
    return TableBlock(caption="All traces", heads=heads, rows=tuple(told), notes=notes, name="traces")


def _estimate(columns: Columns, name: str, i: int, unit: str) -> Cell:
    value, std = columns[name][i], columns[f"{name}_std"][i]
    if not isinstance(value, int | float):
        return Cell(text=NOTHING, kind="number")
    spread = float(std) if isinstance(std, int | float) else None
    shown = format_with_unit(float(value), spread, unit if unit != "unit unknown" else None)
    return Cell(text=shown, kind="number", value=float(value), std=spread)


def _ratio(columns: Columns, name: str, i: int) -> Cell:
    value, std = columns[f"{name}_ratio"][i], columns[f"{name}_ratio_std"][i]
    if not isinstance(value, int | float) or not isinstance(std, int | float):
        return Cell(text=NOTHING, kind="number")
    return Cell(text=show_value(float(value), float(std)), kind="number", value=float(value), std=float(std))


def _failures(failures: Sequence[tuple[str, str, str]]) -> Notes:
    shown = tuple(
        why if path in why else f"{path}{f', {trace}' if trace else ''}: {why}" for path, trace, why in failures
    )
    more = (f"{len(shown) - MOST_ROWS} more are in failures.csv.",) if len(shown) > MOST_ROWS else ()
    return Notes(items=(*shown[:MOST_ROWS], *more))
