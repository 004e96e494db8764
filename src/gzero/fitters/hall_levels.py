"""The levels of a Hall bar, G_nu = 1/R_xy, with what they share: noise, gain, contacts, and the longitudinal resistance.

On a plateau that still dissipates R_xy is off by dR_xy = s R_xx (Cage et al. 1984, doi 10.1103/PhysRevB.30.2286). s is read off
the readings beside the plateau, as the part of R_xy that follows R_xx, and s R_xx is a named systematic part of every level;
its value extrapolated to R_xx = 0 stands beside it (Delahaye and Jeckelmann 2003, doi 10.1088/0026-1394/40/5/302, 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.estimate import Estimate
from gzero.fitters.findings import Level
from gzero.fitters.hall_count import Counted
from gzero.fitters.hall_low_field import longitudinal_noise
from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import lines
from gzero.models.hall import R_K
from gzero.reduction.calibration import Calibration
from gzero.reduction.field_reversal import Bar
from gzero.reduction.noise import Noise, white_noise, widening
from gzero.reduction.plateau import Plateau
from gzero.reduction.plateaus import FLAT, is_flat

Array = NDArray[np.float64]

LONGITUDINAL = "longitudinal resistance"
#: R_xx of a plateau over its largest value on the way to the neighbouring plateaus, from which it does not fall there.
_FALLS = 0.5
_FEWEST = 8  # readings that tell s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dissipation:
    """R_xx on one plateau.

    Parameters
    ----------
    resistance : mean over the readings of the level [ohm].
    slope : s = dR_xy/dR_xx beside the plateau [1]; None where too few readings tell it.
    peak : the largest R_xx between it and its neighbours [ohm].
    """

    resistance: Estimate
    slope: Estimate | None
    peak: float

    @property
    def falls(self) -> bool:
        """Whether R_xx has a minimum there."""
        return self.resistance.value <= _FALLS * self.peak

    @property
    def shift(self) -> float:
        """s R_xx [ohm], with the uncertainty of s."""
        if self.slope is None:
            return abs(self.resistance.value)
        size = float(np.hypot(self.slope.value, self.slope.std))
        return float(np.copysign(size * abs(self.resistance.value), self.slope.value * self.resistance.value or 1.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HallLevels:
    """Every plateau with its level, in order of conductance.

    Parameters
    ----------
    counted : k plateaus with their fillings.
    resistances : R_xy [ohm], corrected, shape (k,).
    noise, window : of them: covariance [ohm^2], shape (k, k), and standard uncertainty from the window [ohm], shape (k,).
    shifts : source -> shift of every resistance [ohm], shape (k,).
    dissipation : R_xx on each; None where it was not read.
    """

    counted: tuple[Counted, ...]
    resistances: Array
    noise: Array
    window: Array
    shifts: dict[str, Array]
    dissipation: tuple[Dissipation | None, ...]

    def claimed(self, declared: tuple[int, int] | None) -> list[int]:
        """Places of the plateaus that a claim rests on: those of an integer, declared or flat where R_xx falls."""
        out = []
        for k, (one, loss) in enumerate(zip(self.counted, self.dissipation, strict=True)):
            if one.index == 0:
                continue
            if declared is not None:
                if declared[0] <= one.index <= declared[1]:
                    out.append(k)
            elif is_flat(one.plateau) and (loss is None or loss.falls):
                out.append(k)
        return out

    def level_set(self, at: Sequence[int], *, counted_from: str, resistance_fitted: bool, calibrated: bool) -> LevelSet:
        """The claimed levels as conductances [S]."""
        r = self.resistances[list(at)]
        slope = -1 / r**2
        covariance = self.noise[np.ix_(at, at)] + np.diag(self.window[list(at)] ** 2)
        return LevelSet(
            indices=np.array([self.counted[k].index for k in at]),
            values=1 / r,
            covariance=covariance * np.outer(slope, slope),
            shifts={source: slope * shift[list(at)] for source, shift in self.shifts.items()},
            flat=tuple(is_flat(self.counted[k].plateau) for k in at),
            counted_from=counted_from,
            resistance_fitted=resistance_fitted,
            calibrated=calibrated,
        )

    def behind(self, level_set: LevelSet, at: Sequence[int]) -> HallLevels:
        """The levels behind the series resistance that is fitted to those of a claim: R - R_s, R_s a sum of levels itself."""
        line = lines(level_set, level_set.values[None, :], resistance_fitted=True)
        shares = np.zeros(len(self.counted))
        shares[list(at)] = line.resistance_weights[0] * -(level_set.values**2)
        map_ = np.eye(len(self.counted)) - np.outer(np.ones(len(self.counted)), shares)
        return replace(
            self,
            resistances=self.resistances - float(line.resistances[0]),
            noise=map_ @ (self.noise + np.diag(self.window**2)) @ map_.T,
            window=np.zeros_like(self.window),
            shifts={source: map_ @ shift for source, shift in self.shifts.items()},
        )

    def resistance(self, k: int) -> Estimate:
        """R_xy of one plateau [ohm]."""
        return Estimate(
            value=float(self.resistances[k]),
            std_stat=float(np.hypot(np.sqrt(self.noise[k, k]), self.window[k])),
            systematic={source: float(shift[k]) for source, shift in self.shifts.items()},
            unit="ohm",
        )

    def deviation(self, k: int) -> Estimate | None:
        """R_xy nu/R_K - 1 [1] of one plateau; None where it has no integer."""
        nu = self.counted[k].index
        if nu == 0:
            return None
        ratio = self.resistance(k).scaled(nu / R_K, "")
        return Estimate(value=ratio.value - 1, std_stat=ratio.std_stat, systematic=ratio.systematic, unit="")

    def extrapolated(self, k: int) -> float | None:
        """The same at R_xx = 0 [1], where s is known."""
        loss, nu = self.dissipation[k], self.counted[k].index
        if nu == 0 or loss is None or loss.slope is None:
            return None
        return float((self.resistances[k] - loss.slope.value * loss.resistance.value) * nu / R_K - 1)


def levels_of(
    bar: Bar, counted: Sequence[Counted], noise: Noise, calibration: Calibration, *, series: float
) -> HallLevels:
    """The levels of a bar under a noise.

    Parameters
    ----------
    counted : plateaus, in any order.
    calibration : gain and offset that the readings were corrected for, and the series resistance with its uncertainty.
    series : the series resistance that was taken off [ohm].
    """
    ordered = tuple(sorted(counted, key=lambda c: -c.plateau.level))
    k = len(ordered)
    responses = np.array([c.plateau.response for c in ordered]).reshape(k, len(bar))
    covariance, dof = noise.covariance(responses.T) if k else (np.zeros((0, 0)), np.zeros(0))
    factor = widening(dof)
    resistances = np.array([c.plateau.level for c in ordered])
    losses = tuple(_dissipation(bar, c.plateau, [o.plateau for o in ordered], noise) for c in ordered)
    shifts = _shifts(bar, calibration, resistances, series)
    if k and all(loss is not None for loss in losses):
        shifts[LONGITUDINAL] = np.array([loss.shift for loss in losses if loss is not None])
    return HallLevels(
        counted=ordered,
        resistances=resistances,
        noise=covariance * np.outer(factor, factor),
        window=np.array([c.plateau.std_window for c in ordered]),
        shifts=shifts,
        dissipation=losses,
    )


def _shifts(bar: Bar, calibration: Calibration, resistances: Array, series: float) -> dict[str, Array]:
    """Shift of every resistance [ohm] when gain, offset, ... move up by one standard uncertainty.

    R = (R_read - offset)/gain - R_s; an offset cancels where both signs of the field were combined as a difference.
    """
    out: dict[str, Array] = {}
    gain = calibration.gain
    for source, std in gain.systematic.items():
        out[source] = -(resistances + series) / gain.value * std
    for source, share in calibration.common.items():
        out[source] = out.get(source, 0.0) + (resistances + series) * share
    if bar.parity != "odd":
        for source, std in calibration.offset.systematic.items():
            out[source] = np.full(resistances.size, -bar.sign * std / gain.value)
    for source, std in calibration.series_resistance.systematic.items():
        out[source] = np.full(resistances.size, -std)
    return out


def _dissipation(bar: Bar, plateau: Plateau, others: Sequence[Plateau], noise: Noise) -> Dissipation | None:
    """R_xx on a plateau, and how much of it R_xy holds."""
    if bar.longitudinal is None:
        return None
    here = slice(plateau.first, plateau.last + 1)
    xx = bar.longitudinal
    scatter = white_noise(xx[here]) or white_noise(xx)
    covariance, _ = longitudinal_noise(bar, noise, scatter).covariance(plateau.response[:, None])
    mean = Estimate(value=float(xx[here].mean()), std_stat=float(np.sqrt(covariance[0, 0])), unit="ohm")
    before = max((p.last for p in others if p.last < plateau.first), default=0)
    after = min((p.first for p in others if p.first > plateau.last), default=len(bar) - 1)
    peak = float(np.max(xx[before : after + 1]))
    return Dissipation(resistance=mean, slope=_following(bar, plateau, noise), peak=peak)


def _following(bar: Bar, plateau: Plateau, noise: Noise) -> Estimate | None:
    """s: the part of R_xy that follows R_xx in and beside a window.

    R_xx is even about the middle of a plateau and the tails of the neighbouring levels are odd, so that a straight line and
    a cubic take these out.
    """
    assert bar.longitudinal is not None
    m = plateau.last - plateau.first + 1
    lo, hi = max(0, plateau.first - m // 2), min(len(bar), plateau.last + 1 + m // 2)
    if hi - lo < _FEWEST:
        return None
    place = np.linspace(-1.0, 1.0, hi - lo)
    xx = bar.longitudinal[lo:hi]
    design = np.column_stack([np.ones(hi - lo), place, place**3, xx - xx.mean()]) / noise.std[lo:hi, None]
    size = np.linalg.norm(design, axis=0)
    if np.any(size == 0):
        return None
    inverse = np.linalg.pinv(design / size, rcond=1e-10)
    weights = np.zeros((len(bar), 1))
    weights[lo:hi, 0] = inverse[3] / size[3] / noise.std[lo:hi]
    variance, _ = noise.covariance(weights)
    return Estimate(value=float(weights[:, 0] @ bar.hall), std_stat=float(np.sqrt(variance[0, 0])))


def level_table(levels: HallLevels, at: Sequence[int], *, quantum: float, declared: bool) -> tuple[Level, ...]:
    """Every plateau found; those that the claim does not rest on with their reason.

    The transmission is the conductance per filled level, (G - G_below)/((nu - nu_below) q), as far as both are counted.
    """
    out: list[Level] = []
    before: tuple[int, Estimate] | None = None
    for k, one in enumerate(levels.counted):
        r = levels.resistance(k)
        slope = -1 / r.value**2
        level = Estimate(
            value=1 / r.value,
            std_stat=abs(slope) * r.std_stat,
            systematic={source: slope * shift for source, shift in r.systematic.items()},
            unit="S",
        )
        out.append(
            Level(
                index=one.index, level=level, transmission=_per_level(one.index, level, before, quantum),
                x_low=one.plateau.x_low, x_high=one.plateau.x_high, slope=slope * one.plateau.slope, points=one.plateau.points,
                counted=k in at, note=_note(levels, k, counted=k in at, declared=declared),
            )
        )  # fmt: skip
        if one.index > 0:
            before = (one.index, level)
    return tuple(out)


def _per_level(index: int, level: Estimate, before: tuple[int, Estimate] | None, quantum: float) -> Estimate:
    """Conductance that a filled level adds [quanta]; of the first plateau, and of one without an integer, per filling."""
    below_index, below = before or (0, Estimate(value=0.0, unit="S"))
    if index <= below_index:
        below_index, below = 0, Estimate(value=0.0, unit="S")
    steps = (index - below_index) or level.value / quantum
    sources = {*level.systematic, *below.systematic}
    return Estimate(
        value=(level.value - below.value) / steps / quantum,
        std_stat=float(np.hypot(level.std_stat, below.std_stat)) / steps / quantum,
        systematic={
            s: (level.systematic.get(s, 0.0) - below.systematic.get(s, 0.0)) / steps / quantum for s in sources
        },
        unit="",
    )


def _note(levels: HallLevels, k: int, *, counted: bool, declared: bool) -> str:
    """Why a plateau is not counted, or what is odd about one that is."""
    one, loss = levels.counted[k], levels.dissipation[k]
    if one.index == 0:
        return one.note
    if not is_flat(one.plateau):
        what = (
            f"too noisy to tell whether it is flat ({one.plateau.flatness:.2f} +- {one.plateau.flatness_std:.2f})"
            if one.plateau.flatness_std > FLAT
            else f"not flat ({one.plateau.flatness:.2f} of the classical slope)"
        )
        return f"declared, but {what}" if counted else what
    if loss is not None and not loss.falls:
        what = f"R_xx does not fall there ({loss.resistance.value:.3g} of {loss.peak:.3g} ohm beside it)"
        return f"declared, but {what}" if counted else what
    return "" if counted else "outside the declared plateaus" if declared else ""
