"""Step height, mode by mode transmission and series resistance of a conductance staircase.

Two estimators that must agree: the levels of the flat stretches against their count (`step_height`, primary), and a
global fit of the staircase model (`step_height_model`), from which thresholds and widths come. Measured risers are
not logistic, so the model's step is the less robust of the two; their difference is carried as its model uncertainty.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from gzero.errors import FitError, InputError
from gzero.estimate import Estimate
from gzero.fitters.engine import fit_model
from gzero.fitters.findings import BudgetLine, Findings
from gzero.fitters.level_set import LevelSet
from gzero.fitters.level_table import level_table
from gzero.fitters.options import FitOptions
from gzero.fitters.result import FitResult
from gzero.fitters.step_height import StepHeight, step_height
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.staircase import staircase
from gzero.reduction.calibration import Calibration
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import Staircase, find_staircase, is_flat
from gzero.reduction.selection import select

_FIRST = "a curve that does not reach pinch-off has no counted n"


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """Everything that a staircase shows.

    Raises
    ------
    InputError : readings that make no curve.
    """
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    selected = select(measurement, calibration, options.selection, quantum=options.unit)
    curve, exclusions = selected.curve, selected.exclusions
    stairs = find_staircase(curve)
    ledger = [*selected.ledger, *_default_choices(options, stairs, selected.noise)]
    first, counted_from, note = _first_index(stairs, options)
    ledger.append(note)
    counted = _counted(stairs, first, options)
    ledger.append(_claim(counted, stairs, first, options))
    warnings = [*selected.warnings, *_warnings(stairs, options, counted)]
    if not counted:
        return Findings(
            estimates={},
            levels=level_table(stairs, first, calibration, options, counted),
            curve=curve,
            exclusions=exclusions,
            ledger=tuple(ledger),
            warnings=tuple(warnings),
        )
    level_set = _level_set(counted, first, calibration, counted_from, options)
    level_set = _with_freedoms(level_set, stairs, counted, measurement)
    if not level_set.calibrated:
        warnings.append(
            "no gain, offset or series resistance was stated: the scale of the conductance is taken as exact"
        )
    line, problem = _line(level_set, curve.y_unit)
    warnings += [problem] if problem else []
    fitted_resistance = line.series_resistance is not None
    estimates = {"step_height": line.step}
    warnings += _resistance(line, measurement, options, estimates)
    model, fit_curve, why = _model_fit(curve, stairs, counted, line, options, fitted_resistance)
    if model is not None:
        estimates["step_height_model"], more = _model_step(model, line)
        warnings += more
    else:
        warnings.append(f"no model fit: {why}")
    estimates["transmission"] = line.step.scaled(1 / options.unit, "")
    return Findings(
        estimates=estimates,
        levels=level_table(stairs, first, calibration, options, counted, line if fitted_resistance else None),
        level_set=level_set,
        curve=curve,
        exclusions=exclusions,
        fit=None if model is None else replace(model, levels=level_set),
        fit_curve=fit_curve,
        budget=_budget(counted, line),
        ledger=tuple(ledger),
        warnings=tuple(warnings),
    )


def _line(level_set: LevelSet, unit: str | None) -> tuple[StepHeight, str]:
    """The line through the levels; where a series resistance cannot be fitted, the one without it, and why.

    The level set keeps the wish on record: a verdict on it stays undecided.
    """
    try:
        return step_height(level_set, unit), ""
    except FitError as error:
        plain = step_height(replace(level_set, resistance_fitted=False), unit)
        return plain, f"no series resistance was fitted: {error.problem}"


def _default_choices(options: FitOptions, stairs: Staircase, noise: str) -> list[Choice]:
    """How risers and noise were read off, for the ledger."""
    s = options.selection
    window = s.x_low > -math.inf or s.x_high < math.inf
    return [
        Choice(
            choice="range",
            value=f"{s.x_low:g}:{s.x_high:g}" if window else "all of the sweep",
            origin="user" if window else "default",
        ),
        Choice(
            choice="noise of one reading",
            value=f"{stairs.noise / options.unit:.3g} {options.quantum.symbol}",
            origin="data",
            note=noise or "estimated from the data",
        ),
        Choice(
            choice="correlation length",
            value=f"{stairs.correlation_length:.2g} readings",
            origin="data",
            note="from the flat stretches; 1 is white noise",
        ),
        Choice(
            choice="smoothing of the slope",
            value=f"{stairs.smoothing} readings",
            origin="data",
            note="narrowest local parabola whose slope noise is below 4 % of the steep part",
        ),
    ]


def _first_index(stairs: Staircase, options: FitOptions) -> tuple[int, str, Choice]:
    """How many risers lie below the first one in the data."""
    if stairs.pinched_off or not stairs.plateaus:
        return 0, "pinch-off", Choice(choice="first plateau", value="counted from pinch-off", origin="data")
    lowest = stairs.plateaus[0]
    below = max(0, round(lowest.level / options.unit) - lowest.index)
    note = f"{_FIRST}: the lowest level, {lowest.level / options.unit:.3f} {options.quantum.symbol}, is taken for n = {lowest.index + below}"
    return (
        below,
        "quantum",
        Choice(choice="first plateau", value=f"n = {lowest.index + below}, from the quantum", origin="data", note=note),
    )


def _counted(stairs: Staircase, first: int, options: FitOptions) -> list[Plateau]:
    """The plateaus that the claim is about: those declared, or every flat one from the first on without a gap."""
    if options.plateaus is not None:
        low, high = options.plateaus
        return [p for p in stairs.plateaus if low <= p.index + first <= high]
    out: list[Plateau] = []
    for plateau in stairs.plateaus:
        if not is_flat(plateau) or (out and plateau.index != out[-1].index + 1):
            break
        out.append(plateau)
    return out


def _claim(counted: list[Plateau], stairs: Staircase, first: int, options: FitOptions) -> Choice:
    value = ", ".join(str(p.index + first) for p in counted) or "none"
    if options.plateaus is not None:
        return Choice(
            choice="plateaus of the claim",
            value=value,
            origin="user",
            note=f"declared {options.plateaus[0]}:{options.plateaus[1]}; {len(stairs.plateaus)} found",
        )
    return Choice(
        choice="plateaus of the claim",
        value=value,
        origin="data",
        note=f"every flat one from the first on; {len(stairs.plateaus)} found",
    )


def _warnings(stairs: Staircase, options: FitOptions, counted: list[Plateau]) -> list[str]:
    out = []
    if not stairs.risers:
        out.append("no riser stands out of the slope of this curve")
    if options.plateaus is not None:
        wanted = options.plateaus[1] - options.plateaus[0] + 1
        if len(counted) < wanted:
            out.append(f"{len(counted)} of the {wanted} declared plateaus were found")
    for level, x in stairs.sub_steps:
        out.append(
            f"a shoulder at {level / options.unit:.2f} {options.quantum.symbol} (x = {x:.4g}) is too small for a riser: flagged, not counted"
        )
    if reading := _unexplained(stairs, counted):
        out.append(
            f"the reading at pinch-off is {reading / options.unit:.3f} {options.quantum.symbol}, not zero: state --offset if it is one"
        )
    return out


def _level_set(
    counted: list[Plateau], first: int, calibration: Calibration, counted_from: str, options: FitOptions
) -> LevelSet:
    variances = [p.std_noise**2 + p.std_window**2 for p in counted]
    shifts = [calibration.shifts(p.level) for p in counted]
    sources = sorted({source for shift in shifts for source in shift})
    return LevelSet(
        indices=np.array([p.index + first for p in counted]),
        values=np.array([p.level for p in counted]),
        covariance=np.diag(variances),
        shifts={source: np.array([shift.get(source, 0.0) for shift in shifts]) for source in sources},
        flat=tuple(is_flat(p) for p in counted),
        counted_from=counted_from,
        resistance_fitted=options.fit_resistance,
    )


#: The systematic part of a reading at pinch-off that is not zero and that nobody called an offset.
_UNEXPLAINED = "reading at pinch-off"

#: A shoulder at this height above the level below is the published 0.7 structure (0.5 to 0.9), flagged and allowed;
#: within a tenth of a level it is a resonance on a plateau.
_ALLOWED_SHOULDERS = ((0.0, 0.1), (0.5, 1.0))


def _unexplained(stairs: Staircase, counted: list[Plateau]) -> float:
    """The reading at pinch-off where it is more than 2 % of the first level, which the tail of a riser is not; else 0."""
    if not counted or not stairs.pinched_off or stairs.baseline is None:
        return 0.0
    return stairs.baseline if abs(stairs.baseline) > 0.02 * abs(counted[0].level) else 0.0


def _with_freedoms(
    level_set: LevelSet, stairs: Staircase, counted: list[Plateau], measurement: Measurement
) -> LevelSet:
    """The level set with what else the claim rests on: shoulders, an unexplained reading at pinch-off, calibration."""
    step = counted[-1].level / counted[-1].index if counted[-1].index else counted[-1].level
    heights = [level / step % 1.0 for level, _ in stairs.sub_steps if level < counted[-1].level]
    shoulders = tuple(h for h in heights if not any(low <= h <= high for low, high in _ALLOWED_SHOULDERS))
    shifts = dict(level_set.shifts)
    stated = {"gain", "offset", "series_resistance", "bias"} & set(measurement.conditions)
    if "offset" not in stated and (reading := _unexplained(stairs, counted)):
        # what is read at pinch-off may be an offset of every reading or a leak that ends there: nobody said which
        shifts[_UNEXPLAINED] = np.full(level_set.values.size, -reading)
    return replace(
        level_set, shifts=shifts, shoulders=shoulders, calibrated=bool(stated) or level_set.resistance_fitted
    )


def _resistance(
    line: StepHeight, measurement: Measurement, options: FitOptions, estimates: dict[str, Estimate]
) -> list[str]:
    """The series resistance, declared or fitted, and what its value says."""
    declared = measurement.conditions.get("series_resistance")
    if line.series_resistance is None:
        if declared is not None:
            estimates["series_resistance"] = declared
        return []
    fitted = line.series_resistance
    estimates["series_resistance"] = fitted
    if fitted.value < -2 * fitted.std:
        return [
            f"the fitted series resistance is negative, {fitted.value:.0f} +- {fitted.std:.0f} ohm: a gain above its stated value does that, a resistance does not"
        ]
    return []


def _model_fit(
    curve: Curve, stairs: Staircase, counted: list[Plateau], line: StepHeight, options: FitOptions, fit_resistance: bool
) -> tuple[FitResult | None, Curve | None, str]:
    """The staircase model up to the end of the last counted plateau: a range that ends on a riser biases its height."""
    top = counted[-1]
    end = top.x_low if stairs.descending else top.x_high
    inside = curve.x >= end if stairs.descending else curve.x <= end
    part = Curve(
        x=curve.x[inside], y=curve.y[inside], y_std=None if curve.y_std is None else curve.y_std[inside],
        x_name=curve.x_name, y_name=curve.y_name, x_unit=curve.x_unit, y_unit=curve.y_unit,
    )  # fmt: skip
    risers = stairs.risers[: top.index]
    model = staircase(
        len(risers),
        series_resistance="free" if fit_resistance and len(risers) >= 3 else "none",
        descending=stairs.descending,
    )
    h = line.step.value
    start = {
        "step_height": h,
        "offset": float(part.y.min()),
        "series_resistance": line.series_resistance.value if line.series_resistance else 0.0,
    }
    spacing = float(np.median(np.abs(np.diff(risers)))) if len(risers) > 1 else float(np.ptp(part.x))
    for n, riser in enumerate(risers, 1):
        start[f"threshold_{n}"] = riser
        start[f"width_{n}"] = spacing / 10
    noise = stairs.noise if stairs.noise > 0 else 1e-3 * abs(h)
    y_std = part.y_std if part.y_std is not None else np.full(len(part), noise)
    try:
        result = fit_model(
            model,
            part,
            start,
            y_std=y_std,
            noise_model="stated" if part.y_std is not None else "estimated from the data",
        )
    except (FitError, InputError) as error:
        return None, None, error.problem
    return result, part, ""


def _model_step(model: FitResult, line: StepHeight) -> tuple[Estimate, list[str]]:
    """The model's step height; its difference from the plateaus' is its model uncertainty."""
    value, std = model.value("step_height"), model.std("step_height")
    difference = value - line.step.value
    share = value / line.step.value
    parts = {source: shift * share for source, shift in line.step.systematic.items()}
    estimate = Estimate(value=value, std_stat=std, systematic={**parts, "riser model": difference}, unit=line.step.unit)
    warnings = []
    if abs(difference) > 2 * line.step.std_stat and abs(difference) > 2 * std:
        warnings.append(
            f"the model's step height differs from the plateaus' by {100 * difference / line.step.value:+.1f} %, more than the "
            "uncertainty of either: believe the plateaus, as the model forces its riser shape on the data"
        )
    if model.at_bounds:
        warnings.append(f"parameters on a bound: {', '.join(model.at_bounds)}")
    return estimate, warnings


def _budget(counted: list[Plateau], line: StepHeight) -> tuple[BudgetLine, ...]:
    """Where the uncertainty of the step height comes from; shares of the variance."""
    w = line.weights
    noise = float(np.sqrt(np.sum((w * [p.std_noise for p in counted]) ** 2)))
    window = float(np.sqrt(np.sum((w * [p.std_window for p in counted]) ** 2)))
    # what is left after the scale factor; below a millionth of the whole it is rounding
    left = 1 - (noise**2 + window**2) / line.step.std_stat**2 if line.step.std_stat > 0 else 0.0
    excess = line.step.std_stat * math.sqrt(left) if left > 1e-6 else 0.0
    rows = [
        (
            "noise of the readings",
            "statistical",
            f"{counted[0].correlation_length:.2g} readings per independent one",
            noise,
        ),
        ("slope and choice of the windows", "statistical", f"{len(counted)} plateaus", window),
        ("scatter of the levels about n h", "statistical", f"chi2/dof {line.chi2:.3g}/{line.dof}", excess),
    ]
    rows += [
        (source.replace("_", " "), "systematic", "declared" if source != _UNEXPLAINED else "not explained", abs(shift))
        for source, shift in line.step.systematic.items()
    ]
    total = sum(std**2 for *_, std in rows)
    return tuple(
        BudgetLine(source=s, kind=k, value=v, std=std, share=std**2 / total if total > 0 else 0.0)
        for s, k, v, std in rows
    )
