"""Databases that somebody else writes to, that cannot be written to, and that mean harm. All values are synthetic."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from gzero.errors import ColumnError, FileError, GzeroError
from gzero.loaders import sqlite_file
from gzero.loaders.registry import read_table

#: Another process: opens a transaction, says so, waits for a word, commits, says so.
WRITER = """
import sqlite3, sys
path, begin, rows, pages = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
connection = sqlite3.connect(path, isolation_level=None, timeout=0)
connection.execute(f"PRAGMA cache_size = {pages}")
connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
connection.execute(begin)
connection.execute("UPDATE scan SET y = -1")
connection.executemany("INSERT INTO scan (x, y) VALUES (?, ?)", ((1000.0 + i, 0.5) for i in range(rows)))
print("ready", flush=True)
word = sys.stdin.readline().strip()
connection.execute(word)
print(word, flush=True)
sys.stdin.readline()
connection.close()
"""

ROWS = 500


def make(path: Path, mode: str, rows: int = ROWS) -> Path:
    """A table `scan` of x = 0, 1, 2, ... and y = 2 x."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode = {mode}")
    connection.execute("CREATE TABLE scan (id INTEGER PRIMARY KEY, x numeric, y numeric)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO scan (x, y) VALUES (?, ?)", ((float(i), 2.0 * i) for i in range(rows)))
    connection.execute("COMMIT")
    connection.close()
    return path


@contextmanager
def writing(path: Path, begin: str, *, rows: int = 50, pages: int = -2000) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of a transaction."""
    command = [sys.executable, "-c", WRITER, str(path), begin, str(rows), str(pages)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


def tell(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == word + "\n"


def files(folder: Path) -> dict[str, str]:
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir() if each.is_file()}


def check(path: Path, rows: int = ROWS, y: float | None = None) -> dict[str, str]:
    """The table is what was committed: y = 2 x, or the constant that replaced it. Returns how it was read."""
    table = read_table(path)
    np.testing.assert_array_equal(table.columns[0].values[:ROWS], np.arange(ROWS, dtype=float))
    np.testing.assert_array_equal(
        table.columns[1].values[:ROWS], 2.0 * np.arange(ROWS) if y is None else np.full(ROWS, y)
    )
    assert table.rows == rows
    return dict(table.origin.options)


@pytest.mark.parametrize("begin", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"])
@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST", "WAL"])
@pytest.mark.parametrize(
    ("rows", "pages"),
    [pytest.param(50, -2000, id="in the writer's memory"), pytest.param(20_000, 5, id="spilled to the file")],
)
def test_a_reader_beside_a_writer(tmp_path: Path, begin: str, mode: str, rows: int, pages: int) -> None:
    path = make(tmp_path / "lab.db", mode)
    with writing(path, begin, rows=rows, pages=pages) as writer:
        before = files(tmp_path)
        check(path)  # what was committed, none of what was not
        assert files(tmp_path) == before
        tell(writer, "COMMIT")  # the reader is no obstacle
        check(path, rows=ROWS + rows, y=-1.0)
        tell_end(writer)
    check(path, rows=ROWS + rows, y=-1.0)
    assert set(files(tmp_path)) <= {"lab.db", "lab.db-journal"}  # PERSIST keeps its journal, emptied


def tell_end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("end\n")
    process.stdin.flush()
    process.wait(10)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_writer_that_died(tmp_path: Path, mode: str) -> None:
    path = make(tmp_path / "lab.db", mode)
    with writing(path, "BEGIN EXCLUSIVE", rows=20_000, pages=5):
        pass
    before = files(tmp_path)
    assert ("lab.db-journal" if mode == "DELETE" else "lab.db-wal") in before
    how = check(path)
    assert how["opened"].startswith("copy")
    assert files(tmp_path) == before  # what it left is left to the program that opens it for writing


def test_commits_in_the_log_are_read(tmp_path: Path) -> None:
    path = make(tmp_path / "lab.db", "WAL")
    measuring = sqlite3.connect(path, isolation_level=None)
    measuring.execute("PRAGMA wal_autocheckpoint = 0")
    in_file = path.read_bytes()
    measuring.execute("INSERT INTO scan (x, y) VALUES (500, 1000)")
    before = files(tmp_path)
    assert path.read_bytes() == in_file  # the row is in the log only
    how = check(path, rows=ROWS + 1)
    assert how["wal_sha256"] == before["lab.db-wal"]
    assert files(tmp_path) == before
    measuring.execute("INSERT INTO scan (x, y) VALUES (501, 1002)")
    check(path, rows=ROWS + 2)
    measuring.close()
    assert check(path, rows=ROWS + 2)["opened"] == "in place"


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders are made read-only in another way here")
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_folder_that_cannot_be_written_to(tmp_path: Path, mode: str) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    path = make(folder / "lab.db", mode)
    path.chmod(0o444)
    folder.chmod(0o555)
    try:
        # root may write all the same: it is seen from outside that nobody did
        stamps = (folder.stat().st_mtime_ns, path.stat().st_mtime_ns)
        assert check(path)["opened"] == "in place"
        assert (folder.stat().st_mtime_ns, path.stat().st_mtime_ns) == stamps
    finally:
        folder.chmod(0o755)


def test_a_log_in_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    path = make(folder / "lab.db", "WAL")
    measuring = sqlite3.connect(path, isolation_level=None)
    measuring.execute("INSERT INTO scan (x, y) VALUES (500, 1000)")
    folder.chmod(0o555)
    try:
        stamp = folder.stat().st_mtime_ns
        check(path, rows=ROWS + 1)
        assert folder.stat().st_mtime_ns == stamp
    finally:
        folder.chmod(0o755)
        measuring.close()


def test_no_copy_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr(sqlite_file.tempfile, "tempdir", str(spare))
    path = make(tmp_path / "lab.db", "WAL")
    measuring = sqlite3.connect(path, isolation_level=None)
    measuring.execute("INSERT INTO scan (x, y) VALUES (500, 1000)")
    assert check(path, rows=ROWS + 1)["opened"].startswith("copy")
    monkeypatch.setattr(sqlite_file, "MAX_COPY", 100)
    with pytest.raises(FileError, match=r"somebody writes to this database, and 0\.0 GiB are more than gzero copies"):
        read_table(path)
    measuring.close()
    assert list(spare.iterdir()) == []


def test_a_database_that_changes_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "lab.db", "DELETE")
    monkeypatch.setattr(sqlite_file, "PAUSE", 0.001)
    whole = sqlite_file._database
    count = 0

    def meanwhile(*args: object) -> object:
        nonlocal count
        count += 1
        with sqlite3.connect(path) as connection:
            connection.execute("INSERT INTO scan (x, y) VALUES (?, ?)", (499.0 + count, 998.0 + 2 * count))
        connection.close()
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(sqlite_file, "_database", meanwhile)
    # two readings in place see the change, the third is of a copy, which holds what was there when it was made
    assert check(path, rows=ROWS + 2)["opened"] == "copy of a database that is being written to"
    assert count == 3


def test_a_database_that_never_rests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "lab.db", "DELETE")
    monkeypatch.setattr(sqlite_file, "PAUSE", 0.0)
    real, ticks = sqlite_file._state, iter(range(1, 1000))

    def restless(place: Path) -> object:
        state = real(place)
        return sqlite_file._State(state.size, next(ticks), state.inode, state.header, state.wal, state.journal)

    monkeypatch.setattr(sqlite_file, "_state", restless)
    with pytest.raises(
        FileError, match="written to faster than it can be read; read it again when the measurement pauses"
    ):
        read_table(path)


#: Another process: a transaction of 100 rows after the other, until it is told to stop; says how many it made, and how many
#: failed because somebody else had locked the database.
MEASUREMENT = """
import select, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
made = failed = 0
while not select.select([sys.stdin], [], [], 0.01)[0]:
    try:
        connection.execute("BEGIN IMMEDIATE")
        start = 500 + 100 * made
        connection.executemany("INSERT INTO scan (x, y) VALUES (?, ?)", ((float(i), 2.0 * i) for i in range(start, start + 100)))
        connection.execute("COMMIT")
        made += 1
    except sqlite3.OperationalError:
        failed += 1
    if made == 1:
        print("ready", flush=True)
print(made, failed)
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="the writer waits for its end by select, which knows no pipes there"
)
@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_a_measurement_that_goes_on(tmp_path: Path, mode: str) -> None:
    path = make(tmp_path / "lab.db", mode)
    command = [sys.executable, "-c", MEASUREMENT, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        lengths = []
        for _ in range(12):
            table = read_table(path)
            numbers = np.arange(table.rows, dtype=float)
            np.testing.assert_array_equal(table.columns[0].values, numbers)
            np.testing.assert_array_equal(table.columns[1].values, 2 * numbers)
            lengths.append(table.rows)
        made, failed = writer.communicate("stop\n", timeout=20)[0].replace("ready", "").split()
    assert all(length % 100 == 0 for length in lengths)  # whole transactions
    assert lengths == sorted(lengths)
    assert int(made) * 100 + ROWS >= lengths[-1] > ROWS
    assert failed == "0"  # the writer never met a lock
    assert set(files(tmp_path)) == {"lab.db"}


# --- databases of other kinds --------------------------------------------------------------------------------------------


def build(path: Path, *statements: str) -> Path:
    connection = sqlite3.connect(path)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()
    return path


def test_tables_of_numbers_are_chosen_by_name(tmp_path: Path) -> None:
    path = build(
        tmp_path / "log.sqlite",
        "CREATE TABLE notes (remark TEXT)", "INSERT INTO notes VALUES ('cold')",
        'CREATE TABLE "we said ""cold""; --" (t NUMERIC, "R (ohm)" REAL, who TEXT)',
        """INSERT INTO "we said ""cold""; --" VALUES (0, 1.5, 'a'), (1, NULL, 'b'), (2, 'broken', NULL), (9007199254740993, 3, 'd')""",
    )  # fmt: skip
    with pytest.raises(ColumnError, match=r"none of QCoDeS .* its tables are 'notes', 'we said"):
        read_table(path)
    table = read_table(path, group='we said "cold"; --')
    assert [c.name for c in table.columns] == ["t", "R (ohm)"]
    np.testing.assert_array_equal(table.columns[1].values, [1.5, np.nan, np.nan, 3.0])
    assert table.labels == {"who": ("a", "b", "", "d")}
    assert {(d.rule, d.rows) for d in table.origin.dropped} == {("not a number", 1), ("rounded integer", 1)}
    with pytest.raises(FileError, match="the table 'notes' holds no numbers"):
        read_table(path, group="1")
    with pytest.raises(ColumnError, match="the database has no runs"):
        read_table(path, run="1")


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        pytest.param(("CREATE VIEW runs AS WITH RECURSIVE n(run_id, result_table_name) AS (SELECT 1, 'n' UNION ALL SELECT run_id + 1, 'n' FROM n) SELECT * FROM n",), "holds no table", id="endless view"),
        pytest.param(("CREATE TABLE runs (a)",), "not that of QCoDeS", id="other runs"),
        pytest.param(("CREATE TABLE runs (run_id INTEGER PRIMARY KEY, result_table_name TEXT)",), "holds no run", id="no runs"),
        pytest.param(("CREATE TABLE runs (run_id INTEGER PRIMARY KEY, result_table_name TEXT)", "INSERT INTO runs VALUES (1, 'sqlite_master')"), "run 1 holds no data", id="schema as results"),
        pytest.param(("CREATE TABLE runs (run_id INTEGER PRIMARY KEY, result_table_name TEXT)", "CREATE VIEW v AS SELECT 1 AS x", "INSERT INTO runs VALUES (1, 'v')"), "run 1 holds no data", id="view as results"),
        pytest.param(("CREATE TABLE t (a, b AS (hex(zeroblob(100000000))))", "INSERT INTO t (a) VALUES (1)"), "computes columns", id="computed column"),
        pytest.param(("CREATE TABLE t (a)",), "holds no numbers|is empty", id="empty table"),
        pytest.param(("CREATE VIRTUAL TABLE t USING fts5(a)",), "several tables|holds no numbers", id="virtual table"),
    ],
)  # fmt: skip
def test_schemas_that_mean_harm_are_refused(tmp_path: Path, statements: tuple[str, ...], message: str) -> None:
    path = build(tmp_path / "bad.db", *statements)
    started = time.monotonic()
    with pytest.raises(GzeroError, match=message) as error:
        read_table(path)
    assert error.value.path == str(path)
    assert time.monotonic() - started < 5


def test_what_the_authorizer_lets_through(tmp_path: Path) -> None:
    path = make(tmp_path / "lab.db", "DELETE")
    build(path, "CREATE VIEW v AS SELECT x FROM scan", "CREATE TEMP TABLE gone (a)")

    def attempts(database: sqlite_file.Database) -> list[str]:
        refused = []
        for statement in (
            "INSERT INTO scan (x) VALUES (1)", "DELETE FROM scan", "DROP TABLE scan", "ATTACH ':memory:' AS other",
            "PRAGMA journal_mode = WAL", "PRAGMA query_only = OFF", "SELECT load_extension('x')", "SELECT x FROM v",
            "SELECT randomblob(10)", "CREATE TEMP TABLE a (b)", "BEGIN IMMEDIATE", "VACUUM INTO 'x.db'",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        ):  # fmt: skip
            try:
                database.row(statement)
            except sqlite3.Error:
                refused.append(statement)
        assert database.row("SELECT count(*) FROM scan") == (ROWS,)
        return refused

    assert len(sqlite_file.read_database(path, attempts)) == 13


def test_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path / "lab.db", "DELETE", rows=20_000)
    monkeypatch.setattr(sqlite_file, "PATIENCE", -1000.0)
    with pytest.raises(FileError, match="takes far longer than its size explains"):
        read_table(path)


def test_a_journal_that_names_another_file_is_not_followed(tmp_path: Path) -> None:
    # SQLite's file format, chapter 3: a journal may end with the name of a super-journal, which SQLite opens and removes
    path = make(tmp_path / "lab.db", "DELETE")
    with writing(path, "BEGIN EXCLUSIVE", rows=20_000, pages=5):
        pass
    victim = tmp_path / "victim.txt"
    victim.write_bytes(b"")
    name = str(victim).encode()
    magic = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
    page = (0x40000000 // 4096 + 1).to_bytes(4, "big")
    checksum = sum(int.from_bytes(bytes([c]), "big", signed=True) for c in name) & 0xFFFFFFFF
    with (tmp_path / "lab.db-journal").open("ab") as journal:
        journal.write(page + name + len(name).to_bytes(4, "big") + checksum.to_bytes(4, "big") + magic)
    before = files(tmp_path)
    with pytest.raises(FileError, match="belongs to a transaction over several databases"):
        read_table(path)
    assert files(tmp_path) == before


@pytest.mark.parametrize("size", [16, 100, 511, 4096, 5000])
def test_truncated_databases(tmp_path: Path, size: int) -> None:
    path = make(tmp_path / "lab.db", "DELETE")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(FileError, match=r"damaged database|holds no table"):
        read_table(path)


def test_a_link_finds_the_log_of_its_database(tmp_path: Path) -> None:
    path = make(tmp_path / "lab.db", "WAL")
    measuring = sqlite3.connect(path, isolation_level=None)
    measuring.execute("INSERT INTO scan (x, y) VALUES (500, 1000)")
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "today 100%?#.db"
    link.symlink_to(path)
    check(link, rows=ROWS + 1)
    measuring.close()
    check(link, rows=ROWS + 1)


def test_pages_that_point_at_each_other_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # chapter 1.6 of the file format: an interior page of a table names its children; here each of eight names the next one
    # 400 times, so that 36 kilobytes hold 400^8 rows for whoever follows them
    path = make(tmp_path / "lab.db", "DELETE", rows=3)
    data = bytearray(path.read_bytes())
    assert data[16:18] == (4096).to_bytes(2, "big")
    leaf, first = 2, len(data) // 4096 + 1
    original = data[4096:8192]  # page 2, the root of the table, holds its rows
    data += original
    pages = list(range(first + 1, first + 8))
    for i, page in enumerate([leaf, *pages]):
        child = pages[i] if i < len(pages) else first
        cells = b"".join(child.to_bytes(4, "big") + b"\x7f" for _ in range(400))
        start = 4096 - len(cells)
        head = (
            b"\x05" + bytes(2) + (400).to_bytes(2, "big") + start.to_bytes(2, "big") + b"\0" + child.to_bytes(4, "big")
        )
        pointers = b"".join((start + 5 * k).to_bytes(2, "big") for k in range(400))
        whole = (head + pointers).ljust(start, b"\0") + cells
        if page == leaf:
            data[4096:8192] = whole
        else:
            data += whole
    data[28:32] = (len(data) // 4096).to_bytes(4, "big")
    path.write_bytes(data)
    monkeypatch.setattr(sqlite_file, "PATIENCE", 0.5)
    started = time.monotonic()
    with pytest.raises(FileError, match="takes far longer than its size explains"):
        read_table(path)
    assert time.monotonic() - started < 5


def test_values_that_are_longer_than_numbers(tmp_path: Path) -> None:
    path = build(tmp_path / "lab.db", "CREATE TABLE t (a, b)", "INSERT INTO t VALUES (1, 2), (3, zeroblob(5000000))")
    with pytest.raises(FileError, match="longer than the file, or than a number can be"):
        read_table(path)


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_mutants_are_refused_or_read(tmp_path: Path, mode: str) -> None:
    whole = make(tmp_path / "lab.db", mode, rows=200)
    measuring = sqlite3.connect(whole, isolation_level=None)
    measuring.execute("UPDATE scan SET y = 3")
    parts = {each.name: each.read_bytes() for each in tmp_path.iterdir() if not each.name.endswith("-shm")}
    measuring.close()
    rng = np.random.default_rng(3)
    folder = tmp_path / "mutants"
    folder.mkdir()
    refused = 0
    for _ in range(150):
        for name, content in parts.items():
            data = bytearray(content)
            for _ in range(int(rng.integers(0, 4))):
                at = int(rng.integers(len(data)))
                data[at : at + 4] = rng.bytes(int(rng.integers(0, 9)))
            (folder / name).write_bytes(
                bytes(data) if rng.random() < 0.8 else bytes(data[: int(rng.integers(1, len(data)))])
            )
        before = files(folder)
        with contextlib.suppress(GzeroError):
            read_table(folder / "lab.db", loader="qcodes")
            continue
        refused += 1
        assert files(folder) == before
    assert 10 < refused < 150
