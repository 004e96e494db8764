"""Loaders that other packages bring, by the entry point group `gzero.loaders`.

A plug-in is other people's code: whatever it does when it is imported, asked or used becomes one line that names it, and
files of other formats are read as if it were not there.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

from gzero.errors import FileError, GzeroError, MissingDependencyError
from gzero.loaders.table import Table

ENTRY_POINTS = "gzero.loaders"

#: The options that `read_table` hands on; an option of a plug-in that is not among them cannot be reached.
OPTIONS = ("sheet", "group", "run", "encoding", "delimiter", "decimal", "header_row")


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


def options_of(loader: Loader) -> tuple[str, ...]:
    """The options of `read_table` that a loader understands."""
    try:
        parameters = inspect.signature(loader.read).parameters.values()
    except (TypeError, ValueError):  # a function of a compiled module may tell nothing
        return ()
    return tuple(p.name for p in parameters if p.kind is inspect.Parameter.KEYWORD_ONLY and p.name in OPTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """A loader of another package, held so that its faults are told and not raised.

    Parameters
    ----------
    loader : what its entry point names.
    package : that brought it, as `pip` calls it.
    """

    loader: Loader
    package: str

    @property
    def name(self) -> str:
        """Of the loader."""
        return self.loader.name

    @property
    def description(self) -> str:
        """Of the loader, and who brought it."""
        return f"{self.loader.description} (plug-in: {self.package})"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Endings of its files, in small letters."""
        return tuple(suffix.lower() for suffix in self.loader.suffixes)

    @property
    def extra(self) -> str | None:
        """The line that installs what it lacks."""
        return self.loader.extra

    @property
    def read(self) -> Callable[..., Table]:
        """Its `read`, with its options; see `faultless`."""
        return faultless(self)

    def recognises(self, path: Path) -> bool:
        """Whether the loader says that the file is one of its own.

        Raises
        ------
        MissingDependencyError : it failed.
        """
        try:
            return bool(self.loader.recognises(path))
        except (Exception, SystemExit) as error:
            raise _failed(self, "recognise files", error) from error


def faultless(plugin: Plugin) -> Callable[..., Table]:
    """The `read` of a plug-in's loader, which raises errors of gzero and no others, and returns a `Table`."""
    inner = plugin.loader.read

    @functools.wraps(inner)
    def read(path: str | os.PathLike[str], **options: object) -> Table:
        place = os.fspath(path)
        try:
            table = inner(path, **options)
        except (GzeroError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            raise FileError(
                f"the plug-in '{plugin.name}' failed to read it ({_told(error)})",
                path=place,
                remedy=f"a damaged file, or a fault of the package '{plugin.package}': update it, or tell its authors",
            ) from error
        if not isinstance(table, Table):
            raise FileError(
                f"the plug-in '{plugin.name}' gave {type(table).__name__}, not a Table",
                path=place,
                remedy=f"update the package '{plugin.package}', or tell its authors",
            )
        return table

    return read


def _told(error: BaseException) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _failed(plugin: Plugin, what: str, error: BaseException) -> MissingDependencyError:
    return MissingDependencyError(
        f"the plug-in '{plugin.name}' failed to {what} ({_told(error)})",
        remedy=f"update the package '{plugin.package}'",
    )


def installed() -> tuple[EntryPoint, ...]:
    """The entry points of all packages that can be imported."""
    return _installed(tuple(sys.path))


@functools.cache
def _installed(path: tuple[str, ...]) -> tuple[EntryPoint, ...]:
    # a file of every package is read for this: once is enough for a thousand files of text
    return tuple(entry_points(group=ENTRY_POINTS))


def load(entry: EntryPoint, *, taken: Collection[str]) -> Plugin:
    """The loader that an entry point names.

    Parameters
    ----------
    taken : names that loaders have already; theirs they stay.

    Raises
    ------
    MissingDependencyError : it cannot be imported, is no loader, or has a name that another one has.
    """
    package = entry.dist.name if entry.dist is not None else entry.value.partition(":")[0]
    remedy = f"update or remove the package '{package}'"
    if entry.name in taken:
        raise MissingDependencyError(
            f"the plug-in '{entry.name}' is not used: another loader has this name", remedy=remedy
        )
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:
        raise MissingDependencyError(
            f"the plug-in '{entry.name}' cannot be imported ({_told(error)})", remedy=remedy
        ) from error
    fault = fault_of(found, entry.name)
    if fault:
        raise MissingDependencyError(f"the plug-in '{entry.name}' is no loader: {fault}", remedy=remedy)
    return Plugin(loader=found, package=package)


def fault_of(found: object, name: str) -> str:
    """What keeps an object from being the loader of this name; empty when nothing does."""
    if inspect.isclass(found):
        return f"{found.__name__} is a class; the entry point must name an object of it"
    try:
        if not isinstance(found, Loader):
            wanted = ("name", "description", "suffixes", "extra", "recognises", "read")
            return "it has no " + ", ".join(one for one in wanted if not hasattr(found, one))
        if found.name != name:
            return f"it calls itself '{found.name}'"
        texts = (found.description, *(found.suffixes if isinstance(found.suffixes, tuple) else (None,)))
        if not all(isinstance(text, str) for text in texts):
            return "its description must be a text, its suffixes a tuple of texts"
        if not isinstance(found.extra, str | None):
            return "its extra must be a text or None"
        if not callable(found.recognises) or not callable(found.read):
            return "recognises and read must be functions"
    except Exception as error:  # noqa: BLE001 - a property may raise anything
        return _told(error)
    return ""
