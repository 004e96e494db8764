"""Both fits of heat: the model of every setting with the phonons by a power law, and differences without phonons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from gzero.estimate import Estimate
from gzero.fitters.curve_fit import CurveFit, first_noise, fit_curve
from gzero.fitters.derived import Derived, Formula, Number, derive
from gzero.fitters.heat_phonons import Phonons, linear_start, phonons_of, usual_exponent
from gzero.fitters.heat_points import HeatPoints, moved_points
from gzero.fitters.looser import Looser
from gzero.fitters.moved_settings import with_moved
from gzero.fitters.options import FitOptions
from gzero.fitters.problem import Problem
from gzero.measurement.measurement import Measurement
from gzero.models.heat import coupling_of, differences_model, settings_model
from gzero.models.model import Array, Model
from gzero.quanta import KAPPA0

#: Most terms of the polynomial that stands for the phonons in differences: what T^5 needs, and one more.
_TERMS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatFit:
    """Both fits of one measurement and what follows from them.

    Parameters
    ----------
    points : the readings.  phonons : the power law of the model.
    model : every setting with its own modes.  total : what follows from it.
    differences : between settings; None for a single one.  added : what follows from it.
    temperature : at which the conductance of a channel is given [K].
    line : modes at zero channels, and modes of each added channel from one number of channels to the next, of the
        model; None without two numbers of channels.
    unequal : chance of modes as far off that line; None below three numbers of channels.
    """

    points: HeatPoints
    phonons: Phonons
    model: CurveFit
    total: Derived
    differences: CurveFit | None
    added: Derived | None
    temperature: float
    line: Derived | None
    unequal: float | None

    @property
    def leading(self) -> Derived:
        """What the main estimate comes from: differences of declared channels, else the model."""
        return self.added if self.added is not None and self.points.channels is not None else self.total

    @property
    def per_channel(self) -> Estimate | None:
        """Modes of one channel; None where the channels are not declared."""
        return self.leading.estimates.get("modes_per_channel")

    @property
    def estimates(self) -> dict[str, Estimate]:
        """All of them, the main one first; a name that both have is that of the leading one."""
        both = dict(self.leading.estimates)
        for other in (self.total, self.added):
            both |= {name: e for name, e in (other.estimates if other else {}).items() if name not in both}
        last = ("thermal_conductance", "phonon_coupling", "exponent")
        return {n: e for n, e in both.items() if n not in last} | {n: both[n] for n in last if n in both}


def fit_heat(measurement: Measurement, options: FitOptions, points: HeatPoints) -> HeatFit:
    """Fit the model of all settings, and differences where there are several.

    Raises
    ------
    InputError : fewer readings than parameters.  FitError : readings that do not tell modes from phonons.
    """
    moved = moved_points(points, measurement)
    usual = usual_exponent(points, options.phonon_exponent)
    _, start, _ = linear_start(points, None, usual)
    model = _model(measurement, options, points, moved, start, exponent=usual)
    phonons = phonons_of(points, model.noise, stated=options.phonon_exponent)
    if phonons.fitted:
        _, start, _ = linear_start(points, model.noise, phonons.exponent)
        model = _model(measurement, options, points, moved, start, exponent=phonons.exponent, free=True)
    temperature = _temperature(measurement, points)
    differences = added = None
    if points.count > 1:
        differences = _differences(measurement, options, points, moved)
        added = derive(differences, _added(points, temperature), conditions={})
    line, unequal = _line(points, model)
    return HeatFit(
        points=points,
        phonons=phonons,
        model=model,
        total=derive(model, _total(points, phonons, model, temperature), conditions={}),
        differences=differences,
        added=added,
        temperature=temperature,
        line=line,
        unequal=unequal,
    )


def _model(
    measurement: Measurement,
    options: FitOptions,
    points: HeatPoints,
    moved: Mapping[str, HeatPoints],
    start: Array,
    *,
    exponent: float,
    free: bool = False,
) -> CurveFit:
    """The model of all settings, with the exponent held or free."""

    def model_of(p: HeatPoints) -> Model:
        return settings_model(p.each, p.hot, p.cold, p.setting, pivot=points.pivot, exponent=None if free else exponent)

    named = {f"modes_{i}": float(v) for i, v in enumerate(start[:-1], 1)}
    named |= {"phonons": float(start[-1])} | ({"exponent": exponent} if free else {})
    return _fitted(measurement, options, points, model_of, named, moved, looser=_looser(points))


def _looser(points: HeatPoints) -> Looser | None:
    """A fit without any law of the phonons: what it takes up is a wrong law, and no slow noise."""
    curve = points.selected.curve
    terms = _terms(points)
    if len(curve) < 3 * (points.count + terms + 1):
        return None
    model = differences_model(_each_setting(points), points.each, points.hot, points.cold, terms=terms)
    design = model.jacobian(curve.x, np.zeros(len(model.names)))

    def looser(named: Mapping[str, float]) -> tuple[Problem, Array]:
        problem = Problem(model=model, curve=curve, noise=first_noise(curve, points.selected.noise))
        return problem, _least_squares(design, curve.y)

    return looser


def _each_setting(points: HeatPoints) -> dict[str, Array]:
    """Settings from the second on, each beyond the first."""
    return {f"beyond_{i + 1}": (points.setting == i).astype(np.float64) for i in range(1, points.count)}


def _terms(points: HeatPoints) -> int:
    """Terms of the polynomial: one through all temperatures is the pure difference of readings at equal ones."""
    return max(1, min(_TERMS, points.distinct if points.flow else points.distinct - 1))


def _least_squares(design: Array, y: Array) -> Array:
    """Best values of columns of any size, shape (k,)."""
    size = np.linalg.norm(design, axis=0)
    size = np.where(size > 0, size, 1.0)
    return np.asarray(np.linalg.lstsq(design / size, y, rcond=None)[0] / size)


def _fitted(
    measurement: Measurement,
    options: FitOptions,
    points: HeatPoints,
    model_of: Callable[[HeatPoints], Model],
    start: Mapping[str, float],
    moved: Mapping[str, HeatPoints],
    looser: Looser | None = None,
) -> CurveFit:
    found = fit_curve(measurement, options, model_of(points), start, selected=points.selected, looser=looser)
    return with_moved(found, {source: model_of(p) for source, p in moved.items()})


def _differences(
    measurement: Measurement, options: FitOptions, points: HeatPoints, moved: Mapping[str, HeatPoints]
) -> CurveFit:
    """Differences between settings, over channels where these are declared."""
    if points.channels is not None:
        contrasts: dict[str, Array] = {"per_channel": points.channels[points.setting]}
    else:
        contrasts = _each_setting(points)

    def model_of(p: HeatPoints) -> Model:
        return differences_model(contrasts, p.each, p.hot, p.cold, terms=_terms(points))

    first, curve = model_of(points), points.selected.curve
    start = _least_squares(first.jacobian(curve.x, np.zeros(len(first.names))), curve.y)
    named = dict(zip(first.names, map(float, start), strict=True))
    return _fitted(measurement, options, points, model_of, named, moved, looser=_looser(points))


def _temperature(measurement: Measurement, points: HeatPoints) -> float:
    """The stated temperature, else that of the cold side, else the lowest one [K]."""
    stated = measurement.conditions.get("temperature")
    if stated is not None:
        return stated.value
    return float(np.median(points.cold)) if points.cold is not None else float(points.hot.min())


def _added(points: HeatPoints, temperature: float) -> dict[str, Formula]:
    """What differences say."""
    if points.channels is None:
        return {
            f"modes_{i}_beyond_1": (lambda q, i=i: q[f"beyond_{i}"], "")  # type: ignore[misc]
            for i in range(2, points.count + 1)
        }
    return {
        "modes_per_channel": (lambda q: q["per_channel"], ""),
        "thermal_conductance": (lambda q: q["per_channel"] * KAPPA0 * temperature, "W/K"),
    }


def _total(points: HeatPoints, phonons: Phonons, model: CurveFit, temperature: float) -> dict[str, Formula]:
    """What the model says: modes of every setting, modes per channel, the phonons."""
    formulas: dict[str, Formula] = {}
    count, channels = points.count, points.channels
    if count == 1:
        share = float(channels[0]) if channels is not None and channels[0] > 0 else 1.0
        if channels is not None and channels[0] > 0:
            formulas["modes_per_channel"] = (lambda q: q["modes_1"] / share, "")
        formulas["modes"] = (lambda q: q["modes_1"], "")
        formulas["thermal_conductance"] = (lambda q: q["modes_1"] / share * KAPPA0 * temperature, "W/K")
    else:
        if channels is not None:
            weights = _weights(model, count, channels[:, None])[0]
            formulas["modes_per_channel_model"] = (lambda q: _sum(q, weights), "")
        formulas |= {f"modes_{i}": (lambda q, i=i: q[f"modes_{i}"], "") for i in range(1, count + 1)}  # type: ignore[misc]
    if phonons.fitted:
        formulas["exponent"] = (lambda q: q["exponent"], "")
        return formulas
    p = phonons.usual
    unit = f"W/K^{p if points.flow else p + 1:g}"
    scale = coupling_of(1.0, p, points.pivot, flow=points.flow)
    formulas["phonon_coupling"] = (lambda q: q["phonons"] * scale, unit)
    return formulas


def _sum(numbers: Mapping[str, Number], weights: Array) -> Number:
    return sum(float(w) * numbers[f"modes_{i}"] for i, w in enumerate(weights, 1))


def _weights(model: CurveFit, count: int, design: Array) -> Array:
    """Weights of generalised least squares of the modes onto columns, shape (columns, m)."""
    inverse = np.linalg.pinv(model.fit.covariance[:count, :count])
    return np.asarray(np.linalg.pinv(design.T @ inverse @ design) @ design.T @ inverse)


def _line(points: HeatPoints, model: CurveFit) -> tuple[Derived | None, float | None]:
    """(modes at zero channels and of each added channel, chance of modes as far off a straight line)."""
    from scipy.special import chdtrc

    if points.channels is None or points.count < 2:
        return None, None
    design = np.column_stack([np.ones(points.count), points.channels])
    intercept, slope = _weights(model, points.count, design)
    formulas: dict[str, Formula] = {"modes_at_zero": (lambda q: _sum(q, intercept), "")}
    for i, step in enumerate(np.diff(points.channels), 1):
        formulas[f"added_{i}"] = (lambda q, i=i, s=float(step): (q[f"modes_{i + 1}"] - q[f"modes_{i}"]) / s, "")  # type: ignore[misc]
    line = derive(model, formulas, conditions={})
    if points.count < 3:
        return line, None
    modes = model.fit.values[: points.count]
    left = modes - design @ np.array([intercept @ modes, slope @ modes])
    inverse = np.linalg.pinv(model.fit.covariance[: points.count, : points.count])
    return line, float(chdtrc(points.count - 2, float(left @ inverse @ left)))
