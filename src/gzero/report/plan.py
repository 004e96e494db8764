"""The short document of a plan: the answer, the power as sweeps are added, and what it rests on."""

from __future__ import annotations

from gzero.report.document import Box, Cell, Document, Facts, Notes, Section, TableBlock, Tone
from gzero.report.rounding import show_percent
from gzero.report.wording import number, percent, sentence, text, typeset
from gzero.verdict.chance import TRIALS
from gzero.verdict.plan import MOST, Plan


def plan_document(plan: Plan) -> Document:
    """What `gzero plan` prints."""
    low, high = plan.plateaus[0], plan.plateaus[-1]
    facts = [
        ("Claim", text(f"steps of {typeset(plan.quantum)} on plateaus {low} to {high}")),
        (
            "Margins",
            text(
                f"±{show_percent(plan.margins.step)} for the step, ±{plan.margins.level:g} quanta for a level, "
                f"{show_percent(plan.margins.confidence)} confidence"
            ),
        ),
        ("Random staircases that would pass", _rate(plan)),
    ]
    rows = tuple((number(m), percent(p)) for m, p in plan.powers.items())
    blocks = (
        Facts(pairs=tuple(facts)),
        _answer(plan),
        TableBlock(
            caption="Power: share of quantized staircases that are called so",
            heads=("Sweeps", "Power"),
            rows=rows,
            notes=(f"With no noise at all: {show_percent(plan.limit)}.",),
            name="power",
        ),
        Notes(items=tuple(sentence(note) for note in plan.assumptions)),
    )
    return Document(title="What a verdict needs", subtitle="", sections=(Section(title="Plan", blocks=blocks),))


def _answer(plan: Plan) -> Box:
    asked = show_percent(plan.asked)
    if not plan.possible:
        line = (
            f"no number of sweeps gives a verdict: {show_percent(plan.false_positive_rate)} of random staircases would pass with "
            f"{', '.join(plan.freedoms)}; state what is free with its uncertainty, or measure more plateaus"
        )
        return Box(headline="NO VERDICT WITH THESE FREEDOMS", tone="open", lines=(sentence(line),))
    lines = []
    if plan.sweeps is not None:
        headline = f"{plan.sweeps} SWEEP{'S' if plan.sweeps > 1 else ''}"
        lines.append(f"with {plan.sweeps} of them {asked} or more of quantized staircases are called so")
    else:
        headline = "NO NUMBER OF SWEEPS"
        why = "what is common to all sweeps fills the margin" if plan.limit < plan.asked else f"not even {MOST} do"
        lines.append(f"for a power of {asked}: {why}")
    if plan.gain_needed is not None:
        lines.append(
            f"with one sweep the gain has to be known to {100 * plan.gain_needed:.2g} % (one standard uncertainty)"
        )
    if plan.gain_limit is not None and (plan.gain_needed is None or plan.gain_limit > 1.05 * plan.gain_needed):
        lines.append(f"however many there are, the gain has to be known to {100 * plan.gain_limit:.2g} %")
    if plan.gain is not None:
        lines.append(f"it is known to {100 * plan.gain:.2g} %")
    tone: Tone = "open" if plan.sweeps is None else "good"
    return Box(headline=headline, tone=tone, lines=tuple(sentence(line) for line in lines))


def _rate(plan: Plan) -> Cell:
    """Of none that passed there is only an upper limit."""
    rate = plan.false_positive_rate
    return percent(rate) if rate > 0 else text(f"fewer than 1 in {TRIALS:,}")
