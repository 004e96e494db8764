"""D(T) or mobility over temperature of one sample: a power law within its range, and the kinetics that follow at every T."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gzero.errors import InputError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import CurveFit, choose, curve_picture, fit_warnings, parameter_shifts
from gzero.fitters.derived import Formula, derive
from gzero.fitters.engine import fit_problem
from gzero.fitters.exhibits import Entry, Listing, Picture, Trace
from gzero.fitters.findings import Findings
from gzero.fitters.kinetics import check, choices, gas_of, kinetics, warnings
from gzero.fitters.learnt_noise import Learnt, fit_learning
from gzero.fitters.masses import charged, in_units, mass_of
from gzero.fitters.options import Conventions, FitOptions
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement, Series
from gzero.models import diffusion as formula
from gzero.models.carriers import Number
from gzero.models.diffusion import POWER_LAW, REFERENCE
from gzero.models.model import Array, Model, Parameter
from gzero.reduction.calibration import Calibration
from gzero.reduction.noise import Noise
from gzero.reduction.selection import Selected

_MOBILITY = "m^2/(V s)"
#: Fewest temperatures that a power law is fitted to.
_LEAST = 4
#: Rows of the table over temperature.
_ROWS = 9
#: Standard uncertainties of the curvature in ln T beyond which one power law does not hold.
_BENT = 3.0
#: Scatter, as a part of a reading, below which there is none: rounding.
_EXACT = 1e-9
#: Power of slow noise at zero frequency over that at the lowest frequency of the sweep, at most: 1/f noise down to a sixteenth
#: of it has a mean of ln(16)/(15/16) = 3 times that.
_BELOW = 4.0

METHOD = (
    "D(T) is a power law D₃₀₀ (T/300 K)^-p within the range of the readings; the mobility μ = e D F/(kB T) then falls as "
    "T^-(p+1) for a gas that is not degenerate.",
    "The noise is learnt from the residuals where the file states none; a curvature of ln D over ln T beyond chance is said.",
    "At every temperature τ = D/v², l = D/v; D is compared with h/m and its other conventions, and is not capped.",
)


def fit_over_temperature(measurement: Measurement, options: FitOptions) -> Findings:
    """The power law, and what follows from it at the reference temperature and at others of the range.

    Returns
    -------
    Findings with `diffusion`, `mobility`, `tau`, ... at the stated temperature (300 K unless stated), `exponent` of D and
    `exponent_mobility`.

    Raises
    ------
    ConfigError : no mass to compare with, conventions that contradict what is stated.
    InputError : too few temperatures, values that are not positive.  FitError : no usable minimum.
    """
    conventions = options.conventions
    bare, mass = mass_of(measurement)
    at = measurement.conditions.get("temperature", Estimate(value=REFERENCE, unit="K"))
    conditions = {**measurement.conditions, "mass": mass, "temperature": at}
    check(conventions, conditions, measurement.origin.path)
    _positive(measurement)
    mobile = measurement.ordinate.unit == _MOBILITY
    diffusive = _as_diffusion(measurement, conventions, conditions) if mobile else measurement
    found = power_law(diffusive, options)
    formulas = _formulas(conventions, conditions, charged=charged(measurement))
    result = derive(found, formulas, conditions=conditions)
    d, where = result.estimates["diffusion"], f"at {at.value:g} K"
    used = Choice(
        choice="mass for velocity and time", value=f"{mass.value:.4g} kg",
        origin="data" if "mass" in measurement.conditions else "user",
    )  # fmt: skip
    reference = Choice(
        choice="temperature of the estimates", value=f"{at.value:g} K",
        origin="user" if "temperature" in measurement.conditions else "default",
    )  # fmt: skip
    einstein = Choice(choice="D from", value="mobility", origin="data", note="D = mu kB T/(e F), charge e")
    return Findings(
        estimates=result.estimates,
        joint=result.joint,
        curve=found.curve,
        exclusions=found.selected.exclusions,
        fit=found.fit,
        fit_curve=found.curve,
        budget=result.budget,
        comparisons=tuple(in_units(d, bare, mass, effective="mass" in measurement.conditions)),
        ledger=(*found.ledger, *((einstein,) if mobile else ()), reference, *choices(conventions, conditions), used),
        warnings=(
            *found.warnings, *_few(options, found), *_bent(options, found), *_far(found.curve, at.value), *warnings(conventions, conditions),
        ),
        pictures=(
            curve_picture(
                found, name="diffusion", x_name="temperature", y_name="diffusion coefficient", logarithmic_x=True, logarithmic_y=True,
                caption="Diffusion coefficient over temperature, with the power law.",
                alt="Diffusion coefficient over temperature with a power law.",
            ),
            _times(found, conventions, conditions),
        ),
        listings=(_table(found, conventions, conditions, where, charged=charged(measurement)),),
        method=METHOD,
    )  # fmt: skip


def power_law(measurement: Measurement, options: FitOptions) -> CurveFit:
    """D_300 and the exponent of D(T), from positive diffusion coefficients over temperature.

    Raises
    ------
    InputError : too few temperatures.  FitError : no usable minimum.
    """
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check("m^2/s")
    return _fit(choose(measurement, options, calibration, least=_LEAST), calibration, options)


def _positive(measurement: Measurement) -> None:
    for series in (measurement.abscissa, measurement.ordinate):
        bad = np.flatnonzero(series.values <= 0)
        if bad.size:
            raise InputError(
                f"{series.values[bad[0]]:g} {series.unit}: a power law of temperature needs positive values",
                path=measurement.origin.path, row=measurement.row(int(bad[0])), column=series.label,
                remedy="delete the row, or narrow --range",
            )  # fmt: skip


def _as_diffusion(
    measurement: Measurement, conventions: Conventions, conditions: Mapping[str, Estimate]
) -> Measurement:
    """D = mu kB T/(e F) of every reading; what a common density is known to moves all of them together."""
    t, y = measurement.abscissa.values, measurement.ordinate
    values = {name: e.value for name, e in conditions.items()}
    factor = np.array(
        [formula.from_mobility(1.0, v, gas_of(conventions, {**values, "temperature": v}).fano) for v in t.tolist()]
    )
    common = dict(y.common)
    if conventions.statistics != "classical" and (density := conditions["density"]).std > 0:
        middle = float(np.median(t))
        moved = {**values, "temperature": middle, "density": density.value + density.std}
        shift = gas_of(conventions, {**values, "temperature": middle}).fano / gas_of(conventions, moved).fano - 1
        common["density"] = float(shift)
    series = Series(
        name=measurement.y, label=f"{y.label} kB T/e", short="diffusion", values=y.values * factor,
        std=None if y.std is None else y.std * factor, unit="m^2/s", common=common,
    )  # fmt: skip
    return replace(measurement, series={**measurement.series, measurement.y: series})


def _start(curve: Curve) -> dict[str, float]:
    """A straight line through ln D over ln T."""
    slope, at = np.polyfit(np.log(curve.x / REFERENCE), np.log(curve.y), 1)
    return {"diffusion": float(np.exp(at)), "exponent": -float(slope)}


def _bent_function(x: Array, values: Array) -> Array:
    d0, p, q = values
    u = np.log(x / REFERENCE)
    return np.asarray(d0 * np.exp(-(p + q * u) * u))


def _bent_jacobian(x: Array, values: Array) -> Array:
    u = np.log(x / REFERENCE)
    y = _bent_function(x, values)
    return np.column_stack([y / values[0], -u * y, -(u**2) * y])


#: Readings that tell red noise from white.
_TELLS_RED = 60
_CURVED = Model(
    name="power law with a bend",
    parameters=(*POWER_LAW.parameters, Parameter(name="bend", symbol="q", unit="", meaning="slope of p over ln T")),
    function=_bent_function,
    jacobian=_bent_jacobian,
    reference=POWER_LAW.reference,
)


def _fit(selected: Selected, calibration: Calibration, options: FitOptions, *, bent: bool = False) -> CurveFit:
    """The power law on chosen readings; noise that nobody states is the same part of every reading, as D spans decades."""
    curve = selected.curve
    begin = _start(curve)
    straight = POWER_LAW.function(curve.x, np.array([begin["diffusion"], begin["exponent"]]))
    if curve.y_std is not None:
        noise = Noise(std=curve.y_std, stated=True, source=selected.noise)
    else:
        part = float(np.sqrt(np.mean(np.log(curve.y / straight) ** 2)))
        exact = part < _EXACT
        noise = Noise(
            std=max(part, _EXACT) * straight,
            stated=exact,
            source="none: the readings lie on the curve"
            if exact
            else "estimated from the data as a part of each reading",
        )
    noise = replace(noise, assumed_white=options.noise_model == "white")
    problem = Problem(model=_CURVED if bent else POWER_LAW, curve=curve, noise=noise, loss=options.loss)

    def looser(values: Mapping[str, float]) -> tuple[Problem, Array]:
        return replace(problem, model=_CURVED), np.array([values["diffusion"], values["exponent"], 0.0])

    learnt = fit_learning(
        problem, {**begin, "bend": 0.0} if bent else begin, flat=np.zeros(len(curve), dtype=bool),
        looser=None if bent else looser,
    )  # fmt: skip
    fit, noise = _of_this_sweep(learnt)
    how = Choice(choice="fit of the model", value=fit.method, origin="data", note=f"noise {noise.description}")
    return CurveFit(
        selected=selected, calibration=calibration, fit=fit, noise=noise,
        shifts=_beyond_rounding(parameter_shifts(fit, curve, calibration), fit), ledger=(*selected.ledger, how),
        warnings=(*selected.warnings, *fit_warnings(fit, noise)),
    )  # fmt: skip


def _beyond_rounding(shifts: Mapping[str, Array], fit: FitResult) -> dict[str, Array]:
    """A gain moves D and not its exponent; what rounding leaves of that is none."""
    return {source: np.where(np.abs(moved) > 1e-9 * np.abs(fit.values), moved, 0.0) for source, moved in shifts.items()}


def _of_this_sweep(learnt: Learnt) -> tuple[FitResult, Noise]:
    """The fit with red noise bounded below the lowest frequency of the sweep.

    A part that is common to all readings is in D itself: no residual tells it, and the shape of the spectrum carried on to
    zero frequency would make D as uncertain as it likes. It is a gain, to be stated (`--gain`); what the sweep tells of slow
    noise is its power down to one cycle in two sweeps, and that times `_BELOW` is allowed for what is slower.
    """
    fit, noise = learnt.fit, learnt.noise
    spectrum = noise.spectrum
    if spectrum is None or not noise.red or fit.problem is None or spectrum.powers[0] <= _BELOW * spectrum.powers[1]:
        return fit, noise
    bounded = replace(
        spectrum,
        powers=np.concatenate([[_BELOW * spectrum.powers[1]], spectrum.powers[1:]]),
        gradients=np.column_stack([spectrum.gradients[:, 1], spectrum.gradients[:, 1:]]),
    )
    noise = noise.with_spectrum(bounded)
    begin = dict(zip(fit.names, (float(v) for v in fit.values), strict=True))
    return fit_problem(replace(fit.problem, noise=noise), begin), noise


def _few(options: FitOptions, found: CurveFit) -> list[str]:
    """Whether there are readings enough to tell slow noise."""
    if len(found.curve) >= _TELLS_RED or found.noise.red or options.noise_model == "white":
        return []
    return [
        f"{len(found.curve)} temperatures do not tell slow noise from none (some {_TELLS_RED} do): where readings hang together, "
        "as drifting thermometers make them, the intervals are too short"
    ]


def _bent(options: FitOptions, found: CurveFit) -> list[str]:
    """Whether the exponent changes over the range beyond chance."""
    if len(found.curve) < 6:
        return []
    bent = _fit(found.selected, found.calibration, options, bent=True).fit
    q, std = bent.value("bend"), bent.std("bend")
    if not std > 0 or abs(q) <= _BENT * std:
        return []
    low, high = (bent.value("exponent") + 2 * q * np.log(t / REFERENCE) for t in (found.curve.x[0], found.curve.x[-1]))
    return [
        f"one power law does not hold over the range: the exponent of D goes from {low:.2f} at {found.curve.x[0]:.4g} K to "
        f"{high:.2f} at {found.curve.x[-1]:.4g} K; the exponent given is their mean (narrow --range for one of them)"
    ]


def _far(curve: Curve, at: float) -> list[str]:
    if curve.x[0] <= at <= curve.x[-1]:
        return []
    return [
        f"{at:g} K lies outside the readings ({curve.x[0]:.4g} to {curve.x[-1]:.4g} K): the values there are extrapolated, and the "
        "scattering may be another"
    ]


def _formulas(conventions: Conventions, conditions: Mapping[str, Estimate], *, charged: bool) -> dict[str, Formula]:
    """Of the parameters of the power law and the conditions, at the temperature among these."""

    def diffusion(n: Mapping[str, Number]) -> Number:
        return n["diffusion"] * (n["temperature"] / REFERENCE) ** (-n["exponent"])

    def mobility(n: Mapping[str, Number]) -> Number:
        return formula.to_mobility(diffusion(n), n["temperature"], gas_of(conventions, n).fano)

    out: dict[str, Formula] = {
        "diffusion": (diffusion, "m^2/s"),
        "exponent": (lambda n: n["exponent"], ""),
    }
    if charged and conventions.statistics == "classical":
        out["exponent_mobility"] = (lambda n: n["exponent"] + 1, "")
    if charged:
        out["mobility"] = (mobility, _MOBILITY)
    for name, (function, unit) in kinetics(conventions, conditions).items():
        out[name] = (lambda n, function=function: function({**n, "diffusion": diffusion(n)}), unit)  # type: ignore[misc]
    return out


def _table(
    found: CurveFit, conventions: Conventions, conditions: Mapping[str, Estimate], where: str, *, charged: bool
) -> Listing:
    """D, mobility, tau, l and, with a length, Gamma over the range of the readings."""
    low, high = found.curve.x[0], found.curve.x[-1]
    temperatures = np.unique([float(f"{t:.3g}") for t in np.geomspace(low, high, _ROWS)])
    temperatures = temperatures[(temperatures >= low) & (temperatures <= high)]
    shown = {
        "diffusion": "D", "mobility": "mobility", "tau": "τ", "mean_free_path": "l", "fano_factor": "F",
        "transmission": "Γ", "action_over_h": "h_s/h",
    }  # fmt: skip
    rows: list[tuple[Entry, ...]] = []
    heads: tuple[str, ...] = ()
    for t in temperatures.tolist():
        here = {**conditions, "temperature": Estimate(value=t, unit="K")}
        estimates = derive(found, _formulas(conventions, here, charged=charged), conditions=here).estimates
        kept = [name for name in shown if name in estimates]
        heads = ("T", *(shown[name] for name in kept))
        rows.append((Estimate(value=t, unit="K"), *(estimates[name] for name in kept)))
    return Listing(
        name="over_temperature",
        caption="What the power law says within the range of the readings.",
        heads=heads,
        rows=tuple(rows),
        notes=(f"the estimates of this report are {where}",),
    )


def _times(found: CurveFit, conventions: Conventions, conditions: Mapping[str, Estimate]) -> Picture:
    """Scattering time of every reading and of the power law."""
    values = {name: e.value for name, e in conditions.items()}
    curve = found.curve
    line = np.geomspace(curve.x[0], curve.x[-1], 200)

    def tau(t: Array, d: Array) -> Array:
        fanos = [gas_of(conventions, {**values, "temperature": v}).fano for v in t.tolist()]
        return np.asarray(formula.scattering_time(d, t, values["mass"], np.array(fanos)))

    return Picture(
        name="scattering_time",
        caption="Scattering time over temperature: of every reading, and of the power law.",
        alt="Scattering time over temperature.",
        x_name="temperature", y_name="scattering time", x_unit="K", y_unit="s", logarithmic=True, logarithmic_y=True,
        traces=(
            Trace(label="readings", x=curve.x, y=tau(curve.x, curve.y), look="points"),
            Trace(label="power law", x=line, y=tau(line, POWER_LAW.function(line, found.fit.values)), look="fit"),
        ),
    )  # fmt: skip
