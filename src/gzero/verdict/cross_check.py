"""The record of one cross-check, and the arithmetic that keeps shared sources shared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from gzero.errors import ConfigError, InputError, UnitError
from gzero.estimate import Estimate, html_table
from gzero.units import parse_unit

Agreement = Literal["consistent", "not consistent", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrossCheck:
    """Whether two results obey a relation that both must obey.

    Parameters
    ----------
    name : of the relation.  equation : what was compared.  reference : where it comes from.
    ratio : measured over expected [1], with what the results share kept shared.  expected : 1.
    margin : half-width of what counts as equal, for ratio - 1.  confidence : of the interval.
    interval : of the ratio.
    decision : "undecided" is an answer, and the reason says what would decide.
    reason : one sentence.  conditions : what the relation takes for granted.
    derived : further quantities that follow, such as a contact resistance.
    """

    name: str
    equation: str
    ratio: Estimate
    expected: float
    margin: float
    confidence: float
    interval: tuple[float, float]
    decision: Agreement
    reason: str
    conditions: str
    reference: str
    derived: Mapping[str, Estimate] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Plain JSON values (schema gzero.crosscheck/1)."""
        return {
            "schema": "gzero.crosscheck/1",
            "name": self.name,
            "equation": self.equation,
            "ratio": _estimate(self.ratio),
            "expected": self.expected,
            "margin": self.margin,
            "confidence": self.confidence,
            "interval": list(self.interval),
            "decision": self.decision,
            "reason": self.reason,
            "conditions": self.conditions,
            "reference": self.reference,
            "derived": {name: _estimate(estimate) for name, estimate in self.derived.items()},
        }

    def _repr_html_(self) -> str:
        """The decision with its numbers, for notebooks."""
        numbers = {"ratio": self.ratio, **self.derived}
        rows = [
            (n.replace("_", " "), f"{e.value:.6g} ± {e.std:.2g} {e.unit or ''}".rstrip()) for n, e in numbers.items()
        ]
        rows += [("because", self.reason), ("holds for", self.conditions), ("reference", self.reference)]
        return html_table(f"{self.name}, {self.equation}: {self.decision.upper()}", ("", ""), rows)

    def __str__(self) -> str:
        return f"{self.name}: {self.decision}. {self.reason}"


def _estimate(estimate: Estimate) -> dict[str, object]:
    return {
        "value": estimate.value,
        "std": estimate.std,
        "std_stat": estimate.std_stat,
        "std_sys": estimate.std_sys,
        "systematic": dict(estimate.systematic),
        "unit": estimate.unit,
    }


def in_si(estimate: Estimate, si: tuple[str, ...], what: str) -> Estimate:
    """The estimate in SI.

    Raises
    ------
    UnitError : not of one of the dimensions `si` (SI texts).  InputError : a value that is not finite.
    """
    unit = parse_unit(estimate.unit) if estimate.unit else None
    text = "" if estimate.unit == "" else None if unit is None else unit.si
    if text not in si:
        raise UnitError(
            f"{what}: it is in [{estimate.unit or ('no unit' if estimate.unit is None else 'dimensionless')}]",
            remedy=f"give an Estimate in [{' or '.join(s or '1' for s in si)}]",
        )
    if not math.isfinite(estimate.value):
        raise InputError(f"{what}: {estimate.value} is not finite", remedy="give a result that was determined")
    return estimate if unit is None else estimate.scaled(unit.factor, text)


def positive(estimate: Estimate, what: str) -> Estimate:
    """The estimate, refused where it is not above zero.

    Raises
    ------
    InputError : zero or less.
    """
    if estimate.value <= 0:
        raise InputError(
            f"{what}: {estimate.value:g} {estimate.unit} is not positive", remedy="check its sign and unit"
        )
    return estimate


def combined(function: Callable[..., Any], unit: str, **given: Estimate) -> Estimate:
    """A function of estimates, to first order: sources of one name are one source, statistical parts are independent.

    Parameters
    ----------
    function : of the names in `given`, made of arithmetic.  unit : SI text of what it gives.
    """
    from uncertainties import ufloat

    names = sorted({source for estimate in given.values() for source in estimate.systematic})
    sources = {name: ufloat(0.0, 1.0, name) for name in names}
    noise = {name: ufloat(0.0, 1.0, name) for name in given}
    numbers = {
        name: replace(e, std_stat=0.0).as_ufloat(sources) + e.std_stat * noise[name] for name, e in given.items()
    }
    found: Any = function(**numbers)
    slopes = found.derivatives
    return Estimate(
        value=float(found.n),
        std_stat=math.hypot(*(float(slopes.get(variable, 0.0)) for variable in noise.values())),
        systematic={name: float(slopes.get(source, 0.0)) for name, source in sources.items()},
        unit=unit,
    )


def check_margins(margin: float, confidence: float) -> None:
    """Refuse a margin or a confidence that is none.

    Raises
    ------
    ConfigError : margin not between 0 and 1, confidence not between 0.5 and 1.
    """
    if not 0 < margin < 1:
        raise ConfigError(f"margin {margin:g} must lie between 0 and 1", remedy="write for example margin=0.1")
    if not 0.5 < confidence < 1:
        raise ConfigError(
            f"confidence {confidence:g} must lie between 0.5 and 1", remedy="write for example confidence=0.95"
        )


def interval_of(ratio: Estimate, confidence: float) -> tuple[float, float]:
    """The interval of a ratio, normal."""
    from scipy.special import ndtri

    half = float(ndtri(0.5 + confidence / 2)) * ratio.std
    return ratio.value - half, ratio.value + half


def agreement(ratio: Estimate, margin: float, confidence: float) -> Agreement:
    """Equivalence: consistent when the whole interval lies within 1 +- margin, not consistent when all of it lies beyond."""
    low, high = interval_of(ratio, confidence)
    if low >= 1 - margin and high <= 1 + margin:
        return "consistent"
    return "not consistent" if low > 1 + margin or high < 1 - margin else "undecided"


def sentence(ratio: Estimate, margin: float, confidence: float) -> str:
    """The interval against the margin, with what would decide where it does not."""
    low, high = interval_of(ratio, confidence)
    places = min(12, max(2, 2 - math.floor(math.log10(high - low)))) if high > low else 6
    said = f"{100 * confidence:g} % interval of the ratio {low:.{places}f} to {high:.{places}f}"
    decision = agreement(ratio, margin, confidence)
    if decision == "consistent":
        return f"{said}, all of it within 1 +- {margin:g}" + ("" if ratio.std else "; no uncertainty was stated")
    if decision == "not consistent":
        return f"{said}, all of it beyond 1 +- {margin:g}" + ("" if ratio.std else "; no uncertainty was stated")
    room = margin - abs(ratio.value - 1)
    if room <= 0:
        return f"{said}, not all of it beyond 1 +- {margin:g}: smaller uncertainties decide"
    half = (high - low) / 2
    return f"{said}, not all of it within 1 +- {margin:g}: an uncertainty {half / room:.2g} times smaller would decide"
