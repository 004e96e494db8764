"""Several curves fitted together: what they share, and what a series of temperatures tells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

import numpy as np

from gzero.errors import ConfigError
from gzero.estimate import Estimate
from gzero.fitters import temperature_series, together
from gzero.fitters.temperature_series import TemperatureSeries
from gzero.fitters.together import JointFit
from gzero.joint import JointEstimates
from gzero.measurement.chain import is_of_instrument
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array
from gzero.pipeline.analyse import analyse_measurement
from gzero.pipeline.config import Config, configure
from gzero.pipeline.load import load_traces, with_stated
from gzero.pipeline.margins import margins_of
from gzero.pipeline.public import Options
from gzero.pipeline.refine import fit_of, intervals_of, seed_of
from gzero.reduction.calibration import Calibration
from gzero.units import parse_unit


def fit_together(
    measurements: Sequence[Measurement],
    *,
    shared: Collection[str],
    quantum: str | None = None,
    common: Collection[str] = (),
    **options: Unpack[Options],
) -> JointFit:
    """Several curves fitted with some parameters in common.

    Parameters
    ----------
    measurements : at least two.
    shared : names of the parameters that are the same in all of them, such as ``("step_height",)``.
    quantum, options : as for `gzero.fit`; they hold for every curve.
    common : systematic sources ("gain", "offset", "series_resistance", "bias") that are one and the same in measurements of
        different files. Those of one file always are.

    Returns
    -------
    JointFit; its `estimates` are the shared parameters with their systematic parts.

    Raises
    ------
    gzero.errors.InputError : fewer than two curves, or a name that is not a parameter of every curve.
    gzero.errors.FitError : a curve to which no model could be fitted, or no joint minimum.
    """
    asked = configure(quantum=quantum, **options)
    return together_of([with_stated(m, asked) for m in measurements], asked, shared=shared, common=common)


def together_of(
    measurements: Sequence[Measurement], config: Config, *, shared: Collection[str], common: Collection[str] = ()
) -> JointFit:
    """`fit_together` for a configuration."""
    fits = [fit_of(analyse_measurement(m, config, simulate=False), i) for i, m in enumerate(measurements)]
    problems = [fit.problem for fit in fits if fit.problem is not None]
    joint = together.fit_together(
        problems,
        [dict(zip(fit.names, map(float, fit.values), strict=True)) for fit in fits],
        shared=shared,
        sandwich=[i for i, fit in enumerate(fits) if fit.method == "least squares, sandwich covariance"],
    )
    return replace(joint, estimates=_estimates(joint, measurements, common))


def fit_temperature_series(
    measurements: Sequence[Measurement],
    *,
    quantum: str | None = None,
    common: Collection[str] = (),
    **options: Unpack[Options],
) -> TemperatureSeries:
    """Lever arm, energy of the saddle point and step height from staircases at two temperatures or more.

    Parameters
    ----------
    measurements : each with its temperature, stated (``Measurement.from_arrays(temperature="1.50(2) K")``) or as its place
        in a map along a temperature axis; the gate in volt.
    quantum, common, options : as for `fit_together`; "temperature" in `common` is one thermometer.

    Raises
    ------
    gzero.errors.ConfigError : a measurement without a temperature.
    gzero.errors.InputError, FitError : curves that do not separate the two broadenings.
    """
    asked = configure(quantum=quantum, **options)
    stated = [with_stated(m, asked) for m in measurements]
    temperatures = [_temperature(m, i, stated, common) for i, m in enumerate(stated)]
    series = temperature_series.fit_temperature_series(
        [fit_of(analyse_measurement(m, asked, simulate=False), i) for i, m in enumerate(stated)], temperatures
    )
    step = _estimates(series.joint, stated, common).estimates["step_height"]
    found = dict(series.estimates.estimates)
    own = found["step_height"]
    found["step_height"] = replace(own, systematic={**own.systematic, **step.systematic})
    estimates = JointEstimates(estimates=found, statistical=series.estimates.statistical)
    return replace(series, estimates=estimates)


def traces_together(
    path: str | Path, config: Config, *, shared: str, intervals: str | None = None
) -> tuple[JointFit, tuple[str, ...]]:
    """The joint fit of the traces of one file, with intervals of the shared parameters where asked, and their names.

    Parameters
    ----------
    shared : names of parameters, with commas between them.

    Raises
    ------
    InputError, FitError : as `fit_together` does.
    """
    names = [name.strip() for name in shared.split(",") if name.strip()]
    measurements = load_traces(path, config)
    if any(m.blind for m in measurements):
        raise ConfigError(
            "curves are not fitted together while they are blind",
            path=str(path),
            remedy="freeze the choices of gzero validate first, with gzero unblind",
        )
    joint = together_of(measurements, config, shared=names)
    if intervals is not None:
        confidence = margins_of(config).confidence
        found = intervals_of(joint.fit, intervals, joint.shared, confidence=confidence, seed=seed_of(config))
        joint = replace(joint, fit=replace(joint.fit, intervals=found))
    return joint, tuple(m.trace for m in measurements)


def _estimates(joint: JointFit, measurements: Sequence[Measurement], common: Collection[str]) -> JointEstimates:
    """The shared parameters, each with the shift that every calibration source makes: the curves are fitted again with
    their readings moved."""
    moved: dict[str, list[Array]] = {}
    for i, (measurement, curve) in enumerate(zip(measurements, joint.curves, strict=True)):
        calibration = Calibration.of(measurement.conditions, measurement.ordinate.common)
        each = [calibration.shifts(float(g)) for g in curve.fitted]
        for source in each[0]:
            name = _source(source, i, measurements, common)
            shifts = moved.setdefault(name, [np.zeros_like(c.fitted) for c in joint.curves])
            shifts[i] = np.array([shift[source] for shift in each])
    changes = {name: joint.moved_by(shifts) for name, shifts in moved.items()}
    known = [n for n in joint.shared if np.isfinite(joint.std(n))]
    at = [joint.fit.names.index(name) for name in known]
    axes = joint.weighed[0].curve
    units = {"x": axes.x_unit, "y": axes.y_unit}
    return JointEstimates(
        estimates={
            name: Estimate(
                value=joint.value(name),
                std_stat=joint.std(name),
                systematic={source: float(change[i]) for source, change in changes.items()},
                unit=units.get(joint.fit.units[i] or "", joint.fit.units[i]),
            )
            for name, i in zip(known, at, strict=True)
        },
        statistical=joint.fit.covariance[np.ix_(at, at)],
    )


def _source(source: str, place: int, measurements: Sequence[Measurement], common: Collection[str]) -> str:
    """The name of a source: the same for measurements of one file, of one named instrument, and where the user says so."""
    files = [m.origin.sha256 for m in measurements]
    if source in common or len(set(files)) == 1 or is_of_instrument(source):
        return source
    return f"{source} of curve {files.index(files[place])}"


def _temperature(
    measurement: Measurement, place: int, measurements: Sequence[Measurement], common: Collection[str]
) -> Estimate:
    """The temperature of one curve [K], stated or its place in a map."""
    stated, at = measurement.conditions.get("temperature"), measurement.coordinate
    if stated is not None:
        parts = {_source(s, place, measurements, common): shift for s, shift in stated.systematic.items()}
        return replace(stated, systematic=parts)
    if at is not None:
        unit = parse_unit(at.unit_text)
        if unit.known and unit.si == "K":
            return Estimate(value=at.value * unit.factor + unit.offset, unit="K")
    called = f"'{measurement.trace}'" if measurement.trace else f"{place}"
    raise ConfigError(f"curve {called} has no temperature", remedy='state it, for example temperature="1.50(2) K"')
