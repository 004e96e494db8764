"""The audit as a document: counts, sections, typeset sentences, and the six formats."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from renderer_samples import analysis

from gzero.audit.item import AuditItem
from gzero.audit.paper import audit_paper
from gzero.errors import ConfigError
from gzero.report.audit import audit_document, audit_record, write_audit
from gzero.report.audit_notes import items_on, notes_section, readable
from gzero.report.document import Box, TableBlock
from gzero.report.write import write_report


@pytest.fixture(scope="module")
def items() -> tuple[AuditItem, ...]:
    return audit_paper()


def test_the_document_holds_every_item(items: tuple[AuditItem, ...]) -> None:
    document = audit_document(items)
    assert [section.title for section in document.sections] == [
        "Result", "Modified Drude relations", "Units of conductance", "Heat", "Radiation", "Diffusion", "Tables", "Provenance",
    ]  # fmt: skip
    box = document.sections[0].blocks[0]
    assert isinstance(box, Box)
    assert box.headline == "45 consistent, 19 conditional, 14 inconsistent"
    tables = [block for section in document.sections[1:-1] for block in section.blocks if isinstance(block, TableBlock)]
    shown = [row[0].text for table in tables for row in table.rows]
    assert sorted(shown) == sorted(item.item for item in items)
    counted = document.sections[0].blocks[1]
    assert isinstance(counted, TableBlock)
    assert [cell.value for cell in counted.rows[-1][1:]] == [45, 19, 14, 78]
    for column in (1, 2, 3, 4):
        assert sum(row[column].value or 0 for row in counted.rows[:-1]) == counted.rows[-1][column].value


def test_every_formula_is_typeset(items: tuple[AuditItem, ...]) -> None:
    for item in items:
        for sentence in (item.claim, item.corrected, item.reason):
            shown = readable(sentence)
            assert "`" not in shown
            assert "^" not in shown, shown
            assert "*" not in shown, shown


def test_one_quantity_has_one_notation(items: tuple[AuditItem, ...]) -> None:
    shown = " ".join(readable(s) for item in items for s in (item.claim, item.corrected, item.reason))
    for typeset, others in {"δN²": r"dN", "f₀": r"\bf0\b", "−": r" - ", "hₛ": r"h_s"}.items():
        assert typeset in shown
        assert re.findall(f".{{20}}{others}", shown) == []


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("`2*zeta(3)*(L*kB*T)^3/h`", "2 ζ(3) (L kB T)³/h"),
        ("eta = -10 gives 1.5e-7 m^2/s", "η = −10 gives 1.5 × 10⁻⁷ m²/s"),
        ("tau_T, lambda_b and lambda", "τ_T, λ_b and λ"),
        ("sqrt(3) <= Gamma", "√3 ≤ Γ"),
        ("the epsilon of Planck's pipeline", "the epsilon of Planck's pipeline"),
    ],
)
def test_readable(sentence: str, shown: str) -> None:
    assert readable(sentence) == shown


def test_the_record_has_exactly_the_fixed_keys(items: tuple[AuditItem, ...]) -> None:
    """design.md, section 4."""
    record = audit_record(items)
    assert list(record) == ["schema", "items"]
    assert record["schema"] == "gzero.audit/1"
    rows = record["items"]
    assert isinstance(rows, list)
    assert all(list(row) == ["item", "claim", "verdict", "corrected", "reason"] for row in rows)


@pytest.mark.parametrize("ending", [".html", ".tex", ".md", ".json", ".xlsx", ".pdf"])
def test_every_format_tells_all_items(ending: str, items: tuple[AuditItem, ...], tmp_path: Path) -> None:
    path = write_audit(items, tmp_path / f"audit{ending}")
    content = path.read_bytes()
    if ending == ".pdf":
        text = " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
        assert "45 consistent, 19 conditional, 14 inconsistent" in text
        assert text.count("inconsistent") >= 14
        return
    if ending == ".xlsx":
        sheet = load_workbook(io.BytesIO(content))["audit"]
        assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [item.item for item in items]
        return
    if ending == ".json":
        assert [row["item"] for row in json.loads(content)["items"]] == [item.item for item in items]
        return
    text = content.decode()
    for item in items:
        assert item.item.replace('"', "&quot;" if ending == ".html" else '"') in text


def test_another_ending_is_refused(items: tuple[AuditItem, ...], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="names no report format"):
        write_audit(items, tmp_path / "audit.docx")


def test_a_report_tells_the_shipped_notes_and_an_audit_with_reasons(
    items: tuple[AuditItem, ...], tmp_path: Path
) -> None:
    one = analysis()
    assert one.quantum is not None
    kept = items_on(items, [one])
    assert 0 < len(kept) < len(items)
    brief = write_report(one, tmp_path / "a.md").read_text(encoding="utf-8")
    full = write_report(one, tmp_path / "b.md", audit=items).read_text(encoding="utf-8")
    for text in (brief, full):
        assert "The source paper on this quantum" in text
        assert all(item.item in text for item in kept)
        assert "Table II phn" not in text
    assert "Worked out with gzero" in brief
    assert "Worked out with gzero" not in full
    faulty = next(item for item in kept if item.verdict == "inconsistent")
    assert readable(faulty.reason)[:40] in full
    assert readable(faulty.reason)[:40] not in brief
    for book in (load_workbook(write_report(one, tmp_path / f"{i}.xlsx", audit=a)) for i, a in enumerate(((), items))):
        assert [row[0].value for row in book["audit"].iter_rows(min_row=2)] == [item.item for item in kept]
        assert [row[5].value for row in book["audit"].iter_rows(min_row=2)] == [readable(item.reason) for item in kept]


def test_the_record_of_a_report_tells_the_same_notes(items: tuple[AuditItem, ...], tmp_path: Path) -> None:
    one = analysis()
    kept = [item.to_dict() for item in items_on(items, [one])]
    for several in (one, [one, one]):
        for audit in ((), items):
            record = json.loads(write_report(several, tmp_path / "a.json", audit=audit).read_text(encoding="utf-8"))
            assert record["audit"]["items"] == kept


def test_what_has_no_quantum_is_told_by_its_experiment(items: tuple[AuditItem, ...]) -> None:
    """Heat is row th of Table II, phonons row phn, whatever was declared; a temperature is in no statement of the paper."""
    bare = replace(analysis(), quantum=None, comparisons=())
    heat = {item.item for item in items_on(items, [replace(bare, experiment="heat")])}
    assert {"eq 15", "eq 16", "phonon analogue of 17", "Table II th"} <= heat
    assert "Table II e" not in heat
    assert "No statement" in notes_section([replace(bare, experiment="transition")]).blocks[0].text  # type: ignore[union-attr]
    named = replace(bare, experiment="quantogram", comparisons=analysis().comparisons)
    assert any(item.item == "Table II N" for item in items_on(items, [named])) is any(
        c.name == "1/h" for c in named.comparisons
    )
