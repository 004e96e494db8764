"""The source paper, checked item by item: every claim in the paper's order, and its verdict.

Reggiani, Alfinito, Intini (2026), arXiv:2604.19828. How a verdict follows is in `audit.item`.
"""

from __future__ import annotations

from collections.abc import Iterable

from gzero.audit import diffusion, drude, quantum_units, radiation, tables, thermal
from gzero.audit.item import VERDICTS, AuditItem, Claim, Verdict, judge
from gzero.quanta import Quantum

SOURCE = "L. Reggiani, E. Alfinito, F. Intini (2026), arXiv:2604.19828"


def claims() -> tuple[Claim, ...]:
    """Every claim, in the paper's order."""
    return (
        *drude.claims(),
        *quantum_units.claims(),
        *thermal.claims(),
        *radiation.black_body(),
        *diffusion.claims(),
        *radiation.radiation_and_diffusion(),
        *diffusion.photon_units(),
        *tables.texts(),
        *tables.table_one(),
        *tables.table_two(),
        *tables.table_three(),
        *tables.table_four(),
    )


def audit_paper() -> tuple[AuditItem, ...]:
    """Work out every check of the paper's claims (about 3 s) and return them, judged.

    >>> [item.verdict for item in audit_paper() if item.item in ("eq 10", "eq 22", "eq 28")]
    ['consistent', 'conditional', 'inconsistent']
    """
    return tuple(judge(claim) for claim in claims())


def counts(items: Iterable[AuditItem]) -> dict[Verdict, int]:
    """How many items have each verdict."""
    found = [item.verdict for item in items]
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def touching(items: Iterable[AuditItem], quantum: Quantum) -> tuple[AuditItem, ...]:
    """The items that touch a quantum: those of its row of Table II and of its quantity (conductance or diffusion).

    Rows N, e, m and th share one diffusion quantum, h/m, so that it touches what is said of any of them.
    """
    quantity = "diffusion" if quantum.unit == "m^2/s" else "conductance"
    rows = {"N", "e", "m", "th"} if quantity == "diffusion" and quantum.row == "m" else {quantum.row}
    return tuple(item for item in items if rows & {*item.rows} and quantity in item.rows)
