"""Step height, mode by mode transmission and series resistance of a conductance staircase.

Two estimators that must agree: the levels of the flat stretches against their count (`step_height`, primary), and a
global fit of the staircase model (`step_height_model`), from which thresholds and widths come. Measured risers are
not logistic, so the model's step is the less robust of the two; what separates them beyond chance is its model
uncertainty. The noise of both is learnt from the model's residuals where the model describes the risers, and from the
flat stretches alone where it does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError, InputError
from gzero.estimate import Estimate
from gzero.fitters.energies import energies
from gzero.fitters.findings import BudgetLine, Findings
from gzero.fitters.joint_levels import joint_of_levels
from gzero.fitters.level_set import LevelSet
from gzero.fitters.level_table import level_table
from gzero.fitters.levels import Levels, levels_of, noise_of_flats
from gzero.fitters.minima import Asking, Together, alone
from gzero.fitters.options import FitOptions
from gzero.fitters.result import FitResult
from gzero.fitters.staircase_choices import (
    claim,
    counted_plateaus,
    default_choices,
    digit_choice,
    first_index,
    noise_choice,
    warnings_of,
)
from gzero.fitters.staircase_model import ModelFit, fit_staircase, initial_noise
from gzero.fitters.step_height import StepHeight, step_height
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice, Exclusion
from gzero.measurement.measurement import Measurement
from gzero.reduction.adc import adc_step
from gzero.reduction.calibration import Calibration
from gzero.reduction.noise import Noise
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import Staircase, find_staircases
from gzero.reduction.selection import select

#: How the numbers come about, for a report.
METHOD = (
    "Risers are the prominent maxima of the slope of the curve; plateaus are the flat stretches between "
    "them, counted from pinch-off by their risers and never by rounding to the nearest multiple.",
    "The level of a plateau is the mean over its window, without the tails of the risers beside it. Its "
    "uncertainty joins the noise of the readings, correlated where they are, and what the choice of the "
    "window changes beyond that noise; a level that is not flat is shown but not counted.",
    "The step height follows from the counted levels against n, with no model of the risers. Where a fit "
    "is shown, its step height is a second estimate of the same quantity.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """Everything that a staircase shows.

    Raises
    ------
    InputError : readings that make no curve.
    """
    return alone(fitting(measurement, options))


def fitting(measurement: Measurement, options: FitOptions) -> Asking[Findings]:
    """`fit`, which asks for its minima, so that many staircases can be fitted side by side."""
    seen = yield from _seen(measurement, options)
    claimed, curve, counted = seen.claimed, seen.curve, seen.claimed.counted
    ledger, warnings = [*seen.ledger], [*seen.warnings]
    if not counted:
        levels = seen.levels(seen.noise)
        return Findings(
            estimates={},
            levels=level_table(levels, options, counted),
            curve=curve,
            exclusions=seen.exclusions,
            ledger=(*ledger, noise_choice(seen.noise, levels, options)),
            warnings=tuple(warnings),
            method=METHOD,
        )
    if seen.digit > 0:
        ledger.append(digit_choice(seen.digit, seen.noise, options))
    model, why = yield from _model(seen)
    noise, levels = _under_its_noise(seen, model)
    level_set = claimed.level_set(levels)
    line, problem = _line(level_set, curve.y_unit)
    if _UNEXPLAINED in level_set.shifts:
        reading = -float(level_set.shifts[_UNEXPLAINED][0]) / options.unit
        warnings.append(
            f"the reading at pinch-off is {reading:.3f} {options.quantum.symbol}, not zero: state --offset if it is one"
        )
    ledger.append(noise_choice(noise, levels, options))
    if not level_set.calibrated:
        warnings.append(
            "no gain, offset or series resistance was stated: the scale of the conductance is taken as exact"
        )
    warnings += [problem] if problem else []
    estimates = {"step_height": line.step}
    warnings += _resistance(line, measurement, estimates)
    if model is None:
        warnings.append(f"no model fit: {why}")
    else:
        estimates["step_height_model"], more = _model_step(model, line)
        estimates |= _offset(model)
        widths, about = energies(model.result, measurement.conditions, curve.x_unit)
        estimates |= widths
        warnings += [*more, *model.warnings, *about]
        ledger += model.choices
    estimates["transmission"] = line.step.scaled(1 / options.unit, "")
    return Findings(
        estimates=estimates,
        levels=level_table(levels, options, counted, line if line.series_resistance is not None else None),
        level_set=level_set,
        curve=curve,
        exclusions=seen.exclusions,
        fit=None if model is None else replace(model.result, levels=level_set),
        fit_curve=None if model is None else model.curve,
        joint=joint_of_levels(level_set, line),
        budget=_budget(levels, counted, line, noise),
        ledger=tuple(ledger),
        warnings=tuple(warnings),
        method=METHOD,
    )


def modelling(measurement: Measurement, options: FitOptions) -> Asking[FitResult | None]:
    """The model's fit by itself, as it stands in the findings; None where there is none, and `fit` says why."""
    seen = yield from _seen(measurement, options)
    if not seen.claimed.counted:
        return None
    model, _ = yield from _model(seen)
    if model is None:
        return None
    _, levels = _under_its_noise(seen, model)
    return replace(model.result, levels=seen.claimed.level_set(levels))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """What a curve shows before a model of it.

    Parameters
    ----------
    before : the noise before any fit;  noise : what the flat stretches show of it by themselves.
    first : risers below the first one in the data.
    digit : step of the digitiser [unit of y].
    """

    claimed: _Claim
    curve: Curve
    exclusions: tuple[Exclusion, ...]
    calibration: Calibration
    before: Noise
    noise: Noise
    first: int
    digit: float
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]

    def levels(self, noise: Noise) -> Levels:
        """The levels under a noise."""
        return levels_of(self.claimed.stairs, noise, self.calibration, first=self.first, adc_step=self.digit)


def _seen(measurement: Measurement, options: FitOptions) -> Asking[_Seen]:
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    selected = select(measurement, calibration, options.selection, quantum=options.unit)
    curve = selected.curve
    stairs: Staircase = yield Together(work=find_staircases, item=curve)
    first, counted_from, note = first_index(stairs, options)
    counted = counted_plateaus(stairs, first, options)
    before = initial_noise(curve, stairs, options.unit, selected.noise)
    before = replace(before, assumed_white=options.noise_model == "white")
    return _Seen(
        claimed=_Claim(
            measurement=measurement, stairs=stairs, counted=counted, counted_from=counted_from, options=options
        ),
        curve=curve,
        exclusions=selected.exclusions,
        calibration=calibration,
        before=before,
        noise=noise_of_flats(before, stairs),
        first=first,
        digit=adc_step(measurement.ordinate.values) / calibration.gain.value,
        ledger=(*selected.ledger, *default_choices(options, stairs), note, claim(counted, stairs, first, options)),
        warnings=(*selected.warnings, *warnings_of(stairs, options, counted)),
    )


def _under_its_noise(seen: _Seen, model: ModelFit | None) -> tuple[Noise, Levels]:
    """The noise that is learnt from a model that describes the curve, else that of the flat stretches; the levels under it."""
    noise = model.noise if model is not None and model.describes else seen.noise
    return noise, seen.levels(noise)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Claim:
    """What the claim is about, apart from the noise."""

    measurement: Measurement
    stairs: Staircase
    counted: list[Plateau]
    counted_from: str
    options: FitOptions

    def of_noise(self, levels: Levels) -> LevelSet:
        """The counted levels with their noise alone, which is enough to start from."""
        return levels.level_set(
            self.counted, counted_from=self.counted_from, resistance_fitted=self.options.fit_resistance
        )

    def level_set(self, levels: Levels) -> LevelSet:
        """The counted levels with what else the claim rests on: shoulders, a reading at pinch-off, calibration."""
        return _with_freedoms(self.of_noise(levels), levels, self.stairs, self.counted, self.measurement)


def _line(level_set: LevelSet, unit: str | None) -> tuple[StepHeight, str]:
    """The line through the levels; where a series resistance cannot be fitted, the one without it, and why.

    The level set keeps the wish on record: a verdict on it stays undecided.
    """
    try:
        return step_height(level_set, unit), ""
    except FitError as error:
        plain = step_height(replace(level_set, resistance_fitted=False), unit)
        return plain, f"no series resistance was fitted: {error.problem}"


#: The systematic part of a reading at pinch-off that is not zero and that nobody called an offset.
_UNEXPLAINED = "reading at pinch-off"

#: A shoulder at this height above the level below is the published 0.7 structure (0.5 to 0.9), flagged and allowed;
#: within a tenth of a level it is a resonance on a plateau.
_ALLOWED_SHOULDERS = ((0.0, 0.1), (0.5, 1.0))


def _unexplained(levels: Levels, stairs: Staircase, counted: list[Plateau]) -> float:
    """The reading at pinch-off that levels are not counted from, where it is beyond its noise and 0.2 % of the first level;
    else 0. What a riser's tail leaves there is taken out already."""
    if not counted or not stairs.pinched_off or stairs.baseline is None or levels.reference is not None:
        return 0.0
    reading = stairs.baseline.level
    noise = 3 * math.hypot(stairs.baseline.std_noise, stairs.baseline.std_window)
    return reading if abs(reading) > max(noise, 0.002 * abs(counted[0].level)) else 0.0


def _with_freedoms(
    level_set: LevelSet, levels: Levels, stairs: Staircase, counted: list[Plateau], measurement: Measurement
) -> LevelSet:
    """The level set with what else the claim rests on: shoulders, an unexplained reading at pinch-off, calibration."""
    step = counted[-1].level / counted[-1].index if counted[-1].index else counted[-1].level
    heights = [level / step % 1.0 for level, _ in stairs.sub_steps if level < counted[-1].level]
    shoulders = tuple(h for h in heights if not any(low <= h <= high for low, high in _ALLOWED_SHOULDERS))
    shifts = dict(level_set.shifts)
    stated = {"gain", "offset", "series_resistance", "bias"} & set(measurement.conditions)
    if "offset" not in stated and (reading := _unexplained(levels, stairs, counted)):
        # what is read at pinch-off may be an offset of every reading or a leak that ends there: nobody said which
        shifts[_UNEXPLAINED] = np.full(level_set.values.size, -reading)
    return replace(
        level_set,
        shifts=shifts,
        shoulders=shoulders,
        calibrated=bool(stated) or measurement.ordinate.chained or level_set.resistance_fitted,
    )


def _resistance(line: StepHeight, measurement: Measurement, estimates: dict[str, Estimate]) -> list[str]:
    """The series resistance, declared or fitted, and what its value says."""
    declared = measurement.conditions.get("series_resistance")
    if line.series_resistance is None:
        if declared is not None:
            estimates["series_resistance"] = declared
        return []
    fitted = line.series_resistance
    estimates["series_resistance"] = fitted
    if fitted.value < -fitted.std:
        return [
            f"the fitted series resistance is negative, {fitted.value:.0f} +- {fitted.std:.0f} ohm: a gain above its stated value does that, a resistance does not"
        ]
    return []


def _model(seen: _Seen) -> Asking[tuple[ModelFit | None, str]]:
    """The model's fit, or why there is none."""
    claimed = seen.claimed
    step, resistance = _start(seen)
    try:
        model = yield from fit_staircase(
            seen.curve,
            claimed.stairs,
            claimed.counted,
            noise=seen.before,
            step=step,
            resistance=resistance,
            options=claimed.options,
            offset_known="offset" in claimed.measurement.conditions,
        )
        return model, ""
    except (FitError, InputError) as error:
        return None, error.problem


def _start(seen: _Seen) -> tuple[float, float | None]:
    """The step height [unit of y] and, where one is fitted, the series resistance [1/unit of y] to start from: the line
    through the levels, which all weigh alike where their noise is not needed to tell a resistance."""
    if seen.claimed.options.fit_resistance:
        line, _ = _line(seen.claimed.of_noise(seen.levels(seen.noise)), seen.curve.y_unit)
        return line.step.value, None if line.series_resistance is None else line.series_resistance.value
    numbers = [p.index + seen.first for p in seen.claimed.counted]
    heights = sum(n * p.level for n, p in zip(numbers, seen.claimed.counted, strict=True))
    return heights / sum(n * n for n in numbers), None


def _model_step(model: ModelFit, line: StepHeight) -> tuple[Estimate, list[str]]:
    """The model's step height; what separates it from the plateaus' beyond chance is its model uncertainty.

    Both estimators see the same noise and the model uses it best where it holds, so that the variance of their
    difference is the difference of their variances (Hausman 1978, doi 10.2307/1913827).
    """
    value, std = model.result.value("step_height"), model.result.std("step_height")
    difference = value - line.step.value
    share = value / line.step.value
    variance = max(line.step.std_stat**2 - std**2, 0.25 * max(line.step.std_stat, std) ** 2)
    beyond = difference**2 - variance
    parts = {source: shift * share for source, shift in line.step.systematic.items()}
    if beyond > 3 * variance:
        parts["riser model"] = float(np.copysign(np.sqrt(beyond), difference))
    estimate = Estimate(value=value, std_stat=std, systematic=parts, unit=line.step.unit)
    warnings = []
    if abs(difference) > 2 * line.step.std_stat and abs(difference) > 2 * std:
        warnings.append(
            f"the model's step height differs from the plateaus' by {100 * difference / line.step.value:+.1f} %, more than the "
            "uncertainty of either: believe the plateaus, as the model forces its riser shape on the data"
        )
    return estimate, warnings


def _offset(model: ModelFit) -> dict[str, Estimate]:
    """The constant that the model needed, where it did."""
    if "offset" not in model.result.names:
        return {}
    return {
        "offset": Estimate(
            value=model.result.value("offset"), std_stat=model.result.std("offset"), unit=model.curve.y_unit
        )
    }


def _budget(levels: Levels, counted: list[Plateau], line: StepHeight, noise: Noise) -> tuple[BudgetLine, ...]:
    """Where the uncertainty of the step height comes from; shares of the variance."""
    w, at = line.weights, levels.places(counted)
    readings = float(np.sqrt(w @ levels.noise[at][:, at] @ w))
    window = float(np.linalg.norm(w * levels.window[at]))
    # what is left after the scale factor; below a millionth of the whole it is rounding
    left = 1 - (readings**2 + window**2) / line.step.std_stat**2 if line.step.std_stat > 0 else 0.0
    excess = line.step.std_stat * math.sqrt(left) if left > 1e-6 else 0.0
    rows = [
        ("noise of the readings", "statistical", noise.description, readings),
        (
            "slope and choice of the windows",
            "statistical",
            f"{len(counted)} plateau{'s' * (len(counted) != 1)}, beyond the noise",
            window,
        ),
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
