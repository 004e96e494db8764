"""From what the instrument read to the conductance of the constriction: gain, offset, series resistance.

    G_read = gain * G_two + offset,      1/G_two = 1/G + R_s

so G = G_two / (1 - G_two R_s) with G_two = (G_read - offset)/gain. Gain, offset and R_s are common to all points:
their uncertainties are carried as named systematic parts, never as noise of the points (a common gain error entered
as an error of each point biases the fit; Peelle's puzzle).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError, UnitError
from gzero.estimate import Estimate


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """The common corrections of one trace.

    Parameters
    ----------
    gain [1], offset [unit of y], series_resistance [ohm, or 1/unit of y] : each with its systematic parts.
    common : source -> relative shift of every reading, from how the readings were derived (a stated bias).
    """

    gain: Estimate
    offset: Estimate
    series_resistance: Estimate
    common: Mapping[str, float]

    @classmethod
    def of(cls, conditions: Mapping[str, Estimate], common: Mapping[str, float] | None = None) -> Calibration:
        """The calibration that the declared conditions state; what is not stated is exact and has no effect."""
        return cls(
            common=dict(common or {}),
            gain=conditions.get("gain", Estimate(value=1.0)),
            offset=conditions.get("offset", Estimate(value=0.0, unit=None)),
            series_resistance=conditions.get("series_resistance", Estimate(value=0.0, unit="ohm")),
        )

    def apply(self, read: NDArray[np.float64]) -> NDArray[np.float64]:
        """Corrected values for readings; not finite where the series resistance accounts for all of the resistance."""
        two = (read - self.offset.value) / self.gain.value
        if not self.series_resistance.value:
            return np.asarray(two)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(two / (1 - two * self.series_resistance.value))

    def slope(self, corrected: NDArray[np.float64]) -> NDArray[np.float64]:
        """d corrected / d read at corrected values: what a reading's noise is multiplied by."""
        return np.asarray((1 + corrected * self.series_resistance.value) ** 2 / self.gain.value)

    def shifts(self, corrected: float) -> dict[str, float]:
        """Signed shift of a corrected value [unit of y] when each source moves up by one standard uncertainty."""
        stretch = 1 + corrected * self.series_resistance.value  # G/G_two
        out: dict[str, float] = {}
        for source, std in self.gain.systematic.items():
            out[source] = out.get(source, 0.0) - corrected * stretch / self.gain.value * std
        for source, share in self.common.items():
            out[source] = out.get(source, 0.0) + corrected * stretch * share
        for source, std in self.offset.systematic.items():
            out[source] = out.get(source, 0.0) - stretch**2 / self.gain.value * std
        for source, std in self.series_resistance.systematic.items():
            out[source] = out.get(source, 0.0) + corrected**2 * std
        return out

    def check(self, unit: str | None) -> None:
        """Refuse what cannot correct a conductance in `unit` (SI text).

        Raises
        ------
        InputError : gain <= 0.  UnitError : an offset of another dimension, a series resistance of no electric one.
        """
        if self.offset.unit is not None and self.offset.unit != unit:
            raise UnitError(
                f"the offset is in [{self.offset.unit}] and the data are in [{unit}]",
                remedy="state --offset in the unit of the data",
            )
        if self.series_resistance.value and unit != "S":
            raise UnitError(
                f"a series resistance in ohm cannot be in series with a conductance in [{unit}]",
                remedy="leave --series-resistance out",
            )
        if self.gain.value <= 0:
            raise InputError(
                f"a gain of {self.gain.value:g} is not a gain",
                remedy="state --gain as measured over true, for example '1.00(1)'",
            )
