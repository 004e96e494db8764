"""What the line of a charge transition says: the temperature of the electrons, or the lever arm of the gate.

The thermal width at the gate is Theta = kB T/(e alpha): with the lever arm stated it is a temperature, with the temperature
stated a lever arm, and by itself a voltage. A level that is coupled to a reservoir is broadened by its lifetime as well
(`gzero.models.transition`); which line the readings have is chosen in `gzero.fitters.transition_shapes`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from gzero.errors import FitError, UnitError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import curve_picture
from gzero.fitters.derived import Formula, Number, derive
from gzero.fitters.exhibits import Entry, Listing
from gzero.fitters.findings import Findings
from gzero.fitters.options import FitOptions
from gzero.fitters.transition_shapes import WIDTHS, Line, fit_line
from gzero.joint import JointEstimates
from gzero.measurement.measurement import Measurement
from gzero.models.transition import quarter_width
from gzero.quanta import HBAR, KB, E

#: A sweep shorter than this to either side, in widths, does not show the background.
_REACH = 6.0
#: A width below this part of the spacing of the readings is that of no reading.
_NARROW = 0.25

#: How the numbers come about, for a report.
METHOD = (
    "A thermal line, one of a lifetime, and the thermal line convolved with a Lorentzian are fitted, on a straight and on a "
    "bent background, under one noise that is learnt from the residuals of the richest; the smallest BIC decides.",
    "Θ = kB T/(e α) is the thermal width at the gate, Γ the half width of the Lorentzian. With a stated lever arm α the "
    "width is a temperature of the electrons, with a stated temperature a lever arm.",
    'What the line with both widths would make of a parameter is kept as its systematic part "line shape": a lifetime, or a '
    "temperature, that the readings do not show is there all the same.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """The line of one charge transition.

    Returns
    -------
    Findings with `temperature` [K] where a lever arm is stated, else `lever_arm` [1] where a temperature is; then
    `thermal_width` and `lifetime_width` [unit of the gate] as far as the line has them, `lifetime` [s], `width` from a quarter to
    three quarters of the step, half of it [unit of the gate], `position` [unit of
    the gate] and `amplitude` [unit of the reading], half of the step.

    Raises
    ------
    InputError : readings that make no curve.  UnitError : a lever arm or temperature for a gate that is not in volt.
    FitError : no step beyond the noise, or one between two readings.
    """
    _in_volt(measurement)
    line = fit_line(measurement, options)
    found, curve = line.found, line.found.curve
    _resolved(line)
    formulas = _formulas(line, measurement.conditions)
    derived = derive(found, formulas, conditions=measurement.conditions)
    units = {"width": curve.x_unit, "thermal_width": curve.x_unit, "lifetime_width": curve.x_unit, "position": curve.x_unit,
             "amplitude": curve.y_unit}  # fmt: skip
    estimates = {name: replace(e, unit=units.get(name, e.unit)) for name, e in derived.estimates.items()}
    wide = "" if len(curve) < 2 else f" from {curve.x[0]:.4g} to {curve.x[-1]:.4g}"
    shown = curve_picture(
        found,
        caption=f"The transition and its line ({line.candidates[0].name}).",
        alt=f"{curve.y_name} of {len(curve)} readings over {curve.x_name}{wide}, with a step and the fitted line.",
        name="transition",
    )
    return Findings(
        estimates=estimates,
        curve=curve,
        exclusions=found.selected.exclusions,
        fit=found.fit,
        budget=derived.budget,
        joint=JointEstimates(estimates=estimates, statistical=derived.joint.statistical),
        ledger=found.ledger,
        warnings=(*found.warnings, *_warnings(line, estimates, measurement.conditions)),
        pictures=(shown,),
        listings=(_lines(line),),
        method=METHOD,
    )


def _in_volt(measurement: Measurement) -> None:
    """A lever arm turns volts into energies, and nothing else."""
    unit = measurement.abscissa.unit
    stated = [name for name in ("lever_arm", "temperature") if name in measurement.conditions]
    if stated and unit != "V":
        raise UnitError(
            f"a {stated[0].replace('_', ' ')} needs the gate in volt, not in [{unit or 'unknown'}]",
            path=measurement.origin.path,
            remedy="state --x-unit, such as mV",
        )


def _resolved(line: Line) -> None:
    """A step between two readings has no width."""
    best, curve = line.candidates[0], line.found.curve
    width = float(np.nansum([best.width(name) for name in WIDTHS]))
    if width < _NARROW * float(np.median(np.diff(curve.x))):
        raise FitError(
            "the step lies between two readings: its width is not resolved",
            remedy="sweep it in finer steps",
            result=line.found.fit,
        )


def _formulas(line: Line, conditions: Mapping[str, Estimate]) -> dict[str, Formula]:
    """What follows from the line, the main quantity first."""
    names = line.found.fit.names
    out: dict[str, Formula] = {}
    known = "lever_arm" in conditions
    own = "thermal_width" in names and not known and "temperature" in conditions

    def lever(q: Mapping[str, Number]) -> Number:
        return KB * q["temperature"] / (E * q["thermal_width"]) if own else q["lever_arm"]

    if "thermal_width" in names:
        if known:
            out["temperature"] = (lambda q: E * q["lever_arm"] * q["thermal_width"] / KB, "K")
        elif own:
            out["lever_arm"] = (lever, "")
        out["thermal_width"] = (lambda q: q["thermal_width"], "V")
    if "lifetime_width" in names:
        out["lifetime_width"] = (lambda q: q["lifetime_width"], "V")
        if known or own:
            out["lifetime"] = (lambda q: HBAR / (2 * E * lever(q) * q["lifetime_width"]), "s")
    out["width"] = (_quarter(line), "V")
    out["position"] = (lambda q: q["position"], "V")
    out["amplitude"] = (lambda q: q["amplitude"], "A")
    return out


def _quarter(line: Line) -> Callable[[Mapping[str, Number]], Number]:
    """From a quarter to three quarters of the step, half of that distance: what every shape has in common."""
    best = line.candidates[0]
    _, slopes = quarter_width(best.shape, *(best.width(name) for name in WIDTHS))
    parts = [(name, float(c)) for name, c in zip([w for w in WIDTHS if w in best.values], slopes, strict=True)]
    return lambda q: sum(c * q[name] for name, c in parts)


def _lines(line: Line) -> Listing:
    """Every line that was tried, the best first."""
    unit = line.found.curve.x_unit

    def shown(value: float) -> Entry:
        return Estimate(value=value, unit=unit) if np.isfinite(value) else "—"

    rows = tuple(
        (c.name, f"{c.delta_bic:.1f}", shown(c.width("thermal_width")), shown(c.width("lifetime_width")))
        for c in line.candidates
    )
    return Listing(
        name="lines",
        caption="Lines that were tried, under the same noise",
        heads=("Line", "BIC over the best", "Θ", "Γ"),
        rows=rows,
        notes=("10 and more is decisive. Lines whose best width is negative are left out.",),
    )


def _warnings(line: Line, estimates: Mapping[str, Estimate], conditions: Mapping[str, Estimate]) -> tuple[str, ...]:
    out = []
    best, curve = line.candidates[0], line.found.curve
    rival = next((c for c in line.candidates if c.shape != best.shape and c.delta_bic < 10), None)
    if rival is not None:
        out.append(
            f"the line is {best.name}, but {rival.name} is worse by {rival.delta_bic:.1f} of BIC only: the choice moves the widths, "
            "which is among their systematic parts"
        )
    if best.shape == "lifetime":
        both = next((c for c in line.candidates if c.shape == "thermal*lifetime"), None)
        limit = (
            ""
            if both is None
            else f"; with both, the thermal width is {both.width('thermal_width'):.3g} {curve.x_unit or ''}".rstrip()
        )
        out.append(f"the line is that of a lifetime: it hides the thermal width, and no temperature follows{limit}")
    width = float(np.nansum([best.width("thermal_width"), best.width("lifetime_width")]))
    place = float(line.found.fit.value("position"))
    if min(place - curve.x[0], curve.x[-1] - place) < _REACH * width:
        out.append(
            f"the sweep ends within {_REACH:g} widths of the step: background and broadening are hard to tell apart there"
        )
    if width < float(np.median(np.diff(curve.x))):
        out.append("the step is narrower than the spacing of the readings: its width rests on a few of them")
    electrons, stage = estimates.get("temperature"), conditions.get("temperature")
    if electrons is not None and stage is not None:
        off, std = electrons.value - stage.value, float(np.hypot(electrons.std, stage.std))
        if abs(off) > 2 * std:
            out.append(
                f"the electrons are at {electrons.value:.4g} K, {abs(off) / std:.1f} standard uncertainties "
                f"{'above' if off > 0 else 'below'} the stated temperature of {stage.value:.4g} K"
                + ("" if off > 0 else ": lever arm or temperature is off, as nothing cools electrons below their stage")
            )
    if not {"lever_arm", "temperature"} & conditions.keys():
        out.append("neither a lever arm nor a temperature is stated: widths are voltages at the gate")
    return tuple(out)
