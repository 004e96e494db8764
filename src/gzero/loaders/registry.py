"""The loaders there are, and the one that a file needs."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from gzero.errors import ConfigError, FileError, MissingDependencyError
from gzero.loaders.excel import LOADER as EXCEL
from gzero.loaders.igor import LOADER as IGOR
from gzero.loaders.source import check_file, looks_like, read_head, unread
from gzero.loaders.table import Table
from gzero.loaders.text import LOADER as TEXT

ENTRY_POINTS = "gzero.loaders"


@runtime_checkable
class Loader(Protocol):
    """What a loader is; an entry point in the group `gzero.loaders` names an object like this.

    `recognises` looks at a file's content; `read` takes the path and keyword-only options that it names one by one,
    and returns a `Table`. `extra` is the line that installs what the loader lacks, or None.
    """

    @property
    def name(self) -> str: ...

    @property
    def description(self) -> str: ...

    @property
    def suffixes(self) -> tuple[str, ...]: ...

    @property
    def extra(self) -> str | None: ...

    @property
    def read(self) -> Callable[..., Table]: ...

    def recognises(self, path: Path) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoaderDescription:
    """One line of `gzero formats`.

    Parameters
    ----------
    options : the options of `read_table` that the loader understands.
    install : what to type before it can be used; None when it can.
    """

    name: str
    description: str
    suffixes: tuple[str, ...]
    options: tuple[str, ...]
    install: str | None = None


#: In the order in which they are asked: the surest signature first.
BUILT_IN: dict[str, Loader] = {loader.name: loader for loader in (IGOR, EXCEL, TEXT)}


def _entry_points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=ENTRY_POINTS))


def _load(entry: EntryPoint) -> Loader:
    """The loader that an entry point names.

    Raises
    ------
    MissingDependencyError : it cannot be imported, or is no loader.
    """
    try:
        found = entry.load()
    except (ImportError, AttributeError) as error:
        raise MissingDependencyError(
            f"the loader '{entry.name}' cannot be imported ({error})", remedy="install or update it"
        ) from error
    if not isinstance(found, Loader):
        raise MissingDependencyError(
            f"the entry point '{entry.name}' names no loader", remedy=f"update '{entry.value}'"
        )
    return found


def _options(loader: Loader) -> tuple[str, ...]:
    parameters = inspect.signature(loader.read).parameters.values()
    return tuple(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY)


def describe_loaders() -> tuple[LoaderDescription, ...]:
    """All loaders, built in or installed beside gzero, each with what it reads and what it lacks."""
    out = [_describe(loader) for loader in BUILT_IN.values()]
    for entry in _entry_points():
        try:
            out.append(_describe(_load(entry)))
        except MissingDependencyError as error:
            out.append(
                LoaderDescription(
                    name=entry.name, description=error.problem, suffixes=(), options=(), install=error.remedy
                )
            )
    return tuple(out)


def _describe(loader: Loader) -> LoaderDescription:
    return LoaderDescription(
        name=loader.name,
        description=loader.description,
        suffixes=loader.suffixes,
        options=_options(loader),
        install=loader.extra,
    )


def read_table(
    path: str | os.PathLike[str],
    *,
    loader: str | None = None,
    sheet: str | None = None,
    group: str | None = None,
    run: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    header_row: int | None = None,
) -> Table:
    """What a file says: its columns as written, its metadata, and how it was read.

    Parameters
    ----------
    path : of the file.
    loader : name of the loader; found by the file's content, then by its ending, when None.
    sheet : name or number (as text, from 1) of a sheet; for workbooks.
    group : path, name or number (from 1) of a group, dataset, wave or variable; for files that hold many.
    run : number or name of a run; for databases of measurements.
    encoding, delimiter, decimal : how a text is written, where gzero finds it wrongly; see `TextLoader.read`.
    header_row : row of the header, from 1; 0 for no header.

    Raises
    ------
    FileError : missing, a directory, unreadable, empty, damaged, without numbers, or in no format that is read.
    ColumnError : no such sheet, group, run or header row.
    ConfigError : no such loader, or an option that the loader does not understand.
    MissingDependencyError : the loader needs a package that is not installed.
    """
    place = check_file(path, limit=sys.maxsize)  # each loader has its own limit
    chosen = _find(place, os.fspath(path)) if loader is None else _named(loader)
    given = {
        "sheet": sheet, "group": group, "run": run, "encoding": encoding, "delimiter": delimiter, "decimal": decimal, "header_row": header_row
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    known = _options(chosen)
    for name in options:
        if name not in known:
            listed = f"its options are {', '.join(known)}" if known else "it has no options"
            raise ConfigError(
                f"the loader '{chosen.name}' has no option '{name}'",
                path=os.fspath(path),
                remedy=f"leave it out; {listed}",
                allowed=known,
            )
    return chosen.read(path, **options)


def _named(name: str) -> Loader:
    if name in BUILT_IN:
        return BUILT_IN[name]
    entries = {entry.name: entry for entry in _entry_points()}
    if name in entries:
        return _load(entries[name])
    allowed = (*BUILT_IN, *entries)
    raise ConfigError(f"there is no loader '{name}'", remedy=f"one of {', '.join(allowed)}", allowed=allowed)


def _find(place: Path, path: str) -> Loader:
    """The loader for a file: by content among those built in, then among those installed, then by its ending."""
    for loader in BUILT_IN.values():
        if loader.recognises(place):
            return loader
    others: list[Loader] = []
    broken: list[str] = []
    for entry in _entry_points():
        try:
            other = _load(entry)
        except MissingDependencyError as error:
            broken.append(error.problem)
            continue
        if other.recognises(place):
            return other
        others.append(other)
    suffix = place.suffix.lower()
    what = looks_like(read_head(place), suffix)
    by_ending = next((one for one in (*others, *BUILT_IN.values()) if suffix in one.suffixes), None)
    # a workbook that the loader of workbooks does not recognise is a damaged one: it says what is wrong with it
    damaged = by_ending is EXCEL and what in ("an Excel workbook", "a ZIP archive")
    if by_ending is not None and (what is None or damaged):
        return by_ending
    if what is not None:
        raise unread(what, path)
    tried = ", ".join(one.name for one in (*BUILT_IN.values(), *others))
    lacking = [one.extra for one in (*BUILT_IN.values(), *others) if one.extra] + broken
    remedy = "export it as CSV or XLSX" + (f", or: {'; '.join(lacking)}" if lacking else "")
    raise FileError(f"in no format that a loader reads (tried: {tried})", path=path, remedy=remedy)
