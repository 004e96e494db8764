"""QCoDeS databases (.db), without QCoDeS: a run of many, and any other SQLite database with a table of numbers.

The layout is that of https://microsoft.github.io/Qcodes/dataset/introduction.html (schema versions 0 to 9); how a database
is opened without touching it is in `sqlite_file`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gzero.errors import ColumnError, FileError
from gzero.loaders.parts import part_named
from gzero.loaders.qcodes_layout import Parameter, RunLayout, Storage, Tree, layout_of
from gzero.loaders.qcodes_runs import (
    Run,
    has_rows,
    latest_with_data,
    no_data,
    raw_file_of,
    run_named,
    runs_of,
    stated_of,
    where_of,
)
from gzero.loaders.qcodes_table import Block, Said, fill, noted, table_of
from gzero.loaders.qcodes_values import Oddities, layout_of_array
from gzero.loaders.source import read_head
from gzero.loaders.sqlite_file import SIGNATURE, Database, quoted, read_database
from gzero.loaders.table import Dropped, Table


@dataclass(frozen=True, slots=True)
class QcodesLoader:
    """Reads one run: what was measured over the same settings."""

    name: str = "qcodes"
    description: str = (
        "QCoDeS database (.db), also while it is measured into: the latest run with data, or the one named by `run`; "
        "a table of another SQLite database by `group`"
    )
    suffixes: tuple[str, ...] = (".db", ".sqlite", ".sqlite3", ".db3")
    extra: str | None = None

    def recognises(self, path: Path) -> bool:
        """Whether the file is an SQLite database.

        Raises
        ------
        FileError : the file is missing, a directory, unreadable or empty.
        """
        return read_head(path, 16) == SIGNATURE

    def read(self, path: str | os.PathLike[str], *, run: str | None = None, group: str | None = None) -> Table:
        """One run: its settings and what was measured over them, or for a map one column for each trace.

        The last committed state is read; the database is neither locked nor changed, and may be written to meanwhile.

        Parameters
        ----------
        run : number, number where it was measured, GUID or name of a run; the latest one with data when None.
        group : a measured parameter, which is read with all others that have its settings; those that hold most numbers
            when None. For a database that is none of QCoDeS: the table to read.

        Raises
        ------
        FileError : unreadable, damaged, no SQLite database, without data, or with its numbers in another file.
        ColumnError : no such run, parameter or table; no run of this database and several tables to choose from.
        """

        def job(database: Database) -> Table:
            if "runs" in database.tables and (group is None or group not in _plain_tables(database)):
                return _read_run(database, run, group)
            if run is not None:
                problem = "the database has no runs: it is none of QCoDeS"
                raise ColumnError(problem, path=database.path, remedy=f"leave out --run; {_listed(database)}")
            return _read_plain(database, group)

        return read_database(path, job)


LOADER = QcodesLoader()


# --- a run ---------------------------------------------------------------------------------------------------------------


def _read_run(database: Database, wanted: str | None, group: str | None) -> Table:
    runs = runs_of(database)
    said = Said(options=dict(database.options))
    if wanted is None:
        run, said.dropped = latest_with_data(database, runs)
        chosen = "the latest with data"
    else:
        run, chosen = run_named(wanted, runs, path=database.path), "named"
    said.options["run"] = f"{run.label} ({chosen})"
    said.parts["run"] = tuple(each.label for each in runs)
    if run.completed is False:
        reason = f"run {run.label} was going on when it was read, or was interrupted: rows may be missing"
        said.dropped.append(Dropped(rule="run not completed", reason=reason, rows=0))
        said.options["completed"] = "no"
    said.metadata, description, lost = stated_of(database, run)
    said.dropped += lost
    raw = raw_file_of(database.path, run)
    if raw is not None and not has_rows(database, run):

        def job(numbers: Database) -> Table:
            said.options |= {"raw_data": where_of(database.path, raw), "raw_data_sha256": numbers.sha256}
            return _table_of_run(database, numbers, run, description, group, said)

        return read_database(raw, job)
    return _table_of_run(database, database, run, description, group, said)


def _table_of_run(
    database: Database, numbers: Database, run: Run, description: dict[str, object], group: str | None, said: Said
) -> Table:
    if not has_rows(numbers, run):
        raise no_data(database, run)
    columns = {one.name: one.declared for one in numbers.columns(run.table) if not one.numbers_rows}
    layout = layout_of(database, run, description, columns)
    trees = _chosen_trees(numbers, run, layout, group, said)
    for name, one in layout.parameters.items():
        if one.label and one.label != name and len(said.metadata) < 1000:
            said.metadata.setdefault(f"label/{name}", one.label)
    block = _read_trees(numbers, run.table, layout, trees, said)
    return table_of(database, block, said, loader=LOADER.name)


def _chosen_trees(database: Database, run: Run, layout: RunLayout, group: str | None, said: Said) -> list[Tree]:
    """The trees that make one table: of equal settings and equally many rows, those with most numbers or the named one."""
    stored = {tree.top: layout.parameters[tree.top].storage for tree in layout.trees}
    # the length of a number would be that of its text, which takes long to make
    counted = [
        f"count({quoted(name)}), {f'sum(length({quoted(name)}))' if kind == 'array' else '0'}"
        for name, kind in stored.items()
    ]
    found: list[Any] = []
    for i in range(0, len(counted), 100):
        found += database.row(f"SELECT {', '.join(counted[i : i + 100])} FROM {quoted(run.table)}") or ()
    rows = dict(zip(stored, found[::2], strict=True))
    # an array of float64 holds one number in eight bytes
    length = {
        name: (size or 0) // 8 if stored[name] == "array" else rows[name]
        for name, size in zip(stored, found[1::2], strict=True)
    }
    filled = [tree for tree in layout.trees if rows.get(tree.top)]
    said.parts["group"] = tuple(tree.top for tree in filled if stored[tree.top] != "text")
    if not said.parts["group"]:
        raise FileError(f"run {run.label} holds no numbers", path=database.path, remedy="choose another one with --run")
    groups: dict[tuple[object, ...], list[Tree]] = {}
    for tree in filled:
        groups.setdefault((tree.setpoints, tree.inferred, rows[tree.top], length[tree.top]), []).append(tree)

    def numbers(trees: Sequence[Tree]) -> int:
        return sum(length[tree.top] * (1 + len(tree.setpoints)) for tree in trees if stored[tree.top] != "text")

    if group is None:
        trees = max(groups.values(), key=numbers)
        name = next(tree.top for tree in trees if stored[tree.top] != "text")
    else:
        name = part_named(group, said.parts["group"], what="group", path=database.path)
        trees = next(each for each in groups.values() if any(tree.top == name for tree in each))
    trees = sorted(trees, key=lambda tree: tree.top != name)
    said.options["group"] = trees[0].top
    others = [tree.top for tree in filled if tree not in trees]
    if others:
        listed = ", ".join(f"'{name}'" for name in others[:12]) + (" ..." if len(others) > 12 else "")
        said.dropped.append(
            Dropped(rule="another group", reason=f"{listed}: of other settings or length; choose with --group", rows=0)
        )
    return trees


def _read_trees(database: Database, table: str, layout: RunLayout, trees: Sequence[Tree], said: Said) -> Block:
    """The settings once, and every parameter that was measured over them."""
    odd, first = Oddities(), trees[0]
    shared = (*first.setpoints, *(name for name in first.inferred if name not in first.setpoints))
    block = Block(parameters={}, setpoints=first.setpoints, numbers={}, texts={}, rows=0, table=table)
    for tree in trees:
        columns = [layout.parameters[name] for name in (*shared, tree.top)]
        if not fill(database, block, columns, tree.top, odd):
            block.numbers.pop(tree.top, None)
            block.texts.pop(tree.top, None)
            reason = f"'{tree.top}' stands at other values of the settings; choose it with --group"
            said.dropped.append(Dropped(rule="another group", reason=reason, rows=0))
    if not block.rows:
        raise FileError("the run holds empty arrays", path=database.path, remedy="choose another one with --run")
    said.dropped += noted(odd)
    return block


# --- a database of another kind ------------------------------------------------------------------------------------------


def _plain_tables(database: Database) -> tuple[str, ...]:
    return tuple(database.tables)


def _listed(database: Database) -> str:
    names = list(database.tables)
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"its tables are {', '.join(repr(name) for name in names[:12])}{more}; choose one with --group"


def _read_plain(database: Database, group: str | None) -> Table:
    """One table as it stands: columns of numbers and of texts, arrays in NumPy's format unfolded."""
    names = tuple(database.tables)
    if not names:
        raise FileError("the database holds no table", path=database.path, remedy="is this the data file?")
    if group is None and len(names) > 1:
        problem = "the database is none of QCoDeS (it has no runs) and holds several tables"
        raise ColumnError(problem, path=database.path, remedy=_listed(database), allowed=names)
    table = names[0] if group is None else part_named(group, names, what="group", path=database.path)
    said = Said(options={**database.options, "table": table}, parts={"group": names})
    parameters = []
    for column in database.columns(table):
        if column.numbers_rows and column.name.lower() in ("id", "rowid", "index"):
            reason = f"'{column.name}' numbers the rows"
            said.dropped.append(Dropped(rule="row numbers", reason=reason, rows=0))
        else:
            parameters.append(_probed(database, table, column.name))
    if all(one.storage == "text" for one in parameters):
        raise FileError(
            f"the table '{table}' holds no numbers", path=database.path, remedy="choose another with --group"
        )
    odd = Oddities()
    block = Block(parameters={}, setpoints=(), numbers={}, texts={}, rows=0, table=table)
    fill(database, block, parameters, None, odd)
    if not block.rows:
        raise FileError(f"the table '{table}' is empty", path=database.path, remedy="choose another with --group")
    said.dropped += noted(odd)
    return table_of(database, block, said, loader=LOADER.name)


def _probed(database: Database, table: str, name: str) -> Parameter:
    """What a column holds, by its first entries."""
    statement = f"SELECT substr({quoted(name)}, 1, 256) FROM {quoted(table)} WHERE {quoted(name)} IS NOT NULL LIMIT 100"
    values = [row[0] for rows in database.rows(statement) for row in rows]
    storage: Storage = "numeric"
    if values and all(layout_of_array(value) is not None for value in values):
        storage = "array"
    elif values and not any(_is_number(value) for value in values):
        storage = "text"
    return Parameter(name=name, storage=storage, label="", unit_text=None)


def _is_number(text: object) -> bool:
    try:
        float(text if isinstance(text, str) else "")
    except ValueError:
        return False
    return True
