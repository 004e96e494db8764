"""Is one value the quantum? The question of an experiment without steps, by equivalence.

A single value that agrees with a quantum is no evidence of steps, and the answer says so: it speaks of the value alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from gzero.estimate import Estimate
from gzero.fitters.exhibits import Answer, Outcome
from gzero.quanta import Quantum
from gzero.verdict.margins import Margins, decimals


def equality(estimates: Mapping[str, Estimate], quantum: Quantum, margins: Margins) -> Answer | None:
    """Whether the main estimate equals the declared quantum within the margin; None where they cannot be compared.

    Parameters
    ----------
    estimates : the main one first.

    "Yes" needs the confidence interval of value/quantum - 1 inside +-margin (two one-sided tests: Schuirmann 1987,
    doi 10.1007/BF01068419), "no" all of it outside; anything else is undecided.
    """
    from scipy.special import ndtri

    name, main = next(iter(estimates.items()), ("", None))
    if main is None or not quantum.value or main.unit != quantum.unit or main.std == 0:
        return None
    difference, std = main.value / quantum.value - 1, main.std / abs(quantum.value)
    half = float(ndtri(0.5 + margins.confidence / 2)) * std
    low, high = difference - half, difference + half
    what, share = name.replace("_", " "), f"{100 * margins.step:g} %"
    digits = decimals(half, fewest=3)
    found = (
        f"{what} over {quantum.symbol} is {1 + difference:.{digits}f}, {100 * margins.confidence:g} % interval "
        f"{1 + low:.{digits}f} to {1 + high:.{digits}f}"
    )
    outcome: Outcome = "undecided"
    headline, reasons = "UNDECIDED", [f"{found}: neither all inside nor all outside of +-{share}"]
    if max(abs(low), abs(high)) <= margins.step:
        outcome, headline = "yes", f"EQUAL TO {quantum.symbol} within {share}"
        reasons = [f"{found}: within +-{share}"]
    elif low > margins.step or high < -margins.step:
        outcome, headline = "no", f"NOT {quantum.symbol}"
        reasons = [f"{found}: all of it beyond +-{share}"]
    elif abs(difference) < margins.step:
        reasons.append(
            f"a standard uncertainty {half / (margins.step - abs(difference)):.2g} times smaller would decide"
        )
    reasons.append("one value is no staircase: whether there are steps is not asked")
    return Answer(
        question=f"Is the {what} equal to {quantum.symbol}?",
        outcome=outcome,
        headline=headline,
        reasons=tuple(reasons),
        numbers={"ratio": 1 + difference, "ratio_low": 1 + low, "ratio_high": 1 + high, "margin": margins.step},
    )
