"""The audit of the source paper as a report: what holds, what does not, and why, chapter by chapter."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path

from gzero.audit.item import VERDICTS, AuditItem, Verdict
from gzero.audit.paper import SOURCE, counts, touching
from gzero.errors import ConfigError
from gzero.quanta import CONSTANTS_SET, Quantum
from gzero.report.document import Block, Box, Cell, Document, Notes, Paragraph, Section, TableBlock
from gzero.report.rounding import typographic
from gzero.report.symbols import symbol_parts, symbol_text
from gzero.report.wording import number, text
from gzero.report.write import Paper, check_target, write_bytes
from gzero.version import VERSION

SCHEMA = "gzero.audit/1"

#: How a verdict follows, for the reader.
RULE = (
    "Each statement is put as a formula or a number and worked out in several cases: states of nature that it covers, or "
    "readings that its words allow. It is consistent when it holds in all of them, conditional when in some, inconsistent "
    "when in none, or when it lacks what every case needs, such as the right dimension.",
    "Each fault counts once, at the statement that makes it: what a statement takes from another one is taken as it holds.",
)

_MARKS: dict[Verdict, str] = {
    "consistent": "✔ consistent",
    "conditional": "? conditional",
    "inconsistent": "✘ inconsistent",
}

#: Letters that stand in sentences by their ASCII names.
_LETTERS = {
    "Gamma": "Γ", "lambda_b": "λ_b", "lambda": "λ", "h_s": "hₛ", "tau_T": "τ_T", "tau_r": "τ_r", "tau": "τ", "eta": "η", "sigma": "σ",
    "kappa0": "κ₀", "eps0": "ε₀", "eps": "ε", "hbar": "ħ", "pi": "π", "m_r": "m_r", "Fuerth": "Fürth", "um": "µm",
    "Schroedinger's": "Schrödinger's", "alpha": "α",
}  # fmt: skip
_WORD = re.compile(rf"(?<![A-Za-z_])(?:{'|'.join(_LETTERS)})(?![A-Za-z_])")
_SUBSCRIPT = str.maketrans("0123456789s", "₀₁₂₃₄₅₆₇₈₉ₛ")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def readable(sentence: str) -> str:
    """A sentence of the audit with its formulas, letters, powers and numbers typeset in Unicode.

    >>> readable("2 times `q_P^2/h`, with Gamma = 1 and 7.3e-4 m^2/s")
    '2 times q_P²/h, with Γ = 1 and 7.3 × 10⁻⁴ m²/s'
    """
    pieces = sentence.split("`")
    for i, piece in enumerate(pieces):
        if i % 2:
            pieces[i] = _formula(piece)
            continue
        plain = re.sub(r"(?<![\w.])\d+(?:\.\d+)?e-?\d+", lambda m: typographic(m[0]), piece)
        plain = re.sub(r"\bsqrt\((\w+)\)", r"√\1", _WORD.sub(lambda m: _LETTERS[m[0]], plain))
        pieces[i] = re.sub(r"\^(-?\d+)", lambda m: m[1].translate(_SUPERSCRIPT), plain).replace("<=", "≤")
        pieces[i] = re.sub(r"(?<=[= ])-(?=\d)", "−", pieces[i])
    return "".join(pieces)


def _formula(symbol: str) -> str:
    """A formula in Unicode; a subscript that Unicode lacks stays behind an underscore, but that of kB."""
    pieces = []
    for part in symbol_parts(symbol):
        lower = part.lower.translate(_SUBSCRIPT)
        joint = "_" if lower.isalpha() and lower.isascii() and part.base != "k" else ""
        pieces.append(part.base + joint + lower + part.upper.translate(_SUPERSCRIPT))
    return "".join(pieces)


def audit_record(items: Sequence[AuditItem]) -> dict[str, object]:
    """The audit as plain JSON values (schema gzero.audit/1)."""
    return {"schema": SCHEMA, "items": [item.to_dict() for item in items]}


def _table(items: Sequence[AuditItem], caption: str, *, name: str) -> TableBlock:
    rows = tuple(
        (
            text(i.item), text(readable(i.claim)), text(_MARKS[i.verdict]), text(readable(i.corrected)), text(readable(i.reason)),
        )
        for i in items
    )  # fmt: skip
    heads = ("Item", "The paper says", "Verdict", "What holds", "What was worked out")
    return TableBlock(caption=caption, heads=heads, rows=rows, name=name)


def _counted(found: dict[Verdict, int]) -> str:
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict])


def _by_chapter(items: Sequence[AuditItem]) -> dict[str, list[AuditItem]]:
    chapters: dict[str, list[AuditItem]] = {}
    for item in items:
        chapters.setdefault(item.chapter, []).append(item)
    return chapters


def _summary(items: Sequence[AuditItem]) -> Section:
    found = counts(items)
    rows: list[tuple[Cell, ...]] = []
    for chapter, its in _by_chapter(items).items():
        own = counts(its)
        rows.append((text(chapter), *(number(own[verdict]) for verdict in VERDICTS), number(len(its))))
    rows.append((text("All"), *(number(found[verdict]) for verdict in VERDICTS), number(len(items))))
    heads = ("Chapter", *(verdict.capitalize() for verdict in VERDICTS), "Items")
    blocks: list[Block] = [
        Box(headline=_counted(found), tone="neutral", lines=RULE),
        TableBlock(caption="Verdicts by chapter", heads=heads, rows=tuple(rows), name="counts"),
    ]
    if wrong := [i for i in items if i.verdict == "inconsistent"]:
        lines = tuple((text(i.item), text(readable(i.claim)), text(readable(i.corrected))) for i in wrong)
        shown = TableBlock(
            caption="What does not hold", heads=("Item", "The paper says", "What holds"), rows=lines, name="wrong"
        )
        blocks.append(shown)
    return Section(title="Result", blocks=tuple(blocks))


def audit_sections(items: Sequence[AuditItem]) -> tuple[Section, ...]:
    """One section a chapter of the paper: its counts, and its items with claim, verdict, corrected form and reason."""
    sections = []
    for chapter, its in _by_chapter(items).items():
        caption = f"{_counted(counts(its))}, in the paper's order"
        table = _table(its, caption, name=chapter.lower().replace(" ", "-"))
        sections.append(Section(title=chapter, blocks=(table,)))
    return tuple(sections)


def audit_document(items: Sequence[AuditItem]) -> Document:
    """What `gzero audit` prints, and `gzero audit -o OUT` writes."""
    constants = Notes(items=(f"Constants: {CONSTANTS_SET}.", f"Source: {SOURCE}, CC BY 4.0."))
    return Document(
        title="The source paper, checked line by line", subtitle=SOURCE,
        sections=(_summary(items), *audit_sections(items), Section(title="Provenance", blocks=(constants,))),
        footer=f"gzero {VERSION}",
    )  # fmt: skip


def items_on(items: Sequence[AuditItem], quanta: Sequence[Quantum | None]) -> tuple[AuditItem, ...]:
    """The items that touch one of the quanta, in the paper's order."""
    found = {item.item for q in quanta if q is not None for item in touching(items, q)}
    return tuple(item for item in items if item.item in found)


def section_on(items: Sequence[AuditItem], quanta: Sequence[Quantum | None]) -> Section:
    """The section of an analysis' report: the items that touch one of its quanta.

    Parameters
    ----------
    items : of the audit.
    quanta : of the analyses; None where there is none.
    """
    names = ", ".join(dict.fromkeys(symbol_text(q.symbol) for q in quanta if q is not None))
    kept = items_on(items, quanta)
    title = "The source paper on this quantum"
    if not kept:
        return Section(
            title=title, blocks=(Paragraph(text="No statement of the paper touches the quantum of this report."),)
        )
    said = f"{len(kept)} of {len(items)} statements of {SOURCE} touch {names}: {_counted(counts(kept))}."
    return Section(
        title=title, blocks=(Paragraph(text=said), Notes(items=RULE), _table(kept, "Audit of the paper", name="audit"))
    )  # fmt: skip


def audit_rows(items: Sequence[AuditItem]) -> tuple[list[str], list[list[str]]]:
    """(heads, one row an item) for a workbook."""
    rows = [
        [i.item, i.chapter, readable(i.claim), i.verdict, readable(i.corrected), readable(i.reason), ", ".join(i.rows)]
        for i in items
    ]
    return ["item", "chapter", "claim", "verdict", "corrected", "reason", "rows of Table II and quantities"], rows


def write_audit(items: Sequence[AuditItem], path: str | os.PathLike[str], *, paper: Paper = "a4") -> Path:
    """Write the audit to a file, in the format that its name ends with: .pdf .html .xlsx .json .tex .md

    Raises
    ------
    ConfigError : another ending.  OutputError : a place that cannot be written to.
    """
    target = Path(path)
    check_target(target, paper)
    write_bytes(target, _rendered(items, target.suffix.lower(), paper))
    return target


def _rendered(items: Sequence[AuditItem], ending: str, paper: Paper) -> bytes:
    document = audit_document(items)
    if ending == ".pdf":
        from gzero.report.pdf import render_pdf

        return render_pdf(document, paper=paper)
    if ending == ".html":
        from gzero.report.html import render_html

        return render_html(document)
    if ending == ".tex":
        from gzero.report.tex import render_tex

        return render_tex(document)
    if ending == ".md":
        from gzero.report.markdown import render_markdown

        return render_markdown(document)
    if ending == ".xlsx":
        from gzero.report.workbook import render_tables

        return render_tables(document.title, {"audit": audit_rows(items)})
    if ending == ".json":
        return (json.dumps(audit_record(items), indent=2, ensure_ascii=False) + "\n").encode()
    raise ConfigError(f"the ending '{ending}' names no report format")
