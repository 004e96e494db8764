"""What a user may ask for on top of one fit: intervals by other means, and several curves fitted together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal, Unpack, get_args

import numpy as np
from numpy.typing import NDArray

from gzero.analysis import Analysis
from gzero.errors import ConfigError, FitError
from gzero.estimate import Estimate, declared
from gzero.fitters import bootstrap as resampling
from gzero.fitters import errors_in_x, temperature_series, together
from gzero.fitters.bootstrap import Bootstrap
from gzero.fitters.errors_in_x import ErrorsInX
from gzero.fitters.interval import Interval
from gzero.fitters.profile import profile_interval
from gzero.fitters.result import FitResult
from gzero.fitters.temperature_series import TemperatureSeries
from gzero.fitters.together import JointFit
from gzero.joint import JointEstimates
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.models.model import Array
from gzero.pipeline.analyse import analyse_measurement, margins_of
from gzero.pipeline.config import Config, configure
from gzero.pipeline.load import load_traces, with_stated
from gzero.pipeline.public import Options
from gzero.reduction.calibration import Calibration
from gzero.units import parse_unit

Intervals = Literal["profile", "bootstrap"]
Progress = Callable[[int, int], None]

#: Seed of what is random where none is stated; it is in the ledger.
SEED = 1


def bootstrap(
    fit: FitResult,
    *,
    seed: int = SEED,
    repeats: int = 1000,
    block: int | None = None,
    progress: Progress | None = None,
) -> Bootstrap:
    """The parameters of a fit found again in resampled experiments; `.interval(name)`, `.std(name)`, `.covariance`.

    Parameters
    ----------
    seed : of the draws; the same one gives the same samples.
    repeats : resampled experiments.
    block : neighbours that are drawn together; None draws by reading where the noise is white, by frequency where it is red.
    progress : called with (done, in all). Ctrl-C returns what is done.

    Raises
    ------
    gzero.errors.InputError : a fit that does not carry its problem.  ConfigError : no repeats, too long a block.
    """
    return resampling.bootstrap(fit, rng=np.random.default_rng(seed), repeats=repeats, block=block, progress=progress)


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
    fits = [_fit_of(analyse_measurement(m, config), i) for i, m in enumerate(measurements)]
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
        [_fit_of(analyse_measurement(m, asked), i) for i, m in enumerate(stated)], temperatures
    )
    step = _estimates(series.joint, stated, common).estimates["step_height"]
    found = dict(series.estimates.estimates)
    own = found["step_height"]
    found["step_height"] = replace(own, systematic={**own.systematic, **step.systematic})
    estimates = JointEstimates(estimates=found, statistical=series.estimates.statistical)
    return replace(series, estimates=estimates)


def fit_errors_in_x(
    source: Measurement | FitResult,
    *,
    x_std: float | str | NDArray[np.float64],
    quantum: str | None = None,
    **options: Unpack[Options],
) -> ErrorsInX:
    """The model's fit with an uncertain abscissa, by orthogonal distance regression.

    Parameters
    ----------
    source : a measurement, or the fit of one with its abscissa taken as exact.
    x_std : standard uncertainty of each reading's abscissa: a number in SI, a text such as ``"0.2 mV"``, or one number a
        reading (of the measurement, or of the curve of the fit).
    quantum, options : as for `gzero.fit`, for a measurement.

    Raises
    ------
    gzero.errors.MissingDependencyError : `odrpack` is not installed (``pip install 'gzero[odr]'``).
    gzero.errors.InputError : an x_std that is none.
    gzero.errors.FitError : no model could be fitted, or no minimum with errors in x.
    """
    measurement = source if isinstance(source, Measurement) else None
    asked = configure(quantum=quantum, **options)
    fit = (
        source if isinstance(source, FitResult) else _fit_of(analyse_measurement(with_stated(source, asked), asked), 0)
    )
    return errors_in_x.fit_errors_in_x(fit, _x_std(x_std, fit, measurement))


def _x_std(
    stated: float | str | NDArray[np.float64], fit: FitResult, measurement: Measurement | None
) -> float | NDArray[np.float64]:
    """The uncertainty of the abscissa [unit of x] of the points that were fitted."""
    if fit.problem is None:
        return 0.0  # refused by the fitter, which says why
    curve = fit.problem.curve
    if isinstance(stated, str):
        return declared(stated, si=curve.x_unit or "", what="x_std", source="x_std").value
    values = np.asarray(stated)
    if measurement is None or values.ndim == 0 or values.shape != measurement.abscissa.values.shape:
        return stated
    # one for each reading of the measurement: those of the readings that lie nearest to the points
    x = measurement.abscissa.values
    order = np.argsort(x)
    at = np.clip(np.searchsorted(x[order], curve.x), 1, x.size - 1)
    left = np.abs(x[order][at - 1] - curve.x) <= np.abs(x[order][at] - curve.x)
    return np.asarray(values[order][np.where(left, at - 1, at)], dtype=np.float64)


def with_intervals(
    analyses: Sequence[Analysis], method: str, config: Config, *, progress: Progress | None = None
) -> tuple[Analysis, ...]:
    """The analyses with an interval for every parameter of their models' fits.

    Parameters
    ----------
    method : "profile" or "bootstrap".
    config : its confidence and its seed are used.
    progress : called with (done, in all).

    Raises
    ------
    ConfigError : no such method.
    """
    check_method(method)
    confidence, seed = margins_of(config).confidence, _seed(config)
    out = []
    for done, analysis in enumerate(analyses):
        if progress is not None:
            progress(done, len(analyses))
        if analysis.fit is None:
            out.append(analysis)
            continue
        found = intervals_of(analysis.fit, method, analysis.fit.names, confidence=confidence, seed=seed)
        value = method if method == "profile" else f"{method}, seed {seed}"
        choice = Choice(choice="intervals of the model's parameters", value=value, origin="user")
        out.append(
            replace(analysis, fit=replace(analysis.fit, intervals=found), ledger=(*analysis.ledger, choice), seed=seed)
        )
    return tuple(out)


def check_method(method: str | None) -> None:
    """Refuse what is no way to find intervals; None asks for none.

    Raises
    ------
    ConfigError : no such method.
    """
    allowed = get_args(Intervals)
    if method is not None and method not in allowed:
        raise ConfigError(
            f"--intervals '{method}' is no choice", remedy=f"choose {', '.join(allowed)}", allowed=allowed
        )


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
    joint = together_of(measurements, config, shared=names)
    if intervals is not None:
        confidence = margins_of(config).confidence
        found = intervals_of(joint.fit, intervals, joint.shared, confidence=confidence, seed=_seed(config))
        joint = replace(joint, fit=replace(joint.fit, intervals=found))
    return joint, tuple(m.trace for m in measurements)


def _seed(config: Config) -> int:
    return SEED if config.seed is None else config.seed


def intervals_of(
    fit: FitResult, method: str, names: Sequence[str], *, confidence: float, seed: int
) -> Mapping[str, Interval]:
    """An interval for each named parameter; one that cannot be had is open on both sides, and its note says why."""
    if method == "bootstrap":
        samples = bootstrap(fit, seed=seed)
        return {name: samples.interval(name, confidence=confidence) for name in names}
    if method != "profile":
        raise ValueError(f"no such method: {method!r}")
    out = {}
    for name in names:
        try:
            out[name] = profile_interval(fit, name, confidence=confidence)
        except FitError as error:
            out[name] = Interval(
                name=name, value=fit.value(name), low=None, high=None, confidence=confidence, method="profile",
                note=str(error),
            )  # fmt: skip
    return out


def _fit_of(analysis: Analysis, place: int) -> FitResult:
    """The model's fit of one analysis, which carries what it minimised."""
    if analysis.fit is None or analysis.fit.problem is None:
        why = "; ".join(analysis.warnings) or "the experiment has no model"
        called = f"'{analysis.trace}'" if analysis.trace else f"{place}"
        raise FitError(f"curve {called}: no model was fitted: {why}", result=analysis)
    return analysis.fit


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
    """The name of a source: the same for measurements of one file, and where the user says so."""
    files = [m.origin.sha256 for m in measurements]
    if source in common or len(set(files)) == 1:
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
