"""Plateaus of a quantum Hall bar: conductance a filled level, density, mobility, and what a metrologist checks.

Plateaus are where R_xy stops following the classical line and R_xx falls (`gzero.reduction.hall_plateaus`); their filling
factors are counted from the density and the field (`gzero.fitters.hall_count`); the levels 1/R_xy over these numbers are a
staircase whose step is put to the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gzero.errors import ConfigError, FitError
from gzero.estimate import Estimate
from gzero.fitters.findings import Findings
from gzero.fitters.hall_choices import budget, choices, claim, method, warnings_of
from gzero.fitters.hall_count import FROM_QUANTUM, Source, count
from gzero.fitters.hall_current import FEWEST_READINGS, Currents, currents_of, read_at
from gzero.fitters.hall_current_exhibits import (
    at_no_current,
    current_choices,
    current_rows,
    current_table,
    current_warnings,
)
from gzero.fitters.hall_exhibits import listings, pictures
from gzero.fitters.hall_levels import HallLevels, level_table, levels_of
from gzero.fitters.hall_look import Found, densities, folded, look
from gzero.fitters.hall_side_exhibits import side_rows, side_table, side_warnings
from gzero.fitters.hall_sides import SideChecks, side_checks
from gzero.fitters.joint_levels import joint_of_levels
from gzero.fitters.level_set import LevelSet
from gzero.fitters.options import FitOptions
from gzero.fitters.step_height import StepHeight, step_height
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement
from gzero.reduction.calibration import Calibration
from gzero.reduction.current_groups import at_currents
from gzero.reduction.selection import select


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """Everything that a Hall bar shows.

    Returns
    -------
    Findings with `step_height` (conductance per unit of filling factor) where two or more integer plateaus are counted,
    `density`, `density_sdh`, `sheet_resistance` and `mobility`.

    Raises
    ------
    InputError : readings that make no curve.  UnitError, ConfigError : conditions that cannot belong to a Hall bar.
    """
    split = at_currents(measurement)
    if not split:
        return _at_one_current(measurement, options, ())
    others = tuple((one.current, measurement.taken(one.rows)) for one in split[1:])
    rows = split[0].rows
    findings = _at_one_current(measurement.taken(rows), options, ((split[0].current, None), *others))
    # rules speak of rows of the trace, and so does what was read at other currents
    aside = np.setdiff1d(np.arange(measurement.abscissa.values.size), rows)
    reason = "read at another current: compared with the plateaus of the lowest one, and no part of its levels"
    return replace(
        findings,
        exclusions=(
            *(replace(e, indices=rows[e.indices]) for e in findings.exclusions),
            Exclusion(rule="other currents", reason=reason, indices=aside),
        ),
    )


#: Size of a current [A] and what was read at it; None for that of the main answer, which comes first.
Others = tuple[tuple[float, Measurement | None], ...]


def _at_one_current(measurement: Measurement, options: FitOptions, currents: Others) -> Findings:
    """The answer from the readings at one current, with what those at others do to its plateaus."""
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    four = replace(calibration, series_resistance=Estimate(value=0.0, unit="ohm"))
    four.check(measurement.ordinate.unit)
    selected = select(measurement, four, options.selection, quantum=None)
    found = look(measurement, selected, options, calibration.series_resistance.value, four)
    estimates, degeneracy, notes = densities(found, measurement.conditions, four)
    source, note = _source(found, measurement, estimates, degeneracy)
    counted = count(found.bar, found.plateaus, source, quantum=options.unit)
    levels = levels_of(found.bar, counted, found.noise, calibration, series=found.series)
    at = levels.claimed(options.plateaus)
    stated = {"gain", "offset", "series_resistance"} & set(measurement.conditions)
    level_set = levels.level_set(
        at,
        counted_from="quantum" if source.name == FROM_QUANTUM else "density and field",
        resistance_fitted=options.fit_resistance,
        calibrated=bool(stated) or measurement.ordinate.chained or options.fit_resistance,
    )
    line, problem = _line(level_set)
    notes += [problem] if problem else []
    if line is not None:
        estimates = _steps(line, measurement.conditions) | estimates
    shown = levels
    if line is not None and line.series_resistance is not None:
        shown = levels.behind(level_set, at)
    sides = _sides(found, levels, at, options)
    driven = _currents(found, levels, at, currents, options, four)
    if driven is not None and line is not None:
        wide = [i for i, k in enumerate(at) if levels.counted[k].index in driven.fillings]
        estimates |= at_no_current(driven, level_set.only(wide), levels.window[[at[i] for i in wide]])
    table = level_table(shown, at, quantum=options.unit, declared=options.plateaus is not None)
    return Findings(
        estimates=estimates,
        levels=table,
        level_set=level_set if at else None,
        curve=selected.curve,
        exclusions=selected.exclusions,
        fit=None if found.waves is None else found.waves.fit,
        fit_curve=None if found.waves is None else found.waves.curve,
        joint=None if line is None else joint_of_levels(level_set, line),
        budget=() if line is None else budget(levels, at, level_set, line, found.noise),
        ledger=(
            *selected.ledger,
            *choices(found, options, degeneracy, measurement),
            *current_choices(currents, driven),
            note,
            claim(levels, at, options),
        ),
        warnings=(
            *selected.warnings,
            *notes,
            *warnings_of(found, levels, at, measurement, options),
            *side_warnings(sides),
            *current_warnings(driven),
        ),
        pictures=pictures(found.bar, shown, at, found.low, found.waves),
        listings=listings(
            found.bar,
            shown,
            found.view,
            estimates,
            degeneracy,
            more=(*side_rows(sides), *current_rows(driven, measurement, at)),
            tables=(*side_table(sides), *current_table(driven)),
        ),
        method=method(found, source),
    )


def _sides(found: Found, levels: HallLevels, at: Sequence[int], options: FitOptions) -> SideChecks | None:
    """What both sides of the bar say on the plateaus of the claim."""
    if found.sides is None or not at:
        return None
    low = None if found.low is None else (found.low.readings, found.low.slope.value)
    windows = sorted((slice(p.first, p.last + 1) for p in found.plateaus), key=lambda piece: piece.start)
    responses = np.column_stack([levels.counted[k].plateau.response for k in at])
    fillings = [levels.counted[k].index for k in at]
    return side_checks(
        found.bar.x, found.sides, responses, fillings, windows, low, assumed_white=options.noise_model == "white"
    )


def _currents(
    found: Found, levels: HallLevels, at: Sequence[int], currents: Others, options: FitOptions, four: Calibration
) -> Currents | None:
    """The plateaus of the claim at the other currents."""
    at = [k for k in at if levels.counted[k].plateau.points >= FEWEST_READINGS]
    if not currents or not at:
        return None
    read, left_out = [], []
    windows = [(levels.counted[k].plateau.x_low, levels.counted[k].plateau.x_high) for k in at]
    for current, other in currents:
        bar, source = found.bar, ""
        if other is not None:
            selected = select(other, four, options.selection, quantum=None)
            (bar, _), source = folded(other, selected, options, found.series, four), selected.noise
        one = read_at(
            bar, windows, current, low_end=None if found.low is None else found.low.end, source=source,
            assumed_white=options.noise_model == "white",
        )  # fmt: skip
        if one is None:
            left_out.append(current)
        else:
            read.append(one)
    return currents_of([levels.counted[k].index for k in at], read, left_out)


def _source(
    found: Found, measurement: Measurement, estimates: Mapping[str, Estimate], degeneracy: int
) -> tuple[Source, Choice]:
    """What fillings are counted from, best first.

    Raises
    ------
    ConfigError : a stated density that is none of a sheet.
    """
    conditions, bar = measurement.conditions, found.bar
    stated = conditions.get("density")
    if stated is not None and stated.unit != "1/m^2":
        raise ConfigError(
            f"a density in [{stated.unit}] is none of a sheet",
            remedy="state --density per area, such as '3.1e15 1/m^2'",
        )
    by = "data"
    if bar.filling is not None:
        source, note = Source(name="filling factors of the file"), "a column of the file"
    elif not bar.over_field and "magnetic_field" in conditions:
        source = Source(name="density and stated field", field=conditions["magnetic_field"])
        note, by = f"nu = n h/(e B), B = {conditions['magnetic_field'].value:g} T", "user"
    elif bar.over_field and stated is not None:
        source, note, by = Source(name="stated density", density=stated), f"n = {stated.value:.4g} 1/m^2", "user"
    elif "density_sdh" in estimates and found.low is not None and _together(estimates):
        source = Source(name="period of the oscillations", density=estimates["density_sdh"])
        note = f"nu = n h/(e B), with the g = {degeneracy} that the low-field slope settles: no gain enters it"
    elif "density" in estimates:
        source = Source(name="low-field slope", density=estimates["density"])
        note = "nu = n h/(e B), n = 1/(e dR_xy/dB) of the classical line"
    else:
        source = Source(name=FROM_QUANTUM)
        note = "no low field, density or filling factor is there: the first plateau by the quantum, the others by their fields"
    return source, Choice(
        choice="filling factors", value=f"counted from the {source.name.removeprefix('the ')}",
        origin="user" if by == "user" else "data", note=note,
    )  # fmt: skip


def _together(estimates: Mapping[str, Estimate]) -> bool:
    """Whether slope and period are the same density but for a gain: then the period counts, as it knows none."""
    return abs(estimates["density_sdh"].value / estimates["density"].value - 1) < 0.2


def _line(level_set: LevelSet) -> tuple[StepHeight | None, str]:
    """The line through the levels; where a series resistance cannot be fitted, the one without it, and why."""
    if len(level_set) == 0:
        return None, ""
    try:
        return step_height(level_set, "S"), ""
    except FitError as error:
        plain = step_height(replace(level_set, resistance_fitted=False), "S")
        return plain, f"no series resistance was fitted: {error.problem}"


def _steps(line: StepHeight, conditions: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Conductance a filled level, its inverse, and the series resistance."""
    step = line.step
    out = {"step_height": step}
    slope = -1 / step.value**2
    out["von_klitzing"] = Estimate(
        value=1 / step.value,
        std_stat=abs(slope) * step.std_stat,
        systematic={s: slope * v for s, v in step.systematic.items()},
        unit="ohm",
    )
    if line.series_resistance is not None:
        out["series_resistance"] = line.series_resistance
    elif "series_resistance" in conditions:
        out["series_resistance"] = conditions["series_resistance"]
    return out
