"""The levels of a staircase with the noise they share: from plateaus and the noise of readings to a joint covariance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gzero.fitters.level_set import LevelSet
from gzero.reduction.calibration import Calibration
from gzero.reduction.noise import Noise, widening
from gzero.reduction.plateau import Plateau, beyond_chance
from gzero.reduction.plateaus import Staircase, is_flat
from gzero.reduction.spectrum import autoregressive

#: Readings per independent one beyond which flat stretches alone call the noise correlated.
_CORRELATED = 1.5
#: Noise over digitiser step below which a mean does not average over the steps (half a step leaves 0.2 % of it, Widrow and
#: Kollar 2008, doi 10.1017/CBO9780511754661).
COARSE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Every level found, with everything that is common to them.

    Parameters
    ----------
    plateaus : k of them, in order of conductance.
    first : risers below the first one in the data.
    values : levels [unit of y], shape (k,); above `reference` where there is one.
    noise : their covariance from the noise of the readings, shape (k, k).
    window : standard uncertainty of each from where its window is put, shape (k,).
    reference : the stretch at pinch-off that levels are counted from where the noise is red, as it moves all readings
        together; None where levels count from zero.
    shifts : source -> signed shift of every level, each shape (k,).
    """

    plateaus: tuple[Plateau, ...]
    first: int
    values: NDArray[np.float64]
    noise: NDArray[np.float64]
    window: NDArray[np.float64]
    reference: Plateau | None
    shifts: dict[str, NDArray[np.float64]]

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Statistical covariance, shape (k, k)."""
        total = self.noise.copy()
        total.ravel()[:: total.shape[0] + 1] += self.window**2  # the diagonal
        return total

    def places(self, counted: list[Plateau]) -> list[int]:
        """Positions of some of the plateaus."""
        return [self.plateaus.index(p) for p in counted]

    def level_set(self, counted: list[Plateau], *, counted_from: str, resistance_fitted: bool) -> LevelSet:
        """Those that a claim rests on."""
        at = self.places(counted)
        return LevelSet(
            indices=np.array([p.index + self.first for p in counted]),
            values=self.values[at],
            covariance=self.covariance[at][:, at],
            shifts={source: shift[at] for source, shift in self.shifts.items()},
            flat=tuple(is_flat(p) for p in counted),
            counted_from=counted_from,
            resistance_fitted=resistance_fitted,
        )


def levels_of(
    stairs: Staircase, noise: Noise, calibration: Calibration, *, first: int, adc_step: float = 0.0
) -> Levels:
    """The levels of a staircase under a noise.

    Parameters
    ----------
    noise : of the readings of the whole curve.
    first : risers below the first one in the data.
    adc_step : step of the digitiser [unit of y]; where the noise is too small to average over it, every level is
        uncertain by it.
    """
    plateaus = stairs.plateaus
    red = noise.red and stairs.pinched_off and stairs.baseline is not None and stairs.baseline.points >= 5
    reference = stairs.baseline if red else None
    responses = np.array([p.response for p in plateaus]).reshape(len(plateaus), noise.std.size)
    values = np.array([p.level for p in plateaus])
    shifts = [calibration.shifts(p.level) for p in plateaus]
    if reference is not None:
        responses -= reference.response
        values = values - reference.level
        zero = calibration.shifts(reference.level)
        shifts = [{s: shift.get(s, 0.0) - zero.get(s, 0.0) for s in {*shift, *zero}} for shift in shifts]
    covariance, dof = noise.covariance(responses.T) if plateaus else (np.zeros((0, 0)), np.zeros(0))
    factor = widening(dof)
    window = _windows(plateaus, noise)
    if adc_step > 0 and noise.typical < COARSE * adc_step:
        window = np.hypot(window, adc_step / np.sqrt(12.0))
    sources = sorted({source for shift in shifts for source in shift})
    return Levels(
        plateaus=plateaus,
        first=first,
        values=values,
        noise=covariance * (factor[:, None] * factor),
        window=window,
        reference=reference,
        shifts={source: np.array([shift.get(source, 0.0) for shift in shifts]) for source in sources},
    )


def _windows(plateaus: Sequence[Plateau], noise: Noise) -> NDArray[np.float64]:
    """Standard uncertainties from where the windows are put: what slope and choice change beyond the noise, shape (k,)."""
    weights = [change.weights for plateau in plateaus for change in plateau.changes]
    variances = iter(noise.variances(np.array(weights).T).tolist() if weights else ())
    return np.array(
        [
            beyond_chance(p.changes, [next(variances) for _ in p.changes]) if p.changes else p.std_window
            for p in plateaus
        ]
    )


def noise_of_flats(noise: Noise, stairs: Staircase) -> Noise:
    """The noise that the flat stretches show by themselves, for a curve that no model describes.

    Parameters
    ----------
    noise : before any fit, of the whole curve.
    """
    std = noise.std.copy()
    if not noise.stated:
        for plateau in stairs.plateaus:
            here = slice(plateau.first, plateau.last + 1)
            std[here] = np.maximum(std[here], plateau.noise)
    length = stairs.correlation_length
    spectrum = (
        None if length < _CORRELATED or noise.assumed_white else autoregressive(std.size, (length - 1) / (length + 1))
    )
    return replace(noise, std=std, spectrum=spectrum)
