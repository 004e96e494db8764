"""Levels, dwell times and step height of a conductance that switches in time: memristor, relay, single contact.

Change points come from a search that proposes and a test that knows the noise (`reduction/change_points.py`); the stretches
between them are grouped into states (`fitters/trace_states.py`); how long the trace stays in each is counted
(`fitters/trace_dwells.py`); and every state is given the multiple of the quantum that it is nearest to
(`fitters/trace_count.py`), a freedom that the verdict pays for.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.findings import BudgetLine, Findings
from gzero.fitters.joint_levels import joint_of_levels
from gzero.fitters.options import FitOptions
from gzero.fitters.step_height import StepHeight, step_height
from gzero.fitters.trace_blocks import block_means
from gzero.fitters.trace_count import Count, count
from gzero.fitters.trace_dwells import FEW, dwells_of
from gzero.fitters.trace_exhibits import (
    Told,
    dwell_picture,
    level_table,
    picture,
    states_table,
    steps_table,
    switches_table,
    transitions_table,
)
from gzero.fitters.trace_states import PASSAGE, states_of
from gzero.joint import JointEstimates
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.reduction.calibration import Calibration
from gzero.reduction.change_points import CHANCE, ChangePoints, find_change_points
from gzero.reduction.selection import Selected, select

#: Fewest readings of a trace, and most of one that is searched: a longer one is averaged by blocks.
_FEWEST, _MOST = 20, 6000
#: Scatter of visits over their noise that is worth a warning.
_WIDE = 2.0
#: Share of longer intervals between readings that is worth a warning.
_UNEVEN = 0.01
#: Quanta below which a step that would be found says that readings repeat exactly.
_NO_NOISE = 1e-6
#: Spread of the step height of levels that lie anywhere, in quanta, below which it is no evidence: the default margin.
_NO_EVIDENCE = 0.05

METHOD = (
    "Change points are proposed by PELT with squared residuals (Killick 2012, doi 10.1080/01621459.2012.737745) and kept where the height of the step, fitted with "
    "all others under the spectrum of the noise, is significant: a trace without steps shows one in about a hundred.",
    "Stretches between them whose levels do not differ significantly are visits to one state; a level is the mean of its "
    "readings, with the correlation of the noise in its uncertainty.",
    "The mean dwell time of a state is the time in it over the exits seen, with the Poisson uncertainty of their number.",
    "Each state is given the multiple of the quantum that it is nearest to; how often levels that are no multiples pass with "
    "that freedom is simulated.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """Everything that a switching trace shows.

    Returns
    -------
    Findings with `step_height` [unit of the conductance], or `conductance` where there is no level above zero, and
    `dwell_time_n` [s] of every state n from the lowest that was left at least three times; its levels, and the level set of the verdict.

    Raises
    ------
    InputError : fewer than 20 readings, or readings that make no trace.  UnitError : a calibration of another dimension.
    """
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    averaged = block_means(measurement, calibration, options.selection, most=_MOST)
    if averaged is None:
        selected = select(measurement, calibration, options.selection, quantum=None, least=_FEWEST)
        curve, block = _blocks(selected.curve)
    else:
        selected, block = averaged
        curve = selected.curve
    points = find_change_points(
        curve.y, std=curve.y_std, gaps=_gaps(curve, measurement, selected),
        assumed_white=options.noise_model == "white", source=selected.noise,
    )  # fmt: skip
    states = states_of(curve, points)
    stated = {"gain", "offset", "series_resistance", "bias"} & set(measurement.conditions)
    zero_known = "offset" in stated
    found = count(
        states, calibration, options, zero_stated=zero_known, stated=bool(stated) or measurement.ordinate.chained
    )
    dwells = dwells_of(states.visits, len(states))
    told = Told(curve=curve, states=states, count=found, dwells=dwells, options=options)
    line, problem = _line(found, curve.y_unit)
    listings = [states_table(told)] if len(states) else []
    if len(states) > 1:
        listings.append(steps_table(told))
    if np.any(states.visits_of > 1) and len(states) > 1:  # a state that is seen once says nothing of where it leads
        listings.append(transitions_table(told))
    if states.visits[1:]:
        listings.append(switches_table(told))
    return Findings(
        estimates=_estimates(told, line),
        levels=level_table(told),
        level_set=found.level_set,
        curve=curve,
        exclusions=selected.exclusions,
        joint=_joint(found, line),
        budget=() if line is None else _budget(line),
        ledger=(*selected.ledger, *_ledger(told, points, block, zero_known=zero_known)),
        warnings=(*selected.warnings, *problem, *_warnings(told, points, line, zero_known=zero_known)),
        pictures=tuple(p for p in (picture(told, zero_known=zero_known), dwell_picture(told)) if p is not None),
        listings=tuple(listings),
        method=METHOD,
    )


def _blocks(curve: Curve) -> tuple[Curve, int]:
    """A curve that can be searched, and how many readings each of its points is the mean of."""
    size = math.ceil(len(curve) / _MOST)
    if size == 1:
        return curve, 1
    whole = len(curve) // size * size

    def mean(values: np.ndarray) -> np.ndarray:
        return np.asarray(values[:whole].reshape(-1, size).mean(axis=1))

    std = None if curve.y_std is None else np.sqrt(mean(curve.y_std**2) / size)
    rows = None if curve.rows is None else curve.rows[:whole:size]
    return replace(curve, x=mean(curve.x), y=mean(curve.y), y_std=std, rows=rows), size


def _gaps(curve: Curve, measurement: Measurement, selected: Selected) -> tuple[int, ...]:
    """Readings before which the instrument stood at its rail: what the contact did there was not seen."""
    lost = [measurement.abscissa.values[e.indices] for e in selected.exclusions if e.rule == "overload"]
    if not lost:
        return ()
    after = np.unique(np.searchsorted(curve.x, np.concatenate(lost)))
    return tuple(int(i) for i in after if 0 < i < len(curve))


def _line(found: Count, unit: str | None) -> tuple[StepHeight | None, tuple[str, ...]]:
    """The common step of the levels, and why there is none or none behind a series resistance."""
    if found.level_set is None:
        return None, ()
    try:
        return step_height(found.level_set, unit), ()
    except FitError as error:
        plain = step_height(replace(found.level_set, resistance_fitted=False), unit)
        return plain, (f"no series resistance was fitted: {error.problem}",)


def _joint(found: Count, line: StepHeight | None) -> JointEstimates | None:
    """Step and levels together; two states on one multiple would share a name."""
    levels = found.level_set
    if levels is None or line is None or np.unique(levels.indices).size < len(levels):
        return None
    return joint_of_levels(levels, line)


def _estimates(told: Told, line: StepHeight | None) -> dict[str, Estimate]:
    out: dict[str, Estimate] = {}
    if line is not None:
        out["step_height"] = line.step
        if line.series_resistance is not None:
            out["series_resistance"] = line.series_resistance
    elif len(told.states):
        k = int(np.argmax(told.states.readings))
        out["conductance"] = told.estimate(told.level(k), unit=told.curve.y_unit)
    for n, dwell in enumerate(told.dwells, 1):
        mean = dwell.estimate(told.curve.x_unit)
        if mean is not None and dwell.exits >= FEW:
            out[f"dwell_time_{n}"] = mean
    return out


def _budget(line: StepHeight) -> tuple[BudgetLine, ...]:
    total = line.step.std**2 or 1.0
    rows = [("noise of the readings, scatter of the visits", "statistical", line.step.std_stat)]
    rows += [(name.replace("_", " "), "systematic", abs(shift)) for name, shift in line.step.systematic.items()]
    return tuple(BudgetLine(source=n, kind=k, value="", std=s, share=s**2 / total) for n, k, s in rows)


def _ledger(told: Told, points: ChangePoints, block: int, *, zero_known: bool) -> tuple[Choice, ...]:
    q, symbol, noise = abs(told.options.unit), told.options.quantum.symbol, points.noise
    switches = int((~points.gaps).sum())
    averaged = (
        Choice(
            choice="averaging", value=f"{block} readings", origin="default",
            note=f"more than {_MOST} readings are searched as means of consecutive ones",
        ),
    ) if block > 1 else ()  # fmt: skip
    multiples = ", ".join(str(int(n)) for n in told.count.multiples)
    return (
        *averaged,
        Choice(
            choice="noise of one reading", value=f"{noise.typical / q:.3g} {symbol}", origin="data",
            note=noise.description,
        ),
        Choice(
            choice="change points", value=f"{switches} of {points.candidates} candidates", origin="data",
            note=f"search with the penalty {points.penalty / q**2:.3g} ({symbol})^2; kept from a score of {points.threshold:.2f} "
            f"on, which a trace without steps reaches with a chance of {100 * CHANCE:g} %",
        ),
        Choice(
            choice="states", value=str(len(told.states)), origin="data",
            note=f"visits are one state unless they differ by {told.states.quantile:.2f} standard uncertainties, 1 % over all pairs",
        ),
        Choice(
            choice="multiples", value=multiples or "none", origin="data",
            note=f"each state the nearest multiple of {symbol}" + ("" if zero_known else ", above the lowest state"),
        ),
        Choice(
            choice="zero of the readings", value="stated" if zero_known else "free", origin="user" if zero_known else "default",
            note="--offset" if zero_known else "no offset was stated: heights are above the lowest state",
        ),
    )  # fmt: skip


def _by_itself(line: StepHeight) -> float:
    """Standard deviation of the step height [quanta] of levels that lie anywhere about their nearest multiples: each is even
    within half a quantum."""
    return float(np.linalg.norm(line.weights)) / math.sqrt(12.0)


def _warnings(told: Told, points: ChangePoints, line: StepHeight | None, *, zero_known: bool) -> list[str]:
    found, states, q, symbol = told.count, told.states, told.options.unit, told.options.quantum.symbol
    out = []
    if not zero_known and len(states):
        lowest = Estimate(value=float(states.values[0]), std_stat=float(states.std[0]), unit=told.curve.y_unit)
        out.append(
            f"no offset was stated: the lowest state reads {lowest.value:.4g} +- {lowest.std_stat:.1g} {lowest.unit or ''} = "
            f"{lowest.value / q:.3f} {symbol}, and heights are above it; if it is the open contact, state --offset "
            f'"{lowest.value:.4g} +/- {lowest.std_stat:.1g} {lowest.unit or ""}"'
        )
    elif zero_known and not np.any(told.count.multiples == 0):
        out.append(
            "the trace never reaches an open contact: that the stated offset is its reading cannot be checked here"
        )
    if len(states) and not found.counted:
        out.append(_none_counted(told))
    if zero_known and len(states) and states.values[0] < -3 * found.total()[0]:
        out.append(
            "a state lies below zero beyond its uncertainty: the sign of the readings, or the stated offset, is another one"
        )
    spacing = np.diff(told.curve.x)
    if np.mean(spacing > 1.5 * np.median(spacing)) > _UNEVEN:
        out.append(
            "the times are not evenly spaced: the noise is taken by the number of readings, and its correlation is not in time"
        )
    if not states.visits[1:]:
        out.append(_no_switch(told, points))
    if line is not None and found.level_set is not None and (loose := _by_itself(line)) < _NO_EVIDENCE:
        out.append(
            f"the step height is near the quantum by itself: as each level takes its nearest multiple, levels that lie anywhere "
            f"would give 1.00 +- {loose:.2f} {symbol}; what counts is how far each level lies from its multiple"
        )
    short = sum(v.state == PASSAGE for v in states.visits)
    if short:
        one = "stretch between change points is" if short == 1 else "stretches between change points are"
        out.append(f"{short} {one} too short for a state: a passage from one state to another, or a spike")
    for k, dwell in enumerate(told.dwells):
        if dwell.odd:
            kind = "several time constants" if (dwell.evenness or 0) > 1 else "stays that are more regular"
            out.append(f"the dwell times of state {k + 1} are not exponential (evenness {dwell.evenness:.2f}): {kind}")
    wide = np.flatnonzero(states.scatter > _WIDE)
    if wide.size:
        out.append(
            f"the visits of state {', '.join(str(k + 1) for k in wide)} scatter beyond their noise: the uncertainty of the level "
            "is widened by " + ", ".join(f"{states.scatter[k]:.2g}" for k in wide)
        )
    if points.noise.red:
        out.append(
            "the noise is slow: steps are judged by their edges, and drifts of a level count as noise, which its uncertainty holds"
        )
    return out


def _none_counted(told: Told) -> str:
    """Why there are levels in the table and none in the verdict."""
    found, q, k = told.count, abs(told.options.unit), len(told.states)
    levels = "1 level was" if k == 1 else f"{k} levels were"
    if np.any(found.multiples > 0):
        low, high = told.options.plateaus or (1, 1)
        return f"{levels} found, and none of them is one of the levels {low} to {high} that the claim is about"
    farthest = float(np.max(np.abs(found.values))) / q
    which = "and it is" if k == 1 else "and all of them are"
    return (
        f"{levels} found, {which} the open contact, within its uncertainty or {told.options.level_margin:g} quanta of zero (the "
        f"farthest {farthest:.2g} {told.options.quantum.symbol} off): none is counted as a step; if the contact was closed, look at "
        "the unit of the readings and at --quantum"
    )


def _no_switch(told: Told, points: ChangePoints) -> str:
    """What would have been found."""
    n = len(told.curve)
    weights = np.where(np.arange(n) < n // 2, -1.0 / (n // 2), 1.0 / (n - n // 2))[:, None]
    least = points.threshold * float(np.sqrt(points.noise.covariance(weights)[0][0, 0]))
    if least < _NO_NOISE * abs(told.options.unit):
        return "no switch was found, in readings that show no noise: an instrument that stands still looks like this"
    return (
        f"no switch was found; a step of {least / abs(told.options.unit):.2g} {told.options.quantum.symbol} in the middle of the "
        "trace would have been, in half of the cases"
    )
