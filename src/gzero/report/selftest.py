"""The short document of a self-test: what was simulated, how often the intervals held, and what follows."""

from __future__ import annotations

from gzero.coverage import NOMINAL_ONE, NOMINAL_WIDE, ONE_STD, WIDE_STD, Answer, Coverage, SelfTest
from gzero.report.document import Box, Cell, Document, Facts, Notes, Section, TableBlock, Tone
from gzero.report.rounding import NOTHING, show_percent, typographic
from gzero.report.symbols import unit_text
from gzero.report.wording import number, sentence, text

_HEADS = (
    "Quantity", "Truth", "Unit", "Repeats", "Mean pull", "Std of pulls", "Coverage 68 %", "Coverage 95 %", "expected",
    "Intervals",
)  # fmt: skip
_ANSWERS: dict[Answer, str] = {"hold": "hold", "too short": "TOO SHORT", "too long": "TOO LONG", "not tested": NOTHING}


def selftest_document(test: SelfTest) -> Document:
    """What `gzero selftest` prints."""
    trace = f", {test.trace}" if test.trace else ""
    simulated = [
        ("Simulated", text(test.truth)),
        ("Noise", text(test.noise)),
        ("Repeats", text(f"{test.done} of {test.asked}, seed {test.seed}")),
        ("Plateaus", text(_plateaus(test))),
        ("Verdicts", text(", ".join(f"{count} {name}" for name, count in test.decisions.items()) or NOTHING)),
        ("Verdict on the measurement", text(test.decision or NOTHING)),
    ]
    if test.failures:
        worst = "; ".join(f"{count} times {reason}" for reason, count in list(test.failures.items())[:3])
        simulated.append(("Analyses that failed", text(f"{sum(test.failures.values())}: {worst}")))
    blocks = (
        Facts(pairs=tuple(simulated)),
        TableBlock(
            caption="Pulls and coverage: (estimate - truth) over its statistical standard uncertainty",
            heads=_HEADS,
            rows=tuple(tuple(_row(quantity)) for quantity in test.quantities),
            notes=(
                f"Intervals of 1 and {WIDE_STD:g} standard uncertainties, {100 * NOMINAL_ONE:.1f} and "
                f"{100 * NOMINAL_WIDE:.0f} % when right; in brackets what the number of repeats leaves open (Wilson, 95 %).",
                "Expected: where chance leaves the coverage of right intervals 99 of 100 times, and 93 to 97 % in any case.",
            ),
        ),
        conclusion_box(test),
        Notes(items=tuple(sentence(note) for note in test.notes)),
    )
    return Document(
        title="Self-test: coverage on your own data",
        subtitle=f"{test.path}{trace}",
        sections=(Section(title="Coverage" if test.complete else "Coverage (PARTIAL: interrupted)", blocks=blocks),),
    )


def conclusion_box(test: SelfTest) -> Box:
    """The answer."""
    tone: Tone = "good" if test.holds else "bad"
    headline = "THE INTERVALS HOLD" if test.holds else "NOT ALL INTERVALS HOLD"
    if not test.complete:
        tone, headline = "open", f"PARTIAL: {headline}"
    return Box(headline=headline, tone=tone, lines=tuple(sentence(line) for line in test.conclusion))


def _plateaus(test: SelfTest) -> str:
    share = test.same / test.done if test.done else 0.0
    which = ", ".join(str(index) for index in test.plateaus)
    return f"{which}; the same in {show_percent(share)} of the repeats"


def _row(quantity: Coverage) -> list[Cell]:
    unit = unit_text(quantity.unit) if quantity.unit else ""
    return [
        text(quantity.name),
        number(quantity.truth),
        text(unit),
        number(quantity.trials),
        text(typographic(f"{quantity.mean:+.2f}") if quantity.trials else NOTHING),
        text(f"{quantity.std:.2f}" if quantity.trials > 1 else NOTHING),
        text(_share(quantity, ONE_STD)),
        text(_share(quantity, WIDE_STD)),
        text(_range(*quantity.expected) if quantity.trials else NOTHING),
        text(_ANSWERS[quantity.answer]),
    ]


def _share(quantity: Coverage, half_width: float) -> str:
    if not quantity.trials:
        return NOTHING
    return f"{100 * quantity.share(half_width):.1f} % ({_range(*quantity.interval(half_width))})"


def _range(low: float, high: float) -> str:
    return f"{100 * low:.1f} to {100 * high:.1f}"
