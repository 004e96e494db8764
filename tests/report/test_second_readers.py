"""Reports as readers see them that share no code with pypdf and openpyxl: PDFium (that of Chrome), Poppler, and calamine (Rust)."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
import samples
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from gzero.analysis import Analysis
from gzero.report.audit_notes import notes_record
from gzero.report.build import build_document
from gzero.report.document import Box, Document, TableBlock
from gzero.report.pdf import render_pdf
from gzero.report.symbols import symbol_text
from gzero.report.xlsx import render_xlsx

#: Nothing may be printed nearer to the edge of the paper than this [mm]; the margin of the template is 25 mm.
_EDGE = 8.0


@pytest.fixture(scope="module")
def document() -> Document:
    return build_document([samples.staircase()])


@pytest.fixture(scope="module")
def report(document: Document) -> bytes:
    return render_pdf(document)


def _joined(text: str) -> str:
    """Without white space and without the characters that PDFium puts where a word is broken."""
    return re.sub(r"[\s\u00ad\ufffe\u0002]", "", text)


def _said(document: Document) -> list[str]:
    """Every cell of every table, every head, and every sentence of the box."""
    out = [document.title, document.footer]
    for section in document.sections:
        out.append(section.title)
        for block in section.blocks:
            if isinstance(block, Box):
                out += [block.headline, *block.lines]
            if isinstance(block, TableBlock):
                out += [block.caption, *block.heads]
                cells = (cell for row in block.rows for cell in row)
                out += [symbol_text(cell.text) if cell.kind == "symbol" else cell.text for cell in cells]
    return out


def _hyphens(text: str) -> str:
    """Texts compared without hyphens: a line may break after one, and a reader may drop it there."""
    return re.sub(r"[-\u2010\u2011]", "", _joined(text))


def test_pdfium_reads_every_cell_and_sentence(report: bytes, document: Document) -> None:
    pdf = pypdfium2.PdfDocument(report)
    try:
        text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
        assert len(pdf) == len(PdfReader(io.BytesIO(report)).pages)
    finally:
        pdf.close()
    found = _hyphens(text)
    missing = [said for said in _said(document) if _hyphens(said) not in found]
    assert not missing
    assert "\ufffd" not in text


def test_pdfium_draws_nothing_near_the_edge_and_no_page_is_empty(report: bytes) -> None:
    pdf = pypdfium2.PdfDocument(report)
    try:
        for page in pdf:
            bitmap = page.render(scale=100 / 72, grayscale=True).to_numpy()
            ink = bitmap.reshape(bitmap.shape[0], -1) < 200
            edge = round(_EDGE / 25.4 * 100)
            assert not ink[:edge].any()
            assert not ink[-edge:].any()
            assert not ink[:, :edge].any()
            assert not ink[:, -edge:].any()
            assert ink[edge:-edge].any(axis=1).mean() > 0.02  # more than its head and its foot
    finally:
        pdf.close()


@pytest.mark.skipif(
    shutil.which("pdftotext") is None or shutil.which("pdfinfo") is None, reason="no Poppler on the PATH"
)
def test_poppler_reads_every_cell_and_sentence(report: bytes, document: Document, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(report)
    text = subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True, timeout=60).stdout
    found = _hyphens(text.decode())
    assert not [said for said in _said(document) if _hyphens(said) not in found]
    told = subprocess.run(["pdfinfo", str(path)], check=True, capture_output=True, timeout=60).stdout.decode()
    info = dict(re.findall(r"^([^:\n]+):[ \t]*(.*)$", told, re.MULTILINE))
    assert info["Title"] == document.title
    assert info["Tagged"] == "yes"
    assert info["JavaScript"] == "no"
    assert info["Encrypted"] == "no"
    assert int(info["Pages"]) == len(PdfReader(io.BytesIO(report)).pages)


def _sheets(analysis: Analysis) -> dict[str, list[dict[str, object]]]:
    """The workbook as calamine reads it: sheet -> rows by their heads."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(render_xlsx(build_document([analysis]), [analysis])))
    out = {}
    for name in book.sheet_names:
        heads, *rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False) or [[]]
        out[name] = [dict(zip([str(h) for h in heads], row, strict=True)) for row in rows]
    return out


def test_calamine_reads_the_numbers_of_the_record() -> None:
    """Estimates, plateaus and readings as an independent reader finds them are those of the JSON, to the last digit."""
    analysis = samples.staircase()
    sheets, record = _sheets(analysis), analysis.to_dict()
    results = {row["quantity"]: row for row in sheets["results"]}
    estimates = record["estimates"]
    assert isinstance(estimates, dict)
    for name, estimate in estimates.items():
        for key in ("value", "std"):
            assert results[name][key] == estimate[key]
    plateaus = record["plateaus"]
    assert isinstance(plateaus, list)
    assert [row["index"] for row in sheets["plateaus"]] == [p["index"] for p in plateaus]
    level = next(head for head in sheets["plateaus"][0] if head.startswith("level ["))
    assert [row[level] for row in sheets["plateaus"]] == [p["level"]["value"] for p in plateaus]
    curve = analysis.curve
    assert curve is not None
    x, y = ([row[head] for row in sheets["data"]] for head in list(sheets["data"][0])[:2])
    np.testing.assert_array_equal(x, curve.x)
    np.testing.assert_array_equal(y, curve.y)
    notes = notes_record([analysis])["items"]
    assert isinstance(notes, list)
    assert [(row["item"], row["verdict"]) for row in sheets["audit"]] == [(n["item"], n["verdict"]) for n in notes]
