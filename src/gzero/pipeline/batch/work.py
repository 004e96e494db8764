"""What a worker does with its job: the file, or a stretch of its traces, analysed as it would be alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gzero.errors import FileError, GzeroError, InputError
from gzero.loaders.registry import many_traces
from gzero.loaders.room import rest
from gzero.loaders.source import digest_of
from gzero.loaders.table import Table
from gzero.measurement.kinds import kind
from gzero.measurement.measurement import Measurement
from gzero.pipeline.analyse import analyse_measurement, in_company
from gzero.pipeline.batch.jobs import Done, Job, Row, packed
from gzero.pipeline.batch.shelf import Shelf
from gzero.pipeline.batch.stretches import stretch, traces_apart
from gzero.pipeline.blind import settle
from gzero.pipeline.branches import between_branches
from gzero.pipeline.load import load_session, read, session_of, traces_of
from gzero.reduction.branches import branch_of

#: Traces from which a file is cut into pieces, and pieces at most.
PIECE, MOST_PIECES = 16, 256

_CHANGED = "the file changed or went away while the batch ran; call again: it is analysed as it is then"


class _ChangedError(Exception):
    """The file is not the one that the batch saw."""


def done_of(job: Job) -> Done:
    """What comes of a job, whatever goes wrong in it."""
    start = time.perf_counter()
    try:
        done = _work(job)
    except _ChangedError:
        done = Done(problem=f"{job.path}: {_CHANGED}", changed=True)
    except GzeroError as error:
        # a file that is written anew meanwhile can fail in every way
        done = Done(problem=str(error)) if _same(job) else Done(problem=f"{job.path}: {_CHANGED}", changed=True)
    except MemoryError:
        done = Done(problem=f"{job.path}: more memory is needed than there is")
    except Exception as error:  # noqa: BLE001 - a defect that one file shows must not stop the others
        done = Done(problem=f"{job.path}: a defect in gzero: {type(error).__name__}: {error}")
    finally:
        _LATEST.rest()
    return replace(done, seconds=time.perf_counter() - start)


def _same(job: Job) -> bool:
    try:
        return digest_of(job.path) == job.sha256
    except GzeroError:
        return False


def _work(job: Job) -> Done:
    path, config = Path(job.path), job.config
    if not job.last and (session := load_session(path, config)) is not None:
        if session.origin.sha256 != job.sha256:
            raise _ChangedError
        return Done(rows=_rows(job, (session,)))
    known = _LATEST.many.get(job.key)
    if known is not None and (done := _of_many(job, *known)) is not None:
        return done
    try:
        table = _LATEST.table(job)
    except FileError:
        many = many_traces(path, loader=config.loader, group=config.group)
        if many is None or (done := _of_many(job, *many)) is None:
            raise
        _LATEST.many = {job.key: many}
        return done
    if not job.last and (session := session_of(table, path, config)) is not None:
        return Done(rows=_rows(job, (session,)))
    count = traces_apart(table, path, config)
    if count > PIECE:
        if not job.last:
            _LATEST.share(job)
            return Done(pieces=pieces_of(count))
        return Done(rows=_rows_apart(job, stretch(table, path, config, job.first, job.last)))
    measurements = _LATEST.traces(job)
    if not job.last and len(measurements) > PIECE and _independent(measurements):
        return Done(pieces=pieces_of(len(measurements)))
    if job.last:
        measurements = measurements[job.first : job.last]
    return Done(rows=_rows(job, measurements))


def _of_many(job: Job, name: str, first: int, behind: int) -> Done | None:
    """What comes of a map of more traces than a table has columns: every piece reads its own; None where one needs the others.

    Parameters
    ----------
    name : of the map.  first, behind : its traces, the last not included.
    """
    path, config = Path(job.path), job.config

    def some(low: int, high: int) -> Table:
        return read(path, replace(config, group=f"{name}[{first + low}:{first + high}]"))

    if not job.last:
        return Done(pieces=pieces_of(behind - first)) if traces_apart(some(0, PIECE), path, config) else None
    table = some(job.first, job.last)
    if table.origin.sha256 != job.sha256:
        raise _ChangedError
    return Done(rows=_rows_apart(job, stretch(table, path, config, 0, job.last - job.first)))


def _rows_apart(job: Job, measurements: Sequence[Measurement]) -> tuple[Row, ...]:
    """The records of traces that have nothing to do with each other: no more than one analysis is held."""
    return tuple(row for measurement in measurements for row in _rows(job, (measurement,)))


def _rows(job: Job, measurements: Sequence[Measurement]) -> tuple[Row, ...]:
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
        rows[i] = Row(trace=analysis.trace, record=packed(analysis.to_dict()))
    return tuple(rows[i] for i in sorted(rows))


def pieces_of(count: int) -> tuple[tuple[int, int], ...]:
    """Stretches of traces that fill a file of so many, none of them of one trace: alone, it would bear no name."""
    size = max(PIECE, -(-count // MOST_PIECES))
    firsts = list(range(0, count, size))
    if len(firsts) > 1 and count - firsts[-1] == 1:
        del firsts[-1]
    return tuple(zip(firsts, [*firsts[1:], count], strict=True))


def _independent(measurements: Sequence[Measurement]) -> bool:
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
        self._table: Table | None = None
        self._traces: tuple[Measurement, ...] | None = None
        self.many: dict[
            str, tuple[str, int, int]
        ] = {}  # of a file that is no table: its map, as `many_traces` tells it

    def table(self, job: Job) -> Table:
        """What the job's file says."""
        if job.key != self._key or self._table is None:
            self._key, self._table, self._traces = "", None, None  # the old numbers go before the new ones come
            shelf = Shelf(job.shelf, job.key)
            self._table = shelf.table() if job.last else None
            if self._table is None:
                self._table = read(Path(job.path), job.config)
                if self._table.origin.sha256 != job.sha256:
                    self._table = None
                    raise _ChangedError
                if job.last:
                    self._table = shelf.shared(self._table)
            self._key = job.key
        return self._table

    def share(self, job: Job) -> None:
        """Lay the numbers of a large file down where every worker may look at them, and keep them no longer."""
        self._table = Shelf(job.shelf, job.key).shared(self.table(job))

    def rest(self) -> None:
        """Let the pages go that a piece has looked at: the next one looks at others."""
        if self._table is not None:
            rest(*(column.values for column in self._table.columns))

    def traces(self, job: Job) -> tuple[Measurement, ...]:
        """Every trace of the job's file."""
        table = self.table(job)
        if self._traces is None:
            self._traces = traces_of(table, Path(job.path), job.config)
        return self._traces


_LATEST = _Latest()
