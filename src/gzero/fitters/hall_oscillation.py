"""Density from the period of the Shubnikov-de Haas oscillations of R_xx in 1/B.

Where oscillations are small against R_xx they are the first three harmonics of `gzero.models.hall.OSCILLATION`: with two,
what is left of the third order at the last minima counts as noise and moves the period. The start is
the largest peak of the least-squares periodogram in 1/B; the frequency F [T] then comes from a fit of the whole line, and
the density from n = g e F/h with g states a level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import FitError, InputError
from gzero.estimate import Estimate
from gzero.fitters.curve_fit import first_noise
from gzero.fitters.learnt_noise import fit_learning
from gzero.fitters.problem import Problem
from gzero.fitters.result import FitResult
from gzero.measurement.curve import Curve
from gzero.models.hall import OSCILLATION, density_from_frequency, filling_factor
from gzero.reduction.field_reversal import Bar

Array = NDArray[np.float64]

#: R_xx over its value at zero field, down to which oscillations are small enough for three harmonics.
_SHALLOW = 0.5
#: Readings a period that resolve it, periods that make a frequency, readings that make a fit.
_RESOLVED, _PERIODS, _FEWEST = 2.5, 3.0, 20
#: Dampings [1, over the range of 1/B] of the periodogram.
_DAMPINGS = (0.0, 2.0, 5.0, 9.0)
#: Frequencies looked at, over that of levels of one state by the low-field slope; the most periods in the range of 1/B.
_RANGE, _MOST = (0.1, 2.0), 500.0
#: Amplitude over its noise that makes an oscillation: largest sum of squares taken up by chance among many frequencies.
_SEEN = 40.0
#: Numbers of states a level that are known: spin resolved, spin, spin and valley.
DEGENERACIES = (1, 2, 4)
#: How far density from the slope over that of one state a level may lie from one of them.
_NEAR = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Oscillation:
    """The oscillations of a bar.

    Parameters
    ----------
    fit, curve : of R_xx over B.  frequency : F [T].  periods : that the range holds.
    """

    fit: FitResult
    curve: Curve
    frequency: Estimate
    periods: float

    def density(self, degeneracy: int) -> Estimate:
        """n [1/m^2] with g states a level."""
        return self.frequency.scaled(float(density_from_frequency(1.0, degeneracy)), "1/m^2")


def oscillation(bar: Bar, zero: float, density: float, *, assumed_white: bool) -> tuple[Oscillation | None, str]:
    """(the oscillations of R_xx, why there are none).

    Parameters
    ----------
    zero : R_xx at zero field [ohm].
    density : of the low-field slope [1/m^2], which says where to look.
    """
    if bar.longitudinal is None:
        return None, "R_xx was not read"
    part = _shallow(bar.x, bar.longitudinal, zero)
    if part.sum() < _FEWEST:
        return None, f"{int(part.sum())} readings lie between zero field and the first deep minimum of R_xx"
    x, y = bar.x[part], bar.longitudinal[part]
    std = None if bar.longitudinal_std is None else bar.longitudinal_std[part]
    full = float(filling_factor(density, 1.0))  # [T]: the frequency of levels of one state
    start = _periodogram(x, y, lowest=_RANGE[0] * full, highest=_RANGE[1] * full)
    if start is None:
        return None, "no period in 1/B stands out of R_xx at low field"
    # periods that fall between readings say nothing, and could be taken for others
    fine = x**2 / start["frequency"] > _RESOLVED * np.gradient(x)
    x, y, std = x[fine], y[fine], None if std is None else std[fine]
    periods = start["frequency"] * float(1 / x[0] - 1 / x[-1]) if x.size else 0.0
    if x.size < _FEWEST or periods < _PERIODS:
        return None, f"{periods:.1f} periods are resolved, and {_PERIODS:g} are needed"
    curve = Curve(x=x, y=y, y_std=std, x_name="B", y_name="R_xx", x_unit="T", y_unit="ohm")
    problem = Problem(model=OSCILLATION, curve=curve, noise=replace(first_noise(curve), assumed_white=assumed_white))
    try:
        fit = fit_learning(problem, start, flat=np.zeros(x.size, dtype=bool)).fit
    except (FitError, InputError) as error:
        return None, error.problem
    frequency = Estimate(value=fit.value("frequency"), std_stat=fit.std("frequency"), unit="T")
    if not 0 < frequency.std_stat < 0.1 * frequency.value:
        return None, f"the frequency of the oscillations is not determined ({frequency.value:.3g} T)"
    return Oscillation(fit=fit, curve=curve, frequency=frequency, periods=periods), ""


def _shallow(x: Array, y: Array, zero: float) -> NDArray[np.bool_]:
    """Readings at fields below that of the first deep minimum, and not at zero field."""
    three = np.convolve(y, np.full(3, 1 / 3), mode="same")
    deep = np.flatnonzero((three[1:-1] < _SHALLOW * zero) & (x[1:-1] > 0)) + 1
    end = float(x[deep[0]]) if deep.size else float(x[-1])
    return np.asarray((x > 0.02 * x[-1]) & (x < end))


def _periodogram(x: Array, y: Array, *, lowest: float, highest: float) -> dict[str, float] | None:
    """The start of the fit: the frequency and damping that take up most of the sum of squares of R_xx; None if too little."""
    u = 1 / x
    reach = float(np.ptp(u))
    # the finest period that readings anywhere resolve, at the upper end of the range
    finest = float(x[-1]) ** 2 / (_RESOLVED * float(np.median(np.diff(x))))
    frequencies = np.arange(max(1.5 / reach, lowest), min(finest, highest, _MOST / reach), 0.15 / reach)
    if frequencies.size < 3:
        return None
    smooth = np.column_stack([np.ones_like(x), x, x**2])
    q, _ = np.linalg.qr(smooth)
    rest = y - q @ (q.T @ y)
    best: tuple[float, float, float, Array] | None = None
    for damping in (d / reach for d in _DAMPINGS):
        fall = np.exp(-damping * (u - u[-1]))
        angle = 2 * np.pi * frequencies[:, None] * u
        cosine, sine = fall * np.cos(angle), fall * np.sin(angle)
        cosine, sine = cosine - (cosine @ q) @ q.T, sine - (sine @ q) @ q.T
        cc, ss, cs = (cosine**2).sum(1), (sine**2).sum(1), (cosine * sine).sum(1)
        c, s = cosine @ rest, sine @ rest
        determinant = np.maximum(cc * ss - cs**2, 1e-9 * cc * ss + np.finfo(float).tiny)
        a, b = (ss * c - cs * s) / determinant, (cc * s - cs * c) / determinant
        gain = a * c + b * s
        i = int(np.argmax(gain))
        if best is None or gain[i] > best[0]:
            best = (float(gain[i]), float(frequencies[i]), damping, np.array([a[i], b[i]]))
    if best is None:
        return None
    gain_, frequency, damping, (a_, b_) = best
    left = max(float(rest @ rest) - gain_, np.finfo(float).tiny)
    if gain_ / (left / max(x.size - 8, 1)) < _SEEN:
        return None
    # a cos + b sin = A exp(-d u) cos(2 pi F u + phi), with the damping counted from the upper end of the range
    size = float(np.hypot(a_, b_)) * float(np.exp(damping * u[-1]))
    line = np.polyfit(x, y, 1)
    return {
        "zero": float(line[1]), "linear": float(line[0]), "amplitude": size, "damping": max(damping, 1e-3 / reach),
        "frequency": frequency, "phase": float(np.arctan2(-b_, a_)), "second": 0.0, "mean": 0.0,
        "third": 0.0, "cube": 0.0,
    }  # fmt: skip


def degeneracy_of(found: Oscillation, density: Estimate | None) -> int | None:
    """States a level that bring the period together with the density of the low-field slope; None where none does."""
    if density is None:
        return None
    ratio = density.value / found.density(1).value
    nearest = min(DEGENERACIES, key=lambda g: abs(ratio / g - 1))
    return nearest if abs(ratio / nearest - 1) < _NEAR else None
