"""How blind mode is told: the banner of blind numbers, and whether the choices were frozen before unblinding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gzero.analysis import Analysis
from gzero.report.wording import these, typeset

if TYPE_CHECKING:
    from gzero.measurement.blindness import Blindness

BLIND_BANNER = "BLIND: conductance times a hidden factor"

#: So many changes are told one by one; the JSON record holds all.
_TOLD = 6


def is_blind(analysis: Analysis) -> bool:
    """Whether its numbers hold the hidden factor."""
    return analysis.blind is not None and analysis.blind.state == "blind"


def blind_banner(analyses: Sequence[Analysis]) -> str:
    """What must stand on every page of numbers that are blind; "" where none are."""
    blind = sum(is_blind(a) for a in analyses)
    share = f" ({blind} of {len(analyses)} {these(analyses)})" if 0 < blind < len(analyses) else ""
    return BLIND_BANNER + share if blind else ""


def blind_lines(analyses: Sequence[Analysis]) -> tuple[str, ...]:
    """What the blind records say, each sentence once; of several files each with its name."""
    found = dict.fromkeys(
        (a.origin.path, a.blind, a.version) for a in analyses if a.blind is not None and a.blind.record
    )
    several = len({a.origin.path for a in analyses}) > 1
    return tuple(
        f"{path}: {line}" if several else line
        for path, blindness, version in found
        if blindness is not None
        for line in _told(blindness, version)
    )


def stated_choices(b: Blindness) -> str:
    """The choices that somebody stated, in one line; all others are defaults."""
    return ", ".join(f"{name.replace('_', ' ')} {_shown(value)}" for name, value in b.choices) or "defaults alone"


def _shown(value: str) -> str:
    """A choice as one writes it: the record holds every quantity with its uncertainty, and 0 says that none was stated.

    >>> _shown("0.1 +/- 0 K"), _shown("1 +/- 0.01"), _shown("2e^2/h")
    ('0.1 K', '1 ± 0.01', '2e²/h')
    """
    return typeset(re.sub(r" \+/- 0(?![.\d])", "", value))


def _told(b: Blindness, version: str) -> tuple[str, ...]:
    tried = f"{b.tried} configuration{'s' if b.tried != 1 else ''} looked at while blind"
    if b.state == "blind":
        return (
            f"Blind since {b.blinded_at}; {tried}.",
            f"Unblinding now would freeze {b.configuration[:12]}: {stated_choices(b)}.",
        )
    own = "the frozen choices" if b.configuration == b.frozen else f"other choices, {b.configuration[:12]}"
    other = () if b.version == version else (f"They were frozen with gzero {b.version}; this is gzero {version}.",)
    frozen = f"on {b.unblinded_at} (hash {b.frozen[:12]}; {tried})"
    if b.state == "frozen first":
        return (f"The choices were frozen before the data were unblinded, {frozen}.", *other)
    changes = [
        f"{c.option.replace('_', ' ')} {_shown(c.before)} → {_shown(c.after)} on {c.time}" for c in b.changes[:_TOLD]
    ]
    if len(b.changes) > _TOLD:
        changes.append(f"{len(b.changes) - _TOLD} more, in the JSON record")
    return (
        f"Choices were changed after unblinding: {'; '.join(changes)}.",
        f"The data had been unblinded {frozen}; this analysis has {own}.",
        *other,
    )
