"""Work in several processes of this computer: what batches and multiverses share.

A process is spawned, not forked: a fork of a process that has threads may stop for ever, and a spawned one begins anew on
every system alike. It has one thread of linear algebra, is deaf to the interrupt key, which is for its parent, and ends
with its parent however that ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

#: Times that a piece of work may take its process with it.
ATTEMPTS = 2

#: One thread a process: many processes with many threads each slow each other down.
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


class NoProcessError(OSError):
    """This computer, or this program, starts no process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A piece of work that gave nothing: its process ended without a word, so many times."""

    times: int


@dataclass(slots=True, eq=False)
class _Piece(Generic[T]):
    """What is to be done, and how often its process has ended."""

    item: T
    lost: int = 0


class Processes(Generic[S, T, R]):
    """Several processes that do one kind of work.

    Parameters
    ----------
    work : called as ``work(shared, item)`` in one of the processes; a function of a module.
    shared : what every piece of work needs, sent to each process once.
    count : of processes, at least one.
    """

    def __init__(self, work: Callable[[S, T], R], shared: S, count: int) -> None:
        self._work, self._shared, self._count = work, shared, count

    def run(self, take: Callable[[], T | None]) -> Generator[tuple[T, R | Lost], None, None]:
        """Everything that `take` gives, with what came of it, in the order in which it is done.

        `take` is asked whenever a process is free, and once more when the last piece is done: it may have more to give then.
        Whoever stops before the end closes the iterator, and the processes end at once.

        Raises
        ------
        NoProcessError : no process can be started here; everything that was not given back is undone.
        """
        from concurrent.futures.process import BrokenProcessPool

        alone: list[_Piece[T]] = []
        unborn = 0
        while True:
            running: dict[Future[R], _Piece[T]] = {}
            pool, born = self._pool(), threading.Event()
            wanted = False
            try:
                yield from self._run(pool, take, alone, running, born)
                wanted = True  # nothing is at work any more: its processes may end by themselves
                return
            except BrokenProcessPool:
                pass
            finally:
                _end(pool, now=not wanted)
            kept = [future for future in running if future.done() and not future.cancelled() and not future.exception()]
            for future in kept:
                yield running.pop(future).item, future.result()
            if born.is_set() or kept:
                gone: list[_Piece[T]] = []
                # which of them ended its process is not known: each is tried once more, alone
                for piece in running.values():
                    piece.lost += 1
                    (alone if piece.lost < ATTEMPTS else gone).append(piece)
                for piece in gone:
                    yield piece.item, Lost(times=piece.lost)
            else:
                unborn += 1
                alone += running.values()
                if unborn == ATTEMPTS:
                    raise NoProcessError("those that were started ended before their work began")

    def _pool(self) -> ProcessPoolExecutor:
        import concurrent.futures
        import multiprocessing

        context = multiprocessing.get_context("spawn")
        try:
            return concurrent.futures.ProcessPoolExecutor(
                self._count, mp_context=context, initializer=_begin, initargs=(self._work, self._shared)
            )
        except (OSError, NotImplementedError) as error:  # no semaphores, say
            raise NoProcessError(str(error)) from error

    def _run(
        self,
        pool: ProcessPoolExecutor,
        take: Callable[[], T | None],
        alone: list[_Piece[T]],
        running: dict[Future[R], _Piece[T]],
        born: threading.Event,
    ) -> Iterator[tuple[T, R | Lost]]:
        from concurrent.futures import FIRST_COMPLETED, wait

        def awake(future: Future[None]) -> None:
            if not future.cancelled() and future.exception() is None:
                born.set()

        def submit(piece: _Piece[T]) -> Future[R]:
            alone.append(piece)  # where it is found again if there is no pool any more
            try:
                with _for_children():  # a pool starts its processes when it is given work
                    if not first:
                        first.append(pool.submit(_awake))
                        first[0].add_done_callback(awake)
                    future: Future[R] = pool.submit(_do, piece.item)
            except (OSError, NotImplementedError) as error:
                raise NoProcessError(str(error)) from error
            running[future] = alone.pop()
            return future

        first: list[Future[None]] = []
        while alone:
            future = submit(alone.pop())
            done = future.result()
            yield running.pop(future).item, done
        while True:
            while len(running) < 2 * self._count:  # one at work and one waiting for each process
                item = take()
                if item is None:
                    break
                submit(_Piece(item))
            if not running:
                return
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done = future.result()
                yield running.pop(future).item, done


def _end(pool: ProcessPoolExecutor, *, now: bool) -> None:
    """Let the processes go; those at work on something that nobody wants any more are not waited for."""
    if now:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _for_children() -> Iterator[None]:
    """While processes are started: what they inherit; this one is as it was afterwards."""
    before = {name: os.environ.get(name) for name in _THREADS}
    masks = hasattr(signal, "pthread_sigmask")  # inherited by a process from its start on; there is none on Windows
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)


_child: list[tuple[Callable[[Any, Any], Any], Any]] = []  # of a process that was started here: what it is for


def _begin(work: Callable[[Any, Any], Any], shared: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _child[:] = [(work, shared)]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed cannot tell its children, who would wait for work for ever."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _awake() -> None:
    """The first that a process does."""


def _do(item: Any) -> Any:
    work, shared = _child[0]
    return work(shared, item)
