"""What a measured diffusion coefficient or mobility says: D in units of h/m, scattering time, mean free path, transmission.

A row of a table is an answer of its own; D(T) of one sample is a curve (`gzero.fitters.diffusion_curve`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters.derived import Formula, derive
from gzero.fitters.diffusion_curve import fit_over_temperature
from gzero.fitters.findings import Comparison, Findings
from gzero.fitters.kinetics import check, choices, gas_of, kinetics, warnings
from gzero.fitters.masses import in_units, mass_of
from gzero.fitters.options import Conventions, FitOptions
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models import diffusion as formula
from gzero.models.carriers import Number

#: SI unit of a mobility; the other that the ordinate may have is that of a diffusion coefficient.
MOBILITY = "m^2/(V s)"

#: How the numbers come about, for a report.
METHOD = (
    "The diffusion coefficient is compared with the fundamental unit h/m of the stated particle, and with"
    " the other conventions (ħ/m, ħ/2m) beside it: they differ by factors of 2π and 4π.",
    "Where mass and temperature are known, τ = D/v² and l = D/v, with v² the mean square of one velocity "
    "component. D m/h may exceed 1 and is not capped.",
)
_FROM_MOBILITY = "A mobility μ becomes D = μ kB T/(e F) by the Einstein relation, F the Fano factor of the stated statistics; τ = μ m/e."


def fit(measurement: Measurement, options: FitOptions) -> Findings:
    """The answer of one row, or of a curve over temperature.

    Returns
    -------
    Findings with `diffusion` and, where temperature and mass are stated, `tau`, `mean_free_path`; with a length also
    `transmission` by the stated convention, the other beside it, and the action.

    Raises
    ------
    ConfigError : no mass to compare with; conventions that contradict what is stated.  InputError, FitError : of a curve.
    """
    if measurement.ordinate.values.size > 1:
        return fit_over_temperature(measurement, options)
    return _row(measurement, options)


def _row(measurement: Measurement, options: FitOptions) -> Findings:
    """Derived quantities of one diffusion coefficient or mobility."""
    conventions, path = options.conventions, measurement.origin.path
    bare, mass = mass_of(measurement)
    y = measurement.ordinate
    reading = Estimate(value=float(y.values[0]), std_stat=0.0 if y.std is None else float(y.std[0]), unit=y.unit)
    conditions = {**measurement.conditions, "mass": mass, "reading": reading}
    mobile = y.unit == MOBILITY
    if mobile and "temperature" not in conditions:
        raise ConfigError(
            "a mobility becomes D by D = mu kB T/e: at which temperature?", path=path,
            remedy="state --temperature, or give the table a column 'T (K)'",
        )  # fmt: skip
    check(conventions, conditions, path)
    formulas = _formulas(measurement, conventions, conditions, mobile=mobile)
    found = derive(None, formulas, conditions=conditions, noise="stated uncertainty of the value")
    d = found.estimates["diffusion"]
    notes = (
        []
        if reading.std_stat > 0
        else ["no uncertainty is stated for this value, so none of the derived numbers can have one"]
    )
    used = Choice(
        choice="mass for velocity and time", value=f"{mass.value:.4g} kg",
        origin="data" if "mass" in measurement.conditions else "user",
    )  # fmt: skip
    einstein = Choice(choice="D from", value="mobility", origin="data", note="D = mu kB T/(e F), charge e")
    return Findings(
        estimates=found.estimates,
        joint=found.joint,
        comparisons=(
            *in_units(d, bare, mass, effective="mass" in measurement.conditions),
            *_beside(measurement, found.estimates),
        ),
        budget=found.budget,
        ledger=(*((einstein,) if mobile else ()), *choices(conventions, conditions), used),
        warnings=(*notes, *_outside(found.estimates), *warnings(conventions, conditions)),
        method=(*METHOD, _FROM_MOBILITY) if mobile or "mobility" in measurement.series else METHOD,
    )


def _formulas(
    measurement: Measurement, conventions: Conventions, conditions: dict[str, Estimate], *, mobile: bool
) -> dict[str, Formula]:
    """The formulas of a row; a mobility that stands beside D goes into the conditions."""

    def read(n: Mapping[str, Number]) -> Number:
        return n["reading"] / n.get("gain", 1.0)

    def diffusion(n: Mapping[str, Number]) -> Number:
        return formula.from_mobility(read(n), n["temperature"], gas_of(conventions, n).fano) if mobile else read(n)

    def completed(function: Callable[[Mapping[str, Number]], Number]) -> Callable[[Mapping[str, Number]], Number]:
        return lambda n: function({**n, "diffusion": diffusion(n)})

    out: dict[str, Formula] = {"diffusion": (diffusion, "m^2/s")}
    if mobile:
        out["mobility"] = (read, MOBILITY)
    elif "mobility" in measurement.series and "temperature" in conditions:
        beside = measurement.series["mobility"]
        if beside.values[0] > 0:
            std = 0.0 if beside.std is None else float(beside.std[0])
            conditions["mobility"] = Estimate(value=float(beside.values[0]), std_stat=std, unit=MOBILITY)
            out["mobility"] = (lambda n: n["mobility"], MOBILITY)
            out["einstein_ratio"] = (lambda n: read(n) / formula.from_mobility(n["mobility"], n["temperature"]), "")
    return out | {
        name: (completed(function), unit) for name, (function, unit) in kinetics(conventions, conditions).items()
    }


def _beside(measurement: Measurement, estimates: Mapping[str, Estimate]) -> list[Comparison]:
    """D beside mu kB T/e of the same row."""
    ratio = estimates.get("einstein_ratio")
    if ratio is None:
        return []
    value = estimates["diffusion"].value / ratio.value
    name = f"mu kB T/e, mu = {measurement.series['mobility'].label}"
    return [
        Comparison(
            name=name, value=value, unit="m^2/s", ratio=ratio.value, ratio_std=ratio.std, reference="Einstein relation"
        )
    ]


def _outside(estimates: Mapping[str, Estimate]) -> list[str]:
    """A ratio of D to mobility that the statistics do not allow."""
    ratio = estimates.get("einstein_ratio")
    if ratio is None or not ratio.std > 0:
        return []
    expected = 1 / estimates["fano_factor"].value if "fano_factor" in estimates else 1.0
    far = (ratio.value - expected) / ratio.std
    if abs(far) <= 3:
        return []
    return [
        f"D/mu is {ratio.value:.3g} kB T/e, {abs(far):.1f} standard uncertainties off {expected:.3g}: D and mobility are of other "
        "carriers, other temperatures, or another statistics"
    ]
