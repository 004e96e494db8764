"""What one column says in SI: its unit stated, known or refused, its uncertainties, what is read beside y."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import InputError, UnitError
from gzero.loaders.room import pieces, rest, worked_out
from gzero.loaders.table import Column, Table
from gzero.measurement.kinds import Kind
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement, Series
from gzero.measurement.quantities import Role, matches
from gzero.measurement.roles import Layout, header
from gzero.quanta import Conditions, unit_or_quantum
from gzero.units import Unit


def ratios_as_names(table: Table, kind: Kind) -> Table:
    """The table with headers such as `dN/N` whole where y is a pure number: the slash is a ratio there and no unit."""
    if kind.y.units != ("",):
        return table
    columns = tuple(
        replace(c, name=f"{c.name}/{c.unit_text}", unit_text=None)
        if c.unit_text and matches(f"{c.name}/{c.unit_text}", kind.y)
        else c
        for c in table.columns
    )
    return replace(table, columns=columns)


def role_of(kind: Kind, name: str) -> Role:
    return next(role for role in kind.beside if role.name == name)


def check_unit(table: Table, column: Column, unit: Unit, role: Role, option: str) -> None:
    """Refuse a column without a unit where one is needed, or with one that its role cannot have.

    Raises
    ------
    UnitError : as said.
    """
    if role.unitless or not role.units:
        return
    what = role.name.replace("_", " ")
    asked = " or ".join(text or "a pure number" for text in role.units)
    if not unit.known:
        stated = f"unit '{column.unit_text}' is not known" if column.unit_text else "the header states no unit"
        raise UnitError(
            f"{stated} where a {what} [{asked}] is asked",
            path=table.origin.path, column=column.name, remedy=f"write it in the header, or state {option} '{role.units[0]}'",
        )  # fmt: skip
    if unit.si not in role.units:
        raise UnitError(
            f"unit '{unit.text}' [{unit.si or 'dimensionless'}] contradicts a {what} [{asked}]",
            path=table.origin.path, column=column.name, remedy="choose another column, or correct the header",
        )  # fmt: skip


def read_beside(table: Table, index: int, std: int | None, role: Role, environment: Conditions) -> Series:
    """What was read beside y, in SI."""
    column = table.columns[index]
    unit = unit_or_quantum(column.unit_text, environment)
    check_unit(table, column, unit, role, "its unit there as")
    if role.unitless and unit.known and role.units and unit.si not in role.units:
        raise UnitError(
            f"unit '{unit.text}' [{unit.si or 'dimensionless'}] contradicts a {role.name.replace('_', ' ')}",
            path=table.origin.path, column=column.name, remedy="choose another column with --columns",
        )  # fmt: skip
    return Series(
        name=role.name,
        label=header(column),
        short=column.name,
        written=column.unit_text,
        values=worked_out(lambda written: written * unit.factor + unit.offset, column.values),
        std=None if std is None else spread_in_si(table, table.columns[std], column, unit, environment),
        unit=unit.si if unit.known else "" if role.units == ("",) else None,
        common=column.common,
    )


def raw_columns(table: Table, indices: Iterable[int | None]) -> dict[str, Column]:
    """Those of some columns that a signal chain was undone of, as the file holds them, by header; a trace of a map, whose header
    is its number, under `y`."""
    found = [table.columns[i].raw for i in indices if i is not None]
    return {header(raw if raw.coordinate is None else replace(raw, name="y")): raw for raw in found if raw is not None}


def stated_unit(text: str | None, option: str, environment: Conditions) -> Unit | None:
    """The unit that the user states for a column; None where the user states none.

    Raises
    ------
    UnitError : it is not understood, which must not pass for a unit that nobody stated.
    """
    if text is None:
        return None
    unit = unit_or_quantum(text, environment)
    if not unit.known:
        raise UnitError(
            f"{option}: unit '{text}' is not known, or needs a condition that is not stated",
            remedy=f"write for example {option} mV or {option} '2e^2/h'",
        )
    return unit


def chosen(role: str, table: Table, layout: Layout, index: int, wanted: str | None) -> Choice:
    reading = layout.readings[index]
    return Choice(
        choice=role, value=header(table.columns[index]), origin="user" if wanted else "data", note=reading.reason
    )


def spread_in_si(
    table: Table, spread: Column, column: Column, unit: Unit, environment: Conditions
) -> NDArray[np.float64]:
    """Stated uncertainties in SI; without a unit of their own they are in that of the values.

    Raises
    ------
    UnitError : their unit is not understood (percent, say), or is another.
    """
    stated = unit_or_quantum(spread.unit_text, environment)
    if spread.unit_text and not stated.known:
        raise UnitError(
            f"unit '{spread.unit_text}' of the uncertainties is not known",
            path=table.origin.path,
            column=spread.name,
            remedy=f"state standard uncertainties in the unit of '{column.name}'",
        )
    if stated.known and stated.si != unit.si:
        raise UnitError(
            f"its unit [{stated.si or 'dimensionless'}] is not that of '{column.name}' [{unit.si or 'dimensionless'}]",
            path=table.origin.path,
            column=spread.name,
        )
    return spread.values * (stated.factor if stated.known else unit.factor)


def _largest(values: NDArray[np.float64]) -> float:
    """The largest size among finite numbers; 0 where there is none."""
    found = 0.0
    for at in pieces(values.size):
        some = values[at]
        found = max(found, float(np.max(np.abs(some), where=np.isfinite(some), initial=0.0)))
        rest(values)
    return found


#: Sizes whose squares, and the squares of those, are numbers.
SMALLEST, LARGEST = 1e-70, 1e70


def check_sizes(measurement: Measurement) -> None:
    """Refuse a column whose numbers cannot be squared and added: no quantity of a laboratory has them in SI.

    Raises
    ------
    InputError : as said.
    """
    for series in measurement.series.values():
        for values in (series.values, series.std):
            size = 0.0 if values is None else _largest(values)
            if size > LARGEST or 0 < size < SMALLEST:
                raise InputError(
                    f"numbers as large as {size:.3g} {series.unit or ''}".rstrip() + " are none of a laboratory",
                    path=measurement.origin.path,
                    column=series.label,
                    remedy="check the column and its unit",
                )
