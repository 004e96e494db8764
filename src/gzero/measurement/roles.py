"""The roles of columns while a layout is worked out: who may play which, who plays which already, and why."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gzero.errors import ColumnError
from gzero.loaders.table import Column, Table
from gzero.measurement.kinds import Kind
from gzero.measurement.quantities import BIAS, CURRENT, RESISTANCE, Role, matches
from gzero.measurement.spread import uncertainty_columns
from gzero.quanta import Conditions, unit_or_quantum
from gzero.units import Unit

Derivation = Literal["as written", "current over voltage", "current over bias", "inverse of resistance"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one column was taken for, and why."""

    column: int
    role: str
    reason: str
    by_user: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The roles of a table's columns, as column indices.

    Parameters
    ----------
    x : the abscissa; None where every row is an answer of its own and none is stated.
    y : the ordinate, one index a trace.
    std : stated uncertainty of each trace, or None.
    voltage : the voltage that divides a current, or None.
    derivation : how y becomes the quantity that is asked for.
    conditions : (role name, column) of conditions stated row by row.
    beside : (role name, column, column of its stated uncertainty or None) of what was read with y.
    readings : one for every column, for `gzero inspect`.
    """

    x: int | None
    y: tuple[int, ...]
    std: tuple[int | None, ...]
    voltage: int | None
    derivation: Derivation
    conditions: tuple[tuple[str, int], ...]
    readings: tuple[Reading, ...]
    beside: tuple[tuple[str, int, int | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Columns that the user names (header text or number from 1), and units that the user states for them.

    Parameters
    ----------
    columns : role -> column, for what is read beside x and y.
    """

    x: str | None = None
    y: str | None = None
    std: str | None = None
    x_unit: str | None = None
    y_unit: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)


def find_column(table: Table, wanted: str) -> int:
    """Index of the column that the user means, by header (case ignored where that is unambiguous) or number from 1.

    Raises
    ------
    ColumnError : none or several fit.
    """
    names = [column.name for column in table.columns]
    exact = [i for i, name in enumerate(names) if name == wanted or header(table.columns[i]) == wanted]
    loose = [i for i, name in enumerate(names) if name.casefold() == wanted.strip().casefold()]
    for found in (exact, loose):
        if len(found) == 1:
            return found[0]
        if found:
            raise ColumnError(
                f"{len(found)} columns are called '{wanted}'",
                path=table.origin.path,
                remedy=f"give its number, {', '.join(str(i + 1) for i in found)}",
            )
    if re.fullmatch(r"[0-9]{1,6}", wanted.strip()) and 1 <= int(wanted) <= len(names):
        return int(wanted) - 1
    raise ColumnError(
        f"there is no column '{wanted}'",
        path=table.origin.path,
        remedy=f"choose one of {listing(table)}",
        allowed=tuple(names),
    )


def columns_of(table: Table, key: str, kind: Kind, wanted: Wanted, layout: Layout | None = None) -> tuple[int, ...]:
    """The columns that a key means: a header, a number from 1, or a role; all traces of a map where the role is theirs.

    Parameters
    ----------
    layout : where the roles are known; without one, they go by what the user names and by names of columns.

    Raises
    ------
    ColumnError : none, or several that are no traces of one map.
    """
    names = {text.casefold() for c in table.columns for text in (c.name, header(c))}
    if key.casefold() in names or re.fullmatch(r"[0-9]{1,6}", key.strip()):
        return (find_column(table, key),)
    ordinate = (kind.y, CURRENT, RESISTANCE) if kind.y.name == "conductance" else (kind.y,)
    known = {"x": (kind.x,), "y": ordinate, "std": (), CURRENT.name: (CURRENT,), BIAS.name: (BIAS,)}
    known |= {role.name: (role,) for role in (RESISTANCE, *kind.conditions, *kind.beside, kind.y, kind.x)}
    said = {"x": wanted.x, kind.x.name: wanted.x, "y": wanted.y, kind.y.name: wanted.y, "std": wanted.std}
    name = key.strip().casefold().replace(" ", "_")
    stated = {**said, **wanted.columns}.get(name)
    if stated:
        return (find_column(table, stated),)
    if name not in known:
        raise ColumnError(
            f"there is no column '{key}'", path=table.origin.path, allowed=tuple(c.name for c in table.columns),
            remedy=f"choose one of {listing(table)}, or a role: {', '.join(known)}",
        )  # fmt: skip
    found = _playing(table, name, known[name], kind, layout)
    slices = all(table.columns[i].coordinate is not None for i in found)
    if not found or (len(found) > 1 and not slices):
        which = " and ".join(f"'{header(table.columns[i])}'" for i in found[:4])
        problem = f"{len(found)} columns could be the {key}: {which}" if found else f"no column is the {key}"
        raise ColumnError(problem, path=table.origin.path, remedy=f"name it by its header; columns: {listing(table)}")
    return found


def _playing(table: Table, name: str, roles: tuple[Role, ...], kind: Kind, layout: Layout | None) -> tuple[int, ...]:
    """The columns that play a role by the layout, else those that could by their names."""
    if layout is not None:
        if name == "x" or (name == "y" and layout.y):
            return layout.y if name == "y" else () if layout.x is None else (layout.x,)
        if (by_role := tuple(r.column for r in layout.readings if r.role == name)) != ():
            return by_role
        if name == kind.y.name:
            return layout.y
    slices = tuple(i for i, column in enumerate(table.columns) if column.coordinate is not None)
    if slices and kind.y in roles:
        return slices
    units = [unit_or_quantum(column.unit_text) for column in table.columns]
    spread = uncertainty_columns([column.name for column in table.columns], units, kind)
    for role in roles:
        named = tuple(i for i, c in enumerate(table.columns) if i not in spread and matches(c.name, role))
        if named:
            return named
    return ()


def header(column: Column) -> str:
    """A column's header in one notation: name [unit]."""
    return f"{column.name} [{column.unit_text}]" if column.unit_text else column.name


def listing(table: Table, most: int = 8) -> str:
    shown = [f"{i + 1} '{header(column)}'" for i, column in enumerate(table.columns[:most])]
    return ", ".join(shown) + (f", ... ({len(table.columns)} columns)" if len(table.columns) > most else "")


class Assignment:
    """The roles given so far, while a layout is being worked out."""

    def __init__(
        self, table: Table, kind: Kind, wanted: Wanted, conditions: Conditions, *, bias_declared: bool
    ) -> None:
        self.table, self.kind, self.wanted, self.bias_declared = table, kind, wanted, bias_declared
        self.units: list[Unit] = [unit_or_quantum(column.unit_text, conditions) for column in table.columns]
        self.readings: dict[int, Reading] = {}
        # a trace of a map is no uncertainty, however the map is called, and there may be a million of them
        alone = [i for i, column in enumerate(table.columns) if column.coordinate is None]
        found = uncertainty_columns([table.columns[i].name for i in alone], [self.units[i] for i in alone], kind)
        self.spread = {alone[i]: of for i, of in found.items()}
        self.conditions = conditions

    def give(self, column: int, role: str, reason: str, *, by_user: bool = False) -> int:
        self.readings[column] = Reading(column=column, role=role, reason=reason, by_user=by_user)
        return column

    def free(self) -> list[int]:
        return [i for i in range(len(self.table.columns)) if i not in self.readings and i not in self.spread]

    def candidates(self, role: Role, *, need_name: bool = False) -> list[int]:
        """Free columns that can play a role, those with both the unit and the name before those with one of them."""
        by_both, by_unit, by_name = [], [], []
        for i in self.free():
            unit, named = self.units[i], matches(self.table.columns[i].name, role)
            fits = unit.known and unit.si in role.units
            if fits and named:
                by_both.append(i)
            elif fits:
                by_unit.append(i)
            elif named and not unit.known:
                by_name.append(i)
        if need_name:
            return by_both or by_name
        return by_both or by_unit or by_name

    def only(self, role: Role, option: str, *, need_name: bool = False) -> int | None:
        """The one column for a role, None where there is none.

        Raises ColumnError where several fit equally well: guessing between them would decide the verdict. Without an
        option that names a column, the remedy is to keep one of them.
        """
        found = self.candidates(role, need_name=need_name)
        if len(found) > 1:
            names = " and ".join(f"'{header(self.table.columns[i])}'" for i in found[:4])
            raise ColumnError(
                f"{len(found)} columns could be the {role.name.replace('_', ' ')}: {names}",
                path=self.table.origin.path,
                remedy=f"choose one with {option}, by name or number" if option else "rename those that are not",
            )
        return found[0] if found else None

    def why(self, column: int, role: Role) -> str:
        unit, named = self.units[column], matches(self.table.columns[column].name, role)
        pieces = ([f"its name '{self.table.columns[column].name}'"] if named else []) + (
            [f"its unit '{unit.text}' [{unit.si}]"] if unit.known and unit.text else []
        )
        return " and ".join(pieces) or "nothing else is left"
