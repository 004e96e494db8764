"""Lever arm of a gate and the temperature that electrons keep, from one transition at several temperatures.

    Theta_i = kB sqrt(T_i^2 + T_0^2)/(e alpha),    Gamma the same in all

fitted to all lines together: the stages' temperatures T_i are stated, the lever arm alpha and the electrons' own T_0 come
out. At high temperatures Theta grows with T and gives alpha; at low ones it stays, and gives T_0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import FitError, InputError, UnitError
from gzero.estimate import Estimate, html_table
from gzero.fitters.options import FitOptions
from gzero.fitters.problem import Problem
from gzero.fitters.together import JointFit, fit_together
from gzero.fitters.transition_shapes import Line, fit_line
from gzero.joint import JointEstimates
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array
from gzero.models.transition import Background, Shape, transition
from gzero.quanta import HBAR, KB, E, Quantum

#: The electrons' own temperature starts no lower than this part of the coldest stage.
_COLD = 0.5
_NAMES = ("lever_arm", "base_temperature", "lifetime_width")
_UNITS = {"lever_arm": "", "base_temperature": "K", "lifetime_width": "V"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TransitionSeries:
    """What the lines at several temperatures say together.

    Parameters
    ----------
    joint : the fit of all lines.  temperatures : of the stages [K].
    shape : of every line; "thermal" where no line shows a lifetime.
    estimates : `lever_arm` [1], `base_temperature` T_0 [K] and, with a lifetime, `lifetime_width` [V], with their joint
        covariance; their systematic parts are those of the temperatures. Without what ended on its bound of zero.
    notes : what is missing and why, and whether the lines agree.
    """

    joint: JointFit
    temperatures: tuple[float, ...]
    shape: Shape
    estimates: JointEstimates
    notes: tuple[str, ...] = ()

    def electron_temperature(self, stage: float) -> float:
        """T_e = sqrt(T^2 + T_0^2) [K] at a temperature of the stage [K]."""
        base = self.estimates.estimates.get("base_temperature")
        return float(np.hypot(stage, base.value if base is not None else 0.0))

    @property
    def lifetime(self) -> float:
        """hbar/(2 e alpha Gamma) [s]; infinite where no line shows one."""
        found = self.estimates.estimates
        if "lifetime_width" not in found:
            return float("inf")
        return float(HBAR / (2 * E * found["lever_arm"].value * found["lifetime_width"].value))

    def _repr_html_(self) -> str:
        """The estimates, for notebooks."""
        rows = [
            (name, f"{e.value:.6g}", f"{e.std_stat:.2g}", f"{e.std_sys:.2g}", e.unit or "")
            for name, e in self.estimates.estimates.items()
        ]
        title = f"{len(self.temperatures)} lines, {min(self.temperatures):g} to {max(self.temperatures):g} K"
        title += "".join(f"; {note}" for note in self.notes)
        return html_table(title, ("estimate", "value", "statistical", "systematic", "unit"), rows)


def fit_transition_series(
    measurements: Sequence[Measurement],
    temperatures: Sequence[Estimate] | None = None,
    *,
    options: FitOptions | None = None,
    shape: Shape | None = None,
) -> TransitionSeries:
    """Lever arm and the electrons' own temperature from one transition at several temperatures of the stage.

    Parameters
    ----------
    measurements : one line each, the gate in volt.
    temperatures : of the stages [K]; those that the measurements state where None. Parts of the same name move together.
    options : for the fit of each line.
    shape : of all lines, "thermal" or "thermal*lifetime"; chosen from the lines where None.

    Raises
    ------
    InputError : fewer than two temperatures, or one that is missing.  UnitError : a gate that is not in volt.
    FitError : a line without a step, or lever arm and temperature that the lines do not separate.
    """
    options = options or FitOptions(quantum=Quantum(symbol="", value=None, unit="A", row=""))
    stages = _stages(measurements, temperatures)
    # a lever arm is what is asked for: one that is stated, or a stage's temperature, takes no part in the single lines
    lines = [fit_line(m, options) for m in measurements]
    chosen = shape or _shape(lines)
    ground: Background = "parabola" if any(line.candidates[0].background == "parabola" for line in lines) else "line"
    values = tuple(float(t.value) for t in stages)
    problems = [_problem(line, chosen, ground, t) for line, t in zip(lines, values, strict=True)]
    shared = [name for name in _NAMES if name in problems[0].model.names]
    starts = _starts(lines, values, chosen)
    joint = fit_together(problems, starts, shared=shared)
    lost = [name for name in shared if name in joint.fit.at_bounds]
    if "lever_arm" in lost:
        raise FitError("the lever arm ended on its bound: no line widens with temperature", result=joint.fit)
    known = [name for name in shared if name not in lost]
    shifts = _temperature_shifts(joint, problems, lines, stages, chosen, ground)
    return TransitionSeries(
        joint=joint,
        temperatures=values,
        shape=chosen,
        estimates=_estimates(joint, known, shifts),
        notes=tuple(_notes(joint, lost, values)),
    )


def _stages(measurements: Sequence[Measurement], temperatures: Sequence[Estimate] | None) -> list[Estimate]:
    given = [m.conditions.get("temperature") for m in measurements] if temperatures is None else list(temperatures)
    if len(given) != len(measurements):
        raise InputError(f"{len(given)} temperatures for {len(measurements)} lines", remedy="state one for each")
    stages = []
    for measurement, stage in zip(measurements, given, strict=True):
        if stage is None or not (np.isfinite(stage.value) and stage.value > 0):
            raise InputError(
                "a line of a series needs the temperature of its stage",
                path=measurement.origin.path,
                remedy='state it, such as --temperature "90 mK"',
            )
        if measurement.abscissa.unit != "V":
            raise UnitError(
                f"a lever arm needs the gate in volt, not in [{measurement.abscissa.unit or 'unknown'}]",
                path=measurement.origin.path,
                remedy="state --x-unit, such as mV",
            )
        stages.append(stage)
    if len({t.value for t in stages}) < 2:
        raise InputError("one temperature tells no lever arm", remedy="give lines at two temperatures or more")
    return stages


def _shape(lines: Sequence[Line]) -> Shape:
    """With a lifetime where all lines together have one by BIC, at the price of one parameter."""
    gain, readings = 0.0, 0
    for line in lines:
        thermal = min((c.chi2 for c in line.candidates if c.shape == "thermal"), default=np.inf)
        broadened = min((c.chi2 for c in line.candidates if c.shape != "thermal"), default=np.inf)
        gain += min(max(thermal - broadened, 0.0), 1e6)
        readings += len(line.found.curve)
    return "thermal*lifetime" if gain > np.log(readings) else "thermal"


def _problem(line: Line, shape: Shape, ground: Background, temperature: float) -> Problem:
    """The problem of one line with lever arm and base temperature in place of its thermal width."""
    model = transition(shape, background=ground, temperature=temperature)
    found = line.found
    if found.fit.problem is None:
        raise InputError("this fit does not carry what was minimised", remedy="fit the measurement again")
    return replace(found.fit.problem, model=model, fixed={})


def _starts(lines: Sequence[Line], temperatures: tuple[float, ...], shape: Shape) -> list[Mapping[str, float]]:
    """Where to begin: Theta^2 is a straight line in T^2 with slope (kB/e alpha)^2 and T_0^2 for its intercept over slope."""
    best = [line.candidates[0] for line in lines]
    theta = np.array([c.width("thermal_width") if "thermal_width" in c.values else np.nan for c in best])
    total = np.array([np.nansum([c.width("thermal_width"), 0.6 * c.width("lifetime_width")]) for c in best])
    theta = np.where(np.isfinite(theta), theta, 0.5 * total)
    square = np.array(temperatures) ** 2
    slope, intercept = np.polyfit(square, total**2, 1, w=1 / total**2)
    hottest = int(np.argmax(temperatures))
    lever_arm = KB / E * (float(slope) ** -0.5 if slope > 0 else temperatures[hottest] / float(theta[hottest]))
    base = float(np.sqrt(np.clip(intercept / slope, 0.0, None))) if slope > 0 else 0.0
    coldest = min(temperatures)
    gammas = [c.values["lifetime_width"] for c in best if "lifetime_width" in c.values]
    known = {
        "lever_arm": lever_arm,
        "base_temperature": float(np.clip(base, _COLD * coldest, 2 * max(temperatures))),
        "lifetime_width": float(np.median(gammas)) if gammas else 0.2 * float(np.min(total)),
    }
    return [{"curvature": 0.0, **c.values, **known} for c in best]


def _temperature_shifts(
    joint: JointFit,
    problems: Sequence[Problem],
    lines: Sequence[Line],
    stages: Sequence[Estimate],
    shape: Shape,
    ground: Background,
) -> dict[str, Array]:
    """Change of the joint values when each source of the temperatures moves up by one standard uncertainty."""
    rises: dict[str, list[float]] = {}
    for i, t in enumerate(stages):
        parts = {**t.systematic, **({f"temperature of line {i}": t.std_stat} if t.std_stat else {})}
        for source, shift in parts.items():
            rises.setdefault(source, [0.0] * len(stages))[i] = shift
    out = {}
    for source, rise in rises.items():
        shifts = []
        for line, problem, curve, t, more in zip(lines, problems, joint.curves, stages, rise, strict=True):
            # readings that would look alike with a higher temperature: those with what the model gains taken off
            warmer, cooler = (_problem(line, shape, ground, t.value + s * more).model for s in (0.5, -0.5))
            x, at = problem.curve.x, curve.values
            shifts.append(np.asarray(cooler.function(x, at) - warmer.function(x, at)))
        out[source] = joint.moved_by(shifts)
    return out


def _estimates(joint: JointFit, names: Sequence[str], shifts: Mapping[str, Array]) -> JointEstimates:
    fit = joint.fit
    at = [fit.names.index(name) for name in names]
    covariance = fit.covariance[np.ix_(at, at)]
    return JointEstimates(
        estimates={
            name: Estimate(
                value=float(fit.values[i]),
                std_stat=float(np.sqrt(covariance[k, k])),
                systematic={source: float(shift[i]) for source, shift in shifts.items()},
                unit=_UNITS[name],
            )
            for k, (name, i) in enumerate(zip(names, at, strict=True))
        },
        statistical=covariance,
    )


def _notes(joint: JointFit, lost: Sequence[str], temperatures: tuple[float, ...]) -> list[str]:
    out = [f"{name.replace('_', ' ')} ended on its bound 0: the lines do not show it" for name in lost]
    fit = joint.fit
    if "base_temperature" in fit.names and "base_temperature" not in lost:
        value, std = fit.value("base_temperature"), fit.std("base_temperature")
        if value < 2 * std or value < 0.5 * min(temperatures):
            top = float(np.sqrt(value**2 + 2 * 1.645 * value * std))
            out.append(f"T_0 is below the coldest stage and hardly seen: below {top:.3g} K (95 %, from T_0^2)")
    if np.isfinite(joint.p_value) and joint.p_value < 0.01:
        out.append(
            f"the lines do not agree on what they share (chance {joint.p_value:.2g}): coupling or lever arm differ between them"
        )
    return out
