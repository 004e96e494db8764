"""The committed reports say what the code says: made again from the shipped data, they read the same.

`gzero demo --all -o reports` and `gzero audit -o reports/audit.pdf` make them anew. Versions of packages are not compared.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from gzero.audit.paper import audit_paper
from gzero.pipeline.datasets import shipped
from gzero.pipeline.demo import report_of
from gzero.report.audit import write_audit

REPORTS = Path(__file__).parents[1] / "reports"


def _said(content: bytes) -> list[str]:
    """The words of a report, without the versions of packages and of gzero."""
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    text = re.sub(r"Versions\s*gzero.*?Constants", "Constants", text, flags=re.DOTALL)
    return re.sub(r"gzero \d+\.\d+\.\d+\S*", "gzero", text).split()


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_committed_report_is_what_the_code_says(name: str, tmp_path: Path) -> None:
    _, target = report_of(name, tmp_path)
    assert _said(target.read_bytes()) == _said((REPORTS / target.name).read_bytes()), "run gzero demo --all -o reports"


def test_the_committed_audit_is_what_the_code_says(tmp_path: Path) -> None:
    target = tmp_path / "audit.pdf"
    write_audit(audit_paper(), target)
    assert _said(target.read_bytes()) == _said((REPORTS / "audit.pdf").read_bytes()), (
        "run gzero audit -o reports/audit.pdf"
    )


def test_there_is_no_report_that_nothing_makes() -> None:
    made = {"audit", *({"published": "world"}.get(name, name) for name in shipped())}
    assert {path.stem for path in REPORTS.glob("*.pdf")} == made
