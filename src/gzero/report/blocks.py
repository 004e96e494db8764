"""The blocks of a report on one analysis: facts, verdict, tables. They arrange what the record holds."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import groupby

from gzero.analysis import Analysis
from gzero.measurement.kinds import kind
from gzero.report.blindness import blind_lines, is_blind
from gzero.report.document import Block, Box, Cell, Facts, Notes, TableBlock, Tone
from gzero.report.rounding import (
    NOTHING,
    format_with_unit,
    prefix_of,
    show_interval,
    show_number,
    show_value,
)
from gzero.report.symbols import symbol_text, unit_text
from gzero.report.wording import (
    SETS,
    alike,
    called,
    interval_line,
    name_or_symbol,
    number,
    pair,
    percent,
    quantity,
    quantum_line,
    ratio,
    scale_of,
    sentence,
    text,
    these,
    typeset,
    uncertainty,
)

NO_WARNING = "None."

#: What is said where there is no verdict.
NO_STAIRCASE = "One value is no staircase: it is told in fundamental units, and whether it is quantized is not asked."

#: The same where nothing of the experiment is compared with a quantum.
NO_QUANTUM = "No quantum is in the question of this experiment: its quantities are given in SI."

#: Ledger entries that belong to the cover of a report.
_CONDITIONS = (
    "particle", "mass", "temperature", "length", "bias", "bias of the source", "bias at the sample", "frequency",
)  # fmt: skip

_TONES: dict[str, Tone] = {"quantized": "good", "not quantized": "bad", "undecided": "open"}
_ANSWERS: dict[str, Tone] = {"yes": "good", "no": "bad", "undecided": "open"}


def facts(analysis: Analysis) -> Facts:
    """What was measured, on what, and the unit it is compared with."""
    pairs: list[tuple[str, Cell]] = [("File", text(analysis.origin.path))]
    if analysis.trace:
        pairs.append(("Trace", text(analysis.trace)))
    if analysis.coordinate is not None:
        c = analysis.coordinate
        pairs.append((c.name, text(f"{show_number(c.value)} {c.unit_text or ''}".strip())))
    pairs.append(("Experiment", text(analysis.experiment)))
    curve = analysis.curve
    if curve is not None:
        x, y = (
            f"{typeset(n)} [{unit_text(u)}]" if u else typeset(n)
            for n, u in ((curve.x_name, curve.x_unit), (curve.y_name, curve.y_unit))
        )
        pairs.append(("Measured", text(f"{y} over {x}")))
    pairs.append(("Quantum", text(cover_quantum(analysis))))
    for choice in analysis.ledger:
        if choice.choice.lower() in _CONDITIONS:
            pairs.append((choice.choice.capitalize(), text(typeset(choice.value))))
    temperature = analysis.estimates.get("temperature")
    if temperature is not None and not any(name == "Temperature" for name, _ in pairs):
        pairs.append(("Temperature", quantity(temperature)))
    read = analysis.origin.rows_read
    used = analysis.rows_used  # of traces that are pooled: readings, of which a row holds one of each trace
    pairs.append(("Points", text(f"{used} {'used of' if used <= read else 'readings used, from'} {read} rows read")))
    return Facts(pairs=tuple(pairs))


def cover_quantum(analysis: Analysis) -> str:
    """The quantum that was compared with, or why there is none."""
    if analysis.quantum is None and kind(analysis.experiment).listed:
        return "none named: a unit is looked for"
    if analysis.quantum is None and kind(analysis.experiment).compared == "":
        return "none: the question of this experiment is another"
    if analysis.quantum is None and kind(analysis.experiment).quantum.endswith("/m"):
        return f"{symbol_text(kind(analysis.experiment).quantum)}, whose value needs a particle or a mass: not compared"
    return quantum_line(analysis.quantum, declared=analysis.declared)


def headline(analysis: Analysis) -> str:
    """The verdict in capitals, with the unit it speaks of."""
    if analysis.answer is not None:
        return typeset(analysis.answer.headline)
    verdict, quantum = analysis.verdict, analysis.quantum
    if verdict is None:
        name, main = next(iter(analysis.estimates.items()), ("", None))
        scale = None if main is None else scale_of(analysis, main.unit)
        if main is not None and kind(analysis.experiment).compared == "":
            return f"{called(name)}: {format_with_unit(main.value, main.std, main.unit)}"
        if main is None or scale is None or quantum is None:
            return "NO VERDICT"
        return f"{called(name)}: {show_value(main.value / scale, main.std / scale)} {symbol_text(quantum.symbol)}"
    unit = f" in units of {symbol_text(quantum.symbol)}" if quantum is not None else ""
    if is_blind(analysis):
        return f"BLIND: {verdict.decision.upper()}"
    return verdict.decision.upper() + ("" if verdict.decision == "undecided" else unit)


def verdict_box(analysis: Analysis) -> Box:
    """The answer with the sentences that it rests on."""
    verdict, answer = analysis.verdict, analysis.answer
    if answer is not None:
        reasons = tuple(sentence(reason) for reason in answer.reasons)
        return Box(
            headline=typeset(answer.headline), tone=_ANSWERS[answer.outcome], lines=(typeset(answer.question), *reasons)
        )
    lines = []
    name, main = next(iter(analysis.estimates.items()), ("", None))
    scale = None if main is None else scale_of(analysis, main.unit)
    if main is not None:
        blind = ", times the hidden factor" if is_blind(analysis) else ""
        shown = f"{called(name)}{blind}: {format_with_unit(main.value, main.std, main.unit)}"
        repeated = verdict is None and shown == headline(analysis)  # the headline says no more and no less
        if scale is not None and analysis.quantum is not None:
            in_quanta = show_value(main.value / scale, main.std / scale)
            shown += f" = {in_quanta} in units of {symbol_text(analysis.quantum.symbol)}"
        lines += [] if repeated else [shown + "."]
    if verdict is None:
        asked = NO_QUANTUM if kind(analysis.experiment).compared == "" else NO_STAIRCASE
        return Box(headline=headline(analysis), tone="neutral", lines=(*lines, asked))
    if not is_blind(analysis):
        lines.append(interval_line(analysis))
    lines += [*(sentence(reason) for reason in verdict.reasons), *blind_lines([analysis])]
    return Box(headline=headline(analysis), tone=_TONES[verdict.decision], lines=tuple(lines))


def verdict_table(analysis: Analysis) -> TableBlock | None:
    """Every number that the verdict rests on."""
    verdict = analysis.verdict
    if verdict is None:
        return None
    level = kind(analysis.experiment).level
    several = SETS[level]
    rows = [
        ("Confidence of the intervals", percent(verdict.confidence)),
        ("Margin for value/quantum − 1", percent(verdict.margin)),
    ]
    if analysis.levels:
        rows.append(("Margin for level − n [quanta]", number(verdict.level_margin)))
    ends = NOTHING if verdict.interval is None else show_interval(*verdict.interval, percent=True)
    rows.append(("Interval of value/quantum − 1", Cell(text=ends)))
    if verdict.tightest_margin is not None:
        rows.append(("Tightest margin these data would support", percent(verdict.tightest_margin)))
    if verdict.tightest_level_margin is not None:
        rows.append(("Tightest margin for levels [quanta]", number(verdict.tightest_level_margin, digits=2)))
    if verdict.false_positive_rate is not None:
        rows.append((f"Random {several} that would pass", _share(verdict.false_positive_rate, verdict.trials)))
    if verdict.power is not None:
        rows.append((f"Quantized {several} that would pass (power)", percent(verdict.power)))
    p = verdict.p_value
    rows.append(
        ("p-value of the equivalence test", Cell(text=NOTHING, kind="number") if p is None else number(p, digits=2))
    )
    for rival in verdict.rivals:
        rows.append((f"ΔBIC of rival: {typeset(rival.name)}", number(rival.delta_bic, digits=3)))
    for decision, run in groupby(verdict.by_plateaus if len(verdict.by_plateaus) > 1 else (), key=lambda pair: pair[1]):
        counts = [k for k, _ in run]
        shown = f"{counts[0]} to {counts[-1]}" if len(counts) > 1 else f"{counts[0]}"
        rows.append((f"Verdict on the lowest {shown} {level}s", Cell(text=decision)))
    notes = []
    if verdict.rivals:
        notes.append("ΔBIC: information criterion of the rival minus that of the quantum; negative favours the rival.")
    if verdict.trials:
        notes.append(
            f"Simulated: {verdict.trials:,} random {several}, with seed {verdict.seed}, whose steps are each anything from 0.5 to "
            f"1.5 quanta, with the uncertainties of these levels. Free to be turned until they pass: {'; '.join(verdict.freedoms)}."
        )
    return TableBlock(
        caption="The verdict in numbers",
        heads=("Quantity", "Value"),
        rows=tuple((text(a), b) for a, b in rows),
        notes=tuple(notes),
        name="verdict",
    )


def _share(share: float, trials: int) -> Cell:
    """A share of so many trials; of none there is only an upper limit."""
    return percent(share) if share > 0 else Cell(text=f"fewer than 1 in {trials:,}")


def estimates_table(analysis: Analysis) -> TableBlock | None:
    """The estimates with their statistical and systematic parts, in SI and in quanta."""
    if not analysis.estimates:
        return None
    comparable = any(scale_of(analysis, e.unit) is not None for e in analysis.estimates.values())
    heads = ["Quantity", "Value", "Statistical", "Systematic"]
    if comparable and analysis.quantum is not None:
        heads.append(f"In {symbol_text(analysis.quantum.symbol)}")
    rows = []
    for name, e in analysis.estimates.items():
        row = [text(called(name)), quantity(e), uncertainty(e.std_stat, e), uncertainty(e.std_sys, e)]
        rows.append((*row, ratio(analysis, e)) if comparable else tuple(row))
    return TableBlock(
        caption="Estimates with standard uncertainties: total in parentheses, and its two parts",
        heads=tuple(heads),
        rows=tuple(rows),
        name="estimates",
    )


def plateau_table(analysis: Analysis) -> TableBlock | None:
    """The plateaus, in quanta and in SI."""
    levels = analysis.levels
    if not levels:
        return None
    unit = levels[0].level.unit
    q = scale_of(analysis, unit)
    curve = analysis.curve
    edges = [abs(v) for lv in levels for v in (lv.x_low, lv.x_high)]
    x_factor, x_unit = prefix_of(curve.x_unit if curve is not None else None, max(edges))
    x_unit = "" if curve is None or curve.x_unit is None else x_unit
    y_factor, y_unit = prefix_of(unit, max(abs(lv.level.value) for lv in levels))
    symbol = symbol_text(analysis.quantum.symbol) if analysis.quantum is not None and q else y_unit
    s_factor = 1 / q if q else y_factor
    heads = ["n"] + ([f"Level [{symbol}]"] if q else []) + [f"Level [{y_unit}]", "Transmission"]
    name = kind(analysis.experiment).level
    sloped = any(lv.slope for lv in levels if math.isfinite(lv.slope))
    window = f"Window [{x_unit}]" if x_unit else "Window"
    heads += [
        window,
        *([f"Slope [{symbol}{f' per {x_unit}' if x_unit else ''}]"] if sloped else []),
        "Points",
        "Counted",
    ]
    rows = []
    for lv in levels:
        t = lv.transmission
        own = scale_of(analysis, t.unit) or 1.0
        ends = show_interval(lv.x_low * x_factor, lv.x_high * x_factor)
        row = [Cell(text=str(lv.index), kind="number", value=float(lv.index))]
        row += [pair(lv.level.value / q, lv.level.std / q)] if q else []
        row += [
            pair(lv.level.value * y_factor, lv.level.std * y_factor),
            pair(t.value / own, t.std / own),
            Cell(text=ends),
        ]
        row += [number(lv.slope * s_factor / x_factor, digits=2)] if sloped else []
        row += [number(lv.points), text("yes" if lv.counted else "no")]
        rows.append(tuple(row))
    notes = list(dict.fromkeys(f"n = {lv.index}: {lv.note}." for lv in levels if lv.note))
    return TableBlock(
        caption=f"{name.capitalize()}s", heads=tuple(heads), rows=tuple(rows), notes=tuple(notes), name="plateaus"
    )


def comparison_table(analysis: Analysis) -> TableBlock | None:
    """The main estimate over every fundamental unit of its dimension and over published values."""
    if not analysis.comparisons:
        return None
    main = called(next(iter(analysis.estimates), "value"))
    referenced = any(c.reference for c in analysis.comparisons)
    rows = []
    for c in analysis.comparisons:
        shown = Cell(text=format_with_unit(c.value, None, c.unit), kind="number", value=c.value)
        row = (name_or_symbol(c.name), shown, pair(c.ratio, c.ratio_std))
        rows.append((*row, text(c.reference)) if referenced else row)
    heads = ("Unit or published value", "Value", "Ratio") + (("Reference",) if referenced else ())
    return TableBlock(
        caption=f"{main} over the fundamental units of its dimension and over published values",
        heads=heads,
        rows=tuple(rows),
        name="comparisons",
    )


def _own_unit(analysis: Analysis, unit: str | None) -> str | None:
    """The unit of a parameter that a model gives as that of its x or y."""
    curve = analysis.curve
    if curve is None or unit not in ("x", "y", "1/x", "1/y"):
        return unit
    own = curve.x_unit if unit[-1] == "x" else curve.y_unit
    if own is None or unit in ("x", "y"):
        return own
    return f"1/{own}" if own else ""


def fit_blocks(analysis: Analysis) -> tuple[Block, ...]:
    """The model's parameters, and how good the fit is."""
    fit = analysis.fit
    if fit is None:
        return ()
    rows = []
    for i, name in enumerate(fit.names):
        value, std, unit = float(fit.values[i]), fit.std(name), _own_unit(analysis, fit.units[i])
        remark = "at its bound: no uncertainty can be given" if name in fit.at_bounds else ""
        shown = format_with_unit(value, None if remark else std, unit)
        rows.append(
            (
                text(called(name)),
                Cell(text=shown, kind="number", value=value, std=None if remark else std),
                text(remark or "free"),
            )
        )
    for name, value in fit.fixed.items():
        rows.append((text(called(name)), number(value), text("held")))
    chance = f"{show_number(fit.chi2, digits=4)} / {fit.dof}"
    if math.isfinite(fit.chi2_reduced):
        chance += f" = {show_number(fit.chi2_reduced, digits=3)}"
    widened = "none" if fit.inflation == 1 else f"uncertainties widened by {show_number(fit.inflation, digits=3)}"
    noise = typeset(fit.noise_model)
    if fit.method == "least squares, sandwich covariance":  # what the model misses is carried as if it were noise
        widened, noise = "counted in the uncertainties, with the noise", f"{noise}: noise and misfit together"
    quality = (
        ("χ²/dof", text(chance)),
        ("Noise model", text(noise)),
        ("Misfit beyond chance", text(widened)),
        ("Outcome", text(f"{'usable minimum' if fit.success else 'NO usable minimum'}: {typeset(fit.message)}")),
        ("On a bound", text(", ".join(called(n) for n in fit.at_bounds) or "none")),
        ("BIC", number(fit.bic)),
    )
    table = TableBlock(
        caption=f"Parameters of the model “{typeset(fit.model)}”",
        heads=("Parameter", "Value", "State"),
        rows=tuple(rows),
        name="fit",
    )
    return (table, Facts(pairs=quality))


def exclusions_table(analyses: Sequence[Analysis]) -> TableBlock | None:
    """What was left out, by rule; the same rule in many traces is one row."""
    counts: dict[tuple[str, str, str], int] = {}
    for analysis in analyses:
        for e in analysis.exclusions:
            key = (e.rule, e.reason, "the user" if e.by == "user" else "analysis")
            counts[key] = counts.get(key, 0) + e.count
    for origin in {id(a.origin): a.origin for a in analyses}.values():
        for d in origin.dropped:
            key = (d.rule, d.reason, "loader")
            counts[key] = max(counts.get(key, 0), d.rows)
    if not counts:
        return None
    rows = tuple((text(typeset(r)), text(typeset(why)), text(who), number(n)) for (r, why, who), n in counts.items())
    return TableBlock(
        caption="Rows left out", heads=("Rule", "Reason", "Left out by", "Rows"), rows=rows, name="exclusions"
    )


def ledger_table(analyses: Sequence[Analysis]) -> TableBlock | None:
    """Choices with who made them; for many analyses those that all of them share, and a count of the others."""
    if not any(a.ledger for a in analyses):
        return None
    shared = [c for c in analyses[0].ledger if all(c in a.ledger for a in analyses[1:])]
    own = {c.choice for a in analyses for c in a.ledger if c not in shared}
    rows = tuple((text(typeset(c.choice)), chosen(c.value), text(c.origin), text(typeset(c.note))) for c in shared)
    rows += tuple(
        (text(typeset(c)), text(f"differs between {these(analyses)}"), text(NOTHING), text("")) for c in sorted(own)
    )
    return TableBlock(
        caption="Choices made, and who made them: nobody (default), the user, or the data through a stated rule",
        heads=("Choice", "Value", "By", "Note"),
        rows=rows,
        name="ledger",
    )


def chosen(value: str) -> Cell:
    """What was chosen: a quantum's symbol, or the text with its signs typeset."""
    if re.match(r"[-+]?[0-9.]+ ", value):  # a number with its unit: "0.0005 m" is no mass
        return text(typeset(value))
    cell = name_or_symbol(value)
    return cell if cell.kind == "symbol" else text(typeset(value))


def warning_notes(analyses: Sequence[Analysis]) -> Notes:
    """Warnings; of many traces each kind once, with the number of traces that it concerns."""
    if len(analyses) == 1:
        return Notes(items=tuple(sentence(w) for w in analyses[0].warnings) or (NO_WARNING,))
    found: dict[str, list[str]] = {}
    known: dict[str, str] = {}  # what is said of two traces word for word is one kind, whichever name it is freed of
    for analysis in analyses:
        kinds = {known.setdefault(w, alike(w, analysis.trace)): w for w in analysis.warnings}
        for alike_line, warning in kinds.items():
            found.setdefault(alike_line, []).append(warning)
    items = []
    for warnings in found.values():
        own = "" if len(set(warnings)) == 1 else ", alike but for names and numbers"
        items.append(f"{sentence(warnings[0])} ({len(warnings)} of {len(analyses)} {these(analyses)}{own})")
    return Notes(items=tuple(items) or (NO_WARNING,))
