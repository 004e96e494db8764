"""Does every channel carry one quantum of heat conductance? Equivalence within a margin, with what would decide."""

from __future__ import annotations

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Answer, Outcome
from gzero.fitters.heat_fit import HeatFit
from gzero.fitters.options import FitOptions

#: Chance below which modes are not on one line over channels.
UNEQUAL = 0.01
#: Standard uncertainties from which on modes are missing, or too many, whatever the number of channels.
MISSING = 3.0


def answer_of(found: HeatFit, options: FitOptions) -> Answer | None:
    """The answer about the modes of a channel; None where the channels are not declared.

    "Yes" needs the confidence interval of modes per channel - 1, statistical and systematic, inside +-margin (two one-sided
    tests: Schuirmann 1987, doi 10.1007/BF01068419), "no" all of it outside.
    """
    from scipy.special import ndtri

    main = found.per_channel
    if main is None:
        return None
    several = found.added is not None
    z = float(ndtri(0.5 + options.confidence / 2))
    off, half = main.value - 1, z * main.std
    share, percent = f"{100 * options.margin:g} %", f"{100 * options.confidence:g} %"
    said = (
        f"{'an added' if several else 'a'} channel carries {main.value:.4g} modes of κ₀T, {percent} interval "
        f"{main.value - half:.4g} to {main.value + half:.4g}"
    )
    numbers: dict[str, float | None] = {
        "modes_per_channel": main.value,
        "low": main.value - half,
        "high": main.value + half,
        "margin": options.margin,
        "chance_of_unequal_channels": found.unequal,
        "modes_at_zero_channels": None if found.line is None else found.line.estimates["modes_at_zero"].value,
    }
    outcome: Outcome
    if main.std == 0:
        outcome, headline, reasons = "undecided", "UNDECIDED", [f"{said}: no uncertainty is known"]
    elif max(abs(off - half), abs(off + half)) <= options.margin:
        outcome, headline = "yes", f"ONE QUANTUM OF HEAT A CHANNEL, within {share}"
        reasons = [f"{said}: within +-{share} of one"]
    elif off - half > options.margin or off + half < -options.margin:
        outcome, headline = "no", "NOT ONE QUANTUM OF HEAT A CHANNEL"
        reasons = [f"{said}: all of it beyond +-{share} of one"]
    else:
        outcome, headline = "undecided", "UNDECIDED"
        reasons = [f"{said}: neither all inside nor all outside of +-{share} of one"]
        reasons += _what_decides(main, options.margin, z)
    apart = _apart(found, options)
    if apart and outcome != "no":
        outcome, headline = "no", "NOT ONE QUANTUM OF HEAT A CHANNEL"
        reasons.insert(0, apart)
    elif outcome == "yes" and found.unequal is not None and found.unequal < UNEQUAL:
        outcome, headline = "undecided", "UNDECIDED"
        reasons.insert(
            0,
            f"the modes are not on one line over channels (chance {found.unequal:.2g}): channels differ, and their mean is no "
            "answer about each",
        )
    reasons.append(
        "from differences between numbers of channels, in which no phonons are left"
        if several
        else f"the phonons were taken out by a power law with the exponent {found.phonons.exponent:.3g}; "
        "a second number of channels would take them out without one"
    )
    return Answer(
        question=f"Does {'every added' if several else 'every'} channel carry one quantum of heat conductance, κ₀T?",
        outcome=outcome,
        headline=headline,
        reasons=tuple(reasons),
        numbers=numbers,
    )


def _apart(found: HeatFit, options: FitOptions) -> str:
    """An added channel that by itself is beyond the margin, with all of them looked at; "" where there is none."""
    from scipy.special import ndtri

    channels = found.points.channels
    if found.line is None or channels is None or channels.size < 3:
        return ""
    count = channels.size - 1
    z = float(ndtri(1 - (1 - options.confidence) / (2 * count)))
    for i in range(1, count + 1):
        added = found.line.estimates[f"added_{i}"]
        if abs(added.value - 1) - z * added.std > options.margin:
            return (
                f"from {channels[i - 1]:g} to {channels[i]:g} channels each added one carries {added.value:.3g} +- {added.std:.2g} "
                f"modes, beyond +-{100 * options.margin:g} % of one with all {count} steps looked at"
            )
    return ""


def _what_decides(main: Estimate, margin: float, z: float) -> list[str]:
    """How much smaller which part of the uncertainty must become."""
    room = (margin - abs(main.value - 1)) / z
    if room <= 0:
        room = (abs(main.value - 1) - margin) / z
    if room <= 0:
        return ["the value lies on the margin itself: state another margin beforehand"]
    if main.std_sys >= room:
        source, shift = max(main.systematic.items(), key=lambda item: abs(item[1]))
        return [
            f"no number of readings decides: the systematic part, {main.std_sys:.2g}, must come below {room:.2g} "
            f"({source.replace('_', ' ')} alone is {abs(shift):.2g})"
        ]
    needed = main.std_stat**2 / (room**2 - main.std_sys**2)
    return [f"about {needed:.2g} times as many readings would decide, if the value stays"]
