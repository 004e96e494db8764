"""The loaders there are, and the one that a file needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from gzero.errors import ConfigError, FileError, MissingDependencyError
from gzero.loaders.plugins import Loader, Plugin, installed, load, options_of
from gzero.loaders.shelf import SHELF, Shelved
from gzero.loaders.source import ZIP_MEMBERS, check_file, looks_like, read_head, unread
from gzero.loaders.table import Pieces, Table
from gzero.loaders.text import LOADER as TEXT


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


_WORKBOOKS = ("excel", "workbooks")

#: What a damaged workbook still looks like.
WORKBOOK_LIKE = frozenset({what for _, what in ZIP_MEMBERS} | {"a ZIP archive", "an old binary Office file (.xls)"})

#: In the order in which they are asked; text takes what is left.
BUILT_IN: dict[str, Loader] = {loader.name: loader for loader in (*SHELF, TEXT)}


def _entry_points() -> tuple[EntryPoint, ...]:
    return installed()


def _plugins() -> Iterator[Plugin | tuple[EntryPoint, MissingDependencyError]]:
    """Each plug-in, or what keeps it from being one; a name belongs to the first that has it."""
    taken = set(BUILT_IN)
    for entry in _entry_points():
        try:
            plugin = load(entry, taken=taken)
        except MissingDependencyError as error:
            yield entry, error
        else:
            yield plugin
        taken.add(entry.name)


def describe_loaders() -> tuple[LoaderDescription, ...]:
    """All loaders, built in or installed beside gzero, each with what it reads and what it lacks."""
    out = [_describe(loader) for loader in BUILT_IN.values()]
    for found in _plugins():
        if isinstance(found, Plugin):
            out.append(_describe(found))
            continue
        entry, error = found
        out.append(
            LoaderDescription(name=entry.name, description=error.problem, suffixes=(), options=(), install=error.remedy)
        )
    return tuple(out)


def _describe(loader: Loader) -> LoaderDescription:
    return LoaderDescription(
        name=loader.name,
        description=loader.description,
        suffixes=loader.suffixes,
        options=options_of(loader),
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
    chosen = _chosen(path, loader)
    given = {
        "sheet": sheet, "group": group, "run": run, "encoding": encoding, "delimiter": delimiter, "decimal": decimal, "header_row": header_row
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value is not None}
    known = options_of(chosen)
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


def read_in_pieces(
    path: str | os.PathLike[str], *, loader: str | None = None, group: str | None = None, beyond: int, numbers: int
) -> Pieces | None:
    """What `read_table` would read, a piece at a time, where the format can be read so; None where it cannot, or need not.

    Parameters
    ----------
    loader, group : as of `read_table`.
    beyond : numbers up to which a table is held.  numbers : of a piece, about.

    Raises
    ------
    FileError, ColumnError, ConfigError, MissingDependencyError : as of `read_table`.
    """
    chosen = _chosen(path, loader)
    in_pieces = chosen.in_pieces if isinstance(chosen, Shelved) else None
    return None if in_pieces is None else in_pieces(path, group=group, beyond=beyond, numbers=numbers)


def many_traces(
    path: str | os.PathLike[str], *, loader: str | None = None, group: str | None = None
) -> tuple[str, int, int] | None:
    """The map that `read_table` would refuse for having more traces than a table has columns, where some of them can be read.

    Returns
    -------
    The name of the map, and the first and last (not included) of its traces: the group ``NAME[3:10]`` are some of them.

    Raises
    ------
    FileError, ColumnError, ConfigError, MissingDependencyError : as of `read_table`.
    """
    chosen = _chosen(path, loader)
    told = chosen.many_traces if isinstance(chosen, Shelved) else None
    return None if told is None else told(path, group=group)


def _chosen(path: str | os.PathLike[str], loader: str | None) -> Loader:
    """The loader that is named, or the one for the file; a file that is not there is told first."""
    place = check_file(path, limit=sys.maxsize)  # each loader has its own limit
    return _find(place, os.fspath(path)) if loader is None else _named(loader)


def _named(name: str) -> Loader:
    if name in BUILT_IN:
        return BUILT_IN[name]
    allowed = list(BUILT_IN)
    for found in _plugins():
        if isinstance(found, Plugin):
            if found.name == name:
                return found
            allowed.append(found.name)
        elif found[0].name == name:
            raise found[1]
    raise ConfigError(f"there is no loader '{name}'", remedy=f"one of {', '.join(allowed)}", allowed=tuple(allowed))


def _find(place: Path, path: str) -> Loader:
    """The loader for a file: by content among those built in, then among the plug-ins, then text, then by its ending.

    Text comes last: it reads nearly everything that is text, and a plug-in may know better.
    """
    for loader in BUILT_IN.values():
        if loader is not TEXT and loader.recognises(place):
            return loader
    others: list[Loader] = []
    broken: list[str] = []
    for found in _plugins():
        if not isinstance(found, Plugin):
            broken.append(found[1].problem)
            continue
        try:
            if found.recognises(place):
                return found
        except MissingDependencyError as error:
            broken.append(error.problem)
            continue
        others.append(found)
    if TEXT.name in BUILT_IN and TEXT.recognises(place):
        return TEXT
    suffix = place.suffix.lower()
    what = looks_like(read_head(place), suffix)
    by_ending = next((one for one in (*others, *BUILT_IN.values()) if suffix in one.suffixes), None)
    # a workbook that the loader of workbooks does not recognise is a damaged one: it says what is wrong with it
    damaged = by_ending is not None and by_ending.name in _WORKBOOKS and what in WORKBOOK_LIKE
    if by_ending is not None and (what is None or damaged):
        return by_ending
    if what is not None:
        raise unread(what, path)
    tried = ", ".join(one.name for one in (*BUILT_IN.values(), *others))
    lacking = [one.extra for one in (*BUILT_IN.values(), *others) if one.extra] + broken
    remedy = "export it as CSV or XLSX" + (f", or: {'; '.join(lacking)}" if lacking else "")
    raise FileError(f"in no format that a loader reads (tried: {tried})", path=path, remedy=remedy)
