"""Lever arm and saddle-point energy of a constriction from its staircases at several temperatures.

A riser is the transmission of a saddle point, of width w_S = hbar omega_x/(2 pi e alpha), convolved with -df/dE, of width
kB T/(e alpha) [V]; one curve does not tell the two apart. Only one of them grows with the temperature: fitted together
with one lever arm alpha, one w_S and one step height, curves at different temperatures do. Buettiker 1990,
doi 10.1103/PhysRevB.41.7906.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError, InputError, UnitError
from gzero.estimate import Estimate, html_table
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.fitters.together import JointFit, fit_together
from gzero.joint import JointEstimates
from gzero.models.model import Array
from gzero.models.staircase import staircase
from gzero.quanta import KB, E

SHARED = ("step_height", "lever_arm", "saddle_width")

#: Correlation of lever arm and saddle width from which the temperatures do not separate them: with 0.999 either is known
#: 20 times worse than the other would make it.
SEPARATED = 0.999


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TemperatureSeries:
    """What staircases at several temperatures say together.

    Parameters
    ----------
    joint : the fit of all curves.
    temperatures : of the curves [K].
    estimates : `step_height` [unit of y], `lever_arm` [1], and `hbar_omega_x` [J], the energy of the saddle point, with
        their joint covariance; their systematic parts are those of the temperatures. Without `hbar_omega_x` where the
        saddle width ended on its bound of zero.
    note : why `hbar_omega_x` is missing, "" where it is not.
    """

    joint: JointFit
    temperatures: tuple[float, ...]
    estimates: JointEstimates
    note: str = ""

    def _repr_html_(self) -> str:
        """The estimates, for notebooks."""
        rows = [
            (name, f"{e.value:.6g}", f"{e.std_stat:.2g}", f"{e.std_sys:.2g}", e.unit or "")
            for name, e in self.estimates.estimates.items()
        ]
        title = f"{len(self.temperatures)} curves, {min(self.temperatures):g} to {max(self.temperatures):g} K"
        title += f"; {self.note}" if self.note else ""
        return html_table(title, ("estimate", "value", "statistical", "systematic", "unit"), rows)


def fit_temperature_series(fits: Sequence[FitResult], temperatures: Sequence[Estimate]) -> TemperatureSeries:
    """Lever arm, saddle-point energy and step height from curves at different temperatures.

    Parameters
    ----------
    fits : of the staircase model with a width for each riser, one a curve, with x in volt; they give the curves, their
        noise and where to start.
    temperatures : of the electrons in each curve [K]; parts of the same name move together.

    Raises
    ------
    InputError : fewer than two temperatures, or a fit without its problem or without steps.
    UnitError : x is not in volt.
    FitError : the temperatures do not separate the two widths, or the engine finds no minimum.
    """
    values = tuple(float(t.value) for t in temperatures)
    _check(fits, values)
    starts = _starts(fits, values)
    problems = [_problem(fit, t) for fit, t in zip(fits, values, strict=True)]
    sandwich = [i for i, fit in enumerate(fits) if fit.method == "least squares, sandwich covariance"]
    joint = fit_together(problems, starts, shared=SHARED, sandwich=sandwich)
    if not np.isfinite(joint.std("lever_arm")):
        raise FitError("the lever arm ended on its bound: no riser of these curves is thermal", result=joint.fit)
    frozen_out = "saddle_width" in joint.fit.at_bounds
    if not frozen_out and abs(r := _correlation(joint.fit, "lever_arm", "saddle_width")) > SEPARATED:
        raise FitError(
            f"the temperatures {_shown(values)} do not separate lever arm and saddle width (correlation {r:+.4f})",
            remedy="add a curve at another temperature",
            result=joint.fit,
        )
    note = (
        "the saddle width ended on its bound 0: the risers are thermal, and no energy of the saddle point is known"
        if frozen_out
        else ""
    )
    unit = problems[0].curve.y_unit
    estimates = _estimates(joint, _temperature_shifts(joint, fits, temperatures), unit, energy=not frozen_out)
    return TemperatureSeries(joint=joint, temperatures=values, estimates=estimates, note=note)


def _check(fits: Sequence[FitResult], temperatures: tuple[float, ...]) -> None:
    if len(fits) != len(temperatures):
        raise InputError(f"{len(temperatures)} temperatures for {len(fits)} curves", remedy="state one for each")
    if not all(np.isfinite(t) and t > 0 for t in temperatures):
        raise InputError(f"{_shown(temperatures)}: a temperature is positive and finite", remedy="state each in kelvin")
    if len(set(temperatures)) < 2:
        raise InputError(
            f"all curves are at {_shown(temperatures[:1])}: one temperature does not separate lever arm and saddle width",
            remedy="give curves at two temperatures or more",
        )
    for i, fit in enumerate(fits):
        if fit.problem is None or "step_height" not in fit.names:
            raise InputError(
                f"curve {i} has no fit of equal steps with its problem", remedy="fit the measurement first"
            )
        if fit.problem.curve.x_unit != "V":
            raise UnitError(
                f"curve {i}: a lever arm needs the gate in volt, not [{fit.problem.curve.x_unit or 'unknown'}]",
                remedy="state it with --x-unit",
            )


def _shown(temperatures: Sequence[float]) -> str:
    return ", ".join(f"{t:g} K" for t in dict.fromkeys(temperatures))


def _problem(fit: FitResult, temperature: float) -> Problem:
    """The problem of a fit with the two broadenings in place of a width for each riser."""
    if fit.problem is None:
        raise InputError("this fit does not carry what was minimised", remedy="fit the measurement again")
    model = staircase(
        len(_numbered(fit, "threshold")),
        series_resistance="free" if "series_resistance" in fit.names else "none",
        offset="offset" in fit.names,
        descending=bool(fit.fitted[-1] < fit.fitted[0]),
        broadening="thermal*saddle",
        temperature=temperature,
    )
    return replace(fit.problem, model=model, fixed={})


def _numbered(fit: FitResult, kind: str) -> Array:
    """Values of `kind_1`, `kind_2`, ..., shape (modes,)."""
    return np.array([value for name, value in zip(fit.names, fit.values, strict=True) if name.startswith(f"{kind}_")])


def _starts(fits: Sequence[FitResult], temperatures: tuple[float, ...]) -> list[Mapping[str, float]]:
    """Where to begin: the squared widths of the risers are near a straight line in T^2, w^2 = (kB T/e alpha)^2 + w_S^2, as
    the variances of the two broadenings add up."""
    width = np.array([np.median(_numbered(fit, "width")) for fit in fits])
    thermal = KB * np.array(temperatures) / E
    slope, intercept = np.polyfit(thermal**2, width**2, 1, w=width**-2.0)
    widest = float(np.max(thermal / width))  # the largest lever arm for which the thermal part is the whole width
    lever_arm = float(np.clip(slope**-0.5, 0.3 * widest, 10 * widest)) if slope > 0 else widest
    saddle = float(np.sqrt(np.clip(intercept, (0.2 * width.min()) ** 2, width.min() ** 2)))
    known = {"lever_arm": lever_arm, "saddle_width": saddle}
    return [{**dict(zip(fit.names, map(float, fit.values), strict=True)), **known} for fit in fits]


def _correlation(fit: FitResult, a: str, b: str) -> float:
    i, j = fit.names.index(a), fit.names.index(b)
    return float(fit.covariance[i, j] / np.sqrt(fit.covariance[i, i] * fit.covariance[j, j]))


def _temperature_shifts(
    joint: JointFit, fits: Sequence[FitResult], temperatures: Sequence[Estimate]
) -> dict[str, Array]:
    """Change of the shared values when each source of the temperatures moves up by one standard uncertainty."""
    rises: dict[str, list[float]] = {}
    for i, t in enumerate(temperatures):
        parts = {**t.systematic, **({f"temperature of curve {i}": t.std_stat} if t.std_stat else {})}
        for source, shift in parts.items():
            rises.setdefault(source, [0.0] * len(temperatures))[i] = shift
    at = [joint.fit.names.index(name) for name in SHARED]
    out = {}
    for source, rise in rises.items():
        # readings that would look alike with a higher temperature: those with what the model gains taken off
        shifts = [
            _cooled(fit, curve.values, t.value, more)
            for fit, curve, t, more in zip(fits, joint.curves, temperatures, rise, strict=True)
        ]
        out[source] = joint.moved_by(shifts)[at]
    return out


def _cooled(fit: FitResult, values: Array, temperature: float, rise: float) -> Array:
    """Change of the model's curve when its temperature falls by `rise` [K], shape (n,)."""
    warmer, cooler = (_problem(fit, temperature + share * rise) for share in (0.5, -0.5))
    x = warmer.curve.x
    return np.asarray(cooler.model.function(x, values) - warmer.model.function(x, values))


def _estimates(joint: JointFit, shifts: Mapping[str, Array], unit: str | None, *, energy: bool) -> JointEstimates:
    """Step height, lever arm and hbar omega_x = 2 pi e alpha w_S, by the linear map that its derivatives are."""
    fit = joint.fit
    step, lever_arm, width = (fit.value(name) for name in SHARED)
    values = np.array([step, lever_arm, 2 * np.pi * E * lever_arm * width])
    slopes = np.array([[1, 0, 0], [0, 1, 0], [0, 2 * np.pi * E * width, 2 * np.pi * E * lever_arm]])
    names, units = ["step_height", "lever_arm", "hbar_omega_x"], [unit, "", "J"]
    at = [fit.names.index(name) for name in SHARED]
    covariance = fit.covariance[np.ix_(at, at)]
    if not energy:
        values, names, units = values[:2], names[:2], units[:2]
        slopes, covariance = np.eye(2), covariance[:2, :2]
    statistical = slopes @ covariance @ slopes.T
    moved = {source: slopes @ shift[: slopes.shape[1]] for source, shift in shifts.items()}
    return JointEstimates(
        estimates={
            name: Estimate(
                value=float(values[i]),
                std_stat=float(np.sqrt(statistical[i, i])),
                systematic={source: float(shift[i]) for source, shift in moved.items()},
                unit=units[i],
            )
            for i, name in enumerate(names)
        },
        statistical=statistical,
    )
