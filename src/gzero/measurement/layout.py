"""Which column plays which role, and why: the one place where headers are interpreted."""

from __future__ import annotations

from gzero.errors import ColumnError, UnitError
from gzero.loaders.table import Table
from gzero.measurement.kinds import Kind
from gzero.measurement.quantities import BIAS, CURRENT, RESISTANCE, Role, is_logarithm, matches
from gzero.measurement.roles import Assignment, Derivation, Layout, Reading, Wanted, find_column, header, listing
from gzero.measurement.spread import belonging
from gzero.quanta import NO_CONDITIONS, Conditions, unit_or_quantum


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
    work = Assignment(table, kind, wanted, conditions, bias_declared=bias_declared)
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


def _ordinate(work: Assignment) -> tuple[tuple[int, ...], Derivation, int | None]:
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
    pair = work.candidates(kind.y, need_name=True) if kind.y.second else []
    if len(pair) == 2:
        work.give(pair[0], kind.y.name, f"the first of two by {work.why(pair[0], kind.y)}")
        return (pair[0],), "as written", None
    column_y = work.only(kind.y, "--y")
    if column_y is not None:
        work.give(
            column_y, kind.y.name, f"taken for the {kind.y.name.replace('_', ' ')} by {work.why(column_y, kind.y)}"
        )
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


def _ordinate_named(work: Assignment, column: int) -> tuple[tuple[int, ...], Derivation, int | None]:
    unit = unit_or_quantum(work.wanted.y_unit, work.conditions) if work.wanted.y_unit else work.units[column]
    role = work.kind.y
    if unit.si == "A" and role.name == "conductance":
        return _from_current(work, column, by_user=True)
    if unit.si == "ohm" and role.name == "conductance":
        work.give(column, RESISTANCE.name, "named by the user; conductance is 1/R", by_user=True)
        return (column,), "inverse of resistance", None
    if unit.known and unit.si not in role.units:
        name = work.table.columns[column].name
        chain = f", or say what lies between it and the sample, such as --chain '{name}: iv_converter=1e8 V/A'"
        raise UnitError(
            f"unit '{unit.text}' [{unit.si or 'dimensionless'}] contradicts a {role.name} [{' or '.join(role.units)}]",
            path=work.table.origin.path,
            column=work.table.columns[column].name,
            remedy="choose another column with --y, or state its unit with --y-unit"
            + (chain if unit.si == "V" else ""),
        )
    work.give(column, role.name, "named by the user", by_user=True)
    return (column,), "as written", None


def _from_current(work: Assignment, current: int, *, by_user: bool) -> tuple[tuple[int, ...], Derivation, int | None]:
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


def _ordinate_left_over(work: Assignment) -> tuple[tuple[int, ...], Derivation, int | None]:
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
        work.give(rest[0], role.name, f"taken for the {role.name.replace('_', ' ')}: nothing else is left")
        return (rest[0],), "as written", None
    if len(table.columns) == 2 and len(unknown) == 2 and abscissa is None:
        work.give(1, role.name, f"taken for the {role.name.replace('_', ' ')}: the second of two columns")
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
        remedy=f"name it with --y; columns: {listing(table)}",
    )


def _abscissa(work: Assignment) -> int | None:
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
        remedy=f"name it with --x; columns: {listing(table)}",
    )


def _beside(work: Assignment) -> tuple[tuple[str, int, int | None], ...]:
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
            column = _by_name(work, role)
        if column is not None:
            out.append((name, column, _own_uncertainty(work, column)))
    return tuple(out)


def _by_name(work: Assignment, role: Role) -> int | None:
    """The free column that plays a role by its name: of two that a role allows for the first, and then the other.

    Raises ColumnError where more fit.
    """
    first = next((r for r in (work.kind.y, *work.kind.beside) if r.second == role.name), None)
    found = work.candidates(first or role, need_name=True)
    if role.second and len(found) == 2:
        return work.give(found[0], role.name, f"read beside; the first of two by {work.why(found[0], role)}")
    if first is not None and all(reading.role != first.name for reading in work.readings.values()):
        return None
    column = work.only(first or role, f"--columns {role.name}=HEADER", need_name=True)
    if column is not None:
        what = f"the other {first.name.replace('_', ' ')}" if first is not None else "read beside"
        work.give(column, role.name, f"{what}; taken by {work.why(column, first or role)}")
    return column


def _own_uncertainty(work: Assignment, column: int) -> int | None:
    """The column that states the uncertainty of another by its name."""
    name = work.table.columns[column].name.casefold()
    found = [i for i, of in work.spread.items() if of.casefold() == name and i not in work.readings]
    return (
        work.give(found[0], "std", f"standard uncertainty of '{work.table.columns[column].name}', by its name")
        if len(found) == 1
        else None
    )


def _uncertainties(work: Assignment, y: tuple[int, ...]) -> tuple[int | None, ...]:
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
