"""The PDF, read back by pypdf: tagged, repeatable, and showing text as it was typed."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from pypdf import PdfReader
from samples import SHA, diffusion, staircase, staircase_map

from gzero.errors import OutputError
from gzero.report.build import build_document
from gzero.report.document import Box, Cell, Document, Facts, FigureBlock, Notes, Paragraph, Section, TableBlock
from gzero.report.pdf import render_pdf

#: Markup of typst that would load, compute, label or style if it were read as such.
HOSTILE = (
    '#import "x": * #panic() $x^2$ *bold* _it_ <label> @ref `raw` // c /* d */ \\ https://a.b [u] {v} = h #sys.inputs'
)


def _text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def _joined(text: str) -> str:
    """Without white space: where a line breaks is no part of what is said."""
    return re.sub(r"\s", "", text)


def _everywhere(text: str) -> Document:
    """One text in every place that a document has."""
    blocks = (
        Paragraph(text=text),
        Box(headline=text, tone="open", lines=(text,)),
        Facts(pairs=((text, Cell(text=text)), ("s", Cell(text=text, kind="symbol")))),
        Notes(items=(text,)),
        TableBlock(
            caption=text, heads=(text, "b"), rows=((Cell(text=text), Cell(text=text, kind="number")),), notes=(text,)
        ),
        FigureBlock(svg=b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', caption=text, alt=text),
    )
    return Document(title=text, subtitle=text, sections=(Section(title=text, blocks=blocks),), banner=text, footer=text)


@pytest.fixture(scope="module")
def report() -> bytes:
    return render_pdf(build_document([staircase()]))


def test_tagged_titled_and_in_a_language(report: bytes) -> None:
    reader = PdfReader(io.BytesIO(report))
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root
    assert bool(root["/ViewerPreferences"]["/DisplayDocTitle"])
    assert reader.metadata is not None
    assert reader.metadata.title == "Quantum point contact"
    assert b"pdfuaid:part" in report or "pdfuaid" in str(root["/Metadata"].get_object().get_data())


def test_bookmarks_are_the_sections(report: bytes) -> None:
    outline = PdfReader(io.BytesIO(report)).outline
    titles = [entry["/Title"] for entry in outline if not isinstance(entry, list)]
    assert len(titles) == 11
    assert "References" in titles[-1]


def _kinds(node: object, found: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """(kind, whether it has an alternative text) of every element of the structure tree."""
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            _kinds(child, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append((str(node["/S"]), "/Alt" in node))
        if "/K" in node:
            _kinds(node["/K"], found)
    return found


def test_figures_have_alternative_texts_and_tables_have_heads(report: bytes) -> None:
    root = PdfReader(io.BytesIO(report)).trailer["/Root"]
    kinds = _kinds(root["/StructTreeRoot"]["/K"], [])
    figures = [alt for kind, alt in kinds if kind == "/Figure"]
    assert figures
    assert all(figures)
    assert sum(kind == "/Table" for kind, _ in kinds) == 10
    assert sum(kind == "/TH" for kind, _ in kinds) >= 8 * 2


def test_what_is_said(report: bytes) -> None:
    text = _text(report)
    for needed in (
        "QUANTIZED in units of 2e²/h",
        "77.71(35) µS",
        "1.003(5)",
        SHA,
        "CODATA 2022",
        "believe the plateaus",
    ):
        assert needed in text


def test_banner_pages_and_footer_on_every_page(report: bytes) -> None:
    pages = PdfReader(io.BytesIO(report)).pages
    for number, page in enumerate(pages, 1):
        text = page.extract_text()
        assert "SYNTHETIC DATA" in text
        assert f"page {number} of {len(pages)}" in text
        assert f"gzero 0.1.0 · data sha256 {SHA[:12]}" in text
    assert pages[0].extract_text().count("SYNTHETIC DATA") == 2


def test_same_bytes_again_and_no_date(report: bytes) -> None:
    assert render_pdf(build_document([staircase()])) == report
    assert b"CreationDate" not in report


def test_stated_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """1700000000 s is 2023-11-14 22:13:20 UTC (date -u -d @1700000000)."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    document = Document(title="t", subtitle="", sections=(Section(title="s", blocks=()),))
    metadata = PdfReader(io.BytesIO(render_pdf(document))).metadata
    assert metadata is not None
    assert "20231114221320" in str(metadata["/CreationDate"])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(OutputError, match="yesterday"):
        render_pdf(document)


def test_hostile_text_is_shown_as_typed() -> None:
    text = _joined(_text(render_pdf(_everywhere(HOSTILE))))
    # title, banner twice, subtitle, footer, heading, paragraph, box twice, facts, symbol, note, table, captions
    assert text.count(_joined(HOSTILE)) >= 12


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("שלום עולם", "םולש"),  # the embedded Libertinus has Hebrew; pypdf gives visual order
        ("Ωμέγα Ж ± − ½ €", "Ωμέγα Ж ± − ½ €"),
        ("试样 1", "[U+8BD5][U+6837] 1"),
        ("sample 😀", "sample [U+1F600]"),
        ("a\x00b\x07c", "a[U+0000]b[U+0007]c"),
        ("abc\u202edef", "abc[U+202E]def"),  # would show def backwards
        ("lone \ud800 surrogate", "lone [U+D800] surrogate"),
        ("\ue000 private \ufeff mark", "private [U+FEFF] mark"),
        ("", ""),
    ],
)
def test_text_that_no_font_or_no_reader_shows(typed: str, shown: str) -> None:
    text = _text(render_pdf(_everywhere(typed)))
    assert _joined(shown) in _joined(text) or _joined(shown)[::-1] in _joined(text)


def test_long_unbroken_text_is_wrapped_and_whole() -> None:
    name = "".join(chr(97 + i % 26) for i in range(10_000))
    analysis = replace(staircase(), title="long", trace=name)
    pdf = render_pdf(build_document([analysis]))
    # the name runs over several pages: their heads and feet are taken out
    text = _text(pdf)
    for edge in (r"page \d+ of \d+", "SYNTHETIC DATA", re.escape(build_document([analysis]).footer)):
        text = re.sub(edge, "", text)
    assert name in _joined(text)


def test_long_table_repeats_its_head() -> None:
    pages = PdfReader(io.BytesIO(render_pdf(build_document(staircase_map(101, points=60))))).pages
    texts = [p.extract_text() for p in pages]
    assert sum("Step height" in t and "n = 1" in t and "Verdict" in t for t in texts) >= 3
    assert "trace 100" in "".join(texts)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_paper(paper: str) -> None:
    """ISO 216: 210 x 297 mm; ANSI/ASME Y14.1: 8.5 x 11 in; 72 points an inch."""
    sizes = {"a4": (595.28, 841.89), "us-letter": (612.0, 792.0)}
    pdf = render_pdf(build_document([diffusion(0)]), paper=paper)  # type: ignore[arg-type]
    box = PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    assert (float(box.width), float(box.height)) == pytest.approx(sizes[paper], abs=0.1)


def test_archival_standard_on_request() -> None:
    pdf = render_pdf(build_document([diffusion(0)]), extra_standards=("a-2a",))
    metadata = PdfReader(io.BytesIO(pdf)).trailer["/Root"]["/Metadata"].get_object().get_data()
    assert b"pdfaid" in metadata
    assert b"pdfuaid" in metadata


def test_errors_are_of_the_tree() -> None:
    document = build_document([diffusion(0)])
    with pytest.raises(OutputError, match="a0"):
        render_pdf(document, paper="a0")  # type: ignore[arg-type]
    with pytest.raises(OutputError, match="PDF"):
        render_pdf(document, extra_standards=("no-such",))
    broken = FigureBlock(svg=b"<svg", caption="c", alt="a")
    with pytest.raises(OutputError, match="typst"):
        render_pdf(Document(title="t", subtitle="", sections=(Section(title="s", blocks=(broken,)),)))


@pytest.mark.parametrize("language", ["de", "pt-BR", "x-klingon-and-more", ""])
def test_languages(language: str) -> None:
    document = replace(build_document([diffusion(0)]), language=language)
    lang = PdfReader(io.BytesIO(render_pdf(document))).trailer["/Root"]["/Lang"]
    assert lang == {"de": "de", "pt-BR": "pt-BR"}.get(language, "en")
