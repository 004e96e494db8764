"""From columns as written to quantities in SI: Table + Layout -> Measurement, one a trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ColumnError, ConfigError, UnitError
from gzero.estimate import Estimate
from gzero.loaders.room import worked_out
from gzero.loaders.table import Column, Table
from gzero.measurement.columns import (
    check_sizes,
    check_unit,
    chosen,
    raw_columns,
    read_beside,
    role_of,
    spread_in_si,
    stated_unit,
)
from gzero.measurement.kinds import Kind
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement, Series
from gzero.measurement.pooling import pooled, pooled_alike
from gzero.measurement.quantities import Role
from gzero.measurement.roles import Layout, Wanted, header
from gzero.measurement.rows import measure_rows
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
        return measure_rows(
            table, layout, kind, wanted, conditions=conditions, environment=environment, particle=particle
        )
    if layout.x is None:
        raise ColumnError("no column is left for the abscissa", path=table.origin.path, remedy="name it with --x")
    abscissa = table.columns[layout.x]
    x_unit = stated_unit(wanted.x_unit, "--x-unit", environment) or unit_or_quantum(abscissa.unit_text, environment)
    check_unit(table, abscissa, x_unit, kind.x, "--x-unit")
    x = Series(
        name=kind.x.name,
        label=header(abscissa),
        short=abscissa.name,
        written=wanted.x_unit or abscissa.unit_text,
        values=worked_out(lambda written: written * x_unit.factor + x_unit.offset, abscissa.values),
        unit=x_unit.si,
        common=abscissa.common,
    )
    ledger = [chosen("x column", table, layout, layout.x, wanted.x)]
    beside = {
        name: read_beside(table, column, std, role_of(kind, name), environment) for name, column, std in layout.beside
    }
    ledger += [
        chosen(f"{name.replace('_', ' ')} column", table, layout, i, wanted.columns.get(name))
        for name, i, _ in layout.beside
    ]
    out: list[Measurement] = []
    together = kind.pooled and _alike(table, layout)
    for index, std in zip(layout.y[:1] if together else layout.y, layout.std, strict=not together):
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
                conditions=_with_shift(table, column, layout, y, conditions),
                origin=table.origin,
                x=kind.x.name,
                y=kind.y.name,
                trace=column.name if len(layout.y) > 1 else "",
                coordinate=column.coordinate,
                particle=particle,
                row_numbers=table.row_numbers,
                ledger=(*ledger, chosen("y column", table, layout, index, wanted.y), *notes),
                warnings=warnings,
                metadata=table.metadata,
                raw=raw_columns(
                    table, (layout.x, index, std, layout.voltage, *(i for _, *pair in layout.beside for i in pair))
                ),
            )
        )
    if together:  # the same arithmetic on the readings of all of them
        long = replace(table.columns[layout.y[0]], values=_behind_each_other([table.columns[i] for i in layout.y]))
        y = _quantity(table, long, layout, wanted, conditions, environment, quantum, None, kind.y)[0]
        out = [pooled_alike(out[0], y, len(layout.y))]
    for measurement in out:
        check_sizes(measurement)
    return (pooled(tuple(out)),) if kind.pooled and len(out) > 1 else tuple(out)


def _alike(table: Table, layout: Layout) -> bool:
    """Whether there are several traces that differ in nothing but their readings."""
    if len(layout.y) < 2 or layout.derivation == "current over voltage" or any(i is not None for i in layout.std):
        return False
    columns = [table.columns[i] for i in layout.y]
    first = columns[0]
    others = (layout.x, *(i for _, *pair in layout.beside for i in pair))
    return all(
        c.unit_text == first.unit_text and c.raw is None and (c.common, c.shift) == (first.common, first.shift)
        for c in columns
    ) and all(table.columns[i].raw is None for i in others if i is not None)


def _behind_each_other(columns: list[Column]) -> NDArray[np.float64]:
    values = np.concatenate([c.values for c in columns])
    values.setflags(write=False)
    return values


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
    unit = stated_unit(wanted.y_unit, "--y-unit", environment) or unit_or_quantum(column.unit_text, environment)
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
    values = worked_out(lambda written: written * unit.factor, column.values)
    spread = None
    if std is not None:
        spread_column = table.columns[std]
        spread = spread_in_si(table, spread_column, column, unit, environment)
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
    common = _common(table, column, layout, conditions)
    # a trace of a map is called after the wave and its number, which says nothing on an axis
    plain = column.coordinate is None and layout.derivation == "as written"
    series = Series(
        name=role.name, label=label, short=column.name if plain else role.name.replace("_", " "), values=values,
        std=spread, unit=unit.si, common=common, chained=_chained(table, column, layout), written=wanted.y_unit or column.unit_text,
    )  # fmt: skip
    return series, tuple(notes), tuple(warnings)


def _chained(table: Table, column: Column, layout: Layout) -> bool:
    """Whether a signal chain lies between the sample and what y is made of."""
    return column.raw is not None or (layout.voltage is not None and table.columns[layout.voltage].raw is not None)


def _common(table: Table, column: Column, layout: Layout, conditions: Mapping[str, Estimate]) -> dict[str, float]:
    """Source -> relative shift of every value of y: of its signal chain, and of what it is divided by."""
    shares = dict(column.common)
    below: Mapping[str, float] = {}
    if layout.derivation == "inverse of resistance":
        shares, below = {}, column.common
    elif layout.derivation == "current over voltage" and layout.voltage is not None:
        below = table.columns[layout.voltage].common
    elif layout.derivation == "current over bias":
        bias = conditions["bias"]
        below = {source: std / bias.value for source, std in bias.systematic.items()}
    for source, share in below.items():
        shares[source] = shares.get(source, 0.0) - share
    return shares


def _with_shift(
    table: Table, column: Column, layout: Layout, y: Series, conditions: Mapping[str, Estimate]
) -> Mapping[str, Estimate]:
    """The conditions with the uncertain zero of a chain as part of the offset of y, which moves all readings alike.

    Raises
    ------
    ConfigError : the readings are divided by another column, so that no offset is common to them.
    """
    voltage = () if layout.voltage is None else table.columns[layout.voltage].shift
    if voltage or (column.shift and layout.derivation not in ("as written", "current over bias")):
        raise ConfigError(
            f"the uncertain offset of its chain is not one offset of the {y.name}", path=table.origin.path,
            column=column.name, remedy=f"state the offset without an uncertainty, or that of the {y.name} with --offset",
        )  # fmt: skip
    if not column.shift:
        return conditions
    scale = 1 / conditions["bias"].value if layout.derivation == "current over bias" else 1.0
    offset = conditions.get("offset", Estimate(value=0.0, unit=y.unit))
    for source, shift in column.shift.items():
        offset = offset.with_part(source, -shift * scale)  # what is read too high was corrected too little
    return {**conditions, "offset": offset}


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
            return (
                worked_out(lambda ohm: 1 / ohm, values),
                None if spread is None else spread / values**2,
                siemens,
                "1/({})",
            )
        if layout.derivation == "current over bias":
            bias = conditions["bias"].value
            return (
                worked_out(lambda ampere: ampere / bias, values),
                None if spread is None else spread / abs(bias),
                siemens,
                "{} / stated bias",
            )
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
            voltage = worked_out(lambda written: written * unit.factor, column.values)
            return (
                worked_out(np.divide, values, voltage),
                None if spread is None else np.abs(spread / voltage),
                siemens,
                "{} / " + header(column),
            )
    raise ValueError(f"no such derivation: {layout.derivation}")
