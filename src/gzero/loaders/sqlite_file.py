"""SQLite databases, read without a lock, without a write and without trust in their schema.

The file format is https://www.sqlite.org/fileformat2.html; what a journal and a write-ahead log hold is in its chapters
3 and 4.

A database at rest is opened where it stands as `immutable`: SQLite then takes no lock, makes no file and looks at no
journal. That is right only while nobody writes, so what could tell of a writer (length, time, change counter, journal,
write-ahead log) is looked at before and after, and the reading is repeated when any of it has changed. A database that
somebody writes to, or that has commits in its write-ahead log, is copied with its journal or log into a folder of our own,
and SQLite brings the copy to the last commit. Neither way can be seen from outside: no lock, no `-shm`, no byte changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from gzero.errors import FileError, InputError
from gzero.loaders.source import check_file, digest_of, looks_like, read_head, unread

SIGNATURE = b"SQLite format 3\x00"

#: A database that is being written to is copied first; larger ones are refused while that goes on.
MAX_COPY = 4 << 30

#: Attempts before a database counts as written to faster than it can be read; seconds before the second one.
ATTEMPTS, PAUSE = 6, 0.05

#: Seconds that the statements of one reading may take, and bytes of the file that allow for one second more.
PATIENCE, BYTES_A_SECOND = 4.0, 2_000_000

MAX_TABLES = 20_000
#: A value may be as long as the file, up to this; pages that point in a circle would give longer ones [bytes].
_LONGEST_VALUE, _SHORTEST_LIMIT = 1 << 28, 1 << 22
_PIECE = 1 << 22

_JOURNAL_MAGIC = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_WAL_MAGIC = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")

#: Functions that the statements here use; a schema can use no other.
_FUNCTIONS = frozenset({"count", "length", "max", "min", "substr", "sum", "typeof"})

_LIMITS = (
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 1_000_000),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100), (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 4),
    (sqlite3.SQLITE_LIMIT_ATTACHED, 0), (sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1), (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)  # fmt: skip

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnInfo:
    """A column of a table: its name, the type that the table declares (in lower case), whether it numbers the rows."""

    name: str
    declared: str
    numbers_rows: bool = False


@dataclass(slots=True, kw_only=True)
class Database:
    """An open database, for statements that read.

    Parameters
    ----------
    path : as the user gave it.
    size : of the file, its log included [bytes].
    options : how it was opened, for `Origin.options`.
    sha256 : of the file's bytes.
    tables : names in the order of the file, real tables only (no view, no virtual table).
    """

    path: str
    size: int
    sha256: str
    options: dict[str, str]
    connection: sqlite3.Connection
    tables: dict[str, None] = field(default_factory=dict)
    _columns: dict[str, tuple[ColumnInfo, ...]] = field(default_factory=dict)

    def rows(self, statement: str, values: Sequence[object] = (), *, piece: int = 4096) -> Iterator[list[Any]]:
        """The rows of a statement, in lists of at most `piece`."""
        cursor = self.connection.execute(statement, tuple(values))
        while found := cursor.fetchmany(piece):
            yield found

    @contextmanager
    def values_of_at_most(self, size: int) -> Iterator[None]:
        """While it lasts, a longer value than `size` bytes is an error instead of memory."""
        before = self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, size)
        try:
            yield
        finally:
            self.connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, before)

    def row(self, statement: str, values: Sequence[object] = ()) -> tuple[Any, ...] | None:
        """The first row of a statement."""
        found: tuple[Any, ...] | None = self.connection.execute(statement, tuple(values)).fetchone()
        return found

    def columns(self, table: str) -> tuple[ColumnInfo, ...]:
        """The columns of a real table.

        Raises
        ------
        FileError : the table computes some of its columns.
        """
        if table not in self._columns:
            described = self.connection.execute(f"PRAGMA table_xinfo({quoted(table)})").fetchall()
            if any(hidden for *_, hidden in described):
                problem = f"the table '{table}' computes columns, and gzero runs nothing that a file holds"
                raise FileError(problem, path=self.path, remedy="export the table as CSV")
            self._columns[table] = tuple(
                ColumnInfo(name=name, declared=kind.lower(), numbers_rows=bool(key) and kind.upper() == "INTEGER")
                for _, name, kind, _, _, key, _ in described
            )
        return self._columns[table]


def quoted(name: str) -> str:
    """A name as an identifier of a statement."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class _State:
    """What tells whether somebody writes to a database, or has written between two looks."""

    size: int
    time: int
    inode: int
    header: bytes
    wal: bytes | None
    journal: bytes | None

    @property
    def is_quiet(self) -> bool:
        return self.wal is None and self.journal is None


def _state(place: Path) -> _State:
    status = place.stat()
    with place.open("rb") as stream:
        header = stream.read(100)
    wal, journal = _head_of(_beside(place, "-wal"), 32), _head_of(_beside(place, "-journal"), 28)
    return _State(
        status.st_size, status.st_mtime_ns, status.st_ino, header,
        wal if wal[:4] in _WAL_MAGIC and len(wal) == 32 else None,
        # bytes 8 to 11 count the records, which grow while one transaction goes on
        journal[:8] + journal[12:] if journal[:8] == _JOURNAL_MAGIC else None,
    )  # fmt: skip


def _beside(place: Path, ending: str) -> Path:
    return place.with_name(place.name + ending)


def _head_of(place: Path, size: int) -> bytes:
    try:
        with place.open("rb") as stream:
            return stream.read(size)
    except FileNotFoundError:
        return b""


class _ChangedError(Exception):
    """Somebody wrote to the database while it was read."""


def read_database(path: str | os.PathLike[str], job: Callable[[Database], T]) -> T:
    """What `job` makes of the last committed state of a database; it is called again when somebody writes meanwhile.

    Raises
    ------
    FileError : unreadable, no SQLite database, damaged, written to faster than it can be read, or being written to and
        larger than `MAX_COPY`.
    """
    text = os.fspath(path)
    place = check_file(path, limit=sys.maxsize).resolve()  # the journals of a linked database stand beside the database
    head = read_head(path, 512)
    if not head.startswith(SIGNATURE):
        raise unread(looks_like(head, place.suffix) or "no SQLite database", text, loader="qcodes")
    for attempt in range(ATTEMPTS):
        try:
            before = _state(place)
            in_place = before.is_quiet and attempt < 2
            try:
                with (_in_place if in_place else _copied)(text, place, before) as database:
                    made = job(database)
            except (sqlite3.Error, UnicodeError, InputError):
                if in_place and _state(place) != before:
                    raise _ChangedError from None
                raise
            if in_place and _state(place) != before:
                raise _ChangedError
        except _ChangedError:
            time.sleep(PAUSE * 2**attempt)
        except (sqlite3.Error, UnicodeError) as error:  # SQLite's own messages quote bytes of the file
            raise _unreadable(error, text) from None
        except InputError:
            raise
        except OSError as error:
            raise FileError(f"cannot be read ({error})", path=text, remedy="check its permissions") from None
        else:
            return made
    problem = "the database is written to faster than it can be read"
    raise FileError(problem, path=text, remedy="read it again when the measurement pauses")


def _unreadable(error: Exception, path: str) -> FileError:
    if "interrupted" in str(error):
        problem = "reading the database takes far longer than its size explains"
        return FileError(problem, path=path, remedy="a damaged database? try sqlite3's '.recover'")
    if "too big" in str(error):
        problem = "a value is longer than the file, or than a number can be"
        return FileError(problem, path=path, remedy="a damaged database? try sqlite3's '.recover'")
    return FileError(f"a damaged database ({error})", path=path, remedy="copy it again, or try sqlite3's '.recover'")


@contextmanager
def _in_place(path: str, place: Path, state: _State) -> Iterator[Database]:
    digest = digest_of(place)
    with _connected(place, "mode=ro&immutable=1", state.size) as connection:
        yield _database(path, state.size, digest, {"opened": "in place"}, connection)


@contextmanager
def _copied(path: str, place: Path, before: _State) -> Iterator[Database]:
    """A copy of the database with its journal or its write-ahead log, brought to the last commit by SQLite."""
    with tempfile.TemporaryDirectory(prefix="gzero-", ignore_cleanup_errors=True) as folder:
        target = Path(folder) / "copy.db"
        _check_room(path, place, folder)
        # The database goes first. A page that a checkpoint or an open transaction changes under the copy is then in the
        # log (new) or in the journal (old), which SQLite puts over the copy.
        digest = _copy(place, target)
        options = {"opened": "copy of a database that is being written to"}
        if before.wal is not None:
            options = {"opened": "copy with the commits of its write-ahead log"}
            options["wal_sha256"] = _copy(_beside(place, "-wal"), _beside(target, "-wal"))
        if before.journal is not None:
            _copy(_beside(place, "-journal"), _beside(target, "-journal"))
            _check_journal(_beside(target, "-journal"), path)
        if not _is_whole(before, _state(place)):
            raise _ChangedError
        mode = "mode=ro" if before.journal is None else "mode=rw"
        size = sum(each.stat().st_size for each in Path(folder).iterdir())
        with _connected(target, mode, size) as connection:
            yield _database(path, size, digest, options, connection)


def _is_whole(before: _State, after: _State) -> bool:
    """Whether what was copied between two looks is one state of the database."""
    if before.wal is not None:
        # the same log, not begun anew: checkpoints and commits meanwhile do no harm
        return after.wal == before.wal and after.journal == before.journal
    if before.journal is not None:
        # the same transaction all the time, still uncommitted
        return after.journal == before.journal and after.header[24:28] == before.header[24:28]
    return replace(after, journal=None) == before  # a transaction that has begun has written nothing yet


def _check_room(path: str, place: Path, folder: str) -> None:
    needed = sum(
        each.stat().st_size for each in (place, _beside(place, "-wal"), _beside(place, "-journal")) if each.exists()
    )
    remedy = "read it when the measurement has ended and its database is closed"
    if needed > MAX_COPY:
        problem = f"somebody writes to this database, and {needed / 2**30:.1f} GiB are more than gzero copies for that"
        raise FileError(problem, path=path, remedy=remedy)
    if needed > shutil.disk_usage(folder).free:
        problem = f"somebody writes to this database, and '{folder}' has no room for a copy"
        raise FileError(problem, path=path, remedy=f"{remedy}, or set TMPDIR to a larger disk")


def _copy(place: Path, target: Path) -> str:
    digest = hashlib.sha256()
    try:
        with place.open("rb") as source, target.open("wb") as copy:
            while piece := source.read(_PIECE):
                digest.update(piece)
                copy.write(piece)
    except FileNotFoundError:
        raise _ChangedError from None
    return digest.hexdigest()


def _check_journal(journal: Path, path: str) -> None:
    """Refuses a journal that names another one: SQLite would open, and might remove, whatever file it names."""
    with journal.open("rb") as stream:
        stream.seek(max(0, journal.stat().st_size - 8))
        if stream.read(8) == _JOURNAL_MAGIC:
            problem = "its journal belongs to a transaction over several databases"
            raise FileError(problem, path=path, remedy="open and close it once with the program that wrote it")


@contextmanager
def _connected(place: Path, mode: str, size: int) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"{place.as_uri()}?{mode}", uri=True, isolation_level=None, timeout=0.0)
    try:
        for limit, value in _LIMITS:
            connection.setlimit(limit, value)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(_LONGEST_VALUE, max(_SHORTEST_LIMIT, size)))
        deadline = time.monotonic() + PATIENCE + size / BYTES_A_SECOND
        connection.set_progress_handler(lambda: time.monotonic() > deadline, 20_000)
        for setting in (
            "trusted_schema=OFF",
            "query_only=ON",
            "cell_size_check=ON",
            "mmap_size=0",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {setting}").close()
        connection.set_authorizer(_allowed)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield connection
    finally:
        connection.close()


def _allowed(action: int, first: str | None, second: str | None, base: str | None, inner: str | None) -> int:
    """Selecting and reading outside of views and triggers, and the names of a table's columns; nothing else."""
    if inner is not None:
        return sqlite3.SQLITE_DENY
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second in _FUNCTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first == "table_xinfo":
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _database(path: str, size: int, digest: str, options: dict[str, str], connection: sqlite3.Connection) -> Database:
    database = Database(path=path, size=size, sha256=digest, options=options, connection=connection)
    listed = "SELECT substr(name, 1, 1000), substr(sql, 1, 13) FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
    for found in database.rows(f"{listed} LIMIT {MAX_TABLES + 1}"):
        for name, statement in found:
            real = isinstance(name, str) and isinstance(statement, str) and "\0" not in name
            if real and statement.upper() == "CREATE TABLE " and not name.startswith("sqlite_"):
                database.tables[name] = None
    if len(database.tables) > MAX_TABLES:
        raise FileError(f"more than {MAX_TABLES} tables", path=path, remedy="is this a database of measurements?")
    return database
