"""What a report tells, and in which order; nothing that the record holds may be missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from samples import SHA, diffusion, staircase, staircase_map

import gzero
from gzero.errors import OutputError
from gzero.measurement.ledger import Choice
from gzero.report.blocks import facts, ledger_table, verdict_table
from gzero.report.build import build_document
from gzero.report.document import Box, Document, Facts, FigureBlock, Notes, Paragraph, TableBlock
from gzero.report.summary import _short_names, summary_table


def _tables(document: Document) -> dict[str, TableBlock]:
    return {b.name: b for s in document.sections for b in s.blocks if isinstance(b, TableBlock)}


def _box(document: Document) -> Box:
    return next(b for s in document.sections for b in s.blocks if isinstance(b, Box))


def _all_text(document: Document) -> str:
    out = [document.title, document.subtitle, document.footer, document.banner]
    for section in document.sections:
        out.append(section.title)
        for b in section.blocks:
            match b:
                case Paragraph():
                    out.append(b.text)
                case TableBlock():
                    out += [b.caption, *b.heads, *b.notes, *(c.text for row in b.rows for c in row)]
                case FigureBlock():
                    out += [b.caption, b.alt]
                case Box():
                    out += [b.headline, *b.lines]
                case Facts():
                    out += [t for name, c in b.pairs for t in (name, c.text)]
                case Notes():
                    out += b.items
    return "\n".join(out)


def test_order_of_a_full_report() -> None:
    document = build_document([staircase()])
    assert [s.title for s in document.sections] == [
        "Result", "Data and levels", "Comparison with fundamental units", "Fit", "How sure", "Warnings",
        "Choices and exclusions", "Method in brief", "The source paper on this quantum", "Provenance", "References",
    ]  # fmt: skip
    assert set(_tables(document)) == {
        "estimates", "plateaus", "comparisons", "fit", "verdict", "budget", "ledger", "exclusions", "audit", "audit-sound",
    }  # fmt: skip


def test_rows_are_as_long_as_their_heads() -> None:
    for analyses in (
        [staircase()],
        [staircase(fit=False)],
        [diffusion(0)],
        staircase_map(3),
        [diffusion(i) for i in range(4)],
    ):
        for section in build_document(analyses).sections:
            for block in section.blocks:
                if isinstance(block, TableBlock):
                    assert {len(row) for row in block.rows} <= {len(block.heads)}


def test_numbers_are_those_of_the_record() -> None:
    """1.003 of 2e^2/h (CODATA 2022: 77.48091729 uS) is 77.713360 uS; the parts are 0.0021, 0.0040 and 0.0007 of it."""
    document = build_document([staircase()])
    first = _tables(document)["estimates"].rows[0]
    assert [c.text for c in first] == ["Step height", "77.71(35) µS", "0.16 µS", "0.31 µS", "1.003(5)"]
    assert first[1].value == pytest.approx(1.003 * 77.48091729e-6, rel=1e-9)
    facts = next(b for s in document.sections for b in s.blocks if isinstance(b, Facts))
    assert dict(facts.pairs)["Quantum"].text == "2e²/h = 77.4809173 µS (declared by the user)"


@pytest.mark.parametrize(
    ("decision", "headline", "tone"),
    [
        ("quantized", "QUANTIZED in units of 2e²/h", "good"),
        ("not quantized", "NOT QUANTIZED in units of 2e²/h", "bad"),
        ("undecided", "UNDECIDED", "open"),
    ],
)
def test_headline(decision: str, headline: str, tone: str) -> None:
    analysis = staircase(decision=decision)
    box = _box(build_document([analysis]))
    assert (box.headline, box.tone) == (headline, tone)
    assert analysis.verdict is not None
    said = " ".join(box.lines)
    for reason in analysis.verdict.reasons:
        assert reason.replace("2e^2/h", "2e²/h") in said
    assert "^" not in said


def test_no_verdict_is_said() -> None:
    box = _box(build_document([replace(staircase(), verdict=None)]))
    assert (box.headline.partition(":")[0], box.tone) == ("Step height", "neutral")
    assert "not asked" in box.lines[-1]


def test_everything_that_a_checker_needs_is_there() -> None:
    text = _all_text(build_document([staircase()]))
    for needed in (
        SHA, "gzero 0.1.0", "scipy 1.17.0", "CODATA 2022", "arXiv:2604.19828", "gzero.analysis/1", "delimiter: comma",
        "beyond the rails of the amplifier", "starts with #", "estimated, AR(1) ρ = 0.42", "all that qualify as flat",
        "believe the plateaus", "slope above the limit", "478.2 / 395 = 1.21", "uncertainties widened by 1.13",
    ):  # fmt: skip
        assert needed in text
    assert "at its bound: no uncertainty can be given" in text


def test_synthetic_data_is_said_and_only_where_it_is() -> None:
    assert build_document([staircase()]).banner == "SYNTHETIC DATA"
    assert build_document([staircase(synthetic=False)]).banner == ""
    mixed = [staircase(), staircase(synthetic=False)]
    assert build_document(mixed).banner == "SYNTHETIC DATA (1 of 2 traces)"


def test_summary_of_a_map() -> None:
    analyses = staircase_map(101, points=40)
    document = build_document(analyses)
    titles = [s.title for s in document.sections]
    assert titles[:4] == ["Result", "Overview", "Traces that stand out", "All traces"]
    table = _tables(document)["traces"]
    assert len(table.rows) == 101
    assert table.heads == ("Trace", "B [T]", "Step height", "n = 1", "n = 2", "n = 3", "n = 4", "Verdict")
    # by construction: i % 17 == 5 is not quantized (6 of 101), of the others i % 40 == 11 is undecided (3)
    lines = " ".join(_box(document).lines)
    for count in ("Quantized: 92 of 101", "Not quantized: 6 of 101", "Undecided: 3 of 101"):
        assert count in lines
    standing_out = next(b for s in document.sections if s.title == titles[2] for b in s.blocks if isinstance(b, Notes))
    # those of one reason stand together
    assert len(standing_out.items) == 2
    assert standing_out.items[0].startswith("trace 5, trace 22, trace 39, trace 56, trace 73, trace 90: not quantized.")
    assert standing_out.items[1].startswith("trace 11, trace 51, trace 91: undecided.")


def test_up_to_six_are_also_told_in_full() -> None:
    four = [s.title for s in build_document([diffusion(i) for i in range(4)]).sections]
    assert {"Si, electrons, 300 K", "6Li, 42 nK"} <= set(four)
    assert not any(
        t.startswith("trace") for t in (s.title for s in build_document(staircase_map(7, points=40)).sections)
    )


def test_diffusion_speaks_of_no_levels() -> None:
    document = build_document([diffusion(0)])
    own = tuple(
        s for s in document.sections if s.title != "The source paper on this quantum"
    )  # which speaks of plateaus itself
    text = _all_text(replace(document, sections=own))
    assert "plateau" not in text
    assert "Riser" not in text
    for needed in (
        "Diffusion coefficient D",
        "Relaxation time τ",
        "Mean free path l",
        "Transmission Γ",
        "0.00349(26) m²/s",
    ):
        assert needed in text


def test_warnings_of_many_stand_once() -> None:
    analyses = [replace(a, warnings=(f"the file states no unit for '{a.trace}'",)) for a in staircase_map(8, points=40)]
    document = build_document(analyses)
    notes = next(b for s in document.sections if s.title == "Warnings" for b in s.blocks if isinstance(b, Notes))
    assert notes.items == ("The file states no unit for 'trace 0'. (8 of 8 traces, alike but for names and numbers)",)


def test_traces_without_any_estimate_say_what_each_lacks() -> None:
    bare = [replace(a, estimates={}, levels=(), curve=None) for a in (staircase(4), staircase(3))]
    reasons = ("no flat plateau was found", "the sweep has no riser")
    told = [
        replace(a, verdict=replace(a.verdict, decision="undecided", reasons=(reason,)))
        for a, reason in zip(bare, reasons, strict=True)
        if a.verdict is not None
    ]
    table = summary_table(told)
    assert table.heads == ("Trace", "Verdict", "Because")
    assert [row[2].text for row in table.rows] == ["No flat plateau was found.", "The sweep has no riser."]


def test_names_are_cut_where_a_word_ends() -> None:
    """Files named by their temperatures: 0.1 K is not to become 1."""
    names = [f"cooldown/t0.{i}_s0.csv" for i in (1, 3, 6)]
    assert _short_names(names) == ([f"t0.{i}_s0.csv" for i in (1, 3, 6)], "cooldown/")
    waves = [f"conductance_averaged[{i}]" for i in (10, 11, 12)]
    assert _short_names(waves) == (["[10]", "[11]", "[12]"], "conductance_averaged")


def test_a_stated_length_is_no_symbol() -> None:
    """The m of 0.0005 m stands upright, as a unit; the quantum beside it stays a symbol."""
    analysis = staircase(4)
    stated = tuple(
        Choice(choice=name, value=value, origin="user", note="")
        for name, value in (("length", "0.0005 m"), ("q", "2e^2/h"))
    )
    table = ledger_table([replace(analysis, ledger=stated)])
    assert table is not None
    assert {row[0].text: row[1].kind for row in table.rows} == {"length": "text", "q": "symbol"}


def test_pooled_readings_are_no_rows() -> None:
    """Of 300 rows with a reading of each of 400 traces 120,000 readings are used: no 120,000 of 300."""
    analysis = staircase(4)
    pooled = replace(analysis, rows_used=120_000, origin=replace(analysis.origin, rows_read=300))
    assert dict(facts(pooled).pairs)["Points"].text == "120000 readings used, from 300 rows read"


def test_bare_record() -> None:
    """No estimates, no curve, no quantum: still a report."""
    bare = replace(
        diffusion(0), estimates={}, quantum=None, verdict=None, comparisons=(), budget=(), ledger=(), provenance={}
    )
    assert build_document([bare]).sections
    assert build_document([bare, bare]).sections


def test_nothing_to_report_raises() -> None:
    with pytest.raises(OutputError, match="no analysis"):
        build_document([])


def test_same_analysis_same_document() -> None:
    assert build_document([staircase()]) == build_document([staircase()])


def test_chance_and_growth_stand_in_the_table_of_the_verdict() -> None:
    """What the verdict simulated, what was free in it, and the decision on fewer plateaus."""
    analysis = staircase(4)
    assert analysis.verdict is not None
    told = replace(
        analysis.verdict,
        false_positive_rate=0.0,
        power=0.97,
        trials=5000,
        seed=3,
        freedoms=("no series resistance",),
        by_plateaus=((2, "undecided"), (3, "quantized"), (4, "quantized")),
    )
    table = verdict_table(replace(analysis, verdict=told))
    assert table is not None
    rows = {label.text: value.text for label, value in table.rows}
    assert rows["Random staircases that would pass"] == "fewer than 1 in 5,000"
    assert rows["Quantized staircases that would pass (power)"].startswith("97")
    assert rows["Verdict on the lowest 2 plateaus"] == "undecided"
    assert any("no series resistance" in note and "seed 3" in note for note in table.notes)


def test_a_misfit_that_is_carried_as_noise_is_not_called_none(tmp_path: Path) -> None:
    """Lopsided risers: the warning that the model misses them and the quality of its fit say the same (synthetic)."""
    x = np.linspace(0, 54, 400)
    steps = sum(1 - np.exp(-np.exp(np.minimum(x - place, 50))) for place in (6.0, 18.0, 30.0, 42.0))
    y = steps + 0.02 * x / 54 * np.sin(x) + 0.004 * np.random.default_rng(1).normal(size=x.size)
    analysis = gzero.analyse(gzero.Measurement.from_arrays(x=x, y=y, x_unit="mV", y_unit="2e^2/h"), quantum="2e^2/h")
    assert analysis.fit is not None
    assert analysis.fit.method == "least squares, sandwich covariance"
    told = Path(gzero.write_report(analysis, tmp_path / "lab.md")).read_text(encoding="utf-8")
    assert "misses the shape" in told
    assert "counted in the uncertainties, with the noise" in told
    assert "noise and misfit together" in told
