"""A document on a terminal: facts, the verdict in a box, tables; figures stay in the files.

Every text reaches rich as `rich.text.Text`, so that markup in a file name or a header (`[red]`) is shown as typed,
and no control character of it reaches the terminal (`visible_text`, which the other renderers use as well).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gzero.report.document import Block, Box, Cell, Document, Facts, FigureBlock, Notes, Paragraph, TableBlock, Tone
from gzero.report.symbols import symbol_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_STYLES: dict[Tone, str] = {"good": "green", "bad": "red", "open": "yellow", "neutral": "blue"}

_NEWLINES = re.compile("\r\n|[\r\u2028\u2029\x85]")
#: What no format can carry or what would act on the text around it: C0 and C1 controls, direction overrides and
#: isolates (a file name could turn a line around with them), lone surrogates, and the two non-characters of XML.
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def visible_text(text: str) -> str:
    r"""The text with every invisible or unprintable character made visible; newlines become line feeds, tabs stay.

    >>> visible_text("a\x1b[31m b\r\nc \u202e"), visible_text("\udcff")
    ('a␛[31m b\nc \\u202e', '\\udcff')
    """
    return _HIDDEN.sub(lambda match: _shown(ord(match[0])), _NEWLINES.sub("\n", text))


def _shown(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\\u{code:04x}"


def cell_text(cell: Cell) -> str:
    """The text of a cell in Unicode: a symbol typeset (`2e²/h`), anything else as it is, made visible."""
    return visible_text(symbol_text(cell.text) if cell.kind == "symbol" else cell.text)


def render_terminal(document: Document, console: Console) -> None:
    """Write the document to the console, in its width and with the colours that it has.

    Parameters
    ----------
    document : what is told.
    console : a `rich.console.Console`; what its encoding cannot hold is written as `\\uXXXX`.
    """
    encoding = console.encoding
    if document.banner:
        console.print(_text(document.banner, encoding, style="bold reverse"))
    console.print(_text(document.title, encoding, style="bold"))
    if document.subtitle:
        console.print(_text(document.subtitle, encoding))
    for section in document.sections:
        blocks = [part for block in section.blocks for part in _block(block, encoding)]
        if not blocks:
            continue  # nothing but figures
        console.print()
        console.print(_text(section.title, encoding, style="bold underline"))
        for part in blocks:
            console.print(part)
    if document.footer:
        console.print()
        console.print(_text(document.footer, encoding, style="dim"))


def _text(text: str, encoding: str, *, style: str = "") -> Text:
    from rich.text import Text

    shown = visible_text(text)
    try:
        shown = shown.encode(encoding, "backslashreplace").decode(encoding)
    except LookupError:  # a stream may name an encoding that Python does not know
        shown = shown.encode("ascii", "backslashreplace").decode("ascii")
    return Text(shown, style=style, overflow="fold")


def _block(block: Block, encoding: str) -> list[RenderableType]:
    if isinstance(block, Paragraph):
        return [_text(block.text, encoding)]
    if isinstance(block, Notes):
        return [_text(f"• {item}", encoding) for item in block.items]
    if isinstance(block, Box):
        return [_box(block, encoding)]
    if isinstance(block, Facts):
        return [_facts(block, encoding)]
    if isinstance(block, TableBlock):
        caption = [_text(block.caption, encoding, style="italic")] if block.caption else []
        return [*caption, _table(block, encoding), *(_text(note, encoding, style="dim") for note in block.notes)]
    if isinstance(block, FigureBlock):
        return []
    raise TypeError(f"a terminal cannot show {type(block).__name__}")


def _box(box: Box, encoding: str) -> RenderableType:
    from rich.panel import Panel
    from rich.text import Text

    style = _STYLES[box.tone]
    lines = [_text(box.headline, encoding, style=f"bold {style}")]
    lines += [_text(line, encoding) for line in box.lines]
    return Panel(Text("\n", overflow="fold").join(lines), border_style=style, expand=False)


def _facts(facts: Facts, encoding: str) -> RenderableType:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for name, cell in facts.pairs:
        grid.add_row(_text(name, encoding, style="dim"), _text(cell_text(cell), encoding))
    return grid


def _table(block: TableBlock, encoding: str) -> RenderableType:
    from rich.table import Table

    table = Table()
    for i, head in enumerate(block.heads):
        numbers = numeric_column(block, i)
        table.add_column(_text(head, encoding), justify="right" if numbers else "left", overflow="fold")
    for row in block.rows:
        table.add_row(*(_text(cell_text(cell), encoding) for cell in row))
    return table


def numeric_column(block: TableBlock, column: int) -> bool:
    """Whether every cell of the column that says something is a number: such a column is aligned to the right."""
    said = {row[column].kind for row in block.rows if row[column].text not in ("", "—")}
    return (said or {row[column].kind for row in block.rows}) == {"number"}
