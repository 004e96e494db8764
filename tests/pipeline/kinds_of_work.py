"""What the processes of `test_processes.py` do; they import it by its name."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

#: Seconds after which a test stops to wait for what should come at once.
LIMIT = 60


def square(shared: int, item: int) -> int:
    return shared + item * item


def deadly(who: int, item: int) -> int:
    if item == who:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def slow(_: int, item: int) -> int:
    time.sleep(0.1 if item == 0 else 30)
    return os.getpid()


def threads(_: None, item: int) -> tuple[str | None, str | None]:
    return os.environ.get("OMP_NUM_THREADS"), os.environ.get("OPENBLAS_NUM_THREADS")


class _Unborn:
    """What ends the process that takes it out of its parcel."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (3,)


def unborn() -> Any:
    return _Unborn()


def halfway(then: str, item: int) -> bytes:
    """Item 13 comes back as half a message, whose sender is killed then, or says no more."""
    from multiprocessing.connection import Connection

    if item == 13:
        kind: Any = Connection
        send = kind._send

        def half(self: Any, buffer: Any, *more: Any) -> None:
            send(self, bytes(buffer)[: len(buffer) // 2], *more)
            if then == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            while True:
                time.sleep(1)

        kind._send = half
    return bytes(100_000)
