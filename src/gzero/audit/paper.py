"""The source paper, checked item by item: every claim in the paper's order, and its verdict.

Reggiani, Alfinito, Intini (2026), arXiv:2604.19828. How a verdict follows is in `audit.item`.
"""

from __future__ import annotations

from gzero.audit import diffusion, drude, quantum_units, radiation, tables, thermal
from gzero.audit.item import AuditItem, Claim, judge


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
