"""One piece of a batch: a file, or a stretch of its traces; what goes to a worker, and what comes back.

Both are plain values, so that it does not matter which process or which computer does the work, or in which order. Nothing
that analyses is imported here: who only hands out work starts at once.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass, fields

from gzero.pipeline.config import Config
from gzero.version import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A file with its configuration, whole, or its traces from `first` up to `last` (not included).

    Parameters
    ----------
    path : as the user gave it;  sha256 : of its bytes when the batch saw it.
    last : 0 for the whole file, as many traces as it may have.
    shelf : directory where the numbers of a large file may be laid down for the workers to share; "" for none.
    """

    path: str
    sha256: str
    config: Config
    first: int = 0
    last: int = 0
    shelf: str = ""

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
    """The record of one trace, packed, or why there is none."""

    trace: str
    record: bytes = b""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What came of a job.

    Parameters
    ----------
    rows : one a trace, in the order of the file.
    pieces : instead of rows, the stretches of traces that the file is to be cut into.
    problem : why the file could not be read at all.
    changed : whether the file is no longer the one that the batch saw: what came of it is not kept.
    """

    rows: tuple[Row, ...] = ()
    pieces: tuple[tuple[int, int], ...] = ()
    problem: str = ""
    changed: bool = False
    seconds: float = 0.0


def packed(record: object) -> bytes:
    """A record as compressed JSON text."""
    return zlib.compress(json.dumps(record, ensure_ascii=True, allow_nan=False).encode(), 6)


def unpacked(record: bytes) -> str:
    """The JSON text of a record that was packed."""
    return zlib.decompress(record).decode()


def work(job: Job) -> Done:
    """Do a job; whatever goes wrong with a file or a trace is part of what came of it."""
    from gzero.pipeline.batch.work import done_of

    return done_of(job)
