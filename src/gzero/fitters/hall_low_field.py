"""The classical part of a Hall bar: density from the slope of R_xy, mobility from R_xx, and the noise of the readings.

Below the first oscillation R_xy is a straight line of slope 1/(n e). Its residuals are the one place where the noise shows
without any structure, so that its spectrum is learnt there and carried to the plateaus.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.reduction.calm_noise import calm_noise
from gzero.reduction.field_reversal import Bar
from gzero.reduction.hall_plateaus import classical_end, steepness
from gzero.reduction.noise import Noise, white_noise, widening
from gzero.reduction.plateau import Change, beyond_chance
from gzero.reduction.spectrum import Spectrum

Array = NDArray[np.float64]

#: The first look at the classical line: this share of the field, or as many readings, but no more than the second share.
_FIRST, _READINGS, _AT_MOST = 0.05, 30, 0.12
#: Of the field of the first structure: oscillations fall exponentially below it.
_BELOW = 0.6
#: A longer part that scatters more than this times the shorter one holds structure: no noise grows with its range so fast,
#: though a short stretch of slow noise is calmer than a long one.
_LOUDER = 3.0
#: The line reaches down to this share of its upper end, and has this many readings.
_REACHES, _FEWEST = 0.25, 8
#: Part of the range that a second line is put through, to see whether the choice of the range matters.
_SHORTER = 0.6
#: Part of the classical range of R_xy that is taken for R_xx(0): R_xx oscillates before R_xy does.
_CALM = 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LowField:
    """The classical line.

    Parameters
    ----------
    readings : from the lowest field on that it rests on.
    slope : dR_xy/dB [ohm/T] with its statistical part and that of its range.
    intercept : R_xy read at zero field [ohm].
    end : upper end of the range [T].
    structure : field of the first structure of R_xy [T], infinite without any.
    """

    readings: int
    slope: Estimate
    intercept: Estimate
    end: float
    structure: float


def low_field(bar: Bar, *, source: str, assumed_white: bool) -> LowField | None:
    """The classical line of a bar over the field; None where no part of the sweep shows one.

    Parameters
    ----------
    source : where stated uncertainties come from, in words.
    assumed_white : readings are taken as independent, whatever they show.
    """
    x, n = bar.x, len(bar)
    some = int(np.searchsorted(x, _FIRST * x[-1], side="right"))
    some = max(some, min(_READINGS, int(np.searchsorted(x, _AT_MOST * x[-1], side="right"))))
    for _ in range(3):  # what is structure depends on the noise, and the noise on what is structure
        if some < _FEWEST or x[0] > _REACHES * x[some - 1]:
            return None
        noise = calm_noise(
            x, bar.hall, [slice(0, some)], stated=bar.hall_std, source=source, assumed_white=assumed_white
        )
        slope = float(_weights(x, some)[:, 0] @ bar.hall)
        if slope <= 0:
            return None
        structure = classical_end(x, steepness(x, bar.hall, noise, classical=slope))
        before, some = some, min(n, int(np.searchsorted(x, _BELOW * structure, side="right")))
        while some > before and _scatter(bar, some) > _LOUDER * _scatter(bar, before):
            some = max(before, int(0.8 * some))
        if some == before:
            break
    if some < _FEWEST or x[0] > _REACHES * x[some - 1]:
        return None
    line = _line(bar, some, noise)
    return LowField(
        readings=some, slope=line[0], intercept=line[1], end=float(x[some - 1]), structure=structure
    ) if line[0].value > 0 else None  # fmt: skip


def _scatter(bar: Bar, some: int) -> float:
    """Root mean square about the line through the first readings [ohm]."""
    slope, intercept = _weights(bar.x, some).T @ bar.hall
    rest = bar.hall[:some] - slope * bar.x[:some] - intercept
    return float(np.sqrt(np.mean(rest**2)))


def renewed(bar: Bar, low: LowField, noise: Noise) -> LowField:
    """The same line under a noise that is known better."""
    slope, intercept = _line(bar, low.readings, noise)
    return replace(low, slope=slope, intercept=intercept)


def _weights(x: Array, some: int) -> Array:
    """d (slope, intercept)/d reading of the line through the first readings, shape (n, 2)."""
    out = np.zeros((x.size, 2))
    away = x[:some] - x[:some].mean()
    out[:some, 0] = away / float(away @ away)
    out[:some, 1] = 1 / some - float(x[:some].mean()) * out[:some, 0]
    return out


def _line(bar: Bar, some: int, noise: Noise) -> tuple[Estimate, Estimate]:
    """(slope, intercept); what a shorter range changes of the slope beyond chance is a systematic part."""
    weights = _weights(bar.x, some)
    values = weights.T @ bar.hall
    covariance, dof = noise.covariance(weights)
    std = np.sqrt(np.diag(covariance)) * widening(dof)
    slope = Estimate(value=float(values[0]), std_stat=float(std[0]), unit="ohm/T")
    intercept = Estimate(value=float(values[1]), std_stat=float(std[1]), unit="ohm")
    fewer = int(np.searchsorted(bar.x, _SHORTER * bar.x[some - 1], side="right"))
    if fewer < _FEWEST:
        return slope, intercept
    difference = _weights(bar.x, fewer)[:, 0] - weights[:, 0]
    change = Change(value=float(difference @ bar.hall), weights=difference)
    variance, _ = noise.covariance(difference[:, None])
    beyond = beyond_chance([change], [float(variance[0, 0])])
    part = float(np.copysign(beyond, change.value))
    return (slope.with_part("range of the low field", part) if beyond else slope), intercept


def zero_field(bar: Bar, low: LowField, noise: Noise) -> Estimate | None:
    """R_xx at zero field [ohm], from c_0 + c_2 B^2 through the classical part; None where R_xx was not read.

    Parameters
    ----------
    noise : of R_xy; the noise of R_xx is taken to hang together like it, as the same amplifiers read both.
    """
    m = int(np.searchsorted(bar.x, _CALM * low.end, side="right"))
    if bar.longitudinal is None or m < 4:
        return None
    x, y = bar.x[:m], bar.longitudinal[:m]
    design = np.column_stack([np.ones(m), (x / x[-1]) ** 2])
    weights = np.zeros((len(bar), 2))
    weights[:m] = np.linalg.pinv(design).T
    value, curvature = weights[:m].T @ y
    rest = y - design @ np.array([value, curvature])
    square, few = _mean_square(rest, design, longitudinal_noise(bar, noise, 1.0).spectrum)
    scatter = float(np.sqrt(square)) or white_noise(y)
    covariance, dof = longitudinal_noise(bar, noise, scatter).covariance(weights[:, :1])
    if bar.longitudinal_std is None:
        dof = 1 / (1 / dof + 1 / few)  # what is not known of the shape and of the size adds up
    return Estimate(value=float(value), std_stat=float(np.sqrt(covariance[0, 0]) * widening(dof)[0]), unit="ohm")


def _mean_square(rest: Array, design: Array, spectrum: Spectrum | None) -> tuple[float, float]:
    """(variance of a reading, its degrees of freedom) from what least squares leave of a few readings.

    With R the correlations and M what takes the design out, the sum of squares is tr(M R) variances on average, with
    tr(M R)^2/tr(M R M R) degrees of freedom (Satterthwaite 1946, doi 10.2307/3002019): few readings of slow noise lose most
    of it to a parabola.
    """
    m, k = design.shape
    if spectrum is None or spectrum.kind == "white":
        return float(rest @ rest) / (m - k), float(m - k)
    lags = spectrum.autocovariance(m)
    correlations = lags[np.abs(np.subtract.outer(np.arange(m), np.arange(m)))]
    basis, _ = np.linalg.qr(design)
    left = correlations - basis @ (basis.T @ correlations)
    expected = float(np.trace(left))
    return float(rest @ rest) / expected, expected**2 / float(np.sum(left * left.T))


def longitudinal_noise(bar: Bar, noise: Noise, scatter: float) -> Noise:
    """The noise of R_xx: as stated, else of standard deviation `scatter` [ohm]; with the correlations of that of R_xy."""
    std = np.full(len(bar), scatter) if bar.longitudinal_std is None else bar.longitudinal_std
    spectrum = None if noise.spectrum is None else noise.spectrum.normalised()
    return replace(noise, std=std, stated=bar.longitudinal_std is not None, spectrum=spectrum)
