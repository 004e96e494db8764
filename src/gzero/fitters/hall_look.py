"""A Hall bar before its plateaus are counted: readings over the size of the field, noise, classical line, plateaus, densities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.hall_low_field import LowField, low_field, renewed, zero_field
from gzero.fitters.hall_oscillation import Oscillation, degeneracy_of, oscillation
from gzero.fitters.hall_sides import Beside, Sides, together
from gzero.fitters.options import FitOptions
from gzero.measurement.measurement import Measurement
from gzero.models.hall import density_from_slope, mobility
from gzero.reduction.calibration import Calibration
from gzero.reduction.calm_noise import calm_noise
from gzero.reduction.field_reversal import Bar, fold, folding
from gzero.reduction.hall_plateaus import Steepness, find_plateaus, steepness
from gzero.reduction.noise import Noise
from gzero.reduction.plateau import Plateau
from gzero.reduction.selection import Selected

Array = NDArray[np.float64]

#: Density from the slope and from the period: a difference beyond this share and three standard uncertainties is worth a word.
_DISAGREE = 0.01
#: Share of the settings that R_xx has to be read at.
_READ = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """Everything that a bar shows before its plateaus are counted.

    Parameters
    ----------
    bar, noise : readings over the size of the field, and their noise.
    low : the classical line; zero : R_xx at zero field;  waves : oscillations, with why there are none.
    view, plateaus : gamma along the sweep, and the plateaus.
    series : series resistance that was taken off [ohm].
    sides : what was read on both sides of the bar; None where R_xx was read on one.
    """

    bar: Bar
    noise: Noise
    low: LowField | None
    zero: Estimate | None
    waves: Oscillation | None
    why: str
    view: Steepness
    plateaus: tuple[Plateau, ...]
    series: float
    sides: Sides | None = None


def look(
    measurement: Measurement, selected: Selected, options: FitOptions, series: float, calibration: Calibration
) -> Found:
    """Readings over the size of the field, the classical line, the noise, and the plateaus."""
    bar, sides = folded(measurement, selected, options, series, calibration)
    white = options.noise_model == "white"
    low = low_field(bar, source=selected.noise, assumed_white=white) if bar.over_field else None
    pieces = [slice(0, low.readings)] if low is not None else []

    def noise_with(plateaus: tuple[Plateau, ...]) -> Noise:
        calm = [*pieces, *(slice(p.first, p.last + 1) for p in plateaus)]
        stated = bar.hall_std
        return calm_noise(bar.x, bar.hall, calm, stated=stated, source=selected.noise, assumed_white=white)

    def plateaus_under(noise: Noise) -> tuple[Plateau, ...]:
        return find_plateaus(bar.x, bar.hall, noise, view, over_field=bar.over_field, longitudinal=bar.longitudinal)

    noise = noise_with(())
    view = steepness(bar.x, bar.hall, noise, classical=None if low is None else low.slope.value)
    plateaus = plateaus_under(noise)
    if plateaus:  # their readings know the noise as well, and its knowledge places their windows
        noise = noise_with(plateaus)
        plateaus = plateaus_under(noise)
    low = None if low is None else renewed(bar, low, noise)
    zero = None if low is None else zero_field(bar, low, noise)
    waves: Oscillation | None = None
    why = ""
    if low is not None and zero is not None:
        density = float(density_from_slope(low.slope.value))
        waves, why = oscillation(bar, zero.value, density, assumed_white=white)
    return Found(
        bar=bar, noise=noise, low=low, zero=zero, waves=waves, why=why, view=view, plateaus=plateaus, series=series,
        sides=sides,
    )  # fmt: skip


def folded(
    measurement: Measurement, selected: Selected, options: FitOptions, series: float, calibration: Calibration
) -> tuple[Bar, Sides | None]:
    """(readings over the size of the field behind a series resistance [ohm], what both sides of the bar say).

    Parameters
    ----------
    calibration : gain and offset of R_xy, which a second Hall pair is taken to share.
    """
    along = [_beside(measurement, selected, f"longitudinal_resistance{end}") for end in ("", "_2")]
    filling = _beside(measurement, selected, "filling_factor")
    used, sides = along[0] or along[1], None
    if along[0] is not None and along[1] is not None:
        both = (along[0], along[1])
        used = together(both, options.longitudinal)
        other = _beside(measurement, selected, "hall_resistance_2")
        curve = selected.curve
        across = None
        if other is not None:
            std = None if other.std is None else other.std / abs(calibration.gain.value)
            values = np.asarray(calibration.apply(other.values))
            turned = -1.0 if float(values @ curve.y) < 0 else 1.0  # a pair may be wired the other way round
            across = (Beside(values=curve.y, std=curve.y_std), Beside(values=turned * values, std=std))
        sides = Sides.of(folding(curve.x), both, across)
    bar = fold(
        selected.curve,
        longitudinal=None if used is None else used.values,
        longitudinal_std=None if used is None else used.std,
        filling=None if filling is None else filling.values,
    )
    return replace(bar, hall=bar.hall - series), sides


def _beside(measurement: Measurement, selected: Selected, name: str) -> Beside | None:
    """A column beside R_xy at the settings of the curve, means where they repeat.

    A setting without any finite reading has none: R_xx then is left out as a whole where that is not rare, and
    interpolated where it is.
    """
    series = measurement.series.get(name)
    if series is None:
        return None
    used = np.ones(series.values.size, dtype=bool)
    for exclusion in selected.exclusions:
        used[exclusion.indices] = False
    used &= np.isfinite(series.values)
    x, curve = measurement.abscissa.values, selected.curve
    if used.sum() < _READ * len(curve):
        return None
    settings, group, times = np.unique(x[used], return_inverse=True, return_counts=True)
    means = np.bincount(group, weights=series.values[used]) / times
    values = np.interp(curve.x, settings, means)
    if series.std is None or not np.all(np.isfinite(series.std[used])):
        return Beside(values=values)
    variance = np.bincount(group, weights=series.std[used] ** 2) / times**2
    std = np.sqrt(np.interp(curve.x, settings, variance))
    return Beside(values=values, std=std if np.all(std > 0) else None)


def densities(
    found: Found, conditions: Mapping[str, Estimate], calibration: Calibration
) -> tuple[dict[str, Estimate], int, list[str]]:
    """(density from the slope and from the period, R_xx per square, mobility; states a level; what to say of them)."""
    out: dict[str, Estimate] = {}
    notes: list[str] = []
    if found.low is not None:
        slope = found.low.slope
        n = float(density_from_slope(slope.value))
        parts = {s: -n * v / slope.value for s, v in slope.systematic.items()}
        parts |= {s: n * v / calibration.gain.value for s, v in calibration.gain.systematic.items()}
        parts |= {s: parts.get(s, 0.0) - n * v for s, v in calibration.common.items()}
        out["density"] = Estimate(value=n, std_stat=n * slope.std_stat / slope.value, systematic=parts, unit="1/m^2")
    degeneracy = 2
    if found.waves is not None:
        settled = degeneracy_of(found.waves, out.get("density"))
        degeneracy = settled or 2
        out["density_sdh"] = found.waves.density(degeneracy)
        notes += _agreement(out, settled)
    if found.zero is not None and "density" in out:
        out |= _mobility(found.zero, out["density"], conditions)
    return out, degeneracy, notes


def _agreement(out: Mapping[str, Estimate], settled: int | None) -> list[str]:
    """What a difference between the two densities says."""
    slope, period = out["density"], out["density_sdh"]
    if settled is None:
        return [
            f"the period of the oscillations with g = 2 gives {period.value:.3g} and the slope {slope.value:.3g} 1/m^2: no "
            "g of 1, 2 or 4 brings them together; a second band, a gain or the scale of the field does that"
        ]
    away = period.value / slope.value - 1
    std = float(np.hypot(slope.std / slope.value, period.std / period.value))
    if abs(away) > max(_DISAGREE, 3 * std):
        return [
            f"the density from the period of the oscillations is {100 * away:+.1f} +- {100 * std:.1f} % off that from the slope: "
            "a gain of R_xy that is not stated, a second channel, or the scale of the field does that"
        ]
    return []


def _mobility(zero: Estimate, density: Estimate, conditions: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """R_xx(0) per square and mu = 1/(n e R); length and width with their sources."""
    length, width = conditions.get("length"), conditions.get("width")
    squares, parts = 1.0, {}
    if length is not None and width is not None:
        squares = length.value / width.value
        parts = {s: v / length.value for s, v in length.systematic.items()}
        parts |= {s: parts.get(s, 0.0) - v / width.value for s, v in width.systematic.items()}
    r = zero.value / squares
    if r <= 0:
        return {}
    sheet = Estimate(
        value=r, std_stat=zero.std_stat / squares, systematic={s: -r * v for s, v in parts.items()}, unit="ohm"
    )
    value = float(mobility(density.value, r))
    relative = {s: -v / density.value for s, v in density.systematic.items()}
    relative |= {s: relative.get(s, 0.0) + v for s, v in parts.items()}
    std = float(np.hypot(sheet.std_stat / r, density.std_stat / density.value))
    mu = Estimate(
        value=value, std_stat=value * std, systematic={s: value * v for s, v in relative.items()}, unit="m^2/(V s)"
    )
    return {"mobility": mu, "sheet_resistance": sheet}
