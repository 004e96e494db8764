"""The twin of a measurement: its settings, conditions and options, with a truth and a noise of its own making.

The truth is the curve of the model that was fitted, the noise is drawn from the one that was learnt from its residuals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import takewhile

import numpy as np
from numpy.typing import NDArray

from gzero.analysis import Analysis
from gzero.errors import ConfigError, FitError
from gzero.fitters.levels import noise_of_flats
from gzero.measurement.curve import Curve
from gzero.measurement.measurement import Measurement
from gzero.models.model import Model
from gzero.models.staircase import staircase
from gzero.pipeline.analyse import analyse_measurement
from gzero.pipeline.config import Config
from gzero.reduction.calibration import Calibration
from gzero.reduction.noise import Noise
from gzero.reduction.plateaus import Staircase, find_staircase
from gzero.reduction.riser_shapes import Riser

Array = NDArray[np.float64]

#: How the fitter begins the warning that its model misses the shape of the curve.
_MISSED = "the model misses the shape of the curve"
#: Share of the step that a riser above the claim has to rise by to be simulated as one more step.
_WHOLE = 0.7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """The curve that is simulated.

    Parameters
    ----------
    curve : corrected values without noise [unit of y], shape (n,).
    step : height of every step [unit of y].
    below : risers below the first one in the data.
    thresholds : by name [unit of x].
    resistance : the series resistance that was fitted [1/unit of y], 0 where none was.
    words : what it is, for the reader.
    """

    curve: Array
    step: float
    below: int
    thresholds: Mapping[str, float]
    resistance: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Twin:
    """A measurement with everything that a simulated one shares with it.

    Parameters
    ----------
    measurement : what was measured, reduced to the readings that are simulated, in order of x.
    config : how it is analysed;  analysis : what was found on it.
    truth : the curve that is simulated;  noise : of its readings, in corrected values [unit of y].
    notes : what the reader must know.
    """

    measurement: Measurement
    config: Config
    analysis: Analysis
    truth: Truth
    noise: Noise
    notes: tuple[str, ...]

    def draw(self, rng: np.random.Generator) -> Measurement:
        """A measurement of the truth, with new noise."""
        calibration = Calibration.of(self.measurement.conditions, self.measurement.ordinate.common)
        readings = read_back(calibration, self.truth.curve)
        # noise is in what the instrument reads
        readings = readings + draw_noise(self.noise, rng) / calibration.slope(self.truth.curve)
        ordinate = replace(self.measurement.ordinate, values=readings)
        series = {**self.measurement.series, self.measurement.y: ordinate}
        return replace(self.measurement, series=series)


def check_kind(measurement: Measurement) -> None:
    """Refuse what cannot be simulated.

    Raises
    ------
    ConfigError : a kind of measurement that has no self-test.
    """
    if measurement.kind != "staircase":
        raise ConfigError(
            f"the self-test is not available for the experiment '{measurement.kind}'",
            path=measurement.origin.path,
            remedy="it simulates staircases",
        )


def twin_of(measurement: Measurement, config: Config) -> Twin:
    """Analyse a measurement and make what is needed to simulate it.

    Raises
    ------
    ConfigError : a kind of measurement that has no self-test.  FitError : no step was found, so there is nothing to test.
    InputError : as the analysis does.
    """
    check_kind(measurement)
    analysis = analyse_measurement(measurement, config)
    curve = analysis.curve
    if curve is None or "step_height" not in analysis.estimates:
        raise FitError(
            "no flat plateau was found in it, so there is no step height to test",
            remedy="look at it with gzero validate",
            result=analysis,
        )
    with np.errstate(all="ignore"):
        stairs = find_staircase(curve)
        described = analysis.fit is not None and not any(line.startswith(_MISSED) for line in analysis.warnings)
        shape = _shape(analysis, stairs)
        here = _kept(analysis, curve, stairs, shape)
        noise, scatter = _noise(analysis, curve, stairs, described=described)
    std = None if curve.y_std is None else curve.y_std[here]
    part = replace(curve, x=curve.x[here], y=curve.y[here], y_std=std, rows=None)
    truth = shape.truth(part.x)
    return Twin(
        measurement=_used(measurement, part),
        config=config,
        analysis=analysis,
        truth=truth,
        noise=noise.over(len(part), -here.start),
        notes=tuple(_notes(analysis, truth, described=described, scatter=scatter)),
    )


def read_back(calibration: Calibration, corrected: Array) -> Array:
    """What the instrument reads of corrected values: gain G/(1 + R_s G) + offset, the inverse of `Calibration.apply`."""
    two = corrected / (1 + corrected * calibration.series_resistance.value)
    return np.asarray(calibration.gain.value * two + calibration.offset.value)


def draw_noise(noise: Noise, rng: np.random.Generator) -> Array:
    """One realisation of a noise [unit of y], shape (n,).

    Its cosine transform over the standard deviations has independent normal parts, with the powers of the spectrum as
    their variances (`gzero.reduction.spectrum`).
    """
    from scipy.fft import idct

    normal = rng.normal(size=noise.std.size)
    if noise.spectrum is not None:
        normal = np.asarray(idct(np.sqrt(noise.spectrum.powers) * normal, type=2, norm="ortho"))
    return np.asarray(noise.std * normal)


def _used(measurement: Measurement, curve: Curve) -> Measurement:
    """The measurement with the readings of a curve alone, in order of x, with their standard deviations as read."""
    calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
    std = None if curve.y_std is None else curve.y_std / np.abs(calibration.slope(curve.y))
    series = {
        measurement.x: replace(measurement.abscissa, values=curve.x, std=None),
        measurement.y: replace(measurement.ordinate, values=read_back(calibration, curve.y), std=std),
    }
    return replace(measurement, series=series, row_numbers=())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shape:
    """The staircase that is simulated, before it is evaluated.

    Parameters
    ----------
    model, values : of the risers of the claim, without offset and series resistance.
    above : risers above the claim, simulated with the same height.
    below : risers below the first one in the data.
    resistance : fitted [1/unit of y].
    descending : whether conductance falls with x.
    words : where it comes from.
    """

    model: Model
    values: dict[str, float]
    above: tuple[Riser, ...]
    below: int
    resistance: float
    descending: bool
    words: str

    @property
    def thresholds(self) -> dict[str, float]:
        """By name, those above the claim included [unit of x]."""
        out = {name: value for name, value in self.values.items() if name.startswith("threshold_")}
        places = [-riser.x if self.descending else riser.x for riser in self.above]
        return out | {f"threshold_{n}": place for n, place in enumerate(places, len(out) + 1)}

    def truth(self, x: Array) -> Truth:
        """Level n lies at n steps: a reading at pinch-off that nobody stated is a systematic matter, and no part of it."""
        step = self.values["step_height"]
        inner = self.model.function(x, np.array(list(self.values.values()))) + self.below * step
        if self.above:
            more = staircase(len(self.above), offset=False, descending=self.descending)
            places = list(self.thresholds.values())[-len(self.above) :]
            inner = inner + more.function(x, np.array([step, *places, *(riser.width for riser in self.above)]))
        return Truth(
            curve=inner / (1 + self.resistance * inner),
            step=step,
            below=self.below,
            thresholds=self.thresholds,
            resistance=self.resistance,
            words=self.words,
        )


def _shape(analysis: Analysis, stairs: Staircase) -> _Shape:
    """The model that was fitted, and above the claim the risers that were read off the data."""
    fit, sign = analysis.fit, -1.0 if stairs.descending else 1.0
    top = max((level for level in analysis.levels if level.counted), key=lambda level: level.index)
    if fit is not None and fit.problem is not None:
        model, found = fit.problem.model, fit.problem.complete(fit.values)
        words = f"curve of the {fit.model}"
    else:
        edge = sign * (top.x_high if stairs.descending else top.x_low)
        shapes = [riser for riser in stairs.risers if riser.x < edge]
        model = staircase(len(shapes), offset=False, descending=stairs.descending)
        step = analysis.estimates["step_height"].value
        found = np.array([step, *(sign * riser.x for riser in shapes), *(riser.width for riser in shapes)])
        words = f"{len(shapes)} equal steps of the height that the plateaus have, with risers as they were read off"
    values = dict(zip(model.names, (float(value) for value in found), strict=True))
    resistance = values.get("series_resistance", 0.0)
    modes = sum(name.startswith("threshold_") for name in values)
    least = _WHOLE * values["step_height"]
    above = tuple(takewhile(lambda riser: riser.rise > least, stairs.risers[modes:]))
    return _Shape(
        model=model,
        values={name: 0.0 if name in ("offset", "series_resistance") else value for name, value in values.items()},
        above=above,
        below=max(0, top.index - modes),
        resistance=resistance,
        descending=stairs.descending,
        words=words + (f", and {len(above)} more above the claim" if above else ""),
    )


def _kept(analysis: Analysis, curve: Curve, stairs: Staircase, shape: _Shape) -> slice:
    """The readings that are simulated: all, or up to the plateau below the first riser that is no whole step.

    What lies above is in no estimate, and its truth would be anybody's guess.
    """
    risers = len(shape.thresholds)
    if risers >= len(stairs.risers):
        return slice(0, len(curve))
    found = [level for level in analysis.levels if level.index == risers + shape.below]
    between = (stairs.riser_x(stairs.risers[risers - 1]) + stairs.riser_x(stairs.risers[risers])) / 2
    if shape.descending:
        return slice(int(np.searchsorted(curve.x, found[0].x_low if found else between)), len(curve))
    return slice(0, int(np.searchsorted(curve.x, found[0].x_high if found else between, side="right")))


def _noise(analysis: Analysis, curve: Curve, stairs: Staircase, *, described: bool) -> tuple[Noise, float]:
    """(noise of the readings of the whole curve, what stated standard deviations were multiplied by).

    It is that of the fit; where the model does not describe the curve, that of the flat stretches, as the fit's holds
    the misfit as well. Readings may scatter more, or less, than their stated standard deviations beyond chance: they are
    drawn as they scatter.
    """
    fit = analysis.fit
    if fit is None or fit.problem is None or not described:
        seen = np.full(len(curve), stairs.noise) if curve.y_std is None else curve.y_std
        return noise_of_flats(Noise(std=seen, stated=curve.y_std is not None), stairs), 1.0
    learnt = fit.problem.noise
    noise = learnt.over(len(curve), int(np.searchsorted(curve.x, fit.problem.curve.x[0])))
    if not learnt.stated or curve.y_std is None:
        return noise, 1.0
    # against the scatter that chance leaves, as in the fit: about 3 sqrt(2/dof)
    beyond = not learnt.red and abs(fit.chi2_reduced - 1) > 3 * math.sqrt(2 / fit.dof)
    scatter = math.sqrt(fit.chi2_reduced) if beyond else 1.0
    return replace(noise, std=curve.y_std * scatter), scatter


def _notes(analysis: Analysis, truth: Truth, *, described: bool, scatter: float) -> list[str]:
    out = [
        "the statistical part of the uncertainties is tested: hidden shifts of gain, offset or series resistance are not "
        "simulated, and no systematic part is in the intervals"
    ]
    if not described:
        why = "no model was fitted" if analysis.fit is None else "the model misses the shape of the curve"
        out.append(
            f"{why}: this tests the estimators on the model's curve, with the noise of the flat stretches, and says nothing "
            "of the measured shape"
        )
    if scatter != 1.0:
        out.append(
            f"the readings scatter {scatter:.2f} times as much as their stated standard deviations: they are drawn as they "
            "scatter and analysed with the standard deviations as stated"
        )
    if analysis.fit is not None and "offset" in analysis.fit.names:
        out.append("the offset that the fit needed is not in the simulated curve: nobody stated one")
    if truth.below:
        out.append(
            f"the count starts with n = {truth.below + 1} from the quantum; the simulated levels lie at n steps by that count"
        )
    return out
