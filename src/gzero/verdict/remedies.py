"""What would decide a step whose interval is too wide."""

from __future__ import annotations

import math

from gzero.fitters.level_set import LevelSet
from gzero.fitters.step_height import step_height
from gzero.measurement.kinds import LevelName
from gzero.quanta import Quantum
from gzero.verdict.criteria import Criteria
from gzero.verdict.margins import Margins

#: What is measured again to make the noise smaller.
REPEATED: dict[LevelName, str] = {"plateau": "sweeps", "peak": "traces", "level": "readings"}

#: Of the room that the other sources leave, what one of them is asked to fill: some is needed for the noise.
_PART = 0.9


def remedy(levels: LevelSet, quantum: Quantum, criteria: Criteria, margins: Margins) -> str:
    """What it takes for the interval of the step to lie within its margin, if the value itself does.

    The statistical part shrinks with the square root of the number of sweeps, the common parts do not: with
    room = margin - |h/q - 1| it takes (statistical half)^2 / (room^2 - systematic half^2) times the sweeps, and where the
    common parts alone fill the room, the largest of them has to be known better.
    """
    again = REPEATED[levels.what]
    value = abs(float(criteria.step[0]))
    room = margins.step - value
    if room <= 0:
        tightest = value + float(criteria.step_half[0])
        return f"the value itself lies outside; {100 * tightest:.2g} % is the tightest margin that it supports"
    statistical, systematic = float(criteria.statistical[0]), float(criteria.systematic[0])
    if systematic < room:
        times = statistical**2 / (room**2 - systematic**2)
        return (
            f"about {times:.1f} times the {again} would decide"
            if times < 10
            else f"{times:.0f} times the {again} would"
        )
    step = step_height(levels, quantum.unit).step
    shares = {source: abs(shift / float(quantum.value or 1.0)) for source, shift in step.systematic.items()}
    source = max(shares, key=lambda name: shares[name])
    total = math.sqrt(sum(share**2 for share in shares.values()))
    allowed = room * total / systematic  # in standard uncertainties
    left = (_PART * allowed) ** 2 - (total**2 - shares[source] ** 2)
    name = source.replace("_", " ")
    if left <= 0:
        return f"no number of {again} decides: the common uncertainties, {name} first, have to shrink"
    return (
        f"no number of {again} decides, a better {name} does: its part of the step is {100 * shares[source]:.2g} %, and "
        f"{100 * math.sqrt(left):.2g} % would be small enough"
    )
