"""One trace of many: by name, by number, or by its place along the slow axis of a map."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gzero.errors import ColumnError
from gzero.loaders.table import Coordinate
from gzero.measurement.ledger import Choice
from gzero.measurement.measurement import Measurement
from gzero.units import parse_unit

_PLACE = re.compile(
    r"(?:(?P<name>[^=]*[^=\s])\s*=)?\s*(?P<number>[-+−]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*(?P<unit>[^\W\d_].*|[°%].*)?"
)


def by_place(measurements: Sequence[Measurement], wanted: str, path: str) -> Measurement | None:
    """The trace of a map that stands at a place such as ``G2 = -700 mV`` or ``-700 mV``; None where the text is no place.

    A place is that of the nearest trace if it lies within half of the spacing there. A number without a unit is in the file's.
    Bare whole numbers from 0 are no places but the numbers of traces.

    Raises
    ------
    ColumnError : the file is no map, its axis is another, no trace is as near as that, or two are.
    """
    match = _PLACE.fullmatch(wanted.strip())
    if match is None or re.fullmatch(r"\+?[0-9]+", wanted.strip()):
        return None
    places = [m.coordinate for m in measurements]
    there = [c for c in places if c is not None]
    if not there or len(there) != len(places):
        if match["name"] is None and match["unit"] is None:
            return None
        raise ColumnError(
            f"there is no trace '{wanted}': the file is no map, whose traces have places", path=path,
            remedy=f"choose a number from 0 to {len(places) - 1}, or a name" if len(places) > 1 else "leave --trace out",
        )  # fmt: skip
    axis = there[0]
    if match["name"] is not None and match["name"].strip().strip('"').casefold() != axis.name.casefold():
        raise ColumnError(
            f"there is no axis '{match['name'].strip()}'",
            path=path,
            remedy=f"its slow axis is {axis.name}: write {_shown(axis)}",
        )
    value = _in_units_of_the_file(match["number"], match["unit"], axis, path)
    values = np.array([c.value for c in there])
    off = np.abs(values - value)
    order = np.argsort(off, kind="stable")
    gaps = np.abs(values - values[order[0]])
    room = 0.5 * float(np.min(gaps[gaps > 0], initial=np.inf))
    rounding = 1e-9 * max(float(np.max(np.abs(values))), abs(value))
    near = ", ".join(f"{_shown(there[i])} (trace {i})" for i in order[:3].tolist())
    if off[order[0]] > room + rounding or (not np.isfinite(room) and off[order[0]] > rounding):
        raise ColumnError(f"no trace is at {wanted}", path=path, remedy=f"the nearest are {near}")
    if order.size > 1 and off[order[1]] <= off[order[0]] + rounding:
        raise ColumnError(f"two traces are as near to {wanted}", path=path, remedy=f"choose by number: {near}")
    nearest = int(order[0])
    found, at = measurements[nearest], there[nearest]
    far = f"{off[nearest]:.3g} {at.unit_text or ''}".rstrip()
    note = f"asked for as {wanted}" + ("" if off[nearest] <= rounding else f", {far} off")
    choice = Choice(choice="trace", value=_shown(at), origin="user", note=note)
    return replace(found, ledger=(*found.ledger, choice))


def _in_units_of_the_file(number: str, unit_text: str | None, axis: Coordinate, path: str) -> float:
    """A stated place in the unit that the axis is written in."""
    value = float(number.replace("−", "-"))
    if unit_text is None:
        return value
    unit, own = parse_unit(unit_text), parse_unit(axis.unit_text)
    if not unit.known or not own.known or unit.si != own.si:
        shown = f"in [{axis.unit_text}]" if axis.unit_text else "without a unit"
        raise ColumnError(
            f"'{unit_text.strip()}' is no unit of {axis.name}, which is {shown}", path=path,
            remedy=f"write a number as the file does, for example --trace '{_shown(axis)}'",
        )  # fmt: skip
    return (value * unit.factor + unit.offset - own.offset) / own.factor


def _shown(place: Coordinate) -> str:
    return f"{place.name} = {place.value:.6g} {place.unit_text or ''}".rstrip()
