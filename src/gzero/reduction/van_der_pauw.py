"""From four contacts on a plate to the Hall mobility over temperature: van der Pauw's equation and reversal of current and field.

L. J. van der Pauw 1958, Philips Res. Rep. 13, 1: contacts A, B, C, D on the rim of a plate without holes, R_AB,CD the
voltage between C and D over the current from A to B, at zero field:

    exp(-pi R_AB,CD/R_s) + exp(-pi R_AD,BC/R_s) = 1                        sheet resistance R_s [ohm]
    R_H/t = [R_AC,BD(B+) - R_AC,BD(B-)]/(B+ - B-)                          Hall coefficient over thickness [ohm/T]
    mu_H = |R_H|/(R_s t)                                                   Hall mobility [m^2/(V s)]

The thickness cancels in the mobility, as does a common gain of the two meters. Reversing the current takes out thermal
voltages and the zero of the voltmeter; taking the difference of two fields takes out the contacts that do not lie across
each other and the zero of the field meter; the mean with R_BD,AC (which is R_AC,BD of the reversed field: Onsager) takes out what
is left of the contacts. The sheet resistance is that of the smallest field, as it grows with the field.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gzero.errors import ColumnError, InputError, UnitError
from gzero.loaders.table import Column, Table
from gzero.measurement.ledger import Choice
from gzero.quanta import unit_or_quantum

Array = NDArray[np.float64]

_READING = re.compile(
    r".*?(?P<what>current|strom|voltage|spannung|\bi|\bv|\bu)[\s_(]*(?P<sign>[-−]?)[\s_]*(?P<contacts>[A-D]{2})\)?",
    re.I,
)
#: Fewest currents, each with its voltage, of a plate: two edges and a diagonal.
LEAST_PAIRS = 3
#: Readings of a field below this part of the largest one are taken as those without a field, above the other as those with.
_LOW, _HIGH = 0.2, 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readings:
    """Resistances of a plate over temperature and field, current reversed; n readings in any order.

    Parameters
    ----------
    temperature [K], field [T] : shape (n,).
    first, second : R_AB,CD and R_AD,BC [ohm], shape (n,): current and voltage along opposite edges.
    across : R_AC,BD and, where it was read, R_BD,AC [ohm], shape (n, 1) or (n, 2).
    rows : where each reading stands in the file, from 1.
    """

    temperature: Array
    field: Array
    first: Array
    second: Array
    across: Array
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HallCurve:
    """What the readings say at every temperature at which the small field was read, shape (n,), ascending.

    Parameters
    ----------
    temperature [K], sheet_resistance [ohm], hall (R_H/t, its sign that of the coldest readings) [ohm/T].
    rows : of the readings at the small field, from 1.
    field_zero : reading of the field meter without a field [T]: the mean of the two fields, where the Hall voltage is even.
    ledger : what was done.
    """

    temperature: Array
    sheet_resistance: Array
    hall: Array
    rows: tuple[int, ...]
    field_zero: float
    ledger: tuple[Choice, ...] = ()

    @property
    def mobility(self) -> Array:
        """R_H/(R_s t) [m^2/(V s)], negative where the other kind of carrier has taken over."""
        return np.asarray(self.hall / self.sheet_resistance)

    @property
    def one_kind(self) -> NDArray[np.bool_]:
        """Readings up to the temperature at which |R_H| is largest: above it carriers of the other kind are excited, R_H
        falls and changes its sign, and mu_H is the mobility of neither."""
        size = np.abs(self.hall)
        return np.asarray(np.arange(size.size) <= int(np.argmax(size)))


def sheet_resistance(first: Array, second: Array) -> Array:
    """R_s [ohm] of van der Pauw's equation, from R_AB,CD and R_AD,BC [ohm] > 0 of equal shape.

    Equal ones give pi R/ln 2. With x = pi(R1 + R2)/(2 R_s) and r = (R1 - R2)/(R1 + R2) it reads cosh(r x) = exp(x)/2; Newton
    from x = ln 2, where it is convex, never overshoots.

    Raises
    ------
    InputError : a resistance that is not positive.
    """
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if not (np.all(first > 0) and np.all(second > 0) and np.isfinite(first).all() and np.isfinite(second).all()):
        raise InputError(
            "a resistance along the edge of the plate is not positive",
            remedy="check which contacts carry the current, and the sign of the voltage",
        )
    ratio = np.abs(first - second) / (first + second)
    x = np.full(ratio.shape, math.log(2.0))
    for _ in range(200):
        # ln cosh(r x) + ln 2 - x = 0, and its derivative r tanh(r x) - 1 < 0
        value = np.logaddexp(ratio * x, -ratio * x) - x
        step = value / (1 - ratio * np.tanh(ratio * x))
        x = x + step
        if np.all(np.abs(step) <= 1e-15 * x):
            break
    return np.asarray(np.pi * (first + second) / (2 * x))


def hall_curve(readings: Readings) -> HallCurve:
    """Sheet resistance and Hall coefficient over temperature, from readings whose field was reversed.

    Readings at the two fields are brought to the temperatures of the readings at the small one by a monotone cubic (Fritsch
    and Carlson 1980, doi 10.1137/0717021), as temperature goes on between them. Without readings at a small field the sheet
    resistance is the mean at the two fields, which then holds the magnetoresistance.

    Raises
    ------
    InputError : no field of either sign, or no temperature at which all are known.
    """
    b = readings.field
    largest = float(np.max(np.abs(b))) if b.size else 0.0
    up, down, low = b > _HIGH * largest, b < -_HIGH * largest, np.abs(b) < _LOW * largest
    if largest == 0 or not (up.any() and down.any()):
        raise InputError(
            "the magnetic field is not reversed: no Hall voltage can be told from that of contacts out of line",
            remedy="read every temperature at two fields of opposite sign",
        )
    bare = low if low.any() else up | down
    order = np.flatnonzero(bare)[np.argsort(readings.temperature[bare], kind="stable")]
    t = readings.temperature[order]
    inside = np.ones(t.size, dtype=bool)
    for side in (up, down):
        inside &= (t >= readings.temperature[side].min()) & (t <= readings.temperature[side].max())
    if not inside.any():
        raise InputError(
            "the two signs of the field were read at other temperatures than the small field",
            remedy="read all of them at each temperature",
        )
    order, t = order[inside], t[inside]
    across = _in_line(readings, up, down)
    there = {
        name: (_at(readings, across, side, t), _at(readings, b, side, t)) for name, side in (("+", up), ("-", down))
    }
    hall = (there["+"][0] - there["-"][0]) / (there["+"][1] - there["-"][1])
    cold = hall[: max(1, hall.size // 4)]
    hall = hall * (1.0 if float(np.median(cold)) >= 0 else -1.0)
    along = sheet_resistance(np.abs(readings.first), np.abs(readings.second))
    # without a small field, the mean of the two signs at each temperature
    sheet = along[order] if low.any() else (_at(readings, along, up, t) + _at(readings, along, down, t)) / 2
    zero = float(np.mean(there["+"][1] + there["-"][1]) / 2)
    notes = (
        Choice(
            choice="mobility from", value="van der Pauw and Hall", origin="data",
            note=f"{b.size} readings, current and field reversed; thickness and the gain of the meters cancel",
        ),
        Choice(
            choice="sheet resistance at", value="the smallest field" if low.any() else "both fields, averaged", origin="data",
            note=f"largest field {largest:.3g} T, zero of the field meter {1e3 * zero:.3g} mT",
        ),
    )  # fmt: skip
    rows = tuple(readings.rows[i] if readings.rows else int(i) + 1 for i in order)
    return HallCurve(temperature=t, sheet_resistance=sheet, hall=hall, rows=rows, field_zero=zero, ledger=notes)


def _in_line(readings: Readings, up: NDArray[np.bool_], down: NDArray[np.bool_]) -> Array:
    """The two readings across the plate as one, the second turned so that its part odd in the field has the sign of the first."""
    odd = [float(np.mean(column[up]) - np.mean(column[down])) for column in readings.across.T]
    signs = [1.0 if o * odd[0] >= 0 else -1.0 for o in odd]
    return np.asarray(np.mean(readings.across * np.array(signs), axis=1))


def _at(readings: Readings, values: Array, side: NDArray[np.bool_], t: Array) -> Array:
    """Values of the readings of one field at other temperatures."""
    from scipy.interpolate import PchipInterpolator

    place, index = np.unique(readings.temperature[side], return_inverse=True)
    mean = np.bincount(index, weights=values[side]) / np.bincount(index)
    if place.size < 4:
        return np.interp(t, place, mean)
    return np.asarray(PchipInterpolator(place, mean)(t))


def is_bridge(table: Table) -> bool:
    """Whether the columns are currents and voltages of four contacts A to D, with a field and a temperature."""
    currents, voltages = _contacts(table)
    return (
        len(currents) >= LEAST_PAIRS
        and len(currents) == len(voltages)
        and _one(table, "field") is not None
        and _one(table, "temperature") is not None
    )


def paired(table: Table) -> tuple[tuple[int, str, int], ...]:
    """(column of a current, its contacts, column of its voltage) of a bridge, in the order of the file."""
    currents, voltages = _contacts(table)
    return tuple(
        (i, ("-" if minus else "") + contacts, v)
        for (i, minus, contacts), (v, _, _) in zip(currents, voltages, strict=False)
    )


def readings_of(table: Table) -> Readings:
    """The resistances that a table of currents and voltages holds: its k-th current belongs to its k-th voltage.

    Columns are called after the contacts ("sample current AB", "Voltage CD"); a minus sign before them (or the contacts
    the other way round) is the reversed current. Currents and voltages without a unit are read in A and V; the mobility is the same in
    any other.

    Raises
    ------
    ColumnError, InputError : contacts that make no plate, columns that are missing, values that are not finite.
    """
    currents, voltages = _contacts(table)
    field, temperature = _one(table, "field"), _one(table, "temperature")
    if field is None or temperature is None or not currents or len(currents) != len(voltages):
        raise ColumnError(
            "these are no columns of a van der Pauw bridge",
            path=table.origin.path,
            remedy="name them temperature, field, 'current AB', ... and 'voltage CD', ..., one voltage for each current",
        )
    pairs: dict[str, list[tuple[Array, Array]]] = {}
    for (i, minus, contacts), (v, _, probes) in zip(currents, voltages, strict=True):
        if set(contacts) & set(probes):
            raise ColumnError(
                f"the current {contacts} and the voltage {probes} share a contact",
                path=table.origin.path,
                column=table.columns[v].name,
                remedy="give the voltages in the order of their currents",
            )
        name = "".join(sorted(contacts))
        current = _values(table, i, "A")
        if minus and float(np.median(current)) > 0:
            current = -current  # written without its sign
        pairs.setdefault(name, []).append((current * _turn(contacts), _values(table, v, "V") * _turn(probes)))
    along = [[pairs[name] for name in names if name in pairs] for names in (("AB", "CD"), ("AD", "BC"))]
    across = [_resistance(pairs[name]) for name in ("AC", "BD") if name in pairs]
    if not (along[0] and along[1] and across):
        raise ColumnError(
            f"currents through {', '.join(sorted(pairs))} are not enough for a plate",
            path=table.origin.path,
            remedy="two neighbouring edges (AB or CD, and AD or BC) and one diagonal (AC or BD) are needed",
        )
    first, second = (np.mean([np.abs(_resistance(p)) for p in edges], axis=0) for edges in along)
    return Readings(
        temperature=_values(table, temperature, "K"), field=_values(table, field, "T"), first=first, second=second,
        across=np.column_stack(across), rows=tuple(table.row_numbers) or tuple(range(1, table.rows + 1)),
    )  # fmt: skip


def as_table(table: Table, curve: HallCurve, mobility: Array, keep: NDArray[np.bool_]) -> Table:
    """Temperature and mobility as a table of the same origin, so that they are read as any other file of the kind."""
    columns = (
        Column(name="temperature", unit_text="K", values=curve.temperature[keep], source="reduced"),
        Column(name="Hall mobility", unit_text="m^2/(V s)", values=mobility[keep], source="reduced"),
    )
    rows = tuple(row for row, kept in zip(curve.rows, keep, strict=True) if kept)
    return Table(columns=columns, metadata=table.metadata, origin=table.origin, row_numbers=rows)


def _contacts(table: Table) -> tuple[list[tuple[int, bool, str]], list[tuple[int, bool, str]]]:
    """(column, whether reversed, contacts) of the currents and of the voltages, in the order of the file."""
    currents: list[tuple[int, bool, str]] = []
    voltages: list[tuple[int, bool, str]] = []
    for i, column in enumerate(table.columns):
        found = _READING.fullmatch(column.name.strip())
        if found is not None:
            entry = (i, bool(found["sign"]), found["contacts"].upper())
            (currents if found["what"].lower() in ("current", "strom", "i") else voltages).append(entry)
    return currents, voltages


def _turn(contacts: str) -> float:
    """-1 where contacts are named against the order of the alphabet."""
    return 1.0 if contacts[0] < contacts[1] else -1.0


def _resistance(readings: list[tuple[Array, Array]]) -> Array:
    """dV/dI of readings at both signs of the current, row by row [ohm]; V/I where there is one reading alone."""
    current, voltage = (np.array([r[k] for r in readings]) for k in (0, 1))
    if current.shape[0] > 1 and np.all(np.ptp(current, axis=0) > np.abs(current).max(axis=0)):
        current, voltage = current - current.mean(axis=0), voltage - voltage.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.sum(current * voltage, axis=0) / np.sum(current**2, axis=0)
    if not np.isfinite(out).all():
        raise InputError(
            f"no resistance in {int((~np.isfinite(out)).sum())} rows: a current is zero, or a reading is no number",
            remedy="delete such rows",
        )
    return np.asarray(out)


def _one(table: Table, what: str) -> int | None:
    """The column of the temperature or the field, by its unit; None where there is none or several."""
    si = {"temperature": "K", "field": "T"}[what]
    found = [i for i, column in enumerate(table.columns) if unit_or_quantum(column.unit_text).si == si]
    return found[0] if len(found) == 1 else None


def _values(table: Table, index: int, si: str) -> Array:
    """A column in SI; one without a unit is taken as it stands."""
    column = table.columns[index]
    unit = unit_or_quantum(column.unit_text)
    if column.unit_text and unit.si != si:
        raise UnitError(
            f"unit '{column.unit_text}' where [{si}] is asked", path=table.origin.path, column=column.name,
            remedy="correct the header",
        )  # fmt: skip
    if not np.isfinite(column.values).all():
        row = int(np.flatnonzero(~np.isfinite(column.values))[0])
        raise InputError(
            "not a finite number", path=table.origin.path, column=column.name,
            row=table.row_numbers[row] if table.row_numbers else row + 1, remedy="correct the file, or delete the row",
        )  # fmt: skip
    return np.asarray(column.values * unit.factor + unit.offset if unit.known else column.values)
