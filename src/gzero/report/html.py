"""A document as one HTML file that asks nothing of the network: style and figures are inside it."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files

from gzero.report.document import (
    Block,
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
from gzero.report.plot import plot_json
from gzero.report.symbols import symbol_parts
from gzero.report.terminal import numeric_column, visible_text

#: Nothing may be fetched or sent, images only from the file itself, and no script but the one that is named by its hash.
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-src 'none'; script-src {}"
)


def render_html(document: Document) -> bytes:
    """The document as UTF-8 HTML, one file, the same bytes for the same document.

    Parameters
    ----------
    document : what is told; all of its text is shown as typed.
    """
    style = files("gzero.report").joinpath("style.css").read_text(encoding="utf-8")
    script = files("gzero.report").joinpath("figure.js").read_text(encoding="utf-8") if _has_plot(document) else ""
    allowed = f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'" if script else "'none'"
    banner = f'<div class="banner" role="note">{_text(document.banner)}</div>' if document.banner else ""
    subtitle = f'<p class="subtitle">{_text(document.subtitle)}</p>' if document.subtitle else ""
    footer = f"<footer><p>{_text(document.footer)}</p></footer>" if document.footer else ""
    lines = [
        "<!DOCTYPE html>",
        f'<html lang="{_text(document.language)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY.format(allowed))}">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{_text(document.title)}</title>",
        f"<style>\n{style}</style>",
        "</head>",
        "<body>",
        banner,
        "<main>",
        f"<header><h1>{_text(document.title)}</h1>{subtitle}</header>",
        *(_section(number, section) for number, section in enumerate(document.sections, start=1)),
        "</main>",
        footer,
        f"<script>{script}</script>" if script else "",
        "</body>",
        "</html>",
    ]
    return ("\n".join(line for line in lines if line) + "\n").encode("utf-8")


def _has_plot(document: Document) -> bool:
    blocks = (block for section in document.sections for block in section.blocks)
    return any(isinstance(block, FigureBlock) and block.plot is not None for block in blocks)


def _text(text: str) -> str:
    return escape(visible_text(text), quote=True)


def _section(number: int, section: Section) -> str:
    blocks = "\n".join(_block(block) for block in section.blocks)
    heading = f'<h2 id="section-{number}">{_text(section.title)}</h2>'
    page = ' class="own-page"' if section.own_page else ""
    return f'<section{page} aria-labelledby="section-{number}">\n{heading}\n{blocks}\n</section>'


def _block(block: Block) -> str:
    if isinstance(block, Paragraph):
        return f"<p>{_text(block.text)}</p>"
    if isinstance(block, Notes):
        return _notes(block.items, "notes")
    if isinstance(block, Box):
        lines = "".join(f"<p>{_text(line)}</p>" for line in block.lines)
        return f'<div class="box {block.tone}" role="note"><p class="headline">{_text(block.headline)}</p>{lines}</div>'
    if isinstance(block, Facts):
        pairs = "\n".join(f"<dt>{_text(name)}</dt><dd>{_inner(cell)}</dd>" for name, cell in block.pairs)
        return f'<dl class="facts">\n{pairs}\n</dl>'
    if isinstance(block, TableBlock):
        return _table(block)
    if isinstance(block, FigureBlock):
        # as an image an SVG can neither run scripts nor fetch anything, whatever it holds
        source = f"data:image/svg+xml;base64,{b64encode(block.svg).decode('ascii')}"
        caption = f"<figcaption>{_text(block.caption)}</figcaption>"
        # the numbers are data, of a type that no browser runs; without the script, and on paper, the image stands alone
        numbers = ""
        if block.plot is not None:
            numbers = f'<script type="application/json" class="numbers">{plot_json(block.plot)}</script>\n'
        return f'<figure>\n<img alt="{_text(block.alt)}" src="{source}">\n{caption}\n{numbers}</figure>'
    raise TypeError(f"HTML cannot show {type(block).__name__}")


def _notes(items: tuple[str, ...], kind: str) -> str:
    listed = "\n".join(f"<li>{_text(item)}</li>" for item in items)
    return f'<ul class="{kind}">\n{listed}\n</ul>' if items else ""


def _table(block: TableBlock) -> str:
    numbers = [numeric_column(block, i) for i in range(len(block.heads))]
    heads = "".join(
        f'<th scope="col"{_align(number)}>{_text(head)}</th>' for head, number in zip(block.heads, numbers, strict=True)
    )
    rows = "\n".join(_row(row, numbers) for row in block.rows)
    return (
        f'<div class="table">\n<table>\n<caption>{_text(block.caption)}</caption>\n'
        f"<thead>\n<tr>{heads}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n"
        f"{_notes(block.notes, 'table-notes')}\n</div>"
    )


def _row(row: tuple[Cell, ...], numbers: list[bool]) -> str:
    cells = []
    for i, (cell, number) in enumerate(zip(row, numbers, strict=True)):
        tag = 'th scope="row"' if i == 0 else "td"
        data = "" if cell.value is None else f' data-value="{cell.value!r}"'
        cells.append(f"<{tag}{_align(number)}{data}>{_inner(cell)}</{tag[:2]}>")
    return f"<tr>{''.join(cells)}</tr>"


def _align(number: bool) -> str:
    return ' class="number"' if number else ""


def _inner(cell: Cell) -> str:
    """The inside of a cell: a symbol as typeset HTML, anything else as text."""
    if cell.kind != "symbol":
        return _text(cell.text)
    pieces = []
    for part in symbol_parts(cell.text):
        base = f"<var>{_text(part.base)}</var>" if part.kind == "quantity" else _text(part.base)
        lower = f"<sub>{_text(part.lower)}</sub>" if part.lower else ""
        upper = f"<sup>{_text(part.upper)}</sup>" if part.upper else ""
        pieces.append(base + lower + upper)
    return f'<span class="symbol">{"".join(pieces)}</span>'
