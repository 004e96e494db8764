"""Which files are meant by what was typed: each once, and none that a batch has written."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gzero.errors import ConfigError
from gzero.loaders.registry import describe_loaders
from gzero.pipeline.batch.store import NAME, OUTPUTS

#: Endings of files that stand beside data and are none.
_BESIDE = (".toml", ".blind.json", ".md", ".pdf", ".html", ".png", ".svg", ".py", ".tex")


def find_files(paths: Iterable[str | Path]) -> tuple[str, ...]:
    """The files that are meant: each that is named, those of a folder and of its folders, those that a pattern matches.

    Of a folder, files with an ending that some loader reads are taken; folders that are links are not gone into. What a
    batch wrote beside its ledger is no data. A file that is meant twice is taken once, as it is named first.

    Raises
    ------
    ConfigError : nothing is meant, or nothing of it is there.
    """
    endings = {suffix for loader in describe_loaders() for suffix in loader.suffixes}
    out: dict[tuple[str, str], str] = {}
    folders: dict[str, str] = {}
    for path in (os.fspath(p) for p in paths):
        for file in _meant(path, endings):
            folder, name = os.path.split(file)
            if folder not in folders:
                folders[folder] = os.path.realpath(folder or os.curdir)
            out.setdefault((folders[folder], name), file)
    if not out:
        raise ConfigError("no file to analyse", remedy="name files, folders, or patterns such as 'cooldown/*.dat'")
    if not any(os.path.lexists(file) for file in out.values()):
        raise ConfigError("there is no such file or folder", path=next(iter(out.values())), remedy="check the name")
    return tuple(out.values())


def _meant(path: str, endings: set[str]) -> Iterator[str]:
    if "\0" in path:
        yield path  # told as a file that there cannot be
    elif os.path.isdir(path):
        for folder, below, names in os.walk(path):
            below[:] = sorted(name for name in below if not name.startswith("."))
            written = _written(folder, names)
            for name in sorted(names):
                known = os.path.splitext(name)[1].lower() in endings and not name.endswith(_BESIDE)
                if known and not name.startswith(".") and name not in written:
                    yield os.path.join(folder, name)
    elif os.path.lexists(path) or not glob.has_magic(path):
        yield path
    else:
        for file in sorted(p for p in glob.glob(path, recursive=True) if os.path.isfile(p)):
            folder, name = os.path.split(file)
            if name not in OUTPUTS or not os.path.exists(os.path.join(folder, NAME)):
                yield file


def _written(folder: str, names: list[str]) -> frozenset[str]:
    """What a batch has written into a folder."""
    return OUTPUTS if NAME in names else frozenset()
