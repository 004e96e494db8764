"""What the audit is made of: claims of the paper, cases that test them, and the one rule by which a verdict follows.

A claim is put as a form: the formula or number as printed. A check works the form out in one case (a state of nature that
the claim covers, or a reading that its words allow) and says whether it holds there. The verdict is the quantifier:
it holds in all cases, in some, or in none. What every case needs, such as the right dimension, is no case: failing there is
failing everywhere. No verdict is written down anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gzero.errors import ConfigError

Verdict = Literal["consistent", "conditional", "inconsistent"]

VERDICTS: tuple[Verdict, ...] = ("consistent", "conditional", "inconsistent")

#: What a claim may touch: the rows of Table II, and the two quantities.
ROWS = ("N", "e", "m", "eps", "th", "pht", "phn", "em")
QUANTITIES = ("conductance", "diffusion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What came out in one case.

    Parameters
    ----------
    condition : the case, as a clause ("a Poissonian gas").
    holds : whether the form holds there.
    found : what was computed, as a clause ("1.000 of what follows").
    ratio : form over what follows [1], None where the two differ in dimension or are no numbers.
    needed : no case of its own, but what every case needs, such as the right dimension.
    """

    condition: str
    holds: bool
    found: str
    ratio: float | None = None
    needed: bool = False


class Check(Protocol):
    """A computation that says whether a form holds in one case."""

    def case(self, form: str) -> Case:
        """Work it out."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Several readings of one case: it holds when it holds in one of them.

    Of readings that all fail the nearest is told: the one whose ratio is closest to 1.
    """

    condition: str
    readings: tuple[Check, ...]

    def case(self, form: str) -> Case:
        """The reading that holds, or the nearest one."""
        read = [reading.case(form) for reading in self.readings]
        best = min(read, key=lambda c: (not c.holds, _distance(c)))
        nearest = "" if best.holds or best.ratio is None else " at best"
        found = f"{best.found}{nearest} ({best.condition})"
        return Case(condition=self.condition, holds=best.holds, found=found, ratio=best.ratio)


def _distance(case: Case) -> float:
    if case.ratio is None or case.ratio <= 0:
        return float("inf")
    return max(case.ratio, 1 / case.ratio)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of the paper, ready to be tested.

    Parameters
    ----------
    item : its name in the audit.
    chapter : of the audit's report.
    rows : rows of Table II and quantities that it touches.
    says : what the paper states, in words; formulas stand between backticks.
    form : what is printed, in the canonical ASCII of `gzero.quanta`; several forms of one claim are parted by " ; ".
    checks : at least one.
    mended : the form that holds where the printed one does not, None where there is none of that shape.
    corrected : the same for the reader, and numbers that belong to it.
    remark : more that was computed, for the reason; called after the checks.
    """

    item: str
    chapter: str
    rows: tuple[str, ...]
    says: str
    form: str
    checks: tuple[Check, ...]
    mended: str | None = None
    corrected: str | Callable[[], str] = ""
    remark: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditItem:
    """One line of the audit.

    Parameters
    ----------
    item, claim, verdict, corrected, reason : as in `gzero audit --json`; formulas stand between backticks.
    rows : rows of Table II and quantities that it touches.
    chapter : of the audit's report.
    cases : what came out, one by one.
    """

    item: str
    claim: str
    verdict: Verdict
    corrected: str
    reason: str
    rows: tuple[str, ...]
    chapter: str
    cases: tuple[Case, ...]

    def to_dict(self) -> dict[str, str]:
        """The item of schema gzero.audit/1, in plain text."""
        texts = {"item": self.item, "claim": self.claim, "verdict": self.verdict}
        texts |= {"corrected": self.corrected, "reason": self.reason}
        return {key: value.replace("`", "") for key, value in texts.items()}


def verdict_of(cases: Sequence[Case]) -> Verdict:
    """consistent: holds in every case; conditional: in some; inconsistent: in none, or something is missing that all need.

    Raises
    ------
    ConfigError : no case, from which nothing follows.
    """
    if not cases:
        raise ConfigError("a claim without a case cannot be judged", remedy="give it a check")
    if not all(case.holds for case in cases if case.needed):
        return "inconsistent"
    held = {case.holds for case in cases if not case.needed}
    if False not in held:
        return "consistent"
    return "conditional" if True in held else "inconsistent"


def judge(claim: Claim, form: str | None = None) -> AuditItem:
    """Work out every check of a claim.

    Parameters
    ----------
    form : what to test in place of the printed form, such as `claim.mended`.
    """
    tested = claim.form if form is None else form
    cases = tuple(check.case(tested) for check in claim.checks)
    corrected = claim.corrected if isinstance(claim.corrected, str) else claim.corrected()
    return AuditItem(
        item=claim.item, claim=claim.says, verdict=verdict_of(cases), corrected=corrected, reason=_reason(claim, cases),
        rows=claim.rows, chapter=claim.chapter, cases=cases,
    )  # fmt: skip


def _listed(conditions: Sequence[str]) -> str:
    return conditions[0] if len(conditions) == 1 else f"{', '.join(conditions[:-1])} and {conditions[-1]}"


def _reason(claim: Claim, cases: Sequence[Case]) -> str:
    """The cases where it holds, those where it fails, and what else was computed."""
    parts = []
    for word, wanted in (("Holds", True), ("Fails", False)):
        told: dict[str, list[str]] = {}
        for case in cases:
            if case.holds is wanted:
                told.setdefault(case.found, []).append(case.condition)
        if told:
            parts.append(f"{word} for {'; '.join(f'{_listed(where)}: {found}' for found, where in told.items())}.")
    if claim.remark is not None:
        parts.append(claim.remark())
    return " ".join(parts)
