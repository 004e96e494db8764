"""Who does the work: processes of this computer, or a Dask cluster. Neither is written here.

An engine takes jobs and gives back what came of each, in any order; a job whose process ended is tried again, and told
as a failure when that happens twice.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from gzero.errors import ConfigError, MissingDependencyError
from gzero.pipeline.batch.jobs import Done, Job, work

INSTALL = "pip install 'gzero[cluster]'"

#: Times that a job may take its process with it.
ATTEMPTS = 2

#: One thread a worker: many processes with many threads each slow each other down.
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


class Engine(Protocol):
    """What runs jobs."""

    def run(self, take: Callable[[], Job | None]) -> Iterator[tuple[Job, Done]]:
        """Everything that `take` gives until it gives None and nothing is at work any more, as it is done."""


class Processes:
    """Processes of this computer.

    Parameters
    ----------
    count : of them, at least one.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def run(self, take: Callable[[], Job | None]) -> Iterator[tuple[Job, Done]]:
        """See `Engine`."""
        lost: dict[tuple[str, str], int] = {}
        again: list[Job] = []
        while True:
            running: dict[Future[Done], Job] = {}
            with _single_threads(), self._pool() as pool:
                try:
                    yield from self._run(pool, take, again, running)
                except BrokenProcessPool:
                    # which of the jobs ended their process is not known: each is tried once more, alone
                    for job in running.values():
                        name = (job.key, job.piece)
                        lost[name] = lost.get(name, 0) + 1
                        if lost[name] < ATTEMPTS:
                            again.append(job)
                        else:
                            yield job, Done(problem=f"{job.path}: the process at work on it ended, {ATTEMPTS} times")
                    continue
                except BaseException:
                    for future in running:
                        future.cancel()
                    _end(pool)
                    raise
            return

    def _pool(self) -> ProcessPoolExecutor:
        # a fork of a process that has threads may stop for ever; a spawned one begins anew on every system alike
        return ProcessPoolExecutor(self._count, mp_context=multiprocessing.get_context("spawn"))

    def _run(
        self,
        pool: ProcessPoolExecutor,
        take: Callable[[], Job | None],
        again: list[Job],
        running: dict[Future[Done], Job],
    ) -> Iterator[tuple[Job, Done]]:
        while again:
            job = again.pop()
            future = pool.submit(work, job)
            running[future] = job
            done = future.result()
            del running[future]
            yield job, done
        while True:
            while len(running) < 2 * self._count:  # one at work and one waiting for each process
                following = take()
                if following is None:
                    break
                running[pool.submit(work, following)] = following
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done = future.result()
                yield running.pop(future), done


def _end(pool: ProcessPoolExecutor) -> None:
    """Do not wait for work that nobody wants any more."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):
        process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _single_threads() -> Iterator[None]:
    """The setting that new processes inherit; this one is as it was afterwards."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class Cluster:
    """A Dask cluster, whose workers see the same files under the same paths and have the same gzero.

    Parameters
    ----------
    address : of the scheduler, such as "tcp://10.0.0.1:8786".

    Raises
    ------
    MissingDependencyError : dask.distributed is not installed.  ConfigError : nobody answers at the address.
    """

    def __init__(self, address: str) -> None:
        try:
            distributed: Any = importlib.import_module("distributed")
        except ImportError:
            raise MissingDependencyError("a cluster needs dask.distributed", remedy=INSTALL) from None
        try:
            self._client = distributed.Client(address, timeout="10s", set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(
                f"no Dask scheduler answers at '{address}' ({type(error).__name__})",
                remedy="start one with `dask scheduler`, and workers with `dask worker ADDRESS`",
            ) from None

    def run(self, take: Callable[[], Job | None]) -> Iterator[tuple[Job, Done]]:
        """See `Engine`. A lost worker's jobs are given to others by the scheduler."""
        jobs: dict[Any, Job] = {}
        stream = importlib.import_module("distributed").as_completed(loop=self._client.loop)
        with self._client:
            self._fill(take, jobs, stream)
            while jobs:
                future = next(stream)
                job = jobs.pop(future.key)
                if future.status == "finished":
                    yield job, future.result()
                else:
                    yield job, Done(problem=f"{job.path}: {future.exception()}")
                future.release()
                self._fill(take, jobs, stream)

    def _fill(self, take: Callable[[], Job | None], jobs: dict[Any, Job], stream: Any) -> None:
        """Enough jobs at the scheduler to keep every thread of the cluster at work."""
        threads = sum(self._client.nthreads().values()) or 1
        while len(jobs) < 4 * threads:
            job = take()
            if job is None:
                return
            future = self._client.submit(
                work, job, key=f"gzero-{job.key}-{job.piece}", pure=False, retries=ATTEMPTS - 1
            )
            jobs[future.key] = job
            stream.add(future)
