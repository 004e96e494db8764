"""Many files: find them, do what is new or changed, keep every finished piece, and tell all of it together."""

from __future__ import annotations

import glob
import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gzero.errors import ConfigError, GzeroError, InputError
from gzero.loaders.registry import describe_loaders
from gzero.loaders.source import check_file, digest_of
from gzero.pipeline.batch.engines import Engine
from gzero.pipeline.batch.jobs import Done, Job
from gzero.pipeline.batch.store import Store
from gzero.pipeline.config import Config, with_files

Progress = Callable[[int, int], None]

#: Endings of files that stand beside data and are none.
_BESIDE = (".toml", ".blind.json", ".md", ".pdf", ".html", ".png", ".svg", ".py", ".tex")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a run did.

    Parameters
    ----------
    keys : of all files of the batch that could be opened, in their order.
    files : of the batch;  done, kept : those that this run analysed, and those that were as they had been.
    failures : (file, why) of those that could not even be opened; all others are in the ledger.
    """

    keys: tuple[str, ...]
    files: int
    done: int
    kept: int
    failures: tuple[tuple[str, str], ...] = ()


def find_files(paths: Iterable[str | Path]) -> tuple[str, ...]:
    """The files that are meant: each that is named, those of a folder and of its folders, those that a pattern matches.

    Of a folder, files with an ending that some loader reads are taken.

    Raises
    ------
    ConfigError : nothing is meant.
    """
    endings = {suffix for loader in describe_loaders() for suffix in loader.suffixes}
    out: dict[str, None] = {}
    for path in (os.fspath(p) for p in paths):
        if os.path.isdir(path):
            for folder, below, names in os.walk(path):
                below[:] = sorted(name for name in below if not name.startswith("."))
                for name in sorted(names):
                    known = os.path.splitext(name)[1].lower() in endings and not name.endswith(_BESIDE)
                    if known and not name.startswith("."):
                        out[os.path.join(folder, name)] = None
        elif os.path.exists(path) or not glob.has_magic(path):
            out[path] = None
        else:
            out.update(dict.fromkeys(sorted(p for p in glob.glob(path, recursive=True) if os.path.isfile(p))))
    if not out:
        raise ConfigError("no file to analyse", remedy="name files, folders, or patterns such as 'cooldown/*.dat'")
    return tuple(out)


def run_batch(
    paths: Sequence[str],
    options: Config,
    store: Store,
    engine: Engine,
    *,
    config_file: Path | None = None,
    retry: bool = False,
    progress: Progress | None = None,
) -> Tally:
    """Analyse every file that is new or changed since the ledger saw it.

    Parameters
    ----------
    options : of the command line; each file's own sidecar, and `config_file`, are below them as for a single file.
    retry : whether files that failed before are tried again.
    progress : called with (pieces done, pieces known so far).

    Raises
    ------
    OutputError : the ledger cannot be written; what it holds stays.
    """
    waiting: deque[Job] = deque()
    keys: list[str] = []
    failures: list[tuple[str, str]] = []
    kept = 0
    for path in paths:
        try:
            job = Job(path=path, sha256=_digest(path, store), config=with_files(options, Path(path), config_file))
        except GzeroError as error:
            failures.append((path, str(error)))
            continue
        keys.append(job.key)
        if retry and store.failed(job.key):
            store.forget(job.key)
        missing = _missing(job, store)
        waiting.extend(missing)
        kept += not missing
    total = len(waiting)
    touched = {job.path for job in waiting}

    def take() -> Job | None:
        return waiting.popleft() if waiting else None

    if progress is not None:
        progress(0, total)
    for finished, (job, done) in enumerate(engine.run(take), start=1):
        new = _pieces(job, done)
        waiting.extendleft(reversed(new))  # the pieces of one file one after the other
        total += len(new)
        store.keep(job, done)
        if progress is not None:
            progress(finished, total)
    return Tally(keys=tuple(keys), files=len(paths), done=len(touched), kept=kept, failures=tuple(failures))


def _digest(path: str, store: Store) -> str:
    """The SHA-256 of a file, from the ledger where its size and time are as they were."""
    try:
        status = check_file(path, limit=1 << 62).stat()
    except OSError as error:
        if isinstance(error, InputError):
            raise
        raise ConfigError(f"cannot be opened ({error.strerror})", path=path, remedy="check its permissions") from None
    known = store.known_digest(path, status.st_size, status.st_mtime_ns)
    if known is None:
        known = digest_of(path)
        store.remember(path, status.st_size, status.st_mtime_ns, known)
    return known


def _missing(job: Job, store: Store) -> list[Job]:
    """What of a file is not done."""
    finished = store.finished(job.key)
    if "whole" not in finished:
        return [job]
    pieces = [replace(job, first=first, last=last) for first, last in finished["whole"]]
    return [piece for piece in pieces if piece.piece not in finished]


def _pieces(job: Job, done: Done) -> list[Job]:
    return [replace(job, first=first, last=last) for first, last in done.pieces]
