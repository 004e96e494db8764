"""What a user may ask for on top of one fit: intervals by other means, an uncertain abscissa."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal, Unpack, cast, get_args

import numpy as np
from numpy.typing import NDArray

from gzero.analysis import Analysis
from gzero.errors import ConfigError, FitError, InputError
from gzero.estimate import declared
from gzero.fitters import bootstrap as resampling
from gzero.fitters import errors_in_x, sampling
from gzero.fitters.bootstrap import Bootstrap
from gzero.fitters.errors_in_x import ErrorsInX
from gzero.fitters.interval import Interval
from gzero.fitters.profile import profile_interval
from gzero.fitters.result import FitResult
from gzero.fitters.sampling import Samples
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_measurement
from gzero.pipeline.config import Config, configure
from gzero.pipeline.load import with_stated
from gzero.pipeline.margins import margins_of
from gzero.pipeline.public import Options

Intervals = Literal["profile", "bootstrap", "emcee"]
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


def sample(
    fit: FitResult,
    *,
    seed: int = SEED,
    steps: int | None = None,
    walkers: int | None = None,
    progress: Progress | None = None,
) -> Samples:
    """The posterior of a fit by emcee, under a flat prior; `.interval(name)`, `.covariance`, `.autocorrelation`.

    Parameters
    ----------
    seed : of the walkers; the same one gives the same chain.
    steps : of each walker; None goes on until the chain is long enough for intervals, at most 20000.
    walkers : None takes four for each parameter, and at least 32.
    progress : called with (done, at most). Ctrl-C returns what is done.

    Raises
    ------
    gzero.errors.MissingDependencyError : `emcee` is not installed (``pip install 'gzero[mcmc]'``).
    gzero.errors.InputError : a fit that does not carry its problem, or that has no likelihood.
    """
    return sampling.sample(fit, rng=np.random.default_rng(seed), steps=steps, walkers=walkers, progress=progress)


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
        source
        if isinstance(source, FitResult)
        else fit_of(analyse_measurement(with_stated(source, asked), asked, simulate=False), 0)
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
    method : "profile", "bootstrap" or "emcee".
    config : its confidence and its seed are used.
    progress : called with (done, in all).

    Raises
    ------
    ConfigError : no such method.
    """
    check_method(method)
    confidence, seed = margins_of(config).confidence, seed_of(config)
    alone = progress if len(analyses) == 1 else None  # of many it is the traces that are counted
    out = []
    for done, analysis in enumerate(analyses):
        if progress is not None and alone is None:
            progress(done, len(analyses))
        if analysis.fit is None:
            out.append(analysis)
            continue
        names = analysis.fit.names
        found = intervals_of(analysis.fit, method, names, confidence=confidence, seed=seed, progress=alone)
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


def seed_of(config: Config) -> int:
    """The seed that is asked for, or the one that is taken where none is."""
    return SEED if config.seed is None else config.seed


def intervals_of(
    fit: FitResult,
    method: str,
    names: Sequence[str],
    *,
    confidence: float,
    seed: int,
    progress: Progress | None = None,
) -> Mapping[str, Interval]:
    """An interval for each named parameter; one that cannot be had is open on both sides, and its note says why."""
    check_method(method)
    find: Callable[..., Interval] = partial(profile_interval, fit)
    out: dict[str, Interval] = {}
    try:
        if method == "bootstrap":
            find = bootstrap(fit, seed=seed, progress=progress).interval
        elif method == "emcee":
            find = sample(fit, seed=seed, progress=progress).interval
    except (FitError, InputError) as error:
        return {name: _open(fit, name, method, confidence, str(error)) for name in names}
    for name in names:
        try:
            out[name] = find(name, confidence=confidence)
        except FitError as error:  # of a profile: one parameter's trouble is not another's
            out[name] = _open(fit, name, method, confidence, str(error))
    return out


def _open(fit: FitResult, name: str, method: str, confidence: float, note: str) -> Interval:
    return Interval(
        name=name,
        value=fit.value(name),
        low=None,
        high=None,
        confidence=confidence,
        method=cast(Intervals, method),
        note=note,
    )


def fit_of(analysis: Analysis, place: int) -> FitResult:
    """The model's fit of one analysis, which carries what it minimised."""
    if analysis.fit is None or analysis.fit.problem is None:
        why = "; ".join(analysis.warnings) or "the experiment has no model"
        called = f"'{analysis.trace}'" if analysis.trace else f"{place}"
        raise FitError(f"curve {called}: no model was fitted: {why}", result=analysis)
    return analysis.fit
