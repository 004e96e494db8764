"""The command `gzero batch`: choose who works, show how far it is, and write what was found."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from gzero.cli.entry import INTERRUPTED
from gzero.cli.options import Asked
from gzero.cli.show import say
from gzero.errors import ConfigError

if TYPE_CHECKING:
    from gzero.pipeline.batch.engines import Engine
    from gzero.pipeline.batch.run import Tally
    from gzero.pipeline.batch.store import Store

MOST_WORKERS = 512

#: What a run leaves undone: files without a result.
SOME_FAILED = 1


def run(
    paths: list[str], output: Path, asked: Asked, *, workers: int | None, scheduler: str | None, retry: bool
) -> int:
    """Do a batch and write its tables and reports; the exit code."""
    from gzero.pipeline.batch.files import find_files
    from gzero.pipeline.batch.run import run_batch
    from gzero.pipeline.batch.store import Store
    from gzero.pipeline.config import configure

    try:
        with _ended_politely():
            options = configure(**asked.options)
            files = find_files(paths)
            engine = _engine(workers, scheduler)
            with Store(output) as store:
                tally = _with_bar(
                    lambda step: run_batch(
                        files, options, store, engine, config_file=asked.config, retry=retry, progress=step
                    )
                )
                written = _write(output, store, tally)
    except KeyboardInterrupt:
        say(f"interrupted; what is finished is kept in {output}: the same command goes on")
        return INTERRUPTED
    for line in written:
        say(line)
    return SOME_FAILED if tally.failures or any(line.startswith("without a result") for line in written) else 0


@contextlib.contextmanager
def _ended_politely() -> Iterator[None]:
    """A request to end (of `kill`, of a queue whose time is over, of a terminal that is closed) is as the interrupt key."""

    def interrupt(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)  # Windows has no hangup
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup stays what it is
                before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _engine(workers: int | None, scheduler: str | None) -> Engine:
    from gzero.pipeline.batch.engines import Cluster, Processes

    if scheduler is not None:
        if workers is not None:
            raise ConfigError("--workers is of this computer, --scheduler of a cluster", remedy="name one of them")
        return Cluster(scheduler)
    count = workers if workers is not None else (os.cpu_count() or 1)
    if not 1 <= count <= MOST_WORKERS:
        raise ConfigError(f"--workers: {count} is not a number from 1 to {MOST_WORKERS}", remedy="leave it out")
    return Processes(count)


def _with_bar(work: Callable[[Callable[[int, int], None] | None], Tally]) -> Tally:
    """Some work; on a terminal with a bar on stderr that tells the rate and the time that is left."""
    if sys.stderr is None or not sys.stderr.isatty():
        return work(None)
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("batch", total=None, rate="")

        def step(done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate="" if speed is None else f"{speed:.3g}/s")

        return work(step)


def _write(output: Path, store: Store, tally: Tally) -> list[str]:
    """The tables and the reports, each whole or not at all; what to say of them."""
    from gzero.pipeline.batch.outputs import write_outputs
    from gzero.report.wording import several

    table = write_outputs(output, store, tally)
    lines = [
        f"{several(tally.files, 'file')}: {tally.done} done now, {tally.kept} as they were, "
        f"{several(len(table), 'trace')} in results.csv",
    ]
    if table.failures:
        lines.append(f"without a result: {len(table.failures)}, in failures.csv, the first: {table.failures[0][2]}")
    lines.append(f"wrote {output / 'report.pdf'}, .html and .xlsx")
    return lines
