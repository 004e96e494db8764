"""Analyses and documents for the tests of the renderers: small, synthetic, and as hostile as a header can be.

The numbers are made up here (a step 0.3 % above 2e^2/h, noise from a fixed seed): they are truths of nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gzero.analysis import Analysis, BudgetLine, Comparison, Level
from gzero.estimate import Estimate
from gzero.fitters.result import FitResult
from gzero.joint import JointEstimates
from gzero.loaders.table import Coordinate, Dropped, Origin
from gzero.measurement.curve import Curve
from gzero.measurement.ledger import Choice, Exclusion
from gzero.quanta import G0, parse_quantum
from gzero.report.document import (
    Box,
    Cell,
    Document,
    Facts,
    FigureBlock,
    Notes,
    Paragraph,
    Section,
    TableBlock,
)
from gzero.verdict.verdict import Rival, Verdict

#: Texts that some format would act on. Each must be shown as typed.
HOSTILE = (
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "#N/A",
    "<script>alert(1)</script>",
    "</style><b>&amp;</b>",
    "$x$ and $$y$$",
    "a|b||c",
    "[red]rot[/red]",
    "[link](http://example.org) ![i](j)",
    r"\input{/etc/passwd} \\ \end{document}",
    "100 % of a_b^c ~d #1 {e}",
    "*stars* _under_ `code` ~~gone~~",
    "🔬 graphène µS Ω 測定",
    "שלום עולם 12",
    "first\nsecond\nthird",
    "# 1. no heading",
    "- no list",
    "1. no list",
    "--flag ''quoted'' <<in>> ,,low",
    ":smile: {{ 7*7 }} ${x} %(x)s {0}",
)

#: Texts with characters that some format cannot hold: nothing may break, and they must be visible.
UNPRINTABLE = (
    "bell \x07 escape \x1b[31m null \x00",
    "not utf-8: \udcff\udcfe",
    "turned \u202e round",
    "non \uffff character",
)

LONG = "x" * 10_000

SVG = (
    b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>'
)


def analysis(*, text: str = "plain", trace: str = "", shift: float = 0.003, with_std: bool = True) -> Analysis:
    """A staircase of three plateaus; `text` stands everywhere that a file or a user can put text."""
    rng = np.random.default_rng(7)
    x = np.linspace(-1.2, -0.3, 60)
    fitted = G0 * (1 + shift) * np.floor((x + 1.2) / 0.3001)
    y = fitted + rng.normal(0, 0.01 * G0, x.size)
    curve = Curve(
        x=x, y=y, y_std=np.full(x.size, 0.01 * G0) if with_std else None, x_name="gate_voltage", y_name="conductance",
        x_unit="V", y_unit="S",
    )  # fmt: skip
    fit = FitResult(
        model="staircase", names=("step_height",), units=("S",), values=np.array([G0]), covariance=np.array([[1e-14]]),
        fixed={}, chi2=58.0, dof=57, fitted=fitted, residuals=y - fitted, noise_model="stated", inflation=1.0,
        success=True, message="converged",
    )  # fmt: skip
    step = Estimate(value=G0 * (1 + shift), std_stat=2.1e-8, systematic={"gain": 7.7e-8, "offset": -1e-9}, unit="S")
    levels = tuple(
        Level(
            index=n, level=step.scaled(n, "S"), transmission=Estimate(value=1 + shift, std_stat=0.0014),
            x_low=-1.2 + 0.3 * n, x_high=-1.0 + 0.3 * n, slope=1.5e-7, points=19, counted=n < 3,
            note="" if n < 3 else text,
        )
        for n in (1, 2, 3)
    )  # fmt: skip
    verdict = Verdict(
        decision="quantized", margin=0.05, level_margin=0.1, confidence=0.95, p_value=1.2e-9, interval=(0.001, 0.005),
        tightest_margin=0.0052, false_positive_rate=0.004, power=0.99, rivals=(Rival(name=text, delta_bic=41.5),),
        reasons=("The step lies within the margin.", text),
    )  # fmt: skip
    return Analysis(
        version="0.1.0", versions={"numpy": "2.1.0"}, constants="CODATA 2022",
        origin=Origin(
            path=f"lab/{text}.csv", sha256="ab" * 32, loader="csv", rows_read=64,
            dropped=(Dropped(rule="empty", reason=text, rows=2),),
        ),
        rows_used=60, experiment="staircase", title=text, quantum=parse_quantum("2e^2/h"), declared=True,
        estimates={"step_height": step, "series_resistance": Estimate(value=420.0, std_stat=12.0, unit="ohm"),
                   "transmission": Estimate(value=0.98, std_stat=0.0, unit="")},
        joint=JointEstimates(  # a first level and the step it makes alone: one noise, fully correlated
            estimates={"step_height": step, "level_1": step}, statistical=np.full((2, 2), step.std_stat**2)
        ),
        verdict=verdict, trace=trace, coordinate=Coordinate(name="B", value=0.5, unit_text="T") if trace else None,
        levels=levels, curve=curve, exclusions=(Exclusion(rule="not finite", reason=text, indices=np.array([3, 4])),),
        fit=fit, budget=(BudgetLine(source="gain", kind="systematic", value=text, std=7.7e-8, share=0.93),
                         BudgetLine(source="noise", kind="statistical", value="fit", std=2.1e-8, share=0.07)),
        comparisons=(Comparison(name="e^2/h", value=G0 / 2, unit="S", ratio=2.006, ratio_std=0.002, reference=text),),
        ledger=(Choice(choice="margin", value="0.05", origin="default"),
                Choice(choice="note", value=text, origin="user", note=text)),
        warnings=(text,), provenance={"note": text}, seed=7,
    )  # fmt: skip


def bare() -> Analysis:
    """An analysis that found next to nothing: every optional part is missing."""
    full = analysis()
    return replace(
        full, quantum=None, declared=False, estimates={}, joint=None, verdict=None, levels=(), curve=None, exclusions=(), fit=None,
        budget=(), comparisons=(), ledger=(), warnings=(), provenance={}, seed=None,
    )  # fmt: skip


def document(*texts: str, banner: str = "") -> Document:
    """A document with each text in every place that a document has for text."""
    texts = texts or ("plain",)
    sections = tuple(_section(text) for text in texts)
    first = texts[0]
    return Document(
        title=f"Report: {first}", subtitle=first, sections=sections, banner=banner, footer=f"gzero 0.1.0 {first}"
    )


def _number(text: str, value: float | None = None, std: float | None = None) -> Cell:
    return Cell(text=text, kind="number", value=value, std=std)


def _symbol(text: str) -> Cell:
    return Cell(text=text, kind="symbol")


def _section(text: str) -> Section:
    table = TableBlock(
        caption=text,
        heads=("name", "level [µS]", text, "unit"),
        rows=(
            (Cell(text=text), _number("77.70(8)", 77.7, 0.08), Cell(text=text), _symbol("2e^2/h")),
            (Cell(text="second"), _number("−1.0027(14) × 10⁻⁵", -1.0027e-5, 1.4e-8), Cell(text=""), _symbol(text)),
            (Cell(text="third"), _number("—"), Cell(text="b"), _symbol("kappa0*T")),
        ),
        notes=(text,),
    )
    facts = ((text, Cell(text=text)), ("quantum", _symbol("2e^2/h")), ("step", _number("77.70(8) µS", 7.77e-5)))
    return Section(
        title=text,
        blocks=(
            Box(headline=text, tone="good", lines=(text, "line")),
            Facts(pairs=facts),
            Paragraph(text=text),
            table,
            FigureBlock(svg=SVG, caption=text, alt=text),
            Notes(items=(text, "item")),
        ),
    )
