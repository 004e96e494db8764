"""The answer: quantized, not quantized, or undecided, with everything it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gzero.estimate import html_table

Decision = Literal["quantized", "not quantized", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """Another explanation of the same levels.

    delta_bic : information criterion of the rival minus that of the quantum; negative favours the rival.
    """

    name: str
    delta_bic: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """Whether the step height is the quantum.

    Parameters
    ----------
    decision : three-valued; "undecided" is an answer, and the reasons say what would decide.
    margin : half-width of the equivalence interval for step height over quantum minus 1.
    level_margin : the same for every level minus n steps, in quanta.
    confidence : of the intervals.
    p_value : of the equivalence test (small: the step lies within the margin); None where not determined.
    interval : confidence interval of step height over quantum minus 1; None where not determined.
    tightest_margin, tightest_level_margin : the smallest margins that these data would still support; None where not
        determined.
    false_positive_rate : share of random staircases, none of them quantized, that pass under the freedoms of this
        analysis;  power : share of true ones that do. Both by simulation; None where not determined.
    freedoms : what was turned in that simulation until a random staircase passed;  trials, seed : its size and seed.
    rivals : other explanations with their evidence.
    by_plateaus : (number of plateaus that the claim is about, the decision on them), as it grows.
    reasons : sentences, the decisive one first.
    """

    decision: Decision
    margin: float
    level_margin: float
    confidence: float
    p_value: float | None = None
    interval: tuple[float, float] | None = None
    tightest_margin: float | None = None
    tightest_level_margin: float | None = None
    false_positive_rate: float | None = None
    power: float | None = None
    freedoms: tuple[str, ...] = ()
    trials: int = 0
    seed: int | None = None
    rivals: tuple[Rival, ...] = ()
    by_plateaus: tuple[tuple[int, Decision], ...] = ()
    reasons: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        """The decision with its reasons, for notebooks."""
        return html_table(self.decision.upper(), ("because",), [(reason,) for reason in self.reasons])
