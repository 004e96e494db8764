"""What counts as equal, stated beforehand."""

from __future__ import annotations

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
