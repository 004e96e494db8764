"""Data with a known truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gzero.measurement.measurement import Measurement


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Synthetic:
    """A measurement that was made up, with what was put into it.

    Parameters
    ----------
    measurement : as a loader would hand it on.
    truth : parameter -> value, in SI.
    noise : what was added, in words.
    seed : of the generator that drew it.
    stated : configuration keys that an analysis of it needs ("particle", "temperature", ...), as text.
    """

    measurement: Measurement
    truth: Mapping[str, float]
    noise: str
    seed: int
    stated: Mapping[str, str] = field(default_factory=dict)
