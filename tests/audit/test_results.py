"""The shipped results are what the audit works out, item by item, and reading them needs no computation."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files

import pytest

from gzero.audit.item import AuditItem
from gzero.audit.paper import audit_paper, claims
from gzero.audit.results import results_text, shipped_results
from gzero.measurement.kinds import KINDS
from gzero.version import VERSION

REMEDY = "run python -m gzero.audit.results > src/gzero/audit/results.json"


@pytest.fixture(scope="module")
def worked_out() -> dict[str, AuditItem]:
    return {item.item: item for item in audit_paper()}


@pytest.mark.parametrize("name", [claim.item for claim in claims()])
def test_an_item_is_shipped_as_it_is_worked_out(name: str, worked_out: dict[str, AuditItem]) -> None:
    found = {item.item: item for item in shipped_results().items}[name]
    fresh = worked_out[name]
    for part in ("claim", "verdict", "corrected", "reason", "rows", "chapter"):
        assert getattr(found, part) == getattr(fresh, part), f"{part}: {REMEDY}"


def test_the_table_is_whole_and_names_the_version_that_worked_it_out(worked_out: dict[str, AuditItem]) -> None:
    shipped = shipped_results()
    assert shipped.version == VERSION, REMEDY
    assert [item.item for item in shipped.items] == [claim.item for claim in claims()]
    text = files("gzero.audit").joinpath("results.json").read_text(encoding="utf-8")
    assert text == results_text(tuple(worked_out.values())), REMEDY


def test_the_text_reads_back(worked_out: dict[str, AuditItem]) -> None:
    record = json.loads(results_text(tuple(worked_out.values()), "1.2.3"))
    assert record["gzero"] == "1.2.3"
    assert [row["verdict"] for row in record["items"]] == [item.verdict for item in worked_out.values()]


def test_reading_them_imports_neither_sympy_nor_scipy_integrals() -> None:
    """A report pays a file of 33 kB, and no engine."""
    code = (
        "import sys; from gzero.audit.results import shipped_results; shipped_results();"
        "print([m for m in ('sympy', 'mpmath', 'scipy.integrate', 'gzero.audit.tables') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_rows_of_an_experiment_are_rows_of_the_paper() -> None:
    known = {row for item in shipped_results().items for row in item.rows}
    assert {row for kind in KINDS.values() for row in kind.paper_rows} <= known
