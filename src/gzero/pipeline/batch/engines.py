"""Who does the work: processes of this computer, or a Dask cluster. Neither is written here.

An engine takes jobs and gives back what came of each, in any order; a job whose process ended is tried again, and told
as a failure when that happens twice.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Generator
from typing import Any, Protocol

from gzero.errors import ConfigError, MissingDependencyError
from gzero.pipeline import processes
from gzero.pipeline.batch.jobs import Done, Job, work

INSTALL = "pip install 'gzero[cluster]'"

Found = Generator[tuple[Job, Done], None, None]


class Engine(Protocol):
    """What runs jobs."""

    def run(self, take: Callable[[], Job | None]) -> Found:
        """Everything that `take` gives until it gives None and nothing is at work any more, as it is done; closed before
        that, it waits for nothing."""


class Processes:
    """Processes of this computer.

    Parameters
    ----------
    count : of them, at least one.
    """

    def __init__(self, count: int) -> None:
        self._count = count

    def run(self, take: Callable[[], Job | None]) -> Found:
        """See `Engine`.

        Raises
        ------
        ConfigError : no process can be started.
        """
        pool = processes.Processes(_work, None, self._count)
        try:
            with contextlib.closing(pool.run(take)) as found:
                for job, done in found:
                    if isinstance(done, processes.Lost):
                        done = Done(problem=f"{job.path}: the process at work on it ended, {done.times} times")
                    yield job, done
        except processes.NoProcessError as error:
            raise ConfigError(
                f"no process can be started ({error})",
                remedy="in a script, call it under `if __name__ == '__main__':`; else check the limits of the account",
            ) from error


def _work(_: None, job: Job) -> Done:
    return work(job)


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

    def run(self, take: Callable[[], Job | None]) -> Found:
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
                work, job, key=f"gzero-{job.key}-{job.piece}", pure=False, retries=processes.ATTEMPTS - 1
            )
            jobs[future.key] = job
            stream.add(future)
