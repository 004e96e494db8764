"""Blind mode: a conductance that is multiplied by a hidden factor, and what is on record about it.

Everything that follows from the readings sees the scaled sweep f G and nothing else, so that no number that is shown can
betray f. A declared condition in ohm or siemens is a ruler from outside: it is scaled with the readings,

    f G_read = gain * f G_two + f offset,      1/(f G_two) = 1/(f G) + R_s/f,

so that the corrected curve is f times the true one. Its uncertainty is left out until the end: the share of a level that
12 ohm make is 12 ohm times the true conductance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gzero.estimate import Estimate
from gzero.measurement.measurement import Measurement

#: "blind": the factor is in the numbers. The others: it is gone, and whether the choices were frozen before.
State = Literal["blind", "frozen first", "changed after unblinding"]

#: How an axis says that its numbers are blind; in front, where a long name that is cut short keeps it.
HIDDEN = "hidden factor ×"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One option that was changed after unblinding: when (UTC), which, from what to what."""

    time: str
    option: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blindness:
    """What the blind record says about one analysis.

    Parameters
    ----------
    state : see `State`.
    configuration : SHA-256 of the choices of this analysis;  frozen : of those that were frozen, "" before.
    choices : those that somebody stated, of what is frozen, or would be if the data were unblinded now: option, value.
    blinded_at, unblinded_at : UTC, "" where it has not happened.
    tried : configurations that were looked at while blind.
    changes : every change after unblinding that is on record, by whichever analysis.
    version : of the gzero that froze the choices.
    record : name of the file;  entries : how many it holds;  head : SHA-256 of the last one, which pins all of them.
    """

    state: State
    configuration: str = ""
    frozen: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    blinded_at: str = ""
    unblinded_at: str = ""
    tried: int = 0
    changes: tuple[Change, ...] = ()
    version: str = ""
    record: str = ""
    entries: int = 0
    head: str = ""

    def to_dict(self) -> dict[str, object]:
        """Plain values, None where it is not known or has not happened."""
        return {
            "state": self.state,
            "configuration": self.configuration or None,
            "frozen": self.frozen or None,
            "choices": dict(self.choices),
            "blinded_at": self.blinded_at or None,
            "unblinded_at": self.unblinded_at or None,
            "configurations_tried": self.tried,
            "changes": [{"time": c.time, "option": c.option, "from": c.before, "to": c.after} for c in self.changes],
            "frozen_with": self.version or None,
            "record": None if not self.record else {"name": self.record, "entries": self.entries, "head": self.head},
        }


def hide(measurement: Measurement, factor: float) -> Measurement:
    """The measurement with its ordinate multiplied by a factor, and with it what is declared in units of the ordinate.

    Parameters
    ----------
    factor : [1], positive.

    Returns
    -------
    Measurement that says it is blind. Its corrected curve is `factor` times that of the original.
    """
    y = measurement.ordinate
    hidden = replace(
        y,
        values=y.values * factor,
        std=None if y.std is None else y.std * factor,
        short=f"{HIDDEN} {y.short}",
        label=f"{HIDDEN} {y.label}",
    )
    return replace(
        measurement,
        series={**measurement.series, measurement.y: hidden},
        conditions=_scaled(measurement.conditions, factor),
        blind=True,
        raw={},  # raw numbers beside the hidden ones would give the factor away
        exclusions=tuple(replace(e, y=tuple(v * factor for v in e.y)) for e in measurement.exclusions),
    )


def _scaled(conditions: Mapping[str, Estimate], factor: float) -> dict[str, Estimate]:
    """Conditions of the scaled sweep: those with a scale of their own without their uncertainties."""
    out = dict(conditions)
    for name, power in (("series_resistance", -1), ("offset", 1)):
        if name in out:
            out[name] = Estimate(value=out[name].value * factor**power, unit=out[name].unit)
    return out
