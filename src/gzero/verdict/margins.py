"""What counts as equal, stated beforehand."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Half-widths of the equivalence test and the confidence of its intervals.

    Parameters
    ----------
    step : half-width for h/q - 1.  level : half-width for level_n/q - n h/q.  confidence : of the intervals.
    """

    step: float = 0.05
    level: float = 0.10
    confidence: float = 0.95


def decimals(half: float, *, fewest: int = 4) -> int:
    """Decimals that show both ends of an interval: two digits of its half-width, and never fewer than usual [1].

    >>> decimals(0.004), decimals(2.2e-5)
    (4, 6)
    """
    if not (math.isfinite(half) and half > 0):
        return fewest
    return min(12, max(fewest, 1 - math.floor(math.log10(half))))
