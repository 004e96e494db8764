"""The audit's results as they are shipped, so that every report can tell those that touch it without working them out again.

`results.json` is a build product: `python -m gzero.audit.results > src/gzero/audit/results.json` writes it, and a test works out
every item anew and compares it word by word. It names the gzero that computed it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from gzero.audit.item import VERDICTS, AuditItem
from gzero.errors import GzeroError
from gzero.version import VERSION

SCHEMA = "gzero.audit-results/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditResults:
    """The judged items, in the paper's order, and the version of gzero that worked them out."""

    version: str
    items: tuple[AuditItem, ...]


def shipped_results() -> AuditResults:
    """What the audit found, read from the table in the package (about 2 ms; no sympy, no integral). Cases are not in it.

    Raises
    ------
    GzeroError : the table is of another schema, or a verdict in it is none: the installation is damaged.

    >>> [item.verdict for item in shipped_results().items if item.item in ("eq 10", "eq 22", "eq 28")]
    ['consistent', 'conditional', 'inconsistent']
    """
    record: dict[str, Any] = json.loads(files("gzero.audit").joinpath("results.json").read_text(encoding="utf-8"))
    items = record.get("items", [])
    if record.get("schema") != SCHEMA or not all(item["verdict"] in VERDICTS for item in items):
        raise GzeroError("the table of the audit's results is damaged", remedy="install gzero again")
    return AuditResults(
        version=record["gzero"],
        items=tuple(AuditItem(**{**item, "rows": tuple(item["rows"])}, cases=()) for item in items),
    )


def results_text(items: Sequence[AuditItem], version: str = VERSION) -> str:
    """The table as it is shipped: one item a line, so that a change shows as the lines it concerns."""
    names = ("item", "claim", "verdict", "corrected", "reason", "rows", "chapter")
    lines = [json.dumps({name: getattr(i, name) for name in names}, ensure_ascii=False) for i in items]
    return f'{{"schema": "{SCHEMA}", "gzero": "{version}", "items": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    import sys

    from gzero.audit.paper import audit_paper

    sys.stdout.write(results_text(audit_paper()))
