"""The engine under batches and multiverses: what is lost, what is given back, what ends with whom."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kinds_of_work import LIMIT, deadly, halfway, square, threads, unborn

from gzero.pipeline.processes import Lost, NoProcessError, Processes

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def _given(items: Iterator[int]) -> Callable[[], int | None]:
    return lambda: next(items, None)


def test_all_comes_back_once_whatever_the_number_of_processes() -> None:
    for count in (1, 3):
        found = list(Processes(square, 10, count).run(_given(iter(range(12)))))
        assert sorted(found) == [(i, 10 + i * i) for i in range(12)]
    assert not multiprocessing.active_children()


def test_nothing_to_do_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multiprocessing.Process, "start", lambda _: pytest.fail("a process was started"))
    assert list(Processes(square, 0, 2).run(lambda: None)) == []


def test_what_kills_its_process_twice_is_lost_and_nothing_else() -> None:
    """13 ends its process; its neighbours in flight are done in spite of it."""
    found = dict(Processes(deadly, 13, 2).run(_given(iter(range(10, 20)))))
    assert found.pop(13) == Lost(times=2)
    assert found == {i: i for i in range(10, 20) if i != 13}


@POSIX
def test_who_is_killed_in_the_midst_of_its_words_is_not_waited_for() -> None:
    """A pool waits for the rest of a message as long as anybody could send it: here another process."""
    found = dict(Processes(halfway, "killed", 2).run(_given(iter(range(10, 20)))))
    assert found.pop(13) == Lost(times=2)
    assert found == {i: bytes(100_000) for i in range(10, 20) if i != 13}


@POSIX
def test_who_stops_while_a_message_is_half_sent_waits_for_nothing() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from kinds_of_work import halfway\nfrom gzero.pipeline.processes import Processes\n"
        "if __name__ == '__main__':\n"
        "    items = iter((1, 13, 13))\n"
        "    found = Processes(halfway, 'silent', 2).run(lambda: next(items, None))\n"
        "    print(next(found)[0], flush=True)\n    import time; time.sleep(0.5)\n    found.close(); print('ended')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT, check=False)
    assert (done.stdout, done.stderr) == ("1\nended\n", "")


@POSIX
def test_an_interrupt_amidst_the_locks_of_the_pool_is_heard_after_them() -> None:
    """At once it would leave a lock locked that the pool's own thread waits for, and the program never ended."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import concurrent.futures, os, signal\n"
        "from kinds_of_work import slow\nfrom gzero.pipeline.processes import Processes\n"
        "wait = concurrent.futures.wait\n"
        "def amidst(futures, *more, **options):\n"
        "    for future in futures:\n        future._condition.acquire()\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    for future in futures:\n        future._condition.release()\n"
        "    return wait(futures, *more, **options)\n"
        "if __name__ == '__main__':\n    concurrent.futures.wait = amidst\n"
        "    try:\n        list(Processes(slow, 0, 2).run(lambda: 1))\n"
        "    except KeyboardInterrupt:\n        print('heard')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT, check=False, preexec_fn=_heard
    )
    assert (done.stdout, done.stderr) == ("heard\n", "")


def _heard() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_a_process_that_never_comes_to_life_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoProcessError, match="ended before their work began"):
        list(Processes(square, unborn(), 1).run(_given(iter(range(3)))))


def test_who_stops_early_leaves_no_process() -> None:
    with contextlib.closing(Processes(square, 0, 2).run(_given(iter(range(1000))))) as found:
        next(found)
        assert multiprocessing.active_children()
    assert not multiprocessing.active_children()


def test_each_process_has_one_thread_of_linear_algebra_and_this_one_keeps_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    assert dict(Processes(threads, None, 1).run(_given(iter([1])))) == {1: ("1", "1")}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ


@POSIX
def test_processes_end_with_a_parent_that_is_killed() -> None:
    """It cannot tell them; they would wait for work for ever."""
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from kinds_of_work import slow\nfrom gzero.pipeline.processes import Processes\n"
        "if __name__ == '__main__':\n    seen = []\n"
        "    for item, pid in Processes(slow, 0, 2).run(lambda: 0 if not seen else 1):\n"
        "        seen.append(print(pid, flush=True))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + LIMIT
    while _alive(worker):
        assert time.monotonic() < deadline, "the worker outlives its parent"
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


@POSIX
def test_the_interrupt_key_is_for_the_parent() -> None:
    found = []
    for item, _ in Processes(square, 0, 1).run(_given(iter(range(6)))):
        found.append(item)
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, signal.SIGINT)
    assert found == list(range(6))
