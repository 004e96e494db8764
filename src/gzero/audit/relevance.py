"""Which statements of the paper touch a quantum, and how many of each verdict there are."""

from __future__ import annotations

from collections.abc import Iterable

from gzero.audit.item import VERDICTS, AuditItem, Verdict
from gzero.quanta import Quantum

SOURCE = "L. Reggiani, E. Alfinito, F. Intini (2026), arXiv:2604.19828"


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
    return of_rows(items, rows, quantity)


def of_rows(items: Iterable[AuditItem], rows: Iterable[str | None], quantity: str) -> tuple[AuditItem, ...]:
    """The items of some rows of Table II and of one quantity, "conductance" or "diffusion"."""
    wanted = {*rows}
    return tuple(item for item in items if wanted & {*item.rows} and quantity in item.rows)
