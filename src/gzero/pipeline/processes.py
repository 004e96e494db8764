"""Work in several processes of this computer: what batches and multiverses share.

A process is spawned, not forked: a fork of a process that has threads may stop for ever, and a spawned one begins anew on
every system alike. It has one thread of linear algebra, is deaf to the interrupt key, which is for its parent, and ends
with its parent however that ends. A request to end that reaches the parent while it is at the locks that it shares with its
pool is heard a moment later: an exception in the midst of them would leave one locked, and nobody would ever end.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.process import BaseProcess

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

#: Times that a piece of work may take its process with it.
ATTEMPTS = 2

#: Seconds after which a parent that waits hears a request to end.
HEARD = 0.1

#: Seconds that a pool has to notice that one of its processes ended.
NOTICED = 2.0

#: Of linear algebra there is one thread a process: on small matrices more cost several times the work, many processes with many
#: threads each slow each other down, and the last bit of a sum depends on how many share it.
THREADS = (
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
        requests = _Requests()
        with requests.watched(), contextlib.closing(self._rounds(take, requests)) as rounds:
            yield from rounds

    def _rounds(self, take: Callable[[], T | None], requests: _Requests) -> Generator[tuple[T, R | Lost], None, None]:
        """One pool after the other: it does not survive the end of one of its processes."""
        from concurrent.futures.process import BrokenProcessPool

        alone: list[_Piece[T]] = []
        unborn = 0
        while True:
            running: dict[Future[R], _Piece[T]] = {}
            with requests.kept():
                pool = self._pool()
            born, wanted = threading.Event(), False
            try:
                yield from self._run(pool, take, alone, running, born, requests)
                wanted = True  # nothing is at work any more: its processes may end by themselves
                return
            except BrokenProcessPool:
                pass
            finally:
                with requests.kept():
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
        requests: _Requests,
    ) -> Iterator[tuple[T, R | Lost]]:
        def awake(future: Future[None]) -> None:
            if not future.cancelled() and future.exception() is None:
                born.set()

        def submit(piece: _Piece[T]) -> Future[R]:
            alone.append(piece)  # where it is found again if there is no pool any more
            try:
                with requests.kept(), _for_children():  # a pool starts its processes when it is given work
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
            submit(alone.pop())
            yield from self._finished(pool, running, requests)
        while True:
            while len(running) < 2 * self._count:  # one at work and one waiting for each process
                item = take()
                if item is None:
                    break
                submit(_Piece(item))
            if not running:
                return
            yield from self._finished(pool, running, requests)

    @staticmethod
    def _finished(
        pool: ProcessPoolExecutor, running: dict[Future[R], _Piece[T]], requests: _Requests
    ) -> Iterator[tuple[T, R | Lost]]:
        """What is done, as soon as something is: in the order in which it was given away."""
        from concurrent.futures import FIRST_COMPLETED, wait
        from concurrent.futures.process import BrokenProcessPool

        finished: set[Future[R]] = set()
        missed = 0
        while not finished:
            with requests.kept():
                finished = wait(running, timeout=HEARD, return_when=FIRST_COMPLETED).done
            missed = missed + 1 if not finished and _someone_ended(pool) else 0
            if missed * HEARD > NOTICED:
                raise BrokenProcessPool
        for future in [future for future in running if future in finished]:
            done = future.result()
            yield running.pop(future).item, done


class _Requests:
    """Requests to end (the interrupt key, `kill`, a closed terminal), which are kept while nobody may hear them."""

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}
        self._kept: list[int] = []
        self._deaf = False

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """While this lasts they come here; they reach this thread only if it is the first of its program."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        # one that nobody hears in Python ends the program, or is ignored, as before
        self._handlers = {n: handler for n in numbers if callable(handler := signal.getsignal(n))}
        try:
            for number in self._handlers:
                signal.signal(number, self._come)
            yield
        finally:
            for number, handler in self._handlers.items():
                if signal.getsignal(number) == self._come:
                    signal.signal(number, handler)

    def _come(self, number: int, frame: FrameType | None) -> None:
        if self._deaf:
            self._kept.append(number)
        else:
            self._handlers[number](number, frame)

    @contextlib.contextmanager
    def kept(self) -> Iterator[None]:
        """While this lasts they are kept; the first of them is heard at its end."""
        self._deaf = True
        try:
            yield
        finally:
            self._deaf = False
            if self._kept:
                number = self._kept[0]
                self._kept.clear()
                self._handlers[number](number, None)


def _end(pool: ProcessPoolExecutor, *, now: bool) -> None:
    """Let the processes go; those at work on something that nobody wants any more are not waited for."""
    if now:
        for process in _processes(pool):
            process.terminate()
        # whoever ended in the midst of its words: nobody waits for the rest of them
        with contextlib.suppress(AttributeError, OSError):
            pool._result_queue._writer.close()  # type: ignore[attr-defined]
    pool.shutdown(wait=True, cancel_futures=True)


def _processes(pool: ProcessPoolExecutor) -> list[BaseProcess]:
    return list((getattr(pool, "_processes", None) or {}).values())


def _someone_ended(pool: ProcessPoolExecutor) -> bool:
    """Whether a process of the pool ended. A pool notices it, but not while it waits for the rest of a message of that one."""
    from multiprocessing.connection import wait

    return bool(wait([process.sentinel for process in _processes(pool)], timeout=0))


@contextlib.contextmanager
def _for_children() -> Iterator[None]:
    """While processes are started: what they inherit; this one is as it was afterwards."""
    before = {name: os.environ.get(name) for name in THREADS}
    masks = hasattr(signal, "pthread_sigmask")  # inherited by a process from its start on; there is none on Windows
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    os.environ.update(dict.fromkeys(THREADS, "1"))
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
