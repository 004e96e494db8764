"""One verdict over many reasonable analyses of the same readings: shares, spread, and what moves the result.

Multiverse: Steegen et al. 2016, doi 10.1177/1745691616658637. Specification curve: Simonsohn et al. 2020,
doi 10.1038/s41562-020-0912-z.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gzero.estimate import html_table

SCHEMA_MULTIVERSE = "gzero.multiverse/1"

#: Share of the choices that must agree with a decision before it needs no warning [1].
AGREED = 0.90

#: What a choice may end in, in the order in which they are told; the last one is that of an analysis which came to no end.
DECISIONS = ("quantized", "undecided", "not quantized")
NO_RESULT = "no result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One thing that has to be chosen, with what may be chosen; the first option is the analysis as it was asked for."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """One analysis: what was chosen, and what came out.

    Parameters
    ----------
    options : place of the chosen option of each dimension, from 0.
    decision : "quantized", "undecided", "not quantized", or "no result" where the analysis came to no end.
    ratio : step height in quanta;  interval : of ratio - 1, as in the verdict. None where not determined.
    plateaus : how many the claim rests on.
    worst_residual : level minus n steps, of the level that lies farthest away [quanta].
    failure : why there is no result, "" where there is one.
    """

    options: tuple[int, ...]
    decision: str
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    plateaus: int = 0
    worst_residual: float | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came out where one option was chosen.

    Parameters
    ----------
    choices : how many analyses chose it.  decisions : of them, by decision.
    median : of the step heights in quanta; None where there is none.
    alone : the decision where this option is the only thing that differs from the analysis as asked; None where that was
        not analysed.
    """

    dimension: str
    option: str
    choices: int
    decisions: dict[str, int]
    median: float | None
    alone: str | None

    def share(self, decision: str) -> float:
        """Share of the analyses with this option that end in a decision [1]."""
        return self.decisions.get(decision, 0) / self.choices if self.choices else math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Multiverse:
    """The verdict over many reasonable choices. The decision of the analysis itself is not changed by it.

    Parameters
    ----------
    path, trace : of the measurement.  quantum : its symbol.
    margin, confidence : of the verdicts.
    dimensions : what is chosen.
    universes : one a combination; the first is the analysis as asked.
    combinations : how many there are; where that is more than were analysed, these are a balanced sample of them.
    seed : of the sample.
    """

    path: str
    trace: str
    quantum: str
    margin: float
    confidence: float
    dimensions: tuple[Dimension, ...]
    universes: tuple[Universe, ...]
    combinations: int
    seed: int

    @property
    def declared(self) -> Universe:
        """The analysis as asked."""
        return self.universes[0]

    @property
    def complete(self) -> bool:
        """Whether every combination was analysed."""
        return len(self.universes) >= self.combinations

    @property
    def decisions(self) -> dict[str, int]:
        """How many analyses end in each decision."""
        found = Counter(u.decision for u in self.universes)
        return {decision: found[decision] for decision in (*DECISIONS, NO_RESULT)}

    def share(self, decision: str) -> float:
        """Share of the analyses that end in a decision [1]; one without a result counts among them."""
        return self.decisions[decision] / len(self.universes)

    @property
    def agreement(self) -> float:
        """Share of the analyses that end as the one that was asked for [1]."""
        return self.share(self.declared.decision)

    @property
    def curve(self) -> tuple[Universe, ...]:
        """The analyses by step height, those without one last: the specification curve."""
        return tuple(sorted(self.universes, key=lambda u: (math.inf if u.ratio is None else u.ratio, u.options)))

    @property
    def spread(self) -> dict[str, float] | None:
        """Smallest, 16 %, median, 84 % and largest step height in quanta; None where there is none."""
        ratios = [u.ratio for u in self.universes if u.ratio is not None]
        if not ratios:
            return None
        at = np.quantile(ratios, [0, 0.16, 0.5, 0.84, 1])
        return dict(zip(("least", "low", "median", "high", "most"), (float(v) for v in at), strict=True))

    @property
    def position(self) -> float | None:
        """Share of the step heights below that of the analysis as asked, equal ones by half [1]."""
        own = self.declared.ratio
        ratios = np.array([u.ratio for u in self.universes if u.ratio is not None])
        if own is None:
            return None
        return float(np.mean((ratios < own) + 0.5 * (ratios == own)))

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """What came out under every option of every dimension."""
        return tuple(
            self._tally(d, o) for d, dimension in enumerate(self.dimensions) for o in range(len(dimension.options))
        )

    def _tally(self, d: int, o: int) -> Tally:
        found = [u for u in self.universes if u.options[d] == o]
        ratios = [u.ratio for u in found if u.ratio is not None]
        alone = tuple(o if i == d else 0 for i in range(len(self.dimensions)))
        return Tally(
            dimension=self.dimensions[d].name,
            option=self.dimensions[d].options[o],
            choices=len(found),
            decisions=dict(Counter(u.decision for u in found)),
            median=float(np.median(ratios)) if ratios else None,
            alone=next((u.decision for u in found if u.options == alone), None),
        )

    @property
    def moves(self) -> dict[str, float]:
        """Dimension -> largest minus smallest of the medians of its options [quanta], the largest first."""
        out = {}
        for dimension in self.dimensions:
            medians = [t.median for t in self.tallies if t.dimension == dimension.name and t.median is not None]
            if len(medians) > 1:
                out[dimension.name] = max(medians) - min(medians)
        return dict(sorted(out.items(), key=lambda item: -item[1]))

    @property
    def flips(self) -> tuple[Tally, ...]:
        """Options that change the decision when nothing else is changed."""
        return tuple(t for t in self.tallies if t.alone is not None and t.alone != self.declared.decision)

    @property
    def warning(self) -> str:
        """One sentence where a decision does not hold over the choices and what it hangs on; "" where there is none."""
        own = self.declared.decision
        if own not in ("quantized", "not quantized") or self.agreement >= AGREED:
            return ""
        said = f'"{own}" holds in {self.agreement:.0%} of {len(self.universes)} reasonable choices'.replace("%", " %")
        if self.flips:
            each = ", ".join(f"{t.dimension}: {t.option} ({t.alone})" for t in self.flips)
            return f"{said}; one other choice is enough to lose it: {each}"
        worst = min((t for t in self.tallies if t.choices), key=lambda t: t.share(own))
        most = f"{worst.decisions.get(own, 0)} of {worst.choices} keep it"
        return f"{said}; no single other choice loses it, several together do, most with {worst.dimension}: {worst.option} ({most})"

    def to_dict(self) -> dict[str, object]:
        """The record as plain values, keys always present, None where not determined (schema gzero.multiverse/1)."""
        return {
            "schema": SCHEMA_MULTIVERSE,
            "source": {"path": self.path, "trace": self.trace or None},
            "quantum": self.quantum,
            "margin": self.margin,
            "confidence": self.confidence,
            "seed": self.seed,
            "combinations": self.combinations,
            "choices": len(self.universes),
            "decision": self.declared.decision,
            "agreement": self.agreement,
            "decisions": self.decisions,
            "spread": self.spread,
            "position": self.position,
            "dimensions": [
                {
                    "name": d.name,
                    "range_of_medians": self.moves.get(d.name),
                    "options": [_option(t) for t in self.tallies if t.dimension == d.name],
                }
                for d in self.dimensions
            ],
            "universes": [
                {
                    "options": list(u.options),
                    "decision": u.decision,
                    "ratio": u.ratio,
                    "interval": None if u.interval is None else list(u.interval),
                    "plateaus": u.plateaus,
                    "worst_residual": u.worst_residual,
                    "failure": u.failure or None,
                }
                for u in self.universes
            ],
        }

    def _repr_html_(self) -> str:
        """Decisions by option, for notebooks."""
        rows: Sequence[tuple[str, ...]] = [
            (t.dimension, t.option, str(t.choices), *(str(t.decisions.get(d, 0)) for d in (*DECISIONS, NO_RESULT)))
            for t in self.tallies
        ]
        title = (
            f"{self.declared.decision} in {100 * self.agreement:.0f} % of {len(self.universes)} choices: {self.path}"
        )
        return html_table(title, ("dimension", "option", "choices", *DECISIONS, NO_RESULT), rows)


def _option(tally: Tally) -> dict[str, object]:
    return {
        "option": tally.option,
        "choices": tally.choices,
        "decisions": {decision: tally.decisions.get(decision, 0) for decision in (*DECISIONS, NO_RESULT)},
        "median": tally.median,
        "alone": tally.alone,
    }
