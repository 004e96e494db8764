"""A report in no format: sections of paragraphs, tables, figures and boxes, that every renderer tells in its own way.

Text is data. Nothing in a `Document` is markup of any format: a renderer escapes it or passes it as a value.
Numbers in tables are rendered once, by `report.rounding`; the raw values travel with them for workbooks and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from gzero.report.plot import Plot

Tone = Literal["good", "bad", "open", "neutral"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: the text shown, and the number behind it where there is one.

    kind : "text"; "number" (aligned, with its raw value); "symbol" (a quantum or a formula, in the canonical ASCII of
        `gzero.quanta`, typeset by `report.symbols`).
    """

    text: str
    kind: Literal["text", "number", "symbol"] = "text"
    value: float | None = None
    std: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBlock:
    """A table: caption, column heads (with their unit), rows of equal length, notes below it."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureBlock:
    """A figure: SVG bytes, the caption below it, the text for a reader who cannot see it, and its numbers for a page on
    which it can be zoomed.
    """

    svg: bytes
    caption: str
    alt: str
    name: str = ""
    plot: Plot | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The answer, set apart: a headline, a tone, and the sentences under it."""

    headline: str
    tone: Tone
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Pairs of name and value, such as the cover of a report."""

    pairs: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """A list of sentences."""

    items: tuple[str, ...]


Block = Paragraph | TableBlock | FigureBlock | Box | Facts | Notes


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and what stands under it; `own_page` where it begins a page, in formats that have pages."""

    title: str
    blocks: tuple[Block, ...]
    own_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report.

    Parameters
    ----------
    title, subtitle : of the report.
    sections : in reading order.
    banner : a statement that must stand on every page ("synthetic data"), "" for none.
    footer : versions and hash, for the foot of the page.
    language : BCP 47.
    """

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    banner: str = ""
    footer: str = ""
    language: str = "en"
