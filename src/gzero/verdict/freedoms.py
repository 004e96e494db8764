"""The freedoms that an analysis had: what could have been turned until random levels looked quantized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gzero.fitters.level_set import Zero

Resistance = Literal["none", "measured", "assumed", "fitted"]
Gain = Literal["none", "measured", "assumed"]

#: What a series resistance [ohm] and a gain may be turned to when they are stated without an uncertainty.
RESISTANCES, GAINS = (0.0, 2000.0), (0.9, 1.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Freedoms:
    """Choices that the false-positive rate pays for.

    Parameters
    ----------
    resistance : "none", "measured" (stated with an uncertainty), "assumed" (stated without: nobody can tell how it was
        found), or "fitted" to the levels themselves.
    resistance_value, resistance_std : as stated [ohm].
    gain : "none", "measured", or "assumed" (a factor other than 1 without an uncertainty).
    declared : whether the quantum was named beforehand.
    counted_from : "pinch-off", "quantum" where the first index is chosen by the quantum, or "nearest multiple" where every
        index is.
    zero : "known", or "free" where any reading could be zero.
    """

    resistance: Resistance = "none"
    resistance_value: float = 0.0
    resistance_std: float = 0.0
    gain: Gain = "none"
    declared: bool = True
    counted_from: str = "pinch-off"
    zero: Zero = "known"

    def sentences(self) -> tuple[str, ...]:
        """What was free, for the reader."""
        low, high = RESISTANCES
        out = {
            "none": "no series resistance",
            "measured": f"a series resistance within two standard uncertainties of {self.resistance_value:.4g} ohm",
            "assumed": f"any series resistance from {low:g} to {high:g} ohm, as it is stated without an uncertainty",
            "fitted": "a series resistance fitted to the levels",
        }[self.resistance]
        words = [out]
        if self.gain == "assumed":
            words.append(f"any gain within {100 * (GAINS[1] - 1):.0f} % of the stated one, which has no uncertainty")
        if not self.declared:
            words.append("any quantum of the dimension")
        if self.counted_from == "quantum":
            words.append("any index for the first plateau")
        if self.counted_from == "nearest multiple":
            words.append("the nearest multiple for every level")
        if self.zero == "free":
            words.append("any zero of the readings")
        return tuple(words)
