"""Damaged files through `read_table` in processes that may hang, crash and run out of memory; what became of each.

A mutant passes when it is read as a sound `Table`, or refused by an `InputError` or a `MissingDependencyError` in one
line that names the file. Everything else is a failure: another exception, a crash, more than `Run.seconds` of processor
time (on a machine that is busy with other things the clock on the wall says little) or `PATIENCE` times that, more memory
than `fuzz_worker.MEMORY`, a file written or another one opened, text executed, a pickle, a socket, a program started.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import pickle
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fuzz_worker import CHUNK, FAILED, HEAD, READ, RECORD, REFUSALS, REFUSED, World, call_of, module_at, plug
from mutation import steps_of
from seeds import all_seeds

from gzero.errors import GzeroError
from gzero.loaders import registry

HERE = Path(__file__).resolve().parent
NO_LOADER = "(none)"

#: Times `Run.seconds` that a file may take when it waits for something and needs no processor.
PATIENCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is to be done.

    Parameters
    ----------
    per_loader : mutants for each loader.
    seed : of the run; the same mutants for the same seed, version and installed formats.
    loaders : those that are tried; all when empty.
    seconds : of processor time that a file may take; beyond them the process is killed.
    folder : where what is done is noted, so that the run can be taken up again, and where failures are kept.
    plugged : a file with `LOADERS` and `SEEDS` that take the place of those of gzero (for tests of the fuzzer itself).
    """

    per_loader: int
    folder: Path
    seed: int = 1
    processes: int = 1
    loaders: tuple[str, ...] = ()
    seconds: float = 5.0
    measured: bool = True
    plugged: str | None = None


@dataclass(slots=True)
class Row:
    """What became of the mutants of one loader."""

    loader: str
    mutants: int = 0
    read: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    slowest: float = 0.0  # [s]
    largest: float = 0.0  # [byte]
    busy: float = 0.0  # [s]
    failures: int = 0


@dataclass(slots=True)
class Outcome:
    """The rows, the failures by what they have in common, and the formats that were not tried."""

    rows: dict[str, Row]
    failures: list[dict[str, Any]]
    lacking: dict[str, str]


@dataclass(slots=True)
class Job:
    """Mutants `first` to `stop` of a loader; only the steps `keep` and the options `only` of each, when they are named.

    `files` are read in the place of mutants: (path, options of `read_table`) of number 0, 1, ...
    """

    loader: str
    first: int
    stop: int
    keep: list[int] | None = None
    only: list[str] | None = None
    files: list[tuple[str, dict[str, Any]]] | None = None


def world_of(run: Run) -> tuple[World, dict[str, str]]:
    """Every seed under the loader that the registry finds for it, and the formats that have none."""
    with _plugged(run.plugged), tempfile.TemporaryDirectory() as folder:
        if run.plugged is None:
            seeds, lacking = all_seeds(measured=run.measured)
        else:
            seeds, lacking = list(module_at(run.plugged).SEEDS), {}
        world = World(
            seeds={name: [] for name in registry.BUILT_IN},
            loaders=tuple(registry.BUILT_IN),
            options={name: registry.options_of(loader) for name, loader in registry.BUILT_IN.items()},
            cores=[seed.core for seed in seeds],
            suffixes=sorted({seed.suffix for seed in seeds}),
            apart=run.plugged is not None,
        )
        for seed in seeds:
            path = Path(folder) / f"seed{seed.suffix}"
            path.write_bytes(seed.data)
            try:
                name = registry._find(path, str(path)).name
            except GzeroError:
                name = NO_LOADER
            world.seeds.setdefault(name, []).append(seed)
            path.unlink()
    for name in [name for name, there in world.seeds.items() if not there]:
        lacking[f"loader '{name}'"] = "no seed: write a function in tests/loaders/seeds.py"
    return world, lacking


@contextlib.contextmanager
def _plugged(path: str | None) -> Iterator[None]:
    before = dict(registry.BUILT_IN)
    try:
        if path is not None:
            plug(path)
        yield
    finally:
        registry.BUILT_IN.clear()
        registry.BUILT_IN.update(before)


def fuzz(
    run: Run,
    *,
    made: tuple[World, dict[str, str]] | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Read the mutants of a run, those aside that its folder says are done; `made` is what `world_of` gave for it."""
    run.folder.mkdir(parents=True, exist_ok=True)
    world, lacking = made or world_of(run)
    wanted = [name for name, seeds in world.seeds.items() if seeds and (not run.loaders or name in run.loaders)]
    ledger = Ledger(run, wanted)
    jobs = [
        Job(name, first, min(first + CHUNK, run.per_loader))
        for first in range(0, run.per_loader, CHUNK)
        for name in wanted
        if [name, first] not in ledger.done
    ]
    jobs.reverse()
    with tempfile.TemporaryDirectory(prefix="gzero-fuzz-", dir=_fast_folder()) as folder:
        (Path(folder) / "world").write_bytes(pickle.dumps(world))
        crew = [Crew(run, Path(folder), i, wanted) for i in range(max(1, min(run.processes, len(jobs))))]
        try:
            _work(crew, jobs, ledger, progress)
            fresh = [f for f in ledger.failures if "minimal" not in f]
            for failure in _first_of_each(fresh):
                progress(f"reducing {failure['loader']} {failure['n']}: {failure['kind']}")
                _reduce(crew[0], failure, run, world)
            ledger.save()
        finally:
            for one in crew:
                one.stop()
    return Outcome(rows=ledger.rows, failures=ledger.failures, lacking=lacking)


def _fast_folder() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Ledger:
    """What is done: written after each job, read when a run is taken up again."""

    def __init__(self, run: Run, loaders: list[str]) -> None:
        self.path = run.folder / "progress.json"
        self.key = [run.seed, run.per_loader, run.plugged, run.seconds]
        self.done: list[list[object]] = []
        self.failures: list[dict[str, Any]] = []
        self.rows = {name: Row(name) for name in loaders}
        if self.path.exists():
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            if kept["key"] == self.key:
                self.done, self.failures = kept["done"], kept["failures"]
                for row in kept["rows"]:
                    self.rows[row["loader"]] = Row(**row)

    def count(self, loader: str, outcome: int, seconds: float, memory: float) -> None:
        """One mutant."""
        row = self.rows[loader]
        row.mutants += 1
        row.busy += seconds
        row.slowest, row.largest = max(row.slowest, seconds), max(row.largest, memory)
        if outcome == READ:
            row.read += 1
        elif outcome == FAILED:
            row.failures += 1
        else:
            kind = REFUSALS[outcome - REFUSED]
            row.refused[kind] = row.refused.get(kind, 0) + 1

    def save(self) -> None:
        """Whole, or not at all."""
        content = {
            "key": self.key,
            "done": self.done,
            "failures": self.failures,
            "rows": [asdict(row) for row in self.rows.values()],
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(content, indent=1), encoding="utf-8")
        new.replace(self.path)


class Crew:
    """One worker process, the file that it shares with us, and the job that it has."""

    def __init__(self, run: Run, folder: Path, number: int, loaders: list[str]) -> None:
        self.run = run
        self.folder = folder / str(number)
        self.folder.mkdir()
        board = self.folder / "board"
        board.write_bytes(bytes(HEAD.size + CHUNK * RECORD.size))
        with board.open("r+b") as file:
            self.board = mmap.mmap(file.fileno(), 0)
        source = str(Path(registry.__file__).resolve().parents[2])
        settings = {
            "world": str(folder / "world"), "plugged": [run.plugged] if run.plugged else [],
            "warm": [] if run.plugged else loaders, "roots": [source, str(HERE)],
        }  # fmt: skip
        (self.folder / "settings").write_text(json.dumps(settings))
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([source, str(HERE)]), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None
        self.job: Job | None = None
        self.rest = b""

    def start(self) -> None:
        """A new process; returns when it is ready."""
        HEAD.pack_into(self.board, 0, -1, 0.0, 0.0)
        self.rest = b""
        (self.folder / "log").write_bytes(b"")
        for left in (self.folder / "files").glob("*"):  # of a process that was killed
            left.unlink()
        words = [sys.executable, str(HERE / "fuzz_worker.py"), str(self.folder)]
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
            start_new_session=True,  # with what it starts itself it is ended as one
        )
        answers = self.answers(300.0)
        if not answers or not answers[0].get("ready"):
            log = self.log()
            self.stop()
            raise RuntimeError(f"a worker of the fuzzer did not start: {log}")

    def give(self, job: Job) -> None:
        """Have it done by the process, by a new one where there is none."""
        if self.process is None:
            self.start()
        assert self.process is not None
        assert self.process.stdin is not None
        self.job = job
        self.board[HEAD.size :] = bytes(len(self.board) - HEAD.size)
        self.process.stdin.write(json.dumps(asdict(job) | {"run": self.run.seed}).encode() + b"\n")
        self.process.stdin.flush()

    def answers(self, seconds: float) -> list[dict[str, Any]]:
        """What the process has said, waiting for it at most so long."""
        assert self.process is not None
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if selector.select(seconds):
                self.rest += os.read(self.process.stdout.fileno(), 1 << 16)
        *lines, self.rest = self.rest.split(b"\n")
        return [json.loads(line) for line in lines]

    def trouble(self) -> tuple[int, str, str] | None:
        """(number of the mutant, kind, what is known) where the process has died, or takes too long and is killed."""
        assert self.process is not None
        assert self.job is not None
        code = self.process.poll()
        n, since, used = HEAD.unpack_from(self.board)
        if code is None:
            waited, busy = time.monotonic() - since, _processor_time(self.process.pid) - used
            if n < 0 or since == 0.0 or (busy < self.run.seconds and waited < PATIENCE * self.run.seconds):
                return None  # nothing is being read, or the worker is about to write since when
            if HEAD.unpack_from(self.board)[0] != n:  # it came back while we looked
                return None
            self.stop()
            return n, "hang", f"no answer after {busy:.1f} s of work, {waited:.1f} s in all"
        if n < 0:
            n = next((self.job.first + i for i, one in enumerate(self.records()) if one[0] == 0), self.job.first)
        self.stop()
        return n, "crash", f"the process ended with {code}: {self.log()}"

    def records(self) -> list[tuple[int, float, float]]:
        """(outcome, seconds, bytes) of each mutant of the job."""
        assert self.job is not None
        return [
            RECORD.unpack_from(self.board, HEAD.size + i * RECORD.size) for i in range(self.job.stop - self.job.first)
        ]

    def log(self) -> str:
        """The end of what the process printed."""
        with contextlib.suppress(OSError):
            return (self.folder / "log").read_text(errors="replace")[-1500:]
        return ""

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()
        self.process = None


def _processor_time(process: int) -> float:
    """Seconds that all threads of a process have worked; Linux gives every process a clock of this number."""
    with contextlib.suppress(OSError):
        return time.clock_gettime((~process << 3) | 2)
    return 0.0


def _work(crew: list[Crew], jobs: list[Job], ledger: Ledger, progress: Callable[[str], None]) -> None:
    """Give the jobs (the last of the list first) to the processes until none is left."""
    total, begin = sum(job.stop - job.first for job in jobs), time.monotonic()
    finished = 0
    for one in crew:
        if jobs:
            one.give(jobs.pop())
    while any(one.job for one in crew):
        for one in [one for one in crew if one.job]:
            job = one.job
            assert job is not None
            for answer in one.answers(0.05):
                if "n" in answer:
                    ledger.failures.append(answer | {"loader": job.loader})
                if not answer.get("done"):
                    continue
                finished += _close(one, job, job.stop, ledger)
                rate = finished / (time.monotonic() - begin)
                progress(f"{finished} of {total} mutants, {rate:.0f}/s, {len(ledger.failures)} failures")
                if jobs:
                    one.give(jobs.pop())
                break
            else:
                trouble = one.trouble()
                if trouble is not None:
                    finished += _after_death(one, job, trouble, ledger)
                    if one.job is None and jobs:
                        one.give(jobs.pop())


def _close(one: Crew, job: Job, stop: int, ledger: Ledger) -> int:
    """Count the mutants of a job that were read, up to `stop`; returns their number."""
    records = one.records()[: stop - job.first]
    for record in records:
        ledger.count(job.loader, *record)
    if stop == job.stop:
        ledger.done.append([job.loader, job.first // CHUNK * CHUNK])
        one.job = None
    ledger.save()
    return len(records)


def _after_death(one: Crew, job: Job, trouble: tuple[int, str, str], ledger: Ledger) -> int:
    n, kind, said = trouble
    # what it said before it died counts; the pipe is closed, and what was in it is lost only if nobody had read it
    ledger.failures.append({"n": n, "kind": kind, "said": said, "where": "", "loader": job.loader})
    RECORD.pack_into(
        one.board, HEAD.size + (n - job.first) * RECORD.size, FAILED, one.run.seconds * (kind == "hang"), 0.0
    )
    finished = _close(one, job, n + 1, ledger)
    if n + 1 < job.stop:
        one.give(Job(job.loader, n + 1, job.stop))
    return finished


def _signature(failure: dict[str, Any]) -> tuple[str, str, str]:
    said = re.sub(r"\d+|'.*?'|/\S+", "_", failure["said"])[:60]
    return failure["kind"], failure["where"], said if not failure["where"] else ""


def _first_of_each(failures: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One failure of each kind and place; it learns how many are like it."""
    out: dict[tuple[str, str, str], dict[str, Any]] = {}
    for failure in failures:
        first = out.setdefault(_signature(failure), failure)
        first["alike"] = first.get("alike", 0) + 1
    return list(out.values())


def _reduce(one: Crew, failure: dict[str, Any], run: Run, world: World) -> None:
    """The fewest steps that still fail in the same way, and the file that they give, kept beside the run."""
    n, loader = failure["n"], failure["loader"]

    def fails(keep: list[int], only: list[str]) -> bool:
        again = _once(one, Job(loader, n, n + 1, keep, only))
        return any(_signature(other) == _signature(failure) for other in again)

    keep = list(range(steps_of(f"{run.seed}:{loader}:{n}")))
    only = list(call_of(n, loader=loader, run=run.seed, world=world).options)
    failure["reproduced"] = fails(keep, only)
    if failure["reproduced"]:
        for step in list(keep):
            if fails([one for one in keep if one != step], only):
                keep.remove(step)
        for option in list(only):
            if fails(keep, [one for one in only if one != option]):
                only.remove(option)
    call = call_of(n, loader=loader, run=run.seed, world=world, keep=keep, only=only)
    failure["minimal"] = {"seed": call.seed.name, "steps": call.steps, "options": call.options, "kept": keep}
    folder = run.folder / "failures"
    folder.mkdir(exist_ok=True)
    name = f"{re.sub(r'[^a-z0-9]', '', loader)}-{n}{call.suffix}"
    (folder / name).write_bytes(call.data)
    failure["file"] = str(folder / name)
    (folder / f"{name}.txt").write_text(json.dumps(failure, indent=1), encoding="utf-8")


def trial(files: list[tuple[Path, dict[str, Any]]], *, folder: Path, seconds: float = 5.0) -> list[dict[str, Any]]:
    """What becomes of each file under the eyes of the fuzzer: `kind` is "read", "refused" or that of a failure, and
    `said` the columns, the message, or what went wrong."""
    run = Run(per_loader=len(files), folder=folder, seconds=seconds)
    names = [(str(path), options) for path, options in files]
    out: dict[int, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="gzero-trial-", dir=_fast_folder()) as place:
        (Path(place) / "world").write_bytes(pickle.dumps(world_of(run)[0]))
        one = Crew(run, Path(place), 0, list(registry.BUILT_IN))
        try:
            while len(out) < len(names):  # a new process where one has died
                out |= {answer["n"]: answer for answer in _once(one, Job("", len(out), len(names), files=names))}
        finally:
            one.stop()
    return [out[n] for n in range(len(names))]


def _once(one: Crew, job: Job) -> list[dict[str, Any]]:
    """The failures of a job that is not counted."""
    failures: list[dict[str, Any]] = []
    one.give(job)
    while True:
        for answer in one.answers(0.05):
            if "n" in answer:
                failures.append(answer)
            if answer.get("done"):
                one.job = None
                return failures
        trouble = one.trouble()
        if trouble is not None:
            one.job = None
            return [*failures, {"n": trouble[0], "kind": trouble[1], "said": trouble[2], "where": ""}]


def table_of(outcome: Outcome) -> str:
    """Markdown: a row for each loader, then the failures and what was not tried."""
    kinds = [kind for kind in REFUSALS if any(kind in row.refused for row in outcome.rows.values())]
    head = ["loader", "mutants", "read", *kinds, "mutants/s", "slowest (s)", "memory (MB)", "failures"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in outcome.rows.values():
        rate = f"{row.mutants / row.busy:.0f}" if row.busy else ""
        cells = [row.loader, row.mutants, row.read, *(row.refused.get(kind, 0) for kind in kinds), rate,
                 f"{row.slowest:.2f}", f"{row.largest / 1e6:.0f}", row.failures]  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    for failure in [f for f in outcome.failures if "minimal" in f]:
        again = "" if failure["reproduced"] else ", not reproduced"
        lines += [
            "",
            f"{failure['loader']}, mutant {failure['n']}: {failure['kind']}{again} ({failure['alike']} alike)",
            f"  {failure['said'].strip()}",
            f"  at {failure['where'] or '?'}",
            f"  {failure['minimal']['seed']}: {'; '.join(failure['minimal']['steps'])} {failure['minimal']['options'] or ''}",
            f"  {failure['file']}",
        ]
    lines += ["", *(f"not tried: {name} ({reason})" for name, reason in outcome.lacking.items())]
    return "\n".join(lines).rstrip()
