"""The runs of a QCoDeS database: which there are, which one is meant, where its numbers are, what is said about it.

QCoDeS (https://microsoft.github.io/Qcodes/dataset/introduction.html) keeps one row a run in the table `runs` and the numbers
in a table of the run's own. Two other layouts keep them elsewhere: a database of which only the descriptions are left, with
every run in a netCDF file (`export_datasets_and_create_metadata_db`), and one SQLite file a run, named after its GUID
(pull request 8219). A path that a database states is never followed out of the folder of the database.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PureWindowsPath

from gzero.errors import ColumnError, FileError
from gzero.loaders.sqlite_file import Database, quoted, read_database
from gzero.loaders.table import Dropped

MAX_RUNS = 100_000
MAX_METADATA, MAX_TEXT = 1000, 2000

#: Larger ones are not parsed [characters].
MAX_JSON, MAX_DESCRIPTION = 1 << 24, 1 << 22

#: Columns of `runs` that every database has or may have; others are metadata of the user's.
OWN_COLUMNS = frozenset({
    "run_id", "exp_id", "name", "result_table_name", "result_counter", "run_timestamp", "completed_timestamp",
    "is_completed", "parameters", "guid", "run_description", "snapshot", "parent_datasets", "captured_run_id",
    "captured_counter", "export_info", "raw_data_db_path",
})  # fmt: skip

#: Levels of a snapshot that say nothing about the parameter below them.
_LEVELS = frozenset({"station", "instruments", "parameters", "submodules", "channels", "components"})
_DEEPEST = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of `runs`.

    Parameters
    ----------
    captured : its number in the database where it was measured.
    table : that holds its numbers.
    raw_file : path of the SQLite file that holds them instead, as the database states it.
    completed : whether the measurement came to its end; None where the database does not say.
    """

    run_id: int
    captured: int | None
    guid: str
    name: str
    table: str
    completed: bool | None
    raw_file: str | None

    @property
    def label(self) -> str:
        """What the run is called where runs are listed; `--run` takes it, and its number alone."""
        return f"{self.run_id}: {self.name}" if self.name else str(self.run_id)


def runs_of(database: Database) -> tuple[Run, ...]:
    """All runs, in the order of their numbers.

    Raises
    ------
    FileError : the table of runs is not that of QCoDeS, or holds more than `MAX_RUNS`.
    """
    there = {column.name for column in database.columns("runs")}
    if not {"run_id", "result_table_name"} <= there:
        problem = "its table 'runs' is not that of QCoDeS (no run_id, no result_table_name)"
        raise FileError(problem, path=database.path, remedy="name another table with --group")
    wanted = ("run_id", "captured_run_id", "guid", "name", "result_table_name", "is_completed", "raw_data_db_path")
    chosen = ", ".join(f"substr({quoted(name)}, 1, 500)" if name in there else "NULL" for name in wanted[1:])
    runs: list[Run] = []
    for rows in database.rows(f"SELECT run_id, {chosen} FROM runs WHERE typeof(run_id) = 'integer'"):
        runs += [_run(*row) for row in rows]
        if len(runs) > MAX_RUNS:
            raise FileError(f"more than {MAX_RUNS} runs", path=database.path, remedy="extract the runs that are needed")
    return tuple(sorted(runs, key=lambda run: run.run_id))


def _run(
    run_id: int, captured: object, guid: object, name: object, table: object, completed: object, raw_file: object
) -> Run:
    return Run(
        run_id=run_id,
        captured=int(captured) if isinstance(captured, str) and captured.isdecimal() else None,
        guid=_said(guid),
        name=" ".join(_said(name).split()),
        table=_said(table),
        completed=None if completed is None else completed not in ("0", "0.0", ""),
        raw_file=_said(raw_file) or None,
    )


def _said(value: object) -> str:
    return value if isinstance(value, str) else ""


def run_named(wanted: str, runs: Sequence[Run], *, path: str) -> Run:
    """The run that a user means: by number, number where it was measured, GUID, name, or as it is listed.

    Raises
    ------
    ColumnError : none or several fit.
    """
    text = wanted.strip()
    number = int(text) if text.isdecimal() and len(text) < 19 else None
    for found in (
        [run for run in runs if run.run_id == number or run.label == text],
        [run for run in runs if run.captured == number is not None],
        [run for run in runs if text and text in (run.guid, run.name)],
        [run for run in runs if text and text.casefold() == run.name.casefold()],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(str(run.run_id) for run in found[-12:])
            raise ColumnError(f"{len(found)} runs are called '{wanted}'", path=path, remedy=f"give its number: {ids}")
    listed = ", ".join(f"'{run.label}'" for run in runs[-12:])
    more = f"the last of its {len(runs)} runs are" if len(runs) > 12 else "its runs are"
    allowed = tuple(run.label for run in runs)
    raise ColumnError(f"no run '{wanted}'", path=path, remedy=f"{more} {listed}", allowed=allowed)


def has_rows(database: Database, run: Run) -> bool:
    """Whether the run's table is in this database and holds a row."""
    return run.table in database.tables and database.row(f"SELECT 1 FROM {quoted(run.table)} LIMIT 1") is not None


def latest_with_data(database: Database, runs: Sequence[Run]) -> tuple[Run, list[Dropped]]:
    """The latest run whose numbers are here or in a file of its own beside the database, and what was passed over.

    Raises
    ------
    FileError : no run has any; where the latest one's are in another file, the error names it.
    """
    passed: list[Dropped] = []
    for run in reversed(runs):
        raw = raw_file_of(database.path, run)
        if has_rows(database, run) or (raw is not None and read_database(raw, lambda at, run=run: has_rows(at, run))):  # type: ignore[misc]
            return run, passed
        where = elsewhere(database, run) if len(passed) < 20 else ""
        passed.append(Dropped(rule="run without data", reason=f"run {run.label}: {where or 'no rows'}", rows=0))
    if not runs:
        raise FileError("the database holds no run", path=database.path, remedy="was the measurement saved?")
    raise no_data(database, runs[-1])


def no_data(database: Database, run: Run) -> FileError:
    """The error for a run without numbers here: it names the file to open instead, where the database says so."""
    where = elsewhere(database, run)
    if where:
        return FileError(f"run {run.label} has no numbers in this database: {where}", path=database.path)
    problem = f"run {run.label} holds no data"
    return FileError(problem, path=database.path, remedy="choose another one with --run")


def elsewhere(database: Database, run: Run) -> str:
    """In which file the numbers of a run are instead, as far as the database says so."""
    if run.raw_file is not None and raw_file_of(database.path, run) is None:
        name = f"'{_file_name(run.raw_file)}'"
        return f"they are in {name}, which is not beside it; move {name} into its folder (stated was '{run.raw_file}')"
    there = {column.name for column in database.columns("runs")}
    if "export_info" not in there:
        return ""
    found = database.row(f"SELECT substr(export_info, 1, {MAX_DESCRIPTION}) FROM runs WHERE run_id = ?", (run.run_id,))
    paths = parsed(found[0] if found else None).get("export_paths")
    if not isinstance(paths, dict):
        return ""
    stated = next((path for path in (paths.get("nc"), paths.get("csv")) if isinstance(path, str) and path), None)
    if stated is None:
        return ""
    near = _beside(database.path, _file_name(stated))
    return f"they were exported; open '{near or stated[:500]}' instead"


def raw_file_of(path: str, run: Run) -> Path | None:
    """The SQLite file that holds the numbers of a run, if the database says that there is one and it stands beside it."""
    return None if run.raw_file is None else _beside(path, _file_name(run.raw_file), run.raw_file)


def _file_name(stated: str) -> str:
    return PureWindowsPath(stated).name  # splits at either slash: databases travel between systems


def _beside(path: str, name: str, stated: str | None = None) -> Path | None:
    """A file of this name in the folder of the database or in the one that QCoDeS makes there; links lead nowhere else."""
    place = Path(path).resolve()
    candidates = [place.parent / name, place.parent / f"{place.stem}_{place.suffix.replace('.', '')}" / name]
    if stated is not None:
        candidates.append(Path(stated))
    for candidate in candidates if name not in ("", ".", "..") else ():
        try:
            real = candidate.resolve()
            if real.is_relative_to(place.parent) and real != place and real.is_file():
                return real
        except (OSError, ValueError, RuntimeError):  # a name too long, a null byte in it, a loop of links
            continue
    return None


def parsed(text: object) -> dict[str, object]:
    """A JSON object; empty where there is none, or one that is damaged or nested without end."""
    if not isinstance(text, str) or not text or len(text) >= MAX_JSON:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def stated_of(database: Database, run: Run) -> tuple[dict[str, str], dict[str, object], list[Dropped]]:
    """What the database says about a run: metadata as text, the description of its parameters, what was left out.

    Metadata are the run's own, those that a user added as columns of `runs`, and the parameters of its snapshot that are
    numbers or short texts, those with a unit first.
    """
    there = {column.name for column in database.columns("runs")}

    def value(column: str, size: int = MAX_TEXT) -> object:
        if column not in there:
            return None
        statement = f"SELECT substr({quoted(column)}, 1, {size}) FROM runs WHERE run_id = ?"
        found = database.row(statement, (run.run_id,))
        return found[0] if found else None

    metadata = {"run_id": str(run.run_id), "name": run.name, "guid": run.guid}
    if run.captured is not None:
        metadata["captured_run_id"] = str(run.captured)
    metadata |= _experiment(database, value("exp_id"))
    metadata |= {"started": _time(value("run_timestamp")), "completed": _time(value("completed_timestamp"))}
    metadata |= {column: _said(value(column)) for column in sorted(there - OWN_COLUMNS)}
    description = parsed(value("run_description", MAX_DESCRIPTION))
    snapshot = value("snapshot", MAX_JSON)
    dropped = []
    if isinstance(snapshot, str) and len(snapshot) >= MAX_JSON:
        reason = f"the snapshot has more than {MAX_JSON >> 20} MiB"
        dropped.append(Dropped(rule="metadata left out", reason=reason, rows=0))
    settings = dict(_settings(parsed(snapshot)))
    ranked = sorted(settings, key=lambda name: " " not in settings[name])
    for name in ranked:
        metadata.setdefault(name, settings[name])
    metadata = {name[:MAX_TEXT]: text for name, text in metadata.items() if text}
    if len(metadata) > MAX_METADATA:
        reason = f"{len(metadata) - MAX_METADATA} of {len(metadata)} settings of the snapshot"
        dropped.append(Dropped(rule="metadata left out", reason=reason, rows=0))
    return dict(list(metadata.items())[:MAX_METADATA]), description, dropped


def _experiment(database: Database, exp_id: object) -> dict[str, str]:
    if not isinstance(exp_id, str) or "experiments" not in database.tables:
        return {}
    if not {"exp_id", "name", "sample_name"} <= {column.name for column in database.columns("experiments")}:
        return {}
    chosen = (
        "SELECT substr(name, 1, 2000), substr(sample_name, 1, 2000) FROM experiments WHERE exp_id = CAST(? AS INTEGER)"
    )
    name, sample = database.row(chosen, (exp_id,)) or ("", "")
    return {"experiment": _said(name), "sample": _said(sample)}


def _time(seconds: object) -> str:
    try:
        return datetime.fromtimestamp(float(_said(seconds)), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""


def _settings(snapshot: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The parameters of a snapshot, in its order: path below the station, value with its unit."""
    stack: list[tuple[tuple[str, ...], object]] = [((), snapshot)]
    seen = 0
    while stack and seen < 200_000:
        seen += 1
        path, node = stack.pop()
        if not isinstance(node, dict) or len(path) > _DEEPEST:
            continue
        if "value" in node and ("unit" in node or "ts" in node or "raw_value" in node):
            text = _setting(node["value"], node.get("unit"))
            if path and text:
                yield "/".join(name for name in path if name not in _LEVELS)[:MAX_TEXT] or path[-1], text
            continue
        stack += [((*path, str(name)[:200]), inner) for name, inner in reversed(node.items())]


def _setting(value: object, unit: object) -> str:
    if isinstance(value, bool) or value is None or not isinstance(value, (int, float, str)):
        return str(value) if isinstance(value, bool) else ""
    text = str(value) if isinstance(value, str) else repr(value)
    unit_text = unit.strip() if isinstance(unit, str) and not isinstance(value, str) else ""
    return f"{text} {unit_text}".strip()[:MAX_TEXT]


def where_of(path: str | os.PathLike[str], raw: Path) -> str:
    """The path of a run's own file, from the folder of the database."""
    return raw.relative_to(Path(path).resolve().parent).as_posix()
