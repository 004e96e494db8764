"""Many files: do what is new or changed, keep every finished piece, and tell how far it is."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gzero.errors import ConfigError, GzeroError, InputError
from gzero.loaders.source import check_file, digest_of
from gzero.pipeline.batch.engines import Engine
from gzero.pipeline.batch.jobs import Done, Job
from gzero.pipeline.batch.store import Store
from gzero.pipeline.checks import check_options
from gzero.pipeline.config import Config, with_files

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a run did.

    Parameters
    ----------
    keys : of all files of the batch that could be opened, in their order.
    files : of the batch;  done, kept : those that this run analysed, and those that were as they had been.
    failures : (file, why) of those that could not even be opened, or that changed meanwhile; all others are in the ledger.
    """

    keys: tuple[str, ...]
    files: int
    done: int
    kept: int
    failures: tuple[tuple[str, str], ...] = ()


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
    progress : called with (pieces done, pieces known so far; a file that nobody has looked at is one).

    Raises
    ------
    InputError : options or a `config_file` with which no file can be analysed; no process can be started.
    OutputError : the ledger cannot be written; what it holds stays.
    """
    check_options(with_files(options, Path(), config_file))
    agenda = _Agenda(paths, options, store, config_file, retry=retry)
    finished = 0

    def take() -> Job | None:
        job = agenda.following()
        if progress is not None:
            progress(finished, finished + agenda.left)
        return job

    # closed at once whatever happens here: the processes do not outlive an error
    with contextlib.closing(engine.run(take)) as found:
        for job, done in found:
            finished += 1
            agenda.take_back(job, done)
            if progress is not None:
                progress(finished, finished + agenda.left)
    return Tally(
        keys=tuple(agenda.keys), files=len(paths), done=len(agenda.touched), kept=agenda.kept,
        failures=tuple(agenda.failures),
    )  # fmt: skip


class _Agenda:
    """What is left to do. A file is looked at when a worker has nothing else to do, so that all begin at once."""

    def __init__(
        self, paths: Sequence[str], options: Config, store: Store, config_file: Path | None, *, retry: bool
    ) -> None:
        self.keys: list[str] = []
        self.failures: list[tuple[str, str]] = []
        self.touched: set[str] = set()
        self.kept = 0
        self._options, self._store, self._config_file, self._retry = options, store, config_file, retry
        self._unseen: Iterator[str] = iter(paths)
        self._files_left = len(paths)
        self._waiting: deque[Job] = deque()
        self._given = 0

    @property
    def left(self) -> int:
        """Pieces that are not done, as far as one knows."""
        return self._files_left + len(self._waiting) + self._given

    def following(self) -> Job | None:
        """The next piece; None where nothing is left that could be given away now."""
        while not self._waiting:
            path = next(self._unseen, None)
            if path is None:
                return None
            self._files_left -= 1
            self._look_at(path)
        self._given += 1
        return self._waiting.popleft()

    def _look_at(self, path: str) -> None:
        store = self._store
        try:
            config = with_files(self._options, Path(path), self._config_file)
            job = Job(path=path, sha256=_digest(path, store), config=config, shelf=store.shelf)
        except GzeroError as error:
            self.failures.append((path, str(error)))
            return
        key = job.key
        self.keys.append(key)
        if self._retry and store.failed(key):
            store.forget(key)
        missing = _missing(job, store.finished(key))
        self._waiting.extend(missing)
        if missing:
            self.touched.add(path)
        else:
            self.kept += 1

    def take_back(self, job: Job, done: Done) -> None:
        """Keep what came of a piece."""
        self._given -= 1
        if done.changed:  # the ledger knows a file by its bytes, and these are others
            if (job.path, done.problem) not in self.failures:
                self.failures.append((job.path, done.problem))
            return
        self._store.keep(job, done)
        # the pieces of one file one after the other
        self._waiting.extendleft(reversed(_pieces(job, done.pieces)))


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


def _missing(job: Job, finished: dict[str, tuple[tuple[int, int], ...]]) -> list[Job]:
    """What of a file is not done."""
    if "whole" not in finished:
        return [job]
    return [piece for piece in _pieces(job, finished["whole"]) if piece.piece not in finished]


def _pieces(job: Job, stretches: Sequence[tuple[int, int]]) -> list[Job]:
    return [replace(job, first=first, last=last) for first, last in stretches]
