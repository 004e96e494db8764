"""Which column plays which role, and why: the one place where headers are interpreted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from gzero.errors import ColumnError, UnitError
from gzero.loaders.table import Column, Table
from gzero.measurement.kinds import BIAS, CURRENT, RESISTANCE, Kind, Role, is_logarithm, matches
from gzero.measurement.spread import belonging, uncertainty_columns
from gzero.quanta import NO_CONDITIONS, Conditions, unit_or_quantum
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
        remedy=f"choose one of {_listing(table)}",
        allowed=tuple(names),
    )


def header(column: Column) -> str:
    """A column's header in one notation: name [unit]."""
    return f"{column.name} [{column.unit_text}]" if column.unit_text else column.name


def _listing(table: Table, most: int = 8) -> str:
    shown = [f"{i + 1} '{header(column)}'" for i, column in enumerate(table.columns[:most])]
    return ", ".join(shown) + (f", ... ({len(table.columns)} columns)" if len(table.columns) > most else "")


class _Assignment:
    """The roles given so far, while a layout is being worked out."""

    def __init__(
        self, table: Table, kind: Kind, wanted: Wanted, conditions: Conditions, *, bias_declared: bool
    ) -> None:
        self.table, self.kind, self.wanted, self.bias_declared = table, kind, wanted, bias_declared
        self.units: list[Unit] = [unit_or_quantum(column.unit_text, conditions) for column in table.columns]
        self.readings: dict[int, Reading] = {}
        self.spread = uncertainty_columns([column.name for column in table.columns], self.units, kind)
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


def lay_out(
    table: Table, kind: Kind, wanted: Wanted, *, conditions: Conditions = NO_CONDITIONS, bias_declared: bool = False
) -> Layout:
    """The roles of a table's columns for one kind of measurement.

    Parameters
    ----------
    wanted : what the user names; it wins over what the headers say.
    conditions : for headers that name a quantum which needs a mass or a temperature.
    bias_declared : a current column alone is enough, as the bias voltage is stated.

    Raises
    ------
    ColumnError : a column is missing, or several fit one role.
    UnitError : a named column has a unit that contradicts its role.
    """
    work = _Assignment(table, kind, wanted, conditions, bias_declared=bias_declared)
    x = work.give(find_column(table, wanted.x), kind.x.name, "named by the user", by_user=True) if wanted.x else None
    y, derivation, voltage = _ordinate(work)
    std = _uncertainties(work, y)
    beside = _beside(work)
    if x is None:
        x = _abscissa(work)
    stated = []
    for role in kind.conditions:
        column = x if role.name == kind.x.name else work.only(role, "--" + role.name)
        if column is not None:
            stated.append((role.name, column))
            work.readings.setdefault(
                column, Reading(column=column, role=role.name, reason=f"read from {work.why(column, role)}")
            )
    for i, unused in enumerate(table.columns):
        if i not in work.readings:
            work.readings[i] = Reading(
                column=i,
                role="not used",
                reason="unit not understood" if unused.unit_text and not work.units[i].known else "no role left",
            )
    readings = tuple(work.readings[i] for i in range(len(table.columns)))
    return Layout(
        x=x, y=y, std=std, voltage=voltage, derivation=derivation, conditions=tuple(stated), readings=readings,
        beside=beside,
    )  # fmt: skip


def _ordinate(work: _Assignment) -> tuple[tuple[int, ...], Derivation, int | None]:
    table, kind = work.table, work.kind
    if work.wanted.y:
        column = find_column(table, work.wanted.y)
        return _ordinate_named(work, column)
    slices = tuple(i for i, column in enumerate(table.columns) if column.coordinate is not None)
    if slices and not kind.per_row:
        given = {work.units[i].si for i in slices}
        derivation: Derivation = "as written"
        if given == {"A"} and work.bias_declared:
            derivation = "current over bias"
        elif given == {"ohm"}:
            derivation = "inverse of resistance"
        for i in slices:
            work.give(i, kind.y.name, "one trace of a map" + (f", {derivation}" if derivation != "as written" else ""))
        return slices, derivation, None
    several = work.candidates(kind.y) if kind.pooled else []
    if len(several) > 1:
        for i in several:
            work.give(i, kind.y.name, f"one of {len(several)} traces by {work.why(i, kind.y)}")
        return tuple(several), "as written", None
    column_y = work.only(kind.y, "--y")
    if column_y is not None:
        work.give(column_y, kind.y.name, f"taken for the {kind.y.name} by {work.why(column_y, kind.y)}")
        return (column_y,), "as written", None
    if kind.y.name == "conductance":
        current = work.only(CURRENT, "--y")
        if current is not None:
            return _from_current(work, current, by_user=False)
        resistance = work.only(RESISTANCE, "--y")
        if resistance is not None:
            work.give(resistance, RESISTANCE.name, f"conductance is 1/R, R by {work.why(resistance, RESISTANCE)}")
            return (resistance,), "inverse of resistance", None
    return _ordinate_left_over(work)


def _ordinate_named(work: _Assignment, column: int) -> tuple[tuple[int, ...], Derivation, int | None]:
    unit = unit_or_quantum(work.wanted.y_unit, work.conditions) if work.wanted.y_unit else work.units[column]
    role = work.kind.y
    if unit.si == "A" and role.name == "conductance":
        return _from_current(work, column, by_user=True)
    if unit.si == "ohm" and role.name == "conductance":
        work.give(column, RESISTANCE.name, "named by the user; conductance is 1/R", by_user=True)
        return (column,), "inverse of resistance", None
    if unit.known and unit.si not in role.units:
        raise UnitError(
            f"unit '{unit.text}' [{unit.si or 'dimensionless'}] contradicts a {role.name} [{' or '.join(role.units)}]",
            path=work.table.origin.path,
            column=work.table.columns[column].name,
            remedy="choose another column with --y, or state its unit with --y-unit",
        )
    work.give(column, role.name, "named by the user", by_user=True)
    return (column,), "as written", None


def _from_current(work: _Assignment, current: int, *, by_user: bool) -> tuple[tuple[int, ...], Derivation, int | None]:
    reason = "named by the user" if by_user else f"by {work.why(current, CURRENT)}"
    if work.bias_declared:
        work.give(current, CURRENT.name, f"{reason}; conductance is current over the stated bias", by_user=by_user)
        return (current,), "current over bias", None
    work.give(current, CURRENT.name, f"{reason}; conductance is I/V, row by row", by_user=by_user)
    voltage = work.only(BIAS, "", need_name=True)
    if voltage is None:
        rest = [
            i for i in work.free() if work.units[i].si == "V" and not matches(work.table.columns[i].name, work.kind.x)
        ]
        voltage = rest[0] if len(rest) == 1 else None
    if voltage is None:
        raise ColumnError(
            "a current alone is no conductance: no column is recognised as the bias voltage",
            path=work.table.origin.path,
            column=work.table.columns[current].name,
            remedy="state the bias with --bias '100 uV', or name the voltage column 'V_bias (V)'",
        )
    work.give(voltage, BIAS.name, f"divides the current; taken by {work.why(voltage, BIAS)}")
    return (current,), "current over voltage", voltage


def _ordinate_left_over(work: _Assignment) -> tuple[tuple[int, ...], Derivation, int | None]:
    """The last resort: a table of two columns whose second is not contradicted by a unit."""
    table, role = work.table, work.kind.y
    if len(table.columns) == 1:
        raise ColumnError(
            "the file holds one column of numbers, a curve needs two",
            path=table.origin.path,
            remedy="add the column that was swept",
        )
    abscissa = work.only(work.kind.x, "--x") if not work.wanted.x else None
    rest = [i for i in work.free() if i != abscissa and not is_logarithm(table.columns[i].name)]
    unknown = [i for i in rest if not work.units[i].known]
    if len(rest) == 1 and unknown:
        work.give(rest[0], role.name, f"taken for the {role.name}: nothing else is left")
        return (rest[0],), "as written", None
    if len(table.columns) == 2 and len(unknown) == 2 and abscissa is None:
        work.give(1, role.name, f"taken for the {role.name}: the second of two columns")
        return (1,), "as written", None
    if len(rest) == 1:
        unit = work.units[rest[0]]
        raise UnitError(
            f"unit '{unit.text}' [{unit.si or 'dimensionless'}] contradicts a {role.name} [{' or '.join(role.units)}]",
            path=table.origin.path,
            column=table.columns[rest[0]].name,
            remedy="no column can be read as one; state --y and --y-unit if the header is wrong",
        )
    raise ColumnError(
        f"no column is recognised as the {role.name}",
        path=table.origin.path,
        remedy=f"name it with --y; columns: {_listing(table)}",
    )


def _abscissa(work: _Assignment) -> int | None:
    kind, table = work.kind, work.table
    if kind.per_row:
        return work.only(kind.x, "--x")
    named = work.candidates(kind.x, need_name=True)
    if len(named) == 1:
        return work.give(named[0], kind.x.name, f"swept; taken by {work.why(named[0], kind.x)}")
    axis = [i for i in work.free() if table.columns[i].source == "axis 0"]
    if len(axis) == 1:
        return work.give(axis[0], kind.x.name, "the fast axis of the map")
    found = work.only(kind.x, "--x")
    if found is not None:
        return work.give(found, kind.x.name, f"swept; taken by {work.why(found, kind.x)}")
    rest = work.free()
    if len(rest) == 1:
        return work.give(rest[0], kind.x.name, "swept; nothing else is left")
    if not rest:
        raise ColumnError(
            "no column is left for the swept voltage",
            path=table.origin.path,
            remedy="a curve needs two columns; name them with --x and --y",
        )
    raise ColumnError(
        f"no column is recognised as the swept {kind.x.name.replace('_', ' ')}",
        path=table.origin.path,
        remedy=f"name it with --x; columns: {_listing(table)}",
    )


def _beside(work: _Assignment) -> tuple[tuple[str, int, int | None], ...]:
    """Columns that were read with y, by name or as the user names them, each with its stated uncertainty.

    Raises
    ------
    ColumnError : a role that this experiment does not have, or several columns for one.
    """
    roles = {role.name: role for role in work.kind.beside}
    for name in work.wanted.columns:
        if name not in roles:
            known = f"roles of {work.kind.name} are {', '.join(roles)}" if roles else f"{work.kind.name} has none"
            raise ColumnError(
                f"--columns: there is no role '{name}'", path=work.table.origin.path, remedy=known, allowed=tuple(roles)
            )
    out = []
    for name, role in roles.items():
        if name in work.wanted.columns:
            column: int | None = work.give(
                find_column(work.table, work.wanted.columns[name]), name, "named by the user", by_user=True
            )
        else:
            column = work.only(role, f"--columns {name}=HEADER", need_name=True)
            if column is not None:
                work.give(column, name, f"read beside; taken by {work.why(column, role)}")
        if column is not None:
            out.append((name, column, _own_uncertainty(work, column)))
    return tuple(out)


def _own_uncertainty(work: _Assignment, column: int) -> int | None:
    """The column that states the uncertainty of another by its name."""
    name = work.table.columns[column].name.casefold()
    found = [i for i, of in work.spread.items() if of.casefold() == name and i not in work.readings]
    return (
        work.give(found[0], "std", f"standard uncertainty of '{work.table.columns[column].name}', by its name")
        if len(found) == 1
        else None
    )


def _uncertainties(work: _Assignment, y: tuple[int, ...]) -> tuple[int | None, ...]:
    """The column of stated uncertainties of each trace: the one the user names, or the one named after y."""
    if work.wanted.std:
        column = find_column(work.table, work.wanted.std)
        work.give(column, "std", "named by the user", by_user=True)
        return tuple(column for _ in y)
    if len(y) != 1:
        return tuple(None for _ in y)
    columns = work.table.columns
    named = columns[y[0]].name
    ranks = {
        i: belonging(work.spread[i], i, y[0], columns, work.units, work.kind)
        for i in set(work.spread) - set(work.readings)
    }
    best = [i for i, rank in sorted(ranks.items()) if rank and rank == max(ranks.values())]
    if len(best) > 1:
        names = " and ".join(f"'{header(columns[i])}'" for i in best[:4])
        raise ColumnError(
            f"{len(best)} columns could be the uncertainty of '{named}': {names}",
            path=work.table.origin.path,
            remedy="choose one with --std, by name or number",
        )
    if not best:
        return (None,)
    work.give(best[0], "std", f"standard uncertainty of '{named}', by its name")
    return (best[0],)
