"""The search for a unit: which one the values suggest, how often chance does as well, and what stands against it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ConfigError, InputError
from gzero.models.quantogram import attenuation, log_likelihood, of_a_unit, quantogram
from gzero.reduction.noise import widening

Array = NDArray[np.float64]

#: Trial units within the width of a peak; half a step costs less than 1 % of a peak.
_FINENESS = 16
#: More trial units than a figure or a memory has room for.
_MOST_TRIALS = 6000
#: From so many values of one weight on they are counted in bins, so many to the smallest unit; and the largest table.
_MANY, _BINS, _LARGEST_TABLE = 200, 64, 20_000_000
#: Draws of the null: the smallest p-value is one over one more.
REPEATS = 999
#: A std over the unit beyond which a cosine is down to 1/e and says little: sqrt(1/(2 pi^2)).
_BLURRED = 1 / math.sqrt(2 * math.pi**2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trials:
    """The units that are tried: `units` falling, at even steps of 1/unit, shape (m,), and who set their range."""

    units: Array
    stated: bool

    @property
    def low(self) -> float:
        """The smallest unit that is tried."""
        return float(self.units[-1])

    @property
    def high(self) -> float:
        """The largest unit that is tried."""
        return float(self.units[0])


def trials(values: Array, std: Array | None, *, low: float = -math.inf, high: float = math.inf) -> Trials:
    """The units to try.

    Unless stated, the largest is 2/3 of the largest value, so that the values reach the second multiple; the smallest is
    a fifteenth of it, or 4.4 times the median uncertainty where that is more.

    Raises
    ------
    ConfigError : a range with no unit in it, or with too many.
    InputError : uncertainties that would hide any unit.
    """
    reach = float(np.max(np.abs(values)))
    top = high if math.isfinite(high) else reach / 1.5
    blurred = 0.0 if std is None else float(np.median(std)) / _BLURRED
    bottom = low if math.isfinite(low) else max(top / 15, blurred)
    stated = math.isfinite(low) or math.isfinite(high)
    if not stated and bottom >= top:
        raise InputError(
            f"the values have uncertainties of {blurred * _BLURRED:.3g}, which would hide any unit up to {top:.3g}",
            remedy="measure more precisely, or look for a larger unit with --range LOW:HIGH",
        )
    if not 0 < bottom < top:
        raise ConfigError(
            f"no unit lies between {bottom:.4g} and {top:.4g}",
            remedy="write --range LOW:HIGH with 0 < LOW < HIGH, in the unit of the values",
        )
    if top > reach:
        raise ConfigError(
            f"units up to {top:.4g} are larger than the largest value, {reach:.4g}, and no value can tell them",
            remedy="lower the upper end of --range, which is in the unit of the values",
        )
    cycles = reach * (1 / bottom - 1 / top)
    count = max(32, math.ceil(_FINENESS * cycles) + 1)
    if count > _MOST_TRIALS:
        raise ConfigError(
            f"from {bottom:.3g} to {top:.3g} there are too many units to try",
            remedy=f"raise the lower end of --range to {reach * _FINENESS / _MOST_TRIALS:.2g} or more",
        )
    return Trials(units=1 / np.linspace(1 / top, 1 / bottom, count), stated=stated)


def _weights(units: Array, std: Array | None, count: int) -> Array:
    weights = np.ones((units.size, count)) if std is None else attenuation(std, units)
    norm = np.sqrt(np.maximum(np.sum(weights**2, axis=1) / 2, np.finfo(np.float64).tiny))
    return np.asarray(weights / norm[:, None])


def many_quantograms(values: Array, tried: Trials, std: Array | None) -> Array:
    """phi of many sets of values at once, shape (b, n) -> (b, m): the trial units are even in 1/q, so each cosine is
    the one before it turned by a constant angle."""
    count = values.shape[1]
    alike = std is None or float(np.ptp(std)) <= 1e-9 * float(std[0])
    width = tried.low / _BINS
    bins = int(float(np.ptp(values)) / width) + 1
    if alike and count > _MANY and bins * tried.units.size < _LARGEST_TABLE:
        return _binned(values, tried, width, bins)
    weights = _weights(tried.units, std, count)
    frequency = 1 / tried.units
    step = float(frequency[-1] - frequency[0]) / (frequency.size - 1)
    turn = np.exp(2j * np.pi * values * step)
    phase = np.exp(2j * np.pi * values * frequency[0])
    out = np.empty((values.shape[0], frequency.size))
    for k in range(frequency.size):
        out[:, k] = phase.real @ weights[k]
        phase *= turn
    return out


def _binned(values: Array, tried: Trials, width: float, bins: int) -> Array:
    """The same for many values of one weight: counted in bins of 1/64 of the smallest unit, which costs 0.04 % of a peak."""
    draws, count = values.shape
    low = float(values.min())
    index = np.minimum(((values - low) / width).astype(np.int64), bins - 1) + bins * np.arange(draws)[:, None]
    counts = np.bincount(index.ravel(), minlength=draws * bins).reshape(draws, bins)
    centres = low + width * (np.arange(bins) + 0.5)
    table = np.cos(2 * np.pi * centres[:, None] / tried.units)
    return np.asarray(counts.astype(np.float64) @ table * math.sqrt(2 / count))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peak:
    """One unit that the values suggest.

    Parameters
    ----------
    unit : at the top of the peak.  phi : its height.  multiples : of each value, shape (n,).
    log_likelihood : over no unit, in ln.
    """

    unit: float
    phi: float
    multiples: NDArray[np.int64]
    log_likelihood: float


def peak_at(values: Array, std: Array | None, unit: float, trial: Trials) -> Peak:
    """The top of the peak near `unit`, within one step of the trial units."""
    from scipy.optimize import minimize_scalar

    step = abs(1 / trial.units[1] - 1 / trial.units[0])
    ends = max(1 / unit - step, 1e-3 / unit), 1 / unit + step
    found = minimize_scalar(
        lambda f: -float(quantogram(values, np.array([1 / f]), std)[0]), bounds=ends, method="bounded",
        options={"xatol": 1e-12 / unit},
    )  # fmt: skip
    best = 1 / float(found.x)
    return Peak(
        unit=best,
        phi=-float(found.fun),
        multiples=np.rint(values / best).astype(np.int64),
        log_likelihood=log_likelihood(values, best, std),
    )


def peaks(values: Array, std: Array | None, trial: Trials, *, most: int = 4) -> list[Peak]:
    """The highest peaks, highest first; of equal ones the larger unit."""
    phi = quantogram(values, trial.units, std)
    inner = np.concatenate([[-np.inf], phi, [-np.inf]])
    tops = np.flatnonzero((inner[1:-1] >= inner[:-2]) & (inner[1:-1] > inner[2:]))
    order = tops[np.argsort(-phi[tops], kind="stable")][: 3 * most]
    found = sorted((peak_at(values, std, float(trial.units[i]), trial) for i in order), key=lambda p: -p.unit)
    # sorted() is stable: units that fit alike (exact multiples) stay with the larger first
    return sorted(found, key=lambda p: -round(p.phi, 9))[:most]


def spread(centres: Array) -> float:
    """How far the null moves values: Silverman's width of a kernel-smoothed distribution of them."""
    if centres.size < 2:
        return 0.0
    low, high = np.percentile(centres, [25, 75])
    widths = [float(np.std(centres, ddof=1))] + ([float(high - low) / 1.34] if high > low else [])
    return float(0.9 * min(widths) * centres.size**-0.2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Null:
    """What chance does to the quantogram of values without a unit.

    Parameters
    ----------
    p_value : chance that the highest peak of a draw, over what its groups could reach, is as high as that of the unit.
    bands : quantile -> phi at every trial unit, shape (m,): 95 of 100 draws are below it there.
    ceilings : quantile -> phi at every trial unit, shape (m,), that 95 of 100 draws are below everywhere.
    """

    p_value: float
    bands: dict[float, Array]
    ceilings: dict[float, Array]


def null(
    values: Array,
    std: Array | None,
    trial: Trials,
    unit: float,
    *,
    groups: NDArray[np.int64],
    rng: np.random.Generator,
    repeats: int = REPEATS,
) -> Null:
    """What chance does to the same values, each moved within its neighbourhood; those of one group move together.

    The move is normal, as wide as the kernel that would smooth the distribution of the values: what is coarser stays, what
    is finer, a unit, is lost. The statistic of a draw is its highest phi over all trial units, so that having searched is
    paid for; phi counts as a share of what it would be with all groups in phase, since a wide group can reach less at a
    small unit than at a large one (values that move one by one reach sqrt(2 n) at every unit).

    Parameters
    ----------
    unit : the one that is tested.  groups : number of the group of each value, shape (n,).
    """
    names, member = np.unique(groups, return_inverse=True)
    centres = np.array([values[member == i].mean() for i in range(names.size)])
    phi = np.empty((repeats, trial.units.size))
    block = max(1, 2_000_000 // values.size)  # what fits in memory, whatever the number of values
    for first in range(0, repeats, block):
        moves = rng.normal(size=(min(block, repeats - first), names.size)) * spread(centres)
        phi[first : first + block] = many_quantograms(values + moves[:, member], trial, std)
    reach = _in_phase(values, std, trial, member, names.size)
    highest = np.max(phi / reach, axis=1)
    near = int(np.argmin(np.abs(1 / trial.units - 1 / unit)))
    around = slice(max(0, near - 1), near + 2)
    own = quantogram(values, trial.units[around], std) / reach[around]
    p_value = (1 + int(np.sum(highest >= float(own.max()) - 1e-9))) / (repeats + 1)
    levels = (0.95, 0.99)
    return Null(
        p_value=p_value,
        bands={level: np.quantile(phi, level, axis=0) for level in levels},
        ceilings={level: float(np.quantile(highest, level)) * reach for level in levels},
    )


def _in_phase(values: Array, std: Array | None, trial: Trials, member: NDArray[np.intp], groups: int) -> Array:
    """phi if every group stood at a multiple, shape (m,): the sum of what each group has of its own coherence."""
    weights = _weights(trial.units, std, values.size)
    out = np.zeros(trial.units.size)
    for i in range(groups):
        own = member == i
        out += np.abs(np.sum(weights[:, own] * np.exp(2j * np.pi * values[own] / trial.units[:, None]), axis=1))
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """Values as multiples of a unit.

    Parameters
    ----------
    unit, std : and its standard uncertainty, such that 1.96 of it are 95 %.
    weights : d unit/d value, shape (n,).
    scatter : standard deviation of the values about the multiples beyond their uncertainties.
    residuals : value minus multiple, shape (n,);  chi2, dof : NaN where no uncertainty is stated.
    """

    unit: float
    std: float
    weights: Array
    scatter: float
    residuals: Array
    chi2: float
    dof: int


def line_of(values: Array, std: Array | None, multiples: NDArray[np.int64]) -> Line:
    """Least squares of x = n q with n known; the curvature of this likelihood is the uncertainty of q.

    Scatter beyond stated uncertainties is added to their squares until chi2 is its expectation (Paule and Mandel 1982,
    doi 10.6028/jres.087.022); without any stated it is the scatter about the multiples. Few values widen by Student's law.
    """
    n = multiples.astype(np.float64)
    dof = max(1, int(np.count_nonzero(multiples)) - 1)
    own = np.zeros(values.size) if std is None else std**2

    def solve(extra: float) -> tuple[float, Array, float]:
        weight = 1 / np.maximum(own + extra, np.finfo(np.float64).tiny)
        slopes = weight * n / np.sum(weight * n**2)
        unit = float(slopes @ values)
        return unit, slopes, float(np.sum(weight * (values - n * unit) ** 2))

    if std is None:
        unit, slopes, rest = solve(1.0)
        extra = rest / dof
        few, chi2 = float(widening(np.array([dof]))[0]), math.nan
    else:
        chi2 = solve(0.0)[2]
        extra, few = 0.0, 1.0
        if chi2 > dof:
            from scipy.optimize import brentq

            top = chi2 * float(np.max(own))
            extra = float(brentq(lambda e: solve(e)[2] - dof, 0.0, top, xtol=1e-12 * top))
            few = float(widening(np.array([dof]))[0])
        unit, slopes, _ = solve(extra)
    variance = float(np.sum(slopes**2 * (own + extra)))
    return Line(
        unit=unit, std=few * math.sqrt(variance), weights=slopes, scatter=math.sqrt(extra),
        residuals=values - n * unit, chi2=chi2, dof=dof,
    )  # fmt: skip


def reached_by_units(units: Array, count: int, std: Array | None, scatter: float, share: float = 0.95) -> Array:
    """phi that a `share` of units exceed where they are the unit of the values, shape (m,).

    What such a unit falls short of the largest phi is a sum of squares, near enough: a gamma law of its mean and variance.

    Parameters
    ----------
    units : shape (m,).  count : number of values.  std : their uncertainties, shape (count,), or None.
    scatter : standard deviation of the values about multiples that still counts as a unit, over the unit [1].
    """
    from scipy.special import gammaincinv

    mean, deviation = of_a_unit(units, count, std, scatter)
    largest = _weights(units, std, count).sum(axis=1)
    short = np.maximum(largest - mean, 1e-12)
    variance = np.maximum(deviation**2, 1e-24)
    return np.asarray(largest - gammaincinv(short**2 / variance, share) * variance / short)


def left_over(values: Array, std: Array | None, trial: Trials, scatter: float) -> NDArray[np.bool_]:
    """Trial units that are not excluded, shape (m,): phi is no lower than that of 95 of 100 such units would be."""
    return np.asarray(
        quantogram(values, trial.units, std) >= reached_by_units(trial.units, values.size, std, scatter) - 1e-9
    )
