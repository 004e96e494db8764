"""Whether readings of a decay reach far enough to tell its rate, before anything is fitted.

For each rate the best amplitude and offset are linear least squares, so that the whole valley of chi2 can be walked along
the rate (variable projection: Golub and Pereyra 1973, doi 10.1137/0710036). The walk gives the start of the fit and tells
apart what a fit that ends nowhere cannot: a decay slower than the range, one faster than the first step, and none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gzero.measurement.curve import Curve
from gzero.models.model import Array

#: Range over tau below which an offset and a slow decay are not told apart: at exp(-1) the curve is a parabola still.
#: It is asked of the longest tau that is not excluded: a best value that noise made short is no evidence of a range.
FEWEST_TAUS = 1.0
_RATES = 160
_SLOWEST = 1e-2  # tau over the range: a straight line
_DECIDED = 3.84  # of chi2 for one parameter, 95 %


@dataclass(frozen=True, slots=True, kw_only=True)
class RateScan:
    """What the valley of chi2 says.

    Parameters
    ----------
    span : range of time [s].  best : rate of least chi2 [1/s].
    low, high : 95 % limits of the rate [1/s] with the noise taken as white; 0 and infinity where there is none.
    determined : whether the rate is a number.  why, remedy : what stands against it, and what would help.
    start : of the fit.
    """

    span: float
    best: float
    low: float
    high: float
    determined: bool
    why: str
    remedy: str
    start: dict[str, float]

    def beyond(self, rate: float, slowest: float) -> RateScan:
        """The same where the fit itself does not exclude a rate slower than the range; both in [1/s]."""
        return replace(self, best=rate, determined=False, why=_slow(self.span, slowest), remedy=_LONGER)


_LONGER = "wait longer than three times tau, or hold the offset with --offset 0 where the reservoirs end equal"
_EARLIER = "take readings at shorter waiting times"
_QUIETER = "take more readings, or start from a larger imbalance"


def scan(curve: Curve, *, offset_free: bool, white_std: Array | None) -> RateScan:
    """Walk along the rate.

    Parameters
    ----------
    offset_free : whether the offset is fitted.  white_std : stated standard deviations, shape (n,), or None.
    """
    t, n = curve.x - curve.x[0], len(curve)
    span, step = float(t[-1]), float(np.min(np.diff(t)))
    weight = np.ones(n) if white_std is None else 1 / white_std
    rates = np.concatenate(([0.0], np.geomspace(_SLOWEST / span, 8 / step, _RATES)))
    chi2 = _valley(t, curve.y, weight, rates, offset_free)
    at = int(np.argmin(chi2))
    dof = max(n - (3 if offset_free else 2), 1)
    scale = chi2[at] / dof if white_std is None else max(1.0, chi2[at] / dof)
    inside = rates[chi2 - chi2[at] <= _DECIDED * max(scale, np.finfo(float).tiny)]
    low, high = float(inside.min()), float(inside.max())
    best = float(rates[at])
    why, remedy = "", ""
    if offset_free and low * span < FEWEST_TAUS:
        flat = low <= rates[1] and high * span > FEWEST_TAUS
        why = (
            "the imbalance does not bend beyond its noise: any decay time fits"
            if flat
            else _slow(span, low if low > rates[1] else 0.0)
        )
        remedy = _QUIETER if flat else _LONGER
    elif high >= rates[-1] and best > 0:
        why, remedy = f"the decay is over within the first step of {step:.3g} s", _EARLIER
    amplitude, offset = _linear(t, curve.y, weight, best, offset_free)
    return RateScan(
        span=span, best=best, low=low if low > rates[1] else 0.0, high=high if high < rates[-1] else np.inf,
        determined=not why, why=why, remedy=remedy,
        # the amplitude is that at t = 0, which the readings need not start from
        start={"amplitude": amplitude * float(np.exp(min(best * curve.x[0], 300.0))), "rate": best, "offset": offset},
    )  # fmt: skip


def _shape(t: Array, rate: float, offset_free: bool) -> Array:
    """The curve of one rate; at rate 0 with an offset a straight line takes its place."""
    return np.asarray(-t if rate == 0 and offset_free else np.exp(-rate * t))


def _valley(t: Array, y: Array, weight: Array, rates: Array, offset_free: bool) -> Array:
    """chi2 of the best amplitude and offset at every rate, shape of the rates."""
    shapes = np.column_stack([_shape(t, float(rate), offset_free) for rate in rates]) * weight[:, None]
    left = y * weight
    if offset_free:
        one = weight / np.linalg.norm(weight)
        shapes, left = shapes - np.outer(one, one @ shapes), left - one * (one @ left)
    size = np.sum(shapes**2, axis=0)
    # a decay within the first step leaves a shape that is nothing but the offset
    gained = np.where(
        size > 1e-20 * np.sum(weight**2), (left @ shapes) ** 2 / np.maximum(size, np.finfo(float).tiny), 0.0
    )
    return np.asarray(left @ left - gained)


def _linear(t: Array, y: Array, weight: Array, rate: float, offset_free: bool) -> tuple[float, float]:
    """(amplitude, offset) of the best curve of one rate."""
    shape = _shape(t, rate, offset_free)
    design = np.column_stack([shape, np.ones_like(t)] if offset_free else [shape]) * weight[:, None]
    found, *_ = np.linalg.lstsq(design, y * weight, rcond=None)
    return float(found[0]), float(found[1]) if offset_free else 0.0


def _slow(span: float, slowest: float) -> str:
    longest = f"{1 / slowest:.3g} s" if slowest > 0 else "any length"
    return (
        f"the readings span {span:.3g} s, and a decay time of {longest} is not excluded: with a free offset, a range below "
        "tau tells none"
    )
