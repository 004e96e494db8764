"""A batch that is interrupted, or whose disk is full: what is finished is kept, nobody lingers, the next call does the rest."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from batches import Here, command, contents, run, staircase, told

from gzero.pipeline.batch.store import NAME

FILES = 14

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some synthetic staircases."""
    place = tmp_path_factory.mktemp("data")
    for i in range(FILES):
        staircase(place / f"{i:02}.csv", shift=0.003 * i)
    return place


@pytest.fixture(scope="module")
def quiet(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What an undisturbed batch of them leaves."""
    out = tmp_path_factory.mktemp("quiet") / "out"
    run(data, out, Here())
    return contents(out)


def _finished(out: Path) -> int:
    with contextlib.suppress(sqlite3.Error):
        database = sqlite3.connect(f"file:{out / NAME}?mode=ro", uri=True)
        with contextlib.closing(database):
            count: int = database.execute("SELECT count(*) FROM pieces").fetchone()[0]
            return count
    return 0


def _someone_in(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _heard() -> None:
    """Signals as a terminal has them: what runs in the background, or under nohup, begins deaf to these."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@POSIX
@pytest.mark.parametrize(
    "send",
    [
        pytest.param(lambda pid: os.killpg(pid, signal.SIGINT), id="interrupt key"),
        pytest.param(lambda pid: os.kill(pid, signal.SIGINT), id="SIGINT to the parent"),
        pytest.param(lambda pid: os.killpg(pid, signal.SIGTERM), id="SIGTERM to all"),
        pytest.param(lambda pid: os.kill(pid, signal.SIGTERM), id="SIGTERM to the parent"),
        pytest.param(lambda pid: os.kill(pid, signal.SIGHUP), id="the terminal is closed"),
    ],
)
def test_an_interrupted_batch_ends_at_once_and_goes_on(
    send: Callable[[int], None], data: Path, quiet: dict[str, bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(data, out=out, workers=2),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=_heard,
    )
    while process.poll() is None and _finished(out) < 2:
        time.sleep(0.01)
    send(process.pid)
    said, errors = process.communicate(timeout=120)
    assert process.returncode == 130, errors
    assert said == f"interrupted; what is finished is kept in {out}: the same command goes on\n"
    assert errors == "gzero: interrupted; nothing was left half-written\n"
    deadline = time.monotonic() + 10
    while _someone_in(process.pid):
        assert time.monotonic() < deadline, "a process of the batch lingers"
        time.sleep(0.02)
    before = _finished(out)
    assert 2 <= before < FILES
    rest = told(data, out=out)
    assert rest.returncode == 0, rest.stderr
    assert rest.stdout.startswith(f"{FILES} files: {FILES - before} done now, {before} as they were")
    assert contents(out) == quiet


@POSIX
def test_workers_end_with_a_batch_whose_parent_alone_is_killed(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        command(data, out=out, workers=2), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    while process.poll() is None and _finished(out) < 1:
        time.sleep(0.01)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 20
    while _someone_in(process.pid):
        assert time.monotonic() < deadline, "a worker lingers"
        time.sleep(0.02)


# -- a full disk ------------------------------------------------------------------------------------------------------

#: Runs what stands in $2 with a file system of $1 bytes at $3, which nobody else sees.
MOUNTED = 'mount -t tmpfs -o size="$1" tmpfs "$3" || exit 99; exec "$0" -c "$2" "$3"'


def _on_a_small_disk(size: str, code: str, place: Path) -> str:
    """What a program says that runs where `place` is a disk of that size; its argument is the place."""
    if shutil.which("unshare") is None:
        pytest.skip("no `unshare` to mount a small disk with")
    own = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    place.mkdir()
    done = subprocess.run(
        [*own, "sh", "-c", MOUNTED.replace("$0", sys.executable), "sh", size, code, str(place)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 99 or "unshare" in done.stderr:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


BATCH = f"""
import subprocess, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from batches import Here, contents, run, told
from gzero.pipeline.batch.store import NAME
place = Path(sys.argv[1])
out = place / "out"
def grow():
    subprocess.run(["mount", "-o", "remount,size=50m", place], check=True)
def analysed(done):
    assert done.returncode == 0, done.stderr
    return int(done.stdout.split(" done now")[0].split()[-1])
def equal(out, quiet):
    assert contents(out) == contents(Path(quiet))
"""


def test_a_disk_that_is_full_while_the_batch_runs(data: Path, tmp_path: Path) -> None:
    """Twice, then there is room: what was finished is not done again, and all is as in a quiet run."""
    run(data, tmp_path / "quiet", Here())
    code = f"""{BATCH}
data = Path({str(data)!r})
for _ in range(2):
    done = told(data, out=out)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr == (
        f"gzero: {{out / NAME}}: the disk of '{{out}}' is full, so the ledger cannot grow; "
        "free some space there and give the same command again: what is finished is kept\\n"
    ), done.stderr
grow()
print(analysed(told(data, out=out)))
equal(out, {str(tmp_path / "quiet")!r})
"""
    assert 0 < int(_on_a_small_disk("140k", code, tmp_path / "disk")) < FILES


def test_a_disk_that_is_full_before_the_ledger_begins(data: Path, tmp_path: Path) -> None:
    code = f"""{BATCH}
done = told(Path({str(data)!r}), out=out)
assert (done.returncode, done.stdout) == (2, ""), done
assert done.stderr.count("\\n") == 1, done.stderr
assert f"the disk of '{{out}}' is full" in done.stderr, done.stderr
"""
    _on_a_small_disk("8k", code, tmp_path / "disk")


def test_a_disk_that_is_full_when_the_tables_are_written(data: Path, tmp_path: Path) -> None:
    """None of them is new then: tables of different runs do not stand side by side."""
    few = tmp_path / "few"
    few.mkdir()
    for name in ("00.csv", "01.csv"):
        shutil.copy(data / name, few)
    code = f"""{BATCH}
import os
from gzero.errors import OutputError
few = Path({str(few)!r})
run(few, out, Here())
before = contents(out)
(few / "02.csv").write_bytes(Path({str(data / "02.csv")!r}).read_bytes())
# all but 110 kB: the ledger has room for one more result, the tables and reports have not
free = os.statvfs(place)
(place / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize - 110_000))
engine = Here()
try:
    run(few, out, engine)
except OutputError as error:
    print(error)
else:
    raise AssertionError("there was room")
assert engine.worked == ["02.csv whole"]
assert contents(out) == before
(place / "ballast").unlink()
again = Here()
run(few, out, again)
assert again.worked == []
run(few, place / "quiet", Here())
equal(out, place / "quiet")
"""
    said = _on_a_small_disk("900k", code, tmp_path / "disk")
    assert "cannot be written: no space left on device; free some space or write to another disk" in said
