"""Tables whose every row is an answer of its own: Table + Layout -> one Measurement a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from gzero.errors import ColumnError, InputError, UnitError
from gzero.estimate import Estimate
from gzero.loaders.table import Table
from gzero.measurement.columns import (
    LARGEST,
    SMALLEST,
    check_sizes,
    chosen,
    raw_columns,
    read_beside,
    role_of,
    spread_in_si,
    stated_unit,
)
from gzero.measurement.kinds import Kind
from gzero.measurement.measurement import Measurement, Series
from gzero.measurement.roles import Layout, Wanted, header
from gzero.quanta import Conditions, unit_or_quantum


def measure_rows(
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
    unit = stated_unit(wanted.y_unit, "--y-unit", environment) or unit_or_quantum(column.unit_text, environment)
    if not unit.known or unit.si not in kind.y.units:
        stated = f"unit '{column.unit_text}'" if column.unit_text else "no unit"
        raise UnitError(
            f"{stated} where a {kind.y.name} [{' or '.join(kind.y.units)}] is asked",
            path=table.origin.path,
            column=column.name,
            remedy="state it with --y-unit 'm^2/s'",
        )
    index = layout.std[0]
    spread = None if index is None else spread_in_si(table, table.columns[index], column, unit, environment)
    beside = {name: read_beside(table, i, std, role_of(kind, name), environment) for name, i, std in layout.beside}
    kept = raw_columns(table, (layout.y[0], index))
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
        if spread is not None and spread[row] < 0:
            raise InputError(
                f"a standard uncertainty of {spread[row]:g} is negative",
                path=table.origin.path,
                row=table.row_numbers[row] if table.row_numbers else row + 1,
                remedy="correct it, or leave the cell empty",
            )
        own = {**conditions, **_row_conditions(table, layout, row, kind, environment)}
        std = None if spread is None or not np.isfinite(spread[row]) else np.array([spread[row]])
        y = Series(
            name=kind.y.name,
            label=header(column),
            values=np.array([column.values[row] * unit.factor]),
            std=std,
            unit=unit.si,
            common=column.common,
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
                series={kind.x.name: x, kind.y.name: y, **{n: _alone(s, row) for n, s in beside.items()}},
                conditions=own,
                origin=replace(table.origin, rows_read=table.origin.rows_read),
                x=kind.x.name,
                y=kind.y.name,
                trace=" ".join([what, *texts[1:]]),
                particle=particle,
                ledger=(chosen("y column", table, layout, layout.y[0], wanted.y),),
                metadata=table.metadata,
                raw={name: replace(raw, values=raw.values[row : row + 1]) for name, raw in kept.items()},
            )
        )
    for measurement in out:
        check_sizes(measurement)
    return tuple(out)


def _alone(series: Series, row: int) -> Series:
    """What one row says of a quantity that was read beside y."""
    std = None if series.std is None or not np.isfinite(series.std[row]) else series.std[row : row + 1]
    return replace(series, values=series.values[row : row + 1], std=std)


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
            if not SMALLEST < value < LARGEST:
                said = "not positive" if value <= 0 else "none of a laboratory"
                raise InputError(
                    f"a {name} of {value:g} {unit.si} is {said}",
                    path=table.origin.path,
                    row=table.row_numbers[row] if table.row_numbers else row + 1,
                    column=column.name,
                )
            out[name] = Estimate(value=value, unit=unit.si)
    return out
