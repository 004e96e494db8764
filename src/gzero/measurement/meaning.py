"""From columns as written to quantities in SI: Table + Layout -> Measurement, one a trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ColumnError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.loaders.table import Column, Table
from gzero.measurement.kinds import Kind, Role
from gzero.measurement.layout import Layout, Wanted, header
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement, Series
from gzero.quanta import Conditions, Quantum, unit_or_quantum
from gzero.units import DIMENSIONLESS, UNKNOWN, Unit


def measure(
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
    """One measurement a trace (or a row, where every row is an answer of its own).

    Parameters
    ----------
    conditions : declared quantities, in SI.
    environment : mass, temperature, length for headers that name a quantum.
    quantum : the declared one; values of an unstated unit are read in units of it, and the ledger says so.

    Raises
    ------
    UnitError : a unit is missing or contradicts the quantity.
    ColumnError : a needed column is missing.
    """
    if kind.per_row:
        return _rows(table, layout, kind, wanted, conditions=conditions, environment=environment, particle=particle)
    if layout.x is None:
        raise ColumnError("no column is left for the abscissa", path=table.origin.path, remedy="name it with --x")
    abscissa = table.columns[layout.x]
    x_unit = _stated(wanted.x_unit, "--x-unit", environment) or unit_or_quantum(abscissa.unit_text, environment)
    _check_unit(table, abscissa, x_unit, kind.x, "--x-unit")
    x = Series(
        name=kind.x.name,
        label=header(abscissa),
        short=abscissa.name,
        written=wanted.x_unit or abscissa.unit_text,
        values=abscissa.values * x_unit.factor + x_unit.offset,
        unit=x_unit.si,
    )
    ledger = [_chosen("x column", table, layout, layout.x, wanted.x)]
    beside = {name: _beside(table, column, std, _role(kind, name), environment) for name, column, std in layout.beside}
    ledger += [
        _chosen(f"{name.replace('_', ' ')} column", table, layout, i, wanted.columns.get(name))
        for name, i, _ in layout.beside
    ]
    out = []
    for index, std in zip(layout.y, layout.std, strict=True):
        column = table.columns[index]
        y, notes, warnings = _quantity(table, column, layout, wanted, conditions, environment, quantum, std, kind.y)
        if y.unit is not None and kind.y.units and y.unit not in kind.y.units:
            raise UnitError(
                f"unit [{y.unit or 'dimensionless'}] contradicts a {kind.y.name}",
                path=table.origin.path,
                column=column.name,
            )
        out.append(
            Measurement(
                kind=kind.name,
                series={kind.x.name: x, kind.y.name: y, **beside},
                conditions=conditions,
                origin=table.origin,
                x=kind.x.name,
                y=kind.y.name,
                trace=column.name if len(layout.y) > 1 else "",
                coordinate=column.coordinate,
                particle=particle,
                row_numbers=table.row_numbers,
                ledger=(*ledger, _chosen("y column", table, layout, index, wanted.y), *notes),
                warnings=warnings,
                metadata=table.metadata,
            )
        )
    return (pooled(tuple(out)),) if kind.pooled and len(out) > 1 else tuple(out)


def pooled(measurements: tuple[Measurement, ...]) -> Measurement:
    """Traces of one file as one measurement, with the number of its trace, from 1, beside every reading.

    Readings that are not finite in a trace that is shorter than the others are padding of the file, and left out.
    """
    first = measurements[0]
    kept = [np.isfinite(m.ordinate.values) for m in measurements]
    series: dict[str, Series] = {}
    for name, one in first.series.items():
        parts = [m.series[name] for m in measurements]
        std = (
            None
            if any(p.std is None for p in parts)
            else np.concatenate([np.asarray(p.std)[k] for p, k in zip(parts, kept, strict=True)])
        )
        series[name] = replace(
            one, values=np.concatenate([p.values[k] for p, k in zip(parts, kept, strict=True)]), std=std,
            label=one.label if name != first.y else first.y.replace("_", " "), short=one.short if name != first.y else first.y.replace("_", " "),
        )  # fmt: skip
    numbers = np.concatenate([np.full(int(k.sum()), i, dtype=float) for i, k in enumerate(kept, 1)])
    series["trace"] = Series(name="trace", label="trace", values=numbers, unit="")
    warnings = tuple(dict.fromkeys(w for m in measurements for w in m.warnings))
    rows = tuple(m.row(int(i)) for m, k in zip(measurements, kept, strict=True) for i in np.flatnonzero(k))
    return replace(first, series=series, trace="", coordinate=None, row_numbers=rows, warnings=warnings)


def _role(kind: Kind, name: str) -> Role:
    return next(role for role in kind.beside if role.name == name)


def _check_unit(table: Table, column: Column, unit: Unit, role: Role, option: str) -> None:
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


def _beside(table: Table, index: int, std: int | None, role: Role, environment: Conditions) -> Series:
    """What was read beside y, in SI."""
    column = table.columns[index]
    unit = unit_or_quantum(column.unit_text, environment)
    _check_unit(table, column, unit, role, "its unit there as")
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
        values=column.values * unit.factor + unit.offset,
        std=None if std is None else _spread(table, table.columns[std], column, unit, environment),
        unit=unit.si if unit.known else "" if role.units == ("",) else None,
    )


def _stated(text: str | None, option: str, environment: Conditions) -> Unit | None:
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


def _chosen(role: str, table: Table, layout: Layout, index: int, wanted: str | None) -> Choice:
    reading = layout.readings[index]
    return Choice(
        choice=role, value=header(table.columns[index]), origin="user" if wanted else "data", note=reading.reason
    )


def _quantity(
    table: Table,
    column: Column,
    layout: Layout,
    wanted: Wanted,
    conditions: Mapping[str, Estimate],
    environment: Conditions,
    quantum: Quantum | None,
    std: int | None,
    role: Role,
) -> tuple[Series, tuple[Choice, ...], tuple[str, ...]]:
    """The ordinate in SI, with the choices and warnings that its meaning took."""
    unit = _stated(wanted.y_unit, "--y-unit", environment) or unit_or_quantum(column.unit_text, environment)
    notes, warnings = [], []
    if wanted.y_unit:
        notes.append(Choice(choice="y unit", value=wanted.y_unit, origin="user"))
    if not unit.known and layout.derivation == "as written":
        if role.unitless:
            unit, more = _as_written(table, column, role)
            warnings += more
        else:
            unit, note, warning = _assumed_unit(
                table, column, quantum if quantum and quantum.unit in role.units else None
            )
            notes.append(note)
            warnings.append(warning)
    if not unit.known and not role.unitless:
        raise UnitError(
            f"the {layout.derivation} needs a unit and none is known",
            path=table.origin.path,
            column=column.name,
            remedy="state it with --y-unit, for example --y-unit nA",
        )
    values = column.values * unit.factor
    spread = None
    if std is not None:
        spread_column = table.columns[std]
        spread = _spread(table, spread_column, column, unit, environment)
        notes.append(
            Choice(
                choice="uncertainties",
                value=header(spread_column),
                origin="user" if wanted.std else "data",
                note="stated, believed as absolute",
            )
        )
    label = header(column)
    if layout.derivation != "as written":
        values, spread, unit, how = _derived(table, layout, values, spread, conditions, environment)
        label = how.format(label)
        notes.append(Choice(choice="conductance from", value=label, origin="data"))
    common = {}
    if layout.derivation == "current over bias":
        bias = conditions["bias"]
        common = {source: -std / bias.value for source, std in bias.systematic.items()}
    # a trace of a map is called after the wave and its number, which says nothing on an axis
    plain = column.coordinate is None and layout.derivation == "as written"
    series = Series(
        name=role.name, label=label, short=column.name if plain else role.name.replace("_", " "), values=values,
        std=spread, unit=unit.si, common=common, written=wanted.y_unit or column.unit_text,
    )  # fmt: skip
    return series, tuple(notes), tuple(warnings)


def _spread(table: Table, spread: Column, column: Column, unit: Unit, environment: Conditions) -> NDArray[np.float64]:
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


def _as_written(table: Table, column: Column, role: Role) -> tuple[Unit, list[str]]:
    """A column that may do without a unit: a pure number where the quantity is one, of an unknown unit otherwise.

    Raises
    ------
    UnitError : a unit is stated and not understood.
    """
    if column.unit_text:
        raise UnitError(
            f"unit '{column.unit_text}' is not known", path=table.origin.path, column=column.name,
            remedy="correct the header or state it with --y-unit",
        )  # fmt: skip
    if role.units == ("",):
        return DIMENSIONLESS, []
    what = role.name.replace("_", " ")
    return UNKNOWN, [f"the file states no unit of the {what}: its numbers are taken as written"]


def _assumed_unit(table: Table, column: Column, quantum: Quantum | None) -> tuple[Unit, Choice, str]:
    """Values without a unit are read in units of the declared quantum; without one there is nothing to read them in."""
    if column.unit_text:
        raise UnitError(
            f"unit '{column.unit_text}' is not known",
            path=table.origin.path,
            column=column.name,
            remedy="correct the header or state it with --y-unit",
        )
    if quantum is None or quantum.value is None:
        raise UnitError(
            "the header states no unit",
            path=table.origin.path,
            column=column.name,
            remedy="state it with --y-unit uS, or declare --quantum if the values are in units of it",
        )
    unit = Unit(text=quantum.symbol, factor=quantum.value, si=quantum.unit)
    note = Choice(
        choice="y unit",
        value=quantum.symbol,
        origin="default",
        note="the file states none; values are read in units of the declared quantum",
    )
    return (
        unit,
        note,
        f"the file states no unit of the conductance: its values are read in units of the declared quantum {quantum.symbol}",
    )


def _derived(
    table: Table,
    layout: Layout,
    values: NDArray[np.float64],
    spread: NDArray[np.float64] | None,
    conditions: Mapping[str, Estimate],
    environment: Conditions,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None, Unit, str]:
    """Conductance from what was measured, row by row; a division by zero becomes a value that is not finite."""
    siemens = Unit(text="S", si="S")
    with np.errstate(divide="ignore", invalid="ignore"):
        if layout.derivation == "inverse of resistance":
            return 1 / values, None if spread is None else spread / values**2, siemens, "1/({})"
        if layout.derivation == "current over bias":
            bias = conditions["bias"].value
            return values / bias, None if spread is None else spread / abs(bias), siemens, "{} / stated bias"
        if layout.derivation == "current over voltage" and layout.voltage is not None:
            column = table.columns[layout.voltage]
            unit = unit_or_quantum(column.unit_text, environment)
            if not unit.known:
                raise UnitError(
                    "the header states no unit of the voltage",
                    path=table.origin.path,
                    column=column.name,
                    remedy="write it in the header, for example 'V_bias (mV)'",
                )
            voltage = column.values * unit.factor
            return (
                values / voltage,
                None if spread is None else np.abs(spread / voltage),
                siemens,
                "{} / " + header(column),
            )
    raise ValueError(f"no such derivation: {layout.derivation}")


def _rows(
    table: Table,
    layout: Layout,
    kind: Kind,
    wanted: Wanted,
    *,
    conditions: Mapping[str, Estimate],
    environment: Conditions,
    particle: str | None,
) -> tuple[Measurement, ...]:
    """One measurement a row: the value, its uncertainty, and the conditions that stand beside it."""
    column = table.columns[layout.y[0]]
    unit = _stated(wanted.y_unit, "--y-unit", environment) or unit_or_quantum(column.unit_text, environment)
    if not unit.known or unit.si not in kind.y.units:
        stated = f"unit '{column.unit_text}'" if column.unit_text else "no unit"
        raise UnitError(
            f"{stated} where a {kind.y.name} [{' or '.join(kind.y.units)}] is asked",
            path=table.origin.path,
            column=column.name,
            remedy="state it with --y-unit 'm^2/s'",
        )
    index = layout.std[0]
    spread = None if index is None else _spread(table, table.columns[index], column, unit, environment)
    out = []
    for row in range(table.rows):
        if not np.isfinite(column.values[row]):
            raise ColumnError(
                f"no {kind.y.name} in this row",
                path=table.origin.path,
                row=table.row_numbers[row] if table.row_numbers else row + 1,
                column=column.name,
                remedy="fill it in or delete the row",
            )
        own = {**conditions, **_row_conditions(table, layout, row, kind, environment)}
        std = None if spread is None or not np.isfinite(spread[row]) else np.array([spread[row]])
        y = Series(
            name=kind.y.name,
            label=header(column),
            values=np.array([column.values[row] * unit.factor]),
            std=std,
            unit=unit.si,
        )
        temperature = own.get("temperature")
        x = Series(
            name=kind.x.name,
            label=kind.x.name,
            values=np.array([temperature.value if temperature else float("nan")]),
            unit="K",
        )
        texts = [column_texts[row] for column_texts in table.labels.values() if column_texts[row]]
        what = texts[0] if texts else f"row {row + 1}"
        if temperature:
            what += f", {temperature.value:g} K"
        out.append(
            Measurement(
                kind=kind.name,
                series={kind.x.name: x, kind.y.name: y},
                conditions=own,
                origin=replace(table.origin, rows_read=table.origin.rows_read),
                x=kind.x.name,
                y=kind.y.name,
                trace=" ".join([what, *texts[1:]]),
                particle=particle,
                ledger=(_chosen("y column", table, layout, layout.y[0], wanted.y),),
                metadata=table.metadata,
            )
        )
    return tuple(out)


def _row_conditions(table: Table, layout: Layout, row: int, kind: Kind, environment: Conditions) -> dict[str, Estimate]:
    out = {}
    asked = {role.name: role.units for role in kind.conditions}
    for name, index in layout.conditions:
        column = table.columns[index]
        unit = unit_or_quantum(column.unit_text, environment)
        if np.isfinite(column.values[row]):
            if not unit.known:
                raise UnitError(
                    f"the header states no unit of the {name}",
                    path=table.origin.path,
                    column=column.name,
                    remedy="write it in the header, for example 'T (K)'",
                )
            if unit.si not in asked[name]:
                raise UnitError(
                    f"unit '{unit.text}' [{unit.si or 'dimensionless'}] contradicts a {name} [{' or '.join(asked[name])}]",
                    path=table.origin.path,
                    column=column.name,
                    remedy="choose another column",
                )
            value = float(column.values[row]) * unit.factor + unit.offset
            if value <= 0:
                raise InputError(
                    f"a {name} of {value:g} {unit.si} is not positive",
                    path=table.origin.path,
                    row=table.row_numbers[row] if table.row_numbers else row + 1,
                    column=column.name,
                )
            out[name] = Estimate(value=value, unit=unit.si)
    return out
