"""Which of the prefactors in print a measured one is: equivalence, distances, likelihoods."""

from __future__ import annotations

import math
from dataclasses import dataclass

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Answer, Entry, Listing, Outcome
from gzero.fitters.options import FitOptions
from gzero.quanta import PREFACTORS, Prefactor


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A prefactor: its key among `gzero.quanta.PREFACTORS`, its formula, where it is from, its value [1]."""

    key: Prefactor
    formula: str
    source: str
    value: float


_IN_PRINT: tuple[tuple[Prefactor, str, str], ...] = (
    ("stefan-boltzmann", "π⁴/(30 ζ(3))", "Stefan and Boltzmann"),
    ("eq17", "π⁴/(15 ζ(3))", "eq. (17)"),
    ("eq26", "π⁵/(15 ζ(3))", "eq. (26), Tables II to IV"),
    ("eq28", "2π⁵/(15 ζ(3))", "eq. (28)"),
)
CANDIDATES: tuple[Candidate, ...] = tuple(
    Candidate(key=key, formula=formula, source=source, value=PREFACTORS[key]) for key, formula, source in _IN_PRINT
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """A candidate beside the value: interval of value/candidate - 1, distance in standard uncertainties."""

    candidate: Candidate
    low: float
    high: float
    z: float
    margin: float

    @property
    def inside(self) -> bool:
        return max(abs(self.low), abs(self.high)) <= self.margin

    @property
    def outside(self) -> bool:
        return self.low > self.margin or self.high < -self.margin


def _held(main: Estimate, options: FitOptions) -> tuple[_Held, ...]:
    from scipy.special import ndtri

    half = float(ndtri(0.5 + options.confidence / 2)) * main.std
    return tuple(
        _Held(
            candidate=c,
            low=(main.value - half) / c.value - 1,
            high=(main.value + half) / c.value - 1,
            z=(main.value - c.value) / main.std if main.std > 0 else math.nan,
            margin=options.margin,
        )
        for c in CANDIDATES
    )


def answer_of(main: Estimate, options: FitOptions, *, doubts: tuple[str, ...] = ()) -> Answer:
    """Which prefactor it is.

    Parameters
    ----------
    doubts : what keeps the value from being a prefactor; with one the answer is undecided.

    "Yes" needs the interval of value/candidate - 1 inside +-margin for one candidate and outside for all others (two
    one-sided tests: Schuirmann 1987, doi 10.1007/BF01068419), "no" outside for all.
    """
    held = _held(main, options)
    inside = [h for h in held if h.inside]
    possible = [h for h in held if not h.outside]
    share, percent = f"{100 * options.margin:g} %", f"{100 * options.confidence:g} %"
    numbers: dict[str, float | None] = {"prefactor": main.value, "margin": options.margin}
    for h in held:
        numbers[f"ratio_to_{h.candidate.key}"] = main.value / h.candidate.value
        numbers[f"z_{h.candidate.key}"] = None if math.isnan(h.z) else h.z
    outcome: Outcome = "undecided"
    headline = "UNDECIDED"
    reasons: list[str] = []
    if main.std == 0:
        reasons.append("no uncertainty is known: state that of the readings")
    elif doubts:
        reasons += doubts
    elif len(inside) == 1 and len(possible) == 1:
        first = inside[0]
        outcome, headline = "yes", f"THE PREFACTOR IS {first.candidate.formula} ({first.candidate.source})"
        reasons.append(
            f"the measured prefactor over {first.candidate.formula} is {main.value / first.candidate.value:.4f}, {percent} "
            f"interval {1 + first.low:.4f} to {1 + first.high:.4f}: within +-{share}, and the other three are not"
        )
        reasons += _rivals(held)
    elif not possible:
        outcome, headline = "no", "NONE OF THE FOUR PREFACTORS"
        nearest = min(
            held, key=lambda h: abs(math.log(abs(main.value) / h.candidate.value)) if main.value else math.inf
        )
        reasons.append(
            f"the measured prefactor, {main.value:.4g}, is beyond +-{share} of all four; the nearest is "
            f"{nearest.candidate.formula}, {nearest.candidate.value:.4g}: an emissivity, an area or other heat is off"
        )
        reasons += _rivals(held)
    else:
        names = " and ".join(h.candidate.formula for h in possible)
        reasons.append(
            f"the interval of the measured prefactor, {main.value:.4g} +- {main.std:.2g}, is neither all inside nor all "
            f"outside of +-{share} of {names}"
        )
        reasons.append(_what_decides(main, possible, options))
        reasons += _rivals(held)
    return Answer(
        question="Which prefactor does the radiated heat have?",
        outcome=outcome,
        headline=headline,
        reasons=tuple(reasons),
        numbers=numbers,
    )


def _rivals(held: tuple[_Held, ...]) -> list[str]:
    """How far the others are, and how much less likely."""
    best = min(held, key=lambda h: abs(h.z))
    others = [h for h in held if h is not best]
    words = ", ".join(f"{h.candidate.source} by {_far(h.z)}" for h in others)
    return [
        f"beside {best.candidate.source} ({abs(best.z):.2g} standard uncertainties off) the others are off: {words}"
    ]


def _far(z: float) -> str:
    return f"{abs(z):.0f}" if abs(z) >= 100 else f"{abs(z):.3g}"


def _what_decides(main: Estimate, possible: list[_Held], options: FitOptions) -> str:
    from scipy.special import ndtri

    z = float(ndtri(0.5 + options.confidence / 2))
    nearest = min(possible, key=lambda h: abs(main.value / h.candidate.value - 1))
    room = abs(options.margin - abs(main.value / nearest.candidate.value - 1)) * nearest.candidate.value / z
    if main.std_sys > room:
        source, shift = max(main.systematic.items(), key=lambda item: abs(item[1]))
        return (
            f"no number of readings decides: the systematic part, {main.std_sys:.2g}, must come below {room:.2g} "
            f"({source.replace('_', ' ')} alone is {abs(shift):.2g})"
        )
    return f"a standard uncertainty of {room:.2g} of the prefactor would decide, if its value stays"


def candidates_table(main: Estimate, options: FitOptions) -> Listing:
    """The four candidates beside the value."""
    held = _held(main, options)
    best = min((h.z**2 for h in held), default=0.0)
    rows: list[tuple[Entry, ...]] = []
    for h in held:
        c = h.candidate
        odds = "" if math.isnan(h.z) else f"{(best - h.z**2) / (2 * math.log(10)):.3g}"
        rows.append(
            (
                c.formula, c.source, f"{c.value:.5f}", main.scaled(1 / c.value, ""), "" if math.isnan(h.z) else ("+" if h.z > 0 else "-") + _far(h.z),
                odds, "yes" if h.inside else "no" if h.outside else "open",
            )
        )  # fmt: skip
    return Listing(
        name="prefactors",
        caption="Prefactors that are in print, beside the measured one",
        heads=(
            "Prefactor",
            "Source",
            "Value",
            "Measured over it",
            "z",
            "log10 odds",
            f"Within {100 * options.margin:g} %",
        ),
        rows=tuple(rows),
        notes=(
            "z in standard uncertainties, statistical and systematic; odds are the ratio of the likelihoods exp(−z²/2) to "
            "that of the nearest",
        ),
    )
