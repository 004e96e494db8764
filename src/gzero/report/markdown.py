"""A document as Markdown in GitHub's dialect: tables, no files beside it; all text is shown as typed."""

from __future__ import annotations

import re

from gzero.report.document import Block, Box, Document, Facts, FigureBlock, Notes, Paragraph, TableBlock
from gzero.report.terminal import cell_text, numeric_column, visible_text

#: What Markdown, HTML inside it, or GitHub's mathematics would act on wherever it stands.
_ACTIVE = re.compile(r"[\\`*_\[\]<>|~$]")
#: What acts at the beginning of a line: lists, headings, rules.
_LEADING = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^([-+=:#])")


def render_markdown(document: Document) -> bytes:
    """The document as UTF-8 Markdown; of a figure its caption is told.

    Parameters
    ----------
    document : what is told.
    """
    paragraphs = [f"# {escape_markdown(document.title)}"]
    if document.banner:
        paragraphs.append(f"> **{escape_markdown(document.banner)}**")
    if document.subtitle:
        paragraphs.append(escape_markdown(document.subtitle))
    for section in document.sections:
        paragraphs.append(f"## {escape_markdown(section.title)}")
        paragraphs += [text for block in section.blocks for text in _block(block)]
    if document.footer:
        paragraphs += ["---", escape_markdown(document.footer)]
    return ("\n\n".join(paragraphs) + "\n").encode("utf-8")


def escape_markdown(text: str) -> str:
    r"""Text on one line that renders as typed; newlines become `<br>`, blanks that Markdown would drop stay.

    >>> escape_markdown("a|b *c* <d>"), escape_markdown("1. x"), escape_markdown("- y")
    ('a\\|b \\*c\\* \\<d\\>', '1\\. x', '\\- y')
    """
    shown = visible_text(text).replace("&", "&amp;")
    shown = _ACTIVE.sub(lambda match: "\\" + match[0], shown)
    shown = re.sub(r"^[ \t]|[ \t]$|(?<=[ \t])[ \t]|\t", "&#160;", shown, flags=re.MULTILINE)
    shown = _LEADING.sub(lambda match: f"{match[1]}\\{match[2]}" if match[1] else f"\\{match[3]}", shown)
    return shown.replace("\n", "<br>")


def _block(block: Block) -> list[str]:
    if isinstance(block, Paragraph):
        return [escape_markdown(block.text)]
    if isinstance(block, Notes):
        return ["\n".join(f"- {escape_markdown(item)}" for item in block.items)] if block.items else []
    if isinstance(block, Box):
        lines = [f"**{escape_markdown(block.headline)}**", *map(escape_markdown, block.lines)]
        return ["\n>\n".join(f"> {line}" for line in lines)]
    if isinstance(block, Facts):
        rows = [f"| {escape_markdown(name)} | {escape_markdown(cell_text(cell))} |" for name, cell in block.pairs]
        return ["\n".join(["| | |", "| --- | --- |", *rows])] if rows else []
    if isinstance(block, TableBlock):
        return _table(block)
    if isinstance(block, FigureBlock):
        return [f"*Figure (not in this file):* {escape_markdown(block.caption)}"]
    raise TypeError(f"Markdown cannot show {type(block).__name__}")


def _table(block: TableBlock) -> list[str]:
    heads = " | ".join(escape_markdown(head) for head in block.heads)
    rule = " | ".join("---:" if numeric_column(block, i) else "---" for i in range(len(block.heads)))
    rows = [f"| {' | '.join(escape_markdown(cell_text(cell)) for cell in row)} |" for row in block.rows]
    table = "\n".join([f"| {heads} |", f"| {rule} |", *rows])
    caption = [f"**{escape_markdown(block.caption)}**"] if block.caption else []
    notes = ["\n".join(f"- {escape_markdown(note)}" for note in block.notes)] if block.notes else []
    return [*caption, table, *notes]
