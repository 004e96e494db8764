"""Complex conductivity over frequency: scattering time, weight, and whether carriers remember their velocity.

Real and imaginary part are fitted together. Drude's formula and that of Drude and Smith, each with the imaginary part in
either convention of time, are held against each other under the same noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import CurveFit, fit_warnings, parameter_shifts
from gzero.fitters.derived import Formula, derive
from gzero.fitters.drude_curve import Parts, both_parts
from gzero.fitters.drude_rivals import HOPELESS, OPEN, Rival, criterion, rivals_of
from gzero.fitters.exhibits import Listing, Picture, Trace
from gzero.fitters.findings import Findings
from gzero.fitters.kinetics import check, choices, gas_of, kinetics, warnings
from gzero.fitters.options import Conventions, FitOptions
from gzero.fitters.result import FitResult
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models import drude as formula
from gzero.models.carriers import Number
from gzero.models.diffusion import from_mobility
from gzero.quanta import particle
from gzero.reduction.calibration import Calibration

#: Difference of BIC below which the choice is said to be open where Drude is taken: one parameter fewer is worth ln(2 n) at
#: most, however good the data are.
_LEANING = 2.0

METHOD = (
    "Real and imaginary part are one data set: σ₀/(1 - iωτ) of Drude, or σ₀/(1 - iωτ) [1 + c/(1 - iωτ)] of Drude and Smith.",
    "Both formulas, each with the imaginary part in either convention of time, are fitted under the same noise; "
    "Drude and Smith are taken where their Bayesian information criterion is smaller by 6, and the rivals are listed.",
    "σ₀ = n e² τ/m: n/m* and the plasma frequency need no mass, the mobility e τ/m and the density do.",
)


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """Scattering time, weight sigma_0 and, where the data ask for it, the persistence of velocity c.

    Returns
    -------
    Findings with `tau`, `conductivity`, `persistence` and `dc_conductivity` (Drude-Smith), `density_over_mass` (n over m*/m_e),
    `plasma_frequency` (not of a sheet), with a mass `mobility` and `density`, with a density `effective_mass`.

    Raises
    ------
    ConfigError : an offset or a series resistance, which no complex conductivity has.  InputError : no usable frequencies.
    FitError : no usable minimum.
    """
    conditions = measurement.conditions
    for name in ("offset", "series_resistance"):
        if name in conditions:
            raise ConfigError(
                f"--{name.replace('_', '-')} corrects a conductance, and this is a complex conductivity",
                path=measurement.origin.path, remedy="leave it out",
            )  # fmt: skip
    calibration = Calibration.of(conditions, measurement.ordinate.common)
    parts = both_parts(measurement, options, calibration)
    rivals = rivals_of(parts, options)
    best = rivals[0]
    found = _found(parts, best, calibration)
    sheet = measurement.ordinate.unit == "S"
    formulas = _formulas(best, conditions, options.conventions, sheet=sheet, path=measurement.origin.path)
    result = derive(found, formulas, conditions=conditions)
    gas = "diffusion" in formulas
    return Findings(
        estimates=result.estimates,
        joint=result.joint,
        curve=parts.shown,
        exclusions=parts.selected.exclusions,
        fit=best.fit,
        fit_curve=parts.curve,
        budget=result.budget,
        ledger=(*found.ledger, *_choices(rivals, complex_=parts.complex), *(choices(options.conventions, conditions) if gas else ())),
        warnings=(
            *found.warnings, *_warnings(rivals, parts), *(warnings(options.conventions, conditions) if gas else ()),
        ),
        pictures=(_picture(parts, found, best),),
        listings=(_listing(rivals),),
        method=METHOD,
    )  # fmt: skip


def _found(parts: Parts, best: Rival, calibration: Calibration) -> CurveFit:
    noise = best.problem.noise
    return CurveFit(
        selected=replace(parts.selected, curve=parts.curve), calibration=calibration, fit=best.fit, noise=noise,
        shifts=parameter_shifts(best.fit, parts.curve, calibration), ledger=parts.ledger,
        warnings=(*parts.warnings, *fit_warnings(best.fit, noise)),
    )  # fmt: skip


def _choices(rivals: list[Rival], *, complex_: bool) -> tuple[Choice, ...]:
    best, other = rivals[0], _other(rivals)
    against = "the data do not determine the persistence of Drude and Smith"
    if other is not None:
        margin = criterion(other) - criterion(best)
        against = f"BIC {'smaller' if margin >= 0 else 'larger'} by {abs(margin):.1f} than that of {other.name}"
    out = [
        Choice(choice="fit of the model", value=best.fit.method, origin="data", note=f"noise {best.fit.noise_model}"),
        Choice(choice="formula", value=best.name, origin="data", note=against),
    ]
    if not complex_:
        return tuple(out)
    turned = [r for r in rivals if r.sign != best.sign]
    note = f"the other convention of time leaves more than {HOPELESS:g} times the sum of squares"
    if turned:
        note = f"the other convention of time has a BIC larger by {criterion(turned[0]) - criterion(best):.1f}"
    return (*out, Choice(choice="sign of the imaginary part", value=best.convention, origin="data", note=note))


def _other(rivals: list[Rival]) -> Rival | None:
    """The best of the other formula; None where the data do not determine it."""
    return next((r for r in rivals if r.smith != rivals[0].smith), None)


def _warnings(rivals: list[Rival], parts: Parts) -> list[str]:
    best, other = rivals[0], _other(rivals)
    out = []
    margin = np.inf if other is None else criterion(other) - criterion(best)
    if not best.smith and margin < _LEANING:
        out.append(
            f"Drude and Drude-Smith are not told apart: the BIC of Drude is {'larger' if margin < 0 else 'smaller'} by {abs(margin):.1f} "
            f"only, and Drude-Smith is taken where it is better by {OPEN:g}"
        )
    turned = [r for r in rivals if r.sign != best.sign]
    if turned and criterion(turned[0]) - criterion(best) < OPEN:
        out.append(
            f"the sign of the imaginary part is not told by the data: {turned[0].name} with {turned[0].convention} fits as well"
        )
    if best.at_limit and best.fit.fixed["persistence"] < 0:
        out.append("c is at -1, the end of Smith's formula: it is held there, and no uncertainty is known for it")
    if best.smith and best.fit.value("persistence") > 2 * best.fit.std("persistence"):
        out.append("c is positive, which has no meaning in Smith's formula: another shape than a memory of velocity")
    reach = 2 * np.pi * parts.highest * best.fit.value("tau")
    if reach < 0.3:
        out.append(
            f"omega tau reaches {reach:.2g} only: the scattering time rests on a small departure from a constant"
        )
    if not parts.complex:
        out.append("the file has no imaginary part: the fit rests on the real part alone")
    return out


def _formulas(
    best: Rival, conditions: Mapping[str, Estimate], conventions: Conventions, *, sheet: bool, path: str
) -> dict[str, Formula]:
    """Of the parameters of the fit and the conditions."""
    thing = "1/m^2" if sheet else "1/m^3"

    def over_mass(n: Mapping[str, Number]) -> Number:
        return formula.weight_over_mass(n["conductivity"], n["tau"])

    electron = particle("electron").mass or np.nan
    out: dict[str, Formula] = {
        "tau": (lambda n: n["tau"], "s"),
        "conductivity": (lambda n: n["conductivity"], "S" if sheet else "S/m"),
    }
    if best.smith:
        out["persistence"] = (lambda n: n["persistence"], "")
        out["dc_conductivity"] = (lambda n: n["conductivity"] * (1 + n["persistence"]), "S" if sheet else "S/m")
    out["density_over_mass"] = (lambda n: over_mass(n) * electron, thing)
    if not sheet:
        out["plasma_frequency"] = (lambda n: formula.plasma_frequency(n["conductivity"], n["tau"]), "Hz")
    if "mass" in conditions:
        out["mobility"] = (lambda n: formula.mobility(n["tau"], n["mass"]), "m^2/(V s)")
        out["density"] = (lambda n: over_mass(n) * n["mass"], thing)
    elif "density" in conditions and conditions["density"].unit == thing:
        out["effective_mass"] = (lambda n: n["density"] / over_mass(n), "kg")
    if "mass" not in conditions or "temperature" not in conditions:
        return out
    check(conventions, conditions, path)

    def diffusion(n: Mapping[str, Number]) -> Number:
        return from_mobility(formula.mobility(n["tau"], n["mass"]), n["temperature"], gas_of(conventions, n).fano)

    out["diffusion"] = (diffusion, "m^2/s")
    for name, (function, unit) in kinetics(conventions, conditions).items():
        if name != "tau":
            out[name] = (lambda n, function=function: function({**n, "diffusion": diffusion(n)}), unit)  # type: ignore[misc]
    return out


def _listing(rivals: list[Rival]) -> Listing:
    least = min(criterion(r) for r in rivals)
    rows = tuple(
        (
            r.name, r.convention, r.fit.chi2, float(r.fit.dof), criterion(r) - least,
            _told(r.fit, "tau", "s"), _told(r.fit, "persistence", "") if r.smith else "0",
        )
        for r in rivals
    )  # fmt: skip
    return Listing(
        name="formulas",
        caption="The formulas that were held against each other, under the same noise.",
        heads=("formula", "time goes as", "χ²", "degrees of freedom", "BIC above the best", "τ", "c"),
        rows=rows,
    )


def _told(fit: FitResult, name: str, unit: str) -> Estimate | str:
    """A parameter of a rival; where the data do not tell it, that."""
    value, std = fit.value(name), fit.std(name)
    if not np.isfinite(std) or std > 3 * max(abs(value), 1e-30) or (name == "persistence" and std > 1):
        return "not told"
    return Estimate(value=value, std_stat=std, unit=unit)


def _picture(parts: Parts, found: CurveFit, best: Rival) -> Picture:
    """Both parts over frequency with the formula through them, and all pulls below."""
    x, y, noise = parts.curve.x, parts.curve.y, found.noise
    std = noise.std * (1.0 if noise.spectrum is None else np.sqrt(noise.spectrum.variance))
    line = np.linspace(float(np.abs(x).min()), float(np.abs(x).max()), 300)
    model, values = best.problem.model.function, best.problem.complete(best.fit.values)
    traces = []
    for label, side, axis in (("real part", x >= 0, line), ("imaginary part", x < 0, -line)):
        if side.any():
            shown = std[side] if parts.stated and side.sum() <= 120 else None
            traces.append(Trace(label=label, x=np.abs(x[side]), y=y[side], look="points", std=shown))
            traces.append(
                Trace(label=f"{best.name}, {label}", x=line, y=model(axis, values), look="fit" if side[-1] else "model")
            )
    order = np.argsort(np.abs(x), kind="stable")
    return Picture(
        name="conductivity",
        caption=f"Real and imaginary part of the conductivity, with the formula of {best.name.replace('-', ' and ')}.",
        alt="Real and imaginary conductivity over frequency with the fitted formula.",
        x_name="frequency", y_name="conductivity", x_unit="Hz", y_unit=parts.curve.y_unit, traces=tuple(traces),
        pulls=Trace(
            label="data minus formula over its standard deviation", x=np.abs(x)[order], y=(found.fit.residuals / std)[order]
        ),
    )  # fmt: skip
