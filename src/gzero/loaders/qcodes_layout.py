"""What a QCoDeS run measured over what: parameters, their units, and the settings each one stands at.

The description of a run is JSON, in versions 0 (a list of `paramspecs`) to 3 (`interdependencies_`); see
https://github.com/microsoft/Qcodes/tree/main/src/qcodes/dataset/descriptions/versioning. Databases older than that say the
same in the tables `layouts` and `dependencies`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gzero.loaders.qcodes_runs import Run
from gzero.loaders.sqlite_file import Database

Storage = Literal["numeric", "array", "complex", "text"]

#: More than a description has that is not meant to exhaust time.
_MOST_SETPOINTS, _MOST_INFERENCES = 50, 5000

_STORAGES: dict[str, Storage] = {"numeric": "numeric", "array": "array", "complex": "complex", "text": "text"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a run: its column in the run's table, label and unit as described, and how its values are stored."""

    name: str
    storage: Storage
    label: str
    unit_text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One measured parameter.

    Parameters
    ----------
    setpoints : what it was measured over, the slowest first.
    inferred : what was calculated from it or from its setpoints, or the other way round, and saved beside them.
    """

    top: str
    setpoints: tuple[str, ...]
    inferred: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLayout:
    """The parameters of a run by name, and what was measured over what, in the order of the description."""

    parameters: Mapping[str, Parameter]
    trees: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class _Described:
    """What a description says, before it is held against the columns that there are."""

    parameters: Mapping[str, Parameter]
    over: Mapping[str, tuple[str, ...]]
    inferences: Mapping[str, tuple[str, ...]]


def layout_of(database: Database, run: Run, description: Mapping[str, object], columns: Mapping[str, str]) -> RunLayout:
    """The layout of a run by its description, else by the tables of old databases, else its columns side by side.

    Parameters
    ----------
    columns : name -> declared type of the columns of the run's table; what has no column there is left out.
    """
    current = _dict(description.get("interdependencies_")) or _dict(description.get("interdependencies"))
    if "parameters" in current:
        found = _from_interdependencies(current)
    elif "paramspecs" in current:
        found = _from_paramspecs(current.get("paramspecs"))
    else:
        found = _from_tables(database, run, columns)
    if not found.parameters.keys() & columns.keys():
        parameters = {name: _parameter(name, declared, "", "") for name, declared in columns.items()}
        return RunLayout(parameters=parameters, trees=tuple(Tree(top=name, setpoints=()) for name in parameters))
    parameters = {
        name: replace(one, storage=_STORAGES.get(columns[name], one.storage))
        for name, one in found.parameters.items()
        if name in columns
    }
    down = {
        name: tuple(one for one in basis if one in parameters)
        for name, basis in found.inferences.items()
        if name in parameters
    }
    if sum(len(basis) for basis in down.values()) > _MOST_INFERENCES:
        down = {}
    up: dict[str, list[str]] = {}
    for name, basis in down.items():
        for one in basis:
            up.setdefault(one, []).append(name)
    trees = []
    for top, stated in found.over.items():
        if top in parameters:
            setpoints = tuple(name for name in stated if name in parameters)[:_MOST_SETPOINTS]
            own = {top, *setpoints}
            inferred = tuple(sorted((_reached(own, down) | _reached(own, up)) - own))
            trees.append(Tree(top=top, setpoints=setpoints, inferred=inferred))
    return RunLayout(parameters=parameters, trees=tuple(trees))


def _parameter(name: str, storage: object, label: object, unit: object) -> Parameter:
    return Parameter(
        name=name,
        storage=_STORAGES.get(storage, "numeric") if isinstance(storage, str) else "numeric",
        label=label.strip() if isinstance(label, str) else "",
        unit_text=unit.strip() or None if isinstance(unit, str) else None,  # QCoDeS writes '' where none was given
    )


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(dict.fromkeys(name for name in value if isinstance(name, str)))


def _from_interdependencies(current: Mapping[str, object]) -> _Described:
    parameters = {}
    for key, spec in _dict(current.get("parameters")).items():
        one = _dict(spec)
        name = one.get("name", key)
        if isinstance(name, str):
            parameters[name] = _parameter(name, one.get("paramtype"), one.get("label"), one.get("unit"))
    over = {top: _names(setpoints) for top, setpoints in _dict(current.get("dependencies")).items()}
    over |= dict.fromkeys(_names(current.get("standalones")), ())
    inferences = {name: _names(basis) for name, basis in _dict(current.get("inferences")).items()}
    return _Described(parameters, over, inferences)


def _from_paramspecs(specs: object) -> _Described:
    parameters, over, inferences = {}, {}, {}
    for spec in specs if isinstance(specs, list) else ():
        one = _dict(spec)
        name = one.get("name")
        if isinstance(name, str):
            parameters[name] = _parameter(name, one.get("paramtype"), one.get("label"), one.get("unit"))
            over[name] = _names(one.get("depends_on"))
            inferences[name] = _names(one.get("inferred_from"))
    return _Described(parameters, _measured(over, inferences), inferences)


def _from_tables(database: Database, run: Run, columns: Mapping[str, str]) -> _Described:
    """What the tables `layouts` and `dependencies` say."""
    needed = {
        "layouts": {"layout_id", "run_id", "parameter", "label", "unit"},
        "dependencies": {"dependent", "independent", "axis_num"},
    }
    for table, wanted in needed.items():
        if table not in database.tables or not wanted <= {column.name for column in database.columns(table)}:
            return _Described({}, {}, {})
    names: dict[object, str] = {}
    parameters = {}
    chosen = "SELECT layout_id, substr(parameter, 1, 500), substr(label, 1, 500), substr(unit, 1, 500) FROM layouts"
    for rows in database.rows(f"{chosen} WHERE run_id = ? AND typeof(layout_id) = 'integer' LIMIT 2000", (run.run_id,)):
        for number, name, label, unit in rows:
            if isinstance(name, str):
                names[number] = name
                parameters[name] = _parameter(name, columns.get(name), label, unit)
    over: dict[str, tuple[str, ...]] = dict.fromkeys(parameters, ())
    found: list[tuple[int, int, int]] = []
    whole = " AND ".join(f"typeof({name}) = 'integer'" for name in ("axis_num", "dependent", "independent"))
    for rows in database.rows(f"SELECT axis_num, dependent, independent FROM dependencies WHERE {whole} LIMIT 500000"):
        found += [row for row in rows if row[1] in names and row[2] in names]
    for _, dependent, independent in sorted(found):
        over[names[dependent]] += (names[independent],)
    return _Described(parameters, _measured(over, {}), {})


def _measured(
    over: Mapping[str, tuple[str, ...]], inferences: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """What was measured: parameters over setpoints, and those that belong to no other one."""
    used = {name for setpoints in over.values() for name in setpoints}
    used |= {name for name, basis in inferences.items() if basis} | {n for basis in inferences.values() for n in basis}
    return {name: setpoints for name, setpoints in over.items() if setpoints or name not in used}


def _reached(starts: Iterable[str], edges: Mapping[str, Iterable[str]]) -> set[str]:
    seen: set[str] = set()
    stack = list(starts)
    while stack:
        for name in edges.get(stack.pop(), ()):
            if name not in seen:
                seen.add(name)
                stack.append(name)
    return seen
