"""One model on one curve, from readings to parameters: what most experiments do, in one place.

The readings are corrected for gain and offset, selected by rule and fitted; the noise is learnt from the residuals where it
is not stated, and red noise is carried (`gzero.fitters.learnt_noise`). What gain and offset do to every parameter is worked
out apart, to first order,

    d parameters = (J^T C^-1 J)^-1 J^T C^-1 d y,

as one shift a named source, and never enters the noise of the readings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError
from gzero.estimate import Estimate
from gzero.fitters.exhibits import Picture, Trace
from gzero.fitters.learnt_noise import fit_learning
from gzero.fitters.looser import Looser
from gzero.fitters.options import FitOptions
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.measurement.kinds import kind
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array, Model
from gzero.reduction.calibration import Calibration
from gzero.reduction.noise import Noise, white_noise
from gzero.reduction.selection import Selected, select

#: A chi2/dof of stated uncertainties below this part of its expectation is worth a warning: they are too large.
_TOO_GOOD = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveFit:
    """A fit with the readings that it rests on.

    Parameters
    ----------
    selected : the curve and what was left out of it.
    calibration : gain, offset and series resistance that the readings were corrected for.
    fit : the model's fit, k parameters;  noise : of the readings.
    shifts : source -> shift of every fitted parameter when gain, offset, ... move up by one standard uncertainty, shape (k,).
    ledger, warnings : of the selection and of the fit.
    """

    selected: Selected
    calibration: Calibration
    fit: FitResult
    noise: Noise
    shifts: Mapping[str, NDArray[np.float64]]
    ledger: tuple[Choice, ...]
    warnings: tuple[str, ...]

    @property
    def curve(self) -> Curve:
        """The points that were fitted."""
        return self.selected.curve

    def parameter(self, name: str) -> Estimate:
        """One parameter with its statistical part and its shifts; its unit as the model gives it ("x", "y" resolved)."""
        fit = self.fit
        unit = {"x": self.curve.x_unit, "y": self.curve.y_unit}
        if name in fit.fixed:
            return Estimate(value=fit.fixed[name], unit=None)
        i = fit.names.index(name)
        text = fit.units[i]
        return Estimate(
            value=float(fit.values[i]),
            std_stat=fit.std(name),
            systematic={source: float(shift[i]) for source, shift in self.shifts.items()},
            unit=unit.get(text or "", text),
        )


Start = Mapping[str, float] | Callable[[Curve], Mapping[str, float]]


def fit_curve(
    measurement: Measurement,
    options: FitOptions,
    model: Model | Callable[[Curve], Model],
    start: Start,
    *,
    fixed: Mapping[str, float] | None = None,
    least: int = 8,
    looser: Looser | None = None,
    selected: Selected | None = None,
) -> CurveFit:
    """Select the readings and fit a model to them.

    Parameters
    ----------
    model, start : or functions of the curve that give them; a start for every free parameter [its unit].
    fixed : parameters that are held.
    least : fewest readings that make a curve.
    looser : a problem with more freedom at given parameters; what it takes up is no evidence about the noise.
    selected : the curve, where it is there already.

    Raises
    ------
    InputError : readings that make no curve, fewer than parameters.  FitError : no usable minimum; it carries the result.
    """
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    calibration.check(measurement.ordinate.unit)
    if selected is None:
        selected = choose(measurement, options, calibration, least=least)
    curve = selected.curve
    chosen = model(curve) if callable(model) else model
    begin = start(curve) if callable(start) else start
    noise = replace(first_noise(curve, selected.noise), assumed_white=options.noise_model == "white")
    problem = Problem(model=chosen, curve=curve, noise=noise, fixed=dict(fixed or {}), loss=options.loss)
    learnt = fit_learning(problem, begin, flat=np.zeros(len(curve), dtype=bool), looser=looser)
    fit = learnt.fit
    return CurveFit(
        selected=selected,
        calibration=calibration,
        fit=fit,
        noise=learnt.noise,
        shifts=parameter_shifts(fit, curve, calibration),
        ledger=(*selected.ledger, *_choices(fit, learnt.noise)),
        warnings=(*selected.warnings, *fit_warnings(fit, learnt.noise)),
    )


def choose(measurement: Measurement, options: FitOptions, calibration: Calibration, *, least: int = 8) -> Selected:
    """The calibrated curve of a measurement; where x is not swept, readings may come in any order.

    Raises
    ------
    InputError : rows that are not finite, too few of them.
    """
    selection = options.selection
    if not kind(measurement.kind).swept:
        selection = replace(selection, sweep="sort")
    return select(measurement, calibration, selection, quantum=None, least=least)


def first_noise(curve: Curve, source: str = "") -> Noise:
    """The noise before any fit: stated, else the scatter of third differences, or of the readings where these repeat.

    Parameters
    ----------
    source : where stated uncertainties come from, in words.
    """
    if curve.y_std is not None:
        return Noise(std=curve.y_std, stated=True, source=source)
    scatter = white_noise(curve.y) or 1e-3 * float(np.ptp(curve.y)) or 1e-12 * float(np.max(np.abs(curve.y))) or 1.0
    return Noise(std=np.full(len(curve), scatter), stated=False)


def parameter_shifts(fit: FitResult, curve: Curve, calibration: Calibration) -> dict[str, Array]:
    """What a shift of all readings by gain, offset, ... does to every fitted parameter, by source, shape (k,)."""
    if fit.problem is None:
        return {}
    moved: dict[str, Array] = {}
    for i, value in enumerate(curve.y):
        for source, shift in calibration.shifts(float(value)).items():
            moved.setdefault(source, np.zeros(len(curve)))[i] = shift
    if not moved:
        return {}
    # with the weights of the fit, which a sandwich leaves white
    noise = fit.problem.noise
    weigh = noise.with_spectrum(None) if fit.method.endswith("sandwich covariance") else noise
    design = weigh.whiten(fit.problem.design(fit.values))
    size = np.linalg.norm(design, axis=0)
    return {
        source: np.linalg.lstsq(design / size, weigh.whiten(shift), rcond=None)[0] / size
        for source, shift in moved.items()
    }


def _choices(fit: FitResult, noise: Noise) -> tuple[Choice, ...]:
    return (Choice(choice="fit of the model", value=fit.method, origin="data", note=f"noise {noise.description}"),)


def fit_warnings(fit: FitResult, noise: Noise) -> tuple[str, ...]:
    """What the numbers of a fit give to think."""
    out = []
    if fit.at_bounds:
        out.append(f"the fit ended on the bound of {', '.join(fit.at_bounds)}: no uncertainty is known for it")
    if fit.inflation > 1:
        out.append(
            f"chi2/dof of the {fit.model} is {fit.chi2_reduced:.3g}: its uncertainties are widened by {fit.inflation:.3g}, as "
            + ("the stated uncertainties are too small for it, or " if noise.stated else "")
            + "its shape is not that of the readings"
        )
    if noise.red:
        out.append(
            f"the residuals hang together over about {noise.correlation_length:.0f} readings: slow noise, or a shape that the "
            f"{fit.model} does not have; the uncertainties carry it as noise"
        )
    low = fit.dof - _TOO_GOOD * np.sqrt(2.0 * fit.dof)
    if noise.stated and not noise.red and fit.chi2 < low:
        out.append(
            f"chi2/dof of the {fit.model} is {fit.chi2_reduced:.3g}: the stated uncertainties are larger than the scatter"
        )
    return tuple(out)


def usable(fit: FitResult, *names: str) -> None:
    """Refuse parameters that have no uncertainty.

    Raises
    ------
    FitError : one of them lies on a bound; it carries the result.
    """
    lost = [name for name in names if name in fit.at_bounds]
    if lost:
        raise FitError(
            f"the fit of the {fit.model} ended on the bound of {', '.join(lost)}: the readings do not determine it",
            remedy="give a longer range, or less noise",
            result=fit,
        )


def curve_picture(
    found: CurveFit,
    *,
    caption: str,
    alt: str,
    name: str = "curve",
    x_name: str = "",
    y_name: str = "",
    logarithmic_x: bool = False,
    logarithmic_y: bool = False,
) -> Picture:
    """The readings with their uncertainties, the model through them, and the pulls below.

    Parameters
    ----------
    x_name, y_name : of the axes; those of the file where none is given.
    """
    curve, fit = found.curve, found.fit
    line = curve.x
    if logarithmic_x and curve.x[0] > 0:
        line = np.geomspace(curve.x[0], curve.x[-1], 400)
    elif len(curve) < 400:
        line = np.linspace(curve.x[0], curve.x[-1], 400)
    model = fit.fitted
    if fit.problem is not None and line is not curve.x:
        model = fit.problem.model.function(line, fit.problem.complete(fit.values))
    std = found.noise.std * (1.0 if found.noise.spectrum is None else np.sqrt(found.noise.spectrum.variance))
    shown = std if curve.y_std is not None and len(curve) <= 120 else None
    return Picture(
        name=name,
        caption=caption,
        alt=alt,
        x_name=x_name or curve.x_name,
        y_name=y_name or curve.y_name,
        x_unit=curve.x_unit,
        y_unit=curve.y_unit,
        traces=(
            Trace(label="readings", x=curve.x, y=curve.y, look="points", std=shown),
            Trace(label=fit.model, x=line, y=model, look="fit"),
        ),
        logarithmic=logarithmic_x,
        logarithmic_y=logarithmic_y,
        pulls=Trace(label="data minus model over its standard deviation", x=curve.x, y=fit.residuals / std),
    )
