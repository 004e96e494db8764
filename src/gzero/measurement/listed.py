"""A list of values of any unit, such as levels, histogram peaks or step heights: Table -> Layout -> Measurement."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gzero.errors import ColumnError, UnitError
from gzero.estimate import Estimate
from gzero.loaders.table import Table
from gzero.measurement.columns import raw_columns
from gzero.measurement.kinds import Kind
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement, Series
from gzero.measurement.quantities import matches
from gzero.measurement.roles import Layout, Reading, Wanted, find_column, header
from gzero.measurement.spread import belonging, uncertainty_columns
from gzero.quanta import NO_CONDITIONS, Conditions, Quantum, unit_or_quantum
from gzero.units import UNKNOWN, Unit


def lay_out_list(table: Table, kind: Kind, wanted: Wanted, *, conditions: Conditions = NO_CONDITIONS) -> Layout:
    """The column of values and that of their uncertainties.

    Raises
    ------
    ColumnError : no column of values, or several that could be it.
    """
    units = [unit_or_quantum(column.unit_text, conditions) for column in table.columns]
    names = [column.name for column in table.columns]
    spreads = uncertainty_columns(names, units, kind)
    y, why = _values(table, kind, wanted, set(spreads))
    readings = {y: Reading(column=y, role=kind.y.name, reason=why, by_user=wanted.y is not None)}
    std = None
    if wanted.std:
        std = find_column(table, wanted.std)
        readings[std] = Reading(column=std, role="std", reason="named by the user", by_user=True)
    else:
        ranks = {i: belonging(of, i, y, table.columns, units, kind) for i, of in spreads.items() if i != y}
        best = [i for i, rank in sorted(ranks.items()) if rank and rank == max(ranks.values())]
        if len(best) > 1:
            raise ColumnError(
                f"{len(best)} columns could be the uncertainty of '{names[y]}': {_named(table, best)}",
                path=table.origin.path,
                remedy="choose one with --std, by name or number",
            )
        if best:
            std = best[0]
            readings[std] = Reading(column=std, role="std", reason=f"standard uncertainty of '{names[y]}', by its name")
    for i in range(len(names)):
        readings.setdefault(i, Reading(column=i, role="not used", reason="a list of values needs no other column"))
    return Layout(
        x=None,
        y=(y,),
        std=(std,),
        voltage=None,
        derivation="as written",
        conditions=(),
        readings=tuple(readings[i] for i in range(len(names))),
    )


def _named(table: Table, columns: list[int]) -> str:
    return " and ".join(f"'{header(table.columns[i])}'" for i in columns[:4])


def _values(table: Table, kind: Kind, wanted: Wanted, spreads: set[int]) -> tuple[int, str]:
    if wanted.y:
        return find_column(table, wanted.y), "named by the user"
    free = [i for i in range(len(table.columns)) if i not in spreads]
    for found, why in (
        ([i for i in free if matches(table.columns[i].name, kind.y) and not matches(table.columns[i].name, kind.x)], "by its name"),
        ([i for i in free if not matches(table.columns[i].name, kind.x)], "nothing else is left"),
        (free, "nothing else is left"),
    ):  # fmt: skip
        if len(found) == 1:
            return found[0], f"the list of values, {why}"
        if found:
            raise ColumnError(
                f"{len(found)} columns could be the list of values: {_named(table, found)}",
                path=table.origin.path,
                remedy="choose one with --y, by name or number",
            )
    raise ColumnError("no column holds the values", path=table.origin.path, remedy="name it with --y")


def measure_list(
    table: Table,
    layout: Layout,
    kind: Kind,
    wanted: Wanted,
    *,
    conditions: Mapping[str, Estimate],
    environment: Conditions,
    particle: str | None = None,
    quantum: Quantum | None = None,
) -> tuple[Measurement, ...]:
    """The list as one measurement; a unit that nobody states stays unknown, unless a quantum is declared.

    Raises
    ------
    UnitError : a unit that is not understood, or an uncertainty of another dimension.
    """
    column = table.columns[layout.y[0]]
    unit, ledger, warnings = _unit(table, layout.y[0], wanted, environment, quantum)
    spread = None
    if layout.std[0] is not None:
        stated = table.columns[layout.std[0]]
        own = unit_or_quantum(stated.unit_text, environment)
        if stated.unit_text and (not own.known or own.si != unit.si):
            raise UnitError(
                f"its unit '{stated.unit_text}' is not that of '{column.name}'",
                path=table.origin.path,
                column=stated.name,
                remedy="state standard uncertainties in the unit of the values",
            )
        spread = stated.values * (own.factor if stated.unit_text else unit.factor)
        by_user = wanted.std is not None
        ledger.append(
            Choice(choice="uncertainties", value=header(stated), origin="user" if by_user else "data", note="stated")
        )
    written = wanted.y_unit or column.unit_text
    rows = np.array(table.row_numbers or range(1, table.rows + 1), dtype=np.float64)
    series = {
        # what --range is typed in is the unit of the values: it names the units to try
        kind.x.name: Series(name=kind.x.name, label=kind.x.name, values=rows, unit="", written=written),
        kind.y.name: Series(
            name=kind.y.name, label=header(column), short=column.name, written=written,
            values=column.values * unit.factor, std=spread, unit=unit.si, common=column.common,
        ),
    }  # fmt: skip
    reading = layout.readings[layout.y[0]]
    chosen = Choice(
        choice="column of values",
        value=header(column),
        origin="user" if reading.by_user else "data",
        note=reading.reason,
    )
    return (
        Measurement(
            kind=kind.name,
            series=series,
            conditions=conditions,
            origin=table.origin,
            x=kind.x.name,
            y=kind.y.name,
            particle=particle,
            row_numbers=table.row_numbers,
            ledger=(chosen, *ledger),
            warnings=tuple(warnings),
            metadata=table.metadata,
            raw=raw_columns(table, (layout.y[0], layout.std[0])),
        ),
    )


def _unit(
    table: Table, index: int, wanted: Wanted, environment: Conditions, quantum: Quantum | None
) -> tuple[Unit, list[Choice], list[str]]:
    """The unit of the values, with the choice and the warning that it took."""
    column = table.columns[index]
    text = wanted.y_unit or column.unit_text
    unit = unit_or_quantum(text, environment)
    if text and not unit.known:
        raise UnitError(
            f"unit '{text}' is not known, or needs a condition that is not stated",
            path=table.origin.path,
            column=column.name,
            remedy="correct the header or state it with --y-unit",
        )
    if wanted.y_unit:
        return unit, [Choice(choice="y unit", value=wanted.y_unit, origin="user")], []
    if text:
        return unit, [], []
    if quantum is not None and quantum.value is not None:
        said = f"the file states no unit: its values are read in units of the declared quantum {quantum.symbol}"
        found = Unit(text=quantum.symbol, factor=quantum.value, si=quantum.unit)
        return found, [Choice(choice="y unit", value=quantum.symbol, origin="default", note=said)], [said]
    said = "the file states no unit: the unit found is a number in whatever the values are in"
    return UNKNOWN, [], [said]
