"""A table of published values, each row with its own unit, its own quantum and its reference: Table -> one Measurement a row.

Columns by their headers: `value`, `std`, `multiple`, `temperature` [K] are numbers; `system`, `quantity`, `unit`, `quantum`,
`particle`, `reference`, `doi`, `verified` are text. A row that nobody has verified is left out, with that as the reason.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gzero.errors import ColumnError, ConfigError, InputError
from gzero.estimate import Estimate
from gzero.loaders.table import Dropped, Table
from gzero.measurement.kinds import Kind
from gzero.measurement.measurement import Measurement, Series
from gzero.measurement.roles import Layout, Reading
from gzero.quanta import check_particle, parse_quantum

#: Columns of numbers and of text that a catalogue must have, and those that it may have.
_NUMBERS, _TEXTS = ("value",), ("system", "unit", "quantum")
_MORE_NUMBERS, _MORE_TEXTS = ("std", "multiple", "temperature"), (
    "quantity", "particle", "reference", "doi", "verified", "stated", "seen in", "beside",
)  # fmt: skip
#: What stands in the column `verified` of a row that may be used.
_VERIFIED = ("yes", "true", "1")


def lay_out_catalogue(table: Table, kind: Kind) -> Layout:
    """The columns of a catalogue, which are known by their headers alone.

    Raises
    ------
    ColumnError : one that is needed is missing.
    """
    numbers = {column.name.strip().casefold(): i for i, column in enumerate(table.columns)}
    texts = {name.strip().casefold() for name in table.labels}
    missing = [name for name in _NUMBERS if name not in numbers] + [name for name in _TEXTS if name not in texts]
    if missing:
        raise ColumnError(
            f"a table of published values needs the columns {', '.join((*_NUMBERS, *_TEXTS))}; missing: {', '.join(missing)}",
            path=table.origin.path,
            remedy="name them so in the header (and state --header-row 1 where rows of text come first)",
        )
    readings = [
        Reading(column=i, role="not used", reason="a catalogue has no such column") for i in range(len(table.columns))
    ]
    for name in (*_NUMBERS, *_MORE_NUMBERS):
        if name in numbers:
            i = numbers[name]
            readings[i] = Reading(column=i, role=name, reason="by its name")
    std = numbers.get("std")
    return Layout(
        x=None, y=(numbers["value"],), std=(std,), voltage=None, derivation="as written",
        conditions=tuple((name, numbers[name]) for name in ("multiple", "temperature") if name in numbers),
        readings=tuple(readings),
    )  # fmt: skip


def measure_catalogue(table: Table, layout: Layout, kind: Kind) -> tuple[Measurement, ...]:
    """One measurement a row that has a value, a quantum and, where the table says so, was verified.

    The value and its standard uncertainty stay as published; `metadata` holds the texts of the row.

    Raises
    ------
    InputError : no usable row, an uncertainty or a multiple that is not positive, a quantum or a particle that is none.
    """
    texts = {name.strip().casefold(): entries for name, entries in table.labels.items()}
    columns = dict(layout.conditions)
    left_out: dict[str, int] = {}
    rows: list[int] = []
    for row in range(table.rows):
        why = _why_not(table, layout, texts, row)
        if why:
            left_out[why] = left_out.get(why, 0) + 1
        else:
            rows.append(row)
    if not rows:
        raise InputError(
            "no row holds a verified value with a quantum to compare it with",
            path=table.origin.path,
            remedy="give value, unit and quantum, and 'yes' in the column verified where there is one",
        )
    dropped = tuple(Dropped(rule=rule, reason=_REASONS[rule], rows=n) for rule, n in left_out.items())
    origin = replace(table.origin, dropped=(*table.origin.dropped, *dropped))
    out = []
    for row in rows:
        said = {name: entries[row].strip() for name, entries in texts.items() if entries[row].strip()}
        number = table.row_numbers[row] if table.row_numbers else row + 1
        value, std = _number(table, layout.y[0], row), _number(table, layout.std[0], row)
        numbers = {name: _number(table, i, row) for name, i in columns.items()}
        _check(said, std, numbers, table.origin.path, number)
        conditions = {
            name: Estimate(value=v, unit="K" if name == "temperature" else "")
            for name, v in numbers.items()
            if np.isfinite(v)
        }
        own = np.array([std]) if np.isfinite(std) else None
        series = {
            kind.x.name: Series(name=kind.x.name, label="row", values=np.array([float(number)]), unit=""),
            kind.y.name: Series(
                name=kind.y.name, label="value", values=np.array([value]), std=own, written=said["unit"], unit=None
            ),
        }
        out.append(
            Measurement(
                kind=kind.name,
                series=series,
                conditions=conditions,
                origin=origin,
                x=kind.x.name,
                y=kind.y.name,
                trace=": ".join(said[k] for k in ("system", "quantity") if k in said),
                particle=said.get("particle"),
                row_numbers=(number,),
                metadata=said,
            )
        )
    return tuple(out)


_REASONS = {
    "not verified": "nobody has seen the value in its reference: it belongs to no claim",
    "no value": "the row states no number",
    "no quantum": "the row names no unit that it is to be compared with",
}


def _why_not(table: Table, layout: Layout, texts: dict[str, tuple[str, ...]], row: int) -> str:
    """The rule by which a row is left out, "" for none."""
    if "verified" in texts and texts["verified"][row].strip().casefold() not in _VERIFIED:
        return "not verified"
    if not np.isfinite(table.columns[layout.y[0]].values[row]):
        return "no value"
    return "" if texts["quantum"][row].strip() and texts["unit"][row].strip() else "no quantum"


def _number(table: Table, column: int | None, row: int) -> float:
    return float("nan") if column is None else float(table.columns[column].values[row])


def _check(said: dict[str, str], std: float, numbers: dict[str, float], path: str, row: int) -> None:
    """Refuse what no published value can be."""
    for name, value in (("std", std), *numbers.items()):
        if np.isfinite(value) and value <= 0:
            raise InputError(
                f"a {name} of {value:g} is not positive",
                path=path,
                row=row,
                remedy="leave the cell empty where it is not known",
            )
    try:
        parse_quantum(said["quantum"])
        check_particle(said.get("particle"))
    except ConfigError as error:
        raise InputError(error.problem, path=path, row=row, remedy=error.remedy) from None
