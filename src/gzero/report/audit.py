"""The audit of the source paper as a report: what holds, what does not, and why, chapter by chapter."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from gzero.audit.item import VERDICTS, AuditItem
from gzero.audit.relevance import SOURCE, counts
from gzero.errors import ConfigError
from gzero.quanta import CONSTANTS_SET
from gzero.report.audit_notes import RULE, audit_rows, counted, items_table, readable
from gzero.report.document import Block, Box, Cell, Document, Notes, Section, TableBlock
from gzero.report.wording import number, text
from gzero.report.write import Paper, check_target, write_bytes
from gzero.version import VERSION

SCHEMA = "gzero.audit/1"


def audit_record(items: Sequence[AuditItem]) -> dict[str, object]:
    """The audit as plain JSON values (schema gzero.audit/1)."""
    return {"schema": SCHEMA, "items": [item.to_dict() for item in items]}


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
        Box(headline=counted(found), tone="neutral", lines=RULE),
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
        caption = f"{counted(counts(its))}, in the paper's order"
        table = items_table(its, caption, name=chapter.lower().replace(" ", "-"))
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
