"""Whether values are multiples of a unit that is not known in advance, which one, and how often chance does as well.

Kendall's cosine quantogram (`gzero.models.quantogram`) over a range of trial units; its significance by two simulated nulls
that both pay for the search. In the first each value moves by itself: values without a unit. In the second the values that
stand at one multiple move together: groups of values that stand anywhere, which look like a unit to the first. A unit is
there when both are excluded and no other unit does nearly as well.
"""

from __future__ import annotations

import numpy as np

from gzero.errors import InputError
from gzero.estimate import Estimate
from gzero.fitters import unit_search as search
from gzero.fitters.exhibits import Answer
from gzero.fitters.findings import BudgetLine, Comparison, Findings
from gzero.fitters.options import FitOptions
from gzero.fitters.unit_exhibits import Found, Scale, candidates_table, percent, picture, values_table
from gzero.fitters.unit_rivals import offset_of, rivals
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement, Series
from gzero.quanta import candidates, unit_or_quantum
from gzero.reduction.calibration import Calibration
from gzero.units import parse_unit

Array = search.Array

#: Chance below which the values are not taken for values without a unit.
SIGNIFICANT = 0.01
#: 2 ln of the likelihood ratio by which another unit must be worse: odds of 20.
DECIDED = 6.0
_FEWEST, _MOST = 3, 20_000
#: Sizes whose squares are numbers.
_SMALLEST, _LARGEST = 1e-140, 1e140
_QUESTION = "Are the values multiples of one unit?"


#: How the numbers come about, for a report.
METHOD = (
    "The cosine quantogram φ(q) = √(2/Σa²) Σ a cos(2πx/q), with a = exp(−2π² std²/q²), is highest where the values are "
    "multiples of q (D. G. Kendall 1974, doi 10.1098/rsta.1974.0020).",
    "Its significance is simulated: each value is moved within its neighbourhood, and the highest φ of the whole range is "
    "drawn, so that having searched is paid for. In a second simulation the values that stand at one multiple move "
    "together: groups that stand anywhere are no unit. A unit needs 1 % in both, and no other unit nearly as likely.",
    "The unit follows from least squares of value against multiple; its uncertainty holds the scatter about the multiples, "
    "with Student's law for few values.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """The unit of a list of values.

    Returns
    -------
    Findings with the answer, the quantogram with its null, the table of units and that of the values; the estimates `unit`
    and `scatter` [unit of the values] unless the answer is no.

    Raises
    ------
    InputError : fewer than three values that are not zero, an uncertainty that is not positive.
    ConfigError : a range without units to try.
    """
    values, std, calibration, exclusions = _usable(measurement, options)
    chosen = options.selection
    trial = search.trials(values, std, low=chosen.x_low, high=chosen.x_high)
    tops = search.peaks(values, std, trial)
    if not tops:
        raise InputError("no unit of the range fits at all", remedy="look in another with --range LOW:HIGH")
    best = tops[0]
    rng = np.random.default_rng(options.seed)
    alone = search.null(values, std, trial, best.unit, groups=np.arange(values.size), rng=rng)
    together = search.null(values, std, trial, best.unit, groups=best.multiples, rng=rng)
    found = Found(
        values=values,
        std=std,
        unit_text=measurement.ordinate.unit,
        scale=_scale(measurement.ordinate),
        trial=trial,
        best=best,
        line=search.line_of(values, std, best.multiples),
        rivals=rivals(values, std, trial, tops),
        alone=alone,
        together=together,
        open_units=search.left_over(values, std, trial, options.level_margin / 1.96),
        rows=_rows(measurement, exclusions),
    )
    answer = _answer(found, options)
    shown = answer.outcome != "no"
    unit = _unit(found, calibration)
    spread = Estimate(  # the usual standard deviation of a standard deviation
        value=found.line.scatter, std_stat=found.line.scatter / np.sqrt(2 * found.line.dof), unit=found.unit_text
    )
    return Findings(
        estimates={"unit": unit, **({"scatter": spread} if spread.value else {})} if shown else {},
        exclusions=exclusions,
        budget=_budget(unit) if shown else (),
        comparisons=_comparisons(unit) if shown else (),
        ledger=_ledger(found, options),
        warnings=_warnings(found, shown=shown),
        answer=answer,
        pictures=(picture(found, options.level_margin),),
        listings=(candidates_table(found, harmonics=shown), *((values_table(found),) if shown else ())),
        seed=options.seed,
        method=METHOD,
    )


def _usable(
    measurement: Measurement, options: FitOptions
) -> tuple[Array, Array | None, Calibration, tuple[Exclusion, ...]]:
    """Corrected values that can tell a unit, their uncertainties, and what was left out."""
    series = measurement.ordinate
    calibration = Calibration.of(measurement.conditions, series.common)
    calibration.check(series.unit)
    finite = np.isfinite(series.values)
    if series.std is not None:
        finite &= np.isfinite(series.std)
    if not finite.all() and options.selection.invalid == "refuse":
        raise InputError(
            "no finite value or uncertainty in this row",
            path=measurement.origin.path,
            row=measurement.row(int(np.argmin(finite))),
            column=series.label,
            remedy="fill it in, or leave such rows out with --invalid drop",
        )
    _positive(measurement, series, finite)
    values = calibration.apply(np.where(finite, series.values, 0.0))
    std = None if series.std is None else np.where(finite, series.std, 1.0) * np.abs(calibration.slope(values))
    zero = finite & (np.abs(values) <= (0.0 if std is None else 2 * std))
    kept = finite & ~zero
    exclusions = tuple(
        Exclusion(rule=rule, reason=reason, indices=np.flatnonzero(rows))
        for rule, reason, rows in (
            ("not finite", "no number is no value", ~finite),
            ("zero", "zero is a multiple of every unit", zero),
        )
        if rows.any()
    )
    if kept.sum() < _FEWEST:
        raise InputError(
            f"{int(kept.sum())} values other than zero: any two or fewer are multiples of many units",
            path=measurement.origin.path,
            remedy=f"give at least {_FEWEST}; five or more can decide",
        )
    if kept.sum() > _MOST:
        raise InputError(
            f"{int(kept.sum())} values are too many to search",
            path=measurement.origin.path,
            remedy=f"give at most {_MOST}, or the peaks of their histogram",
        )
    sizes = np.abs(values[kept])
    if sizes.min() < _SMALLEST or sizes.max() > _LARGEST:
        raise InputError(
            f"values from {sizes.min():.3g} to {sizes.max():.3g} cannot be squared",
            path=measurement.origin.path,
            remedy="state their unit with --y-unit, or give them in another",
        )
    return values[kept], None if std is None else std[kept], calibration, exclusions


def _positive(measurement: Measurement, series: Series, finite: np.ndarray) -> None:
    if series.std is not None and np.any(bad := finite & ~(series.std > 0)):
        raise InputError(
            "a standard uncertainty must be positive",
            path=measurement.origin.path,
            row=measurement.row(int(np.argmax(bad))),
            remedy="state it, or leave the column out with another --std",
        )


def _scale(series: Series) -> Scale:
    """The unit of the file, in which sentences speak; that of SI where the file has none."""
    written = unit_or_quantum(series.written)
    if written.known and written.si == series.unit and written.factor:
        plain = parse_unit(series.written).known and written.text[:1].isdigit()  # "1e-19 C", but not "2e^2/h"
        return Scale(factor=written.factor, text=f"× {written.text}" if plain else written.text)
    return Scale(text=series.unit or "")


def _rows(measurement: Measurement, exclusions: tuple[Exclusion, ...]) -> tuple[int, ...]:
    gone = {int(i) for exclusion in exclusions for i in exclusion.indices}
    return tuple(measurement.row(i) for i in range(measurement.ordinate.values.size) if i not in gone)


def _unit(found: Found, calibration: Calibration) -> Estimate:
    """The unit with what gain, offset and series resistance do to all values at once."""
    parts: dict[str, float] = {}
    for weight, value in zip(found.line.weights, found.values, strict=True):
        for source, shift in calibration.shifts(float(value)).items():
            parts[source] = parts.get(source, 0.0) + float(weight) * shift
    return Estimate(value=found.line.unit, std_stat=found.line.std, systematic=parts, unit=found.unit_text)


def _answer(found: Found, options: FitOptions) -> Answer:
    """Yes needs both nulls excluded and no other unit near; no needs every unit of the range excluded."""
    size = found.scale.say(found.line.unit, found.line.std)
    alone, together = found.alone.p_value, found.together.p_value
    significant = max(alone, together) <= SIGNIFICANT
    near = [r for r in found.rivals if r.disadvantage < DECIDED]
    chance = (
        f"values without a unit reach as high a peak somewhere in the range in {percent(alone)} of the draws, "
        f"groups of equal values that stand anywhere in {percent(together)}"
    )
    numbers: dict[str, float | None] = {
        "p_value_values": alone,
        "p_value_groups": together,
        "phi": found.best.phi,
        "lowest_unit_tried": found.trial.low,
        "highest_unit_tried": found.trial.high,
        "draws": float(search.REPEATS),
    }
    outcome, headline, reasons = "undecided", "UNDECIDED", [chance]
    if significant and found.at_edge:
        reasons.insert(0, f"the best unit, {size}, lies at the end of the range that was searched: widen --range")
    elif significant and 5 * found.at_zero > found.values.size:
        reasons.insert(
            0,
            f"{found.at_zero} of {found.values.size} values are smaller than half of the best unit, {size}, and so count as "
            "its multiple 0, which every unit has: leave them out, or search smaller units with --range",
        )
    elif significant and near:
        other = found.scale.say(near[0].unit)
        reasons.insert(
            0, f"{size} and {near[0].name}, {other}, fit nearly alike: {near[0].against}; more values decide"
        )
    elif significant:
        outcome, headline = "yes", f"A UNIT IS THERE: {size}"
    elif not found.open_units.any():
        outcome, headline = "no", "NO UNIT IN THE RANGE"
        reasons.append(
            f"every unit of the range is excluded at 95 %, as far as its multiples hold within "
            f"{options.level_margin:g} of it (95 % of the values)"
        )
    else:
        left = found.trial.units[found.open_units]
        span = f"{found.scale.say(float(left[-1]))} to {found.scale.say(float(left[0]))}"
        why = "the values would cluster, but their groups could stand there by chance" if alone <= SIGNIFICANT else (
            "too few values for the range that was searched, or no unit"
        )  # fmt: skip
        reasons.insert(
            0,
            f"{why}; not excluded are {int(found.open_units.sum())} of {found.trial.units.size} trial units, from {span}",
        )
        reasons.append("more values, smaller uncertainties or a narrower --range that was stated beforehand decide")
    return Answer(question=_QUESTION, outcome=outcome, headline=headline, reasons=tuple(reasons), numbers=numbers)  # type: ignore[arg-type]


def _budget(unit: Estimate) -> tuple[BudgetLine, ...]:
    total = unit.std**2 or 1.0
    rows = [("scatter of the values", "statistical", unit.std_stat)]
    rows += [(name, "systematic", abs(shift)) for name, shift in unit.systematic.items()]
    return tuple(BudgetLine(source=n, kind=k, value="", std=s, share=s**2 / total) for n, k, s in rows)


def _comparisons(unit: Estimate) -> tuple[Comparison, ...]:
    """The unit beside the fundamental units of its dimension, which took no part in finding it."""
    return tuple(
        Comparison(name=q.symbol, value=q.value, unit=q.unit, ratio=unit.value / q.value, ratio_std=unit.std / q.value)
        for q in candidates(unit.unit or "")
        if q.value
    )


def _ledger(found: Found, options: FitOptions) -> tuple[Choice, ...]:
    low, high = (found.scale.say(v) for v in (found.trial.low, found.trial.high))
    weights = "all values alike" if found.std is None else "each value by exp(-2 pi^2 std^2/q^2), the best of all sums"
    return (
        Choice(
            choice="range of units", value=f"{low} to {high}", origin="user" if found.trial.stated else "default",
            note=f"{found.trial.units.size} trial units, even in 1/q",
        ),
        Choice(choice="weights of the quantogram", value=weights, origin="default" if found.std is None else "data"),
        Choice(
            choice="null", value=f"{search.REPEATS} draws, twice", origin="default",
            note="each value moved by a normal deviate as wide as Silverman's kernel; once one by one, once by multiple",
        ),
        Choice(choice="significance", value=f"{SIGNIFICANT:g}", origin="default", note="for both nulls"),
        Choice(choice="seed", value=str(options.seed), origin="default" if options.seed == 1 else "user"),
    )  # fmt: skip


def _warnings(found: Found, *, shown: bool) -> tuple[str, ...]:
    out = []
    common = int(np.gcd.reduce(np.abs(found.best.multiples)))
    if shown and common > 1:
        whole = found.scale.say(common * found.line.unit)
        out.append(f"all multiples share the factor {common}: the unit may be {whole}, outside the range")
    if shown and found.at_zero:
        out.append(f"{found.at_zero} values are smaller than half of the unit: they are read as its multiple 0")
    offset, std = offset_of(found.values, found.std, found.best.multiples)
    if shown and std > 0 and abs(offset) > 3 * std:
        size = found.scale.say(offset, std)
        out.append(
            f"the values lie {size} off their multiples on average, {abs(offset) / std:.1f} standard uncertainties: "
            "take an offset out, or give differences of neighbouring values"
        )
    return tuple(out)
