"""Where a batch keeps what is done: one SQLite file, in which every finished piece is one transaction.

A run that is killed at any moment has lost the pieces it was working on, and nothing else; the next run finds the
others. Two runs on one directory at a time are refused.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from gzero.errors import GzeroError, OutputError
from gzero.pipeline.batch.jobs import Done, Job, unpacked
from gzero.pipeline.batch.shelf import NAME as SHELF
from gzero.pipeline.batch.shelf import clear

NAME = "batch.sqlite"
_LOCK = "batch.lock"

#: The tables and reports, and what stands beside them.
TABLES = ("results.csv", "results.parquet", "failures.csv", "report.pdf", "report.html", "report.xlsx", "README.txt")
OUTPUTS = frozenset((*TABLES, NAME, f"{NAME}-wal", f"{NAME}-shm", _LOCK))

#: A file that was written so shortly before it was read [ns] may have been written again with the same time.
_JUST_NOW = 2_000_000_000

#: Bytes without which SQLite cannot even open a ledger.
_NO_ROOM = 1 << 17

#: Of the tables below; a ledger of another one is refused.
FORMAT = 1

_TABLES = """
CREATE TABLE IF NOT EXISTS files (
  path TEXT PRIMARY KEY, size INTEGER NOT NULL, changed INTEGER NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pieces (
  key TEXT NOT NULL, piece TEXT NOT NULL, place INTEGER NOT NULL, path TEXT NOT NULL, split TEXT NOT NULL,
  problem TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (key, piece)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS traces (
  key TEXT NOT NULL, piece TEXT NOT NULL, number INTEGER NOT NULL, trace TEXT NOT NULL, record BLOB, problem TEXT NOT NULL,
  PRIMARY KEY (key, piece, number)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A trace of the ledger: its file, its name, and its record as JSON text or why there is none."""

    path: str
    trace: str
    record: str
    problem: str


class Store:
    """The ledger of one output directory. To be used as a context manager, by one process at a time.

    Raises
    ------
    OutputError : the directory cannot be written to, another batch is at work in it, or the ledger is damaged or of
        another version.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Store:
        place = str(self._directory / NAME)
        try:
            self._prepare()
            self._lock()
            self._database = self._open.enter_context(contextlib.closing(sqlite3.connect(place)))
            self._database.execute("PRAGMA journal_mode=WAL")
            self._database.execute("PRAGMA synchronous=NORMAL")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, FORMAT):
                raise OutputError(
                    f"a ledger of format {version}, not {FORMAT}", path=place, remedy="choose another directory"
                )
            with self._database:
                self._database.executescript(_TABLES)
                self._database.execute(f"PRAGMA user_version={FORMAT}")
        except BaseException as error:
            self._open.close()
            if isinstance(error, GzeroError) or not isinstance(error, sqlite3.Error | OSError):
                raise
            raise _failed(error, place) from error
        return self

    def _prepare(self) -> None:
        """Make the directory, or see that nothing in it is lost."""
        there, shown = self._directory, str(self._directory)
        if there.exists() and not there.is_dir():
            raise OutputError("is a file, and a batch needs a directory", path=shown, remedy="name another with -o")
        there.mkdir(parents=True, exist_ok=True)
        if not (there / NAME).exists():
            strange = [name for name in TABLES if os.path.lexists(there / name)]
            if strange:
                raise OutputError(
                    f"holds a '{strange[0]}' and no ledger of a batch, and would lose it", path=shown,
                    remedy="name another directory with -o, or move the file away",
                )  # fmt: skip

    def _lock(self) -> None:
        """Keep every other batch out by a transaction that the system itself ends with the process, however it ends."""
        lock = self._open.enter_context(contextlib.closing(sqlite3.connect(self._directory / _LOCK, timeout=0)))
        lock.isolation_level = None
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
            raise OutputError(
                "another batch is at work in this directory", path=str(self._directory), remedy="wait for its end"
            ) from None
        self.clear_shelf()  # what a run that was killed has left
        for scrap in self._directory.glob(".gzero-*.tmp"):
            with contextlib.suppress(OSError):
                scrap.unlink()

    @property
    def shelf(self) -> str:
        """Where workers may lay the numbers of large files down; nothing is lost with it."""
        return os.path.abspath(self._directory / SHELF)

    def clear_shelf(self) -> None:
        """Take it away."""
        clear(self.shelf)

    def __exit__(self, *_: object) -> None:
        self.clear_shelf()
        self._open.close()

    def known_digest(self, path: str, size: int, changed: int) -> str | None:
        """The SHA-256 of a file that has not changed in size and time since it was read."""
        row = self._database.execute(
            "SELECT sha256 FROM files WHERE path=? AND size=? AND changed=?", (readable(path), size, changed)
        ).fetchone()
        return row[0] if row else None

    def remember(self, path: str, size: int, changed: int, sha256: str) -> None:
        """Keep the digest of a file, unless it may be written again within the same tick of its clock."""
        if time.time_ns() - changed < _JUST_NOW:
            return
        with self._writing():
            self._database.execute(
                "INSERT OR REPLACE INTO files VALUES (?,?,?,?)", (readable(path), size, changed, sha256)
            )

    def finished(self, key: str) -> dict[str, tuple[tuple[int, int], ...]]:
        """Pieces of a file that are done; of one that was cut, its stretches."""
        found = self._database.execute("SELECT piece, split FROM pieces WHERE key=?", (key,)).fetchall()
        return {piece: _ranges(split) for piece, split in found}

    def failed(self, key: str) -> bool:
        """Whether a file could not be analysed, as a whole or in one of its traces."""
        whole = self._database.execute("SELECT 1 FROM pieces WHERE key=? AND problem<>'' LIMIT 1", (key,)).fetchone()
        return bool(whole)

    def forget(self, key: str) -> None:
        """Take out a file, so that it is done again."""
        with self._writing():
            self._database.execute("DELETE FROM pieces WHERE key=?", (key,))
            self._database.execute("DELETE FROM traces WHERE key=?", (key,))

    def keep(self, job: Job, done: Done) -> None:
        """All of a piece, or nothing of it."""
        key, piece = job.key, job.piece
        split = " ".join(f"{first}:{last}" for first, last in done.pieces)
        rows = [
            (key, piece, n, readable(row.trace), row.record or None, readable(row.problem))
            for n, row in enumerate(done.rows)
        ]
        with self._writing():
            self._database.execute(
                "INSERT OR REPLACE INTO pieces VALUES (?,?,?,?,?,?,?)",
                (key, piece, job.first, readable(job.path), split, readable(done.problem), done.seconds),
            )
            self._database.execute("DELETE FROM traces WHERE key=? AND piece=?", (key, piece))
            self._database.executemany("INSERT INTO traces VALUES (?,?,?,?,?,?)", rows)

    def results(self, keys: Sequence[str]) -> Iterator[Kept]:
        """Every trace of some files, in this order and in that of the files; a file that failed is one without a record."""
        for key in keys:
            pieces = self._database.execute(
                "SELECT piece, path, problem FROM pieces WHERE key=? AND split='' ORDER BY place", (key,)
            ).fetchall()
            for piece, path, problem in pieces:
                if problem:
                    yield Kept(path=path, trace="", record="", problem=problem)
                found = self._database.execute(
                    "SELECT trace, record, problem FROM traces WHERE key=? AND piece=? ORDER BY number", (key, piece)
                )
                for trace, record, why in found:
                    text = unpacked(record) if record is not None else ""
                    yield Kept(path=path, trace=trace, record=text, problem=why)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._database:
                yield
        except sqlite3.Error as error:
            raise _failed(error, str(self._directory / NAME)) from error


def readable(text: str) -> str:
    """A text that can be written anywhere: bytes of a name that are no characters are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _ranges(split: str) -> tuple[tuple[int, int], ...]:
    pairs = (stretch.split(":") for stretch in split.split())
    return tuple((int(first), int(last)) for first, last in pairs)


def _failed(error: Exception, place: str) -> OutputError:
    folder = os.path.dirname(place)
    told = "full" in str(error) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    if told or ("disk I/O" in str(error) and shutil.disk_usage(folder).free < _NO_ROOM):
        return OutputError(
            f"the disk of '{folder}' is full, so the ledger cannot grow", path=place,
            remedy="free some space there and give the same command again: what is finished is kept",
        )  # fmt: skip
    return OutputError(
        f"the ledger cannot be written ({error})", path=place, remedy="name a directory that can be written to with -o"
    )
