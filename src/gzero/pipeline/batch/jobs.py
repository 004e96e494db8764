"""One piece of a batch: a file, or a stretch of its traces, analysed as it would be alone.

What goes to a worker and what comes back are plain values, so that it does not matter which process or which computer
does the work, or in which order.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

from gzero.errors import GzeroError, InputError
from gzero.measurement.kinds import kind
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_measurement, in_company
from gzero.pipeline.blind import settle
from gzero.pipeline.branches import between_branches
from gzero.pipeline.config import Config
from gzero.pipeline.load import traces_or_session
from gzero.reduction.branches import branch_of
from gzero.version import VERSION

#: Traces from which a file is cut into pieces, and pieces at most.
PIECE, MOST_PIECES = 16, 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A file with its configuration, whole, or its traces from `first` up to `last` (not included).

    Parameters
    ----------
    path : as the user gave it;  sha256 : of its bytes when the batch saw it.
    last : 0 for the whole file, as many traces as it may have.
    """

    path: str
    sha256: str
    config: Config
    first: int = 0
    last: int = 0

    @property
    def key(self) -> str:
        """What the answer depends on: the bytes of the file, the configuration, and the version of gzero."""
        said = {f.name: getattr(self.config, f.name) for f in fields(self.config) if f.name != "said_by"}
        text = json.dumps(
            [self.sha256, VERSION, {k: dict(v) if hasattr(v, "items") else v for k, v in said.items()}, self.path],
            sort_keys=True, default=str,
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def piece(self) -> str:
        """Which part of the file, as text."""
        return f"{self.first}:{self.last}" if self.last else "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The record of one trace as JSON text, or why there is none."""

    trace: str
    record: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a job.

    Parameters
    ----------
    rows : one a trace, in the order of the file.
    pieces : instead of rows, the stretches of traces that the file is to be cut into.
    problem : why the file could not be read at all.
    """

    rows: tuple[Row, ...] = ()
    pieces: tuple[tuple[int, int], ...] = ()
    problem: str = ""
    seconds: float = 0.0


def work(job: Job) -> Done:
    """Do a job; whatever goes wrong with a file or a trace is part of what came of it."""
    start = time.perf_counter()
    try:
        done = _work(job)
    except GzeroError as error:
        done = Done(problem=str(error))
    except MemoryError:
        done = Done(problem=f"{job.path}: more memory is needed than there is")
    except Exception as error:  # noqa: BLE001 - a defect that one file shows must not stop the others
        done = Done(problem=f"{job.path}: a defect in gzero: {type(error).__name__}: {error}")
    return replace(done, seconds=time.perf_counter() - start)


def _work(job: Job) -> Done:
    measurements = _LATEST.traces(job)
    if not job.last and len(measurements) > PIECE and _independent(measurements):
        return Done(pieces=pieces_of(len(measurements)))
    if job.last:
        measurements = measurements[job.first : job.last]
    kept, problems = [], {}
    for i, measurement in enumerate(measurements):
        try:
            kept.append((i, analyse_measurement(measurement, job.config)))
        except InputError as error:
            problems[i] = Row(trace=measurement.trace, problem=str(error))
    analyses = in_company(between_branches(tuple(analysis for _, analysis in kept)))
    analyses = settle(job.path, job.config, analyses) if analyses else ()
    rows = dict(problems)
    for (i, _), analysis in zip(kept, analyses, strict=True):
        rows[i] = Row(trace=analysis.trace, record=json.dumps(analysis.to_dict(), ensure_ascii=True, allow_nan=False))
    return Done(rows=tuple(rows[i] for i in sorted(rows)))


def pieces_of(count: int) -> tuple[tuple[int, int], ...]:
    """Stretches of traces that fill a file of so many."""
    size = max(PIECE, -(-count // MOST_PIECES))
    return tuple((first, min(first + size, count)) for first in range(0, count, size))


def _independent(measurements: tuple[Measurement, ...]) -> bool:
    """Whether each trace is an answer of its own, which no other trace changes."""
    first = measurements[0]
    return not (
        first.blind
        or kind(first.kind).catalogue
        or kind(first.kind).per_row
        or first.kind == "diffusion"
        or any(branch_of(m.ledger) for m in measurements)
    )


class _Latest:
    """The file that this process read last: its pieces come one after the other, and reading can take long."""

    def __init__(self) -> None:
        self._key = ""
        self._traces: tuple[Measurement, ...] = ()

    def traces(self, job: Job) -> tuple[Measurement, ...]:
        """Every trace of the job's file."""
        if job.key != self._key:
            self._key, self._traces = "", ()  # the old numbers go before the new ones come
            self._traces = traces_or_session(Path(job.path), job.config)
            self._key = job.key
        return self._traces


_LATEST = _Latest()
