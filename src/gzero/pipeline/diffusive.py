"""Tables of diffusion coefficients and mobilities: whether rows are answers of their own or one curve, and plates to reduce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gzero.errors import ColumnError, InputError
from gzero.estimate import Estimate
from gzero.loaders.table import Dropped, Table
from gzero.measurement.kinds import Kind
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.measurement.roles import Layout, Reading
from gzero.pipeline.config import Config
from gzero.pipeline.conventions import rows
from gzero.quanta import unit_or_quantum
from gzero.reduction.van_der_pauw import LEAST_PAIRS, as_table, hall_curve, is_bridge, paired, readings_of

#: Fewest temperatures of one sample that make a curve without being asked.
LEAST = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """A table that was reduced before it is read, and what there is to say of that."""

    table: Table
    ledger: tuple[Choice, ...] = ()
    warnings: tuple[str, ...] = ()


def reduced(table: Table) -> Told:
    """Currents and voltages of four contacts become mobility over temperature; any other table stays as it is.

    Readings above the temperature at which the Hall coefficient is largest are left out: carriers of both kinds conduct there.

    Raises
    ------
    InputError : a bridge that cannot be reduced.
    """
    if not is_bridge(table):
        if len(paired(table)) >= LEAST_PAIRS:
            raise ColumnError(
                "the currents and voltages of a plate need one column of the temperature and one of the magnetic field",
                path=table.origin.path,
                remedy="write their units in the header, for example 'T (K)' and 'B (T)'",
            )
        return Told(table=table)
    readings = readings_of(table)
    try:
        curve = hall_curve(readings)
    except InputError as error:
        raise InputError(error.problem, path=table.origin.path, remedy=error.remedy) from None
    keep = curve.one_kind
    out = as_table(table, curve, curve.mobility, keep)
    warnings = [
        "the mobility is a Hall mobility, r_H times the drift mobility that Einstein's relation asks for: r_H is taken as 1, "
        "3 pi/8 = 1.18 for phonons in one simple band, more in p-type germanium and silicon"
    ]
    ledger = [
        *curve.ledger,
        Choice(
            choice="Hall factor", value="1", origin="default", note="Hall over drift mobility; not known from the file"
        ),
    ]
    if not keep.all():
        hot = int((~keep).sum())
        top = float(curve.temperature[keep][-1])
        reason = "the Hall coefficient falls with temperature: carriers of both kinds conduct, and its mobility is that of neither"
        origin = replace(
            out.origin, dropped=(*out.origin.dropped, Dropped(rule="mixed conduction", reason=reason, rows=hot))
        )
        out = replace(out, origin=origin)
        ledger.append(
            Choice(
                choice="one kind of carrier", value=f"up to {top:.4g} K", origin="data", note="largest Hall coefficient"
            )
        )
        warnings.append(f"{hot} temperatures above {top:.4g} K are left out: {reason}")
    return Told(table=out, ledger=tuple(ledger), warnings=tuple(warnings))


def bridge_layout(table: Table) -> Layout:
    """What every column of a plate is, for `gzero inspect`."""
    pairs = paired(table)
    roles = {i: f"current {contacts}" for i, contacts, _ in pairs} | {v: f"voltage of current {c}" for _, c, v in pairs}
    readings = tuple(
        Reading(
            column=i,
            role=roles.get(i, _of_plate(table, i)),
            reason="van der Pauw and Hall: reduced to the mobility over temperature",
        )
        for i in range(len(table.columns))
    )
    return Layout(x=None, y=(), std=(), voltage=None, derivation="as written", conditions=(), readings=readings)


def _of_plate(table: Table, index: int) -> str:
    return {"K": "temperature", "T": "magnetic field"}.get(
        unit_or_quantum(table.columns[index].unit_text).si or "", "not used"
    )


def of_rows(table: Table, experiment: Kind, layout: Layout, config: Config) -> tuple[Kind, Choice, dict[str, Estimate]]:
    """(the kind to read the table as, why, conditions that all rows share) of a table whose rows may be one curve.

    Raises
    ------
    InputError : a curve is asked for and there is no column of temperatures.
    """
    asked = rows(config)
    temperatures = 0
    if layout.x is not None:
        values = table.columns[layout.x].values
        temperatures = int(np.unique(values[np.isfinite(values)]).size)
    apart = _apart(table, layout)
    if asked == "curve" and temperatures < 2:
        raise InputError(
            "a curve over temperature needs a column of temperatures",
            path=table.origin.path,
            remedy="name it with --x, or leave --rows out for an answer a row",
        )
    one = asked == "curve" or (asked == "auto" and temperatures >= LEAST and not apart)
    if asked != "auto":
        note = f"'{apart}' differs from row to row" if apart and one else ""
    elif one:
        note = f"{temperatures} temperatures and nothing that tells rows apart; --rows each gives an answer a row"
    else:
        note = f"'{apart}' differs from row to row" if apart else f"{temperatures} temperatures are too few for a curve"
    choice = Choice(
        choice="rows",
        value="one curve" if one else "an answer each",
        origin="data" if asked == "auto" else "user",
        note=note,
    )
    if not one:
        return experiment, choice, {}
    return replace(experiment, per_row=False, conditions=()), choice, _shared(table, layout)


def _apart(table: Table, layout: Layout) -> str:
    """The column that tells rows apart: of texts, or of a mass or a length that differs; "" where there is none."""
    for name, texts in table.labels.items():
        if len({text.strip() for text in texts}) > 1:
            return name
    for name, index in layout.conditions:
        values = table.columns[index].values
        if name != "temperature" and np.unique(values).size > 1:
            return table.columns[index].name
    return ""


def _shared(table: Table, layout: Layout) -> dict[str, Estimate]:
    """A mass or a length that every row states."""
    out = {}
    for name, index in layout.conditions:
        column = table.columns[index]
        unit = unit_or_quantum(column.unit_text)
        if name != "temperature" and unit.known and np.isfinite(column.values[0]) and column.values[0] > 0:
            out[name] = Estimate(value=float(column.values[0]) * unit.factor, unit=unit.si)
    return out


def told(
    measurements: tuple[Measurement, ...],
    ledger: tuple[Choice, ...],
    warnings: tuple[str, ...],
    shared: Mapping[str, Estimate],
) -> tuple[Measurement, ...]:
    """Measurements with what was done before they were read, and with conditions that their table states."""
    return tuple(
        replace(
            m, ledger=(*ledger, *m.ledger), warnings=(*warnings, *m.warnings), conditions={**m.conditions, **shared}
        )
        for m in measurements
    )
