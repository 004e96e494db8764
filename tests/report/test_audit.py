"""The audit as a document: counts, sections, typeset sentences, and the six formats."""

import io
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader
from renderer_samples import analysis

from gzero.audit.item import AuditItem
from gzero.audit.paper import audit_paper
from gzero.errors import ConfigError
from gzero.quanta import parse_quantum
from gzero.report.audit import audit_document, audit_record, items_on, readable, section_on, write_audit
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


def test_an_analysis_takes_the_items_of_its_quantum(items: tuple[AuditItem, ...], tmp_path: Path) -> None:
    one = analysis()
    assert one.quantum is not None
    kept = items_on(items, [one.quantum])
    assert 0 < len(kept) < len(items)
    path = write_report(one, tmp_path / "a.md", audit=items)
    text = path.read_text(encoding="utf-8")
    assert "## The source paper on this quantum" in text
    assert "eq 8 second equality" in text
    assert "Table II phn" not in text
    assert "source paper on this quantum" not in write_report(one, tmp_path / "b.md").read_text(encoding="utf-8")
    book = load_workbook(write_report(one, tmp_path / "a.xlsx", audit=items))
    assert [row[0].value for row in book["audit"].iter_rows(min_row=2)] == [item.item for item in kept]


def test_the_json_of_an_analysis_has_no_place_for_it(items: tuple[AuditItem, ...], tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no audit; write it with gzero audit -o"):
        write_report(analysis(), tmp_path / "a.json", audit=items)
    assert not list(tmp_path.iterdir())


def test_without_a_quantum_nothing_touches(items: tuple[AuditItem, ...]) -> None:
    assert "No statement" in section_on(items, [None]).blocks[0].text  # type: ignore[union-attr]
    assert len(section_on(items, [parse_quantum("1/h"), None]).blocks) == 3
