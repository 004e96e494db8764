"""What an interval of one parameter is, however it was found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gzero.errors import ConfigError, InputError

IntervalMethod = Literal["profile", "bootstrap", "emcee"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval of one parameter.

    Parameters
    ----------
    name : of the parameter.
    value : best value [unit of the parameter].
    low, high : ends of the interval [the same unit]; None is an open side, and the note says why it is open.
    confidence : the share of experiments whose interval holds the true value.
    method : how it was found; "emcee" is a credible interval under a flat prior.
    note : what the reader must know about it, "" for nothing.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    confidence: float
    method: IntervalMethod
    note: str = ""

    def __str__(self) -> str:
        low, high = ("open" if end is None else f"{end:.6g}" for end in (self.low, self.high))
        text = f"{self.name} = {self.value:.6g}, {100 * self.confidence:g} % interval {low} to {high} ({self.method})"
        return f"{text}; {self.note}" if self.note else text


def check_confidence(confidence: float) -> float:
    """The confidence, where it is one.

    Raises
    ------
    ConfigError : not between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ConfigError(
            f"confidence {confidence:g} must lie between 0 and 1", remedy="write for example confidence=0.95"
        )
    return confidence


def place_of(name: str, names: tuple[str, ...]) -> int:
    """Where a parameter stands among those that were fitted.

    Raises
    ------
    InputError : it is not among them.
    """
    if name not in names:
        raise InputError(
            f"'{name}' is no fitted parameter of this fit", remedy=f"choose {', '.join(names)}", allowed=names
        )
    return names.index(name)
