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
    tightest_margin : the smallest margin that these data would still support; None where not determined.
    false_positive_rate, power : by simulation; None where not determined.
    rivals : other explanations with their evidence.
    reasons : sentences, the decisive one first.
    """

    decision: Decision
    margin: float
    level_margin: float
    confidence: float
    p_value: float | None = None
    interval: tuple[float, float] | None = None
    tightest_margin: float | None = None
    false_positive_rate: float | None = None
    power: float | None = None
    rivals: tuple[Rival, ...] = ()
    reasons: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        """The decision with its reasons, for notebooks."""
        return html_table(self.decision.upper(), ("because",), [(reason,) for reason in self.reasons])
