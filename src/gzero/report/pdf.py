"""PDF of a `Document`: tagged (PDF/UA-1), the same bytes for the same document on every machine.

The document is handed to typst as data, never as markup: no text of a file or a user can be read as a command.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, cast

from gzero.errors import OutputError
from gzero.report.document import Block, Box, Cell, Document, Facts, FigureBlock, Notes, Paragraph, TableBlock
from gzero.report.figures import shortened
from gzero.report.rounding import NOTHING
from gzero.report.symbols import symbol_parts

if TYPE_CHECKING:
    from typst import PDFStandard

Paper = Literal["a4", "us-letter"]

#: The fonts that typst carries in itself, in the order in which they are tried.
_FONTS = ("Libertinus Serif", "DejaVu Sans Mono", "New Computer Modern", "New Computer Modern Math")

#: Rounds of replacing characters that no font shows; one round finds all of a page, nested ones surface later.
_ROUNDS = 6

#: Blocks of more characters than this may run over a page's end.
_WHOLE = 1500

#: A cell of so many characters holds sentences; a column of fewer than these keeps its own width beside it; so many characters
#: fill a line of a table.
_SENTENCES, _NARROW, _LINE = 200, 18, 115

# controls, bidirectional overrides (which could show a text in another order than it has), and what is no character
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

_ALIGNED = re.compile(r"(?P<before>[−+]?\d+)(?P<after>(?:\.\d+)?(?:\([^)]*\))?(?: %)?)")


def render_pdf(document: Document, *, paper: Paper = "a4", extra_standards: Sequence[str] = ()) -> bytes:
    """The document as PDF/UA-1.

    Parameters
    ----------
    paper : "a4" or "us-letter".
    extra_standards : further standards of typst, such as "a-2a".

    A character that no font shows stands as its code point, `[U+4E2D]`. The date is `SOURCE_DATE_EPOCH` where that is
    set, and none otherwise (for the archival standards, which need one, the epoch 1970).

    Raises
    ------
    OutputError : typst could not make the page, the paper or a standard is not known, or `SOURCE_DATE_EPOCH` is not
        a number.
    """
    if paper not in ("a4", "us-letter"):
        raise OutputError(f"paper '{paper}' is not known", allowed=("a4", "us-letter"), remedy="choose a4 or us-letter")
    seconds = _seconds()
    archival = any(standard.startswith("a-") for standard in extra_standards)  # PDF/A asks for a date
    figures: dict[str, bytes] = {}
    page = _page(document, figures)
    page |= {"paper": paper, "fonts": list(_FONTS), "dated": seconds is not None or archival}
    data = json.dumps(page, ensure_ascii=False)
    for _ in range(_ROUNDS):
        files = {"main": _template(), "data.json": data.encode(), **figures}
        pdf, unshown = _compile(files, ["ua-1", *extra_standards], seconds or 0)
        if pdf is not None:
            return pdf
        data = _without(data, unshown)
        figures = {name: _without(svg.decode(), unshown).encode() for name, svg in figures.items()}
    raise OutputError("the PDF holds characters that no font shows", remedy="write the report as HTML instead")


def _seconds() -> int | None:
    """The fixed date of https://reproducible-builds.org/specs/source-date-epoch/ [s], None where none is set."""
    stated = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if not stated:
        return None
    if not stated.isdecimal():
        raise OutputError(f"SOURCE_DATE_EPOCH is '{shortened(stated, 40)}'", remedy="unset it, or give whole seconds")
    return int(stated)


@cache
def _template() -> bytes:
    return resources.files("gzero.report").joinpath("template.typ").read_bytes()


def _compile(files: dict[str, bytes], standards: list[str], seconds: int) -> tuple[bytes | None, set[str]]:
    """(the PDF, nothing), or (None, the characters that no font shows)."""
    import typst

    try:
        pdf = typst.compile(
            cast("Any", files),
            format="pdf",
            ignore_system_fonts=True,
            pdf_standards=cast("list[PDFStandard]", standards),
            timestamp=seconds,
        )
    except typst.TypstError as error:
        said = f"{error.message}\n{error.diagnostic}"
        named = re.findall(r'the text `"(.*?)"` could not be displayed', said)
        unshown = {c for text in named for c in _unescaped(text)}
        if unshown:
            return None, unshown
        raise OutputError(f"typst could not make the PDF: {error.message}") from error
    except (ValueError, OSError) as error:
        raise OutputError(f"typst could not make the PDF: {error}") from error
    return pdf, set()


def _unescaped(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda m: chr(int(m[1], 16)), text)


def _without(text: str, characters: set[str]) -> str:
    """Each of the characters as its code point in brackets."""
    return text.translate({ord(c): f"[U+{ord(c):04X}]" for c in characters})


def _clean(text: str) -> str:
    """A text that can be shown: what has no shape of its own, or turns the order of others round, as its code point."""
    return _UNSEEN.sub(lambda m: f"[U+{ord(m[0]):04X}]", text.replace("\r\n", "\n").replace("\t", " "))


def _page(document: Document, figures: dict[str, bytes]) -> dict[str, Any]:
    """The document as plain values; the SVGs go to `figures` by name."""
    lang, _, region = document.language.partition("-")
    names = (f"figure-{i}.svg" for i in count(1))

    def render(block: Block) -> dict[str, Any]:
        if isinstance(block, FigureBlock):
            name = next(names)
            figures[name] = block.svg
            return {
                "type": "figure",
                "file": name,
                "caption": _clean(block.caption),
                "alt": _clean(block.alt) or "Figure",
            }
        return _block(block)

    sections = [
        {"title": _clean(s.title) or NOTHING, "own_page": s.own_page, "blocks": [render(b) for b in s.blocks]}
        for s in document.sections
    ]
    return {
        "title": _clean(document.title).strip() or "Report",
        "short": shortened(document.title, 80),
        "subtitle": _clean(document.subtitle),
        "banner": _clean(document.banner),
        "footer": _clean(document.footer),
        "lang": lang.lower() if re.fullmatch(r"[A-Za-z]{2,3}", lang) else "en",
        "region": region.upper() if re.fullmatch(r"[A-Za-z]{2}", region) else None,
        "sections": sections,
    }


def _block(block: Paragraph | TableBlock | Box | Facts | Notes) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return {"type": "paragraph", "text": _clean(block.text)}
    if isinstance(block, TableBlock):
        return _table(block)
    if isinstance(block, Box):
        lines = [_clean(line) for line in block.lines]
        return {"type": "box", "headline": _clean(block.headline), "tone": block.tone, "lines": lines}
    if isinstance(block, Facts):
        size = sum(len(cell.text) for _, cell in block.pairs)
        pairs = [[_clean(name), _cell(cell)] for name, cell in block.pairs]
        return {"type": "facts", "pairs": pairs, "breakable": len(pairs) > 14 or size > _WHOLE}
    return {"type": "notes", "items": [_clean(item) for item in block.items]}


def _table(table: TableBlock) -> dict[str, Any]:
    columns = list(zip(*table.rows, strict=True)) if table.rows else [()] * len(table.heads)
    numeric = [bool(column) and all(c.kind == "number" for c in column) for column in columns]
    return {
        "type": "table",
        # sentences may go on overleaf, numbers stay together
        "breakable": len(table.rows) > 16
        or (len(table.rows) > 4 and any(_shares(table)))
        or sum(len(c.text) for row in table.rows for c in row) > _WHOLE,
        "caption": _clean(table.caption),
        "heads": [
            re.sub(r"(?<=[a-z]) (?=[^\W\d]$)", "\u00a0", _clean(head)) for head in table.heads
        ],  # no letter on a line of its own
        "rows": [[_cell(cell, right=n) for cell, n in zip(row, numeric, strict=True)] for row in _joined(table).rows],
        "notes": [_clean(note) for note in table.notes],
        # a column that holds words as well as numbers is read from the left
        "sides": ["right" if n else "left" for n in numeric],
        "shares": _shares(table),
    }


def _joined(table: TableBlock) -> TableBlock:
    """A matrix with the names of its rows on one line each: its columns of numbers are what can be narrow."""
    if table.heads[:1] != ("",):
        return table
    rows = tuple((replace(row[0], text=row[0].text.replace(" ", "\u00a0")), *row[1:]) for row in table.rows)
    return replace(table, rows=rows)


def _shares(table: TableBlock) -> list[float]:
    """Share of the line that each column gets, 0 for its own width. Only where sentences need the room: left to itself a
    table gives every long column the same."""
    lengths = [[len(c.text) for c in column] for column in zip(*table.rows, strict=True)]
    widest = [max(column, default=0) for column in lengths]
    wide = [w for w in widest if w > _NARROW]
    if max(widest, default=0) < _SENTENCES and (sum(widest) <= _LINE or len(wide) < 2):
        return [0.0] * len(table.heads)
    columns = list(zip(*table.rows, strict=True))
    words = [
        max((len(w) for text in (head, *(c.text for c in col)) for w in text.split()), default=0)
        for head, col in zip(table.heads, columns, strict=True)
    ]
    shares = [max(math.sqrt(sum(col)), 1.5 * min(word, 20)) for col, word in zip(lengths, words, strict=True)]
    whole = [most <= _NARROW or all(c.kind == "number" for c in col) for most, col in zip(widest, columns, strict=True)]
    return [0.0 if kept else round(share, 3) for kept, share in zip(whole, shares, strict=True)]


def _cell(cell: Cell, *, right: bool = False) -> dict[str, Any]:
    if cell.kind == "symbol":
        parts = [
            {
                "base": _clean(p.base),
                "lower": p.lower,
                "upper": p.upper.translate(_SUPERSCRIPT),
                "italic": p.kind == "quantity",
            }
            for p in symbol_parts(cell.text)
        ]
        return {"kind": "symbol", "text": _clean(cell.text), "parts": parts}
    shown = _clean(cell.text)
    split = _ALIGNED.fullmatch(shown) if right else None
    ends = {"before": split["before"], "after": split["after"]} if split else {"before": "", "after": ""}
    return {"kind": cell.kind, "text": shown, "aligned": split is not None, **ends}


_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
